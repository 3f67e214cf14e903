// Package schematest holds JSON Schemas against the loaders of the files that they
// describe: it makes documents from a schema, which the loader must accept, and spoils
// them so that the schema refuses them, which the loader must refuse too. For tests
// only.
package schematest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/xeipuuv/gojsonschema"
)

// Schema is a compiled schema. Two independent implementations must agree on what it
// refuses.
type Schema struct {
	t        *testing.T
	compiler *jsonschema.Compiler
	root     map[string]any
	whole    *jsonschema.Schema
	other    *gojsonschema.Schema
	pieces   map[string]*jsonschema.Schema // by their place, else their text
	pointer  map[uintptr]string            // of each schema in root
}

// Compile compiles a schema that must be draft-07.
func Compile(t *testing.T, text []byte) *Schema {
	t.Helper()
	s := &Schema{t: t, compiler: jsonschema.NewCompiler(), pieces: map[string]*jsonschema.Schema{}, pointer: map[uintptr]string{}}
	if err := json.Unmarshal(text, &s.root); err != nil {
		t.Fatalf("the schema is no JSON: %v", err)
	}
	if s.root["$schema"] != "http://json-schema.org/draft-07/schema#" {
		t.Fatalf("the schema is of %v, want draft-07", s.root["$schema"])
	}
	s.locate(s.root, "#")
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	s.compiler.DefaultDraft(jsonschema.Draft7)
	if err := s.compiler.AddResource("schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s.whole = s.piece(s.root) // holds it against the meta-schema too
	if s.other, err = gojsonschema.NewSchema(gojsonschema.NewBytesLoader(text)); err != nil {
		t.Fatalf("gojsonschema: %v", err)
	}
	return s
}

// piece is a part of the schema, compiled.
func (s *Schema) piece(schema map[string]any) *jsonschema.Schema {
	s.t.Helper()
	at := s.where(schema)
	if c := s.pieces[at]; c != nil {
		return c
	}
	compiled, err := s.compiler.Compile("schema.json" + at)
	if err != nil {
		s.t.Fatalf("the schema does not compile: %v", err)
	}
	s.pieces[at] = compiled
	return compiled
}

// fits reports whether a value fits a part of the schema.
func (s *Schema) fits(v, schema any) bool {
	if m, ok := schema.(map[string]any); ok {
		return s.piece(m).Validate(v) == nil
	}
	return schema == true
}

// locate remembers where each schema stands.
func (s *Schema) locate(v any, at string) {
	switch v := v.(type) {
	case map[string]any:
		s.pointer[reflect.ValueOf(v).Pointer()] = at
		for key, sub := range v {
			s.locate(sub, at+"/"+key)
		}
	case []any:
		for i, sub := range v {
			s.locate(sub, fmt.Sprintf("%s/%d", at, i))
		}
	}
}

// where is where a schema stands, as a JSON pointer.
func (s *Schema) where(schema map[string]any) string {
	return s.pointer[reflect.ValueOf(schema).Pointer()]
}

// Refuses is why the schema refuses a document, nil when it does not.
func (s *Schema) Refuses(doc any) error {
	s.t.Helper()
	plain := plainly(s.t, doc)
	err := s.whole.Validate(plain)
	result, other := s.other.Validate(gojsonschema.NewGoLoader(plain))
	if other != nil {
		s.t.Fatalf("gojsonschema: %v", other)
	}
	if result.Valid() != (err == nil) {
		s.t.Errorf("two implementations of JSON Schema do not agree on\n%s\none says %v\nthe other %v", YAML(s.t, doc), err, result.Errors())
	}
	return err
}

// Read is a YAML document as a JSON Schema sees it.
func Read(t *testing.T, text []byte) any {
	t.Helper()
	var v any
	if err := yaml.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return plainly(t, v)
}

// plainly is a value as JSON has it.
func plainly(t *testing.T, v any) any {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return plain
}

// YAML is a document as YAML, as people write it. One with a tab in it is written as
// JSON, which is YAML too: the YAML library writes tabs that it cannot read.
func YAML(t *testing.T, doc any) []byte {
	t.Helper()
	if text, err := json.MarshalIndent(doc, "", "  "); err == nil && bytes.Contains(text, []byte(`\t`)) {
		return text
	}
	text, err := yaml.Marshal(ordinary(doc))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// ordinary turns numbers of JSON into numbers of Go.
func ordinary(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for key, sub := range v {
			out[key] = ordinary(sub)
		}
		return out
	case []any:
		out := []any{}
		for _, sub := range v {
			out = append(out, ordinary(sub))
		}
		return out
	case json.Number:
		if i, err := v.Int64(); err == nil {
			return i
		}
		f, _ := v.Float64()
		return f
	case float64:
		if v == float64(int64(v)) {
			return int64(v)
		}
	}
	return v
}

// target is the schema that a reference leads to.
func (s *Schema) target(ref string) any {
	var v any = s.root
	for _, word := range strings.Split(strings.TrimPrefix(ref, "#/"), "/") {
		m, _ := v.(map[string]any)
		v = m[word]
	}
	if v == nil {
		s.t.Fatalf("the reference %s leads nowhere", ref)
	}
	return v
}
