// Package evidence says what the cells of a column look like: whole numbers,
// decimals, clock times, dates and in which layouts, codes of which there are few.
// It knows only cells: no mapping, no file, no Loket. It never decides where two
// readings are possible; it says so.
package evidence

import (
	"bytes"
	"maps"
	"slices"
	"strings"

	"loket-etl/payroll"
)

// Kind is what all filled cells of a column can be read as.
type Kind string

// Nothing is a column without a filled cell, Text all that is none of the others.
const (
	Nothing Kind = "leeg"
	Text    Kind = "tekst"
	Whole   Kind = "gehele getallen"
	Decimal Kind = "getallen met decimalen"
	Clock   Kind = "kloktijden"
	Mixed   Kind = "getallen en kloktijden" // hours in both notations
	Date    Kind = "datums"
	Moment  Kind = "datums met tijd"
	Period  Kind = "periodes"
)

const (
	// MaxValues is how many different values a column may have to count as a code.
	MaxValues = 64
	// MaxLetters is how long, in bytes, a value of a code may be.
	MaxLetters = 40
)

// Layouts are the date layouts that are told apart, by their names in a mapping.
var Layouts = []string{"dd-MM-yyyy", "yyyy-MM-dd", "dd/MM/yyyy", "MM/dd/yyyy", "dd.MM.yyyy", "yyyyMMdd"}

// Column gathers what is seen of one column. The zero value has seen nothing.
type Column struct {
	Cells  int // seen, empty ones too
	Filled int

	Wholes    int // 12
	Zeros     int // of these, with a zero in front: 007
	Commas    int // 7,5
	Points    int // 7.5
	Groups    int // 1.234,56 or 1,234.56
	Unsure    int // 1.234 or 1,234: a thousands separator or three decimals
	Decimals  int // most behind the sign
	Digits    int // most before it
	Clocks    int // 7:30 and 07:30:00
	Days      int // dates, in any layout
	Moments   int // of these, with a time: 2026-10-01T08:00
	Periods   int // 2026-10
	Mails     int
	BSNs      int // eight or nine digits that pass the check
	IBANs     int
	SetsOfTen int // whole numbers of 30 and more that are multiples of five: minutes, perhaps
	Spaces    int // more than two words: free text
	Names     int // Anna de Bruin, A. de Bruin: of people, perhaps

	layouts [6]int
	values  map[string]int // nil when there were too many, or a long one
	many    bool
}

// Add looks at a cell.
func (c *Column) Add(cell []byte) {
	c.Cells++
	cell = bytes.TrimSpace(cell)
	if len(cell) == 0 {
		return
	}
	c.Filled++
	c.keep(cell)
	switch first := cell[0]; {
	case first >= '0' && first <= '9', first == '-' && len(cell) > 1, first == '+':
		c.number(cell)
	case bytes.IndexByte(cell, '@') > 0 && bytes.IndexByte(cell, ' ') < 0:
		c.Mails++
	default:
		if len(cell) >= 15 && cell[2] >= '0' && cell[2] <= '9' {
			if _, err := payroll.ParseIBAN(string(cell)); err == nil {
				c.IBANs++
			}
		}
	}
	if n := bytes.Count(cell, []byte(" ")); n > 0 {
		if n > 2 {
			c.Spaces++
		}
		if n < 5 && isName(cell) {
			c.Names++
		}
	}
}

// isName reports whether a text begins and ends with a word in a capital and has
// letters only.
func isName(cell []byte) bool {
	capital := func(b byte) bool { return b >= 'A' && b <= 'Z' || b >= 0xC3 }
	last := bytes.LastIndexByte(cell, ' ') + 1
	if last == len(cell) || !capital(cell[0]) || !capital(cell[last]) {
		return false
	}
	return !bytes.ContainsFunc(cell, func(r rune) bool { return r < 'A' && r != ' ' && r != '.' && r != '-' && r != '\'' && r != ',' })
}

// keep remembers a value while there are few.
func (c *Column) keep(cell []byte) {
	if c.many {
		return
	}
	if _, known := c.values[string(cell)]; known {
		c.values[string(cell)]++
		return
	}
	if len(c.values) == MaxValues || len(cell) > MaxLetters {
		c.values, c.many = nil, true
		return
	}
	if c.values == nil {
		c.values = map[string]int{}
	}
	c.values[string(cell)] = 1
}

// Values are the different cells, sorted; ok is false when there are too many, or
// too long ones, to be a code.
func (c *Column) Values() (values []string, ok bool) {
	return slices.Sorted(maps.Keys(c.values)), !c.many
}

// number looks at a cell that begins as a number.
func (c *Column) number(cell []byte) {
	body := bytes.TrimLeft(cell, "+-")
	digits, points, commas, colons, other := 0, 0, 0, 0, 0
	for _, b := range body {
		switch {
		case b >= '0' && b <= '9':
			digits++
		case b == '.':
			points++
		case b == ',':
			commas++
		case b == ':':
			colons++
		default:
			other++
		}
	}
	switch {
	case other > 0 || digits == 0:
	case digits == len(body):
		c.whole(body)
	case colons == 0:
		c.fraction(body, points, commas)
	case points+commas == 0 && isClock(body):
		c.Clocks++
	}
	if n := len(body); n == len(cell) && n >= 6 && (n > digits || n == 8) {
		c.date(body)
	}
}

func (c *Column) whole(body []byte) {
	c.Wholes++
	c.Digits = max(c.Digits, len(bytes.TrimLeft(body, "0")))
	if len(body) > 1 && body[0] == '0' {
		c.Zeros++
	}
	if n := len(body); n >= 2 && n <= 4 && (body[n-1] == '0' || body[n-1] == '5') && (n > 2 || body[0] >= '3') {
		c.SetsOfTen++
	}
	if n := len(body); n == 8 || n == 9 {
		if _, err := payroll.ParseBSN(string(body)); err == nil {
			c.BSNs++
		}
	}
}

// fraction looks at digits with points and commas among them.
func (c *Column) fraction(body []byte, points, commas int) {
	last := bytes.LastIndexAny(body, ".,")
	behind := len(body) - last - 1
	before := bytes.IndexAny(body, ".,")
	if before == 0 {
		return // .5 is no number of ours
	}
	switch {
	case points > 0 && commas > 0:
		c.Groups++
		if body[last] == ',' {
			c.Commas++
		} else {
			c.Points++
		}
	case points+commas > 1:
		if points == 2 && before <= 2 && behind == 4 {
			return // a date
		}
		c.Unsure++
		return
	case behind == 3 && before <= 3 && body[0] != '0':
		c.Unsure++
		return
	case commas == 1:
		c.Commas++
	default:
		c.Points++
	}
	c.Decimals, c.Digits = max(c.Decimals, behind), max(c.Digits, before)
}

func isClock(body []byte) bool {
	parts := bytes.Split(body, []byte(":"))
	for i, p := range parts {
		if i == 0 && (len(p) < 1 || len(p) > 3) || i > 0 && (len(p) != 2 || p[0] > '5') {
			return false
		}
	}
	return len(parts) > 1
}

// date counts every layout that the cell can be read in.
func (c *Column) date(b []byte) {
	day := b
	if len(b) >= 16 && (b[10] == 'T' || b[10] == ' ') {
		day = b[:10]
	}
	found := false
	for i, l := range Layouts {
		if dateAs(day, l) {
			found = true
			c.layouts[i]++
		}
	}
	switch {
	case found:
		c.Days++
		if len(day) < len(b) {
			c.Moments++
		}
	case len(b) == 7 && b[4] == '-' && isPeriod(b[5:]), len(b) == 6 && b[4] == '-' && isPeriod(b[5:]):
		c.Periods++
	}
}

func isPeriod(b []byte) bool {
	n := digitsOf(b)
	return n >= 1 && n <= 53
}

// dateAs reports whether a text is a day in a layout; single digits for day and
// month count too.
func dateAs(b []byte, layout string) bool {
	var y, m, d int
	if layout == "yyyyMMdd" {
		if len(b) != 8 {
			return false
		}
		y, m, d = digitsOf(b[:4]), digitsOf(b[4:6]), digitsOf(b[6:])
	} else {
		sign := strings.Trim(layout, "dMy")[:1]
		if bytes.Count(b, []byte(sign)) != 2 {
			return false
		}
		parts := bytes.Split(b, []byte(sign))
		switch layout[0] {
		case 'y':
			if len(parts[0]) != 4 {
				return false
			}
			y, m, d = digitsOf(parts[0]), digitsOf(parts[1]), digitsOf(parts[2])
		case 'M':
			m, d, y = digitsOf(parts[0]), digitsOf(parts[1]), digitsOf(parts[2])
		default:
			d, m, y = digitsOf(parts[0]), digitsOf(parts[1]), digitsOf(parts[2])
		}
	}
	if y < 1900 || y > 2099 {
		return false
	}
	_, err := payroll.NewDate(y, m, d)
	return err == nil
}

// digitsOf is a short number of digits alone, else -1.
func digitsOf(b []byte) int {
	if len(b) == 0 || len(b) > 4 {
		return -1
	}
	n := 0
	for _, c := range b {
		if c < '0' || c > '9' {
			return -1
		}
		n = 10*n + int(c-'0')
	}
	return n
}
