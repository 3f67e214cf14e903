package schedule

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/adhocore/gronx"
)

// Cron is a cron expression that was checked. The zero Cron never ticks.
// Crons compare with ==.
type Cron struct {
	written string
	segs    string // as gronx takes it: names as numbers, seconds left out
}

// ParseCron reads the five fields minute, hour, day of the month, month and day
// of the week, with *, lists, ranges, steps, English three-letter names, L (last
// day; 5L is the last Friday), 15W (the working day, Monday to Friday, nearest to
// the 15th within the month) and MON#1 (the first Monday).
//
// When both day fields are restricted, either will do, as cron has it since
// always; when one of them begins with *, as in */2, both must hold.
//
// The error says which field is wrong and what may stand there. An expression
// that no day ever matches is an error too.
func ParseCron(expr string) (Cron, error) {
	words := strings.Fields(expr)
	if len(words) != len(fields) {
		return Cron{}, fmt.Errorf("cron %q has %d fields: want five: minute, hour, day of the month, month, day of the week, as in \"30 7 * * MON-FRI\"", expr, len(words))
	}
	c := Cron{written: strings.Join(words, " ")}
	segs := make([]string, len(words))
	for i, f := range fields {
		var err error
		if segs[i], err = f.read(words[i]); err != nil {
			return Cron{}, fmt.Errorf("cron %q: %s: %w", expr, f.name, err)
		}
	}
	c.segs = strings.Join(segs, " ")
	// Weekdays and leap years come back after 28 years.
	if _, err := c.next(time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)); err != nil {
		return Cron{}, fmt.Errorf("cron %q never comes: no month has such a day", expr)
	}
	return c, nil
}

// String is the expression as it was written, with single spaces.
func (c Cron) String() string { return c.written }

// next is the first tick after from, both on the wall and written in UTC.
func (c Cron) next(from time.Time) (time.Time, error) {
	if c.segs == "" {
		return time.Time{}, errors.New("no expression")
	}
	return gronx.NextTickAfter(c.segs, from, false)
}

// Next is the first tick after a moment, in Amsterdam's time; see the package
// comment for the nights of the clock change. It is zero only for the zero Cron.
func (c Cron) Next(after time.Time) time.Time {
	from := civil(after)
	for {
		tick, err := c.next(from)
		if err != nil {
			return time.Time{}
		}
		if m := moment(tick); m.After(after) {
			return m
		}
		from = tick // it came in the first of the two hours
	}
}

// Last is the last tick after a moment that is not later than until; false when
// there is none. It takes as long for a year as for a day.
func (c Cron) Last(after, until time.Time) (time.Time, bool) {
	last := c.Next(after)
	if last.IsZero() || last.After(until) {
		return time.Time{}, false
	}
	// Ticks are a minute apart at least.
	for end := until; end.Sub(last) >= time.Minute; {
		middle := last.Add(end.Sub(last) / 2)
		if t := c.Next(middle); t.After(until) {
			end = middle
		} else {
			last = t
		}
	}
	return last, true
}
