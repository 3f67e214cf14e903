package loket_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"loket-etl/loket"
	"loket-etl/loket/contract"
	"loket-etl/loket/sandbox"
	"loket-etl/payroll"
)

var now = time.Date(2026, 10, 20, 9, 0, 0, 0, time.UTC)

// office is the default sandbox behind HTTP with a client of the demo user.
func office(t *testing.T) (*sandbox.Server, *loket.Client) {
	t.Helper()
	s, err := sandbox.New(sandbox.Options{Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s)
	t.Cleanup(func() {
		s.SetMood()
		server.Close()
		_ = s.Close()
	})
	c, err := loket.New(loket.Options{
		URL: server.URL, User: "ws-demo", Password: func() string { return "demo-wachtwoord" }, Omgevingscode: "DEMO",
		Timeout: 30 * time.Second, Now: func() time.Time { return now },
		Wait: func(context.Context, time.Duration) error { return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	return s, c
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func all(t *testing.T, c *loket.Client, entity, parent string) []loket.Entity {
	t.Helper()
	var found []loket.Entity
	for e, err := range c.List(context.Background(), entity, parent) {
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, e)
	}
	if len(found) == 0 {
		t.Fatalf("no %s under %s", entity, parent)
	}
	return found
}

func TestEveryReadOfTheSandboxIsUnderstood(t *testing.T) {
	s, c := office(t)
	ctx := context.Background()
	token := must[loket.Token](t)(c.GetUserToken(ctx))
	if token.Secret() == "" || !token.GeldigTot.Equal(now.Add(time.Hour)) {
		t.Errorf("token until %s", token.GeldigTot)
	}
	// The tree by walking it, and every record of every entity under the first employer.
	var walk func(entity string)
	walk = func(entity string) {
		for _, child := range must[[]string](t)(c.GetChildNodes(ctx, entity)) {
			if got := must[[]string](t)(c.GetNodeFunction(ctx, child)); strings.Join(got, " ") != "List Select" {
				t.Errorf("%s supports %v", child, got)
			}
			if got := must[[]loket.VeldMetaData](t)(c.GetMetaData(ctx, child, "", "")); len(got) == 0 {
				t.Errorf("%s has no metadata", child)
			}
			walk(child)
		}
	}
	walk("")
	employer := all(t, c, "Werkgever", "")[0]
	for _, entity := range []string{"Persoon", "Dienstverband", "Verloning", "VerloningsRun", "Betaling", "Journaal", "Loonaangifte"} {
		first := all(t, c, entity, employer.Identity)[0]
		one := must[loket.Entity](t)(c.Select(ctx, entity, first.Identity))
		for name, v := range first.Velden {
			if one.Velden[name] != v {
				t.Errorf("%s.%s: List says %+v, Select %+v", entity, name, v, one.Velden[name])
			}
		}
		v := must[loket.Version](t)(c.SelectVersion(ctx, entity, first.Identity))
		if v.DataIdentity != first.Identity || v.Versie != first.Versie {
			t.Errorf("%s: %+v, List says %d", entity, v, first.Versie)
		}
		if got := must[[]loket.Version](t)(c.ListVersion(ctx, entity, employer.Identity)); len(got) != len(all(t, c, entity, employer.Identity)) {
			t.Errorf("%s: %d versions", entity, len(got))
		}
	}
	if got := must[[]loket.Werknemer](t)(c.ExportWerknemer(ctx, employer.Text("Administratienummer"))); len(got) == 0 || len(got[0].Dienstverbanden) == 0 {
		t.Error("ExportWerknemer is empty")
	}
	outputs(t, c, employer.Identity)
	for _, f := range contract.Functions() {
		if f.Class == contract.Read && s.Count(f.FullName()) == 0 {
			t.Errorf("%s was not called", f.FullName())
		}
	}
}

func outputs(t *testing.T, c *loket.Client, employer string) {
	t.Helper()
	ctx, doc := context.Background(), must[loket.Document](t)
	period := payroll.Period{Year: 2026, Number: 9}
	run := must[[]loket.Loonrun](t)(c.ListGoedgekeurdeLoonrunsPeriode(ctx, employer, period))[0]
	if run.Status != 9 || run.Periode != period || run.Werkgever != employer {
		t.Errorf("%+v", run)
	}
	id := run.VerloningsRun
	for name, d := range map[string]loket.Document{
		"betalingen":    doc(c.OutputBetalingsOverzicht(ctx, id)),
		"journaal":      doc(c.OutputJournaal(ctx, id)),
		"opdracht":      doc(c.OutputOpdrachtbrief(ctx, id)),
		"overzicht":     doc(c.OutputRunOverzicht(ctx, id, loket.PerWerknemer)),
		"standen":       doc(c.OutputStandenRegister(ctx, id)),
		"verzamelstaat": doc(c.OutputVerzamelLoonstaat(ctx, id, loket.PerWerkgever)),
	} {
		if d.MimeType != "application/pdf" || !bytes.HasPrefix(d.Content, []byte("%PDF-")) {
			t.Errorf("%s: %s, %d bytes", name, d.MimeType, len(d.Content))
		}
	}
	person := all(t, c, "Dienstverband", employer)[0]
	for name, d := range map[string]loket.Document{
		"resultaten":     doc(c.ExportLoonresultaten(ctx, employer, period, 0, "Standaard")),
		"resultaten run": doc(c.ExportLoonresultatenPerRun(ctx, id, "")),
		"een persoon":    doc(c.ExportLoonresultatenPerRun(ctx, id, person.Identity)),
		"journaal":       doc(c.OutputStandaardjournaalLoonrun(ctx, id)),
	} {
		if d.MimeType != "application/xml" || len(d.Content) == 0 {
			t.Errorf("%s: %s, %d bytes", name, d.MimeType, len(d.Content))
		}
	}
	payment := all(t, c, "Betaling", id)[0]
	if d := doc(c.Clieop03(ctx, payment.Identity)); len(d.Content)%52 != 0 || !bytes.HasPrefix(d.Content, []byte("0001A")) {
		t.Errorf("Clieop03 of %d bytes", len(d.Content))
	}
	var approved []loket.Loonaangifte
	for n := range 9 {
		approved = append(approved, must[[]loket.Loonaangifte](t)(c.ListGoedgekeurdeLoonAangiftePeriode(ctx, "", payroll.Period{Year: 2026, Number: n + 1}))...)
	}
	if len(approved) == 0 {
		t.Fatal("no approved tax return in 2026")
	}
	if d := doc(c.OutputLoonaangifte(ctx, approved[0].VerloningsRun, loket.AangifteXML)); d.MimeType != "application/xml" {
		t.Errorf("tax return as %s", d.MimeType)
	}
	if d := doc(c.OutputLoonaangifte(ctx, approved[0].VerloningsRun, loket.AangiftePDF)); d.MimeType != "application/pdf" {
		t.Errorf("tax return as %s", d.MimeType)
	}
}

// hours is an import that adds 7.50 hours to one employment in the open period.
func hours(t *testing.T, c *loket.Client) (loket.Import, loket.Entity) {
	t.Helper()
	employer := all(t, c, "Werkgever", "")[0]
	d := all(t, c, "Dienstverband", employer.Identity)[0]
	csv := fmt.Sprintf("aanslnr;persnr;ploeg;1\r\n%s;%s;;7,5\r\n", d.Text("Clientnummer"), d.Text("PersoneelsnummerVerloning"))
	return loket.Import{
		Werkgever: employer.Identity, Soort: loket.VariabeleGegevens, Formaat: loket.CSV, Periode: payroll.Period{Year: 2026, Number: 10},
		Verwerkingswijze: loket.Optellen,
		Bestand:          contract.File{Name: "uren.csv", MimeType: "text/csv", Content: []byte(csv)},
	}, d
}

// standing is what Loket has of the component of hours in the open period.
func standing(t *testing.T, c *loket.Client, dienstverband string) payroll.Cents {
	t.Helper()
	sum := payroll.Cents(0)
	for e, err := range c.List(context.Background(), "VariabeleGegevens", dienstverband) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Text("PeriodeNummer") == "10" && e.Text("Component") == "1" {
			sum += must[payroll.Cents](t)(payroll.ParseCents(e.Text("Waarde")))
		}
	}
	return sum
}

func TestAWriteIsCarriedOutAtMostOnceInEveryMood(t *testing.T) {
	s, c := office(t)
	tests := []struct {
		name    string
		mood    sandbox.Mood
		want    string
		applied bool
	}{
		{"fine", sandbox.Mood{Kind: sandbox.Fine}, "done", true},
		{"refused", sandbox.Mood{Kind: sandbox.Refused, Code: contract.ConflictMetStatus}, "fault 3004", false},
		{"token refused once", sandbox.Mood{Kind: sandbox.Refused, Code: contract.VerlopenUserToken, Count: 1}, "done", true},
		{"lost before", sandbox.Mood{Kind: sandbox.LostBefore}, "unknown", false},
		{"lost after", sandbox.Mood{Kind: sandbox.LostAfter}, "unknown", true},
		{"busy", sandbox.Mood{Kind: sandbox.Busy, RetryAfter: 7 * time.Second}, "fault 9002", false},
		{"internal", sandbox.Mood{Kind: sandbox.Internal}, "unknown", false},
		{"internal after", sandbox.Mood{Kind: sandbox.InternalAfter}, "unknown", true},
	}
	i, d := hours(t, c)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := standing(t, c, d.Identity)
			tt.mood.Function = "ImporteerGegevens.ImporteerGegevens"
			s.SetMood(tt.mood)
			r, err := c.ImporteerGegevens(context.Background(), i)
			s.SetMood()
			got := "done"
			var fault *loket.Fault
			switch {
			case errors.Is(err, loket.ErrUnknown):
				got = "unknown"
			case errors.As(err, &fault):
				got = fmt.Sprintf("fault %d", fault.Code)
			case err != nil || r.AantalVerwerkt != 1:
				got = fmt.Sprintf("%+v, %v", r, err)
			}
			added := payroll.Cents(0)
			if tt.applied {
				added = 750
			}
			if after := standing(t, c, d.Identity); got != tt.want || after != before+added {
				t.Errorf("%s, %s before and %s after; want %s", got, before, after, tt.want)
			}
		})
	}
}

func TestASlowWriteIsUnknown(t *testing.T) {
	s, c := office(t)
	i, _ := hours(t, c)
	s.SetMood(sandbox.Mood{Function: "ImporteerGegevens.ImporteerGegevens", Kind: sandbox.Slow})
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	if _, err := c.ImporteerGegevens(ctx, i); !errors.Is(err, loket.ErrUnknown) {
		t.Error(err)
	}
}

func TestEveryWriteOfTheSandboxIsUnderstood(t *testing.T) {
	s, c := office(t)
	ctx, done := context.Background(), must[[]loket.Melding](t)
	employer := all(t, c, "Werkgever", "")[0]
	persons, employments := all(t, c, "Persoon", employer.Identity), all(t, c, "Dienstverband", employer.Identity)
	p, d := persons[0].Identity, employments[0].Identity
	noted := map[string]int64{p: persons[0].Versie}

	address := loket.Adres{Straat: loket.Given("Kerkplein"), Huisnummer: loket.Given(7), Postcode: loket.Given("5211 AB"), Plaats: "'s-Hertogenbosch", Landcode: "NL"}
	done(c.WerkgeverWijzigenAdresGegevens(ctx, employer.Identity, loket.Given(address), loket.Empty[loket.Postadres]()))
	done(c.WijzigenAlgemeneGegevens(ctx, employer.Identity, loket.WerkgeverAlgemeen{Bedrijfsnaam: "Nieuwe naam & zonen"}))
	done(c.WijzigenContactGegevens(ctx, employer.Identity, loket.WerkgeverContact{Email: loket.Given("loon@nieuw.example")}))
	done(c.PersoonWijzigenAdresGegevens(ctx, p, loket.Given(address), loket.Maybe[loket.Postadres]{}))
	done(c.WijzigenBurgerlijkeStaat(ctx, p, "5", 20261001))
	done(c.WijzigenDatumOverlijden(ctx, p, 20261012))
	done(c.WijzigenDatumUitDienst(ctx, d, loket.UitDienst{Datum: 20261031, RedenAangifte: "20"}))
	fields := func(entity, identity string, want map[string]string) {
		t.Helper()
		e := must[loket.Entity](t)(c.Select(ctx, entity, identity))
		for name, text := range want {
			if e.Text(name) != text {
				t.Errorf("%s.%s = %q, want %q", entity, name, e.Text(name), text)
			}
		}
	}
	fields("Werkgever", employer.Identity, map[string]string{"Straat": "Kerkplein", "Plaats": "'s-Hertogenbosch", "Bedrijfsnaam": "Nieuwe naam & zonen", "Email": "loon@nieuw.example"})
	fields("Persoon", p, map[string]string{"Straat": "Kerkplein", "Huisnummer": "7", "BurgerlijkeStaat": "5", "DatumOverlijden": "2026-10-12"})
	fields("Dienstverband", d, map[string]string{"DatumUitDienst": "2026-10-31", "RedenEindeDienstverbandAangifte": "20"})
	if ch := must[loket.Changes](t)(c.Changes(ctx, "Persoon", employer.Identity, noted)); len(ch.Changed) != 1 || ch.Changed[0].DataIdentity != p || len(ch.New) != len(persons)-1 {
		t.Errorf("changes: %+v", ch)
	}
	done(c.WijzigenDatumOverlijden(ctx, p, 0))
	done(c.WijzigenDatumUitDienst(ctx, d, loket.UitDienst{}))
	fields("Persoon", p, map[string]string{"DatumOverlijden": ""})
	fields("Dienstverband", d, map[string]string{"DatumUitDienst": ""})

	created := must[loket.NieuweWerkgever](t)(c.ToevoegenWerkgever(ctx, loket.WerkgeverAlgemeen{Bedrijfsnaam: "Vers BV"}, address, loket.Maybe[loket.Postadres]{}, loket.Maybe[loket.WerkgeverContact]{}))
	if created.Identity == "" || len(created.Meldingen) == 0 {
		t.Errorf("%+v", created)
	}
	concept, _, err := c.ToevoegenConceptWerknemer(ctx, employer.Identity, "nieuw-1", loket.ConceptPersoon{Achternaam: "Jansen", BSN: loket.Given(payroll.BSN("123456782"))}, loket.Maybe[loket.ConceptDienstverband]{})
	if err != nil || concept == "" {
		t.Error(concept, err)
	}
	dossiers(t, c, d)
	returns(t, c)
	if _, err := c.ImporteerGegevens(ctx, loket.Import{Soort: loket.Verlof, Formaat: loket.XML, Bestand: contract.File{Name: "x", MimeType: "text/xml"}}); err == nil {
		t.Error("leave as XML was taken")
	}
	for _, f := range contract.Functions() {
		if f.Class != contract.Read && s.Count(f.FullName()) == 0 {
			t.Errorf("%s was not called", f.FullName())
		}
	}
}

func dossiers(t *testing.T, c *loket.Client, d string) {
	t.Helper()
	ctx := context.Background()
	id, _, err := c.ToevoegenDossier(ctx, loket.DossierWerknemer, d, loket.DossierMetaData{Omschrijving: "Contract", Categorie: "Overig"},
		contract.File{Name: "contract.pdf", MimeType: "application/pdf", Content: []byte("%PDF-1.4")}, false)
	if err != nil {
		t.Fatal(err)
	}
	must[[]loket.Melding](t)(c.WijzigenMetadataDossier(ctx, id, loket.DossierMetaData{Omschrijving: "Contract 2026", Categorie: "Overig", Jaar: loket.Given(2026)}))
	if gone, _, err := c.VerwijderenDossier(ctx, id); err != nil || !gone {
		t.Error(gone, err)
	}
	var fault *loket.Fault
	if _, _, err := c.VerwijderenDossier(ctx, id); !errors.As(err, &fault) || fault.Code != contract.OnbekendeIdentity {
		t.Errorf("a second time: %v", err)
	}
}

// returns approves the tax return that waits and hands in its response message.
func returns(t *testing.T, c *loket.Client) {
	t.Helper()
	ctx := context.Background()
	for _, w := range all(t, c, "Werkgever", "") {
		for _, a := range all(t, c, "Loonaangifte", w.Identity) {
			if a.Text("ExternepartijLoonaangifteIdentificatie") == "" || a.Text("Status") != "3" {
				continue
			}
			mark := a.Text("Berichtkenmerk")
			r, err := c.GoedkeurenAnnulerenLoonaangifte(ctx, mark, loket.Goedkeuren, "", "")
			if err != nil || r.Status != 5 || r.Berichtkenmerk != mark {
				t.Fatalf("%+v, %v", r, err)
			}
			var fault *loket.Fault
			if _, err := c.GoedkeurenAnnulerenLoonaangifte(ctx, mark, loket.Goedkeuren, "", ""); !errors.As(err, &fault) || fault.Code != contract.ConflictMetStatus {
				t.Errorf("a second time: %v", err)
			}
			got, err := c.AanleverenLoonaangifteResponseMessage(ctx, mark, []byte("<Response/>"), now)
			if err != nil || got.Status != "Ontvangen" || got.Ontvangstnummer == "" {
				t.Errorf("%+v, %v", got, err)
			}
			return
		}
	}
	t.Error("no tax return waits")
}
