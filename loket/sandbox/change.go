package sandbox

import (
	"fmt"
	"strconv"
	"strings"

	"loket-etl/loket/contract"
	"loket-etl/payroll"
)

// change is one field to set; an empty text empties it.
type change struct{ field, text string }

// apply makes the changes and reports whether anything differs now.
func apply(r *record, changes []change) bool {
	changed := false
	for _, ch := range changes {
		changed = r.set(ch.field, ch.text) || changed
	}
	return changed
}

// lexical is the text of an argument as a record holds it; Nil is empty.
func lexical(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case int:
		return strconv.Itoa(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case bool:
		return strconv.FormatBool(v)
	case payroll.Date:
		return v.String()
	case payroll.Cents:
		return v.String()
	case payroll.Hours:
		return v.String()
	}
	return ""
}

// codeChecks are the arguments that have a code table.
var codeChecks = map[string]string{
	"Landcode": "Landcode", "NadereAanduiding": "NadereAanduiding", "BurgerlijkeStaat": "BurgerlijkeStaat", "Geslacht": "Geslacht",
	"SoortDienstverband": "SoortDienstverband", "BasisDienstverband": "BasisDienstverband",
	"RedenEindeDienstverbandAangifte": "RedenEindeDienstverbandAangifte", "RedenEindeDienstverband": "RedenEindeDienstverband",
}

// checkCodes refuses codes that are not in their table on the day, in the
// arguments and in the groups inside them.
func checkCodes(args map[string]any, day payroll.Date, path string) *fault {
	for name, v := range args {
		switch v := v.(type) {
		case map[string]any:
			if f := checkCodes(v, day, path+name+"/"); f != nil {
				return f
			}
		case string:
			if table, ok := codeChecks[name]; ok {
				if _, known := contract.LookupCode(table, v, day); !known {
					return wrongCode(path + name)
				}
			}
		}
	}
	return nil
}

// changesOf are the changes that a group of arguments asks for: what is absent
// stays. Elements for which the entity has no field give a warning.
func (c *call) changesOf(k *kind, group map[string]any, prefix string) []change {
	var all []change
	for name, v := range group {
		field := prefix + name
		if _, ok := k.index[field]; !ok {
			field = name
		}
		if _, ok := k.index[field]; !ok || prefix != "" && field == name && name != "Postbus" {
			c.notes = append(c.notes, melding{"W100", "Het veld " + name + " bestaat niet bij " + k.Name + " en is niet vastgelegd.", name})
			continue
		}
		all = append(all, change{field, lexical(v)})
	}
	return all
}

// addressChanges are those of Adres and AfwijkendPostadres; a nil postal address
// empties all its fields.
func (c *call) addressChanges(k *kind) []change {
	var all []change
	if group, ok := c.args["Adres"].(map[string]any); ok {
		all = c.changesOf(k, group, "")
	}
	switch group := c.args["AfwijkendPostadres"].(type) {
	case map[string]any:
		all = append(all, c.changesOf(k, group, "Post")...)
	case contract.Nil:
		for _, f := range k.Fields {
			if f.Name == "Postbus" || strings.HasPrefix(f.Name, "Post") && f.Name != "Postcode" {
				all = append(all, change{f.Name, ""})
			}
		}
	}
	return all
}

func (c *call) today() payroll.Date { return payroll.DateOf(c.now) }

// answerIdentity is the answer of most changes.
func (c *call) answerIdentity(field, id string) { c.out.text(field, id) }

// changeEmployer is the common part of the changes of a Werkgever.
func changeEmployer(groups func(*call) []change) func(*call) (func(), *fault) {
	return func(c *call) (func(), *fault) {
		e, f := c.werkgever("DataIdentity")
		if f == nil {
			f = checkCodes(c.args, c.today(), "")
		}
		if f != nil {
			return nil, f
		}
		changes := groups(c)
		return func() {
			e.freeze()
			if apply(e.record, changes) {
				c.state.touch(e.record)
			}
			c.answerIdentity("DataIdentity", e.id)
		}, nil
	}
}

var opWerkgeverAdres = changeEmployer(func(c *call) []change { return c.addressChanges(kinds["Werkgever"]) })

var opWerkgeverAlgemeen = changeEmployer(func(c *call) []change {
	group, _ := c.args["Algemeen"].(map[string]any)
	return c.changesOf(kinds["Werkgever"], group, "")
})

var opWerkgeverContact = changeEmployer(func(c *call) []change {
	group, _ := c.args["Contact"].(map[string]any)
	return c.changesOf(kinds["Werkgever"], group, "")
})

// opToevoegenWerkgever makes an employer that nobody sees yet.
func opToevoegenWerkgever(c *call) (func(), *fault) {
	if f := checkCodes(c.args, c.today(), ""); f != nil {
		return nil, f
	}
	changes := c.addressChanges(kinds["Werkgever"])
	for _, name := range []string{"Algemeen", "Contact"} {
		group, _ := c.args[name].(map[string]any)
		changes = append(changes, c.changesOf(kinds["Werkgever"], group, "")...)
	}
	return func() {
		st := c.state
		e := &employer{index: len(st.employers), werkgeverID: 1001 + len(st.employers), values: map[int]*periodValue{}, byPersnr: map[int]*job{}}
		e.id = place{aWerkgever, e.index, 0}.identity()
		e.record = newRecord("Werkgever", e.id, "").fill("WerkgeverQuid", e.id, "WerkgeverId", strconv.Itoa(e.werkgeverID))
		apply(e.record, changes)
		st.touch(e.record)
		st.employers = append(st.employers, e)
		c.answerIdentity("DataIdentity", e.id)
		c.out.number("WerkgeverId", e.werkgeverID)
		c.notes = append(c.notes, melding{"W200", "De werkgever is nog niet aan de gebruiker gekoppeld en niet ingericht voor verloning.", ""})
	}, nil
}

// person finds the Persoon of DataIdentity and its employer.
func (c *call) person() (*employer, *record, *fault) {
	id := c.text("DataIdentity")
	r, ok := c.record("Persoon", id)
	if !ok {
		return nil, nil, unknown("DataIdentity")
	}
	e, _, _ := c.place(id, aPersoon)
	return e, r, nil
}

// changePerson makes changes to a Persoon; its Werkgever's version rises along.
func (c *call) changePerson(e *employer, r *record, changes []change) func() {
	return func() {
		e.freeze()
		if apply(r, changes) {
			c.state.touch(r, e.record)
		}
		c.answerIdentity("DataIdentity", r.id)
	}
}

func opPersoonAdres(c *call) (func(), *fault) {
	e, r, f := c.person()
	if f == nil {
		f = checkCodes(c.args, c.today(), "")
	}
	if f != nil {
		return nil, f
	}
	return c.changePerson(e, r, c.addressChanges(r.kind)), nil
}

func opBurgerlijkeStaat(c *call) (func(), *fault) {
	e, r, f := c.person()
	if f != nil {
		return nil, f
	}
	day, given := c.args["IngangsDatum"].(payroll.Date)
	if !given {
		day = c.today()
	}
	if born := r.get("Geboortedatum"); given && born != "" && day.String() < born {
		return nil, wrongValue("IngangsDatum", "ligt voor de geboortedatum")
	}
	if f := checkCodes(c.args, day, ""); f != nil {
		return nil, f
	}
	return c.changePerson(e, r, []change{{"BurgerlijkeStaat", c.text("BurgerlijkeStaat")}}), nil
}

func opDatumOverlijden(c *call) (func(), *fault) {
	e, r, f := c.person()
	if f != nil {
		return nil, f
	}
	day := lexical(c.args["DatumOverlijden"])
	if born := r.get("Geboortedatum"); day != "" && born != "" && day < born {
		return nil, wrongValue("DatumOverlijden", "ligt voor de geboortedatum")
	}
	return c.changePerson(e, r, []change{{"DatumOverlijden", day}}), nil
}

// opDatumUitDienst ends an employment, changes its end, or takes it back.
func opDatumUitDienst(c *call) (func(), *fault) {
	e, p, ok := c.place(c.text("DataIdentity"), aDienstverband)
	if !ok || pick(e.jobs, p.index) == nil {
		return nil, unknown("DataIdentity")
	}
	j := e.jobs[p.index]
	end, _ := c.args["DatumUitDienst"].(payroll.Date)
	day := end
	if end == 0 {
		day = c.today()
	}
	if f := checkCodes(c.args, day, ""); f != nil {
		return nil, f
	}
	if end != 0 && end < j.start {
		return nil, wrongValue("DatumUitDienst", "ligt voor de datum in dienst")
	}
	changes := []change{{"DatumUitDienst", ""}, {"RedenEindeDienstverbandAangifte", ""}, {"RedenEindeDienstverband", ""}, {"ZiekUitDienst", ""}}
	if end != 0 {
		ill, _ := c.args["ZiekUitDienst"].(bool)
		changes = []change{{"DatumUitDienst", end.String()}, {"ZiekUitDienst", strconv.FormatBool(ill)}}
		for _, name := range []string{"RedenEindeDienstverbandAangifte", "RedenEindeDienstverband"} {
			if code, given := c.args[name].(string); given {
				changes = append(changes, change{name, code})
			}
		}
	}
	return func() {
		e.freeze()
		if apply(j.record, changes) {
			j.end = end
			c.state.touch(j.record, e.record)
			for _, r := range e.runs {
				r.stale = r.stale || r.status == runReady
			}
		}
		c.answerIdentity("DataIdentity", j.record.id)
	}, nil
}

// opConceptWerknemer keeps a concept employee; it is no Persoon yet, so it is in
// no list.
func opConceptWerknemer(c *call) (func(), *fault) {
	e, f := c.werkgever("ParentDataIdentity")
	if f != nil {
		return nil, f
	}
	day := c.today()
	if d, ok := c.args["Dienstverband"].(map[string]any); ok {
		if start, ok := d["DatumInDienst"].(payroll.Date); ok {
			day = start
			if until, ok := d["AanstellingTot"].(payroll.Date); ok && until < start {
				return nil, wrongValue("Dienstverband/AanstellingTot", "ligt voor de datum in dienst")
			}
		}
		if nr, ok := d["Clientnummer"].(int); ok && (nr == 0 || nr != e.firm.clientnummer) {
			return nil, wrongValue("Dienstverband/Clientnummer", "is geen administratie van deze werkgever")
		}
	}
	if f := checkCodes(c.args, day, ""); f != nil {
		return nil, f
	}
	name := c.text("UniekeNaam")
	for _, other := range e.concepts {
		if other.name == name {
			return nil, conflict("UniekeNaam", "Er is al een concept-werknemer met deze unieke naam.")
		}
	}
	return func() {
		n := &concept{id: place{aConcept, e.index, len(e.concepts) + 1}.identity(), name: name, args: c.args}
		e.concepts = append(e.concepts, n)
		c.answerIdentity("DataIdentity", n.id)
	}, nil
}

func opToevoegenDossier(c *call) (func(), *fault) {
	want, letter := aWerkgever, "W"
	if c.text("DossierSoort") == "Werknemer" {
		want, letter = aDienstverband, "D"
	}
	owner := c.text("DataIdentity")
	e, p, ok := c.place(owner, want)
	if !ok || want == aDienstverband && pick(e.jobs, p.index) == nil || want == aWerkgever && owner != e.id {
		return nil, unknown("DataIdentity")
	}
	file, _ := c.args["Bestand"].(contract.File)
	if len(file.Content) == 0 {
		return nil, refuse(contract.BestandOngeldig, "Bestand", "Het bestand is leeg.")
	}
	meta, _ := c.args["MetaData"].(map[string]any)
	return func() {
		c.state.dossierSerial++
		d := &dossier{
			id:       fmt.Sprintf("%s.%s.%d", letter, owner, c.state.dossierSerial),
			employer: e, owner: owner, meta: meta, name: file.Name, size: len(file.Content),
		}
		c.state.dossiers[d.id] = d
		c.answerIdentity("DossierDataIdentity", d.id)
	}, nil
}

func (c *call) dossier() (*dossier, *fault) {
	d := c.state.dossiers[c.text("DossierDataIdentity")]
	if d == nil || !c.sees.sees(d.employer) {
		return nil, unknown("DossierDataIdentity")
	}
	return d, nil
}

func opWijzigenDossier(c *call) (func(), *fault) {
	d, f := c.dossier()
	if f != nil {
		return nil, f
	}
	meta, _ := c.args["MetaData"].(map[string]any)
	return func() {
		for name, v := range meta {
			d.meta[name] = v
		}
		c.answerIdentity("DossierDataIdentity", d.id)
	}, nil
}

func opVerwijderenDossier(c *call) (func(), *fault) {
	d, f := c.dossier()
	if f != nil {
		return nil, f
	}
	return func() {
		delete(c.state.dossiers, d.id)
		c.answerIdentity("DossierDataIdentity", d.id)
		c.out.text("Verwijderd", "true")
	}, nil
}
