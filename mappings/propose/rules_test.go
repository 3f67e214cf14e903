package propose

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"loket-etl/mappings"
	"loket-etl/validate"

	"github.com/goccy/go-yaml"
)

// read is what comes of a file by a proposal for it, with the choices made.
func read(t *testing.T, p *Proposal, name, data string) mappings.Report {
	t.Helper()
	var pipeline struct {
		Rules validate.Rules `yaml:"rules"`
	}
	if err := yaml.Unmarshal(p.Files[len(p.Files)-1].Data, &pipeline); err != nil {
		t.Fatal(err)
	}
	report, err := chosen(t, p).Run(t.Context(), mappings.Input{
		FileName: name, Dropped: time.Date(2026, 10, 20, 9, 0, 0, 0, time.UTC), People: mappings.NewPeople(nil), Clientnummer: 5555, Rules: pipeline.Rules,
		Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader([]byte(data))), nil },
	}, func(mappings.Planned) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func TestTheSameRowTwiceIsAProblem(t *testing.T) {
	for name, tt := range map[string]struct{ data, twice, rule string }{
		"long":        {"Medewerker;Datum;Soort;Uren\n1;01-10-2026;A;7,5\n1;13-10-2026;A;8\n", "1;01-10-2026;A;7,5\n", "duplicates: refuse"},
		"amounts":     {"Medewerker;Datum;Km\n1;01-10-2026;12,5\n1;13-10-2026;8,1\n", "1;01-10-2026;12,5\n", "duplicates: refuse"},
		"clock times": {"Medewerker;Datum;Begin;Einde\n1;01-10-2026;08:00;12:00\n1;01-10-2026;13:00;17:00\n", "1;01-10-2026;08:00;12:00\n", "overlap: {start: begin, end: einde}"},
		"no date":     {"Medewerker;Soort;Uren\n1;A;8,5\n2;A;8\n", "", ""},
		"weekdays":    {"Medewerker;Weekdatum;Ma;Di;Wo\n1;05-10-2026;8;8;4\n", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			p := propose(t, "uren_5555.csv", tt.data)
			pipeline := string(p.Files[len(p.Files)-1].Data)
			if tt.rule == "" {
				if strings.Contains(pipeline, "rules:") {
					t.Error(pipeline)
				}
				return
			}
			if !strings.Contains(pipeline, "  "+tt.rule) {
				t.Errorf("no %s in\n%s", tt.rule, pipeline)
			}
			about := func(report mappings.Report) (n int) {
				for _, problem := range report.Problems {
					if !strings.HasPrefix(problem.Code, "werknemer-") && !strings.HasPrefix(problem.Code, "werkgever-") {
						n++
						t.Log(problem.String())
					}
				}
				return n
			}
			if n := about(read(t, p, "uren_5555.csv", tt.data)); n > 0 {
				t.Errorf("%d problems in the file itself", n)
			}
			if n := about(read(t, p, "uren_5555.csv", tt.data+tt.twice)); n != 1 {
				t.Errorf("%d problems of a row that stands there twice", n)
			}
		})
	}
}
