package mappings

import "testing"

func TestKeysWithoutAValueAreErrorsInWhatIsComputed(t *testing.T) {
	for _, made := range []string{
		"{worked: {start: , end: uren}}", "{worked: {start: uren, end: }}", "{worked: {start: uren, end: uren, break: }}",
		"{join: []}", "{sum: []}", "{first_of: []}", `{expr: "uren", with: "-"}`, "{expr: uren, then: {column: uren}}", `{column: uren, unit: ""}`,
	} {
		text := "mapping: m\nfile: {columns: [{name: uren, type: hours, notation: [decimal]}, {name: nr, type: integer}]}\ncompute: {x: " + made + "}\n" +
			"to: {what: variabele-gegevens-csv, employer: {clientnummer: {constant: 1}}, employee: {persnr: {column: nr}}, period: {from: drop_date}, hours: all, values: [{component: {constant: 1}, value: {column: uren}}]}\n"
		if _, errs, err := loadFile(files([]byte(text)), "m.yaml"); err == nil && len(errs) == 0 {
			t.Errorf("%s loads", made)
		}
	}
}
