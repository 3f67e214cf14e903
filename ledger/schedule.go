package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// When is a tick of a schedule, and from when it may be taken: the same moment,
// or a little later.
type When struct{ Tick, Due time.Time }

// ScheduleRow is a schedule as the ledger remembers it. Next is the oldest tick
// that was not done; ticks after it may have passed too. What an expression
// means the ledger does not know.
type ScheduleRow struct {
	Name       string
	Expression string
	Next       time.Time
	Due        time.Time // the next tick is not taken before
	LastTick   time.Time // the last tick that was done, zero: none
	LastDone   time.Time // when it was
	Done       int64     // how many were, ever
	Tries      int       // takes since the last tick was done
	Died       int       // of those, holders in a row that never came back
	Reason     string    // why it waits, without personal data
	Holder     string
	LeaseUntil time.Time
	fence      int64
}

const scheduleColumns = `name, expression, next_tick, due, last_tick, last_done, done, tries, died, reason, holder, lease_until, fence`

func scanSchedule(r row) (ScheduleRow, error) {
	var s ScheduleRow
	var next, due, tick, done, until int64
	err := r.Scan(&s.Name, &s.Expression, &next, &due, &tick, &done, &s.Done, &s.Tries, &s.Died, &s.Reason, &s.Holder, &until, &s.fence)
	s.Next, s.Due, s.LastTick, s.LastDone, s.LeaseUntil = moment(next), moment(due), moment(tick), moment(done), moment(until)
	return s, err
}

// Schedule makes sure that there is a schedule of this name. One with the same
// expression is left alone, with the ticks that are waiting. One with another
// expression is planned anew: next is its next tick, what was waiting is gone,
// and whoever is at one of the old ticks has lost it.
func (l *Ledger) Schedule(ctx context.Context, name, expression string, next When) error {
	if name == "" || expression == "" || next.Tick.IsZero() || next.Due.IsZero() {
		return errors.New("schedule: it needs a name, an expression and a next tick")
	}
	return l.write(ctx, "schedule", func(t tx) error {
		_, err := t.Exec(ctx, `INSERT INTO schedules (name, expression, next_tick, due) VALUES ($1, $2, $3, $4)
			ON CONFLICT (name) DO UPDATE SET expression = excluded.expression, next_tick = excluded.next_tick, due = excluded.due,
				tries = 0, died = 0, reason = '', fence = schedules.fence + 1, holder = '', lease_until = 0
			WHERE schedules.expression <> excluded.expression`, name, expression, stamp(next.Tick), stamp(next.Due))
		return err
	})
}

// Tick is the right to do the next tick of one schedule. It lasts until it is
// given back (Done, Skip, Later, Release), overtaken by somebody who takes it
// after it expired, or planned anew; from then on every write is ErrLost and
// changes nothing. An expired one that nobody overtook still writes.
//
// Its methods may be called from several goroutines.
type Tick struct {
	ledger *Ledger
	mu     sync.Mutex
	row    ScheduleRow // as taken or renewed
}

// TakeTick leases the schedule whose due time is the oldest, of those named and
// with the expression given beside the name: another process may have another
// idea of a schedule, and does not do its ticks. ErrNothingDue when there is
// none. Each take counts as a try.
func (l *Ledger) TakeTick(ctx context.Context, expressions map[string]string, holder string, ttl time.Duration) (*Tick, error) {
	if holder == "" || ttl <= 0 {
		return nil, errors.New("take a tick: a lease needs a holder and a time to live")
	}
	if len(expressions) == 0 {
		return nil, ErrNothingDue
	}
	now := l.now()
	of, args := named(expressions, stamp(now), holder, stamp(now.Add(ttl)))
	t := &Tick{ledger: l}
	err := l.write(ctx, "take a tick", func(tx tx) (err error) {
		t.row, err = scanSchedule(tx.QueryRow(ctx, `UPDATE schedules
			SET fence = fence + 1, holder = $2, lease_until = $3, tries = tries + 1,
				died = CASE WHEN holder <> '' THEN died + 1 ELSE died END
			WHERE name = (SELECT name FROM schedules WHERE due <= $1 AND lease_until <= $1 AND `+of+`
				ORDER BY due, name LIMIT 1`+l.store.lockFree()+`) RETURNING `+scheduleColumns, args...))
		return err
	})
	if errors.Is(err, sql.ErrNoRows) {
		return nil, ErrNothingDue
	}
	if err != nil {
		return nil, err
	}
	return t, nil
}

// named is the condition that a schedule is one of these, and the arguments
// with theirs behind them.
func named(expressions map[string]string, args ...any) (string, []any) {
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(expressions)) {
		args = append(args, name, expressions[name])
		pairs = append(pairs, fmt.Sprintf("($%d, $%d)", len(args)-1, len(args)))
	}
	return "(name, expression) IN (VALUES " + strings.Join(pairs, ", ") + ")", args
}

// NextTick is the earliest time at which TakeTick will find something, perhaps
// in the past; false when there is nothing to wait for.
func (l *Ledger) NextTick(ctx context.Context, expressions map[string]string) (time.Time, bool, error) {
	if len(expressions) == 0 {
		return time.Time{}, false, nil
	}
	of, args := named(expressions)
	var due int64
	err := l.store.QueryRow(ctx, `SELECT COALESCE(min(CASE WHEN due > lease_until THEN due ELSE lease_until END), 0) FROM schedules WHERE `+of, args...).Scan(&due)
	if err != nil {
		return time.Time{}, false, fmt.Errorf("look for the next tick: %w", err)
	}
	return moment(due), due != 0, nil
}

// Ticks are all schedules that ever were, by name.
func (l *Ledger) Ticks(ctx context.Context) ([]ScheduleRow, error) {
	list, err := l.store.Query(ctx, "SELECT "+scheduleColumns+" FROM schedules ORDER BY name")
	if err != nil {
		return nil, fmt.Errorf("list schedules: %w", err)
	}
	defer list.Close()
	var all []ScheduleRow
	for list.Next() {
		s, err := scanSchedule(list)
		if err != nil {
			return nil, fmt.Errorf("list schedules: %w", err)
		}
		all = append(all, s)
	}
	if err := list.Err(); err != nil {
		return nil, fmt.Errorf("list schedules: %w", err)
	}
	return all, nil
}

// Row is the schedule as it was taken or last renewed.
func (t *Tick) Row() ScheduleRow {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.row
}

// giveTickBack ends the lease; the fence keeps out who still holds it.
const giveTickBack = "fence = fence + 1, holder = '', lease_until = 0"

// write is where the rule stands that only the holder writes: it compares the
// fence. Set names what changes, from $3 on.
func (t *Tick) write(ctx context.Context, what, set string, args ...any) error {
	row := t.Row()
	err := t.ledger.write(ctx, what, func(tx tx) error {
		n, err := tx.Exec(ctx, "UPDATE schedules SET "+set+" WHERE name = $1 AND fence = $2", append([]any{row.Name, row.fence}, args...)...)
		if err == nil && n == 0 {
			err = ErrLost
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("schedule %s: %w", row.Name, err)
	}
	return nil
}

// after checks that a schedule goes forward.
func (t *Tick) after(next When) error {
	if row := t.Row(); !next.Tick.After(row.Next) || next.Due.Before(next.Tick) {
		return fmt.Errorf("schedule %s: %s does not come after %s", row.Name, next.Tick, row.Next)
	}
	return nil
}

// Done records that tick was done, which is the next tick of the schedule or a
// later one that stands for those before it, and gives the schedule back to
// wait for next.
func (t *Tick) Done(ctx context.Context, tick time.Time, next When) error {
	if err := t.after(next); err != nil {
		return err
	}
	return t.write(ctx, "done", "last_tick = $3, last_done = $4, done = done + 1, next_tick = $5, due = $6, tries = 0, died = 0, reason = '', "+giveTickBack,
		stamp(tick), stamp(t.ledger.now()), stamp(next.Tick), stamp(next.Due))
}

// Skip gives the schedule back to wait for next; what comes before was not done
// and will not be.
func (t *Tick) Skip(ctx context.Context, next When) error {
	if err := t.after(next); err != nil {
		return err
	}
	return t.write(ctx, "skip", "next_tick = $3, due = $4, tries = 0, died = 0, reason = '', "+giveTickBack, stamp(next.Tick), stamp(next.Due))
}

// Later gives the schedule back; its next tick is not taken before due. Reason
// is shown in lists and holds no personal data.
func (t *Tick) Later(ctx context.Context, due time.Time, reason string) error {
	return t.write(ctx, "later", "due = $3, reason = $4, died = 0, "+giveTickBack, stamp(due), reason)
}

// Release gives the schedule back: it can be taken again at once, and the take
// does not count as a try. Releasing one that was given back or overtaken does
// nothing.
func (t *Tick) Release(ctx context.Context) error {
	err := t.write(ctx, "release", "tries = CASE WHEN tries > 0 THEN tries - 1 ELSE 0 END, died = 0, "+giveTickBack)
	if errors.Is(err, ErrLost) {
		return nil
	}
	return err
}

// Renew makes the lease last ttl from now.
func (t *Tick) Renew(ctx context.Context, ttl time.Duration) error {
	until := t.ledger.now().Add(ttl)
	if err := t.write(ctx, "renew", "lease_until = $3", stamp(until)); err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.row.LeaseUntil = until.UTC()
	return nil
}
