package validate

import (
	"fmt"
	"slices"
	"strings"

	"loket-etl/payroll"
)

// layout is one way to write a date.
type layout struct {
	name string // as in a mapping
	text string // for people
	read func(b []byte) (y, m, d int, ok bool)
}

var layouts = []layout{
	{"yyyy-MM-dd", "jjjj-mm-dd", readISO},
	{"dd-MM-yyyy", "dd-mm-jjjj", func(b []byte) (int, int, int, bool) { return readParts(b, '-', false) }},
	{"dd/MM/yyyy", "dd/mm/jjjj", func(b []byte) (int, int, int, bool) { return readParts(b, '/', false) }},
	{"MM/dd/yyyy", "mm/dd/jjjj", func(b []byte) (int, int, int, bool) { return readParts(b, '/', true) }},
	{"dd.MM.yyyy", "dd.mm.jjjj", func(b []byte) (int, int, int, bool) { return readParts(b, '.', false) }},
	{"yyyyMMdd", "jjjjmmdd", readCompact},
	{"excel", "een datumnummer van Excel", readSerial},
}

// dates is which layouts a column knows.
type dates struct{ known []layout }

func newDates(names []string) (dates, error) {
	var f dates
	for _, name := range names {
		i := slices.IndexFunc(layouts, func(l layout) bool { return l.name == name })
		if i < 0 {
			return f, fmt.Errorf("unknown date layout %q", name)
		}
		f.known = append(f.known, layouts[i])
	}
	switch {
	case len(names) == 0:
		return f, fmt.Errorf("a date column needs a layout")
	case slices.Contains(names, "dd/MM/yyyy") && slices.Contains(names, "MM/dd/yyyy"):
		return f, fmt.Errorf("dd/MM/yyyy and MM/dd/yyyy cannot be told apart: declare one of them")
	}
	return f, nil
}

func (f *dates) read(b []byte) (int64, bool) {
	for i := range f.known {
		if y, m, d, ok := f.known[i].read(b); ok {
			return civil(y, m, d)
		}
	}
	return 0, false
}

// civil is payroll.NewDate without the error.
func civil(y, m, d int) (int64, bool) {
	if d > 28 || y == 0 {
		date, err := payroll.NewDate(y, m, d)
		return int64(date), err == nil
	}
	return int64(y*10000 + m*100 + d), m >= 1 && m <= 12 && d >= 1
}

// text names the layouts for people.
func (f *dates) text() string {
	var names []string
	for _, l := range f.known {
		names = append(names, l.text)
	}
	return strings.Join(names, " of ")
}

func readISO(b []byte) (y, m, d int, ok bool) {
	if len(b) != 10 || b[4] != '-' || b[7] != '-' {
		return 0, 0, 0, false
	}
	return split(b, 0, 5, 8)
}

func readCompact(b []byte) (y, m, d int, ok bool) {
	if len(b) != 8 {
		return 0, 0, 0, false
	}
	return split(b, 0, 4, 6)
}

// split reads four digits at y and two at m and d.
func split(b []byte, y, m, d int) (int, int, int, bool) {
	y0, y1, y2, y3 := b[y]-'0', b[y+1]-'0', b[y+2]-'0', b[y+3]-'0'
	m0, m1, d0, d1 := b[m]-'0', b[m+1]-'0', b[d]-'0', b[d+1]-'0'
	if y0 > 9 || y1 > 9 || y2 > 9 || y3 > 9 || m0 > 9 || m1 > 9 || d0 > 9 || d1 > 9 {
		return 0, 0, 0, false
	}
	return int(y0)*1000 + int(y1)*100 + int(y2)*10 + int(y3), int(m0)*10 + int(m1), int(d0)*10 + int(d1), true
}

// readParts reads one or two digits, one or two digits and four digits.
func readParts(b []byte, sep byte, monthFirst bool) (y, m, d int, ok bool) {
	if len(b) == 10 && b[2] == sep && b[5] == sep {
		y, m, d, ok = split(b, 6, 3, 0)
	} else {
		d, m, y, ok = readShort(b, sep)
	}
	if monthFirst {
		m, d = d, m
	}
	return y, m, d, ok
}

func readShort(b []byte, sep byte) (first, second, y int, ok bool) {
	parts := [3]int{}
	n, digits := 0, 0
	for _, c := range b {
		if c == sep {
			if digits == 0 || digits > 2 || n == 2 {
				return 0, 0, 0, false
			}
			n, digits = n+1, 0
			continue
		}
		if c -= '0'; c > 9 || digits == 4 {
			return 0, 0, 0, false
		}
		parts[n] = parts[n]*10 + int(c)
		digits++
	}
	return parts[0], parts[1], parts[2], n == 2 && digits == 4
}

// readSerial reads the days since 30 December 1899, as Excel counts from March
// 1900; before that it counts a day that did not exist.
func readSerial(b []byte) (y, m, d int, ok bool) {
	if len(b) < 2 || len(b) > 7 {
		return 0, 0, 0, false
	}
	n := 0
	for _, c := range b {
		if c -= '0'; c > 9 {
			return 0, 0, 0, false
		}
		n = n*10 + int(c)
	}
	if n < 61 || n > 2_958_465 {
		return 0, 0, 0, false
	}
	date := payroll.Date(18991230).AddDays(n)
	return date.Year(), date.Month(), date.Day(), true
}
