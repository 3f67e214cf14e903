package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"

	"github.com/spf13/cobra"

	"loket-etl/config"
	"loket-etl/mappings/propose"
)

func (a *app) mappingNewCommand() *cobra.Command {
	var name, dir string
	var force bool
	c := &cobra.Command{
		Use: "new FILE", Short: "Read an export and propose a mapping and a pipeline for it", Args: cobra.ExactArgs(1),
		Long: `Looks at the first 10,000 rows of an export (CSV, XLSX, JSON, XML; packed or not)
and writes a mapping and a pipeline that would read it, with why in comments. What
is doubtful is marked TWIJFEL, and what you must choose KIES: which component a
kind of hours becomes is never guessed. Until it is chosen, files are refused with
the choices that are open. Nothing is sent and nothing of people stands in the
proposal.

The files go where etl.yaml has mappings and pipelines, or in those directories
under --dir. What exists is left alone, unless --force. Where there is no etl.yaml
yet, a first one is written, with the sandbox in place of Loket.`,
		Example: "  etl mapping new uren_5555_oktober.csv --name urenlijst\n  etl check uren_5555_oktober.csv --pipeline urenlijst",
		RunE: a.do(func(_ context.Context, args []string) error {
			return a.mappingNew(args[0], name, dir, force)
		}),
	}
	c.Flags().StringVar(&name, "name", "", "how the mapping is called; default: after the file")
	c.Flags().StringVar(&dir, "dir", "", "put them in mappings/ and pipelines/ under this `directory`")
	c.Flags().BoolVar(&force, "force", false, "write over what exists")
	return c
}

type proposalJSON struct {
	Name    string         `json:"name"`
	Files   []string       `json:"files"`
	Rows    int            `json:"rows"` // looked at
	All     bool           `json:"all"`  // these are all
	Doubts  []string       `json:"doubts"`
	Marks   []propose.Mark `json:"marks"`   // the doubts and choices by their line
	Snippet string         `json:"snippet"` // for etl.yaml
	file    string
	config  string // the configuration that was written, if one was
}

var mappingName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*$`)

func (a *app) mappingNew(file, name, dir string, force bool) error {
	if name == "" {
		name = propose.NameFor(file)
	}
	if !mappingName.MatchString(name) {
		return exitWith(exitUsage, hint(fmt.Errorf("--name: %q is no name", name), "use small letters, digits and dashes"))
	}
	config, first := a.startsHere(dir)
	if first && dir == "" {
		dir = "."
	}
	places, err := a.proposalPlaces(dir)
	if err != nil {
		return err
	}
	p, err := propose.New(propose.Source{Name: file, Open: func() (io.ReadCloser, error) { return os.Open(file) }}, name)
	if err != nil {
		return err
	}
	out := proposalJSON{Name: p.Name, Files: []string{}, Rows: p.Rows, All: p.All, Doubts: append([]string{}, p.Doubts...), Marks: p.Marks(), Snippet: p.Snippet, file: file}
	for _, f := range p.Files {
		path := filepath.Join(places[f.Dir], f.Name)
		if _, err := os.Lstat(path); err == nil && !force {
			return hint(fmt.Errorf("%s exists", path), "choose another --name, or --force to write over it")
		} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		out.Files = append(out.Files, path)
	}
	for i, f := range p.Files {
		if err := os.MkdirAll(places[f.Dir], 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(out.Files[i], f.Data, 0o644); err != nil {
			return err
		}
	}
	if first {
		if err := begin(config, p.Snippet); err != nil {
			return err
		}
		out.config = config
	}
	return a.print(out, out.write)
}

// proposalPlaces are the directories of mappings and pipelines.
func (a *app) proposalPlaces(dir string) (map[string]string, error) {
	if dir != "" {
		return map[string]string{"mappings": filepath.Join(dir, "mappings"), "pipelines": filepath.Join(dir, "pipelines")}, nil
	}
	files, err := a.configFiles()
	if err != nil {
		return nil, err
	}
	if files.Mappings == "" || files.Pipelines == "" {
		return nil, hint(errors.New("etl.yaml does not say where mappings and pipelines are"), "say --dir . for this directory, or files.mappings and files.pipelines in etl.yaml")
	}
	return map[string]string{"mappings": files.Mappings, "pipelines": files.Pipelines}, nil
}

// configFiles are the directories of the configuration, also of one that names a
// pipeline that is still to be made; none without a configuration.
func (a *app) configFiles() (files config.Files, err error) {
	known := false
	_, _, err = config.Load(a.configPath, config.Options{Getenv: a.getenv, LedgerOnly: true, Pipelines: func(f config.Files) (config.Known, error) {
		files, known = f, true
		return config.Known{}, nil
	}})
	if known || a.configPath == defaultConfig && errors.Is(err, fs.ErrNotExist) {
		return files, nil
	}
	return files, err
}

func (p proposalJSON) write(w io.Writer) error {
	for _, f := range p.Files {
		fmt.Fprintf(w, "wrote %s\n", f)
	}
	if p.config != "" {
		fmt.Fprintf(w, "wrote %s, a first configuration: the sandbox stands in for Loket\n", p.config)
	}
	what := "the first"
	if p.All {
		what = "all"
	}
	fmt.Fprintf(w, "looked at %s %s\n", what, count(p.Rows, "row"))
	p.marks(w)
	if p.config == "" {
		fmt.Fprintf(w, "\nfor etl.yaml (what stands under pipelines, when it has that already):\n%s", p.Snippet)
	}
	return p.next(w)
}
