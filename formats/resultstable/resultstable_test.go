package resultstable

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"loket-etl/payroll"
)

var update = flag.Bool("update", false, "write the golden files")

// perPeriod is a layout of one's own.
const perPeriod = `
name: salarissen
rows: period
separator: ","
decimal: "."
date: yyyy-MM-dd
sheet: Salarissen
columns:
  - {header: Nr, field: persnrVerl}
  - {header: Naam, field: name}
  - {header: Jaar, field: year}
  - {header: Periode, field: period}
  - {header: Soort, field: text, text: LOON}
  - {header: Uren, field: value, component: 1}
  - {header: Netto, field: value, component: 930}
  - {header: Netto BT, field: special, component: 930}
`

func layout(t testing.TB) Layout {
	t.Helper()
	var l Layout
	if err := yaml.UnmarshalWithOptions([]byte(perPeriod), &l, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	if err := l.Check(); err != nil {
		t.Fatal(err)
	}
	return l
}

func results() payroll.Results {
	october := payroll.PeriodResults{Period: payroll.Period{Year: 2026, Number: 10}, Begin: 20261001, End: 20261031}
	september := payroll.PeriodResults{Period: payroll.Period{Year: 2026, Number: 9}, Begin: 20260901, End: 20260930, TestYear: true}
	october.Slips = []payroll.Slip{
		{Kind: payroll.NormalSlip, Components: []payroll.ComponentResult{
			{Number: 1, Name: "Uren gewerkt", Category: "Uren", Value: 173_33},
			{Number: 930, Name: "Netto loon", Category: "Netto", Column: "Netto", EmployerCosts: "+", Value: 2906_16, Special: -12_50, HasSpecial: true},
		}},
		{Kind: payroll.SpecialSlip, Components: []payroll.ComponentResult{{Number: 930, Name: "Netto loon", Value: 100_10}}},
	}
	september.Slips = []payroll.Slip{{Kind: payroll.SpecialSlip}}
	return payroll.Results{
		Year: 2026, From: 9, To: 10, ExportSet: "alles", Run: "run-1", WerkgeverID: 1001, Werkgever: "wg-1",
		Employments: payroll.All([]payroll.EmploymentResults{
			{Dienstverband: "d1", Persoon: "p1", Persnr: 17, PersnrVerl: 1017, Name: `=HYPERLINK("x";"y")`, Periods: []payroll.PeriodResults{september, october}},
			{Dienstverband: "d2", PersnrVerl: 18, Name: "Zoë; \"de\" Vries", Periods: []payroll.PeriodResults{{
				Period: october.Period, Begin: october.Begin, End: october.End,
				Slips: []payroll.Slip{{Kind: payroll.NormalSlip, Components: []payroll.ComponentResult{{Number: 1, Name: "Uren gewerkt", Value: 0}, {Number: 930, Value: 9_999_999_999_999_99}, {Number: 7, Value: -5}}}},
			}}},
		}),
	}
}

// way is a kind of file.
type way struct {
	name   string
	encode func(Layout, io.Writer, payroll.Results) error
	decode func(Layout, io.Reader) (payroll.Results, error)
	totals func(Layout, io.Reader) (payroll.Totals, error)
}

var ways = []way{
	{"csv", Layout.EncodeCSV, Layout.DecodeCSV, Layout.TotalsCSV},
	{"xlsx", Layout.EncodeXLSX, Layout.DecodeXLSX, Layout.TotalsXLSX},
}

func (w way) write(t testing.TB, l Layout, r payroll.Results) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := w.encode(l, &out, r); err != nil {
		t.Fatalf("%s: %v", w.name, err)
	}
	return out.Bytes()
}

// flat is results with their employments.
type flat struct {
	Head        payroll.Results
	Employments []payroll.EmploymentResults
}

type fatal interface{ Fatal(...any) }

func flatten(t fatal, r payroll.Results) flat {
	list, err := payroll.Collect(r.Employments)
	if err != nil {
		t.Fatal(err)
	}
	r.Employments = nil
	return flat{r, list}
}

func TestTablesAreReadBackAsShown(t *testing.T) {
	for name, l := range map[string]Layout{"componenten": Components, "salarissen": layout(t)} {
		for _, w := range ways {
			t.Run(name+"/"+w.name, func(t *testing.T) {
				data := w.write(t, l, results())
				if again := w.write(t, l, results()); !bytes.Equal(data, again) {
					t.Error("the same results give other bytes")
				}
				got, err := w.decode(l, iotest.OneByteReader(bytes.NewReader(data)))
				if err != nil {
					t.Fatal(err)
				}
				for range 2 {
					if diff := cmp.Diff(flatten(t, l.Shown(results())), flatten(t, got)); diff != "" {
						t.Errorf("(-shown +read):\n%s", diff)
					}
				}
				want, err := l.Shown(results()).Totals()
				if err != nil {
					t.Fatal(err)
				}
				if totals, err := w.totals(l, bytes.NewReader(data)); err != nil || totals != want {
					t.Errorf("totals %+v, %v, want %+v", totals, err, want)
				}
				if !bytes.Equal(w.write(t, l, got), data) {
					t.Error("what was read is written otherwise")
				}
			})
		}
	}
}

func TestTheWholeTableHoldsEverything(t *testing.T) {
	want := results()
	if diff := cmp.Diff(flatten(t, want), flatten(t, Components.Shown(results()))); diff != "" {
		t.Errorf("(-results +shown):\n%s", diff)
	}
}

func TestGolden(t *testing.T) {
	for name, l := range map[string]Layout{"componenten": Components, "salarissen": layout(t)} {
		got := ways[0].write(t, l, results())
		file := "testdata/" + name + ".csv"
		if *update {
			if err := os.WriteFile(file, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestRefusedWhenReadingCSV(t *testing.T) {
	for _, c := range []struct{ name, old, new, want string }{
		{"header", "Waarde;", "Bedrag;", `header 21 is "Bedrag"`},
		{"column missing", "Waarde;", "", "wrong number of fields"},
		{"point", "173,33", "173.33", "line 3: Waarde: not an amount"},
		{"three decimals", "173,33", "173,333", "line 3: Waarde: not an amount"},
		{"minus nothing", ";0,00;", ";-0,00;", "line 6: Waarde: it is another cell where another cell is due"},
		{"leading zero", ";1017;", ";01017;", "it is another cell"},
		{"number", ";1017;", ";x;", "line 2: Personeelsnummer verloning: not a whole number"},
		{"value gone", "173,33", "", "line 3: Waarde: it is empty"},
		{"component gone", ";930;", ";;", "line 4: Waarde: it is another cell where empty is due"},
		{"date", "01-10-2026", "2026-10-01", "line 3: Begin: not a date of the form dd-MM-yyyy"},
		{"test year", ";ja;", ";true;", "neither ja nor nee"},
		{"formula", "'=HYPERLINK", "=HYPERLINK", "line 2: Naam: it is a formula"},
		{"component twice", ";1;1;Uren", ";1;930;Uren", "line 4: component 930 of the slip stands before"},
		{"another name", "p1;17;1017;\"'=H", "p1;17;1017;\"'=I", "line 3: it says something else of the employment"},
		{"another employment between", ";d1;p1;17;1017;\"'=HYPERLINK(\"\"x\"\";\"\"y\"\")\";2026;9", ";d2;;;18;\"Zoë; \"\"de\"\" Vries\";2026;9", "line 6: the employment stands before"},
		{"another run", "run-1", "run-2", "line 3: it is of another year, run"},
		{"another end", "31-10-2026", "30-10-2026", "line 4: it says something else of the period"},
		{"slip", ";nee;2;", ";nee;3;", "line 5: slip 3"},
		{"control character", "Zoë", "Zo\x01", "line 6: Naam: it has a control character"},
		{"character set", "Zoë", "Zo\xeb", "line 6: Naam: it has a control character"},
		{"open quote", "Uren gewerkt", `"Uren gewerkt`, "parse error"},
		{"no employment", ";d2;", ";;", "does not say of which employment"},
		{"no period", ";2026;9;", ";2026;;", "period 0 does not exist"},
	} {
		t.Run(c.name, func(t *testing.T) {
			good := string(ways[0].write(t, Components, results()))
			bad := strings.Replace(good, c.old, c.new, 1)
			if bad == good {
				t.Fatal("nothing was changed")
			}
			if _, err := Components.DecodeCSV(strings.NewReader(bad)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if _, err := Components.TotalsCSV(strings.NewReader(bad)); err == nil {
				t.Error("was added up")
			}
		})
	}
	if _, err := Components.DecodeCSV(strings.NewReader("")); err == nil {
		t.Error("an empty file was read")
	}
}

// Rows that are gone or changed show in the totals, if nothing else shows them.
func TestTamperedTablesAreCaught(t *testing.T) {
	good := string(ways[0].write(t, Components, results()))
	want, err := Components.TotalsCSV(strings.NewReader(good))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(good, "\r\n")
	for i := 1; i < len(lines)-1; i++ {
		for what, bad := range map[string]string{
			"gone": strings.Join(lines[:i], "") + strings.Join(lines[i+1:], ""), "twice": strings.Join(lines[:i+1], "") + strings.Join(lines[i:], ""),
		} {
			got, err := Components.TotalsCSV(strings.NewReader(bad))
			harmless := strings.HasSuffix(lines[i], ";;;;;;;\r\n") || strings.Contains(lines[i], ";0,00;") // nothing was in it
			if err == nil && got == want && !(what == "gone" && harmless) {
				t.Errorf("line %d %s: not caught", i+1, what)
			}
		}
	}
}

func TestRefusedWhenReadingXLSX(t *testing.T) {
	other := Components
	other.Sheet = "Anders"
	data := ways[1].write(t, Components, results())
	if _, err := other.DecodeXLSX(bytes.NewReader(data)); err == nil || !strings.Contains(err.Error(), `not "Anders" alone`) {
		t.Errorf("another sheet: %v", err)
	}
	other = Components
	other.Columns = append([]Column{}, Components.Columns...)
	other.Columns[3].Header = "Set"
	if _, err := other.DecodeXLSX(bytes.NewReader(data)); err == nil || !strings.Contains(err.Error(), `header 4 is "Exportset"`) {
		t.Errorf("another header: %v", err)
	}
	for name, bad := range map[string][]byte{"cut off": data[:len(data)/2], "no workbook": []byte("PK"), "nothing": nil} {
		if _, err := Components.TotalsXLSX(bytes.NewReader(bad)); err == nil {
			t.Errorf("%s: was added up", name)
		}
	}
}

func TestRefusedWhenWriting(t *testing.T) {
	change := func(f func(e []payroll.EmploymentResults)) payroll.Results {
		r := results()
		list, _ := payroll.Collect(r.Employments)
		f(list)
		r.Employments = payroll.All(list)
		return r
	}
	failing := results()
	failing.Employments = func(yield func(payroll.EmploymentResults, error) bool) {
		yield(payroll.EmploymentResults{}, io.ErrUnexpectedEOF)
	}
	for name, c := range map[string]struct {
		r    payroll.Results
		want string
	}{
		"control":   {change(func(e []payroll.EmploymentResults) { e[0].Name = "a\nb" }), "row 2: Naam: it has a control character"},
		"too large": {change(func(e []payroll.EmploymentResults) { e[1].Periods[0].Slips[0].Components[0].Value = 1e15 }), "more than fifteen digits"},
		"negative":  {change(func(e []payroll.EmploymentResults) { e[0].PersnrVerl = -1 }), "-1 is not within"},
		"the same":  {change(func(e []payroll.EmploymentResults) { e[1].Dienstverband = "d1" }), "says something else of the employment"},
		"no date":   {change(func(e []payroll.EmploymentResults) { e[0].Periods[0].Begin = 0 }), "Begin: the date is missing"},
		"failing":   {failing, "unexpected EOF"},
	} {
		for _, w := range ways {
			if err := w.encode(Components, io.Discard, c.r); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s, %s: got %v, want %q", name, w.name, err, c.want)
			}
		}
	}
	full := errors.New("full")
	for _, w := range ways {
		if err := w.encode(Components, writer(func([]byte) (int, error) { return 0, full }), results()); !errors.Is(err, full) {
			t.Errorf("%s: a full disk: %v", w.name, err)
		}
	}
}

type writer func([]byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }

func TestWrongLayoutsAreRefused(t *testing.T) {
	l := Layout{Name: "x", Rows: "day", Separator: "|", Decimal: "'", Date: "d", Sheet: "a/b", Columns: []Column{
		{Field: "name"}, {Header: "A", Field: "saldo"}, {Header: "B", Field: "text", Text: "=1"}, {Header: "C", Field: "begin"}, {Header: "D", Field: "begin"},
		{Header: "E", Field: "name", Component: 3},
	}}
	err := l.Check()
	for _, want := range []string{
		`rows "day"`, "separator", "decimal", `date "d"`, `sheet "a/b"`, "column 1: there is no header", `field "saldo" is not known`, "column 3: a text begins as a formula",
		`column 5: field "begin" stands there twice`, `column 6: field "name" has no component here`, "no column period", "no column tells employments apart",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	p := layout(t)
	p.Columns = append(p.Columns, Column{Header: "X", Field: "slip"}, Column{Header: "Y", Field: "value"}, Column{Header: "Z", Field: "value", Component: 1})
	for _, want := range []string{`field "slip" is for rows per component`, `field "value" wants the number`, `column 11: field "value" stands there twice`} {
		if err := p.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	c := Components
	c.Columns = c.Columns[:12]
	if err := c.Check(); err == nil || !strings.Contains(err.Error(), "there is no column component") {
		t.Errorf("got %v", err)
	}
	if err := Components.Check(); err != nil {
		t.Error(err)
	}
}

func TestGeneratedResultsAreReadBack(t *testing.T) {
	text := rapid.StringOf(rapid.RuneFrom([]rune("aé€<&>\"' ;,=+-@'Z9")))
	own := layout(t)
	rapid.Check(t, func(t *rapid.T) {
		var list []payroll.EmploymentResults
		for i := range rapid.IntRange(0, 4).Draw(t, "people") {
			e := payroll.EmploymentResults{Dienstverband: string(rune('a' + i)), PersnrVerl: i + 1, Name: text.Draw(t, "name")}
			for n := range rapid.IntRange(1, 3).Draw(t, "periods") {
				p := payroll.PeriodResults{Period: payroll.Period{Year: 2026, Number: n + 1}, Begin: 20260101, End: 20260131}
				for kind := range rapid.IntRange(1, 2).Draw(t, "slips") {
					s := payroll.Slip{Kind: payroll.SlipKind(kind + 1)}
					for c := range rapid.IntRange(0, 3).Draw(t, "components") {
						one := payroll.ComponentResult{Number: 928 + c, Name: text.Draw(t, "component"), Value: payroll.Cents(rapid.Int64Range(-4e14, 4e14).Draw(t, "value"))}
						if one.HasSpecial = rapid.Bool().Draw(t, "has special"); one.HasSpecial {
							one.Special = payroll.Cents(rapid.Int64Range(-4e14, 4e14).Draw(t, "special"))
						}
						s.Components = append(s.Components, one)
					}
					p.Slips = append(p.Slips, s)
				}
				e.Periods = append(e.Periods, p)
			}
			list = append(list, e)
		}
		r := payroll.Results{Year: 2026, Employments: payroll.All(list)}
		if len(list) == 0 {
			r.Year = 0
		}
		for _, l := range []Layout{Components, own} {
			for _, w := range ways {
				var out bytes.Buffer
				if err := w.encode(l, &out, r); err != nil {
					t.Fatal(err)
				}
				got, err := w.decode(l, &out)
				if err != nil {
					t.Fatal(err)
				}
				want := l.Shown(r)
				got.From, got.To = 0, 0 // those of the rows
				if diff := cmp.Diff(flatten(t, want), flatten(t, got)); diff != "" {
					t.Errorf("%s %s (-shown +read):\n%s", l.Name, w.name, diff)
				}
			}
		}
	})
}

// What is read is shown whole, adds up, and is written so that it is read the same.
func FuzzDecodeCSV(f *testing.F) {
	own := layout(f)
	f.Add(string(ways[0].write(f, Components, results())))
	f.Add(string(ways[0].write(f, own, results())))
	f.Fuzz(func(t *testing.T, text string) {
		for _, l := range []Layout{Components, own} {
			got, err := l.DecodeCSV(strings.NewReader(text))
			if err != nil {
				continue
			}
			want, err := got.Totals()
			if err != nil {
				t.Fatal(err)
			}
			if totals, err := l.TotalsCSV(strings.NewReader(text)); err != nil || totals != want {
				t.Errorf("totals %+v, %v, want %+v", totals, err, want)
			}
			var out bytes.Buffer
			if err := l.EncodeCSV(&out, got); err != nil {
				t.Fatalf("what was read cannot be written: %v", err)
			}
			again, err := l.DecodeCSV(&out)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(flatten(t, got), flatten(t, again)); diff != "" {
				t.Errorf("(-read +read again):\n%s", diff)
			}
		}
	})
}
