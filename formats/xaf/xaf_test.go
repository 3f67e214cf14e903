package xaf

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"loket-etl/payroll"
)

func sample(t *testing.T, version string) string {
	t.Helper()
	data, err := os.ReadFile("testdata/loonjournaal-xaf-" + version + ".xml")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestRefusedWhenReading(t *testing.T) {
	for _, c := range []struct{ name, old, new, want string }{
		{"namespace that does not exist", V40.Namespace, "http://www.auditfiles.nl/XAF/4.0", "namespace"},
		{"opening balance", "<transactions>", "<openingBalance/><transactions>", "openingBalance: this is a whole bookkeeping"},
		{"two periods", "</periods>", "<period/></periods>", "more than one period"},
		{"two journals", "</transactions>", "<journal/></transactions>", "more than one journal"},
		{"two transactions", "</journal>", "<transaction/></journal>", "more than one transaction"},
		{"journal type", "<jrnTp>Y", "<jrnTp>M", `a journal of type "M"`},
		{"no journal type", "<jrnTp>Y</jrnTp>", "", `a journal of type ""`},
		{"count", "<linesCount>6", "<linesCount>7", "linesCount is 7, there are 6 lines"},
		{"total", "<totalDebit>5724.40", "<totalDebit>5724.41", "the totals are 5724.41 and 5724.40"},
		{"unbalanced", "<amnt>3323.05", "<amnt>3323.04", "the lines add up to 5724.40 and 5724.39"},
		{"account not in the ledger", "<trLine><nr>1</nr><accID>4000", "<trLine><nr>1</nr><accID>4001", `account "4001" is not in the general ledger`},
		{"account twice", "<accID>4010</accID><accDesc>", "<accID>4000</accID><accDesc>", `account "4000": it stands there twice`},
		{"kind of account", "<accTp>P", "<accTp>X", "accTp is neither B nor P"},
		{"another period", "<periodNumber>1</periodNumber><trDt>", "<periodNumber>2</periodNumber><trDt>", "period 2 is not the period of the file"},
		{"another date", "<effDate>2026-01-31", "<effDate>2026-01-30", "line 1 has another date"},
		{"another run", "<docRef>2026-01", "<docRef>2026-02", "line 2 has another docRef"},
		{"sign", "<amnt>5200.00", "<amnt>-5200.00", "line 1: amnt has a sign"},
		{"side", "<amntTp>D", "<amntTp>d", "line 1: amntTp is neither D nor C"},
		{"cost centre of 3.2", "<cost>100</cost>", "<costID>100</costID>", `"costID" is not expected`},
		{"years", "<fiscalYear>2026", "<fiscalYear>2025-2026", "fiscalYear is not one year"},
		{"days of the year", "<endDate>2026", "<endDate>2025", "the days of the year"},
	} {
		text := strings.Replace(sample(t, "4.0"), c.old, c.new, 1)
		if text == sample(t, "4.0") {
			t.Errorf("%s: nothing was changed", c.name)
		}
		if _, err := V40.Decode(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}

func TestAddressesAndCodesAreReadOver(t *testing.T) {
	text := strings.NewReplacer("<generalLedger>", "<streetAddress><city>Rommeldam</city></streetAddress><generalLedger>",
		"</accTp></ledgerAccount>", "</accTp><RGScode>WPerLes</RGScode></ledgerAccount>").Replace(sample(t, "4.0"))
	got, err := V40.Totals(strings.NewReader(text))
	if err != nil || got != (payroll.Totals{Count: 6, Amount: 5724_40}) {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestEverythingThatLacksIsNamed(t *testing.T) {
	j := payroll.Journal{Lines: []payroll.JournalLine{{Number: 1, Account: "4000", Debit: 1}, {Number: 2, Account: "1700", Credit: 1}}}
	err := V32.Encode(&bytes.Buffer{}, j)
	for _, want := range []string{
		"the daybook is missing", "the name of the daybook", "the entry is missing", "the currency is missing", "the name of the company is missing",
		"the country of the company", "the tax number of the company", "period 0000-00", "the days of the year", "the date, or that of the file",
		`account "4000" is not in the general ledger`, `account "1700" is not in the general ledger`,
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
