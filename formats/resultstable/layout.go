// Package resultstable writes and reads wage results as a table, in CSV or XLSX,
// in a layout that is told, not programmed. It knows the table, never what a
// component means. A table holds what its columns show and nothing else: Shown is
// what is left of results in it.
package resultstable

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"loket-etl/formats/cells"
)

// File name extensions.
const (
	ExtCSV  = "csv"
	ExtXLSX = "xlsx"
)

// What a row of a table is about.
const (
	PerPeriod    = "period"    // an employment in a period; components are columns
	PerComponent = "component" // a component of a slip; a slip without components is a row too
)

// Layout is how wage results stand in a table: a header, and rows in the order of
// the results. Separator, Decimal, Date, CRLF and BOM are for CSV, Sheet for XLSX,
// where amounts are numbers with two decimals and dates are dates.
type Layout struct {
	Name      string      `yaml:"name"`
	Rows      string      `yaml:"rows"`      // PerPeriod or PerComponent
	Separator string      `yaml:"separator"` // "," or ";" or a tab
	Decimal   string      `yaml:"decimal"`   // "." or ","
	Date      cells.Dates `yaml:"date"`
	CRLF      bool        `yaml:"crlf"`
	BOM       bool        `yaml:"bom"` // a byte order mark, by which Excel knows UTF-8
	Sheet     string      `yaml:"sheet"`
	Columns   []Column    `yaml:"columns"`
}

// Column is a column and what stands in it. The fields are
//
//	dienstverband, persoon, persnr, persnrVerl, name: of the employment; dienstverband, or one of both numbers, must be there,
//	year, period, begin, end, testYear ("ja" or "nee"): period must be there,
//	werkgever, werkgeverId, run, exportSet: the same in every row,
//	value, special: what Component came to over all slips of the period, and the part of it under the special rate,
//	text: always Text.
//
// In a table per component they are without Component, of the component of the row, beside
// slip (1 or 2), component (its number), componentName, category, column, employerCosts.
type Column struct {
	Header    string `yaml:"header"`
	Field     string `yaml:"field"`
	Component int    `yaml:"component"`
	Text      string `yaml:"text"`
}

// Components is the layout that shows everything, a row per component.
var Components = Layout{
	Name: "componenten", Rows: PerComponent, Separator: ";", Decimal: ",", Date: "dd-MM-yyyy", CRLF: true, BOM: true, Sheet: "Loonresultaten",
	Columns: []Column{
		{Header: "Werkgever", Field: "werkgever"}, {Header: "Werkgevernummer", Field: "werkgeverId"}, {Header: "Run", Field: "run"}, {Header: "Exportset", Field: "exportSet"},
		{Header: "Dienstverband", Field: "dienstverband"}, {Header: "Persoon", Field: "persoon"}, {Header: "Personeelsnummer", Field: "persnr"},
		{Header: "Personeelsnummer verloning", Field: "persnrVerl"}, {Header: "Naam", Field: "name"},
		{Header: "Jaar", Field: "year"}, {Header: "Periode", Field: "period"}, {Header: "Begin", Field: "begin"}, {Header: "Einde", Field: "end"}, {Header: "Testjaar", Field: "testYear"},
		{Header: "Strook", Field: "slip"}, {Header: "Component", Field: "component"}, {Header: "Omschrijving", Field: "componentName"}, {Header: "Categorie", Field: "category"},
		{Header: "Kolom", Field: "column"}, {Header: "Kosten werkgever", Field: "employerCosts"}, {Header: "Waarde", Field: "value"}, {Header: "Waarde bijzonder tarief", Field: "special"},
	},
}

// Check names everything that is wrong with the layout.
func (l Layout) Check() error {
	var problems []error
	wrong := func(format string, args ...any) {
		problems = append(problems, fmt.Errorf("results layout %s: %w", l.Name, fmt.Errorf(format, args...)))
	}
	if l.Rows != PerPeriod && l.Rows != PerComponent {
		wrong("rows %q: a row is per %s or per %s", l.Rows, PerPeriod, PerComponent)
	}
	if !slices.Contains([]string{",", ";", "\t"}, l.Separator) {
		wrong(`separator %q is not ",", ";" or a tab`, l.Separator)
	}
	if l.Decimal != "." && l.Decimal != "," {
		wrong(`decimal %q is not "." or ","`, l.Decimal)
	}
	if !l.Date.Known() {
		wrong("date %q is not known", l.Date)
	}
	if n := utf8.RuneCountInString(l.Sheet); n < 1 || n > 31 || strings.ContainsAny(l.Sheet, `:\/?*[]`) || strings.HasPrefix(l.Sheet, "'") || strings.HasSuffix(l.Sheet, "'") || cells.HasControl(l.Sheet) {
		wrong("sheet %q: a name of 1 to 31 characters without : \\ / ? * [ ] and outer apostrophes", l.Sheet)
	}
	seen := map[Column]bool{}
	for i, c := range l.Columns {
		if err := l.checkColumn(c, seen); err != nil {
			wrong("column %d: %w", i+1, err)
		}
	}
	if !l.has("period") {
		wrong("there is no column period")
	}
	if !l.has("dienstverband") && !l.has("persnr") && !l.has("persnrVerl") {
		wrong("no column tells employments apart: dienstverband, persnr or persnrVerl")
	}
	if l.Rows == PerComponent && !l.has("component") {
		wrong("there is no column component")
	}
	return errors.Join(problems...)
}

func (l Layout) checkColumn(c Column, seen map[Column]bool) error {
	f, known := fields[c.Field]
	amount := c.Field == "value" || c.Field == "special"
	key := Column{Field: c.Field, Component: c.Component}
	twice := seen[key]
	seen[key] = true
	switch {
	case c.Header == "":
		return errors.New("there is no header")
	case cells.IsUnsafe(c.Header), cells.IsUnsafe(c.Text):
		return errors.New("a text begins as a formula or has a control character")
	case c.Field == "text":
		return nil
	case !known:
		return fmt.Errorf("field %q is not known", c.Field)
	case f.perComponent && l.Rows == PerPeriod:
		return fmt.Errorf("field %q is for rows per %s", c.Field, PerComponent)
	case amount && l.Rows == PerPeriod && c.Component < 1:
		return fmt.Errorf("field %q wants the number of a component", c.Field)
	case c.Component != 0 && !(amount && l.Rows == PerPeriod):
		return fmt.Errorf("field %q has no component here", c.Field)
	case twice:
		return fmt.Errorf("field %q stands there twice", c.Field)
	}
	return nil
}

func (l Layout) has(field string) bool {
	return slices.ContainsFunc(l.Columns, func(c Column) bool { return c.Field == field })
}
