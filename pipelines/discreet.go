package pipelines

import (
	"regexp"
	"strings"

	"loket-etl/formats"
	"loket-etl/payroll"
)

// mail is an e-mail address.
var mail = regexp.MustCompile(`[^\s"@;,]+@[^\s"@;,]+\.[A-Za-z]{2,}`)

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
	return payroll.Discreet(mail.ReplaceAllStringFunc(text, func(found string) string {
		local, domain, _ := strings.Cut(found, "@")
		if strings.HasSuffix(local, "***") {
			return found // masked already
		}
		return string([]rune(local)[:1]) + "***@" + domain
	}))
}
