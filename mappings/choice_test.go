package mappings

import (
	"strings"
	"testing"
	"testing/fstest"
)

const openMapping = `mapping: klok
description: d
file:
  format: csv
  columns: [{name: wie, type: integer}, {name: soort}, {name: uren, type: hours, notation: [decimal]}, {name: km, type: decimal}]
tables:
  soorten:
    key: [soort]
    rows: [{soort: a, component: 1}, {soort: b, component: KIES}]
to:
  what: variabele-gegevens-csv
  employer: {clientnummer: {constant: 5555}}
  employee: {persnr_verl: {column: wie}}
  period: {from: drop_date, kind: monthly}
  hours: [1]
  values:
    - {component: {table: soorten, by: soort, take: component}, value: {column: uren}}
`

func TestAnOpenChoiceLoadsAndIsAProblemOfTheFile(t *testing.T) {
	constant := "    - {component: {constant: KIES}, value: {column: km}}\n"
	for _, tt := range []struct{ name, yaml, file, want string }{
		{"a row with a chosen one", openMapping, "wie;soort;uren;km\n1;a;8;2\n", ""},
		{"a row with an open one", openMapping, "wie;soort;uren;km\n1;b;8;2\n",
			`regel 2, kolom 2 (soort): In de tabel soorten is voor deze waarde nog geen component gekozen. Gelezen: "b". Laat de beheerder in de tabel KIES vervangen door het nummer van de component.`},
		{"a column", openMapping + constant, "wie;soort;uren;km\n1;a;8;2\n",
			`In de mapping klok is nog niet gekozen welke component kolom "km" wordt. Laat de beheerder in de mapping KIES vervangen door het nummer van de component.`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m, err := LoadOne(fstest.MapFS{"klok.yaml": {Data: []byte(tt.yaml)}}, "klok")
			if err != nil {
				t.Fatal(err)
			}
			for _, perEmployee := range []bool{false, true} {
				in := textInput("klok.csv", []byte(tt.file))
				in.PerEmployee = perEmployee
				calls := 0
				report, err := m.Run(t.Context(), in, func(Planned) error { calls++; return nil })
				if err != nil {
					t.Fatal(err)
				}
				var got []string
				for _, p := range report.Problems {
					got = append(got, p.String())
				}
				if strings.Join(got, "\n") != tt.want || (tt.want == "") != (calls == 1) {
					t.Errorf("%d calls, %s\nwant %s", calls, strings.Join(got, "\n"), tt.want)
				}
			}
		})
	}
}

func TestAnOpenChoiceIsForComponentsOnly(t *testing.T) {
	yaml := strings.Replace(openMapping, "constant: 5555", "constant: KIES", 1)
	_, err := LoadOne(fstest.MapFS{"klok.yaml": {Data: []byte(yaml)}}, "klok")
	want := `klok.yaml:12:39: "constant" must be a whole number from -1 to 2147483647`
	if err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
}
