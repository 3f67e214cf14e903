package mappings

import (
	"slices"
	"strconv"
	"unicode/utf8"
)

const xmlNamespace = "urn:loket-etl:variabelegegevens:v1"

// xmlFile writes variabele gegevens as XML, which has room for kostenplaats and
// kostendrager.
type xmlFile struct {
	p    *planner
	buf  []byte
	last int
	cols []int
}

const xmlEnd = "</VariabeleGegevens>\n"

func (f *xmlFile) begin() { f.buf = f.buf[:0] }

func (f *xmlFile) end() []byte { return append(f.buf, xmlEnd...) }

func (f *xmlFile) size() int { return len(f.buf) + len(xmlEnd) }

func (f *xmlFile) undo() { f.buf = f.buf[:f.last] }

func (f *xmlFile) person(es []entry) {
	if f.cols == nil {
		for n := range f.p.comps.numbers {
			f.cols = append(f.cols, n)
		}
		slices.SortFunc(f.cols, func(a, b int) int { return f.p.comps.numbers[a] - f.p.comps.numbers[b] })
	}
	a := f.p.address(&es[0])
	b := f.buf
	if len(b) == 0 {
		b = append(b, `<?xml version="1.0" encoding="UTF-8"?>`+"\n"+`<VariabeleGegevens xmlns="`+xmlNamespace+`"`...)
		b = attribute(b, "WerkgeverId", a.werkgeverID)
		b = attribute(b, "Clientnummer", a.clientnummer)
		b = append(b, ">\n"...)
	}
	f.last = len(b)
	b = attribute(append(b, " <Werknemer"...), "PersnrVerl", a.persnr)
	b = append(b, ">\n"...)
	for i := range es {
		b = f.period(b, &es[i])
	}
	f.buf = append(b, " </Werknemer>\n"...)
}

func (f *xmlFile) period(b []byte, e *entry) []byte {
	k := &f.p.groups.keys[e.group]
	b = attribute(append(b, "  <Periode"...), "Jaar", int(e.period)/100)
	b = attribute(b, "PeriodeNummer", int(e.period)%100)
	b = attribute(b, "SoortStrook", max(int(k.dims[slip]), 1))
	b = append(b, '>')
	if n := k.dims[ploeg]; n != 0 {
		b = element(b, "Ploeg", strconv.Itoa(int(n)))
	}
	b = element(b, "Kostenplaats", f.p.texts.texts[k.dims[kostenplaats]])
	b = element(b, "Kostendrager", f.p.texts.texts[k.dims[kostendrager]])
	if n := k.dims[verdeeleenheid]; n != 0 {
		b = element(b, "Verdeeleenheid", strconv.Itoa(int(n)))
	}
	b = append(b, '\n')
	cells := f.p.groups.cells(e.group)
	for _, n := range f.cols {
		if cells[n] == noValue {
			continue
		}
		b = attribute(append(b, "   <Component"...), "Nummer", f.p.comps.numbers[n])
		b = append(b, ` Waarde="`...)
		b = appendHundredths(b, cells[n], '.')
		b = append(b, "\"/>\n"...)
	}
	return append(b, "  </Periode>\n"...)
}

func attribute(b []byte, name string, v int) []byte {
	b = append(append(append(b, ' '), name...), `="`...)
	return append(strconv.AppendInt(b, int64(v), 10), '"')
}

// element appends <name>text</name>, nothing when the text is empty.
func element(b []byte, name, text string) []byte {
	if text == "" {
		return b
	}
	b = append(append(append(b, '<'), name...), '>')
	for _, r := range text {
		switch {
		case r == '<':
			b = append(b, "&lt;"...)
		case r == '>':
			b = append(b, "&gt;"...)
		case r == '&':
			b = append(b, "&amp;"...)
		case r < ' ' && r != '\t' || r == utf8.RuneError || r == 0xFFFE || r == 0xFFFF:
			b = append(b, ' ')
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return append(append(append(b, "</"...), name...), '>')
}
