package afdruk

import (
	"fmt"
	"io"
	"strconv"

	"loket-etl/payroll"
)

// Loonaangifte prints a tax return: the collective amounts, then the people.
// Corrections are shown with their collective amounts only.
func Loonaangifte(w io.Writer, k Kop, t payroll.TaxReturn) error {
	s := newSheet(k, "Aangifte loonheffingen", "L")
	s.fact("Berichtkenmerk", t.MessageID)
	s.fact("Loonheffingennummer", t.TaxNumber)
	s.fact("Inhoudingsplichtige", t.Name)
	s.fact("Aangemaakt op", t.Created.Format("02-01-2006 15:04"))
	if t.Period != nil {
		s.fact("Tijdvak", t.Period.Begin.Dutch()+" t/m "+t.Period.End.Dutch())
		collectief(s, "Collectief deel (hele euro's)", t.Period.Collective)
		for _, b := range t.Period.Balances {
			s.fact("Saldo correctie "+b.Begin.Dutch(), euro(b.Amount))
		}
		s.fact("Totaal generaal", "EUR "+euro(t.Period.Total))
		if err := nominatief(s, t.Period); err != nil {
			return fmt.Errorf("print Loonaangifte: %w", err)
		}
	}
	for _, c := range t.Corrections {
		collectief(s, "Correctie "+c.Begin.Dutch()+" t/m "+c.End.Dutch(), c.Collective)
	}
	return s.write(w, "Loonaangifte")
}

func euro(c payroll.Cents) string {
	text := c.Dutch()
	return text[:len(text)-3]
}

func collectief(s *sheet, title string, c payroll.Collective) {
	s.heading(title)
	s.table(column{"Omschrijving", 120, false}, column{"Grondslag", 40, true}, column{"Bedrag", 40, true})
	line := func(text string, base, amount payroll.Cents) {
		if base != 0 || amount != 0 {
			s.row(text, euro(base), euro(amount))
		}
	}
	line("Loonbelasting en premie volksverzekeringen", c.TotLnLbPh, c.IngLbPh)
	line("Premie Aof laag", c.TotPrlnAofAnwLg, c.TotPrAofLg)
	line("Premie Aof hoog", c.TotPrlnAofAnwHg, c.TotPrAofHg)
	line("Premie Aof uitkering", c.TotPrlnAofAnwUit, c.TotPrAofUit)
	line("Opslag Wko", c.TotPrlnAofAnwLg+c.TotPrlnAofAnwHg, c.TotOpslWko)
	line("Gedifferentieerde premie Whk", c.TotPrlnWhkAnw, c.TotPrGediffWhk)
	line("Premie AWf laag", c.TotPrlnAwfAnwLg, c.TotPrAwfLg)
	line("Premie AWf hoog", c.TotPrlnAwfAnwHg, c.TotPrAwfHg)
	line("Premie AWf herziening", c.TotPrlnAwfAnwHz, c.TotPrAwfHz)
	line("Premie AWf uitkering", c.TotPrlnAwfAnwUit, c.TotPrAwfUit)
	line("Premie Ufo", c.PrLnUFO, c.PrUFO)
	line("Eindheffingen", 0, c.EHPubUitk+c.EHGebrAuto+c.EHVUT+c.EhOvsFrfWrkkstrg)
	line("Afdrachtverminderingen", 0, -c.AVZeev-c.VrlAVSO)
	line("Ingehouden bijdrage Zvw", 0, c.IngBijdrZvw)
	line("Werkgeversheffing Zvw", 0, c.TotWghZvw)
	s.total("Totaal te betalen", "", euro(c.TotTeBet))
	s.cols = nil
}

func nominatief(s *sheet, p *payroll.TaxPeriod) error {
	s.heading("Nominatief deel")
	s.table(column{"Persnr", 18, false}, column{"Naam", 46, false}, column{"BSN", 22, false}, column{"NumIV", 12, true},
		column{"Loon LB/PH", 24, true}, column{"Loon SV", 24, true}, column{"Loonheffing", 24, true}, column{"Inh. Zvw", 20, true},
		column{"WG Zvw", 20, true}, column{"Premies", 24, true}, column{"Uren", 12, true})
	var loon, sv, lh, zvw, wg, premies payroll.Cents
	count := 0
	if p.People != nil {
		for one, err := range p.People {
			if err != nil {
				return err
			}
			a := one.Amounts
			own := a.PrAofLg + a.PrAofHg + a.PrAofUit + a.OpslWko + a.PrGediffWhk + a.PrAwfLg + a.PrAwfHg + a.PrAwfHz + a.PrAwfUit + a.PrUFO
			name := one.LastName
			if one.Prefix != "" {
				name += ", " + one.Prefix
			}
			if one.Initials != "" {
				name += " (" + one.Initials + ")"
			}
			s.row(one.PersNr, name, one.BSN.Digits(), strconv.Itoa(one.NumIV), a.LnLbPh.Dutch(), a.LnSV.Dutch(), a.IngLbPh.Dutch(),
				a.BijdrZvw.Dutch(), a.WghZvw.Dutch(), own.Dutch(), strconv.Itoa(a.AantVerlU))
			count++
			loon, sv, lh, zvw, wg, premies = loon+a.LnLbPh, sv+a.LnSV, lh+a.IngLbPh, zvw+a.BijdrZvw, wg+a.WghZvw, premies+own
		}
	}
	s.total("", fmt.Sprintf("Totaal (%d)", count), "", "", loon.Dutch(), sv.Dutch(), lh.Dutch(), zvw.Dutch(), wg.Dutch(), premies.Dutch(), "")
	return nil
}
