package schedule

import (
	"encoding/csv"
	"fmt"
	"maps"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"loket-etl/payroll"
)

func day(s string) payroll.Date { return must(payroll.ParseDate(s)) }

// Easter of these years, from the almanac.
var easters = []string{"2024-03-31", "2025-04-20", "2026-04-05", "2027-03-28", "2028-04-16", "2029-04-01", "2030-04-21"}

// Every day of seven years against the list of TARGET and the Dutch days.
func TestEveryDayOfSevenYears(t *testing.T) {
	for _, s := range easters {
		easter := day(s)
		y := easter.Year()
		closed := map[payroll.Date]bool{easter.AddDays(-2): true, easter.AddDays(1): true}
		names := map[payroll.Date]string{
			easter: "Eerste Paasdag", easter.AddDays(1): "Tweede Paasdag", easter.AddDays(39): "Hemelvaartsdag",
			easter.AddDays(49): "Eerste Pinksterdag", easter.AddDays(50): "Tweede Pinksterdag",
		}
		for _, md := range []string{"01-01", "05-01", "12-25", "12-26"} {
			closed[day(fmt.Sprintf("%d-%s", y, md))] = true
		}
		maps.Copy(names, map[payroll.Date]string{
			day(fmt.Sprintf("%d-01-01", y)): "Nieuwjaarsdag", day(fmt.Sprintf("%d-12-25", y)): "Eerste Kerstdag", day(fmt.Sprintf("%d-12-26", y)): "Tweede Kerstdag",
		})
		king := map[int]string{2025: "04-26"}[y] // the 27th is a Sunday
		if king == "" {
			king = "04-27"
		}
		names[day(fmt.Sprintf("%d-%s", y, king))] = "Koningsdag"
		if y == 2025 || y == 2030 {
			names[day(fmt.Sprintf("%d-05-05", y))] = "Bevrijdingsdag"
		}
		for d := day(fmt.Sprintf("%d-01-01", y)); d.Year() == y; d = d.AddDays(1) {
			w := d.Time().Weekday()
			if want := w != time.Saturday && w != time.Sunday && !closed[d]; BankDay(d) != want {
				t.Errorf("%s: bank day is %v", d, !want)
			}
			if got, ok := DutchHoliday(d); got != names[d] || ok != (names[d] != "") {
				t.Errorf("%s is %q, want %q", d, got, names[d])
			}
		}
	}
}

func TestBankDaysAreCounted(t *testing.T) {
	for _, tt := range []struct {
		from string
		n    int
		want string
	}{
		{"2026-04-27", 0, "2026-04-27"},  // Koningsdag: payments go on
		{"2026-04-07", 1, "2026-04-02"},  // over Pasen and Goede Vrijdag
		{"2026-04-05", 0, "2026-04-02"},  // Easter Sunday: Thursday is day 0
		{"2026-04-05", 2, "2026-03-31"},  //
		{"2026-04-05", -1, "2026-04-07"}, // forward from Thursday
		{"2026-05-04", 1, "2026-04-30"},  // over 1 May and a weekend
		{"2026-12-28", 1, "2026-12-24"},
		{"2027-01-04", 2, "2026-12-30"},
		{"2026-01-25", 10, "2026-01-09"},
	} {
		if got := BankDaysBefore(day(tt.from), tt.n); got != day(tt.want) {
			t.Errorf("%d before %s: %s, want %s", tt.n, tt.from, got, tt.want)
		}
		if got := BankDaysAfter(day(tt.from), -tt.n); got != day(tt.want) {
			t.Errorf("%d after %s: %s, want %s", -tt.n, tt.from, got, tt.want)
		}
	}
	if got := BankDaysAfter(day("2026-04-02"), 1); got != day("2026-04-07") {
		t.Errorf("after Maundy Thursday: %s", got)
	}
	// There and back again, from every day of two years.
	for d := day("2026-01-01"); d.Year() < 2028; d = d.AddDays(1) {
		zero := BankDaysAfter(d, 0)
		if got := BankDaysBefore(BankDaysAfter(d, 7), 7); got != zero || zero > d || !BankDay(zero) {
			t.Errorf("%s: %s, %s", d, zero, got)
		}
	}
}

// Wages two bank days before the end of each four-week period, at half past seven.
func TestThirteenPeriodsOfFourWeeks(t *testing.T) {
	f, err := os.Open("../../payroll/testdata/periods-2026.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comma = ';'
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, row := range rows[1:] {
		if row[0] == "four_weeks" {
			got = append(got, At(BankDaysBefore(day(row[3]), 2), Clock{7, 30}).UTC().Format("Mon 2006-01-02 15:04"))
		}
	}
	want := []string{
		"Wed 2026-01-21 06:30", "Wed 2026-02-18 06:30", "Wed 2026-03-18 06:30", "Wed 2026-04-15 05:30", "Wed 2026-05-13 05:30",
		"Wed 2026-06-10 05:30", "Wed 2026-07-08 05:30", "Wed 2026-08-05 05:30", "Wed 2026-09-02 05:30", "Wed 2026-09-30 05:30",
		"Wed 2026-10-28 06:30", "Wed 2026-11-25 06:30", "Tue 2026-12-29 06:30",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestAClockOnTheWall(t *testing.T) {
	for s, want := range map[string]string{"2026-03-29 02:30": "01:00", "2026-10-25 02:30": "00:30", "2026-10-25 03:00": "02:00", "2026-07-01 00:00": "22:00"} {
		c, err := ParseClock(s[11:])
		if err != nil {
			t.Fatal(err)
		}
		if got := At(day(s[:10]), c).UTC().Format("15:04"); got != want || c.String() != s[11:] {
			t.Errorf("%s (%s) is %s UTC, want %s", s, c, got, want)
		}
	}
	for _, s := range []string{"", "7:30", "24:00", "07:60", "07:30:00", "half acht", "7:305"} {
		if c, err := ParseClock(s); err == nil {
			t.Errorf("%q is %s", s, c)
		}
	}
}
