package formats

import (
	"bytes"
	"strconv"
)

// cellText is the text of a cell as a column is to hold it, nil for one that is
// not declared. A problem has a code; then the text is what could be made of it.
// It lives until the next call.
func (d *xlsxReader) cellText(c *xlsxCell, column *Column) ([]byte, Problem) {
	if c.formula && !c.hasOutcome() {
		return nil, Problem{Code: "formule-zonder-waarde", Message: "Hier staat een formule waarvan de uitkomst niet in het bestand is bewaard.",
			Repair: "Open het bestand in Excel, laat het herberekenen, bewaar het en lever het opnieuw aan."}
	}
	switch c.kind {
	case "s":
		n, err := strconv.Atoi(string(bytes.TrimSpace(c.text)))
		text, ok := d.texts.text(n)
		if err != nil || !ok {
			return nil, Problem{Code: "xlsx", Message: "De tekst van deze cel ontbreekt in het bestand.", Repair: "Bewaar de werkmap opnieuw in Excel."}
		}
		return text, Problem{}
	case "str", "inlineStr":
		return c.text, Problem{}
	case "b":
		if isOn(string(c.text)) {
			return []byte("true"), Problem{}
		}
		return []byte("false"), Problem{}
	case "e":
		return c.text, Problem{Code: "fout-in-cel", Message: "Deze cel bevat een fout van Excel.", Repair: "Herstel de formule of vul de waarde in."}
	case "d":
		text := c.text
		if column != nil && column.DateOnly {
			text = dateOnly(text)
		}
		text = bytes.TrimSuffix(text, []byte("T00:00:00"))
		if column != nil && column.Kind == Date {
			text = relayout(text, column.Layout)
		}
		return text, Problem{}
	}
	number := bytes.TrimSpace(c.text)
	if len(number) == 0 {
		return nil, Problem{}
	}
	style := plainStyle
	if c.style >= 0 && c.style < len(d.style) {
		style = d.style[c.style]
	}
	if style != plainStyle {
		return d.dated(number, style, column)
	}
	text, ok := plain(d.text[:0], number, d.point, excelDigits)
	d.text = text
	if !ok {
		return number, Problem{Code: "getal-te-lang", Message: "Dit getal is veel te lang of te groot.", Repair: "Controleer het getal."}
	}
	return text, Problem{}
}

// hasOutcome reports whether the outcome of a formula is stored. Programs that do not
// calculate write an empty value; only a text may be empty for real.
func (c *xlsxCell) hasOutcome() bool {
	if c.kind == "str" || c.kind == "inlineStr" {
		return c.valued
	}
	return len(bytes.TrimSpace(c.text)) > 0
}

// dated is the text of a number that is shown as a date or time.
func (d *xlsxReader) dated(number []byte, style cellStyle, column *Column) ([]byte, Problem) {
	kind, layout, dateOnly := Text, "", false
	if column != nil {
		kind, layout, dateOnly = column.Kind, column.Layout, column.DateOnly
	}
	days, seconds, ok := serial(number)
	if !ok {
		return number, Problem{Code: "datum-onmogelijk", Message: "Deze cel is opgemaakt als datum of tijd, maar het getal erin is er geen.", Repair: "Controleer de waarde en de opmaak van de cel."}
	}
	if kind == Number || kind == Hours && style == dayStyle {
		return number, Problem{Code: "datum-geen-getal", Message: "Hier staat een datum waar een getal hoort; Excel maakt bijvoorbeeld van 1-5 of 1.5 een datum.",
			Repair: "Zet de opmaak van de cel op Getal en vul de waarde opnieuw in."}
	}
	if style == timeStyle && kind != Date {
		d.text = appendClock(d.text[:0], days*24*3600+seconds)
		return d.text, Problem{}
	}
	day, ok := civilDay(days, d.is1904)
	if !ok {
		return number, Problem{Code: "datum-onmogelijk", Message: "Dit is geen datum die bestaat.", Repair: "Controleer de datum."}
	}
	if seconds == 0 || dateOnly {
		d.text = appendLayout(d.text[:0], day, layout)
		return d.text, Problem{}
	}
	d.text = appendClock(append(appendLayout(d.text[:0], day, ""), ' '), seconds)
	return d.text, Problem{}
}
