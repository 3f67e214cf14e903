package validate

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"loket-etl/formats"
	"loket-etl/payroll"
)

// Overlap is the rule that one employee's times on a day do not overlap. Start and
// End are the columns, of hours, with the clock times; an end before its start is on
// the next day, and one that equals it is a problem.
type Overlap struct {
	Start string `yaml:"start"`
	End   string `yaml:"end"`
}

// Sums are sums that must be right in every row.
type Sums []Sum

// Sum is one: the Columns, or the time from Start to End without Break, make Equals.
// Empty cells count as 0; hours are compared in hundredths. Times are those of Overlap.
type Sum struct {
	Columns []string `yaml:"columns"`
	Start   string   `yaml:"start"`
	End     string   `yaml:"end"`
	Break   string   `yaml:"break"` // "": none
	Equals  string   `yaml:"equals"`
}

func (s *Sum) check() error {
	worked := s.Start != "" && s.End != "" && len(s.Columns) == 0
	added := s.Start == "" && s.End == "" && s.Break == "" && len(s.Columns) > 0
	if s.Equals == "" || !worked && !added {
		return errors.New("sums: want equals, and columns, or start and end")
	}
	return nil
}

// rowRules are the rules about times and sums, made ready.
type rowRules struct {
	cols       []column
	start, end int // of overlap; -1: not asked
	sums       []sumRule
}

type sumRule struct {
	columns           []int
	start, end, pause int // -1: not given
	equals            int
}

// span is the time of a row, in ticks since day 0.
type span struct {
	employee uint32
	line     int32
	from, to int64
}

// wrongSum is a row in which a sum is not right.
type wrongSum struct {
	employee  uint32
	line      int32
	rule      int32
	got, want int64
	empty     bool // there is nothing to compare with
	same      bool // the start and the end are the same time; with rule -1: of overlap
}

func (r *rowRules) prepare(rules *Rules, cols []Column) error {
	r.start, r.end = -1, -1
	if rules.Overlap == nil && rules.Sums == nil {
		return nil
	}
	r.cols = make([]column, len(cols))
	var errs []error
	find := func(rule, name string, types ...Type) int {
		for i := range cols {
			if cols[i].Name != name || name == "" {
				continue
			}
			if !slices.Contains(types, cols[i].Type) {
				errs = append(errs, fmt.Errorf("%s: column %q is not of the right type", rule, name))
			}
			if err := r.cols[i].notation(cols[i]); err != nil {
				errs = append(errs, err)
			}
			return i
		}
		errs = append(errs, fmt.Errorf("%s: there is no column %q", rule, name))
		return -1
	}
	if o := rules.Overlap; o != nil {
		r.start, r.end = find("overlap", o.Start, Hours), find("overlap", o.End, Hours)
	}
	if rules.Sums != nil {
		for _, s := range *rules.Sums {
			rule := sumRule{start: -1, end: -1, pause: -1, equals: find("sums", s.Equals, Hours, Decimal, Integer)}
			for _, name := range s.Columns {
				rule.columns = append(rule.columns, find("sums", name, Hours, Decimal, Integer))
			}
			if s.Start != "" {
				rule.start, rule.end = find("sums", s.Start, Hours), find("sums", s.End, Hours)
			}
			if s.Break != "" {
				rule.pause = find("sums", s.Break, Hours)
			}
			r.sums = append(r.sums, rule)
		}
	}
	return errors.Join(errs...)
}

// columns are those that the rules look at.
func (r *rowRules) columns() []int {
	var all []int
	for _, c := range []int{r.start, r.end} {
		if c >= 0 {
			all = append(all, c)
		}
	}
	for i := range r.sums {
		s := &r.sums[i]
		all = append(all, s.columns...)
		for _, c := range []int{s.start, s.end, s.pause, s.equals} {
			if c >= 0 {
				all = append(all, c)
			}
		}
	}
	return all
}

const dayTicks = 24 * TicksPerHour

// worked is the ticks from start to end, the next day when that is before it; 0 when
// they are the same time.
func worked(start, end int64) int64 {
	if end < start {
		end += dayTicks
	}
	return end - start
}

// row looks at the times and sums of an accepted row.
func (w *TallyWorker) row(k *RuleKey, values []Value) {
	r := &w.t.row
	if r.instant(r.start, r.end, values) && w.t.left.Add(-1) >= 0 {
		w.wrong = append(w.wrong, wrongSum{employee: w.employees.id(k.Employee), line: int32(k.Line), rule: -1, same: true})
	} else if r.start >= 0 && k.Date != 0 && values[r.start].Set && values[r.end].Set && w.t.left.Add(-1) >= 0 {
		from := int64(k.Date.Time().Unix()/86_400)*dayTicks + values[r.start].Num
		w.spans = append(w.spans, span{w.employees.id(k.Employee), int32(k.Line), from, from + worked(values[r.start].Num, values[r.end].Num)})
	}
	for i := range r.sums {
		s := &r.sums[i]
		same := r.instant(s.start, s.end, values)
		if same && s.start == r.start && s.end == r.end {
			continue // said above
		}
		got, ok := r.sum(s, values)
		want, ok2 := r.ticks(s.equals, values)
		empty := !values[s.equals].Set
		if ok && ok2 && !same && (r.same(s, got, want) && (!empty || got == 0)) {
			continue
		}
		if w.t.left.Add(-1) < 0 {
			return
		}
		w.wrong = append(w.wrong, wrongSum{w.employees.id(k.Employee), int32(k.Line), int32(i), got, want, empty, same})
	}
}

// instant says that a row begins and ends at the same time.
func (r *rowRules) instant(start, end int, values []Value) bool {
	return start >= 0 && values[start].Set && values[end].Set && worked(values[start].Num, values[end].Num) == 0
}

// same compares two sums, hours by their hundredths.
func (r *rowRules) same(s *sumRule, a, b int64) bool {
	if r.cols[s.equals].Type == Hours {
		return roundTicks(a) == roundTicks(b)
	}
	return a == b
}

func (r *rowRules) sum(s *sumRule, values []Value) (int64, bool) {
	if s.start >= 0 {
		if !values[s.start].Set || !values[s.end].Set {
			return 0, values[s.start].Set == values[s.end].Set
		}
		v := worked(values[s.start].Num, values[s.end].Num)
		if s.pause >= 0 {
			v -= values[s.pause].Num
		}
		return v, true
	}
	total, good := int64(0), true
	for _, c := range s.columns {
		v, ok := r.ticks(c, values)
		next := total + v
		good = good && ok && ((next > total) == (v > 0) || v == 0)
		total = next
	}
	return total, good
}

// ticks is a number in ticks; false when it does not fit.
func (r *rowRules) ticks(c int, values []Value) (int64, bool) {
	v, unit := values[c].Num, int64(1)
	if !values[c].Set {
		return 0, true
	}
	switch r.cols[c].Type {
	case Decimal:
		unit = TicksPerHour / DecimalUnit
	case Integer:
		unit = TicksPerHour
	}
	return v * unit, v <= math.MaxInt64/unit && v >= math.MinInt64/unit
}

// rowFindings are what the rules about times and sums found.
func (t *Tally) rowFindings() []finding {
	var spans []span
	var found []finding
	for _, w := range t.workers {
		spans = append(spans, w.spans...)
		for _, s := range w.wrong {
			found = append(found, finding{t.row.problem(&s), []byte(t.employees.text[s.employee-1])})
		}
	}
	slices.SortFunc(spans, func(a, b span) int {
		return cmp.Or(cmp.Compare(a.employee, b.employee), cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to), cmp.Compare(a.line, b.line))
	})
	last := 0 // the one that ends last of those before
	for i := 1; i < len(spans); i++ {
		a, b := &spans[last], &spans[i]
		if a.employee == b.employee && b.from < a.to && a.line != b.line {
			found = append(found, finding{t.row.overlaps(a, b), []byte(t.employees.text[b.employee-1])})
		}
		if a.employee != b.employee || b.to >= a.to {
			last = i
		}
	}
	return found
}

func (r *rowRules) overlaps(a, b *span) formats.Problem {
	if a.line > b.line {
		a, b = b, a
	}
	day := payroll.Date(1970_01_01).AddDays(int(b.from / dayTicks))
	p := r.cols[r.start].problem(int(b.line), nil, "overlap",
		fmt.Sprintf("De tijden op deze regel overlappen op %s die van dezelfde medewerker op regel %d.", day.Dutch(), a.line),
		"Verbeter het begin of het eind van een van beide regels.")
	return p
}

func (r *rowRules) problem(w *wrongSum) formats.Problem {
	if w.same {
		start, end := r.start, r.end
		if w.rule >= 0 {
			start, end = r.sums[w.rule].start, r.sums[w.rule].end
		}
		return r.cols[end].problem(int(w.line), nil, "geen-tijd",
			fmt.Sprintf("%s en %s zijn gelijk.", r.cols[start].Header, r.cols[end].Header),
			"Verbeter begin of eind, of haal de regel weg. Een hele dag is van 0:00 tot 24:00.")
	}
	s := &r.sums[w.rule]
	what, verb := "", "tellen op tot"
	if s.start >= 0 {
		what, verb = fmt.Sprintf("De tijd van %s tot %s", r.cols[s.start].Header, r.cols[s.end].Header), "is"
		if s.pause >= 0 {
			what += " zonder " + r.cols[s.pause].Header
		}
	} else {
		var names []string
		for _, c := range s.columns {
			names = append(names, r.cols[c].Header)
		}
		what = "De kolommen " + strings.Join(names, " + ")
	}
	stands := payroll.Hours(roundTicks(w.want)).Comma()
	if w.empty {
		stands = "niets"
	}
	return r.cols[s.equals].problem(int(w.line), nil, "optelling",
		fmt.Sprintf("%s %s %s, maar hier staat %s.", what, verb, payroll.Hours(roundTicks(w.got)).Comma(), stands),
		"Verbeter een van de getallen op deze regel.")
}
