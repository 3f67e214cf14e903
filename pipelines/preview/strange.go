package preview

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"loket-etl/payroll"
)

// The codes of findings, the strangest first.
const (
	SameFile     = "bestand-dubbel"       // the bytes of an earlier file
	Impossible   = "meer-dan-kan"         // more hours than the period has
	TimesHundred = "keer-honderd"         // a decimal sign two places off
	Minutes      = "minuten"              // minutes read as hours
	TimesTen     = "keer-tien"            // a decimal sign one place off
	Hundredth    = "een-honderdste"       // the same mistake the other way
	Tenth        = "een-tiende"           // and one place
	OutOfService = "uit-dienst"           // not employed in the period
	AllZero      = "alles-nul"            // nothing but zeros in the file
	AllEqual     = "iedereen-gelijk"      // everybody has the same
	NobodyOf     = "kostenplaats-leeg"    // a cost centre that had people has none
	NoCentres    = "zonder-kostenplaats"  // no cost centres at all, while there were
	AlmostSame   = "bestand-bijna-dubbel" // nearly the values of an earlier file
	OtherTotal   = "totaal-afwijkend"     // the file as a whole is much more or less
	Missing      = "ontbreekt"            // employed, had hours, not in the file
	Zero         = "nul"                  // zero where there always was something
	FarOff       = "afwijkend"            // several times the usual
	StaysBeside  = "blijft-staan"         // stands in Loket and not in the file, and stays
	NoChange     = "verandert-niets"      // all of it stands already
)

// ranks is the order in which findings are told.
var ranks = []string{
	SameFile, Impossible, TimesHundred, Minutes, TimesTen, Hundredth, Tenth, OutOfService, AllZero, AllEqual, NobodyOf, NoCentres,
	AlmostSame, OtherTotal, Missing, Zero, FarOff, StaysBeside, NoChange,
}

// When something is strange. Usual is the median of the earlier periods in which
// somebody had something, or of his colleagues in the file when he never had.
const (
	// farOff: what people work differs by a factor of two easily (a holiday, a
	// part-timer who works more), by four hardly ever.
	farOff = 4
	// enoughHours and enoughEuros: less than this above the usual is a matter of an
	// hour of overtime more, whatever the factor.
	enoughHours = 8_00
	enoughEuros = 50_00
	// fewColleagues: the median of fewer people says nothing.
	fewColleagues = 5
	// minuteHours: less than an hour read as minutes is below this, and is not told
	// from hours.
	minuteHours = 60_00
	// fewEqual: with fewer, the same for all is chance.
	fewEqual = 5
	// otherTotal: a file of twice the usual, or half of it, is another one.
	otherTotal = 2
	// enoughTotalHours and enoughTotalEuros: less than a week of one person is no
	// other total.
	enoughTotalHours = 40_00
	enoughTotalEuros = 500_00
)

// strange looks for what is strange in the lines of a Set.
type strange struct {
	*Set
	lines  []Line
	totals []Total

	sums   map[sum]int64 // what the file brings, by employee, period and component
	past   map[sum]int64 // what stood in earlier periods
	found  []Finding
	part   bool          // the file adds up: it may be one of many
	median map[sum]int64 // of those in the file; employee 0
}

// sum is a component of somebody in a period, over all cost centres and the like.
type sum struct {
	who
	period    payroll.Period
	component int
}

func newStrange(s *Set, lines []Line, past map[sum]int64, r Report) *strange {
	x := &strange{Set: s, lines: lines, totals: r.Totals, sums: map[sum]int64{}, past: past, median: map[sum]int64{}}
	x.part = slices.ContainsFunc(s.file, func(v FileValue) bool { return v.Mode == Add })
	for _, l := range lines {
		if l.InFile && l.File.Set {
			x.sums[sumOf(l.Key)] += l.File.Value
		}
	}
	of := map[sum][]int64{}
	for k, v := range x.sums {
		of[k.ofAll()] = append(of[k.ofAll()], v)
	}
	for k, all := range of {
		if len(all) >= fewColleagues {
			x.median[k] = median(all)
		}
	}
	return x
}

// ofAll is the same of everybody.
func (k sum) ofAll() sum {
	k.employee = 0
	return k
}

func sumOf(k Key) sum { return sum{who{k.Clientnummer, k.Employee}, k.Period, k.Component} }

// median is the middle one, of an even number the lower of the two.
func median(all []int64) int64 {
	slices.Sort(all)
	return all[(len(all)-1)/2]
}

// all is every finding, the strangest first.
func (x *strange) all() []Finding {
	x.scale()
	x.service()
	x.equal()
	x.zero()
	x.centres()
	x.missing()
	x.offTotals()
	x.beside()
	x.nothing()
	Sort(x.found)
	if x.found == nil {
		x.found = []Finding{}
	}
	return x.found
}

// Sort puts findings in the order in which they are told.
func Sort(all []Finding) {
	slices.SortStableFunc(all, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(slices.Index(ranks, a.Code), slices.Index(ranks, b.Code)), cmp.Compare(b.size, a.size),
			cmp.Compare(a.Clientnummer, b.Clientnummer), cmp.Compare(a.Employee, b.Employee), strings.Compare(a.Period, b.Period),
			cmp.Compare(a.Component, b.Component), strings.Compare(a.Message, b.Message))
	})
}

func (x *strange) add(code string, k sum, size int64, format string, args ...any) {
	f := Finding{
		Code: code, Message: fmt.Sprintf(format, args...), Clientnummer: k.client, Employee: k.employee,
		Component: k.component, size: size,
	}
	if k.period != (payroll.Period{}) {
		f.Period = k.period.String()
	}
	x.found = append(x.found, f)
}

// text is a value for people.
func (x *strange) text(component int, v int64) string {
	if x.hours(component) {
		return payroll.Cents(v).Dutch() + " uur"
	}
	return "€ " + payroll.Cents(v).Dutch()
}

// usual is what somebody usually has, and the periods that say so; none when
// there are none.
func (x *strange) usual(k sum) (v int64, over []payroll.Period) {
	var all []int64
	for _, p := range x.target[when{k.client, k.period}] {
		k.period = p
		if v, there := x.past[k]; there && v != 0 {
			all, over = append(all, v), append(over, p)
		}
	}
	if len(all) == 0 {
		return 0, nil
	}
	return median(all), over
}

// spanned names periods, the latest first: "periode 2026-09", or from the first to
// the last.
func spanned(all []payroll.Period) string {
	if len(all) == 1 {
		return "periode " + all[0].String()
	}
	return fmt.Sprintf("periodes %s tot en met %s", all[len(all)-1], all[0])
}

// scale tells of values that are off by a factor that a mistake makes.
func (x *strange) scale() {
	for k, v := range x.sums {
		if x.tooMany(k, v) {
			continue
		}
		usual, over := x.usual(k)
		basis := ""
		if len(over) > 0 {
			basis = fmt.Sprintf("de gebruikelijke %s (%s)", x.text(k.component, usual), spanned(over))
		} else {
			usual = x.median[k.ofAll()]
			basis = fmt.Sprintf("de %s die collega's in dit bestand meestal hebben", x.text(k.component, usual))
		}
		x.offBy(k, v, usual, basis, len(over) > 0)
	}
}

// offBy tells of a value that is off from the usual one, which is his own or that of
// his colleagues: some of those work more than others, so only the factors of
// mistakes count there.
func (x *strange) offBy(k sum, v, usual int64, basis string, own bool) {
	if usual < 0 {
		v, usual = -v, -usual
	}
	enough := int64(enoughEuros)
	if x.hours(k.component) {
		enough = enoughHours
	}
	if usual > 0 && usual-v >= enough {
		x.offDown(k, v, usual, basis)
	}
	if usual <= 0 || v-usual < enough {
		return
	}
	said := func(code, times, ask string) {
		x.add(code, k, v/usual, "Werknemer %d heeft %s op component %d in periode %s: ongeveer %s keer %s. %s",
			k.employee, x.text(k.component, x.sums[k]), k.component, k.period, times, basis, ask)
	}
	switch between := func(low, high int64) bool { return v >= low*usual/10 && v <= high*usual/10 }; {
	case between(800, 1250):
		said(TimesHundred, "100", "Staat het decimaalteken goed?")
	case between(500, 750) && x.hours(k.component) && v >= minuteHours:
		said(Minutes, "60", "Zijn dit minuten in plaats van uren?")
	case between(80, 125):
		said(TimesTen, "10", "Staat het decimaalteken goed?")
	case own && v >= farOff*usual:
		said(FarOff, fmt.Sprint(v/usual), "Klopt dat?")
	}
}

// offDown is offBy for values that are too small. A file of many brings a part at a
// time, so that a small one says nothing.
func (x *strange) offDown(k sum, v, usual int64, basis string) {
	if x.part {
		return
	}
	switch between := func(low, high int64) bool { return usual >= low*v/10 && usual <= high*v/10 }; {
	case between(800, 1250):
		x.add(Hundredth, k, usual, "Werknemer %d heeft %s op component %d in periode %s: ongeveer een honderdste van %s. Staat het decimaalteken goed?",
			k.employee, x.text(k.component, v), k.component, k.period, basis)
	case between(80, 125):
		x.add(Tenth, k, usual, "Werknemer %d heeft %s op component %d in periode %s: ongeveer een tiende van %s. Staat het decimaalteken goed?",
			k.employee, x.text(k.component, v), k.component, k.period, basis)
	}
}

// tooMany tells of more hours than a period has.
func (x *strange) tooMany(k sum, v int64) bool {
	begin, end, err := k.period.Bounds(x.kinds[k.client])
	if err != nil || !x.hours(k.component) {
		return false
	}
	days := int64(end.Time().Sub(begin.Time())/(24*time.Hour)) + 1
	if v <= days*24*100 {
		return false
	}
	x.add(Impossible, k, v, "Werknemer %d heeft %s op component %d in periode %s, en die periode heeft maar %d uur. Zijn dit minuten, of staat het decimaalteken verkeerd?",
		k.employee, x.text(k.component, v), k.component, k.period, days*24)
	return true
}

// service tells of people who are not employed, or not the whole period.
func (x *strange) service() {
	told := map[sum]bool{}
	for k, v := range x.sums {
		of := sum{who: k.who, period: k.period}
		begin, end, err := k.period.Bounds(x.kinds[k.client])
		jobs := x.persons[k.who]
		if err != nil || len(jobs) == 0 || v == 0 || told[of] {
			continue
		}
		told[of] = true
		last := jobs[0]
		for _, p := range jobs {
			if p.UitDienst == 0 || last.UitDienst != 0 && p.UitDienst > last.UitDienst {
				last = p
			}
		}
		switch {
		case last.UitDienst != 0 && last.UitDienst < begin:
			x.add(OutOfService, of, 2, "Werknemer %d is sinds %s uit dienst en heeft waarden in periode %s.", k.employee, last.UitDienst.Dutch(), k.period)
		case last.InDienst > end:
			x.add(OutOfService, of, 2, "Werknemer %d komt pas op %s in dienst en heeft waarden in periode %s.", k.employee, last.InDienst.Dutch(), k.period)
		case last.UitDienst != 0 && last.UitDienst < end:
			x.add(OutOfService, of, 1, "Werknemer %d gaat op %s uit dienst, in de loop van periode %s. Kijk of de waarden daarbij passen.", k.employee, last.UitDienst.Dutch(), k.period)
		}
	}
}
