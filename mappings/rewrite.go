package mappings

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"loket-etl/loket/contract"
	"loket-etl/payroll"
)

// What a mapping does with its values in Loket: see Mapping.Mode.
const (
	Overschrijven = "Overschrijven"
	Optellen      = "Optellen"
	Leave         = "Verlof"
)

// Mode is the Verwerkingswijze of variabele gegevens, Leave for verlof, and "" for
// all else.
func (m *Mapping) Mode() string {
	switch m.to.what {
	case csvTarget, xmlTarget:
		return cmp.Or(m.to.mode, Overschrijven)
	case leaveTarget:
		return Leave
	}
	return ""
}

// replaces reports whether what a file leaves out is not there afterwards, or not as
// the file before had it.
func (j *job) replaces() bool { return j.in.Replaces || j.m.overwrites() }

// Only is an import call with fewer values: those that keep wants. lines are, by
// line of the new file from 1, the lines of the file that the call had (0: a line
// that is no value), since Loket's answer counts in the new one. some is false when
// nothing is left. A call of which everything is kept stays as it is, byte for byte.
func Only(call contract.Call, keep func(ImportValue) bool) (less contract.Call, lines []int, some bool, err error) {
	values, err := Read(call)
	if err != nil {
		return call, nil, false, err
	}
	kept := slices.DeleteFunc(slices.Clone(values), func(v ImportValue) bool { return !keep(v) })
	if len(kept) == len(values) || len(kept) == 0 {
		return call, nil, len(kept) > 0, nil
	}
	file, _ := call.Args["Bestand"].(contract.File)
	file.Content, lines = encode(kept, call.Args["Formaat"] == "XML")
	less = contract.Call{Function: call.Function, Args: map[string]any{}}
	for name, v := range call.Args {
		less.Args[name] = v
	}
	less.Args["Bestand"] = file
	return less, lines, true, nil
}

// Imports are the calls that bring values to Loket that no file of a sender has in
// this form: what is taken away, what is put back, what is counted back. What says
// in the subject of a call what becomes of them. Values of variabele gegevens need
// WerkgeverID, Clientnummer and PersnrVerl; mode is their Verwerkingswijze. The
// order of the calls follows from the values alone.
func Imports(values []ImportValue, mode, what string, most int) []Planned {
	values = slices.Clone(values)
	slices.SortStableFunc(values, compareValues)
	if most <= 0 {
		most = defaultCallBytes
	}
	var out []Planned
	for from := 0; from < len(values); {
		to := from + 1
		for to < len(values) && sameImport(&values[from], &values[to]) && (to-from)*valueBytes < most {
			to++
		}
		out = append(out, importOf(values[from:to], mode, what, len(out)+1))
		from = to
	}
	return out
}

// valueBytes is about what a value takes in an import file.
const valueBytes = 300

func sameImport(a, b *ImportValue) bool {
	return a.Werkgever == b.Werkgever && a.WerkgeverID == b.WerkgeverID && a.Clientnummer == b.Clientnummer && a.Period == b.Period && a.Strook == b.Strook &&
		(a.Verlof == nil) == (b.Verlof == nil)
}

func compareValues(a, b ImportValue) int {
	c := cmp.Or(cmp.Compare(a.WerkgeverID, b.WerkgeverID), cmp.Compare(a.Werkgever, b.Werkgever), cmp.Compare(a.Clientnummer, b.Clientnummer),
		cmp.Compare(a.Period.Year, b.Period.Year), cmp.Compare(a.Period.Number, b.Period.Number), cmp.Compare(a.Strook, b.Strook),
		cmp.Compare(a.PersnrVerl, b.PersnrVerl))
	if x, y := a.Verlof, b.Verlof; x != nil && y != nil {
		return cmp.Or(c, cmp.Compare(x.Ingangsdatum, y.Ingangsdatum), cmp.Compare(x.Einddatum, y.Einddatum), cmp.Compare(x.Soort, y.Soort),
			cmp.Compare(x.Eenheden, y.Eenheden), cmp.Compare(x.Factor, y.Factor))
	}
	return cmp.Or(c, cmp.Compare(a.Ploeg, b.Ploeg), cmp.Compare(a.Kostenplaats, b.Kostenplaats), cmp.Compare(a.Kostendrager, b.Kostendrager),
		cmp.Compare(a.Verdeeleenheid, b.Verdeeleenheid), cmp.Compare(a.Component, b.Component))
}

func importOf(values []ImportValue, mode, what string, no int) Planned {
	v := &values[0]
	if v.Verlof != nil {
		content, _ := encode(values, false)
		return Planned{Rows: len(values), Subject: fmt.Sprintf("werkgever %d, verlof, %s", v.WerkgeverID, what), Call: contract.Call{Function: importFunction, Args: map[string]any{
			"ParentDataIdentity": v.Werkgever, "SoortGegevens": "Verlof", "Formaat": "CSV",
			"Bestand": contract.File{Name: fmt.Sprintf("verlof-%d-correctie-%d.csv", v.WerkgeverID, no), MimeType: "text/csv", Content: content},
		}}}
	}
	content, _ := encode(values, true)
	subject := fmt.Sprintf("werkgever %d, periode %s", v.WerkgeverID, v.Period)
	if v.Strook > 1 {
		subject += fmt.Sprintf(", strook %d", v.Strook)
	}
	return Planned{Rows: len(values), Subject: subject + ", " + what, Call: contract.Call{Function: importFunction, Args: map[string]any{
		"ParentDataIdentity": v.Werkgever, "SoortGegevens": "VariabeleGegevens", "Formaat": "XML",
		"Jaar": v.Period.Year, "PeriodeNummer": v.Period.Number, "SoortStrook": v.Strook, "Verwerkingswijze": mode,
		"Bestand": contract.File{Name: fmt.Sprintf("variabele-gegevens-%d-%s-correctie-%d.xml", v.WerkgeverID, v.Period, no), MimeType: "application/xml", Content: content},
	}}}
}

// encode writes values, which stand in the order of the file, and gives the
// Regelnummer of each line of it.
func encode(values []ImportValue, asXML bool) (content []byte, lines []int) {
	switch {
	case values[0].Verlof != nil:
		return encodeLeave(values)
	case asXML:
		return encodeXML(values)
	}
	return encodeCSV(values)
}

func encodeLeave(values []ImportValue) (b []byte, lines []int) {
	b, lines = append(b, leaveHeader...), []int{0}
	number := func(n int) {
		if n != 0 {
			b = strconv.AppendInt(b, int64(n), 10)
		}
		b = append(b, ';')
	}
	for _, v := range values {
		l := v.Verlof
		number(v.WerkgeverID)
		number(v.PersnrVerl)
		number(v.Persnr)
		b = append(b, ';') // no name
		b = append(appendDate(b, l.Ingangsdatum), ';')
		b = append(appendDate(b, l.Einddatum), ';')
		number(l.Soort)
		number(l.Factor)
		b = append(appendHundredths(b, int64(l.Eenheden), ','), "\r\n"...)
		lines = append(lines, v.Regelnummer)
	}
	return b, lines
}

// encodeCSV writes the rows that the values stood on.
func encodeCSV(values []ImportValue) (b []byte, lines []int) {
	var components []int
	divided := false
	for _, v := range values {
		components = append(components, v.Component)
		divided = divided || v.Verdeeleenheid != 0
	}
	slices.Sort(components)
	components = slices.Compact(components)
	b, lines = append(b, "aanslnr;persnr;ploeg"...), []int{0}
	if divided {
		b = append(b, ";verdelingseenheid"...)
	}
	for _, c := range components {
		b = strconv.AppendInt(append(b, ';'), int64(c), 10)
	}
	b = append(b, "\r\n"...)
	for from := 0; from < len(values); {
		v, to := &values[from], from+1
		for to < len(values) && values[to].Regelnummer == v.Regelnummer {
			to++
		}
		b = strconv.AppendInt(b, int64(v.Clientnummer), 10)
		b = strconv.AppendInt(append(b, ';'), int64(v.PersnrVerl), 10)
		b = append(b, ';')
		if v.Ploeg != 0 {
			b = strconv.AppendInt(b, int64(v.Ploeg), 10)
		}
		if divided {
			b = append(b, ';')
			if v.Verdeeleenheid != 0 {
				b = strconv.AppendInt(b, int64(v.Verdeeleenheid), 10)
			}
		}
		for _, c := range components {
			b = append(b, ';')
			if i := slices.IndexFunc(values[from:to], func(x ImportValue) bool { return x.Component == c }); i >= 0 {
				b = appendHundredths(b, values[from+i].Value, ',')
			}
		}
		b, lines = append(b, "\r\n"...), append(lines, v.Regelnummer)
		from = to
	}
	return b, lines
}

func encodeXML(values []ImportValue) (b []byte, lines []int) {
	line := func(regelnummer int) { b, lines = append(b, '\n'), append(lines, regelnummer) }
	b = append(b, `<?xml version="1.0" encoding="UTF-8"?>`...)
	line(0)
	b = append(b, `<VariabeleGegevens xmlns="`+xmlNamespace+`"`...)
	b = attribute(b, "WerkgeverId", values[0].WerkgeverID)
	if n := values[0].Clientnummer; n != 0 {
		b = attribute(b, "Clientnummer", n)
	}
	b = append(b, '>')
	line(0)
	for from := 0; from < len(values); {
		v := &values[from]
		b = append(b, " <Werknemer"...)
		if v.PersnrVerl != 0 {
			b = attribute(b, "PersnrVerl", v.PersnrVerl)
		}
		if v.Persnr != 0 {
			b = attribute(b, "Persnr", v.Persnr)
		}
		b = append(b, '>')
		line(0)
		for from < len(values) && values[from].PersnrVerl == v.PersnrVerl && values[from].Persnr == v.Persnr {
			to := from + 1
			for to < len(values) && samePeriode(&values[from], &values[to]) {
				to++
			}
			b = appendPeriode(b, &values[from])
			line(0)
			for _, c := range values[from:to] {
				b = appendComponent(b, &c)
				line(c.Regelnummer)
			}
			b = append(b, "  </Periode>"...)
			line(0)
			from = to
		}
		b = append(b, " </Werknemer>"...)
		line(0)
	}
	b = append(b, xmlEnd...)
	return b, append(lines, 0)
}

func samePeriode(a, b *ImportValue) bool {
	x, y := *a, *b
	for _, v := range []*ImportValue{&x, &y} {
		v.Regelnummer, v.Component, v.Value, v.None, v.Aanvulling = 0, 0, 0, false, false
	}
	return x == y && a.Component != b.Component
}

func appendPeriode(b []byte, v *ImportValue) []byte {
	b = attribute(append(b, "  <Periode"...), "Jaar", v.Period.Year)
	b = attribute(b, "PeriodeNummer", v.Period.Number)
	b = append(attribute(b, "SoortStrook", max(v.Strook, int(payroll.NormalSlip))), '>')
	if v.Ploeg != 0 {
		b = element(b, "Ploeg", strconv.Itoa(v.Ploeg))
	}
	b = element(b, "Kostenplaats", v.Kostenplaats)
	b = element(b, "Kostendrager", v.Kostendrager)
	if v.Verdeeleenheid != 0 {
		b = element(b, "Verdeeleenheid", strconv.Itoa(v.Verdeeleenheid))
	}
	return b
}

func appendComponent(b []byte, v *ImportValue) []byte {
	b = attribute(append(b, "   <Component"...), "Nummer", v.Component)
	if !v.None {
		b = append(appendHundredths(append(b, ` Waarde="`...), v.Value, '.'), '"')
	}
	if v.Aanvulling {
		b = append(b, ` Aanvulling="true"`...)
	}
	return append(b, "/>"...)
}
