package propose

import (
	"archive/zip"
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"loket-etl/formats"
	"loket-etl/mappings/evidence"
)

// sniffer finds out how a file is written.
type sniffer struct {
	src  Source
	p    *Proposal
	head []byte // unpacked, in UTF-8
}

// detect finds the format and what its decoder must be told.
func (s *sniffer) detect() error {
	in, err := s.src.Open()
	if err != nil {
		return err
	}
	defer in.Close()
	r := bufio.NewReaderSize(in, 64<<10)
	magic, _ := r.Peek(4)
	o := &s.p.Options
	switch {
	case len(magic) == 0:
		return errors.New("the file is empty")
	case bytes.HasPrefix(magic, []byte("PK\x03\x04")):
		return s.zipped(r)
	case bytes.HasPrefix(magic, []byte{0x1f, 0x8b}):
		o.Packed = "gzip"
		return s.packed(r)
	case bytes.HasPrefix(magic, []byte("\xD0\xCF\x11\xE0")):
		return errors.New("this is an old workbook (xls) or one with a password: save it as xlsx")
	case bytes.HasPrefix(magic, []byte("%PDF")):
		return errors.New("this is a PDF: ask for a CSV or a workbook")
	}
	return s.plain(r)
}

// zipped tells a workbook from a packed file.
func (s *sniffer) zipped(r io.Reader) error {
	data, err := io.ReadAll(io.LimitReader(r, maxPacked+1))
	if err != nil {
		return err
	}
	if len(data) > maxPacked {
		return fmt.Errorf("a workbook or zip of more than %d MiB is not read", maxPacked>>20)
	}
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return fmt.Errorf("unpack: %w", err)
	}
	for _, f := range z.File {
		if f.Name == "xl/workbook.xml" {
			s.p.Format = "xlsx"
			return s.sheets(data)
		}
	}
	s.p.Options.Packed = "zip"
	return s.packed(bytes.NewReader(data))
}

// packed looks at the one file that is packed.
func (s *sniffer) packed(r io.Reader) error {
	in, err := formats.Unpack(r, s.p.Options)
	if err != nil {
		return asText(err)
	}
	return s.plain(in)
}

// plain looks at a file that is not packed (any more).
func (s *sniffer) plain(r io.Reader) error {
	head, err := io.ReadAll(io.LimitReader(r, headBytes))
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	if err := s.charset(head, r); err != nil {
		return err
	}
	text := bytes.TrimLeft(s.head, "\ufeff \t\r\n")
	switch {
	case len(text) == 0:
		return errors.New("the file is empty")
	case text[0] == '<':
		return s.tree("xml")
	case text[0] == '[':
		return s.tree("json")
	case text[0] == '{':
		first, rest, _ := bytes.Cut(text, []byte("\n"))
		if one := bytes.TrimSpace(first); one[len(one)-1] == '}' && bytes.HasPrefix(bytes.TrimSpace(rest), []byte("{")) {
			return s.tree("ndjson")
		}
		return s.tree("json")
	}
	s.p.Format = "csv"
	return s.delimiter()
}

// charset finds the character set, of which all of the file is read.
func (s *sniffer) charset(head []byte, rest io.Reader) error {
	o := &s.p.Options
	switch {
	case bytes.HasPrefix(head, []byte{0xFF, 0xFE}):
		o.Charset, s.head = "utf-16le", narrow(head[2:], 0)
	case bytes.HasPrefix(head, []byte{0xFE, 0xFF}):
		o.Charset, s.head = "utf-16be", narrow(head[2:], 1)
	case zeros(head, 1) > len(head)/4:
		o.Charset, s.head = "utf-16le", narrow(head, 0)
	case zeros(head, 0) > len(head)/4:
		o.Charset, s.head = "utf-16be", narrow(head, 1)
	default:
		all, err := isUTF8(head, rest)
		if err != nil {
			return err
		}
		if o.Charset, s.head = "utf-8", head; !all {
			o.Charset = "windows-1252"
		}
		if bytes.IndexByte(head, 0) >= 0 {
			return errors.New("this is no text: there are bytes in it that no export of text has")
		}
	}
	return nil
}

// zeros counts the zero bytes at even (0) or odd (1) places.
func zeros(b []byte, from int) int {
	n := 0
	for i := from; i < len(b); i += 2 {
		if b[i] == 0 {
			n++
		}
	}
	return n
}

// narrow is the ASCII of UTF-16; all that is above becomes a question mark, which
// is enough to find the structure.
func narrow(b []byte, low int) []byte {
	out := make([]byte, 0, len(b)/2)
	for i := 0; i+1 < len(b); i += 2 {
		if c := b[i+low]; b[i+1-low] == 0 && c < utf8.RuneSelf {
			out = append(out, c)
		} else {
			out = append(out, '?')
		}
	}
	return out
}

// isUTF8 reads on to the end; a character that is cut off at the end of a piece is
// no mistake.
func isUTF8(head []byte, rest io.Reader) (bool, error) {
	buf := append([]byte{}, head...)
	for {
		whole := len(buf)
		for k := 1; k < utf8.UTFMax && k <= len(buf); k++ {
			if utf8.RuneStart(buf[len(buf)-k]) {
				if !utf8.FullRune(buf[len(buf)-k:]) {
					whole = len(buf) - k
				}
				break
			}
		}
		if !utf8.Valid(buf[:whole]) {
			return false, nil
		}
		left := copy(buf, buf[whole:])
		buf = append(buf[:left], make([]byte, 64<<10)...)
		n, err := io.ReadFull(rest, buf[left:])
		buf = buf[:left+n]
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return utf8.Valid(buf), nil
		}
		if err != nil {
			return false, err
		}
	}
}

// delimiters in the order in which they are believed.
var delimiters = []byte{';', '\t', '|', ','}

// delimiter chooses the sign that cuts the most rows into the same number of
// cells, more than one.
func (s *sniffer) delimiter() error {
	o := &s.p.Options
	text := bytes.TrimPrefix(s.head, []byte("\ufeff"))
	if len(text) >= 5 && strings.EqualFold(string(text[:4]), "sep=") {
		o.Delimiter = text[4]
		_, text, _ = bytes.Cut(text, []byte("\n"))
	}
	var best [][]string
	most := 0
	for _, d := range delimiters {
		if o.Delimiter != 0 && d != o.Delimiter {
			continue
		}
		rows := cut(text, d, 200)
		if n := agree(rows); n > most {
			best, most, o.Delimiter = rows, n, d
		}
	}
	if best == nil {
		if line, d := s.titles(text); line > 0 {
			return fmt.Errorf("boven de kopregel (regel %d) staan titels; in een CSV kan daar niets overheen worden gelezen. Haal regel 1 tot en met %d weg, vraag de leverancier om een export zonder titels (gescheiden met %q), of lever het als werkmap (xlsx): daarin mag het wel", line, line-1, d)
		}
		if o.Delimiter == 0 {
			o.Delimiter = ';'
		}
		best = cut(text, o.Delimiter, 200)
		s.p.doubt("het bestand heeft één kolom, of heeft vaste kolombreedtes: dan is dit voorstel onbruikbaar, zie format: fixed")
	}
	if len(best) == 0 {
		return errors.New("the file is empty")
	}
	if !strings.ContainsRune(";,|\t", rune(o.Delimiter)) {
		return fmt.Errorf("the cells are separated by %q, which a mapping cannot say", o.Delimiter)
	}
	o.NoHeader = !isHeader(best)
	if o.NoHeader {
		s.p.doubt("er lijkt geen kopregel te zijn: de kolommen heten naar hun plaats")
	}
	return nil
}

// titles finds a header below lines that are no row: the line it stands on and what
// separates its cells, 0 for none.
func (s *sniffer) titles(text []byte) (line int, delim byte) {
	for line := 2; line <= titleRows; line++ {
		_, rest, more := bytes.Cut(text, []byte("\n"))
		if !more {
			break
		}
		text = rest
		if first, _, _ := bytes.Cut(text, []byte("\n")); len(bytes.TrimSpace(first)) == 0 {
			continue
		}
		for _, d := range delimiters {
			if s.p.Options.Delimiter != 0 && d != s.p.Options.Delimiter {
				continue
			}
			if rows := cut(text, d, 200); len(rows) > 1 && len(rows[0]) > 2 && agree(rows) > 0 && isHeader(rows) && filled(rows[0]) > 2 {
				return line, d
			}
		}
	}
	return 0, 0
}

// agree is the number of cells of the first row, weighed by how many rows have as
// many; 0 when that is one cell, or too few agree.
func agree(rows [][]string) int {
	if len(rows) == 0 || len(rows[0]) < 2 {
		return 0
	}
	same := 0
	for _, r := range rows {
		if len(r) == len(rows[0]) {
			same++
		}
	}
	if 2*same < len(rows) {
		return 0
	}
	return len(rows[0]) * same * 100 / len(rows)
}

// isHeader reports whether the first row names the columns: it has letters, and no
// date, decimal, clock time or address in it.
func isHeader(rows [][]string) bool {
	letters, dates := false, 0
	for _, cell := range rows[0] {
		var c evidence.Column
		c.Add([]byte(cell))
		if c.Commas+c.Points+c.Clocks+c.Mails+c.Periods+c.Unsure > 0 {
			return false
		}
		dates += c.Days
		letters = letters || strings.ContainsFunc(cell, func(r rune) bool { return r >= 'A' && r != '_' })
	}
	return letters && (dates == 0 || dates > 2) // one for every day
}

// cut splits text into at most so many rows that are not blank.
func cut(text []byte, delim byte, most int) (rows [][]string) {
	var row []string
	var cell []byte
	quoted, was := false, false
	end := func() {
		row = append(row, string(cell))
		cell, was = cell[:0], false
	}
	for i := 0; i < len(text) && len(rows) < most; i++ {
		switch c := text[i]; {
		case quoted && c == '"' && i+1 < len(text) && text[i+1] == '"':
			cell = append(cell, '"')
			i++
		case quoted && c == '"':
			quoted = false
		case quoted:
			cell = append(cell, c)
		case c == '"' && len(cell) == 0 && !was:
			quoted, was = true, true
		case c == delim:
			end()
		case c == '\n':
			end()
			if len(row) > 1 || strings.TrimSpace(row[0]) != "" {
				rows = append(rows, row)
			}
			row = nil
		case c != '\r':
			cell = append(cell, c)
		}
	}
	if (len(cell) > 0 || len(row) > 0) && len(rows) < most && len(text) < headBytes {
		end()
		rows = append(rows, row)
	}
	return rows
}
