package mappings

import (
	"strings"

	"loket-etl/validate"
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
	column := c.need("column", "a column of the file")
	is, not, empty := c.list("is"), c.list("not"), c.get("empty")
	like, unlike := c.list("like"), c.list("not_like")
	c.done()
	if column == nil {
		return cond, false
	}
	if cond.column = g.columnOf(column); cond.column < 0 {
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
	case like != nil || unlike != nil:
		for _, v := range append(like, unlike...) {
			cond.like = append(cond.like, strings.ToLower(g.text(v, "like")))
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
