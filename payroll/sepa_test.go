package payroll

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func clieop(posts ...Post) Payments {
	return Payments{
		Created: 20261023, Sender: "01001", FileID: "2301",
		Batches: []PaymentBatch{{
			Number: 1, Account: Account{Number: "0123456789"}, Name: "Voorbeeld BV", Date: 20261025, Descriptions: []string{"Loon oktober"}, Posts: All(posts),
		}},
	}
}

func known(number string) (Payee, bool) {
	p, ok := map[string]Payee{
		"0123456789": {IBAN: "NL02ABNA0123456789", Name: "Voorbeeld BV"},
		"0300065264": {IBAN: "NL39RABO0300065264", Name: "A. de Tester"},
		"1415253846": {IBAN: "NL03TRIO1415253846"},
	}[number]
	return p, ok
}

func TestSEPASplitsAndCompletes(t *testing.T) {
	p := clieop(
		Post{Amount: 1, Account: Account{Number: "0300065264"}, Reference: "PERSNR 17", Descriptions: []string{"Strook 1"}},
		Post{Kind: Creditor, Amount: 2, Account: Account{Number: "1415253846"}, Name: "Invorderaar", Reference: "1234567890123456"},
		Post{Amount: 3, Account: Account{Number: "1415253846"}, Name: "B. Voorbeeld"},
	)
	got, lost, err := SEPA{BIC: "ABNANL2A", Date: 20261026, Payee: known}.Convert(p)
	if err != nil || lost != 1 {
		t.Fatalf("lost %d, %v", lost, err)
	}
	var posts [][]Post
	for i := range got.Batches {
		all, err := Collect(got.Batches[i].Posts)
		if err != nil {
			t.Fatal(err)
		}
		posts = append(posts, all)
		got.Batches[i].Posts = nil
	}
	own := Account{IBAN: "NL02ABNA0123456789", Number: "0123456789"}
	want := Payments{
		Created: 20261023, Sender: "01001", FileID: "2301", MessageID: "01001-20261023-2301", Initiator: "Voorbeeld BV",
		Batches: []PaymentBatch{
			{Number: 1, ID: "01001-20261023-2301-1", Account: own, BIC: "ABNANL2A", Booking: BookingBatch, Name: "Voorbeeld BV", Date: 20261026},
			{Number: 2, ID: "01001-20261023-2301-2", Account: own, BIC: "ABNANL2A", Name: "Voorbeeld BV", Date: 20261026},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	tester, trio := Account{IBAN: "NL39RABO0300065264", Number: "0300065264"}, Account{IBAN: "NL03TRIO1415253846", Number: "1415253846"}
	if diff := cmp.Diff([][]Post{
		{
			{Amount: 1, Account: tester, Name: "A. de Tester", Descriptions: []string{"PERSNR 17", "Loon oktober", "Strook 1"}, EndToEnd: "01001-20261023-2301-1-000001"},
			{Amount: 3, Account: trio, Name: "B. Voorbeeld", Descriptions: []string{"Loon oktober"}, EndToEnd: "01001-20261023-2301-1-000003"},
		},
		{{Kind: Creditor, Amount: 2, Account: trio, Name: "Invorderaar", Reference: "1234567890123456", EndToEnd: "01001-20261023-2301-2-000002"}},
	}, posts); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	before, err := p.Totals()
	if err != nil {
		t.Fatal(err)
	}
	if after, err := (Payments{Batches: []PaymentBatch{{Account: own, Posts: All(posts[0])}, {Account: own, Posts: All(posts[1])}}}).Totals(); err != nil || after != before {
		t.Errorf("totals %+v became %+v, %v", before, after, err)
	}
}

func TestSEPANamesThePostsThatLackSomething(t *testing.T) {
	p := clieop(
		Post{Amount: 1, Account: Account{Number: "0300065264"}},
		Post{Amount: 1, Account: Account{Number: "1415253846"}},
		Post{Amount: 1, Account: Account{Number: "1112223339"}, Name: "C. Onbekend"},
	)
	p.Batches[0].Account.Number = "1314243675"
	_, _, err := SEPA{Payee: known}.Convert(p)
	var missing *Missing
	if !errors.As(err, &missing) {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{
		"batch 1: the principal has no IBAN",
		"batch 1: no IBAN is known of the payee of post 3",
		"batch 1: no name is known of the payee of post 2",
	}, missing.Problems); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	_, _, err = SEPA{}.Convert(clieop(make([]Post, 60)...))
	if !errors.As(err, &missing) || len(missing.Problems) != 3 || len(missing.Problems[1]) > 300 {
		t.Errorf("60 posts: %v", err)
	}
}

func TestSEPARefusesDirectDebits(t *testing.T) {
	p := clieop(Post{Kind: Debit, Amount: 1})
	p.Batches[0].Collect = true
	if _, _, err := (SEPA{}).Convert(p); err == nil || err.Error() != "batch 1: direct debits are no credit transfers" {
		t.Error(err)
	}
}
