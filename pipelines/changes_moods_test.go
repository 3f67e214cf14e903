package pipelines

import (
	"testing"

	"loket-etl/ledger"
	"loket-etl/loket/sandbox"
)

// everyMood has the call of a file's only row meet each mood that passes.
func everyMood(t *testing.T, function, name, content string, after func(t *testing.T, w *world, kind sandbox.MoodKind)) {
	for kind, mood := range moods {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w, mood := newWorld(t), mood
			if function == removeCall {
				w.piece("een")
			}
			mood.Function, mood.Count = function, 1
			w.loket.SetMood(mood)
			w.drop(name, content)
			if mood.Late {
				if _, err := w.runner.Work(t.Context()); err != nil {
					t.Fatal(err)
				}
				w.finishLate()
			}
			w.settle()
			w.loket.Release()
			w.settle()
			w.loket.SetMood()
			after(t, w, mood.Kind)
		})
	}
}

// What was lost is read back, or sent again where that changes nothing more.
func TestAnAddressInEveryMood(t *testing.T) {
	everyMood(t, addressCall, "adres.csv", addressHead+"5555;1;Lindelaan;12;;9401 AB;Assen;NL;Gent;BE\r\n", func(t *testing.T, w *world, _ sandbox.MoodKind) {
		w.ends("adres.csv", ledger.Imported, "done/adres.csv")
		w.has("address", w.ofPerson(1, "Straat", "Huisnummer", "PostPlaats"), "Lindelaan|12|Gent")
	})
}

func TestAnEndOfEmploymentInEveryMood(t *testing.T) {
	everyMood(t, endCall, "uit-dienst.csv", endHead+"5555;1;31-10-2026;20;ja\r\n", func(t *testing.T, w *world, kind sandbox.MoodKind) {
		w.ends("uit-dienst.csv", ledger.Imported, "done/uit-dienst.csv")
		w.has("end", w.fields("Dienstverband", w.employment(1).Identity, "DatumUitDienst", "RedenEindeDienstverbandAangifte", "ZiekUitDienst"), "2026-10-31|20|true")
		if read := w.receipt("done/uit-dienst.csv").Calls[0].Read; kind == sandbox.LostAfter && (!read || w.loket.Count(endCall) != 1) {
			t.Errorf("read back: %v, after %d calls", read, w.loket.Count(endCall))
		}
	})
}

// A concept employee, and a document that is removed: after a lost answer a person
// is asked, and the call is never made a second time on a guess.
func TestWhatCannotBeReadBackInEveryMood(t *testing.T) {
	everyMood(t, conceptCall, "concept.csv", "WerkgeverId;Unieke naam;Achternaam\r\n1001;nieuw-1;Smit\r\n", func(t *testing.T, w *world, kind sandbox.MoodKind) {
		w.askedOnce(conceptCall, "concept.csv", kind)
	})
	t.Run("a document", func(t *testing.T) {
		everyMood(t, removeCall, "dossier-verwijderen.csv", "Dossierstuk\r\nW."+korenaar+".1\r\n", func(t *testing.T, w *world, kind sandbox.MoodKind) {
			w.askedOnce(removeCall, "dossier-verwijderen.csv", kind)
		})
	})
}

// askedOnce wants a file to be done, or held after one call of which the outcome is
// not known.
func (w *world) askedOnce(function, name string, kind sandbox.MoodKind) {
	w.t.Helper()
	e, calls := w.only(name), w.loket.Count(function)
	switch kind {
	case sandbox.Busy, sandbox.Refused: // Loket said that it did nothing
		if e.Outcome != ledger.Imported || calls != 2 {
			w.t.Errorf("%s is %s %s %q after %d calls", name, e.State, e.Outcome, e.Reason, calls)
		}
	default:
		w.state(e.ID, ledger.Held, "Loket laat dat niet nalezen")
		if calls > 1 || calls == 0 && kind != sandbox.Slow { // a slow machine may use the time up before it asks
			w.t.Errorf("%d calls, want 1", calls)
		}
	}
}
