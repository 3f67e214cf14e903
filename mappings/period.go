package mappings

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"loket-etl/payroll"
)

// bounds are the first and last day of a period: the inverse of
// payroll.PeriodOf.
func periodBounds(p payroll.Period, kind payroll.PeriodKind) (first, last payroll.Date) {
	newYear, _ := payroll.NewDate(p.Year, 1, 1)
	oldYear, _ := payroll.NewDate(p.Year, 12, 31)
	weeks := 1
	switch kind {
	case payroll.FourWeekly:
		weeks = 4
	case payroll.Weekly:
	default:
		first, _ = payroll.NewDate(p.Year, p.Number, 1)
		if p.Number == 12 {
			return first, oldYear
		}
		next, _ := payroll.NewDate(p.Year, p.Number+1, 1)
		return first, next.AddDays(-1)
	}
	fourth, _ := payroll.NewDate(p.Year, 1, 4) // always in ISO week 1
	weekday := (int(fourth.Time().Weekday()) + 6) % 7
	first = fourth.AddDays((p.Number-1)*weeks*7 - weekday)
	last = first.AddDays(weeks*7 - 1)
	if p.Number == 1 || first < newYear {
		first = newYear
	}
	if last > oldYear || p.Number == periodsIn(p.Year, kind) {
		last = oldYear
	}
	return first, last
}

// periodsIn is the number of periods in a year.
func periodsIn(year int, kind payroll.PeriodKind) int {
	switch kind {
	case payroll.FourWeekly:
		return 13
	case payroll.Weekly:
		last, _ := payroll.NewDate(year, 12, 28)
		return payroll.PeriodOf(last, kind).Number
	}
	return 12
}

// shift is the period n periods later.
func shift(p payroll.Period, n int, kind payroll.PeriodKind) payroll.Period {
	for ; n > 0; n-- {
		if p.Number++; p.Number > periodsIn(p.Year, kind) {
			p = payroll.Period{Year: p.Year + 1, Number: 1}
		}
	}
	for ; n < 0; n++ {
		if p.Number--; p.Number < 1 {
			p = payroll.Period{Year: p.Year - 1, Number: periodsIn(p.Year-1, kind)}
		}
	}
	return p
}

// parsePeriod reads "2026-10".
func parsePeriod(b []byte) (payroll.Period, bool) {
	if len(b) < 6 || len(b) > 7 || b[4] != '-' {
		return payroll.Period{}, false
	}
	var year, number int
	for i, c := range b {
		switch {
		case i == 4:
		case c < '0' || c > '9':
			return payroll.Period{}, false
		case i < 4:
			year = year*10 + int(c-'0')
		default:
			number = number*10 + int(c-'0')
		}
	}
	return payroll.Period{Year: year, Number: number}, year >= 1900 && number >= 1 && number <= 53
}

// namePattern takes fields out of the name of a file: {year}, {period},
// {clientnummer}, {werkgever_id}, {persnr} are digits, * is anything, the rest is as it
// stands.
type namePattern struct {
	text        string
	first, last *regexp.Regexp // the shortest and the longest stretch for every *
	fields      []string
}

const anything = `.*`

var patternField = regexp.MustCompile(`\{[^}]*\}|\*`)

func parsePattern(text string) (*namePattern, error) {
	p := &namePattern{text: text}
	var re strings.Builder
	re.WriteString(`(?i)^`)
	rest, open := text, ""
	for rest != "" {
		at := patternField.FindStringIndex(rest)
		if at == nil {
			at = []int{len(rest), len(rest)}
		}
		if at[0] == 0 && open != "" && !strings.HasPrefix(rest, "*") {
			return nil, fmt.Errorf("%s must be followed by a character that ends it", open)
		}
		re.WriteString(regexp.QuoteMeta(rest[:at[0]]))
		field := rest[at[0]:at[1]]
		rest, open = rest[at[1]:], field
		switch field {
		case "":
		case "*":
			re.WriteString(anything)
			open = ""
			if strings.HasPrefix(rest, "{") {
				return nil, errors.New("* must not stand right before a field: which digits are meant?")
			}
		case "{year}":
			re.WriteString(`(\d{4})`)
			open = ""
		case "{period}":
			re.WriteString(`(\d{1,2})`)
			open = ""
		case "{clientnummer}", "{werkgever_id}", "{persnr}":
			re.WriteString(`(\d{1,9})`)
		default:
			return nil, fmt.Errorf("there is no field %s", field)
		}
		if field != "" && field != "*" {
			if p.has(field[1 : len(field)-1]) {
				return nil, fmt.Errorf("%s stands twice", field)
			}
			p.fields = append(p.fields, field[1:len(field)-1])
		}
	}
	re.WriteString(`$`)
	p.last = regexp.MustCompile(re.String())
	p.first = regexp.MustCompile(strings.ReplaceAll(re.String(), anything, `.*?`))
	return p, nil
}

func (p *namePattern) has(field string) bool {
	return slices.Contains(p.fields, field)
}

// match is the fields of a name; false when it is not of this form or can be
// read in two ways.
func (p *namePattern) match(name string) (map[string]int, bool) {
	m, n := p.first.FindStringSubmatchIndex(name), p.last.FindStringSubmatchIndex(name)
	if m == nil || !slices.Equal(m, n) {
		return nil, false
	}
	digit := func(i int) bool { return i >= 0 && i < len(name) && name[i] >= '0' && name[i] <= '9' }
	out := map[string]int{}
	for i, f := range p.fields {
		from, to := m[2*i+2], m[2*i+3]
		cutBefore := digit(from-1) && (i == 0 || m[2*i+1] != from)
		cutAfter := digit(to) && (i == len(p.fields)-1 || m[2*i+4] != to)
		if cutBefore || cutAfter {
			return nil, false
		}
		out[f], _ = strconv.Atoi(name[from:to])
	}
	return out, true
}
