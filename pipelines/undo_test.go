package pipelines

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"loket-etl/ledger"
	"loket-etl/loket/contract"
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

// recordFields is all that the records of 5555 show.
func (w *world) recordFields() map[string]string {
	w.t.Helper()
	got := map[string]string{}
	for _, name := range []string{"Werkgever", "Persoon", "Dienstverband"} {
		entity, _ := contract.LookupEntity(name)
		parent := korenaar
		if name == "Werkgever" {
			parent = ""
		}
		for e, err := range w.client.List(w.t.Context(), name, parent) {
			if err != nil {
				w.t.Fatal(err)
			}
			for _, f := range entity.Fields {
				if text := e.Text(f.Name); text != "" {
					got[e.Identity+" "+f.Name] = text
				}
			}
		}
	}
	return got
}

func TestEveryKindOfChangeIsPutBack(t *testing.T) {
	for name, file := range map[string]string{
		"adres.csv":              sample(t, "persoon-adres/good/adres_oktober.csv"),
		"burgerlijke-staat.csv":  sample(t, "persoon-burgerlijke-staat/good/burgerlijke-staat_oktober.csv"),
		"overlijden.csv":         sample(t, "persoon-overlijden/good/overlijden_oktober.csv"),
		"uit-dienst.csv":         sample(t, "dienstverband-uit-dienst/good/uit-dienst_oktober.csv"),
		"werkgever-adres.csv":    sample(t, "werkgever-adres/good/werkgever-adres_oktober.csv"),
		"werkgever-algemeen.csv": sample(t, "werkgever-algemeen/good/werkgever-algemeen_oktober.csv"),
		"werkgever-contact.csv":  sample(t, "werkgever-contact/good/werkgever-contact_oktober.csv"),
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			before := w.recordFields()
			w.dropped(name, file)
			if cmp.Equal(before, w.recordFields()) {
				t.Fatal("nothing changed")
			}
			w.undone(name)
			if diff := cmp.Diff(before, w.recordFields()); diff != "" {
				t.Errorf("records (-before +after):\n%s", diff)
			}
		})
	}
}

func TestAChangeThatSomebodyMadeSinceStays(t *testing.T) {
	w := newWorld(t)
	w.dropped("adres_1.csv", addressHead+"5555;1;Lindelaan;12;;9401 AB;Assen;NL;;\r\n5555;2;Lindelaan;14;;9401 AB;Assen;NL;;\r\n")
	before := w.ofPerson(2, "Straat", "Plaats")
	w.dropped("adres_2.csv", addressHead+"5555;1;Dorpsstraat;1;;9401 AB;Assen;NL;;\r\n")
	e := w.undo("adres_1.csv")
	if e.Outcome != ledger.Partly || e.Rows != 2 || e.Accepted != 1 {
		t.Errorf("%s %d of %d", e.Outcome, e.Accepted, e.Rows)
	}
	w.has("the changed one", w.ofPerson(1, "Straat"), "Dorpsstraat")
	if w.ofPerson(2, "Straat", "Plaats") == before {
		t.Error("the other one is as it was")
	}
	p := w.receipt(e.Target).Problems
	if len(p) != 1 || !strings.HasPrefix(p[0].Message, "Aanroep 1 (Persoon.WijzigenAdresGegevens, ") || !strings.HasSuffix(p[0].Message, ": de gegevens zijn na dit bestand in Loket gewijzigd en blijven zoals ze zijn.") {
		t.Errorf("problems: %+v", p)
	}
}

func TestWhatSomebodyChangedSinceIsNotTakenBack(t *testing.T) {
	w := newWorld(t)
	w.drop("uren_5555_oktober.csv", hoursFile)
	w.settle()
	w.types(2, 4, "", 300)
	e := w.undo("uren_5555_oktober.csv")
	w.inLoket(map[string]string{"2 kp 4": "3.00"})
	r := w.receipt(e.Target)
	if e.Outcome != ledger.Partly || e.Rows != 2 || e.Accepted != 1 || e.Target != "done/uren_5555_oktober.csv.teruggedraaid.json" {
		t.Errorf("%s %d %d %s", e.Outcome, e.Rows, e.Accepted, e.Target)
	}
	want := "Werknemer 2, looncomponent 4 (werkgever 1001, periode 2026-10): de waarde is na dit bestand in Loket gewijzigd en blijft zoals ze is."
	if len(r.Problems) != 1 || r.Problems[0].Message != want {
		t.Errorf("problems: %+v", r.Problems)
	}
	// A part of it stands: the same bytes are a duplicate.
	w.drop("uren_5555_weer.csv", hoursFile)
	w.settle()
	w.ends("uren_5555_weer.csv", ledger.Duplicate, "failed/uren_5555_weer.csv")
}

func TestNothingOfAPeriodThatIsRunIsTakenBack(t *testing.T) {
	for name, file := range map[string]string{"uren_5555_oktober.csv": hoursFile, "verlof.csv": leaveFile} {
		w := newWorld(t)
		w.drop(name, file)
		w.settle()
		before := w.standing()
		(&exportWorld{world: w}).approve()
		e := w.undo(name)
		if e.Outcome != ledger.RefusedOutcome || !strings.Contains(e.Verdict, "is in Loket afgesloten: er is een goedgekeurde verloning; daarom is niets teruggedraaid. Een afgesloten periode") {
			t.Errorf("%s: %s %s", name, e.Outcome, e.Verdict)
		}
		if diff := cmp.Diff(before, w.standing()); diff != "" {
			t.Errorf("%s: what stands (-before +after):\n%s", name, diff)
		}
		if e.Target != "failed/"+name+".teruggedraaid.json" || w.read(e.Target+".receipt.html") == "" {
			t.Errorf("its receipt is at %q", e.Target)
		}
	}
}

// Files that are added up may be taken back in any order.
func TestAnAddedFileIsTakenOff(t *testing.T) {
	w := newSequenceWorld(t)
	for i := range w.runner.Bindings {
		w.runner.Bindings[i].LeftOut = KeepLeftOut
	}
	const head = "Nr;Datum;Component;Plaats;Strook;Waarde\r\n"
	w.types(2, 1, "", 100)
	w.drop("tellend_1.csv", head+"1;05-10-2026;1;;1;8\r\n2;05-10-2026;1;;1;8\r\n")
	w.drop("tellend_2.csv", head+"1;05-10-2026;1;;1;4\r\n3;05-10-2026;1;;1;4\r\n")
	w.settle()
	w.undone("tellend_1.csv")
	if diff := cmp.Diff(map[string]string{"1 strook 1 kp 1": "4.00", "2 strook 1 kp 1": "1.00", "3 strook 1 kp 1": "4.00"}, w.standing()); diff != "" {
		t.Errorf("what stands (-want +got):\n%s", diff)
	}
	w.undone("tellend_2.csv")
	if diff := cmp.Diff(map[string]string{"2 strook 1 kp 1": "1.00"}, w.standing()); diff != "" {
		t.Errorf("what stands (-want +got):\n%s", diff)
	}
}

// Every call of an undoing meets every mood once.
func TestAnUndoingInEveryMood(t *testing.T) {
	for name, mood := range moods {
		for at := 0; at < 12 && !mood.Late; at += 3 {
			t.Run(fmt.Sprintf("%s, call %d", name, at), func(t *testing.T) {
				t.Parallel()
				w, mood := newWorld(t), mood
				w.both()
				w.settle()
				for _, name := range []string{"uren_5555_oktober.csv", "verlof.csv"} {
					if _, err := Undo(t.Context(), w.ledger, w.only(name).ID, "tester", "sent by mistake"); err != nil {
						t.Fatal(err)
					}
				}
				mood.Skip, mood.Count = at, 1
				w.loket.SetMood(mood)
				w.settle()
				w.loket.Release()
				w.settle()
				w.loket.SetMood()
				w.nothingHeld()
				w.inLoket(map[string]string{"1 verlof": "4"})
			})
		}
	}
}

// Where files do not replace each other, only a later one with the same values is in
// the way.
func TestAFileIsTakenBackBesideALaterOneOfOthers(t *testing.T) {
	w := newWorld(t)
	w.drop("uren_5555_a.csv", hoursHead+"1;A;05-10-2026;Normaal;8,00;100;\r\n")
	w.settle()
	w.drop("uren_5555_b.csv", hoursHead+"2;B;05-10-2026;Normaal;4,00;100;\r\n")
	w.settle()
	w.drop("uren_5555_c.csv", hoursHead+"2;B;05-10-2026;Normaal;5,00;100;\r\n")
	w.settle()
	w.undone("uren_5555_a.csv")
	w.inLoket(map[string]string{"2 kp100 1": "5.00"})
	if e := w.undo("uren_5555_b.csv"); e.Outcome != ledger.RefusedOutcome {
		t.Errorf("the one below another is %s", e.Outcome)
	}
	w.undone("uren_5555_c.csv")
	w.inLoket(map[string]string{"2 kp100 1": "4.00"})
}

func TestAnUndoThatWaitsForApprovalSaysSo(t *testing.T) {
	w := newWorld(t, func(o *Options) {
		for i := range o.Bindings {
			o.Bindings[i].Approval = ApprovalRequired
		}
	})
	w.drop("uren_5555_oktober.csv", hoursFile)
	w.settle()
	w.approve(1)
	again := func(want string) {
		t.Helper()
		_, err := Undo(t.Context(), w.ledger, 1, "tester", "once more")
		if !errors.Is(err, ledger.ErrUndone) || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	id, err := Undo(t.Context(), w.ledger, 1, "tester", "sent by mistake")
	if err != nil {
		t.Fatal(err)
	}
	e, err := w.ledger.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if waits, err := UndoAwaitsApproval(t.Context(), w.ledger, e); !waits || err != nil {
		t.Errorf("will wait for approval: %v, %v", waits, err)
	}
	again("entry 1 is being taken back, by entry 2")
	w.settle()
	again("entry 1 is not taken back yet: entry 2 does so, and waits for approval")
	w.approve(2)
	again("entry 1 is taken back already, by entry 2")
}
