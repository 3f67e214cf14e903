package mappings

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"loket-etl/formats"
)

// Outcome is what came of a sample, or what must come of it.
type Outcome struct {
	PerEmployee bool // the policy it is read with
	Counts      map[string]int
	Figures     []Figure
	Problems    []formats.Problem
	LeftOut     []Employee
}

// The names of Outcome.Counts.
var countNames = []string{"rows", "accepted", "refused", "passed_over"}

// Refused reports whether nothing would go to Loket.
func (o *Outcome) Refused() bool { return len(o.Figures) == 0 }

// expectation is an outcome as a file says it: NAME.expect.yaml.
type expectation struct {
	Policy     string             `yaml:"policy"`
	Rows       *int               `yaml:"rows"`
	Accepted   *int               `yaml:"accepted"`
	Refused    *int               `yaml:"refused"`
	PassedOver *int               `yaml:"passed_over"`
	Calls      []expectedCall     `yaml:"calls"`
	LeftOut    []map[string]plain `yaml:"left_out"`
	Problems   []expectedProblem  `yaml:"problems"`
}

type expectedCall struct {
	Call   string          `yaml:"call"`
	About  string          `yaml:"about"`
	Values []expectedValue `yaml:"values"`
}

type expectedProblem struct {
	Line    int    `yaml:"line"`
	Column  int    `yaml:"column"`
	Field   plain  `yaml:"field"`
	Code    string `yaml:"code"`
	Message string `yaml:"message"`
}

// plain is a scalar as it is written: 15.50 stays that, and 01 too.
type plain string

// UnmarshalYAML takes the text of any scalar.
func (p *plain) UnmarshalYAML(node ast.Node) error {
	text, err := scalarText(node)
	*p = plain(text)
	return err
}

func scalarText(node ast.Node) (string, error) {
	switch n := node.(type) {
	case *ast.StringNode:
		return n.Value, nil
	case *ast.LiteralNode:
		return n.Value.Value, nil
	case ast.ScalarNode:
		return n.GetToken().Value, nil
	}
	return "", fmt.Errorf("line %d: write one value here", node.GetToken().Position.Line)
}

// expectedValue is a figure: its key in the order of the file, and "value".
type expectedValue struct {
	key   []Field
	value string
}

// UnmarshalYAML takes a map of scalars and keeps its order.
func (v *expectedValue) UnmarshalYAML(node ast.Node) error {
	m, ok := node.(ast.MapNode)
	if !ok {
		return fmt.Errorf("line %d: a value is written as {persnr_verl: 1, ..., value: 8.00}", node.GetToken().Position.Line)
	}
	for i := m.MapRange(); i.Next(); {
		text, err := scalarText(i.Value())
		if err != nil {
			return err
		}
		if name := i.Key().GetToken().Value; name == "value" {
			v.value = text
		} else {
			v.key = append(v.key, Field{name, text})
		}
	}
	return nil
}

// keyOrder is the order of what a value is about: see figure.
var keyOrder = []string{
	"argument", "clientnummer", "werkgever_id", "persnr_verl", "persnr", "from", "until", "soort", "factor",
	"period", "strook", "ploeg", "verdeeleenheid", "kostenplaats", "kostendrager", "component", "aanvulling",
}

// readOutcome reads what is expected of a sample.
func readOutcome(file string, data []byte) (*Outcome, error) {
	var e expectation
	if err := decodeYAML(file, data, &e); err != nil {
		return nil, err
	}
	o := &Outcome{PerEmployee: e.Policy == "per-employee", Counts: map[string]int{}}
	if e.Policy != "" && e.Policy != "per-employee" && e.Policy != "all-or-nothing" {
		return nil, fmt.Errorf("%s: policy: %q is not one of all-or-nothing, per-employee", file, e.Policy)
	}
	for i, n := range []*int{e.Rows, e.Accepted, e.Refused, e.PassedOver} {
		if n != nil {
			o.Counts[countNames[i]] = *n
		}
	}
	for _, c := range e.Calls {
		for _, v := range c.Values {
			for _, k := range v.key {
				if !slices.Contains(keyOrder, k.Name) {
					return nil, fmt.Errorf("%s: a value has no %q; it has value and %s", file, k.Name, strings.Join(keyOrder, ", "))
				}
			}
			slices.SortStableFunc(v.key, func(a, b Field) int {
				return slices.Index(keyOrder, a.Name) - slices.Index(keyOrder, b.Name)
			})
			o.Figures = append(o.Figures, Figure{c.Call, c.About, v.key, v.value})
		}
	}
	for _, p := range e.Problems {
		o.Problems = append(o.Problems, formats.Problem{Line: p.Line, Column: p.Column, Field: string(p.Field), Code: p.Code, Message: p.Message})
	}
	for _, x := range e.LeftOut {
		o.LeftOut = append(o.LeftOut, Employee{string(x["clientnummer"]), string(x["employee"])})
	}
	return o, nil
}

// Against says in plain words what came out otherwise than expected; nothing when
// all is as expected. What an expectation leaves open is not compared: a count, or
// of a problem its column, field, code, or the rest of the message.
func (o *Outcome) Against(want *Outcome) []string {
	var all []string
	for _, d := range Compare(o.complete(want.Figures), o.Figures) {
		what := d.Call + ", " + d.String()
		switch {
		case d.Before == "":
			all = append(all, fmt.Sprintf("%s: %s came out and is not expected", what, d.After))
		case d.After == "":
			all = append(all, fmt.Sprintf("%s: %s is expected and did not come out", what, d.Before))
		default:
			all = append(all, fmt.Sprintf("%s: %s is expected, %s came out", what, d.Before, d.After))
		}
	}
	left := slices.Clone(o.Problems)
	for _, w := range want.Problems {
		i := slices.IndexFunc(left, func(p formats.Problem) bool { return isExpected(w, p) })
		if i < 0 {
			all = append(all, "this problem is expected and was not found: "+w.String())
			continue
		}
		left = slices.Delete(left, i, i+1)
	}
	for _, p := range left {
		all = append(all, "this problem is not expected: "+p.String())
	}
	for _, e := range want.LeftOut {
		if !slices.Contains(o.LeftOut, e) {
			all = append(all, fmt.Sprintf("employee %s of %s is expected to be left out and is not", e.Number, e.Clientnummer))
		}
	}
	for _, e := range o.LeftOut {
		if !slices.Contains(want.LeftOut, e) {
			all = append(all, fmt.Sprintf("employee %s of %s is left out, which is not expected", e.Number, e.Clientnummer))
		}
	}
	for _, name := range countNames {
		if n, ok := want.Counts[name]; ok && n != o.Counts[name] {
			all = append(all, fmt.Sprintf("%s: %d expected, %d came out", name, n, o.Counts[name]))
		}
	}
	return all
}

// complete gives expected figures what an expectation may leave out because the rest
// says it: who the employer is, the period, and the other number of an employee.
func (o *Outcome) complete(want []Figure) []Figure {
	mayMiss := []string{"clientnummer", "werkgever_id", "persnr_verl", "persnr", "period"}
	without := func(f Figure, names []string) string {
		f.Key = slices.DeleteFunc(slices.Clone(f.Key), func(k Field) bool { return slices.Contains(names, k.Name) })
		return f.key()
	}
	all := slices.Clone(want)
	for i := range all {
		var missing []string
		for _, name := range mayMiss {
			if all[i].Get(name) == "" {
				missing = append(missing, name)
			}
		}
		if len(missing) == 0 || all[i].Get("persnr_verl")+all[i].Get("persnr") == "" {
			continue
		}
		key := all[i].key()
		for _, f := range o.Figures {
			if without(f, missing) == key {
				all[i].Key = f.Key
				break
			}
		}
	}
	return all
}

// isExpected reports whether a problem is one that was expected.
func isExpected(want, p formats.Problem) bool {
	return (want.Line == 0 || want.Line == p.Line) && (want.Column == 0 || want.Column == p.Column) &&
		(want.Field == "" || want.Field == p.Field) && (want.Code == "" || want.Code == p.Code) &&
		strings.Contains(sentenceOf(p), want.Message)
}

// sentenceOf are what a problem says, without its place.
func sentenceOf(p formats.Problem) string {
	return strings.TrimSpace(p.Message + " " + p.Repair)
}

// YAML is the outcome as a file that readOutcome reads.
func (o *Outcome) YAML() []byte {
	var b strings.Builder
	if o.PerEmployee {
		b.WriteString("policy: per-employee\n")
	}
	for _, name := range countNames {
		fmt.Fprintf(&b, "%s: %d\n", name, o.Counts[name])
	}
	call, about := "", ""
	for i, f := range o.Figures {
		if i == 0 {
			b.WriteString("calls:\n")
		}
		if f.Call != call || f.About != about {
			call, about = f.Call, f.About
			fmt.Fprintf(&b, "  - call: %s\n    about: %s\n    values:\n", inYAML(call), inYAML(about))
		}
		b.WriteString("      - {")
		for _, k := range f.Key {
			b.WriteString(k.Name + ": " + inYAML(k.Value) + ", ")
		}
		b.WriteString("value: " + inYAML(f.Value) + "}\n")
	}
	for i, e := range o.LeftOut {
		if i == 0 {
			b.WriteString("left_out:\n")
		}
		fmt.Fprintf(&b, "  - {clientnummer: %s, employee: %s}\n", inYAML(e.Clientnummer), inYAML(e.Number))
	}
	for i, p := range o.Problems {
		if i == 0 {
			b.WriteString("problems:\n")
		}
		lead := "  - "
		put := func(name, value string, none bool) {
			if !none {
				b.WriteString(lead + name + ": " + value + "\n")
				lead = "    "
			}
		}
		put("line", strconv.Itoa(p.Line), p.Line == 0)
		put("column", strconv.Itoa(p.Column), p.Column == 0)
		put("field", inYAML(p.Field), p.Field == "")
		put("code", inYAML(p.Code), p.Code == "")
		put("message", inYAML(sentenceOf(p)), false)
	}
	return []byte(b.String())
}

// inYAML is a text as a scalar, between quotes where it could be taken for more.
func inYAML(s string) string {
	for _, r := range s {
		if !strings.ContainsRune(" .-/_", r) && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') {
			return strconv.Quote(s)
		}
	}
	if s == "" || s == "null" || strings.Trim(s, " ") != s || s[0] == '-' && (len(s) == 1 || s[1] < '0' || s[1] > '9') {
		return strconv.Quote(s)
	}
	return s
}
