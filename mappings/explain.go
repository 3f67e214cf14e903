package mappings

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"loket-etl/formats"
)

// question is something Loket would not take of an employee. The lines it comes
// from are not kept while the file is read: they are looked up by reading it
// again, only when there is something to tell.
type question struct {
	names   []string // of the rows it is about
	about   int32    // employee
	problem func(l *lineList) formats.Problem
}

// errChanged is returned when Open does not give the same bytes every time.
var errChanged = errors.New("the file changed between two readings")

// shownLines is how many lines a problem names.
const shownLines = 8

// explainer collects the lines behind the totals asked for.
type explainer struct {
	wanted map[string]bool
	found  map[string]*lineList
	key    []byte
}

type lineList struct {
	lines []int // the lowest
	count int
}

func (l *lineList) note(lines []int, count int) {
	l.lines = append(l.lines, lines...)
	slices.Sort(l.lines)
	l.lines = l.lines[:min(len(l.lines), shownLines)]
	l.count += count
}

// row notes a good row under every name that is asked for.
func (x *explainer) row(w *worker, k *groupKey) {
	x.key = w.employeeName(x.key[:0], k.employee)
	x.note(w)
	x.key = w.periodName(x.key[:0], k)
	x.note(w)
	for _, a := range w.amounts {
		x.key = w.cellName(x.key[:0], k, w.comps.numbers[a.component])
		x.note(w)
	}
}

func (x *explainer) note(w *worker) {
	if !x.wanted[string(x.key)] {
		return
	}
	l := x.found[string(x.key)]
	if l == nil {
		l = &lineList{}
		x.found[string(x.key)] = l
	}
	l.note([]int{w.rec.Line}, 1)
}

// employeeName, periodName and cellName name rows of an employee: all, those of
// a period, those behind one value. They are the same in every worker.
func (w *worker) employeeName(b []byte, emp int32) []byte {
	return append(w.nameRule(b, emp), keyMark)
}

func (w *worker) periodName(b []byte, k *groupKey) []byte {
	return strconv.AppendInt(w.employeeName(b, k.employee), int64(k.period), 10)
}

func (w *worker) cellName(b []byte, k *groupKey, component int) []byte {
	b = w.periodName(b, k)
	for d, v := range k.dims {
		b = append(b, keyMark)
		if dimension(d).isText() {
			b = append(b, w.texts.texts[v]...)
		} else {
			b = strconv.AppendInt(b, int64(v), 10)
		}
	}
	return strconv.AppendInt(append(b, keyMark), int64(component), 10)
}

func (p *planner) ask(name []byte, about int32, problem func(*lineList) formats.Problem, more ...[]byte) {
	p.emps.all[about].bad = true
	q := question{[]string{string(name)}, about, problem}
	for _, m := range more {
		q.names = append(q.names, string(m))
	}
	p.questions = append(p.questions, q)
}

// askRepeats asks once for every value that stands more than once.
func (p *planner) askRepeats() {
	for r := range p.repeats {
		k, number := &p.groups.keys[r.group], p.comps.numbers[r.component]
		p.ask(p.cellName(nil, k, number), k.employee, func(l *lineList) formats.Problem {
			return formats.Problem{
				Line: l.lines[len(l.lines)-1], Code: "dubbele-waarde",
				Message: fmt.Sprintf("De waarde van component %d van werknemer %s in periode %04d-%02d staat er meer dan een keer (%s).",
					number, p.nameOf(k.employee), k.period/100, k.period%100, l),
				Repair: "Laat per werknemer, ploeg en verdelingseenheid één waarde staan.",
			}
		})
	}
}

// answer turns the questions into problems that name their lines.
func (p *planner) answer(ctx context.Context) error {
	if len(p.questions) == 0 {
		return nil
	}
	wanted := map[string]bool{}
	for i := range p.questions {
		for _, name := range p.questions[i].names {
			wanted[name] = true
		}
	}
	ws, err := scan(ctx, p.j, func(int) *worker {
		w := newWorker(p.j)
		w.explain = &explainer{wanted: wanted, found: map[string]*lineList{}}
		return w
	}, func(_ context.Context, w *worker, b *formats.Batch) error {
		w.batch(b, w.variable)
		return nil
	})
	if err != nil {
		return err
	}
	all := map[string]*lineList{}
	for _, w := range ws {
		for name, l := range w.explain.found {
			if all[name] == nil {
				all[name] = &lineList{}
			}
			all[name].note(l.lines, l.count)
		}
	}
	for i := range p.questions {
		q := &p.questions[i]
		l := &lineList{}
		for _, name := range q.names {
			if part := all[name]; part != nil {
				l.note(part.lines, part.count)
			}
		}
		if l.count == 0 {
			return errChanged
		}
		p.add(q.problem(l))
	}
	return nil
}

// String is "regel 3, 4 en 9".
func (l *lineList) String() string {
	var b strings.Builder
	b.WriteString("regel ")
	for i, line := range l.lines {
		switch {
		case i == 0:
		case i == len(l.lines)-1 && l.count == len(l.lines):
			b.WriteString(" en ")
		default:
			b.WriteString(", ")
		}
		b.WriteString(strconv.Itoa(line))
	}
	if more := l.count - len(l.lines); more > 0 {
		fmt.Fprintf(&b, " en %d andere", more)
	}
	return b.String()
}
