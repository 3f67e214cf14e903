package resultstable

import (
	"errors"
	"fmt"
	"iter"
	"math"
	"strconv"

	"loket-etl/formats/cells"
	"loket-etl/payroll"
)

// row is a row of a table: all that its columns may show.
type row struct {
	head       payroll.Results
	employment payroll.EmploymentResults // without periods
	period     payroll.PeriodResults     // without slips
	slip       int
	component  payroll.ComponentResult   // of a table per component; number 0: the slip has none
	values     []payroll.ComponentResult // of a table per period, those that are there
}

// field is where a row has what a column shows: a *string, *int, *bool or
// *payroll.Date. Amounts have none.
type field struct {
	at           func(r *row) any
	perComponent bool
}

var fields = map[string]field{
	"dienstverband": {at: func(r *row) any { return &r.employment.Dienstverband }},
	"persoon":       {at: func(r *row) any { return &r.employment.Persoon }},
	"persnr":        {at: func(r *row) any { return &r.employment.Persnr }},
	"persnrVerl":    {at: func(r *row) any { return &r.employment.PersnrVerl }},
	"name":          {at: func(r *row) any { return &r.employment.Name }},
	"year":          {at: func(r *row) any { return &r.period.Period.Year }},
	"period":        {at: func(r *row) any { return &r.period.Period.Number }},
	"begin":         {at: func(r *row) any { return &r.period.Begin }},
	"end":           {at: func(r *row) any { return &r.period.End }},
	"testYear":      {at: func(r *row) any { return &r.period.TestYear }},
	"werkgever":     {at: func(r *row) any { return &r.head.Werkgever }},
	"werkgeverId":   {at: func(r *row) any { return &r.head.WerkgeverID }},
	"run":           {at: func(r *row) any { return &r.head.Run }},
	"exportSet":     {at: func(r *row) any { return &r.head.ExportSet }},
	"slip":          {at: func(r *row) any { return &r.slip }, perComponent: true},
	"component":     {at: func(r *row) any { return &r.component.Number }, perComponent: true},
	"componentName": {at: func(r *row) any { return &r.component.Name }, perComponent: true},
	"category":      {at: func(r *row) any { return &r.component.Category }, perComponent: true},
	"column":        {at: func(r *row) any { return &r.component.Column }, perComponent: true},
	"employerCosts": {at: func(r *row) any { return &r.component.EmployerCosts }, perComponent: true},
	"value":         {},
	"special":       {},
}

// result is that of the component of a column, or nil.
func (r *row) result(column Column) *payroll.ComponentResult {
	if column.Component == 0 {
		if r.component.Number == 0 {
			return nil
		}
		return &r.component
	}
	for i := range r.values {
		if r.values[i].Number == column.Component {
			return &r.values[i]
		}
	}
	return nil
}

// amount is what an amount column shows, false when that is nothing.
func (r *row) amount(column Column) (payroll.Cents, bool) {
	v := r.result(column)
	switch {
	case v == nil:
		return 0, false
	case column.Field == "special":
		return v.Special, v.HasSpecial
	}
	return v.Value, true
}

func (c Column) isAmount() bool { return c.Field == "value" || c.Field == "special" }

// rows are the results as rows, everything still in them.
func (l Layout) rows(r payroll.Results) iter.Seq2[row, error] {
	return func(yield func(row, error) bool) {
		if r.Employments == nil {
			return
		}
		for e, err := range r.Employments {
			if err != nil {
				yield(row{}, err)
				return
			}
			for _, p := range e.Periods {
				one := row{head: r, employment: e, period: p}
				one.head.Employments, one.employment.Periods, one.period.Slips = nil, nil, nil
				if l.Rows == PerPeriod {
					one.values = l.sums(p)
					if !yield(one, nil) {
						return
					}
				} else if !perComponent(one, p.Slips, yield) {
					return
				}
			}
		}
	}
}

func perComponent(one row, slips []payroll.Slip, yield func(row, error) bool) bool {
	for _, s := range slips {
		one.slip, one.component = int(s.Kind), payroll.ComponentResult{}
		if len(s.Components) == 0 && !yield(one, nil) {
			return false
		}
		for _, one.component = range s.Components {
			if !yield(one, nil) {
				return false
			}
		}
	}
	return true
}

// sums are the components of the columns, over all slips of a period.
func (l Layout) sums(p payroll.PeriodResults) []payroll.ComponentResult {
	r := row{}
	for _, column := range l.Columns {
		if column.Component == 0 || r.result(column) != nil {
			continue
		}
		sum := payroll.ComponentResult{}
		for _, s := range p.Slips {
			for _, c := range s.Components {
				if c.Number == column.Component {
					sum.Number = c.Number
					sum.Value += c.Value
					sum.Special += c.Special
					sum.HasSpecial = sum.HasSpecial || c.HasSpecial
				}
			}
		}
		if sum.Number != 0 {
			r.values = append(r.values, sum)
		}
	}
	return r.values
}

// check is what must hold of a row before it is written.
func (l Layout) check(r row) error {
	for _, c := range l.Columns {
		if c.Field == "text" {
			continue
		}
		if c.isAmount() {
			if v, _ := r.amount(c); max(v, -v) > maxValue {
				return fmt.Errorf("%s: the amount has more than fifteen digits", c.Header)
			}
			continue
		}
		switch v := fields[c.Field].at(&r).(type) {
		case *string:
			if cells.HasControl(*v) {
				return fmt.Errorf("%s: it has a control character", c.Header)
			}
		case *int:
			if *v < 0 || *v > math.MaxInt32 {
				return fmt.Errorf("%s: %d is not within 0 and %d", c.Header, *v, math.MaxInt32)
			}
		case *payroll.Date:
			if *v == 0 {
				return fmt.Errorf("%s: the date is missing", c.Header)
			}
		}
	}
	return nil
}

// maxValue has the fifteen digits that a spreadsheet keeps.
const maxValue = payroll.Cents(999_999_999_999_999)

// notation is how a kind of file has texts, amounts and dates.
type notation struct {
	text  func(cell string) (string, error)
	cents func(cell string) (payroll.Cents, error)
	date  func(cell string) (payroll.Date, error)
}

// parse reads a cell into a row.
func (c Column) parse(r *row, cell string, n notation) (err error) {
	if c.Field == "text" {
		if got, err := n.text(cell); err != nil || got != c.Text {
			return fmt.Errorf("it is %.40q where %q is due", cell, c.Text)
		}
		return nil
	}
	if c.isAmount() {
		return c.parseAmount(r, cell, n)
	}
	switch into := fields[c.Field].at(r).(type) {
	case *string:
		*into, err = n.text(cell)
	case *int:
		if cell == "" {
			return nil
		}
		v, err := strconv.ParseUint(cell, 10, 31)
		if err != nil {
			return errors.New("not a whole number above zero; nothing is an empty cell")
		}
		*into = int(v)
	case *bool:
		if cell != "ja" && cell != "nee" {
			return errors.New("it is neither ja nor nee")
		}
		*into = cell == "ja"
	case *payroll.Date:
		*into, err = n.date(cell)
	}
	return err
}

func (c Column) parseAmount(r *row, cell string, n notation) error {
	if cell == "" {
		return nil
	}
	v, err := n.cents(cell)
	if err != nil {
		return err
	}
	into := &r.component
	if c.Component != 0 {
		if into = r.result(c); into == nil {
			r.values = append(r.values, payroll.ComponentResult{Number: c.Component})
			into = &r.values[len(r.values)-1]
		}
	}
	if c.Field == "special" {
		into.Special, into.HasSpecial = v, true
	} else {
		into.Value = v
	}
	return nil
}

// parseRow reads the cells of a row, which must be as they are written: nothing
// in another form, nothing missing beside what is there.
func (l Layout) parseRow(found []string, n notation, write func(c Column, r *row) string) (row, error) {
	r := row{}
	for i, c := range l.Columns {
		if err := c.parse(&r, found[i], n); err != nil {
			return r, fmt.Errorf("%s: %w", c.Header, err)
		}
	}
	if err := l.check(r); err != nil {
		return r, err
	}
	for i, c := range l.Columns {
		if want := write(c, &r); want != found[i] {
			return r, fmt.Errorf("%s: it is %s where %s is due", c.Header, kindOf(found[i]), kindOf(want))
		}
	}
	return r, nil
}

// kindOf says no value: it may be somebody's.
func kindOf(cell string) string {
	if cell == "" {
		return "empty"
	}
	return "another cell"
}
