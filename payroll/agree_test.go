package payroll

import (
	"errors"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// The earners of the tests: 1 and 2 alone on their account, 3 and 4 share one, 5
// has no pay in this run and 6 has an account abroad.
var earners = []Earner{
	{Dienstverband: "d1", PersnrVerl: 1, IBAN: "NL91ABNA0417164300"},
	{Dienstverband: "d2", PersnrVerl: 2, IBAN: "NL39RABO0300065264"},
	{Dienstverband: "d3", PersnrVerl: 3, IBAN: "NL02ABNA0123456789"},
	{Dienstverband: "d4", PersnrVerl: 4, IBAN: "NL02ABNA0123456789"},
	{Dienstverband: "d5", Persnr: 1005, IBAN: "NL20INGB0001234567"},
	{Dienstverband: "d6", PersnrVerl: 6, IBAN: "DE89370400440532013000"},
}

const thief = IBAN("NL86INGB0002445588")

// folder is a run whose parts a test may change before it is checked.
type folder struct {
	posts []Post
	nets  []Cents // by earner
	lines []JournalLine
	run   Run
}

func newFolder() *folder {
	f := &folder{
		nets:  []Cents{1000_00, 2000_00, 300_00, 400_00, 0, 600_00},
		lines: []JournalLine{{Number: 1, Account: "4000", Debit: 4300_00}, {Number: 2, Account: "1710", Component: 930, Credit: 4300_00}},
		run:   Run{Net: 930, Payable: []string{"1710"}, Earners: slices.Clone(earners)},
	}
	for i, net := range f.nets {
		if net > 0 {
			f.posts = append(f.posts, Post{Amount: net, Account: Account{IBAN: earners[i].IBAN}, Name: "Jansen"})
		}
	}
	return f
}

// national leaves out what Clieop03 has no room for.
func (f *folder) national() *folder {
	f.posts = slices.DeleteFunc(f.posts, func(p Post) bool { return p.Account.IBAN[:2] != "NL" })
	for i, p := range f.posts {
		number, _ := p.Account.IBAN.Account()
		f.posts[i].Account = Account{Number: number}
	}
	f.nets[5] = 0
	f.lines[0].Debit, f.lines[1].Credit = 3700_00, 3700_00
	return f
}

func (f *folder) check() ([]Finding, error) {
	var all []EmploymentResults
	for i, net := range f.nets {
		// The net pay of two periods: of this one and of a correction.
		e := EmploymentResults{Dienstverband: earners[i].Dienstverband, Persnr: earners[i].Persnr, PersnrVerl: earners[i].PersnrVerl, Name: "Jansen"}
		for _, value := range []Cents{net + 50, -50} {
			e.Periods = append(e.Periods, PeriodResults{Slips: []Slip{{Components: []ComponentResult{{Number: 930, Value: value}, {Number: 910, Value: 99999}}}}})
		}
		all = append(all, e)
	}
	f.run.Results.Employments = All(all)
	f.run.Journal.Lines = f.lines
	if f.run.Payments == nil {
		f.run.Payments = []Payments{{Batches: []PaymentBatch{{Posts: All(f.posts)}}}}
	}
	return f.run.Check()
}

func codes(found []Finding) string {
	var all []string
	for _, f := range found {
		code := f.Code
		if !f.Grave {
			code += "?"
		}
		all = append(all, code)
	}
	return strings.Join(all, " ")
}

func TestDocumentsOfOneRunAgree(t *testing.T) {
	for name, f := range map[string]*folder{"pain.001": newFolder(), "clieop03": newFolder().national()} {
		if found, err := f.check(); err != nil || len(found) != 0 {
			t.Errorf("%s: %+v, %v", name, found, err)
		}
	}
}

func TestEachFaultOfARunHasItsCode(t *testing.T) {
	for name, tt := range map[string]struct {
		spoil func(f *folder)
		want  string
	}{
		"amount tampered with": {func(f *folder) { f.posts[1].Amount += 100 }, "som-betalingen bedrag-per-rekening"},
		"cents moved from one to another": {func(f *folder) {
			f.posts[0].Amount -= 1
			f.posts[1].Amount += 1
		}, "bedrag-per-rekening"},
		"payee dropped": {func(f *folder) { f.posts = f.posts[1:] }, "som-betalingen niet-betaald aantal-betalingen"},
		"payee dropped, another paid his salary": {func(f *folder) {
			f.posts[1].Amount += f.posts[0].Amount
			f.posts = f.posts[1:]
		}, "niet-betaald bedrag-per-rekening aantal-betalingen"},
		"accounts swapped": {func(f *folder) {
			f.posts[0].Account, f.posts[1].Account = f.posts[1].Account, f.posts[0].Account
		}, "rekeningen-verwisseld"},
		"account of a stranger":               {func(f *folder) { f.posts[0].Account = Account{IBAN: thief} }, "rekening-onbekend niet-betaald"},
		"account of somebody who earned none": {func(f *folder) { f.posts[0].Account = Account{IBAN: earners[4].IBAN} }, "niet-betaald bedrag-per-rekening"},
		"account as nobody has it in Loket":   {func(f *folder) { f.run.Earners[0].IBAN = thief }, "rekening-onbekend niet-betaald"},
		"one salary twice": {func(f *folder) { f.posts = append(f.posts, f.posts[0]) },
			"som-betalingen dubbel-betaald aantal-betalingen"},
		"the whole file twice": {func(f *folder) {
			one := Payments{Batches: []PaymentBatch{{Posts: All(f.posts)}}}
			f.run.Payments = []Payments{one, one}
		}, "som-betalingen dubbel-betaald aantal-betalingen"},
		"no payments at all": {func(f *folder) { f.posts = nil }, "som-betalingen niet-betaald aantal-betalingen"},
		"journal out of balance": {func(f *folder) { f.lines[0].Debit++ },
			"journaal-uit-balans"},
		"journal balanced on another net":  {func(f *folder) { f.lines[0].Debit++; f.lines[1].Credit++ }, "som-journaal"},
		"journal without payable":          {func(f *folder) { f.lines[1].Account = "1700" }, "som-journaal"},
		"journal line on both sides":       {func(f *folder) { f.lines[0].Credit, f.lines[0].Debit = 10, 4300_10 }, "journaal-regel"},
		"results and journal of two runs":  {func(f *folder) { f.run.Results.Run, f.run.Journal.Run = "a", "b" }, "andere-run"},
		"results and journal of two firms": {func(f *folder) { f.run.Results.WerkgeverID, f.run.Journal.WerkgeverID = 1, 2 }, "andere-run"},
		"a net of another amount":          {func(f *folder) { f.nets[0] += 5 }, "som-betalingen som-journaal bedrag-per-rekening"},
		"wrong component":                  {func(f *folder) { f.run.Net = 931 }, "netto-ontbreekt som-betalingen som-journaal bedrag-per-rekening aantal-betalingen"},
		"earner without an account":        {func(f *folder) { f.run.Earners[0].IBAN = "" }, "begunstigde-zonder-iban rekening-onbekend"},
		"earner that Loket does not list":  {func(f *folder) { f.run.Earners = f.run.Earners[1:] }, "dienstverband-onbekend rekening-onbekend"},
		"post of nothing":                  {func(f *folder) { f.posts = append(f.posts, Post{Account: f.posts[0].Account}) }, "bedrag-niet-positief aantal-betalingen?"},
		"post below zero":                  {func(f *folder) { f.posts = append(f.posts, Post{Amount: -1, Account: Account{IBAN: thief}}) }, "som-betalingen bedrag-niet-positief rekening-onbekend aantal-betalingen"},
		"a creditor among them": {func(f *folder) {
			f.posts = append(f.posts, Post{Kind: Creditor, Amount: 9, Account: Account{IBAN: thief}})
		}, "andere-betalingen?"},
		"a salary disguised as a creditor's": {func(f *folder) { f.posts[0].Kind = Creditor }, "som-betalingen andere-betalingen? niet-betaald aantal-betalingen"},
		"a direct debit among them": {func(f *folder) {
			f.posts = append(f.posts, Post{Kind: Debit, Amount: 9, Account: Account{IBAN: thief}})
		}, "incasso"},
		"a batch of direct debits": {func(f *folder) {
			f.run.Payments = []Payments{{Batches: []PaymentBatch{{Posts: All(f.posts)}, {Collect: true, Posts: All(f.posts[:1])}, {}}}}
		}, "incasso"},
		"one post for two employments of one account": {func(f *folder) {
			f.posts[2].Amount += f.posts[3].Amount
			f.posts = slices.Delete(f.posts, 3, 4)
		}, "aantal-betalingen?"},
		"somebody who owes": {func(f *folder) { f.nets[4] = -20_00; f.lines[0].Debit -= 20_00; f.lines[1].Credit -= 20_00 }, "netto-negatief?"},
		"amounts that overflow": {func(f *folder) {
			big := Post{Amount: 1 << 62, Account: f.posts[0].Account}
			f.posts = append(f.posts, big, big, big, big)
		}, "bedrag-te-groot"},
		"results that overflow":  {func(f *folder) { f.nets[0], f.nets[1] = 1e17, 1e17 }, "bedrag-te-groot"},
		"journal that overflows": {func(f *folder) { f.lines[0].Debit = 1 << 62 }, "bedrag-te-groot"},
	} {
		f := newFolder()
		tt.spoil(f)
		found, err := f.check()
		if got := codes(found); err != nil || got != tt.want {
			t.Errorf("%s: got %s, %v\nwant %s\n%+v", name, got, err, tt.want, found)
		}
		for _, x := range found {
			said := x.Message + x.Repair
			if x.Message == "" || x.Repair == "" || strings.Contains(said, "Jansen") || strings.Contains(said, "ABNA") || strings.Contains(said, "0002445588") {
				t.Errorf("%s: it says %q, %q", name, x.Message, x.Repair)
			}
		}
	}
}

func TestFaultsAreFoundByTheDigitsOfAnAccount(t *testing.T) {
	for name, tt := range map[string]struct {
		spoil func(f *folder)
		want  string
	}{
		"swapped":   {func(f *folder) { f.posts[0].Account, f.posts[1].Account = f.posts[1].Account, f.posts[0].Account }, "rekeningen-verwisseld"},
		"stranger":  {func(f *folder) { f.posts[0].Account.Number = "0002445588" }, "rekening-onbekend niet-betaald"},
		"dropped":   {func(f *folder) { f.posts = f.posts[:3] }, "som-betalingen bedrag-per-rekening aantal-betalingen"},
		"no number": {func(f *folder) { f.posts[0].Account.Number = "" }, "rekening-onbekend niet-betaald"},
		"no IBAN": {func(f *folder) {
			f.nets[4] = 10
			f.run.Earners[4].IBAN = ""
			f.lines[0].Debit += 10
			f.lines[1].Credit += 10
		}, "som-betalingen begunstigde-zonder-iban? aantal-betalingen"},
		"two banks": {func(f *folder) { f.run.Earners[1].IBAN = "NL25RABO0417164300" }, "rekening-onbekend niet-betaald"},
	} {
		f := newFolder().national()
		tt.spoil(f)
		found, err := f.check()
		if got := codes(found); err != nil || got != tt.want {
			t.Errorf("%s: got %s, %v\nwant %s\n%+v", name, got, err, tt.want, found)
		}
	}
}

func TestAFindingNamesNumbersAndAmounts(t *testing.T) {
	f := newFolder()
	f.posts[0].Amount, f.posts[2].Amount = 1234_50, 1_00
	f.posts = append(f.posts, Post{Amount: 5, Account: Account{IBAN: thief}})
	found, err := f.check()
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for _, x := range found {
		got.WriteString(x.Message + "\n")
	}
	want := `De betalingen tellen op tot 4.235,55 en het nettoloon in de loonresultaten tot 4.300,00: een verschil van -64,45.
Posten naar een rekening die geen medewerker heeft: 1, samen 0,05 (rekening ***************588).
Wat op een rekening komt is niet het nettoloon: personeelsnummer verloning 1 (netto 1.000,00, betaald 1.234,50), personeelsnummer verloning 3 en personeelsnummer verloning 4 (netto 700,00, betaald 401,00).
Er zijn 6 salarisposten en 5 loonstroken met nettoloon.
`
	if got.String() != want {
		t.Errorf("got\n%s\nwant\n%s", got.String(), want)
	}
}

func TestMessagesStayShort(t *testing.T) {
	f := newFolder()
	f.run.Earners, f.run.Payments = nil, nil
	for range 40 {
		f.posts = append(f.posts, Post{Amount: 1, Account: Account{IBAN: thief}})
	}
	found, err := f.check()
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range found {
		if len(x.Message) > 600 {
			t.Errorf("%d bytes: %s", len(x.Message), x.Message)
		}
		if x.Code == "rekening-onbekend" && !strings.HasSuffix(x.Message, " en nog 35).") {
			t.Error(x.Message)
		}
	}
}

func TestARunThatCannotBeReadIsAnError(t *testing.T) {
	for name, tt := range map[string]struct {
		spoil func(r *Run)
		want  error
	}{
		"payments fail":      {func(r *Run) { r.Payments = []Payments{{Batches: []PaymentBatch{{Posts: failing[Post]}}}} }, io.ErrUnexpectedEOF},
		"results fail":       {func(r *Run) { r.Results.Employments = failing[EmploymentResults] }, io.ErrUnexpectedEOF},
		"no component":       {func(r *Run) { r.Net = 0 }, nil},
		"no payable account": {func(r *Run) { r.Payable = nil }, nil},
		"an earner twice":    {func(r *Run) { r.Earners = append(r.Earners, r.Earners[0]) }, nil},
	} {
		r := newFolder().run
		tt.spoil(&r)
		found, err := r.Check()
		if err == nil || found != nil || tt.want != nil && !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, %v", name, found, err)
		}
	}
	if found, err := newFolder().run.Check(); err != nil || len(found) != 0 { // nothing earned, nothing paid, nothing booked
		t.Errorf("an empty run: %v, %v", found, err)
	}
}

// TestNoSingleChangeGoesUnseen changes one thing about the posts of a random run
// and wants a grave finding, unless everybody still gets his net pay.
func TestNoSingleChangeGoesUnseen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var all []EmploymentResults
		var posts []Post
		r := Run{Net: 930, Payable: []string{"1710"}}
		sum := Cents(0)
		for i := range rapid.IntRange(1, 12).Draw(t, "people") {
			digits := rapid.SampledFrom([]string{"0000000001", "0000000002", "0000000003", "0000000004", "0000000005"}).Draw(t, "account")
			net := Cents(rapid.IntRange(0, 3).Draw(t, "net"))
			e := Earner{Dienstverband: strconv.Itoa(i), PersnrVerl: i + 1, IBAN: IBAN("NL00TEST" + digits)}
			r.Earners = append(r.Earners, e)
			all = append(all, EmploymentResults{Dienstverband: e.Dienstverband, Periods: []PeriodResults{{Slips: []Slip{{Components: []ComponentResult{{Number: 930, Value: net}}}}}}})
			if net > 0 {
				posts = append(posts, Post{Amount: net, Account: Account{Number: digits}})
			}
			sum += net
		}
		r.Results.Employments = All(all)
		r.Journal.Lines = []JournalLine{{Account: "4000", Debit: sum}, {Account: "1710", Credit: sum}}
		before := gets(posts)
		posts = rapid.SampledFrom([]func(*rapid.T, []Post) []Post{leave, dropOne, addOne, changeOne, moveOne, moveCents}).Draw(t, "change")(t, posts)
		r.Payments = []Payments{{Batches: []PaymentBatch{{Posts: All(posts)}}}}
		found, err := r.Check()
		if err != nil {
			t.Fatal(err)
		}
		grave := slices.ContainsFunc(found, func(f Finding) bool { return f.Grave })
		if grave == maps.Equal(before, gets(posts)) {
			t.Fatalf("grave is %v: %v, %v becomes %v", grave, found, before, gets(posts))
		}
	})
}

// gets is what comes on each account.
func gets(posts []Post) map[string]Cents {
	sums := map[string]Cents{}
	for _, p := range posts {
		sums[p.Account.Number] += p.Amount
	}
	return sums
}

func pick(t *rapid.T, posts []Post) int { return rapid.IntRange(0, len(posts)-1).Draw(t, "post") }

func leave(_ *rapid.T, p []Post) []Post { return p }

func dropOne(t *rapid.T, p []Post) []Post {
	if len(p) > 0 {
		i := pick(t, p)
		p = slices.Delete(p, i, i+1)
	}
	return p
}

func addOne(t *rapid.T, p []Post) []Post {
	if len(p) > 0 {
		p = append(p, p[pick(t, p)])
	}
	return p
}

func changeOne(t *rapid.T, p []Post) []Post {
	if len(p) > 0 {
		p[pick(t, p)].Amount += Cents(rapid.IntRange(1, 5).Draw(t, "more"))
	}
	return p
}

func moveOne(t *rapid.T, p []Post) []Post {
	if len(p) > 0 {
		i, j := pick(t, p), pick(t, p)
		p[i].Account, p[j].Account = p[j].Account, p[i].Account
	}
	return p
}

func moveCents(t *rapid.T, p []Post) []Post {
	if len(p) > 0 {
		if i, j := pick(t, p), pick(t, p); p[i].Amount > 1 {
			p[i].Amount--
			p[j].Amount++
		}
	}
	return p
}
