package mappings

import (
	"slices"
	"strings"

	"loket-etl/payroll"
	"loket-etl/validate"

	"github.com/goccy/go-yaml/ast"
)

const maxComponent = 9999

func (g *grammar) target(o *object) {
	t := &g.m.to
	switch what := o.choice("what", append([]string{""}, targets()...)...); what {
	case "":
		if all := targets(); !o.has("what") {
			g.fail(o.node, strings.Join(all[:len(all)-1], ", ")+" or "+all[len(all)-1], `to has no "what"`)
		}
	case "loonaangifte-status":
		t.what = statusTarget
	case "loonaangifte-response":
		t.what = responseTarget
	case "variabele-gegevens-xml":
		t.what = xmlTarget
	case "verlof-csv":
		t.what = leaveTarget
	default:
		if t.change = changeOf(what); t.change != nil {
			t.what = changeTarget
		}
	}
	if n := o.nodes["what"]; n != nil && g.document != (t.what == responseTarget) {
		g.fail(n.Value, "format: responsemessage and what: loonaangifte-response go together", "this does not come from a file of this format")
	}
	if t.what == statusTarget || t.what == changeTarget {
		g.noWide(o)
	}
	switch {
	case t.what == responseTarget:
		o.done()
		return
	case t.what == statusTarget:
		g.status(t, o)
		o.done()
		return
	case t.what == changeTarget:
		g.change(t, o)
		o.done()
		return
	case g.document:
		return
	}
	g.employer(t, o)
	g.employee(t, o)
	t.round = map[string]rounding{"refuse": refuseRounding, "half-up": halfUp, "half-even": halfEven}[o.choice("round", "refuse", "half-up", "half-even")]
	if t.what == leaveTarget {
		g.leave(t, o)
	} else {
		g.variable(t, o)
	}
	o.done()
}

// targets are the names of all that rows can become.
func targets() []string {
	all := []string{"variabele-gegevens-csv", "variabele-gegevens-xml", "verlof-csv", "loonaangifte-status", "loonaangifte-response"}
	for i := range changes {
		all = append(all, changes[i].what)
	}
	return all
}

func (g *grammar) employer(t *target, o *object) {
	n := o.need("employer", "employer: {clientnummer: {column: ...}}, {werkgever_id: ...} or {by: employee}")
	if n == nil {
		return
	}
	e := g.object(n, "employer")
	if e == nil {
		return
	}
	client, id, by := e.get("clientnummer"), e.get("werkgever_id"), e.text("by")
	e.done()
	switch {
	case client != nil && id == nil && by == "":
		t.employer = g.origin(client, "clientnummer", wholeNumber)
	case id != nil && client == nil && by == "":
		t.employerBy, t.employer = byWerkgeverID, g.origin(id, "werkgever_id", wholeNumber)
	case by == "employee" && client == nil && id == nil:
		t.employerBy = byTheEmployee
	default:
		g.fail(n, "clientnummer:, werkgever_id: or by: employee", "employer is told in exactly one way")
	}
}

func (g *grammar) employee(t *target, o *object) {
	allowed, hint := g.employeeWays(t)
	n := o.need("employee", "employee: {persnr_verl: {column: ...}}, {persnr: ...} or {email: ...}")
	if n == nil {
		return
	}
	e := g.object(n, "employee")
	if e == nil {
		return
	}
	ways := map[string]employeeBy{"persnr_verl": byPersnrVerl, "persnr": byPersnr, "email": byEmail, "bsn": byBSN, "name": byName}
	given := 0
	for _, way := range allowed {
		v := e.get(way)
		if v == nil {
			continue
		}
		given++
		t.employeeBy = ways[way]
		form := wholeNumber
		if t.byText() {
			form = anyText
		}
		t.employee = g.origin(v, way, form)
		if k := t.employee.kind; k != fromColumn && k != absent {
			g.fail(v, "", "the employee comes from a column of the file")
		}
	}
	if t.change != nil {
		g.born(t, e)
		g.masked(t, n)
	}
	e.done()
	if given != 1 {
		g.fail(n, hint, "employee is told in exactly one way")
	}
	if t.employerBy == byTheEmployee && given == 1 && !t.byText() {
		g.fail(n, "a number occurs at more than one employer; an e-mail address does not", "employer by employee needs employee by email")
	}
}

func (g *grammar) variable(t *target, o *object) {
	t.mode = o.choice("mode", "Overschrijven", "NietOverschrijven", "Optellen")
	t.once = o.choice("repeated", "sum", "refuse") == "refuse"
	g.period(t, o)
	for d := range dimensions {
		n := o.get(dimensionName[d])
		if n == nil {
			continue
		}
		form := wholeNumber
		if d.isText() {
			form = anyText
			if t.what == csvTarget {
				g.fail(o.nodes[dimensionName[d]].Key, "use variabele-gegevens-xml", "the CSV of variabele gegevens has no %s", dimensionName[d])
			}
		}
		t.dims[d] = g.origin(n, dimensionName[d], form)
		if x := t.dims[d]; d == slip && x.kind == constant && x.num != 1 && x.num != 2 {
			g.fail(n, "1 normal, 2 special rate", "there is no slip %d", x.num)
		}
	}
	t.hours = map[int]bool{}
	if n := o.need("hours", "the component numbers that are hours, or all; the others are amounts"); n != nil {
		if v, ok := scalar(n); ok && v == "all" {
			t.allHours = true
		} else {
			for _, c := range listOf(n) {
				if v, ok := scalar(c); ok && v == "none" {
					continue
				}
				if c, ok := g.number(c, "hours", 1, maxComponent); ok {
					t.hours[c] = true
				}
			}
		}
	}
	for _, n := range g.some(o.need("values", "a list of {component: ..., value: ...}"), "values") {
		if v := g.object(n, "a value"); v != nil {
			g.value(t, v)
		}
	}
}

func (g *grammar) leave(t *target, o *object) {
	n := o.need("leave", "leave: {from, until, soort, factor, eenheden}")
	if n == nil {
		return
	}
	l := g.object(n, "leave")
	if l == nil {
		return
	}
	column := func(key string, needed bool, types ...validate.Type) int {
		n := l.get(key)
		if n == nil {
			if needed && !l.has(key) {
				g.fail(l.node, key+": {column: ...}", "leave has no %q", key)
			}
			return -1
		}
		f := anyValue
		if slices.Contains(types, validate.Hours) {
			f = amountValue
		}
		x := g.origin(n, key, f)
		if x.kind == absent {
			return -1
		}
		if x.kind != fromColumn || !slices.Contains(types, g.m.columns[x.column].Type) {
			g.fail(n, "", "%q must come from a column of the right type", key)
			return -1
		}
		return x.column
	}
	t.leave.from = column("from", true, validate.Date)
	t.leave.until = column("until", false, validate.Date)
	t.leave.eenheden = column("eenheden", true, validate.Hours, validate.Decimal, validate.Integer)
	if n := l.need("soort", "soort: {column: ...} or {table: ...}: the number of the leave type"); n != nil {
		t.leave.soort = g.origin(n, "soort", wholeNumber)
	}
	if n := l.need("factor", "factor: 1 adds leave, -1 takes it"); n != nil {
		t.leave.factor = g.origin(n, "factor", wholeNumber)
	}
	l.done()
}

func (g *grammar) period(t *target, o *object) {
	n := o.need("period", "period: {date: column}, {column: ...}, {year: ..., number: ...} or {from: file_name}")
	if n == nil {
		return
	}
	p := g.object(n, "period")
	if p == nil {
		return
	}
	date, column, year, number, from := p.get("date"), p.get("column"), p.get("year"), p.get("number"), p.text("from")
	kind := map[string]payroll.PeriodKind{"loket": 0, "monthly": payroll.Monthly, "four-weekly": payroll.FourWeekly, "weekly": payroll.Weekly}
	r := &t.period
	r.kind = kind[p.choice("kind", "loket", "monthly", "four-weekly", "weekly")]
	if off := p.get("offset"); off != nil {
		r.offset, _ = g.number(off, "offset", -13, 13)
		if from != "drop_date" {
			g.fail(off, "", "only the period of the drop date has an offset")
		}
	}
	if r.openPeriod = p.choice("closed", "refuse", "open-period") == "open-period"; r.openPeriod && t.mode != "Optellen" {
		g.fail(p.nodes["closed"].Value, "mode: Optellen", "a correction that is booked in the open period must be added to it: %s would replace what stands there", t.mode)
	}
	p.done()
	want := func(n ast.Node, typ validate.Type, what string) int {
		i := g.columnOf(n)
		if i >= 0 && g.m.columns[i].Type != typ {
			g.fail(n, "", "column %q must be %s", g.m.columns[i].Name, what)
		}
		return i
	}
	switch {
	case date != nil && column == nil && year == nil && number == nil && from == "":
		r.by, r.column = byDate, want(date, validate.Date, "a date")
	case column != nil && date == nil && year == nil && number == nil && from == "":
		r.by, r.column = byPeriodColumn, want(column, validate.Text, `a text such as "2026-10"`)
	case year != nil && number != nil && date == nil && column == nil && from == "":
		r.by, r.column, r.number = byYearAndNumber, want(year, validate.Integer, "an integer"), want(number, validate.Integer, "an integer")
	case from == "file_name" && date == nil && column == nil && year == nil && number == nil:
		r.by = byFileName
		if g.m.filePat == nil || !g.m.filePat.has("year") || !g.m.filePat.has("period") {
			g.fail(p.nodes["from"].Value, `file: {name: "uren_{year}-{period}*.csv"}`, "the file's name has no {year} and {period}")
		}
	case from == "drop_date" && date == nil && column == nil && year == nil && number == nil:
		r.by = byDropDate
	default:
		g.fail(n, "date:, column:, year: with number:, from: file_name or from: drop_date", "the period is told in exactly one way")
	}
}
