package afdruk

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"loket-etl/formats/clieop03"
	"loket-etl/formats/loonaangifte"
	"loket-etl/formats/loonresultaten"
	"loket-etl/formats/standaardjournaal"
	"loket-etl/loket/sandbox/verloning"
	"loket-etl/payroll"
)

var made = time.Date(2026, 10, 23, 9, 30, 0, 0, time.UTC)

// accounts of the Clieop03 samples: they pass the elfproef.
var accounts = []string{"1112223339", "1314243675", "1415253846", "1516264010", "1617274186", "1718284357", "1819294528"}

// bsn is a number that passes the eleven test, another for every n.
func bsn(n int) payroll.BSN {
	for v := 100_000_000 + 100*n; ; v++ {
		if b, err := payroll.ParseBSN(fmt.Sprint(v)); err == nil {
			return b
		}
	}
}

// bedrijf is a run of many people with everything that a slip can have.
func bedrijf(t testing.TB, people int, kind payroll.PeriodKind) *verloning.Run {
	t.Helper()
	o := verloning.Opdracht{
		Run: "run-10", Volgnummer: 10, Periode: payroll.Period{Year: 2026, Number: 10}, Soort: kind, Componenten: verloning.Standaard(),
		Werkgever: verloning.Werkgever{
			Identity: "wg-1", ID: 1001, Clientnummer: 7, Naam: "Bakkerij 't Hoekje & Zonen B.V.", Loonheffingennummer: "001000044L01",
			Rekening: payroll.Account{IBAN: "NL02ABNA0123456789"},
		},
	}
	names := []string{"Jansen", "de Vries", "Çelik", "van den Heuvel-Rijnders", "Øster", "Bakker", "Müller", "el Idrissi", "Wiśniewska"}
	for i := range people {
		d := verloning.Dienstverband{
			Identity: fmt.Sprint("d", i), Persoon: fmt.Sprint("p", i), Persnr: i + 1, NumIV: 1, Voorletters: "A.B.", Achternaam: names[i%len(names)],
			BSN: bsn(i), Geboren: 19900517, Geslacht: "2", InDienst: 20240301, Salaris: payroll.Cents(2400_00 + i*111_37), UrenPerWeek: 36_00,
			Loonheffingskorting: i%4 != 0, OnbepaaldeTijd: i%3 != 0, Schriftelijk: true, Kostenplaats: []string{"", "100", "200"}[i%3], DGA: i == 5,
			Rekening: payroll.Account{Number: accounts[i%len(accounts)]},
			Adres:    &payroll.TaxAddress{Street: "Voorbeeldstraat", Number: "12", Postcode: "3511AB", City: "Utrecht"},
		}
		if i%5 == 1 {
			d.Salaris, d.Uurloon = 0, 17_35
		}
		o.Dienstverbanden = append(o.Dienstverbanden, d)
		for _, v := range []verloning.Waarde{
			{Component: 1, Waarde: 120_25, Kostenplaats: "300"},
			{Component: 4, Waarde: int64(i) * 25},
			{Component: 25, Waarde: int64(i%2) * 750_00},
			{Component: 26, Waarde: int64(i%7) * 33_33},
			{Component: 31, Waarde: 123_00},
			{Component: 40, Waarde: int64(i%6) * 10_01},
		} {
			v.Dienstverband = d.Identity
			o.Waarden = append(o.Waarden, v)
		}
	}
	o.Waarden = append(o.Waarden, verloning.Waarde{Dienstverband: "d1", Component: 40, Waarde: 90_000_00}) // more than she earns
	run, err := verloning.Verloon(o)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// documents prints everything there is.
func documents(run *verloning.Run) map[string]func(io.Writer) error {
	k := KopVan(run, made)
	pay := run.Betalingen(verloning.Betaling{Aanmaak: 20261023, Verwerking: 20261025})
	return map[string]func(io.Writer) error{
		"betalingsoverzicht":     func(w io.Writer) error { return Betalingsoverzicht(w, k, pay) },
		"opdrachtbrief":          func(w io.Writer) error { return Opdrachtbrief(w, k, pay) },
		"journaal":               func(w io.Writer) error { return Journaal(w, k, run.Journaal(run.Eind)) },
		"runoverzicht":           func(w io.Writer) error { return Runoverzicht(w, run, k, WerknemerEnWerkgever) },
		"runoverzicht-werknemer": func(w io.Writer) error { return Runoverzicht(w, run, k, Werknemer) },
		"runoverzicht-werkgever": func(w io.Writer) error { return Runoverzicht(w, run, k, Werkgever) },
		"standenregister":        func(w io.Writer) error { return Standenregister(w, run, k) },
		"verzamelloonstaat":      func(w io.Writer) error { return Verzamelloonstaat(w, run, k, WerknemerEnWerkgever) },
		"loonaangifte":           func(w io.Writer) error { return Loonaangifte(w, k, run.Loonaangifte(verloning.Bericht{Aanmaak: made})) },
	}
}

// text is what pdftotext finds on the pages.
func text(t *testing.T, print func(io.Writer) error) string {
	t.Helper()
	tool, err := exec.LookPath("pdftotext")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("pdftotext is missing: install poppler-utils")
		}
		t.Skip("pdftotext is missing: install poppler-utils")
	}
	var out bytes.Buffer
	if err := print(&out); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "blad.pdf")
	if err := os.WriteFile(file, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := exec.Command(tool, "-layout", "-enc", "UTF-8", file, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(got)
}

func TestSameBytesEveryTime(t *testing.T) {
	run := bedrijf(t, 5, payroll.Monthly)
	for name, print := range documents(run) {
		var a, b bytes.Buffer
		if err := errors.Join(print(&a), print(&b)); err != nil {
			t.Fatal(err)
		}
		if !bytes.HasPrefix(a.Bytes(), []byte("%PDF-")) || !bytes.Equal(a.Bytes(), b.Bytes()) {
			t.Errorf("%s: differs, or is no PDF", name)
		}
	}
}

// Only the longest name may be cut, never an amount or a heading.
func TestEveryPageIsNumberedSaysSandboxAndIsNotCut(t *testing.T) {
	run := bedrijf(t, 60, payroll.Monthly)
	for name, print := range documents(run) {
		sheets := strings.Split(strings.TrimSuffix(text(t, print), "\f"), "\f")
		if (name == "betalingsoverzicht" || name == "runoverzicht") && len(sheets) < 2 {
			t.Errorf("%s: %d pages", name, len(sheets))
		}
		for i, sheet := range sheets {
			for _, line := range strings.Split(sheet, "\n") {
				if strings.Contains(line, "…") && !strings.Contains(line, "Heuvel") {
					t.Errorf("%s: cut: %s", name, line)
				}
			}
			for _, want := range []string{fmt.Sprintf("Pagina %d van %d", i+1, len(sheets)), voet, "Bakkerij 't Hoekje & Zonen B.V.", "Periode 2026-10 (01-10-2026 t/m 31-10-2026)"} {
				if !strings.Contains(sheet, want) {
					t.Errorf("%s, page %d: %q is missing", name, i+1, want)
				}
			}
		}
	}
}

func TestSortering(t *testing.T) {
	run := bedrijf(t, 9, payroll.Monthly)
	people := text(t, documents(run)["runoverzicht-werknemer"])
	totals := text(t, documents(run)["runoverzicht-werkgever"])
	both := text(t, documents(run)["runoverzicht"])
	if strings.Contains(people, "Componenten") || strings.Contains(totals, "Jansen") {
		t.Error("a part stands where it was not asked for")
	}
	if i, j := strings.Index(both, "Componenten"), strings.Index(both, "Jansen"); i < 0 || j < i {
		t.Errorf("employer at %d, people at %d", i, j)
	}
	at := 0
	for _, name := range []string{"A.B. Bakker", "A.B. Çelik", "A.B. de Vries", "A.B. el Idrissi", "A.B. Jansen", "A.B. Müller", "A.B. Øster", "A.B. van den Heuvel", "A.B. Wiśniewska"} {
		i := strings.Index(people, name)
		if i < at {
			t.Errorf("%s stands at %d, after what should follow", name, i)
		}
		at = i
	}
	if _, err := ParseSortering("Naam"); err == nil {
		t.Error("a sorting that does not exist was accepted")
	}
}

func TestUnbalancedJournalIsNotPrinted(t *testing.T) {
	run := bedrijf(t, 3, payroll.Monthly)
	j := run.Journaal(run.Eind)
	j.Lines[0].Debit++
	if err := Journaal(io.Discard, KopVan(run, made), j); !errors.Is(err, payroll.ErrUnbalanced) {
		t.Errorf("got %v", err)
	}
}

// One run, added up in everything that comes out of it: slips, payments, results,
// journal, tax return, each read back from its own bytes, and the printed totals.
func TestOneRunAddsUpTheSameEverywhere(t *testing.T) {
	for _, kind := range []payroll.PeriodKind{payroll.Monthly, payroll.FourWeekly} {
		run := bedrijf(t, 60, kind)
		var net, tax, zvw, employer, shortfall payroll.Cents
		for i := range run.Stroken {
			l := &run.Stroken[i]
			net += l.Netto
			tax += l.Loonheffing + l.LoonheffingBT
			zvw += l.ZvwInhouding
			employer += l.ZvwWerkgever + l.Premies()
			shortfall += l.Vordering
		}
		if shortfall == 0 {
			t.Fatal("nobody falls short: the run is too simple")
		}
		same := func(where string, got, want payroll.Cents) {
			t.Helper()
			if got != want {
				t.Errorf("%s: %s instead of %s", where, got, want)
			}
		}

		pay := run.Betalingen(verloning.Betaling{Aanmaak: 20261023})
		same("Clieop03", totals(t, func(w io.Writer) error { return clieop03.Encode(w, pay) }, clieop03.Totals).Amount, net)

		var results bytes.Buffer
		if err := loonresultaten.Encode(&results, run.Resultaten(verloning.Kop{Aanmaak: made})); err != nil {
			t.Fatal(err)
		}
		back, err := loonresultaten.Decode(bytes.NewReader(results.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		for component, want := range map[int]payroll.Cents{verloning.CompNetto: net, verloning.CompZvwInhouding: zvw, verloning.CompVordering: shortfall} {
			got, err := back.Sum(component)
			if err != nil {
				t.Fatal(err)
			}
			same(fmt.Sprint("loonresultaten, component ", component), got, want)
		}

		var journal bytes.Buffer
		if err := standaardjournaal.Encode(&journal, run.Journaal(run.Eind)); err != nil {
			t.Fatal(err)
		}
		j, err := standaardjournaal.Decode(&journal)
		if err != nil {
			t.Fatal(err)
		}
		credit := map[int]payroll.Cents{}
		centres := map[string]bool{}
		for _, line := range j.Lines {
			credit[line.Component] += line.Credit
			centres[line.CostCentre] = true
		}
		same("journal, net pay", credit[verloning.CompNetto], net)
		same("journal, tax", credit[verloning.CompLoonheffing]+credit[verloning.CompLoonheffingBT], tax)
		if !centres["100"] || !centres["200"] || !centres["300"] {
			t.Errorf("kostenplaatsen %v", centres)
		}

		var message bytes.Buffer
		if err := loonaangifte.Encode(&message, run.Loonaangifte(verloning.Bericht{Aanmaak: made})); err != nil {
			t.Fatal(err)
		}
		fitsSchema(t, message.Bytes())
		aangifte, err := loonaangifte.Decode(bytes.NewReader(message.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		var declared, declaredZvw, declaredEmployer payroll.Cents
		for p, err := range aangifte.Period.People {
			if err != nil {
				t.Fatal(err)
			}
			a := p.Amounts
			declared += a.IngLbPh
			declaredZvw += a.BijdrZvw
			declaredEmployer += a.WghZvw + a.PrAofLg + a.PrAofHg + a.OpslWko + a.PrGediffWhk + a.PrAwfLg + a.PrAwfHg
		}
		same("tax return, tax", declared, tax)
		same("tax return, Zvw withheld", declaredZvw, zvw)
		same("tax return, employer", declaredEmployer, employer)
		same("tax return, collective tax in whole euros", aangifte.Period.Collective.IngLbPh, tax-tax%100)

		if kind != payroll.Monthly {
			continue // printing takes most of the time and knows no kind
		}
		docs := documents(run)
		for name, want := range map[string][]payroll.Cents{
			"betalingsoverzicht": {net}, "opdrachtbrief": {net}, "runoverzicht-werknemer": {net, tax, employer}, "runoverzicht-werkgever": {net, tax, employer},
			"standenregister": {net, zvw, shortfall}, "verzamelloonstaat": {net, tax}, "loonaangifte": {tax, zvw, aangifte.Period.Total},
			"journaal": {net, credit[verloning.CompLoonheffing]},
		} {
			printed := text(t, docs[name])
			for _, amount := range want {
				shown := amount.Dutch()
				if name == "loonaangifte" && amount == aangifte.Period.Total {
					shown = "EUR " + strings.TrimSuffix(shown, ",00")
				}
				if !strings.Contains(printed, shown) {
					t.Errorf("%s: %s is not printed", name, shown)
				}
			}
		}
	}
}

func totals(t *testing.T, encode func(io.Writer) error, read func(io.Reader) (payroll.Totals, error)) payroll.Totals {
	t.Helper()
	var out bytes.Buffer
	if err := encode(&out); err != nil {
		t.Fatal(err)
	}
	got, err := read(&out)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// fitsSchema asks xmllint, if the schema of the tax authority lies beside the
// module; it carries no licence, so it is not in it.
func fitsSchema(t *testing.T, data []byte) {
	t.Helper()
	schema := "../../../../shared/standards/loonaangifte/Loonaangifte2026v2.0.xsd"
	if _, err := os.Stat(schema); err != nil {
		t.Logf("NOT CHECKED against the schema, which is missing: %v", err)
		return
	}
	tool, err := exec.LookPath("xmllint")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("xmllint is missing: install libxml2-utils")
		}
		t.Logf("NOT CHECKED against the schema: %v", err)
		return
	}
	cmd := exec.Command(tool, "--noout", "--nonet", "--schema", schema, "-")
	cmd.Stdin = bytes.NewReader(data)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("the tax return does not fit the schema: %s", out)
	}
}

// TestPrintToLook writes the documents to the directory in AFDRUK, for eyes.
func TestPrintToLook(t *testing.T) {
	dir := os.Getenv("AFDRUK")
	if dir == "" {
		return
	}
	for name, print := range documents(bedrijf(t, 60, payroll.Monthly)) {
		f, err := os.Create(filepath.Join(dir, name+".pdf"))
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(print(f), f.Close()); err != nil {
			t.Fatal(err)
		}
	}
}

func BenchmarkRunoverzicht5000(b *testing.B) {
	run := bedrijf(b, 5000, payroll.Monthly)
	for b.Loop() {
		if err := Runoverzicht(io.Discard, run, KopVan(run, made), WerknemerEnWerkgever); err != nil {
			b.Fatal(err)
		}
	}
}
