package pipelines

import (
	"context"
	"fmt"

	"loket-etl/formats"
	"loket-etl/ledger"
	"loket-etl/mappings"
)

// waitAdvice is what a person may do about problems that another file would not
// solve.
var waitAdvice = map[string]string{
	mappings.UnknownReturn: "geef het bestand vrij als de loonaangifte in Loket staat, of leg het terzijde",
	mappings.WaitingReturn: "geef het bestand vrij als de loonaangifte is goedgekeurd",
	mappings.DoubleReturn:  "leg dit bestand terzijde",
}

// waitsFor says why a file waits for a person instead of being refused, "" when it
// does not: time, or what happens in Loket, may solve what is wrong with it. A
// file that its sender has to repair anyhow does not wait. some is true when a
// person may let the file go on without the rows that are wrong.
func waitsFor(report mappings.Report, perEmployee bool) (why string, some bool) {
	var first *formats.Problem
	waiting, doubles := 0, 0
	for i := range report.Problems {
		p := &report.Problems[i]
		if waitAdvice[p.Code] == "" {
			continue
		}
		if waiting++; p.Code == mappings.DoubleReturn {
			doubles++
		}
		if first == nil || first.Code == mappings.DoubleReturn && p.Code != first.Code {
			first = p
		}
	}
	if waiting == 0 || !perEmployee && waiting < len(report.Problems) {
		return "", false
	}
	why = first.Message
	if first.Line > 0 {
		why = fmt.Sprintf("regel %d: %s", first.Line, first.Message)
	}
	if waiting > 1 {
		why += fmt.Sprintf(" Zo zijn er %d regels.", waiting)
	}
	why += " Wat nu: " + waitAdvice[first.Code]
	if some = doubles == waiting && doubles < report.Rows; some {
		why += ", of geef het vrij om de andere regels te verwerken"
	}
	return why + ".", some
}

// waitForPerson holds a file that waits for time or for a person. It says that the
// doubles are to be passed over when a person let the file go on for that.
func (r *Runner) waitForPerson(ctx context.Context, lease *ledger.Lease, report mappings.Report, why string, some bool) (passDoubles bool, err error) {
	if some {
		events, err := r.Ledger.Audit(ctx, lease.Entry().ID)
		if err != nil {
			return false, err
		}
		if freed(events, why) {
			return true, nil
		}
	}
	if err := attachJSONDoc(ctx, lease, attachProblems, problemList{report.Problems, report.MoreProblems}); err != nil {
		return false, err
	}
	if err := lease.Move(ctx, ledger.Staged, ledger.Staged, func(e *ledger.Entry) { e.Rows = report.Rows }); err != nil {
		return false, err
	}
	return false, r.park(ctx, lease, why)
}
