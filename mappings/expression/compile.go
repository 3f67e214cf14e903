package expression

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
)

// maxSource is how many characters an expression has at most, and maxDepth how deep
// it nests.
const (
	maxSource = 1000
	maxDepth  = 20
)

// Error is why a text is no expression: where, from 0 in characters, and what to
// write instead.
type Error struct {
	At      int
	Message string
	Hint    string
}

func (e *Error) Error() string {
	if e.Hint == "" {
		return e.Message
	}
	return e.Message + " (" + e.Hint + ")"
}

// Scope is what an expression may name.
type Scope struct {
	// Column is the program of a column, nil when there is none of that name.
	Column func(name string) *Node
	// Columns are the names of the columns, for hints.
	Columns []string
	// File is a number that the name of the file says ("year"); false when it says
	// none of that name.
	File func(field string) (*Node, bool)
	// Nearest are the known names most like a name, the best first.
	Nearest func(name string, known []string) []string
}

type compiler struct {
	scope *Scope
	src   []rune
	depth int
}

// Compile makes a program of a text, or gives the first *Error in it.
func Compile(src string, scope *Scope) (n *Node, err error) {
	c := &compiler{scope: scope, src: []rune(src)}
	if len(c.src) > maxSource {
		return nil, &Error{maxSource, fmt.Sprintf("an expression has at most %d characters", maxSource), "name a part of it under compute"}
	}
	if strings.TrimSpace(src) == "" {
		return nil, &Error{0, "the expression is empty", ""}
	}
	defer func() {
		switch p := recover().(type) {
		case nil:
		case *Error:
			n, err = nil, p
		default:
			n, err = nil, &Error{0, fmt.Sprintf("this is no expression: %v", p), ""}
		}
	}()
	tree, err := parser.Parse(src)
	if err != nil {
		return nil, c.syntax(err)
	}
	return c.node(tree.Node), nil
}

var (
	commaNumber = regexp.MustCompile(`\d,\d`)
	loneEquals  = regexp.MustCompile(`(^|[^=!<>])=([^=]|$)`)
)

// syntax is an error of the parser, on one line.
func (c *compiler) syntax(err error) *Error {
	e := &Error{Message: err.Error()}
	if f, ok := err.(*file.Error); ok {
		e.At, e.Message = f.From, f.Message
	}
	if e.Message, _, _ = strings.Cut(e.Message, "\n"); strings.HasSuffix(e.Message, "token EOF") {
		e.Message = "the expression is not finished"
	}
	if commaNumber.MatchString(string(c.src)) {
		e.Hint = "write numbers with a point: 1.25"
	}
	if loneEquals.MatchString(string(c.src)) {
		e.Hint = "equal is written =="
	}
	return e
}

// fail ends the compilation with an error at a node.
func (c *compiler) fail(n ast.Node, hint, format string, args ...any) {
	panic(&Error{n.Location().From, fmt.Sprintf(format, args...), hint})
}

func (c *compiler) node(n ast.Node) *Node {
	if c.depth++; c.depth > maxDepth {
		c.fail(n, "name a part of it under compute", "an expression nests at most %d deep", maxDepth)
	}
	defer func() { c.depth-- }()
	switch n := n.(type) {
	case *ast.IdentifierNode:
		return c.column(n, n.Value)
	case *ast.IntegerNode, *ast.FloatNode:
		return c.number(n)
	case *ast.StringNode:
		return OfText(n.Value)
	case *ast.BoolNode:
		v := n.Value
		node := over(Truth)
		node.truth = func(*State) bool { return v }
		return node
	case *ast.UnaryNode:
		return c.unary(n)
	case *ast.BinaryNode:
		return c.binary(n)
	case *ast.ConditionalNode:
		return c.conditional(n)
	case *ast.BuiltinNode:
		return c.call(n, n.Name, n.Arguments)
	case *ast.CallNode:
		if name, ok := n.Callee.(*ast.IdentifierNode); ok {
			return c.call(n, name.Value, n.Arguments)
		}
		c.fail(n, "functions stand on their own: round(uren, 2)", "nothing here has functions of its own")
	case *ast.MemberNode, *ast.ChainNode, *ast.SliceNode:
		c.fail(n, `a column with another name than letters and digits is column("...")`, "nothing here has parts")
	case *ast.ArrayNode:
		c.fail(n, `a list stands behind in: code in ["N", "O"]`, "a list is no value")
	case *ast.NilNode:
		c.fail(n, "filled(column) asks whether a cell is filled", "there is no nil")
	}
	c.fail(n, "", "this form is not used here")
	return nil
}

// column is the value of a column.
func (c *compiler) column(n ast.Node, name string) *Node {
	if node := c.scope.Column(name); node != nil {
		return node
	}
	known := slices.Clone(c.scope.Columns)
	var functions []string
	for i := range Functions {
		functions = append(functions, Functions[i].Name)
	}
	hint := "known: " + strings.Join(known, ", ")
	if near := c.scope.Nearest(name, append(known, functions...)); len(near) > 0 {
		hint = "did you mean " + near[0] + "?"
		if slices.Contains(functions, near[0]) && !slices.Contains(known, near[0]) {
			hint = "did you mean " + near[0] + "(...)?"
		}
	}
	c.fail(n, hint, "there is no column %q", name)
	return nil
}

// number is a number exactly as it is written.
func (c *compiler) number(n ast.Node) *Node {
	at := n.Location()
	text := ""
	if at.From >= 0 && at.To <= len(c.src) && at.From < at.To {
		text = string(c.src[at.From:at.To])
	}
	v, ok := parseNum(text)
	if !ok {
		c.fail(n, "at most 15 digits before the point and 9 behind it", "%q is no number here", text)
	}
	return OfNum(v)
}

func (c *compiler) unary(n *ast.UnaryNode) *Node {
	a := c.node(n.Node)
	switch {
	case n.Operator == "-" && a.Type.isNumber():
		return checked(over(a.Type, a), func(s *State) (Num, bool) { return a.num(s).neg() })
	case n.Operator == "+" && a.Type.isNumber():
		return a
	case (n.Operator == "not" || n.Operator == "!") && a.Type == Truth:
		node := over(Truth, a)
		node.truth = func(s *State) bool { return !a.truth(s) }
		return node
	}
	hint := ""
	if n.Operator == "not" || n.Operator == "!" {
		hint = "not (a == b), with the brackets"
	}
	c.fail(n, hint, "%s does not go with %s", n.Operator, a.Type)
	return nil
}

func (c *compiler) conditional(n *ast.ConditionalNode) *Node {
	ask, yes, no := c.node(n.Cond), c.node(n.Exp1), c.node(n.Exp2)
	if ask.Type != Truth {
		c.fail(n.Cond, "compare it: uren > 0 ? ... : ...", "what stands before ? is %s, not a condition", ask.Type)
	}
	node := choose(ask, yes, no)
	if node == nil {
		c.fail(n.Exp2, "both must be of one type", "one outcome is %s, the other %s", yes.Type, no.Type)
	}
	return node
}

// Choose is one program when a condition holds and another when it does not; nil
// when they are of different types.
func Choose(ask, yes, no *Node) *Node { return choose(ask, yes, no) }

func choose(ask, yes, no *Node) *Node {
	if yes.Type != no.Type && !(yes.Type.isNumber() && no.Type.isNumber()) {
		return nil
	}
	node := over(yes.Type, ask, yes, no)
	if yes.Type.isNumber() {
		node.Type = numbers(yes, no)
	}
	node.Column = -1
	for _, a := range []*Node{yes, no, ask} {
		if node.Column < 0 {
			node.Column = a.Column
		}
	}
	node.filled = func(s *State) bool {
		switch {
		case !ask.Filled(s):
			return false
		case ask.truth(s):
			return yes.Filled(s)
		}
		return no.Filled(s)
	}
	pick := func(s *State) *Node {
		if ask.truth(s) {
			return yes
		}
		return no
	}
	node.num = func(s *State) Num { return pick(s).num(s) }
	node.text = func(s *State) []byte { return pick(s).text(s) }
	node.date = dateOf(pick)
	node.truth = func(s *State) bool { return pick(s).truth(s) }
	return node
}
