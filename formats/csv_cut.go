package formats

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/bits"
)

var (
	quote   = []byte{'"'}
	lineEnd = []byte{'\n'}
	crlf    = []byte("\r\n")
)

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080

	lines  = '\n' * ones
	quotes = '"' * ones
)

// block is a batch with its memory, used again after Release.
type block struct {
	Batch
	layout
	buf    []byte // rows in buf[from:n], then at least slack bytes
	from   int
	n      int
	line   int   // physical line of the first row
	offset int64 // of buf[0]

	records  []Record
	cells    [][]byte
	problems []Problem
	unread   [][]byte
	plain    []byte // cells with their doubled quotes made single

	first     [][]byte // the cells of the first row of the file, when width is -1
	cutting   func(*Batch)
	releasing func(*Batch)
}

// cutter is the state of cutting one block.
type cutter struct {
	*block
	p         int // where we read
	line      int
	rowStart  int
	rowLine   int
	firstCell int
}

// cutRows finds the rows and cells of the block.
func (k *block) cutRows() {
	c := cutter{block: k, p: k.from, line: k.line}
	k.records, k.cells, k.plain = k.records[:0], k.cells[:0], k.plain[:0]
	k.problems, k.unread = k.problems[:0], k.unread[:0]
	copy(k.buf[k.n:], "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n"[:slack]) // so that every cell ends
	for c.p < k.n {
		c.row()
	}
	k.Records, k.Problems, k.Unread = k.records, k.problems, k.unread
}

// row cuts the row at p and leaves p and line after it.
func (c *cutter) row() {
	c.rowStart, c.rowLine, c.firstCell = c.p, c.line, len(c.cells)
	buf, p := c.buf, c.p
	cells := c.cells
	delim := c.delim
	dl := uint64(delim) * ones
	for {
		start := p
		if buf[p] == '"' {
			c.cells = cells
			end, doubled := c.quoted(p)
			if end < 0 {
				return
			}
			cell := buf[p+1 : end : end]
			if doubled {
				cell = c.single(cell)
			}
			cells = append(cells, cell)
			if p = end + 1; buf[p] == delim {
				p++
				continue
			}
			if buf[p] == '\r' && buf[p+1] == '\n' {
				p++
			}
			if buf[p] != '\n' {
				c.cells = cells
				c.refuse(p, len(cells), c.afterQuote(), "Verdubbel de aanhalingstekens binnen de cel, of haal weg wat achter het sluitende aanhalingsteken staat.")
				return
			}
			break
		}
		for {
			w := binary.LittleEndian.Uint64(buf[p:])
			x, y, z := w^dl, w^lines, w^quotes
			if m := ((x-ones)&^x | (y-ones)&^y | (z-ones)&^z) & highs; m != 0 {
				p += bits.TrailingZeros64(m) >> 3
				break
			}
			p += 8
		}
		if buf[p] == delim {
			cells = append(cells, buf[start:p:p])
			p++
			continue
		}
		end := p
		if p > start && buf[p-1] == '\r' {
			end--
		}
		cells = append(cells, buf[start:end:end])
		if buf[p] == '"' {
			c.cells = cells
			c.refuse(p, len(cells), "Er staat een aanhalingsteken midden in een cel die niet met een aanhalingsteken begint.",
				"Zet de hele cel tussen aanhalingstekens en verdubbel de aanhalingstekens erin, of haal ze weg.")
			return
		}
		break
	}
	c.cells = cells
	c.p = min(p+1, c.n) // the last row may have no line end
	c.line++
	c.keep()
}

// keep makes the cells since firstCell a record, if they are one.
func (c *cutter) keep() {
	cells := c.cells[c.firstCell:len(c.cells):len(c.cells)]
	raw := c.buf[c.rowStart:c.p:c.p]
	if first := cells[0]; (len(first) == 0 || first[0] <= ' ') && blank(cells) {
		c.Blank++
		c.cells = c.cells[:c.firstCell]
		return
	}
	switch {
	case c.width < 0: // the first row, which says how wide the others are
		c.first = cells
		c.problem(Problem{Line: c.rowLine, Code: "aantal-cellen"}, raw)
		return
	case len(cells) != c.width:
		c.problem(Problem{Line: c.rowLine, Code: "aantal-cellen", Message: c.wrongWidth(cells), Repair: c.repairWidth(cells)}, raw)
		return
	case len(raw) > c.maxCell && c.tooBig(cells, raw):
		return
	case c.named < c.width:
		for i, cell := range cells[c.named:] {
			if len(bytes.TrimSpace(cell)) > 0 {
				c.problem(Problem{Line: c.rowLine, Column: c.named + i + 1, Code: "kolom-zonder-naam",
					Message: "Deze cel is gevuld, maar staat in een kolom zonder naam in de kopregel.",
					Repair:  "Geef de kolom een naam of maak de cel leeg."}, raw)
				return
			}
		}
		cells = cells[:c.named:c.named]
	}
	c.records = append(c.records, Record{Line: c.rowLine, Offset: c.offset + int64(c.rowStart), Raw: raw, Cells: cells})
}

// quoted is the index of the quote that closes the one at p, and whether there
// are doubled quotes between them. When there is none the row is refused.
func (c *cutter) quoted(p int) (end int, doubled bool) {
	buf := c.buf
	line := c.line
	for i := p + 1; ; i++ {
		for {
			w := binary.LittleEndian.Uint64(buf[i:])
			y, z := w^lines, w^quotes
			if m := ((y-ones)&^y | (z-ones)&^z) & highs; m != 0 {
				i += bits.TrailingZeros64(m) >> 3
				break
			}
			i += 8
		}
		switch {
		case i >= c.n:
			c.refuse(p, len(c.cells)+1, "Het aanhalingsteken waarmee deze cel begint wordt niet gesloten.",
				"Zet het sluitende aanhalingsteken erbij of haal het openende weg.")
			return -1, false
		case buf[i] == '\n':
			line++
		case buf[i+1] == '"':
			doubled = true
			i++
		default:
			c.line = line
			return i, doubled
		}
	}
}

// single makes every doubled quote of a cell a single one.
func (c *cutter) single(cell []byte) []byte {
	from := len(c.plain)
	for {
		i := bytes.IndexByte(cell, '"')
		if i < 0 {
			c.plain = append(c.plain, cell...)
			return c.plain[from:len(c.plain):len(c.plain)]
		}
		c.plain = append(c.plain, cell[:i+1]...)
		cell = cell[i+2:]
	}
}

// refuse reports the row as unreadable at a cell and goes on at the next
// physical line after p, so that nothing that stood between quotes is taken for
// a row.
func (c *cutter) refuse(p, cells int, message, repair string) {
	end := nextLine(c.buf[:c.n], p)
	c.p = end
	c.line++
	c.problem(Problem{
		Line: c.rowLine, Column: cells - c.firstCell, Code: "aanhalingsteken", Message: message, Repair: repair,
	}, c.buf[c.rowStart:end:end])
}

func (c *cutter) problem(p Problem, raw []byte) {
	if p.Column > 0 && p.Column <= len(c.Header) {
		p.Field = c.Header[p.Column-1]
	}
	c.cells = c.cells[:c.firstCell]
	c.problems = append(c.problems, p)
	c.unread = append(c.unread, raw)
}

func (c *cutter) afterQuote() string {
	if c.line > c.rowLine {
		return fmt.Sprintf("De cel loopt door tot regel %d en na het sluitende aanhalingsteken daar volgt nog tekst.", c.line)
	}
	return "Na het sluitende aanhalingsteken van deze cel volgt nog tekst."
}

func (c *cutter) wrongWidth(cells [][]byte) string {
	what := "de kopregel"
	if len(c.Preamble) == 0 {
		what = "de eerste rij"
	}
	return fmt.Sprintf("De rij heeft %s, %s heeft er %d.", count(len(cells), "cel", "cellen"), what, c.width)
}

func (c *cutter) repairWidth(cells [][]byte) string {
	if len(cells) < c.width {
		return "Vul de ontbrekende cellen aan; een lege cel houdt wel zijn scheidingsteken."
	}
	return "Haal de cellen weg die te veel zijn, of zet een cel waar het scheidingsteken in voorkomt tussen aanhalingstekens."
}

// tooBig reports a row or cell over its limit.
func (c *cutter) tooBig(cells [][]byte, raw []byte) bool {
	if len(raw) > c.maxRow {
		c.problem(Problem{Line: c.rowLine, Code: "rij-te-lang",
			Message: fmt.Sprintf("De rij is langer dan %s.", size(c.maxRow)), Repair: "Kort de rij in of controleer de export."}, raw)
		return true
	}
	for i, cell := range cells {
		if len(cell) > c.maxCell {
			c.problem(Problem{Line: c.rowLine, Column: i + 1, Code: "cel-te-lang",
				Message: fmt.Sprintf("De cel is langer dan %s.", size(c.maxCell)), Repair: "Kort de tekst in of controleer de aanhalingstekens eromheen."}, raw)
			return true
		}
	}
	return false
}

// blank says whether nothing stands in the row.
func blank(cells [][]byte) bool {
	for _, cell := range cells {
		if len(bytes.TrimSpace(cell)) > 0 {
			return false
		}
	}
	return true
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
