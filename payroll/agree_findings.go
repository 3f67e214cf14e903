package payroll

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// maxShown is how many employees or accounts a message names.
const maxShown = 10

func (a *audit) say(code string, grave bool, repair, format string, args ...any) {
	a.found = append(a.found, Finding{Code: code, Grave: grave, Message: fmt.Sprintf(format, args...), Repair: repair})
}

// identity wants documents of one run of one employer.
func (a *audit) identity() {
	r, j := a.run.Results, a.run.Journal
	if r.Run != "" && j.Run != "" && r.Run != j.Run || r.WerkgeverID != 0 && j.WerkgeverID != 0 && r.WerkgeverID != j.WerkgeverID {
		a.say("andere-run", true, again, "De loonresultaten en het journaal zijn niet van dezelfde run of werkgever.")
	}
}

func (a *audit) totals() {
	if !a.hasNet && a.paid != 0 {
		a.say("netto-ontbreekt", true, "Neem de looncomponent van het nettoloon op in de exportset, of verbeter zijn nummer in de instellingen.",
			"In de loonresultaten staat looncomponent %d (nettoloon) niet.", a.run.Net)
	}
	if a.paid != a.net {
		a.say("som-betalingen", true, again, "De betalingen tellen op tot %s en het nettoloon in de loonresultaten tot %s: een verschil van %s.",
			a.paid.Dutch(), a.net.Dutch(), (a.paid - a.net).Dutch())
	}
	if a.netAll != a.payable {
		repair, text := again, ""
		if a.payableLines == 0 {
			repair = "Zet in de instellingen op welke grootboekrekeningen het nettoloon staat. " + again
			text = " Er staat geen regel op die rekeningen."
		}
		a.say("som-journaal", true, repair, "Het nettoloon in de loonresultaten is %s, in het journaal staat %s te betalen (grootboekrekening %s).%s",
			a.netAll.Dutch(), a.payable.Dutch(), strings.Join(a.run.Payable, ", "), text)
	}
	if a.debit != a.credit {
		a.say("journaal-uit-balans", true, again, "Het journaal is niet in balans: debet %s, credit %s.", a.debit.Dutch(), a.credit.Dutch())
	}
	if n := len(a.wrongLines); n > 0 {
		a.say("journaal-regel", true, again, "In het journaal kloppen regels niet (een bedrag onder nul, of debet en credit tegelijk): regel %s.",
			first(n, func(i int) string { return strconv.Itoa(a.wrongLines[i]) }))
	}
	if a.notPositive.n > 0 {
		a.say("bedrag-niet-positief", true, again, "Posten met een bedrag van nul of minder: %d, samen %s.", a.notPositive.n, a.notPositive.amount.Dutch())
	}
	if a.collected.n > 0 {
		a.say("incasso", true, again, "Tussen de betalingen staan incasso's: %d, samen %s.", a.collected.n, a.collected.amount.Dutch())
	}
	if a.others.n > 0 {
		a.say("andere-betalingen", false, "Controleer deze betalingen zelf: ze staan niet in de loonresultaten.",
			"Er staan betalingen in die geen salaris zijn: %d, samen %s.", a.others.n, a.others.amount.Dutch())
	}
}

// accounts holds what each account gets against what its earners earned.
func (a *audit) accounts() {
	before := len(a.found)
	if len(a.unknown.who) > 0 {
		a.say("dienstverband-onbekend", true, "Laat nakijken of de webservicegebruiker dit dienstverband mag zien. "+again,
			"Van dienstverbanden met nettoloon is geen rekening op te zoeken: %s.", a.unknown)
	}
	if len(a.noIBAN.who) > 0 {
		a.say("begunstigde-zonder-iban", a.iban, "Vul het IBAN in Loket in en haal de run opnieuw op, of betaal deze medewerker met de hand.",
			"Medewerkers met nettoloon hebben in Loket geen IBAN: %s.", a.noIBAN)
	}
	if a.strange.n > 0 {
		a.say("rekening-onbekend", true, "Publiceer dit niet. Zoek uit waar deze rekening vandaan komt; haal daarna de run opnieuw op.",
			"Posten naar een rekening die geen medewerker heeft: %d, samen %s (rekening %s).", a.strange.n, a.strange.amount.Dutch(),
			first(a.strange.n, func(i int) string { return a.strange.shown[i] }))
	}
	a.differences()
	if a.posts != a.slips {
		agrees, repair := len(a.found) == before, again
		if agrees { // then it is no matter of money
			repair = "Kijk na of betalingen zijn gesplitst of samengevoegd."
		}
		a.say("aantal-betalingen", !agrees, repair, "Er zijn %d salarisposten en %d loonstroken met nettoloon.", a.posts, a.slips)
	}
	if len(a.negative.who) > 0 {
		a.say("netto-negatief", false, "Spreek met deze medewerkers af hoe het bedrag wordt verrekend.",
			"Medewerkers met een nettoloon onder nul worden niet betaald: %s.", a.negative)
	}
}

func (a *audit) differences() {
	var unpaid, doubled, other []*place
	var due, paid []Cents
	for _, p := range a.places {
		switch {
		case p.paid == p.due:
		case p.posts == 0:
			unpaid = append(unpaid, p)
		case p.due > 0 && p.posts > 1 && p.paid > p.due && p.paid%p.due == 0:
			doubled = append(doubled, p)
		default:
			other = append(other, p)
			due, paid = append(due, p.due), append(paid, p.paid)
		}
	}
	if len(unpaid) > 0 {
		a.say("niet-betaald", true, again, "Medewerkers met nettoloon krijgen geen betaling: %s.", a.compare(unpaid))
	}
	if len(doubled) > 0 {
		a.say("dubbel-betaald", true, again, "Medewerkers krijgen hun nettoloon meer dan een keer: %s.", a.compare(doubled))
	}
	if len(other) == 0 {
		return
	}
	slices.Sort(due)
	slices.Sort(paid)
	if slices.Equal(due, paid) {
		a.say("rekeningen-verwisseld", true, again, "Medewerkers krijgen elkaars nettoloon; hun rekeningen zijn verwisseld: %s.", a.compare(other))
		return
	}
	a.say("bedrag-per-rekening", true, again, "Wat op een rekening komt is niet het nettoloon: %s.", a.compare(other))
}

// compare says of accounts whose they are, what was earned and what is paid.
func (a *audit) compare(places []*place) string {
	return first(len(places), func(i int) string {
		p := places[i]
		return fmt.Sprintf("%s (netto %s, betaald %s)", a.whose(p), p.due.Dutch(), p.paid.Dutch())
	})
}

func (a *audit) whose(p *place) string {
	var who []string
	for _, i := range p.earners {
		who = append(who, a.run.Earners[i].Label())
	}
	if who == nil { // nobody on it earned anything in this run
		for _, e := range a.run.Earners {
			if e.IBAN != "" && a.byIBAN[e.IBAN] == p {
				who = append(who, e.Label())
			}
		}
	}
	return strings.Join(who, " en ")
}

// Label is how messages name an earner: by number, never by name.
func (e Earner) Label() string {
	if e.PersnrVerl != 0 {
		return fmt.Sprintf("personeelsnummer verloning %d", e.PersnrVerl)
	}
	return fmt.Sprintf("personeelsnummer %d", e.Persnr)
}

// people are employees with an amount, of which a message names the first.
type people struct {
	who    []Earner
	amount []Cents
}

func (p *people) add(e Earner, amount Cents) {
	p.who, p.amount = append(p.who, e), append(p.amount, amount)
}

// String names the first of them.
func (p people) String() string {
	return first(len(p.who), func(i int) string { return fmt.Sprintf("%s (%s)", p.who[i].Label(), p.amount[i].Dutch()) })
}

// accountList counts posts and keeps the first accounts, masked.
type accountList struct {
	tally
	shown []string
}

func (l *accountList) add(post Post) {
	l.tally.add(post.Amount)
	if len(l.shown) < maxShown {
		l.shown = append(l.shown, post.Account.String())
	}
}

// first names the first maxShown of n, and how many more there are.
func first(n int, name func(i int) string) string {
	var b strings.Builder
	for i := range min(n, maxShown) {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(name(i))
	}
	if n > maxShown {
		fmt.Fprintf(&b, " en nog %d", n-maxShown)
	}
	return b.String()
}
