package mappings

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"loket-etl/payroll"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// mapping loads one mapping from its text.
func mapping(t testing.TB, text string, beside ...string) *Mapping {
	t.Helper()
	name := strings.TrimSpace(strings.TrimPrefix(strings.SplitN(text, "\n", 2)[0], "mapping:"))
	dir := fstest.MapFS{name + ".yaml": {Data: []byte(text)}}
	for i := 0; i < len(beside); i += 2 {
		dir[beside[i]] = &fstest.MapFile{Data: []byte(beside[i+1])}
	}
	set, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	m, _ := set.Get(name)
	return m
}

const randomFile = `mapping: random
file:
  columns:
    - {name: Persnr, as: persnr, type: integer, required: yes}
    - {name: Datum, as: datum, type: date, layouts: [yyyy-MM-dd], required: yes}
    - {name: Code, as: code, required: yes}
    - {name: Uren, as: uren, type: hours, notation: [decimal], required: yes}
    - {name: Plaats, as: plaats}
    - {name: Opmerking, as: opmerking}
tables:
  codes:
    key: [code]
    rows: [{code: N, component: 1}, {code: O, component: 3}, {code: Z, component: 10}, {code: M, component: 1}]
schema:
  properties:
    uren: {type: number, minimum: 0, maximum: 24}
to:
  what: WHAT
  mode: MODE
  employer: {clientnummer: {constant: 5555}}
  employee: {persnr_verl: {column: persnr}}
  period: {date: datum}
  hours: all
PLAATS
  values:
    - component: {table: codes, by: code, take: component}
      value: {column: uren}
`

// row is one row of a random file; its remark makes it unique and long, so that
// a few hundred rows are more than one block of the decoder.
type row struct {
	persnr, day, month, hours int
	code, plaats              string
	wrong                     string // what is broken, "" nothing
	id                        int
}

var padding = strings.Repeat("x", 1500)

func (r row) text() string {
	persnr, date, code, hours := fmt.Sprint(r.persnr), fmt.Sprintf("2026-%02d-%02d", r.month, r.day), r.code, fmt.Sprintf("%d,%02d", r.hours/100, r.hours%100)
	switch r.wrong {
	case "date":
		date = "2026-10-32"
	case "hours":
		hours = "24,01"
	case "code":
		code = "XYZ"
	case "nobody":
		persnr = "99"
	case "unreadable":
		persnr = "een"
	case "cells":
		code += ";"
	}
	return fmt.Sprintf("%s;%s;%s;%s;%s;%d %s\r\n", persnr, date, code, hours, r.plaats, r.id, padding)
}

// drawRows draws rows that stay below Loket's 999,99 hours together.
func drawRows(t *rapid.T, wrong []string) []row {
	n := rapid.IntRange(1, 400).Draw(t, "rows")
	seed := rapid.Uint64().Draw(t, "seed")
	next := func(n int) int {
		seed = seed*6364136223846793005 + 1442695040888963407
		return int(seed>>33) % n
	}
	often := rapid.IntRange(1, 200).Draw(t, "one bad in")
	rows := make([]row, n)
	for i := range rows {
		rows[i] = row{
			persnr: 1 + next(5), day: 1 + next(28), month: 9 + next(3), hours: next(240), id: i,
			code: []string{"N", "O", "Z", "M"}[next(4)], plaats: []string{"", "K1", "K2"}[next(3)],
		}
		if next(often) == 0 && len(wrong) > 0 {
			rows[i].wrong = wrong[next(len(wrong))]
		}
	}
	return rows
}

func fileOf(rows []row) []byte {
	var b bytes.Buffer
	b.WriteString("Persnr;Datum;Code;Uren;Plaats;Opmerking\r\n")
	for _, r := range rows {
		b.WriteString(r.text())
	}
	return b.Bytes()
}

// drawMapping is the random file as CSV or as XML with kostenplaats.
func drawMapping(t *rapid.T, modes ...string) *Mapping {
	text := strings.ReplaceAll(randomFile, "MODE", rapid.SampledFrom(modes).Draw(t, "mode"))
	if rapid.Bool().Draw(t, "xml") {
		text = strings.NewReplacer("WHAT", "variabele-gegevens-xml", "PLAATS", "  kostenplaats: {column: plaats}").Replace(text)
	} else {
		text = strings.NewReplacer("WHAT", "variabele-gegevens-csv", "PLAATS", "").Replace(text)
	}
	dir := fstest.MapFS{"random.yaml": {Data: []byte(text)}}
	set, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	m, _ := set.Get("random")
	return m
}

type standingKey struct {
	client, persnr int
	period         payroll.Period
	plaats         string
	component      int
}

// standing is what a Loket that carries out calls holds.
type standing map[standingKey]int64

func (s standing) apply(t *rapid.T, calls []Planned) (values int) {
	for _, c := range calls {
		vs, err := Read(c.Call)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range vs {
			k := standingKey{v.Clientnummer, v.PersnrVerl, v.Period, v.Kostenplaats, v.Component}
			if c.Call.Args["Verwerkingswijze"] == "Optellen" {
				s[k] += v.Value
			} else {
				s[k] = v.Value
			}
			values++
		}
	}
	return values
}

// sums is what the rows come to, worked out the plain way.
func sums(m *Mapping, rows []row) standing {
	s := standing{}
	for _, r := range rows {
		k := standingKey{5555, r.persnr, payroll.Period{Year: 2026, Number: r.month}, "", map[string]int{"N": 1, "O": 3, "Z": 10, "M": 1}[r.code]}
		if m.to.what == xmlTarget {
			k.plaats = r.plaats
		}
		s[k] += int64(r.hours)
	}
	return s
}

func TestWhatGoesOutIsTheSumOfTheAcceptedRowsWhateverTheWorkers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := drawMapping(t, "Overschrijven", "Optellen")
		rows := drawRows(t, []string{"date", "hours", "code", "nobody", "unreadable"})
		in := textInput("random.csv", fileOf(rows))
		in.PerEmployee = rapid.Bool().Draw(t, "per employee")
		in.MaxCallBytes = rapid.SampledFrom([]int{0, 1, 300}).Draw(t, "call bytes")
		in.MaxProblems = rapid.SampledFrom([]int{1, 5, 1000}).Draw(t, "problems")

		var first string
		for workers := 1; workers <= 4; workers++ {
			in.Workers = workers
			r, calls := runRapid(t, m, in)
			if got := show(r, calls); workers == 1 {
				first = got
			} else if first != got {
				t.Fatalf("%d workers: (-1 worker +%d)\n%s", workers, workers, cmp.Diff(first, got))
			}
			bad, unreadable := map[int]bool{}, 0
			for _, r := range rows {
				switch r.wrong {
				case "":
				case "unreadable":
					unreadable++
				case "nobody":
					bad[99] = true
				default:
					bad[r.persnr] = true
				}
			}
			var accepted []row
			if in.PerEmployee && (unreadable == 0 || m.to.mode == "Optellen") || len(bad)+unreadable == 0 {
				for _, r := range rows {
					if r.wrong == "" && !bad[r.persnr] {
						accepted = append(accepted, r)
					}
				}
			}
			got := standing{}
			got.apply(t, calls)
			if diff := cmp.Diff(sums(m, accepted), got, cmp.AllowUnexported(standingKey{})); diff != "" {
				t.Fatalf("(-rows +calls)\n%s", diff)
			}
			planned := 0
			for _, c := range calls {
				planned += c.Rows
			}
			if r.Accepted != len(accepted) || planned != len(accepted) || r.Refused != len(rows)-len(accepted) {
				t.Fatalf("%d rows, %d accepted, %d refused, %d planned; want %d accepted", r.Rows, r.Accepted, r.Refused, planned, len(accepted))
			}
		}
	})
}

func runRapid(t *rapid.T, m *Mapping, in Input) (Report, []Planned) {
	var calls []Planned
	r, err := m.Run(context.Background(), in, func(p Planned) error {
		calls = append(calls, p)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return r, calls
}

func TestRepairedPartAfterTheRestIsTheCleanFile(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := drawMapping(t, "Overschrijven", "Optellen")
		wrong := []string{"date", "hours", "code"}
		if m.to.mode == "Optellen" {
			wrong = append(wrong, "nobody", "unreadable", "cells")
		}
		rows := drawRows(t, wrong)
		in := textInput("random.csv", fileOf(rows))
		in.PerEmployee = true
		loket := standing{}
		r, calls := runRapid(t, m, in)
		loket.apply(t, calls)

		if r.Refused > 0 {
			var part bytes.Buffer
			n, err := m.Extract(context.Background(), in, r.IsRefused, &part)
			if err != nil {
				t.Fatal(err)
			}
			if len(calls) > 0 && n != r.Refused {
				t.Fatalf("%d rows refused, %d extracted", r.Refused, n)
			}
			repaired := repair(t, part.String(), rows)
			if len(calls) == 0 {
				repaired = rows
			}
			for i := range repaired {
				repaired[i].wrong = ""
			}
			again := textInput("random.csv", append([]byte(byteOrderMark), fileOf(repaired)...))
			r, calls = runRapid(t, m, again)
			if len(r.Problems) > 0 {
				t.Fatalf("the repaired part has %v", r.Problems)
			}
			loket.apply(t, calls)
		}
		if diff := cmp.Diff(sums(m, rows), loket, cmp.AllowUnexported(standingKey{})); diff != "" {
			t.Fatalf("(-clean +accepted and repaired)\n%s", diff)
		}
	})
}

// repair finds the rows of an extracted part by their remark, and that they
// stand in it unchanged and in order.
func repair(t *rapid.T, part string, rows []row) []row {
	text, ok := strings.CutPrefix(part, byteOrderMark+"Persnr;Datum;Code;Uren;Plaats;Opmerking\r\n")
	if !ok {
		t.Fatalf("the part begins with %.60q", part)
	}
	var out []row
	byText := map[string]row{}
	for _, r := range rows {
		byText[r.text()] = r
	}
	for line := range strings.Lines(text) {
		r, ok := byText[line]
		if !ok {
			t.Fatalf("the part has the row %.60q, which the file has not", line)
		}
		out = append(out, r)
	}
	if !slices.IsSortedFunc(out, func(a, b row) int { return a.id - b.id }) {
		t.Fatal("the rows have changed places")
	}
	return out
}

func TestLeaveKeepsEveryRowInItsPlaceWhateverTheWorkers(t *testing.T) {
	set := loadShipped(t)
	m, _ := set.Get("verlof")
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 800).Draw(t, "rows")
		step := rapid.IntRange(1, 97).Draw(t, "step")
		clients := []int{5555, 5556, 7001}
		want := map[int][]string{}
		var b strings.Builder
		b.WriteString("Clientnummer;Personeelsnummer;Naam;Van;Tot en met;Verlofsoort;Boeking;Uren\r\n")
		for i := range n {
			client, persnr, hours := i*step%3, 1+i*step%5, i*step%2400
			fmt.Fprintf(&b, "%d;%d;%s;%02d-10-2026;;Wettelijk;Opname;%d,%02d\r\n", clients[client], persnr, strings.Repeat("n", 90)+strings.Repeat(" ", 1000), 1+i%31, hours/100, hours%100)
			want[1001+client] = append(want[1001+client], fmt.Sprintf("%d %d %d", persnr, 1+i%31, hours))
		}
		in := textInput("verlof.csv", []byte(b.String()))
		in.MaxCallBytes = rapid.SampledFrom([]int{0, 200, 1000}).Draw(t, "call bytes")
		in.Workers = rapid.IntRange(1, 4).Draw(t, "workers")
		r, calls := runRapid(t, m, in)
		got, planned := map[int][]string{}, 0
		for _, c := range calls {
			vs, err := Read(c.Call)
			if err != nil {
				t.Fatal(err)
			}
			planned += c.Rows
			for i, v := range vs {
				if v.Regelnummer != i+2 || v.Verlof.Factor != -1 || v.Verlof.Soort != 1 {
					t.Fatalf("row %d is read back as %+v %+v", i, v, v.Verlof)
				}
				got[v.WerkgeverID] = append(got[v.WerkgeverID], fmt.Sprintf("%d %d %d", v.PersnrVerl, v.Verlof.Ingangsdatum.Day(), v.Verlof.Eenheden))
			}
		}
		if diff := cmp.Diff(want, got); diff != "" || r.Accepted != n || planned != n {
			t.Fatalf("%d of %d accepted, %d planned (-want +got)\n%s", r.Accepted, n, planned, diff)
		}
	})
}

func TestPeriodBoundsAreTheInverseOfPeriodOf(t *testing.T) {
	for _, kind := range []payroll.PeriodKind{payroll.Monthly, payroll.FourWeekly, payroll.Weekly} {
		for day := payroll.Date(20190101); day < 20330101; day = day.AddDays(1) {
			p := payroll.PeriodOf(day, kind)
			first, last := periodBounds(p, kind)
			if day < first || day > last {
				t.Fatalf("kind %d: %s lies in %s, which is %s to %s", kind, day, p, first, last)
			}
			if payroll.PeriodOf(first, kind) != p || payroll.PeriodOf(last, kind) != p {
				t.Fatalf("kind %d: period %s is not %s to %s", kind, p, first, last)
			}
			if next := payroll.PeriodOf(last.AddDays(1), kind); shift(p, 1, kind) != next || shift(next, -1, kind) != p {
				t.Fatalf("kind %d: %s comes after %s", kind, next, p)
			}
		}
	}
}
