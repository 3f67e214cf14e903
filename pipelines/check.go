package pipelines

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"loket-etl/formats"
	"loket-etl/ledger"
	"loket-etl/loket/contract"
	"loket-etl/mappings"
)

// Dry is a file to look at without doing anything with it.
type Dry struct {
	Pipeline string
	Inbox    string // whose binding holds; "": the only one of the pipeline, if there is just one
	Name     string // the name the file would be dropped under
	Open     func() (io.ReadCloser, error)
	Offline  bool // do not ask Loket who its people are
}

// DryCall is a call that would be made.
type DryCall struct {
	ledger.Line                        // without Args
	File        string                 // name of the import file
	Bytes       int                    // its size
	Values      []mappings.ImportValue // what it holds, numbers of people in free text masked
	Args        []mappings.Field       // of a call without an import file
}

// DryReport is what would come of a file, as far as can be known before Loket
// has its say.
type DryReport struct {
	Mapping string         // name@version
	Outcome ledger.Outcome // imported, partly, refused or held
	Reason  string         // of held
	Checked bool           // Loket was asked for what the mapping must know of it
	Calls   int
	mappings.Report
}

// Check decodes, validates and maps a file as plan does, and hands over the
// calls that would be made. It asks Loket for its people or tax returns, and
// whether the periods are open, unless Offline; a file that is refused for its
// period had its calls handed over before that was known;
// it writes nothing and needs no Ledger; with one, it says what differs from earlier
// files of the sender. What is wrong with the file is in the
// report; the error is that of Loket, of Open, of call, or says that there is no
// such pipeline.
func (r *Runner) Check(ctx context.Context, d Dry, call func(DryCall) error) (DryReport, error) {
	return r.dry(ctx, d, func(no int, pc mappings.Planned, _ bool) error {
		c, err := dryCall(no, pc)
		if err != nil {
			return err
		}
		return call(c)
	})
}

// dry is Check that hands over the calls as they are planned, and whether Loket
// would refuse them for their period.
func (r *Runner) dry(ctx context.Context, d Dry, call func(no int, pc mappings.Planned, closed bool) error) (DryReport, error) {
	plans := r.Plans()
	p, ok := plans.Pipelines[d.Pipeline]
	if !ok {
		return DryReport{}, fmt.Errorf("there is no pipeline %q", d.Pipeline)
	}
	m, ok := plans.Mappings.Get(p.Mapping)
	if !ok {
		return DryReport{}, fmt.Errorf("there is no mapping %q", p.Mapping)
	}
	report := DryReport{Mapping: m.Name() + "@" + m.Version(), Outcome: ledger.RefusedOutcome}
	b := r.binding(d.Pipeline, d.Inbox)
	in := mappings.Input{
		Open: func() (io.ReadCloser, error) { return b.open(d.Open, r.Now()) }, FileName: b.opened(d.Name), Dropped: r.Now().In(amsterdam), Rules: p.Rules,
		PerEmployee: b.policy(p) == PerEmployee, Replaces: b.leftOut(p) == ClearLeftOut, Clientnummer: b.Clientnummer,
		MaxProblems: r.Limits.Problems, MaxCallBytes: r.Limits.CallBytes, Workers: r.Limits.Workers,
	}
	if _, issue, err := b.unopened(in.Open); issue != nil || err != nil {
		if issue != nil {
			report.Problems = []formats.Problem{*issue}
		}
		return report, err
	}
	if !d.Offline {
		if _, err := r.ask(ctx, m, &in); err != nil {
			return report, err
		}
		report.Checked = true
	}
	periods := newPeriodCheck(r)
	held := ""
	replaced := replacing{Runner: r, pipeline: d.Pipeline, clears: in.Replaces, by: map[ledger.ID]int{}}
	found, err := r.dryCalls(ctx, d, m, in, &held, func(pc mappings.Planned) error {
		report.Calls++
		if !d.Offline {
			if err := periods.look(ctx, pc); err != nil {
				return err
			}
			if err := replaced.planned(ctx, pc.Call); err != nil {
				return err
			}
		}
		return call(report.Calls, pc, periods.refuses(pc))
	})
	var file *formats.FileError
	if errors.As(err, &file) {
		found.Problems, err = append(found.Problems, file.Problem), nil
	}
	if err != nil {
		return report, err
	}
	discreet(found.Problems)
	why, _ := waitsFor(found, in.PerEmployee)
	why = cmp.Or(why, held)
	if r.Ledger != nil {
		_, drift, _, err := r.drifted(ctx, d.Pipeline, d.Inbox, m, in)
		if err != nil {
			return report, err
		}
		found.Notes = append(drift.problems(), found.Notes...)
		if why == "" && report.Calls > 0 {
			why = drift.why(p.Drift)
		}
	}
	found.Notes = append(found.Notes, replaced.notes(true)...)
	report.Report = found
	periods.count(&report, !in.PerEmployee)
	switch {
	case why != "":
		report.Outcome, report.Reason = ledger.HeldOutcome, why
	case report.Calls > 0 && report.Refused > 0:
		report.Outcome = ledger.Partly
	case report.Calls > 0:
		report.Outcome = ledger.Imported
	case slices.ContainsFunc(report.Notes, isAllStands):
		report.Outcome = ledger.Imported
		return report, nil
	case len(report.Problems) == 0:
		report.Problems = []formats.Problem{nothingToDo}
	}
	if report.Calls == 0 && why == "" {
		report.Accepted, report.Refused = 0, found.Rows-found.Skipped
	}
	return report, nil
}

// nothingToDo refuses a file without anything for Loket in it.
var nothingToDo = formats.Problem{
	Code: "niets-te-doen", Message: "Geen enkele regel van dit bestand hoort naar Loket.",
	Repair: "Controleer of het juiste bestand is aangeleverd.",
}

func dryCall(no int, pc mappings.Planned) (DryCall, error) {
	line, err := planLine(no, plannedCall{Planned: pc})
	if err != nil {
		return DryCall{}, err
	}
	line.Args = nil
	if !ways[pc.Call.Function].imports {
		return DryCall{Line: line, Args: mappings.Arguments(pc.Call)}, nil
	}
	values, err := mappings.Read(pc.Call)
	if err != nil {
		return DryCall{}, fmt.Errorf("read the import file of call %d: %w", no, err)
	}
	for i := range values {
		v := &values[i]
		v.Kostenplaats, v.Kostendrager = Discreet(v.Kostenplaats), Discreet(v.Kostendrager)
	}
	c := DryCall{Line: line, Values: values}
	if f, ok := pc.Call.Args["Bestand"].(contract.File); ok {
		c.File, c.Bytes = f.Name, len(f.Content)
	}
	return c, nil
}
