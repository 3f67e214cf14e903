package pipelines

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"loket-etl/formats"
	"loket-etl/ledger"
	"loket-etl/ledger/ledgertest"
	"loket-etl/payroll"
)

// week is a window of a week to either side.
func week(d payroll.Date) (first, last payroll.Date) { return d.AddDays(-7), d.AddDays(7) }

// office is what the sandbox says of the runs of Clientnummer 5555.
type office struct {
	w         *world
	werkgever string
	earners   []payroll.Earner
}

func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{w: newWorld(t)}
	for w, err := range o.w.client.List(t.Context(), "Werkgever", "") {
		if err != nil {
			t.Fatal(err)
		}
		for e, err := range o.w.client.List(t.Context(), "Dienstverband", w.Identity) {
			if err != nil {
				t.Fatal(err)
			}
			if e.Text("Clientnummer") == "5555" {
				o.werkgever = w.Identity
				o.earners = append(o.earners, payroll.Earner{Dienstverband: e.Identity, Persnr: number(e, "Persnr"),
					PersnrVerl: number(e, "PersoneelsnummerVerloning"), IBAN: payroll.IBAN(e.Text("IBAN"))})
			}
		}
	}
	return o
}

// run is the run of a period with its payments as pain.001, or as Loket gives
// them, fetched and read back.
func (o *office) run(t *testing.T, period int, format string) payroll.Run {
	t.Helper()
	ctx := t.Context()
	runs, err := o.w.client.ListGoedgekeurdeLoonrunsPeriode(ctx, o.werkgever, payroll.Period{Year: 2026, Number: period})
	if err != nil || len(runs) != 1 {
		t.Fatalf("%d runs, %v", len(runs), err)
	}
	r := payroll.Run{Earners: slices.Clone(o.earners), Net: 930, Payable: []string{"1710"}}
	for p, err := range o.w.client.List(ctx, "Betaling", runs[0].VerloningsRun) {
		if err != nil {
			t.Fatal(err)
		}
		doc, err := o.w.client.Clieop03(ctx, p.Identity)
		if err != nil {
			t.Fatal(err)
		}
		r.Payments = append(r.Payments, o.read(t, doc.File.Content, format))
	}
	results, err := o.w.client.ExportLoonresultatenPerRun(ctx, runs[0].VerloningsRun, "")
	if err != nil {
		t.Fatal(err)
	}
	if r.Results, err = formats.Results["loonresultaten"].Decode(bytes.NewReader(results.File.Content)); err != nil {
		t.Fatal(err)
	}
	journal, err := o.w.client.OutputStandaardjournaalLoonrun(ctx, runs[0].VerloningsRun)
	if err != nil {
		t.Fatal(err)
	}
	if r.Journal, err = formats.Journals["standaardjournaal"].Decode(bytes.NewReader(journal.File.Content)); err != nil {
		t.Fatal(err)
	}
	return r
}

func (o *office) read(t *testing.T, data []byte, format string) payroll.Payments {
	t.Helper()
	p, err := formats.Payments["clieop03"].Decode(bytes.NewReader(data))
	if err != nil || format == "clieop03" {
		return p
	}
	known := map[string]payroll.IBAN{}
	for _, e := range o.earners {
		digits, _ := e.IBAN.Account()
		known[digits] = e.IBAN
	}
	sepa := payroll.SEPA{BIC: "TESTNL2A", Payee: func(digits string) (payroll.Payee, bool) {
		iban := known[digits]
		if iban == "" { // that of the employer
			iban, _ = payroll.NewIBAN("NL", "TEST"+digits)
		}
		return payroll.Payee{IBAN: iban, Name: "P. Jansen"}, true
	}}
	out, _, err := sepa.Convert(p)
	var file bytes.Buffer
	if err == nil {
		err = formats.Payments[format].Encode(&file, out)
	}
	if err == nil {
		out, err = formats.Payments[format].Decode(bytes.NewReader(file.Bytes()))
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// edit changes the posts of the first batch of a run.
func edit(t *testing.T, r *payroll.Run, change func([]payroll.Post) []payroll.Post) {
	t.Helper()
	b := &r.Payments[0].Batches[0]
	posts, err := payroll.Collect(b.Posts)
	if err != nil {
		t.Fatal(err)
	}
	b.Posts = payroll.All(change(posts))
}

func codesOf(found []payroll.Finding) string {
	var all []string
	for _, f := range found {
		all = append(all, f.Code)
	}
	return strings.Join(all, " ")
}

// TestFaultsInAFetchedRunAreFound spoils real files of the sandbox, as they come
// and as pain.001, each in a way that must not reach a bank.
func TestFaultsInAFetchedRunAreFound(t *testing.T) {
	o := newOffice(t)
	for _, format := range []string{"clieop03", "pain.001.001.03", "pain.001.001.09"} {
		if found, err := o.run(t, 6, format).Check(); err != nil || len(found) != 0 {
			t.Fatalf("%s: %+v, %v", format, found, err)
		}
		for want, spoil := range map[string]func([]payroll.Post) []payroll.Post{
			"bedrag-per-rekening": func(p []payroll.Post) []payroll.Post { p[0].Amount += 100; return p },
			"niet-betaald":        func(p []payroll.Post) []payroll.Post { return p[1:] },
			"rekeningen-verwisseld": func(p []payroll.Post) []payroll.Post {
				p[0].Account, p[1].Account = p[1].Account, p[0].Account
				return p
			},
			"dubbel-betaald": func(p []payroll.Post) []payroll.Post { return append(p, p...) },
		} {
			r := o.run(t, 6, format)
			edit(t, &r, spoil)
			found, err := r.Check()
			if err != nil || !slices.ContainsFunc(found, func(f payroll.Finding) bool { return f.Code == want && f.Grave }) {
				t.Errorf("%s: %s is not found: %+v, %v", format, want, found, err)
			}
		}
	}
}

// exports makes entries in a ledger, as a tick does.
type exports struct {
	t *testing.T
	l *ledger.Ledger
	n int
}

func (e *exports) take() *ledger.Lease {
	e.t.Helper()
	e.n++
	id, _, err := e.l.Stage(e.t.Context(), ledger.Entry{Pipeline: "salaris", Name: "run"}, strings.NewReader(fmt.Sprint(e.n)))
	if err != nil {
		e.t.Fatal(err)
	}
	lease, err := e.l.TakeID(e.t.Context(), id, "test", time.Minute)
	if err != nil {
		e.t.Fatal(err)
	}
	return lease
}

// publish ends an export as one that was carried out.
func (e *exports) publish(lease *ledger.Lease) {
	e.t.Helper()
	for _, err := range []error{
		lease.Move(e.t.Context(), ledger.Staged, ledger.Planned, nil),
		lease.Move(e.t.Context(), ledger.Planned, ledger.Delivered, func(e *ledger.Entry) { e.Outcome = ledger.Imported }),
		lease.Move(e.t.Context(), ledger.Delivered, ledger.Settled, nil),
	} {
		if err != nil {
			e.t.Fatal(err)
		}
	}
}

func TestPaymentsAreComparedOverTime(t *testing.T) {
	for name, dsn := range map[string]func(testing.TB) string{
		"SQLite":     func(t testing.TB) string { return "sqlite:" + filepath.Join(t.TempDir(), "etl.db") },
		"PostgreSQL": ledgertest.Postgres,
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t)
			e := &exports{t: t, l: openLedger(t, dsn(t), o.w.clock.Now)}
			ask := func(what string, lease *ledger.Lease, run payroll.Run, want string) []payroll.Finding {
				t.Helper()
				found, err := overTime(t.Context(), lease, o.werkgever, run, week)
				if got := codesOf(found); err != nil || got != want {
					t.Errorf("%s: got %q, %v, want %q\n%+v", what, got, err, want, found)
				}
				for _, f := range found {
					if f.Grave || f.Repair == "" {
						t.Errorf("%s: %+v", what, f)
					}
				}
				return found
			}
			march := o.run(t, 3, "clieop03")
			lease := e.take()
			ask("the first run ever", lease, march, "eerste-run")
			ask("the first run ever, asked again", lease, march, "eerste-run")
			e.publish(lease)

			lease = e.take()
			ask("the next, in another format", lease, o.run(t, 4, "pain.001.001.09"), "")
			e.publish(lease)

			lease = e.take()
			found := ask("the same run once more", lease, o.run(t, 4, "pain.001.001.03"), "dubbele-batch dubbele-betaling")
			if len(found) == 2 && (!strings.Contains(found[0].Message, "Nummer 2 betaalt") || !strings.Contains(found[1].Message, "(personeelsnummer verloning 1, 2, 3, 4, 5, 6, 8, 10, 11, 12 en nog 11)")) {
				t.Errorf("%+v", found)
			}
			if err := lease.Hold(t.Context(), "dubbel"); err != nil {
				t.Fatal(err)
			}
			if err := e.l.Dismiss(t.Context(), 3, "anja", "dubbel"); err != nil {
				t.Fatal(err)
			}

			may := o.run(t, 5, "clieop03")
			stolen := payroll.IBAN("NL86INGB0002445588")
			may.Earners[0].IBAN = stolen
			digits, _ := o.earners[0].IBAN.Account()
			edit(t, &may, func(posts []payroll.Post) []payroll.Post {
				i := slices.IndexFunc(posts, func(p payroll.Post) bool { return p.Account.Number == digits })
				posts[i].Account.Number = "0002445588"
				posts = append(posts, payroll.Post{Kind: payroll.Creditor, Amount: 12_34, Account: payroll.Account{Number: "0000000001"}})
				return posts
			})
			found = ask("an account changed in Loket, and a creditor", e.take(), may, "rekening-gewijzigd nieuwe-begunstigde")
			want := "(" + o.earners[0].Label() + ")."
			if !strings.HasPrefix(found[0].Message, "Posten naar een andere rekening dan bij de vorige betaling: 1, samen ") || !strings.HasSuffix(found[0].Message, want) {
				t.Errorf("got %s, want %s", found[0].Message, want)
			}
			if want := "Begunstigden die niet eerder zijn betaald: 1 posten, samen 12,34 (posten aan anderen dan medewerkers: 1)."; found[1].Message != want {
				t.Errorf("got %s\nwant %s", found[1].Message, want)
			}
		})
	}
}

// Two earners share an account: who moves away from it is known by what he earns.
func TestEarnersOnOneAccountAreToldApart(t *testing.T) {
	e := &exports{t: t, l: openLedger(t, "sqlite:"+filepath.Join(t.TempDir(), "etl.db"), newClock().Now)}
	const joint, own = payroll.IBAN("NL02ABNA0123456789"), payroll.IBAN("NL91ABNA0417164300")
	run := func(date payroll.Date, posts []payroll.Post, accounts ...payroll.IBAN) payroll.Run {
		r := payroll.Run{Net: 930, Payments: []payroll.Payments{{Created: date, Batches: []payroll.PaymentBatch{{Posts: payroll.All(posts)}, {Collect: true, Posts: payroll.All(posts)}}}}}
		var all []payroll.EmploymentResults
		for i, iban := range accounts {
			id := fmt.Sprint("d", i+1)
			r.Earners = append(r.Earners, payroll.Earner{Dienstverband: id, PersnrVerl: i + 1, IBAN: iban})
			all = append(all, payroll.EmploymentResults{Dienstverband: id, Periods: []payroll.PeriodResults{{Slips: []payroll.Slip{{
				Components: []payroll.ComponentResult{{Number: 930, Value: payroll.Cents(i+1) * 100_00}},
			}}}}})
		}
		r.Results.Employments = payroll.All(all)
		return r
	}
	post := func(euro payroll.Cents, iban payroll.IBAN) payroll.Post {
		return payroll.Post{Amount: euro * 100, Account: payroll.Account{IBAN: iban}}
	}
	lease := e.take()
	if found, err := overTime(t.Context(), lease, "w", run(20261025, []payroll.Post{post(200, joint), post(100, joint)}, joint, joint), week); err != nil || codesOf(found) != "eerste-run" {
		t.Fatalf("%+v, %v", found, err)
	}
	e.publish(lease)
	found, err := overTime(t.Context(), e.take(), "w", run(20261125, []payroll.Post{post(200, own), post(100, joint)}, joint, own), week)
	if err != nil || codesOf(found) != "rekening-gewijzigd" || !strings.HasSuffix(found[0].Message, "(personeelsnummer verloning 2).") {
		t.Errorf("%+v, %v", found, err)
	}
	if found, err := overTime(t.Context(), e.take(), "w", run(20261225, []payroll.Post{post(70, joint), post(80, joint), post(90, joint)}, joint, joint), week); err != nil || len(found) != 0 {
		t.Errorf("other amounts: %+v, %v", found, err)
	}
	broken := run(20261125, nil, joint)
	broken.Results.Employments = func(yield func(payroll.EmploymentResults, error) bool) {
		yield(payroll.EmploymentResults{}, io.ErrUnexpectedEOF)
	}
	if _, err := overTime(context.Background(), e.take(), "w", broken, week); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("results that fail: %v", err)
	}
	broken = run(20261125, nil, joint)
	broken.Payments[0].Batches[0].Posts = func(yield func(payroll.Post, error) bool) { yield(payroll.Post{}, io.ErrUnexpectedEOF) }
	if _, err := overTime(context.Background(), e.take(), "w", broken, week); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("posts that fail: %v", err)
	}
}
