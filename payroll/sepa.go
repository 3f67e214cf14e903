package payroll

import (
	"fmt"
	"iter"
	"slices"
	"strings"
)

// Payee is what Clieop03 does not say of whose account a number is.
type Payee struct {
	IBAN IBAN
	Name string // empty: not known
}

// SEPA is what payments need to leave as SEPA credit transfers and may not carry
// themselves.
type SEPA struct {
	MessageID string                            // empty: sender, date and identification of the file
	BIC       string                            // of the principal's bank
	Date      Date                              // of execution; zero: that of each batch
	Payee     func(number string) (Payee, bool) // of an account number of ten digits
}

// Missing says of which posts something is not known; nothing is made up for them.
type Missing struct{ Problems []string }

// Error lists them, one line for each.
func (m *Missing) Error() string { return strings.Join(m.Problems, "\n") }

// maxNamed is how many posts a problem names.
const maxNamed = 50

// Convert is p as SEPA credit transfers: with IBANs and names from Payee where p
// has none, salaries and other payments in batches of their own, salaries booked
// as one amount. Identifications follow from the file alone: those of batches and
// posts are that of the message with the number of the batch, and that of the post
// in the batch it came from. A betalingskenmerk that is a number goes out alone, for
// SEPA carries either that or descriptions; lost is how many posts lose descriptions
// so. Any other stands before the descriptions. The posts are ranged
// once for that and again whenever those of the result are. A *Missing error names
// all posts without IBAN or name.
func (s SEPA) Convert(p Payments) (out Payments, lost int, err error) {
	out = p
	out.Batches = nil
	if out.MessageID = s.MessageID; out.MessageID == "" {
		out.MessageID = fmt.Sprintf("%s-%d-%s", strings.TrimSpace(p.Sender), int(p.Created), p.FileID)
	}
	missing := &Missing{}
	for i, b := range p.Batches {
		if b.Collect {
			return Payments{}, 0, fmt.Errorf("batch %d: direct debits are no credit transfers", i+1)
		}
		if out.Initiator == "" {
			out.Initiator = b.Name
		}
		if !s.fill(&b.Account, nil) {
			missing.Problems = append(missing.Problems, fmt.Sprintf("batch %d: the principal has no IBAN", i+1))
		}
		if b.BIC = s.BIC; s.Date != 0 {
			b.Date = s.Date
		}
		kinds, without, err := s.survey(b)
		if err != nil {
			return Payments{}, 0, fmt.Errorf("batch %d: %w", i+1, err)
		}
		lost += without.lost
		missing.Problems = append(missing.Problems, without.problems(i+1)...)
		for _, kind := range kinds {
			part := b
			part.Number = len(out.Batches) + 1
			part.ID = fmt.Sprintf("%s-%d", out.MessageID, part.Number)
			if kind == Salary {
				part.Booking = BookingBatch
			}
			part.Descriptions = nil
			part.Posts = s.posts(b, part.ID, kind)
			out.Batches = append(out.Batches, part)
		}
	}
	if len(missing.Problems) > 0 {
		return Payments{}, 0, missing
	}
	return out, lost, nil
}

// fill completes an account, and the name of its holder; false without an IBAN.
func (s SEPA) fill(a *Account, name *string) bool {
	payee := Payee{}
	if s.Payee != nil {
		payee, _ = s.Payee(a.Number)
	}
	if a.IBAN == "" {
		a.IBAN = payee.IBAN
	}
	if name != nil && strings.TrimSpace(*name) == "" {
		*name = payee.Name
	}
	return a.IBAN != ""
}

type lacking struct {
	iban, name []int // posts, the first of them
	more       [2]int
	lost       int
}

func (l lacking) problems(batch int) []string {
	var all []string
	for i, posts := range [][]int{l.iban, l.name} {
		if len(posts) == 0 {
			continue
		}
		text := fmt.Sprintf("batch %d: no %s is known of the payee of post %s", batch, []string{"IBAN", "name"}[i], list(posts))
		if l.more[i] > 0 {
			text += fmt.Sprintf(" and %d more", l.more[i])
		}
		all = append(all, text)
	}
	return all
}

func list(numbers []int) string {
	return strings.ReplaceAll(strings.Trim(fmt.Sprint(numbers), "[]"), " ", ", ")
}

func isNumber(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// survey ranges a batch: the kinds of its posts, salaries first, and what is missing.
func (s SEPA) survey(b PaymentBatch) (kinds []PaymentKind, l lacking, err error) {
	if b.Posts == nil {
		return nil, l, fmt.Errorf("there is no post")
	}
	n := 0
	note := func(posts *[]int, more *int) {
		if len(*posts) < maxNamed {
			*posts = append(*posts, n)
		} else {
			*more++
		}
	}
	for p, err := range b.Posts {
		if err != nil {
			return nil, l, err
		}
		n++
		if !slices.Contains(kinds, p.Kind) {
			kinds = append(kinds, p.Kind)
		}
		if !s.fill(&p.Account, &p.Name) {
			note(&l.iban, &l.more[0])
		}
		if strings.TrimSpace(p.Name) == "" {
			note(&l.name, &l.more[1])
		}
		if isNumber(p.Reference) && len(b.Descriptions)+len(p.Descriptions) > 0 {
			l.lost++
		}
	}
	slices.Sort(kinds)
	return kinds, l, nil
}

// posts are those of one kind, completed.
func (s SEPA) posts(b PaymentBatch, id string, kind PaymentKind) iter.Seq2[Post, error] {
	return func(yield func(Post, error) bool) {
		n := 0
		for p, err := range b.Posts {
			if n++; err == nil && p.Kind != kind {
				continue
			}
			s.fill(&p.Account, &p.Name)
			p.EndToEnd = fmt.Sprintf("%s-%06d", id, n)
			switch {
			case isNumber(p.Reference):
				p.Descriptions = nil
			case p.Reference != "":
				p.Descriptions, p.Reference = slices.Concat([]string{p.Reference}, b.Descriptions, p.Descriptions), ""
			default:
				p.Descriptions = slices.Concat(b.Descriptions, p.Descriptions)
			}
			if !yield(p, err) || err != nil {
				return
			}
		}
	}
}
