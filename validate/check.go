package validate

import (
	"encoding/binary"
	"math"
)

// check is what Record needs of a column for a cell that has nothing wrong: a
// cell that it is not sure of goes to the column itself.
type check struct {
	index    int
	typ      Type
	required bool
	slow     bool
	iso      bool  // dates as yyyy-MM-dd come first
	quick    int   // a text of up to this many bytes is good
	lo, hi   int64 // a Num from lo to hi is good
	number   number
	k        *column

	year  uint64 // of dates: the last "2026-10-" seen, as its eight bytes,
	month int64  // and its number 20261000
}

func (k *column) check() check {
	c := check{
		index: k.Index, typ: k.Type, required: k.required, slow: k.slow != nil,
		quick: -1, lo: math.MaxInt64, hi: math.MinInt64, number: k.number, k: k,
	}
	if len(k.text.patterns) == 0 && k.text.in == nil && k.text.min <= 1 && !k.text.never {
		c.quick = k.text.max
	}
	c.iso = k.Type == Date && k.dates.known[0].name == "yyyy-MM-dd"
	if len(k.nums.multiple) > 0 || k.nums.in != nil {
		return c
	}
	c.lo, c.hi = k.nums.min, k.nums.max
	if k.Type == Hours {
		// 25 units of the rules are 9 ticks; what lies within the rounding of
		// hundredMillionths of a bound is not sure
		if c.lo != math.MinInt64 {
			c.lo = c.lo/25*9 + 100
		}
		if c.hi != math.MaxInt64 {
			c.hi = c.hi/25*9 - 100
		}
	}
	return c
}

// day reads yyyy-MM-dd, quickly when the month is that of the last date.
func (c *check) day(b []byte) (int64, bool) {
	if !c.iso || len(b) != 10 {
		return c.k.dates.read(b)
	}
	w := binary.LittleEndian.Uint64(b)
	d1, d0 := b[8]-'0', b[9]-'0'
	d := int64(d1)*10 + int64(d0)
	if w == c.year && d1 <= 2 && d0 <= 9 && d >= 1 && d <= 28 {
		return c.month + d, true
	}
	v, ok := c.k.dates.read(b)
	if ok {
		c.year, c.month = w, v-v%100
	}
	return v, ok
}
