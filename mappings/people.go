package mappings

import (
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
	InDienst      payroll.Date
	UitDienst     payroll.Date       // last day, 0 when none
	SoortPeriode  payroll.PeriodKind // of the periods of the Clientnummer; needed when a mapping takes it from Loket
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
	clients  map[int]*employer
	ids      map[int]*employer
}

type personKey struct{ employer, number int }

type employer struct {
	werkgever    string
	id           int
	clientnummer int
	kind         payroll.PeriodKind // 0 unknown, -1 differs
}

// NewPeople makes the table of everybody.
func NewPeople(all []Person) *People {
	p := &People{
		all: slices.Clone(all), byNumber: map[personKey][]int32{}, byID: map[personKey][]int32{},
		byHR: map[personKey][]int32{}, byHRID: map[personKey][]int32{}, byEmail: map[string][]int32{},
		clients: map[int]*employer{}, ids: map[int]*employer{},
	}
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
		return p.ids[number]
	}
	return p.clients[number]
}

// candidates are the employments that a number or address may mean.
func (p *People) candidates(t *target, employer, number int, mail string) []int32 {
	key := personKey{employer, number}
	switch {
	case t.employeeBy == byReference:
		return nil
	case t.employeeBy == byEmail:
		var out []int32
		for _, i := range p.byEmail[mail] {
			x := &p.all[i]
			if t.employerBy == byClientnummer && x.Clientnummer != employer || t.employerBy == byWerkgeverID && x.WerkgeverID != employer {
				continue
			}
			out = append(out, i)
		}
		return out
	case t.employeeBy == byPersnr && t.employerBy == byWerkgeverID:
		return p.byHRID[key]
	case t.employeeBy == byPersnr:
		return p.byHR[key]
	case t.employerBy == byWerkgeverID:
		return p.byID[key]
	}
	return p.byNumber[key]
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
