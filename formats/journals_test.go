package formats_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"loket-etl/formats"
	"loket-etl/payroll"
)

// booked is the journal of the samples: the payroll of January.
func booked() payroll.Journal {
	return payroll.Journal{
		Run: "2026-01", Date: 20260131, Period: payroll.Period{Year: 2026, Number: 1}, RunNumber: 1, WerkgeverID: 1001,
		Books: payroll.Books{
			Office: "VB01", Daybook: "LON", DaybookName: "Loonjournaal", Entry: "26900001", Description: "Loonjournaal 2026-01", Currency: "EUR",
			Period: payroll.Period{Year: 2026, Number: 1}, PeriodDays: payroll.Days{First: 20260101, Last: 20260131},
			YearDays: payroll.Days{First: 20260101, Last: 20261231}, Created: 20260201,
			Company: payroll.Company{Name: "Voorbeeld & Zonen BV", KvK: "12345678", Country: "NL", TaxID: "001000044B01"},
			Accounts: []payroll.LedgerAccount{
				{Code: "4000", Name: "Bruto lonen"}, {Code: "4010", Name: "Sociale lasten"}, {Code: "1700", Name: "Loonheffing", Balance: true},
				{Code: "1701", Name: "Netto lonen", Balance: true},
			},
		},
		Lines: []payroll.JournalLine{
			{Number: 1, Account: "4000", Description: "Bruto <lonen> \"2026-01\"", CostCentre: "100", CostUnit: "P1", Debit: 5200_00},
			{Number: 2, Account: "4010", Description: "Sociale lasten; café", CostCentre: "100", Debit: 400_95},
			{Number: 3, Account: "1700", Description: "=1+1", Credit: 2277_90},
			{Number: 4, Account: "1701", Credit: 3323_05},
		},
	}
}

// known is what the file of a format tells of a journal: the rest is forgotten.
func known(name string, j payroll.Journal) payroll.Journal {
	b := j.Books
	j.Lines, j.Books.Accounts = slices.Clone(j.Lines), slices.Clone(b.Accounts)
	if name == "standaardjournaal" {
		j.Books = payroll.Books{}
		return j
	}
	j.WerkgeverID, j.RunNumber, j.Period = 0, 0, payroll.Period{}
	if !strings.HasPrefix(name, "xaf") {
		j.Run = ""
	}
	switch name {
	case "exact":
		j.Books = payroll.Books{Daybook: b.Daybook, Entry: b.Entry, Description: b.Description, Currency: b.Currency, Period: b.Period}
	case "twinfield":
		j.Books = payroll.Books{Office: b.Office, Daybook: b.Daybook, Currency: b.Currency, Period: b.Period}
	case "xaf-3.2":
		j.Books.Company.KvK = ""
	case "xaf-4.0":
		j.Books.Office = ""
	case "csv-xcount", "csv-yuki":
		j.Books = payroll.Books{Accounts: j.Books.Accounts}
		for i := range j.Books.Accounts {
			j.Books.Accounts[i].Balance = false
		}
		for i := range j.Lines {
			j.Lines[i].CostUnit = ""
			if name == "csv-xcount" {
				j.Lines[i].CostCentre, j.Lines[i].Description = "", ""
			}
		}
		if name == "csv-yuki" {
			j.Books.Entry = b.Entry
		}
	}
	return j
}

func written(t testing.TB, name string, j payroll.Journal) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := formats.Journals[name].Encode(&out, j); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return out.Bytes()
}

func TestJournalsAreReadBackAsFarAsTheFileTells(t *testing.T) {
	for name, f := range formats.Journals {
		data := written(t, name, booked())
		got, err := f.Decode(bytes.NewReader(data))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(known(name, booked()), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		want, err := booked().Totals()
		if err != nil {
			t.Fatal(err)
		}
		if totals, err := f.Totals(bytes.NewReader(data)); err != nil || totals != want {
			t.Errorf("%s: totals %+v, %v, want %+v", name, totals, err, want)
		}
		if !bytes.Equal(written(t, name, got), data) {
			t.Errorf("%s: what was read is written otherwise", name)
		}
	}
}

func TestGeneratedJournalsAreReadBack(t *testing.T) {
	text := rapid.StringOf(rapid.RuneFrom([]rune("aé€<&>\"' ;,=+-@'Z9"))).Filter(func(s string) bool { return len([]rune(s)) <= 14 })
	rapid.Check(t, func(t *rapid.T) {
		j := booked()
		j.Lines = nil
		for i := range rapid.IntRange(1, 4).Draw(t, "pairs") {
			amount := payroll.Cents(rapid.Int64Range(0, 1e15).Draw(t, "amount"))
			j.Lines = append(j.Lines,
				payroll.JournalLine{Number: 2*i + 1, Account: "4000", Description: text.Draw(t, "text"), CostCentre: text.Draw(t, "centre"), Debit: amount},
				payroll.JournalLine{Number: 2*i + 2, Account: "1700", Description: text.Draw(t, "text"), CostUnit: text.Draw(t, "unit"), Credit: amount})
		}
		j.Books.Accounts = []payroll.LedgerAccount{{Code: "4000", Name: "L" + text.Draw(t, "name")}, {Code: "1700", Name: "=" + text.Draw(t, "name"), Balance: true}}
		for name, f := range formats.Journals {
			var out bytes.Buffer
			if err := f.Encode(&out, j); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			got, err := f.Decode(&out)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if diff := cmp.Diff(known(name, j), got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
	})
}

func TestJournalsThatDoNotAddUpAreNotWritten(t *testing.T) {
	for name, f := range formats.Journals {
		for what, change := range map[string]func(*payroll.Journal){
			"amount":       func(j *payroll.Journal) { j.Lines[0].Debit++ },
			"line dropped": func(j *payroll.Journal) { j.Lines = j.Lines[:3] },
		} {
			j := booked()
			change(&j)
			if err := f.Encode(io.Discard, j); !errors.Is(err, payroll.ErrUnbalanced) {
				t.Errorf("%s, %s: %v", name, what, err)
			}
		}
		for what, change := range map[string]func(*payroll.Journal){
			"line from the middle": func(j *payroll.Journal) { j.Lines = slices.Delete(j.Lines, 1, 2); j.Lines[0].Debit += 400_95 },
			"negative":             func(j *payroll.Journal) { j.Lines[0].Debit, j.Lines[2].Credit = -1, 5200_01+2277_90 },
			"both sides":           func(j *payroll.Journal) { j.Lines[0].Credit = 1; j.Lines[0].Debit++ },
			"no date":              func(j *payroll.Journal) { j.Date = 0 },
			"control character":    func(j *payroll.Journal) { j.Lines[0].Description, j.Books.Accounts[0].Name = "a\x01", "a\x01" },
			"too large":            func(j *payroll.Journal) { j.Lines[0].Debit, j.Lines[3].Credit = 1<<62, 1<<62 },
		} {
			j := booked()
			change(&j)
			if err := f.Encode(io.Discard, j); err == nil {
				t.Errorf("%s, %s: it was written", name, what)
			}
		}
	}
}

// TestTamperedJournalsAreCaught changes staged bytes: each change is refused when
// read, or shows in the totals.
func TestTamperedJournalsAreCaught(t *testing.T) {
	want, err := booked().Totals()
	if err != nil {
		t.Fatal(err)
	}
	for name, f := range formats.Journals {
		good := string(written(t, name, booked()))
		cents := func(s string) string { return s } // as the file has amounts
		if name == "csv-yuki" {
			cents = func(s string) string { return strings.ReplaceAll(s, ".", ",") }
		}
		for what, tampered := range map[string]string{
			"amount":       strings.Replace(good, cents("5200.00"), cents("5200.01"), 1),
			"credit":       strings.Replace(good, cents("2277.90"), cents("2277.09"), 1),
			"both":         strings.Replace(strings.Replace(good, cents("5200.00"), cents("5300.00"), 1), cents("3323.05"), cents("3423.05"), 1),
			"line dropped": withoutLine(good, cents("400.95")),
			"two lines":    withoutLine(strings.Replace(good, cents("2277.90"), cents("1876.95"), 1), cents("400.95")),
			"cut off":      good[:len(good)*2/3],
			"third cent":   strings.Replace(good, cents("400.95"), cents("400.955"), 1),
		} {
			if tampered == good {
				t.Errorf("%s, %s: nothing was changed", name, what)
			}
			if got, err := f.Totals(strings.NewReader(tampered)); err == nil && got == want {
				t.Errorf("%s, %s: not caught", name, what)
			}
		}
	}
}

// withoutLine drops the element, or row, that holds the text.
func withoutLine(s, holds string) string {
	at := strings.Index(s, holds)
	for _, line := range []string{"Regel", "GLTransactionLine", "line", "trLine"} {
		from := strings.LastIndex(s[:at], "<"+line+" ")
		if from < 0 {
			from = strings.LastIndex(s[:at], "<"+line+">")
		}
		end := "</" + line + ">"
		if from >= 0 {
			return s[:from] + s[at+strings.Index(s[at:], end)+len(end):]
		}
	}
	from, to := strings.LastIndex(s[:at], "\n")+1, at+strings.Index(s[at:], "\n")+1
	return s[:from] + s[to:]
}

// tokens is the XML without its layout.
func tokens(t *testing.T, data []byte) (out []string) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(data))
	for {
		token, err := d.Token()
		if err == io.EOF {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			token.Attr = slices.DeleteFunc(token.Attr, func(a xml.Attr) bool { return a.Name.Space != "" || a.Name.Local == "xmlns" })
			out = append(out, fmt.Sprint(token))
		case xml.EndElement:
			out = append(out, fmt.Sprint(token))
		case xml.CharData:
			if s := strings.TrimSpace(string(token)); s != "" {
				out = append(out, s)
			}
		}
	}
}

func TestSamplesOfJournalsAreWrittenAgain(t *testing.T) {
	// what the samples say that a journal does not carry
	dropped := strings.NewReplacer("<periodDesc>januari</periodDesc>", "", "voorbeeld</softwareDesc>", "loket-etl</softwareDesc>", "1.0</softwareVersion>", "1</softwareVersion>")
	for name, file := range map[string]string{
		"exact": "exact/testdata/loonjournaal-gltransactions.xml", "twinfield": "twinfield/testdata/loonjournaal-transactions.xml",
		"xaf-3.2": "xaf/testdata/loonjournaal-xaf-3.2.xml", "xaf-4.0": "xaf/testdata/loonjournaal-xaf-4.0.xml",
	} {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		f := formats.Journals[name]
		j, err := f.Decode(bytes.NewReader(data))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(tokens(t, []byte(dropped.Replace(string(data)))), tokens(t, written(t, name, j))); diff != "" {
			t.Errorf("%s (-sample +written):\n%s", name, diff)
		}
		if totals, err := f.Totals(bytes.NewReader(data)); err != nil || totals != (payroll.Totals{Count: 6, Amount: 5724_40}) {
			t.Errorf("%s: totals %+v, %v", name, totals, err)
		}
		for other, g := range formats.Journals {
			if _, err := g.Decode(bytes.NewReader(data)); other != name && err == nil {
				t.Errorf("%s was read as %s", name, other)
			}
		}
	}
}

const beside = "../../shared/standards"

func TestForeignSamplesOfJournals(t *testing.T) {
	for _, c := range []struct{ format, file, want string }{
		{"exact", "exact/samples/gltransactions-niet-in-balans.xml", "does not balance: debit 5724.40, credit 5724.39"},
		// It has quantities of -1 that its schema forbids, but long before those it
		// shows to be the bookkeeping of a year.
		{"xaf-3.2", "xaf/samples/ExactOnline_V32_2016.xml", "customersSuppliers: this is a whole bookkeeping"},
		{"xaf-3.2", "xaf/samples/XmlAuditfileFinancieel3.2_test.xml", "customersSuppliers: this is a whole bookkeeping"},
		{"xaf-4.0", "xaf/samples/XAF_4_0_Test_100425.xaf", "customersSuppliers: this is a whole bookkeeping"},
		{"xaf-4.0", "xaf/samples/loonjournaal-xaf-3.2.xml", "namespace"},
	} {
		data, err := os.ReadFile(filepath.Join(beside, c.file))
		if errors.Is(err, os.ErrNotExist) {
			t.Logf("NOT CHECKED: %s may not be shipped and does not lie beside the project", c.file)
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := formats.Journals[c.format].Decode(bytes.NewReader(data)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.file, err, c.want)
		}
	}
}

// fits asks xmllint whether data fits a schema; schemas that may not be shipped are
// looked for beside the project, and it says so when they are not there.
func fits(t *testing.T, xsd string, data []byte) bool {
	t.Helper()
	if _, err := exec.LookPath("xmllint"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("xmllint is not there: install libxml2-utils")
		}
		t.Skip("SKIPPED: xmllint is not there")
	}
	if _, err := os.Stat(xsd); err != nil {
		t.Skipf("NOT CHECKED, in CI neither: %s may not be shipped and does not lie beside the project", xsd)
	}
	cmd := exec.Command("xmllint", "--noout", "--nonet", "--schema", xsd, "-")
	cmd.Stdin = bytes.NewReader(data)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Logf("xmllint: %.2000s", out)
	}
	return err == nil
}

var schemas = map[string]string{
	"exact": beside + "/exact/eExact-XML.xsd", "xaf-3.2": beside + "/xaf/XmlAuditfileFinancieel3.2.xsd", "xaf-4.0": beside + "/xaf/XmlAuditfileFinancieel4.0.xsd",
	"standaardjournaal": "standaardjournaal/testdata/journaal.xsd", "twinfield": "twinfield/testdata/transactions.xsd",
}

func TestJournalsFitTheirSchemas(t *testing.T) {
	bare := booked()
	bare.Books.Description, bare.Books.Office, bare.Books.Company.KvK = "", "", ""
	for name, f := range formats.Journals {
		if f.Ext == "csv" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			journals := []payroll.Journal{booked(), bare}
			if name == "twinfield" {
				journals = journals[:1] // it must have an office
			}
			for _, j := range journals {
				if data := written(t, name, j); !fits(t, schemas[name], data) {
					t.Errorf("what is written does not fit:\n%s", data)
				}
			}
		})
	}
}

// Where we refuse a file for its form, xmllint does too.
func TestSchemasOfOurOwnRefuseToo(t *testing.T) {
	for _, c := range []struct{ format, xsd, old, new string }{
		{"standaardjournaal", schemas["standaardjournaal"], "<Debet>5200.00", "<Debet>5200.001"},
		{"standaardjournaal", schemas["standaardjournaal"], "<Kostenplaats>100", "<Kostenplaats>123456789012345678901"},
		{"standaardjournaal", schemas["standaardjournaal"], ` Datum="2026-01-31"`, ""},
		{"twinfield", schemas["twinfield"], ">debit<", ">D<"},
		{"twinfield", schemas["twinfield"], "<dim1>4000</dim1>", ""},
		{"twinfield", schemas["twinfield"], `id="2"`, `id="1"`},
	} {
		t.Run(c.format+" "+c.old, func(t *testing.T) {
			bad := strings.Replace(string(written(t, c.format, booked())), c.old, c.new, 1)
			if _, err := formats.Journals[c.format].Decode(strings.NewReader(bad)); err == nil {
				t.Error("was read")
			}
			if fits(t, c.xsd, []byte(bad)) {
				t.Error("fits the schema: nothing was changed")
			}
		})
	}
}

func BenchmarkJournals(b *testing.B) {
	const lines = 10_000
	j := booked()
	j.Lines = nil
	for i := range lines {
		l := payroll.JournalLine{Number: i + 1, Account: "4000", Description: "Bruto lonen", CostCentre: "100", Debit: 1234_56}
		if i%2 == 1 {
			l.Account, l.Debit, l.Credit = "1700", 0, 1234_56
		}
		j.Lines = append(j.Lines, l)
	}
	for name, f := range formats.Journals {
		data := written(b, name, j)
		b.Run(name+"/write", func(b *testing.B) {
			for b.Loop() {
				if err := f.Encode(io.Discard, j); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(lines)*float64(b.N)/b.Elapsed().Seconds(), "records/s")
		})
		b.Run(name+"/read", func(b *testing.B) {
			for b.Loop() {
				if _, err := f.Decode(bytes.NewReader(data)); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(lines)*float64(b.N)/b.Elapsed().Seconds(), "records/s")
		})
	}
}

func FuzzJournals(f *testing.F) {
	for name := range formats.Journals {
		f.Add(name, written(f, name, booked()))
	}
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		format, ok := formats.Journals[name]
		if !ok {
			return
		}
		j, err := format.Decode(bytes.NewReader(data))
		if err != nil {
			return
		}
		if _, err := j.Totals(); err != nil {
			t.Errorf("%s: an unbalanced journal was read: %v", name, err)
		}
		var again bytes.Buffer
		if err := format.Encode(&again, j); err != nil {
			t.Fatalf("%s: what was read cannot be written: %v", name, err)
		}
		back, err := format.Decode(&again)
		if err != nil {
			t.Fatalf("%s: what was written cannot be read: %v", name, err)
		}
		if diff := cmp.Diff(j, back); diff != "" {
			t.Errorf("%s (-read +read again):\n%s", name, diff)
		}
	})
}
