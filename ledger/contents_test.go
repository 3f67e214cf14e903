package ledger

import "testing"

// What two entries hold is on its way only once, whatever their bytes.
func TestTheSameContentsAreOnTheirWayOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, dsn string) {
		l := open(t, dsn, Options{})
		a, b := take(t, l, stage(t, l, "one encryption")), take(t, l, stage(t, l, "another"))
		other, err := a.Opened(t.Context(), "5ca1ab1e")
		ok(t, err)
		if other.ID != 0 || a.Entry().Content != "5ca1ab1e" {
			t.Errorf("the first meets %d, and holds %q", other.ID, a.Entry().Content)
		}
		other, err = a.Opened(t.Context(), "5ca1ab1e") // again
		ok(t, err)
		if other.ID != 0 {
			t.Errorf("the first meets %d", other.ID)
		}
		other, err = b.Opened(t.Context(), "5ca1ab1e")
		ok(t, err)
		if other.ID != a.Entry().ID || b.Entry().Content != "" {
			t.Errorf("the second meets %d, and holds %q", other.ID, b.Entry().Content)
		}
		ok(t, b.Repeats(t.Context(), other.ID))
		all, err := l.List(t.Context(), Filter{Content: "5ca1ab1e"})
		ok(t, err)
		if e, err := l.Get(t.Context(), b.Entry().ID); err != nil || e.DuplicateOf != a.Entry().ID || len(all) != 1 || all[0].ID != a.Entry().ID {
			t.Errorf("%d of %+v, %v", e.DuplicateOf, all, err)
		}
	})
}
