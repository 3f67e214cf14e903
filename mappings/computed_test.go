package mappings

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// madeFile is what the tests of computed values share; what they add comes after it.
const madeFile = `mapping: made
file:
  name: "*_{year}-{period}.csv"
  columns:
    - {name: Persnr, as: persnr, type: integer, required: yes}
    - {name: Code, as: code}
    - {name: Soort, as: soort}
    - {name: Dag, as: dag, type: integer}
    - {name: Begin, as: begin, type: hours, notation: [clock]}
    - {name: Einde, as: einde, type: hours, notation: [clock]}
    - {name: Pauze, as: pauze, type: hours, notation: [clock]}
    - {name: Aantal, as: aantal, type: decimal, decimals: 4}
    - {name: Minuten, as: minuten, type: integer}
    - {name: Naam, as: naam, personal: yes}
tables:
  tarieven: {key: [code], valid_from: van, valid_until: tot, rows: [{code: km, tarief: "0,21", van: 2026-01-01, tot: 2026-10-14}, {code: km, tarief: "0.23", van: 2026-10-15, tot: ""}]}
  uren: {key: [code], rows: [{code: N, component: 1, per_dag: 7.6}, {code: O, component: 3, per_dag: 8}]}
`

const madeTo = `to:
  what: variabele-gegevens-xml
  mode: Optellen
  employer: {clientnummer: {constant: 5555}}
  employee: {persnr_verl: {column: persnr}}
  hours: [1, 3]
`

const madeHead = "Persnr;Code;Soort;Dag;Begin;Einde;Pauze;Aantal;Minuten;Naam\n"

func TestComputedValues(t *testing.T) {
	const month = "  period: {from: file_name}\n"
	one := func(value string) string {
		return month + "  values:\n    - {component: {constant: 1}, value: " + value + "}\n"
	}
	tests := []struct{ name, compute, to, rows, want string }{
		{
			"the hours between clock times", "", one("{worked: {start: begin, end: einde, break: pauze}}"),
			"1;;;;8:00;16:30;0:30;;;\n1;;;;22:00;6:00;;;;\n2;;;;;;;;;\n3;;;;9:00;;;;;\n",
			"regel 5, kolom 6 (Einde): De cel Einde is leeg, maar is nodig voor een berekening. Vul de cel in.\nrows 4: accepted 0, refused 4, passed over 0\n",
		},
		{
			"over midnight", "", one("{worked: {start: begin, end: einde, break: pauze}}"),
			"1;;;;8:00;16:30;0:30;;;\n1;;;;22:00;6:00;;;;\n2;;;;;;;;;\n",
			"5555/1 2026-10 component 1: 16.00\nrows 3: accepted 3, refused 0, passed over 0\n",
		},
		{
			"no time at all", "", one("{worked: {start: begin, end: einde}}"),
			"1;;;;8:00;8:00;;;;\n",
			"regel 2, kolom 6 (Einde): Begin en eind zijn gelijk. Gelezen: \"8:00\". Verbeter begin of eind, of haal de regel weg. Een hele dag is van 0:00 tot 24:00.\nrows 1: accepted 0, refused 1, passed over 0\n",
		},
		{
			"minutes add up exactly", "", strings.Replace(one("{column: minuten, unit: minutes}"), "  values", "  round: half-up\n  values", 1),
			"1;;;;;;;;20;\n1;;;;;;;;20;\n1;;;;;;;;20;\n2;;;;;;;;20;\n3;;;;;;;;;\n",
			"5555/1 2026-10 component 1: 1.00\n5555/2 2026-10 component 1: 0.33\nrows 5: accepted 5, refused 0, passed over 0\n",
		},
		{
			"days times the hours of the contract, a percentage, and rounding as stated",
			"", one("{column: aantal, times: {table: uren, by: code, take: per_dag}, percent: 50, round: half-even, decimals: 1}"),
			"1;N;;;;;;1;;\n2;O;;;;;;1,5;;\n",
			"5555/1 2026-10 component 1: 3.80\n5555/2 2026-10 component 1: 6.00\nrows 2: accepted 2, refused 0, passed over 0\n",
		},
		{
			"a rate of the row's own day", "compute:\n  datum: {expr: 'date(file(\"year\"), file(\"period\"), dag)'}\n",
			"  period: {date: datum}\n  values:\n    - {component: {constant: 86}, value: {column: aantal, times: {table: tarieven, by: code, take: tarief, on: datum}, round: half-up}}\n",
			"1;km;;14;;;;10,5;;\n1;km;;15;;;;10;;\n2;km;;32;;;;1;;\n",
			"regel 4, kolom 4 (Dag): Dit is geen dag van 1 tot en met 31. Gelezen: \"32\". Verbeter de waarde.\nrows 3: accepted 0, refused 3, passed over 0\n",
		},
		{
			"a rate of the row's own day, added up", "compute:\n  datum: {expr: 'date(file(\"year\"), file(\"period\"), dag)'}\n",
			"  period: {date: datum}\n  values:\n    - {component: {constant: 86}, value: {column: aantal, times: {table: tarieven, by: code, take: tarief, on: datum}, round: half-up}}\n",
			"1;km;;14;;;;10,5;;\n1;km;;15;;;;10;;\n",
			"5555/1 2026-10 component 86: 4.51\nrows 2: accepted 2, refused 0, passed over 0\n",
		},
		{
			"what is not rounded is told", "", one("{column: aantal, times: aantal}"),
			"1;;;;;;;0,3333;;\n",
			"regel 2, kolom 8 (Aantal): De uitkomst van een berekening heeft te veel decimalen of is te groot. Gelezen: \"0,3333\". Controleer de getallen op deze regel, of laat in de mapping vastleggen hoe wordt afgerond.\nrows 1: accepted 0, refused 1, passed over 0\n",
		},
		{
			"first of, joined and conditional origins", "", month + `  kostenplaats: {join: [{column: code}, {first_of: [{column: soort}, {constant: "0"}]}], with: "-"}
  kostendrager: {when: [{column: soort, like: "x*"}], then: {constant: X}}
  values:
    - {component: {when: [{expr: "aantal > 8"}], then: {constant: 3}, else: {table: uren, by: code, take: component}}, value: {column: aantal}}
`,
			"1;N;;;;;;8;;\n1;N;xa;;;;;8,5;;\n1;;b;;;;;9;;\n",
			`5555/1 2026-10 strook 1 ploeg 0 ve 0 kp "N-0" kd "" component 1: 8.00
5555/1 2026-10 strook 1 ploeg 0 ve 0 kp "N-xa" kd "X" component 3: 8.50
5555/1 2026-10 strook 1 ploeg 0 ve 0 kp "b" kd "" component 3: 9.00
rows 3: accepted 3, refused 0, passed over 0
`,
		},
		{
			"an expression as value, component and condition", "", month + `  values:
    - {component: {expr: "whole(digits(code))"}, value: {expr: "min(aantal, 8)"}, when: [{expr: "filled(aantal)"}]}
    - {component: {constant: 3}, value: {expr: "max(aantal - 8, 0)"}, zero: skip, when: [{column: aantal, empty: no}]}
`,
			"1;N1;;;;;;10;;\n1;N1;;;;;;;;\n2;N1;;;;;;7;;\n",
			"5555/1 2026-10 component 1: 8.00\n5555/1 2026-10 component 3: 2.00\n5555/2 2026-10 component 1: 7.00\nrows 3: accepted 3, refused 0, passed over 0\n",
		},
		{
			"a computed column may be asked whether it is empty", "compute:\n  gewerkt: {worked: {start: begin, end: einde}}\n",
			month + "  values:\n    - {component: {constant: 1}, value: {expr: \"min(gewerkt, 8)\"}, when: [{column: gewerkt, empty: no}]}\n    - {component: {constant: 3}, value: {constant: 1}, when: [{column: gewerkt, empty: yes}]}\n",
			"1;;;;8:00;18:00;;;;\n2;;;;;;;;;\n",
			"5555/1 2026-10 component 1: 8.00\n5555/2 2026-10 component 3: 1.00\nrows 2: accepted 2, refused 0, passed over 0\n",
		},
		{
			"an empty cell in an expression is a problem", "", one(`{expr: "aantal * 2"}`),
			"1;;;;;;;;;\n2;;;;;;;1;;\n",
			"regel 2, kolom 8 (Aantal): De cel Aantal is leeg, maar is nodig voor een berekening. Vul de cel in.\nrows 2: accepted 0, refused 2, passed over 0\n",
		},
		{
			"a bad cell is told once", "", one(`{expr: "aantal * 2"}`),
			"1;;;;;;;x;;\n",
			"regel 2, kolom 8 (Aantal): Dit is geen getal. Gelezen: \"x\". Schrijf het getal met een komma voor de decimalen, hoogstens 4, en zonder scheidingsteken voor duizendtallen.\nrows 1: accepted 0, refused 1, passed over 0\n",
		},
		{
			"rows are passed over by what they hold", "skip:\n  - {expr: 'minuten > 600 or soort == \"T\"'}\nkeep:\n  - {expr: 'code != \"weg\"'}\n", one("{column: minuten, unit: minutes}"),
			"1;a;N;;;;;;601;\nx;a;T;;;;;;6;\n1;weg;N;;;;;;6;\n1;a;N;;;;;;60;\nx;a;N;;;;;;60;\n",
			`regel 6, kolom 1 (Persnr): Dit is geen getal. Gelezen: "x". Schrijf een heel getal, zonder decimalen en zonder punten of komma's.
rows 5: accepted 0, refused 2, passed over 3
`,
		},
		{
			"a condition that cannot be asked leaves the row in", "skip:\n  - {expr: 'minuten > 600'}\n", one("{column: aantal}"),
			"1;;;;;;;1;;\n1;;;;;;;1;x;\n2;;;;;;;1;601;\n",
			`regel 2, kolom 9 (Minuten): De cel Minuten is leeg, maar is nodig voor een berekening. Vul de cel in.
regel 3, kolom 9 (Minuten): Dit is geen getal. Gelezen: "x". Schrijf een heel getal, zonder decimalen en zonder punten of komma's.
rows 3: accepted 0, refused 2, passed over 1
`,
		},
		{
			"computed columns are used like others", `compute:
  groep: {expr: 'upper(left(code, 1))'}
  gewerkt: {worked: {start: begin, end: einde}}
  dubbel: {expr: "gewerkt * 2"}
`, month + `  ploeg: {column: dubbel}
  kostenplaats: {column: groep}
  values:
    - {component: {table: uren, by: groep, take: component}, value: {column: gewerkt}, when: [{column: groep, is: [N, O]}]}
`,
			"1;overig;;;8:00;12:00;;;;\n1;nacht;;;8:00;12:00;;;;\n1;nacht;;;20:00;0:00;;;;\n1;x;;;8:00;9:00;;;;\n",
			`5555/1 2026-10 strook 1 ploeg 8 ve 0 kp "N" kd "" component 1: 8.00
5555/1 2026-10 strook 1 ploeg 8 ve 0 kp "O" kd "" component 3: 4.00
rows 4: accepted 4, refused 0, passed over 0
`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := mapping(t, madeFile+tt.compute+madeTo+tt.to)
			r, calls := run(t, m, textInput("x_2026-10.csv", []byte(madeHead+tt.rows)))
			if diff := cmp.Diff(tt.want, shortValues(t, r, calls)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}
