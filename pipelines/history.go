package pipelines

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"loket-etl/ledger"
	"loket-etl/payroll"
)

// window are the first and the last date on which a batch that is the same as
// one of this date may be that batch once more.
type window func(payroll.Date) (first, last payroll.Date)

// overTime has the ledger remember the payments of a run, in place of what it
// remembered of this entry before, and compares them with those of other entries.
// No finding is grave: whether it holds the run is for the pipeline to say. It
// must be asked before anything is published, and may be asked again.
//
// Payments without a date have that of their file. Dutch accounts are told apart
// by their ten digits, whether a file has them as IBAN or not, so that a change of
// format changes nobody's account.
func overTime(ctx context.Context, lease *ledger.Lease, werkgever string, run payroll.Run, same window) ([]payroll.Finding, error) {
	h := &history{lease: lease, werkgever: werkgever, run: run}
	if err := h.earned(); err != nil {
		return nil, fmt.Errorf("payments over time: %w", err)
	}
	if err := h.remember(ctx); err != nil {
		return nil, fmt.Errorf("payments over time: %w", err)
	}
	for _, ask := range []func(context.Context) error{
		func(ctx context.Context) error { return h.again(ctx, same) }, h.twice, h.accounts, h.newcomers,
	} {
		if err := ask(ctx); err != nil {
			return nil, fmt.Errorf("payments over time: %w", err)
		}
	}
	return h.found, nil
}

// history is what overTime knows while it asks.
type history struct {
	lease     *ledger.Lease
	werkgever string
	run       payroll.Run
	holders   map[string][]*holder // by account
	batches   []paidBatch
	found     []payroll.Finding
}

// holder is an earner on an account, with what he is still to be paid on it.
type holder struct {
	earner int // in run.Earners
	net    payroll.Cents
	paid   bool
}

// paidBatch is a batch as the ledger has it.
type paidBatch struct {
	date  payroll.Date
	total payroll.Cents
	who   []int32 // of each post, in run.Earners; -1: nobody knows
}

// accountText is an account as the ledger is told it.
func accountText(a payroll.Account) string {
	if number, ok := a.Digits(); ok {
		return number
	}
	return cmp.Or(a.IBAN.Text(), a.Number)
}

// earned puts the earners by account. Several may share one: then their net pay
// tells which post is whose.
func (h *history) earned() error {
	h.holders = make(map[string][]*holder, len(h.run.Earners))
	byID := make(map[string]*holder, len(h.run.Earners))
	for i, e := range h.run.Earners {
		p := &holder{earner: i}
		byID[e.Dienstverband] = p
		if e.IBAN != "" {
			at := accountText(payroll.Account{IBAN: e.IBAN})
			h.holders[at] = append(h.holders[at], p)
		}
	}
	if h.run.Results.Employments == nil {
		return nil
	}
	for e, err := range h.run.Results.Employments {
		if err != nil {
			return fmt.Errorf("loonresultaten: %w", err)
		}
		for _, period := range e.Periods {
			if p := byID[e.Dienstverband]; p != nil {
				p.net += period.Value(h.run.Net)
			}
		}
	}
	return nil
}

// owner is whose post this is; -1 when nobody knows.
func (h *history) owner(post payroll.Post) int32 {
	all := h.holders[accountText(post.Account)]
	if len(all) == 0 || post.Kind != payroll.Salary {
		return -1
	}
	i := slices.IndexFunc(all, func(p *holder) bool { return !p.paid && p.net == post.Amount })
	if i < 0 {
		i = slices.IndexFunc(all, func(p *holder) bool { return !p.paid })
	}
	best := all[max(i, 0)]
	best.paid = true
	return int32(best.earner)
}

func (h *history) remember(ctx context.Context) error {
	for _, file := range h.run.Payments {
		for _, b := range file.Batches {
			if b.Collect || b.Posts == nil {
				continue
			}
			paid := paidBatch{date: cmp.Or(b.Date, file.Created)}
			batch := ledger.PaidBatch{No: len(h.batches) + 1, Werkgever: h.werkgever, Date: int(paid.date)}
			if err := h.lease.Remember(ctx, batch, h.posts(b, &paid)); err != nil {
				return err
			}
			h.batches = append(h.batches, paid)
		}
	}
	return h.lease.Forget(ctx, len(h.batches))
}

func (h *history) posts(b payroll.PaymentBatch, paid *paidBatch) iter.Seq2[ledger.PaidPost, error] {
	return func(yield func(ledger.PaidPost, error) bool) {
		for post, err := range b.Posts {
			if err != nil {
				yield(ledger.PaidPost{}, err)
				return
			}
			who := h.owner(post)
			paid.who = append(paid.who, who)
			paid.total += post.Amount
			p := ledger.PaidPost{Account: accountText(post.Account), Amount: int64(post.Amount)}
			if who >= 0 {
				p.Payee = h.run.Earners[who].Dienstverband
			}
			if !yield(p, nil) {
				return
			}
		}
	}
}

func (h *history) say(code, repair, format string, args ...any) {
	h.found = append(h.found, payroll.Finding{Code: code, Message: fmt.Sprintf(format, args...), Repair: repair})
}

// again finds batches that went out, or may go out, once more.
func (h *history) again(ctx context.Context, same window) error {
	for i, b := range h.batches {
		first, last := payroll.Date(0), payroll.Date(9999_12_31)
		if b.date != 0 {
			first, last = same(b.date)
		}
		other, found, err := h.lease.SameBatch(ctx, i+1, int(first), int(last))
		if err != nil {
			return err
		}
		if found && len(b.who) > 0 {
			h.say("dubbele-batch", "Is dit een bewuste tweede betaling, geef hem dan vrij; wijs hem anders af.",
				"Nummer %d betaalt rond dezelfde datum ook %d posten van samen %s aan dezelfde rekeningen.", other, len(b.who), b.total.Dutch())
		}
	}
	return nil
}

func (h *history) twice(ctx context.Context) error {
	m, err := h.ask(ctx, ledger.SamePayment)
	if err != nil || m.posts == 0 {
		return err
	}
	h.say("dubbele-betaling", "Is dit een bewuste tweede betaling, geef hem dan vrij; wijs hem anders af.",
		"Dezelfde begunstigde krijgt hetzelfde bedrag op dezelfde datum ook in nummer %d: %d posten, samen %s%s.", m.other, m.posts, m.amount.Dutch(), m)
	return nil
}

func (h *history) accounts(ctx context.Context) error {
	m, err := h.ask(ctx, ledger.OtherAccount)
	if err != nil || m.posts == 0 {
		return err
	}
	h.say("rekening-gewijzigd", "Vraag deze medewerkers, niet per e-mail, of zij hun rekening hebben gewijzigd; geef de betaling daarna vrij.",
		"Posten naar een andere rekening dan bij de vorige betaling: %d, samen %s%s.", m.posts, m.amount.Dutch(), m)
	return nil
}

func (h *history) newcomers(ctx context.Context) error {
	if len(h.batches) == 0 {
		return nil
	}
	before, err := h.lease.PaidBefore(ctx, h.werkgever)
	if err != nil {
		return err
	}
	if !before {
		total, posts := payroll.Cents(0), 0
		for _, b := range h.batches {
			total += b.total
			posts += len(b.who)
		}
		if posts > 0 {
			h.say("eerste-run", "Controleer deze betalingen zelf: er is niets om ze mee te vergelijken.",
				"Voor deze werkgever is niet eerder betaald, of al lang niet meer; alle %d posten zijn nieuw, samen %s.", posts, total.Dutch())
		}
		return nil
	}
	m, err := h.ask(ctx, ledger.NewPayee)
	if err != nil || m.posts == 0 {
		return err
	}
	h.say("nieuwe-begunstigde", "Controleer of deze medewerkers en andere begunstigden bekend zijn; geef de betaling daarna vrij.",
		"Begunstigden die niet eerder zijn betaald: %d posten, samen %s%s.", m.posts, m.amount.Dutch(), m)
	return nil
}

// maxPeople is how many employees a finding names.
const maxPeople = 10

// matched is what the posts of one question come to.
type matched struct {
	posts  int
	amount payroll.Cents
	other  ledger.ID        // the newest
	named  []payroll.Earner // the first of them
	more   int              // earners that are not named
	nobody int              // posts of which nobody knows whose they are
}

func (h *history) ask(ctx context.Context, q ledger.Question) (matched, error) {
	m, seen := matched{}, map[int32]bool{}
	for p, err := range h.lease.Earlier(ctx, q) {
		if err != nil {
			return m, err
		}
		m.posts++
		m.amount += payroll.Cents(p.Amount)
		m.other = max(m.other, p.Other)
		who := h.batches[p.Batch-1].who[p.No-1]
		switch {
		case who < 0:
			m.nobody++
		case seen[who]:
		case len(m.named) < maxPeople:
			m.named = append(m.named, h.run.Earners[who])
		default:
			m.more++
		}
		seen[who] = true
	}
	return m, nil
}

// String names who they are, with what goes before it; "" for nobody.
func (m matched) String() string {
	var all []string
	if len(m.named) > 0 {
		text := numbers(m.named)
		if m.more > 0 {
			text += fmt.Sprintf(" en nog %d", m.more)
		}
		all = append(all, text)
	}
	if m.nobody > 0 {
		all = append(all, fmt.Sprintf("posten aan anderen dan medewerkers: %d", m.nobody))
	}
	if all == nil {
		return ""
	}
	return " (" + strings.Join(all, "; ") + ")"
}

// numbers names earners as Label does, with the words before the number once.
func numbers(who []payroll.Earner) string {
	var b strings.Builder
	last := ""
	for i, e := range who {
		label := e.Label()
		cut := strings.LastIndexByte(label, ' ') + 1
		words, number := label[:cut], label[cut:]
		if i > 0 {
			b.WriteString(", ")
		}
		if words != last {
			b.WriteString(words)
		}
		b.WriteString(number)
		last = words
	}
	return b.String()
}
