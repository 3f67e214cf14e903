package contract

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"

	"loket-etl/payroll"
)

// Text is the lexical form of a Go value of the type, checked as Check does. It
// takes what Value gives, int and int64 alike, and a string for any type but
// base64Binary, which then takes the canonical form. Strings with characters
// that XML cannot carry are refused. The error is a *ValueError and does not
// hold the value.
func (t *SimpleType) Text(v any) (string, error) {
	if s, ok := v.(string); ok && t.Base != "string" {
		typed, err := t.Value(s)
		if err != nil {
			return "", err
		}
		v = typed
	}
	s, err := t.text(v)
	if err != nil {
		return "", err
	}
	if t.Base == "string" && !xmlText(s) {
		return "", t.no("has characters that XML cannot carry", "bevat tekens die niet in XML kunnen")
	}
	return s, t.Check(s)
}

func (t *SimpleType) text(v any) (string, error) {
	switch v := v.(type) {
	case string:
		if t.Base != "base64Binary" {
			return v, nil
		}
	case int:
		if t.Base == "int" || t.Base == "long" {
			return strconv.Itoa(v), nil
		}
	case int64:
		if t.Base == "int" || t.Base == "long" {
			return strconv.FormatInt(v, 10), nil
		}
	case bool:
		if t.Base == "boolean" {
			return strconv.FormatBool(v), nil
		}
	case payroll.Date:
		if t.Base == "date" {
			return v.String(), nil
		}
	case payroll.Cents:
		if t.Name == "Bedrag" {
			return v.String(), nil
		}
	case payroll.Hours:
		if t.Name == "Eenheden" {
			return v.String(), nil
		}
	case time.Time:
		if t.Base == "dateTime" {
			return v.UTC().Format(time.RFC3339Nano), nil
		}
	case []byte:
		if t.Base == "base64Binary" {
			return base64.StdEncoding.EncodeToString(v), nil
		}
	}
	return "", t.no(fmt.Sprintf("cannot be a %T", v), "heeft een verkeerd type")
}

// xmlText reports whether s is UTF-8 and all its characters may stand in XML 1.0.
func xmlText(s string) bool {
	for i, r := range s {
		switch {
		case r >= 0x20 && r < 0xD800, r == '\t', r == '\n', r == '\r', r >= 0x10000:
		case r == utf8.RuneError:
			if _, size := utf8.DecodeRuneInString(s[i:]); size < 2 {
				return false
			}
		case r >= 0xE000 && r < 0xFFFE:
		default:
			return false
		}
	}
	return true
}
