// Package employees writes and reads the list of employees that a system for time
// registration is fed with, as CSV with a fixed header. It knows no Loket, and has
// no column for a BSN, an account or pay.
package employees

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gocarina/gocsv"

	"loket-etl/formats/cells"
	"loket-etl/payroll"
)

// Ext is the file name extension.
const Ext = "csv"

// line is an employee as it stands in the file.
type line struct {
	Persnr       number `csv:"personeelsnummer"`
	PersnrVerl   number `csv:"personeelsnummer verloning"`
	Clientnummer number `csv:"clientnummer"`
	Name         text   `csv:"naam"`
	InService    date   `csv:"in dienst"`
	OutOfService date   `csv:"uit dienst"`
	Email        text   `csv:"e-mail"`
}

var header = []string{"personeelsnummer", "personeelsnummer verloning", "clientnummer", "naam", "in dienst", "uit dienst", "e-mail"}

const (
	separator = ';'
	dates     = cells.Dates("dd-MM-yyyy")
)

type number int

// MarshalCSV leaves a number that is not known empty.
func (n number) MarshalCSV() (string, error) {
	if n == 0 {
		return "", nil
	}
	return strconv.Itoa(int(n)), nil
}

type date payroll.Date

// MarshalCSV writes dd-MM-yyyy, nothing for no date.
func (d date) MarshalCSV() (string, error) {
	if d == 0 {
		return "", nil
	}
	return dates.Write(payroll.Date(d)), nil
}

type text string

// MarshalCSV keeps a text from being a formula.
func (s text) MarshalCSV() (string, error) {
	if cells.HasControl(string(s)) {
		return "", errors.New("a text has a control character")
	}
	return cells.Protect(string(s)), nil
}

// Encode writes the list, with CR LF. It refuses what payroll.Employees.Check and
// Decode refuse. After an error what was written is worthless.
func Encode(w io.Writer, list payroll.Employees) error {
	if err := check(list); err != nil {
		return fmt.Errorf("write employees: %w", err)
	}
	lines := make([]line, len(list))
	for i, e := range list {
		lines[i] = line{number(e.Persnr), number(e.PersnrVerl), number(e.Clientnummer), text(e.Name), date(e.InService), date(e.OutOfService), text(e.Email)}
	}
	out := csv.NewWriter(w)
	out.Comma, out.UseCRLF = separator, true
	err := gocsv.MarshalCSV(&lines, gocsv.NewSafeCSVWriter(out))
	out.Flush()
	if err := errors.Join(err, out.Error()); err != nil {
		return fmt.Errorf("write employees: %w", err)
	}
	return nil
}

func check(list payroll.Employees) error {
	for i, e := range list {
		if e.Email != "" && !isAddress(e.Email) {
			return fmt.Errorf("employee %d: the e-mail address is none", i+1)
		}
	}
	return list.Check()
}

// isAddress wants what an e-mail address has at least, and no more than one.
func isAddress(s string) bool {
	user, domain, ok := strings.Cut(s, "@")
	return ok && user != "" && strings.Contains(strings.Trim(domain, "."), ".") && !strings.ContainsAny(s, " ,;<>\"") && strings.Count(s, "@") == 1 && utf8.RuneCountInString(s) <= 254
}

// Decode reads a whole list and checks it; LF instead of CR LF, and a byte order
// mark, are accepted. An error names the line and the column.
func Decode(r io.Reader) (payroll.Employees, error) {
	list, err := read(r)
	if err == nil {
		err = check(list)
	}
	if err != nil {
		return nil, fmt.Errorf("read employees: %w", err)
	}
	return list, nil
}

// Totals reads a whole list, checks it as Decode does, and adds it up.
func Totals(r io.Reader) (payroll.Totals, error) {
	list, err := Decode(r)
	if err != nil {
		return payroll.Totals{}, err
	}
	return list.Totals()
}

func read(r io.Reader) (payroll.Employees, error) {
	b := bufio.NewReader(r)
	if mark, _ := b.Peek(3); string(mark) == "\uFEFF" {
		b.Discard(3)
	}
	in := csv.NewReader(b)
	in.Comma, in.FieldsPerRecord, in.ReuseRecord = separator, len(header), true
	found, err := in.Read()
	switch {
	case err == io.EOF:
		return nil, errors.New("the file is empty")
	case err != nil:
		return nil, err
	case !slices.Equal(found, header):
		return nil, fmt.Errorf("the header is not %s", strings.Join(header, string(separator)))
	}
	var list payroll.Employees
	for {
		found, err := in.Read()
		if err == io.EOF {
			return list, nil
		}
		if err != nil {
			return nil, err
		}
		e, column, err := parse(found)
		if err != nil {
			at, _ := in.FieldPos(0)
			return nil, fmt.Errorf("line %d: %s: %w", at, header[column], err)
		}
		list = append(list, e)
	}
}

// parse reads the cells of a line; column is where it went wrong.
func parse(found []string) (e payroll.Employee, column int, err error) {
	for i, into := range []any{&e.Persnr, &e.PersnrVerl, &e.Clientnummer, &e.Name, &e.InService, &e.OutOfService, &e.Email} {
		switch cell := found[i]; into := into.(type) {
		case *string:
			*into, err = cells.Unprotect(cell)
		case *payroll.Date:
			if cell != "" {
				*into, err = dates.Read(cell)
			}
		case *int:
			*into, err = whole(cell)
		}
		if err != nil {
			return e, i, err
		}
	}
	return e, 0, nil
}

func whole(cell string) (int, error) {
	if cell == "" {
		return 0, nil
	}
	v, err := strconv.ParseUint(cell, 10, 31)
	if err != nil || cell[0] == '0' {
		return 0, errors.New("not a whole number from 1; nothing is an empty cell")
	}
	return int(v), nil
}
