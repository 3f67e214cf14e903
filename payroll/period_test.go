package payroll

import (
	"encoding/csv"
	"os"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestDates(t *testing.T) {
	for _, c := range []struct {
		y, m, d int
		ok      bool
	}{{2026, 2, 29, false}, {2024, 2, 29, true}, {1900, 2, 29, false}, {2000, 2, 29, true}, {2026, 4, 31, false}, {2026, 13, 1, false}, {0, 1, 1, false}, {2026, 12, 31, true}} {
		if got, err := NewDate(c.y, c.m, c.d); (err == nil) != c.ok || c.ok && (got.Year() != c.y || got.Month() != c.m || got.Day() != c.d) {
			t.Errorf("%v: %v, %v", c, got, err)
		}
	}
	d := Date(20261005)
	if d.String() != "2026-10-05" || d.Dutch() != "05-10-2026" || Date(0).String() != "" || Date(0).Dutch() != "" {
		t.Errorf("%s, %s", d, d.Dutch())
	}
	if got := Date(20251229).AddDays(4); got != 20260102 {
		t.Errorf("four days after 29 December: %s", got)
	}
	for _, in := range []string{"", "2026-1-1", "20260101", "2026-02-30", "2026-01-01T00:00:00Z", "01-01-2026"} {
		if got, err := ParseDate(in); err == nil {
			t.Errorf("%q was read as %s", in, got)
		}
	}
	zone := time.FixedZone("", 2*3600)
	if got := DateOf(time.Date(2026, 1, 1, 1, 0, 0, 0, zone)); got != 20260101 {
		t.Errorf("date in its own zone: %s", got)
	}
}

// The periods of 2026 as the tax tables have them.
func TestBoundsAreThoseOfTheTaxTables(t *testing.T) {
	f, err := os.Open("testdata/periods-2026.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comma = ';'
	rows, err := r.ReadAll()
	if err != nil || len(rows) != 26 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	kinds := map[string]PeriodKind{"month": Monthly, "four_weeks": FourWeekly}
	for _, row := range rows[1:] {
		n, err := strconv.Atoi(row[1])
		if err != nil {
			t.Fatal(err)
		}
		p := Period{2026, n}
		begin, end, err := p.Bounds(kinds[row[0]])
		if err != nil || begin.String() != row[2] || end.String() != row[3] {
			t.Errorf("%s %s: %s to %s, %v", row[0], p, begin, end, err)
		}
	}
}

// Every day lies in exactly one period of its year, also around New Year.
func TestBoundsAndPeriodOfAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := DateOf(time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(0, 60*366).Draw(t, "day")))
		kind := rapid.SampledFrom([]PeriodKind{Monthly, FourWeekly, Weekly}).Draw(t, "kind")
		p := PeriodOf(d, kind)
		begin, end, err := p.Bounds(kind)
		if err != nil || p.Year != d.Year() || d < begin || d > end {
			t.Fatalf("%s lies in %s, which is %s to %s, %v", d, p, begin, end, err)
		}
	})
}

func TestPeriodsThatDoNotExist(t *testing.T) {
	for _, c := range []struct {
		p    Period
		kind PeriodKind
	}{{Period{2026, 0}, Monthly}, {Period{2026, 13}, Monthly}, {Period{2026, 14}, FourWeekly}, {Period{2025, 53}, Weekly}, {Period{0, 1}, Monthly}, {Period{2026, 1}, 2}} {
		if b, e, err := c.p.Bounds(c.kind); err == nil {
			t.Errorf("%s of kind %d: %s to %s", c.p, c.kind, b, e)
		}
	}
	if _, _, err := (Period{2026, 53}).Bounds(Weekly); err != nil {
		t.Errorf("week 53 of 2026: %v", err)
	}
}
