package sandbox

import (
	"fmt"
	"strconv"

	"loket-etl/loket/contract"
	"loket-etl/payroll"
)

// Most values Loket allows: hours below 1000 and not negative, amounts between
// minus and plus a hundred million.
const (
	maxHours  = 999_99
	maxAmount = 100_000_000_00
)

// ploegen are the shifts that every administration has.
const ploegen = 9

// fullReport is up to how many lines an import answers with all of them; a larger
// one names only those that were not simply carried out.
const fullReport = 10_000

// importLine is one line of an import: a row of a CSV file or a Component of an
// XML file. Its number is the line of the file on which it stands, from 1.
type importLine struct {
	number int
	status string
	notes  []melding

	employer *employer
	job      *job
	key      valueKey // without component
	text     string
	cells    []importCell
	leave    []string // of a verlof line: pairs of field and text
}

type importCell struct {
	component  int
	value      int64
	empty      bool // no Waarde: the value is removed
	supplement bool
}

const (
	statusDone    = "Verwerkt"
	statusRefused = "Afgekeurd"
	statusSkipped = "Overgeslagen"
)

func (l *importLine) refuse(code int, field, text string) {
	l.status = statusRefused
	l.notes = append(l.notes, melding{strconv.Itoa(code), text, field})
}

// importer is one ImporteerGegevens at work.
type importer struct {
	*call
	parent *employer // of ParentDataIdentity; nil: all that the user sees
	mode   string
	lines  []importLine
}

func opImporteer(c *call) (func(), *fault) {
	im := &importer{call: c, mode: "Overschrijven"}
	if mode := c.text("Verwerkingswijze"); mode != "" {
		im.mode = mode
	}
	if _, given := c.args["ParentDataIdentity"]; given {
		e, f := c.werkgever("ParentDataIdentity")
		if f != nil {
			return nil, f
		}
		im.parent = e
	}
	file, _ := c.args["Bestand"].(contract.File)
	leave, format := c.text("SoortGegevens") == "Verlof", c.text("Formaat")
	var f *fault
	switch {
	case leave && format != "CSV":
		return nil, wrongValue("Formaat", "moet CSV zijn bij Verlof")
	case leave:
		f = im.readLeave(file.Content)
	case format == "CSV":
		f = im.readValues(file.Content)
	default:
		f = im.readXML(file.Content)
	}
	if f == nil && !leave {
		f = im.checkOpen()
	}
	if f != nil {
		return nil, f
	}
	return im.commit, nil
}

func unreadable(text string) *fault {
	return refuse(contract.BestandOngeldig, "Bestand", text)
}

// checkOpen refuses the whole file when a line is for a closed period.
func (im *importer) checkOpen() *fault {
	for i := range im.lines {
		l := &im.lines[i]
		if l.employer != nil && (l.key.period.Year < year || l.employer.closed(l.key.period)) {
			return conflict("PeriodeNummer", "De periode heeft een goedgekeurde verloning; een correctie hoort in de open periode.")
		}
	}
	return nil
}

// administration finds the employer of a Clientnummer for a line.
func (im *importer) administration(l *importLine, nr int, field string) bool {
	e := im.state.byClient[nr]
	if e == nil || !im.sees.sees(e) {
		l.refuse(contract.OnbekendeIdentity, field, "Er is geen administratie met dit nummer.")
		return false
	}
	if im.parent != nil && im.parent != e {
		l.refuse(contract.OngeldigeWaarde, field, "De administratie hoort niet bij de werkgever van het verzoek.")
		return false
	}
	e.load()
	l.employer = e
	return true
}

// period checks that the period exists and that the employment has begun.
func (im *importer) period(l *importLine, p payroll.Period) {
	l.key.period = p
	if p.Year < year {
		return // closed, see checkOpen
	}
	begin, end, err := p.Bounds(l.employer.firm.kind)
	if err != nil || p.Year != year {
		l.refuse(contract.OngeldigeWaarde, "PeriodeNummer", "Deze periode bestaat niet in de administratie.")
		return
	}
	if l.job == nil {
		return
	}
	if l.job.start > end {
		l.refuse(contract.ConflictMetStatus, "PeriodeNummer", "De werknemer is in deze periode nog niet in dienst.")
	}
	if l.job.end != 0 && l.job.end < begin {
		l.notes = append(l.notes, melding{"W300", "De werknemer is voor deze periode uit dienst gegaan.", ""})
	}
}

// cell checks a value of a component.
func (im *importer) cell(l *importLine, c importCell, field string) {
	known, ok := components[c.component]
	switch {
	case !ok:
		l.refuse(contract.OngeldigeCode, field, fmt.Sprintf("Looncomponent %d bestaat niet in de administratie.", c.component))
	case c.empty && c.supplement:
		l.refuse(contract.OngeldigeWaarde, field, "Een aanvulling zonder waarde is niet mogelijk.")
	case inHours(known) && (c.value < 0 || c.value > maxHours):
		l.refuse(contract.OngeldigeWaarde, field, "Uren moeten 0 of meer zijn en minder dan 1000.")
	case c.value < -maxAmount || c.value > maxAmount:
		l.refuse(contract.OngeldigeWaarde, field, "Het bedrag is te groot.")
	}
	l.cells = append(l.cells, c)
}

func (im *importer) ploeg(l *importLine, nr int) {
	if nr < 1 || nr > ploegen {
		l.refuse(contract.OngeldigeCode, "Ploeg", "Deze ploeg bestaat niet in de administratie.")
	}
	l.key.ploeg = nr
}

// commit carries out the good lines in their order and writes the answer.
func (im *importer) commit() {
	st := im.state
	st.version++
	st.imports++
	version, done, refused := st.version, 0, 0
	for i := range im.lines {
		l := &im.lines[i]
		switch {
		case l.status == statusRefused:
		case l.leave != nil:
			im.addLeave(l, version)
		default:
			im.applyLine(l, version)
		}
		switch l.status {
		case statusDone:
			done++
		case statusRefused:
			refused++
		}
	}
	w := &im.out
	w.text("ImportNummer", fmt.Sprintf("IMP-%d-%06d", year, st.imports))
	w.number("AantalRegels", len(im.lines))
	w.number("AantalVerwerkt", done)
	w.number("AantalAfgekeurd", refused)
	w.open("Regels")
	for i := range im.lines {
		l := &im.lines[i]
		if len(im.lines) > fullReport && l.status == statusDone && l.notes == nil {
			continue
		}
		w.open("ImportRegel")
		w.number("Regelnummer", l.number)
		w.text("Status", l.status)
		for _, m := range l.notes {
			w.melding(m)
		}
		w.close("ImportRegel")
	}
	w.close("Regels")
	if len(im.lines) > fullReport {
		im.notes = append(im.notes, melding{"W301", "Van dit grote bestand staan alleen de bijzondere regels in het antwoord.", ""})
	}
}

// applyLine writes the values of a line: all of them, or none when one of them
// would go over its limit.
func (im *importer) applyLine(l *importLine, version int64) {
	type step struct {
		key   valueKey
		value int64
		cell  importCell
	}
	var steps []step
	left := 0
	for _, c := range l.cells {
		key := l.key
		key.component = c.component
		stands := l.job.values[key]
		value := c.value
		switch {
		case stands == nil:
		case c.supplement || im.mode == "Optellen" && !c.empty:
			value += stands.value
		case im.mode == "NietOverschrijven":
			left++
			continue
		}
		if inHours(components[c.component]) && value > maxHours || value > maxAmount || value < -maxAmount {
			l.refuse(contract.OngeldigeWaarde, "Component", fmt.Sprintf("De som van looncomponent %d wordt te groot.", c.component))
			return
		}
		steps = append(steps, step{key, value, c})
	}
	for _, s := range steps {
		stands := l.job.values[s.key]
		switch {
		case s.cell.empty && stands != nil:
			l.employer.removeValue(l.job, stands)
		case s.cell.empty:
		case stands != nil && stands.value == s.value && stands.text == l.text && stands.supplement == s.cell.supplement:
		default:
			l.employer.setValue(l.job, s.key, version, s.value, l.text, s.cell.supplement)
		}
	}
	l.status = statusDone
	switch {
	case len(l.cells) == 0:
		l.status = statusSkipped
		l.notes = append(l.notes, melding{"W302", "De regel heeft geen waarden.", ""})
	case len(steps) == 0:
		l.status = statusSkipped
		l.notes = append(l.notes, melding{"W303", "Er staat al een waarde; die is gebleven.", ""})
	case left > 0:
		l.notes = append(l.notes, melding{"W303", fmt.Sprintf("Bij %d looncomponenten stond al een waarde; die is gebleven.", left), ""})
	}
	if len(steps) > 0 {
		l.employer.outdated(l.key.period)
	}
}

func (im *importer) addLeave(l *importLine, version int64) {
	e, j := l.employer, l.job
	r := newRecord("Verlof", place{aVerlof, e.index, len(e.leave) + 1}.identity(), j.record.id)
	r.fill(l.leave...)
	r.version, j.record.version, e.record.version = version, version, version
	e.leave, j.leave = append(e.leave, r), append(j.leave, r)
	l.status = statusDone
}
