package pipelines

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"loket-etl/ledger"
)

// approvingAndClearing is a world in which files take the place of earlier ones and a
// person approves them, employee by employee when he likes.
func approvingAndClearing(t *testing.T) *world {
	return newWorld(t, clearing, func(o *Options) {
		for i := range o.Bindings {
			o.Bindings[i].Approval, o.Bindings[i].Policy = ApprovalRequired, PerEmployee
		}
	})
}

// Whoever is not approved keeps what he had, whether the file names him or not.
func TestWhoIsNotApprovedIsNeitherChangedNorCleared(t *testing.T) {
	w := approvingAndClearing(t)
	w.drop("uren_5555_1.csv", hoursHead+"1;A;05-10-2026;Normaal;8,00;100;\r\n2;B;05-10-2026;Normaal;7,00;100;\r\n")
	w.settle()
	w.approve(1)
	stood := map[string]string{"1 kp100 1": "8.00", "2 kp100 1": "7.00"}
	w.inLoket(stood)
	// 1 and 2 move to another kostenplaats.
	w.drop("uren_5555_2.csv", hoursHead+"1;A;05-10-2026;Normaal;1,00;200;\r\n2;B;05-10-2026;Normaal;2,00;200;\r\n")
	w.settle()
	w.inLoket(stood)
	w.approve(2, "1")
	w.inLoket(map[string]string{"1 kp200 1": "1.00", "2 kp100 1": "7.00"})
	w.ends("uren_5555_2.csv", ledger.Partly, "done/uren_5555_2.csv")
	// 2 is gone, and 1 alone is approved.
	w.drop("uren_5555_3.csv", hoursHead+"1;A;05-10-2026;Normaal;5,00;200;\r\n")
	w.settle()
	if err := w.runner.Approve(t.Context(), 3, "anja", "gezien", []string{"2"}); !errors.Is(err, ErrNotApproved) || !strings.Contains(err.Error(), "brings nothing") {
		t.Errorf("approval of who is only taken out: %v", err)
	}
	w.approve(3, "1")
	w.inLoket(map[string]string{"1 kp200 1": "5.00", "2 kp100 1": "7.00"})
	w.ends("uren_5555_3.csv", ledger.Imported, "done/uren_5555_3.csv")
}

// Leave names people by the WerkgeverId: the same holds for it.
func TestLeaveOfWhoIsNotApprovedStays(t *testing.T) {
	w := approvingAndClearing(t)
	w.drop("verlof1.csv", leaveHead+"5555;1;A;12-10-2026;12-10-2026;Wettelijk;Opname;8\r\n5555;2;B;12-10-2026;12-10-2026;Wettelijk;Opname;8\r\n")
	w.settle()
	w.approve(1)
	w.inLoket(map[string]string{"1 verlof": "1", "2 verlof": "1"})
	w.drop("verlof2.csv", leaveHead+"5555;1;A;13-10-2026;13-10-2026;Wettelijk;Opname;8\r\n")
	w.settle()
	w.approve(2, "1")
	w.inLoket(map[string]string{"1 verlof": "2", "2 verlof": "1"})
}

// What a person approved in part is taken back to what stood before it.
func TestAFileApprovedInPartIsTakenBack(t *testing.T) {
	w := approvingAndClearing(t)
	w.drop("uren_5555_1.csv", hoursFile)
	w.settle()
	w.approve(1)
	w.inLoket(hoursStand)
	w.drop("uren_5555_2.csv", hoursHead+"1;A;05-10-2026;Normaal;1,00;200;\r\n2;B;05-10-2026;Normaal;2,00;200;\r\n")
	w.settle()
	w.approve(2, "2")
	w.inLoket(map[string]string{"1 kp100 1": "15.50", "2 kp200 1": "2.00"})
	if e := w.undo("uren_5555_2.csv"); !AwaitsApproval(e) { // it changes Loket as well
		t.Errorf("the undoing is %s: %s", e.State, e.Reason)
	}
	w.approve(3)
	w.inLoket(hoursStand)
}

// A replay compares what files say, not what that came to beside earlier files, and
// passes over what took a file back.
func TestReplayOfCorrectionsAndUndoingsFindsNothing(t *testing.T) {
	w := approvingAndClearing(t)
	w.drop("uren_5555_1.csv", hoursFile)
	w.drop("verlof1.csv", leaveFile)
	w.settle()
	w.approve(1)
	w.approve(2)
	w.drop("uren_5555_2.csv", hoursHead+"1;A;05-10-2026;Normaal;1,00;200;\r\n2;B;05-10-2026;Normaal;2,00;200;\r\n")
	w.drop("verlof2.csv", leaveHead+"5555;1;A;12-10-2026;12-10-2026;Wettelijk;Opname;8\r\n5555;1;A;13-10-2026;13-10-2026;Wettelijk;Opname;4\r\n")
	w.settle()
	w.approve(3, "1")
	w.approve(4)
	w.drop("verlof3.csv", leaveHead+"5555;1;B;12-10-2026;12-10-2026;Wettelijk;Opname;8\r\n5555;1;B;13-10-2026;13-10-2026;Wettelijk;Opname;4\r\n")
	w.settle() // nothing is left to be done
	w.approve(w.undo("verlof2.csv").ID)
	for name, files := range map[string]int{"urenregistratie": 2, "verlof": 3} {
		m, _ := w.runner.Plans().Mappings.Get(name)
		if got, total := w.replayed(m, time.Time{}); got != "" || total != (Replayed{Files: files}) {
			t.Errorf("%s: %+v\n%s", name, total, got)
		}
	}
	got, total := w.replayed(changed(t, "urenregistratie", "Overwerk 150%;4", "Overwerk 150%;5"), time.Time{})
	if total.Different != 1 || !strings.HasPrefix(got, "uren_5555_1.csv, 1 calls\n") {
		t.Errorf("%+v\n%s", total, got)
	}
}

// A preview and a check of a file that takes the place of an earlier one say what
// would be taken out, and whose.
func TestAPreviewShowsWhatDisappears(t *testing.T) {
	w := newWorld(t, clearing)
	w.drop("uren_5555_1.csv", hoursFile)
	w.settle()
	d := Dry{Pipeline: "urenregistratie", Inbox: "in", Name: "uren_5555_2.csv", Open: func() (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(hoursHead + "1;A;05-10-2026;Normaal;8,00;100;\r\n")), nil
	}}
	p, err := w.runner.Preview(t.Context(), d, 2)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range p.Employees {
		for _, l := range e.Lines {
			got = append(got, fmt.Sprintf("%d, %d: %s -> %s", l.Employee, l.Component, l.Now, l.After))
		}
	}
	want := []string{"1, 1: 15,50 -> 8,00", "2, 4: 1,25 -> -"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the preview (-want +got):\n%s", diff)
	}
	check := func(d Dry) DryReport {
		t.Helper()
		r, err := w.runner.Check(t.Context(), d, func(DryCall) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	r := check(d)
	if len(r.Notes) != 1 || r.Notes[0].Message != "1 waarden of regels van eerdere bestanden staan niet in dit bestand en worden weggehaald of teruggeboekt." || r.Calls != 2 || r.Outcome != ledger.Imported {
		t.Errorf("check: %+v", r)
	}
	o := w.runner.Options
	o.Ledger = nil
	w.runner = NewRunner(o, w.runner.Plans())
	if r := check(d); len(r.Notes) != 1 || r.Notes[0].Code != "niet-nagekeken" {
		t.Errorf("check that does not look: %+v", r.Notes)
	}
	w.inLoket(hoursStand)
}

// A file that replaces what another file brought, of whatever pipeline, says so.
func TestAFileThatReplacesWhatAnEarlierOneBroughtSaysSo(t *testing.T) {
	onBothDatabases(t, func(t *testing.T, dsn func(testing.TB) string) {
		w := newWorld(t, remembering, func(o *Options) {
			if dsn != nil {
				o.Ledger = openLedger(t, dsn(t), o.Now)
			}
		})
		w.ledger = w.runner.Ledger
		w.drop("uren_5555_1.csv", hoursFile)
		w.settle()
		if r := w.receipt("done/uren_5555_1.csv"); len(r.Notes) != 0 {
			t.Errorf("the first file: %+v", r.Notes)
		}
		const second = hoursHead + "1;A;05-10-2026;Normaal;9,00;100;\r\n2;B;05-10-2026;Overwerk 150%;1,25;;\r\n"
		r, err := w.runner.Check(t.Context(), Dry{Pipeline: "urenregistratie", Inbox: "in", Name: "uren_5555_2.csv", Open: func() (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader(second)), nil
		}}, func(DryCall) error { return nil })
		if err != nil || len(r.Notes) != 1 || r.Notes[0].Message != "1 waarde zal vervangen wat bestand nummer 1 eerder bracht." {
			t.Errorf("check: %+v %v", r.Notes, err)
		}
		w.drop("uren_5555_2.csv", second)
		w.settle()
		if r := w.receipt("done/uren_5555_2.csv"); len(r.Notes) != 1 || r.Notes[0].Message != "1 waarde vervangt wat bestand nummer 1 eerder bracht." || r.Notes[0].Repair == "" {
			t.Errorf("the second file: %+v", r.Notes)
		}
		w.drop("uren_5555_3.csv", strings.Replace(hoursFile, "1,25", "2,25", 1))
		w.settle()
		var got []string
		for _, n := range w.receipt("done/uren_5555_3.csv").Notes {
			got = append(got, n.Message)
		}
		want := []string{"2 waarden vervangen wat bestand nummer 2 eerder bracht."}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("the third file (-want +got):\n%s", diff)
		}
		w.undone("uren_5555_3.csv")
		w.inLoket(map[string]string{"1 kp100 1": "9.00", "2 kp 4": "1.25"})
		w.types(1, 1, "100", 400)
		w.clock.advance(w.clock.Now().Add(Remember))
		w.drop("uren_5555_4.csv", hoursHead+"1;A;05-10-2026;Normaal;3,00;100;\r\n")
		w.settle()
		if r := w.receipt("done/uren_5555_4.csv"); len(r.Notes) != 0 { // a person had changed it
			t.Errorf("the fourth file: %+v", r.Notes)
		}
	})
}
