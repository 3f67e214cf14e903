package mappings

import (
	"cmp"
	"slices"
	"strings"

	"loket-etl/formats"
)

// maxOwnGroups is how many groups a worker keeps to itself before it hands them
// over, so that many groups are not held once per worker.
const maxOwnGroups = 1 << 13

// handOver puts the groups of a worker with those of the others.
func (w *worker) handOver() {
	w.j.mu.Lock()
	defer w.j.mu.Unlock()
	if w.j.shared == nil {
		w.j.shared = newWorker(w.j)
	}
	w.j.shared.takeGroups(w)
	w.emps.reset()
	w.groups.reset()
	clear(w.repeats)
}

// merge takes together what the workers found.
func merge(j *job, ws []*worker) *worker {
	w := j.shared
	if w == nil {
		w, ws = ws[0], ws[1:]
		w.countAllIn()
	}
	for _, o := range ws {
		w.takeGroups(o)
		w.problems, w.more = append(w.problems, o.problems...), w.more+o.more
		w.rows, w.skipped, w.lost = w.rows+o.rows, w.skipped+o.skipped, w.lost+o.lost
		w.wrongTotal = w.wrongTotal || o.wrongTotal
		if o.lostLine != 0 && (w.lostLine == 0 || o.lostLine < w.lostLine) {
			w.lostLine = o.lostLine
		}
	}
	return w
}

func (w *worker) countAllIn() {
	for i := range w.emps.all {
		w.countIn(&w.emps.all[i])
		w.emps.all[i].group = 0
	}
}

// takeGroups adds the employees and groups of o to those of w.
func (w *worker) takeGroups(o *worker) {
	o.countAllIn()
	texts := make([]int32, len(o.texts.texts))
	for i, text := range o.texts.texts {
		texts[i] = w.texts.id([]byte(text))
	}
	emps := make([]int32, len(o.emps.all))
	for i := range o.emps.all {
		from := &o.emps.all[i]
		k := from.key
		k.mail = texts[k.mail]
		id, _ := w.emps.find(k)
		to := &w.emps.all[id]
		to.kind, to.rows, to.bad = from.kind, to.rows+from.rows, to.bad || from.bad
		emps[i] = id
	}
	comps := make([]int, len(o.comps.numbers))
	for i, n := range o.comps.numbers {
		comps[i] = w.comps.index(n)
	}
	w.groups.widen(len(w.comps.numbers))
	ids := make([]int32, len(o.groups.keys))
	for i, k := range o.groups.keys {
		k.employee = emps[k.employee]
		for d := kostenplaats; d < dimensions; d++ {
			k.dims[d] = texts[k.dims[d]]
		}
		id := w.groups.find(k)
		ids[i] = id
		w.groups.rows[id] += o.groups.rows[i]
		to := w.groups.cells(id)
		for n, from := range o.groups.cells(int32(i))[:len(comps)] {
			if from == noValue {
				continue
			}
			c := &to[comps[n]]
			if *c != noValue && w.j.m.to.once {
				w.repeats[repeat{id, int32(comps[n])}] = true
			}
			*c = add(*c, from)
		}
	}
	for r := range o.repeats {
		w.repeats[repeat{ids[r.group], int32(comps[r.component])}] = true
	}
}

// sortProblems puts problems in the order of the file, whoever found them.
func sortProblems(ps []formats.Problem) {
	slices.SortStableFunc(ps, func(a, b formats.Problem) int {
		return cmp.Or(a.Line-b.Line, a.Column-b.Column, strings.Compare(a.Code, b.Code), strings.Compare(a.Message, b.Message))
	})
}
