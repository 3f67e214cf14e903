package ledger

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
)

// ErrUndone: another entry takes this one back, or did.
var ErrUndone = errors.New("taken back already")

// undoing is the condition for entries that take another one back and were not
// given up.
const undoing = "outcome IN ('', 'held', 'imported', 'partly')"

// Undo stages an entry that takes another one back: of the same pipeline, with note
// as its bytes and name as its name, in the same inbox. Only what is settled and left
// something in Loket can be taken back (ErrState), and only once: while such an
// entry is under way, or when one was carried out, it is ErrUndone, and id is that
// entry.
func (l *Ledger) Undo(ctx context.Context, of ID, name string, note []byte, who, reason string) (id ID, err error) {
	sum := sha256.Sum256(note)
	d, err := l.draw(ctx, "undo", bytes.NewReader(note), 0, nil)
	if err != nil {
		return 0, fmt.Errorf("undo %d: %w", of, err)
	}
	err = l.write(ctx, "undo", func(t tx) error {
		e, err := scanEntry(t.QueryRow(ctx, "SELECT "+entryColumns+" FROM entries WHERE id = $1"+l.store.lock(), of))
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return ErrNotFound
		case err != nil:
			return err
		case e.State != Settled:
			return fmt.Errorf("it is %s, not settled: %w", e.State, ErrState)
		}
		err = t.QueryRow(ctx, "SELECT id FROM entries WHERE undoes = $1 AND undoes > 0 AND "+undoing+" ORDER BY id LIMIT 1", of).Scan(&id)
		if err == nil {
			return fmt.Errorf("by entry %d: %w", id, ErrUndone)
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		now := l.now()
		if err = t.QueryRow(ctx, `INSERT INTO entries
			(pipeline, inbox, name, sha256, size, mod_time, forced, state, outcome, reason, received, due, marker, verdict, undoes)
			VALUES ($1, $2, $3, $4, $5, $6, TRUE, 'staged', '', '', $7, $7, '', '', $8) RETURNING id`,
			e.Pipeline, e.Inbox, name, hex.EncodeToString(sum[:]), len(note), stamp(now), stamp(now), of).Scan(&id); err != nil {
			return err
		}
		content, err := d.name(ctx, t)
		if err != nil {
			return err
		}
		return t.Many(ctx, []statement{
			{"UPDATE entries SET content_id = $2 WHERE id = $1", []any{id, content}},
			audited(id, now, who, "undo", "", Staged, reason),
			audited(of, now, who, "undone", e.State, e.State, reason),
		})
	})
	if err != nil {
		d.drop(ctx)
		return id, fmt.Errorf("undo entry %d: %w", of, err)
	}
	return id, nil
}

// UndoneBy is the entry that takes another one back, or did; ErrNotFound when there
// is none, or when it was refused or given up.
func (l *Ledger) UndoneBy(ctx context.Context, id ID) (Entry, error) {
	e, err := scanEntry(l.store.QueryRow(ctx, "SELECT "+entryColumns+" FROM entries WHERE undoes = $1 AND undoes > 0 AND "+undoing+" ORDER BY id LIMIT 1", id))
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNotFound
	}
	if err != nil {
		return Entry{}, fmt.Errorf("who takes back entry %d: %w", id, err)
	}
	return e, nil
}

// Made are the entries of a pipeline ("": of all), the oldest first, of which a call
// of this scope was carried out: purged ones too, but neither those that were taken
// back nor those that took back.
func (l *Ledger) Made(ctx context.Context, pipeline, scope string) ([]Entry, error) {
	return l.carriedOut(ctx, `AND undoes = 0 AND ($2 = '' OR pipeline = $2)
		AND NOT EXISTS (SELECT 1 FROM entries u WHERE u.undoes = entries.id AND u.undoes > 0 AND u.outcome IN ('imported', 'partly'))`, scope, pipeline)
}

// Undoings are the entries that took others back, the oldest first, of which a call
// of this scope was carried out.
func (l *Ledger) Undoings(ctx context.Context, scope string) ([]Entry, error) {
	return l.carriedOut(ctx, "AND undoes > 0", scope)
}

func (l *Ledger) carriedOut(ctx context.Context, which, scope string, args ...any) ([]Entry, error) {
	list, err := collect(ctx, l.store, scanEntry, "SELECT "+entryColumns+` FROM entries WHERE id IN (
		SELECT l.entry_id FROM lines l JOIN entries o ON o.id = l.entry_id AND o.plan = l.plan
			WHERE l.scope = $1 AND l.scope <> '' AND l.state = 'done') `+which+" ORDER BY id", append([]any{scope}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("what was done before: %w", err)
	}
	return list, nil
}

// AheadOfPlan are the older entries, the oldest first, that go before a plan which
// follows from what was sent in this scope: those of Ahead, and those of the same
// pipeline that are still busy with it. It names the first most of them.
func (s *Lease) AheadOfPlan(ctx context.Context, scope string, most int) ([]Entry, error) {
	older, err := s.Ahead(ctx, scope, most)
	if err != nil || len(older) > 0 {
		return older, err
	}
	e := s.Entry()
	older, err = collect(ctx, s.ledger.store, scanEntry, "SELECT "+entryColumns+` FROM entries WHERE id IN (
		SELECT l.entry_id FROM lines l JOIN entries o ON o.id = l.entry_id AND o.plan = l.plan
			WHERE l.scope = $1 AND l.entry_id < $2 AND o.pipeline = $3 AND o.state = 'planned')
		ORDER BY id LIMIT $4`, scope, e.ID, e.Pipeline, most)
	if err != nil {
		return nil, fmt.Errorf("entry %d: who goes first: %w", e.ID, err)
	}
	return older, nil
}

// MadeBefore is Made of all pipelines, the newest first, of entries older than one (0:
// of all). It names the first most of them.
func (l *Ledger) MadeBefore(ctx context.Context, scope string, before ID, most int) ([]Entry, error) {
	list, err := collect(ctx, l.store, scanEntry, "SELECT "+entryColumns+` FROM entries WHERE id IN (
		SELECT DISTINCT l.entry_id FROM lines l JOIN entries o ON o.id = l.entry_id AND o.plan = l.plan
			WHERE l.scope = $1 AND l.scope <> '' AND l.state = 'done' AND ($2 = 0 OR l.entry_id < $2) AND o.undoes = 0
				AND NOT EXISTS (SELECT 1 FROM entries u WHERE u.undoes = o.id AND u.undoes > 0 AND u.outcome IN ('imported', 'partly'))
			ORDER BY l.entry_id DESC LIMIT $3) ORDER BY id DESC`, scope, before, most)
	if err != nil {
		return nil, fmt.Errorf("what was done before: %w", err)
	}
	return list, nil
}
