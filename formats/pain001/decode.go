package pain001

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"time"

	"loket-etl/formats/xmldoc"
	"loket-etl/payroll"
)

// Decode reads a whole file and checks every element, rule, count and control sum
// before it returns. The posts are then read again from r when they are ranged, so
// that a long file is never held as posts: r must stay open and unchanged as long
// as the document is used. A reader that cannot seek is read into memory.
func (v Version) Decode(r io.Reader) (payroll.Payments, error) {
	src, start, err := xmldoc.Rewindable(r)
	if err != nil {
		return payroll.Payments{}, fmt.Errorf("read %s: %w", v, err)
	}
	d := newReader(v, src)
	p, err := d.file(nil)
	if err != nil {
		return payroll.Payments{}, fmt.Errorf("read %s: %w", v, err)
	}
	before := make([]byte, d.before)
	if _, err = src.Seek(start, io.SeekStart); err == nil {
		_, err = io.ReadFull(src, before)
	}
	if err != nil {
		return payroll.Payments{}, fmt.Errorf("read %s: %w", v, err)
	}
	for i := range p.Batches {
		p.Batches[i].Posts = again(v, src, before, start+d.places[i], i)
	}
	return p, nil
}

// Totals reads a whole file, checks it as Decode does, and adds it up.
func (v Version) Totals(r io.Reader) (payroll.Totals, error) {
	d := newReader(v, r)
	_, err := d.file(nil)
	if err != nil {
		return payroll.Totals{}, fmt.Errorf("read %s: %w", v, err)
	}
	return d.totals(), nil
}

// again reads the batch at the offset once more: what opens the file, with its
// declarations of namespaces, and then on from there.
func again(v Version, src io.ReadSeeker, before []byte, offset int64, batch int) iter.Seq2[payroll.Post, error] {
	return func(yield func(payroll.Post, error) bool) {
		rest := io.Reader(src)
		if at, ok := src.(io.ReaderAt); ok { // then several ranges may run at a time
			rest = io.NewSectionReader(at, offset, 1<<62)
		} else if _, err := src.Seek(offset, io.SeekStart); err != nil {
			yield(payroll.Post{}, fmt.Errorf("read %s again: %w", v, err))
			return
		}
		d := newReader(v, io.MultiReader(bytes.NewReader(before), rest))
		d.batches = batch
		stopped := false
		err := d.root()
		if err == nil {
			_, err = d.batch(func(p payroll.Post) bool {
				stopped = !yield(p, nil)
				return !stopped
			})
		}
		if err != nil && !stopped {
			yield(payroll.Post{}, fmt.Errorf("read %s again: %w", v, err))
		}
	}
}

var errStopped = errors.New("stopped")

// onPost receives a post; false stops reading.
type onPost func(payroll.Post) bool

type reader struct {
	x *xmldoc.Reader
	v Version

	found  *Inspection // nil: the first thing wrong ends it
	before int64       // bytes before the first element in the root
	places []int64     // where each batch begins

	batches, posts int // being read: the number of the batch, of the post in it
	all            sums
	accounts       uint64 // both sides of each post
	foreign        bool   // an account has no Dutch number
}

func newReader(v Version, r io.Reader) *reader {
	d := &reader{x: xmldoc.NewReader(r, v.Namespace()), v: v}
	d.x.UTF8()
	return d
}

func (d *reader) totals() payroll.Totals {
	t := payroll.Totals{Count: d.all.posts, Amount: d.all.amount}
	if !d.foreign {
		t.Hash = fmt.Sprintf("%010d", d.accounts%1e10)
	}
	return t
}

// position says in which post or batch we are.
func (d *reader) position(err error) error {
	switch {
	case err == nil || err == errStopped || d.batches == 0:
		return err
	case d.posts == 0:
		return fmt.Errorf("batch %d: %w", d.batches, err)
	}
	return fmt.Errorf("batch %d: post %d: %w", d.batches, d.posts, err)
}

// broken is a rule that is broken, where reading could go on.
func (d *reader) broken(format string, args ...any) error {
	err := d.x.Fail(format, args...)
	if d.found == nil {
		return err
	}
	d.problem(err)
	return nil
}

// check reports a broken rule of the element that was read last.
func (d *reader) check(element string, err error) error {
	if err == nil {
		return nil
	}
	return d.broken("%s: %w", element, err)
}

// beyond passes over elements of the standard that Payments does not carry.
func (d *reader) beyond(names ...string) error {
	for {
		next, known := d.x.Next(), false
		for _, n := range names {
			known = known || n == next
		}
		if !known || next == "" {
			return nil
		}
		if err := d.uncarried(next); err != nil {
			return err
		}
		if err := d.x.Skip(d.x.Next()); err != nil {
			return err
		}
	}
}

func (d *reader) uncarried(what string) error {
	if d.found == nil {
		return d.x.Fail("%s is part of the standard, but not read here", what)
	}
	d.found.Beyond[what]++
	return nil
}

// text takes an element if it is there; absent is ok when it is optional.
func (d *reader) text(element string, check func(string) error) (string, error) {
	s, err := d.x.Text(element)
	if err != nil {
		return "", err
	}
	return s, d.check(element, check(s))
}

// root opens what stands around everything.
func (d *reader) root() error {
	if _, err := d.x.Open("Document"); err != nil {
		return err
	}
	if _, err := d.x.Open("CstmrCdtTrfInitn"); err != nil {
		return err
	}
	var err error
	d.before, err = d.x.Offset()
	if err == nil && d.before > 64<<10 {
		return d.x.Fail("the first element comes late")
	}
	return err
}

func (d *reader) file(post onPost) (payroll.Payments, error) {
	p, err := d.document(post)
	return p, d.position(err)
}

func (d *reader) document(post onPost) (payroll.Payments, error) {
	p := payroll.Payments{}
	if err := d.root(); err != nil {
		return p, err
	}
	said, err := d.header(&p)
	if err != nil {
		return p, err
	}
	for d.x.At("PmtInf") || len(p.Batches) == 0 {
		at, err := d.x.Offset()
		if err != nil {
			return p, err
		}
		d.places = append(d.places, at)
		b, err := d.batch(post)
		if err != nil {
			return p, err
		}
		for _, other := range p.Batches {
			if other.ID == b.ID {
				if err := d.broken("another batch has the same PmtInfId"); err != nil {
					return p, err
				}
				break
			}
		}
		p.Batches = append(p.Batches, b)
	}
	d.batches, d.posts = 0, 0
	if err := d.beyond("SplmtryData"); err != nil {
		return p, err
	}
	if err := errors.Join(d.x.Close(), d.x.Close(), d.x.End()); err != nil {
		return p, err
	}
	return p, d.compare("GrpHdr", said, d.all)
}

func (d *reader) header(p *payroll.Payments) (stated, error) {
	if _, err := d.x.Open("GrpHdr"); err != nil {
		return stated{}, err
	}
	var err error
	if p.MessageID, err = d.text("MsgId", checkID); err != nil {
		return stated{}, err
	}
	created, err := d.x.Text("CreDtTm")
	if err != nil {
		return stated{}, err
	}
	if p.Created, p.Time, err = moment(created); err != nil {
		if err := d.check("CreDtTm", err); err != nil {
			return stated{}, err
		}
	}
	if err := d.beyond("Authstn"); err != nil {
		return stated{}, err
	}
	said, err := d.stated(true)
	if err != nil {
		return said, err
	}
	if p.Initiator, err = d.party("InitgPty", false); err != nil {
		return said, err
	}
	if err := d.beyond("FwdgAgt"); err != nil {
		return said, err
	}
	return said, d.x.Close()
}

// moment is a date and time as the file has it, to the second, without its zone.
func moment(s string) (payroll.Date, time.Duration, error) {
	t, err := time.Parse(dateTime, s)
	if err != nil {
		t, err = time.Parse(dateTime+"Z07:00", s)
	}
	if err != nil || t.Year() < 1 || t.Year() > 9999 {
		return 0, 0, fmt.Errorf("it is not a date and time")
	}
	hour, minute, second := t.Clock()
	return payroll.DateOf(t), time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute + time.Duration(second)*time.Second, nil
}

// stated is what the file says of itself; -1 where it says nothing.
type stated struct {
	posts  int
	amount payroll.Cents
}

// stated reads NbOfTxs and CtrlSum. The standard asks for the former in the header
// only; a file without the others proves too little to be used, but can be looked
// at.
func (d *reader) stated(header bool) (stated, error) {
	s := stated{-1, -1}
	if d.x.At("NbOfTxs") || header {
		text, err := d.x.Text("NbOfTxs")
		if err != nil {
			return s, err
		}
		n, err := strconv.ParseUint(text, 10, 31)
		if s.posts = int(n); err != nil || len(text) > 15 {
			return s, d.x.Fail("NbOfTxs is not a whole number")
		}
	} else if err := d.absent("NbOfTxs"); err != nil {
		return s, err
	}
	if !d.x.At("CtrlSum") {
		return s, d.absent("CtrlSum")
	}
	text, err := d.x.Text("CtrlSum")
	if err != nil {
		return s, err
	}
	if s.amount, err = payroll.ParseCents(text); err != nil || s.amount < 0 {
		return s, d.x.Fail("CtrlSum is not an amount with at most two decimals")
	}
	return s, nil
}

func (d *reader) absent(element string) error {
	if d.found == nil {
		return d.x.Fail("%s is missing: nothing shows that the file is whole", element)
	}
	d.found.Beyond["no "+element]++
	return nil
}

// compare holds what was stated against what was read.
func (d *reader) compare(where string, said stated, read sums) error {
	if said.posts >= 0 && said.posts != read.posts {
		if err := d.broken("%s: NbOfTxs is %d, there are %d posts", where, said.posts, read.posts); err != nil {
			return err
		}
	}
	if said.amount >= 0 && said.amount != read.amount {
		return d.broken("%s: CtrlSum is %s, the posts add up to %s", where, said.amount, read.amount)
	}
	return nil
}
