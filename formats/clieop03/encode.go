package clieop03

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/unicode/norm"

	"loket-etl/payroll"
)

// Encode writes p. It refuses what the file cannot say or the bank would refuse:
// an account without ten digits or failing the elfproef, an amount outside the
// limits, an empty batch, too many or too long descriptions. Names longer than
// their field are cut; names and cities are written for posts with CheckName only,
// as the brochure wants. After an error what was written is worthless.
func Encode(w io.Writer, p payroll.Payments) error {
	out := &writer{w: bufio.NewWriter(w)}
	if err := out.file(p); err != nil {
		return fmt.Errorf("write clieop03: %w", err)
	}
	if err := out.w.Flush(); err != nil {
		return fmt.Errorf("write clieop03: %w", err)
	}
	return nil
}

type writer struct {
	w   *bufio.Writer
	err error // first invalid field
}

func (o *writer) file(p payroll.Payments) error {
	if len(p.Batches) == 0 {
		return fmt.Errorf("there is no batch")
	}
	if len(p.FileID) != 4 || !isDigits(p.FileID) || p.FileID[:2] != fmt.Sprintf("%02d", p.Created.Day()) || p.FileID[2:] == "00" {
		return fmt.Errorf("file identification %q is not the day of %s and a serial from 01", p.FileID, p.Created)
	}
	if err := checkYear(p.Created); err != nil {
		return err
	}
	o.record("0001A", date(p.Created), "CLIEOP03", o.text("sender", p.Sender, 5), p.FileID, map[bool]string{false: "1", true: "2"}[p.Duplicate])
	if p.Created == 0 {
		return fmt.Errorf("the file has no date")
	}
	for i, b := range p.Batches {
		if b.Collect != p.Batches[0].Collect {
			return fmt.Errorf("batch %d: payments and direct debits cannot share a file", b.Number)
		}
		if i > 0 && b.Number != p.Batches[i-1].Number+1 {
			return fmt.Errorf("batch %d does not follow batch %d", b.Number, p.Batches[i-1].Number)
		}
		if err := o.batch(b); err != nil {
			return fmt.Errorf("batch %d: %w", b.Number, err)
		}
	}
	o.record("9999A")
	return o.err
}

func (o *writer) batch(b payroll.PaymentBatch) error {
	own, err := principal(b.Account)
	if err != nil {
		return err
	}
	if b.Number < 1 || b.Number > 9999 {
		return fmt.Errorf("the number is not within 1 and 9999")
	}
	if b.Collect && b.NameWanted {
		return fmt.Errorf("names and addresses cannot be asked for with direct debit")
	}
	if err := checkYear(b.Date); err != nil {
		return err
	}
	group, naw, test := "00", "1", "P"
	if b.Collect {
		group = "10"
	}
	if b.NameWanted {
		naw = "2"
	}
	if b.Test {
		test = "T"
	}
	o.record("0010B", group, own, fmt.Sprintf("%04d", b.Number), "EUR")
	o.descriptions("0020A", b.Descriptions)
	if o.err != nil {
		return o.err
	}
	o.record("0030B", naw, date(b.Date), fit(b.Name, 35), test)
	sums := totals{}
	if b.Posts == nil {
		return fmt.Errorf("there is no post")
	}
	for post, err := range b.Posts {
		if err != nil {
			return err
		}
		if err := o.post(b, own, post, &sums); err != nil {
			return fmt.Errorf("post %d: %w", sums.posts+1, err)
		}
		if o.err != nil {
			return fmt.Errorf("post %d: %w", sums.posts, o.err)
		}
	}
	if sums.posts == 0 {
		return fmt.Errorf("there is no post")
	}
	o.record("9990A", fmt.Sprintf("%018d", sums.amount), fmt.Sprintf("%010d", sums.accounts%1e10), fmt.Sprintf("%07d", sums.posts))
	return o.err
}

func (o *writer) post(b payroll.PaymentBatch, own string, p payroll.Post, sums *totals) error {
	other, err := counterparty(p.Account)
	if err != nil {
		return err
	}
	kind := ""
	for code, t := range groups[map[bool]string{false: "00", true: "10"}[b.Collect]] {
		if t.checkName == p.CheckName && t.creditor == (p.Kind == payroll.Creditor) {
			kind = code
		}
	}
	if kind == "" || b.Collect != (p.Kind == payroll.Debit) {
		return fmt.Errorf("the kind of payment does not belong in the batch")
	}
	if err := sums.add(int64(p.Amount), own, other); err != nil {
		return err
	}
	if err := describe(p, len(b.Descriptions)); err != nil {
		return err
	}
	payer, receiver := own, other
	if b.Collect {
		payer, receiver = other, own
	}
	o.record("0100A", kind, fmt.Sprintf("%012d", p.Amount), payer, receiver)
	if b.Collect {
		o.names("0110B", "0113B", p)
	}
	if p.Reference != "" {
		o.record("0150A", o.text("reference", p.Reference, 16))
	}
	o.descriptions("0160A", p.Descriptions)
	if !b.Collect {
		o.names("0170B", "0173B", p)
	}
	return nil
}

func (o *writer) names(name, city string, p payroll.Post) {
	if !p.CheckName {
		return
	}
	o.record(name, fit(p.Name, 35))
	if !blank(p.City) {
		o.record(city, fit(p.City, 35))
	}
}

func (o *writer) descriptions(record string, lines []string) {
	for _, line := range lines {
		text := o.text("description", line, 32)
		if blank(text) && o.err == nil {
			o.err = fmt.Errorf("a description is empty")
		}
		o.record(record, text)
	}
}

// record writes one record of 50 positions; a full disk shows at Flush.
func (o *writer) record(fields ...string) {
	left := recordLength
	for _, f := range fields {
		o.w.WriteString(f)
		left -= len(f)
	}
	o.w.WriteString(spaces[:left])
	o.w.WriteString("\r\n")
}

// text is a field that may not be cut.
func (o *writer) text(what, s string, n int) string {
	s = plain(s)
	if len(s) > n && o.err == nil {
		o.err = fmt.Errorf("the %s has %d characters, more than %d", what, len(s), n)
	}
	return fit(s, n)
}

// fit is s in n positions.
func fit(s string, n int) string {
	s = plain(s)
	if len(s) > n {
		s = s[:n]
	}
	return s + spaces[:n-len(s)]
}

var spaces = strings.Repeat(" ", recordLength)

// blank reports whether nothing of s would show in the file.
func blank(s string) bool { return strings.TrimSpace(plain(s)) == "" }

const allowed = ".()+&$*:;-/,%?@='\" "

func isPlain(c rune) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || strings.ContainsRune(allowed, c)
}

// plain is s in the characters that the file may hold.
func plain(s string) string {
	if !strings.ContainsFunc(s, func(c rune) bool { return !isPlain(c) }) {
		return s
	}
	var b strings.Builder
	for _, c := range norm.NFKD.String(s) {
		switch {
		case isPlain(c):
			b.WriteRune(c)
		case c >= 0x300 && c <= 0x36f: // accents, now apart from their letters
		default:
			if t, ok := letters[c]; ok {
				b.WriteString(t)
			} else {
				b.WriteByte(' ')
			}
		}
	}
	return b.String()
}

// letters that do not come apart.
var letters = map[rune]string{
	'ß': "ss", 'ø': "o", 'Ø': "O", 'æ': "ae", 'Æ': "AE", 'œ': "oe", 'Œ': "OE", 'ł': "l", 'Ł': "L", 'đ': "d", 'Đ': "D", 'ı': "i",
	'’': "'", '‘': "'", '“': "\"", '”': "\"", '–': "-", '—': "-",
}

// date is ddmmjj, zeros for no date.
func date(d payroll.Date) string {
	if d == 0 {
		return "000000"
	}
	return fmt.Sprintf("%02d%02d%02d", d.Day(), d.Month(), d.Year()%100)
}

// checkYear refuses what would be read as another century.
func checkYear(d payroll.Date) error {
	if d != 0 && (d.Year() < 2000 || d.Year() > 2099) {
		return fmt.Errorf("%s does not lie in the years 2000 to 2099", d)
	}
	return nil
}

func isDigits(s string) bool {
	return strings.Trim(s, "0123456789") == "" && s != ""
}
