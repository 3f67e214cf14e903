package mappings

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"loket-etl/payroll"
	"loket-etl/validate"
)

// lookups are all questions to tables.
func (m *Mapping) lookups() (all []*lookup) {
	t := &m.to
	add := func(origins ...*origin) {
		for _, o := range origins {
			if o.kind == fromTable {
				all = append(all, o.lookup)
			}
		}
	}
	add(&t.employer, &t.employee, &t.leave.soort, &t.leave.factor)
	for d := range t.dims {
		add(&t.dims[d])
	}
	for i := range t.values {
		add(&t.values[i].component)
	}
	return all
}

// tables tells which tables and rows nothing can reach.
func (l *linter) tables() {
	used := map[string]bool{}
	namesIn(l.at("to"), used)
	for _, name := range l.tableNames() {
		t := l.g.tables[name]
		if !used[name] {
			l.say(LintDead, l.at("tables", name), "take it away, or look something up in it", "table %q is looked up by nothing", name)
			continue
		}
		l.lapsed(t)
		l.alike(t)
	}
	for _, k := range l.m.lookups() {
		l.unreachable(k)
	}
}

// lapsed tells of rows that ended more than a year ago.
func (l *linter) lapsed(t *table) {
	old := payroll.DateOf(l.o.Now.AddDate(-1, 0, 0))
	for i := range t.rows {
		if r := &t.rows[i]; r.until != 0 && r.until < old {
			l.sayAt(LintDead, l.fileOf(t), r.line, 1, "take it away when no file of that time comes any more", "table %q: the row of %q ended on %s", t.name, t.shown(r), r.until)
		}
	}
}

// alike tells of keys that differ in capitals only.
func (l *linter) alike(t *table) {
	if t.fold {
		return
	}
	first := map[string]*tableRow{}
	for i := range t.rows {
		r := &t.rows[i]
		key := strings.ToLower(t.shown(r))
		if o := first[key]; o == nil {
			first[key] = r
		} else if t.shown(o) != t.shown(r) {
			l.sayAt(LintDead, l.fileOf(t), r.line, 1, "ignore_case: yes, and one of the rows", "table %q: %q and %q differ in capitals only", t.name, t.shown(o), t.shown(r))
		}
	}
}

// unreachable tells of rows whose key no cell can be.
func (l *linter) unreachable(k *lookup) {
	t := k.table
	for i := range t.rows {
		r := &t.rows[i]
		for n, by := range k.by {
			if by < 0 {
				continue
			}
			c, cell := &l.m.columns[by], strings.TrimSpace(r.cells[t.key[n]])
			switch {
			case c.Type == validate.Integer && cell != "" && trimZeros(cell) != cell:
				l.sayAt(LintDead, l.fileOf(t), r.line, 1, "write "+trimZeros(cell)+", or give the column the type text", "table %q: %q is never found, for column %q is a number", t.name, cell, c.Name)
			case c.Type == validate.Integer && cell != "" && strings.Trim(cell, "0123456789") != "":
				l.sayAt(LintDead, l.fileOf(t), r.line, 1, "take it away, or give the column the type text", "table %q: %q is never found, for column %q is a number", t.name, cell, c.Name)
			case !l.all(nil).allows(by, cell):
				l.sayAt(LintDead, l.fileOf(t), r.line, 1, "take the row away, or change skip and keep", "table %q: %q is never looked up, for skip or keep passes such rows over", t.name, cell)
			}
		}
	}
}

// cells are what the cells of columns can be when some conditions hold: only those
// of is, without those of not.
type cells map[int]*struct{ is, not []string }

// all is what rows that are used hold, when those of a rule hold, too.
func (l *linter) all(when []condition) cells {
	c := cells{}
	for i := range l.m.keep {
		c.add(&l.m.keep[i], true)
	}
	for i := range l.m.skip {
		c.add(&l.m.skip[i], false)
	}
	for i := range when {
		c.add(&when[i], true)
	}
	return c
}

// add counts a condition in, or its opposite; patterns are not reasoned about.
func (c cells) add(d *condition, holds bool) {
	if len(d.like) > 0 {
		return
	}
	values, only := d.values, !d.not == holds
	if d.empty != 0 {
		values, only = []string{""}, (d.empty == 1) == holds
	}
	s := c[d.column]
	if s == nil {
		s = &struct{ is, not []string }{}
		c[d.column] = s
	}
	switch {
	case !only:
		s.not = append(s.not, values...)
	case s.is == nil:
		s.is = slices.Clone(values)
	default:
		s.is = slices.DeleteFunc(s.is, func(v string) bool { return !slices.Contains(values, v) })
	}
}

func (c cells) allows(column int, cell string) bool {
	s := c[column]
	return s == nil || (s.is == nil || slices.Contains(s.is, cell)) && !slices.Contains(s.not, cell)
}

// impossible is a column for which nothing is left, -1 when there is none.
func (c cells) impossible() int {
	for column, s := range c {
		if s.is != nil && !slices.ContainsFunc(s.is, func(v string) bool { return !slices.Contains(s.not, v) }) {
			return column
		}
	}
	return -1
}

// conditions tells of conditions that can never hold.
func (l *linter) conditions() {
	for _, key := range []string{"skip", "keep"} {
		for i, c := range map[string][]condition{"skip": l.m.skip, "keep": l.m.keep}[key] {
			col := &l.m.columns[c.column]
			for _, v := range c.values {
				if c.number && v != "" && strings.Trim(v, "0123456789-") != "" {
					l.say(LintDead, l.at(key, i), "take it away, or give the column the type text", "column %q is a number and never %q", col.Name, v)
				}
			}
			if key == "keep" && c.empty == 1 && col.Required {
				l.say(LintDead, l.at(key, i), "take required: yes away, or this condition", "only rows without %q are kept, and those are refused, for it is required", col.Name)
			}
		}
	}
	if at := l.all(nil).impossible(); at >= 0 {
		n := l.at("skip")
		if len(l.m.keep) > 0 {
			n = l.at("keep")
		}
		l.say(LintDead, n, "keep wants all of its conditions, skip any", "no row is ever used: skip and keep leave nothing of column %q", l.m.columns[at].Name)
		return
	}
	for i, r := range l.m.to.values {
		if at := l.all(r.when).impossible(); at >= 0 {
			l.say(LintDead, l.at("to", "values", i), "change when, or take the rule away", "this value is never made: its conditions leave nothing of column %q", l.m.columns[at].Name)
		}
		for j := range i {
			l.twice(j, i)
		}
	}
}

// twice tells of two rules that count a column for the same component.
func (l *linter) twice(i, j int) {
	a, b := &l.m.to.values[i], &l.m.to.values[j]
	if a.component.kind != constant || b.component.kind != constant || a.component.num != b.component.num || a.component.num == 0 {
		return
	}
	for _, c := range a.columns {
		if slices.Contains(b.columns, c) && l.all(slices.Concat(a.when, b.when)).impossible() < 0 {
			l.say(LintTwice, l.at("to", "values", j), "take one of them away, or give them conditions that exclude each other",
				"column %q counts twice for component %d: the rule on line %d does so, too", l.m.columns[c].Name, b.component.num, l.at("to", "values", i).GetToken().Position.Line)
			return
		}
	}
}

// numbers tells of rounding and units.
func (l *linter) numbers() {
	t := &l.m.to
	made := map[int]bool{}
	open := false
	for i := range t.values {
		r := &t.values[i]
		for _, c := range r.columns {
			if l.rounding(c, []any{"to", "values", i, "value"}) {
				break
			}
		}
		open = l.unit(i, r, made) || open
	}
	if t.what == leaveTarget && t.leave.eenheden >= 0 {
		l.rounding(t.leave.eenheden, []any{"to", "leave", "eenheden"})
	}
	if open || t.allHours || l.m.options.Extra == "components" {
		return
	}
	for i, n := range listOf(l.at("to", "hours")) {
		text, _ := scalar(n)
		if number, err := strconv.Atoi(text); err == nil && !made[number] {
			l.say(LintDead, l.at("to", "hours", i), "take it away", "component %d is among hours, and no rule makes it", number)
		}
	}
}

// rounding tells of a column whose totals may have more than two decimals.
func (l *linter) rounding(column int, path []any) bool {
	c := &l.m.columns[column]
	if l.m.to.round != refuseRounding {
		return false
	}
	why := ""
	switch {
	case c.Type == validate.Hours && slices.Contains(c.Notation, "minutes"):
		why = "minutes are not always whole hundredths of an hour (20 minutes is 0,333)"
	case c.Type == validate.Hours && slices.Contains(c.Notation, "clock"):
		why = "clock times are not always whole hundredths of an hour (0:20 is 0,333)"
	case c.MaxDecimals > 2:
		why = fmt.Sprintf("it may have %d decimals", c.MaxDecimals)
	default:
		return false
	}
	l.say(LintRounding, l.at(path...), "round: half-up", "column %q: %s, Loket holds two decimals, and round is refuse: such totals are refused", c.Name, why)
	return true
}

// unit tells of hours that go as amounts and the other way round; open is true when
// the rule may make other components than it does now.
func (l *linter) unit(i int, r *valueRule, made map[int]bool) (open bool) {
	var numbers []int64
	switch r.component.kind {
	case constant:
		numbers = []int64{r.component.num}
	case fromTable:
		numbers = r.component.lookup.nums
		if r.component.lookup.otherwise {
			numbers = append(slices.Clone(numbers), r.component.lookup.num)
		}
		open = true // hours may name more than the table has today
	default:
		return true
	}
	asHours, asAmount := 0, 0
	for _, n := range numbers {
		made[int(n)] = true
		switch {
		case n == 0:
			open = true
		case l.m.to.isHours(int(n)):
			asHours++
		default:
			asAmount++
		}
	}
	if len(r.columns) != 1 || asHours > 0 && asAmount > 0 {
		return open // which of them a row is, only the file says
	}
	c, n := &l.m.columns[r.columns[0]], l.at("to", "values", i)
	if c.Name == "" {
		return open // hours times a rate are an amount: a converted value is what the mapping makes of it
	}
	what := "the components of its table"
	if r.component.kind == constant {
		what = fmt.Sprintf("component %d", r.component.num)
	}
	switch {
	case c.Type == validate.Hours && asAmount > 0:
		l.say(LintUnit, n, "name the component under hours, or give the column the type decimal", "column %q is hours and goes to %s, which hours does not name", c.Name, what)
	case c.Type == validate.Decimal && asHours > 0 && r.component.kind == constant: // a table may get amounts
		l.say(LintUnit, n, "give the column the type hours, or take the component out of hours", "column %q is an amount and goes to %s, which hours names", c.Name, what)
	}
	return open
}
