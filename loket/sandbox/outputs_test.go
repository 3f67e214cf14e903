package sandbox

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"loket-etl/formats/clieop03"
	"loket-etl/formats/loonaangifte"
	"loket-etl/formats/loonresultaten"
	"loket-etl/formats/standaardjournaal"
	"loket-etl/loket/contract"
	"loket-etl/loket/sandbox/verloning"
	"loket-etl/payroll"
)

// content is the file in an answer.
func content(t testing.TB, n *node, mime string) []byte {
	t.Helper()
	f := n.find("Bestand")
	data, err := base64.StdEncoding.DecodeString(f.text("Inhoud"))
	if err != nil || f.text("MimeType") != mime || f.text("Bestandsnaam") == "" {
		t.Fatalf("file %q of type %q: %v", f.text("Bestandsnaam"), f.text("MimeType"), err)
	}
	return data
}

func (b *bench) runOf(clientnummer, period int) string {
	return b.state.byClient[clientnummer].runs[period-1].id()
}

// pdfText is what pdftotext reads of a PDF.
func pdfText(t *testing.T, data []byte) string {
	t.Helper()
	if _, err := exec.LookPath("pdftotext"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("pdftotext is not there")
		}
		t.Skip("pdftotext is not there: the text of PDFs is not checked")
	}
	cmd := exec.Command("pdftotext", "-layout", "-", "-")
	cmd.Stdin = bytes.NewReader(data)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestOneRunIsTheSameToTheCentInAllOutputs(t *testing.T) {
	for _, clientnummer := range []int{5555, 7001} {
		t.Run(fmt.Sprint(clientnummer), func(t *testing.T) { sameEverywhere(t, clientnummer) })
	}
}

func sameEverywhere(t *testing.T, clientnummer int) {
	b := newBench(t, Options{})
	run := el("VerloningsRunDataIdentity", b.runOf(clientnummer, 6))
	betaling := b.list("Betaling", b.runOf(clientnummer, 6))
	if len(betaling) != 1 {
		t.Fatalf("%d payments", len(betaling))
	}
	paid, err := payroll.ParseCents(betaling[0].field("TotaalBedrag"))
	if err != nil || paid <= 0 {
		t.Fatalf("paid %s, %v", betaling[0].field("TotaalBedrag"), err)
	}

	file := content(t, b.call("LoketWebservice.Clieop03", el("BetalingDataIdentity", betaling[0].text("DataIdentity"))).ok(), "text/plain")
	totals, err := clieop03.Totals(bytes.NewReader(file))
	if err != nil || totals.Amount != paid || fmt.Sprint(totals.Count) != betaling[0].field("AantalPosten") {
		t.Errorf("clieop03: %+v, %v; want %s", totals, err, paid)
	}
	results, err := loonresultaten.Decode(bytes.NewReader(content(t, b.call("LoketWebservice.ExportLoonresultatenPerRun", run).ok(), "application/xml")))
	if err != nil {
		t.Fatal(err)
	}
	sum := func(component int) payroll.Cents {
		v, err := results.Sum(component)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	if net := sum(verloning.CompNetto); net != paid {
		t.Errorf("loonresultaten: net %s, want %s", net, paid)
	}
	journal, err := standaardjournaal.Decode(bytes.NewReader(content(t, b.call("LoketWebservice.OutputStandaardjournaalLoonrun", run).ok(), "application/xml")))
	if err != nil {
		t.Fatal(err)
	}
	booked := map[int]payroll.Cents{}
	for _, l := range journal.Lines {
		booked[l.Component] += l.Credit
	}
	tax := sum(verloning.CompLoonheffing) + sum(verloning.CompLoonheffingBT)
	if booked[verloning.CompNetto] != paid || booked[verloning.CompLoonheffing]+booked[verloning.CompLoonheffingBT] != tax {
		t.Errorf("journal: net %s and tax %s, want %s and %s", booked[verloning.CompNetto], booked[verloning.CompLoonheffing], paid, tax)
	}
	id := b.state.byClient[clientnummer].returns[5].id()
	xml := content(t, b.call("LoketWebservice.OutputLoonaangifte", el("VerloningsRunDataIdentity", id)+el("Versie", "1")).ok(), "application/xml")
	taxReturn, err := loonaangifte.Decode(bytes.NewReader(xml))
	if err != nil {
		t.Fatal(err)
	}
	withheld := payroll.Cents(0)
	for p, err := range taxReturn.Period.People {
		if err != nil {
			t.Fatal(err)
		}
		withheld += p.Amounts.IngLbPh
	}
	if withheld != tax {
		t.Errorf("loonaangifte: tax %s, want %s", withheld, tax)
	}
	due := taxReturn.Period.Total
	if got := b.selectOne("Loonaangifte", id).field("BedragTotaal"); got != due.String() {
		t.Errorf("Loonaangifte: %s, want %s", got, due)
	}
	for name, want := range map[string]payroll.Cents{"OutputBetalingsOverzicht": paid, "OutputOpdrachtbrief": paid, "OutputStandenRegister": paid} {
		data := content(t, b.call("LoketWebservice."+name, run).ok(), "application/pdf")
		if !bytes.HasPrefix(data, []byte("%PDF-")) {
			t.Errorf("%s is no PDF", name)
		}
		if !strings.Contains(pdfText(t, data), want.Dutch()) {
			t.Errorf("%s does not show %s", name, want.Dutch())
		}
	}
	for _, name := range []string{"OutputRunOverzicht", "OutputVerzamelLoonstaat"} {
		for _, order := range []string{"Werknemer", "Werkgever", "WerknemerEnWerkgever"} {
			data := content(t, b.call("LoketWebservice."+name, run+el("Sortering", order)).ok(), "application/pdf")
			if !strings.Contains(pdfText(t, data), tax.Dutch()) && !strings.Contains(pdfText(t, data), sum(verloning.CompLoonheffing).Dutch()) && order != "Werknemer" {
				t.Errorf("%s %s does not show the tax of %s", name, order, tax.Dutch())
			}
		}
	}
	pdf := pdfText(t, content(t, b.call("LoketWebservice.OutputLoonaangifte", el("VerloningsRunDataIdentity", id)+el("Versie", "2")).ok(), "application/pdf"))
	if !strings.Contains(pdf, taxReturn.MessageID) {
		t.Error("the PDF of the return does not show its Berichtkenmerk")
	}
	debit, _ := journal.Sums()
	if !strings.Contains(pdfText(t, content(t, b.call("LoketWebservice.OutputJournaal", run).ok(), "application/pdf")), debit.Dutch()) {
		t.Errorf("OutputJournaal does not show %s", debit.Dutch())
	}
}

func TestExportOfSeveralPeriods(t *testing.T) {
	b := newBench(t, Options{})
	export := func(rest string) result {
		return b.call("LoketWebservice.ExportLoonresultaten", el("ParentDataIdentity", b.werkgever(5555))+el("Jaar", "2026")+rest)
	}
	three, err := loonresultaten.Decode(bytes.NewReader(content(t, export(el("PeriodeNummer", "1")+el("PeriodeNummerTot", "3")+el("ExportSet", "Standaard")).ok(), "application/xml")))
	if err != nil {
		t.Fatal(err)
	}
	all, err := three.Sum(verloning.CompNetto)
	if err != nil {
		t.Fatal(err)
	}
	sum := payroll.Cents(0)
	for n := 1; n <= 3; n++ {
		one, err := loonresultaten.Decode(bytes.NewReader(content(t, export(el("PeriodeNummer", fmt.Sprint(n))+el("ExportSet", "Netto")).ok(), "application/xml")))
		if err != nil {
			t.Fatal(err)
		}
		net, err := one.Sum(verloning.CompNetto)
		if err != nil {
			t.Fatal(err)
		}
		sum += net
	}
	if all != sum || all == 0 {
		t.Errorf("three periods %s, one by one %s", all, sum)
	}
	export(el("PeriodeNummer", "9")+el("PeriodeNummerTot", "10")+el("ExportSet", "Standaard")).fault(contract.ConflictMetStatus, "PeriodeNummer")
	export(el("PeriodeNummer", "3")+el("PeriodeNummerTot", "2")+el("ExportSet", "Standaard")).fault(contract.OngeldigeWaarde, "PeriodeNummerTot")
	export(el("PeriodeNummer", "13")+el("ExportSet", "Standaard")).fault(contract.OngeldigeWaarde, "PeriodeNummer")
	export(el("PeriodeNummer", "1")+el("ExportSet", "Alles")).fault(contract.OngeldigeCode, "ExportSet")
	one := el("VerloningsRunDataIdentity", b.runOf(5555, 1)) + el("DienstverbandDataIdentity", b.state.byClient[5555].byPayrollNumber(1).record.id)
	doc, err := loonresultaten.Decode(bytes.NewReader(content(t, b.call("LoketWebservice.ExportLoonresultatenPerRun", one).ok(), "application/xml")))
	if totals, terr := doc.Totals(); err != nil || terr != nil || totals.Count != 1 {
		t.Errorf("one employment: %+v, %v, %v", totals, err, terr)
	}
}

func TestRunFromImportToApproval(t *testing.T) {
	b := newBench(t, Options{})
	p := payroll.Period{Year: 2026, Number: 10}
	b.importing("VariabeleGegevens", "CSV", "aanslnr;persnr;ploeg;1\n5555;2;;100\n5555;5;;80,25\n", period10).ok()
	info, err := b.Verloon(5555, p)
	if err != nil || info.Status != runReady || info.Net <= 0 {
		t.Fatalf("%+v, %v", info, err)
	}
	run := el("VerloningsRunDataIdentity", info.Identity)
	b.call("LoketWebservice.OutputRunOverzicht", run+el("Sortering", "Werknemer")).ok() // any run with results
	b.call("LoketWebservice.OutputStandaardjournaalLoonrun", run).fault(contract.ConflictMetStatus, "VerloningsRunDataIdentity")
	b.call("LoketWebservice.ExportLoonresultatenPerRun", run).fault(contract.ConflictMetStatus, "VerloningsRunDataIdentity")

	// What comes in after the run must not be lost: it has to be run again.
	b.importing("VariabeleGegevens", "CSV", "aanslnr;persnr;ploeg;1\n5555;8;;120\n", period10).ok()
	if _, err := b.Goedkeuren(info.Identity); err == nil {
		t.Fatal("a run from before the last import was approved")
	}
	again, err := b.Verloon(5555, p)
	if err != nil || again.Net <= info.Net {
		t.Fatalf("%+v, %v", again, err)
	}
	if got := b.selectOne("VerloningsRun", info.Identity).field("Status"); got != "5" {
		t.Errorf("the first run has status %s", got)
	}
	b.call("LoketWebservice.OutputRunOverzicht", run+el("Sortering", "Werknemer")).fault(contract.ConflictMetStatus, "VerloningsRunDataIdentity")
	done, err := b.Goedkeuren(again.Identity)
	if err != nil || done.Status != runApproved {
		t.Fatalf("%+v, %v", done, err)
	}
	if _, err := b.Goedkeuren(again.Identity); err == nil {
		t.Error("approved twice")
	}
	if _, err := b.Verloon(5555, p); err == nil {
		t.Error("run again after approval")
	}
	b.importing("VariabeleGegevens", "CSV", "aanslnr;persnr;ploeg;1\n5555;8;;120\n", period10).fault(contract.ConflictMetStatus, "PeriodeNummer")
	period := el("Jaar", "2026") + el("PeriodeNummer", "10")
	if n := len(b.call("LoketWebservice.ListGoedgekeurdeLoonrunsPeriode", period).ok().find("Loonruns").Kids); n != 1 {
		t.Errorf("%d approved runs", n)
	}
	if n := len(b.call("LoketWebservice.ListGoedgekeurdeLoonAangiftePeriode", period).ok().find("Loonaangiftes").Kids); n != 1 {
		t.Errorf("%d approved returns", n)
	}
	asked, err := b.Verzoek(5556, p)
	if err != nil || asked.Status != runRequested {
		t.Fatalf("%+v, %v", asked, err)
	}
	if c, err := b.Annuleren(asked.Identity); err != nil || c.Status != runCancelled {
		t.Errorf("%+v, %v", c, err)
	}
	if c, err := b.Verloon(5556, p); err != nil || c.Status != runReady || c.Number != asked.Number+1 {
		t.Errorf("%+v, %v", c, err)
	}
	if _, err := b.Verloon(5555, payroll.Period{Year: 2026, Number: 13}); err == nil {
		t.Error("a month 13 was run")
	}
}

// TestPastDoesNotChange ends an employment in the past: what was approved stays.
func TestPastDoesNotChange(t *testing.T) {
	b := newBench(t, Options{})
	fresh := newBench(t, Options{})
	j := b.state.byClient[5555].byPayrollNumber(1)
	b.call("Dienstverband.WijzigenDatumUitDienst", el("DataIdentity", j.record.id)+el("DatumUitDienst", "2026-02-28")).ok()
	b.call("Persoon.WijzigenAdresGegevens", el("DataIdentity", j.person.id)+group("Adres", someAddress)).ok()
	for _, n := range []int{1, 5, 9} {
		got := b.list("Betaling", b.runOf(5555, n))[0].field("TotaalBedrag")
		if want := fresh.list("Betaling", fresh.runOf(5555, n))[0].field("TotaalBedrag"); got != want {
			t.Errorf("period %d pays %s, was %s", n, got, want)
		}
	}
}

// TestAnswersFollowTheSchema holds the answers of every function against the XSD
// that the WSDL serves.
func TestAnswersFollowTheSchema(t *testing.T) {
	if _, err := exec.LookPath("xmllint"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("xmllint is not there")
		}
		t.Skip("xmllint is not there: answers are not held against the schema")
	}
	b := newBench(t, Options{})
	answers := everyAnswer(b)
	dir := t.TempDir()
	for _, service := range contract.Services() {
		if service.Name == "ExportWebservice" {
			continue
		}
		schema := schemaOf(t, service.Name)
		var files []string
		for name, r := range answers {
			if fn, _ := contract.Lookup(name); fn.Service == service.Name {
				raw := r.raw[strings.Index(r.raw, "<soap:Body>")+11 : strings.Index(r.raw, "</soap:Body>")]
				path := filepath.Join(dir, name+".xml")
				if err := os.WriteFile(path, []byte(raw), 0o600); err != nil {
					t.Fatal(err)
				}
				files = append(files, path)
			}
		}
		xsd := filepath.Join(dir, service.Name+".xsd")
		if err := os.WriteFile(xsd, schema, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "types.xsd"), contract.TypesXSD(), 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command("xmllint", append([]string{"--noout", "--nonet", "--schema", xsd}, files...)...).CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v\n%s", service.Name, err, out)
		}
	}
}

// schemaOf cuts the schema of a service out of its WSDL, with the shared one
// beside it.
func schemaOf(t *testing.T, service string) []byte {
	t.Helper()
	doc, err := contract.WSDL(service, "http://localhost/")
	if err != nil {
		t.Fatal(err)
	}
	text := string(doc)
	at := strings.Index(text, `targetNamespace="urn:loket-etl:soap:`+strings.ToLower(service)+`:v1" elementFormDefault`)
	if at < 0 {
		at = strings.LastIndex(text[:strings.Index(text, "</wsdl:types>")], "<xsd:schema")
	} else {
		at = strings.LastIndex(text[:at], "<xsd:schema")
	}
	end := at + strings.Index(text[at:], "</xsd:schema>") + len("</xsd:schema>")
	schema := text[at:end]
	head := strings.Index(schema, ">") + 1
	declared := ` xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:t="` + contract.TypesNamespace + `"`
	open := schema[:head]
	for _, d := range strings.Fields(declared) {
		if !strings.Contains(open, d[:strings.Index(d, "=")+1]) {
			open = open[:len(open)-1] + " " + d + ">"
		}
	}
	body := strings.ReplaceAll(schema[head:], `<xsd:import namespace="`+contract.TypesNamespace+`"/>`, "")
	return []byte(open + `<xsd:import namespace="` + contract.TypesNamespace + `" schemaLocation="types.xsd"/>` + body)
}

// everyAnswer calls every function once, with success.
func everyAnswer(b *bench) map[string]result {
	b.t.Helper()
	e, external := b.state.byClient[5555], b.state.byClient[5556]
	j := e.byPayrollNumber(1)
	run, period := el("VerloningsRunDataIdentity", b.runOf(5555, 9)), el("Jaar", "2026")+el("PeriodeNummer", "9")
	dossier := ""
	all := map[string]result{}
	do := func(name, content string) *node {
		b.t.Helper()
		r := b.call(name, content)
		all[name] = r
		return r.ok()
	}
	do("LoketWebservice.GetUserToken", credentials(DemoUser, DemoPassword, DemoOmgevingscode))
	do("LoketWebservice.GetNodeFunction", el("EntityName", "Persoon"))
	do("LoketWebservice.GetChildNodes", el("EntityName", "Werkgever"))
	do("LoketWebservice.List", el("EntityName", "Dienstverband")+el("ParentDataIdentity", e.id))
	do("LoketWebservice.Select", el("EntityName", "Persoon")+el("DataIdentity", j.person.id))
	do("LoketWebservice.ListVersion", el("ParentDataIdentity", e.id)+el("EntityName", "Persoon"))
	do("LoketWebservice.SelectVersion", el("DataIdentity", j.record.id)+el("EntityName", "Dienstverband"))
	do("LoketWebservice.GetMetaData", el("EntityName", "Persoon"))
	do("LoketWebservice.ExportWerknemer", el("Administratienummer", e.record.get("Administratienummer")))
	do("LoketWebservice.ListGoedgekeurdeLoonrunsPeriode", period)
	do("LoketWebservice.ListGoedgekeurdeLoonAangiftePeriode", period)
	do("LoketWebservice.Clieop03", el("BetalingDataIdentity", b.list("Betaling", e.runs[8].id())[0].text("DataIdentity")))
	do("LoketWebservice.ExportLoonresultaten", el("ParentDataIdentity", e.id)+period+el("ExportSet", "Standaard"))
	for _, name := range []string{"OutputBetalingsOverzicht", "OutputJournaal", "OutputOpdrachtbrief", "OutputStandaardjournaalLoonrun",
		"OutputStandenRegister", "ExportLoonresultatenPerRun"} {
		do("LoketWebservice."+name, run)
	}
	do("LoketWebservice.OutputRunOverzicht", run+el("Sortering", "Werknemer"))
	do("LoketWebservice.OutputVerzamelLoonstaat", run+el("Sortering", "Werkgever"))
	do("LoketWebservice.OutputLoonaangifte", el("VerloningsRunDataIdentity", e.returns[8].id())+el("Versie", "1"))
	reference := el("Berichtkenmerk", external.returns[8].reference)
	do("GoedkeurenAnnulerenLoonaangifte.GoedkeurenAnnulerenLoonaangifte", reference+el("Actie", "Goedkeuren"))
	do("AanleverenResponseMessage.AanleverenLoonaangifteResponseMessage", reference+el("ResponseMessage", "PGEvPg=="))
	do("ImporteerGegevens.ImporteerGegevens", el("SoortGegevens", "VariabeleGegevens")+el("Formaat", "CSV")+
		file("v", []byte("aanslnr;persnr;ploeg;1\n5555;1;;8\n5555;99;;8\n"))+period10)
	do("Werkgever.ToevoegenWerkgever", group("Algemeen", el("Bedrijfsnaam", "N"))+group("Adres", someAddress))
	do("Werkgever.WijzigenAdresGegevens", el("DataIdentity", e.id)+group("Adres", someAddress))
	do("Werkgever.WijzigenAlgemeneGegevens", el("DataIdentity", e.id)+group("Algemeen", el("Bedrijfsnaam", "N")))
	do("Werkgever.WijzigenContactGegevens", el("DataIdentity", e.id)+group("Contact", el("Telefoon", "0")))
	dossier = do("Dossiervorming.ToevoegenDossier", el("DossierSoort", "Werkgever")+el("DataIdentity", e.id)+
		group("MetaData", el("Omschrijving", "x")+el("Categorie", "y"))+file("x", []byte("x"))).text("DossierDataIdentity")
	do("Dossiervorming.WijzigenMetadataDossier", el("DossierDataIdentity", dossier)+group("MetaData", el("Omschrijving", "x")+el("Categorie", "y")))
	do("Dossiervorming.VerwijderenDossier", el("DossierDataIdentity", dossier))
	do("Persoon.WijzigenAdresGegevens", el("DataIdentity", j.person.id)+group("Adres", someAddress+"<Provincie>1</Provincie>"))
	do("Persoon.WijzigenBurgerlijkeStaat", el("DataIdentity", j.person.id)+el("BurgerlijkeStaat", "2"))
	do("Persoon.WijzigenDatumOverlijden", el("DataIdentity", j.person.id)+`<DatumOverlijden xsi:nil="true"/>`)
	do("Dienstverband.ToevoegenConceptWerknemer", el("ParentDataIdentity", e.id)+el("UniekeNaam", "x")+group("Persoon", el("Achternaam", "T")))
	do("Dienstverband.WijzigenDatumUitDienst", el("DataIdentity", j.record.id)+el("DatumUitDienst", "2026-12-31"))
	for _, fn := range contract.Functions() {
		if _, ok := all[fn.FullName()]; !ok {
			b.t.Errorf("%s was not called", fn.FullName())
		}
	}
	return all
}
