package formats

import (
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"
)

// cellStyle is what a number in a cell stands for.
type cellStyle byte

const (
	plainStyle cellStyle = iota
	dayStyle             // a date, maybe with a time
	timeStyle            // a time or a length of time
)

// styles reads what each style of the workbook makes of a number.
func (w *workbookZip) styles(name string) ([]cellStyle, error) {
	p, err := w.open(name)
	if p == nil {
		return nil, err
	}
	formats := map[int]cellStyle{}
	var all []cellStyle
	inCells := false
	for {
		t, err := p.next()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		switch t := t.(type) {
		case xml.StartElement:
			switch t.Name.Local {
			case "numFmt":
				if id, err := strconv.Atoi(attribute(&t, "numFmtId")); err == nil && len(formats) < 10_000 {
					formats[id] = styleOf(attribute(&t, "formatCode"))
				}
			case "cellXfs":
				inCells = true
			case "xf":
				if !inCells || len(all) > 100_000 {
					continue
				}
				id, _ := strconv.Atoi(attribute(&t, "numFmtId"))
				style, own := formats[id]
				if !own {
					style = builtinStyle(id)
				}
				all = append(all, style)
			}
		case xml.EndElement:
			if t.Name.Local == "cellXfs" {
				inCells = false
			}
		}
	}
}

// builtinStyle is what the formats mean that a workbook does not write out.
func builtinStyle(id int) cellStyle {
	switch {
	case id >= 18 && id <= 21, id >= 32 && id <= 35, id >= 45 && id <= 47, id == 55, id == 56:
		return timeStyle
	case id >= 14 && id <= 22, id >= 27 && id <= 36, id >= 50 && id <= 58:
		return dayStyle
	}
	return plainStyle
}

// styleOf reads a format code: y and d make a date, h and s a time, m what stands
// around it. Texts, escaped letters and what is in brackets do not count, but for
// [h], [m] and [s].
func styleOf(code string) cellStyle {
	code = strings.ToLower(code)
	if first, _, more := strings.Cut(code, ";"); more {
		code = first
	}
	if code == "general" || code == "standaard" {
		return plainStyle
	}
	day, clock, m := false, false, false
	for i := 0; i < len(code); i++ {
		switch c := code[i]; c {
		case '"':
			end := strings.IndexByte(code[i+1:], '"')
			if end < 0 {
				return plainStyle
			}
			i += end + 1
		case '\\', '_', '*':
			i++
		case '[':
			end := strings.IndexByte(code[i:], ']')
			if end < 0 {
				return plainStyle
			}
			if in := strings.Trim(code[i+1:i+end], "hmsu"); in == "" && end > 1 {
				clock = true
			}
			i += end
		case 'y', 'd', 'j':
			day = true
		case 'h', 's', 'u':
			clock = true
		case 'm':
			m = true
		}
	}
	switch {
	case day || m && !clock:
		return dayStyle
	case clock:
		return timeStyle
	}
	return plainStyle
}
