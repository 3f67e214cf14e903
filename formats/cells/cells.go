// Package cells is how texts, amounts and dates stand in the cells of tables that
// people open in a spreadsheet. It knows no table. What is written is read back the
// same, and no text becomes a formula.
package cells

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"loket-etl/payroll"
)

// HasControl reports whether s has a character that no cell may hold.
func HasControl(s string) bool {
	return strings.ContainsFunc(s, func(c rune) bool { return c < ' ' || c == 0x7f || c == '\uFFFD' })
}

// IsFormula reports whether a spreadsheet takes s for a formula, now or once the
// apostrophes are gone that protect it.
func IsFormula(s string) bool {
	s = strings.TrimLeft(s, "'")
	for _, first := range []string{"=", "+", "-", "@", "＝", "＋", "－", "＠"} {
		if strings.HasPrefix(s, first) {
			return true
		}
	}
	return false
}

// IsUnsafe reports whether s may not be written as it is.
func IsUnsafe(s string) bool { return HasControl(s) || IsFormula(s) }

// Protect is s for a cell: with an apostrophe in front of what would be a formula.
func Protect(s string) string {
	if IsFormula(s) {
		return "'" + s
	}
	return s
}

// Unprotect is the text that Protect made a cell of; a formula is an error.
func Unprotect(cell string) (string, error) {
	rest, protected := strings.CutPrefix(cell, "'")
	switch {
	case HasControl(cell):
		return "", errors.New("it has a control character")
	case !IsFormula(cell):
		return cell, nil
	case protected:
		return rest, nil
	}
	return "", errors.New("it is a formula")
}

// Amounts is how amounts are written: "." or "," and 2 decimals or more behind it.
type Amounts struct {
	Decimal  string
	Decimals int
}

// Write is an amount with all its decimals.
func (a Amounts) Write(c payroll.Cents) string {
	whole, fraction, _ := strings.Cut(c.String(), ".")
	return whole + a.Decimal + fraction + strings.Repeat("0", a.Decimals-2)
}

// Read reads what Write writes: no fewer decimals, and nothing below the cent.
func (a Amounts) Read(cell string) (payroll.Cents, error) {
	whole, fraction, ok := strings.Cut(cell, a.Decimal)
	if !ok || len(fraction) != a.Decimals {
		return 0, fmt.Errorf("not an amount with %d decimals after %q", a.Decimals, a.Decimal)
	}
	if strings.Trim(fraction[2:], "0") != "" {
		return 0, errors.New("the amount is no whole number of cents")
	}
	v, err := payroll.ParseCents(whole + "." + fraction[:2])
	if err != nil {
		return 0, errors.New("not an amount")
	}
	return v, nil
}

var dates = map[string]string{
	"yyyy-MM-dd": "2006-01-02", "dd-MM-yyyy": "02-01-2006", "dd/MM/yyyy": "02/01/2006", "dd.MM.yyyy": "02.01.2006", "yyyyMMdd": "20060102",
}

// Dates is how dates are written: "yyyy-MM-dd", "dd-MM-yyyy", "dd/MM/yyyy",
// "dd.MM.yyyy" or "yyyyMMdd".
type Dates string

// Known reports whether it is one of these.
func (d Dates) Known() bool { return dates[string(d)] != "" }

// Write is the date as text.
func (d Dates) Write(date payroll.Date) string { return date.Time().Format(dates[string(d)]) }

// Read reads what Write writes.
func (d Dates) Read(cell string) (payroll.Date, error) {
	t, err := time.Parse(dates[string(d)], cell)
	if err != nil {
		return 0, fmt.Errorf("not a date of the form %s", d)
	}
	return payroll.DateOf(t), nil
}
