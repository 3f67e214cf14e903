package pipelines

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"loket-etl/inbox"
)

// BenchmarkDrops measures small files from the drop to the receipt: three rows
// each, renamed out of a temporary name, a watcher and a few workers, SQLite, and
// the import over HTTP to the sandbox. One operation is one file.
func BenchmarkDrops(b *testing.B) {
	for _, workers := range []int{1, 2, 4, 8} {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) {
			w := newRunningWorld(b)
			stop := w.serve(workers)
			asked := func() (n int) {
				for _, f := range []string{importCall, "LoketWebservice.List", "LoketWebservice.ListVersion"} {
					n += w.loket.Count(f)
				}
				return n
			}
			before := asked()
			b.ResetTimer()
			for i := range b.N {
				w.rename(fmt.Sprintf("uren_5555_%06d.csv", i), fmt.Sprintf("%s%d;A;05-10-2026;Normaal;8,00;%d;\r\n%d;A;06-10-2026;Normaal;7:30;100;\r\n2;B;05-10-2026;Overwerk 150%%;1,25;;\r\n", hoursHead, 1+i%20, i, 1+i%20))
			}
			w.receipts(1 + b.N)
			b.StopTimer()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "files/s")
			b.ReportMetric(float64(asked()-before)/float64(b.N), "calls/file")
			stop()
		})
	}
}

// BenchmarkDropToReceipt measures one file at a time: from the rename to the
// moment its receipt is there.
func BenchmarkDropToReceipt(b *testing.B) {
	w := newRunningWorld(b)
	stop := w.serve(2)
	b.ResetTimer()
	for i := range b.N {
		w.rename(fmt.Sprintf("uren_5555_%06d.csv", i), fmt.Sprintf("%s1;A;05-10-2026;Normaal;8,00;%d;\r\n", hoursHead, i))
		w.receiptOf(fmt.Sprintf("uren_5555_%06d.csv", i))
	}
	b.StopTimer()
	stop()
}

// newRunningWorld is one whose time passes, and whose calls have the time that a
// busy machine may need: one without an answer holds up all the others.
func newRunningWorld(b *testing.B) *world {
	w := newWorld(b, remembering)
	w.clock.run()
	w.runner.CallTimeout = time.Minute
	w.runner.Loket = newClient(b, w.url, w.clock.Now, time.Minute, nil)
	return w
}

// rename drops a file the way careful senders do.
func (w *world) rename(name, content string) {
	w.t.Helper()
	if err := os.WriteFile(w.path(name+".part"), []byte(content), 0o644); err != nil {
		w.t.Fatal(err)
	}
	if err := os.Rename(w.path(name+".part"), w.path(name)); err != nil {
		w.t.Fatal(err)
	}
}

// serve watches the inbox and works, until stop. It returns when a first file is
// through: the inbox is watched and the people are known.
func (w *world) serve(workers int) (stop func()) {
	o := inbox.Options{Every: time.Second, Quiet: time.Millisecond, Again: time.Minute, Now: w.clock.Now}
	ctx, cancel := context.WithCancel(w.t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { _ = w.runner.Watch(ctx, "in", o) })
	for range workers {
		wg.Go(func() { _ = w.runner.Loop(ctx) })
	}
	w.rename("uren_5555_first.csv", hoursFile)
	w.receipts(1)
	return func() {
		cancel()
		wg.Wait()
	}
}

// receiptOf waits for the receipt of a file.
func (w *world) receiptOf(name string) {
	w.t.Helper()
	tick := time.NewTicker(100 * time.Microsecond)
	defer tick.Stop()
	for range tick.C {
		if _, err := os.Stat(w.path("done/" + name + ".receipt.html")); err == nil {
			return
		}
	}
}

// receipts waits until there are so many.
func (w *world) receipts(n int) {
	w.t.Helper()
	tick := time.NewTicker(20 * time.Millisecond) // looking costs, too
	defer tick.Stop()
	for range tick.C {
		s, err := w.ledger.Stats(w.t.Context())
		if err != nil {
			w.t.Fatal(err)
		}
		if s.States["settled"] >= n {
			break
		}
	}
	if left, err := filepath.Glob(w.path("*.csv")); err != nil || len(left) > 0 {
		w.t.Fatalf("%d files lie there still: %v", len(left), err)
	}
}
