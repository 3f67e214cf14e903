package expression

import (
	"cmp"
	"math"
	"math/big"
	"math/bits"
	"strconv"
	"strings"
)

// Num is an exact number: the quotient of two whole numbers. What does not fit in
// two int64 is no Num.
type Num struct{ n, d int64 }

// Int is a whole number.
func Int(n int64) Num { return Num{n, 1} }

// Of is n parts of which d are one; d is more than 0.
func Of(n, d int64) Num { return Num{n, d} }

// Parts is the number in parts of which d are one; exact is false when it is not a
// whole number of them, or too many.
func (a Num) Parts(d int64) (n int64, exact bool) {
	if d%a.d == 0 {
		return mul(a.n, d/a.d)
	}
	r := new(big.Int).Mul(big.NewInt(a.n), big.NewInt(d))
	rest := new(big.Int)
	r.QuoRem(r, big.NewInt(a.d), rest)
	return r.Int64(), rest.Sign() == 0 && r.IsInt64()
}

func (a Num) isZero() bool { return a.n == 0 }

func (a Num) add(b Num) (Num, bool) {
	if a.d < b.d {
		a, b = b, a
	}
	if a.d%b.d == 0 {
		y, ok := mul(b.n, a.d/b.d)
		s := a.n + y
		if ok && (s > a.n) == (y > 0) {
			return Num{s, a.d}, true
		}
	}
	return fit(new(big.Rat).Add(a.rat(), b.rat()))
}

func (a Num) neg() (Num, bool) { return Num{-a.n, a.d}, a.n != math.MinInt64 }

func (a Num) mul(b Num) (Num, bool) {
	n, ok := mul(a.n, b.n)
	d, ok2 := mul(a.d, b.d)
	if ok && ok2 {
		return Num{n, d}, true
	}
	return fit(new(big.Rat).Mul(a.rat(), b.rat()))
}

// div is a / b; b is not 0.
func (a Num) div(b Num) (Num, bool) {
	if b.n > 0 {
		return a.mul(Num{b.d, b.n})
	}
	return fit(new(big.Rat).Quo(a.rat(), b.rat()))
}

func (a Num) compare(b Num) int {
	if a.d == b.d {
		return cmp.Compare(a.n, b.n)
	}
	if (a.n < 0) != (b.n < 0) {
		return cmp.Compare(a.n, b.n)
	}
	hi, lo := bits.Mul64(size(a.n), uint64(b.d))
	hi2, lo2 := bits.Mul64(size(b.n), uint64(a.d))
	c := cmp.Or(cmp.Compare(hi, hi2), cmp.Compare(lo, lo2))
	if a.n < 0 {
		return -c
	}
	return c
}

func size(n int64) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}

// way is how what does not come out is rounded.
type way int

const (
	halfUp   way = iota // halves away from zero
	halfEven            // halves to the even neighbour
	up                  // away from zero
	down                // towards zero
)

// round is the number in whole steps of 1/parts.
func (a Num) round(parts int64, how way) (Num, bool) {
	if parts%a.d == 0 {
		return a, true // nothing to round
	}
	whole := new(big.Int)
	if n, ok := mul(a.n, parts); ok {
		q, rest := n/a.d, n%a.d
		return Num{q + extra(q, size(rest), uint64(a.d), n < 0, how), parts}, true
	}
	rest := new(big.Int)
	whole.Mul(big.NewInt(a.n), big.NewInt(parts))
	whole.QuoRem(whole, big.NewInt(a.d), rest)
	if !whole.IsInt64() || whole.Int64() == math.MaxInt64 || whole.Int64() == math.MinInt64 {
		return Num{}, false
	}
	q := whole.Int64()
	return Num{q + extra(q, rest.Abs(rest).Uint64(), uint64(a.d), a.n < 0, how), parts}, true
}

// extra is what rounding adds to a quotient that was cut off, with this rest.
func extra(q int64, rest, d uint64, negative bool, how way) int64 {
	more := false
	switch half := d - rest; { // rest < d, so that twice the rest may not fit but this does
	case rest == 0 || how == down:
	case how == up:
		more = true
	default:
		more = rest > half || rest == half && (how == halfUp || q&1 != 0)
	}
	switch {
	case !more:
		return 0
	case negative:
		return -1
	}
	return 1
}

func (a Num) rat() *big.Rat { return big.NewRat(a.n, a.d) }

func fit(r *big.Rat) (Num, bool) {
	if !r.Num().IsInt64() || !r.Denom().IsInt64() {
		return Num{}, false
	}
	return Num{r.Num().Int64(), r.Denom().Int64()}, true
}

func mul(a, b int64) (int64, bool) {
	hi, lo := bits.Mul64(size(a), size(b))
	if hi != 0 || lo > math.MaxInt64 {
		return 0, false
	}
	if (a < 0) != (b < 0) {
		return -int64(lo), true
	}
	return int64(lo), true
}

// String is the number with a point, or as a quotient when it has no end.
func (a Num) String() string {
	if a.d == 1 {
		return strconv.FormatInt(a.n, 10)
	}
	const digits = 10
	r := a.rat()
	if r.IsInt() {
		return r.Num().String()
	}
	text := r.FloatString(digits)
	if back, ok := new(big.Rat).SetString(text); ok && back.Cmp(r) == 0 {
		return strings.TrimRight(text, "0")
	}
	return r.String()
}

// Parse reads a number with a point or a comma, and a minus sign perhaps.
func Parse(s string) (Num, bool) {
	plain, negative := strings.CutPrefix(strings.TrimSpace(s), "-")
	v, ok := parseNum(strings.Replace(plain, ",", ".", 1))
	if strings.Contains(plain, "_") {
		return v, false
	}
	if negative {
		v.n = -v.n
	}
	return v, ok
}

// parseNum reads a number as an expression has it: digits, with a point perhaps.
func parseNum(s string) (Num, bool) {
	s = strings.ReplaceAll(s, "_", "")
	whole, frac, _ := strings.Cut(s, ".")
	if len(whole) > 15 || len(frac) > 9 || whole+frac == "" {
		return Num{}, false
	}
	for _, c := range whole + frac {
		if c < '0' || c > '9' {
			return Num{}, false
		}
	}
	n, err := strconv.ParseInt(whole+frac, 10, 64)
	if err != nil {
		return Num{}, false
	}
	d := int64(1)
	for range frac {
		d *= 10
	}
	return Num{n, d}, true
}
