package exact

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"

	"loket-etl/payroll"
)

func sample(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile("testdata/loonjournaal-gltransactions.xml")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestRefusedWhenReading(t *testing.T) {
	for _, c := range []struct{ name, old, new, want string }{
		{"other transaction type", `<TransactionType number="90"/>`, `<TransactionType number="20"/>`, `TransactionType is "20"`},
		{"other line type", `GLTransactionLine type="90"`, `GLTransactionLine type="20"`, "a line is not of type 90"},
		{"processed already", `status="20"`, `status="50"`, "status 20"},
		{"order", "<FinYear number=\"2026\"/>\n        <FinPeriod number=\"1\"/>", "<FinPeriod number=\"1\"/><FinYear number=\"2026\"/>", `"FinPeriod" where FinYear is due`},
		{"another period", `<FinPeriod number="1"/>`, `<FinPeriod number="2"/>`, "line 2 has another period"},
		{"another currency", `code="EUR"`, `code="USD"`, "line 2 has another period or currency"},
		{"another date", "<Date>2026-01-31</Date>\n        <FinYear", "<Date>2026-01-30</Date><FinYear", "line 1 has another date"},
		{"line left out", `line="2"`, `line="3"`, "line 2: it has number 3"},
		{"exponent", "5200.00", "5.2e3", "not an amount"},
		{"no amount", "<Amount><Currency code=\"EUR\"/><Value>5200.00</Value></Amount>", "", "Amount"},
		{"two entries", "</GLTransactions>", "<GLTransaction/></GLTransactions>", "more than one entry"},
		{"entry", `entry="26900001"`, `entry="A1"`, "the entry is not a number"},
		{"unknown element", "<GLAccount code=\"4000\"/>", "<GLAccount code=\"4000\"/><GLOffset code=\"1\"/>", "GLOffset"},
		{"answer of Exact", "<GLTransactions>", "<Messages>", `"Messages" where GLTransactions is due`},
	} {
		text := strings.Replace(sample(t), c.old, c.new, 1)
		if text == sample(t) {
			t.Errorf("%s: nothing was changed", c.name)
		}
		if _, err := Decode(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}

func TestUnbalancedFilesOfTheRightSchemaAreRefused(t *testing.T) {
	data, err := os.ReadFile("testdata/gltransactions-niet-in-balans.xml")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Decode(bytes.NewReader(data)); !errors.Is(err, payroll.ErrUnbalanced) {
		t.Errorf("got %v", err)
	}
}

func TestEverythingThatLacksIsNamed(t *testing.T) {
	err := Encode(&bytes.Buffer{}, payroll.Journal{Lines: []payroll.JournalLine{{Number: 1}}})
	for _, want := range []string{"the daybook is missing", "the currency is missing", "period 0000-00", "the date is missing", "line 1: the account is missing"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
