package mappings

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"loket-etl/formats"
	"loket-etl/payroll"
)

// EmployerPeriod is a period of an employer, by the identity of its Werkgever.
type EmployerPeriod struct {
	Werkgever string
	Period    payroll.Period
}

// Booking says in which open period the values of a closed one are booked. What it
// does not have is booked where it belongs.
type Booking map[EmployerPeriod]payroll.Period

// BooksElsewhere reports whether the mapping wants to know which periods are closed:
// Input.Booking.
func (m *Mapping) BooksElsewhere() bool { return m.to.period.openPeriod }

// Periods are the periods that the rows of a file are about, in order, for whoever
// makes a Booking of them. A file that cannot be read has none: Run tells why.
func (m *Mapping) Periods(ctx context.Context, in Input) ([]EmployerPeriod, error) {
	in.MaxProblems = 1
	j, issue, err := m.newJob(&in)
	if err != nil || issue != nil {
		return nil, err
	}
	ws, err := scan(ctx, j, func(int) *worker { return newWorker(j) }, func(_ context.Context, w *worker, b *formats.Batch) error {
		w.batch(b, w.variable)
		return nil
	})
	if _, unreadable := asProblem(err); err != nil && !unreadable {
		return nil, err
	}
	if len(ws) == 0 {
		return nil, nil
	}
	p := &planner{worker: merge(j, ws), who: map[[2]int32]int32{}}
	seen := map[EmployerPeriod]bool{}
	var all []EmployerPeriod
	for id := range p.groups.keys {
		e := p.entry(int32(id))
		if !p.identify(&e, e.period) || e.person < 0 {
			continue
		}
		at := EmployerPeriod{p.j.in.People.all[e.person].Werkgever, periodAt(e.period)}
		if !seen[at] {
			seen[at] = true
			all = append(all, at)
		}
	}
	slices.SortFunc(all, func(a, b EmployerPeriod) int {
		return cmp.Or(cmp.Compare(a.Werkgever, b.Werkgever), a.Period.Year-b.Period.Year, a.Period.Number-b.Period.Number)
	})
	return all, nil
}

func periodAt(n int32) payroll.Period {
	return payroll.Period{Year: int(n) / 100, Number: int(n) % 100}
}

func (p *planner) entry(group int32) entry {
	k := &p.groups.keys[group]
	return entry{employee: k.employee, group: group, person: -1, period: k.period}
}

// book moves an entry of a closed period to the open one; false when its employee
// has no employment there.
func (p *planner) book(e *entry) bool {
	if p.j.in.Booking == nil || e.person < 0 {
		return true
	}
	closed := EmployerPeriod{p.j.in.People.all[e.person].Werkgever, periodAt(e.period)}
	open, moved := p.j.in.Booking[closed]
	if !moved {
		return true
	}
	of := e.period
	e.period = int32(open.Year*100 + open.Number)
	if !p.identify(e, of) {
		return false
	}
	if p.booked == nil {
		p.booked = map[string]bool{}
	}
	p.booked[fmt.Sprintf("Periode %s van werkgever %d is afgesloten; wat daarbij hoort, wordt geboekt in periode %s.",
		closed.Period, p.j.in.People.all[e.person].WerkgeverID, open)] = true
	return true
}

// bookings tells what is booked in another period than its own.
func (p *planner) bookings() []formats.Problem {
	var all []formats.Problem
	for text := range p.booked {
		all = append(all, formats.Problem{Code: "geboekt-in-open-periode", Message: text})
	}
	sortProblems(all)
	return all
}
