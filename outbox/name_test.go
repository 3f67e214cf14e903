package outbox_test

import (
	"errors"
	"io/fs"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"loket-etl/outbox"
)

func TestFileNames(t *testing.T) {
	for _, c := range []struct {
		parts []string
		want  string // "" for an error
	}{
		{[]string{"5555", "2026-09", "1", "betalingen.xml"}, "5555-2026-09-1-betalingen.xml"},
		{[]string{"betalingen.xml"}, "betalingen.xml"},
		{[]string{"Café De Hoek B.V.", "Betalingen.XML"}, "cafe-de-hoek-b.v-betalingen.xml"},
		{[]string{"  a  b  ", "--c--"}, "a-b-c"},
		{[]string{"a/../../etc/passwd"}, "a-..-..-etc-passwd"},
		{[]string{"..", "x"}, ""},
		{[]string{"ünïcödé", "Straße", "İ"}, "unicode-stra-e-i"},
		{[]string{strings.Repeat("a", 120)}, strings.Repeat("a", 120)},
		{[]string{strings.Repeat("a", 118), "bb"}, ""},
		{nil, ""},
		{[]string{""}, ""},
		{[]string{"a", "", "b"}, ""},
		{[]string{"€€€"}, ""},
		{[]string{"-_."}, ""},
		{[]string{"x.part"}, ""},
		{[]string{"x.TMP"}, ""},
		{[]string{"x.ok"}, ""},
		{[]string{"x.done"}, ""},
		{[]string{"x.ack"}, ""},
		{[]string{"x.sha256"}, ""},
		{[]string{"NUL"}, ""},
		{[]string{"com1.xml"}, ""},
		{[]string{"com1", "x.xml"}, "com1-x.xml"},
		{[]string{"console.xml"}, "console.xml"},
	} {
		got, err := outbox.FileName(c.parts...)
		if got != c.want || (c.want == "") != (err != nil) || err != nil && !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("%q: %q, %v, want %q", c.parts, got, err, c.want)
		}
	}
}

// Whatever comes in, a name is fit for every system, and stays what it is.
func TestEveryFileNameIsFit(t *testing.T) {
	fit := regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,119}$`)
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(rapid.String(), 1, 4).Draw(t, "parts")
		name, err := outbox.FileName(parts...)
		if err != nil {
			return
		}
		if !fit.MatchString(name) || strings.HasSuffix(name, ".") {
			t.Fatalf("%q gives %q", parts, name)
		}
		if again, err := outbox.FileName(name); again != name || err != nil {
			t.Fatalf("%q gives %q, and that %q, %v", parts, name, again, err)
		}
	})
}
