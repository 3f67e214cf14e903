package mappings

import (
	"bytes"
	"strconv"

	"loket-etl/mappings/expression"
	"loket-etl/validate"
)

// computed is a column that the file does not have: it is made of those that it
// has, once a row and only when something asks for it.
type computed struct {
	node     *expression.Node
	optional bool // what it needs is empty: then it is empty too, else that is a problem
}

// asked is a condition that is an expression.
type asked struct {
	node *expression.Node
	no   int // of the states of a worker, behind those of the computed columns
}

// making is what a worker knows of its computed columns.
type making struct {
	states []expression.State
	row    []uint64 // that each was made for
	serial uint64   // of the row in hand
	digits [][20]byte
	wrong  *expression.Failure // a condition of skip or keep that could not be asked
}

func (m *making) init(j *job) {
	m.states = make([]expression.State, len(j.m.computed)+j.m.asks)
	m.row, m.digits = make([]uint64, len(j.m.computed)), make([][20]byte, len(j.m.computed))
}

// Cell is what a column holds in this row, for an expression.
func (w *worker) Cell(column int) (*validate.Value, bool) {
	if k := column - w.j.m.inFile; k >= 0 && k < len(w.j.m.computed) {
		w.compute(column)
	}
	return &w.out[column], !w.bad[column]
}

// makeAll computes the columns that are needed.
func (w *worker) makeAll(needs []int) {
	for _, c := range needs {
		w.compute(c)
	}
}

// compute makes a computed column of this row.
func (w *worker) compute(column int) {
	k := column - w.j.m.inFile
	if w.making.row[k] == w.making.serial {
		return
	}
	w.making.row[k] = w.making.serial
	x, s, v := &w.j.m.computed[k], &w.making.states[k], &w.out[column]
	*v = validate.Value{}
	s.Start(w)
	if x.optional && !x.node.Filled(s) && !s.Failed() {
		return
	}
	v.Set = true
	switch w.j.m.columns[column].Type {
	case validate.Text:
		text, _ := x.node.Text(s)
		v.Text = bytes.TrimSpace(text)
		v.Set = len(v.Text) > 0
	case validate.Date:
		day, _ := x.node.Date(s)
		v.Num = int64(day)
	case validate.Integer:
		n, ok := x.node.Num(s)
		if v.Num, ok = parts(n, 1, ok); !ok {
			s.Fail(expression.Failure{
				Column: x.node.Column, Code: "geen-geheel-getal", Message: "De uitkomst van een berekening moet een heel getal zijn, maar is " + n.String() + ".",
				Repair: "Controleer de getallen op deze regel.",
			})
		}
		v.Text = strconv.AppendInt(w.making.digits[k][:0], v.Num, 10)
	default:
		n, ok := x.node.Num(s)
		if v.Num, ok = parts(n, validate.TicksPerHour, ok); !ok {
			s.Fail(unrounded(x.node.Column))
		}
	}
	if s.Failed() {
		*v = validate.Value{}
		w.bad[column], w.failed = true, true
		w.tell(&s.Failure)
	}
}

// parts is a number in parts, when there is one.
func parts(n expression.Num, d int64, ok bool) (int64, bool) {
	if !ok {
		return 0, true // told already
	}
	return n.Parts(d)
}

func unrounded(column int) expression.Failure {
	return expression.Failure{
		Column: column, Code: "afronding", Message: "De uitkomst van een berekening heeft te veel decimalen of is te groot.",
		Repair: "Controleer de getallen op deze regel, of laat in de mapping vastleggen hoe wordt afgerond.",
	}
}

// tell notes why an expression has no outcome for this row.
func (w *worker) tell(f *expression.Failure) {
	if !f.Told {
		w.problem(f.Column, f.Code, func() (string, string) { return f.Message, f.Repair })
	}
}

// asks reports whether a condition holds that is an expression; one that cannot be
// asked does not, and the row is told.
func (w *worker) asks(a *asked) (holds, ok bool) {
	s := &w.making.states[len(w.j.m.computed)+a.no]
	s.Start(w)
	if holds, ok = a.node.Truth(s); !ok {
		w.failed = true
		w.tell(&s.Failure)
	}
	return ok && holds, ok
}

// holdsOrFails is holds that tells a condition that could not be asked from one that
// does not hold.
func (w *worker) holdsOrFails(c *condition) (holds, ok bool) {
	if c.ask != nil {
		return w.asks(c.ask)
	}
	return w.holds(c), true
}

// early reads the row without a word about what is wrong, for conditions of skip
// and keep that look at values. One that cannot be asked leaves the row in, to be
// told of it.
func (w *worker) early() (out bool) {
	m := w.j.m
	w.fresh()
	w.check.Record(w.rec, w.out, w.quietly)
	w.making.wrong = nil
	ask := func(c *condition) (holds, ok bool) {
		if c.ask == nil {
			return w.holds(c), true
		}
		s := &w.making.states[len(m.computed)+c.ask.no]
		s.Start(w)
		if holds, ok = c.ask.node.Truth(s); !ok && w.making.wrong == nil {
			wrong := s.Failure
			w.making.wrong = &wrong
		}
		return holds, ok
	}
	quiet := w.hush()
	defer quiet()
	for i := range m.skip {
		if holds, ok := ask(&m.skip[i]); ok && holds {
			return true
		}
	}
	for i := range m.keep {
		if holds, ok := ask(&m.keep[i]); ok && !holds {
			return true
		}
	}
	return false
}

// hush lets nothing be noted until the function that it gives is called.
func (w *worker) hush() func() {
	problems, more, told := len(w.problems), w.more, len(w.told)
	return func() { w.problems, w.more, w.told = w.problems[:problems], more, w.told[:told] }
}

// fresh forgets the row before.
func (w *worker) fresh() {
	w.making.serial++
	if w.failed {
		w.failed = false
		clear(w.bad)
	}
}
