package payroll

import (
	"iter"
	"time"
)

// Results are the wage results of an employer: of one run, or of a stretch of
// periods within a year.
type Results struct {
	Year        int
	From, To    int // period numbers
	ExportSet   string
	Run         string // VerloningsRunDataIdentity; empty when the results are of no single run
	Created     time.Time
	WerkgeverID int
	Werkgever   string // DataIdentity

	// Employments may be ranged again, one range at a time. An error ends it, and
	// then nothing of the document may be used.
	Employments iter.Seq2[EmploymentResults, error]
}

// EmploymentResults are the results of one Dienstverband.
type EmploymentResults struct {
	Dienstverband string // DataIdentity
	Persoon       string // DataIdentity, may be empty
	Persnr        int
	PersnrVerl    int // 0: not known
	Name          string
	Periods       []PeriodResults
}

// PeriodResults are the slips of one period.
type PeriodResults struct {
	Period     Period
	Begin, End Date
	TestYear   bool
	Slips      []Slip
}

// SlipKind is Loket's SoortStrook.
type SlipKind int

const (
	NormalSlip  SlipKind = 1 // Normaal strook
	SpecialSlip SlipKind = 2 // Bijzonder tarief strook
)

// Slip is a payslip: the components of one kind.
type Slip struct {
	Kind       SlipKind
	Components []ComponentResult
}

// ComponentResult is what one component came to. Value is in hundredths: cents
// for money, hundredths of an hour for hours.
type ComponentResult struct {
	Number        int
	Name          string // at most 14 characters
	Category      string // "Uren", "Bruto", "Inhouding" ...; may be empty
	Column        string // payslip column; may be empty
	EmployerCosts string // "+", "-" or empty
	Value         Cents
	Special       Cents // the part under the special rate
	HasSpecial    bool
}

// Value is what the component with this number came to over all slips.
func (p PeriodResults) Value(component int) Cents {
	sum := Cents(0)
	for _, s := range p.Slips {
		for _, c := range s.Components {
			if c.Number == component {
				sum += c.Value
			}
		}
	}
	return sum
}

// Sum is what the component came to over all employments.
func (r Results) Sum(component int) (Cents, error) {
	sum := Cents(0)
	for e, err := range r.Employments {
		if err != nil {
			return 0, err
		}
		for _, p := range e.Periods {
			sum += p.Value(component)
		}
	}
	return sum, nil
}

// Totals counts the employments and adds up every value, hours and money alike:
// a control number, not an amount of money.
func (r Results) Totals() (Totals, error) {
	t := Totals{}
	for e, err := range r.Employments {
		if err != nil {
			return Totals{}, err
		}
		t.Count++
		for _, p := range e.Periods {
			for _, s := range p.Slips {
				for _, c := range s.Components {
					t.Amount += c.Value
				}
			}
		}
	}
	return t, nil
}
