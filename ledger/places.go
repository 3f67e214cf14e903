package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// Place is the mark by which an outbox is known again; "" when it got none.
func (l *Ledger) Place(ctx context.Context, outbox string) (mark string, err error) {
	if mark, err = placeOf(ctx, l.store, outbox); err != nil {
		return "", fmt.Errorf("mark of outbox %s: %w", outbox, err)
	}
	return mark, nil
}

func placeOf(ctx context.Context, t tx, outbox string) (mark string, err error) {
	err = t.QueryRow(ctx, "SELECT mark FROM places WHERE outbox = $1", outbox).Scan(&mark)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return mark, err
}

// MarkPlace gives an outbox a new mark in the place of the old one, and returns the
// mark that holds: that of another who came first, when it is not the old one any
// more.
func (l *Ledger) MarkPlace(ctx context.Context, outbox, old, mark string) (holds string, err error) {
	err = l.write(ctx, "mark place", func(t tx) error {
		_, err := t.Exec(ctx, `INSERT INTO places (outbox, mark) VALUES ($1, $2)
			ON CONFLICT (outbox) DO UPDATE SET mark = excluded.mark WHERE places.mark = $3`, outbox, mark, old)
		if err == nil {
			holds, err = placeOf(ctx, t, outbox)
		}
		return err
	})
	if err != nil {
		return "", fmt.Errorf("mark outbox %s: %w", outbox, err)
	}
	return holds, nil
}
