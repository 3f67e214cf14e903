package main

import (
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "write the expected files in testdata/script anew")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"etl": etl})
}

// etl is the program. With ETL_TEST_NOW its script began at that moment: what is
// exported depends on the day.
func etl() {
	now := time.Now
	if text := os.Getenv("ETL_TEST_NOW"); text != "" {
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			panic(err)
		}
		began, err := time.Parse(time.RFC3339Nano, os.Getenv("ETL_TEST_BEGAN"))
		if err != nil {
			panic(err)
		}
		now = func() time.Time { return at.Add(time.Since(began)) }
	}
	os.Exit(command(now))
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("..", "..", "testdata", "script"),
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
		Setup: func(e *testscript.Env) error {
			e.Setenv("GORACE", "atexit_sleep_ms=0") // a command under -race would sleep a second at its end
			e.Setenv("ETL_TEST_BEGAN", time.Now().Format(time.RFC3339Nano))
			return nil
		},
	})
}

// exits CODE command...: the command ends with exactly this code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE command [args...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var failed *exec.ExitError
		if !errors.As(err, &failed) {
			ts.Fatalf("%v", err)
		}
		got = failed.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}
