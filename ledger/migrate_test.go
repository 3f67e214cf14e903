package ledger

import (
	"bytes"
	"context"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
)

// oldest builds the database that the first release wrote: the tables of its
// migration and the rows of testdata/v1.sql, with a chunk as it compressed it.
func oldest(t *testing.T, dsn string) {
	t.Helper()
	ctx := t.Context()
	s, err := openStore(ctx, dsn)
	ok(t, err)
	defer s.close()
	p, done, err := migrationsOf(s)
	ok(t, err)
	defer done()
	if _, err := p.UpTo(ctx, 1); err != nil {
		t.Fatal(err)
	}
	script, err := os.ReadFile("testdata/v1.sql")
	ok(t, err)
	enc, err := zstd.NewWriter(nil)
	ok(t, err)
	ok(t, s.write(ctx, func(string) {}, func(t tx) error {
		for _, query := range strings.Split(strings.TrimSpace(string(script)), ";\n") {
			if _, err := t.Exec(ctx, query); err != nil {
				return err
			}
		}
		_, err := t.Exec(ctx, "INSERT INTO chunks (content_id, no, size, data) SELECT id, 0, 5, $1 FROM contents", enc.EncodeAll([]byte("a;b;c"), nil))
		return err
	}))
}

func TestDatabaseOfAnOlderReleaseOpens(t *testing.T) {
	onBoth(t, func(t *testing.T, dsn string) {
		oldest(t, dsn)
		c := newClock()
		l := open(t, dsn, Options{Now: c.Now})
		ctx := t.Context()
		if e := must(l.Get(ctx, 1))(t); !e.Receipt || e.Outcome != Imported || !e.Received.Equal(time.Date(2026, 9, 1, 6, 0, 0, 0, time.UTC)) {
			t.Errorf("the settled entry: %+v", e)
		}
		s := must(l.Take(ctx, "w", time.Minute))(t)
		if e := s.Entry(); e.ID != 2 || e.Receipt || e.State != Planned {
			t.Errorf("the one under way: %+v", e)
		}
		r, err := s.Open(ctx)
		if got := all(t, r, err); string(got) != "a;b;c" {
			t.Errorf("its bytes: %q", got)
		}
		if line := must(s.NextLine(ctx))(t); line.No != 2 || line.State != LineSending || line.Sent.IsZero() {
			t.Errorf("its line: %+v", line)
		}
		ok(t, s.Record(ctx, 2, LineDone, nil))
		ok(t, s.Move(ctx, Planned, Delivered, func(e *Entry) { e.Outcome = Imported }))
		ok(t, s.Move(ctx, Delivered, Settled, nil))
		id, isNew, err := l.Stage(ctx, Entry{Pipeline: "uren"}, strings.NewReader("abc"))
		if e := must(l.Get(ctx, id))(t); err != nil || !isNew || e.DuplicateOf != 1 {
			t.Errorf("what it knew: %+v, new %v, %v", e, isNew, err)
		}
	})
}

func TestDatabaseOfANewerReleaseIsLeftAlone(t *testing.T) {
	onBoth(t, func(t *testing.T, dsn string) {
		l := open(t, dsn, Options{})
		ok(t, l.write(t.Context(), "newer", func(tx tx) error {
			_, err := tx.Exec(t.Context(), "INSERT INTO "+versionTable+" (version_id, is_applied) VALUES (99, TRUE)")
			return err
		}))
		_, err := Open(t.Context(), dsn, Options{})
		want := "the database is at version 99, this program knows up to 15: use the newer program or restore a backup: written by a newer release"
		if !errors.Is(err, ErrNewer) || err.Error() != want {
			t.Errorf("got %v\nwant %s", err, want)
		}
	})
}

// One round goes well nearly always: what fails is two that turn it to its log.
func TestManyOpenANewSQLiteDatabase(t *testing.T) {
	for range 150 {
		path := filepath.Join(t.TempDir(), "ledger.db")
		var wg sync.WaitGroup
		for range 6 {
			wg.Go(func() {
				s, err := openSQLite(t.Context(), path)
				if err == nil {
					err = s.close()
				}
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}
}

func TestSeveralProcessesOpenANewDatabase(t *testing.T) {
	onBoth(t, func(t *testing.T, dsn string) {
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				l, err := Open(t.Context(), dsn, Options{})
				if err != nil {
					t.Error(err)
					return
				}
				if err := l.Ping(t.Context()); err != nil {
					t.Error(err)
				}
				if err := l.Close(); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	})
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	file := filepath.Join(t.TempDir(), "text")
	ok(t, os.WriteFile(file, bytes.Repeat([]byte("not a database "), 500), 0o600))
	for dsn, want := range map[string]string{
		"mysql://x":                  `database "mysql": want sqlite:PATH or postgres://HOST/NAME`,
		"":                           `database "": want sqlite:PATH or postgres://HOST/NAME`,
		"sqlite:":                    "database sqlite: no path",
		"sqlite:" + file:             "file is not a database",
		"sqlite:" + file + "/x/y":    "open database: ",
		"postgres://u:geheim@[::1:x": "database postgres: ",
		"postgres://u:geheim@127.0.0.1:1/x?connect_timeout=2": "open database: ",
	} {
		_, err := Open(t.Context(), dsn, Options{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", dsn, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "geheim") {
			t.Errorf("the password is in %v", err)
		}
	}
}

func TestSQLiteFileIsPrivateAndMayHaveAnyName(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a b?c=d#e%20f.db")
	l := open(t, "sqlite:"+path, Options{})
	stage(t, l, "x")
	for _, suffix := range []string{"", "-wal", "-shm"} {
		info, err := os.Stat(path + suffix)
		ok(t, err)
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v", suffix, info.Mode())
		}
	}
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "10000"} {
		ok(t, l.write(t.Context(), "look", func(tx tx) error {
			var got string
			ok(t, tx.QueryRow(t.Context(), "PRAGMA "+pragma).Scan(&got))
			if got != want {
				t.Errorf("%s is %s, want %s", pragma, got, want)
			}
			return nil
		}))
	}
	if _, err := l.store.Exec(t.Context(), "DELETE FROM entries"); err == nil {
		t.Error("a write outside a transaction is possible")
	}
}

func TestWriteGoesOnAfterAWriterIsStopped(t *testing.T) {
	onBoth(t, func(t *testing.T, dsn string) {
		l := open(t, dsn, Options{})
		ctx, cancel := context.WithCancel(t.Context())
		err := l.write(ctx, "stopped", func(tx tx) error {
			if _, err := tx.Exec(ctx, "INSERT INTO contents (touched) VALUES ($1)", 1); err != nil {
				return err
			}
			cancel()
			_, err := tx.Exec(ctx, "INSERT INTO contents (touched) VALUES ($1)", 2)
			return err
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("stopped: %v", err)
		}
		func() {
			defer func() { recover() }()
			_ = l.write(t.Context(), "panics", func(tx tx) error { panic("strange file") })
		}()
		stage(t, l, "x")
		if n := count(t, l, "SELECT count(*) FROM contents"); n != 1 {
			t.Errorf("%d contents, want the staged one only", n)
		}
	})
}

func TestPostgresDSNKeepsItsOptions(t *testing.T) {
	dsn := databases["postgres"](t)
	u, err := url.Parse(dsn)
	ok(t, err)
	q := u.Query()
	q.Set("application_name", "mine")
	u.RawQuery = q.Encode()
	l := open(t, u.String(), Options{})
	var name string
	ok(t, l.store.QueryRow(t.Context(), "SHOW application_name").Scan(&name))
	if name != "mine" {
		t.Errorf("application_name is %s", name)
	}
}
