package mappings

import (
	"errors"
	"fmt"

	"loket-etl/validate"
)

// CheckRules says what is wrong with rules over files of this mapping: a column that
// it does not have, or a rule that means nothing there.
func (m *Mapping) CheckRules(r validate.Rules) error {
	if r == (validate.Rules{}) || m.IsDocument() {
		return nil
	}
	if m.IsWide() && r.ControlTotal != nil {
		return errors.New("control_total: a row of a wide sheet becomes several, so that there is nothing to count; pass the totals over with skip")
	}
	if m.IsWide() && r.Sums != nil {
		return errors.New("sums: a row of a wide sheet becomes several, and a sum would be held against each")
	}
	if r.Overlap != nil && m.dateColumn() < 0 {
		return errors.New("overlap: the rows have no date to compare times on")
	}
	if _, err := r.Tally(m.columns); err != nil {
		return fmt.Errorf("rules: %w", err)
	}
	return nil
}
