package clieop03

import (
	"fmt"
	"strings"

	"loket-etl/payroll"
)

// totals are the control totals of a batch.
type totals struct {
	posts    int
	amount   int64
	accounts uint64 // both sides of every post, not yet cut to ten digits
}

func (t *totals) add(amount int64, own, other string) error {
	switch {
	case amount <= 0:
		return fmt.Errorf("the amount is not above zero")
	case amount > MaxAmount:
		return fmt.Errorf("the amount is above EUR %s", payroll.Cents(MaxAmount).Dutch())
	case t.amount+amount > MaxBatchAmount:
		return fmt.Errorf("the batch comes above EUR %s", payroll.Cents(MaxBatchAmount).Dutch())
	case t.posts == MaxPosts:
		return fmt.Errorf("the batch has more than %d posts", MaxPosts)
	}
	t.posts++
	t.amount += amount
	t.accounts += number(own) + number(other)
	return nil
}

func number(digits string) uint64 {
	v := uint64(0)
	for _, c := range []byte(digits) {
		v = v*10 + uint64(c-'0')
	}
	return v
}

// principal is the account of the principal: a bank account, not of the Postbank.
func principal(a payroll.Account) (string, error) {
	s, err := counterparty(a)
	if err == nil && strings.HasPrefix(s, "000") {
		return "", fmt.Errorf("the account of the principal is not a bank account")
	}
	if err != nil {
		return "", fmt.Errorf("principal: %w", err)
	}
	return s, nil
}

// counterparty is the account of the other side: ten digits that pass the
// elfproef, or a Postbank number of at most seven.
func counterparty(a payroll.Account) (string, error) {
	s, ok := a.Digits()
	if !ok || !isDigits(s) {
		return "", fmt.Errorf("account %s has no Dutch account number of ten digits", a)
	}
	if !payroll.ElevenTest(s) {
		return "", fmt.Errorf("account %s does not pass the elfproef", a)
	}
	return s, nil
}

// phoneMandate must be the first description of a post on a mandate by telephone.
const phoneMandate = "TELEFONISCHE MACHTIGING"

// describe checks the texts of a post; fixed is how many descriptions the batch has.
func describe(p payroll.Post, fixed int) error {
	limit := 4
	if p.Reference != "" {
		limit = 3
	}
	if n := fixed + len(p.Descriptions); n > limit {
		return fmt.Errorf("%d descriptions, fixed ones included: at most %d", n, limit)
	}
	if p.Reference != "" && blank(p.Reference) {
		return fmt.Errorf("the betalingskenmerk is empty")
	}
	if p.CheckName && blank(p.Name) {
		return fmt.Errorf("the name to be checked is missing")
	}
	if p.Kind == payroll.Debit && !p.CheckName && len(p.Descriptions) > 0 && p.Descriptions[0] == phoneMandate {
		return fmt.Errorf("a direct debit on a mandate by telephone must have its name checked")
	}
	return nil
}
