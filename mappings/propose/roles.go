package propose

import (
	"regexp"
	"slices"
	"strings"

	"loket-etl/mappings/evidence"
)

// role is what a column seems to be for.
type role int

const (
	noRole role = iota
	employer
	werkgeverID
	employee
	mail
	about // a person: a name, an address
	day
	until
	period
	yearOf
	number
	hours
	amount
	code
	component
	costPlace
	costCarrier
	shift
	note
)

// hints are words in the names of columns, with what they point at; the first that
// fits counts.
var hints = []struct {
	role  role
	words []string
}{
	{about, []string{"bsn", "sofi", "burgerservice", "iban", "rekeningnummer", "geboorte", "birth"}},
	{mail, []string{"email", "mail"}},
	{costPlace, []string{"kostenplaats", "costcenter", "costcentre", "afdeling", "department", "projectcode"}},
	{costCarrier, []string{"kostendrager"}},
	{note, []string{"opmerking", "omschrijving", "toelichting", "description", "notitie", "memo", "remark", "comment", "bedrijfsnaam", "projectnaam", "functie", "referentie"}},
	{about, []string{"achternaam", "voornaam", "formattedname", "fullname", "firstname", "lastname", "surname", "voorletter", "naam", "straat", "huisnummer", "toevoeging", "postcode", "plaats", "locatie", "telefoon", "mobiel", "contact", "leidinggevende", "manager", "goedgekeurd", "approved", "bruto", "salaris"}},
	{werkgeverID, []string{"werkgeverid"}},
	{employer, []string{"clientnummer", "clientnr", "aanslnr", "aansluitnummer", "debiteur", "administratienummer", "administratie", "werkgever", "employer"}},
	{employee, []string{"persnr", "personeel", "medewerker", "werknemer", "staffno", "employee", "badge", "pasnummer", "flexwerker", "persoonnr", "persoonnummer", "persoonid"}},
	{shift, []string{"ploeg", "verdeling"}},
	{until, []string{"einddatum", "enddate", "tot", "totenmet"}},
	{day, []string{"datum", "startdate", "date", "dag", "day"}},
	{period, []string{"periode", "period"}},
	{yearOf, []string{"jaar", "year"}},
	{component, []string{"looncomponent", "componentnummer", "component"}},
	{code, []string{"uursoort", "urensoort", "soort", "code", "type", "categorie", "activiteit", "activity", "kind", "tags", "tag", "status"}},
	{hours, []string{"uren", "hours", "duur", "duration", "minuten", "minutes", "gewerkt", "overtime", "tijd", "min", "timetotal", "overwerk", "meerwerk", "normaal", "gewoon", "ziek", "ziekte", "verlof", "vakantie"}},
	{amount, []string{"bedrag", "amount", "kosten", "kilometers", "km", "aantal", "dagen", "days", "units", "eenheden", "toeslag", "quantity", "rate"}},
}

// inTime is in the name of a column that is of one week or day.
var inTime = regexp.MustCompile(`(?i)(?:^|[^a-z])(?:week|wk)[ -]?[0-9]{1,2}(?:[^0-9]|$)|[0-9]{1,2}[-/.][0-9]{1,2}[-/.]20[0-9]{2}|20[0-9]{2}-[0-9]{2}`)

// plainName is a name without what people write between words.
func plainName(header string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, strings.ToLower(header[strings.LastIndexAny(header, "/.")+1:]))
}

// hinted is what the name of a column points at. A short word must be the whole
// name, or it would be found in every other one.
func hinted(header string) role {
	name := plainName(header)
	if whole := strings.ToLower(header); strings.Contains(whole, "costcent") || strings.Contains(whole, "kostenplaats") {
		if name == "name" || name == "naam" {
			return noRole // beside its code
		}
		return costPlace // also where the last word of a path is code
	}
	if r := inside(header, name); r != noRole {
		return r
	}
	switch name {
	case "name", "user", "gebruiker", "kenmerk":
		return about
	case "nr", "dossierstuk":
		return noRole
	}
	if isBreak(name) {
		return noRole
	}
	for _, h := range hints {
		for _, w := range h.words {
			if name == w || len(w) > 3 && strings.Contains(name, w) {
				return h.role
			}
		}
	}
	return noRole
}

// inside is what a word that says nothing of itself is, by what it stands in:
// employee.number, typeCode/value.
func inside(header, name string) role {
	last := strings.LastIndexAny(header, "/.")
	if last < 0 || !slices.Contains([]string{"value", "idvalue", "number", "nummer", "nr", "no", "id"}, name) {
		return noRole
	}
	around := strings.ToLower(header[:last])
	isPerson := slices.ContainsFunc([]string{"person", "employee", "medewerker", "werknemer"}, func(w string) bool { return strings.Contains(around, w) })
	switch {
	case isPerson && (name != "value" || strings.HasSuffix(around, "id") || strings.HasSuffix(around, "number")):
		return employee
	case name == "value":
		return hinted(header[:last])
	}
	return noRole
}

// conclude decides what every column is, by what its cells look like and then by
// its name.
func (p *Proposal) conclude() {
	taken := map[string]bool{}
	for i := range p.Columns {
		c := &p.Columns[i]
		if c.seen == nil {
			c.seen = &evidence.Column{}
		}
		c.Name = slug(c.Header, taken)
		c.typed(p.Format != "csv")
		c.judge()
		c.unread()
		c.asClient(p.Format)
		if inTime.MatchString(c.Header) {
			c.unsure("in de naam van deze kolom staat een week of datum; in een volgend bestand heet hij anders en wordt dat geweigerd")
		}
		if c.isComponent() && c.role != hours && c.role != amount {
			c.role = noRole // whatever stands in it, it names nobody
		}
		if c.isComponent() && c.seen.Clocks > 0 {
			c.role = noRole
			p.doubt("in kolom %q staan kloktijden; kolommen die naar een component heten, worden als getal gelezen", c.Header)
		}
	}
	if p.wide != nil {
		p.concludeWide(taken)
	}
	p.decimals()
	if n := len(p.all(employee)); n > 1 {
		p.find(employee).unsure("er zijn %d kolommen die het personeelsnummer kunnen zijn; gekozen is deze, de eerste", n)
	}
	for _, r := range []role{employer, werkgeverID, employee, mail, period, yearOf, component, costPlace, costCarrier} {
		p.only(r)
	}
	p.withoutStamps()
	p.guessDay()
	p.guessEmployee()
	p.guessCode()
	if p.wide == nil {
		p.guessMeasures()
		p.withoutTotals()
	}
	p.guessWorked()
	p.guessBottom()
	if !slices.ContainsFunc(p.Columns, func(c Column) bool { return c.isKey() && !c.isComponent() }) { // somebody must be named
		c := &p.Columns[max(0, slices.IndexFunc(p.Columns, func(c Column) bool { return !c.isComponent() }))]
		c.Type, c.Notation, c.Layouts, c.Decimals, c.role = "text", nil, nil, 0, noRole
	}
	p.require()
	p.withoutOuter()
}

// require demands the columns that a row cannot do without and that were never empty.
func (p *Proposal) require() {
	for i := range p.Columns {
		c := &p.Columns[i]
		if slices.Contains([]role{employee, employer, werkgeverID, day, code}, c.role) || c.role == mail && p.find(employee) == nil {
			c.Required = c.always() && (c.role != day || c == p.find(day))
		}
	}
	if h := p.find(hours); h != nil && p.wide == nil && p.worked == nil && (p.find(code) != nil || p.find(component) != nil || len(p.all(hours, amount)) == 1) {
		h.Required = h.always() // a row of a long list is there for its hours
	}
}

// always reports whether the column was filled in every row.
func (c *Column) always() bool {
	return c.seen.Filled > 0 && c.seen.Filled == c.seen.Cells && !c.Optional
}

// typed gives the column the type of its cells; takesDay says that the format can
// take the day out of a date with a time.
func (c *Column) typed(takesDay bool) {
	kind, stray := c.seen.Likely()
	if kind == evidence.Text {
		kind, stray = c.hoped()
	}
	if stray > 0 {
		c.unsure("%d van de %d gevulde cellen zijn geen %s%s", stray, c.seen.Filled, kind, c.firstOdd(kind))
	}
	switch kind {
	case evidence.Nothing:
		c.Type = "text"
		c.unsure("deze kolom is leeg in wat is bekeken")
	case evidence.Whole:
		c.Type = "integer"
		if hint := hinted(c.Header); (hint == day || hint == until) && c.seen.Digits == 5 && c.seen.Zeros == 0 {
			c.Type, c.Layouts = "date", []string{"excel"}
			c.unsure("deze datums zijn gelezen als de getallen waarmee Excel dagen telt (46296 is 1 oktober 2026)")
		}
	case evidence.Decimal:
		c.Type = "decimal"
	case evidence.Clock:
		c.Type, c.Notation = "hours", []string{"clock"}
	case evidence.Mixed:
		c.Type, c.Notation = "hours", []string{"decimal", "clock"}
	case evidence.Moment:
		if !takesDay {
			c.Type = "text"
			c.unsure("hier staan datums met een tijd; uit een CSV is de dag er niet uit te halen, vraag om een kolom met alleen de datum")
			break
		}
		c.dated()
	case evidence.Date:
		c.dated()
	default:
		c.Type = "text"
	}
	if c.Type == "decimal" || kind == evidence.Mixed {
		if c.Decimals = min(c.seen.Decimals, 4); c.Decimals <= 2 {
			c.Decimals = 0
		}
	}
	if c.Type == "integer" && c.seen.Digits > 15 {
		c.Type = "text"
	}
}

// hoped is the kind that the name of a column promises, when half of its cells keep
// that promise.
func (c *Column) hoped() (kind evidence.Kind, stray int) {
	s := c.seen
	numbers := s.Wholes + s.Commas + s.Points + s.Unsure
	switch hint := hinted(c.Header); {
	case (hint == day || hint == until) && 2*s.Days >= s.Filled:
		return evidence.Date, s.Filled - s.Days
	case (hint == amount || hint == hours || hint == noRole && numbers > s.Wholes) && s.Clocks == 0 && isMost(numbers, s.Filled):
		return evidence.Decimal, s.Filled - numbers
	case hint != hours || 2*(numbers+s.Clocks) < s.Filled:
	case s.Clocks == 0:
		return evidence.Decimal, s.Filled - numbers
	default:
		return evidence.Mixed, s.Filled - numbers - s.Clocks
	}
	return evidence.Text, 0
}

func (c *Column) dated() {
	c.Type = "date"
	layouts, unsure := c.seen.DateLayouts()
	c.Layouts = layouts
	switch {
	case unsure:
		c.unsure("dag en maand zijn niet uit elkaar te houden: 01/02/2026 is hier gelezen als 1 februari (dd/MM/yyyy); het kan ook 2 januari zijn (MM/dd/yyyy)")
	case len(layouts) == 1 && layouts[0] == "yyyyMMdd":
		c.unsure("acht cijfers zijn gelezen als een datum (20260201 is 1 februari 2026); een nummer kan ook, dan is het type integer")
	case len(layouts) > 1:
		c.unsure("er staan datums in %d notaties in: %s", len(layouts), strings.Join(layouts, ", "))
	}
}

const zeroDoubt = "er staan getallen met een nul vooraan in; die blijft zo staan, omdat het een code lijkt"

// judge gives the column its first role.
func (c *Column) judge() {
	s, hint := c.seen, hinted(c.Header)
	numeric := c.Type == "integer" || c.Type == "decimal" || c.Type == "hours"
	isBSN := s.BSNs > 0 && 10*s.BSNs >= 9*s.Filled && (s.Filled >= 5 || hint == about)
	switch {
	case 2*s.Mails > s.Filled:
		c.role, c.Personal = mail, true
	case isBSN, 2*s.IBANs > s.Filled, hint == about:
		c.role, c.Personal = about, true
		if c.Type != "date" {
			c.Type, c.Notation, c.Decimals = "text", nil, 0
		}
	case hint == noRole && c.Type == "text" && 2*s.Names > s.Filled:
		c.role, c.Personal = about, true
		c.unsure("hier lijken namen van mensen te staan, daarom personal: yes")
	case c.Type == "date" && hint == until:
		c.role = until
	case c.Type == "date":
		c.role = day
	case hint == note || s.Spaces > 0 && c.Type == "text":
		c.role, c.Type, c.Notation, c.Layouts, c.Decimals = note, "text", nil, nil, 0
	case hint == employer || hint == werkgeverID || hint == employee || hint == yearOf || hint == component:
		if c.Type == "integer" || s.Filled == 0 {
			c.role, c.Type = hint, "integer"
		} else if hint == employee && c.Type == "text" {
			c.role, c.Personal = about, true
			c.unsure("deze kolom is als persoonlijk gemerkt: er staan geen nummers in, dus misschien namen")
		}
	case hint == period && s.Kind() == evidence.Period:
		c.role = period
	case hint == period && c.Type == "integer":
		c.role = number
	case hint == costPlace || hint == costCarrier || hint == shift || hint == code:
		c.role = hint
		if hint != shift && numeric {
			c.Type, c.Notation, c.Decimals = "text", nil, 0
		}
	case len(c.Notation) > 0 && c.isMoment(): // begin and end, not how long
	case numeric && (hint == hours || c.Type == "hours"):
		c.role = hours
		c.asHours()
	case numeric && (hint == amount || c.Type == "decimal"):
		c.role, c.Type = amount, "decimal"
	}
	if c.role == noRole && c.Type == "integer" && s.Zeros > 0 {
		c.Type = "text"
		c.unsure(zeroDoubt)
	}
}

// isBreak reports whether a plain name is that of a break: no hours, and nobody's number.
func isBreak(name string) bool {
	return strings.Contains(name, "pauze") || strings.Contains(name, "pause") || strings.Contains(name, "break")
}

// isMoment reports whether a column is named after a time of day.
func (c *Column) isMoment() bool {
	name := plainName(c.Header)
	return name == "from" || name == "to" || slices.ContainsFunc([]string{"start", "begin", "eind", "end", "van", "tot"}, func(w string) bool {
		return strings.HasPrefix(name, w)
	})
}
