package loket

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"loket-etl/loket/contract"
	"loket-etl/payroll"
)

const (
	testToken    = "TESTTOKEN-0123456789"
	testPassword = "demo-wachtwoord <&> é"
	wg, pe, dv   = "2b4c119c-527c-4cbb-a5b2-f3a11e4b76c0", "P-3f0e", "D-77.1"
	run          = "run:2026.10"
)

// golden is a file of testdata/soap.
func golden(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "testdata", "soap", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// outline is a document as lines of path and text, without prefixes and without
// white space between elements. It is read with encoding/xml alone.
func outline(t testing.TB, data []byte) []string {
	t.Helper()
	var lines, path []string
	text, leaf := "", false
	d := xml.NewDecoder(strings.NewReader(string(data)))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return lines
		}
		if err != nil {
			t.Fatal(err)
		}
		switch v := token.(type) {
		case xml.StartElement:
			path = append(path, "{"+v.Name.Space+"}"+v.Name.Local)
			line := strings.Join(path, "/")
			for _, a := range v.Attr {
				if a.Name.Space == xsiNamespace {
					line += " " + a.Name.Local + "=" + a.Value
				}
			}
			lines = append(lines, line)
			text, leaf = "", true
		case xml.CharData:
			text += string(v)
		case xml.EndElement:
			if leaf {
				lines[len(lines)-1] += " = " + text
			}
			path, leaf = path[:len(path)-1], false
		}
	}
}

// goldenServer answers each operation with its golden reply and keeps the
// request of all but GetUserToken, or of that when it is all there is.
func goldenServer(t *testing.T) (*Client, *[]byte) {
	t.Helper()
	last := new([]byte)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		service := strings.TrimPrefix(r.URL.Path, "/soap/")
		action := strings.Trim(r.Header.Get("SOAPAction"), `"`)
		_, op, _ := strings.Cut(action, "#")
		f, ok := contract.Lookup(service + "." + op)
		if !ok || f.Action != action || r.Header.Get("Content-Type") != "text/xml; charset=utf-8" {
			http.Error(w, "no such operation", http.StatusNotFound)
			return
		}
		request, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		if op != "GetUserToken" || len(*last) == 0 {
			*last = request
		}
		w.Header().Set("Content-Type", "text/xml; charset=utf-8")
		_, _ = w.Write(golden(t, f.FullName()+".reply.xml"))
	}))
	t.Cleanup(server.Close)
	return newClient(t, server.URL, nil), last
}

var testNow = time.Date(2026, 10, 5, 8, 0, 0, 0, time.UTC)

func newClient(t testing.TB, url string, change func(*Options)) *Client {
	t.Helper()
	o := Options{
		URL: url, User: "ws-demo", Password: func() string { return testPassword }, Omgevingscode: "DEMO",
		Timeout: 30 * time.Second, Now: func() time.Time { return testNow },
		Wait: func(context.Context, time.Duration) error { return nil },
	}
	if change != nil {
		change(&o)
	}
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

type goldenCase struct {
	call func(context.Context, *Client) (any, error)
	want any
}

func pair[A, B any](a A, b B, err error) (any, error) { return []any{a, b}, err }
func single[A any](a A, err error) (any, error)       { return a, err }

func pdf(name string, m ...Melding) Document {
	return Document{File: contract.File{Name: name, MimeType: "application/pdf", Content: []byte("%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")}, Meldingen: m}
}

func xmlFile(name, content string, m ...Melding) Document {
	return Document{File: contract.File{Name: name, MimeType: "application/xml", Content: []byte(content)}, Meldingen: m}
}

var (
	persoon = Entity{
		Name: "Persoon", Identity: pe, Parent: wg, Versie: 3, Order: []string{"Achternaam"},
		Velden: map[string]Veld{"Achternaam": {Waarde: "Çelik", Type: "string"}},
	}
	adres = Adres{
		Straat: Given("Dorpsstraat"), Huisnummer: Given(12), HuisnummerToevoeging: Given("a"), Locatie: Empty[string](),
		Postcode: Given("1234 AB"), Plaats: "'s-Hertogenbosch", Landcode: "NL", Provincie: Empty[string](), NadereAanduiding: Given("WW"),
	}
	postadres = Postadres{Huisnummer: Given(1), Postcode: Given("5678 CD"), Plaats: "Oss", Landcode: "NL", Postbus: Given(99)}
	contact   = WerkgeverContact{
		Telefoon: Given("0411-123456"), Fax: Empty[string](), Email: Given("info@zoet.example"), Website: Given("https://zoet.example/?a=1&b=2"),
		ContactNaam: Given("R. Zoet"), ContactFunctie: Given("eigenaar"), ContactTelefoon: Given("0411-123457"),
	}
)

func output(name string, call func(*Client, context.Context, string) (Document, error)) goldenCase {
	return goldenCase{
		func(ctx context.Context, c *Client) (any, error) { return single(call(c, ctx, run)) },
		pdf(strings.ToLower(name) + ".pdf"),
	}
}

var reading = map[string]goldenCase{
	"LoketWebservice.GetUserToken": {
		func(ctx context.Context, c *Client) (any, error) { return single(c.GetUserToken(ctx)) },
		Token{secret: testToken, GeldigTot: time.Date(2026, 10, 5, 9, 0, 0, 0, time.UTC)},
	},
	"LoketWebservice.GetNodeFunction": {
		func(ctx context.Context, c *Client) (any, error) { return single(c.GetNodeFunction(ctx, "Werkgever")) },
		[]string{"List", "Select"},
	},
	"LoketWebservice.List": {
		func(ctx context.Context, c *Client) (any, error) {
			var all []Entity
			for e, err := range c.List(ctx, "Dienstverband", wg) {
				if err != nil {
					return nil, err
				}
				all = append(all, e)
			}
			return all, nil
		},
		[]Entity{{
			Name: "Dienstverband", Identity: dv, Parent: wg, Versie: 7,
			Order: []string{"DienstverbandQuid", "PersoonQuid", "Persnr", "DatumInDienst", "DatumUitDienst", "SoortDienstverband", "NaamLoonstrook"},
			Velden: map[string]Veld{
				"DienstverbandQuid": {Waarde: dv, Type: "string"}, "PersoonQuid": {Waarde: pe, Type: "string"}, "Persnr": {Waarde: "12", Type: "int"},
				"DatumInDienst": {Waarde: "2024-03-01", Type: "date"}, "DatumUitDienst": {Nil: true, Type: "date"},
				"SoortDienstverband": {Waarde: "1", Type: "code", Omschrijving: "Onbepaalde tijd"},
				"NaamLoonstrook":     {Waarde: ` J. "de" Vries & zn. `, Type: "string"},
			},
		}, {Name: "Dienstverband", Identity: "D-78", Velden: map[string]Veld{}, Order: []string{}}},
	},
	"LoketWebservice.Select": {
		func(ctx context.Context, c *Client) (any, error) { return single(c.Select(ctx, "Persoon", pe)) },
		Entity{
			Name: "Persoon", Identity: pe, Parent: wg, Versie: 3, Order: []string{"Achternaam", "BurgerlijkeStaat"},
			Velden: map[string]Veld{"Achternaam": {Waarde: "Çelik", Type: "string"}, "BurgerlijkeStaat": {Waarde: "2", Type: "code", Omschrijving: "Gehuwd"}},
		},
	},
	"LoketWebservice.GetChildNodes": {
		func(ctx context.Context, c *Client) (any, error) { return single(c.GetChildNodes(ctx, "")) },
		[]string{"Werkgever"},
	},
	"LoketWebservice.Clieop03": {
		func(ctx context.Context, c *Client) (any, error) { return single(c.Clieop03(ctx, "run:2026.10.1")) },
		Document{File: contract.File{Name: "clieop03.txt", MimeType: "text/plain", Content: fmt.Appendf(nil, "%-50s\r\n", "0001A0510260001SALAR1")}},
	},
	"LoketWebservice.ExportLoonresultaten": {
		func(ctx context.Context, c *Client) (any, error) {
			return single(c.ExportLoonresultaten(ctx, wg, payroll.Period{Year: 2026, Number: 9}, 10, "STANDAARD"))
		},
		xmlFile("loonresultaten.xml", `<Loonresultaten xmlns="urn:loket-etl:loonresultaten:v1"/>`, Melding{Code: "3004", Omschrijving: "Periode 10 is nog niet goedgekeurd."}),
	},
	"LoketWebservice.GetMetaData": {
		func(ctx context.Context, c *Client) (any, error) {
			return single(c.GetMetaData(ctx, "Persoon", "", "Geslacht"))
		},
		[]VeldMetaData{{Naam: "Geslacht", Type: "code", MaxLengte: 32, Codes: []Code{
			{Code: "1", Omschrijving: "Man"}, {Code: "2", Omschrijving: "Vrouw", IsoCode: "F", GeldigVan: 20200101, GeldigTot: 20291231},
		}}},
	},
	"LoketWebservice.ListGoedgekeurdeLoonrunsPeriode": {
		func(ctx context.Context, c *Client) (any, error) {
			return single(c.ListGoedgekeurdeLoonrunsPeriode(ctx, wg, payroll.Period{Year: 2026, Number: 9}))
		},
		[]Loonrun{
			{
				VerloningsRun: run, Werkgever: wg, Clientnummer: 4711, Periode: payroll.Period{Year: 2026, Number: 9}, Volgnummerrun: 3,
				VolgnummerGoedgekeurd: 1, Status: 9, StatusOmschrijving: "Verloning goedgekeurd",
				DatumGoedkeuring: time.Date(2026, 9, 24, 12, 3, 5, 250e6, time.UTC),
			},
			{VerloningsRun: "R2", Werkgever: wg, Periode: payroll.Period{Year: 2026, Number: 9}, Status: 9},
		},
	},
	"LoketWebservice.ListVersion": {
		func(ctx context.Context, c *Client) (any, error) { return single(c.ListVersion(ctx, "Werkgever", "")) },
		[]Version{{"Werkgever", wg, 9007199254740993}, {"Werkgever", "W2", 0}},
	},
	"LoketWebservice.OutputBetalingsOverzicht": output("OutputBetalingsOverzicht", (*Client).OutputBetalingsOverzicht),
	"LoketWebservice.OutputJournaal":           output("OutputJournaal", (*Client).OutputJournaal),
	"LoketWebservice.OutputOpdrachtbrief":      output("OutputOpdrachtbrief", (*Client).OutputOpdrachtbrief),
	"LoketWebservice.OutputStandenRegister":    output("OutputStandenRegister", (*Client).OutputStandenRegister),
	"LoketWebservice.OutputRunOverzicht": {
		func(ctx context.Context, c *Client) (any, error) {
			return single(c.OutputRunOverzicht(ctx, run, PerWerknemer))
		},
		pdf("runoverzicht.pdf", Melding{Code: "5002", Omschrijving: "De sortering Werknemer wordt niet ondersteund.", Veld: "Sortering"}),
	},
	"LoketWebservice.OutputVerzamelLoonstaat": {
		func(ctx context.Context, c *Client) (any, error) {
			return single(c.OutputVerzamelLoonstaat(ctx, run, PerWerknemerEnWerkgever))
		},
		pdf("loonstaat.pdf"),
	},
	"LoketWebservice.OutputStandaardjournaalLoonrun": {
		func(ctx context.Context, c *Client) (any, error) {
			return single(c.OutputStandaardjournaalLoonrun(ctx, run))
		},
		xmlFile("journaal.xml", `<Journaal xmlns="urn:loket-etl:journaal:v1"/>`),
	},
	"LoketWebservice.SelectVersion": {
		func(ctx context.Context, c *Client) (any, error) {
			return single(c.SelectVersion(ctx, "Dienstverband", dv))
		},
		Version{"Dienstverband", dv, 42},
	},
	"LoketWebservice.ExportWerknemer": {
		func(ctx context.Context, c *Client) (any, error) { return single(c.ExportWerknemer(ctx, "DEB-00017")) },
		[]Werknemer{{Persoon: persoon, Dienstverbanden: []Entity{{
			Name: "Dienstverband", Identity: dv, Parent: wg, Versie: 7, Order: []string{"Persnr"}, Velden: map[string]Veld{"Persnr": {Waarde: "12", Type: "int"}},
		}}}},
	},
	"LoketWebservice.ExportLoonresultatenPerRun": {
		func(ctx context.Context, c *Client) (any, error) {
			return single(c.ExportLoonresultatenPerRun(ctx, run, dv))
		},
		xmlFile("loonresultaten.xml", `<Loonresultaten xmlns="urn:loket-etl:loonresultaten:v1"/>`),
	},
	"LoketWebservice.OutputLoonaangifte": {
		func(ctx context.Context, c *Client) (any, error) {
			return single(c.OutputLoonaangifte(ctx, "LA-1", AangifteXML))
		},
		xmlFile("loonaangifte.xml", `<Loonaangifte/>`),
	},
	"LoketWebservice.ListGoedgekeurdeLoonAangiftePeriode": {
		func(ctx context.Context, c *Client) (any, error) {
			return single(c.ListGoedgekeurdeLoonAangiftePeriode(ctx, "", payroll.Period{Year: 2026}))
		},
		[]Loonaangifte{{
			VerloningsRun: "LA-1", Werkgever: wg, Berichtkenmerk: "BK20260901", Loonheffingennummer: "123456782L01", Periode: payroll.Period{Year: 2026},
			Status: 5, StatusOmschrijving: "Loonaangifte bevestigd", BedragTotaal: -1234567890150, DatumGoedkeuring: time.Date(2026, 10, 1, 8, 0, 0, 0, time.UTC),
		}},
	},
}

var writing = map[string]goldenCase{
	"GoedkeurenAnnulerenLoonaangifte.GoedkeurenAnnulerenLoonaangifte": {
		func(ctx context.Context, c *Client) (any, error) {
			return single(c.GoedkeurenAnnulerenLoonaangifte(ctx, "BK20260901", Goedkeuren, "EP-9", "akkoord <directie>"))
		},
		AangifteStatus{Berichtkenmerk: "BK20260901", Status: 5, Omschrijving: "Loonaangifte bevestigd"},
	},
	"AanleverenResponseMessage.AanleverenLoonaangifteResponseMessage": {
		func(ctx context.Context, c *Client) (any, error) {
			received := time.Date(2026, 10, 2, 13, 30, 0, 0, time.FixedZone("", 7200))
			return single(c.AanleverenLoonaangifteResponseMessage(ctx, "BK20260901", []byte("<Response/>"), received))
		},
		Ontvangst{Berichtkenmerk: "BK20260901", Ontvangstnummer: "ONT-1", Status: "Ontvangen"},
	},
	"ImporteerGegevens.ImporteerGegevens": {
		func(ctx context.Context, c *Client) (any, error) {
			return single(c.ImporteerGegevens(ctx, Import{
				Werkgever: wg, Soort: VariabeleGegevens, Formaat: CSV, Periode: payroll.Period{Year: 2026, Number: 10}, SoortStrook: 1,
				Verwerkingswijze: NietOverschrijven,
				Bestand: contract.File{
					Name: "uren oktober & zo.csv", MimeType: "text/csv", Content: []byte("aanslnr;persnr;ploeg;100\r\n4711;12;;7,5\r\n4711;13;;8\r\n"),
				},
			}))
		},
		ImportResult{ImportNummer: "IMP-31", AantalRegels: 2, AantalVerwerkt: 1, AantalAfgekeurd: 1, Regels: []ImportRegel{
			{Regelnummer: 2, Status: "Verwerkt"},
			{Regelnummer: 3, Status: "Afgekeurd", Meldingen: []Melding{
				{Code: "2002", Omschrijving: "Personeelsnummer 13 is niet bekend.", Veld: "persnr"}, {Code: "3002", Omschrijving: "En nog iets."},
			}},
		}},
	},
	"Werkgever.ToevoegenWerkgever": {
		func(ctx context.Context, c *Client) (any, error) {
			return single(c.ToevoegenWerkgever(ctx, WerkgeverAlgemeen{
				Bedrijfsnaam: "Bakkerij Zoet & Zoon", KvKNummer: Given("12345678"), Rechtsvorm: Given("BV"), Branche: Given("12"), SbiCode: Given("1071"),
				Administratienummer: Given("DEB-00017"), Groepcode: Empty[int](),
			}, adres, Given(postadres), Given(contact)))
		},
		NieuweWerkgever{Identity: "W-nieuw", WerkgeverID: 1004, Meldingen: []Melding{
			{Code: "1", Omschrijving: "De werkgever is nog niet aan de gebruiker gekoppeld en niet ingericht voor salarisverwerking."},
		}},
	},
	"Werkgever.WijzigenAdresGegevens": {
		func(ctx context.Context, c *Client) (any, error) {
			return single(c.WerkgeverWijzigenAdresGegevens(ctx, wg, Given(adres), Empty[Postadres]()))
		},
		[]Melding(nil),
	},
	"Werkgever.WijzigenAlgemeneGegevens": {
		func(ctx context.Context, c *Client) (any, error) {
			return single(c.WijzigenAlgemeneGegevens(ctx, wg, WerkgeverAlgemeen{Bedrijfsnaam: "Zoet BV", KvKNummer: Empty[string]()}))
		},
		[]Melding(nil),
	},
	"Werkgever.WijzigenContactGegevens": {
		func(ctx context.Context, c *Client) (any, error) {
			return single(c.WijzigenContactGegevens(ctx, wg, contact))
		},
		[]Melding(nil),
	},
	"Dossiervorming.ToevoegenDossier": {
		func(ctx context.Context, c *Client) (any, error) {
			return pair(c.ToevoegenDossier(ctx, DossierWerknemer, dv, DossierMetaData{
				Omschrijving: "Contract 2026", Categorie: "Arbeidsovereenkomst", Jaar: Given(2026), Kenmerk: Empty[string](),
				DatumSignaal: Given(payroll.Date(20261231)),
			}, pdf("contract.pdf").File, true))
		},
		[]any{"W.1.15", []Melding(nil)},
	},
	"Dossiervorming.WijzigenMetadataDossier": {
		func(ctx context.Context, c *Client) (any, error) {
			return single(c.WijzigenMetadataDossier(ctx, "W.1.15", DossierMetaData{Omschrijving: "Contract", Categorie: "Overig"}))
		},
		[]Melding(nil),
	},
	"Dossiervorming.VerwijderenDossier": {
		func(ctx context.Context, c *Client) (any, error) { return pair(c.VerwijderenDossier(ctx, "W.1.15")) },
		[]any{true, []Melding(nil)},
	},
	"Persoon.WijzigenAdresGegevens": {
		func(ctx context.Context, c *Client) (any, error) {
			return single(c.PersoonWijzigenAdresGegevens(ctx, pe, Maybe[Adres]{}, Given(postadres)))
		},
		[]Melding(nil),
	},
	"Persoon.WijzigenBurgerlijkeStaat": {
		func(ctx context.Context, c *Client) (any, error) {
			return single(c.WijzigenBurgerlijkeStaat(ctx, pe, "5", 20261001))
		},
		[]Melding{{Code: "3002", Omschrijving: "De ingangsdatum ligt in een afgesloten periode.", Veld: "IngangsDatum"}},
	},
	"Persoon.WijzigenDatumOverlijden": {
		func(ctx context.Context, c *Client) (any, error) {
			return single(c.WijzigenDatumOverlijden(ctx, pe, 0))
		},
		[]Melding(nil),
	},
	"Dienstverband.ToevoegenConceptWerknemer": {
		func(ctx context.Context, c *Client) (any, error) {
			return pair(c.ToevoegenConceptWerknemer(ctx, wg, "jansen-2026-10", ConceptPersoon{
				Achternaam: "Jansen", Voorvoegsel: Given("van"), Voorletters: Given("A.B."), Voornaam: Given("Aïcha"), AchternaamPartner: Given("Smit"),
				VoorvoegselPartner: Given("de"), Geslacht: Given("2"), Geboortedatum: Given(payroll.Date(19900228)), Geboorteplaats: Given("Tilburg"),
				Nationaliteit: Given("0001"), BurgerlijkeStaat: Given("1"), BSN: Given(payroll.BSN("123456782")), IBAN: Given(payroll.IBAN("NL91ABNA0417164300")),
				Adres: Given(Adres{Plaats: "Tilburg", Landcode: "NL"}), AfwijkendPostadres: Given(postadres), Email: Given("a@jansen.example"),
				Telefoon: Given("013-1234567"), Mobiel: Given("06-12345678"), Persnr: Given(77),
			}, Given(ConceptDienstverband{
				DatumInDienst: Given(payroll.Date(20261101)), SoortDienstverband: Given("2"), BasisDienstverband: Given("1"), SoortWerknemer: Given("1"),
				Clientnummer: Given(4711), AanstellingTot: Given(payroll.Date(20271031)), NaamLoonstrook: Given("A. van Jansen"), Functie: Given("bakker"),
				Afdeling: Given("nacht"), BrutoLoon: Given(payroll.Cents(275050)), SoortBrutoLoon: Given("1"), UrenPerWeek: Given(payroll.Hours(3750)),
				LoonheffingskortingToepassen: Given(false),
			})))
		},
		[]any{"C-9", []Melding(nil)},
	},
	"Dienstverband.WijzigenDatumUitDienst": {
		func(ctx context.Context, c *Client) (any, error) {
			return single(c.WijzigenDatumUitDienst(ctx, dv, UitDienst{Datum: 20261031, RedenAangifte: "20", Reden: "8", Ziek: true}))
		},
		[]Melding(nil),
	},
}

func allGoldens(t *testing.T) map[string]goldenCase {
	t.Helper()
	all := map[string]goldenCase{}
	for _, group := range []map[string]goldenCase{reading, writing} {
		for name, c := range group {
			all[name] = c
		}
	}
	return all
}

func TestEveryFunctionSendsItsGoldenRequestAndReadsItsGoldenReply(t *testing.T) {
	cases := allGoldens(t)
	for _, f := range contract.Functions() {
		t.Run(f.FullName(), func(t *testing.T) {
			gc, ok := cases[f.FullName()]
			if !ok {
				t.Fatal("no case for this function")
			}
			client, last := goldenServer(t)
			got, err := gc.call(context.Background(), client)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(gc.want, got, cmp.AllowUnexported(Token{})); diff != "" {
				t.Errorf("reply (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(outline(t, golden(t, f.FullName()+".request.xml")), outline(t, *last)); diff != "" {
				t.Errorf("request (-golden +sent):\n%s", diff)
			}
		})
	}
}

func TestEveryOperationHasATypedMethod(t *testing.T) {
	methods := map[string]bool{}
	client := reflect.TypeFor[*Client]()
	for i := range client.NumMethod() {
		methods[client.Method(i).Name] = true
	}
	var missing []string
	for _, f := range contract.Functions() {
		if !methods[f.Name] && !methods[f.Service+f.Name] {
			missing = append(missing, f.FullName())
		}
	}
	sort.Strings(missing)
	if len(missing) > 0 {
		t.Errorf("no method for %v", missing)
	}
}
