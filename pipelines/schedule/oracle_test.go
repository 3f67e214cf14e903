package schedule

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// oracle says of a minute on the wall whether an expression means it, with
// nothing of the code it checks.
type oracle struct {
	f       []string
	minutes [60]bool
	hours   [24]bool
	day     int // of the year, as last looked at
	year    int
	today   bool
}

func oracleOf(expr string) *oracle {
	o := &oracle{f: strings.Fields(expr)}
	for i := range o.minutes {
		o.minutes[i] = within(o.f[0], i, 0, 59)
	}
	for i := range o.hours {
		o.hours[i] = within(o.f[1], i, 0, 23)
	}
	return o
}

func (o *oracle) matches(c time.Time) bool {
	return o.minutes[c.Minute()] && o.hours[c.Hour()] && o.on(c)
}

func (o *oracle) on(c time.Time) bool {
	if c.YearDay() == o.day && c.Year() == o.year {
		return o.today
	}
	o.day, o.year = c.YearDay(), c.Year()
	day, weekday := monthDay(o.f[2], c), weekDay(o.f[4], c)
	if o.today = day || weekday; o.f[2][0] == '*' || o.f[4][0] == '*' {
		o.today = day && weekday
	}
	o.today = o.today && within(o.f[3], int(c.Month()), 1, 12)
	return o.today
}

func within(list string, v, lo, hi int) bool {
	for item := range strings.SplitSeq(list, ",") {
		which, stepText, stepped := strings.Cut(item, "/")
		from, to := lo, hi
		if first, last, ranged := strings.Cut(which, "-"); which != "*" {
			from = num(first)
			if to = from; ranged {
				to = num(last)
			} else if stepped {
				to = hi
			}
		}
		step := 1
		if stepped {
			step = num(stepText)
		}
		for ; from <= to; from += step {
			if from == v {
				return true
			}
		}
	}
	return false
}

func monthDay(list string, c time.Time) bool {
	last := time.Date(c.Year(), c.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day()
	for item := range strings.SplitSeq(list, ",") {
		day, working := strings.CutSuffix(item, "W")
		switch {
		case item == "L":
			if c.Day() == last {
				return true
			}
		case working:
			n := num(day)
			if n > last {
				continue
			}
			switch time.Date(c.Year(), c.Month(), n, 0, 0, 0, 0, time.UTC).Weekday() {
			case time.Saturday:
				if n--; n == 0 {
					n = 3
				}
			case time.Sunday:
				if n++; n > last {
					n -= 3
				}
			}
			if c.Day() == n {
				return true
			}
		case within(item, c.Day(), 1, 31):
			return true
		}
	}
	return false
}

func weekDay(list string, c time.Time) bool {
	for item := range strings.SplitSeq(list, ",") {
		day, nth, counted := strings.Cut(item, "#")
		final, last := strings.CutSuffix(item, "L")
		switch w := int(c.Weekday()); {
		case counted:
			if w == num(day)%7 && (c.Day()+6)/7 == num(nth) {
				return true
			}
		case last:
			if w == num(final)%7 && c.AddDate(0, 0, 7).Month() != c.Month() {
				return true
			}
		case within(item, w, 0, 6), w == 0 && strings.Contains(item, "7") && within(item, 7, 0, 7):
			return true
		}
	}
	return false
}

func num(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		panic(err)
	}
	return n
}

// ticks tells of a minute in Amsterdam, by the rule of the package comment,
// whether the expression has a tick then.
func (o *oracle) ticks(m time.Time) bool {
	now, before := offset(m), offset(m.Add(-time.Minute))
	show := func(t time.Time) time.Time { return t.Add(time.Duration(offset(t)) * time.Second).UTC() }
	if now > before { // summer has begun: the hour that was skipped, too
		for i := range 60 {
			if o.matches(show(m).Add(-time.Duration(i+1) * time.Minute)) {
				return true
			}
		}
	}
	if show(m).Equal(show(m.Add(-time.Hour))) {
		return false // the second time
	}
	return o.matches(show(m))
}

func offset(t time.Time) int {
	_, o := t.In(Amsterdam).Zone()
	return o
}

// expressions draws fields that are not too rare.
func expressions() *rapid.Generator[string] {
	one := func(lo, hi int) *rapid.Generator[string] {
		return rapid.OneOf(
			rapid.Map(rapid.IntRange(lo, hi), strconv.Itoa),
			rapid.Custom(func(t *rapid.T) string {
				from := rapid.IntRange(lo, hi).Draw(t, "from")
				return fmt.Sprintf("%d-%d", from, rapid.IntRange(from, hi).Draw(t, "to"))
			}),
			rapid.Custom(func(t *rapid.T) string {
				from := rapid.IntRange(lo, hi).Draw(t, "from")
				return fmt.Sprintf("%d-%d/%d", from, rapid.IntRange(from, hi).Draw(t, "to"), rapid.IntRange(1, hi-lo).Draw(t, "step"))
			}),
			rapid.Map(rapid.IntRange(1, hi-lo), func(n int) string { return "*/" + strconv.Itoa(n) }),
			rapid.Custom(func(t *rapid.T) string {
				return fmt.Sprintf("%d/%d", rapid.IntRange(lo, min(hi, 6+lo)).Draw(t, "from"), rapid.IntRange(1, hi-lo).Draw(t, "step"))
			}),
		)
	}
	list := func(item *rapid.Generator[string]) *rapid.Generator[string] {
		return rapid.OneOf(rapid.Just("*"), item, rapid.Map(rapid.SliceOfN(item, 1, 3), func(s []string) string { return strings.Join(s, ",") }))
	}
	days := rapid.OneOf(one(1, 31), rapid.Just("L"), rapid.Map(rapid.IntRange(1, 31), func(n int) string { return fmt.Sprint(n, "W") }))
	weekdays := rapid.OneOf(one(0, 6), rapid.SampledFrom([]string{"7", "0-7", "5-7", "4-7/3", "0-7/2"}),
		rapid.Map(rapid.IntRange(0, 7), func(n int) string { return fmt.Sprint(n, "L") }),
		rapid.Custom(func(t *rapid.T) string {
			return fmt.Sprintf("%d#%d", rapid.IntRange(0, 7).Draw(t, "day"), rapid.IntRange(1, 5).Draw(t, "nth"))
		}))
	return rapid.Custom(func(t *rapid.T) string {
		return strings.Join([]string{
			list(one(0, 59)).Draw(t, "minute"), list(one(0, 23)).Draw(t, "hour"), list(days).Draw(t, "day"),
			rapid.OneOf(rapid.Just("*"), list(one(1, 12))).Draw(t, "month"), list(weekdays).Draw(t, "weekday"),
		}, " ")
	})
}

// comes draws what is not refused; see TestOnlyWhatNeverComesIsRefused.
func comes() *rapid.Generator[string] {
	return expressions().Filter(func(s string) bool { _, err := ParseCron(s); return err == nil })
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestOnlyWhatNeverComesIsRefused(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		expr := expressions().Draw(t, "expression")
		_, err := ParseCron(expr)
		if err != nil && !strings.HasSuffix(err.Error(), "never comes: no month has such a day") {
			t.Fatal(err)
		}
		o, comes := oracleOf(expr), false
		for d := time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC); d.Year() < 2029 && !comes; d = d.AddDate(0, 0, 1) {
			comes = o.on(d)
		}
		if comes != (err == nil) {
			t.Fatalf("%s: %v", expr, err)
		}
	})
}

// moments are spread over fifteen years, half of them near a clock change.
func moments() *rapid.Generator[time.Time] {
	return rapid.Custom(func(t *rapid.T) time.Time {
		within := rapid.Int64Range(0, int64(15*365*24*time.Hour)).Draw(t, "at")
		at := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(within))
		if rapid.Bool().Draw(t, "near a change") {
			_, change := at.In(Amsterdam).ZoneBounds()
			at = change.Add(time.Duration(rapid.Int64Range(int64(-4*time.Hour), int64(4*time.Hour)).Draw(t, "off")))
		}
		return at
	})
}

// TestNextIsTheNextOfAllMinutes walks from a moment to what Next says, minute by
// minute: there is a tick at the end and none on the way.
func TestNextIsTheNextOfAllMinutes(t *testing.T) {
	const walk = 45 * 24 * time.Hour
	rapid.Check(t, func(t *rapid.T) {
		expr, after := comes().Draw(t, "expression"), moments().Draw(t, "after")
		o, next := oracleOf(expr), must(ParseCron(expr)).Next(after)
		if !next.After(after) || next.Second() != 0 || next.Nanosecond() != 0 {
			t.Fatalf("%s after %s is %s", expr, after, next)
		}
		if !o.ticks(next) {
			t.Fatalf("%s after %s: no tick at %s", expr, after.In(Amsterdam), next)
		}
		for m := after.Truncate(time.Minute).Add(time.Minute); m.Before(next) && m.Sub(after) < walk; m = m.Add(time.Minute) {
			if o.ticks(m) {
				t.Fatalf("%s after %s is %s, which passes over %s", expr, after.In(Amsterdam), next, m.In(Amsterdam))
			}
		}
	})
}

func TestNextIsMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := must(ParseCron(comes().Draw(t, "expression")))
		a := moments().Draw(t, "a")
		b := a.Add(time.Duration(rapid.Int64Range(0, int64(40*24*time.Hour)).Draw(t, "later")))
		na, nb := c.Next(a), c.Next(b)
		if nb.Before(na) || na.After(b) && !na.Equal(nb) {
			t.Fatalf("%s: after %s comes %s, after %s comes %s", c, a, na, b, nb)
		}
	})
}

func TestLastIsTheLastOfAll(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := must(ParseCron(comes().Draw(t, "expression")))
		after := moments().Draw(t, "after")
		until := after.Add(time.Duration(rapid.Int64Range(-1, int64(3*24*time.Hour)).Draw(t, "until")))
		var want time.Time
		for n := c.Next(after); !n.After(until); n = c.Next(n) {
			want = n
		}
		if got, ok := c.Last(after, until); ok == want.IsZero() || !got.Equal(want) {
			t.Fatalf("%s from %s to %s: %s, want %s", c, after, until, got, want)
		}
	})
}
