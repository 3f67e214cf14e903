package validate

import "strings"

// Digits before the decimals that a number may have. With its decimals it then
// has at most fifteen, which every JSON reader tells apart.
const (
	maxInteger = 15
	maxDecimal = 11
	maxHours   = 6
)

const unitDigits = 4 // of DecimalUnit

var pow10 = [...]int64{1, 10, 100, 1_000, 10_000}

// number is how the numbers of a column are written.
type number struct {
	point     byte
	thousands byte
	decimals  int   // at most
	whole     int   // digits before the point, at most
	unit      int64 // how many units make 1
}

// read reads b, which is not empty. It knows one notation and no other.
func (f *number) read(b []byte) (int64, bool) {
	i, v := 0, int64(0)
	negative := b[0] == '-'
	if negative {
		i++
	}
	start := i
	for i < len(b) {
		d := b[i] - '0'
		if d > 9 {
			break
		}
		v = v*10 + int64(d)
		i++
	}
	if i == start || i-start > f.whole {
		return 0, false
	}
	v *= f.unit
	if i < len(b) {
		switch {
		case b[i] == f.point:
			n := len(b) - i - 1
			if n == 0 || n > f.decimals {
				return 0, false
			}
			frac := int64(0)
			for _, c := range b[i+1:] {
				d := c - '0'
				if d > 9 {
					return 0, false
				}
				frac = frac*10 + int64(d)
			}
			v += frac * (f.unit / pow10[n])
		case f.thousands != 0:
			plain, ok := f.ungroup(b)
			if !ok {
				return 0, false
			}
			without := *f
			without.thousands = 0
			return without.read(plain)
		default:
			return 0, false
		}
	}
	if negative {
		v = -v
	}
	return v, true
}

// ungroup takes the thousands separators out when they stand where they belong:
// one to three digits, then groups of three.
func (f *number) ungroup(b []byte) ([]byte, bool) {
	s := string(b)
	if f.thousands == ' ' {
		s = strings.NewReplacer("\u00a0", " ", "\u202f", " ").Replace(s)
	}
	whole, frac, point := strings.Cut(s, string(f.point))
	groups := strings.Split(strings.TrimPrefix(whole, "-"), string(f.thousands))
	for i, g := range groups {
		if len(g) != 3 && (i > 0 || len(g) == 0 || len(g) > 3) {
			return nil, false
		}
	}
	plain := strings.Join(groups, "")
	if strings.HasPrefix(whole, "-") {
		plain = "-" + plain
	}
	if point {
		plain += string(f.point) + frac
	}
	return []byte(plain), true
}

// readClock reads H:MM or H:MM:SS as ticks, with a minus sign for less than none.
func readClock(b []byte) (int64, bool) {
	negative := b[0] == '-'
	if negative {
		b = b[1:]
	}
	h, i := int64(0), 0
	for i < len(b) && b[i]-'0' <= 9 {
		h = h*10 + int64(b[i]-'0')
		i++
	}
	if i == 0 || i > maxHours {
		return 0, false
	}
	m, ok := sixty(b[i:])
	if !ok {
		return 0, false
	}
	s := int64(0)
	if len(b) > i+3 {
		if s, ok = sixty(b[i+3:]); !ok || len(b) != i+6 {
			return 0, false
		}
	}
	v := h*TicksPerHour + m*(TicksPerHour/60) + s*(TicksPerHour/3600)
	if negative {
		v = -v
	}
	return v, true
}

// sixty reads ":00" up to ":59" at the start of b.
func sixty(b []byte) (int64, bool) {
	if len(b) < 3 || b[0] != ':' || b[1]-'0' > 5 || b[2]-'0' > 9 {
		return 0, false
	}
	return int64(b[1]-'0')*10 + int64(b[2]-'0'), true
}

// hours is which notations of hours a column knows.
type hours struct {
	decimal, clock, minutes bool
	number                  number
}

func (f *hours) read(b []byte) (int64, bool) {
	if f.clock {
		if v, ok := readClock(b); ok || !f.decimal && !f.minutes {
			return v, ok
		}
	}
	if f.decimal {
		return f.number.read(b)
	}
	v, ok := wholeNumber.read(b)
	return v * (TicksPerHour / 60), ok && v < 1_000_000*60 && v > -1_000_000*60
}

var wholeNumber = number{whole: 9, unit: 1}

// hundredMillionths is hours as JSON has them: exact where the hours are a finite
// decimal fraction, else rounded to six decimals, half away from zero.
func hundredMillionths(ticks int64) int64 {
	if ticks%9 == 0 {
		return ticks / 9 * 25
	}
	half := int64(18)
	if ticks < 0 {
		half = -half
	}
	return (ticks + half) / 36 * 100
}
