package ledger

import (
	"context"
	"fmt"
)

// Approval is a person's word that what is planned may be sent.
type Approval struct {
	Who, Reason string
	Plan        string // names what was approved, so that it is known again
	Employees   string // of whom, in the caller's own form; "" is everybody
	Held        string // the reason for which the entry waits; not kept
}

// Approve records an approval of a held entry that was planned, and lets it go on:
// where it was, or, with anew, by being planned again, which needs that none of
// its calls was made. ErrState when it does not wait like that, or for another reason.
func (l *Ledger) Approve(ctx context.Context, id ID, a Approval, anew bool) error {
	return l.act(ctx, id, "approve plan "+a.Plan[:min(12, len(a.Plan))], a.Who, a.Reason, func(t tx, e *Entry) error {
		if e.State != Held || e.Back != Planned || e.Reason != a.Held {
			return fmt.Errorf("it does not wait for approval: %w", ErrState)
		}
		if anew {
			if err := linesUntouched(ctx, t, e); err != nil {
				return err
			}
			e.Back = Staged
		}
		l.resume(e)
		_, err := t.Exec(ctx, "INSERT INTO approvals (entry_id, at, who, reason, plan, employees) VALUES ($1, $2, $3, $4, $5, $6)",
			id, stamp(l.now()), a.Who, a.Reason, a.Plan, a.Employees)
		return err
	})
}

func linesUntouched(ctx context.Context, t tx, e *Entry) error {
	var n int
	if err := t.QueryRow(ctx, "SELECT count(*) FROM lines WHERE entry_id = $1 AND plan = $2 AND state <> 'planned'", e.ID, e.plan).Scan(&n); err != nil {
		return err
	}
	if n > 0 {
		return fmt.Errorf("%d of its calls were made: %w", n, ErrState)
	}
	return nil
}

// Approvals are those of an entry, the latest last.
func (l *Ledger) Approvals(ctx context.Context, id ID) ([]Approval, error) {
	all, err := collect(ctx, l.store, func(r row) (a Approval, err error) {
		err = r.Scan(&a.Who, &a.Reason, &a.Plan, &a.Employees)
		return a, err
	}, "SELECT who, reason, plan, employees FROM approvals WHERE entry_id = $1 ORDER BY id", id)
	if err != nil {
		return nil, fmt.Errorf("approvals of entry %d: %w", id, err)
	}
	return all, nil
}
