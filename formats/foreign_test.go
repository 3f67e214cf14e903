package formats_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"loket-etl/formats"
	"loket-etl/payroll"
)

// cellsOf is a table as Python reads it.
func cellsOf(t *testing.T, data []byte, args ...string) (rows [][]string) {
	t.Helper()
	const python = "/usr/bin/python3"
	if err := exec.Command(python, "-c", "import openpyxl").Run(); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("Python or openpyxl is missing: install python3-openpyxl")
		}
		t.Skip("NOT CHECKED by a foreign reader: python3-openpyxl is missing")
	}
	cmd := exec.Command(python, append([]string{"testdata/cells.py"}, args...)...)
	cmd.Stdin = bytes.NewReader(data)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, err.(*exec.ExitError).Stderr)
	}
	if err := json.Unmarshal(out, &rows); err != nil {
		t.Fatal(err)
	}
	return rows
}

func table[D any](t *testing.T, f formats.Format[D], doc D) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := f.Encode(&out, doc); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func sampleOfResults(t *testing.T) payroll.Results {
	t.Helper()
	data, err := os.ReadFile("loonresultaten/testdata/loonresultaten.xml")
	if err != nil {
		t.Fatal(err)
	}
	r, err := formats.Results["loonresultaten"].Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// A workbook holds numbers as numbers, dates as dates, and no formula.
func TestAForeignReaderReadsTheWorkbook(t *testing.T) {
	rows := cellsOf(t, table(t, formats.Results["loonresultaten-xlsx"], sampleOfResults(t)), "xlsx")
	if diff := cmp.Diff([]string{"Loonresultaten"}, rows[0]); diff != "" || len(rows) != 6 {
		t.Fatalf("%d rows, sheets (-want +got):\n%s", len(rows), diff)
	}
	want := []string{
		"text wg-1", "number 1001 as General", "text run-1", "text alles", "text d1", "text p1", "number 17 as General", "number 1017 as General", "text P van Voorbeeld",
		"number 2026 as General", "number 10 as General", "date 2026-10-01", "date 2026-10-31", "text nee", "number 1 as General", "number 930 as General",
		"text Netto loon", "text Netto", "text Netto", "text +", "number 2906.16 as 0.00", "number -12.5 as 0.00",
	}
	if diff := cmp.Diff(want, rows[3]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := rows[5][20]; got != "number -0.01 as 0.00" {
		t.Errorf("the last value: %s", got)
	}
	for _, row := range rows {
		for _, cell := range row {
			if strings.HasPrefix(cell, "formula") {
				t.Errorf("a formula: %s", cell)
			}
		}
	}
}

// Of every CSV a foreign reader sees the cells that were meant.
func TestAForeignReaderReadsEveryCSV(t *testing.T) {
	for name, c := range map[string]struct {
		data      []byte
		separator string
		rows      int
		row       []string // the second
	}{
		"xcount": {table(t, formats.Journals["csv-xcount"], booked()), ",", 5, []string{"4000", "Bruto lonen", "5200.0000", "0.0000", "2026-01-31"}},
		"yuki":   {table(t, formats.Journals["csv-yuki"], booked()), ";", 5, []string{"4000", "Bruto lonen", "31-01-2026", "26900001", "5200,00", `Bruto <lonen> "2026-01"`, "100"}},
		"employees": {table(t, formats.Employees["werknemers-csv"], payroll.Employees{{Persnr: 1, PersnrVerl: 2, Clientnummer: 3, Name: `=Zoë; "x"`, InService: 20260101}}), ";", 2,
			[]string{"1", "2", "3", `'=Zoë; "x"`, "01-01-2026", "", ""}},
		"results": {table(t, formats.Results["loonresultaten-csv"], sampleOfResults(t)), ";", 5, []string{
			"wg-1", "1001", "run-1", "alles", "d1", "p1", "17", "1017", "P van Voorbeeld", "2026", "10", "01-10-2026", "31-10-2026", "nee", "1", "1", "Uren gewerkt", "Uren", "", "", "173,33", "",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			rows := cellsOf(t, c.data, "csv", c.separator)
			if len(rows) != c.rows {
				t.Fatalf("%d rows, want %d", len(rows), c.rows)
			}
			if diff := cmp.Diff(c.row, rows[1]); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// The three formats of results say the same.
func TestResultsInEveryFormatAddUpTheSame(t *testing.T) {
	want, err := sampleOfResults(t).Totals()
	if err != nil {
		t.Fatal(err)
	}
	for name, f := range formats.Results {
		data := table(t, f, sampleOfResults(t))
		if got, err := f.Totals(bytes.NewReader(data)); err != nil || got != want {
			t.Errorf("%s: %+v, %v, want %+v", name, got, err, want)
		}
	}
}
