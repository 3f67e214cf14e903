package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

const entryColumns = `id, pipeline, inbox, name, sha256, size, mod_time, generation, forced, duplicate_of,
	state, outcome, back, reason, verdict, mapping, marker, target, row_count, accepted, refused, calls, tries,
	received, due, settled, COALESCE(content_id, 0), plan, plan_next, fence, holder, lease_until, receipt, purged, died, left_source, run, about, undoes, content_sha256`

func scanEntry(r row) (Entry, error) {
	var e Entry
	var mod, received, due, settled, until int64
	err := r.Scan(&e.ID, &e.Pipeline, &e.Inbox, &e.Name, &e.SHA256, &e.Size, &mod, &e.Generation, &e.Forced, &e.DuplicateOf,
		&e.State, &e.Outcome, &e.Back, &e.Reason, &e.Verdict, &e.Mapping, &e.Marker, &e.Target, &e.Rows, &e.Accepted, &e.Refused, &e.Calls, &e.Tries,
		&received, &due, &settled, &e.content, &e.plan, &e.planNext, &e.fence, &e.Holder, &until, &e.Receipt, &e.Purged, &e.Died, &e.Left, &e.Run, &e.About, &e.Undoes, &e.Content)
	e.ModTime, e.Received, e.Due, e.Settled, e.LeaseUntil = moment(mod), moment(received), moment(due), moment(settled), moment(until)
	return e, err
}

// Get reads one entry; ErrNotFound when there is none.
func (l *Ledger) Get(ctx context.Context, id ID) (Entry, error) {
	e, err := scanEntry(l.store.QueryRow(ctx, "SELECT "+entryColumns+" FROM entries WHERE id = $1", id))
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNotFound
	}
	if err != nil {
		return Entry{}, fmt.Errorf("entry %d: %w", id, err)
	}
	return e, nil
}

// Filter says which entries to list; what is empty does not filter.
type Filter struct {
	Pipeline, Inbox, Name, SHA256 string
	Content                       string
	States                        []State
	Outcomes                      []Outcome
	Unsettled                     bool
	Exports                       bool // only exports
	Before                        ID   // for the next page: the last id of this one
	Limit                         int  // 100 when 0
}

// List reads entries, newest first.
func (l *Ledger) List(ctx context.Context, f Filter) ([]Entry, error) {
	var where []string
	var args []any
	add := func(condition string, values ...any) {
		for _, v := range values {
			args = append(args, v)
			condition = strings.Replace(condition, "?", fmt.Sprintf("$%d", len(args)), 1)
		}
		where = append(where, condition)
	}
	for _, c := range []struct{ column, value string }{{"pipeline", f.Pipeline}, {"inbox", f.Inbox}, {"name", f.Name}, {"sha256", strings.ToLower(f.SHA256)}, {"content_sha256", f.Content}} {
		if c.value != "" {
			add(c.column+" = ?", c.value)
		}
		if c.column == "content_sha256" && c.value != "" {
			add("content_sha256 <> ''") // so that its index serves
		}
	}
	if len(f.States) > 0 {
		add("state IN ("+marks(len(f.States))+")", anys(f.States)...)
	}
	if len(f.Outcomes) > 0 {
		add("outcome IN ("+marks(len(f.Outcomes))+")", anys(f.Outcomes)...)
	}
	if f.Unsettled {
		add("state <> 'settled'")
	}
	if f.Exports {
		add("run <> ''")
	}
	if f.Before > 0 {
		add("id < ?", f.Before)
	}
	query := "SELECT " + entryColumns + " FROM entries"
	if len(where) > 0 {
		query += " WHERE " + strings.Join(where, " AND ")
	}
	if f.Limit <= 0 {
		f.Limit = 100
	}
	list, err := collect(ctx, l.store, scanEntry, query+fmt.Sprintf(" ORDER BY id DESC LIMIT %d", f.Limit), args...)
	if err != nil {
		return nil, fmt.Errorf("list entries: %w", err)
	}
	return list, nil
}

func marks(n int) string { return strings.TrimSuffix(strings.Repeat("?, ", n), ", ") }

func anys[T any](list []T) []any {
	out := make([]any, len(list))
	for i, v := range list {
		out[i] = v
	}
	return out
}

// collect reads a bounded number of rows.
func collect[T any](ctx context.Context, t tx, scan func(row) (T, error), query string, args ...any) ([]T, error) {
	rs, err := t.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rs.Close()
	var out []T
	for rs.Next() {
		v, err := scan(rs)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, rs.Err()
}

// Audit reads what happened to an entry, oldest first.
func (l *Ledger) Audit(ctx context.Context, id ID) ([]Event, error) {
	events, err := collect(ctx, l.store, func(r row) (Event, error) {
		var e Event
		var at int64
		err := r.Scan(&e.Entry, &at, &e.Who, &e.Action, &e.From, &e.To, &e.Reason)
		e.At = moment(at)
		return e, err
	}, "SELECT entry_id, at, who, action, from_state, to_state, reason FROM audit WHERE entry_id = $1 ORDER BY id", id)
	if err != nil {
		return nil, fmt.Errorf("audit trail of entry %d: %w", id, err)
	}
	return events, nil
}

func audited(id ID, at time.Time, who, action string, from, to State, reason string) statement {
	return statement{"INSERT INTO audit (entry_id, at, who, action, from_state, to_state, reason) VALUES ($1, $2, $3, $4, $5, $6, $7)",
		[]any{id, stamp(at), who, action, from, to, reason}}
}

// Attached describes an attachment.
type Attached struct {
	Kind   string
	Size   int64
	At     time.Time
	Purged bool
}

// Attachments lists what is attached to an entry, by kind.
func (l *Ledger) Attachments(ctx context.Context, id ID) ([]Attached, error) {
	list, err := collect(ctx, l.store, func(r row) (Attached, error) {
		var a Attached
		var at int64
		err := r.Scan(&a.Kind, &a.Size, &at, &a.Purged)
		a.At = moment(at)
		return a, err
	}, "SELECT kind, size, attached, content_id IS NULL FROM attachments WHERE entry_id = $1 ORDER BY kind", id)
	if err != nil {
		return nil, fmt.Errorf("attachments of entry %d: %w", id, err)
	}
	return list, nil
}

// Attachment opens an attachment. ErrNotFound when there is none of this kind,
// ErrPurged when there was. The context must outlive the reading.
func (l *Ledger) Attachment(ctx context.Context, id ID, kind string) (io.ReadCloser, error) {
	var content sql.NullInt64
	err := l.store.QueryRow(ctx, "SELECT content_id FROM attachments WHERE entry_id = $1 AND kind = $2", id, kind).Scan(&content)
	var r io.ReadCloser
	switch {
	case errors.Is(err, sql.ErrNoRows):
		err = ErrNotFound
	case err == nil && !content.Valid:
		err = ErrPurged
	case err == nil:
		r, err = l.openContent(ctx, content.Int64)
	}
	if err != nil {
		return nil, fmt.Errorf("attachment %s of entry %d: %w", kind, id, err)
	}
	return r, nil
}

// Bytes opens the staged bytes of an entry, for a look at them or to take the
// file out again. ErrPurged after the retention, ErrNotFound when there never
// were any.
func (l *Ledger) Bytes(ctx context.Context, id ID) (io.ReadCloser, error) {
	e, err := l.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	return l.openStaged(ctx, e)
}

func (l *Ledger) openStaged(ctx context.Context, e Entry) (io.ReadCloser, error) {
	var r io.ReadCloser
	err := ErrNotFound
	switch {
	case e.Purged:
		err = ErrPurged
	case e.content != 0:
		r, err = l.openContent(ctx, e.content)
	}
	if err != nil {
		return nil, fmt.Errorf("bytes of entry %d: %w", e.ID, err)
	}
	return r, nil
}

// Stats are the figures to watch.
type Stats struct {
	Oldest         time.Time // when the oldest unsettled entry came in, exports that wait for their moment aside; zero when there is none
	States         map[State]int
	Outcomes       map[Outcome]int
	WithoutReceipt int // of files that came in
}

// Stats counts; cheap enough to ask every few seconds.
func (l *Ledger) Stats(ctx context.Context) (Stats, error) {
	s := Stats{States: map[State]int{}, Outcomes: map[Outcome]int{}}
	var oldest int64
	err := l.store.QueryRow(ctx, `SELECT COALESCE(min(received), 0) FROM entries WHERE state <> 'settled'
		AND NOT (state = 'ready' AND tries = 0 AND due > $1)`, stamp(l.now())).Scan(&oldest)
	if err != nil {
		return Stats{}, fmt.Errorf("count entries: %w", err)
	}
	s.Oldest = moment(oldest)
	type group struct {
		state   State
		outcome Outcome
		receipt bool
		export  bool
		n       int
	}
	groups, err := collect(ctx, l.store, func(r row) (group, error) {
		var g group
		err := r.Scan(&g.state, &g.outcome, &g.receipt, &g.export, &g.n)
		return g, err
	}, "SELECT state, outcome, receipt, run <> '', count(*) FROM entries GROUP BY state, outcome, receipt, run <> ''")
	if err != nil {
		return Stats{}, fmt.Errorf("count entries: %w", err)
	}
	for _, g := range groups {
		s.States[g.state] += g.n
		s.Outcomes[g.outcome] += g.n
		if !g.receipt && !g.export {
			s.WithoutReceipt += g.n
		}
	}
	return s, nil
}
