package loket

import (
	"context"
	"time"

	"loket-etl/loket/contract"
)

// Actie is what an external party decides on a tax return.
type Actie string

const (
	Goedkeuren Actie = "Goedkeuren"
	Annuleren  Actie = "Annuleren"
)

// AangifteStatus is the status of a tax return after a decision.
type AangifteStatus struct {
	Berichtkenmerk string
	Status         int // 5 confirmed, 4 cancelled
	Omschrijving   string
	Meldingen      []Melding
}

// GoedkeurenAnnulerenLoonaangifte approves or cancels a tax return that was sent
// to an external party; party and note may be "" (destructive: the return no
// longer waits afterwards, a second call gets 3004; List Loonaangifte shows the
// outcome). Faults: 1004, 2002, 3002, 3004 (not sent to an external party, or
// not waiting). Source: specification, Webservice 2; contract C6.
func (c *Client) GoedkeurenAnnulerenLoonaangifte(ctx context.Context, berichtkenmerk string, actie Actie, party, note string) (AangifteStatus, error) {
	args := map[string]any{"Berichtkenmerk": berichtkenmerk, "Actie": string(actie)}
	given(args, "ExternePartijIdentificatie", party)
	given(args, "Toelichting", note)
	r, err := c.Do(ctx, contract.Call{Function: "GoedkeurenAnnulerenLoonaangifte", Args: args})
	if err != nil {
		return AangifteStatus{}, err
	}
	return AangifteStatus{
		Berichtkenmerk: r.Root.Text("Berichtkenmerk"), Status: r.Root.Int("Status"),
		Omschrijving: r.Root.Text("StatusOmschrijving"), Meldingen: r.Meldingen,
	}, nil
}

// Ontvangst is Loket's receipt for a response message.
type Ontvangst struct {
	Berichtkenmerk  string
	Ontvangstnummer string
	Status          string // Ontvangen
	Meldingen       []Melding
}

// AanleverenLoonaangifteResponseMessage hands Loket a copy of the tax authority's
// response message, XML as it was received, at a moment that may be zero
// (AanleverenResponseMessage, create-once; there is no way to look). Faults:
// 1004, 2002, 3004 (not sent to an external party, or not in status 5 or 6),
// 4001, 4002. Source: specification, Webservice 3; contract C6.
func (c *Client) AanleverenLoonaangifteResponseMessage(ctx context.Context, berichtkenmerk string, message []byte, received time.Time) (Ontvangst, error) {
	args := map[string]any{"Berichtkenmerk": berichtkenmerk, "ResponseMessage": message}
	if !received.IsZero() {
		args["OntvangenOp"] = received
	}
	r, err := c.Do(ctx, contract.Call{Function: "AanleverenLoonaangifteResponseMessage", Args: args})
	if err != nil {
		return Ontvangst{}, err
	}
	return Ontvangst{
		Berichtkenmerk: r.Root.Text("Berichtkenmerk"), Ontvangstnummer: r.Root.Text("Ontvangstnummer"),
		Status: r.Root.Text("Status"), Meldingen: r.Meldingen,
	}, nil
}
