package validate

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strings"
)

// draft07 are the names of the only dialect we read.
var draft07 = []string{
	"http://json-schema.org/draft-07/schema#", "http://json-schema.org/draft-07/schema",
	"https://json-schema.org/draft-07/schema#", "https://json-schema.org/draft-07/schema",
}

// formatNames are the formats that the slow path knows.
var formatNames = []string{
	"date", "time", "date-time", "hostname", "email", "idn-email", "ipv4", "ipv6", "uri", "uri-reference",
	"iri", "iri-reference", "uri-template", "uuid", "regex", "json-pointer", "relative-json-pointer",
}

// keywords are those we accept, with the check of their value. A keyword that
// is not here is refused: a schema that is read but not obeyed is worse than none.
// It is a function because the checks refer back to it.
func keywords() map[string]func(*loader, any) error {
	return map[string]func(*loader, any) error{
		"$schema": isText, "$id": isText, "$comment": isText, "title": isText, "description": isText,
		"default": anything, "examples": isList, "$ref": (*loader).ref,
		"type": isType, "enum": isEnum, "const": anything,
		"minimum": isNumber, "maximum": isNumber, "exclusiveMinimum": isNumber, "exclusiveMaximum": isNumber,
		"multipleOf": isPositive, "minLength": isCount, "maxLength": isCount, "minProperties": isCount, "maxProperties": isCount,
		"pattern": isPattern, "format": isFormat, "required": isTexts,
		"definitions": (*loader).schemas, "properties": (*loader).schemas, "patternProperties": (*loader).patterns,
		"additionalProperties": (*loader).schema, "propertyNames": (*loader).schema,
		"dependencies": (*loader).dependencies,
		"allOf":        (*loader).list, "anyOf": (*loader).list, "oneOf": (*loader).list,
		"not": (*loader).schema, "if": (*loader).schema, "then": (*loader).schema, "else": (*loader).schema,
	}
}

// loader checks a schema before anybody compiles it.
type loader struct {
	known map[string]func(*loader, any) error
	root  map[string]any
	refs  []string
	depth int
}

// loadSchema reads a draft-07 schema for an object: strict JSON, known keywords
// only, references into itself only.
func loadSchema(data []byte) (map[string]any, error) {
	v, err := readJSON(data)
	if err != nil {
		return nil, err
	}
	root, ok := v.(map[string]any)
	if !ok {
		return nil, errors.New("a schema is a JSON object")
	}
	if s, there := root["$schema"]; there {
		if name, _ := s.(string); !slices.Contains(draft07, name) {
			return nil, fmt.Errorf("$schema %v: only draft-07 is read", s)
		}
	}
	if t, there := root["type"]; there && t != "object" {
		return nil, fmt.Errorf("type %v: a record is an object", t)
	}
	l := &loader{known: keywords(), root: root}
	if err := l.object("", root); err != nil {
		return nil, err
	}
	delete(root, "$id")
	return root, l.checkRefs()
}

func (l *loader) object(at string, m map[string]any) error {
	if l.depth++; l.depth > 32 {
		return errors.New("the schema is nested more than 32 deep")
	}
	defer func() { l.depth-- }()
	var errs []error
	if _, isRef := m["$ref"]; isRef && len(m) > 1 {
		errs = append(errs, fmt.Errorf("%s/$ref: what stands beside it would not be obeyed", at))
	}
	for _, key := range sortedKeys(m) {
		check, ok := l.known[key]
		if !ok {
			errs = append(errs, fmt.Errorf("%s: unknown keyword; it would not be obeyed", at+"/"+key))
			continue
		}
		if at != "" && (key == "$id" || key == "$schema" || key == "definitions") {
			errs = append(errs, fmt.Errorf("%s: only at the top of the schema", at+"/"+key))
			continue
		}
		if err := check(l, m[key]); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", at+"/"+key, err))
		}
	}
	return errors.Join(errs...)
}

func (l *loader) schema(v any) error {
	switch v := v.(type) {
	case bool:
		return nil
	case map[string]any:
		return l.object(".", v)
	}
	return errors.New("want a schema")
}

func (l *loader) schemas(v any) error {
	m, ok := v.(map[string]any)
	if !ok {
		return errors.New("want an object of schemas")
	}
	var errs []error
	for _, name := range sortedKeys(m) {
		if err := l.schema(m[name]); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
		}
	}
	return errors.Join(errs...)
}

func (l *loader) patterns(v any) error {
	if err := l.schemas(v); err != nil {
		return err
	}
	for _, p := range sortedKeys(v.(map[string]any)) {
		if err := isPattern(nil, p); err != nil {
			return err
		}
	}
	return nil
}

func (l *loader) list(v any) error {
	list, ok := v.([]any)
	if !ok || len(list) == 0 {
		return errors.New("want a list of schemas")
	}
	for i, s := range list {
		if err := l.schema(s); err != nil {
			return fmt.Errorf("%d: %w", i, err)
		}
	}
	return nil
}

func (l *loader) dependencies(v any) error {
	m, ok := v.(map[string]any)
	if !ok {
		return errors.New("want an object")
	}
	for _, name := range sortedKeys(m) {
		if _, isList := m[name].([]any); isList {
			if err := isTexts(nil, m[name]); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		} else if err := l.schema(m[name]); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

const refPrefix = "#/definitions/"

func (l *loader) ref(v any) error {
	name, ok := v.(string)
	if !ok || !strings.HasPrefix(name, refPrefix) || strings.ContainsAny(name[len(refPrefix):], "/%~") {
		return fmt.Errorf("%v: only %sNAME of the same schema is read", v, refPrefix)
	}
	l.refs = append(l.refs, name[len(refPrefix):])
	return nil
}

// checkRefs refuses references to nothing and references that go round.
func (l *loader) checkRefs() error {
	definitions, _ := l.root["definitions"].(map[string]any)
	for _, name := range l.refs {
		if _, ok := definitions[name]; !ok {
			return fmt.Errorf("$ref %s%s: there is no such definition", refPrefix, name)
		}
	}
	var visit func(v any, on []string) error
	visit = func(v any, on []string) error {
		switch v := v.(type) {
		case map[string]any:
			if r, ok := v["$ref"].(string); ok && strings.HasPrefix(r, refPrefix) {
				name := r[len(refPrefix):]
				if slices.Contains(on, name) {
					return fmt.Errorf("$ref %s refers to itself", r)
				}
				return visit(definitions[name], append(slices.Clone(on), name))
			}
			for _, k := range sortedKeys(v) {
				if err := visit(v[k], on); err != nil {
					return err
				}
			}
		case []any:
			for _, e := range v {
				if err := visit(e, on); err != nil {
					return err
				}
			}
		}
		return nil
	}
	return visit(l.root, nil)
}

func anything(*loader, any) error { return nil }

func isText(_ *loader, v any) error {
	if _, ok := v.(string); !ok {
		return errors.New("want a text")
	}
	return nil
}

func isList(_ *loader, v any) error {
	if _, ok := v.([]any); !ok {
		return errors.New("want a list")
	}
	return nil
}

func isEnum(_ *loader, v any) error {
	list, ok := v.([]any)
	if !ok || len(list) == 0 {
		return errors.New("want a list of values")
	}
	seen := map[string]bool{}
	for _, e := range list {
		key := jsonText(e)
		if _, isNumber := e.(json.Number); isNumber {
			key = rat(e).String()
		}
		if seen[key] {
			return fmt.Errorf("%s occurs twice", jsonText(e))
		}
		seen[key] = true
	}
	return nil
}

func isTexts(_ *loader, v any) error {
	list, ok := v.([]any)
	if !ok {
		return errors.New("want a list of texts")
	}
	seen := map[any]bool{}
	for _, e := range list {
		if _, ok := e.(string); !ok || seen[e] {
			return errors.New("want a list of different texts")
		}
		seen[e] = true
	}
	return nil
}

func isType(_ *loader, v any) error {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	for _, t := range list {
		switch t {
		case "string", "number", "integer", "boolean", "null", "object":
		default:
			return fmt.Errorf("type %v: no cell can be that", t)
		}
	}
	if len(list) == 0 {
		return errors.New("want a type")
	}
	return isTexts(nil, list)
}

func isNumber(_ *loader, v any) error {
	n, ok := v.(json.Number)
	if !ok {
		return errors.New("want a number")
	}
	if _, ok := new(big.Rat).SetString(string(n)); !ok {
		return errors.New("want a number")
	}
	return nil
}

func isPositive(_ *loader, v any) error {
	if err := isNumber(nil, v); err != nil {
		return err
	}
	if rat(v).Sign() <= 0 {
		return errors.New("want a number above 0")
	}
	return nil
}

func isCount(_ *loader, v any) error {
	n, ok := v.(json.Number)
	if !ok {
		return errors.New("want a whole number")
	}
	if i, err := n.Int64(); err != nil || i < 0 || i > 1<<30 {
		return errors.New("want a whole number, 0 or more")
	}
	return nil
}

func isPattern(_ *loader, v any) error {
	s, ok := v.(string)
	if !ok {
		return errors.New("want a pattern")
	}
	if _, err := regexp.Compile(s); err != nil {
		return fmt.Errorf("pattern %q: %w (there is no look-ahead)", s, err)
	}
	return nil
}

func isFormat(_ *loader, v any) error {
	if s, _ := v.(string); !slices.Contains(formatNames, s) {
		return fmt.Errorf("format %v is not known and would not be obeyed", v)
	}
	return nil
}

func rat(v any) *big.Rat {
	n, _ := v.(json.Number)
	r, ok := new(big.Rat).SetString(string(n))
	if !ok {
		return new(big.Rat)
	}
	return r
}
