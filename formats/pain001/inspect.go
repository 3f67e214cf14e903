package pain001

import (
	"io"

	"loket-etl/payroll"
)

// maxProblems is how many problems an Inspection lists.
const maxProblems = 100

// Inspection is what a look at a file found. It holds no posts.
type Inspection struct {
	Payments payroll.Payments // without batches
	Batches  []Batch
	Totals   payroll.Totals // of what was read
	Problems []Problem      // none: Decode takes the file, but for Beyond
	More     int            // problems that are not listed
	Beyond   map[string]int // what Decode does not read although it is no mistake, and how often
}

// Problem is a thing wrong, and in which batch and post, if in one. The text of
// the error says so too.
type Problem struct {
	Batch, Post int
	Err         error
}

// Batch is a batch without its posts, and what they add up to.
type Batch struct {
	payroll.PaymentBatch
	Salary bool
	Count  int
	Amount payroll.Cents
}

// Inspect looks at a whole file, also at a foreign one: it passes over what the
// standard has and Payments does not carry, and goes on after a broken rule. What
// cannot be read at all is the last of the problems.
func (v Version) Inspect(r io.Reader) Inspection {
	d := newReader(v, r)
	d.found = &Inspection{Beyond: map[string]int{}}
	p, err := d.document(nil)
	if err != nil {
		d.problem(err)
	}
	p.Batches = nil
	d.found.Payments, d.found.Totals = p, d.totals()
	return *d.found
}

func (d *reader) problem(err error) {
	i := d.found
	if len(i.Problems) == maxProblems {
		i.Problems = i.Problems[1:]
		i.More++
	}
	i.Problems = append(i.Problems, Problem{d.batches, d.posts, d.position(err)})
}
