package ledger

import (
	"context"
	"fmt"
)

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
