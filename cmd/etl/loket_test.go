package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"loket-etl/loket/contract"
	"loket-etl/loket/sandbox"
)

// The first employer, its run of period 9 and its first person in the default office.
const (
	anEmployer   = "5ade6cba-0001-81b9-9113-000000000000"
	aPerson      = "ee063647-0002-8dc0-a39e-000000000000"
	anEmployment = "812dffd4-0003-89c8-b62a-000000000000"
	aRun         = "cdcd1a23-0007-82e6-8059-000000000009"
	aPayment     = "60f4fb7a-0008-8cee-92e5-000000000009"
	aReturn      = "87448e94-000a-84fd-b7fd-000000000009"
	waiting      = "LOKETETL821267048L0120260909"
)

// demoSandbox is a running sandbox, and the run of a command line against it.
func demoSandbox(t *testing.T) (*runningSandbox, func(args ...string) (code int, stdout, stderr string)) {
	t.Helper()
	s, err := startSandbox(t.Context(), "127.0.0.1:0", sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.SetMood()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Chdir(t.TempDir())
	return s, func(args ...string) (int, string, string) {
		var stdout, stderr bytes.Buffer
		a := newApp(&stdout, &stderr)
		a.now = time.Now
		a.getenv = func(name string) (string, bool) { return sandbox.DemoPassword, name == passwordVariable }
		args = append([]string{"loket", "--url", s.URL, "--user", sandbox.DemoUser, "--omgevingscode", sandbox.DemoOmgevingscode}, args...)
		code := a.run(t.Context(), args)
		return code, stdout.String(), stderr.String()
	}
}

func TestEveryFunctionHasACommand(t *testing.T) {
	s, etl := demoSandbox(t)
	for name, content := range map[string]string{"a.pdf": "%PDF-1.4", "r.xml": "<Response/>", "uren.csv": "aanslnr;persnr;ploeg;1\r\n5555;1;;7,5\r\n"} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	dossier := "D." + anEmployment + ".1"
	for _, tt := range []struct{ function, line, want string }{
		{"LoketWebservice.GetUserToken", "token", `good until 20`},
		{"LoketWebservice.GetNodeFunction", "functions Persoon", `^List\nSelect\n$`},
		{"LoketWebservice.List", "list Werkgever", `Gouden Aar`},
		{"LoketWebservice.Select", "select Persoon " + aPerson, `A\. de Bruin`},
		{"LoketWebservice.GetChildNodes", "children VerloningsRun", `^Betaling\nJournaal\n$`},
		{"LoketWebservice.Clieop03", "clieop03 -o - " + aPayment, `^0001A\d{6}CLIEOP03`},
		{"LoketWebservice.ExportLoonresultaten", "export loonresultaten -o - " + anEmployer + " 2026 9", `PeriodeVan="9"`},
		{"LoketWebservice.GetMetaData", "metadata Betaling", `TotaalBedrag +decimal`},
		{"LoketWebservice.ListGoedgekeurdeLoonrunsPeriode", "runs 2026 9", aRun},
		{"LoketWebservice.ListVersion", "versions Werkgever", anEmployer + ` +1\n`},
		{"LoketWebservice.OutputBetalingsOverzicht", "output betalingsoverzicht -o - " + aRun, `^%PDF-`},
		{"LoketWebservice.OutputJournaal", "output journaal -o - " + aRun, `^%PDF-`},
		{"LoketWebservice.OutputOpdrachtbrief", "output opdrachtbrief -o - " + aRun, `^%PDF-`},
		{"LoketWebservice.OutputRunOverzicht", "output runoverzicht -o - " + aRun, `^%PDF-`},
		{"LoketWebservice.OutputStandaardjournaalLoonrun", "output standaardjournaal -o - " + aRun, `<TotaalDebet>`},
		{"LoketWebservice.OutputStandenRegister", "output standenregister -o - " + aRun, `^%PDF-`},
		{"LoketWebservice.OutputVerzamelLoonstaat", "output verzamelloonstaat -o - " + aRun, `^%PDF-`},
		{"LoketWebservice.SelectVersion", "version " + anEmployer, `has version 1`},
		{"LoketWebservice.ExportWerknemer", "export werknemer DEB1001", aPerson},
		{"LoketWebservice.ExportLoonresultatenPerRun", "export loonresultaten-run -o - " + aRun, `<Werknemer `},
		{"LoketWebservice.OutputLoonaangifte", "output loonaangifte -o - " + aReturn, `<Loonaangifte `},
		{"LoketWebservice.ListGoedgekeurdeLoonAangiftePeriode", "aangiftes 2026 9", aReturn},
		{"GoedkeurenAnnulerenLoonaangifte.GoedkeurenAnnulerenLoonaangifte", "aangifte goedkeuren --yes " + waiting, `Status: 5`},
		{"AanleverenResponseMessage.AanleverenLoonaangifteResponseMessage", "aangifte response --yes " + waiting + " r.xml", `Status: Ontvangen`},
		{"ImporteerGegevens.ImporteerGegevens", "importeer uren.csv --periode 2026-10 --yes --werkgever " + anEmployer, `1 lines, 1 taken, 0 refused`},
		{"Werkgever.ToevoegenWerkgever", "werkgever toevoegen --yes --set Algemeen.Bedrijfsnaam=X --set Adres.Plaats=X --set Adres.Landcode=NL", `WerkgeverId: 1004`},
		{"Werkgever.WijzigenAdresGegevens", "werkgever adres --yes --empty AfwijkendPostadres " + anEmployer, anEmployer},
		{"Werkgever.WijzigenAlgemeneGegevens", "werkgever algemeen --yes --set Algemeen.Bedrijfsnaam=X " + anEmployer, anEmployer},
		{"Werkgever.WijzigenContactGegevens", "werkgever contact --yes --set Contact.Email=x@x.example " + anEmployer, anEmployer},
		{"Dossiervorming.ToevoegenDossier", "dossier toevoegen --yes Werknemer " + anEmployment + " a.pdf --set MetaData.Omschrijving=X --set MetaData.Categorie=X", dossier},
		{"Dossiervorming.WijzigenMetadataDossier", "dossier wijzigen --yes --set MetaData.Omschrijving=Y --set MetaData.Categorie=X " + dossier, dossier},
		{"Dossiervorming.VerwijderenDossier", "dossier verwijderen --yes " + dossier, `Verwijderd: true`},
		{"Persoon.WijzigenAdresGegevens", "persoon adres --yes --set Adres.Plaats=X --set Adres.Landcode=NL " + aPerson, aPerson},
		{"Persoon.WijzigenBurgerlijkeStaat", "persoon burgerlijke-staat --yes " + aPerson + " 6", aPerson},
		{"Persoon.WijzigenDatumOverlijden", "persoon overlijden --yes " + aPerson + " 2026-10-12", aPerson},
		{"Dienstverband.ToevoegenConceptWerknemer", "dienstverband concept --yes --set Persoon.Achternaam=X " + anEmployer + " x", `DataIdentity: .`},
		{"Dienstverband.WijzigenDatumUitDienst", "dienstverband uit-dienst --yes " + anEmployment + " 2026-10-31", anEmployment},
	} {
		code, stdout, stderr := etl(strings.Fields(tt.line)...)
		if code != exitOK || !regexp.MustCompile(tt.want).MatchString(stdout) {
			t.Errorf("etl loket %s: exit code %d\n%.300s%s", tt.line, code, stdout, stderr)
		}
		if n := s.Count(tt.function); n != 1 && tt.function != "LoketWebservice.GetUserToken" {
			t.Errorf("etl loket %s called %s %d times", tt.line, tt.function, n)
		}
	}
	for _, f := range contract.Functions() {
		if s.Count(f.FullName()) == 0 {
			t.Errorf("no command calls %s", f.FullName())
		}
	}
}

func TestAnUnknownOutcomeIsForAPerson(t *testing.T) {
	s, etl := demoSandbox(t)
	for _, tt := range []struct{ line, hint string }{
		{"persoon burgerlijke-staat --yes " + aPerson + " 6", "etl: hint: see with Select Persoon whether it was carried out before sending it again"},
		{"dienstverband concept --yes --set Persoon.Achternaam=X " + anEmployer + " x", "etl: hint: Loket has no function to see whether"},
	} {
		s.SetMood(sandbox.Mood{Function: "Persoon.WijzigenBurgerlijkeStaat", Kind: sandbox.LostAfter},
			sandbox.Mood{Function: "Dienstverband.ToevoegenConceptWerknemer", Kind: sandbox.LostBefore})
		code, stdout, stderr := etl(strings.Fields(tt.line)...)
		if code != exitHeld || stdout != "" || !strings.Contains(stderr, tt.hint) {
			t.Errorf("%s: exit code %d\n%s%s", tt.line, code, stdout, stderr)
		}
	}
}

func TestAWrongPasswordIsSaidWithoutIt(t *testing.T) {
	s, _ := demoSandbox(t)
	var stdout, stderr bytes.Buffer
	a := newApp(&stdout, &stderr)
	a.getenv = func(string) (string, bool) { return "hunter2", true }
	code := a.run(t.Context(), []string{"loket", "token", "--url", s.URL, "--user", "ws-demo", "--omgevingscode", "DEMO"})
	if code != exitFailed || !strings.Contains(stderr.String(), "1001") || !strings.Contains(stderr.String(), "hint: check user") {
		t.Errorf("exit code %d: %s", code, stderr.String())
	}
	if strings.Contains(stdout.String()+stderr.String(), "hunter2") {
		t.Error("it shows the password")
	}
}

func TestThePrintedPaymentsAddUpToThePaymentFile(t *testing.T) {
	if _, err := exec.LookPath("pdftotext"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	_, etl := demoSandbox(t)
	_, clieop, _ := etl("clieop03", aPayment, "-o", "-")
	total := regexp.MustCompile(`(?m)^9990A0*(\d+)(\d\d)\d{10}\d{7}`).FindStringSubmatch(clieop)
	if total == nil {
		t.Fatalf("no closing record:\n%s", clieop)
	}
	if code, _, stderr := etl("output", "betalingsoverzicht", aRun, "-o", "b.pdf"); code != exitOK {
		t.Fatal(stderr)
	}
	text, err := exec.Command("pdftotext", "-layout", "b.pdf", "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	want := total[1] + "," + total[2]
	if got := strings.ReplaceAll(string(text), ".", ""); !regexp.MustCompile(`Totaal .*\b` + want).MatchString(got) {
		t.Errorf("no total of %s in\n%s", want, text)
	}
}

func TestANameFromLoketStaysInTheDirectory(t *testing.T) {
	for name, want := range map[string]bool{
		"uren.pdf": true, "é 2026.xml": true, "": false, "../x": false, "a/b": false, `a\b`: false, ".profile": false, "c:x": false, "a\x1b[2J": false,
	} {
		if plain(name) != want {
			t.Errorf("%q: %t", name, !want)
		}
	}
}

func TestReplacingLeavesTheOldFileOrTheNew(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.pdf")
	for _, content := range []string{"one", "two"} {
		if _, err := (target{file: path, force: true}).write(t.Context(), "", []byte(content)); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != content {
			t.Errorf("%q, %v", got, err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "d"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := (target{file: filepath.Join(dir, "d"), force: true}).write(t.Context(), "", nil); err == nil {
		t.Error("it replaced a directory")
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 2 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestARunningSandboxIsToldToRunPayrolls(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r, w := io.Pipe()
	var stderr bytes.Buffer
	ended := make(chan int)
	go func() {
		ended <- newApp(w, &stderr).run(ctx, []string{"sandbox", "--listen", "127.0.0.1:0", "--json"})
		w.Close()
	}()
	var said struct{ Control, Note string }
	if err := json.NewDecoder(bufio.NewReader(r)).Decode(&said); err != nil {
		t.Fatal(err)
	}
	if said.Note != notAdvice {
		t.Errorf("it says %+v", said)
	}
	etl := func(want int, args ...string) string {
		t.Helper()
		var stdout, stderr bytes.Buffer
		a := newApp(&stdout, &stderr)
		if got := a.run(ctx, append(args, "--control", said.Control)); got != want {
			t.Errorf("%v: exit code %d\n%s", args, got, stderr.String())
		}
		return stdout.String() + stderr.String()
	}
	period := []string{"--clientnummer", "7001", "--period", "2026-10"}
	if got := etl(exitOK, append([]string{"sandbox", "verloon"}, period...)...); !strings.Contains(got, "status     1 ") || !strings.Contains(got, notAdvice) {
		t.Error(got)
	}
	if got := etl(exitOK, append([]string{"sandbox", "goedkeuren"}, period...)...); !strings.Contains(got, "status     9 ") {
		t.Error(got)
	}
	if got := etl(exitFailed, append([]string{"sandbox", "verloon"}, period...)...); !strings.Contains(got, "3004") {
		t.Error(got)
	}
	if got := etl(exitOK, "sandbox", "state"); !regexp.MustCompile(`(?m)^7001 .* 2026-10 .* 9 Verloning goedgekeurd`).MatchString(got) {
		t.Error(got)
	}
	// A web page that has its name point to this machine.
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+said.Control+"/state", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = "evil.example:80"
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if resp.Body.Close(); resp.StatusCode != http.StatusMisdirectedRequest {
		t.Errorf("it answers %s to another host", resp.Status)
	}
	cancel()
	if got := <-ended; got != exitOK {
		t.Errorf("exit code %d: %s", got, stderr.String())
	}
}
