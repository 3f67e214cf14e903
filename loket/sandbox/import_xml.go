package sandbox

import (
	"bytes"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"loket-etl/loket/contract"
	"loket-etl/payroll"
)

const (
	nsValues       = "urn:loket-etl:variabelegegevens:v1"
	maxXMLElements = 5_000_000
)

// wellFormed reports whether the bytes are one XML document.
func wellFormed(data []byte) bool {
	s := newScanner(bytes.NewReader(data), maxXMLElements)
	for {
		if _, err := s.next(); err != nil {
			return err == io.EOF
		}
	}
}

// attributes gives the attributes of an element, which may have no others.
func attributes(e *element, names ...string) (map[string]string, bool) {
	got := map[string]string{}
	for _, a := range e.attrs {
		if a.space != "" {
			continue // xsi:schemaLocation and its like
		}
		ok := false
		for _, name := range names {
			ok = ok || a.local == name
		}
		if !ok {
			return nil, false
		}
		got[a.local] = strings.TrimSpace(a.value)
	}
	return got, true
}

// readXML reads the XML file of variabele gegevens, one Werknemer at a time.
func (im *importer) readXML(data []byte) *fault {
	s := newScanner(bytes.NewReader(data), maxXMLElements)
	t, err := s.next()
	if err != nil {
		return unreadable("Het bestand is niet te lezen: " + plainError(err) + ".")
	}
	root := t.start
	head, ok := attributes(root, "WerkgeverId", "Clientnummer")
	if !is(root, nsValues, "VariabeleGegevens") || !ok || head["WerkgeverId"] == "" {
		return unreadable("Het hoofdelement moet VariabeleGegevens zijn, met WerkgeverId.")
	}
	people := 0
	for {
		t, err := s.next()
		switch {
		case err == io.EOF && people > 0:
			return nil
		case err == io.EOF:
			return unreadable("Het bestand heeft geen Werknemer.")
		case err != nil:
			return unreadable("Het bestand is niet te lezen: " + plainError(err) + ".")
		case t.text != nil && strings.Trim(string(t.text), " \t\r\n") != "":
			return unreadable("Het bestand bevat losse tekst.")
		case t.start == nil:
			continue
		}
		if err := s.whole(t.start); err != nil {
			return unreadable("Het bestand is niet te lezen: " + plainError(err) + ".")
		}
		people++
		if f := im.xmlEmployee(t.start, head); f != nil {
			return f
		}
	}
}

func plainError(err error) string {
	if err == io.EOF {
		return "het is leeg"
	}
	return err.Error()
}

func (im *importer) xmlEmployee(e *element, head map[string]string) *fault {
	who, ok := attributes(e, "PersnrVerl", "Persnr", "DienstverbandDataIdentity")
	if !is(e, nsValues, "Werknemer") || !ok || !e.blank() || len(e.kids) == 0 {
		return unreadable("Een Werknemer moet een nummer en een of meer Perioden hebben.")
	}
	for _, kid := range e.kids {
		l := importLine{}
		if im.xmlEmployer(&l, head) {
			im.xmlJob(&l, who)
		}
		if f := im.xmlPeriod(l, kid); f != nil {
			return f
		}
	}
	return nil
}

func (im *importer) xmlEmployer(l *importLine, head map[string]string) bool {
	id, ok := wholeNumber(head["WerkgeverId"])
	at := id - 1001
	if !ok || at < 0 || at >= len(im.state.employers) || !im.sees.sees(im.state.employers[at]) {
		l.refuse(contract.OnbekendeIdentity, "WerkgeverId", "Er is geen werkgever met dit nummer.")
		return false
	}
	client := im.state.employers[at].firm.clientnummer
	if text, given := head["Clientnummer"]; given {
		if nr, ok := wholeNumber(text); !ok || nr != client {
			l.refuse(contract.OngeldigeWaarde, "Clientnummer", "Deze administratie hoort niet bij de werkgever.")
			return false
		}
	}
	return im.administration(l, client, "WerkgeverId")
}

func (im *importer) xmlJob(l *importLine, who map[string]string) {
	j := l.employer.find(who["PersnrVerl"], who["Persnr"])
	if id, given := who["DienstverbandDataIdentity"]; given {
		e, p, ok := im.place(id, aDienstverband)
		found := (*job)(nil)
		if ok && e == l.employer {
			found = pick(e.jobs, p.index)
		}
		if (who["PersnrVerl"] != "" || who["Persnr"] != "") && j != found {
			found = nil
		}
		j = found
	}
	if l.job = j; j == nil {
		l.refuse(contract.OnbekendeIdentity, "PersnrVerl", "Er is geen werknemer met deze nummers.")
	}
}

// xmlPeriod reads a Periode; l says whose it is. What is no such file at all is a
// fault; values that are wrong refuse the lines they are for.
func (im *importer) xmlPeriod(l importLine, e *element) *fault {
	at, ok := attributes(e, "Jaar", "PeriodeNummer", "SoortStrook")
	jaar, okJaar := wholeNumber(at["Jaar"])
	number, okNumber := wholeNumber(at["PeriodeNummer"])
	if !is(e, nsValues, "Periode") || !ok || !okJaar || !okNumber || !e.blank() {
		return unreadable("Een Periode moet Jaar en PeriodeNummer hebben.")
	}
	if l.employer != nil {
		im.period(&l, payroll.Period{Year: jaar, Number: number})
	}
	l.key.slip = int(payroll.NormalSlip)
	if text, given := at["SoortStrook"]; given {
		if l.key.slip, ok = wholeNumber(text); !ok || l.key.slip < 1 || l.key.slip > 2 {
			l.refuse(contract.OngeldigeWaarde, "SoortStrook", "De soort strook moet 1 of 2 zijn.")
		}
	}
	kids, f := im.xmlDetails(&l, e.kids)
	if f != nil {
		return f
	}
	seen := map[int]bool{}
	for _, kid := range kids {
		line := l
		line.number, line.notes = kid.line, slices.Clone(l.notes)
		if f := im.xmlComponent(&line, kid, seen); f != nil {
			return f
		}
		im.lines = append(im.lines, line)
	}
	return nil
}

// xmlDetails reads what stands before the components of a Periode, and gives
// the components.
func (im *importer) xmlDetails(l *importLine, kids []*element) ([]*element, *fault) {
	order := []string{"Ploeg", "Kostenplaats", "Kostendrager", "Verdeeleenheid", "StrookTekst"}
	for i, kid := range kids {
		if is(kid, nsValues, "Component") {
			return kids[i:], nil
		}
		for len(order) > 0 && !is(kid, nsValues, order[0]) {
			order = order[1:]
		}
		if len(order) == 0 || len(kid.kids) > 0 || len(kid.attrs) > 0 {
			return nil, unreadable("Een Periode bevat een onbekend of verkeerd geplaatst element.")
		}
		im.xmlDetail(l, kid)
		order = order[1:]
	}
	return nil, unreadable("Een Periode heeft geen Component.")
}

func (im *importer) xmlDetail(l *importLine, e *element) {
	text := strings.TrimSpace(e.text)
	most := 20
	switch e.local {
	case "Ploeg":
		nr, ok := wholeNumber(text)
		if !ok {
			nr = 0 // no shift has it
		}
		im.ploeg(l, nr)
	case "Kostenplaats":
		l.key.plaats = text
	case "Kostendrager":
		l.key.drager = text
	case "Verdeeleenheid":
		l.key.eenheid, most = text, 128
	case "StrookTekst":
		l.text, most = text, 25
	}
	if utf8.RuneCountInString(text) > most {
		l.refuse(contract.OngeldigeWaarde, e.local, e.local+" is langer dan "+strconv.Itoa(most)+" tekens.")
	}
}

func (im *importer) xmlComponent(l *importLine, e *element, seen map[int]bool) *fault {
	at, ok := attributes(e, "Nummer", "Waarde", "Aanvulling")
	nr, okNr := wholeNumber(at["Nummer"])
	if !is(e, nsValues, "Component") || !ok || !okNr || !e.blank() || len(e.kids) > 0 {
		return unreadable("Een Periode mag na het eerste Component alleen Componenten met een Nummer hebben.")
	}
	if seen[nr] {
		return unreadable("Een Component staat dubbel in een Periode.")
	}
	seen[nr] = true
	c := importCell{component: nr, empty: true}
	field := strconv.Itoa(nr)
	switch at["Aanvulling"] {
	case "", "false", "0":
	case "true", "1":
		c.supplement = true
	default:
		l.refuse(contract.OngeldigeWaarde, field, "Aanvulling moet true of false zijn.")
	}
	if text, given := at["Waarde"]; given {
		v, err := payroll.ParseCents(text)
		if err != nil {
			l.refuse(contract.OngeldigeWaarde, field, "De waarde is geen getal met een punt en ten hoogste twee decimalen.")
		}
		c.value, c.empty = int64(v), false
	}
	im.cell(l, c, field)
	return nil
}
