package pipelines

import (
	"slices"
	"testing"
	"time"

	"loket-etl/payroll"
)

// On every day of seven years what is approved for the month, the four weeks and the
// week of that day and of any in the month after it is looked for.
func TestEveryPeriodIsLookedForOnEveryDay(t *testing.T) {
	from := payroll.Period{Year: 2024, Number: 5}
	for day := time.Date(2025, 1, 1, 12, 0, 0, 0, amsterdam); day.Year() < 2032; day = day.AddDate(0, 0, 1) {
		some := periods(Exporting{From: from}, day)
		all := periods(Exporting{From: from, LastNumber: 53}, day)
		if want := max(day.Year()-1, 2024); some[0].Year != want {
			t.Fatalf("%s: the first is %s", day.Format(time.DateOnly), some[0])
		}
		for k := range 32 {
			d := day.AddDate(0, 0, k)
			year, week := d.ISOWeek()
			for kind, due := range map[string]struct {
				in     []payroll.Period
				period payroll.Period
			}{
				"month":      {some, payroll.Period{Year: d.Year(), Number: int(d.Month())}},
				"four weeks": {some, payroll.Period{Year: year, Number: min((week+3)/4, 13)}},
				"week":       {all, payroll.Period{Year: year, Number: week}},
			} {
				if !slices.Contains(due.in, due.period) {
					t.Fatalf("%s: the %s of %s, %s, is not looked for", day.Format(time.DateOnly), kind, d.Format(time.DateOnly), due.period)
				}
			}
		}
	}
	if got := periods(Exporting{From: payroll.Period{Year: 2027, Number: 1}}, time.Date(2026, 10, 5, 12, 0, 0, 0, amsterdam)); len(got) != 0 {
		t.Errorf("long before the first: %v", got)
	}
}
