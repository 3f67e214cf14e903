package resultstable

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"

	"loket-etl/formats/cells"
	"loket-etl/formats/xmldoc"
	"loket-etl/payroll"
)

// EncodeCSV writes the table. It refuses what it could not be read back from:
// employments that its columns do not tell apart, control characters, amounts of
// more than fifteen digits. Texts that a spreadsheet would take for formulas are
// written behind an apostrophe. After an error what was written is worthless.
func (l Layout) EncodeCSV(w io.Writer, r payroll.Results) error {
	if err := l.encodeCSV(w, r); err != nil {
		return fmt.Errorf("write results CSV: %w", err)
	}
	return nil
}

func (l Layout) encodeCSV(w io.Writer, r payroll.Results) error {
	if err := l.Check(); err != nil {
		return err
	}
	buffer := bufio.NewWriter(w)
	if l.BOM {
		buffer.WriteString(bom)
	}
	out := csv.NewWriter(buffer)
	out.Comma, out.UseCRLF = rune(l.Separator[0]), l.CRLF
	record := make([]string, len(l.Columns))
	for i, c := range l.Columns {
		record[i] = c.Header
	}
	out.Write(record)
	for r, err := range l.checked(r) {
		if err != nil {
			return err
		}
		for i, c := range l.Columns {
			record[i] = l.csvCell(c, &r)
		}
		out.Write(record)
	}
	out.Flush()
	return errors.Join(out.Error(), buffer.Flush())
}

// checked are the rows of results that a table can be read back from.
func (l Layout) checked(r payroll.Results) iter.Seq2[row, error] {
	return func(yield func(row, error) bool) {
		g, n := newGrouper(l), 0
		for r, err := range l.rows(r) {
			if n++; err == nil {
				err = l.check(r)
			}
			if err == nil {
				err = g.add(l.see(r))
				g.taken()
			}
			if err != nil {
				yield(r, fmt.Errorf("row %d: %w", n+1, err))
				return
			}
			if !yield(r, nil) {
				return
			}
		}
	}
}

const bom = "\uFEFF"

func (l Layout) amounts() cells.Amounts { return cells.Amounts{Decimal: l.Decimal, Decimals: 2} }

func (l Layout) csvCell(c Column, r *row) string {
	if c.Field == "text" {
		return c.Text
	}
	if c.isAmount() {
		if v, there := r.amount(c); there {
			return l.amounts().Write(v)
		}
		return ""
	}
	switch v := fields[c.Field].at(r).(type) {
	case *string:
		return cells.Protect(*v)
	case *int:
		return whole(*v)
	case *bool:
		return yes(*v)
	case *payroll.Date:
		return l.Date.Write(*v)
	}
	return ""
}

func whole(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func yes(v bool) string {
	if v {
		return "ja"
	}
	return "nee"
}

// DecodeCSV reads a whole table and checks it before it returns: header, every
// cell, and that rows of an employment, period and slip stand together and say the
// same of it. The employments are then read again from r when they are ranged: r
// must stay open and unchanged as long as the document is used. A reader that
// cannot seek is read into memory.
func (l Layout) DecodeCSV(r io.Reader) (payroll.Results, error) {
	return l.decode("CSV", r, l.csvRows)
}

// TotalsCSV reads a whole table, checks it as DecodeCSV does, and adds it up.
func (l Layout) TotalsCSV(r io.Reader) (payroll.Totals, error) {
	return l.totals("CSV", r, l.csvRows)
}

// open are the rows of a file that is read from here.
type open func(io.Reader) iter.Seq2[row, error]

func (l Layout) decode(kind string, r io.Reader, rows open) (payroll.Results, error) {
	src, start, err := xmldoc.Rewindable(r)
	if err == nil {
		err = l.Check()
	}
	doc := payroll.Results{}
	if err == nil {
		doc, err = l.group(rows(src), func(payroll.EmploymentResults) bool { return true })
	}
	if err != nil {
		return payroll.Results{}, fmt.Errorf("read results %s: %w", kind, err)
	}
	doc.Employments = func(yield func(payroll.EmploymentResults, error) bool) {
		_, err := src.Seek(start, io.SeekStart)
		if err == nil {
			_, err = l.group(rows(src), func(e payroll.EmploymentResults) bool { return yield(e, nil) })
		}
		if err != nil && err != errStopped {
			yield(payroll.EmploymentResults{}, fmt.Errorf("read results %s again: %w", kind, err))
		}
	}
	return doc, nil
}

func (l Layout) totals(kind string, r io.Reader, rows open) (payroll.Totals, error) {
	sum := payroll.Totals{}
	err := l.Check()
	if err == nil {
		_, err = l.group(rows(r), func(e payroll.EmploymentResults) bool {
			one := payroll.Results{Employments: payroll.All([]payroll.EmploymentResults{e})}
			t, _ := one.Totals()
			sum.Count += t.Count
			sum.Amount += t.Amount
			return true
		})
	}
	if err != nil {
		return payroll.Totals{}, fmt.Errorf("read results %s: %w", kind, err)
	}
	return sum, nil
}

func (l Layout) csvRows(from io.Reader) iter.Seq2[row, error] {
	return func(yield func(row, error) bool) {
		b := bufio.NewReader(from)
		if mark, _ := b.Peek(len(bom)); string(mark) == bom {
			b.Discard(len(bom))
		}
		in := csv.NewReader(b)
		in.Comma, in.FieldsPerRecord, in.ReuseRecord = rune(l.Separator[0]), len(l.Columns), true
		n := notation{text: cells.Unprotect, cents: l.amounts().Read, date: l.Date.Read}
		for first := true; ; first = false {
			record, err := in.Read()
			switch {
			case err == io.EOF && first:
				yield(row{}, errors.New("the file is empty"))
				return
			case err == io.EOF:
				return
			case err != nil:
				yield(row{}, err)
				return
			case first:
				if err := l.header(record); err != nil {
					yield(row{}, err)
					return
				}
				continue
			}
			r, err := l.parseRow(record, n, l.csvCell)
			if err != nil {
				line, _ := in.FieldPos(0)
				err = fmt.Errorf("line %d: %w", line, err)
			}
			if !yield(r, err) || err != nil {
				return
			}
		}
	}
}

func (l Layout) header(found []string) error {
	if len(found) != len(l.Columns) {
		return fmt.Errorf("the header has %d columns, not %d", len(found), len(l.Columns))
	}
	for i, c := range l.Columns {
		if found[i] != c.Header {
			return fmt.Errorf("header %d is %.40q where %q is due", i+1, found[i], c.Header)
		}
	}
	return nil
}
