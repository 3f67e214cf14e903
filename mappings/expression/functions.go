package expression

import (
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
)

// Function is a function of expressions, as the pages about it show it. Example is
// an expression, and Result what it gives as Show writes it; in an example uren is
// 7.5, minuten 450, begin 22:00, einde 6:30, pauze 0:30, code "N12", naam "Anna",
// datum 1 October 2026 and leeg an empty number.
type Function struct {
	Name      string
	Signature string // round(number, decimals) number
	English   string // one sentence
	Dutch     string
	Example   string
	Result    string

	takes []Type // of the arguments; a Number may be a Fraction
	least int    // how many it needs; 0: all of takes
	more  bool   // the last of takes may stand more often
	make  func(c *compiler, at ast.Node, args []*Node) *Node
}

// Functions are all functions, in the order of the pages.
var Functions = slices.Concat(numberFunctions, hourFunctions, textFunctions, dateFunctions, cellFunctions)

// call makes a function call after holding its arguments against the table.
func (c *compiler) call(n ast.Node, name string, args []ast.Node) *Node {
	if name == "column" {
		return c.named(n, args)
	}
	var f *Function
	known := make([]string, len(Functions))
	for i := range Functions {
		known[i] = Functions[i].Name
		if Functions[i].Name == name {
			f = &Functions[i]
		}
	}
	if f == nil {
		hint := "known: " + strings.Join(known, ", ")
		if near := c.scope.Nearest(name, known); len(near) > 0 {
			hint = "did you mean " + near[0] + "?"
		}
		c.fail(n, hint, "there is no function %q", name)
	}
	least := f.least
	if least == 0 {
		least = len(f.takes)
	}
	if len(args) < least || len(args) > len(f.takes) && !f.more {
		c.fail(n, f.Signature, "%s has %s", name, count(len(args)))
	}
	nodes := make([]*Node, len(args))
	for i, a := range args {
		nodes[i] = c.node(a)
		want := f.takes[min(i, len(f.takes)-1)]
		if got := nodes[i].Type; want != anyType && got != want && !(want == Number && got == Fraction) {
			c.fail(a, f.Signature, "%s does not go with %s here", name, got)
		}
	}
	return f.make(c, n, nodes)
}

// anyType is an argument of any type.
const anyType Type = -1

func count(n int) string {
	switch n {
	case 0:
		return "no arguments"
	case 1:
		return "1 argument"
	}
	return Int(int64(n)).String() + " arguments"
}

// named is a column by its name as a text.
func (c *compiler) named(n ast.Node, args []ast.Node) *Node {
	if len(args) == 1 {
		if name, ok := args[0].(*ast.StringNode); ok {
			return c.column(args[0], name.Value)
		}
	}
	c.fail(n, `column("Aantal uren")`, "column has one name between quotes")
	return nil
}

// whole is a fixed whole number from low to high, as an argument.
func (c *compiler) whole(at ast.Node, n *Node, what string, low, high int64) int64 {
	if n.fixed && n.Type == Number {
		if v, exact := n.num(&State{}).Parts(1); exact && v >= low && v <= high {
			return v
		}
	}
	c.fail(at, "", "%s must be a whole number from %d to %d, the same for every row", what, low, high)
	return 0
}

var cellFunctions = []Function{
	{
		Name: "filled", Signature: "filled(column) yes or no", Example: "filled(leeg) ? leeg : uren", Result: "7.5",
		English: "Whether a cell has something in it.",
		Dutch:   "Of een cel gevuld is.",
		takes:   []Type{anyType},
		make: func(c *compiler, at ast.Node, a []*Node) *Node {
			n := over(Truth, a...)
			n.filled = nil
			n.truth = a[0].Filled
			return n
		},
	},
	{
		Name: "first_of", Signature: "first_of(a, b, ...) a", Example: "first_of(leeg, uren, 0)", Result: "7.5",
		English: "The first that is filled; all are of one type.",
		Dutch:   "De eerste die gevuld is; ze zijn allemaal van één soort.",
		takes:   []Type{anyType}, least: 2, more: true,
		make: func(c *compiler, at ast.Node, a []*Node) *Node {
			n := FirstOf(a)
			if n == nil {
				c.fail(at, "first_of(a, b, ...) a", "the arguments of first_of are of different types")
			}
			return n
		},
	},
	{
		Name: "file", Signature: `file("year") number`, Example: `file("year")`, Result: "2026",
		English: "A number that the name of the file says: year, period, clientnummer or werkgever_id.",
		Dutch:   "Een getal uit de naam van het bestand: year, period, clientnummer of werkgever_id.",
		takes:   []Type{Text},
		make: func(c *compiler, at ast.Node, a []*Node) *Node {
			if a[0].fixed && c.scope.File != nil {
				if n, ok := c.scope.File(string(a[0].text(&State{}))); ok {
					return n
				}
			}
			c.fail(at, `file: {name: "uren_{year}-{period}*.csv"}`, "the file's name does not say this")
			return nil
		},
	},
}

// FirstOf is the first that is filled, the last when none is; nil when they are of
// different types.
func FirstOf(of []*Node) *Node {
	n := over(of[0].Type, of...)
	for _, a := range of[1:] {
		if a.Type != n.Type && !(a.Type.isNumber() && n.Type.isNumber()) {
			return nil
		}
		if a.Type.isNumber() {
			n.Type = numbers(n, a)
		}
	}
	n.filled = func(s *State) bool {
		for _, a := range of {
			if a.Filled(s) {
				return true
			}
		}
		return false
	}
	pick := func(s *State) *Node {
		for _, a := range of[:len(of)-1] {
			if a.Filled(s) {
				return a
			}
		}
		return of[len(of)-1]
	}
	n.num = func(s *State) Num { return pick(s).num(s) }
	n.text = func(s *State) []byte { return pick(s).text(s) }
	n.date = dateOf(pick)
	n.truth = func(s *State) bool { return pick(s).truth(s) }
	return n
}
