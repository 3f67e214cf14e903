package mappings

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"loket-etl/formats"
)

// OpenChoice stands for the number of a component that somebody still has to
// choose, in a table or as a constant. Such a mapping loads, so that the rest of it
// can be tried; what would need the number is a problem of the file, and nothing
// of that is sent.
const OpenChoice = "KIES"

const openCode = "keuze-open"

// isOpen reports whether a choice of the mapping is open here.
func (o *origin) isOpen() bool {
	return o.kind == constant && o.text == OpenChoice || o.kind == fromTable && slices.Contains(o.lookup.texts, OpenChoice)
}

// undecided notes a value for which nobody chose a component yet.
func (w *worker) undecided(o *origin) {
	l := o.lookup
	w.problem(l.by[len(l.by)-1], openCode, func() (string, string) {
		return "In de tabel " + l.table.name + " is voor deze waarde nog geen component gekozen.",
			"Laat de beheerder in de tabel " + OpenChoice + " vervangen door het nummer van de component."
	})
}

// openChoices refuses a file of which it is not decided what its columns become.
func (p *planner) openChoices() {
	for _, r := range p.j.m.to.values {
		if r.component.kind != constant || !r.component.isOpen() {
			continue
		}
		var names []string
		for _, c := range r.columns {
			names = append(names, strconv.Quote(p.j.columns[c].Header))
		}
		about := "een vaste waarde"
		if len(names) > 0 {
			about = "kolom " + strings.Join(names, " + ")
		}
		p.wrongTotal = true
		p.add(formats.Problem{
			Code: openCode, Message: fmt.Sprintf("In de mapping %s is nog niet gekozen welke component %s wordt.", p.j.m.name, about),
			Repair: "Laat de beheerder in de mapping " + OpenChoice + " vervangen door het nummer van de component.",
		})
	}
}
