package config

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// scalar is a type that reads itself from the text of a scalar.
type scalar interface {
	decode(text string, d *decoder) (problem, hint string)
}

// flexible is a type that reads itself from a node of any kind.
type flexible interface {
	decodeNode(n ast.Node, path string, d *decoder)
}

// defaulter is a struct with values for absent keys.
type defaulter interface{ setDefaults() }

type position struct{ line, column int }

// decoder walks the syntax tree and the structs side by side. The library's own
// strict decoding stops at the first mistake; this one goes on and remembers
// where everything stood, for the checks that follow.
type decoder struct {
	file   string // as shown in problems
	dir    string // for relative paths
	getenv func(string) (string, bool)
	// ledgerOnly: secrets outside the database are not looked up
	ledgerOnly bool
	problems   Problems
	warnings   Problems
	here       position            // of the scalar being decoded
	path       string              // of the scalar being decoded
	at         map[string]position // path -> where its value stands
	bad        map[string]bool     // paths whose value could not be read
}

func (d *decoder) problem(at position, message, hint string) {
	d.problems = append(d.problems, Problem{d.file, at.line, at.column, message, hint})
}

func (d *decoder) warn(message, hint string) {
	d.warnings = append(d.warnings, Problem{d.file, d.here.line, d.here.column, message, hint})
}

// read decodes data into c as far as it can; what is wrong is in d.problems.
func (d *decoder) read(data []byte, c *Config) {
	data = bytes.TrimPrefix(data, []byte("\uFEFF")) // as Notepad writes it
	if bytes.HasPrefix(data, []byte{0xFF, 0xFE}) || bytes.HasPrefix(data, []byte{0xFE, 0xFF}) {
		d.problem(position{}, "the file is in UTF-16", "save it as UTF-8")
		return
	}
	if message, at, hint := tooMuch(data); message != "" {
		d.problem(at, message, hint)
		return
	}
	file, err := parser.ParseBytes(data, 0, parser.AllowDuplicateMapKey()) // doubles are found below, all of them
	if err != nil {
		var ye yaml.Error // its text quotes the source, which may hold a password; message and place do not
		if errors.As(err, &ye) {
			message, hint := ye.GetMessage(), "look at this line and those above"
			if strings.Contains(message, "\t") {
				message, hint = "a tab", "indent with spaces"
			}
			d.problem(place(ye.GetToken()), "not valid YAML: "+message, hint)
		} else {
			d.problem(position{}, "not valid YAML", "")
		}
		return
	}
	var body ast.Node
	for _, doc := range file.Docs {
		if doc.Body == nil {
			continue
		}
		if body != nil {
			d.problem(position{max(1, doc.Body.GetToken().Position.Line-1), 1}, "a second document", "keep everything in one")
			return
		}
		body = doc.Body
	}
	if body == nil {
		d.problem(position{1, 1}, "the file is empty", "start from one of the examples")
		return
	}
	d.at[""] = position{1, 1}
	d.value(body, reflect.ValueOf(c).Elem(), "", "")
}

func place(t *token.Token) position {
	if t == nil || t.Position == nil {
		return position{}
	}
	return position{t.Position.Line, t.Position.Column}
}

// start is where a node begins to read: a mapping at its first key.
func start(n ast.Node) position {
	switch n := n.(type) {
	case *ast.MappingNode:
		if len(n.Values) > 0 && !n.IsFlowStyle {
			return start(n.Values[0])
		}
	case *ast.MappingValueNode:
		return place(n.Key.GetToken())
	}
	return place(n.GetToken())
}

// value decodes one node into dst. tag is the struct tag of the field, if any.
func (d *decoder) value(n ast.Node, dst reflect.Value, path string, tag reflect.StructTag) {
	d.here = start(n)
	if path != "" {
		d.at[path] = d.here
	}
	switch n.(type) {
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode, *ast.MergeKeyNode:
		d.refuse(path, "anchors, aliases and tags are not used here", "write the value out")
		return
	case *ast.NullNode:
		d.refuse(path, fmt.Sprintf("%s has no value", path), "give it one, or leave the key out")
		return
	}
	if f, ok := dst.Addr().Interface().(flexible); ok {
		f.decodeNode(n, path, d)
		return
	}
	if s, ok := dst.Addr().Interface().(scalar); ok {
		text, ok := scalarText(n)
		if !ok {
			d.mismatch(n, path, "one value")
			return
		}
		d.path = path
		if problem, hint := s.decode(text, d); problem != "" {
			d.refuse(path, problem, hint)
		}
		return
	}
	if dst.Type() == reflect.TypeFor[time.Duration]() {
		d.duration(n, dst, path)
		return
	}
	switch dst.Kind() {
	case reflect.Struct:
		d.structure(n, dst, path)
	case reflect.Pointer:
		dst.Set(reflect.New(dst.Type().Elem()))
		d.value(n, dst.Elem(), path, tag)
	case reflect.Slice:
		d.slice(n, dst, path)
	case reflect.Map:
		d.named(n, dst, path)
	case reflect.String:
		d.text(n, dst, path, tag)
	case reflect.Int:
		i, ok := n.(*ast.IntegerNode)
		if !ok {
			d.mismatch(n, path, "a whole number")
			return
		}
		switch v := i.Value.(type) {
		case uint64:
			dst.SetInt(int64(min(v, 1<<40)))
		case int64:
			dst.SetInt(v)
		}
	case reflect.Bool:
		b, ok := n.(*ast.BoolNode)
		if !ok {
			d.mismatch(n, path, "true or false")
			return
		}
		dst.SetBool(b.Value)
	default:
		panic("config: no way to read a " + dst.Type().String())
	}
}

func (d *decoder) refuse(path, message, hint string) {
	d.bad[path] = true
	d.problem(d.here, message, hint)
}

// mismatch says what was expected and what stands there, not its value: that may
// be a password on the wrong line.
func (d *decoder) mismatch(n ast.Node, path, want string) {
	hint := ""
	if _, ok := scalarText(n); ok && want == "a text" {
		hint = "put it in quotes"
	}
	if path == "" {
		path = "the file"
	}
	d.refuse(path, fmt.Sprintf("%s must be %s, not %s", path, want, kind(n)), hint)
}

func kind(n ast.Node) string {
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return "keys with values"
	case *ast.SequenceNode:
		return "a list"
	case *ast.IntegerNode:
		return "a number"
	case *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return "a fraction"
	case *ast.BoolNode:
		return "true or false"
	}
	return "a text"
}

// scalarText is a scalar as it stands in the file, unquoted.
func scalarText(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, true
	}
	return "", false
}

func (d *decoder) text(n ast.Node, dst reflect.Value, path string, tag reflect.StructTag) {
	var text string
	switch n := n.(type) {
	case *ast.StringNode:
		text = n.Value
	case *ast.LiteralNode:
		text = n.Value.Value
	default:
		d.mismatch(n, path, "a text")
		return
	}
	if strings.TrimSpace(text) == "" {
		d.refuse(path, path+" is empty", "give it a value, or leave the key out")
		return
	}
	if oneof := strings.Fields(tag.Get("oneof")); len(oneof) > 0 && !slices.Contains(oneof, text) {
		d.refuse(path, fmt.Sprintf("%s must be %s, not %q", path, either(oneof), text), "")
		return
	}
	dst.SetString(text)
}

// either lists choices: "a, b or c".
func either(all []string) string {
	last := len(all) - 1
	return strings.Join(all[:last], ", ") + " or " + all[last]
}

func (d *decoder) duration(n ast.Node, dst reflect.Value, path string) {
	text, ok := scalarText(n)
	if !ok {
		d.mismatch(n, path, "a duration")
		return
	}
	v, err := parseDuration(text)
	if err != nil {
		d.refuse(path, fmt.Sprintf("%s: %q is not a duration", path, text), `write a number and a unit, for example "30s", "5m", "12h" or "90d"`)
		return
	}
	dst.SetInt(int64(v))
}

func (d *decoder) slice(n ast.Node, dst reflect.Value, path string) {
	list, ok := n.(*ast.SequenceNode)
	if !ok {
		d.mismatch(n, path, "a list")
		return
	}
	for i, item := range list.Values {
		v := reflect.New(dst.Type().Elem()).Elem()
		d.value(item, v, fmt.Sprintf("%s[%d]", path, i), "")
		dst.Set(reflect.Append(dst, v)) // also when it is wrong, so that indexes agree with paths
	}
}

// pairs gives the keys of a mapping once each; doubles are reported.
func (d *decoder) pairs(n ast.Node, path string) ([]*ast.MappingValueNode, bool) {
	var all []*ast.MappingValueNode
	switch n := n.(type) {
	case *ast.MappingNode:
		all = n.Values
	case *ast.MappingValueNode:
		all = []*ast.MappingValueNode{n}
	default:
		d.mismatch(n, path, "keys with values")
		return nil, false
	}
	seen := map[string]int{}
	var once []*ast.MappingValueNode
	for _, kv := range all {
		at := place(kv.Key.GetToken())
		key, ok := kv.Key.(*ast.StringNode)
		if !ok {
			d.problem(at, "a key must be a plain word", "")
			continue
		}
		if line, double := seen[key.Value]; double {
			d.problem(at, fmt.Sprintf("%q stands here twice", key.Value), fmt.Sprintf("the first is on line %d", line))
			continue
		}
		seen[key.Value] = at.line
		once = append(once, kv)
	}
	return once, true
}

func (d *decoder) named(n ast.Node, dst reflect.Value, path string) {
	pairs, ok := d.pairs(n, path)
	if !ok {
		return
	}
	dst.Set(reflect.MakeMap(dst.Type()))
	for _, kv := range pairs {
		key := kv.Key.(*ast.StringNode).Value
		v := reflect.New(dst.Type().Elem()).Elem()
		sub := path + "." + key
		d.value(kv.Value, v, sub, "")
		d.at[sub] = place(kv.Key.GetToken())
		dst.SetMapIndex(reflect.ValueOf(key), v)
	}
}

type field struct {
	key      string
	required bool
	tag      reflect.StructTag
	value    reflect.Value
}

// fields lists the keys of a struct, those of inline structs among them.
func fields(v reflect.Value) []field {
	var out []field
	for i := range v.NumField() {
		f := v.Type().Field(i)
		key, option, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if key == "-" {
			continue // not from the file
		}
		if option == "inline" {
			out = append(out, fields(v.Field(i))...)
			continue
		}
		out = append(out, field{key, option == "required", f.Tag, v.Field(i)})
	}
	return out
}

func (d *decoder) structure(n ast.Node, dst reflect.Value, path string) {
	if def, ok := dst.Addr().Interface().(defaulter); ok {
		def.setDefaults()
	}
	begin := d.here
	pairs, ok := d.pairs(n, path)
	if !ok {
		return
	}
	known := fields(dst)
	names := make([]string, len(known))
	given := map[string]bool{}
	for i, f := range known {
		names[i] = f.key
	}
	for _, kv := range pairs {
		key := kv.Key.(*ast.StringNode).Value
		i := slices.Index(names, key)
		if i < 0 {
			in := ""
			if path != "" {
				in = " in " + path
			}
			d.problem(place(kv.Key.GetToken()), fmt.Sprintf("unknown key %q%s", key, in), suggest(key, names))
			continue
		}
		given[key] = true
		d.value(kv.Value, known[i].value, join(path, key), known[i].tag)
	}
	for _, f := range known {
		if f.required && !given[f.key] {
			d.bad[join(path, f.key)] = true
			d.problem(begin, join(path, f.key)+" is missing", "")
		}
	}
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
