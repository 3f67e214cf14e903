package payroll

import (
	"errors"
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestParseCents(t *testing.T) {
	for in, want := range map[string]Cents{
		"0": 0, "1": 100, "-1": -100, "12.5": 1250, "-12.50": -1250, "0.05": 5, "-0.05": -5, "1234.00": 123400, "007": 700,
		"999999999999999.99": 99999999999999999,
	} {
		if got, err := ParseCents(in); err != nil || got != want {
			t.Errorf("%q: %d, %v, want %d", in, got, err, want)
		}
	}
	for _, in := range []string{"", "-", ".", "1.", ".5", "1,5", "1.234", "1e2", "+1", " 1", "1 ", "1.2.3", "0x1", "--1", "1.-5", "١", "NaN", "1234567890123456"} {
		if got, err := ParseCents(in); !errors.Is(err, ErrNumber) {
			t.Errorf("%q was read as %d, %v", in, got, err)
		}
	}
}

func TestAmountsPrint(t *testing.T) {
	for _, c := range []struct {
		in                   Cents
		canon, comma, people string
	}{
		{0, "0.00", "0,00", "0,00"}, {5, "0.05", "0,05", "0,05"}, {-5, "-0.05", "-0,05", "-0,05"}, {99999, "999.99", "999,99", "999,99"},
		{100000, "1000.00", "1000,00", "1.000,00"}, {-123456789, "-1234567.89", "-1234567,89", "-1.234.567,89"},
		{math.MinInt64, "-92233720368547758.08", "-92233720368547758,08", "-92.233.720.368.547.758,08"},
	} {
		if c.in.String() != c.canon || c.in.Comma() != c.comma || c.in.Dutch() != c.people {
			t.Errorf("%d: %s, %s, %s", c.in, c.in, c.in.Comma(), c.in.Dutch())
		}
	}
	if h := Hours(750); h.String() != "7.50" || h.Comma() != "7,50" {
		t.Errorf("hours %s, %s", h, h.Comma())
	}
}

func TestPrintedIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.Int64Range(-99999999999999999, 99999999999999999).Draw(t, "v")
		if got, err := ParseCents(Cents(v).String()); err != nil || got != Cents(v) {
			t.Fatalf("%d: %d, %v", v, got, err)
		}
		if got, err := ParseHours(Hours(v).String()); err != nil || got != Hours(v) {
			t.Fatalf("%d: %d, %v", v, got, err)
		}
	})
}
