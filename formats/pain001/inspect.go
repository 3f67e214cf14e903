package pain001

import (
	"fmt"
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
	Problems []error        // each says where; none: Decode takes the file, but for Beyond
	More     int            // problems that are not listed
	Beyond   map[string]int // what Decode does not read although it is no mistake, and how often
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
	p, err := d.file(nil)
	if err != nil {
		d.found.problem(err)
	}
	p.Batches = nil
	d.found.Payments, d.found.Totals = p, d.totals()
	return *d.found
}

func (i *Inspection) problem(err error) {
	if len(i.Problems) == maxProblems {
		i.Problems = i.Problems[1:]
		i.More++
	}
	i.Problems = append(i.Problems, fmt.Errorf("%w", err))
}
