package pain001

import (
	"fmt"
	"strings"

	"golang.org/x/text/unicode/norm"

	"loket-etl/payroll"
)

// isSEPA reports whether a bank may be sent the character.
func isSEPA(c rune) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c < 0x80 && strings.IndexByte("/-?:().,'+ ", byte(c)) >= 0
}

// checkText refuses what is empty, too long or not of the SEPA characters.
func checkText(s string, most int) error {
	if strings.TrimSpace(s) == "" {
		return fmt.Errorf("it is empty")
	}
	length := 0
	for _, c := range s {
		if length++; !isSEPA(c) {
			return fmt.Errorf("character %d is not one of the SEPA characters", length)
		}
	}
	if length > most {
		return fmt.Errorf("it has %d characters, more than %d", length, most)
	}
	return nil
}

// checkID is checkText for an identification: no outer spaces, and slashes neither
// outside nor twice in a row.
func checkID(s string) error {
	if err := checkText(s, maxID); err != nil {
		return err
	}
	if s != strings.TrimSpace(s) {
		return fmt.Errorf("it begins or ends with a space")
	}
	if s[0] == '/' || s[len(s)-1] == '/' || strings.Contains(s, "//") {
		return fmt.Errorf("it begins or ends with a slash or has two in a row")
	}
	return nil
}

// checkIBAN wants the electronic form, a known length and good check digits.
func checkIBAN(s string) error {
	iban, err := payroll.ParseIBAN(s)
	if err != nil {
		return err
	}
	if iban.Text() != s || !between(s[:2], 'A', 'Z') || !between(s[2:4], '0', '9') {
		return fmt.Errorf("the IBAN is not in its electronic form")
	}
	return nil
}

// account is the IBAN of an account; a number beside it must be part of it.
func account(who string, a payroll.Account) (string, error) {
	if a.IBAN == "" {
		return "", fmt.Errorf("the %s has no IBAN", who)
	}
	if err := checkIBAN(a.IBAN.Text()); err != nil {
		return "", fmt.Errorf("%s: %w", who, err)
	}
	if digits, _ := a.IBAN.Account(); a.Number != "" && a.Number != digits {
		return "", fmt.Errorf("the IBAN of the %s is not that of its account number", who)
	}
	return a.IBAN.Text(), nil
}

// checkBIC wants eight or eleven characters of the form of ISO 9362.
func checkBIC(s string) error {
	ok := (len(s) == 8 || len(s) == 11) && between(s[4:6], 'A', 'Z')
	for _, c := range []byte(s) {
		ok = ok && (c >= 'A' && c <= 'Z' || c >= '0' && c <= '9')
	}
	if !ok {
		return fmt.Errorf("the BIC is not one of eight or eleven characters")
	}
	return nil
}

func between(s string, from, to byte) bool {
	for _, c := range []byte(s) {
		if c < from || c > to {
			return false
		}
	}
	return true
}

func checkAmount(c payroll.Cents) error {
	switch {
	case c <= 0:
		return fmt.Errorf("the amount is not above zero")
	case c > MaxAmount:
		return fmt.Errorf("the amount is above EUR %s", MaxAmount.Dutch())
	}
	return nil
}

// checkReference wants a betalingskenmerk as it fits its element.
func checkReference(s string) error {
	if s == "" || len(s) > maxReference || !between(s, '0', '9') {
		return fmt.Errorf("the betalingskenmerk is not a number of at most %d digits", maxReference)
	}
	return nil
}

// sums are the count and the control sum of a batch or file.
type sums struct {
	posts  int
	amount payroll.Cents
}

func (s *sums) add(amount payroll.Cents) error {
	if s.amount > maxSum-amount {
		return fmt.Errorf("the posts come above EUR %s", maxSum.Dutch())
	}
	s.posts++
	s.amount += amount
	return nil
}

// letters that do not come apart, and signs with a SEPA relative.
var letters = map[rune]string{
	'ß': "ss", 'ø': "o", 'Ø': "O", 'æ': "ae", 'Æ': "AE", 'œ': "oe", 'Œ': "OE", 'ł': "l", 'Ł': "L", 'đ': "d", 'Đ': "D", 'ı': "i",
	'’': "'", '‘': "'", '–': "-", '—': "-", '_': "-", '&': "+", ';': ",",
}

// plain is s in SEPA characters, without outer spaces: accents come off their
// letters, and what has no relative becomes a space.
func plain(s string) string {
	clean := true
	for _, c := range s {
		clean = clean && isSEPA(c)
	}
	if clean {
		return strings.TrimSpace(s)
	}
	var b strings.Builder
	for _, c := range norm.NFKD.String(s) {
		switch t, known := letters[c]; {
		case isSEPA(c):
			b.WriteRune(c)
		case c >= 0x300 && c <= 0x36f: // accents, now apart from their letters
		case known:
			b.WriteString(t)
		default:
			b.WriteByte(' ')
		}
	}
	return strings.TrimSpace(b.String())
}

// name is s as it fits a name: plain, and cut when it is too long.
func name(s string) string {
	s = plain(s)
	return strings.TrimSpace(s[:min(len(s), maxName)])
}
