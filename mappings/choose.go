package mappings

import (
	"fmt"

	"loket-etl/formats"
)

// NotApproved is the code of somebody whom Input.Only leaves out.
const NotApproved = "niet-goedgekeurd"

// choose leaves out whom Input.Only does not let through.
func (p *planner) choose() {
	if p.j.in.Only == nil {
		return
	}
	told := map[Employee]bool{}
	for i := range p.emps.all {
		who := p.canonical(int32(i))
		if p.emps.all[i].bad || p.j.in.Only(who) {
			continue
		}
		p.emps.all[i].bad = true
		if told[who] {
			continue
		}
		told[who] = true
		p.add(formats.Problem{
			Code: NotApproved, Message: fmt.Sprintf("Werknemer %s (%s) is niet goedgekeurd; zijn regels zijn niet verzonden.", who.Number, who.Clientnummer),
			Repair: "Vraag na waarom niet, en lever het afgekeurde deel verbeterd opnieuw aan.",
		})
	}
}
