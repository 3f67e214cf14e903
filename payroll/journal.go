package payroll

import (
	"errors"
	"fmt"
)

// ErrUnbalanced is returned for a journal whose debit is not its credit.
var ErrUnbalanced = errors.New("journal does not balance")

// Journal is the payroll journal of one run.
type Journal struct {
	Run          string // VerloningsRunDataIdentity
	WerkgeverID  int
	Clientnummer int
	Period       Period
	RunNumber    int // Volgnummerrun
	Date         Date
	Books        Books // zero until the journal is meant for a bookkeeping package
	Lines        []JournalLine
}

// JournalLine books one amount: Debit or Credit is filled, never both, and
// neither is negative.
type JournalLine struct {
	Number        int // from 1, in order
	Component     int // 0: the line belongs to no component
	ComponentName string
	Account       string // grootboekrekening
	Description   string
	CostCentre    string // kostenplaats
	CostUnit      string // kostendrager
	Debit, Credit Cents
}

// maxBooked keeps sums of what a file claims far from the end of an int64.
const maxBooked = Cents(1e17)

// Check wants lines that are numbered from 1, each with either debit or credit,
// and a balance; ErrUnbalanced when debit is not credit.
func (j Journal) Check() error {
	for i, l := range j.Lines {
		err := l.check()
		if err == nil && l.Number != i+1 {
			err = fmt.Errorf("it has number %d", l.Number)
		}
		if err != nil {
			return fmt.Errorf("line %d: %w", i+1, err)
		}
	}
	_, err := j.Totals()
	return err
}

func (l JournalLine) check() error {
	switch {
	case l.Debit < 0 || l.Credit < 0:
		return errors.New("an amount is negative")
	case l.Debit != 0 && l.Credit != 0:
		return errors.New("it has both debit and credit")
	case l.Component < 0:
		return fmt.Errorf("component %d is not a number from 1", l.Component)
	}
	return nil
}

// Signed is debit above and credit below zero.
func (l JournalLine) Signed() Cents { return l.Debit - l.Credit }

// Post fills Debit or Credit from an amount that is debit above zero.
func (l *JournalLine) Post(signed Cents) {
	l.Debit, l.Credit = max(signed, 0), max(-signed, 0)
}

// Sums are total debit and total credit.
func (j Journal) Sums() (debit, credit Cents) {
	for _, l := range j.Lines {
		debit += l.Debit
		credit += l.Credit
	}
	return debit, credit
}

// Totals counts the lines and adds up debit. An unbalanced journal is
// ErrUnbalanced.
func (j Journal) Totals() (Totals, error) {
	var debit, credit Cents
	for _, l := range j.Lines {
		debit += l.Debit
		credit += l.Credit
		if max(debit, credit) > maxBooked {
			return Totals{}, errors.New("the amounts are too large to add up")
		}
	}
	if debit != credit {
		return Totals{}, fmt.Errorf("%w: debit %s, credit %s", ErrUnbalanced, debit, credit)
	}
	return Totals{Count: len(j.Lines), Amount: debit}, nil
}
