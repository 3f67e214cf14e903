package verloning

import (
	"fmt"

	"loket-etl/payroll"
)

// slipOf computes one employment.
func slipOf(p *parameters, run *Run, d *Dienstverband, values []Waarde, components map[int]Component) (Loonstrook, error) {
	l := Loonstrook{Dienstverband: *d}
	worked, all := workdays(max(d.InDienst, run.Begin), lastDay(d, run.Eind)), workdays(run.Begin, run.Eind)
	if d.Salaris > 0 && worked > 0 {
		l.add(Regel{
			Component: CompSalaris, Naam: vast[CompSalaris].naam, Categorie: vast[CompSalaris].categorie,
			Soort: Bruto, Strook: payroll.NormalSlip, Rekening: rekeningLonen,
			Bedrag: payroll.Cents(divide(int64(d.Salaris)*worked, all)), Kostenplaats: d.Kostenplaats, Kostendrager: d.Kostendrager,
		})
		l.Uren = payroll.Hours(divide(int64(d.UrenPerWeek)*weeksTimes12(run.Soort)*worked, 12*all))
	}
	for _, w := range values {
		c, ok := components[w.Component]
		if !ok {
			return l, fmt.Errorf("component %d does not exist", w.Component)
		}
		r, err := line(run, d, c, w)
		if err != nil {
			return l, fmt.Errorf("component %d: %w", w.Component, err)
		}
		l.add(r)
		if (c.Soort == Uren || c.Soort == Gewerkt && d.Salaris == 0) && c.Tarief >= 10000 {
			l.Uren += r.Aantal
		}
	}
	l.levies(p, run)
	return l, nil
}

// Beyond these, a hundred million euros and a hundred thousand hours, products no
// longer surely fit in 64 bits.
const (
	maxBedrag = 100_000_000_00
	maxUren   = 100_000_00
)

// weeksTimes12 is twelve times the weeks in a period: a month has 52/12.
func weeksTimes12(kind payroll.PeriodKind) int64 {
	if kind == payroll.FourWeekly {
		return 48
	}
	return 52
}

// line is the payslip line of one value.
func line(run *Run, d *Dienstverband, c Component, w Waarde) (Regel, error) {
	r := Regel{
		Component: c.Nummer, Naam: c.Naam, Categorie: c.Categorie, Soort: c.Soort, Strook: w.Strook, Overwerk: c.Overwerk,
		Rekening: c.Rekening, Kostenplaats: w.Kostenplaats, Kostendrager: w.Kostendrager, Bedrag: payroll.Cents(w.Waarde),
	}
	if r.Kostenplaats == "" {
		r.Kostenplaats = d.Kostenplaats
	}
	if r.Kostendrager == "" {
		r.Kostendrager = d.Kostendrager
	}
	if r.Strook == 0 {
		r.Strook = payroll.NormalSlip
	}
	limit := int64(maxBedrag)
	if c.Soort == Uren || c.Soort == Gewerkt {
		limit = maxUren
	}
	if w.Waarde > limit || w.Waarde < -limit {
		return r, fmt.Errorf("value %s is out of all proportion", payroll.Cents(w.Waarde))
	}
	switch c.Soort {
	case Gewerkt, Uren:
		r.Aantal, r.Bedrag = payroll.Hours(w.Waarde), 0
		if c.Soort == Gewerkt && d.Salaris > 0 {
			break
		}
		wage, err := hourlyWage(d, run.Soort)
		if err != nil {
			return r, err
		}
		r.Bedrag = payroll.Cents(divide(w.Waarde*int64(wage)*c.Tarief, 100*10000))
	case Bijzonder, Vakantie:
		r.Strook = payroll.SpecialSlip
	case Vergoeding:
		if c.Tarief != 10000 {
			r.Aantal = payroll.Hours(w.Waarde)
		}
		r.Bedrag = payroll.Cents(divide(w.Waarde*c.Tarief, 10000))
	}
	if r.Categorie == "" {
		r.Categorie = categorie[c.Soort]
	}
	if r.Rekening == "" {
		r.Rekening = rekening[c.Soort]
	}
	return r, nil
}

var categorie = map[Soort]string{
	Uren: "Uren", Gewerkt: "Uren", Bruto: "Bruto", Bijzonder: "Bruto", Vakantie: "Bruto",
	Vergoeding: "Vergoeding", Inhouding: "Inhouding", Informatief: "Informatief",
}

// hourlyWage is Uurloon, or the salary over the hours of a period, rounded.
func hourlyWage(d *Dienstverband, kind payroll.PeriodKind) (payroll.Cents, error) {
	switch {
	case d.Salaris == 0 && d.Uurloon > 0:
		return d.Uurloon, nil
	case d.Salaris > 0 && d.UrenPerWeek > 0:
		return payroll.Cents(divide(int64(d.Salaris)*12*100, int64(d.UrenPerWeek)*weeksTimes12(kind))), nil
	}
	return 0, fmt.Errorf("hours cannot be paid: there is no hourly wage, nor a salary with hours per week")
}

// add puts a line on the slip and into its sums.
func (l *Loonstrook) add(r Regel) {
	l.Regels = append(l.Regels, r)
	switch r.Soort {
	case Vergoeding:
		l.Vergoedingen += r.Bedrag
	case Inhouding:
		l.Inhoudingen += r.Bedrag
	case Informatief:
	default:
		if r.Strook == payroll.SpecialSlip {
			l.Bijzonder += r.Bedrag
		} else {
			l.Bruto += r.Bedrag
		}
		if r.Soort == Vakantie {
			l.Vakantiegeld += r.Bedrag
		}
		if r.Overwerk {
			l.Overwerk += r.Bedrag
		}
	}
}

// levies computes tax, premiums, reserve and net pay from the sums. Premiums of a
// negative wage are zero.
func (l *Loonstrook) levies(p *parameters, run *Run) {
	d := &l.Dienstverband
	periods, ceiling := int64(12), p.maxMonth
	if run.Soort == payroll.FourWeekly {
		periods, ceiling = 13, p.maxFourWeeks
	}
	annual := l.Bruto * payroll.Cents(periods)
	tax, labour := p.levy(annual, d.Loonheffingskorting, d.Tabel)
	l.Loonheffing, l.Arbeidskorting = tax.perPeriod(periods), labour.perPeriod(periods)
	with, _ := p.levy(annual+l.Bijzonder, d.Loonheffingskorting, d.Tabel)
	l.LoonheffingBT = max(0, (with - tax).perPeriod(1))

	l.Bijdrageloon = max(0, min(l.Loon(), ceiling))
	if d.DGA {
		l.ZvwInhouding = p.zvwWithheld.of(l.Bijdrageloon)
	} else {
		l.ZvwWerkgever = p.zvwEmployer.of(l.Bijdrageloon)
		l.premiums(p, run)
	}
	l.Reservering = rate(8_000).of(max(0, l.Bruto))

	l.Netto = l.Loon() + l.Vergoedingen - l.Loonheffing - l.LoonheffingBT - l.ZvwInhouding - l.Inhoudingen
	if l.Netto < 0 {
		l.Vordering, l.Netto = -l.Netto, 0
	}
}

func (l *Loonstrook) premiums(p *parameters, run *Run) {
	d := &l.Dienstverband
	l.Premieloon = l.Bijdrageloon // both have the same maximum in 2026
	if d.awfLaag() {
		l.AwfLaag = p.awfLow.of(l.Premieloon)
	} else {
		l.AwfHoog = p.awfHigh.of(l.Premieloon)
	}
	if run.Werkgever.AofHoog {
		l.AofHoog = p.aofHigh.of(l.Premieloon)
	} else {
		l.AofLaag = p.aofLow.of(l.Premieloon)
	}
	l.Wko = p.wko.of(l.Premieloon)
	whk := p.whk
	if run.Werkgever.Whk > 0 {
		whk = rate(run.Werkgever.Whk)
	}
	l.Whk = whk.of(l.Premieloon)
}

func lastDay(d *Dienstverband, end payroll.Date) payroll.Date {
	if d.UitDienst != 0 && d.UitDienst < end {
		return d.UitDienst
	}
	return end
}

// workdays counts Monday to Friday from first to last, both included; 0 when last
// lies before first.
func workdays(first, last payroll.Date) int64 {
	n := int64(0)
	for day := first; day <= last; day = day.AddDays(1) {
		if wd := day.Time().Weekday(); wd != 0 && wd != 6 {
			n++
		}
	}
	return n
}
