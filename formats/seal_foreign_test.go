package formats

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// arrived is when the files of these tests came in; the keys are made a day before.
var arrived = time.Date(2026, 10, 20, 9, 0, 0, 0, time.UTC)

const secretRows = "Personeelsnummer;Uren\r\n1;8,00\r\n"

// needs skips a test that needs a program which is not here, and fails where CI is.
func needs(t testing.TB, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err == nil {
			continue
		} else if os.Getenv("CI") == "true" {
			t.Fatalf("%s is needed: %v", p, err)
		}
		t.Skipf("SKIPPED: %s is not installed", p)
	}
}

// gpg is a GnuPG with a home of its own.
type gpg struct {
	t    testing.TB
	home string
}

func newGPG(t testing.TB) *gpg {
	t.Helper()
	needs(t, "gpg", "gpgconf")
	home, err := os.MkdirTemp("", "gpg") // short: sockets go there
	if err != nil {
		t.Fatal(err)
	}
	// Else the agent takes seconds to find out how slow a passphrase may be.
	if err := os.WriteFile(filepath.Join(home, "gpg-agent.conf"), []byte("s2k-count 65536\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	g := &gpg{t, home}
	t.Cleanup(func() {
		kill := exec.Command("gpgconf", "--homedir", home, "--kill", "all")
		_ = kill.Run()
		os.RemoveAll(home)
	})
	return g
}

// run is what gpg writes when it reads in, on a day before the files arrive.
func (g *gpg) run(in string, args ...string) []byte {
	g.t.Helper()
	return g.at("20261019T090000!", in, args...)
}

func (g *gpg) at(when, in string, args ...string) []byte {
	g.t.Helper()
	c := exec.Command("gpg", append([]string{"--homedir", g.home, "--batch", "--yes", "--quiet", "--no-tty", "--faked-system-time", when, "--pinentry-mode", "loopback", "--trust-model", "always"}, args...)...)
	c.Stdin = strings.NewReader(in)
	var out, said bytes.Buffer
	c.Stdout, c.Stderr = &out, &said
	if err := c.Run(); err != nil {
		g.t.Fatalf("gpg %v: %v\n%s", args, err, said.String())
	}
	return out.Bytes()
}

// key makes somebody a key, and gives it with its secret part and without.
func (g *gpg) key(who, algo, passphrase, expires string) (secret, public string) {
	g.t.Helper()
	g.run("", "--passphrase", passphrase, "--quick-generate-key", who, algo, "default", expires)
	sub := algo
	if algo == "ed25519" {
		sub = "cv25519"
	}
	finger := regexp.MustCompile(`fpr:+([0-9A-F]{40}):`).FindStringSubmatch(string(g.run("", "--with-colons", "--list-keys", who)))[1]
	g.run("", "--passphrase", passphrase, "--quick-add-key", finger, sub, "encr", expires)
	return string(g.run("", "--passphrase", passphrase, "--armor", "--export-secret-keys", who)), string(g.run("", "--armor", "--export", who))
}

// unseal is all that comes out, or what is said instead.
func unseal(t testing.TB, s *Seal, data []byte) string {
	t.Helper()
	r, err := s.Open(bytes.NewReader(data), arrived)
	if err == nil {
		var all []byte
		if all, err = io.ReadAll(r); err == nil {
			return string(all)
		}
	}
	var file *FileError
	if !errors.As(err, &file) {
		t.Fatalf("no problem of the file: %v", err)
	}
	return file.Problem.Code
}

// GnuPG encrypts and signs, and we open it; what is wrong with it is refused.
func TestWhatGnuPGSeals(t *testing.T) {
	g := newGPG(t)
	own, _ := g.key("kantoor@example.org", "ed25519", "geheim", "never")
	rsa, _ := g.key("rsa@example.org", "rsa2048", "", "never")
	other, _ := g.key("ander@example.org", "ed25519", "", "never")
	_, sender := g.key("klok@example.org", "ed25519", "", "never")
	_, late := g.key("verlopen@example.org", "ed25519", "", "1d")
	seal := func(o OpenPGP) *Seal {
		s, err := o.Seal()
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	strict := seal(OpenPGP{Key: own, Passphrase: "geheim", SignedBy: []string{sender, late}})
	lax := seal(OpenPGP{Key: own, Passphrase: "geheim", SignedBy: []string{sender}, Optional: true})
	open := seal(OpenPGP{Key: own, Passphrase: "geheim", Optional: true})
	to := []string{"--recipient", "kantoor@example.org"}
	signed := append([]string{"--sign", "--local-user", "klok@example.org", "--encrypt"}, to...)
	good := g.run(secretRows, signed...)
	byOther := g.run(secretRows, append([]string{"--sign", "--local-user", "ander@example.org", "--encrypt"}, to...)...)
	unsigned := g.run(secretRows, append([]string{"--encrypt"}, to...)...)
	flip := func(at int) []byte {
		data := bytes.Clone(good)
		data[at] ^= 1
		return data
	}
	for name, c := range map[string]struct {
		seal *Seal
		data []byte
		want string
	}{
		"encrypted and signed":            {strict, good, secretRows},
		"armored":                         {strict, g.run(secretRows, append([]string{"--armor"}, signed...)...), secretRows},
		"as text":                         {strict, g.run(secretRows, append([]string{"--textmode"}, signed...)...), secretRows},
		"not compressed":                  {strict, g.run(secretRows, append([]string{"--compress-algo", "none"}, signed...)...), secretRows},
		"for two":                         {strict, g.run(secretRows, append([]string{"--recipient", "ander@example.org"}, signed...)...), secretRows},
		"for somebody hidden":             {strict, g.run(secretRows, "--sign", "--local-user", "klok@example.org", "--encrypt", "--hidden-recipient", "kantoor@example.org"), secretRows},
		"for a key of RSA":                {seal(OpenPGP{Key: rsa, SignedBy: []string{sender}}), g.run(secretRows, "--sign", "--local-user", "klok@example.org", "--encrypt", "--recipient", "rsa@example.org"), secretRows},
		"by one of two":                   {strict, g.run(secretRows, append([]string{"--local-user", "ander@example.org"}, signed...)...), secretRows},
		"empty":                           {strict, g.run("", signed...), ""},
		"for another key":                 {seal(OpenPGP{Key: other, SignedBy: []string{sender}}), good, "andere-sleutel"},
		"with a password":                 {strict, g.run(secretRows, "--symmetric", "--passphrase", "x"), "andere-sleutel"},
		"not signed":                      {strict, unsigned, "niet-ondertekend"},
		"not signed and that will do":     {lax, unsigned, secretRows},
		"by nobody we know":               {strict, byOther, "onbekende-ondertekening"},
		"by nobody we know, signed or no": {lax, byOther, "onbekende-ondertekening"},
		"by anybody":                      {open, byOther, secretRows},
		"by a key that expired since":     {strict, g.run(secretRows, append([]string{"--sign", "--local-user", "verlopen@example.org", "--encrypt"}, to...)...), secretRows},
		"signed after it came in":         {strict, g.at("20261023T090000!", secretRows, append([]string{"--sign", "--local-user", "klok@example.org", "--encrypt"}, to...)...), "ondertekening-ongeldig"},
		"plain":                           {strict, []byte(secretRows), "niet-versleuteld"},
		"nothing":                         {strict, nil, "niet-versleuteld"},
		"signed and not encrypted":        {strict, g.run(secretRows, "--sign", "--local-user", "klok@example.org"), "niet-versleuteld"},
		"cut off":                         {strict, good[:len(good)-1], "versleuteling-beschadigd"},
		"cut off early":                   {strict, good[:120], "versleuteling-beschadigd"},
		"changed at the end":              {strict, flip(len(good) - 1), "versleuteling-beschadigd"},
		"changed in the middle":           {strict, flip(len(good) - 60), "versleuteling-beschadigd"},
		"a public key":                    {strict, []byte(sender), "niet-versleuteld"},
		"only signed":                     {seal(OpenPGP{SignedBy: []string{sender}}), g.run(secretRows, "--sign", "--local-user", "klok@example.org"), secretRows},
		"only signed, by another":         {seal(OpenPGP{SignedBy: []string{sender}}), g.run(secretRows, "--sign", "--local-user", "ander@example.org"), "onbekende-ondertekening"},
		"plain, where it must be signed":  {seal(OpenPGP{SignedBy: []string{sender}}), []byte(secretRows), "niet-ondertekend"},
		"a bomb":                          {strict, g.run(strings.Repeat("0", 100<<20), signed...), "ingepakt-te-groot"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := unseal(t, c.seal, c.data); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestKeysThatAreNone(t *testing.T) {
	g := newGPG(t)
	locked, public := g.key("kantoor@example.org", "ed25519", "geheim", "never")
	free, _ := g.key("vrij@example.org", "ed25519", "", "never")
	for name, c := range map[string]struct {
		pgp  OpenPGP
		want string
	}{
		"no key":                   {OpenPGP{Key: "x"}, "key is not an OpenPGP private key"},
		"a public key":             {OpenPGP{Key: public}, "key is not an OpenPGP private key"},
		"no passphrase":            {OpenPGP{Key: locked}, "key needs a passphrase"},
		"a wrong passphrase":       {OpenPGP{Key: locked, Passphrase: "x"}, "the passphrase does not open the key"},
		"a passphrase for nothing": {OpenPGP{Key: free, Passphrase: "x"}, "passphrase has no meaning: the key needs none"},
		"no sender":                {OpenPGP{Key: free, SignedBy: []string{public, "x"}}, "signed_by[1] is not an OpenPGP public key"},
	} {
		if _, err := c.pgp.Seal(); err == nil || err.Error() != c.want {
			t.Errorf("%s: got %v, want %s", name, err, c.want)
		}
	}
	if _, err := AgeSeal("AGE-SECRET-KEY-1GEHEIM"); err == nil || strings.Contains(err.Error(), "GEHEIM") {
		t.Errorf("age: %v", err)
	}
}

// The age program encrypts, and we open it; what is wrong with it is refused.
func TestWhatAgeSeals(t *testing.T) {
	needs(t, "age", "age-keygen")
	dir := t.TempDir()
	identity := func(name string) (secret, recipient string) {
		out, err := exec.Command("age-keygen").Output()
		if err != nil {
			t.Fatal(err)
		}
		return string(out), regexp.MustCompile(`age1[0-9a-z]+`).FindString(string(out))
	}
	encrypt := func(in string, args ...string) []byte {
		t.Helper()
		name := filepath.Join(dir, "in")
		if err := os.WriteFile(name, []byte(in), 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command("age", append(args, name)...).Output()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	own, to := identity("own")
	_, toOther := identity("other")
	seal, err := AgeSeal("# kantoor\n" + own)
	if err != nil {
		t.Fatal(err)
	}
	good, long := encrypt(secretRows, "-r", to), encrypt(strings.Repeat(secretRows, 10_000), "-r", to)
	flip := func(data []byte, at int) []byte {
		data = bytes.Clone(data)
		data[at] ^= 1
		return data
	}
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"encrypted":             {good, secretRows},
		"armored":               {encrypt(secretRows, "-a", "-r", to), secretRows},
		"for two":               {encrypt(secretRows, "-r", toOther, "-r", to), secretRows},
		"long":                  {long, strings.Repeat(secretRows, 10_000)},
		"empty":                 {encrypt("", "-r", to), ""},
		"for another key":       {encrypt(secretRows, "-r", toOther), "andere-sleutel"},
		"plain":                 {[]byte(secretRows), "niet-versleuteld"},
		"nothing":               {nil, "niet-versleuteld"},
		"cut off":               {good[:len(good)-1], "versleuteling-beschadigd"},
		"cut off at a chunk":    {long[:len(long)-(len(long)%(64<<10))], "versleuteling-beschadigd"},
		"a chunk less":          {long[:len(long)-70_000], "versleuteling-beschadigd"},
		"changed at the end":    {flip(good, len(good)-1), "versleuteling-beschadigd"},
		"changed in the middle": {flip(long, len(long)/2), "versleuteling-beschadigd"},
		"changed in the head":   {flip(good, bytes.Index(good, []byte("---"))+6), "versleuteling-beschadigd"},
		"something behind it":   {append(bytes.Clone(good), 'x'), "versleuteling-beschadigd"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := unseal(t, seal, c.data); got != c.want {
				t.Errorf("got %.60q, want %.60q", got, c.want)
			}
		})
	}
}
