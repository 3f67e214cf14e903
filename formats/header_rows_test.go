package formats

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
)

func TestTwoHeaderRowsBecomeNames(t *testing.T) {
	tests := []struct{ name, join, rows, want string }{
		{"the lowest", "", "Nr|Naam|Uren|\n||U1|L2\n1|A|2|3\n", "Nr,Naam,U1,L2"},
		{"both", "both", "Nr|Ma||Di\n|uren|km|uren\n1|2|3|4\n", "Nr,Ma uren,Ma km,Di uren"},
		{"nothing above", "both", "|Ma\nNr|uren\n1|2\n", "Nr,Ma uren"},
		{"the second is missing", "", "Nr|Ma\n", "kopregel: Onder deze kopregel ontbreekt de tweede kopregel."},
		{"the second is blank", "", "Nr|Ma\n|\n1|2\n", "kopregel: Onder deze kopregel ontbreekt de tweede kopregel."},
	}
	for _, tt := range tests {
		for format, data := range map[string][]byte{"csv": []byte(strings.ReplaceAll(tt.rows, "|", ";")), "xlsx": sheetOf(t, tt.rows)} {
			t.Run(tt.name+" in "+format, func(t *testing.T) {
				o := Options{HeaderRows: 2, HeaderJoin: tt.join, Extra: "wide"}
				got := ""
				for b, err := range Decode(format, bytes.NewReader(data), o) {
					if err != nil {
						p := err.(*FileError).Problem
						got = p.Code + ": " + p.Message
						break
					}
					got = strings.Join(b.Header, ",")
				}
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Errorf("(-want +got)\n%s", diff)
				}
			})
		}
	}
	for _, err := range CSV(strings.NewReader("a;b\nc\n1;2\n"), Options{HeaderRows: 2}) {
		if err == nil || !strings.Contains(err.Error(), "De tweede kopregel heeft 1 cel, de eerste 2.") {
			t.Errorf("got %v", err)
		}
		break
	}
}

// sheetOf is a workbook of rows whose cells stand between bars.
func sheetOf(t *testing.T, rows string) []byte {
	t.Helper()
	f := excelize.NewFile()
	for i, row := range strings.Split(strings.TrimSuffix(rows, "\n"), "\n") {
		for j, cell := range strings.Split(row, "|") {
			at, err := excelize.CoordinatesToCellName(j+1, i+1)
			if err == nil && cell != "" {
				err = f.SetCellValue("Sheet1", at, cell)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	var out bytes.Buffer
	if err := f.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
