package validate

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"math/big"
	"math/bits"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// rule is one keyword of a schema applied to one column, in a form that can be
// explained. Numbers are kept both as written and at the scale of the column.
type rule struct {
	kind  string   // the keyword; "false" for the schema that allows nothing
	text  string   // its value as a person reads it
	bound *big.Rat // of numeric keywords
	count int      // minLength, maxLength
	match *pattern // pattern
	texts []string // enum, const
	nums  []int64  // enum, const at the column's scale

	// what is asked, by this rule alone, and what is said when it is broken
	onNumber              numeric
	onText                textual
	code, message, repair string
}

// numeric is the rules on the number of a column in the form that is fast to ask.
type numeric struct {
	min, max int64
	multiple []int64
	in       []int64 // sorted; nil: anything
	any      bool    // there is something to check
	scale    int64
}

func (n *numeric) ok(v int64) bool {
	if v < n.min || v > n.max {
		return false
	}
	for _, m := range n.multiple {
		if v%m != 0 {
			return false
		}
	}
	if n.in != nil {
		_, found := slices.BinarySearch(n.in, v)
		return found
	}
	return true
}

// add takes a rule into the fast form.
func (n *numeric) add(r *rule) {
	n.any = true
	switch r.kind {
	case "minimum":
		n.min = max(n.min, n.ceil(r.bound))
	case "exclusiveMinimum":
		n.min = max(n.min, saturate(n.floor(r.bound), 1))
	case "maximum":
		n.max = min(n.max, n.floor(r.bound))
	case "exclusiveMaximum":
		n.max = min(n.max, saturate(n.ceil(r.bound), -1))
	case "multipleOf":
		scaled := new(big.Rat).Mul(r.bound, new(big.Rat).SetInt64(n.scale))
		if p := scaled.Num(); p.IsInt64() {
			n.multiple = append(n.multiple, p.Int64())
		} else { // only 0 is a multiple of it
			n.min, n.max = max(n.min, 0), min(n.max, 0)
		}
	case "enum", "const":
		in := slices.Clone(r.nums)
		slices.Sort(in)
		if n.in != nil {
			in = slices.DeleteFunc(in, func(v int64) bool { return !slices.Contains(n.in, v) })
		}
		n.in = append([]int64{}, in...)
	case "false":
		n.min, n.max = math.MaxInt64, math.MinInt64
	}
}

func (n *numeric) floor(r *big.Rat) int64 {
	scaled := new(big.Rat).Mul(r, new(big.Rat).SetInt64(n.scale))
	q := new(big.Int)
	q.Div(scaled.Num(), scaled.Denom()) // Euclidean: rounds down for a positive divisor
	return clamp(q)
}

func (n *numeric) ceil(r *big.Rat) int64 {
	f := n.floor(r)
	if big.NewRat(f, n.scale).Cmp(r) == 0 {
		return f
	}
	return saturate(f, 1)
}

func clamp(i *big.Int) int64 {
	switch {
	case i.IsInt64():
		return i.Int64()
	case i.Sign() < 0:
		return math.MinInt64
	}
	return math.MaxInt64
}

func saturate(v, d int64) int64 {
	if v == math.MaxInt64 || v == math.MinInt64 {
		return v
	}
	return v + d
}

// textual is the rules on the text of a column in the form that is fast to ask.
type textual struct {
	min, max int // characters
	patterns []*pattern
	in       *words
	any      bool
	never    bool
}

func (t *textual) ok(b []byte) bool {
	if n := len(b); n > t.max || t.min > 1 && n < utf8.UTFMax*t.min {
		if c := utf8.RuneCount(b); c > t.max || c < t.min {
			return false
		}
	}
	if t.in != nil && !t.in.has(b) {
		return false
	}
	for _, p := range t.patterns {
		if !p.ok(b) {
			return false
		}
	}
	return !t.never
}

func (t *textual) add(r *rule) {
	t.any = true
	switch r.kind {
	case "minLength":
		t.min = max(t.min, r.count)
	case "maxLength":
		t.max = min(t.max, r.count)
	case "pattern":
		t.patterns = append(t.patterns, r.match)
	case "enum", "const":
		in := r.texts
		if t.in != nil {
			in = slices.DeleteFunc(slices.Clone(in), func(s string) bool { return !t.in.has([]byte(s)) })
		}
		t.in = newWords(in)
	case "false":
		t.never = true
	}
}

// words is a set of texts.
type words struct {
	short map[uint64]struct{} // of up to eight bytes, without NUL
	slots []uint64            // short again, open addressing; 0 is free
	mul   uint64
	long  map[string]struct{}
}

func newWords(list []string) *words {
	w := &words{short: map[uint64]struct{}{}, long: map[string]struct{}{}}
	for _, s := range list {
		if k, ok := pack([]byte(s)); ok {
			w.short[k] = struct{}{}
		} else {
			w.long[s] = struct{}{}
		}
	}
	size := 8
	for size < 4*len(w.short) {
		size *= 2
	}
	w.slots = make([]uint64, size)
	w.mul = 0x9E3779B97F4A7C15
	for k := range w.short {
		i := w.slot(k)
		for w.slots[i] != 0 {
			i = (i + 1) & (size - 1)
		}
		w.slots[i] = k
	}
	return w
}

func (w *words) slot(k uint64) int { return int(k*w.mul>>40) & (len(w.slots) - 1) }

func (w *words) has(b []byte) bool {
	k, ok := pack(b)
	if !ok {
		_, found := w.long[string(b)]
		return found
	}
	for i := w.slot(k); w.slots[i] != 0; i = (i + 1) & (len(w.slots) - 1) {
		if w.slots[i] == k {
			return true
		}
	}
	return false
}

// pack makes a number of one to eight bytes; different texts are different
// numbers, for which the last byte may not be NUL.
func pack(b []byte) (uint64, bool) {
	n := len(b)
	switch {
	case n == 0 || n > 8 || b[n-1] == 0:
		return 0, false
	case n == 8:
		return binary.LittleEndian.Uint64(b), true
	case n >= 4: // two halves that may overlap
		return uint64(binary.LittleEndian.Uint32(b)) | uint64(binary.LittleEndian.Uint32(b[n-4:]))<<(8*(n-4)), true
	}
	return uint64(b[0]) | uint64(b[n/2])<<(8*(n/2)) | uint64(b[n-1])<<(8*(n-1)), true
}

// pattern is a regular expression. Most of those in schemas are a row of
// character classes between ^ and $; these are matched without the engine.
type pattern struct {
	re      *regexp.Regexp
	literal string // what the text must begin with, before the runs
	runs    []run
	simple  bool
	end     bool // the text must end after the runs
}

// run is a class of characters, min to max times. Of the characters above ASCII
// it has all or none.
type run struct {
	class    [4]uint64 // by byte
	min, max int
}

func (r *run) has(c byte) bool { return r.class[c>>6]>>(c&63)&1 == 1 }

// meets says whether two classes have a character in common.
func (r *run) meets(o *run) bool {
	for i := range r.class {
		if r.class[i]&o.class[i] != 0 {
			return true
		}
	}
	return false
}

func newPattern(s string) *pattern {
	p := &pattern{re: regexp.MustCompile(s)}
	p.runs, p.end = simple(s)
	p.simple = p.runs != nil
	for len(p.runs) > 0 {
		c, ok := p.runs[0].only()
		if !ok {
			break
		}
		p.literal += strings.Repeat(string(rune(c)), p.runs[0].min)
		p.runs = p.runs[1:]
	}
	return p
}

// only is the character of a run that is one character, a fixed number of times.
func (r *run) only() (byte, bool) {
	if r.min != r.max || r.min > 100 || bits.OnesCount64(r.class[0])+bits.OnesCount64(r.class[1]) != 1 || r.class[2] != 0 {
		return 0, false
	}
	if r.class[0] == 0 {
		return byte(64 + bits.TrailingZeros64(r.class[1])), true
	}
	return byte(bits.TrailingZeros64(r.class[0])), true
}

func (p *pattern) ok(b []byte) bool {
	if !p.simple {
		return p.re.Match(b)
	}
	if len(b) < len(p.literal) || string(b[:len(p.literal)]) != p.literal {
		return false
	}
	i := len(p.literal)
	for k := range p.runs {
		r := &p.runs[k]
		n := 0
		for i < len(b) && n < r.max && r.has(b[i]) {
			i++
			n++
		}
		if n < r.min {
			return false
		}
	}
	return !p.end || i == len(b)
}

// jsonText is a value as JSON writes it, for people.
func jsonText(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(b)
}
