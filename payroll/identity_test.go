package payroll

import (
	"fmt"
	"strings"
	"testing"
)

func TestBSN(t *testing.T) {
	for _, in := range []string{"123456782", "111222333"} {
		b, err := ParseBSN(in)
		if err != nil || b.Digits() != in {
			t.Errorf("%s: %v", in, err)
		}
		if s := fmt.Sprintf("%v %s", b, b); strings.Contains(s, in[:6]) {
			t.Errorf("prints as %s", s)
		}
	}
	if b, err := ParseBSN("10000008"); err != nil || b.Digits() != "010000008" {
		t.Errorf("eight digits: %s, %v", b.Digits(), err)
	}
	for _, in := range []string{"", "123456789", "000000000", "12345678a", "1234567820", "1234567"} {
		_, err := ParseBSN(in)
		if err == nil {
			t.Errorf("%q was accepted", in)
		} else if len(in) > 3 && strings.Contains(err.Error(), in) {
			t.Errorf("the error shows the number: %v", err)
		}
	}
}

func TestIBAN(t *testing.T) {
	for _, in := range []string{"NL02ABNA0123456789", "nl02 abna 0123 4567 89", "DE89370400440532013000", "BE68539007547034"} {
		if _, err := ParseIBAN(in); err != nil {
			t.Errorf("%s: %v", in, err)
		}
	}
	for _, in := range []string{"", "NL03ABNA0123456789", "NL02ABNA012345678", "NL02ABNA01234567890", "NL02ABNA01234-6789", strings.Repeat("N", 40)} {
		if _, err := ParseIBAN(in); err == nil {
			t.Errorf("%q was accepted", in)
		}
	}
	made, err := NewIBAN("NL", "ABNA0123456789")
	if err != nil || made.Text() != "NL02ABNA0123456789" || strings.Contains(made.String(), "ABNA") {
		t.Errorf("made %s, %v", made, err)
	}
	if got, ok := made.Account(); !ok || got != "0123456789" {
		t.Errorf("account %s, %v", got, ok)
	}
	if _, ok := IBAN("DE89370400440532013000").Account(); ok {
		t.Error("a German IBAN has a Dutch account number")
	}
}

func TestElevenTest(t *testing.T) {
	for in, want := range map[string]bool{
		"0123456789": true, "123456789": true, "1112223339": true, "1112223330": false, "0001234567": true, "1234567": true,
		"": false, "0000000000": false, "12345678901": false, "11122233a9": false, "12345678": false,
	} {
		if ElevenTest(in) != want {
			t.Errorf("%q: %v", in, !want)
		}
	}
}

func TestAccountsPrintMasked(t *testing.T) {
	for _, a := range []Account{{IBAN: "NL02ABNA0123456789"}, {Number: "0123456789"}} {
		if s := fmt.Sprint(a); strings.Contains(s, "123456") || !strings.HasSuffix(s, "789") {
			t.Errorf("prints as %s", s)
		}
		if d, ok := a.Digits(); !ok || d != "0123456789" {
			t.Errorf("digits %s, %v", d, ok)
		}
	}
	if got := Mask("Jansen"); got != "******" {
		t.Errorf("short value: %s", got)
	}
}
