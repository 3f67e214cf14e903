package ledger

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"iter"
	"math/bits"
)

// PaidBatch is a batch of payments that an entry is about to let go.
type PaidBatch struct {
	No        int    // which batch of the entry, from 1
	Werkgever string // identity of who pays
	Date      int    // of execution, as 20261125
}

// PaidPost is one payment of a batch.
type PaidPost struct {
	Payee   string // identity of who is paid; "" when nobody knows: then his account stands for him
	Account string // always written in the same way; only a digest of it is kept
	Amount  int64  // cents
}

const (
	batchPosts  = 1000
	forgetPosts = 2000
)

// Remember keeps what is paid in a batch, in place of what this entry remembered
// of it, in constant memory and in short transactions. The posts are ranged once
// and numbered from 1. What is remembered shows in Earlier of other entries at
// once; after an error that is the part that was written, and the batch itself
// shows only when it is whole, so remember it again.
//
// Payees and accounts are kept as digests of 128 bits with a salt of this
// database, payees per Werkgever. That keeps them from being read and from being
// compared with other databases; it does not keep out who has this database and
// tries all account numbers there are.
func (s *Lease) Remember(ctx context.Context, batch PaidBatch, posts iter.Seq2[PaidPost, error]) error {
	salt, err := s.ledger.salt(ctx)
	if err == nil {
		err = s.begin(ctx, batch)
	}
	m := &rememberer{lease: s, ctx: ctx, batch: batch, salt: salt}
	if err == nil {
		err = m.all(posts)
	}
	if err != nil {
		return fmt.Errorf("remember batch %d: %w", batch.No, err)
	}
	return nil
}

// Forget takes back what this entry remembered of batches after number last; 0
// is all of them.
func (s *Lease) Forget(ctx context.Context, last int) error {
	id := s.Entry().ID
	nos, err := collect(ctx, s.ledger.store, func(r row) (no int, err error) { err = r.Scan(&no); return no, err },
		"SELECT no FROM paid_batches WHERE entry_id = $1 AND no > $2 ORDER BY no", id, last)
	for _, no := range nos {
		if err == nil {
			err = forget(ctx, id, no, true, s.guarded(ctx))
		}
	}
	if err != nil {
		return fmt.Errorf("forget batches after %d: %w", last, err)
	}
	return nil
}

// guarded writes as the holder of the lease.
func (s *Lease) guarded(ctx context.Context) func(func(tx) error) error {
	return func(do func(tx) error) error {
		return s.write(ctx, "remember", func(t tx, _ *Entry) error { return do(t) })
	}
}

func (l *Ledger) salt(ctx context.Context) (salt string, err error) {
	if err = l.store.QueryRow(ctx, "SELECT salt FROM payment_salt").Scan(&salt); err == nil && len(salt) != 64 {
		err = fmt.Errorf("the salt of payments has %d characters", len(salt))
	}
	return salt, err
}

// begin leaves the batch empty and not whole.
func (s *Lease) begin(ctx context.Context, b PaidBatch) error {
	id, before := s.Entry().ID, 0
	write := s.guarded(ctx)
	err := write(func(t tx) error {
		if err := t.QueryRow(ctx, "SELECT count(*) FROM paid_batches WHERE entry_id = $1 AND no = $2", id, b.No).Scan(&before); err != nil {
			return err
		}
		_, err := t.Exec(ctx, `INSERT INTO paid_batches (entry_id, no, werkgever, date, remembered) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (entry_id, no) DO UPDATE SET werkgever = excluded.werkgever, date = excluded.date, remembered = excluded.remembered, whole = FALSE`,
			id, b.No, b.Werkgever, b.Date, stamp(s.ledger.now()))
		return err
	})
	if err != nil || before == 0 {
		return err
	}
	return forget(ctx, id, b.No, false, write)
}

// forget removes the posts of a batch some at a time, and then perhaps the batch.
func forget(ctx context.Context, id ID, no int, batch bool, write func(func(tx) error) error) error {
	for {
		var n int64
		err := write(func(t tx) (err error) {
			if n, err = t.Exec(ctx, `DELETE FROM paid_posts WHERE entry_id = $1 AND batch = $2 AND no < $3 +
				(SELECT min(no) FROM paid_posts WHERE entry_id = $1 AND batch = $2)`, id, no, forgetPosts); err != nil || n > 0 || !batch {
				return err
			}
			_, err = t.Exec(ctx, "DELETE FROM paid_batches WHERE entry_id = $1 AND no = $2", id, no)
			return err
		})
		if err != nil || n == 0 {
			return err
		}
	}
}

// rememberer writes posts by the batch and adds them up.
type rememberer struct {
	lease  *Lease
	ctx    context.Context
	batch  PaidBatch
	salt   string
	writes []statement
	count  int
	total  int64
	sum    [2]uint64 // of the digests of all accounts, whatever their order
}

func (m *rememberer) all(posts iter.Seq2[PaidPost, error]) error {
	for p, err := range posts {
		if err != nil {
			return err
		}
		m.add(p)
		if len(m.writes) < batchPosts {
			continue
		}
		if err := m.flush(); err != nil {
			return err
		}
	}
	accounts := binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, m.sum[0]), m.sum[1])
	m.writes = append(m.writes, statement{
		"UPDATE paid_batches SET whole = TRUE, posts = $3, total = $4, accounts = $5 WHERE entry_id = $1 AND no = $2",
		[]any{m.lease.Entry().ID, m.batch.No, m.count, m.total, accounts},
	})
	return m.flush()
}

func (m *rememberer) add(p PaidPost) {
	account := digest(m.salt, "account", p.Account)
	payee := digest(m.salt, "account of", m.batch.Werkgever, p.Account)
	if p.Payee != "" {
		payee = digest(m.salt, "payee of", m.batch.Werkgever, p.Payee)
	}
	low, carry := bits.Add64(m.sum[1], binary.BigEndian.Uint64(account[8:]), 0)
	high, _ := bits.Add64(m.sum[0], binary.BigEndian.Uint64(account[:8]), carry)
	m.sum = [2]uint64{high, low}
	m.count++
	m.total += p.Amount
	m.writes = append(m.writes, statement{
		"INSERT INTO paid_posts (payee, entry_id, batch, no, account, amount, date) VALUES ($1, $2, $3, $4, $5, $6, $7)",
		[]any{payee, m.lease.Entry().ID, m.batch.No, m.count, account, p.Amount, m.batch.Date},
	})
}

func (m *rememberer) flush() error {
	err := m.lease.guarded(m.ctx)(func(t tx) error { return t.Many(m.ctx, m.writes) })
	clear(m.writes)
	m.writes = m.writes[:0]
	return err
}

// digest is the first half of SHA-256 over the salt and the parts, each with its
// length in front.
func digest(salt string, parts ...string) []byte {
	h := sha256.New()
	h.Write([]byte(salt))
	for _, p := range parts {
		h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(p))))
		h.Write([]byte(p))
	}
	return h.Sum(nil)[:16]
}
