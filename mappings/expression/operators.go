package expression

import (
	"bytes"
	"fmt"
	"slices"

	"loket-etl/payroll"

	"github.com/expr-lang/expr/ast"
)

func dateOf(pick func(*State) *Node) func(*State) payroll.Date {
	return func(s *State) payroll.Date { return pick(s).date(s) }
}

func (c *compiler) binary(n *ast.BinaryNode) *Node {
	if n.Operator == "in" {
		return c.in(n)
	}
	hints := map[string]string{
		"??": "first_of(a, b)", "matches": `like(code, "N*")`, "%": "round_down(a / b, 0)", "^": "a * a", "**": "a * a", "..": "a >= 1 and a <= 5",
	}
	if hint, ok := hints[n.Operator]; ok {
		c.fail(n, "write "+hint, "%s is not used here", n.Operator)
	}
	a, b := c.node(n.Left), c.node(n.Right)
	switch op := n.Operator; op {
	case "+", "-", "*", "/":
		return c.arithmetic(n, a, b)
	case "and", "&&", "or", "||":
		if a.Type == Truth && b.Type == Truth {
			return both(a, b, op == "and" || op == "&&")
		}
	case "==", "!=", "<", "<=", ">", ">=":
		if node := compared(a, b, op); node != nil {
			return node
		}
	case "contains", "startsWith", "endsWith":
		if a.Type == Text && b.Type == Text {
			ask := map[string]func(a, b []byte) bool{"contains": bytes.Contains, "startsWith": bytes.HasPrefix, "endsWith": bytes.HasSuffix}[op]
			return texts(a, b, ask)
		}
	}
	c.fail(n, "", "%s does not go with %s and %s", n.Operator, a.Type, b.Type)
	return nil
}

func (c *compiler) arithmetic(n *ast.BinaryNode, a, b *Node) *Node {
	op := n.Operator
	if op == "+" && a.Type == Text && b.Type == Text {
		return joined([]*Node{a, b})
	}
	if !a.Type.isNumber() || !b.Type.isNumber() {
		hint := ""
		switch {
		case a.Type == Date || b.Type == Date:
			hint = "add_days(date, 7) and days_between(from, until) calculate with dates"
		case a.Type == Text && b.Type.isNumber():
			hint = "text(number) makes a text of a number"
		}
		c.fail(n, hint, "%s does not go with %s and %s", op, a.Type, b.Type)
	}
	typ := numbers(a, b)
	if op == "/" {
		typ = c.quotient(n, a, b)
	}
	do := map[string]func(a, b Num) (Num, bool){"+": Num.add, "*": Num.mul, "/": Num.div, "-": func(a, b Num) (Num, bool) {
		m, ok := b.neg()
		if !ok {
			return m, false
		}
		return a.add(m)
	}}[op]
	node := over(typ, a, b)
	if op == "/" {
		fail := Failure{Column: b.Column, Code: "delen-door-nul", Message: "In een berekening wordt door nul gedeeld.", Repair: "Controleer de getallen op deze regel."}
		return checked(node, func(s *State) (Num, bool) {
			x, y := a.num(s), b.num(s)
			if y.isZero() {
				s.Fail(fail)
				return Num{0, 1}, true
			}
			return do(x, y)
		})
	}
	return checked(node, func(s *State) (Num, bool) { return do(a.num(s), b.num(s)) })
}

// quotient is the type of a division: a number when the divisor is a number that
// every number can be divided by and come to an end.
func (c *compiler) quotient(n *ast.BinaryNode, a, b *Node) Type {
	if !b.fixed {
		return Fraction
	}
	v := b.num(&State{})
	if v.isZero() {
		c.fail(n.Right, "", "this divides by zero")
	}
	p := v.n
	for _, f := range []int64{2, 5} {
		for p%f == 0 {
			p /= f
		}
	}
	if p == 1 || p == -1 {
		return a.Type
	}
	return Fraction
}

func both(a, b *Node, and bool) *Node {
	n := over(Truth, a, b)
	if and {
		n.truth = func(s *State) bool { return a.truth(s) && b.truth(s) }
	} else {
		n.truth = func(s *State) bool { return a.truth(s) || b.truth(s) }
	}
	return n
}

// compared is a comparison, nil when the two cannot be compared.
func compared(a, b *Node, op string) *Node {
	var compare func(s *State) int
	switch {
	case a.Type.isNumber() && b.Type.isNumber():
		compare = func(s *State) int { return a.num(s).compare(b.num(s)) }
	case a.Type == Text && b.Type == Text:
		compare = func(s *State) int { return bytes.Compare(a.text(s), b.text(s)) }
	case a.Type == Date && b.Type == Date:
		compare = func(s *State) int { return int(a.date(s)) - int(b.date(s)) }
	default:
		return nil
	}
	n := over(Truth, a, b)
	n.truth = map[string]func(s *State) bool{
		"==": func(s *State) bool { return compare(s) == 0 }, "!=": func(s *State) bool { return compare(s) != 0 },
		"<": func(s *State) bool { return compare(s) < 0 }, "<=": func(s *State) bool { return compare(s) <= 0 },
		">": func(s *State) bool { return compare(s) > 0 }, ">=": func(s *State) bool { return compare(s) >= 0 },
	}[op]
	return n
}

func texts(a, b *Node, ask func(a, b []byte) bool) *Node {
	n := over(Truth, a, b)
	n.truth = func(s *State) bool { return ask(a.text(s), b.text(s)) }
	return n
}

// in is a question whether a value is one of a list.
func (c *compiler) in(n *ast.BinaryNode) *Node {
	a := c.node(n.Left)
	list, ok := n.Right.(*ast.ArrayNode)
	if !ok || len(list.Nodes) == 0 {
		c.fail(n.Right, `in ["N", "O"]`, "behind in stands a list of values")
	}
	var nums []Num
	var words [][]byte
	for _, e := range list.Nodes {
		b := c.node(e)
		switch {
		case !b.fixed:
			c.fail(e, "", "a list holds values, no columns")
		case a.Type.isNumber() && b.Type.isNumber():
			nums = append(nums, b.num(&State{}))
		case a.Type == Text && b.Type == Text:
			words = append(words, slices.Clone(b.text(&State{})))
		default:
			c.fail(e, fmt.Sprintf("what is looked for is %s", a.Type), "the list holds %s", b.Type)
		}
	}
	node := over(Truth, a)
	if a.Type == Text {
		node.truth = func(s *State) bool {
			v := a.text(s)
			return slices.ContainsFunc(words, func(w []byte) bool { return bytes.Equal(v, w) })
		}
		return node
	}
	node.truth = func(s *State) bool {
		v := a.num(s)
		return slices.ContainsFunc(nums, func(w Num) bool { return v.compare(w) == 0 })
	}
	return node
}

// joined is texts behind each other.
func joined(of []*Node) *Node {
	return built(over(Text, of...), of, func(b []byte, parts [][]byte) []byte {
		for _, p := range parts {
			if len(b)+len(p) > 2*maxText {
				break // refused as too long
			}
			b = append(b, p...)
		}
		return b
	})
}
