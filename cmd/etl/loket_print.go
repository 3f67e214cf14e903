package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"loket-etl/loket"
	"loket-etl/loket/contract"
	"loket-etl/payroll"
)

// object is a group of named values in an order, for JSON and for people.
type object []member

type member struct {
	name  string
	value any // nil, string, int, int64, bool, object or []any
}

// MarshalJSON keeps the order.
func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := e.Encode(m.name); err != nil {
			return nil, err
		}
		b.WriteByte(':')
		if err := e.Encode(m.value); err != nil {
			return nil, err
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// write writes one value a line, groups indented.
func (o object) write(w io.Writer, indent string) error {
	for _, m := range o {
		if err := writeValue(w, indent, m.name, m.value); err != nil {
			return err
		}
	}
	return nil
}

func writeValue(w io.Writer, indent, name string, value any) error {
	switch v := value.(type) {
	case nil:
		_, err := fmt.Fprintf(w, "%s%s: (empty)\n", indent, name)
		return err
	case object:
		if _, err := fmt.Fprintf(w, "%s%s:\n", indent, name); err != nil {
			return err
		}
		return v.write(w, indent+"  ")
	case []any:
		for _, item := range v {
			if err := writeValue(w, indent, name, item); err != nil {
				return err
			}
		}
		return nil
	}
	_, err := fmt.Fprintf(w, "%s%s: %s\n", indent, name, printable(fmt.Sprint(value)))
	return err
}

// veil masks a value that a passer-by should not read, by the name of its field.
func (l *loketShell) veil(name, value string) string {
	upper := strings.ToUpper(name)
	switch {
	case name == "UserToken":
		return "***"
	case l.reveal:
		return value
	case strings.Contains(upper, "BSN"), strings.Contains(upper, "IBAN"), name == "NummerIdentiteitsbewijs":
		return payroll.Mask(value)
	}
	return value
}

// veld is the value of a field: nil when it is empty.
func (l *loketShell) veld(e loket.Entity, name string) any {
	v := e.Velden[name]
	if v.Nil {
		return nil
	}
	return l.veil(name, v.Waarde)
}

// entity is a record with the fields named, or all of them.
func (l *loketShell) entity(e loket.Entity, fields []string) object {
	if fields == nil {
		fields = e.Order
	}
	velden, codes := object{}, object{}
	for _, name := range fields {
		v, there := e.Velden[name]
		if !there {
			continue
		}
		velden = append(velden, member{name, l.veld(e, name)})
		if v.Omschrijving != "" {
			codes = append(codes, member{name, v.Omschrijving})
		}
	}
	o := object{{"entity", e.Name}, {"identity", e.Identity}, {"parent", e.Parent}, {"versie", e.Versie}, {"velden", velden}}
	if len(codes) > 0 {
		o = append(o, member{"omschrijvingen", codes})
	}
	return o
}

// answer is the answer to a function, in the contract's order.
func (l *loketShell) answer(fields []contract.Param, n *loket.Node) object {
	o := object{}
	for _, p := range fields {
		kids := n.Children(p.Name)
		if p.Repeats() {
			list := []any{}
			for _, k := range kids {
				list = append(list, l.element(p, n, k))
			}
			o = append(o, member{p.Name, list})
		} else if len(kids) > 0 {
			o = append(o, member{p.Name, l.element(p, n, kids[0])})
		}
	}
	return o
}

func (l *loketShell) element(p contract.Param, parent, n *loket.Node) any {
	if n.Nil {
		return nil
	}
	if c, ok := contract.LookupComplex(p.Type); ok {
		return l.answer(c.Fields, n)
	}
	t, ok := contract.LookupType(p.Type)
	if !ok {
		return n.Value
	}
	switch t.Base {
	case "int", "long", "boolean":
		if v, err := t.Value(n.Value); err == nil {
			return v
		}
	case "base64Binary":
		if v, err := t.Value(n.Value); err == nil {
			return fmt.Sprintf("%d bytes", len(v.([]byte)))
		}
	}
	if parent.Name == "Veld" && p.Name == "Waarde" {
		return l.veil(parent.Text("Naam"), n.Value)
	}
	return l.veil(p.Name, n.Value)
}

// arguments are those of a call that is about to go out.
func (l *loketShell) arguments(params []contract.Param, args map[string]any) object {
	o := object{}
	for _, p := range params {
		v, there := args[p.Name]
		if !there {
			continue
		}
		switch typed := v.(type) {
		case contract.Nil:
			v = nil
		case contract.File:
			v = fmt.Sprintf("%s, %s, %d bytes", typed.Name, typed.MimeType, len(typed.Content))
		case []byte:
			v = fmt.Sprintf("%d bytes", len(typed))
		case map[string]any:
			if c, ok := contract.LookupComplex(p.Type); ok {
				v = l.arguments(c.Fields, typed)
			}
		default:
			v = l.veil(p.Name, fmt.Sprint(typed))
		}
		o = append(o, member{p.Name, v})
	}
	return o
}

// meldingen are warnings of Loket, for standard error.
func (l *loketShell) meldingen(all []loket.Melding) {
	for _, m := range all {
		text := m.Omschrijving
		if m.Veld != "" {
			text = m.Veld + ": " + text
		}
		fmt.Fprintf(l.stderr, "etl: Loket says %s\n", printable(strings.TrimSpace(m.Code+" "+text)))
	}
}

// found prints rows, or says on standard error that there are none.
func (l *loketShell) found(v any, header []string, rows [][]string) error {
	return l.print(v, func(w io.Writer) error {
		if len(rows) == 0 {
			fmt.Fprintln(l.stderr, "etl: nothing found")
		}
		return table(w, header, rows)
	})
}
