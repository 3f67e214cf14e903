// Package journalcsv writes and reads a payroll journal as CSV in a layout that is
// told, not programmed: columns, separator, notations. It knows no bookkeeping
// package beyond the two layouts it brings along. A journal that does not balance
// cannot be written nor read, and no text becomes a formula in a spreadsheet.
package journalcsv

import (
	"errors"
	"fmt"
	"slices"

	"loket-etl/formats/cells"
)

// Ext is the file name extension.
const Ext = "csv"

// Layout is how a journal stands in a file: a header, if it has one, and a row for
// every line, in UTF-8.
type Layout struct {
	Name      string      `yaml:"name"`
	Separator string      `yaml:"separator"` // "," or ";" or a tab
	Decimal   string      `yaml:"decimal"`   // "." or ","
	Decimals  int         `yaml:"decimals"`  // 2 to 6, behind every amount
	Date      cells.Dates `yaml:"date"`
	NoHeader  bool        `yaml:"noHeader"`
	CRLF      bool        `yaml:"crlf"`
	NoZeros   bool        `yaml:"noZeros"` // an amount of nothing in debit or credit is an empty cell
	Sides     Sides       `yaml:"sides"`   // the words in a column "side"
	Columns   []Column    `yaml:"columns"`
}

// Sides are the words for the sides of a line.
type Sides struct {
	Debit  string `yaml:"debit"`
	Credit string `yaml:"credit"`
}

// Column is a column and what stands in it. The fields are
//
//	account, accountName, description, costCentre, costUnit, component, componentName, line (its number),
//	debit and credit, or amount (debit above zero), or value (without sign) and side,
//	date, year, period, entry, office, daybook, currency, run: the same in every row,
//	text: always Text.
type Column struct {
	Header string `yaml:"header"`
	Field  string `yaml:"field"`
	Text   string `yaml:"text"`
}

// Xcount is the layout that xcount reads from a file named after the period.
var Xcount = Layout{
	Name: "xcount", Separator: ",", Decimal: ".", Decimals: 4, Date: "yyyy-MM-dd",
	Columns: []Column{
		{Header: "Rekeningnummer", Field: "account"}, {Header: "RekeningOmschrijving", Field: "accountName"},
		{Header: "Debet", Field: "debit"}, {Header: "Credit", Field: "credit"}, {Header: "Datum", Field: "date"},
	},
}

// Yuki is the layout of Yuki's import of transactions: signed amounts that add up
// to nothing on every date.
var Yuki = Layout{
	Name: "yuki", Separator: ";", Decimal: ",", Decimals: 2, Date: "dd-MM-yyyy", CRLF: true,
	Columns: []Column{
		{Header: "Code grootboekrekening", Field: "account"}, {Header: "Omschrijving grootboekrekening", Field: "accountName"},
		{Header: "Datum transactie", Field: "date"}, {Header: "Referentie", Field: "entry"}, {Header: "Bedrag", Field: "amount"},
		{Header: "Omschrijving", Field: "description"}, {Header: "Projectcode", Field: "costCentre"},
	},
}

// Check names everything that is wrong with the layout.
func (l Layout) Check() error {
	var problems []error
	wrong := func(format string, args ...any) {
		problems = append(problems, fmt.Errorf("journal layout %s: %w", l.Name, fmt.Errorf(format, args...)))
	}
	if !slices.Contains([]string{",", ";", "\t"}, l.Separator) {
		wrong(`separator %q is not ",", ";" or a tab`, l.Separator)
	}
	if l.Decimal != "." && l.Decimal != "," {
		wrong(`decimal %q is not "." or ","`, l.Decimal)
	}
	if l.Decimals < 2 || l.Decimals > 6 {
		wrong("%d decimals: 2 to 6 are possible", l.Decimals)
	}
	if !l.Date.Known() && (l.Date != "" || l.has("date")) {
		wrong("date %q is not known", l.Date)
	}
	if l.has("side") && (l.Sides.Debit == "" || l.Sides.Credit == "" || l.Sides.Debit == l.Sides.Credit) {
		wrong("a column side wants two different words in sides")
	}
	seen := map[string]bool{}
	for i, c := range l.Columns {
		_, known := fields[c.Field]
		switch {
		case c.Field == "text":
		case !known:
			wrong("column %d: field %q is not known", i+1, c.Field)
		case seen[c.Field]:
			wrong("column %d: field %q stands there twice", i+1, c.Field)
		}
		seen[c.Field] = true
		if !l.NoHeader && c.Header == "" {
			wrong("column %d has no header", i+1)
		}
		if cells.IsUnsafe(c.Header) || cells.IsUnsafe(c.Text) {
			wrong("column %d: a text begins as a formula or has a control character", i+1)
		}
	}
	amounts := 0
	for _, way := range [][]string{{"debit", "credit"}, {"amount"}, {"value", "side"}} {
		if !slices.ContainsFunc(way, func(f string) bool { return !seen[f] }) {
			amounts++
		}
	}
	if n := count(seen, "debit", "credit", "amount", "value", "side"); amounts != 1 || n > 2 || seen["amount"] && n > 1 {
		wrong("the amounts stand in debit and credit, or in amount, or in value and side")
	}
	if !seen["account"] {
		wrong("there is no column account")
	}
	return errors.Join(problems...)
}

func (l Layout) has(field string) bool {
	return slices.ContainsFunc(l.Columns, func(c Column) bool { return c.Field == field })
}

func count(seen map[string]bool, fields ...string) (n int) {
	for _, f := range fields {
		if seen[f] {
			n++
		}
	}
	return n
}
