package pipelines

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"loket-etl/ledger"
)

// undo takes a file back and works until that is settled.
func (w *world) undo(name string) ledger.Entry {
	w.t.Helper()
	id, err := Undo(w.t.Context(), w.ledger, w.only(name).ID, "tester", "sent by mistake")
	if err != nil {
		w.t.Fatal(err)
	}
	w.settle()
	e, err := w.ledger.Get(w.t.Context(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	return e
}

func (w *world) undone(name string) ledger.Entry {
	w.t.Helper()
	e := w.undo(name)
	if e.State != ledger.Settled || e.Outcome != ledger.Imported {
		w.t.Errorf("undo of %s is %s %s: %s %s", name, e.State, e.Outcome, e.Reason, e.Verdict)
	}
	return e
}

func TestAnImportIsTakenBackAndTheSameBytesMayComeAgain(t *testing.T) {
	w := newWorld(t)
	w.drop("uren_5555_september.csv", hoursHead+"1;A;05-10-2026;Normaal;3,00;100;\r\n") // stood before
	w.settle()
	w.drop("uren_5555_oktober.csv", hoursFile)
	w.drop("verlof.csv", leaveFile)
	w.settle()
	w.undone("uren_5555_oktober.csv")
	w.inLoket(map[string]string{"1 kp100 1": "3.00", "1 verlof": "2"})
	w.undone("verlof.csv")
	w.inLoket(map[string]string{"1 kp100 1": "3.00", "1 verlof": "4"})
	first := w.only("uren_5555_oktober.csv")
	if _, err := Undo(t.Context(), w.ledger, first.ID, "tester", "once more"); !errors.Is(err, ledger.ErrUndone) {
		t.Errorf("taken back twice: %v", err)
	}
	w.drop("uren_5555_weer.csv", hoursFile)
	w.settle()
	w.ends("uren_5555_weer.csv", ledger.Imported, "done/uren_5555_weer.csv")
	w.inLoket(map[string]string{"1 kp100 1": "15.50", "2 kp 4": "1.25", "1 verlof": "4"})
	w.drop("uren_5555_nogeens.csv", hoursFile)
	w.settle()
	w.ends("uren_5555_nogeens.csv", ledger.Duplicate, "failed/uren_5555_nogeens.csv")
}

func TestACorrectionIsTakenBackToTheFileBefore(t *testing.T) {
	w := newWorld(t, clearing)
	w.drop("uren_5555_oktober.csv", hoursFile)
	w.settle()
	w.drop("uren_5555_2.csv", hoursHead+"1;A;05-10-2026;Normaal;8,00;200;\r\n")
	w.settle()
	if e := w.undo("uren_5555_oktober.csv"); e.Outcome != ledger.RefusedOutcome ||
		e.Verdict != "Bestand nummer 2 is later verwerkt en gaat over hetzelfde (werkgever 1001, periode 2026-10); draai dat eerst terug. Er is niets teruggedraaid" {
		t.Errorf("%s %s", e.Outcome, e.Verdict)
	}
	w.undone("uren_5555_2.csv")
	w.inLoket(hoursStand)
	w.undone("uren_5555_oktober.csv")
	w.inLoket(map[string]string{})
}

func TestAnAddressIsPutBack(t *testing.T) {
	w := newWorld(t)
	was := w.ofPerson(1, "Straat", "Huisnummer", "Postcode", "Plaats", "Landcode", "PostPlaats", "HuisnummerToevoeging")
	w.dropped("adres.csv", addressHead+"5555;1;Nieuwe Weg;12;;1234 AB;Utrecht;NL;Gent;BE\r\n")
	e := w.undone("adres.csv")
	if diff := cmp.Diff(was, w.ofPerson(1, "Straat", "Huisnummer", "Postcode", "Plaats", "Landcode", "PostPlaats", "HuisnummerToevoeging")); diff != "" {
		t.Errorf("address (-was +is):\n%s", diff)
	}
	t.Log(e.Rows, e.Accepted, e.Target)
}
