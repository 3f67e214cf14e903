package pipelines

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"loket-etl/formats"
	"loket-etl/ledger"
	"loket-etl/loket"
	"loket-etl/loket/contract"
	"loket-etl/mappings"
)

// lineNote is what the ledger keeps of Loket's answer to one call.
type lineNote struct {
	Import   string        `json:"import,omitempty"` // ImportNummer
	Accepted int           `json:"accepted"`
	Refused  int           `json:"refused"`
	Lines    []refusedLine `json:"lines,omitempty"`
	Fault    string        `json:"fault,omitempty"`
	ReadBack bool          `json:"read_back,omitempty"`
}

// refusedLine is a line of an import file that Loket did not take.
type refusedLine struct {
	Regelnummer int    `json:"regelnummer"`
	Text        string `json:"text"`
}

// deliver sends the next call of the plan, or settles the outcome of one that
// was out when the process stopped. When all calls have an outcome it commits
// the outcome of the file.
func (r *Runner) deliver(ctx context.Context, lease *ledger.Lease) error {
	line, err := lease.NextLine(ctx)
	if errors.Is(err, ledger.ErrNoLine) {
		return r.finishDelivery(ctx, lease)
	}
	if err != nil {
		return fmt.Errorf("read the plan: %w", err)
	}
	call, err := contract.UnmarshalArgs(line.Function, line.Args)
	if err != nil {
		return fmt.Errorf("read call %d of the plan: %w", line.No, err)
	}
	if line.State == ledger.LinePlanned {
		return r.send(ctx, lease, line, call)
	}
	return r.resolve(ctx, lease, line, call)
}

// send makes one call. The ledger says "sending" before the first byte leaves:
// a crash after that is resolved by reading Loket back, never by sending again.
func (r *Runner) send(ctx context.Context, lease *ledger.Lease, line ledger.Line, call contract.Call) error {
	var baseline []byte
	if line.Class != string(contract.Overwrite) {
		before, err := r.snapshot(ctx, call)
		if err != nil {
			return fmt.Errorf("read what stands in Loket before call %d: %w", line.No, err)
		}
		if baseline, err = json.Marshal(before); err != nil {
			return fmt.Errorf("keep what stands in Loket before call %d: %w", line.No, err)
		}
	}
	if err := lease.Send(ctx, line.No, baseline); err != nil {
		return fmt.Errorf("mark call %d as sending: %w", line.No, err)
	}
	// A call that is out is not cut off by a shutdown: that would turn a known
	// outcome into an unknown one.
	out := context.WithoutCancel(ctx)
	timed, cancel := context.WithTimeout(out, r.CallTimeout)
	defer cancel()
	result, err := r.Loket.Import(timed, call)
	r.Metrics.called(line.Function, err)
	if err != nil {
		return r.recordFailure(out, lease, line, err)
	}
	return r.record(out, lease, line, noteOf(result))
}

func (r *Runner) record(ctx context.Context, lease *ledger.Lease, line ledger.Line, note lineNote) error {
	data, err := json.Marshal(note)
	if err != nil {
		return fmt.Errorf("keep the answer to call %d: %w", line.No, err)
	}
	state := ledger.LineDone
	if note.Fault != "" {
		state = ledger.LineRefused
	}
	if err := lease.Record(ctx, line.No, state, data); err != nil {
		return fmt.Errorf("record the outcome of call %d: %w", line.No, err)
	}
	return nil
}

func (r *Runner) recordFailure(ctx context.Context, lease *ledger.Lease, line ledger.Line, cause error) error {
	e := lease.Entry()
	v := judge(cause, e.Tries)
	r.Log.Warn().Int64("entry", int64(e.ID)).Int("line", line.No).Str("function", line.Function).Str("outcome", string(v.do)).Msg("call failed")
	switch v.do {
	case unknown: // stays in sending
		r.Metrics.retried(e.Pipeline)
		return wait(lease.Later(ctx, r.Now().Add(r.CallTimeout+r.Grace), v.reason))
	case refuse:
		return r.record(ctx, lease, line, lineNote{Fault: v.reason, Refused: line.Rows})
	}
	if err := lease.Record(ctx, line.No, ledger.LinePlanned, nil); err != nil {
		return fmt.Errorf("put call %d back: %w", line.No, err)
	}
	if v.do == hold {
		return r.park(ctx, lease, v.reason)
	}
	r.Metrics.retried(e.Pipeline)
	return wait(lease.Later(ctx, r.Now().Add(v.after), v.reason))
}

// wait is errWaits once the ledger holds the time to go on.
func wait(err error) error {
	if err != nil {
		return err
	}
	return errWaits
}

func noteOf(res loket.ImportResult) lineNote {
	note := lineNote{Import: res.ImportNummer, Accepted: res.AantalVerwerkt, Refused: res.AantalAfgekeurd}
	for _, l := range res.Regels {
		if l.Status == "Verwerkt" {
			continue
		}
		text := l.Status
		for _, m := range l.Meldingen {
			text = m.Omschrijving
		}
		if l.Status == "Afgekeurd" {
			note.Lines = append(note.Lines, refusedLine{l.Regelnummer, text})
		}
	}
	return note
}

// finishDelivery commits what became of the file as a whole.
func (r *Runner) finishDelivery(ctx context.Context, lease *ledger.Lease) error {
	out, err := r.tally(ctx, lease)
	if err != nil {
		return err
	}
	if len(out.problems.Problems) > 0 {
		if err := attachJSONDoc(ctx, lease, attachProblems, out.problems); err != nil {
			return err
		}
	}
	if len(out.refused) > 0 {
		if out.rows, err = r.extractAfter(ctx, lease, out); err != nil {
			return err
		}
	}
	return lease.Move(ctx, ledger.Planned, ledger.Delivered, func(e *ledger.Entry) {
		e.Reason, e.Verdict = "", out.reason
		switch {
		case out.done == 0:
			e.Outcome, e.Refused, e.Accepted = ledger.RefusedOutcome, e.Rows, 0
		case e.Refused > 0 || len(out.refused) > 0 || out.faults > 0:
			e.Outcome = ledger.Partly
			if out.rows > 0 {
				e.Accepted -= out.rows - e.Refused
				e.Refused = out.rows
			}
		default:
			e.Outcome = ledger.Imported
		}
	})
}

// outcome adds up the answers to all calls of a file.
type outcome struct {
	done, faults int
	reason       string
	rows         int                        // source rows that were not taken, after extractAfter
	refused      map[mappings.Employee]bool // whose rows Loket refused
	problems     problemList
}

func (r *Runner) tally(ctx context.Context, lease *ledger.Lease) (outcome, error) {
	out := outcome{refused: map[mappings.Employee]bool{}}
	if err := readProblems(ctx, r.Ledger, lease.Entry().ID, &out.problems); err != nil {
		return out, err
	}
	for line, err := range lease.Lines(ctx) {
		if err != nil {
			return out, fmt.Errorf("read the plan: %w", err)
		}
		var note lineNote
		if err := json.Unmarshal(line.Note, &note); err != nil {
			return out, fmt.Errorf("read the answer to call %d: %w", line.No, err)
		}
		if note.Fault == "" && note.Accepted > 0 || note.Refused == 0 && note.Fault == "" {
			out.done++
		}
		if note.Fault == "" && len(note.Lines) == 0 {
			continue
		}
		if err := out.addRefusals(line, note); err != nil {
			return out, err
		}
	}
	return out, nil
}

// addRefusals names whose lines Loket refused, and why.
func (o *outcome) addRefusals(line ledger.Line, note lineNote) error {
	call, err := contract.UnmarshalArgs(line.Function, line.Args)
	if err != nil {
		return fmt.Errorf("read call %d of the plan: %w", line.No, err)
	}
	values, err := mappings.Read(call)
	if err != nil {
		return fmt.Errorf("read the import file of call %d: %w", line.No, err)
	}
	why := map[int]string{}
	for _, l := range note.Lines {
		why[l.Regelnummer] = l.Text
	}
	if note.Fault != "" {
		o.faults++
		o.reason = note.Fault
	}
	for _, v := range values {
		text, bad := why[v.Regelnummer]
		if note.Fault != "" {
			text, bad = note.Fault, true
		}
		key := v.Who()
		if !bad || o.refused[key] {
			continue
		}
		o.refused[key] = true
		o.problems.Problems = append(o.problems.Problems, formats.Problem{
			Code:    "loket-weigert",
			Message: fmt.Sprintf("Loket neemt werknemer %s (%s) niet aan: %s", v.Employee(), line.Subject, text),
			Repair:  "Verbeter de regels van deze werknemer en lever het afgekeurde deel opnieuw aan.",
		})
	}
	return nil
}

// extractAfter keeps the refused part again, now with what Loket refused too,
// and gives its number of rows.
func (r *Runner) extractAfter(ctx context.Context, lease *ledger.Lease, out outcome) (int, error) {
	p, m, err := r.planOf(ctx, lease)
	if err != nil {
		return 0, err
	}
	in, err := r.input(ctx, lease, p)
	if err != nil {
		return 0, err
	}
	report, err := runMapping(ctx, m, in, func(mappings.Planned) error { return nil })
	if err != nil {
		return 0, fmt.Errorf("find the refused rows: %w", err)
	}
	return r.attachRefusedPart(ctx, lease, m, in, func(client, employee string) bool {
		return out.refused[mappings.Employee{Clientnummer: client, Number: employee}] || report.IsRefused(client, employee)
	})
}
