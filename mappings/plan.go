package mappings

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"loket-etl/formats"
	"loket-etl/payroll"
)

// entry is one row of an import file to be.
type entry struct {
	employee int32
	group    int32
	person   int32   // -1 when nobody knows the people
	period   int32   // that it is booked in
	more     []int32 // other groups that were added to it
}

// planner turns the merged tables into import files.
type planner struct {
	*worker
	entries []entry
	who     map[[2]int32]int32 // person per employee and period, -1 unknown
	booked  map[string]bool    // what is told of bookings in an open period

	questions []question
}

// resolve finds out who is meant and checks what Loket would refuse. What is
// wrong becomes a problem of the employee.
func (p *planner) resolve(ctx context.Context) error {
	p.who = map[[2]int32]int32{}
	p.entries = make([]entry, 0, len(p.groups.keys))
	for id := range p.groups.keys {
		e := p.entry(int32(id))
		if !p.hasValue(int32(id)) || !p.identify(&e, e.period) || !p.book(&e) {
			continue
		}
		p.entries = append(p.entries, e)
	}
	p.sort()
	p.join()
	for i := range p.entries {
		p.limits(&p.entries[i])
	}
	p.askRepeats()
	return p.answer(ctx)
}

func (p *planner) add(issue formats.Problem) { p.problems = append(p.problems, issue) }

func (p *planner) hasValue(group int32) bool {
	for _, c := range p.groups.cells(group) {
		if c != noValue {
			return true
		}
	}
	return false
}

// nameOf is an employee as the file names him, an address masked.
func (p *planner) nameOf(emp int32) string {
	k := &p.emps.all[emp].key
	if p.j.m.to.employeeBy == byEmail {
		return maskMail(p.texts.texts[k.mail])
	}
	return strconv.FormatInt(k.number, 10)
}

// identify finds out whose entry it is; of is the period that its rows are about.
func (p *planner) identify(e *entry, of int32) bool {
	if p.j.in.People == nil {
		return true
	}
	pair := [2]int32{e.employee, e.period}
	who, known := p.who[pair]
	if !known {
		who = p.person(pair[0], pair[1], of)
		p.who[pair] = who
	}
	e.person = who
	return who >= 0
}

// address is where an entry goes in Loket.
type address struct {
	werkgever    string
	werkgeverID  int
	clientnummer int
	persnr       int
}

func (p *planner) address(e *entry) address {
	if e.person < 0 {
		k := &p.emps.all[e.employee].key
		return address{clientnummer: int(k.employer), persnr: int(k.number)}
	}
	x := &p.j.in.People.all[e.person]
	return address{x.Werkgever, x.WerkgeverID, x.Clientnummer, x.PersnrVerl}
}

// person is the employment that an employee of the file has in a period, in which
// rows about another may be booked; -1 with a problem when there is not exactly one.
func (p *planner) person(emp, period, of int32) int32 {
	t, people, e := &p.j.m.to, p.j.in.People, &p.emps.all[emp]
	mail := p.texts.texts[e.key.mail]
	found := people.candidates(t, &e.key, mail)
	if len(found) == 0 {
		if !e.unknown {
			e.unknown = true
			p.ask(p.employeeName(nil, emp), emp, func(l *lineList) formats.Problem { return p.unknownIssue(emp, l) })
		}
		return -1
	}
	at := periodAt(period)
	kind := payroll.PeriodKind(e.kind)
	if kind == 0 && t.period.kind == 0 {
		kind = people.kindOf(found)
	}
	in := found
	if kind != 0 && at.Number <= periodsIn(at.Year, kind) {
		first, last := periodBounds(at, kind)
		in = people.inService(found, first, last)
	}
	code, message, repair := "", "", ""
	switch {
	case kind == 0 && (t.period.by == byDate || t.period.by == byDropDate):
		code = "soort-periode-onbekend"
		message = "Van werknemer %s is niet bekend of de periodes een maand of vier weken duren (%s)."
		repair = "Laat de periodesoort in de mapping vastleggen of in Loket nakijken."
	case kind != 0 && at.Number > periodsIn(at.Year, kind):
		code = "periode-bestaat-niet"
		message = fmt.Sprintf("Periode %s bestaat niet bij de werkgever van werknemer %%s (%%s): een jaar heeft daar %d periodes.", at, periodsIn(at.Year, kind))
		repair = "Verbeter de periode."
	case len(in) == 0:
		code = "werknemer-niet-in-dienst"
		message = fmt.Sprintf("Werknemer %%s is in periode %s niet in dienst (%%s).", at)
		repair = "Controleer het nummer en de datum, of laat het dienstverband in Loket nakijken."
		if of != period {
			message = fmt.Sprintf("Werknemer %%s is niet in dienst in periode %s, waarin de afgesloten periode %s wordt geboekt (%%s).", at, periodAt(of))
			repair = "Verwerk deze regels in Loket met de hand."
		}
	case len(in) == 1 || p.oneNumber(in):
		return in[0]
	default:
		code = "werknemer-dubbelzinnig"
		message = fmt.Sprintf("Werknemer %%s (%%s) heeft in periode %s %d dienstverbanden: %s.", at, len(in), people.numbers(in))
		repair = "Geef de regels van deze werknemer apart op met het juiste personeelsnummer verloning."
	}
	p.ask(p.periodName(nil, &groupKey{employee: emp, period: of}), emp, func(l *lineList) formats.Problem {
		return p.at(emp, formats.Problem{Line: l.lines[0], Code: code, Message: fmt.Sprintf(message, p.nameOf(emp), l), Repair: repair})
	})
	return -1
}

// unknownIssue is the problem of an employee whom Loket does not have.
func (p *planner) unknownIssue(emp int32, l *lineList) formats.Problem {
	k := &p.emps.all[emp].key
	issue := p.j.in.People.unknown(&p.j.m.to, k, p.texts.texts[k.mail])
	issue.Line = l.lines[0]
	issue = p.at(emp, issue)
	if l.count > 1 {
		issue.Message += " Het gaat om " + l.String() + "."
	}
	if p.j.in.PerEmployee && p.j.m.overwrites() {
		issue.Repair += " Hoort de regel bij iemand anders, lever dan al diens regels van de periode samen aan."
	}
	return issue
}

// at adds the cell that a problem of an employee is about, when it is about who
// that is: the number of the employer when that is unknown, else that of the employee.
func (p *planner) at(emp int32, issue formats.Problem) formats.Problem {
	t := &p.j.m.to
	from, value := &t.employee, p.nameOf(emp)
	switch {
	case issue.Code == "werkgever-onbekend":
		from, value = &t.employer, strconv.Itoa(int(p.emps.all[emp].key.employer))
	case !strings.HasPrefix(issue.Code, "werknemer-"):
		return issue
	}
	if from.kind == fromColumn {
		c := &p.j.columns[from.column]
		issue.Column, issue.Field, issue.Value = c.Index+1, c.Header, value
	}
	return issue
}

// oneNumber reports whether employments share the number that Loket pays on:
// somebody who left and came back.
func (p *planner) oneNumber(in []int32) bool {
	all := p.j.in.People.all
	for _, i := range in[1:] {
		if all[i].Clientnummer != all[in[0]].Clientnummer || all[i].PersnrVerl != all[in[0]].PersnrVerl {
			return false
		}
	}
	return true
}

func (p *People) numbers(in []int32) string {
	var out []string
	for _, i := range in {
		out = append(out, fmt.Sprintf("%d bij clientnummer %d", p.all[i].PersnrVerl, p.all[i].Clientnummer))
	}
	return strings.Join(out, ", ")
}

// unknown is the problem of an employee that Loket does not have.
func (p *People) unknown(t *target, k *employeeKey, mail string) formats.Problem {
	issue := formats.Problem{Code: "werknemer-onbekend"}
	label := "clientnummer"
	if t.employerBy == byWerkgeverID {
		label = "werkgever"
	}
	if t.employerBy != byTheEmployee && p.employer(t.employerBy, int(k.employer)) == nil {
		issue.Code = "werkgever-onbekend"
		issue.Message = fmt.Sprintf("Loket kent %s %d niet.", label, k.employer)
		issue.Repair = "Verbeter het nummer van de werkgever."
		if near := p.nearEmployers(t.employerBy, int(k.employer)); len(near) > 0 {
			issue.Repair = "Bedoelt u " + orList(near) + "? " + issue.Repair
		}
		return issue
	}
	shown := strconv.FormatInt(k.number, 10)
	repair := "Verbeter het nummer of voer de werknemer eerst in Loket in."
	switch t.employeeBy {
	case byEmail:
		shown, repair = maskMail(mail), "Verbeter het e-mailadres of zet het in Loket bij de werknemer."
	case byBSN:
		shown, repair = "met BSN "+payroll.Mask(mail), "Verbeter het BSN of voer de werknemer eerst in Loket in."
	case byName:
		shown, repair = "met deze naam en geboortedatum", "Verbeter de naam of de geboortedatum, of voer de werknemer eerst in Loket in."
	}
	at := ""
	if t.employerBy != byTheEmployee {
		at = fmt.Sprintf(" bij %s %d", label, k.employer)
	}
	issue.Message = fmt.Sprintf("Loket kent werknemer %s%s niet.", shown, at)
	issue.Repair = repair
	if near := p.near(t, int(k.employer), int(k.number), mail); len(near) > 0 {
		issue.Repair = "Bedoelt u " + orList(near) + "? " + issue.Repair
	}
	return issue
}

// sort puts the entries in the order of the import files.
func (p *planner) sort() {
	texts := p.texts.texts
	slices.SortFunc(p.entries, func(a, b entry) int {
		x, y := p.address(&a), p.address(&b)
		k, l := &p.groups.keys[a.group], &p.groups.keys[b.group]
		if c := cmp.Or(strings.Compare(x.werkgever, y.werkgever), x.clientnummer-y.clientnummer, int(a.period-b.period),
			int(k.dims[slip]-l.dims[slip]), x.persnr-y.persnr, int(k.dims[ploeg]-l.dims[ploeg]),
			int(k.dims[verdeeleenheid]-l.dims[verdeeleenheid])); c != 0 {
			return c
		}
		return cmp.Or(strings.Compare(texts[k.dims[kostenplaats]], texts[l.dims[kostenplaats]]),
			strings.Compare(texts[k.dims[kostendrager]], texts[l.dims[kostendrager]]), int(a.employee-b.employee), int(k.period-l.period))
	})
}

// sameRow reports whether two entries are one row in Loket.
func (p *planner) sameRow(a, b *entry) bool {
	k, l := &p.groups.keys[a.group], &p.groups.keys[b.group]
	return a.period == b.period && k.dims == l.dims && p.address(a) == p.address(b)
}

// join adds up entries of one person whom the file names in two ways, or which are
// booked in one period.
func (p *planner) join() {
	kept := p.entries[:0]
	for _, e := range p.entries {
		if len(kept) == 0 || !p.sameRow(&kept[len(kept)-1], &e) {
			kept = append(kept, e)
			continue
		}
		last := &kept[len(kept)-1]
		to := p.groups.cells(last.group)
		for n, from := range p.groups.cells(e.group) {
			if from != noValue {
				to[n] = add(to[n], from)
			}
		}
		p.groups.rows[last.group] += p.groups.rows[e.group]
		last.more = append(last.more, e.group)
	}
	p.entries = kept
}

// limits rounds the sums to what Loket holds and checks its limits. A cell
// holds hundredths from here on.
func (p *planner) limits(e *entry) {
	t := &p.j.m.to
	cells := p.groups.cells(e.group)
	for n, c := range cells {
		if c == noValue {
			continue
		}
		v, exact := round(c, t.round)
		cells[n] = v
		if p.j.m.yard {
			continue
		}
		number, code, message, repair := p.comps.numbers[n], "", "", ""
		switch hours := t.isHours(number); {
		case !exact:
			code = "afronding"
			message = "heeft meer dan twee decimalen."
			repair = "Lever waarden met ten hoogste twee decimalen aan, of laat in de mapping vastleggen hoe wordt afgerond."
		case hours && v < 0:
			code = "uren-negatief"
			message = "is " + payroll.Hours(v).Comma() + " uur; Loket neemt geen negatieve uren aan."
			repair = "Controleer de correcties in deze regels."
		case hours && v > 999_99:
			code = "uren-te-veel"
			message = "is " + payroll.Hours(v).Comma() + " uur; Loket neemt ten hoogste 999,99 uur aan."
			repair = "Controleer de uren en of het decimaalteken goed staat."
		case !hours && (v >= maxAmount*100 || v <= -maxAmount*100):
			code = "bedrag-te-groot"
			message = "is " + payroll.Cents(v).Dutch() + "; Loket neemt bedragen aan tussen -100.000.000 en 100.000.000."
			repair = "Controleer het bedrag en het decimaalteken."
		default:
			continue
		}
		who, at := e.employee, periodAt(e.period)
		var more [][]byte
		for _, group := range e.more {
			more = append(more, p.cellName(nil, &p.groups.keys[group], number))
		}
		p.ask(p.cellName(nil, &p.groups.keys[e.group], number), who, func(l *lineList) formats.Problem {
			about := fmt.Sprintf("Het totaal van component %d van werknemer %s in periode %s (%s) ", number, p.nameOf(who), at, l)
			return formats.Problem{Line: l.lines[0], Code: code, Message: about + message, Repair: repair}
		}, more...)
	}
}

// round is ticks in whole hundredths; exact is false when that is not allowed.
func round(ticks int64, how rounding) (v int64, exact bool) {
	v, rest := ticks/ticksPerHundredth, ticks%ticksPerHundredth
	if rest == 0 {
		return v, true
	}
	if how == refuseRounding {
		return v, false
	}
	up := int64(1)
	if rest < 0 {
		rest, up = -rest, -1
	}
	if 2*rest > ticksPerHundredth || 2*rest == ticksPerHundredth && (how == halfUp || v&1 != 0) {
		v += up
	}
	return v, true
}
