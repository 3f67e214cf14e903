package mappings

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"loket-etl/loket/contract"
	"loket-etl/payroll"
	"loket-etl/validate"

	"github.com/google/go-cmp/cmp"
)

// columns that the feature tests share; what they add comes after to:.
const featureFile = `mapping: feature
file:
  name: "*"
  columns:
    - {name: Persnr, as: persnr, type: integer, required: yes}
    - {name: Mail, as: mail, personal: yes}
    - {name: Datum, as: datum, type: date, layouts: [dd-MM-yyyy]}
    - {name: Code, as: code}
    - {name: A, as: a, type: hours, notation: [decimal, clock]}
    - {name: B, as: b, type: decimal, decimals: 4}
    - {name: C, as: c, type: integer}
`

// valuesOf shows what a run sends, a value a line, then its problems.
func valuesOf(t *testing.T, r Report, calls []Planned) string {
	t.Helper()
	var b strings.Builder
	for _, c := range calls {
		vs, err := Read(c.Call)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range vs {
			if v.Verlof != nil {
				fmt.Fprintf(&b, "%s %d %s..%s soort %d factor %d: %s\n", v.Werkgever, v.PersnrVerl, v.Verlof.Ingangsdatum, v.Verlof.Einddatum, v.Verlof.Soort, v.Verlof.Factor, v.Verlof.Eenheden)
				continue
			}
			fmt.Fprintf(&b, "%s %d/%d %s strook %d ploeg %d ve %d kp %q kd %q component %d: %s\n", v.Werkgever, v.Clientnummer, v.PersnrVerl, v.Period,
				v.Strook, v.Ploeg, v.Verdeeleenheid, v.Kostenplaats, v.Kostendrager, v.Component, payroll.Hours(v.Value))
		}
	}
	for _, p := range r.Problems {
		fmt.Fprintln(&b, p)
	}
	return b.String()
}

func TestFeatures(t *testing.T) {
	const plain = `
  employer: {clientnummer: {constant: 5555}}
  employee: {persnr_verl: {column: persnr}}
  hours: all
`
	const value = "  values:\n    - {component: {constant: 1}, value: {column: a}}\n"
	const byDay = "  period: {date: datum}\n"
	const csvTo, xmlTo = "to:\n  what: variabele-gegevens-csv", "to:\n  what: variabele-gegevens-xml"
	tests := []struct {
		name, more, file, rows, want string
	}{
		{
			"a clock is rounded once, over the sum", csvTo + plain + byDay + "  round: half-up\n" + value, "",
			"1;;01-10-2026;;0:20;;\n1;;02-10-2026;;0:20;;\n1;;03-10-2026;;0:20;;\n2;;03-10-2026;;0:20;;\n",
			"W-1001 5555/1 2026-10 strook 1 ploeg 0 ve 0 kp \"\" kd \"\" component 1: 1.00\nW-1001 5555/2 2026-10 strook 1 ploeg 0 ve 0 kp \"\" kd \"\" component 1: 0.33\n",
		},
		{
			"rounding is refused unless the mapping says how", csvTo + plain + byDay + value, "",
			"1;;01-10-2026;;0:20;;\n1;;02-10-2026;;0:20;;\n",
			"regel 2: Het totaal van component 1 van werknemer 1 in periode 2026-10 (regel 2 en 3) heeft meer dan twee decimalen. Lever waarden met ten hoogste twee decimalen aan, of laat in de mapping vastleggen hoe wordt afgerond.\n",
		},
		{
			"half-even", csvTo + plain + byDay + "  round: half-even\n  values:\n    - {component: {constant: 1}, value: {column: b}}\n", "",
			"1;;01-10-2026;;;0,125;\n2;;01-10-2026;;;0,135;\n3;;01-10-2026;;;0,1251;\n",
			"W-1001 5555/1 2026-10 strook 1 ploeg 0 ve 0 kp \"\" kd \"\" component 1: 0.12\nW-1001 5555/2 2026-10 strook 1 ploeg 0 ve 0 kp \"\" kd \"\" component 1: 0.14\nW-1001 5555/3 2026-10 strook 1 ploeg 0 ve 0 kp \"\" kd \"\" component 1: 0.13\n",
		},
		{
			"an empty cell is no value and a zero is one", csvTo + plain + byDay + "  values:\n    - {component: {constant: 1}, value: {column: a}}\n    - {component: {constant: 2}, value: {column: c}, zero: skip}\n", "",
			"1;;01-10-2026;;0;;0\n2;;01-10-2026;;;;3\n3;;01-10-2026;;;;0\n",
			"W-1001 5555/1 2026-10 strook 1 ploeg 0 ve 0 kp \"\" kd \"\" component 1: 0.00\nW-1001 5555/2 2026-10 strook 1 ploeg 0 ve 0 kp \"\" kd \"\" component 2: 3.00\n",
		},
		{
			"sum, constant, conditions and dimensions", xmlTo + plain + byDay + `
  slip: {column: c}
  ploeg: {constant: 4}
  verdeeleenheid: {constant: 7}
  kostenplaats: {constant: "<A&B>"}
  kostendrager: {column: code}
  values:
    - {component: {constant: 1}, value: {sum: [a, b]}, when: [{column: code, not: [X, Y]}]}
    - {component: {constant: 9}, value: {constant: 1}, when: [{column: code, is: X}, {column: mail, empty: yes}]}
`, "",
			"1;;01-10-2026;N;1:30;0,25;2\n1;;02-10-2026;X;1:30;0,25;1\n1;m;02-10-2026;X;1;;1\n1;;02-10-2026;N;;1;3\n",
			"regel 5, kolom 7 (C): Er is geen strook met dit nummer. Gelezen: \"3\". Gebruik 1 voor de normale strook of 2 voor bijzonder tarief.\n",
		},
		{
			"slips become calls of their own", xmlTo + plain + byDay + "  slip: {column: c}\n  kostendrager: {column: code}\n" + value, "",
			"1;;01-10-2026;N;1:30;;2\n1;;02-10-2026;X;1:30;;1\n",
			"W-1001 5555/1 2026-10 strook 1 ploeg 0 ve 0 kp \"\" kd \"X\" component 1: 1.50\nW-1001 5555/1 2026-10 strook 2 ploeg 0 ve 0 kp \"\" kd \"N\" component 1: 1.50\n",
		},
		{
			"skip and keep", "skip:\n  - {column: persnr, is: 0}\n  - {column: code, is: [Totaal]}\nkeep:\n  - {column: mail, empty: no}\n" + csvTo + plain + byDay + value, "",
			"000;x;;;;;\n1;x;01-10-2026;N;1;;\n2;;01-10-2026;N;1;;\nx;x;x;Totaal;x;;\n",
			"W-1001 5555/1 2026-10 strook 1 ploeg 0 ve 0 kp \"\" kd \"\" component 1: 1.00\n",
		},
		{
			"a table with a validity", `tables:
  t:
    key: [k]
    valid_from: van
    valid_until: tot
    rows:
      - {k: N, n: 1, van: 2026-01-01, tot: 2026-09-30}
      - {k: N, n: 2, van: 2026-10-01, tot: ""}
` + csvTo + plain + byDay + "  values:\n    - {component: {table: t, by: code, take: n, on: datum}, value: {column: a}}\n", "",
			"1;;30-09-2026;N;1;;\n1;;01-10-2026;N;2;;\n",
			"W-1001 5555/1 2026-09 strook 1 ploeg 0 ve 0 kp \"\" kd \"\" component 1: 1.00\nW-1001 5555/1 2026-10 strook 1 ploeg 0 ve 0 kp \"\" kd \"\" component 2: 2.00\n",
		},
		{
			"a day outside the validity is told apart from an unknown code", `tables:
  t: {key: [k], valid_from: van, rows: [{k: N, n: 1, van: 2026-10-01}, {k: Langere naam, n: 1, van: 2026-10-01}]}
` + csvTo + plain + byDay + "  values:\n    - {component: {table: t, by: code, take: n, on: datum}, value: {column: a}}\n", "",
			"1;;30-09-2026;N;1;;\n1;;01-10-2026;Lagere naam;2;;\n1;;01-10-2026;Langere naam;2;;\n",
			"regel 2, kolom 4 (Code): De tabel t heeft voor \"N\" geen waarde op 30-09-2026. Controleer de datum, of laat de tabel aanvullen.\n" +
				"regel 3, kolom 4 (Code): De waarde \"Lagere naam\" staat niet in de tabel t. Bedoelt u Langere naam? Verbeter de waarde of laat de tabel aanvullen.\n",
		},
		{
			"two key columns and a value for the rest", "tables:\n  t: {key: [k, p], rows: [{k: N, p: 1, n: 5}]}\n" + csvTo + plain + byDay + "  values:\n    - {component: {table: t, by: [code, c], take: n, otherwise: 8}, value: {column: a}}\n", "",
			"1;;01-10-2026;N;1;;01\n1;;01-10-2026;N;2;;2\n",
			"W-1001 5555/1 2026-10 strook 1 ploeg 0 ve 0 kp \"\" kd \"\" component 5: 1.00\nW-1001 5555/1 2026-10 strook 1 ploeg 0 ve 0 kp \"\" kd \"\" component 8: 2.00\n",
		},
		{
			"components from a column", csvTo + plain + byDay + "  values:\n    - {component: {column: c}, value: {column: a}}\n", "",
			"1;;01-10-2026;N;1;;7000\n1;;01-10-2026;N;2;;3\n1;;01-10-2026;N;2;;7000\n",
			"W-1001 5555/1 2026-10 strook 1 ploeg 0 ve 0 kp \"\" kd \"\" component 3: 2.00\nW-1001 5555/1 2026-10 strook 1 ploeg 0 ve 0 kp \"\" kd \"\" component 7000: 3.00\n",
		},
		{
			"a component that cannot be", csvTo + plain + byDay + "  values:\n    - {component: {column: c}, value: {column: a}}\n", "",
			"1;;01-10-2026;N;1;;10000\n1;;01-10-2026;N;2;;\n",
			"regel 2, kolom 7 (C): Dit is geen componentnummer. Gelezen: \"10000\". Gebruik een nummer van 1 tot en met 9999.\nregel 3, kolom 7 (C): Dit is geen componentnummer. Gebruik een nummer van 1 tot en met 9999.\n",
		},
		{
			"amounts may be negative and have other limits", csvTo + strings.ReplaceAll(plain, "all", "[1]") + byDay + "  values:\n    - {component: {constant: 86}, value: {column: b}}\n", "",
			"1;;01-10-2026;N;;-1200,5;\n2;;01-10-2026;N;;99999999;\n2;;01-10-2026;N;;1;\n",
			"regel 3: Het totaal van component 86 van werknemer 2 in periode 2026-10 (regel 3 en 4) is 100.000.000,00; Loket neemt bedragen aan tussen -100.000.000 en 100.000.000. Controleer het bedrag en het decimaalteken.\n",
		},
		{
			"the period in a column", csvTo + plain + "  period: {column: code}\n" + value, "",
			"1;;;2026-09;1;;\n1;;;2026-13;1;;\n1;;;2026/09;1;;\n",
			"regel 3: Periode 2026-13 bestaat niet bij de werkgever van werknemer 1 (regel 3): een jaar heeft daar 12 periodes. Verbeter de periode.\n" +
				"regel 4, kolom 4 (Code): Dit is geen periode. Gelezen: \"2026/09\". Schrijf de periode als \"2026-10\": jaar, streepje, nummer van de periode.\n",
		},
		{
			"the period of the drop date", csvTo + plain + "  period: {from: drop_date, offset: -1}\n" + value, "", "1;;;;1;;\n",
			"W-1001 5555/1 2026-09 strook 1 ploeg 0 ve 0 kp \"\" kd \"\" component 1: 1.00\n",
		},
		{
			"employer and period in the name of the file", strings.Replace(csvTo+plain, "{constant: 5555}", "{from: file_name}", 1) + "  period: {from: file_name}\n" + value,
			"x_7001_2026-11.csv", "1;;;;1;;\n",
			"W-1003 7001/1 2026-11 strook 1 ploeg 0 ve 0 kp \"\" kd \"\" component 1: 1.00\n",
		},
		{
			"by WerkgeverId and Persnr", strings.NewReplacer("clientnummer: {constant: 5555}", "werkgever_id: {constant: 1002}", "persnr_verl", "persnr").Replace(csvTo+plain) + byDay + value, "",
			"2003;;01-10-2026;;1;;\n",
			"W-1002 5556/3 2026-10 strook 1 ploeg 0 ve 0 kp \"\" kd \"\" component 1: 1.00\n",
		},
		{
			"nobody, who left, and no date", csvTo + plain + byDay + value, "",
			"6;;01-10-2026;;1;;\n9;;01-06-2026;;1;;\n9;;31-05-2026;;1;;\n1;;;;1;;\n",
			"regel 2, kolom 1 (Persnr): Loket kent werknemer 6 bij clientnummer 5555 niet. Gelezen: \"6\". Bedoelt u 1, 2 of 3? Verbeter het nummer of voer de werknemer eerst in Loket in.\n" +
				"regel 3, kolom 1 (Persnr): Werknemer 9 is in periode 2026-06 niet in dienst (regel 3). Gelezen: \"9\". Controleer het nummer en de datum, of laat het dienstverband in Loket nakijken.\n" +
				"regel 5, kolom 3 (Datum): Er staat geen datum, dus is niet bekend bij welke periode de regel hoort. Vul de datum in.\n",
		},
		{
			"leave in days, by e-mail", "to:\n  what: verlof-csv\n  employer: {by: employee}\n  employee: {email: {column: mail}}\n  leave: {from: {column: datum}, soort: {column: c}, factor: {constant: 1}, eenheden: {column: b}}\n", "",
			"1;Anna.Debruin.1001@example.org;01-10-2026;;;1,5;15\n",
			"W-1001 1 2026-10-01..2026-10-01 soort 15 factor 1: 1.50\n",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text := featureFile
			if tt.file != "" {
				text = strings.Replace(text, `"*"`, `"x_{clientnummer}_{year}-{period}.csv"`, 1)
			}
			m := mapping(t, text+tt.more)
			r, calls := run(t, m, textInput(tt.file, []byte("Persnr;Mail;Datum;Code;A;B;C\n"+tt.rows)))
			if diff := cmp.Diff(tt.want, valuesOf(t, r, calls)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestFileNames(t *testing.T) {
	for _, tt := range []struct{ pattern, name, want string }{
		{"uren_{clientnummer}*", "uren_5555_oktober.csv", "map[clientnummer:5555]"},
		{"uren_{clientnummer}*", "UREN_5555.CSV", "map[clientnummer:5555]"},
		{"uren_{clientnummer}*", "uren_x.csv", ""},
		{"uren_{clientnummer}*", "uren_1234567890.csv", ""},
		{"*_{year}-{period}*", "a_2026-1.csv", "map[period:1 year:2026]"},
		{"*_{year}-{period}*", "a_2026-101.csv", ""},
		{"*_{year}-{period}*", "a_12026-10.csv", ""},
		{"*_{year}-{period}*", "a_2026-10_2026-11.csv", ""},
		{"{year}{period}.csv", "202610.csv", "map[period:10 year:2026]"},
	} {
		p, err := parsePattern(tt.pattern)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if fields, ok := p.match(tt.name); ok {
			got = fmt.Sprint(fields)
		}
		if got != tt.want {
			t.Errorf("%s of %s is %s, want %s", tt.pattern, tt.name, got, tt.want)
		}
	}
	for _, bad := range []string{"{jaar}", "{year}_{year}", "*{period}", "{clientnummer}{year}"} {
		if _, err := parsePattern(bad); err == nil {
			t.Errorf("%s is accepted", bad)
		}
	}
}

func TestRulesOverTheFileRefuseTheirEmployee(t *testing.T) {
	set := loadShipped(t)
	m, _ := set.Get("urenregistratie")
	file := `Personeelsnummer;Naam;Datum;Uursoort;Uren;Kostenplaats;Opmerking
1;A;01-10-2026;Normaal;8;10;
1;A;01-10-2026;Normaal;4;20;other kostenplaats
2;B;01-10-2026;Normaal;8;10;
2;B;01-10-2026;Normaal;8;10;twice
3;C;01-10-2026;Normaal;8;10;
3;C;01-10-2026;Overwerk 100%;5;10;too long a day
`
	in := textInput("uren_5555.csv", []byte(file))
	in.Rules = validate.Rules{Duplicates: "refuse", HoursPerDay: 1200}
	in.PerEmployee = true
	r, calls := run(t, m, in)
	want := "W-1001 5555/1 2026-10 strook 1 ploeg 0 ve 0 kp \"10\" kd \"\" component 1: 8.00\nW-1001 5555/1 2026-10 strook 1 ploeg 0 ve 0 kp \"20\" kd \"\" component 1: 4.00\n"
	r2 := r
	r2.Problems = nil
	if diff := cmp.Diff(want, valuesOf(t, r2, calls)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got := fmt.Sprint(r.RefusedEmployees, len(r.Problems)); got != "[{5555 2} {5555 3}] 3" {
		t.Errorf("got %s: %v", got, r.Problems)
	}
}

func TestRunTellsWrongUseFromWrongFiles(t *testing.T) {
	set := loadShipped(t)
	m, _ := set.Get("urenregistratie")
	good := []byte("Personeelsnummer;Naam;Datum;Uursoort;Uren;Kostenplaats;Opmerking\n1;A;01-10-2026;Normaal;8;10;\n")
	stop := errors.New("stop")

	in := textInput("uren_5555.csv", good)
	in.People = nil
	if _, err := m.Run(context.Background(), in, nil); err == nil || !m.NeedsPeople() {
		t.Errorf("ran without people")
	}
	in = textInput("uren_5555.csv", good)
	if _, err := m.Run(context.Background(), in, func(Planned) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("got %v, want the error of the call", err)
	}
	in.Open = func() (io.ReadCloser, error) { return nil, stop }
	if _, err := m.Run(context.Background(), in, nil); !errors.Is(err, stop) {
		t.Errorf("got %v, want the error of Open", err)
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(stop)
	if _, err := m.Run(ctx, textInput("uren_5555.csv", good), nil); !errors.Is(err, stop) {
		t.Errorf("got %v, want the cause of the end", err)
	}
	for name, file := range map[string]string{"leeg-bestand": "", "geen-rijen": "Personeelsnummer;Naam;Datum;Uursoort;Uren;Kostenplaats;Opmerking\n"} {
		r, calls := run(t, m, textInput("uren_5555.csv", []byte(file)))
		if len(calls) != 0 || len(r.Problems) != 1 || r.Problems[0].Code != name {
			t.Errorf("%s: %d calls, %v", name, len(calls), r.Problems)
		}
	}
	if _, err := m.Extract(context.Background(), textInput("uren_5555.csv", nil), nil, io.Discard); err == nil {
		t.Error("an empty file is extracted")
	}
}

func TestReadRefusesWhatRunDidNotPlan(t *testing.T) {
	file := func(text string) map[string]any {
		return map[string]any{"SoortGegevens": "VariabeleGegevens", "Formaat": "CSV", "Bestand": contract.File{Name: "x", Content: []byte(text)}}
	}
	xml, leave := file("<a/>"), file("a;b\n1;2\n")
	xml["Formaat"], leave["SoortGegevens"] = "XML", "Verlof"
	for _, args := range []map[string]any{{}, file(""), file("a;b;c;1\n1;2;3;4\n"), file("aanslnr;persnr;ploeg;x\n1;1;1;1\n"), file("aanslnr;persnr;ploeg;1\n1;1;1;1,234\n"), xml, leave} {
		if v, err := Read(contract.Call{Function: importFunction, Args: args}); err == nil {
			t.Errorf("%v is read as %v", args, v)
		}
	}
	if _, err := Read(contract.Call{Function: "LoketWebservice.List"}); err == nil {
		t.Error("another function is read")
	}
}

func TestSumsStopAtTheEndsOfTheRange(t *testing.T) {
	for _, tt := range []struct{ c, v, want int64 }{
		{noValue, 5, 5}, {2, 3, 5}, {math.MaxInt64, 1, math.MaxInt64}, {noValue + 1, -1, noValue + 1}, {-2, 2, 0},
	} {
		if got := add(tt.c, tt.v); got != tt.want {
			t.Errorf("%d + %d = %d, want %d", tt.c, tt.v, got, tt.want)
		}
	}
}

func TestDeepYAMLIsRefusedAtOnce(t *testing.T) {
	for _, text := range []string{strings.Repeat("[", 200_000), strings.Repeat("- ", 60_000), "a: " + strings.Repeat("{a: ", 50_000), strings.Repeat("? ", 50_000)} {
		s := source{file: "x.yaml"}
		start := time.Now()
		if s.parse([]byte(text)) != nil || len(s.errs) != 1 {
			t.Errorf("%.10s is read", text)
		}
		if d := time.Since(start); d > 5*time.Second {
			t.Errorf("%.10s took %s", text, d)
		}
	}
}
