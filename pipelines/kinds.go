package pipelines

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"loket-etl/mappings"
	"loket-etl/payroll"
)

// decode reads a YAML file into a struct, or says all that does not fit in it. The
// YAML library alone would cut 1.5 down to 1, make the account 04000 of it 2048 (it is
// octal), and pass over keys without a value and a second document. Struct tags say
// more: least:"1" is the least number, must:"yes" a key that must be there.
func decode(data []byte, file string, into any) error {
	parsed, wrong := mappings.ParseYAML(file, data)
	if wrong != nil {
		message := wrong.Message
		if wrong.Hint != "" {
			message += "; " + wrong.Hint
		}
		return yamlError(file, &placedError{wrong.Line, wrong.Column, message})
	}
	k := kinds{file: file}
	var body ast.Node
	for _, doc := range parsed.Docs {
		switch {
		case doc.Body == nil:
		case body != nil:
			k.say(doc.Body, "a second document: keep everything in one")
		default:
			body = doc.Body
		}
	}
	if body == nil {
		return fmt.Errorf("%s: the file is empty", file)
	}
	k.value(body, reflect.TypeOf(into).Elem(), "the file", "")
	if len(k.errs) > 0 {
		return errors.Join(k.errs...)
	}
	if err := yaml.UnmarshalWithOptions(data, into, yaml.Strict()); err != nil {
		return yamlError(file, err)
	}
	return nil
}

// kinds walks the syntax tree and the type side by side.
type kinds struct {
	file string
	errs []error
}

func (k *kinds) say(n ast.Node, format string, args ...any) {
	at := n.GetToken().Position
	k.errs = append(k.errs, yamlError(k.file, &placedError{at.Line, at.Column, fmt.Sprintf(format, args...)}))
}

// value holds a node against the type that it is for.
func (k *kinds) value(n ast.Node, t reflect.Type, key string, tag reflect.StructTag) {
	switch n.(type) {
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode, *ast.MergeKeyNode:
		k.say(n, "%s: anchors, aliases and tags are not used here: write the value out", key)
		return
	case *ast.NullNode:
		k.say(n, "%s has no value: give it one, or leave the key out", key)
		return
	}
	if _, reads := reflect.New(t).Interface().(yaml.NodeUnmarshaler); reads {
		return // it says itself what it wants
	}
	switch t.Kind() {
	case reflect.Pointer:
		k.value(n, t.Elem(), key, tag)
	case reflect.Struct:
		k.object(n, t, key)
	case reflect.Slice:
		list, ok := n.(*ast.SequenceNode)
		switch {
		case !ok:
			k.say(n, "%s: want a list, such as [%s]", key, n)
		case len(list.Values) == 0:
			k.say(n, "%s is an empty list: leave the key out", key)
		default:
			for _, item := range list.Values {
				k.value(item, t.Elem(), key, tag)
			}
		}
	case reflect.Bool:
		if _, ok := n.(*ast.BoolNode); !ok {
			k.say(n, "%s: want true or false, not %s", key, shown(n))
		}
	case reflect.String:
		k.text(n, key)
	case reflect.Int, reflect.Int64:
		k.number(n, t, key, tag.Get("least"))
	default:
		panic("pipelines: no way to read a " + t.String())
	}
}

// text takes what stands in the file as it stands there.
func (k *kinds) text(n ast.Node, key string) {
	switch n := n.(type) {
	case *ast.StringNode:
		if strings.Trim(n.Value, " ") == "" {
			k.say(n, "%s is empty: give it a value, or leave the key out", key)
		}
		return
	case *ast.LiteralNode:
		return
	case *ast.IntegerNode:
		if written := n.GetToken().Value; fmt.Sprint(n.Value) == written {
			return
		}
	case *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
	default:
		k.say(n, "%s: want a text, not %s", key, shown(n))
		return
	}
	k.say(n, "%s: put it in quotes: %q", key, n.GetToken().Value)
}

func (k *kinds) number(n ast.Node, t reflect.Type, key, least string) {
	whole, ok := n.(*ast.IntegerNode)
	_, fraction := n.(*ast.FloatNode)
	_, text := n.(*ast.StringNode)
	switch exact := t == reflect.TypeFor[payroll.Hours](); {
	case exact && text:
		k.text(n, key)
		return
	case exact && fraction:
		return // read as it is written
	}
	if !ok || fmt.Sprint(whole.Value) != whole.GetToken().Value {
		k.say(n, "%s: want a whole number in digits, such as 50000, not %s", key, shown(n))
		return
	}
	v, err := strconv.ParseInt(whole.GetToken().Value, 10, 63)
	if low, _ := strconv.ParseInt(least, 10, 64); err != nil || least != "" && v < low {
		k.say(n, "%s: want a whole number of at least %d, not %s", key, low, shown(n))
	}
}

// object holds keys against the fields of a struct.
func (k *kinds) object(n ast.Node, t reflect.Type, key string) {
	var pairs []*ast.MappingValueNode
	switch n := n.(type) {
	case *ast.MappingNode:
		pairs = n.Values
	case *ast.MappingValueNode:
		pairs = []*ast.MappingValueNode{n}
	default:
		k.say(n, "%s: want keys with values, not %s", key, shown(n))
		return
	}
	fields := map[string]reflect.StructField{}
	var names []string
	for i := range t.NumField() {
		if name := t.Field(i).Tag.Get("yaml"); name != "" {
			names, fields[name] = append(names, name), t.Field(i)
		}
	}
	given := map[string]bool{}
	for _, p := range pairs {
		name := p.Key.GetToken().Value
		f, known := fields[name]
		given[name] = true
		if !known {
			k.say(p.Key, "unknown field %q; known here: %s", name, strings.Join(names, ", "))
			continue
		}
		k.value(p.Value, f.Type, name, f.Tag)
	}
	for _, name := range names {
		if fields[name].Tag.Get("must") != "" && !given[name] {
			k.say(n, "%s has no %q", key, name)
		}
	}
}

// shown is a node as it is named in an error.
func shown(n ast.Node) string {
	switch n := n.(type) {
	case *ast.SequenceNode:
		return "a list"
	case *ast.MappingNode, *ast.MappingValueNode:
		return "keys with values"
	case *ast.LiteralNode:
		return "a text of several lines"
	default:
		return strconv.Quote(n.GetToken().Value)
	}
}

// topKeys are the keys of a YAML file that is keys with values.
func topKeys(data []byte) []string {
	parsed, err := parser.ParseBytes(data, 0)
	if err != nil || len(parsed.Docs) == 0 {
		return nil
	}
	var names []string
	switch n := parsed.Docs[0].Body.(type) {
	case *ast.MappingNode:
		for _, p := range n.Values {
			names = append(names, p.Key.GetToken().Value)
		}
	case *ast.MappingValueNode:
		names = append(names, n.Key.GetToken().Value)
	}
	return slices.Clip(names)
}
