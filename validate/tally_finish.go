package validate

import (
	"cmp"
	"fmt"
	"slices"

	"loket-etl/formats"
	"loket-etl/payroll"
)

// finding is a problem and the employee it is about.
type finding struct {
	p        formats.Problem
	employee []byte
}

// Finish reports what the rules found, in line order, after the last Observe of
// every worker. Employee is the RuleKey.Employee that a problem is about, nil
// when it is about the whole file. Call it once.
func (t *Tally) Finish(report func(p formats.Problem, employee []byte)) {
	var found []finding
	whole := func(p formats.Problem) { found = append(found, finding{p, nil}) }
	for _, w := range t.workers {
		for s := range w.buffers {
			t.shards[s].take(t, w.buffers[s])
			w.buffers[s] = nil
		}
	}
	t.periods(whole)
	t.totals(whole)
	if t.left.Load() < 0 {
		whole(formats.Problem{
			Code:    "te-veel-combinaties",
			Message: fmt.Sprintf("Het bestand heeft meer dan %d verschillende combinaties van medewerker, datum en code; zo veel zijn niet tegelijk te controleren.", t.rules.MaxKeys),
			Repair:  "Splits het bestand, bijvoorbeeld per maand of per werkgever.",
		})
	} else {
		for s := range t.shards {
			found = append(found, t.shardFindings(&t.shards[s])...)
		}
		found = append(found, t.rowFindings()...)
	}
	slices.SortStableFunc(found, func(a, b finding) int {
		return cmp.Or(cmp.Compare(a.p.Line, b.p.Line), cmp.Compare(a.p.Code, b.p.Code), cmp.Compare(a.p.Message, b.p.Message))
	})
	for _, f := range found {
		report(f.p, f.employee)
	}
}

func (t *Tally) shardFindings(s *shard) (found []finding) {
	for _, r := range s.again {
		found = append(found, finding{formats.Problem{
			Line: int(r.line), Code: "dubbele-rij",
			Message: fmt.Sprintf("Deze medewerker heeft op %s al een rij met dezelfde code, op regel %d.", dayOf(r.key).Dutch(), s.rows.lines[s.rows.slot(r.key)]),
			Repair:  "Haal een van beide rijen weg, of tel ze in één rij bij elkaar op.",
		}, t.employee(r.key)})
	}
	limit := int64(t.rules.HoursPerDay) * (TicksPerHour / 100)
	if limit == 0 {
		return found
	}
	for i, key := range s.days.keys {
		sum := s.days.sums[i]
		if key == 0 || sum <= limit {
			continue
		}
		found = append(found, finding{formats.Problem{
			Line: int(s.days.lines[i]), Code: "te-veel-uren-per-dag",
			Message: fmt.Sprintf("Deze medewerker heeft op %s samen %s uren, meer dan %s op een dag.",
				dayOf(key).Dutch(), payroll.Hours(roundTicks(sum)).Comma(), t.rules.HoursPerDay.Comma()),
			Repair: "Controleer de uren van die dag, te beginnen op deze regel.",
		}, t.employee(key)})
	}
	return found
}

func (t *Tally) employee(key uint64) []byte { return []byte(t.employees.text[key>>40-1]) }

// dayOf undoes the day number of a key.
func dayOf(key uint64) payroll.Date {
	n := int(key & (1<<24 - 1))
	return payroll.Date(n/372*10000 + (n%372/31+1)*100 + n%31 + 1)
}

func (t *Tally) periods(report func(formats.Problem)) {
	var all []periodSeen
	for _, w := range t.workers {
		for _, p := range w.periods {
			if i := slices.IndexFunc(all, func(q periodSeen) bool { return q.period == p.period }); i >= 0 {
				all[i].line = min(all[i].line, p.line)
			} else {
				all = append(all, p)
			}
		}
	}
	slices.SortFunc(all, func(a, b periodSeen) int { return cmp.Compare(a.line, b.line) })
	for i, p := range all {
		if i > 0 {
			report(formats.Problem{
				Line: p.line, Code: "andere-periode",
				Message: fmt.Sprintf("Deze rij valt in periode %s, terwijl het bestand begint met periode %s (regel %d).", p.period, all[0].period, all[0].line),
				Repair:  "Lever per periode een eigen bestand aan.",
			})
		}
	}
}

// totals holds the control totals against what was read.
func (t *Tally) totals(report func(formats.Problem)) {
	if t.rules.ControlTotal == nil {
		return
	}
	c := &t.control
	repair := "Controleer of het bestand volledig is en exporteer het zo nodig opnieuw."
	if c.found == 0 {
		report(formats.Problem{Code: "controletotaal-ontbreekt",
			Message: "De regel met totalen ontbreekt; het bestand kan zijn afgekapt.", Repair: repair})
		return
	}
	if c.unread || c.duplicate {
		return
	}
	var rows, observed, sum int64
	overflow := false
	for _, w := range t.workers {
		rows, observed = rows+w.rows, observed+w.observed
		next := sum + w.sum
		overflow = overflow || w.overflow || (next > sum) != (w.sum > 0) && w.sum != 0
		sum = next
	}
	if c.rows >= 0 && rows != c.wantRows {
		report(c.cols[c.rows].problem(c.found, nil, "controletotaal",
			fmt.Sprintf("Volgens de regel met totalen heeft het bestand %d rijen; het zijn er %d.", c.wantRows, rows), repair))
	}
	if c.sum < 0 {
		return
	}
	k := &c.cols[c.sum]
	switch {
	case observed != rows:
		report(k.problem(c.found, nil, "controletotaal", "Het totaal kan niet worden nagerekend, omdat er rijen zijn afgekeurd.", "Verbeter eerst die rijen."))
	case overflow || !k.sameSum(sum, c.wantSum):
		report(k.problem(c.found, nil, "controletotaal",
			fmt.Sprintf("Volgens de regel met totalen is het totaal %s; de rijen tellen op tot %s.", k.sumText(c.wantSum), k.sumText(sum)), repair))
	}
}

// sameSum compares totals; hours in minutes may differ from their decimal total
// by the rounding of that total.
func (k *column) sameSum(a, b int64) bool {
	if k.Type == Hours {
		return roundTicks(a) == roundTicks(b)
	}
	return a == b
}

func (k *column) sumText(v int64) string {
	switch k.Type {
	case Hours:
		return payroll.Hours(roundTicks(v)).Comma()
	case Decimal:
		return payroll.Cents(v / (DecimalUnit / 100)).Comma()
	}
	return fmt.Sprint(v)
}
