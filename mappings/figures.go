package mappings

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"loket-etl/loket/contract"
	"loket-etl/payroll"
)

// Field is a named text.
type Field struct{ Name, Value string }

// Figure is one thing that a call makes Loket hold: a component of somebody in a
// period, a leave record, or an argument of a call without an import file. Key says
// which; two figures of one call with the same key are about the same thing.
type Figure struct {
	Call  string // function of the contract
	About string // subject of the call
	Key   []Field
	Value string // hours or euros with two decimals; a BSN or IBAN is masked
}

// key is the figure without its value, as a text to compare.
func (f *Figure) key() string {
	var b strings.Builder
	b.WriteString(f.Call + "\x1f" + f.About)
	for _, k := range f.Key {
		b.WriteString("\x1f" + k.Name + "\x1e" + k.Value)
	}
	return b.String()
}

// String is what the figure is about.
func (f Figure) String() string {
	text := f.About
	for _, k := range f.Key {
		if text != "" {
			text += ", "
		}
		text += k.Name + " " + k.Value
	}
	return text
}

// Get is the value of a field of the key, "" when there is none of that name.
func (f *Figure) Get(name string) string {
	for _, k := range f.Key {
		if k.Name == name {
			return k.Value
		}
	}
	return ""
}

// Figures are what a call makes Loket hold, in the order of the call. The first is
// how an import file counts: its mode.
func Figures(call contract.Call, subject string) ([]Figure, error) {
	if call.Function != importFunction {
		var all []Figure
		for _, a := range Arguments(call) {
			all = append(all, Figure{call.Function, subject, []Field{{"argument", a.Name}}, a.Value})
		}
		return all, nil
	}
	values, err := Read(call)
	if err != nil {
		return nil, err
	}
	var all []Figure
	if mode, ok := call.Args[modeArgument].(string); ok {
		all = append(all, Figure{call.Function, subject, []Field{{"argument", modeArgument}}, mode})
	}
	for i := range values {
		all = append(all, figure(call.Function, subject, &values[i]))
	}
	return all, nil
}

// modeArgument says how an import file counts beside what stands in Loket.
const modeArgument = "Verwerkingswijze"

func figure(function, subject string, v *ImportValue) Figure {
	f := Figure{Call: function, About: subject}
	add := func(name, value string, none bool) {
		if !none {
			f.Key = append(f.Key, Field{name, value})
		}
	}
	number := func(name string, n, none int) { add(name, strconv.Itoa(n), n == none) }
	number("clientnummer", v.Clientnummer, 0)
	number("werkgever_id", v.WerkgeverID, 0)
	number("persnr_verl", v.PersnrVerl, 0)
	number("persnr", v.Persnr, 0)
	if l := v.Verlof; l != nil {
		add("from", l.Ingangsdatum.String(), false)
		add("until", l.Einddatum.String(), false)
		number("soort", l.Soort, 0)
		number("factor", l.Factor, 0)
		f.Value = l.Eenheden.String()
		return f
	}
	add("period", v.Period.String(), false)
	number("strook", v.Strook, 1)
	number("ploeg", v.Ploeg, 0)
	number("verdeeleenheid", v.Verdeeleenheid, 0)
	add("kostenplaats", v.Kostenplaats, v.Kostenplaats == "")
	add("kostendrager", v.Kostendrager, v.Kostendrager == "")
	number("component", v.Component, 0)
	add("aanvulling", "yes", !v.Aanvulling)
	f.Value = "(none)"
	if !v.None {
		f.Value = payroll.Cents(v.Value).String()
	}
	return f
}

// Arguments are the arguments of a call in the order of the contract, as text for
// people: of a file only how long it is, of a BSN or IBAN only the end.
func Arguments(call contract.Call) []Field {
	fn, ok := contract.Lookup(call.Function)
	if !ok {
		return nil
	}
	return appendArguments(nil, "", fn.Params, call.Args)
}

func appendArguments(args []Field, path string, params []contract.Param, given map[string]any) []Field {
	for _, p := range params {
		name := path + p.Name
		switch v := given[p.Name].(type) {
		case nil:
		case []byte:
			args = append(args, Field{name, fmt.Sprintf("%d bytes", len(v))})
		case contract.File:
			args = append(args, Field{name, fmt.Sprintf("%s (%s, %d bytes)", v.Name, v.MimeType, len(v.Content))})
		case time.Time:
			args = append(args, Field{name, v.Format(time.RFC3339)})
		case contract.Nil:
			args = append(args, Field{name, "(maakt leeg)"})
		case map[string]any:
			if c, ok := contract.LookupComplex(p.Type); ok {
				args = appendArguments(args, name+"/", c.Fields, v)
			}
		default:
			text := fmt.Sprint(v)
			if p.Type == "BSN" || p.Type == "IBAN" {
				text = payroll.Mask(text)
			}
			args = append(args, Field{name, text})
		}
	}
	return args
}

// Difference is what two plans do differently with one thing. Before or After is
// "" when that plan says nothing of it.
type Difference struct {
	Figure        // its Value means nothing
	Before, After string
}

// Compare is what two plans do differently, in the order of the keys. The order of
// the figures in a plan makes no difference.
func Compare(before, after []Figure) []Difference {
	type both struct {
		f             *Figure
		before, after []string
	}
	found := map[string]*both{}
	at := func(f *Figure) *both {
		b := found[f.key()]
		if b == nil {
			b = &both{f: f}
			found[f.key()] = b
		}
		return b
	}
	for i := range before {
		b := at(&before[i])
		b.before = append(b.before, before[i].Value)
	}
	for i := range after {
		b := at(&after[i])
		b.after = append(b.after, after[i].Value)
	}
	var all []Difference
	for _, b := range found {
		b.before, b.after = apart(b.before, b.after)
		for i := range max(len(b.before), len(b.after)) {
			d := Difference{Figure: *b.f}
			d.Value = ""
			if i < len(b.before) {
				d.Before = b.before[i]
			}
			if i < len(b.after) {
				d.After = b.after[i]
			}
			all = append(all, d)
		}
	}
	slices.SortFunc(all, func(a, b Difference) int { return compareDifferences(&a, &b) })
	return all
}

// apart leaves out what both have.
func apart(a, b []string) (onlyA, onlyB []string) {
	b = slices.Clone(b)
	for _, v := range a {
		if i := slices.Index(b, v); i >= 0 {
			b = slices.Delete(b, i, i+1)
			continue
		}
		onlyA = append(onlyA, v)
	}
	return onlyA, b
}

// compareDifferences orders by call and key, numbers as numbers.
func compareDifferences(a, b *Difference) int {
	c := cmp.Or(strings.Compare(a.Call, b.Call), strings.Compare(a.About, b.About))
	for i := 0; c == 0 && i < min(len(a.Key), len(b.Key)); i++ {
		x, y := a.Key[i], b.Key[i]
		if c = strings.Compare(x.Name, y.Name); c != 0 {
			break
		}
		n, err := strconv.Atoi(x.Value)
		m, err2 := strconv.Atoi(y.Value)
		if c = strings.Compare(x.Value, y.Value); err == nil && err2 == nil {
			c = cmp.Compare(n, m)
		}
	}
	return cmp.Or(c, len(a.Key)-len(b.Key), strings.Compare(a.Before, b.Before), strings.Compare(a.After, b.After))
}
