package pipelines

import (
	"bytes"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"io"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"loket-etl/formats"
	"loket-etl/ledger"
	"loket-etl/payroll"
)

// tamper changes the files in the answers to one function on their way.
type tamper struct {
	function string
	change   func([]byte) []byte
	answer   func([]byte) []byte // the whole answer, of every function
	request  func([]byte) []byte // every request
}

var content = regexp.MustCompile(`(<[a-z:]*Inhoud>)([^<]*)(</)`)

func (x *tamper) RoundTrip(r *http.Request) (*http.Response, error) {
	if x.request != nil && r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		body = x.request(body)
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	}
	reply, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return reply, err
	}
	body, err := io.ReadAll(reply.Body)
	reply.Body.Close()
	if err != nil {
		return nil, err
	}
	if x.answer != nil {
		body = x.answer(body)
	}
	if strings.HasSuffix(r.Header.Get("SOAPAction"), "#"+x.function+`"`) {
		body = content.ReplaceAllFunc(body, func(m []byte) []byte {
			p := content.FindSubmatch(m)
			raw, err := base64.StdEncoding.DecodeString(string(p[2]))
			if err != nil {
				panic(err)
			}
			return slices.Concat(p[1], []byte(base64.StdEncoding.EncodeToString(x.change(raw))), p[3])
		})
	}
	reply.Body, reply.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	reply.Header.Set("Content-Length", strconv.Itoa(len(body)))
	return reply, nil
}

// repay changes the posts of a Clieop03 file, with all totals right again.
func repay(t testing.TB, change func([]payroll.Post) []payroll.Post) func([]byte) []byte {
	return func(raw []byte) []byte {
		doc, err := formats.Payments["clieop03"].Decode(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		posts, err := payroll.Collect(doc.Batches[0].Posts)
		if err != nil {
			t.Fatal(err)
		}
		doc.Batches[0].Posts = payroll.All(change(posts))
		var b bytes.Buffer
		if err := formats.Payments["clieop03"].Encode(&b, doc); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
}

// TestWhatWasTamperedWithIsNeverPublished changes what Loket sends on its way to us,
// so that every file is right by itself.
func TestWhatWasTamperedWithIsNeverPublished(t *testing.T) {
	for _, tt := range []struct {
		name string
		tamper
		want string // part of the reason
	}{
		{"an amount", tamper{function: "Clieop03", change: repay(t, func(p []payroll.Post) []payroll.Post {
			p[2].Amount += 1000_00
			return p
		})}, "een verschil van 1.000,00"},
		{"a cent from one to another", tamper{function: "Clieop03", change: repay(t, func(p []payroll.Post) []payroll.Post {
			p[2].Amount++
			p[3].Amount--
			return p
		})}, "rekening"},
		{"a payee dropped", tamper{function: "Clieop03", change: repay(t, func(p []payroll.Post) []payroll.Post { return slices.Delete(p, 4, 5) })}, "post"},
		{"two accounts swapped", tamper{function: "Clieop03", change: repay(t, func(p []payroll.Post) []payroll.Post {
			p[0].Account, p[1].Account = p[1].Account, p[0].Account
			return p
		})}, "rekening"},
		{"the account of a stranger", tamper{function: "Clieop03", change: repay(t, func(p []payroll.Post) []payroll.Post {
			p[0].Account = payroll.Account{Number: "0417164300"}
			return p
		})}, "IBAN"},
		{"a total of the payment file", tamper{function: "Clieop03", change: func(raw []byte) []byte {
			i := bytes.Index(raw, []byte("\r\n9990A"))
			raw = bytes.Clone(raw)
			raw[i+7+17] ^= 1
			return raw
		}}, "Clieop03"},
		{"an unbalanced journal", tamper{function: "OutputStandaardjournaalLoonrun", change: func(raw []byte) []byte {
			return bytes.Replace(raw, []byte("<Credit>2"), []byte("<Credit>3"), 1)
		}}, "journal"},
		{"a net in the results", tamper{function: "ExportLoonresultatenPerRun", change: func(raw []byte) []byte {
			at := regexp.MustCompile(`(?s)(Nummer="930".*?<Waarde>)([0-9]+)(\.)`).FindSubmatchIndex(raw)
			n, err := strconv.Atoi(string(raw[at[4]:at[5]]))
			if err != nil {
				t.Fatal(err)
			}
			return slices.Concat(raw[:at[4]], []byte(strconv.Itoa(n+1)), raw[at[5]:])
		}}, "netto"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			x := newExportWorld(t, use("sepa-betalingen"))
			x.approve()
			x.runner.Loket = newClient(t, x.url, x.clock.Now, time.Minute, &tt.tamper)
			x.tick()
			x.settle()
			e := x.entry("sepa-betalingen")
			if e.State != ledger.Held || e.Back != ledger.Due || !strings.Contains(e.Reason, tt.want) {
				t.Errorf("%s, back to %s: %q", e.State, e.Back, e.Reason)
			}
			if got := x.published(); len(got) > 0 {
				t.Errorf("published %s", got)
			}
			// Once Loket sends what is right, the release of a person is enough.
			x.runner.Loket = newClient(t, x.url, x.clock.Now, time.Minute, nil)
			if err := x.ledger.Release(t.Context(), e.ID, "ans", "hersteld"); err != nil {
				t.Fatal(err)
			}
			x.settle()
			if e := x.entry("sepa-betalingen"); e.Outcome != ledger.Exported {
				t.Errorf("after the release: %s %q", e.State, e.Reason)
			}
		})
	}
}

// fake is an identity that Loket gave to nobody; swap turns one identity into
// another.
const fake = "00000000-dead-8eef-8000-000000000001"

func swap(from, to string) func([]byte) []byte {
	return func(b []byte) []byte { return bytes.ReplaceAll(b, []byte(from), []byte(to)) }
}

func TestADoubledRunIsHeld(t *testing.T) {
	for name, newPayment := range map[string]bool{"the same Betaling": false, "a Betaling of its own": true} {
		t.Run(name, func(t *testing.T) {
			x := newExportWorld(t, use("sepa-betalingen"))
			x.approve()
			x.tick()
			x.settle()
			first := x.entry("sepa-betalingen")
			a, err := aboutOf(first)
			if err != nil || first.Outcome != ledger.Exported {
				t.Fatal(first.Reason, err)
			}
			payment := ""
			for e, err := range x.client.List(t.Context(), "Betaling", a.Run) {
				if err != nil {
					t.Fatal(err)
				}
				payment = e.Identity
			}
			// Loket lists the run under another identity, and knows it under that too.
			twin := &tamper{answer: swap(a.Run, fake), request: swap(fake, a.Run)}
			if newPayment {
				twin.answer = func(b []byte) []byte { return swap(payment, "f"+payment[1:])(swap(a.Run, fake)(b)) }
				twin.request = func(b []byte) []byte { return swap("f"+payment[1:], payment)(swap(fake, a.Run)(b)) }
			}
			x.runner.Loket = newClient(t, x.url, x.clock.Now, time.Minute, twin)
			before := x.published()
			if n := x.tick(); n != 1 {
				t.Fatalf("%d new runs", n)
			}
			x.settle()
			all, err := x.ledger.List(t.Context(), ledger.Filter{Pipeline: "sepa-betalingen"})
			if err != nil || len(all) != 2 || all[0].State != ledger.Held {
				t.Fatalf("%+v, %v", all, err)
			}
			want := "twee keer betalen wordt geweigerd"
			if newPayment {
				want = "Dezelfde begunstigde krijgt hetzelfde bedrag op dezelfde datum ook in nummer 1"
			}
			if !strings.Contains(all[0].Reason, want) {
				t.Errorf("held for %q", all[0].Reason)
			}
			if after := x.published(); !slices.Equal(before, after) {
				t.Errorf("published %s", after)
			}
		})
	}
}

// TestFrozenBytesThatChangedAreNeverPublished changes them in the database, once
// with and once without what the database says about them.
func TestFrozenBytesThatChangedAreNeverPublished(t *testing.T) {
	change := map[string]func(payroll.Payments) payroll.Payments{
		"an amount": func(p payroll.Payments) payroll.Payments {
			return posts(t, p, func(all []payroll.Post) { all[0].Amount += 500_00 })
		},
		"two accounts swapped": func(p payroll.Payments) payroll.Payments {
			return posts(t, p, func(all []payroll.Post) { all[0].Account, all[1].Account = all[1].Account, all[0].Account })
		},
	}
	for name, change := range change {
		for _, all := range []bool{false, true} {
			t.Run(name+map[bool]string{true: ", and the hash with it", false: ""}[all], func(t *testing.T) {
				x := newExportWorld(t, use("sepa-betalingen"))
				x.approve()
				x.tick()
				if _, err := x.runner.Work(t.Context()); err != nil { // now it waits for its moment
					t.Fatal(err)
				}
				x.forge(change, all)
				x.settle()
				e := x.entry("sepa-betalingen")
				if e.State != ledger.Held || e.Back != ledger.Ready || !strings.Contains(e.Reason, "niets verzonden") && !strings.Contains(e.Reason, "Publiceer dit niet") {
					t.Errorf("%s: %q", e.State, e.Reason)
				}
				for _, name := range x.published() {
					if strings.Contains(name, "betaling") {
						t.Errorf("published %s", name)
					}
				}
			})
		}
	}
}

func posts(t testing.TB, p payroll.Payments, change func([]payroll.Post)) payroll.Payments {
	all, err := payroll.Collect(p.Batches[0].Posts)
	if err != nil {
		t.Fatal(err)
	}
	change(all)
	p.Batches[0].Posts = payroll.All(all)
	return p
}

// forge rewrites the frozen payment file, and with all also its hash, size and
// totals.
func (x *exportWorld) forge(change func(payroll.Payments) payroll.Payments, all bool) {
	x.t.Helper()
	outputs, err := x.ledger.Outputs(x.t.Context(), x.entry("sepa-betalingen").ID)
	if err != nil {
		x.t.Fatal(err)
	}
	o := outputs[len(outputs)-1]
	in, err := x.ledger.OpenOutput(x.t.Context(), o)
	if err != nil {
		x.t.Fatal(err)
	}
	data, err := io.ReadAll(in)
	if err != nil {
		x.t.Fatal(err)
	}
	f := formats.Payments[o.Format]
	doc, err := f.Decode(bytes.NewReader(data))
	if err != nil {
		x.t.Fatal(err)
	}
	var forged bytes.Buffer
	if err := f.Encode(&forged, change(doc)); err != nil {
		x.t.Fatal(err)
	}
	totals, err := f.Totals(bytes.NewReader(forged.Bytes()))
	if err != nil {
		x.t.Fatal(err)
	}
	x.rewrite(o, forged.Bytes(), all, totals)
}

// rewrite puts other bytes in the ledger for a frozen file, and with all also their
// hash, size and totals.
func (x *exportWorld) rewrite(o ledger.Output, data []byte, all bool, totals payroll.Totals) {
	x.t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(x.dir, "etl.db")+"?_pragma=busy_timeout(5000)")
	if err != nil {
		x.t.Fatal(err)
	}
	defer db.Close()
	enc, err := zstd.NewWriter(nil)
	if err != nil {
		x.t.Fatal(err)
	}
	exec := func(query string, args ...any) {
		x.t.Helper()
		if _, err := db.Exec(query, args...); err != nil {
			x.t.Fatal(err)
		}
	}
	const which = "(SELECT content_id FROM outputs WHERE entry_id = ? AND no = ?)"
	exec("UPDATE chunks SET data = ?, size = ? WHERE content_id = "+which, enc.EncodeAll(data, nil), len(data), o.Entry, o.No)
	exec("UPDATE contents SET size = ? WHERE id = "+which, len(data), o.Entry, o.No)
	if all {
		sum := sha256.Sum256(data)
		exec("UPDATE outputs SET sha256 = ?, size = ?, amount = ?, hash = ? WHERE entry_id = ? AND no = ?",
			hex.EncodeToString(sum[:]), len(data), int64(totals.Amount), totals.Hash, o.Entry, o.No)
	}
}
