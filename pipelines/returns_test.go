package pipelines

import (
	"os"
	"strings"
	"testing"
	"time"

	"loket-etl/ledger"
	"loket-etl/loket/sandbox"
	"loket-etl/payroll"
)

const (
	waits      = "LOKETETL821267048L0120260909" // at an external party, status 3
	waitsToo   = "LOKETETL821267048L0120261010" // the same, once its run is approved
	sent       = "LOKETETL821267048L0120260808" // status 6
	internal   = "LOKETETL820633525L0120260909" // no external party
	statusHead = "Berichtkenmerk;Status;Externe partij;Toelichting\r\n"
	approval   = statusHead + waits + ";Goedgekeurd;EXT-9;akkoord\r\n"
)

func sample(t testing.TB, name string) string {
	t.Helper()
	data, err := os.ReadFile("../mappings/samples/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// response is a response message about a return.
func response(t testing.TB, reference string) string {
	return strings.Replace(sample(t, "loonaangifte-response/good/response_2026-08.xml"), sent, reference, 1)
}

func returnIn(t testing.TB, s *sandbox.Server, reference string) sandbox.ReturnInfo {
	t.Helper()
	for _, e := range s.State() {
		for _, r := range e.Returns {
			if r.Reference == reference {
				return r
			}
		}
	}
	t.Fatalf("the sandbox has no return %s", reference)
	return sandbox.ReturnInfo{}
}

// isStatus checks the status of a return in Loket and how many response messages
// it has.
func (w *world) isStatus(reference string, status, responses int) {
	w.t.Helper()
	if r := returnIn(w.t, w.loket, reference); r.Status != status || len(r.Responses) != responses {
		w.t.Errorf("return %s has status %d and %d response messages, want %d and %d", reference, r.Status, len(r.Responses), status, responses)
	}
}

// approveOctober makes the return of period 10, which then waits.
func (w *world) approveOctober() {
	w.t.Helper()
	run, err := w.loket.Verloon(5556, payroll.Period{Year: 2026, Number: 10})
	if err == nil {
		_, err = w.loket.Goedkeuren(run.Identity)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	w.isStatus(waitsToo, 3, 0)
}

// held checks the exact reason of a held entry.
func (w *world) held(id ledger.ID, back ledger.State, reason string) {
	w.t.Helper()
	if e := w.find(id); e.State != ledger.Held || e.Back != back || e.Reason != reason {
		w.t.Errorf("entry %d is %s (back to %s) %s\n got %q\nwant %q", id, e.State, e.Back, e.Outcome, e.Reason+e.Verdict, reason)
	}
}

func TestFromADroppedStatusToTheResponseOfTheTaxAuthority(t *testing.T) {
	w := newWorld(t)
	w.drop("status_2026-09.csv", sample(t, "loonaangifte-status/good/status_2026-09.csv"))
	w.settle()
	w.ends("status_2026-09.csv", ledger.Imported, "done/status_2026-09.csv")
	w.isStatus(waits, 5, 0)
	if r := returnIn(t, w.loket, waits); r.External != "EXT-5556-2026-09" {
		t.Errorf("external party %q", r.External)
	}
	c := w.receipt("done/status_2026-09.csv").Calls[0]
	if c.Subject != "loonaangifte "+waits+" goedkeuren" || c.Answer != "Loonaangifte bevestigd" || c.State != "done" || c.Accepted != 1 {
		t.Errorf("receipt: %+v", c)
	}
	message := response(t, waits)
	w.drop("response_2026-09.xml", message)
	w.settle()
	w.ends("response_2026-09.xml", ledger.Imported, "done/response_2026-09.xml")
	w.isStatus(waits, 5, 1)
	e := w.only("response_2026-09.xml")
	if r := returnIn(t, w.loket, waits).Responses[0]; r.Bytes != len(message) || !r.At.Equal(e.Received.Truncate(time.Second)) && !r.At.Equal(e.Received) {
		t.Errorf("Loket has %+v, want the %d bytes received at %s", r, len(message), e.Received)
	}
	c = w.receipt("done/response_2026-09.xml").Calls[0]
	if c.Subject != "responsemessage (acknowledgement) bij loonaangifte "+waits || c.Answer != "ontvangstnummer ONTV-2026-000001" {
		t.Errorf("receipt: %+v", c)
	}
}

func TestAStatusFileCancelsAReturn(t *testing.T) {
	w := newWorld(t)
	w.drop("status_annuleren.csv", sample(t, "loonaangifte-status/good/status_annuleren.csv"))
	w.settle()
	w.ends("status_annuleren.csv", ledger.Imported, "done/status_annuleren.csv")
	w.isStatus(waits, 4, 0)
}

// Nothing of a file with something wrong is sent, and its sender reads why.
func TestStatusFilesThatLoketWouldRefuse(t *testing.T) {
	for name, c := range map[string]struct{ content, message string }{
		"not external": {statusHead + waits + ";Goedkeuren;;\r\n" + internal + ";Goedkeuren;;\r\n",
			"regel 3, kolom 1 (Berichtkenmerk): Loonaangifte " + internal + " is in Loket niet aan een externe partij aangeboden."},
		"sent": {statusHead + waits + ";Goedkeuren;;\r\n" + sent + ";Annuleren;;\r\n",
			"regel 3, kolom 1 (Berichtkenmerk): Loonaangifte " + sent + " is in Loket goedgekeurd en verzonden en kan niet meer worden geannuleerd."},
		"twice": {statusHead + waits + ";Goedkeuren;;\r\n" + waits + ";Annuleren;;\r\n",
			"regel 3, kolom 1 (Berichtkenmerk): Deze loonaangifte staat ook op regel 2."},
		"another word, and unknown": {statusHead + waits + ";Afkeuren;;\r\nKENMERK;Goedkeuren;;\r\n",
			"regel 2, kolom 2 (Status): De waarde \"Afkeuren\" staat niet in de tabel statussen."},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.drop("status.csv", c.content)
			w.settle()
			w.ends("status.csv", ledger.RefusedOutcome, "failed/status.csv")
			if got := w.receipt("failed/status.csv").Problems; !strings.HasPrefix(got[0].String(), c.message) {
				t.Errorf("got %q, want %q", got[0], c.message)
			}
			w.isStatus(waits, 3, 0)
		})
	}
}

func TestAReturnThatLoketDoesNotHaveYet(t *testing.T) {
	w := newWorld(t)
	w.drop("status.csv", statusHead+waits+";Goedkeuren;;\r\n"+waitsToo+";Goedkeuren;;\r\n")
	w.drop("response.xml", response(t, waitsToo))
	w.settle()
	const why = "Loket kent geen loonaangifte met berichtkenmerk " + waitsToo + ". Wat nu: geef het bestand vrij als de loonaangifte in Loket staat, of leg het terzijde."
	w.held(1, ledger.Staged, "regel 3: "+why)
	w.held(2, ledger.Staged, why)
	if r, err := ReceiptOf(t.Context(), w.ledger, 1); err != nil || len(r.Problems) != 1 || r.Outcome != "held" || r.Rows != 2 || r.Reason != "regel 3: "+why {
		t.Errorf("receipt %+v, %v", r, err)
	}
	w.act(w.ledger.Release, 1) // too early
	w.settle()
	w.held(1, ledger.Staged, "regel 3: "+why)
	w.isStatus(waits, 3, 0)

	w.approveOctober()
	w.act(w.ledger.Release, 1)
	w.settle()
	w.ends("status.csv", ledger.Imported, "done/status.csv")
	if r := w.receipt("done/status.csv"); len(r.Problems) != 0 || r.Accepted != 2 {
		t.Errorf("receipt %+v", r)
	}
	w.isStatus(waits, 5, 0)
	w.isStatus(waitsToo, 5, 0)
	w.act(w.ledger.Release, 2)
	w.settle()
	w.ends("response.xml", ledger.Imported, "done/response.xml")
	w.isStatus(waitsToo, 5, 1)
}

func TestAReturnThatIsInTheAskedStateAlready(t *testing.T) {
	w := newWorld(t)
	w.approveOctober()
	w.drop("status_1.csv", approval)
	w.settle()
	w.drop("status_2.csv", approval+waitsToo+";Annuleren;;\r\n")
	w.drop("status_3.csv", statusHead+waits+";Goedkeuren;;\r\n")
	w.settle()
	const why = "regel 2: Loonaangifte " + waits + " is in Loket al goedgekeurd. Wat nu: leg dit bestand terzijde"
	w.held(2, ledger.Staged, why+", of geef het vrij om de andere regels te verwerken.")
	w.held(3, ledger.Staged, why+".")
	w.isStatus(waitsToo, 3, 0)
	w.act(w.ledger.Release, 2)
	w.act(w.ledger.Release, 3)
	w.settle()
	w.ends("status_2.csv", ledger.Imported, "done/status_2.csv")
	if r := w.receipt("done/status_2.csv"); len(r.Calls) != 1 || r.Accepted != 1 || r.Rows != 2 || len(r.Problems) != 0 {
		t.Errorf("receipt %+v", r)
	}
	w.isStatus(waitsToo, 4, 0)
	w.held(3, ledger.Staged, why+".")
	w.act(w.ledger.Dismiss, 3)
	w.settle()
	w.ends("status_3.csv", ledger.Dismissed, "failed/status_3.csv")
	if n := w.loket.Count(decideCall); n != 2 {
		t.Errorf("%d decisions, want 2", n)
	}
}

// Two files about one return are planned before either is sent.
func TestTwoDecisionsOnOneReturnAtOnce(t *testing.T) {
	w := newWorld(t)
	w.loket.SetMood(sandbox.Mood{Function: decideCall, Kind: sandbox.Busy, RetryAfter: time.Minute, Count: 1})
	w.drop("status_1.csv", approval)
	w.drop("status_2.csv", statusHead+waits+";Goedkeuren;;\r\n")
	w.settle()
	w.ends("status_1.csv", ledger.Imported, "done/status_1.csv")
	w.held(2, ledger.Planned, "Loonaangifte "+waits+" is in Loket al goedgekeurd. Leg het bestand terzijde; vrijgegeven gaat de aanroep toch naar Loket, dat hem dan weigert")
	w.act(w.ledger.Release, 2)
	w.settle()
	e := w.ends("status_2.csv", ledger.RefusedOutcome, "failed/status_2.csv")
	const said = "Loket zegt: De loonaangifte wacht niet op goedkeuring: Loonaangifte bevestigd. (3004 ConflictMetStatus). " +
		"Alleen een loonaangifte die bij een externe partij op goedkeuring wacht kan worden goedgekeurd of geannuleerd; kijk in Loket wat haar status is"
	if e.Verdict != said {
		t.Errorf("got %q\nwant %q", e.Verdict, said)
	}
}

// Without the policy of all or nothing a refused decision comes back as a part of
// the file.
func TestADecisionThatLoketRefusesAmongOthers(t *testing.T) {
	w := newWorld(t, func(o *Options) {
		for i := range o.Bindings {
			if o.Bindings[i].Pipeline == "loonaangifte-status" {
				o.Bindings[i].Policy = PerEmployee
			}
		}
	})
	w.approveOctober()
	w.loket.SetMood(sandbox.Mood{Function: decideCall, Kind: sandbox.Refused, Code: 3004, Count: 1})
	w.drop("status.csv", approval+waitsToo+";Goedkeuren;;\r\n"+internal+";Goedkeuren;;\r\n")
	w.settle()
	w.ends("status.csv", ledger.Partly, "done/status.csv")
	w.isStatus(waits, 3, 0)
	w.isStatus(waitsToo, 5, 0)
	if got, want := w.read("failed/status-afgekeurd.csv"), "\uFEFF"+approval+internal+";Goedkeuren;;\r\n"; got != want {
		t.Errorf("refused part %q, want %q", got, want)
	}
	r := w.receipt("done/status.csv")
	if r.Accepted != 1 || r.Refused != 2 || len(r.Problems) != 2 || !strings.HasPrefix(r.Problems[1].Message, "Niet gelukt: loonaangifte "+waits+" goedkeuren. Loket zegt: ") {
		t.Errorf("receipt %+v", r)
	}
}

func TestASecondResponseMessageWaitsForAPerson(t *testing.T) {
	w := newWorld(t)
	first := response(t, sent)
	w.drop("response_1.xml", first)
	w.settle()
	second := strings.Replace(first, "acknowledgement", "error", 1)
	w.drop("response_2.xml", second)
	w.drop("response_3.xml", first)
	w.settle()
	w.held(2, ledger.Planned, "voor loonaangifte "+sent+" is al een responsemessage aan Loket gegeven (bestand nummer 1, ontvangen 02-11-2026 10:00:00); "+
		"leg dit bestand terzijde, of geef het vrij als Loket dit ook moet krijgen")
	w.ends("response_3.xml", ledger.Duplicate, "failed/response_3.xml")
	w.isStatus(sent, 6, 1)
	w.act(w.ledger.Release, 2)
	w.settle()
	w.ends("response_2.xml", ledger.Imported, "done/response_2.xml")
	w.isStatus(sent, 6, 2)
	if _, _, err := w.runner.Import(t.Context(), "loonaangifte-response", "weer.xml", true, strings.NewReader(first)); err != nil {
		t.Fatal(err)
	}
	w.settle()
	w.isStatus(sent, 6, 3)
}

// The file that was there first is the one that counts, also while nobody knows
// what became of it.
func TestASecondResponseMessageWaitsForTheFirst(t *testing.T) {
	w := newWorld(t)
	w.loket.SetMood(sandbox.Mood{Function: answerCall, Kind: sandbox.LostAfter, Count: 1})
	w.drop("response_1.xml", response(t, sent))
	w.worked()
	w.drop("response_2.xml", strings.Replace(response(t, sent), "acknowledgement", "error", 1))
	for range 5 {
		w.worked()
	}
	w.state(1, ledger.Held, "Loket laat dat niet nalezen")
	w.state(2, ledger.Planned, "wacht op bestand nummer 1")
	w.isStatus(sent, 6, 1)
	if err := w.ledger.Resolve(t.Context(), 1, 1, ledger.LineDone, "beheerder", "nagevraagd"); err != nil {
		t.Fatal(err)
	}
	w.act(w.ledger.Release, 1)
	w.settle()
	w.ends("response_1.xml", ledger.Imported, "done/response_1.xml")
	w.state(2, ledger.Held, "is al een responsemessage aan Loket gegeven (bestand nummer 1")
}

func TestResponseMessagesThatLoketWouldNotTake(t *testing.T) {
	w := newWorld(t)
	w.drop("response_1.xml", response(t, internal))
	w.drop("response_2.xml", sample(t, "loonaangifte-response/bad/response_zonder-kenmerk.xml"))
	w.drop("response_3.xml", sample(t, "loonaangifte-response/bad/response_afgekapt.xml"))
	w.drop("response_4.xml", response(t, waits))
	w.settle()
	for name, want := range map[string]string{
		"response_1.xml": "Loonaangifte " + internal + " is in Loket niet aan een externe partij aangeboden. Behandel haar in Loket zelf of verbeter het berichtkenmerk.",
		"response_2.xml": "In deze responsemessage staat niet bij welke loonaangifte zij hoort (RefersToMessageId). Lever het XML-bestand aan zoals het van de Belastingdienst kwam.",
		"response_3.xml": "Dit bestand is geen leesbare responsemessage van de Belastingdienst. Lever het XML-bestand aan zoals het van de Belastingdienst kwam.",
	} {
		w.ends(name, ledger.RefusedOutcome, "failed/"+name)
		if got := w.receipt("failed/" + name).Problems; len(got) != 1 || got[0].String() != want {
			t.Errorf("%s: %v, want %q", name, got, want)
		}
	}
	w.held(4, ledger.Staged, "Loonaangifte "+waits+" is in Loket nog niet goedgekeurd; Loket neemt haar responsemessage daarna pas aan. Wat nu: geef het bestand vrij als de loonaangifte is goedgekeurd.")
	w.drop("status.csv", approval)
	w.settle()
	w.act(w.ledger.Release, 4)
	w.settle()
	w.ends("response_4.xml", ledger.Imported, "done/response_4.xml")
	w.isStatus(waits, 5, 1)
}

// The status changed after the file was looked at.
func TestAResponseMessageThatLoketRefuses(t *testing.T) {
	w := newWorld(t)
	w.loket.SetMood(sandbox.Mood{Function: answerCall, Kind: sandbox.Refused, Code: 3004, Count: 1})
	w.drop("response.xml", response(t, sent))
	w.settle()
	e := w.ends("response.xml", ledger.RefusedOutcome, "failed/response.xml")
	const said = "Loket zegt: De sandbox weigert dit verzoek, zoals gevraagd. (3004 ConflictMetStatus). " +
		"Loket neemt alleen een responsemessage aan bij een goedgekeurde loonaangifte van een externe partij; kijk in Loket wat haar status is"
	if e.Verdict != said {
		t.Errorf("got %q\nwant %q", e.Verdict, said)
	}
	w.isStatus(sent, 6, 0)
}
