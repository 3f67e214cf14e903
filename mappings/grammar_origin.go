package mappings

import (
	"slices"
	"strconv"
	"strings"

	"loket-etl/validate"

	"github.com/goccy/go-yaml/ast"
)

type form int

const (
	anyValue form = iota
	anyText
	amountValue // a number, whole or not
	wholeNumber
	componentNumber
)

// origin reads where a value comes from.
func (g *grammar) origin(n ast.Node, what string, f form) origin {
	o := g.object(n, what)
	if o == nil {
		return origin{}
	}
	if o.isMade() {
		return g.madeOrigin(o, n, what, f)
	}
	column, table, fixed, from := o.get("column"), o.get("table"), o.get("constant"), o.text("from")
	var x origin
	switch {
	case column != nil && table == nil && fixed == nil && from == "":
		x = origin{kind: fromColumn, column: g.columnOf(column)}
		if x.column < 0 {
			x = origin{}
		} else if g.isNumberMade(x.column) && (f >= wholeNumber || f == anyText) {
			x.column = g.asWhole(x.column)
		} else if typ := g.m.columns[x.column].Type; f >= wholeNumber && typ != validate.Integer {
			g.fail(column, "type: integer", "%s must be a whole number", what)
		} else if f == anyText && typ != validate.Text && typ != validate.Integer {
			g.fail(column, "type: text or integer", "%s must be a text", what)
		}
	case table != nil && column == nil && fixed == nil && from == "":
		if l := g.lookup(o, table, f); l != nil {
			x = origin{kind: fromTable, lookup: l, column: l.by[len(l.by)-1]}
		}
	case fixed != nil && column == nil && table == nil && from == "":
		x = origin{kind: constant, text: g.filled(fixed, "constant")}
		if f >= wholeNumber {
			low, high := -1, 1<<31-1
			if f == componentNumber {
				low, high = 1, maxComponent
			}
			if f != componentNumber || x.text != OpenChoice {
				v, _ := g.number(fixed, "constant", low, high)
				x.num = int64(v)
			}
		}
	case from != "" && column == nil && table == nil && fixed == nil:
		x = g.outside(o.nodes["from"].Value, from, what)
	default:
		g.fail(n, "column:, table:, constant: or from:", "%s comes from exactly one place", what)
		return x
	}
	o.done()
	return x
}

// isNumberMade reports whether a column is a computed number.
func (g *grammar) isNumberMade(column int) bool {
	return column >= g.m.inFile && g.m.columns[column].Type == validate.Hours
}

// outside is an origin that is not in the rows.
func (g *grammar) outside(n ast.Node, from, what string) origin {
	switch {
	case what == "component" && from == "header":
		return origin{kind: fromHeader}
	case what == "clientnummer" && from == "pipeline":
		return origin{kind: fromPipeline}
	case (what == "clientnummer" || what == "werkgever_id") && from == "file_name":
		if g.m.filePat == nil || !g.m.filePat.has(what) {
			g.fail(n, `file: {name: "uren_{`+what+`}*.csv"}`, "the file's name has no {%s}", what)
		}
		return origin{kind: fromFileName}
	}
	g.fail(n, "", "%s does not come from %q", what, from)
	return origin{}
}

func (g *grammar) lookup(o *object, name ast.Node, f form) *lookup {
	l := &lookup{on: -1}
	by, take, on, other := o.list("by"), o.get("take"), o.get("on"), o.get("otherwise")
	l.table = g.tables[g.text(name, "table")]
	if l.table == nil {
		g.fail(name, "tables: holds the tables of this mapping", "there is no table %q", g.text(name, "table"))
		return nil
	}
	if l.table.unread {
		return nil
	}
	for _, c := range by {
		i := g.columnOf(c)
		if i >= 0 && g.isNumberMade(i) {
			i = g.asWhole(i)
		}
		if i >= 0 && g.m.columns[i].Type != validate.Text && g.m.columns[i].Type != validate.Integer {
			g.fail(c, "", "a table is looked up by text or integer columns")
		}
		l.by = append(l.by, i)
	}
	if len(l.by) != len(l.table.key) || slices.Contains(l.by, -1) {
		if !slices.Contains(l.by, -1) {
			g.fail(o.node, "by: one column of the file for each key column", "table %q has %d key columns, by has %d", l.table.name, len(l.table.key), len(l.by))
		}
		return nil
	}
	dated := l.table.from >= 0 || l.table.until >= 0
	if on != nil {
		if l.on = g.columnOf(on); l.on >= 0 && g.m.columns[l.on].Type != validate.Date {
			g.fail(on, "", "on must be a date column")
		}
	}
	if dated != (on != nil) {
		g.fail(o.node, "on: a date column, exactly when the table has valid_from or valid_until", "table %q is looked up on which date?", l.table.name)
		return nil
	}
	if take == nil {
		g.fail(o.node, "take: a column of the table", "what is taken from table %q?", l.table.name)
		return nil
	}
	if l.take = g.tableColumn(l.table, take, "take"); l.take < 0 {
		return nil
	}
	g.takeValues(l, take, f)
	if other != nil {
		l.otherwise, l.text = true, g.text(other, "otherwise")
		if f >= wholeNumber {
			low, high := bounds(f)
			v, _ := g.number(other, "otherwise", low, high)
			l.num = int64(v)
		}
	}
	return l
}

func bounds(f form) (low, high int) {
	if f == componentNumber {
		return 1, maxComponent
	}
	return -1, 1<<31 - 1
}

// takeValues reads the column that is taken, once for all rows of a file.
func (g *grammar) takeValues(l *lookup, n ast.Node, f form) {
	low, high := bounds(f)
	for i := range l.table.rows {
		cell := strings.TrimSpace(l.table.rows[i].cells[l.take])
		l.texts = append(l.texts, cell)
		v := 0
		if f >= wholeNumber && (f != componentNumber || cell != OpenChoice) {
			var err error
			if v, err = strconv.Atoi(cell); err != nil || v < low || v > high {
				g.fail(n, "a whole number from "+strconv.Itoa(low)+" to "+strconv.Itoa(high), "table %q, line %d: %q cannot be taken here", l.table.name, l.table.rows[i].line, cell)
			}
		}
		l.nums = append(l.nums, int64(v))
	}
}
