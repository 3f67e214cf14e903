package mappings

import (
	"loket-etl/mappings/expression"
	"loket-etl/validate"

	"github.com/goccy/go-yaml/ast"
)

// conditions reads a list of tests on cells.
func (g *grammar) conditions(o *object, key string) []condition {
	var out []condition
	for _, n := range o.list(key) {
		if c := g.object(n, key); c != nil {
			if cond, ok := g.condition(c); ok {
				out = append(out, cond)
			}
		}
	}
	return out
}

func (g *grammar) condition(c *object) (cond condition, ok bool) {
	if ask := c.get("expr"); ask != nil {
		c.done()
		return g.asking(ask)
	}
	column := c.need("column", "a column of the file, or expr: a condition")
	is, not, empty := g.some(c.get("is"), "is"), g.some(c.get("not"), "not"), c.get("empty")
	like, unlike := g.some(c.get("like"), "like"), g.some(c.get("not_like"), "not_like")
	c.done()
	if column == nil {
		return cond, false
	}
	g.alone(func() { cond.column = g.columnOf(column) })
	if cond.column < 0 {
		return cond, false
	}
	given := 0
	for _, b := range []bool{is != nil, not != nil, empty != nil, like != nil, unlike != nil} {
		if b {
			given++
		}
	}
	if given != 1 {
		g.fail(c.node, `is: [values], not: [values], like: ["Totaal*"], not_like: [...], or empty: yes/no`, "a condition asks exactly one thing")
		return cond, false
	}
	cond.not = not != nil || unlike != nil
	switch typ := g.m.columns[cond.column].Type; {
	case empty != nil:
		cond.empty = -1
		if c.yes("empty", false) {
			cond.empty = 1
		}
	case cond.column >= g.m.inFile && typ != validate.Text:
		g.fail(column, `expr: "uren > 8"`, "of what is computed, only a text is compared with texts")
	case like != nil || unlike != nil:
		for _, v := range append(like, unlike...) {
			cond.like = append(cond.like, foldKey(nil, []byte(g.text(v, "like"))))
		}
	case typ != validate.Text && typ != validate.Integer:
		g.fail(column, "like looks at what stands in any column", "is and not look at text and integer columns only")
	default:
		cond.number = typ == validate.Integer
		for _, v := range append(is, not...) {
			text := g.text(v, "is")
			if cond.number {
				text = trimZeros(text)
			}
			cond.values = append(cond.values, text)
		}
	}
	return cond, true
}

// asking reads a condition that is an expression.
func (g *grammar) asking(n ast.Node) (cond condition, ok bool) {
	node := g.expression(n)
	if node == nil {
		return cond, false
	}
	if node.Type != expression.Truth {
		g.fail(n, "compare it: uren > 0", "this is %s, not a condition", node.Type)
		return cond, false
	}
	cond = condition{column: -1, ask: &asked{node, g.m.asks}}
	g.m.asks++
	return cond, true
}

// early checks conditions that are asked before a row is checked: those that look at
// values wait until it is read.
func (g *grammar) early(all []condition) []condition {
	for i := range all {
		if all[i].ask != nil || all[i].column >= g.m.inFile {
			g.m.late = true
		}
	}
	return all
}
