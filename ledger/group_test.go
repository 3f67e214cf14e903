package ledger

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// mark writes a row that can be told from others.
func mark(ctx context.Context, t tx, n int) error {
	_, err := t.Exec(ctx, "INSERT INTO contents (touched) VALUES ($1)", n)
	return err
}

// marked are the rows that stand, as somebody else sees them.
func marked(t testing.TB, l *Ledger) map[int]bool {
	t.Helper()
	list, err := collect(context.Background(), l.store, func(r row) (n int, err error) { err = r.Scan(&n); return n, err }, "SELECT touched FROM contents")
	ok(t, err)
	out := map[int]bool{}
	for _, n := range list {
		out[n] = true
	}
	return out
}

// together has writers share the group after one that is on its way; each waits
// until those before it are in the queue. It ends when all of them have. Before
// the first one commits, meanwhile is called.
func together(t *testing.T, l *Ledger, meanwhile func(), writers ...func()) {
	t.Helper()
	s := l.store.(*sqliteStore)
	queued := func() int {
		s.mu.Lock()
		defer s.mu.Unlock()
		return len(s.queue)
	}
	begun, end := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := s.write(context.Background(), func(string) {}, func(tx) error {
			close(begun)
			<-end
			return nil
		}); err != nil {
			t.Errorf("the one before: %v", err)
		}
	})
	<-begun
	for i, w := range writers {
		wg.Go(w)
		for queued() <= i {
			runtime.Gosched()
		}
	}
	if meanwhile != nil {
		meanwhile()
	}
	close(end)
	wg.Wait()
}

func onSQLite(t *testing.T) *Ledger { return open(t, databases["sqlite"](t), Options{}) }

var errOwn = errors.New("an error of its own")

// TestWritersOfAGroupFailAlone has writers share a commit of which some fail, are
// cancelled, panic or end their goroutine: what they did is gone, what the others
// did stands, and each is told its own outcome.
func TestWritersOfAGroupFailAlone(t *testing.T) {
	l := onSQLite(t)
	const writers = 40
	waits, cancel := context.WithCancel(t.Context())
	var left sync.WaitGroup // those who are cancelled while they wait
	var list []func()
	for n := range writers {
		write := func(ctx context.Context, more func(tx) error) error {
			return l.write(ctx, "group", func(t tx) error {
				if err := mark(ctx, t, n); err != nil {
					return err
				}
				return more(t)
			})
		}
		ctx := t.Context()
		switch n % 8 {
		case 1:
			list = append(list, func() {
				if err := write(ctx, func(tx) error { return errOwn }); !errors.Is(err, errOwn) {
					t.Errorf("writer %d that fails: %v", n, err)
				}
			})
		case 3:
			list = append(list, func() {
				defer func() {
					if p := recover(); p != n {
						t.Errorf("writer %d panicked with %v", n, p)
					}
				}()
				_ = write(ctx, func(tx) error { panic(n) })
			})
		case 5:
			left.Add(1)
			list = append(list, func() {
				defer left.Done()
				if err := write(waits, func(tx) error { return nil }); !errors.Is(err, context.Canceled) {
					t.Errorf("writer %d that is cancelled while it waits: %v", n, err)
				}
			})
		case 6:
			list = append(list, func() {
				own, stop := context.WithCancel(ctx)
				err := write(own, func(t tx) error {
					stop()
					return mark(own, t, n)
				})
				if !errors.Is(err, context.Canceled) {
					t.Errorf("writer %d that is cancelled at work: %v", n, err)
				}
			})
		case 7:
			list = append(list, func() { _ = write(ctx, func(tx) error { runtime.Goexit(); return nil }) })
		default:
			list = append(list, func() {
				if err := write(ctx, func(tx) error { return nil }); err != nil {
					t.Errorf("writer %d: %v", n, err)
				}
			})
		}
	}
	together(t, l, func() {
		cancel()
		left.Wait() // they need not wait for the one on its way
	}, list...)
	got := marked(t, l)
	for n := range writers {
		if want := n%8 == 0 || n%8 == 2 || n%8 == 4; got[n] != want {
			t.Errorf("writer %d: written %v, want %v", n, got[n], want)
		}
	}
	ok(t, l.write(t.Context(), "later", func(tx tx) error { return mark(t.Context(), tx, 1000) }))
}

// TestNobodyIsToldBeforeTheCommit looks from outside at what stands when the steps
// of a group are called: nothing at "before", all of it at "after".
func TestNobodyIsToldBeforeTheCommit(t *testing.T) {
	l := onSQLite(t)
	const writers = 5
	l.step = func(point string) {
		want := 0
		if point == "group after" {
			want = writers
		}
		if got := len(marked(t, l)); got != want {
			t.Errorf("%s: %d rows stand, want %d", point, got, want)
		}
	}
	var list []func()
	for n := range writers {
		list = append(list, func() {
			if err := l.write(t.Context(), "group", func(tx tx) error { return mark(t.Context(), tx, n) }); err != nil {
				t.Error(err)
			}
			if !marked(t, l)[n] {
				t.Errorf("writer %d was told before its row stood", n)
			}
		})
	}
	// One that fails is not told before the others know either: what it concluded
	// it from may come to nothing.
	list = append(list, func() {
		err := l.write(t.Context(), "group", func(tx) error { return errOwn })
		if got := len(marked(t, l)); !errors.Is(err, errOwn) || got != writers {
			t.Errorf("told %v while %d rows stood", err, got)
		}
	})
	together(t, l, nil, list...)
}

// TestACommitThatFailsIsToldToAll makes a commit fail by a promise that one of the
// writers broke, and checks that none of them is told anything else.
func TestACommitThatFailsIsToldToAll(t *testing.T) {
	l := onSQLite(t)
	ctx := t.Context()
	var mu sync.Mutex
	var told []error
	writer := func(do func(tx) error) func() {
		return func() {
			err := l.write(ctx, "group", do)
			mu.Lock()
			defer mu.Unlock()
			told = append(told, err)
		}
	}
	together(t, l, nil,
		writer(func(tx tx) error { return mark(ctx, tx, 1) }),
		writer(func(tx tx) error {
			if _, err := tx.Exec(ctx, "PRAGMA defer_foreign_keys = 1"); err != nil {
				return err
			}
			return insertChunk(ctx, tx, 4711, 0, 1, []byte("of nothing"))
		}),
		writer(func(tx) error { return errOwn }),
		writer(func(tx tx) error { return mark(ctx, tx, 2) }),
	)
	for i, err := range told {
		if err == nil || errors.Is(err, errOwn) || !strings.Contains(err.Error(), "FOREIGN KEY") {
			t.Errorf("%d was told: %v", i, err)
		}
	}
	if got := marked(t, l); len(told) != 4 || len(got) != 0 {
		t.Errorf("%d were told, %v stand", len(told), got)
	}
	ok(t, l.write(ctx, "later", func(tx tx) error { return mark(ctx, tx, 3) }))
	if got := marked(t, l); len(got) != 1 {
		t.Errorf("afterwards %v stand", got)
	}
}

// TestATransactionThatTheDatabaseGaveUp ends the transaction under a writer, as
// SQLite does when the disk is full: those before it are told, what it does after
// that does not stand by itself, and those after it begin anew.
func TestATransactionThatTheDatabaseGaveUp(t *testing.T) {
	l := onSQLite(t)
	ctx := t.Context()
	errs := make([]error, 4)
	writer := func(n int, before string) func() {
		return func() {
			errs[n] = l.write(ctx, "group", func(tx tx) error {
				if before != "" {
					if _, err := tx.Exec(ctx, before); err != nil {
						return err
					}
					return nil
				}
				return mark(ctx, tx, n)
			})
		}
	}
	together(t, l, nil, writer(0, ""), writer(1, "ROLLBACK"), writer(2, ""), writer(3, ""))
	for n, err := range errs {
		if (err != nil) != (n < 2) {
			t.Errorf("writer %d: %v", n, err)
		}
	}
	if got := marked(t, l); len(got) != 2 || !got[2] || !got[3] {
		t.Errorf("%v stand", got)
	}
}

// TestAWriterAloneDoesNotWait writes without anybody beside it.
func TestAWriterAloneDoesNotWait(t *testing.T) {
	l := onSQLite(t)
	ctx, cancel := context.WithCancel(t.Context())
	for n := range 3 {
		ok(t, l.write(ctx, "alone", func(tx tx) error { return mark(ctx, tx, n) }))
	}
	cancel()
	if err := l.write(ctx, "alone", func(tx tx) error { return mark(ctx, tx, 9) }); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if got := marked(t, l); len(got) != 3 {
		t.Errorf("%v stand", got)
	}
}

const crashWriters = "LEDGER_CRASH_WRITERS"

// crashCrowd stages files from several goroutines, says which of them it was told
// are there, and is killed at a step.
func crashCrowd() {
	at, _ := strconv.Atoi(os.Getenv(crashStep))
	var mu sync.Mutex
	steps := 0
	l, err := Open(context.Background(), os.Getenv(crashDSN), Options{Step: func(string) {
		mu.Lock()
		defer mu.Unlock()
		if steps++; steps == at {
			syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	}})
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for n := range 10 {
				name := fmt.Sprintf("%d-%d-%d", at, w, n)
				if _, _, err := l.Stage(context.Background(), Entry{Pipeline: "p", Name: name}, strings.NewReader(name)); err != nil {
					fmt.Println("error", err)
				}
				fmt.Println("staged", name)
			}
		})
	}
	wg.Wait()
}

// TestKilledWithWritersTogether kills a process in which many write at a time:
// whatever somebody was told is there, whole.
func TestKilledWithWritersTogether(t *testing.T) {
	dsn := "sqlite:" + filepath.Join(t.TempDir(), "ledger.db")
	open(t, dsn, Options{})
	t.Setenv(crashWriters, "1")
	for step := 3; step <= 160; step += 13 {
		said, killed := runChild(t, dsn, step)
		l := open(t, dsn, Options{})
		checkInvariants(t, l)
		for _, line := range said {
			name, is := strings.CutPrefix(line, "staged ")
			if !is {
				if line != "" {
					t.Errorf("step %d: %s", step, line)
				}
				continue
			}
			list := must(l.List(t.Context(), Filter{Name: name}))(t)
			if len(list) != 1 {
				t.Fatalf("step %d: %s was told to be there, %d entries are", step, name, len(list))
			}
			r, err := l.Bytes(t.Context(), list[0].ID)
			if got := all(t, r, err); !bytes.Equal(got, []byte(name)) {
				t.Errorf("step %d: %s holds %q", step, name, got)
			}
		}
		if !killed {
			t.Errorf("step %d: not killed", step)
		}
	}
}
