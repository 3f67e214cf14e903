package sandbox

import (
	"fmt"
	"strings"
	"time"

	"loket-etl/loket/contract"
)

// taxReturn finds the return of Berichtkenmerk that went to an external party.
func (c *call) taxReturn() (*taxReturn, *fault) {
	t := c.state.returns[c.text("Berichtkenmerk")]
	if t == nil || !c.sees.sees(t.employer) {
		return nil, unknown("Berichtkenmerk")
	}
	if t.external == "" {
		return nil, conflict("Berichtkenmerk", "Deze loonaangifte is niet aan een externe partij aangeboden.")
	}
	return t, nil
}

// opGoedkeurenAnnuleren settles a return that waits in status 3.
func opGoedkeurenAnnuleren(c *call) (func(), *fault) {
	t, f := c.taxReturn()
	if f != nil {
		return nil, f
	}
	if t.status != returnMade {
		return nil, conflict("Berichtkenmerk", "De loonaangifte wacht niet op goedkeuring: "+codeText("StatusLoonaangifte", t.status)+".")
	}
	external, given := c.args["ExternePartijIdentificatie"].(string)
	if given && strings.TrimSpace(external) == "" {
		return nil, wrongValue("ExternePartijIdentificatie", "is leeg")
	}
	return func() {
		c.state.version++
		t.version = c.state.version
		if given {
			t.external = external
		}
		t.approver = c.by
		if c.text("Actie") == "Goedkeuren" {
			t.status, t.approved = returnConfirmed, c.now
		} else {
			t.status, t.cancelled = returnCancelled, c.now
		}
		c.out.text("Berichtkenmerk", t.reference)
		c.out.number("Status", t.status)
		c.out.text("StatusOmschrijving", codeText("StatusLoonaangifte", t.status))
	}, nil
}

// opAanleverenResponse keeps what the tax authority answered to a return.
func opAanleverenResponse(c *call) (func(), *fault) {
	t, f := c.taxReturn()
	if f != nil {
		return nil, f
	}
	if t.status != returnConfirmed && t.status != returnSent {
		return nil, conflict("Berichtkenmerk", "De loonaangifte is niet bevestigd of verzonden: "+codeText("StatusLoonaangifte", t.status)+".")
	}
	content, _ := c.args["ResponseMessage"].([]byte)
	if !wellFormed(content) {
		return nil, refuse(contract.BestandOngeldig, "ResponseMessage", "De response message is geen leesbare XML.")
	}
	return func() {
		c.state.receipts++
		at, given := c.args["OntvangenOp"].(time.Time)
		if !given {
			at = c.now
		}
		r := response{fmt.Sprintf("ONTV-%d-%06d", year, c.state.receipts), at, len(content)}
		t.responses = append(t.responses, r)
		c.out.text("Berichtkenmerk", t.reference)
		c.out.text("Ontvangstnummer", r.number)
		c.out.text("Status", "Ontvangen")
	}, nil
}
