package pipelines

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"loket-etl/formats"
	"loket-etl/ledger"
	"loket-etl/loket"
	"loket-etl/mappings"
	"loket-etl/payroll"
)

// withPlans adds pipelines of an operator to those that ship.
func (x *exportWorld) withPlans(files fstest.MapFS) {
	x.t.Helper()
	m, err := mappings.Load(nil)
	if err != nil {
		x.t.Fatal(err)
	}
	p, e, err := Load(files, m.Get)
	if err != nil {
		x.t.Fatal(err)
	}
	x.runner.Use(Plans{Pipelines: p, Exports: e, Mappings: m})
}

// exampleBooks are those that ship as an example.
func exampleBooks(t testing.TB) map[int]Books {
	t.Helper()
	books, err := LoadBooks(os.DirFS("../config/examples/books"))
	if err != nil || len(books[5555].Accounts) == 0 {
		t.Fatal(books, err)
	}
	return books
}

func booked(t testing.TB) func(*Exporting) {
	return func(x *Exporting) { x.Books = exampleBooks(t) }
}

func TestJournalsForEveryPackage(t *testing.T) {
	books := booked(t)
	x := newExportWorld(t, use("journaal-exact", books), use("journaal-twinfield", books), use("journaal-xaf", books),
		use("journaal-yuki", books), use("journaal-xcount", books), use("eigen", books))
	x.withPlans(fstest.MapFS{"eigen.yaml": {Data: []byte(`pipeline: eigen
export: journal
formats: [csv]
schedule: "0 7 * * *"
journal_layout:
  name: eigen
  separator: ";"
  decimal: ","
  decimals: 2
  date: dd-MM-yyyy
  columns:
    - {header: Rekening, field: account}
    - {header: Naam, field: accountName}
    - {header: Datum, field: date}
    - {header: Bedrag, field: amount}
`)}})
	x.approve()
	if n := x.tick(); n != 6 {
		t.Fatalf("%d entries", n)
	}
	x.settle()
	all, err := x.ledger.List(t.Context(), ledger.Filter{Exports: true})
	if err != nil {
		t.Fatal(err)
	}
	sums := map[int64]bool{}
	for _, e := range all {
		if e.Outcome != ledger.Exported {
			t.Errorf("%s: %s %s", e.Pipeline, e.State, e.Reason)
			continue
		}
		outputs, err := x.ledger.Outputs(t.Context(), e.ID)
		if err != nil {
			t.Fatal(err)
		}
		sums[outputs[0].Amount] = true
	}
	if len(sums) != 1 {
		t.Errorf("the journals add up to %v", sums)
	}
	outputs, err := x.ledger.Outputs(t.Context(), x.entry("eigen").ID)
	if err != nil {
		t.Fatal(err)
	}
	own := x.content(outputs[0].Name)
	if !strings.HasPrefix(own, "Rekening;Naam;Datum;Bedrag\n") || !strings.Contains(own, ";Netto lonen;02-11-2026;-43819,56\n") {
		t.Errorf("the layout of one's own:\n%s", own)
	}
	for pattern, schema := range map[string]string{"*exact*.xml": "exact/eExact-XML.xsd", "*.xaf": "xaf/XmlAuditfileFinancieel4.0.xsd"} {
		x.validates(pattern, schema)
	}
}

// content is the only file in the outbox that matches.
func (x *exportWorld) content(pattern string) string {
	x.t.Helper()
	files, err := filepath.Glob(filepath.Join(x.out, pattern))
	if err != nil || len(files) != 1 {
		x.t.Fatalf("%s: %v %v", pattern, files, err)
	}
	data, err := os.ReadFile(files[0])
	if err != nil {
		x.t.Fatal(err)
	}
	return string(data)
}

// validates has xmllint look at a file; schemas that may not be shipped lie beside
// the project.
func (x *exportWorld) validates(pattern, schema string) {
	x.t.Helper()
	xsd := filepath.Join("..", "..", "shared", "standards", schema)
	if _, err := os.Stat(xsd); err != nil {
		x.t.Logf("NOT CHECKED: %s is not there", xsd)
		return
	}
	if _, err := exec.LookPath("xmllint"); err != nil {
		if os.Getenv("CI") == "true" {
			x.t.Fatal("xmllint is not installed")
		}
		x.t.Log("NOT CHECKED: xmllint is not installed")
		return
	}
	cmd := exec.Command("xmllint", "--noout", "--nonet", "--schema", xsd, "-")
	cmd.Stdin = strings.NewReader(x.content(pattern))
	if out, err := cmd.CombinedOutput(); err != nil {
		x.t.Errorf("%s: %v\n%s", pattern, err, out)
	}
}

func TestAnUnknownAccountHoldsTheJournal(t *testing.T) {
	books := exampleBooks(t)
	b := books[5555]
	b.Accounts = slices.DeleteFunc(slices.Clone(b.Accounts), func(r payroll.AccountRow) bool { return r.Account == "1710" })
	x := newExportWorld(t, use("journaal-exact", func(e *Exporting) { e.Books = map[int]Books{5555: b} }), use("journaal-xaf"))
	x.approve()
	x.tick()
	x.settle()
	for pipeline, want := range map[string]string{
		"journaal-exact": "niet in de rekeningtabel van klant 5555: rekening 1710 component 930. Vul de tabel aan en geef de export vrij",
		"journaal-xaf":   "er is geen boekhouding voor klant 5555: maak 5555.yaml in de map van files.books en geef de export vrij",
	} {
		if e := x.entry(pipeline); e.State != ledger.Held || e.Reason != want {
			t.Errorf("%s: %s %q", pipeline, e.State, e.Reason)
		}
	}
	x.runner.Exports[0].Books = books
	if err := x.ledger.Release(t.Context(), x.entry("journaal-exact").ID, "ans", "aangevuld"); err != nil {
		t.Fatal(err)
	}
	x.settle()
	if e := x.entry("journaal-exact"); e.Outcome != ledger.Exported {
		t.Errorf("after the release: %s %q", e.State, e.Reason)
	}
}

func TestWageResultsAsTables(t *testing.T) {
	x := newExportWorld(t, use("eigen"))
	x.withPlans(fstest.MapFS{"eigen.yaml": {Data: []byte(`pipeline: eigen
export: results
formats: [csv, xlsx, loonresultaten-csv]
schedule: "0 7 * * *"
table_layout:
  name: eigen
  rows: period
  separator: ";"
  decimal: ","
  date: dd-MM-yyyy
  sheet: Lonen
  columns:
    - {header: Nummer, field: persnrVerl}
    - {header: Periode, field: period}
    - {header: Netto, field: value, component: 930}
`)}})
	x.approve()
	x.tick()
	x.settle()
	if e := x.entry("eigen"); e.Outcome != ledger.Exported {
		t.Fatalf("%s %q", e.State, e.Reason)
	}
	files, err := filepath.Glob(filepath.Join(x.out, "*.csv"))
	if err != nil || len(files) != 2 {
		t.Fatal(files, err)
	}
	if xlsx, err := filepath.Glob(filepath.Join(x.out, "*.xlsx")); err != nil || len(xlsx) != 1 {
		t.Fatal(xlsx, err)
	}
}

// TestPayeesWhoAreNoEmployees takes their IBANs from the table of the operator, and
// from nowhere else.
func TestPayeesWhoAreNoEmployees(t *testing.T) {
	own, payee := payroll.IBAN("NL91ABNA0417164300"), payroll.IBAN("NL44RABO0123456789")
	p := payroll.Payments{Created: 20261102, Sender: "05555", FileID: "0201", Batches: []payroll.PaymentBatch{{
		Number: 1, Account: payroll.Account{Number: "0417164300"}, Name: "Klant BV", Date: 20261105,
		Posts: payroll.All([]payroll.Post{{Kind: payroll.Creditor, Amount: 12345, Account: payroll.Account{Number: "0123456789"}, Name: "Deurwaarder", Descriptions: []string{"Dossier 12"}}}),
	}}}
	b := betaling{Entity: loket.Entity{Identity: "b", Velden: map[string]loket.Veld{"IBANOpdrachtgever": {Waarde: string(own)}}}}
	x := Exporting{BIC: "ABNANL2A"}
	_, err := fetched{}.sepa(x, b, p, "M1")
	var missing *payroll.Missing
	if err == nil || !asMissing(err, &missing) {
		t.Fatalf("an account that nobody knows: %v", err)
	}
	x.IBANs = map[string]payroll.Payee{"0123456789": {IBAN: payee}}
	out, err := fetched{}.sepa(x, b, p, "M1")
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := formats.Payments["pain.001.001.09"].Encode(&file, out); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(file.String(), "<IBAN>"+string(payee)+"</IBAN>") || !strings.Contains(file.String(), "123.45") {
		t.Errorf("%s", file.String())
	}
	// Two IBANs that end in the same ten digits are nobody's.
	both := fetched{earners: []payroll.Earner{{Dienstverband: "1", IBAN: payee}, {Dienstverband: "2", IBAN: "NL64INGB0123456789"}}, holders: []string{"A", "B"}}
	if _, err := both.sepa(x, b, p, "M1"); err == nil || !asMissing(err, &missing) {
		t.Errorf("an account of two banks: %v", err)
	}
}

func asMissing(err error, m **payroll.Missing) bool { return errors.As(err, m) }
