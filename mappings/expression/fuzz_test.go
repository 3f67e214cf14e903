package expression

import (
	"errors"
	"testing"
	"unicode/utf8"
)

// FuzzCompile gives any text to the compiler: it ends, without a panic, with a
// program or with an error at a place inside the text; a program gives the same
// outcome twice, whatever the row holds.
func FuzzCompile(f *testing.F) {
	for _, function := range Functions {
		f.Add(function.Example, int64(0), "x")
	}
	for _, src := range []string{
		"uren > 8 ? percent(uren - 8, 150) : 0", `code in ["N", "O"] and not filled(leeg)`, "round(minuten / 60, 2)", "if true { 1 } else { 2 }",
		"filter([1], # > 0)", "let x = 1; x", "a?.b", "1 in 1..3", `"\u00e9" + code`, "0x1p-2", "uren | round(2)", "::min(1, 2)", "{a: 1}", "b'x'",
	} {
		f.Add(src, int64(1)<<62, "\xff\x00é")
	}
	f.Fuzz(func(t *testing.T, src string, number int64, text string) {
		n, err := Compile(src, sampleScope())
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.Message == "" || e.At < 0 || e.At > utf8.RuneCountInString(src) {
				t.Fatalf("%q: %#v", src, err)
			}
			return
		}
		r := sample()
		for i := range r {
			switch sampleTypes[i] {
			case 0:
				r[i].Text = []byte(text)
			case 4:
			default:
				r[i].Num = number
			}
		}
		var s, other State
		first := show(n, &s, r)
		if again := show(n, &s, r); again != first {
			t.Fatalf("%q is %s and then %s", src, first, again)
		}
		if fresh := show(n, &other, r); fresh != first {
			t.Fatalf("%q is %s and elsewhere %s", src, first, fresh)
		}
		show(n, &s, sample())
	})
}
