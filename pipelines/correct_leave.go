package pipelines

import (
	"context"
	"maps"
	"slices"

	"loket-etl/mappings"
	"loket-etl/payroll"
)

// leave sends the lines that are new, and the opposite of those that are gone.
func (c *correction) leave(ctx context.Context, before past, values []mappings.ImportValue, owner string) ([]plannedCall, error) {
	asked := past{}
	periods := map[payroll.Period]bool{}
	for _, v := range values {
		if c.people.key(v) == "" {
			continue
		}
		asked.leave(v, c.people)
		periods[c.periodOf(v)] = true
	}
	var old []mappings.ImportValue
	all := maps.Clone(asked)
	for key, b := range before {
		if !periods[c.periodOf(b.value)] || c.spared(b.value) && asked[key] == (brought{}) {
			continue
		}
		if _, named := all[key]; !named {
			all[key] = brought{value: b.value}
		}
		old = append(old, withFactor(b.value, 1), withFactor(b.value, -1))
	}
	stands, err := c.standingOf(ctx, old, owner)
	if err != nil {
		return nil, err
	}
	var fresh, back []mappings.ImportValue
	for _, key := range slices.Sorted(maps.Keys(all)) {
		want, had := all[key], before[key]
		if had.plus+had.minus > 0 {
			for n, factor := range map[*int]int{&had.plus: 1, &had.minus: -1} {
				if there := int(stands[c.people.key(withFactor(had.value, factor))]); there < *n {
					*n = there // somebody took it away
					c.changed++
				}
			}
		}
		add := func(to *[]mappings.ImportValue, factor, n int) {
			for range n {
				v := withFactor(want.value, factor)
				v.Werkgever = owner
				*to = append(*to, v)
			}
		}
		add(&fresh, 1, want.plus-had.plus)
		add(&fresh, -1, want.minus-had.minus)
		plus, minus := max(had.minus-want.minus, 0), max(had.plus-want.plus, 0) // taken back
		both := min(plus, minus)
		add(&back, 1, plus-both)
		add(&back, -1, minus-both)
	}
	out := asPlanned(mappings.Imports(fresh, "", isNewLeave, c.most))
	for _, p := range asPlanned(mappings.Imports(back, "", isTakenBack, c.most)) {
		p.correction = true
		out = append(out, p)
	}
	return out, nil
}

func withFactor(v mappings.ImportValue, factor int) mappings.ImportValue {
	l := *v.Verlof
	l.Factor = factor
	v.Verlof = &l
	return v
}

// periodOf is the payroll period in which a leave line begins.
func (c *correction) periodOf(v mappings.ImportValue) payroll.Period { return leavePeriod(v, c.people) }

func leavePeriod(v mappings.ImportValue, people *employments) payroll.Period {
	kind := payroll.Monthly
	if ids := people.dienstverbanden(v); len(ids) > 0 {
		kind = people.byID[ids[0]].SoortPeriode
	}
	return payroll.PeriodOf(v.Verlof.Ingangsdatum, kind)
}
