package propose

import (
	"fmt"
	"slices"
	"strings"

	"loket-etl/mappings"
)

// target writes what the rows become.
func (d *draft) target() {
	d.line("to:")
	what := "variabele-gegevens-csv"
	if d.find(costPlace) != nil || d.find(costCarrier) != nil {
		what = "variabele-gegevens-xml"
	}
	d.line("  what: %s", what)
	d.line("  mode: Overschrijven   # TWIJFEL: komen er per periode meer bestanden, gebruik dan Optellen")
	d.employer()
	d.employee()
	d.period()
	if c := d.find(costPlace); c != nil {
		d.line("  kostenplaats: {column: %s}", c.Name)
	}
	if c := d.find(costCarrier); c != nil {
		d.line("  kostendrager: {column: %s}", c.Name)
	}
	if c := d.find(shift); c != nil && c.Type == "integer" {
		key := "ploeg"
		if strings.Contains(plainName(c.Header), "verdel") {
			key = "verdeeleenheid"
		}
		d.line("  %s: {column: %s}", key, c.Name)
	}
	d.units()
	d.line("  round: half-up        # kloktijden en minuten zijn niet altijd hele honderdsten")
	d.values()
}

func (d *draft) employer() {
	switch c, id := d.find(employer), d.find(werkgeverID); {
	case c != nil:
		d.line("  employer: {clientnummer: {column: %s}}", c.Name)
	case id != nil:
		d.line("  employer: {werkgever_id: {column: %s}}", id.Name)
	case d.named:
		d.doubts("  ", "werkgever", "de cijfers in de naam van het bestand zijn aangezien voor het clientnummer")
		d.line("  employer: {clientnummer: {from: file_name}}")
	case d.find(employee) == nil && d.find(mail) != nil:
		d.line("  employer: {by: employee}")
	default:
		d.doubts("  ", "werkgever", "het bestand zegt niet van welke werkgever het is; zet clientnummer bij de pijplijn in etl.yaml")
		d.line("  employer: {clientnummer: {from: pipeline}}")
	}
}

func (d *draft) employee() {
	c, m := d.find(employee), d.find(mail)
	switch {
	case c != nil:
		d.doubts("  ", "werknemer", "persnr_verl is het nummer in de salarisadministratie; is dit het nummer in de personeelsadministratie, gebruik dan persnr")
		d.line("  employee: {persnr_verl: {column: %s}}", c.Name)
	case m != nil:
		d.line("  employee: {email: {column: %s}}", m.Name)
	default:
		first := d.perhaps()
		d.doubts("  ", "werknemer", "geen kolom lijkt een personeelsnummer of e-mailadres te zijn: kies hier de juiste kolom, of vraag de leverancier erom")
		d.line("  employee: {email: {column: %s}}   # %s", first.Name, mappings.OpenChoice)
	}
}

// perhaps is the column that stands in for who the row is about until somebody chooses:
// one that is for nothing else, if there is one.
func (d *draft) perhaps() *Column {
	var other *Column
	for i := range d.Columns {
		c := &d.Columns[i]
		if !c.isKey() || d.hasComponents() && c.isComponent() {
			continue
		}
		if c.role == noRole || c.role == about {
			return c
		}
		if other == nil {
			other = c
		}
	}
	if other == nil {
		return &d.Columns[0]
	}
	return other
}

func (d *draft) period() {
	on, end, p, y, n := d.find(day), d.find(until), d.find(period), d.find(yearOf), d.find(number)
	switch {
	case p != nil:
		d.line("  period: {column: %s}", p.Name)
	case y != nil && n != nil:
		d.line("  period: {year: %s, number: %s}", y.Name, n.Name)
	case d.wide != nil && d.wide.heading.Type == "date":
		d.line("  period: {date: %s}", d.wide.heading.Name)
	case on != nil:
		if len(d.all(day)) > 1 || end != nil {
			d.doubts("  ", "periode", "er zijn meer datums; deze bepaalt in welke periode een regel valt")
		}
		d.line("  period: {date: %s}", on.Name)
	case d.dated:
		d.line("  period: {from: file_name}")
	case d.unsaid != "":
		d.doubts("  ", "periode", fmt.Sprintf("in de naam van het bestand staat %q, wat een mapping niet als periode kan lezen; wel 2026-10, 10-2026 of 202610. Vraag om zo'n naam of om een kolom met de datum; nu is de periode aangenomen waarin het bestand komt", d.unsaid))
		d.line("  period: {from: drop_date}")
	default:
		d.doubts("  ", "periode", "nergens staat een datum of periode; aangenomen is de periode waarin het bestand komt (offset: -1 is de vorige)")
		d.line("  period: {from: drop_date}")
	}
}

// units writes which components are hours.
func (d *draft) units() {
	h, a := len(d.all(hours)), len(d.all(amount))
	switch {
	case d.wide != nil || d.worked != nil && a == 0:
		d.line("  hours: all")
	case d.hasComponents():
		d.line("  # %s: noem hier de componenten die uren zijn, [1, 2]; de andere zijn bedragen", mappings.OpenChoice)
		d.line("  hours: all")
		d.Doubts = append(d.Doubts, "uren: welke componenten zijn uren, en welke bedragen?")
	case a > 0 && h > 0 && (d.find(code) == nil && d.find(component) == nil || slices.ContainsFunc(d.all(amount), (*Column).isOdd)):
		d.doubts("  ", "uren", "er zijn uren en bedragen: noem hier de componenten die uren zijn, bijvoorbeeld [1, 3]")
		d.line("  hours: all")
	case a > 0 && h == 0:
		d.doubts("  ", "uren", "de getallen zijn aangezien voor bedragen of aantallen; zijn het uren, schrijf dan hours: all")
		d.line("  hours: [none]")
	default:
		d.line("  hours: all")
	}
}

// values writes what becomes of the numbers.
func (d *draft) values() {
	measures := d.all(hours, amount)
	kind, comp := d.find(code), d.find(component)
	d.line("  values:")
	switch {
	case d.wide != nil:
		d.one(kind, comp, d.wide.cell.Name, "    # "+mappings.OpenChoice+": welke component worden de uren?")
	case d.worked != nil:
		d.one(kind, comp, workedName, "    # "+mappings.OpenChoice+": welke component worden de gewerkte uren?")
		for _, c := range measures {
			d.open(c)
		}
	case d.hasComponents():
		d.line("    - component: {from: header}")
	case (kind != nil || comp != nil) && len(measures) > 0:
		if first := d.all(hours); len(first) > 0 {
			measures = append(first, d.all(amount)...)
		}
		if len(measures) > 1 {
			var names []string
			for _, c := range measures[1:] {
				if !c.isOdd() {
					names = append(names, c.Name)
				}
			}
			if len(names) > 0 {
				d.doubts("    ", "waarden", "er zijn meer getallen in een rij; gebruikt is "+measures[0].Name+", en niet "+strings.Join(names, ", "))
			}
		}
		if comp != nil {
			d.line("    - component: {column: %s}", comp.Name)
		} else {
			d.line("    - component: {table: soorten, by: %s, take: component}", kind.Name)
		}
		d.line("      value: {column: %s}", measures[0].Name)
		for _, c := range measures[1:] {
			if c.isOdd() { // its odd cells would refuse rows for nothing
				d.open(c)
			}
		}
	case len(measures) > 0:
		for _, c := range measures {
			d.open(c)
		}
	}
}

// open writes a value of which the component is to be chosen.
func (d *draft) open(c *Column) {
	d.line("    # %s: welke component wordt kolom %s?", mappings.OpenChoice, quote(c.Header))
	d.line("    - {component: {constant: %s}, value: {column: %s}, zero: skip}", mappings.OpenChoice, c.Name)
}
