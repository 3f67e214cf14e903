package schematest

import "slices"

// decide gives the keys that conditions ask about a value first, and takes what then
// follows.
func (m *Maker) decide(c *scene, out map[string]any) bool {
	for len(c.ifs) > 0 {
		var later []map[string]any
		progress := false
		for _, s := range c.ifs {
			if !m.ready(c, out, s["if"]) {
				later = append(later, s)
				continue
			}
			progress = true
			branch := s["else"]
			if m.s.fits(out, s["if"]) {
				branch = s["then"]
			}
			ifs := c.ifs
			c.ifs = nil
			if branch != nil {
				m.add(c, branch)
			}
			later = append(later, c.ifs...)
			c.ifs = ifs
		}
		c.ifs = later
		if c.never {
			return false
		}
		if progress {
			continue
		}
		key := m.asked(c, out)
		if key == "" {
			return true
		}
		_, allowed := m.schemasOf(c, key)
		if !allowed || !c.needed[key] && !m.chance(max(m.full, 30)) {
			c.forever[key] = true
		} else if !m.put(c, out, key) {
			return false
		} else if _, there := out[key]; !there {
			c.forever[key] = true
		}
	}
	return true
}

// asks are the keys that a condition is about.
func asks(condition any) []string {
	s, _ := condition.(map[string]any)
	var all []string
	for key := range mapOf(s["properties"]) {
		all = append(all, key)
	}
	for _, key := range list(s["required"]) {
		all = append(all, key.(string))
	}
	for _, sub := range append(list(s["anyOf"]), s["not"]) {
		if sub != nil {
			all = append(all, asks(sub)...)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func mapOf(v any) map[string]any { m, _ := v.(map[string]any); return m }

// ready reports whether every key that a condition asks about is decided.
func (m *Maker) ready(c *scene, out map[string]any, condition any) bool {
	for _, key := range asks(condition) {
		if _, there := out[key]; !there && !c.forever[key] {
			return false
		}
	}
	return true
}

// asked is a key to decide next: one that there are schemas for, if possible.
func (m *Maker) asked(c *scene, out map[string]any) string {
	last := ""
	for _, s := range c.ifs {
		for _, key := range asks(s["if"]) {
			if _, there := out[key]; there || c.forever[key] {
				continue
			}
			if _, ok := m.schemasOf(c, key); ok {
				return key
			}
			last = key
		}
	}
	return last
}
