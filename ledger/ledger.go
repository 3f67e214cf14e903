package ledger

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// Options of a ledger. The zero value has no limit and uses the clock.
type Options struct {
	// Now is the clock; time.Now when nil.
	Now func() time.Time
	// MaxBytes is the largest file that is staged; 0 is no limit.
	MaxBytes int64
	// Step is called right before and after every commit, with a name such as
	// "stage before"; tests kill the process there. Nil in production.
	Step func(point string)
}

// Ledger is an open database. Close it when nothing uses it any more.
type Ledger struct {
	store    store
	now      func() time.Time
	maxBytes int64
	step     func(string)
	enc      *zstd.Encoder
	dec      *zstd.Decoder
	buffers  *buffers
}

// Open opens the database at "sqlite:PATH" (made when absent, readable for its
// owner only) or "postgres://...", and brings its tables up to this release.
// Several processes may do so at the same time. A database of a newer release
// is left alone: ErrNewer.
func Open(ctx context.Context, dsn string, o Options) (*Ledger, error) {
	l := &Ledger{now: o.Now, maxBytes: o.MaxBytes, step: o.Step, buffers: newBuffers()}
	if l.now == nil {
		l.now = time.Now
	}
	var err error
	l.enc, err = zstd.NewWriter(nil, zstd.WithEncoderConcurrency(2), zstd.WithEncoderLevel(zstd.SpeedFastest),
		zstd.WithWindowSize(chunkSize), zstd.WithLowerEncoderMem(true))
	if err != nil {
		return nil, fmt.Errorf("compressor: %w", err)
	}
	l.dec, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(2), zstd.WithDecoderMaxMemory(maxNote))
	if err != nil {
		return nil, fmt.Errorf("decompressor: %w", err)
	}
	if l.store, err = openStore(ctx, dsn); err != nil {
		return nil, err
	}
	if err := migrate(ctx, l.store); err != nil {
		return nil, errors.Join(err, l.store.close())
	}
	return l, nil
}

// Close lets go of the database. Leases stay until they expire.
func (l *Ledger) Close() error {
	l.dec.Close()
	return l.store.close()
}

// Ping says whether the database answers.
func (l *Ledger) Ping(ctx context.Context) error {
	var one int
	if err := l.store.QueryRow(ctx, "SELECT 1").Scan(&one); err != nil {
		return fmt.Errorf("ask the database: %w", err)
	}
	return nil
}

// write is the only way to change the database. What do returns is returned
// wrapped, and nothing is written.
func (l *Ledger) write(ctx context.Context, what string, do func(tx) error) error {
	err := l.store.write(ctx, func(when string) {
		if l.step != nil {
			l.step(what + " " + when)
		}
	}, do)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

//go:embed migrations/*/*.sql
var migrationFiles embed.FS

// versionTable is ours by name: another program with goose may share the database.
const versionTable = "ledger_version"

func migrate(ctx context.Context, s store) error {
	p, done, err := migrationsOf(s)
	if err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	defer done()
	// PostgreSQL has a lock for this. On SQLite another process may be just as
	// far: each migration commits whole, so the loser looks again.
	const looks = 5
	for look := 1; ; look++ {
		current, target, err := p.GetVersions(ctx)
		if err == nil && current > target {
			return fmt.Errorf("the database is at version %d, this program knows up to %d: use the newer program or restore a backup: %w", current, target, ErrNewer)
		}
		if err == nil && current == target {
			return nil
		}
		if err == nil {
			_, err = p.Up(ctx)
		}
		if err != nil && (look == looks || ctx.Err() != nil) {
			return fmt.Errorf("bring the database up to version %d: %w", target, err)
		}
	}
}

func migrationsOf(s store) (*goose.Provider, func() error, error) {
	folder, db, done := s.migrations()
	files, err := fs.Sub(migrationFiles, folder)
	if err != nil {
		return nil, nil, err
	}
	options := []goose.ProviderOption{goose.WithTableName(versionTable), goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger())}
	dialect := goose.DialectSQLite3
	if _, ok := s.(*postgresStore); ok {
		dialect = goose.DialectPostgres
		locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300), lock.WithUnlockTimeout(1, 60))
		if err != nil {
			return nil, nil, err
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	p, err := goose.NewProvider(dialect, db, files, options...)
	return p, done, err
}

// stamp and moment are how times stand in the database.
func stamp(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

func moment(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(0, n).UTC()
}
