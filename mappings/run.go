package mappings

import (
	"context"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"loket-etl/formats"
	"loket-etl/loket/contract"
	"loket-etl/payroll"
	"loket-etl/validate"
)

const (
	defaultProblems  = 1000
	defaultCallBytes = 4 << 20
)

// Input is a file and what a run must know beside it.
type Input struct {
	Open         func() (io.ReadCloser, error) // called once per pass, always for the same bytes
	FileName     string
	Dropped      time.Time // its zone decides the date
	Rules        validate.Rules
	PerEmployee  bool                // leave out the employees with a problem instead of refusing the file
	Replaces     bool                // what the file leaves out is taken out of Loket
	Only         func(Employee) bool // leave out everybody else, with PerEmployee; nil: nobody
	People       *People             // nil: who is meant is not checked
	Booking      Booking             // where what belongs in a closed period goes; nil: where it belongs
	Returns      Returns             // for mappings about tax returns; nil: they are not checked
	PassDoubles  bool                // pass over rows of which nothing is left to be done, instead of making them problems
	Clientnummer int                 // of the pipeline, for mappings that take it from there
	MaxProblems  int                 // kept in the report, default 1,000
	MaxCallBytes int                 // of an import file, default 4 MiB
	Workers      int                 // default one per core
}

// Planned is one call with what it is about.
type Planned struct {
	Call    contract.Call
	Subject string // "werkgever 1001, periode 2026-10"
	Rows    int    // of the dropped file
	// Lines are, of leave, the line of the dropped file behind each line of the
	// import file after its header; of a status, the line that the call is made of.
	Lines []int
}

// Employee is somebody in a file (or, in a file about tax returns, a return by its
// berichtkenmerk), by the numbers of Loket where they are known,
// else as the file names him. A leave file knows no Clientnummer: there it is the
// WerkgeverId.
type Employee struct{ Clientnummer, Number string }

// Report is what came of a file. Rows = Accepted + Refused + Skipped.
type Report struct {
	Rows, Accepted, Refused int
	Skipped                 int // rows that the mapping passes over
	Problems                []formats.Problem
	MoreProblems            int               // found but not kept
	RefusedEmployees        []Employee        // with PerEmployee, sorted
	Notes                   []formats.Problem // what is accepted and had better be looked at
}

// IsRefused reports whether an employee was left out; it fits Extract.
func (r *Report) IsRefused(clientnummer, employee string) bool {
	_, found := slices.BinarySearchFunc(r.RefusedEmployees, Employee{clientnummer, employee}, compareEmployees)
	return found
}

func compareEmployees(a, b Employee) int {
	if c := strings.Compare(a.Clientnummer, b.Clientnummer); c != 0 {
		return c
	}
	return strings.Compare(a.Number, b.Number)
}

// Run reads the whole file and then hands over the calls, in an order that
// follows from the file alone. Without PerEmployee there is no call when there
// is any problem. With it, all rows of an employee with a problem are left out;
// but when a row cannot be read so far as to know whose it is, and the calls
// would overwrite, nothing is accepted either, since a total would lack hours
// that a later delivery then overwrites. The contents of the file never make an
// error, they make problems; errors are those of Open, the context and call.
func (m *Mapping) Run(ctx context.Context, in Input, call func(Planned) error) (Report, error) {
	j, issue, err := m.newJob(&in)
	if err != nil {
		return Report{}, err
	}
	if issue != nil {
		return Report{Problems: []formats.Problem{*issue}}, nil
	}
	switch m.to.what {
	case leaveTarget:
		return j.runLeave(ctx, call)
	case statusTarget, changeTarget:
		return j.runRows(ctx, call)
	case responseTarget:
		return j.runResponse(ctx, call)
	}
	ws, err := scan(ctx, j, func(int) *worker { return newWorker(j) }, func(_ context.Context, w *worker, b *formats.Batch) error {
		w.batch(b, w.variable)
		return nil
	})
	if r, stop, err := j.unreadable(ws, err); stop {
		return r, err
	}
	p := &planner{worker: merge(j, ws)}
	if err := p.resolve(ctx); err != nil {
		return Report{}, err
	}
	p.rules()
	p.openChoices()
	report, open := p.report()
	if !open {
		return report, nil
	}
	return report, p.calls(ctx, call)
}

// unreadable is the report of a file that could not be read to its end.
func (j *job) unreadable(ws []*worker, err error) (Report, bool, error) {
	if err == nil {
		return Report{}, false, nil
	}
	issue, ok := asProblem(err)
	if !ok {
		return Report{}, true, err
	}
	r := Report{}
	for _, w := range ws {
		r.Rows += w.rows
		r.Skipped += w.skipped
		r.Problems = append(r.Problems, w.problems...)
		r.MoreProblems += w.more
	}
	r.Refused = r.Rows - r.Skipped
	r.Problems = append(r.Problems, issue)
	r.trim(j)
	return r, true, nil
}

// trim sorts the problems, keeps the first and says on which sheet they are.
func (r *Report) trim(j *job) {
	sortProblems(r.Problems)
	if n := len(r.Problems) - j.maxIssues; n > 0 {
		r.Problems, r.MoreProblems = slices.Clone(r.Problems[:j.maxIssues]), r.MoreProblems+n
	}
	for i := range r.Problems {
		if j.sheet != "" && r.Problems[i].Line > 0 {
			r.Problems[i].Sheet = j.sheet
		}
	}
}

// rules adds what the rules over the file found.
func (p *planner) rules() {
	if p.j.tally == nil {
		return
	}
	var byName map[string]int32
	p.j.tally.Finish(func(issue formats.Problem, employee []byte) {
		p.add(issue)
		if employee == nil {
			p.wrongTotal = true
			return
		}
		if byName == nil {
			byName = map[string]int32{}
			for i := range p.emps.all {
				byName[string(p.nameRule(nil, int32(i)))] = int32(i)
			}
		}
		if emp, ok := byName[string(employee)]; ok {
			p.emps.all[emp].bad = true
		} else {
			p.wrongTotal = true
		}
	})
}

// report sums up; open says whether there are calls to make.
func (p *planner) report() (r Report, open bool) {
	p.choose()
	r = Report{Rows: p.rows, Skipped: p.skipped, Problems: p.problems, MoreProblems: p.more}
	good := p.rows - p.skipped - p.lost
	if p.j.m.yard {
		r.trim(p.j)
		r.Accepted, r.Refused = good, p.lost
		return r, true
	}
	found := len(p.problems) > 0 || p.more > 0
	p.spread()
	refused := 0
	for i := range p.emps.all {
		if e := &p.emps.all[i]; e.bad {
			refused += int(e.rows)
			r.RefusedEmployees = append(r.RefusedEmployees, p.canonical(int32(i)))
		}
	}
	slices.SortFunc(r.RefusedEmployees, compareEmployees)
	r.RefusedEmployees = slices.Compact(r.RefusedEmployees)
	if p.j.in.PerEmployee && p.lost > 0 && p.j.replaces() {
		r.Problems = append(r.Problems, formats.Problem{
			Line: int(p.lostLine), Code: "werknemer-onleesbaar",
			Message: "Van deze regel is niet te lezen bij welke werknemer hij hoort; daarom is van dit bestand niets verwerkt.",
			Repair:  "Verbeter de regel en lever het hele bestand opnieuw aan.",
		})
	}
	if found && (!p.j.in.PerEmployee || p.wrongTotal || p.lost > 0 && p.j.replaces()) {
		r.Refused = p.rows - p.skipped
		r.RefusedEmployees = nil
	} else {
		r.Refused = refused + p.lost
		r.Accepted = p.rows - p.skipped - r.Refused
		r.Notes, open = append(p.notes(), p.bookings()...), true
	}
	r.trim(p.j)
	return r, open
}

// spread makes everybody bad who is the same person as somebody bad: the file
// may name one person in two ways.
func (p *planner) spread() {
	if p.j.in.People == nil || !p.j.in.PerEmployee {
		return
	}
	bad := map[Employee]bool{}
	for i := range p.emps.all {
		if p.emps.all[i].bad {
			bad[p.canonical(int32(i))] = true
		}
	}
	for i := range p.emps.all {
		if len(bad) > 0 && bad[p.canonical(int32(i))] {
			p.emps.all[i].bad = true
		}
	}
}

// overwrites reports whether a second delivery for an employee takes the place
// of the first.
func (m *Mapping) overwrites() bool {
	switch m.to.what {
	case leaveTarget, statusTarget, changeTarget:
		return false
	}
	return m.to.mode != "Optellen"
}

// canonical is an employee as Report and Extract name him.
func (w *worker) canonical(emp int32) Employee {
	k := &w.emps.all[emp].key
	t, people := &w.j.m.to, w.j.in.People
	e := Employee{Number: strconv.FormatInt(k.number, 10)}
	switch {
	case t.employeeBy == byName:
		e.Number = w.texts.texts[k.mail] + "/" + payroll.Date(k.number).String()
	case t.employeeBy == byEmployer:
		e.Number = ""
	case t.byText():
		e.Number = w.texts.texts[k.mail]
	}
	if k.employer != 0 {
		e.Clientnummer = strconv.Itoa(int(k.employer))
	}
	if people == nil {
		return e
	}
	found := people.candidates(t, k, w.texts.texts[k.mail])
	for n, i := range found {
		x := &people.all[i]
		if n > 0 && (x.Clientnummer != people.all[found[0]].Clientnummer || x.PersnrVerl != people.all[found[0]].PersnrVerl) {
			return e
		}
	}
	if len(found) > 0 {
		x := &people.all[found[0]]
		if t.what == leaveTarget {
			return Employee{strconv.Itoa(x.WerkgeverID), strconv.Itoa(x.PersnrVerl)}
		}
		return Employee{strconv.Itoa(x.Clientnummer), strconv.Itoa(x.PersnrVerl)}
	}
	return e
}
