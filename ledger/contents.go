package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// Opened notes the SHA-256 of what the bytes of an entry hold, where the same may
// arrive as other bytes because it is encrypted anew each time. While another entry
// of the pipeline that is not settled has the same, nothing is noted and other is
// that entry: no two are on their way at once.
func (s *Lease) Opened(ctx context.Context, sum string) (other Entry, err error) {
	err = s.write(ctx, "opened", func(t tx, e *Entry) (err error) {
		if e.Content == sum {
			return nil
		}
		other, err = scanEntry(t.QueryRow(ctx, "SELECT "+entryColumns+` FROM entries
			WHERE pipeline = $1 AND content_sha256 = $2 AND content_sha256 <> '' AND state <> 'settled' AND id <> $3`, e.Pipeline, sum, e.ID))
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		other = Entry{}
		e.Content = sum
		_, err = t.Exec(ctx, "UPDATE entries SET content_sha256 = $2 WHERE id = $1", e.ID, sum)
		return err
	})
	if err != nil {
		return Entry{}, fmt.Errorf("note what it holds: %w", err)
	}
	return other, nil
}

// Repeats notes of which entry this one is a duplicate.
func (s *Lease) Repeats(ctx context.Context, id ID) error {
	return s.write(ctx, "repeats", func(t tx, e *Entry) error {
		e.DuplicateOf = id
		_, err := t.Exec(ctx, "UPDATE entries SET duplicate_of = $2 WHERE id = $1", e.ID, id)
		return err
	})
}
