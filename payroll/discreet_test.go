package payroll

import (
	"strings"
	"testing"
)

func TestDiscreetKnowsTheSpellingsOfPeople(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"BSN 123456782.", "BSN ******782."},
		{"123456 782", "*******782"},
		{"123 456 782 en meer", "********782 en meer"},
		{"1234.56.782", "********782"},
		{"1234-56-782", "********782"},
		{"x123456782x", "x******782x"},
		{"uren_123456782.csv", "uren_******782.csv"},
		{"uren_5555_123456782.csv", "uren_5555_******782.csv"},
		{"５５ １２３４５６７８２", "５５ ******７８２"},
		{"een nul te weinig: 10000008", "een nul te weinig: *****008"},
		{"NL91ABNA0417164300", "***************300"},
		{"van NL91 ABNA 0417 1643 00 naar", "van *******************" + " 00 naar"},
		{"nl91abna0417164300", "***************300"},
		{"rekening_NL91ABNA0417164300.csv", "rekening_***************300.csv"},
		{"xNL91ABNA0417164300x", "x***************300x"},
		{"NL91-ABNA-0417-1643-00", "*******************-00"},
		{"BE68539007547034", "*************034"},
		{"TR330006100519786457841326", "***********************326"},
		{"ＮＬ９１ＡＢＮＡ０４１７１６４３００", "***************３００"},
	} {
		got := Discreet(c.text)
		if got != c.want {
			t.Errorf("%q: %q, want %q", c.text, got, c.want)
		}
		if again := Discreet(got); again != got {
			t.Errorf("%q: again %q", got, again)
		}
	}
}

func TestDiscreetLeavesOtherNumbersAlone(t *testing.T) {
	for _, text := range []string{
		"LKT-df263e123456782a", // a reference of Loket: sixteen hexadecimal digits
		"importnummer 1234567821, 123456789",
		"uren_20261001.csv van 01-10-2026 tot 2026-10-31", // dates
		"uren_01102026.csv",
		"5ade6cba-0001-81b9-9113-123456782000",
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b123456782",
		"LOKETETL821267048L0120260808 van 821267048L01",
		"1234567.82 uur",
		"NL91ABNA0417164301",
		"regel 12345, 678 en 2",
		"",
	} {
		if got := Discreet(text); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
	if got := Discreet(strings.Repeat("a1 ", 1000)); strings.Contains(got, "*") {
		t.Error("masks what is nothing")
	}
}
