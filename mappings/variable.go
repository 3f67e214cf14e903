package mappings

import (
	"strconv"

	"loket-etl/payroll"
)

// variable maps one row to variabele gegevens: into the cells of its group, or
// nowhere when it has a problem.
func (w *worker) variable(emp int32, good bool) {
	t := &w.j.m.to
	k := groupKey{employee: emp}
	k.period, good = w.periodOf(emp, good)
	for d := range dimensions {
		if t.dims[d].kind == absent {
			continue
		}
		ok := true
		if d.isText() {
			k.dims[d], ok = w.optionalWord(&t.dims[d])
		} else {
			var n int64
			n, ok = w.number(&t.dims[d])
			if ok && (n < 0 || n > 1<<31-1 || d == slip && (n < 1 || n > 2)) {
				w.badDimension(d)
				ok = false
			}
			k.dims[d] = int32(n)
		}
		good = good && ok
	}
	w.amounts = w.amounts[:0]
	for i := range w.j.values {
		good = w.value(&w.j.values[i]) && good
	}
	if !good || w.failed || emp < 0 {
		w.refuse(emp)
		return
	}
	if w.explain != nil {
		w.explain.row(w, &k)
		return
	}
	e := &w.emps.all[emp]
	var g int32
	switch {
	case !w.j.plain:
		g = w.groups.find(k)
		w.groups.rows[g]++
		e.rows++
	case e.group > 0 && e.period == k.period:
		g = e.group - 1
		e.recent++
	default:
		w.countIn(e)
		g = w.groups.find(k)
		e.group, e.period, e.recent = g+1, k.period, 1
	}
	for _, a := range w.amounts {
		if len(w.pending) == cap(w.pending) {
			w.addPending()
		}
		w.pending = append(w.pending, pendingSum{g, int32(a.component), a.ticks})
	}
	if w.tally != nil {
		w.observe(emp, k.period, &k.dims)
	}
}

// addPending adds up what waits.
func (w *worker) addPending() {
	w.groups.widen(len(w.comps.numbers))
	if w.j.m.to.once {
		for _, p := range w.pending {
			if w.groups.cells(p.group)[p.component] != noValue {
				w.repeats[repeat{p.group, p.component}] = true
			}
			w.groups.sum(p.group, p.component, p.ticks)
		}
	} else {
		for _, p := range w.pending {
			w.groups.sum(p.group, p.component, p.ticks)
		}
	}
	w.pending = w.pending[:0]
}

// countIn adds the rows of an employee's latest group to the counters.
func (w *worker) countIn(e *employee) {
	if e.group > 0 {
		w.groups.rows[e.group-1] += e.recent
		e.rows += e.recent
		e.recent = 0
	}
}

// refuse counts a row that cannot be used against its employee.
func (w *worker) refuse(emp int32) {
	if emp < 0 {
		w.lose(int32(w.rec.Line))
		return
	}
	e := &w.emps.all[emp]
	e.bad = true
	e.rows++
	if w.j.m.yard {
		w.lost++
	}
}

// optionalWord is word for a dimension that a row may do without.
func (w *worker) optionalWord(o *origin) (int32, bool) {
	if o.kind == fromTable && !o.lookup.otherwise {
		empty := true
		for _, c := range o.lookup.by {
			empty = empty && !w.out[c].Set && !w.bad[c]
		}
		if empty {
			return 0, true
		}
	}
	return w.word(o)
}

func (w *worker) badDimension(d dimension) {
	column := -1
	if o := &w.j.m.to.dims[d]; o.kind == fromColumn {
		column = o.column
	}
	w.problem(column, "nummer-ongeldig", func() (string, string) {
		if d == slip {
			return "Er is geen strook met dit nummer.", "Gebruik 1 voor de normale strook of 2 voor bijzonder tarief."
		}
		return "Dit is geen geldig nummer voor " + dimensionName[d] + ".", "Gebruik een geheel getal vanaf 0."
	})
}

// value adds to amounts what a rule makes of the row.
func (w *worker) value(r *valueRule) bool {
	for i := range r.when {
		if !w.holds(&r.when[i]) {
			return true
		}
	}
	if r.needs != nil {
		w.makeAll(r.needs)
	}
	sum, set, ok := r.constant, true, true
	if len(r.columns) > 0 {
		sum, set, ok = w.ticks(r.columns)
		if r.only && !w.onlyOne(r.columns) {
			ok = false
		}
	}
	if ok && (!set || sum == 0 && r.skipZero) {
		return true
	}
	if r.also != nil {
		w.makeAll(r.also)
	}
	n, known := w.number(&r.component)
	if !known {
		return false
	}
	if n == 0 && r.component.isOpen() {
		if r.component.kind == fromTable {
			w.undecided(&r.component)
		}
		return r.component.kind == constant // said once, of the mapping: see Run
	}
	if n < 1 || n > maxComponent {
		w.problem(r.component.column, "component-onbekend", func() (string, string) {
			return "Dit is geen componentnummer.", "Gebruik een nummer van 1 tot en met " + strconv.Itoa(maxComponent) + "."
		})
		return false
	}
	if ok {
		w.amounts = append(w.amounts, amount{w.comps.index(int(n)), sum})
	}
	return ok
}

// onlyOne reports whether at most one of the columns has a value.
func (w *worker) onlyOne(columns []int) bool {
	n := 0
	for _, c := range columns {
		if w.out[c].Set && w.out[c].Num != 0 {
			if n++; n > 1 {
				w.problem(c, "dubbel-gevuld", func() (string, string) {
					return "Er is meer dan één van deze kolommen gevuld, zodat niet duidelijk is welk getal telt.", "Laat in één kolom een getal staan."
				})
				return false
			}
		}
	}
	return true
}

// periodOf is the period of the row as year * 100 + number.
func (w *worker) periodOf(emp int32, good bool) (int32, bool) {
	r := &w.j.m.to.period
	kind := payroll.PeriodKind(0)
	if emp >= 0 {
		kind = payroll.PeriodKind(w.emps.all[emp].kind)
	}
	switch r.by {
	case byDate:
		return w.datePeriod(r.column, kind, good)
	case byPeriodColumn:
		if w.bad[r.column] {
			return 0, false
		}
		p, ok := parsePeriod(w.out[r.column].Text)
		if !ok {
			w.badPeriod(r.column, `Schrijf de periode als "2026-10": jaar, streepje, nummer van de periode.`)
		}
		return int32(p.Year*100 + p.Number), ok && good
	case byYearAndNumber:
		if w.bad[r.column] || w.bad[r.number] {
			return 0, false
		}
		year, number := w.out[r.column].Num, w.out[r.number].Num
		if year < 1900 || year > 9999 {
			w.badPeriod(r.column, "Vul het jaar in vier cijfers in.")
			return 0, false
		}
		if number < 1 || number > 53 {
			w.badPeriod(r.number, "Vul het nummer van de periode in.")
			return 0, false
		}
		return int32(year*100 + number), good
	case byDropDate:
		p := payroll.PeriodOf(payroll.DateOf(w.j.in.Dropped), kind)
		p = shift(p, r.offset, kind)
		return int32(p.Year*100 + p.Number), good
	}
	return int32(w.j.period.Year*100 + w.j.period.Number), good
}

func (w *worker) badPeriod(column int, repair string) {
	w.problem(column, "periode-ongeldig", func() (string, string) { return "Dit is geen periode.", repair })
}

// datePeriod is the period that a date lies in; most dates are the one before.
func (w *worker) datePeriod(column int, kind payroll.PeriodKind, good bool) (int32, bool) {
	v := &w.out[column]
	if w.bad[column] {
		return 0, false
	}
	if !v.Set {
		w.problem(column, "datum-leeg", func() (string, string) {
			return "Er staat geen datum, dus is niet bekend bij welke periode de regel hoort.", "Vul de datum in."
		})
		return 0, false
	}
	c := &w.dates[kind&7]
	if c.date != int32(v.Num) {
		p := payroll.PeriodOf(payroll.Date(v.Num), kind)
		c.date, c.period = int32(v.Num), int32(p.Year*100+p.Number)
	}
	return c.period, good
}
