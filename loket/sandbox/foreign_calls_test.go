package sandbox

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"

	"loket-etl/loket/contract"
)

// The calls of the foreign clients, in the order in which they are made: what is
// imported comes back out of the run that follows.

func (f *foreign) login() {
	f.t.Helper()
	f.token = ""
	answer := f.do("LoketWebservice.GetUserToken", "Gebruikersnaam", DemoUser, "Wachtwoord", DemoPassword, "Omgevingscode", DemoOmgevingscode)
	f.token = answer.text("UserToken")
	until, err := time.Parse(time.RFC3339, answer.text("GeldigTot"))
	if err != nil || !until.Equal(f.clock.at.Add(time.Hour)) {
		f.t.Errorf("the token is valid until %q: %v", answer.text("GeldigTot"), err)
	}
}

// walksTheTree finds every entity from the top, with its functions and fields.
func (f *foreign) walksTheTree() {
	f.t.Helper()
	parents := map[string]string{}
	var walk func(args ...any)
	walk = func(args ...any) {
		answer := f.do("LoketWebservice.GetChildNodes", args...)
		for _, child := range answer.all("ChildNodes/ChildNode") {
			name := fmt.Sprint(child.v)
			parents[name] = answer.text("EntityName")
			walk("EntityName", name)
		}
	}
	walk()
	for _, e := range contract.Entities() {
		if parent, found := parents[e.Name]; !found || parent != e.Parent {
			f.t.Errorf("%s stands under %q, want %q", e.Name, parent, e.Parent)
		}
		var got, want []string
		for _, fn := range f.do("LoketWebservice.GetNodeFunction", "EntityName", e.Name).all("Functies/Functie") {
			got = append(got, fmt.Sprint(fn.v))
		}
		if !slices.Equal(got, e.Functions()) {
			f.t.Errorf("%s has the functions %v", e.Name, got)
		}
		got = nil
		for _, m := range f.do("LoketWebservice.GetMetaData", "EntityName", e.Name).all("MetaData/VeldMetaData") {
			if v, ok := m.at("Wijzigbaar").v.(bool); f.typed && !ok {
				f.t.Errorf("%s: Wijzigbaar is %v", m.text("Naam"), v)
			}
			length := ""
			if m.at("MaxLengte").v != nil {
				length = m.number("MaxLengte")
			}
			got = append(got, fmt.Sprint(m.text("Naam"), " ", m.text("Type"), " ", length, " ", len(m.all("CodeTabel/CodeWaarde"))))
		}
		own := f.call("LoketWebservice.GetMetaData", el("EntityName", e.Name)).ok().find("MetaData")
		for i := range own.Kids {
			m := &own.Kids[i]
			want = append(want, fmt.Sprint(m.text("Naam"), " ", m.text("Type"), " ", m.text("MaxLengte"), " ", len(m.find("CodeTabel").Kids)))
		}
		if diff := cmp.Diff(want, got); diff != "" || len(want) != len(e.Fields) {
			f.t.Errorf("metadata of %s, %d fields: %s", e.Name, len(e.Fields), diff)
		}
	}
	one := f.do("LoketWebservice.GetMetaData", "EntityName", "Persoon", "VeldNaam", "BurgerlijkeStaat").all("MetaData/VeldMetaData")
	if len(one) != 1 || len(one[0].all("CodeTabel/CodeWaarde")) != len(contract.Codes("BurgerlijkeStaat")) ||
		one[0].all("CodeTabel/CodeWaarde")[2].text("Omschrijving") != "Gehuwd" {
		f.t.Errorf("BurgerlijkeStaat: %v", one)
	}
}

// seen is an Entiteit as either side reads it.
func (v heard) seen() []string {
	s := []string{v.text("EntityName"), v.text("DataIdentity"), v.text("ParentDataIdentity"), v.number("Versie")}
	for _, field := range v.all("Velden/Veld") {
		s = append(s, strings.Join([]string{field.text("Naam"), field.text("Waarde"), field.text("Type"), field.text("Omschrijving")}, "|"))
	}
	return s
}

func (n *node) seen() []string {
	s := []string{n.text("EntityName"), n.text("DataIdentity"), n.text("ParentDataIdentity"), n.text("Versie")}
	for _, field := range n.find("Velden").Kids {
		s = append(s, strings.Join([]string{field.text("Naam"), field.text("Waarde"), field.text("Type"), field.text("Omschrijving")}, "|"))
	}
	return s
}

func (f *foreign) same(what string, got []heard, want []node) {
	f.t.Helper()
	if len(got) != len(want) || len(want) == 0 {
		f.t.Errorf("%s: %d records, want %d", what, len(got), len(want))
		return
	}
	for i := range want {
		if diff := cmp.Diff(want[i].seen(), got[i].seen()); diff != "" {
			f.t.Errorf("%s, record %d: %s", what, i, diff)
			return
		}
	}
}

// readsRecords lists and selects every entity that has records.
func (f *foreign) readsRecords() {
	f.t.Helper()
	all := f.do("LoketWebservice.List", "EntityName", "Werkgever")
	f.same("Werkgever", all.all("Entiteiten/Entiteit"), f.list("Werkgever", ""))
	e := f.werkgever(5555)
	for _, name := range []string{"Persoon", "Dienstverband", "Verloning", "VerloningsRun", "Betaling", "Journaal", "Loonaangifte"} {
		list := f.do("LoketWebservice.List", "EntityName", name, "ParentDataIdentity", e)
		f.same(name, list.all("Entiteiten/Entiteit"), f.list(name, e))
		if n := len(list.all("Entiteiten/Entiteit")); list.number("TotaalAantal") != fmt.Sprint(n) || list.text("AantalPaginas") != "1" {
			f.t.Errorf("%s: %d of %s", name, n, list.text("TotaalAantal"))
		}
		last := f.list(name, e)[len(f.list(name, e))-1]
		id := last.text("DataIdentity")
		one := f.do("LoketWebservice.Select", "EntityName", name, "DataIdentity", id).at("Entiteit")
		if diff := cmp.Diff(f.selectOne(name, id).seen(), one.seen()); diff != "" {
			f.t.Errorf("Select %s: %s", name, diff)
		}
	}
	page := f.do("LoketWebservice.List", "EntityName", "Persoon", "ParentDataIdentity", e, "Pagina", 3, "PaginaGrootte", 10)
	f.same("page 3", page.all("Entiteiten/Entiteit"), f.list("Persoon", e)[20:])
	if page.number("Pagina") != "3" || page.number("AantalPaginas") != "3" || page.number("TotaalAantal") != "25" {
		f.t.Errorf("page %s of %s, %s records", page.text("Pagina"), page.text("AantalPaginas"), page.text("TotaalAantal"))
	}
	export := f.do("LoketWebservice.ExportWerknemer", "Administratienummer", "DEB1001")
	var people, jobs []heard
	for _, w := range export.all("Werknemers/Werknemer") {
		people = append(people, w.at("Persoon"))
		jobs = append(jobs, w.all("Dienstverbanden/Dienstverband")...)
	}
	f.same("ExportWerknemer, people", people, f.list("Persoon", e))
	f.same("ExportWerknemer, employments", jobs, f.list("Dienstverband", e))
	if export.text("Administratienummer") != "DEB1001" {
		f.t.Errorf("ExportWerknemer is of %s", export.text("Administratienummer"))
	}
}

func (f *foreign) readsVersions() {
	f.t.Helper()
	e := f.werkgever(5555)
	own := f.list("Persoon", e)
	got := f.do("LoketWebservice.ListVersion", "ParentDataIdentity", e, "EntityName", "Persoon").all("Versies/VersieRegel")
	if len(got) != len(own) {
		f.t.Fatalf("%d versions", len(got))
	}
	for i := range own {
		if got[i].text("DataIdentity") != own[i].text("DataIdentity") || got[i].number("Versie") != own[i].text("Versie") {
			f.t.Errorf("version %v", got[i].v)
		}
	}
	if v := f.do("LoketWebservice.SelectVersion", "DataIdentity", e, "EntityName", "Werkgever").at("VersieRegel"); v.number("Versie") != fmt.Sprint(f.version(e)) ||
		v.text("EntityName") != "Werkgever" || v.text("DataIdentity") != e {
		f.t.Errorf("SelectVersion: %v", v.v)
	}
}

// reads looks in raw SOAP whether fields now have their values.
func (f *foreign) reads(entity, id string, want map[string]string) {
	f.t.Helper()
	r := f.selectOne(entity, id)
	for name, text := range want {
		if got := r.field(name); got != text {
			f.t.Errorf("%s: %s is %q, want %q", entity, name, got, text)
		}
	}
}

// changes makes a change that must raise the version of its record.
func (f *foreign) changes(name, id string, args ...any) {
	f.t.Helper()
	before := f.version(id)
	answer := f.do(name, append([]any{"DataIdentity", id}, args...)...)
	if answer.text("DataIdentity") != id || f.version(id) <= before {
		f.t.Errorf("%s: %v, version %d, was %d", name, answer.v, f.version(id), before)
	}
}

func (f *foreign) changesEmployers() {
	f.t.Helper()
	id := f.werkgever(5556)
	f.changes("Werkgever.WijzigenAdresGegevens", id, "Adres",
		in{"Straat", "Çelikplein", "Huisnummer", 12, "HuisnummerToevoeging", "B", "Postcode", "1234 AB", "Plaats", "'s-Nieuwerdam", "Landcode", "BE"})
	f.reads("Werkgever", id, map[string]string{"Straat": "Çelikplein", "Huisnummer": "12", "HuisnummerToevoeging": "B", "Plaats": "'s-Nieuwerdam",
		"Landcode": "BE", "Postbus": "120"})
	f.changes("Werkgever.WijzigenAdresGegevens", id, "AfwijkendPostadres", nil)
	f.reads("Werkgever", id, map[string]string{"Straat": "Çelikplein", "Postbus": "", "PostPlaats": ""})
	f.changes("Werkgever.WijzigenAlgemeneGegevens", id, "Algemeen", in{"Bedrijfsnaam", `Zorg & Zn <"Lindehof"> – één €`, "KvKNummer", nil, "Groepcode", 77})
	f.reads("Werkgever", id, map[string]string{"Bedrijfsnaam": `Zorg & Zn <"Lindehof"> – één €`, "KvKNummer": "", "Groepcode": "77", "Administratienummer": "DEB1002"})
	f.changes("Werkgever.WijzigenContactGegevens", id, "Contact", in{"Telefoon", "0850123456", "Website", nil, "ContactNaam", "Zoë IJzerman"})
	f.reads("Werkgever", id, map[string]string{"Telefoon": "0850123456", "Website": "", "ContactNaam": "Zoë IJzerman", "ContactFunctie": "Salarisadministratie"})

	before := len(f.list("Werkgever", ""))
	answer := f.do("Werkgever.ToevoegenWerkgever", "Algemeen", in{"Bedrijfsnaam", "Nieuw B.V."},
		"Adres", in{"Straat", "Weidepad", "Huisnummer", 1, "Plaats", "Zandwijk", "Landcode", "NL"}, "Contact", in{"Email", "nieuw@example.org"})
	added := f.state.employers[len(f.state.employers)-1]
	if answer.text("DataIdentity") != added.id || answer.number("WerkgeverId") != fmt.Sprint(added.werkgeverID) ||
		added.record.get("Plaats") != "Zandwijk" || added.record.get("Email") != "nieuw@example.org" {
		f.t.Errorf("ToevoegenWerkgever: %v", answer.v)
	}
	if notes := answer.all("Meldingen/Melding"); len(notes) != 1 || !strings.Contains(notes[0].text("Omschrijving"), "niet aan de gebruiker gekoppeld") {
		f.t.Errorf("ToevoegenWerkgever: %v", notes)
	}
	if n := len(f.list("Werkgever", "")); n != before {
		f.t.Errorf("the user sees %d employers, saw %d", n, before)
	}
}

func (f *foreign) changesPeople() {
	f.t.Helper()
	id := f.state.byClient[5556].byPayrollNumber(4).person.id
	f.changes("Persoon.WijzigenAdresGegevens", id, "Adres", in{"Straat", "Beukenhof", "Huisnummer", 7, "Plaats", "Westerhaven", "Landcode", "DE"},
		"AfwijkendPostadres", in{"Straat", "Kerkplein", "Huisnummer", 2, "Plaats", "Zandwijk", "Landcode", "NL", "NadereAanduiding", "AB"})
	f.reads("Persoon", id, map[string]string{"Straat": "Beukenhof", "Landcode": "DE", "PostStraat": "Kerkplein", "PostHuisnummer": "2", "PostNadereAanduiding": "AB"})
	staat := "2"
	if f.selectOne("Persoon", id).field("BurgerlijkeStaat") == staat {
		staat = "3"
	}
	f.changes("Persoon.WijzigenBurgerlijkeStaat", id, "BurgerlijkeStaat", staat, "IngangsDatum", "2026-09-30")
	f.reads("Persoon", id, map[string]string{"BurgerlijkeStaat": staat})
	f.changes("Persoon.WijzigenDatumOverlijden", id, "DatumOverlijden", "2026-10-01")
	f.reads("Persoon", id, map[string]string{"DatumOverlijden": "2026-10-01"})
	f.changes("Persoon.WijzigenDatumOverlijden", id, "DatumOverlijden", nil)
	f.reads("Persoon", id, map[string]string{"DatumOverlijden": ""})
}

func (f *foreign) changesEmployments() {
	f.t.Helper()
	e := f.state.byClient[5556]
	id := e.byPayrollNumber(5).record.id
	f.changes("Dienstverband.WijzigenDatumUitDienst", id, "DatumUitDienst", "2026-12-31", "RedenEindeDienstverbandAangifte", "20",
		"RedenEindeDienstverband", "8", "ZiekUitDienst", true)
	f.reads("Dienstverband", id, map[string]string{"DatumUitDienst": "2026-12-31", "RedenEindeDienstverbandAangifte": "20", "ZiekUitDienst": "true"})
	f.changes("Dienstverband.WijzigenDatumUitDienst", id, "DatumUitDienst", nil)
	f.reads("Dienstverband", id, map[string]string{"DatumUitDienst": "", "ZiekUitDienst": ""})

	answer := f.do("Dienstverband.ToevoegenConceptWerknemer", "ParentDataIdentity", e.id, "UniekeNaam", "Tak, Zoë",
		"Persoon", in{"Achternaam", "Tak", "Voornaam", "Zoë", "Geboortedatum", "1999-02-28", "BSN", "999999990",
			"Adres", in{"Straat", "Molenweg", "Huisnummer", 3, "Plaats", "Oosterveen", "Landcode", "NL"}, "Persnr", 4711},
		"Dienstverband", in{"DatumInDienst", "2026-11-01", "SoortDienstverband", "1", "BrutoLoon", "3150.50", "UrenPerWeek", "36.00",
			"LoonheffingskortingToepassen", true})
	kept := e.concepts[len(e.concepts)-1]
	if answer.text("DataIdentity") != kept.id || kept.name != "Tak, Zoë" {
		f.t.Errorf("ToevoegenConceptWerknemer: %v", answer.v)
	}
	persoon, _ := kept.args["Persoon"].(map[string]any)
	adres, _ := persoon["Adres"].(map[string]any)
	dienstverband, _ := kept.args["Dienstverband"].(map[string]any)
	got := map[string]string{}
	for name, v := range map[string]any{"Voornaam": persoon["Voornaam"], "Geboortedatum": persoon["Geboortedatum"], "Persnr": persoon["Persnr"], "Straat": adres["Straat"],
		"BrutoLoon": dienstverband["BrutoLoon"], "UrenPerWeek": dienstverband["UrenPerWeek"], "Korting": dienstverband["LoonheffingskortingToepassen"]} {
		got[name] = lexical(v)
	}
	want := map[string]string{"Voornaam": "Zoë", "Geboortedatum": "1999-02-28", "Persnr": "4711", "Straat": "Molenweg", "BrutoLoon": "3150.50",
		"UrenPerWeek": "36.00", "Korting": "true"}
	if diff := cmp.Diff(want, got); diff != "" {
		f.t.Errorf("the concept employee: %s", diff)
	}
}

// bestand is a file as an argument; the client makes base64 of it.
func bestand(name, mime, content string) in {
	return in{"Bestandsnaam", name, "MimeType", mime, "Inhoud", []byte(content)}
}

func (f *foreign) keepsDossiers() {
	f.t.Helper()
	owner := f.state.byClient[5555].byPayrollNumber(1).record.id
	content := "\x00\x01 scan \xff\xfe"
	id := f.do("Dossiervorming.ToevoegenDossier", "DossierSoort", "Werknemer", "DataIdentity", owner,
		"MetaData", in{"Omschrijving", "Contract", "Categorie", "Arbeidsovereenkomst", "Jaar", 2026, "DatumSignaal", "2026-12-01"},
		"Bestand", bestand("contract.pdf", "application/pdf", content), "Notificatie", false).text("DossierDataIdentity")
	d := f.state.dossiers[id]
	if d == nil || d.owner != owner || d.name != "contract.pdf" || d.size != len(content) || lexical(d.meta["Jaar"]) != "2026" || lexical(d.meta["DatumSignaal"]) != "2026-12-01" {
		f.t.Fatalf("dossier %q: %+v", id, d)
	}
	changed := f.do("Dossiervorming.WijzigenMetadataDossier", "DossierDataIdentity", id,
		"MetaData", in{"Omschrijving", "Contract (getekend)", "Categorie", "Arbeidsovereenkomst", "Kenmerk", "2026/1", "DatumSignaal", nil})
	if changed.text("DossierDataIdentity") != id || d.meta["Omschrijving"] != "Contract (getekend)" || d.meta["Kenmerk"] != "2026/1" ||
		lexical(d.meta["Jaar"]) != "2026" || lexical(d.meta["DatumSignaal"]) != "" {
		f.t.Errorf("dossier: %+v", d.meta)
	}
	gone := f.do("Dossiervorming.VerwijderenDossier", "DossierDataIdentity", id)
	if gone.text("Verwijderd") != "true" || gone.text("DossierDataIdentity") != id || f.state.dossiers[id] != nil {
		f.t.Errorf("VerwijderenDossier: %v", gone.v)
	}
	f.refused(contract.OnbekendeIdentity, "DossierDataIdentity", "Dossiervorming.VerwijderenDossier", "DossierDataIdentity", id)
}

// imported is an import answer in short, as lines is.
func (v heard) imported() string {
	s := fmt.Sprintf("%s/%s/%s", v.number("AantalRegels"), v.number("AantalVerwerkt"), v.number("AantalAfgekeurd"))
	for _, r := range v.all("Regels/ImportRegel") {
		s += " " + r.number("Regelnummer") + r.text("Status")[:4]
		for _, m := range r.all("Melding") {
			s += ":" + m.text("Code")
		}
	}
	return s
}

func (f *foreign) importsAndReadsBack() {
	f.t.Helper()
	e := f.state.byClient[5555]
	check := func(answer heard, want string) {
		f.t.Helper()
		if got := answer.imported(); got != want || answer.text("ImportNummer") == "" {
			f.t.Errorf("import %s: %s, want %s", answer.text("ImportNummer"), got, want)
		}
	}
	check(f.do("ImporteerGegevens.ImporteerGegevens", "SoortGegevens", "VariabeleGegevens", "Formaat", "CSV",
		"Bestand", bestand("uren.csv", "text/csv", "aanslnr;persnr;ploeg;1;86\r\n5555;1;;8,5;\r\n5555;2;1;;1200\r\n5555;99;;8;\r\n"),
		"Jaar", 2026, "PeriodeNummer", 10, "Verwerkingswijze", "Overschrijven"), "3/2/1 2Verw 3Verw 4Afge:2002")
	check(f.do("ImporteerGegevens.ImporteerGegevens", "ParentDataIdentity", e.id, "SoortGegevens", "VariabeleGegevens", "Formaat", "XML",
		"Bestand", bestand("toeslag.xml", "application/xml", xmlImport(`<Werknemer PersnrVerl="3"><Periode Jaar="2026" PeriodeNummer="10">
			<Kostenplaats>KP-É</Kostenplaats><Component Nummer="86" Waarde="250.25"/></Periode></Werknemer>`))), "1/1/0 2Verw")
	check(f.do("ImporteerGegevens.ImporteerGegevens", "SoortGegevens", "Verlof", "Formaat", "CSV",
		"Bestand", bestand("verlof.csv", "text/csv", strings.Join(leaveHeader, ";")+"\n1001;1;;Bruin;05-10-2026;06-10-2026;1;-1;7,5\n")), "1/1/0 2Verw")
	for nr, want := range map[int]string{1: "1=8.50", 2: "86=1200.00,1", 3: "86=250.25,KP-É"} {
		if got := f.standing(5555, nr); got != want {
			f.t.Errorf("employee %d has %s, want %s", nr, got, want)
		}
		id := e.byPayrollNumber(nr).record.id
		f.same("VariabeleGegevens", f.do("LoketWebservice.List", "EntityName", "VariabeleGegevens", "ParentDataIdentity", id).all("Entiteiten/Entiteit"),
			f.list("VariabeleGegevens", id))
	}
	id := e.byPayrollNumber(1).record.id
	leave := f.do("LoketWebservice.List", "EntityName", "Verlof", "ParentDataIdentity", id).all("Entiteiten/Entiteit")
	f.same("Verlof", leave, f.list("Verlof", id))
	f.reads("Verlof", leave[len(leave)-1].text("DataIdentity"), map[string]string{"Ingangsdatum": "2026-10-05", "Einddatum": "2026-10-06", "Factor": "-1", "Eenheden": "7.50"})
}
