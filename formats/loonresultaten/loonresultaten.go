// Package loonresultaten writes and reads the wage results of an employer as XML,
// in the layout of our own contract (urn:loket-etl:loonresultaten:v1). It knows
// the file, never what a component means.
package loonresultaten

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"loket-etl/formats/xmldoc"
	"loket-etl/payroll"
)

// Ext is the file name extension, Namespace that of every element.
const (
	Ext       = "xml"
	Namespace = "urn:loket-etl:loonresultaten:v1"
)

// maxValue is what ParseCents reads.
const maxValue = payroll.Cents(999_999_999_999_999_99)

// Encode writes r. It refuses results that contradict themselves, as Decode does;
// after an error what was written is worthless.
func Encode(w io.Writer, r payroll.Results) error {
	x := xmldoc.NewWriter(w)
	rules := &rules{head: r}
	err := rules.start()
	if err == nil {
		x.Start("Loonresultaten", "xmlns", Namespace, "Jaar", strconv.Itoa(r.Year), "PeriodeVan", strconv.Itoa(r.From), "PeriodeTot", strconv.Itoa(r.To),
			"ExportSet?", r.ExportSet, "VerloningsRunDataIdentity?", r.Run, "AangemaaktOp", r.Created.UTC().Format(time.RFC3339))
		x.Empty("Werkgever", "WerkgeverId", strconv.Itoa(r.WerkgeverID), "DataIdentity", r.Werkgever)
		err = encodeEmployments(x, r, rules)
		x.End("Loonresultaten")
	}
	if err := errors.Join(err, x.Flush()); err != nil {
		return fmt.Errorf("write loonresultaten: %w", err)
	}
	return nil
}

func encodeEmployments(x *xmldoc.Writer, r payroll.Results, rules *rules) error {
	if r.Employments == nil {
		return nil
	}
	for e, err := range r.Employments {
		if err == nil {
			err = rules.employment(e)
		}
		if err != nil {
			return fmt.Errorf("dienstverband %s: %w", e.Dienstverband, err)
		}
		verl := ""
		if e.PersnrVerl != 0 {
			verl = strconv.Itoa(e.PersnrVerl)
		}
		x.Start("Werknemer", "DienstverbandDataIdentity", e.Dienstverband, "PersoonDataIdentity?", e.Persoon, "Persnr", strconv.Itoa(e.Persnr), "PersnrVerl?", verl)
		x.Text("Naam", e.Name)
		for _, p := range e.Periods {
			x.Start("Periode", "Jaar", strconv.Itoa(p.Period.Year), "PeriodeNummer", strconv.Itoa(p.Period.Number),
				"BeginPeriode", p.Begin.String(), "EindePeriode", p.End.String(), "Testjaar", strconv.FormatBool(p.TestYear))
			for _, s := range p.Slips {
				x.Start("Strook", "SoortStrook", strconv.Itoa(int(s.Kind)))
				for _, c := range s.Components {
					x.Start("Component", "Nummer", strconv.Itoa(c.Number), "Omschrijving", c.Name, "Categorie?", c.Category, "Kolom?", c.Column, "KostenWerkgever?", c.EmployerCosts)
					x.Text("Waarde", c.Value.String())
					if c.HasSpecial {
						x.Text("WaardeBijzonderTarief", c.Special.String())
					}
					x.End("Component")
				}
				x.End("Strook")
			}
			x.End("Periode")
		}
		x.End("Werknemer")
	}
	return nil
}

// Decode reads a whole file and checks it before it returns. The employments are
// then read again from r when they are ranged: r must stay open and unchanged as
// long as the document is used. A reader that cannot seek is read into memory.
func Decode(r io.Reader) (payroll.Results, error) {
	src, start, err := xmldoc.Rewindable(r)
	if err != nil {
		return payroll.Results{}, fmt.Errorf("read loonresultaten: %w", err)
	}
	doc, err := read(src, nil)
	if err != nil {
		return payroll.Results{}, fmt.Errorf("read loonresultaten: %w", err)
	}
	doc.Employments = again(src, start)
	return doc, nil
}

func again(src io.ReadSeeker, start int64) iter.Seq2[payroll.EmploymentResults, error] {
	return func(yield func(payroll.EmploymentResults, error) bool) {
		_, err := src.Seek(start, io.SeekStart)
		stopped := false
		if err == nil {
			_, err = read(src, func(e payroll.EmploymentResults) bool {
				stopped = !yield(e, nil)
				return !stopped
			})
		}
		if err != nil && !stopped {
			yield(payroll.EmploymentResults{}, fmt.Errorf("read loonresultaten again: %w", err))
		}
	}
}

// Totals reads a whole file, checks it as Decode does, and adds it up.
func Totals(r io.Reader) (payroll.Totals, error) {
	one := payroll.Results{}
	sum := payroll.Totals{}
	_, err := read(r, func(e payroll.EmploymentResults) bool {
		one.Employments = payroll.All([]payroll.EmploymentResults{e})
		t, _ := one.Totals()
		sum.Count += t.Count
		sum.Amount += t.Amount
		return true
	})
	if err != nil {
		return payroll.Totals{}, fmt.Errorf("read loonresultaten: %w", err)
	}
	return sum, nil
}

// rules are what the layout alone does not say.
type rules struct {
	head payroll.Results
	seen map[string]bool
}

func (r *rules) start() error {
	r.seen = map[string]bool{}
	h := r.head
	switch {
	case h.Year < 1900 || h.Year > 9999:
		return fmt.Errorf("the year %d is not within 1900 and 9999", h.Year)
	case h.From < 1 || h.To > 53 || h.From > h.To:
		return fmt.Errorf("the periods %d to %d do not exist", h.From, h.To)
	case h.Werkgever == "":
		return fmt.Errorf("the identity of the Werkgever is missing")
	case h.WerkgeverID < 0 || h.WerkgeverID > math.MaxInt32:
		return fmt.Errorf("the number of the Werkgever is not within 0 and %d", math.MaxInt32)
	case h.Created.Year() < 1 || h.Created.Year() > 9999:
		return fmt.Errorf("it was created in the year %d", h.Created.Year())
	}
	return nil
}

func (r *rules) employment(e payroll.EmploymentResults) error {
	switch {
	case e.Dienstverband == "":
		return fmt.Errorf("the identity is missing")
	case r.seen[e.Dienstverband]:
		return fmt.Errorf("it stands twice")
	case len(e.Periods) == 0:
		return fmt.Errorf("it has no period")
	case min(e.Persnr, e.PersnrVerl) < 0 || max(e.Persnr, e.PersnrVerl) > math.MaxInt32:
		return fmt.Errorf("a personnel number is not within 0 and %d", math.MaxInt32)
	}
	r.seen[e.Dienstverband] = true
	periods := map[payroll.Period]bool{}
	for _, p := range e.Periods {
		switch {
		case p.Period.Year != r.head.Year || p.Period.Number < r.head.From || p.Period.Number > r.head.To:
			return fmt.Errorf("period %s lies outside the results", p.Period)
		case periods[p.Period]:
			return fmt.Errorf("period %s stands twice", p.Period)
		case p.Begin == 0 || p.End < p.Begin:
			return fmt.Errorf("period %s ends before it begins", p.Period)
		case len(p.Slips) == 0 || len(p.Slips) > 2 || len(p.Slips) == 2 && p.Slips[0].Kind == p.Slips[1].Kind:
			return fmt.Errorf("period %s does not have one slip, or one of each kind", p.Period)
		}
		periods[p.Period] = true
		for _, s := range p.Slips {
			if err := slip(s); err != nil {
				return fmt.Errorf("period %s: %w", p.Period, err)
			}
		}
	}
	return nil
}

func slip(s payroll.Slip) error {
	if s.Kind != payroll.NormalSlip && s.Kind != payroll.SpecialSlip {
		return fmt.Errorf("SoortStrook is %d, not 1 or 2", s.Kind)
	}
	seen := map[int]bool{}
	for _, c := range s.Components {
		switch {
		case c.Number < 1 || c.Number > math.MaxInt32:
			return fmt.Errorf("component %d is not a number from 1", c.Number)
		case seen[c.Number]:
			return fmt.Errorf("component %d stands twice", c.Number)
		case utf8.RuneCountInString(c.Name) > 14:
			return fmt.Errorf("component %d: Omschrijving is longer than 14 characters", c.Number)
		case max(c.Value, -c.Value, c.Special, -c.Special) > maxValue:
			return fmt.Errorf("component %d: a value has more than 15 digits before the point", c.Number)
		case c.Special != 0 && !c.HasSpecial:
			return fmt.Errorf("component %d: the special part has a value but is not there", c.Number)
		}
		seen[c.Number] = true
	}
	return nil
}
