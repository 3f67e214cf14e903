package formats

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/bits"
)

var quote = []byte{'"'}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
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
	loneCR bool  // there is a CR that no LF follows

	records  []Record
	cells    [][]byte
	problems []Problem
	unread   [][]byte
	plain    []byte // quoted cells with their doubled quotes made single

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
	nl, q, cr uint64 // patterns to look for
	dl        uint64
}

// cutRows finds the rows and cells of the block.
func (k *block) cutRows() {
	c := cutter{block: k, p: k.from, line: k.line}
	c.dl, c.nl, c.q = uint64(k.delim)*ones, '\n'*ones, '"'*ones
	c.cr = c.nl
	if k.loneCR {
		c.cr = '\r' * ones
	}
	k.records, k.cells, k.plain = k.records[:0], k.cells[:0], k.plain[:0]
	k.problems, k.unread = k.problems[:0], k.unread[:0]
	copy(k.buf[k.n:], "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n"[:slack])
	for c.p < k.n {
		c.row()
	}
	k.Records, k.Problems, k.Unread = k.records, k.problems, k.unread
}

// row cuts the row at p and leaves p and line after it.
func (c *cutter) row() {
	c.rowStart, c.rowLine, c.firstCell = c.p, c.line, len(c.cells)
	buf, n, p := c.buf, c.n, c.p
	cells := c.cells
	dl, nl, q, cr := c.dl, c.nl, c.q, c.cr
	for {
		if buf[p] == '"' && p < n {
			c.cells = cells
			end, ok := c.quoted(p)
			if !ok {
				return
			}
			cells = append(cells, c.quotedCell(p, end))
			p = end + 1
		} else {
			start := p
			for {
				w := binary.LittleEndian.Uint64(buf[p:])
				x, y, z, r := w^dl, w^nl, w^q, w^cr
				m := ((x-ones)&^x | (y-ones)&^y | (z-ones)&^z | (r-ones)&^r) & highs
				if m != 0 {
					p += bits.TrailingZeros64(m) >> 3
					break
				}
				p += 8
			}
			end := p
			if buf[p] == '\n' && p > start && buf[p-1] == '\r' && p <= n {
				end--
			}
			cells = append(cells, buf[start:end:end])
		}
		switch b := buf[p]; {
		case p >= n: // the last row has no line end
			p = n
		case b == c.delim:
			p++
			continue
		case b == '\n':
			p++
		case b == '\r' && p+1 < n && buf[p+1] == '\n':
			p += 2
		case b == '\r': // a lone one, or the very last byte
			p++
		case b == '"':
			c.cells = cells
			c.refuse(p, len(cells), "Er staat een aanhalingsteken midden in een cel die niet met een aanhalingsteken begint.",
				"Zet de hele cel tussen aanhalingstekens en verdubbel de aanhalingstekens erin, of haal ze weg.")
			return
		default:
			c.cells = cells
			c.refuse(p, len(cells), c.afterQuote(), "Verdubbel de aanhalingstekens binnen de cel, of haal weg wat achter het sluitende aanhalingsteken staat.")
			return
		}
		break
	}
	c.cells = cells
	c.p = p
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

// quoted is the index of the quote that closes the one at p. When there is none,
// or when something follows it, the row is refused.
func (c *cutter) quoted(p int) (int, bool) {
	buf := c.buf
	i := p + 1
	line := c.line
	for {
		w := binary.LittleEndian.Uint64(buf[i:])
		y, z, r := w^c.nl, w^c.q, w^c.cr
		m := ((y-ones)&^y | (z-ones)&^z | (r-ones)&^r) & highs
		if m == 0 {
			i += 8
			if i < c.n {
				continue
			}
			i = c.n
		} else {
			i += bits.TrailingZeros64(m) >> 3
		}
		switch {
		case i >= c.n:
			c.refuse(p, len(c.cells)+1, "Het aanhalingsteken waarmee deze cel begint wordt niet gesloten.",
				"Zet het sluitende aanhalingsteken erbij of haal het openende weg.")
			return 0, false
		case buf[i] == '"':
			if buf[i+1] == '"' && i+1 < c.n {
				i += 2
				continue
			}
			c.line = line
			return i, true
		case buf[i] == '\n':
			line++
		case buf[i+1] != '\n': // a lone CR
			line++
		}
		i++
	}
}

// quotedCell is what stands between the quotes at p and end.
func (c *cutter) quotedCell(p, end int) []byte {
	cell := c.buf[p+1 : end : end]
	if bytes.IndexByte(cell, '"') < 0 {
		return cell
	}
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
