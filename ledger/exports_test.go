package ledger

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"
)

func expect(t testing.TB, l *Ledger, run string) *Lease {
	t.Helper()
	id, isNew, err := l.Expect(t.Context(), Entry{Pipeline: "betalingen", Run: run, Name: "5555 2026-10", About: `{"a":1}`})
	if err != nil || !isNew {
		t.Fatalf("expect: new %v, %v", isNew, err)
	}
	return take(t, l, id)
}

// produce freezes files with these names; each pays what it is called.
func produce(t testing.TB, s *Lease, names ...string) error {
	t.Helper()
	return s.Produce(t.Context(), func(add func(Output, io.Reader) (Output, error)) error {
		for _, name := range names {
			o, err := add(Output{Kind: "pain.001", Outbox: "bank", Name: name, Pays: "betaling " + name, Count: 2, Amount: 12345}, strings.NewReader("bytes of "+name))
			if err != nil {
				return err
			}
			if o.Size != int64(len("bytes of "+name)) || len(o.SHA256) != 64 {
				t.Errorf("add gave back %+v", o)
			}
		}
		return nil
	}, func(e *Entry) { e.Rows = 2 }, "")
}

func TestARunIsExpectedOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, dsn string) {
		c := newClock()
		l := open(t, dsn, Options{Now: c.Now})
		s := expect(t, l, "run-1")
		ok(t, produce(t, s, "a.xml"))
		ok(t, s.Mark(t.Context(), 1, OutputStaged, OutputPrepared))
		ok(t, s.Mark(t.Context(), 1, OutputPrepared, OutputPublished))
		ok(t, s.Move(t.Context(), Ready, Settled, func(e *Entry) { e.Outcome = Exported }))
		id, isNew, err := l.Expect(t.Context(), Entry{Pipeline: "betalingen", Run: "run-1"})
		if err != nil || isNew || id != s.Entry().ID {
			t.Errorf("expected again, settled: %d new %v, %v", id, isNew, err)
		}
		if e := must(l.ByRun(t.Context(), "betalingen", "run-1"))(t); e.State != Settled || e.Outcome != Exported || e.Rows != 2 || e.About != `{"a":1}` {
			t.Errorf("by run: %+v", e)
		}
		if _, err := l.ByRun(t.Context(), "betalingen", "run-2"); !errors.Is(err, ErrNotFound) {
			t.Errorf("an unknown run: %v", err)
		}
		if _, isNew, err := l.Expect(t.Context(), Entry{Pipeline: "journaal", Run: "run-1"}); err != nil || !isNew {
			t.Errorf("the run in another pipeline: new %v, %v", isNew, err)
		}
	})
}

func TestFilesOfAnExportGoOneStepAtATime(t *testing.T) {
	onBoth(t, func(t *testing.T, dsn string) {
		ctx := t.Context()
		l := open(t, dsn, Options{Now: newClock().Now})
		s := expect(t, l, "run-1")
		ok(t, produce(t, s, "a.xml", "b.xml"))
		files := must(l.Outputs(ctx, s.Entry().ID))(t)
		if len(files) != 2 || files[1].No != 2 || files[1].State != OutputStaged || files[0].Amount != 12345 {
			t.Fatalf("outputs: %+v", files)
		}
		r, err := l.OpenOutput(ctx, files[1])
		if got := all(t, r, err); string(got) != "bytes of b.xml" {
			t.Errorf("bytes: %q", got)
		}
		if err := s.Mark(ctx, 1, OutputPrepared, OutputPublished); !errors.Is(err, ErrState) {
			t.Errorf("published before it was prepared: %v", err)
		}
		if err := s.Move(ctx, Ready, Settled, nil); !errors.Is(err, ErrState) {
			t.Errorf("settled with files to publish: %v", err)
		}
		if err := produce(t, s, "c.xml"); !errors.Is(err, ErrState) {
			t.Errorf("produced twice: %v", err)
		}
		ok(t, s.Mark(ctx, 1, OutputStaged, OutputPrepared))
		ok(t, l.Hold(ctx, s.Entry().ID, "ans", "wachten"))
		if err := s.Mark(ctx, 2, OutputStaged, OutputPrepared); !errors.Is(err, ErrState) {
			t.Errorf("prepared while a person holds it: %v", err)
		}
		ok(t, s.Mark(ctx, 1, OutputPrepared, OutputPublished)) // a known outcome is never thrown away
		lying := must(l.Published(ctx, "bank"))(t)
		if len(lying) != 1 || lying[0].Name != "a.xml" || lying[0].Published.IsZero() {
			t.Fatalf("published: %+v", lying)
		}
		ok(t, l.Collect(ctx, lying[0], "fetched"))
		ok(t, l.Collect(ctx, lying[0], "moved")) // too late, and harmless
		if o := must(l.Outputs(ctx, s.Entry().ID))(t)[0]; o.State != OutputCollected || o.Fate != "fetched" || o.Fated.IsZero() {
			t.Errorf("collected: %+v", o)
		}
	})
}

func TestAnExportMayBeHeldAsItIsMade(t *testing.T) {
	onBoth(t, func(t *testing.T, dsn string) {
		ctx := t.Context()
		l := open(t, dsn, Options{Now: newClock().Now})
		s := expect(t, l, "run-1")
		ok(t, s.Produce(ctx, func(add func(Output, io.Reader) (Output, error)) error {
			_, err := add(Output{Outbox: "bank", Name: "a.xml"}, strings.NewReader("a"))
			return err
		}, func(e *Entry) { e.Rows = 3 }, "een nieuwe begunstigde"))
		e := must(l.Get(ctx, s.Entry().ID))(t)
		if e.State != Held || e.Back != Ready || e.Reason != "een nieuwe begunstigde" || e.Rows != 3 || e.Holder != "" {
			t.Errorf("held: %+v", e)
		}
		if len(must(l.Outputs(ctx, e.ID))(t)) != 1 {
			t.Error("its file is not there")
		}
		ok(t, l.Release(ctx, e.ID, "ans", "klopt"))
		if e := must(l.Get(ctx, e.ID))(t); e.State != Ready {
			t.Errorf("released: %s", e.State)
		}
	})
}

func TestABetalingIsPaidByOneFile(t *testing.T) {
	onBoth(t, func(t *testing.T, dsn string) {
		ctx := t.Context()
		l := open(t, dsn, Options{Now: newClock().Now})
		first, second := expect(t, l, "run-1"), expect(t, l, "run-2")
		ok(t, produce(t, first, "a.xml"))
		err := second.Produce(ctx, func(add func(Output, io.Reader) (Output, error)) error {
			_, err := add(Output{Outbox: "archief", Name: "z.xml", Pays: "betaling a.xml"}, strings.NewReader("z"))
			return err
		}, nil, "")
		var paid *PaidError
		if !errors.As(err, &paid) || paid.By.Entry != first.Entry().ID || paid.By.Name != "a.xml" {
			t.Fatalf("paid twice: %v", err)
		}
		err = second.Produce(ctx, func(add func(Output, io.Reader) (Output, error)) error {
			_, err := add(Output{Outbox: "bank", Name: "a.xml"}, strings.NewReader("z"))
			return err
		}, nil, "")
		var name *NameError
		if !errors.As(err, &name) || name.By.Entry != first.Entry().ID {
			t.Fatalf("two files of one name: %v", err)
		}
		if got := must(l.Outputs(ctx, second.Entry().ID))(t); len(got) != 0 || must(l.Get(ctx, second.Entry().ID))(t).State != Due {
			t.Errorf("a refused produce left %+v", got)
		}
		// Given up before anything was visible: then another file may pay.
		ok(t, first.Hold(ctx, "even niet"))
		ok(t, l.Dismiss(ctx, first.Entry().ID, "ans", "verkeerde run"))
		if err := produce(t, second, "a.xml"); !errors.As(err, &paid) || paid.By.State != OutputDropped {
			t.Errorf("given up, and paid in another way for all we know: %v", err)
		}
		ok(t, second.Produce(ctx, func(add func(Output, io.Reader) (Output, error)) error {
			_, err := add(Output{Outbox: "bank", Name: "a.xml", Pays: "betaling a.xml#1", Unpaid: []ID{first.Entry().ID}}, strings.NewReader("z"))
			return err
		}, nil, ""))
		third := expect(t, l, "run-3")
		err = third.Produce(ctx, func(add func(Output, io.Reader) (Output, error)) error {
			_, err := add(Output{Outbox: "bank", Name: "c.xml", Pays: "betaling a.xml#2", Unpaid: []ID{first.Entry().ID}}, strings.NewReader("z"))
			return err
		}, nil, "")
		if !errors.As(err, &paid) || paid.By.Entry != second.Entry().ID {
			t.Errorf("another part of the same Betaling: %v", err)
		}
		if o := must(l.Outputs(ctx, first.Entry().ID))(t)[0]; o.State != OutputDropped {
			t.Errorf("dismissed: %+v", o)
		}
	})
}

func TestDismissingLeavesWhatMayBeVisible(t *testing.T) {
	onBoth(t, func(t *testing.T, dsn string) {
		ctx := t.Context()
		c := newClock()
		l := open(t, dsn, Options{Now: c.Now})
		s := expect(t, l, "run-1")
		ok(t, produce(t, s, "a.xml", "b.xml"))
		ok(t, s.Mark(ctx, 1, OutputStaged, OutputPrepared))
		if err := l.Dismiss(ctx, s.Entry().ID, "ans", "weg"); !errors.Is(err, ErrBusy) {
			t.Errorf("dismissed in the middle of publishing: %v", err)
		}
		c.pass(2 * time.Minute)
		ok(t, l.Dismiss(ctx, s.Entry().ID, "ans", "weg"))
		files := must(l.Outputs(ctx, s.Entry().ID))(t)
		if files[0].State != OutputPrepared || files[1].State != OutputDropped {
			t.Errorf("after dismissing: %+v", files)
		}
	})
}

func TestDeliveredByHandIsNeverPublished(t *testing.T) {
	onBoth(t, func(t *testing.T, dsn string) {
		ctx := t.Context()
		l := open(t, dsn, Options{Now: newClock().Now})
		s := expect(t, l, "run-1")
		ok(t, produce(t, s, "a.xml"))
		id := s.Entry().ID
		sum := must(l.Outputs(ctx, id))(t)[0].SHA256
		if err := l.ByHand(ctx, id, 1, sum, "ans", "bank was weg"); !errors.Is(err, ErrState) {
			t.Errorf("while it is being published: %v", err)
		}
		ok(t, s.Hold(ctx, "bank is weg"))
		if err := l.ByHand(ctx, id, 1, strings.Repeat("0", 64), "ans", "bank was weg"); !errors.Is(err, ErrChecksum) {
			t.Errorf("another file: %v", err)
		}
		if err := l.ByHand(ctx, id, 7, sum, "ans", "bank was weg"); !errors.Is(err, ErrNotFound) {
			t.Errorf("no such file: %v", err)
		}
		ok(t, l.ByHand(ctx, id, 1, strings.ToUpper(sum), "ans", "bank was weg"))
		if err := l.ByHand(ctx, id, 1, sum, "ans", "nog eens"); !errors.Is(err, ErrState) {
			t.Errorf("twice: %v", err)
		}
		ok(t, l.Release(ctx, id, "ans", "klaar"))
		s = take(t, l, id)
		if err := s.Mark(ctx, 1, OutputStaged, OutputPrepared); !errors.Is(err, ErrState) {
			t.Errorf("published all the same: %v", err)
		}
		ok(t, s.Move(ctx, Ready, Settled, func(e *Entry) { e.Outcome = Exported }))
		trail := must(l.Audit(ctx, id))(t)
		var found bool
		for _, e := range trail {
			found = found || e.Who == "ans" && e.Reason == "bank was weg" && strings.Contains(e.Action, sum[:20]) && !e.At.IsZero()
		}
		if !found {
			t.Errorf("the audit trail does not say it: %+v", trail)
		}
	})
}

func TestAPersonMaySayThatAFileWasNotCollected(t *testing.T) {
	onBoth(t, func(t *testing.T, dsn string) {
		ctx := t.Context()
		l := open(t, dsn, Options{Now: newClock().Now})
		s := expect(t, l, "run-1")
		ok(t, produce(t, s, "a.xml"))
		ok(t, s.Mark(ctx, 1, OutputStaged, OutputPrepared))
		id := s.Entry().ID
		if err := l.Republish(ctx, id, 1, "ans", "bank heeft niets"); !errors.Is(err, ErrState) {
			t.Errorf("while it is being published: %v", err)
		}
		ok(t, s.Hold(ctx, "niet te zien"))
		ok(t, l.Republish(ctx, id, 1, "ans", "bank heeft niets"))
		if o := must(l.Outputs(ctx, id))(t)[0]; o.State != OutputStaged {
			t.Errorf("state %s", o.State)
		}
	})
}

func TestFilesArePurgedAfterTheRetention(t *testing.T) {
	onBoth(t, func(t *testing.T, dsn string) {
		ctx := t.Context()
		c := newClock()
		l := open(t, dsn, Options{Now: c.Now})
		s := expect(t, l, "run-1")
		ok(t, produce(t, s, "a.xml"))
		ok(t, s.Mark(ctx, 1, OutputStaged, OutputPrepared))
		ok(t, s.Mark(ctx, 1, OutputPrepared, OutputPublished))
		ok(t, s.Move(ctx, Ready, Settled, nil))
		c.pass(100 * 24 * time.Hour)
		if swept := must(l.Sweep(ctx, 90*24*time.Hour))(t); swept.Entries != 1 || swept.Contents != 1 {
			t.Errorf("swept %+v", swept)
		}
		if _, err := l.OpenOutput(ctx, must(l.Outputs(ctx, s.Entry().ID))(t)[0]); !errors.Is(err, ErrPurged) {
			t.Errorf("open: %v", err)
		}
	})
}
