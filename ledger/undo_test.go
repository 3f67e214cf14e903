package ledger

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// imported is a settled entry with one call of a scope, carried out.
func imported(t *testing.T, l *Ledger, pipeline, content, scope string, outcome Outcome) ID {
	t.Helper()
	id, _, err := l.Stage(t.Context(), Entry{Pipeline: pipeline, Inbox: "in", Name: content + ".csv"}, strings.NewReader(content))
	ok(t, err)
	finish(t, l, id, scope, outcome)
	return id
}

func finish(t *testing.T, l *Ledger, id ID, scope string, outcome Outcome) {
	t.Helper()
	s := must(l.TakeID(t.Context(), id, "w", time.Minute))(t)
	ok(t, s.Plan(t.Context(), func(add func(Line) error) error { return add(Line{Function: "f", Scope: scope, Rows: 1}) }))
	ok(t, s.Move(t.Context(), Staged, Planned, nil))
	ok(t, s.Send(t.Context(), 1, nil))
	ok(t, s.Record(t.Context(), 1, LineDone, nil))
	ok(t, s.Move(t.Context(), Planned, Delivered, func(e *Entry) { e.Outcome = outcome }))
	ok(t, s.Move(t.Context(), Delivered, Settled, nil))
}

func idsOf(all []Entry) (out []ID) {
	for _, e := range all {
		out = append(out, e.ID)
	}
	return out
}

func TestAnEntryIsTakenBackOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, dsn string) {
		l := open(t, dsn, Options{})
		ctx := t.Context()
		first := imported(t, l, "uren", "a", "october", Imported)
		second := imported(t, l, "uren", "b", "october", Imported)
		other := imported(t, l, "verlof", "c", "october", Imported)
		made := func(pipeline string, want ...ID) {
			t.Helper()
			got := idsOf(must(l.Made(ctx, pipeline, "october"))(t))
			if len(got) != len(want) {
				t.Fatalf("made by %q: %v, want %v", pipeline, got, want)
			}
			for i := range want {
				if got[i] != want[i] {
					t.Errorf("made by %q: %v, want %v", pipeline, got, want)
				}
			}
		}
		made("uren", first, second)
		made("", first, second, other)
		id := must(l.Undo(ctx, second, "b.undo", []byte("2"), "me", "a mistake"))(t)
		e := must(l.Get(ctx, id))(t)
		if e.Undoes != second || e.State != Staged || e.Pipeline != "uren" || e.Inbox != "in" || e.Name != "b.undo" || e.DuplicateOf != 0 {
			t.Errorf("the undoing: %+v", e)
		}
		if again, err := l.Undo(ctx, second, "b.undo", []byte("2"), "me", "again"); !errors.Is(err, ErrUndone) || again != id {
			t.Errorf("while it is under way: %d, %v", again, err)
		}
		made("uren", first, second) // it is not taken back yet
		finish(t, l, id, "october", Imported)
		made("uren", first)
		if got := idsOf(must(l.Undoings(ctx, "october"))(t)); len(got) != 1 || got[0] != id {
			t.Errorf("undoings: %v", got)
		}
		if by := must(l.UndoneBy(ctx, second))(t); by.ID != id {
			t.Errorf("undone by %d", by.ID)
		}
		if _, err := l.UndoneBy(ctx, first); !errors.Is(err, ErrNotFound) {
			t.Errorf("the first is undone: %v", err)
		}
		if _, err := l.Undo(ctx, second, "b.undo", []byte("2"), "me", "again"); !errors.Is(err, ErrUndone) {
			t.Errorf("taken back twice: %v", err)
		}
		if _, err := l.Undo(ctx, 99, "x", []byte("x"), "me", "nothing"); !errors.Is(err, ErrNotFound) {
			t.Errorf("what is not there: %v", err)
		}
		// One that was refused may be tried again.
		id = must(l.Undo(ctx, first, "a.undo", []byte("1"), "me", "a mistake"))(t)
		s := must(l.TakeID(ctx, id, "w", time.Minute))(t)
		ok(t, s.Move(ctx, Staged, Refused, func(e *Entry) { e.Outcome = RefusedOutcome }))
		if _, err := l.Undo(ctx, id, "x", []byte("x"), "me", "too soon"); !errors.Is(err, ErrState) {
			t.Errorf("what is not settled: %v", err)
		}
		ok(t, s.Move(ctx, Refused, Settled, nil))
		if next := must(l.Undo(ctx, first, "a.undo", []byte("1"), "me", "a mistake"))(t); next == id {
			t.Error("the refused one is used again")
		}
	})
}

func TestWhoIsStillBusyWithTheSameGoesBeforeAPlan(t *testing.T) {
	onBoth(t, func(t *testing.T, dsn string) {
		l := open(t, dsn, Options{})
		ctx := t.Context()
		var leases []*Lease
		for _, content := range []string{"a", "b", "c"} {
			id, _, err := l.Stage(ctx, Entry{Pipeline: "uren", Name: content}, strings.NewReader(content))
			ok(t, err)
			leases = append(leases, must(l.TakeID(ctx, id, "w", time.Minute))(t))
		}
		plan := func(s *Lease, scope string) {
			ok(t, s.Plan(ctx, func(add func(Line) error) error { return add(Line{Function: "f", Scope: scope, Rows: 1}) }))
			ok(t, s.Move(ctx, Staged, Planned, nil))
		}
		plan(leases[0], "october")
		plan(leases[1], "november")
		ok(t, leases[0].Send(ctx, 1, nil))
		ok(t, leases[0].Record(ctx, 1, LineDone, nil))
		if got := idsOf(must(leases[2].Ahead(ctx, "october", 10))(t)); len(got) != 0 {
			t.Errorf("ahead of the call: %v", got)
		}
		if got := idsOf(must(leases[2].AheadOfPlan(ctx, "october", 10))(t)); len(got) != 1 || got[0] != 1 {
			t.Errorf("ahead of the plan: %v", got)
		}
		ok(t, leases[0].Move(ctx, Planned, Delivered, func(e *Entry) { e.Outcome = Imported }))
		if got := idsOf(must(leases[2].AheadOfPlan(ctx, "october", 10))(t)); len(got) != 0 {
			t.Errorf("ahead of the plan once it is delivered: %v", got)
		}
	})
}
