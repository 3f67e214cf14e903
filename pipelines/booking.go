package pipelines

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"loket-etl/mappings"
	"loket-etl/payroll"
)

// booking finds out which periods of a file are closed, and in which open one after
// them their values are booked: the first that the administration has and that has no
// approved run. A closed period without one is left as it is, and refused later.
func (r *Runner) booking(ctx context.Context, m *mappings.Mapping, in mappings.Input) (mappings.Booking, error) {
	periods, err := m.Periods(ctx, in)
	if err != nil {
		return nil, err
	}
	book := mappings.Booking{}
	later := map[string][]payroll.Period{}
	open := map[mappings.EmployerPeriod]bool{}
	isOpen := func(p mappings.EmployerPeriod) (bool, error) {
		if is, known := open[p]; known {
			return is, nil
		}
		closed, err := r.hasApprovedRun(ctx, p.Werkgever, p.Period)
		open[p] = !closed
		return !closed, err
	}
	for _, p := range periods {
		is, err := isOpen(p)
		if err != nil {
			return nil, err
		}
		if is {
			continue
		}
		if _, known := later[p.Werkgever]; !known {
			if later[p.Werkgever], err = r.administration(ctx, p.Werkgever); err != nil {
				return nil, err
			}
		}
		for _, next := range later[p.Werkgever] {
			if order(next, p.Period) <= 0 {
				continue
			}
			if is, err = isOpen(mappings.EmployerPeriod{Werkgever: p.Werkgever, Period: next}); err != nil {
				return nil, err
			}
			if is {
				book[p] = next
				break
			}
		}
	}
	return book, nil
}

func order(a, b payroll.Period) int { return cmp.Or(a.Year-b.Year, a.Number-b.Number) }

// administration is the periods that a Werkgever has in Loket, in order.
func (r *Runner) administration(ctx context.Context, werkgever string) ([]payroll.Period, error) {
	var all []payroll.Period
	for v, err := range r.Loket.List(ctx, "Verloning", werkgever) {
		if err != nil {
			return nil, fmt.Errorf("list Verloning of %s: %w", werkgever, err)
		}
		all = append(all, payroll.Period{Year: number(v, "Jaar"), Number: number(v, "PeriodeNummer")})
	}
	slices.SortFunc(all, order)
	return slices.Compact(all), nil
}
