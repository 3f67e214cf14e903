package mappings

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"loket-etl/formats"
)

// question is a total that Loket would not take, or a value that stands twice.
// The lines it comes from are not kept while the file is read: they are looked
// up by reading it again, only when there is something to tell.
type question struct {
	entry     entry
	component int // place of
	twice     bool
	code      string
	message   string
	repair    string
}

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

// row notes a good row under each of its components that are asked for.
func (x *explainer) row(w *worker, k *groupKey) {
	for _, a := range w.amounts {
		x.key = w.cellName(x.key[:0], k, w.comps.numbers[a.component])
		if !x.wanted[string(x.key)] {
			continue
		}
		l := x.found[string(x.key)]
		if l == nil {
			l = &lineList{}
			x.found[string(x.key)] = l
		}
		l.note([]int{w.rec.Line}, 1)
	}
}

// cellName is the same for the same total in every worker.
func (w *worker) cellName(b []byte, k *groupKey, component int) []byte {
	b = append(w.nameRule(b, k.employee), keyMark)
	b = strconv.AppendInt(b, int64(k.period), 10)
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

// tellLines turns the questions into problems that name their lines.
func (p *planner) tellLines(ctx context.Context) error {
	p.askRepeats()
	if len(p.questions) == 0 {
		return nil
	}
	wanted := map[string]bool{}
	for i := range p.questions {
		q := &p.questions[i]
		p.emps.all[q.entry.employee].bad = true
		wanted[p.nameQuestion(q)] = true
	}
	tally := p.j.tally
	p.j.tally = nil // the rows have been observed
	ws, err := scan(ctx, p.j, func(int) *worker {
		w := newWorker(p.j)
		w.explain = &explainer{wanted: wanted, found: map[string]*lineList{}}
		return w
	}, func(_ context.Context, w *worker, b *formats.Batch) error {
		w.batch(b, w.variable)
		return nil
	})
	p.j.tally = tally
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
		if l := all[p.nameQuestion(q)]; l != nil {
			p.tell(q, l)
		}
	}
	return nil
}

// askRepeats asks once for every value that stands more than once.
func (p *planner) askRepeats() {
	seen := map[repeat]bool{}
	for _, r := range p.repeats {
		if seen[r] {
			continue
		}
		seen[r] = true
		k := &p.groups.keys[r.group]
		p.questions = append(p.questions, question{
			entry:     entry{period: k.period, dims: k.dims, group: r.group, employee: k.employee},
			component: int(r.component), twice: true, code: "dubbele-waarde",
			repair: "Laat per werknemer, ploeg en verdelingseenheid één waarde staan.",
		})
	}
}

func (p *planner) nameQuestion(q *question) string {
	return string(p.cellName(nil, &p.groups.keys[q.entry.group], p.comps.numbers[q.component]))
}

func (p *planner) tell(q *question, l *lineList) {
	about := fmt.Sprintf("component %d van werknemer %s in periode %04d-%02d",
		p.comps.numbers[q.component], p.nameOf(q.entry.employee), q.entry.period/100, q.entry.period%100)
	issue := formats.Problem{Line: l.lines[0], Code: q.code, Repair: q.repair}
	if !q.twice {
		issue.Message = "Het totaal van " + about + " (" + l.String() + ") " + q.message
	} else {
		issue.Line = l.lines[1]
		issue.Message = "De waarde van " + about + " staat er meer dan een keer (" + l.String() + ")."
	}
	p.add(issue)
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
