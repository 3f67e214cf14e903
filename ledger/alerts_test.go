package ledger

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestAKeyIsToldOnceUntilItIsForgotten(t *testing.T) {
	onBoth(t, func(t *testing.T, dsn string) {
		c := newClock()
		l, ctx := open(t, dsn, Options{Now: c.Now}), t.Context()
		a := l.Alerts()
		claim := func(want ...string) {
			t.Helper()
			if got := must(a.Claim(ctx, time.Minute, "b", "a", "a"))(t); !slices.Equal(got, want) {
				t.Errorf("claimed %v, want %v", got, want)
			}
		}
		claim("a", "b")
		claim() // claimed, by us
		c.pass(time.Minute)
		claim("a", "b") // nobody remembered it
		ok(t, a.Remember(ctx, "b", "c"))
		ok(t, a.Remember(ctx, "c"))
		c.pass(time.Hour)
		claim("a")
		if diff := cmp.Diff(map[string]bool{"a": false, "b": true, "c": true}, must(a.Known(ctx))(t)); diff != "" {
			t.Errorf("known (-want +got):\n%s", diff)
		}
		ok(t, a.Forget(ctx, "b", "x"))
		claim("b")
		ok(t, a.Forget(ctx))
		ok(t, a.Remember(ctx))
		if got := must(a.Claim(ctx, time.Minute))(t); got != nil {
			t.Errorf("claimed %v of nothing", got)
		}

		again := open(t, dsn, Options{Now: c.Now}).Alerts()
		if got := must(again.Claim(ctx, time.Minute, "c", "d"))(t); !slices.Equal(got, []string{"d"}) {
			t.Errorf("after a restart %v are new", got)
		}
	})
}

func TestTwoProcessesNeverClaimTheSameKey(t *testing.T) {
	onBoth(t, func(t *testing.T, dsn string) {
		c := newClock()
		var keys []string
		for i := range 40 {
			keys = append(keys, fmt.Sprint("key ", i))
		}
		var mu sync.Mutex
		got := map[string]int{}
		var wg sync.WaitGroup
		for i := range 4 {
			a := open(t, dsn, Options{Now: c.Now}).Alerts()
			mine := slices.Clone(keys)
			if i%2 == 1 {
				slices.Reverse(mine) // rows in another order must not lock for ever
			}
			wg.Go(func() {
				for n := range 4 {
					claimed, err := a.Claim(t.Context(), time.Minute, mine[n*10:n*10+10]...)
					if err != nil {
						t.Error(err)
					}
					mu.Lock()
					for _, key := range claimed {
						got[key]++
					}
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		for _, key := range keys {
			if got[key] != 1 {
				t.Errorf("%s is claimed %d times", key, got[key])
			}
		}
	})
}

func TestStandingSaysSinceWhenNothingHappened(t *testing.T) {
	onBoth(t, func(t *testing.T, dsn string) {
		c := newClock()
		l, ctx := open(t, dsn, Options{Now: c.Now}), t.Context()
		start := c.Now()
		since := func(after ID, most int) map[ID]time.Duration {
			t.Helper()
			got := map[ID]time.Duration{}
			for _, s := range must(l.StandingAfter(ctx, after, most))(t) {
				got[s.ID] = s.Since.Sub(start)
			}
			return got
		}
		want := func(after ID, most int, want map[ID]time.Duration) {
			t.Helper()
			if diff := cmp.Diff(want, since(after, most)); diff != "" {
				t.Errorf("standing (-want +got):\n%s", diff)
			}
		}
		const m = time.Minute
		want(0, 10, map[ID]time.Duration{})
		one := planned(t, l, "one", 2) // at 0
		done := planned(t, l, "done", 1)
		settle(t, done)
		stage(t, l, "three")
		c.pass(m)
		ok(t, l.Hold(ctx, 3, "me", "look"))
		want(0, 10, map[ID]time.Duration{1: 0, 3: m})

		ok(t, one.Send(ctx, 1, nil))
		c.pass(m)
		ok(t, one.Record(ctx, 1, LineDone, nil)) // progress
		want(0, 1, map[ID]time.Duration{1: 2 * m})
		want(1, 10, map[ID]time.Duration{3: m})

		// What a person does to a held one leaves it held since then.
		ok(t, one.Send(ctx, 2, nil))
		ok(t, one.Record(ctx, 2, LineUnknown, nil))
		ok(t, one.Hold(ctx, "nobody knows"))
		c.pass(m)
		ok(t, l.Resolve(ctx, 1, 2, LineDone, "me", "seen"))
		want(0, 1, map[ID]time.Duration{1: 2 * m})

		// Held once more is held since then; let go is an act of its own.
		ok(t, l.Release(ctx, 3, "me", "go"))
		want(1, 10, map[ID]time.Duration{3: 3 * m})
		c.pass(m)
		ok(t, l.Hold(ctx, 3, "me", "again"))
		want(1, 10, map[ID]time.Duration{3: 4 * m})
		if s := must(l.StandingAfter(ctx, 1, 1))(t); s[0].State != Held || s[0].Reason != "again" || s[0].Back != Staged {
			t.Errorf("the entry is %+v", s[0].Entry)
		}
	})
}
