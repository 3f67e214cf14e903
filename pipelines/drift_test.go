package pipelines

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"loket-etl/ledger"
	"loket-etl/mappings"
)

const (
	driftHeader = "Personeelsnummer;Naam;Datum;Uursoort;Uren;Kostenplaats;Opmerking\r\n"
	codeFile    = driftHeader + "1;A;06-10-2026;Ziek;8,00;100;\r\n"
	clockFile   = driftHeader + "1;A;07-10-2026;Normaal;7:30;100;\r\n"
	againFile   = driftHeader + "1;A;08-10-2026;Normaal;7:45;100;\r\n"
)

// plainFile is large enough to show what its sender writes.
var plainFile = func() string {
	text := driftHeader
	for day := range 20 {
		text += fmt.Sprintf("1;A;%02d-10-2026;Normaal;7,5;100;\r\n", day+1)
	}
	return text
}()

func (w *world) notes(target string) (codes []string) {
	for _, n := range w.receipt(target).Notes {
		codes = append(codes, n.Code)
	}
	return codes
}

func TestDriftIsToldOnTheReceipt(t *testing.T) {
	w := newWorld(t)
	w.drop("uren_5555_1.csv", plainFile)
	w.settle()
	w.drop("uren_5555_2.csv", codeFile)
	w.settle()
	if got := w.notes("done/uren_5555_1.csv"); len(got) > 0 {
		t.Errorf("the first file of a sender: %v", got)
	}
	notes := w.receipt("done/uren_5555_2.csv").Notes
	want := `Kolom "Uursoort" heeft een waarde die eerder niet voorkwam: "Ziek". Controleer of de mapping ze kent zoals ze bedoeld zijn.`
	if len(notes) != 1 || notes[0].String() != want {
		t.Errorf("got %v\nwant %s", notes, want)
	}
	if html := w.read("done/uren_5555_2.csv.receipt.html"); !strings.Contains(html, "eerder niet voorkwam") {
		t.Error("the page says nothing of it")
	}
}

func TestWhatMayMeanSomethingElseIsHeldBeforeAnythingIsSent(t *testing.T) {
	w := newWorld(t)
	w.drop("uren_5555_1.csv", plainFile)
	w.settle()
	before := stands(t, w.url, w.clock.Now)
	w.drop("uren_5555_2.csv", clockFile)
	w.settle()
	e := w.only("uren_5555_2.csv")
	want := `Dit bestand is anders van vorm dan eerdere van deze aanleveraar. In kolom "Uren" staan nu kloktijden; eerder stonden er getallen met decimalen. ` +
		`Wat nu: geef het bestand vrij als het zo klopt, dan wordt de nieuwe vorm onthouden; of leg het terzijde.`
	if e.State != ledger.Held || e.Reason != want {
		t.Fatalf("%s: %s\nwant %s", e.State, e.Reason, want)
	}
	if now := stands(t, w.url, w.clock.Now); !maps.Equal(before, now) {
		t.Errorf("sent already: %v, then %v", before, now)
	}
	if rec, err := ReceiptOf(t.Context(), w.ledger, e.ID); err != nil || len(rec.Notes) != 1 || rec.Notes[0].Code != mappings.DriftKind {
		t.Errorf("what it is held for: %v, %v", rec.Notes, err)
	}

	if err := w.ledger.Release(t.Context(), e.ID, "salaris", "klopt"); err != nil {
		t.Fatal(err)
	}
	w.settle()
	if e := w.only("uren_5555_2.csv"); e.Outcome != ledger.Imported {
		t.Fatalf("released: %s %s", e.State, e.Reason)
	}
	w.drop("uren_5555_3.csv", againFile)
	w.settle()
	ofShape := func(code string) bool { return strings.HasPrefix(code, "vorm-") }
	if e := w.only("uren_5555_3.csv"); e.Outcome != ledger.Imported || slices.ContainsFunc(w.notes("done/uren_5555_3.csv"), ofShape) {
		t.Errorf("the accepted shape again: %s %s", e.State, e.Reason)
	}
}

func TestAPipelineMayHoldEveryDrift(t *testing.T) {
	w := newWorld(t)
	plans := loadedPlans(t)
	plans.Pipelines = maps.Clone(plans.Pipelines)
	strict := *plans.Pipelines["urenregistratie"]
	strict.Drift = HoldDrift
	plans.Pipelines["urenregistratie"] = &strict
	w.runner.Use(plans)
	w.drop("uren_5555_1.csv", plainFile)
	w.settle()
	w.drop("uren_5555_2.csv", codeFile)
	w.settle()
	want := `Dit bestand is anders van vorm dan eerdere van deze aanleveraar. Kolom "Uursoort" heeft een waarde die eerder niet voorkwam. ` +
		`Wat nu: geef het bestand vrij als het zo klopt, dan wordt de nieuwe vorm onthouden; of leg het terzijde.`
	if e := w.only("uren_5555_2.csv"); e.State != ledger.Held || e.Reason != want {
		t.Errorf("%s: %s", e.State, e.Reason)
	}
}

func TestOnlyImportedFilesAreRemembered(t *testing.T) {
	w := newWorld(t)
	w.drop("uren_5555_1.csv", plainFile)
	w.settle()
	before, err := w.ledger.Shape(t.Context(), "urenregistratie", "in")
	if err != nil || !strings.Contains(before, "Normaal") {
		t.Fatalf("%s, %v", before, err)
	}
	w.drop("uren_5555_2.csv", driftHeader+"1;A;06-10-2026;Onbekend;8,00;100;\r\n")
	w.settle()
	w.drop("uren_5555_3.csv", strings.Replace(codeFile, "Uren;", "Aantal uren;", 1))
	w.settle()
	w.drop("uren_5555_4.csv", clockFile) // held
	w.settle()
	if after, err := w.ledger.Shape(t.Context(), "urenregistratie", "in"); err != nil || after != before {
		t.Errorf("%s, %v\nwant %s", after, err, before)
	}
	want := `Kolom "Uren" heet nu "Aantal uren", naar het zich laat aanzien. Controleer of het dezelfde gegevens zijn en laat de mapping anders aanpassen.`
	rec := w.receipt("failed/uren_5555_3.csv")
	if len(rec.Notes) == 0 || rec.Notes[0].String() != want || rec.Outcome != "refused" {
		t.Errorf("what became of a column is not said: %s %v", rec.Outcome, rec.Notes)
	}
}

func TestCheckSaysWhatDrifted(t *testing.T) {
	w := newWorld(t)
	w.drop("uren_5555_1.csv", plainFile)
	w.settle()
	dry := func(text string) DryReport {
		r, err := w.runner.Check(t.Context(), Dry{
			Pipeline: "urenregistratie", Name: "uren_5555_9.csv",
			Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil },
		}, func(DryCall) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if r := dry(codeFile); r.Outcome != ledger.Imported || len(r.Notes) != 1 || r.Notes[0].Code != mappings.DriftValues {
		t.Errorf("%s %v", r.Outcome, r.Notes)
	}
	if r := dry(clockFile); r.Outcome != ledger.HeldOutcome || !strings.HasPrefix(r.Reason, "Dit bestand is anders van vorm") {
		t.Errorf("%s %s", r.Outcome, r.Reason)
	}
}

func TestEveryCallSaysWhichMappingMadeIt(t *testing.T) {
	w := newWorld(t)
	w.drop("uren_5555_1.csv", plainFile)
	w.settle()
	e := w.only("uren_5555_1.csv")
	if !strings.HasPrefix(e.Mapping, "urenregistratie@") {
		t.Fatalf("the entry: %s", e.Mapping)
	}
	for line, err := range w.ledger.Lines(t.Context(), e.ID) {
		if err != nil || line.Mapping != e.Mapping {
			t.Errorf("call %d: %q, %v", line.No, line.Mapping, err)
		}
	}
	for _, c := range w.receipt("done/uren_5555_1.csv").Calls {
		if c.Mapping != e.Mapping {
			t.Errorf("on the receipt: %q", c.Mapping)
		}
	}
}

func TestDriftOfAPipelineIsTellOrHold(t *testing.T) {
	_, err := readPipeline([]byte("pipeline: a\nmapping: urenregistratie\ndrift: maybe\n"), "a.yaml", loadedPlans(t).Mappings.Get)
	if want := `a.yaml:3:1: drift: "maybe" is not one of tell, hold`; err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
}
