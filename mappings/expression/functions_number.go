package expression

import (
	"github.com/expr-lang/expr/ast"

	"loket-etl/validate"
)

// rounding is a function that rounds to decimals.
func rounding(how way) func(*compiler, ast.Node, []*Node) *Node {
	return func(c *compiler, at ast.Node, a []*Node) *Node {
		parts := int64(1)
		for range c.whole(at, a[1], "decimals", 0, 9) {
			parts *= 10
		}
		return Round(a[0], parts, how)
	}
}

// Round is a number in whole steps of 1/parts.
func Round(of *Node, parts int64, how way) *Node {
	n := over(Number, of)
	return checked(n, func(s *State) (Num, bool) { return of.num(s).round(parts, how) })
}

// Ways are the ways of Round by the names that a mapping uses.
var Ways = map[string]way{"half-up": halfUp, "half-even": halfEven, "up": up, "down": down}

// Converted is a number times another by a whole number more than 0, filled when the
// first is: when only the other is empty, the row has a problem.
func Converted(a, b *Node, by int64) *Node {
	n := Times(a, b, by)
	n.filled = a.filled
	return n
}

// Times is two numbers multiplied, and divided by a whole number more than 0.
func Times(a, b *Node, by int64) *Node {
	n := over(numbers(a, b), a, b)
	return checked(n, func(s *State) (Num, bool) {
		v, ok := a.num(s).mul(b.num(s))
		if !ok || by == 1 {
			return v, ok
		}
		return v.mul(Num{1, by})
	})
}

// extreme is the least or greatest of numbers.
func extreme(sign int) func(*compiler, ast.Node, []*Node) *Node {
	return func(_ *compiler, _ ast.Node, a []*Node) *Node {
		n := over(numbers(a...), a...)
		n.num = func(s *State) Num {
			best := a[0].num(s)
			for _, b := range a[1:] {
				if v := b.num(s); v.compare(best) == sign {
					best = v
				}
			}
			return best
		}
		return n
	}
}

var numberFunctions = []Function{
	{
		Name: "round", Signature: "round(number, decimals) number", Example: "round(uren / 7, 2)", Result: "1.07",
		English: "A number with so many decimals; halves go away from zero.",
		Dutch:   "Een getal met zoveel decimalen; een half wordt van nul af gerond.",
		takes:   []Type{Number, Number}, make: rounding(halfUp),
	},
	{
		Name: "round_even", Signature: "round_even(number, decimals) number", Example: "round_even(0.125, 2)", Result: "0.12",
		English: "A number with so many decimals; halves go to the even neighbour.",
		Dutch:   "Een getal met zoveel decimalen; een half wordt naar het even cijfer gerond.",
		takes:   []Type{Number, Number}, make: rounding(halfEven),
	},
	{
		Name: "round_up", Signature: "round_up(number, decimals) number", Example: "round_up(7.01, 1)", Result: "7.1",
		English: "A number with so many decimals, away from zero.",
		Dutch:   "Een getal met zoveel decimalen, van nul af gerond.",
		takes:   []Type{Number, Number}, make: rounding(up),
	},
	{
		Name: "round_down", Signature: "round_down(number, decimals) number", Example: "round_down(7.99, 1)", Result: "7.9",
		English: "A number with so many decimals, towards zero.",
		Dutch:   "Een getal met zoveel decimalen, naar nul toe gerond.",
		takes:   []Type{Number, Number}, make: rounding(down),
	},
	{
		Name: "round_to", Signature: "round_to(number, step) number", Example: "round_to(7.40, 0.25)", Result: "7.5",
		English: "The nearest whole number of steps, such as quarters of an hour; halves go away from zero.",
		Dutch:   "Het dichtstbijzijnde hele aantal stappen, bijvoorbeeld kwartieren; een half wordt van nul af gerond.",
		takes:   []Type{Number, Number},
		make: func(c *compiler, at ast.Node, a []*Node) *Node {
			if !a[1].fixed || a[1].num(&State{}).n <= 0 {
				c.fail(at, "round_to(uren, 0.25)", "step must be more than 0, the same for every row")
			}
			step := a[1].num(&State{})
			return checked(over(Number, a[0]), func(s *State) (Num, bool) {
				v, ok := a[0].num(s).div(step)
				if ok {
					v, ok = v.round(1, halfUp)
				}
				if !ok {
					return v, false
				}
				return v.mul(step)
			})
		},
	},
	{
		Name: "min", Signature: "min(a, b, ...) number", Example: "min(uren, 8)", Result: "7.5",
		English: "The least of numbers.", Dutch: "Het kleinste van getallen.",
		takes: []Type{Number}, least: 2, more: true, make: extreme(-1),
	},
	{
		Name: "max", Signature: "max(a, b, ...) number", Example: "max(uren - 8, 0)", Result: "0",
		English: "The greatest of numbers.", Dutch: "Het grootste van getallen.",
		takes: []Type{Number}, least: 2, more: true, make: extreme(1),
	},
	{
		Name: "abs", Signature: "abs(number) number", Example: "abs(-3)", Result: "3",
		English: "A number without its minus sign.", Dutch: "Een getal zonder minteken.",
		takes: []Type{Number},
		make: func(_ *compiler, _ ast.Node, a []*Node) *Node {
			return checked(over(a[0].Type, a...), func(s *State) (Num, bool) {
				v := a[0].num(s)
				if v.n < 0 {
					return v.neg()
				}
				return v, true
			})
		},
	},
	{
		Name: "percent", Signature: "percent(number, percentage) number", Example: "percent(uren, 125)", Result: "9.375",
		English: "A percentage of a number, not rounded: round(percent(uren, 125), 2).",
		Dutch:   "Een percentage van een getal, niet gerond: round(percent(uren, 125), 2).",
		takes:   []Type{Number, Number},
		make:    func(_ *compiler, _ ast.Node, a []*Node) *Node { return Times(a[0], a[1], 100) },
	},
}

var hourFunctions = []Function{
	{
		Name: "minutes_to_hours", Signature: "minutes_to_hours(minutes) number", Example: "minutes_to_hours(minuten)", Result: "7.5",
		English: "Minutes as hours, exactly: 20 minutes is a third of an hour.",
		Dutch:   "Minuten als uren, precies: 20 minuten is een derde uur.",
		takes:   []Type{Number},
		make:    func(_ *compiler, _ ast.Node, a []*Node) *Node { return Times(a[0], OfNum(Int(1)), 60) },
	},
	{
		Name: "seconds_to_hours", Signature: "seconds_to_hours(seconds) number", Example: "seconds_to_hours(5400)", Result: "1.5",
		English: "Seconds as hours, exactly.", Dutch: "Seconden als uren, precies.",
		takes: []Type{Number},
		make:  func(_ *compiler, _ ast.Node, a []*Node) *Node { return Times(a[0], OfNum(Int(1)), 3600) },
	},
	{
		Name: "hours_between", Signature: "hours_between(start, end, break) number", Example: "hours_between(begin, einde, pauze)", Result: "8",
		English: "The hours from start to end, the next day when end is before start, less the break, which may be left out.",
		Dutch:   "De uren van begin tot eind, de volgende dag als het eind voor het begin ligt, zonder de pauze, die mag ontbreken.",
		takes:   []Type{Number, Number, Number}, least: 2,
		make: func(_ *compiler, _ ast.Node, a []*Node) *Node { return HoursBetween(a) },
	},
}

const day = 24 * validate.TicksPerHour

// HoursBetween is the hours from a start to an end, less the break that may be the
// third. An end before the start is on the next day; one that equals the start is a
// problem. An empty break is none; it is filled when the start or the end is.
func HoursBetween(a []*Node) *Node {
	n := over(Number, a[0], a[1])
	n.filled = anyFilled(a[:2])
	if len(a) > 2 {
		n.Columns = append(n.Columns, a[2].Columns...)
	}
	clock := func(s *State, of *Node) int64 {
		v, exact := of.num(s).Parts(validate.TicksPerHour)
		if !exact || v < 0 || v > day {
			s.Fail(Failure{Column: of.Column, Code: "geen-tijdstip", Message: "Dit is geen tijdstip van 0:00 tot en met 24:00.", Repair: "Schrijf het tijdstip als 8:30."})
		}
		return v
	}
	n.num = func(s *State) Num {
		from, to := clock(s, a[0]), clock(s, a[1])
		if to < from {
			to += day
		}
		worked := to - from
		if worked == 0 {
			s.Fail(Failure{Column: a[1].Column, Code: "geen-tijd", Message: "Begin en eind zijn gelijk.", Repair: "Verbeter begin of eind, of haal de regel weg. Een hele dag is van 0:00 tot 24:00."})
		}
		if len(a) > 2 && a[2].Filled(s) {
			pause, exact := a[2].num(s).Parts(validate.TicksPerHour)
			if worked -= pause; !exact || pause < 0 || worked < 0 {
				s.Fail(Failure{Column: a[2].Column, Code: "pauze", Message: "De pauze is negatief of langer dan de tijd tussen begin en eind.", Repair: "Controleer begin, eind en pauze."})
			}
		}
		return Num{worked, validate.TicksPerHour}
	}
	return n
}

// Sum is numbers added up; an empty one counts for nothing, and when all are empty
// so is the sum.
func Sum(of []*Node) *Node {
	n := over(numbers(of...), of...)
	n.filled = anyFilled(of)
	return checked(n, func(s *State) (Num, bool) {
		total, ok := Num{0, 1}, true
		for _, a := range of {
			if a.Filled(s) && ok {
				total, ok = total.add(a.num(s))
			}
		}
		return total, ok
	})
}

func anyFilled(of []*Node) func(*State) bool {
	return func(s *State) bool {
		for _, a := range of {
			if a.Filled(s) {
				return true
			}
		}
		return false
	}
}
