package mappings

import (
	"context"
	"errors"
	"slices"
	"strings"

	"loket-etl/formats"
	"loket-etl/mappings/evidence"
	"loket-etl/payroll"
	"loket-etl/validate"
)

// ShapeRows is how many rows of a file its Shape is made of.
const ShapeRows = 10_000

// Shape is what the files of a sender look like: which columns, in which order,
// what kinds of cells, and the values of columns with codes. It holds no cell of a
// column that is personal, of one that the mapping does not use as a code, or of
// one with more than evidence.MaxValues values.
type Shape struct {
	Entry   int64         `json:"entry,omitempty"` // whose columns these are; the newest
	Rows    int           `json:"rows"`
	Columns []ShapeColumn `json:"columns"`
}

// ShapeColumn is one column of a Shape.
type ShapeColumn struct {
	Name    string          `json:"name"`
	Filled  int             `json:"filled,omitempty"`
	Kinds   []evidence.Kind `json:"kinds,omitempty"`
	Often   []evidence.Kind `json:"-"`                 // of the cells of this file, no single mistakes
	Layouts []string        `json:"layouts,omitempty"` // of dates
	Digits  int             `json:"digits,omitempty"`  // before the decimal sign, at most
	Fives   int             `json:"fives,omitempty"`   // cells such as 480: minutes, perhaps
	Values  []string        `json:"values,omitempty"`
	Many    bool            `json:"many,omitempty"` // too many values, or some that look personal

	Use use `json:"use,omitempty"` // as the mapping has it now
}

// use is what a mapping does with a column.
type use string

const (
	unused    use = ""
	asCode    use = "code"   // looked up, tested, or the number of a component
	asLabel   use = "label"  // a kostenplaats and the like: new values are no news
	asText    use = "text"   // used, but its kind changes nothing
	asNumber  use = "number" // declared as a number
	asHours   use = "hours"  // declared as hours, in decimals
	asDate    use = "date"
	asPrivate use = "personal"
)

// Shape looks at the first ShapeRows rows of a file. A file that cannot be read
// has none: nil. One with another header than the mapping wants has a shape, so
// that it can be said what became of its columns. The error is that of Open or of
// the context.
func (m *Mapping) Shape(ctx context.Context, in Input) (*Shape, error) {
	if m.IsDocument() || formats.Decoders[m.format] == nil {
		return nil, nil
	}
	s, err := m.shape(ctx, in, m.options, true)
	var fe *formats.FileError
	if errors.As(err, &fe) && fe.Problem.Code == "kopregel" && m.format == "csv" {
		free := m.options
		free.Columns, free.Extra = nil, ""
		s, err = m.shape(ctx, in, free, false)
	}
	if errors.As(err, &fe) {
		return nil, nil
	}
	return s, err
}

func (m *Mapping) shape(ctx context.Context, in Input, o formats.Options, declared bool) (*Shape, error) {
	f, err := in.Open()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	s := &Shape{}
	var seen []evidence.Column
	for b, err := range formats.Decode(m.format, contextReader{ctx, f}, o) {
		if err != nil {
			return nil, err
		}
		if seen == nil {
			seen = make([]evidence.Column, len(b.Header))
			s.name(m, b, declared)
		}
		b.Cut()
		s.Rows += len(b.Records)
		for _, r := range b.Records[:min(len(b.Records), ShapeRows-s.Rows+len(b.Records))] {
			for i := range seen {
				if i < len(r.Cells) {
					seen[i].Add(r.Cells[i])
				}
			}
		}
		b.Release()
		if s.Rows >= ShapeRows {
			s.Rows = ShapeRows
			break
		}
	}
	for i := range s.Columns {
		s.Columns[i].learn(&seen[i])
	}
	return s, nil
}

// name gives the columns their names and uses.
func (s *Shape) name(m *Mapping, b *formats.Batch, declared bool) {
	uses := m.uses()
	for i, name := range b.Header {
		c := ShapeColumn{Name: name}
		for d := range m.columns {
			if declared && d < len(b.Columns) && b.Columns[d] == i || !declared && strings.EqualFold(strings.TrimSpace(m.columns[d].Header), name) {
				c.Use = uses[d]
			}
		}
		s.Columns = append(s.Columns, c)
	}
}

// learn takes what was seen of the column.
func (c *ShapeColumn) learn(seen *evidence.Column) {
	c.Often = seen.Often()
	c.Filled, c.Kinds, c.Digits, c.Fives = seen.Filled, seen.Kinds(), seen.Digits, seen.SetsOfTen
	if slices.Contains(c.Kinds, evidence.Date) {
		c.Layouts, _ = seen.DateLayouts()
	}
	if c.Use != asCode && c.Use != asLabel {
		return
	}
	values, few := seen.Values()
	for _, v := range values {
		few = few && payroll.Discreet(v) == v && !strings.Contains(v, "@")
	}
	if c.Many = !few; few {
		c.Values = values
	}
}

// uses is what every column is for.
func (m *Mapping) uses() []use {
	out := make([]use, len(m.columns))
	for i := range m.columns {
		switch c := &m.columns[i]; {
		case c.Type == validate.Date:
			out[i] = asDate
		case c.Type == validate.Hours && !slices.Contains(c.Notation, "minutes"):
			out[i] = asHours
		case c.Type != validate.Text:
			out[i] = asNumber
		default:
			out[i] = asText
		}
	}
	mark := func(o *origin, u use) {
		switch o.kind {
		case fromColumn:
			out[o.column] = u
		case fromTable:
			for _, by := range o.lookup.by {
				out[by] = asCode
			}
		}
	}
	t := &m.to
	for d := range t.dims {
		mark(&t.dims[d], asLabel)
	}
	for i := range t.values {
		mark(&t.values[i].component, asCode)
		for _, c := range t.values[i].when {
			if c.ask == nil {
				out[c.column] = asCode
			}
		}
	}
	if t.what == leaveTarget {
		mark(&t.leave.soort, asCode)
		mark(&t.leave.factor, asCode)
	}
	for _, c := range slices.Concat(m.skip, m.keep) {
		if c.ask == nil && c.empty == 0 && m.columns[c.column].Type == validate.Text {
			out[c.column] = asCode
		}
	}
	if t.employee.kind == fromColumn {
		out[t.employee.column] = asPrivate
	}
	for i := range m.columns {
		if m.columns[i].Personal {
			out[i] = asPrivate
		}
	}
	return out
}

// After is what is remembered of a sender when this file was imported too: its
// columns when it is the newest, and the kinds and values of both. Doing it twice
// changes nothing.
func (s *Shape) After(old *Shape) *Shape {
	if old == nil {
		return s
	}
	newest, other := s, old
	if old.Entry > s.Entry {
		newest, other = old, s
	}
	out := &Shape{Entry: newest.Entry, Rows: max(s.Rows, old.Rows)}
	for _, c := range newest.Columns {
		if i := other.find(c.Name); i >= 0 {
			c.join(&other.Columns[i])
		}
		out.Columns = append(out.Columns, c)
	}
	return out
}

func (c *ShapeColumn) join(o *ShapeColumn) {
	c.Filled, c.Digits, c.Fives = max(c.Filled, o.Filled), max(c.Digits, o.Digits), max(c.Fives, o.Fives)
	c.Kinds, c.Layouts = union(c.Kinds, o.Kinds), union(c.Layouts, o.Layouts)
	if c.Use != asCode && c.Use != asLabel {
		return // it is no code any more, or personal by now
	}
	c.Values = union(c.Values, o.Values)
	if c.Many = c.Many || o.Many || len(c.Values) > 2*evidence.MaxValues; c.Many {
		c.Values = nil
	}
}

func union[T ~string](a, b []T) []T {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}

// find is the place of a column, whatever its case; -1 when it is not there.
func (s *Shape) find(name string) int {
	return slices.IndexFunc(s.Columns, func(c ShapeColumn) bool { return strings.EqualFold(c.Name, name) })
}
