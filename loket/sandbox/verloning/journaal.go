package verloning

import (
	"cmp"
	"slices"

	"loket-etl/payroll"
)

// The chart of accounts of the sandbox.
const (
	rekeningLonen        = "4000"
	rekeningPremies      = "4010"
	rekeningVakantie     = "4020"
	rekeningVergoedingen = "4030"
	rekeningHeffingen    = "1700"
	rekeningNetto        = "1710"
	rekeningReserve      = "1720"
	rekeningInhoudingen  = "1730"
	rekeningVordering    = "1740"
)

var rekening = map[Soort]string{
	Uren: rekeningLonen, Gewerkt: rekeningLonen, Bruto: rekeningLonen, Bijzonder: rekeningLonen,
	Vakantie: rekeningReserve, Vergoeding: rekeningVergoedingen, Inhouding: rekeningInhoudingen,
}

// Grootboek are the accounts that a journal of the sandbox books on, with their
// names.
func Grootboek() map[string]string {
	return map[string]string{
		rekeningLonen: "Lonen en salarissen", rekeningPremies: "Sociale lasten", rekeningVakantie: "Vakantiegeld",
		rekeningVergoedingen: "Onkostenvergoedingen", rekeningHeffingen: "Af te dragen loonheffingen",
		rekeningNetto: "Te betalen nettolonen", rekeningReserve: "Reservering vakantiegeld",
		rekeningInhoudingen: "Inhoudingen personeel", rekeningVordering: "Vorderingen op personeel",
	}
}

// Journaal is the journal of the run: one line per component, account,
// kostenplaats and kostendrager, sorted by account. Costs carry the
// kostenplaats of the value or the Dienstverband, balance accounts none. It
// always balances.
func (r *Run) Journaal(date payroll.Date) payroll.Journal {
	book := ledgerBook{}
	for i := range r.Stroken {
		book.slip(&r.Stroken[i])
	}
	j := payroll.Journal{
		Run: r.Identity, WerkgeverID: r.Werkgever.ID, Clientnummer: r.Werkgever.Clientnummer,
		Period: r.Periode, RunNumber: r.Volgnummer, Date: date,
	}
	names := Grootboek()
	for key, amount := range book {
		if amount == 0 {
			continue
		}
		line := payroll.JournalLine{
			Component: key.component, ComponentName: key.name, Account: key.account, Description: names[key.account],
			CostCentre: key.centre, CostUnit: key.unit,
		}
		if amount > 0 {
			line.Debit = amount
		} else {
			line.Credit = -amount
		}
		j.Lines = append(j.Lines, line)
	}
	slices.SortFunc(j.Lines, func(a, b payroll.JournalLine) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Component, b.Component),
			cmp.Compare(a.ComponentName, b.ComponentName), cmp.Compare(a.CostCentre, b.CostCentre), cmp.Compare(a.CostUnit, b.CostUnit))
	})
	for i := range j.Lines {
		j.Lines[i].Number = i + 1
	}
	return j
}

type bookKey struct {
	account      string
	component    int
	name         string
	centre, unit string
}

// ledgerBook sums debit (positive) and credit (negative) per line.
type ledgerBook map[bookKey]payroll.Cents

func (b ledgerBook) slip(l *Loonstrook) {
	d := &l.Dienstverband
	for _, r := range l.Regels {
		key := bookKey{account: r.Rekening, component: r.Component, name: r.Naam}
		switch r.Soort {
		case Inhouding:
			b[key] -= r.Bedrag
		case Informatief:
		case Vakantie:
			b[key] += r.Bedrag
		default:
			key.centre, key.unit = r.Kostenplaats, r.Kostendrager
			b[key] += r.Bedrag
		}
	}
	balance := func(account string, component int, debit payroll.Cents) {
		b[bookKey{account: account, component: component, name: vast[component].naam}] += debit
	}
	balance(rekeningHeffingen, CompLoonheffing, -l.Loonheffing)
	balance(rekeningHeffingen, CompLoonheffingBT, -l.LoonheffingBT)
	balance(rekeningHeffingen, CompZvwInhouding, -l.ZvwInhouding)
	balance(rekeningVordering, CompVordering, l.Vordering)
	balance(rekeningNetto, CompNetto, -l.Netto)

	cost := func(account, contra string, component int, amount payroll.Cents) {
		name := vast[component].naam
		b[bookKey{account, component, name, d.Kostenplaats, d.Kostendrager}] += amount
		b[bookKey{account: contra, component: component, name: name}] -= amount
	}
	for _, c := range l.werkgeverslasten() {
		cost(rekeningPremies, rekeningHeffingen, c.component, c.bedrag)
	}
	cost(rekeningVakantie, rekeningReserve, CompReservering, l.Reservering)
}

type last struct {
	component int
	bedrag    payroll.Cents
}

func (l *Loonstrook) werkgeverslasten() []last {
	return []last{
		{CompZvwWerkgever, l.ZvwWerkgever},
		{CompAwfLaag, l.AwfLaag},
		{CompAwfHoog, l.AwfHoog},
		{CompAofLaag, l.AofLaag},
		{CompAofHoog, l.AofHoog},
		{CompWko, l.Wko},
		{CompWhk, l.Whk},
	}
}
