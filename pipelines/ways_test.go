package pipelines

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"loket-etl/ledger"
	"loket-etl/loket"
	"loket-etl/loket/contract"
	"loket-etl/loket/sandbox"
	"loket-etl/mappings"
)

const (
	describeCall = "Dossiervorming.WijzigenMetadataDossier"
	korenaar     = "5ade6cba-0001-81b9-9113-000000000000" // the Werkgever of Clientnummer 5555
)

// planned puts an entry with one planned call in the ledger, as a mapping of
// later days would.
func (w *world) planned(content string, call contract.Call) ledger.ID {
	w.t.Helper()
	ctx := w.t.Context()
	id, _, err := w.ledger.Stage(ctx, ledger.Entry{Pipeline: "loonaangifte-status", Name: content}, strings.NewReader(content))
	if err != nil {
		w.t.Fatal(err)
	}
	lease, err := w.ledger.TakeID(ctx, id, "planner", time.Minute)
	if err != nil {
		w.t.Fatal(err)
	}
	line, err := planLine(1, plannedCall{Planned: mappings.Planned{Call: call, Subject: "beschrijving", Rows: 1}})
	if err != nil {
		w.t.Fatal(err)
	}
	if err := lease.Plan(ctx, func(add func(ledger.Line) error) error { return add(line) }); err != nil {
		w.t.Fatal(err)
	}
	if err := lease.Move(ctx, ledger.Staged, ledger.Planned, func(e *ledger.Entry) { e.Rows, e.Accepted, e.Calls = 1, 1, 1 }); err != nil {
		w.t.Fatal(err)
	}
	if err := lease.Release(ctx); err != nil {
		w.t.Fatal(err)
	}
	return id
}

// A function without a line in the table is carried out by its class: in the order
// of the files about one record, and a lost answer is for a person.
func TestAFunctionWithoutAWayOfItsOwn(t *testing.T) {
	w := newWorld(t)
	piece, _, err := w.client.ToevoegenDossier(t.Context(), loket.DossierWerkgever, korenaar,
		loket.DossierMetaData{Omschrijving: "Reglement", Categorie: "Overig"}, contract.File{Name: "r.pdf", MimeType: "application/pdf", Content: []byte("%PDF")}, false)
	if err != nil {
		t.Fatal(err)
	}
	described := func(words string) contract.Call {
		return contract.Call{Function: describeCall, Args: map[string]any{
			"DossierDataIdentity": piece, "MetaData": map[string]any{"Omschrijving": words, "Categorie": "Overig"},
		}}
	}
	if got, want := scopeOf(described("een")), fmt.Sprintf("%s of %s", describeCall, piece); got != want {
		t.Errorf("scope %q, want %q", got, want)
	}
	first := w.planned("first", described("een"))
	w.act(w.ledger.Hold, first)
	second := w.planned("second", described("twee"))
	w.settle()
	w.state(second, ledger.Settled, "")
	w.act(w.ledger.Release, first)
	w.settle()
	w.state(first, ledger.Held, "een nieuwer bestand (nummer 2) heeft dezelfde waarden al in Loket gezet")

	w.loket.SetMood(sandbox.Mood{Function: describeCall, Kind: sandbox.LostAfter, Count: 1})
	third := w.planned("third", described("drie"))
	w.settle()
	w.held(third, ledger.Planned, "onbekend of aanroep 1 (beschrijving) is uitgevoerd, en Loket laat dat niet nalezen; vraag het na bij Loket en beslis")
	w.loket.SetMood(sandbox.Mood{Function: describeCall, Kind: sandbox.Refused, Code: 3004, Count: 1})
	fourth := w.planned("fourth", described("vier"))
	w.settle()
	if e := w.find(fourth); e.Outcome != ledger.RefusedOutcome || e.Verdict != "Loket zegt: De sandbox weigert dit verzoek, zoals gevraagd. (3004 ConflictMetStatus)" {
		t.Errorf("entry %+v", e)
	}
}
