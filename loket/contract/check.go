package contract

import (
	"encoding/base64"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"loket-etl/payroll"
)

// ValueError is a value that its type does not allow. Neither text of it holds
// the value: it may be personal.
type ValueError struct {
	Type   string // name of the type
	Reason string // English, for the program: "longer than 24 characters"
	Dutch  string // for people: "is langer dan 24 tekens"
}

func (e *ValueError) Error() string { return e.Type + ": " + e.Reason }

// Check says whether the text is a value of the type: base, length, pattern,
// range, allowed values and the eleven or mod 97 test. White space around a
// value counts for strings only, as in XML Schema. The error is a *ValueError.
func (t *SimpleType) Check(s string) error {
	_, err := t.Value(s)
	return err
}

// Value checks the text and gives its Go value, as Call.Args holds it: string,
// int, int64 (long), bool, payroll.Date, payroll.Cents (Bedrag), payroll.Hours
// (Eenheden), time.Time in UTC, []byte; other decimals stay text.
func (t *SimpleType) Value(s string) (any, error) {
	if t.Base != "string" {
		s = strings.Trim(s, " \t\r\n")
	}
	if err := t.checkText(s); err != nil {
		return nil, err
	}
	switch t.Base {
	case "int":
		n, err := strconv.ParseInt(s, 10, 32)
		if err != nil {
			return nil, t.no("not a whole number", "is geen geheel getal")
		}
		return int(n), t.checkRange(n)
	case "long":
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return nil, t.no("not a whole number", "is geen geheel getal")
		}
		return n, t.checkRange(n)
	case "decimal":
		return t.decimal(s)
	case "boolean":
		switch s {
		case "true", "1":
			return true, nil
		case "false", "0":
			return false, nil
		}
		return nil, t.no("not true or false", "is niet true of false")
	case "date":
		d, err := payroll.ParseDate(s)
		if err != nil {
			return nil, t.no("not a date of the form YYYY-MM-DD", "is geen datum in de vorm JJJJ-MM-DD")
		}
		return d, nil
	case "dateTime":
		return t.dateTime(s)
	case "base64Binary":
		return t.base64(s)
	}
	return s, nil
}

func (t *SimpleType) no(english, dutch string) error {
	return &ValueError{Type: t.Name, Reason: english, Dutch: dutch}
}

func (t *SimpleType) checkText(s string) error {
	if t.MinLength > 0 || t.MaxLength > 0 {
		n := utf8.RuneCountInString(s)
		if n < t.MinLength && n == 0 {
			return t.no("empty", "is leeg")
		}
		if n < t.MinLength {
			return t.no(fmt.Sprintf("shorter than %d characters", t.MinLength), fmt.Sprintf("is korter dan %d tekens", t.MinLength))
		}
		if t.MaxLength > 0 && n > t.MaxLength {
			return t.no(fmt.Sprintf("longer than %d characters", t.MaxLength), fmt.Sprintf("is langer dan %d tekens", t.MaxLength))
		}
	}
	if t.Enum != nil {
		for _, e := range t.Enum {
			if s == e {
				return nil
			}
		}
		list := strings.Join(t.Enum, ", ")
		return t.no("not one of "+list, "is niet een van "+list)
	}
	if t.Pattern != "" && !compiled(t.Pattern).MatchString(s) {
		return t.no("not of the form "+t.Pattern, "heeft niet de vorm "+t.Pattern)
	}
	if t.test != nil && !t.test(s) {
		return t.no("wrong check digits", "heeft een onjuist controlegetal")
	}
	return nil
}

func (t *SimpleType) checkRange(n int64) error {
	if least, err := strconv.ParseInt(t.Min, 10, 64); err == nil && n < least {
		return t.no("less than "+t.Min, "is kleiner dan "+t.Min)
	}
	if most, err := strconv.ParseInt(t.Max, 10, 64); err == nil && n > most {
		return t.no("more than "+t.Max, "is groter dan "+t.Max)
	}
	return nil
}

var decimalForm = regexp.MustCompile(`^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)$`)

// decimal reads xsd:decimal. Zeros before and after the number do not count.
func (t *SimpleType) decimal(s string) (any, error) {
	if !decimalForm.MatchString(s) {
		return nil, t.no("not a decimal number", "is geen decimaal getal")
	}
	if t.BuiltIn() {
		return s, nil
	}
	sign, digits := "", strings.TrimLeft(s, "+")
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	whole, frac, _ := strings.Cut(digits, ".")
	whole, frac = strings.TrimLeft(whole, "0"), strings.TrimRight(frac, "0")
	if len(frac) > t.Decimals {
		return nil, t.no(fmt.Sprintf("more than %d decimals", t.Decimals), fmt.Sprintf("heeft meer dan %d decimalen", t.Decimals))
	}
	canonical := sign + "0" + whole
	if frac != "" {
		canonical += "." + frac
	}
	if t.Decimals != 2 {
		return s, nil
	}
	cents, err := payroll.ParseCents(canonical)
	if least, e := payroll.ParseCents(t.Min); err != nil && sign == "-" || e == nil && err == nil && cents < least {
		return nil, t.no("less than "+t.Min, "is kleiner dan "+t.Min)
	}
	if most, e := payroll.ParseCents(t.Max); err != nil || e == nil && cents > most {
		return nil, t.no("more than "+t.Max, "is groter dan "+t.Max)
	}
	if t.Name == "Eenheden" {
		return payroll.Hours(cents), nil
	}
	return cents, nil
}

// dateTime reads xsd:dateTime of years 0001 to 9999; without a zone it is UTC.
func (t *SimpleType) dateTime(s string) (any, error) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05"} {
		if at, err := time.Parse(layout, s); err == nil {
			return at.UTC(), nil
		}
	}
	return nil, t.no("not a moment of the form YYYY-MM-DDThh:mm:ssZ", "is geen tijdstip in de vorm JJJJ-MM-DDTuu:mm:ssZ")
}

func (t *SimpleType) base64(s string) (any, error) {
	if strings.ContainsAny(s, " \t\r\n") {
		s = strings.Map(func(r rune) rune {
			if r == ' ' || r == '\t' || r == '\r' || r == '\n' {
				return -1
			}
			return r
		}, s)
	}
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return nil, t.no("not base64", "is geen base64")
	}
	return b, nil
}

func isBSN(s string) bool {
	_, err := payroll.ParseBSN(s)
	return err == nil
}

func isIBAN(s string) bool {
	_, err := payroll.ParseIBAN(s)
	return err == nil
}

var patterns sync.Map

// compiled gives the anchored pattern, compiled once.
func compiled(pattern string) *regexp.Regexp {
	if re, ok := patterns.Load(pattern); ok {
		return re.(*regexp.Regexp)
	}
	re := regexp.MustCompile(`^(?:` + pattern + `)$`)
	patterns.Store(pattern, re)
	return re
}
