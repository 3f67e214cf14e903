package ledger

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"
)

func TestFilesPastTheirDeadlineAreFoundUntilTheyAreTaken(t *testing.T) {
	onBoth(t, func(t *testing.T, dsn string) {
		ctx := t.Context()
		l := open(t, dsn, Options{Now: newClock().Now})
		s := expect(t, l, "run-1")
		noon := time.Date(2026, 11, 4, 11, 0, 0, 0, time.UTC)
		ok(t, s.Produce(ctx, func(add func(Output, io.Reader) (Output, error)) error {
			for i, o := range []Output{{Name: "lijst.json"}, {Name: "b.xml", Deadline: noon.Add(time.Hour)}, {Name: "a.xml", Deadline: noon}} {
				o.Outbox = []string{"archief", "bank", "bank"}[i]
				if _, err := add(o, strings.NewReader(o.Name)); err != nil {
					return err
				}
			}
			return nil
		}, nil, ""))
		names := func(now time.Time) (all string) {
			t.Helper()
			for _, u := range must(l.Uncollected(ctx, now))(t) {
				if u.Pipeline != "betalingen" || u.Of != "5555 2026-10" || u.In != Ready {
					t.Errorf("%+v", u)
				}
				all += u.Name + " " + string(u.State) + ";"
			}
			return all
		}
		if got := names(noon); got != "" {
			t.Errorf("at the deadline: %s", got)
		}
		if got := names(noon.Add(2 * time.Hour)); got != "a.xml staged;b.xml staged;" {
			t.Errorf("after it: %s", got)
		}
		for no := range 3 {
			ok(t, s.Mark(ctx, no+1, OutputStaged, OutputPrepared))
			ok(t, s.Mark(ctx, no+1, OutputPrepared, OutputPublished))
		}
		if got := names(noon.Add(time.Minute)); got != "a.xml published;" {
			t.Errorf("published: %s", got)
		}
		if got := must(l.Outboxes(ctx))(t); strings.Join(got, " ") != "archief bank" {
			t.Errorf("outboxes %s", got)
		}
		o := must(l.OutputNamed(ctx, "bank", "a.xml"))(t)
		if o.No != 3 || o.State != OutputPublished {
			t.Errorf("by name: %+v", o)
		}
		if _, err := l.OutputNamed(ctx, "archief", "a.xml"); !errors.Is(err, ErrNotFound) {
			t.Errorf("in another outbox: %v", err)
		}
		ok(t, l.Collect(ctx, o, "fetched"))
		if got := names(noon.Add(2 * time.Hour)); got != "b.xml published;" {
			t.Errorf("collected: %s", got)
		}
	})
}

func TestAnExportThatWaitsForItsMomentIsNotOld(t *testing.T) {
	onBoth(t, func(t *testing.T, dsn string) {
		ctx := t.Context()
		c := newClock()
		l := open(t, dsn, Options{Now: c.Now})
		oldest := func() bool {
			t.Helper()
			return !must(l.Stats(ctx))(t).Oldest.IsZero()
		}
		s := expect(t, l, "run-1")
		if !oldest() {
			t.Error("a due export is not there")
		}
		ok(t, produce(t, s, "a.xml"))
		ok(t, s.Yield(ctx, c.Now().Add(time.Hour), "wacht"))
		if oldest() {
			t.Error("it waits for its moment and counts as old")
		}
		ok(t, l.Retry(ctx, s.Entry().ID, "ans", "nu"))
		s = take(t, l, s.Entry().ID)
		ok(t, s.Later(ctx, c.Now().Add(time.Hour), "de outbox is weg"))
		if !oldest() {
			t.Error("it could not be published and does not count")
		}
	})
}
