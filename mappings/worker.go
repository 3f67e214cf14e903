package mappings

import (
	"bytes"

	"loket-etl/formats"
	"loket-etl/payroll"
	"loket-etl/validate"
)

const (
	ticksPerTenThousandth = validate.TicksPerHour / 10_000
	ticksPerHundredth     = validate.TicksPerHour / 100
	maxAmount             = 100_000_000 // Loket's own limit, both sides, not included
)

// worker maps the batches it gets into tables of its own. The batches come in
// file order, with others' in between.
type worker struct {
	j               *job
	check           *validate.Worker
	tally           *validate.TallyWorker
	report, quietly func(formats.Problem)

	out    []validate.Value
	bad    []bool // columns of this row with a problem
	nils   []bool // columns of this row that empty their field
	failed bool
	rec    *formats.Record

	emps    employees
	groups  groups
	comps   components
	texts   interner
	repeats map[repeat]bool
	explain *explainer // on the second look, for the lines behind a total

	problems []formats.Problem
	more     int

	rows, skipped int
	lost          int // bad rows of nobody we could name
	lostLine      int32
	wrongTotal    bool // the totals of the file are not right

	dates   [8]dateCache
	amounts []amount
	key     []byte
	pending []pendingSum
	near    map[string][]string

	making making

	cells  [][]byte // of a row of a wide sheet, unfolded
	one    formats.Record
	column int // of the unfolding
	told   []told

	rule       validate.RuleKey
	who, about []byte
}

type dateCache struct{ date, period int32 }

type amount struct {
	component int
	ticks     int64
}

// pendingSum waits to be added to a cell. The cells lie far apart in memory, and
// a run of additions that do not wait for each other takes a fraction of the
// time of the same additions one by one between other work.
type pendingSum struct {
	group, component int32
	ticks            int64
}

// repeat is a value of a component that had one already.
type repeat struct {
	group     int32
	component int32
}

func newWorker(j *job) *worker {
	w := &worker{
		j: j, check: j.check.Worker(),
		out: make([]validate.Value, len(j.columns)), bad: make([]bool, len(j.columns)), nils: make([]bool, len(j.columns)),
		emps: employees{table: newHashTable()}, groups: groups{table: newHashTable()}, texts: newInterner(),
		repeats: map[repeat]bool{}, near: map[string][]string{}, pending: make([]pendingSum, 0, 512),
	}
	w.report, w.quietly = w.take, w.mark
	w.making.init(j)
	if j.tally != nil {
		w.tally = j.tally.Worker()
	}
	for _, c := range j.known {
		w.comps.index(c)
	}
	w.groups.widen(len(j.known))
	return w
}

// take notes a problem that the check of the row found.
func (w *worker) take(p formats.Problem) {
	w.mark(p)
	w.add(p)
}

// mark notes which column has a problem.
func (w *worker) mark(p formats.Problem) {
	w.failed = true
	for i := range w.j.columns {
		if p.Column > 0 && w.j.columns[i].Index == p.Column-1 {
			w.bad[i] = true
		}
	}
}

func (w *worker) add(p formats.Problem) {
	if w.rec == &w.one && !w.place(&p) {
		return
	}
	if len(w.problems) < w.j.maxIssues {
		w.problems = append(w.problems, p)
	} else {
		w.more++
	}
}

// problem notes that a cell has no meaning for the mapping. The words are made
// only when they will be read.
func (w *worker) problem(column int, code string, words func() (message, repair string)) {
	w.failed = true
	if column >= 0 {
		w.bad[column] = true
	}
	if len(w.problems) >= w.j.maxIssues {
		w.more++
		return
	}
	p := formats.Problem{Line: w.rec.Line, Code: code}
	if column >= 0 {
		c := &w.j.columns[column]
		p.Column, p.Field = c.Index+1, c.Header
		if value := string(w.cell(column)); c.Personal {
			p.Value = payroll.Mask(value)
		} else {
			p.Value = cut(value)
		}
	}
	if w.rec == &w.one && !w.place(&p) {
		return
	}
	p.Message, p.Repair = words()
	w.problems = append(w.problems, p)
}

// cut shortens a text for a message.
func cut(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:59]) + "…"
	}
	return s
}

func (w *worker) cell(column int) []byte {
	at := w.j.columns[column].Index
	if at < 0 || at >= len(w.rec.Cells) {
		return nil
	}
	return bytes.TrimSpace(w.rec.Cells[at])
}

// batch is the work for one batch; row is called for each row with what it is
// about, good or not.
func (w *worker) batch(b *formats.Batch, row func(emp int32, good bool)) {
	b.Cut()
	for i := range b.Problems {
		w.rows++
		w.add(b.Problems[i])
		w.lose(int32(b.Problems[i].Line))
	}
	for i := range b.Records {
		w.rec = &b.Records[i]
		if w.tally != nil && w.tally.Total(w.rec, w.total) {
			continue
		}
		w.rows++
		if w.j.unfolds != nil {
			w.spread(row)
			continue
		}
		if w.leftOut() {
			w.skipped++
			w.passOver()
			continue
		}
		w.single(row)
	}
	w.addPending()
	if len(w.groups.keys) > maxOwnGroups {
		w.handOver()
	}
}

// single checks one row and hands it on.
func (w *worker) single(row func(emp int32, good bool)) {
	w.fresh()
	if w.j.m.to.empty != "" {
		w.takeEmptied()
	}
	w.check.Record(w.rec, w.out, w.report)
	if w.making.wrong != nil {
		w.tell(w.making.wrong)
		w.making.wrong = nil
	}
	if w.j.needs != nil {
		w.makeAll(w.j.needs)
	}
	emp := w.employee()
	row(emp, !w.failed)
}

func (w *worker) lose(line int32) {
	if w.lost++; w.lostLine == 0 || line < w.lostLine {
		w.lostLine = line
	}
}

// leftOut reports whether the mapping passes the row over.
func (w *worker) leftOut() bool {
	m := w.j.m
	if m.late {
		return w.early()
	}
	for i := range m.skip {
		if w.holds(&m.skip[i]) {
			return true
		}
	}
	for i := range m.keep {
		if !w.holds(&m.keep[i]) {
			return true
		}
	}
	return false
}

func trimZeros(s string) string {
	for len(s) > 1 && s[0] == '0' {
		s = s[1:]
	}
	return s
}

// employee is the number of the row's employee, -1 when his cells cannot be
// read.
func (w *worker) employee() int32 {
	t := &w.j.m.to
	k := employeeKey{employer: w.j.employer}
	if t.employer.kind == fromColumn || t.employer.kind == fromTable {
		n, ok := w.number(&t.employer)
		if !ok {
			return -1
		}
		if n == 0 && !w.bad[t.employer.column] {
			w.problem(t.employer.column, "werkgever-leeg", func() (string, string) {
				return "Er staat niet bij welke werkgever de regel hoort.", "Vul het nummer van de werkgever in."
			})
			return -1
		}
		k.employer = int32(n)
	}
	if t.employeeBy == byEmployer {
		return w.seen(k)
	}
	c := t.employee.column
	if w.bad[c] {
		return -1
	}
	v := &w.out[c]
	if !v.Set && t.change.adds() {
		return w.seen(k) // the dossier of the employer, if the row says so
	}
	if !v.Set && t.employeeBy == byReference && t.change != nil {
		w.problem(c, "leeg", func() (string, string) { return "Er staat niet waarover de regel gaat.", "Vul de cel in." })
		return -1
	}
	if !v.Set && t.employeeBy == byReference {
		w.problem(c, "berichtkenmerk-leeg", func() (string, string) {
			return "Er staat niet om welke loonaangifte het gaat.", "Vul het berichtkenmerk in."
		})
		return -1
	}
	if !v.Set || !t.byText() && v.Num <= 0 {
		w.problem(c, "werknemer-leeg", func() (string, string) {
			return "Er staat niet bij welke werknemer de regel hoort.", "Vul het nummer of e-mailadres van de werknemer in."
		})
		return -1
	}
	switch t.employeeBy {
	case byEmail:
		w.key = foldKey(w.key[:0], v.Text)
		k.mail = w.texts.id(w.key)
	case byReference:
		k.mail = w.texts.id(bytes.TrimSpace(v.Text))
	case byBSN, byName:
		if !w.identity(&k, v.Text) {
			return -1
		}
	default:
		k.number = v.Num
	}
	return w.seen(k)
}

// seen is the number of somebody in the file.
func (w *worker) seen(k employeeKey) int32 {
	id, fresh := w.emps.find(k)
	if fresh {
		w.emps.all[id].kind = int8(w.kindOf(&k))
	}
	return id
}

// kindOf is how long the periods of an employee last: as the mapping says, else
// as Loket does. 0 is not known.
func (w *worker) kindOf(k *employeeKey) payroll.PeriodKind {
	if kind := w.j.m.to.period.kind; kind != 0 || w.j.in.People == nil {
		return kind
	}
	p := w.j.in.People
	return p.kindOf(p.candidates(&w.j.m.to, k, w.texts.texts[k.mail]))
}

// ticks is the sum of the columns of a rule; set is false when all are empty.
func (w *worker) ticks(columns []int) (sum int64, set, ok bool) {
	ok = true
	for _, c := range columns {
		v := &w.out[c]
		if w.bad[c] {
			ok = false
			continue
		}
		if !v.Set {
			continue
		}
		n, unit, most := v.Num, int64(1), int64(maxAmount)*validate.TicksPerHour
		switch w.j.columns[c].Type {
		case validate.Decimal:
			unit = ticksPerTenThousandth
		case validate.Integer:
			unit = validate.TicksPerHour
		}
		if n > most/unit || n < -most/unit {
			w.problem(c, "getal-te-groot", func() (string, string) {
				return "Dit getal is groter dan Loket aanneemt.", "Controleer het getal en het decimaalteken."
			})
			ok = false
			continue
		}
		sum, set = sum+n*unit, true
	}
	return sum, set, ok
}
