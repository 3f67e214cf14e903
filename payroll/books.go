package payroll

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Books are where in a bookkeeping package a journal goes. A format uses the
// part it has a place for, and refuses a journal that lacks what it must have.
type Books struct {
	Office      string // code of the administratie
	Daybook     string // code of the dagboek
	DaybookName string
	Entry       string // boekstuknummer
	Description string // of the entry as a whole
	Currency    string // "EUR"
	Period      Period // of the books: boekjaar and periode
	PeriodDays  Days
	YearDays    Days // the financial year
	Created     Date // of the file; the run's, never the clock's
	Final       bool // books at once; else a person in the package confirms
	Company     Company
	Accounts    []LedgerAccount // the accounts of the lines, each once
}

// Days are a first and a last day.
type Days struct{ First, Last Date }

// Company is whose books they are.
type Company struct {
	Name    string
	KvK     string // number at the chamber of commerce
	Country string // where TaxID is given: "NL"
	TaxID   string // loonheffingen- or btw-nummer
}

// LedgerAccount is an account of a bookkeeping package.
type LedgerAccount struct {
	Code    string
	Name    string
	Balance bool // on the balance sheet; else profit and loss
}

// Account finds an account by its code.
func (b Books) Account(code string) (LedgerAccount, bool) {
	i := slices.IndexFunc(b.Accounts, func(a LedgerAccount) bool { return a.Code == code })
	if i < 0 {
		return LedgerAccount{}, false
	}
	return b.Accounts[i], true
}

// None is the CostCentre and CostUnit of an AccountRow that leaves out what the
// line has.
const None = "-"

// AccountRow says where lines go: those of one own account, or of one component
// on it. A row with the component goes before one without.
type AccountRow struct {
	Account     string        `yaml:"account"`   // own account; "" for lines that have none
	Component   int           `yaml:"component"` // 0: every component on the account
	To          LedgerAccount `yaml:"to"`
	CostCentre  string        `yaml:"costCentre"`  // "" that of the line, None for none
	CostUnit    string        `yaml:"costUnit"`    // "" that of the line, None for none
	Description string        `yaml:"description"` // "": that of the line, else its component's name, else the account's
}

// AccountTable translates the accounts of one employer to those of a package.
type AccountTable []AccountRow

// UnknownAccounts is the error for accounts that a table does not have.
type UnknownAccounts []UnknownAccount

// UnknownAccount is an account and component that lines were booked on.
type UnknownAccount struct {
	Account       string
	Component     int
	ComponentName string
	Lines         int
}

// Error lists them all.
func (u UnknownAccounts) Error() string {
	var b strings.Builder
	b.WriteString("not in the account table:")
	for i, a := range u {
		if i > 0 {
			b.WriteByte(';')
		}
		fmt.Fprintf(&b, " account %q", a.Account)
		if a.Component != 0 {
			fmt.Fprintf(&b, " component %d %q", a.Component, a.ComponentName)
		}
		fmt.Fprintf(&b, ", lines: %d", a.Lines)
	}
	return b.String()
}

type accountKey struct {
	account   string
	component int
}

// Check names everything that is wrong with the table.
func (t AccountTable) Check() error {
	var problems []error
	seen, to := map[accountKey]bool{}, map[string]LedgerAccount{}
	for i, r := range t {
		wrong := func(format string, args ...any) {
			problems = append(problems, fmt.Errorf("account row %d: %w", i+1, fmt.Errorf(format, args...)))
		}
		key := accountKey{r.Account, r.Component}
		switch {
		case r.Component < 0:
			wrong("component %d is not a number from 1", r.Component)
		case r.Account == "" && r.Component == 0:
			wrong("it has neither an account nor a component")
		case seen[key]:
			wrong("account %q component %d stands there twice", r.Account, r.Component)
		}
		seen[key] = true
		if r.To.Code == "" || r.To.Name == "" {
			wrong("the account it goes to lacks a code or a name")
		}
		if other, ok := to[r.To.Code]; ok && other != r.To {
			wrong("account %q has another name or kind in an earlier row", r.To.Code)
		} else {
			to[r.To.Code] = r.To
		}
	}
	return errors.Join(problems...)
}

// Book is j for a bookkeeping package: its lines in the same order with the same
// amounts, on the accounts of the table, and b with those accounts. What j was
// stays as it was. Accounts that the table lacks are UnknownAccounts, all of
// them.
func (t AccountTable) Book(j Journal, b Books) (Journal, error) {
	if err := t.Check(); err != nil {
		return Journal{}, err
	}
	rows := make(map[accountKey]AccountRow, len(t))
	for _, r := range t {
		rows[accountKey{r.Account, r.Component}] = r
	}
	var unknown UnknownAccounts
	lines := make([]JournalLine, 0, len(j.Lines))
	used := map[string]bool{}
	b.Accounts = nil
	for _, l := range j.Lines {
		r, ok := rows[accountKey{l.Account, l.Component}]
		if !ok && l.Account != "" {
			r, ok = rows[accountKey{l.Account, 0}]
		}
		if !ok {
			unknown = unknown.add(l)
			continue
		}
		lines = append(lines, r.book(l))
		if !used[r.To.Code] {
			used[r.To.Code] = true
			b.Accounts = append(b.Accounts, r.To)
		}
	}
	if unknown != nil {
		return Journal{}, unknown
	}
	j.Lines, j.Books = lines, b
	return j, nil
}

func (u UnknownAccounts) add(l JournalLine) UnknownAccounts {
	for i := range u {
		if u[i].Account == l.Account && u[i].Component == l.Component {
			u[i].Lines++
			return u
		}
	}
	return append(u, UnknownAccount{l.Account, l.Component, l.ComponentName, 1})
}

func (r AccountRow) book(l JournalLine) JournalLine {
	for _, d := range []string{r.Description, l.Description, l.ComponentName, r.To.Name} {
		if d != "" {
			l.Description = d
			break
		}
	}
	l.Account = r.To.Code
	replace(&l.CostCentre, r.CostCentre)
	replace(&l.CostUnit, r.CostUnit)
	return l
}

func replace(code *string, with string) {
	switch with {
	case "":
	case None:
		*code = ""
	default:
		*code = with
	}
}
