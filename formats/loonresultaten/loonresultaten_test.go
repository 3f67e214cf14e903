package loonresultaten

import (
	"bytes"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"loket-etl/payroll"
)

func people() []payroll.EmploymentResults {
	period := payroll.PeriodResults{Period: payroll.Period{Year: 2026, Number: 10}, Begin: 20261001, End: 20261031}
	one, two := period, period
	one.Slips = []payroll.Slip{
		{Kind: payroll.NormalSlip, Components: []payroll.ComponentResult{
			{Number: 1, Name: "Uren gewerkt", Category: "Uren", Value: 173_33},
			{Number: 930, Name: "Netto loon", Category: "Netto", Column: "Netto", EmployerCosts: "+", Value: 2906_16, Special: -12_50, HasSpecial: true},
		}},
		{Kind: payroll.SpecialSlip},
	}
	two.TestYear = true
	two.Slips = []payroll.Slip{{Kind: payroll.SpecialSlip, Components: []payroll.ComponentResult{{Number: 2, Name: "<€&>", Value: -1}}}}
	return []payroll.EmploymentResults{
		{Dienstverband: "d1", Persoon: "p1", Persnr: 17, PersnrVerl: 1017, Name: "P van Voorbeeld", Periods: []payroll.PeriodResults{one}},
		{Dienstverband: "d2", Persnr: 18, Name: "Q", Periods: []payroll.PeriodResults{two}},
	}
}

func results() payroll.Results {
	return payroll.Results{
		Year: 2026, From: 10, To: 10, ExportSet: "alles", Run: "run-1", Created: time.Date(2026, 10, 23, 9, 30, 0, 0, time.UTC),
		WerkgeverID: 1001, Werkgever: "wg-1", Employments: payroll.All(people()),
	}
}

func encode(t *testing.T, r payroll.Results) string {
	t.Helper()
	var out bytes.Buffer
	if err := Encode(&out, r); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// same compares head and employments.
func same(t interface {
	Helper()
	Errorf(string, ...any)
}, want []payroll.EmploymentResults, got payroll.Results) {
	t.Helper()
	for range 2 {
		list, err := payroll.Collect(got.Employments)
		if err != nil {
			t.Errorf("range: %v", err)
		}
		if diff := cmp.Diff(want, list); diff != "" {
			t.Errorf("employments (-want +got):\n%s", diff)
		}
	}
}

func TestGolden(t *testing.T) {
	want, err := os.ReadFile("testdata/loonresultaten.xml")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), encode(t, results())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	got, err := Decode(iotest.OneByteReader(bytes.NewReader(want)))
	if err != nil {
		t.Fatal(err)
	}
	same(t, people(), got)
	a, err := results().Totals()
	if err != nil {
		t.Fatal(err)
	}
	b, err := Totals(bytes.NewReader(want))
	if err != nil || a != b || a.Count != 2 || a.Amount != 173_33+2906_16-1 {
		t.Errorf("totals of the document %+v, of the bytes %+v, %v", a, b, err)
	}
	got.Employments = nil
	head := results()
	head.Employments = nil
	if diff := cmp.Diff(head, got); diff != "" {
		t.Errorf("head (-want +got):\n%s", diff)
	}
}

func TestRefusedWhenWriting(t *testing.T) {
	for name, c := range map[string]struct {
		change func([]payroll.EmploymentResults)
		want   string
	}{
		"employment twice": {func(p []payroll.EmploymentResults) { p[1].Dienstverband = "d1" }, "it stands twice"},
		"no identity":      {func(p []payroll.EmploymentResults) { p[1].Dienstverband = "" }, "identity is missing"},
		"no period":        {func(p []payroll.EmploymentResults) { p[1].Periods = nil }, "it has no period"},
		"other year":       {func(p []payroll.EmploymentResults) { p[1].Periods[0].Period.Year = 2025 }, "lies outside"},
		"period twice":     {func(p []payroll.EmploymentResults) { p[1].Periods = append(p[1].Periods, p[1].Periods[0]) }, "stands twice"},
		"end before begin": {func(p []payroll.EmploymentResults) { p[1].Periods[0].End = 20260930 }, "ends before it begins"},
		"no slip":          {func(p []payroll.EmploymentResults) { p[1].Periods[0].Slips = nil }, "one of each kind"},
		"slip twice":       {func(p []payroll.EmploymentResults) { p[0].Periods[0].Slips[1].Kind = 1 }, "one of each kind"},
		"slip kind":        {func(p []payroll.EmploymentResults) { p[1].Periods[0].Slips[0].Kind = 3 }, "SoortStrook is 3"},
		"component twice":  {func(p []payroll.EmploymentResults) { p[0].Periods[0].Slips[0].Components[0].Number = 930 }, "component 930 stands twice"},
		"component 0":      {func(p []payroll.EmploymentResults) { p[0].Periods[0].Slips[0].Components[0].Number = 0 }, "not a number from 1"},
		"negative number":  {func(p []payroll.EmploymentResults) { p[0].PersnrVerl = -1 }, "a personnel number is not within"},
		"huge value":       {func(p []payroll.EmploymentResults) { p[0].Periods[0].Slips[0].Components[0].Value = -1e17 }, "more than 15 digits"},
		"lost special":     {func(p []payroll.EmploymentResults) { p[0].Periods[0].Slips[0].Components[0].Special = 1 }, "is not there"},
		"long name":        {func(p []payroll.EmploymentResults) { p[0].Periods[0].Slips[0].Components[0].Name = "vijftien tekens" }, "longer than 14"},
	} {
		list := people()
		c.change(list)
		r := results()
		r.Employments = payroll.All(list)
		if err := Encode(io.Discard, r); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
	late := results()
	late.Created = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)
	if err := Encode(io.Discard, late); err == nil || !strings.Contains(err.Error(), "the year 10000") {
		t.Errorf("late: %v", err)
	}
	r := results()
	r.Employments = func(yield func(payroll.EmploymentResults, error) bool) {
		yield(payroll.EmploymentResults{}, io.ErrUnexpectedEOF)
	}
	if err := Encode(io.Discard, r); err == nil || !strings.Contains(err.Error(), "unexpected EOF") {
		t.Errorf("employments that fail: %v", err)
	}
}

func TestRefusedWhenReading(t *testing.T) {
	good := encode(t, results())
	for _, c := range []struct{ name, old, new, want string }{
		{"employment twice", `"d2"`, `"d1"`, "it stands twice"},
		{"period outside", `PeriodeNummer="10"`, `PeriodeNummer="11"`, "lies outside"},
		{"value", "2906.16", "2906.161", "at most two decimals"},
		{"number", `Nummer="930"`, `Nummer="-930"`, "Nummer is not a whole number"},
		{"date", "2026-10-31", "2026-10-32", "EindePeriode is not a date"},
		{"test year", `Testjaar="true"`, `Testjaar="ja"`, "Testjaar is not true or false"},
		{"created", "2026-10-23T09:30:00Z", "2026-10-23", "AangemaaktOp is not a date and time"},
		{"unknown element", "<Naam>Q</Naam>", "<Naam>Q</Naam><BSN/>", `"BSN" is not expected here`},
		{"DTD", "<Loonresultaten", "<!DOCTYPE x><Loonresultaten", "a DTD is not allowed"},
		{"no name", "<Naam>Q</Naam>", "", `"Periode" where Naam is due`},
		{"entity", "<Naam>Q", "<Naam>&x;", "invalid character entity"},
		{"after the end", "</Loonresultaten>", "</Loonresultaten>x", "something follows"},
	} {
		text := strings.Replace(good, c.old, c.new, 1)
		if text == good {
			t.Errorf("%s: nothing was changed", c.name)
		}
		if _, err := Decode(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
		if _, err := Totals(strings.NewReader(text)); err == nil {
			t.Errorf("%s: was added up", c.name)
		}
	}
}

func TestWrittenIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var list []payroll.EmploymentResults
		for i := range rapid.IntRange(0, 4).Draw(t, "people") {
			e := payroll.EmploymentResults{Dienstverband: string(rune('a' + i)), Name: rapid.StringMatching(`[A-Zé&<]{0,9}`).Draw(t, "name")}
			for n := range rapid.IntRange(1, 3).Draw(t, "periods") {
				p := payroll.PeriodResults{Period: payroll.Period{Year: 2026, Number: n + 1}, Begin: 20260101, End: 20260131}
				s := payroll.Slip{Kind: payroll.NormalSlip}
				for c := range rapid.IntRange(0, 3).Draw(t, "components") {
					s.Components = append(s.Components, payroll.ComponentResult{Number: c + 1, Value: payroll.Cents(rapid.Int64Range(-1e14, 1e14).Draw(t, "value"))})
				}
				p.Slips = []payroll.Slip{s}
				e.Periods = append(e.Periods, p)
			}
			list = append(list, e)
		}
		r := results()
		r.From, r.To, r.Employments = 1, 3, payroll.All(list)
		var out bytes.Buffer
		if err := Encode(&out, r); err != nil {
			t.Fatal(err)
		}
		got, err := Decode(bytes.NewReader(out.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		same(t, list, got)
	})
}

func FuzzDecode(f *testing.F) {
	var out bytes.Buffer
	if err := Encode(&out, results()); err != nil {
		f.Fatal(err)
	}
	f.Add(out.Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := Decode(bytes.NewReader(data))
		if err != nil {
			return
		}
		want, err := r.Totals()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := Totals(bytes.NewReader(data)); err != nil || got != want {
			t.Errorf("totals %+v and %+v, %v", got, want, err)
		}
	})
}
