package twinfield

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"loket-etl/payroll"
)

func sample(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile("testdata/loonjournaal-transactions.xml")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestRefusedWhenReading(t *testing.T) {
	for _, c := range []struct{ name, old, new, want string }{
		{"answer of Twinfield", `destiny="temporary"`, `destiny="temporary" result="1"`, "an attribute is unknown"},
		{"destiny", `destiny="temporary"`, `destiny="draft"`, "destiny is neither"},
		{"date", "20260131", "20260231", "date"},
		{"long date", "20260131", "2026-01-31", "YYYYMMDD"},
		{"period", "2026/01", "2026/1", "YYYY/MM"},
		{"no period", "2026/01", "2026/00", "period 2026-00"},
		{"sign", ">5200.00", ">-5200.00", "line 1: value has a sign"},
		{"side", ">debit<", ">D<", "line 1: debitcredit is neither"},
		{"side turned", ">debit<", ">credit<", "does not balance"},
		{"line type", `type="detail"`, `type="total"`, `a line of type "total"`},
		{"line left out", `id="2"`, `id="3"`, "line 2: it has number 3"},
		{"order", "<dim1>4000</dim1>\n        <dim2>100</dim2>", "<dim2>100</dim2><dim1>4000</dim1>", `"dim2" where dim1 is due`},
		{"two transactions", "</transactions>", "<transaction/></transactions>", "more than one transaction"},
		{"no lines", sample(t)[strings.Index(sample(t), "<line "):strings.Index(sample(t), "</lines>")], "", "there are no lines"},
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

func TestFinalBooksAtOnce(t *testing.T) {
	j, err := Decode(strings.NewReader(sample(t)))
	if err != nil || j.Books.Final {
		t.Fatalf("final %v, %v", j.Books.Final, err)
	}
	j.Books.Final = true
	var out bytes.Buffer
	if err := Encode(&out, j); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), `<transaction destiny="final" `) {
		t.Error("the file does not book at once")
	}
	if j, err = Decode(&out); err != nil || !j.Books.Final {
		t.Errorf("final %v, %v", j.Books.Final, err)
	}
}

func TestEverythingThatLacksIsNamed(t *testing.T) {
	err := Encode(&bytes.Buffer{}, payroll.Journal{Lines: []payroll.JournalLine{{Number: 1}}})
	for _, want := range []string{"the office is missing", "the daybook is missing", "the currency is missing", "period 0000-00", "the date is missing", "line 1: the account is missing"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
