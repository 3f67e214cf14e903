package sandbox

import (
	"fmt"
	"strconv"
	"time"

	"loket-etl/loket/contract"
	"loket-etl/loket/sandbox/verloning"
	"loket-etl/payroll"
)

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
