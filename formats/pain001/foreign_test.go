package pain001

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"loket-etl/payroll"
)

// beside is where what others made lies, if it does.
const beside = "../../../shared/standards/iso20022"

// foreign gives the path of a file that is not ours to ship; false, and it says so,
// when it is not there. That is no failure, in CI neither.
func foreign(t *testing.T, name string) (string, bool) {
	t.Helper()
	name = filepath.Join(beside, name)
	if _, err := os.Stat(name); errors.Is(err, fs.ErrNotExist) {
		t.Logf("NOT CHECKED: %s is missing; it may not be shipped", filepath.Base(name))
		return "", false
	}
	return name, true
}

func readForeign(t *testing.T, name string) ([]byte, bool) {
	t.Helper()
	path, ok := foreign(t, name)
	if !ok {
		return nil, false
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data, true
}

func validate(t *testing.T, schema string, data string) {
	t.Helper()
	if _, err := exec.LookPath("xmllint"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("xmllint is missing: install libxml2-utils")
		}
		t.Skip("NOT CHECKED against the schema: xmllint is missing")
	}
	cmd := exec.Command("xmllint", "--noout", "--nonet", "--schema", schema, "-")
	cmd.Stdin = strings.NewReader(data)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}

func TestWhatIsWrittenFitsTheSchemas(t *testing.T) {
	open := document()
	open.Batches[0].BIC = ""
	files := map[string]string{"open BIC": encode(t, V09, open), "document": encode(t, V09, document()), "sample": sample(t, V09)}
	for name, data := range files {
		t.Run("ISO .09/"+name, func(t *testing.T) { validate(t, "testdata/pain.001.001.09.xsd", data) })
		t.Run("EPC .09/"+name, func(t *testing.T) {
			if schema, ok := foreign(t, "EPC132-08_2025_V1.0_pain.001.001.09.xsd"); ok {
				validate(t, schema, data)
			}
		})
	}
	for name, data := range map[string]string{"document": encode(t, V03, document()), "sample": sample(t, V03)} {
		t.Run("ISO .03/"+name, func(t *testing.T) { validate(t, "testdata/pain.001.001.03.xsd", data) })
	}
}

// The samples of banks read whole and come out saying the same.
func TestSamplesOfBanks(t *testing.T) {
	for name, want := range map[string]payroll.Totals{
		"abn-amro": {Count: 1, Amount: 386_00, Hash: "0246913578"},
		"ing":      {Count: 1, Amount: 1_01, Hash: "0000000003"},
	} {
		t.Run(name, func(t *testing.T) {
			data, ok := readForeign(t, "samples/"+name+"-pain.001.001.03.xml")
			if !ok {
				return
			}
			if i := V03.Inspect(bytes.NewReader(data)); i.Totals != want || len(i.Problems) > 0 || len(i.Beyond) > 0 {
				t.Errorf("inspected: %+v", i)
			}
			p, err := V03.Decode(bytes.NewReader(data))
			if err != nil {
				t.Fatal(err)
			}
			again, err := V03.Decode(strings.NewReader(encode(t, V03, p)))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(posts(t, p), posts(t, again)); diff != "" {
				t.Errorf("written and read again (-sample +ours):\n%s", diff)
			}
		})
	}
}

// What another program wrote holds nothing wrong. It numbers its instructions, which
// Payments do not carry; without those it is read, and says what it was told to say.
func TestFilesOfAnotherWriter(t *testing.T) {
	for _, v := range versions {
		data, err := os.ReadFile("testdata/sepa-" + string(v) + ".xml")
		if err != nil {
			t.Fatal(err)
		}
		i := v.Inspect(bytes.NewReader(data))
		if diff := cmp.Diff(map[string]int{"InstrId": 2}, i.Beyond); diff != "" || len(i.Problems) > 0 || i.Totals.Count != 2 || i.Totals.Amount != 1873_04 {
			t.Errorf("%s: inspected %+v (-want +got):\n%s", v, i, diff)
		}
		text := regexp.MustCompile("<InstrId>[^<]*</InstrId>").ReplaceAllString(string(data), "")
		p, err := v.Decode(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		want := [][]payroll.Post{{
			{Kind: payroll.Creditor, Amount: 1872_05, Account: payroll.Account{IBAN: "NL39RABO0300065264"}, Name: "A. de Tester-Jansen", Descriptions: []string{"Salaris oktober 2026"}, EndToEnd: "2026-10-1"},
			{Kind: payroll.Creditor, Amount: 99, Account: payroll.Account{IBAN: "NL91ABNA0417164300"}, Name: "B. Voorbeeld", Descriptions: []string{"Salaris oktober 2026"}, EndToEnd: "2026-10-2"},
		}}
		if diff := cmp.Diff(want, posts(t, p)); diff != "" {
			t.Errorf("%s: posts (-want +got):\n%s", v, diff)
		}
		b := p.Batches[0]
		if p.MessageID != "LOON-2026-10-77" || b.Date != 20261023 || b.BIC != "ABNANL2A" || b.Account.IBAN != "NL02ABNA0123456789" || b.Booking != payroll.BookingBatch {
			t.Errorf("%s: read %+v", v, p)
		}
	}
}

// The payee's IBAN in this example does not exist; the schema does not mind.
func TestSampleWithABadIBAN(t *testing.T) {
	data, ok := readForeign(t, "samples/betaalvereniging-minimal-maximal-pain.001.001.03.xml")
	if !ok {
		return
	}
	const want = "batch 1: post 1: line 50: Document/CstmrCdtTrfInitn/PmtInf/CdtTrfTxInf/CdtrAcct/Id: IBAN: the check digits of the IBAN are wrong"
	if _, err := V03.Decode(bytes.NewReader(data)); err == nil || err.Error() != "read pain.001.001.03: "+want {
		t.Errorf("got %v, want %s", err, want)
	}
	if i := V03.Inspect(bytes.NewReader(data)); len(i.Problems) != 1 || i.Problems[0].Err.Error() != want || i.Problems[0].Batch != 1 || i.Problems[0].Post != 1 || i.Totals.Count != 1 || i.Totals.Amount != 10_10 {
		t.Errorf("inspected: %+v", i)
	}
}

// The example has a batch with all that a bank may be told, in a comment.
func TestMaximalSampleIsLookedAtButNotRead(t *testing.T) {
	data, ok := readForeign(t, "samples/betaalvereniging-minimal-maximal-pain.001.001.03.xml")
	if !ok {
		return
	}
	text := strings.NewReplacer("<!--", "", "-->", "", "<NbOfTxs>1</NbOfTxs>\n\t\t\t<CtrlSum>10.1</CtrlSum>\n\t\t\t<InitgPty>",
		"<NbOfTxs>2</NbOfTxs>\n\t\t\t<CtrlSum>30.3</CtrlSum>\n\t\t\t<InitgPty>").Replace(string(data))
	text = strings.NewReplacer("NL90ABNA0111111111 <", "NL39RABO0300065264<", "NL90ABNA0111111111<", "NL39RABO0300065264<").Replace(text)
	i := V03.Inspect(strings.NewReader(text))
	want := map[string]int{
		"InstrPrty": 1, "LclInstrm": 1, "another category purpose than SALA": 1, "PstlAdr": 2, "UltmtDbtr": 1, "InstrId": 1, "UltmtCdtr": 1, "Purp": 1,
	}
	if diff := cmp.Diff(want, i.Beyond); diff != "" || len(i.Problems) > 0 || i.Totals.Count != 2 || i.Totals.Amount != 30_30 || len(i.Batches) != 2 {
		t.Errorf("inspected %+v (-want +got):\n%s", i, diff)
	}
	if _, err := V03.Decode(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), "InstrPrty is part of the standard, but not read here") {
		t.Errorf("read: %v", err)
	}
}

func posts(t *testing.T, p payroll.Payments) [][]payroll.Post {
	t.Helper()
	var all [][]payroll.Post
	for _, b := range p.Batches {
		posts, err := payroll.Collect(b.Posts)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, posts)
	}
	return all
}

// An Inspection goes on after a broken rule and says where each is.
func TestInspectNamesEveryProblem(t *testing.T) {
	text := sample(t, V03)
	for _, change := range [][2]string{
		{"NL39RABO", "NL93RABO"}, {"B. Voorbeeld", "B. Voorbe\u00ebld"}, {">0.99<", ">1.00<"}, {"<PmtMtd>TRF", "<PmtMtd>TRA"},
	} {
		text = strings.Replace(text, change[0], change[1], 1)
	}
	var got []string
	for _, p := range V03.Inspect(strings.NewReader(text)).Problems {
		_, reason, _ := strings.Cut(p.Err.Error(), "Document/")
		where, _, _ := strings.Cut(p.Err.Error(), ": line")
		got = append(got, where+" | "+reason)
	}
	want := []string{
		"batch 1 | CstmrCdtTrfInitn/PmtInf: PmtMtd: it is not TRF",
		"batch 1: post 2 | CstmrCdtTrfInitn/PmtInf/CdtTrfTxInf/CdtrAcct/Id: IBAN: the check digits of the IBAN are wrong",
		"batch 1: post 3 | CstmrCdtTrfInitn/PmtInf/CdtTrfTxInf/Cdtr: Nm: character 10 is not one of the SEPA characters",
		"batch 1 | CstmrCdtTrfInitn: PmtInf: CtrlSum is 4029.82, the posts add up to 4029.83",
		"line 3: GrpHdr: CtrlSum is 4029.82, the posts add up to 4029.83 | ",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
