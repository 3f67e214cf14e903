package formats

import (
	"archive/zip"
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
)

// book is a workbook that is written by hand, with the rows of its only sheet and
// what stands around them.
type book struct {
	props, cols, rows, after, shared, sheets string
	big                                      int // bytes of blanks among the rows
}

func (b book) bytes(t testing.TB) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	add := func(name, text string) {
		method := zip.Store // deflating small parts is all that fuzzing would do
		if b.big > 0 {
			method = zip.Deflate
		}
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: method})
		if err == nil {
			_, err = w.Write([]byte(text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	const rel = `http://schemas.openxmlformats.org/officeDocument/2006/relationships`
	const ns = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="` + rel + `"`
	if b.sheets == "" {
		b.sheets = `<sheet name="Uren" sheetId="1" r:id="rId1"/>`
	}
	add("_rels/.rels", `<Relationships><Relationship Id="x" Type="`+rel+`/officeDocument" Target="xl/workbook.xml"/></Relationships>`)
	add("xl/_rels/workbook.xml.rels", `<Relationships><Relationship Id="rId1" Type="`+rel+`/worksheet" Target="worksheets/sheet1.xml"/>`+
		`<Relationship Id="rId8" Type="`+rel+`/styles" Target="styles.xml"/><Relationship Id="rId9" Type="`+rel+`/sharedStrings" Target="/xl/sharedStrings.xml"/></Relationships>`)
	add("xl/workbook.xml", `<workbook `+ns+`><workbookPr `+b.props+`/><sheets>`+b.sheets+`</sheets></workbook>`)
	add("xl/styles.xml", `<styleSheet `+ns+`><numFmts>`+
		`<numFmt numFmtId="170" formatCode="[$-413]d\ mmm\ yyyy"/><numFmt numFmtId="171" formatCode="[h]:mm"/><numFmt numFmtId="172" formatCode="0.00\ &quot;dagen&quot;"/></numFmts>`+
		`<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="170"/><xf numFmtId="171"/><xf numFmtId="22"/><xf numFmtId="172"/></cellXfs></styleSheet>`)
	add("xl/sharedStrings.xml", `<sst `+ns+`>`+b.shared+`</sst>`)
	add("xl/worksheets/sheet1.xml", `<worksheet `+ns+`>`+b.cols+`<sheetData>`+b.rows+strings.Repeat(" ", b.big)+`</sheetData>`+b.after+`</worksheet>`)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func words(ref, s string) string {
	return `<c r="` + ref + `" t="inlineStr"><is><t>` + s + `</t></is></c>`
}

func digit(ref, s string, style int) string {
	return fmt.Sprintf(`<c r="%s" s="%d"><v>%s</v></c>`, ref, style, s)
}

func xrow(n int, cells ...string) string {
	return fmt.Sprintf(`<row r="%d">%s</row>`, n, strings.Join(cells, ""))
}

var names = xrow(1, words("A1", "nr"), words("B1", "naam"), words("C1", "datum"), words("D1", "uren"))

func TestCellsOfAWorkbookBecomeTheTextOfTheirColumn(t *testing.T) {
	for _, tt := range []struct {
		name, nr, datum, uren, want string
	}{
		{"plain", digit("A2", "1", 0), digit("C2", "46296", 1), digit("D2", "7.5", 0), "2: 1||01-10-2026|7,5"},
		{"binary noise", digit("A2", "1", 0), digit("C2", "46296", 2), digit("D2", "7.4000000000000004", 5), "2: 1||01-10-2026|7,4"},
		{"noise below", digit("A2", "1", 0), "", digit("D2", "7.9999999999999991", 0), "2: 1|||8"},
		{"exponent", digit("A2", "1.23E+2", 0), "", digit("D2", "2.5E-1", 0), "2: 123|||0,25"},
		{"long number", digit("A2", "123456789012345", 0), "", digit("D2", "-1", 0), "2: 123456789012345|||-1"},
		{"text numbers", words("A2", "007"), words("C2", "1-10-2026"), words("D2", "7,50"), "2: 007||1-10-2026|7,50"},
		{"clock", digit("A2", "1", 0), "", digit("D2", "0.3125", 3), "2: 1|||7:30"},
		{"long clock", digit("A2", "1", 0), "", digit("D2", "1.5034722222222223", 3), "2: 1|||36:05"},
		{"serial without a style", digit("A2", "1", 0), digit("C2", "46296", 0), digit("D2", "1", 0), "2: 1||46296|1"},
		{"ISO date", digit("A2", "1", 0), `<c r="C2" t="d"><v>2026-10-01T00:00:00</v></c>`, digit("D2", "1", 0), "2: 1||01-10-2026|1"},
		{"time of day", digit("A2", "1", 0), digit("C2", "46296.25", 4), digit("D2", "1", 0), "2: 1||2026-10-01 6:00|1"},
		{"day that never was", digit("A2", "1", 0), digit("C2", "60", 1), digit("D2", "1", 0), "datum-onmogelijk: blad \"Uren\", cel C2 (datum)"},
		{"1900", digit("A2", "1", 0), digit("C2", "59", 1), digit("D2", "1", 0), "2: 1||28-02-1900|1"},
		{"after it", digit("A2", "1", 0), digit("C2", "61", 1), digit("D2", "1", 0), "2: 1||01-03-1900|1"},
		{"date for hours", digit("A2", "1", 0), "", digit("D2", "46143", 1), "datum-geen-getal: blad \"Uren\", cel D2 (uren)"},
		{"date for a number", digit("A2", "46143", 2), "", digit("D2", "1", 0), "datum-geen-getal: blad \"Uren\", cel A2 (nr)"},
		{"formula", digit("A2", "1", 0), "", `<c r="D2"><f>4+4</f><v>8</v></c>`, "2: 1|||8"},
		{"formula without value", digit("A2", "1", 0), "", `<c r="D2"><f>4+4</f></c>`, "formule-zonder-waarde: blad \"Uren\", cel D2 (uren)"},
		{"formula with an empty value", digit("A2", "1", 0), "", `<c r="D2"><f>440/60</f><v></v></c>`, "formule-zonder-waarde: blad \"Uren\", cel D2 (uren)"},
		{"formula with an empty tag", digit("A2", "1", 0), "", `<c r="D2" s="5"><f>440/60</f><v /></c>`, "formule-zonder-waarde: blad \"Uren\", cel D2 (uren)"},
		{"formula with blanks", digit("A2", "1", 0), "", `<c r="D2" t="n"><f>440/60</f><v> </v></c>`, "formule-zonder-waarde: blad \"Uren\", cel D2 (uren)"},
		{"shared formula", digit("A2", "1", 0), "", `<c r="D2"><f t="shared" si="0"/><v></v></c>`, "formule-zonder-waarde: blad \"Uren\", cel D2 (uren)"},
		{"array formula", digit("A2", "1", 0), "", `<c r="D2"><f t="array" ref="D2:D2">SUM(A2:A9)</f><v/></c>`, "formule-zonder-waarde: blad \"Uren\", cel D2 (uren)"},
		{"formula of a date", digit("A2", "1", 0), `<c r="C2" s="1"><f>TODAY()</f><v></v></c>`, digit("D2", "1", 0), "formule-zonder-waarde: blad \"Uren\", cel C2 (datum)"},
		{"formula of a shared text", digit("A2", "1", 0), "", `<c r="D2" t="s"><f>A2</f><v></v></c>`, "formule-zonder-waarde: blad \"Uren\", cel D2 (uren)"},
		{"formula of a boolean", digit("A2", "1", 0), "", `<c r="D2" t="b"><f>A2=1</f><v></v></c>`, "formule-zonder-waarde: blad \"Uren\", cel D2 (uren)"},
		{"formula with an empty text", digit("A2", "1", 0), "", `<c r="D2" t="str"><f>IF(A2=1,"",1)</f><v></v></c>`, "2: 1|||"},
		{"formula of a text without value", digit("A2", "1", 0), "", `<c r="D2" t="str"><f>A2</f></c>`, "formule-zonder-waarde: blad \"Uren\", cel D2 (uren)"},
		{"formula in a column without a name", digit("A2", "1", 0), "", digit("D2", "1", 0) + `<c r="F2"><f>1+1</f><v></v></c>`, "2: 1|||1"},
		{"error", digit("A2", "1", 0), "", `<c r="D2" t="e"><f>1/0</f><v>#DIV/0!</v></c>`, "fout-in-cel: blad \"Uren\", cel D2 (uren)"},
		{"huge number", digit("A2", "1", 0), "", digit("D2", "1E+308", 0), "getal-te-lang: blad \"Uren\", cel D2 (uren)"},
		{"no number", digit("A2", "1", 0), "", digit("D2", "0x1p4", 0), "getal-te-lang"},
		{"unknown text", digit("A2", "1", 0), "", `<c r="D2" t="s"><v>7</v></c>`, "xlsx: blad"},
		{"unnamed column", digit("A2", "1", 0), "", digit("D2", "1", 0) + digit("F2", "1", 0), "kolom-zonder-naam: blad \"Uren\", cel F2"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			data := book{rows: names + xrow(2, tt.nr, tt.datum, tt.uren)}.bytes(t)
			wants(t, decoded(t, "xlsx", data, Options{Columns: people}), tt.want)
		})
	}
}

func TestThe1904SystemIsKept(t *testing.T) {
	data := book{props: `date1904="1"`, rows: names + xrow(2, digit("A2", "1", 0), digit("C2", "44834", 1), digit("D2", "1", 0)) +
		xrow(3, digit("A3", "1", 0), digit("C3", "0", 1), digit("D3", "1", 0))}.bytes(t)
	wants(t, decoded(t, "xlsx", data, Options{Columns: people}), "2: 1||01-10-2026|1", "3: 1||01-01-1904|1")
}

func TestTheHeaderIsFoundWhereItIsAgreed(t *testing.T) {
	at := func(n int) string {
		return strings.NewReplacer("A1", fmt.Sprintf("B%d", n), "B1", fmt.Sprintf("C%d", n), "C1", fmt.Sprintf("D%d", n), "D1", fmt.Sprintf("E%d", n), `r="1"`, fmt.Sprintf(`r="%d"`, n)).Replace(names)
	}
	rows := xrow(1, words("A1", "Urenlijst"), words("D1", "naam")) + at(4) + xrow(5, digit("B5", "1", 0), digit("E5", "8", 0))
	for _, tt := range []struct {
		o    Options
		want []string
	}{
		{Options{HeaderRow: 4}, []string{"5: |1|||8"}},
		{Options{HeaderWithin: 10}, []string{"5: |1|||8"}},
		{Options{HeaderWithin: 3}, []string{"FILE kopregel: blad \"Uren\", rij 1: De kopregel klopt niet: kolom \"nr\" ontbreekt"}},
		{Options{}, []string{"FILE kopregel: blad \"Uren\", rij 1"}},
		{Options{HeaderRow: 9}, []string{"FILE kopregel: blad \"Uren\": Het blad heeft geen kopregel"}},
	} {
		tt.o.Columns = people
		wants(t, decoded(t, "xlsx", book{rows: rows}.bytes(t), tt.o), tt.want...)
	}
}

func TestTheAgreedSheetIsRead(t *testing.T) {
	data := book{rows: names + xrow(2, digit("A2", "1", 0), digit("D2", "8", 0)),
		sheets: `<sheet name="Uitleg" sheetId="7" r:id="rId7"/><sheet name="Uren" sheetId="1" r:id="rId1" state="hidden"/>`}.bytes(t)
	for _, tt := range []struct {
		o    Options
		want string
	}{
		{Options{}, `FILE blad: Er is meer dan één blad`},
		{Options{Sheet: "Weken"}, `FILE blad: Het blad "Weken" ontbreekt. De werkmap heeft: "Uitleg", "Uren".`},
		{Options{SheetNumber: 3}, `FILE blad: Er is geen blad 3.`},
		{Options{Sheet: "uren"}, `FILE blad: Het blad "Uren" is verborgen.`},
		{Options{Sheet: "uren", Hidden: "read"}, `2: 1|||8`},
		{Options{SheetNumber: 2, Hidden: "skip"}, `2: 1|||8`},
	} {
		tt.o.Columns = people
		wants(t, decoded(t, "xlsx", data, tt.o), tt.want)
	}
}

func TestMergedAndHiddenCellsAreReported(t *testing.T) {
	rows := names + xrow(2, digit("A2", "1", 0), words("B2", "Anna"), digit("D2", "8", 0)) + xrow(3, digit("D3", "7", 0)) +
		`<row r="4" hidden="1">` + digit("A4", "1", 0) + digit("D4", "6", 0) + `</row>` + xrow(5, digit("A5", "1", 0), digit("D5", "5", 0)) + xrow(6, `<c r="A6" s="1"/>`)
	b := book{rows: rows, after: `<mergeCells count="2"><mergeCell ref="B2:B3"/><mergeCell ref="A6:D6"/></mergeCells>`}
	wants(t, decoded(t, "xlsx", b.bytes(t), Options{Columns: people}), "5: 1|||5",
		`samengevoegd: blad "Uren", cel B2 (naam): Deze cel is samengevoegd met andere (B2:B3)`, `samengevoegd: blad "Uren", cel B3`, `verborgen: blad "Uren", rij 4: Deze rij is verborgen`)
	b.after = ""
	wants(t, decoded(t, "xlsx", b.bytes(t), Options{Columns: people, Hidden: "skip"}), "2: 1|Anna||8", "3: |||7", "5: 1|||5")
	wants(t, decoded(t, "xlsx", b.bytes(t), Options{Columns: people, Hidden: "read"}), "2: 1|Anna||8", "3: |||7", "4: 1|||6", "5: 1|||5")
	b.cols = `<cols><col min="4" max="4" hidden="1"/></cols>`
	wants(t, decoded(t, "xlsx", b.bytes(t), Options{Columns: people}), `FILE verborgen: blad "Uren", cel D1 (uren): Deze kolom is verborgen.`)
	b.cols, b.after = "", `<mergeCells><mergeCell ref="A1:B1"/></mergeCells>`
	wants(t, decoded(t, "xlsx", b.bytes(t), Options{Columns: people}), `FILE samengevoegd: blad "Uren", cel A1 (nr)`)
}

func TestPersonalCellsAreMaskedInProblems(t *testing.T) {
	data := book{rows: names + xrow(2, digit("A2", "1", 0), `<c r="B2" t="e"><v>Anna de Bruin</v></c>`)}.bytes(t)
	got := decoded(t, "xlsx", data, Options{Columns: people})
	if strings.Contains(got, "Anna") || !strings.Contains(got, "*") {
		t.Error(got)
	}
}

func TestWorkbooksThatAreNoneAreRefused(t *testing.T) {
	good := book{rows: names + xrow(2, digit("A2", "1", 0))}
	whole := good.bytes(t)
	deepRows := good
	deepRows.rows += strings.Repeat("<x>", 100)
	dtd := good
	dtd.shared = `<!DOCTYPE x [<!ENTITY a "b">]>`
	back := good
	back.rows += xrow(2, digit("A2", "1", 0))
	bomb := good
	bomb.big = 200 << 20
	for _, tt := range []struct {
		name string
		data []byte
		want string
	}{
		{"empty", nil, "FILE leeg-bestand"},
		{"csv", []byte("nr;naam;datum;uren\n1;;;8\n"), "FILE xlsx"},
		{"old", []byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 old"), "FILE xlsx: Dit is een oude"},
		{"cut off", whole[:len(whole)/2], "FILE xlsx"},
		{"no rows", book{rows: names}.bytes(t), "FILE geen-rijen"},
		{"deep", deepRows.bytes(t), "FILE xlsx"},
		{"a row twice", back.bytes(t), "FILE xlsx"},
		{"entities", dtd.bytes(t), "FILE xlsx"},
		{"bomb", bomb.bytes(t), "FILE ingepakt-te-groot"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := decoded(t, "xlsx", tt.data, Options{Columns: people})
			if i := strings.Index(got, "FILE"); i < 0 || !strings.HasPrefix(got[i:], tt.want) {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestLongCellOfAWorkbookIsRefused(t *testing.T) {
	data := book{rows: names + xrow(2, digit("A2", "1", 0), words("B2", strings.Repeat("x ", 40_000)))}.bytes(t)
	wants(t, decoded(t, "xlsx", data, Options{Columns: people}), `cel-te-lang: blad "Uren", cel B2 (naam)`)
	data = book{rows: names + xrow(2, words("B2", strings.Repeat("x", 3<<20)))}.bytes(t)
	wants(t, decoded(t, "xlsx", data, Options{Columns: people}), `FILE rij-te-lang`)
}

// excelize writes as Excel does: shared texts, styles of its own, a fresh date.
func excelizeBook(t testing.TB, rows int) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	w, err := f.NewStreamWriter("Sheet1")
	if err != nil {
		t.Fatal(err)
	}
	style, err := f.NewStyle(&excelize.Style{NumFmt: 14})
	if err == nil {
		err = w.SetRow("A1", []any{"nr", "naam", "datum", "uren"})
	}
	for i := 0; i < rows && err == nil; i++ {
		day := time.Date(2026, 10, 1+i%30, 0, 0, 0, 0, time.UTC)
		err = w.SetRow(fmt.Sprintf("A%d", i+2), []any{i % 1000, "Anna Voorbeeld", excelize.Cell{StyleID: style, Value: day}, "7,50"})
	}
	var out bytes.Buffer
	if err == nil {
		err = w.Flush()
	}
	if err == nil {
		_, err = f.WriteTo(&out)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestExcelizeAndWeReadTheSame(t *testing.T) {
	data := excelizeBook(t, 500)
	f, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{RawCellValue: true})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := f.GetRows("Sheet1")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for i, r := range rows[1:] {
		n := 0
		if _, err := fmt.Sscan(r[2], &n); err != nil {
			t.Fatal(err)
		}
		day, err := excelize.ExcelDateToTime(float64(n), false)
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, fmt.Sprintf("%d: %s|%s|%s|%s", i+2, r[0], r[1], day.Format("02-01-2006"), r[3]))
	}
	wants(t, decoded(t, "xlsx", data, Options{Columns: people}), want...)
}

func TestRefusedRowsOfAWorkbookAreReadAgain(t *testing.T) {
	data := book{rows: names + xrow(2, digit("A2", "1", 0), words("B2", "De &quot;Bruin&quot;; A"), digit("C2", "46296", 1), digit("D2", "7.5", 0))}.bytes(t)
	part := refusedPart(t, "xlsx", data, Options{Columns: people})
	wants(t, decoded(t, "xlsx", part, Options{Columns: people}), `2: 1|De "Bruin"; A|01-10-2026|7,5`)
	wants(t, decoded(t, "xlsx", []byte("\uFEFFPersnr\r\n1\r\n"), Options{Columns: []Column{{Name: "Persnr"}}}), "2: 1")
}

func FuzzXLSX(f *testing.F) {
	f.Add(names+xrow(2, digit("A2", "1", 0), digit("C2", "46296.5", 4), digit("D2", "0.3125", 3)), `<mergeCells><mergeCell ref="A1:B2"/></mergeCells>`)
	f.Add(names+`<row><c t="s"><v>0</v></c><c t="e"/><c><f/></c></row>`, "")
	f.Fuzz(func(t *testing.T, rows, after string) {
		got := decoded(t, "xlsx", book{rows: rows, after: after, shared: "<si><r><t>a</t></r></si>"}.bytes(t), Options{Columns: people, HeaderWithin: 5})
		if got == "" {
			t.Error("neither rows nor a problem")
		}
	})
}

func BenchmarkXLSX(b *testing.B) {
	const rows = 20_000
	data := excelizeBook(b, rows)
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for batch, err := range XLSX(bytes.NewReader(data), Options{Columns: people}) {
			if err != nil {
				b.Fatal(err)
			}
			n += len(batch.Records)
			batch.Release()
		}
		if n != rows {
			b.Fatal(n)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/row")
}
