package clieop03

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"loket-etl/payroll"
)

// LetterExt is the file name extension of an Opdrachtbrief.
const LetterExt = "kae092"

const letterLength = 92

// Letter is the electronic Opdrachtbrief (KAE092) of one batch.
type Letter struct {
	Transaction string // CREDBET, SALARIS or INCASSO
	Amount      payroll.Cents
	Account     payroll.Account // of the principal
	Accounts    int             // the last five digits of Totaalrekeningnummers
	Posts       int
	ID          string // free, at most six characters
	Date        payroll.Date
	Medium      string // DATACOM, TAPE or CARTRIDGE
	Test        bool
}

// NewLetter is the Opdrachtbrief of the batch. It ranges the posts once; a batch
// of salaries only is SALARIS, a mixed one CREDBET.
func NewLetter(b payroll.PaymentBatch, id string) (Letter, error) {
	own, err := principal(b.Account)
	if err != nil {
		return Letter{}, err
	}
	l := Letter{Transaction: "SALARIS", Account: b.Account, ID: id, Date: b.Date, Medium: "DATACOM", Test: b.Test}
	sums := totals{}
	for p, err := range b.Posts {
		if err != nil {
			return Letter{}, err
		}
		other, err := counterparty(p.Account)
		if err != nil {
			return Letter{}, fmt.Errorf("post %d: %w", sums.posts+1, err)
		}
		if err := sums.add(int64(p.Amount), own, other); err != nil {
			return Letter{}, fmt.Errorf("post %d: %w", sums.posts+1, err)
		}
		if p.Kind == payroll.Creditor {
			l.Transaction = "CREDBET"
		}
	}
	if b.Collect {
		l.Transaction = "INCASSO"
	}
	l.Amount, l.Accounts, l.Posts = payroll.Cents(sums.amount), int(sums.accounts%1e5), sums.posts
	return l, nil
}

// Check reports in what the letter differs from the batch it should go with.
func (l Letter) Check(b payroll.PaymentBatch) error {
	want, err := NewLetter(b, l.ID)
	if err != nil {
		return err
	}
	want.Medium = l.Medium
	if l.Transaction == "CREDBET" && !b.Collect {
		want.Transaction = "CREDBET"
	}
	own, _ := l.Account.Digits()
	other, _ := b.Account.Digits()
	l.Account, want.Account = payroll.Account{}, payroll.Account{}
	if own != other || l != want {
		return fmt.Errorf("the Opdrachtbrief is not that of batch %d", b.Number)
	}
	return nil
}

// EncodeLetters writes one record per letter, CR LF after each, closed with 0x1A.
func EncodeLetters(w io.Writer, letters []Letter) error {
	out := bufio.NewWriter(w)
	for i, l := range letters {
		own, err := principal(l.Account)
		if err == nil {
			err = checkYear(l.Date)
		}
		if err != nil {
			return fmt.Errorf("write Opdrachtbrief %d: %w", i+1, err)
		}
		test := "P"
		if l.Test {
			test = "T"
		}
		record := "KAE092" + fit(l.Transaction, 18) + fmt.Sprintf("%013d", l.Amount) + own + fmt.Sprintf("%05d%06d", l.Accounts, l.Posts) +
			fit(l.ID, 6) + date(l.Date) + fit(l.Medium, 18) + "EUR" + test
		if _, err := parseLetter(record); err != nil {
			return fmt.Errorf("write Opdrachtbrief %d: %w", i+1, err)
		}
		out.WriteString(record + "\r\n")
	}
	out.WriteByte(0x1a)
	return out.Flush()
}

// DecodeLetters reads a file of letters; LF instead of CR LF, and a missing 0x1A,
// are accepted.
func DecodeLetters(r io.Reader) ([]Letter, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("read Opdrachtbrief: %w", err)
	}
	text := strings.TrimRight(strings.TrimSuffix(strings.TrimRight(string(data), "\r\n"), "\x1a"), "\r\n")
	var letters []Letter
	for i, record := range strings.Split(text, "\n") {
		l, err := parseLetter(strings.TrimSuffix(record, "\r"))
		if err != nil {
			return nil, fmt.Errorf("read Opdrachtbrief: line %d: %w", i+1, err)
		}
		letters = append(letters, l)
	}
	return letters, nil
}

func parseLetter(record string) (Letter, error) {
	l := Letter{}
	if len(record) != letterLength {
		return l, fmt.Errorf("the record has %d positions instead of %d", len(record), letterLength)
	}
	f := &fields{rest: record, at: 1}
	f.exact(6, "KAE092")
	l.Transaction = strings.TrimRight(f.choice(18, fit("CREDBET", 18), fit("SALARIS", 18), fit("INCASSO", 18)), " ")
	l.Amount = payroll.Cents(number(f.digits(13)))
	l.Account = payroll.Account{Number: f.digits(10)}
	l.Accounts, l.Posts = int(number(f.digits(5))), int(number(f.digits(6)))
	l.ID = f.text(6)
	l.Date = f.date(6, true)
	l.Medium = strings.TrimRight(f.choice(18, fit("DATACOM", 18), fit("TAPE", 18), fit("CARTRIDGE", 18)), " ")
	f.exact(3, "EUR")
	l.Test = f.choice(1, "P", "T") == "T"
	if f.err == nil {
		_, f.err = principal(l.Account)
	}
	if f.err == nil && l.Posts == 0 {
		f.err = fmt.Errorf("the letter announces no posts")
	}
	return l, f.err
}
