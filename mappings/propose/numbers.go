package propose

import (
	"slices"
	"strconv"
	"strings"
)

// asHours decides how hours are written.
func (c *Column) asHours() {
	s := c.seen
	name := plainName(c.Header)
	named := name == "min" || strings.Contains(name, "minu")
	minutes := s.Wholes == s.Filled && s.Filled > 0 && (named || (strings.Contains(name, "duur") || strings.Contains(name, "duration")) && 2*s.SetsOfTen > s.Filled)
	if s.Wholes == s.Filled && s.Filled > 0 && s.Digits >= 3 && 10*s.SetsOfTen >= 9*s.Filled && !named || minutes && !named {
		c.unsure("480 is hier gelezen als 480 minuten (8 uur); het kan ook 480 uur zijn, dan is het notation: [decimal]")
		minutes = true
	}
	if !minutes && c.fives() {
		c.unsure("er staan alleen vijftallen in, hier gelezen als uren; zijn het minuten, schrijf dan notation: [minutes]")
	}
	switch {
	case minutes:
		c.Notation = []string{"minutes"}
	case c.Type != "hours":
		c.Notation = []string{"decimal"}
	}
	c.Type = "hours"
}

// fives reports whether all values are whole and multiples of five, some over half a
// day: few people work so in hours.
func (c *Column) fives() bool {
	values, few := c.seen.Values()
	if !few || c.seen.Wholes != c.seen.Filled {
		return false
	}
	long := false
	for _, v := range values {
		n, err := strconv.Atoi(v)
		if err != nil || n%5 != 0 {
			return false
		}
		long = long || n > 12
	}
	return long
}

// decimals decides on the signs in numbers, which are the same for the file.
func (p *Proposal) decimals() {
	commas, points, groups, unsure := 0, 0, 0, 0
	for _, c := range p.measured() {
		if c.Type != "text" && c.Type != "date" {
			commas, points, groups, unsure = commas+c.seen.Commas, points+c.seen.Points, groups+c.seen.Groups, unsure+c.seen.Unsure
		}
	}
	o := &p.Options
	if o.Point = ','; points > commas && p.Format != "xlsx" && p.Format != "json" && p.Format != "ndjson" {
		o.Point = '.'
	}
	if p.Format == "json" || p.Format == "ndjson" {
		unsure = 0
		if points > commas {
			o.Point = '.'
		}
	}
	switch {
	case commas > 0 && points > 0 && groups == 0:
		p.doubt("er staan getallen met een komma (%d) en met een punt (%d) in; gekozen is het meeste", commas, points)
	case commas+points == 0 && p.hasDecimals() && p.Format != "xlsx":
		p.doubt("geen getal in wat is bekeken heeft decimalen; aangenomen is een komma (7,5)")
	}
	if unsure > 0 {
		p.doubt("1.234 of 1,234 kan duizend tweehonderdvierendertig zijn of een getal met drie decimalen (%d cellen): zet thousands of decimal goed", unsure)
	}
}

func (p *Proposal) hasNumbers() bool {
	return slices.ContainsFunc(p.measured(), func(c *Column) bool { return c.role == hours || c.role == amount })
}

// hasDecimals reports whether a number could have decimals.
func (p *Proposal) hasDecimals() bool {
	return slices.ContainsFunc(p.measured(), func(c *Column) bool {
		return c.role == amount || c.role == hours && slices.Contains(c.Notation, "decimal")
	})
}

// thousands is the sign between thousands, as a mapping says it.
func (p *Proposal) thousands() string {
	for _, c := range p.measured() {
		if c.seen.Groups > 0 && (c.role == hours || c.role == amount) {
			if p.Options.Point == ',' {
				return "point"
			}
			return "comma"
		}
	}
	return ""
}
