package pipelines

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"loket-etl/ledger"
	"loket-etl/ledger/ledgertest"
	"loket-etl/loket/sandbox"
)

// another is a second runner on the ledger of the first, as in another process.
func (w *world) another(holder string) *Runner {
	o := w.runner.Options
	o.Holder = holder
	o.Loket = newClient(w.t, w.url, w.clock.Now, callTimeout, nil)
	return NewRunner(o, w.runner.Plans())
}

// Two hundred files of leave, two processes with two workers each: every hour is
// booked once.
func TestTwoProcessesOnOneLedger(t *testing.T) {
	for name, dsn := range map[string]func(testing.TB) string{"SQLite": nil, "PostgreSQL": ledgertest.Postgres} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, func(o *Options) {
				if dsn != nil {
					o.Ledger = openLedger(t, dsn(t), o.Now)
				}
			})
			w.ledger = w.runner.Ledger
			const files = 200
			for i := range files {
				if err := os.WriteFile(w.path(fmt.Sprintf("verlof%03d.csv", i)), fmt.Appendf(nil, "%s5555;%d;X;12-10-2026;12-10-2026;Wettelijk;Opname;%d,%02d\r\n", leaveHead, 1+i%2, 1+i/100, i%100), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			w.scan()
			w.clock.run()
			w.loop(w.runner, w.runner, w.another("other"), w.another("third"))
			w.inLoket(map[string]string{"1 verlof": fmt.Sprint(files / 2), "2 verlof": fmt.Sprint(files / 2)})
			if n := w.imports(); n != files {
				t.Errorf("%d imports, want %d", n, files)
			}
			done, err := os.ReadDir(w.path("done"))
			if err != nil || len(done) != 3*files {
				t.Errorf("%d files in done/, want %d: %v", len(done), 3*files, err)
			}
		})
	}
}

// loop lets runners work until everything is settled.
func (w *world) loop(runners ...*Runner) {
	w.t.Helper()
	ctx, stop := context.WithCancel(w.t.Context())
	defer stop()
	var wg sync.WaitGroup
	defer wg.Wait()
	defer stop()
	for _, r := range runners {
		wg.Go(func() {
			if err := r.Loop(ctx); err != nil {
				w.t.Error(err)
			}
		})
	}
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for range tick.C {
		open, err := w.ledger.List(ctx, ledger.Filter{Unsettled: true})
		if err != nil {
			w.t.Fatal(err)
		}
		held := 0
		for _, e := range open {
			if e.State == ledger.Held {
				held++
				w.t.Errorf("%s is held: %s", e.Name, e.Reason)
			}
		}
		if held == len(open) {
			return
		}
	}
}

func openLedger(t testing.TB, dsn string, now func() time.Time) *ledger.Ledger {
	t.Helper()
	l, err := ledger.Open(context.Background(), dsn, ledger.Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// The lease of a process expires while its call is out: whoever takes over reads
// Loket back and does not send again what was carried out.
func TestALeaseThatExpiresWhileACallIsOut(t *testing.T) {
	for name, late := range map[string]bool{"and the call is carried out": true, "and the call is not": false} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.loket.SetMood(sandbox.Mood{Function: importFunction, Kind: sandbox.Slow, Late: late, Count: 1})
			w.drop("verlof.csv", leaveFile)
			ended := make(chan error)
			go func() {
				_, err := w.runner.Work(t.Context())
				ended <- err
			}()
			tick := time.NewTicker(time.Millisecond)
			defer tick.Stop()
			for sending := false; !sending; <-tick.C {
				for line, err := range w.ledger.Lines(t.Context(), 1) {
					sending = err == nil && line.State == ledger.LineSending
				}
			}
			w.clock.advance(w.clock.Now().Add(time.Hour)) // our clock, not that of the connection
			lease, err := w.ledger.TakeID(t.Context(), 1, "other", time.Hour)
			if err != nil {
				t.Fatal(err)
			}
			if err := <-ended; err != nil { // overtaken, it leaves the entry alone
				t.Fatal(err)
			}
			if late {
				w.finishLate()
			}
			if err := w.another("other").Carry(t.Context(), lease); err != nil {
				t.Fatal(err)
			}
			w.settle()
			w.ends("verlof.csv", ledger.Imported, "done/verlof.csv")
			w.inLoket(map[string]string{"1 verlof": "2"})
		})
	}
}

// The clock of another process is ahead of the lease, and of the time that a call
// may take, while the call is out: it reads nothing back before the call is over.
func TestAClockThatIsAheadWhileACallIsOut(t *testing.T) {
	w := newWorld(t)
	w.loket.SetMood(sandbox.Mood{Function: importFunction, Kind: sandbox.Slow, Late: true, Count: 1})
	w.drop("verlof.csv", leaveFile)
	ended := make(chan error)
	go func() {
		_, err := w.runner.Work(t.Context())
		ended <- err
	}()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for sending := false; !sending; <-tick.C {
		for line, err := range w.ledger.Lines(t.Context(), 1) {
			sending = err == nil && line.State == ledger.LineSending
		}
	}
	w.clock.advance(w.clock.Now().Add(time.Hour))
	lease, err := w.ledger.TakeID(t.Context(), 1, "other", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.another("other").Carry(t.Context(), lease); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	w.finishLate()
	w.settle()
	w.ends("verlof.csv", ledger.Imported, "done/verlof.csv")
	w.inLoket(map[string]string{"1 verlof": "2"})
}

// Work that takes longer than a lease keeps it.
func TestALeaseIsRenewedWhileSomebodyWorks(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.Now = time.Now })
	w.drop("verlof.csv", leaveFile)
	lease, err := w.ledger.Take(t.Context(), "test", time.Second)
	if err != nil {
		t.Fatal(err)
	}
	before := lease.Entry().LeaseUntil
	w.runner.CallTimeout, w.runner.Grace = time.Millisecond, 28*time.Millisecond
	stop := w.runner.keep(t.Context(), lease)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for lease.Entry().LeaseUntil.Equal(before) {
		<-tick.C
	}
	stop()
	if err := lease.Release(t.Context()); err != nil {
		t.Error(err)
	}
}

// The whole line once on PostgreSQL: two files, a duplicate, a part that comes
// back.
func TestTheWholeLineOnPostgreSQL(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.Ledger = openLedger(t, ledgertest.Postgres(t), o.Now) })
	w.ledger = w.runner.Ledger
	want := w.both()
	w.settle()
	w.imported(t, want)
	w.drop("uren_5555_weer.csv", hoursFile)
	w.drop("uren_5555_deels.csv", hoursFile+"3;C;05-10-2026;Onzin;1;;\r\n")
	w.settle()
	w.ends("uren_5555_weer.csv", ledger.Duplicate, "failed/uren_5555_weer.csv")
	w.ends("uren_5555_deels.csv", ledger.Partly, "done/uren_5555_deels.csv")
	if part := w.read("failed/uren_5555_deels-afgekeurd.csv"); !strings.HasSuffix(part, "\r\n3;C;05-10-2026;Onzin;1;;\r\n") {
		t.Errorf("refused part %q", part)
	}
	w.imported(t, want)
}
