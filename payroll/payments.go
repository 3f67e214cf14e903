package payroll

import (
	"fmt"
	"iter"
	"time"
)

// Account is a bank account: an IBAN, or its ten-digit national number where a
// file carries no more than that. It prints masked.
type Account struct {
	IBAN   IBAN
	Number string
}

// Digits is the ten-digit Dutch number of the account; false when it has none.
func (a Account) Digits() (string, bool) {
	if a.Number != "" {
		return a.Number, len(a.Number) == 10
	}
	return a.IBAN.Account()
}

// String shows the last three characters only.
func (a Account) String() string {
	if a.IBAN != "" {
		return a.IBAN.String()
	}
	return Mask(a.Number)
}

// PaymentKind says what a post pays.
type PaymentKind int

const (
	Salary   PaymentKind = iota // net pay
	Creditor                    // any other payment out
	Debit                       // direct debit: money comes in
)

// Booking says how the own bank books a batch.
type Booking int

const (
	BookingAgreed Booking = iota // as agreed with the bank
	BookingBatch                 // one amount for all posts
	BookingSingle                // each post by itself
)

// Payments is one file of orders for a bank. Clieop03 and pain.001 identify a file
// and its posts each in their own way: what a format has no room for it leaves
// empty when read, and does not look at when written.
type Payments struct {
	Created   Date
	Time      time.Duration // of the day, when it was created; pain.001
	Sender    string        // the sender's own short identification; Clieop03
	FileID    string        // identifies the file within a month: day and serial, "2101"; Clieop03
	MessageID string        // identifies the file at the bank for at least a year; pain.001
	Initiator string        // name of who hands the file in; pain.001
	Duplicate bool          // this file was sent before; nothing else differs
	Batches   []PaymentBatch
}

// PaymentBatch is a run of posts of one principal, out of (or, for direct debit,
// into) one account.
type PaymentBatch struct {
	Number       int
	ID           string // stands on the statement; pain.001
	Collect      bool   // direct debit
	Account      Account
	BIC          string // of the bank of Account; pain.001
	Booking      Booking
	Name         string
	NameWanted   bool // the bank is asked for names and addresses
	Date         Date // wished processing date; zero: as soon as possible
	Test         bool
	Descriptions []string // stand in front of those of every post

	// Posts may be ranged again, one range at a time. An error ends it, and then
	// nothing of the document may be used.
	Posts iter.Seq2[Post, error]
}

// Post is one payment.
type Post struct {
	Kind         PaymentKind
	CheckName    bool // "onzuiver": the bank compares the name
	Amount       Cents
	Account      Account // of the other side
	BIC          string  // of its bank, where it is known; pain.001
	Name, City   string  // of the other side
	Reference    string  // betalingskenmerk
	Descriptions []string
	EndToEnd     string // stable identification of the post; empty where a format has no room for it
}

// Totals adds up the posts of all batches. Hash is the sum of the account
// numbers as Clieop03 counts them: both sides of each post, the rightmost ten
// digits, over all batches; it is empty when an account has no ten-digit number.
func (p Payments) Totals() (Totals, error) {
	t := Totals{}
	sum, dutch := uint64(0), true
	for _, b := range p.Batches {
		own, okOwn := b.Account.Digits()
		for post, err := range b.Posts {
			if err != nil {
				return Totals{}, fmt.Errorf("batch %d: %w", b.Number, err)
			}
			t.Count++
			t.Amount += post.Amount
			other, okOther := post.Account.Digits()
			dutch = dutch && okOwn && okOther
			sum += digits(own) + digits(other)
		}
	}
	if dutch {
		t.Hash = fmt.Sprintf("%010d", sum%1e10)
	}
	return t, nil
}

func digits(s string) uint64 {
	v := uint64(0)
	for _, c := range []byte(s) {
		v = v*10 + uint64(c-'0')
	}
	return v
}

// All is the sequence of a slice.
func All[T any](items []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, item := range items {
			if !yield(item, nil) {
				return
			}
		}
	}
}

// Collect is the slice of a sequence, or its error.
func Collect[T any](seq iter.Seq2[T, error]) ([]T, error) {
	var items []T
	if seq == nil {
		return nil, nil
	}
	for item, err := range seq {
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return items, nil
}
