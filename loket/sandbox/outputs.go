package sandbox

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"loket-etl/formats/clieop03"
	"loket-etl/formats/loonaangifte"
	"loket-etl/formats/loonresultaten"
	"loket-etl/formats/standaardjournaal"
	"loket-etl/loket/contract"
	"loket-etl/loket/sandbox/afdruk"
	"loket-etl/loket/sandbox/verloning"
	"loket-etl/payroll"
)

// run finds the run of VerloningsRunDataIdentity.
func (c *call) run() (*run, *fault) {
	e, p, ok := c.place(c.text("VerloningsRunDataIdentity"), aRun)
	if !ok || pick(e.runs, p.index-1) == nil {
		return nil, unknown("VerloningsRunDataIdentity")
	}
	return e.runs[p.index-1], nil
}

// runWithResults finds the run, which must have results; approved, when only an
// approved one will do.
func (c *call) runWithResults(approved bool) (*run, *fault) {
	r, f := c.run()
	if f != nil {
		return nil, f
	}
	if approved && r.status != runApproved {
		return nil, conflict("VerloningsRunDataIdentity", "De verloning is niet goedgekeurd.")
	}
	if r.standing() == nil {
		return nil, conflict("VerloningsRunDataIdentity", "De verloning heeft geen resultaten.")
	}
	return r, nil
}

// fileOf is the answer that is a file. It is made once the lock is given back, so
// encode may use only what cannot change any more: results and documents.
func (c *call) fileOf(name, mime string, encode func(io.Writer) error) *fault {
	c.later = func() *fault {
		var b bytes.Buffer
		err := encode(&b)
		switch {
		case errors.Is(err, payroll.ErrUnbalanced):
			return conflict("", "Het journaal is niet in evenwicht.")
		case err != nil:
			return refuse(contract.InterneFout, "", "Het bestand kan niet worden gemaakt.")
		}
		c.out.file(contract.File{Name: name, MimeType: mime, Content: b.Bytes()})
		return nil
	}
	return nil
}

func (r *run) fileName(kind, ext string) string {
	return fmt.Sprintf("%s-%d-%s-%d.%s", kind, r.employer.firm.clientnummer, r.period, r.number, ext)
}

func opClieop03(c *call) *fault {
	e, p, ok := c.place(c.text("BetalingDataIdentity"), aBetaling)
	var r *run
	if ok {
		r = pick(e.runs, p.index-1)
	}
	if r == nil || r.paymentRecord() == nil {
		return unknown("BetalingDataIdentity")
	}
	doc := r.payments()
	return c.fileOf(r.fileName("clieop03", "txt"), "text/plain", func(w io.Writer) error { return clieop03.Encode(w, doc) })
}

func opStandaardjournaal(c *call) *fault {
	r, f := c.runWithResults(true)
	if f != nil {
		return f
	}
	doc := r.journal()
	return c.fileOf(r.fileName("standaardjournaal", "xml"), "application/xml", func(w io.Writer) error { return standaardjournaal.Encode(w, doc) })
}

func opExportLoonresultatenPerRun(c *call) *fault {
	r, f := c.runWithResults(true)
	if f != nil {
		return f
	}
	head := verloning.Kop{Aanmaak: c.now}
	if id, given := c.args["DienstverbandDataIdentity"].(string); given {
		e, p, ok := c.place(id, aDienstverband)
		if !ok || e != r.employer || pick(e.jobs, p.index) == nil {
			return unknown("DienstverbandDataIdentity")
		}
		head.Dienstverband = id
	}
	doc := r.result.Resultaten(head)
	return c.fileOf(r.fileName("loonresultaten", "xml"), "application/xml", func(w io.Writer) error { return loonresultaten.Encode(w, doc) })
}

// exportSets are the componentsets that an export can ask for.
var exportSets = map[string][]int{
	"Standaard": nil, // all components
	"Netto":     {verloning.CompBruto, verloning.CompLoonheffing, verloning.CompLoonheffingBT, verloning.CompNetto},
}

func opExportLoonresultaten(c *call) *fault {
	e, f := c.werkgever("ParentDataIdentity")
	if f != nil {
		return f
	}
	set, ok := exportSets[c.text("ExportSet")]
	if !ok {
		return refuse(contract.OngeldigeCode, "ExportSet", "Deze exportset bestaat niet; er zijn Netto en Standaard.")
	}
	jaar, _ := c.number("Jaar")
	from, _ := c.number("PeriodeNummer")
	to, given := c.number("PeriodeNummerTot")
	if !given {
		to = from
	}
	if from < 1 || from > e.periods() {
		return wrongValue("PeriodeNummer", "is geen periode van deze werkgever")
	}
	if to < from || to > e.periods() {
		return wrongValue("PeriodeNummerTot", "is geen periode van deze werkgever vanaf PeriodeNummer")
	}
	var runs []*verloning.Run
	for n := from; n <= to; n++ {
		p := payroll.Period{Year: jaar, Number: n}
		at := slices.IndexFunc(e.runs, func(r *run) bool { return r.period == p && r.status == runApproved })
		if at < 0 || e.runs[at].standing() == nil {
			return conflict("PeriodeNummer", fmt.Sprintf("Periode %d van %d heeft geen goedgekeurde verloning.", n, jaar))
		}
		runs = append(runs, e.runs[at].result)
	}
	doc := verloning.Resultaten(verloning.Kop{ExportSet: c.text("ExportSet"), Aanmaak: c.now, Componenten: set}, runs...)
	name := fmt.Sprintf("loonresultaten-%d-%d-%02d-%02d.xml", e.firm.clientnummer, jaar, from, to)
	return c.fileOf(name, "application/xml", func(w io.Writer) error { return loonresultaten.Encode(w, doc) })
}

func opOutputLoonaangifte(c *call) *fault {
	e, p, ok := c.place(c.text("VerloningsRunDataIdentity"), aLoonaangifte)
	var t *taxReturn
	if ok {
		t = pick(e.returns, p.index-1)
	}
	if t == nil {
		return unknown("VerloningsRunDataIdentity")
	}
	if t.status != returnConfirmed && t.status != returnSent {
		return conflict("VerloningsRunDataIdentity", "De loonaangifte is niet goedgekeurd.")
	}
	doc, err := t.document()
	if err != nil {
		return refuse(contract.InterneFout, "", "De loonaangifte kan niet worden gemaakt.")
	}
	if version, _ := c.number("Versie"); version == 2 {
		return c.fileOf("loonaangifte-"+t.reference+".pdf", "application/pdf", prepareReturn(t, doc))
	}
	return c.fileOf("loonaangifte-"+t.reference+".xml", "application/xml", func(w io.Writer) error { return loonaangifte.Encode(w, doc) })
}

// opOutput is a PDF of a run.
func opOutput(p printed) func(*call) *fault {
	return func(c *call) *fault {
		r, f := c.runWithResults(false)
		if f != nil {
			return f
		}
		return c.fileOf(r.fileName(p.name, "pdf"), "application/pdf", p.prepare(r, afdruk.Sortering(c.text("Sortering"))))
	}
}

// asked are the employers and the period of the two lists of what was approved.
func (c *call) asked() (list []*employer, p payroll.Period, f *fault) {
	p.Year, _ = c.number("Jaar")
	p.Number, _ = c.number("PeriodeNummer")
	if _, given := c.args["ParentDataIdentity"]; given {
		e, f := c.werkgever("ParentDataIdentity")
		return []*employer{e}, p, f
	}
	for _, e := range c.state.employers {
		if c.sees.sees(e) {
			list = append(list, e)
		}
	}
	return list, p, nil
}

func opListLoonruns(c *call) *fault {
	list, p, f := c.asked()
	if f != nil {
		return f
	}
	if p.Number == 0 {
		return wrongValue("PeriodeNummer", "moet 1 of meer zijn")
	}
	w := &c.out
	w.open("Loonruns")
	for _, e := range list {
		for _, r := range e.runs {
			if r.status != runApproved || r.period != p {
				continue
			}
			w.open("Loonrun")
			w.text("VerloningsRunDataIdentity", r.id())
			w.text("WerkgeverDataIdentity", e.id)
			w.number("Clientnummer", e.firm.clientnummer)
			w.number("Jaar", p.Year)
			w.number("PeriodeNummer", p.Number)
			w.number("Volgnummerrun", r.number)
			w.number("VolgnummerGoedgekeurd", r.approval)
			w.number("Status", r.status)
			w.text("StatusOmschrijving", codeText("StatusVerloningsRun", r.status))
			w.moment("DatumGoedkeuring", r.approved)
			w.close("Loonrun")
		}
	}
	w.close("Loonruns")
	return nil
}

func opListLoonaangiftes(c *call) *fault {
	list, p, f := c.asked()
	if f != nil {
		return f
	}
	w := &c.out
	w.open("Loonaangiftes")
	for _, e := range list {
		for _, t := range e.returns {
			if t.run.period != p || t.status != returnConfirmed && t.status != returnSent {
				continue
			}
			w.open("GoedgekeurdeLoonaangifte")
			w.text("VerloningsRunDataIdentity", t.id())
			w.text("WerkgeverDataIdentity", e.id)
			w.text("Berichtkenmerk", t.reference)
			w.text("Loonheffingennummer", e.taxNumber)
			w.number("Jaar", p.Year)
			w.number("PeriodeNummer", p.Number)
			w.text("Status", strconv.Itoa(t.status))
			w.text("StatusOmschrijving", codeText("StatusLoonaangifte", t.status))
			if doc, err := t.document(); err == nil {
				w.text("BedragTotaal", doc.Period.Total.String())
			}
			w.moment("DatumGoedkeuring", t.approved)
			w.moment("DatumVerzending", t.sent)
			w.close("GoedgekeurdeLoonaangifte")
		}
	}
	w.close("Loonaangiftes")
	return nil
}
