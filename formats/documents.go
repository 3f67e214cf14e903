package formats

import (
	"fmt"
	"io"

	"loket-etl/formats/clieop03"
	"loket-etl/formats/employees"
	"loket-etl/formats/exact"
	"loket-etl/formats/journalcsv"
	"loket-etl/formats/loonaangifte"
	"loket-etl/formats/loonresultaten"
	"loket-etl/formats/pain001"
	"loket-etl/formats/responsemessage"
	"loket-etl/formats/resultstable"
	"loket-etl/formats/standaardjournaal"
	"loket-etl/formats/twinfield"
	"loket-etl/formats/xaf"
	"loket-etl/payroll"
)

// Format is one way to write a document of type D and to read it back. Encode and
// Decode refuse what does not add up. A decoded document may read from r again
// while its sequences are ranged, so r stays open as long as it is used; Totals
// reads the bytes, so that what was written can be checked without trusting what
// was meant.
type Format[D any] struct {
	Ext    string
	Encode func(w io.Writer, doc D) error
	Decode func(r io.Reader) (D, error)
	Totals func(r io.Reader) (payroll.Totals, error)
}

// Payments are the formats of payment files.
var Payments = map[string]Format[payroll.Payments]{
	"clieop03":        {clieop03.Ext, clieop03.Encode, clieop03.Decode, clieop03.Totals},
	"pain.001.001.03": {pain001.Ext, pain001.V03.Encode, pain001.V03.Decode, pain001.V03.Totals},
	"pain.001.001.09": {pain001.Ext, pain001.V09.Encode, pain001.V09.Decode, pain001.V09.Totals},
}

// Journals are the formats of payroll journals.
var Journals = map[string]Format[payroll.Journal]{
	"standaardjournaal": {standaardjournaal.Ext, standaardjournaal.Encode, standaardjournaal.Decode, standaardjournaal.Totals},
	"exact":             {exact.Ext, exact.Encode, exact.Decode, exact.Totals},
	"twinfield":         {twinfield.Ext, twinfield.Encode, twinfield.Decode, twinfield.Totals},
	"xaf-3.2":           {xaf.Ext, xaf.V32.Encode, xaf.V32.Decode, xaf.V32.Totals},
	"xaf-4.0":           {xaf.Ext, xaf.V40.Encode, xaf.V40.Decode, xaf.V40.Totals},
	"csv-xcount":        {journalcsv.Ext, journalcsv.Xcount.Encode, journalcsv.Xcount.Decode, journalcsv.Xcount.Totals},
	"csv-yuki":          {journalcsv.Ext, journalcsv.Yuki.Encode, journalcsv.Yuki.Decode, journalcsv.Yuki.Totals},
}

// JournalLayout is how journals stand in a CSV file of one's own.
type JournalLayout = journalcsv.Layout

// JournalCSV is the format of a layout; the error names all that is wrong with it.
func JournalCSV(l JournalLayout) (Format[payroll.Journal], error) {
	return Format[payroll.Journal]{journalcsv.Ext, l.Encode, l.Decode, l.Totals}, l.Check()
}

// Results are the formats of wage results.
var Results = map[string]Format[payroll.Results]{
	"loonresultaten":      {loonresultaten.Ext, loonresultaten.Encode, loonresultaten.Decode, loonresultaten.Totals},
	"loonresultaten-csv":  resultsCSV(resultstable.Components),
	"loonresultaten-xlsx": resultsXLSX(resultstable.Components),
}

// ResultsLayout is how wage results stand in a table of one's own. Such a table adds
// up to what Shown of its layout leaves of the results.
type ResultsLayout = resultstable.Layout

// ResultsCSV is the CSV format of a layout; the error names all that is wrong with it.
func ResultsCSV(l ResultsLayout) (Format[payroll.Results], error) { return resultsCSV(l), l.Check() }

// ResultsXLSX is the XLSX format of a layout; the error names all that is wrong with it.
func ResultsXLSX(l ResultsLayout) (Format[payroll.Results], error) { return resultsXLSX(l), l.Check() }

func resultsCSV(l ResultsLayout) Format[payroll.Results] {
	return Format[payroll.Results]{resultstable.ExtCSV, l.EncodeCSV, l.DecodeCSV, l.TotalsCSV}
}

func resultsXLSX(l ResultsLayout) Format[payroll.Results] {
	return Format[payroll.Results]{resultstable.ExtXLSX, l.EncodeXLSX, l.DecodeXLSX, l.TotalsXLSX}
}

// Employees are the formats of lists for time registration.
var Employees = map[string]Format[payroll.Employees]{
	"werknemers-csv": {employees.Ext, employees.Encode, employees.Decode, employees.Totals},
}

// TaxReturns are the formats of tax returns.
var TaxReturns = map[string]Format[payroll.TaxReturn]{
	"loonaangifte-2026": {loonaangifte.Ext, loonaangifte.Encode, loonaangifte.Decode, loonaangifte.Totals},
}

// ErrNoReference is the error of ReadTaxResponse on a message that is whole but
// does not say which return it is about.
var ErrNoReference = responsemessage.ErrNoReference

// ReadTaxResponse reads a response message of the tax authority. It is read only,
// for what is handed on is the message as it came.
func ReadTaxResponse(r io.Reader) (payroll.TaxResponse, error) { return responsemessage.Decode(r) }

// TotalsOf reads back what bytes in a format of any of the tables add up to.
func TotalsOf(format string, r io.Reader) (payroll.Totals, error) {
	if f, ok := Payments[format]; ok {
		return f.Totals(r)
	}
	if f, ok := Journals[format]; ok {
		return f.Totals(r)
	}
	if f, ok := Results[format]; ok {
		return f.Totals(r)
	}
	if f, ok := TaxReturns[format]; ok {
		return f.Totals(r)
	}
	if f, ok := Employees[format]; ok {
		return f.Totals(r)
	}
	return payroll.Totals{}, fmt.Errorf("%q is not the name of a format", format)
}
