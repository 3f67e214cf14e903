package mappings

import (
	"bytes"
	"encoding/binary"
	"strconv"

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
	j      *job
	check  *validate.Worker
	tally  *validate.TallyWorker
	report func(formats.Problem)

	out    []validate.Value
	bad    []bool // columns of this row with a problem
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
		out: make([]validate.Value, len(j.columns)), bad: make([]bool, len(j.columns)),
		emps: employees{table: newHashTable()}, groups: groups{table: newHashTable()}, texts: newInterner(),
		repeats: map[repeat]bool{}, near: map[string][]string{}, pending: make([]pendingSum, 0, 512),
	}
	w.report = w.take
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
	w.failed = true
	for i := range w.j.columns {
		if p.Column > 0 && w.j.columns[i].Index == p.Column-1 {
			w.bad[i] = true
		}
	}
	w.add(p)
}

func (w *worker) add(p formats.Problem) {
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
		if w.leftOut() {
			w.skipped++
			continue
		}
		if w.failed {
			w.failed = false
			clear(w.bad)
		}
		w.check.Record(w.rec, w.out, w.report)
		emp := w.employee()
		row(emp, !w.failed)
	}
	w.addPending()
	if len(w.groups.keys) > maxOwnGroups {
		w.handOver()
	}
}

// total notes a problem of the row with the totals of the file.
func (w *worker) total(p formats.Problem) {
	w.wrongTotal = true
	w.add(p)
}

// observe tells the rules over the file of a good row.
func (w *worker) observe(emp, period int32, dims *[dimensions]int32) {
	k := &w.rule
	*k = validate.RuleKey{Line: w.rec.Line, Period: payroll.Period{Year: int(period) / 100, Number: int(period) % 100}}
	w.who = w.nameRule(w.who[:0], emp)
	b := w.about[:0]
	for _, a := range w.amounts {
		number := w.comps.numbers[a.component]
		b = binary.LittleEndian.AppendUint32(b, uint32(number))
		if w.j.m.to.isHours(number) {
			k.Ticks += a.ticks
		}
	}
	for d, v := range dims {
		if v == 0 {
			continue
		}
		b = append(b, byte(d))
		if dimension(d).isText() {
			b = append(append(b, w.texts.texts[v]...), keyMark)
		} else {
			b = binary.LittleEndian.AppendUint32(b, uint32(v))
		}
	}
	if w.j.dates >= 0 && w.out[w.j.dates].Set {
		k.Date = payroll.Date(w.out[w.j.dates].Num)
	} else {
		b = binary.LittleEndian.AppendUint32(b, uint32(period))
		k.Ticks = 0
	}
	w.about = b
	k.Employee, k.Code = w.who, b
	w.tally.Observe(k, w.out)
}

// nameRule is the same bytes for the same employee in every worker.
func (w *worker) nameRule(b []byte, emp int32) []byte {
	k := &w.emps.all[emp].key
	b = append(strconv.AppendInt(b, int64(k.employer), 10), '/')
	if k.mail != 0 {
		return append(b, w.texts.texts[k.mail]...)
	}
	return strconv.AppendInt(b, k.number, 10)
}

func (w *worker) lose(line int32) {
	if w.lost++; w.lostLine == 0 || line < w.lostLine {
		w.lostLine = line
	}
}

// leftOut reports whether the mapping passes the row over.
func (w *worker) leftOut() bool {
	m := w.j.m
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

func (w *worker) holds(c *condition) bool {
	text := w.cell(c.column)
	switch {
	case c.empty != 0:
		return (c.empty > 0) == (len(text) == 0)
	case c.number:
		for len(text) > 1 && text[0] == '0' {
			text = text[1:]
		}
	}
	for _, v := range c.values {
		if string(text) == v {
			return !c.not
		}
	}
	return c.not
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
	c := t.employee.column
	if w.bad[c] {
		return -1
	}
	v := &w.out[c]
	if !v.Set || t.employeeBy != byEmail && v.Num <= 0 {
		w.problem(c, "werknemer-leeg", func() (string, string) {
			return "Er staat niet bij welke werknemer de regel hoort.", "Vul het nummer of e-mailadres van de werknemer in."
		})
		return -1
	}
	if t.employeeBy == byEmail {
		w.key = foldKey(w.key[:0], v.Text)
		k.mail = w.texts.id(w.key)
	} else {
		k.number = v.Num
	}
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
	return p.kindOf(p.candidates(&w.j.m.to, int(k.employer), int(k.number), w.texts.texts[k.mail]))
}

// number is a whole number from the row, 0 when there is none. It is false when
// the row has a problem with it, which is then noted.
func (w *worker) number(o *origin) (int64, bool) {
	switch o.kind {
	case constant:
		return o.num, true
	case fromColumn:
		if w.bad[o.column] {
			return 0, false
		}
		return w.out[o.column].Num, true
	case fromTable:
		row, ok := w.find(o.lookup)
		if row < 0 {
			return o.lookup.num, ok
		}
		return o.lookup.nums[row], true
	}
	return 0, true
}

// word is a text from the row as a number of the interner, 0 when there is none.
func (w *worker) word(o *origin) (int32, bool) {
	switch o.kind {
	case constant:
		return w.texts.id([]byte(o.text)), true
	case fromColumn:
		return w.texts.id(w.out[o.column].Text), !w.bad[o.column]
	case fromTable:
		row, ok := w.find(o.lookup)
		if row < 0 {
			return w.texts.id([]byte(o.lookup.text)), ok
		}
		return w.texts.id([]byte(o.lookup.texts[row])), true
	}
	return 0, true
}

// find looks the row up in a table: its number, or -1 when the mapping has a
// value for that or nothing was asked.
func (w *worker) find(l *lookup) (int, bool) {
	key, ok := w.lookupKey(l)
	if !ok {
		return -1, false
	}
	at := payroll.Date(0)
	if l.on >= 0 {
		if w.bad[l.on] {
			return -1, false
		}
		at = payroll.Date(w.out[l.on].Num)
	}
	if row := l.table.find(key, at); row >= 0 {
		return row, true
	}
	if l.otherwise {
		return -1, true
	}
	w.unmatched(l, key, at)
	return -1, false
}

// lookupKey is what a row is looked up by, false when a column is bad.
func (w *worker) lookupKey(l *lookup) ([]byte, bool) {
	if c := l.by[0]; len(l.by) == 1 && !l.table.fold && w.j.columns[c].Type == validate.Text {
		return w.out[c].Text, !w.bad[c]
	}
	key := w.key[:0]
	for n, c := range l.by {
		if w.bad[c] {
			return nil, false
		}
		if n > 0 {
			key = append(key, keyMark)
		}
		v := &w.out[c]
		switch {
		case !v.Set:
		case w.j.columns[c].Type == validate.Integer:
			key = strconv.AppendInt(key, v.Num, 10)
		case l.table.fold:
			key = foldKey(key, v.Text)
		default:
			key = append(key, v.Text...)
		}
	}
	w.key = key
	return key, true
}

// unmatched notes a value that its table does not have.
func (w *worker) unmatched(l *lookup, key []byte, at payroll.Date) {
	w.problem(l.by[len(l.by)-1], "onbekend-in-tabel", func() (string, string) {
		shown := ""
		for n, c := range l.by {
			text := cut(string(w.cell(c)))
			if w.j.columns[c].Personal {
				text = payroll.Mask(text)
			}
			if n > 0 {
				shown += " / "
			}
			shown += text
		}
		if l.table.has(key) {
			return "De tabel " + l.table.name + " heeft voor " + strconv.Quote(shown) + " geen waarde op " + at.Dutch() + ".",
				"Controleer de datum, of laat de tabel aanvullen."
		}
		names, ok := w.near[shown]
		if !ok {
			names = nearest(shown, l.table.keys, 3)
			if len(w.near) < 1000 {
				w.near[shown] = names
			}
		}
		repair := "Verbeter de waarde of laat de tabel aanvullen."
		if len(names) > 0 {
			repair = "Bedoelt u " + orList(names) + "? " + repair
		}
		return "De waarde " + strconv.Quote(shown) + " staat niet in de tabel " + l.table.name + ".", repair
	})
}

func orList(names []string) string {
	switch n := len(names); n {
	case 0:
		return ""
	case 1:
		return names[0]
	case 2:
		return names[0] + " of " + names[1]
	default:
		return names[0] + ", " + orList(names[1:])
	}
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
