package payroll

import (
	"errors"
	"io"
	"testing"
)

func failing[T any](yield func(T, error) bool) {
	var none T
	yield(none, io.ErrUnexpectedEOF)
}

func TestPaymentTotals(t *testing.T) {
	p := Payments{Batches: []PaymentBatch{{Account: Account{Number: "9999999999"}, Posts: All([]Post{
		{Amount: 100, Account: Account{Number: "0000000002"}}, {Amount: 250, Account: Account{IBAN: "NL02ABNA0123456789"}},
	})}}}
	got, err := p.Totals()
	if want := (Totals{Count: 2, Amount: 350, Hash: "0123456789"}); err != nil || got != want { // 2 x 9,999,999,999 + 2 + 123,456,789, the last ten digits
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	p.Batches[0].Posts = All([]Post{{Amount: 1, Account: Account{IBAN: "DE89370400440532013000"}}})
	if got, err := p.Totals(); err != nil || got != (Totals{Count: 1, Amount: 1}) {
		t.Errorf("abroad: %+v, %v", got, err)
	}
	p.Batches[0].Posts = failing[Post]
	if _, err := p.Totals(); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("posts that fail: %v", err)
	}
}

func TestJournalTotals(t *testing.T) {
	j := Journal{Lines: []JournalLine{{Debit: 100}, {Credit: 60}, {Credit: 40}}}
	if got, err := j.Totals(); err != nil || got != (Totals{Count: 3, Amount: 100}) {
		t.Errorf("%+v, %v", got, err)
	}
	j.Lines[2].Credit++
	if _, err := j.Totals(); !errors.Is(err, ErrUnbalanced) {
		t.Errorf("unbalanced: %v", err)
	}
}

func TestResultsAddUp(t *testing.T) {
	slips := []Slip{{Kind: NormalSlip, Components: []ComponentResult{{Number: 1, Value: 5}, {Number: 2, Value: 7}}}, {Kind: SpecialSlip, Components: []ComponentResult{{Number: 2, Value: -1}}}}
	r := Results{Employments: All([]EmploymentResults{{Periods: []PeriodResults{{Slips: slips}, {Slips: slips}}}})}
	if got, err := r.Totals(); err != nil || got != (Totals{Count: 1, Amount: 22}) {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := r.Sum(2); err != nil || got != 12 {
		t.Errorf("component 2: %d, %v", got, err)
	}
	r.Employments = failing[EmploymentResults]
	if _, err := r.Sum(2); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("employments that fail: %v", err)
	}
	if _, err := r.Totals(); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("employments that fail: %v", err)
	}
}

func TestTaxReturnTotals(t *testing.T) {
	one := TaxPeriod{Total: 950_00, Collective: Collective{TotTeBet: 925_00}, People: All(make([]TaxPerson, 3))}
	r := TaxReturn{Period: &one, Corrections: []TaxPeriod{{Collective: Collective{TotTeBet: 25_00}, People: All(make([]TaxPerson, 1))}}}
	if got, err := r.Totals(); err != nil || got != (Totals{Count: 4, Amount: 950_00}) {
		t.Errorf("%+v, %v", got, err)
	}
	r.Period = nil
	if got, err := r.Totals(); err != nil || got != (Totals{Count: 1, Amount: 25_00}) {
		t.Errorf("corrections alone: %+v, %v", got, err)
	}
	r.Corrections[0].People = failing[TaxPerson]
	if _, err := r.Totals(); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("people that fail: %v", err)
	}
}
