package pipelines

import (
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"loket-etl/ledger"
	"loket-etl/loket/sandbox"
	"loket-etl/payroll"
)

// officeTicks are the calls that ticks of every export make in an office, the first
// and the next, by function; and how much there is to export.
func officeTicks(t *testing.T, office sandbox.Office) (first, next map[string]int, found int) {
	t.Helper()
	clock := newClock()
	server, err := sandbox.New(sandbox.Options{Now: clock.Now, Office: office})
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(server)
	t.Cleanup(func() { web.Close(); server.Close() })
	l, err := ledger.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "etl.db"), ledger.Options{Now: clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	o := options(l, newClient(t, web.URL, clock.Now, time.Minute, nil), nil, clock.Now)
	for _, name := range []string{"sepa-betalingen", "overzichten", "loonaangifte", "werknemers"} {
		o.Exports = append(o.Exports, use(name, func(x *Exporting) {
			x.Employers, x.From = nil, payroll.Period{Year: 2026, Number: 9}
		}))
	}
	r := NewRunner(o, loadedPlans(t))
	tick := func() (calls map[string]int) {
		before := len(server.Calls())
		for _, x := range o.Exports {
			n, err := r.Expect(t.Context(), x.Name)
			if err != nil {
				t.Fatal(err)
			}
			found += n
		}
		calls = map[string]int{}
		for _, c := range server.Calls()[before:] {
			calls[c.Function]++
		}
		return calls
	}
	return tick(), tick(), found
}

// A tick costs calls per period, not per employer.
func TestATickCostsNoMoreForAThousandEmployers(t *testing.T) {
	first, next, few := officeTicks(t, sandbox.Office{Employers: 3, Employees: 6})
	manyFirst, manyNext, many := officeTicks(t, sandbox.Office{Employers: 1000, Employees: 2000})
	if few < 3*3 || many < 1000*3 { // not every employer has a tax return to export
		t.Errorf("%d and %d to export", few, many)
	}
	if diff := cmp.Diff(first, manyFirst); diff != "" {
		t.Errorf("calls of the first tick (-3 employers, +1000):\n%s", diff)
	}
	if diff := cmp.Diff(next, manyNext); diff != "" {
		t.Errorf("calls of the next tick (-3 employers, +1000):\n%s", diff)
	}
	total := 0
	for _, n := range next {
		total += n
	}
	if total > 4*4 { // exports times periods 9 to 12
		t.Errorf("%d calls for a tick with nothing new: %v", total, next)
	}
}
