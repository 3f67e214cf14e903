package payroll

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

func table() AccountTable {
	lonen, premies := LedgerAccount{Code: "40000", Name: "Lonen"}, LedgerAccount{Code: "40100", Name: "Premies"}
	return AccountTable{
		{Account: "4000", To: lonen},
		{Account: "4000", Component: 12, To: premies, CostCentre: "900", Description: "Premie"},
		{Account: "1700", To: LedgerAccount{Code: "17100", Name: "Loonheffing", Balance: true}, CostCentre: None, CostUnit: None},
		{Component: 7, To: lonen},
	}
}

func TestAccountsAreTranslated(t *testing.T) {
	j := Journal{Run: "r", Lines: []JournalLine{
		{Number: 1, Account: "4000", Component: 1, ComponentName: "Salaris", CostCentre: "100", CostUnit: "A", Debit: 10},
		{Number: 2, Account: "4000", Component: 12, ComponentName: "Aof", Description: "Aof laag", CostCentre: "100", Debit: 5},
		{Number: 3, Account: "1700", CostCentre: "100", CostUnit: "A", Credit: 16},
		{Number: 4, Component: 7, Description: "Rest", Debit: 1},
	}}
	got, err := table().Book(j, Books{Office: "001", Accounts: []LedgerAccount{{Code: "old"}}})
	if err != nil {
		t.Fatal(err)
	}
	want := Journal{
		Run: "r",
		Books: Books{Office: "001", Accounts: []LedgerAccount{
			{Code: "40000", Name: "Lonen"}, {Code: "40100", Name: "Premies"}, {Code: "17100", Name: "Loonheffing", Balance: true},
		}},
		Lines: []JournalLine{
			{Number: 1, Account: "40000", Component: 1, ComponentName: "Salaris", Description: "Salaris", CostCentre: "100", CostUnit: "A", Debit: 10},
			{Number: 2, Account: "40100", Component: 12, ComponentName: "Aof", Description: "Premie", CostCentre: "900", Debit: 5},
			{Number: 3, Account: "17100", Description: "Loonheffing", Credit: 16},
			{Number: 4, Account: "40000", Component: 7, Description: "Rest", Debit: 1},
		},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if j.Lines[0].Account != "4000" {
		t.Error("the journal that came in was changed")
	}
}

func TestUnknownAccountsComeAllAtOnce(t *testing.T) {
	j := Journal{Lines: []JournalLine{
		{Account: "4000"}, {Account: "4030", Component: 3, ComponentName: "Reiskosten"}, {Account: "1710"}, {Account: "4030", Component: 3}, {Component: 8},
	}}
	_, err := table().Book(j, Books{})
	var unknown UnknownAccounts
	if !errors.As(err, &unknown) {
		t.Fatalf("got %v", err)
	}
	want := UnknownAccounts{{Account: "4030", Component: 3, ComponentName: "Reiskosten", Lines: 2}, {Account: "1710", Lines: 1}, {Component: 8, Lines: 1}}
	if !reflect.DeepEqual(unknown, want) {
		t.Errorf("got %+v", unknown)
	}
	if text := `not in the account table: account "4030" component 3 "Reiskosten", lines: 2; account "1710", lines: 1; account "" component 8 "", lines: 1`; err.Error() != text {
		t.Errorf("got %s", err)
	}
}

func TestWrongAccountTablesAreRefused(t *testing.T) {
	to := LedgerAccount{Code: "1", Name: "A"}
	err := AccountTable{
		{Account: "4000", To: to}, {Account: "4000", To: to}, {To: to}, {Account: "4001"},
		{Account: "4002", To: LedgerAccount{Code: "1", Name: "B"}}, {Account: "4003", Component: -1, To: to},
	}.Check()
	for _, want := range []string{
		"row 2: account \"4000\" component 0 stands there twice", "row 3: it has neither", "row 4: the account it goes to lacks",
		"row 5: account \"1\" has another name or kind", "row 6: component -1",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	if _, err := (AccountTable{{To: to}}).Book(Journal{}, Books{}); err == nil {
		t.Error("a wrong table was used")
	}
}

func TestJournalsAreChecked(t *testing.T) {
	for _, c := range []struct {
		want  string
		lines []JournalLine
	}{
		{"", []JournalLine{{Number: 1, Debit: 2}, {Number: 2, Credit: 2}}},
		{"line 2: it has number 3", []JournalLine{{Number: 1}, {Number: 3}}},
		{"line 1: an amount is negative", []JournalLine{{Number: 1, Debit: -1}}},
		{"line 1: it has both", []JournalLine{{Number: 1, Debit: 1, Credit: 1}}},
		{"does not balance: debit 0.02, credit 0.00", []JournalLine{{Number: 1, Debit: 2}}},
		{"too large", []JournalLine{{Number: 1, Debit: 1 << 62}, {Number: 2, Debit: 1 << 62}, {Number: 3, Debit: 1 << 62}, {Number: 4, Debit: 1 << 62}}},
	} {
		err := Journal{Lines: c.lines}.Check()
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
}
