package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// WaitFor is Yield until another entry moves on: as soon as its state changes, or a
// person acts on it, this one is due. other is as the caller saw it, so that what
// happened to it since is not missed. When two transactions pass each other that
// may fail all the same: due is when to look anyhow, and must not be far away.
func (s *Lease) WaitFor(ctx context.Context, other Entry, due time.Time, reason string) error {
	return s.end(ctx, "later", func(t tx, e *Entry) ([]statement, error) {
		now, err := scanEntry(t.QueryRow(ctx, "SELECT "+entryColumns+" FROM entries WHERE id = $1", other.ID))
		if err != nil {
			return nil, fmt.Errorf("look at entry %d: %w", other.ID, err)
		}
		if now.State != other.State || !now.Due.Equal(other.Due) {
			due = s.ledger.now()
		}
		put(e, due, reason, 1)
		return []statement{{"UPDATE entries SET waits_for = $2 WHERE id = $1", []any{e.ID, other.ID}}}, nil
	})
}

// wake makes those due that wait for an entry. One that somebody is just changing
// is passed over: who changes it looks for himself.
func (l *Ledger) wake(id ID, now time.Time) statement {
	return statement{`UPDATE entries SET due = $2, waits_for = 0 WHERE id IN (SELECT id FROM entries
		WHERE waits_for = $1 AND waits_for > 0 AND due > $2 AND state <> 'held' AND state <> 'settled'` + l.store.lockFree() + ")", []any{id, stamp(now)}}
}

// Ahead are the older entries, the oldest first, that go before a call of this
// scope (not ""): those of the same pipeline that are not planned yet, so that
// nobody knows what they will be about, those that still have such a call to
// make, and held ones only when such a call of theirs was made and nobody knows
// its outcome. It names the first most of them.
func (s *Lease) Ahead(ctx context.Context, scope string, most int) ([]Entry, error) {
	e := s.Entry()
	older, err := collect(ctx, s.ledger.store, scanEntry, "SELECT "+entryColumns+` FROM entries WHERE id IN (
		SELECT id FROM (SELECT id FROM entries WHERE pipeline = $1 AND state = 'staged' AND id < $2 ORDER BY id LIMIT $4) waiting
		UNION
		SELECT l.entry_id FROM lines l JOIN entries o ON o.id = l.entry_id AND o.plan = l.plan
			WHERE l.scope = $3 AND l.state IN ('planned', 'sending', 'unknown') AND l.entry_id < $2
				AND (o.state = 'planned' OR o.state = 'held' AND l.state <> 'planned'))
		ORDER BY id LIMIT $4`, e.Pipeline, e.ID, scope, most)
	if err != nil {
		return nil, fmt.Errorf("entry %d: who goes first: %w", e.ID, err)
	}
	return older, nil
}

// Before are the older entries, the newest first, of which a call of this scope
// was made and not refused, settled ones and purged ones too. It names the first
// most of them.
func (s *Lease) Before(ctx context.Context, scope string, most int) ([]Entry, error) {
	return s.made(ctx, scope, "<", most)
}

// Beyond are the newer entries, the newest first, of which a call of this scope
// was made and not refused. It names the first most of them.
func (s *Lease) Beyond(ctx context.Context, scope string, most int) ([]Entry, error) {
	return s.made(ctx, scope, ">", most)
}

func (s *Lease) made(ctx context.Context, scope, side string, most int) ([]Entry, error) {
	e := s.Entry()
	list, err := collect(ctx, s.ledger.store, scanEntry, "SELECT "+entryColumns+` FROM entries WHERE id IN (
		SELECT l.entry_id FROM lines l JOIN entries o ON o.id = l.entry_id AND o.plan = l.plan
			WHERE l.scope = $1 AND l.scope <> '' AND l.entry_id `+side+` $2 AND l.state IN ('done', 'sending', 'unknown'))
		ORDER BY id DESC LIMIT $3`, scope, e.ID, most)
	if err != nil {
		return nil, fmt.Errorf("entry %d: who went before: %w", e.ID, err)
	}
	return list, nil
}

// Latest is the newest other entry of which a call of this scope was made and not
// refused; 0 when there is none.
func (s *Lease) Latest(ctx context.Context, scope string) (id ID, err error) {
	err = s.ledger.store.QueryRow(ctx, `SELECT l.entry_id FROM lines l JOIN entries o ON o.id = l.entry_id AND o.plan = l.plan
		WHERE l.scope = $1 AND l.scope <> '' AND l.entry_id <> $2 AND l.state IN ('done', 'sending', 'unknown')
		ORDER BY l.entry_id DESC LIMIT 1`, scope, s.Entry().ID).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("entry %d: who went last: %w", s.Entry().ID, err)
	}
	return id, nil
}
