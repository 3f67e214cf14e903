package sandbox

import (
	"fmt"
	"strconv"
	"strings"

	"loket-etl/payroll"
)

// Office says how large the generated office is. The same Office gives the same
// records, always. The zero value is the default office: three employers with
// the Clientnummers 5555, 5556 (monthly) and 7001 (four-weekly) and sixty people.
type Office struct {
	Employers int // 0: the default office
	Employees int // over all employers
}

// Most that the identities and the invented numbers can hold.
const (
	maxEmployers = 100_000
	maxEmployees = 125_000
)

func (o Office) check() error {
	if o.Employers == 0 && o.Employees == 0 {
		return nil
	}
	if o.Employers < 1 || o.Employers > maxEmployers || o.Employees < o.Employers || o.Employees > maxEmployees {
		return fmt.Errorf("office of %d employers and %d employees: wanted 1 to %d employers and as many to %d employees",
			o.Employers, o.Employees, maxEmployers, maxEmployees)
	}
	return nil
}

type firm struct {
	name, short  string
	clientnummer int
	kind         payroll.PeriodKind
	size         int
	external     bool // its tax returns are filed by an external party
}

var defaultFirms = []firm{
	{"Bakkerij De Gouden Aar B.V.", "Gouden Aar", 5555, payroll.Monthly, 25, false},
	{"Zorggroep Lindehof B.V.", "Lindehof", 5556, payroll.Monthly, 20, true},
	{"Logistiek Centrum Oosterveen B.V.", "LC Oostervn", 7001, payroll.FourWeekly, 15, false},
}

func (o Office) firms() []firm {
	if o.Employers == 0 {
		return defaultFirms
	}
	all := make([]firm, o.Employers)
	for i := range all {
		f := firm{clientnummer: 10_000 + i, kind: payroll.Monthly, size: o.Employees / o.Employers}
		if i < o.Employees%o.Employers {
			f.size++
		}
		if i < len(defaultFirms) {
			d := defaultFirms[i]
			f.name, f.short, f.clientnummer, f.kind, f.external = d.name, d.short, d.clientnummer, d.kind, d.external
		} else {
			f.name, f.short = fmt.Sprintf("Voorbeeldbedrijf %d B.V.", i+1), fmt.Sprintf("VB %d", i+1)
			if i%4 == 3 {
				f.kind = payroll.FourWeekly
			}
		}
		all[i] = f
	}
	return all
}

// newEmployers makes the employers with their own records; people follow when an
// employer is first looked at.
func (o Office) newEmployers() []*employer {
	first := 0
	var all []*employer
	for i, f := range o.firms() {
		id := place{aWerkgever, i, 0}.identity()
		e := &employer{
			index: i, firm: f, first: first, id: id, werkgeverID: 1001 + i, generated: true,
			taxNumber: elevenDigits(uint64(i)+1, 82_000_000, -1) + "L01", iban: accountOf(uint64(maxEmployees + i)),
		}
		first += f.size
		city := cities[i%len(cities)]
		e.record = newRecord("Werkgever", id, "").fill(
			"WerkgeverQuid", id, "WerkgeverId", strconv.Itoa(e.werkgeverID), "Bedrijfsnaam", f.name,
			"Administratienummer", fmt.Sprintf("DEB%d", e.werkgeverID), "Groepcode", strconv.Itoa(10+i%5),
			"KvKNummer", fmt.Sprintf("9%07d", 1234*(i+1)%10_000_000), "Rechtsvorm", "1",
			"Straat", streets[i%len(streets)], "Huisnummer", strconv.Itoa(2+i%90), "Postcode", postcode(i), "Plaats", city, "Landcode", "NL",
			"Telefoon", fmt.Sprintf("0850%06d", 100_000+i), "Email", fmt.Sprintf("kantoor%d@example.org", e.werkgeverID),
			"Website", "https://www.example.org", "ContactNaam", "Afdeling Personeel", "ContactFunctie", "Salarisadministratie",
		)
		if i == 1 {
			e.record.fill("Postbus", "120", "PostPostcode", postcode(400), "PostPlaats", city, "PostLandcode", "NL")
		}
		all = append(all, e)
	}
	return all
}

// dice gives reproducible numbers for a person; the same for ever, so a change
// here changes everybody's data.
type dice uint64

func (d *dice) roll(n int) int {
	*d += 0x9e3779b97f4a7c15
	z := uint64(*d)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return int((z ^ z>>31) % uint64(n))
}

// newPerson makes the person and the employment with payroll number nr (from 1)
// at the employer.
func newPerson(e *employer, nr int) (*record, *job) {
	at := uint64(e.first + nr - 1)
	d := dice(at*7919 + 17)
	woman := d.roll(2) == 1
	first, gender := men[d.roll(len(men))], "1"
	if woman {
		first, gender = women[d.roll(len(women))], "2"
	}
	last := surnames[d.roll(len(surnames))]
	if nr <= len(known) {
		first, last, gender = known[nr-1].first, surname{known[nr-1].prefix, known[nr-1].last}, known[nr-1].gender
	}
	born, _ := payroll.NewDate(1965+d.roll(40), 1+d.roll(12), 1+d.roll(28))
	persnr := strconv.Itoa(1000*(e.index+1) + nr)
	if e.firm.size >= 1000 {
		persnr = strconv.Itoa(100_000 + nr)
	}
	name := strings.TrimSpace(first[:1] + ". " + strings.TrimSpace(last.prefix+" "+last.name))
	pid := place{aPersoon, e.index, nr - 1}.identity()
	mail := strings.ToLower(strings.ReplaceAll(first+"."+last.prefix+last.name, " ", ""))
	person := newRecord("Persoon", pid, e.id).fill(
		"PersoonQuid", pid, "Persnr", persnr, "BSN", elevenDigits(at, 99_000_000, -1),
		"Voorletters", first[:1], "Voornaam", first, "Voorvoegsel", last.prefix, "Achternaam", last.name, "Naam", name,
		"Geslacht", gender, "Nationaliteit", "1", "BurgerlijkeStaat", []string{"1", "2", "3", "5"}[d.roll(4)],
		"Geboortedatum", born.String(), "Geboorteplaats", cities[d.roll(len(cities))],
		"Straat", streets[d.roll(len(streets))], "Huisnummer", strconv.Itoa(1+d.roll(180)),
		"Postcode", postcode(d.roll(5000)), "Plaats", cities[d.roll(len(cities))], "Landcode", "NL",
		"Email", fmt.Sprintf("%s.%s@example.org", mail, persnr), "EmailZakelijk", workMail(e, mail, nr),
		"Mobiel", fmt.Sprintf("0600%06d", at%1_000_000), "ReisafstandWoonWerk", strconv.Itoa(500+d.roll(40_000)),
	)
	if d.roll(6) == 0 {
		person.fill("HuisnummerToevoeging", string(rune('A'+d.roll(4))))
	}
	return person, newJob(e, nr, person, &d, at)
}

// workMail is short for the default office, where people type it.
func workMail(e *employer, mail string, nr int) string {
	if nr <= len(known) {
		return fmt.Sprintf("%s@client%d.example.org", mail, e.firm.clientnummer)
	}
	return fmt.Sprintf("%s%d@client%d.example.org", mail, nr, e.firm.clientnummer)
}

func newJob(e *employer, nr int, person *record, d *dice, at uint64) *job {
	id := place{aDienstverband, e.index, nr - 1}.identity()
	start, _ := payroll.NewDate(2008+d.roll(17), 1+d.roll(12), 1)
	weekly := payroll.Hours([]int{4000, 3800, 3600, 3200, 2400, 2000}[d.roll(6)])
	j := &job{index: nr - 1, persnrVerl: nr, person: person, start: start, weekly: weekly, credit: true, values: map[valueKey]*periodValue{}}
	j.persnr, _ = strconv.Atoi(person.get("Persnr"))
	wage := payroll.Cents(1500 + 5*d.roll(500)) // per hour
	switch {
	case nr%3 == 2: // every third is paid by the hour
		j.wage = wage
	default:
		j.salary = salary(wage, weekly, e.firm.kind)
	}
	indefinite := d.roll(4) > 0
	j.indefinite = indefinite
	j.record = newRecord("Dienstverband", id, e.id).fill(
		"DienstverbandQuid", id, "PersoonQuid", person.id, "Persnr", person.get("Persnr"),
		"PersoneelsnummerVerloning", strconv.Itoa(nr), "Clientnummer", strconv.Itoa(e.firm.clientnummer),
		"NummerInkomstenVerhouding", "1", "DatumInDienst", start.String(), "HistorischeDatumInDienst", start.String(),
		"SoortDienstverband", map[bool]string{true: "1", false: "2"}[indefinite], "BasisDienstverband", "1", "TypeDienstverband", "1",
		"SchriftelijkeArbeidsovereenkomst", "true", "OpzegtermijnWerknemer", "1", "OpzegtermijnWerkgever", "1", "PeriodeOpzegTermijn", "4",
		"IsOproepkrachtOfInvalkracht", "false", "IsDirecteurGrootAandeelhouder", "false", "IsAnoniemeWerknemer", "false",
		"NaamLoonstrook", cut(person.get("Naam"), 34), "IBAN", accountOf(at).Text(), "TenNameVan", person.get("Naam"),
	)
	switch {
	case nr%10 == 7: // came during the year
		j.start, _ = payroll.NewDate(2026, 2+d.roll(6), 16)
		j.record.fill("DatumInDienst", j.start.String(), "HistorischeDatumInDienst", j.start.String())
	case nr%10 == 9: // left during the year
		j.end, _ = payroll.NewDate(2026, 3+d.roll(5), 15)
		j.record.fill("DatumUitDienst", j.end.String(), "RedenEindeDienstverbandAangifte", "20", "RedenEindeDienstverband", "8", "ZiekUitDienst", "false")
	}
	if !indefinite {
		j.record.fill("AanstellingTot", "2027-06-30")
	}
	return j
}

// salary is the pay of a period for the weekly hours: 52 weeks over 12 or 13
// periods, rounded down to a whole euro.
func salary(hourly payroll.Cents, weekly payroll.Hours, kind payroll.PeriodKind) payroll.Cents {
	periods := int64(12)
	if kind == payroll.FourWeekly {
		periods = 13
	}
	return payroll.Cents(int64(hourly)*int64(weekly)*52/periods/100/100) * 100
}

func cut(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most])
	}
	return s
}

// elevenDigits makes the n-th invented number of nine digits that passes the
// eleven test with the given weight of the last digit: -1 for a BSN or RSIN, 1
// for a bank account. Its first digits are those of base, so that BSNs stay in
// a range (99...) that is not given out.
func elevenDigits(n, base uint64, last int) string {
	for try := uint64(0); ; try++ {
		s := fmt.Sprintf("%08d", base+(n*8+try)*7919%1_000_000)
		sum := 0
		for i, c := range []byte(s) {
			sum += (9 - i) * int(c-'0')
		}
		check := sum % 11
		if last == 1 {
			check = (11 - check) % 11
		}
		if check < 10 {
			return s + strconv.Itoa(check)
		}
	}
}

// accountOf is the n-th invented account at a bank that does not exist.
func accountOf(n uint64) payroll.IBAN {
	iban, err := payroll.NewIBAN("NL", "TEST0"+elevenDigits(n%125_000, 10_000_000+n/125_000*1_000_000, 1))
	if err != nil {
		panic(err) // the digits are our own
	}
	return iban
}

func postcode(n int) string {
	return fmt.Sprintf("%04d %c%c", 1000+n*37%8999, 'A'+n%24, 'B'+n*7%22)
}

type surname struct{ prefix, name string }

// known are the first people of every employer, so that examples can name them.
var known = []struct{ first, prefix, last, gender string }{
	{"Anna", "de", "Bruin", "2"}, {"Bram", "", "Kuipers", "1"}, {"Chantal", "van den", "Heuvel", "2"}, {"Daan", "", "Postma", "1"},
	{"Emine", "", "Yildirim", "2"}, {"Fleur", "", "Hoekstra", "2"}, {"Gijs", "van", "Dalen", "1"}, {"Hanna", "", "Verbeek", "2"},
	{"Ivo", "", "Timmer", "1"}, {"Joke", "ter", "Horst", "2"},
}

var (
	men = strings.Fields(`Arjan Bas Cor Dirk Erik Frans Gerben Henk Ilias Jeroen Karim Lars Mark Niels Otto Pieter Ruben Sander
		Teun Umut Victor Wouter Yusuf Zeger`)
	women = strings.Fields(`Annelies Bianca Carla Desi Els Fatima Gerda Hilde Ingrid Jantje Karin Lotte Marijke Nadia Olga Petra
		Roos Saskia Tineke Ursula Vera Wilma Yvonne Zoë`)
	surnames = []surname{
		{"", "Akkerman"}, {"", "Bosveld"}, {"van", "Campen"}, {"", "Dijkgraaf"}, {"", "Elzinga"}, {"de", "Fouw"}, {"", "Groeneweg"},
		{"van der", "Hagen"}, {"", "IJzerman"}, {"", "Jonkers"}, {"", "Kamerling"}, {"van", "Leeuwerik"}, {"", "Molenkamp"},
		{"", "Nieuwland"}, {"", "Oosterling"}, {"", "Pietersma"}, {"", "Quist"}, {"", "Ravensberg"}, {"", "Schippers"},
		{"", "Terpstra"}, {"", "Uitenhage"}, {"de", "Vos"}, {"", "Wagenvoort"}, {"", "Zandstra"}, {"", "Çelik"}, {"", "Kowalczyk"},
	}
	streets = []string{
		"Dorpsstraat", "Lindelaan", "Molenweg", "Kerkplein", "Havenkade", "Oude Veerweg", "Beukenhof", "Zonnebloemstraat", "Esdoornlaan",
		"Parallelweg", "Buitensingel", "Weidepad",
	}
	cities = []string{"Nieuwerdam", "Oosterveen", "Lindehove", "Zandwijk", "Grote Brug", "Westerhaven"}
)
