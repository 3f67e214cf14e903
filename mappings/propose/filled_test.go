package propose

import (
	"bytes"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"loket-etl/mappings"

	"github.com/xuri/excelize/v2"
)

// chosen is the mapping of a proposal after a person filled in what was open, with
// changes as the doubts in it say.
func chosen(t *testing.T, p *Proposal, changes ...string) *mappings.Mapping {
	t.Helper()
	dir := memory{}
	for _, f := range p.Files {
		if f.Dir != "mappings" {
			continue
		}
		text, n := string(f.Data), 0
		for strings.Contains(text, ";KIES") || strings.Contains(text, "constant: KIES") {
			n++
			text = strings.Replace(text, ";KIES", ";"+strconv.Itoa(n), 1)
			text = strings.Replace(text, "constant: KIES", "constant: "+strconv.Itoa(n), 1)
		}
		for i := 0; i+1 < len(changes); i += 2 {
			text = strings.ReplaceAll(text, changes[i], changes[i+1])
		}
		dir[f.Name] = []byte(text)
	}
	m, err := mappings.LoadOne(dir, p.Name)
	if err != nil {
		t.Fatalf("%v\n%s", err, p.text())
	}
	return m
}

func TestAFilledProposalAcceptsEveryGoodSample(t *testing.T) {
	change := "no hours: a change or a return, for which docs/mappings.md has another target"
	listed := map[string]string{
		"concept-werknemer": change, "dienstverband-uit-dienst": change, "dossier-metadata": change, "dossier-verwijderen": change,
		"loonaangifte-response": change, "loonaangifte-status": change, "persoon-adres": change, "persoon-burgerlijke-staat": change,
		"persoon-overlijden": change, "werkgever-adres": change, "werkgever-algemeen": change, "werkgever-contact": change, "werkgever-toevoegen": change,
		"ploegendienst": "fixed width: no proposal can cut it, which is doubted",
	}
	for _, file := range samples(t, "mappings/samples/*/good/*") {
		name := filepath.Base(filepath.Dir(filepath.Dir(file)))
		if listed[name] != "" {
			continue
		}
		t.Run(filepath.Base(file), func(t *testing.T) {
			all, err := mappings.Samples(nil, name)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range all {
				if !s.Good || s.Name() != filepath.Base(file) {
					continue
				}
				accepts(t, s, fileSource(file))
			}
		})
	}
}

// accepts holds that all rows of a sample are taken by the proposal for it, as it is
// or after a change that one of its doubts names: the other number of people, the
// other column with such a number, or which components are hours.
func accepts(t *testing.T, s *mappings.Sample, src Source) {
	t.Helper()
	p, err := New(src, "voorstel")
	if err != nil {
		t.Fatal(err)
	}
	var wrong []string
	for _, changes := range [][]string{nil, {"persnr_verl:", "persnr:"}, {"hours: all", "hours: [1, 2]"}, {"persnr_verl: {column: idvalue_2}", "persnr_verl: {column: idvalue_3}"}} {
		got, err := s.Run(t.Context(), chosen(t, p, changes...))
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Problems) == 0 && got.Counts["refused"] == 0 && got.Counts["accepted"] > 0 {
			return
		}
		for _, problem := range got.Problems {
			wrong = append(wrong, problem.String())
		}
	}
	t.Errorf("%s\n%s", strings.Join(wrong, "\n"), p.text())
}

// invented is a system that nobody made a mapping for.
type invented struct {
	name string
	data []byte
	want []string // in the proposal
}

func TestAFilledProposalAcceptsASystemThatIsNew(t *testing.T) {
	for _, tt := range []invented{
		{"weekstaat_5555_2026-10.xlsx", weekSheet(t), []string{
			`sheet: Uren`, `header_within: 20`, `headings: [Ma, Di, Wo, Do, Vr]`, `like: ["totaal*"`, "dit lijkt het totaal van de rij",
		}},
		{"prikklok_oktober.csv", []byte("Clientnummer;Personeelsnummer;Naam;Datum;Afdeling;Soort;Duur (min)\r\n" +
			"5555;1;Ren\xe9 Bakker;01-10-2026;100;Normaal;480\r\n5555;1;Ren\xe9 Bakker;02-10-2026;100;Ziek;465\r\n5556;2;Zo\xeb Smit;13-10-2026;200;Normaal;250\r\n"), []string{
			"charset: windows-1252", "notation: [minutes]", "clientnummer: {column: clientnummer}", "kostenplaats: {column: afdeling}", "round: half-up",
		}},
		{"rooster.xml", []byte(`<?xml version="1.0"?><r:Rooster xmlns:r="urn:rooster" clientnummer="5555">` +
			`<r:Medewerker nr="1" naam="Anna de Bruin"><r:Dag datum="2026-10-01"><r:Uren>8.00</r:Uren><r:Soort>N</r:Soort></r:Dag><r:Dag datum="2026-10-13"><r:Uren>7.50</r:Uren><r:Soort>O</r:Soort></r:Dag></r:Medewerker>` +
			`<r:Medewerker nr="2" naam="Bram Kuipers"><r:Dag datum="2026-10-02"><r:Uren>4.25</r:Uren><r:Soort>N</r:Soort></r:Dag></r:Medewerker></r:Rooster>`), []string{
			`namespace: "urn:rooster"`, `records: ["Rooster/Medewerker/Dag"]`, `path: "../@nr"`, `path: "../../@clientnummer"`,
		}},
		{"dagen.xml", []byte(`<R><Persoon nummer="1" clientnummer="5555"><Dag datum="2026-10-01"><Uren soort="N">8.00</Uren><Uren soort="O">1.25</Uren></Dag><Dag datum="2026-10-02"><Uren soort="N">8.00</Uren></Dag></Persoon></R>`), []string{
			`records: ["R/Persoon/Dag/Uren"]`, `path: "."`, `path: "../@datum"`,
		}},
		{"klok_5555.csv", []byte("Personeelsnummer,Datum,Begin,Einde,Pauze\n1,2026-10-01,08:00,16:30,30\n2,2026-10-13,22:00,06:00,45\n"), []string{
			"worked: {start: begin, end: einde, break: pauze}", "de pauze is gelezen in minuten", "overlap: {start: begin, end: einde}",
		}},
		{"blokken_5555_2026-10.xlsx", blocks(t), []string{
			"header_row: 2\n", "header_rows: 2\n", "header_join: both", "hidden: skip", "rijen (1) of kolommen (1)", "{column: persnr, empty: yes}", "staat een week of datum",
		}},
		{"kwartaal_5555.xlsx", dated(t), []string{
			`op 2 bladen staan rijen onder een kopregel; gekozen is "Oktober", het blad met de meeste (2)`, "sheet: Oktober", "headings: rest",
			"heading: {as: datum, type: date, layouts: [yyyy-MM-dd]}", "period: {date: datum}",
		}},
		{"lang_5555.xlsx", long(t), []string{"type: date, layouts: [yyyy-MM-dd]", `like: ["totaal*"`, "type: hours, notation: [decimal]"}},
		{"serie_5555.csv", []byte("Personeelsnummer;Datum;Soort;Uren\n1;46296;N;8\n2;46309;O;1,25\n"), []string{"type: date, layouts: [excel]", "gelezen als de getallen waarmee Excel dagen telt"}},
		{"maand_5555_2026-10.csv", monthSheet(), []string{"headings: 1..31", "optional: yes", "period: {from: file_name}"}},
		{"dagen_5555.csv", []byte("Personeelsnummer;Soort;01-10-2026;02-10-2026;13-10-2026\n1;N;8;7,5;\n2;O;;4;1,25\n"), []string{
			"headings: rest", "type: date, layouts: [dd-MM-yyyy]", "period: {date: datum}", "duplicates: refuse", "hours_per_day: 16",
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			src := of(tt.name, tt.data)
			p, err := New(src, "voorstel")
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range tt.want {
				if !strings.Contains(p.text(), want) {
					t.Errorf("%s is not in\n%s", want, p.text())
				}
			}
			for _, name := range []string{"Bakker", "Bruin", "Kuipers"} {
				if strings.Contains(p.text(), name) {
					t.Errorf("%s stands in\n%s", name, p.text())
				}
			}
			all, err := mappings.Samples(fstest.MapFS{
				"voorstel.yaml":                    {Data: []byte("mapping: voorstel")},
				"samples/voorstel/good/" + tt.name: {Data: tt.data},
			}, "voorstel")
			if err != nil || len(all) != 1 {
				t.Fatalf("%d samples, %v", len(all), err)
			}
			accepts(t, all[0], src)
		})
	}
}

// weekSheet is a workbook as people keep it.
func weekSheet(t *testing.T) []byte {
	t.Helper()
	x := excelize.NewFile()
	defer x.Close()
	_ = x.SetSheetName("Sheet1", "Uitleg")
	_ = x.SetSheetRow("Uitleg", "A1", &[]any{"Vul op het blad Uren in wat u heeft gewerkt"})
	_, _ = x.NewSheet("Uren")
	for i, row := range [][]any{
		{"Weekstaat Bakkerij De Korenaar"},
		{"Week", 41, "", "Gemaakt op", "12-10-2026"},
		{},
		{"Personeelsnr", "Naam", "Soort", "Ma", "Di", "Wo", "Do", "Vr", "Totaal"},
		{1, "Anna de Bruin", "Gewoon", 8, 8, 7.5, nil, 8, 31.5},
		{1, "Anna de Bruin", "Overwerk", nil, 1.25, nil, nil, nil, 1.25},
		{2, "Bram Kuipers", "Gewoon", 8, 8, 8, 8, 8, 40},
		{"Totaal", nil, nil, 16, 17.25, 15.5, 8, 16, 72.75},
	} {
		cell, _ := excelize.CoordinatesToCellName(1, i+1)
		_ = x.SetSheetRow("Uren", cell, &row)
	}
	var b bytes.Buffer
	if err := x.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// blocks is a workbook with two header rows, something hidden and a total that says
// nothing of itself.
func blocks(t *testing.T) []byte {
	t.Helper()
	x := excelize.NewFile()
	defer x.Close()
	for i, row := range [][]any{
		{"Overzicht van de uren"},
		{"Persnr", "Naam", "Week 40", "", "", "Week 41", "", "", "Km"},
		{"", "", "Normaal", "Overwerk", "Ziek", "Normaal", "Overwerk", "Ziek", ""},
		{1, "Anna de Bruin", 40, 1.5, nil, 38, nil, 2, 120},
		{2, "Bram Kuipers", 36, nil, nil, 36, nil, nil, 0},
		{3, "Chris Bakker", 36, nil, nil, 36, nil, nil, 5},
		{nil, nil, 112, 1.5, nil, 110, nil, 2, 125},
	} {
		cell, _ := excelize.CoordinatesToCellName(1, i+1)
		_ = x.SetSheetRow("Sheet1", cell, &row)
	}
	_ = x.MergeCell("Sheet1", "C2", "E2")
	_ = x.SetRowVisible("Sheet1", 5, false)
	_ = x.SetColVisible("Sheet1", "B", false)
	var b bytes.Buffer
	if err := x.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func book(t *testing.T, fill func(x *excelize.File)) []byte {
	t.Helper()
	x := excelize.NewFile()
	defer x.Close()
	fill(x)
	var b bytes.Buffer
	if err := x.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func october(n int) time.Time { return time.Date(2026, 10, n, 0, 0, 0, 0, time.UTC) }

// dated is a workbook with a sheet per month and days as headings.
func dated(t *testing.T) []byte {
	return book(t, func(x *excelize.File) {
		_ = x.SetSheetName("Sheet1", "September")
		_ = x.SetSheetRow("September", "A1", &[]any{"Persnr", october(-2), october(-1), october(0)})
		_ = x.SetSheetRow("September", "A2", &[]any{1, 8, 8, 8})
		_, _ = x.NewSheet("Oktober")
		_ = x.SetSheetRow("Oktober", "A1", &[]any{"Persnr", october(1), october(2), october(5)})
		_ = x.SetSheetRow("Oktober", "A2", &[]any{1, 8, 7.5, nil})
		_ = x.SetSheetRow("Oktober", "A3", &[]any{2, nil, 4, 1.25})
	})
}

// long is a workbook with dates and hours as numbers.
func long(t *testing.T) []byte {
	return book(t, func(x *excelize.File) {
		_ = x.SetSheetRow("Sheet1", "A1", &[]any{"Uren van oktober"})
		_ = x.SetSheetRow("Sheet1", "A3", &[]any{"Personeelsnummer", "Datum", "Soort", "Uren"})
		_ = x.SetSheetRow("Sheet1", "A4", &[]any{1, october(1), "N", 8})
		_ = x.SetSheetRow("Sheet1", "A5", &[]any{2, october(2), "O", 1.25})
		_ = x.SetSheetRow("Sheet1", "A6", &[]any{"Totaal", nil, nil, 9.25})
	})
}

// monthSheet has a column for every day.
func monthSheet() []byte {
	var b strings.Builder
	b.WriteString("Personeelsnummer;Soort")
	for n := range 31 {
		b.WriteString(";" + strconv.Itoa(n+1))
	}
	b.WriteString("\n1;N" + strings.Repeat(";8;7,5;", 10) + ";8\n2;N" + strings.Repeat(";", 30) + ";4\n")
	return []byte(b.String())
}

func TestEveryDoubtHasItsLine(t *testing.T) {
	p := propose(t, "klok_5555.csv", "Personeelsnummer;Datum;A;B\n1;01-10-2026;8;7\n2;02-10-2026;4;2\n")
	var got []string
	for _, m := range p.Marks() {
		line := strings.Split(string(p.Files[m.In].Data), "\n")[m.Line-1]
		if _, text, _ := strings.Cut(m.Text, ": "); !strings.Contains(line, text) {
			t.Errorf("line %d is %q, want %q", m.Line, line, m.Text)
		}
		got = append(got, m.Text)
	}
	for _, want := range []string{`kolom "A": dit is aangezien voor een aantal`, `kolom "B": dit is aangezien voor een aantal`, "welke component wordt kolom \"A\"?", "welke namen hebben de bestanden?"} {
		if !strings.Contains(strings.Join(got, "\n"), want) {
			t.Errorf("%q is not in %q", want, got)
		}
	}
}

func TestTitlesAboveACSVAreRefusedWithAdvice(t *testing.T) {
	_, err := New(of("uren.csv", []byte("Urenstaat van oktober\n\nMedewerker;Datum;Uren\n1;01-10-2026;8\n2;01-10-2026;7,5\n")), "uren")
	if err == nil || !strings.Contains(err.Error(), "boven de kopregel (regel 3) staan titels") {
		t.Error(err)
	}
}

func TestHoursInAListInARecordAreNeverLeftOutInSilence(t *testing.T) {
	nested := `{"personen":[{"nummer":1,"dagen":[{"datum":"2026-10-01","uren":8},{"datum":"2026-10-02","uren":7.5}]},{"nummer":2,"dagen":[{"datum":"2026-10-01","uren":8}]}]}`
	if _, err := New(of("a.json", []byte(nested)), "a"); err == nil || !strings.Contains(err.Error(), "de uren staan in een lijst binnen elk record (dagen)") {
		t.Error(err)
	}
	p := propose(t, "a.json", `[{"nummer":1,"datum":"2026-10-01","uren":8.5,"tags":["a","b"]},{"nummer":2,"datum":"2026-10-01","uren":8,"tags":[]}]`)
	if !strings.Contains(p.text(), `TWIJFEL: de lijst "tags" heeft in een record meer dan een deel`) || strings.Contains(p.text(), "tags[0]") {
		t.Error(p.text())
	}
}
