package loonresultaten

import (
	"errors"
	"io"
	"strconv"
	"time"

	"loket-etl/formats/xmldoc"
	"loket-etl/payroll"
)

var errStopped = errors.New("stopped")

// read goes through the file once; employment false stops it.
func read(r io.Reader, employment func(payroll.EmploymentResults) bool) (payroll.Results, error) {
	x := xmldoc.NewReader(r, Namespace)
	doc := payroll.Results{}
	a, err := x.Open("Loonresultaten", "Jaar", "PeriodeVan", "PeriodeTot", "ExportSet?", "VerloningsRunDataIdentity?", "AangemaaktOp")
	if err != nil {
		return doc, err
	}
	f := attributes{a: a}
	doc = payroll.Results{Year: f.number("Jaar"), From: f.number("PeriodeVan"), To: f.number("PeriodeTot"), ExportSet: a["ExportSet"], Run: a["VerloningsRunDataIdentity"]}
	created, err := time.Parse(time.RFC3339, a["AangemaaktOp"])
	if err != nil {
		return doc, x.Fail("AangemaaktOp is not a date and time with a zone")
	}
	doc.Created = created.UTC()
	if a, err = x.Open("Werkgever", "WerkgeverId", "DataIdentity"); err != nil {
		return doc, err
	}
	w := attributes{a: a}
	doc.WerkgeverID, doc.Werkgever = w.number("WerkgeverId"), a["DataIdentity"]
	if err := errors.Join(f.err, w.err); err != nil {
		return doc, x.Fail("%w", err)
	}
	if err := x.Close(); err != nil {
		return doc, err
	}
	rules := &rules{head: doc}
	if err := rules.start(); err != nil {
		return doc, x.Fail("%w", err)
	}
	for x.At("Werknemer") {
		e, err := readEmployment(x)
		if err != nil {
			return doc, err
		}
		if err := rules.employment(e); err != nil {
			return doc, x.Fail("dienstverband %s: %w", e.Dienstverband, err)
		}
		if employment != nil && !employment(e) {
			return doc, errStopped
		}
	}
	if err := x.Close(); err != nil {
		return doc, err
	}
	return doc, x.End()
}

func readEmployment(x *xmldoc.Reader) (payroll.EmploymentResults, error) {
	e := payroll.EmploymentResults{}
	a, err := x.Open("Werknemer", "DienstverbandDataIdentity", "PersoonDataIdentity?", "Persnr", "PersnrVerl?")
	if err != nil {
		return e, err
	}
	f := attributes{a: a}
	e.Dienstverband, e.Persoon, e.Persnr = a["DienstverbandDataIdentity"], a["PersoonDataIdentity"], f.number("Persnr")
	if a["PersnrVerl"] != "" {
		e.PersnrVerl = f.number("PersnrVerl")
	}
	if f.err != nil {
		return e, x.Fail("%w", f.err)
	}
	if e.Name, err = x.Text("Naam"); err != nil {
		return e, err
	}
	for x.At("Periode") {
		p, err := readPeriod(x)
		if err != nil {
			return e, err
		}
		e.Periods = append(e.Periods, p)
	}
	return e, x.Close()
}

func readPeriod(x *xmldoc.Reader) (payroll.PeriodResults, error) {
	p := payroll.PeriodResults{}
	a, err := x.Open("Periode", "Jaar", "PeriodeNummer", "BeginPeriode", "EindePeriode", "Testjaar")
	if err != nil {
		return p, err
	}
	f := attributes{a: a}
	p.Period = payroll.Period{Year: f.number("Jaar"), Number: f.number("PeriodeNummer")}
	p.Begin, p.End, p.TestYear = f.date("BeginPeriode"), f.date("EindePeriode"), f.boolean("Testjaar")
	if f.err != nil {
		return p, x.Fail("%w", f.err)
	}
	for x.At("Strook") {
		s, err := readSlip(x)
		if err != nil {
			return p, err
		}
		p.Slips = append(p.Slips, s)
	}
	return p, x.Close()
}

func readSlip(x *xmldoc.Reader) (payroll.Slip, error) {
	s := payroll.Slip{}
	a, err := x.Open("Strook", "SoortStrook")
	if err != nil {
		return s, err
	}
	f := attributes{a: a}
	s.Kind = payroll.SlipKind(f.number("SoortStrook"))
	if f.err != nil {
		return s, x.Fail("%w", f.err)
	}
	for x.At("Component") {
		c, err := readComponent(x)
		if err != nil {
			return s, err
		}
		s.Components = append(s.Components, c)
	}
	return s, x.Close()
}

func readComponent(x *xmldoc.Reader) (payroll.ComponentResult, error) {
	c := payroll.ComponentResult{}
	a, err := x.Open("Component", "Nummer", "Omschrijving", "Categorie?", "Kolom?", "KostenWerkgever?")
	if err != nil {
		return c, err
	}
	f := attributes{a: a}
	c.Number, c.Name, c.Category, c.Column, c.EmployerCosts = f.number("Nummer"), a["Omschrijving"], a["Categorie"], a["Kolom"], a["KostenWerkgever"]
	if f.err != nil {
		return c, x.Fail("%w", f.err)
	}
	if c.Value, err = readValue(x, "Waarde"); err != nil {
		return c, err
	}
	if x.At("WaardeBijzonderTarief") {
		c.HasSpecial = true
		if c.Special, err = readValue(x, "WaardeBijzonderTarief"); err != nil {
			return c, err
		}
	}
	return c, x.Close()
}

func readValue(x *xmldoc.Reader, name string) (payroll.Cents, error) {
	text, err := x.Text(name)
	if err != nil {
		return 0, err
	}
	v, err := payroll.ParseCents(text)
	if err != nil {
		return 0, x.Fail("%s is not a number with at most two decimals", name)
	}
	return v, nil
}

// attributes reads typed attributes; the first error stays.
type attributes struct {
	a   map[string]string
	err error
}

func (f *attributes) set(name, what string, err error) {
	if err != nil && f.err == nil {
		f.err = errors.New(name + " is not " + what)
	}
}

func (f *attributes) number(name string) int {
	v, err := strconv.ParseUint(f.a[name], 10, 31)
	f.set(name, "a whole number", err)
	return int(v)
}

func (f *attributes) date(name string) payroll.Date {
	v, err := payroll.ParseDate(f.a[name])
	f.set(name, "a date", err)
	return v
}

func (f *attributes) boolean(name string) bool {
	switch f.a[name] {
	case "true", "1":
		return true
	case "false", "0":
		return false
	}
	f.set(name, "true or false", errors.New("other"))
	return false
}
