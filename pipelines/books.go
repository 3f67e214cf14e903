package pipelines

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"loket-etl/payroll"
)

// Books say where the journals of an employer go in a bookkeeping package: a YAML
// file that is called after the Clientnummer.
type Books struct {
	Office, Daybook, DaybookName string
	Company                      payroll.Company
	Final                        bool // booked at once
	Accounts                     payroll.AccountTable
}

// booksYAML is the file.
type booksYAML struct {
	Office      string `yaml:"office"`
	Daybook     string `yaml:"daybook"`
	DaybookName string `yaml:"daybook_name"`
	Company     struct {
		Name    string `yaml:"name"`
		KvK     string `yaml:"kvk"`
		Country string `yaml:"country"`
		TaxID   string `yaml:"tax_id"`
	} `yaml:"company"`
	Final    yes          `yaml:"final"`
	Accounts []accountRow `yaml:"accounts"`
}

// accountRow is payroll.AccountRow as it is written.
type accountRow struct {
	Account   string `yaml:"account"`
	Component int    `yaml:"component"`
	To        struct {
		Code    string `yaml:"code"`
		Name    string `yaml:"name"`
		Balance yes    `yaml:"balance"`
	} `yaml:"to"`
	CostCentre  string `yaml:"cost_centre"`
	CostUnit    string `yaml:"cost_unit"`
	Description string `yaml:"description"`
}

// yes is a truth as people write it: yes or no, or as YAML has it.
type yes bool

// UnmarshalYAML reads it.
func (y *yes) UnmarshalYAML(node ast.Node) error {
	at := node.GetToken()
	switch at.Value {
	case "yes", "true":
		*y = true
	case "no", "false":
		*y = false
	default:
		return &placedError{at.Position.Line, at.Position.Column, fmt.Sprintf("%q: want yes or no", at.Value)}
	}
	return nil
}

// LoadBooks reads the books of all employers in a directory, <Clientnummer>.yaml
// each; nil has none. The error lists every mistake with file, line and column.
func LoadBooks(dir fs.FS) (map[int]Books, error) {
	all := map[int]Books{}
	if dir == nil {
		return all, nil
	}
	names, err := fs.Glob(dir, "*.yaml")
	if err != nil {
		return nil, fmt.Errorf("list books: %w", err)
	}
	var errs []error
	for _, name := range names {
		clientnummer, err := strconv.Atoi(strings.TrimSuffix(path.Base(name), ".yaml"))
		if err != nil || clientnummer <= 0 {
			errs = append(errs, fmt.Errorf("%s: books are called after the Clientnummer of the employer, such as 5555.yaml", name))
			continue
		}
		b, err := readBooks(dir, name)
		if err != nil {
			errs = append(errs, err)
		}
		all[clientnummer] = b
	}
	return all, errors.Join(errs...)
}

func readBooks(dir fs.FS, file string) (Books, error) {
	data, err := readYAML(dir, file)
	if err != nil {
		return Books{}, err
	}
	var y booksYAML
	if err := decode(data, file, &y); err != nil {
		return Books{}, err
	}
	b := Books{Office: y.Office, Daybook: y.Daybook, DaybookName: y.DaybookName, Company: payroll.Company(y.Company), Final: bool(y.Final)}
	for _, r := range y.Accounts {
		b.Accounts = append(b.Accounts, payroll.AccountRow{
			Account: r.Account, Component: r.Component, To: payroll.LedgerAccount{Code: r.To.Code, Name: r.To.Name, Balance: bool(r.To.Balance)},
			CostCentre: r.CostCentre, CostUnit: r.CostUnit, Description: r.Description,
		})
	}
	return b, eachOf(file+": accounts: ", b.Accounts.Check())
}

// eachOf puts text before each of joined errors.
func eachOf(text string, err error) error {
	all, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return err
	}
	var errs []error
	for _, e := range all.Unwrap() {
		errs = append(errs, fmt.Errorf("%s%w", text, e))
	}
	return errors.Join(errs...)
}

// of are the books for one journal: it is booked in the month that it is dated in,
// under the number of year, period and run.
func (b Books) of(j payroll.Journal) payroll.Books {
	month := payroll.Period{Year: j.Date.Year(), Number: j.Date.Month()}
	first, last, _ := month.Bounds(payroll.Monthly) // a date has a month
	return payroll.Books{
		Office: b.Office, Daybook: b.Daybook, DaybookName: b.DaybookName, Company: b.Company, Final: b.Final,
		Entry:       fmt.Sprintf("%04d%02d%02d", j.Period.Year, j.Period.Number, j.RunNumber),
		Description: fmt.Sprintf("Lonen %s, run %d", j.Period, j.RunNumber),
		Currency:    "EUR", Period: month, PeriodDays: payroll.Days{First: first, Last: last},
		YearDays: payroll.Days{First: payroll.Date(j.Date.Year()*10000 + 101), Last: payroll.Date(j.Date.Year()*10000 + 1231)},
		Created:  j.Date,
	}
}
