package clieop03

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"

	"loket-etl/payroll"
)

// Decode reads a whole file and checks every record, rule and control total
// before it returns. The posts are then read again from r when they are ranged, so
// that a long file is never held as posts: r must stay open and unchanged as long
// as the document is used. A reader that cannot seek is read into memory.
func Decode(r io.Reader) (payroll.Payments, error) {
	src, start, err := rewindable(r)
	if err != nil {
		return payroll.Payments{}, fmt.Errorf("read clieop03: %w", err)
	}
	in := newReader(src)
	p, places, err := in.file(nil)
	if err != nil {
		return payroll.Payments{}, fmt.Errorf("read clieop03: %w", err)
	}
	for i := range p.Batches {
		p.Batches[i].Posts = again(src, start, places[i])
	}
	return p, nil
}

// Totals reads a whole file, checks it as Decode does, and adds it up.
func Totals(r io.Reader) (payroll.Totals, error) {
	t, accounts := payroll.Totals{}, uint64(0)
	_, _, err := newReader(r).file(func(own string, p payroll.Post) bool {
		other, _ := p.Account.Digits()
		t.Count++
		t.Amount += p.Amount
		accounts += number(own) + number(other)
		return true
	})
	if err != nil {
		return payroll.Totals{}, fmt.Errorf("read clieop03: %w", err)
	}
	t.Hash = fmt.Sprintf("%010d", accounts%1e10)
	return t, nil
}

// place is where a batch begins.
type place struct {
	offset int64
	line   int
}

func rewindable(r io.Reader) (io.ReadSeeker, int64, error) {
	if s, ok := r.(io.ReadSeeker); ok {
		if start, err := s.Seek(0, io.SeekCurrent); err == nil {
			return s, start, nil
		}
	}
	data, err := io.ReadAll(r)
	return bytes.NewReader(data), 0, err
}

func again(src io.ReadSeeker, start int64, at place) iter.Seq2[payroll.Post, error] {
	return func(yield func(payroll.Post, error) bool) {
		if _, err := src.Seek(start+at.offset, io.SeekStart); err != nil {
			yield(payroll.Post{}, fmt.Errorf("read clieop03 again: %w", err))
			return
		}
		in := newReader(src)
		in.line = at.line
		stopped := false
		_, err := in.batch(func(_ string, p payroll.Post) bool {
			stopped = !yield(p, nil)
			return !stopped
		})
		if err != nil && !stopped {
			yield(payroll.Post{}, fmt.Errorf("read clieop03 again: %w", err))
		}
	}
}

var errStopped = errors.New("stopped")

// onPost receives the account of the principal and a post; false stops reading.
type onPost func(own string, p payroll.Post) bool

func (in *reader) file(post onPost) (payroll.Payments, []place, error) {
	p := payroll.Payments{}
	var places []place
	f, err := in.take("0001", "A")
	if err != nil {
		return p, nil, err
	}
	p.Created = f.date(6, false)
	f.exact(8, "CLIEOP03")
	p.Sender = f.text(5)
	p.FileID = f.digits(4)
	p.Duplicate = f.choice(1, "1", "2") == "2"
	f.filler()
	if f.err == nil && (p.FileID[:2] != fmt.Sprintf("%02d", p.Created.Day()) || p.FileID[2:] == "00") {
		f.err = fmt.Errorf("the file identification is not the day of the file and a serial from 01")
	}
	if f.err != nil {
		return p, nil, in.wrap(f.err)
	}
	for {
		code, err := in.peek()
		if err != nil {
			return p, nil, err
		}
		if code != "0010" && len(p.Batches) > 0 {
			break
		}
		places = append(places, place{in.offset, in.line - 1})
		b, err := in.batch(post)
		if err != nil {
			return p, nil, err
		}
		if n := len(p.Batches); n > 0 {
			if b.Collect != p.Batches[0].Collect {
				return p, nil, in.wrap(fmt.Errorf("batch %d has another transaction group than the first", b.Number))
			}
			if b.Number != p.Batches[n-1].Number+1 {
				return p, nil, in.wrap(fmt.Errorf("batch %d does not follow batch %d", b.Number, p.Batches[n-1].Number))
			}
		}
		p.Batches = append(p.Batches, b)
	}
	f, err = in.take("9999", "A")
	if err != nil {
		return p, nil, err
	}
	if f.filler(); f.err != nil {
		return p, nil, in.wrap(f.err)
	}
	return p, places, in.end()
}

// batch reads from record 0010 to 9990.
func (in *reader) batch(post onPost) (payroll.PaymentBatch, error) {
	b := payroll.PaymentBatch{}
	f, err := in.take("0010", "B")
	if err != nil {
		return b, err
	}
	group := f.choice(2, "00", "10")
	b.Collect = group == "10"
	b.Account = payroll.Account{Number: f.digits(10)}
	b.Number = int(number(f.digits(4)))
	f.exact(3, "EUR")
	f.filler()
	own := ""
	if f.err == nil {
		own, f.err = principal(b.Account)
	}
	if f.err != nil {
		return b, in.wrap(f.err)
	}
	if b.Descriptions, err = in.texts("0020", "A", 4); err != nil {
		return b, err
	}
	if f, err = in.take("0030", "B"); err != nil {
		return b, err
	}
	b.NameWanted = f.choice(1, "1", "2") == "2"
	b.Date = f.date(6, true)
	b.Name = f.text(35)
	b.Test = f.choice(1, "P", "T") == "T"
	f.filler()
	if f.err == nil && b.Collect && b.NameWanted {
		f.err = fmt.Errorf("names and addresses cannot be asked for with direct debit")
	}
	if f.err != nil {
		return b, in.wrap(f.err)
	}
	sums, err := in.posts(b, group, own, post)
	if err != nil {
		return b, err
	}
	return b, in.trailer(sums)
}

func (in *reader) posts(b payroll.PaymentBatch, group, own string, post onPost) (totals, error) {
	sums := totals{}
	for {
		code, err := in.peek()
		if err != nil {
			return sums, err
		}
		if code != "0100" {
			break
		}
		p, err := in.post(b, group, own, &sums)
		if err != nil {
			return sums, err
		}
		if post != nil && !post(own, p) {
			return sums, errStopped
		}
	}
	if sums.posts == 0 {
		if _, err := in.take("0100", "A"); err != nil {
			return sums, err
		}
	}
	return sums, nil
}

func (in *reader) trailer(sums totals) error {
	f, err := in.take("9990", "A")
	if err != nil {
		return err
	}
	amount, accounts, posts := f.digits(18), f.digits(10), f.digits(7)
	f.filler()
	switch {
	case f.err != nil:
	case number(amount) != uint64(sums.amount):
		f.err = fmt.Errorf("totaalbedrag is %s, the posts add up to %s", payroll.Cents(number(amount)), payroll.Cents(sums.amount))
	case number(accounts) != sums.accounts%1e10:
		f.err = fmt.Errorf("totaalrekeningnummers is %s, the posts add up to %010d", accounts, sums.accounts%1e10)
	case number(posts) != uint64(sums.posts):
		f.err = fmt.Errorf("aantalposten is %d, there are %d", number(posts), sums.posts)
	}
	if f.err != nil {
		return in.wrap(f.err)
	}
	return nil
}

func (in *reader) post(b payroll.PaymentBatch, group, own string, sums *totals) (payroll.Post, error) {
	p := payroll.Post{}
	f, err := in.take("0100", "A")
	if err != nil {
		return p, err
	}
	code := f.digits(4)
	t, known := groups[group][code]
	if f.err == nil && !known {
		f.err = fmt.Errorf("transaction type %s does not belong to group %s", code, group)
	}
	p.CheckName, p.Kind = t.checkName, payroll.Salary
	if t.creditor {
		p.Kind = payroll.Creditor
	}
	amount, payer, receiver := f.digits(12), f.digits(10), f.digits(10)
	f.filler()
	other := receiver
	if b.Collect {
		p.Kind, other = payroll.Debit, payer
		payer = receiver
	}
	if f.err == nil && payer != own {
		f.err = fmt.Errorf("neither side is the account of the principal")
	}
	p.Amount, p.Account = payroll.Cents(number(amount)), payroll.Account{Number: other}
	if f.err == nil {
		_, f.err = counterparty(p.Account)
	}
	if f.err == nil {
		f.err = sums.add(int64(p.Amount), own, other)
	}
	if f.err != nil {
		return p, in.wrap(f.err)
	}
	at := in.line
	if err := in.postTexts(&p, b.Collect); err != nil {
		return p, err
	}
	if err := describe(p, len(b.Descriptions)); err != nil {
		return p, fmt.Errorf("line %d: record 0100: %w", at, err)
	}
	return p, nil
}

// postTexts reads the records that may follow 0100.
func (in *reader) postTexts(p *payroll.Post, collect bool) error {
	if collect {
		if err := in.one("0110", "B", 35, &p.Name); err != nil {
			return err
		}
		if err := in.one("0113", "B", 35, &p.City); err != nil {
			return err
		}
	}
	if err := in.one("0150", "A", 16, &p.Reference); err != nil {
		return err
	}
	for {
		code, err := in.peek()
		switch {
		case err != nil:
			return err
		case code == "0160":
			more, err := in.texts("0160", "AB", 4)
			if err != nil {
				return err
			}
			p.Descriptions = append(p.Descriptions, more...)
		case code == "0170" && !collect && p.Name == "":
			err = in.one("0170", "B", 35, &p.Name)
		case code == "0173" && !collect && p.City == "":
			err = in.one("0173", "B", 35, &p.City)
		default:
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// one reads a text record if it is there.
func (in *reader) one(code, variant string, n int, into *string) error {
	if next, err := in.peek(); err != nil || next != code {
		return err
	}
	f, err := in.take(code, variant)
	if err != nil {
		return err
	}
	*into = f.text(n)
	f.filler()
	if f.err == nil && *into == "" {
		f.err = fmt.Errorf("the record is empty")
	}
	if f.err != nil {
		return in.wrap(f.err)
	}
	return nil
}

// texts reads up to limit description records.
func (in *reader) texts(code, variants string, limit int) ([]string, error) {
	var lines []string
	for {
		next, err := in.peek()
		if err != nil || next != code {
			return lines, err
		}
		line := ""
		if err := in.one(code, variants, 32, &line); err != nil {
			return nil, err
		}
		if lines = append(lines, line); len(lines) > limit {
			return nil, in.wrap(fmt.Errorf("more than %d descriptions", limit))
		}
	}
}
