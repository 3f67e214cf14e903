package loonaangifte

import (
	"fmt"

	"loket-etl/payroll"
)

// rules are what the schema does not check. One value sees one message.
type rules struct {
	own  payroll.Date          // begin of the return
	seen map[payroll.Date]bool // begins of the corrections
}

// section sees each period before its people.
func (r *rules) section(p *payroll.TaxPeriod, correction bool) (*peopleRules, error) {
	if err := samePeriod(p.Begin, p.End); err != nil {
		return nil, err
	}
	if !correction {
		r.own = p.Begin
	} else {
		if r.own != 0 && p.Begin >= r.own {
			return nil, fmt.Errorf("the correction is not of a period before that of the return")
		}
		if r.seen == nil {
			r.seen = map[payroll.Date]bool{}
		}
		if r.seen[p.Begin] {
			return nil, fmt.Errorf("the period is corrected twice")
		}
		r.seen[p.Begin] = true
	}
	if due := p.Collective.Due(); due != p.Collective.TotTeBet {
		return nil, fmt.Errorf("TotTeBet is %s, its parts add up to %s", euroText(p.Collective.TotTeBet), euroText(due))
	}
	if !correction {
		total := p.Collective.TotTeBet
		for _, b := range p.Balances {
			if err := samePeriod(b.Begin, b.End); err != nil {
				return nil, fmt.Errorf("SaldoCorrectiesVoorgaandTijdvak: %w", err)
			}
			total += b.Amount
		}
		if total != p.Total {
			return nil, fmt.Errorf("TotGen is %s, TotTeBet and the balances add up to %s", euroText(p.Total), euroText(total))
		}
	}
	return &peopleRules{compare: !correction && !p.Additional, seen: map[string]bool{}}, nil
}

// samePeriod knows the months and four-week periods of 2026.
func samePeriod(begin, end payroll.Date) error {
	for kind, last := range map[payroll.PeriodKind]int{payroll.Monthly: 12, payroll.FourWeekly: 13} {
		for n := 1; n <= last; n++ {
			b, e, err := payroll.Period{Year: 2026, Number: n}.Bounds(kind)
			if err == nil && b == begin && e == end {
				return nil
			}
		}
	}
	return fmt.Errorf("%s to %s is not a month nor a four-week period of 2026", begin, end)
}

// peopleRules sees the people of one period.
type peopleRules struct {
	compare bool
	seen    map[string]bool
	sums    [24]payroll.Cents // as the table sums
}

func (r *peopleRules) person(p *payroll.TaxPerson) error {
	if p.End != 0 && p.End < p.Begin {
		return fmt.Errorf("the income relation ends before it begins")
	}
	if len(p.Stretches) < 1 || len(p.Stretches) > 99 {
		return fmt.Errorf("there are %d Inkomstenperioden, not 1 to 99", len(p.Stretches))
	}
	if len(p.Sectors) > 5 {
		return fmt.Errorf("there are more than 5 sectors")
	}
	who := "b" + p.BSN.Digits()
	if p.BSN == "" {
		who = "p" + p.PersNr
	}
	key := fmt.Sprintf("%d %s", p.NumIV, who)
	if len(who) > 1 && r.seen[key] {
		return fmt.Errorf("the person has NumIV %d twice", p.NumIV)
	}
	r.seen[key] = true
	for i, s := range sums {
		r.sums[i] += s.one(&p.Amounts)
	}
	return nil
}

// end compares the collective amounts with the people.
func (r *peopleRules) end(c *payroll.Collective) error {
	if !r.compare {
		return nil
	}
	for i, s := range sums {
		if d := s.all(c) - r.sums[i]; d >= 100 || d <= -100 {
			return fmt.Errorf("%s is %s, the people add up to %s", s.name, euroText(s.all(c)), r.sums[i])
		}
	}
	return nil
}
