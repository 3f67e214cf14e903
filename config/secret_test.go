package config

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/rs/zerolog"
)

func TestASecretIsNeverShown(t *testing.T) {
	s := NewSecret(literal)
	type outer struct {
		Exported Secret
		inner    Secret
		pointer  *Secret
		list     []Secret
	}
	o := outer{s, s, &s, []Secret{s}}
	var shown bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%p", "%08.3f", "%c", "%U"} {
		fmt.Fprintf(&shown, verb+"\n", s)
		fmt.Fprintf(&shown, verb+"\n", &s)
		fmt.Fprintf(&shown, verb+"\n", o)
		fmt.Fprintf(&shown, verb+"\n", map[string]any{"a": o})
	}
	fmt.Fprintln(&shown, s, o, fmt.Errorf("login with %v: %w", s, fmt.Errorf("%s", s)))
	zl := zerolog.New(&shown)
	zl.Info().Interface("a", s).Interface("b", o).Stringer("c", s).Any("d", map[string]Secret{"x": s}).Msg("")
	slog.New(slog.NewTextHandler(&shown, nil)).Info("x", "s", s, "o", o)
	slog.New(slog.NewJSONHandler(&shown, nil)).Info("x", "s", s, "o", o)
	for _, encode := range []func(any) ([]byte, error){json.Marshal, yaml.Marshal, xml.Marshal} {
		for _, v := range []any{s, &s, o} {
			b, err := encode(v)
			if err != nil {
				t.Fatal(err)
			}
			shown.Write(b)
		}
	}
	text := shown.String()
	for _, form := range []string{literal, fmt.Sprintf("%x", literal), fmt.Sprintf("%X", literal), literal[:6]} {
		if strings.Contains(text, form) {
			t.Errorf("%q is shown in:\n%s", form, text)
		}
	}
	if strings.Count(text, hidden) < 30 {
		t.Errorf("the secret is hidden only %d times", strings.Count(text, hidden))
	}
	if s.Reveal() != literal || !s.IsSet() || (Secret{}).IsSet() || (Secret{}).Reveal() != "" {
		t.Error("Reveal and IsSet do not agree with the value")
	}
}

func FuzzReadNeverPanics(f *testing.F) {
	f.Add([]byte("loket:\n  url: sandbox\ninboxes: [{name: a, local: b}]\n"))
	f.Add([]byte("a: &x [*x]\n? b\n: !!int c\n<<: {d: |\n  e}\n"))
	f.Add([]byte("loket: {password: {a: b}, timeout: [1], services: 3}\nworkers: 1e99\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		d := &decoder{file: "f", dir: t.TempDir(), getenv: func(string) (string, bool) { return "", false }, at: map[string]position{}, bad: map[string]bool{}}
		d.read(data, &Config{})
	})
}
