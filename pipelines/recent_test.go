package pipelines

import (
	"testing"

	"loket-etl/ledger"
)

// remembering makes the runner remember what stands, as etl run does.
func remembering(o *Options) { o.Remember = Remember }

func (w *world) lists() int { return w.loket.Count("LoketWebservice.List") }

// Small files about the same people read Loket once, and each is taken back to what
// stood before it all the same.
func TestWhatWasReadAMomentAgoIsNotReadAgain(t *testing.T) {
	w := newWorld(t, remembering)
	w.types(1, 1, "100", 300) // by hand
	w.drop("uren_5555_a.csv", hoursHead+"1;A;05-10-2026;Normaal;8,00;100;\r\n")
	w.settle()
	lists := w.lists()
	w.drop("uren_5555_b.csv", hoursHead+"1;A;05-10-2026;Normaal;9,00;100;\r\n")
	w.drop("uren_5555_c.csv", hoursHead+"1;A;05-10-2026;Normaal;1,00;200;\r\n")
	w.settle()
	if n := w.lists() - lists; n != 0 {
		t.Errorf("%d readings of what was read a moment ago", n)
	}
	w.clock.advance(w.clock.Now().Add(Remember))
	w.drop("uren_5555_d.csv", hoursHead+"1;A;05-10-2026;Normaal;2,00;200;\r\n")
	w.settle()
	if n := w.lists() - lists; n == 0 {
		t.Error("what was read long ago was not read again")
	}
	w.inLoket(map[string]string{"1 kp100 1": "9.00", "1 kp200 1": "2.00"})
	w.undone("uren_5555_d.csv")
	w.inLoket(map[string]string{"1 kp100 1": "9.00", "1 kp200 1": "1.00"})
	w.undone("uren_5555_c.csv")
	w.undone("uren_5555_b.csv")
	w.inLoket(map[string]string{"1 kp100 1": "8.00"})
	w.undone("uren_5555_a.csv")
	w.inLoket(map[string]string{"1 kp100 1": "3.00"})
}

// What is remembered is not taken for what stands: the whole file is sent.
func TestAValueThatSomebodyChangedAMomentAgoIsSentAllTheSame(t *testing.T) {
	w := newWorld(t, remembering)
	w.drop("uren_5555_a.csv", hoursHead+"1;A;05-10-2026;Normaal;8,00;100;\r\n")
	w.settle()
	w.types(1, 1, "100", 300)
	w.drop("uren_5555_b.csv", hoursHead+"1;B;05-10-2026;Normaal;8,00;100;\r\n")
	w.settle()
	w.inLoket(map[string]string{"1 kp100 1": "8.00"})
}

// What another process wrote is read, however short ago.
func TestWhatAnotherProcessWroteIsReadAgain(t *testing.T) {
	w := newWorld(t, remembering)
	w.drop("uren_5555_a.csv", hoursHead+"1;A;05-10-2026;Normaal;8,00;100;\r\n")
	w.settle()
	here := w.runner
	o := here.Options
	o.Holder = "elsewhere"
	w.runner = NewRunner(o, here.Plans())
	w.drop("uren_5555_b.csv", hoursHead+"1;A;05-10-2026;Normaal;7,00;100;\r\n")
	w.settle()
	w.runner = here
	w.drop("uren_5555_c.csv", hoursHead+"1;A;05-10-2026;Normaal;6,00;100;\r\n")
	w.settle()
	w.undone("uren_5555_c.csv")
	w.inLoket(map[string]string{"1 kp100 1": "7.00"})
	w.ends("uren_5555_b.csv", ledger.Imported, "done/uren_5555_b.csv")
}
