package mappings

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"loket-etl/loket/contract"
	"loket-etl/payroll"
	"loket-etl/validate"
)

// argument is a value of a call and where it comes from.
type argument struct {
	leaf contract.Leaf
	from origin
	typ  *contract.SimpleType
}

// column is the one to repair, -1 when the value is in none.
func (a *argument) column() int {
	if a.from.kind == fromColumn || a.from.kind == fromTable {
		return a.from.column
	}
	return -1
}

// takeEmptied takes the word that empties a field out of the cells, so that a
// date column may hold it too.
func (w *worker) takeEmptied() {
	clear(w.nils)
	for i := range w.j.columns {
		if string(w.cell(i)) == w.j.m.to.empty {
			w.nils[i] = true
			w.rec.Cells[w.j.columns[i].Index] = nil
		}
	}
}

// change reads the row as a call about one record.
func (w *worker) change(emp int32) (d decision, about string, ok bool) {
	t := &w.j.m.to
	c := t.change
	f, _ := contract.Lookup(c.function)
	args := w.arguments()
	d = decision{emp: emp, line: w.rec.Line, args: args}
	if c.adds() {
		d.doc = w.document()
	}
	if emp < 0 {
		return d, "", false
	}
	if len(args) == 0 || missesAll(f, args) {
		if !w.failed {
			w.problem(-1, "niets-gegeven", func() (string, string) {
				return "Op deze regel staat niets om te wijzigen.", "Vul in wat er moet veranderen of laat de regel weg."
			})
		}
		return d, "", false
	}
	w.complete(f, args)
	owner, subject, ok := w.owner(emp, args)
	if !ok {
		return d, "", false
	}
	if name := c.owner(f); name != "" {
		args[name] = owner
	}
	if c.key != "" {
		owner += "/" + w.texts.texts[w.emps.all[emp].key.mail]
	}
	if d.doc != nil {
		owner += "/" + string(d.doc.SHA256[:])
	}
	d.subject = subject
	return d, owner, !w.failed
}

// missesAll reports whether a row gives nothing of what the function wants.
func missesAll(f *contract.Function, args map[string]any) bool {
	for _, name := range f.AtLeastOne {
		if _, there := args[name]; there {
			return false
		}
	}
	return len(f.AtLeastOne) > 0
}

// complete notes codes that are not valid on the day of the change, and what is
// missing: values without which there is no call, and the rest of a group of
// which something is given.
func (w *worker) complete(f *contract.Function, args map[string]any) {
	for i := range w.j.m.to.args {
		a := &w.j.m.to.args[i]
		l := &a.leaf
		v, there := l.In(args)
		if code, ok := v.(string); ok && l.Table != "" {
			w.checkCode(args, a, code)
		}
		if there || l.Min == 0 || a.column() >= 0 && w.bad[a.column()] {
			continue
		}
		if !l.Needed() && !hasGroup(l, args) {
			continue
		}
		w.problem(a.column(), "leeg", func() (string, string) {
			return l.Field + " is leeg, maar Loket heeft het hier nodig.", "Vul de cel in."
		})
	}
}

func hasGroup(l *contract.Leaf, args map[string]any) bool {
	for _, g := range l.Groups {
		group, ok := args[g.Name].(map[string]any)
		if !ok {
			return false
		}
		args = group
	}
	return true
}

// owner finds whose record the row is about: its identity in Loket, and in words
// without a name.
func (w *worker) owner(emp int32, args map[string]any) (identity, subject string, ok bool) {
	t, people, k := &w.j.m.to, w.j.in.People, &w.emps.all[emp].key
	c := t.change
	switch c.about {
	case aboutNothing:
		if c.key == dossierKey {
			return "", fmt.Sprintf("dossierstuk %s %s", w.texts.texts[k.mail], c.verb), true
		}
		return "", fmt.Sprintf("%s (regel %d)", c.verb, w.rec.Line), true
	case aboutEmployer:
		e := people.employer(t.employerBy, int(k.employer))
		if e == nil {
			w.problem(w.employerColumn(), "werkgever-onbekend", func() (string, string) {
				issue := people.unknown(t, k, "")
				return issue.Message, issue.Repair
			})
			return "", "", false
		}
		subject = fmt.Sprintf("werkgever %d: %s", e.id, c.verb)
		if c.key != "" {
			subject += fmt.Sprintf(" (regel %d)", w.rec.Line)
		}
		return e.werkgever, subject, true
	}
	if c.adds() && !w.ofEmployee(emp, args) {
		return w.dossierOfEmployer(emp)
	}
	x := w.person(emp, args)
	if x == nil {
		return "", "", false
	}
	identity = x.Persoon
	if c.about == aboutEmployment {
		identity = x.Dienstverband
	}
	subject = fmt.Sprintf("werknemer %d bij clientnummer %d: %s", x.PersnrVerl, x.Clientnummer, c.verb)
	if c.adds() {
		subject += w.onLine()
	}
	return identity, subject, true
}

func (w *worker) employerColumn() int {
	if k := w.j.m.to.employer.kind; k == fromColumn || k == fromTable {
		return w.j.m.to.employer.column
	}
	return -1
}

// person is the one whom the row is about, nil with a problem when there is not
// exactly one.
func (w *worker) person(emp int32, args map[string]any) *Person {
	t, people, k := &w.j.m.to, w.j.in.People, &w.emps.all[emp].key
	text := w.texts.texts[k.mail]
	all := people.candidates(t, k, text)
	found := people.distinct(all, t.change.about)
	if len(found) > 1 && t.change.about == aboutEmployment {
		if day := w.day(args); day != 0 {
			found = people.distinct(people.inService(all, day, day), t.change.about)
		}
	}
	if len(found) == 1 {
		return &people.all[found[0]]
	}
	issue := people.unknown(t, k, text)
	column := t.employee.column
	switch {
	case len(all) > 0:
		issue.Code = "werknemer-dubbelzinnig"
		issue.Message = "Dit kan meer dan één werknemer of dienstverband zijn: " + people.numbers(all) + "."
		issue.Repair = "Zoek in Loket uit om wie het gaat en geef zijn personeelsnummer verloning op."
	case issue.Code == "werkgever-onbekend":
		column = w.employerColumn()
	}
	w.problem(column, issue.Code, func() (string, string) { return issue.Message, issue.Repair })
	return nil
}

// distinct are candidates that differ in the record that is changed, the last
// employment of each.
func (p *People) distinct(all []int32, what about) []int32 {
	var out []int32
	for _, i := range all {
		same := slices.IndexFunc(out, func(o int32) bool {
			if what == aboutPerson {
				return p.all[o].Persoon == p.all[i].Persoon
			}
			return o == i
		})
		switch {
		case same < 0:
			out = append(out, i)
		case p.all[out[same]].InDienst < p.all[i].InDienst:
			out[same] = i
		}
	}
	return out
}

// identity fills in whom a BSN, or a name with a date of birth, means.
func (w *worker) identity(k *employeeKey, text []byte) bool {
	t := &w.j.m.to
	if t.employeeBy == byBSN {
		bsn, err := payroll.ParseBSN(strings.TrimSpace(string(text)))
		if err != nil {
			w.problem(t.employee.column, "bsn", func() (string, string) { return "Dit is geen BSN.", "Verbeter het nummer." })
			return false
		}
		k.mail = w.texts.id([]byte(bsn.Digits()))
		return true
	}
	k.mail = w.texts.id([]byte(foldName(string(text))))
	if w.bad[t.born] {
		return false
	}
	if !w.out[t.born].Set {
		w.problem(t.born, "geboortedatum-leeg", func() (string, string) {
			return "Zonder geboortedatum is aan een naam niet te zien om wie het gaat.", "Vul de geboortedatum in."
		})
		return false
	}
	k.number = w.out[t.born].Num
	return true
}

// arguments are those of the row's call, with a problem noted for each that Loket
// would not take.
func (w *worker) arguments() map[string]any {
	args := map[string]any{}
	emptied := w.emptiedGroups(args)
	for i := range w.j.m.to.args {
		a := &w.j.m.to.args[i]
		text, empties, ok := w.text(a)
		switch group := innermost(&a.leaf); {
		case !ok:
		case emptied[group]:
			if text != "" {
				w.problem(a.column(), "leeg-en-gevuld", func() (string, string) {
					return a.leaf.Field + " is gevuld, maar de regel maakt alles wat erbij hoort leeg.", "Maak ook deze cel leeg, of geef het geheel op."
				})
			}
		case empties && !a.leaf.Nillable:
			if !w.bad[a.column()] {
				w.problem(a.column(), "niet-leeg", func() (string, string) {
					return a.leaf.Field + " kan in Loket niet leeg worden gemaakt.", "Vul een waarde in, of laat de cel leeg om niets te wijzigen."
				})
			}
		case empties:
			a.leaf.Put(args, contract.Nil{})
		case text != "" || a.leaf.Needed() && w.j.m.to.change == nil:
			w.put(args, a, text)
		}
	}
	return args
}

// innermost is the name of the group that a value lies in, "" for none.
func innermost(l *contract.Leaf) string {
	if n := len(l.Groups); n > 0 {
		return l.Groups[n-1].Name
	}
	return ""
}

// emptiedGroups empties the groups of which the row empties a value that they
// cannot do without.
func (w *worker) emptiedGroups(args map[string]any) map[string]bool {
	var emptied map[string]bool
	for i := range w.j.m.to.args {
		a := &w.j.m.to.args[i]
		n := len(a.leaf.Groups)
		if c := a.column(); c < 0 || !w.nils[c] || a.leaf.Nillable || n == 0 || !a.leaf.Groups[n-1].Nillable {
			continue
		}
		if emptied == nil {
			emptied = map[string]bool{}
		}
		emptied[innermost(&a.leaf)] = true
		if n == 1 {
			args[a.leaf.Groups[0].Name] = contract.Nil{}
		}
	}
	return emptied
}

// text is the text of a value, "" when it is not given; empties says that the
// field is to be emptied. It is false when the row has a problem with it, which
// is then noted.
func (w *worker) text(a *argument) (text string, empties, ok bool) {
	c := a.column()
	if c >= 0 && w.nils[c] {
		return "", true, true
	}
	if a.from.kind == fromColumn {
		v := &w.out[c]
		switch typ := w.j.columns[c].Type; {
		case w.bad[c] || !v.Set:
			return "", false, !w.bad[c]
		case typ == validate.Date:
			return payroll.Date(v.Num).String(), false, true
		case a.typ.Base == "decimal":
			return w.decimal(c)
		}
	}
	id, ok := w.optionalWord(&a.from)
	return strings.TrimSpace(w.texts.texts[id]), false, ok
}

func (w *worker) decimal(c int) (text string, empties, ok bool) {
	ticks, _, ok := w.ticks([]int{c})
	v, exact := round(ticks, refuseRounding)
	if ok && !exact {
		w.problem(c, "afronding", func() (string, string) {
			return "Dit getal heeft meer dan twee decimalen.", "Gebruik ten hoogste twee decimalen."
		})
	}
	return payroll.Cents(v).String(), false, ok && exact
}

// put sets a value of the call, if Loket will take it.
func (w *worker) put(args map[string]any, a *argument, text string) {
	switch a.typ.Name {
	case "BSN":
		if bsn, err := payroll.ParseBSN(text); err == nil {
			text = bsn.Digits()
		}
	case "IBAN":
		if iban, err := payroll.ParseIBAN(text); err == nil {
			text = iban.Text()
		}
	}
	if err := checkArgument(a.typ, text); err != nil {
		w.problem(a.column(), "waarde", func() (string, string) {
			return fmt.Sprintf("%s %s.", a.leaf.Name, err.Dutch), "Verbeter de waarde."
		})
		return
	}
	v, _ := a.typ.Value(text)
	a.leaf.Put(args, v)
}

// day is the day on which codes must be valid: that of the change, else the day on
// which the file was dropped; 0 when neither is known.
func (w *worker) day(args map[string]any) payroll.Date {
	if c := w.j.m.to.change; c != nil && c.day != "" {
		f, _ := contract.Lookup(c.function)
		l, _ := f.Leaf(c.day)
		if v, _ := l.In(args); v != nil {
			if day, ok := v.(payroll.Date); ok {
				return day
			}
		}
	}
	if w.j.in.Dropped.IsZero() {
		return 0
	}
	return payroll.DateOf(w.j.in.Dropped)
}

func checkArgument(t *contract.SimpleType, text string) *contract.ValueError {
	var bad *contract.ValueError
	if errors.As(t.Check(text), &bad) {
		return bad
	}
	if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' && r != '\t' && r != '\n' && r != '\r' }) {
		return &contract.ValueError{Type: t.Name, Reason: "a control character", Dutch: "bevat een onzichtbaar teken dat niet naar Loket kan"}
	}
	return nil
}
