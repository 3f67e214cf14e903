package expression

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strings"
	"testing"

	"loket-etl/validate"

	"github.com/google/go-cmp/cmp"
)

// sampleRow is the row of the examples in Functions.
type sampleRow []validate.Value

func (r sampleRow) Cell(c int) (*validate.Value, bool) { return &r[c], string(r[c].Text) != "bad" }

var sampleNames = []string{"uren", "minuten", "begin", "einde", "pauze", "code", "naam", "datum", "leeg", "Aantal uren", "kapot"}

var sampleTypes = []validate.Type{
	validate.Hours, validate.Integer, validate.Hours, validate.Hours, validate.Hours, validate.Text, validate.Text, validate.Date, validate.Decimal, validate.Decimal, validate.Integer,
}

func sample() sampleRow {
	const hour = validate.TicksPerHour
	number := func(n int64) validate.Value { return validate.Value{Set: true, Num: n} }
	text := func(s string) validate.Value { return validate.Value{Set: true, Text: []byte(s)} }
	return sampleRow{
		number(75 * hour / 10), number(450), number(22 * hour), number(65 * hour / 10), number(hour / 2),
		text("N12"), text("Anna"), number(20261001), {}, number(2_5000), text("bad"),
	}
}

func sampleScope() *Scope {
	return &Scope{
		Columns: sampleNames,
		Column: func(name string) *Node {
			i := slices.Index(sampleNames, name)
			if i < 0 {
				return nil
			}
			return OfColumn(i, sampleTypes[i], name)
		},
		File: func(field string) (*Node, bool) { return OfInt(func(Row) int64 { return 2026 }), field == "year" },
		Nearest: func(name string, known []string) []string {
			for _, k := range known {
				if k != "" && k[0] == name[0] && len(k) == len(name) {
					return []string{k}
				}
			}
			return nil
		},
	}
}

// show is the outcome of a program for the sample row.
func show(n *Node, s *State, r Row) string {
	s.Start(r)
	text, ok := "", false
	switch n.Type {
	case Number, Fraction:
		var v Num
		v, ok = n.Num(s)
		text = v.String()
	case Text:
		var v []byte
		v, ok = n.Text(s)
		text = fmt.Sprintf("%q", v)
	case Date:
		v, fine := n.Date(s)
		text, ok = v.String(), fine
	case Truth:
		v, fine := n.Truth(s)
		text, ok = map[bool]string{true: "yes", false: "no"}[v], fine
	}
	if !ok {
		f := s.Failure
		if f.Told {
			return fmt.Sprintf("told in column %d", f.Column)
		}
		return fmt.Sprintf("%s in column %d: %s %s", f.Code, f.Column, f.Message, f.Repair)
	}
	return text
}

func TestEveryFunctionGivesWhatItsExampleSays(t *testing.T) {
	for _, f := range Functions {
		n, err := Compile(f.Example, sampleScope())
		if err != nil {
			t.Errorf("%s: %v", f.Example, err)
			continue
		}
		if got := show(n, &State{}, sample()); got != f.Result {
			t.Errorf("%s is %s, want %s", f.Example, got, f.Result)
		}
		if !strings.HasPrefix(f.Signature, f.Name+"(") || !strings.Contains(f.Example, f.Name+"(") {
			t.Errorf("%s: signature %s, example %s", f.Name, f.Signature, f.Example)
		}
		for _, sentence := range []string{f.English, f.Dutch} {
			if !strings.HasSuffix(sentence, ".") {
				t.Errorf("%s: %q is no sentence", f.Name, sentence)
			}
		}
	}
}

func TestExpressionsAreExact(t *testing.T) {
	for _, tt := range []struct{ src, want string }{
		{"0.1 + 0.2 == 0.3", "yes"},
		{"0.1 * 3 - 0.3", "0"},
		{"round(2 / 3, 2)", "0.67"},
		{"round(-2.5, 0)", "-3"},
		{"round_even(-2.5, 0)", "-2"},
		{"round_down(-2.99, 1)", "-2.9"},
		{"round_up(-2.91, 1)", "-3"},
		{"uren / 4", "1.875"},
		{"round(uren / 3 * 3, 2)", "7.5"},
		{"round(minuten / 60, 2) == uren", "yes"},
		{"minutes_to_hours(20) + minutes_to_hours(40)", "1"},
		{"round_to(minutes_to_hours(67), 0.25)", "1"},
		{"round_to(minutes_to_hours(68), 0.25)", "1.25"},
		{"hours_between(begin, einde)", "8.5"},
		{"hours_between(8, 16.5, leeg)", "8.5"},
		{"hours_between(22, 6)", "8"},
		{"hours_between(0, 24)", "24"},
		{"column(\"Aantal uren\") * 2", "5"},
		{"99999999.5 + 0.000000001", "99999999.500000001"},
		{"999999999999999 * 999999999999999", "uitkomst-te-groot in column -1: De uitkomst van een berekening is te groot. Controleer de getallen op deze regel."},
		{"uren > 8 ? uren - 8 : 0", "0"},
		{"uren >= 7.5 and not (code == \"N12\") or naam < \"B\"", "yes"},
		{"code in [\"N12\", \"O\"]", "yes"},
		{"minuten in [1, 450.0]", "yes"},
		{"minuten not in [1, 2]", "yes"},
		{"code contains \"1\" and code startsWith \"N\" and code endsWith \"2\"", "yes"},
		{"\"a\" + code", `"aN12"`},
		{"join(left(naam, 2), right(code, 9), \"\")", `"AnN12"`},
		{"upper(lower(\"Één\"))", `"ÉÉN"`},
		{"leeg + 1", "leeg in column 8: De cel leeg is leeg, maar is nodig voor een berekening. Vul de cel in."},
		{"first_of(leeg, 3) + 1", "4"},
		{"first_of(leeg, leeg)", "leeg in column 8: De cel leeg is leeg, maar is nodig voor een berekening. Vul de cel in."},
		{"filled(leeg) and leeg > 3", "no"},
		{"kapot + 1", "told in column 10"},
		{"uren / (minuten - 450) > 1", "delen-door-nul in column 1: In een berekening wordt door nul gedeeld. Controleer de getallen op deze regel."},
		{"date(2026, 2, minuten - 420)", "datum-onmogelijk in column 1: 30-02-2026 bestaat niet op de kalender. Verbeter de dag."},
		{"date(2026, 2, minuten)", "datum-onmogelijk in column 1: Dit is geen dag van 1 tot en met 31. Verbeter de waarde."},
		{"monday(2026, 53)", "2026-12-28"},
		{"monday(2025, 53)", "datum-onmogelijk in column -1: Week 53 bestaat niet in 2025. Verbeter de week."},
		{"add_days(datum, 1.5)", "datum-onmogelijk in column -1: Dit is geen aantal dagen van -100000 tot en met 100000. Verbeter de waarde."},
		{"days_between(datum, date(2026, 3, 29))", "-186"},
		{"whole(naam)", "geen-getal in column 6: Hier staan geen cijfers die een heel getal zijn. Verbeter de waarde."},
		{"hours_between(begin, 25)", "geen-tijdstip in column -1: Dit is geen tijdstip van 0:00 tot en met 24:00. Schrijf het tijdstip als 8:30."},
		{"hours_between(8, begin - begin + 8)", "geen-tijd in column 2: Begin en eind zijn gelijk. Verbeter begin of eind, of haal de regel weg. Een hele dag is van 0:00 tot 24:00."},
		{"hours_between(24, 0)", "geen-tijd in column -1: Begin en eind zijn gelijk. Verbeter begin of eind, of haal de regel weg. Een hele dag is van 0:00 tot 24:00."},
		{"hours_between(8, 9, begin)", "pauze in column 2: De pauze is negatief of langer dan de tijd tussen begin en eind. Controleer begin, eind en pauze."},
		{"if uren > 7 { \"lang\" } else { \"kort\" }", `"lang"`},
		{"uren | round(0)", "8"},
		{"1 < uren < 8", "yes"},
	} {
		n, err := Compile(tt.src, sampleScope())
		if err != nil {
			t.Errorf("%s: %v", tt.src, err)
			continue
		}
		if got := show(n, &State{}, sample()); got != tt.want {
			t.Errorf("%s is %s, want %s", tt.src, got, tt.want)
		}
	}
}

func TestWhatIsNoExpressionIsToldWithItsPlace(t *testing.T) {
	for _, tt := range []struct {
		src  string
		at   int
		want string
	}{
		{"", 0, "the expression is empty"},
		{"uern + 1", 0, `there is no column "uern" (did you mean uren?)`},
		{"1 + wekk(datum)", 4, `there is no function "wekk" (did you mean week?)`},
		{"xyz_xyz", 0, `there is no column "xyz_xyz" (known: uren, minuten, begin, einde, pauze, code, naam, datum, leeg, Aantal uren, kapot)`},
		{"uren + code", 5, "+ does not go with a number and a text"},
		{"code + uren", 5, "+ does not go with a text and a number (text(number) makes a text of a number)"},
		{"datum + 1", 6, "+ does not go with a date and a number (add_days(date, 7) and days_between(from, until) calculate with dates)"},
		{"uren == code", 5, "== does not go with a number and a text"},
		{"not code == \"x\"", 0, "not does not go with a text (not (a == b), with the brackets)"},
		{"round(uren)", 0, "round has 1 argument (round(number, decimals) number)"},
		{"round(code, 2)", 6, "round does not go with a text here (round(number, decimals) number)"},
		{"round(uren, uren)", 0, "decimals must be a whole number from 0 to 9, the same for every row"},
		{"round(uren, 10)", 0, "decimals must be a whole number from 0 to 9, the same for every row"},
		{"round_to(uren, 0)", 0, "step must be more than 0, the same for every row (round_to(uren, 0.25))"},
		{"uren / 0", 7, "this divides by zero"},
		{"uren % 2", 5, "% is not used here (write round_down(a / b, 0))"},
		{"code matches \"N.*\"", 5, `matches is not used here (write like(code, "N*"))`},
		{"uren ?? 1", 5, "?? is not used here (write first_of(a, b))"},
		{"uren ? 1 : 2", 0, "what stands before ? is a number, not a condition (compare it: uren > 0 ? ... : ...)"},
		{"true ? 1 : code", 11, "one outcome is a number, the other a text (both must be of one type)"},
		{"filter([1], # > 0)", 0, `there is no function "filter" (did you mean filled?)`},
		{"[1, 2]", 0, `a list is no value (a list stands behind in: code in ["N", "O"])`},
		{"uren in [\"N\"]", 9, "the list holds a text (what is looked for is a number)"},
		{"uren in minuten", 8, `behind in stands a list of values (in ["N", "O"])`},
		{"code in [naam]", 9, "a list holds values, no columns"},
		{"code.x", 5, `nothing here has parts (a column with another name than letters and digits is column("..."))`},
		{"code.x()", 5, "nothing here has functions of its own (functions stand on their own: round(uren, 2))"},
		{"nil", 0, "there is no nil (filled(column) asks whether a cell is filled)"},
		{"let x = 1; x", 4, "this form is not used here"},
		{"1e5", 0, `"1e5" is no number here (at most 15 digits before the point and 9 behind it)`},
		{"0x10", 0, `"0x10" is no number here (at most 15 digits before the point and 9 behind it)`},
		{"1234567890123456", 0, `"1234567890123456" is no number here (at most 15 digits before the point and 9 behind it)`},
		{"file(\"maand\")", 0, `the file's name does not say this (file: {name: "uren_{year}-{period}*.csv"})`},
		{"column(uren)", 0, `column has one name between quotes (column("Aantal uren"))`},
		{"first_of(uren, code)", 0, "the arguments of first_of are of different types (first_of(a, b, ...) a)"},
		{"like(code, naam)", 0, `the pattern must be the same for every row (like(code, "N*"))`},
		{"text(code)", 0, "text does not go with a text here (text(number or date) text)"},
		{"uren * 1,25", 8, `unexpected token Operator(",") (write numbers with a point: 1.25)`},
		{"uren = 8", 5, `unexpected token Operator("=") (equal is written ==)`},
		{"(uren", 4, "the expression is not finished"},
		{strings.Repeat("(", 400), 399, "the expression is not finished"},
		{strings.Repeat("-", 30) + "1", 20, "an expression nests at most 20 deep (name a part of it under compute)"},
		{strings.Repeat("a", 1001), 1000, "an expression has at most 1000 characters (name a part of it under compute)"},
	} {
		_, err := Compile(tt.src, sampleScope())
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%.40s: got %v", tt.src, err)
			continue
		}
		if diff := cmp.Diff(fmt.Sprint(tt.at, " ", tt.want), fmt.Sprint(e.At, " ", e)); diff != "" {
			t.Errorf("%.40s (-want +got)\n%s", tt.src, diff)
		}
	}
}

func TestTextsDoNotGrowWithoutEnd(t *testing.T) {
	r := sample()
	r[5].Text = []byte(strings.Repeat("x", 20<<10))
	n, err := Compile("join(code, code, code, code)", sampleScope())
	if err != nil {
		t.Fatal(err)
	}
	want := "tekst-te-lang in column 5: Een samengestelde tekst is te lang. Kort de tekst op deze regel in."
	if got := show(n, &State{}, r); got != want {
		t.Errorf("got %.100s", got)
	}
}

// TestNumbersAreThoseOfBigRat holds the arithmetic against exact fractions.
func TestNumbersAreThoseOfBigRat(t *testing.T) {
	values := []Num{{0, 1}, {1, 3}, {-1, 3}, {7, 36_000_000}, {-5, 10_000}, {math.MaxInt64, 1}, {math.MinInt64 + 1, 7}, {math.MaxInt64 - 1, math.MaxInt64}, {1, 2}, {-3, 2}, {25, 10}}
	for _, a := range values {
		for _, b := range values {
			for name, op := range map[string]struct {
				ours  func(a, b Num) (Num, bool)
				exact func(z, x, y *big.Rat) *big.Rat
			}{
				"+": {Num.add, (*big.Rat).Add}, "*": {Num.mul, (*big.Rat).Mul}, "/": {Num.div, (*big.Rat).Quo},
			} {
				if name == "/" && b.isZero() {
					continue
				}
				want := op.exact(new(big.Rat), a.rat(), b.rat())
				_, fits := fit(want)
				got, ok := op.ours(a, b)
				if ok != fits && !(ok && got.rat().Cmp(want) == 0) || ok && got.rat().Cmp(want) != 0 {
					t.Errorf("%v %s %v = %v, %t; want %v", a, name, b, got, ok, want)
				}
			}
			if got, want := a.compare(b), a.rat().Cmp(b.rat()); got != want {
				t.Errorf("%v compared with %v is %d, want %d", a, b, got, want)
			}
		}
	}
}
