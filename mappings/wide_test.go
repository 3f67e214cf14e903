package mappings

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"loket-etl/mappings/expression"
	"loket-etl/validate"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
)

const wideTo = `
to:
  what: variabele-gegevens-csv
  mode: Optellen
  employer: {clientnummer: {constant: 5555}}
  employee: {persnr_verl: {column: persnr}}
  hours: [1, 3, 2100]
`

func TestWideSheetsBecomeRows(t *testing.T) {
	tests := []struct{ name, file, rest, rows, want string }{
		{
			"a column per kind", `
  columns:
    - {name: Persnr, as: persnr, type: integer, required: yes}
    - {name: Naam, personal: yes}
    - {name: Datum, as: datum, type: date, layouts: [dd-MM-yyyy]}
  wide:
    headings: {gewoon: 1, overwerk: 3}
    heading: {as: soort, type: integer}
    cell: {as: uren, type: hours, notation: [decimal, clock]}
skip:
  - {column: Naam, like: ["totaal*", "*subtotaal*"]}
`, "  period: {date: datum}\n  values:\n    - {component: {column: soort}, value: {column: uren}}\n",
			"Persnr;Naam;gewoon;overwerk;Datum\n1;A;8;1:30;01-10-2026\n1;A;7,5;;02-10-2026\n2;B;;;01-10-2026\n;TOTAAL week 40;15,5;1,5;\n;Het subtotaal;1;;\n",
			"5555/1 2026-10 component 1: 15.50\n5555/1 2026-10 component 3: 1.50\nrows 7: accepted 3, refused 0, passed over 4\n",
		},
		{
			"dates as headings", `
  columns:
    - {name: Persnr, as: persnr, type: integer, required: yes}
    - {name: Soort, as: soort}
  wide:
    headings: rest
    heading: {as: datum, type: date, layouts: [dd-MM-yyyy]}
    cell: {as: uren, type: hours, notation: [decimal]}
`, "  period: {date: datum}\n  values:\n    - {component: {constant: 1}, value: {column: uren}, when: [{column: soort, not_like: [\"*ziek*\"]}]}\n",
			"Persnr;Soort;30-09-2026;01-10-2026;02-10-2026\n1;gewoon;8;7;6\n2;Ziekte;8;8;8\n2;gewoon;;;4\n",
			"5555/1 2026-09 component 1: 8.00\n5555/1 2026-10 component 1: 13.00\n5555/2 2026-10 component 1: 4.00\nrows 7: accepted 7, refused 0, passed over 0\n",
		},
		{
			"what is wrong is told once, at its cell", `
  columns:
    - {name: Persnr, as: persnr, type: integer, required: yes}
    - {name: Datum, as: datum, type: date, layouts: [dd-MM-yyyy], required: yes}
  wide:
    headings: [1, 3]
    heading: {as: component, type: integer}
    cell: {as: uren, type: hours, notation: [decimal]}
`, "  period: {date: datum}\n  values:\n    - {component: {column: component}, value: {column: uren}}\n",
			"Persnr;Datum;3;1\nx;01-10-2026;8;7\n1;31-09-2026;8;7\n1;;8;7\n1;01-10-2026;8;7 uur\n1;01-10-2026;8,125;7\n",
			`regel 2, kolom 1 (Persnr): Dit is geen getal. Gelezen: "x". Schrijf een heel getal, zonder decimalen en zonder punten of komma's.
regel 3, kolom 2 (Datum): 31-09-2026 bestaat niet op de kalender. Gelezen: "31-09-2026". Verbeter de datum.
regel 4, kolom 2 (Datum): De cel is leeg, maar moet gevuld zijn. Vul de cel in.
regel 5, kolom 4 (1): Dit is geen aantal uren. Gelezen: "7 uur". Schrijf de uren als decimaal (7,5).
regel 6, kolom 3 (3): 8,125 kan 8125 of 8,125 zijn. Gelezen: "8,125". Schrijf het getal met een komma voor de decimalen, hoogstens 2, en zonder scheidingsteken voor duizendtallen. Heeft het drie decimalen? Rond het getal in het bestand zelf af op hoogstens 2 decimalen, in Excel met AFRONDEN (de opmaak van een cel rondt niet af), of laat in de mapping meer decimalen toe (decimals: 4).
rows 10: accepted 0, refused 10, passed over 0
`,
		},
		{
			"a heading that is no date", `
  columns:
    - {name: Persnr, as: persnr, type: integer, required: yes}
  wide:
    headings: rest
    heading: {as: datum, type: date, layouts: [dd-MM-yyyy]}
    cell: {as: uren, type: hours, notation: [decimal]}
`, "  period: {date: datum}\n  values:\n    - {component: {constant: 1}, value: {column: uren}}\n",
			"Persnr;30-09-2026;Totaal\n1;8;8\n",
			"regel 1, kolom 3 (Totaal): Dit is geen datum. Gelezen: \"Totaal\". Herstel de kop van deze kolom, of haal de kolom weg. Schrijf de datum als dd-mm-jjjj.\nrows 0: accepted 0, refused 0, passed over 0\n",
		},
		{
			"no heading at all", `
  columns:
    - {name: Persnr, as: persnr, type: integer, required: yes}
  wide:
    headings: 1..3
    optional: yes
    heading: {as: component, type: integer}
    cell: {as: uren, type: hours, notation: [decimal]}
`, "  period: {from: drop_date}\n  values:\n    - {component: {column: component}, value: {column: uren}}\n",
			"Persnr\n1\n",
			"regel 1: De kopregel heeft geen kolommen met waarden. Controleer of dit het juiste bestand is, en exporteer het opnieuw.\nrows 0: accepted 0, refused 0, passed over 0\n",
		},
		{
			"two header rows, the code in the second", `
  header_rows: 2
  columns:
    - {name: Persnr, as: persnr, type: integer, required: yes}
    - {name: Naam, personal: yes}
    - {name: Periode, as: periode}
  wide:
    headings: rest
    heading: {as: code}
    cell: {as: waarde, type: decimal}
tables:
  codes: {key: [code], ignore_case: yes, rows: [{code: U2100, component: 2100}, {code: L5100, component: 86}]}
`, "  period: {column: periode}\n  values:\n    - {component: {table: codes, by: code, take: component}, value: {column: waarde}}\n",
			"Persnr;Naam;Periode;Uren;Loon\n;;;U2100;l5100\n1;A;2026-10;2,5;\n2;B;2026-10;1;-100,25\n",
			"5555/1 2026-10 component 2100: 2.50\n5555/2 2026-10 component 86: -100.25\n5555/2 2026-10 component 2100: 1.00\nrows 3: accepted 3, refused 0, passed over 0\n",
		},
		{
			"two header rows, a day over its kinds", `
  header_rows: 2
  header_join: both
  columns:
    - {name: Persnr, as: persnr, type: integer, required: yes}
  wide:
    headings: {"ma uren": 1, "ma over": 3, "di uren": 1, "di over": 3}
    heading: {as: component, type: integer}
    cell: {as: uren, type: hours, notation: [decimal]}
`, "  period: {from: drop_date}\n  values:\n    - {component: {column: component}, value: {column: uren}}\n",
			"Persnr;Ma;;Di;\n;uren;over;uren;over\n1;8;1;7;\n",
			"5555/1 2026-10 component 1: 15.00\n5555/1 2026-10 component 3: 1.00\nrows 3: accepted 3, refused 0, passed over 0\n",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := mapping(t, "mapping: wide\nfile:"+tt.file+wideTo+tt.rest)
			r, calls := run(t, m, textInput("", []byte(tt.rows)))
			if diff := cmp.Diff(tt.want, shortValues(t, r, calls)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// shortValues is valuesOf without what these tests do not use, and the counts.
func shortValues(t *testing.T, r Report, calls []Planned) string {
	t.Helper()
	return strings.NewReplacer("W-1001 ", "", `strook 1 ploeg 0 ve 0 kp "" kd "" `, "").Replace(valuesOf(t, r, calls)) +
		fmt.Sprintf("rows %d: accepted %d, refused %d, passed over %d\n", r.Rows, r.Accepted, r.Refused, r.Skipped)
}

func TestWideWorkbookWithDatesAndMergedHeadings(t *testing.T) {
	m := mapping(t, `mapping: wide
file:
  format: xlsx
  header_rows: 2
  columns:
    - {name: Persnr, as: persnr, type: integer, required: yes}
  wide:
    headings: rest
    heading: {as: datum, type: date, layouts: [dd-MM-yyyy]}
    cell: {as: uren, type: hours, notation: [decimal, clock]}
skip:
  - {column: persnr, like: "tot*"}
`+strings.ReplaceAll(wideTo, "[1, 3, 2100]", "all")+"  period: {date: datum}\n  values:\n    - {component: {constant: 1}, value: {column: uren}}\n")
	if !m.IsWide() {
		t.Error("the mapping is not wide")
	}
	f := excelize.NewFile()
	october := time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)
	for cell, v := range map[string]any{
		"A1": "Persnr", "B1": "Uren", "B2": "30-09-2026", "C2": october,
		"A3": 1, "B3": 8, "C3": 7.25, "A4": 2, "C4": 4, "A5": "Totaal", "B5": 8, "C5": 11.25,
	} {
		if err := f.SetCellValue("Sheet1", cell, v); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.MergeCell("Sheet1", "B1", "C1"); err != nil {
		t.Fatal(err)
	}
	book := &bytes.Buffer{}
	if err := f.Write(book); err != nil {
		t.Fatal(err)
	}
	r, calls := run(t, m, textInput("", book.Bytes()))
	if diff := cmp.Diff("5555/1 2026-09 component 1: 8.00\n5555/1 2026-10 component 1: 7.25\n5555/2 2026-10 component 1: 4.00\nrows 5: accepted 3, refused 0, passed over 2\n", shortValues(t, r, calls)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestRefusedRowsOfAWideSheetAreWrittenOnce(t *testing.T) {
	m := mapping(t, `mapping: wide
file:
  header_rows: 2
  columns:
    - {name: Persnr, as: persnr, type: integer, required: yes}
  wide:
    headings: [ma, di]
    heading: {as: dag}
    cell: {as: uren, type: hours, notation: [decimal]}
`+wideTo+"  period: {from: drop_date}\n  values:\n    - {component: {constant: 1}, value: {column: uren}}\n")
	file := "Persnr;;\n;ma;di\n1;8;8\n2;x;8\n2;4;4\nx;1;1\n"
	in := textInput("", []byte(file))
	in.PerEmployee = true
	r, calls := run(t, m, in)
	want := `5555/1 2026-10 component 1: 16.00
regel 4, kolom 2 (ma): Dit is geen aantal uren. Gelezen: "x". Schrijf de uren als decimaal (7,5).
regel 6, kolom 1 (Persnr): Dit is geen getal. Gelezen: "x". Schrijf een heel getal, zonder decimalen en zonder punten of komma's.
rows 8: accepted 2, refused 6, passed over 0
`
	if diff := cmp.Diff(want, shortValues(t, r, calls)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	var part bytes.Buffer
	n, err := m.Extract(context.Background(), in, r.IsRefused, &part)
	if err != nil || n != 3 {
		t.Errorf("%d rows, %v", n, err)
	}
	if diff := cmp.Diff("\ufeffPersnr;;\n;ma;di\n2;x;8\n2;4;4\nx;1;1\n", part.String()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	r, _ = run(t, m, textInput("", part.Bytes()))
	if r.Rows != 6 {
		t.Errorf("the refused part has %d rows, want 6", r.Rows)
	}
}

func TestRulesOverAWideSheet(t *testing.T) {
	m := mapping(t, `mapping: wide
file:
  columns:
    - {name: Persnr, as: persnr, type: integer, required: yes}
  wide:
    headings: rest
    heading: {as: datum, type: date, layouts: [dd-MM-yyyy]}
    cell: {as: uren, type: hours, notation: [decimal]}
`+wideTo+"  period: {date: datum}\n  values:\n    - {component: {constant: 1}, value: {column: uren}}\n")
	in := textInput("", []byte("Persnr;01-10-2026;02-10-2026\n1;8;8\n1;4;\n2;;9\n2;;8\n"))
	in.Rules = validate.Rules{Duplicates: "refuse", HoursPerDay: 1600}
	r, calls := run(t, m, in)
	want := `regel 3: Deze medewerker heeft op 01-10-2026 al een rij met dezelfde code, op regel 2. Haal een van beide rijen weg, of tel ze in één rij bij elkaar op.
regel 4: Deze medewerker heeft op 02-10-2026 samen 17,00 uren, meer dan 16,00 op een dag. Controleer de uren van die dag, te beginnen op deze regel.
regel 5: Deze medewerker heeft op 02-10-2026 al een rij met dezelfde code, op regel 4. Haal een van beide rijen weg, of tel ze in één rij bij elkaar op.
rows 5: accepted 0, refused 5, passed over 0
`
	if diff := cmp.Diff(want, shortValues(t, r, calls)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestControlTotalsAreNotForWideSheets(t *testing.T) {
	m := mapping(t, "mapping: wide\nfile:\n  columns: [{name: Persnr, as: persnr, type: integer}]\n  wide: {headings: [ma], heading: {as: dag}, cell: {as: uren, type: hours, notation: [decimal]}}"+
		wideTo+"  period: {from: drop_date}\n  values:\n    - {component: {constant: 1}, value: {column: uren}}\n")
	in := textInput("", []byte("Persnr;ma\n1;8\n"))
	in.Rules = validate.Rules{ControlTotal: &validate.ControlTotal{Column: "persnr", Marker: "T", Sum: "uren"}}
	if _, err := m.Run(context.Background(), in, nil); err == nil || err.Error() != "mapping wide: control_total: a row of a wide sheet becomes several, so that there is nothing to count; pass the totals over with skip" {
		t.Errorf("got %v", err)
	}
	if err := m.CheckRules(validate.Rules{Sums: &validate.Sums{{Columns: []string{"uren"}, Equals: "uren"}}}); err == nil || err.Error() != "sums: a row of a wide sheet becomes several, and a sum would be held against each" {
		t.Errorf("got %v", err)
	}
}

func TestLikeIsAPatternWithAnything(t *testing.T) {
	for _, tt := range []struct {
		text, pattern string
		want          bool
	}{
		{"totaal week 40", "totaal*", true}, {"subtotaal", "totaal*", false}, {"subtotaal", "*totaal", true}, {"x totaal y", "*totaal*", true},
		{"", "*", true}, {"", "", true}, {"a", "", false}, {"abcabd", "*ab*d", true}, {"abcabd", "*ab*e", false}, {"a*b", "a*b", true},
		{"éé", "é*", true},
	} {
		if got := expression.Like([]byte(tt.text), []byte(tt.pattern)); got != tt.want {
			t.Errorf("%q like %q is %t", tt.text, tt.pattern, got)
		}
	}
}
