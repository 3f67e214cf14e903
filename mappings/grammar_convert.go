package mappings

import (
	"slices"

	"loket-etl/mappings/expression"

	"github.com/goccy/go-yaml/ast"
)

// tableNode is what a table has for the row: a number where one is wanted.
func (g *grammar) tableNode(o *object, f form) *expression.Node {
	l := g.lookup(o, o.get("table"), anyValue)
	if l == nil {
		return nil
	}
	columns := slices.Clone(l.by)
	if l.on >= 0 {
		columns = append(columns, l.on)
	}
	nodes := make([]*expression.Node, len(columns))
	for i, c := range columns {
		nodes[i] = g.nodeOf(c)
	}
	typ := expression.Text
	var nums []expression.Num
	var other expression.Num
	if f >= amountValue {
		typ = expression.Number
		nums, other = g.tableNumbers(l, o)
	}
	find := func(r expression.Row) (v expression.Num, text []byte, ok bool) {
		w := r.(*worker)
		for _, c := range columns {
			if _, ok := w.Cell(c); !ok {
				return v, nil, false
			}
		}
		row, ok := w.find(l)
		switch {
		case !ok:
			return v, nil, false
		case row < 0:
			return other, []byte(l.text), true
		case nums != nil:
			return nums[row], nil, true
		}
		return v, []byte(l.texts[row]), true
	}
	return expression.OfLookup(typ, nodes, find)
}

// tableNumbers reads the column that is taken as numbers, with a point or a comma.
func (g *grammar) tableNumbers(l *lookup, o *object) (nums []expression.Num, other expression.Num) {
	take := o.nodes["take"].Value
	for i, text := range l.texts {
		v, ok := expression.Parse(text)
		if !ok {
			g.fail(take, "a number, with a point or a comma", "table %q, line %d: %q cannot be taken here", l.table.name, l.table.rows[i].line, text)
		}
		nums = append(nums, v)
	}
	if l.otherwise {
		v, ok := expression.Parse(l.text)
		if other = v; !ok {
			g.fail(o.nodes["otherwise"].Value, "", "%q must be a number", "otherwise")
		}
	}
	return nums, other
}

// operand is a number beside a value: a column by its name, a number, or an origin.
func (g *grammar) operand(n ast.Node, what string) *expression.Node {
	var node *expression.Node
	switch n.(type) {
	case *ast.IntegerNode, *ast.FloatNode:
		node = g.constantNode(n, amountValue)
	case *ast.StringNode:
		node = g.columnNode(n)
	default:
		node = g.part(n, what, amountValue)
	}
	if node != nil && node.Type != expression.Number && node.Type != expression.Fraction {
		g.fail(n, "type: hours, decimal or integer", "%s must be a number, not %s", what, node.Type)
		return nil
	}
	return node
}

// converted is a value with its unit, factors and rounding, in the order in which
// they are named here.
func (g *grammar) converted(o *object, node *expression.Node) *expression.Node {
	unit := o.choice("unit", "", "minutes", "seconds")
	times, percent := o.get("times"), o.get("percent")
	how := o.choice("round", "", "half-up", "half-even", "up", "down")
	decimals := 2
	if n := o.get("decimals"); n != nil {
		decimals, _ = g.number(n, "decimals", 0, 4)
		if !o.has("round") {
			g.fail(n, "round: half-up", "decimals says how many are left when it is rounded")
		}
	}
	if node == nil {
		return nil
	}
	if node.Type != expression.Number && node.Type != expression.Fraction {
		if unit != "" || times != nil || percent != nil || how != "" {
			g.fail(o.node, "type: hours, decimal or integer", "only a number is converted, not %s", node.Type)
			return nil
		}
		return node
	}
	one := expression.OfNum(expression.Int(1))
	if per := map[string]int64{"minutes": 60, "seconds": 3600}[unit]; per != 0 {
		node = expression.Times(node, one, per)
	}
	for _, factor := range []struct {
		n   ast.Node
		key string
		by  int64
	}{{times, "times", 1}, {percent, "percent", 100}} {
		if factor.n == nil {
			continue
		}
		with := g.operand(factor.n, factor.key)
		if with == nil {
			return nil
		}
		node = expression.Converted(node, with, factor.by)
	}
	if how != "" {
		parts := int64(1)
		for range decimals {
			parts *= 10
		}
		node = expression.Round(node, parts, expression.Ways[how])
	}
	return node
}
