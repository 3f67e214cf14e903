package payroll

import (
	"errors"
	"fmt"
	"strconv"
)

// Employee is an employment as a system for time registration knows it: no BSN, no
// account, no pay.
type Employee struct {
	Persnr       int // 0: not known
	PersnrVerl   int // 0: not known
	Clientnummer int // 0: not known
	Name         string
	InService    Date
	OutOfService Date   // last day; zero: still there
	Email        string // empty: not known
}

// Employees are the employments of an employer or office.
type Employees []Employee

// Totals counts the employments and adds up their personnel numbers.
func (e Employees) Totals() (Totals, error) {
	sum := 0
	for _, one := range e {
		sum += one.Persnr + one.PersnrVerl
	}
	return Totals{Count: len(e), Hash: strconv.Itoa(sum)}, nil
}

// Check wants a name, a personnel number and a first day of each, no end before the
// begin, and nobody twice.
func (e Employees) Check() error {
	seen := map[[3]int]bool{}
	for i, one := range e {
		err := one.check()
		key := [3]int{one.Clientnummer, one.PersnrVerl, one.Persnr}
		if err == nil && seen[key] {
			err = errors.New("the personnel number stands twice")
		}
		seen[key] = true
		if err != nil {
			return fmt.Errorf("employee %d: %w", i+1, err)
		}
	}
	return nil
}

func (e Employee) check() error {
	switch {
	case e.Name == "":
		return errors.New("the name is missing")
	case min(e.Persnr, e.PersnrVerl, e.Clientnummer) < 0 || max(e.Persnr, e.PersnrVerl, e.Clientnummer) > 999_999_999:
		return errors.New("a number is not within 0 and 999999999")
	case e.Persnr == 0 && e.PersnrVerl == 0:
		return errors.New("the personnel number is missing")
	case e.InService == 0:
		return errors.New("the first day is missing")
	case e.OutOfService != 0 && e.OutOfService < e.InService:
		return errors.New("the last day lies before the first")
	}
	return nil
}
