package mappings

import "loket-etl/mappings/expression"

// holds reports whether a condition holds; one that is an expression and cannot be
// asked does not, and the row is told.
func (w *worker) holds(c *condition) bool {
	if c.ask != nil {
		holds, _ := w.asks(c.ask)
		return holds
	}
	text := w.cell(c.column)
	filled := len(text) > 0
	if c.column >= w.j.m.inFile {
		v, _ := w.Cell(c.column)
		text, filled = v.Text, v.Set
	}
	switch {
	case c.empty != 0:
		return (c.empty > 0) != filled
	case c.like != nil:
		return w.alike(text, c.like) != c.not
	case c.number:
		for len(text) > 1 && text[0] == '0' {
			text = text[1:]
		}
	}
	for _, v := range c.values {
		if string(text) == v {
			return !c.not
		}
	}
	return c.not
}

// alike reports whether a text is of one of the patterns, whatever its capitals.
func (w *worker) alike(text []byte, patterns [][]byte) bool {
	w.key = foldKey(w.key[:0], text)
	for _, p := range patterns {
		if expression.Like(w.key, p) {
			return true
		}
	}
	return false
}
