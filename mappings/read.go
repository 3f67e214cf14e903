package mappings

import (
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"loket-etl/loket/contract"
	"loket-etl/payroll"

	"github.com/gocarina/gocsv"
)

// ImportValue is one value inside an import file: a component of variabele
// gegevens, or a leave record.
type ImportValue struct {
	Regelnummer    int    // line of the file, from 1: of the CSV with its header, in XML of the Component
	Werkgever      string // identity, from the call
	WerkgeverID    int
	Clientnummer   int
	PersnrVerl     int
	Persnr         int
	Period         payroll.Period
	Strook         int
	Ploeg          int
	Verdeeleenheid int
	Kostenplaats   string
	Kostendrager   string
	Component      int
	Value          int64 // hundredths
	None           bool  // the value is taken away
	Aanvulling     bool  // the value is added to what stands
	Verlof         *Verlof
}

// Who names the employee of the value as Report and Extract do.
func (v ImportValue) Who() Employee {
	if v.Verlof != nil {
		return Employee{strconv.Itoa(v.WerkgeverID), strconv.Itoa(v.PersnrVerl)}
	}
	return Employee{strconv.Itoa(v.Clientnummer), strconv.Itoa(v.PersnrVerl)}
}

// Employee is the number of the employee: PersnrVerl.
func (v ImportValue) Employee() string { return strconv.Itoa(v.PersnrVerl) }

// Verlof is a leave record.
type Verlof struct {
	Ingangsdatum, Einddatum payroll.Date
	Soort, Factor           int
	Eenheden                payroll.Hours
}

// Read takes the values out of the import file of a call that Run planned, in
// the order of the file.
func Read(call contract.Call) ([]ImportValue, error) {
	if call.Function != importFunction {
		return nil, fmt.Errorf("read import file: %s has none", call.Function)
	}
	file, ok := call.Args["Bestand"].(contract.File)
	if !ok {
		return nil, errors.New("read import file: the call has no Bestand")
	}
	base := ImportValue{Strook: 1}
	base.Werkgever, _ = call.Args["ParentDataIdentity"].(string)
	base.Period.Year, _ = call.Args["Jaar"].(int)
	base.Period.Number, _ = call.Args["PeriodeNummer"].(int)
	if n, ok := call.Args["SoortStrook"].(int); ok {
		base.Strook = n
	}
	var out []ImportValue
	var err error
	switch kind, format := call.Args["SoortGegevens"], call.Args["Formaat"]; {
	case kind == "Verlof" && format == "CSV":
		out, err = readLeave(base, file.Content)
	case kind == "VariabeleGegevens" && format == "CSV":
		out, err = readCSV(base, file.Content)
	case kind == "VariabeleGegevens" && format == "XML":
		out, err = readXML(base, file.Content)
	default:
		err = fmt.Errorf("%v as %v is not one of ours", kind, format)
	}
	if err != nil {
		return nil, fmt.Errorf("read import file %s: %w", file.Name, err)
	}
	return out, nil
}

func readCSV(base ImportValue, content []byte) ([]ImportValue, error) {
	r := csv.NewReader(bytes.NewReader(content))
	r.Comma, r.ReuseRecord = ';', true
	header, err := r.Read()
	if err != nil {
		return nil, err
	}
	fixed := 3
	if len(header) > 3 && header[3] == "verdelingseenheid" {
		fixed = 4
	}
	if len(header) <= fixed || strings.Join(header[:3], ";") != "aanslnr;persnr;ploeg" {
		return nil, errors.New("the header is not that of variabele gegevens")
	}
	components := make([]int, len(header))
	for i := fixed; i < len(header); i++ {
		if components[i], err = strconv.Atoi(header[i]); err != nil {
			return nil, fmt.Errorf("column %d: %w", i+1, err)
		}
	}
	var out []ImportValue
	for {
		cells, err := r.Read()
		if err == io.EOF {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		v := base
		v.Regelnummer, _ = r.FieldPos(0)
		bad := errors.Join(whole(&v.Clientnummer, cells[0]), whole(&v.PersnrVerl, cells[1]), whole(&v.Ploeg, cells[2]))
		if fixed == 4 {
			bad = errors.Join(bad, whole(&v.Verdeeleenheid, cells[3]))
		}
		if bad != nil {
			return nil, fmt.Errorf("line %d: %w", v.Regelnummer, bad)
		}
		for i := fixed; i < len(cells); i++ {
			if cells[i] == "" {
				continue
			}
			n, err := payroll.ParseHours(strings.Replace(cells[i], ",", ".", 1))
			if err != nil {
				return nil, fmt.Errorf("line %d: %w", v.Regelnummer, err)
			}
			v.Component, v.Value = components[i], int64(n)
			out = append(out, v)
		}
	}
}

// whole reads a number; an empty text leaves 0.
func whole(to *int, text string) (err error) {
	if text != "" {
		*to, err = strconv.Atoi(text)
	}
	return err
}

func readXML(base ImportValue, content []byte) ([]ImportValue, error) {
	d := xml.NewDecoder(bytes.NewReader(content))
	var out []ImportValue
	v, text, depth := base, "", 0
	for {
		token, err := d.Token()
		if err == io.EOF && depth == 0 {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		switch t := token.(type) {
		case xml.StartElement:
			if t.Name.Space != xmlNamespace {
				return nil, fmt.Errorf("%s is not in namespace %s", t.Name.Local, xmlNamespace)
			}
			depth++
			text = ""
			line, _ := d.InputPos()
			if err := v.start(&base, t); err != nil {
				return nil, fmt.Errorf("line %d: %w", line, err)
			}
			if t.Name.Local == "Component" {
				v.Regelnummer = line
				out = append(out, v)
			}
		case xml.CharData:
			text += string(t)
		case xml.EndElement:
			depth--
			if err := v.end(t.Name.Local, text); err != nil {
				return nil, err
			}
			text = ""
		}
	}
}

// start takes the attributes of an element; what a new Werknemer or Periode
// does not say is as in base.
func (v *ImportValue) start(base *ImportValue, t xml.StartElement) (err error) {
	number := map[string]*int{}
	switch t.Name.Local {
	case "VariabeleGegevens":
		number["WerkgeverId"], number["Clientnummer"] = &base.WerkgeverID, &base.Clientnummer
	case "Werknemer":
		*v = *base
		number["PersnrVerl"], number["Persnr"] = &v.PersnrVerl, &v.Persnr
	case "Periode":
		v.Strook, v.Ploeg, v.Verdeeleenheid, v.Kostenplaats, v.Kostendrager = 1, 0, 0, "", ""
		number["Jaar"], number["PeriodeNummer"], number["SoortStrook"] = &v.Period.Year, &v.Period.Number, &v.Strook
	case "Component":
		v.Value, v.None, v.Aanvulling = 0, true, false
		number["Nummer"] = &v.Component
	}
	for _, a := range t.Attr {
		switch to := number[a.Name.Local]; {
		case to != nil:
			err = errors.Join(err, whole(to, a.Value))
		case t.Name.Local == "Component" && a.Name.Local == "Waarde":
			n, bad := payroll.ParseHours(a.Value)
			v.Value, v.None, err = int64(n), false, errors.Join(err, bad)
		case t.Name.Local == "Component" && a.Name.Local == "Aanvulling":
			v.Aanvulling = a.Value == "true" || a.Value == "1"
		}
	}
	return err
}

func (v *ImportValue) end(name, text string) error {
	switch name {
	case "Ploeg":
		return whole(&v.Ploeg, text)
	case "Verdeeleenheid":
		return whole(&v.Verdeeleenheid, text)
	case "Kostenplaats":
		v.Kostenplaats = text
	case "Kostendrager":
		v.Kostendrager = text
	}
	return nil
}

// leaveLine is a line of the leave file; the names are its header.
type leaveLine struct {
	WerkgeverID  int       `csv:"WerkgeverId"`
	PersnrVerl   optional  `csv:"PersnrVerl"`
	Persnr       optional  `csv:"Persnr"`
	Naam         string    `csv:"Naam"`
	Ingangsdatum dutchDate `csv:"Ingangsdatum"`
	Einddatum    dutchDate `csv:"Einddatum"`
	Soort        int       `csv:"Soort"`
	Factor       int       `csv:"Factor"`
	Eenheden     units     `csv:"Eenheden"`
}

type optional int

func (o *optional) UnmarshalCSV(s string) error { return whole((*int)(o), s) }

type dutchDate payroll.Date

func (d *dutchDate) UnmarshalCSV(s string) error {
	if len(s) != 10 {
		return fmt.Errorf("%q is no date", s)
	}
	v, err := payroll.ParseDate(s[6:] + "-" + s[3:5] + "-" + s[:2])
	*d = dutchDate(v)
	return err
}

type units payroll.Hours

func (u *units) UnmarshalCSV(s string) error {
	v, err := payroll.ParseHours(strings.Replace(s, ",", ".", 1))
	*u = units(v)
	return err
}

// readLeave reads what leave.go wrote; the header is compared here, since gocsv
// takes a missing column for empty.
func readLeave(base ImportValue, content []byte) ([]ImportValue, error) {
	if !bytes.HasPrefix(content, []byte(leaveHeader)) {
		return nil, errors.New("the header is not that of verlof")
	}
	r := csv.NewReader(bytes.NewReader(content))
	r.Comma = ';'
	var out []ImportValue
	err := gocsv.UnmarshalDecoderToCallback(gocsv.NewSimpleDecoderFromCSVReader(r), func(l leaveLine) {
		v := base
		v.Regelnummer = len(out) + 2
		v.WerkgeverID, v.PersnrVerl, v.Persnr = l.WerkgeverID, int(l.PersnrVerl), int(l.Persnr)
		v.Verlof = &Verlof{payroll.Date(l.Ingangsdatum), payroll.Date(l.Einddatum), l.Soort, l.Factor, payroll.Hours(l.Eenheden)}
		out = append(out, v)
	})
	return out, err
}
