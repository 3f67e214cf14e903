package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

// Mark commits how far a file is: staged to prepared, prepared to published, or
// back to staged when it is certain that nothing of it is visible. ErrState when
// the file is not in from, or the entry is not ready (a person held it): then the
// next step is not to be made. What is published stays so while a person holds
// the entry.
func (s *Lease) Mark(ctx context.Context, no int, from, to OutputState) error {
	return s.write(ctx, "output "+string(to), func(t tx, e *Entry) error {
		if e.State != Ready && to != OutputPublished {
			return fmt.Errorf("output %d while the entry is %s: %w", no, e.State, ErrState)
		}
		published := int64(0)
		if to == OutputPublished {
			published = stamp(s.ledger.now())
		}
		n, err := t.Exec(ctx, "UPDATE outputs SET state = $4, published = $5 WHERE entry_id = $1 AND no = $2 AND state = $3", e.ID, no, from, to, published)
		if err := oneOutput(n, err, no, from); err != nil {
			return err
		}
		if e.Tries == 0 && e.Died == 0 {
			return nil
		}
		e.Tries, e.Died = 0, 0
		return save(ctx, t, e)
	})
}

func oneOutput(n int64, err error, no int, want OutputState) error {
	if err == nil && n != 1 {
		return fmt.Errorf("output %d is not %s: %w", no, want, ErrState)
	}
	return err
}

// Collect records what became of a published file: fetched, moved or
// acknowledged. A file that is not published (any more) is left alone.
func (l *Ledger) Collect(ctx context.Context, o Output, fate string) error {
	return l.write(ctx, "collect", func(t tx) error {
		n, err := t.Exec(ctx, "UPDATE outputs SET state = 'collected', fate = $3, fated = $4 WHERE entry_id = $1 AND no = $2 AND state = 'published'",
			o.Entry, o.No, fate, stamp(l.now()))
		if err != nil || n == 0 {
			return err
		}
		return t.Many(ctx, []statement{audited(o.Entry, l.now(), "outbox "+o.Outbox, "collected: "+o.Name, "", "", fate)})
	})
}

// ByHand records that a person delivered a file: who, when and its SHA-256, which
// must be that of our file, else ErrChecksum. From then on it is never published.
// It wants an entry that is held, so that nobody is publishing at the same time:
// ErrState otherwise, and for a file that is published or was given up.
func (l *Ledger) ByHand(ctx context.Context, id ID, no int, sha256, who, reason string) error {
	return l.act(ctx, id, fmt.Sprintf("delivered by hand: file %d, sha-256 %.64s", no, strings.ToLower(sha256)), who, reason, func(t tx, e *Entry) error {
		if e.State != Held || e.Back != Ready {
			return fmt.Errorf("hold it first, it is %s: %w", e.State, ErrState)
		}
		if e.LeaseUntil.After(l.now()) {
			return ErrBusy
		}
		var want string
		if err := t.QueryRow(ctx, "SELECT sha256 FROM outputs WHERE entry_id = $1 AND no = $2", id, no).Scan(&want); err != nil {
			if errors.Is(err, sql.ErrNoRows) {
				err = ErrNotFound
			}
			return fmt.Errorf("output %d: %w", no, err)
		}
		if !strings.EqualFold(want, sha256) {
			return fmt.Errorf("output %d: %w", no, ErrChecksum)
		}
		n, err := t.Exec(ctx, "UPDATE outputs SET state = 'by-hand', published = $3, who = $4 WHERE entry_id = $1 AND no = $2 AND state IN ('staged', 'prepared')",
			id, no, stamp(l.now()), who)
		return oneOutput(n, err, no, OutputStaged)
	})
}

// Republish is a person's word that a prepared file which is not to be seen any
// more was not collected: it is published again after Release. ErrState when it is
// not prepared, or the entry is not held.
func (l *Ledger) Republish(ctx context.Context, id ID, no int, who, reason string) error {
	return l.act(ctx, id, fmt.Sprintf("republish file %d", no), who, reason, func(t tx, e *Entry) error {
		if e.State != Held || e.Back != Ready {
			return fmt.Errorf("hold it first, it is %s: %w", e.State, ErrState)
		}
		if e.LeaseUntil.After(l.now()) {
			return ErrBusy
		}
		n, err := t.Exec(ctx, "UPDATE outputs SET state = 'staged' WHERE entry_id = $1 AND no = $2 AND state = 'prepared'", id, no)
		return oneOutput(n, err, no, OutputPrepared)
	})
}
