package payroll

import (
	"fmt"
	"time"
)

// Bounds are the first and the last day of the period, as the tax return has
// them: in four-week and week periods the first begins on 1 January and the last
// ends on 31 December, whatever the day of the week.
func (p Period) Bounds(kind PeriodKind) (begin, end Date, err error) {
	weeks, last := 0, 0
	switch kind {
	case Monthly:
		last = 12
	case FourWeekly:
		weeks, last = 4, 13
	case Weekly:
		weeks, last = 1, isoWeeks(p.Year)
	}
	if p.Year < 1 || p.Year > 9999 || p.Number < 1 || p.Number > last {
		return 0, 0, fmt.Errorf("period %s does not exist for kind %d", p, kind)
	}
	if kind == Monthly {
		return Date(p.Year*10000 + p.Number*100 + 1), Date(p.Year*10000 + p.Number*100 + daysIn(p.Year, p.Number)), nil
	}
	// 4 January always lies in ISO week 1.
	first := time.Date(p.Year, time.January, 4, 0, 0, 0, 0, time.UTC)
	first = first.AddDate(0, 0, -(int(first.Weekday())+6)%7)
	begin = DateOf(first.AddDate(0, 0, 7*weeks*(p.Number-1)))
	end = DateOf(first.AddDate(0, 0, 7*weeks*p.Number-1))
	if p.Number == 1 {
		begin = Date(p.Year*10000 + 101)
	}
	if p.Number == last {
		end = Date(p.Year*10000 + 1231)
	}
	return begin, end, nil
}
