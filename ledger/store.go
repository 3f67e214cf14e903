package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// tx is the little SQL the ledger needs, in a transaction or for reads outside
// one. Both databases take $1 placeholders. A missing row is sql.ErrNoRows.
type tx interface {
	Exec(ctx context.Context, query string, args ...any) (affected int64, err error)
	Query(ctx context.Context, query string, args ...any) (rows, error)
	QueryRow(ctx context.Context, query string, args ...any) row
	// Many runs statements whose answers do not matter, in one round trip.
	Many(ctx context.Context, statements []statement) error
}

type row interface{ Scan(dest ...any) error }

type rows interface {
	row
	Next() bool
	Err() error
	Close()
}

type statement struct {
	query string
	args  []any
}

// store is a database: reads, and writes in transactions that are durable when
// write returns nil.
type store interface {
	tx
	// write runs do in a transaction, perhaps together with other writers, which
	// neither see nor feel it when do fails; step is called when do is done and
	// right after the commit. Any error of do rolls back.
	write(ctx context.Context, step func(when string), do func(tx) error) error
	// lock is appended to a SELECT whose row this transaction goes on to change,
	// lockFree the same for rows that nobody else is changing.
	lock() string
	lockFree() string
	// migrations is the folder of this dialect and a handle to run it on.
	migrations() (folder string, db *sql.DB, done func() error)
	close() error
}

// openStore is the table of databases.
func openStore(ctx context.Context, dsn string) (store, error) {
	kind, rest, _ := strings.Cut(dsn, ":")
	switch kind {
	case "sqlite":
		return openSQLite(ctx, rest)
	case "postgres", "postgresql":
		return openPostgres(ctx, dsn)
	}
	return nil, fmt.Errorf("database %q: want sqlite:PATH or postgres://HOST/NAME", kind)
}
