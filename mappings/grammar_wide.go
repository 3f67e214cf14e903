package mappings

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"loket-etl/formats"
	"loket-etl/validate"

	"github.com/goccy/go-yaml/ast"
)

// wide says which cells of a row are rows of their own.
type wide struct {
	listed        []string // the headings, in the order of the file's columns after those that are declared; nil: all that are not declared
	says          []string // what each listed heading says
	heading, cell int      // columns
}

// IsWide reports whether a row of the file is as many rows as it has filled cells
// under the headings that the mapping names; those are the rows of a Report.
func (m *Mapping) IsWide() bool { return m.wide != nil }

const maxHeadings = 500

// readHeaderRows reads of how many rows the header is, and how they become names.
func (g *grammar) readHeaderRows(f *object) {
	o := &g.m.options
	if n := f.get("header_rows"); n != nil {
		o.HeaderRows, _ = g.number(n, "header_rows", 1, 2)
	}
	o.HeaderJoin = f.choice("header_join", "lowest", "both")
	switch {
	case o.HeaderRows < 2 && f.has("header_join"):
		g.fail(f.nodes["header_join"].Key, "header_rows: 2", "header_join says how two rows become names, and the header has one")
	case o.HeaderRows < 2:
		o.HeaderJoin = ""
	case o.NoHeader:
		g.fail(f.nodes["header_rows"].Key, "leave it out", "a file without a header has no %q", "header_rows")
	case o.HeaderWithin > 0:
		g.fail(f.nodes["header_within"].Key, "header_row: the first of the two", "a header of two rows is not looked for")
	}
}

// readWide reads which columns are unfolded into rows.
func (g *grammar) readWide(f *object, point, thousands byte) {
	n := f.get("wide")
	if n == nil {
		return
	}
	o := g.object(n, "wide")
	if o == nil {
		return
	}
	w := &wide{heading: -1, cell: -1}
	if g.m.options.NoHeader {
		g.fail(n, "header: yes", "a file without a header has no headings to make rows of")
	}
	if g.m.options.Extra == "components" {
		g.fail(f.nodes["extra_columns"].Value, "leave it out", "component columns and a wide sheet do not go together")
	}
	headings := o.need("headings", "headings: [ma, di, wo], 1..31, {ma: 0, di: 1}, or rest for all columns that are not named")
	optional := o.yes("optional", false)
	w.heading = g.wideColumn(o, "heading", point, thousands)
	w.cell = g.wideColumn(o, "cell", point, thousands)
	if headings != nil {
		g.headings(w, headings, optional, f)
	}
	o.done()
	if w.heading >= 0 && w.cell >= 0 {
		g.m.wide = w
	}
}

// wideColumn reads the column that holds what stands above a cell, or the cell.
func (g *grammar) wideColumn(o *object, key string, point, thousands byte) int {
	n := o.need(key, key+": {as: name, type: ...}")
	if n == nil {
		return -1
	}
	c := g.object(n, key)
	if c == nil {
		return -1
	}
	as := c.need("as", "the name used below")
	if as == nil {
		c.done()
		return -1
	}
	vc := validate.Column{Name: g.text(as, "as"), Index: -1, Point: point, Thousands: thousands}
	vc.Header = vc.Name
	g.readType(c, &vc)
	vc.Personal = c.yes("personal", false)
	c.done()
	g.checkColumn(c, &vc, formats.Column{})
	if _, twice := g.column[vc.Name]; twice {
		g.fail(as, "give one of them another name", "two columns are called %q", vc.Name)
		return -1
	}
	if key == "cell" {
		g.m.options.Wide = formats.Column{Kind: kinds[vc.Type], Personal: vc.Personal}
		if len(vc.Layouts) > 0 {
			g.m.options.Wide.Layout = vc.Layouts[0]
		}
	} else if vc.Type == validate.Date && g.m.format == "xlsx" && !slices.Contains(vc.Layouts, "yyyy-MM-dd") {
		vc.Layouts = append(vc.Layouts, "yyyy-MM-dd") // as a date in a header of a workbook comes
	}
	g.column[vc.Name] = len(g.m.columns)
	g.m.columns = append(g.m.columns, vc)
	return len(g.m.columns) - 1
}

// headings reads the names above the cells, and what each says.
func (g *grammar) headings(w *wide, n ast.Node, optional bool, f *object) {
	if text, ok := scalar(n); ok {
		if text == "rest" {
			if g.m.options.Extra = "wide"; f.has("extra_columns") {
				g.fail(f.nodes["extra_columns"].Key, "leave it out", "with headings: rest, all columns that are not named are headings")
			}
			return
		}
		from, to, ok := headingRange(text)
		if !ok {
			g.fail(n, "rest, 1..31, or a list of names", "headings cannot be %q", text)
			return
		}
		for i := from; i <= to; i++ {
			g.addHeading(w, n, strconv.Itoa(i), strconv.Itoa(i), optional)
		}
		return
	}
	if seq, ok := n.(*ast.SequenceNode); ok {
		for _, name := range seq.Values {
			text := g.filled(name, "headings")
			g.addHeading(w, name, text, text, optional)
		}
	} else if o := g.object(n, "headings"); o != nil {
		for _, name := range o.keys {
			g.addHeading(w, o.nodes[name].Key, name, o.text(name), optional)
		}
	}
	if len(w.listed) == 0 {
		g.fail(n, "headings: [ma, di, wo], or rest", "there are no headings")
	}
}

// headingRange reads "1..31".
func headingRange(text string) (from, to int, ok bool) {
	low, high, found := strings.Cut(text, "..")
	from, err := strconv.Atoi(low)
	to, err2 := strconv.Atoi(high)
	return from, to, found && err == nil && err2 == nil && from >= 0 && from <= to && to-from < maxHeadings
}

func (g *grammar) addHeading(w *wide, n ast.Node, name, says string, optional bool) {
	if len(w.listed) == maxHeadings {
		g.fail(n, "headings: rest", "there are more than %d headings", maxHeadings)
	}
	if len(w.listed) >= maxHeadings {
		return
	}
	fc := g.m.options.Wide
	fc.Name, fc.Optional = name, optional
	g.oneHeader(n, fc)
	w.listed, w.says = append(w.listed, name), append(w.says, says)
	g.m.options.Columns = append(g.m.options.Columns, fc)
	if w.heading >= 0 {
		g.checkHeading(n, w.heading, says)
	}
}

// checkHeading holds what a listed heading says against the column that takes it.
func (g *grammar) checkHeading(n ast.Node, column int, says string) {
	c := g.m.columns[column]
	c.Index = 0
	check, err := validate.Compile(g.m.name, nil, []validate.Column{c})
	if err != nil {
		return // told with the column
	}
	var wrong *formats.Problem
	check.Worker().Record(&formats.Record{Cells: [][]byte{[]byte(says)}}, make([]validate.Value, 1), func(p formats.Problem) { wrong = &p })
	if wrong != nil {
		g.fail(n, "{heading: what it says}, or another type", "heading %q cannot be read as %s", says, typeNames[c.Type])
	}
}

var typeNames = map[validate.Type]string{
	validate.Text: "text", validate.Integer: "an integer", validate.Decimal: "a decimal", validate.Hours: "hours", validate.Date: "a date",
}

// noWide refuses a wide sheet where rows are no values.
func (g *grammar) noWide(o *object) {
	if g.m.wide != nil {
		g.fail(o.nodes["what"].Value, "variabele gegevens or verlof", "a wide sheet does not become %s", fmt.Sprint(o.text("what")))
	}
}
