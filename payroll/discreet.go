package payroll

import (
	"regexp"
	"strings"
	"unicode"
)

// Discreet is a text in which every BSN and IBAN is masked but for its last three
// characters, in the spellings that people use: in groups, between letters, in
// full-width digits, a BSN without its leading zero. What passes the check of
// such a number by chance is masked, too; dates, the Loonheffingennummer of an
// employer, and codes of sixteen or more hexadecimal digits such as references and
// checksums, are not.
func Discreet(text string) string {
	if digitsIn(text) < 8 {
		return text
	}
	l := newLetters(text)
	l.spareCodes()
	l.hideIBANs()
	l.hideBSNs()
	return l.String()
}

// digitsIn counts the digits of a text, full-width ones too.
func digitsIn(text string) int {
	n := 0
	for _, r := range text {
		if r = narrow(r); r >= '0' && r <= '9' {
			n++
		}
	}
	return n
}

// narrow is a full-width letter, digit or sign as an ordinary one.
func narrow(r rune) rune {
	if r >= '！' && r <= '～' {
		return r - '！' + '!'
	}
	return r
}

// letters is a text to mask in, letter by letter.
type letters struct {
	text  []rune // as it is shown
	plain []rune // upper case, narrow
	keep  []bool // part of a code that is no number of a person
	hide  []bool
}

func newLetters(text string) *letters {
	l := &letters{text: []rune(text)}
	l.plain, l.keep, l.hide = make([]rune, len(l.text)), make([]bool, len(l.text)), make([]bool, len(l.text))
	for i, r := range l.text {
		l.plain[i] = narrow(r)
		if l.plain[i] >= 'a' && l.plain[i] <= 'z' {
			l.plain[i] -= 'a' - 'A'
		}
	}
	return l
}

func (l *letters) String() string {
	for i, h := range l.hide {
		if h {
			l.text[i] = '*'
		}
	}
	return string(l.text)
}

// at is the letter at a place, 0 beyond the ends.
func (l *letters) at(i int) rune {
	if i < 0 || i >= len(l.plain) {
		return 0
	}
	return l.plain[i]
}

func (l *letters) digit(i int) bool  { return l.at(i) >= '0' && l.at(i) <= '9' }
func (l *letters) letter(i int) bool { return l.at(i) >= 'A' && l.at(i) <= 'Z' }
func (l *letters) alnum(i int) bool  { return l.digit(i) || l.letter(i) }

// separates reports whether people write this between groups of a number.
func (l *letters) separates(i int) bool {
	r := l.at(i)
	return r == '.' || r == '-' || r == '/' || r != '\n' && r != '\r' && unicode.IsSpace(r)
}

// mask hides all but the last three letters of a part.
func (l *letters) mask(from, to int) {
	for i := from; i < to-3; i++ {
		l.hide[i] = true
	}
}

var (
	longHex = regexp.MustCompile(`^[0-9A-F]{16,}$`)
	guid    = regexp.MustCompile(`\b[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}\b`)
	wages   = regexp.MustCompile(`[0-9]{9}L[0-9]{2}`) // Loonheffingennummer, also in a Berichtkenmerk
)

// spareCodes marks codes in which nine digits in a row are no person's.
func (l *letters) spareCodes() {
	spare := func(from, to int) {
		for i := from; i < to; i++ {
			l.keep[i] = true
		}
	}
	for i := 0; i < len(l.plain); i++ {
		from := i
		for l.alnum(i) {
			i++
		}
		if word := string(l.plain[from:i]); longHex.MatchString(word) && strings.ContainsAny(word, "ABCDEF") {
			spare(from, i)
		}
	}
	plain := string(l.plain)
	for _, code := range []*regexp.Regexp{guid, wages} {
		for _, m := range code.FindAllStringIndex(plain, -1) {
			from := len([]rune(plain[:m[0]]))
			spare(from, from+m[1]-m[0])
		}
	}
}

// hideIBANs masks what passes the check of an IBAN.
func (l *letters) hideIBANs() {
	for i := 0; i < len(l.plain); i++ {
		if !l.letter(i) || !l.letter(i+1) || !l.digit(i+2) || !l.digit(i+3) {
			continue
		}
		if end := l.accountAt(i); end > 0 {
			l.mask(i, end)
			i = end - 1
		}
	}
}

// accountAt is where the IBAN ends that begins here, 0 when none does. One of a
// country outside SEPA, whose length is not known, must be a word or groups by
// itself; and so must one that looks like a code.
func (l *letters) accountAt(from int) int {
	n, known := ibanLength[string(l.plain[from:from+2])]
	alone := !l.alnum(from - 1)
	if !alone && (!known || l.keep[from]) {
		return 0
	}
	account, groups := make([]rune, 0, 34), false
	for i := from; len(account) < 34; i++ {
		if !l.alnum(i) {
			if !l.separates(i) || !l.alnum(i+1) {
				return 0
			}
			groups = true
			continue
		}
		account = append(account, l.plain[i])
		ends := !l.alnum(i + 1)
		switch {
		case known && len(account) > n:
			return 0
		case known && len(account) < n, len(account) < 15:
			continue
		case !ends && (!known || groups || l.keep[from]), !known && l.keep[from]:
			continue
		}
		if _, err := ParseIBAN(string(account)); err == nil {
			return i + 1
		}
	}
	return 0
}

// group is digits in a row.
type group struct{ from, to int }

// hideBSNs masks what passes the eleven test: nine digits, in groups or not, and
// eight that are no date.
func (l *letters) hideBSNs() {
	var groups []group
	for i := 0; i < len(l.plain); i++ {
		from := i
		for l.digit(i) && !l.keep[i] && !l.hide[i] {
			i++
		}
		if i > from {
			groups = append(groups, group{from, i})
		}
	}
	for i := 0; i < len(groups); i++ {
		if last := l.bsnAt(groups[i:]); last > 0 {
			l.mask(groups[i].from, groups[i+last-1].to)
			i += last - 1
		}
	}
}

// bsnAt is how many groups, from the first on, are a BSN together; 0: none.
func (l *letters) bsnAt(groups []group) int {
	number := ""
	for n, g := range groups {
		if n > 0 && (g.from != groups[n-1].to+1 || !l.separates(g.from-1) || l.at(g.from-1) != l.at(groups[0].to)) {
			return 0
		}
		number += string(l.plain[g.from:g.to])
		switch {
		case len(number) > 9:
			return 0
		case len(number) == 8 && (n > 0 || looksLikeDate(number)):
			continue
		case len(number) == 9 && n > 0 && l.at(g.from-1) == '.' && g.to-g.from < 3: // an amount
			continue
		case len(number) < 8:
			continue
		}
		if _, err := ParseBSN(number); err == nil {
			return n + 1
		}
	}
	return 0
}

// looksLikeDate reports whether eight digits read as year, month and day, or the
// other way round.
func looksLikeDate(s string) bool {
	date := func(year, month, day string) bool {
		return year >= "1900" && year < "2100" && month >= "01" && month <= "12" && day >= "01" && day <= "31"
	}
	return date(s[:4], s[4:6], s[6:]) || date(s[4:], s[2:4], s[:2])
}
