package propose

import (
	"bytes"
	"fmt"
	"unicode"

	"loket-etl/mappings/evidence"
)

// odd is the first filled cell of a column that is no number.
type odd struct {
	line int    // 0 for none
	why  string // Dutch, without what stands in it
}

// add looks at a cell.
func (c *Column) add(cell []byte, line int) {
	before := numbersIn(c.seen)
	filled := c.seen.Filled
	c.seen.Add(cell)
	if c.odd.line == 0 && c.seen.Filled > filled && numbersIn(c.seen) == before {
		c.odd = odd{line, whyNoNumber(cell)}
	}
}

func numbersIn(s *evidence.Column) int {
	return s.Wholes + s.Commas + s.Points + s.Unsure + s.Clocks
}

// isMost reports whether a column with so many numbers is one of numbers.
func isMost(numbers, filled int) bool { return 5*numbers >= 4*filled && numbers > 0 }

// whyNoNumber is what keeps a cell from being read.
func whyNoNumber(cell []byte) string {
	switch cell = bytes.TrimSpace(cell); {
	case bytes.ContainsAny(cell, "€$£"):
		return "een valutateken"
	case bytes.ContainsFunc(cell, unicode.IsLetter):
		return "letters"
	case bytes.ContainsAny(cell, " \u00a0"):
		return "een spatie"
	}
	return "een teken dat in geen getal hoort, of op een andere plaats"
}

// firstOdd says where a column of numbers has none.
func (c *Column) firstOdd(kind evidence.Kind) string {
	if c.odd.line == 0 || kind != evidence.Whole && kind != evidence.Decimal && kind != evidence.Mixed {
		return ""
	}
	return fmt.Sprintf("; de eerste staat op regel %d (%s). Zo'n regel wordt geweigerd", c.odd.line, c.odd.why)
}

// unread says of a column with numbers that is read as text that nothing is made of
// them.
func (c *Column) unread() {
	hint := hinted(c.Header)
	if c.role != noRole || c.Type != "text" || c.odd.line == 0 {
		return
	}
	if hint == hours || hint == amount || hint == noRole && isMost(numbersIn(c.seen), c.seen.Filled) {
		c.unsure("dit lijken getallen, maar op regel %d staat iets anders (%s); de kolom is als tekst gelezen en er wordt niets van gebruikt", c.odd.line, c.odd.why)
	}
}

// isOdd reports whether the column is an amount with cells that are no number.
func (c *Column) isOdd() bool { return c.role == amount && c.odd.line > 0 }
