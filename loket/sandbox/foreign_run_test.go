package sandbox

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"loket-etl/formats/clieop03"
	"loket-etl/formats/loonaangifte"
	"loket-etl/formats/loonresultaten"
	"loket-etl/formats/standaardjournaal"
	"loket-etl/loket/contract"
	"loket-etl/loket/sandbox/verloning"
	"loket-etl/payroll"
)

// file is the content of a Bestand in an answer.
func (v heard) file(mime, extension string) []byte {
	v.f.t.Helper()
	data, err := base64.StdEncoding.DecodeString(v.text("Bestand/Inhoud"))
	if err != nil || len(data) == 0 || v.text("Bestand/MimeType") != mime || !strings.HasSuffix(v.text("Bestand/Bestandsnaam"), extension) {
		v.f.t.Fatalf("file %q of type %q, %d bytes: %v", v.text("Bestand/Bestandsnaam"), v.text("Bestand/MimeType"), len(data), err)
	}
	return data
}

// readsARun runs the payroll with what was imported, and adds up its outputs.
func (f *foreign) readsARun() {
	f.t.Helper()
	ready, err := f.Verloon(5555, payroll.Period{Year: 2026, Number: 10})
	f.must(err)
	done, err := f.Goedkeuren(ready.Identity)
	f.must(err)
	f.listsRuns(done)
	f.readsPayments(done)
	tax := f.readsResults(done)
	debit := f.readsJournal(done)
	f.readsReturn(done, tax)

	run, paid := in{"VerloningsRunDataIdentity", done.Identity}, done.Net.Dutch()
	for name, want := range map[string]string{
		"OutputBetalingsOverzicht": paid, "OutputOpdrachtbrief": paid, "OutputStandenRegister": paid, "OutputJournaal": debit.Dutch(),
	} {
		f.shows(name, f.do("LoketWebservice."+name, run...), want)
	}
	for order, want := range map[string][]string{"Werknemer": {"Bruin"}, "Werkgever": {tax.Dutch()}, "WerknemerEnWerkgever": {"Bruin", tax.Dutch()}} {
		for _, name := range []string{"OutputRunOverzicht", "OutputVerzamelLoonstaat"} {
			f.shows(name+" "+order, f.do("LoketWebservice."+name, append(run, "Sortering", order)...), want...)
		}
	}
}

func (f *foreign) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

func (f *foreign) listsRuns(done RunInfo) {
	f.t.Helper()
	var approved []string
	for _, r := range f.do("LoketWebservice.ListGoedgekeurdeLoonrunsPeriode", "Jaar", 2026, "PeriodeNummer", 9).all("Loonruns/Loonrun") {
		approved = append(approved, r.number("Clientnummer")+" "+r.number("PeriodeNummer")+" "+r.number("Status"))
	}
	if got := strings.Join(approved, ", "); got != "5555 9 9, 5556 9 9, 7001 9 9" {
		f.t.Errorf("approved runs of period 9: %s", got)
	}
	runs := f.do("LoketWebservice.ListGoedgekeurdeLoonrunsPeriode", "ParentDataIdentity", done.Werkgever, "Jaar", 2026, "PeriodeNummer", 10).all("Loonruns/Loonrun")
	if len(runs) != 1 || runs[0].text("VerloningsRunDataIdentity") != done.Identity || runs[0].text("WerkgeverDataIdentity") != done.Werkgever ||
		runs[0].number("Volgnummerrun") != fmt.Sprint(done.Number) {
		f.t.Errorf("approved runs of period 10: %v", runs)
	}
}

func (f *foreign) readsPayments(done RunInfo) {
	f.t.Helper()
	payments := f.do("LoketWebservice.List", "EntityName", "Betaling", "ParentDataIdentity", done.Identity).all("Entiteiten/Entiteit")
	f.same("Betaling", payments, f.list("Betaling", done.Identity))
	file := f.do("LoketWebservice.Clieop03", "BetalingDataIdentity", payments[0].text("DataIdentity")).file("text/plain", ".txt")
	totals, err := clieop03.Totals(bytes.NewReader(file))
	f.must(err)
	if posts := f.list("Betaling", done.Identity)[0].field("AantalPosten"); totals.Amount != done.Net || fmt.Sprint(totals.Count) != posts || totals.Count < 10 {
		f.t.Errorf("clieop03: %+v, want %s to %s people", totals, done.Net, posts)
	}
}

func (f *foreign) results(answer heard) payroll.Results {
	f.t.Helper()
	r, err := loonresultaten.Decode(bytes.NewReader(answer.file("application/xml", ".xml")))
	f.must(err)
	return r
}

func (f *foreign) sum(r payroll.Results, components ...int) (total payroll.Cents) {
	f.t.Helper()
	for _, c := range components {
		n, err := r.Sum(c)
		f.must(err)
		total += n
	}
	return total
}

// readsResults gives the wage tax of the run.
func (f *foreign) readsResults(done RunInfo) payroll.Cents {
	f.t.Helper()
	run := in{"VerloningsRunDataIdentity", done.Identity}
	whole := f.results(f.do("LoketWebservice.ExportLoonresultatenPerRun", run...))
	if net, extra := f.sum(whole, verloning.CompNetto), f.sum(whole, 86); net != done.Net || extra != 145025 {
		f.t.Errorf("loonresultaten: net %s and Nabetaling %s, want %s and 1450.25", net, extra, done.Net)
	}
	job := f.state.byClient[5555].byPayrollNumber(3).record.id
	one := f.results(f.do("LoketWebservice.ExportLoonresultatenPerRun", append(run, "DienstverbandDataIdentity", job)...))
	if totals, err := one.Totals(); err != nil || totals.Count != 1 || f.sum(one, 86) != 25025 {
		f.t.Errorf("loonresultaten of one: %+v, %v", totals, err)
	}
	both := f.results(f.do("LoketWebservice.ExportLoonresultaten", "ParentDataIdentity", done.Werkgever, "Jaar", 2026,
		"PeriodeNummer", 9, "PeriodeNummerTot", 10, "ExportSet", "Netto"))
	ninth := f.list("Betaling", f.runOf(5555, 9))[0].field("TotaalBedrag")
	if got := f.sum(both, verloning.CompNetto) - done.Net; got.String() != ninth || both.ExportSet != "Netto" {
		f.t.Errorf("loonresultaten of periods 9 and 10: the 9th has %s, want %s", got, ninth)
	}
	return f.sum(whole, verloning.CompLoonheffing, verloning.CompLoonheffingBT)
}

// readsJournal gives the total of either side.
func (f *foreign) readsJournal(done RunInfo) payroll.Cents {
	f.t.Helper()
	file := f.do("LoketWebservice.OutputStandaardjournaalLoonrun", "VerloningsRunDataIdentity", done.Identity).file("application/xml", ".xml")
	journal, err := standaardjournaal.Decode(bytes.NewReader(file))
	f.must(err)
	booked := payroll.Cents(0)
	for _, l := range journal.Lines {
		if l.Component == verloning.CompNetto {
			booked += l.Credit
		}
	}
	debit, credit := journal.Sums()
	if debit != credit || debit == 0 || booked != done.Net {
		f.t.Errorf("journal: debit %s, credit %s, net %s of %s", debit, credit, booked, done.Net)
	}
	return debit
}

func (f *foreign) readsReturn(done RunInfo, tax payroll.Cents) {
	f.t.Helper()
	returns := f.do("LoketWebservice.ListGoedgekeurdeLoonAangiftePeriode", "ParentDataIdentity", done.Werkgever, "Jaar", 2026, "PeriodeNummer", 10).
		all("Loonaangiftes/GoedgekeurdeLoonaangifte")
	if len(returns) != 1 || returns[0].number("Status") != "5" || returns[0].text("WerkgeverDataIdentity") != done.Werkgever {
		f.t.Fatalf("approved returns of period 10: %v", returns)
	}
	id := in{"VerloningsRunDataIdentity", returns[0].text("VerloningsRunDataIdentity")}
	xml := f.do("LoketWebservice.OutputLoonaangifte", append(id, "Versie", 1)...).file("application/xml", ".xml")
	f.fitsTaxSchema(xml)
	doc, err := loonaangifte.Decode(bytes.NewReader(xml))
	f.must(err)
	withheld := payroll.Cents(0)
	for p, err := range doc.Period.People {
		f.must(err)
		withheld += p.Amounts.IngLbPh
	}
	if withheld != tax || doc.MessageID != returns[0].text("Berichtkenmerk") || doc.Period.Total.String() != returns[0].text("BedragTotaal") {
		f.t.Errorf("return %s: tax %s, want %s; total %s, want %s", doc.MessageID, withheld, tax, doc.Period.Total, returns[0].text("BedragTotaal"))
	}
	f.shows("OutputLoonaangifte", f.do("LoketWebservice.OutputLoonaangifte", append(id, "Versie", 2)...),
		doc.MessageID, strings.TrimSuffix(doc.Period.Total.Dutch(), ",00"), tax.Dutch())
}

// shows looks whether a PDF shows the texts.
func (f *foreign) shows(name string, answer heard, texts ...string) {
	f.test.Run(name, func(t *testing.T) {
		data := answer.file("application/pdf", ".pdf")
		if !bytes.HasPrefix(data, []byte("%PDF-")) {
			t.Fatalf("begins with %.8q", data)
		}
		shown := pdfText(t, data)
		for _, text := range texts {
			if !strings.Contains(shown, text) {
				t.Errorf("does not show %s", text)
			}
		}
	})
}

// fitsTaxSchema asks xmllint, if the schema of the tax authority lies beside the
// module; it carries no licence, so it is not in it.
func (f *foreign) fitsTaxSchema(data []byte) {
	f.t.Helper()
	schema := "../../../shared/standards/loonaangifte/Loonaangifte2026v2.0.xsd"
	if _, err := os.Stat(schema); err != nil {
		f.t.Logf("NOT CHECKED against the schema, which is missing: %v", err)
		return
	}
	if _, err := exec.LookPath("xmllint"); err != nil {
		if os.Getenv("CI") == "true" {
			f.t.Fatal("xmllint is missing: install libxml2-utils")
		}
		f.t.Logf("NOT CHECKED against the schema: %v", err)
		return
	}
	cmd := exec.Command("xmllint", "--noout", "--nonet", "--schema", schema, "-")
	cmd.Stdin = bytes.NewReader(data)
	if out, err := cmd.CombinedOutput(); err != nil {
		f.t.Errorf("the tax return does not fit the schema: %s", out)
	}
}

// settlesReturns approves one return that waits at the external party and
// cancels another.
func (f *foreign) settlesReturns() {
	f.t.Helper()
	const settle, deliver = "GoedkeurenAnnulerenLoonaangifte.GoedkeurenAnnulerenLoonaangifte", "AanleverenResponseMessage.AanleverenLoonaangifteResponseMessage"
	ready, err := f.Verloon(5556, payroll.Period{Year: 2026, Number: 10})
	if err == nil {
		_, err = f.Goedkeuren(ready.Identity)
	}
	if err != nil {
		f.t.Fatal(err)
	}
	e := f.state.byClient[5556]
	approve, cancel := e.returns[8], e.returns[9]
	message := []byte(`<?xml version="1.0"?><Response>één</Response>`)
	f.refused(contract.ConflictMetStatus, "Berichtkenmerk", deliver, "Berichtkenmerk", approve.reference, "ResponseMessage", message)
	f.refused(contract.ConflictMetStatus, "VerloningsRunDataIdentity", "LoketWebservice.OutputLoonaangifte", "VerloningsRunDataIdentity", approve.id(), "Versie", 1)

	answer := f.do(settle, "Berichtkenmerk", approve.reference, "Actie", "Goedkeuren", "ExternePartijIdentificatie", "EXT-1", "Toelichting", "akkoord")
	if answer.text("Berichtkenmerk") != approve.reference || answer.number("Status") != "5" || answer.text("StatusOmschrijving") == "" {
		f.t.Errorf("Goedkeuren: %v", answer.v)
	}
	f.reads("Loonaangifte", approve.id(), map[string]string{"Status": "5", "ExternepartijLoonaangifteIdentificatie": "EXT-1"})
	answer = f.do(settle, "Berichtkenmerk", cancel.reference, "Actie", "Annuleren")
	if answer.number("Status") != "4" {
		f.t.Errorf("Annuleren: %v", answer.v)
	}
	f.reads("Loonaangifte", cancel.id(), map[string]string{"Status": "4"})
	f.refused(contract.ConflictMetStatus, "Berichtkenmerk", settle, "Berichtkenmerk", approve.reference, "Actie", "Annuleren")

	answer = f.do(deliver, "Berichtkenmerk", approve.reference, "ResponseMessage", message, "OntvangenOp", "2026-10-19T08:30:00Z")
	kept := approve.responses
	if len(kept) != 1 || answer.text("Ontvangstnummer") != kept[0].number || answer.text("Status") != "Ontvangen" || kept[0].size != len(message) ||
		!kept[0].at.Equal(time.Date(2026, 10, 19, 8, 30, 0, 0, time.UTC)) {
		f.t.Errorf("response message: %v, kept %+v", answer.v, kept)
	}
	xml := f.do("LoketWebservice.OutputLoonaangifte", "VerloningsRunDataIdentity", approve.id(), "Versie", 1).file("application/xml", ".xml")
	if got, err := loonaangifte.Decode(bytes.NewReader(xml)); err != nil || got.MessageID != approve.reference {
		f.t.Errorf("the approved return: %s, %v", got.MessageID, err)
	}
}

// phasedOut calls the service that has neither functions nor a WSDL.
func (f *foreign) phasedOut() {
	f.t.Helper()
	answer := f.ask(map[string]any{"service": "ExportWebservice", "operation": "Export", "args": in{"UserToken", f.token}})
	if answer.at("error").v != nil { // a client that is nothing without a WSDL
		if !strings.Contains(answer.text("error"), "500") {
			f.t.Errorf("ExportWebservice: %v", answer.v)
		}
		return
	}
	f.checkFault(answer, contract.Uitgefaseerd, "")
}

// provokesFaults gets every fault that the service has.
func (f *foreign) provokesFaults() {
	f.t.Helper()
	const login, imports = "LoketWebservice.GetUserToken", "ImporteerGegevens.ImporteerGegevens"
	monthly, other := f.werkgever(5555), f.werkgever(5556)
	f.refused(contract.AanmeldingMislukt, "", login, "Gebruikersnaam", DemoUser, "Wachtwoord", "fout", "Omgevingscode", DemoOmgevingscode)
	f.refused(contract.OnbekendeEntiteit, "EntityName", "LoketWebservice.List", "EntityName", "Huisdier")
	f.refused(contract.OnbekendeIdentity, "DataIdentity", "LoketWebservice.Select", "EntityName", "Werkgever", "DataIdentity", "bestaat-niet")
	f.refused(contract.ParentDataIdentityOntbreekt, "ParentDataIdentity", "LoketWebservice.List", "EntityName", "Persoon")
	values := in{"SoortGegevens", "VariabeleGegevens", "Formaat", "CSV", "Bestand"}
	f.refused(contract.VerplichtVeldOntbreekt, "Jaar", imports, append(values, bestand("u.csv", "text/csv", "aanslnr;persnr;ploeg;1\n5555;1;;8\n"))...)
	f.refused(contract.OngeldigeWaarde, "Formaat", imports, "SoortGegevens", "Verlof", "Formaat", "XML", "Bestand", bestand("v.xml", "application/xml", "<a/>"))
	f.refused(contract.OngeldigeCode, "Adres/Landcode", "Werkgever.WijzigenAdresGegevens", "DataIdentity", monthly, "Adres", in{"Plaats", "Zandwijk", "Landcode", "XX"})
	f.refused(contract.ConflictMetStatus, "PeriodeNummer", imports, append(values, bestand("u.csv", "text/csv", "aanslnr;persnr;ploeg;1\n5555;1;;8\n"), "Jaar", 2026, "PeriodeNummer", 9)...)
	f.refused(contract.BestandOngeldig, "Bestand", imports, append(values, bestand("u.csv", "text/csv", "naam;uren\nAnna;8\n"), "Jaar", 2026, "PeriodeNummer", 10)...)
	f.refused(contract.BestandTeGroot, "Bestand", imports, append(values, bestand("u.csv", "text/csv", strings.Repeat("x", 100_001)), "Jaar", 2026, "PeriodeNummer", 10)...)

	f.SetMood(Mood{Count: 1, Kind: Internal})
	f.refused(contract.InterneFout, "", "LoketWebservice.GetChildNodes")
	f.SetMood(Mood{Count: 1, Kind: Busy})
	f.refused(contract.TijdelijkNietBeschikbaar, "", "LoketWebservice.GetChildNodes")
	f.SetMood()

	good := f.token
	f.token = "onbekend-token-0123456789"
	f.refused(contract.OngeldigUserToken, "UserToken", "LoketWebservice.GetChildNodes")
	f.token = f.do(login, "Gebruikersnaam", narrow, "Wachtwoord", DemoPassword, "Omgevingscode", DemoOmgevingscode).text("UserToken")
	f.refused(contract.GeenRechten, "", "Werkgever.WijzigenContactGegevens", "DataIdentity", other, "Contact", in{"Telefoon", "0850000000"})
	f.refused(contract.OnbekendeIdentity, "DataIdentity", "LoketWebservice.Select", "EntityName", "Werkgever", "DataIdentity", monthly) // another's
	f.refused(contract.FunctieNietOndersteund, "EntityName", "LoketWebservice.Select", "EntityName", "Persoon",
		"DataIdentity", f.state.byClient[5556].byPayrollNumber(1).person.id)
	if seen := f.do("LoketWebservice.List", "EntityName", "Werkgever").all("Entiteiten/Entiteit"); len(seen) != 1 || seen[0].text("DataIdentity") != other {
		f.t.Errorf("the narrow user sees %d employers", len(seen))
	}
	f.token = good
	f.clock.at = f.clock.at.Add(time.Hour)
	f.refused(contract.VerlopenUserToken, "UserToken", "LoketWebservice.GetChildNodes")
}
