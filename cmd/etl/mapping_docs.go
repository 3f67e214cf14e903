package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"loket-etl/mappings"
)

func (a *app) mappingDocsCommand() *cobra.Command {
	var dir string
	c := &cobra.Command{
		Use: "docs [TOPIC]", Short: "Look up a word of the language of mappings, with an example",
		Long: `Without a topic, lists them. With one ("hours", "origin table"), prints its page: a
sentence, a whole mapping, a file, and what that becomes. Every example is run by a
test. With --dir, a page per topic is written there in Markdown, with an index.`,
		Example: "  etl mapping docs\n  etl mapping docs only\n  etl mapping docs period date\n  etl mapping docs --dir /srv/wiki/etl",
		RunE: a.do(func(_ context.Context, args []string) error {
			if dir != "" {
				return a.writeTopics(dir, topicsOf(strings.Join(args, " ")))
			}
			return a.mappingDocs(strings.Join(args, " "))
		}),
	}
	c.Flags().StringVar(&dir, "dir", "", "write a page per topic in this `directory`")
	return c
}

type topicJSON struct {
	Kind     string `json:"kind"`
	Name     string `json:"name"`
	Sentence string `json:"sentence"`
	Mapping  string `json:"mapping"`
	FileName string `json:"file_name"`
	File     string `json:"file"`
	Calls    string `json:"calls"`
}

// topicsOf are those that are asked for: by name, or by kind and name; all for "".
func topicsOf(asked string) (found []mappings.Topic) {
	for _, t := range mappings.Topics() {
		if asked == "" || strings.EqualFold(asked, t.Name) || strings.EqualFold(asked, t.Title()) || strings.EqualFold(asked, t.Kind) {
			found = append(found, t)
		}
	}
	return found
}

func (a *app) mappingDocs(asked string) error {
	found := topicsOf(asked)
	if len(found) == 0 {
		return exitWith(exitUsage, hint(fmt.Errorf("there is no topic %q", asked), "etl mapping docs lists them"))
	}
	out := []topicJSON{}
	var rows [][]string
	for _, t := range found {
		out = append(out, topicJSON(t))
		rows = append(rows, []string{t.Kind, t.Name, t.Sentence})
	}
	return a.print(out, func(w io.Writer) error {
		if asked == "" {
			return table(w, []string{"KIND", "NAME", "WHAT IT IS"}, rows)
		}
		for i, t := range found {
			if i > 0 {
				fmt.Fprintln(w)
			}
			if err := writeTopic(w, t); err != nil {
				return err
			}
		}
		return nil
	})
}

// writeTopic writes the page of a topic in Markdown.
func writeTopic(w io.Writer, t mappings.Topic) error {
	_, err := fmt.Fprintf(w, "# %s\n\n%s\n\n```yaml\n%s```\n\nWith this file, `%s`:\n\n```text\n%s```\n\nit becomes:\n\n```text\n%s```\n", t.Title(), t.Sentence, t.Mapping, t.FileName, t.File, t.Calls)
	return err
}

// writeTopics writes a page per topic, in place of those that were there.
func (a *app) writeTopics(dir string, all []mappings.Topic) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	var index strings.Builder
	index.WriteString("# The language of mappings\n\n| | | |\n|---|---|---|\n")
	for _, t := range all {
		name := strings.ReplaceAll(t.Title(), " ", "-") + ".md"
		fmt.Fprintf(&index, "| %s | [%s](%s) | %s |\n", t.Kind, t.Name, name, t.Sentence)
		var page strings.Builder
		if err := writeTopic(&page, t); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(page.String()), 0o644); err != nil {
			return err
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "index.md"), []byte(index.String()), 0o644); err != nil {
		return err
	}
	return a.print(map[string]int{"pages": len(all)}, func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "wrote %s in %s\n", count(len(all), "page"), dir)
		return err
	})
}
