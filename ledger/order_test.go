package ledger

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// scoped stages a file of a pipeline and, with scopes, plans a call in each.
func scoped(t *testing.T, l *Ledger, pipeline, data string, scopes ...string) *Lease {
	t.Helper()
	id, _, err := l.Stage(t.Context(), Entry{Pipeline: pipeline, Name: data}, strings.NewReader(data))
	ok(t, err)
	s := must(l.TakeID(t.Context(), id, "w", time.Minute))(t)
	if len(scopes) == 0 {
		return s
	}
	ok(t, s.Plan(t.Context(), func(add func(Line) error) error {
		for _, scope := range scopes {
			if err := add(Line{Function: "f", Scope: scope, Args: []byte("{}")}); err != nil {
				return err
			}
		}
		return nil
	}))
	ok(t, s.Move(t.Context(), Staged, Planned, nil))
	return s
}

func ids(list []Entry, err error) string {
	if err != nil {
		return err.Error()
	}
	var out []ID
	for _, e := range list {
		out = append(out, e.ID)
	}
	return fmt.Sprint(out)
}

func TestCallsOfOneScopeGoInOrderOfTheirEntries(t *testing.T) {
	onBoth(t, func(t *testing.T, dsn string) {
		l, ctx := open(t, dsn, Options{}), t.Context()
		first := scoped(t, l, "uren", "1", "x", "y")
		second := scoped(t, l, "uren", "2", "x")
		other := scoped(t, l, "other", "3", "x")
		elsewhere := scoped(t, l, "other", "4", "z")
		check := func(s *Lease, scope, ahead, beyond string) {
			t.Helper()
			if got := ids(s.Ahead(ctx, scope, 10)); got != ahead {
				t.Errorf("before call %s of entry %d go %s, want %s", scope, s.Entry().ID, got, ahead)
			}
			if got := ids(s.Beyond(ctx, scope, 10)); got != beyond {
				t.Errorf("after call %s of entry %d went %s, want %s", scope, s.Entry().ID, got, beyond)
			}
		}
		check(first, "x", "[]", "[]")
		check(second, "x", "[1]", "[]")
		check(other, "x", "[1 2]", "[]")
		check(elsewhere, "z", "[]", "[]")

		ok(t, first.Send(ctx, 1, nil))
		check(second, "x", "[1]", "[]")
		ok(t, first.Record(ctx, 1, LineDone, nil))
		check(second, "x", "[]", "[]") // y does not matter
		check(other, "x", "[2]", "[]")

		ok(t, l.Hold(ctx, 2, "me", "look"))
		check(other, "x", "[]", "[]") // a person may take long
		ok(t, l.Release(ctx, 2, "me", "seen"))
		ok(t, second.Send(ctx, 1, nil))
		ok(t, l.Hold(ctx, 2, "me", "look"))
		check(other, "x", "[2]", "[]") // its outcome is unknown
		ok(t, second.Record(ctx, 1, LineRefused, nil))
		check(other, "x", "[]", "[]")
		ok(t, other.Send(ctx, 1, nil))
		check(first, "x", "[]", "[3]")
		if got := ids(other.Before(ctx, "x", 10)); got != "[1]" { // 2 was refused
			t.Errorf("before call x of entry 3 were made those of %s, want [1]", got)
		}
		if got := ids(first.Before(ctx, "x", 10)) + ids(second.Before(ctx, "", 10)); got != "[][]" {
			t.Errorf("before entry 1, and about nothing: %s", got)
		}
		check(first, "y", "[]", "[]")

		late := scoped(t, l, "other", "5")
		after := scoped(t, l, "other", "6", "q")
		check(after, "q", "[5]", "[]") // nobody knows yet what 5 is about
		ok(t, late.Move(ctx, Staged, Refused, nil))
		check(after, "q", "[]", "[]")
	})
}

func TestATakeAfterAHolderWhoNeverCameBackIsCounted(t *testing.T) {
	onBoth(t, func(t *testing.T, dsn string) {
		c := newClock()
		l, ctx := open(t, dsn, Options{Now: c.Now}), t.Context()
		_, _, err := l.Stage(ctx, Entry{Pipeline: "uren"}, strings.NewReader("x"))
		ok(t, err)
		var got []int
		take := func(end func(*Lease) error) {
			t.Helper()
			c.pass(time.Minute)
			s := must(l.Take(ctx, "w", time.Minute))(t)
			got = append(got, s.Entry().Died)
			ok(t, end(s))
		}
		dies := func(*Lease) error { return nil }
		take(dies)
		take(dies)
		take(func(s *Lease) error { return s.Release(ctx) })
		take(dies)
		take(func(s *Lease) error { return s.Later(ctx, c.Now(), "busy") })
		take(dies)
		take(dies)
		take(func(s *Lease) error {
			ok(t, s.Move(ctx, Staged, Refused, func(e *Entry) { e.Left = true }))
			return s.Release(ctx)
		})
		take(dies)
		ok(t, l.Retry(ctx, 1, "me", "again"))
		take(dies)
		if want := []int{0, 1, 2, 0, 1, 0, 1, 2, 0, 1}; !slices.Equal(got, want) {
			t.Errorf("died %v, want %v", got, want)
		}
		if e := must(l.Get(ctx, 1))(t); !e.Left {
			t.Error("Left is lost")
		}
	})
}

func TestLettingAnotherGoFirstIsNoTry(t *testing.T) {
	onBoth(t, func(t *testing.T, dsn string) {
		c := newClock()
		l, ctx := open(t, dsn, Options{Now: c.Now}), t.Context()
		_, _, err := l.Stage(ctx, Entry{Pipeline: "uren"}, strings.NewReader("x"))
		ok(t, err)
		for range 3 {
			s := must(l.Take(ctx, "w", time.Minute))(t)
			if e := s.Entry(); e.Tries != 1 {
				t.Errorf("try %d, want 1", e.Tries)
			}
			ok(t, s.Yield(ctx, c.Now(), "after number 3"))
		}
		if e := must(l.Get(ctx, 1))(t); e.Reason != "after number 3" || e.Holder != "" {
			t.Errorf("%+v", e)
		}
	})
}

// TestWhoWaitsForAnotherIsDueWhenItMoves: after its settling, its hold, and what a
// person does with it; also when that happened while it was decided to wait.
func TestWhoWaitsForAnotherIsDueWhenItMoves(t *testing.T) {
	onBoth(t, func(t *testing.T, dsn string) {
		c := newClock()
		l, ctx := open(t, dsn, Options{Now: c.Now}), t.Context()
		for name, moves := range map[string]func(first *Lease){
			"settled": func(first *Lease) { settle(t, first) },
			"held":    func(first *Lease) { ok(t, first.Hold(ctx, "kijk na")) },
			"retried": func(first *Lease) { ok(t, l.Retry(ctx, first.Entry().ID, "anja", "nu")) },
			"resolved": func(first *Lease) {
				ok(t, first.Send(ctx, 1, nil))
				ok(t, first.Hold(ctx, "onbekend"))
				ok(t, l.Resolve(ctx, first.Entry().ID, 1, LineDone, "anja", "gezien"))
			},
		} {
			for _, early := range []bool{false, true} {
				first := planned(t, l, fmt.Sprint(name, early, 1), 1)
				ok(t, first.Move(ctx, Planned, Planned, func(e *Entry) { e.Due = c.Now().Add(10 * time.Minute) }))
				second := take(t, l, stage(t, l, fmt.Sprint(name, early, 2)))
				seen := first.Entry()
				if early {
					moves(first)
				}
				ok(t, second.WaitFor(ctx, seen, c.Now().Add(time.Minute), "wacht"))
				if !early {
					if e := must(l.Get(ctx, second.Entry().ID))(t); !e.Due.Equal(c.Now().Add(time.Minute)) || e.Reason != "wacht" {
						t.Errorf("%s: before: %+v", name, e)
					}
					moves(first)
				}
				again := take(t, l, second.Entry().ID)
				if e := again.Entry(); e.Tries != 1 {
					t.Errorf("%s: waiting counted as a try: %+v", name, e)
				}
				// It waits no longer: what happens to the other does not touch it.
				ok(t, again.Later(ctx, c.Now().Add(time.Hour), "Loket is bezig"))
				switch e := must(l.Get(ctx, first.Entry().ID))(t); e.State {
				case Settled:
				case Held:
					ok(t, l.Release(ctx, e.ID, "anja", "nog eens"))
				default:
					ok(t, l.Retry(ctx, e.ID, "anja", "nog eens"))
				}
				if e := must(l.Get(ctx, second.Entry().ID))(t); !e.Due.Equal(c.Now().Add(time.Hour)) {
					t.Errorf("%s: it is due at %s", name, e.Due)
				}
			}
		}
		checkInvariants(t, l)
	})
}
