package mappings

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"loket-etl/formats"
	"loket-etl/loket/contract"
)

// argument is a text of a call and where it comes from.
type argument struct {
	name   string // in the contract
	from   origin
	typ    *contract.SimpleType
	needed bool
}

// decision is a good row of a status file.
type decision struct {
	emp  int32 // the berichtkenmerk
	line int
	args map[string]any
}

// runStatus makes a call of every row, in the order of the file. Such files are
// short: one goroutine reads them.
func (j *job) runStatus(ctx context.Context, call func(Planned) error) (Report, error) {
	j.in.Workers = 1
	var all []decision
	first := map[int32]int{} // line of each berichtkenmerk
	ws, err := scan(ctx, j, func(int) *worker { return newWorker(j) }, func(_ context.Context, w *worker, b *formats.Batch) error {
		w.batch(b, func(emp int32, good bool) {
			args := w.arguments()
			if emp < 0 || !good || w.failed {
				w.refuse(emp)
				return
			}
			if line, twice := first[emp]; twice {
				w.problem(j.m.to.employee.column, "berichtkenmerk-dubbel", func() (string, string) {
					return fmt.Sprintf("Deze loonaangifte staat ook op regel %d.", line), "Laat één regel per loonaangifte staan."
				})
				w.refuse(emp)
				return
			}
			first[emp] = w.rec.Line
			if pass := w.known(args); pass {
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
			all = append(all, decision{emp, w.rec.Line, args})
		})
		return nil
	})
	if r, stop, err := j.unreadable(ws, err); stop {
		return r, err
	}
	p := &planner{worker: merge(j, ws)}
	p.rules()
	report, open := p.report()
	if !open {
		return report, nil
	}
	for _, d := range all {
		if p.emps.all[d.emp].bad {
			continue
		}
		if err := errors.Join(ctx.Err(), call(d.planned())); err != nil {
			return report, err
		}
	}
	return report, nil
}

// arguments are those of the row's call, with a problem noted for each that Loket
// would not take.
func (w *worker) arguments() map[string]any {
	args := map[string]any{}
	for i := range w.j.m.to.args {
		a := &w.j.m.to.args[i]
		id, ok := w.optionalWord(&a.from)
		if !ok {
			continue
		}
		text := strings.TrimSpace(w.texts.texts[id])
		if text == "" && !a.needed {
			continue
		}
		if err := checkArgument(a.typ, text); err != nil {
			column := -1
			if a.from.kind == fromColumn || a.from.kind == fromTable {
				column = a.from.column
			}
			w.problem(column, "waarde", func() (string, string) {
				return fmt.Sprintf("%s %s.", a.name, err.Dutch), "Verbeter de waarde."
			})
			continue
		}
		args[a.name] = text
	}
	return args
}

func checkArgument(t *contract.SimpleType, text string) *contract.ValueError {
	var bad *contract.ValueError
	if errors.As(t.Check(text), &bad) {
		return bad
	}
	if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' && r != '\t' && r != '\n' && r != '\r' }) {
		return &contract.ValueError{Type: t.Name, Reason: "a control character", Dutch: "bevat een onzichtbaar teken dat niet naar Loket kan"}
	}
	return nil
}

// known compares the row with what Loket has of its return; pass says that it is
// to be passed over.
func (w *worker) known(args map[string]any) (pass bool) {
	if w.j.in.Returns == nil {
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

func (d decision) planned() Planned {
	verb := map[any]string{"Goedkeuren": "goedkeuren", "Annuleren": "annuleren"}[d.args["Actie"]]
	return Planned{
		Call:    contract.Call{Function: decideFunction, Args: d.args},
		Subject: fmt.Sprintf("loonaangifte %s %s", d.args["Berichtkenmerk"], verb), Rows: 1, Lines: []int{d.line},
	}
}

// Unit is what a call that is no import is about, as Report and Extract name it;
// false for one that is not made of a row.
func Unit(call contract.Call) (Employee, bool) {
	reference, ok := call.Args["Berichtkenmerk"].(string)
	return Employee{Number: reference}, ok && call.Function == decideFunction
}

// byText reports whether a text names what a row is about.
func (t *target) byText() bool { return t.employeeBy == byEmail || t.employeeBy == byReference }
