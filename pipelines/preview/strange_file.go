package preview

import (
	"maps"
	"slices"

	"loket-etl/payroll"
)

// equal tells of a component of which everybody has the same, where that was not
// so before.
func (x *strange) equal() {
	now, past := alike(x.sums), alike(x.past)
	for _, t := range x.totals {
		if t.Employees < fewEqual {
			continue
		}
		k := sum{who{client: t.Clientnummer}, t.Period, t.Component}
		here := now[k]
		if here.people < fewEqual || here.differ || here.people < t.Employees {
			continue
		}
		differed, ever := false, false
		for _, p := range t.Periods {
			k.period = p
			before := past[k]
			ever, differed = ever || before.people > 1, differed || before.differ
		}
		if ever && !differed {
			continue // it always was
		}
		k.period = t.Period
		x.add(AllEqual, k, int64(here.people), "Alle %d werknemers van clientnummer %d hebben precies evenveel op component %d in periode %s: %s. Is er een kolom doorgekopieerd?",
			here.people, t.Clientnummer, t.Component, t.Period, x.text(t.Component, here.value))
	}
}

// shared is what those have who have something.
type shared struct {
	value  int64
	people int
	differ bool
}

// alike is that of every component of an employer in a period.
func alike(sums map[sum]int64) map[sum]shared {
	all := map[sum]shared{}
	for k, v := range sums {
		if v == 0 {
			continue
		}
		s := all[k.ofAll()]
		s.differ = s.differ || s.people > 0 && v != s.value
		s.people, s.value = s.people+1, v
		all[k.ofAll()] = s
	}
	return all
}

// zero tells of zeros: of the whole file, or of somebody who always had something.
func (x *strange) zero() {
	some := false
	for _, v := range x.sums {
		some = some || v != 0
	}
	if !some {
		if n := len(x.sums); n > 0 {
			x.add(AllZero, sum{}, 0, "Alle %d waarden in dit bestand zijn 0.", n)
		}
		return
	}
	for k, v := range x.sums {
		if v != 0 {
			continue
		}
		if usual, over := x.usual(k); len(over) > 0 {
			x.add(Zero, k, usual, "Werknemer %d krijgt 0 op component %d in periode %s; gebruikelijk is %s (%s).",
				k.employee, k.component, k.period, x.text(k.component, usual), spanned(over))
		}
	}
}

// centres tells of cost centres that had people and have none in the file.
func (x *strange) centres() {
	type centre struct {
		when
		name string
	}
	in, uses := map[centre]bool{}, map[when]bool{}
	for _, l := range x.lines {
		if l.InFile && l.Kostenplaats != "" {
			at := when{l.Clientnummer, l.Period}
			in[centre{at, l.Kostenplaats}], uses[at] = true, true
		}
	}
	of := map[int][]when{}
	for at := range x.target {
		of[at.client] = append(of[at.client], at)
	}
	had := map[centre]map[int]bool{} // by the period in the file
	for k := range x.now {
		if k.Kostenplaats == "" {
			continue
		}
		for _, at := range of[k.Clientnummer] {
			if slices.Contains(x.target[at], k.Period) {
				c := centre{at, k.Kostenplaats}
				if had[c] == nil {
					had[c] = map[int]bool{}
				}
				had[c][k.Employee] = true
			}
		}
	}
	bare := map[when]int{}
	for c, people := range had {
		of := sum{who: who{client: c.client}, period: c.period}
		switch {
		case !uses[c.when]:
			bare[c.when]++
		case !in[c]:
			x.add(NobodyOf, of, int64(len(people)), "Kostenplaats %s heeft niemand in dit bestand (clientnummer %d, periode %s); in de %s had zij er %d.",
				c.name, c.client, c.period, spanned(x.target[c.when]), len(people))
		}
	}
	for at, n := range bare {
		x.add(NoCentres, sum{who: who{client: at.client}, period: at.period}, int64(n),
			"Dit bestand noemt geen kostenplaatsen (clientnummer %d, periode %s), en eerder stonden er %d in Loket.", at.client, at.period, n)
	}
}

// missing tells of people who are employed, had what the file is about before, and
// have nothing of it now.
func (x *strange) missing() {
	type seen struct {
		who
		period payroll.Period
	}
	here := map[seen]bool{}
	for k := range x.sums {
		here[seen{k.who, k.period}] = true
	}
	about := map[when][]int{}
	for _, t := range x.totals {
		at := when{t.Clientnummer, t.Period}
		about[at] = append(about[at], t.Component)
	}
	for at, components := range about {
		begin, end, err := at.period.Bounds(x.kinds[at.client])
		if err != nil {
			continue
		}
		for id, jobs := range x.persons {
			if id.client != at.client || here[seen{id, at.period}] || !slices.ContainsFunc(jobs, func(p Person) bool {
				return p.InDienst <= end && (p.UitDienst == 0 || p.UitDienst >= begin)
			}) {
				continue
			}
			x.absent(id, at, components)
		}
	}
}

// absent tells of somebody whose first usual component is not there now.
func (x *strange) absent(id who, at when, components []int) {
	for _, c := range components {
		if _, stands := x.past[sum{id, at.period, c}]; stands {
			return
		}
	}
	for _, c := range components {
		k := sum{id, at.period, c}
		if usual, over := x.usual(k); len(over) > 0 {
			x.add(Missing, k, usual, "Werknemer %d (clientnummer %d) is in dienst en staat niet in dit bestand voor periode %s; gebruikelijk is %s op component %d (%s).",
				id.employee, id.client, at.period, x.text(c, usual), c, spanned(over))
			return
		}
	}
}

// offTotals tells of components of which the file has much more or less than
// there used to be.
func (x *strange) offTotals() {
	if x.part {
		return // a file of many: what it has by itself says nothing
	}
	for _, t := range x.totals {
		var all []int64
		var over []payroll.Period
		for i, e := range t.Earlier {
			if e.Set && e.Value > 0 {
				all, over = append(all, e.Value), append(over, t.Periods[i])
			}
		}
		if len(all) == 0 || !t.After.Set {
			continue
		}
		usual, after := median(all), t.After.Value
		enough := int64(enoughTotalEuros)
		if t.Hours {
			enough = enoughTotalHours
		}
		times := "meer dan het dubbele van"
		switch {
		case after-usual < enough && usual-after < enough:
			continue
		case after >= otherTotal*usual:
		case after <= usual/otherTotal:
			times = "minder dan de helft van"
		default:
			continue
		}
		x.add(OtherTotal, sum{who{client: t.Clientnummer}, t.Period, t.Component}, 0, "Component %d komt in periode %s (clientnummer %d) op %s: %s de gebruikelijke %s (%s).",
			t.Component, t.Period, t.Clientnummer, x.text(t.Component, after), times, x.text(t.Component, usual), spanned(over))
	}
}

// beside tells of what somebody in the file has in Loket that the file does not:
// it is paid as well.
func (x *strange) beside() {
	if x.part {
		return
	}
	kept := map[sum]int64{}
	for _, l := range x.lines {
		if !l.InFile && l.Now.Value != 0 {
			kept[sumOf(l.Key)] += l.Now.Value
		}
	}
	for _, k := range slices.SortedFunc(maps.Keys(kept), func(a, b sum) int { return a.component - b.component }) {
		x.add(StaysBeside, k, 0, "Werknemer %d: in Loket staat %s op component %d in periode %s; dat staat niet in dit bestand en blijft staan.",
			k.employee, x.text(k.component, kept[k]), k.component, k.period)
	}
}

// nothing tells of a file of which all stands already.
func (x *strange) nothing() {
	n := 0
	for _, l := range x.lines {
		if !l.InFile {
			continue
		}
		if n++; l.After != l.Now {
			return
		}
	}
	if n > 0 && !x.refused {
		x.add(NoChange, sum{}, 0, "Dit bestand verandert niets: alle %d waarden staan al zo in Loket.", n)
	}
}
