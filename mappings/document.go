package mappings

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"loket-etl/formats"
	"loket-etl/loket/contract"
	"loket-etl/payroll"
)

const (
	addDossierFunction = "Dossiervorming.ToevoegenDossier"
	maxDocumentName    = 255
)

// adds reports whether the rows add documents to dossiers.
func (c *change) adds() bool { return c != nil && c.function == addDossierFunction }

// hasDocuments reports whether a file holds documents, or is one.
func (m *Mapping) hasDocuments() bool { return m.index != "" || m.single }

// HandsBackDocuments reports whether what Extract writes is a zip, of documents and
// an index, instead of text.
func (m *Mapping) HandsBackDocuments() bool { return m.index != "" }

// openBundle reads the documents, and puts their index in the place of the file.
func (j *job) openBundle() (*formats.Problem, error) {
	in, most := *j.in, contract.DefaultMaxFile
	var err error
	if j.m.single {
		j.bundle, err = formats.ReadDocument(in.Open, in.FileName, int64(most))
	} else {
		j.bundle, err = formats.ReadZip(in.Open, j.m.index, int64(most))
	}
	if err != nil {
		if issue, ok := asProblem(err); ok {
			return &issue, nil
		}
		return nil, err
	}
	j.listed = map[*formats.Document]int{}
	in.Open = j.bundle.OpenIndex
	if j.m.single {
		index, err := j.m.filePat.row(in.FileName)
		if err != nil {
			return nil, err
		}
		in.Open = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(index)), nil }
	}
	j.in = &in
	return nil, nil
}

// row is the parts of a name that fits as a file of one row: its fields, and as rest
// what stands between the last of them and the extension.
func (p *namePattern) row(name string) ([]byte, error) {
	m := p.last.FindStringSubmatchIndex(name)
	header, cells, end := []string{}, []string{}, 0
	for i, f := range p.fields {
		from, to := m[2*i+2], m[2*i+3]
		header, cells, end = append(header, f), append(cells, name[from:to]), to
	}
	rest := name[end:]
	if dot := strings.LastIndexByte(rest, '.'); dot >= 0 {
		rest = rest[:dot]
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.Comma = ';'
	err := errors.Join(w.Write(append(header, restPart)), w.Write(append(cells, strings.Trim(rest, "_- "))))
	w.Flush()
	return b.Bytes(), errors.Join(err, w.Error())
}

// restPart is what the part of a name is called that no field takes.
const restPart = "rest"

// passOver notes that the row names its document, whatever becomes of the row.
func (w *worker) passOver() {
	if w.j.bundle == nil {
		return
	}
	if d := w.documentOf(w.j.m.to.document); d != nil {
		w.j.listed[d] = w.rec.Line
	}
}

// document is the document of the row, nil with a problem when it is not there or
// not as it should be.
func (w *worker) document() *formats.Document {
	column := w.j.m.to.document
	if w.j.m.single {
		column = -1
	} else if w.bad[column] {
		return nil
	}
	doc := w.documentOf(column)
	if doc == nil {
		w.problem(column, "document-ontbreekt", func() (string, string) {
			return "Dit document zit niet in het zip-bestand.", "Doe het erbij, of verbeter de naam; die is zoals in het zip-bestand, vanaf de map van de index."
		})
		return nil
	}
	if line, twice := w.j.listed[doc]; twice {
		w.problem(column, "document-dubbel", func() (string, string) {
			return fmt.Sprintf("Dit document staat ook op regel %d.", line), "Laat één van de regels staan."
		})
		return nil
	}
	w.j.listed[doc] = w.rec.Line
	switch issue := doc.Problem; {
	case issue != nil:
		w.problem(column, issue.Code, func() (string, string) { return issue.Message, issue.Repair })
	case utf8.RuneCountInString(doc.Base()) > maxDocumentName:
		w.problem(column, "document-naam", func() (string, string) {
			return fmt.Sprintf("De naam van dit document is langer dan %d tekens.", maxDocumentName), "Kort de naam in."
		})
	default:
		return doc
	}
	return nil
}

// documentOf is the document that a row names, nil when it is not there.
func (w *worker) documentOf(column int) *formats.Document {
	if w.j.m.single {
		return w.j.bundle.Documents[0]
	}
	return w.j.bundle.Find(string(w.cell(column)))
}

// ofEmployee reports whether the row is about the dossier of an employee; that of
// the employer goes without a number of an employee, and that of an employee not.
func (w *worker) ofEmployee(emp int32, args map[string]any) bool {
	k, kind := &w.emps.all[emp].key, args["DossierSoort"]
	named := k.number != 0 || k.mail != 0
	switch {
	case kind == "Werknemer" && !named:
		w.problem(w.j.m.to.employee.column, "werknemer-leeg", func() (string, string) {
			return "Er staat niet bij welke werknemer het document hoort.", "Vul het nummer van de werknemer in."
		})
	case kind == "Werkgever" && named:
		w.problem(w.j.m.to.employee.column, "dossier-soort", func() (string, string) {
			return "Bij het dossier van de werkgever hoort geen werknemer.", "Laat het nummer van de werknemer weg, of zet het document in het dossier van de werknemer."
		})
	}
	return named
}

// dossierOfEmployer is the employer of the row as the owner of a dossier.
func (w *worker) dossierOfEmployer(emp int32) (identity, subject string, ok bool) {
	t, k := &w.j.m.to, &w.emps.all[emp].key
	e := w.j.in.People.employer(t.employerBy, int(k.employer))
	if e == nil {
		w.problem(w.employerColumn(), "werkgever-onbekend", func() (string, string) {
			issue := w.j.in.People.unknown(t, k, "")
			return issue.Message, issue.Repair
		})
		return "", "", false
	}
	return e.werkgever, fmt.Sprintf("werkgever %d: %s%s", e.id, t.change.verb, w.onLine()), !w.failed
}

// onLine says on which line of the index a document stands.
func (w *worker) onLine() string {
	if w.j.m.single {
		return ""
	}
	return fmt.Sprintf(" (regel %d)", w.rec.Line)
}

// unlisted adds the documents of which no row says whose they are.
func (p *planner) unlisted() {
	if p.j.bundle == nil {
		return
	}
	for i, d := range p.j.bundle.Documents {
		if _, listed := p.j.listed[d]; listed {
			continue
		}
		p.add(formats.Problem{
			Code: "document-zonder-regel", Value: p.j.documentName(d),
			Message: fmt.Sprintf("Document %d van het zip-bestand staat niet in de index: van wie het is, is niet te zeggen.", i+1),
			Repair:  "Zet het in de index of laat het weg.",
		})
		p.rows++
		p.lost++
	}
}

// documentName is a document as a problem may show it.
func (j *job) documentName(d *formats.Document) string {
	if j.m.columns[j.m.to.document].Personal {
		return payroll.Mask(d.Name)
	}
	return cut(d.Name)
}

// unplace takes places in a file that is one document out of a report: its row is
// its name.
func (j *job) unplace(r *Report) {
	if !j.m.single {
		return
	}
	for i := range r.Problems {
		p := &r.Problems[i]
		if p.Line, p.Column = 0, 0; p.Field != "" {
			p.Field += " in de naam van het bestand"
		}
	}
}

// documentCalls hands over the calls, each with its document, in the order of the
// zip: no more than one document is held at a time.
func (p *planner) documentCalls(ctx context.Context, all []decision, call func(Planned) error) error {
	of := map[*formats.Document]*decision{}
	for i := range all {
		if d := &all[i]; !p.emps.all[d.emp].bad {
			of[d.doc] = d
		}
	}
	return p.j.bundle.Each(func(d *formats.Document) bool { return of[d] != nil }, func(doc *formats.Document, data []byte) error {
		d := of[doc]
		d.args["Bestand"] = contract.File{Name: doc.Base(), MimeType: doc.MIME, Content: data}
		err := errors.Join(ctx.Err(), call(Planned{
			Call: contract.Call{Function: addDossierFunction, Args: d.args}, Subject: d.subject, Rows: 1, Lines: []int{d.line},
		}))
		d.args = nil
		return err
	})
}
