package loket

import (
	"context"

	"loket-etl/loket/contract"
	"loket-etl/payroll"
)

// DossierSoort says whose dossier it is. The identity of a Werknemer is that of a
// Dienstverband.
type DossierSoort string

const (
	DossierWerkgever DossierSoort = "Werkgever"
	DossierWerknemer DossierSoort = "Werknemer"
)

// DossierMetaData describes a document.
type DossierMetaData struct {
	Omschrijving string        // up to 250 characters, required
	Categorie    string        // 4000, required
	Jaar         Maybe[int]    // 1900 or later
	Kenmerk      Maybe[string] // 250
	DatumSignaal Maybe[payroll.Date]
}

func (d DossierMetaData) args() map[string]any {
	m := arguments{"Omschrijving": d.Omschrijving, "Categorie": d.Categorie}
	put(m, "Jaar", d.Jaar)
	put(m, "Kenmerk", d.Kenmerk)
	put(m, "DatumSignaal", d.DatumSignaal)
	return m
}

// ToevoegenDossier adds a document to the dossier of an employer or employee and
// gives its identity; notify tells the owner of the dossier (Dossiervorming,
// create-once: a second call makes a second document, and documents cannot be
// listed). Faults: 1004, 2002, 3001 to 3003, 4002 (default 25 MiB). Source:
// specification, Toevoegen dossier; contract C6.
func (c *Client) ToevoegenDossier(ctx context.Context, kind DossierSoort, owner string, meta DossierMetaData, file contract.File, notify bool) (string, []Melding, error) {
	args := map[string]any{"DossierSoort": string(kind), "DataIdentity": owner, "MetaData": meta.args(), "Bestand": file}
	if notify {
		args["Notificatie"] = true
	}
	r, err := c.Do(ctx, contract.Call{Function: "ToevoegenDossier", Args: args})
	return r.Root.Text("DossierDataIdentity"), r.Meldingen, err
}

// WijzigenMetadataDossier changes the description of a document. The file itself
// cannot be replaced: remove and add (Dossiervorming, overwrite; there is no way
// to look). Faults: 1004, 2002, 3001, 3002. Source: specification, Wijzigen
// metadata dossier; contract C6.
func (c *Client) WijzigenMetadataDossier(ctx context.Context, dossier string, meta DossierMetaData) ([]Melding, error) {
	return c.change(ctx, "WijzigenMetadataDossier", map[string]any{"DossierDataIdentity": dossier, "MetaData": meta.args()})
}

// VerwijderenDossier removes a document and says whether it did (Dossiervorming,
// destructive: a second call finds nothing, fault 2002). Faults: 1004, 2002.
// Source: specification, Verwijderen dossier; contract C6.
func (c *Client) VerwijderenDossier(ctx context.Context, dossier string) (bool, []Melding, error) {
	r, err := c.Do(ctx, contract.Call{Function: "VerwijderenDossier", Args: map[string]any{"DossierDataIdentity": dossier}})
	return r.Root.Bool("Verwijderd"), r.Meldingen, err
}
