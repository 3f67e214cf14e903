package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"loket-etl/ledger"
)

// A file that stood ready and is not to be seen any more is published again only
// after a person said that the partner does not have it.
func TestRepublishIsAPersonsWord(t *testing.T) {
	ctx, dir := t.Context(), t.TempDir()
	path := filepath.Join(dir, "etl.yaml")
	if err := os.WriteFile(path, []byte("loket: {url: sandbox}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	l := openTestLedger(t, filepath.Join(dir, "etl.db"), time.Now)
	id, _, err := l.Expect(ctx, ledger.Entry{Pipeline: "sepa", Run: "run-1", Name: "5555 periode 2026-10 run 10"})
	if err != nil {
		t.Fatal(err)
	}
	lease, err := l.TakeID(ctx, id, "w", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(
		lease.Produce(ctx, func(add func(ledger.Output, io.Reader) (ledger.Output, error)) error {
			_, err := add(ledger.Output{Outbox: "bank", Name: "a.xml"}, strings.NewReader("a"))
			return err
		}, nil, ""),
		lease.Mark(ctx, 1, ledger.OutputStaged, ledger.OutputPrepared),
		lease.Hold(ctx, "niet meer te zien"),
	)
	if err != nil {
		t.Fatal(err)
	}
	etl := func(want int, args ...string) string {
		t.Helper()
		var out bytes.Buffer
		if code := newApp(&out, &out).run(ctx, append(args, "--config", path)); code != want {
			t.Errorf("etl %v ends with %d: %s", args, code, out.String())
		}
		return out.String()
	}
	etl(exitFailed, "republish", "1", "--file", "2", "--reason", "x")
	if said := etl(exitOK, "republish", "1", "--file", "1", "--who", "ans", "--reason", "de bank heeft niets"); !strings.HasPrefix(said, "entry 1 has a file that is published again") {
		t.Errorf("it says %s", said)
	}
	all, err := l.Outputs(ctx, id)
	if err != nil || all[0].State != ledger.OutputStaged {
		t.Errorf("%+v, %v", all, err)
	}
	events, err := l.Audit(ctx, id)
	if last := events[len(events)-1]; err != nil || last.Who != "ans" || last.Action != "republish file 1" || last.Reason != "de bank heeft niets" {
		t.Errorf("%+v, %v", last, err)
	}
	etl(exitFailed, "republish", "1", "--file", "1", "--reason", "again")
}
