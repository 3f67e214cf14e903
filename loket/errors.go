package loket

import (
	"errors"
	"fmt"
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

// scrub masks what must not stand in an error or a log, should Loket's text
// quote it: the secrets given, BSNs and IBANs.
func scrub(s string, secrets ...string) string {
	for _, secret := range secrets {
		if len(secret) > 3 {
			s = strings.ReplaceAll(s, secret, "***")
		}
	}
	return payroll.Discreet(s)
}
