package propose

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"loket-etl/mappings/evidence"
)

// wide is the columns of a sheet that are the same for different days.
type wide struct {
	headings string // as in a mapping
	optional bool
	heading  Column
	cell     Column
	at       []int // places of its cells in a row
}

var (
	weekdays = regexp.MustCompile(`^(?i:ma|di|wo|do|vr|za|zo|maandag|dinsdag|woensdag|donderdag|vrijdag|zaterdag|zondag|mon|tue|wed|thu|fri|sat|sun|(?:mon|tues|wednes|thurs|fri|satur|sun)day)$`)
	shortDay = regexp.MustCompile(`^(?i:(?:ma|di|wo|do|vr|za|zo)[a-z]*\.? *)?[0-9]{1,2}[-/ ](?i:[0-9]{1,2}|jan|feb|mrt|apr|mei|jun|jul|aug|sep|okt|nov|dec)[a-z]*\.?$`)
)

// unfold takes the columns that are days out of those of a row.
func (p *Proposal) unfold() {
	for i := range p.Columns {
		p.Columns[i].at = i
	}
	if p.Options.NoHeader || p.Format != "csv" && p.Format != "xlsx" {
		return
	}
	w := &wide{heading: Column{Type: "text"}, cell: Column{Header: "uren", seen: &evidence.Column{}}}
	switch {
	case w.take(p, p.numbered()):
		w.headings, w.optional, w.heading.Header, w.heading.Type = "1..31", true, "dag", "integer"
	case w.take(p, p.headed(isWeekday)):
		var names []string
		for _, at := range w.at {
			names = append(names, quote(p.Columns[at].Header))
		}
		w.headings, w.optional, w.heading.Header = "["+strings.Join(names, ", ")+"]", true, "dag"
	case w.take(p, p.headed(isDate)):
		seen := &evidence.Column{}
		for _, at := range w.at {
			seen.Add([]byte(p.Columns[at].Header))
		}
		w.headings, w.heading.Header, w.heading.Type, w.heading.seen = "rest", "datum", "date", seen
		w.heading.dated()
	case w.take(p, p.headed(shortDay.MatchString)):
		w.headings, w.heading.Header = "rest", "dag"
		w.heading.unsure("boven de kolommen staan dagen zonder jaar; daaruit is de periode niet te halen")
	default:
		return
	}
	p.wide = w
	p.Columns = slices.DeleteFunc(p.Columns, func(c Column) bool { return slices.Contains(w.at, c.at) })
}

// take keeps the places of columns that are days: three or more, beside another
// column.
func (w *wide) take(p *Proposal, at []int) bool {
	w.at = at
	return len(at) >= 3 && len(at) < len(p.Columns)
}

// numbered is the columns 1 to 28 or more: the days of a month. Fewer may be
// components.
func (p *Proposal) numbered() (at []int) {
	for i := range p.Columns {
		if n, err := strconv.Atoi(p.Columns[i].Header); err == nil && n >= 1 && n <= 31 {
			if n != len(at)+1 {
				return nil
			}
			at = append(at, i)
		}
	}
	if len(at) < 28 {
		return nil
	}
	return at
}

func (p *Proposal) headed(is func(string) bool) (at []int) {
	for i := range p.Columns {
		if is(p.Columns[i].Header) {
			at = append(at, i)
		}
	}
	return at
}

func isWeekday(header string) bool { return weekdays.MatchString(header) }

func isDate(header string) bool {
	var c evidence.Column
	c.Add([]byte(header))
	return c.Days > 0 && c.Moments == 0
}

// concludeWide decides how the cells under days are written, and leaves the other
// numbers of a row out: they would count again for every day.
func (p *Proposal) concludeWide(taken map[string]bool) {
	w := p.wide
	w.heading.Name, w.cell.Name = slug(w.heading.Header, taken), slug("uren", taken)
	w.cell.typed(true)
	w.cell.role = hours
	if w.cell.Type != "hours" && w.cell.Type != "integer" && w.cell.Type != "decimal" {
		w.cell.Type, w.cell.Layouts, w.cell.Notation = "hours", nil, []string{"decimal", "clock"}
		w.cell.unsure("in de cellen onder de dagen staan ook andere dingen dan uren; die worden geweigerd")
	}
	w.cell.asHours()
	for _, c := range p.all(hours, amount) {
		c.role = noRole
		if c.isTotal() {
			c.unsure("dit lijkt het totaal van de rij en telt niet mee")
		} else {
			c.unsure("dit staat eens in een rij en telt niet mee: alleen de cellen onder de dagen worden waarden")
		}
	}
}

// isTotal reports whether a column is named after a sum.
func (c *Column) isTotal() bool {
	name := plainName(c.Header)
	return strings.HasPrefix(name, "totaal") || strings.HasPrefix(name, "total") || strings.HasSuffix(name, "totaal")
}

// wideSheet writes how columns become rows.
func (d *draft) wideSheet() {
	w := d.wide
	if w == nil {
		return
	}
	d.line("  wide:                   # elke gevulde cel onder deze koppen wordt een regel")
	d.line("    headings: %s", w.headings)
	if w.optional {
		d.line("    optional: yes         # een maand of week kan minder dagen hebben")
	}
	d.doubts("    ", "koppen", w.heading.doubt...)
	heading := "as: " + w.heading.Name
	if w.heading.Type != "text" {
		heading += ", type: " + w.heading.Type
	}
	if len(w.heading.Layouts) > 0 {
		heading += fmt.Sprintf(", layouts: [%s]", strings.Join(w.heading.Layouts, ", "))
	}
	d.line("    heading: {%s}", heading)
	d.doubts("    ", "cellen onder de dagen", w.cell.doubt...)
	cell := fmt.Sprintf("as: %s, type: hours, notation: [%s]", w.cell.Name, strings.Join(w.cell.Notation, ", "))
	if w.cell.Decimals > 2 {
		cell += ", decimals: " + strconv.Itoa(w.cell.Decimals)
	}
	d.line("    cell: {%s}", cell)
}
