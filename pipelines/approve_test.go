package pipelines

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"loket-etl/ledger"
	"loket-etl/ledger/ledgertest"
	"loket-etl/mappings"
)

// approvalChild makes the children of crash tests want approval for hours.
const approvalChild = "ETL_TEST_APPROVAL"

// approving is a world in which files with hours need approval.
func approving(t *testing.T, dsn func(testing.TB) string, policy Policy) *world {
	w := newWorld(t, func(o *Options) {
		o.Bindings[0].Approval, o.Bindings[0].Policy = ApprovalRequired, policy
		if dsn != nil {
			o.Ledger = openLedger(t, dsn(t), o.Now)
		}
	})
	w.ledger = w.runner.Ledger
	return w
}

// onBothDatabases runs a test on SQLite and on PostgreSQL.
func onBothDatabases(t *testing.T, test func(t *testing.T, dsn func(testing.TB) string)) {
	for name, dsn := range map[string]func(testing.TB) string{"SQLite": nil, "PostgreSQL": ledgertest.Postgres} {
		t.Run(name, func(t *testing.T) { test(t, dsn) })
	}
}

func (w *world) approve(id ledger.ID, employees ...string) {
	w.t.Helper()
	if err := w.runner.Approve(w.t.Context(), id, "anja", "gezien", employees); err != nil {
		w.t.Fatal(err)
	}
	w.settle()
}

const mustApprove = "wacht op akkoord: bekijk het met etl preview 1 en geef akkoord met etl approve 1"

func TestAFileWaitsUntilItIsApproved(t *testing.T) {
	onBothDatabases(t, func(t *testing.T, dsn func(testing.TB) string) {
		w := approving(t, dsn, AllOrNothing)
		w.drop("uren_5555.csv", hoursFile)
		w.settle()
		w.state(1, ledger.Held, mustApprove)
		// Whoever lets it go, and however: it comes back.
		for _, again := range []func() error{
			func() error { return w.ledger.Release(t.Context(), 1, "bert", "haast") },
			func() error { return w.ledger.Release(t.Context(), 1, "bert", "nog meer haast") },
		} {
			if err := again(); err != nil {
				t.Fatal(err)
			}
			w.settle()
			w.state(1, ledger.Held, mustApprove)
		}
		if w.imports() != 0 {
			t.Fatal("something was sent without approval")
		}
		plan, err := readPlan(t.Context(), w.ledger, 1)
		if err != nil {
			t.Fatal(err)
		}
		w.approve(1)
		w.ends("uren_5555.csv", ledger.Imported, "done/uren_5555.csv")
		w.inLoket(hoursStand)
		trail, err := w.ledger.Audit(t.Context(), 1)
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(trail, func(e ledger.Event) bool { return e.Action == "approve plan "+plan.sum[:12] })
		if i < 0 || trail[i].Who != "anja" || trail[i].Reason != "gezien" || trail[i].To != ledger.Planned {
			t.Errorf("the audit trail says %+v", trail)
		}
		given, err := w.ledger.Approvals(t.Context(), 1)
		if diff := cmp.Diff([]ledger.Approval{{Who: "anja", Reason: "gezien", Plan: plan.sum}}, given); diff != "" || err != nil {
			t.Errorf("approvals: %v\n%s", err, diff)
		}
	})
}

// Only employee 1: the rows of 2 come back to be repaired.
func TestAPartOfAFileIsApproved(t *testing.T) {
	onBothDatabases(t, func(t *testing.T, dsn func(testing.TB) string) {
		w := approving(t, dsn, PerEmployee)
		w.drop("uren_5555.csv", hoursFile)
		w.settle()
		w.approve(1, "1")
		w.ends("uren_5555.csv", ledger.Partly, "done/uren_5555.csv")
		w.inLoket(map[string]string{"1 kp100 1": "15.50"})
		if n := w.imports(); n != 1 {
			t.Errorf("%d imports, want 1", n)
		}
		rec := w.receipt("done/uren_5555.csv")
		want := "Werknemer 2 (5555) is niet goedgekeurd; zijn regels zijn niet verzonden."
		if len(rec.Problems) != 1 || rec.Problems[0].Code != mappings.NotApproved || rec.Problems[0].Message != want || rec.Accepted != 2 || rec.Refused != 1 {
			t.Errorf("receipt: %+v", rec)
		}
		lines := strings.Split(hoursFile, "\r\n")
		if got := w.read("failed/uren_5555-afgekeurd.csv"); got != "\ufeff"+lines[0]+"\r\n"+lines[3]+"\r\n" {
			t.Errorf("the refused part is %q", got)
		}
	})
}

// Naming everybody is approving the file.
func TestEverybodyIsTheWholeFile(t *testing.T) {
	w := approving(t, nil, PerEmployee)
	w.drop("uren_5555.csv", hoursFile)
	w.settle()
	w.approve(1, "2", "5555/1")
	w.ends("uren_5555.csv", ledger.Imported, "done/uren_5555.csv")
	w.inLoket(hoursStand)
}

func TestWhatCannotBeApproved(t *testing.T) {
	w := approving(t, nil, AllOrNothing)
	w.drop("uren_5555.csv", hoursFile)
	w.settle()
	try := func(want string, employees ...string) {
		t.Helper()
		if err := w.runner.Approve(t.Context(), 1, "anja", "gezien", employees); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	try("pipeline urenregistratie sends all or nothing; approve the whole file, or dismiss it: nothing is approved", "1")
	w.runner.Bindings[0].Policy = PerEmployee
	try(`employee "3" is not in the plan of entry 1: nothing is approved`, "1", "3")
	w.act(w.ledger.Dismiss, 1)
	try("entry 1 does not wait for approval: not possible in this state")
	w.settle()
	w.ends("uren_5555.csv", ledger.Dismissed, "failed/uren_5555.csv")
	if w.imports() != 0 {
		t.Error("something was sent")
	}
}

// An approval is of the plan that was shown: one that changed since waits again.
func TestAPlanThatChangedAfterItsApproval(t *testing.T) {
	w := approving(t, nil, PerEmployee)
	w.drop("uren_5555.csv", hoursFile)
	w.settle()
	if err := w.runner.Approve(t.Context(), 1, "anja", "gezien", []string{"1"}); err != nil {
		t.Fatal(err)
	}
	all := w.runner.Plans()
	w.runner.Use(Plans{Pipelines: all.Pipelines, Mappings: otherHours(t)}) // before it is planned again
	w.settle()
	w.state(1, ledger.Held, "wacht op akkoord: het plan is veranderd na het akkoord van anja; bekijk het met etl preview 1 en geef opnieuw akkoord met etl approve 1")
	if w.imports() != 0 {
		t.Error("something was sent")
	}
	w.approve(1)
	w.ends("uren_5555.csv", ledger.Partly, "done/uren_5555.csv")
	w.inLoket(map[string]string{"1 kp100 3": "15.50"})
}

// otherHours are the mappings that ship, with ordinary hours on component 3.
func otherHours(t *testing.T) *mappings.Set {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"urenregistratie.yaml", "urenregistratie-uursoorten.csv"} {
		data, err := os.ReadFile("../mappings/" + name)
		if err != nil {
			t.Fatal(err)
		}
		text := strings.ReplaceAll(strings.ReplaceAll(string(data), "Normaal;1", "Normaal;3"), "Normaal,1", "Normaal,3")
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	m, err := mappings.Load(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// What was planned to wait for approval waits, also when the configuration does not
// ask for it any more.
func TestApprovalIsNotSwitchedOffUnderAFileThatWaits(t *testing.T) {
	w := approving(t, nil, AllOrNothing)
	w.drop("uren_5555.csv", hoursFile)
	w.settle()
	w.runner.Bindings[0].Approval = NoApproval
	w.act(w.ledger.Release, 1)
	w.settle()
	w.state(1, ledger.Held, mustApprove)
	w.approve(1)
	w.inLoket(hoursStand)
}

// The same bytes done again are another plan to look at.
func TestAnApprovalIsNotForTheSameBytesAgain(t *testing.T) {
	w := approving(t, nil, AllOrNothing)
	w.drop("uren_5555.csv", hoursFile)
	w.settle()
	w.approve(1)
	if _, _, err := w.runner.Import(t.Context(), "urenregistratie", "uren_5555.csv", true, strings.NewReader(hoursFile)); err != nil {
		t.Fatal(err)
	}
	w.settle()
	w.state(2, ledger.Held, strings.ReplaceAll(mustApprove, "1", "2"))
	if n := w.imports(); n != 1 {
		t.Errorf("%d imports, want 1", n)
	}
}

// Leave goes row by row; a part of it is still a choice of people.
func TestAPartOfAFileWithLeaveIsApproved(t *testing.T) {
	w := approving(t, nil, PerEmployee)
	w.runner.Bindings[1].Approval, w.runner.Bindings[1].Policy = ApprovalRequired, PerEmployee
	row := "5555;2;B;12-10-2026;12-10-2026;Wettelijk;Opname;8\r\n"
	w.drop("verlof.csv", leaveFile+row)
	w.settle()
	w.approve(1, "1")
	w.ends("verlof.csv", ledger.Partly, "done/verlof.csv")
	w.inLoket(map[string]string{"1 verlof": "2"})
	if got := w.read("failed/verlof-afgekeurd.csv"); !strings.HasSuffix(got, "\r\n"+row) || strings.Count(got, "\n") != 2 {
		t.Errorf("the refused part is %q", got)
	}
}

// Every row of changes is a call of its own; they are approved together.
func TestChangesAreApprovedTogether(t *testing.T) {
	w := approving(t, nil, PerEmployee)
	i := slices.IndexFunc(w.runner.Bindings, func(b Binding) bool { return b.Pipeline == "dienstverband-uit-dienst" })
	w.runner.Bindings[i].Approval, w.runner.Bindings[i].Policy = ApprovalRequired, PerEmployee
	dir := "../mappings/samples/dienstverband-uit-dienst/good"
	names, err := os.ReadDir(dir)
	if err != nil || len(names) == 0 {
		t.Fatal(err)
	}
	f, err := os.Open(filepath.Join(dir, names[0].Name()))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, _, err := w.runner.Import(t.Context(), "dienstverband-uit-dienst", names[0].Name(), false, f); err != nil {
		t.Fatal(err)
	}
	w.settle()
	w.state(1, ledger.Held, mustApprove)
	err = w.runner.Approve(t.Context(), 1, "anja", "gezien", []string{"1"})
	if !errors.Is(err, ErrNotApproved) || !strings.HasPrefix(err.Error(), "mapping dienstverband-uit-dienst makes calls that are approved together") {
		t.Errorf("a part: %v", err)
	}
	w.approve(1)
	if e, err := w.ledger.Get(t.Context(), 1); err != nil || e.Outcome != ledger.Imported {
		t.Errorf("%s %s, %v", e.State, e.Outcome, err)
	}
}

// The process dies at every step between the approval of a part and the end:
// nothing is lost, doubled, or sent that was not approved.
func TestKilledAfterAnApproval(t *testing.T) {
	everyStep(t, func(t *testing.T) *crashWorld { return approvedCrash(t, "") }, 5)
}

func TestKilledAfterAnApprovalOnPostgreSQL(t *testing.T) {
	everyStep(t, func(t *testing.T) *crashWorld { return approvedCrash(t, ledgertest.Postgres(t)) }, 15)
}

// Before the approval nothing leaves, wherever the process dies.
func TestKilledBeforeAnApproval(t *testing.T) {
	everyStep(t, func(t *testing.T) *crashWorld {
		w := newCrashWorld(t, "", false)
		w.env = []string{approvalChild + "=1"}
		w.after = func() error {
			if diff := cmp.Diff(map[string]string{"1 verlof": "2"}, stands(t, w.url, w.clock.Now)); diff != "" {
				return fmt.Errorf("what stands in Loket (-want +got):\n%s", diff)
			}
			l, err := ledger.Open(t.Context(), w.dsn, ledger.Options{})
			if err != nil {
				return err
			}
			defer l.Close()
			waits, err := l.List(t.Context(), ledger.Filter{States: []ledger.State{ledger.Held}})
			if err != nil || len(waits) != 1 || !AwaitsApproval(waits[0]) || waits[0].Pipeline != "urenregistratie" {
				return fmt.Errorf("what waits: %+v, %v", waits, err)
			}
			return nil
		}
		return w
	}, 5)
}

func approvedCrash(t *testing.T, dsn string) *crashWorld {
	w := newCrashWorld(t, dsn, false)
	w.env = []string{approvalChild + "=1"}
	if err := os.Remove(filepath.Join(w.dir, "in", "verlof.csv")); err != nil {
		t.Fatal(err)
	}
	if ended, _ := w.live(0, 0); !ended {
		t.Fatal("the first life did not end")
	}
	l, err := ledger.Open(t.Context(), w.dsn, ledger.Options{Now: w.clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	o := options(l, nil, nil, w.clock.Now)
	o.Bindings[0].Approval, o.Bindings[0].Policy = ApprovalRequired, PerEmployee
	err = NewRunner(o, loadedPlans(t)).Approve(t.Context(), 1, "anja", "gezien", []string{"1"})
	if err := errors.Join(err, l.Close()); err != nil {
		t.Fatal(err)
	}
	w.after = func() error {
		if diff := cmp.Diff(map[string]string{"1 kp100 1": "15.50"}, stands(t, w.url, w.clock.Now)); diff != "" {
			return fmt.Errorf("what stands in Loket (-want +got):\n%s", diff)
		}
		part, err := os.ReadFile(filepath.Join(w.dir, "in", "failed", "uren_5555_oktober-afgekeurd.csv"))
		if err != nil || strings.Count(string(part), "\n") != 2 || !strings.Contains(string(part), "2;B;") {
			return fmt.Errorf("the refused part is %q, %v", part, err)
		}
		return nil
	}
	return w
}
