package loket

import "testing"

func TestTheReferenceOfAFaultStaysWhole(t *testing.T) {
	for in, want := range map[string]string{
		"LKT-df263e123456782a":                  "LKT-df263e123456782a",
		"BSN 123456782 en NL91 ABNA 0417164300": "BSN ******782 en *****************300",
		"geheim123 voor 1234.56.782":            "*** voor ********782",
	} {
		if got := scrub(in, "geheim123"); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
