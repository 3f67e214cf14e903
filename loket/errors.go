package loket

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"loket-etl/payroll"
)

// The kinds of errors; see the package comment.
var (
	ErrUnknown  = errors.New("nobody knows whether Loket carried the call out")
	ErrNotSent  = errors.New("the request did not reach Loket")
	ErrNoAnswer = errors.New("no usable answer from Loket")
)

// Melding is a warning or the reason of a refusal. Omschrijving is Loket's own
// Dutch text, with anything that looks like a BSN or IBAN masked.
type Melding struct {
	Code, Omschrijving, Veld string
}

// Fault is Loket saying no: fault table of the contract. Where it comes alone,
// nothing was changed; together with ErrUnknown (9001 on a write) it is only
// what Loket had to say.
type Fault struct {
	Function     string // full name of the function that was called
	Code         int    // of the contract's fault table; 0 when the fault had no detail
	Naam         string
	Omschrijving string // Loket's Dutch text
	Veld         string // element that it is about, or ""
	Referentie   string // for Loket's support
	Meldingen    []Melding
	Server       bool          // Loket blames itself, not the request
	RetryAfter   time.Duration // how long Loket asks to wait; 0 when it does not say
	Status       int           // HTTP status
}

func (f *Fault) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: Loket says %d", f.Function, f.Code)
	for _, part := range []string{f.Naam, f.Omschrijving} {
		if part != "" {
			b.WriteString(" " + part)
		}
	}
	if f.Veld != "" {
		b.WriteString(", element " + f.Veld)
	}
	if f.Referentie != "" {
		b.WriteString(", reference " + f.Referentie)
	}
	return b.String()
}

var (
	nineDigits  = regexp.MustCompile(`[0-9]{9,}`)
	accountHead = regexp.MustCompile(`[A-Z]{2}[0-9]{2}`)
)

// scrub masks what must not stand in an error or a log, should Loket's text
// quote it: the secrets given, BSNs and IBANs, these also in groups.
func scrub(s string, secrets ...string) string {
	for _, secret := range secrets {
		if len(secret) > 3 {
			s = strings.ReplaceAll(s, secret, "***")
		}
	}
	s = nineDigits.ReplaceAllStringFunc(s, func(n string) string {
		if bsn, err := payroll.ParseBSN(n); err == nil {
			return bsn.String()
		}
		return n
	})
	var b strings.Builder
	for {
		head := accountHead.FindStringIndex(s)
		if head == nil {
			return b.String() + s
		}
		b.WriteString(s[:head[0]])
		s = s[head[0]:]
		n := accountIn(s)
		if n == 0 {
			b.WriteByte(s[0])
			s = s[1:]
			continue
		}
		b.WriteString("***")
		s = s[n:]
	}
}

// accountIn is the length of the IBAN that s begins with, 0 if it does not.
func accountIn(s string) int {
	compact := make([]byte, 0, 34)
	for i := 0; i < len(s) && len(compact) < 34; i++ {
		c := s[i]
		if c == ' ' {
			continue
		}
		if (c < 'A' || c > 'Z') && (c < '0' || c > '9') {
			return 0
		}
		compact = append(compact, c)
		if _, err := payroll.ParseIBAN(string(compact)); err == nil {
			return i + 1
		}
	}
	return 0
}
