package expression

import (
	"bytes"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"
)

// mapped is a function of one text that appends what it makes of it.
func mapped(f func(b, text []byte) []byte) func(*compiler, ast.Node, []*Node) *Node {
	return func(_ *compiler, _ ast.Node, a []*Node) *Node {
		return built(over(Text, a...), a, func(b []byte, parts [][]byte) []byte { return f(b, parts[0]) })
	}
}

// piece is a function that takes so many characters.
func piece(cut func(text []byte, n int) []byte) func(*compiler, ast.Node, []*Node) *Node {
	return func(c *compiler, at ast.Node, a []*Node) *Node {
		n := int(c.whole(at, a[1], "the number of characters", 0, 1000))
		node := over(Text, a[0])
		node.text = func(s *State) []byte { return cut(a[0].text(s), n) }
		return node
	}
}

// first is where the n-th character of a text begins.
func first(text []byte, n int) int {
	at := 0
	for ; n > 0 && at < len(text); n-- {
		_, size := utf8.DecodeRune(text[at:])
		at += size
	}
	return at
}

var textFunctions = []Function{
	{
		Name: "join", Signature: "join(text, text, ...) text", Example: `join(code, "-", naam)`, Result: `"N12-Anna"`,
		English: "Texts behind each other.", Dutch: "Teksten achter elkaar.",
		takes: []Type{Text}, least: 2, more: true,
		make: func(_ *compiler, _ ast.Node, a []*Node) *Node { return joined(a) },
	},
	{
		Name: "text", Signature: "text(number or date) text", Example: "text(uren)", Result: `"7.5"`,
		English: "A number with a point, or a date as 2026-10-01, as a text.",
		Dutch:   "Een getal met een punt, of een datum als 2026-10-01, als tekst.",
		takes:   []Type{anyType},
		make:    func(c *compiler, at ast.Node, a []*Node) *Node { return c.text(at, a[0]) },
	},
	{
		Name: "whole", Signature: "whole(text) number", Example: "whole(digits(code))", Result: "12",
		English: "A text of digits as a number.", Dutch: "Een tekst van cijfers als getal.",
		takes: []Type{Text},
		make: func(_ *compiler, _ ast.Node, a []*Node) *Node {
			fail := Failure{Column: a[0].Column, Code: "geen-getal", Message: "Hier staan geen cijfers die een heel getal zijn.", Repair: "Verbeter de waarde."}
			return checked(over(Number, a...), func(s *State) (Num, bool) {
				text := bytes.TrimSpace(a[0].text(s))
				v, ok := parseNum(string(text))
				if !ok || v.d != 1 || bytes.IndexByte(text, '_') >= 0 || bytes.IndexByte(text, '.') >= 0 {
					s.Fail(fail)
					return Num{0, 1}, true
				}
				return v, true
			})
		},
	},
	{
		Name: "digits", Signature: "digits(text) text", Example: "digits(code)", Result: `"12"`,
		English: "Only the digits of a text.", Dutch: "Alleen de cijfers van een tekst.",
		takes: []Type{Text}, make: mapped(func(b, text []byte) []byte {
			for _, c := range text {
				if c >= '0' && c <= '9' {
					b = append(b, c)
				}
			}
			return b
		}),
	},
	{
		Name: "lower", Signature: "lower(text) text", Example: "lower(code)", Result: `"n12"`,
		English: "A text without capitals.", Dutch: "Een tekst zonder hoofdletters.",
		takes: []Type{Text}, make: mapped(func(b, text []byte) []byte { return append(b, bytes.ToLower(text)...) }),
	},
	{
		Name: "upper", Signature: "upper(text) text", Example: "upper(naam)", Result: `"ANNA"`,
		English: "A text in capitals.", Dutch: "Een tekst in hoofdletters.",
		takes: []Type{Text}, make: mapped(func(b, text []byte) []byte { return append(b, bytes.ToUpper(text)...) }),
	},
	{
		Name: "left", Signature: "left(text, characters) text", Example: "left(code, 1)", Result: `"N"`,
		English: "The first characters of a text.", Dutch: "De eerste tekens van een tekst.",
		takes: []Type{Text, Number}, make: piece(func(text []byte, n int) []byte { return text[:first(text, n)] }),
	},
	{
		Name: "right", Signature: "right(text, characters) text", Example: "right(code, 2)", Result: `"12"`,
		English: "The last characters of a text.", Dutch: "De laatste tekens van een tekst.",
		takes: []Type{Text, Number}, make: piece(func(text []byte, n int) []byte {
			return text[first(text, max(utf8.RuneCount(text)-n, 0)):]
		}),
	},
	{
		Name: "after", Signature: "after(text, mark) text", Example: `after(code, "N")`, Result: `"12"`,
		English: "What stands behind the first mark in a text; nothing when it has none.",
		Dutch:   "Wat achter het eerste teken in een tekst staat; niets als het er niet is.",
		takes:   []Type{Text, Text},
		make: func(_ *compiler, _ ast.Node, a []*Node) *Node {
			n := over(Text, a...)
			n.text = func(s *State) []byte { _, rest, _ := bytes.Cut(a[0].text(s), a[1].text(s)); return rest }
			return n
		},
	},
	{
		Name: "before", Signature: "before(text, mark) text", Example: `before(naam, "n")`, Result: `"A"`,
		English: "What stands before the first mark in a text; all of it when it has none.",
		Dutch:   "Wat voor het eerste teken in een tekst staat; alles als het er niet is.",
		takes:   []Type{Text, Text},
		make: func(_ *compiler, _ ast.Node, a []*Node) *Node {
			n := over(Text, a...)
			n.text = func(s *State) []byte { head, _, _ := bytes.Cut(a[0].text(s), a[1].text(s)); return head }
			return n
		},
	},
	{
		Name: "like", Signature: "like(text, pattern) yes or no", Example: `like(code, "n*")`, Result: "yes",
		English: "Whether a text is of a pattern in which * is anything, whatever its capitals.",
		Dutch:   "Of een tekst past in een patroon waarin * alles mag zijn, ongeacht hoofdletters.",
		takes:   []Type{Text, Text},
		make: func(c *compiler, at ast.Node, a []*Node) *Node {
			if !a[1].fixed {
				c.fail(at, `like(code, "N*")`, "the pattern must be the same for every row")
			}
			pattern := bytes.ToLower(a[1].text(&State{}))
			n := over(Truth, a...)
			n.truth = func(s *State) bool { return Like(bytes.ToLower(a[0].text(s)), pattern) }
			return n
		},
	},
}

// text is a number or date as a text.
func (c *compiler) text(at ast.Node, a *Node) *Node {
	if a.Type != Number && a.Type != Date {
		c.fail(at, "text(number or date) text", "text does not go with %s here", a.Type)
	}
	return TextOf(a)
}

// TextOf is a Number with a point, or a Date as 2026-10-01, as a Text.
func TextOf(a *Node) *Node {
	n := over(Text, a)
	n.text = func(s *State) []byte {
		text := ""
		if a.Type == Date {
			text = a.date(s).String()
		} else {
			text = a.num(s).String()
		}
		from := len(s.buf)
		s.buf = append(s.buf, text...)
		return s.buf[from:len(s.buf):len(s.buf)]
	}
	return n
}

// Like reports whether a text is of a pattern in which * is anything; capitals
// count. It takes no longer than the lengths of both multiplied.
func Like(text, pattern []byte) bool {
	t, p, star, mark := 0, 0, -1, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, t
			p++
		case p < len(pattern) && pattern[p] == text[t]:
			t, p = t+1, p+1
		case star >= 0:
			mark++
			t, p = mark, star+1
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}

// Join is texts behind each other with a mark in between. An empty one is left out
// with its mark, and when all are empty so is the whole.
func Join(of []*Node, mark string) *Node {
	n := over(Text, of...)
	n.filled = anyFilled(of)
	between := []byte(mark)
	fillable := make([]*Node, len(of))
	for i, a := range of {
		b := *a
		b.text = func(s *State) []byte {
			if !a.Filled(s) {
				return nil
			}
			return a.text(s)
		}
		fillable[i] = &b
	}
	return built(n, fillable, func(b []byte, parts [][]byte) []byte {
		from := len(b)
		for _, p := range parts {
			if len(p) == 0 || len(b) > 2*maxText {
				continue
			}
			if len(b) > from {
				b = append(b, between...)
			}
			b = append(b, p...)
		}
		return b
	})
}
