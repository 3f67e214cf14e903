package mappings

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"

	"loket-etl/formats"
	"loket-etl/validate"
)

// edgeBase is a sample taken apart, to make other files of it: its own text where
// rows are lines, else the CSV of its columns that the mapping reads as well.
type edgeBase struct {
	m        *Mapping
	columns  []validate.Column
	preamble []byte
	header   []string
	rows     []edgeRow
	comma    byte
	mark     bool // a byte order mark stands before it
}

type edgeRow struct {
	line  int
	raw   []byte
	cells []string
	count bool  // the mapping does not pass it over
	used  []int // columns that a value is made of
}

// errNoBase says that nothing can be made of a sample.
var errNoBase = errors.New("no rows")

// takeApart reads a good sample. errNoBase: it is packed, or one document.
func (s *Sample) takeApart(ctx context.Context, m *Mapping) (*edgeBase, error) {
	if m.IsDocument() || m.options.Packed != "" || m.index != "" || m.single {
		return nil, errNoBase
	}
	b := &edgeBase{m: m, comma: ';'}
	if m.format == "csv" && m.options.Delimiter != 0 {
		b.comma = m.options.Delimiter
	}
	b.mark = m.format != "csv" && m.format != "fixed" || m.options.Charset != "" && m.options.Charset != "utf-8"
	if err := b.scan(ctx, s, s.data); err != nil {
		return nil, err
	}
	if len(b.preamble) > 5 && strings.EqualFold(string(b.preamble[:4]), "sep=") {
		b.comma = b.preamble[4]
	}
	for i := range b.rows { // the last may lack its line end
		b.rows[i].raw = appendRow(nil, b.rows[i].raw)
	}
	if m.format != "csv" && m.format != "fixed" { // lines and columns are those of the CSV
		text := b.text()
		b.rows = nil
		if err := b.scan(ctx, s, text); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// scan takes the rows of a file as they stand in it.
func (b *edgeBase) scan(ctx context.Context, s *Sample, data []byte) error {
	in := s.input(data, false)
	j, issue, err := b.m.newJob(&in)
	if err != nil || issue != nil {
		return errors.Join(err, errNoBase)
	}
	_, err = scan(ctx, j, func(int) *worker { return newWorker(j) }, func(_ context.Context, w *worker, batch *formats.Batch) error {
		batch.Cut()
		b.preamble, b.header = bytes.Clone(batch.Preamble), slices.Clone(batch.Header)
		for i := range batch.Records {
			w.rec = &batch.Records[i]
			r := edgeRow{line: w.rec.Line, raw: bytes.Clone(w.rec.Raw), count: !w.leftOut()}
			for _, c := range w.rec.Cells {
				r.cells = append(r.cells, string(c))
			}
			if r.count {
				r.used = w.usedColumns()
			}
			b.rows = append(b.rows, r)
		}
		return nil
	})
	b.columns = j.columns
	var file *formats.FileError
	if errors.As(err, &file) || err == nil && len(b.rows) == 0 {
		return errNoBase
	}
	return err
}

// usedColumns are the filled columns of the row that a value is made of.
func (w *worker) usedColumns() []int {
	if t := &w.j.m.to; t.what == leaveTarget {
		return []int{t.leave.eenheden}
	}
	var all []int
	for i := range w.j.values {
		r := &w.j.values[i]
		if slices.ContainsFunc(r.when, func(c condition) bool { return !w.holds(&c) }) {
			continue
		}
		for _, c := range r.columns {
			if strings.Trim(string(w.cell(c)), "0,.: ") != "" {
				all = append(all, c)
			}
		}
	}
	return all
}

// text is the file with these rows instead, with all of them when none are given.
func (b *edgeBase) text(rows ...[]byte) []byte {
	var out []byte
	if b.mark {
		out = append(out, byteOrderMark...)
	}
	out = append(out, b.preamble...)
	if rows == nil {
		for _, r := range b.rows {
			out = append(out, r.raw...)
		}
	}
	for _, r := range rows {
		out = append(out, r...)
	}
	return out
}

// with is the file in which a cell of a row has another text; nil when there is no
// room for it.
func (b *edgeBase) with(row, column int, text string) []byte {
	var rows [][]byte
	for _, r := range b.rows {
		rows = append(rows, r.raw)
	}
	if b.m.format == "fixed" {
		rows[row] = b.fixed(row, column, text)
		if rows[row] == nil {
			return nil
		}
		return b.text(rows...)
	}
	cells := slices.Clone(b.rows[row].cells)
	cells[column] = text
	rows[row] = b.line(cells)
	return b.text(rows...)
}

// fixed is a row of fixed width with another text in a column.
func (b *edgeBase) fixed(row, column int, text string) []byte {
	c := b.m.options.Columns[column]
	raw := []rune(strings.TrimRight(string(b.rows[row].raw), "\r\n"))
	if len([]rune(text)) > c.Length || len(raw) < c.Start-1+c.Length {
		return nil
	}
	cell := []rune(text + strings.Repeat(" ", c.Length-len([]rune(text))))
	return []byte(string(slices.Replace(raw, c.Start-1, c.Start-1+c.Length, cell...)) + "\r\n")
}

// line is a row of CSV.
func (b *edgeBase) line(cells []string) []byte {
	var out []byte
	for i, c := range cells {
		if i > 0 {
			out = append(out, b.comma)
		}
		if strings.ContainsAny(c, string(b.comma)+"\"\r\n") || c != strings.TrimSpace(c) {
			c = `"` + strings.ReplaceAll(c, `"`, `""`) + `"`
		}
		out = append(out, c...)
	}
	return append(out, "\r\n"...)
}

// reshape is the file with every row, the header too, changed by change.
func (b *edgeBase) reshape(change func(cells []string, header bool) []string) []byte {
	var rows [][]byte
	for _, r := range b.rows {
		rows = append(rows, b.line(change(slices.Clone(r.cells), false)))
	}
	other := *b
	other.preamble = nil
	if len(b.preamble) > 5 && strings.EqualFold(string(b.preamble[:4]), "sep=") {
		other.preamble = append(other.preamble, "sep="+string(b.comma)+"\r\n"...)
	}
	other.preamble = append(other.preamble, b.line(change(slices.Clone(b.header), true))...)
	return other.text(rows...)
}

// asked reports whether a column decides which rows are used, so that another text
// may rightly make its row be passed over.
func (b *edgeBase) asked(column int) bool {
	of := func(c condition) bool { return c.column == column }
	return slices.ContainsFunc(b.m.skip, of) || slices.ContainsFunc(b.m.keep, of)
}

// first is the first row that counts and in which a column of the mapping is filled
// with a text that fits says yes to (nil: any).
func (b *edgeBase) first(column int, fits func(text string) bool) (row, at int, ok bool) {
	if at = b.columns[column].Index; at < 0 || b.asked(column) {
		return 0, 0, false
	}
	row = slices.IndexFunc(b.rows, func(r edgeRow) bool {
		if !r.count || at >= len(r.cells) {
			return false
		}
		text := strings.TrimSpace(r.cells[at])
		return text != "" && text != b.m.to.empty && (fits == nil || fits(text))
	})
	return row, at, row >= 0
}
