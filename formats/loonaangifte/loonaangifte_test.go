package loonaangifte

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"loket-etl/payroll"
)

// The schema carries no licence, so it lies beside the module and not in it.
const schema = "../../../shared/standards/loonaangifte/Loonaangifte2026v2.0.xsd"

// lint asks xmllint whether data fits the schema of the tax authority. Without
// the schema the test says so and skips, in CI too: a clone alone must pass.
func lint(t *testing.T, data []byte) bool {
	t.Helper()
	if _, err := os.Stat(schema); err != nil {
		t.Skipf("NOT CHECKED against the schema, which is missing: %v", err)
	}
	tool, err := exec.LookPath("xmllint")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("xmllint is missing: install libxml2-utils")
		}
		t.Skip("xmllint is missing: install libxml2-utils")
	}
	file := filepath.Join(t.TempDir(), "loonaangifte.xml")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(tool, "--noout", "--nonet", "--schema", schema, file).CombinedOutput()
	if err != nil {
		t.Logf("xmllint: %s", out)
	}
	return err == nil
}

func sample(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// flat is a message whose people are slices, for comparison.
type flat struct {
	Return payroll.TaxReturn
	People [][]payroll.TaxPerson
}

func flatten(t *testing.T, r payroll.TaxReturn) flat {
	t.Helper()
	f := flat{}
	collect := func(p *payroll.TaxPeriod) {
		people, err := payroll.Collect(p.People)
		if err != nil {
			t.Fatal(err)
		}
		f.People = append(f.People, people)
		p.People = nil
	}
	if r.Period != nil {
		p := *r.Period
		collect(&p)
		r.Period = &p
	}
	r.Corrections = append([]payroll.TaxPeriod(nil), r.Corrections...)
	for i := range r.Corrections {
		collect(&r.Corrections[i])
	}
	f.Return = r
	return f
}

var samples = map[string]string{ // file: why it is refused; empty: it is not
	"valid/aanvullend.xml":                                              "",
	"valid/losse-correctie.xml":                                         "",
	"valid/maand-met-correctie-en-intrekking.xml":                       "",
	"valid/volledig-maand-1-werknemer.xml":                              "",
	"valid/volledig-vierweken-nihil.xml":                                "",
	"invalid/bedrag-drie-decimalen.xml":                                 "IngLbPh is not an amount with at most two decimals",
	"invalid/bsn-acht-cijfers.xml":                                      "SofiNr does not have nine digits",
	"invalid/namespace-2025.xml":                                        `Loonaangifte has namespace "http://xml.belastingdienst.nl/schemas/Loonaangifte/2025/01" instead of`,
	"invalid/versie-1.0.xml":                                            `version is "1.0" instead of "2.0"`,
	"invalid/volgorde-elementen.xml":                                    `"InkomstenverhoudingInitieel" where CollectieveAangifte is due`,
	"schema-valid-but-wrong/begin-en-eind-van-verschillend-tijdvak.xml": "2026-01-01 to 2026-02-22 is not a month nor a four-week period",
	"schema-valid-but-wrong/bsn-elfproef-fout.xml":                      "SofiNr the BSN does not pass the eleven test",
}

func TestSamplesAreJudgedAsNamed(t *testing.T) {
	files, _ := filepath.Glob("testdata/*/*.xml")
	if len(files) != len(samples) {
		t.Errorf("%d samples, %d verdicts", len(files), len(samples))
	}
	for name, want := range samples {
		t.Run(name, func(t *testing.T) {
			data := sample(t, name)
			doc, err := Decode(bytes.NewReader(data))
			_, errTotals := Totals(iotest.OneByteReader(bytes.NewReader(data)))
			if (err == nil) != (errTotals == nil) {
				t.Errorf("Decode says %v, Totals %v", err, errTotals)
			}
			if want != "" {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("got %v, want %q", err, want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			if err := Encode(&out, doc); err != nil {
				t.Fatal(err)
			}
			again, err := Decode(bytes.NewReader(out.Bytes()))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(flatten(t, doc), flatten(t, again)); diff != "" {
				t.Errorf("written and read again (-sample +ours):\n%s", diff)
			}
			a, errA := doc.Totals()
			b, errB := Totals(bytes.NewReader(out.Bytes()))
			if a != b || errA != nil || errB != nil {
				t.Errorf("totals of the document %+v, of the bytes %+v, %v, %v", a, b, errA, errB)
			}
			if !lint(t, out.Bytes()) {
				t.Error("what we write does not fit the schema")
			}
		})
	}
}

func TestSchemaAgreesWithTheNamesOfTheSamples(t *testing.T) {
	for name := range samples {
		if got, want := lint(t, sample(t, name)), !strings.HasPrefix(name, "invalid/"); got != want {
			t.Errorf("%s: the schema says %v", name, got)
		}
	}
}

func TestAmountsOfASample(t *testing.T) {
	doc, err := Decode(bytes.NewReader(sample(t, "valid/maand-met-correctie-en-intrekking.xml")))
	if err != nil {
		t.Fatal(err)
	}
	f := flatten(t, doc)
	if len(f.People) != 2 || len(f.People[0]) != 1 || len(f.People[1]) != 1 {
		t.Fatalf("people %v", f.People)
	}
	p := f.People[0][0]
	if p.Amounts.IngLbPh != 412_58 || *p.Amounts.AantCtrcturenPWk != 40_00 || p.BSN.Digits() != "123456782" || p.Address.City != "Utrecht" {
		t.Errorf("person %+v", p)
	}
	totals, err := doc.Totals()
	if err != nil || totals != (payroll.Totals{Count: 2, Amount: 950_00}) {
		t.Errorf("totals %+v, %v", totals, err)
	}
	if w := doc.Corrections[0].Withdrawals; len(w) != 1 || w[0].NumIV != 2 {
		t.Errorf("withdrawals %+v", w)
	}
}

// What the schema lets pass and we do not, and a few things it does not either.
func TestRefusedWhenReading(t *testing.T) {
	for _, c := range []struct{ file, old, new, want string }{
		{"volledig-maand-1-werknemer", "<TotLnSV>3000", "<TotLnSV>3001", "TotLnSV is 3001, the people add up to 3000.00"},
		{"volledig-maand-1-werknemer", "<IngLbPh>412<", "<IngLbPh>411<", "TotTeBet is 925, its parts add up to 924"},
		{"volledig-maand-1-werknemer", "<TotGen>925", "<TotGen>926", "TotGen is 926, TotTeBet and the balances add up to 925"},
		{"volledig-maand-1-werknemer", "<DatAanv>2024-03-01</DatAanv><PersNr>", "<DatAanv>2024-03-01</DatAanv><DatEind>2024-02-28</DatEind><PersNr>", "ends before it begins"},
		{"volledig-maand-1-werknemer", "<LbTab>012", "<LbTab>099", "LbTab is not a known code"},
		{"volledig-maand-1-werknemer", "<Pc>3511AB", "<Pc>3511 AB", "Pc is not a Dutch postcode"},
		{"volledig-maand-1-werknemer", "001000044L01", "001000044L00", "LhNr is not nine digits, L and two digits"},
		{"volledig-maand-1-werknemer", "<RelNr>SWO00000", "<RelNr>SWO0000", "RelNr has 7 characters"},
		{"volledig-maand-1-werknemer", "<TotLnSV>3000", "<TotLnSV>3000.00", "TotLnSV is not an amount in whole euros"},
		{"volledig-maand-1-werknemer", "<LnSV>3000.00", "<LnSV>300000000.00", "LnSV has more than ten digits"},
		{"volledig-maand-1-werknemer", "<CollectieveAangifte>", "<!DOCTYPE x><CollectieveAangifte>", "a DTD is not allowed"},
		{"volledig-maand-1-werknemer", "</Loonaangifte>", "</Loonaangifte><Loonaangifte/>", "something follows the end"},
		{"maand-met-correctie-en-intrekking", "<Saldo>25", "<Saldo>26", "TotGen is 950"},
		{"maand-met-correctie-en-intrekking", "<SofiNr>111222333", "<SofiNr>111222334", "eleven test"},
		{"maand-met-correctie-en-intrekking", "<TijdvakCorrectie><DatAanvTv>2026-01-01</DatAanvTv><DatEindTv>2026-01-31", "<TijdvakCorrectie><DatAanvTv>2026-03-01</DatAanvTv><DatEindTv>2026-03-31", "not of a period before"},
		{"volledig-vierweken-nihil", "</VolledigeAangifte>", "<InkomstenverhoudingIntrekking><NumIV>1</NumIV></InkomstenverhoudingIntrekking></VolledigeAangifte>", `"InkomstenverhoudingIntrekking" is not expected`},
	} {
		text := string(sample(t, "valid/"+c.file+".xml"))
		changed := strings.Replace(text, c.old, c.new, 1)
		if changed == text {
			t.Errorf("%q: nothing was changed", c.old)
		}
		_, err := Decode(strings.NewReader(changed))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.new, err, c.want)
		}
	}
	text := string(sample(t, "valid/volledig-maand-1-werknemer.xml"))
	i, j := strings.Index(text, "<InkomstenverhoudingInitieel>"), strings.Index(text, "</VolledigeAangifte>")
	if _, err := Decode(strings.NewReader(text[:j] + text[i:])); err == nil || !strings.Contains(err.Error(), "NumIV 1 twice") {
		t.Errorf("a person twice: %v", err)
	}
}

func TestRefusedWhenWriting(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*payroll.TaxReturn, *payroll.TaxPerson)
		want   string
	}{
		"cents in the collective part": {func(r *payroll.TaxReturn, _ *payroll.TaxPerson) { r.Period.Collective.TotLnSV++ }, "TotLnSV is not an amount in whole euros"},
		"sum":                          {func(r *payroll.TaxReturn, _ *payroll.TaxPerson) { r.Period.Collective.TotLnSV += 200 }, "the people add up to"},
		"period":                       {func(r *payroll.TaxReturn, _ *payroll.TaxPerson) { r.Period.End = 20260222 }, "not a month nor"},
		"BSN":                          {func(_ *payroll.TaxReturn, p *payroll.TaxPerson) { p.BSN = "123456789" }, "eleven test"},
		"street":                       {func(_ *payroll.TaxReturn, p *payroll.TaxPerson) { p.Address.Street = "" }, "Str has 0 characters"},
		"no stretch":                   {func(_ *payroll.TaxReturn, p *payroll.TaxPerson) { p.Stretches = nil }, "0 Inkomstenperioden"},
		"contact":                      {func(r *payroll.TaxReturn, _ *payroll.TaxPerson) { r.Contact = "" }, "ContPers has 0 characters"},
		"nothing":                      {func(r *payroll.TaxReturn, _ *payroll.TaxPerson) { r.Period = nil }, "neither a return nor a correction"},
		"withdrawal": {func(r *payroll.TaxReturn, _ *payroll.TaxPerson) {
			r.Period.Withdrawals = []payroll.Withdrawal{{NumIV: 1}}
		}, "withdraws nobody"},
	} {
		doc, err := Decode(bytes.NewReader(sample(t, "valid/volledig-maand-1-werknemer.xml")))
		if err != nil {
			t.Fatal(err)
		}
		people, err := payroll.Collect(doc.Period.People)
		if err != nil {
			t.Fatal(err)
		}
		c.change(&doc, &people[0])
		if doc.Period != nil {
			doc.Period.People = payroll.All(people)
		}
		var out bytes.Buffer
		if err := Encode(&out, doc); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}

func TestLatin1IsRead(t *testing.T) {
	text := string(sample(t, "valid/volledig-maand-1-werknemer.xml"))
	text = strings.Replace(text, "UTF-8", "ISO-8859-1", 1)
	text = strings.Replace(text, "<SignNm>Voorbeeld", "<SignNm>Zo\xeb", 1)
	doc, err := Decode(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	for p := range doc.Period.People {
		if p.LastName != "Zoë" {
			t.Errorf("name %q", p.LastName)
		}
	}
}

func TestAddressAbroadFitsTheSchema(t *testing.T) {
	doc, err := Decode(bytes.NewReader(sample(t, "valid/volledig-maand-1-werknemer.xml")))
	if err != nil {
		t.Fatal(err)
	}
	people, err := payroll.Collect(doc.Period.People)
	if err != nil {
		t.Fatal(err)
	}
	people[0].Address = &payroll.TaxAddress{Street: "Rue de l'Église", Number: "5 bis", Postcode: "1000", City: "Bruxelles", Country: "BE"}
	people[0].Sectors = []payroll.Sector{{Begin: 20260101, Code: "44"}}
	doc.Period.People = payroll.All(people)
	var out bytes.Buffer
	if err := Encode(&out, doc); err != nil {
		t.Fatal(err)
	}
	if !lint(t, out.Bytes()) {
		t.Error("does not fit the schema")
	}
}

func FuzzDecode(f *testing.F) {
	for name := range samples {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, err := Decode(bytes.NewReader(data))
		if err != nil {
			return
		}
		want, err := doc.Totals()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := Totals(bytes.NewReader(data)); err != nil || got != want {
			t.Errorf("totals %+v and %+v, %v", got, want, err)
		}
	})
}
