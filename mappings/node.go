package mappings

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

const (
	maxYAML    = 256 << 10
	maxNesting = 24
)

// LoadError is one thing wrong with a mapping file: where it stands, what is
// wrong and what to write instead.
type LoadError struct {
	File         string
	Line, Column int
	Message      string
	Hint         string
}

func (e LoadError) Error() string {
	s := fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Message)
	if e.Hint != "" {
		s += " (" + e.Hint + ")"
	}
	return s
}

// LoadErrors is everything that is wrong with a set of mappings, by file and
// place.
type LoadErrors []LoadError

func (e LoadErrors) Error() string {
	lines := make([]string, len(e))
	for i := range e {
		lines[i] = e[i].Error()
	}
	return strings.Join(lines, "\n")
}

// source collects the errors of one file.
type source struct {
	file  string
	data  string
	errs  LoadErrors
	known func(o *object) // told of every object when all its keys were asked for; nil: nobody
}

func (s *source) fail(n ast.Node, hint, format string, args ...any) {
	line, column := 1, 1
	if n != nil && n.GetToken() != nil {
		line, column = n.GetToken().Position.Line, n.GetToken().Position.Column
	}
	s.failAt(line, column, hint, format, args...)
}

func (s *source) failAt(line, column int, hint, format string, args ...any) {
	s.errs = append(s.errs, LoadError{s.file, line, column, fmt.Sprintf(format, args...), hint})
}

// parse reads the file as one YAML document of plain values: no anchors, no
// tags, no second document. It returns nil when there is nothing to read on.
func (s *source) parse(data []byte) *object {
	data = bytes.TrimPrefix(data, []byte("\uFEFF")) // as Notepad writes it
	if bytes.HasPrefix(data, []byte{0xFF, 0xFE}) || bytes.HasPrefix(data, []byte{0xFE, 0xFF}) {
		s.failAt(1, 1, "save it as UTF-8", "the file is in UTF-16")
		return nil
	}
	if len(data) > maxYAML {
		s.failAt(1, 1, "put long tables in a CSV file beside the mapping", "the file has %d bytes, at most %d are read", len(data), maxYAML)
		return nil
	}
	if line := tooDeep(data); line > 0 {
		s.failAt(line, 1, "", "nested deeper than %d levels", maxNesting)
		return nil
	}
	s.data = string(data)
	file, bad := ParseYAML(s.file, data)
	if bad != nil {
		s.errs = append(s.errs, *bad)
		return nil
	}
	var docs []ast.Node
	for _, d := range file.Docs {
		if d.Body != nil {
			docs = append(docs, d.Body)
		}
	}
	if len(docs) != 1 {
		s.failAt(1, 1, "one mapping per file", "the file holds %d documents", len(docs))
		return nil
	}
	return s.object(docs[0], "the file")
}

// tooDeep is the first line that nests absurdly, 0 if none: such a file would
// keep the parser busy for minutes.
func tooDeep(data []byte) int {
	depth := 0
	for i, line := range strings.Split(string(data), "\n") {
		dashes := strings.Count(line, "- ") + strings.Count(line, "? ")
		text := strings.TrimLeft(line, " ")
		if lead := len(text) - len(strings.TrimLeft(text, "-? ")); dashes > maxNesting && lead > 2*maxNesting {
			return i + 1
		}
		if len(line)-len(text) > 8*maxNesting {
			return i + 1
		}
		for _, c := range []byte(line) {
			switch c {
			case '[', '{':
				depth++
			case ']', '}':
				depth = max(depth-1, 0)
			}
		}
		if depth > maxNesting {
			return i + 1
		}
	}
	return 0
}

// object is a YAML mapping of which every key is asked for once; done reports
// the others.
type object struct {
	s     *source
	node  ast.Node
	what  string
	keys  []string
	nodes map[string]*ast.MappingValueNode
	asked []string
}

func (s *source) object(n ast.Node, what string) *object {
	o := &object{s: s, node: n, what: what, nodes: map[string]*ast.MappingValueNode{}}
	var pairs []*ast.MappingValueNode
	switch n := n.(type) {
	case *ast.MappingNode:
		pairs = n.Values
	case *ast.MappingValueNode:
		pairs = []*ast.MappingValueNode{n}
	default:
		s.fail(n, "", "%s must be keys with values, not %s", what, kindOf(n))
		return nil
	}
	for _, p := range pairs {
		key, ok := scalar(p.Key)
		if !ok {
			s.fail(p.Key, "", "a key must be plain text")
			continue
		}
		if _, twice := o.nodes[key]; twice {
			s.fail(p.Key, "", "%q stands twice in %s", key, what)
			continue
		}
		o.keys = append(o.keys, key)
		o.nodes[key] = p
	}
	return o
}

// done reports the keys nobody asked for.
func (o *object) done() {
	if o.s.known != nil {
		o.s.known(o)
	}
	for _, key := range o.keys {
		if !slices.Contains(o.asked, key) {
			hint := "known here: " + strings.Join(once(o.asked), ", ")
			if near := nearest(key, o.asked, 1); len(near) > 0 {
				hint = "did you mean " + near[0] + "?"
			}
			o.s.fail(o.nodes[key].Key, hint, "unknown key %q in %s", key, o.what)
		}
	}
}

// once is texts without those that were there before.
func once(all []string) []string {
	var out []string
	for _, text := range all {
		if !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	return out
}

func (o *object) has(key string) bool { return o.nodes[key] != nil }

// get is the value of key, nil if it is absent or empty; empty is an error.
func (o *object) get(key string) ast.Node {
	o.asked = append(o.asked, key)
	p := o.nodes[key]
	if p == nil {
		return nil
	}
	if p.Value == nil || p.Value.Type() == ast.NullType {
		o.s.fail(p.Key, "leave the key out if it has no value", "%q is empty", key)
		return nil
	}
	return p.Value
}

// need is get for a key that must be there.
func (o *object) need(key, hint string) ast.Node {
	if !o.has(key) {
		o.asked = append(o.asked, key)
		o.s.fail(o.node, hint, "%s has no %q", o.what, key)
		return nil
	}
	return o.get(key)
}

func (o *object) text(key string) string {
	n := o.get(key)
	if n == nil {
		return ""
	}
	return o.s.filled(n, key)
}

// filled is text that has something in it.
func (s *source) filled(n ast.Node, what string) string {
	v := s.text(n, what)
	if _, ok := scalar(n); ok && v == "" {
		s.fail(n, "leave the key out if it has no value", "%q is empty", what)
	}
	return v
}

func (s *source) text(n ast.Node, what string) string {
	v, ok := scalar(n)
	if !ok {
		s.fail(n, "", "%q must be a text, not %s", what, kindOf(n))
	}
	return v
}

// choice is one of the allowed texts; the first is the default.
func (o *object) choice(key string, allowed ...string) string {
	n := o.get(key)
	if n == nil {
		return allowed[0]
	}
	v := o.s.text(n, key)
	if _, ok := scalar(n); ok && v == "" && allowed[0] == "" {
		o.s.fail(n, "one of: "+strings.Join(allowed[1:], ", "), "%q is empty", key)
		return v
	}
	if !slices.Contains(allowed, v) {
		o.s.fail(n, "one of: "+strings.TrimPrefix(strings.Join(allowed, ", "), ", "), "%q cannot be %q", key, v)
		return allowed[0]
	}
	return v
}

func (o *object) yes(key string, otherwise bool) bool {
	n := o.get(key)
	if n == nil {
		return otherwise
	}
	switch v, _ := scalar(n); v {
	case "yes", "true":
		return true
	case "no", "false":
		return false
	}
	o.s.fail(n, "", "%q must be yes or no", key)
	return otherwise
}

func (s *source) number(n ast.Node, what string, low, high int) (int, bool) {
	v, _ := scalar(n)
	i, err := strconv.Atoi(v)
	if err != nil || i < low || i > high {
		s.fail(n, "", "%q must be a whole number from %d to %d", what, low, high)
		return 0, false
	}
	return i, true
}

// list is the elements of a list; a single value counts as a list of one.
func (o *object) list(key string) []ast.Node { return listOf(o.get(key)) }

func listOf(n ast.Node) []ast.Node {
	if n == nil {
		return nil
	}
	if seq, ok := n.(*ast.SequenceNode); ok {
		return seq.Values
	}
	return []ast.Node{n}
}

// some is the elements of a list that has at least one.
func (s *source) some(n ast.Node, what string) []ast.Node {
	all := listOf(n)
	if n != nil && len(all) == 0 {
		s.fail(n, "leave the key out if it has no value", "%q is an empty list", what)
	}
	return all
}

func (o *object) texts(key string, allowed ...string) []string {
	var out []string
	for _, n := range o.s.some(o.get(key), key) {
		v := o.s.filled(n, key)
		if len(allowed) > 0 && !slices.Contains(allowed, v) {
			o.s.fail(n, "one of: "+strings.Join(allowed, ", "), "%q cannot be %q", key, v)
			continue
		}
		out = append(out, v)
	}
	return out
}

// child is the value of key as an object, nil if absent.
func (o *object) child(key string) *object {
	n := o.get(key)
	if n == nil {
		return nil
	}
	return o.s.object(n, key)
}

// scalar is the text of a plain value as it stands in the file, so that 017
// stays 017.
func scalar(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return n.GetToken().Value, true
	}
	return "", false
}

func kindOf(n ast.Node) string {
	switch n.(type) {
	case *ast.SequenceNode:
		return "a list"
	case *ast.MappingNode, *ast.MappingValueNode:
		return "keys with values"
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode, *ast.MergeKeyNode:
		return "an anchor, alias or tag (these are not used here)"
	case *ast.NullNode:
		return "nothing"
	}
	return "a single value"
}
