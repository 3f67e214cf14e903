package pipelines

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"loket-etl/ledger"
	"loket-etl/mappings"
)

// finishPlan commits the plan with the verdict on the file: planned, or refused.
func (r *Runner) finishPlan(ctx context.Context, lease *ledger.Lease, p *Pipeline, m *mappings.Mapping, in mappings.Input, report mappings.Report, draft *ledger.Draft, calls int) error {
	nothingLeft := calls == 0 && slices.ContainsFunc(report.Notes, isAllStands)
	if calls == 0 && len(report.Problems) == 0 && !nothingLeft {
		report.Problems = append(report.Problems, nothingToDo)
	}
	discreet(report.Problems)
	if calls > 0 && report.Refused > 0 && r.sealed(lease.Entry()) {
		report.Problems = append(report.Problems, notHandedBack)
	}
	if len(report.Problems) > 0 || m.NeedsReturns() { // those of an earlier plan may be gone by now
		if err := attachJSONDoc(ctx, lease, attachProblems, problemList{report.Problems, report.MoreProblems}); err != nil {
			return err
		}
	}
	if len(report.Notes) > 0 {
		if err := attachJSONDoc(ctx, lease, attachNotes, problemList{Problems: report.Notes}); err != nil {
			return err
		}
	}
	note := func(e *ledger.Entry) {
		e.Mapping = m.Name() + "@" + m.Version()
		e.Rows, e.Accepted, e.Refused, e.Calls = report.Rows, report.Accepted, report.Refused, calls
		e.Reason = ""
	}
	r.Metrics.rows(p.Name, report.Accepted, report.Refused)
	if calls == 0 && !nothingLeft {
		next := lease.Entry()
		note(&next)
		next.Outcome, next.Accepted, next.Refused = ledger.RefusedOutcome, 0, report.Rows
		next.Target = r.aim(ctx, next)
		return draft.Freeze(ctx, ledger.Refused, func(e *ledger.Entry) { *e = next })
	}
	if report.Refused > 0 {
		// Who is left out is decided now, whoever Loket knows by the time the rest
		// is delivered.
		if err := attachJSONDoc(ctx, lease, attachLeftOut, report.RefusedEmployees); err != nil {
			return err
		}
		if _, err := r.attachRefusedPart(ctx, lease, m, in, report.IsRefused, nil); err != nil {
			return err
		}
	}
	if err := r.markApproval(ctx, lease, p); err != nil {
		return err
	}
	return draft.Freeze(ctx, ledger.Planned, note)
}

// attachRefusedPart keeps the rows of refused employees, and those on refused
// lines, as a file of their own.
func (r *Runner) attachRefusedPart(ctx context.Context, lease *ledger.Lease, m *mappings.Mapping, in mappings.Input, refused func(clientnummer, employee string) bool, line func(int) bool) (rows int, err error) {
	// A part would take what the rest brought away: only the whole file may come
	// again. And what came encrypted does not lie about in clear.
	if in.Replaces || r.sealed(lease.Entry()) {
		return m.ExtractLines(ctx, in, refused, line, io.Discard)
	}
	pr, pw := io.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		var err error
		rows, err = m.ExtractLines(ctx, in, refused, line, pw)
		pw.CloseWithError(err)
	}()
	kind := attachRefused
	if m.HandsBackDocuments() {
		kind = attachBack
	}
	err = lease.Attach(ctx, kind, pr)
	pr.CloseWithError(io.ErrClosedPipe) // lets the writer end when the ledger stopped reading
	<-done
	if err == nil && rows == 0 { // a header alone is no file to repair
		err = lease.Attach(ctx, kind, strings.NewReader(""))
	}
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
