package formats

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// noText stands for what is no character in its character set; UTF-8 has no such byte.
const noText = 0xFF

// windows1252 turns Windows-1252 into UTF-8. It also watches whether the file is
// UTF-8 after all: real Windows-1252 text with letters above ASCII never is.
type windows1252 struct {
	r       io.Reader
	raw     [32 << 10]byte
	at, n   int
	err     error
	pending int  // continuation bytes that UTF-8 would still need
	pairs   int  // whole UTF-8 sequences seen
	not     bool // a sequence that is no UTF-8 was seen
}

// high is the UTF-8 of the bytes 0x80 and up, with its length in the first byte.
// The five bytes that Windows-1252 does not define become noText, so that they
// are refused with their line and column.
var high = func() (t [128][4]byte) {
	for i := range t {
		var b [4]byte
		r := charmap.Windows1252.DecodeByte(byte(i + 0x80))
		n := utf8.EncodeRune(b[1:], r)
		if r == utf8.RuneError || r < 0xA0 && int(r) == i+0x80 {
			n, b[1] = 1, noText
		}
		b[0] = byte(n)
		t[i] = b
	}
	return t
}()

func (t *windows1252) read(dst []byte) (int, error) {
	if t.at == t.n {
		if t.err != nil {
			return 0, t.err
		}
		t.n, t.err = t.r.Read(t.raw[:])
		t.at = 0
	}
	n := 0
	src := t.raw[t.at:t.n]
	i := 0
	for i < len(src) && n+8 <= len(dst) {
		start := i
		for i+8 <= len(src) && n+8 <= len(dst) {
			w := binary.LittleEndian.Uint64(src[i:])
			binary.LittleEndian.PutUint64(dst[n:], w) // what is above ASCII is written over
			if high := w & highs; high != 0 {
				ascii := bits.TrailingZeros64(high) >> 3
				i += ascii
				n += ascii
				break
			}
			i += 8
			n += 8
		}
		if i+8 > len(src) && i < len(src) && src[i] < 0x80 && n < len(dst) {
			dst[n] = src[i]
			i++
			n++
		}
		if i > start && t.pending > 0 {
			t.pending, t.not = 0, true
		}
		if i == len(src) || src[i] < 0x80 || n+8 > len(dst) {
			continue
		}
		c := src[i]
		i++
		t.watch(c)
		u := &high[c-0x80]
		n += copy(dst[n:], u[1:1+u[0]])
	}
	t.at += i
	if t.at == t.n && n == 0 {
		return 0, t.err
	}
	return n, nil
}

// watch follows a byte above ASCII as if it were UTF-8.
func (t *windows1252) watch(c byte) {
	switch {
	case t.pending > 0 && c < 0xC0:
		if t.pending--; t.pending == 0 {
			t.pairs++
		}
	case t.pending == 0 && c >= 0xC2 && c < 0xE0:
		t.pending = 1
	case t.pending == 0 && c >= 0xE0 && c < 0xF0:
		t.pending = 2
	case t.pending == 0 && c >= 0xF0 && c < 0xF5:
		t.pending = 3
	default:
		t.pending, t.not = 0, true
	}
}

func (t *windows1252) verdict() error {
	if t.pairs == 0 || t.not || t.pending > 0 {
		return nil
	}
	return &FileError{Problem{
		Code:    "tekenset",
		Message: "Het bestand is in UTF-8 geschreven, terwijl Windows-1252 is afgesproken: namen met accenten zouden verminkt worden.",
		Repair:  "Bewaar het als \"CSV (gescheiden door lijstscheidingsteken)\", of laat voor deze leverancier de tekenset utf-8 instellen.",
	}}
}

// utf16Text turns UTF-16 into UTF-8. A half character at the end, or half of a
// pair, becomes noText, so that it is refused with its line and column.
type utf16Text struct {
	r     io.Reader
	order binary.ByteOrder
	raw   [32 << 10]byte
	at, n int
	err   error
}

func (t *utf16Text) read(dst []byte) (int, error) {
	if t.n-t.at < 4 && t.err == nil {
		t.n = copy(t.raw[:], t.raw[t.at:t.n])
		t.at = 0
		m, err := t.r.Read(t.raw[t.n:])
		t.n += m
		t.err = err
	}
	if t.err != nil && !errors.Is(t.err, io.EOF) {
		return 0, t.err
	}
	ended := t.err != nil
	n := 0
	for n+4 <= len(dst) && t.at < t.n {
		left := t.n - t.at
		if left < 4 && !ended {
			break
		}
		if left == 1 {
			dst[n] = noText
			n++
			t.at++
			break
		}
		r := rune(t.order.Uint16(t.raw[t.at:]))
		t.at += 2
		if utf16.IsSurrogate(r) {
			low := rune(0)
			if left >= 4 {
				low = rune(t.order.Uint16(t.raw[t.at:]))
			}
			pair := utf16.DecodeRune(r, low)
			if pair == utf8.RuneError {
				dst[n] = noText
				n++
				continue
			}
			t.at += 2
			r = pair
		}
		n += utf8.EncodeRune(dst[n:], r)
	}
	if n == 0 && t.at == t.n {
		return 0, t.err
	}
	return n, nil
}

func (t *utf16Text) verdict() error { return nil }

func (t *utf16Text) invalid(b []byte) int   { return bytes.IndexByte(b, noText) }
func (t *windows1252) invalid(b []byte) int { return bytes.IndexByte(b, noText) }
