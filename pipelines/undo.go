package pipelines

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"time"

	"loket-etl/formats"
	"loket-etl/ledger"
	"loket-etl/loket/contract"
	"loket-etl/mappings"
	"loket-etl/payroll"
)

// ErrNoUndo: the entry is none that can be taken back; the text says why.
var ErrNoUndo = errors.New("cannot be taken back")

// Undo stages the taking back of an import, as an entry of its own, and gives its
// number. What the ledger alone can tell is refused at once: ErrNoUndo, or
// ledger.ErrUndone with the number of the entry that took it back, or does.
func Undo(ctx context.Context, l *ledger.Ledger, id ledger.ID, who, reason string) (ledger.ID, error) {
	e, err := l.Get(ctx, id)
	if err != nil {
		return 0, err
	}
	if err := errors.Join(undoable(ctx, l, e), notUndone(ctx, l, id)); err != nil {
		return 0, err
	}
	note, err := json.MarshalIndent(undoFile{Undoes: int64(id), File: Discreet(e.Name), SHA256: e.SHA256}, "", "  ")
	if err != nil {
		return 0, fmt.Errorf("undo entry %d: %w", id, err)
	}
	return l.Undo(ctx, id, path.Join(path.Dir(e.Name), shortName(path.Base(e.Name))+".teruggedraaid.json"), append(note, '\n'), who, reason)
}

// undoFile is what stands where the file of an entry would be.
type undoFile struct {
	Undoes int64  `json:"teruggedraaid"`
	File   string `json:"bestand"`
	SHA256 string `json:"sha256"`
}

// UndoneError is ledger.ErrUndone, with the entry that takes the other one back, or did.
type UndoneError struct {
	Of ledger.ID
	By ledger.Entry
}

// Error says how far the taking back is.
func (e *UndoneError) Error() string {
	switch {
	case AwaitsApproval(e.By):
		return fmt.Sprintf("entry %d is not taken back yet: entry %d does so, and waits for approval", e.Of, e.By.ID)
	case e.By.State != ledger.Settled:
		return fmt.Sprintf("entry %d is being taken back, by entry %d", e.Of, e.By.ID)
	}
	return fmt.Sprintf("entry %d is %v, by entry %d", e.Of, ledger.ErrUndone, e.By.ID)
}

// Unwrap is ledger.ErrUndone.
func (e *UndoneError) Unwrap() error { return ledger.ErrUndone }

// UndoAwaitsApproval reports whether an entry that takes another one back will wait
// for approval, because that one did.
func UndoAwaitsApproval(ctx context.Context, l *ledger.Ledger, e ledger.Entry) (bool, error) {
	var noted Approval
	if e.Undoes == 0 {
		return false, nil
	}
	err := readAttached(ctx, l, e.Undoes, attachApproval, &noted)
	return noted == ApprovalRequired, err
}

// notUndone is an UndoneError when another entry takes this one back, or did.
func notUndone(ctx context.Context, l *ledger.Ledger, id ledger.ID) error {
	by, err := l.UndoneBy(ctx, id)
	switch {
	case err == nil:
		return &UndoneError{Of: id, By: by}
	case errors.Is(err, ledger.ErrNotFound):
		return nil
	}
	return err
}

// undoable says why an entry cannot be taken back, as far as the ledger knows.
func undoable(ctx context.Context, l *ledger.Ledger, e ledger.Entry) error {
	no := func(why string) error { return fmt.Errorf("entry %d %s: %w", e.ID, why, ErrNoUndo) }
	switch {
	case e.Run != "":
		return no("is an export: what was published stays published")
	case e.Undoes != 0:
		return no(fmt.Sprintf("took back entry %d; drop that file again instead", e.Undoes))
	case e.State != ledger.Settled:
		return fmt.Errorf("entry %d is %s, not settled: %w", e.ID, e.State, ledger.ErrState)
	case e.Purged:
		return no("was purged after the retention: what it did is no longer known")
	}
	done, can := 0, 0
	var names []string
	for line, err := range l.Lines(ctx, e.ID) {
		if err != nil {
			return err
		}
		if line.State != ledger.LineDone {
			continue
		}
		if done++; canUndo(line) {
			can++
		} else {
			names = append(names, line.Function)
		}
	}
	switch {
	case done == 0:
		return no("changed nothing in Loket")
	case can == 0:
		return no(fmt.Sprintf("called only %s, which has no way back", names[0]))
	}
	return nil
}

// canUndo reports whether a call has a way back: an import, or a change of a record
// that was read before.
func canUndo(line ledger.Line) bool {
	w := ways[line.Function]
	return w.imports || w.narrow != nil
}

// undoing makes the plan of an entry that takes another one back.
type undoing struct {
	*Runner
	of     ledger.Entry
	first  time.Time // when its first call was sent
	people *employments

	calls    []plannedCall
	problems []formats.Problem
	rows     int // values, lines and changes that the entry left
	back     int // of these, those that are put back
}

// UndoReport is what taking an entry back would do.
type UndoReport struct {
	Refused  string            // why it would be refused whole; "" when it would not
	Calls    []DryCall         // in their order
	Problems []formats.Problem // what would stay as it is
	Rows     int               // what the entry left in Loket
	Back     int               // of that, what would be put back
}

// PreviewUndo says what Undo would come to now, and sends nothing.
func (r *Runner) PreviewUndo(ctx context.Context, id ledger.ID) (UndoReport, error) {
	e, err := r.Ledger.Get(ctx, id)
	if err != nil {
		return UndoReport{}, err
	}
	if err := errors.Join(undoable(ctx, r.Ledger, e), notUndone(ctx, r.Ledger, id)); err != nil {
		return UndoReport{}, err
	}
	u := &undoing{Runner: r, of: e}
	why, err := u.plan(ctx, nil)
	if err != nil {
		return UndoReport{}, err
	}
	discreet(u.problems)
	report := UndoReport{Refused: why, Problems: u.problems, Rows: u.rows, Back: u.back}
	for i, pc := range u.calls {
		c, err := dryCall(i+1, pc.Planned)
		if err != nil {
			return UndoReport{}, err
		}
		r.mask(&c, e.Pipeline)
		report.Calls = append(report.Calls, c)
	}
	return report, nil
}

// mask hides what a call would put back of a person: it comes from Loket, and who
// asks need not be who may see that.
func (r *Runner) mask(c *DryCall, pipeline string) {
	plans := r.Plans()
	p, ok := plans.Pipelines[pipeline]
	if !ok {
		p = &Pipeline{}
	}
	m, known := plans.Mappings.Get(p.Mapping)
	fn, _ := contract.Lookup(c.Function)
	hidden := map[string]bool{}
	for _, l := range fn.Leaves() {
		name := ""
		for _, g := range l.Groups {
			name += g.Name + "/"
		}
		hidden[name+l.Name] = !known || m.IsPersonal(l.Field)
	}
	for i := range c.Args {
		if a := &c.Args[i]; hidden[a.Name] && a.Name != "DataIdentity" {
			a.Value = payroll.Mask(a.Value)
		}
	}
}

// planUndo freezes the calls that put back what stood before another entry. It
// waits for who is busy with the same, so that what it reads is what stands.
func (r *Runner) planUndo(ctx context.Context, lease *ledger.Lease) error {
	of, err := r.Ledger.Get(ctx, lease.Entry().Undoes)
	if err != nil {
		return err
	}
	u := &undoing{Runner: r, of: of}
	why, err := u.plan(ctx, lease)
	if err != nil {
		return err
	}
	draft, err := lease.Draft(ctx, func(add func(ledger.Line) error) error {
		for i, pc := range u.calls {
			line, err := planLine(i+1, pc)
			if err != nil {
				return err
			}
			if err := add(line); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("plan %s: %w", lease.Entry().Name, err)
	}
	discreet(u.problems)
	if len(u.problems) > 0 {
		list := problemList{Problems: u.problems}
		if most := r.Limits.problems(); len(list.Problems) > most {
			list.Problems, list.More = list.Problems[:most], len(list.Problems)-most
		}
		if err := attachJSONDoc(ctx, lease, attachProblems, list); err != nil {
			return err
		}
	}
	if why == "" && u.back == 0 && len(u.problems) > 0 {
		why = "Niets van dit bestand kan worden teruggedraaid; hieronder staat waarom"
	}
	next := lease.Entry()
	next.Mapping, next.Rows, next.Accepted, next.Refused, next.Reason = of.Mapping, u.rows, u.back, u.rows-u.back, ""
	to := ledger.Planned
	if why != "" {
		to = ledger.Refused
		next.Outcome, next.Verdict, next.Accepted, next.Refused = ledger.RefusedOutcome, why, 0, u.rows
		next.Target = r.aim(ctx, next)
		if draft, err = lease.Draft(ctx, func(func(ledger.Line) error) error { return nil }); err != nil {
			return err
		}
	}
	calls := len(u.calls)
	if why != "" {
		calls = 0
	}
	next.Calls = calls
	return draft.Freeze(ctx, to, func(e *ledger.Entry) { *e = next })
}

// plan makes the calls; why says that nothing may be taken back. With a lease it
// waits for its turn.
func (u *undoing) plan(ctx context.Context, lease *ledger.Lease) (why string, err error) {
	var made []madeCall
	for line, err := range u.Ledger.Lines(ctx, u.of.ID) {
		if err != nil {
			return "", err
		}
		if line.State != ledger.LineDone || ways[line.Function].imports {
			continue
		}
		if lease != nil {
			if err := u.turn(ctx, lease, line.Scope); err != nil {
				return "", err
			}
		}
		if err := u.record(ctx, line); err != nil {
			return "", err
		}
	}
	if made, err = u.callsMade(ctx, u.of.ID, ""); err != nil || len(made) == 0 {
		return "", err
	}
	if u.people, _, err = u.directory.read(ctx, u.Loket, u.Now()); err != nil {
		return "", err
	}
	u.first = made[0].sent
	for _, c := range made { // all are looked at before anything is taken back
		if lease != nil {
			if err := u.turn(ctx, lease, c.scope); err != nil {
				return "", err
			}
		}
		if why, err := u.forbids(ctx, &c); why != "" || err != nil {
			return why, err
		}
	}
	for len(made) > 0 {
		var same []madeCall
		rest := made[:0:0]
		for _, c := range made {
			if c.scope == made[0].scope {
				same = append(same, c)
			} else {
				rest = append(rest, c)
			}
		}
		if err := u.scope(ctx, same); err != nil {
			return "", err
		}
		made = rest
	}
	return "", nil
}

// turn waits for older entries that are busy with the same.
func (u *undoing) turn(ctx context.Context, lease *ledger.Lease, scope string) error {
	older, err := lease.AheadOfPlan(ctx, scope, mostOthers)
	if err == nil && len(older) > 0 {
		err = u.giveWay(ctx, lease, older[0])
	}
	return err
}

// forbids says why a call may not be taken back: its period has an approved run, or
// a later file counts on what it did.
func (u *undoing) forbids(ctx context.Context, c *madeCall) (why string, err error) {
	seen := map[string]bool{}
	for _, v := range c.values {
		period := v.Period
		if v.Verlof != nil {
			period = leavePeriod(v, u.people)
		}
		if seen[period.String()] {
			continue
		}
		seen[period.String()] = true
		closed, err := u.hasApprovedRun(ctx, c.owner, period)
		if err != nil {
			return "", err
		}
		if closed {
			return fmt.Sprintf("Periode %s (%s) is in Loket afgesloten: er is een goedgekeurde verloning; daarom is niets teruggedraaid. %s", period, c.subject, closedRepair), nil
		}
	}
	later, err := u.later(ctx, u.of.Pipeline, c.scope)
	if err != nil {
		return "", err
	}
	mine := map[string]bool{}
	for _, v := range c.values {
		mine[u.people.key(v)] = true
	}
	delete(mine, "")
	for _, l := range later {
		if !c.corr && !l.corr && !u.replaces(u.of) && (c.class != contract.Overwrite || !u.meets(mine, &l)) {
			continue // what was added can be taken off in any order
		}
		return fmt.Sprintf("Bestand nummer %d is later verwerkt en gaat over hetzelfde (%s); draai dat eerst terug. Er is niets teruggedraaid", l.entry, c.subject), nil
	}
	return "", nil
}

// meets reports whether a call has a value under one of the keys.
func (u *undoing) meets(keys map[string]bool, c *madeCall) bool {
	return slices.ContainsFunc(c.values, func(v mappings.ImportValue) bool { return keys[u.people.key(v)] })
}

// later are the calls of the scope that files of a pipeline ("": of any) made after
// this one and that still hold.
func (u *undoing) later(ctx context.Context, pipeline, scope string) ([]madeCall, error) {
	entries, err := u.Ledger.Made(ctx, pipeline, scope)
	if err != nil {
		return nil, err
	}
	return u.since(ctx, entries, scope)
}

// since are the calls of entries that were made after this one.
func (u *undoing) since(ctx context.Context, entries []ledger.Entry, scope string) ([]madeCall, error) {
	var out []madeCall
	for _, e := range entries {
		if e.ID == u.of.ID || e.Purged { // older than this one, which is not purged
			continue
		}
		calls, err := u.callsMade(ctx, e.ID, scope)
		if err != nil {
			return nil, err
		}
		for _, c := range calls {
			if c.sent.After(u.first) {
				out = append(out, c)
			}
		}
	}
	return out, nil
}
