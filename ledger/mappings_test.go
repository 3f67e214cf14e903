package ledger

import (
	"strings"
	"testing"
	"time"
)

func TestAChangedMappingIsAcceptedByAPersonOrByUse(t *testing.T) {
	onBoth(t, func(t *testing.T, dsn string) {
		l, ctx := open(t, dsn, Options{}), t.Context()
		want := func(step, pipeline, version string, may bool) {
			t.Helper()
			if got := must(l.MappingAccepted(ctx, pipeline, version))(t); got != may {
				t.Errorf("%s: %s with %s: %v", step, pipeline, version, got)
			}
		}
		want("no plan was made", "uren", "uren@1", true)
		plan := func(version string) {
			t.Helper()
			_, _, err := l.Stage(ctx, Entry{Pipeline: "uren"}, strings.NewReader(version))
			ok(t, err)
			s := must(l.Take(ctx, "w", time.Minute))(t)
			ok(t, s.Plan(ctx, func(add func(Line) error) error { return add(Line{Function: "F.F"}) }))
			ok(t, s.Move(ctx, Staged, Planned, func(e *Entry) { e.Mapping = version }))
		}
		plan("uren@1")
		want("in use", "uren", "uren@1", true)
		want("changed", "uren", "uren@2", false)
		want("another pipeline", "rooster", "uren@2", true)
		ok(t, l.AcceptMapping(ctx, "uren@2", "anna", "seen"))
		ok(t, l.AcceptMapping(ctx, "uren@2", "bram", "seen too"))
		want("accepted", "uren", "uren@2", true)
		plan("uren@2")
		want("in use after that", "uren", "uren@2", true)
		want("back to the one before", "uren", "uren@1", true)
		want("a third", "uren", "uren@3", false)
		if n := count(t, l, "SELECT count(*) FROM mappings WHERE who = 'anna'"); n != 1 {
			t.Error("the first to accept is forgotten")
		}
	})
}
