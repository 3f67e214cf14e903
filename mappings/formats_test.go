package mappings

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
)

// hoursMapping is one mapping in every format: what differs stands under file.
func hoursMapping(t *testing.T, file, nr, dag, uren string) *Mapping {
	t.Helper()
	text := fmt.Sprintf(`mapping: klok
description: the same hours in another format
file:
%s
  columns:
    - {name: Nr, as: nr, type: integer, required: yes, %s}
    - {name: Dag, as: dag, type: date, layouts: [dd-MM-yyyy, yyyy-MM-dd], required: yes, %s}
    - {name: Uren, as: uren, type: hours, notation: [decimal, clock], required: yes, %s}
to:
  what: variabele-gegevens-csv
  mode: Overschrijven
  employer: {clientnummer: {constant: 5555}}
  employee: {persnr_verl: {column: nr}}
  period: {date: dag}
  hours: all
  values:
    - {component: {constant: 1}, value: {column: uren}}
`, file, nr, dag, uren)
	set, err := Load(fstest.MapFS{"klok.yaml": {Data: []byte(strings.ReplaceAll(text, ", }", "}"))}})
	if err != nil {
		t.Fatal(err)
	}
	m, _ := set.Get("klok")
	return m
}

func workbook(t *testing.T, uren ...any) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	_, err := f.NewSheet("Week 40")
	for i := 0; i < len(uren) && err == nil; i++ {
		err = f.SetSheetRow("Week 40", fmt.Sprintf("B%d", i+4), &[]any{1 + i%2, time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC), uren[i]})
	}
	if err == nil {
		err = f.SetSheetRow("Week 40", "B3", &[]any{"nr", "dag", "uren"})
	}
	var b bytes.Buffer
	if err == nil {
		_, err = f.WriteTo(&b)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func packed(t *testing.T, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const xlsxFile = "  format: xlsx\n  sheet: week 40\n  header_within: 5"

func TestTheSameHoursInEveryFormatGiveTheSameCall(t *testing.T) {
	csv := []byte("Nr;Dag;Uren\n1;01-10-2026;7,5\n2;01-10-2026;8\n1;01-10-2026;0:15\n")
	objects := `{"p":{"nr":1},"dag":"2026-10-01T07:00:00","uren":7.50},{"p":{"nr":2},"dag":"2026-10-01","uren":8},{"p":{"nr":"1"},"dag":"01-10-2026","uren":"0:15"}`
	elements := "<lijst xmlns='urn:l'><p nr='1'><d dag='2026-10-01'><u>7,5</u><u>0:15</u></d></p><p nr='2'><d dag='2026-10-01'><u>8</u></d></p></lijst>"
	var want string
	for _, tt := range []struct {
		name, file, nr, dag, uren string
		data                      []byte
	}{
		{"csv", "  format: csv", "", "", "", csv},
		{"gzip", "  format: csv\n  packed: gzip", "", "", "", packed(t, csv)},
		{"xlsx", xlsxFile, "", "", "", workbook(t, 7.5, 8, "0:15")},
		{"json", "  format: json\n  records: a.b", "path: p.nr", "path: dag, take: date", "path: uren", []byte(`{"a":{"b":[` + objects + `]}}`)},
		{"ndjson", "  format: ndjson", "path: p.nr", "path: dag, take: date", "path: uren", []byte(strings.ReplaceAll(objects, "},{", "}\n{"))},
		{"xml", "  format: xml\n  records: l:lijst/l:p/l:d/l:u\n  namespaces: {l: urn:l}", `path: "../../@nr"`, `path: "../@dag"`, `path: "."`, []byte(elements)},
		{"fixed", "  format: fixed", "start: 1, length: 3", "start: 4, length: 10", "start: 14, length: 5", []byte("  101-10-2026  7,5\n  201-10-2026    8\r\n00101-10-2026 0:15")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := hoursMapping(t, tt.file, tt.nr, tt.dag, tt.uren)
			r, calls := run(t, m, textInput("klok", tt.data))
			got := show(r, calls)
			if want == "" {
				want = got
			}
			if diff := cmp.Diff(want, got); diff != "" || len(calls) != 1 {
				t.Errorf("(-csv +%s):\n%s", tt.name, diff)
			}
		})
	}
}

func TestProblemsOfAWorkbookNameSheetAndCell(t *testing.T) {
	m := hoursMapping(t, xlsxFile, "", "", "")
	r, _ := run(t, m, textInput("klok", workbook(t, 7.5, "acht", 1000.0)))
	got := show(r, nil)
	for _, want := range []string{`blad "Week 40", cel D5 (Uren): `} {
		if !strings.Contains(strings.ToLower(got), strings.ToLower(want)) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
}

// uncalculated makes a cell of the sheet a formula as programs write it that do not
// calculate: with an empty value.
func uncalculated(t *testing.T, data []byte, value, formula string) []byte {
	t.Helper()
	in, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	out, found := zip.NewWriter(&b), false
	for _, f := range in.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if from := []byte("<v>" + value + "</v>"); strings.HasPrefix(f.Name, "xl/worksheets/") && bytes.Contains(text, from) {
			text, found = bytes.Replace(text, from, []byte(formula+"<v></v>"), 1), true
		}
		w, err := out.Create(f.Name)
		if err == nil {
			_, err = w.Write(text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := out.Close(); err != nil || !found {
		t.Fatal(err, found)
	}
	return b.Bytes()
}

func TestHoursThatAFormulaDidNotYetGiveAreNotLost(t *testing.T) {
	m := hoursMapping(t, xlsxFile, "", "", "")
	for _, formula := range []string{"<f>440/60</f>", `<f t="shared" si="0"/>`, `<f t="array" ref="D5:D5">440/60</f>`} {
		r, calls := run(t, m, textInput("klok", uncalculated(t, workbook(t, 7.5, 7.25, 8), "7.25", formula)))
		got := show(r, calls)
		if want := `blad "Week 40", cel D5 (uren): Hier staat een formule waarvan de uitkomst niet in het bestand is bewaard.`; !strings.Contains(got, want) || r.Refused == 0 {
			t.Errorf("%s: %q is not in\n%s", formula, want, got)
		}
	}
}

func TestRefusedPartOfEveryFormatIsReadAgain(t *testing.T) {
	for _, tt := range []struct {
		name, file, nr, dag, uren string
		data                      []byte
	}{
		{"xlsx", xlsxFile, "", "", "", workbook(t, 7.5, "acht", 1)},
		{"json", "  format: json", "path: nr", "path: dag", "path: uren", []byte(`[{"nr":1,"dag":"2026-10-01","uren":7.5},{"nr":2,"dag":"2026-10-01","uren":"acht"},{"nr":1,"dag":"2026-10-01","uren":1}]`)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := hoursMapping(t, tt.file, tt.nr, tt.dag, tt.uren)
			in := textInput("klok", tt.data)
			in.PerEmployee = true
			r, calls := run(t, m, in)
			if r.Accepted != 2 || r.Refused != 1 || len(calls) != 1 {
				t.Fatal(show(r, calls))
			}
			var part bytes.Buffer
			if _, err := m.Extract(context.Background(), in, r.IsRefused, &part); err != nil {
				t.Fatal(err)
			}
			if want := "\uFEFFNr;Dag;Uren\r\n2;"; !strings.HasPrefix(strings.ToLower(part.String()), strings.ToLower(want)) {
				t.Errorf("the refused part is %q", part.String())
			}
			again, calls := run(t, m, textInput("klok", bytes.ReplaceAll(part.Bytes(), []byte("acht"), []byte("8"))))
			if again.Accepted != 1 || len(calls) != 1 {
				t.Error(show(again, calls))
			}
		})
	}
}

// TestSETUSamplesAreUnderstood maps the samples of the standard itself, where they
// are at hand: every row is read and, with the number of the customer in it,
// refused for that.
func TestSETUSamplesAreUnderstood(t *testing.T) {
	paths, err := filepath.Glob("../../shared/standards/setu/setu/examples/Timecard/*.xml")
	if err != nil || len(paths) == 0 {
		t.Log("NOT CHECKED: the samples of SETU may not be shipped and do not lie beside the project; those in mappings/samples stand in for them")
		return
	}
	set := loadShipped(t)
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		name, prefix := "setu-timecard", "setu_5555_"
		ours := bytes.Replace(data, []byte(`<Id idOwner="StaffingCustomer">
				<IdValue>23456`), []byte(`<Id idOwner="StaffingCompany">
				<IdValue>1`), 1)
		ours = bytes.Replace(ours, []byte("<Id idOwner=\"StaffingCustomer\">\r\n\t\t\t\t<IdValue>23456"), []byte("<Id idOwner=\"StaffingCompany\">\n<IdValue>1"), 1)
		if strings.Contains(path, "v2") {
			name, prefix = "setu-timecard-2", "setu2_5555_"
			ours = bytes.Replace(data, []byte("<value>0bef87e0a7b</value>\n      <schemeAgencyId>Customer"), []byte("<value>1</value>\n      <schemeAgencyId>Supplier"), 1)
		}
		m, _ := set.Get(name)
		for _, text := range [][]byte{data, ours} {
			r, calls := run(t, m, textInput(prefix+filepath.Base(path), text))
			t.Logf("%s\n%s", filepath.Base(path), show(r, calls))
			if r.Rows == 0 || bytes.Equal(text, data) && len(calls) > 0 {
				t.Errorf("%s: %d rows, %d calls", filepath.Base(path), r.Rows, len(calls))
			}
		}
	}
}
