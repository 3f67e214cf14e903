package afdruk

import (
	"fmt"
	"io"

	"loket-etl/payroll"
)

// Journaal prints the payroll journal per account, with totals. A journal that
// does not balance is payroll.ErrUnbalanced.
func Journaal(w io.Writer, k Kop, j payroll.Journal) error {
	if _, err := j.Totals(); err != nil {
		return fmt.Errorf("print Journaal: %w", err)
	}
	s := newSheet(k, "Journaal", "P")
	s.fact("Boekdatum", j.Date.Dutch())
	s.pdf.SetY(s.pdf.GetY() + 2)
	s.table(column{"Rekening", 17, false}, column{"Omschrijving", 46, false}, column{"Component", 40, false},
		column{"Kostenplaats", 24, false}, column{"Drager", 18, false}, column{"Debet", 26, true}, column{"Credit", 26, true})
	for _, l := range j.Lines {
		component := l.ComponentName
		if l.Component != 0 {
			component = fmt.Sprintf("%d %s", l.Component, l.ComponentName)
		}
		s.row(l.Account, l.Description, component, l.CostCentre, l.CostUnit, unlessZero(l.Debit), unlessZero(l.Credit))
	}
	debit, credit := j.Sums()
	s.total("Totaal", "", "", "", "", debit.Dutch(), credit.Dutch())
	return s.write(w, "Journaal")
}

func unlessZero(c payroll.Cents) string {
	if c == 0 {
		return ""
	}
	return c.Dutch()
}
