package propose

import (
	"regexp"
	"slices"
	"strings"
)

// Period and employer, as names of files have them. Months are written in two digits, for
// others are versions; a dash takes weeks and single digits, too.
var (
	yearFirst = regexp.MustCompile(`(?:^|[^0-9])(20[0-9]{2})([-_. ]?)(0[1-9]|1[0-2])(?:([-_. ]?)(0[1-9]|[12][0-9]|3[01]))?(?:[^0-9]|$)`)
	yearDash  = regexp.MustCompile(`(?:^|[^0-9])(20[0-9]{2})(-)([1-9]|[1-4][0-9]|5[0-3])(?:[^0-9]|$)`)
	yearLast  = regexp.MustCompile(`(?:^|[^0-9])(?:([0-9]{1,2})([-_. ]))?(0[1-9]|1[0-2])([-_. ]?)(20[0-9]{2})(?:[^0-9]|$)`)
	monthName = regexp.MustCompile(`(?i)(?:^|[^a-z])(?:(20[0-9]{2})([-_. ]?))?(januari|februari|maart|april|mei|juni|juli|augustus|september|oktober|november|december|jan|feb|mrt|apr|jun|jul|aug|sept|sep|okt|nov|dec)(?:([-_. ]?)(20[0-9]{2}))?(?:[^a-z0-9]|$)`)
	digits    = regexp.MustCompile(`[0-9]+`)
)

// part is a stretch of the name of a file that is another in the next one.
type part struct {
	from, to int
	text     string // for it in a pattern
	needed   bool   // the mapping takes something out of it
}

// readName finds the employer and the period in the name of the file.
func (d *draft) readName() {
	name := d.file
	hasDate := d.find(day) != nil || d.wide != nil && d.wide.heading.Type == "date" || d.find(period) != nil || d.find(yearOf) != nil && d.find(number) != nil
	var parts []part
	if when, ok := periodIn(name); ok {
		said := strings.Contains(when.text, "{period}")
		d.dated = said && !hasDate
		if !said && !hasDate {
			d.unsaid = name[when.from:when.to]
		}
		when.needed = d.dated
		parts = append(parts, when)
	}
	asks := d.find(employer) == nil && d.find(werkgeverID) == nil && (d.find(employee) != nil || d.find(mail) == nil)
	for _, at := range digits.FindAllStringIndex(name, -1) {
		run := name[at[0]:at[1]]
		isYear := len(run) == 4 && (strings.HasPrefix(run, "20") || strings.HasPrefix(run, "19"))
		switch {
		case slices.ContainsFunc(parts, func(p part) bool { return at[0] < p.to && p.from < at[1] }):
		case isYear:
			if run[0] == '2' && !slices.ContainsFunc(parts, func(p part) bool { return strings.Contains(p.text, "{year}") }) {
				parts = append(parts, part{from: at[0], to: at[1], text: "{year}"})
			}
		case asks && !d.named && len(run) >= 4 && len(run) <= 6 && apart(name, at[0]-1) && apart(name, at[1]):
			d.named = true
			parts = append(parts, part{at[0], at[1], "{clientnummer}", true})
		}
	}
	d.pattern = patternOf(name, parts)
}

// apart reports whether words are kept apart at a place in a name, or it ends there.
func apart(name string, at int) bool {
	return at < 0 || at >= len(name) || strings.IndexByte("_ .-", name[at]) >= 0
}

// patternOf is a name with what changes in it, up to what is needed; "" when nothing is.
func patternOf(name string, parts []part) string {
	slices.SortFunc(parts, func(a, b part) int { return a.from - b.from })
	var b strings.Builder
	whole, at := "", 0
	for _, p := range parts {
		b.WriteString(name[at:p.from] + p.text)
		if at = p.to; p.needed {
			whole = b.String() + "*"
		}
	}
	return whole
}

// periodIn is the period in the name of a file. Its text has no {period} when a pattern
// cannot say it.
func periodIn(name string) (part, bool) {
	if m := yearFirst.FindStringSubmatchIndex(name); m != nil {
		between, end, text := name[m[4]:m[5]], m[7], "{year}"+name[m[4]:m[5]]+"{period}"
		switch {
		case m[8] < 0 || m[8] < m[9] && name[m[8]:m[9]] != between: // no day
			return part{from: m[2], to: end, text: text}, true
		case between == "" && m[8] == m[9]: // 20261015 is one run of digits
			return part{from: m[2], to: m[11], text: "*"}, true
		case name[m[8]:m[9]] == between:
			return part{from: m[2], to: m[11], text: text + between + "*"}, true
		}
	}
	if m := yearDash.FindStringSubmatchIndex(name); m != nil {
		return part{from: m[2], to: m[7], text: "{year}-{period}"}, true
	}
	if m := yearLast.FindStringSubmatchIndex(name); m != nil {
		p := part{from: m[6], to: m[11], text: "{period}" + name[m[8]:m[9]] + "{year}"}
		if m[2] >= 0 { // a day before it
			p.from, p.text = m[2], "*"+name[m[4]:m[5]]+p.text
		}
		return p, true
	}
	m := monthName.FindStringSubmatchIndex(name)
	if m == nil {
		return part{}, false
	}
	p := part{from: m[6], to: m[7], text: "*"}
	if m[2] >= 0 {
		p.from, p.text = m[2], "{year}"+name[m[4]:m[5]]+p.text
	}
	if m[10] >= 0 {
		if p.to = m[11]; m[2] < 0 && m[8] < m[9] { // with nothing between, no pattern can say it
			p.text += name[m[8]:m[9]] + "{year}"
		}
	}
	return p, true
}
