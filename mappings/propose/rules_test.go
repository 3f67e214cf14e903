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

func TestAFewCellsThatAreNoNumbersAreSaidWithTheirRow(t *testing.T) {
	const rows = "1;01-10-2026;12,50\n2;01-10-2026;8,00\n3;02-10-2026;1.100,00\n4;02-10-2026;9,75\n"
	for name, tt := range map[string]struct{ header, cell, want string }{
		"a currency":        {"Bedrag", "€ 1.234,50", "1 van de 5 gevulde cellen zijn geen getallen met decimalen; de eerste staat op regel 6 (een valutateken)"},
		"a name unheard of": {"Vergoedinkje", "n.v.t.", "1 van de 5 gevulde cellen zijn geen getallen met decimalen; de eerste staat op regel 6 (letters)"},
	} {
		t.Run(name, func(t *testing.T) {
			p := propose(t, "kosten_5555.csv", "Medewerker;Datum;"+tt.header+"\n"+rows+"5;02-10-2026;"+tt.cell+"\n")
			for _, want := range []string{"TWIJFEL: " + tt.want, ", type: decimal", "KIES: welke component wordt kolom " + tt.header} {
				if !strings.Contains(p.text(), want) {
					t.Errorf("no %q in\n%s", want, p.text())
				}
			}
			if strings.Contains(p.text(), tt.cell) {
				t.Error("a cell stands in it")
			}
		})
	}
	coded := propose(t, "kosten_5555.csv", "Medewerker;Soort;Uren;Bedrag\n"+strings.Repeat("1;A;8,5;12,50\n", 4)+"2;B;8;€ 1\n")
	if !strings.Contains(coded.text(), "{component: {constant: KIES}, value: {column: bedrag}, zero: skip}") || !strings.Contains(coded.text(), "noem hier de componenten die uren zijn") {
		t.Error(coded.text())
	}
	p := propose(t, "kosten_5555.csv", "Medewerker;Datum;Uren;Bedrag\n1;01-10-2026;8,5;€ 12\n2;01-10-2026;8;€ 13\n")
	if want := "TWIJFEL: dit lijken getallen, maar op regel 2 staat iets anders (een valutateken)"; !strings.Contains(p.text(), want) {
		t.Errorf("no %q in\n%s", want, p.text())
	}
}

func TestHoursOfALongListAreRequiredWhenTheyAlwaysStandThere(t *testing.T) {
	for data, want := range map[string]bool{
		"Medewerker;Soort;Uren\n1;A;8,5\n2;A;8\n":         true,
		"Medewerker;Soort;Uren\n1;A;8,5\n2;A;\n":          false,
		"Medewerker;Normaal;Overwerk\n1;8,5;1\n2;8;1,5\n": false,
	} {
		p := propose(t, "uren_5555.csv", data)
		if got := p.find(hours).Required; got != want {
			t.Errorf("required is %v of\n%s", got, data)
		}
	}
}
