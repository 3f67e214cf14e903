package mappings

import (
	"loket-etl/loket/contract"
	"loket-etl/validate"
)

// statusArguments are the arguments of a status and the keys that say them.
var statusArguments = []struct{ key, name string }{
	{"berichtkenmerk", "Berichtkenmerk"}, {"actie", "Actie"},
	{"externe_partij", "ExternePartijIdentificatie"}, {"toelichting", "Toelichting"},
}

// status reads the target that decides on tax returns. Its berichtkenmerk is what
// an employee is elsewhere: a row with a problem stops that return only, where the
// policy says so.
func (g *grammar) status(t *target, o *object) {
	t.employeeBy = byReference
	f, ok := contract.Lookup(decideFunction)
	if !ok {
		g.fail(o.node, "", "the contract has no function %s", decideFunction)
		return
	}
	for _, s := range statusArguments {
		l, _ := f.Leaf(s.name)
		typ, _ := contract.LookupType(l.Type)
		a := argument{leaf: l, typ: typ}
		n := o.get(s.key)
		switch {
		case n != nil:
			a.from = g.origin(n, s.key, anyText)
		case !l.Needed() || o.has(s.key):
			continue
		default:
			g.fail(o.node, s.key+": {column: ...}", "to has no %q", s.key)
			continue
		}
		if k := a.from.kind; s.name == "Berichtkenmerk" && k != absent && (k != fromColumn || g.m.columns[a.from.column].Type != validate.Text) {
			g.fail(n, "", "the berichtkenmerk comes from a text column of the file")
		}
		g.fixed(&a, o, s.key)
		if a.from.kind != absent {
			t.args = append(t.args, a)
		}
		if s.name == "Berichtkenmerk" {
			t.employee = a.from
		}
	}
}

// fixed checks the values that the mapping itself holds.
func (g *grammar) fixed(a *argument, o *object, key string) {
	var texts []string
	switch a.from.kind {
	case constant:
		texts = []string{a.from.text}
	case fromTable:
		texts = a.from.lookup.texts
		if a.from.lookup.otherwise {
			texts = append(texts[:len(texts):len(texts)], a.from.lookup.text)
		}
	}
	for _, text := range texts {
		if bad := checkArgument(a.typ, text); bad != nil && (text != "" || a.leaf.Needed()) {
			g.fail(o.nodes[key].Value, "", "%q: %q is %s", key, text, bad.Reason)
		} else if text != "" && len(knownCodes(a.leaf.Table, text)) == 0 {
			g.fail(o.nodes[key].Value, "", "%q: Loket's table %s has no code %q", key, a.leaf.Table, text)
		}
	}
}
