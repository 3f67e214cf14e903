package formats

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"loket-etl/payroll"
)

const (
	batchBytes = 256 << 10
	batchRows  = 4096
)

// gatherer makes batches of the rows that a decoder finds one by one.
type gatherer struct {
	contract
	sheet    string
	preamble []byte
	point    byte
	maxCell  int
	maxRow   int
	lines    bool // rows are lines of text: they need no line of CSV

	yield func(*Batch, error) bool
	ended bool // the reader of the batches wants no more
	seen  bool // a row with something in it
	count int  // of batches

	now       *gathered
	line      int
	offset    int64
	wrong     *Problem
	firstCell int

	mu   sync.Mutex
	free []*gathered
}

// gathered is a batch with its memory, used again after Release. While it grows,
// cells and rows are places in buf.
type gathered struct {
	Batch
	buf     []byte
	spans   []span
	rows    []gatheredRow
	cells   [][]byte
	records []Record
}

type span struct{ from, to int }

type gatheredRow struct {
	line      int
	offset    int64
	raw       span
	cell, end int // of spans
	problem   int // index into Problems, -1 for a good row
}

func newGatherer(o Options, yield func(*Batch, error) bool) *gatherer {
	g := &gatherer{
		contract: contract{columns: o.Columns, extra: o.Extra},
		point:    o.Point, maxCell: o.MaxCell, maxRow: o.MaxRow, yield: yield,
	}
	if g.point == 0 {
		g.point = ','
	}
	if g.maxCell == 0 {
		g.maxCell = 64 << 10
	}
	if g.maxRow == 0 {
		g.maxRow = 1 << 20
	}
	return g
}

// declared takes the declared columns as the header, in their order.
func (g *gatherer) declared() {
	g.header, g.at = nil, nil
	for i, c := range g.columns {
		g.header = append(g.header, c.Name)
		g.at = append(g.at, i)
	}
}

// begun makes the preamble: the names of the columns as a line of CSV.
func (g *gatherer) begun() {
	first := true
	for _, name := range g.header {
		if name != "" {
			g.preamble = appendCell(g.preamble, []byte(name), first)
			first = false
		}
	}
	g.preamble = append(g.preamble, crlf...)
}

// open begins a row.
func (g *gatherer) open(line int, offset int64) {
	if g.now == nil {
		g.now = g.take()
	}
	g.line, g.offset, g.wrong = line, offset, nil
	g.firstCell = len(g.now.spans)
}

// put adds a cell to the row.
func (g *gatherer) put(cell []byte) {
	from := len(g.now.buf)
	g.now.buf = append(g.now.buf, cell...)
	g.now.spans = append(g.now.spans, span{from, len(g.now.buf)})
	if len(cell) > g.maxCell {
		g.refuse(len(g.now.spans)-g.firstCell, nil, "cel-te-lang",
			fmt.Sprintf("De cel is langer dan %s.", size(g.maxCell)), "Kort de tekst in.")
	}
	if g.wrong == nil && bytes.Contains(cell, damaged) {
		g.refuse(len(g.now.spans)-g.firstCell, nil, "teken-beschadigd",
			"In deze cel staat een teken dat bij het maken van het bestand beschadigd is.", "Exporteer het bestand opnieuw.")
	}
}

var damaged = []byte(string(utf8.RuneError))

// refuse makes the row a problem; the first counts. Column is from 1, value as
// read.
func (g *gatherer) refuse(column int, value []byte, code, message, repair string) {
	if g.wrong != nil {
		return
	}
	p := &Problem{Sheet: g.sheet, Line: g.line, Column: column, Code: code, Message: message, Repair: repair}
	if column > 0 && column <= len(g.header) {
		p.Field = g.header[column-1]
	}
	if c := g.column(column); len(value) > 0 {
		p.Value = shown(value, c != nil && c.Personal)
	}
	g.wrong = p
}

// column is the declared column that stands at a place, nil if none does.
func (g *gatherer) column(at int) *Column {
	if i := slices.Index(g.at, at-1); i >= 0 {
		return &g.columns[i]
	}
	return nil
}

// shown is a value as a problem has it.
func shown(value []byte, personal bool) string {
	s := strings.ToValidUTF8(string(value[:min(len(value), 1<<10)]), "?")
	if personal {
		return payroll.Mask(s)
	}
	if r := []rune(s); len(r) > 60 {
		return string(r[:59]) + "…"
	}
	return s
}

// close ends the row, as it stood or nil for a line of CSV; false when the reader
// of the batches wants no more.
func (g *gatherer) close(raw []byte) bool {
	k := g.now
	cells := k.spans[g.firstCell:]
	empty := true
	for _, c := range cells {
		if len(bytes.TrimSpace(k.buf[c.from:c.to])) > 0 {
			empty = false
			break
		}
	}
	if empty && g.wrong == nil {
		k.Blank++
		k.spans = k.spans[:g.firstCell]
		return true
	}
	g.seen = true
	row := gatheredRow{line: g.line, offset: g.offset, cell: g.firstCell, end: len(k.spans), problem: -1}
	row.raw.from = len(k.buf)
	if g.lines {
		k.buf = append(k.buf, raw...)
	} else {
		g.appendCSV(cells)
	}
	row.raw.to = len(k.buf)
	if g.wrong != nil {
		row.problem = len(k.Problems)
		k.Problems = append(k.Problems, *g.wrong)
	}
	k.rows = append(k.rows, row)
	if len(k.buf) < batchBytes && len(k.rows) < batchRows {
		return true
	}
	return g.flush()
}

// appendCSV writes the row as a line of CSV, without the columns that have no
// name.
func (g *gatherer) appendCSV(cells []span) {
	b, first := g.now.buf, true
	for i, name := range g.header {
		if name == "" {
			continue
		}
		var cell []byte
		if i < len(cells) {
			cell = g.now.buf[cells[i].from:cells[i].to]
		}
		b = appendCell(b, cell, first)
		first = false
	}
	g.now.buf = append(b, crlf...)
}

func appendCell(b, cell []byte, first bool) []byte {
	if !first {
		b = append(b, ';')
	}
	if !bytes.ContainsAny(cell, "\";\r\n") {
		return append(b, cell...)
	}
	b = append(b, '"')
	b = append(b, bytes.ReplaceAll(cell, quote, []byte(`""`))...)
	return append(b, '"')
}

// flush hands on what was gathered.
func (g *gatherer) flush() bool {
	k := g.now
	if k == nil || g.ended {
		return !g.ended
	}
	g.now = nil
	k.cells, k.records = k.cells[:0], k.records[:0]
	for _, s := range k.spans {
		k.cells = append(k.cells, k.buf[s.from:s.to:s.to])
	}
	for _, r := range k.rows {
		raw := k.buf[r.raw.from:r.raw.to:r.raw.to]
		if r.problem >= 0 {
			k.Unread = append(k.Unread, raw)
			continue
		}
		k.records = append(k.records, Record{Line: r.line, Offset: r.offset, Raw: raw, Cells: k.cells[r.cell:r.end:r.end]})
	}
	k.Index, k.Sheet, k.Header, k.Columns, k.Extra, k.Preamble = g.count, g.sheet, g.header, g.at, g.extras, g.preamble
	k.Records = k.records
	k.release = func(*Batch) {
		g.mu.Lock()
		g.free = append(g.free, k)
		g.mu.Unlock()
	}
	g.count++
	g.ended = !g.yield(&k.Batch, nil)
	return !g.ended
}

func (g *gatherer) take() *gathered {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := len(g.free)
	if n == 0 {
		return &gathered{buf: make([]byte, 0, 16<<10)}
	}
	k := g.free[n-1]
	g.free = g.free[:n-1]
	k.buf, k.spans, k.rows = k.buf[:0], k.spans[:0], k.rows[:0]
	k.Batch = Batch{Problems: k.Problems[:0], Unread: k.Unread[:0]}
	return k
}

// finish ends the file: err is why it could not be read to its end.
func (g *gatherer) finish(err error) {
	if g.ended || !g.flush() {
		return
	}
	if err == nil && !g.seen {
		err = &FileError{Problem{
			Sheet: g.sheet, Code: "geen-rijen", Message: "Er staan geen gegevens in het bestand.",
			Repair: "Controleer of de export van de juiste periode is en of er uren zijn geboekt, en exporteer opnieuw.",
		}}
	}
	if err != nil {
		g.yield(nil, err)
	}
}

// unread looks at the first bytes of r: refused says that it is a CSV of rows
// that were refused before.
func unread(r io.Reader, starts string) (head []byte, refused bool, rest io.Reader, err error) {
	head = make([]byte, 512)
	n, err := io.ReadFull(r, head)
	if err != nil && n == 0 && err != io.EOF || err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, false, nil, err
	}
	head = head[:n]
	text, mark := bytes.CutPrefix(head, []byte("\xEF\xBB\xBF"))
	text = bytes.TrimLeft(text, " \t\r\n")
	refused = mark && len(text) > 0 && !strings.ContainsRune(starts, rune(text[0]))
	return head, refused, io.MultiReader(bytes.NewReader(head), r), nil
}

// asCSV reads the rows of a file that were refused before, as CSV in UTF-8.
func asCSV(r io.Reader, o Options, yield func(*Batch, error) bool) {
	o.Charset, o.Delimiter, o.NoHeader, o.HeaderRows = "utf-8", ';', false, 1
	for b, err := range CSV(r, o) {
		if !yield(b, err) {
			return
		}
	}
}
