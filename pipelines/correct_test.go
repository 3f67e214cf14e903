package pipelines

import (
	"testing"

	"loket-etl/ledger"
)

// clearing turns the clearing of left out values on for every pipeline that is on.
func clearing(o *Options) {
	for i := range o.Bindings {
		o.Bindings[i].LeftOut = ClearLeftOut
	}
}

func TestACorrectedFileClearsWhatItsSenderLeftOut(t *testing.T) {
	w := newWorld(t, clearing)
	w.drop("uren_5555_oktober.csv", hoursFile)
	w.settle()
	w.inLoket(hoursStand)
	calls := w.imports()
	// Employee 1 moves to another kostenplaats, employee 2 is gone.
	w.drop("uren_5555_oktober2.csv", hoursHead+"1;A;05-10-2026;Normaal;8,00;200;\r\n")
	w.settle()
	w.ends("uren_5555_oktober2.csv", ledger.Imported, "done/uren_5555_oktober2.csv")
	w.inLoket(map[string]string{"1 kp200 1": "8.00"})
	if n := w.imports() - calls; n != 2 {
		t.Errorf("%d calls, want 2", n)
	}
	calls = w.imports()
	w.drop("uren_5555_oktober3.csv", hoursHead+"1;B;05-10-2026;Normaal;8,00;200;\r\n")
	w.settle()
	w.ends("uren_5555_oktober3.csv", ledger.Imported, "done/uren_5555_oktober3.csv")
	if n := w.imports() - calls; n != 0 {
		t.Errorf("%d calls for what stands already, want none", n)
	}
	w.drop("uren_5555_oktober4.csv", hoursFile+"\r\n")
	w.settle()
	w.inLoket(hoursStand)
}

func TestCorrectedLeaveIsTakenBackByCounterLines(t *testing.T) {
	w := newWorld(t, clearing)
	w.drop("verlof.csv", leaveFile)
	w.settle()
	w.drop("verlof2.csv", leaveHead+"5555;1;A;12-10-2026;12-10-2026;Wettelijk;Opname;8\r\n5555;1;A;13-10-2026;13-10-2026;Wettelijk;Opname;4\r\n")
	w.settle()
	w.ends("verlof2.csv", ledger.Imported, "done/verlof2.csv")
	w.inLoket(map[string]string{"1 verlof": "3"}) // two and a counter-line
	for i, c := range w.receipt("done/verlof2.csv").Calls {
		t.Log(i, c.Subject, c.State, c.Accepted)
	}
}
