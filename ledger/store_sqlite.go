package ledger

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"modernc.org/sqlite" // the driver "sqlite"
)

// sqliteStore has one connection that writes and some that read. Writers of
// this process queue for the connection in Go, where waiting is cheap and fair,
// and those who waited share a commit (group); those of other processes are met
// in BEGIN IMMEDIATE with its busy timeout.
type sqliteStore struct {
	sqliteTx // reads, on the pool
	reads    *sql.DB
	writes   *sql.DB
	conn     *sql.Conn // of the writer whose turn it is, like prepared
	prepared map[string]*sql.Stmt

	mu    sync.Mutex
	busy  bool       // somebody has the turn, or is about to
	queue []*waiting // the others, the first first
}

func openSQLite(ctx context.Context, path string) (*sqliteStore, error) {
	if path == "" {
		return nil, errors.New("database sqlite: no path")
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("database sqlite: %w", err)
	}
	// The log and the index beside the file take over its permissions.
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	if err := f.Close(); err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	s := &sqliteStore{}
	if s.writes, err = sql.Open("sqlite", sqliteDSN(path)); err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	if s.reads, err = sql.Open("sqlite", sqliteDSN(path)+"&_pragma=query_only(1)"); err != nil {
		s.writes.Close()
		return nil, fmt.Errorf("open database: %w", err)
	}
	s.writes.SetMaxOpenConns(2) // the writer, and one for migrations
	s.reads.SetMaxOpenConns(4)
	s.reads.SetMaxIdleConns(4)
	s.sqliteTx = sqliteTx{from: s.reads, pool: &statements{db: s.reads, all: map[string]*sql.Stmt{}}}
	if err := s.connect(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open database %s: %w", path, err), s.close())
	}
	return s, nil
}

func sqliteDSN(path string) string {
	u := url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(path)}
	return u.String() + "?_txlock=immediate&_pragma=busy_timeout(10000)&_pragma=journal_mode(wal)" +
		"&_pragma=synchronous(full)&_pragma=foreign_keys(1)"
}

// How long to try when others are just opening or closing the database.
const (
	openWait  = 10 * time.Second
	openPause = 10 * time.Millisecond
)

// connect makes the connection that writes. Turning a new database to its log, and
// taking the log away after the last connection, need it alone, and then SQLite
// says "locked" without waiting.
func (s *sqliteStore) connect(ctx context.Context) (err error) {
	s.prepared = map[string]*sql.Stmt{}
	enough, pause := time.NewTimer(openWait), time.NewTicker(openPause)
	defer enough.Stop()
	defer pause.Stop()
	for {
		if s.conn, err = s.writes.Conn(ctx); !isBusy(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-enough.C:
			return err
		case <-pause.C:
		}
	}
}

func isBusy(err error) bool {
	const primary, busy = 0xff, 5 // SQLITE_BUSY
	var e *sqlite.Error
	return errors.As(err, &e) && e.Code()&primary == busy
}

func (s *sqliteStore) write(ctx context.Context, step func(string), do func(tx) error) error {
	g, err := s.join(ctx)
	if err != nil {
		return err
	}
	err = g.run(step, do)
	<-g.done
	if g.err != nil {
		return g.err
	}
	if err != nil {
		return err
	}
	step("after")
	return nil
}

// rollback gives up a connection that does not even roll back; the next write
// makes a new one.
func (s *sqliteStore) rollback() {
	if _, err := s.conn.ExecContext(context.Background(), "ROLLBACK"); err != nil {
		for _, stmt := range s.prepared {
			stmt.Close()
		}
		_ = s.conn.Raw(func(any) error { return driver.ErrBadConn })
		s.conn.Close()
		s.conn = nil
	}
}

func (s *sqliteStore) lock() string     { return "" }
func (s *sqliteStore) lockFree() string { return "" }

func (s *sqliteStore) migrations() (string, *sql.DB, func() error) {
	return "migrations/sqlite", s.writes, func() error { return nil }
}

func (s *sqliteStore) close() error {
	for _, stmt := range s.prepared {
		stmt.Close()
	}
	s.pool.close()
	var errs []error
	if s.conn != nil {
		errs = append(errs, s.conn.Close())
	}
	// The readers first: the last connection to close tidies the log away, and
	// a query-only one may not.
	return errors.Join(append(errs, s.reads.Close(), s.writes.Close())...)
}

// sqliteTx reads on a pool, or does anything on the one connection that writes.
type sqliteTx struct {
	from interface {
		ExecContext(context.Context, string, ...any) (sql.Result, error)
		QueryContext(context.Context, string, ...any) (*sql.Rows, error)
		QueryRowContext(context.Context, string, ...any) *sql.Row
		PrepareContext(context.Context, string) (*sql.Stmt, error)
	}
	prepared map[string]*sql.Stmt // nil on the pool
	pool     *statements          // nil on the one connection
}

// statements are reads that were parsed before: parsing takes longer than most
// reads themselves.
type statements struct {
	db  *sql.DB
	mu  sync.Mutex
	all map[string]*sql.Stmt
}

// mostStatements bounds them, for the text of a list depends on its filter.
const mostStatements = 64

// get is nil when there are too many; then the text itself is sent.
func (s *statements) get(ctx context.Context, query string) (*sql.Stmt, error) {
	s.mu.Lock()
	stmt, full := s.all[query], len(s.all) >= mostStatements
	s.mu.Unlock()
	if stmt != nil || full {
		return stmt, nil
	}
	// Not under the lock: it may have to wait for a connection.
	stmt, err := s.db.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if other := s.all[query]; other != nil {
		stmt.Close()
		return other, nil
	}
	s.all[query] = stmt
	return stmt, nil
}

func (s *statements) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for query, stmt := range s.all {
		stmt.Close()
		delete(s.all, query)
	}
}

// whole keeps a statement that writes from being cut off: the database would take
// back the whole transaction, of others too. Who is cancelled begins no other.
func (t sqliteTx) whole(ctx context.Context) (context.Context, error) {
	if t.prepared == nil {
		return ctx, nil
	}
	return context.WithoutCancel(ctx), ctx.Err()
}

// prepare may give nil on the pool.
func (t sqliteTx) prepare(ctx context.Context, query string) (*sql.Stmt, error) {
	if t.prepared == nil {
		return t.pool.get(ctx, query)
	}
	if stmt := t.prepared[query]; stmt != nil {
		return stmt, nil
	}
	stmt, err := t.from.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	t.prepared[query] = stmt
	return stmt, nil
}

func (t sqliteTx) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	if t.prepared == nil {
		return 0, errors.New("a write outside a transaction")
	}
	ctx, err := t.whole(ctx)
	if err != nil {
		return 0, err
	}
	stmt, err := t.prepare(ctx, query)
	if err != nil {
		return 0, err
	}
	res, err := stmt.ExecContext(ctx, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func (t sqliteTx) Query(ctx context.Context, query string, args ...any) (rows, error) {
	ctx, err := t.whole(ctx)
	if err != nil {
		return nil, err
	}
	stmt, err := t.prepare(ctx, query)
	if err != nil {
		return nil, err
	}
	var r *sql.Rows
	if stmt == nil {
		r, err = t.from.QueryContext(ctx, query, args...)
	} else {
		r, err = stmt.QueryContext(ctx, args...)
	}
	if err != nil {
		return nil, err
	}
	return sqliteRows{r}, nil
}

func (t sqliteTx) QueryRow(ctx context.Context, query string, args ...any) row {
	ctx, err := t.whole(ctx)
	if err != nil {
		return failedRow{err}
	}
	stmt, err := t.prepare(ctx, query)
	if err != nil {
		return failedRow{err}
	}
	if stmt == nil {
		return t.from.QueryRowContext(ctx, query, args...)
	}
	return stmt.QueryRowContext(ctx, args...)
}

func (t sqliteTx) Many(ctx context.Context, statements []statement) error {
	for _, s := range statements {
		if _, err := t.Exec(ctx, s.query, s.args...); err != nil {
			return err
		}
	}
	return nil
}

type sqliteRows struct{ *sql.Rows }

func (r sqliteRows) Close() { _ = r.Rows.Close() }

type failedRow struct{ err error }

func (f failedRow) Scan(...any) error { return f.err }
