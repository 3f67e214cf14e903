package payroll

import (
	"errors"
	"fmt"
)

// Finding is something about the documents of a run that a person must know.
type Finding struct {
	Code    string // stable, for rules and programs: "som-betalingen"
	Grave   bool   // must never be published; else a person may let it pass
	Message string // Dutch, with numbers of employees and amounts, never with names or whole accounts
	Repair  string // Dutch, what to do
}

// Earner is an employment that may be paid, as Loket has it now.
type Earner struct {
	Dienstverband string // DataIdentity
	Persnr        int
	PersnrVerl    int  // 0: not known
	IBAN          IBAN // empty: none is known
}

// Run is all that was fetched of one approved run, to be held against itself.
type Run struct {
	Payments []Payments // every file once
	Results  Results
	Journal  Journal // as Loket books it, not yet on the accounts of a package
	Earners  []Earner
	Net      int      // number of the component of net pay
	Payable  []string // ledger accounts that Journal books net pay on
}

// errHuge stops adding up before an int64 overflows.
var errHuge = errors.New("the amounts are too large to add up")

// Check holds the documents of the run against each other and names everything
// that does not agree, the same findings in the same order every time; none when
// a bank may have the payments. Salaries are compared per account: by IBAN, or by
// the ten digits of a Dutch one where the file has no more. Memory grows with the
// earners only; the sequences are ranged once.
//
// An error says that a document could not be read to its end, or that the run
// was not filled in; then nothing was checked.
func (r Run) Check() ([]Finding, error) {
	if r.Net <= 0 || len(r.Payable) == 0 {
		return nil, errors.New("check run: the component of net pay, or its ledger accounts, are not given")
	}
	a, err := newAudit(r)
	if err == nil {
		err = a.results()
	}
	if err == nil {
		err = a.payments()
	}
	if err == nil {
		err = a.journal()
	}
	switch {
	case errors.Is(err, errHuge):
		return []Finding{{
			Code: "bedrag-te-groot", Grave: true,
			Message: "In een van de documenten staan bedragen die te groot zijn om op te tellen.",
			Repair:  again,
		}}, nil
	case err != nil:
		return nil, fmt.Errorf("check run: %w", err)
	}
	a.identity()
	a.totals()
	a.accounts()
	return a.found, nil
}

// again is what helps against nearly everything that is wrong inside a run.
const again = "Publiceer dit niet. Haal de run opnieuw op; blijft het verschil, laat de run in Loket nakijken."

// audit is what the documents say, added up.
type audit struct {
	run      Run
	byIBAN   map[IBAN]*place
	byNumber map[string]*place // nil: more than one account has these digits
	earner   map[string]int    // index in run.Earners by Dienstverband
	places   []*place          // in the order of the earners
	volume   Cents             // of all amounts without their sign

	paid, net, payable  Cents // net: only what is to be paid out
	netAll              Cents
	posts, slips        int
	hasNet, iban        bool // the component occurs; a post has an IBAN
	debit, credit       Cents
	wrongLines          []int
	payableLines        int
	strange             accountList // posts to accounts that no earner has
	notPositive, others tally
	collected           tally
	unknown, noIBAN     people
	negative            people
	found               []Finding
}

// place is an account of one or more earners.
type place struct {
	earners   []int // those with pay
	due, paid Cents
	posts     int
}

// tally is a number of posts and their sum.
type tally struct {
	n      int
	amount Cents
}

func newAudit(r Run) (*audit, error) {
	a := &audit{
		run: r, byIBAN: make(map[IBAN]*place, len(r.Earners)), byNumber: make(map[string]*place, len(r.Earners)),
		earner: make(map[string]int, len(r.Earners)),
	}
	for i, e := range r.Earners {
		if _, twice := a.earner[e.Dienstverband]; twice {
			return nil, fmt.Errorf("dienstverband %s is there twice", e.Dienstverband)
		}
		a.earner[e.Dienstverband] = i
		if e.IBAN == "" || a.byIBAN[e.IBAN] != nil {
			continue
		}
		p := &place{}
		a.byIBAN[e.IBAN] = p
		a.places = append(a.places, p)
		if number, ok := e.IBAN.Account(); ok {
			if _, taken := a.byNumber[number]; taken {
				p = nil
			}
			a.byNumber[number] = p
		}
	}
	return a, nil
}

func (a *audit) find(at Account) *place {
	if at.IBAN != "" {
		return a.byIBAN[at.IBAN]
	}
	return a.byNumber[at.Number]
}

// weigh refuses amounts that sums of them could overflow.
func (a *audit) weigh(amount Cents) error {
	if amount > maxBooked || amount < -maxBooked {
		return errHuge
	}
	if a.volume += max(amount, -amount); a.volume > maxBooked {
		return errHuge
	}
	return nil
}

func (a *audit) results() error {
	if a.run.Results.Employments == nil {
		return nil
	}
	for e, err := range a.run.Results.Employments {
		if err != nil {
			return fmt.Errorf("loonresultaten: %w", err)
		}
		net := Cents(0)
		for _, p := range e.Periods {
			for _, s := range p.Slips {
				for _, c := range s.Components {
					if c.Number != a.run.Net {
						continue
					}
					a.hasNet = true
					if err := a.weigh(c.Value); err != nil {
						return err
					}
					net += c.Value
				}
			}
		}
		a.employment(e, net)
	}
	return nil
}

func (a *audit) employment(e EmploymentResults, net Cents) {
	a.netAll += net
	who := Earner{Persnr: e.Persnr, PersnrVerl: e.PersnrVerl}
	if net < 0 {
		a.negative.add(who, net)
	}
	if net <= 0 {
		return
	}
	a.net += net
	a.slips++
	i, ok := a.earner[e.Dienstverband]
	switch {
	case !ok:
		a.unknown.add(who, net)
	case a.run.Earners[i].IBAN == "":
		a.noIBAN.add(who, net)
	default:
		p := a.byIBAN[a.run.Earners[i].IBAN]
		p.earners = append(p.earners, i)
		p.due += net
	}
}

func (a *audit) payments() error {
	for i, file := range a.run.Payments {
		for _, b := range file.Batches {
			if b.Posts == nil {
				continue
			}
			for post, err := range b.Posts {
				if err == nil {
					err = a.weigh(post.Amount)
				}
				if err != nil {
					return fmt.Errorf("payments %d: batch %d: %w", i+1, b.Number, err)
				}
				a.post(b, post)
			}
		}
	}
	return nil
}

func (a *audit) post(b PaymentBatch, post Post) {
	a.iban = a.iban || post.Account.IBAN != ""
	if post.Amount <= 0 {
		a.notPositive.add(post.Amount)
	}
	switch {
	case b.Collect || post.Kind == Debit:
		a.collected.add(post.Amount)
		return
	case post.Kind != Salary:
		a.others.add(post.Amount)
		return
	}
	a.paid += post.Amount
	a.posts++
	p := a.find(post.Account)
	if p == nil {
		a.strange.add(post)
		return
	}
	p.paid += post.Amount
	p.posts++
}

func (t *tally) add(amount Cents) {
	t.n++
	t.amount += amount
}

func (a *audit) journal() error {
	payable := map[string]bool{}
	for _, account := range a.run.Payable {
		payable[account] = true
	}
	for i, l := range a.run.Journal.Lines {
		for _, amount := range []Cents{l.Debit, l.Credit} {
			if err := a.weigh(amount); err != nil {
				return err
			}
		}
		if l.check() != nil {
			a.wrongLines = append(a.wrongLines, i+1)
		}
		a.debit += l.Debit
		a.credit += l.Credit
		if payable[l.Account] {
			a.payable -= l.Signed()
			a.payableLines++
		}
	}
	return nil
}
