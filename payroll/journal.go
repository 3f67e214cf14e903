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
	debit, credit := j.Sums()
	if debit != credit {
		return Totals{}, fmt.Errorf("%w: debit %s, credit %s", ErrUnbalanced, debit, credit)
	}
	return Totals{Count: len(j.Lines), Amount: debit}, nil
}
