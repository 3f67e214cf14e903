package pipelines

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"

	"loket-etl/formats"
	"loket-etl/ledger"
	"loket-etl/loket/contract"
	"loket-etl/mappings"
)

// Kinds of attachments of an entry.
const (
	attachProblems = "problems" // JSON problemList
	attachRefused  = "refused"  // the refused part of the file, to repair and drop again
)

// diedOften is how many times an entry may be found unplanned, without a
// reason written down, before a person has to look: then planning it ended the
// process each time.
const diedOften = 3

type problemList struct {
	Problems []formats.Problem `json:"problems"`
	More     int               `json:"more"`
}

// plan decodes, validates and maps the staged bytes into calls and freezes
// them. A crash on the way leaves an unfinished plan that the next one replaces.
func (r *Runner) plan(ctx context.Context, lease *ledger.Lease) error {
	e := lease.Entry()
	if e.DuplicateOf != 0 && !e.Forced {
		return lease.Move(ctx, ledger.Staged, ledger.Refused, func(e *ledger.Entry) { e.Outcome = ledger.Duplicate })
	}
	p, m, err := r.planOf(ctx, lease)
	if err != nil {
		return err
	}
	if e.Tries >= diedOften && e.Reason == "" {
		return r.park(ctx, lease, "het programma is bij dit bestand meermaals gestopt; een beheerder moet het bekijken")
	}
	in, err := r.input(ctx, lease, p)
	if err != nil {
		return err
	}
	var report mappings.Report
	calls := 0
	err = lease.Plan(ctx, func(add func(ledger.Line) error) error {
		report, err = runMapping(ctx, m, in, func(pc mappings.Planned) error {
			line, err := planLine(calls+1, pc)
			if err != nil {
				return err
			}
			calls++
			return add(line)
		})
		return err
	})
	if err != nil {
		return fmt.Errorf("plan %s: %w", e.Name, err)
	}
	return r.finishPlan(ctx, lease, p, m, in, report, calls)
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
	return p, m, nil
}

// input is what the mapping needs for this entry.
func (r *Runner) input(ctx context.Context, lease *ledger.Lease, p *Pipeline) (mappings.Input, error) {
	e := lease.Entry()
	b := r.binding(e.Pipeline, e.Inbox)
	people, err := r.directory.read(ctx, r.Loket)
	if err != nil {
		return mappings.Input{}, fmt.Errorf("read the employments of Loket: %w", err)
	}
	return mappings.Input{
		Open:         func() (io.ReadCloser, error) { return lease.Open(ctx) },
		FileName:     e.Name,
		Dropped:      e.Received.In(amsterdam),
		Rules:        p.Rules.rules(),
		PerEmployee:  b.policy(p) == PerEmployee,
		People:       people.table,
		Clientnummer: b.Clientnummer,
		MaxProblems:  r.Limits.Problems,
		MaxCallBytes: r.Limits.CallBytes,
		Workers:      r.Limits.Workers,
	}, nil
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

func planLine(no int, pc mappings.Planned) (ledger.Line, error) {
	fn, ok := contract.Lookup(pc.Call.Function)
	if !ok {
		return ledger.Line{}, fmt.Errorf("the contract has no function %s", pc.Call.Function)
	}
	args, err := contract.MarshalArgs(pc.Call)
	if err != nil {
		return ledger.Line{}, fmt.Errorf("keep call %d: %w", no, err)
	}
	return ledger.Line{
		No: no, Function: pc.Call.Function, Class: string(fn.ClassOf(pc.Call)),
		Subject: pc.Subject, Rows: pc.Rows, Args: args,
	}, nil
}

// finishPlan commits the verdict on the file: planned, or refused.
func (r *Runner) finishPlan(ctx context.Context, lease *ledger.Lease, p *Pipeline, m *mappings.Mapping, in mappings.Input, report mappings.Report, calls int) error {
	if calls == 0 && len(report.Problems) == 0 {
		report.Problems = append(report.Problems, formats.Problem{
			Code: "niets-te-doen", Message: "Geen enkele regel van dit bestand hoort naar Loket.",
			Repair: "Controleer of het juiste bestand is aangeleverd.",
		})
	}
	if len(report.Problems) > 0 {
		if err := attachJSONDoc(ctx, lease, attachProblems, problemList{report.Problems, report.MoreProblems}); err != nil {
			return err
		}
	}
	note := func(e *ledger.Entry) {
		e.Mapping = m.Name() + "@" + m.Version()
		e.Rows, e.Accepted, e.Refused, e.Calls = report.Rows, report.Accepted, report.Refused, calls
		e.Reason = ""
	}
	r.Metrics.rows(p.Name, report.Accepted, report.Refused)
	if calls == 0 {
		return lease.Move(ctx, ledger.Staged, ledger.Refused, func(e *ledger.Entry) {
			note(e)
			e.Outcome, e.Accepted, e.Refused = ledger.RefusedOutcome, 0, report.Rows
		})
	}
	if report.Refused > 0 {
		if _, err := r.attachRefusedPart(ctx, lease, m, in, report.IsRefused); err != nil {
			return err
		}
	}
	return lease.Move(ctx, ledger.Staged, ledger.Planned, note)
}

// attachRefusedPart keeps the rows of refused employees as a file of their own.
func (r *Runner) attachRefusedPart(ctx context.Context, lease *ledger.Lease, m *mappings.Mapping, in mappings.Input, refused func(clientnummer, employee string) bool) (rows int, err error) {
	pr, pw := io.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		var err error
		rows, err = m.Extract(ctx, in, refused, pw)
		pw.CloseWithError(err)
	}()
	err = lease.Attach(ctx, attachRefused, pr)
	pr.CloseWithError(io.ErrClosedPipe) // lets the writer end when the ledger stopped reading
	<-done
	if err != nil {
		return 0, fmt.Errorf("keep the refused part: %w", err)
	}
	return rows, nil
}

// park holds the entry for a person and ends the work on it.
func (r *Runner) park(ctx context.Context, lease *ledger.Lease, reason string) error {
	if err := lease.Hold(ctx, reason); err != nil {
		return err
	}
	r.Metrics.held(lease.Entry().Pipeline)
	return errWaits
}

func attachJSONDoc(ctx context.Context, lease *ledger.Lease, kind string, doc any) error {
	data, err := json.Marshal(doc)
	if err != nil {
		return fmt.Errorf("encode %s: %w", kind, err)
	}
	if err := lease.Attach(ctx, kind, bytes.NewReader(data)); err != nil {
		return fmt.Errorf("keep %s: %w", kind, err)
	}
	return nil
}
