package schematest

import (
	"fmt"
	"maps"
	"slices"
)

func (m *Maker) array(c *scene) (any, bool) {
	var items []any
	least, most, unique := 0, 3, false
	out := []any{}
	for _, s := range c.all {
		if v, ok := s["items"]; ok {
			items = append(items, v)
		}
		if v, ok := s["minItems"].(float64); ok {
			least = max(least, int(v))
		}
		if v, ok := s["maxItems"].(float64); ok {
			most = min(most, int(v))
		}
		if v, ok := s["contains"].(map[string]any); ok {
			out = append(out, v["const"])
		}
		unique = unique || s["uniqueItems"] == true
	}
	some := least + m.random.IntN(3)
	if m.deep() {
		some = least
	}
	for range min(most, some) - len(out) {
		v, ok := m.value(items)
		if !ok {
			return nil, false
		}
		if unique && slices.ContainsFunc(out, func(w any) bool { return fmt.Sprint(v) == fmt.Sprint(w) }) {
			continue
		}
		out = append(out, v)
	}
	return out, len(out) >= least
}

// schemasOf are the schemas of a key, and whether it may be there.
func (m *Maker) schemasOf(c *scene, key string) (schemas []any, allowed bool) {
	if c.barred[key] {
		return nil, false
	}
	for _, s := range c.all {
		properties, _ := s["properties"].(map[string]any)
		sub, named := properties[key]
		switch {
		case sub == false:
			return nil, false
		case named:
			schemas = append(schemas, sub)
		case s["additionalProperties"] == false:
			return nil, false
		}
	}
	return schemas, len(schemas) > 0
}

// keys are those that may be there.
func (m *Maker) keys(c *scene) []string {
	all := map[string]bool{}
	for _, s := range c.all {
		properties, _ := s["properties"].(map[string]any)
		for key := range properties {
			if _, ok := m.schemasOf(c, key); ok {
				all[key] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(all))
}

func (m *Maker) object(c *scene) (any, bool) {
	for _, s := range c.all {
		examples := list(s["examples"])
		if len(examples) == 0 || s["properties"] != nil {
			continue
		}
		example := mapOf(pick(m, examples))
		if s["additionalProperties"] == nil {
			return example, true
		}
		out := map[string]any{}
		for key := range example { // names of one's own
			v, ok := m.value([]any{s["additionalProperties"]})
			if !ok {
				return nil, false
			}
			out[key] = v
		}
		return out, true
	}
	out := map[string]any{}
	if !m.decide(c, out) {
		return nil, false
	}
	keys := m.keys(c)
	for _, s := range c.all {
		if s["maxProperties"] == 1.0 {
			keys = []string{pick(m, keys)}
			c.needed[keys[0]] = true
		}
	}
	m.random.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
	for _, key := range keys {
		if _, done := out[key]; done || c.forever[key] || !c.needed[key] && (m.deep() || !m.possible(c, out, key) || !m.chance(m.full) && !(m.fresh(c, key) && m.full > 0 && m.chance(50))) {
			continue
		}
		if !m.put(c, out, key) {
			return nil, false
		}
	}
	for _, s := range c.all {
		together, _ := s["dependencies"].(map[string]any)
		for key, others := range together {
			if _, there := out[key]; !there {
				continue
			}
			for _, other := range list(others) {
				if _, there := out[other.(string)]; !there && !m.put(c, out, other.(string)) {
					return nil, false
				}
			}
		}
	}
	for _, s := range c.all {
		for key := range mapOf(s["properties"]) {
			if _, there := out[key]; there {
				m.trace = append(m.trace, m.s.where(s)+"/properties/"+key)
			}
		}
	}
	return out, true
}

// possible reports whether what a key needs beside it may be there.
func (m *Maker) possible(c *scene, out map[string]any, key string) bool {
	for _, s := range c.all {
		for _, other := range list(mapOf(s["dependencies"])[key]) {
			if _, there := out[other.(string)]; there {
				continue
			}
			if _, ok := m.schemasOf(c, other.(string)); !ok || c.forever[other.(string)] {
				return false
			}
		}
	}
	return true
}
