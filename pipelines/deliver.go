package pipelines

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"loket-etl/ledger"
	"loket-etl/loket"
	"loket-etl/loket/contract"
	"loket-etl/payroll"
)

// lineNote is what the ledger keeps of Loket's answer to one call.
type lineNote struct {
	Import   string        `json:"import,omitempty"` // ImportNummer
	Accepted int           `json:"accepted"`
	Refused  int           `json:"refused"`
	Skipped  int           `json:"skipped,omitempty"` // left as they were
	Lines    []refusedLine `json:"lines,omitempty"`
	Fault    string        `json:"fault,omitempty"`
	ReadBack bool          `json:"read_back,omitempty"`
	Answer   string        `json:"answer,omitempty"` // Loket's, where it is no import
	Unsent   bool          `json:"unsent,omitempty"` // nothing was left to be done, so the call was not made
	// Correction: the call takes back or puts back what an earlier one did.
	Correction bool `json:"correction,omitempty"`
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
	call, lines, some, err := r.spare(ctx, lease, line, call)
	if err != nil {
		return err
	}
	if line.State != ledger.LinePlanned {
		return r.resolve(ctx, lease, line, call)
	}
	if line.No == 1 {
		if err := r.mayLeave(ctx, lease); err != nil {
			return err
		}
	}
	if stop, err := r.allOrNothing(ctx, lease, line); stop || err != nil {
		return err
	}
	if err := r.myTurn(ctx, lease, line, call); err != nil {
		return err
	}
	if !some {
		return r.leaveAsItIs(ctx, lease, line, nil, sparedAll)
	}
	return r.send(ctx, lease, line, call, lines)
}

// allOrNothing refuses the whole file when the policy says so, nothing was done
// yet and it is known that not all of it will be: because an approved run closed
// one of its periods, or because Loket refused the call before this one.
func (r *Runner) allOrNothing(ctx context.Context, lease *ledger.Lease, line ledger.Line) (stop bool, err error) {
	e := lease.Entry()
	p, ok := r.Plans().Pipelines[e.Pipeline]
	if e.Calls < 2 || !ok || r.binding(e.Pipeline, e.Inbox).policy(p) != AllOrNothing {
		return false, nil
	}
	why := ""
	if line.No == 1 {
		if why, err = r.closedPeriod(ctx, lease); err != nil {
			return false, err
		}
	} else {
		before, err := lease.Line(ctx, line.No-1)
		if err != nil {
			return false, fmt.Errorf("read the plan: %w", err)
		}
		if before.State == ledger.LineRefused {
			note, err := readNote(before)
			if err != nil {
				return false, err
			}
			why = fmt.Sprintf("%s: %s", before.Subject, note.Fault)
		}
	}
	if why == "" {
		return false, nil
	}
	err = lease.Move(ctx, ledger.Planned, ledger.Refused, func(e *ledger.Entry) {
		e.Outcome, e.Reason, e.Verdict, e.Accepted, e.Refused = ledger.RefusedOutcome, "", why, 0, e.Rows
	})
	if errors.Is(err, ledger.ErrState) {
		return false, nil // an earlier call was done: the rest belongs with it
	}
	return err == nil, err
}

// closedPeriod says which period of the plan has an approved run, "" when none
// has.
func (r *Runner) closedPeriod(ctx context.Context, lease *ledger.Lease) (string, error) {
	seen := map[string]bool{}
	for line, err := range lease.Lines(ctx) {
		if err != nil {
			return "", fmt.Errorf("read the plan: %w", err)
		}
		if !ways[line.Function].imports {
			continue // nothing else has a period
		}
		call, err := contract.UnmarshalArgs(line.Function, line.Args)
		if err != nil {
			return "", fmt.Errorf("read call %d of the plan: %w", line.No, err)
		}
		owner, _ := call.Args["ParentDataIdentity"].(string)
		period := periodOf(call)
		if seen[line.Scope] || owner == "" || period.Number == 0 {
			continue
		}
		seen[line.Scope] = true
		closed, err := r.hasApprovedRun(ctx, owner, period)
		if err != nil {
			return "", err
		}
		if closed {
			return fmt.Sprintf("%s is in Loket afgesloten: er is een goedgekeurde verloning; daarom is van dit bestand niets verzonden. %s", line.Subject, closedRepair), nil
		}
	}
	return "", nil
}

func (r *Runner) hasApprovedRun(ctx context.Context, werkgever string, period payroll.Period) (bool, error) {
	runs, err := r.Loket.ListGoedgekeurdeLoonrunsPeriode(ctx, werkgever, period)
	if err != nil {
		return false, fmt.Errorf("look for an approved run: %w", err)
	}
	return len(runs) > 0, nil
}

// closedRepair says what to do about a closed period.
const closedRepair = "Een afgesloten periode wordt niet herrekend, zet de correctie in de open periode"

func periodOf(call contract.Call) payroll.Period {
	year, _ := call.Args["Jaar"].(int)
	number, _ := call.Args["PeriodeNummer"].(int)
	return payroll.Period{Year: year, Number: number}
}

// send makes one call. The ledger says "sending" before the first byte leaves:
// a crash after that is resolved by reading Loket back, never by sending again.
// lines are as of mappings.Only.
func (r *Runner) send(ctx context.Context, lease *ledger.Lease, line ledger.Line, call contract.Call, lines []int) error {
	stands, remembered, err := r.before(ctx, lease, line, call)
	if err != nil {
		return err
	}
	left := leftCall{call: call, some: true}
	if !remembered { // what somebody entered since would be taken for what stands
		left, err = r.whatIsLeft(ctx, lease, line, call, stands)
	}
	if err != nil {
		return err
	}
	if line.Class == string(contract.Overwrite) && len(line.Baseline) > 0 {
		stands = nil // what stood before it was sent first
	}
	if !left.some {
		return r.leaveAsItIs(ctx, lease, line, stands, asItWas)
	}
	// A call that is out is not cut off by a shutdown: that would turn a known
	// outcome into an unknown one. Its time runs from before the mark: who was
	// stopped in between for so long that others may have read Loket back does
	// not make the call any more.
	out := context.WithoutCancel(ctx)
	timed, cancel := context.WithTimeout(out, r.CallTimeout)
	defer cancel()
	if err := lease.Send(ctx, line.No, stands); err != nil {
		return fmt.Errorf("mark call %d as sending: %w", line.No, err)
	}
	reply, err := r.Loket.Do(timed, left.call)
	r.Metrics.called(line.Function, err)
	if after := ways[line.Function].after; after != nil {
		after(r)
	}
	if err != nil {
		r.recent.forget()
		return r.recordFailure(out, lease, line, err)
	}
	note := lineNote{}
	if answer := ways[line.Function].answer; answer != nil {
		note = answer(reply)
	}
	if !ways[line.Function].imports {
		note.Accepted = line.Rows
	}
	if err := r.wrote(out, lease, line, left.call, note); err != nil {
		r.recent.forget() // it was made all the same
	}
	note.renumber(left.lines)
	note.renumber(lines)
	return r.record(out, lease, line, note)
}

// before is what stands in Loket before a call, for whoever must know afterwards
// whether it was carried out, or has to take it back. A call that would change
// nothing is left to a person. remembered is as of lookFor.
func (r *Runner) before(ctx context.Context, lease *ledger.Lease, line ledger.Line, call contract.Call) (stands []byte, remembered bool, err error) {
	w := ways[line.Function]
	if w.look == nil {
		return nil, false, nil
	}
	stands, remembered, err = r.lookFor(ctx, lease, line, call)
	if err != nil {
		return nil, false, fmt.Errorf("read what stands in Loket before call %d: %w", line.No, err)
	}
	if w.idle == nil {
		return stands, remembered, nil
	}
	if why := w.idle(call, stands); why != "" {
		return stands, remembered, r.parkUnlessFreed(ctx, lease, why)
	}
	return stands, remembered, nil
}

// leftCall is a call without what stands in Loket already; some is false when that
// is all of it, lines are as of mappings.Only.
type leftCall struct {
	call  contract.Call
	lines []int
	some  bool
}

// whatIsLeft is what of a call is still to be sent. A call that would make what is
// there, or take back what somebody changed, is left to a person.
func (r *Runner) whatIsLeft(ctx context.Context, lease *ledger.Lease, line ledger.Line, call contract.Call, stands []byte) (left leftCall, err error) {
	w := ways[line.Function]
	if w.there != nil {
		why, err := w.there(ctx, r, call)
		if err == nil && why != "" {
			err = r.parkUnlessFreed(ctx, lease, why)
		}
		if err != nil {
			return left, err
		}
	}
	left = leftCall{call: call, some: true}
	switch {
	case w.imports && line.Class == string(contract.Overwrite):
		left, err = r.importLeft(ctx, lease, line, call, stands)
	case w.narrow != nil:
		left.call, left.some, err = w.narrow(call, stands)
	}
	if err != nil && !errors.Is(err, errWaits) {
		err = fmt.Errorf("compare call %d with Loket: %w", line.No, err)
	}
	return left, err
}

func (r *Runner) record(ctx context.Context, lease *ledger.Lease, line ledger.Line, note lineNote) error {
	planned := lineNote{}
	if len(line.Note) > 0 {
		if err := json.Unmarshal(line.Note, &planned); err != nil {
			return fmt.Errorf("read what is noted of call %d: %w", line.No, err)
		}
	}
	note.Correction = planned.Correction
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
	var fault *loket.Fault
	if errors.As(cause, &fault) && !errors.Is(cause, loket.ErrUnknown) {
		if said := ways[line.Function].nothing[fault.Code]; said != "" {
			return r.record(ctx, lease, line, lineNote{Accepted: line.Rows, Answer: said})
		}
	}
	e := lease.Entry()
	v := judge(cause, e)
	r.Log.Warn().Int64("entry", int64(e.ID)).Int("line", line.No).Str("function", line.Function).Str("outcome", string(v.do)).Msg("call failed")
	switch v.do {
	case unknown: // stays in sending
		sent, err := lease.Line(ctx, line.No)
		if err != nil {
			return fmt.Errorf("look at call %d: %w", line.No, err)
		}
		r.doubts.since(e.ID, sent, r.Now())
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
		switch l.Status {
		case "Overgeslagen":
			note.Skipped++
		case "Afgekeurd":
			var said []string
			for _, m := range l.Meldingen {
				said = append(said, m.Omschrijving)
			}
			note.Lines = append(note.Lines, refusedLine{l.Regelnummer, strings.Join(said, " ")})
		}
	}
	return note
}

// readNote is what was recorded of a call; what a person resolved has only its
// state.
func readNote(line ledger.Line) (note lineNote, err error) {
	if len(line.Note) > 0 {
		if err := json.Unmarshal(line.Note, &note); err != nil {
			return note, fmt.Errorf("read the answer to call %d: %w", line.No, err)
		}
	}
	if line.State == ledger.LineRefused && note.Fault == "" {
		note.Fault = "een beheerder heeft vastgesteld dat deze aanroep niet is uitgevoerd"
	}
	return note, nil
}
