package formats

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"unicode/utf8"
)

// Fixed decodes lines of which each column has its own characters, Column.Start
// and Column.Length; what no column covers is not looked at. A line may end
// before the columns at its end, which are then empty, when they are Optional. It
// holds a batch and never the whole file.
func Fixed(r io.Reader, o Options) iter.Seq2[*Batch, error] {
	return func(yield func(*Batch, error) bool) {
		t, err := newText(r, o.Charset)
		if err != nil {
			yield(nil, err)
			return
		}
		g := newGatherer(o, yield)
		g.lines = true
		g.declared()
		d := &fixedReader{gatherer: g, text: t, lines: bufio.NewReaderSize(&textReader{t: t}, 64<<10)}
		for i, c := range o.Columns {
			if c.Start < 1 || c.Length < 1 {
				yield(nil, fmt.Errorf("fixed: column %q has no place", c.Name))
				return
			}
			if !c.Optional {
				d.least = max(d.least, c.Start+c.Length-1)
				d.last = i
			}
		}
		err = d.read()
		if err == nil {
			err = t.verdict()
		}
		g.finish(err)
	}
}

type fixedReader struct {
	*gatherer
	text   *sniffer
	lines  *bufio.Reader
	least  int // characters that a line must have
	last   int // the column that ends there
	starts []int
}

func (d *fixedReader) read() error {
	var row []byte
	offset := int64(0)
	for line := 1; ; line++ {
		row = row[:0]
		for {
			part, err := d.lines.ReadSlice('\n')
			row = append(row, part...)
			if len(row) > d.maxRow {
				return &FileError{Problem{Line: line, Code: "rij-te-lang",
					Message: fmt.Sprintf("De regel is langer dan %s.", size(d.maxRow)),
					Repair:  "Controleer of dit het juiste bestand is en of alle regeleinden er nog in staan."}}
			}
			if errors.Is(err, bufio.ErrBufferFull) {
				continue
			}
			if err != nil && !errors.Is(err, io.EOF) {
				return err
			}
			if len(row) == 0 {
				if line == 1 {
					return emptyFile()
				}
				return nil
			}
			break
		}
		if bad := d.text.invalid(row); bad >= 0 || bytes.IndexByte(row, 0) >= 0 {
			return &FileError{Problem{Line: line, Code: "tekenset", Message: "Hier staat een teken dat in deze tekenset niet bestaat.",
				Repair: "Bewaar het bestand in de afgesproken tekenset, of laat voor deze leverancier de juiste tekenset instellen."}}
		}
		d.open(line, offset)
		if offset += int64(len(row)); !d.row(bytes.TrimRight(row, "\r\n"), row) {
			return nil
		}
	}
}

// row cuts one line.
func (d *fixedReader) row(b, raw []byte) bool {
	if len(bytes.Trim(b, " \t\x1A")) == 0 {
		return d.close(raw)
	}
	d.starts = d.starts[:0] // of characters, when they are not all one byte
	n := utf8.RuneCount(b)
	if n != len(b) {
		for i := range string(b) {
			d.starts = append(d.starts, i)
		}
	}
	for _, c := range d.columns {
		d.put(bytes.TrimSpace(d.slice(b, c.Start-1, c.Start-1+c.Length, n)))
	}
	if n < d.least {
		d.refuse(d.last+1, nil, "regel-te-kort",
			fmt.Sprintf("De regel heeft %s, afgesproken zijn er ten minste %d.", count(n, "teken", "tekens"), d.least),
			"Exporteer het bestand opnieuw; spaties aan het einde van een regel mogen niet wegvallen.")
	}
	return d.close(raw)
}

// slice is the characters from a up to b of a line of n.
func (d *fixedReader) slice(line []byte, a, b, n int) []byte {
	a, b = min(a, n), min(b, n)
	if len(d.starts) == 0 {
		return line[a:b]
	}
	at := func(i int) int {
		if i == n {
			return len(line)
		}
		return d.starts[i]
	}
	return line[at(a):at(b)]
}

// textReader is a text as a reader.
type textReader struct {
	t    *sniffer
	buf  [32 << 10]byte
	rest []byte
}

// Read gives the text in UTF-8.
func (t *textReader) Read(p []byte) (int, error) {
	for idle := 0; len(t.rest) == 0; idle++ {
		n, err := t.t.read(t.buf[:])
		t.rest = t.buf[:n]
		if n == 0 && err != nil {
			return 0, err
		}
		if idle > 100 {
			return 0, io.ErrNoProgress
		}
	}
	n := copy(p, t.rest)
	t.rest = t.rest[n:]
	return n, nil
}
