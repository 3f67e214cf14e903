package mappings

import "iter"

// IsHours reports whether the values of a component are hours; else they are
// amounts.
func (m *Mapping) IsHours(component int) bool { return m.to.isHours(component) }

// IsPersonal reports whether a field of a change comes from a column that is
// personal, by the name that the field has in a record of Loket.
func (m *Mapping) IsPersonal(field string) bool {
	for i := range m.to.args {
		a := &m.to.args[i]
		if c := a.column(); a.leaf.Field == field && c >= 0 && m.columns[c].Personal {
			return true
		}
	}
	return false
}

// All is everybody, in the order that NewPeople was given.
func (p *People) All() iter.Seq[Person] {
	return func(yield func(Person) bool) {
		for i := range p.all {
			if !yield(p.all[i]) {
				return
			}
		}
	}
}
