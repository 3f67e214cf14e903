package verloning

import (
	"fmt"
	"iter"
	"strings"
	"time"

	"loket-etl/payroll"
)

// Bericht is the head of a tax return.
type Bericht struct {
	Kenmerk string // Berichtkenmerk, at most 32 characters; empty: Kenmerk of the run
	Aanmaak time.Time
}

// Kenmerk is the Berichtkenmerk of the run's tax return: it follows from the run,
// so that making the return twice gives the same one.
func (r *Run) Kenmerk() string {
	return fmt.Sprintf("LOKETETL%s%04d%02d%02d", r.Werkgever.Loonheffingennummer, r.Periode.Year, r.Periode.Number, r.Volgnummer%100)
}

// Loonaangifte is the complete tax return of the run. Nominative amounts are the
// slips' cents; each collective amount is the sum of the slips, cut off to whole
// euros towards zero, and TotTeBet adds up the cut-off amounts.
func (r *Run) Loonaangifte(b Bericht) payroll.TaxReturn {
	w := r.Werkgever
	if b.Kenmerk == "" {
		b.Kenmerk = r.Kenmerk()
	}
	t := payroll.TaxReturn{
		MessageID: b.Kenmerk, Created: b.Aanmaak, Contact: orElse(w.Contact, "Salarisadministratie"), Phone: orElse(w.Telefoon, "0000000000"),
		RelNr: "SWO00000", Software: "loket-etl sandbox", TaxNumber: w.Loonheffingennummer, Name: w.Naam,
		Period: &payroll.TaxPeriod{Begin: r.Begin, End: r.Eind, People: r.people()},
	}
	c := &t.Period.Collective
	for i := range r.Stroken {
		a := r.Stroken[i].amounts(r)
		c.TotLnLbPh += a.LnLbPh
		c.TotLnSV += a.LnSV
		c.TotPrlnAofAnwLg += a.PrlnAofAnwLg
		c.TotPrlnAofAnwHg += a.PrlnAofAnwHg
		c.TotPrlnWhkAnw += a.PrlnWhkAnw
		c.TotPrlnAwfAnwLg += a.PrlnAwfAnwLg
		c.TotPrlnAwfAnwHg += a.PrlnAwfAnwHg
		c.IngLbPh += a.IngLbPh
		c.TotPrAofLg += a.PrAofLg
		c.TotPrAofHg += a.PrAofHg
		c.TotOpslWko += a.OpslWko
		c.TotPrGediffWhk += a.PrGediffWhk
		c.TotPrAwfLg += a.PrAwfLg
		c.TotPrAwfHg += a.PrAwfHg
		c.IngBijdrZvw += a.BijdrZvw
		c.TotWghZvw += a.WghZvw
	}
	for _, sum := range []*payroll.Cents{
		&c.TotLnLbPh, &c.TotLnSV, &c.TotPrlnAofAnwLg, &c.TotPrlnAofAnwHg, &c.TotPrlnWhkAnw, &c.TotPrlnAwfAnwLg, &c.TotPrlnAwfAnwHg,
		&c.IngLbPh, &c.TotPrAofLg, &c.TotPrAofHg, &c.TotOpslWko, &c.TotPrGediffWhk, &c.TotPrAwfLg, &c.TotPrAwfHg,
		&c.IngBijdrZvw, &c.TotWghZvw,
	} {
		*sum -= *sum % 100
	}
	c.TotTeBet = c.Due()
	t.Period.Total = c.TotTeBet
	return t
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

func (r *Run) people() iter.Seq2[payroll.TaxPerson, error] {
	return func(yield func(payroll.TaxPerson, error) bool) {
		for i := range r.Stroken {
			if !yield(r.Stroken[i].person(r), nil) {
				return
			}
		}
	}
}

// person is the nominative part of one slip.
func (l *Loonstrook) person(r *Run) payroll.TaxPerson {
	d := &l.Dienstverband
	p := payroll.TaxPerson{
		NumIV: max(1, d.NumIV), Begin: d.InDienst, PersNr: fmt.Sprintf("%06d", d.Persnr), BSN: d.BSN, Initials: d.Voorletters,
		Prefix: d.Voorvoegsel, LastName: d.Achternaam, BirthDate: d.Geboren, Nationality: "1", Gender: orElse(d.Geslacht, "0"),
		Address: address(d.Adres), Amounts: l.amounts(r),
	}
	if d.UitDienst != 0 && d.UitDienst <= r.Eind {
		p.End, p.EndReason = d.UitDienst, d.RedenEinde
	}
	s := payroll.IncomeStretch{
		Begin: d.InDienst, SrtIV: "15", CdAard: "1", CAO: "9999",
		IndArbovOnbepTd: yesNo(d.OnbepaaldeTijd), IndSchriftArbov: yesNo(d.Schriftelijk), IndOprov: yesNo(d.Oproep),
		IndLhKort: yesNo(d.Loonheffingskorting), LbTab: table(d.Tabel, r.Soort),
		IndWAO: yesNo(!d.DGA), IndWW: yesNo(!d.DGA), IndZW: yesNo(!d.DGA), CdZvw: "K",
	}
	if d.DGA {
		s.SrtIV, s.CdZvw = "17", "M"
	}
	p.Stretches = []payroll.IncomeStretch{s}
	return p
}

// address is the address as the tax return takes it: a postcode without spaces,
// and none at all without a street or a place.
func address(a *payroll.TaxAddress) *payroll.TaxAddress {
	if a == nil || a.Street == "" || a.City == "" || a.Country == "" && a.Postcode == "" {
		return nil
	}
	own := *a
	own.Postcode = strings.ToUpper(strings.ReplaceAll(a.Postcode, " ", ""))
	return &own
}

// table is the code of the tax table: 0, then white 1 or green 2, then month 2 or
// four weeks 3.
func table(t Tabel, kind payroll.PeriodKind) string {
	code := []byte("012")
	if t == Groen {
		code[1] = '2'
	}
	if kind == payroll.FourWeekly {
		code[2] = '3'
	}
	return string(code)
}

func yesNo(b bool) string {
	if b {
		return "J"
	}
	return "N"
}

func (l *Loonstrook) amounts(r *Run) payroll.TaxAmounts {
	d := &l.Dienstverband
	a := payroll.TaxAmounts{
		LnLbPh: l.Loon(), LnSV: l.loonSV(), PrlnWhkAnw: l.Premieloon, LnTabBB: l.Bijzonder, VakBsl: l.Vakantiegeld,
		OpgRchtVakBsl: l.Reservering, LnInGld: l.Loon(), LnOwrk: l.Overwerk, IngLbPh: l.Loonheffing + l.LoonheffingBT,
		PrAofLg: l.AofLaag, PrAofHg: l.AofHoog, OpslWko: l.Wko, PrGediffWhk: l.Whk, PrAwfLg: l.AwfLaag, PrAwfHg: l.AwfHoog,
		BijdrZvw: l.ZvwInhouding, WghZvw: l.ZvwWerkgever, VerrArbKrt: l.Arbeidskorting,
		AantVerlU: int(divide(int64(l.Uren), 100)),
	}
	if !d.DGA {
		if r.Werkgever.AofHoog {
			a.PrlnAofAnwHg = l.Premieloon
		} else {
			a.PrlnAofAnwLg = l.Premieloon
		}
		if d.awfLaag() {
			a.PrlnAwfAnwLg = l.Premieloon
		} else {
			a.PrlnAwfAnwHg = l.Premieloon
		}
	}
	if d.Salaris > 0 {
		salary := d.Salaris
		a.Ctrctln = &salary
	}
	if d.UrenPerWeek > 0 && d.UrenPerWeek < 1000_00 {
		hours := d.UrenPerWeek
		a.AantCtrcturenPWk = &hours
	}
	return a
}
