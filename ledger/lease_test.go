package ledger

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestTakeGivesTheOldestDueEntry(t *testing.T) {
	onBoth(t, func(t *testing.T, dsn string) {
		c := newClock()
		l := open(t, dsn, Options{Now: c.Now})
		ctx := t.Context()
		nextDue := func(want time.Time, wantOne bool) {
			t.Helper()
			got, one, err := l.NextDue(ctx)
			if err != nil || one != wantOne || !got.Equal(want) {
				t.Errorf("next due %v %v %v, want %v", got, one, err, want)
			}
		}
		nextDue(time.Time{}, false)
		if _, err := l.Take(ctx, "w", time.Minute); !errors.Is(err, ErrNothingDue) {
			t.Fatalf("an empty ledger: %v", err)
		}
		start := c.Now()
		a := stage(t, l, "a")
		c.pass(time.Second)
		b := stage(t, l, "b")
		nextDue(start, true)
		sa := must(l.Take(ctx, "w", time.Minute))(t)
		sb := must(l.Take(ctx, "w", 2*time.Minute))(t)
		if sa.Entry().ID != a || sb.Entry().ID != b || sa.Entry().Tries != 1 || sa.Entry().Holder != "w" {
			t.Errorf("took %+v and %+v", sa.Entry(), sb.Entry())
		}
		if _, err := l.Take(ctx, "w", time.Minute); !errors.Is(err, ErrNothingDue) {
			t.Errorf("all leased: %v", err)
		}
		if _, err := l.TakeID(ctx, a, "w", time.Minute); !errors.Is(err, ErrNothingDue) {
			t.Errorf("a leased one: %v", err)
		}
		if _, err := l.TakeID(ctx, 999, "w", time.Minute); !errors.Is(err, ErrNotFound) {
			t.Errorf("no such entry: %v", err)
		}
		nextDue(c.Now().Add(time.Minute), true)
		ok(t, sa.Later(ctx, c.Now().Add(time.Hour), "Loket is bezig"))
		if e := must(l.Get(ctx, a))(t); e.Holder != "" || e.Reason != "Loket is bezig" || e.Tries != 1 {
			t.Errorf("after later: %+v", e)
		}
		nextDue(c.Now().Add(2*time.Minute), true)
		ok(t, sb.Release(ctx))
		ok(t, sb.Release(ctx))
		nextDue(c.Now(), true)
		sb = must(l.Take(ctx, "w", time.Minute))(t)
		if sb.Entry().ID != b || sb.Entry().Tries != 1 {
			t.Errorf("after release: %+v", sb.Entry())
		}
		ok(t, sb.Hold(ctx, "kijk even"))
		nextDue(start.Add(time.Second+time.Hour), true)
		c.pass(2 * time.Hour)
		if s := must(l.Take(ctx, "w", time.Minute))(t); s.Entry().ID != a || s.Entry().Tries != 2 {
			t.Errorf("when due: %+v", s.Entry())
		}
	})
}

// TestOvertakenHolderWritesNothing tries every write of a lease that was
// overtaken, and of one that was given back.
func TestOvertakenHolderWritesNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, dsn string) {
		c := newClock()
		l := open(t, dsn, Options{Now: c.Now})
		ctx := t.Context()
		writes := map[string]func(s *Lease) error{
			"move":   func(s *Lease) error { return s.Move(ctx, Planned, Planned, func(e *Entry) { e.Target = "stolen" }) },
			"plan":   func(s *Lease) error { return s.Plan(ctx, planLines(Line{Function: "F"})) },
			"send":   func(s *Lease) error { return s.Send(ctx, 2, nil) },
			"record": func(s *Lease) error { return s.Record(ctx, 1, LineDone, nil) },
			"attach": func(s *Lease) error { return s.Attach(ctx, "receipt", strings.NewReader("x")) },
			"large attach": func(s *Lease) error {
				return s.Attach(ctx, "receipt", bytes.NewReader(noise(1, 2*chunkSize)))
			},
			"renew": func(s *Lease) error { return s.Renew(ctx, time.Hour) },
		}
		ends := map[string]func(s *Lease) error{
			"later": func(s *Lease) error { return s.Later(ctx, c.Now(), "stolen") },
			"hold":  func(s *Lease) error { return s.Hold(ctx, "stolen") },
		}
		check := func(s *Lease, list map[string]func(*Lease) error) {
			t.Helper()
			before := must(l.Get(ctx, s.Entry().ID))(t)
			for name, write := range list {
				if err := write(s); !errors.Is(err, ErrLost) {
					t.Errorf("%s: %v", name, err)
				}
			}
			after := must(l.Get(ctx, s.Entry().ID))(t)
			if diff := cmp.Diff(before, after, cmp.AllowUnexported(Entry{})); diff != "" {
				t.Error(diff)
			}
		}
		old := planned(t, l, "x", 2)
		ok(t, old.Send(ctx, 1, nil))
		c.pass(time.Hour)
		ok(t, old.Renew(ctx, time.Minute)) // expired, but nobody overtook it
		c.pass(time.Hour)
		s := take(t, l, old.Entry().ID)
		check(old, writes)
		check(old, ends)
		ok(t, old.Release(ctx))
		ok(t, s.Record(ctx, 1, LineDone, nil))
		ok(t, s.Send(ctx, 2, nil))
		ok(t, s.Release(ctx))
		check(s, writes)
		if n := count(t, l, "SELECT count(*) FROM contents WHERE named = FALSE"); n != 0 {
			t.Errorf("%d unnamed contents stay", n)
		}
	})
}

// TestTwoWorkersOnEntriesNeverMeet lets workers of several processes carry many
// entries: every line is sent once.
func TestTwoWorkersOnEntriesNeverMeet(t *testing.T) {
	onBoth(t, func(t *testing.T, dsn string) {
		ctx := t.Context()
		first := open(t, dsn, Options{})
		const entries, lines = 12, 2
		for i := range entries {
			ok(t, planned(t, first, fmt.Sprint("file ", i), lines).Release(ctx))
		}
		var mu sync.Mutex
		sent := map[string]int{}
		work := func(l *Ledger, holder string) error {
			for {
				s, err := l.Take(ctx, holder, time.Hour)
				if errors.Is(err, ErrNothingDue) {
					return nil
				}
				if err != nil {
					return err
				}
				line, err := s.NextLine(ctx)
				switch {
				case errors.Is(err, ErrNoLine):
					err = errors.Join(s.Move(ctx, Planned, Delivered, nil), s.Move(ctx, Delivered, Settled, nil))
				case err == nil:
					if err = s.Send(ctx, line.No, nil); err == nil {
						mu.Lock()
						sent[fmt.Sprint(s.Entry().ID, " ", line.No)]++
						mu.Unlock()
						err = errors.Join(s.Record(ctx, line.No, LineDone, nil), s.Release(ctx))
					}
				}
				if err != nil {
					return err
				}
			}
		}
		var wg sync.WaitGroup
		for i := range 4 {
			l := first
			if i%2 == 1 {
				l = open(t, dsn, Options{})
			}
			wg.Go(func() {
				if err := work(l, fmt.Sprint("worker ", i)); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		for line, n := range sent {
			if n != 1 {
				t.Errorf("line %s sent %d times", line, n)
			}
		}
		if len(sent) != entries*lines || count(t, first, "SELECT count(*) FROM entries WHERE state = 'settled'") != entries {
			t.Errorf("%d lines sent, want %d", len(sent), entries*lines)
		}
	})
}

func TestMovesThatAreNotAllowed(t *testing.T) {
	onBoth(t, func(t *testing.T, dsn string) {
		l := open(t, dsn, Options{Now: newClock().Now})
		ctx := t.Context()
		refused := func(s *Lease, from, to State) {
			t.Helper()
			if err := s.Move(ctx, from, to, nil); !errors.Is(err, ErrState) {
				t.Errorf("%s to %s: %v", from, to, err)
			}
		}
		s := take(t, l, stage(t, l, "x"))
		for _, to := range []State{Delivered, Settled, "nonsense"} {
			refused(s, Staged, to)
		}
		refused(s, Planned, Delivered)
		ok(t, s.Plan(ctx, planLines(Line{Function: "F"}, Line{Function: "F"})))
		ok(t, s.Move(ctx, Staged, Planned, nil))
		refused(s, Staged, Planned)    // a second time
		refused(s, Planned, Delivered) // lines are planned
		ok(t, s.Send(ctx, 1, nil))
		refused(s, Planned, Refused) // one may have been carried out
		ok(t, s.Record(ctx, 1, LineUnknown, nil))
		refused(s, Planned, Refused)
		ok(t, s.Move(ctx, Planned, Held, func(e *Entry) { e.Reason = "kijk" }))
		if e := must(l.Get(ctx, s.Entry().ID))(t); e.State != Held || e.Back != Planned || e.Holder != "" || e.Outcome != HeldOutcome {
			t.Errorf("held: %+v", e)
		}
		if _, err := l.TakeID(ctx, s.Entry().ID, "w", time.Minute); !errors.Is(err, ErrNothingDue) {
			t.Errorf("take a held entry: %v", err)
		}
	})
}

func TestMoveCommitsWhatChangeSets(t *testing.T) {
	onBoth(t, func(t *testing.T, dsn string) {
		c := newClock()
		l := open(t, dsn, Options{Now: c.Now})
		ctx := t.Context()
		s := planned(t, l, "x", 0)
		id := s.Entry().ID
		ok(t, s.Move(ctx, Planned, Delivered, func(e *Entry) {
			e.Outcome, e.Reason, e.Mapping, e.Rows, e.Accepted, e.Refused, e.Calls = Partly, "r", "m@1", 5, 3, 2, 1
			e.State, e.SHA256, e.ID = Held, "changed", 77 // not for change to set
		}))
		ok(t, s.Move(ctx, Delivered, Delivered, func(e *Entry) { e.Target = "done/uren.csv" }))
		c.pass(time.Second)
		ok(t, s.Move(ctx, Delivered, Settled, nil))
		got := must(l.Get(ctx, id))(t)
		if got.Outcome != Partly || got.Reason != "r" || got.Mapping != "m@1" || got.Rows != 5 || got.Accepted != 3 || got.Refused != 2 ||
			got.Calls != 1 || got.Target != "done/uren.csv" || got.State != Settled || !got.Settled.Equal(c.Now()) || got.SHA256 == "changed" {
			t.Errorf("%+v", got)
		}
		if diff := cmp.Diff(got, s.Entry(), cmp.AllowUnexported(Entry{})); diff != "" {
			t.Errorf("the lease says otherwise: %s", diff)
		}
		var trail []string
		for _, e := range must(l.Audit(ctx, id))(t) {
			trail = append(trail, fmt.Sprintf("%s: %s %s>%s", e.Who, e.Action, e.From, e.To))
		}
		want := []string{"in: stage >staged", "worker: move staged>planned", "worker: move planned>delivered", "worker: move delivered>settled"}
		if diff := cmp.Diff(want, trail); diff != "" {
			t.Error(diff)
		}
		if err := s.Move(ctx, Delivered, Delivered, nil); !errors.Is(err, ErrLost) {
			t.Errorf("after settling: %v", err)
		}
	})
}

func TestAttachmentReplacesTheEarlierOne(t *testing.T) {
	onBoth(t, func(t *testing.T, dsn string) {
		c := newClock()
		l := open(t, dsn, Options{Now: c.Now})
		ctx := t.Context()
		s := take(t, l, stage(t, l, "x"))
		if _, err := s.Attachment(ctx, "receipt.json"); !errors.Is(err, ErrNotFound) {
			t.Errorf("none yet: %v", err)
		}
		for _, text := range []string{"one", "two"} {
			ok(t, s.Attach(ctx, "receipt.json", strings.NewReader(text)))
		}
		r, err := l.Attachment(ctx, s.Entry().ID, "receipt.json")
		if got := all(t, r, err); string(got) != "two" {
			t.Errorf("got %q", got)
		}
		list := must(l.Attachments(ctx, s.Entry().ID))(t)
		if diff := cmp.Diff([]Attached{{Kind: "receipt.json", Size: 3, At: c.Now()}}, list); diff != "" {
			t.Error(diff)
		}
		if !s.Entry().Receipt || !must(l.Get(ctx, s.Entry().ID))(t).Receipt {
			t.Error("the entry does not say that it has a receipt")
		}
		swept := must(l.Sweep(ctx, 0))(t)
		if swept != (Swept{Contents: 1}) {
			t.Errorf("swept %+v", swept)
		}
	})
}
