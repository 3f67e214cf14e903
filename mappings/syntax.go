package mappings

import (
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// ParseYAML reads a text as YAML, or says where it is none and what to do; file is
// only for the message. The YAML library takes a forgotten comma for a part of the
// text before it; here it is a mistake.
func ParseYAML(file string, data []byte) (f *ast.File, bad *LoadError) {
	defer func() {
		if p := recover(); p != nil {
			f, bad = nil, &LoadError{file, 1, 1, fmt.Sprintf("not valid YAML: %v", p), ""}
		}
	}()
	f, err := parser.ParseBytes(data, 0)
	if err != nil {
		return nil, syntaxError(file, err)
	}
	c := commas{file: file}
	for _, d := range f.Docs {
		if d.Body != nil {
			ast.Walk(&c, d.Body)
		}
	}
	if c.missing != nil {
		return nil, c.missing
	}
	return f, nil
}

func syntaxError(file string, err error) *LoadError {
	var at yaml.Error
	if !errors.As(err, &at) || at.GetToken() == nil {
		return &LoadError{file, 1, 1, "not valid YAML: " + err.Error(), ""}
	}
	e := &LoadError{file, at.GetToken().Position.Line, at.GetToken().Position.Column, at.GetMessage(), ""}
	switch {
	case strings.Contains(e.Message, "\t"):
		e.Message, e.Hint = "not valid YAML: a tab", "indent with spaces"
	case !strings.HasPrefix(e.Message, "mapping key "): // one that stands twice
		e.Message, e.Hint = "not valid YAML: "+e.Message, "look at this line and those above"
	}
	return e
}

// commas finds the first text without quotes that goes on in a next key.
type commas struct {
	file    string
	missing *LoadError
}

// Visit looks at one node.
func (c *commas) Visit(n ast.Node) ast.Visitor {
	switch n := n.(type) {
	case *ast.LiteralNode:
		return nil
	case *ast.StringNode:
		colon := strings.Index(n.Value, ": ")
		if c.missing != nil || n.Token.Type != token.StringType || colon < 1 || n.Value[colon-1] == ' ' {
			return nil
		}
		key := n.Value[strings.LastIndexAny(n.Value[:colon], " ;")+1 : colon]
		hint := fmt.Sprintf("write one before %s:, or put the whole text in quotes", key)
		if before := strings.TrimRight(n.Value[:colon-len(key)], " "); strings.HasSuffix(before, ";") {
			hint = fmt.Sprintf("write , instead of ; before %s:", key)
		}
		at := n.Token.Position
		c.missing = &LoadError{c.file, at.Line, at.Column, "a comma is missing", hint}
	}
	return c
}
