package validate

import (
	"fmt"
	"math/big"
	"strings"

	"loket-etl/formats"
	"loket-etl/payroll"

	"github.com/xeipuuv/gojsonschema"
)

// explain reports why a cell was not accepted.
func (w *Worker) explain(k *column, line int, cell []byte, report func(formats.Problem)) {
	tell := func(code, message, repair string) { report(k.problem(line, cell, code, message, repair)) }
	var v int64
	var ok bool
	switch k.Type {
	case Text:
		k.explainText(cell, tell)
		return
	case Date:
		if v, ok = k.dates.read(cell); !ok {
			k.explainDate(string(cell), tell)
			return
		}
		k.explainText(w.iso(v, cell), tell)
		return
	case Hours:
		if v, ok = k.hours.read(cell); !ok {
			k.explainHours(string(cell), tell)
			return
		}
		v = hundredMillionths(v)
	default:
		if v, ok = k.number.read(cell); !ok {
			k.explainNumber(string(cell), tell)
			return
		}
	}
	for i := range k.rules {
		if r := &k.rules[i]; !r.onNumber.ok(v) {
			tell(r.code, r.message, r.repair)
		}
	}
}

func (k *column) explainText(text []byte, tell func(code, message, repair string)) {
	for i := range k.rules {
		if r := &k.rules[i]; !r.onText.ok(text) {
			tell(r.code, r.message, r.repair)
		}
	}
}

// argument is the value of a rule in the notation of the column.
func (k *column) argument(r *rule) string {
	if k.Type == Text || k.Type == Date {
		return r.text
	}
	if r.bound == nil {
		return r.text
	}
	return k.local(r.bound)
}

func (k *column) local(r *big.Rat) string {
	s := r.FloatString(10)
	return strings.Replace(strings.TrimRight(strings.TrimRight(s, "0"), "."), ".", string(k.Point), 1)
}

// sentence tells what a keyword asks for. Its kinds are those of the schema and,
// for what only the general validator finds, those of its errors.
func sentence(kind, arg string) (code, message, repair string) {
	switch kind {
	case "minimum", "number_gte":
		return "te-laag", "De waarde is lager dan " + arg + ".", "Vul " + arg + " of meer in."
	case "exclusiveMinimum", "number_gt":
		return "te-laag", "De waarde moet hoger zijn dan " + arg + ".", "Vul een hogere waarde in."
	case "maximum", "number_lte":
		return "te-hoog", "De waarde is hoger dan " + arg + ".", "Vul " + arg + " of minder in."
	case "exclusiveMaximum", "number_lt":
		return "te-hoog", "De waarde moet lager zijn dan " + arg + ".", "Vul een lagere waarde in."
	case "multipleOf", "multiple_of":
		if arg == "1" {
			return "geen-heel-getal", "De waarde is geen heel getal.", "Vul een heel getal in."
		}
		return "geen-veelvoud", "De waarde is geen veelvoud van " + arg + ".", "Rond de waarde af op een veelvoud van " + arg + "."
	case "minLength", "string_gte":
		return "te-kort", "De tekst is korter dan " + arg + " tekens.", "Vul de hele waarde in."
	case "maxLength", "string_lte":
		return "te-lang", "De tekst is langer dan " + arg + " tekens.", "Kort de tekst in."
	case "pattern":
		return "vorm", "De waarde heeft niet de afgesproken vorm (" + arg + ").", "Vul de waarde in zoals afgesproken."
	case "format":
		return "vorm", "De waarde is geen " + formatName(arg) + ".", "Verbeter de waarde."
	case "enum":
		return "niet-toegestaan", "De waarde is niet toegestaan; wel toegestaan: " + shorten(arg) + ".", "Kies een van de toegestane waarden."
	case "const":
		return "niet-toegestaan", "De waarde moet " + arg + " zijn.", "Vul die waarde in."
	case "required", "missing_dependency":
		return "leeg", "De cel is leeg, maar moet bij deze rij gevuld zijn.", "Vul de cel in."
	case "array_min_properties":
		return "te-weinig", "De rij heeft te weinig gevulde cellen: er moeten er minstens " + arg + " zijn.", "Vul de rij aan."
	case "array_max_properties":
		return "te-veel", "De rij heeft te veel gevulde cellen: er mogen er hoogstens " + arg + " zijn.", "Maak cellen leeg die niet gevuld horen te zijn."
	case "false", "additional_property_not_allowed", "invalid_property_name", "number_not":
		return "niet-toegestaan", "Deze waarde mag hier niet staan.", "Maak de cel leeg of verbeter de waarde."
	}
	return "voorwaarde", "De waarden van deze rij passen niet bij elkaar.", "Controleer de rij aan de hand van de afspraken over dit bestand."
}

func formatName(name string) string {
	switch name {
	case "date":
		return "geldige datum (jjjj-mm-dd)"
	case "time":
		return "geldige tijd"
	case "date-time":
		return "geldige datum met tijd"
	case "email", "idn-email":
		return "geldig e-mailadres"
	case "uri", "iri", "uri-reference", "iri-reference", "uri-template":
		return "geldig webadres"
	}
	return "geldige waarde van de soort " + name
}

// shorten keeps a list of allowed values readable.
func shorten(list string) string {
	if r := []rune(list); len(r) > 200 {
		return string(r[:199]) + "…"
	}
	return list
}

// summaries are errors of the general validator that say no more than that
// others follow.
var summaries = map[string]bool{
	"number_any_of": true, "number_one_of": true, "number_all_of": true, "condition_then": true, "condition_else": true,
}

// translate reports what the general validator found.
func (w *Worker) translate(line int, found []gojsonschema.ResultError, report func(formats.Problem)) {
	told := map[string]bool{}
	tell := func(p formats.Problem) {
		if key := p.Field + "\x00" + p.Message; !told[key] {
			told[key] = true
			report(p)
		}
	}
	for _, e := range found {
		if summaries[e.Type()] {
			continue
		}
		code, message, repair := sentence(e.Type(), argument(e))
		p := formats.Problem{Line: line, Code: code, Message: message, Repair: repair}
		name := e.Field()
		for _, detail := range []string{"property", "dependency"} {
			if s, ok := e.Details()[detail].(string); ok && (name == "(root)" || name == "") {
				name = s
			}
		}
		if i, ok := w.c.byName[name]; ok {
			k := &w.c.cols[i]
			p = k.problem(line, nil, code, message, repair)
			if s, ok := e.Value().(fmt.Stringer); ok {
				p.Value = k.show([]byte(s.String()))
			} else if s, ok := e.Value().(string); ok {
				p.Value = k.show([]byte(s))
			}
		}
		tell(p)
	}
	if len(told) == 0 {
		code, message, repair := sentence("", "")
		tell(formats.Problem{Line: line, Code: code, Message: message, Repair: repair})
	}
}

// argument is what the keyword of an error asked for.
func argument(e gojsonschema.ResultError) string {
	for _, name := range []string{"min", "max", "multiple", "pattern", "format", "allowed"} {
		switch v := e.Details()[name].(type) {
		case nil:
		case *big.Rat:
			return strings.TrimRight(strings.TrimRight(v.FloatString(10), "0"), ".")
		case *big.Float:
			return v.Text('g', 12)
		default:
			return strings.ReplaceAll(fmt.Sprint(v), `"`, "")
		}
	}
	return ""
}

// explainDate says why a text is no date, or not one in a declared layout.
func (k *column) explainDate(s string, tell func(code, message, repair string)) {
	shown := "De datum"
	if !k.Personal {
		shown = s
	}
	agreed := k.dates.text()
	for i := range k.dates.known {
		if _, _, _, ok := k.dates.known[i].read([]byte(s)); ok {
			tell("datum-bestaat-niet", shown+" bestaat niet op de kalender.", "Verbeter de datum.")
			return
		}
	}
	var readings []string
	var other layout
	for _, l := range layouts {
		if y, m, d, ok := l.read([]byte(s)); ok {
			if v, ok := civil(y, m, d); ok {
				readings = append(readings, payroll.Date(v).Dutch())
				other = l
			}
		}
	}
	switch {
	case k.Personal && len(readings) > 0:
		tell("datum-vorm", "De datum is anders geschreven dan afgesproken ("+agreed+").", "Schrijf de datum als "+agreed+".")
	case len(readings) > 1:
		tell("datum-dubbelzinnig", fmt.Sprintf("%s kan %s zijn.", s, strings.Join(readings, " of ")), "Schrijf de datum als "+agreed+".")
	case len(readings) == 1 && other.name == "excel":
		tell("datum-vorm", fmt.Sprintf("%s is geen datum; het lijkt een datumnummer van Excel (%s).", s, readings[0]),
			"Geef de kolom in Excel de opmaak datum en schrijf de datum als "+agreed+".")
	case len(readings) == 1:
		tell("datum-vorm", fmt.Sprintf("%s is geschreven als %s; afgesproken is %s.", s, other.text, agreed), "Schrijf de datum als "+agreed+".")
	case len(s) >= 16 && s[4] == '-' && s[7] == '-' && s[10] == 'T':
		tell("geen-datum", "Dit is een datum met een tijd.", "Schrijf alleen de datum, als "+agreed+". In XLSX, JSON en XML kan de beheerder take: date bij de kolom zetten; niet bij een tijd met Z, want dat kan in Nederland een andere dag zijn.")
	default:
		tell("geen-datum", "Dit is geen datum.", "Schrijf de datum als "+agreed+".")
	}
}
