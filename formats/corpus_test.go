package formats_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"loket-etl/formats"
)

const corpus = "../testdata/csv-corpus/"

// decoded is a file as one value.
type decoded struct {
	Header   []string
	Rows     [][]string
	Lines    []int
	Problems []string
	Blank    int
	Err      string
}

func decode(tb testing.TB, data []byte, o formats.Options) (d decoded) {
	tb.Helper()
	for b, err := range formats.CSV(bytes.NewReader(data), o) {
		if err != nil {
			d.Err = err.Error()
			return d
		}
		b.Cut()
		d.Header = b.Header
		for _, r := range b.Records {
			var row []string
			for _, c := range r.Cells {
				row = append(row, string(c))
			}
			d.Rows = append(d.Rows, row)
			d.Lines = append(d.Lines, r.Line)
		}
		for _, p := range b.Problems {
			d.Problems = append(d.Problems, p.String())
		}
		d.Blank += b.Blank
		b.Release()
	}
	return d
}

func TestSpectrumDecodesAsItsJSON(t *testing.T) {
	files, err := filepath.Glob(corpus + "csv-spectrum/csvs/*.csv")
	if err != nil || len(files) != 12 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".csv")
		t.Run(name, func(t *testing.T) {
			got := decode(t, read(t, file), formats.Options{Delimiter: ','})
			if name == "location_coordinates" { // a bare quote inside a cell: RFC 4180 has no such thing
				want := []string{`regel 2, kolom 2 (Location Coordinates): Er staat een aanhalingsteken midden in een cel die niet met een aanhalingsteken begint. Zet de hele cel tussen aanhalingstekens en verdubbel de aanhalingstekens erin, of haal ze weg.`}
				if diff := cmp.Diff(want, got.Problems); diff != "" || got.Rows != nil {
					t.Error(diff, got.Rows)
				}
				return
			}
			var want []map[string]string
			if err := json.Unmarshal(read(t, corpus+"csv-spectrum/json/"+name+".json"), &want); err != nil {
				t.Fatal(err)
			}
			var rows []map[string]string
			for _, r := range got.Rows {
				row := map[string]string{}
				for i, c := range r {
					row[got.Header[i]] = c
				}
				rows = append(rows, row)
			}
			if diff := cmp.Diff(want, rows); diff != "" || got.Err != "" || got.Problems != nil {
				t.Error(diff, got.Err, got.Problems)
			}
		})
	}
}

func read(tb testing.TB, file string) []byte {
	tb.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		tb.Fatal(err)
	}
	return data
}

var (
	loketColumns     = []formats.Column{{Name: "aanslnr"}, {Name: "persnr"}, {Name: "ploeg"}, {Name: "verdelingseenheid", Optional: true}}
	loket            = formats.Options{Columns: loketColumns, Extra: "components"}
	timesheetColumns = []formats.Column{{Name: "Personeelsnummer"}, {Name: "Naam"}, {Name: "Datum"}, {Name: "Uursoort"}, {Name: "Uren"}, {Name: "Kostenplaats"}, {Name: "Opmerking"}}
	timesheet        = formats.Options{Columns: timesheetColumns}
)

func with(o formats.Options, change func(*formats.Options)) formats.Options {
	change(&o)
	return o
}

// TestOddities names the verdict of the decoder on every file. Numbers, hours and
// dates are text here; validate has the same table for them.
func TestOddities(t *testing.T) {
	tests := map[string]struct {
		o    formats.Options
		want decoded // Header only where it says something
	}{
		"loket-plain":                      {o: loket, want: decoded{Rows: [][]string{{"5555", "1", "1", "88", "12", ""}, {"5555", "2", "1", "120", "", "1200"}}}},
		"loket-blank-lines-and-excel-tail": {o: loket, want: decoded{Rows: [][]string{{"5555", "1", "1", "88", "12", ""}}, Blank: 3}},
		"loket-comma-delimited":            {o: with(loket, func(o *formats.Options) { o.Delimiter = ',' }), want: decoded{Rows: [][]string{{"5555", "1", "1", "88,25", "12"}}}},
		"loket-decimal-comma":              {o: loket, want: decoded{Rows: [][]string{{"5555", "1", "1", "88,25", "12,5", "-10,00"}}}},
		"loket-decimal-point":              {o: loket, want: decoded{Rows: [][]string{{"5555", "1", "1", "88.25", "12.5", ""}}}},
		"loket-empty-file":                 {o: loket, want: decoded{Err: "Het bestand is leeg. Exporteer het opnieuw en controleer of het bestand inhoud heeft voordat u het aanlevert."}},
		"loket-header-only":                {o: loket, want: decoded{Err: "Het bestand heeft alleen een kopregel: er staan geen gegevens in. Controleer of de export van de juiste periode is en of er uren zijn geboekt, en exporteer opnieuw."}},
		"loket-hours-1000":                 {o: loket, want: decoded{Rows: [][]string{{"5555", "1", "1", "1000", "", ""}}}},
		"loket-hours-999-99":               {o: loket, want: decoded{Rows: [][]string{{"5555", "1", "1", "999,99", "", ""}}}},
		"loket-hours-as-clock":             {o: loket, want: decoded{Rows: [][]string{{"5555", "1", "1", "88:15", "", ""}}}},
		"loket-leading-zero-persnr":        {o: loket, want: decoded{Rows: [][]string{{"5555", "000017", "01", "88", "", ""}}}},
		"loket-lf-no-final-newline":        {o: loket, want: decoded{Rows: [][]string{{"5555", "1", "1", "88", "12", ""}}}},
		"loket-long-row":                   {o: loket, want: decoded{Problems: []string{"regel 2: De rij heeft 9 cellen, de kopregel heeft er 6. Haal de cellen weg die te veel zijn, of zet een cel waar het scheidingsteken in voorkomt tussen aanhalingstekens."}}},
		"loket-quoted":                     {o: loket, want: decoded{Rows: [][]string{{"5555", "000017", "1", "88,25"}}}},
		"loket-same-employee-twice":        {o: loket, want: decoded{Rows: [][]string{{"5555", "1", "1", "88", "", ""}, {"5555", "1", "1", "12", "", ""}}}},
		"loket-short-row":                  {o: loket, want: decoded{Problems: []string{"regel 2: De rij heeft 4 cellen, de kopregel heeft er 6. Vul de ontbrekende cellen aan; een lege cel houdt wel zijn scheidingsteken."}}},
		"loket-tab-delimited":              {o: with(loket, func(o *formats.Options) { o.Delimiter = '\t' }), want: decoded{Rows: [][]string{{"5555", "1", "1", "88"}}}},
		"loket-thousands-point":            {o: loket, want: decoded{Rows: [][]string{{"5555", "1", "1", "88", "", "1.234,56"}}}},
		"loket-unknown-text-value":         {o: loket, want: decoded{Rows: [][]string{{"5555", "1", "1", "88", "n.v.t.", ""}}}},
		"loket-utf8-bom":                   {o: loket, want: decoded{Rows: [][]string{{"5555", "1", "1", "88", "12", ""}}}},
		"loket-verdelingseenheid":          {o: loket, want: decoded{Rows: [][]string{{"5555", "1", "1", "10", "80", ""}, {"5555", "1", "1", "20", "8", ""}}}},
		"timesheet-cp1252":                 {o: with(timesheet, func(o *formats.Options) { o.Charset = "windows-1252" }), want: decoded{Rows: [][]string{{"17", "Zoë van den Één", "01-01-2026", "Normaal", "8,00", "100", "café; lunch"}, {"18", "Müller-Å", "31-12-2025", "Overwerk 150%", "1,5", "", "€ 12,50"}}}},
		"timesheet-utf8":                   {o: timesheet, want: decoded{Rows: [][]string{{"17", "Zoë van den Één", "01-01-2026", "Normaal", "8,00", "100", "café; lunch"}, {"18", "Müller-Å", "31-12-2025", "Overwerk 150%", "1,5", "", "€ 12,50"}}}},
		"timesheet-dates-mixed":            {o: timesheet, want: decoded{Rows: [][]string{{"17", "A", "1-2-2026", "Normaal", "8", "", ""}, {"17", "A", "2026-02-02", "Normaal", "8", "", ""}, {"17", "A", "03/02/2026", "Normaal", "8", "", ""}, {"17", "A", "46056", "Normaal", "8", "", "excel serienummer"}, {"17", "A", "29-02-2026", "Normaal", "8", "", "bestaat niet"}}}},
		"timesheet-dst-night":              {o: formats.Options{Columns: []formats.Column{{Name: "persnr"}, {Name: "van"}, {Name: "tot"}, {Name: "pauze_min"}}}, want: decoded{Rows: [][]string{{"17", "2026-03-28 22:00", "2026-03-29 06:00", "30"}, {"17", "2026-10-24 22:00", "2026-10-25 06:00", "30"}}}},
		"timesheet-formula-injection":      {o: timesheet, want: decoded{Problems: []string{"regel 2, kolom 2 (Naam): Er staat een aanhalingsteken midden in een cel die niet met een aanhalingsteken begint. Zet de hele cel tussen aanhalingstekens en verdubbel de aanhalingstekens erin, of haal ze weg."}, Rows: [][]string{{"17", "@SUM(1)", "01-02-2026", "Normaal", "8", "", "+31"}}}},
		"timesheet-hours-notations":        {o: timesheet, want: decoded{Rows: [][]string{{"17", "A", "01-02-2026", "Normaal", "8:30", "", ""}, {"17", "A", "02-02-2026", "Normaal", "8,5", "", ""}, {"17", "A", "03-02-2026", "Normaal", "8.5", "", ""}, {"17", "A", "04-02-2026", "Normaal", "08:30:00", "", ""}, {"17", "A", "05-02-2026", "Normaal", "8u30", "", ""}, {"17", "A", "06-02-2026", "Normaal", "510", "", "minuten"}}}},
		"timesheet-quote-newline":          {o: timesheet, want: decoded{Rows: [][]string{{"17", "A", "01-02-2026", "Normaal", "8", "", "regel 1\r\nregel 2 met \"aanhaling\""}}}},
		"timesheet-unterminated-quote":     {o: timesheet, want: decoded{Err: "regel 2: Op deze regel opent een aanhalingsteken dat nergens wordt gesloten. Zet het sluitende aanhalingsteken erbij of haal het openende weg, en lever het bestand opnieuw aan."}},
		"clockify-detailed-ddmmyyyy":       {o: formats.Options{Delimiter: ',', Extra: "ignore", Columns: []formats.Column{{Name: "Email"}, {Name: "Start Date"}, {Name: "Duration (decimal)"}}}, want: decoded{Rows: [][]string{{"Bouw", "Klant BV", "Uitvoering", "", "P. Voorbeeld", "", "p@example.org", "", "Yes", "02/01/2026", "09:00", "02/01/2026", "17:30", "8:30", "8.50", "0.00", "0.00", "02/01/2026"}}}},
	}
	files, err := filepath.Glob(corpus + "dutch-oddities/*.csv")
	if err != nil || len(files) != len(tests) {
		t.Fatalf("%d files, %d tests, %v", len(files), len(tests), err)
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := decode(t, read(t, corpus+"dutch-oddities/"+name+".csv"), tt.o)
			got.Header, got.Lines = nil, nil
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
