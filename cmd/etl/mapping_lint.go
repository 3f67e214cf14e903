package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"loket-etl/config"
	"loket-etl/formats"
	"loket-etl/mappings"
)

func (a *app) mappingLintCommand() *cobra.Command {
	var sample string
	c := &cobra.Command{
		Use: "lint [NAME...]", Short: "Find what loads and is doubtful in mappings",
		Long: `Looks at mappings that load: the operator's own, or those that are named. It tells,
with file, line and what to do, of columns that nothing uses, tables, rows and rules
that nothing can reach, totals that have more decimals than Loket holds, hours that
go as amounts or the other way round, columns that count twice, and choices that are
open (KIES, TWIJFEL). With --file, a file is held against the one mapping that is
named: values that no table has, minutes that are read as hours.

Ends with 3 when there is anything to tell.`,
		Example: "  etl mapping lint\n  etl mapping lint urenlijst --file uren_5555_oktober.csv",
		RunE: a.do(func(_ context.Context, args []string) error {
			return a.mappingLint(args, sample)
		}),
	}
	c.Flags().StringVar(&sample, "file", "", "hold this `file` against the mapping")
	return c
}

func (a *app) mappingLint(names []string, sample string) error {
	files, err := a.configFiles()
	if err != nil {
		return err
	}
	used := usedByRules(files)
	if len(names) == 0 {
		if names, err = ownMappings(files.Mappings); err != nil {
			return err
		}
	}
	if sample != "" && len(names) != 1 {
		return exitWith(exitUsage, errors.New("--file wants the name of one mapping"))
	}
	found := []mappings.Finding{}
	for _, name := range names {
		o := mappings.LintOptions{Now: a.now(), Used: used[name]}
		if sample != "" {
			o.Sample = &mappings.Input{FileName: filepath.Base(sample), Open: func() (io.ReadCloser, error) { return os.Open(sample) }}
		}
		of, err := mappings.Lint(directory(files.Mappings), name, o)
		if err != nil {
			return lintError(err, sample)
		}
		found = append(found, of...)
	}
	err = a.print(found, func(w io.Writer) error {
		for _, f := range found {
			fmt.Fprintf(w, "%s: %s\n", f.Code, printable(f.String()))
		}
		_, err := fmt.Fprintf(w, "%s in %s\n", count(len(found), "finding"), count(len(names), "mapping"))
		return err
	})
	if err == nil && len(found) > 0 {
		return exitWith(exitRefused, errTold)
	}
	return err
}

// lintError says which of the two files is meant.
func lintError(err error, sample string) error {
	var file *formats.FileError
	if errors.As(err, &file) {
		return fmt.Errorf("read %s: %w", sample, err)
	}
	return err
}

// ownMappings are the names of the operator's mappings.
func ownMappings(dir string) (names []string, err error) {
	if dir == "" {
		return nil, nil
	}
	for _, pattern := range []string{"*.yaml", "*.yml"} {
		found, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			return nil, err
		}
		for _, f := range found {
			base := filepath.Base(f)
			names = append(names, base[:len(base)-len(filepath.Ext(base))])
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// usedByRules are the columns that rules of pipelines name, by mapping; none when
// something does not load, which is told where it is asked for.
func usedByRules(files config.Files) map[string][]string {
	used := map[string][]string{}
	plans, err := loadPlans(files)
	if err != nil {
		return used
	}
	for _, p := range plans.Pipelines {
		if t := p.Rules.ControlTotal; t != nil {
			used[p.Mapping] = append(used[p.Mapping], t.Column, t.Rows, t.Sum)
		}
	}
	return used
}
