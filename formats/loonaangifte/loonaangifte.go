// Package loonaangifte writes and reads the Dutch wage tax return of 2026 (message
// version 2.0 of the tax authority). It knows the message, never how the amounts
// came about.
//
// What the schema says is checked here too, so that no schema is needed at run
// time: order, presence, lengths, code values, digits. Numbers and dates must be
// in their plain form (no plus sign, at most two written decimals, no time zone in
// a date). Beyond the schema:
//
//   - begin and end are those of one month or one four-week period of 2026;
//   - a BSN passes the eleven test, and a person has each NumIV once;
//   - an income relation does not end before it begins;
//   - in a complete return every collective amount is the sum of the people's
//     amounts to within a euro, as each is cut or rounded to whole euros;
//   - TotTeBet is the sum of its parts, TotGen that and the balances;
//   - corrections are of different periods before that of the return.
//
// An additional return (aanvullend) and a correction hold only the people that
// change, so their collective amounts are compared with nobody.
package loonaangifte

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	"loket-etl/formats/xmldoc"
	"loket-etl/payroll"
)

// Ext is the file name extension; Namespace changes every year.
const (
	Ext       = "xml"
	Namespace = "http://xml.belastingdienst.nl/schemas/Loonaangifte/2026/01"
	version   = "2.0"
)

const maxCorrections = 13

// Encode writes t. It refuses what Decode would refuse; after an error what was
// written is worthless.
func Encode(w io.Writer, t payroll.TaxReturn) error {
	x := xmldoc.NewWriter(w)
	if err := errors.Join(encode(x, t), x.Flush()); err != nil {
		return fmt.Errorf("write loonaangifte: %w", err)
	}
	return nil
}

// Decode reads a whole message and checks it before it returns. The people are
// then read again from r when they are ranged: r must stay open and unchanged as
// long as the document is used. A reader that cannot seek is read into memory.
func Decode(r io.Reader) (payroll.TaxReturn, error) {
	src, start, err := xmldoc.Rewindable(r)
	if err != nil {
		return payroll.TaxReturn{}, fmt.Errorf("read loonaangifte: %w", err)
	}
	t, err := read(src, nil)
	if err != nil {
		return payroll.TaxReturn{}, fmt.Errorf("read loonaangifte: %w", err)
	}
	section := 0
	if t.Period != nil {
		t.Period.People = again(src, start, 0)
		section = 1
	}
	for i := range t.Corrections {
		t.Corrections[i].People = again(src, start, section+i)
	}
	return t, nil
}

// Totals reads a whole message, checks it as Decode does, and adds it up.
func Totals(r io.Reader) (payroll.Totals, error) {
	count := 0
	t, err := read(r, func(int, payroll.TaxPerson) bool {
		count++
		return true
	})
	if err != nil {
		return payroll.Totals{}, fmt.Errorf("read loonaangifte: %w", err)
	}
	sum, err := t.Totals() // has no people: they were not kept
	sum.Count = count
	return sum, err
}

func again(src io.ReadSeeker, start int64, section int) iter.Seq2[payroll.TaxPerson, error] {
	return func(yield func(payroll.TaxPerson, error) bool) {
		_, err := src.Seek(start, io.SeekStart)
		stopped := false
		if err == nil {
			_, err = read(src, func(at int, p payroll.TaxPerson) bool {
				stopped = stopped || at > section || at == section && !yield(p, nil)
				return !stopped
			})
		}
		if err != nil && !stopped {
			yield(payroll.TaxPerson{}, fmt.Errorf("read loonaangifte again: %w", err))
		}
	}
}

var errStopped = errors.New("stopped")

// The parts of a message before its periods.

var messageFields = []field[payroll.TaxReturn]{
	text("IdBer", 1, 32, func(t *payroll.TaxReturn) *string { return &t.MessageID }),
	{name: "DatTdAanm", get: func(t *payroll.TaxReturn) string { return t.Created.Format("2006-01-02T15:04:05") }, set: setCreated},
	text("ContPers", 1, 35, func(t *payroll.TaxReturn) *string { return &t.Contact }),
	text("TelNr", 1, 25, func(t *payroll.TaxReturn) *string { return &t.Phone }),
	text("RelNr", 8, 8, func(t *payroll.TaxReturn) *string { return &t.RelNr }),
	text("GebrSwPakket", 1, 27, func(t *payroll.TaxReturn) *string { return &t.Software }),
}

var employerFields = []field[payroll.TaxReturn]{
	{name: "LhNr", get: func(t *payroll.TaxReturn) string { return t.TaxNumber }, set: func(t *payroll.TaxReturn, s string) error {
		t.TaxNumber = s
		return matches(taxNumber, s, "nine digits, L and two digits")
	}},
	text("NmIP", 1, 200, func(t *payroll.TaxReturn) *string { return &t.Name }),
}

// setCreated keeps the civil time as it stands; a zone is read and dropped.
func setCreated(t *payroll.TaxReturn, s string) error {
	for _, layout := range []string{"2006-01-02T15:04:05", time.RFC3339} {
		if v, err := time.Parse(layout, s); err == nil {
			t.Created = time.Date(v.Year(), v.Month(), v.Day(), v.Hour(), v.Minute(), v.Second(), v.Nanosecond(), time.UTC)
			return nil
		}
	}
	return errors.New("is not a date and time")
}
