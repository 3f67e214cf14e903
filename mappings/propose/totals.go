package propose

import (
	"regexp"
	"slices"

	"loket-etl/formats"
)

var totalCell = regexp.MustCompile(`^(?i:(?:sub|eind)?totaal|(?:sub|grand )?total|totalen|totals)(?:[^A-Za-z]|$)`)

// isTotals reports whether a row is the sum of others: a cell says so, and at least
// one other is empty. It keeps in which column that stood.
func (s *sniffer) isTotals(r *formats.Record) bool {
	at, open := -1, false
	for i, cell := range r.Cells {
		switch {
		case len(cell) == 0:
			open = true
		case at < 0 && totalCell.Match(cell):
			at = i
		}
	}
	if at < 0 || !open {
		return false
	}
	if !slices.Contains(s.p.totals, at) {
		s.p.totals = append(s.p.totals, at)
	}
	s.p.totalRows++
	return true
}

// skips writes which rows are passed over.
func (d *draft) skips() {
	var names []string
	for i := range d.Columns {
		if c := &d.Columns[i]; slices.Contains(d.totals, c.at) {
			names = append(names, c.Name)
		}
	}
	nobody := d.nobody()
	if len(names) == 0 && d.bottom == nil && nobody == nil {
		return
	}
	d.line("skip:")
	for _, name := range names {
		d.line(`  - {column: %s, like: ["totaal*", "subtotaal*", "eindtotaal*", "totalen*", "total*"]}   # regels met een totaal tellen niet mee`, name)
	}
	if c := nobody; c != nil {
		d.doubts("  ", "regels zonder werknemer", "er staan regels in met personeelsnummer 0; die zijn van niemand en worden overgeslagen")
		d.line("  - {column: %s, is: 0}", c.Name)
	}
	if c := d.bottom; c != nil {
		d.doubts("  ", "onderste rij", "de laatste rij heeft wel getallen maar geen personeelsnummer; die lijkt een totaal en telt niet mee. Elke rij zonder nummer wordt nu stil overgeslagen")
		d.line("  - {column: %s, empty: yes}", c.Name)
	}
}

// nobody is the column with the number of people, when it says 0 here and there.
func (d *draft) nobody() *Column {
	c := d.find(employee)
	if c == nil || c.Type != "integer" {
		return nil
	}
	if values, few := c.seen.Values(); !few || !slices.Contains(values, "0") {
		return nil
	}
	return c
}
