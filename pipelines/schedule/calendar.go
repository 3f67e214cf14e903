package schedule

import (
	"time"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/aa"
	"github.com/rickar/cal/v2/ecb"
	"github.com/rickar/cal/v2/nl"

	"loket-etl/payroll"
)

// BankDay tells whether payments are carried out on d: the days of TARGET, the
// system of the European Central Bank, as they are since 2002. It is closed in
// weekends and on 1 January, Good Friday, Easter Monday, 1 May, 25 and 26
// December, and open on Koningsdag, Hemelvaartsdag and Tweede Pinksterdag.
func BankDay(d payroll.Date) bool {
	if w := d.Time().Weekday(); w == time.Saturday || w == time.Sunday {
		return false
	}
	for _, h := range ecb.Holidays {
		if day, _ := h.Calc(d.Year()); payroll.DateOf(day) == d {
			return false
		}
	}
	return true
}

// BankDaysBefore is the n-th bank day before d. When d is no bank day itself, the
// bank day before it counts as day 0: two bank days before Sunday is Wednesday.
// A negative n counts forward.
func BankDaysBefore(d payroll.Date, n int) payroll.Date { return BankDaysAfter(d, -n) }

// BankDaysAfter is the n-th bank day after d. When d is no bank day itself, the
// bank day before it counts as day 0: one bank day after Sunday is Monday. A
// negative n counts back.
func BankDaysAfter(d payroll.Date, n int) payroll.Date {
	for !BankDay(d) {
		d = d.AddDays(-1)
	}
	step := 1
	if n < 0 {
		step, n = -1, -n
	}
	for n > 0 {
		if d = d.AddDays(step); BankDay(d) {
			n--
		}
	}
	return d
}

// dutch are the days that DutchHoliday knows.
var dutch = []*cal.Holiday{
	nl.Nieuwjaar,
	aa.Easter.Clone(&cal.Holiday{Name: "Eerste Paasdag"}), nl.TweedePaasdag,
	nl.Koningsdag, nl.BevrijdingsDag, nl.Hemelvaart,
	aa.Pentecost.Clone(&cal.Holiday{Name: "Eerste Pinksterdag"}), nl.TweedePinksterDag,
	nl.EersteKerstdag, nl.TweedeKerstdag,
}

// DutchHoliday is the name of the day on which most people in the Netherlands
// are off, with the Sundays of Pasen and Pinksteren. It knows Koningsdag, so the
// years from 2014: 27 April, or the 26th when that is a Sunday.
//
// Two days are the employer's choice or that of a collective agreement: Bevrijdingsdag, 5
// May, is one here only in lustrum years (2025, 2030), as most agreements have it,
// and Goede Vrijdag never. The law counts both every year where it extends terms;
// do not use this for that, nor for payments: see BankDay.
func DutchHoliday(d payroll.Date) (name string, ok bool) {
	for _, h := range dutch {
		if h == nl.BevrijdingsDag && d.Year()%5 != 0 {
			continue
		}
		if _, observed := h.Calc(d.Year()); payroll.DateOf(observed) == d {
			return h.Name, true
		}
	}
	return "", false
}
