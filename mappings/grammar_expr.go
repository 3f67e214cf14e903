package mappings

import (
	"strings"

	"loket-etl/mappings/expression"
	"loket-etl/validate"

	"github.com/goccy/go-yaml/ast"
)

// typeOf is how the outcome of a program is kept; false when it cannot be.
func (g *grammar) typeOf(node *expression.Node, n ast.Node, what string, f form) (validate.Type, bool) {
	switch {
	case node.Type == expression.Fraction:
		g.fail(n, "round(..., 2), or round: half-up with a value", "%s is not rounded: a division may have no end", what)
	case node.Type == expression.Truth:
		g.fail(n, "when: [...], then: ..., else: ...", "%s is a condition, not a value", what)
	case node.Type == expression.Number && f == amountValue:
		return validate.Hours, true
	case node.Type == expression.Number:
		return validate.Integer, true
	case f > amountValue:
		g.fail(n, "", "%s must be a whole number, not %s", what, node.Type)
	case f == anyText && node.Type == expression.Date:
		g.fail(n, "text(date) makes a text of it", "%s must be a text, not %s", what, node.Type)
	case node.Type == expression.Date:
		return validate.Date, true
	default:
		return validate.Text, true
	}
	return 0, false
}

// expression compiles a text; what is wrong is told at its place in the text.
func (g *grammar) expression(n ast.Node) *expression.Node {
	if n == nil {
		return nil
	}
	text := g.text(n, "expr")
	names := make([]string, 0, len(g.column))
	for i := range g.m.columns {
		if name := g.m.columns[i].Name; name != "" && g.column[name] == i {
			names = append(names, name)
		}
	}
	silent := false
	node, err := expression.Compile(text, &expression.Scope{
		Columns: names,
		Column: func(name string) *expression.Node {
			i, ok := g.column[name]
			silent = silent || i == broken
			if !ok || i < 0 {
				return nil
			}
			return g.nodeOf(i)
		},
		File: func(field string) (*expression.Node, bool) {
			known := g.m.filePat != nil && g.m.filePat.has(field)
			return expression.OfInt(func(r expression.Row) int64 { return int64(r.(*worker).j.fields[field]) }), known
		},
		Nearest: func(name string, known []string) []string { return nearest(name, known, 1) },
	})
	if err == nil || silent {
		return node
	}
	message, hint, at := err.Error(), "", 0
	if e, ok := err.(*expression.Error); ok {
		message, hint, at = e.Message, e.Hint, e.At
	}
	line, column := g.within(n, text, at)
	g.failAt(line, column, hint, "%s", message)
	return nil
}

// within is where the character at of a text stands in the file.
func (g *grammar) within(n ast.Node, text string, at int) (line, column int) {
	p := n.GetToken().Position
	head := string([]rune(text)[:at])
	below := strings.Count(head, "\n")
	last := head[strings.LastIndexByte(head, '\n')+1:]
	lines := strings.Split(g.data, "\n")
	line = p.Line
	if _, literal := n.(*ast.LiteralNode); literal {
		whole := strings.Split(text, "\n")[below]
		for line = p.Line + below; line <= len(lines); line++ { // the text begins on a line below its mark
			if i := strings.Index(lines[line-1], whole); i >= 0 && strings.TrimSpace(lines[line-1]) == strings.TrimSpace(whole) {
				return line, len([]rune(lines[line-1][:i])) + len([]rune(last)) + 1
			}
		}
		return p.Line, p.Column
	}
	if line > len(lines) {
		return p.Line, p.Column
	}
	row := []rune(lines[line-1])
	from := p.Column - 1
	if from >= 0 && from < len(row) && (row[from] == '"' || row[from] == '\'') {
		from++
	}
	if from >= 0 && from <= len(row) && strings.HasPrefix(string(row[from:]), head) {
		return line, from + at + 1
	}
	return p.Line, p.Column
}
