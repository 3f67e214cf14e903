package verloning

import "loket-etl/payroll"

// exact is an amount per year in hundred-thousandths of a cent: what a
// percentage of whole cents comes to without rounding.
type exact int64

func whole(c payroll.Cents) exact { return exact(c) * 100_000 }

func (r rate) exactly(c payroll.Cents) exact { return exact(c) * exact(r) }

// perPeriod divides by the periods of a year and rounds, once.
func (e exact) perPeriod(periods int64) payroll.Cents {
	return payroll.Cents(divide(int64(e), 100_000*periods))
}

// taxOf is the tax on an annual wage before credits.
func (p *parameters) taxOf(wage payroll.Cents) exact {
	if wage <= 0 {
		return 0
	}
	tax := p.rate1.exactly(min(wage, p.bracket1))
	tax += p.rate2.exactly(max(0, min(wage, p.bracket2)-p.bracket1))
	return tax + p.rate3.exactly(max(0, wage-p.bracket2))
}

// generalCredit is the algemene heffingskorting.
func (p *parameters) generalCredit(wage payroll.Cents) exact {
	return max(0, whole(p.generalMax)-p.generalTaper.exactly(max(0, wage-p.generalFrom)))
}

// labourCredit is the arbeidskorting.
func (p *parameters) labourCredit(wage payroll.Cents) exact {
	credit, base := exact(0), payroll.Cents(0)
	for _, step := range p.labour {
		if wage > step.from {
			credit = min(whole(step.max), whole(base)+step.rate.exactly(wage-step.from))
		}
		base = step.max
	}
	return max(0, credit-p.labourTaper.exactly(max(0, wage-p.labourFrom)))
}

// levy is the annual loonheffing of a wage and the labour credit that went into
// it. Credits never make it negative; the general credit goes first.
func (p *parameters) levy(wage payroll.Cents, credits bool, table Tabel) (tax, labour exact) {
	tax = p.taxOf(wage)
	if !credits || wage <= 0 {
		return tax, 0
	}
	tax = max(0, tax-p.generalCredit(wage))
	if table == Wit {
		labour = min(tax, p.labourCredit(wage))
	}
	return tax - labour, labour
}
