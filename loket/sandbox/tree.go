package sandbox

import (
	"strconv"

	"loket-etl/loket/contract"
)

// classes tells the entities of the tree apart in identities.
var classes = map[string]class{
	"Werkgever": aWerkgever, "Persoon": aPersoon, "Dienstverband": aDienstverband, "Verlof": aVerlof,
	"VariabeleGegevens": aVariabele, "Verloning": aVerloning, "VerloningsRun": aRun, "Betaling": aBetaling,
	"Journaal": aJournaal, "Loonaangifte": aLoonaangifte,
}

// employer finds the employer of an identity of one of the classes, if the user
// may see it. An identity that does not exist and one that is not seen give the
// same nothing.
func (c *call) place(id string, classes ...class) (*employer, place, bool) {
	p, ok := parseIdentity(id)
	if !ok || p.employer >= len(c.state.employers) {
		return nil, place{}, false
	}
	fits := len(classes) == 0
	for _, want := range classes {
		fits = fits || p.class == want
	}
	e := c.state.employers[p.employer]
	if !fits || !c.sees.sees(e) {
		return nil, place{}, false
	}
	e.load()
	return e, p, true
}

// werkgever is the employer itself that the argument names.
func (c *call) werkgever(field string) (*employer, *fault) {
	e, _, ok := c.place(c.text(field), aWerkgever)
	if !ok {
		return nil, unknown(field)
	}
	return e, nil
}

// record finds the record of an identity of the entity.
func (c *call) record(entity, id string) (*record, bool) {
	e, p, ok := c.place(id, classes[entity])
	if !ok {
		return nil, false
	}
	var r *record
	switch p.class {
	case aWerkgever:
		r = e.record
	case aPersoon:
		r = pick(e.people, p.index)
	case aDienstverband:
		if j := pick(e.jobs, p.index); j != nil {
			r = j.record
		}
	case aVerlof:
		r = pick(e.leave, p.index-1)
	case aVariabele:
		if v := e.values[p.index]; v != nil {
			r = v.record()
		}
	case aVerloning:
		r = e.periodRecord(p.index)
	case aRun:
		if run := pick(e.runs, p.index-1); run != nil {
			r = run.record()
		}
	case aBetaling:
		if run := pick(e.runs, p.index-1); run != nil {
			r = run.paymentRecord()
		}
	case aJournaal:
		if run := pick(e.runs, p.index-1); run != nil {
			r = run.journalRecord()
		}
	case aLoonaangifte:
		if t := pick(e.returns, p.index-1); t != nil {
			r = t.record()
		}
	}
	return r, r != nil && r.id == id
}

func pick[T any](list []*T, i int) *T {
	if i < 0 || i >= len(list) {
		return nil
	}
	return list[i]
}

func (c *call) text(name string) string {
	s, _ := c.args[name].(string)
	return s
}

func (c *call) number(name string) (int, bool) {
	n, ok := c.args[name].(int)
	return n, ok
}

// entity is the entity that EntityName names.
func (c *call) entity() (*kind, *fault) {
	k := kinds[c.text("EntityName")]
	if k == nil {
		return nil, refuse(contract.OnbekendeEntiteit, "EntityName", "Deze entiteit bestaat niet.")
	}
	return k, nil
}

// offered refuses a node function that the user does not have on the entity.
func (c *call) offered(entity, function string) *fault {
	if c.who != nil && !c.who.offers(entity, function) {
		return refuse(contract.FunctieNietOndersteund, "EntityName", "De entiteit "+entity+" heeft de functie "+function+" niet.")
	}
	return nil
}

// visible are the employers the user sees.
func (c *call) visible() listing {
	if c.sees.all {
		list := c.state.employers[:c.state.generated]
		return listing{len(list), func(i int) *record { return list[i].record }}
	}
	var list []*record
	for _, e := range c.state.employers {
		if c.sees.sees(e) {
			list = append(list, e.record)
		}
	}
	return listOf(list)
}

// children are the records of the entity under ParentDataIdentity: the direct
// parent, or an employer for all under it.
func (c *call) children(k *kind) (listing, *fault) {
	if k.Parent == "" {
		return c.visible(), nil
	}
	if _, given := c.args["ParentDataIdentity"]; !given {
		return listing{}, refuse(contract.ParentDataIdentityOntbreekt, "ParentDataIdentity", "ParentDataIdentity is verplicht bij "+k.Name+".")
	}
	id := c.text("ParentDataIdentity")
	e, p, ok := c.place(id, aWerkgever, classes[k.Parent])
	if ok && p.class != aWerkgever {
		_, ok = c.record(k.Parent, id)
	}
	if !ok || p.class == aWerkgever && id != e.id {
		return listing{}, unknown("ParentDataIdentity")
	}
	all := p.class == aWerkgever
	switch k.Name {
	case "Persoon":
		return listOf(e.people), nil
	case "Dienstverband":
		return listing{len(e.jobs), func(i int) *record { return e.jobs[i].record }}, nil
	case "Verlof":
		if all {
			return listOf(e.leave), nil
		}
		return listOf(e.jobs[p.index].leave), nil
	case "VariabeleGegevens":
		order := e.order
		if !all {
			order = e.jobs[p.index].order
		}
		return listing{len(order), func(i int) *record { return order[i].record() }}, nil
	}
	return e.runListing(k.Name, p, all), nil
}

// page is what Pagina and PaginaGrootte ask for: everything when neither is there.
func (c *call) page(n int) (from, to, page, pages int) {
	page, hasPage := c.number("Pagina")
	size, hasSize := c.number("PaginaGrootte")
	if !hasPage && !hasSize {
		return 0, n, 1, 1
	}
	if !hasPage {
		page = 1
	}
	if !hasSize {
		size = 250
	}
	pages = max(1, (n+size-1)/size)
	if page > pages {
		return n, n, page, pages
	}
	from = (page - 1) * size
	return from, min(from+size, n), page, pages
}

func opList(c *call) *fault {
	k, f := c.entity()
	if f == nil {
		f = c.offered(k.Name, "List")
	}
	if f != nil {
		return f
	}
	list, f := c.children(k)
	if f != nil {
		return f
	}
	from, to, page, pages := c.page(list.n)
	w := &c.out
	w.b = make([]byte, 0, 256+(to-from)*2048)
	w.open("Entiteiten")
	for i := from; i < to; i++ {
		w.record("Entiteit", list.at(i), false)
	}
	w.close("Entiteiten")
	w.number("TotaalAantal", list.n)
	w.number("Pagina", page)
	w.number("AantalPaginas", pages)
	return nil
}

func opSelect(c *call) *fault {
	k, f := c.entity()
	if f == nil {
		f = c.offered(k.Name, "Select")
	}
	if f != nil {
		return f
	}
	r, ok := c.record(k.Name, c.text("DataIdentity"))
	if !ok {
		return unknown("DataIdentity")
	}
	c.out.record("Entiteit", r, true)
	return nil
}

func opGetNodeFunction(c *call) *fault {
	k, f := c.entity()
	if f != nil {
		return f
	}
	w := &c.out
	w.text("EntityName", k.Name)
	w.open("Functies")
	for _, name := range k.Functions() {
		if c.offered(k.Name, name) == nil {
			w.text("Functie", name)
		}
	}
	w.close("Functies")
	return nil
}

func opGetChildNodes(c *call) *fault {
	w := &c.out
	name := c.text("EntityName")
	if name != "" {
		if _, f := c.entity(); f != nil {
			return f
		}
		w.text("EntityName", name)
	}
	w.open("ChildNodes")
	for _, child := range contract.Children(name) {
		w.text("ChildNode", child)
	}
	w.close("ChildNodes")
	return nil
}

func (w *writer) version(r *record) {
	w.open("VersieRegel")
	w.text("EntityName", r.kind.Name)
	w.text("DataIdentity", r.id)
	w.text("Versie", strconv.FormatInt(r.version, 10))
	w.close("VersieRegel")
}

func opListVersion(c *call) *fault {
	k, f := c.entity()
	if f != nil {
		return f
	}
	list, f := c.children(k)
	if f != nil {
		return f
	}
	c.out.open("Versies")
	for i := range list.n {
		c.out.version(list.at(i))
	}
	c.out.close("Versies")
	return nil
}

func opSelectVersion(c *call) *fault {
	id := c.text("DataIdentity")
	names := []string{}
	if _, given := c.args["EntityName"]; given {
		k, f := c.entity()
		if f != nil {
			return f
		}
		names = append(names, k.Name)
	} else {
		for _, e := range contract.Entities() {
			names = append(names, e.Name)
		}
	}
	for _, name := range names {
		if r, ok := c.record(name, id); ok {
			c.out.version(r)
			return nil
		}
	}
	return unknown("DataIdentity")
}

func opGetMetaData(c *call) *fault {
	k, f := c.entity()
	if f != nil {
		return f
	}
	if id, given := c.args["DataIdentity"].(string); given {
		if _, ok := c.record(k.Name, id); !ok {
			return unknown("DataIdentity")
		}
	}
	only, limited := c.args["VeldNaam"].(string)
	if _, ok := k.index[only]; limited && !ok {
		return wrongValue("VeldNaam", "is geen veld van "+k.Name)
	}
	w := &c.out
	w.text("EntityName", k.Name)
	w.open("MetaData")
	for _, field := range k.Fields {
		if !limited || field.Name == only {
			w.metadata(field)
		}
	}
	w.close("MetaData")
	return nil
}

func (w *writer) metadata(field contract.Field) {
	w.open("VeldMetaData")
	w.text("Naam", field.Name)
	w.text("Type", field.Type)
	w.text("Verplicht", strconv.FormatBool(field.Required))
	w.text("Wijzigbaar", strconv.FormatBool(field.Writable))
	if field.Length > 0 {
		w.number("MaxLengte", field.Length)
	}
	if codes := contract.Codes(field.Table); codes != nil {
		w.open("CodeTabel")
		for _, code := range codes {
			w.open("CodeWaarde")
			w.text("Code", code.Code)
			w.text("Omschrijving", code.Omschrijving)
			w.optional("IsoCode", code.IsoCode)
			w.date("GeldigVan", code.GeldigVan)
			w.date("GeldigTot", code.GeldigTot)
			w.close("CodeWaarde")
		}
		w.close("CodeTabel")
	}
	w.close("VeldMetaData")
}

// opExportWerknemer gives the people of the employers with an Administratienummer.
func opExportWerknemer(c *call) *fault {
	nr := c.text("Administratienummer")
	var found []*employer
	for _, e := range c.state.employers {
		if c.sees.sees(e) && e.record.get("Administratienummer") == nr {
			e.load()
			found = append(found, e)
		}
	}
	if len(found) == 0 {
		return unknown("Administratienummer")
	}
	w := &c.out
	w.text("Administratienummer", nr)
	w.open("Werknemers")
	for _, e := range found {
		for i, person := range e.people {
			w.open("Werknemer")
			w.record("Persoon", person, false)
			w.open("Dienstverbanden")
			w.record("Dienstverband", e.jobs[i].record, false)
			w.close("Dienstverbanden")
			w.close("Werknemer")
		}
	}
	w.close("Werknemers")
	return nil
}
