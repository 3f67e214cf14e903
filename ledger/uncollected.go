package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Uncollected is a file that its partner should have had by now.
type Uncollected struct {
	Output
	Pipeline string
	Of       string // the name of its entry
	In       State  // that of its entry
}

// Uncollected are the files whose deadline has passed and that the partner has not
// taken, as far as is known: published ones lie there, the others are not even
// published. The oldest deadline comes first.
func (l *Ledger) Uncollected(ctx context.Context, now time.Time) ([]Uncollected, error) {
	all, err := collect(ctx, l.store, func(r row) (u Uncollected, err error) {
		u.Output, err = scanOutput(entryToo{r, &u})
		return u, err
	}, "SELECT "+outputColumns+`, pipeline, of_name, of_state FROM (
			SELECT o.*, e.pipeline, e.name AS of_name, e.state AS of_state FROM outputs o JOIN entries e ON e.id = o.entry_id
			WHERE o.state IN ('staged', 'prepared', 'published') AND o.deadline > 0 AND o.deadline < $1) late
		ORDER BY deadline, entry_id, no`, stamp(now))
	if err != nil {
		return nil, fmt.Errorf("look for files that were not collected: %w", err)
	}
	return all, nil
}

// entryToo reads the columns about the entry as well.
type entryToo struct {
	row
	u *Uncollected
}

func (a entryToo) Scan(dest ...any) error {
	return a.row.Scan(append(dest, &a.u.Pipeline, &a.u.Of, &a.u.In)...)
}

// OutputNamed is the file that has, or had, this name in an outbox; ErrNotFound
// when no export ever made one.
func (l *Ledger) OutputNamed(ctx context.Context, outbox, name string) (Output, error) {
	o, err := scanOutput(l.store.QueryRow(ctx, "SELECT "+outputColumns+` FROM outputs WHERE outbox = $1 AND name = $2
		ORDER BY CASE WHEN state = 'dropped' THEN 1 ELSE 0 END, entry_id DESC LIMIT 1`, outbox, name))
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNotFound
	}
	if err != nil {
		return Output{}, fmt.Errorf("%s in outbox %s: %w", name, outbox, err)
	}
	return o, nil
}

// Outboxes are those in which files lie, as far as is known.
func (l *Ledger) Outboxes(ctx context.Context) ([]string, error) {
	all, err := collect(ctx, l.store, func(r row) (name string, err error) {
		err = r.Scan(&name)
		return name, err
	}, "SELECT DISTINCT outbox FROM outputs WHERE state = 'published' ORDER BY outbox")
	if err != nil {
		return nil, fmt.Errorf("list outboxes: %w", err)
	}
	return all, nil
}

// Waiting are the files that are still to be published, in the order of their
// entries; those of held entries too.
func (l *Ledger) Waiting(ctx context.Context) ([]Uncollected, error) {
	all, err := collect(ctx, l.store, func(r row) (u Uncollected, err error) {
		u.Output, err = scanOutput(entryToo{r, &u})
		return u, err
	}, "SELECT "+outputColumns+`, pipeline, of_name, of_state FROM (
			SELECT o.*, e.pipeline, e.name AS of_name, e.state AS of_state FROM outputs o JOIN entries e ON e.id = o.entry_id
			WHERE e.state <> 'settled' AND o.state IN ('staged', 'prepared')) waiting
		ORDER BY entry_id, no`)
	if err != nil {
		return nil, fmt.Errorf("look for files that are to be published: %w", err)
	}
	return all, nil
}
