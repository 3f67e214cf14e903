package mappings

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
)

// Numbers that nobody means are problems of their row, however they are written; they
// cost no time and end nothing.
func TestAbsurdNumbersAreProblemsOfTheirRow(t *testing.T) {
	digits := strings.Repeat("9", 400)
	numbers := []string{
		"1e999999", "1E+1000000000", "-1e-999999", "1e4932", "4E31322574", digits, "-" + digits, "0." + digits, digits + "." + digits,
		strings.Repeat("0", 400) + "1e400", "NaN", "Infinity", "-Inf", "0x1p-2", "1_000", "9223372036854775808", "18446744073709551616", "1e", "--1", "١٢",
	}
	file := map[string]struct{ head, row string }{
		"csv":    {"format: csv\n  decimal: point", "%[1]s;%[2]s\n"},
		"ndjson": {"format: ndjson\n  decimal: point", `{"Nr":%[1]s,"Uren":%[2]s}` + "\n"},
		"words":  {"format: ndjson\n  decimal: point", `{"Nr":"%[1]s","Uren":"%[2]s"}` + "\n"},
		"xml":    {"format: xml\n  decimal: point\n  records: [a/b]", "<b><Nr>%[1]s</Nr><Uren>%[2]s</Uren></b>\n"},
		"fixed":  {"format: fixed\n  decimal: point", "%-900[1]s%-900[2]s\n"},
	}
	for format, f := range file {
		for _, typ := range []string{"decimal", "hours", "integer"} {
			notation, place := "", [2]string{}
			if typ == "hours" {
				notation = ", notation: [decimal]"
			}
			if format == "fixed" {
				place = [2]string{", start: 1, length: 900", ", start: 901, length: 900"}
			}
			set, err := Load(fstest.MapFS{"getallen.yaml": {Data: []byte(fmt.Sprintf(`mapping: getallen
file:
  %s
  columns:
    - {name: Nr, as: nr, type: integer%s}
    - {name: Uren, as: uren, type: %s%s%s}
to:
  what: variabele-gegevens-csv
  employer: {clientnummer: {constant: 5555}}
  employee: {persnr_verl: {column: nr}}
  period: {from: drop_date}
  hours: all
  values: [{component: {constant: 1}, value: {column: uren}}]
`, f.head, place[0], typ, notation, place[1]))}})
			if err != nil {
				t.Fatal(err)
			}
			m, _ := set.Get("getallen")
			for _, n := range numbers {
				for _, row := range []string{fmt.Sprintf(f.row, "1", n), fmt.Sprintf(f.row, n, "1")} {
					data := row
					switch format {
					case "csv":
						data = "Nr;Uren\n" + row
					case "xml":
						data = "<a>" + row + "</a>"
					}
					r, calls := run(t, m, textInput("getallen", []byte(data)))
					if len(r.Problems) == 0 || len(calls) != 0 || r.Accepted != 0 {
						t.Errorf("%s %s: %.40s gives %d calls and %v", format, typ, row, len(calls), r.Problems)
					}
					for _, p := range r.Problems {
						if p.Message == "" || len(p.Value) > 300 {
							t.Errorf("%s %s: problem %+v", format, typ, p)
						}
					}
				}
			}
		}
	}
}
