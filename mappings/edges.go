package mappings

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"loket-etl/formats"
	"loket-etl/validate"
)

// Edge is a file that was made of a good sample, and what came of it.
type Edge struct {
	Case string // "a date on 31 February in Datum, row 2"
	Want string // what the mapping declares must come of it
	Got  string // what came of it
	OK   bool
}

// edgeRun makes edge cases of one sample.
type edgeRun struct {
	s     *Sample
	m     *Mapping
	b     *edgeBase
	rules validate.Rules
	plain Outcome // of the sample itself
	edges []Edge
	err   error
}

// Edges makes files of a good sample that a sender may well deliver some day, and
// says whether of each comes what follows from the mapping: the same calls, or a
// problem that names row and column. The rules are those of the pipeline; only
// whether double rows are refused is looked at. None are made of a bad sample, few of
// one that is packed or one document.
func (s *Sample) Edges(ctx context.Context, m *Mapping, rules validate.Rules) ([]Edge, error) {
	if !s.Good {
		return nil, nil
	}
	e := &edgeRun{s: s, m: m, rules: validate.Rules{Duplicates: rules.Duplicates}}
	var err error
	if e.plain, err = s.run(ctx, m, s.data, false); err != nil || len(e.plain.Problems) > 0 {
		return nil, err
	}
	e.try(ctx, "an empty file", []byte{}, "the file is refused", refused)
	if m.IsDocument() || m.options.Packed != "" || m.index != "" || m.single {
		e.try(ctx, "half of the file", s.data[:len(s.data)/2], "the file is refused", refused)
	}
	if e.b, err = s.takeApart(ctx, m); errors.Is(err, errNoBase) {
		return e.edges, e.err
	} else if err != nil {
		return nil, err
	}
	e.whole(ctx)
	e.lines(ctx)
	e.columns(ctx)
	e.cells(ctx)
	e.double(ctx)
	return e.edges, e.err
}

// try runs a file and judges what comes of it; nil data: it cannot be made.
func (e *edgeRun) try(ctx context.Context, name string, data []byte, want string, judge func(o *Outcome) bool) {
	e.tryWith(ctx, validate.Rules{}, name, data, want, judge)
}

func (e *edgeRun) tryWith(ctx context.Context, rules validate.Rules, name string, data []byte, want string, judge func(o *Outcome) bool) {
	if e.err != nil || data == nil {
		return
	}
	o, err := e.s.runWith(ctx, e.m, data, false, rules)
	if err != nil {
		e.err = fmt.Errorf("%s: %w", name, err)
		return
	}
	e.edges = append(e.edges, Edge{Case: name, Want: want, Got: summary(&o), OK: judge(&o)})
}

// summary is what came out, in one line.
func summary(o *Outcome) string {
	if len(o.Problems) == 0 {
		n := len(o.Figures)
		for _, f := range o.Figures {
			if f.Get("argument") == modeArgument {
				n--
			}
		}
		return fmt.Sprintf("accepted, %d values", n)
	}
	text := o.Problems[0].String()
	if n := len(o.Problems); n > 1 {
		text += fmt.Sprintf(" (and %d more)", n-1)
	}
	if len(o.Figures) > 0 {
		return "accepted in spite of: " + text
	}
	return "refused: " + text
}

const sameCalls = "the same calls as the sample"

func (e *edgeRun) same(o *Outcome) bool {
	return len(o.Problems) == 0 && len(Compare(e.plain.Figures, o.Figures)) == 0
}

func refused(o *Outcome) bool { return o.Refused() && len(o.Problems) > 0 }

// names reports whether the file is refused with a problem in a cell: column is that
// of the file, from 0; -1: about the row.
func names(o *Outcome, line, column int) bool {
	return refused(o) && slices.ContainsFunc(o.Problems, func(p formats.Problem) bool {
		if p.Line == line && (column < 0 || p.Column == column+1) {
			return true
		}
		return column < 0 && mentions(p.Message, strconv.Itoa(line)) // a total, from several rows
	})
}

// mentions reports whether a number stands in a text.
func mentions(text, number string) bool {
	return slices.Contains(strings.FieldsFunc(text, func(r rune) bool { return r < '0' || r > '9' }), number)
}

// whole are cases of the file as a whole.
func (e *edgeRun) whole(ctx context.Context) {
	if e.hasHeader() {
		e.try(ctx, "a header and nothing else", e.b.text([]byte{}), "the file is refused", refused)
	}
	if e.m.format != "csv" && e.m.format != "fixed" {
		e.try(ctx, "the same rows as CSV", e.b.text(), sameCalls, e.same)
	}
	if !e.b.mark {
		e.try(ctx, "a byte order mark at the start", append([]byte(byteOrderMark), e.b.text()...), sameCalls, e.same)
	}
}

func (e *edgeRun) hasHeader() bool { return e.m.format != "fixed" && !e.m.options.NoHeader }

// lines are cases of line ends and blank lines.
func (e *edgeRun) lines(ctx context.Context) {
	text := e.b.text()
	inside := slices.ContainsFunc(e.b.rows, func(r edgeRow) bool {
		return slices.ContainsFunc(r.cells, func(c string) bool { return strings.ContainsAny(c, "\r\n") })
	})
	if !inside {
		unix := bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
		e.try(ctx, "line ends of Unix (LF)", unix, sameCalls, e.same)
		e.try(ctx, "line ends of Windows (CR LF)", bytes.ReplaceAll(unix, []byte("\n"), []byte("\r\n")), sameCalls, e.same)
		e.try(ctx, "no line end after the last row", bytes.TrimRight(text, "\r\n"), sameCalls, e.same)
	}
	blank := "\r\n\r\n"
	if e.m.format != "fixed" {
		blank += strings.Repeat(string(e.b.comma), max(len(e.b.header)-1, 1)) + "\r\n"
	}
	e.try(ctx, "blank lines at the end", append(text, blank...), sameCalls, e.same)
}

// columns are cases of the header.
func (e *edgeRun) columns(ctx context.Context) {
	if !e.hasHeader() {
		return
	}
	e.try(ctx, "the columns in another order", e.b.reshape(func(cells []string, _ bool) []string {
		for len(cells) < len(e.b.header) {
			cells = append(cells, "")
		}
		slices.Reverse(cells)
		return cells
	}), sameCalls, e.same)
	strange := e.b.reshape(func(cells []string, header bool) []string {
		for len(cells) < len(e.b.header) {
			cells = append(cells, "")
		}
		if header {
			return append(cells, "Onbekende kolom")
		}
		return append(cells, "x")
	})
	if e.m.options.Extra == "ignore" {
		e.try(ctx, "a column that the mapping does not name", strange, sameCalls+": extra_columns is ignore", e.same)
	} else {
		e.try(ctx, "a column that the mapping does not name", strange, "the file is refused, with the name of the column", func(o *Outcome) bool {
			return refused(o) && strings.Contains(strings.ToLower(o.Problems[0].String()), "onbekende kolom")
		})
	}
	for i, c := range e.m.options.Columns {
		at := e.b.columns[i].Index
		if c.Optional || at < 0 || len(e.b.header) < 2 {
			continue
		}
		e.try(ctx, "without the column "+c.Name, e.b.reshape(func(cells []string, _ bool) []string {
			if at < len(cells) {
				cells = slices.Delete(cells, at, at+1)
			}
			return cells
		}), "the file is refused, with the name of the column", func(o *Outcome) bool {
			return refused(o) && strings.Contains(o.Problems[0].String(), c.Name)
		})
	}
}

// cells are cases of one cell of the first row where that is possible.
func (e *edgeRun) cells(ctx context.Context) {
	for i := range e.b.columns {
		c := &e.b.columns[i]
		if c.Required {
			e.cell(ctx, "nothing in %s, row %d, which is required", i, nil, func(string) string { return "" })
		}
		switch c.Type {
		case validate.Date:
			if text := february31(c); text != "" {
				e.cell(ctx, "a date on 31 February in %s, row %d", i, nil, func(string) string { return text })
			}
			e.cell(ctx, "a word in %s, row %d, which is a date", i, nil, func(string) string { return "onbekend" })
		case validate.Integer, validate.Decimal, validate.Hours:
			e.cell(ctx, "a word in %s, row %d, which is a number", i, nil, func(string) string { return "nvt" })
		}
		if c.Type == validate.Decimal || c.Type == validate.Hours && (len(c.Notation) == 0 || slices.Contains(c.Notation, "decimal")) {
			e.cell(ctx, "the wrong decimal sign in %s, row %d", i, func(text string) bool { return isSwappable(c, text) }, func(text string) string {
				point, other := signs(c)
				return strings.Replace(text, point, other, 1)
			})
		}
	}
	e.tooLarge(ctx)
}

// cell tries one text in the first row where the column is filled so that fits says
// yes, and wants a problem there.
func (e *edgeRun) cell(ctx context.Context, name string, column int, fits func(string) bool, text func(string) string) {
	row, at, ok := e.b.first(column, fits)
	if !ok {
		return
	}
	line, to := e.b.rows[row].line, text(strings.TrimSpace(e.b.rows[row].cells[at]))
	if to == "" && len(e.b.rows[row].cells) == 1 {
		return // a blank line is no row
	}
	data := e.b.with(row, e.at(column, at), to)
	e.try(ctx, fmt.Sprintf(name, e.b.columns[column].Header, line), data,
		fmt.Sprintf("the file is refused, with a problem in row %d, column %d", line, at+1),
		func(o *Outcome) bool { return names(o, line, at) })
}

// at is which cell with is to change: of fixed width the column, else the place in
// the row.
func (e *edgeRun) at(column, index int) int {
	if e.m.format == "fixed" {
		return column
	}
	return index
}

// signs are the decimal sign that a column declares, and the other one.
func signs(c *validate.Column) (point, other string) {
	if c.Point == '.' {
		return ".", ","
	}
	return ",", "."
}

// isSwappable reports whether a number with the other decimal sign can only be a
// mistake: not a number with a separator of thousands.
func isSwappable(c *validate.Column, text string) bool {
	point, other := signs(c)
	whole, rest, ok := strings.Cut(text, point)
	return ok && whole != "" && rest != "" && !strings.Contains(text, ":") && (string(c.Thousands) != other || len(rest) != 3)
}

// february31 is 31 February as the column writes dates, "" when it cannot.
func february31(c *validate.Column) string {
	if len(c.Layouts) == 0 || c.Layouts[0] == "excel" {
		return ""
	}
	return strings.NewReplacer("yyyy", "2026", "MM", "02", "dd", "31").Replace(c.Layouts[0])
}

// tooLarge tries a number that Loket never takes in every column that a value is
// made of.
func (e *edgeRun) tooLarge(ctx context.Context) {
	seen := map[int]bool{}
	for row := range e.b.rows {
		for _, column := range e.b.rows[row].used {
			at := e.b.columns[column].Index
			if seen[column] || at < 0 || at >= len(e.b.rows[row].cells) || e.b.asked(column) {
				continue
			}
			seen[column] = true
			line := e.b.rows[row].line
			data := e.b.with(row, e.at(column, at), "99999999999")
			e.try(ctx, fmt.Sprintf("a number that is far too large in %s, row %d", e.b.columns[column].Header, line), data,
				fmt.Sprintf("the file is refused, with a problem about row %d", line),
				func(o *Outcome) bool { return names(o, line, -1) })
		}
	}
}
