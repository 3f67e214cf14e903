package clieop03

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"loket-etl/payroll"
)

func read(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Every valid sample reads, comes out byte for byte as it went in, and adds up the
// same from the document and from the bytes. The written names of the samples are
// all of posts whose name is checked.
func TestValidSamplesRoundTrip(t *testing.T) {
	files, _ := filepath.Glob("testdata/valid/*.clieop03")
	if len(files) != 5 {
		t.Fatalf("%d samples", len(files))
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data := read(t, "valid/"+filepath.Base(file))
			p, err := Decode(bytes.NewReader(data))
			if err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			if err := Encode(&out, p); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(data), out.String()); diff != "" {
				t.Errorf("written again (-sample +ours):\n%s", diff)
			}
			fromDocument, err := p.Totals()
			if err != nil {
				t.Fatal(err)
			}
			fromBytes, err := Totals(iotest.OneByteReader(bytes.NewReader(data)))
			if err != nil || fromBytes != fromDocument {
				t.Errorf("totals of the bytes %+v, of the document %+v, %v", fromBytes, fromDocument, err)
			}
		})
	}
}

func TestInvalidSamplesAreRefused(t *testing.T) {
	want := map[string]string{
		"aantalposten-fout":         "line 10: record 9990: aantalposten is 4, there are 3",
		"afgekapt-midden-in-record": "line 7: the record has 23 positions instead of 50",
		"bedrag-boven-maximum":      "line 4: record 0100: the amount is above EUR 453.780.216,08",
		"elfproef-fout":             "line 4: record 0100: account *******330 does not pass the elfproef",
		"geen-batchsluitrecord":     "line 10: record 9999 where 9990 is due",
		"geen-bestandssluitrecord":  "line 11: the file ends before record 9999",
		"record-49-posities":        "line 3: the record has 49 positions instead of 50",
		"totaalbedrag-fout":         "line 10: record 9990: totaalbedrag is 4029.83, the posts add up to 4029.82",
		"transactiegroep-02":        `line 2: record 0010: position 6: "02" is none of 00, 10`,
		"vijf-omschrijvingen":       "line 9: record 0160: more than 4 descriptions",
	}
	files, _ := filepath.Glob("testdata/invalid/*")
	if len(files) != len(want) {
		t.Errorf("%d samples, %d verdicts", len(files), len(want))
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".clieop03")
		data := read(t, "invalid/"+filepath.Base(file))
		_, err := Decode(bytes.NewReader(data))
		if err == nil || err.Error() != "read clieop03: "+want[name] {
			t.Errorf("%s: got %v, want %q", name, err, want[name])
		}
		if _, err := Totals(bytes.NewReader(data)); err == nil {
			t.Errorf("%s: was added up", name)
		}
	}
}

// Check lines of an independent implementation (wvanbergen/clieop): the trailer of
// one post of EUR 30,102.00 between 0123456789 and itself.
func TestTrailerAgreesWithAnIndependentImplementation(t *testing.T) {
	p := salary(payroll.Post{Amount: 30102_00, Account: payroll.Account{Number: "0123456789"}})
	if got := encode(t, p); !strings.Contains(got, "9990A00000000000301020002469135780000001") {
		t.Errorf("trailer in\n%s", got)
	}
}

func salary(posts ...payroll.Post) payroll.Payments {
	return payroll.Payments{
		Created: 20261023, Sender: "01001", FileID: "2301",
		Batches: []payroll.PaymentBatch{{
			Number: 1, Account: payroll.Account{IBAN: "NL02ABNA0123456789"}, Name: "Voorbeeld BV", Date: 20261025, Posts: payroll.All(posts),
		}},
	}
}

func post() payroll.Post {
	return payroll.Post{Amount: 100, Account: payroll.Account{Number: "1112223339"}, Descriptions: []string{"Salaris"}}
}

func encode(t *testing.T, p payroll.Payments) string {
	t.Helper()
	var out bytes.Buffer
	if err := Encode(&out, p); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestLenientReading(t *testing.T) {
	sample := string(read(t, "valid/salaris-postbank-en-maxima.clieop03"))
	for name, text := range map[string]string{
		"LF":                      strings.ReplaceAll(sample, "\r\n", "\n"),
		"no last line end":        strings.TrimRight(sample, "\r\n"),
		"blank last line":         sample + "\r\n",
		"closing 0x1A":            sample + "\x1a",
		"0x1A before line end":    sample + "\x1a\r\n",
		"variant B of 0160":       strings.ReplaceAll(sample, "0160A", "0160B"),
		"name before description": swap(t, sample, "0160A", "0170B"),
	} {
		if _, err := Decode(strings.NewReader(text)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// swap puts the first record with prefix b before the first with prefix a.
func swap(t *testing.T, text, a, b string) string {
	t.Helper()
	i, j := strings.Index(text, a), strings.Index(text, b)
	if i < 0 || j < i {
		t.Fatal("records not found")
	}
	return text[:i] + text[j:j+52] + text[i:j] + text[j+52:]
}

func TestFieldRulesWhenReading(t *testing.T) {
	sample := string(read(t, "valid/salaris-postbank-en-maxima.clieop03"))
	for _, c := range []struct{ name, old, new, want string }{
		{"date that does not exist", "0001A210113", "0001A310213", "line 1: record 0001: position 6: 2013-02-31 does not exist"},
		{"file identification of another day", "ABC012102", "ABC012002", "file identification"},
		{"serial 00", "ABC012102", "ABC012100", "file identification"},
		{"duplicate code 3", "ABC0121021", "ABC0121023", "none of 1, 2"},
		{"file name", "CLIEOP03", "CLIEOP02", "none of CLIEOP03"},
		{"variant C", "0010B", "0010C", "variant 'C'"},
		{"principal at the Postbank", "0010B000123456789", "0010B000001234567", "not a bank account"},
		{"guilders", "0001EUR", "0001NLG", "none of EUR"},
		{"filler", "EUR  ", "EUR x", "record 0010: position 25: the filler"},
		{"blank fixed description", "Voorbeeld BV salarissen", "                       ", "the record is empty"},
		{"nawcode 3", "0030B1", "0030B3", "none of 1, 2"},
		{"testcode", "P  \r\n0100", "X  \r\n0100", "record 0030: position 48: \"X\" is none of P, T"},
		{"direct debit in a payment batch", "0100A0003", "0100A1001", "does not belong to group 00"},
		{"letters in an amount", "0100A0003000000150000", "0100A000300000015000O", "line 5: record 0100: position 10: a numeric field holds something else than digits"},
		{"zero", "0100A0003000000150000", "0100A0003000000000000", "not above zero"},
		{"payer is not the principal", "0100A00030000001500000123456789", "0100A00030000001500001112223339", "neither side"},
		{"too many descriptions", "0170BJansen, P. van der             ", "0160BJansen, P. van der             ", "descriptions, fixed ones included"},
		{"total of accounts", "0935051431", "0935051432", "totaalrekeningnummers"},
		{"not ASCII", "Utrecht", "Utr\x82cht", "position 9 is not a printable"},
		{"text after the end", "9999A                                             \r\n", "9999A                                             \r\nx", "something follows"},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := strings.Replace(sample, c.old, c.new, 1)
			if text == sample {
				t.Fatal("nothing was changed")
			}
			_, err := Decode(strings.NewReader(text))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestBatchesMustFollowAndAgree(t *testing.T) {
	sample := string(read(t, "valid/twee-batches.clieop03"))
	for old, want := range map[string]string{
		"0010B0018192945280002": "", // as it is
		"0010B0018192945280003": "does not follow",
	} {
		_, err := Decode(strings.NewReader(strings.Replace(sample, "0010B0018192945280002", old, 1)))
		if (want == "") != (err == nil) || want != "" && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", old, err)
		}
	}
	debit := string(read(t, "valid/incasso.clieop03"))
	batch := debit[strings.Index(debit, "0010B"):strings.Index(debit, "9999A")]
	mixed := strings.Replace(sample, "9999A", strings.Replace(batch, "0001EUR", "0003EUR", 1)+"9999A", 1)
	if _, err := Decode(strings.NewReader(mixed)); err == nil || !strings.Contains(err.Error(), "another transaction group") {
		t.Errorf("mixed groups: %v", err)
	}
}

func TestRefusedWhenWriting(t *testing.T) {
	telephone := payroll.Post{Kind: payroll.Debit, Amount: 1, Account: payroll.Account{Number: "1112223339"}, Descriptions: []string{phoneMandate}}
	for name, c := range map[string]struct {
		change func(*payroll.Payments)
		want   string
	}{
		"no batch":         {func(p *payroll.Payments) { p.Batches = nil }, "there is no batch"},
		"no post":          {func(p *payroll.Payments) { p.Batches[0].Posts = payroll.All[payroll.Post](nil) }, "there is no post"},
		"foreign IBAN":     {posts(func(p *payroll.Post) { p.Account = payroll.Account{IBAN: "DE89370400440532013000"} }), "account *******************000 has no Dutch account number"},
		"elfproef":         {posts(func(p *payroll.Post) { p.Account.Number = "1112223330" }), "does not pass the elfproef"},
		"zero":             {posts(func(p *payroll.Post) { p.Amount = 0 }), "not above zero"},
		"negative":         {posts(func(p *payroll.Post) { p.Amount = -1 }), "not above zero"},
		"above maximum":    {posts(func(p *payroll.Post) { p.Amount = MaxAmount + 1 }), "above EUR 453.780.216,08"},
		"five texts":       {posts(func(p *payroll.Post) { p.Descriptions = []string{"a", "b", "c", "d", "e"} }), "at most 4"},
		"reference and 4":  {posts(func(p *payroll.Post) { p.Reference = "X"; p.Descriptions = []string{"a", "b", "c", "d"} }), "at most 3"},
		"long text":        {posts(func(p *payroll.Post) { p.Descriptions = []string{strings.Repeat("x", 33)} }), "33 characters, more than 32"},
		"empty text":       {posts(func(p *payroll.Post) { p.Descriptions = []string{"☃"} }), "a description is empty"},
		"blank reference":  {posts(func(p *payroll.Post) { p.Reference = "☃" }), "the betalingskenmerk is empty"},
		"blank name":       {posts(func(p *payroll.Post) { p.CheckName, p.Name = true, "☃" }), "name to be checked is missing"},
		"another century":  {func(p *payroll.Payments) { p.Created = 19991023 }, "2000 to 2099"},
		"date afterwards":  {func(p *payroll.Payments) { p.Batches[0].Date = 21001025 }, "2000 to 2099"},
		"name missing":     {posts(func(p *payroll.Post) { p.CheckName = true }), "name to be checked is missing"},
		"debit in payment": {posts(func(p *payroll.Post) { p.Kind = payroll.Debit }), "does not belong in the batch"},
		"telephone": {func(p *payroll.Payments) {
			p.Batches[0].Collect = true
			p.Batches[0].Posts = payroll.All([]payroll.Post{telephone})
		}, "must have its name checked"},
		"file of another day": {func(p *payroll.Payments) { p.FileID = "2401" }, "file identification"},
		"number gap": {func(p *payroll.Payments) {
			p.Batches = append(p.Batches, p.Batches[0])
			p.Batches[1].Number = 3
		}, "batch 3 does not follow batch 1"},
		"posts that fail": {func(p *payroll.Payments) {
			p.Batches[0].Posts = func(yield func(payroll.Post, error) bool) { yield(payroll.Post{}, io.ErrUnexpectedEOF) }
		}, "unexpected EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			p := salary(post())
			c.change(&p)
			err := Encode(io.Discard, p)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
	many := salary()
	many.Batches[0].Posts = func(yield func(payroll.Post, error) bool) {
		for yield(post(), nil) {
		}
	}
	if err := Encode(io.Discard, many); err == nil || !strings.Contains(err.Error(), "more than 100000 posts") {
		t.Errorf("endless posts: %v", err)
	}
}

func posts(change func(*payroll.Post)) func(*payroll.Payments) {
	return func(p *payroll.Payments) {
		one := post()
		change(&one)
		p.Batches[0].Posts = payroll.All([]payroll.Post{one})
	}
}

func TestNamesBecomeSevenBit(t *testing.T) {
	p := post()
	p.CheckName, p.Name, p.City = true, "Zoë Müller-Ångström & Søn (€)", "’s-Gravenhage"
	got := encode(t, salary(p))
	for _, want := range []string{"0170BZoe Muller-Angstrom & Son ( )     ", "0173B's-Gravenhage  "} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
}

// What is written is read back the same, whatever is drawn, and posts can be
// ranged twice and in parts.
func TestWrittenIsReadBack(t *testing.T) {
	accounts := []string{"1112223339", "1314243675", "1415253846", "0001234567", "9999999999"}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[A-Za-z][A-Za-z0-9 .,/-]{0,25}[a-z]`)
		p := payroll.Payments{Created: 20261023, Sender: "ABC", FileID: "2399", Duplicate: rapid.Bool().Draw(t, "duplicate")}
		collect := rapid.Bool().Draw(t, "collect")
		var want [][]payroll.Post
		for i := range rapid.IntRange(1, 3).Draw(t, "batches") {
			var list []payroll.Post
			for range rapid.IntRange(1, 4).Draw(t, "posts") {
				one := payroll.Post{
					Amount: payroll.Cents(rapid.Int64Range(1, MaxAmount).Draw(t, "amount")), CheckName: rapid.Bool().Draw(t, "check"),
					Account:      payroll.Account{Number: rapid.SampledFrom(accounts).Draw(t, "account")},
					Kind:         rapid.SampledFrom([]payroll.PaymentKind{payroll.Salary, payroll.Creditor}).Draw(t, "kind"),
					Descriptions: rapid.SliceOfN(text, 1, 2).Draw(t, "texts"),
				}
				if collect {
					one.Kind = payroll.Debit
				}
				if one.CheckName {
					one.Name, one.City = text.Draw(t, "name"), text.Draw(t, "city")
				}
				if rapid.Bool().Draw(t, "reference") {
					one.Reference = "REF 1"
				}
				list = append(list, one)
			}
			want = append(want, list)
			p.Batches = append(p.Batches, payroll.PaymentBatch{
				Number: i + 1, Collect: collect, Account: payroll.Account{Number: "0123456789"}, Name: text.Draw(t, "own"),
				Date: rapid.SampledFrom([]payroll.Date{0, 20261025}).Draw(t, "date"), Test: rapid.Bool().Draw(t, "test"),
				Descriptions: rapid.SliceOfN(text, 0, 1).Draw(t, "fixed"), Posts: payroll.All(list),
			})
		}
		var out bytes.Buffer
		if err := Encode(&out, p); err != nil {
			t.Fatal(err)
		}
		back, err := Decode(bytes.NewReader(out.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			for i := len(back.Batches) - 1; i >= 0; i-- {
				got, err := payroll.Collect(back.Batches[i].Posts)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want[i], got); diff != "" {
					t.Fatalf("batch %d (-want +got):\n%s", i+1, diff)
				}
				for range back.Batches[i].Posts {
					break
				}
			}
		}
		a, _ := p.Totals()
		b, err := Totals(bytes.NewReader(out.Bytes()))
		if err != nil || a != b {
			t.Fatalf("totals %+v and %+v, %v", a, b, err)
		}
	})
}

// Whatever texts are drawn: what can be written can be read, and is then written
// the same.
func TestAnyTextIsWrittenReadablyOrRefused(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringN(0, 12, -1)
		one := payroll.Post{
			Amount: 1, Account: payroll.Account{Number: "1112223339"}, CheckName: rapid.Bool().Draw(t, "check"), Name: text.Draw(t, "name"),
			City: text.Draw(t, "city"), Reference: text.Draw(t, "reference"), Descriptions: rapid.SliceOfN(text, 0, 5).Draw(t, "texts"),
		}
		p := salary(one)
		p.Batches[0].Name, p.Batches[0].Descriptions = text.Draw(t, "own"), rapid.SliceOfN(text, 0, 2).Draw(t, "fixed")
		var out, again bytes.Buffer
		if Encode(&out, p) != nil {
			return
		}
		back, err := Decode(bytes.NewReader(out.Bytes()))
		if err != nil {
			t.Fatalf("%v in\n%s", err, out.String())
		}
		if err := Encode(&again, back); err != nil || again.String() != out.String() {
			t.Errorf("written again, %v:\n%s%s", err, out.String(), again.String())
		}
	})
}

func TestOpdrachtbrief(t *testing.T) {
	data := read(t, "valid/opdrachtbrief-bij-salaris-3-posten.kae092")
	letters, err := DecodeLetters(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	p, err := Decode(bytes.NewReader(read(t, "valid/salaris-3-posten.clieop03")))
	if err != nil {
		t.Fatal(err)
	}
	if err := letters[0].Check(p.Batches[0]); err != nil {
		t.Error(err)
	}
	made, err := NewLetter(p.Batches[0], letters[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(letters[0], made); diff != "" {
		t.Errorf("letter of the batch (-sample +ours):\n%s", diff)
	}
	var out bytes.Buffer
	if err := EncodeLetters(&out, []Letter{made}); err != nil {
		t.Fatal(err)
	}
	if out.String() != string(data)+"\x1a" {
		t.Errorf("written again: %q", out.String())
	}
	other := letters[0]
	other.Amount++
	if err := other.Check(p.Batches[0]); err == nil {
		t.Error("a letter with another amount passed")
	}
	for name, text := range map[string]string{
		"91 positions": string(data[:91]), "other code": strings.Replace(string(data), "KAE092", "KAE093", 1),
		"other kind": strings.Replace(string(data), "SALARIS", "LOONTJE", 1), "nothing": "",
	} {
		if _, err := DecodeLetters(strings.NewReader(text)); err == nil {
			t.Errorf("%s: was read", name)
		}
	}
}

func FuzzDecode(f *testing.F) {
	files, _ := filepath.Glob("testdata/*/*.clieop03")
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := Decode(bytes.NewReader(data))
		if err != nil {
			return
		}
		want, err := p.Totals()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := Totals(bytes.NewReader(data)); err != nil || got != want {
			t.Errorf("totals %+v and %+v, %v", got, want, err)
		}
	})
}

func BenchmarkTotals100000Posts(b *testing.B) {
	p := salary()
	p.Batches[0].Posts = func(yield func(payroll.Post, error) bool) {
		for i := range MaxPosts {
			one := post()
			one.Reference = fmt.Sprint(i)
			if !yield(one, nil) {
				return
			}
		}
	}
	var out bytes.Buffer
	if err := Encode(&out, p); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(out.Len()))
	for b.Loop() {
		if _, err := Totals(bytes.NewReader(out.Bytes())); err != nil {
			b.Fatal(err)
		}
	}
}
