package loonaangifte

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"loket-etl/formats/xmldoc"
	"loket-etl/payroll"
)

// field is one element that holds text: how it is written and how it is read and
// checked. An empty text of an optional field is an absent element.
type field[T any] struct {
	name     string
	optional bool
	get      func(*T) string
	set      func(*T, string) error
}

// opt makes a field optional.
func opt[T any](f field[T]) field[T] {
	f.optional = true
	return f
}

func text[T any](name string, least, most int, at func(*T) *string) field[T] {
	return field[T]{name: name, get: func(v *T) string { return *at(v) }, set: func(v *T, s string) error {
		if n := utf8.RuneCountInString(s); n < least || n > most {
			return fmt.Errorf("has %d characters, not %d to %d", n, least, most)
		}
		*at(v) = s
		return nil
	}}
}

// code is a text from a list.
func code[T any](name, list string, at func(*T) *string) field[T] {
	known := map[string]bool{}
	for _, c := range strings.Fields(list) {
		known[c] = true
	}
	return field[T]{name: name, get: func(v *T) string { return *at(v) }, set: func(v *T, s string) error {
		if !known[s] {
			return errors.New("is not a known code")
		}
		*at(v) = s
		return nil
	}}
}

// pattern is a text of a certain form.
func pattern[T any](name string, form *regexp.Regexp, what string, at func(*T) *string) field[T] {
	return field[T]{name: name, get: func(v *T) string { return *at(v) }, set: func(v *T, s string) error {
		*at(v) = s
		return matches(form, s, what)
	}}
}

func matches(form *regexp.Regexp, s, what string) error {
	if !form.MatchString(s) {
		return fmt.Errorf("is not %s", what)
	}
	return nil
}

var (
	taxNumber  = regexp.MustCompile(`^([1-9]\d\d|\d[1-9]\d|\d\d[1-9])\d{6}L([1-9]\d|\d[1-9])$`)
	postcode   = regexp.MustCompile(`^[1-9][0-9]{3}[A-Z]{2}$`)
	country    = regexp.MustCompile(`^[A-Z]{2}$`)
	fourDigits = regexp.MustCompile(`^\d{1,4}$`)
	threeDigit = regexp.MustCompile(`^\d{1,3}$`)
	houseNr    = regexp.MustCompile(`^[1-9]\d{0,4}$`)
	wholeHours = regexp.MustCompile(`^-?\d{1,5}$`)
	hours      = regexp.MustCompile(`^-?\d{1,3}(\.\d{1,2})?$`)
)

func date[T any](name string, at func(*T) *payroll.Date) field[T] {
	return field[T]{name: name, get: func(v *T) string { return at(v).String() }, set: func(v *T, s string) error {
		d, err := payroll.ParseDate(s)
		if err != nil {
			return errors.New("is not a date")
		}
		*at(v) = d
		return nil
	}}
}

// maxDigits bounds an amount to ten digits.
const maxDigits = 10_000_000_000

// cents is an amount in euros with at most two decimals, ten digits in all.
func cents[T any](name string, at func(*T) *payroll.Cents) field[T] {
	return field[T]{name: name, get: func(v *T) string { return at(v).String() }, set: func(v *T, s string) (err error) {
		*at(v), err = parseCents(s)
		return err
	}}
}

func parseCents(s string) (payroll.Cents, error) {
	c, err := payroll.ParseCents(s)
	if err != nil {
		return 0, errors.New("is not an amount with at most two decimals")
	}
	if c >= maxDigits || c <= -maxDigits {
		return 0, errors.New("has more than ten digits")
	}
	return c, nil
}

// someCents is cents that may be absent.
func someCents[T any](name string, at func(*T) **payroll.Cents) field[T] {
	return field[T]{name: name, optional: true,
		get: func(v *T) string {
			if *at(v) == nil {
				return ""
			}
			return (*at(v)).String()
		},
		set: func(v *T, s string) error {
			c, err := parseCents(s)
			*at(v) = &c
			return err
		}}
}

// euros is an amount in whole euros of at most ten digits; an optional one is
// absent when zero.
func euros[T any](name string, at func(*T) *payroll.Cents) field[T] {
	return field[T]{name: name, get: func(v *T) string { return euroText(*at(v)) }, set: func(v *T, s string) error {
		c, err := payroll.ParseCents(s)
		if err != nil || strings.Contains(s, ".") {
			return errors.New("is not an amount in whole euros")
		}
		if c >= maxDigits*100 || c <= -maxDigits*100 {
			return errors.New("has more than ten digits")
		}
		*at(v) = c
		return nil
	}}
}

func optEuros[T any](name string, at func(*T) *payroll.Cents) field[T] {
	f := euros(name, at)
	f.optional = true
	f.get = func(v *T) string {
		if *at(v) == 0 {
			return ""
		}
		return euroText(*at(v))
	}
	return f
}

// euroText is whole euros; cents show, and are refused when it is checked.
func euroText(c payroll.Cents) string { return strings.TrimSuffix(c.String(), ".00") }

func number[T any](name string, most int, at func(*T) *int) field[T] {
	return field[T]{name: name, get: func(v *T) string { return strconv.Itoa(*at(v)) }, set: func(v *T, s string) error {
		n, err := strconv.ParseUint(s, 10, 31)
		if err != nil || int(n) > most {
			return fmt.Errorf("is not a number of at most %d", most)
		}
		*at(v) = int(n)
		return nil
	}}
}

// bsn is optional: a person may not have one.
func bsn[T any](name string, at func(*T) *payroll.BSN) field[T] {
	return field[T]{name: name, optional: true, get: func(v *T) string { return at(v).Digits() }, set: func(v *T, s string) error {
		if len(s) != 9 || s[:3] == "000" {
			return errors.New("does not have nine digits, or begins with 000")
		}
		b, err := payroll.ParseBSN(s)
		*at(v) = b
		return err
	}}
}

// writeFields writes and checks; a value that could not be read back is refused.
func writeFields[T any](x *xmldoc.Writer, fields []field[T], v *T) error {
	var scratch T
	for _, f := range fields {
		s := f.get(v)
		if s == "" && f.optional {
			continue
		}
		if err := f.set(&scratch, s); err != nil {
			return fmt.Errorf("%s %w", f.name, err)
		}
		x.Text(f.name, s)
	}
	return nil
}

func readFields[T any](x *xmldoc.Reader, fields []field[T], v *T) error {
	for _, f := range fields {
		if f.optional && !x.At(f.name) {
			continue
		}
		s, err := x.Text(f.name)
		if err != nil {
			return err
		}
		if err := f.set(v, s); err != nil {
			return x.Fail("%s %w", f.name, err)
		}
	}
	return nil
}
