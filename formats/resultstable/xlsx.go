package resultstable

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"loket-etl/formats/cells"
	"loket-etl/payroll"
)

// Built-in number formats of a spreadsheet, and what a day's number is counted from.
const twoDecimals = 2

var dayZero = time.Date(1899, time.December, 30, 0, 0, 0, 0, time.UTC)

// dateFormat is the form of dates; the day stands in the cell as a number.
var dateFormat = "yyyy\\-mm\\-dd"

// EncodeXLSX writes the table as the only sheet of a workbook: the same bytes for
// the same results. Amounts are numbers shown with two decimals, dates are dates,
// texts are texts whatever they begin with. It refuses what EncodeCSV does. Long
// tables pass through a file in the folder for temporary files, which it removes;
// the packed workbook is in memory until it is written. After an error what was
// written is worthless.
func (l Layout) EncodeXLSX(w io.Writer, r payroll.Results) error {
	err := l.Check()
	if err == nil {
		err = l.encodeXLSX(w, r)
	}
	if err != nil {
		return fmt.Errorf("write results XLSX: %w", err)
	}
	return nil
}

func (l Layout) encodeXLSX(w io.Writer, r payroll.Results) (err error) {
	f := excelize.NewFile()
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := f.SetSheetName(f.GetSheetName(0), l.Sheet); err != nil {
		return err
	}
	styles, err := newStyles(f)
	if err != nil {
		return err
	}
	out, err := f.NewStreamWriter(l.Sheet)
	if err != nil {
		return err
	}
	if err := out.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	values := make([]any, len(l.Columns))
	for i, c := range l.Columns {
		values[i] = excelize.Cell{StyleID: styles.header, Value: c.Header}
	}
	if err := out.SetRow("A1", values); err != nil {
		return err
	}
	n := 1
	for r, err := range l.checked(r) {
		if err != nil {
			return err
		}
		for i, c := range l.Columns {
			if values[i], err = c.xlsxValue(&r, styles); err != nil {
				return err
			}
		}
		n++
		if err := out.SetRow("A"+strconv.Itoa(n), values); err != nil {
			return fmt.Errorf("row %d: %w", n, err)
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	_, err = f.WriteTo(w)
	return err
}

type styles struct{ header, amount, date int }

func newStyles(f *excelize.File) (s styles, err error) {
	if s.header, err = f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}}); err != nil {
		return s, err
	}
	if s.amount, err = f.NewStyle(&excelize.Style{NumFmt: twoDecimals}); err != nil {
		return s, err
	}
	s.date, err = f.NewStyle(&excelize.Style{CustomNumFmt: &dateFormat})
	return s, err
}

func (c Column) xlsxValue(r *row, s styles) (any, error) {
	if c.Field == "text" {
		return c.Text, nil
	}
	if c.isAmount() {
		v, there := r.amount(c)
		if !there {
			return nil, nil
		}
		// A spreadsheet has binary numbers only. Of up to fifteen digits they keep the
		// decimal text, which is what goes into the file.
		number, err := json.Number(v.String()).Float64()
		return excelize.Cell{StyleID: s.amount, Value: number}, err
	}
	switch v := fields[c.Field].at(r).(type) {
	case *int:
		if *v == 0 {
			return nil, nil
		}
		return *v, nil
	case *payroll.Date:
		return excelize.Cell{StyleID: s.date, Value: serial(*v)}, nil
	case *bool:
		return yes(*v), nil
	case *string:
		if *v != "" {
			return *v, nil
		}
	}
	return nil, nil
}

// serial is the number of a day in a spreadsheet.
func serial(d payroll.Date) int { return int(d.Time().Sub(dayZero) / (24 * time.Hour)) }

// xlsxCell is what stands in the file, without what makes it look as it does.
func (l Layout) xlsxCell(c Column, r *row) string {
	if c.Field == "text" {
		return c.Text
	}
	if c.isAmount() {
		if v, there := r.amount(c); there {
			return strings.TrimSuffix(strings.TrimRight(v.String(), "0"), ".")
		}
		return ""
	}
	switch v := fields[c.Field].at(r).(type) {
	case *string:
		return *v
	case *int:
		return whole(*v)
	case *bool:
		return yes(*v)
	case *payroll.Date:
		return strconv.Itoa(serial(*v))
	}
	return ""
}

// DecodeXLSX reads a workbook as EncodeXLSX writes it and checks it as DecodeCSV
// does. The packed workbook is held in memory while it is read.
func (l Layout) DecodeXLSX(r io.Reader) (payroll.Results, error) {
	return l.decode("XLSX", r, l.xlsxRows)
}

// TotalsXLSX reads a whole workbook, checks it as DecodeXLSX does, and adds it up.
func (l Layout) TotalsXLSX(r io.Reader) (payroll.Totals, error) {
	return l.totals("XLSX", r, l.xlsxRows)
}

// Limits of a workbook: unpacked, and of that in memory.
const (
	maxUnpacked = 1 << 30
	maxInMemory = 16 << 20
)

func (l Layout) xlsxRows(from io.Reader) iter.Seq2[row, error] {
	return func(yield func(row, error) bool) {
		stopped := false
		err := l.readXLSX(from, func(r row) bool {
			stopped = !yield(r, nil)
			return !stopped
		})
		if err != nil && !stopped {
			yield(row{}, err)
		}
	}
}

func (l Layout) readXLSX(from io.Reader, take func(row) bool) (err error) {
	f, err := excelize.OpenReader(from, excelize.Options{RawCellValue: true, UnzipSizeLimit: maxUnpacked, UnzipXMLSizeLimit: maxInMemory})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if sheets := f.GetSheetList(); len(sheets) != 1 || sheets[0] != l.Sheet {
		return fmt.Errorf("the sheets are %.60q, not %q alone", sheets, l.Sheet)
	}
	rows, err := f.Rows(l.Sheet)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	n := notation{text: text, cents: cents, date: day}
	line := 0
	for rows.Next() {
		line++
		found, err := rows.Columns(excelize.Options{RawCellValue: true})
		if err != nil {
			return fmt.Errorf("line %d: %w", line, err)
		}
		if line == 1 {
			if err := l.header(found); err != nil {
				return err
			}
			continue
		}
		if len(found) > len(l.Columns) {
			return fmt.Errorf("line %d: it has %d cells, not %d", line, len(found), len(l.Columns))
		}
		for len(found) < len(l.Columns) { // empty cells at the end are not there
			found = append(found, "")
		}
		r, err := l.parseRow(found, n, l.xlsxCell)
		if err != nil {
			return fmt.Errorf("line %d: %w", line, err)
		}
		if !take(r) {
			return nil
		}
	}
	if line == 0 {
		return errors.New("the sheet is empty")
	}
	return rows.Error()
}

func text(cell string) (string, error) {
	if cells.HasControl(cell) {
		return "", errors.New("it has a control character")
	}
	return cell, nil
}

func cents(cell string) (payroll.Cents, error) {
	v, err := payroll.ParseCents(cell)
	if err != nil {
		return 0, errors.New("not a number with at most two decimals")
	}
	return v, nil
}

func day(cell string) (payroll.Date, error) {
	n, err := strconv.ParseUint(cell, 10, 22)
	if err != nil || n == 0 || n >= 2958466 { // the year 10000
		return 0, errors.New("not the number of a day")
	}
	return payroll.DateOf(dayZero.AddDate(0, 0, int(n))), nil
}
