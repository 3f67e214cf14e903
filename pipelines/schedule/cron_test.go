package schedule

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func at(s string) time.Time {
	return must(time.ParseInLocation("2006-01-02 15:04", s, Amsterdam))
}

// run is every tick of a stretch of time, as Amsterdam writes it.
func run(c Cron, from, until time.Time) (ticks []time.Time) {
	for t := c.Next(from); !t.IsZero() && t.Before(until); t = c.Next(t) {
		ticks = append(ticks, t)
	}
	return ticks
}

func written(ticks []time.Time) (s []string) {
	for _, t := range ticks {
		s = append(s, t.Format("Mon 02-01-2006 15:04 MST"))
	}
	return s
}

func TestWhatPeopleWrite(t *testing.T) {
	for expr, want := range map[string]string{
		"30 7 * * MON-FRI":     "Mon 02-03-2026 07:30 CET",
		" 30  7 * *  mon-fri ": "Mon 02-03-2026 07:30 CET",
		"30 7 * * FRI-SUN":     "Sun 01-03-2026 07:30 CET",
		"0 6 25W * *":          "Wed 25-03-2026 06:00 CET",
		"0 6 28W * *":          "Fri 27-03-2026 06:00 CET",
		"0 6 1W 8 *":           "Mon 03-08-2026 06:00 CEST", // Saturday 1 August; not in July
		"0 18 L * *":           "Tue 31-03-2026 18:00 CEST",
		"0 18 L FEB *":         "Sun 28-02-2027 18:00 CET",
		"0 9 * * 5L":           "Fri 27-03-2026 09:00 CET",
		"0 9 * * FRIL":         "Fri 27-03-2026 09:00 CET",
		"0 9 * * MON#1":        "Mon 02-03-2026 09:00 CET",
		"0 9 * * 7#5":          "Sun 29-03-2026 09:00 CEST",
		"0 9 15 * MON":         "Mon 02-03-2026 09:00 CET", // either day
		"0 9 */2 * MON":        "Mon 09-03-2026 09:00 CET", // both
		"0 9 ? * TUE":          "Tue 03-03-2026 09:00 CET",
		"0 9 13 * ?":           "Fri 13-03-2026 09:00 CET",
		"0 0 29 2 *":           "Tue 29-02-2028 00:00 CET",
		"0 0 29 2 */7":         "Sun 29-02-2032 00:00 CET",
		"*/15 8-17/3 1,15 * *": "Sun 01-03-2026 08:00 CET",
	} {
		c, err := ParseCron(expr)
		if err != nil {
			t.Error(err)
			continue
		}
		if got := written([]time.Time{c.Next(at("2026-03-01 00:00"))})[0]; got != want {
			t.Errorf("%s: %s, want %s", expr, got, want)
		}
	}
	if c := must(ParseCron(" 30  7 * *  mon-fri ")); c.String() != "30 7 * * mon-fri" {
		t.Errorf("written as %q", c)
	}
	if n := (Cron{}).Next(at("2026-03-01 00:00")); !n.IsZero() {
		t.Errorf("the zero Cron ticks at %s", n)
	}
}

func TestAWrongExpressionIsToldWhichField(t *testing.T) {
	const list = ", a list (1,3), a range (1-5), a step (*/2) or *"
	for expr, want := range map[string]string{
		"":                "has 0 fields: want five",
		"0 0 7 * * *":     "has 6 fields: want five",
		"@daily":          "has 1 fields: want five",
		"60 7 * * *":      `minute: "60" does not belong there: want 0 to 59` + list,
		"0 24 * * *":      `hour: "24" does not belong there: want 0 to 23` + list,
		"0 7 0 * *":       `day of the month: "0" does not belong there: want 1 to 31, L (the last day) or 15W`,
		"0 7 32W * *":     `day of the month: "32W" does not`,
		"0 7 L-3 * *":     `day of the month: "L-3" does not`,
		"0 7 LW * *":      `day of the month: "LW" does not`,
		"0 7 * OKT *":     `month: "OKT" does not belong there: want 1 to 12 or JAN to DEC`,
		"0 7 * 13 *":      `month: "13"`,
		"0 7 * * MAA":     `day of the week: "MAA" does not belong there: want 0 to 7 (0 and 7 are Sunday), SUN to SAT, 5L`,
		"0 7 * * 8":       `day of the week: "8"`,
		"0 7 * * L":       `day of the week: "L"`,
		"0 7 * * MON#6":   `day of the week: "MON#6"`,
		"0 7 * * MON#":    `day of the week: "MON#"`,
		"0 MON * * *":     `hour: "MON"`,
		"0 ? * * *":       `hour: "?"`,
		"0 7,, * * *":     `hour: "" does`,
		"0 22-2 * * *":    `hour: "22-2" is no range: the first must not be more than the last`,
		"*/0 * * * *":     `minute: "*/0" has no step of 1 to 59`,
		"*/90 * * * *":    `minute: "*/90" has no step of 1 to 59`,
		"1-2-3 * * * *":   `minute: "1-2-3"`,
		"+5 * * * *":      `minute: "+5"`,
		"-5 * * * *":      `minute: "-5"`,
		"005 * * * *":     `minute: "005"`,
		"0 0 30 2 *":      "never comes: no month has such a day",
		"0 0 31 4,6,9 *":  "never comes",
		"0 0 31W 11 *":    "never comes",
		"0 0 */30 2 */50": `day of the week: "*/50"`,
	} {
		_, err := ParseCron(expr)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), `cron "`+expr+`"`) {
			t.Errorf("%q: %v, want %s", expr, err, want)
		}
	}
}

// The rarest expressions are found from any year.
func TestALeapDayIsFoundFromEveryYear(t *testing.T) {
	for _, expr := range []string{"59 23 29 2 *", "0 0 29 2 */7", "59 23 29 2 */6", "0 0 */28 2 */7", "0 0 29 2 0#5"} {
		c, o := must(ParseCron(expr)), oracleOf(expr)
		for year := 1990; year < 2110; year++ {
			next := c.Next(time.Date(year, 3, 1, 0, 0, 0, 0, Amsterdam))
			if next.IsZero() || next.Year() > year+41 || !o.matches(civil(next)) {
				t.Errorf("%s after March %d: %s", expr, year, next)
			}
		}
	}
}

// The nights of the clock changes, and the same hours in the night after.
func TestTheNightsOfTheClockChanges(t *testing.T) {
	for _, tt := range []struct {
		expr, from, until string
		want              []string
	}{
		{"30 2 * * *", "2026-03-28 12:00", "2026-03-30 12:00", []string{"Sun 29-03-2026 03:00 CEST", "Mon 30-03-2026 02:30 CEST"}},
		{"30 2 * * *", "2027-03-27 12:00", "2027-03-29 12:00", []string{"Sun 28-03-2027 03:00 CEST", "Mon 29-03-2027 02:30 CEST"}},
		{"0 3 * * *", "2026-03-28 12:00", "2026-03-30 02:00", []string{"Sun 29-03-2026 03:00 CEST"}},
		{"0,30 2,3 * * SUN", "2026-03-28 12:00", "2026-03-30 12:00", []string{"Sun 29-03-2026 03:00 CEST", "Sun 29-03-2026 03:30 CEST"}},
		{"*/20 1-3 * * *", "2026-03-29 00:00", "2026-03-29 12:00", []string{
			"Sun 29-03-2026 01:00 CET", "Sun 29-03-2026 01:20 CET", "Sun 29-03-2026 01:40 CET",
			"Sun 29-03-2026 03:00 CEST", "Sun 29-03-2026 03:20 CEST", "Sun 29-03-2026 03:40 CEST"}},
		{"30 2 * * *", "2026-10-24 12:00", "2026-10-26 12:00", []string{"Sun 25-10-2026 02:30 CEST", "Mon 26-10-2026 02:30 CET"}},
		{"30 2 * * *", "2027-10-30 12:00", "2027-11-01 12:00", []string{"Sun 31-10-2027 02:30 CEST", "Mon 01-11-2027 02:30 CET"}},
		{"0 3 * * *", "2026-10-24 12:00", "2026-10-25 12:00", []string{"Sun 25-10-2026 03:00 CET"}},
		{"0 * * * *", "2026-10-25 00:30", "2026-10-25 04:30", []string{
			"Sun 25-10-2026 01:00 CEST", "Sun 25-10-2026 02:00 CEST", "Sun 25-10-2026 03:00 CET", "Sun 25-10-2026 04:00 CET"}},
		{"*/30 2 * * *", "2026-10-25 00:00", "2026-10-26 00:00", []string{"Sun 25-10-2026 02:00 CEST", "Sun 25-10-2026 02:30 CEST"}},
	} {
		got := written(run(must(ParseCron(tt.expr)), at(tt.from), at(tt.until)))
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: %s", tt.expr, diff)
		}
	}
	// Asked in the second of the two hours, what came in the first does not come again.
	second := time.Date(2026, 10, 25, 1, 10, 0, 0, time.UTC) // 02:10 for the second time
	if got := must(ParseCron("*/30 2-3 * * *")).Next(second); !got.Equal(at("2026-10-25 03:00")) {
		t.Errorf("in the second hour: %s", got)
	}
}

// Whole years: a daily tick comes once on every date, an hourly one at every
// hour that the clock shows, once.
func TestWholeYears(t *testing.T) {
	for year, days := range map[int]int{2026: 365, 2027: 365, 2028: 366} {
		from := time.Date(year-1, 12, 31, 23, 59, 59, 0, Amsterdam)
		until := time.Date(year+1, 1, 1, 0, 0, 0, 0, Amsterdam)
		for _, expr := range []string{"0 2 * * *", "30 2 * * *", "59 2 * * *", "30 7 * * *", "0 0 * * *"} {
			seen := map[string]int{}
			for _, tick := range run(must(ParseCron(expr)), from, until) {
				seen[tick.Format(time.DateOnly)]++
			}
			for day, n := range seen {
				if n != 1 {
					t.Errorf("%s: %d times on %s", expr, n, day)
				}
			}
			if len(seen) != days {
				t.Errorf("%s: on %d days of %d", expr, len(seen), year)
			}
		}
		if n := len(run(must(ParseCron("0 * * * *")), from, until)); n != 24*days-1 {
			t.Errorf("hourly: %d ticks in %d", n, year)
		}
	}
	from, until := at("2026-12-31 23:59").AddDate(-1, 0, 0), at("2027-01-01 00:00")
	if n := len(run(must(ParseCron("*/20 * * * *")), from, until)); n != 3*(24*365-1) {
		t.Errorf("every twenty minutes: %d ticks in 2026", n)
	}
}
