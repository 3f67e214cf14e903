package loket

import (
	"context"
	"time"

	"loket-etl/loket/contract"
	"loket-etl/payroll"
)

// Loonrun is an approved payroll run.
type Loonrun struct {
	VerloningsRun         string // VerloningsRunDataIdentity
	Werkgever             string // WerkgeverDataIdentity
	Clientnummer          int    // 0: not given
	Periode               payroll.Period
	Volgnummerrun         int
	VolgnummerGoedgekeurd int
	Status                int // code table StatusVerloningsRun; 9 is approved
	StatusOmschrijving    string
	DatumGoedkeuring      time.Time // UTC; zero: not given
}

// ListGoedgekeurdeLoonrunsPeriode gives the approved runs of a period, of one
// Werkgever or, with "", of all that the user may see (a read). Faults: 2002,
// 3002. Source: specification, ListGoedgekeurdeLoonrunsPeriode; contract C3, C5.
func (c *Client) ListGoedgekeurdeLoonrunsPeriode(ctx context.Context, werkgever string, period payroll.Period) ([]Loonrun, error) {
	r, err := c.Do(ctx, contract.Call{Function: "ListGoedgekeurdeLoonrunsPeriode", Args: inPeriod(werkgever, period)})
	if err != nil {
		return nil, err
	}
	var all []Loonrun
	for _, n := range r.Root.Child("Loonruns").Children("Loonrun") {
		all = append(all, Loonrun{
			VerloningsRun: n.Text("VerloningsRunDataIdentity"), Werkgever: n.Text("WerkgeverDataIdentity"), Clientnummer: n.Int("Clientnummer"),
			Periode:       payroll.Period{Year: n.Int("Jaar"), Number: n.Int("PeriodeNummer")},
			Volgnummerrun: n.Int("Volgnummerrun"), VolgnummerGoedgekeurd: n.Int("VolgnummerGoedgekeurd"),
			Status: n.Int("Status"), StatusOmschrijving: n.Text("StatusOmschrijving"), DatumGoedkeuring: n.Time("DatumGoedkeuring"),
		})
	}
	return all, nil
}

// Loonaangifte is an approved payroll tax return.
type Loonaangifte struct {
	VerloningsRun       string // identifies the return, for OutputLoonaangifte
	Werkgever           string // WerkgeverDataIdentity
	Berichtkenmerk      string
	Loonheffingennummer string
	Periode             payroll.Period // Number 0 is the whole year
	Status              int            // code table StatusLoonaangifte: 5 confirmed, 6 sent
	StatusOmschrijving  string
	BedragTotaal        payroll.Cents // to be paid; 0 when not given
	DatumGoedkeuring    time.Time     // UTC; zero: not given
	DatumVerzending     time.Time     // UTC; zero: not given
}

// ListGoedgekeurdeLoonAangiftePeriode gives the approved tax returns of a period,
// of one Werkgever or, with "", of all that the user may see (a read). Period
// number 0 asks for returns over a whole year. Faults: 2002, 3002. Source:
// specification, ListGoedgekeurdeLoonAangiftePeriode; contract C3, C5.
func (c *Client) ListGoedgekeurdeLoonAangiftePeriode(ctx context.Context, werkgever string, period payroll.Period) ([]Loonaangifte, error) {
	r, err := c.Do(ctx, contract.Call{Function: "ListGoedgekeurdeLoonAangiftePeriode", Args: inPeriod(werkgever, period)})
	if err != nil {
		return nil, err
	}
	var all []Loonaangifte
	for _, n := range r.Root.Child("Loonaangiftes").Children("GoedgekeurdeLoonaangifte") {
		all = append(all, Loonaangifte{
			VerloningsRun: n.Text("VerloningsRunDataIdentity"), Werkgever: n.Text("WerkgeverDataIdentity"),
			Berichtkenmerk: n.Text("Berichtkenmerk"), Loonheffingennummer: n.Text("Loonheffingennummer"),
			Periode: payroll.Period{Year: n.Int("Jaar"), Number: n.Int("PeriodeNummer")},
			Status:  n.Int("Status"), StatusOmschrijving: n.Text("StatusOmschrijving"), BedragTotaal: n.Cents("BedragTotaal"),
			DatumGoedkeuring: n.Time("DatumGoedkeuring"), DatumVerzending: n.Time("DatumVerzending"),
		})
	}
	return all, nil
}

func inPeriod(werkgever string, period payroll.Period) map[string]any {
	args := map[string]any{"Jaar": period.Year, "PeriodeNummer": period.Number}
	given(args, "ParentDataIdentity", werkgever)
	return args
}

// file carries out a call whose answer is one file.
func (c *Client) file(ctx context.Context, function string, args map[string]any) (Document, error) {
	r, err := c.Do(ctx, contract.Call{Function: function, Args: args})
	if err != nil {
		return Document{}, err
	}
	return Document{File: r.Root.File("Bestand"), Meldingen: r.Meldingen}, nil
}

// Document is a file from Loket, whole and in memory.
type Document struct {
	contract.File
	Meldingen []Melding // warnings that came with it
}

// Clieop03 gives the payment file of a Betaling: records of 50 characters with
// CR LF, amounts in cents, text/plain (a read). Faults: 2002, 3004, 5002. Source:
// specification, Clieop03; contract C5.
func (c *Client) Clieop03(ctx context.Context, betaling string) (Document, error) {
	return c.file(ctx, "Clieop03", map[string]any{"BetalingDataIdentity": betaling})
}

// ExportLoonresultaten gives the wage results of an employer over a period, or
// over the periods up to and with the number of until when that is not 0, as XML
// of contract C7, in the columns of an export set (a read). Faults: 2002, 3002,
// 3004 (no approved run). Source: specification, Export loonresultaten.
func (c *Client) ExportLoonresultaten(ctx context.Context, werkgever string, from payroll.Period, until int, exportSet string) (Document, error) {
	args := map[string]any{"ParentDataIdentity": werkgever, "Jaar": from.Year, "PeriodeNummer": from.Number, "ExportSet": exportSet}
	if until != 0 {
		args["PeriodeNummerTot"] = until
	}
	return c.file(ctx, "ExportLoonresultaten", args)
}

// ExportLoonresultatenPerRun gives the wage results of an approved run as XML of
// contract C7, of one Dienstverband or, with "", of all (a read). Faults: 2002,
// 3004. Source: specification, ExportLoonresultatenPerRun.
func (c *Client) ExportLoonresultatenPerRun(ctx context.Context, run, dienstverband string) (Document, error) {
	args := map[string]any{"VerloningsRunDataIdentity": run}
	given(args, "DienstverbandDataIdentity", dienstverband)
	return c.file(ctx, "ExportLoonresultatenPerRun", args)
}

// OutputStandaardjournaalLoonrun gives the standard journal of an approved run as
// XML of contract C8, debit equal to credit (a read). Faults: 2002, 3004. Source:
// specification, OutputStandaardjournaalLoonrun.
func (c *Client) OutputStandaardjournaalLoonrun(ctx context.Context, run string) (Document, error) {
	return c.file(ctx, "OutputStandaardjournaalLoonrun", map[string]any{"VerloningsRunDataIdentity": run})
}

// OutputBetalingsOverzicht gives the payments of a run with results as PDF (a
// read). Faults: 2002, 3004. Source: specification, OutputBetalingsOverzicht.
func (c *Client) OutputBetalingsOverzicht(ctx context.Context, run string) (Document, error) {
	return c.file(ctx, "OutputBetalingsOverzicht", map[string]any{"VerloningsRunDataIdentity": run})
}

// OutputJournaal gives the journal of a run with results as PDF (a read).
// Faults: 2002, 3004. Source: specification, OutputJournaal.
func (c *Client) OutputJournaal(ctx context.Context, run string) (Document, error) {
	return c.file(ctx, "OutputJournaal", map[string]any{"VerloningsRunDataIdentity": run})
}

// OutputOpdrachtbrief gives the letter to the bank of a run with results as PDF
// (a read). Faults: 2002, 3004, 5002. Source: specification, OutputOpdrachbrief.
func (c *Client) OutputOpdrachtbrief(ctx context.Context, run string) (Document, error) {
	return c.file(ctx, "OutputOpdrachtbrief", map[string]any{"VerloningsRunDataIdentity": run})
}

// OutputStandenRegister gives the register of balances of a run with results as
// PDF (a read). Faults: 2002, 3004. Source: specification, OutputStandenRegister.
func (c *Client) OutputStandenRegister(ctx context.Context, run string) (Document, error) {
	return c.file(ctx, "OutputStandenRegister", map[string]any{"VerloningsRunDataIdentity": run})
}

// Sortering says whose order an overview has.
type Sortering string

const (
	PerWerknemer            Sortering = "Werknemer"
	PerWerkgever            Sortering = "Werkgever"
	PerWerknemerEnWerkgever Sortering = "WerknemerEnWerkgever"
)

// OutputRunOverzicht gives the overview of a run with results as PDF, in the
// order asked for (a read). Faults: 2002, 3002, 3004. Source: specification,
// OutputRunOverzicht.
func (c *Client) OutputRunOverzicht(ctx context.Context, run string, order Sortering) (Document, error) {
	return c.file(ctx, "OutputRunOverzicht", map[string]any{"VerloningsRunDataIdentity": run, "Sortering": string(order)})
}

// OutputVerzamelLoonstaat gives the collective wage sheet of a run with results
// as PDF, in the order asked for (a read). Faults: 2002, 3002, 3004. Source:
// specification, OutputVerzamelLoonstaat.
func (c *Client) OutputVerzamelLoonstaat(ctx context.Context, run string, order Sortering) (Document, error) {
	return c.file(ctx, "OutputVerzamelLoonstaat", map[string]any{"VerloningsRunDataIdentity": run, "Sortering": string(order)})
}

// AangifteVersie is the form of a tax return.
type AangifteVersie int

const (
	AangifteXML AangifteVersie = 1 // in the tax authority's schema
	AangiftePDF AangifteVersie = 2
)

// OutputLoonaangifte gives an approved tax return; aangifte is the VerloningsRun
// of ListGoedgekeurdeLoonAangiftePeriode (a read). Faults: 2002, 3002, 3004 (not
// approved). Source: specification, OutputLoonaangifte; contract part B, C5.
func (c *Client) OutputLoonaangifte(ctx context.Context, aangifte string, form AangifteVersie) (Document, error) {
	return c.file(ctx, "OutputLoonaangifte", map[string]any{"VerloningsRunDataIdentity": aangifte, "Versie": int(form)})
}
