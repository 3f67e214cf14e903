package main

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"loket-etl/ledger"
)

func TestAFileThatWaitsForApprovalIsTold(t *testing.T) {
	ctx, now := t.Context(), time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	l := openTestLedger(t, filepath.Join(t.TempDir(), "etl.db"), func() time.Time { return now })
	id, _, err := l.Stage(ctx, ledger.Entry{Pipeline: "uren", Name: "uren.csv"}, strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	lease, err := l.TakeID(ctx, id, "test", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if err := lease.Move(ctx, ledger.Staged, ledger.Planned, nil); err != nil {
		t.Fatal(err)
	}
	if err := lease.Hold(ctx, "wacht op akkoord: bekijk het met etl preview 1 en geef akkoord met etl approve 1"); err != nil {
		t.Fatal(err)
	}
	all, err := alertsOf(ctx, l, now)
	if err != nil || len(all) != 1 {
		t.Fatalf("%v, %v", all, err)
	}
	if all[0].What != "Het bestand wacht op akkoord: er gaat niets naar Loket voordat iemand het goedkeurt." || !strings.Contains(all[0].Do, `"etl approve 1 --reason ..."`) {
		t.Errorf("%s %s", all[0].What, all[0].Do)
	}
}
