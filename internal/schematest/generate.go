package schematest

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"sort"
)

// Maker makes documents that fit a schema, at random but the same for the same seed.
type Maker struct {
	s      *Schema
	random *rand.Rand
	// full is how many of the optional keys there are, of 100.
	full  int
	depth int             // how many values the one that is made lies in
	trace []string        // what of the schema the document uses
	used  map[string]bool // what documents that were kept used
}

// Maker starts making documents.
func (s *Schema) Maker(seed uint64) *Maker {
	return &Maker{s: s, random: rand.New(rand.NewPCG(seed, seed)), used: map[string]bool{}}
}

// Make makes a document that fits the schema but for what reaches across it, and nil
// when that did not work out. full of 100 optional keys are there.
func (m *Maker) Make(full int) any {
	m.full, m.trace = full, nil
	v, ok := m.value([]any{m.s.root})
	if !ok {
		return nil
	}
	return v
}

// Keep counts the document made last as one that shows what its parts of the schema
// mean.
func (m *Maker) Keep() {
	for _, at := range m.trace {
		m.used[at] = true
	}
}

// Unused are the keys and words of the schema that no document kept had.
func (m *Maker) Unused() []string {
	var all []string
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			at := m.s.where(v)
			if properties, ok := v["properties"].(map[string]any); ok && v["additionalProperties"] != nil {
				for key := range properties {
					all = append(all, at+"/properties/"+key)
				}
			}
			if words, ok := v["enum"].([]any); ok && v["description"] != nil {
				for _, w := range words {
					all = append(all, fmt.Sprintf("%s/enum/%v", at, w))
				}
			}
			for key, sub := range v {
				if key != "if" && key != "enum" && key != "not" {
					walk(sub)
				}
			}
		case []any:
			for _, sub := range v {
				walk(sub)
			}
		}
	}
	walk(m.s.root)
	all = slices.DeleteFunc(all, func(at string) bool { return m.used[at] })
	sort.Strings(all)
	return all
}

func (m *Maker) chance(of100 int) bool { return m.random.IntN(100) < of100 }

func pick[T any](m *Maker, all []T) T { return all[m.random.IntN(len(all))] }

// scene is what is asked of one value: schemas that all hold, and the conditions that
// wait for keys of it.
type scene struct {
	all     []map[string]any
	ifs     []map[string]any
	never   bool
	barred  map[string]bool // keys that another choice is about
	needed  map[string]bool
	forever map[string]bool // keys that are decided to be absent
}

// add takes a schema and all that it refers to; of alternatives it takes one.
func (m *Maker) add(c *scene, schema any) {
	switch schema := schema.(type) {
	case bool:
		c.never = c.never || !schema
	case map[string]any:
		if ref, ok := schema["$ref"].(string); ok {
			m.add(c, m.s.target(ref))
			return
		}
		c.all = append(c.all, schema)
		for _, key := range list(schema["required"]) {
			c.needed[key.(string)] = true
		}
		if schema["if"] != nil {
			c.ifs = append(c.ifs, schema)
		}
		for _, sub := range list(schema["allOf"]) {
			m.add(c, sub)
		}
		if any := list(schema["anyOf"]); len(any) > 0 {
			if m.deep() {
				any = any[:1]
			}
			m.add(c, pick(m, any))
		}
		if one := list(schema["oneOf"]); len(one) > 0 {
			chosen := m.branch(c, one)
			for _, other := range one {
				for _, key := range list(other.(map[string]any)["required"]) {
					if !slices.Contains(list(chosen["required"]), key) {
						c.barred[key.(string)] = true
					}
				}
			}
			m.add(c, chosen)
		}
	}
}

// deep reports whether what is made lies so deep that the simplest will do: of
// alternatives the first, and no key that need not be there. Else a schema that refers
// to itself would have no end.
func (m *Maker) deep() bool { return m.depth > 7 }

// branch is one of several alternatives, rather one whose key was not used yet.
func (m *Maker) branch(c *scene, one []any) map[string]any {
	if m.deep() {
		return mapOf(one[0])
	}
	var fresh []any
	for _, b := range one {
		for _, key := range list(mapOf(b)["required"]) {
			if m.fresh(c, key.(string)) {
				fresh = append(fresh, b)
				break
			}
		}
	}
	if len(fresh) > 0 && m.chance(70) {
		return mapOf(pick(m, fresh))
	}
	return mapOf(pick(m, one))
}

func list(v any) []any { l, _ := v.([]any); return l }

// value makes a value that fits all schemas, trying some times.
func (m *Maker) value(schemas []any) (any, bool) {
	m.depth++
	defer func() { m.depth-- }()
	tries := 40
	if m.depth > 3 {
		tries = 8 // what lies deep would be tried again by all that it lies in
	}
	for range tries {
		c := &scene{barred: map[string]bool{}, needed: map[string]bool{}, forever: map[string]bool{}}
		for _, s := range schemas {
			m.add(c, s)
		}
		before := len(m.trace)
		if v, ok := m.once(c); ok && m.fits(v, schemas) {
			return v, true
		}
		m.trace = m.trace[:before]
	}
	return nil, false
}

// fits leaves the whole document alone: what reaches across it is put right later.
func (m *Maker) fits(v any, schemas []any) bool {
	for _, s := range schemas {
		if root, ok := s.(map[string]any); ok && m.s.where(root) == "#" {
			continue
		}
		if !m.s.fits(v, s) {
			return false
		}
	}
	return true
}

func (m *Maker) once(c *scene) (any, bool) {
	if c.never {
		return nil, false
	}
	for _, s := range c.all {
		if words := list(s["enum"]); len(words) > 0 {
			w := m.word(m.s.where(s), words)
			m.trace = append(m.trace, fmt.Sprintf("%s/enum/%v", m.s.where(s), w))
			return w, true
		}
		if w, ok := s["const"]; ok {
			for _, other := range c.all {
				if slices.Contains(list(other["enum"]), w) {
					m.trace = append(m.trace, fmt.Sprintf("%s/enum/%v", m.s.where(other), w))
				}
			}
			return w, true
		}
	}
	kinds, known := map[string]bool{}, false
	for _, s := range c.all {
		types := list(s["type"])
		if t, ok := s["type"].(string); ok {
			types = []any{t}
		}
		for _, t := range types {
			kinds[t.(string)], known = true, true
		}
	}
	switch {
	case kinds["object"] || !known:
		return m.object(c)
	case kinds["array"]:
		return m.array(c)
	}
	return m.scalar(c, kinds)
}

// word is one of the words of an enum, rather one that was not used yet.
func (m *Maker) word(at string, words []any) any {
	var fresh []any
	for _, w := range words {
		if !m.used[fmt.Sprintf("%s/enum/%v", at, w)] {
			fresh = append(fresh, w)
		}
	}
	if len(fresh) > 0 && m.chance(60) {
		return pick(m, fresh)
	}
	return pick(m, words)
}

func (m *Maker) scalar(c *scene, kinds map[string]bool) (any, bool) {
	low, high, bounded := int64(-3), int64(12), false
	for _, s := range c.all {
		if examples := list(s["examples"]); len(examples) > 0 && m.chance(80) {
			return pick(m, examples), true
		}
		if v, ok := s["minimum"].(float64); ok {
			low, high, bounded = int64(v), max(int64(v)+9, high), true
		}
		if v, ok := s["maximum"].(float64); ok {
			high, bounded = int64(v), true
		}
		if v, ok := s["exclusiveMinimum"].(float64); ok {
			low, bounded = int64(v)+1, true
		}
	}
	switch {
	case kinds["integer"] && !kinds["string"], kinds["number"] && !kinds["string"]:
		if bounded && m.chance(40) {
			return json.Number(fmt.Sprint(pick(m, []int64{low, high}))), true
		}
		return json.Number(fmt.Sprint(low + m.random.Int64N(min(high-low, 40)+1))), true
	case kinds["boolean"] && !kinds["string"]:
		return m.chance(50), true
	case kinds["string"]:
		for _, s := range c.all {
			if examples := list(s["examples"]); len(examples) > 0 {
				return pick(m, examples), true
			}
		}
		return pick(m, []any{"iets", "een tekst met: van alles # erin", "é"}), true
	}
	return nil, false
}

// fresh reports whether no document kept has the key.
func (m *Maker) fresh(c *scene, key string) bool {
	return slices.ContainsFunc(c.all, func(s map[string]any) bool {
		return mapOf(s["properties"])[key] != nil && !m.used[m.s.where(s)+"/properties/"+key]
	})
}

func (m *Maker) put(c *scene, out map[string]any, key string) bool {
	schemas, ok := m.schemasOf(c, key)
	if !ok {
		return false
	}
	v, ok := m.value(schemas)
	if !ok {
		return !c.needed[key]
	}
	out[key] = v
	return true
}
