package pipelines

import (
	"context"
	"errors"
	"fmt"
	"time"

	"loket-etl/ledger"
	"loket-etl/loket/contract"
	"loket-etl/mappings"
)

const (
	turnWait = 200 * time.Millisecond // for somebody in this process who is at work
	turnAsks = 25                     // how often before the entry is given back
)

// mostOthers is how many entries about the same are looked at; with more, the
// first goes first.
const mostOthers = 100

// myTurn returns when the call may be made; else the entry waits or is held.
func (r *Runner) myTurn(ctx context.Context, lease *ledger.Lease, line ledger.Line, call contract.Call) error {
	if line.Scope == "" {
		return nil
	}
	note, err := readNote(line)
	if err != nil {
		return err
	}
	// Twice is not the same as once, and a correction counts on what stands.
	adds := line.Class != string(contract.Overwrite) || note.Correction
	if line.Class == string(contract.Additive) {
		if err := r.notAgain(ctx, lease); err != nil {
			return err
		}
	}
	if err := r.letOlderGo(ctx, lease, line, call, adds); err != nil {
		return err
	}
	if err := r.notTwice(ctx, lease, line, call); err != nil {
		return err
	}
	if err := r.notAfterCorrection(ctx, lease, line); err != nil {
		return err
	}
	newer, err := lease.Beyond(ctx, line.Scope, mostOthers)
	if err != nil {
		return err
	}
	for _, n := range newer {
		meets, err := r.meets(ctx, n, line, call, func(s ledger.LineState) bool { return isOut(s) || !adds && s == ledger.LineDone })
		switch {
		case err != nil:
			return err
		case !meets:
		case adds: // two at once could not be told apart afterwards
			return r.giveWay(ctx, lease, n)
		default:
			return r.parkUnlessFreed(ctx, lease, fmt.Sprintf("een nieuwer bestand (nummer %d) heeft dezelfde waarden al in Loket gezet (%s); "+
				"dit oudere bestand zou ze terugzetten: geef het vrij als dat de bedoeling is, of leg het terzijde", n.ID, line.Subject))
		}
	}
	return nil
}

// isOut reports whether a call may have been carried out without our knowing.
func isOut(s ledger.LineState) bool { return s == ledger.LineSending || s == ledger.LineUnknown }

// letOlderGo waits for older entries.
func (r *Runner) letOlderGo(ctx context.Context, lease *ledger.Lease, line ledger.Line, call contract.Call, adds bool) error {
	for ask := 0; ; ask++ {
		again, err := r.letOlderMove(ctx, lease, line, call, adds, ask == turnAsks)
		if err != nil || !again {
			return err
		}
	}
}

// letOlderMove waits until one of the older entries made a step; again is false
// when there are none. When it is the last time, or nobody here is at work on the
// first of them, the entry gives way.
func (r *Runner) letOlderMove(ctx context.Context, lease *ledger.Lease, line ledger.Line, call contract.Call, adds, last bool) (again bool, err error) {
	ear := r.progress.listen() // before looking, so that no step is missed
	defer ear.close()
	older, err := r.ahead(ctx, lease, line, call, adds)
	if err != nil || len(older) == 0 {
		return false, err
	}
	if last || older[0].Holder != r.Holder {
		return false, r.giveWay(ctx, lease, older[0])
	}
	// They wait for each other too: the newest goes last.
	newest := older[0].ID
	for _, o := range older {
		if o.Holder == r.Holder {
			newest = o.ID
		}
	}
	timer := time.NewTimer(turnWait)
	defer timer.Stop()
	select {
	case <-ear.to(newest):
	case <-timer.C:
	case <-ctx.Done():
		return false, errors.Join(lease.Release(context.WithoutCancel(ctx)), errWaits)
	}
	return true, nil
}

// ahead are the older entries to wait for, the oldest first. A call that
// overwrites waits for all that have one of its scope to make or may turn out to
// have one, but not for a person. One that adds waits only for those about the
// same, and then also for a person who has to say whether it was done.
func (r *Runner) ahead(ctx context.Context, lease *ledger.Lease, line ledger.Line, call contract.Call, adds bool) ([]ledger.Entry, error) {
	older, err := lease.Ahead(ctx, line.Scope, mostOthers)
	if err != nil {
		return nil, err
	}
	var out []ledger.Entry
	for _, o := range older {
		meets := !adds && o.State != ledger.Held
		if adds && len(out) == 0 { // the first is enough: finding out costs
			meets, err = r.meets(ctx, o, line, call, func(s ledger.LineState) bool { return isOut(s) || s == ledger.LinePlanned && o.State != ledger.Held })
		}
		if err != nil {
			return nil, err
		}
		if meets {
			out = append(out, o)
		}
	}
	if len(out) == 0 && len(older) == mostOthers {
		return older[:1], nil
	}
	return out, nil
}

// longestWait is how long an entry that waits for another one goes without looking:
// the ledger wakes it, as good as always.
const longestWait = time.Minute

// giveWay lets another entry go first.
func (r *Runner) giveWay(ctx context.Context, lease *ledger.Lease, other ledger.Entry) error {
	now := r.Now()
	due := now.Add(time.Second)
	switch {
	case other.State == ledger.Held:
		due = now.Add(longestWait)
	case other.Due.After(now):
		due = now.Add(min(other.Due.Sub(now), longestWait))
	case other.Holder == "":
		due = now.Add(turnWait)
	}
	return wait(lease.WaitFor(ctx, other, due, fmt.Sprintf("wacht op bestand nummer %d, dat over hetzelfde gaat", other.ID)))
}

// meets reports whether another entry has calls in one of the states with values
// under the same keys as this call.
func (r *Runner) meets(ctx context.Context, other ledger.Entry, line ledger.Line, call contract.Call, in func(ledger.LineState) bool) (bool, error) {
	var people *employments
	keys := map[string]bool{}
	if ways[line.Function].imports {
		var err error
		if people, _, err = r.directory.read(ctx, r.Loket, r.Now()); err != nil {
			return false, fmt.Errorf("compare with entry %d: %w", other.ID, err)
		}
		mine, err := mappings.Read(call)
		if err != nil {
			return false, fmt.Errorf("read the import file of call %d: %w", line.No, err)
		}
		for _, v := range mine {
			keys[people.key(v)] = true
		}
		delete(keys, "")
	}
	for l, err := range r.Ledger.Lines(ctx, other.ID) {
		if err != nil {
			return false, err
		}
		if l.Scope != line.Scope || !in(l.State) {
			continue
		}
		if other.Purged || people == nil {
			return true, nil // what it was about is gone, or the scope says all: let a person look
		}
		theirs, err := valuesOf(l)
		if err != nil {
			return false, fmt.Errorf("entry %d: %w", other.ID, err)
		}
		for _, v := range theirs {
			if keys[people.key(v)] {
				return true, nil
			}
		}
	}
	return false, nil
}

// valuesOf are the values that a planned call carries.
func valuesOf(l ledger.Line) ([]mappings.ImportValue, error) {
	call, err := contract.UnmarshalArgs(l.Function, l.Args)
	if err != nil {
		return nil, fmt.Errorf("read call %d of the plan: %w", l.No, err)
	}
	values, err := mappings.Read(call)
	if err != nil {
		return nil, fmt.Errorf("read the import file of call %d: %w", l.No, err)
	}
	return values, nil
}

// notTwice holds a call of which Loket cannot tell whether it was made before,
// when another file made one about the same. A person who forced the file knows.
func (r *Runner) notTwice(ctx context.Context, lease *ledger.Lease, line ledger.Line, call contract.Call) error {
	once := line.Class == string(contract.CreateOnce) || line.Class == string(contract.Destructive)
	if w := ways[line.Function]; !once || w.look != nil || w.nothing != nil || lease.Entry().Forced {
		return nil
	}
	others, err := lease.Before(ctx, line.Scope, 1)
	if err == nil && len(others) == 0 {
		others, err = lease.Beyond(ctx, line.Scope, 1)
	}
	if err != nil || len(others) == 0 {
		return err
	}
	what := line.Subject + " is al naar Loket gegaan"
	if twice := ways[line.Function].twice; twice != nil {
		what = twice(call)
	}
	return r.parkUnlessFreed(ctx, lease, fmt.Sprintf("%s (bestand nummer %d, ontvangen %s); leg dit bestand terzijde, of geef het vrij als Loket dit ook moet krijgen",
		what, others[0].ID, amsterdamTime(others[0].Received)))
}

// notAgain holds a file that is an earlier one of the same name, grown since that
// was taken in: what it adds would count double. It is known by the source that
// was another file by the time the earlier entry was settled, so it waits for that.
func (r *Runner) notAgain(ctx context.Context, lease *ledger.Lease) error {
	e := lease.Entry()
	if e.Inbox == "" {
		return nil
	}
	earlier, err := r.Ledger.List(ctx, ledger.Filter{Inbox: e.Inbox, Name: e.Name, Before: e.ID})
	if err != nil {
		return fmt.Errorf("look for earlier files of this name: %w", err)
	}
	for _, x := range earlier {
		if x.State != ledger.Settled {
			return r.giveWay(ctx, lease, x)
		}
		if !x.Left {
			return nil // tidied away: what came after it is a file of its own
		}
		sent, err := r.sentAnything(ctx, x)
		if err != nil {
			return err
		}
		if sent {
			return r.parkUnlessFreed(ctx, lease, fmt.Sprintf("dit is bestand nummer %d, dat veranderde nadat het was opgehaald; wat daarin stond is al in Loket geteld en zou dubbel tellen: "+
				"leg dit bestand terzijde en lever alleen aan wat erbij kwam, of geef het vrij als er niets dubbel in staat", x.ID))
		}
	}
	return nil
}

// Sent reports whether any call of an entry is, or may be, carried out in Loket,
// and was not taken back since.
func Sent(ctx context.Context, l *ledger.Ledger, e ledger.Entry) (bool, error) {
	by, err := l.UndoneBy(ctx, e.ID)
	switch {
	case err == nil && by.Outcome == ledger.Imported:
		return false, nil
	case err != nil && !errors.Is(err, ledger.ErrNotFound):
		return false, err
	}
	switch e.Outcome {
	case ledger.RefusedOutcome: // what was answered was a refusal
		return false, nil
	case ledger.Imported, ledger.Partly:
		return true, nil
	}
	for line, err := range l.Lines(ctx, e.ID) {
		if err != nil {
			return false, err
		}
		if line.State == ledger.LineDone || isOut(line.State) {
			return true, nil
		}
	}
	return false, nil
}

// sentAnything reports whether anything of what an entry brings is, or may be, in
// Loket.
func (r *Runner) sentAnything(ctx context.Context, e ledger.Entry) (bool, error) {
	if e.Outcome == ledger.Duplicate { // of something that may be there
		return true, nil
	}
	return Sent(ctx, r.Ledger, e)
}

// parkUnlessFreed holds the entry, unless a person saw this very reason before
// and let it go on.
func (r *Runner) parkUnlessFreed(ctx context.Context, lease *ledger.Lease, reason string) error {
	events, err := r.Ledger.Audit(ctx, lease.Entry().ID)
	if err != nil {
		return err
	}
	if freed(events, reason) {
		return nil
	}
	return r.park(ctx, lease, reason)
}

// freed reports whether a person let the entry go on after it was held for this
// very reason.
func freed(events []ledger.Event, reason string) bool {
	told := false
	for _, ev := range events {
		switch {
		case ev.To == ledger.Held && ev.Reason == reason:
			told = true
		case told && ev.From == ledger.Held && ev.To != ledger.Held:
			return true
		}
	}
	return false
}
