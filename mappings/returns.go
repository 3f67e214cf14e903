package mappings

import (
	"fmt"

	"loket-etl/formats"
)

// Functions of the contract that take a tax return along.
const (
	decideFunction = "GoedkeurenAnnulerenLoonaangifte.GoedkeurenAnnulerenLoonaangifte"
	answerFunction = "AanleverenResponseMessage.AanleverenLoonaangifteResponseMessage"
)

// Statuses of a tax return in Loket.
const (
	ReturnMade      = 3 // waits for its approval
	ReturnCancelled = 4
	ReturnConfirmed = 5
	ReturnSent      = 6
)

// TaxReturn is what a run must know of a tax return in Loket.
type TaxReturn struct {
	Status       int
	Omschrijving string // of the status
	External     bool   // it was put before an external party, who may decide on it
}

// Returns are the tax returns in Loket by berichtkenmerk.
type Returns map[string]TaxReturn

// Codes of problems about tax returns that time, or a person, may solve without
// another file. A file that has no other problems is held, not refused.
const (
	UnknownReturn = "loonaangifte-onbekend"
	DoubleReturn  = "loonaangifte-dubbel"
	WaitingReturn = "loonaangifte-wacht"
)

// Decided reports whether a return is in the state that an action leaves.
func (t TaxReturn) Decided(action string) bool {
	if action == "Annuleren" {
		return t.Status == ReturnCancelled
	}
	return t.Status == ReturnConfirmed || t.Status == ReturnSent
}

// statusDutch is a status in words that follow "is".
func (t TaxReturn) statusDutch() string {
	switch t.Status {
	case ReturnMade:
		return "nog niet goedgekeurd"
	case ReturnCancelled:
		return "geannuleerd"
	case ReturnConfirmed:
		return "goedgekeurd"
	case ReturnSent:
		return "goedgekeurd en verzonden"
	}
	return fmt.Sprintf("niet meer te behandelen (status %d, %s)", t.Status, t.Omschrijving)
}

// find is the return of a berichtkenmerk that an external party may say
// something about, or the problem why not.
func (r Returns) find(reference string) (TaxReturn, *formats.Problem) {
	t, ok := r[reference]
	switch {
	case !ok:
		return t, &formats.Problem{
			Code: UnknownReturn, Message: fmt.Sprintf("Loket kent geen loonaangifte met berichtkenmerk %s.", reference),
			Repair: "Controleer het kenmerk, of wacht tot de loonaangifte in Loket staat.",
		}
	case !t.External:
		return t, &formats.Problem{
			Code: "loonaangifte-intern", Message: fmt.Sprintf("Loonaangifte %s is in Loket niet aan een externe partij aangeboden.", reference),
			Repair: "Behandel haar in Loket zelf of verbeter het berichtkenmerk.",
		}
	}
	return t, nil
}

// decide is the problem of an action on a return, nil when Loket will take it.
func (r Returns) decide(reference, action string) *formats.Problem {
	t, issue := r.find(reference)
	if issue != nil {
		return issue
	}
	if t.Decided(action) {
		return &formats.Problem{
			Code: DoubleReturn, Message: Double(reference, t),
			Repair: "Laat deze regel weg.",
		}
	}
	if t.Status == ReturnMade {
		return nil
	}
	verb := map[string]string{"Goedkeuren": "goedgekeurd", "Annuleren": "geannuleerd"}[action]
	return &formats.Problem{
		Code: "loonaangifte-status", Message: fmt.Sprintf("Loonaangifte %s is in Loket %s en kan niet meer worden %s.", reference, t.statusDutch(), verb),
		Repair: "Kijk in Loket wat er met deze loonaangifte is gebeurd en laat de regel weg.",
	}
}

// Double says in Dutch that nothing is left to be done about a return.
func Double(reference string, t TaxReturn) string {
	return fmt.Sprintf("Loonaangifte %s is in Loket al %s.", reference, t.statusDutch())
}

// answer is the problem of a response message about a return, nil when Loket
// will take it.
func (r Returns) answer(reference string) *formats.Problem {
	t, issue := r.find(reference)
	switch {
	case issue != nil:
		return issue
	case t.Status == ReturnConfirmed, t.Status == ReturnSent:
		return nil
	case t.Status == ReturnMade:
		return &formats.Problem{
			Code: WaitingReturn, Message: fmt.Sprintf("Loonaangifte %s is in Loket nog niet goedgekeurd; Loket neemt haar responsemessage daarna pas aan.", reference),
			Repair: "Wacht tot de loonaangifte is goedgekeurd.",
		}
	}
	return &formats.Problem{
		Code: "loonaangifte-status", Message: fmt.Sprintf("Loonaangifte %s is in Loket %s; Loket neemt er geen responsemessage voor aan.", reference, t.statusDutch()),
		Repair: "Kijk in Loket wat er met deze loonaangifte is gebeurd.",
	}
}
