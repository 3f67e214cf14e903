package ledger

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestHeldGoesBackToWhereItWas(t *testing.T) {
	onBoth(t, func(t *testing.T, dsn string) {
		c := newClock()
		l := open(t, dsn, Options{Now: c.Now})
		ctx := t.Context()
		for i, to := range []State{Staged, Planned, Delivered, Refused} {
			s := take(t, l, stage(t, l, fmt.Sprint(i)))
			id := s.Entry().ID
			switch to {
			case Planned:
				ok(t, s.Move(ctx, Staged, Planned, nil))
			case Delivered:
				ok(t, s.Move(ctx, Staged, Planned, nil))
				ok(t, s.Move(ctx, Planned, Delivered, func(e *Entry) { e.Outcome = Imported }))
			case Refused:
				ok(t, s.Move(ctx, Staged, Refused, func(e *Entry) { e.Outcome = RefusedOutcome }))
			}
			ok(t, s.Release(ctx))
			before := must(l.Get(ctx, id))(t)
			ok(t, l.Hold(ctx, id, "anja", "eerst bellen"))
			held := must(l.Get(ctx, id))(t)
			if held.State != Held || held.Back != to || held.Reason != "eerst bellen" {
				t.Errorf("%s, held: %+v", to, held)
			}
			if err := l.Hold(ctx, id, "anja", ""); !errors.Is(err, ErrState) {
				t.Errorf("hold twice: %v", err)
			}
			c.pass(time.Minute)
			ok(t, l.Release(ctx, id, "bert", "gebeld"))
			before.Due = c.Now()
			if diff := cmp.Diff(before, must(l.Get(ctx, id))(t), cmp.AllowUnexported(Entry{})); diff != "" {
				t.Errorf("%s: %s", to, diff)
			}
			if err := l.Release(ctx, id, "bert", ""); !errors.Is(err, ErrState) {
				t.Errorf("release twice: %v", err)
			}
			trail := must(l.Audit(ctx, id))(t)
			want := []Event{
				{Entry: id, At: c.Now().Add(-time.Minute), Who: "anja", Action: "hold", From: to, To: Held, Reason: "eerst bellen"},
				{Entry: id, At: c.Now(), Who: "bert", Action: "release", From: Held, To: to, Reason: "gebeld"},
			}
			if diff := cmp.Diff(want, trail[len(trail)-2:]); diff != "" {
				t.Error(diff)
			}
		}
		if err := l.Hold(ctx, 999, "anja", ""); !errors.Is(err, ErrNotFound) {
			t.Errorf("no such entry: %v", err)
		}
		if err := l.Hold(ctx, 1, "", ""); err == nil {
			t.Error("nobody held it")
		}
		checkInvariants(t, l)
	})
}

// TestHoldWhileACallIsOut: the outcome is recorded, the next call is not made.
func TestHoldWhileACallIsOut(t *testing.T) {
	onBoth(t, func(t *testing.T, dsn string) {
		c := newClock()
		l := open(t, dsn, Options{Now: c.Now})
		ctx := t.Context()
		s := planned(t, l, "x", 2)
		id := s.Entry().ID
		ok(t, s.Send(ctx, 1, nil))
		ok(t, l.Hold(ctx, id, "anja", "wacht"))
		if err := l.Dismiss(ctx, id, "anja", "weg"); !errors.Is(err, ErrBusy) {
			t.Errorf("dismiss while a call is out: %v", err)
		}
		ok(t, s.Record(ctx, 1, LineDone, nil))
		if err := s.Send(ctx, 2, nil); !errors.Is(err, ErrState) {
			t.Errorf("the next call: %v", err)
		}
		ok(t, s.Later(ctx, c.Now().Add(time.Hour), "probeer later"))
		if e := must(l.Get(ctx, id))(t); e.State != Held || e.Reason != "wacht" || e.Holder != "" {
			t.Errorf("%+v", e)
		}
		ok(t, l.Dismiss(ctx, id, "anja", "dubbel aangeleverd"))
		s = take(t, l, id)
		if e := s.Entry(); e.State != Refused || e.Outcome != Dismissed || e.Reason != "dubbel aangeleverd" || e.Back != "" {
			t.Errorf("%+v", e)
		}
		if line := must(s.Line(ctx, 1))(t); line.State != LineDone {
			t.Errorf("the line that was done is %s", line.State)
		}
		ok(t, s.Move(ctx, Refused, Settled, nil))
		for name, act := range map[string]func() error{
			"hold":    func() error { return l.Hold(ctx, id, "anja", "") },
			"release": func() error { return l.Release(ctx, id, "anja", "") },
			"retry":   func() error { return l.Retry(ctx, id, "anja", "") },
			"dismiss": func() error { return l.Dismiss(ctx, id, "anja", "") },
		} {
			if err := act(); !errors.Is(err, ErrState) {
				t.Errorf("%s when settled: %v", name, err)
			}
		}
		checkInvariants(t, l)
	})
}

func TestWhatIsUnclearIsNotDismissed(t *testing.T) {
	onBoth(t, func(t *testing.T, dsn string) {
		c := newClock()
		l := open(t, dsn, Options{Now: c.Now})
		ctx := t.Context()
		for _, state := range []LineState{LineUnknown, LineSending} {
			s := planned(t, l, string(state), 2)
			id := s.Entry().ID
			ok(t, s.Send(ctx, 1, nil))
			if state == LineUnknown {
				ok(t, s.Record(ctx, 1, LineUnknown, nil))
			}
			ok(t, s.Hold(ctx, "onbekend of aanroep 1 is uitgevoerd"))
			if err := l.Dismiss(ctx, id, "anja", "weg"); !errors.Is(err, ErrUnclear) || !strings.Contains(err.Error(), "call 1: ") {
				t.Errorf("%s: %v", state, err)
			}
			if e := must(l.Get(ctx, id))(t); e.State != Held {
				t.Errorf("%s: it is %s", state, e.State)
			}
			ok(t, l.Resolve(ctx, id, 1, LineDone, "anja", "staat in Loket"))
			ok(t, l.Dismiss(ctx, id, "anja", "weg"))
		}
		checkInvariants(t, l)
	})
}

func TestRetryMakesDueNow(t *testing.T) {
	onBoth(t, func(t *testing.T, dsn string) {
		c := newClock()
		l := open(t, dsn, Options{Now: c.Now})
		ctx := t.Context()
		s := planned(t, l, "x", 1)
		id := s.Entry().ID
		ok(t, s.Later(ctx, c.Now().Add(time.Hour), "Loket is bezig"))
		ok(t, l.Retry(ctx, id, "anja", "Loket is er weer"))
		s = take(t, l, id)
		if s.Entry().Tries != 1 || s.Entry().Reason != "" {
			t.Errorf("%+v", s.Entry())
		}
		ok(t, s.Hold(ctx, "onbekend"))
		if err := l.Retry(ctx, id, "anja", "nagekeken"); !errors.Is(err, ErrState) {
			t.Errorf("what is held goes on without a word: %v", err)
		}
		ok(t, l.Release(ctx, id, "anja", "nagekeken"))
		if e := take(t, l, id).Entry(); e.State != Planned || e.Outcome != "" {
			t.Errorf("%+v", e)
		}
	})
}

func TestResolveIsAPersonsWordOnALine(t *testing.T) {
	onBoth(t, func(t *testing.T, dsn string) {
		c := newClock()
		l := open(t, dsn, Options{Now: c.Now})
		ctx := t.Context()
		s := planned(t, l, "x", 4)
		id := s.Entry().ID
		for no := 1; no <= 3; no++ {
			ok(t, s.Send(ctx, no, nil))
		}
		ok(t, s.Record(ctx, 2, LineUnknown, nil))
		if err := l.Resolve(ctx, id, 1, LineDone, "anja", ""); !errors.Is(err, ErrState) {
			t.Errorf("not held: %v", err)
		}
		ok(t, l.Hold(ctx, id, "anja", "nakijken"))
		if err := l.Resolve(ctx, id, 1, LineDone, "anja", ""); !errors.Is(err, ErrBusy) {
			t.Errorf("while a worker has it: %v", err)
		}
		ok(t, s.Release(ctx))
		for no, state := range map[int]LineState{1: LineDone, 2: LinePlanned, 3: LineRefused} {
			ok(t, l.Resolve(ctx, id, no, state, "anja", "staat in Loket"))
		}
		if err := l.Resolve(ctx, id, 4, LineDone, "anja", ""); !errors.Is(err, ErrState) {
			t.Errorf("a line that was never sent: %v", err)
		}
		var states []LineState
		for line, err := range l.Lines(ctx, id) {
			ok(t, err)
			states = append(states, line.State)
		}
		if diff := cmp.Diff([]LineState{LineDone, LinePlanned, LineRefused, LinePlanned}, states); diff != "" {
			t.Error(diff)
		}
	})
}

func TestSweepPurgesAfterTheRetentionAndKeepsTheKey(t *testing.T) {
	onBoth(t, func(t *testing.T, dsn string) {
		c := newClock()
		l := open(t, dsn, Options{Now: c.Now})
		ctx := t.Context()
		s := take(t, l, stage(t, l, "old"))
		id := s.Entry().ID
		ok(t, s.Plan(ctx, planLines(Line{Function: "F", Args: noise(1, inlineArgs+1)}, Line{Function: "F", Args: []byte("{}")})))
		ok(t, s.Move(ctx, Staged, Planned, nil))
		ok(t, s.Attach(ctx, "receipt.json", strings.NewReader("{}")))
		settle(t, s)
		c.pass(20 * time.Hour)
		young := planned(t, l, "young", 1)
		settle(t, young)
		waiting := stage(t, l, "waiting")
		c.pass(10 * time.Hour)
		if swept := must(l.Sweep(ctx, 0))(t); swept != (Swept{}) {
			t.Errorf("without a retention: %+v", swept)
		}
		if swept := must(l.Sweep(ctx, 24*time.Hour))(t); swept != (Swept{Entries: 1, Contents: 3}) {
			t.Errorf("swept %+v", swept)
		}
		for what, open := range map[string]func() error{
			"bytes":      func() error { _, err := l.Bytes(ctx, id); return err },
			"attachment": func() error { _, err := l.Attachment(ctx, id, "receipt.json"); return err },
		} {
			if err := open(); !errors.Is(err, ErrPurged) {
				t.Errorf("%s: %v", what, err)
			}
		}
		for line, err := range l.Lines(ctx, id) {
			if err != nil || line.Args != nil || line.State != LineDone {
				t.Errorf("line: %v, %v", line, err)
			}
		}
		if e := must(l.Get(ctx, id))(t); !e.Purged || !e.Receipt {
			t.Errorf("%+v", e)
		}
		for _, still := range []ID{young.Entry().ID, waiting} {
			r, err := l.Bytes(ctx, still)
			all(t, r, err)
		}
		if e := must(l.Get(ctx, stage(t, l, "old")))(t); e.DuplicateOf != id {
			t.Errorf("the same bytes again: %+v", e)
		}
		checkInvariants(t, l)
	})
}

// TestUnnamedChunksAreSwept leaves chunks as a killed process does, and lets a
// slow sender meet the sweep.
func TestUnnamedChunksAreSwept(t *testing.T) {
	onBoth(t, func(t *testing.T, dsn string) {
		c := newClock()
		l := open(t, dsn, Options{Now: c.Now})
		ctx := t.Context()
		d, err := l.draw(ctx, "stage", bytes.NewReader(noise(1, 3*chunkSize)), 0, nil)
		ok(t, err)
		c.pass(unnamedGrace)
		if swept := must(l.Sweep(ctx, 0))(t); swept.Contents != 0 {
			t.Errorf("within the grace: %+v", swept)
		}
		c.pass(time.Second)
		if swept := must(l.Sweep(ctx, 0))(t); swept.Contents != 1 {
			t.Errorf("after the grace: %+v", swept)
		}
		if n := count(t, l, "SELECT count(*) FROM chunks"); n != 0 {
			t.Errorf("%d chunks stay", n)
		}
		if _, _, err := l.claim(ctx, Entry{Pipeline: "p", SHA256: "x", State: Staged}, d); err == nil || count(t, l, "SELECT count(*) FROM entries") != 0 {
			t.Errorf("an entry names bytes that were swept: %v", err)
		}
	})
}

func TestStatsCount(t *testing.T) {
	onBoth(t, func(t *testing.T, dsn string) {
		c := newClock()
		l := open(t, dsn, Options{Now: c.Now})
		ctx := t.Context()
		if diff := cmp.Diff(Stats{States: map[State]int{}, Outcomes: map[Outcome]int{}}, must(l.Stats(ctx))(t)); diff != "" {
			t.Error(diff)
		}
		s := planned(t, l, "a", 1)
		ok(t, s.Attach(ctx, "receipt.html", strings.NewReader("<p>")))
		settle(t, s)
		c.pass(time.Hour)
		oldest := c.Now()
		stage(t, l, "b")
		c.pass(time.Hour)
		ok(t, planned(t, l, "c", 1).Hold(ctx, "kijk"))
		want := Stats{Oldest: oldest, States: map[State]int{Settled: 1, Staged: 1, Held: 1},
			Outcomes: map[Outcome]int{Imported: 1, "": 1, HeldOutcome: 1}, WithoutReceipt: 2}
		if diff := cmp.Diff(want, must(l.Stats(ctx))(t)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestListFilters(t *testing.T) {
	onBoth(t, func(t *testing.T, dsn string) {
		l := open(t, dsn, Options{Now: newClock().Now})
		ctx := t.Context()
		settle(t, planned(t, l, "a", 1))
		b := stage(t, l, "b")
		ok(t, l.Hold(ctx, b, "anja", ""))
		id, _, err := l.Stage(ctx, Entry{Pipeline: "verlof", Inbox: "sftp", Name: "v.csv"}, strings.NewReader("a"))
		ok(t, err)
		for name, test := range map[string]struct {
			filter Filter
			want   []ID
		}{
			"all, newest first": {Filter{}, []ID{id, b, 1}},
			"unsettled":         {Filter{Unsettled: true}, []ID{id, b}},
			"pipeline":          {Filter{Pipeline: "verlof"}, []ID{id}},
			"place":             {Filter{Inbox: "in", Name: "uren.csv"}, []ID{b, 1}},
			"states":            {Filter{States: []State{Held, Settled}}, []ID{b, 1}},
			"outcome and state": {Filter{Outcomes: []Outcome{Imported}, States: []State{Settled}}, []ID{1}},
			"hash":              {Filter{SHA256: must(l.Get(ctx, id))(t).SHA256}, []ID{id, 1}},
			"first page":        {Filter{Limit: 2}, []ID{id, b}},
			"next page":         {Filter{Limit: 2, Before: b}, []ID{1}},
			"nothing":           {Filter{Name: "x' OR 1=1"}, nil},
		} {
			var got []ID
			for _, e := range must(l.List(ctx, test.filter))(t) {
				got = append(got, e.ID)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
	})
}
