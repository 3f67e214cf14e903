package schematest

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Loader is what a schema is held against.
type Loader struct {
	// Repair makes names in a document lead somewhere, and whatever else a schema
	// cannot say. It changes the document.
	Repair func(doc map[string]any)
	// Load says what is wrong with a document.
	Load func(text []byte) error
	// Unused are keys and words of the schema that no document can show, as JSON
	// pointers, with the reason.
	Unused map[string]string
	// Rare are those that need not be seen, as so few documents have them, with the
	// reason.
	Rare map[string]string
	// Lenient are the mistakes, "path: mistake" with * for numbers, that the schema
	// refuses and the loader does not mind, with the reason.
	Lenient map[string]string
}

// Agree makes so many documents from the schema, and more until all of it was seen. The loader must accept each of them, and
// refuse what the schema refuses after one thing in it was spoiled. Together the
// documents have every key and word of the schema.
func (s *Schema) Agree(t *testing.T, documents int, l Loader) {
	t.Helper()
	m := s.Maker(1)
	lost, told := 0, map[string]bool{}
	tell := func(key, format string, args ...any) {
		t.Helper()
		key = digits.ReplaceAllString(key, "")
		if !told[key] && len(told) < 25 {
			t.Errorf(format, args...)
		}
		told[key] = true
	}
	forgiven := map[string]bool{}
	made := 0
	for ; made < 6*documents; made++ {
		if made >= documents && made%50 == 0 && len(m.missing(l)) == 0 {
			break
		}
		doc, _ := m.Make([]int{0, 30, 60, 90, 100}[made%5]).(map[string]any)
		if doc != nil {
			l.Repair(doc)
		}
		if doc == nil || s.Refuses(doc) != nil {
			lost++
			if doc != nil && testing.Verbose() {
				t.Logf("lost: %v", s.Refuses(doc))
			}
			continue
		}
		text := YAML(t, doc)
		if err := l.Load(text); err != nil {
			tell(err.Error(), "the schema allows what the loader refuses: either the schema says too little, or the loader too much\n%v\n%s", err, text)
			continue
		}
		m.Keep()
		for range 3 {
			if made >= documents {
				break // only to see the rest of the schema
			}
			spoiled, mistake := m.spoil(doc)
			if s.Refuses(spoiled) == nil {
				continue
			}
			if text := YAML(t, spoiled); l.Load(text) == nil {
				if l.Lenient[mistake] != "" {
					forgiven[mistake] = true
					continue
				}
				tell(mistake, "the loader accepts what the schema refuses: %s\n%v\n%s", mistake, s.Refuses(spoiled), text)
			}
		}
	}
	if lost > made/10 {
		t.Errorf("%d of %d documents came to nothing: they did not fit their own schema", lost, made)
	}
	t.Logf("%d documents", made)
	m.complete(t, l, forgiven)
}

// complete wants the lists of exceptions to be what was seen.
func (m *Maker) complete(t *testing.T, l Loader, forgiven map[string]bool) {
	t.Helper()
	for _, at := range m.missing(l) {
		t.Errorf("no document that loads has %s: either the loader does not know it, or the test cannot make it", at)
	}
	for at := range l.Unused {
		if !slices.Contains(m.Unused(), at) {
			t.Errorf("%s is used after all: take it from the list of what is not", at)
		}
	}
	for mistake := range l.Lenient {
		if !forgiven[mistake] {
			t.Errorf("%q was not forgiven once: take it from the list", mistake)
		}
	}
}

// missing are the keys and words that were not seen and should have been.
func (m *Maker) missing(l Loader) []string {
	return slices.DeleteFunc(m.Unused(), func(at string) bool { return l.Unused[at] != "" || l.Rare[at] != "" })
}

// place is a value in a document and how to replace it.
type place struct {
	path   string
	value  any
	set    func(any)
	remove func()
}

func places(v any, path string, set func(any), remove func(), all *[]place) {
	*all = append(*all, place{path, v, set, remove})
	switch v := v.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			places(v[key], path+"/"+key, func(w any) { v[key] = w }, func() { delete(v, key) }, all)
		}
	case []any:
		for i := range v {
			places(v[i], fmt.Sprintf("%s/%d", path, i), func(w any) { v[i] = w }, nil, all)
		}
	}
}

var digits = regexp.MustCompile(`/\S*/|[0-9]+`)

var numbers = regexp.MustCompile(`/[0-9]+`)

// spoil changes one thing in a copy of a document.
func (m *Maker) spoil(doc map[string]any) (any, string) {
	text, err := json.Marshal(doc)
	if err != nil {
		m.s.t.Fatal(err)
	}
	var spoiled any
	if err := json.Unmarshal(text, &spoiled); err != nil {
		m.s.t.Fatal(err)
	}
	var all []place
	places(spoiled, "", func(v any) { spoiled = v }, nil, &all)
	p := pick(m, all)
	mistake := ""
	object, isObject := p.value.(map[string]any)
	switch n := m.random.IntN(4); {
	case n == 0 && isObject:
		object["zzz"] = "zzz"
		mistake = "an unknown key"
	case n <= 1 && p.remove != nil:
		p.remove()
		mistake = "left out"
	default:
		w := pick(m, wrong(p.value))
		p.set(w)
		shown, _ := json.Marshal(w)
		mistake = string(shown)
	}
	return spoiled, strings.TrimPrefix(numbers.ReplaceAllString(p.path, "/*"), "/") + ": " + mistake
}

// wrong are values to try in place of one.
func wrong(v any) []any {
	all := []any{nil, "zzz"}
	switch v.(type) {
	case map[string]any:
		return append(all, []any{"zzz"}, map[string]any{})
	case []any:
		return append(all, map[string]any{"zzz": "zzz"}, []any{}, []any{[]any{}})
	case float64:
		return append(all, 1.5, -99999999999, 99999999999, []any{}, true)
	case bool:
		return append(all, "misschien", 7, []any{})
	}
	return append(all, "", 7, []any{}, map[string]any{"zzz": "zzz"}, true)
}
