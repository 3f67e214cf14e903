package ledger

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// on is a tick that may be taken when it comes.
func on(t time.Time) When { return When{t, t} }

var daily = map[string]string{"export": "daily"}

func schedules(t testing.TB, l *Ledger) map[string]ScheduleRow {
	t.Helper()
	all := map[string]ScheduleRow{}
	for _, row := range must(l.Ticks(t.Context()))(t) {
		all[row.Name] = row
	}
	return all
}

func TestAScheduleIsRegisteredOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, dsn string) {
		c := newClock()
		l := open(t, dsn, Options{Now: c.Now})
		ctx := t.Context()
		first, start := c.Now().Add(time.Hour), c.Now()
		ok(t, l.Schedule(ctx, "export", "daily", on(first)))
		ok(t, l.Schedule(ctx, "export", "daily", on(first.Add(24*time.Hour)))) // after a restart
		want := ScheduleRow{Name: "export", Expression: "daily", Next: first, Due: first}
		if diff := cmp.Diff(want, schedules(t, l)["export"], cmpopts.IgnoreUnexported(ScheduleRow{})); diff != "" {
			t.Error(diff)
		}
		c.pass(2 * time.Hour)
		old := must(l.TakeTick(ctx, daily, "w", time.Minute))(t)
		ok(t, old.Done(ctx, first, on(first.Add(24*time.Hour))))
		c.pass(24 * time.Hour)
		old = must(l.TakeTick(ctx, daily, "w", time.Minute))(t)
		anew := c.Now().Add(time.Hour)
		ok(t, l.Schedule(ctx, "export", "hourly", on(anew)))
		if err := old.Done(ctx, first, on(anew.Add(time.Hour))); !errors.Is(err, ErrLost) {
			t.Errorf("a tick of the old expression: %v", err)
		}
		want = ScheduleRow{Name: "export", Expression: "hourly", Next: anew, Due: anew, LastTick: first, LastDone: start.Add(2 * time.Hour), Done: 1}
		if diff := cmp.Diff(want, schedules(t, l)["export"], cmpopts.IgnoreUnexported(ScheduleRow{})); diff != "" {
			t.Error(diff)
		}
		c.pass(2 * time.Hour)
		if _, err := l.TakeTick(ctx, daily, "w", time.Minute); !errors.Is(err, ErrNothingDue) {
			t.Errorf("who has the old expression: %v", err)
		}
		if _, one, err := l.NextTick(ctx, daily); one || err != nil {
			t.Errorf("waits for the new expression: %v", err)
		}
		for _, bad := range []error{
			l.Schedule(ctx, "", "daily", on(first)), l.Schedule(ctx, "x", "", on(first)), l.Schedule(ctx, "x", "daily", When{}),
		} {
			if bad == nil {
				t.Error("half a schedule")
			}
		}
	})
}

func TestTicksAreTakenWhenDue(t *testing.T) {
	onBoth(t, func(t *testing.T, dsn string) {
		c := newClock()
		l := open(t, dsn, Options{Now: c.Now})
		ctx := t.Context()
		start := c.Now()
		both := map[string]string{"export": "daily", "other": "weekly"}
		waitsFor := func(of map[string]string, want time.Time) {
			t.Helper()
			got, one, err := l.NextTick(ctx, of)
			if err != nil || one == want.IsZero() || !got.Equal(want) {
				t.Errorf("next tick %v %v %v, want %v", got, one, err, want)
			}
		}
		waitsFor(both, time.Time{})
		waitsFor(nil, time.Time{})
		for _, of := range []map[string]string{nil, both} {
			if _, err := l.TakeTick(ctx, of, "w", time.Minute); !errors.Is(err, ErrNothingDue) {
				t.Errorf("no schedules: %v", err)
			}
		}
		ok(t, l.Schedule(ctx, "export", "daily", When{start.Add(time.Hour), start.Add(time.Hour + time.Minute)}))
		ok(t, l.Schedule(ctx, "other", "weekly", on(start.Add(time.Hour))))
		waitsFor(both, start.Add(time.Hour))
		waitsFor(daily, start.Add(time.Hour+time.Minute))
		c.pass(time.Hour)
		other := must(l.TakeTick(ctx, both, "w", 10*time.Minute))(t)
		if row := other.Row(); row.Name != "other" || !row.Next.Equal(start.Add(time.Hour)) || row.Tries != 1 || row.Holder != "w" {
			t.Errorf("took %+v", row)
		}
		if _, err := l.TakeTick(ctx, both, "w", time.Minute); !errors.Is(err, ErrNothingDue) {
			t.Errorf("before its jitter: %v", err)
		}
		c.pass(time.Minute)
		tick := must(l.TakeTick(ctx, both, "w", time.Minute))(t)
		waitsFor(both, c.Now().Add(time.Minute))
		ok(t, tick.Later(ctx, c.Now().Add(time.Hour), "Loket is bezig"))
		if row := schedules(t, l)["export"]; row.Reason != "Loket is bezig" || row.Tries != 1 || row.Holder != "" || !row.Next.Equal(start.Add(time.Hour)) {
			t.Errorf("later: %+v", row)
		}
		waitsFor(both, start.Add(time.Hour+10*time.Minute)) // the lease of the other
		ok(t, other.Renew(ctx, time.Hour))
		waitsFor(daily, c.Now().Add(time.Hour))
		ok(t, other.Release(ctx))
		ok(t, other.Release(ctx))
		other = must(l.TakeTick(ctx, both, "w", time.Minute))(t)
		if row := other.Row(); row.Tries != 1 || row.Died != 0 {
			t.Errorf("after release: %+v", row)
		}
		ok(t, other.Skip(ctx, on(start.Add(7*24*time.Hour))))
		if row := schedules(t, l)["other"]; row.Done != 0 || !row.LastTick.IsZero() || row.Tries != 0 {
			t.Errorf("skipped: %+v", row)
		}
		c.pass(2 * time.Hour)
		tick = must(l.TakeTick(ctx, both, "w", time.Minute))(t)
		if row := tick.Row(); row.Name != "export" || row.Tries != 2 {
			t.Errorf("when due again: %+v", row)
		}
		for _, back := range []When{{}, on(start.Add(time.Hour)), {start.Add(48 * time.Hour), start}} {
			if err := errors.Join(tick.Done(ctx, start, back), tick.Skip(ctx, back)); err == nil {
				t.Errorf("went back to %v", back)
			}
		}
	})
}

// TestAHolderThatDies leaves a tick that is taken over when its lease ends; the
// dead may come back and writes nothing.
func TestAHolderThatDies(t *testing.T) {
	onBoth(t, func(t *testing.T, dsn string) {
		c := newClock()
		l := open(t, dsn, Options{Now: c.Now})
		ctx := t.Context()
		first := c.Now()
		ok(t, l.Schedule(ctx, "export", "daily", on(first)))
		old := must(l.TakeTick(ctx, daily, "dead", time.Minute))(t)
		c.pass(time.Hour)
		ok(t, old.Renew(ctx, time.Minute)) // expired, but nobody overtook it
		c.pass(59 * time.Second)
		if _, err := l.TakeTick(ctx, daily, "next", time.Minute); !errors.Is(err, ErrNothingDue) {
			t.Errorf("it is leased: %v", err)
		}
		c.pass(time.Second)
		tick := must(l.TakeTick(ctx, daily, "next", time.Minute))(t)
		if row := tick.Row(); row.Tries != 2 || row.Died != 1 || !row.Next.Equal(first) || row.Holder != "next" {
			t.Errorf("taken over: %+v", row)
		}
		writes := map[string]func(*Tick) error{
			"done":  func(s *Tick) error { return s.Done(ctx, first, on(first.Add(time.Hour))) },
			"skip":  func(s *Tick) error { return s.Skip(ctx, on(first.Add(time.Hour))) },
			"later": func(s *Tick) error { return s.Later(ctx, first, "stolen") },
			"renew": func(s *Tick) error { return s.Renew(ctx, time.Hour) },
		}
		lost := func(s *Tick) {
			t.Helper()
			before := schedules(t, l)
			for name, write := range writes {
				if err := write(s); !errors.Is(err, ErrLost) {
					t.Errorf("%s: %v", name, err)
				}
			}
			ok(t, s.Release(ctx))
			if diff := cmp.Diff(before, schedules(t, l), cmp.AllowUnexported(ScheduleRow{})); diff != "" {
				t.Error(diff)
			}
		}
		lost(old)
		ok(t, tick.Done(ctx, first, on(first.Add(24*time.Hour))))
		lost(old)
		lost(tick) // given back
		if row := schedules(t, l)["export"]; row.Done != 1 || row.Tries != 0 || row.Died != 0 || row.Holder != "" || !row.LastDone.Equal(c.Now()) {
			t.Errorf("done: %+v", row)
		}
	})
}

// TestTwoNodesDoEveryTickOnce lets four workers of two processes take the ticks
// of some schedules.
func TestTwoNodesDoEveryTickOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, dsn string) {
		c := newClock()
		ctx := t.Context()
		first := open(t, dsn, Options{Now: c.Now})
		start := c.Now()
		const names, ticks = 5, 12
		end := start.Add(ticks * time.Minute)
		all := map[string]string{}
		for i := range names {
			all[fmt.Sprint("export ", i)] = "minutely"
		}
		c.pass(ticks*time.Minute - time.Second)
		var mu sync.Mutex
		done := map[string]int{}
		work := func(l *Ledger, holder string) error {
			for name, expression := range all {
				if err := l.Schedule(ctx, name, expression, on(start)); err != nil {
					return err
				}
			}
			for {
				tick, err := l.TakeTick(ctx, all, holder, time.Hour)
				if errors.Is(err, ErrNothingDue) {
					if next, _, err := l.NextTick(ctx, all); err != nil || !next.Before(end) {
						return err
					}
					continue // another one is at it
				}
				if err != nil {
					return err
				}
				row := tick.Row()
				mu.Lock()
				done[fmt.Sprint(row.Name, row.Next)]++
				mu.Unlock()
				if err := tick.Done(ctx, row.Next, on(row.Next.Add(time.Minute))); err != nil {
					return err
				}
			}
		}
		var wg sync.WaitGroup
		for i := range 4 {
			l := first
			if i%2 == 1 {
				l = open(t, dsn, Options{Now: c.Now})
			}
			wg.Go(func() {
				if err := work(l, fmt.Sprint("worker ", i)); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		for tick, n := range done {
			if n != 1 {
				t.Errorf("%s done %d times", tick, n)
			}
		}
		if len(done) != names*ticks {
			t.Errorf("%d ticks done, want %d", len(done), names*ticks)
		}
		for name, row := range schedules(t, first) {
			if row.Done != ticks || !row.Next.Equal(end) || !row.LastTick.Equal(end.Add(-time.Minute)) {
				t.Errorf("%s: %+v", name, row)
			}
		}
	})
}

// TestEveryWriteOfATickFailsInBothWays lets each write of a tick's way fail,
// with and without having been carried out; whoever comes next finishes it, and
// the count says so.
func TestEveryWriteOfATickFailsInBothWays(t *testing.T) {
	onBoth(t, func(t *testing.T, dsn string) {
		c := newClock()
		l := open(t, dsn, Options{Now: c.Now})
		ctx := t.Context()
		honest := l.store
		for _, persist := range []bool{false, true} {
			for at := 1; at <= 6; at++ {
				name := fmt.Sprint(persist, " ", at)
				of, first := map[string]string{name: "daily"}, c.Now()
				way := func() error {
					if err := l.Schedule(ctx, name, "daily", on(first)); err != nil {
						return err
					}
					tick, err := l.TakeTick(ctx, of, "w", time.Minute)
					if errors.Is(err, ErrNothingDue) {
						return nil
					}
					if err == nil {
						err = tick.Renew(ctx, time.Minute)
					}
					if err == nil {
						err = tick.Done(ctx, first, on(first.Add(24*time.Hour)))
					}
					return err
				}
				lie := &liar{store: honest, at: at, persist: persist}
				l.store = lie
				err := way()
				l.store = honest
				if (at <= 4) != errors.Is(err, errLied) {
					t.Fatalf("write %d: %v", at, err)
				}
				c.pass(time.Hour)
				ok(t, way())
				if row := schedules(t, l)[name]; row.Done != 1 || row.Holder != "" || !row.Next.Equal(first.Add(24*time.Hour)) {
					t.Errorf("after write %d, persisted %v: %+v", at, persist, row)
				}
			}
		}
	})
}
