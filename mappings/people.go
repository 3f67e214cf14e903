package mappings

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"loket-etl/payroll"
)

// Person is an employment as Loket knows it.
type Person struct {
	Werkgever     string // identity of the Werkgever
	WerkgeverID   int
	Clientnummer  int
	PersnrVerl    int
	Persnr        int
	Dienstverband string // identity of the Dienstverband
	Email         string
	Persoon       string      // identity of the Persoon
	BSN           payroll.BSN // "" when Loket does not say
	Achternaam    string
	Voorvoegsel   string
	Naam          string // as Loket writes it: "A. de Bruin"
	Geboren       payroll.Date
	InDienst      payroll.Date
	UitDienst     payroll.Date       // last day, 0 when none
	SoortPeriode  payroll.PeriodKind // of the periods of the Clientnummer; needed when a mapping takes it from Loket
}

// Employer is a Werkgever, also one that nobody works for.
type Employer struct {
	Werkgever    string // identity
	WerkgeverID  int
	Clientnummer int
}

// People is everybody in Loket that a file may be about. It does not change
// after NewPeople and may be used by many goroutines.
type People struct {
	all      []Person
	byNumber map[personKey][]int32 // by Clientnummer and PersnrVerl
	byID     map[personKey][]int32 // by WerkgeverID and PersnrVerl
	byHR     map[personKey][]int32 // by Clientnummer and Persnr
	byHRID   map[personKey][]int32 // by WerkgeverID and Persnr
	byEmail  map[string][]int32
	byBSN    map[string][]int32
	byName   map[nameKey][]int32
	clients  map[int]*employer
	ids      map[int]*employer

	emptyClients, emptyIDs map[int]*employer // that nobody works for
}

// nameKey is a name, in lower case, and a date of birth.
type nameKey struct {
	name string
	born payroll.Date
}

type personKey struct{ employer, number int }

type employer struct {
	werkgever    string
	id           int
	clientnummer int
	kind         payroll.PeriodKind // 0 unknown, -1 differs
}

// NewPeople makes the table of everybody, and of the employers that are known
// beside theirs.
func NewPeople(all []Person, employers ...Employer) *People {
	p := &People{
		all: slices.Clone(all), byNumber: map[personKey][]int32{}, byID: map[personKey][]int32{},
		byHR: map[personKey][]int32{}, byHRID: map[personKey][]int32{}, byEmail: map[string][]int32{},
		byBSN: map[string][]int32{}, byName: map[nameKey][]int32{},
		clients: map[int]*employer{}, ids: map[int]*employer{}, emptyClients: map[int]*employer{}, emptyIDs: map[int]*employer{},
	}
	for i := range employers {
		x := &employers[i]
		e := &employer{x.Werkgever, x.WerkgeverID, x.Clientnummer, 0}
		p.emptyClients[x.Clientnummer], p.emptyIDs[x.WerkgeverID] = e, e
	}
	delete(p.emptyClients, 0) // has no administration yet
	for i := range p.all {
		x, n := &p.all[i], int32(i)
		add := func(m map[personKey][]int32, e, number int) {
			if e != 0 && number != 0 {
				m[personKey{e, number}] = append(m[personKey{e, number}], n)
			}
		}
		add(p.byNumber, x.Clientnummer, x.PersnrVerl)
		add(p.byID, x.WerkgeverID, x.PersnrVerl)
		add(p.byHR, x.Clientnummer, x.Persnr)
		add(p.byHRID, x.WerkgeverID, x.Persnr)
		if mail := strings.ToLower(strings.TrimSpace(x.Email)); mail != "" {
			p.byEmail[mail] = append(p.byEmail[mail], n)
		}
		if bsn := x.BSN.Digits(); bsn != "" {
			p.byBSN[bsn] = append(p.byBSN[bsn], n)
		}
		if x.Geboren != 0 {
			for _, name := range x.names() {
				key := nameKey{name, x.Geboren}
				p.byName[key] = append(p.byName[key], n)
			}
		}
		note(p.clients, x.Clientnummer, x)
		note(p.ids, x.WerkgeverID, x)
	}
	return p
}

func note(m map[int]*employer, key int, x *Person) {
	e := m[key]
	if e == nil {
		m[key] = &employer{x.Werkgever, x.WerkgeverID, x.Clientnummer, x.SoortPeriode}
		return
	}
	if e.kind != x.SoortPeriode {
		e.kind = -1
	}
}

// employer is the employer with that number, nil if Loket has none.
func (p *People) employer(by employerBy, number int) *employer {
	if by == byWerkgeverID {
		return cmp.Or(p.ids[number], p.emptyIDs[number])
	}
	return cmp.Or(p.clients[number], p.emptyClients[number])
}

// candidates are the employments that a number, an address, a BSN or a name may
// mean.
func (p *People) candidates(t *target, k *employeeKey, text string) []int32 {
	key := personKey{int(k.employer), int(k.number)}
	switch {
	case t.employeeBy == byReference, t.employeeBy == byEmployer:
		return nil
	case t.employeeBy == byEmail:
		return p.at(t, key.employer, p.byEmail[text])
	case t.employeeBy == byBSN:
		return p.at(t, key.employer, p.byBSN[text])
	case t.employeeBy == byName:
		return p.at(t, key.employer, p.byName[nameKey{text, payroll.Date(k.number)}])
	case t.employeeBy == byPersnr && t.employerBy == byWerkgeverID:
		return p.byHRID[key]
	case t.employeeBy == byPersnr:
		return p.byHR[key]
	case t.employerBy == byWerkgeverID:
		return p.byID[key]
	}
	return p.byNumber[key]
}

// at are those who work at the employer that the file names.
func (p *People) at(t *target, employer int, all []int32) []int32 {
	var out []int32
	for _, i := range all {
		x := &p.all[i]
		if t.employerBy == byClientnummer && x.Clientnummer != employer || t.employerBy == byWerkgeverID && x.WerkgeverID != employer {
			continue
		}
		out = append(out, i)
	}
	return out
}

// names are the ways to write somebody's name, in lower case.
func (x *Person) names() []string {
	var all []string
	for _, name := range []string{x.Achternaam, x.Voorvoegsel + " " + x.Achternaam, x.Naam} {
		if name = foldName(name); name != "" && !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	return all
}

// foldName makes names equal that differ in case and blanks only.
func foldName(name string) string {
	return string(foldKey(nil, []byte(strings.Join(strings.Fields(name), " "))))
}

// kindOf is the kind of period of the candidates, 0 if Loket did not say or
// they differ.
func (p *People) kindOf(candidates []int32) payroll.PeriodKind {
	kind := payroll.PeriodKind(0)
	for n, i := range candidates {
		if n > 0 && p.all[i].SoortPeriode != kind {
			return 0
		}
		kind = p.all[i].SoortPeriode
	}
	return kind
}

// inService are the candidates that are employed on a day from first to last.
func (p *People) inService(candidates []int32, first, last payroll.Date) []int32 {
	var out []int32
	for _, i := range candidates {
		if x := &p.all[i]; x.InDienst <= last && (x.UitDienst == 0 || x.UitDienst >= first) {
			out = append(out, i)
		}
	}
	return out
}

// near is what is known and looks like the employee asked for, for a message:
// numbers as they are, addresses masked.
func (p *People) near(t *target, employer, number int, mail string) []string {
	switch t.employeeBy {
	case byBSN:
		return nil
	case byName:
		return p.namesakes(t, employer, mail, payroll.Date(number))
	}
	var known []string
	seen := map[string]bool{}
	for i := range p.all {
		x := &p.all[i]
		if t.employerBy == byClientnummer && x.Clientnummer != employer || t.employerBy == byWerkgeverID && x.WerkgeverID != employer {
			continue
		}
		text := strconv.Itoa(x.PersnrVerl)
		switch t.employeeBy {
		case byPersnr:
			text = strconv.Itoa(x.Persnr)
		case byEmail:
			text = strings.ToLower(x.Email)
		}
		if !seen[text] {
			seen[text] = true
			known = append(known, text)
		}
	}
	if t.employeeBy != byEmail {
		return nearest(strconv.Itoa(number), known, 3)
	}
	out := nearest(mail, known, 3)
	for i := range out {
		out[i] = maskMail(out[i])
	}
	return slices.Compact(out)
}

// namesakes are at most three who share the date of birth or the name, by their
// numbers.
func (p *People) namesakes(t *target, employer int, name string, born payroll.Date) []string {
	var found []int32
	for i := range p.all {
		x := &p.all[i]
		if x.Geboren == born || slices.Contains(x.names(), name) {
			found = append(found, int32(i))
		}
	}
	var out []string
	for _, i := range p.at(t, employer, found) {
		if who := fmt.Sprintf("nummer %d bij clientnummer %d", p.all[i].PersnrVerl, p.all[i].Clientnummer); !slices.Contains(out, who) {
			out = append(out, who)
		}
	}
	return out[:min(3, len(out))]
}

// nearEmployers is the same for an employer's number.
func (p *People) nearEmployers(by employerBy, number int) []string {
	m := p.clients
	if by == byWerkgeverID {
		m = p.ids
	}
	var known []string
	for k := range m {
		known = append(known, strconv.Itoa(k))
	}
	slices.Sort(known)
	return nearest(strconv.Itoa(number), known, 3)
}

// maskMail leaves the first letter and the domain of an address.
func maskMail(mail string) string {
	local, domain, ok := strings.Cut(mail, "@")
	if !ok || local == "" {
		return payroll.Mask(mail)
	}
	_, size := utf8.DecodeRuneInString(local)
	return local[:size] + "***@" + domain
}
