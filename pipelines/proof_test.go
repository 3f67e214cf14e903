package pipelines

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"

	"loket-etl/ledger"
	"loket-etl/loket/contract"
	"loket-etl/loket/sandbox"
)

// proof is a function that changes something in Loket, driven from a dropped file.
type proof struct {
	function string
	way      string // of a function that does several things: which of them
	good     string // the file, or a sample among mappings/samples
	bad      string // the same with a mistake
	name     string // of the file that is dropped, "" for that of the sample
	before   func(w *world)
	reads    func(w *world) string // what Loket has, asked for anew
	want     string                // after the file was carried out once
	asks     bool                  // a lost answer is for a person: Loket cannot be asked
}

func readPerson(names ...string) func(*world) string {
	return func(w *world) string { return w.ofPerson(1, names...) }
}

func readEmployer(names ...string) func(*world) string {
	return func(w *world) string { return w.fields("Werkgever", korenaar, names...) }
}

func readReturn(reference string) func(*world) string {
	return func(w *world) string {
		r := returnIn(w.t, w.loket, reference)
		return fmt.Sprintf("%d, %d", r.Status, len(r.Responses))
	}
}

func readDossier(w *world) string { return w.dossier(w.employment(1).Identity) }

func readEmployersDossier(w *world) string { return w.dossier(korenaar) }

// documentAdded is the first document that is added to a dossier here.
const documentAdded = "W." + korenaar + ".1"

var proofs = []proof{
	{function: "ImporteerGegevens.ImporteerGegevens", way: "VariabeleGegevens", good: hoursFile, bad: wrongHours, name: "uren_5555_oktober.csv",
		reads: func(w *world) string { return fmt.Sprint(stands(w.t, w.url, w.clock.Now)) }, want: "map[1 kp100 1:15.50 2 kp 4:1.25]"},
	{function: "ImporteerGegevens.ImporteerGegevens", way: "Verlof", good: leaveFile, bad: leaveFile + "5555;1;A;12-10-2026;;Wettelijk;Opname;veel\r\n", name: "verlof.csv",
		reads: func(w *world) string { return fmt.Sprint(stands(w.t, w.url, w.clock.Now)) }, want: "map[1 verlof:2]"},
	{function: decideCall, way: "Goedkeuren", good: approval, bad: statusHead + waits + ";Goedgekeur;;\r\n", name: "status.csv", reads: readReturn(waits), want: "5, 0"},
	{function: decideCall, way: "Annuleren", good: statusHead + waits + ";Geannuleerd;;\r\n", bad: statusHead + waits + ";;;\r\n", name: "status.csv", reads: readReturn(waits), want: "4, 0"},
	{function: answerCall, good: "loonaangifte-response/good/response_2026-08.xml", bad: "loonaangifte-response/bad/response_afgekapt.xml", reads: readReturn(sent), want: "6, 1", asks: true},

	{function: "Persoon.WijzigenAdresGegevens", good: addressHead + "5555;1;Lindelaan;12;;9401 AB;Assen;NL;Gent;BE\r\n", bad: "persoon-adres/bad/adres_fouten.csv",
		name: "adres.csv", reads: readPerson("Straat", "Huisnummer", "PostPlaats"), want: "Lindelaan|12|Gent"},
	{function: "Persoon.WijzigenBurgerlijkeStaat", good: "Clientnummer;Personeelsnummer;Burgerlijke staat;Ingangsdatum\r\n5555;1;4;01-10-2026\r\n", bad: "persoon-burgerlijke-staat/bad/burgerlijke-staat_fouten.csv",
		name: "burgerlijke-staat.csv", reads: readPerson("BurgerlijkeStaat"), want: "4"},
	{function: "Persoon.WijzigenDatumOverlijden", good: "Clientnummer;Personeelsnummer;Datum overlijden\r\n5555;1;03-10-2026\r\n", bad: "persoon-overlijden/bad/overlijden_fouten.csv",
		name: "overlijden.csv", reads: readPerson("DatumOverlijden"), want: "2026-10-03"},
	{function: "Dienstverband.WijzigenDatumUitDienst", good: endHead + "5555;1;31-10-2026;20;ja\r\n", bad: "dienstverband-uit-dienst/bad/uit-dienst_fouten.csv", name: "uit-dienst.csv",
		reads: func(w *world) string {
			return w.fields("Dienstverband", w.employment(1).Identity, "DatumUitDienst", "RedenEindeDienstverbandAangifte", "ZiekUitDienst")
		}, want: "2026-10-31|20|true"},
	{function: conceptCall, good: "WerkgeverId;Unieke naam;Achternaam\r\n1001;nieuw-1;Smit\r\n", bad: "concept-werknemer/bad/concept_fouten.csv", name: "concept.csv",
		reads: func(w *world) string { return strings.Join(w.loket.Concepts(korenaar), ", ") }, want: "nieuw-1", asks: true},

	{function: "Werkgever.WijzigenAdresGegevens", good: "WerkgeverId;Straat;Huisnummer;Postcode;Plaats;Land;Postbus;Post postcode;Post plaats;Post land\r\n1001;Havenkade;7;9401 AB;Assen;NL;120;9400 AC;Assen;NL\r\n",
		bad: "werkgever-adres/bad/werkgever-adres_fouten.csv", name: "werkgever-adres.csv",
		reads: readEmployer("Straat", "Plaats", "Postbus", "PostPostcode"), want: "Havenkade|Assen|120|9400 AC"},
	{function: "Werkgever.WijzigenAlgemeneGegevens", good: "werkgever-algemeen/good/werkgever-algemeen_oktober.csv", bad: "werkgever-algemeen/bad/werkgever-algemeen_fouten.csv",
		reads: readEmployer("Bedrijfsnaam", "KvKNummer", "Administratienummer"), want: "Bakkerij De Korenaar B.V.|01234567|A-17"},
	{function: "Werkgever.WijzigenContactGegevens", good: "werkgever-contact/good/werkgever-contact_oktober.csv", bad: "werkgever-contact/bad/werkgever-contact_fouten.csv",
		reads: readEmployer("Telefoon", "Email", "ContactNaam"), want: "0592123456|info@korenaar.example.org|P. de Vries"},
	{function: employerCall, good: "werkgever-toevoegen/good/werkgever-nieuw_oktober.csv", bad: "werkgever-toevoegen/bad/werkgever-nieuw_fouten.csv",
		reads: func(w *world) string {
			all := w.loket.State()
			return all[len(all)-1].Name
		}, want: "Timmerbedrijf Eik B.V.", asks: true},

	{function: addDocumentCall, way: "in a zip", good: "dossier-toevoegen/one", bad: "dossier-toevoegen/bad/dossier_fouten.zip", name: "dossier.zip", reads: readDossier, want: "een.txt (Een, 1)", asks: true},
	{function: addDocumentCall, way: "by itself", good: "dossier-document/good/dossier_5555_1_Arbeidsovereenkomst.pdf", bad: "dossier-document/bad/dossier_5555_1_geen-pdf.pdf",
		reads: readDossier, want: "dossier_5555_1_Arbeidsovereenkomst.pdf (Arbeidsovereenkomst, 592)", asks: true},
	{function: describeCall, good: "Dossierstuk;Omschrijving;Categorie\r\n" + documentAdded + ";Reglement;Overig\r\n", bad: "dossier-metadata/bad/dossier-metadata_fouten.csv", name: "dossier-metadata.csv",
		before: func(w *world) { w.piece("een") }, reads: readEmployersDossier, want: "r.pdf (Reglement, 4)", asks: true},
	{function: removeCall, good: "Dossierstuk\r\n" + documentAdded + "\r\n", bad: "dossier-verwijderen/bad/dossier-verwijderen_fouten.csv", name: "dossier-verwijderen.csv",
		before: func(w *world) { w.piece("een") }, reads: readEmployersDossier, want: "", asks: true},
}

// file is a file of the proof: a sample, or the text itself.
func (p proof) file(t testing.TB, text string) (name, content string) {
	t.Helper()
	switch {
	case text == "dossier-toevoegen/one":
		return p.name, zipped(t, "een.txt", "1", "index.csv", dossierHead+"een.txt;Werknemer;5555;1;Een;Overig\r\n")
	case strings.HasSuffix(path.Dir(text), "/good"), strings.HasSuffix(path.Dir(text), "/bad"):
		content = sample(t, text)
	default:
		content = text
	}
	if name = p.name; name == "" {
		name = path.Base(p.good)
	}
	return name, content
}

// proven is what a file must come to in a mood.
type proven struct {
	mood    *sandbox.Mood
	bad     bool // the file has a mistake
	outcome func(p proof) ledger.Outcome
	held    func(p proof) bool
	changed func(p proof) bool
	calls   func(p proof) int
}

func always[T any](v T) func(proof) T { return func(proof) T { return v } }

var provings = map[string]proven{
	"good":       {outcome: always(ledger.Imported), held: always(false), changed: always(true), calls: always(1)},
	"a bad file": {bad: true, outcome: always(ledger.RefusedOutcome), held: always(false), changed: always(false), calls: always(0)},
	"refused by Loket": {mood: &sandbox.Mood{Kind: sandbox.Refused, Code: 3002}, outcome: always(ledger.RefusedOutcome),
		held: always(false), changed: always(false), calls: always(1)},
	"lost before": {mood: &sandbox.Mood{Kind: sandbox.LostBefore}, outcome: always(ledger.Imported),
		held: func(p proof) bool { return p.asks }, changed: func(p proof) bool { return !p.asks },
		calls: func(p proof) int {
			if p.asks {
				return 1
			}
			return 2 // read back, not there, and sent again
		}},
	"lost after": {mood: &sandbox.Mood{Kind: sandbox.LostAfter}, outcome: always(ledger.Imported),
		held: func(p proof) bool { return p.asks }, changed: always(true), calls: always(1)},
}

// Every function that changes something in Loket, and both imports, is driven from a
// dropped file and read back there: when all is well, when the file is wrong, when
// Loket says no, and when its answer is lost before or after it did the work.
func TestEveryFunctionIsDrivenFromADroppedFile(t *testing.T) {
	for _, p := range proofs {
		for kind, want := range provings {
			t.Run(strings.Join([]string{p.function, p.way, kind}, " "), func(t *testing.T) {
				t.Parallel()
				p.run(t, want)
			})
		}
	}
}

func (p proof) run(t *testing.T, want proven) {
	w := newWorld(t, func(o *Options) {
		for i := range o.Bindings {
			o.Bindings[i].Policy = AllOrNothing
		}
	})
	if p.before != nil {
		p.before(w)
	}
	stood, counted := p.reads(w), w.loket.Count(p.function)
	if stood == p.want {
		t.Fatalf("Loket has %q before anything was done", stood)
	}
	if want.mood != nil {
		m := *want.mood
		m.Function, m.Count = p.function, 1
		w.loket.SetMood(m)
	}
	name, content := p.file(t, p.good)
	if want.bad {
		name, content = p.file(t, p.bad)
	}
	w.drop(name, content)
	w.settle()
	w.loket.SetMood()
	if e := w.only(name); want.held(p) {
		if e.State != ledger.Held || !strings.Contains(e.Reason, "Loket laat dat niet nalezen") {
			t.Errorf("%s is %s %s %q, want held", name, e.State, e.Outcome, e.Reason+e.Verdict)
		}
	} else if e.State != ledger.Settled || e.Outcome != want.outcome(p) {
		t.Errorf("%s is %s %s %q, want settled %s", name, e.State, e.Outcome, e.Reason+e.Verdict, want.outcome(p))
	}
	stands := stood
	if want.changed(p) {
		stands = p.want
	}
	w.has("read back", p.reads(w), stands)
	if n := w.loket.Count(p.function) - counted; n != want.calls(p) {
		t.Errorf("%d calls, want %d", n, want.calls(p))
	}
}

// The list above is that of the contract: a function that is added there must be
// driven here.
func TestNoFunctionIsForgotten(t *testing.T) {
	ways := map[string][]string{}
	for _, p := range proofs {
		ways[p.function] = append(ways[p.function], p.way)
	}
	changing := 0
	for _, f := range contract.Functions() {
		if f.Class == contract.Read {
			if ways[f.FullName()] != nil {
				t.Errorf("%s changes nothing", f.FullName())
			}
			continue
		}
		changing++
		if len(ways[f.FullName()]) == 0 {
			t.Errorf("%s is driven from no file", f.FullName())
		}
	}
	if changing != 15 || len(ways) != 15 { // 14, and the import
		t.Errorf("the contract has %d functions that change something, %d are driven", changing, len(ways))
	}
	for function, both := range map[string][]string{decideCall: {"Goedkeuren", "Annuleren"}, importCall: {"VariabeleGegevens", "Verlof"}} {
		if !slices.Equal(ways[function], both) {
			t.Errorf("%s is driven for %v, want %v", function, ways[function], both)
		}
	}
}
