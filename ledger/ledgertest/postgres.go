// Package ledgertest gives tests a PostgreSQL of their own. It refuses to know
// what they keep in it.
package ledgertest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Environment names the PostgreSQL to test on, as "postgres://..." with the
// right to create databases. When it is not set, a cluster of our own is
// started on a Unix socket, once per test process, in a temporary folder.
const Environment = "ETL_TEST_POSTGRES"

// Main runs the tests of a package and stops the cluster afterwards. A package
// that uses Postgres calls it from TestMain:
//
//	func TestMain(m *testing.M) { os.Exit(ledgertest.Main(m)) }
func Main(m *testing.M) int {
	defer stop()
	return m.Run()
}

// Postgres is an empty database for this test, dropped when it ends. Without
// PostgreSQL the test is skipped, and fails when CI is "true".
func Postgres(t testing.TB) (dsn string) {
	t.Helper()
	base, err := server()
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("no PostgreSQL: %v", err)
		}
		t.Skipf("SKIPPED WITHOUT POSTGRESQL, half of the ledger is not tested: %v", err)
	}
	name := fmt.Sprintf("t%d_%d", os.Getpid(), count.Add(1))
	if err := run(base, "CREATE DATABASE "+name); err != nil {
		t.Fatalf("create database: %v", err)
	}
	t.Cleanup(func() {
		if err := run(base, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("drop database: %v", err)
		}
	})
	u, err := url.Parse(base)
	if err != nil {
		t.Fatalf("%s: %v", Environment, err)
	}
	u.Path = "/" + name
	return u.String()
}

var (
	count   atomic.Int64
	started = false
	folder  string
	server  = sync.OnceValues(start)
)

func run(dsn, statement string) error {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, statement)
	return err
}

func start() (string, error) {
	if dsn := os.Getenv(Environment); dsn != "" {
		return dsn, nil
	}
	initdb, err := binary("initdb")
	if err != nil {
		return "", err
	}
	// Not below the folder of a test: others than root may not enter that, and
	// the path of a socket must be short.
	if folder, err = os.MkdirTemp("", "pg"); err != nil {
		return "", err
	}
	if os.Geteuid() == 0 {
		if err := chown(folder); err != nil {
			return "", err
		}
	}
	data := filepath.Join(folder, "data")
	if err := asPostgres(initdb, "-D", data, "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8"); err != nil {
		return "", err
	}
	// Writes are not flushed: a test kills programs, not the machine.
	options := "-c listen_addresses= -c unix_socket_directories=" + folder + " -c fsync=off -c full_page_writes=off -c max_connections=300 -c shared_buffers=64MB"
	if err := asPostgres(filepath.Join(filepath.Dir(initdb), "pg_ctl"), "-D", data, "-w", "-l", filepath.Join(folder, "log"), "-o", options, "start"); err != nil {
		return "", err
	}
	started = true
	return "postgres://postgres@/postgres?host=" + url.QueryEscape(folder), nil
}

func stop() {
	if folder == "" {
		return
	}
	if started {
		if pgctl, err := binary("pg_ctl"); err == nil {
			_ = asPostgres(pgctl, "-D", filepath.Join(folder, "data"), "-m", "immediate", "-w", "stop")
		}
	}
	os.RemoveAll(folder)
}

// binary finds a server program, of the newest version there is.
func binary(name string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if len(found) == 0 {
		return "", errors.New("neither " + Environment + " nor " + name + " is there (Debian: apt install postgresql)")
	}
	slices.Sort(found)
	return found[len(found)-1], nil
}

func chown(folder string) error {
	u, err := user.Lookup("postgres")
	if err != nil {
		return err
	}
	var uid, gid int
	if _, err := fmt.Sscan(u.Uid+" "+u.Gid, &uid, &gid); err != nil {
		return err
	}
	return os.Chown(folder, uid, gid)
}

// asPostgres runs a server program; it refuses to be root.
func asPostgres(program string, args ...string) error {
	cmd := exec.Command(program, args...)
	if os.Geteuid() == 0 {
		cmd = exec.Command("runuser", append([]string{"-u", "postgres", "--", program}, args...)...)
	}
	cmd.Dir = folder
	// The server lives on with what it inherits: a pipe would keep us waiting.
	out, err := os.Create(filepath.Join(folder, "out"))
	if err != nil {
		return err
	}
	defer out.Close()
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Run(); err != nil {
		said, _ := os.ReadFile(out.Name())
		return fmt.Errorf("%s: %w: %s", filepath.Base(program), err, strings.TrimSpace(string(said)))
	}
	return nil
}
