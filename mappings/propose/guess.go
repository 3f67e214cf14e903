package propose

import (
	"slices"
	"strings"
)

// find is the first column with a role.
func (p *Proposal) find(r role) *Column {
	for i := range p.Columns {
		if p.Columns[i].role == r {
			return &p.Columns[i]
		}
	}
	return nil
}

func (p *Proposal) all(roles ...role) (found []*Column) {
	for i := range p.Columns {
		if slices.Contains(roles, p.Columns[i].role) {
			found = append(found, &p.Columns[i])
		}
	}
	return found
}

// only leaves a role to the first column that has it.
func (p *Proposal) only(r role) {
	for i, c := range p.all(r) {
		if i > 0 {
			c.role = noRole
		}
	}
}

// isKey reports whether the column can name somebody.
func (c *Column) isKey() bool { return c.Type == "text" || c.Type == "integer" }

// guessEmployee chooses a column of numbers when none is named after people.
func (p *Proposal) guessEmployee() {
	if p.find(employee) != nil || p.find(mail) != nil || p.guessStaff() {
		return
	}
	for i := range p.Columns {
		c := &p.Columns[i]
		if c.role == noRole && hinted(c.Header) == noRole && !isBreak(plainName(c.Header)) && c.Type == "integer" && c.seen.Filled == c.seen.Cells && !c.isComponent() {
			c.role = employee
			c.unsure("dit is aangezien voor het personeelsnummer, omdat het de eerste kolom met gehele getallen is")
			return
		}
	}
}

// guessStaff takes digits with a zero in front for the number of people when the name of
// their column is short for it.
func (p *Proposal) guessStaff() bool {
	for i := range p.Columns {
		c := &p.Columns[i]
		if c.role != noRole || c.seen.Zeros == 0 || c.seen.Wholes < c.seen.Filled || c.Personal || c.isComponent() || !isStaff(c.Header) {
			continue
		}
		c.role, c.Type = employee, "integer"
		c.doubt = slices.DeleteFunc(c.doubt, func(text string) bool { return text == zeroDoubt })
		c.unsure("dit is aangezien voor het personeelsnummer; de nullen vooraan tellen niet mee")
		return true
	}
	return false
}

func isStaff(header string) bool {
	name := plainName(strings.TrimRight(header, ". "))
	return slices.Contains([]string{"nr", "nummer", "no", "number", "id", "mdw", "mw"}, name) ||
		slices.ContainsFunc([]string{"pers", "medew", "werkn", "empl", "staff", "mdw"}, func(w string) bool { return strings.HasPrefix(name, w) })
}

// guessCode chooses a column with few values when none is named after kinds of hours.
func (p *Proposal) guessCode() {
	for i, c := range p.all(code) {
		if _, few := c.seen.Values(); i > 0 || !few || !c.discreet() {
			c.role = noRole
		}
	}
	if p.find(code) != nil || p.find(component) != nil {
		return
	}
	for i := range p.Columns {
		c := &p.Columns[i]
		values, few := c.seen.Values()
		if c.role == noRole && c.Type == "text" && few && len(values) > 1 && len(values) <= 20 && 2*len(values) <= c.seen.Filled && c.discreet() {
			c.role = code
			c.unsure("dit is aangezien voor de soort uren, omdat er maar %d verschillende waarden in staan", len(values))
			return
		}
	}
}

// guessMeasures takes what numbers are left for amounts, beside others or when
// there is nothing else.
func (p *Proposal) guessMeasures() {
	if left := p.all(amount); len(left) > 0 && p.find(hours) == nil && hinted(left[0].Header) != amount && (p.find(component) != nil || p.find(code) != nil) {
		left[0].role = hours
		left[0].asHours()
		left[0].unsure("dit is aangezien voor uren; zijn het bedragen, gebruik dan type: decimal en pas hours aan")
	}
	if p.find(component) != nil || p.find(code) != nil && p.hasNumbers() {
		return
	}
	for i := range p.Columns {
		if c := &p.Columns[i]; c.role == noRole && !isBreak(plainName(c.Header)) && c.Type == "integer" && !c.isComponent() && c.seen.Zeros == 0 && c.seen.Digits <= 5 {
			c.role = amount
			c.Type = "decimal"
			c.unsure("dit is aangezien voor een aantal; is het een nummer, haal dan de regel onder values weg")
		}
	}
}

// guessDay leaves the day of a row to the columns that always have one.
func (p *Proposal) guessDay() {
	days := p.all(day)
	if len(days) == 0 || !slices.ContainsFunc(days, func(c *Column) bool { return c.seen.Filled == c.seen.Cells && !c.Optional }) {
		if len(days) > 0 {
			days[0].unsure("deze datum is niet altijd ingevuld; een regel zonder datum wordt geweigerd")
		}
		return
	}
	for _, c := range days {
		if c.seen.Filled < c.seen.Cells || c.Optional {
			c.role = noRole
		}
	}
}
