package mappings

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"loket-etl/formats"
	"loket-etl/mappings/evidence"
	"loket-etl/payroll"
	"loket-etl/validate"
)

// mostSampled is how many values that a table does not have are kept per table.
const mostSampled = 1000

// sample holds a file against the tables and notations of the mapping.
func (l *linter) sample() error {
	in, err := l.o.Sample.Open()
	if err != nil {
		return err
	}
	defer in.Close()
	seen := make([]evidence.Column, len(l.m.columns))
	lookups := l.m.lookups()
	missing := make([]map[string]bool, len(lookups))
	used := l.all(nil)
	for b, err := range formats.Decode(l.m.format, contextReader{context.Background(), in}, l.m.options) {
		if err != nil {
			return err
		}
		b.Cut()
		cell := func(r *formats.Record, column int) string {
			if column >= len(b.Columns) {
				return "" // made of others
			}
			if at := b.Columns[column]; at >= 0 && at < len(r.Cells) {
				return strings.TrimSpace(string(r.Cells[at]))
			}
			return ""
		}
		for i := range b.Records {
			r := &b.Records[i]
			if !used.fits(func(column int) string { return cell(r, column) }) {
				continue
			}
			for c := range seen {
				seen[c].Add([]byte(cell(r, c)))
			}
			for n, k := range lookups {
				l.miss(&missing[n], k, func(column int) string { return cell(r, column) })
			}
		}
		b.Release()
	}
	for n, k := range lookups {
		if len(missing[n]) > 0 {
			l.unknown(k, missing[n])
		}
	}
	for i := range seen {
		l.minutes(i, &seen[i])
	}
	return nil
}

// fits reports whether a row is used, as far as its cells say.
func (c cells) fits(cell func(column int) string) bool {
	for column := range c {
		if v := cell(column); !c.allows(column, v) && !c.allows(column, trimZeros(v)) {
			return false
		}
	}
	return true
}

// miss keeps what a row looks up and its table does not have, at any date.
func (l *linter) miss(missing *map[string]bool, k *lookup, cell func(column int) string) {
	if k.otherwise || len(*missing) >= mostSampled {
		return
	}
	var shown []string
	var key []byte
	empty := true
	for n, by := range k.by {
		c, text := &l.m.columns[by], cell(by)
		empty = empty && text == ""
		if n > 0 {
			key = append(key, keyMark)
		}
		switch {
		case c.Type == validate.Integer:
			key = append(key, trimZeros(text)...)
		case k.table.fold:
			key = foldKey(key, []byte(text))
		default:
			key = append(key, text...)
		}
		if c.Personal {
			text = payroll.Mask(text)
		}
		shown = append(shown, payroll.Discreet(cut(text)))
	}
	if empty || k.table.has(key) {
		return
	}
	if *missing == nil {
		*missing = map[string]bool{}
	}
	(*missing)[strings.Join(shown, " / ")] = true
}

// unknown tells which values a table does not have.
func (l *linter) unknown(k *lookup, values map[string]bool) {
	var names []string
	for v := range values {
		names = append(names, strconv.Quote(v))
	}
	slices.Sort(names)
	text := strings.Join(names[:min(len(names), 10)], ", ")
	if more := len(names) - 10; more > 0 {
		text += " and " + strconv.Itoa(more) + " more"
	}
	l.say(LintUnknown, l.at("tables", k.table.name), "add rows for them, skip such rows, or give the lookup an otherwise", "table %q does not have what the sample says: %s", k.table.name, text)
}

// minutes tells of hours in decimals whose cells look like minutes.
func (l *linter) minutes(i int, seen *evidence.Column) {
	c := &l.m.columns[i]
	if c.Type == validate.Hours && !slices.Contains(c.Notation, "minutes") && seen.Wholes == seen.Filled && seen.Filled > 0 && seen.Digits >= 3 && 10*seen.SetsOfTen >= 9*seen.Filled {
		l.say(LintUnit, l.at("file", "columns", i), "notation: [minutes], if they are", "column %q is read as hours, and the cells of the sample look like minutes", c.Name)
	}
}
