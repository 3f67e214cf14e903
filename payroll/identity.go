package payroll

import (
	"fmt"
	"strings"
)

// BSN is a burgerservicenummer of nine digits that passes the eleven test. It
// prints masked, so that it cannot reach a log by accident; use Digits where
// the number itself must go out.
type BSN string

// ParseBSN reads nine digits (eight are completed with a leading zero) and
// checks the eleven test: 9a+8b+7c+6d+5e+4f+3g+2h-i divisible by 11.
func ParseBSN(s string) (BSN, error) {
	if len(s) == 8 {
		s = "0" + s
	}
	if len(s) != 9 {
		return "", fmt.Errorf("a BSN has nine digits, this one %d characters", len(s))
	}
	sum := 0
	for i, c := range []byte(s) {
		if c < '0' || c > '9' {
			return "", fmt.Errorf("a BSN has digits only")
		}
		weight := 9 - i
		if i == 8 {
			weight = -1
		}
		sum += weight * int(c-'0')
	}
	if sum%11 != 0 || s == "000000000" {
		return "", fmt.Errorf("the BSN does not pass the eleven test")
	}
	return BSN(s), nil
}

// Digits is the number itself.
func (b BSN) Digits() string { return string(b) }

// String shows the last three digits only.
func (b BSN) String() string { return Mask(string(b)) }

// IBAN is an international account number in its electronic form: upper case,
// no spaces. It prints masked; use Text where the number itself must go out.
type IBAN string

// ibanLength is the total length per country for the countries of SEPA (ISO
// 13616 registry).
var ibanLength = map[string]int{
	"AD": 24, "AT": 20, "BE": 16, "BG": 22, "CH": 21, "CY": 28, "CZ": 24, "DE": 22,
	"DK": 18, "EE": 20, "ES": 24, "FI": 18, "FR": 27, "GB": 22, "GI": 23, "GR": 27,
	"HR": 21, "HU": 28, "IE": 22, "IS": 26, "IT": 27, "LI": 21, "LT": 20, "LU": 20,
	"LV": 21, "MC": 27, "MT": 31, "NL": 18, "NO": 15, "PL": 28, "PT": 25, "RO": 24,
	"SE": 24, "SI": 19, "SK": 24, "SM": 27, "VA": 22,
}

// ParseIBAN reads an IBAN, with or without spaces, and checks country length
// and check digits (ISO 13616, mod 97).
func ParseIBAN(s string) (IBAN, error) {
	s = strings.ToUpper(strings.ReplaceAll(s, " ", ""))
	if len(s) < 15 || len(s) > 34 {
		return "", fmt.Errorf("an IBAN has 15 to 34 characters, this one %d", len(s))
	}
	if n, known := ibanLength[s[:2]]; known && n != len(s) {
		return "", fmt.Errorf("an IBAN of %s has %d characters, this one %d", s[:2], n, len(s))
	}
	if mod97(s[4:]+s[:4]) != 1 {
		return "", fmt.Errorf("the check digits of the IBAN are wrong")
	}
	return IBAN(s), nil
}

// NewIBAN makes the IBAN of a country and its national account number.
func NewIBAN(country, bban string) (IBAN, error) {
	check := 98 - mod97(bban+country+"00")
	return ParseIBAN(fmt.Sprintf("%s%02d%s", country, check, bban))
}

// Text is the account number itself.
func (i IBAN) Text() string { return string(i) }

// String shows country and the last three digits only.
func (i IBAN) String() string { return Mask(string(i)) }

// Account is the ten-digit Dutch account number inside a Dutch IBAN (its last
// ten digits), as Clieop03 carries it; false for other countries.
func (i IBAN) Account() (string, bool) {
	if len(i) != 18 || i[:2] != "NL" {
		return "", false
	}
	return string(i[8:]), true
}

func mod97(s string) int {
	rest := 0
	for _, c := range []byte(s) {
		switch {
		case c >= '0' && c <= '9':
			rest = (rest*10 + int(c-'0')) % 97
		case c >= 'A' && c <= 'Z':
			rest = (rest*100 + int(c-'A') + 10) % 97
		default:
			return -1
		}
	}
	return rest
}

// ElevenTest reports whether a Dutch bank account of nine or ten digits passes
// the elfproef (weights 10 down to 1, sum divisible by 11). Former Postbank
// numbers of up to seven digits have no such test and pass.
func ElevenTest(account string) bool {
	account = strings.TrimLeft(account, "0")
	if len(account) == 0 || len(account) > 10 {
		return false
	}
	sum := 0
	for i, c := range []byte(account) {
		if c < '0' || c > '9' {
			return false
		}
		sum += (len(account) - i) * int(c-'0')
	}
	return len(account) <= 7 || sum%11 == 0
}

// Mask hides a personal value but for its last three characters, and wholly
// when it is shorter than seven.
func Mask(s string) string {
	r := []rune(s)
	if len(r) < 7 {
		return strings.Repeat("*", len(r))
	}
	return strings.Repeat("*", len(r)-3) + string(r[len(r)-3:])
}
