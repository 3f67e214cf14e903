package loket

import (
	"context"
	"fmt"

	"loket-etl/loket/contract"
	"loket-etl/payroll"
)

// SoortGegevens, Formaat and Verwerkingswijze are what an import says of its file.
type (
	SoortGegevens    string
	Formaat          string
	Verwerkingswijze string
)

const (
	VariabeleGegevens SoortGegevens = "VariabeleGegevens"
	Verlof            SoortGegevens = "Verlof" // as CSV only

	XML Formaat = "XML"
	CSV Formaat = "CSV"

	Overschrijven     Verwerkingswijze = "Overschrijven"     // replaces what stands; the default
	NietOverschrijven Verwerkingswijze = "NietOverschrijven" // leaves what stands
	Optellen          Verwerkingswijze = "Optellen"          // adds to what stands
)

// Import is a file for ImporteerGegevens.
type Import struct {
	Werkgever        string // DataIdentity, or "" when the file says it
	Soort            SoortGegevens
	Formaat          Formaat
	Bestand          contract.File
	Periode          payroll.Period // required for VariabeleGegevens as CSV; the zero Period is not sent
	SoortStrook      int            // 1 normal, 2 special rate; 0 is not sent and means 1
	Verwerkingswijze Verwerkingswijze
}

// Call is the call that carries the import.
func (i Import) Call() contract.Call {
	args := map[string]any{"SoortGegevens": string(i.Soort), "Formaat": string(i.Formaat), "Bestand": i.Bestand}
	given(args, "ParentDataIdentity", i.Werkgever)
	given(args, "Verwerkingswijze", string(i.Verwerkingswijze))
	if i.Periode != (payroll.Period{}) {
		args["Jaar"], args["PeriodeNummer"] = i.Periode.Year, i.Periode.Number
	}
	if i.SoortStrook != 0 {
		args["SoortStrook"] = i.SoortStrook
	}
	return contract.Call{Function: "ImporteerGegevens", Args: args}
}

// ImportResult is what Loket made of an import file. Good lines were taken, bad
// ones refused.
type ImportResult struct {
	ImportNummer    string
	AantalRegels    int
	AantalVerwerkt  int
	AantalAfgekeurd int
	Regels          []ImportRegel // may be absent
	Meldingen       []Melding     // on the file as a whole
}

// ImportRegel is the outcome of one line of the file.
type ImportRegel struct {
	Regelnummer int
	Status      string // Verwerkt, Afgekeurd or Overgeslagen
	Meldingen   []Melding
}

// ImporteerGegevens imports period values or leave (ImporteerGegevens; its class
// follows from the arguments, see contract.Function.ClassOf: overwrite, or
// additive for leave, Optellen and Aanvulling; List of VariabeleGegevens or
// Verlof shows the outcome). Values are taken as the file has them: amounts in
// euros, hours in decimal hours. Faults: 1004, 2002, 3001 (no period), 3002, 3004
// (the period has an approved run), 4001 (unreadable file), 4002 (over 25 MiB by
// default). Lines that are refused are no fault. Source: specification,
// Webservice 4; contract C6, C9.
func (c *Client) ImporteerGegevens(ctx context.Context, i Import) (ImportResult, error) {
	return c.Import(ctx, i.Call())
}

// Import is ImporteerGegevens for a call that was planned before.
func (c *Client) Import(ctx context.Context, call contract.Call) (ImportResult, error) {
	if f, ok := contract.Lookup(call.Function); !ok || f.Name != "ImporteerGegevens" {
		return ImportResult{}, fmt.Errorf("%w: %q is not ImporteerGegevens", ErrNotSent, call.Function)
	}
	r, err := c.Do(ctx, call)
	if err != nil {
		return ImportResult{}, err
	}
	return r.Import(), nil
}

// Import is the answer to an ImporteerGegevens.
func (r Reply) Import() ImportResult {
	result := ImportResult{
		ImportNummer: r.Root.Text("ImportNummer"), AantalRegels: r.Root.Int("AantalRegels"),
		AantalVerwerkt: r.Root.Int("AantalVerwerkt"), AantalAfgekeurd: r.Root.Int("AantalAfgekeurd"),
		Meldingen: r.Meldingen,
	}
	for _, n := range r.Root.Child("Regels").Children("ImportRegel") {
		result.Regels = append(result.Regels, ImportRegel{Regelnummer: n.Int("Regelnummer"), Status: n.Text("Status"), Meldingen: meldingen(n)})
	}
	return result
}
