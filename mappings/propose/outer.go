package propose

import (
	"slices"
	"strings"
)

// isOuter reports whether a column stands in what is around a record.
func (c *Column) isOuter() bool { return strings.HasPrefix(c.Path, "../") }

// asClient takes a number beside the records of XML for that of the employer when it is
// named after a client: of those the supplier has, it is the one that the file is for.
func (c *Column) asClient(format string) {
	if format != "xml" || !c.isOuter() && !strings.Contains(c.Path, "@") || c.role == employer || c.seen.Wholes == 0 || c.seen.Wholes < c.seen.Filled {
		return
	}
	name := plainName(c.Header)
	if slices.ContainsFunc([]string{"klantnr", "klantnummer", "klantid", "clientnr", "clientnummer", "clientno", "clientid"}, func(w string) bool { return strings.HasSuffix(name, w) }) {
		c.role, c.Type = employer, "integer"
		c.Notation, c.Layouts, c.doubt = nil, nil, nil
		c.unsure("dit is aangezien voor het clientnummer van de werkgever")
	}
}

// withoutStamps leaves a moment out of the days that says when something was made, and
// one around records that have a day of their own.
func (p *Proposal) withoutStamps() {
	days := p.all(day)
	own := slices.ContainsFunc(days, func(c *Column) bool { return !c.isOuter() && !(c.seen.Moments > 0 && c.isStamp()) })
	for _, c := range days {
		if c.seen.Moments > 0 && (own || c.isOuter()) && (c.isStamp() || own && c.isOuter()) {
			c.role = noRole
		}
	}
}

// isStamp reports whether a column is named after the making of what it is in.
func (c *Column) isStamp() bool {
	name := plainName(c.Header)
	return slices.ContainsFunc([]string{"creat", "gemaakt", "export", "generat", "stamp", "stempel", "tijdstip", "verzonden", "sent"}, func(w string) bool { return strings.Contains(name, w) })
}

// withoutOuter leaves the columns around the records out that the mapping would not use,
// but for those that somebody may choose: another number of people, or of an employer.
func (p *Proposal) withoutOuter() {
	if p.find(employee) == nil && p.find(mail) == nil {
		return // somebody must choose among them
	}
	nameless := p.find(employer) == nil && p.find(werkgeverID) == nil
	isWorked := func(c *Column) bool {
		return p.worked != nil && slices.Contains([]*Column{p.worked.start, p.worked.end, p.worked.pause}, c)
	}
	first := map[role]*Column{day: p.find(day), code: p.find(code), mail: p.find(mail)}
	var kept []Column
	for i := range p.Columns {
		c := &p.Columns[i]
		hint := hinted(c.Header)
		unused := hint != employee && hint != employer && slices.Contains([]role{noRole, about, note, until}, c.role) ||
			first[c.role] != nil && first[c.role] != c || c.role == mail && p.find(employee) != nil
		perhaps := nameless && c.seen.Digits >= 3 && c.seen.Wholes == c.seen.Filled
		if !c.isOuter() || !unused || perhaps || isWorked(c) {
			kept = append(kept, *c)
		}
	}
	p.keep(kept)
}

// keep replaces the columns by some of them.
func (p *Proposal) keep(kept []Column) {
	moved := func(c **Column) {
		if *c == nil {
			return
		}
		name := (*c).Name
		if i := slices.IndexFunc(kept, func(k Column) bool { return k.Name == name }); i >= 0 {
			*c = &kept[i]
		}
	}
	if w := p.worked; w != nil {
		moved(&w.start)
		moved(&w.end)
		moved(&w.pause)
	}
	moved(&p.bottom)
	p.Columns = kept
}
