package schematest

import (
	"fmt"
	"maps"
	"slices"
)

// Keys tells visit of every object in a document which keys the schema knows there, and
// where in the schema they stand. path is as in YAML paths: $.file.columns[0].
func (s *Schema) Keys(doc any, visit func(path string, keys []string, where string)) {
	s.visit(doc, []any{s.root}, "$", visit)
}

// holds collects the schemas that hold for a value: of alternatives those that fit.
func (s *Schema) holds(v any, schema any, all *[]map[string]any) {
	m, ok := schema.(map[string]any)
	if !ok {
		if schema == false {
			*all = append(*all, map[string]any{"additionalProperties": false})
		}
		return
	}
	if ref, ok := m["$ref"].(string); ok {
		s.holds(v, s.target(ref), all)
		return
	}
	*all = append(*all, m)
	for _, sub := range list(m["allOf"]) {
		s.holds(v, sub, all)
	}
	for _, sub := range append(list(m["anyOf"]), list(m["oneOf"])...) {
		if s.fits(v, sub) {
			s.holds(v, sub, all)
		}
	}
	if condition := m["if"]; condition != nil {
		branch := m["else"]
		if s.fits(v, condition) {
			branch = m["then"]
		}
		if branch != nil {
			s.holds(v, branch, all)
		}
	}
}

func (s *Schema) visit(v any, schemas []any, path string, visit func(string, []string, string)) {
	var all []map[string]any
	for _, schema := range schemas {
		s.holds(v, schema, &all)
	}
	switch v := v.(type) {
	case map[string]any:
		keys, where := map[string]bool{}, ""
		for _, m := range all {
			properties := mapOf(m["properties"])
			if m["additionalProperties"] == false && len(properties) > 0 {
				where = s.where(m)
			}
			for key, sub := range properties {
				if sub != false && !slices.ContainsFunc(all, func(other map[string]any) bool { return mapOf(other["properties"])[key] == false }) {
					keys[key] = true
				}
			}
		}
		if where != "" {
			visit(path, slices.Sorted(maps.Keys(keys)), where)
		}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			var subs []any
			for _, m := range all {
				if sub, ok := mapOf(m["properties"])[key]; ok {
					subs = append(subs, sub)
				} else if sub, ok := m["additionalProperties"].(map[string]any); ok {
					subs = append(subs, sub)
				}
			}
			s.visit(v[key], subs, path+"."+key, visit)
		}
	case []any:
		for i, item := range v {
			var subs []any
			for _, m := range all {
				if sub, ok := m["items"]; ok {
					subs = append(subs, sub)
				}
			}
			s.visit(item, subs, fmt.Sprintf("%s[%d]", path, i), visit)
		}
	}
}
