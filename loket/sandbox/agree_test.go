package sandbox

import (
	"bytes"
	"slices"
	"testing"

	"loket-etl/formats/clieop03"
	"loket-etl/formats/loonresultaten"
	"loket-etl/formats/standaardjournaal"
	"loket-etl/loket/sandbox/verloning"
	"loket-etl/payroll"
)

// fetched is a run as a program gets it from Loket, file by file.
func (b *bench) fetched(clientnummer, period int) payroll.Run {
	b.t.Helper()
	id := b.runOf(clientnummer, period)
	run := el("VerloningsRunDataIdentity", id)
	r := payroll.Run{Net: verloning.CompNetto, Payable: []string{"1710"}}
	for _, p := range b.list("Betaling", id) {
		file := content(b.t, b.call("LoketWebservice.Clieop03", el("BetalingDataIdentity", p.text("DataIdentity"))).ok(), "text/plain")
		paid, err := clieop03.Decode(bytes.NewReader(file))
		if err != nil {
			b.t.Fatal(err)
		}
		r.Payments = append(r.Payments, paid)
	}
	var err error
	if r.Results, err = loonresultaten.Decode(bytes.NewReader(content(b.t, b.call("LoketWebservice.ExportLoonresultatenPerRun", run).ok(), "application/xml"))); err != nil {
		b.t.Fatal(err)
	}
	if r.Journal, err = standaardjournaal.Decode(bytes.NewReader(content(b.t, b.call("LoketWebservice.OutputStandaardjournaalLoonrun", run).ok(), "application/xml"))); err != nil {
		b.t.Fatal(err)
	}
	for _, e := range b.list("Dienstverband", b.state.byClient[clientnummer].id) {
		r.Earners = append(r.Earners, payroll.Earner{Dienstverband: e.text("DataIdentity"), IBAN: payroll.IBAN(e.field("IBAN"))})
	}
	return r
}

// TestEveryRunOfTheOfficeAgrees holds the files of each approved run against each
// other, and then spoils them.
func TestEveryRunOfTheOfficeAgrees(t *testing.T) {
	b := newBench(t, Options{})
	for clientnummer, e := range b.state.byClient {
		for period := range e.runs {
			r := b.fetched(clientnummer, period+1)
			if found, err := r.Check(); err != nil || len(found) != 0 || len(r.Payments) == 0 {
				t.Fatalf("%d period %d: %+v, %v", clientnummer, period+1, found, err)
			}
		}
	}
}

func TestAFileThatWasTamperedWithDoesNotAgree(t *testing.T) {
	b := newBench(t, Options{})
	for want, spoil := range map[string]func(r *payroll.Run, posts []payroll.Post) []payroll.Post{
		"bedrag-per-rekening": func(_ *payroll.Run, p []payroll.Post) []payroll.Post { p[0].Amount++; p[1].Amount--; return p },
		"niet-betaald":        func(_ *payroll.Run, p []payroll.Post) []payroll.Post { return p[1:] },
		"rekeningen-verwisseld": func(_ *payroll.Run, p []payroll.Post) []payroll.Post {
			p[0].Account, p[1].Account = p[1].Account, p[0].Account
			return p
		},
		"rekening-onbekend":   func(_ *payroll.Run, p []payroll.Post) []payroll.Post { p[0].Account.Number = "0002445588"; return p },
		"dubbel-betaald":      func(_ *payroll.Run, p []payroll.Post) []payroll.Post { return append(p, p...) },
		"journaal-uit-balans": func(r *payroll.Run, p []payroll.Post) []payroll.Post { r.Journal.Lines[0].Debit++; return p },
	} {
		r := b.fetched(5555, 6)
		batch := &r.Payments[0].Batches[0]
		posts, err := payroll.Collect(batch.Posts)
		if err != nil {
			t.Fatal(err)
		}
		batch.Posts = payroll.All(spoil(&r, posts))
		found, err := r.Check()
		if err != nil || !slices.ContainsFunc(found, func(f payroll.Finding) bool { return f.Code == want && f.Grave }) {
			t.Errorf("%s is not found: %+v, %v", want, found, err)
		}
	}
}
