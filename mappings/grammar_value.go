package mappings

import (
	"slices"

	"loket-etl/validate"

	"github.com/goccy/go-yaml/ast"
)

func (g *grammar) value(t *target, o *object) {
	var r valueRule
	row := g.needs
	defer func() { g.needs = row }()
	g.needs = &r.also
	n := o.need("component", "component: {constant: 1}, {column: ...}, {table: ...} or {from: header}")
	if n != nil {
		r.component = g.origin(n, "component", componentNumber)
	}
	r.skipZero = o.choice("zero", "send", "skip") == "skip"
	r.when = g.conditions(o, "when")
	g.needs = &r.needs
	if r.component.kind == fromHeader {
		if g.m.options.Extra != "components" {
			g.fail(n, "extra_columns: components", "component columns of the header must be let in first")
		}
		o.done()
		t.values = append(t.values, r)
		return
	}
	if n := o.need("value", "value: {column: ...}, {sum: [...]} or {constant: 1}"); n != nil {
		if v := g.object(n, "value"); v != nil {
			g.amount(&r, v, n)
		}
	}
	o.done()
	t.values = append(t.values, r)
}

// amount reads what a value is.
func (g *grammar) amount(r *valueRule, v *object, n ast.Node) {
	if v.isConverted() {
		x := g.madeOrigin(v, n, "value", amountValue)
		if x.kind == fromColumn {
			if typ := g.m.columns[x.column].Type; typ != validate.Hours {
				g.fail(n, "number: digits of a text are whole(text)", "a value must be a number, not %s", typeNames[typ])
			}
			g.oncePerCell(n, x.column)
			r.columns = []int{x.column}
		}
		return
	}
	columns := slices.Concat(v.list("column"), v.list("sum"), v.list("only"))
	fixed := v.get("constant")
	v.done()
	if len(v.keys) != 1 || (len(columns) > 0) == (fixed != nil) {
		g.fail(n, "column:, sum: [columns], only: [columns], constant:, or one that is computed", "a value comes from exactly one place")
		return
	}
	r.only = v.has("only")
	if fixed != nil {
		k, _ := g.number(fixed, "constant", -100_000_000, 100_000_000)
		r.constant = int64(k) * validate.TicksPerHour
	}
	for _, c := range columns {
		i := g.columnOf(c)
		if i < 0 {
			continue
		}
		if typ := g.m.columns[i].Type; typ == validate.Text || typ == validate.Date {
			g.fail(c, "type: hours, decimal or integer", "column %q is no number", g.m.columns[i].Name)
		}
		g.oncePerCell(c, i)
		r.columns = append(r.columns, i)
	}
}

// convertKeys are the keys of a value that make something else of it.
var convertKeys = []string{"unit", "times", "percent", "round", "decimals"}

// isConverted reports whether a value is computed; either way its keys are known.
func (o *object) isConverted() bool {
	made := slices.ContainsFunc(convertKeys, o.has) || o.has("table")
	o.asked = append(o.asked, "table")
	o.asked = append(o.asked, convertKeys...)
	return o.isMade() || made
}

// oncePerCell refuses a value of a wide sheet that does not look at the cell.
func (g *grammar) oncePerCell(n ast.Node, column int) {
	if g.m.wide == nil || g.looksAt(column, g.m.wide.cell) {
		return
	}
	name := g.m.columns[column].Name
	if name == "" {
		name = "value"
	}
	g.fail(n, "make it one of the headings, and ask for it with when:", "column %q would count again for every cell of its row", name)
}

// looksAt reports whether a column is another, or is computed of it.
func (g *grammar) looksAt(column, other int) bool {
	if column == other {
		return true
	}
	if column < g.m.inFile {
		return false
	}
	return slices.ContainsFunc(g.m.computed[column-g.m.inFile].node.Columns, func(c int) bool { return c < column && g.looksAt(c, other) })
}
