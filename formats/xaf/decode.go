package xaf

import (
	"fmt"
	"io"
	"slices"
	"strconv"

	"loket-etl/formats/xmldoc"
	"loket-etl/payroll"
)

// whole are the elements that an audit file of a whole bookkeeping has and that of
// a payroll journal has not.
var whole = []string{"customersSuppliers", "vatCodes", "openingBalance", "subledgers"}

// Decode reads an audit file of one payroll journal and checks it;
// payroll.ErrUnbalanced when debit is not credit. What it says of its maker, the
// addresses of the company and the RGS codes of accounts are dropped. Of the run it knows what the books
// know: no payroll period, no components.
func (v Version) Decode(r io.Reader) (payroll.Journal, error) {
	j, err := v.read(xmldoc.NewReader(r, v.Namespace))
	if err == nil {
		err = v.check(j)
	}
	if err != nil {
		return payroll.Journal{}, fmt.Errorf("read XAF %s: %w", v.name, err)
	}
	return j, nil
}

// Totals reads a whole file, checks it as Decode does, and adds it up.
func (v Version) Totals(r io.Reader) (payroll.Totals, error) {
	j, err := v.Decode(r)
	if err != nil {
		return payroll.Totals{}, err
	}
	return j.Totals()
}

// reader holds what must be the same in two places.
type reader struct {
	Version
	*xmldoc.Reader
	j             payroll.Journal
	count, period int
	debit, credit payroll.Cents
}

func (v Version) read(x *xmldoc.Reader) (payroll.Journal, error) {
	r := &reader{Version: v, Reader: x}
	if _, err := x.Open("auditfile"); err != nil {
		return r.j, err
	}
	for _, part := range []func() error{r.header, r.company, r.generalLedger, r.periods, r.transactions} {
		if err := part(); err != nil {
			return r.j, err
		}
	}
	for range 3 { // transactions, company, auditfile
		if err := r.notWhole(); err != nil {
			return r.j, err
		}
		if err := x.Close(); err != nil {
			return r.j, err
		}
	}
	return r.j, x.End()
}

// notWhole refuses what stands next when a payroll journal does not have it.
func (r *reader) notWhole() error {
	if slices.Contains(whole, r.Next()) {
		return r.Fail("%s: this is a whole bookkeeping, not one payroll journal", r.Next())
	}
	return nil
}

func (r *reader) header() error {
	b := &r.j.Books
	if _, err := r.Open("header"); err != nil {
		return err
	}
	year := ""
	if err := r.Fields(xmldoc.Field{Name: "fiscalYear", Into: &year}, xmldoc.Field{Name: "startDate", Into: &b.YearDays.First},
		xmldoc.Field{Name: "endDate", Into: &b.YearDays.Last}, xmldoc.Field{Name: "curCode", Into: &b.Currency},
		xmldoc.Field{Name: "dateCreated", Into: &b.Created}, xmldoc.Field{Name: "softwareDesc?"}, xmldoc.Field{Name: "softwareVersion?"}, xmldoc.Field{Name: "RGSVersion?"}); err != nil {
		return err
	}
	y, err := strconv.ParseUint(year, 10, 16)
	if err != nil || len(year) != 4 {
		return r.Fail("fiscalYear is not one year")
	}
	b.Period.Year = int(y)
	return r.Close()
}

func (r *reader) company() error {
	b := &r.j.Books
	if _, err := r.Open("company"); err != nil {
		return err
	}
	if err := r.Fields(xmldoc.Field{Name: r.Version.company + "?", Into: r.number(b)}, xmldoc.Field{Name: "companyName", Into: &b.Company.Name},
		xmldoc.Field{Name: "taxRegistrationCountry", Into: &b.Company.Country}, xmldoc.Field{Name: "taxRegIdent", Into: &b.Company.TaxID}); err != nil {
		return err
	}
	for r.At("streetAddress") || r.At("postalAddress") {
		if err := r.Skip(r.Next()); err != nil {
			return err
		}
	}
	return r.notWhole()
}

func (r *reader) generalLedger() error {
	if _, err := r.Open("generalLedger"); err != nil {
		return err
	}
	for r.At("ledgerAccount") {
		if _, err := r.Open("ledgerAccount"); err != nil {
			return err
		}
		a, kind := payroll.LedgerAccount{}, ""
		if err := r.Fields(xmldoc.Field{Name: "accID", Into: &a.Code}, xmldoc.Field{Name: "accDesc", Into: &a.Name}, xmldoc.Field{Name: "accTp", Into: &kind},
			xmldoc.Field{Name: "RGScode?"}); err != nil {
			return err
		}
		if kind != "B" && kind != "P" {
			return r.Fail("accTp is neither B nor P")
		}
		a.Balance = kind == "B"
		r.j.Books.Accounts = append(r.j.Books.Accounts, a)
		if err := r.Close(); err != nil {
			return err
		}
	}
	return r.Close()
}

func (r *reader) periods() error {
	if err := r.notWhole(); err != nil {
		return err
	}
	b := &r.j.Books
	for _, name := range []string{"periods", "period"} {
		if _, err := r.Open(name); err != nil {
			return err
		}
	}
	if err := r.Fields(xmldoc.Field{Name: "periodNumber", Into: &b.Period.Number}); err != nil {
		return err
	}
	if r.Version.name == V32.name {
		if err := r.Fields(xmldoc.Field{Name: "periodDesc?"}); err != nil {
			return err
		}
	}
	if err := r.Fields(xmldoc.Field{Name: "startDatePeriod", Into: &b.PeriodDays.First}, xmldoc.Field{Name: "endDatePeriod", Into: &b.PeriodDays.Last}); err != nil {
		return err
	}
	if err := r.Close(); err != nil {
		return err
	}
	if r.At("period") {
		return r.Fail("more than one period: this is a whole bookkeeping, not one payroll journal")
	}
	if err := r.Close(); err != nil {
		return err
	}
	return r.notWhole()
}

func (r *reader) transactions() error {
	if _, err := r.Open("transactions"); err != nil {
		return err
	}
	if err := r.Fields(xmldoc.Field{Name: "linesCount", Into: &r.count}, xmldoc.Field{Name: "totalDebit", Into: &r.debit},
		xmldoc.Field{Name: "totalCredit", Into: &r.credit}); err != nil {
		return err
	}
	if err := r.journal(); err != nil {
		return err
	}
	debit, credit := r.j.Sums()
	switch {
	case r.At("journal"):
		return r.Fail("more than one journal: this is a whole bookkeeping, not one payroll journal")
	case r.count != len(r.j.Lines):
		return r.Fail("linesCount is %d, there are %d lines", r.count, len(r.j.Lines))
	case r.debit != debit || r.credit != credit:
		return r.Fail("the totals are %s and %s, the lines add up to %s and %s", r.debit, r.credit, debit, credit)
	}
	return nil
}

func (r *reader) journal() error {
	b := &r.j.Books
	if _, err := r.Open("journal"); err != nil {
		return err
	}
	kind := ""
	if err := r.Fields(xmldoc.Field{Name: "jrnID", Into: &b.Daybook}, xmldoc.Field{Name: "desc", Into: &b.DaybookName}, xmldoc.Field{Name: "jrnTp?", Into: &kind}); err != nil {
		return err
	}
	if kind != payrollType {
		return r.Fail("a journal of type %.10q, that of payroll is %s", kind, payrollType)
	}
	if _, err := r.Open("transaction"); err != nil {
		return err
	}
	if err := r.Fields(xmldoc.Field{Name: "nr", Into: &b.Entry}, xmldoc.Field{Name: "desc?", Into: &b.Description}, xmldoc.Field{Name: "periodNumber", Into: &r.period},
		xmldoc.Field{Name: "trDt", Into: &r.j.Date}); err != nil {
		return err
	}
	if r.period != b.Period.Number {
		return r.Fail("period %d is not the period of the file", r.period)
	}
	for r.At("trLine") {
		if err := r.line(); err != nil {
			return err
		}
	}
	if err := r.Close(); err != nil {
		return err
	}
	if r.At("transaction") {
		return r.Fail("more than one transaction: this is a whole bookkeeping, not one payroll journal")
	}
	return r.Close()
}

func (r *reader) line() error {
	if _, err := r.Open("trLine"); err != nil {
		return err
	}
	l, run, side := payroll.JournalLine{}, "", ""
	date, amount := payroll.Date(0), payroll.Cents(0)
	if err := r.Fields(xmldoc.Field{Name: "nr", Into: &l.Number}, xmldoc.Field{Name: "accID", Into: &l.Account}, xmldoc.Field{Name: "docRef", Into: &run},
		xmldoc.Field{Name: "effDate", Into: &date}, xmldoc.Field{Name: "desc?", Into: &l.Description}, xmldoc.Field{Name: "amnt", Into: &amount},
		xmldoc.Field{Name: "amntTp", Into: &side}, xmldoc.Field{Name: r.costCentre + "?", Into: &l.CostCentre}, xmldoc.Field{Name: r.product + "?", Into: &l.CostUnit}); err != nil {
		return err
	}
	if len(r.j.Lines) == 0 {
		r.j.Run = run
	}
	switch {
	case run != r.j.Run:
		return r.Fail("line %d has another docRef than the first", l.Number)
	case date != r.j.Date:
		return r.Fail("line %d has another date than the transaction", l.Number)
	case amount < 0:
		return r.Fail("line %d: amnt has a sign", l.Number)
	case side == "D":
		l.Debit = amount
	case side == "C":
		l.Credit = amount
	default:
		return r.Fail("line %d: amntTp is neither D nor C", l.Number)
	}
	r.j.Lines = append(r.j.Lines, l)
	return r.Close()
}
