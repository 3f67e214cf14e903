package sandbox

import (
	"strings"
	"testing"
	"time"

	"loket-etl/loket/contract"
)

func credentials(user, password, environment string) string {
	return el("Gebruikersnaam", user) + el("Wachtwoord", password) + el("Omgevingscode", environment)
}

func TestLoginIsRefusedTheSameWayWhateverIsWrong(t *testing.T) {
	b := newBench(t, Options{})
	texts := map[string]bool{}
	for _, c := range [][3]string{
		{DemoUser, "fout", DemoOmgevingscode}, {"onbekend", DemoPassword, DemoOmgevingscode}, {DemoUser, DemoPassword, "ANDERS"},
	} {
		texts[b.call("LoketWebservice.GetUserToken", credentials(c[0], c[1], c[2])).fault(contract.AanmeldingMislukt, "").text("Omschrijving")] = true
	}
	if len(texts) != 1 {
		t.Errorf("the refusals differ: %v", texts)
	}
	b.call("LoketWebservice.GetUserToken", credentials(DemoUser, "", DemoOmgevingscode)).fault(contract.VerplichtVeldOntbreekt, "Wachtwoord")
}

func TestLockOutAfterRepeatedFailures(t *testing.T) {
	b := newBench(t, Options{})
	for range maxFailures {
		b.call("LoketWebservice.GetUserToken", credentials(DemoUser, "fout", DemoOmgevingscode)).fault(contract.AanmeldingMislukt, "")
	}
	b.call("LoketWebservice.GetUserToken", credentials(DemoUser, DemoPassword, DemoOmgevingscode)).fault(contract.AanmeldingMislukt, "")
	b.call("LoketWebservice.GetChildNodes", "").ok() // tokens that are out stay good
	b.clock.at = b.clock.at.Add(lockTime)
	b.login(DemoUser, DemoPassword, DemoOmgevingscode)
}

func TestGoodLoginForgetsFailures(t *testing.T) {
	b := newBench(t, Options{})
	for range 3 {
		for range maxFailures - 1 {
			b.call("LoketWebservice.GetUserToken", credentials(DemoUser, "fout", DemoOmgevingscode)).fault(contract.AanmeldingMislukt, "")
		}
		b.login(DemoUser, DemoPassword, DemoOmgevingscode)
	}
}

func TestTokenLivesAsLongAsItSays(t *testing.T) {
	b := newBench(t, Options{TokenLife: 10 * time.Minute})
	answer := b.call("LoketWebservice.GetUserToken", credentials(DemoUser, DemoPassword, DemoOmgevingscode)).ok()
	b.token = answer.text("UserToken")
	until, err := time.Parse(time.RFC3339, answer.text("GeldigTot"))
	if err != nil || !until.Equal(b.clock.at.Add(10*time.Minute)) {
		t.Errorf("valid until %s", answer.text("GeldigTot"))
	}
	b.clock.at = until.Add(-time.Second)
	b.call("LoketWebservice.GetChildNodes", "").ok()
	b.clock.at = until // use does not extend it
	b.call("LoketWebservice.GetChildNodes", "").fault(contract.VerlopenUserToken, "UserToken")
	b.clock.at = until.Add(forgetExpired)
	b.call("LoketWebservice.GetChildNodes", "").fault(contract.OngeldigUserToken, "UserToken")
	for _, token := range []string{"TESTTOKEN-0123456789", "kort", " "} {
		b.token = token
		b.call("LoketWebservice.GetChildNodes", "").fault(contract.OngeldigUserToken, "UserToken")
	}
}

func TestTokenComesBeforeEverythingElse(t *testing.T) {
	b := newBench(t, Options{})
	fn, _ := contract.Lookup("LoketWebservice.Select")
	b.post(fn.Service, fn.Action, envelope(fn, el("EntityName", "Persoon"))).fault(contract.VerplichtVeldOntbreekt, "UserToken")
	b.post(fn.Service, fn.Action, envelope(fn, el("EntityName", "Persoon")+el("UserToken", b.token))).fault(contract.OngeldigeWaarde, "UserToken")
	b.token = "TESTTOKEN-0123456789"
	b.call("LoketWebservice.Select", "<Onzin/>").fault(contract.OngeldigUserToken, "UserToken")
}

func limited() Options {
	return Options{Users: []User{
		{Name: DemoUser, PasswordHash: cheapHash(), Omgevingscode: DemoOmgevingscode},
		{
			Name: "ws-klein", PasswordHash: cheapHash(), Omgevingscode: "KLEIN", Werkgevers: []int{5556},
			Functions: []string{"List", "LoketWebservice.Select", "GetNodeFunction", "Persoon.WijzigenAdresGegevens", "ImporteerGegevens",
				"GoedkeurenAnnulerenLoonaangifte", "ExportWerknemer", "ListGoedgekeurdeLoonrunsPeriode", "VerwijderenDossier"},
			Nodes: map[string][]string{"Verlof": {"Select"}},
		},
	}}
}

func TestFunctionTheUserMayNotCall(t *testing.T) {
	b := newBench(t, limited())
	b.token = b.login("ws-klein", DemoPassword, "KLEIN")
	b.call("LoketWebservice.GetChildNodes", "").fault(contract.GeenRechten, "")
	b.call("LoketWebservice.Clieop03", "").fault(contract.GeenRechten, "")
	b.call("Werkgever.WijzigenAdresGegevens", "").fault(contract.GeenRechten, "")
	b.call("Persoon.WijzigenAdresGegevens", "").fault(contract.VerplichtVeldOntbreekt, "DataIdentity")
}

func TestNodeFunctionTheUserDoesNotHave(t *testing.T) {
	b := newBench(t, limited())
	b.token = b.login("ws-klein", DemoPassword, "KLEIN")
	b.call("LoketWebservice.List", el("EntityName", "Verlof")+el("ParentDataIdentity", b.werkgever(5556))).fault(contract.FunctieNietOndersteund, "EntityName")
	answer := b.call("LoketWebservice.GetNodeFunction", el("EntityName", "Verlof")).ok()
	if got := answer.find("Functies").Kids; len(got) != 1 || got[0].Text != "Select" {
		t.Errorf("functions %v", got)
	}
}

// TestUnseenIsAsIfItDidNotExist compares the answers about a record of another
// employer with those about a record that never was.
func TestUnseenIsAsIfItDidNotExist(t *testing.T) {
	b := newBench(t, limited())
	other := b.state.byClient[5555]
	dossier := b.call("Dossiervorming.ToevoegenDossier", el("DossierSoort", "Werkgever")+el("DataIdentity", other.id)+
		`<MetaData>`+shared(el("Omschrijving", "x")+el("Categorie", "y"))+`</MetaData>`+file("x.txt", []byte("x"))).ok().text("DossierDataIdentity")
	j := other.byPayrollNumber(1)
	waiting := b.state.byClient[5556].returns[8]
	b.token = b.login("ws-klein", DemoPassword, "KLEIN")
	if n := len(b.list("Werkgever", "")); n != 1 {
		t.Errorf("sees %d employers", n)
	}
	const never = "00000000-0000-8000-8000-000000000000"
	address := `<Adres>` + shared(el("Plaats", "X")+el("Landcode", "NL")) + `</Adres>`
	for name, c := range map[string]struct{ function, before, unseen, after string }{
		"select employer": {"LoketWebservice.Select", el("EntityName", "Werkgever"), el("DataIdentity", other.id), ""},
		"select person":   {"LoketWebservice.Select", el("EntityName", "Persoon"), el("DataIdentity", j.person.id), ""},
		"select run":      {"LoketWebservice.Select", el("EntityName", "VerloningsRun"), el("DataIdentity", other.runs[0].id()), ""},
		"list":            {"LoketWebservice.List", el("EntityName", "Persoon"), el("ParentDataIdentity", other.id), ""},
		"change":          {"Persoon.WijzigenAdresGegevens", "", el("DataIdentity", j.person.id), address},
		"import": {"ImporteerGegevens.ImporteerGegevens", "", el("ParentDataIdentity", other.id),
			el("SoortGegevens", "Verlof") + el("Formaat", "CSV") + file("x", []byte("x"))},
		"tax return":     {"GoedkeurenAnnulerenLoonaangifte.GoedkeurenAnnulerenLoonaangifte", "", el("Berichtkenmerk", other.returns[0].reference), el("Actie", "Goedkeuren")},
		"export":         {"LoketWebservice.ExportWerknemer", "", el("Administratienummer", other.record.get("Administratienummer")), ""},
		"approved runs":  {"LoketWebservice.ListGoedgekeurdeLoonrunsPeriode", "", el("ParentDataIdentity", other.id), el("Jaar", "2026") + el("PeriodeNummer", "1")},
		"remove dossier": {"Dossiervorming.VerwijderenDossier", "", el("DossierDataIdentity", dossier), ""},
	} {
		unseen := b.call(c.function, c.before+c.unseen+c.after)
		open, end := strings.Index(c.unseen, ">"), strings.LastIndex(c.unseen, "<")
		made := never
		if name == "tax return" || name == "export" {
			made = "NOOIT"
		}
		nothing := b.call(c.function, c.before+c.unseen[:open+1]+made+c.unseen[end:]+c.after)
		detail := nothing.body.find("detail").find(contract.FaultElement)
		field := detail.text("Veld")
		if got, want := unseen.fault(contract.OnbekendeIdentity, field), nothing.fault(contract.OnbekendeIdentity, field); got.text("Omschrijving") != want.text("Omschrijving") {
			t.Errorf("%s: %q differs from %q", name, got.text("Omschrijving"), want.text("Omschrijving"))
		}
	}
	r := b.importing("VariabeleGegevens", "CSV", "aanslnr;persnr;ploeg;1\n5555;1;;8\n9999;1;;8\n5556;1;;8\n", period10).ok()
	if got, want := lines(r), "3/1/2 2Afge:2002 3Afge:2002 4Verw"; got != want {
		t.Errorf("import: got %s, want %s", got, want)
	}
	b.list("Persoon", b.werkgever(waiting.employer.firm.clientnummer))
}

func TestUsersThatCannotBe(t *testing.T) {
	for name, u := range map[string]User{
		"no name":          {Password: "x", Omgevingscode: "X"},
		"no password":      {Name: "a", Omgevingscode: "X"},
		"no environment":   {Name: "a", Password: "x"},
		"unknown function": {Name: "a", PasswordHash: demoHash, Omgevingscode: "X", Functions: []string{"Alles"}},
		"ambiguous":        {Name: "a", PasswordHash: demoHash, Omgevingscode: "X", Functions: []string{"WijzigenAdresGegevens"}},
		"unknown employer": {Name: "a", PasswordHash: demoHash, Omgevingscode: "X", Werkgevers: []int{1}},
	} {
		if _, err := New(Options{Users: []User{u}}); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	for name, o := range map[string]Options{
		"short token life": {TokenLife: time.Second}, "long token life": {TokenLife: 25 * time.Hour},
		"empty office": {Office: Office{Employers: 5}}, "large office": {Office: Office{Employers: 1, Employees: 1_000_000}},
		"negative limit": {MaxFile: -1},
	} {
		if _, err := New(o); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}
