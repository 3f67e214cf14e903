package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"
)

// Lease is the right to write one entry. It lasts until it is given back
// (Release, Later, Hold, a Move to Settled) or overtaken by somebody who takes
// the entry after it expired; from then on every write is ErrLost and changes
// nothing. An expired lease that nobody overtook still writes, so that the
// outcome of a slow call is not thrown away.
//
// Its methods may be called from several goroutines.
type Lease struct {
	ledger *Ledger
	holder string
	mu     sync.Mutex
	entry  Entry // as last read or written by this lease
	fence  int64 // as given by the take
}

// Take leases the oldest due entry that is not settled, held or leased, for
// ttl. ErrNothingDue when there is none. Each take counts as a try.
func (l *Ledger) Take(ctx context.Context, holder string, ttl time.Duration) (*Lease, error) {
	now := l.now()
	lease, err := l.take(ctx, holder, ttl, `SELECT id FROM entries
		WHERE state <> 'settled' AND state <> 'held' AND due <= $1 AND lease_until <= $1
		ORDER BY due, id LIMIT 1`+l.store.lockFree(), stamp(now))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, ErrNothingDue
	}
	return lease, err
}

// TakeID is Take for one entry. ErrNothingDue when it is not due, held,
// settled or leased; ErrNotFound when it does not exist.
func (l *Ledger) TakeID(ctx context.Context, id ID, holder string, ttl time.Duration) (*Lease, error) {
	now := l.now()
	lease, err := l.take(ctx, holder, ttl, `SELECT id FROM entries
		WHERE state <> 'settled' AND state <> 'held' AND due <= $1 AND lease_until <= $1 AND id = $4`+l.store.lockFree(), stamp(now), id)
	if !errors.Is(err, sql.ErrNoRows) {
		return lease, err
	}
	e, err := l.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	return nil, fmt.Errorf("entry %d is %s: %w", id, e.State, ErrNothingDue)
}

func (l *Ledger) take(ctx context.Context, holder string, ttl time.Duration, which string, args ...any) (*Lease, error) {
	if holder == "" || ttl <= 0 {
		return nil, errors.New("take: a lease needs a holder and a time to live")
	}
	now := l.now()
	args = append([]any{args[0], holder, stamp(now.Add(ttl))}, args[1:]...)
	s := &Lease{ledger: l, holder: holder}
	err := l.write(ctx, "take", func(t tx) (err error) {
		s.entry, err = scanEntry(t.QueryRow(ctx, `UPDATE entries
			SET fence = fence + 1, holder = $2, lease_until = $3, tries = tries + 1, waits_for = 0,
				died = CASE WHEN holder <> '' THEN died + 1 ELSE died END
			WHERE id = (`+which+`) RETURNING `+entryColumns, args...))
		return err
	})
	if err != nil {
		return nil, err
	}
	s.fence = s.entry.fence
	return s, nil
}

// NextDue is the earliest time at which Take will find something, perhaps in
// the past; false when there is nothing to wait for. Staging and persons may
// make something due before that.
func (l *Ledger) NextDue(ctx context.Context) (time.Time, bool, error) {
	now := stamp(l.now())
	var due, free int64
	err := l.store.QueryRow(ctx, `SELECT
		COALESCE((SELECT due FROM entries WHERE state <> 'settled' AND state <> 'held' AND lease_until <= $1 ORDER BY due LIMIT 1), 0),
		COALESCE((SELECT min(CASE WHEN due > lease_until THEN due ELSE lease_until END) FROM entries
			WHERE lease_until > 0 AND lease_until > $1 AND state <> 'settled' AND state <> 'held'), 0)`, now).Scan(&due, &free)
	if err != nil {
		return time.Time{}, false, fmt.Errorf("look for the next due entry: %w", err)
	}
	if due == 0 || free != 0 && free < due {
		due = free
	}
	return moment(due), due != 0, nil
}

// Entry is the entry as this lease last saw or wrote it.
func (s *Lease) Entry() Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.entry
}

func (s *Lease) saw(e Entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.entry = e
}

// write is where the rule stands that only the holder of a lease writes: it
// locks the entry, compares the fence, and hands the entry as it is now to do.
// What do leaves in it becomes what Entry returns, once committed.
func (s *Lease) write(ctx context.Context, what string, do func(t tx, e *Entry) error) error {
	seen := s.Entry()
	var e Entry
	err := s.ledger.write(ctx, what, func(t tx) (err error) {
		e, err = scanEntry(t.QueryRow(ctx, "SELECT "+entryColumns+" FROM entries WHERE id = $1 AND fence = $2"+s.ledger.store.lock(), seen.ID, s.fence))
		if errors.Is(err, sql.ErrNoRows) {
			return ErrLost
		}
		if err != nil {
			return err
		}
		return do(t, &e)
	})
	if err != nil {
		return fmt.Errorf("entry %d: %w", seen.ID, err)
	}
	s.saw(e)
	return nil
}

// Open streams the staged bytes. It may be called as often as needed, and the
// context must outlive the reading.
func (s *Lease) Open(ctx context.Context) (io.ReadCloser, error) {
	return s.ledger.openStaged(ctx, s.Entry())
}

// moves says where an entry may go by itself. Back from held only a person
// brings it.
var moves = map[State][]State{
	Staged:    {Planned, Refused, Held},
	Planned:   {Delivered, Refused, Held},
	Delivered: {Settled, Held},
	Refused:   {Settled, Held},
	Due:       {Ready, Refused, Held},
	Ready:     {Settled, Held},
}

// Move commits the next state, and with it what change sets in the entry:
// Outcome, Reason, Verdict, Mapping, Target, Left, Rows, Accepted, Refused, Calls, Due. From
// and to may be the same. Change may be nil; it must not use the ledger.
//
// An entry that is not in from is ErrState, which also says that an earlier
// Move that seemed to fail was done. Delivered needs an outcome for every line;
// Refused, after planning, needs that nothing was or may have been carried out.
// Settled gives the lease back; a ready export needs that no file is left to publish.
func (s *Lease) Move(ctx context.Context, from, to State, change func(*Entry)) error {
	return s.write(ctx, "move", func(t tx, e *Entry) error { return s.move(ctx, t, e, from, to, change) })
}

// move is Move within a transaction.
func (s *Lease) move(ctx context.Context, t tx, e *Entry, from, to State, change func(*Entry)) error {
	if e.State != from || from == Held || from == Settled || from != to && !slices.Contains(moves[from], to) {
		return fmt.Errorf("%s to %s while it is %s: %w", from, to, e.State, ErrState)
	}
	if err := allow(ctx, t, e, from, to); err != nil {
		return err
	}
	if change != nil {
		c := *e
		change(&c)
		e.Outcome, e.Reason, e.Verdict, e.Mapping, e.Target, e.Left, e.Due = c.Outcome, c.Reason, c.Verdict, c.Mapping, c.Target, c.Left, c.Due
		e.Rows, e.Accepted, e.Refused, e.Calls = c.Rows, c.Accepted, c.Refused, c.Calls
	}
	now := s.ledger.now()
	var trail []statement
	if from != to {
		e.State, e.Tries, e.Died = to, 0, 0
		trail = append(trail, audited(e.ID, now, s.holder, "move", from, to, e.Reason), s.ledger.wake(e.ID, now))
	}
	switch {
	case to == Held:
		hold(e, from)
		s.giveBack(e)
	case to == Settled:
		e.Settled, e.Receipt = now.UTC(), true
		s.giveBack(e)
	}
	return save(ctx, t, e, trail...)
}

// allow checks a move against what the parts of the entry say.
func allow(ctx context.Context, t tx, e *Entry, from, to State) error {
	switch {
	case from == Planned && (to == Delivered || to == Refused):
		return linesAllow(ctx, t, e, to)
	case from == Ready && to == Settled:
		var n int
		if err := t.QueryRow(ctx, "SELECT count(*) FROM outputs WHERE entry_id = $1 AND state IN ('staged', 'prepared')", e.ID).Scan(&n); err != nil {
			return err
		}
		if n > 0 {
			return fmt.Errorf("not settled: %d files are not published: %w", n, ErrState)
		}
	}
	return nil
}

// linesAllow checks what the lines say against a state that speaks for them all.
func linesAllow(ctx context.Context, t tx, e *Entry, to State) error {
	against := "state IN ('planned', 'sending', 'unknown')"
	if to == Refused {
		against = "state IN ('done', 'sending', 'unknown')"
	}
	var n int
	if err := t.QueryRow(ctx, "SELECT count(*) FROM lines WHERE entry_id = $1 AND plan = $2 AND "+against, e.ID, e.plan).Scan(&n); err != nil {
		return err
	}
	if n > 0 {
		return fmt.Errorf("not %s: %d lines say otherwise: %w", to, n, ErrState)
	}
	return nil
}

// hold marks e as held, to go on in back.
func hold(e *Entry, back State) {
	e.State, e.Back = Held, back
	if e.Outcome == "" {
		e.Outcome = HeldOutcome
	}
}

// giveBack ends the lease in e; the fence keeps out who still holds it.
func (s *Lease) giveBack(e *Entry) {
	e.Holder, e.LeaseUntil = "", time.Time{}
	e.fence++
}

// save writes what can change in an entry, and its audit rows.
func save(ctx context.Context, t tx, e *Entry, trail ...statement) error {
	return t.Many(ctx, append([]statement{{`UPDATE entries SET state = $2, outcome = $3, back = $4, reason = $5, mapping = $6,
		target = $7, row_count = $8, accepted = $9, refused = $10, calls = $11, tries = $12, due = $13, settled = $14,
		plan = $15, plan_next = $16, fence = $17, holder = $18, lease_until = $19, receipt = $20,
		verdict = $21, died = $22, left_source = $23 WHERE id = $1`,
		[]any{e.ID, e.State, e.Outcome, e.Back, e.Reason, e.Mapping, e.Target, e.Rows, e.Accepted, e.Refused, e.Calls, e.Tries,
			stamp(e.Due), stamp(e.Settled), e.plan, e.planNext, e.fence, e.Holder, stamp(e.LeaseUntil), e.Receipt, e.Verdict, e.Died, e.Left}}}, trail...))
}

// end is a write after which the lease is given back. Once it is, ending it
// again does nothing.
func (s *Lease) end(ctx context.Context, what string, do func(t tx, e *Entry) ([]statement, error)) error {
	if s.Entry().Holder == "" {
		return nil
	}
	return s.write(ctx, what, func(t tx, e *Entry) error {
		trail, err := do(t, e)
		if err != nil {
			return err
		}
		s.giveBack(e)
		return save(ctx, t, e, trail...)
	})
}

// Release gives the lease back: the entry can be taken again at once, and the
// take does not count as a try. Releasing a lease that was given back or
// overtaken does nothing.
func (s *Lease) Release(ctx context.Context) error {
	err := s.end(ctx, "release", func(_ tx, e *Entry) ([]statement, error) {
		e.Tries, e.Died = max(e.Tries-1, 0), 0
		return nil, nil
	})
	if errors.Is(err, ErrLost) {
		return nil
	}
	return err
}

// Later gives the lease back; the entry is not taken before due. It counts as a try,
// also after progress. When a person held the entry meanwhile, their reason stays.
func (s *Lease) Later(ctx context.Context, due time.Time, reason string) error {
	return s.later(ctx, due, reason, 0)
}

// Yield is Later for an entry that only lets another go first: the take does
// not count as a try.
func (s *Lease) Yield(ctx context.Context, due time.Time, reason string) error {
	return s.later(ctx, due, reason, 1)
}

func (s *Lease) later(ctx context.Context, due time.Time, reason string, uncounted int) error {
	return s.end(ctx, "later", func(_ tx, e *Entry) ([]statement, error) {
		put(e, due, reason, uncounted)
		return nil, nil
	})
}

// put sets when an entry is due again, and why not before.
func put(e *Entry, due time.Time, reason string, uncounted int) {
	e.Due, e.Died, e.Tries = due.UTC(), 0, max(e.Tries-uncounted, 1-uncounted)
	if e.State != Held {
		e.Reason = reason
	}
}

// Hold gives the lease back and leaves the entry to a person, who brings it
// back to where it is now. When a person held it meanwhile, their reason stays.
func (s *Lease) Hold(ctx context.Context, reason string) error {
	return s.end(ctx, "hold", func(_ tx, e *Entry) ([]statement, error) {
		switch e.State {
		case Held:
			return nil, nil
		case Settled:
			return nil, fmt.Errorf("hold while it is settled: %w", ErrState)
		}
		from := e.State
		e.Reason = reason
		hold(e, from)
		now := s.ledger.now()
		return []statement{audited(e.ID, now, s.holder, "hold", from, Held, reason), s.ledger.wake(e.ID, now)}, nil
	})
}

// Renew makes the lease last ttl from now.
func (s *Lease) Renew(ctx context.Context, ttl time.Duration) error {
	return s.write(ctx, "renew", func(t tx, e *Entry) error {
		e.LeaseUntil = s.ledger.now().Add(ttl).UTC()
		return save(ctx, t, e)
	})
}

// Attach keeps data beside the entry, in constant memory, in place of an
// earlier attachment of the same kind. It is whole or absent.
func (s *Lease) Attach(ctx context.Context, kind string, data io.Reader) error {
	l := s.ledger
	d, err := l.draw(ctx, "attach", data, 0, nil)
	if err != nil {
		return fmt.Errorf("attach %s: %w", kind, err)
	}
	err = s.write(ctx, "attach", func(t tx, e *Entry) error {
		content, err := d.name(ctx, t)
		if err != nil {
			return err
		}
		writes := []statement{
			{unname + "(SELECT content_id FROM attachments WHERE entry_id = $1 AND kind = $2)", []any{e.ID, kind}},
			{`INSERT INTO attachments (entry_id, kind, size, attached, content_id) VALUES ($1, $2, $3, $4, $5)
				ON CONFLICT (entry_id, kind) DO UPDATE SET size = excluded.size, attached = excluded.attached, content_id = excluded.content_id`,
				[]any{e.ID, kind, d.size, stamp(l.now()), content}},
		}
		if strings.HasPrefix(kind, "receipt") && !e.Receipt {
			e.Receipt = true
			writes = append(writes, statement{"UPDATE entries SET receipt = TRUE WHERE id = $1", []any{e.ID}})
		}
		return t.Many(ctx, writes)
	})
	if err != nil {
		d.drop(ctx)
		return fmt.Errorf("attach %s: %w", kind, err)
	}
	return nil
}

// Attachment opens what was attached to the entry; see Ledger.Attachment.
func (s *Lease) Attachment(ctx context.Context, kind string) (io.ReadCloser, error) {
	return s.ledger.Attachment(ctx, s.Entry().ID, kind)
}
