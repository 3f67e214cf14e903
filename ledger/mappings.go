package ledger

import (
	"context"
	"fmt"
)

// AcceptMapping notes that a person took a version of a mapping (name@version), after
// seeing what it makes different. Doing it twice keeps the first.
func (l *Ledger) AcceptMapping(ctx context.Context, version, who, reason string) error {
	now := stamp(l.now())
	return l.write(ctx, "accept mapping", func(t tx) error {
		_, err := t.Exec(ctx, `INSERT INTO mappings (version, at, who, reason) VALUES ($1, $2, $3, $4)
			ON CONFLICT (version) DO NOTHING`, version, now, who, reason)
		return err
	})
}

// MappingAccepted reports whether a pipeline may make plans with a version of a
// mapping (name@version): a person took it, the pipeline made plans with it before, or
// it never made a plan.
func (l *Ledger) MappingAccepted(ctx context.Context, pipeline, version string) (bool, error) {
	var may bool
	err := l.store.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM mappings WHERE version = $1)
		OR EXISTS (SELECT 1 FROM entries WHERE pipeline = $2 AND mapping = $1)
		OR NOT EXISTS (SELECT 1 FROM entries WHERE pipeline = $2 AND mapping <> '')`, version, pipeline).Scan(&may)
	if err != nil {
		return false, fmt.Errorf("mapping %s: %w", version, err)
	}
	return may, nil
}
