package pipelines

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"loket-etl/formats"
	"loket-etl/ledger"
	"loket-etl/loket/contract"
	"loket-etl/mappings"
)

// Kinds of attachments of an entry.
const (
	attachProblems = "problems"          // JSON problemList of the plan
	attachRefusals = "refusals"          // JSON problemList of what Loket said
	attachRefused  = "refused"           // the refused part of the file, to repair and drop again
	attachBack     = "refused-documents" // the same of a zip with documents: such a zip
	attachNotes    = "notes"             // JSON problemList of what is accepted and had better be looked at
	attachLeftOut  = "left-out"          // JSON list of the employees that the plan leaves out
	attachSaid     = "said"              // JSON list of the calls that a file comes to by itself, where the plan is a difference
)

type problemList struct {
	Problems []formats.Problem `json:"problems"`
	More     int               `json:"more"`
}

// plan decodes, validates and maps the staged bytes into calls and freezes
// them. A crash on the way leaves an unfinished plan that the next one replaces.
func (r *Runner) plan(ctx context.Context, lease *ledger.Lease) error {
	e := lease.Entry()
	if again, err := r.isDuplicate(ctx, lease); err != nil {
		return err
	} else if again {
		return lease.Move(ctx, ledger.Staged, ledger.Refused, func(e *ledger.Entry) { e.Outcome = ledger.Duplicate })
	}
	if e.Undoes != 0 {
		return r.planUndo(ctx, lease)
	}
	p, m, err := r.planOf(ctx, lease)
	if err != nil {
		return err
	}
	sum, issue, err := r.unopened(ctx, lease)
	if err != nil {
		return err
	}
	if issue != nil {
		return r.refuseUnopened(ctx, lease, p, m, *issue)
	}
	if again, err := r.holdsTheSame(ctx, lease, sum); err != nil {
		return err
	} else if again {
		return lease.Move(ctx, ledger.Staged, ledger.Refused, func(e *ledger.Entry) { e.Outcome = ledger.Duplicate })
	}
	for passDoubles := false; ; {
		in, fresh, err := r.input(ctx, lease, p, m)
		if err != nil {
			return err
		}
		in.PassDoubles = passDoubles
		report, draft, calls, err := r.draftCalls(ctx, lease, m, in)
		if errors.Is(err, errWaits) {
			return err
		}
		if err != nil {
			return fmt.Errorf("plan %s: %w", e.Name, err)
		}
		if !fresh && strangers(report) { // who is not known may have come into Loket just now
			r.directory.forget()
			r.returns.forget()
			continue
		}
		discreet(report.Problems)
		if why, some := waitsFor(report, in.PerEmployee); why != "" {
			if passDoubles, err = r.waitForPerson(ctx, lease, report, why, some && !passDoubles); err != nil {
				return err
			}
			continue
		}
		if err := r.look(ctx, lease, p, m, in, &report, calls); err != nil {
			return err
		}
		return r.finishPlan(ctx, lease, p, m, in, report, draft, calls)
	}
}

// isDuplicate reports whether the same bytes were done before. A file that was
// refused as a whole left nothing in Loket, nor did one that was taken back: it may
// come again as it is.
func (r *Runner) isDuplicate(ctx context.Context, lease *ledger.Lease) (bool, error) {
	e := lease.Entry()
	if e.DuplicateOf == 0 || e.Forced {
		return false, nil
	}
	before, err := r.doneBefore(ctx, lease, ledger.Filter{SHA256: e.SHA256})
	return before != 0, err
}

// doneBefore is the newest settled entry of the pipeline among those asked for that
// left something in Loket, or may have; 0 when there is none.
func (r *Runner) doneBefore(ctx context.Context, lease *ledger.Lease, f ledger.Filter) (ledger.ID, error) {
	e := lease.Entry()
	f.Pipeline, f.States = e.Pipeline, []ledger.State{ledger.Settled}
	for {
		same, err := r.Ledger.List(ctx, f)
		if err != nil {
			return 0, fmt.Errorf("look at the earlier deliveries: %w", err)
		}
		if len(same) == 0 {
			return 0, nil
		}
		for _, o := range same {
			f.Before = o.ID
			if o.ID == e.ID || o.Outcome == ledger.RefusedOutcome || o.Outcome == ledger.Duplicate {
				continue
			}
			if gone, err := r.takenBack(ctx, lease, o); !gone || err != nil {
				return o.ID, err
			}
		}
	}
}

// takenBack reports whether an entry was taken back to its last value, so that its
// bytes may come again. While that is under way the lease waits for it.
func (r *Runner) takenBack(ctx context.Context, lease *ledger.Lease, e ledger.Entry) (bool, error) {
	by, err := r.Ledger.UndoneBy(ctx, e.ID)
	switch {
	case errors.Is(err, ledger.ErrNotFound):
		return false, nil
	case err != nil:
		return false, err
	case by.State != ledger.Settled && by.State != ledger.Held && by.Outcome == "" && by.ID < lease.Entry().ID:
		return false, r.giveWay(ctx, lease, by)
	}
	return by.Outcome == ledger.Imported, nil
}

// draftCalls are the calls that the file becomes.
func (r *Runner) draftCalls(ctx context.Context, lease *ledger.Lease, m *mappings.Mapping, in mappings.Input) (report mappings.Report, draft *ledger.Draft, calls int, err error) {
	draft, err = lease.Draft(ctx, func(add func(ledger.Line) error) error {
		put := func(pc plannedCall) error {
			line, err := planLine(calls+1, pc)
			if err != nil {
				return err
			}
			line.Mapping = m.Name() + "@" + m.Version()
			calls++
			return add(line)
		}
		if in.Replaces {
			return r.draftCorrection(ctx, lease, m, in, &report, put)
		}
		report, err = runMapping(ctx, m, in, func(pc mappings.Planned) error { return put(plannedCall{Planned: pc}) })
		return err
	})
	return report, draft, calls, err
}

// draftCorrection hands over the calls of a file that takes the place of the earlier
// ones of its pipeline.
func (r *Runner) draftCorrection(ctx context.Context, lease *ledger.Lease, m *mappings.Mapping, in mappings.Input, report *mappings.Report, put func(plannedCall) error) (err error) {
	var calls []mappings.Planned
	*report, err = runMapping(ctx, m, in, func(pc mappings.Planned) error {
		calls = append(calls, pc)
		return nil
	})
	if err == nil && len(calls) > 0 {
		err = r.keepSaid(ctx, lease, calls)
	}
	if isPart(in.FileName) {
		report.Problems = append(report.Problems, partOnly)
		return err
	}
	if err != nil || len(calls) == 0 {
		return err
	}
	corrected, err := r.correct(ctx, lease, m, in, report, calls)
	if err != nil {
		return err
	}
	for _, pc := range corrected {
		if err := put(pc); err != nil {
			return err
		}
	}
	return nil
}

// isPart reports whether a file has the name of the refused part of another one.
func isPart(name string) bool {
	base := path.Base(name)
	return strings.HasSuffix(strings.TrimSuffix(base, path.Ext(base)), "-afgekeurd")
}

// partOnly refuses such a file where a file takes the place of the one before.
var partOnly = formats.Problem{
	Code: "deel-van-bestand", Message: "Dit is het afgekeurde deel van een bestand. Hier neemt elk bestand de plaats in van het vorige: dit deel zou de rest weghalen.",
	Repair: "Verbeter het hele bestand en lever dat aan.",
}

// strangers reports whether the file names people, employers or tax returns that
// Loket does not have, or not in that state.
func strangers(report mappings.Report) bool {
	return slices.ContainsFunc(report.Problems, func(p formats.Problem) bool {
		return strings.HasPrefix(p.Code, "werknemer-") || p.Code == "werkgever-onbekend" || strings.HasPrefix(p.Code, "loonaangifte-")
	})
}

// planOf is the pipeline and the mapping of an entry; when the configuration has
// lost one of them, the entry is held.
func (r *Runner) planOf(ctx context.Context, lease *ledger.Lease) (*Pipeline, *mappings.Mapping, error) {
	plans, name := r.Plans(), lease.Entry().Pipeline
	p, ok := plans.Pipelines[name]
	if !ok {
		return nil, nil, r.park(ctx, lease, fmt.Sprintf("pijplijn %s bestaat niet meer; zet haar terug en geef het bestand vrij", name))
	}
	m, ok := plans.Mappings.Get(p.Mapping)
	if !ok {
		return nil, nil, r.park(ctx, lease, fmt.Sprintf("mapping %s bestaat niet meer; zet haar terug en geef het bestand vrij", p.Mapping))
	}
	if why, err := r.Unseen(ctx, p, m); err != nil {
		return nil, nil, err
	} else if why != "" {
		return nil, nil, r.park(ctx, lease, why)
	}
	return p, m, nil
}

// input is what the mapping needs for this entry; fresh is as for ask.
func (r *Runner) input(ctx context.Context, lease *ledger.Lease, p *Pipeline, m *mappings.Mapping) (in mappings.Input, fresh bool, err error) {
	e := lease.Entry()
	b := r.binding(e.Pipeline, e.Inbox)
	in = mappings.Input{
		Open: func() (io.ReadCloser, error) {
			return b.open(func() (io.ReadCloser, error) { return lease.Open(ctx) }, e.Received)
		},
		FileName:     b.opened(e.Name),
		Dropped:      e.Received.In(amsterdam),
		Rules:        p.Rules,
		PerEmployee:  b.policy(p) == PerEmployee,
		Replaces:     b.leftOut(p) == ClearLeftOut,
		Clientnummer: b.Clientnummer,
		MaxProblems:  r.Limits.Problems,
		MaxCallBytes: r.Limits.CallBytes,
		Workers:      r.Limits.Workers,
	}
	if e.Mapping != "" { // it was planned before, and may have been approved
		if in.Only, err = r.onlyApproved(ctx, e.ID); err != nil {
			return in, false, err
		}
	}
	fresh, err = r.ask(ctx, m, &in)
	return in, fresh, err
}

// ask fills in what the mapping must know of Loket; fresh says that Loket was
// asked just now.
func (r *Runner) ask(ctx context.Context, m *mappings.Mapping, in *mappings.Input) (fresh bool, err error) {
	if m.NeedsReturns() {
		if in.Returns, fresh, err = r.returns.read(ctx, r.Loket, r.Now()); err != nil {
			return false, fmt.Errorf("read the tax returns of Loket: %w", err)
		}
		return fresh, nil
	}
	people, fresh, err := r.directory.read(ctx, r.Loket, r.Now())
	if err != nil {
		return false, fmt.Errorf("read the employments of Loket: %w", err)
	}
	in.People = people.table
	if m.BooksElsewhere() {
		if in.Booking, err = r.booking(ctx, m, *in); err != nil {
			return false, fmt.Errorf("look for open periods: %w", err)
		}
	}
	return fresh, nil
}

// runMapping turns a panic on a strange file into an error that holds it: one
// dropped file must not end the process.
func runMapping(ctx context.Context, m *mappings.Mapping, in mappings.Input, call func(mappings.Planned) error) (report mappings.Report, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &formats.FileError{Problem: formats.Problem{
				Code:    "onverwacht",
				Message: fmt.Sprintf("dit bestand brengt het programma van slag (%T); meld dit met het bestand erbij", p),
			}}
		}
	}()
	return m.Run(ctx, in, call)
}

func planLine(no int, pc plannedCall) (ledger.Line, error) {
	fn, ok := contract.Lookup(pc.Call.Function)
	if !ok {
		return ledger.Line{}, fmt.Errorf("the contract has no function %s", pc.Call.Function)
	}
	args, err := contract.MarshalArgs(pc.Call)
	if err != nil {
		return ledger.Line{}, fmt.Errorf("keep call %d: %w", no, err)
	}
	line := ledger.Line{
		No: no, Function: pc.Call.Function, Class: string(fn.ClassOf(pc.Call)),
		Subject: pc.Subject, Scope: scopeOf(pc.Call), Rows: pc.Rows, Args: args,
	}
	if pc.was != nil {
		if line.Baseline, err = json.Marshal(pc.was); err != nil {
			return ledger.Line{}, fmt.Errorf("keep what stood before call %d: %w", no, err)
		}
	}
	if pc.correction {
		line.Note, err = json.Marshal(lineNote{Correction: true})
	}
	return line, err
}
