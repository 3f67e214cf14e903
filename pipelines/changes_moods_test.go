package pipelines

import (
	"testing"

	"loket-etl/ledger"
)

// Every call of a change meets every mood once, and then all is well again: what
// was lost is read back, or sent again where that changes nothing more.
func TestEveryCallOfAChangeInEveryMood(t *testing.T) {
	everyCall(t, "adres.csv", addressHead+"5555;1;Lindelaan;12;;9401 AB;Assen;NL;;\r\n5555;2;;;;;;;Gent;BE\r\n", func(t *testing.T, w *world) {
		w.ends("adres.csv", ledger.Imported, "done/adres.csv")
		w.has("address", w.ofPerson(1, "Straat", "Huisnummer"), "Lindelaan|12")
		w.has("postal address", w.ofPerson(2, "PostPlaats", "PostLandcode"), "Gent|BE")
	})
}

func TestEveryCallOfAnEndOfEmploymentInEveryMood(t *testing.T) {
	everyCall(t, "uit-dienst.csv", endHead+"5555;1;31-10-2026;20;ja\r\n", func(t *testing.T, w *world) {
		w.ends("uit-dienst.csv", ledger.Imported, "done/uit-dienst.csv")
		w.has("end", w.fields("Dienstverband", w.employment(1).Identity, "DatumUitDienst", "RedenEindeDienstverbandAangifte", "ZiekUitDienst"), "2026-10-31|20|true")
	})
}

// A concept employee is there once, or a person is asked: never is he made a
// second time on a guess.
func TestEveryCallOfAConceptInEveryMood(t *testing.T) {
	everyCall(t, "concept.csv", "WerkgeverId;Unieke naam;Achternaam\r\n1001;nieuw-1;Smit\r\n", func(t *testing.T, w *world) {
		made := w.loket.Count(conceptCall)
		if e := w.only("concept.csv"); e.State == ledger.Held {
			w.held(1, ledger.Planned, "onbekend of aanroep 1 (werkgever 1001: concept-werknemer toevoegen (regel 2)) is uitgevoerd, en Loket laat dat niet nalezen; vraag het na bij Loket en beslis")
			state := ledger.LinePlanned
			if made == 1 {
				state = ledger.LineDone
			}
			if err := w.ledger.Resolve(t.Context(), 1, 1, state, "beheerder", "nagevraagd"); err != nil {
				t.Fatal(err)
			}
			w.act(w.ledger.Release, 1)
			w.settle()
		}
		w.ends("concept.csv", ledger.Imported, "done/concept.csv")
		if n := w.loket.Count(conceptCall); n != 1 {
			t.Errorf("%d concepts", n)
		}
	})
}
