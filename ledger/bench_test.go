package ledger

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// export is a file of n bytes that look like an export, from nothing.
type export struct{ left int64 }

var exportRow = []byte("1001;12;2026-10;7,50;overwerk;kostenplaats 4711\r\n")

func (e *export) Read(p []byte) (int, error) {
	if e.left == 0 {
		return 0, io.EOF
	}
	n := 0
	for n < len(p) && e.left > 0 {
		m := copy(p[n:min(len(p), n+int(min(e.left, int64(len(exportRow)))))], exportRow)
		n += m
		e.left -= int64(m)
	}
	return n, nil
}

// TestMemoryDoesNotGrowWithTheFile stages and reads back a file of 8 MiB and
// one of 96 MiB: the second may not hold more memory than the first.
func TestMemoryDoesNotGrowWithTheFile(t *testing.T) {
	onBoth(t, func(t *testing.T, dsn string) {
		l := open(t, dsn, Options{})
		peak := func(size int64) uint64 {
			runtime.GC()
			var high atomic.Uint64
			look := func() {
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				if m.HeapInuse > high.Load() {
					high.Store(m.HeapInuse)
				}
			}
			id, _, err := l.Stage(t.Context(), Entry{Pipeline: fmt.Sprint(size)}, &watched{r: &export{left: size}, look: look})
			ok(t, err)
			r, err := l.Bytes(t.Context(), id)
			ok(t, err)
			defer r.Close()
			n, err := io.Copy(io.Discard, &watched{r: r, look: look})
			ok(t, err)
			if n != size {
				t.Errorf("%d bytes came out, want %d", n, size)
			}
			return high.Load()
		}
		peak(8 << 20) // fills the pools
		small, large := peak(8<<20), peak(96<<20)
		t.Logf("heap in use at most %d MiB for 8 MiB, %d MiB for 96 MiB", small>>20, large>>20)
		if large > small+16<<20 {
			t.Errorf("%d MiB for 96 MiB, %d MiB for 8 MiB", large>>20, small>>20)
		}
	})
}

// watched looks at every eighth MiB or so.
type watched struct {
	r    io.Reader
	n    int
	look func()
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	if w.n += n; w.n > 2<<20 {
		w.n = 0
		w.look()
	}
	return n, err
}

// BenchmarkDrop carries small files from the bytes to settled, with the commits
// of a conductor: stage, take, plan, planned, send, record, delivered, target,
// two receipts, settled.
func BenchmarkDrop(b *testing.B) {
	for name, dsn := range databases {
		for _, workers := range []int{1, 8} {
			b.Run(fmt.Sprintf("%s/workers=%d", name, workers), func(b *testing.B) {
				commits := atomic.Int64{}
				l := open(b, dsn(b), Options{Step: func(point string) { commits.Add(1) }})
				var no atomic.Int64
				b.SetParallelism(max(workers/runtime.GOMAXPROCS(0), 1))
				b.ResetTimer()
				work := func() error { return drop(l, int(no.Add(1))) }
				if workers == 1 {
					for range b.N {
						ok(b, work())
					}
				} else {
					b.RunParallel(func(pb *testing.PB) {
						for pb.Next() {
							if err := work(); err != nil {
								b.Error(err)
								return
							}
						}
					})
				}
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "drops/s")
				b.ReportMetric(float64(commits.Load()/2)/b.Elapsed().Seconds(), "commits/s")
			})
		}
	}
}

func drop(l *Ledger, no int) error {
	ctx := context.Background()
	id, _, err := l.Stage(ctx, Entry{Pipeline: "p", Name: "uren.csv"}, bytes.NewReader(fmt.Appendf(nil, "%d\n%s", no, bytes.Repeat(exportRow, 40))))
	if err != nil {
		return err
	}
	s, err := l.TakeID(ctx, id, "w", time.Minute)
	if err != nil {
		return err
	}
	steps := []func() error{
		func() error { return s.Plan(ctx, planLines(Line{Function: "F", Args: bytes.Repeat(exportRow, 40)})) },
		func() error { return s.Move(ctx, Staged, Planned, nil) },
		func() error { _, err := s.NextLine(ctx); return err },
		func() error { return s.Send(ctx, 1, []byte("{}")) },
		func() error { return s.Record(ctx, 1, LineDone, []byte("{}")) },
		func() error {
			return s.Move(ctx, Planned, Delivered, func(e *Entry) { e.Outcome, e.Target = Imported, "done/uren.csv" })
		},
		func() error { return s.Move(ctx, Delivered, Delivered, func(e *Entry) { e.Target = "done/uren.csv" }) },
		func() error { return s.Attach(ctx, "receipt.json", bytes.NewReader(exportRow)) },
		func() error { return s.Attach(ctx, "receipt.html", bytes.NewReader(exportRow)) },
		func() error { return s.Move(ctx, Delivered, Settled, nil) },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// BenchmarkWriters measures small writes that are durable when they return, by
// one writer and by several at the same time.
func BenchmarkWriters(b *testing.B) {
	for name, dsn := range databases {
		for _, writers := range []int{1, 2, 8, 32} {
			b.Run(fmt.Sprintf("%s/writers=%d", name, writers), func(b *testing.B) {
				l := open(b, dsn(b), Options{})
				var left atomic.Int64
				left.Store(int64(b.N))
				var wg sync.WaitGroup
				b.ResetTimer()
				for range writers {
					wg.Go(func() {
						for left.Add(-1) >= 0 {
							if err := l.write(b.Context(), "bench", func(t tx) error {
								_, err := t.Exec(b.Context(), "INSERT INTO contents (touched) VALUES ($1)", 1)
								return err
							}); err != nil {
								b.Error(err)
							}
						}
					})
				}
				wg.Wait()
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "writes/s")
			})
		}
	}
}

// BenchmarkStageLarge stages a large export; -benchtime sets how often.
func BenchmarkStageLarge(b *testing.B) {
	const size = 64 << 20
	for name, dsn := range databases {
		b.Run(name, func(b *testing.B) {
			l := open(b, dsn(b), Options{})
			b.SetBytes(size)
			b.ReportAllocs()
			for i := range b.N {
				if _, _, err := l.Stage(b.Context(), Entry{Pipeline: fmt.Sprint(i)}, &export{left: size}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
