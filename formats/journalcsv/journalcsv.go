package journalcsv

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"

	"loket-etl/formats/cells"
	"loket-etl/payroll"
)

// row is a line of a journal on its way to or from cells.
type row struct {
	l      *Layout
	j      *payroll.Journal
	line   payroll.JournalLine
	name   string // of the account
	value  payroll.Cents
	credit bool // the side of value
}

// field turns a row into a cell and back.
type field struct {
	write func(r *row) string
	read  func(r *row, cell string) error
}

var fields = map[string]field{
	"account":       text(func(r *row) *string { return &r.line.Account }),
	"accountName":   text(func(r *row) *string { return &r.name }),
	"description":   text(func(r *row) *string { return &r.line.Description }),
	"costCentre":    text(func(r *row) *string { return &r.line.CostCentre }),
	"costUnit":      text(func(r *row) *string { return &r.line.CostUnit }),
	"componentName": text(func(r *row) *string { return &r.line.ComponentName }),
	"component":     whole(func(r *row) *int { return &r.line.Component }),
	"line":          whole(func(r *row) *int { return &r.line.Number }),
	"debit":         amount(func(r *row) *payroll.Cents { return &r.line.Debit }),
	"credit":        amount(func(r *row) *payroll.Cents { return &r.line.Credit }),
	"value":         amount(func(r *row) *payroll.Cents { return &r.value }),
	"amount": {write: func(r *row) string { return r.l.amounts().Write(r.line.Signed()) }, read: func(r *row, cell string) error {
		signed, err := r.l.amounts().Read(cell)
		r.line.Post(signed)
		return err
	}},
	"side":     {write: writeSide, read: readSide},
	"entry":    text(func(r *row) *string { return &r.j.Books.Entry }),
	"office":   text(func(r *row) *string { return &r.j.Books.Office }),
	"daybook":  text(func(r *row) *string { return &r.j.Books.Daybook }),
	"currency": text(func(r *row) *string { return &r.j.Books.Currency }),
	"run":      text(func(r *row) *string { return &r.j.Run }),
	"year":     whole(func(r *row) *int { return &r.j.Books.Period.Year }),
	"period":   whole(func(r *row) *int { return &r.j.Books.Period.Number }),
	"date": {write: func(r *row) string { return r.l.Date.Write(r.j.Date) }, read: func(r *row, cell string) (err error) {
		r.j.Date, err = r.l.Date.Read(cell)
		return err
	}},
}

func text(at func(*row) *string) field {
	return field{
		write: func(r *row) string { return cells.Protect(*at(r)) },
		read: func(r *row, cell string) (err error) {
			*at(r), err = cells.Unprotect(cell)
			return err
		},
	}
}

func whole(at func(*row) *int) field {
	return field{
		write: func(r *row) string { return strconv.Itoa(*at(r)) },
		read: func(r *row, cell string) error {
			v, err := strconv.ParseUint(cell, 10, 31)
			if err != nil {
				return errors.New("not a whole number")
			}
			*at(r) = int(v)
			return nil
		},
	}
}

func amount(at func(*row) *payroll.Cents) field {
	return field{
		write: func(r *row) string {
			if r.l.NoZeros && *at(r) == 0 && at(r) != &r.value {
				return ""
			}
			return r.l.amounts().Write(*at(r))
		},
		read: func(r *row, cell string) (err error) {
			if cell == "" && r.l.NoZeros && at(r) != &r.value {
				return nil
			}
			if *at(r), err = r.l.amounts().Read(cell); err == nil && *at(r) < 0 {
				err = errors.New("the amount has a sign")
			}
			return err
		},
	}
}

func writeSide(r *row) string {
	if r.credit {
		return r.l.Sides.Credit
	}
	return r.l.Sides.Debit
}

func readSide(r *row, cell string) error {
	if cell != r.l.Sides.Debit && cell != r.l.Sides.Credit {
		return fmt.Errorf("it is neither %s nor %s", r.l.Sides.Debit, r.l.Sides.Credit)
	}
	r.credit = cell == r.l.Sides.Credit
	return nil
}

func (l Layout) amounts() cells.Amounts {
	return cells.Amounts{Decimal: l.Decimal, Decimals: l.Decimals}
}

// Encode writes j. What its columns ask for must be there: a date, and with
// accountName the Accounts of Books. payroll.ErrUnbalanced when debit is not
// credit. After an error what was written is worthless.
func (l Layout) Encode(w io.Writer, j payroll.Journal) error {
	if err := errors.Join(l.Check(), l.check(j)); err != nil {
		return fmt.Errorf("write journal CSV: %w", err)
	}
	out := csv.NewWriter(w)
	out.Comma, out.UseCRLF = rune(l.Separator[0]), l.CRLF
	record := make([]string, len(l.Columns))
	if !l.NoHeader {
		for i, c := range l.Columns {
			record[i] = c.Header
		}
		out.Write(record)
	}
	names := map[string]string{}
	for _, a := range j.Books.Accounts {
		names[a.Code] = a.Name
	}
	for _, line := range j.Lines {
		r := row{l: &l, j: &j, line: line, name: names[line.Account], value: line.Debit + line.Credit, credit: line.Credit != 0}
		for i, c := range l.Columns {
			record[i] = c.Text
			if c.Field != "text" {
				record[i] = fields[c.Field].write(&r)
			}
			if cells.HasControl(record[i]) {
				return fmt.Errorf("write journal CSV: line %d, %s: it has a control character", line.Number, c.Field)
			}
		}
		out.Write(record)
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("write journal CSV: %w", err)
	}
	return nil
}

func (l Layout) check(j payroll.Journal) error {
	var problems []error
	if j.Date == 0 && l.has("date") {
		problems = append(problems, errors.New("the date is missing"))
	}
	if len(j.Lines) == 0 {
		problems = append(problems, errors.New("there are no lines"))
	}
	known := map[string]bool{"": true}
	for _, a := range j.Books.Accounts {
		known[a.Code] = a.Name != ""
	}
	for _, line := range j.Lines {
		if line.Account == "" {
			problems = append(problems, fmt.Errorf("line %d: the account is missing", line.Number))
		}
		if l.has("accountName") && !known[line.Account] {
			known[line.Account] = true
			problems = append(problems, fmt.Errorf("line %d: account %q has no name", line.Number, line.Account))
		}
	}
	return errors.Join(append(problems, j.Check())...)
}
