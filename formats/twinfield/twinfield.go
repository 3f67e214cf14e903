// Package twinfield writes and reads a payroll journal as Twinfield imports it:
// one transaction in transactions XML, with amounts without sign and a word for
// their side. It knows the file, not Twinfield's answer to it: a file with results
// is not one to import. No schema of it is public; the layout follows what
// Twinfield is known to accept. A journal that does not balance cannot be written
// nor read.
package twinfield

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

// Where a transaction goes: temporary waits for a person in Twinfield.
const (
	final     = "final"
	temporary = "temporary"
)

// Encode writes j, of which Books must have Office, Daybook, Currency and Period;
// Final decides where it goes. payroll.ErrUnbalanced when debit is not credit.
// After an error what was written is worthless.
func Encode(w io.Writer, j payroll.Journal) error {
	if err := check(j); err != nil {
		return fmt.Errorf("write Twinfield XML: %w", err)
	}
	b, destiny := j.Books, temporary
	if b.Final {
		destiny = final
	}
	x := xmldoc.NewWriter(w)
	x.Start("transactions")
	x.Start("transaction", "destiny", destiny, "raisewarning", "false")
	x.Start("header")
	x.Text("office", b.Office)
	x.Text("code", b.Daybook)
	x.Text("date", compact(j.Date))
	x.Text("period", fmt.Sprintf("%04d/%02d", b.Period.Year, b.Period.Number))
	x.Text("currency", b.Currency)
	x.End("header")
	x.Start("lines")
	for _, l := range j.Lines {
		side, value := "debit", l.Debit
		if l.Credit != 0 {
			side, value = "credit", l.Credit
		}
		x.Start("line", "type", "detail", "id", strconv.Itoa(l.Number))
		x.Text("dim1", l.Account)
		x.Option("dim2", l.CostCentre)
		x.Option("dim3", l.CostUnit)
		x.Text("debitcredit", side)
		x.Text("value", value.String())
		x.Option("description", l.Description)
		x.End("line")
	}
	x.End("lines")
	x.End("transaction")
	x.End("transactions")
	if err := x.Flush(); err != nil {
		return fmt.Errorf("write Twinfield XML: %w", err)
	}
	return nil
}

// Decode reads a file with one transaction and checks it; payroll.ErrUnbalanced
// when debit is not credit. Of the run it knows what the books know: no payroll
// period, no components.
func Decode(r io.Reader) (payroll.Journal, error) {
	j, err := read(xmldoc.NewReader(r, ""))
	if err == nil {
		err = check(j)
	}
	if err != nil {
		return payroll.Journal{}, fmt.Errorf("read Twinfield XML: %w", err)
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
		xmldoc.Limit{Name: "the office", Value: b.Office, Min: 1, Max: 60},
		xmldoc.Limit{Name: "the daybook", Value: b.Daybook, Min: 1, Max: 60},
		xmldoc.Limit{Name: "the currency", Value: b.Currency, Min: 3, Max: 3},
	)}
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
	if _, err := x.Open("transactions"); err != nil {
		return j, err
	}
	a, err := x.Open("transaction", "destiny", "raisewarning?")
	if err != nil {
		return j, err
	}
	if a["destiny"] != final && a["destiny"] != temporary {
		return j, x.Fail("destiny is neither %s nor %s", temporary, final)
	}
	j.Books.Final = a["destiny"] == final
	if err := readHeader(x, &j); err != nil {
		return j, err
	}
	if _, err := x.Open("lines"); err != nil {
		return j, err
	}
	for x.At("line") {
		l, err := readLine(x)
		if err != nil {
			return j, err
		}
		j.Lines = append(j.Lines, l)
	}
	for range 2 {
		if err := x.Close(); err != nil {
			return j, err
		}
	}
	if x.At("transaction") {
		return j, x.Fail("the file has more than one transaction")
	}
	return j, errors.Join(x.Close(), x.End())
}

func readHeader(x *xmldoc.Reader, j *payroll.Journal) error {
	if _, err := x.Open("header"); err != nil {
		return err
	}
	var date, period string
	b := &j.Books
	if err := x.Fields(xmldoc.Field{Name: "office", Into: &b.Office}, xmldoc.Field{Name: "code", Into: &b.Daybook}, xmldoc.Field{Name: "date", Into: &date},
		xmldoc.Field{Name: "period", Into: &period}, xmldoc.Field{Name: "currency", Into: &b.Currency}); err != nil {
		return err
	}
	var err error
	if len(date) != 8 {
		return x.Fail("date is not of the form YYYYMMDD")
	}
	if j.Date, err = payroll.ParseDate(date[:4] + "-" + date[4:6] + "-" + date[6:]); err != nil {
		return x.Fail("date: %w", err)
	}
	year, number, _ := strings.Cut(period, "/")
	y, err1 := strconv.ParseUint(year, 10, 16)
	n, err2 := strconv.ParseUint(number, 10, 8)
	if err1 != nil || err2 != nil || len(year) != 4 || len(number) != 2 {
		return x.Fail("period is not of the form YYYY/MM")
	}
	b.Period = payroll.Period{Year: int(y), Number: int(n)}
	return x.Close()
}

func readLine(x *xmldoc.Reader) (l payroll.JournalLine, err error) {
	a, err := x.Open("line", "type", "id")
	if err != nil {
		return l, err
	}
	if a["type"] != "detail" {
		return l, x.Fail("a line of type %.20q: a journal has details only", a["type"])
	}
	if l.Number, err = strconv.Atoi(a["id"]); err != nil {
		return l, x.Fail("id is not a number")
	}
	side, value := "", payroll.Cents(0)
	if err := x.Fields(xmldoc.Field{Name: "dim1", Into: &l.Account}, xmldoc.Field{Name: "dim2?", Into: &l.CostCentre}, xmldoc.Field{Name: "dim3?", Into: &l.CostUnit},
		xmldoc.Field{Name: "debitcredit", Into: &side}, xmldoc.Field{Name: "value", Into: &value}, xmldoc.Field{Name: "description?", Into: &l.Description}); err != nil {
		return l, err
	}
	switch {
	case value < 0:
		return l, x.Fail("line %d: value has a sign", l.Number)
	case side == "debit":
		l.Debit = value
	case side == "credit":
		l.Credit = value
	default:
		return l, x.Fail("line %d: debitcredit is neither debit nor credit", l.Number)
	}
	return l, x.Close()
}

func compact(d payroll.Date) string {
	return fmt.Sprintf("%04d%02d%02d", d.Year(), d.Month(), d.Day())
}
