package pipelines

import (
	"context"
	"fmt"

	"loket-etl/formats"
	"loket-etl/mappings"
	"loket-etl/payroll"
)

// periodCheck finds out beforehand which calls of a file Loket would refuse for their
// period: there is an approved run, or the administration does not have it.
type periodCheck struct {
	*Runner
	known map[string]map[payroll.Period]bool // by Werkgever, what it has
	seen  map[string]*formats.Problem        // by Werkgever and period; nil: nothing is wrong

	problems []formats.Problem
	closed   bool // a period with an approved run is among them
	rows     int  // of the calls that would be refused
}

func newPeriodCheck(r *Runner) *periodCheck {
	return &periodCheck{Runner: r, known: map[string]map[payroll.Period]bool{}, seen: map[string]*formats.Problem{}}
}

// look asks Loket about the period of a call, once.
func (p *periodCheck) look(ctx context.Context, pc mappings.Planned) error {
	owner, _ := pc.Call.Args["ParentDataIdentity"].(string)
	period := periodOf(pc.Call)
	if owner == "" || period.Number == 0 {
		return nil
	}
	key := periodKey(pc)
	issue, seen := p.seen[key]
	if !seen {
		var err error
		if issue, err = p.judge(ctx, owner, period, pc.Subject); err != nil {
			return err
		}
		p.seen[key] = issue
		if issue != nil {
			p.problems = append(p.problems, *issue)
		}
	}
	if issue != nil {
		p.rows += pc.Rows
	}
	return nil
}

func periodKey(pc mappings.Planned) string {
	return fmt.Sprintf("%v %s", pc.Call.Args["ParentDataIdentity"], periodOf(pc.Call))
}

// refuses reports whether Loket would refuse a call that was looked at.
func (p *periodCheck) refuses(pc mappings.Planned) bool { return p.seen[periodKey(pc)] != nil }

func (p *periodCheck) judge(ctx context.Context, owner string, period payroll.Period, subject string) (*formats.Problem, error) {
	known, asked := p.known[owner]
	if !asked {
		known = map[payroll.Period]bool{}
		for v, err := range p.Loket.List(ctx, "Verloning", owner) {
			if err != nil {
				return nil, fmt.Errorf("list Verloning of %s: %w", owner, err)
			}
			known[payroll.Period{Year: number(v, "Jaar"), Number: number(v, "PeriodeNummer")}] = true
		}
		p.known[owner] = known
	}
	if len(known) > 0 && !known[period] {
		return &formats.Problem{
			Code: "periode-onbekend", Message: subject + " bestaat in Loket niet.",
			Repair: "Controleer de datums in het bestand; hoort de periode te bestaan, maak haar dan eerst aan in Loket.",
		}, nil
	}
	closed, err := p.hasApprovedRun(ctx, owner, period)
	if err != nil || !closed {
		return nil, err
	}
	p.closed = true
	return &formats.Problem{
		Code: "periode-afgesloten", Message: subject + " is in Loket afgesloten: er is een goedgekeurde verloning.", Repair: closedRepair + ".",
	}, nil
}

// count takes what would be refused for its period out of a report of a file.
func (p *periodCheck) count(report *DryReport, all bool) {
	if len(p.problems) == 0 {
		return
	}
	report.Problems = append(report.Problems, p.problems...)
	lost := p.rows
	if all && p.closed || lost > report.Accepted {
		lost = report.Accepted
	}
	report.Accepted, report.Refused = report.Accepted-lost, report.Refused+lost
	if report.Accepted == 0 {
		report.Calls = 0
	}
}
