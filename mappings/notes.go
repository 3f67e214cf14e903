package mappings

import (
	"fmt"

	"loket-etl/formats"
	"loket-etl/payroll"
)

// notes tells of free text that goes to Loket as it is and reads as the number of
// a person: one note per kind of text, however many rows have one.
func (p *planner) notes() []formats.Problem {
	var all []formats.Problem
	for d := range dimensions {
		if !d.isText() || p.j.m.to.dims[d].kind == absent {
			continue
		}
		seen, found := make([]bool, len(p.texts.texts)), map[string]bool{}
		first := ""
		for i := range p.groups.keys {
			id := p.groups.keys[i].dims[d]
			if seen[id] {
				continue
			}
			seen[id] = true
			text := p.texts.texts[id]
			shown := payroll.Discreet(text)
			if shown == text {
				continue
			}
			found[text] = true
			if first == "" || shown < first {
				first = shown
			}
		}
		if len(found) == 0 {
			continue
		}
		note := formats.Problem{
			Code: "lijkt-persoonlijk", Message: fmt.Sprintf("De %s %s lijkt op het BSN of IBAN van een persoon en gaat zo naar Loket.", dimensionName[d], first),
			Repair: "Controleer of de juiste kolom is gebruikt; is het een gewone code, dan hoeft u niets te doen.",
		}
		if n := len(found) - 1; n > 0 {
			note.Message += fmt.Sprintf(" Zo zijn er nog %d.", n)
		}
		all = append(all, note)
	}
	return all
}
