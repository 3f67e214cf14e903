package validate

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"loket-etl/formats"
	"loket-etl/payroll"
)

// row is "employee code date hours", as a test writes it.
func row(t *testing.T, line int, s string) *RuleKey {
	t.Helper()
	f := strings.Fields(s)
	d, err := payroll.ParseDate(f[2])
	if err != nil {
		t.Fatal(err)
	}
	h, err := payroll.ParseHours(f[3])
	if err != nil {
		t.Fatal(err)
	}
	return &RuleKey{
		Employee: []byte(f[0]), Code: []byte(f[1]), Date: d, Period: payroll.Period{Year: d.Year(), Number: d.Month()},
		Ticks: int64(h) * (TicksPerHour / 100), Line: line,
	}
}

func finish(tally *Tally) (said []string) {
	tally.Finish(func(p formats.Problem, employee []byte) {
		said = append(said, fmt.Sprintf("%s %s", employee, p))
	})
	return said
}

func TestRulesOverTheFile(t *testing.T) {
	tests := []struct {
		name  string
		rules Rules
		rows  []string // from line 2
		want  []string
	}{
		{"off", Rules{}, []string{"1 A 2026-10-01 8", "1 A 2026-10-01 8"}, nil},
		{"duplicates", Rules{Duplicates: "refuse"}, []string{"1 A 2026-10-01 8", "1 B 2026-10-01 8", "2 A 2026-10-01 8", "1 A 2026-10-02 8", "1 A 2026-10-01 4", "1 A 2026-10-01 3"}, []string{
			"1 regel 6: Deze medewerker heeft op 01-10-2026 al een rij met dezelfde code, op regel 2. Haal een van beide rijen weg, of tel ze in één rij bij elkaar op.",
			"1 regel 7: Deze medewerker heeft op 01-10-2026 al een rij met dezelfde code, op regel 2. Haal een van beide rijen weg, of tel ze in één rij bij elkaar op.",
		}},
		{"hours per day", Rules{HoursPerDay: 1200}, []string{"1 A 2026-12-31 8", "1 B 2026-12-31 4", "2 A 2026-01-31 8", "2 B 2026-01-31 4.01"}, []string{
			"2 regel 4: Deze medewerker heeft op 31-01-2026 samen 12,01 uren, meer dan 12,00 op een dag. Controleer de uren van die dag, te beginnen op deze regel.",
		}},
		{"single period", Rules{Period: "single"}, []string{"1 A 2026-10-01 8", "1 A 2026-11-01 8", "1 A 2026-11-02 8"}, []string{
			" regel 3: Deze rij valt in periode 2026-11, terwijl het bestand begint met periode 2026-10 (regel 2). Lever per periode een eigen bestand aan.",
		}},
		{"too many keys", Rules{Duplicates: "refuse", MaxKeys: 2}, []string{"1 A 2026-10-01 8", "1 B 2026-10-01 8", "1 C 2026-10-01 8"}, []string{
			" Het bestand heeft meer dan 2 verschillende combinaties van medewerker, datum en code; zo veel zijn niet tegelijk te controleren. Splits het bestand, bijvoorbeeld per maand of per werkgever.",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tally, err := tt.rules.Tally(nil)
			if err != nil {
				t.Fatal(err)
			}
			workers := []*TallyWorker{tally.Worker(), tally.Worker()}
			for i, r := range tt.rows {
				workers[i%2].Observe(row(t, i+2, r), nil)
			}
			if diff := cmp.Diff(tt.want, finish(tally)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestRulesSeeEveryRowOnce compares many rows over several workers with a plain map.
func TestRulesSeeEveryRowOnce(t *testing.T) {
	const rows, workers = 60_000, 3
	tally, err := Rules{Duplicates: "refuse", HoursPerDay: 1}.Tally(nil)
	if err != nil {
		t.Fatal(err)
	}
	key := func(i int) *RuleKey {
		return &RuleKey{
			Employee: fmt.Appendf(nil, "werknemer-%d", i*7%5003), Code: fmt.Appendf(nil, "code-%d", i%11),
			Date: payroll.Date(20260101 + i%28), Ticks: TicksPerHour, Line: i + 1,
		}
	}
	var wg sync.WaitGroup
	for n := range workers {
		w := tally.Worker()
		wg.Go(func() {
			for i := n; i < rows; i += workers {
				w.Observe(key(i), nil)
			}
		})
	}
	wg.Wait()
	first, days := map[string]int{}, map[string]int{}
	want := map[string]bool{}
	for i := range rows {
		k := key(i)
		id := fmt.Sprint(string(k.Employee), string(k.Code), k.Date)
		if at, twice := first[id]; twice {
			want[fmt.Sprint(k.Line, " dubbele-rij ", at)] = true
		} else {
			first[id] = k.Line
		}
		if day := fmt.Sprint(string(k.Employee), k.Date); days[day] == 0 {
			days[day] = k.Line
		}
	}
	for _, line := range days {
		want[fmt.Sprint(line, " te-veel-uren-per-dag")] = true
	}
	got := map[string]bool{}
	tally.Finish(func(p formats.Problem, _ []byte) {
		s := fmt.Sprint(p.Line, " ", p.Code)
		if p.Code == "dubbele-rij" {
			at := p.Message[strings.LastIndex(p.Message, " ")+1 : len(p.Message)-1]
			s += " " + at
		}
		got[s] = true
	})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(len(want), len(got), diff[:min(len(diff), 500)])
	}
}

func TestControlTotals(t *testing.T) {
	cols := []Column{{Name: "persnr", Header: "Persnr", Index: 0}, {Name: "aantal", Header: "Aantal", Index: 1}, {Name: "uren", Header: "Uren", Index: 2, Type: Hours, Notation: []string{"decimal", "clock"}}}
	rules := Rules{ControlTotal: &ControlTotal{Column: "persnr", Marker: "Totaal", Rows: "aantal", Sum: "uren"}}
	const advice = " Controleer of het bestand volledig is en exporteer het zo nodig opnieuw."
	tests := []struct {
		name, file string
		want       []string
	}{
		{"right", "1;;7:20\n2;;7:20\nTOTAAL;2;14,67", nil},
		{"row lost", "1;;8\ntotaal;2;16", []string{
			" regel 2, kolom 2 (Aantal): Volgens de regel met totalen heeft het bestand 2 rijen; het zijn er 1." + advice,
			" regel 2, kolom 3 (Uren): Volgens de regel met totalen is het totaal 16,00; de rijen tellen op tot 8,00." + advice,
		}},
		{"no totals", "1;;8", []string{" De regel met totalen ontbreekt; het bestand kan zijn afgekapt." + advice}},
		{"a refused row", "1;;8\n2;;acht\ntotaal;2;16", []string{" regel 3, kolom 3 (Uren): Het totaal kan niet worden nagerekend, omdat er rijen zijn afgekeurd. Verbeter eerst die rijen."}},
		{"unreadable", "1;;8\ntotaal;een;8", []string{`regel 2, kolom 2 (Aantal): Het aantal rijen in de regel met totalen is geen getal. Gelezen: "een". Vul het aantal in.`}},
		{"twice", "1;;8\ntotaal;1;8\ntotaal;1;8", []string{"regel 3, kolom 1 (Persnr): Dit is een tweede regel met totalen. Laat één regel met totalen staan, of haal de samengevoegde bestanden uit elkaar."}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := Compile("test", nil, cols)
			if err != nil {
				t.Fatal(err)
			}
			tally, err := rules.Tally(cols)
			if err != nil {
				t.Fatal(err)
			}
			w, tw, out := c.Worker(), tally.Worker(), make([]Value, len(cols))
			var said []string
			for i, line := range strings.Split(tt.file, "\n") {
				r := &formats.Record{Line: i + 1}
				for _, cell := range strings.Split(line, ";") {
					r.Cells = append(r.Cells, []byte(cell))
				}
				if tw.Total(r, func(p formats.Problem) { said = append(said, p.String()) }) {
					continue
				}
				if w.Record(r, out, func(formats.Problem) {}) {
					tw.Observe(&RuleKey{Line: r.Line}, out)
				}
			}
			if diff := cmp.Diff(tt.want, append(said, finish(tally)...)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRulesFromYAML(t *testing.T) {
	var got Rules
	if err := yaml.UnmarshalWithOptions([]byte("duplicates: refuse\nhours_per_day: 10.5\nperiod: single\nmax_keys: 9\ncontrol_total: {column: a, marker: Totaal, rows: b}\n"), &got, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	want := Rules{Duplicates: "refuse", HoursPerDay: 1050, Period: "single", MaxKeys: 9, ControlTotal: &ControlTotal{Column: "a", Marker: "Totaal", Rows: "b"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for text, want := range map[string]string{
		"duplicates: maybe":          `duplicates: "maybe": want refuse`,
		"hours_per_day: veel":        `hours_per_day: "veel": not a number`,
		"hours_per_day: 25":          "hours_per_day: want more than 0 and at most 24",
		"period: two":                `period: "two": want single`,
		"max_keys: -1":               "max_keys: want 1 to 10,000,000",
		"control_total: {column: a}": "control_total: want column, marker, and rows or sum",
		"duplicate: refuse":          `unknown field "duplicate"`,
		"control_total: {kolom: a}":  `unknown field "kolom"`,
	} {
		err := yaml.UnmarshalWithOptions([]byte(text), new(Rules), yaml.Strict())
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

func TestWrongControlColumnsAreRefused(t *testing.T) {
	_, err := Rules{ControlTotal: &ControlTotal{Column: "a", Marker: "T", Sum: "b"}}.Tally([]Column{{Name: "b"}})
	want := "control_total: there is no column \"a\"\ncontrol_total: column \"b\" cannot be added up"
	if fmt.Sprint(err) != want {
		t.Errorf("%v, want %s", err, want)
	}
}
