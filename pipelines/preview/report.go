package preview

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"loket-etl/payroll"
)

// Report is what a Set comes to.
type Report struct {
	Standing  string // a checksum of what stands now under the file
	Strange   []Finding
	Totals    []Total
	Employees []Employee
}

// Report compares all that was collected.
func (s *Set) Report() Report {
	after, brought := s.after(), map[Key]Amount{}
	lines := make([]Line, 0, len(s.file))
	for _, v := range s.file {
		b, seen := brought[v.Key]
		if !v.None {
			b = Of(b.Value + v.Value)
		}
		brought[v.Key] = b
		if !seen {
			lines = append(lines, Line{Key: v.Key, InFile: true})
		}
	}
	lines = append(lines, s.beside(brought)...)
	for i := range lines {
		l := &lines[i]
		l.Hours, l.File = s.hours(l.Component), brought[l.Key]
		if now, there := s.now[l.Key]; there {
			l.Now = Of(now)
		}
		if l.After = l.Now; l.InFile {
			l.After = after[l.Key]
		}
		l.Earlier = s.earlier(l.Key)
	}
	past := s.past()
	for i := range lines {
		s.whole(&lines[i], past)
	}
	slices.SortFunc(lines, compareLines)
	r := Report{Standing: standing(lines), Totals: s.totals(lines), Employees: group(lines)}
	x := newStrange(s, lines, past, r)
	r.Strange = x.all()
	r.order()
	return r
}

// order puts employees in the order of what is strange about them.
func (r *Report) order() {
	count, at := map[who]int{}, map[who]int{}
	for i, f := range r.Strange {
		id := who{f.Clientnummer, f.Employee}
		if count[id]++; count[id] == 1 {
			at[id] = i
		}
	}
	for i := range r.Employees {
		e := &r.Employees[i]
		e.Strange = count[who{e.Clientnummer, e.Number}]
	}
	place := func(e Employee) int {
		if e.Strange == 0 {
			return len(r.Strange)
		}
		return at[who{e.Clientnummer, e.Number}]
	}
	slices.SortStableFunc(r.Employees, func(a, b Employee) int { return cmp.Compare(place(a), place(b)) })
}

// beside are the values of employees in the file that the file does not have, in
// the same periods: they stay as they are.
func (s *Set) beside(brought map[Key]Amount) []Line {
	in := map[who]map[payroll.Period]bool{}
	for k := range brought {
		id := who{k.Clientnummer, k.Employee}
		if in[id] == nil {
			in[id] = map[payroll.Period]bool{}
		}
		in[id][k.Period] = true
	}
	var all []Line
	for k := range s.now {
		if _, has := brought[k]; !has && in[who{k.Clientnummer, k.Employee}][k.Period] {
			all = append(all, Line{Key: k})
		}
	}
	return all
}

// earlier is the same value in the periods before.
func (s *Set) earlier(k Key) []Amount {
	before := s.target[when{k.Clientnummer, k.Period}]
	all := make([]Amount, len(before))
	for i, p := range before {
		k.Period = p
		if v, there := s.now[k]; there {
			all[i] = Of(v)
		}
	}
	return all
}

// past is what stands, over all cost centres and the like.
func (s *Set) past() map[sum]int64 {
	all := map[sum]int64{}
	for k, v := range s.now {
		all[sumOf(k)] += v
	}
	return all
}

// whole fills in Whole.
func (s *Set) whole(l *Line, past map[sum]int64) {
	if slices.ContainsFunc(l.Earlier, func(a Amount) bool { return a.Set }) {
		return
	}
	k := sumOf(l.Key)
	for i, p := range s.target[when{l.Clientnummer, l.Period}] {
		k.period = p
		if v, there := past[k]; there {
			if l.Whole == nil {
				l.Whole = make([]Amount, len(l.Earlier))
			}
			l.Whole[i] = Of(v)
		}
	}
}

// standing is a checksum of what stands, of sorted lines.
func standing(lines []Line) string {
	sum := sha256.New()
	for _, l := range lines {
		if l.Now.Set {
			fmt.Fprintf(sum, "%v %d\n", l.Key, l.Now.Value)
		}
	}
	return hex.EncodeToString(sum.Sum(nil))
}

func comparePeriods(a, b payroll.Period) int {
	return cmp.Or(cmp.Compare(a.Year, b.Year), cmp.Compare(a.Number, b.Number))
}

func compareLines(a, b Line) int {
	return cmp.Or(cmp.Compare(a.Clientnummer, b.Clientnummer), comparePeriods(a.Period, b.Period), cmp.Compare(a.Employee, b.Employee),
		cmp.Compare(a.Component, b.Component), cmp.Compare(a.Strook, b.Strook), cmp.Compare(a.Ploeg, b.Ploeg),
		cmp.Compare(a.Verdeeleenheid, b.Verdeeleenheid), strings.Compare(a.Kostenplaats, b.Kostenplaats), strings.Compare(a.Kostendrager, b.Kostendrager))
}

// group puts sorted lines together by employee and period.
func group(lines []Line) []Employee {
	all := []Employee{}
	for i, from := 1, 0; i <= len(lines); i++ {
		a := lines[from]
		if i < len(lines) && a.Clientnummer == lines[i].Clientnummer && a.Period == lines[i].Period && a.Employee == lines[i].Employee {
			continue
		}
		e := Employee{Clientnummer: a.Clientnummer, Number: a.Employee, Period: a.Period, Lines: lines[from:i:i]}
		for _, l := range e.Lines {
			if l.Hours {
				e.Hours += l.Difference()
			} else {
				e.Euros += l.Difference()
			}
		}
		all, from = append(all, e), i
	}
	return all
}

// totals adds up everybody of an employer, also who is not in the file.
func (s *Set) totals(lines []Line) []Total {
	type of struct {
		when
		component int
	}
	sums := map[of]*Total{}
	people := map[of]map[int]bool{}
	plus := func(a *Amount, b Amount) {
		if b.Set {
			*a = Of(a.Value + b.Value)
		}
	}
	for _, l := range lines {
		if !l.InFile {
			continue
		}
		at := of{when{l.Clientnummer, l.Period}, l.Component}
		t := sums[at]
		if t == nil {
			before := s.target[at.when]
			t = &Total{Clientnummer: l.Clientnummer, Period: l.Period, Component: l.Component, Hours: l.Hours, Periods: before, Earlier: make([]Amount, len(before))}
			sums[at], people[at] = t, map[int]bool{}
		}
		people[at][l.Employee] = true
		plus(&t.File, l.File)
		plus(&t.After, l.After)
		if l.Now.Set { // counted with what stands below
			t.After = Of(t.After.Value - l.Now.Value)
		}
	}
	about := map[[2]int][]*Total{}
	for at, t := range sums {
		key := [2]int{at.client, at.component}
		about[key] = append(about[key], t)
	}
	for k, v := range s.now {
		for _, t := range about[[2]int{k.Clientnummer, k.Component}] {
			if t.Period == k.Period {
				plus(&t.Now, Of(v))
				plus(&t.After, Of(v))
			}
			for i, p := range t.Periods {
				if p == k.Period {
					plus(&t.Earlier[i], Of(v))
				}
			}
		}
	}
	all := []Total{}
	for at, t := range sums {
		t.Employees = len(people[at])
		all = append(all, *t)
	}
	slices.SortFunc(all, func(a, b Total) int {
		return cmp.Or(cmp.Compare(a.Clientnummer, b.Clientnummer), comparePeriods(a.Period, b.Period), cmp.Compare(a.Component, b.Component))
	})
	return all
}
