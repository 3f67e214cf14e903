// Package exact writes and reads a payroll journal as Exact Online imports it:
// one GLTransaction of type 90 in eExact XML, with signed amounts. It knows the
// file, not Exact's answer to it nor whose accounts these are. A journal that does
// not balance, which the schema of Exact lets pass, cannot be written nor read.
package exact

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"loket-etl/formats/xmldoc"
	"loket-etl/payroll"
)

// Ext is the file name extension.
const Ext = "xml"

const (
	general = "90" // type of a general journal entry
	open    = "20" // status: not processed yet
)

// Encode writes j, of which Books must have Daybook, Currency and Period; Entry (a
// number) and Description are written when they are there. payroll.ErrUnbalanced
// when debit is not credit. After an error what was written is worthless.
func Encode(w io.Writer, j payroll.Journal) error {
	if err := check(j); err != nil {
		return fmt.Errorf("write Exact XML: %w", err)
	}
	b, date := j.Books, j.Date.String()
	x := xmldoc.NewWriter(w)
	x.Start("eExact")
	x.Start("GLTransactions")
	x.Start("GLTransaction", "entry?", b.Entry)
	x.Empty("TransactionType", "number", general)
	x.Empty("Journal", "code", b.Daybook)
	x.Text("Date", date)
	x.Option("Description", b.Description)
	for _, l := range j.Lines {
		x.Start("GLTransactionLine", "type", general, "linetype", "0", "line", strconv.Itoa(l.Number), "status", open)
		x.Text("Date", date)
		x.Empty("FinYear", "number", strconv.Itoa(b.Period.Year))
		x.Empty("FinPeriod", "number", strconv.Itoa(b.Period.Number))
		x.Empty("GLAccount", "code", l.Account)
		x.Option("Description", l.Description)
		if l.CostCentre != "" {
			x.Empty("Costcenter", "code", l.CostCentre)
		}
		if l.CostUnit != "" {
			x.Empty("Costunit", "code", l.CostUnit)
		}
		x.Start("Amount")
		x.Empty("Currency", "code", b.Currency)
		x.Text("Value", l.Signed().String())
		x.End("Amount")
		x.End("GLTransactionLine")
	}
	x.End("GLTransaction")
	x.End("GLTransactions")
	x.End("eExact")
	if err := x.Flush(); err != nil {
		return fmt.Errorf("write Exact XML: %w", err)
	}
	return nil
}

// Decode reads a file with one entry and checks it; payroll.ErrUnbalanced when
// debit is not credit. Of the run it knows what the books know: no payroll period,
// no components.
func Decode(r io.Reader) (payroll.Journal, error) {
	j, err := read(xmldoc.NewReader(r, ""))
	if err == nil {
		err = check(j)
	}
	if err != nil {
		return payroll.Journal{}, fmt.Errorf("read Exact XML: %w", err)
	}
	return j, nil
}

// Totals reads a whole file, checks it as Decode does, and adds it up.
func Totals(r io.Reader) (payroll.Totals, error) {
	j, err := Decode(r)
	if err != nil {
		return payroll.Totals{}, err
	}
	return j.Totals()
}

func check(j payroll.Journal) error {
	b := j.Books
	problems := []error{xmldoc.Limits(
		xmldoc.Limit{Name: "the daybook", Value: b.Daybook, Min: 1, Max: 20},
		xmldoc.Limit{Name: "the currency", Value: b.Currency, Min: 3, Max: 3},
		xmldoc.Limit{Name: "the description", Value: b.Description, Max: 255},
	)}
	if strings.Trim(b.Entry, "0123456789") != "" || len(b.Entry) > 18 {
		problems = append(problems, errors.New("the entry is not a number"))
	}
	if b.Period.Year < 1900 || b.Period.Year > 9999 || b.Period.Number < 1 || b.Period.Number > 99 {
		problems = append(problems, fmt.Errorf("period %s of the books does not exist", b.Period))
	}
	if j.Date == 0 {
		problems = append(problems, errors.New("the date is missing"))
	}
	if len(j.Lines) == 0 {
		problems = append(problems, errors.New("there are no lines"))
	}
	for _, l := range j.Lines {
		if err := xmldoc.Limits(
			xmldoc.Limit{Name: "the account", Value: l.Account, Min: 1, Max: 60},
			xmldoc.Limit{Name: "the description", Value: l.Description, Max: 255},
			xmldoc.Limit{Name: "the cost centre", Value: l.CostCentre, Max: 60},
			xmldoc.Limit{Name: "the cost unit", Value: l.CostUnit, Max: 60},
		); err != nil {
			problems = append(problems, fmt.Errorf("line %d: %w", l.Number, err))
		}
	}
	return errors.Join(append(problems, j.Check())...)
}

func read(x *xmldoc.Reader) (payroll.Journal, error) {
	j := payroll.Journal{}
	for _, name := range []string{"eExact", "GLTransactions"} {
		if _, err := x.Open(name); err != nil {
			return j, err
		}
	}
	if err := readEntry(x, &j); err != nil {
		return j, err
	}
	if x.At("GLTransaction") {
		return j, x.Fail("the file has more than one entry")
	}
	return j, errors.Join(x.Close(), x.Close(), x.End())
}

func readEntry(x *xmldoc.Reader, j *payroll.Journal) error {
	a, err := x.Open("GLTransaction", "entry?")
	if err != nil {
		return err
	}
	j.Books.Entry = a["entry"]
	kind := ""
	if err := x.Fields(xmldoc.Field{Name: "TransactionType@number", Into: &kind}, xmldoc.Field{Name: "Journal@code", Into: &j.Books.Daybook},
		xmldoc.Field{Name: "Date", Into: &j.Date}, xmldoc.Field{Name: "Description?", Into: &j.Books.Description}); err != nil {
		return err
	}
	if kind != general {
		return x.Fail("TransactionType is %.20q, a journal has %s", kind, general)
	}
	for first := true; x.At("GLTransactionLine"); first = false {
		l, books, err := readLine(x, j.Date)
		if err != nil {
			return err
		}
		if first {
			j.Books.Period, j.Books.Currency = books.Period, books.Currency
		}
		if j.Books.Period != books.Period || j.Books.Currency != books.Currency {
			return x.Fail("line %d has another period or currency than the first", l.Number)
		}
		j.Lines = append(j.Lines, l)
	}
	return x.Close()
}

func readLine(x *xmldoc.Reader, entry payroll.Date) (l payroll.JournalLine, b payroll.Books, err error) {
	a, err := x.Open("GLTransactionLine", "type", "linetype", "line", "status")
	if err != nil {
		return l, b, err
	}
	if a["type"] != general || a["linetype"] != "0" || a["status"] != open {
		return l, b, x.Fail("a line is not of type %s, linetype 0, status %s", general, open)
	}
	if l.Number, err = strconv.Atoi(a["line"]); err != nil {
		return l, b, x.Fail("line is not a number")
	}
	var date payroll.Date
	var signed payroll.Cents
	if err := x.Fields(xmldoc.Field{Name: "Date", Into: &date},
		xmldoc.Field{Name: "FinYear@number", Into: &b.Period.Year}, xmldoc.Field{Name: "FinPeriod@number", Into: &b.Period.Number},
		xmldoc.Field{Name: "GLAccount@code", Into: &l.Account}, xmldoc.Field{Name: "Description?", Into: &l.Description},
		xmldoc.Field{Name: "Costcenter@code?", Into: &l.CostCentre}, xmldoc.Field{Name: "Costunit@code?", Into: &l.CostUnit}); err != nil {
		return l, b, err
	}
	if date != entry {
		return l, b, x.Fail("line %d has another date than the entry", l.Number)
	}
	if _, err := x.Open("Amount"); err != nil {
		return l, b, err
	}
	if err := x.Fields(xmldoc.Field{Name: "Currency@code", Into: &b.Currency}, xmldoc.Field{Name: "Value", Into: &signed}); err != nil {
		return l, b, err
	}
	l.Post(signed)
	if err := x.Close(); err != nil {
		return l, b, err
	}
	return l, b, x.Close()
}
