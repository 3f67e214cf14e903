package pipelines

import (
	"path"
	"strings"
	"testing"
	"unicode/utf8"

	"loket-etl/ledger"
)

// A name may have 255 bytes; receipts and the refused part need longer ones.
func TestAFileWithAVeryLongNameIsSettled(t *testing.T) {
	w := newWorld(t)
	good := "uren_5555_" + strings.Repeat("é", 120) + ".csv"
	partly := "uren_5555_" + strings.Repeat("x", 241) + ".csv"
	w.drop(good, hoursFile)
	w.drop(partly, wrongHours)
	w.settle()
	for name, dir := range map[string]string{good: "done", partly: "failed"} {
		e := w.only(name)
		if e.State != ledger.Settled || path.Dir(e.Target) != dir || path.Ext(e.Target) != ".csv" || len(path.Base(e.Target)) > longestName || !utf8.ValidString(e.Target) {
			t.Errorf("it is %s %s at %s: %s", e.State, e.Outcome, e.Target, e.Reason)
		}
		if r := w.receipt(e.Target); r.File != name || w.read(e.Target) == "" || w.read(name) != "" {
			t.Errorf("receipt of %s at %s", r.File, e.Target)
		}
	}
	w.inLoket(hoursStand)
}

func TestShortNamesOfDifferentFilesDiffer(t *testing.T) {
	long := strings.Repeat("x", 250)
	for name, want := range map[string]bool{"uren.csv": false, strings.Repeat("x", 200): false, long + ".csv": true, long + "y.csv": true, "a." + long: true} {
		got := shortName(name)
		if len(got) > longestName || (got != name) != want {
			t.Errorf("%s becomes %s", name, got)
		}
	}
	if shortName(long+".csv") == shortName(long+"y.csv") {
		t.Error("two names became one")
	}
	most := ledger.Entry{Name: long + ".csv", Outcome: ledger.Imported}
	for _, name := range []string{targetName(most, maxNames) + ".receipt.json", refusedName(targetName(most, maxNames), attachRefused), targetName(most, maxNames) + ".sha256"} {
		if n := len(path.Base(name)); n > 255 {
			t.Errorf("%s has %d bytes", name, n)
		}
	}
}

// An entry whose place was chosen by an earlier release.
func TestATargetThatIsTooLongIsChosenAnew(t *testing.T) {
	w := newWorld(t)
	name := "uren_5555_" + strings.Repeat("x", 241) + ".csv"
	w.drop(name, wrongHours)
	lease, err := w.ledger.Take(t.Context(), "test", w.runner.leaseTime())
	if err != nil {
		t.Fatal(err)
	}
	if err := lease.Move(t.Context(), ledger.Staged, ledger.Refused, func(e *ledger.Entry) { e.Outcome, e.Target = ledger.RefusedOutcome, "failed/"+name }); err != nil {
		t.Fatal(err)
	}
	if err := lease.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.settle()
	if e := w.only(name); e.State != ledger.Settled || w.read(e.Target) == "" || w.receipt(e.Target).Outcome != "refused" {
		t.Errorf("it is %s at %s: %s", e.State, e.Target, e.Reason)
	}
}

func TestARefusedPartGoesToWhoTookTheWholeFile(t *testing.T) {
	r := NewRunner(Options{Bindings: []Binding{{Pipeline: "boek", Inbox: "in"}, {Pipeline: "lijst", Inbox: "in"}}}, Plans{Pipelines: map[string]*Pipeline{
		"boek": {Files: []string{"uren*.xlsx"}}, "lijst": {Files: []string{"lijst*.csv"}},
	}})
	for name, want := range map[string]string{
		"uren_1.xlsx": "boek", "uren_1-afgekeurd.csv": "boek", "uren_1.csv": "", "lijst-afgekeurd.csv": "lijst", "ander-afgekeurd.csv": "",
	} {
		if got := r.Takes("in", name); got != want {
			t.Errorf("%s goes to %q, want %q", name, got, want)
		}
	}
}
