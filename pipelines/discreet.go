package pipelines

import (
	"regexp"
	"strings"

	"loket-etl/formats"
	"loket-etl/payroll"
)

// personal is what may be a BSN, an IBAN or an e-mail address.
var personal = regexp.MustCompile(`\b[0-9]{9}\b|\b[A-Za-z]{2}[0-9]{2}[A-Za-z0-9]{11,30}\b|[^\s"@;,]+@[^\s"@;,]+\.[A-Za-z]{2,}`)

// discreet masks what looks like the BSN, the IBAN or the e-mail address of a
// person, in whichever column a sender put it by mistake: a receipt is read by
// more people than the file.
func discreet(problems []formats.Problem) {
	for i := range problems {
		p := &problems[i]
		p.Field, p.Value, p.Message, p.Repair = Discreet(p.Field), Discreet(p.Value), Discreet(p.Message), Discreet(p.Repair)
	}
}

// Discreet is a text in which what looks like the BSN, the IBAN or the e-mail
// address of a person is masked.
func Discreet(text string) string {
	return personal.ReplaceAllStringFunc(text, func(found string) string {
		if local, domain, ok := strings.Cut(found, "@"); ok {
			if strings.HasSuffix(local, "***") {
				return found // masked already
			}
			return string([]rune(local)[:1]) + "***@" + domain
		}
		_, noBSN := payroll.ParseBSN(found)
		_, noIBAN := payroll.ParseIBAN(found)
		if noBSN == nil || noIBAN == nil {
			return payroll.Mask(found)
		}
		return found
	})
}
