package ledger

import (
	"context"
	"fmt"
	"slices"
)

// mostTogether bounds a group: the first of it waits for all the others.
const mostTogether = 64

// group is writers that share one transaction, and with it one wait for the
// disk: those who queued while the transaction before it was on its way. Nobody
// waits for company. Each has a savepoint of its own, runs on its own goroutine
// and passes the turn on, also when it fails or panics; the last one commits.
//
// One writer sees what those before it in the group changed. That is not
// committed yet, so nobody is told anything, not even of an error of its own,
// before the commit has its outcome; when the commit fails, that is what all of
// them are told.
type group struct {
	store *sqliteStore
	tx    sqliteTx
	rest  []*waiting    // whose turn is to come
	kept  int           // writers whose changes stand
	err   error         // why nothing of it was written
	done  chan struct{} // closed when that is known
}

// waiting is a writer in the queue. It gets the group whose turn is its own, or
// nil to begin one.
type waiting struct{ turn chan *group }

// join waits for the turn of this writer: from then until it passes the turn on,
// the connection and the open transaction are its own.
func (s *sqliteStore) join(ctx context.Context) (*group, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	if !s.busy {
		s.busy = true
		s.mu.Unlock()
		return s.begin(ctx)
	}
	w := &waiting{turn: make(chan *group, 1)}
	s.queue = append(s.queue, w)
	s.mu.Unlock()
	var g *group
	select {
	case g = <-w.turn:
	case <-ctx.Done():
		if s.leave(w) {
			return nil, ctx.Err()
		}
		g = <-w.turn // it is this writer's turn, or will be in a moment
	}
	switch err := ctx.Err(); {
	case err != nil && g == nil:
		s.next(nil)
		return nil, err
	case err != nil:
		g.pass()
		return nil, err
	case g == nil:
		return s.begin(ctx)
	}
	return g, nil
}

// leave takes a writer out of the queue; false when it is not there any more.
func (s *sqliteStore) leave(w *waiting) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.Index(s.queue, w)
	if i >= 0 {
		s.queue = slices.Delete(s.queue, i, i+1)
	}
	return i >= 0
}

// begin opens a transaction for this writer and for all who wait by then.
func (s *sqliteStore) begin(ctx context.Context) (_ *group, err error) {
	defer func() {
		if err != nil {
			s.next(nil)
		}
	}()
	if s.conn == nil {
		if err := s.connect(ctx); err != nil {
			return nil, err
		}
	}
	if _, err := s.conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		s.rollback() // it may have begun all the same
		return nil, err
	}
	g := &group{store: s, tx: sqliteTx{from: s.conn, prepared: s.prepared}, done: make(chan struct{})}
	s.mu.Lock()
	defer s.mu.Unlock()
	n := min(len(s.queue), mostTogether-1)
	g.rest = slices.Clone(s.queue[:n])
	s.queue = slices.Delete(s.queue, 0, n)
	return g, nil
}

// next lets the first in the queue begin a group; back goes before all others.
func (s *sqliteStore) next(back []*waiting) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queue = append(back, s.queue...)
	if s.busy = len(s.queue) > 0; s.busy {
		s.queue[0].turn <- nil
		s.queue = slices.Delete(s.queue, 0, 1)
	}
}

// run does the part of one writer and passes the turn on.
func (g *group) run(step func(string), do func(tx) error) error {
	defer g.pass()
	if err := g.exec("SAVEPOINT writer"); err != nil {
		return err
	}
	kept := false
	defer func() { // also when do panics
		if !kept {
			g.undo()
		}
	}()
	if err := do(g.tx); err != nil {
		return err
	}
	step("before")
	if err := g.exec("RELEASE writer"); err != nil {
		return err
	}
	kept = true
	g.kept++
	return nil
}

// undo takes back what one writer did. Where that does not work the database has
// given up the whole transaction (a full disk), and what comes after it would be
// committed by itself: the group ends here.
func (g *group) undo() {
	err := g.exec("ROLLBACK TO writer")
	if err == nil {
		err = g.exec("RELEASE writer")
	}
	if err != nil {
		g.err = fmt.Errorf("take back a write of the same transaction: %w", err)
	}
}

func (g *group) exec(query string) error {
	_, err := g.tx.Exec(context.Background(), query)
	return err
}

// pass gives the turn to the next writer of the group; after the last one it
// commits, tells all, and lets the next group begin.
func (g *group) pass() {
	if g.err == nil && len(g.rest) > 0 {
		next := g.rest[0]
		g.rest = g.rest[1:]
		next.turn <- g
		return
	}
	open := true
	if g.err == nil && g.kept > 0 {
		g.err = g.exec("COMMIT")
		open = g.err != nil
	}
	if open {
		g.store.rollback()
	}
	g.store.next(g.rest) // those of a group that ended early did nothing yet
	close(g.done)
}
