package validate

import (
	"errors"
	"fmt"
	"math"

	"github.com/xeipuuv/gojsonschema"
)

// column is how one column is read and what is asked of it.
type column struct {
	Column
	number number
	hours  hours
	dates  dates

	required bool
	nums     numeric
	text     textual
	rules    []rule
	slow     *gojsonschema.Schema // keywords without a fast form; nil: none
}

// notation prepares the reading of the column.
func (k *column) notation(c Column) error {
	k.Column = c
	k.required = c.Required
	k.nums, k.text = k.numberRules(), k.textRules()
	if c.Header == "" {
		k.Header = c.Name
	}
	if k.Point == 0 {
		k.Point = ','
	}
	if k.Point != ',' && k.Point != '.' || k.Thousands != 0 && k.Thousands != '.' && k.Thousands != ',' && k.Thousands != ' ' {
		return errors.New("the decimal separator is , or . and the thousands separator . or , or a space")
	}
	if k.Point == k.Thousands {
		return errors.New("decimal and thousands separator are the same")
	}
	decimals := c.MaxDecimals
	if decimals == 0 {
		decimals = 2
	}
	if decimals < 0 || decimals > unitDigits {
		return fmt.Errorf("at most %d decimals", unitDigits)
	}
	k.number = number{point: k.Point, thousands: k.Thousands, decimals: decimals}
	switch c.Type {
	case Text:
	case Integer:
		k.number.whole, k.number.unit, k.number.decimals = maxInteger, 1, 0
	case Decimal:
		k.number.whole, k.number.unit = maxDecimal, DecimalUnit
	case Hours:
		k.number.whole, k.number.unit = maxHours, TicksPerHour
		return k.clock(c.Notation)
	case Date:
		var err error
		k.dates, err = newDates(c.Layouts)
		return err
	default:
		return fmt.Errorf("unknown type %d", c.Type)
	}
	return nil
}

// numberRules asks nothing of a number, at the scale of the column.
func (k *column) numberRules() numeric {
	n := numeric{min: math.MinInt64, max: math.MaxInt64, scale: 1}
	switch k.Type {
	case Decimal:
		n.scale = DecimalUnit
	case Hours:
		n.scale = 100_000_000
	}
	return n
}

// step is what every number that can be written in the column is a multiple of,
// at its scale.
func (k *column) step() int64 {
	switch {
	case k.Type == Decimal:
		return DecimalUnit / pow10[k.number.decimals]
	case k.Type == Hours && !k.hours.clock && !k.hours.minutes:
		return 100_000_000 / pow10[k.number.decimals]
	}
	return 1
}

// textRules asks nothing of a text.
func (k *column) textRules() textual { return textual{max: math.MaxInt} }

func (k *column) clock(notation []string) error {
	if len(notation) == 0 {
		notation = []string{"decimal"}
	}
	for _, n := range notation {
		switch n {
		case "decimal":
			k.hours.decimal = true
		case "clock":
			k.hours.clock = true
		case "minutes":
			k.hours.minutes = true
		default:
			return fmt.Errorf("unknown notation of hours %q", n)
		}
	}
	if k.hours.decimal && k.hours.minutes {
		return errors.New("decimal hours and minutes cannot be told apart: declare one of them")
	}
	k.hours.number = k.number
	return nil
}
