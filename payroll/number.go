package payroll

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Cents is an amount of money in euro cents.
type Cents int64

// Hours is a number of hours in hundredths: 7 hours and a half is 750.
type Hours int64

// ErrNumber is returned for text that is not the number asked for.
var ErrNumber = errors.New("not a number")

// ParseCents reads the canonical form used on wires and in files of our own:
// an optional minus, digits, and at most two decimals after a point ("-12.5",
// "1234.00"). It reads no comma and no thousands separators.
func ParseCents(s string) (Cents, error) {
	v, err := parseHundredths(s)
	return Cents(v), err
}

// ParseHours reads the canonical decimal form of hours, as ParseCents does.
func ParseHours(s string) (Hours, error) {
	v, err := parseHundredths(s)
	return Hours(v), err
}

// String is the canonical form: always two decimals after a point.
func (c Cents) String() string { return hundredths(int64(c), '.') }

// Comma is the Dutch form without thousands separators: "1234,50".
func (c Cents) Comma() string { return hundredths(int64(c), ',') }

// Dutch is the form for people: "1.234,50".
func (c Cents) Dutch() string {
	s := c.Comma()
	sign := ""
	if s[0] == '-' {
		sign, s = "-", s[1:]
	}
	whole, frac := s[:len(s)-3], s[len(s)-3:]
	var b strings.Builder
	b.WriteString(sign)
	for i, d := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte('.')
		}
		b.WriteRune(d)
	}
	b.WriteString(frac)
	return b.String()
}

// String is the canonical form: always two decimals after a point.
func (h Hours) String() string { return hundredths(int64(h), '.') }

// Comma is the Dutch form: "7,50".
func (h Hours) Comma() string { return hundredths(int64(h), ',') }

func hundredths(v int64, point byte) string {
	b := make([]byte, 0, 24)
	u := uint64(v)
	if v < 0 {
		b = append(b, '-')
		u = -u
	}
	b = strconv.AppendUint(b, u/100, 10)
	return string(append(b, point, byte('0'+u%100/10), byte('0'+u%10)))
}

func parseHundredths(s string) (int64, error) {
	digits := s
	neg := strings.HasPrefix(digits, "-")
	if neg {
		digits = digits[1:]
	}
	whole, frac, point := strings.Cut(digits, ".")
	if whole == "" || (point && frac == "") || len(frac) > 2 || len(whole) > 15 {
		return 0, fmt.Errorf("%q: %w with at most two decimals", s, ErrNumber)
	}
	v := int64(0)
	for _, c := range []byte(whole + (frac + "00")[:2]) {
		if c < '0' || c > '9' {
			return 0, fmt.Errorf("%q: %w", s, ErrNumber)
		}
		v = v*10 + int64(c-'0')
	}
	if neg {
		v = -v
	}
	return v, nil
}
