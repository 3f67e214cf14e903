package sandbox

import (
	"time"

	"loket-etl/payroll"
)

// history makes the approved runs of the past, without their results.
func (e *employer) history() {
	if e.firm.size == 0 {
		return
	}
	for n := 1; n <= historyPeriods; n++ {
		p := payroll.Period{Year: year, Number: n}
		_, end, err := p.Bounds(e.firm.kind)
		if err != nil {
			panic(err) // periods 1 to 9 exist in every kind
		}
		at := end.AddDays(-6).Time().Add(9 * time.Hour)
		r := &run{
			employer: e, number: n, approval: n, period: p, status: runApproved, version: 1,
			requested: at, processed: at.Add(2 * time.Minute), approved: at.Add(25 * time.Hour), by: DemoUser, approver: DemoUser,
		}
		e.runs = append(e.runs, r)
		t := e.newReturn(r, 1)
		t.made = r.approved
		if n < historyPeriods {
			t.status, t.approver, t.approved, t.sent = returnSent, DemoUser, r.approved.Add(time.Hour), r.approved.Add(2*time.Hour)
		}
	}
}

// pastHours fills in what the approved periods were run with: hours of those who
// are paid by the hour, and some overtime and expenses of the others.
func (e *employer) pastHours() {
	if e.periods() == 0 {
		return
	}
	type span struct {
		begin, end payroll.Date
		days       int
	}
	var spans [historyPeriods]span
	for i := range spans {
		begin, end, err := payroll.Period{Year: year, Number: i + 1}.Bounds(e.firm.kind)
		if err != nil {
			panic(err) // they exist in every kind
		}
		spans[i] = span{begin, end, workdays(begin, end)}
	}
	for _, j := range e.jobs {
		d := dice(uint64(e.first+j.index)*104729 + 5)
		for i, s := range spans {
			extra, expenses, less, chance := int64(100*(1+d.roll(8))), int64(500+5*d.roll(2000)), int64(25*d.roll(8)), d.roll(6)
			if j.start > s.end || j.end != 0 && j.end < s.begin {
				continue
			}
			key := valueKey{period: payroll.Period{Year: year, Number: i + 1}, slip: int(payroll.NormalSlip), component: 1}
			amount := int64(0)
			switch {
			case j.wage > 0:
				days := s.days
				if from, to := max(s.begin, j.start), s.end; from > s.begin || j.end != 0 && j.end < s.end {
					if j.end != 0 {
						to = min(to, j.end)
					}
					days = workdays(from, to)
				}
				amount = int64(j.weekly)*int64(days)/5/25*25 - less
			case chance == 0:
				key.component, amount = 16, extra
			case chance == 1:
				key.component, amount = 30, expenses
			}
			if amount > 0 {
				e.setValue(j, key, 1, min(amount, maxHours), "", false)
			}
		}
	}
}

func workdays(from, to payroll.Date) int {
	n := 0
	for d := from; d <= to; d = d.AddDays(1) {
		if w := d.Time().Weekday(); w != time.Saturday && w != time.Sunday {
			n++
		}
	}
	return n
}
