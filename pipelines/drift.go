package pipelines

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"loket-etl/formats"
	"loket-etl/ledger"
	"loket-etl/mappings"
)

// DriftRule says what becomes of a file that differs from earlier ones of its sender.
type DriftRule string

// With either, a file whose numbers may mean something else by now is held: two
// columns are exchanged, hours became minutes, or other kinds of cells stand where
// the mapping wants numbers or dates.
const (
	TellDrift DriftRule = "tell" // on the receipt, in the log and in etl show
	HoldDrift DriftRule = "hold" // every difference holds the file, until a person releases it
)

const attachShape = "shape" // JSON mappings.Shape, while it differs from what is remembered

// differences are what differs in a file from what its sender gave before.
type differences []mappings.Drift

// problems are the differences for a receipt.
func (d differences) problems() (all []formats.Problem) {
	for _, one := range d {
		all = append(all, one.Problem)
	}
	discreet(all)
	return all
}

// mostReasons is how many differences the reason of a held file names.
const mostReasons = 3

// why says why the file is held, "" when it is not. It has no cell of the file, for
// reasons are kept.
func (d differences) why(rule DriftRule) string {
	holding := d
	if rule != HoldDrift {
		holding = slices.DeleteFunc(slices.Clone(d), func(one mappings.Drift) bool { return !one.Holds })
	}
	if len(holding) == 0 {
		return ""
	}
	text := "Dit bestand is anders van vorm dan eerdere van deze aanleveraar."
	for _, one := range holding[:min(len(holding), mostReasons)] {
		text += " " + one.Short
	}
	if more := len(holding) - mostReasons; more > 0 {
		text += fmt.Sprintf(" Zo zijn er nog %d verschillen.", more)
	}
	return Discreet(text) + " Wat nu: geef het bestand vrij als het zo klopt, dan wordt de nieuwe vorm onthouden; of leg het terzijde."
}

// sender is the inbox under which the files of an entry are remembered.
func (r *Runner) sender(pipeline, inbox string) string { return r.binding(pipeline, inbox).Inbox }

// drifted compares a file with what is remembered of its sender. fresh says that
// its shape adds to that.
func (r *Runner) drifted(ctx context.Context, pipeline, inbox string, m *mappings.Mapping, in mappings.Input) (now *mappings.Shape, found differences, fresh bool, err error) {
	if now, err = m.Shape(ctx, in); err != nil || now == nil {
		return nil, nil, false, err
	}
	text, err := r.Ledger.Shape(ctx, pipeline, r.sender(pipeline, inbox))
	if err != nil {
		return nil, nil, false, err
	}
	old, err := readShape(text)
	if err != nil {
		return nil, nil, false, err
	}
	if old != nil {
		now.Entry = old.Entry // it is not imported yet
	}
	after, err := json.Marshal(now.After(old))
	return now, now.Drift(old), string(after) != text, err
}

func readShape(text string) (*mappings.Shape, error) {
	if text == "" {
		return nil, nil
	}
	s := &mappings.Shape{}
	if err := json.Unmarshal([]byte(text), s); err != nil {
		return nil, fmt.Errorf("read what is remembered of the files of this sender: %w", err)
	}
	return s, nil
}

// look tells what differs in the file and holds it when a person should look. A
// crash before the plan is frozen has it looked at again.
func (r *Runner) look(ctx context.Context, lease *ledger.Lease, p *Pipeline, m *mappings.Mapping, in mappings.Input, report *mappings.Report, calls int) error {
	e := lease.Entry()
	now, found, fresh, err := r.drifted(ctx, e.Pipeline, e.Inbox, m, in)
	if err != nil || now == nil {
		return err
	}
	if fresh && calls > 0 {
		now.Entry = int64(e.ID)
		if err := attachJSONDoc(ctx, lease, attachShape, now); err != nil {
			return err
		}
	}
	if len(found) == 0 {
		return nil
	}
	codes := make([]string, len(found))
	for i := range found {
		codes[i] = found[i].Code
	}
	r.Log.Warn().Int64("entry", int64(e.ID)).Str("pipeline", e.Pipeline).Strs("drift", codes).Msg("the file differs from earlier ones of this sender")
	report.Notes = append(found.problems(), report.Notes...)
	why := found.why(p.Drift)
	if why == "" || calls == 0 {
		return nil
	}
	events, err := r.Ledger.Audit(ctx, e.ID)
	if err != nil {
		return err
	}
	if freed(events, why) {
		return nil
	}
	if err := attachJSONDoc(ctx, lease, attachNotes, problemList{Problems: report.Notes}); err != nil {
		return err
	}
	if err := lease.Move(ctx, ledger.Staged, ledger.Staged, func(e *ledger.Entry) {
		e.Mapping, e.Rows = m.Name()+"@"+m.Version(), report.Rows
	}); err != nil {
		return err
	}
	return r.park(ctx, lease, why)
}

// rememberShape adds the shape of a file that was imported to what is remembered of
// its sender. Doing it again after a crash changes nothing.
func (r *Runner) rememberShape(ctx context.Context, lease *ledger.Lease) error {
	e := lease.Entry()
	if e.Outcome != ledger.Imported && e.Outcome != ledger.Partly {
		return nil
	}
	now := &mappings.Shape{}
	if err := readAttached(ctx, r.Ledger, e.ID, attachShape, now); err != nil {
		return err
	}
	if len(now.Columns) == 0 {
		return nil
	}
	return lease.RememberShape(ctx, r.sender(e.Pipeline, e.Inbox), func(text string) (string, error) {
		old, err := readShape(text)
		if err != nil {
			return "", err
		}
		after, err := json.Marshal(now.After(old))
		return string(after), err
	})
}
