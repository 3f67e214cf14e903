package schedule

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// field is one of the five, and what may stand in it.
type field struct {
	name   string
	lo, hi int
	names  []string // of lo and up
	marks  string   // the special characters of this field
	wants  string
}

var fields = []field{
	{name: "minute", lo: 0, hi: 59, wants: "0 to 59"},
	{name: "hour", lo: 0, hi: 23, wants: "0 to 23"},
	{name: "day of the month", lo: 1, hi: 31, marks: "LW", wants: "1 to 31, L (the last day) or 15W (the working day nearest to the 15th)"},
	{name: "month", lo: 1, hi: 12, wants: "1 to 12 or JAN to DEC",
		names: []string{"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"}},
	{name: "day of the week", lo: 0, hi: 7, marks: "L#", wants: "0 to 7 (0 and 7 are Sunday), SUN to SAT, 5L (the last Friday) or MON#1 (the first Monday)",
		names: []string{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}},
}

// read checks what stands in the field and writes it with numbers.
func (f field) read(s string) (string, error) {
	if s == "?" && f.marks != "" {
		return s, nil
	}
	var out []string
	for item := range strings.SplitSeq(strings.ToUpper(s), ",") {
		read, err := f.item(item)
		if err != nil {
			return "", fmt.Errorf("%w: want %s, a list (1,3), a range (1-5), a step (*/2) or *", err, f.wants)
		}
		out = append(out, read)
	}
	return strings.Join(out, ","), nil
}

func (f field) item(s string) (string, error) {
	if read, ok := f.special(s); ok {
		return read, nil
	}
	which, step, stepped := strings.Cut(s, "/")
	if stepped {
		n, ok := number(step)
		if !ok || n < 1 || n > f.hi-f.lo {
			return "", fmt.Errorf("%q has no step of 1 to %d", s, f.hi-f.lo)
		}
		step = "/" + strconv.Itoa(n)
	}
	if which == "*" {
		return which + step, nil
	}
	first, last, ranged := strings.Cut(which, "-")
	from, ok := f.value(first)
	if !ok {
		return "", fmt.Errorf("%q does not belong there", s)
	}
	if !ranged {
		return strconv.Itoa(from) + step, nil
	}
	to, ok := f.value(last)
	if to == 0 && from > 0 && f.hi == 7 {
		to = 7 // FRI-SUN
	}
	if !ok || to < from {
		return "", fmt.Errorf("%q is no range: the first must not be more than the last", s)
	}
	return fmt.Sprintf("%d-%d%s", from, to, step), nil
}

// special reads L, 15W, 5L and MON#1, where they belong.
func (f field) special(s string) (string, bool) {
	switch f.marks {
	case "LW":
		if s == "L" {
			return s, true
		}
		day, ok := strings.CutSuffix(s, "W")
		n, known := f.value(day)
		return strconv.Itoa(n) + "W", ok && known
	case "L#":
		if day, ok := strings.CutSuffix(s, "L"); ok {
			n, known := f.value(day)
			return strconv.Itoa(n) + "L", known
		}
		day, nth, ok := strings.Cut(s, "#")
		n, known := f.value(day)
		k, counted := number(nth)
		return fmt.Sprintf("%d#%d", n%7, k), ok && known && counted && k >= 1 && k <= 5
	}
	return "", false
}

// value is a number or a name within the bounds of the field.
func (f field) value(s string) (int, bool) {
	if i := slices.Index(f.names, s); i >= 0 {
		return f.lo + i, true
	}
	n, ok := number(s)
	return n, ok && n >= f.lo && n <= f.hi
}

// number reads one or two digits and nothing else.
func number(s string) (int, bool) {
	n, err := strconv.ParseUint(s, 10, 8)
	return int(n), err == nil && len(s) <= 2
}
