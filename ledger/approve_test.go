package ledger

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestApprovalLetsAPlanGoOnOrBePlannedAgain(t *testing.T) {
	onBoth(t, func(t *testing.T, dsn string) {
		c := newClock()
		l := open(t, dsn, Options{Now: c.Now})
		ctx := t.Context()
		s := take(t, l, stage(t, l, "a"))
		id := s.Entry().ID
		all, part := Approval{Who: "anja", Reason: "gezien", Plan: "0123456789abcdef", Held: "wacht"}, Approval{Who: "bert", Reason: "deels", Plan: "kort", Employees: "[1]", Held: "wacht"}
		if err := l.Approve(ctx, id, all, false); !errors.Is(err, ErrState) {
			t.Errorf("approve what is staged: %v", err)
		}
		ok(t, s.Plan(ctx, func(add func(Line) error) error { return add(Line{Function: "f", Class: "overwrite"}) }))
		ok(t, s.Move(ctx, Staged, Planned, nil))
		ok(t, s.Hold(ctx, "wacht"))
		if err := l.Approve(ctx, id, Approval{Who: "anja", Plan: "kort", Held: "iets anders"}, false); !errors.Is(err, ErrState) {
			t.Errorf("approve what waits for another reason: %v", err)
		}
		ok(t, l.Approve(ctx, id, part, true))
		if e := must(l.Get(ctx, id))(t); e.State != Staged || e.Outcome != "" || e.Back != "" {
			t.Errorf("to be planned again: %+v", e)
		}
		s = take(t, l, id)
		ok(t, s.Plan(ctx, func(add func(Line) error) error { return add(Line{Function: "f", Class: "overwrite"}) }))
		ok(t, s.Move(ctx, Staged, Planned, nil))
		ok(t, s.Send(ctx, 1, nil))
		ok(t, s.Hold(ctx, "wacht"))
		if err := l.Approve(ctx, id, part, true); !errors.Is(err, ErrState) {
			t.Errorf("plan again what was sent: %v", err)
		}
		c.pass(time.Minute)
		ok(t, l.Approve(ctx, id, all, false))
		if e := must(l.Get(ctx, id))(t); e.State != Planned {
			t.Errorf("approved: %+v", e)
		}
		part.Held, all.Held = "", ""
		if diff := cmp.Diff([]Approval{part, all}, must(l.Approvals(ctx, id))(t)); diff != "" {
			t.Error(diff)
		}
		trail := must(l.Audit(ctx, id))(t)
		want := Event{Entry: id, At: c.Now(), Who: "anja", Action: "approve plan 0123456789ab", From: Held, To: Planned, Reason: "gezien"}
		if diff := cmp.Diff(want, trail[len(trail)-1]); diff != "" {
			t.Error(diff)
		}
	})
}
