package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// Shape is what was remembered of the files of an inbox in a pipeline; "" when
// nothing was. What it says is the caller's.
func (l *Ledger) Shape(ctx context.Context, pipeline, inbox string) (shape string, err error) {
	if shape, err = shapeOf(ctx, l.store, pipeline, inbox, ""); err != nil {
		return "", fmt.Errorf("shape of files of %s: %w", pipeline, err)
	}
	return shape, nil
}

func shapeOf(ctx context.Context, t tx, pipeline, inbox, lock string) (shape string, err error) {
	err = t.QueryRow(ctx, "SELECT shape FROM shapes WHERE pipeline = $1 AND inbox = $2"+lock, pipeline, inbox).Scan(&shape)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return shape, err
}

// RememberShape replaces what is remembered of the files of an inbox in the pipeline
// of this entry by what merge makes of it, in one commit, so that of two entries at the
// same time neither is lost. merge may be called again, after a commit that was
// refused; it must give the same for the same.
func (s *Lease) RememberShape(ctx context.Context, inbox string, merge func(old string) (string, error)) error {
	return s.write(ctx, "remember shape", func(t tx, e *Entry) error {
		if _, err := t.Exec(ctx, "INSERT INTO shapes (pipeline, inbox, shape) VALUES ($1, $2, '') ON CONFLICT (pipeline, inbox) DO NOTHING", e.Pipeline, inbox); err != nil {
			return err
		}
		old, err := shapeOf(ctx, t, e.Pipeline, inbox, s.ledger.store.lock())
		if err != nil {
			return err
		}
		shape, err := merge(old)
		if err != nil || shape == old {
			return err
		}
		_, err = t.Exec(ctx, "UPDATE shapes SET shape = $3 WHERE pipeline = $1 AND inbox = $2", e.Pipeline, inbox, shape)
		return err
	})
}
