package expression

import (
	"loket-etl/payroll"
	"loket-etl/validate"
)

// Type is what an expression gives.
type Type int

// A Fraction is a number that a division gave: it may have no end, so that it must
// be rounded before it is used.
const (
	Number Type = iota
	Fraction
	Text
	Date
	Truth
)

// String is the type as an error says it.
func (t Type) String() string {
	return [...]string{"a number", "a number that is not rounded", "a text", "a date", "yes or no"}[t]
}

func (t Type) isNumber() bool { return t == Number || t == Fraction }

// Row is a row as a program reads it.
type Row interface {
	// Cell is what a column holds; false when it has a problem, of which the row
	// was told.
	Cell(column int) (*validate.Value, bool)
}

// maxText is how long a text may become.
const maxText = 64 << 10

// State is what a program knows while it looks at one row. It may be used again
// for the next, by one goroutine.
type State struct {
	Row     Row
	Failure Failure

	failed bool
	buf    []byte
}

// Failure is why a row gives no outcome. Told says that the row has been told.
type Failure struct {
	Told    bool
	Column  int // to repair, -1 when there is none in particular
	Code    string
	Message string
	Repair  string
}

// Start makes the state ready for a row.
func (s *State) Start(r Row) {
	s.Row, s.failed, s.buf = r, false, s.buf[:0]
}

// Fail notes why there is no outcome; the first counts.
func (s *State) Fail(f Failure) {
	if !s.failed {
		s.failed, s.Failure = true, f
	}
}

// Node is a program, or part of one. It does not change and may be used by many
// goroutines, each with a State of its own. What it gives has no meaning when the
// State has failed.
type Node struct {
	Type Type
	// Column is the column that is to be repaired when the outcome is wrong, -1
	// without one.
	Column int
	// Columns are all columns that it may look at.
	Columns []int

	num    func(*State) Num
	text   func(*State) []byte
	date   func(*State) payroll.Date
	truth  func(*State) bool
	filled func(*State) bool // nil: always
	fixed  bool              // the same for every row
}

// Filled reports whether the cells are filled that the node needs.
func (n *Node) Filled(s *State) bool { return n.filled == nil || n.filled(s) }

// Failed reports whether the row gives no outcome, as Failure says.
func (s *State) Failed() bool { return s.failed }

// Num is the outcome of a Number or Fraction; false when there is none.
func (n *Node) Num(s *State) (Num, bool) {
	v := n.num(s)
	return v, !s.failed
}

// Text is the outcome of a Text, which lives until the next Start; false when there
// is none.
func (n *Node) Text(s *State) ([]byte, bool) {
	v := n.text(s)
	return v, !s.failed
}

// Date is the outcome of a Date; false when there is none.
func (n *Node) Date(s *State) (payroll.Date, bool) {
	v := n.date(s)
	return v, !s.failed
}

// Truth is the outcome of a Truth; false when there is none.
func (n *Node) Truth(s *State) (holds, ok bool) {
	v := n.truth(s)
	return v, !s.failed
}

// OfColumn is what a column holds. An empty cell is a failure that names it.
func OfColumn(c int, typ validate.Type, name string) *Node {
	missing := Failure{
		Column: c, Code: "leeg", Message: "De cel " + name + " is leeg, maar is nodig voor een berekening.", Repair: "Vul de cel in.",
	}
	get := func(s *State) *validate.Value {
		v, ok := s.Row.Cell(c)
		if !ok {
			s.Fail(Failure{Told: true, Column: c})
		} else if !v.Set {
			s.Fail(missing)
		}
		return v
	}
	n := &Node{Column: c, Columns: []int{c}, filled: func(s *State) bool {
		v, ok := s.Row.Cell(c)
		return !ok || v.Set
	}}
	unit := int64(1)
	switch typ {
	case validate.Text:
		n.Type = Text
		n.text = func(s *State) []byte { return get(s).Text }
		return n
	case validate.Date:
		n.Type = Date
		n.date = func(s *State) payroll.Date { return payroll.Date(get(s).Num) }
		return n
	case validate.Decimal:
		unit = validate.DecimalUnit
	case validate.Hours:
		unit = validate.TicksPerHour
	}
	n.num = func(s *State) Num { return Num{get(s).Num, unit} }
	return n
}

// OfNum is the same number for every row.
func OfNum(v Num) *Node {
	return &Node{Type: Number, Column: -1, num: func(*State) Num { return v }, fixed: true}
}

// OfInt is a whole number that is known when the file is.
func OfInt(get func(Row) int64) *Node {
	return &Node{Type: Number, Column: -1, num: func(s *State) Num { return Int(get(s.Row)) }}
}

// OfText is the same text for every row.
func OfText(v string) *Node {
	b := []byte(v)
	return &Node{Type: Text, Column: -1, text: func(*State) []byte { return b }, fixed: true}
}

// OfTruth asks a question about the row that is not asked with an expression; ok is
// false when it cannot be answered, of which the row was told.
func OfTruth(columns []int, ask func(Row) (holds, ok bool)) *Node {
	return &Node{Type: Truth, Column: -1, Columns: columns, truth: func(s *State) bool {
		holds, ok := ask(s.Row)
		if !ok {
			s.Fail(Failure{Told: true, Column: -1})
		}
		return holds
	}}
}

// Nothing is never filled.
func Nothing(typ Type) *Node {
	n := over(typ)
	n.fixed = false
	n.filled = func(*State) bool { return false }
	empty := func(s *State) {
		s.Fail(Failure{Column: -1, Code: "leeg", Message: "Voor deze regel is er geen waarde.", Repair: "Controleer de regel."})
	}
	n.num = func(s *State) Num { empty(s); return Num{0, 1} }
	n.text = func(s *State) []byte { empty(s); return nil }
	n.date = func(s *State) payroll.Date { empty(s); return 0 }
	n.truth = func(s *State) bool { empty(s); return false }
	return n
}

// OfLookup is what a table has for a row. Find gives a Num or a text, and false when
// there is none, of which the row was told. It is filled when the columns are.
func OfLookup(typ Type, columns []*Node, find func(Row) (Num, []byte, bool)) *Node {
	n := over(typ, columns...)
	n.fixed = false
	get := func(s *State) (Num, []byte) {
		v, text, ok := find(s.Row)
		if !ok {
			s.Fail(Failure{Told: true, Column: n.Column})
			v = Num{0, 1}
		}
		return v, text
	}
	n.num = func(s *State) Num { v, _ := get(s); return v }
	n.text = func(s *State) []byte { _, text := get(s); return text }
	return n
}

// over is a node of a type that looks at others.
func over(typ Type, of ...*Node) *Node {
	n := &Node{Type: typ, Column: -1, fixed: true}
	var filled []func(*State) bool
	for _, a := range of {
		n.fixed = n.fixed && a.fixed
		n.Columns = append(n.Columns, a.Columns...)
		if n.Column < 0 {
			n.Column = a.Column
		}
		if a.filled != nil {
			filled = append(filled, a.filled)
		}
	}
	if len(filled) > 0 {
		n.filled = func(s *State) bool {
			for _, f := range filled {
				if !f(s) {
					return false
				}
			}
			return true
		}
	}
	return n
}

// numbers is the type of a calculation with these.
func numbers(of ...*Node) Type {
	for _, a := range of {
		if a.Type == Fraction {
			return Fraction
		}
	}
	return Number
}

var tooLarge = Failure{Column: -1, Code: "uitkomst-te-groot", Message: "De uitkomst van een berekening is te groot.", Repair: "Controleer de getallen op deze regel."}

// checked is a calculation that may not fit.
func checked(n *Node, f func(*State) (Num, bool)) *Node {
	fail := tooLarge
	fail.Column = n.Column
	n.num = func(s *State) Num {
		v, ok := f(s)
		if !ok {
			s.Fail(fail)
			return Num{0, 1}
		}
		return v
	}
	return n
}

// built is a text that is made of others; build appends it to b.
func built(n *Node, of []*Node, build func(b []byte, parts [][]byte) []byte) *Node {
	fail := Failure{Column: n.Column, Code: "tekst-te-lang", Message: "Een samengestelde tekst is te lang.", Repair: "Kort de tekst op deze regel in."}
	n.text = func(s *State) []byte {
		var room [8][]byte
		parts := room[:0]
		for _, a := range of {
			parts = append(parts, a.text(s))
		}
		from := len(s.buf)
		s.buf = build(s.buf, parts)
		if len(s.buf) > maxText {
			s.Fail(fail)
			s.buf = s.buf[:from]
			return nil
		}
		return s.buf[from:len(s.buf):len(s.buf)]
	}
	return n
}
