package mappings

import (
	"strings"

	"loket-etl/loket/contract"
	"loket-etl/validate"

	"github.com/goccy/go-yaml/ast"
)

// change reads a target whose rows are calls of one function each. Its fields are
// the values of the request, by the names that they have in a record.
func (g *grammar) change(t *target, o *object) {
	c := t.change
	f, ok := contract.Lookup(c.function)
	if !ok {
		g.fail(o.node, "", "the contract has no function %s", c.function)
		return
	}
	switch c.about {
	case aboutPerson, aboutEmployment:
		g.employer(t, o)
		g.employee(t, o)
	case aboutEmployer:
		g.employer(t, o)
		if t.employeeBy = byEmployer; t.employerBy == byTheEmployee {
			g.fail(o.nodes["employer"].Value, "clientnummer: or werkgever_id:", "there is no employee in this file to find the employer by")
		}
	}
	if c.adds() {
		g.bundled(t, o)
	} else if g.m.hasDocuments() {
		g.fail(o.nodes["what"].Value, "what: dossier-toevoegen", "a file with documents goes to dossiers")
	}
	t.empty = o.text("empty")
	n := o.need("fields", "fields: {"+c.fields(f)[0].Field+": {column: ...}, ...}")
	if n == nil {
		return
	}
	fields := g.object(n, "fields")
	if fields == nil {
		return
	}
	mapped := map[string]bool{}
	for _, l := range c.fields(f) {
		v := fields.get(l.Field)
		if v == nil {
			continue
		}
		mapped[l.Field] = true
		a := g.field(l, v)
		g.fixed(&a, fields, l.Field)
		if l.Field == c.key {
			t.employeeBy, t.employee = byReference, a.from
			if k := a.from.kind; k != absent && (k != fromColumn || g.m.columns[a.from.column].Type != validate.Text) {
				g.fail(v, "", "%s comes from a text column of the file", l.Field)
			}
		}
		if a.from.kind != absent {
			t.args = append(t.args, a)
		}
	}
	g.whole(c, f, fields, mapped)
	fields.done()
}

// fields are the values of a row's call that a mapping may fill.
func (c *change) fields(f *contract.Function) []contract.Leaf {
	var all []contract.Leaf
	for _, l := range f.Leaves() {
		if l.Field != c.owner(f) {
			all = append(all, l)
		}
	}
	return all
}

// whole wants what every call must have, and the rest of a group of which
// something is mapped.
func (g *grammar) whole(c *change, f *contract.Function, o *object, mapped map[string]bool) {
	groups := map[string]bool{}
	for _, l := range c.fields(f) {
		if mapped[l.Field] {
			groups[groupName(l)] = true
		}
	}
	for _, l := range c.fields(f) {
		if l.Min > 0 && !mapped[l.Field] && !o.has(l.Field) && (l.Needed() || groups[groupName(l)]) {
			g.fail(o.node, l.Field+": {column: ...}", "fields has no %s, without which Loket takes nothing", l.Field)
		}
	}
	if len(mapped) == 0 {
		g.fail(o.node, "there are "+fieldNames(c.fields(f)), "fields is empty")
	}
}

func groupName(l contract.Leaf) string {
	names := make([]string, len(l.Groups))
	for i, p := range l.Groups {
		names[i] = p.Name
	}
	return strings.Join(names, "/")
}

func fieldNames(all []contract.Leaf) string {
	names := make([]string, len(all))
	for i, l := range all {
		names[i] = l.Field
	}
	return strings.Join(names, ", ")
}

// field reads where a value comes from; a column must be of a type that fits.
func (g *grammar) field(l contract.Leaf, n ast.Node) argument {
	typ, _ := contract.LookupType(l.Type)
	a := argument{leaf: l, typ: typ}
	f := anyValue
	if typ.Base == "decimal" {
		f = amountValue
	}
	if a.from = g.origin(n, l.Field, f); a.from.kind != fromColumn {
		return a
	}
	fits := []validate.Type{validate.Text, validate.Integer}
	hint := "type: text or integer"
	switch typ.Base {
	case "date":
		fits, hint = []validate.Type{validate.Date}, "type: date"
	case "decimal":
		fits, hint = []validate.Type{validate.Decimal, validate.Hours, validate.Integer}, "type: decimal, hours or integer"
	case "boolean":
		fits, hint = []validate.Type{validate.Text}, "a table that gives true and false"
	}
	have := g.m.columns[a.from.column].Type
	for _, want := range fits {
		if have == want {
			return a
		}
	}
	g.fail(n, hint, "%s cannot come from column %q", l.Field, g.m.columns[a.from.column].Name)
	return a
}

// ways in which an employee may be named; BSN and name only where a row is about
// him alone.
func (g *grammar) employeeWays(t *target) ([]string, string) {
	if t.change != nil {
		return []string{"persnr_verl", "persnr", "email", "bsn", "name"}, "persnr_verl:, persnr:, email:, bsn: or name: with born:"
	}
	return []string{"persnr_verl", "persnr", "email"}, "persnr_verl:, persnr: or email:"
}

// born reads the date of birth that goes with a name.
func (g *grammar) born(t *target, e *object) {
	n := e.get("born")
	if (n != nil) != (t.employeeBy == byName) {
		g.fail(e.node, "name: {column: achternaam}, born: {column: geboortedatum}", "name and born go together")
		return
	}
	if n == nil {
		return
	}
	x := g.origin(n, "born", anyValue)
	if x.kind != fromColumn || g.m.columns[x.column].Type != validate.Date {
		g.fail(n, "type: date", "born comes from a date column of the file")
		return
	}
	t.born = x.column
}

// masked wants the columns by which a person is found to be masked on receipts.
func (g *grammar) masked(t *target, n ast.Node) {
	if t.employeeBy != byBSN && t.employeeBy != byName || t.employee.kind != fromColumn {
		return
	}
	columns := []int{t.employee.column}
	if t.employeeBy == byName {
		columns = append(columns, t.born)
	}
	for _, c := range columns {
		if !g.m.columns[c].Personal {
			g.fail(n, "personal: yes", "column %q names a person and is not masked", g.m.columns[c].Name)
		}
	}
}
