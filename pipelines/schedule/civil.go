package schedule

import (
	"fmt"
	"time"
	_ "time/tzdata" // a machine may have no zones of its own

	"loket-etl/payroll"
)

// Amsterdam is the zone of every schedule.
var Amsterdam = mustLoad("Europe/Amsterdam")

func mustLoad(name string) *time.Location {
	loc, err := time.LoadLocation(name)
	if err != nil {
		panic(err) // the zone data is in the program
	}
	return loc
}

// civil is what the clock on the wall shows at t, written as a time in UTC.
func civil(t time.Time) time.Time {
	t = t.In(Amsterdam)
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}

// moment is when the clock on the wall shows what c, written in UTC, says: the
// first of the two when that is twice, and the first moment after the gap when
// it is never.
func moment(c time.Time) time.Time {
	_, before := c.AddDate(0, 0, -1).In(Amsterdam).Zone()
	_, after := c.AddDate(0, 0, 1).In(Amsterdam).Zone()
	early := c.Add(-time.Duration(max(before, after)) * time.Second).In(Amsterdam)
	if civil(early).Equal(c) {
		return early
	}
	late := c.Add(-time.Duration(min(before, after)) * time.Second).In(Amsterdam)
	if civil(late).Equal(c) {
		return late
	}
	start, _ := late.ZoneBounds() // late lies in summer time, as far past the gap as c is past its begin
	return start.In(Amsterdam)
}

// Clock is a time of day on the wall.
type Clock struct{ Hour, Minute int }

// ParseClock reads HH:MM, 00:00 to 23:59.
func ParseClock(s string) (Clock, error) {
	t, err := time.Parse("15:04", s)
	if err != nil || len(s) != len("15:04") {
		return Clock{}, fmt.Errorf("%q is not a time of day of the form HH:MM, 00:00 to 23:59", s)
	}
	return Clock{t.Hour(), t.Minute()}, nil
}

// String is HH:MM.
func (c Clock) String() string { return fmt.Sprintf("%02d:%02d", c.Hour, c.Minute) }

// At is the moment at which the clock in Amsterdam shows c on d: the first of
// the two when it does so twice, the first moment after the gap when never.
func At(d payroll.Date, c Clock) time.Time {
	return moment(d.Time().Add(time.Duration(c.Hour)*time.Hour + time.Duration(c.Minute)*time.Minute))
}
