package pain001

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"loket-etl/payroll"
)

var versions = []Version{V03, V09}

func sample(t testing.TB, v Version) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "salaris-sala-"+string(v)+".xml"))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func encode(t testing.TB, v Version, p payroll.Payments) string {
	t.Helper()
	var out bytes.Buffer
	if err := v.Encode(&out, p); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// The samples of a salary run come out byte for byte as they went in, and add up
// the same from the document and from the bytes.
func TestSamplesRoundTrip(t *testing.T) {
	for _, v := range versions {
		t.Run(string(v), func(t *testing.T) {
			data := sample(t, v)
			p, err := v.Decode(strings.NewReader(data))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(data, encode(t, v, p)); diff != "" {
				t.Errorf("written again (-sample +ours):\n%s", diff)
			}
			fromDocument, err := p.Totals()
			if err != nil {
				t.Fatal(err)
			}
			want := payroll.Totals{Count: 3, Amount: 4029_82, Hash: fromDocument.Hash}
			fromBytes, err := v.Totals(iotest.OneByteReader(strings.NewReader(data)))
			if err != nil || fromBytes != fromDocument || fromBytes != want || want.Hash == "" {
				t.Errorf("totals of the bytes %+v, of the document %+v, %v", fromBytes, fromDocument, err)
			}
		})
	}
}

func TestSampleIsReadWhole(t *testing.T) {
	for _, v := range versions {
		p, err := v.Decode(strings.NewReader(sample(t, v)))
		if err != nil {
			t.Fatal(err)
		}
		posts, err := payroll.Collect(p.Batches[0].Posts)
		if err != nil {
			t.Fatal(err)
		}
		want := payroll.Post{
			Kind: payroll.Salary, Amount: 1872_05, Account: payroll.Account{IBAN: "NL39RABO0300065264"}, Name: "A. de Tester-Jansen",
			Descriptions: []string{"Salaris januari 2026"}, EndToEnd: "2026-01-000018",
		}
		if diff := cmp.Diff(want, posts[1]); diff != "" || len(posts) != 3 {
			t.Errorf("%d posts, the second (-want +got):\n%s", len(posts), diff)
		}
		p.Batches[0].Posts = nil
		if diff := cmp.Diff(payroll.Payments{
			Created: 20260121, Time: 10 * time.Hour, MessageID: "LOON-2026-01-0001", Initiator: "Voorbeeld BV",
			Batches: []payroll.PaymentBatch{{
				Number: 1, ID: "LOON-2026-01-0001-1", Account: payroll.Account{IBAN: "NL02ABNA0123456789"}, BIC: "ABNANL2A",
				Booking: payroll.BookingBatch, Name: "Voorbeeld BV", Date: 20260123,
			}},
		}, p); diff != "" {
			t.Errorf("the document (-want +got):\n%s", diff)
		}
	}
}

// document has two batches, one of each kind, and all that a post can carry.
func document() payroll.Payments {
	return payroll.Payments{
		Created: 20261021, Time: 8*time.Hour + 3*time.Minute + 1*time.Second, MessageID: "LOON-2026-10-1001", Initiator: "Bakkerij Voorbeeld BV",
		Batches: []payroll.PaymentBatch{
			{
				Number: 1, ID: "LOON-2026-10-1001-1", Account: payroll.Account{IBAN: "NL02ABNA0123456789", Number: "0123456789"}, BIC: "ABNANL2A",
				Booking: payroll.BookingSingle, Name: "Bakkerij Voorbeeld BV", Date: 20261023, Descriptions: []string{"Loon oktober"},
				Posts: payroll.All([]payroll.Post{
					{Amount: 1, Account: payroll.Account{IBAN: "NL20INGB0001234567"}, Name: "Zoë Müller & Søn", EndToEnd: "1001-17", Descriptions: []string{"Strook 1"}},
					{Amount: 999_999_999_99, Account: payroll.Account{IBAN: "BE68539007547034"}, BIC: "GKCCBEBB", Name: strings.Repeat("Naam ", 20), EndToEnd: "1001-18"},
				}),
			},
			{
				Number: 2, ID: "LOON-2026-10-1001-2", Account: payroll.Account{IBAN: "NL02ABNA0123456789"}, BIC: "ABNANL2A", Name: "Bakkerij Voorbeeld BV", Date: 20261023,
				Posts: payroll.All([]payroll.Post{
					{Kind: payroll.Creditor, Amount: 2156_78, Account: payroll.Account{IBAN: "NL39RABO0300065264"}, Name: "Invorderaar", EndToEnd: "1001-LH", Reference: "1234567890123456"},
				}),
			},
		},
	}
}

// What is written is read back as what it means, also out of the middle of a file
// and in both batches at a time.
func TestDocumentRoundTrip(t *testing.T) {
	for _, v := range versions {
		text := encode(t, v, document())
		p, err := v.Decode(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		want := document()
		var got [2][]payroll.Post
		for first, err := range p.Batches[0].Posts {
			if err != nil {
				t.Fatal(err)
			}
			got[0] = append(got[0], first)
			if got[1], err = payroll.Collect(p.Batches[1].Posts); err != nil {
				t.Fatal(err)
			}
		}
		for i, b := range want.Batches {
			posts, err := payroll.Collect(b.Posts)
			if err != nil {
				t.Fatal(err)
			}
			if i == 0 {
				posts[0].Name, posts[0].Descriptions = "Zoe Muller + Son", []string{"Loon oktober Strook 1"}
				posts[1].Name, posts[1].Descriptions = strings.TrimSpace(strings.Repeat("Naam ", 14)), []string{"Loon oktober"}
			}
			if diff := cmp.Diff(posts, got[i]); diff != "" {
				t.Errorf("batch %d (-want +got):\n%s", i+1, diff)
			}
		}
		if again := encode(t, v, p); again != text {
			t.Errorf("written again:\n%s", cmp.Diff(text, again))
		}
		fromDocument, err := document().Totals()
		if err != nil {
			t.Fatal(err)
		}
		if fromBytes, err := v.Totals(strings.NewReader(text)); err != nil || fromBytes != fromDocument {
			t.Errorf("totals of the bytes %+v, of the document %+v, %v", fromBytes, fromDocument, err)
		}
	}
}

// Each lie, and each thing that would be lost, is refused for its own reason.
func TestTamperedSamplesAreRefused(t *testing.T) {
	cases := []struct{ name, from, to, want string }{
		{"amount", ">1872.05<", ">1872.06<", "batch 1: line 2: Document/CstmrCdtTrfInitn: PmtInf: CtrlSum is 4029.82, the posts add up to 4029.83"},
		{"dropped payee", between2("<CdtTrfTxInf><PmtId><EndToEndId>2026-01-000018", "</CdtTrfTxInf>"), "", "PmtInf: NbOfTxs is 3, there are 2 posts"},
		{"control sum of the file", "<CtrlSum>4029.82", "<CtrlSum>4029.83", "GrpHdr: CtrlSum is 4029.83, the posts add up to 4029.82"},
		{"count of the file", "<NbOfTxs>3", "<NbOfTxs>4", "GrpHdr: NbOfTxs is 4, there are 3 posts"},
		{"control sum of the batch", "</BtchBookg><NbOfTxs>3</NbOfTxs><CtrlSum>4029.82", "</BtchBookg><NbOfTxs>3</NbOfTxs><CtrlSum>4029.81", "PmtInf: CtrlSum is 4029.81, the posts add up to 4029.82"},
		{"count of the batch", "</BtchBookg><NbOfTxs>3", "</BtchBookg><NbOfTxs>2", "PmtInf: NbOfTxs is 2, there are 3 posts"},
		{"check digits swapped", "NL39RABO", "NL93RABO", "batch 1: post 2: line 2: Document/CstmrCdtTrfInitn/PmtInf/CdtTrfTxInf/CdtrAcct/Id: IBAN: the check digits of the IBAN are wrong"},
		{"digits swapped", "0300065264", "0300065246", "IBAN: the check digits of the IBAN are wrong"},
		{"IBAN in small letters", "NL39RABO0300065264", "nl39rabo0300065264", "IBAN: the IBAN is not in its electronic form"},
		{"principal", "NL02ABNA", "NL20ABNA", "batch 1: line 2: Document/CstmrCdtTrfInitn/PmtInf/DbtrAcct/Id: IBAN: the check digits of the IBAN are wrong"},
		{"no payee account", "<CdtrAcct><Id><IBAN>NL39RABO0300065264</IBAN></Id></CdtrAcct>", "", "batch 1: post 2: line 2: Document/CstmrCdtTrfInitn/PmtInf/CdtTrfTxInf: the payee has no IBAN"},
		{"other account", "<IBAN>NL39RABO0300065264</IBAN>", "<Othr><Id>0300065264</Id></Othr>", "the payee has no IBAN"},
		{"no payee name", "<Cdtr><Nm>A. de Tester-Jansen</Nm></Cdtr>", "", "the name of the payee is missing"},
		{"no control sum", "<NbOfTxs>3</NbOfTxs><CtrlSum>4029.82</CtrlSum><InitgPty>", "<NbOfTxs>3</NbOfTxs><InitgPty>", "CtrlSum is missing: nothing shows that the file is whole"},
		{"three decimals", ">1872.05<", ">1872.050<", "InstdAmt is not an amount with at most two decimals"},
		{"comma", ">1872.05<", ">1872,05<", "InstdAmt is not an amount with at most two decimals"},
		{"no amount", ">0.99<", ">0.00<", "the amount is not above zero"},
		{"a negative amount", ">0.99<", ">-0.99<", "the amount is not above zero"},
		{"too large", ">0.99<", ">1000000000.00<", "the amount is above EUR 999.999.999,99"},
		{"currency", `Ccy="EUR">0.99`, `Ccy="USD">0.99`, "the amount is not in EUR"},
		{"no currency", ` Ccy="EUR">0.99`, `>0.99`, "attribute Ccy is missing"},
		{"cheque", "<PmtMtd>TRF", "<PmtMtd>CHK", "PmtMtd: it is not TRF"},
		{"service level", "<Cd>SEPA<", "<Cd>URGP<", "SvcLvl: Cd: it is not SEPA"},
		{"category purpose", "<Cd>SALA<", "<Cd>SUPP<", "another category purpose than SALA is part of the standard, but not read here"},
		{"charges", "<ChrgBr>SLEV", "<ChrgBr>SHAR", "ChrgBr: it is not SLEV"},
		{"charges twice", "2156.78</InstdAmt></Amt>", "2156.78</InstdAmt></Amt><ChrgBr>SLEV</ChrgBr>", "ChrgBr stands in the batch and in the post"},
		{"local instrument", "</SvcLvl>", "</SvcLvl><LclInstrm><Cd>IDEAL</Cd></LclInstrm>", "LclInstrm is part of the standard, but not read here"},
		{"a character that is not SEPA", "B. Voorbeeld", "B. Voorbe\u00ebld", "batch 1: post 3: line 2: Document/CstmrCdtTrfInitn/PmtInf/CdtTrfTxInf/Cdtr: Nm: character 10 is not one of the SEPA characters"},
		{"a long name", "B. Voorbeeld", strings.Repeat("n", 71), "Nm: it has 71 characters, more than 70"},
		{"a long text", "Salaris januari 2026", strings.Repeat("n", 141), "Ustrd: it has 141 characters, more than 140"},
		{"no end-to-end identification", "<EndToEndId>2026-01-000018</EndToEndId>", "", "EndToEndId is missing"},
		{"an empty one", "2026-01-000018", "", "EndToEndId: it is empty"},
		{"a long one", "2026-01-000018", strings.Repeat("x", 36), "EndToEndId: it has 36 characters, more than 35"},
		{"slashes", "2026-01-000018", "a//b", "EndToEndId: it begins or ends with a slash or has two in a row"},
		{"BIC", "ABNANL2A", "ABNANL2", "the BIC is not one of eight or eleven characters"},
		{"execution date", "2026-01-23", "23-01-2026", "is not a date of the form YYYY-MM-DD"},
		{"creation", "2026-01-21T10:00:00", "2026-01-21", "CreDtTm: it is not a date and time"},
		{"order", "<PmtMtd>TRF</PmtMtd><BtchBookg>true</BtchBookg>", "<BtchBookg>true</BtchBookg><PmtMtd>TRF</PmtMtd>", `"BtchBookg" where PmtMtd is due`},
		{"namespace", "xsd:pain.001.001", "xsd:pain.002.001", "Document has namespace"},
		{"a namespace further in", "<CdtTrfTxInf>", `<CdtTrfTxInf xmlns="urn:x">`, "CdtTrfTxInf has namespace"},
		{"unknown element", "<CdtTrfTxInf>", "<Extra/><CdtTrfTxInf>", `"Extra" where CdtTrfTxInf is due`},
		{"DTD", "<Document", "<!DOCTYPE Document><Document", "a DTD is not allowed"},
		{"entity", "B. Voorbeeld", "&naam;", "invalid character entity"},
		{"character set", `"UTF-8"`, `"ISO-8859-1"`, `character set "ISO-8859-1" is not UTF-8`},
		{"cut off", "</PmtInf></CstmrCdtTrfInitn></Document>", "", "unexpected EOF"},
		{"more after the end", "</Document>", "</Document><Document/>", "something follows the end"},
		{"remittance twice", "</Ustrd>", "</Ustrd><Ustrd>x</Ustrd>", "RmtInf holds more than one thing"},
	}
	for _, v := range versions {
		for _, c := range cases {
			t.Run(string(v)+"/"+c.name, func(t *testing.T) {
				text := sample(t, v)
				from := c.from
				if start, end, cut := strings.Cut(from, "\x00"); cut {
					i := strings.Index(text, start)
					j := i + strings.Index(text[i:], end) + len(end)
					from = text[i:j]
				}
				bad := strings.Replace(text, from, c.to, 1)
				if bad == text {
					t.Fatal("nothing was tampered with")
				}
				_, err := v.Decode(strings.NewReader(bad))
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("got %v, want %q", err, c.want)
				}
				if _, err := v.Totals(strings.NewReader(bad)); err == nil {
					t.Error("was added up")
				}
			})
		}
	}
}

// between2 is the text from start to the end that follows it.
func between2(start, end string) string { return start + "\x00" + end }

func TestEncodeRefuses(t *testing.T) {
	change := func(f func(p *payroll.Payments, b *payroll.PaymentBatch, posts []payroll.Post)) payroll.Payments {
		p := document()
		posts, _ := payroll.Collect(p.Batches[0].Posts)
		f(&p, &p.Batches[0], posts)
		if p.Batches != nil && p.Batches[0].Posts != nil {
			p.Batches[0].Posts = payroll.All(posts)
		}
		return p
	}
	for want, f := range map[string]func(p *payroll.Payments, b *payroll.PaymentBatch, posts []payroll.Post){
		"batch 1: post 2: the payee has no IBAN": func(_ *payroll.Payments, _ *payroll.PaymentBatch, posts []payroll.Post) {
			posts[1].Account = payroll.Account{Number: "0300065264"}
		},
		"batch 1: post 1: payee: the check digits of the IBAN are wrong": func(_ *payroll.Payments, _ *payroll.PaymentBatch, posts []payroll.Post) {
			posts[0].Account.IBAN = "NL02INGB0001234567"
		},
		"batch 1: post 1: the IBAN of the payee is not that of its account number": func(_ *payroll.Payments, _ *payroll.PaymentBatch, posts []payroll.Post) {
			posts[0].Account.Number = "0300065264"
		},
		"batch 1: post 2: the name of the payee is missing":       func(_ *payroll.Payments, _ *payroll.PaymentBatch, posts []payroll.Post) { posts[1].Name = "***" },
		"batch 1: post 2: the amount is not above zero":           func(_ *payroll.Payments, _ *payroll.PaymentBatch, posts []payroll.Post) { posts[1].Amount = 0 },
		"batch 1: post 2: the amount is above EUR 999.999.999,99": func(_ *payroll.Payments, _ *payroll.PaymentBatch, posts []payroll.Post) { posts[1].Amount++ },
		"batch 1: post 2: end-to-end identification: it is empty": func(_ *payroll.Payments, _ *payroll.PaymentBatch, posts []payroll.Post) { posts[1].EndToEnd = "" },
		"batch 1: post 2: salaries and other payments cannot share a batch": func(_ *payroll.Payments, _ *payroll.PaymentBatch, posts []payroll.Post) {
			posts[1].Kind = payroll.Creditor
		},
		"batch 1: post 2: a direct debit is no credit transfer": func(_ *payroll.Payments, _ *payroll.PaymentBatch, posts []payroll.Post) {
			posts[1].Kind = payroll.Debit
		},
		"batch 1: post 2: payee: the BIC is not one of eight or eleven characters": func(_ *payroll.Payments, _ *payroll.PaymentBatch, posts []payroll.Post) { posts[1].BIC = "RABO" },
		"batch 1: post 2: the descriptions have 149 characters, more than 140": func(_ *payroll.Payments, _ *payroll.PaymentBatch, posts []payroll.Post) {
			posts[1].Descriptions = []string{strings.Repeat("x", 136)}
		},
		"batch 1: post 2: a post has either a betalingskenmerk or descriptions":    func(_ *payroll.Payments, _ *payroll.PaymentBatch, posts []payroll.Post) { posts[1].Reference = "1" },
		"batch 1: pain.001 cannot say that a batch is a test: a bank would pay it": func(_ *payroll.Payments, b *payroll.PaymentBatch, _ []payroll.Post) { b.Test = true },
		"batch 1: the execution date is missing":                                   func(_ *payroll.Payments, b *payroll.PaymentBatch, _ []payroll.Post) { b.Date = 0 },
		"batch 1: the principal has no IBAN":                                       func(_ *payroll.Payments, b *payroll.PaymentBatch, _ []payroll.Post) { b.Account.IBAN = "" },
		"batch 1: the name of the principal is missing":                            func(_ *payroll.Payments, b *payroll.PaymentBatch, _ []payroll.Post) { b.Name = " " },
		"batch 1: direct debits are no credit transfers":                           func(_ *payroll.Payments, b *payroll.PaymentBatch, _ []payroll.Post) { b.Collect = true },
		"batch 1: there is no post":                                                func(_ *payroll.Payments, b *payroll.PaymentBatch, _ []payroll.Post) { b.Posts = nil },
		"batch 1: identification: it is empty":                                     func(_ *payroll.Payments, b *payroll.PaymentBatch, _ []payroll.Post) { b.ID = "" },
		"batch 2: another batch has the same identification":                       func(p *payroll.Payments, b *payroll.PaymentBatch, _ []payroll.Post) { b.ID = p.Batches[1].ID },
		"message identification: it has 36 characters, more than 35": func(p *payroll.Payments, _ *payroll.PaymentBatch, _ []payroll.Post) {
			p.MessageID = strings.Repeat("x", 36)
		},
		"pain.001 cannot say that a file is a duplicate: a bank would take it as new": func(p *payroll.Payments, _ *payroll.PaymentBatch, _ []payroll.Post) { p.Duplicate = true },
		"the name of the initiator is missing":                                        func(p *payroll.Payments, _ *payroll.PaymentBatch, _ []payroll.Post) { p.Initiator = "" },
		"there is no batch":                                                           func(p *payroll.Payments, _ *payroll.PaymentBatch, _ []payroll.Post) { p.Batches = nil },
		"the file has no date":                                                        func(p *payroll.Payments, _ *payroll.PaymentBatch, _ []payroll.Post) { p.Created = 0 },
	} {
		var out bytes.Buffer
		err := V09.Encode(&out, change(f))
		if err == nil || err.Error() != "write pain.001.001.09: "+want {
			t.Errorf("got %v, want %q", err, want)
		}
		if out.Len() > 0 {
			t.Errorf("%q: %d bytes were written", want, out.Len())
		}
	}
}

// The bank's BIC may stay open in version 09 only.
func TestBICOfThePrincipal(t *testing.T) {
	p := document()
	p.Batches[0].BIC = ""
	if err := V03.Encode(&bytes.Buffer{}, p); err == nil || !strings.Contains(err.Error(), "batch 1: the BIC of the principal's bank is missing") {
		t.Errorf("version 03: %v", err)
	}
	text := encode(t, V09, p)
	back, err := V09.Decode(strings.NewReader(text))
	if err != nil || back.Batches[0].BIC != "" || encode(t, V09, back) != text {
		t.Errorf("version 09: %v", err)
	}
}

// Other writers use prefixes, line ends, comments and a byte order mark; each batch
// is still found again.
func TestLenientReading(t *testing.T) {
	text := encode(t, V09, document())
	prefixed := strings.NewReplacer("</", "</p:", "<?", "<?", "<", "<p:").Replace(text)
	prefixed = strings.Replace(strings.Replace(prefixed, "<p:?xml", "<?xml", 1), "xmlns=", "xmlns:p=", 1)
	for name, text := range map[string]string{
		"prefix":          prefixed,
		"line ends":       strings.ReplaceAll(text, "><", ">\r\n\t<"),
		"comments":        strings.ReplaceAll(text, "<PmtInf>", "<!-- <PmtInf> --><PmtInf>"),
		"byte order mark": "\uFEFF" + text,
		"one decimal":     strings.ReplaceAll(text, "1000000000.00", "1000000000"),
		"fraction, zone":  strings.ReplaceAll(text, "T08:03:01", "T08:03:01.5+02:00"),
	} {
		p, err := V09.Decode(strings.NewReader(text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := encode(t, V09, p); got != encode(t, V09, document()) {
			t.Errorf("%s: read otherwise", name)
		}
	}
}
