package loket

import (
	"context"

	"loket-etl/loket/contract"
	"loket-etl/payroll"
)

// ConceptPersoon is the person of a concept employee. None of the fields can be
// emptied, as there is nothing yet.
type ConceptPersoon struct {
	Achternaam         string // up to 25 characters, required
	Voorvoegsel        Maybe[string]
	Voorletters        Maybe[string] // 6
	Voornaam           Maybe[string] // 28
	AchternaamPartner  Maybe[string] // 25
	VoorvoegselPartner Maybe[string] // 10
	Geslacht           Maybe[string] // code
	Geboortedatum      Maybe[payroll.Date]
	Geboorteplaats     Maybe[string] // 24
	Nationaliteit      Maybe[string] // code
	BurgerlijkeStaat   Maybe[string] // code
	BSN                Maybe[payroll.BSN]
	IBAN               Maybe[payroll.IBAN]
	Adres              Maybe[Adres]
	AfwijkendPostadres Maybe[Postadres]
	Email              Maybe[string] // 255
	Telefoon, Mobiel   Maybe[string] // 15
	Persnr             Maybe[int]
}

func (p ConceptPersoon) args() map[string]any {
	m := arguments{"Achternaam": p.Achternaam}
	put(m, "Voorvoegsel", p.Voorvoegsel)
	put(m, "Voorletters", p.Voorletters)
	put(m, "Voornaam", p.Voornaam)
	put(m, "AchternaamPartner", p.AchternaamPartner)
	put(m, "VoorvoegselPartner", p.VoorvoegselPartner)
	put(m, "Geslacht", p.Geslacht)
	put(m, "Geboortedatum", p.Geboortedatum)
	put(m, "Geboorteplaats", p.Geboorteplaats)
	put(m, "Nationaliteit", p.Nationaliteit)
	put(m, "BurgerlijkeStaat", p.BurgerlijkeStaat)
	putAs(m, "BSN", p.BSN, func(b payroll.BSN) any { return b.Digits() })
	putAs(m, "IBAN", p.IBAN, func(i payroll.IBAN) any { return i.Text() })
	putAs(m, "Adres", p.Adres, adresArg)
	putAs(m, "AfwijkendPostadres", p.AfwijkendPostadres, postadresArg)
	put(m, "Email", p.Email)
	put(m, "Telefoon", p.Telefoon)
	put(m, "Mobiel", p.Mobiel)
	put(m, "Persnr", p.Persnr)
	return m
}

// ConceptDienstverband is the employment of a concept employee.
type ConceptDienstverband struct {
	DatumInDienst                Maybe[payroll.Date]
	SoortDienstverband           Maybe[string] // codes
	BasisDienstverband           Maybe[string]
	SoortWerknemer               Maybe[string]
	Clientnummer                 Maybe[int]
	AanstellingTot               Maybe[payroll.Date]
	NaamLoonstrook               Maybe[string] // up to 34 characters
	Functie, Afdeling            Maybe[string] // 64
	BrutoLoon                    Maybe[payroll.Cents]
	SoortBrutoLoon               Maybe[string]
	UrenPerWeek                  Maybe[payroll.Hours] // up to 999.99
	LoonheffingskortingToepassen Maybe[bool]
}

func conceptDienstverbandArg(d ConceptDienstverband) any {
	m := arguments{}
	put(m, "DatumInDienst", d.DatumInDienst)
	put(m, "SoortDienstverband", d.SoortDienstverband)
	put(m, "BasisDienstverband", d.BasisDienstverband)
	put(m, "SoortWerknemer", d.SoortWerknemer)
	put(m, "Clientnummer", d.Clientnummer)
	put(m, "AanstellingTot", d.AanstellingTot)
	put(m, "NaamLoonstrook", d.NaamLoonstrook)
	put(m, "Functie", d.Functie)
	put(m, "Afdeling", d.Afdeling)
	put(m, "BrutoLoon", d.BrutoLoon)
	put(m, "SoortBrutoLoon", d.SoortBrutoLoon)
	put(m, "UrenPerWeek", d.UrenPerWeek)
	put(m, "LoonheffingskortingToepassen", d.LoonheffingskortingToepassen)
	return map[string]any(m)
}

// ToevoegenConceptWerknemer puts a concept employee ready with an employer, to be
// finished by hand in Loket, and gives its identity (Dienstverband, create-once:
// a second call makes a second one, and concepts cannot be listed). Faults: 1004,
// 2002, 3001 to 3003. Source: specification, Webservice 9; contract C6.
func (c *Client) ToevoegenConceptWerknemer(ctx context.Context, werkgever, uniekeNaam string, persoon ConceptPersoon, dienstverband Maybe[ConceptDienstverband]) (string, []Melding, error) {
	args := arguments{"ParentDataIdentity": werkgever, "UniekeNaam": uniekeNaam, "Persoon": persoon.args()}
	putAs(args, "Dienstverband", dienstverband, conceptDienstverbandArg)
	r, err := c.Do(ctx, contract.Call{Function: "ToevoegenConceptWerknemer", Args: args})
	return r.Root.Text("DataIdentity"), r.Meldingen, err
}

// UitDienst is the end of an employment.
type UitDienst struct {
	Datum         payroll.Date // last day; 0 puts the employee back in service
	RedenAangifte string       // code RedenEindeDienstverbandAangifte, "" for none
	Reden         string       // code RedenEindeDienstverband, "" for none
	Ziek          bool         // ill at the end
}

// WijzigenDatumUitDienst sets or takes back the last day of an employment
// (Dienstverband, overwrite; Select Dienstverband shows the outcome). Faults:
// 1004, 2002, 3002, 3003. Source: specification, Webservice 9; contract C6, E4.
func (c *Client) WijzigenDatumUitDienst(ctx context.Context, dienstverband string, end UitDienst) ([]Melding, error) {
	args := map[string]any{"DataIdentity": dienstverband, "DatumUitDienst": orNil(end.Datum)}
	given(args, "RedenEindeDienstverbandAangifte", end.RedenAangifte)
	given(args, "RedenEindeDienstverband", end.Reden)
	if end.Ziek {
		args["ZiekUitDienst"] = true
	}
	return c.change(ctx, "WijzigenDatumUitDienst", args)
}
