package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
)

// commitTime bounds a commit, which the caller's context does not cut off.
const commitTime = 30 * time.Second

type postgresStore struct {
	postgresTx
	pool *pgxpool.Pool
}

func openPostgres(ctx context.Context, dsn string) (*postgresStore, error) {
	config, err := pgxpool.ParseConfig(dsn) // its errors do not show the password
	if err != nil {
		return nil, fmt.Errorf("database postgres: %w", err)
	}
	params := config.ConnConfig.RuntimeParams
	if params["application_name"] == "" {
		params["application_name"] = "loket-etl"
	}
	// A process that stalls in a transaction must not hold an entry for ever.
	if params["idle_in_transaction_session_timeout"] == "" {
		params["idle_in_transaction_session_timeout"] = "60s"
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("database postgres: %w", err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("open database: %w", err)
	}
	return &postgresStore{postgresTx{pool}, pool}, nil
}

func (s *postgresStore) write(ctx context.Context, step func(string), do func(tx) error) error {
	t, err := s.pool.Begin(ctx)
	if err != nil {
		return err
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitTime)
	defer cancel()
	defer func() { _ = t.Rollback(end) }() // does nothing after the commit
	if err := do(postgresTx{t}); err != nil {
		return err
	}
	step("before")
	commit, stop := context.WithTimeout(context.WithoutCancel(ctx), commitTime)
	defer stop()
	if err := t.Commit(commit); err != nil {
		return err
	}
	step("after")
	return nil
}

func (s *postgresStore) lock() string     { return " FOR UPDATE" }
func (s *postgresStore) lockFree() string { return " FOR UPDATE SKIP LOCKED" }

func (s *postgresStore) migrations() (string, *sql.DB, func() error) {
	db := stdlib.OpenDBFromPool(s.pool)
	return "migrations/postgres", db, db.Close
}

func (s *postgresStore) close() error {
	s.pool.Close()
	return nil
}

// postgresTx works on a transaction, or on the pool for reads.
type postgresTx struct {
	from interface {
		Exec(context.Context, string, ...any) (pgconn.CommandTag, error)
		Query(context.Context, string, ...any) (pgx.Rows, error)
		QueryRow(context.Context, string, ...any) pgx.Row
		SendBatch(context.Context, *pgx.Batch) pgx.BatchResults
	}
}

func (t postgresTx) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	tag, err := t.from.Exec(ctx, query, args...)
	return tag.RowsAffected(), err
}

func (t postgresTx) Query(ctx context.Context, query string, args ...any) (rows, error) {
	return t.from.Query(ctx, query, args...)
}

func (t postgresTx) QueryRow(ctx context.Context, query string, args ...any) row {
	return t.from.QueryRow(ctx, query, args...)
}

func (t postgresTx) Many(ctx context.Context, statements []statement) error {
	if len(statements) == 0 {
		return nil
	}
	batch := &pgx.Batch{}
	for _, s := range statements {
		batch.Queue(s.query, s.args...)
	}
	return t.from.SendBatch(ctx, batch).Close() // Close reads every answer
}
