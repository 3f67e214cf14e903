package pipelines

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"loket-etl/ledger"
	"loket-etl/ledger/ledgertest"
)

// newCorrectionCrash is a world in which two files came and their corrections lie in
// the inbox.
func newCorrectionCrash(t *testing.T, dsn string) *crashWorld {
	w := newCrashWorld(t, dsn, false)
	w.clear = true
	w.whole()
	w.put("uren_5555_oktober2.csv", hoursHead+"1;A;05-10-2026;Normaal;8,00;200;\r\n1;A;06-10-2026;Normaal;7:30;200;\r\n")
	w.put("verlof2.csv", leaveHead+"5555;1;A;12-10-2026;12-10-2026;Wettelijk;Opname;8\r\n")
	w.after = func() error {
		return w.ended(map[string]string{"1 kp200 1": "15.50", "1 verlof": "3"}, 4)
	}
	return w
}

// whole lets the child finish what lies there.
func (w *crashWorld) whole() {
	w.t.Helper()
	if ended, _ := w.live(0, 0); !ended {
		w.t.Fatal("the child did not end")
	}
}

// ended checks what stands in Loket, and that so many entries are all imported.
func (w *crashWorld) ended(want map[string]string, entries int) error {
	if diff := cmp.Diff(want, stands(w.t, w.url, w.clock.Now)); diff != "" {
		return fmt.Errorf("what stands in Loket (-want +got):\n%s", diff)
	}
	l, err := ledger.Open(w.t.Context(), w.dsn, ledger.Options{})
	if err != nil {
		return err
	}
	defer l.Close()
	all, err := l.List(w.t.Context(), ledger.Filter{})
	if err != nil {
		return err
	}
	if len(all) != entries {
		return fmt.Errorf("%d entries in the ledger, want %d", len(all), entries)
	}
	for _, e := range all {
		if e.State != ledger.Settled || e.Outcome != ledger.Imported {
			return fmt.Errorf("entry %d (%s) is %s %s %q %q", e.ID, e.Name, e.State, e.Outcome, e.Reason, e.Verdict)
		}
	}
	return nil
}

// newUndoCrash is a world in which two files came and both are to be taken back.
func newUndoCrash(t *testing.T, dsn string) *crashWorld {
	w := newCrashWorld(t, dsn, false)
	w.whole()
	l, err := ledger.Open(t.Context(), w.dsn, ledger.Options{Now: w.clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for id := ledger.ID(1); id <= 2; id++ {
		if _, err := Undo(t.Context(), l, id, "tester", "sent by mistake"); err != nil {
			t.Fatal(err)
		}
	}
	w.after = func() error { return w.ended(map[string]string{"1 verlof": "4"}, 4) }
	return w
}

func TestKilledAtStepsOfACorrection(t *testing.T) {
	everyStep(t, func(t *testing.T) *crashWorld { return newCorrectionCrash(t, "") }, 3)
}

func TestKilledAtStepsOfAnUndoing(t *testing.T) {
	everyStep(t, func(t *testing.T) *crashWorld { return newUndoCrash(t, "") }, 3)
}

func TestKilledAtStepsOfCorrectionsAndUndoingsOnPostgreSQL(t *testing.T) {
	t.Run("correction", func(t *testing.T) {
		everyStep(t, func(t *testing.T) *crashWorld { return newCorrectionCrash(t, ledgertest.Postgres(t)) }, 12)
	})
	t.Run("undoing", func(t *testing.T) {
		everyStep(t, func(t *testing.T) *crashWorld { return newUndoCrash(t, ledgertest.Postgres(t)) }, 12)
	})
}
