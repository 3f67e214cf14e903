package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"loket-etl/ledger"
)

// callOnce is a file of which one call was made and the other was not; the first
// ended in state, and then somebody held it.
func callOnce(t *testing.T, l *ledger.Ledger, state ledger.LineState) ledger.ID {
	t.Helper()
	ctx := t.Context()
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	id, _, err := l.Stage(ctx, ledger.Entry{Pipeline: "urenregistratie", Name: "uren.csv"}, strings.NewReader("uren"))
	ok(err)
	s, err := l.TakeID(ctx, id, "w", time.Minute)
	ok(err)
	ok(s.Plan(ctx, func(add func(ledger.Line) error) error {
		for range 2 {
			if err := add(ledger.Line{Function: "ImporteerGegevens.ImporteerGegevens", Class: "additive", Subject: "werkgever 1001", Rows: 1}); err != nil {
				return err
			}
		}
		return nil
	}))
	ok(s.Move(ctx, ledger.Staged, ledger.Planned, func(e *ledger.Entry) { e.Rows = 2 }))
	ok(s.Send(ctx, 1, nil))
	ok(s.Record(ctx, 1, state, nil))
	ok(s.Hold(ctx, "onbekend of aanroep 1 is uitgevoerd"))
	return id
}

func TestWhatWasDismissedComesAgainOnlyWhenNothingOfItIsInLoket(t *testing.T) {
	for state, want := range map[ledger.LineState]int{ledger.LineDone: exitFailed, ledger.LineRefused: exitOK} {
		t.Run(string(state), func(t *testing.T) {
			dir := t.TempDir()
			file := filepath.Join(dir, "etl.yaml")
			if err := os.WriteFile(file, []byte("loket: {url: sandbox}\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			run := func(args ...string) (int, string) {
				var stderr bytes.Buffer
				code := newApp(io.Discard, &stderr).run(t.Context(), append([]string{"--config", file}, args...))
				return code, stderr.String()
			}
			l, err := ledger.Open(t.Context(), "sqlite:"+filepath.Join(dir, "etl.db"), ledger.Options{Now: newApp(nil, nil).now})
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			callOnce(t, l, ledger.LineUnknown)
			code, said := run("dismiss", "1", "--reason", "weg")
			if code != exitFailed || !strings.Contains(said, "call 1: nobody knows") || !strings.Contains(said, "etl resolve 1 --call N") {
				t.Errorf("dismiss while a call is unclear: %d %s", code, said)
			}
			if err := l.Resolve(t.Context(), 1, 1, state, "anja", "nagekeken"); err != nil {
				t.Fatal(err)
			}
			if code, said := run("dismiss", "1", "--reason", "weg", "--work"); code != exitOK {
				t.Errorf("dismiss: %d %s", code, said)
			}
			if e, err := l.Get(t.Context(), 1); err != nil || e.State != ledger.Settled || e.Outcome != ledger.Dismissed {
				t.Errorf("it is %s %s, %v", e.State, e.Outcome, err)
			}
			if code, said := run("retry", "1", "--force"); code != want {
				t.Errorf("again: %d, want %d: %s", code, want, said)
			}
		})
	}
}
