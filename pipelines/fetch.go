package pipelines

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"loket-etl/formats"
	"loket-etl/loket"
	"loket-etl/payroll"
)

// fetched is what Loket gave of a run. All three documents are fetched whichever
// is exported: they must agree.
type fetched struct {
	results, journal loket.Document
	payments         []betaling
	earners          []payroll.Earner
	holders          []string // TenNameVan of each of earners
}

// betaling is one payment of a run.
type betaling struct {
	loket.Entity
	loket.Document // Clieop03
}

// fetchRun reads the documents of a run and who can be paid by it.
func (r *Runner) fetchRun(ctx context.Context, a about) (f fetched, err error) {
	if f.results, err = r.Loket.ExportLoonresultatenPerRun(ctx, a.Run, ""); err != nil {
		return f, fmt.Errorf("fetch the wage results: %w", err)
	}
	if f.journal, err = r.Loket.OutputStandaardjournaalLoonrun(ctx, a.Run); err != nil {
		return f, fmt.Errorf("fetch the journal: %w", err)
	}
	for e, err := range r.Loket.List(ctx, "Betaling", a.Run) {
		if err != nil {
			return f, fmt.Errorf("list Betaling: %w", err)
		}
		doc, err := r.Loket.Clieop03(ctx, e.Identity)
		if err != nil {
			return f, fmt.Errorf("fetch the payment file: %w", err)
		}
		f.payments = append(f.payments, betaling{e, doc})
	}
	for e, err := range r.Loket.List(ctx, "Dienstverband", a.Werkgever) {
		if err != nil {
			return f, fmt.Errorf("list Dienstverband: %w", err)
		}
		iban, _ := payroll.ParseIBAN(e.Text("IBAN")) // without one it is missing, and said where it is needed
		f.earners = append(f.earners, payroll.Earner{
			Dienstverband: e.Identity, Persnr: number(e, "Persnr"), PersnrVerl: number(e, "PersoneelsnummerVerloning"), IBAN: iban,
		})
		f.holders = append(f.holders, e.Text("TenNameVan"))
	}
	return f, nil
}

// check holds payments, as Loket gave them or as they were written, against the
// other documents of the run.
func (f fetched) check(x *Export, payments []payroll.Payments) ([]payroll.Finding, error) {
	run, err := f.documents(x, payments)
	if err != nil {
		return nil, err
	}
	return run.Check()
}

// documents are those of the run, with these payments.
func (f fetched) documents(x *Export, payments []payroll.Payments) (payroll.Run, error) {
	results, err := formats.Results["loonresultaten"].Decode(bytes.NewReader(f.results.Content))
	if err != nil {
		return payroll.Run{}, fmt.Errorf("read the wage results: %w", err)
	}
	journal, err := formats.Journals["standaardjournaal"].Decode(bytes.NewReader(f.journal.Content))
	if err != nil {
		return payroll.Run{}, fmt.Errorf("read the journal: %w", err)
	}
	return payroll.Run{Payments: payments, Results: results, Journal: journal, Earners: f.earners, Net: x.net(), Payable: x.payable()}, nil
}

// asReceived are the payments as Loket gave them.
func (f fetched) asReceived() ([]payroll.Payments, error) {
	var all []payroll.Payments
	for _, b := range f.payments {
		p, err := formats.Payments["clieop03"].Decode(bytes.NewReader(b.Content))
		if err != nil {
			return nil, fmt.Errorf("read the payment file: %w", err)
		}
		all = append(all, p)
	}
	return all, nil
}

// sepa makes a Betaling into credit transfers. Whose account number it is says
// Loket: IBAN and TenNameVan of the Dienstverband, and the IBAN of the principal
// with the Betaling; of others a table of the operator. A number that two IBANs end
// in is nobody's: nothing is made up.
func (f fetched) sepa(x Exporting, b betaling, p payroll.Payments, message string) (payroll.Payments, error) {
	payees := map[string]payroll.Payee{}
	add := func(iban payroll.IBAN, holder string) {
		digits, ok := iban.Account()
		if !ok {
			return
		}
		switch other, twice := payees[digits]; {
		case !twice:
			payees[digits] = payroll.Payee{IBAN: iban, Name: holder}
		case other.IBAN != iban:
			payees[digits] = payroll.Payee{}
		case other.Name == "":
			payees[digits] = payroll.Payee{IBAN: iban, Name: holder}
		}
	}
	for i, e := range f.earners {
		add(e.IBAN, f.holders[i])
	}
	own, err := payroll.ParseIBAN(b.Text("IBANOpdrachtgever"))
	if err != nil {
		return p, fmt.Errorf("the IBAN of the principal: %w", err)
	}
	if digits, _ := own.Account(); len(p.Batches) > 0 && p.Batches[0].Account.Number != digits {
		return p, fmt.Errorf("the principal's IBAN is not the account of the payment file")
	}
	add(own, "")
	out, _, err := payroll.SEPA{MessageID: message, BIC: x.BIC, Payee: func(number string) (payroll.Payee, bool) {
		payee, known := payees[number]
		if !known {
			payee = x.IBANs[number]
		}
		return payee, payee.IBAN != ""
	}}.Convert(p)
	return out, err
}

// report fetches one PDF of a run.
func (r *Runner) report(ctx context.Context, name, order, run string) (loket.Document, error) {
	sort := loket.Sortering(order)
	if sort == "" {
		sort = loket.PerWerknemer
	}
	switch name {
	case "betalingsoverzicht":
		return r.Loket.OutputBetalingsOverzicht(ctx, run)
	case "journaal":
		return r.Loket.OutputJournaal(ctx, run)
	case "opdrachtbrief":
		return r.Loket.OutputOpdrachtbrief(ctx, run)
	case "runoverzicht":
		return r.Loket.OutputRunOverzicht(ctx, run, sort)
	case "standenregister":
		return r.Loket.OutputStandenRegister(ctx, run)
	case "verzamelloonstaat":
		return r.Loket.OutputVerzamelLoonstaat(ctx, run, sort)
	}
	return loket.Document{}, fmt.Errorf("there is no report %q", name)
}

// employees are the people of an employer as time-tracking systems want them.
func (r *Runner) employees(ctx context.Context, a about) (payroll.Employees, error) {
	owner, err := r.Loket.Select(ctx, "Werkgever", a.Werkgever)
	if err != nil {
		return payroll.Employees{}, fmt.Errorf("select Werkgever: %w", err)
	}
	all, err := r.Loket.ExportWerknemer(ctx, owner.Text("Administratienummer"))
	if err != nil {
		return payroll.Employees{}, fmt.Errorf("fetch the employees: %w", err)
	}
	list := payroll.Employees{}
	for _, w := range all {
		for _, d := range w.Dienstverbanden {
			list = append(list, payroll.Employee{
				Clientnummer: number(d, "Clientnummer"), Persnr: number(d, "Persnr"), PersnrVerl: number(d, "PersoneelsnummerVerloning"),
				Name: w.Persoon.Text("Naam"), Email: w.Persoon.Text("EmailZakelijk"), InService: date(d, "DatumInDienst"), OutOfService: date(d, "DatumUitDienst"),
			})
		}
	}
	return list, nil
}

// isPDF reports whether the bytes can be a PDF: Loket's outputs begin so
// (contract C5).
func isPDF(r io.Reader) bool {
	head := make([]byte, 5)
	_, err := io.ReadFull(r, head)
	return err == nil && string(head) == "%PDF-"
}
