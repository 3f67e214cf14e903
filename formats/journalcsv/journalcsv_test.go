package journalcsv

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"loket-etl/payroll"
)

func journal() payroll.Journal {
	return payroll.Journal{
		Date: 20260131,
		Books: payroll.Books{Entry: "26900001", Accounts: []payroll.LedgerAccount{
			{Code: "40000", Name: "Lonen en salarissen"}, {Code: "40100", Name: "Premies, sociale lasten"}, {Code: "17100", Name: "Loonheffingen"},
		}},
		Lines: []payroll.JournalLine{
			{Number: 1, Account: "40000", Description: "Bruto loon", CostCentre: "100", Debit: 5200_00},
			{Number: 2, Account: "40100", Description: `=HYPERLINK("x";"y")`, CostCentre: "-5", Debit: 400_95},
			{Number: 3, Account: "17100", Description: "'t Loon", Credit: 5600_95},
		},
	}
}

func TestGolden(t *testing.T) {
	for name, l := range map[string]Layout{"xcount": Xcount, "yuki": Yuki} {
		want, err := os.ReadFile("testdata/" + name + ".csv")
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := l.Encode(&out, journal()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), out.String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestEveryFieldIsReadBack(t *testing.T) {
	column := func(fields string) (out []Column) {
		for _, f := range strings.Fields(fields) {
			out = append(out, Column{Header: f, Field: f})
		}
		return out
	}
	const common = "account accountName description costCentre costUnit component componentName line date year period entry office daybook currency run "
	j := journal()
	j.Run, j.Books.Office, j.Books.Daybook, j.Books.Currency, j.Books.Period = "=r", "001", "LON", "EUR", payroll.Period{Year: 2026, Number: 1}
	j.Lines[0].Component, j.Lines[0].ComponentName, j.Lines[0].CostUnit = 900, "Salaris", "''=P1"
	for name, l := range map[string]Layout{
		"sides":   {Separator: ";", Decimal: ",", Decimals: 3, Date: "dd/MM/yyyy", Sides: Sides{"D", "C"}, Columns: column(common + "value side")},
		"signed":  {Separator: "\t", Decimal: ".", Decimals: 2, Date: "yyyyMMdd", NoHeader: true, Columns: column(common + "amount")},
		"columns": {Separator: ",", Decimal: ",", Decimals: 2, Date: "dd.MM.yyyy", NoZeros: true, Columns: append(column(common+"debit credit"), Column{"Soort", "text", "LOON"})},
	} {
		var out bytes.Buffer
		if err := l.Encode(&out, j); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got, err := l.Decode(&out)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(j, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestTextsAreNoFormulas(t *testing.T) {
	for _, text := range []string{"=1", "+1", "-1", "@x", "＝1", "'=1", "''=1", "'t Hof", "'", "", " =1", "a=1"} {
		var f = fields["description"]
		r := row{line: payroll.JournalLine{Description: text}}
		cell := f.write(&r)
		if strings.ContainsAny(cell[:min(1, len(cell))], "=+-@") {
			t.Errorf("%q is written as %q", text, cell)
		}
		back := row{}
		if err := f.read(&back, cell); err != nil || back.line.Description != text {
			t.Errorf("%q became %q, %v", text, back.line.Description, err)
		}
	}
}

func TestRefusedWhenReading(t *testing.T) {
	var out bytes.Buffer
	if err := Xcount.Encode(&out, journal()); err != nil {
		t.Fatal(err)
	}
	good := out.String()
	for _, c := range []struct{ name, old, new, want string }{
		{"header", "Debet", "Debit", `header 3 is "Debit"`},
		{"column missing", "Debet,", "", "wrong number of fields"},
		{"two decimals", "5200.0000", "5200.00", "line 2: Debet: not an amount with 4 decimals"},
		{"comma", "5200.0000", `"5200,0000"`, "not an amount with 4 decimals"},
		{"half a cent", "400.9500", "400.9550", "line 3: Debet: the amount is no whole number of cents"},
		{"sign", "400.9500", "-400.9500", "the amount has a sign"},
		{"another date", "2026-01-31\n40100", "2026-01-30\n40100", "line 3: it is of another entry, date or period"},
		{"date", "2026-01-31", "31-01-2026", "not a date of the form yyyy-MM-dd"},
		{"formula", "Loonheffingen", "=1+1", "it is a formula"},
		{"another name", "17100,Loonheffingen", "40000,Loonheffingen", "has another name than before"},
		{"no account", "17100,", ",", "line 3: the account is missing"},
		{"character set", "Loonheffingen", "L\xe9", "control character"},
		{"open quote", "40000", `"40000`, "parse error"},
		{"amount", "5200.0000", "5200.0100", "does not balance"},
	} {
		text := strings.Replace(good, c.old, c.new, 1)
		if text == good {
			t.Errorf("%s: nothing was changed", c.name)
		}
		if _, err := Xcount.Decode(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
	for name, text := range map[string]string{"empty": "", "header only": good[:strings.Index(good, "\n")+1]} {
		if _, err := Xcount.Decode(strings.NewReader(text)); err == nil {
			t.Errorf("%s: it was read", name)
		}
	}
}

func TestWrongLayoutsAreRefused(t *testing.T) {
	l := Layout{Name: "x", Separator: "|", Decimal: "'", Decimals: 1, Date: "d", Columns: []Column{
		{"A", "date", ""}, {"", "side", ""}, {"C", "saldo", ""}, {"D", "date", ""}, {"=E", "text", ""},
	}}
	err := l.Check()
	for _, want := range []string{
		"separator", "decimal \"'\"", "1 decimals", "date \"d\"", "side wants two different words", "column 2 has no header", `field "saldo" is not known`,
		`field "date" stands there twice`, "column 5: a text begins as a formula", "the amounts stand in", "no column account",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	for name, l := range map[string]Layout{"xcount": Xcount, "yuki": Yuki} {
		if err := l.Check(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
