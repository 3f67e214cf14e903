package ledger

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"loket-etl/ledger/ledgertest"
)

func TestMain(m *testing.M) {
	switch {
	case os.Getenv(crashWriters) != "":
		crashCrowd()
		return
	case os.Getenv(crashDSN) != "":
		crashChild()
		return
	}
	os.Exit(ledgertest.Main(m))
}

// databases are the two that the whole suite runs on.
var databases = map[string]func(testing.TB) string{
	"sqlite":   func(t testing.TB) string { return "sqlite:" + filepath.Join(t.TempDir(), "ledger.db") },
	"postgres": ledgertest.Postgres,
}

func onBoth(t *testing.T, test func(t *testing.T, dsn string)) {
	for name, dsn := range databases {
		t.Run(name, func(t *testing.T) {
			if !strings.Contains(t.Name(), "Memory") {
				t.Parallel()
			}
			test(t, dsn(t))
		})
	}
}

// clock is a time that passes when a test says so.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func newClock() *clock { return &clock{t: time.Date(2026, 10, 1, 8, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

func open(t testing.TB, dsn string, o Options) *Ledger {
	t.Helper()
	l, err := Open(context.Background(), dsn, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return l
}

// must fails the test on an error and hands the value on.
func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func stage(t testing.TB, l *Ledger, content string) ID {
	t.Helper()
	id, isNew, err := l.Stage(t.Context(), Entry{Pipeline: "uren", Inbox: "in", Name: "uren.csv"}, bytes.NewReader([]byte(content)))
	if err != nil || !isNew {
		t.Fatalf("stage: new %v, %v", isNew, err)
	}
	return id
}

func take(t testing.TB, l *Ledger, id ID) *Lease {
	t.Helper()
	return must(l.TakeID(t.Context(), id, "worker", time.Minute))(t)
}

func planLines(lines ...Line) func(func(Line) error) error {
	return func(add func(Line) error) error {
		for _, line := range lines {
			if err := add(line); err != nil {
				return err
			}
		}
		return nil
	}
}

// planned is an entry with n lines, taken and moved to planned.
func planned(t testing.TB, l *Ledger, content string, n int) *Lease {
	t.Helper()
	s := take(t, l, stage(t, l, content))
	var lines []Line
	for i := range n {
		lines = append(lines, Line{Function: "ImporteerGegevens", Class: "additive", Subject: fmt.Sprintf("werkgever %d", i), Rows: 1, Args: fmt.Appendf(nil, `{"n":%d}`, i)})
	}
	ok(t, s.Plan(t.Context(), planLines(lines...)))
	ok(t, s.Move(t.Context(), Staged, Planned, nil))
	return s
}

// settle brings a planned entry of one line to its end.
func settle(t testing.TB, s *Lease) {
	t.Helper()
	ctx := t.Context()
	for {
		line, err := s.NextLine(ctx)
		if err != nil {
			break
		}
		ok(t, s.Send(ctx, line.No, nil))
		ok(t, s.Record(ctx, line.No, LineDone, nil))
	}
	ok(t, s.Move(ctx, Planned, Delivered, func(e *Entry) { e.Outcome = Imported }))
	ok(t, s.Move(ctx, Delivered, Settled, nil))
}

func all(t testing.TB, r io.ReadCloser, err error) []byte {
	t.Helper()
	ok(t, err)
	data, err := io.ReadAll(r)
	ok(t, err)
	ok(t, r.Close())
	return data
}

// noise is n bytes that do not compress, the same for the same seed.
func noise(seed uint64, n int) []byte {
	var key [32]byte
	key[0], key[1] = byte(seed), byte(seed>>8)
	data := make([]byte, n)
	rand.NewChaCha8(key).Read(data)
	return data
}

// text is n bytes that compress well, others for each seed.
func text(seed uint64, n int) []byte {
	return bytes.Repeat(fmt.Appendf(nil, "%d;7,50\n", seed), n/3)[:n]
}
