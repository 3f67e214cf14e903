package pipelines

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"loket-etl/ledger"
	"loket-etl/loket/contract"
	"loket-etl/loket/sandbox"
	"loket-etl/mappings"
	"loket-etl/payroll"
)

const diedCall = "Persoon.WijzigenDatumOverlijden"

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
	line, err := planLine(1, mappings.Planned{Call: call, Subject: "datum van overlijden", Rows: 1})
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
	person := ""
	for e, err := range w.client.List(t.Context(), "Persoon", "5ade6cba-0001-81b9-9113-000000000000") {
		if err != nil {
			t.Fatal(err)
		}
		person = e.Identity
	}
	died := func(day payroll.Date) contract.Call {
		return contract.Call{Function: diedCall, Args: map[string]any{"DataIdentity": person, "DatumOverlijden": day}}
	}
	stands := func(want string) {
		t.Helper()
		if e, err := w.client.Select(t.Context(), "Persoon", person); err != nil || e.Text("DatumOverlijden") != want {
			t.Errorf("Loket has %q, want %q, %v", e.Text("DatumOverlijden"), want, err)
		}
	}
	if got, want := scopeOf(died(20261001)), fmt.Sprintf("%s of %s", diedCall, person); got != want {
		t.Errorf("scope %q, want %q", got, want)
	}
	first := w.planned("first", died(20261001))
	w.act(w.ledger.Hold, first)
	second := w.planned("second", died(20261002))
	w.settle()
	w.state(second, ledger.Settled, "")
	stands("2026-10-02")
	w.act(w.ledger.Release, first)
	w.settle()
	w.state(first, ledger.Held, "een nieuwer bestand (nummer 2) heeft dezelfde waarden al in Loket gezet")

	w.loket.SetMood(sandbox.Mood{Function: diedCall, Kind: sandbox.LostAfter, Count: 1})
	third := w.planned("third", died(20261003))
	w.settle()
	w.held(third, ledger.Planned, "onbekend of aanroep 1 (datum van overlijden) is uitgevoerd, en Loket laat dat niet nalezen; vraag het na bij Loket en beslis")
	stands("2026-10-03")
	w.loket.SetMood(sandbox.Mood{Function: diedCall, Kind: sandbox.Refused, Code: 3004, Count: 1})
	fourth := w.planned("fourth", died(20261004))
	w.settle()
	if e := w.find(fourth); e.Outcome != ledger.RefusedOutcome || e.Verdict != "Loket zegt: De sandbox weigert dit verzoek, zoals gevraagd. (3004 ConflictMetStatus)" {
		t.Errorf("entry %+v", e)
	}
}
