package formats_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"loket-etl/formats"
	"loket-etl/internal/benchfile"
)

func utf16Bytes(order binary.AppendByteOrder, s string) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = order.AppendUint16(b, u)
	}
	return b
}

var abc = []formats.Column{{Name: "a"}, {Name: "b", Aliases: []string{"beta"}}, {Name: "c", Optional: true}}

func TestFilesAreReadAsDeclared(t *testing.T) {
	tests := []struct {
		name string
		in   string
		o    formats.Options
		want decoded
	}{
		{"order is free", "B;A\n1;2\n", formats.Options{Columns: abc}, decoded{Rows: [][]string{{"1", "2"}}}},
		{"alias and spaces", " Beta ;a\n1;2\n", formats.Options{Columns: abc}, decoded{Rows: [][]string{{"1", "2"}}}},
		{"sep line outranks delimiter", "sep=|\r\na|b\r\n1|2\r\n", formats.Options{Columns: abc}, decoded{Rows: [][]string{{"1", "2"}}}},
		{"sep line behind a mark", "\uFEFFsep=,\na,b\n1,2\n", formats.Options{Columns: abc}, decoded{Rows: [][]string{{"1", "2"}}}},
		{"no header", "1;2\n3;4\n", formats.Options{Columns: abc, NoHeader: true}, decoded{Rows: [][]string{{"1", "2"}, {"3", "4"}}}},
		{"blank lines before header and between", "\n;\na;b\n\n1;2\n  \n3;4\n;\n", formats.Options{Columns: abc}, decoded{Rows: [][]string{{"1", "2"}, {"3", "4"}}, Blank: 3}},
		{"mixed line ends", "a;b\r\n1;2\n3;4\r5;6\r\n7;8", formats.Options{Columns: abc}, decoded{Rows: [][]string{{"1", "2"}, {"3", "4"}, {"5", "6"}, {"7", "8"}}}},
		{"carriage returns only", "a;b\r1;2\r3;\"x\ry\"\r", formats.Options{Columns: abc}, decoded{Rows: [][]string{{"1", "2"}, {"3", "x\ny"}}}},
		{"unnamed empty columns at the end", "a;b;;\n1;2;;\n3;4;5;\n", formats.Options{Columns: abc}, decoded{Rows: [][]string{{"1", "2"}},
			Problems: []string{"regel 3, kolom 3: Deze cel is gevuld, maar staat in een kolom zonder naam in de kopregel. Geef de kolom een naam of maak de cel leeg."}}},
		{"utf-16 little endian by mark", "\xFF\xFE" + string(utf16Bytes(binary.LittleEndian, "a;b\r\né;😀\r\n")), formats.Options{Columns: abc}, decoded{Rows: [][]string{{"é", "😀"}}}},
		{"utf-16 big endian by mark", "\xFE\xFF" + string(utf16Bytes(binary.BigEndian, "a;b\r\né;😀")), formats.Options{Columns: abc}, decoded{Rows: [][]string{{"é", "😀"}}}},
		{"utf-16 declared", string(utf16Bytes(binary.LittleEndian, "a;b\n1;2\n")), formats.Options{Columns: abc, Charset: "utf-16le"}, decoded{Rows: [][]string{{"1", "2"}}}},
		{"mark outranks windows-1252", "\uFEFFa;b\né;2\n", formats.Options{Columns: abc, Charset: "windows-1252"}, decoded{Rows: [][]string{{"é", "2"}}}},
		{"quoted delimiter, quote and newline", "a;b\n\"x;\"\"y\"\"\";\"1\n2\"\n", formats.Options{Columns: abc}, decoded{Rows: [][]string{{`x;"y"`, "1\n2"}}}},
		{"extra columns ignored", "a;z;b\n1;2;3\n", formats.Options{Columns: abc, Extra: "ignore"}, decoded{Rows: [][]string{{"1", "2", "3"}}}},
		{"text after a closing quote", "a;b\n\"1\"x;2\n3;4\n", formats.Options{Columns: abc}, decoded{Rows: [][]string{{"3", "4"}},
			Problems: []string{"regel 2, kolom 1 (a): Na het sluitende aanhalingsteken van deze cel volgt nog tekst. Verdubbel de aanhalingstekens binnen de cel, of haal weg wat achter het sluitende aanhalingsteken staat."}}},
		{"a quote that swallows the next row", "a;b\n1;\"2\n3;\"4\"\n5;6\n", formats.Options{Columns: abc}, decoded{Rows: [][]string{{"5", "6"}},
			Problems: []string{"regel 2, kolom 2 (b): De cel loopt door tot regel 3 en na het sluitende aanhalingsteken daar volgt nog tekst. Verdubbel de aanhalingstekens binnen de cel, of haal weg wat achter het sluitende aanhalingsteken staat."}}},
		{"cell too long", "a;b\n" + strings.Repeat("x", 11) + ";2\n3;4\n", formats.Options{Columns: abc, MaxCell: 10}, decoded{Rows: [][]string{{"3", "4"}},
			Problems: []string{"regel 2, kolom 1 (a): De cel is langer dan 10 bytes. Kort de tekst in of controleer de aanhalingstekens eromheen."}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := decode(t, []byte(tt.in), tt.o)
			got.Header, got.Lines = nil, nil
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFilesAreRefusedWithTheReason(t *testing.T) {
	const header = " Herstel de namen in de kopregel of exporteer het bestand opnieuw; de volgorde van de kolommen is vrij."
	const utf8 = ` Bewaar het als "CSV UTF-8" en lever het opnieuw aan.`
	thousand, eleven := "", ""
	for i := range 1000 {
		thousand += fmt.Sprintf(";kleur %d", i)
		if i < 11 {
			eleven += fmt.Sprintf(`; kolom "kleur %d" is onbekend`, i)
		}
	}
	thousand, eleven = thousand+"\n", strings.TrimPrefix(eleven, "; ")
	tests := []struct {
		name, in, want string
		o              formats.Options
	}{
		{"missing", "a;c\n1;2\n", `regel 1: De kopregel klopt niet: kolom "b" ontbreekt.` + header, formats.Options{Columns: abc}},
		{"renamed", "aansluitnr;b\n1;2\n", `regel 1: De kopregel klopt niet: kolom "aansluitnummer" ontbreekt (kolom "aansluitnr" lijkt erop); kolom "aansluitnr" is onbekend.` + header,
			formats.Options{Columns: []formats.Column{{Name: "aansluitnummer"}, {Name: "b"}}}},
		{"unknown", "a;b;kleur\n1;2;3\n", `regel 1: De kopregel klopt niet: kolom "kleur" is onbekend.` + header, formats.Options{Columns: abc}},
		{"unknown, a thousand", "a;b;" + strings.Repeat("x", 1000) + thousand, `regel 1: De kopregel klopt niet: kolom "` + strings.Repeat("x", 192) + "…; " + eleven + "; en nog 989." + header, formats.Options{Columns: abc}},
		{"unknown that looks like an optional one", "a;b;kostenplaat\n1;2;3\n", `regel 1: De kopregel klopt niet: kolom "kostenplaat" is onbekend (bedoeld is misschien "kostenplaats").` + header,
			formats.Options{Columns: append(abc[:2:2], formats.Column{Name: "kostenplaats", Optional: true})}},
		{"double", "a;b;A\n1;2;3\n", `regel 1: De kopregel klopt niet: kolom "A" staat er twee keer in (kolom 1 en 3).` + header, formats.Options{Columns: abc}},
		{"two names of one column", "a;b;beta\n1;2;3\n", `regel 1: De kopregel klopt niet: kolommen "b" en "beta" zijn twee namen voor hetzelfde.` + header, formats.Options{Columns: abc}},
		{"nameless", "a;;b\n1;2;3\n", `regel 1: De kopregel klopt niet: kolom 2 heeft geen naam.` + header, formats.Options{Columns: abc}},
		{"other delimiter", "a,b\n1,2\n", `regel 1: De kopregel klopt niet: kolom "a" ontbreekt; kolom "b" ontbreekt; kolom "a,b" is onbekend.` + header + " De cellen lijken door komma's gescheiden, terwijl puntkomma's zijn afgesproken.", formats.Options{Columns: abc}},
		{"component twice", "a;b;1;01\n1;2;3;4\n", `regel 1: De kopregel klopt niet: looncomponent 1 staat er twee keer in ("1" en "01").` + header, formats.Options{Columns: abc, Extra: "components"}},
		{"not a component", "a;b;x\n1;2;3\n", `regel 1: De kopregel klopt niet: kolom "x" is onbekend en is geen nummer van een looncomponent.` + header, formats.Options{Columns: abc, Extra: "components"}},
		{"header with a bare quote", "a;b\"\n1;2\n", `regel 1, kolom 2: Er staat een aanhalingsteken midden in een cel die niet met een aanhalingsteken begint. Zet de hele cel tussen aanhalingstekens en verdubbel de aanhalingstekens erin, of haal ze weg.`, formats.Options{Columns: abc}},
		{"no header, too many cells", "1;2;3;4\n", "regel 1: De eerste rij heeft 4 cellen, verwacht zijn er 3: a, b, c. Exporteer het bestand met deze kolommen in deze volgorde, zonder kopregel.", formats.Options{Columns: abc, NoHeader: true}},
		{"only blank lines", "\r\n\r\n;;\r\n", "Het bestand is leeg. Exporteer het opnieuw en controleer of het bestand inhoud heeft voordat u het aanlevert.", formats.Options{Columns: abc}},
		{"header and blank lines", "a;b\n;\n\n", "Het bestand heeft alleen een kopregel: er staan geen gegevens in. Controleer of de export van de juiste periode is en of er uren zijn geboekt, en exporteer opnieuw.", formats.Options{Columns: abc}},
		{"windows-1252 read as utf-8", "a;b\n1;2\n3;Zo\xEB\n", `regel 3, kolom 2 (b): Hier staat een teken dat geen UTF-8 is: het bestand lijkt in Windows-1252 geschreven. Bewaar het als "CSV UTF-8", of laat voor deze leverancier de tekenset windows-1252 instellen.`, formats.Options{Columns: abc}},
		{"utf-8 read as windows-1252", "a;b\n1;Zoë\n", `Het bestand is in UTF-8 geschreven, terwijl Windows-1252 is afgesproken: namen met accenten zouden verminkt worden. Bewaar het als "CSV (gescheiden door lijstscheidingsteken)", of laat voor deze leverancier de tekenset utf-8 instellen.`, formats.Options{Columns: abc, Charset: "windows-1252"}},
		{"undefined in windows-1252", "a;b\n1;\x81\n", `regel 2, kolom 2 (b): Hier staat een teken dat in deze tekenset niet bestaat. Bewaar het als "CSV UTF-8", of laat voor deze leverancier de tekenset windows-1252 instellen.`, formats.Options{Columns: abc, Charset: "windows-1252"}},
		{"half a character in utf-16", "\xFF\xFE" + string(utf16Bytes(binary.LittleEndian, "a;b\n1;2")) + "x", `regel 2, kolom 2 (b): Hier staat een teken dat in deze tekenset niet bestaat. Bewaar het als "CSV UTF-8", of laat voor deze leverancier de tekenset windows-1252 instellen.`, formats.Options{Columns: abc}},
		{"utf-16 without mark", string(utf16Bytes(binary.LittleEndian, "a;b\n1;2\n")), "Het bestand is in UTF-16 geschreven, terwijl UTF-8 is afgesproken." + utf8, formats.Options{Columns: abc}},
		{"utf-32", "\xFF\xFE\x00\x00a\x00\x00\x00", "Dit is geen CSV-bestand maar een tekstbestand in UTF-32." + utf8, formats.Options{Columns: abc}},
		{"nul", "a;b\n1;\x00\n", "regel 2, kolom 2 (b): Hier staat een NUL-teken: dit is geen tekstbestand, of het is beschadigd of in UTF-16 geschreven." + utf8, formats.Options{Columns: abc}},
		{"xlsx", "PK\x03\x04\x14\x00", `Dit is geen CSV-bestand maar een Excel-werkmap (xlsx) of een ander zip-bestand. Open het in Excel, kies Opslaan als, "CSV UTF-8 (door lijstscheidingsteken gescheiden)", en lever dat bestand aan.`, formats.Options{Columns: abc}},
		{"pdf", "%PDF-1.7\n", "Dit is geen CSV-bestand maar een PDF. Exporteer de gegevens als CSV; uit een PDF zijn ze niet betrouwbaar te lezen.", formats.Options{Columns: abc}},
		{"web page", "\r\n<html><body>", "Dit is geen CSV-bestand maar een webpagina (HTML). Exporteer de gegevens als CSV.", formats.Options{Columns: abc}},
		{"quote never closed", "a;b\n1;2\n3;\"4\n5;6\n7;8\n", "regel 3: Op deze regel opent een aanhalingsteken dat nergens wordt gesloten. Zet het sluitende aanhalingsteken erbij of haal het openende weg, en lever het bestand opnieuw aan.", formats.Options{Columns: abc}},
		{"row too long", "a;b\n1;2\n" + strings.Repeat("x", 700<<10), "regel 3: De rij die hier begint is langer dan 300 KiB. Controleer of dit het juiste bestand is en of alle regeleinden er nog in staan.", formats.Options{Columns: abc, MaxRow: 300 << 10}},
		{"quote open for too long", "a;b\n1;\"2\n" + strings.Repeat("x;y\n", 200<<10), "regel 2: Op deze regel opent een aanhalingsteken dat 300 KiB verder nog niet is gesloten. Zet het sluitende aanhalingsteken erbij of haal het openende weg, en lever het bestand opnieuw aan.", formats.Options{Columns: abc, MaxRow: 300 << 10}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, decode(t, []byte(tt.in), tt.o).Err); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWrongOptionsAreErrorsOfTheProgram(t *testing.T) {
	for want, o := range map[string]formats.Options{
		`csv: '"' cannot be a delimiter`:                                     {Delimiter: '"'},
		`charset "latin1": want utf-8, windows-1252, utf-16le or utf-16be`:   {Charset: "latin1"},
		"csv: a file without a header needs declared columns":                {NoHeader: true},
		`csv: extra columns "keep": want refuse, ignore, components or wide`: {Extra: "keep"},
	} {
		if got := decode(t, []byte("a\n1\n"), o).Err; got != want {
			t.Errorf("%+v: %s, want %s", o, got, want)
		}
	}
}

func TestColumnsAreFound(t *testing.T) {
	for b, err := range formats.CSV(strings.NewReader("7;beta;a;12\n1;2;3;4\n"), formats.Options{Columns: abc, Extra: "components"}) {
		if err != nil {
			t.Fatal(err)
		}
		b.Cut()
		if diff := cmp.Diff([]any{[]int{2, 1, -1}, []int{0, 3}, "7;beta;a;12\n", "1;2;3;4\n", int64(12), 2},
			[]any{b.Columns, b.Extra, string(b.Preamble), string(b.Records[0].Raw), b.Records[0].Offset, b.Records[0].Line}); diff != "" {
			t.Error(diff)
		}
	}
}

func TestReadErrorEndsTheFile(t *testing.T) {
	broken := errors.New("broken")
	var got error
	for _, err := range formats.CSV(iotest.ErrReader(broken), formats.Options{}) {
		got = err
	}
	if !errors.Is(got, broken) {
		t.Error(got)
	}
}

// TestSlowSendersChangeNothing reads every file of the corpus byte by byte.
func TestSlowSendersChangeNothing(t *testing.T) {
	files, _ := filepath.Glob(corpus + "*/*.csv")
	more, _ := filepath.Glob(corpus + "*/*/*.csv")
	for _, file := range append(files, more...) {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		want := decode(t, data, formats.Options{})
		var slow bytes.Buffer
		got := decoded{}
		for b, err := range formats.CSV(iotest.OneByteReader(bytes.NewReader(data)), formats.Options{}) {
			if err != nil {
				got.Err = err.Error()
				break
			}
			b.Cut()
			for _, r := range b.Records {
				slow.Write(r.Raw)
				got.Lines = append(got.Lines, r.Line)
			}
			b.Release()
		}
		if diff := cmp.Diff([]any{want.Lines, want.Err}, []any{got.Lines, got.Err}); diff != "" {
			t.Error(file, diff)
		}
	}
}

// TestBatchesMayBeCutSideBySide shares the work over goroutines and finds every
// row once, whatever the order.
func TestBatchesMayBeCutSideBySide(t *testing.T) {
	data := benchFile(t, benchfile.Options{CRLF: true, Newlines: true})
	batches := make(chan *formats.Batch)
	var wg sync.WaitGroup
	var rows, size atomic.Int64
	for range 3 {
		wg.Go(func() {
			for b := range batches {
				b.Cut()
				rows.Add(int64(len(b.Records)))
				for _, r := range b.Records {
					size.Add(int64(len(r.Raw)))
				}
				b.Release()
			}
		})
	}
	preamble := 0
	for b, err := range formats.CSV(bytes.NewReader(data), formats.Options{}) {
		if err != nil {
			t.Fatal(err)
		}
		preamble = len(b.Preamble)
		batches <- b
	}
	close(batches)
	wg.Wait()
	if rows.Load() != benchRows || int(size.Load())+preamble != len(data) {
		t.Error(rows.Load(), size.Load(), preamble, len(data))
	}
}
