package ledger

import (
	"context"
	"fmt"
	"iter"
)

// Question is what a payment may have in common with earlier ones.
type Question string

const (
	// SamePayment: another entry, older or newer, pays this payee the same amount
	// on the same date.
	SamePayment Question = "same payment"
	// OtherAccount: an older entry that was carried out paid this payee, and the
	// last one that did so paid him on no account of this post.
	OtherAccount Question = "other account"
	// NewPayee: no older entry that was carried out paid this payee, of this Werkgever.
	NewPayee Question = "new payee"
)

// PaidMatch is a remembered post that a Question is about.
type PaidMatch struct {
	Batch, No int // of Remember
	Amount    int64
	Date      int
	Other     ID // the newest other entry; 0 for NewPayee
}

// A payment may be made, or be made still, by any entry but one that was given
// up before anything of it was sent.
const (
	given = `(SELECT b.entry_id FROM paid_batches b JOIN entries e ON e.id = b.entry_id
		WHERE e.outcome IN ('dismissed', 'refused', 'duplicate') AND NOT EXISTS (SELECT 1 FROM lines l
			WHERE l.entry_id = e.id AND l.plan = e.plan AND l.state IN ('done', 'sending', 'unknown'))
		AND NOT EXISTS (SELECT 1 FROM outputs x WHERE x.entry_id = e.id AND x.pays <> '' AND x.state <> 'dropped'))`
	carried = `(SELECT b.entry_id FROM paid_batches b JOIN entries e ON e.id = b.entry_id
		WHERE e.state IN ('delivered', 'settled') AND e.outcome NOT IN ('dismissed', 'refused', 'duplicate'))`
	lastCarried = `SELECT o.entry_id FROM paid_posts o
		WHERE o.payee = m.payee AND o.entry_id < m.entry_id AND o.entry_id IN ` + carried + ` ORDER BY o.entry_id DESC LIMIT 1`
)

// questions are the posts m of this entry with the entry they match, NULL when
// they do not.
var questions = map[Question]string{
	SamePayment: `(SELECT o.entry_id FROM paid_posts o WHERE o.payee = m.payee AND o.amount = m.amount AND o.date = m.date
		AND o.entry_id <> m.entry_id AND o.entry_id NOT IN ` + given + ` ORDER BY o.entry_id DESC LIMIT 1)`,
	OtherAccount: `(SELECT a.entry_id FROM paid_posts a WHERE a.payee = m.payee AND a.entry_id = (` + lastCarried + `)
		AND NOT EXISTS (SELECT 1 FROM paid_posts s WHERE s.payee = m.payee AND s.entry_id = a.entry_id AND s.account = m.account) LIMIT 1)`,
	NewPayee: `(CASE WHEN EXISTS (` + lastCarried + `) THEN NULL ELSE 0 END)`,
}

// Earlier streams the posts that this entry remembered and that the question is
// about, in the order of batch and number. Entries that were dismissed or refused
// before anything was sent do not count, nor does this entry itself.
func (s *Lease) Earlier(ctx context.Context, q Question) iter.Seq2[PaidMatch, error] {
	return func(yield func(PaidMatch, error) bool) {
		id := s.Entry().ID
		fail := func(err error) { yield(PaidMatch{}, fmt.Errorf("entry %d: %s: %w", id, q, err)) }
		rs, err := s.ledger.store.Query(ctx, `SELECT batch, no, amount, date, other FROM (
			SELECT m.batch, m.no, m.amount, m.date, `+questions[q]+` AS other FROM paid_posts m WHERE m.entry_id = $1
			) found WHERE other IS NOT NULL ORDER BY batch, no`, id)
		if err != nil {
			fail(err)
			return
		}
		defer rs.Close()
		for rs.Next() {
			var m PaidMatch
			if err := rs.Scan(&m.Batch, &m.No, &m.Amount, &m.Date, &m.Other); err != nil {
				fail(err)
				return
			}
			if !yield(m, nil) {
				return
			}
		}
		if err := rs.Err(); err != nil {
			fail(err)
		}
	}
}

// SameBatch is the newest other entry with a whole batch of the same number of
// posts to the same accounts with the same total as batch no of this one, on a
// date from first to last; false when there is none. Entries count as in Earlier.
func (s *Lease) SameBatch(ctx context.Context, no, first, last int) (other ID, found bool, err error) {
	id := s.Entry().ID
	err = s.ledger.store.QueryRow(ctx, `SELECT COALESCE(max(o.entry_id), 0) FROM paid_batches m JOIN paid_batches o
		ON o.whole = TRUE AND o.total = m.total AND o.posts = m.posts AND o.accounts = m.accounts AND o.entry_id <> m.entry_id
		WHERE m.entry_id = $1 AND m.no = $2 AND m.whole = TRUE AND o.date >= $3 AND o.date <= $4 AND o.entry_id NOT IN `+given,
		id, no, first, last).Scan(&other)
	if err != nil {
		return 0, false, fmt.Errorf("entry %d: same batch as %d: %w", id, no, err)
	}
	return other, other != 0, nil
}

// PaidBefore says whether an older entry that was carried out paid for this
// Werkgever: else all its payees are new.
func (s *Lease) PaidBefore(ctx context.Context, werkgever string) (paid bool, err error) {
	id := s.Entry().ID
	err = s.ledger.store.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM paid_batches o WHERE o.werkgever = $1 AND o.entry_id < $2 AND o.entry_id IN "+carried+")",
		werkgever, id).Scan(&paid)
	if err != nil {
		return false, fmt.Errorf("entry %d: paid before: %w", id, err)
	}
	return paid, nil
}

// forgetOld forgets batches of settled entries that were remembered before a time.
func (l *Ledger) forgetOld(ctx context.Context, before int64) (n int, err error) {
	for {
		type key struct {
			id ID
			no int
		}
		old, err := collect(ctx, l.store, func(r row) (k key, err error) { err = r.Scan(&k.id, &k.no); return k, err },
			`SELECT b.entry_id, b.no FROM paid_batches b JOIN entries e ON e.id = b.entry_id
				WHERE b.remembered < $1 AND e.state = 'settled' ORDER BY b.remembered LIMIT 50`, before)
		if err != nil || len(old) == 0 {
			return n, err
		}
		for _, k := range old {
			if err := forget(ctx, k.id, k.no, true, func(do func(tx) error) error { return l.write(ctx, "forget", do) }); err != nil {
				return n, err
			}
			n++
		}
	}
}
