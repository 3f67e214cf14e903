package validate

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/xeipuuv/gojsonschema"
)

// Checker is a schema and the columns it applies to, compiled. It does not
// change and may be used by many goroutines.
type Checker struct {
	name   string
	cols   []column
	whole  *gojsonschema.Schema // keywords that look at several columns; nil: none
	byName map[string]int
}

// wholeKeywords are the keywords of a record that look at more than one column.
var wholeKeywords = []string{
	"minProperties", "maxProperties", "propertyNames", "dependencies", "enum", "const",
	"allOf", "anyOf", "oneOf", "not", "if", "then", "else",
}

// Compile makes the checks of a draft-07 schema for records with these columns.
// It refuses other drafts, keywords it does not know, references out of the
// schema, and what can never be obeyed: a property of another type than its
// column, a required property without a column. The schema "" or nil asks
// nothing. Name is for errors.
func Compile(name string, schema []byte, cols []Column) (*Checker, error) {
	c := &Checker{name: name, cols: make([]column, len(cols)), byName: map[string]int{}}
	var errs []error
	for i, col := range cols {
		if _, twice := c.byName[col.Name]; twice {
			errs = append(errs, fmt.Errorf("column %q occurs twice", col.Name))
		}
		c.byName[col.Name] = i
		if err := c.cols[i].notation(col); err != nil {
			errs = append(errs, fmt.Errorf("column %q: %w", col.Name, err))
		}
	}
	root := map[string]any{}
	if len(schema) > 0 {
		var err error
		if root, err = loadSchema(schema); err != nil {
			return nil, fmt.Errorf("schema %s: %w", name, err)
		}
	}
	if err := c.compile(root); err != nil {
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("schema %s: %w", name, err)
	}
	return c, nil
}

// At is the same Checker for a file whose columns stand elsewhere: cells has the
// cell index of each column, -1 for an absent one.
func (c *Checker) At(cells []int) *Checker {
	at := *c
	at.cols = slices.Clone(c.cols)
	for i := range at.cols {
		at.cols[i].Index = cells[i]
	}
	return &at
}

// compile divides the schema over the columns.
func (c *Checker) compile(root map[string]any) error {
	var errs []error
	required, _ := root["required"].([]any)
	for _, name := range required {
		i, ok := c.byName[name.(string)]
		if !ok {
			errs = append(errs, fmt.Errorf("required: there is no column %q", name))
			continue
		}
		c.cols[i].required = true
	}
	for i := range c.cols {
		if err := c.cols[i].compile(root); err != nil {
			errs = append(errs, fmt.Errorf("column %q: %w", c.cols[i].Name, err))
		}
	}
	whole := map[string]any{}
	for _, key := range wholeKeywords {
		if v, ok := root[key]; ok {
			whole[key] = v
		}
	}
	if len(whole) > 0 {
		var err error
		if c.whole, err = slowSchema(whole, root); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// slowSchema compiles what has no fast form.
func slowSchema(m, root map[string]any) (s *gojsonschema.Schema, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the schema cannot be compiled: %v", r)
		}
	}()
	m = maps.Clone(m)
	m["$schema"] = draft07[0]
	if d, ok := root["definitions"]; ok {
		m["definitions"] = d
	}
	return gojsonschema.NewSchema(gojsonschema.NewGoLoader(m))
}

// compile takes what the schema says of this column into rules.
func (k *column) compile(root map[string]any) error {
	var apply []any
	if properties, ok := root["properties"].(map[string]any); ok {
		if s, ok := properties[k.Name]; ok {
			apply = append(apply, s)
		}
	}
	if patterns, ok := root["patternProperties"].(map[string]any); ok {
		for _, p := range sortedKeys(patterns) {
			if regexp.MustCompile(p).MatchString(k.Name) {
				apply = append(apply, patterns[p])
			}
		}
	}
	if s, ok := root["additionalProperties"]; ok && len(apply) == 0 {
		if s == false {
			return errors.New("the schema allows no such property")
		}
		apply = append(apply, s)
	}
	var slow []any
	var errs []error
	for _, s := range apply {
		rest, err := k.flatten(s, root)
		slow = append(slow, rest...)
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	for i := range k.rules {
		r := &k.rules[i]
		r.onText, r.onNumber = k.textRules(), k.numberRules()
		if k.Type == Text || k.Type == Date {
			k.text.add(r)
			r.onText.add(r)
		} else {
			k.nums.add(r)
			r.onNumber.add(r)
		}
		r.code, r.message, r.repair = sentence(r.kind, k.argument(r))
	}
	step := k.step()
	k.nums.multiple = slices.DeleteFunc(k.nums.multiple, func(m int64) bool { return step%m == 0 })
	if len(slow) == 0 {
		return nil
	}
	var err error
	k.slow, err = slowSchema(map[string]any{"properties": map[string]any{k.Name: map[string]any{"allOf": slow}}}, root)
	return err
}

// flatten adds the rules of a schema to the column and gives back, as schemas,
// what has no fast form.
func (k *column) flatten(s any, root map[string]any) (slow []any, err error) {
	m, isMap := s.(map[string]any)
	if !isMap {
		if s == false {
			k.rules = append(k.rules, rule{kind: "false"})
		}
		return nil, nil
	}
	if ref, ok := m["$ref"].(string); ok {
		definitions, _ := root["definitions"].(map[string]any)
		return k.flatten(definitions[ref[len(refPrefix):]], root)
	}
	rest := map[string]any{}
	var errs []error
	for _, key := range sortedKeys(m) {
		switch key {
		case "title", "description", "$comment", "default", "examples":
		case "allOf":
			for _, sub := range m[key].([]any) {
				more, err := k.flatten(sub, root)
				slow = append(slow, more...)
				errs = append(errs, err)
			}
		case "required", "properties", "patternProperties", "additionalProperties", "propertyNames", "dependencies", "minProperties", "maxProperties":
			errs = append(errs, fmt.Errorf("%s says nothing about a cell", key))
		default:
			fast, err := k.rule(key, m[key])
			errs = append(errs, err)
			if !fast {
				rest[key] = m[key]
			}
		}
	}
	if len(rest) > 0 {
		slow = append(slow, rest)
	}
	return slow, errors.Join(errs...)
}

// rule makes a rule of a keyword. It is false for a keyword without a fast form.
func (k *column) rule(key string, v any) (fast bool, err error) {
	isText := k.Type == Text || k.Type == Date
	r := rule{kind: key, text: jsonText(v)}
	switch key {
	case "type":
		return k.typeRule(v)
	case "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf":
		if isText {
			return false, fmt.Errorf("%s says nothing about a text; declare the column as a number", key)
		}
		r.bound = rat(v)
	case "minLength", "maxLength", "pattern":
		if !isText {
			return false, fmt.Errorf("%s says nothing about a number; declare the column as text", key)
		}
		if key == "pattern" {
			r.text = v.(string)
			r.match = newPattern(r.text)
		} else {
			n, _ := v.(json.Number).Int64()
			r.count = int(n)
		}
	case "format":
		if !isText {
			return false, errors.New("format says nothing about a number; declare the column as text")
		}
		return k.Type == Date && v == "date", nil
	case "enum":
		return k.oneOf(r, v.([]any))
	case "const":
		return k.oneOf(r, []any{v})
	default: // anyOf, oneOf, not, if, then, else
		return false, nil
	}
	k.rules = append(k.rules, r)
	return true, nil
}

func (k *column) typeRule(v any) (bool, error) {
	types, isList := v.([]any)
	if !isList {
		types = []any{v}
	}
	switch {
	case k.Type == Text || k.Type == Date:
		if !slices.Contains(types, any("string")) {
			return false, fmt.Errorf("type %s: the column is text in JSON", jsonText(v))
		}
	case slices.Contains(types, any("number")):
	case slices.Contains(types, any("integer")):
		k.rules = append(k.rules, rule{kind: "multipleOf", text: "1", bound: rat(json.Number("1"))})
	default:
		return false, fmt.Errorf("type %s: the column is a number", jsonText(v))
	}
	return true, nil
}

// oneOf is enum, and const as an enum of one.
func (k *column) oneOf(r rule, values []any) (bool, error) {
	var shown []string
	for _, v := range values {
		switch v := v.(type) {
		case string:
			if k.Type == Text || k.Type == Date {
				r.texts = append(r.texts, v)
			}
		case json.Number:
			if k.Type == Text || k.Type == Date {
				continue
			}
			if digits(string(v)) > maxInteger {
				return false, nil // the slow path compares such numbers in its own way
			}
			n := numeric{scale: k.nums.scale}
			if i := n.floor(rat(v)); i == n.ceil(rat(v)) {
				r.nums = append(r.nums, i)
				shown = append(shown, k.local(rat(v)))
			}
		}
	}
	if len(r.texts)+len(r.nums) == 0 {
		return false, fmt.Errorf("%s: no value of it can be in this column", r.kind)
	}
	r.text = strings.Join(r.texts, ", ")
	if len(r.nums) > 0 {
		r.text = strings.Join(shown, "; ")
	}
	k.rules = append(k.rules, r)
	return true, nil
}

// digits counts the significant digits of a JSON number, exponent apart.
func digits(s string) int {
	n := 0
	for _, c := range s {
		if c == 'e' || c == 'E' {
			break
		}
		if c >= '0' && c <= '9' && (n > 0 || c != '0') {
			n++
		}
	}
	return n
}
