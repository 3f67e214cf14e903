package pipelines

import (
	"context"
	"fmt"

	"loket-etl/formats"
	"loket-etl/mappings"
)

func isAllStands(p formats.Problem) bool { return p.Code == allStands }

// dryCalls hands over the calls that a file would become, as draftCalls makes them;
// held is why a person would have to look first.
func (r *Runner) dryCalls(ctx context.Context, d Dry, m *mappings.Mapping, in mappings.Input, held *string, call func(mappings.Planned) error) (report mappings.Report, err error) {
	if !in.Replaces {
		return runMapping(ctx, m, in, call)
	}
	if d.Offline || r.Ledger == nil {
		report, err = runMapping(ctx, m, in, call)
		report.Notes = append(report.Notes, formats.Problem{
			Code:    "niet-nagekeken",
			Message: "Wat eerdere bestanden van deze pijplijn brachten en dit bestand niet heeft wordt weggehaald; hoeveel dat is, is hier niet nagekeken.",
			Repair:  "Kijk het na waar Loket en het geheugen van het programma te lezen zijn: etl check zonder --offline, of etl preview.",
		})
		return report, err
	}
	var calls []mappings.Planned
	report, err = runMapping(ctx, m, in, func(pc mappings.Planned) error {
		calls = append(calls, pc)
		return nil
	})
	if isPart(in.FileName) {
		report.Problems = append(report.Problems, partOnly)
		return report, err
	}
	if err != nil || len(calls) == 0 {
		return report, err
	}
	c := &correction{pipeline: d.Pipeline, report: &report, park: func(reason string) error {
		*held = reason
		return nil
	}}
	corrected, err := r.corrected(ctx, c, m, in, calls)
	if err != nil {
		return report, err
	}
	gone := 0
	for _, pc := range corrected {
		n, err := takenOut(pc)
		if err != nil {
			return report, err
		}
		gone += n
		if err := call(pc.Planned); err != nil {
			return report, err
		}
	}
	if gone > 0 {
		report.Notes = append(report.Notes, formats.Problem{
			Code:    "wordt-weggehaald",
			Message: fmt.Sprintf("%d waarden of regels van eerdere bestanden staan niet in dit bestand en worden weggehaald of teruggeboekt.", gone),
			Repair:  "Kijk met etl preview bij wie dat is.",
		})
	}
	return report, nil
}

// takenOut counts what a call takes away, or books back, that an earlier file brought.
func takenOut(pc plannedCall) (n int, err error) {
	if !pc.correction {
		return 0, nil
	}
	values, err := mappings.Read(pc.Call)
	if err != nil {
		return 0, fmt.Errorf("read an import file: %w", err)
	}
	for _, v := range values {
		if v.None || v.Verlof != nil {
			n++
		}
	}
	return n, nil
}
