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
	t       *testing.T
	root    map[string]any
	whole   *jsonschema.Schema
	other   *gojsonschema.Schema
	pieces  map[string]*jsonschema.Schema // by their text
	pointer map[uintptr]string            // of each schema in root
}

// Compile compiles a schema that must be draft-07.
func Compile(t *testing.T, text []byte) *Schema {
	t.Helper()
	s := &Schema{t: t, pieces: map[string]*jsonschema.Schema{}, pointer: map[uintptr]string{}}
	if err := json.Unmarshal(text, &s.root); err != nil {
		t.Fatalf("the schema is no JSON: %v", err)
	}
	if s.root["$schema"] != "http://json-schema.org/draft-07/schema#" {
		t.Fatalf("the schema is of %v, want draft-07", s.root["$schema"])
	}
	s.whole = s.compile(s.root) // holds it against the meta-schema too
	var err error
	if s.other, err = gojsonschema.NewSchema(gojsonschema.NewBytesLoader(text)); err != nil {
		t.Fatalf("gojsonschema: %v", err)
	}
	s.locate(s.root, "#")
	return s
}

func (s *Schema) compile(schema any) *jsonschema.Schema {
	s.t.Helper()
	text, err := json.Marshal(schema)
	if err != nil {
		s.t.Fatal(err)
	}
	if c := s.pieces[string(text)]; c != nil {
		return c
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		s.t.Fatal(err)
	}
	if m, ok := doc.(map[string]any); ok && m["definitions"] == nil {
		wrapped, err := json.Marshal(map[string]any{"$schema": s.root["$schema"], "definitions": s.root["definitions"], "allOf": []any{schema}})
		if err != nil {
			s.t.Fatal(err)
		}
		if doc, err = jsonschema.UnmarshalJSON(bytes.NewReader(wrapped)); err != nil {
			s.t.Fatal(err)
		}
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft7)
	if err := c.AddResource("schema.json", doc); err != nil {
		s.t.Fatal(err)
	}
	compiled, err := c.Compile("schema.json")
	if err != nil {
		s.t.Fatalf("the schema does not compile: %v", err)
	}
	s.pieces[string(text)] = compiled
	return compiled
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

// Where is where a schema stands, as a JSON pointer.
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

// YAML is a document as YAML: JSON is YAML too, but nobody writes it.
func YAML(t *testing.T, doc any) []byte {
	t.Helper()
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
