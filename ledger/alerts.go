package ledger

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// Alerts is the memory of what people were told: keys that mean something to
// the caller. It survives restarts, and processes that share the database share
// it.
type Alerts struct{ ledger *Ledger }

// Alerts is the memory of what people were told.
func (l *Ledger) Alerts() Alerts { return Alerts{l} }

// Known gives the keys that are remembered (true) or only claimed (false).
func (a Alerts) Known(ctx context.Context) (map[string]bool, error) {
	known := map[string]bool{}
	_, err := collect(ctx, a.ledger.store, func(r row) (struct{}, error) {
		var key string
		var sent int64
		err := r.Scan(&key, &sent)
		known[key] = sent > 0
		return struct{}{}, err
	}, "SELECT cause, sent FROM alerts")
	if err != nil {
		return nil, fmt.Errorf("what was told: %w", err)
	}
	return known, nil
}

// Claim gives those of the keys that the caller may tell now: neither remembered
// nor claimed, by whichever process, within the time before. Nobody else gets
// them during that time; a claim that is not followed by Remember lapses, also
// when its process died.
func (a Alerts) Claim(ctx context.Context, during time.Duration, keys ...string) (mine []string, err error) {
	now := a.ledger.now()
	err = a.ledger.write(ctx, "claim alerts", func(t tx) error {
		mine = nil
		for _, key := range sorted(keys) {
			n, err := t.Exec(ctx, `INSERT INTO alerts (cause, claimed_until) VALUES ($1, $2)
				ON CONFLICT (cause) DO UPDATE SET claimed_until = excluded.claimed_until
				WHERE alerts.sent = 0 AND alerts.claimed_until <= $3`, key, stamp(now.Add(during)), stamp(now))
			if err != nil {
				return err
			}
			if n > 0 {
				mine = append(mine, key)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return mine, nil
}

// Remember notes that the keys were told. Doing it twice is fine.
func (a Alerts) Remember(ctx context.Context, keys ...string) error {
	now := stamp(a.ledger.now())
	return a.each(ctx, "remember alerts", keys, func(key string) statement {
		return statement{`INSERT INTO alerts (cause, claimed_until, sent) VALUES ($1, 0, $2)
			ON CONFLICT (cause) DO UPDATE SET sent = excluded.sent`, []any{key, now}}
	})
}

// Forget makes the keys new again. Keys that are not known are no error.
func (a Alerts) Forget(ctx context.Context, keys ...string) error {
	return a.each(ctx, "forget alerts", keys, func(key string) statement {
		return statement{"DELETE FROM alerts WHERE cause = $1", []any{key}}
	})
}

func (a Alerts) each(ctx context.Context, what string, keys []string, do func(key string) statement) error {
	if len(keys) == 0 {
		return nil
	}
	var all []statement
	for _, key := range sorted(keys) {
		all = append(all, do(key))
	}
	return a.ledger.write(ctx, what, func(t tx) error { return t.Many(ctx, all) })
}

// sorted is the order in which rows are locked, the same in every process.
func sorted(keys []string) []string {
	keys = slices.Clone(keys)
	slices.Sort(keys)
	return slices.Compact(keys)
}

// Standing is an unsettled entry and how long it stands still.
type Standing struct {
	Entry
	// Since is when it was held, of a held one; else when something last
	// happened: a change of state, the outcome of a call, the act of a person.
	Since time.Time
}

// StandingAfter reads the unsettled entries with ids above after, in order of
// their ids, most at a time.
func (l *Ledger) StandingAfter(ctx context.Context, after ID, most int) ([]Standing, error) {
	list, err := collect(ctx, l.store, func(r row) (Standing, error) {
		var since int64
		e, err := scanEntry(also{r, &since})
		return Standing{e, moment(since)}, err
	}, "SELECT "+entryColumns+`, CASE WHEN state = 'held'
			THEN (SELECT COALESCE(max(a.at), 0) FROM audit a WHERE a.entry_id = entries.id AND a.to_state = 'held' AND a.from_state <> 'held')
			ELSE (SELECT max(at) FROM (
				SELECT COALESCE(max(a.at), 0) AS at FROM audit a WHERE a.entry_id = entries.id
				UNION ALL
				SELECT COALESCE(max(l.settled), 0) FROM lines l WHERE l.entry_id = entries.id AND l.plan = entries.plan) last)
			END
		FROM entries WHERE state <> 'settled' AND id > $1 ORDER BY id LIMIT $2`, after, most)
	if err != nil {
		return nil, fmt.Errorf("list what stands: %w", err)
	}
	return list, nil
}

// also reads one column more than its caller knows of.
type also struct {
	row
	last *int64
}

func (a also) Scan(dest ...any) error { return a.row.Scan(append(dest, a.last)...) }
