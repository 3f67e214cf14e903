package clieop03

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"loket-etl/payroll"
)

// reader takes records one by one and can look at the next.
type reader struct {
	r      *bufio.Reader
	line   int   // of the record in hand
	offset int64 // where the record in hand begins
	next   int64
	code   string // of the record in hand
	peeked string
}

func newReader(r io.Reader) *reader { return &reader{r: bufio.NewReader(r)} }

func (in *reader) wrap(err error) error {
	return fmt.Errorf("line %d: record %s: %w", in.line, in.code, err)
}

// peek is the code of the next record, which stays the next.
func (in *reader) peek() (string, error) {
	if in.peeked != "" {
		return in.peeked[:4], nil
	}
	raw, err := in.r.ReadSlice('\n')
	if err != nil && err != io.EOF && !errors.Is(err, bufio.ErrBufferFull) {
		return "", err
	}
	in.line++
	in.offset = in.next
	in.next += int64(len(raw))
	s := strings.TrimSuffix(strings.TrimSuffix(string(raw), "\n"), "\r")
	if err == io.EOF && strings.Trim(s, "\x1a") == "" {
		return "", fmt.Errorf("line %d: the file ends before record 9999", in.line)
	}
	if len(s) != recordLength {
		return "", fmt.Errorf("line %d: the record has %d positions instead of %d", in.line, len(s), recordLength)
	}
	for i, c := range []byte(s) {
		if c < ' ' || c > '~' {
			return "", fmt.Errorf("line %d: position %d is not a printable ASCII character", in.line, i+1)
		}
	}
	in.peeked = s
	return s[:4], nil
}

// end accepts line ends and one closing 0x1A, nothing else.
func (in *reader) end() error {
	rest, err := io.ReadAll(io.LimitReader(in.r, 4096))
	if err != nil {
		return err
	}
	text := strings.TrimLeft(string(rest), "\r\n")
	if strings.Trim(strings.TrimPrefix(text, "\x1a"), "\r\n") != "" || len(rest) == 4096 {
		return fmt.Errorf("line %d: something follows record 9999", in.line+1)
	}
	return nil
}

// take is the next record, which must have this code and one of the variants.
func (in *reader) take(code, variants string) (*fields, error) {
	got, err := in.peek()
	if err != nil {
		return nil, err
	}
	if got != code {
		return nil, fmt.Errorf("line %d: record %s where %s is due", in.line, got, code)
	}
	rest := in.peeked[4:]
	in.peeked = ""
	if !strings.ContainsRune(variants, rune(rest[0])) {
		return nil, fmt.Errorf("line %d: record %s has variant %q", in.line, code, rest[0])
	}
	in.code = code
	return &fields{rest: rest[1:], at: 6}, nil
}

// fields cuts a record into its fields, from left to right. After the first
// error, which says at which position its field begins, the fields are empty or
// zeros.
type fields struct {
	rest string
	at   int // position of what is left, from 1
	err  error
}

func (f *fields) cut(n int) string {
	s := f.rest[:n]
	f.rest = f.rest[n:]
	f.at += n
	return s
}

// fail is about the n positions that were cut last.
func (f *fields) fail(n int, format string, args ...any) {
	if f.err == nil {
		f.err = fmt.Errorf("position %d: %w", f.at-n, fmt.Errorf(format, args...))
	}
}

// text is an alphanumeric field without its trailing spaces.
func (f *fields) text(n int) string { return strings.TrimRight(f.cut(n), " ") }

// digits is a numeric field of n digits, zeros after an error.
func (f *fields) digits(n int) string {
	s := f.cut(n)
	if !isDigits(s) {
		f.fail(n, "a numeric field holds something else than digits")
		return strings.Repeat("0", n)
	}
	return s
}

func (f *fields) choice(n int, allowed ...string) string {
	s := f.cut(n)
	for _, a := range allowed {
		if s == a {
			return s
		}
	}
	f.fail(n, "%q is none of %s", s, strings.Join(allowed, ", "))
	return ""
}

func (f *fields) exact(n int, want string) { f.choice(n, want) }

// date reads ddmmjj; zeros are no date where that is allowed.
func (f *fields) date(n int, none bool) payroll.Date {
	s := f.digits(n)
	if f.err != nil || none && s == "000000" {
		return 0
	}
	d, err := payroll.NewDate(2000+int(number(s[4:])), int(number(s[2:4])), int(number(s[:2])))
	if err != nil {
		f.fail(n, "%w", err)
	}
	return d
}

// filler is the rest of the record: spaces.
func (f *fields) filler() {
	if n := len(f.rest); strings.Trim(f.cut(n), " ") != "" {
		f.fail(n, "the filler holds something else than spaces")
	}
}
