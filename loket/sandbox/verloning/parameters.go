package verloning

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"strings"
	"sync"

	"loket-etl/payroll"
)

//go:embed parameters.csv
var parametersCSV string

// rate is a percentage in thousandths of a per cent.
type rate int64

// of is the rate of an amount, half a cent away from zero.
func (r rate) of(c payroll.Cents) payroll.Cents {
	return payroll.Cents(divide(int64(c)*int64(r), 100_000))
}

// parameters are the figures of one year.
type parameters struct {
	bracket1, bracket2        payroll.Cents // upper ends, per year
	rate1, rate2, rate3       rate
	generalMax, generalFrom   payroll.Cents
	generalTaper              rate
	labour                    [3]creditStep
	labourFrom                payroll.Cents
	labourTaper               rate
	zvwEmployer, zvwWithheld  rate
	maxMonth, maxFourWeeks    payroll.Cents
	awfLow, awfHigh           rate
	aofLow, aofHigh, wko, whk rate
}

// creditStep is a stretch of the labour credit: it starts at from, grows by rate
// and does not exceed max.
type creditStep struct {
	from, max payroll.Cents
	rate      rate
}

var load2026 = sync.OnceValues(func() (*parameters, error) { return readParameters(parametersCSV, "2026") })

func readParameters(text, year string) (*parameters, error) {
	r := csv.NewReader(strings.NewReader(text))
	r.Comma = ';'
	rows, err := r.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("read payroll parameters: %w", err)
	}
	values := map[string]string{}
	for _, row := range rows {
		if row[0] == year {
			values[row[1]+" "+row[2]] = row[3]
		}
	}
	var bad []string
	money := func(name string) payroll.Cents {
		v, err := payroll.ParseCents(values[name])
		if err != nil {
			bad = append(bad, name)
		}
		return v
	}
	percent := func(name string) rate {
		v, err := parseRate(values[name])
		if err != nil {
			bad = append(bad, name)
		}
		return v
	}
	p := &parameters{
		bracket1: money("loonheffing_schijf1_tot below_aow"), bracket2: money("loonheffing_schijf2_tot all"),
		rate1: percent("loonheffing_schijf1_pct below_aow"), rate2: percent("loonheffing_schijf2_pct all"),
		rate3:      percent("loonheffing_schijf3_pct all"),
		generalMax: money("ahk_max below_aow"), generalFrom: money("ahk_afbouw_vanaf below_aow"),
		generalTaper: percent("ahk_afbouw_pct below_aow"),
		labour: [3]creditStep{
			{0, money("ark_max1 below_aow"), percent("ark_opbouw1_pct below_aow")},
			{money("ark_grens1 all"), money("ark_max2 below_aow"), percent("ark_opbouw2_pct below_aow")},
			{money("ark_grens2 all"), money("ark_max3 below_aow"), percent("ark_opbouw3_pct below_aow")},
		},
		labourFrom: money("ark_grens3 all"), labourTaper: percent("ark_afbouw_pct below_aow"),
		zvwEmployer: percent("zvw_werkgeversheffing_pct all"), zvwWithheld: percent("zvw_inhouding_pct all"),
		maxMonth: money("max_premieloon month"), maxFourWeeks: money("max_premieloon four_weeks"),
		awfLow: percent("awf_laag_pct all"), awfHigh: percent("awf_hoog_pct all"),
		aofLow: percent("aof_laag_pct all"), aofHigh: percent("aof_hoog_pct all"),
		wko: percent("wko_opslag_pct all"), whk: percent("whk_gemiddeld_pct all"),
	}
	if len(bad) > 0 {
		return nil, fmt.Errorf("payroll parameters of %s lack or misspell %s", year, strings.Join(bad, ", "))
	}
	return p, nil
}

// parseRate reads a percentage with at most three decimals.
func parseRate(s string) (rate, error) {
	whole, frac, _ := strings.Cut(s, ".")
	if whole == "" || len(whole) > 3 || len(frac) > 3 {
		return 0, fmt.Errorf("%q is not a percentage", s)
	}
	v := rate(0)
	for _, c := range whole + (frac + "000")[:3] {
		if c < '0' || c > '9' {
			return 0, fmt.Errorf("%q is not a percentage", s)
		}
		v = v*10 + rate(c-'0')
	}
	return v, nil
}

// divide is a / b, halves away from zero.
func divide(a, b int64) int64 {
	if a < 0 {
		return -divide(-a, b)
	}
	return (a + b/2) / b
}
