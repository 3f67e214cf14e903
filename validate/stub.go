package validate

import "loket-etl/formats"

// Checker is a schema and the columns it applies to, compiled.
type Checker struct{ cols []Column }

// Compile is temporary.
func Compile(name string, schema []byte, cols []Column) (*Checker, error) {
	return &Checker{cols}, nil
}

// At is the same Checker for a file whose columns stand elsewhere: cells has the
// cell index of each column, -1 for an absent one.
func (c *Checker) At(cells []int) *Checker { return c }

type work struct{ c *Checker }

func (w *work) init(c *Checker) { w.c = c }
func (w *work) record(r *formats.Record, out []Value, report func(formats.Problem)) bool {
	return true
}

// Tally holds what the rules must remember of one file.
type Tally struct{}

// Tally starts the rules for one file. Columns are those of the Checker; nil
// without a ControlTotal.
func (r Rules) Tally(cols []Column) (*Tally, error) { return &Tally{}, nil }

// Worker is a TallyWorker for one goroutine.
func (t *Tally) Worker() *TallyWorker { return &TallyWorker{} }

// TallyWorker observes rows for one goroutine.
type TallyWorker struct{}

// Total says whether r is the totals row of the file: then it is no data and
// must not be checked or mapped. Call it for every record when the rules have a
// ControlTotal; without one it is always false.
func (w *TallyWorker) Total(r *formats.Record, report func(formats.Problem)) bool { return false }

// Observe remembers an accepted row. Values are those of Record.
func (w *TallyWorker) Observe(k *RuleKey, values []Value) {}

// Finish reports what the rules found, in line order, after the last Observe of
// every worker. Employee is the RuleKey.Employee that a problem is about, nil
// when it is about the whole file.
func (t *Tally) Finish(report func(p formats.Problem, employee []byte)) {}
