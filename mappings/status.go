package mappings

import (
	"context"
	"errors"
	"fmt"

	"loket-etl/formats"
	"loket-etl/loket/contract"
)

// decision is a good row of which a call is made.
type decision struct {
	emp     int32 // the berichtkenmerk, or what a change is about
	line    int
	args    map[string]any
	subject string
	doc     *formats.Document // that goes along, of a call that adds it to a dossier
}

// runRows makes a call of every row, in the order of the file. Such files are
// short: one goroutine reads them.
func (j *job) runRows(ctx context.Context, call func(Planned) error) (Report, error) {
	j.in.Workers = 1
	read := (*worker).decide
	if j.m.to.change != nil {
		read = (*worker).change
	}
	var all []decision
	first := map[string]int{} // line of each thing that rows are about
	ws, err := scan(ctx, j, func(int) *worker { return newWorker(j) }, func(_ context.Context, w *worker, b *formats.Batch) error {
		w.batch(b, func(emp int32, good bool) {
			d, about, ok := read(w, emp)
			if !ok || !good || w.failed {
				w.refuse(emp)
				return
			}
			if line, twice := first[about]; twice {
				w.twice(line)
				w.refuse(emp)
				return
			}
			first[about] = w.rec.Line
			if pass := w.known(d.args); pass {
				w.skipped++
				return
			}
			if w.failed {
				w.refuse(emp)
				return
			}
			w.emps.all[emp].rows++
			if w.tally != nil {
				w.amounts = w.amounts[:0]
				w.observe(emp, 0, &[dimensions]int32{})
			}
			all = append(all, d)
		})
		return nil
	})
	if r, stop, err := j.unreadable(ws, err); stop {
		return r, err
	}
	p := &planner{worker: merge(j, ws)}
	p.rules()
	p.unlisted()
	report, open := p.report()
	j.unplace(&report)
	if !open {
		return report, nil
	}
	if j.bundle != nil {
		return report, p.documentCalls(ctx, all, call)
	}
	for _, d := range all {
		if p.emps.all[d.emp].bad {
			continue
		}
		planned := Planned{
			Call: contract.Call{Function: j.m.to.function(), Args: d.args}, Subject: d.subject, Rows: 1, Lines: []int{d.line},
		}
		if err := errors.Join(ctx.Err(), call(planned)); err != nil {
			return report, err
		}
	}
	return report, nil
}

// function is what every row calls.
func (t *target) function() string {
	if t.change != nil {
		return t.change.function
	}
	return decideFunction
}

// twice notes that an earlier row is about the same.
func (w *worker) twice(line int) {
	t := &w.j.m.to
	code, message, repair := "berichtkenmerk-dubbel", "Deze loonaangifte staat ook op regel %d.", "Laat één regel per loonaangifte staan."
	switch {
	case t.change.adds():
		code, message, repair = "dubbel", "Hetzelfde document gaat ook op regel %d naar dit dossier.", "Laat één van de regels staan."
	case t.change != nil:
		code, message, repair = "dubbel", "Over "+t.change.whose()+" gaat ook regel %d.", "Laat één van de regels staan, met alles wat er gewijzigd moet worden."
	}
	w.problem(w.whoColumn(), code, func() (string, string) { return fmt.Sprintf(message, line), repair })
}

// whoColumn is the column that says what a row is about, -1 when none does.
func (w *worker) whoColumn() int {
	t := &w.j.m.to
	switch {
	case t.employee.kind == fromColumn:
		return t.employee.column
	case t.employer.kind == fromColumn || t.employer.kind == fromTable:
		return t.employer.column
	}
	return -1
}

// decide reads the row as a decision on a tax return.
func (w *worker) decide(emp int32) (d decision, about string, ok bool) {
	args := w.arguments()
	reference, _ := args["Berichtkenmerk"].(string)
	verb := map[any]string{"Goedkeuren": "goedkeuren", "Annuleren": "annuleren"}[args["Actie"]]
	return decision{emp: emp, line: w.rec.Line, args: args, subject: fmt.Sprintf("loonaangifte %s %s", reference, verb)}, reference, emp >= 0
}

// known compares the row with what Loket has of its return; pass says that it is
// to be passed over.
func (w *worker) known(args map[string]any) (pass bool) {
	if w.j.in.Returns == nil || w.j.m.to.what != statusTarget {
		return false
	}
	reference, _ := args["Berichtkenmerk"].(string)
	action, _ := args["Actie"].(string)
	issue := w.j.in.Returns.decide(reference, action)
	if issue == nil {
		return false
	}
	if issue.Code == DoubleReturn && w.j.in.PassDoubles {
		return true
	}
	w.problem(w.j.m.to.employee.column, issue.Code, func() (string, string) { return issue.Message, issue.Repair })
	return false
}

// Unit is what a call that is no import is about, as Report and Extract name it;
// false for one that is not made of a row.
func Unit(call contract.Call) (Employee, bool) {
	reference, ok := call.Args["Berichtkenmerk"].(string)
	return Employee{Number: reference}, ok && call.Function == decideFunction
}

// byText reports whether a text names what a row is about.
func (t *target) byText() bool {
	switch t.employeeBy {
	case byEmail, byBSN, byName, byReference:
		return true
	}
	return false
}
