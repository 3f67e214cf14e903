package journalcsv

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"

	"loket-etl/payroll"
)

// Decode reads a whole journal and checks it; payroll.ErrUnbalanced when debit is
// not credit. It knows what the columns tell: with accountName the accounts, though
// not whether they are on the balance sheet.
func (l Layout) Decode(r io.Reader) (payroll.Journal, error) {
	if err := l.Check(); err != nil {
		return payroll.Journal{}, err
	}
	j, err := l.read(r)
	if err == nil {
		err = l.check(j)
	}
	if err != nil {
		return payroll.Journal{}, fmt.Errorf("read journal CSV: %w", err)
	}
	return j, nil
}

// Totals reads a whole file, checks it as Decode does, and adds it up.
func (l Layout) Totals(r io.Reader) (payroll.Totals, error) {
	j, err := l.Decode(r)
	if err != nil {
		return payroll.Totals{}, err
	}
	return j.Totals()
}

func (l Layout) read(from io.Reader) (j payroll.Journal, err error) {
	in := csv.NewReader(from)
	in.Comma, in.FieldsPerRecord, in.ReuseRecord = rune(l.Separator[0]), len(l.Columns), true
	if !l.NoHeader {
		cells, err := in.Read()
		if err == io.EOF {
			return j, errors.New("the file is empty")
		}
		if err != nil {
			return j, err
		}
		for i, c := range l.Columns {
			if cells[i] != c.Header {
				return j, fmt.Errorf("header %d is %.40q where %q is due", i+1, cells[i], c.Header)
			}
		}
	}
	names := map[string]string{}
	for {
		cells, err := in.Read()
		if err == io.EOF {
			return j, nil
		}
		if err != nil {
			return j, err
		}
		if err := l.readRow(&j, names, cells); err != nil {
			at, _ := in.FieldPos(0)
			return j, fmt.Errorf("line %d: %w", at, err)
		}
	}
}

func (l Layout) readRow(j *payroll.Journal, names map[string]string, cells []string) error {
	first := len(j.Lines) == 0
	before := payroll.Journal{Run: j.Run, Date: j.Date, Books: j.Books}
	r := row{l: &l, j: j, line: payroll.JournalLine{Number: len(j.Lines) + 1}}
	for i, c := range l.Columns {
		if c.Field == "text" {
			if cells[i] != c.Text {
				return fmt.Errorf("%s is %.40q where %q is due", c.Header, cells[i], c.Text)
			}
			continue
		}
		if err := fields[c.Field].read(&r, cells[i]); err != nil {
			return fmt.Errorf("%s: %w", c.Header, err)
		}
	}
	if l.has("value") {
		r.line.Debit = r.value
		if r.credit {
			r.line.Debit, r.line.Credit = 0, r.value
		}
	}
	if b, was := j.Books, before.Books; !first && (j.Run != before.Run || j.Date != before.Date || b.Entry != was.Entry || b.Office != was.Office ||
		b.Daybook != was.Daybook || b.Currency != was.Currency || b.Period != was.Period) {
		return errors.New("it is of another entry, date or period than the first line")
	}
	if l.has("accountName") {
		switch name, known := names[r.line.Account]; {
		case !known:
			names[r.line.Account] = r.name
			j.Books.Accounts = append(j.Books.Accounts, payroll.LedgerAccount{Code: r.line.Account, Name: r.name})
		case name != r.name:
			return fmt.Errorf("account %.40q has another name than before", r.line.Account)
		}
	}
	j.Lines = append(j.Lines, r.line)
	return nil
}
