package schedule

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestWhatIsDoneAfterAnOutage(t *testing.T) {
	daily := must(ParseCron("30 7 * * *"))
	last := at("2026-03-27 07:30")
	for _, tt := range []struct {
		now  string
		want map[CatchUp][]string
	}{
		{"2026-03-28 07:29", map[CatchUp][]string{}},
		{"2026-03-28 07:30", map[CatchUp][]string{
			Once: {"Sat 28-03-2026 07:30 CET"}, Each: {"Sat 28-03-2026 07:30 CET"}}},
		{"2026-03-30 09:00", map[CatchUp][]string{
			Once: {"Mon 30-03-2026 07:30 CEST"},
			Each: {"Sat 28-03-2026 07:30 CET", "Sun 29-03-2026 07:30 CEST", "Mon 30-03-2026 07:30 CEST"}}},
	} {
		tt.want[""] = tt.want[Once]
		for _, policy := range []CatchUp{"", Once, Each, Skip} {
			if diff := cmp.Diff(tt.want[policy], written(Missed(daily, last, at(tt.now), policy))); diff != "" {
				t.Errorf("%s at %s: %s", policy, tt.now, diff)
			}
		}
	}
}

// A year of minutes: each comes in thousands, once needs no walk.
func TestALongOutageIsBounded(t *testing.T) {
	minutely, last := must(ParseCron("* * * * *")), at("2026-01-01 00:00")
	now := last.AddDate(1, 0, 0)
	some := Missed(minutely, last, now, Each)
	if len(some) != 1000 || !some[999].Equal(last.Add(1000*time.Minute)) {
		t.Errorf("%d ticks to %s", len(some), some[len(some)-1])
	}
	if more := Missed(minutely, some[999], now, Each); !more[0].Equal(last.Add(1001 * time.Minute)) {
		t.Errorf("goes on with %s", more[0])
	}
	if one := Missed(minutely, last, now, Once); len(one) != 1 || !one[0].Equal(now) {
		t.Errorf("once: %v", one)
	}
}

func TestCatchUpIsRead(t *testing.T) {
	for s, want := range map[string]CatchUp{"": Once, "once": Once, "each": Each, "skip": Skip} {
		if got, err := ParseCatchUp(s); err != nil || got != want {
			t.Errorf("%q: %q, %v", s, got, err)
		}
	}
	if _, err := ParseCatchUp("all"); err == nil || err.Error() != `"all": want once (the last missed tick, for all), each (every one) or skip (none)` {
		t.Error(err)
	}
}

func TestJitterIsSpreadAndTheSameEverywhere(t *testing.T) {
	tick := at("2026-03-27 07:30")
	const most = 5 * time.Minute
	var quarters [4]int
	for i := range 400 {
		name := fmt.Sprint("export ", i)
		j := Jitter(name, tick, most)
		if j < 0 || j >= most || j != Jitter(name, tick.UTC(), most) {
			t.Fatalf("%s: %s", name, j)
		}
		quarters[4*j/most]++
	}
	for i, n := range quarters {
		if n < 60 || n > 140 {
			t.Errorf("%d of 400 in quarter %d", n, i+1)
		}
	}
	if Jitter("a", tick, 0) != 0 || Jitter("a", tick, -time.Second) != 0 {
		t.Error("jitter of nothing")
	}
	if Jitter("a", tick, most) == Jitter("a", tick.AddDate(0, 0, 1), most) {
		t.Error("the same every day")
	}
	if got := Jitter("betalingen", tick, most); got != 287007104146 { // on every node, in every release
		t.Errorf("Jitter changed: %d", got)
	}
}
