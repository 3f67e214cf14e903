package sandbox

import (
	"encoding/base64"
	"strconv"
	"time"
	"unicode/utf8"

	"loket-etl/loket/contract"
	"loket-etl/payroll"
)

// writer builds what stands inside a response element. Elements at the top have
// the service's namespace (prefix l), those below the shared one (prefix t).
type writer struct {
	b     []byte
	depth int
}

func (w *writer) tag(opening string, name string) {
	w.b = append(w.b, opening...)
	if w.depth == 0 {
		w.b = append(w.b, 'l', ':')
	} else {
		w.b = append(w.b, 't', ':')
	}
	w.b = append(w.b, name...)
	w.b = append(w.b, '>')
}

func (w *writer) open(name string) {
	w.tag("<", name)
	w.depth++
}

func (w *writer) close(name string) {
	w.depth--
	w.tag("</", name)
}

// text writes an element; an empty text is written too.
func (w *writer) text(name, s string) {
	w.tag("<", name)
	w.b = appendEscaped(w.b, s)
	w.tag("</", name)
}

// optional writes an element unless its text is empty.
func (w *writer) optional(name, s string) {
	if s != "" {
		w.text(name, s)
	}
}

func (w *writer) number(name string, n int) { w.text(name, strconv.Itoa(n)) }

func (w *writer) moment(name string, t time.Time) {
	if !t.IsZero() {
		w.text(name, t.UTC().Format("2006-01-02T15:04:05Z"))
	}
}

func (w *writer) date(name string, d payroll.Date) { w.optional(name, d.String()) }

// void writes an element that is xsi:nil.
func (w *writer) void(name string) {
	prefix := "<t:"
	if w.depth == 0 {
		prefix = "<l:"
	}
	w.b = append(append(append(w.b, prefix...), name...), ` xsi:nil="true"/>`...)
}

func (w *writer) file(f contract.File) {
	w.open("Bestand")
	w.text("Bestandsnaam", f.Name)
	w.text("MimeType", f.MimeType)
	w.tag("<", "Inhoud")
	w.b = base64.StdEncoding.AppendEncode(w.b, f.Content)
	w.tag("</", "Inhoud")
	w.close("Bestand")
}

// record writes an Entiteit, or what name says it is called here. All fields, the
// empty ones as nil, or only those that are filled.
func (w *writer) record(name string, r *record, all bool) {
	w.open(name)
	w.text("EntityName", r.kind.Name)
	w.text("DataIdentity", r.id)
	w.optional("ParentDataIdentity", r.parent)
	w.text("Versie", strconv.FormatInt(r.version, 10))
	w.open("Velden")
	next := 0
	for i, f := range r.kind.Fields {
		filled := next < len(r.values) && r.values[next].field == i
		if !filled && !all {
			continue
		}
		w.open("Veld")
		w.text("Naam", f.Name)
		if filled {
			w.text("Waarde", r.values[next].text)
		} else {
			w.void("Waarde")
		}
		w.text("Type", f.Type)
		if filled {
			w.optional("Omschrijving", r.kind.texts[i][r.values[next].text])
			next++
		}
		w.close("Veld")
	}
	w.close("Velden")
	w.close(name)
}

// melding is a warning or the reason a line was refused.
type melding struct{ code, text, field string }

func (w *writer) melding(m melding) {
	w.open("Melding")
	w.text("Code", m.code)
	w.text("Omschrijving", m.text)
	w.optional("Veld", m.field)
	w.close("Melding")
}

func (w *writer) meldingen(all []melding) {
	if len(all) == 0 {
		return
	}
	w.open("Meldingen")
	for _, m := range all {
		w.melding(m)
	}
	w.close("Meldingen")
}

// appendEscaped appends character data. A character that XML cannot carry is
// replaced, as records hold what was imported.
func appendEscaped(b []byte, s string) []byte {
	last := 0
	for i := 0; i < len(s); {
		var with string
		size := 1
		switch c := s[i]; {
		case c == '<':
			with = "&lt;"
		case c == '>':
			with = "&gt;"
		case c == '&':
			with = "&amp;"
		case c == '\r':
			with = "&#xD;"
		case c < 0x20 && c != '\t' && c != '\n':
			with = "\uFFFD"
		case c >= utf8.RuneSelf:
			r, n := utf8.DecodeRuneInString(s[i:])
			size = n
			if r == utf8.RuneError && n == 1 || r == 0xFFFE || r == 0xFFFF {
				with = "\uFFFD"
			}
		}
		if with != "" {
			b = append(append(b, s[last:i]...), with...)
			last = i + size
		}
		i += size
	}
	return append(b, s[last:]...)
}

const envelopeHead = `<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<soap:Envelope xmlns:soap="` + nsSOAP11 + `"><soap:Body>`
const envelopeTail = `</soap:Body></soap:Envelope>`

// answer is the whole response message of a function.
func answer(fn *contract.Function, content []byte) []byte {
	b := make([]byte, 0, len(content)+512)
	b = append(b, envelopeHead...)
	b = append(b, `<l:`+fn.ResponseElement+` xmlns:l="`+fn.Namespace+`" xmlns:t="`+contract.TypesNamespace+`" xmlns:xsi="`+nsInstance+`">`...)
	b = append(b, content...)
	b = append(b, `</l:`+fn.ResponseElement+`>`...)
	return append(b, envelopeTail...)
}

// message is the whole response message of a fault.
func (f *fault) message() []byte {
	side := f.side
	row, known := contract.LookupFault(f.code)
	if known {
		side = row.Side
	}
	b := append([]byte(envelopeHead), `<soap:Fault><faultcode>soap:`+side+`</faultcode><faultstring>`...)
	b = append(appendEscaped(b, f.text), `</faultstring>`...)
	if known {
		b = append(b, `<detail><t:`+contract.FaultElement+` xmlns:t="`+contract.TypesNamespace+`">`...)
		w := writer{b: b, depth: 1}
		w.number("Code", f.code)
		w.text("Naam", row.Name)
		w.text("Omschrijving", cut(f.text, 2000))
		w.optional("Veld", cut(f.field, 128))
		w.text("Referentie", f.reference)
		b = append(w.b, `</t:`+contract.FaultElement+`></detail>`...)
	}
	return append(append(b, `</soap:Fault>`...), envelopeTail...)
}
