package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"loket-etl/ledger"
	"loket-etl/payroll"
)

// demoEmployers are the Clientnummers of the sandbox.
var demoEmployers = []int{5555, 5556, 7001}

// demoNow is a pipeline of the operator: as sepa-betalingen, but the demo does not
// wait for the bank day on which payments go out.
const demoNow = `pipeline: betalingen-nu
description: payments of approved runs, published at once
export: payments
formats: [pain.001.001.09]
schedule: "*/15 6-20 * * *"
hold: [dubbele-betaling, dubbele-batch, rekening-gewijzigd]
`

// demoBooks are the books of an employer, by its number.
const demoBooks = `office: "%[1]d"
daybook: "90"
daybook_name: Lonen
company: {name: Klant %[1]d BV, kvk: "12345678", country: NL, tax_id: "NL%[1]d"}
accounts:
  - {account: "4000", to: {code: "4000", name: Brutolonen}}
  - {account: "4010", to: {code: "4050", name: Sociale lasten}}
  - {account: "4020", to: {code: "4020", name: Vakantiegeld}}
  - {account: "4030", to: {code: "4060", name: Onkostenvergoedingen}}
  - {account: "1700", to: {code: "1800", name: Af te dragen loonheffingen, balance: yes}}
  - {account: "1710", to: {code: "1810", name: Netto lonen, balance: yes}}
  - {account: "1720", to: {code: "1820", name: Reservering vakantiegeld, balance: yes}}
  - {account: "1730", to: {code: "1830", name: Inhoudingen personeel, balance: yes}}
  - {account: "1740", to: {code: "1340", name: Vorderingen op personeel, balance: yes}}
`

// demoExports are in the configuration of the demo: payments to a local bank, all
// the rest over SFTP to a bookkeeper.
const demoExports = `outboxes:
  - {name: bank, local: outbox/bank}
  - name: boekhouder
    sftp:
      address: %s
      user: rooster
      path: /boekhouding
      password: file:geheim/partner
      known_hosts: ["%s %s"]
exports:
  - {use: betalingen-nu, outbox: bank, from: 2026-10, bic: INGBNL2A}
  - {use: clieop03, outbox: boekhouder, from: 2026-10}
  - {use: loonresultaten, outbox: boekhouder, from: 2026-10}
  - {use: standaardjournaal, outbox: boekhouder, from: 2026-10}
  - {use: journaal-exact, outbox: boekhouder, from: 2026-10}
  - {use: journaal-twinfield, outbox: boekhouder, from: 2026-10}
  - {use: journaal-xaf, outbox: boekhouder, from: 2026-10}
  - {use: overzichten, outbox: boekhouder, from: 2026-10}
  - {use: loonaangifte, outbox: boekhouder, from: 2026-10}
  - {use: werknemers, outbox: boekhouder, from: 2026-10}
files: {pipelines: pipelines, books: books}
`

// prepareExports makes the places and the files that the exports need.
func (d *demo) prepareExports() error {
	for _, sub := range []string{"outbox/bank", "partner/boekhouding", "pipelines", "books"} {
		if err := os.MkdirAll(filepath.Join(d.dir, sub), 0o700); err != nil {
			return err
		}
	}
	files := map[string]string{"pipelines/betalingen-nu.yaml": demoNow}
	for _, n := range demoEmployers {
		files[fmt.Sprintf("books/%d.yaml", n)] = fmt.Sprintf(demoBooks, n)
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(d.dir, name), []byte(content), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// pay runs and approves the payroll of every employer in the sandbox, and has the
// exports look at it, as their schedule would and as "etl export" does.
func (d *demo) pay(ctx context.Context) error {
	for _, n := range demoEmployers {
		run, err := d.loket.Verloon(n, payroll.Period{Year: demoYear, Number: demoPeriod})
		if err != nil {
			return fmt.Errorf("run the payroll of %d: %w", n, err)
		}
		if _, err := d.loket.Goedkeuren(run.Identity); err != nil {
			return fmt.Errorf("approve the payroll of %d: %w", n, err)
		}
	}
	if err := d.look(ctx); err != nil {
		return err
	}
	if err := d.decide(ctx); err != nil {
		return err
	}
	return d.look(ctx)
}

// waiting are the tax returns of the period that wait for an external party, and
// those that were approved.
func (d *demo) waiting() (waiting, approved []string) {
	for _, e := range d.loket.State() {
		for _, t := range e.Returns {
			switch {
			case t.Period != payroll.Period{Year: demoYear, Number: demoPeriod}:
			case t.Status == 3:
				waiting = append(waiting, t.Reference)
			case t.Status == 5:
				approved = append(approved, t.Reference)
			}
		}
	}
	return waiting, approved
}

// decide drops what the external party decided on the returns that wait for it.
func (d *demo) decide(ctx context.Context) error {
	f := demoFile{name: "aangifte_oktober.csv", pipeline: "loonaangifte-status", place: "kantoor", outcome: "imported"}
	var b strings.Builder
	b.WriteString("Berichtkenmerk;Status;Externe partij;Toelichting\r\n")
	d.decided, _ = d.waiting()
	for _, reference := range d.decided {
		fmt.Fprintf(&b, "%s;Goedgekeurd;;\r\n", reference)
	}
	f.content = b.String()
	d.files = append(d.files, f)
	if err := d.deliver(ctx, f); err != nil {
		return fmt.Errorf("drop %s: %w", f.name, err)
	}
	return d.wait(ctx)
}

// look has every export look for something new, and waits until it is done.
func (d *demo) look(ctx context.Context) error {
	for _, x := range d.engine.Exports {
		if _, err := d.engine.Expect(ctx, x.Name); err != nil {
			return err
		}
	}
	return d.wait(ctx)
}

// demoPublished is a file that lies with a partner.
type demoPublished struct {
	Pipeline string `json:"pipeline"`
	Partner  string `json:"partner"` // the outbox
	Kind     string `json:"kind"`
	File     string `json:"file"` // relative to the directory of the demo
	Bytes    int64  `json:"bytes"`
	SHA256   string `json:"sha256"`
}

// kinds are what must be published of every run.
var demoKinds = []string{
	"clieop03", "pain.001", "loonresultaten", "standaardjournaal", "exact", "twinfield", "xaf", "loonaangifte", "werknemers",
	"pdf:betalingsoverzicht", "pdf:journaal", "pdf:opdrachtbrief", "pdf:runoverzicht", "pdf:standenregister", "pdf:verzamelloonstaat", "pdf:loonaangifte",
}

// published looks at what lies with the partners.
func (d *demo) published(ctx context.Context, r *demoReport) error {
	entries, err := d.engine.ledger.List(ctx, ledger.Filter{Exports: true, Limit: 1000})
	if err != nil {
		return err
	}
	slices.Reverse(entries)
	count, files, open, wrong := map[string]int{}, 0, 0, 0
	for _, e := range entries {
		if e.Outcome != ledger.Exported {
			r.check("export "+e.Pipeline+" of "+e.Name, false, "%s: %s", e.State, e.Reason)
			open++
			continue
		}
		outputs, err := d.engine.ledger.Outputs(ctx, e.ID)
		if err != nil {
			return err
		}
		for _, o := range outputs {
			p := demoPublished{e.Pipeline, o.Outbox, o.Kind, d.at(o), o.Size, o.SHA256}
			files++
			if !d.lies(p) {
				wrong++
			}
			if count[o.Kind]++; o.Kind != "manifest" { // lists the files of one delivery
				r.Published = append(r.Published, p)
			}
		}
	}
	r.check("every export is done", open == 0, "%d exports, %d files", len(entries), files)
	r.check("files of partners are whole and have their sidecar", wrong == 0, "%d files, manifests among them, compared with the ledger by SHA-256, %d differ", files, wrong)
	var missing []string
	for _, kind := range demoKinds {
		if count[kind] != len(demoEmployers) {
			missing = append(missing, fmt.Sprintf("%s: %d", kind, count[kind]))
		}
	}
	r.check("every kind of file, once for each employer", len(missing) == 0, "%d kinds for %d employers %s", len(demoKinds), len(demoEmployers), strings.Join(missing, ", "))
	return nil
}

// at is where a file lies, relative to the directory of the demo.
func (d *demo) at(o ledger.Output) string {
	if o.Outbox == "boekhouder" {
		return filepath.Join("partner", "boekhouding", o.Name)
	}
	return filepath.Join("outbox", o.Outbox, o.Name)
}

func (d *demo) lies(p demoPublished) bool {
	data, err := os.ReadFile(filepath.Join(d.dir, p.File))
	side, sideErr := os.ReadFile(filepath.Join(d.dir, p.File+".sha256"))
	sum := sha256.Sum256(data)
	hash := hex.EncodeToString(sum[:])
	return errors.Join(err, sideErr) == nil && int64(len(data)) == p.Bytes && hash == p.SHA256 && strings.HasPrefix(string(side), hash+"  ")
}

// across holds the files of each employer against each other, with readers of the
// demo alone.
func (d *demo) across(ctx context.Context, r *demoReport) error {
	for _, n := range demoEmployers {
		sums := map[string]payroll.Cents{}
		people := 0
		for _, p := range r.Published {
			if !strings.HasPrefix(filepath.Base(p.File), fmt.Sprint(n)) {
				continue
			}
			data, err := os.ReadFile(filepath.Join(d.dir, p.File))
			if err != nil {
				return err
			}
			if err := addUp(p.Kind, data, sums, &people); err != nil {
				return fmt.Errorf("add up %s: %w", p.File, err)
			}
		}
		net := sums["net"]
		r.check(fmt.Sprintf("one run of %d in all its files, to the cent", n),
			net > 0 && sums["paid"] == net && sums["control"] == net && sums["clieop03"] == net && sums["payable"] == net && sums["debit"] == sums["credit"] && sums["exact"] == 0,
			"net in the results %s, paid by the bank %s (control sum %s), Clieop03 %s, payable in the journal %s, journal %s = %s",
			net, sums["paid"], sums["control"], sums["clieop03"], sums["payable"], sums["debit"], sums["credit"])
		r.check(fmt.Sprintf("everybody of %d with net pay is paid once", n), people > 0 && payroll.Cents(people) == sums["posts"], "%d payslips with pay, %d posts", people, int(sums["posts"]))
	}
	waiting, approved := d.waiting()
	is := len(d.decided) > 0 && len(waiting) == 0
	for _, reference := range d.decided {
		is = is && slices.Contains(approved, reference)
	}
	r.check("tax returns are approved by a dropped file", is, "%d waited for an external party, %d wait still", len(d.decided), len(waiting))
	return d.again(ctx, r)
}

// again looks once more: there must be nothing to do.
func (d *demo) again(ctx context.Context, r *demoReport) error {
	before := len(r.Published)
	if err := d.look(ctx); err != nil {
		return err
	}
	again := demoReport{OK: true}
	if err := d.published(ctx, &again); err != nil {
		return err
	}
	r.check("looking again publishes nothing again", len(again.Published) == before && again.OK, "%d files before and after", before)
	return nil
}

// addUp reads one file of a run.
func addUp(kind string, data []byte, sums map[string]payroll.Cents, people *int) error {
	amount := func(key, text string) error {
		c, err := payroll.ParseCents(text)
		sums[key] += c
		return err
	}
	switch kind {
	case "pain.001":
		var doc struct {
			Sum   string   `xml:"CstmrCdtTrfInitn>GrpHdr>CtrlSum"`
			Posts []string `xml:"CstmrCdtTrfInitn>PmtInf>CdtTrfTxInf>Amt>InstdAmt"`
		}
		if err := xml.Unmarshal(data, &doc); err != nil {
			return err
		}
		sums["posts"] += payroll.Cents(len(doc.Posts))
		errs := []error{amount("control", doc.Sum)}
		for _, p := range doc.Posts {
			errs = append(errs, amount("paid", p))
		}
		return errors.Join(errs...)
	case "clieop03": // records of 50: total record 9990 has the amount in cents at 6
		for line := range bytes.SplitSeq(data, []byte("\r\n")) {
			if bytes.HasPrefix(line, []byte("9990A")) {
				cents := payroll.Cents(0)
				if _, err := fmt.Sscanf(string(line[5:23]), "%d", &cents); err != nil {
					return err
				}
				sums["clieop03"] += cents
			}
		}
	case "loonresultaten":
		return addResults(data, amount, people)
	case "standaardjournaal":
		var doc struct {
			Lines []struct {
				Account string `xml:"Grootboekrekening"`
				Debet   string `xml:"Debet"`
				Credit  string `xml:"Credit"`
			} `xml:"Regel"`
		}
		if err := xml.Unmarshal(data, &doc); err != nil {
			return err
		}
		var errs []error
		for _, l := range doc.Lines {
			errs = append(errs, amount("debit", l.Debet), amount("credit", l.Credit))
			if l.Account == "1710" {
				errs = append(errs, amount("payable", l.Credit))
			}
		}
		return errors.Join(errs...)
	case "exact":
		var doc struct {
			Values []string `xml:"GLTransactions>GLTransaction>GLTransactionLine>Amount>Value"`
		}
		if err := xml.Unmarshal(data, &doc); err != nil || len(doc.Values) == 0 {
			return errors.Join(err, errors.New("there are no lines"))
		}
		for _, v := range doc.Values {
			if err := amount("exact", v); err != nil {
				return err
			}
		}
	}
	return nil
}

// netPay is the component with net pay in the sandbox.
const netPay = 930

func addResults(data []byte, amount func(key, text string) error, people *int) error {
	var doc struct {
		People []struct {
			Components []struct {
				Number int    `xml:"Nummer,attr"`
				Value  string `xml:"Waarde"`
			} `xml:"Periode>Strook>Component"`
		} `xml:"Werknemer"`
	}
	if err := xml.Unmarshal(data, &doc); err != nil {
		return err
	}
	for _, p := range doc.People {
		for _, c := range p.Components {
			if c.Number != netPay {
				continue
			}
			if err := amount("net", c.Value); err != nil {
				return err
			}
			if c.Value != "0.00" {
				*people++
			}
		}
	}
	return nil
}
