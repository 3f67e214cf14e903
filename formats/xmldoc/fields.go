package xmldoc

import (
	"fmt"
	"strconv"
	"strings"

	"loket-etl/payroll"
)

// Field is an element and where its text goes, or, when it is named "a@b", that
// of its only attribute b. A name that ends in "?" may be left out. Into is a
// *string, *int (not negative), *payroll.Date, *payroll.Cents or, for what is
// read and dropped, nil.
type Field struct {
	Name string
	Into any
}

// Fields takes the elements in this order.
func (x *Reader) Fields(fields ...Field) error {
	for _, f := range fields {
		name, optional := strings.CutSuffix(f.Name, "?")
		name, attribute, _ := strings.Cut(name, "@")
		if optional && !x.At(name) {
			continue
		}
		text, err := x.value(name, attribute)
		if err != nil {
			return err
		}
		if err := set(f.Into, text); err != nil {
			return x.Fail("%s: %w", name, err)
		}
	}
	return nil
}

func (x *Reader) value(name, attribute string) (string, error) {
	if attribute == "" {
		return x.Text(name)
	}
	a, err := x.Empty(name, attribute)
	return a[attribute], err
}

func set(into any, text string) (err error) {
	switch into := into.(type) {
	case nil:
	case *string:
		*into = text
	case *int:
		v, err := strconv.ParseUint(text, 10, 31)
		if err != nil {
			return fmt.Errorf("not a whole number")
		}
		*into = int(v)
	case *payroll.Date:
		*into, err = payroll.ParseDate(text)
	case *payroll.Cents:
		if *into, err = payroll.ParseCents(text); err != nil {
			return fmt.Errorf("not an amount with at most two decimals")
		}
	default:
		return fmt.Errorf("no text goes into %T", into)
	}
	return err
}
