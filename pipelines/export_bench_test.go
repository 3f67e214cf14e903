package pipelines

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"loket-etl/formats"
	"loket-etl/internal/folder"
	"loket-etl/ledger"
	"loket-etl/outbox"
	"loket-etl/payroll"
)

// longRun is a run of n people whose documents agree, its posts and results made
// as they are ranged over.
type longRun struct {
	n   int
	run payroll.Run
}

func newLongRun(tb testing.TB, n int) *longRun {
	l := &longRun{n: n, run: payroll.Run{Net: 930, Payable: []string{"1710"}}}
	l.run.Earners = make([]payroll.Earner, n)
	total := payroll.Cents(0)
	for i := range n {
		l.run.Earners[i] = payroll.Earner{Dienstverband: fmt.Sprintf("d%06d", i), PersnrVerl: i + 1, IBAN: l.iban(tb, i)}
		total += l.net(i)
	}
	l.run.Journal.Lines = []payroll.JournalLine{{Number: 1, Account: "4000", Debit: total}, {Number: 2, Account: "1710", Component: 930, Credit: total}}
	l.run.Results.Employments = func(yield func(payroll.EmploymentResults, error) bool) {
		for i := range n {
			e := payroll.EmploymentResults{Dienstverband: l.run.Earners[i].Dienstverband, PersnrVerl: i + 1, Periods: []payroll.PeriodResults{
				{Slips: []payroll.Slip{{Components: []payroll.ComponentResult{{Number: 930, Value: l.net(i)}}}}},
			}}
			if !yield(e, nil) {
				return
			}
		}
	}
	return l
}

func (*longRun) net(i int) payroll.Cents { return payroll.Cents(150_000 + i%100_000) }

// iban is an account that passes every test, another for each i.
func (*longRun) iban(tb testing.TB, i int) payroll.IBAN {
	iban, err := payroll.NewIBAN("NL", fmt.Sprintf("RABO%010d", 1_000_000_000+i*11))
	if err != nil {
		tb.Fatal(err)
	}
	return iban
}

// payments make their posts as they go by: nothing is kept of them.
func (l *longRun) payments(tb testing.TB) payroll.Payments {
	return payroll.Payments{
		Created: 20261102, MessageID: "L5555-202610-1", Initiator: "Bakkerij Voorbeeld BV",
		Batches: []payroll.PaymentBatch{{
			Number: 1, ID: "L5555-202610-1-1", Account: payroll.Account{IBAN: "NL02ABNA0123456789", Number: "0123456789"}, BIC: "ABNANL2A",
			Name: "Bakkerij Voorbeeld BV", Date: 20261105,
			Posts: func(yield func(payroll.Post, error) bool) {
				for i := range l.n {
					if !yield(payroll.Post{
						Amount: l.net(i), Account: payroll.Account{IBAN: l.iban(tb, i)}, Name: "A. de Tester-Jansen",
						Descriptions: []string{"Loon oktober"}, EndToEnd: fmt.Sprintf("5555-%06d", i),
					}, nil) {
						return
					}
				}
			},
		}},
	}
}

// bank is a runner with an outbox that payments go to.
type bank struct {
	*maker
	out string
}

func newBank(tb testing.TB) *bank {
	tb.Helper()
	dir := tb.TempDir()
	l, err := ledger.Open(tb.Context(), "sqlite:"+filepath.Join(dir, "etl.db"), ledger.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { l.Close() })
	out := filepath.Join(dir, "out")
	if err := os.Mkdir(out, 0o755); err != nil {
		tb.Fatal(err)
	}
	place, err := folder.NewLocal(out)
	if err != nil {
		tb.Fatal(err)
	}
	o := options(l, nil, nil, time.Now)
	o.Outboxes, o.Exports = map[string]outbox.Folder{"out": place}, []Exporting{use("sepa-betalingen")}
	r := NewRunner(o, loadedPlans(tb))
	x, export, _ := r.exporting("sepa-betalingen")
	return &bank{&maker{Runner: r, x: x, export: export}, out}
}

// pay encodes the payments of run number no, reads them back, holds them against
// the run when there is one, freezes them and publishes them.
func (b *bank) pay(tb testing.TB, no int, p payroll.Payments, run *payroll.Run) {
	tb.Helper()
	ok := func(err error) {
		tb.Helper()
		if err != nil {
			tb.Fatal(err)
		}
	}
	ctx := tb.Context()
	b.about = about{Clientnummer: 5555, Period: payroll.Period{Year: 2026, Number: 10}, Number: no}
	id, _, err := b.Ledger.Expect(ctx, ledger.Entry{Pipeline: "sepa-betalingen", Run: fmt.Sprint(no), Name: "5555"})
	ok(err)
	b.lease, err = b.Ledger.TakeID(ctx, id, "bench", time.Hour)
	ok(err)
	f := formats.Payments["pain.001.001.09"]
	w, err := b.write(made{kind: "pain.001", format: "pain.001.001.09", what: "betaling1", ext: "xml", pays: fmt.Sprint(no), payments: true,
		encode: func(w io.Writer) error { return f.Encode(w, p) }})
	ok(err)
	defer w.close()
	if run != nil {
		in, err := w.rewind()
		ok(err)
		doc, err := f.Decode(in)
		ok(err)
		run.Payments = []payroll.Payments{doc}
		found, err := run.Check()
		ok(err)
		if len(found) > 0 {
			tb.Fatal(found[0])
		}
	}
	ok(b.lease.Produce(ctx, func(add func(ledger.Output, io.Reader) (ledger.Output, error)) error {
		return b.produce([]written{w}, nil, add)
	}, nil, ""))
	outputs, err := b.Ledger.Outputs(ctx, id)
	ok(err)
	publisher := &publisher{Runner: b.Runner, lease: b.lease, x: b.x, export: b.export, checked: true} // Loket is not asked
	ok(publisher.file(ctx, outputs[0]))
	ok(b.lease.Move(ctx, ledger.Ready, ledger.Settled, func(e *ledger.Entry) { e.Outcome = ledger.Exported }))
}

// BenchmarkPayments makes, checks, freezes and publishes one file of 100,000
// payments, from the documents of the run to read back in the outbox.
func BenchmarkPayments(b *testing.B) {
	const n = 100_000
	bank, long := newBank(b), newLongRun(b, n)
	b.ReportAllocs()
	b.ResetTimer()
	for no := range b.N {
		bank.pay(b, no, long.payments(b), &long.run)
	}
	b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "posts/s")
}

// TestTheHeapDoesNotGrowWithThePosts writes, reads back, freezes and publishes
// files of which neither bytes nor posts are ever held. What Check knows of a run
// grows with its people, and is left out here.
func TestTheHeapDoesNotGrowWithThePosts(t *testing.T) {
	peak := func(n int) uint64 {
		bank, long := newBank(t), &longRun{n: n}
		p := long.payments(t)
		bank.pay(t, 0, (&longRun{n: 10}).payments(t), nil) // what is made once, is made
		var most atomic.Uint64
		stop, done := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(done)
			for {
				select {
				case <-stop:
					return
				default:
				}
				var m runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&m)
				most.Store(max(most.Load(), m.HeapAlloc))
			}
		}()
		bank.pay(t, 1, p, nil)
		close(stop)
		<-done
		return most.Load()
	}
	few, many := peak(15_000), peak(80_000)
	// The bytes alone are some 22 MiB more; buffers of a fixed size fill up meanwhile.
	if many > few+10<<20 {
		t.Errorf("the heap is %d KiB at most for 15,000 posts and %d KiB for 80,000", few>>10, many>>10)
	}
	t.Logf("the heap is %d KiB at most for 15,000 posts and %d KiB for 80,000", few>>10, many>>10)
}
