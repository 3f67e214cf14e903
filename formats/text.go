package formats

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"unicode/utf8"
)

// minRoom is how much room a text needs to write one more piece.
const minRoom = 64

// text is a file as UTF-8 without its byte order mark.
type text interface {
	read(dst []byte) (int, error) // dst has minRoom or more
	invalid(b []byte) int         // the first byte of what was read that is no text, or -1
	verdict() error               // what is wrong with what was read, known only at the end
}

// sniffer looks at the first bytes, once, and then hands over.
type sniffer struct {
	r        io.Reader
	declared string
	text
}

func newText(r io.Reader, charset string) (*sniffer, error) {
	switch charset {
	case "":
		charset = "utf-8"
	case "utf-8", "windows-1252", "utf-16le", "utf-16be":
	default:
		return nil, fmt.Errorf("charset %q: want utf-8, windows-1252, utf-16le or utf-16be", charset)
	}
	return &sniffer{r: r, declared: charset}, nil
}

func (s *sniffer) read(dst []byte) (int, error) {
	if s.text == nil {
		head := make([]byte, 64)
		n, err := io.ReadFull(s.r, head)
		if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
			return 0, err
		}
		if err := s.choose(head[:n]); err != nil {
			return 0, err
		}
	}
	return s.text.read(dst)
}

func (s *sniffer) verdict() error {
	if s.text == nil {
		return nil
	}
	return s.text.verdict()
}

// choose takes the byte order mark, then what was declared, and refuses what is
// no text at all.
func (s *sniffer) choose(head []byte) error {
	for _, k := range notText {
		if bytes.HasPrefix(bytes.TrimLeft(head, k.trim), []byte(k.magic)) {
			return &FileError{Problem{Code: "geen-csv", Message: "Dit is geen CSV-bestand maar " + k.name + ".", Repair: k.repair}}
		}
	}
	charset := s.declared
	rest := head
	for _, bom := range []struct{ mark, charset string }{{"\xEF\xBB\xBF", "utf-8"}, {"\xFF\xFE", "utf-16le"}, {"\xFE\xFF", "utf-16be"}} {
		if bytes.HasPrefix(head, []byte(bom.mark)) {
			charset = bom.charset
			rest = head[len(bom.mark):]
		}
	}
	if charset == "utf-8" && len(head) >= 4 && (head[0] == 0) != (head[1] == 0) {
		return &FileError{Problem{Code: "tekenset", Message: "Het bestand is in UTF-16 geschreven, terwijl UTF-8 is afgesproken.",
			Repair: "Bewaar het als \"CSV UTF-8\" en lever het opnieuw aan."}}
	}
	r := io.MultiReader(bytes.NewReader(rest), s.r)
	switch charset {
	case "utf-8":
		s.text = utf8Text{r}
	case "windows-1252":
		s.text = &windows1252{r: r}
	case "utf-16le":
		s.text = &utf16Text{r: r, order: binary.LittleEndian}
	case "utf-16be":
		s.text = &utf16Text{r: r, order: binary.BigEndian}
	}
	return nil
}

const saveAsCSV = "Open het in Excel, kies Opslaan als, \"CSV UTF-8 (door lijstscheidingsteken gescheiden)\", en lever dat bestand aan."

// notText are the files that people take for CSV, by their first bytes.
var notText = []struct{ magic, trim, name, repair string }{
	{"PK\x03\x04", "", "een Excel-werkmap (xlsx) of een ander zip-bestand", saveAsCSV},
	{"\xD0\xCF\x11\xE0", "", "een oude Excel-werkmap (xls)", saveAsCSV},
	{"%PDF", "", "een PDF", "Exporteer de gegevens als CSV; uit een PDF zijn ze niet betrouwbaar te lezen."},
	{"\x1F\x8B", "", "een gecomprimeerd bestand (gzip)", "Pak het uit en lever het CSV-bestand aan."},
	{"7z\xBC\xAF", "", "een gecomprimeerd bestand (7z)", "Pak het uit en lever het CSV-bestand aan."},
	{"{\\rtf", "", "een tekstdocument (RTF)", "Exporteer de gegevens als CSV."},
	{"<!DOCTYPE", " \r\n\t\xEF\xBB\xBF", "een webpagina (HTML)", "Exporteer de gegevens als CSV."},
	{"<html", " \r\n\t\xEF\xBB\xBF", "een webpagina (HTML)", "Exporteer de gegevens als CSV."},
	{"<?xml", " \r\n\t\xEF\xBB\xBF", "een XML-bestand", "Exporteer de gegevens als CSV."},
	{"\xFF\xFE\x00\x00", "", "een tekstbestand in UTF-32", "Bewaar het als \"CSV UTF-8\" en lever het opnieuw aan."},
}

// utf8Text hands on what it reads; the reader of rows checks it, because it
// knows lines and columns.
type utf8Text struct{ r io.Reader }

func (t utf8Text) read(dst []byte) (int, error) { return t.r.Read(dst) }
func (t utf8Text) invalid(b []byte) int         { return invalidUTF8(b) }
func (t utf8Text) verdict() error               { return nil }

// check refuses bytes that are not text, with the place where the first stands.
func (d *csvReader) check(b []byte) error {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		p := d.place0(b, i)
		p.Code, p.Message = "nul-teken", "Hier staat een NUL-teken: dit is geen tekstbestand, of het is beschadigd of in UTF-16 geschreven."
		p.Repair = "Bewaar het als \"CSV UTF-8\" en lever het opnieuw aan."
		return &FileError{p}
	}
	i := d.text.invalid(b)
	if i < 0 {
		return nil
	}
	p := d.place0(b, i)
	p.Code = "tekenset"
	if _, utf8 := d.text.text.(utf8Text); !utf8 {
		p.Message = "Hier staat een teken dat in deze tekenset niet bestaat."
	} else {
		p.Message = "Hier staat een teken dat geen UTF-8 is: het bestand lijkt in Windows-1252 geschreven."
	}
	p.Repair = "Bewaar het als \"CSV UTF-8\", of laat voor deze leverancier de tekenset windows-1252 instellen."
	return &FileError{p}
}

// place0 is a problem at byte i of the block that d.line begins.
func (d *csvReader) place0(b []byte, i int) Problem {
	start, _, _ := scanRows(b[:i], d.delim)
	column, quoted := 1, false
	for _, c := range b[start:i] {
		switch {
		case c == '"':
			quoted = !quoted
		case c == d.delim && !quoted:
			column++
		}
	}
	p := Problem{Line: d.line + bytes.Count(b[:i], lineEnd), Column: column}
	if column <= len(d.header) {
		p.Field = d.header[column-1]
	}
	return p
}

// invalidUTF8 is the index of the first byte that is no UTF-8, or -1.
func invalidUTF8(b []byte) int {
	for i := 0; ; {
		for i+8 <= len(b) {
			high := binary.LittleEndian.Uint64(b[i:]) & highs
			if high != 0 {
				i += bits.TrailingZeros64(high) >> 3
				break
			}
			i += 8
		}
		switch {
		case i == len(b):
			return -1
		case b[i] < utf8.RuneSelf: // among the last eight
			i++
		case b[i] >= 0xC2 && b[i] < 0xE0 && i+1 < len(b) && b[i+1]&0xC0 == 0x80:
			i += 2
		default:
			r, n := utf8.DecodeRune(b[i:])
			if r == utf8.RuneError && n == 1 {
				return i
			}
			i += n
		}
	}
}
