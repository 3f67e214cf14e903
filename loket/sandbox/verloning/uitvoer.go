package verloning

import (
	"fmt"
	"iter"
	"slices"
	"time"

	"loket-etl/payroll"
)

// Betaling says how the net pay of a run is to be paid.
type Betaling struct {
	Aanmaak      payroll.Date
	Verwerking   payroll.Date // zero: as soon as possible
	Omschrijving string       // at most 32 characters; empty: "Salaris periode 2026-10"
	Serie        int          // serial of the file on its day, from 1
	Duplicaat    bool
}

// Betalingen are the payments of the run: one batch, one post per slip with net
// pay, in the order of the slips. Descriptions and names are as they stand in
// Loket; a format that cannot carry a character deals with that itself.
func (r *Run) Betalingen(b Betaling) payroll.Payments {
	text := b.Omschrijving
	if text == "" {
		text = "Salaris periode " + r.Periode.String()
	}
	posts := func(yield func(payroll.Post, error) bool) {
		for i := range r.Stroken {
			l := &r.Stroken[i]
			if l.Netto == 0 {
				continue
			}
			name := l.Dienstverband.TenNameVan
			if name == "" {
				name = l.Dienstverband.Naam()
			}
			post := payroll.Post{
				Kind: payroll.Salary, Amount: l.Netto, Account: l.Dienstverband.Rekening, Name: name,
				Descriptions: []string{text},
				EndToEnd:     fmt.Sprintf("%d-%s-%d-%d", r.Werkgever.ID, r.Periode, r.Volgnummer, l.Dienstverband.Persnr),
			}
			if l.Dienstverband.Adres != nil {
				post.City = l.Dienstverband.Adres.City
			}
			if !yield(post, nil) {
				return
			}
		}
	}
	return payroll.Payments{
		Created: b.Aanmaak, Sender: fmt.Sprintf("%05d", r.Werkgever.ID%100000),
		FileID: fmt.Sprintf("%02d%02d", b.Aanmaak.Day(), max(1, b.Serie)%100), Duplicate: b.Duplicaat,
		Batches: []payroll.PaymentBatch{{
			Number: 1, Account: r.Werkgever.Rekening, Name: r.Werkgever.Naam, Date: b.Verwerking, Posts: posts,
		}},
	}
}

// Kop is the head of an export of wage results.
type Kop struct {
	ExportSet string
	Aanmaak   time.Time
	// Dienstverband limits the export to one; empty: all.
	Dienstverband string
	// Componenten are the numbers that the export set holds; nil: all.
	Componenten []int
}

// Resultaten are the wage results of the run.
func (r *Run) Resultaten(k Kop) payroll.Results {
	out := Resultaten(k, r)
	out.Run = r.Identity
	return out
}

// Resultaten are the wage results of several runs of one Werkgever within a year,
// oldest first: each Dienstverband once, with its periods. It panics without runs.
func Resultaten(k Kop, runs ...*Run) payroll.Results {
	first := runs[0]
	out := payroll.Results{
		Year: first.Periode.Year, From: first.Periode.Number, To: first.Periode.Number, ExportSet: k.ExportSet,
		Created: k.Aanmaak, WerkgeverID: first.Werkgever.ID, Werkgever: first.Werkgever.Identity,
	}
	var order []string
	slips := map[string][]place{}
	for _, run := range runs {
		out.From, out.To = min(out.From, run.Periode.Number), max(out.To, run.Periode.Number)
		for i := range run.Stroken {
			l := &run.Stroken[i]
			id := l.Dienstverband.Identity
			if k.Dienstverband != "" && k.Dienstverband != id {
				continue
			}
			if slips[id] == nil {
				order = append(order, id)
			}
			slips[id] = append(slips[id], place{run, l})
		}
	}
	out.Employments = employments(k, order, slips)
	return out
}

type place struct {
	run  *Run
	slip *Loonstrook
}

func employments(k Kop, order []string, slips map[string][]place) iter.Seq2[payroll.EmploymentResults, error] {
	return func(yield func(payroll.EmploymentResults, error) bool) {
		for _, id := range order {
			newest := &slips[id][len(slips[id])-1].slip.Dienstverband
			e := payroll.EmploymentResults{
				Dienstverband: id, Persoon: newest.Persoon, Persnr: newest.Persnr, PersnrVerl: newest.PersnrVerl, Name: newest.Naam(),
			}
			for _, p := range slips[id] {
				period := payroll.PeriodResults{Period: p.run.Periode, Begin: p.run.Begin, End: p.run.Eind, Slips: p.slip.slips(k.Componenten)}
				if n := len(e.Periods); n > 0 && e.Periods[n-1].Period == period.Period {
					e.Periods[n-1].Slips = mergeSlips(e.Periods[n-1].Slips, period.Slips)
					continue
				}
				e.Periods = append(e.Periods, period)
			}
			if !yield(e, nil) {
				return
			}
		}
	}
}

// mergeSlips adds the slips of a second run of the same period to those of the
// first: a period has at most one slip of each kind.
func mergeSlips(a, b []payroll.Slip) []payroll.Slip {
	for _, s := range b {
		at := -1
		for i := range a {
			if a[i].Kind == s.Kind {
				at = i
			}
		}
		if at < 0 {
			a = append(a, s)
			continue
		}
		for _, c := range s.Components {
			a[at].Components = addComponent(a[at].Components, c)
		}
	}
	return a
}

// addComponent sums components with the same number.
func addComponent(list []payroll.ComponentResult, c payroll.ComponentResult) []payroll.ComponentResult {
	for i := range list {
		if list[i].Number == c.Number {
			list[i].Value += c.Value
			list[i].Special += c.Special
			list[i].HasSpecial = list[i].HasSpecial || c.HasSpecial
			return list
		}
	}
	return append(list, c)
}

// slips are the slips as the export has them. Hours and units stand under the
// component's own number; what they pay stands under that number plus
// CompBedrag.
func (l *Loonstrook) slips(only []int) []payroll.Slip {
	bySlip := map[payroll.SlipKind][]payroll.ComponentResult{}
	put := func(kind payroll.SlipKind, c payroll.ComponentResult) {
		if only == nil || slices.Contains(only, c.Number) {
			bySlip[kind] = addComponent(bySlip[kind], c)
		}
	}
	for _, r := range l.Regels {
		c := payroll.ComponentResult{Number: r.Component, Name: r.Naam, Category: r.Categorie, Value: r.Bedrag}
		if r.Aantal != 0 {
			c.Value = payroll.Cents(r.Aantal)
			put(r.Strook, c)
			c.Number, c.Category, c.Value = r.Component+CompBedrag, categorie[Bruto], r.Bedrag
			if r.Soort == Vergoeding {
				c.Category = categorie[Vergoeding]
			}
			if r.Bedrag == 0 {
				continue
			}
		}
		put(r.Strook, c)
	}
	for _, f := range l.vasteComponenten() {
		if f.bedrag == 0 && f.component != CompNetto && f.component != CompBruto {
			continue
		}
		kind := payroll.NormalSlip
		if f.component == CompLoonheffingBT {
			kind = payroll.SpecialSlip
		}
		c := payroll.ComponentResult{Number: f.component, Name: vast[f.component].naam, Category: vast[f.component].categorie, Value: f.bedrag}
		if c.Category == "Werkgever" {
			c.EmployerCosts = "+"
		}
		if f.component == CompBruto && l.Bijzonder != 0 {
			c.Special, c.HasSpecial = l.Bijzonder, true
		}
		put(kind, c)
	}
	var out []payroll.Slip
	for _, kind := range []payroll.SlipKind{payroll.NormalSlip, payroll.SpecialSlip} {
		if len(bySlip[kind]) > 0 || kind == payroll.NormalSlip {
			out = append(out, payroll.Slip{Kind: kind, Components: bySlip[kind]})
		}
	}
	return out
}

// CompBedrag is added to the number of a component of hours or units to name the
// money it comes to.
const CompBedrag = 1000

func (l *Loonstrook) vasteComponenten() []last {
	return append([]last{
		{CompBruto, l.Loon()},
		{CompLoonheffing, l.Loonheffing},
		{CompLoonheffingBT, l.LoonheffingBT},
		{CompArbeidskort, l.Arbeidskorting},
		{CompZvwInhouding, l.ZvwInhouding},
		{CompVordering, l.Vordering},
		{CompNetto, l.Netto},
		{CompReservering, l.Reservering},
		{CompLoonLH, l.Loon()},
		{CompLoonSV, l.loonSV()},
		{CompPremieloon, l.Premieloon},
	}, l.werkgeverslasten()...)
}

func (l *Loonstrook) loonSV() payroll.Cents {
	if l.Dienstverband.DGA {
		return 0
	}
	return l.Loon()
}
