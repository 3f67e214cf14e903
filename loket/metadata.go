package loket

import (
	"context"
	"time"

	"loket-etl/loket/contract"
	"loket-etl/payroll"
)

// Token is an access token; it prints as ***.
type Token struct {
	secret    string
	GeldigTot time.Time // UTC
}

// Secret is the token itself, for tools that call Loket by hand.
func (t Token) Secret() string { return t.secret }

// String is ***.
func (t Token) String() string { return "***" }

// GoString is ***.
func (t Token) GoString() string { return "***" }

// GetUserToken logs in and gives a new token (a read: nothing is kept at
// Loket but the token). The client logs in by itself; this is for looking.
// Faults: 1001, also for a user that is locked out. Source: specification,
// getUserToken; contract C5.
func (c *Client) GetUserToken(ctx context.Context) (Token, error) {
	r, err := c.Do(ctx, contract.Call{Function: "GetUserToken", Args: map[string]any{
		"Gebruikersnaam": c.options.User, "Wachtwoord": c.options.Password(), "Omgevingscode": c.options.Omgevingscode,
	}})
	if err != nil {
		return Token{}, err
	}
	return Token{secret: r.Root.Text("UserToken"), GeldigTot: r.Root.Time("GeldigTot")}, nil
}

// VeldMetaData says what a field may hold.
type VeldMetaData struct {
	Naam       string
	Type       string // as Veld.Type
	Verplicht  bool   // always filled
	Wijzigbaar bool   // an operation of the contract can change it
	MaxLengte  int    // 0: nothing is said
	Codes      []Code // the code table, if the field has one
}

// Code is one value of a code table.
type Code struct {
	Code, Omschrijving, IsoCode string
	GeldigVan, GeldigTot        payroll.Date // inclusive; 0 is open
}

// GetMetaData describes the fields of an entity with their code tables; identity
// and field may be "" (a read). Faults: 2001, 2002, 3002 (field). Source:
// specification, GetMetaData; contract C5, D, E.
func (c *Client) GetMetaData(ctx context.Context, entity, identity, field string) ([]VeldMetaData, error) {
	args := map[string]any{"EntityName": entity}
	given(args, "DataIdentity", identity)
	given(args, "VeldNaam", field)
	r, err := c.Do(ctx, contract.Call{Function: "GetMetaData", Args: args})
	if err != nil {
		return nil, err
	}
	var all []VeldMetaData
	for _, n := range r.Root.Child("MetaData").Children("VeldMetaData") {
		m := VeldMetaData{
			Naam: n.Text("Naam"), Type: n.Text("Type"), Verplicht: n.Bool("Verplicht"), Wijzigbaar: n.Bool("Wijzigbaar"), MaxLengte: n.Int("MaxLengte"),
		}
		for _, v := range n.Child("CodeTabel").Children("CodeWaarde") {
			m.Codes = append(m.Codes, Code{
				Code: v.Text("Code"), Omschrijving: v.Text("Omschrijving"), IsoCode: v.Text("IsoCode"),
				GeldigVan: v.Date("GeldigVan"), GeldigTot: v.Date("GeldigTot"),
			})
		}
		all = append(all, m)
	}
	return all, nil
}

// Werknemer is a person with employments, of ExportWerknemer.
type Werknemer struct {
	Persoon         Entity
	Dienstverbanden []Entity
}

// ExportWerknemer gives the people and employments of the employer with this
// administratienummer, the free field of up to 15 characters that the accountant
// fills (a read). Faults: 2002. Source: specification, ExportWerknemer; contract
// A1, C5.
func (c *Client) ExportWerknemer(ctx context.Context, administratienummer string) ([]Werknemer, error) {
	r, err := c.Do(ctx, contract.Call{Function: "ExportWerknemer", Args: map[string]any{"Administratienummer": administratienummer}})
	if err != nil {
		return nil, err
	}
	var all []Werknemer
	for _, n := range r.Root.Child("Werknemers").Children("Werknemer") {
		w := Werknemer{Persoon: entityOf(n.Child("Persoon"))}
		for _, d := range n.Child("Dienstverbanden").Children("Dienstverband") {
			w.Dienstverbanden = append(w.Dienstverbanden, entityOf(d))
		}
		all = append(all, w)
	}
	return all, nil
}
