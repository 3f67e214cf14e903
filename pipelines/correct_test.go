package pipelines

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"loket-etl/ledger"
	"loket-etl/ledger/ledgertest"
	"loket-etl/mappings"
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
	var got []string
	for _, c := range w.receipt("done/verlof2.csv").Calls {
		got = append(got, fmt.Sprintf("%s: %s, %d", c.Subject, c.State, c.Accepted))
	}
	want := []string{
		"werkgever 1001, verlof, nieuw ten opzichte van een eerder bestand: done, 1",
		"werkgever 1001, verlof, teruggeboekt: stond in een eerder bestand en niet meer in dit: done, 1",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

// types puts a value of employee nr into Loket, as a person does.
func (w *world) types(nr, component int, kostenplaats string, cents int64) {
	w.t.Helper()
	of := w.employment(nr)
	v := mappings.ImportValue{
		Werkgever: of.Parent, WerkgeverID: 1001, Clientnummer: 5555, PersnrVerl: nr, Strook: 1, Component: component, Value: cents, Kostenplaats: kostenplaats,
	}
	v.Period.Year, v.Period.Number = 2026, 10
	for _, p := range mappings.Imports([]mappings.ImportValue{v}, mappings.Overschrijven, "met de hand", 0) {
		if _, err := w.client.Do(w.t.Context(), p.Call); err != nil {
			w.t.Fatal(err)
		}
	}
}

func TestWhatOthersPutInLoketIsNotCleared(t *testing.T) {
	w := newWorld(t, clearing)
	w.types(2, 1, "300", 400)
	w.drop("uren_5555_oktober.csv", hoursFile)
	w.settle()
	w.types(2, 4, "", 300) // a value of the file, changed by hand
	w.drop("uren_5555_2.csv", hoursHead+"1;A;05-10-2026;Normaal;8,00;100;\r\n")
	w.settle()
	w.ends("uren_5555_2.csv", ledger.Imported, "done/uren_5555_2.csv")
	w.inLoket(map[string]string{"1 kp100 1": "8.00", "2 kp300 1": "4.00", "2 kp 4": "3.00"})
	notes := w.receipt("done/uren_5555_2.csv").Notes
	if len(notes) != 1 || notes[0].Message != "Van een eerder bestand heeft iemand anders daarna in Loket iets gewijzigd (1 keer); dat is gebleven zoals het daar staat." {
		t.Errorf("notes: %+v", notes)
	}
}

func TestSomebodyWhoseNewValuesAreRefusedKeepsWhatHeHad(t *testing.T) {
	w := newWorld(t, clearing)
	w.runner.Use(strange(t))
	w.drop("uren_5555_oktober.csv", hoursFile)
	w.settle()
	w.drop("uren_5555_2.csv", hoursHead+"1;A;05-10-2026;Normaal;8,00;100;\r\n2;B;05-10-2026;Vreemd;1,00;;\r\n")
	w.settle()
	w.ends("uren_5555_2.csv", ledger.Partly, "done/uren_5555_2.csv")
	w.inLoket(map[string]string{"1 kp100 1": "8.00", "2 kp 4": "1.25"})
	r := w.receipt("done/uren_5555_2.csv")
	if r.RefusedFile != "" || w.read("failed/uren_5555_2-afgekeurd.csv") != "" {
		t.Errorf("a refused part is handed back: %q", r.RefusedFile)
	}
	if len(r.Problems) != 1 || !strings.HasSuffix(r.Problems[0].Repair, "lever het hele bestand opnieuw aan.") || r.Accepted != 1 || r.Refused != 1 {
		t.Errorf("receipt: %d accepted, %d refused, %+v", r.Accepted, r.Refused, r.Problems)
	}
	if c := r.Calls[1]; c.State != "done" || c.Answer != sparedAll {
		t.Errorf("the call that clears: %+v", c)
	}
}

func TestThePartOfAFileIsRefusedWhereFilesReplaceEachOther(t *testing.T) {
	w := newWorld(t, clearing)
	w.drop("uren_5555_oktober.csv", hoursFile)
	w.settle()
	w.drop("uren_5555_oktober-afgekeurd.csv", hoursHead+"2;B;05-10-2026;Normaal;1,00;;\r\n")
	w.settle()
	w.ends("uren_5555_oktober-afgekeurd.csv", ledger.RefusedOutcome, "failed/uren_5555_oktober-afgekeurd.csv")
	w.inLoket(hoursStand)
}

// A file in which somebody is not known clears nobody: it may be the number of
// somebody who seems to be left out.
func TestAStrangerInTheFileClearsNobody(t *testing.T) {
	w := newSequenceWorld(t)
	const head = "Nr;Datum;Component;Plaats;Strook;Waarde\r\n"
	w.drop("vervangend_1.csv", head+"1;05-10-2026;1;;1;8\r\n2;05-10-2026;1;;1;8\r\n")
	w.settle()
	w.drop("vervangend_2.csv", head+"1;05-10-2026;1;;1;7\r\n222;05-10-2026;1;;1;8\r\n")
	w.settle()
	w.ends("vervangend_2.csv", ledger.Partly, "done/vervangend_2.csv")
	w.inLoket(map[string]string{"1 kp 1": "7.00", "2 kp 1": "8.00"})
}

// What stands already is not sent again, and lines of Loket's answer are those of
// the planned file.
func TestASecondFileIsTheSmallestSetOfChanges(t *testing.T) {
	w := newWorld(t)
	w.runner.Use(strange(t))
	w.drop("uren_5555_oktober.csv", hoursFile)
	w.settle()
	w.drop("uren_5555_2.csv", strings.Replace(hoursFile, "1,25", "2,25", 1)+"3;C;05-10-2026;Vreemd;1;;\r\n")
	w.settle()
	e := w.ends("uren_5555_2.csv", ledger.Partly, "done/uren_5555_2.csv")
	w.inLoket(map[string]string{"1 kp100 1": "15.50", "2 kp 4": "2.25"})
	if e.Accepted != 3 || e.Refused != 1 {
		t.Errorf("%d accepted, %d refused", e.Accepted, e.Refused)
	}
	if c := w.receipt("done/uren_5555_2.csv").Calls[0]; c.Accepted != 1 || c.Refused != 1 {
		t.Errorf("%d and %d lines were sent, want what is new and what is refused", c.Accepted, c.Refused)
	}
	if p := w.receipt("done/uren_5555_2.csv").Problems; len(p) != 1 || !strings.HasPrefix(p[0].Message, "Loket neemt werknemer 3 ") {
		t.Errorf("problems: %+v", p)
	}
}

// Two processes with two workers each, files of two kinds at once: the last one of
// each kind stands.
func TestTwoProcessesCorrectInOrder(t *testing.T) {
	for name, dsn := range map[string]func(testing.TB) string{"SQLite": nil, "PostgreSQL": ledgertest.Postgres} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, clearing, func(o *Options) {
				if dsn != nil {
					o.Ledger = openLedger(t, dsn(t), o.Now)
				}
			})
			w.ledger = w.runner.Ledger
			for i := range 12 {
				w.drop(fmt.Sprintf("uren_5555_%02d.csv", i), hoursHead+fmt.Sprintf("%d;A;05-10-2026;Normaal;%d,00;%d00;\r\n", 1+i%2, 1+i, 1+i%3))
				w.drop(fmt.Sprintf("verlof_%02d.csv", i), leaveHead+fmt.Sprintf("5555;%d;A;13-10-2026;13-10-2026;Wettelijk;Opname;%d\r\n", 1+i%2, 1+i))
			}
			w.clock.run()
			w.loop(w.runner, w.runner, w.another("other"), w.another("third"))
			want := map[string]string{"2 strook 1 kp300 1": "12.00", "2 verlof 2026-10-13 1": "-1200"}
			if diff := cmp.Diff(want, w.standing()); diff != "" {
				t.Errorf("what stands (-want +got):\n%s", diff)
			}
		})
	}
}
