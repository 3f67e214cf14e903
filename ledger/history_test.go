package ledger

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

func posts(all ...PaidPost) iter.Seq2[PaidPost, error] {
	return func(yield func(PaidPost, error) bool) {
		for _, p := range all {
			if !yield(p, nil) {
				return
			}
		}
	}
}

// pay takes a new entry and remembers one batch of werkgever "w" under it.
func pay(t testing.TB, l *Ledger, name string, date int, all ...PaidPost) *Lease {
	t.Helper()
	s := planned(t, l, name, 1)
	ok(t, s.Remember(t.Context(), PaidBatch{No: 1, Werkgever: "w", Date: date}, posts(all...)))
	return s
}

// asked is what the entry learns, in short: "batch/no>other" of each question.
func asked(t testing.TB, s *Lease) map[Question]string {
	t.Helper()
	got := map[Question]string{}
	for q := range questions {
		var all []string
		for m, err := range s.Earlier(t.Context(), q) {
			ok(t, err)
			all = append(all, fmt.Sprintf("%d/%d>%d", m.Batch, m.No, m.Other))
		}
		if all != nil {
			got[q] = strings.Join(all, " ")
		}
	}
	return got
}

func wantAsked(t testing.TB, what string, s *Lease, want map[Question]string) {
	t.Helper()
	if got := asked(t, s); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func TestPaymentsOfEarlierEntriesAreRemembered(t *testing.T) {
	onBoth(t, func(t *testing.T, dsn string) {
		l := open(t, dsn, Options{Now: newClock().Now})
		ctx := t.Context()
		anna, bert, stranger := PaidPost{"d1", "NL1", 100}, PaidPost{"d2", "NL2", 200}, PaidPost{"", "NL9", 300}
		one := pay(t, l, "one", 20261025, anna, bert, stranger) // entry 1
		wantAsked(t, "the first ever", one, map[Question]string{NewPayee: "1/1>0 1/2>0 1/3>0"})
		if paid := must(one.PaidBefore(ctx, "w"))(t); paid {
			t.Error("paid before, at the first run ever")
		}
		settle(t, one)

		next := pay(t, l, "next", 20261125, anna, bert, stranger) // 2, a month later
		wantAsked(t, "the same a month later", next, map[Question]string{})
		if paid := must(next.PaidBefore(ctx, "w"))(t); !paid {
			t.Error("not paid before")
		}
		if paid := must(next.PaidBefore(ctx, "another"))(t); paid {
			t.Error("another Werkgever paid before")
		}
		settle(t, next)

		moved := anna
		moved.Account = "NL8"
		changed := pay(t, l, "changed", 20261225, moved, bert, PaidPost{"d3", "NL2", 5}, PaidPost{"", "NL10", 300}) // 3
		wantAsked(t, "an account changed, two are new", changed, map[Question]string{OtherAccount: "1/1>2", NewPayee: "1/3>0 1/4>0"})

		again := pay(t, l, "again", 20261125, PaidPost{"d1", "NL7", 100}, PaidPost{"d2", "NL2", 201}, stranger) // 4
		wantAsked(t, "the same date again", again, map[Question]string{SamePayment: "1/1>2 1/3>2", OtherAccount: "1/1>2"})
		ok(t, again.Remember(ctx, PaidBatch{No: 2, Werkgever: "w", Date: 20261225}, posts(bert)))
		wantAsked(t, "another batch of it", again, map[Question]string{SamePayment: "1/1>2 1/3>2 2/1>3", OtherAccount: "1/1>2"})
		ok(t, again.Forget(ctx, 1))
		ok(t, again.Remember(ctx, PaidBatch{No: 1, Werkgever: "w", Date: 20261125}, posts(bert)))
		wantAsked(t, "remembered anew", again, map[Question]string{SamePayment: "1/1>2"})
		wantAsked(t, "the older one sees the newer one", next, map[Question]string{SamePayment: "1/2>4"})
		ok(t, again.Forget(ctx, 0))
		wantAsked(t, "forgotten", again, map[Question]string{})

		other := planned(t, l, "other firm", 1) // 5
		ok(t, other.Remember(ctx, PaidBatch{No: 1, Werkgever: "v", Date: 20261225}, posts(moved, stranger)))
		wantAsked(t, "another Werkgever", other, map[Question]string{NewPayee: "1/1>0 1/2>0"})
		checkInvariants(t, l)
	})
}

func TestWhatWasGivenUpWasNotPaid(t *testing.T) {
	onBoth(t, func(t *testing.T, dsn string) {
		c := newClock()
		l := open(t, dsn, Options{Now: c.Now})
		ctx := t.Context()
		anna, moved := PaidPost{"d1", "NL1", 100}, PaidPost{"d1", "NL2", 100}
		settle(t, pay(t, l, "one", 20261025, anna))
		waiting := pay(t, l, "waiting", 20261125, moved) // 2
		ok(t, waiting.Hold(ctx, "kijk na"))
		next := pay(t, l, "next", 20261125, moved) // 3
		// An account that somebody still has to look at is no account that was paid to.
		wantAsked(t, "while the other is held", next, map[Question]string{SamePayment: "1/1>2", OtherAccount: "1/1>1"})
		if _, found, err := next.SameBatch(ctx, 1, 20261101, 20261130); err != nil || !found {
			t.Errorf("the same batch, held: %v, %v", found, err)
		}
		ok(t, l.Dismiss(ctx, 2, "anja", "dubbel"))
		wantAsked(t, "the other was dismissed", next, map[Question]string{OtherAccount: "1/1>1"})
		if _, found, err := next.SameBatch(ctx, 1, 20261101, 20261130); err != nil || found {
			t.Errorf("the same batch, dismissed: %v, %v", found, err)
		}
		// Of this one something was sent before it was dismissed: it may have been paid.
		half := pay(t, l, "half", 20261225, moved) // 4
		ok(t, half.Send(ctx, 1, nil))
		ok(t, half.Record(ctx, 1, LineUnknown, nil))
		ok(t, half.Hold(ctx, "kijk na"))
		ok(t, l.Resolve(ctx, 4, 1, LineDone, "anja", "staat in Loket"))
		ok(t, l.Dismiss(ctx, 4, "anja", "onbekend"))
		last := pay(t, l, "last", 20261225, moved)
		wantAsked(t, "sent and then dismissed", last, map[Question]string{SamePayment: "1/1>4", OtherAccount: "1/1>1"})
		settle(t, last)
		first := pay(t, l, "after", 20270125, moved, PaidPost{"d2", "NL2", 1})
		wantAsked(t, "carried out", first, map[Question]string{NewPayee: "1/2>0"})
	})
}

func TestTheSameBatchIsFoundWithinAWindow(t *testing.T) {
	onBoth(t, func(t *testing.T, dsn string) {
		l := open(t, dsn, Options{Now: newClock().Now})
		all := []PaidPost{{"d1", "NL1", 100}, {"d2", "NL2", 200}, {"", "DE3", 300}}
		settle(t, pay(t, l, "one", 20261023, all...))
		for name, tt := range map[string]struct {
			posts       []PaidPost
			first, last int
			want        ID
		}{
			"in another order":           {[]PaidPost{all[2], all[0], all[1]}, 20261023, 20261030, 1},
			"to the day":                 {all, 20261023, 20261023, 1},
			"before the window":          {all, 20261024, 20261030, 0},
			"after the window":           {all, 20261001, 20261022, 0},
			"another account":            {[]PaidPost{all[0], all[1], {"", "DE4", 300}}, 20261001, 20261030, 0},
			"another total":              {[]PaidPost{all[0], all[1], {"", "DE3", 301}}, 20261001, 20261030, 0},
			"one more":                   {append(slices.Clone(all), PaidPost{"d2", "NL2", 0}), 20261001, 20261030, 0},
			"the same total moved about": {[]PaidPost{{"d1", "NL1", 200}, {"d2", "NL2", 100}, all[2]}, 20261001, 20261030, 1},
		} {
			s := pay(t, l, name, 20261026, tt.posts...)
			other, found, err := s.SameBatch(t.Context(), 1, tt.first, tt.last)
			if err != nil || other != tt.want || found != (tt.want != 0) {
				t.Errorf("%s: entry %d, %v, %v", name, other, found, err)
			}
			ok(t, s.Forget(t.Context(), 0))
		}
	})
}

func TestRememberingIsRepeatedAfterAnError(t *testing.T) {
	onBoth(t, func(t *testing.T, dsn string) {
		c := newClock()
		l := open(t, dsn, Options{Now: c.Now})
		ctx := t.Context()
		s := planned(t, l, "x", 1)
		batch := PaidBatch{No: 1, Werkgever: "w", Date: 20261125}
		fails := func(yield func(PaidPost, error) bool) {
			for i := range 3*batchPosts + 5 {
				if !yield(PaidPost{fmt.Sprint(i), fmt.Sprint(i), 1}, nil) {
					return
				}
			}
			yield(PaidPost{}, io.ErrUnexpectedEOF)
		}
		if err := s.Remember(ctx, batch, fails); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("posts that fail: %v", err)
		}
		if n := count(t, l, "SELECT count(*) FROM paid_batches WHERE whole = TRUE"); n != 0 {
			t.Error("half a batch is whole")
		}
		honest := l.store
		for _, persist := range []bool{false, true} {
			for at := 1; ; at++ {
				lie := &liar{store: honest, at: at, persist: persist}
				l.store = lie
				err := s.Remember(ctx, batch, posts(PaidPost{"d1", "NL1", 100}, PaidPost{"d2", "NL2", 200}))
				l.store = honest
				if err == nil && lie.n < at {
					break
				}
				if !errors.Is(err, errLied) {
					t.Fatalf("write %d: %v", at, err)
				}
			}
			if n := count(t, l, "SELECT count(*) FROM paid_posts"); n != 2 {
				t.Errorf("%d posts are remembered", n)
			}
			if n := count(t, l, "SELECT count(*) FROM paid_batches WHERE whole = TRUE AND posts = 2 AND total = 300"); n != 1 {
				t.Error("the batch is not whole")
			}
			ok(t, s.Remember(ctx, batch, posts(slices.Repeat([]PaidPost{{"d1", "NL1", 1}}, 2*forgetPosts+1)...)))
		}
		c.pass(time.Hour)
		take(t, l, s.Entry().ID)
		if err := s.Remember(ctx, batch, posts()); !errors.Is(err, ErrLost) {
			t.Errorf("remember without the lease: %v", err)
		}
		if err := s.Forget(ctx, 0); !errors.Is(err, ErrLost) {
			t.Errorf("forget without the lease: %v", err)
		}
	})
}

func TestNothingReadableIsKeptOfAccounts(t *testing.T) {
	onBoth(t, func(t *testing.T, dsn string) {
		l, other := open(t, dsn, Options{}), open(t, "sqlite:"+t.TempDir()+"/other.db", Options{})
		digests := func(l *Ledger) (payee, account []byte) {
			pay(t, l, "x", 20261125, PaidPost{"d1", "NL91ABNA0417164300", 100})
			ok(t, l.store.QueryRow(t.Context(), "SELECT payee, account FROM paid_posts").Scan(&payee, &account))
			return payee, account
		}
		payee, account := digests(l)
		payee2, account2 := digests(other)
		if len(payee) != 16 || len(account) != 16 || slices.Equal(payee, account) || slices.Equal(payee, payee2) || slices.Equal(account, account2) {
			t.Errorf("%x, %x; another database: %x, %x", payee, account, payee2, account2)
		}
	})
}

func TestSweepForgetsOldPayments(t *testing.T) {
	onBoth(t, func(t *testing.T, dsn string) {
		c := newClock()
		l := open(t, dsn, Options{Now: c.Now})
		ctx := t.Context()
		many := slices.Repeat([]PaidPost{{"d1", "NL1", 1}}, forgetPosts+1)
		settle(t, pay(t, l, "settled", 20261025, many...))
		pay(t, l, "open", 20261025, many...)
		day := 24 * time.Hour
		c.pass(399 * day)
		settle(t, pay(t, l, "new", 20271025, many...))
		for _, tt := range []struct {
			pass, retention time.Duration
			want            int
		}{{0, day, 0}, {2 * day, 0, 0}, {0, 500 * day, 0}, {0, 90 * day, 1}, {0, 90 * day, 0}, {500 * day, 90 * day, 1}} {
			c.pass(tt.pass)
			if swept := must(l.Sweep(ctx, tt.retention))(t); swept.Payments != tt.want {
				t.Errorf("after %v, retention %v: %d batches forgotten, want %d", tt.pass, tt.retention, swept.Payments, tt.want)
			}
		}
		if n := count(t, l, "SELECT count(DISTINCT entry_id) FROM paid_posts WHERE entry_id = 2"); n != 1 {
			t.Error("the open one is forgotten")
		}
		if n := count(t, l, "SELECT count(*) FROM paid_batches"); n != 1 {
			t.Errorf("%d batches are remembered", n)
		}
	})
}

// payrollOf is a run of n people, each with an amount of the month.
func payrollOf(n int, month int64) iter.Seq2[PaidPost, error] {
	return func(yield func(PaidPost, error) bool) {
		r := rand.New(rand.NewPCG(1, 2)) // identities are no order
		for range n {
			who := r.Uint64()
			if !yield(PaidPost{fmt.Sprintf("812dffd4-0003-89c8-b62a-%016x", who), fmt.Sprintf("NL91ABNA%010d", who%1e10), int64(who%500000) + month}, nil) {
				return
			}
		}
	}
}

// BenchmarkPaymentsOf100000 remembers a run of 100,000 posts after six earlier
// ones, and asks everything about it.
func BenchmarkPaymentsOf100000(b *testing.B) {
	const people = 100_000
	for name, dsn := range databases {
		b.Run(name, func(b *testing.B) {
			l := open(b, dsn(b), Options{})
			ctx := context.Background()
			month := func(m int) *Lease {
				s := planned(b, l, fmt.Sprint(m), 1)
				ok(b, s.Remember(ctx, PaidBatch{No: 1, Werkgever: "w", Date: 20260000 + m*100}, payrollOf(people, int64(m))))
				return s
			}
			for m := range 6 {
				settle(b, month(m))
			}
			b.ResetTimer()
			for i := range b.N {
				start := time.Now()
				s := month(6 + i)
				b.ReportMetric(time.Since(start).Seconds(), "remember-s")
				for q := range questions {
					start := time.Now()
					n := 0
					for _, err := range s.Earlier(ctx, q) {
						ok(b, err)
						n++
					}
					if n != 0 {
						b.Errorf("%s: %d", q, n)
					}
					b.ReportMetric(time.Since(start).Seconds(), strings.ReplaceAll(string(q), " ", "-")+"-s")
				}
				settle(b, s)
			}
		})
	}
}
