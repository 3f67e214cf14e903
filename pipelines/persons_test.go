package pipelines

import (
	"strings"
	"testing"

	"loket-etl/ledger"
	"loket-etl/loket"
	"loket-etl/loket/contract"
	"loket-etl/loket/sandbox"
)

func TestAPersonHoldsAndReleases(t *testing.T) {
	w := newWorld(t)
	w.drop("uren_5555.csv", hoursFile)
	w.act(w.ledger.Hold, 1)
	w.settle()
	w.state(1, ledger.Held, "bekeken")
	if w.imports() != 0 || w.read("uren_5555.csv") == "" {
		t.Error("a held file was worked on")
	}
	w.act(w.ledger.Release, 1)
	w.settle()
	w.ends("uren_5555.csv", ledger.Imported, "done/uren_5555.csv")
	w.inLoket(hoursStand)
}

func TestADismissedFileIsNotSent(t *testing.T) {
	w := newWorld(t)
	w.drop("uren_5555.csv", hoursFile)
	w.act(w.ledger.Dismiss, 1)
	w.settle()
	w.ends("uren_5555.csv", ledger.Dismissed, "failed/uren_5555.csv")
	page := w.read("failed/uren_5555.csv.receipt.html")
	if !strings.Contains(page, "Terzijde gelegd") || !strings.Contains(page, "Er is niets van naar Loket verzonden.") || !strings.Contains(page, "bekeken") {
		t.Errorf("receipt:\n%s", page)
	}
	w.inLoket(map[string]string{})
	// Put aside is put aside: the same bytes need somebody who forces them.
	w.drop("uren_5555.csv", hoursFile)
	w.settle()
	w.ends2(2, ledger.Duplicate)
}

// ends2 checks the outcome of one of several entries of a name.
func (w *world) ends2(id ledger.ID, want ledger.Outcome) {
	w.t.Helper()
	if e := w.find(id); e.State != ledger.Settled || e.Outcome != want {
		w.t.Errorf("entry %d is %s %s %q, want settled %s", id, e.State, e.Outcome, e.Reason, want)
	}
}

// The first of three calls was made, the second is refused for a right that is
// missing, and a person puts the file aside: the receipt tells what stands.
func TestADismissedFileOfWhichACallWasMade(t *testing.T) {
	w := newWorld(t)
	m := oneRefusal(1004)
	m.Skip = 1
	w.loket.SetMood(m)
	w.drop("verlof.csv", threeEmployers)
	w.settle()
	w.state(1, ledger.Held, "geef de webservicegebruiker dit recht en geef het bestand daarna vrij")
	w.act(w.ledger.Dismiss, 1)
	w.settle()
	e := w.ends("verlof.csv", ledger.Dismissed, "failed/verlof.csv")
	if e.Accepted != 1 || e.Rows != 3 {
		t.Errorf("accepted %d of %d", e.Accepted, e.Rows)
	}
	r := w.receipt("failed/verlof.csv")
	if len(r.Calls) != 3 || r.Calls[0].State != "done" || r.Calls[0].Confirmed.IsZero() || r.Calls[1].State != "planned" || r.Calls[2].State != "planned" {
		t.Errorf("calls: %+v", r.Calls)
	}
	if page := w.read("failed/verlof.csv.receipt.html"); !strings.Contains(page, "Wat hieronder als bevestigd staat, staat wel in Loket; de rest is niet verzonden.") {
		t.Errorf("receipt:\n%s", page)
	}
	w.inLoket(map[string]string{"1 verlof": "1"})
}

// What was put aside before its calls had to be known is told as it is.
func TestTheReceiptOfADismissedFileSaysWhatIsUnclear(t *testing.T) {
	r := Receipt{Outcome: "dismissed", Rows: 2, Calls: []ReceiptCall{{Function: importFunction, State: "unknown", Rows: 1}, {Function: importFunction, State: "planned", Rows: 1}}}
	page, err := r.HTML()
	if err != nil {
		t.Fatal(err)
	}
	if text := string(page); !strings.Contains(text, "van wat als onbekend staat is niet zeker of het er staat: kijk dat na in Loket.") || strings.Contains(text, "staat, staat wel in Loket; de rest is niet verzonden") {
		t.Errorf("receipt:\n%s", text)
	}
}

// otherLeave is leave that somebody else books in Loket.
func (w *world) otherLeave(t *testing.T) {
	t.Helper()
	c := newClient(t, w.url, w.clock.Now, callTimeout, nil)
	_, err := c.ImporteerGegevens(t.Context(), loket.Import{
		Soort: loket.Verlof, Formaat: loket.CSV,
		Bestand: contract.File{Name: "verlof.csv", MimeType: "text/csv", Content: []byte("WerkgeverId;PersnrVerl;Persnr;Naam;Ingangsdatum;Einddatum;Soort;Factor;Eenheden\r\n1001;1;;;12-10-2026;12-10-2026;1;-1;8,00\r\n")},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// The answer to an adding call is lost and somebody else books the same leave
// meanwhile: what stands matches neither, so a person says what it is.
func TestAnUnclearCallIsForAPerson(t *testing.T) {
	for name, c := range map[string]struct {
		lost    sandbox.MoodKind
		say     ledger.LineState
		outcome ledger.Outcome
		stands  string
	}{
		"carried out":                  {sandbox.LostAfter, ledger.LineDone, ledger.Imported, "3"},
		"not carried out, try again":   {sandbox.LostBefore, ledger.LinePlanned, ledger.Imported, "3"},
		"not carried out, and be done": {sandbox.LostBefore, ledger.LineRefused, ledger.RefusedOutcome, "1"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.loket.SetMood(sandbox.Mood{Function: importFunction, Kind: c.lost, Count: 1})
			w.drop("verlof.csv", leaveFile)
			if _, err := w.runner.Work(t.Context()); err != nil {
				t.Fatal(err)
			}
			w.loket.SetMood()
			w.otherLeave(t)
			w.settle()
			w.state(1, ledger.Held, "onbekend of aanroep 1 (werkgever 1001, verlof) is uitgevoerd")
			w.act(w.ledger.Release, 1) // to no avail as long as nobody knows
			w.settle()
			w.state(1, ledger.Held, "onbekend of aanroep 1")
			if err := w.ledger.Resolve(t.Context(), 1, 1, c.say, "beheerder", "nagekeken"); err != nil {
				t.Fatal(err)
			}
			w.act(w.ledger.Release, 1)
			w.settle()
			w.ends2(1, c.outcome)
			if got := w.receipt(w.find(1).Target); len(got.Calls) != 1 || got.Outcome != string(c.outcome) {
				t.Errorf("receipt: %+v", got)
			}
			w.inLoket(map[string]string{"1 verlof": c.stands})
		})
	}
}

// While nobody knows the outcome of an adding call, another one about the same
// leave waits: afterwards they could not be told apart.
func TestLeaveWaitsForAnUnclearCallAboutTheSame(t *testing.T) {
	w := newWorld(t)
	w.loket.SetMood(sandbox.Mood{Function: importFunction, Kind: sandbox.LostAfter, Count: 1})
	w.drop("verlof_a.csv", leaveFile)
	if _, err := w.runner.Work(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.loket.SetMood()
	w.otherLeave(t)
	w.settle()
	w.state(1, ledger.Held, "onbekend of aanroep 1")
	w.drop("verlof_same.csv", leaveHead+"5555;1;A;12-10-2026;12-10-2026;Wettelijk;Opname;8\r\n")
	w.drop("verlof_other.csv", leaveHead+"5555;2;B;12-10-2026;12-10-2026;Wettelijk;Opname;8\r\n")
	for range 10 {
		w.worked()
	}
	w.state(2, ledger.Planned, "wacht op bestand nummer 1")
	w.ends2(3, ledger.Imported)
	if err := w.ledger.Resolve(t.Context(), 1, 1, ledger.LineDone, "beheerder", "nagekeken"); err != nil {
		t.Fatal(err)
	}
	w.act(w.ledger.Release, 1)
	w.settle()
	w.ends2(1, ledger.Imported)
	w.ends2(2, ledger.Imported)
	w.inLoket(map[string]string{"1 verlof": "4", "2 verlof": "1"})
}
