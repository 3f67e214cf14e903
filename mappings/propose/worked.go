package propose

import (
	"slices"
	"strings"

	"loket-etl/mappings"
)

// worked is the columns with clock times of which the hours are made.
type worked struct {
	start, end, pause *Column
}

const workedName = "gewerkte_uren"

// guessWorked takes the time between two clock times when no column has hours.
func (p *Proposal) guessWorked() {
	if p.wide != nil || slices.ContainsFunc(p.all(hours), func(c *Column) bool { return !c.isBreak() }) {
		return
	}
	var w worked
	for i := range p.Columns {
		c := &p.Columns[i]
		switch {
		case c.isBreak() && (c.Type == "hours" || c.Type == "integer" || c.Type == "decimal"):
			if w.pause == nil {
				w.pause = c
			}
		case !slices.Equal(c.Notation, []string{"clock"}) || !c.isMoment():
		case c.isStart() && w.start == nil:
			w.start = c
		case !c.isStart() && w.end == nil:
			w.end = c
		}
	}
	if w.start == nil || w.end == nil {
		return
	}
	if c := w.pause; c != nil {
		c.role = noRole
		c.doubt = nil
		if c.Type != "hours" && c.seen.Wholes == c.seen.Filled && (c.seen.SetsOfTen > 0 || c.seen.Digits > 1) || slices.Contains(c.Notation, "minutes") {
			c.Notation = []string{"minutes"}
			c.unsure("de pauze is gelezen in minuten")
		} else if c.Type != "hours" || len(c.Notation) == 0 {
			c.Notation = []string{"decimal"}
			c.unsure("de pauze is gelezen in uren")
		}
		c.Type = "hours"
	}
	p.worked = &w
}

func (c *Column) isBreak() bool {
	name := plainName(c.Header)
	return strings.HasPrefix(name, "pauze") || strings.HasPrefix(name, "pause") || strings.HasPrefix(name, "break") || strings.HasPrefix(name, "rust")
}

func (c *Column) isStart() bool {
	name := plainName(c.Header)
	return slices.ContainsFunc([]string{"start", "begin", "van", "from"}, func(w string) bool { return strings.HasPrefix(name, w) })
}

// withoutTotals leaves a column that is named after a sum out when there are others.
func (p *Proposal) withoutTotals() {
	all := p.all(hours, amount)
	for _, c := range all {
		if c.isTotal() && slices.ContainsFunc(all, func(o *Column) bool { return !o.isTotal() }) {
			c.role = noRole
			c.unsure("dit lijkt het totaal van andere kolommen en telt niet mee")
		}
	}
}

// guessBottom finds out whether only the last row is without the number of a person.
func (p *Proposal) guessBottom() {
	for i := range p.Columns {
		c := &p.Columns[i]
		if c.role == employee && p.All && p.totalRows == 0 && c.seen.Cells > 1 && c.seen.Cells-c.seen.Filled == 1 && i < len(p.last) && !p.last[i] {
			p.bottom = c
		}
	}
}

// compute writes the hours that are made of clock times.
func (d *draft) compute() {
	w := d.worked
	if w == nil {
		return
	}
	d.line("compute:")
	text := "start: " + w.start.Name + ", end: " + w.end.Name
	if w.pause != nil {
		text += ", break: " + w.pause.Name
	}
	d.doubts("  ", "uren", "er is geen kolom met uren; ze zijn gemaakt van begin en eind. Een eind dat voor het begin ligt, is de volgende dag")
	d.line("  %s: {worked: {%s}}", workedName, text)
}

// one writes the value of a row that has one.
func (d *draft) one(kind, comp *Column, value, ask string) {
	switch {
	case comp != nil:
		d.line("    - component: {column: %s}", comp.Name)
	case kind != nil:
		d.line("    - component: {table: soorten, by: %s, take: component}", kind.Name)
	default:
		d.line("%s", ask)
		d.line("    - component: {constant: %s}", mappings.OpenChoice)
	}
	d.line("      value: {column: %s}", value)
	d.line("      zero: skip")
}

// measured is the columns, and what stands under the days of a wide sheet.
func (p *Proposal) measured() (all []*Column) {
	for i := range p.Columns {
		all = append(all, &p.Columns[i])
	}
	if p.wide != nil {
		all = append(all, &p.wide.cell)
	}
	return all
}
