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
	"loket-etl/pipelines"
	"loket-etl/validate"
)

func (a *app) mappingSamplesCommand() *cobra.Command {
	var write, edges bool
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

all in the directory that files.mappings names. Of every good sample files are made
that a sender may well deliver some day: empty, with a byte order mark, the wrong
decimal sign, 31 February, a row twice and more; of each must come what the mapping
declares. --edges lists them all. With --update what comes out now is
shown and then written as what is expected; read it before you keep it.

Ends with 3 when anything is not as expected.`,
		Example: "  etl mapping test\n  etl mapping test kloklijst --update",
		RunE: a.do(func(ctx context.Context, args []string) error {
			return a.testMappings(ctx, args, write, edges)
		}),
	}
	c.Flags().BoolVar(&edges, "edges", false, "list every edge case and what came of it")
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
	Path    string     `json:"path"`
	Wrong   []string   `json:"wrong,omitempty"` // what is not as expected
	Was     []string   `json:"was,omitempty"`   // the same before --update wrote the expectation
	Written bool       `json:"written,omitempty"`
	Edges   []edgeTest `json:"edges,omitempty"`
	text    []byte     // what was written
}

// edgeTest is a file that was made of a good sample.
type edgeTest struct {
	Case string `json:"case"`
	Want string `json:"want"`
	Got  string `json:"got"`
	OK   bool   `json:"ok"`
}

// ok reports whether all is as expected, of the edge cases too.
func (s *sampleTest) ok() bool {
	return len(s.Wrong) == 0 && !slices.ContainsFunc(s.Edges, func(e edgeTest) bool { return !e.OK })
}

func (a *app) testMappings(ctx context.Context, names []string, write, edges bool) error {
	c, err := a.configOrNone()
	if err != nil {
		return err
	}
	plans, err := loadPlans(c.Files)
	if err != nil {
		return err
	}
	set := plans.Mappings
	t := sampleRun{dir: c.Files.Mappings, plans: plans, write: write, edges: edges, all: []mappingTest{}}
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
	plans pipelines.Plans
	write bool
	edges bool // list them
	all   []mappingTest
}

func (t *sampleRun) mapping(ctx context.Context, name string) error {
	m, _ := t.plans.Mappings.Get(name)
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
		out.OK = out.OK && r.ok()
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
	edges, err := s.Edges(ctx, m, t.rules(m.Name()))
	if err != nil {
		return r, fmt.Errorf("make edge cases of %s: %w", s.Path, err)
	}
	for _, e := range edges {
		r.Edges = append(r.Edges, edgeTest(e))
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

// rules are those of the pipelines that use a mapping, as far as one of them refuses
// double rows.
func (t *sampleRun) rules(mapping string) (r validate.Rules) {
	for _, p := range t.plans.Pipelines {
		if p.Mapping == mapping && p.Rules.Duplicates != "" {
			r.Duplicates = p.Rules.Duplicates
		}
	}
	return r
}

// print is the answer for people.
func (t *sampleRun) print(w io.Writer) error {
	var err error
	say := func(format string, args ...any) {
		_, e := fmt.Fprintf(w, format, args...)
		err = errors.Join(err, e)
	}
	for _, m := range t.all {
		say("%s: %s\n", m.Mapping, m.verdict())
		for _, s := range m.Samples {
			if s.ok() && !s.Written && !t.edges {
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
			for _, e := range s.Edges {
				switch {
				case !e.OK:
					say("    WRONG, %s\n      expected: %s\n      came out: %s\n", printable(e.Case), printable(e.Want), printable(e.Got))
				case t.edges:
					say("    %s\n      %s\n", printable(e.Case), printable(e.Got))
				}
			}
		}
	}
	return err
}

// verdict says in a few words how it went.
func (m *mappingTest) verdict() string {
	if len(m.Samples) == 0 {
		return "has no samples"
	}
	edges, text := 0, "as expected"
	for _, s := range m.Samples {
		edges += len(s.Edges)
	}
	if !m.OK {
		text = "NOT AS EXPECTED"
	}
	return fmt.Sprintf("%s, %s and %s", text, count(len(m.Samples), "sample"), count(edges, "edge case"))
}
