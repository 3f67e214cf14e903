package propose

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"loket-etl/mappings"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
)

func of(name string, data []byte) Source {
	return Source{Name: name, Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }}
}

func fileSource(file string) Source {
	return Source{Name: file, Open: func() (io.ReadCloser, error) { return os.Open(file) }}
}

func propose(t *testing.T, name, data string) *Proposal {
	t.Helper()
	p, err := New(of(name, []byte(data)), NameFor(name))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *Proposal) text() string {
	var b strings.Builder
	for _, f := range p.Files {
		b.Write(f.Data)
	}
	return b.String() + p.Snippet + strings.Join(p.Doubts, "\n")
}

// samples are the exports of this project, by their path from the root.
func samples(t *testing.T, patterns ...string) (files []string) {
	t.Helper()
	for _, pattern := range patterns {
		found, err := filepath.Glob(filepath.Join("../..", pattern))
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: %d files, %v", pattern, len(found), err)
		}
		for _, file := range found {
			documents := strings.Contains(file, "/dossier-toevoegen/") || strings.Contains(file, "/dossier-document/")
			if !strings.HasSuffix(file, ".expect.yaml") && !documents {
				files = append(files, file)
			}
		}
	}
	return files
}

func TestEveryExportGetsAProposalThatLoads(t *testing.T) {
	without := map[string]string{
		"loket-empty-file.csv":             "the file is empty",
		"loket-header-only.csv":            "alleen een kopregel",
		"timesheet-unterminated-quote.csv": "regel 2: Op deze regel opent een aanhalingsteken dat nergens wordt gesloten.",
		"location_coordinates.json":        "no array of objects was found",
		"response_afgekapt.xml":            "read XML",
		"setu_5555_afgekapt.xml":           "read XML",
	}
	for _, file := range samples(t, "mappings/samples/*/good/*", "mappings/samples/*/bad/*", "testdata/csv-corpus/dutch-oddities/*", "testdata/csv-corpus/csv-spectrum/*/*") {
		t.Run(filepath.Base(file), func(t *testing.T) {
			p, err := New(fileSource(file), "voorstel")
			want, refused := without[filepath.Base(file)]
			if err != nil && strings.Contains(err.Error(), "geen kolom lijkt uren of bedragen te hebben") {
				return // it is about something else
			}
			switch {
			case refused && (err == nil || !strings.Contains(err.Error(), want)):
				t.Errorf("got %v, want %s", err, want)
			case !refused && err != nil:
				t.Errorf("%v\n%s", err, p.text())
			case !refused && len(p.Files) < 2:
				t.Errorf("%d files", len(p.Files))
			}
		})
	}
}

// shipped is what a mapping says of how a file is written.
type shipped struct {
	File struct {
		Format, Charset, Delimiter, Decimal, Header string
		Columns                                     []struct {
			Name, As, Type    string
			Aliases           []string
			Layouts, Notation []string
			Personal          string
			Path              any
		}
	}
}

func TestProposalsAgreeWithWhatShips(t *testing.T) {
	// What no sample of a few rows shows, by file and column.
	listed := map[string]string{
		"easyflex_5555_week41.csv looncomponentcode":      "a code of digits only",
		"visma_5555_2026-10-15.csv CostUnit 1":            "a code of digits only, which its name does not tell",
		"nepton_5555_oktober.csv Salary code":             "a code of digits only, without a header to tell",
		"dossier-metadata_oktober.csv Kenmerk":            "empty or emptied in the sample",
		"concept_november.csv Bruto loon":                 "marked personal: text until it is used",
		"uit-dienst_oktober.csv Reden aangifte":           "a code of digits only",
		"uit-dienst_oktober.csv Reden":                    "a code of digits only",
		"concept_november.csv Geslacht":                   "a code of digits only",
		"burgerlijke-staat_oktober.csv Burgerlijke staat": "a code of digits only",
		"werkgever-adres_oktober.csv Postbus":             "a number that is written as text, for it may be emptied with a dash",
		"dossier-metadata_oktober.csv Jaar":               "a number that is written as text, for it may be emptied with a dash",
	}
	for _, file := range samples(t, "mappings/samples/*/good/*") {
		if filepath.Base(file) == "week41.txt" {
			continue // fixed width, which no proposal can cut
		}
		name, base := filepath.Base(filepath.Dir(filepath.Dir(file))), filepath.Base(file)
		data, err := os.ReadFile("../" + name + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		var want shipped
		if err := yaml.Unmarshal(data, &want); err != nil {
			t.Fatal(err)
		}
		p, err := New(fileSource(file), "voorstel")
		if err != nil && strings.Contains(err.Error(), "geen kolom lijkt uren of bedragen te hebben") {
			continue // a change, or a return
		}
		if err != nil {
			t.Fatal(err)
		}
		if want.File.Format != p.Format {
			t.Errorf("%s: format %s, want %s", base, p.Format, want.File.Format)
		}
		if p.Format != "csv" {
			continue // the columns of a tree have other names than a person gives them
		}
		got := strings.Trim(map[byte]string{'\t': "tab"}[p.Options.Delimiter]+string(p.Options.Delimiter), "\t")
		if got != cmpOr(want.File.Delimiter, ";") || p.Options.Charset != cmpOr(want.File.Charset, "utf-8") || p.Options.NoHeader != (want.File.Header == "no") {
			t.Errorf("%s: delimiter %q, charset %s, no header %v", base, got, p.Options.Charset, p.Options.NoHeader)
		}
		if point := map[byte]string{',': "comma", '.': "point"}[p.Options.Point]; point != cmpOr(want.File.Decimal, "comma") {
			t.Errorf("%s: decimal %s", base, point)
		}
		for i, w := range want.File.Columns {
			at := slices.IndexFunc(p.Columns, func(c Column) bool {
				return strings.EqualFold(c.Header, w.Name) || slices.Contains(w.Aliases, c.Header)
			})
			if p.Options.NoHeader {
				at = i
			}
			if at < 0 || p.Columns[at].seen.Filled == 0 {
				continue
			}
			if why := listed[base+" "+w.Name]; why != "" {
				continue
			}
			c := p.Columns[at]
			if class(c.Type) != class(cmpOr(w.Type, "text")) {
				t.Errorf("%s: %s is %s, want %s", base, w.Name, c.Type, w.Type)
			}
			for _, l := range c.Layouts {
				if !slices.Contains(w.Layouts, l) {
					t.Errorf("%s: %s as %s, want %v", base, w.Name, l, w.Layouts)
				}
			}
			if c.Type == "hours" && w.Type == "hours" && !subset(c.Notation, w.Notation) {
				t.Errorf("%s: %s in %v, want %v", base, w.Name, c.Notation, w.Notation)
			}
			if w.Personal == "true" && !c.Personal {
				t.Errorf("%s: %s is not marked as personal", base, w.Name)
			}
		}
	}
}

func subset(some, all []string) bool {
	return !slices.ContainsFunc(some, func(s string) bool { return !slices.Contains(all, s) })
}

func cmpOr(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// class is a type as far as a few cells show it: any number is a number.
func class(typ string) string {
	if typ == "integer" || typ == "decimal" || typ == "hours" {
		return "number"
	}
	return typ
}

func TestWhatIsDoubtfulIsSaid(t *testing.T) {
	for _, tt := range []struct{ name, file, data, want string }{
		{"order of day and month", "a.csv", "Medewerker;Datum;Soort;Uren\n1;01/02/2026;A;7,5\n",
			`kolom "Datum": dag en maand zijn niet uit elkaar te houden: 01/02/2026 is hier gelezen als 1 februari (dd/MM/yyyy); het kan ook 2 januari zijn (MM/dd/yyyy)`},
		{"thousands or decimals", "a.csv", "Medewerker;Datum;Soort;Uren;Kosten\n1;01-02-2026;A;7,5;1.234\n",
			"1.234 of 1,234 kan duizend tweehonderdvierendertig zijn of een getal met drie decimalen (1 cellen): zet thousands of decimal goed"},
		{"minutes or hours", "a.csv", "Medewerker;Datum;Soort;Uren\n1;01-02-2026;A;480\n1;02-02-2026;A;450\n",
			`kolom "Uren": 480 is hier gelezen als 480 minuten (8 uur); het kan ook 480 uur zijn, dan is het notation: [decimal]`},
		{"fives", "a.csv", "Medewerker;Datum;Soort;Uren\n1;01-02-2026;A;15\n1;02-02-2026;A;20\n",
			`kolom "Uren": er staan alleen vijftallen in, hier gelezen als uren; zijn het minuten, schrijf dan notation: [minutes]`},
		{"no decimals", "a.csv", "Medewerker;Datum;Soort;Uren\n1;01-02-2026;A;8\n",
			"geen getal in wat is bekeken heeft decimalen; aangenomen is een komma (7,5)"},
		{"both signs", "a.csv", "Medewerker;Datum;Soort;Uren\n1;01-02-2026;A;8,5\n1;01-02-2026;A;8.5\n",
			"er staan getallen met een komma (1) en met een punt (1) in; gekozen is het meeste"},
		{"two layouts", "a.csv", "Medewerker;Datum;Soort;Uren\n1;01-02-2026;A;8,5\n1;2026-02-01;A;8,5\n",
			`kolom "Datum": er staan datums in 2 notaties in: dd-MM-yyyy, yyyy-MM-dd`},
		{"digits as a date", "a.csv", "Medewerker;Datum;Soort;Uren\n1;20260201;A;8,5\n",
			`kolom "Datum": acht cijfers zijn gelezen als een datum (20260201 is 1 februari 2026); een nummer kan ook, dan is het type integer`},
		{"no header", "a.csv", "1;01-02-2026;A;8,5\n2;01-02-2026;A;8,5\n",
			"er lijkt geen kopregel te zijn: de kolommen heten naar hun plaats"},
		{"nobody", "a.csv", "Dag;Wie;Uren\n01-02-2026;A;8,5\n",
			"werknemer: geen kolom lijkt een personeelsnummer of e-mailadres te zijn: kies hier de juiste kolom, of vraag de leverancier erom"},
		{"no employer", "a.csv", "Medewerker;Datum;Soort;Uren\n1;01-02-2026;A;8,5\n",
			"werkgever: het bestand zegt niet van welke werkgever het is; zet clientnummer bij de pijplijn in etl.yaml"},
		{"no period", "a.csv", "Medewerker;Soort;Uren\n1;A;8,5\n",
			"periode: nergens staat een datum of periode; aangenomen is de periode waarin het bestand komt (offset: -1 is de vorige)"},
		{"rows that do not fit", "a.csv", "Medewerker;Datum;Soort;Uren\n1;01-02-2026;A;8,5\n2;01-02-2026\n3;01-02-2026;A;8,5\n",
			"1 van de rijen die zijn bekeken, passen niet bij de kopregel (een cel te veel of te weinig, of een aanhalingsteken te veel)"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := propose(t, tt.file, tt.data)
			if !slices.Contains(p.Doubts, tt.want) {
				t.Errorf("got %q\nwant %q", p.Doubts, tt.want)
			}
			_, mark, about := strings.Cut(tt.want, ": ")
			if !about || !strings.HasPrefix(tt.want, "kolom") && !strings.HasPrefix(tt.want, "werk") && !strings.HasPrefix(tt.want, "periode") {
				mark = tt.want
			}
			if !strings.Contains(p.text(), "# TWIJFEL: "+mark) {
				t.Errorf("not marked in\n%s", p.text())
			}
		})
	}
}

func TestEveryWayOfWritingIsFound(t *testing.T) {
	rows := "Medewerker;Datum;Soort;Uren\n1;13-02-2026;Café;7,5\n2;14-02-2026;Café;8\n"
	utf16 := []byte{0xFF, 0xFE}
	for _, r := range rows {
		utf16 = append(utf16, byte(r), byte(r>>8))
	}
	var gz, zp, book bytes.Buffer
	z := gzip.NewWriter(&gz)
	_, _ = z.Write([]byte(rows))
	_ = z.Close()
	zw := zip.NewWriter(&zp)
	w, _ := zw.Create("uren.csv")
	_, _ = w.Write([]byte(rows))
	_ = zw.Close()
	x := excelize.NewFile()
	_ = x.SetSheetRow("Sheet1", "A1", &[]any{"Medewerker", "Datum", "Soort", "Uren"})
	_ = x.SetSheetRow("Sheet1", "A2", &[]any{1, "13-02-2026", "Café", 7.5})
	_ = x.SetSheetRow("Sheet1", "A3", &[]any{2, "14-02-2026", "Café", 8})
	if err := x.Write(&book); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct{ data, want string }{
		"utf-8":        {rows, "format: csv charset: utf-8 delimiter: ; packed: "},
		"windows-1252": {strings.ReplaceAll(rows, "é", "\xe9"), "format: csv charset: windows-1252 delimiter: ; packed: "},
		"utf-16":       {string(utf16), "format: csv charset: utf-16le delimiter: ; packed: "},
		"tabs":         {strings.ReplaceAll(rows, ";", "\t"), "format: csv charset: utf-8 delimiter: \t packed: "},
		"bars":         {strings.ReplaceAll(rows, ";", "|"), "format: csv charset: utf-8 delimiter: | packed: "},
		"commas":       {strings.ReplaceAll(strings.ReplaceAll(rows, ",", "."), ";", ","), "format: csv charset: utf-8 delimiter: , packed: "},
		"sep":          {"sep=|\r\n" + strings.ReplaceAll(rows, ";", "|"), "format: csv charset: utf-8 delimiter: | packed: "},
		"gzip":         {gz.String(), "format: csv charset: utf-8 delimiter: ; packed: gzip"},
		"zip":          {zp.String(), "format: csv charset: utf-8 delimiter: ; packed: zip"},
		"workbook":     {book.String(), "format: xlsx charset:  delimiter: \x00 packed: "},
		"json":         {`{"data":{"rows":[{"Medewerker":1,"Datum":"13-02-2026","Soort":"Café","Uren":7.5},{"Medewerker":2,"Datum":"14-02-2026","Soort":"Café","Uren":8}]}}`, "format: json charset: utf-8 delimiter: \x00 packed:  records: data.rows"},
		"ndjson":       {"{\"Medewerker\":1,\"Datum\":\"13-02-2026\",\"Soort\":\"Café\",\"Uren\":7.5}\n{\"Medewerker\":2,\"Datum\":\"14-02-2026\",\"Soort\":\"Café\",\"Uren\":8}\n", "format: ndjson charset: utf-8 delimiter: \x00 packed: "},
		"xml":          {`<Uren xmlns="urn:u"><Rij Medewerker="1"><Datum>13-02-2026</Datum><Soort>Café</Soort><Uren>7,5</Uren></Rij><Rij Medewerker="2"><Datum>14-02-2026</Datum><Soort>Café</Soort><Uren>8</Uren></Rij></Uren>`, "format: xml charset: utf-8 delimiter: \x00 packed:  records: Uren/Rij"},
	} {
		t.Run(name, func(t *testing.T) {
			p := propose(t, "uren_5555.csv", tt.data)
			o := p.Options
			got := "format: " + p.Format + " charset: " + o.Charset + " delimiter: " + string(rune(o.Delimiter)) + " packed: " + o.Packed
			if len(o.Records) > 0 {
				got += " records: " + o.Records[0]
			}
			if got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
			var columns []string
			for _, c := range p.Columns {
				columns = append(columns, c.Header+" "+c.Type)
			}
			if diff := cmp.Diff([]string{"Medewerker integer", "Datum date", "Soort text", "Uren hours"}, columns); diff != "" {
				t.Error(diff)
			}
			if table := string(p.Files[0].Data); table != "soort;component\nCafé;KIES\n" {
				t.Errorf("table %q", table)
			}
		})
	}
}

func TestNothingOfPeopleStandsInAProposal(t *testing.T) {
	secrets := []string{"Anna de Bruin", "123456782", "anna@voorbeeld.example", "NL20INGB0001234567", "04-05-1980", "Lindelaan"}
	data := "Medewerker;Naam;BSN;Mail;IBAN;Geboortedatum;Straat;Soort;Uren;Tekst\n"
	for range 3 {
		data += "1;" + strings.Join(secrets, ";") + ";123456782;7,5;Anna de Bruin\n"
	}
	p := propose(t, "uren.csv", data)
	for _, s := range secrets {
		if strings.Contains(p.text(), s) {
			t.Errorf("%s stands in\n%s", s, p.text())
		}
	}
	for _, c := range p.Columns[1:7] {
		if !c.Personal {
			t.Errorf("%s is not marked as personal", c.Header)
		}
	}
}

func TestNamesWithoutAHeaderAreNoCode(t *testing.T) {
	p := propose(t, "uren.csv", strings.Repeat("1;Anna de Bruin;01-02-2026;A;7,5\n2;Bram Kuipers;01-02-2026;B;8,5\n", 5))
	if strings.Contains(p.text(), "Bruin") || !p.Columns[1].Personal {
		t.Errorf("%s", p.text())
	}
	if table := string(p.Files[0].Data); table != "kolom_4;component\nA;KIES\nB;KIES\n" {
		t.Errorf("%s", table)
	}
}

func TestARowLimitIsSaid(t *testing.T) {
	p := propose(t, "uren.csv", "Medewerker;Datum;Soort;Uren\n"+strings.Repeat("1;01-02-2026;A;7,5\n", 60_000))
	if p.All || p.Rows < MaxRows {
		t.Errorf("all %v, rows %d", p.All, p.Rows)
	}
	if !strings.Contains(p.text(), "gemaakt uit de eerste ") {
		t.Error("the mapping does not say how much was looked at")
	}
}

func TestNamesAreAfterTheFile(t *testing.T) {
	for file, want := range map[string]string{
		"uren_5555_oktober.csv": "uren-oktober", "2026-10.csv": "export", "Klok Export.csv.gz": "klok-export", "klok_5555.csv": "klok",
	} {
		if got := NameFor(file); got != want {
			t.Errorf("%s: %s, want %s", file, got, want)
		}
	}
}

func FuzzNew(f *testing.F) {
	for _, s := range []string{"a;b\n1;2\n", "[{\"a\":1}]", "{\"@\":0}0", "1\rA", "A;1\n;A@", "A;1\n;0\n0;", "{\"a\":[{\"b\":1}]}", "<a><b>1</b><b>2</b></a>", "\"a", "sep=;\na;b\n1;2\n", "\xff\xfea\x00;\x00"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := New(of("x.csv", data), "x")
		if err != nil && strings.Contains(err.Error(), "the mapping that was made") {
			t.Errorf("%v\n%s", err, p.text())
		}
	})
}

func TestAProposalReadsItsOwnFile(t *testing.T) {
	// Codes of what is wrong with a row or unknown in Loket; all others would be
	// about how the file is written.
	fine := []string{"keuze-open", "werknemer-onbekend", "werknemer-leeg", "werkgever-onbekend", "aantal-cellen"}
	listed := map[string]string{ // what no mapping can read
		"timesheet-dates-mixed.csv geen-datum":             "an order of its own",
		"timesheet-dates-mixed.csv datum-vorm":             "a number of a spreadsheet",
		"timesheet-dates-mixed.csv datum-bestaat-niet":     "29 February",
		"timesheet-hours-notations.csv geen-uren":          "8u30",
		"timesheet-hours-notations.csv getal-dubbelzinnig": "comma and point in one column",
		"timesheet-formula-injection.csv aanhalingsteken":  "a quote inside a cell",
		"loket-unknown-text-value.csv geen-getal":          "n.v.t.",
		"loket-hours-as-clock.csv geen-getal":              "clock times in the column of a component, which is doubted",
		"loket-thousands-point.csv getal-vorm":             "thousands in the column of a component",
		"uit-dienst_oktober.csv geen-datum":                "a dash, which empties a field of a change",
		"burgerlijke-staat_oktober.csv datum-leeg":         "the only date, and not always there, which is doubted",
		"overlijden_oktober.csv geen-datum":                "a dash, which empties a field of a change",
	}
	people := mappings.NewPeople(nil)
	codes := map[string]string{}
	for _, file := range samples(t, "mappings/samples/*/good/*", "testdata/csv-corpus/dutch-oddities/*") {
		p, err := New(fileSource(file), "voorstel")
		if err != nil || p.Format == "responsemessage" {
			continue
		}
		dir := memory{}
		for _, f := range p.Files {
			if f.Dir == "mappings" {
				dir[f.Name] = f.Data
			}
		}
		m, err := mappings.LoadOne(dir, "voorstel")
		if err != nil {
			t.Fatal(err)
		}
		report, err := m.Run(t.Context(), mappings.Input{
			FileName: filepath.Base(file), Dropped: time.Date(2026, 10, 20, 9, 0, 0, 0, time.UTC), People: people, Clientnummer: 5555,
			Open: func() (io.ReadCloser, error) { return os.Open(file) },
		}, func(mappings.Planned) error { return nil })
		if err != nil {
			t.Errorf("%s: %v", file, err)
		}
		for _, problem := range report.Problems {
			if !slices.Contains(fine, problem.Code) && listed[filepath.Base(file)+" "+problem.Code] == "" {
				codes[problem.Code+" "+filepath.Base(file)] = problem.String()
			}
		}
	}
	for where, text := range codes {
		t.Errorf("%s: %s", where, text)
	}
}

func TestABreakIsNobodysNumberAndNoHours(t *testing.T) {
	propose := func(name, text string) string {
		p, err := New(Source{Name: name, Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }}, "voorstel")
		if err != nil {
			t.Fatal(err)
		}
		return p.text()
	}
	for text, wants := range map[string][]string{
		"Badge,Date,Activity,Min,Employer\n1003,2026-10-01,WRK,465,5555\n1004,2026-10-02,NIGHT,120,5555\n": {
			"notation: [minutes]", "clientnummer: {column: employer}", "persnr_verl: {column: badge}", "by: activity", "value: {column: min}"},
		"PauseMin,Id,Day,From,To,Kind\n30,3,01-10-2026,7:00,15:30,N\n45,4,02-10-2026,22:00,6:00,NA\n": {
			"persnr_verl: {column: id}", "key: [kind]", "{worked: {start: from, end: to, break: pausemin}}"},
	} {
		got := propose("a.csv", text)
		for _, want := range wants {
			if !strings.Contains(got, want) {
				t.Errorf("no %q in\n%s", want, got)
			}
		}
	}
}

// A constant in the place of the hours would be imported, once a number is chosen.
func TestWithoutHoursThereIsNoProposal(t *testing.T) {
	for _, data := range []string{"Medewerker;Datum;Soort\n1;01-02-2026;A\n", "Medewerker\n1\n"} {
		_, err := New(Source{Name: "a.csv", Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(data)), nil }}, "voorstel")
		const want = "look at a.csv: geen kolom lijkt uren of bedragen te hebben; gaat dit bestand wel over uren? Begin en einde worden herkend aan hun namen. Voor wijzigingen van personen zie docs/mappings.md"
		if err == nil || err.Error() != want {
			t.Errorf("got %v", err)
		}
	}
}

func TestAHeaderBelowATitleIsFound(t *testing.T) {
	for _, file := range samples(t, "mappings/samples/urenstaat/good/*.xlsx") {
		p, err := New(Source{Name: file, Open: func() (io.ReadCloser, error) { return os.Open(file) }}, "voorstel")
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"header_within: ", "sheet: Uren", "persnr_verl: {column: nummer}"} {
			if !strings.Contains(p.text(), want) {
				t.Errorf("no %q in\n%s", want, p.text())
			}
		}
	}
}
