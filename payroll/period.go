package payroll

import (
	"fmt"
	"time"
)

// PeriodKind is how long a payroll period lasts. The numbers are Loket's
// SoortPeriode (code table E5).
type PeriodKind int

const (
	Monthly    PeriodKind = 1
	FourWeekly PeriodKind = 3
	Weekly     PeriodKind = 4
)

// Period is a payroll period within a year: 1..12, 1..13 or 1..53 by kind.
// Number 0 is the whole year and occurs only for tax returns.
type Period struct{ Year, Number int }

// String is "2026-10" for period 10 of 2026.
func (p Period) String() string { return fmt.Sprintf("%04d-%02d", p.Year, p.Number) }

// PeriodOf is the period of the kind that d lies in. Four-week and week periods
// count from the Monday of ISO week 1; days before it belong to period 1 and
// days after the last whole period to the last one, as the tax tables have it
// (payroll parameters, periods 2026).
func PeriodOf(d Date, kind PeriodKind) Period {
	switch kind {
	case FourWeekly:
		year, week := d.Time().ISOWeek()
		return clampPeriod(d, year, min((week-1)/4+1, 13), 13)
	case Weekly:
		year, week := d.Time().ISOWeek()
		return clampPeriod(d, year, week, isoWeeks(d.Year()))
	}
	return Period{d.Year(), d.Month()}
}

func clampPeriod(d Date, isoYear, number, last int) Period {
	switch {
	case isoYear < d.Year():
		return Period{d.Year(), 1}
	case isoYear > d.Year():
		return Period{d.Year(), last}
	}
	return Period{isoYear, number}
}

func isoWeeks(year int) int {
	_, w := time.Date(year, time.December, 28, 0, 0, 0, 0, time.UTC).ISOWeek()
	return w
}
