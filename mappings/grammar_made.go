package mappings

import (
	"slices"

	"loket-etl/mappings/expression"
	"loket-etl/validate"

	"github.com/goccy/go-yaml/ast"
)

// madeKeys are the forms of an origin that are computed, and what goes with them.
var madeKeys = []string{"first_of", "join", "when", "worked", "expr"}

// alongKeys are the keys that say more about one of these.
var alongKeys = []string{"with", "then", "else"}

const maxComputed = 200

// isMade reports whether an origin is computed; either way its keys are known.
func (o *object) isMade() bool {
	made := slices.ContainsFunc(madeKeys, o.has)
	o.asked = append(o.asked, madeKeys...)
	return made
}

// broken is a computed column that is wrong: what asks for it says nothing more.
const broken = -2

// compute reads the columns that are made of others, each from those before it.
func (g *grammar) compute(o *object) {
	g.m.inFile = len(g.m.columns)
	all := o.child("compute")
	if all == nil {
		return
	}
	for _, name := range all.keys {
		key := all.nodes[name].Key
		n := all.get(name)
		if n == nil {
			continue
		}
		if _, twice := g.column[name]; twice {
			g.fail(key, "give it another name", "two columns are called %q", name)
			continue
		}
		c := g.object(n, name)
		if c == nil {
			continue
		}
		f := anyValue
		if c.choice("type", "", "number") == "number" || slices.ContainsFunc(convertKeys, c.has) {
			f = amountValue
		}
		g.column[name] = broken
		node, optional := g.made(c, n, name, f)
		if node == nil {
			continue
		}
		typ, ok := g.typeOf(node, n, name, amountValue)
		if !ok {
			continue
		}
		g.column[name] = g.add(node, typ, name, optional)
	}
	all.done()
}

// add makes a computed column of a program.
func (g *grammar) add(node *expression.Node, typ validate.Type, name string, optional bool) int {
	if len(g.m.computed) == maxComputed {
		g.failAt(1, 1, "", "more than %d values are computed", maxComputed)
	}
	c := validate.Column{Name: name, Header: name, Index: -1, Type: typ}
	for _, from := range node.Columns {
		c.Personal = c.Personal || g.m.columns[from].Personal
	}
	g.m.computed = append(g.m.computed, computed{node, optional})
	g.m.columns = append(g.m.columns, c)
	return len(g.m.columns) - 1
}

// need notes that what is read now needs a column, if it is computed.
func (g *grammar) need(column int) {
	if column >= g.m.inFile && g.needs != nil && !slices.Contains(*g.needs, column) && g.m.inFile > 0 {
		*g.needs = append(*g.needs, column)
	}
}

// alone reads something that asks for its columns itself.
func (g *grammar) alone(read func()) {
	needs := g.needs
	g.needs = nil
	defer func() { g.needs = needs }()
	read()
}

// made reads an origin of any form as a program, nil when it is wrong. Optional says
// that it is empty, not wrong, when what it needs is empty.
func (g *grammar) made(o *object, n ast.Node, what string, f form) (node *expression.Node, optional bool) {
	g.alone(func() {
		node, optional = g.form(o, n, what, f)
		if f == amountValue {
			node = g.converted(o, node)
		}
	})
	o.done()
	return node, optional
}

func (g *grammar) form(o *object, n ast.Node, what string, f form) (node *expression.Node, optional bool) {
	keys := append([]string{"column", "constant", "table", "sum"}, madeKeys...)
	given := 0
	for _, key := range keys {
		if o.has(key) {
			given++
		}
	}
	o.isMade()
	if given != 1 {
		g.fail(n, "column:, constant:, table:, first_of:, join:, when:, worked: or expr:", "%s comes from exactly one place", what)
		o.asked = append(append(o.asked, keys...), alongKeys...)
		return nil, false
	}
	switch {
	case o.has("column"):
		return g.columnNode(o.get("column")), true
	case o.has("constant"):
		return g.constantNode(o.get("constant"), f), true
	case o.has("table"):
		return g.tableNode(o, f), true
	case o.has("sum"):
		return g.sumNode(o), true
	case o.has("first_of"):
		return g.firstNode(o, what, f), true
	case o.has("join"):
		return g.joinNode(o, what), true
	case o.has("when"):
		return g.whenNode(o, what, f), true
	case o.has("worked"):
		return g.workedNode(o), true
	}
	return g.expression(o.get("expr")), false
}

// part is an origin inside another.
func (g *grammar) part(n ast.Node, what string, f form) *expression.Node {
	if n == nil {
		return nil
	}
	o := g.object(n, what)
	if o == nil {
		return nil
	}
	node, _ := g.form(o, n, what, f)
	if f == amountValue {
		node = g.converted(o, node)
	}
	o.done()
	return node
}

func (g *grammar) columnNode(n ast.Node) *expression.Node {
	if n == nil {
		return nil
	}
	i := g.columnOf(n)
	if i < 0 {
		return nil
	}
	return g.nodeOf(i)
}

func (g *grammar) nodeOf(column int) *expression.Node {
	c := &g.m.columns[column]
	return expression.OfColumn(column, c.Type, c.Header)
}

// constantNode is a text, unless it is a number in YAML or a number is wanted.
func (g *grammar) constantNode(n ast.Node, f form) *expression.Node {
	if n == nil {
		return nil
	}
	text := g.text(n, "constant")
	_, quoted := n.(*ast.StringNode)
	if quoted && f < amountValue || f == anyText {
		return expression.OfText(text)
	}
	v, ok := expression.Parse(text)
	if !ok {
		g.fail(n, "at most 15 digits before the point and 9 behind it", "%q is no number", text)
		return nil
	}
	return expression.OfNum(v)
}

func (g *grammar) sumNode(o *object) *expression.Node {
	var of []*expression.Node
	for _, n := range g.some(o.get("sum"), "sum") {
		node := g.columnNode(n)
		if node == nil {
			return nil
		}
		if node.Type != expression.Number {
			g.fail(n, "type: hours, decimal or integer", "column %q is no number", g.m.columns[node.Column].Name)
			return nil
		}
		of = append(of, node)
	}
	if len(of) == 0 {
		return nil
	}
	return expression.Sum(of)
}

func (g *grammar) firstNode(o *object, what string, f form) *expression.Node {
	var of []*expression.Node
	ok := true
	for _, n := range o.list("first_of") {
		node := g.part(n, what, f)
		ok = ok && node != nil
		of = append(of, node)
	}
	if !ok {
		return nil
	}
	n := o.nodes["first_of"].Value
	if len(of) < 2 {
		g.fail(n, "first_of: [{column: a}, {column: b}]", "first_of needs at least two")
		return nil
	}
	first := expression.FirstOf(of)
	if first == nil {
		g.fail(n, "", "what first_of chooses from is of different types")
	}
	return first
}

func (g *grammar) joinNode(o *object, what string) *expression.Node {
	mark := o.text("with")
	var of []*expression.Node
	ok := true
	for _, n := range g.some(o.get("join"), "join") {
		node := g.part(n, what, anyText)
		if node != nil && node.Type != expression.Text {
			if node.Type == expression.Date || node.Type == expression.Number {
				node = expression.TextOf(node)
			} else {
				g.fail(n, "round it first", "%s cannot be joined", node.Type)
				node = nil
			}
		}
		ok = ok && node != nil
		of = append(of, node)
	}
	if !ok || len(of) == 0 {
		return nil
	}
	return expression.Join(of, mark)
}

// whenNode is one origin when all conditions hold, and another, or nothing, when
// they do not.
func (g *grammar) whenNode(o *object, what string, f form) *expression.Node {
	conditions := g.conditions(o, "when")
	yes := g.part(o.need("then", "then: {column: ...}: what it is when the conditions hold"), what, f)
	no := g.part(o.get("else"), what, f)
	if yes == nil || no == nil && o.has("else") {
		return nil
	}
	if no == nil {
		no = expression.Nothing(yes.Type)
	}
	var columns []int
	for i := range conditions {
		if a := conditions[i].ask; a != nil {
			columns = append(columns, a.node.Columns...)
		} else {
			columns = append(columns, conditions[i].column)
		}
	}
	ask := expression.OfTruth(columns, func(r expression.Row) (bool, bool) {
		w := r.(*worker)
		for i := range conditions {
			if holds, ok := w.holdsOrFails(&conditions[i]); !holds || !ok {
				return false, ok
			}
		}
		return true, true
	})
	node := expression.Choose(ask, yes, no)
	if node == nil {
		g.fail(o.nodes["else"].Value, "both must be of one type", "then is %s, else %s", yes.Type, no.Type)
	}
	return node
}

// workedNode is the hours from start to end, less a break.
func (g *grammar) workedNode(o *object) *expression.Node {
	n := o.get("worked")
	if n == nil {
		return nil
	}
	w := g.object(n, "worked")
	if w == nil {
		return nil
	}
	var of []*expression.Node
	ok := true
	for _, key := range []string{"start", "end", "break"} {
		at := w.get(key)
		if at == nil {
			if key != "break" && !w.has(key) {
				g.fail(w.node, key+": a column of hours, notation: [clock]", "worked has no %q", key)
			}
			ok = ok && key == "break" && !w.has(key)
			continue
		}
		node := g.operand(at, key)
		ok = ok && node != nil
		of = append(of, node)
	}
	w.done()
	if !ok {
		return nil
	}
	return expression.HoursBetween(of)
}

// madeOrigin is an origin that is computed.
func (g *grammar) madeOrigin(o *object, n ast.Node, what string, f form) origin {
	node, optional := g.made(o, n, what, f)
	if node == nil {
		return origin{}
	}
	typ, ok := g.typeOf(node, n, what, f)
	if !ok {
		return origin{}
	}
	column := g.add(node, typ, "", optional)
	g.need(column)
	return origin{kind: fromColumn, column: column}
}

// asWhole is a computed number as a whole one, for where that is wanted.
func (g *grammar) asWhole(column int) int {
	node := g.nodeOf(column)
	whole := g.add(node, validate.Integer, g.m.columns[column].Name, true)
	g.need(whole)
	return whole
}
