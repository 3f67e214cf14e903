package loonaangifte

import (
	"errors"
	"strconv"

	"loket-etl/payroll"
)

// The tables below are in the order of the schema.

var collectiveFields = []field[payroll.Collective]{
	euros("TotLnLbPh", func(c *payroll.Collective) *payroll.Cents { return &c.TotLnLbPh }),
	euros("TotLnSV", func(c *payroll.Collective) *payroll.Cents { return &c.TotLnSV }),
	euros("TotPrlnAofAnwLg", func(c *payroll.Collective) *payroll.Cents { return &c.TotPrlnAofAnwLg }),
	euros("TotPrlnAofAnwHg", func(c *payroll.Collective) *payroll.Cents { return &c.TotPrlnAofAnwHg }),
	euros("TotPrlnAofAnwUit", func(c *payroll.Collective) *payroll.Cents { return &c.TotPrlnAofAnwUit }),
	euros("TotPrlnWhkAnw", func(c *payroll.Collective) *payroll.Cents { return &c.TotPrlnWhkAnw }),
	euros("TotPrlnAwfAnwLg", func(c *payroll.Collective) *payroll.Cents { return &c.TotPrlnAwfAnwLg }),
	euros("TotPrlnAwfAnwHg", func(c *payroll.Collective) *payroll.Cents { return &c.TotPrlnAwfAnwHg }),
	euros("TotPrlnAwfAnwHz", func(c *payroll.Collective) *payroll.Cents { return &c.TotPrlnAwfAnwHz }),
	euros("TotPrlnAwfAnwUit", func(c *payroll.Collective) *payroll.Cents { return &c.TotPrlnAwfAnwUit }),
	euros("PrLnUFO", func(c *payroll.Collective) *payroll.Cents { return &c.PrLnUFO }),
	euros("IngLbPh", func(c *payroll.Collective) *payroll.Cents { return &c.IngLbPh }),
	optEuros("EHPubUitk", func(c *payroll.Collective) *payroll.Cents { return &c.EHPubUitk }),
	optEuros("EHGebrAuto", func(c *payroll.Collective) *payroll.Cents { return &c.EHGebrAuto }),
	optEuros("EHVUT", func(c *payroll.Collective) *payroll.Cents { return &c.EHVUT }),
	optEuros("EhOvsFrfWrkkstrg", func(c *payroll.Collective) *payroll.Cents { return &c.EhOvsFrfWrkkstrg }),
	optEuros("AVZeev", func(c *payroll.Collective) *payroll.Cents { return &c.AVZeev }),
	optEuros("VrlAVSO", func(c *payroll.Collective) *payroll.Cents { return &c.VrlAVSO }),
	optEuros("TotPrAofLg", func(c *payroll.Collective) *payroll.Cents { return &c.TotPrAofLg }),
	optEuros("TotPrAofHg", func(c *payroll.Collective) *payroll.Cents { return &c.TotPrAofHg }),
	optEuros("TotPrAofUit", func(c *payroll.Collective) *payroll.Cents { return &c.TotPrAofUit }),
	optEuros("TotOpslWko", func(c *payroll.Collective) *payroll.Cents { return &c.TotOpslWko }),
	optEuros("TotPrGediffWhk", func(c *payroll.Collective) *payroll.Cents { return &c.TotPrGediffWhk }),
	optEuros("TotPrAwfLg", func(c *payroll.Collective) *payroll.Cents { return &c.TotPrAwfLg }),
	optEuros("TotPrAwfHg", func(c *payroll.Collective) *payroll.Cents { return &c.TotPrAwfHg }),
	optEuros("TotPrAwfHz", func(c *payroll.Collective) *payroll.Cents { return &c.TotPrAwfHz }),
	optEuros("TotPrAwfUit", func(c *payroll.Collective) *payroll.Cents { return &c.TotPrAwfUit }),
	optEuros("PrUFO", func(c *payroll.Collective) *payroll.Cents { return &c.PrUFO }),
	euros("IngBijdrZvw", func(c *payroll.Collective) *payroll.Cents { return &c.IngBijdrZvw }),
	euros("TotWghZvw", func(c *payroll.Collective) *payroll.Cents { return &c.TotWghZvw }),
	euros("TotTeBet", func(c *payroll.Collective) *payroll.Cents { return &c.TotTeBet }),
}

var amountFields = []field[payroll.TaxAmounts]{
	cents("LnLbPh", func(a *payroll.TaxAmounts) *payroll.Cents { return &a.LnLbPh }),
	cents("LnSV", func(a *payroll.TaxAmounts) *payroll.Cents { return &a.LnSV }),
	cents("PrlnAofAnwLg", func(a *payroll.TaxAmounts) *payroll.Cents { return &a.PrlnAofAnwLg }),
	cents("PrlnAofAnwHg", func(a *payroll.TaxAmounts) *payroll.Cents { return &a.PrlnAofAnwHg }),
	cents("PrlnAofAnwUit", func(a *payroll.TaxAmounts) *payroll.Cents { return &a.PrlnAofAnwUit }),
	cents("PrlnWhkAnw", func(a *payroll.TaxAmounts) *payroll.Cents { return &a.PrlnWhkAnw }),
	cents("PrlnAwfAnwLg", func(a *payroll.TaxAmounts) *payroll.Cents { return &a.PrlnAwfAnwLg }),
	cents("PrlnAwfAnwHg", func(a *payroll.TaxAmounts) *payroll.Cents { return &a.PrlnAwfAnwHg }),
	cents("PrlnAwfAnwHz", func(a *payroll.TaxAmounts) *payroll.Cents { return &a.PrlnAwfAnwHz }),
	cents("PrlnAwfAnwUit", func(a *payroll.TaxAmounts) *payroll.Cents { return &a.PrlnAwfAnwUit }),
	cents("PrLnUfo", func(a *payroll.TaxAmounts) *payroll.Cents { return &a.PrLnUfo }),
	cents("LnTabBB", func(a *payroll.TaxAmounts) *payroll.Cents { return &a.LnTabBB }),
	cents("VakBsl", func(a *payroll.TaxAmounts) *payroll.Cents { return &a.VakBsl }),
	cents("OpgRchtVakBsl", func(a *payroll.TaxAmounts) *payroll.Cents { return &a.OpgRchtVakBsl }),
	cents("OpnAvwb", func(a *payroll.TaxAmounts) *payroll.Cents { return &a.OpnAvwb }),
	cents("OpbAvwb", func(a *payroll.TaxAmounts) *payroll.Cents { return &a.OpbAvwb }),
	cents("LnInGld", func(a *payroll.TaxAmounts) *payroll.Cents { return &a.LnInGld }),
	cents("WrdLn", func(a *payroll.TaxAmounts) *payroll.Cents { return &a.WrdLn }),
	cents("LnOwrk", func(a *payroll.TaxAmounts) *payroll.Cents { return &a.LnOwrk }),
	cents("VerstrAanv", func(a *payroll.TaxAmounts) *payroll.Cents { return &a.VerstrAanv }),
	cents("IngLbPh", func(a *payroll.TaxAmounts) *payroll.Cents { return &a.IngLbPh }),
	cents("PrAofLg", func(a *payroll.TaxAmounts) *payroll.Cents { return &a.PrAofLg }),
	cents("PrAofHg", func(a *payroll.TaxAmounts) *payroll.Cents { return &a.PrAofHg }),
	cents("PrAofUit", func(a *payroll.TaxAmounts) *payroll.Cents { return &a.PrAofUit }),
	cents("OpslWko", func(a *payroll.TaxAmounts) *payroll.Cents { return &a.OpslWko }),
	cents("PrGediffWhk", func(a *payroll.TaxAmounts) *payroll.Cents { return &a.PrGediffWhk }),
	cents("PrAwfLg", func(a *payroll.TaxAmounts) *payroll.Cents { return &a.PrAwfLg }),
	cents("PrAwfHg", func(a *payroll.TaxAmounts) *payroll.Cents { return &a.PrAwfHg }),
	cents("PrAwfHz", func(a *payroll.TaxAmounts) *payroll.Cents { return &a.PrAwfHz }),
	cents("PrAwfUit", func(a *payroll.TaxAmounts) *payroll.Cents { return &a.PrAwfUit }),
	cents("PrUFO", func(a *payroll.TaxAmounts) *payroll.Cents { return &a.PrUFO }),
	cents("BijdrZvw", func(a *payroll.TaxAmounts) *payroll.Cents { return &a.BijdrZvw }),
	cents("WghZvw", func(a *payroll.TaxAmounts) *payroll.Cents { return &a.WghZvw }),
	cents("WrdPrGebrAut", func(a *payroll.TaxAmounts) *payroll.Cents { return &a.WrdPrGebrAut }),
	cents("WrknBijdrAut", func(a *payroll.TaxAmounts) *payroll.Cents { return &a.WrknBijdrAut }),
	cents("Reisk", func(a *payroll.TaxAmounts) *payroll.Cents { return &a.Reisk }),
	cents("VerrArbKrt", func(a *payroll.TaxAmounts) *payroll.Cents { return &a.VerrArbKrt }),
	{name: "AantVerlU", get: func(a *payroll.TaxAmounts) string { return strconv.Itoa(a.AantVerlU) }, set: func(a *payroll.TaxAmounts, s string) (err error) {
		if err := matches(wholeHours, s, "a whole number of at most five digits"); err != nil {
			return err
		}
		a.AantVerlU, err = strconv.Atoi(s)
		return err
	}},
	someCents("Ctrctln", func(a *payroll.TaxAmounts) **payroll.Cents { return &a.Ctrctln }),
	{name: "AantCtrcturenPWk", optional: true, get: func(a *payroll.TaxAmounts) string {
		if a.AantCtrcturenPWk == nil {
			return ""
		}
		return a.AantCtrcturenPWk.String()
	}, set: func(a *payroll.TaxAmounts, s string) error {
		h, err := payroll.ParseHours(s)
		if err != nil || !hours.MatchString(s) {
			return errors.New("is not a number of hours")
		}
		a.AantCtrcturenPWk = &h
		return nil
	}},
	cents("BedrRntKstvPersl", func(a *payroll.TaxAmounts) *payroll.Cents { return &a.BedrRntKstvPersl }),
	someCents("BedrAlInWWB", func(a *payroll.TaxAmounts) **payroll.Cents { return &a.BedrAlInWWB }),
	someCents("BedrRchtAl", func(a *payroll.TaxAmounts) **payroll.Cents { return &a.BedrRchtAl }),
}

// summed pairs a collective amount with the amount of a person that it sums.
type summed struct {
	name string
	all  func(*payroll.Collective) payroll.Cents
	one  func(*payroll.TaxAmounts) payroll.Cents
}

var sums = []summed{
	{"TotLnLbPh", func(c *payroll.Collective) payroll.Cents { return c.TotLnLbPh }, func(a *payroll.TaxAmounts) payroll.Cents { return a.LnLbPh }},
	{"TotLnSV", func(c *payroll.Collective) payroll.Cents { return c.TotLnSV }, func(a *payroll.TaxAmounts) payroll.Cents { return a.LnSV }},
	{"TotPrlnAofAnwLg", func(c *payroll.Collective) payroll.Cents { return c.TotPrlnAofAnwLg }, func(a *payroll.TaxAmounts) payroll.Cents { return a.PrlnAofAnwLg }},
	{"TotPrlnAofAnwHg", func(c *payroll.Collective) payroll.Cents { return c.TotPrlnAofAnwHg }, func(a *payroll.TaxAmounts) payroll.Cents { return a.PrlnAofAnwHg }},
	{"TotPrlnAofAnwUit", func(c *payroll.Collective) payroll.Cents { return c.TotPrlnAofAnwUit }, func(a *payroll.TaxAmounts) payroll.Cents { return a.PrlnAofAnwUit }},
	{"TotPrlnWhkAnw", func(c *payroll.Collective) payroll.Cents { return c.TotPrlnWhkAnw }, func(a *payroll.TaxAmounts) payroll.Cents { return a.PrlnWhkAnw }},
	{"TotPrlnAwfAnwLg", func(c *payroll.Collective) payroll.Cents { return c.TotPrlnAwfAnwLg }, func(a *payroll.TaxAmounts) payroll.Cents { return a.PrlnAwfAnwLg }},
	{"TotPrlnAwfAnwHg", func(c *payroll.Collective) payroll.Cents { return c.TotPrlnAwfAnwHg }, func(a *payroll.TaxAmounts) payroll.Cents { return a.PrlnAwfAnwHg }},
	{"TotPrlnAwfAnwHz", func(c *payroll.Collective) payroll.Cents { return c.TotPrlnAwfAnwHz }, func(a *payroll.TaxAmounts) payroll.Cents { return a.PrlnAwfAnwHz }},
	{"TotPrlnAwfAnwUit", func(c *payroll.Collective) payroll.Cents { return c.TotPrlnAwfAnwUit }, func(a *payroll.TaxAmounts) payroll.Cents { return a.PrlnAwfAnwUit }},
	{"PrLnUFO", func(c *payroll.Collective) payroll.Cents { return c.PrLnUFO }, func(a *payroll.TaxAmounts) payroll.Cents { return a.PrLnUfo }},
	{"IngLbPh", func(c *payroll.Collective) payroll.Cents { return c.IngLbPh }, func(a *payroll.TaxAmounts) payroll.Cents { return a.IngLbPh }},
	{"TotPrAofLg", func(c *payroll.Collective) payroll.Cents { return c.TotPrAofLg }, func(a *payroll.TaxAmounts) payroll.Cents { return a.PrAofLg }},
	{"TotPrAofHg", func(c *payroll.Collective) payroll.Cents { return c.TotPrAofHg }, func(a *payroll.TaxAmounts) payroll.Cents { return a.PrAofHg }},
	{"TotPrAofUit", func(c *payroll.Collective) payroll.Cents { return c.TotPrAofUit }, func(a *payroll.TaxAmounts) payroll.Cents { return a.PrAofUit }},
	{"TotOpslWko", func(c *payroll.Collective) payroll.Cents { return c.TotOpslWko }, func(a *payroll.TaxAmounts) payroll.Cents { return a.OpslWko }},
	{"TotPrGediffWhk", func(c *payroll.Collective) payroll.Cents { return c.TotPrGediffWhk }, func(a *payroll.TaxAmounts) payroll.Cents { return a.PrGediffWhk }},
	{"TotPrAwfLg", func(c *payroll.Collective) payroll.Cents { return c.TotPrAwfLg }, func(a *payroll.TaxAmounts) payroll.Cents { return a.PrAwfLg }},
	{"TotPrAwfHg", func(c *payroll.Collective) payroll.Cents { return c.TotPrAwfHg }, func(a *payroll.TaxAmounts) payroll.Cents { return a.PrAwfHg }},
	{"TotPrAwfHz", func(c *payroll.Collective) payroll.Cents { return c.TotPrAwfHz }, func(a *payroll.TaxAmounts) payroll.Cents { return a.PrAwfHz }},
	{"TotPrAwfUit", func(c *payroll.Collective) payroll.Cents { return c.TotPrAwfUit }, func(a *payroll.TaxAmounts) payroll.Cents { return a.PrAwfUit }},
	{"PrUFO", func(c *payroll.Collective) payroll.Cents { return c.PrUFO }, func(a *payroll.TaxAmounts) payroll.Cents { return a.PrUFO }},
	{"IngBijdrZvw", func(c *payroll.Collective) payroll.Cents { return c.IngBijdrZvw }, func(a *payroll.TaxAmounts) payroll.Cents { return a.BijdrZvw }},
	{"TotWghZvw", func(c *payroll.Collective) payroll.Cents { return c.TotWghZvw }, func(a *payroll.TaxAmounts) payroll.Cents { return a.WghZvw }},
}
