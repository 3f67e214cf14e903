package verloning

import (
	"errors"
	"fmt"

	"loket-etl/payroll"
)

// Tabel is the tax table: Wit for wage of present labour, Groen for other wage,
// which has no labour credit.
type Tabel int

const (
	Wit Tabel = iota
	Groen
)

// Werkgever is the employer of a run.
type Werkgever struct {
	Identity            string
	ID, Clientnummer    int
	Naam                string
	Loonheffingennummer string
	Rekening            payroll.Account // pays the wages
	AofHoog             bool
	Whk                 int64 // thousandths of a per cent; 0: the average
	Contact, Telefoon   string
}

// Dienstverband is what the payroll must know of an employment.
type Dienstverband struct {
	Identity, Persoon        string // DataIdentity of each
	Persnr, PersnrVerl       int
	NumIV                    int
	Voorletters, Voorvoegsel string
	Achternaam               string
	BSN                      payroll.BSN
	Geboren                  payroll.Date
	Geslacht                 string // 1 man, 2 vrouw
	Adres                    *payroll.TaxAddress
	Rekening                 payroll.Account // receives net pay
	TenNameVan               string

	RedenEinde string // code reden einde arbeidsovereenkomst, two digits; with UitDienst

	InDienst, UitDienst payroll.Date  // UitDienst zero: stays; else the last day
	Salaris             payroll.Cents // per period; 0: paid by the hour
	Uurloon             payroll.Cents // for who has no Salaris
	UrenPerWeek         payroll.Hours
	Tabel               Tabel
	Loonheffingskorting bool
	OnbepaaldeTijd      bool // with Schriftelijk and not Oproep: the low AWf premium
	Schriftelijk        bool
	Oproep              bool
	DGA                 bool // no employee insurances, Zvw withheld
	Kostenplaats        string
	Kostendrager        string
}

// Naam is the name as on the payslip.
func (d *Dienstverband) Naam() string {
	name := d.Achternaam
	if d.Voorvoegsel != "" {
		name = d.Voorvoegsel + " " + name
	}
	if d.Voorletters != "" {
		name = d.Voorletters + " " + name
	}
	return name
}

// awfLaag: the low premium is for a written contract without end and with fixed
// hours.
func (d *Dienstverband) awfLaag() bool {
	return d.OnbepaaldeTijd && d.Schriftelijk && !d.Oproep
}

// Waarde is one imported value (variabele gegevens).
type Waarde struct {
	Dienstverband              string // Identity
	Component                  int
	Strook                     payroll.SlipKind // 0 is the normal slip
	Waarde                     int64            // hundredths of an hour, a unit or a euro
	Kostenplaats, Kostendrager string           // empty: those of the Dienstverband
}

// Opdracht is the request for a run.
type Opdracht struct {
	Run             string // VerloningsRunDataIdentity
	Volgnummer      int
	Werkgever       Werkgever
	Periode         payroll.Period
	Soort           payroll.PeriodKind // Monthly or FourWeekly
	Dienstverbanden []Dienstverband
	Waarden         []Waarde
	Componenten     []Component
}

// Run is a computed run. It is plain data: storing it as JSON and reading it back
// gives the same run.
type Run struct {
	Identity    string
	Volgnummer  int
	Werkgever   Werkgever
	Periode     payroll.Period
	Soort       payroll.PeriodKind
	Begin, Eind payroll.Date
	Stroken     []Loonstrook // in the order of the Dienstverbanden
}

// Regel is one line of a payslip that is not computed from others.
type Regel struct {
	Component                  int
	Naam, Categorie            string
	Soort                      Soort
	Strook                     payroll.SlipKind
	Aantal                     payroll.Hours // hours or units in hundredths; 0 for amounts
	Bedrag                     payroll.Cents
	Rekening                   string
	Kostenplaats, Kostendrager string
	Overwerk                   bool
}

// Loonstrook is what one employment comes to in one period.
type Loonstrook struct {
	Dienstverband Dienstverband
	Regels        []Regel
	Uren          payroll.Hours // paid hours

	Bruto, Bijzonder payroll.Cents // taxed by the table, and at the special rate
	Overwerk         payroll.Cents // part of Bruto
	Vakantiegeld     payroll.Cents // part of Bijzonder, out of the reserve
	Vergoedingen     payroll.Cents
	Inhoudingen      payroll.Cents // from net pay
	Loonheffing      payroll.Cents
	LoonheffingBT    payroll.Cents // at the special rate
	Arbeidskorting   payroll.Cents // went into Loonheffing
	ZvwInhouding     payroll.Cents
	Vordering        payroll.Cents // what net pay fell short; to be settled later
	Netto            payroll.Cents // paid out, never negative
	Premieloon       payroll.Cents
	Bijdrageloon     payroll.Cents // wage for the Zvw, up to the maximum
	ZvwWerkgever     payroll.Cents
	AwfLaag, AwfHoog payroll.Cents
	AofLaag, AofHoog payroll.Cents
	Wko, Whk         payroll.Cents
	Reservering      payroll.Cents // holiday allowance set aside in this period
}

// Loon is the wage for wage tax: Bruto and Bijzonder.
func (l *Loonstrook) Loon() payroll.Cents { return l.Bruto + l.Bijzonder }

// Premies are the employee-insurance premiums of the employer.
func (l *Loonstrook) Premies() payroll.Cents {
	return l.AwfLaag + l.AwfHoog + l.AofLaag + l.AofHoog + l.Wko + l.Whk
}

// ErrLegeRun is returned when nobody is in service and nothing is to be paid
// (run state 8, "Geen loonresultaten, verloning geannuleerd").
var ErrLegeRun = errors.New("no results: nobody in service in the period")

// Verloon computes the run. All employments are computed, or none: the error
// names every value and employment that cannot be computed. The order of Waarden
// does not matter to the amounts.
func Verloon(o Opdracht) (*Run, error) {
	if o.Periode.Year != 2026 {
		return nil, fmt.Errorf("payroll of %s: the sandbox has the figures of 2026 only", o.Periode)
	}
	if o.Soort != payroll.Monthly && o.Soort != payroll.FourWeekly {
		return nil, fmt.Errorf("payroll of %s: the sandbox pays per month or per four weeks", o.Periode)
	}
	begin, end, err := o.Periode.Bounds(o.Soort)
	if err != nil {
		return nil, err
	}
	p, err := load2026()
	if err != nil {
		return nil, err
	}
	values, err := byEmployment(o)
	if err != nil {
		return nil, err
	}
	run := &Run{Identity: o.Run, Volgnummer: o.Volgnummer, Werkgever: o.Werkgever, Periode: o.Periode, Soort: o.Soort, Begin: begin, Eind: end}
	components := map[int]Component{}
	for _, c := range o.Componenten {
		components[c.Nummer] = c
	}
	var problems []error
	for i := range o.Dienstverbanden {
		d := &o.Dienstverbanden[i]
		if !inService(d, begin, end) && len(values[d.Identity]) == 0 {
			continue
		}
		slip, err := slipOf(p, run, d, values[d.Identity], components)
		if err != nil {
			problems = append(problems, fmt.Errorf("dienstverband %s: %w", d.Identity, err))
			continue
		}
		run.Stroken = append(run.Stroken, slip)
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	if len(run.Stroken) == 0 {
		return nil, ErrLegeRun
	}
	return run, nil
}

// byEmployment sorts the values out and refuses those that name nothing known.
func byEmployment(o Opdracht) (map[string][]Waarde, error) {
	known := map[string]bool{}
	for _, d := range o.Dienstverbanden {
		if known[d.Identity] {
			return nil, fmt.Errorf("dienstverband %s occurs twice", d.Identity)
		}
		known[d.Identity] = true
	}
	values := map[string][]Waarde{}
	var problems []error
	for _, w := range o.Waarden {
		if !known[w.Dienstverband] {
			problems = append(problems, fmt.Errorf("value for unknown dienstverband %s", w.Dienstverband))
			continue
		}
		values[w.Dienstverband] = append(values[w.Dienstverband], w)
	}
	return values, errors.Join(problems...)
}

func inService(d *Dienstverband, begin, end payroll.Date) bool {
	return d.InDienst <= end && (d.UitDienst == 0 || d.UitDienst >= begin)
}
