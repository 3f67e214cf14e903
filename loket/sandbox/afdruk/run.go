package afdruk

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"loket-etl/loket/sandbox/verloning"
	"loket-etl/payroll"
)

// Sortering is what a document shows and in which order.
type Sortering string

const (
	Werknemer            Sortering = "Werknemer"            // the people, by name
	Werkgever            Sortering = "Werkgever"            // the employer's totals, by component
	WerknemerEnWerkgever Sortering = "WerknemerEnWerkgever" // both, the employer first
)

// ParseSortering reads the three values of the contract.
func ParseSortering(s string) (Sortering, error) {
	switch v := Sortering(s); v {
	case Werknemer, Werkgever, WerknemerEnWerkgever:
		return v, nil
	}
	return "", fmt.Errorf("sortering %q is not Werknemer, Werkgever or WerknemerEnWerkgever", s)
}

// value is a column of amounts, one per slip.
type value struct {
	title string
	of    func(*verloning.Loonstrook) payroll.Cents
}

var overzicht = []value{
	{"Uren", func(l *verloning.Loonstrook) payroll.Cents { return payroll.Cents(l.Uren) }},
	{"Bruto", func(l *verloning.Loonstrook) payroll.Cents { return l.Bruto }},
	{"Bijz. loon", func(l *verloning.Loonstrook) payroll.Cents { return l.Bijzonder }},
	{"Vergoeding", func(l *verloning.Loonstrook) payroll.Cents { return l.Vergoedingen }},
	{"Loonheffing", func(l *verloning.Loonstrook) payroll.Cents { return l.Loonheffing + l.LoonheffingBT }},
	{"Inh. Zvw", func(l *verloning.Loonstrook) payroll.Cents { return l.ZvwInhouding }},
	{"Inhouding", func(l *verloning.Loonstrook) payroll.Cents { return l.Inhoudingen }},
	{"Te verrek.", func(l *verloning.Loonstrook) payroll.Cents { return l.Vordering }},
	{"Netto", func(l *verloning.Loonstrook) payroll.Cents { return l.Netto }},
	{"WG-lasten", func(l *verloning.Loonstrook) payroll.Cents { return l.ZvwWerkgever + l.Premies() }},
	{"Reservering", func(l *verloning.Loonstrook) payroll.Cents { return l.Reservering }},
}

var loonstaat = []value{
	{"Loon LB/PH", (*verloning.Loonstrook).Loon},
	{"Bijz. bel.", func(l *verloning.Loonstrook) payroll.Cents { return l.Bijzonder }},
	{"Premieloon", func(l *verloning.Loonstrook) payroll.Cents { return l.Premieloon }},
	{"Loonheffing", func(l *verloning.Loonstrook) payroll.Cents { return l.Loonheffing + l.LoonheffingBT }},
	{"Arb.korting", func(l *verloning.Loonstrook) payroll.Cents { return l.Arbeidskorting }},
	{"Inh. Zvw", func(l *verloning.Loonstrook) payroll.Cents { return l.ZvwInhouding }},
	{"WG Zvw", func(l *verloning.Loonstrook) payroll.Cents { return l.ZvwWerkgever }},
	{"AWf", func(l *verloning.Loonstrook) payroll.Cents { return l.AwfLaag + l.AwfHoog }},
	{"Aof + Wko", func(l *verloning.Loonstrook) payroll.Cents { return l.AofLaag + l.AofHoog + l.Wko }},
	{"Whk", func(l *verloning.Loonstrook) payroll.Cents { return l.Whk }},
	{"Netto", func(l *verloning.Loonstrook) payroll.Cents { return l.Netto }},
}

// Runoverzicht shows what each person gets and costs.
func Runoverzicht(w io.Writer, run *verloning.Run, k Kop, order Sortering) error {
	return staat(w, run, k, order, "Runoverzicht", overzicht)
}

// Verzamelloonstaat shows wages, taxes and premiums of each person.
func Verzamelloonstaat(w io.Writer, run *verloning.Run, k Kop, order Sortering) error {
	return staat(w, run, k, order, "Verzamelloonstaat", loonstaat)
}

func staat(w io.Writer, run *verloning.Run, k Kop, order Sortering, title string, values []value) error {
	s := newSheet(k, title, "L")
	if order != Werknemer {
		s.heading("Werkgever")
		for _, v := range values {
			s.fact(v.title, sum(run, v).Dutch())
		}
		s.fact("Aantal werknemers", strconv.Itoa(len(run.Stroken)))
		if err := componenten(s, run); err != nil {
			return fmt.Errorf("print %s: %w", title, err)
		}
	}
	if order != Werkgever {
		s.heading("Werknemers")
		cols := []column{{"Persnr", 15, true}, {"Naam", 42, false}}
		for _, v := range values {
			cols = append(cols, column{v.title, 20, true})
		}
		s.table(cols...)
		for _, l := range byName(run.Stroken) {
			cells := []string{strconv.Itoa(l.Dienstverband.Persnr), l.Dienstverband.Naam()}
			for _, v := range values {
				cells = append(cells, v.of(l).Dutch())
			}
			s.row(cells...)
		}
		cells := []string{"", fmt.Sprintf("Totaal (%d)", len(run.Stroken))}
		for _, v := range values {
			cells = append(cells, sum(run, v).Dutch())
		}
		s.total(cells...)
	}
	return s.write(w, title)
}

func sum(run *verloning.Run, v value) payroll.Cents {
	total := payroll.Cents(0)
	for i := range run.Stroken {
		total += v.of(&run.Stroken[i])
	}
	return total
}

// byName sorts by last name without regard to case or accents, then initials, then
// personnel number.
func byName(slips []verloning.Loonstrook) []*verloning.Loonstrook {
	sorted := make([]*verloning.Loonstrook, len(slips))
	for i := range slips {
		sorted[i] = &slips[i]
	}
	slices.SortStableFunc(sorted, func(a, b *verloning.Loonstrook) int {
		return cmp.Or(
			cmp.Compare(sortKey(a.Dienstverband.Achternaam), sortKey(b.Dienstverband.Achternaam)),
			cmp.Compare(a.Dienstverband.Voorletters, b.Dienstverband.Voorletters),
			cmp.Compare(a.Dienstverband.Persnr, b.Dienstverband.Persnr))
	})
	return sorted
}

func sortKey(name string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case unicode.Is(unicode.Mn, c):
			return -1
		case c == 'ø':
			return 'o'
		case c == 'ł':
			return 'l'
		}
		return c
	}, norm.NFD.String(strings.ToLower(name)))
}

// Standenregister shows every component of the run with the number of slips it
// stands on and its total.
func Standenregister(w io.Writer, run *verloning.Run, k Kop) error {
	s := newSheet(k, "Standenregister", "P")
	s.fact("Aantal loonstroken", strconv.Itoa(len(run.Stroken)))
	if err := componenten(s, run); err != nil {
		return fmt.Errorf("print Standenregister: %w", err)
	}
	return s.write(w, "Standenregister")
}

type stand struct {
	kind  payroll.SlipKind
	c     payroll.ComponentResult
	count int
}

func componenten(s *sheet, run *verloning.Run) error {
	type key struct {
		kind   payroll.SlipKind
		number int
	}
	sums := map[key]*stand{}
	for e, err := range run.Resultaten(verloning.Kop{}).Employments {
		if err != nil {
			return err
		}
		for _, p := range e.Periods {
			for _, slip := range p.Slips {
				for _, c := range slip.Components {
					at := key{slip.Kind, c.Number}
					if sums[at] == nil {
						one := c
						one.Value = 0
						sums[at] = &stand{slip.Kind, one, 0}
					}
					sums[at].count++
					sums[at].c.Value += c.Value
				}
			}
		}
	}
	rows := make([]*stand, 0, len(sums))
	for _, v := range sums {
		rows = append(rows, v)
	}
	slices.SortFunc(rows, func(a, b *stand) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.c.Number, b.c.Number))
	})
	s.heading("Componenten")
	s.table(column{"Strook", 32, false}, column{"Nummer", 16, true}, column{"Omschrijving", 44, false}, column{"Categorie", 30, false}, column{"Aantal", 18, true}, column{"Totaal", 32, true})
	for _, r := range rows {
		kind := "Normaal"
		if r.kind == payroll.SpecialSlip {
			kind = "Bijzonder tarief"
		}
		s.row(kind, strconv.Itoa(r.c.Number), r.c.Name, r.c.Category, strconv.Itoa(r.count), r.c.Value.Dutch())
	}
	s.cols = nil
	s.pdf.SetY(s.pdf.GetY() + 3)
	return nil
}
