package sandbox

import (
	"fmt"
	"sync"
	"time"

	"loket-etl/loket/sandbox/verloning"
	"loket-etl/payroll"
)

// Status numbers of a VerloningsRun.
const (
	runRequested = 0
	runReady     = 1
	runRemoved   = 5
	runCancelled = 6
	runFailed    = 7
	runEmpty     = 8
	runApproved  = 9
)

// Status numbers of a Loonaangifte.
const (
	returnMade      = 3
	returnCancelled = 4
	returnConfirmed = 5
	returnSent      = 6
)

// year is the one whose figures the sandbox has.
const year = 2026

// historyPeriods are the periods of the year that stand approved at the start.
const historyPeriods = 9

// run is a VerloningsRun. Its results are of the moment it was run; those of the
// past are computed when first asked for, and before anything they rest on
// changes.
type run struct {
	employer  *employer
	number    int // Volgnummerrun, from 1
	approval  int // VolgnummerGoedgekeurd; 0: not approved
	period    payroll.Period
	status    int
	version   int64
	requested time.Time
	processed time.Time
	approved  time.Time
	removed   time.Time
	by        string
	approver  string
	stale     bool // values came in after it was run

	once   sync.Once
	result *verloning.Run
	err    error
}

// taxReturn is a Loonaangifte, of an approved run.
type taxReturn struct {
	employer  *employer
	run       *run
	number    int // from 1
	reference string
	status    int
	version   int64
	external  string // ExternepartijLoonaangifteIdentificatie
	made      time.Time
	approved  time.Time
	sent      time.Time
	cancelled time.Time
	approver  string
	responses []response
}

type response struct {
	number string
	at     time.Time
	size   int
}

// periods is how many the employer has in a year.
func (e *employer) periods() int {
	switch {
	case e.firm.clientnummer == 0:
		return 0
	case e.firm.kind == payroll.FourWeekly:
		return 13
	}
	return 12
}

// newReturn makes the tax return of an approved run. One that an external party
// files waits for it; the others are confirmed with the run.
func (e *employer) newReturn(r *run, version int64) *taxReturn {
	t := &taxReturn{
		employer: e, run: r, number: len(e.returns) + 1, version: version, status: returnConfirmed,
		reference: fmt.Sprintf("LOKETETL%s%04d%02d%02d", e.taxNumber, r.period.Year, r.period.Number, r.number%100),
		made:      r.approved, approved: r.approved, approver: r.approver,
	}
	if e.firm.external {
		t.external = fmt.Sprintf("EXT-%d-%04d-%02d", e.firm.clientnummer, r.period.Year, r.period.Number)
		t.status, t.approved, t.approver = returnMade, time.Time{}, ""
	}
	e.returns = append(e.returns, t)
	return t
}

// components are those of every administration: the standard ones of the payroll
// and those of Loket's public import example.
var components = func() map[int]verloning.Component {
	all := map[int]verloning.Component{}
	for _, c := range append(verloning.Standaard(),
		verloning.Component{Nummer: 2, Naam: "Vakantie-uren", Soort: verloning.Gewerkt, Tarief: 10000},
		verloning.Component{Nummer: 15, Naam: "Overwerk 100%", Soort: verloning.Uren, Tarief: 10000, Overwerk: true},
		verloning.Component{Nummer: 16, Naam: "Overwerk 125%", Soort: verloning.Uren, Tarief: 12500, Overwerk: true},
		verloning.Component{Nummer: 28, Naam: "Meeruren", Soort: verloning.Uren, Tarief: 10000},
		verloning.Component{Nummer: 86, Naam: "Nabetaling", Soort: verloning.Bruto},
		verloning.Component{Nummer: 284, Naam: "Pers. toeslag", Soort: verloning.Bruto},
		verloning.Component{Nummer: 367, Naam: "Reiskosten", Soort: verloning.Vergoeding, Tarief: 10000},
		verloning.Component{Nummer: 372, Naam: "Telefoon", Soort: verloning.Vergoeding, Tarief: 10000},
	) {
		all[c.Nummer] = c
	}
	return all
}()

// inHours reports whether values of the component are hours.
func inHours(c verloning.Component) bool {
	return c.Soort == verloning.Uren || c.Soort == verloning.Gewerkt
}

// results are the results of the run, computed once.
func (r *run) results() (*verloning.Run, error) {
	r.once.Do(func() {
		r.employer.load()
		r.result, r.err = verloning.Verloon(r.order())
	})
	return r.result, r.err
}

// freeze computes the past before something it rests on changes.
func (e *employer) freeze() {
	for _, r := range e.runs {
		if r.status == runApproved || r.status == runReady {
			_, _ = r.results()
		}
	}
}

func (r *run) id() string { return place{aRun, r.employer.index, r.number}.identity() }

// order is the request to compute, from the records as they are now.
func (r *run) order() verloning.Opdracht {
	e := r.employer
	o := verloning.Opdracht{Run: r.id(), Volgnummer: r.number, Werkgever: e.payer(), Periode: r.period, Soort: e.firm.kind}
	for _, c := range components {
		o.Componenten = append(o.Componenten, c)
	}
	for _, j := range e.jobs {
		o.Dienstverbanden = append(o.Dienstverbanden, j.payee())
		for _, v := range j.order {
			if v.key.period == r.period {
				o.Waarden = append(o.Waarden, verloning.Waarde{
					Dienstverband: j.record.id, Component: v.key.component, Strook: payroll.SlipKind(v.key.slip), Waarde: v.value,
					Kostenplaats: v.key.plaats, Kostendrager: v.key.drager,
				})
			}
		}
	}
	return o
}

func (e *employer) payer() verloning.Werkgever {
	return verloning.Werkgever{
		Identity: e.id, ID: e.werkgeverID, Clientnummer: e.firm.clientnummer, Naam: cut(e.record.get("Bedrijfsnaam"), 35),
		Loonheffingennummer: e.taxNumber, Rekening: payroll.Account{IBAN: e.iban}, Contact: "Salarisadministratie", Telefoon: "0850100000",
	}
}

func (j *job) payee() verloning.Dienstverband {
	p := j.person
	born, _ := payroll.ParseDate(p.get("Geboortedatum"))
	d := verloning.Dienstverband{
		Identity: j.record.id, Persoon: p.id, Persnr: j.persnr, PersnrVerl: j.persnrVerl, NumIV: 1,
		Voorletters: p.get("Voorletters"), Voorvoegsel: p.get("Voorvoegsel"), Achternaam: p.get("Achternaam"),
		BSN: payroll.BSN(p.get("BSN")), Geboren: born, Geslacht: p.get("Geslacht"),
		Rekening: payroll.Account{IBAN: payroll.IBAN(j.record.get("IBAN"))}, TenNameVan: j.record.get("TenNameVan"),
		InDienst: j.start, UitDienst: j.end, Salaris: j.salary, Uurloon: j.wage, UrenPerWeek: j.weekly,
		Loonheffingskorting: j.credit, OnbepaaldeTijd: j.indefinite, Schriftelijk: true,
	}
	d.Adres = &payroll.TaxAddress{
		Street: p.get("Straat"), Number: p.get("Huisnummer"), Addition: p.get("HuisnummerToevoeging"), Location: p.get("Locatie"),
		Postcode: p.get("Postcode"), City: p.get("Plaats"),
	}
	if land := p.get("Landcode"); land != "NL" {
		d.Adres.Country = land
	}
	return d
}

// closed reports whether the period has an approved run.
func (e *employer) closed(p payroll.Period) bool {
	for _, r := range e.runs {
		if r.period == p && r.status == runApproved {
			return true
		}
	}
	return false
}

// outdated marks runs of the period that are ready as run before the last values.
func (e *employer) outdated(p payroll.Period) {
	for _, r := range e.runs {
		if r.period == p && r.status == runReady {
			r.stale = true
		}
	}
}
