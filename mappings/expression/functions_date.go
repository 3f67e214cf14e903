package expression

import (
	"fmt"
	"time"

	"github.com/expr-lang/expr/ast"

	"loket-etl/payroll"
)

// ofDate is a whole number of a date.
func ofDate(f func(payroll.Date) int) func(*compiler, ast.Node, []*Node) *Node {
	return func(_ *compiler, _ ast.Node, a []*Node) *Node {
		n := over(Number, a...)
		n.num = func(s *State) Num {
			d := a[0].date(s)
			if s.failed {
				return Num{0, 1}
			}
			return Int(int64(f(d)))
		}
		return n
	}
}

// integer is a number as an int, when it is a whole one of a sensible size.
func integer(s *State, of *Node, what string, low, high int64) (int, bool) {
	v, exact := of.num(s).Parts(1)
	if s.failed {
		return 0, false
	}
	if !exact || v < low || v > high {
		s.Fail(Failure{
			Column: of.Column, Code: "datum-onmogelijk",
			Message: fmt.Sprintf("Dit is geen %s van %d tot en met %d.", what, low, high), Repair: "Verbeter de waarde.",
		})
		return 0, false
	}
	return int(v), true
}

// monday is the Monday of an ISO week.
func monday(year, week int) (payroll.Date, bool) {
	fourth := time.Date(year, 1, 4, 0, 0, 0, 0, time.UTC) // always in week 1
	at := fourth.AddDate(0, 0, (week-1)*7-(int(fourth.Weekday())+6)%7)
	y, w := at.ISOWeek()
	return payroll.DateOf(at), y == year && w == week
}

var dateFunctions = []Function{
	{
		Name: "date", Signature: "date(year, month, day) date", Example: `date(2026, 10, 1)`, Result: "2026-10-01",
		English: "A day; one that the calendar does not have is a problem.",
		Dutch:   "Een dag; een dag die niet bestaat, is een probleem.",
		takes:   []Type{Number, Number, Number},
		make: func(_ *compiler, _ ast.Node, a []*Node) *Node {
			n := over(Date, a...)
			n.Column = a[2].Column
			n.date = func(s *State) payroll.Date {
				y, ok := integer(s, a[0], "jaar", 1900, 2200)
				m, ok2 := integer(s, a[1], "maand", 1, 12)
				d, ok3 := integer(s, a[2], "dag", 1, 31)
				if !ok || !ok2 || !ok3 {
					return 0
				}
				v, err := payroll.NewDate(y, m, d)
				if err != nil {
					s.Fail(Failure{Column: a[2].Column, Code: "datum-onmogelijk", Message: fmt.Sprintf("%02d-%02d-%d bestaat niet op de kalender.", d, m, y), Repair: "Verbeter de dag."})
				}
				return v
			}
			return n
		},
	},
	{
		Name: "monday", Signature: "monday(year, week) date", Example: "monday(2026, 40)", Result: "2026-09-28",
		English: "The Monday of a week, as ISO and Dutch calendars number them.",
		Dutch:   "De maandag van een week.",
		takes:   []Type{Number, Number},
		make: func(_ *compiler, _ ast.Node, a []*Node) *Node {
			n := over(Date, a...)
			n.Column = a[1].Column
			n.date = func(s *State) payroll.Date {
				y, ok := integer(s, a[0], "jaar", 1900, 2200)
				w, ok2 := integer(s, a[1], "week", 1, 53)
				if !ok || !ok2 {
					return 0
				}
				d, ok := monday(y, w)
				if !ok {
					s.Fail(Failure{Column: a[1].Column, Code: "datum-onmogelijk", Message: fmt.Sprintf("Week %d bestaat niet in %d.", w, y), Repair: "Verbeter de week."})
				}
				return d
			}
			return n
		},
	},
	{
		Name: "add_days", Signature: "add_days(date, days) date", Example: "add_days(datum, -1)", Result: "2026-09-30",
		English: "A date so many days later, or earlier.", Dutch: "Een datum zoveel dagen later, of eerder.",
		takes: []Type{Date, Number},
		make: func(_ *compiler, _ ast.Node, a []*Node) *Node {
			n := over(Date, a...)
			n.date = func(s *State) payroll.Date {
				d := a[0].date(s)
				days, ok := integer(s, a[1], "aantal dagen", -100_000, 100_000)
				if !ok || s.failed {
					return 0
				}
				v := d.AddDays(days)
				if v < 1900_01_01 || v > 9999_12_31 {
					s.Fail(Failure{Column: a[0].Column, Code: "datum-onmogelijk", Message: "Deze datum ligt te ver weg.", Repair: "Verbeter de datum."})
				}
				return v
			}
			return n
		},
	},
	{
		Name: "days_between", Signature: "days_between(from, until) number", Example: "days_between(datum, add_days(datum, 7))", Result: "7",
		English: "How many days the second date is later.", Dutch: "Hoeveel dagen de tweede datum later is.",
		takes: []Type{Date, Date},
		make: func(_ *compiler, _ ast.Node, a []*Node) *Node {
			n := over(Number, a...)
			n.num = func(s *State) Num {
				from, to := a[0].date(s), a[1].date(s)
				if s.failed {
					return Num{0, 1}
				}
				return Int(int64(to.Time().Sub(from.Time()) / (24 * time.Hour)))
			}
			return n
		},
	},
	{
		Name: "year", Signature: "year(date) number", Example: "year(datum)", Result: "2026",
		English: "The year of a date.", Dutch: "Het jaar van een datum.",
		takes: []Type{Date}, make: ofDate(payroll.Date.Year),
	},
	{
		Name: "month", Signature: "month(date) number", Example: "month(datum)", Result: "10",
		English: "The month of a date, 1 to 12.", Dutch: "De maand van een datum, 1 tot en met 12.",
		takes: []Type{Date}, make: ofDate(payroll.Date.Month),
	},
	{
		Name: "day", Signature: "day(date) number", Example: "day(datum)", Result: "1",
		English: "The day of the month of a date.", Dutch: "De dag van de maand van een datum.",
		takes: []Type{Date}, make: ofDate(payroll.Date.Day),
	},
	{
		Name: "weekday", Signature: "weekday(date) number", Example: "weekday(datum)", Result: "4",
		English: "The day of the week of a date: 1 is Monday, 7 is Sunday.",
		Dutch:   "De dag van de week van een datum: 1 is maandag, 7 is zondag.",
		takes:   []Type{Date}, make: ofDate(func(d payroll.Date) int { return (int(d.Time().Weekday())+6)%7 + 1 }),
	},
	{
		Name: "week", Signature: "week(date) number", Example: "week(datum)", Result: "40",
		English: "The number of the week of a date.", Dutch: "Het weeknummer van een datum.",
		takes: []Type{Date}, make: ofDate(func(d payroll.Date) int { _, w := d.Time().ISOWeek(); return w }),
	},
}
