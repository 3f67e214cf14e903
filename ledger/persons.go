package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// act is what a person does with an entry: it locks it, lets do change it and
// writes the audit row with it. It does not ask for the lease; a worker that
// has it meets the new state at its next write.
func (l *Ledger) act(ctx context.Context, id ID, action, who, reason string, do func(t tx, e *Entry) error) error {
	if who == "" {
		return fmt.Errorf("%s entry %d: who does it is not said", action, id)
	}
	err := l.write(ctx, action, func(t tx) error {
		e, err := scanEntry(t.QueryRow(ctx, "SELECT "+entryColumns+" FROM entries WHERE id = $1"+l.store.lock(), id))
		if errors.Is(err, sql.ErrNoRows) {
			return ErrNotFound
		}
		if err != nil {
			return err
		}
		from := e.State
		if from == Settled {
			return fmt.Errorf("it is settled: %w", ErrState)
		}
		if err := do(t, &e); err != nil {
			return err
		}
		now := l.now()
		return save(ctx, t, &e, audited(id, now, who, action, from, e.State, reason), l.wake(id, now))
	})
	if err != nil {
		return fmt.Errorf("entry %d: %w", id, err)
	}
	return nil
}

// Hold stops an entry where it is, until Release or Dismiss. A call that
// is out is still recorded; the next one is not made. Holding a held entry, and
// any action on a settled one, is ErrState.
func (l *Ledger) Hold(ctx context.Context, id ID, who, reason string) error {
	return l.act(ctx, id, "hold", who, reason, func(_ tx, e *Entry) error {
		if e.State == Held {
			return fmt.Errorf("it is held already: %w", ErrState)
		}
		hold(e, e.State)
		e.Reason = reason
		return nil
	})
}

// Release lets a held entry go on where it was, at once. ErrState when it is
// not held.
func (l *Ledger) Release(ctx context.Context, id ID, who, reason string) error {
	return l.act(ctx, id, "release", who, reason, func(_ tx, e *Entry) error {
		if e.State != Held {
			return fmt.Errorf("it is %s, not held: %w", e.State, ErrState)
		}
		l.resume(e)
		return nil
	})
}

// Retry makes an entry due now, as if it had not been tried before. A held one is
// ErrState: what a person must look at goes on by Release, which says why.
func (l *Ledger) Retry(ctx context.Context, id ID, who, reason string) error {
	return l.act(ctx, id, "retry", who, reason, func(_ tx, e *Entry) error {
		if e.State == Held {
			return fmt.Errorf("it is held: %w", ErrState)
		}
		l.resume(e)
		return nil
	})
}

func (l *Ledger) resume(e *Entry) {
	if e.State == Held {
		e.State, e.Back = e.Back, ""
	}
	if e.Outcome == HeldOutcome {
		e.Outcome = ""
	}
	e.Due, e.Tries, e.Died, e.Reason = l.now(), 0, 0, ""
}

// Dismiss ends an entry: nothing (more) is sent, and it goes on as refused with
// the outcome dismissed, to be settled. Lines keep what is known of them. While
// a call is out it is ErrBusy, and while nobody knows the outcome of one
// ErrUnclear: what is given up must be known to the end. An entry whose calls all
// have their outcome (delivered) is ErrState, for it can only be settled. Files of an export that the
// partner may see stay what they are; the others are given up.
func (l *Ledger) Dismiss(ctx context.Context, id ID, who, reason string) error {
	return l.act(ctx, id, "dismiss", who, reason, func(t tx, e *Entry) error {
		if e.State == Delivered || e.State == Held && e.Back == Delivered {
			return fmt.Errorf("it is delivered: %w", ErrState)
		}
		if e.LeaseUntil.After(l.now()) {
			var out int
			if err := t.QueryRow(ctx, `SELECT (SELECT count(*) FROM lines WHERE entry_id = $1 AND plan = $2 AND state = 'sending')
				+ (SELECT count(*) FROM outputs WHERE entry_id = $1 AND state = 'prepared')`, e.ID, e.plan).Scan(&out); err != nil {
				return err
			}
			if out > 0 {
				return ErrBusy
			}
		}
		unclear := 0
		if err := t.QueryRow(ctx, "SELECT COALESCE(min(no), 0) FROM lines WHERE entry_id = $1 AND plan = $2 AND state IN ('sending', 'unknown')", e.ID, e.plan).Scan(&unclear); err != nil {
			return err
		}
		if unclear > 0 {
			return fmt.Errorf("call %d: %w", unclear, ErrUnclear)
		}
		if _, err := t.Exec(ctx, "UPDATE outputs SET state = 'dropped' WHERE entry_id = $1 AND state = 'staged'", e.ID); err != nil {
			return err
		}
		l.resume(e)
		e.State, e.Outcome, e.Reason, e.Verdict = Refused, Dismissed, reason, reason
		return nil
	})
}

// Resolve is a person's word on a line of a held entry whose outcome nobody
// knows (sending or unknown): done, also when they did it by hand; refused; or
// planned, to make the call again after Release. ErrState otherwise.
func (l *Ledger) Resolve(ctx context.Context, id ID, no int, state LineState, who, reason string) error {
	if state != LineDone && state != LineRefused && state != LinePlanned {
		return fmt.Errorf("resolve line %d as %q: %w", no, state, ErrState)
	}
	return l.act(ctx, id, fmt.Sprintf("resolve line %d: %s", no, state), who, reason, func(t tx, e *Entry) error {
		if e.State != Held {
			return fmt.Errorf("hold it first, it is %s: %w", e.State, ErrState)
		}
		if e.LeaseUntil.After(l.now()) {
			return ErrBusy
		}
		settled := int64(0)
		if state != LinePlanned {
			settled = stamp(l.now())
		}
		n, err := t.Exec(ctx, "UPDATE lines SET state = $4, settled = $5 WHERE entry_id = $1 AND plan = $2 AND no = $3 AND state IN ('sending', 'unknown')", e.ID, e.plan, no, state, settled)
		return oneLine(n, err, no, LineUnknown)
	})
}

// Swept counts what Sweep removed.
type Swept struct {
	Entries  int // purged after the retention
	Contents int // bytes that nothing named, or no longer
	Payments int // batches of payments that were forgotten
}

// paymentMemory is how long payments are remembered at least: a yearly payment a
// month late still meets that of last year.
const paymentMemory = 400 * 24 * time.Hour

// Sweep removes bytes that nothing names, and purges settled entries older than
// retention (0: never): staged bytes, attachments, and the Args, Note and
// Baseline of lines. The entry with its SHA-256 and the audit trail stay, so
// that a duplicate is recognised for ever. What settled entries remembered of
// payments goes after 400 days, or after the retention when that is longer. It works in short transactions, and
// stopping it half-way or running it twice at once is harmless.
func (l *Ledger) Sweep(ctx context.Context, retention time.Duration) (Swept, error) {
	var s Swept
	for retention > 0 {
		n, err := l.purge(ctx, stamp(l.now().Add(-retention)))
		s.Entries += n
		if err != nil {
			return s, err
		}
		if n == 0 {
			break
		}
	}
	if retention > 0 {
		n, err := l.forgetOld(ctx, stamp(l.now().Add(-max(retention, paymentMemory))))
		s.Payments += n
		if err != nil {
			return s, fmt.Errorf("forget payments: %w", err)
		}
	}
	for {
		var n int64
		err := l.write(ctx, "sweep", func(t tx) (err error) {
			n, err = t.Exec(ctx, "DELETE FROM contents WHERE id IN (SELECT id FROM contents WHERE named = FALSE AND touched < $1 ORDER BY touched LIMIT 4"+l.store.lockFree()+")",
				stamp(l.now().Add(-unnamedGrace)))
			return err
		})
		s.Contents += int(n)
		if err != nil || n == 0 {
			return s, err
		}
	}
}

// purge takes the contents of some entries away; the sweep then removes them.
func (l *Ledger) purge(ctx context.Context, before int64) (n int, err error) {
	err = l.write(ctx, "purge", func(t tx) error {
		ids, err := collect(ctx, t, func(r row) (id ID, err error) { err = r.Scan(&id); return id, err },
			"SELECT id FROM entries WHERE state = 'settled' AND purged = FALSE AND settled < $1 ORDER BY settled LIMIT 50"+l.store.lockFree(), before)
		if err != nil {
			return err
		}
		n = len(ids)
		var writes []statement
		for _, id := range ids {
			for _, query := range []string{
				unname + "(SELECT content_id FROM entries WHERE id = $1 UNION SELECT content_id FROM attachments WHERE entry_id = $1 UNION SELECT args_content FROM lines WHERE entry_id = $1 UNION SELECT content_id FROM outputs WHERE entry_id = $1)",
				"UPDATE lines SET args = NULL, args_content = NULL, note = NULL, baseline = NULL WHERE entry_id = $1",
				"UPDATE attachments SET content_id = NULL WHERE entry_id = $1",
				"UPDATE outputs SET content_id = NULL WHERE entry_id = $1",
				"UPDATE entries SET content_id = NULL, purged = TRUE WHERE id = $1",
			} {
				writes = append(writes, statement{query, []any{id}})
			}
		}
		return t.Many(ctx, writes)
	})
	return n, err
}
