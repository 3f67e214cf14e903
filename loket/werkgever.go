package loket

import (
	"context"

	"loket-etl/loket/contract"
)

// Adres is a visiting address. Codes are those of the tables Landcode and
// NadereAanduiding.
type Adres struct {
	Straat               Maybe[string] // up to 24 characters; cannot be emptied
	Huisnummer           Maybe[int]    // cannot be emptied
	HuisnummerToevoeging Maybe[string] // 4
	Locatie              Maybe[string] // 35
	Postcode             Maybe[string] // 9
	Plaats               string        // 24, required
	Landcode             string        // ISO 3166-1 alpha-2, required
	Provincie            Maybe[string]
	NadereAanduiding     Maybe[string]
}

func (a Adres) args() map[string]any {
	m := arguments{"Plaats": a.Plaats, "Landcode": a.Landcode}
	put(m, "Straat", a.Straat)
	put(m, "Huisnummer", a.Huisnummer)
	put(m, "HuisnummerToevoeging", a.HuisnummerToevoeging)
	put(m, "Locatie", a.Locatie)
	put(m, "Postcode", a.Postcode)
	put(m, "Provincie", a.Provincie)
	put(m, "NadereAanduiding", a.NadereAanduiding)
	return m
}

func adresArg(a Adres) any { return a.args() }

// Postadres is a postal address that differs from the visiting address.
type Postadres struct {
	Straat               Maybe[string] // up to 24 characters; cannot be emptied
	Huisnummer           Maybe[int]    // cannot be emptied
	HuisnummerToevoeging Maybe[string] // 4
	Locatie              Maybe[string] // 35
	Postcode             Maybe[string] // 9
	Plaats               string        // 24, required
	Landcode             string        // ISO 3166-1 alpha-2, required
	NadereAanduiding     Maybe[string]
	Postbus              Maybe[int]
}

func postadresArg(a Postadres) any {
	m := arguments(Adres{
		Straat: a.Straat, Huisnummer: a.Huisnummer, HuisnummerToevoeging: a.HuisnummerToevoeging, Locatie: a.Locatie,
		Postcode: a.Postcode, Plaats: a.Plaats, Landcode: a.Landcode, NadereAanduiding: a.NadereAanduiding,
	}.args())
	put(m, "Postbus", a.Postbus)
	return map[string]any(m)
}

// WerkgeverAlgemeen are the general data of an employer.
type WerkgeverAlgemeen struct {
	Bedrijfsnaam        string        // up to 70 characters, required
	KvKNummer           Maybe[string] // 35
	Rechtsvorm          Maybe[string] // codes of the environment; cannot be emptied
	Branche             Maybe[string]
	SbiCode             Maybe[string]
	Administratienummer Maybe[string] // 15, the accountant's own number
	Groepcode           Maybe[int]
}

func (w WerkgeverAlgemeen) args() map[string]any {
	m := arguments{"Bedrijfsnaam": w.Bedrijfsnaam}
	put(m, "KvKNummer", w.KvKNummer)
	put(m, "Rechtsvorm", w.Rechtsvorm)
	put(m, "Branche", w.Branche)
	put(m, "SbiCode", w.SbiCode)
	put(m, "Administratienummer", w.Administratienummer)
	put(m, "Groepcode", w.Groepcode)
	return m
}

// WerkgeverContact are the contact data of an employer.
type WerkgeverContact struct {
	Telefoon, Fax               Maybe[string] // up to 15 characters
	Email, Website              Maybe[string] // 255
	ContactNaam, ContactFunctie Maybe[string] // 50
	ContactTelefoon             Maybe[string] // 15
}

func contactArg(w WerkgeverContact) any {
	m := arguments{}
	put(m, "Telefoon", w.Telefoon)
	put(m, "Fax", w.Fax)
	put(m, "Email", w.Email)
	put(m, "Website", w.Website)
	put(m, "ContactNaam", w.ContactNaam)
	put(m, "ContactFunctie", w.ContactFunctie)
	put(m, "ContactTelefoon", w.ContactTelefoon)
	return map[string]any(m)
}

// NieuweWerkgever is the answer to ToevoegenWerkgever.
type NieuweWerkgever struct {
	Identity    string    // DataIdentity
	WerkgeverID int       // 0: not given
	Meldingen   []Melding // says that the employer still has to be linked and set up by hand
}

// ToevoegenWerkgever adds an employer (Werkgever, create-once: a second call
// makes a second employer, and Loket offers no way to look, as the new employer
// is not linked to the user). Faults: 1004, 3001, 3002, 3003. Source:
// specification, Toevoegen werkgever; contract C3, C6.
func (c *Client) ToevoegenWerkgever(ctx context.Context, algemeen WerkgeverAlgemeen, adres Adres, post Maybe[Postadres], contact Maybe[WerkgeverContact]) (NieuweWerkgever, error) {
	args := arguments{"Algemeen": algemeen.args(), "Adres": adres.args()}
	putAs(args, "AfwijkendPostadres", post, postadresArg)
	putAs(args, "Contact", contact, contactArg)
	r, err := c.Do(ctx, contract.Call{Function: "ToevoegenWerkgever", Args: args})
	if err != nil {
		return NieuweWerkgever{}, err
	}
	return NieuweWerkgever{Identity: r.Root.Text("DataIdentity"), WerkgeverID: r.Root.Int("WerkgeverId"), Meldingen: r.Meldingen}, nil
}

// change carries out a call whose answer is only an identity, and gives the
// warnings.
func (c *Client) change(ctx context.Context, function string, args map[string]any) ([]Melding, error) {
	r, err := c.Do(ctx, contract.Call{Function: function, Args: args})
	return r.Meldingen, err
}

// WerkgeverWijzigenAdresGegevens changes the addresses of an employer; at least
// one is given, and an emptied postal address takes it away (Werkgever,
// overwrite; Select Werkgever shows the outcome). Faults: 1004, 2002, 3001 to
// 3003. Source: specification, Wijzigen Adres gegevens; contract C6.
func (c *Client) WerkgeverWijzigenAdresGegevens(ctx context.Context, werkgever string, adres Maybe[Adres], post Maybe[Postadres]) ([]Melding, error) {
	return c.change(ctx, "Werkgever.WijzigenAdresGegevens", adresArgs(werkgever, adres, post))
}

func adresArgs(identity string, adres Maybe[Adres], post Maybe[Postadres]) map[string]any {
	args := arguments{"DataIdentity": identity}
	putAs(args, "Adres", adres, adresArg)
	putAs(args, "AfwijkendPostadres", post, postadresArg)
	return args
}

// WijzigenAlgemeneGegevens changes the general data of an employer (Werkgever,
// overwrite; Select Werkgever shows the outcome). Faults: 1004, 2002, 3001 to
// 3003. Source: specification, Wijzigen algemene gegevens; contract C6.
func (c *Client) WijzigenAlgemeneGegevens(ctx context.Context, werkgever string, algemeen WerkgeverAlgemeen) ([]Melding, error) {
	return c.change(ctx, "WijzigenAlgemeneGegevens", map[string]any{"DataIdentity": werkgever, "Algemeen": algemeen.args()})
}

// WijzigenContactGegevens changes the contact data of an employer (Werkgever,
// overwrite; Select Werkgever shows the outcome). Faults: 1004, 2002, 3002.
// Source: specification, Wijzigen contact gegevens; contract C6.
func (c *Client) WijzigenContactGegevens(ctx context.Context, werkgever string, contact WerkgeverContact) ([]Melding, error) {
	return c.change(ctx, "WijzigenContactGegevens", map[string]any{"DataIdentity": werkgever, "Contact": contactArg(contact)})
}
