// Package xaf writes and reads a payroll journal as an XML Auditfile Financieel,
// version 3.2 or 4.0: one journal of type Y with one transaction. It knows the
// file, not the bookkeeping around it: an audit file of a whole bookkeeping is
// refused. A journal that does not balance cannot be written nor read.
package xaf

import (
	"errors"
	"fmt"
	"io"
	"strconv"

	"loket-etl/formats/xmldoc"
	"loket-etl/payroll"
)

// Ext is the file name extension.
const Ext = "xaf"

// What the file says of its maker, and the type of a payroll journal.
const (
	software        = "loket-etl"
	softwareVersion = "1"
	payrollType     = "Y"
)

// Version is a version of the audit file. The elements that differ are named here.
type Version struct {
	Namespace           string
	name                string
	company             string // element of the number of the company
	costCentre, product string // elements of kostenplaats and kostendrager
	short               int    // longest number of the company, cost centre and cost unit
	long                int    // longest account name
}

// V32 and V40 are the versions in use; the tax office takes only the second from
// 2027.
var (
	V32 = Version{Namespace: "http://www.auditfiles.nl/XAF/3.2", name: "3.2", company: "companyIdent", costCentre: "costID", product: "prodID", short: 35, long: 999}
	V40 = Version{Namespace: "http://www.odb.belastingdienst.nl/Belastingdienst/BCPP/1.1/structures/XmlauditfileXAF_4.0", name: "4.0",
		company: "Commercenr", costCentre: "cost", product: "product", short: 100, long: 255}
)

// Encode writes j, of which Books must have Daybook and DaybookName, Entry,
// Currency, Period with its days and those of the year, Created, Company and the
// Accounts of all lines. The company's number is Office in 3.2, and KvK in 4.0;
// neither is required. docRef is the run. payroll.ErrUnbalanced when debit is not
// credit. After an error what was written is worthless.
func (v Version) Encode(w io.Writer, j payroll.Journal) error {
	if err := v.check(j); err != nil {
		return fmt.Errorf("write XAF %s: %w", v.name, err)
	}
	x := xmldoc.NewWriter(w)
	x.Start("auditfile", "xmlns", v.Namespace)
	v.writeHeader(x, j.Books)
	x.Start("company")
	v.writeCompany(x, j.Books)
	x.Start("transactions")
	debit, credit := j.Sums()
	x.Text("linesCount", strconv.Itoa(len(j.Lines)))
	x.Text("totalDebit", debit.String())
	x.Text("totalCredit", credit.String())
	v.writeJournal(x, j)
	x.End("transactions")
	x.End("company")
	x.End("auditfile")
	if err := x.Flush(); err != nil {
		return fmt.Errorf("write XAF %s: %w", v.name, err)
	}
	return nil
}

func (v Version) writeHeader(x *xmldoc.Writer, b payroll.Books) {
	x.Start("header")
	x.Text("fiscalYear", fmt.Sprintf("%04d", b.Period.Year))
	x.Text("startDate", b.YearDays.First.String())
	x.Text("endDate", b.YearDays.Last.String())
	x.Text("curCode", b.Currency)
	x.Text("dateCreated", b.Created.String())
	x.Text("softwareDesc", software)
	x.Text("softwareVersion", softwareVersion)
	x.End("header")
}

func (v Version) writeCompany(x *xmldoc.Writer, b payroll.Books) {
	x.Option(v.company, *v.number(&b))
	x.Text("companyName", b.Company.Name)
	x.Text("taxRegistrationCountry", b.Company.Country)
	x.Text("taxRegIdent", b.Company.TaxID)
	x.Start("generalLedger")
	for _, a := range b.Accounts {
		kind := "P"
		if a.Balance {
			kind = "B"
		}
		x.Start("ledgerAccount")
		x.Text("accID", a.Code)
		x.Text("accDesc", a.Name)
		x.Text("accTp", kind)
		x.End("ledgerAccount")
	}
	x.End("generalLedger")
	x.Start("periods")
	x.Start("period")
	x.Text("periodNumber", strconv.Itoa(b.Period.Number))
	x.Text("startDatePeriod", b.PeriodDays.First.String())
	x.Text("endDatePeriod", b.PeriodDays.Last.String())
	x.End("period")
	x.End("periods")
}

func (v Version) writeJournal(x *xmldoc.Writer, j payroll.Journal) {
	b, date := j.Books, j.Date.String()
	x.Start("journal")
	x.Text("jrnID", b.Daybook)
	x.Text("desc", b.DaybookName)
	x.Text("jrnTp", payrollType)
	x.Start("transaction")
	x.Text("nr", b.Entry)
	x.Option("desc", b.Description)
	x.Text("periodNumber", strconv.Itoa(b.Period.Number))
	x.Text("trDt", date)
	for _, l := range j.Lines {
		side, amount := "D", l.Debit
		if l.Credit != 0 {
			side, amount = "C", l.Credit
		}
		x.Start("trLine")
		x.Text("nr", strconv.Itoa(l.Number))
		x.Text("accID", l.Account)
		x.Text("docRef", j.Run)
		x.Text("effDate", date)
		x.Option("desc", l.Description)
		x.Text("amnt", amount.String())
		x.Text("amntTp", side)
		x.Option(v.costCentre, l.CostCentre)
		x.Option(v.product, l.CostUnit)
		x.End("trLine")
	}
	x.End("transaction")
	x.End("journal")
}

// number is where Books have the number that this version wants of the company.
func (v Version) number(b *payroll.Books) *string {
	if v.company == "companyIdent" {
		return &b.Office
	}
	return &b.Company.KvK
}

func (v Version) check(j payroll.Journal) error {
	b := j.Books
	problems := []error{xmldoc.Limits(
		xmldoc.Limit{Name: "the daybook", Value: b.Daybook, Min: 1, Max: 35},
		xmldoc.Limit{Name: "the name of the daybook", Value: b.DaybookName, Min: 1, Max: 9999},
		xmldoc.Limit{Name: "the entry", Value: b.Entry, Min: 1, Max: 35},
		xmldoc.Limit{Name: "the description", Value: b.Description, Max: 9999},
		xmldoc.Limit{Name: "the currency", Value: b.Currency, Min: 3, Max: 3},
		xmldoc.Limit{Name: "the number of the company", Value: *v.number(&b), Max: v.short},
		xmldoc.Limit{Name: "the name of the company", Value: b.Company.Name, Min: 1, Max: 255},
		xmldoc.Limit{Name: "the country of the company", Value: b.Company.Country, Min: 2, Max: 2},
		xmldoc.Limit{Name: "the tax number of the company", Value: b.Company.TaxID, Min: 1, Max: 30},
		xmldoc.Limit{Name: "the run", Value: j.Run, Max: 255},
	)}
	if b.Period.Year < 1900 || b.Period.Year > 9999 || b.Period.Number < 1 || b.Period.Number > 999 {
		problems = append(problems, fmt.Errorf("period %s of the books does not exist", b.Period))
	}
	for _, d := range []payroll.Days{b.YearDays, b.PeriodDays} {
		if d.First == 0 || d.Last < d.First {
			problems = append(problems, errors.New("the days of the year or the period are missing or end before they begin"))
		}
	}
	if j.Date == 0 || b.Created == 0 {
		problems = append(problems, errors.New("the date, or that of the file, is missing"))
	}
	if len(j.Lines) == 0 {
		problems = append(problems, errors.New("there are no lines"))
	}
	problems = append(problems, v.checkAccounts(b.Accounts), v.checkLines(j), j.Check())
	return errors.Join(problems...)
}

func (v Version) checkAccounts(accounts []payroll.LedgerAccount) error {
	var problems []error
	seen := map[string]bool{}
	for _, a := range accounts {
		err := xmldoc.Limits(xmldoc.Limit{Name: "the code", Value: a.Code, Min: 1, Max: 35}, xmldoc.Limit{Name: "the name", Value: a.Name, Min: 1, Max: v.long})
		if seen[a.Code] {
			err = errors.Join(err, errors.New("it stands there twice"))
		}
		seen[a.Code] = true
		if err != nil {
			problems = append(problems, fmt.Errorf("account %q: %w", a.Code, err))
		}
	}
	return errors.Join(problems...)
}

func (v Version) checkLines(j payroll.Journal) error {
	var problems []error
	known := map[string]bool{}
	for _, a := range j.Books.Accounts {
		known[a.Code] = true
	}
	for _, l := range j.Lines {
		err := xmldoc.Limits(
			xmldoc.Limit{Name: "the description", Value: l.Description, Max: 9999},
			xmldoc.Limit{Name: "the cost centre", Value: l.CostCentre, Max: 35},
			xmldoc.Limit{Name: "the cost unit", Value: l.CostUnit, Max: 35})
		if err != nil {
			problems = append(problems, fmt.Errorf("line %d: %w", l.Number, err))
		}
		if !known[l.Account] {
			known[l.Account] = true
			problems = append(problems, fmt.Errorf("line %d: account %q is not in the general ledger", l.Number, l.Account))
		}
	}
	return errors.Join(problems...)
}
