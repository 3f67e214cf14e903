package pipelines

import (
	"fmt"
	"strings"
	"testing"

	"loket-etl/ledger"
)

// The same bytes that come while their forerunner is being taken back wait for that,
// and are imported after it.
func TestTheSameBytesThatComeDuringAnUndoingWaitForIt(t *testing.T) {
	seal, encrypt := ageKey(t)
	for name, c := range map[string]struct {
		change func(*Options)
		file   func(string) string
		ext    string
	}{
		"plain":     {func(*Options) {}, func(s string) string { return s }, ""},
		"clearing":  {clearing, func(s string) string { return s }, ""},
		"encrypted": {sealedBy(seal, ""), encrypt, ".age"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, remembering, c.change)
			w.drop("uren_5555_1.csv"+c.ext, c.file(hoursFile))
			w.drop("verlof_1.csv"+c.ext, c.file(leaveFile))
			w.settle()
			for _, name := range []string{"uren_5555_1.csv", "verlof_1.csv"} {
				if _, err := Undo(t.Context(), w.ledger, w.only(name+c.ext).ID, "tester", "sent by mistake"); err != nil {
					t.Fatal(err)
				}
			}
			w.drop("uren_5555_2.csv"+c.ext, c.file(hoursFile))
			w.drop("verlof_2.csv"+c.ext, c.file(leaveFile))
			w.settle()
			w.ends("uren_5555_2.csv"+c.ext, ledger.Imported, "done/uren_5555_2.csv"+c.ext)
			w.ends("verlof_2.csv"+c.ext, ledger.Imported, "done/verlof_2.csv"+c.ext)
			w.inLoket(map[string]string{"1 kp100 1": "15.50", "2 kp 4": "1.25", "1 verlof": "6"}) // two, two back, two
		})
	}
}

// A file that replaced another one goes back to it, and then the other one to what
// stood before that.
func TestACorrectedFileIsTakenBackStepByStep(t *testing.T) {
	w := newWorld(t, remembering, clearing)
	w.types(2, 4, "", 75)
	w.drop("uren_5555_1.csv", hoursFile)
	w.settle()
	w.drop("uren_5555_2.csv", hoursHead+"1;A;05-10-2026;Normaal;9,00;100;\r\n")
	w.settle()
	w.inLoket(map[string]string{"1 kp100 1": "9.00"})
	w.undone("uren_5555_2.csv")
	w.inLoket(hoursStand)
	w.drop("uren_5555_3.csv", hoursHead+"2;A;05-10-2026;Normaal;2,00;100;\r\n")
	w.settle()
	w.inLoket(map[string]string{"2 kp100 1": "2.00"})
	w.undone("uren_5555_3.csv")
	w.undone("uren_5555_1.csv")
	w.inLoket(map[string]string{"2 kp 4": "0.75"})
}

// What Loket has of a person is not shown by looking what an undoing would do.
func TestAPreviewOfAnUndoingShowsNothingOfAPerson(t *testing.T) {
	w := newWorld(t)
	w.dropped("adres_1.csv", addressHead+"5555;1;Lindelaan;12;;9401 AB;Assen;NL;;\r\n")
	w.dropped("adres_2.csv", addressHead+"5555;1;Dorpsstraat;14;;9402 CD;Assen;NL;;\r\n")
	r, err := w.runner.PreviewUndo(t.Context(), w.only("adres_2.csv").ID)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Calls) != 1 || len(r.Calls[0].Args) < 3 || r.Back != 1 {
		t.Fatalf("%+v", r)
	}
	for _, secret := range []string{"Lindelaan", "9401 AB", "9401AB"} {
		if strings.Contains(fmt.Sprint(r), secret) {
			t.Errorf("%s is in %+v", secret, r.Calls[0].Args)
		}
	}
}
