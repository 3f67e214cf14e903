package config

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/language"
)

// Export turns an export on: approved payroll goes to an outbox.
type Export struct {
	// Use is the name of a shipped export or of one in files.pipelines.
	Use string `yaml:"use,required"`
	// Outbox is the name of the outbox that its files go to.
	Outbox string `yaml:"outbox,required"`
	// From is the first payroll period it is for, such as 2026-10. What was approved
	// for earlier periods is left alone.
	From string `yaml:"from,required"`
	// Name is how entries and logs call this use of it, when there are several.
	// Changing it later means that all runs since From are exported anew, payments
	// excepted. Default: the name of the export.
	Name string `yaml:"name"`
	// Employers are the Clientnummers it is for. Default: all that the account sees.
	Employers []int `yaml:"employers"`
	// Schedule is when to look for something new, in place of the export's own: five
	// fields as cron has them, in Dutch time. Default: what the export says.
	Schedule string `yaml:"schedule"`
	// BIC is that of the employers' bank; pain.001 needs it.
	BIC string `yaml:"bic"`
	// IBANs is a table (CSV with account;iban;name) of accounts that Loket does not
	// know: of payees who are no employees. Default: none.
	IBANs string `yaml:"ibans"`
	// Weekly says that there are wages per week: periods go up to 53 then.
	// Default: false.
	Weekly bool `yaml:"weekly"`
	// Collected are subfolders of the outbox where the partner puts what it took.
	// Default: archive, done, verwerkt and opgehaald.
	Collected []string `yaml:"collected"`
}

// ExportKind is what config wants to know of an export.
type ExportKind struct {
	Pays bool  // a bank executes its files
	Cron error // of the schedule asked about; nil: it is fine
}

var (
	periodText = regexp.MustCompile(`^(19|[2-9][0-9])[0-9]{2}-(0[1-9]|[1-4][0-9]|5[0-3])$`)
	bicText    = regexp.MustCompile(`^[A-Z]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?$`)
)

// isCountry says whether there is a country of this code (ISO 3166-1, and XK).
func isCountry(code string) bool {
	r, err := language.ParseRegion(code)
	return err == nil && r.IsCountry() && r.Canonicalize() == r
}

// exports checks the uses of exports against what there is: known says what
// exports there are, with the schedule that the use gives it.
func (c *checker) exports(known func(use, schedule string) (ExportKind, bool), names []string) {
	outboxes := make([]string, len(c.c.Outboxes))
	for i := range outboxes {
		outboxes[i] = c.c.Outboxes[i].Name
	}
	pays := map[int]bool{}
	for i := range c.c.Exports {
		x := &c.c.Exports[i]
		at := fmt.Sprintf("exports[%d]", i)
		if x.Name == "" {
			x.Name = x.Use
		}
		c.exportValues(at, x, outboxes)
		if known != nil && x.Use != "" {
			kind, ok := known(x.Use, x.Schedule)
			switch {
			case !ok:
				c.say(at+".use", fmt.Sprintf("there is no export %q", x.Use), suggest(x.Use, names))
			case kind.Cron != nil:
				c.say(at+".schedule", fmt.Sprintf("%s.schedule: %v", at, kind.Cron), "")
			}
			pays[i] = ok && kind.Pays
			if pays[i] && x.BIC == "" && !c.bad[at+".bic"] {
				c.say(at, at+".bic is missing", "pain.001 names the bank of the employers, such as INGBNL2A")
			}
		}
		for j := range i {
			c.twice(at, i, j, pays)
		}
	}
}

func (c *checker) exportValues(at string, x *Export, outboxes []string) {
	if x.Outbox != "" && !slices.Contains(outboxes, x.Outbox) {
		c.say(at+".outbox", fmt.Sprintf("there is no outbox %q", x.Outbox), suggest(x.Outbox, outboxes))
	}
	if x.From != "" && !periodText.MatchString(x.From) {
		c.say(at+".from", fmt.Sprintf("%q is no period", x.From), "write year and number, such as 2026-10")
	}
	if x.Name != "" && !placeName.MatchString(x.Name) {
		c.say(at+".name", fmt.Sprintf("%q is not a name", x.Name), `use a-z, 0-9 and "-", at most 40`)
	}
	if x.IBANs != "" {
		shown := x.IBANs
		x.IBANs = c.absolute(x.IBANs)
		if _, err := os.Stat(x.IBANs); err != nil {
			c.say(at+".ibans", fmt.Sprintf("file %s: %s", shown, short(err)), "")
		}
	}
	switch {
	case x.BIC == "":
	case !bicText.MatchString(x.BIC):
		c.say(at+".bic", fmt.Sprintf("%q is no BIC", x.BIC), "it has 8 or 11 capitals and digits, such as INGBNL2A")
	case !isCountry(x.BIC[4:6]):
		c.say(at+".bic", fmt.Sprintf("%q is no BIC: %s is no country", x.BIC, x.BIC[4:6]), "the fifth and sixth letter are the country of the bank, such as NL")
	}
	if c.given(at+".employers") && len(x.Employers) == 0 {
		c.say(at+".employers", at+".employers is empty", "leave the key out for all employers")
	}
	for k, n := range x.Employers {
		if n < 1 || n > 999_999_999 {
			c.say(fmt.Sprintf("%s.employers[%d]", at, k), fmt.Sprintf("%d is no Clientnummer", n), "")
		} else if slices.Contains(x.Employers[:k], n) {
			c.say(fmt.Sprintf("%s.employers[%d]", at, k), fmt.Sprintf("%d stands there twice", n), "")
		}
	}
	for k, dir := range x.Collected {
		if dir == "" || strings.HasPrefix(dir, "/") || strings.Contains(dir, "..") {
			c.say(fmt.Sprintf("%s.collected[%d]", at, k), fmt.Sprintf("%q is no subfolder of the outbox", dir), "")
		}
	}
}

// twice refuses two exports of one name, and two that would have the bank pay the
// same people.
func (c *checker) twice(at string, i, j int, pays map[int]bool) {
	x, y := &c.c.Exports[i], &c.c.Exports[j]
	switch {
	case x.Name != "" && x.Name == y.Name:
		c.say(at, fmt.Sprintf("%s and exports[%d] are both called %q", at, j, x.Name), "give each its own name")
	case pays[i] && pays[j] && together(x.Employers, y.Employers):
		c.say(at, fmt.Sprintf("%s and exports[%d] would both have the bank pay the same employers", at, j), "name the employers of each under employers")
	}
}

// together reports whether two lists of employers overlap; none means all.
func together(a, b []int) bool {
	return len(a) == 0 || len(b) == 0 || slices.ContainsFunc(a, func(n int) bool { return slices.Contains(b, n) })
}
