package sandbox

import (
	"fmt"
	"strconv"
	"sync"
	"time"

	"loket-etl/loket/contract"
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

// history makes the approved runs of the past, without their results.
func (e *employer) history() {
	if e.firm.size == 0 {
		return
	}
	for n := 1; n <= historyPeriods; n++ {
		p := payroll.Period{Year: year, Number: n}
		_, end, err := p.Bounds(e.firm.kind)
		if err != nil {
			panic(err) // periods 1 to 9 exist in every kind
		}
		at := end.AddDays(-6).Time().Add(9 * time.Hour)
		r := &run{
			employer: e, number: n, approval: n, period: p, status: runApproved, version: 1,
			requested: at, processed: at.Add(2 * time.Minute), approved: at.Add(25 * time.Hour), by: DemoUser, approver: DemoUser,
		}
		e.runs = append(e.runs, r)
		t := e.newReturn(r, 1)
		t.made = r.approved
		if n < historyPeriods {
			t.status, t.approver, t.approved, t.sent = returnSent, DemoUser, r.approved.Add(time.Hour), r.approved.Add(2*time.Hour)
		}
	}
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

// pastHours fills in what the approved periods were run with: hours of those who
// are paid by the hour, and some overtime and expenses of the others.
func (e *employer) pastHours() {
	if e.periods() == 0 {
		return
	}
	type span struct {
		begin, end payroll.Date
		days       int
	}
	var spans [historyPeriods]span
	for i := range spans {
		begin, end, err := payroll.Period{Year: year, Number: i + 1}.Bounds(e.firm.kind)
		if err != nil {
			panic(err) // they exist in every kind
		}
		spans[i] = span{begin, end, workdays(begin, end)}
	}
	for _, j := range e.jobs {
		d := dice(uint64(e.first+j.index)*104729 + 5)
		for i, s := range spans {
			extra, expenses, less, chance := int64(100*(1+d.roll(8))), int64(500+5*d.roll(2000)), int64(25*d.roll(8)), d.roll(6)
			if j.start > s.end || j.end != 0 && j.end < s.begin {
				continue
			}
			key := valueKey{period: payroll.Period{Year: year, Number: i + 1}, slip: int(payroll.NormalSlip), component: 1}
			amount := int64(0)
			switch {
			case j.wage > 0:
				days := s.days
				if from, to := max(s.begin, j.start), s.end; from > s.begin || j.end != 0 && j.end < s.end {
					if j.end != 0 {
						to = min(to, j.end)
					}
					days = workdays(from, to)
				}
				amount = int64(j.weekly)*int64(days)/5/25*25 - less
			case chance == 0:
				key.component, amount = 16, extra
			case chance == 1:
				key.component, amount = 30, expenses
			}
			if amount > 0 {
				e.setValue(j, key, 1, min(amount, maxHours), "", false)
			}
		}
	}
}

func workdays(from, to payroll.Date) int {
	n := 0
	for d := from; d <= to; d = d.AddDays(1) {
		if w := d.Time().Weekday(); w != time.Saturday && w != time.Sunday {
			n++
		}
	}
	return n
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

// periodRecord is the Verloning of a period, which exists for every period of the
// year; the index is the year and the number.
func (e *employer) periodRecord(index int) *record {
	p := payroll.Period{Year: index / 100, Number: index % 100}
	if p.Year != year || p.Number < 1 || p.Number > e.periods() {
		return nil
	}
	begin, end, err := p.Bounds(e.firm.kind)
	if err != nil {
		return nil
	}
	return newRecord("Verloning", place{aVerloning, e.index, index}.identity(), e.id).fill(
		"Clientnummer", strconv.Itoa(e.firm.clientnummer), "Administratieomschrijving", cut(e.firm.name, 50), "Naam", e.firm.name,
		"KorteNaam", cut(e.firm.short, 12), "Loonheffingennummer", e.taxNumber, "Jaar", strconv.Itoa(p.Year),
		"PeriodeNummer", strconv.Itoa(p.Number), "BeginPeriode", begin.String(), "EindePeriode", end.String(),
		"SoortPeriode", strconv.Itoa(int(e.firm.kind)), "Testjaar", "false")
}

func (r *run) parent() string {
	return place{aVerloning, r.employer.index, r.period.Year*100 + r.period.Number}.identity()
}

func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05Z")
}

func codeText(table string, code int) string {
	for _, row := range contract.Codes(table) {
		if row.Code == strconv.Itoa(code) {
			return row.Omschrijving
		}
	}
	return ""
}

func (r *run) record() *record {
	out := newRecord("VerloningsRun", r.id(), r.parent())
	out.version = r.version
	out.fill("Volgnummerrun", strconv.Itoa(r.number), "Jaar", strconv.Itoa(r.period.Year), "PeriodeNummer", strconv.Itoa(r.period.Number),
		"Status", strconv.Itoa(r.status), "StatusOmschrijving", codeText("StatusVerloningsRun", r.status),
		"WijzeVanAanmaak", "2", "WijzeVanAanmaakOmschrijving", codeText("WijzeVanAanmaak", 2),
		"GebruikerIdVerzoek", r.by, "GebruikerIdAfgehandeld", r.approver,
		"DatumVerzoek", moment(r.requested), "DatumVerwerkt", moment(r.processed), "DatumGoedkeuring", moment(r.approved),
		"DatumVerwijderd", moment(r.removed), "HeeftFouten", strconv.FormatBool(r.status == runFailed), "HeeftWaarschuwingen", "false")
	if r.approval > 0 {
		out.fill("VolgnummerGoedgekeurd", strconv.Itoa(r.approval), "DatumBeschikbaarWerknemer", payroll.DateOf(r.approved.UTC()).String())
	}
	if res := r.standing(); res != nil {
		special := 0
		for i := range res.Stroken {
			if res.Stroken[i].Bijzonder != 0 {
				special++
			}
		}
		out.fill("AantalPeriodeStroken", strconv.Itoa(len(res.Stroken)), "AantalBijzondertariefStroken", strconv.Itoa(special), "AantalHerrekenStroken", "0")
	}
	return out
}

// standing are the results of a run that is ready or approved, nil otherwise.
func (r *run) standing() *verloning.Run {
	if r.status != runReady && r.status != runApproved {
		return nil
	}
	res, err := r.results()
	if err != nil {
		return nil
	}
	return res
}

// settled is when the run was approved, or else run.
func (r *run) settled() time.Time {
	if r.approved.IsZero() {
		return r.processed
	}
	return r.approved
}

// payments are the wages of the run, as one file.
func (r *run) payments() payroll.Payments {
	made := payroll.DateOf(r.settled().UTC())
	return r.result.Betalingen(verloning.Betaling{Aanmaak: made, Verwerking: made.AddDays(3), Omschrijving: r.paymentText(), Serie: 1})
}

func (r *run) journal() payroll.Journal { return r.result.Journaal(payroll.DateOf(r.settled().UTC())) }

func (r *run) paymentText() string {
	return fmt.Sprintf("SALARISBETALING PERIODE %d", r.period.Number)
}

func (r *run) paymentRecord() *record {
	res := r.standing()
	if res == nil {
		return nil
	}
	p := r.payments()
	totals := payroll.Totals{}
	for post := range p.Batches[0].Posts {
		totals.Count++
		totals.Amount += post.Amount
	}
	if totals.Count == 0 {
		return nil
	}
	out := newRecord("Betaling", place{aBetaling, r.employer.index, r.number}.identity(), r.id())
	out.version = r.version
	return out.fill("Omschrijving", r.paymentText(), "SoortBetaling", "Salaris", "GewensteVerwerkingsdatum", p.Batches[0].Date.String(),
		"IBANOpdrachtgever", r.employer.iban.Text(), "NaamOpdrachtgever", p.Batches[0].Name,
		"AantalPosten", strconv.Itoa(totals.Count), "TotaalBedrag", totals.Amount.String())
}

func (r *run) journalRecord() *record {
	if r.status != runApproved {
		return nil
	}
	out := newRecord("Journaal", place{aJournaal, r.employer.index, r.number}.identity(), r.id())
	out.version = r.version
	return out.fill("Volgnummer", strconv.Itoa(r.approval), "Status", "4", "StatusOmschrijving", codeText("StatusJournaal", 4),
		"VolgnummerGoedgekeurd", strconv.Itoa(r.approval), "Jaar", strconv.Itoa(r.period.Year), "PeriodeNummer", strconv.Itoa(r.period.Number),
		"DatumVerzoek", moment(r.approved), "DatumVerwerkt", moment(r.approved.Add(time.Minute)))
}

func (t *taxReturn) id() string {
	return place{aLoonaangifte, t.employer.index, t.number}.identity()
}

// document is the tax return itself.
func (t *taxReturn) document() (payroll.TaxReturn, error) {
	res, err := t.run.results()
	if err != nil {
		return payroll.TaxReturn{}, err
	}
	return res.Loonaangifte(verloning.Bericht{Kenmerk: t.reference, Aanmaak: t.made.UTC()}), nil
}

func (t *taxReturn) record() *record {
	begin, end, _ := t.run.period.Bounds(t.employer.firm.kind)
	out := newRecord("Loonaangifte", t.id(), t.run.parent())
	out.version = t.version
	doc, err := t.document()
	if err == nil {
		amount := doc.Period.Total.String()
		out.fill("BedragPeriode", amount, "BedragCorrectie", "0.00", "BedragTotaal", amount)
	}
	return out.fill("Berichtkenmerk", t.reference, "Loonheffingennummer", t.employer.taxNumber, "Inhoudingsplichtige", t.employer.firm.name,
		"Jaar", strconv.Itoa(t.run.period.Year), "PeriodeNummer", strconv.Itoa(t.run.period.Number),
		"BeginPeriode", begin.String(), "EindePeriode", end.String(), "SoortAangifte", "1",
		"Status", strconv.Itoa(t.status), "StatusOmschrijving", codeText("StatusLoonaangifte", t.status),
		"Volgnummer", strconv.Itoa(t.number), "Volgnummerrun", strconv.Itoa(t.run.number),
		"UitersteBetaaldatum", end.AddDays(31).String(), "Betalingskenmerk", paymentReference(t),
		"ExternepartijLoonaangifteIdentificatie", t.external, "WijzeVanAanmaak", "2", "WijzeVanAanmaakOmschrijving", codeText("WijzeVanAanmaak", 2),
		"GebruikerIdVerzoek", t.run.approver, "GebruikerIdAfgehandeld", t.approver,
		"DatumAanmaak", moment(t.made), "DatumGoedkeuring", moment(t.approved), "DatumVerzending", moment(t.sent),
		"DatumAnnulering", moment(t.cancelled), "IsCorrectieVoorgaandJaar", "false")
}

// paymentReference is the betalingskenmerk: sixteen digits, the first a check on
// the rest (weights 2 4 8 5 10 9 7 3 6 1 from the right, modulo 11).
func paymentReference(t *taxReturn) string {
	rest := fmt.Sprintf("%s%02d%02d%02d", t.employer.taxNumber[:9], t.run.period.Year%100, t.run.period.Number, t.number%100)
	weights := []int{2, 4, 8, 5, 10, 9, 7, 3, 6, 1}
	sum := 0
	for i := range rest {
		sum += int(rest[len(rest)-1-i]-'0') * weights[i%10]
	}
	check := 11 - sum%11
	switch check {
	case 10:
		check = 1
	case 11:
		check = 0
	}
	return strconv.Itoa(check) + rest
}

// runListing are the records of one of the entities of a run, under an employer or
// under its direct parent.
func (e *employer) runListing(entity string, p place, all bool) listing {
	if entity == "Verloning" {
		return listing{e.periods(), func(i int) *record { return e.periodRecord(year*100 + i + 1) }}
	}
	var list []*record
	add := func(r *record) {
		if r != nil {
			list = append(list, r)
		}
	}
	if entity == "Loonaangifte" {
		for _, t := range e.returns {
			if all || t.run.period.Year*100+t.run.period.Number == p.index {
				add(t.record())
			}
		}
		return listOf(list)
	}
	for _, r := range e.runs {
		switch {
		case entity == "VerloningsRun" && (all || r.period.Year*100+r.period.Number == p.index):
			add(r.record())
		case entity == "Betaling" && (all || r.number == p.index):
			add(r.paymentRecord())
		case entity == "Journaal" && (all || r.number == p.index):
			add(r.journalRecord())
		}
	}
	return listOf(list)
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
