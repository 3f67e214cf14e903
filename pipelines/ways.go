package pipelines

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"

	"loket-etl/ledger"
	"loket-etl/loket"
	"loket-etl/loket/contract"
	"loket-etl/mappings"
)

// A way is what the conductor knows of a writing function beside the contract.
// One that is not in the table is delivered by its class alone: calls about one
// record are made in the order of their files, and when the answer to one is
// lost, a person has to say what became of it.
type way struct {
	// about names what a call is about: calls about the same are made in the order
	// in which their files came. "" is for calls without such an order; nil: the
	// record that the call names.
	about func(contract.Call) string
	// imports: the calls carry the values of an import file, and two of them meet
	// only where they carry the same.
	imports bool
	// look reads what stands in Loket where the call writes, as JSON that is the
	// same for the same. nil: Loket has no way to ask.
	look func(context.Context, *Runner, contract.Call) ([]byte, error)
	// done reports whether what stands now is what the call leaves when before is
	// what it found, and if so with what answer.
	done func(ctx context.Context, r *Runner, line ledger.Line, call contract.Call, before, now []byte) (lineNote, bool, error)
	// idle says why a call would change nothing, seeing what stands; "": it would.
	// nil: that is not asked.
	idle func(call contract.Call, now []byte) string
	// narrow leaves out of a call what stands already; some is false when nothing is
	// left to be sent. nil: the call is made as it was planned.
	narrow func(call contract.Call, now []byte) (less contract.Call, some bool, err error)
	// there says that what a call would make is in Loket as it is, as far as Loket can
	// show that; "": not so. nil: it cannot.
	there func(context.Context, *Runner, contract.Call) (string, error)
	// nothing are the faults by which Loket says that nothing was left to be done, and
	// what is then said. Such a call may be made by more than one file.
	nothing map[int]string
	// twice says that another file made such a call before, where doing it again is
	// not harmless and Loket cannot be asked. nil: in the words of the call.
	twice func(contract.Call) string
	// answer is what is kept of Loket's answer; nil: that it was given.
	answer func(loket.Reply) lineNote
	// after drops what is remembered of Loket and is no longer so after a call that
	// was made; nil: nothing.
	after func(*Runner)
	// conflict says what to do about fault 3004.
	conflict string
}

// Functions of the contract that have a way of their own.
const (
	importCall = "ImporteerGegevens.ImporteerGegevens"
	decideCall = "GoedkeurenAnnulerenLoonaangifte.GoedkeurenAnnulerenLoonaangifte"
	answerCall = "AanleverenResponseMessage.AanleverenLoonaangifteResponseMessage"

	conceptCall     = "Dienstverband.ToevoegenConceptWerknemer"
	employerCall    = "Werkgever.ToevoegenWerkgever"
	addDocumentCall = "Dossiervorming.ToevoegenDossier"
	removeCall      = "Dossiervorming.VerwijderenDossier"
)

var ways = map[string]way{
	importCall: {
		about: importScope, imports: true, look: lookAtImport, done: importDone, conflict: closedRepair,
		answer: func(r loket.Reply) lineNote { return noteOf(r.Import()) },
	},
	decideCall: {
		about: aboutReturn("decision on"), look: lookAtReturn, done: decisionDone, idle: decisionIdle,
		after:    func(r *Runner) { r.returns.forget() },
		answer:   func(r loket.Reply) lineNote { return lineNote{Answer: r.Root.Text("StatusOmschrijving")} },
		conflict: "Alleen een loonaangifte die bij een externe partij op goedkeuring wacht kan worden goedgekeurd of geannuleerd; kijk in Loket wat haar status is",
	},
	answerCall: {
		about: aboutReturn("answer to"),
		twice: func(c contract.Call) string {
			return fmt.Sprintf("voor loonaangifte %v is al een responsemessage aan Loket gegeven", c.Args["Berichtkenmerk"])
		},
		answer: func(r loket.Reply) lineNote {
			return lineNote{Answer: "ontvangstnummer " + r.Root.Text("Ontvangstnummer")}
		},
		conflict: "Loket neemt alleen een responsemessage aan bij een goedgekeurde loonaangifte van een externe partij; kijk in Loket wat haar status is",
	},

	"Persoon.WijzigenAdresGegevens":        ofRecord(nil),
	"Persoon.WijzigenBurgerlijkeStaat":     ofRecord(nil),
	"Persoon.WijzigenDatumOverlijden":      ofRecord(nil),
	"Dienstverband.WijzigenDatumUitDienst": ofRecord(forgetPeople),
	"Werkgever.WijzigenAdresGegevens":      ofRecord(nil),
	"Werkgever.WijzigenAlgemeneGegevens":   ofRecord(nil),
	"Werkgever.WijzigenContactGegevens":    ofRecord(nil),
	conceptCall: {
		about: newConcept, there: workingAlready, answer: identityAnswer("concept", "DataIdentity"),
		twice: func(contract.Call) string {
			return "een concept-werknemer met deze unieke naam is al naar Loket gegaan"
		},
		conflict: "Kijk in Loket of deze concept-werknemer er al is, of geef hem een andere unieke naam",
	},
	employerCall: {
		about: newEmployer, there: employerAlready, answer: identityAnswer("werkgever", "WerkgeverId"),
		twice: func(contract.Call) string { return "een werkgever met deze naam is al naar Loket gegaan" },
	},
	addDocumentCall: {
		about: newDocument, answer: identityAnswer("dossierstuk", "DossierDataIdentity"),
		twice: func(contract.Call) string { return "dit document is voor hetzelfde dossier al naar Loket gegaan" },
	},
	removeCall: {nothing: map[int]string{2002: isGone}},
}

// scopeOf names what a call is about, "" when it has no order.
func scopeOf(call contract.Call) string {
	if about := ways[call.Function].about; about != nil {
		return about(call)
	}
	for _, name := range []string{"DataIdentity", "DossierDataIdentity"} {
		if id, ok := call.Args[name].(string); ok {
			return call.Function + " of " + id
		}
	}
	return ""
}

func aboutReturn(what string) func(contract.Call) string {
	return func(c contract.Call) string { return fmt.Sprintf("%s return %v", what, c.Args["Berichtkenmerk"]) }
}

func importScope(call contract.Call) string {
	soort, ok := call.Args["SoortGegevens"]
	if !ok {
		return ""
	}
	if p := periodOf(call); p.Number != 0 {
		return fmt.Sprintf("%v of %v in %s", soort, call.Args["ParentDataIdentity"], p)
	}
	return fmt.Sprintf("%v of %v", soort, call.Args["ParentDataIdentity"])
}

func lookAtImport(ctx context.Context, r *Runner, call contract.Call) ([]byte, error) {
	stands, err := r.snapshot(ctx, call)
	if err != nil {
		return nil, err
	}
	return json.Marshal(stands)
}

func importDone(ctx context.Context, r *Runner, line ledger.Line, call contract.Call, before, now []byte) (lineNote, bool, error) {
	was, stands := standing{}, standing{}
	if err := readStanding(before, &was, now, &stands); err != nil {
		return lineNote{}, false, err
	}
	values, err := mappings.Read(call)
	if err != nil {
		return lineNote{}, false, fmt.Errorf("read the import file of call %d: %w", line.No, err)
	}
	people, _, err := r.directory.read(ctx, r.Loket, r.Now())
	if err != nil {
		return lineNote{}, false, err
	}
	asked := map[string]bool{} // of a correction perhaps not all that was planned
	for _, v := range values {
		asked[people.key(v)] = true
	}
	maps.DeleteFunc(was, func(key string, _ int64) bool { return !asked[key] })
	if !maps.Equal(stands, expected(values, people, was, line.Class == string(contract.Overwrite))) {
		return lineNote{}, false, nil
	}
	return readBack(values, people), true, nil
}

func readStanding(before []byte, was *standing, now []byte, stands *standing) error {
	if len(before) > 0 {
		if err := json.Unmarshal(before, was); err != nil {
			return fmt.Errorf("read what stood in Loket: %w", err)
		}
	}
	if err := json.Unmarshal(now, stands); err != nil {
		return fmt.Errorf("read what stands in Loket: %w", err)
	}
	return nil
}

// lookAtReturn reads the status of a tax return, null when Loket does not have it.
func lookAtReturn(ctx context.Context, r *Runner, call contract.Call) ([]byte, error) {
	reference, _ := call.Args["Berichtkenmerk"].(string)
	t, known, err := r.returns.find(ctx, r.Loket, reference)
	if err != nil || !known {
		return []byte("null"), err
	}
	return json.Marshal(t)
}

func decisionDone(_ context.Context, _ *Runner, line ledger.Line, call contract.Call, _, now []byte) (lineNote, bool, error) {
	t, decided, err := decidedIn(call, now)
	return lineNote{ReadBack: true, Accepted: line.Rows, Answer: t.Omschrijving}, decided, err
}

func decisionIdle(call contract.Call, now []byte) string {
	t, decided, err := decidedIn(call, now)
	if err != nil || !decided {
		return ""
	}
	reference, _ := call.Args["Berichtkenmerk"].(string)
	return mappings.Double(reference, t) + " Leg het bestand terzijde; vrijgegeven gaat de aanroep toch naar Loket, dat hem dan weigert"
}

func decidedIn(call contract.Call, now []byte) (t mappings.TaxReturn, decided bool, err error) {
	if bytes.Equal(now, []byte("null")) {
		return t, false, nil
	}
	if err := json.Unmarshal(now, &t); err != nil {
		return t, false, fmt.Errorf("read the status of a tax return: %w", err)
	}
	action, _ := call.Args["Actie"].(string)
	return t, t.Decided(action), nil
}
