package pipelines

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"loket-etl/formats"
	"loket-etl/loket"
	"loket-etl/outbox"
	"loket-etl/payroll"
	"loket-etl/pipelines/schedule"
)

// What is what an export makes files of.
type What string

const (
	Payments        What = "payments"          // the Betalingen of an approved run
	Results         What = "results"           // the wage results of an approved run
	ResultsOfPeriod What = "results-of-period" // those of the period of an approved run, in an export set
	Journal         What = "journal"           // the standaardjournaal of an approved run
	Reports         What = "reports"           // PDFs of an approved run
	TaxReturns      What = "tax-returns"       // an approved loonaangifte, XML and PDF
	Employees       What = "employees"         // who works where, for time-tracking systems
)

// ofRun reports whether the export is of approved payroll runs.
func (w What) ofRun() bool { return w != TaxReturns && w != Employees }

// reports are the PDFs of a run by the name that a pipeline uses.
var reports = map[string]bool{
	"betalingsoverzicht": true, "journaal": true, "opdrachtbrief": true,
	"runoverzicht": true, "standenregister": true, "verzamelloonstaat": true,
}

// Export is one way from approved payroll to an outbox, as its YAML file says it.
type Export struct {
	Name        string           `yaml:"pipeline"`
	Description string           `yaml:"description"`
	What        What             `yaml:"export"`
	Formats     []string         `yaml:"formats"`
	Reports     []string         `yaml:"reports"`
	Order       string           `yaml:"order"`
	Set         string           `yaml:"set"`
	Schedule    string           `yaml:"schedule"`
	CatchUp     schedule.CatchUp `yaml:"catch_up"`
	Jitter      string           `yaml:"jitter"`
	Publish     Lead             `yaml:"publish"`
	Collect     Lead             `yaml:"collect"`
	Hold        []string         `yaml:"hold"`
	Net         int              `yaml:"net" least:"1"`
	Payable     []string         `yaml:"payable"`
	Posts       int              `yaml:"posts" least:"1"` // most in one file of payments
	Bytes       int64            `yaml:"bytes" least:"1"` // of one file of payments

	// Layouts of one's own, for the formats "csv" and "xlsx".
	JournalLayout *formats.JournalLayout `yaml:"journal_layout"`
	TableLayout   *formats.ResultsLayout `yaml:"table_layout"`
}

// journal and results are the formats of the export by name, its own layouts
// among them.
func (x *Export) journal(name string) (formats.Format[payroll.Journal], error) {
	if name == "csv" && x.JournalLayout != nil {
		return formats.JournalCSV(*x.JournalLayout)
	}
	return formats.Journals[name], nil
}

func (x *Export) results(name string) (formats.Format[payroll.Results], error) {
	switch {
	case name == "csv" && x.TableLayout != nil:
		return formats.ResultsCSV(*x.TableLayout)
	case name == "xlsx" && x.TableLayout != nil:
		return formats.ResultsXLSX(*x.TableLayout)
	}
	return formats.Results[name], nil
}

// totals reads back what bytes in a format of the export add up to; a PDF and a
// manifest have no totals.
func (x *Export) totals(format string, in io.Reader) (payroll.Totals, error) {
	switch {
	case format == "pdf":
		if !isPDF(in) {
			return payroll.Totals{}, errors.New("it is no PDF")
		}
		return payroll.Totals{}, nil
	case format == manifestKind:
		_, err := outbox.DecodeManifest(in)
		return payroll.Totals{}, err
	case x.What == Journal:
		f, err := x.journal(format)
		if err != nil {
			return payroll.Totals{}, err
		}
		return f.Totals(in)
	case x.What == Results || x.What == ResultsOfPeriod:
		f, err := x.results(format)
		if err != nil {
			return payroll.Totals{}, err
		}
		return f.Totals(in)
	}
	return formats.TotalsOf(format, in)
}

// checkLayouts wants a layout that is right, and used.
func (x *Export) checkLayouts(bad func(string, ...any)) {
	own := slices.ContainsFunc(x.Formats, func(f string) bool { return f == "csv" || f == "xlsx" })
	table := x.What == Results || x.What == ResultsOfPeriod
	switch {
	case x.JournalLayout != nil && (x.What != Journal || !own):
		bad("journal_layout: it is for export: journal with formats: [csv]")
	case x.JournalLayout != nil:
		if _, err := formats.JournalCSV(*x.JournalLayout); err != nil {
			bad("journal_layout: %v", err)
		}
	case x.TableLayout != nil && (!table || !own):
		bad("table_layout: it is for export: results or results-of-period with formats: [csv] or [xlsx]")
	case x.TableLayout != nil:
		if _, err := formats.ResultsCSV(*x.TableLayout); err != nil {
			bad("table_layout: %v", err)
		}
	}
}

// Lead is a moment so many bank days before the pay date; zero: at once, or never.
// It never falls on a day on which the Netherlands are off, for somebody must
// authorise payments at the bank: then it is a bank day earlier.
type Lead struct {
	BankDays int    `yaml:"bank_days"`
	At       string `yaml:"at" must:"yes"` // "07:30", in Amsterdam
}

// after reports whether it falls later than another lead of the same pay date; of
// what is no moment that is not known.
func (l Lead) after(m Lead) bool {
	a, aErr := schedule.ParseClock(l.At)
	b, bErr := schedule.ParseClock(m.At)
	if aErr != nil || bErr != nil || l.BankDays != m.BankDays {
		return l.BankDays <= m.BankDays
	}
	return a.Hour*60+a.Minute > b.Hour*60+b.Minute
}

// soft are the findings that a pipeline may hold a file for; all others always
// do.
var soft = []string{"dubbele-betaling", "dubbele-batch", "rekening-gewijzigd", "nieuwe-begunstigde", "eerste-run"}

// check says everything that is wrong with an export; file is how it is called.
func (x *Export) check(file string) error {
	var errs []error
	bad := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("%s: %s", file, fmt.Sprintf(format, args...)))
	}
	known, want := x.formats()
	if want == nil {
		bad("export: %q is not one of %s", x.What, strings.Join([]string{string(Payments), string(Results), string(ResultsOfPeriod), string(Journal), string(Reports), string(TaxReturns), string(Employees)}, ", "))
		return errors.Join(errs...)
	}
	if len(x.Formats) == 0 {
		x.Formats = want
	}
	for i, f := range x.Formats {
		if !slices.Contains(known, f) {
			bad("formats: %q is not one of %s", f, strings.Join(known, ", "))
		} else if slices.Contains(x.Formats[:i], f) {
			bad("formats: %q stands there twice", f)
		}
	}
	for i, name := range x.Reports {
		if !reports[name] {
			bad("reports: %q is not one of %s", name, strings.Join(slices.Sorted(maps.Keys(reports)), ", "))
		} else if slices.Contains(x.Reports[:i], name) {
			bad("reports: %q stands there twice", name)
		}
	}
	if (x.What == ResultsOfPeriod) != (x.Set != "") {
		bad("set: it is the export set of export: results-of-period, which has one")
	}
	if (x.What == Reports) != (len(x.Reports) > 0) {
		bad("reports: they are for export: reports, which has at least one")
	}
	if x.Order != "" && !slices.Contains([]loket.Sortering{loket.PerWerknemer, loket.PerWerkgever, loket.PerWerknemerEnWerkgever}, loket.Sortering(x.Order)) {
		bad("order: %q is not one of Werknemer, Werkgever, WerknemerEnWerkgever", x.Order)
	} else if x.Order != "" && x.What != Reports {
		bad("order: it is for export: reports")
	}
	if _, err := schedule.ParseCron(x.Schedule); err != nil {
		bad("schedule: %v", err)
	}
	if x.CatchUp != "" && !slices.Contains([]schedule.CatchUp{schedule.Once, schedule.Each, schedule.Skip}, x.CatchUp) {
		bad("catch_up: %q is not one of once, each, skip", x.CatchUp)
	}
	if _, err := x.jitter(); err != nil {
		bad("jitter: %q is no time such as 90s or 5m", x.Jitter)
	}
	x.checkPayments(bad)
	x.checkLayouts(bad)
	return errors.Join(errs...)
}

func (x *Export) checkPayments(bad func(string, ...any)) {
	for _, l := range []struct {
		key  string
		lead Lead
	}{{"publish", x.Publish}, {"collect", x.Collect}} {
		if l.lead == (Lead{}) {
			continue
		}
		if x.What != Payments {
			bad("%s: only payments have a pay date", l.key)
		}
		if l.lead.BankDays < 0 || l.lead.BankDays > 20 {
			bad("%s: bank_days: want 0 to 20", l.key)
		}
		if _, err := schedule.ParseClock(l.lead.At); err != nil {
			bad("%s: at: %v", l.key, err)
		}
	}
	if x.Collect != (Lead{}) && x.Publish != (Lead{}) && !x.Collect.after(x.Publish) {
		bad("collect: at that moment the files are not published yet: it must come after publish")
	}
	for _, code := range x.Hold {
		if !slices.Contains(soft, code) {
			bad("hold: %q is not one of %s", code, strings.Join(soft, ", "))
		}
	}
	if n := len(slices.DeleteFunc(slices.Clone(x.Formats), func(f string) bool { return f == "clieop03" })); x.What == Payments && n > 1 {
		bad("formats: a bank executes one file of a payment: name one pain.001 only")
	}
	if x.Posts < 0 || x.Posts > 0 && x.What != Payments {
		bad("posts: it is the most posts in a file of payments")
	}
	if x.Bytes < 0 || x.Bytes > 0 && x.What != Payments {
		bad("bytes: it is the largest file of payments that the bank takes")
	}
}

// Pays reports whether a bank executes a file that the export makes. Clieop03 is
// executed by none any more.
func (x *Export) Pays() bool {
	return x.What == Payments && slices.ContainsFunc(x.Formats, func(f string) bool { return f != "clieop03" })
}

func (x *Export) jitter() (time.Duration, error) {
	if x.Jitter == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(x.Jitter)
	if err == nil && (d < 0 || d > time.Hour) {
		err = errors.New("want 0 to 1h")
	}
	return d, err
}

// net is the component with net pay; payable the accounts that the journal books
// it on. The defaults are those of the sandbox.
func (x *Export) net() int          { return cmp.Or(x.Net, 930) }
func (x *Export) payable() []string { return orAll(x.Payable, "1710") }

func orAll(have []string, instead ...string) []string {
	if len(have) > 0 {
		return have
	}
	return instead
}

// formats are the formats that the export can write, and those it writes when the
// pipeline names none; nil for an export that does not exist.
func (x *Export) formats() (known, usual []string) {
	switch x.What {
	case Payments:
		return slices.Sorted(maps.Keys(formats.Payments)), []string{"pain.001.001.09"}
	case Results, ResultsOfPeriod:
		known = slices.Sorted(maps.Keys(formats.Results))
		if x.TableLayout != nil {
			known = append(known, "csv", "xlsx")
		}
		return known, []string{"loonresultaten"}
	case Journal:
		known = slices.Sorted(maps.Keys(formats.Journals))
		if x.JournalLayout != nil {
			known = append(known, "csv")
		}
		return known, []string{"standaardjournaal"}
	case TaxReturns:
		return []string{"loonaangifte-2026", "pdf"}, []string{"loonaangifte-2026", "pdf"}
	case Reports:
		return []string{"pdf"}, []string{"pdf"}
	case Employees:
		return []string{"werknemers-csv"}, []string{"werknemers-csv"}
	}
	return nil, nil
}

// Exporting turns an export on, for some employers and one outbox.
type Exporting struct {
	Name       string // of this use of it, key of its entries; unique
	Use        string // the Export
	Outbox     string
	Employers  []int          // Clientnummers; none: all that the user may see
	From       payroll.Period // runs of earlier periods are left alone
	Schedule   string         // replaces that of the export; "": the export's
	BIC        string         // of the bank of the employers, for pain.001
	LastNumber int            // highest period number there is; 0: 13
	Books      map[int]Books  // by Clientnummer, for journals
	// IBANs are those of accounts that Loket does not know, by their ten digits: of
	// payees who are no employees.
	IBANs map[string]payroll.Payee
	Moved []string // subfolders of the outbox where the partner puts what it took
}

func (x Exporting) has(clientnummer int) bool {
	return len(x.Employers) == 0 || slices.Contains(x.Employers, clientnummer)
}

// Scheduled is when the export is looked at, in this use of it; Do is left to the
// caller.
func (x *Export) Scheduled(u Exporting) (Scheduled, error) {
	cron, err := schedule.ParseCron(cmp.Or(u.Schedule, x.Schedule))
	if err != nil {
		return Scheduled{}, err
	}
	jitter, err := x.jitter()
	return Scheduled{Name: u.Name, Cron: cron, CatchUp: x.CatchUp, Jitter: jitter}, err
}
