package payroll

import (
	"iter"
	"time"
)

// TaxReturn is one message of wage tax: a return, corrections of earlier periods,
// or both. Fields that exist only in the tax authority's message carry its
// abbreviations as names, so that they can be looked up there.
type TaxReturn struct {
	MessageID string    // IdBer, at most 32 characters
	Created   time.Time // civil time of the maker, without zone
	Contact   string
	Phone     string
	RelNr     string // eight characters, given out by the tax authority to software makers
	Software  string

	TaxNumber   string // LhNr: nine digits, L, two digits
	Name        string // of the inhoudingsplichtige
	Period      *TaxPeriod
	Corrections []TaxPeriod // at most 13, of earlier periods
}

// TaxPeriod is the return, or a correction, of one period.
type TaxPeriod struct {
	Begin, End  Date
	Additional  bool // aanvullend: changes to a complete return that was sent before
	Collective  Collective
	Balances    []CorrectionBalance // only in a return, not in a correction
	Total       Cents               // TotGen: TotTeBet and the balances; only in a return
	Withdrawals []Withdrawal        // only when Additional, or in a correction

	// People may be ranged again, one range at a time. An error ends it, and then
	// nothing of the document may be used.
	People iter.Seq2[TaxPerson, error]
}

// CorrectionBalance is what the correction of an earlier period adds to this one.
type CorrectionBalance struct {
	Begin, End Date
	Amount     Cents // whole euros
}

// Withdrawal takes back an income relation that was reported before.
type Withdrawal struct {
	NumIV  int
	BSN    BSN
	PersNr string
}

// Collective are the totals of the employer, all in whole euros.
type Collective struct {
	TotLnLbPh, TotLnSV                                                           Cents
	TotPrlnAofAnwLg, TotPrlnAofAnwHg, TotPrlnAofAnwUit, TotPrlnWhkAnw            Cents
	TotPrlnAwfAnwLg, TotPrlnAwfAnwHg, TotPrlnAwfAnwHz, TotPrlnAwfAnwUit, PrLnUFO Cents
	IngLbPh                                                                      Cents
	EHPubUitk, EHGebrAuto, EHVUT, EhOvsFrfWrkkstrg, AVZeev, VrlAVSO              Cents
	TotPrAofLg, TotPrAofHg, TotPrAofUit, TotOpslWko, TotPrGediffWhk              Cents
	TotPrAwfLg, TotPrAwfHg, TotPrAwfHz, TotPrAwfUit, PrUFO                       Cents
	IngBijdrZvw, TotWghZvw                                                       Cents
	TotTeBet                                                                     Cents
}

// Due is what the parts of the collective return add up to, which TotTeBet must
// equal: tax, final levies and premiums, less the two remittances.
func (c Collective) Due() Cents {
	return c.IngLbPh + c.EHPubUitk + c.EHGebrAuto + c.EHVUT + c.EhOvsFrfWrkkstrg - c.AVZeev - c.VrlAVSO +
		c.TotPrAofLg + c.TotPrAofHg + c.TotPrAofUit + c.TotOpslWko + c.TotPrGediffWhk +
		c.TotPrAwfLg + c.TotPrAwfHg + c.TotPrAwfHz + c.TotPrAwfUit + c.PrUFO + c.IngBijdrZvw + c.TotWghZvw
}

// TaxPerson is one income relation: a person in the service of the employer.
type TaxPerson struct {
	NumIV      int
	Begin, End Date   // of the income relation; End zero: it goes on
	EndReason  string // CdRdnEindArbov
	PersNr     string

	BSN         BSN
	Initials    string
	Prefix      string
	LastName    string
	BirthDate   Date
	Nationality string // code, up to four digits
	Gender      string // 0, 1, 2 or 9
	Address     *TaxAddress

	Stretches []IncomeStretch // Inkomstenperiode, 1 to 99
	Amounts   TaxAmounts
	Sectors   []Sector
}

// TaxAddress is where the person lives; Country is empty for the Netherlands.
type TaxAddress struct {
	Street, Number, Addition, Location, Postcode, City, Region, Country string
}

// Sector is the sector of the employee insurances over a stretch of time.
type Sector struct {
	Begin, End Date
	Code       string
}

// IncomeStretch is the Inkomstenperiode: the properties of the relation from a
// date. Indications are "J", "N" or empty where the message may leave them out.
type IncomeStretch struct {
	Begin                                                    Date
	SrtIV, CdAard, CdInvlVpl, FsIndFZ, CAO, CdCaoInl         string
	IndArbovOnbepTd, IndSchriftArbov, IndOprov, IndJrurennrm string
	IndPubAanOnbepTd, IndAvrLkvOudrWn, IndAvrLkvAgWn         string
	IndAvrLkvDgBaf, IndAvrLkvHpAgWn, IndLhKort, CdRdnGnBijt  string
	LbTab, IndWAO, IndWW, IndZW, IndWgldOudRegl, CdZvw       string
	IndDeelnTijdspf, IndSA71, IndSA72, IndSA03, CdIncInkVerm string
}

// TaxAmounts are the Werknemersgegevens: the amounts of one person in cents.
type TaxAmounts struct {
	LnLbPh, LnSV                                                     Cents
	PrlnAofAnwLg, PrlnAofAnwHg, PrlnAofAnwUit, PrlnWhkAnw            Cents
	PrlnAwfAnwLg, PrlnAwfAnwHg, PrlnAwfAnwHz, PrlnAwfAnwUit, PrLnUfo Cents
	LnTabBB, VakBsl, OpgRchtVakBsl, OpnAvwb, OpbAvwb                 Cents
	LnInGld, WrdLn, LnOwrk, VerstrAanv, IngLbPh                      Cents
	PrAofLg, PrAofHg, PrAofUit, OpslWko, PrGediffWhk                 Cents
	PrAwfLg, PrAwfHg, PrAwfHz, PrAwfUit, PrUFO                       Cents
	BijdrZvw, WghZvw, WrdPrGebrAut, WrknBijdrAut, Reisk, VerrArbKrt  Cents
	AantVerlU                                                        int    // whole hours
	Ctrctln                                                          *Cents // nil: not given
	AantCtrcturenPWk                                                 *Hours // nil: not given
	BedrRntKstvPersl                                                 Cents
	BedrAlInWWB, BedrRchtAl                                          *Cents // nil: not given
}

// Totals counts the people of the return and its corrections and takes the
// amount to pay: Total of the return, or TotTeBet of the corrections when there
// is no return.
func (t TaxReturn) Totals() (Totals, error) {
	sum := Totals{}
	periods := t.Corrections
	if t.Period != nil {
		sum.Amount = t.Period.Total
		periods = append([]TaxPeriod{*t.Period}, periods...)
	}
	for _, p := range periods {
		if t.Period == nil {
			sum.Amount += p.Collective.TotTeBet
		}
		if p.People == nil {
			continue
		}
		for _, err := range p.People {
			if err != nil {
				return Totals{}, err
			}
			sum.Count++
		}
	}
	return sum, nil
}
