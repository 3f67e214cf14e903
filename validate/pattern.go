package validate

import (
	"math"
	"regexp/syntax"
	"unicode"
	"unicode/utf8"
)

// simple gives the runs of a pattern that one greedy pass over bytes decides:
// anchored at the start, and after a run that may take more or less a class that
// has no character in common with it. A class with characters above ASCII has
// them all and is not counted.
func simple(s string) (runs []run, end bool) {
	re, err := syntax.Parse(s, syntax.Perl)
	if err != nil {
		return nil, false
	}
	re = re.Simplify()
	parts := []*syntax.Regexp{re}
	if re.Op == syntax.OpConcat {
		parts = re.Sub
	}
	if len(parts) < 2 || parts[0].Op != syntax.OpBeginText {
		return nil, false
	}
	parts = parts[1:]
	if parts[len(parts)-1].Op == syntax.OpEndText {
		end = true
		parts = parts[:len(parts)-1]
	}
	for _, p := range parts {
		more, ok := atoms(p)
		if !ok {
			return nil, false
		}
		runs = append(runs, more...)
	}
	runs = join(runs)
	for i, r := range runs {
		if r.has(0x80) && (r.min > 1 || r.max != math.MaxInt) {
			return nil, false
		}
		if r.min == r.max {
			continue
		}
		for _, next := range runs[i+1:] {
			if r.meets(&next) {
				return nil, false
			}
			if next.min > 0 {
				break
			}
		}
	}
	if len(runs) == 0 {
		return nil, false
	}
	return runs, end
}

func atoms(re *syntax.Regexp) ([]run, bool) {
	switch re.Op {
	case syntax.OpCapture:
		return atoms(re.Sub[0])
	case syntax.OpConcat:
		var all []run
		for _, sub := range re.Sub {
			more, ok := atoms(sub)
			if !ok {
				return nil, false
			}
			all = append(all, more...)
		}
		return all, true
	case syntax.OpLiteral:
		if re.Flags&syntax.FoldCase != 0 {
			return nil, false
		}
		var all []run
		for _, r := range re.Rune {
			one := run{min: 1, max: 1}
			if !one.add(r, r) {
				return nil, false
			}
			all = append(all, one)
		}
		return all, true
	case syntax.OpCharClass:
		one := run{min: 1, max: 1}
		for i := 0; i < len(re.Rune); i += 2 {
			if !one.add(re.Rune[i], re.Rune[i+1]) {
				return nil, false
			}
		}
		return []run{one}, true
	case syntax.OpStar, syntax.OpPlus, syntax.OpQuest:
		if re.Flags&syntax.NonGreedy != 0 {
			return nil, false
		}
		sub, ok := atoms(re.Sub[0])
		if !ok || len(sub) != 1 || sub[0].min != 1 || sub[0].max != 1 {
			return nested(re, sub, ok)
		}
		switch re.Op {
		case syntax.OpStar:
			sub[0].min, sub[0].max = 0, math.MaxInt
		case syntax.OpPlus:
			sub[0].max = math.MaxInt
		default:
			sub[0].min = 0
		}
		return sub, true
	}
	return nil, false
}

// nested reads x(x(x)?)?, which is what Simplify makes of x{0,3}.
func nested(re *syntax.Regexp, sub []run, ok bool) ([]run, bool) {
	if !ok || re.Op != syntax.OpQuest {
		return nil, false
	}
	sub = join(sub)
	if len(sub) != 1 || sub[0].min != 1 {
		return nil, false
	}
	sub[0].min = 0
	return sub, true
}

// join makes one run of neighbours with the same class, where the result means the same.
func join(runs []run) []run {
	var out []run
	for _, r := range runs {
		if n := len(out); n > 0 && out[n-1].class == r.class {
			out[n-1].min += r.min
			if out[n-1].max == math.MaxInt || r.max == math.MaxInt {
				out[n-1].max = math.MaxInt
			} else {
				out[n-1].max += r.max
			}
			continue
		}
		out = append(out, r)
	}
	return out
}

func (r *run) add(lo, hi rune) bool {
	if hi == unicode.MaxRune && lo <= utf8.RuneSelf {
		r.class[2], r.class[3] = math.MaxUint64, math.MaxUint64
		hi = utf8.RuneSelf - 1
	}
	if hi >= utf8.RuneSelf {
		return false
	}
	for c := lo; c <= hi; c++ {
		r.class[c>>6] |= 1 << (c & 63)
	}
	return true
}
