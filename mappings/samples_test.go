package mappings

import (
	"context"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
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
