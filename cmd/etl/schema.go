package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"loket-etl/config"
	"loket-etl/mappings"
	"loket-etl/pipelines"
)

// schemas are what editors can check, by the word on the command line.
var schemas = []struct {
	name string
	text func() []byte
}{
	{"etl", config.Schema},
	{"pipeline", pipelines.Schema},
	{"mapping", mappings.Schema},
}

// schemaFile is what a schema is called in a directory.
func schemaFile(name string) string { return name + ".schema.json" }

type schemaJSON struct {
	Name string `json:"name"`
	File string `json:"file"`
}

func (a *app) schemaCommand() *cobra.Command {
	var dir string
	c := &cobra.Command{
		Use: "schema [etl|pipeline|mapping]", Short: "The JSON Schemas by which an editor completes and checks", Args: cobra.MaximumNArgs(1),
		Long: `Prints the JSON Schema (draft-07) of etl.yaml, of a pipeline or of a mapping, or
writes all three to a directory. An editor with a YAML language server (in VS Code
the extension YAML of Red Hat) then completes keys, shows what they are for and
underlines mistakes, in a file with a line such as

  # yaml-language-server: $schema=../mapping.schema.json

etl config check finds these mistakes too, and more: whether names exist.`,
		Example: "  etl schema --dir .",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 && dir == "" {
				return fmt.Errorf("%s needs the name of a schema, %s, or --dir", cmd.CommandPath(), schemaNames())
			}
			return a.do(func(context.Context, []string) error { return a.schema(args, dir) })(cmd, args)
		},
	}
	c.Flags().StringVar(&dir, "dir", "", "write to files in this `directory`, which is made when needed")
	return c
}

func schemaNames() string {
	var all []string
	for _, s := range schemas {
		all = append(all, s.name)
	}
	return strings.Join(all[:len(all)-1], ", ") + " or " + all[len(all)-1]
}

func (a *app) schema(args []string, dir string) error {
	out, known := []schemaJSON{}, false
	for _, s := range schemas {
		if len(args) == 1 && args[0] != s.name {
			continue
		}
		known = true
		if dir == "" {
			_, err := a.stdout.Write(s.text())
			return err
		}
		file := filepath.Join(dir, schemaFile(s.name))
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return fmt.Errorf("write schema: %w", err)
		}
		if err := os.WriteFile(file, s.text(), 0o644); err != nil {
			return fmt.Errorf("write schema: %w", err)
		}
		out = append(out, schemaJSON{s.name, file})
	}
	if !known {
		return exitWith(exitUsage, hint(errors.New("there is no schema "+args[0]), "there are "+schemaNames()))
	}
	return a.print(out, func(w io.Writer) error {
		for _, s := range out {
			if _, err := fmt.Fprintln(w, s.File); err != nil {
				return err
			}
		}
		return nil
	})
}
