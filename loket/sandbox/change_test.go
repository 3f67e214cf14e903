package sandbox

import (
	"strconv"
	"strings"
	"testing"

	"loket-etl/loket/contract"
)

func (b *bench) version(id string) int64 {
	b.t.Helper()
	n, err := strconv.ParseInt(b.call("LoketWebservice.SelectVersion", el("DataIdentity", id)).ok().text("VersieRegel/Versie"), 10, 64)
	if err != nil {
		b.t.Fatal(err)
	}
	return n
}

func group(name, elements string) string {
	return "<" + name + ">" + shared(elements) + "</" + name + ">"
}

const someAddress = `<Straat>Nieuweweg</Straat><Huisnummer>12</Huisnummer><Postcode>1234 AB</Postcode><Plaats>Zandwijk</Plaats><Landcode>BE</Landcode>`

func TestVersionsRiseExactlyWhenTheyShould(t *testing.T) {
	b := newBench(t, Options{})
	e, other := b.state.byClient[5555], b.state.byClient[5556]
	j := e.byPayrollNumber(1)
	ids := map[string]string{
		"W": e.id, "P": j.person.id, "D": j.record.id, "other P": e.byPayrollNumber(2).person.id, "other W": other.id,
	}
	for _, c := range []struct{ name, function, content, rise string }{
		{"address of the employer", "Werkgever.WijzigenAdresGegevens", el("DataIdentity", e.id) + group("Adres", someAddress), "W"},
		{"the same again", "Werkgever.WijzigenAdresGegevens", el("DataIdentity", e.id) + group("Adres", someAddress), ""},
		{"name of the employer", "Werkgever.WijzigenAlgemeneGegevens", el("DataIdentity", e.id) + group("Algemeen", el("Bedrijfsnaam", "Nieuw B.V.")), "W"},
		{"contact of the employer", "Werkgever.WijzigenContactGegevens", el("DataIdentity", e.id) + group("Contact", el("Telefoon", "0850000000")), "W"},
		{"address of a person", "Persoon.WijzigenAdresGegevens", el("DataIdentity", j.person.id) + group("Adres", someAddress), "P W"},
		{"death of a person", "Persoon.WijzigenDatumOverlijden", el("DataIdentity", j.person.id) + el("DatumOverlijden", "2026-10-01"), "P W"},
		{"the same death", "Persoon.WijzigenDatumOverlijden", el("DataIdentity", j.person.id) + el("DatumOverlijden", "2026-10-01"), ""},
		{"death taken back", "Persoon.WijzigenDatumOverlijden", el("DataIdentity", j.person.id) + `<DatumOverlijden xsi:nil="true"/>`, "P W"},
		{"end of an employment", "Dienstverband.WijzigenDatumUitDienst", el("DataIdentity", j.record.id) + el("DatumUitDienst", "2026-12-31"), "D W"},
		{"back in service", "Dienstverband.WijzigenDatumUitDienst", el("DataIdentity", j.record.id) + `<DatumUitDienst xsi:nil="true"/>`, "D W"},
		{"leave", "ImporteerGegevens.ImporteerGegevens", el("SoortGegevens", "Verlof") + el("Formaat", "CSV") +
			file("v", []byte(strings.Join(leaveHeader, ";")+"\n1001;1;;x;05-10-2026;;1;1;8\n")), "D W"},
		{"period values", "ImporteerGegevens.ImporteerGegevens", el("SoortGegevens", "VariabeleGegevens") + el("Formaat", "CSV") +
			file("v", []byte("aanslnr;persnr;ploeg;1\n5555;1;;8\n")) + period10, ""},
		{"dossier", "Dossiervorming.ToevoegenDossier", el("DossierSoort", "Werknemer") + el("DataIdentity", j.record.id) +
			group("MetaData", el("Omschrijving", "x")+el("Categorie", "y")) + file("x.txt", []byte("x")), ""},
		{"concept employee", "Dienstverband.ToevoegenConceptWerknemer", el("ParentDataIdentity", e.id) + el("UniekeNaam", "x") +
			group("Persoon", el("Achternaam", "Tak")), ""},
		{"reading", "LoketWebservice.Select", el("EntityName", "Persoon") + el("DataIdentity", j.person.id), ""},
	} {
		before := map[string]int64{}
		for k, id := range ids {
			before[k] = b.version(id)
		}
		b.call(c.function, c.content).ok()
		for k, id := range ids {
			after, should := b.version(id), strings.Contains(" "+c.rise+" ", " "+k+" ")
			if (after > before[k]) != should || after < before[k] {
				t.Errorf("%s: version of %s went from %d to %d", c.name, k, before[k], after)
			}
		}
	}
}

func TestAbsentStaysAndNilEmpties(t *testing.T) {
	b := newBench(t, Options{})
	id := b.werkgever(5555)
	change := func(content string) *node {
		b.call("Werkgever.WijzigenAdresGegevens", el("DataIdentity", id)+content).ok()
		return b.selectOne("Werkgever", id)
	}
	street := b.selectOne("Werkgever", id).field("Straat")
	r := change(group("Adres", `<HuisnummerToevoeging>bis</HuisnummerToevoeging><Plaats>Zandwijk</Plaats><Landcode>NL</Landcode>`) +
		group("AfwijkendPostadres", `<Plaats>Postdam</Plaats><Landcode>NL</Landcode><Postbus>77</Postbus>`))
	if r.field("Straat") != street || r.field("HuisnummerToevoeging") != "bis" || r.field("Plaats") != "Zandwijk" || r.field("PostPlaats") != "Postdam" {
		t.Errorf("straat %q, toevoeging %q, plaats %q, postplaats %q", r.field("Straat"), r.field("HuisnummerToevoeging"), r.field("Plaats"), r.field("PostPlaats"))
	}
	if r.field("Postbus") != "77" {
		t.Error("the post box was not kept")
	}
	r = change(group("Adres", `<HuisnummerToevoeging xsi:nil="true"/><Plaats>Zandwijk</Plaats><Landcode>NL</Landcode>`) + `<AfwijkendPostadres xsi:nil="true"/>`)
	for _, f := range []string{"HuisnummerToevoeging", "PostPlaats", "PostLandcode", "Postbus"} {
		if r.field(f) != "" {
			t.Errorf("%s still holds %q", f, r.field(f))
		}
	}
	if r.field("Postcode") == "" {
		t.Error("the post code of the visiting address is gone")
	}
}

func TestEndOfEmployment(t *testing.T) {
	b := newBench(t, Options{})
	j := b.state.byClient[5555].byPayrollNumber(1)
	end := func(rest string) result {
		return b.call("Dienstverband.WijzigenDatumUitDienst", el("DataIdentity", j.record.id)+rest)
	}
	end(el("DatumUitDienst", "2026-12-31") + el("RedenEindeDienstverbandAangifte", "20") + el("RedenEindeDienstverband", "8") + el("ZiekUitDienst", "true")).ok()
	r := b.selectOne("Dienstverband", j.record.id)
	if got := r.field("DatumUitDienst") + r.field("RedenEindeDienstverbandAangifte") + r.field("RedenEindeDienstverband") + r.field("ZiekUitDienst"); got != "2026-12-31208true" {
		t.Errorf("got %s", got)
	}
	end(`<DatumUitDienst xsi:nil="true"/>`).ok()
	r = b.selectOne("Dienstverband", j.record.id)
	if got := r.field("DatumUitDienst") + r.field("RedenEindeDienstverbandAangifte") + r.field("RedenEindeDienstverband") + r.field("ZiekUitDienst"); got != "" {
		t.Errorf("still %s", got)
	}
	end(el("DatumUitDienst", "1990-01-01")).fault(contract.OngeldigeWaarde, "DatumUitDienst")
	end(el("DatumUitDienst", "2026-02-30")).fault(contract.OngeldigeWaarde, "DatumUitDienst")
	end(el("DatumUitDienst", "2026-12-31")+el("RedenEindeDienstverbandAangifte", "77")).fault(contract.OngeldigeCode, "RedenEindeDienstverbandAangifte")
	// Code 02 ended with 2022: it is no code of 2026.
	end(el("DatumUitDienst", "2026-12-31")+el("RedenEindeDienstverbandAangifte", "02")).fault(contract.OngeldigeCode, "RedenEindeDienstverbandAangifte")
	end("").fault(contract.VerplichtVeldOntbreekt, "DatumUitDienst")
}

func TestPersonIsRefusedWrongValues(t *testing.T) {
	b := newBench(t, Options{})
	p := b.state.byClient[5555].byPayrollNumber(1).person
	id := el("DataIdentity", p.id)
	b.call("Persoon.WijzigenBurgerlijkeStaat", id+el("BurgerlijkeStaat", "8")).fault(contract.OngeldigeCode, "BurgerlijkeStaat")
	b.call("Persoon.WijzigenBurgerlijkeStaat", id+el("BurgerlijkeStaat", "2")+el("IngangsDatum", "1900-01-01")).fault(contract.OngeldigeWaarde, "IngangsDatum")
	b.call("Persoon.WijzigenBurgerlijkeStaat", id+el("BurgerlijkeStaat", "7")).ok()
	if got := b.selectOne("Persoon", p.id).field("BurgerlijkeStaat"); got != "7" {
		t.Errorf("burgerlijke staat %s", got)
	}
	b.call("Persoon.WijzigenDatumOverlijden", id+el("DatumOverlijden", "1900-01-01")).fault(contract.OngeldigeWaarde, "DatumOverlijden")
	b.call("Persoon.WijzigenAdresGegevens", id).fault(contract.VerplichtVeldOntbreekt, "Adres")
	b.call("Persoon.WijzigenAdresGegevens", id+group("Adres", `<Plaats>X</Plaats><Landcode>XX</Landcode>`)).fault(contract.OngeldigeCode, "Adres/Landcode")
	b.call("Persoon.WijzigenAdresGegevens", id+group("Adres", `<Plaats>X</Plaats>`)).fault(contract.VerplichtVeldOntbreekt, "Adres/Landcode")
	b.call("Persoon.WijzigenAdresGegevens", id+group("Adres", `<Plaats> </Plaats><Landcode>NL</Landcode>`)).fault(contract.VerplichtVeldOntbreekt, "Adres/Plaats")
	b.call("Persoon.WijzigenAdresGegevens", id+group("Adres", el("Straat", strings.Repeat("x", 25))+`<Plaats>X</Plaats><Landcode>NL</Landcode>`)).
		fault(contract.OngeldigeWaarde, "Adres/Straat")
	b.call("Persoon.WijzigenAdresGegevens", id+group("Adres", `<Landcode>NL</Landcode><Plaats>X</Plaats>`)).fault(contract.OngeldigeWaarde, "Adres/Plaats")
	b.call("Persoon.WijzigenAdresGegevens", id+group("Adres", `<Dorp>X</Dorp><Plaats>X</Plaats><Landcode>NL</Landcode>`)).fault(contract.OngeldigeWaarde, "Adres/Plaats")
	b.call("Persoon.WijzigenAdresGegevens", id+`<Adres xsi:nil="true"/>`).fault(contract.OngeldigeWaarde, "Adres")
	r := b.call("Persoon.WijzigenAdresGegevens", id+group("Adres", `<Plaats>X</Plaats><Landcode>NL</Landcode><Provincie>1</Provincie>`)).ok()
	if r.find("Meldingen").find("Melding").text("Veld") != "Provincie" {
		t.Error("what could not be kept gave no warning")
	}
}

func TestNewEmployerIsNotYetSeen(t *testing.T) {
	b := newBench(t, Options{})
	r := b.call("Werkgever.ToevoegenWerkgever", group("Algemeen", el("Bedrijfsnaam", "Nieuw B.V.")+el("KvKNummer", "12345678"))+
		group("Adres", someAddress)).ok()
	if r.text("WerkgeverId") != "1004" || r.find("Meldingen").find("Melding").text("Omschrijving") == "" {
		t.Errorf("answer %+v", r)
	}
	b.call("LoketWebservice.Select", el("EntityName", "Werkgever")+el("DataIdentity", r.text("DataIdentity"))).fault(contract.OnbekendeIdentity, "DataIdentity")
	b.call("Werkgever.ToevoegenWerkgever", group("Algemeen", "")+group("Adres", someAddress)).fault(contract.VerplichtVeldOntbreekt, "Algemeen/Bedrijfsnaam")
	if n := len(b.list("Werkgever", "")); n != 3 {
		t.Errorf("%d employers are seen", n)
	}
}

func TestDossiers(t *testing.T) {
	b := newBench(t, Options{})
	j := b.state.byClient[5555].byPayrollNumber(1)
	meta := group("MetaData", el("Omschrijving", "Contract")+el("Categorie", "Algemeen"))
	add := func(kind, owner string, content []byte) result {
		return b.call("Dossiervorming.ToevoegenDossier", el("DossierSoort", kind)+el("DataIdentity", owner)+meta+file("c.pdf", content))
	}
	id := add("Werknemer", j.record.id, []byte("%PDF-")).ok().text("DossierDataIdentity")
	other := add("Werkgever", b.werkgever(5555), []byte("%PDF-")).ok().text("DossierDataIdentity")
	if id == other {
		t.Error("two dossiers have one identity")
	}
	add("Werkgever", j.record.id, []byte("x")).fault(contract.OnbekendeIdentity, "DataIdentity")
	add("Werknemer", j.person.id, []byte("x")).fault(contract.OnbekendeIdentity, "DataIdentity")
	add("Persoon", j.person.id, []byte("x")).fault(contract.OngeldigeWaarde, "DossierSoort")
	add("Werknemer", j.record.id, nil).fault(contract.BestandOngeldig, "Bestand")
	b.call("Dossiervorming.WijzigenMetadataDossier", el("DossierDataIdentity", id)+meta).ok()
	if r := b.call("Dossiervorming.VerwijderenDossier", el("DossierDataIdentity", id)).ok(); r.text("Verwijderd") != "true" {
		t.Error("not removed")
	}
	b.call("Dossiervorming.VerwijderenDossier", el("DossierDataIdentity", id)).fault(contract.OnbekendeIdentity, "DossierDataIdentity")
	b.call("Dossiervorming.WijzigenMetadataDossier", el("DossierDataIdentity", id)+meta).fault(contract.OnbekendeIdentity, "DossierDataIdentity")
}

func TestConceptEmployee(t *testing.T) {
	b := newBench(t, Options{})
	add := func(name, person, job string) result {
		content := el("ParentDataIdentity", b.werkgever(5555)) + el("UniekeNaam", name) + group("Persoon", person)
		if job != "" {
			content += group("Dienstverband", job)
		}
		return b.call("Dienstverband.ToevoegenConceptWerknemer", content)
	}
	bsn := elevenDigits(120_000, 99_000_000, -1)
	id := add("vacature 7", el("Achternaam", "Tak")+el("Geslacht", "2")+el("BSN", bsn), el("DatumInDienst", "2026-11-01")+el("Clientnummer", "5555")+
		el("BrutoLoon", "3000.00")+el("UrenPerWeek", "36.5")).ok().text("DataIdentity")
	if id == "" {
		t.Error("no identity")
	}
	if n := len(b.list("Persoon", b.werkgever(5555))); n != 25 {
		t.Errorf("%d people: a concept employee is none", n)
	}
	add("vacature 7", el("Achternaam", "Ander"), "").fault(contract.ConflictMetStatus, "UniekeNaam")
	add("b", "", "").fault(contract.VerplichtVeldOntbreekt, "Persoon/Achternaam")
	add("b", el("Achternaam", "Tak")+el("Geslacht", "5"), "").fault(contract.OngeldigeCode, "Persoon/Geslacht")
	wrong := bsn[:8] + string('0'+(bsn[8]-'0'+1)%10)
	detail := add("b", el("Achternaam", "Tak")+el("BSN", wrong), "").fault(contract.OngeldigeWaarde, "Persoon/BSN")
	if strings.Contains(detail.text("Omschrijving"), wrong) {
		t.Error("the fault holds the BSN")
	}
	add("b", el("Achternaam", "Tak")+el("IBAN", "NL00TEST0123456789"), "").fault(contract.OngeldigeWaarde, "Persoon/IBAN")
	add("b", el("Achternaam", "Tak"), el("Clientnummer", "5556")).fault(contract.OngeldigeWaarde, "Dienstverband/Clientnummer")
	add("b", el("Achternaam", "Tak"), el("UrenPerWeek", "1000")).fault(contract.OngeldigeWaarde, "Dienstverband/UrenPerWeek")
}

func TestTaxReturnAtAnExternalParty(t *testing.T) {
	b := newBench(t, Options{})
	e := b.state.byClient[5556]
	waiting, sent := e.returns[8], e.returns[0]
	settle := func(ref, action string) result {
		return b.call("GoedkeurenAnnulerenLoonaangifte.GoedkeurenAnnulerenLoonaangifte", el("Berichtkenmerk", ref)+el("Actie", action))
	}
	respond := func(ref, content string) result {
		return b.call("AanleverenResponseMessage.AanleverenLoonaangifteResponseMessage", el("Berichtkenmerk", ref)+el("ResponseMessage", content))
	}
	const message = "PGE+b2s8L2E+" // <a>ok</a>
	approved := func() int {
		return len(b.call("LoketWebservice.ListGoedgekeurdeLoonAangiftePeriode", el("ParentDataIdentity", e.id)+el("Jaar", "2026")+
			el("PeriodeNummer", "9")).ok().find("Loonaangiftes").Kids)
	}
	if approved() != 0 {
		t.Error("a return that waits is listed as approved")
	}
	b.call("LoketWebservice.OutputLoonaangifte", el("VerloningsRunDataIdentity", waiting.id())+el("Versie", "1")).fault(contract.ConflictMetStatus, "VerloningsRunDataIdentity")
	respond(waiting.reference, message).fault(contract.ConflictMetStatus, "Berichtkenmerk")
	settle(sent.reference, "Goedkeuren").fault(contract.ConflictMetStatus, "Berichtkenmerk")
	settle(b.state.byClient[5555].returns[8].reference, "Goedkeuren").fault(contract.ConflictMetStatus, "Berichtkenmerk")
	settle(waiting.reference, "Wachten").fault(contract.OngeldigeWaarde, "Actie")
	settle("NOOIT", "Goedkeuren").fault(contract.OnbekendeIdentity, "Berichtkenmerk")
	before := b.version(waiting.id())
	if r := settle(waiting.reference, "Goedkeuren").ok(); r.text("Status") != "5" || r.text("StatusOmschrijving") != "Loonaangifte bevestigd" {
		t.Errorf("status %s %s", r.text("Status"), r.text("StatusOmschrijving"))
	}
	if b.version(waiting.id()) <= before {
		t.Error("its version did not rise")
	}
	if approved() != 1 {
		t.Error("the return is not listed as approved")
	}
	settle(waiting.reference, "Annuleren").fault(contract.ConflictMetStatus, "Berichtkenmerk")
	first := respond(waiting.reference, message).ok()
	second := respond(sent.reference, message).ok()
	if first.text("Status") != "Ontvangen" || first.text("Ontvangstnummer") == second.text("Ontvangstnummer") {
		t.Error("receipts are not right")
	}
	respond(sent.reference, "aGFsbG8=").fault(contract.BestandOngeldig, "ResponseMessage")
	respond(sent.reference, "geen base64!").fault(contract.OngeldigeWaarde, "ResponseMessage")
	respond(b.state.byClient[5555].returns[8].reference, message).fault(contract.ConflictMetStatus, "Berichtkenmerk")

	cancelling := newBench(t, Options{})
	if r := cancelling.call("GoedkeurenAnnulerenLoonaangifte.GoedkeurenAnnulerenLoonaangifte", el("Berichtkenmerk", waiting.reference)+
		el("Actie", "Annuleren")+el("ExternePartijIdentificatie", "EXT-2")+el("Toelichting", "fout")).ok(); r.text("Status") != "4" {
		t.Errorf("status %s", r.text("Status"))
	}
}
