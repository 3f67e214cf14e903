package ledger

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"
)

// liar is a database whose n-th write fails: it did not happen, or it did and
// we are told that it failed.
type liar struct {
	store
	at, n   int
	persist bool
}

var errLied = errors.New("connection lost")

func (l *liar) write(ctx context.Context, step func(string), do func(tx) error) error {
	if l.n++; l.n != l.at {
		return l.store.write(ctx, step, do)
	}
	if l.persist {
		if err := l.store.write(ctx, step, do); err != nil {
			return err
		}
	}
	return errLied
}

// TestEveryWriteFailsInBothWays lets each write of a file's way fail, with and
// without having been carried out. The conductor of carry starts over from the
// ledger, and in the end no call was made twice.
func TestEveryWriteFailsInBothWays(t *testing.T) {
	onBoth(t, func(t *testing.T, dsn string) {
		c := newClock()
		l := open(t, dsn, Options{Now: c.Now})
		honest := l.store
		for _, persist := range []bool{false, true} {
			for at := 1; ; at++ {
				round := 1000 + at
				if persist {
					round += 1000
				}
				lie := &liar{store: honest, at: at, persist: persist}
				l.store = lie
				calls := map[string]int{}
				call := func(no int) { calls["call "+string(rune('0'+no))]++ }
				err := carry(l, round, call)
				l.store = honest
				checkInvariants(t, l)
				told := err != nil
				if told && !errors.Is(err, errLied) {
					t.Fatalf("write %d: %v", at, err)
				}
				c.pass(time.Hour)
				if list := must(l.List(t.Context(), Filter{Limit: 1, Name: fileOf(round)}))(t); told && (len(list) == 0 || list[0].State != Settled) {
					ok(t, carry(l, round, call))
				}
				// A line whose "sending" was committed without us knowing was
				// not called; the probe of carry does not know better.
				finished(t, l, uint64(round), "step send after", calls)
				must(l.Sweep(t.Context(), 0))(t)
				if t.Failed() {
					t.Fatalf("after write %d, persisted %v", at, persist)
				}
				if lie.n < at {
					if at < 15 {
						t.Errorf("only %d writes", at)
					}
					break
				}
			}
		}
		if n := count(t, l, "SELECT count(*) FROM contents WHERE named = FALSE"); n > 6 {
			t.Errorf("%d unnamed contents stay after the grace", n)
		}
	})
}

func TestAnEntryIsNotNewWhenItsCommitFails(t *testing.T) {
	onBoth(t, func(t *testing.T, dsn string) {
		l := open(t, dsn, Options{Now: newClock().Now})
		honest, failed := l.store, 0
		for at := 1; at < 5; at++ {
			l.store = &liar{store: honest, at: at, persist: true}
			id, isNew, err := l.Stage(t.Context(), Entry{Pipeline: "uren"}, bytes.NewReader(noise(uint64(at), 3)))
			l.store = honest
			if err != nil {
				failed++
				if id != 0 || isNew {
					t.Errorf("write %d failed: entry %d, new %v", at, id, isNew)
				}
			}
		}
		if failed == 0 {
			t.Error("no write failed")
		}
	})
}
