package mappings

import (
	"bytes"
	"context"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"loket-etl/validate"
)

func shippedOf(t *testing.T, mapping string) []*Sample {
	t.Helper()
	all, err := Samples(nil, mapping)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestEveryShippedSampleComesOutAsExpected(t *testing.T) {
	set := loadShipped(t)
	for _, name := range set.Names() {
		m, _ := set.Get(name)
		good, bad := 0, 0
		for _, s := range shippedOf(t, name) {
			if s.Good {
				good++
			} else {
				bad++
			}
			t.Run(s.Path, func(t *testing.T) {
				got, err := s.Run(context.Background(), m)
				if err != nil {
					t.Fatal(err)
				}
				if *update {
					if err := os.WriteFile(s.Expectation(), got.YAML(), 0o644); err != nil {
						t.Fatal(err)
					}
					return
				}
				for _, wrong := range s.Verdict(&got) {
					t.Error(wrong)
				}
			})
		}
		if good == 0 || bad == 0 {
			t.Errorf("mapping %s ships with %d good and %d bad samples; each has at least one", name, good, bad)
		}
	}
}

func TestOutcomeIsReadBackAsItWasWritten(t *testing.T) {
	set := loadShipped(t)
	for _, name := range set.Names() {
		m, _ := set.Get(name)
		for _, s := range shippedOf(t, name) {
			got, err := s.Run(context.Background(), m)
			if err != nil {
				t.Fatal(err)
			}
			again, err := readOutcome("x", got.YAML())
			if err != nil {
				t.Fatalf("%s: %v\n%s", s.Path, err, got.YAML())
			}
			if diff := cmp.Diff(got.Figures, again.Figures); diff != "" {
				t.Errorf("%s (-written +read):\n%s", s.Path, diff)
			}
			for _, wrong := range got.Against(again) {
				t.Errorf("%s: %s", s.Path, wrong)
			}
		}
	}
}

func TestEdgeCasesOfShippedSamplesComeOutAsDeclared(t *testing.T) {
	set := loadShipped(t)
	made := 0
	for _, name := range set.Names() {
		m, _ := set.Get(name)
		for _, s := range shippedOf(t, name) {
			edges, err := s.Edges(context.Background(), m, validate.Rules{})
			if err != nil {
				t.Fatal(err)
			}
			made += len(edges)
			for _, e := range edges {
				if !e.OK {
					t.Errorf("%s: %s\n  want: %s\n  got:  %s", s.Path, e.Case, e.Want, e.Got)
				}
			}
			if s.Good && len(edges) < 8 && !m.IsDocument() && !m.single && m.index == "" {
				t.Errorf("%s: only %d edge cases could be made", s.Path, len(edges))
			}
		}
	}
	t.Logf("%d edge cases", made)
}

func TestEdgeCaseWithAnotherOutcomeThanDeclaredIsToldOf(t *testing.T) {
	m, _ := loadShipped(t).Get("urenregistratie")
	s := shippedOf(t, "urenregistratie")[0]
	if !s.Good {
		t.Fatalf("%s is no good sample", s.Path)
	}
	plain, err := s.Run(context.Background(), m)
	if err != nil {
		t.Fatal(err)
	}
	e := &edgeRun{s: s, m: m, plain: plain}
	swapped := bytes.Replace(s.data, []byte("8,00"), []byte("8,01"), 1)
	if bytes.Equal(swapped, s.data) {
		t.Fatal("nothing was changed")
	}
	wrong := bytes.Replace(s.data, []byte("8,00"), []byte("acht"), 1)
	e.try(context.Background(), "other hours", swapped, sameCalls, e.same)
	e.try(context.Background(), "no problem", swapped, "refused", refused)
	e.try(context.Background(), "the problem in another row", wrong, "row 3", func(o *Outcome) bool { return names(o, 3, 4) })
	e.try(context.Background(), "the problem in another column", wrong, "column 4", func(o *Outcome) bool { return names(o, 2, 3) })
	if len(e.edges) != 4 {
		t.Fatalf("%d cases", len(e.edges))
	}
	for _, c := range e.edges {
		if c.OK || c.Got == "" {
			t.Errorf("%s counts as right: %s", c.Case, c.Got)
		}
	}
	e.try(context.Background(), "the problem where it is", wrong, "row 2", func(o *Outcome) bool { return names(o, 2, 4) })
	if !e.edges[4].OK {
		t.Errorf("came out %s", e.edges[4].Got)
	}
}
