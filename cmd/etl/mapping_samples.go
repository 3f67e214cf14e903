package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"loket-etl/mappings"
)

func (a *app) mappingSamplesCommand() *cobra.Command {
	var write bool
	c := &cobra.Command{
		Use: "test [NAME...]", Short: "Run the samples of mappings, and edge cases made of them",
		Long: `Reads every sample beside a mapping, and says what comes out otherwise than what
is expected of it. Without NAME all mappings are tested, those that ship too. Loket
is not asked: who and what there is stands in loket.yaml beside the samples.

  samples/loket.yaml                       who works where, invented
  samples/NAME/good/FILE                   a file as it is dropped
  samples/NAME/good/FILE.expect.yaml       the calls it must become
  samples/NAME/bad/FILE                    a file with mistakes
  samples/NAME/bad/FILE.expect.yaml        the problems that must be found

all in the directory that files.mappings names. With --update what comes out now is
shown and then written as what is expected; read it before you keep it.

Ends with 3 when anything is not as expected.`,
		Example: "  etl mapping test\n  etl mapping test kloklijst --update",
		RunE: a.do(func(ctx context.Context, args []string) error {
			return a.testMappings(ctx, args, write)
		}),
	}
	c.Flags().BoolVar(&write, "update", false, "write what comes out now as what is expected")
	return c
}

// mappingTest is what came of the samples of one mapping.
type mappingTest struct {
	Mapping string       `json:"mapping"` // name@version
	From    string       `json:"from"`
	Samples []sampleTest `json:"samples"`
	OK      bool         `json:"ok"`
}

type sampleTest struct {
	Path    string   `json:"path"`
	Wrong   []string `json:"wrong,omitempty"` // what is not as expected
	Was     []string `json:"was,omitempty"`   // the same before --update wrote the expectation
	Written bool     `json:"written,omitempty"`
	text    []byte   // what was written
}

func (a *app) testMappings(ctx context.Context, names []string, write bool) error {
	c, err := a.configOrNone()
	if err != nil {
		return err
	}
	set, err := mappings.Load(directory(c.Files.Mappings))
	if err != nil {
		return fmt.Errorf("load mappings: %w", err)
	}
	t := sampleRun{dir: c.Files.Mappings, set: set, write: write}
	known := func(name string) bool { _, ok := set.Get(name); return ok }
	for _, name := range names {
		if !known(name) {
			return exitWith(exitUsage, hint(fmt.Errorf("there is no mapping %q", name), "etl mappings lists what there is"))
		}
	}
	if len(names) == 0 {
		names = set.Names()
		strays, err := mappings.Strays(directory(c.Files.Mappings), known)
		if err != nil {
			return err
		}
		for _, s := range strays {
			t.all = append(t.all, mappingTest{Mapping: s, Samples: []sampleTest{{Path: s, Wrong: []string{"no mapping is called so: nothing runs these samples"}}}})
		}
	}
	for _, name := range names {
		if err := t.mapping(ctx, name); err != nil {
			return err
		}
	}
	if err := a.print(t.all, t.print); err != nil {
		return err
	}
	for _, m := range t.all {
		if !m.OK {
			return exitWith(exitRefused, errTold)
		}
	}
	return nil
}

// sampleRun runs the samples of mappings.
type sampleRun struct {
	dir   string // of the operator's mappings, "" for none
	set   *mappings.Set
	write bool
	all   []mappingTest
}

func (t *sampleRun) mapping(ctx context.Context, name string) error {
	m, _ := t.set.Get(name)
	samples, err := mappings.Samples(directory(t.dir), name)
	if err != nil {
		return err
	}
	out := mappingTest{Mapping: name + "@" + m.Version(), From: from(t.dir, name), Samples: []sampleTest{}, OK: true}
	for _, s := range samples {
		r, err := t.sample(ctx, m, s)
		if err != nil {
			return err
		}
		out.Samples = append(out.Samples, r)
		out.OK = out.OK && len(r.Wrong) == 0
	}
	t.all = append(t.all, out)
	return nil
}

func (t *sampleRun) sample(ctx context.Context, m *mappings.Mapping, s *mappings.Sample) (sampleTest, error) {
	r := sampleTest{Path: s.Path}
	got, err := s.Run(ctx, m)
	if err != nil {
		return r, fmt.Errorf("run sample %s: %w", s.Path, err)
	}
	r.Wrong = s.Verdict(&got)
	if len(r.Wrong) == 0 || !t.write || s.Shipped {
		return r, nil
	}
	r.text = got.YAML()
	if err := os.WriteFile(filepath.Join(t.dir, filepath.FromSlash(s.Expectation())), r.text, 0o644); err != nil {
		return r, fmt.Errorf("write expectation: %w", err)
	}
	s.Want, r.Written, r.Was = &got, true, r.Wrong
	r.Wrong = s.Verdict(&got) // a good sample must be good all the same
	return r, nil
}

// print is the answer for people.
func (t *sampleRun) print(w io.Writer) error {
	var err error
	say := func(format string, args ...any) {
		_, e := fmt.Fprintf(w, format, args...)
		err = errors.Join(err, e)
	}
	for _, m := range t.all {
		verdict := "as expected"
		switch {
		case !m.OK:
			verdict = "NOT AS EXPECTED"
		case len(m.Samples) == 0:
			verdict = "has no samples"
		}
		say("%s: %s\n", m.Mapping, verdict)
		for _, s := range m.Samples {
			if len(s.Wrong) == 0 && !s.Written {
				continue
			}
			say("  %s\n", printable(s.Path))
			for _, wrong := range slices.Concat(s.Was, s.Wrong) {
				say("    %s\n", printable(wrong))
			}
			if s.Written {
				say("    written as expected from now on:\n")
				for line := range bytes.Lines(s.text) {
					say("      %s\n", printable(string(bytes.TrimRight(line, "\n"))))
				}
			}
		}
	}
	return err
}
