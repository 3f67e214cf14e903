package pipelines

import (
	"fmt"
	"strings"
	"testing"

	"loket-etl/ledger"
	"loket-etl/loket"
	"loket-etl/loket/contract"
	"loket-etl/loket/sandbox"
	"loket-etl/payroll"

	"github.com/google/go-cmp/cmp"
)

const (
	addressCall = "Persoon.WijzigenAdresGegevens"
	endCall     = "Dienstverband.WijzigenDatumUitDienst"
	addressHead = "Clientnummer;Personeelsnummer;Straat;Huisnummer;Toevoeging;Postcode;Plaats;Land;Post plaats;Post land\r\n"
	endHead     = "Clientnummer;Personeelsnummer;Datum uit dienst;Reden aangifte;Ziek uit dienst\r\n"
)

// employment is the Dienstverband of somebody at Clientnummer 5555.
func (w *world) employment(nr int) loket.Entity {
	w.t.Helper()
	for e, err := range w.client.List(w.t.Context(), "Dienstverband", korenaar) {
		if err != nil {
			w.t.Fatal(err)
		}
		if e.Text("PersoneelsnummerVerloning") == fmt.Sprint(nr) {
			return e
		}
	}
	w.t.Fatalf("nobody has number %d", nr)
	return loket.Entity{}
}

// fields are some fields of a record, as text.
func (w *world) fields(entity, identity string, names ...string) string {
	w.t.Helper()
	e, err := w.client.Select(w.t.Context(), entity, identity)
	if err != nil {
		w.t.Fatal(err)
	}
	var all []string
	for _, n := range names {
		all = append(all, e.Text(n))
	}
	return strings.Join(all, "|")
}

func (w *world) ofPerson(nr int, names ...string) string {
	return w.fields("Persoon", w.employment(nr).Text("PersoonQuid"), names...)
}

func (w *world) has(what, got, want string) {
	w.t.Helper()
	if got != want {
		w.t.Errorf("%s: Loket has %q, want %q", what, got, want)
	}
}

// dropped drops a file that is imported whole.
func (w *world) dropped(name, content string) Receipt {
	w.t.Helper()
	w.drop(name, content)
	w.settle()
	w.ends(name, ledger.Imported, "done/"+name)
	return w.receipt("done/" + name)
}

// Every kind of change goes from a dropped file to Loket, and is read back there.
func TestFromADroppedFileToEveryKindOfChange(t *testing.T) {
	w := newWorld(t)
	landen := w.ofPerson(2, "Straat", "Huisnummer", "Postcode")
	w.dropped("adres_oktober.csv", sample(t, "persoon-adres/good/adres_oktober.csv"))
	w.has("address", w.ofPerson(1, "Straat", "Huisnummer", "HuisnummerToevoeging", "Postcode", "Plaats", "Landcode"), "Lindelaan|12|B|9401 AB|Assen|NL")
	w.has("a part of an address", w.ofPerson(2, "Straat", "Huisnummer", "Postcode"), landen)
	w.has("a part of an address", w.ofPerson(2, "HuisnummerToevoeging", "Plaats", "Landcode", "PostPlaats"), "|Gent|BE|")
	w.has("postal address", w.ofPerson(3, "PostStraat", "PostHuisnummer", "PostPostcode", "PostPlaats", "PostLandcode"), "Stationsplein|1|8011 CW|Zwolle|NL")

	w.dropped("burgerlijke-staat.csv", sample(t, "persoon-burgerlijke-staat/good/burgerlijke-staat_oktober.csv"))
	w.has("civil status", w.ofPerson(1, "BurgerlijkeStaat")+w.ofPerson(2, "BurgerlijkeStaat"), "23")
	w.dropped("overlijden.csv", sample(t, "persoon-overlijden/good/overlijden_oktober.csv"))
	w.has("date of death", w.ofPerson(1, "DatumOverlijden")+w.ofPerson(2, "DatumOverlijden"), "2026-10-03")
	w.dropped("overlijden-terug.csv", "Clientnummer;Personeelsnummer;Datum overlijden\r\n5555;1;-\r\n")
	w.has("date of death taken back", w.ofPerson(1, "DatumOverlijden"), "")

	w.dropped("uit-dienst.csv", sample(t, "dienstverband-uit-dienst/good/uit-dienst_oktober.csv"))
	end := []string{"DatumUitDienst", "RedenEindeDienstverbandAangifte", "RedenEindeDienstverband", "ZiekUitDienst"}
	w.has("end", w.fields("Dienstverband", w.employment(1).Identity, end...), "2026-10-31|20|8|false")
	w.has("end", w.fields("Dienstverband", w.employment(3).Identity, end...), "2026-11-30|01||true")

	w.dropped("werkgever-adres.csv", sample(t, "werkgever-adres/good/werkgever-adres_oktober.csv"))
	w.has("employer's address", w.fields("Werkgever", korenaar, "Straat", "Plaats", "Postbus", "PostPostcode"), "Havenkade|Assen|120|9400 AC")
	w.dropped("werkgever-algemeen.csv", sample(t, "werkgever-algemeen/good/werkgever-algemeen_oktober.csv"))
	w.has("employer", w.fields("Werkgever", korenaar, "Bedrijfsnaam", "KvKNummer", "Administratienummer", "Groepcode"), "Bakkerij De Korenaar B.V.|01234567|A-17|")
	w.dropped("werkgever-contact.csv", sample(t, "werkgever-contact/good/werkgever-contact_oktober.csv"))
	w.has("contact", w.fields("Werkgever", korenaar, "Telefoon", "Email", "Website", "ContactNaam"), "0592123456|info@korenaar.example.org||P. de Vries")

	before := len(w.loket.State())
	r := w.dropped("werkgever-nieuw.csv", sample(t, "werkgever-toevoegen/good/werkgever-nieuw_oktober.csv"))
	if all := w.loket.State(); len(all) != before+1 || all[before].Name != "Timmerbedrijf Eik B.V." || r.Calls[0].Answer != fmt.Sprintf("werkgever %d", all[before].WerkgeverID) {
		t.Errorf("%d employers, receipt %+v", len(all), r.Calls)
	}
	r = w.dropped("concept.csv", sample(t, "concept-werknemer/good/concept_november.csv"))
	if n := w.loket.Count(conceptCall); n != 2 || !strings.HasPrefix(r.Calls[0].Answer, "concept ") {
		t.Errorf("%d concepts, receipt %+v", n, r.Calls)
	}
}

// Every bad sample is refused or has its bad rows left out, and nothing of those
// reaches Loket.
func TestBadFilesOfEveryKindOfChange(t *testing.T) {
	for name, file := range map[string]string{
		"persoon-adres": "adres_fouten.csv", "persoon-burgerlijke-staat": "burgerlijke-staat_fouten.csv", "persoon-overlijden": "overlijden_fouten.csv",
		"dienstverband-uit-dienst": "uit-dienst_fouten.csv", "concept-werknemer": "concept_fouten.csv", "werkgever-adres": "werkgever-adres_fouten.csv",
		"werkgever-algemeen": "werkgever-algemeen_fouten.csv", "werkgever-contact": "werkgever-contact_fouten.csv",
		"werkgever-toevoegen": "werkgever-nieuw_fouten.csv", "dossier-metadata": "dossier-metadata_fouten.csv", "dossier-verwijderen": "dossier-verwijderen_fouten.csv",
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.drop(file, sample(t, name+"/bad/"+file))
			w.settle()
			if e := w.only(file); e.State != ledger.Settled || e.Outcome != ledger.RefusedOutcome && e.Outcome != ledger.Partly {
				t.Fatalf("%s is %s %s %q", file, e.State, e.Outcome, e.Reason)
			} else if len(w.receipt(e.Target).Problems) == 0 {
				t.Error("the receipt names no problem")
			} else if calls := e.Calls; e.Outcome == ledger.RefusedOutcome && calls != 0 {
				t.Errorf("%d calls of a refused file", calls)
			}
		})
	}
}

// narrowed are the arguments of a call without what stands; nil when that is all.
func narrowed(t *testing.T, call contract.Call, stands string) map[string]any {
	t.Helper()
	less, some, err := onlyWhatDiffers(call, []byte(stands))
	if err != nil {
		t.Fatal(err)
	}
	if !some {
		return nil
	}
	fn, _ := contract.Lookup(call.Function)
	if err := fn.Check(less.Args); err != nil {
		t.Error(err)
	}
	return less.Args
}

func TestOnlyWhatDiffersIsSent(t *testing.T) {
	type group = map[string]any
	address := func(args group) contract.Call {
		args["DataIdentity"] = "P-1"
		return contract.Call{Function: addressCall, Args: args}
	}
	end := func(args group) contract.Call {
		args["DataIdentity"] = "D-1"
		return contract.Call{Function: endCall, Args: args}
	}
	civil := func(args group) contract.Call {
		args["DataIdentity"] = "P-1"
		return contract.Call{Function: "Persoon.WijzigenBurgerlijkeStaat", Args: args}
	}
	const home = `{"Straat":"Lindelaan","Huisnummer":"12","Plaats":"Assen","Landcode":"NL","PostPlaats":"","PostLandcode":""}`
	for name, c := range map[string]struct {
		call   contract.Call
		stands string
		want   group
	}{
		"a street, with what Loket needs along": {address(group{"Adres": group{"Straat": "Plein", "Huisnummer": 12, "Plaats": "Assen", "Landcode": "NL"}}), home,
			group{"DataIdentity": "P-1", "Adres": group{"Straat": "Plein", "Plaats": "Assen", "Landcode": "NL"}}},
		"nothing": {address(group{"Adres": group{"Straat": "Lindelaan", "Huisnummer": 12, "Plaats": "Assen", "Landcode": "NL"}}), home, nil},
		"a postal address beside the same address": {address(group{"Adres": group{"Plaats": "Assen", "Landcode": "NL"}, "AfwijkendPostadres": group{"Plaats": "Gent", "Landcode": "BE"}}), home,
			group{"DataIdentity": "P-1", "AfwijkendPostadres": group{"Plaats": "Gent", "Landcode": "BE"}}},
		"no postal address to take away": {address(group{"AfwijkendPostadres": contract.Nil{}}), home, nil},
		"a postal address to take away": {address(group{"AfwijkendPostadres": contract.Nil{}}), `{"PostPlaats":"Gent"}`,
			group{"DataIdentity": "P-1", "AfwijkendPostadres": contract.Nil{}}},
		"an end keeps ill": {end(group{"DatumUitDienst": date2026(1130)}), `{"DatumUitDienst":"2026-10-31","RedenEindeDienstverbandAangifte":"20","ZiekUitDienst":"true"}`,
			group{"DataIdentity": "D-1", "DatumUitDienst": date2026(1130), "ZiekUitDienst": "true"}},
		"a reason goes with its end": {end(group{"DatumUitDienst": date2026(1031), "RedenEindeDienstverbandAangifte": "21"}), `{"DatumUitDienst":"2026-10-31","RedenEindeDienstverbandAangifte":"20","ZiekUitDienst":""}`,
			group{"DataIdentity": "D-1", "DatumUitDienst": date2026(1031), "RedenEindeDienstverbandAangifte": "21"}},
		"back in service": {end(group{"DatumUitDienst": contract.Nil{}, "ZiekUitDienst": false}), `{"DatumUitDienst":"2026-10-31","RedenEindeDienstverbandAangifte":"20","ZiekUitDienst":"true"}`,
			group{"DataIdentity": "D-1", "DatumUitDienst": contract.Nil{}}},
		"in service as it is": {end(group{"DatumUitDienst": contract.Nil{}, "RedenEindeDienstverbandAangifte": "20"}), `{"DatumUitDienst":"","RedenEindeDienstverbandAangifte":"","ZiekUitDienst":""}`, nil},
		"a day that Loket does not show": {civil(group{"BurgerlijkeStaat": "2", "IngangsDatum": date2026(1001)}), `{"BurgerlijkeStaat":"1"}`,
			group{"DataIdentity": "P-1", "BurgerlijkeStaat": "2", "IngangsDatum": date2026(1001)}},
		"married as it is": {civil(group{"BurgerlijkeStaat": "2", "IngangsDatum": date2026(1001)}), `{"BurgerlijkeStaat":"2"}`, nil},
		"an employer keeps its name": {contract.Call{Function: "Werkgever.WijzigenAlgemeneGegevens", Args: group{"DataIdentity": "W-1", "Algemeen": group{"Bedrijfsnaam": "Eik", "KvKNummer": contract.Nil{}, "Groepcode": 3}}},
			`{"Bedrijfsnaam":"Eik","KvKNummer":"123","Groepcode":"3"}`, group{"DataIdentity": "W-1", "Algemeen": group{"Bedrijfsnaam": "Eik", "KvKNummer": contract.Nil{}}}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, narrowed(t, c.call, c.stands)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// A row that changes nothing makes no call, and its sender reads that.
func TestARowThatChangesNothing(t *testing.T) {
	w := newWorld(t)
	file := addressHead + "5555;1;Lindelaan;12;;9401 AB;Assen;NL;;\r\n"
	w.dropped("adres_1.csv", file)
	r := w.dropped("adres_2.csv", file+"5555;2;Lindelaan;14;;9401 AB;Assen;NL;;\r\n")
	if n := w.loket.Count(addressCall); n != 2 {
		t.Errorf("%d calls, want 2", n)
	}
	if c := r.Calls[0]; c.Answer != asItWas || !c.Sent.IsZero() || c.State != "done" || r.Calls[1].Answer != "" || r.Calls[1].Sent.IsZero() {
		t.Errorf("receipt %+v", r.Calls)
	}
	w.drop("adres_3.csv", file) // the same bytes
	w.settle()
	w.ends("adres_3.csv", ledger.Duplicate, "failed/adres_3.csv")
}

// What Loket refuses of some comes back as a file, the others go on.
func TestAChangeThatLoketRefusesAmongOthers(t *testing.T) {
	w := newWorld(t)
	w.loket.SetMood(sandbox.Mood{Function: addressCall, Kind: sandbox.Refused, Code: 3002, Count: 1})
	second := "5555;2;Lindelaan;14;;9401 AB;Assen;NL;;\r\n"
	w.drop("adres.csv", addressHead+"5555;1;Lindelaan;12;;9401 AB;Assen;NL;;\r\n"+second+"5555;3;Lindelaan;16;;9401 AB;;NL;;\r\n")
	w.settle()
	w.ends("adres.csv", ledger.Partly, "done/adres.csv")
	if got, want := w.read("failed/adres-afgekeurd.csv"), "\uFEFF"+addressHead+"5555;1;Lindelaan;12;;9401 AB;Assen;NL;;\r\n5555;3;Lindelaan;16;;9401 AB;;NL;;\r\n"; got != want {
		t.Errorf("refused part %q, want %q", got, want)
	}
	if r := w.receipt("done/adres.csv"); r.Accepted != 1 || r.Refused != 2 || len(r.Problems) != 2 {
		t.Errorf("receipt %+v", r)
	}
	w.has("address", w.ofPerson(2, "Huisnummer"), "14")
}

// An older file does not undo what a newer one wrote, and a newer one that says
// what stood before the older is sent all the same.
func TestChangesOfOnePersonInTheOrderOfTheirFiles(t *testing.T) {
	w := newWorld(t)
	row := func(nr string) string { return addressHead + "5555;1;Lindelaan;" + nr + ";;9401 AB;Assen;NL;;\r\n" }
	w.dropped("adres_1.csv", row("1"))
	w.loket.SetMood(sandbox.Mood{Function: addressCall, Kind: sandbox.Busy, Count: 1})
	w.drop("adres_2.csv", row("2"))
	w.drop("adres_3.csv", row("1")+"5555;2;Lindelaan;3;;9401 AB;Assen;NL;;\r\n")
	w.settle()
	w.ends("adres_2.csv", ledger.Imported, "done/adres_2.csv")
	w.ends("adres_3.csv", ledger.Imported, "done/adres_3.csv")
	w.has("address", w.ofPerson(1, "Huisnummer"), "1")
	if n := w.loket.Count(addressCall); n != 5 { // one of them to a busy Loket
		t.Errorf("%d calls, want 5", n)
	}
}

// piece adds a document to a dossier.
func (w *world) piece(words string) string {
	w.t.Helper()
	id, _, err := w.client.ToevoegenDossier(w.t.Context(), loket.DossierWerkgever, korenaar, loket.DossierMetaData{Omschrijving: words, Categorie: "Overig"},
		contract.File{Name: "r.pdf", MimeType: "application/pdf", Content: []byte("%PDF")}, false)
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

func TestDocumentsOfADossier(t *testing.T) {
	w := newWorld(t)
	one, two := w.piece("een"), w.piece("twee")
	w.dropped("dossier-metadata.csv", "Dossierstuk;Omschrijving;Categorie\r\n"+one+";Reglement;Overig\r\n")
	if n := w.loket.Count(describeCall); n != 1 {
		t.Errorf("%d descriptions", n)
	}
	w.dropped("dossier-verwijderen_1.csv", "Dossierstuk\r\n"+one+"\r\n")
	r := w.dropped("dossier-verwijderen_2.csv", "Dossierstuk\r\n"+one+"\r\n"+two+"\r\n")
	if r.Calls[0].Answer != isGone || r.Calls[1].Answer != "" || r.Accepted != 2 {
		t.Errorf("receipt %+v", r.Calls)
	}
	for _, id := range []string{one, two} {
		if gone, _, err := w.client.VerwijderenDossier(t.Context(), id); gone || err == nil {
			t.Errorf("%s was still there", id)
		}
	}
}

func TestWhatIsMadeOnceWaitsForAPersonTheSecondTime(t *testing.T) {
	w := newWorld(t)
	const concept = "WerkgeverId;Unieke naam;Achternaam\r\n1001;nieuw-1;Smit\r\n"
	const employer = "Bedrijfsnaam;KvK-nummer;Straat;Huisnummer;Postcode;Plaats;Land\r\nEik B.V.;07654321;;;;Assen;NL\r\n"
	w.dropped("concept_1.csv", concept)
	w.dropped("werkgever-nieuw_1.csv", employer)
	w.drop("concept_2.csv", strings.Replace(concept, "Smit", "Smid", 1))
	w.drop("werkgever-nieuw_2.csv", strings.Replace(employer, "Eik", "EIK", 1))
	w.settle()
	w.state(3, ledger.Held, "een concept-werknemer met deze unieke naam is al naar Loket gegaan (bestand nummer 1")
	w.state(4, ledger.Held, "een werkgever met deze naam is al naar Loket gegaan (bestand nummer 2")
	bsn := w.ofPerson(1, "BSN")
	w.drop("concept_3.csv", "WerkgeverId;Unieke naam;Achternaam;BSN\r\n1001;nieuw-2;Smit;"+bsn+"\r\n")
	w.drop("werkgever-nieuw_3.csv", "Bedrijfsnaam;Straat;Huisnummer;KvK-nummer;Postcode;Plaats;Land\r\n"+w.fields("Werkgever", korenaar, "Bedrijfsnaam")+";;;;;Assen;NL\r\n")
	w.settle()
	w.state(5, ledger.Held, "deze persoon werkt in Loket al bij deze werkgever (personeelsnummer 1)")
	w.state(6, ledger.Held, "werkgever 1001 in Loket heeft dezelfde naam of hetzelfde KvK-nummer")
	if c, e := w.loket.Count(conceptCall), w.loket.Count(employerCall); c != 1 || e != 1 {
		t.Errorf("%d concepts and %d employers, want one of each", c, e)
	}
	w.act(w.ledger.Release, 5)
	w.settle()
	w.ends("concept_3.csv", ledger.Imported, "done/concept_3.csv")
	if e := w.only("concept_2.csv"); strings.Contains(e.Reason, bsn) {
		t.Error("a reason holds a BSN")
	}
}

func date2026(day int) payroll.Date { return payroll.Date(20260000 + day) }
