package folder_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"loket-etl/internal/folder"
	"loket-etl/internal/folder/foldertest"
	"loket-etl/internal/partner"
)

func public(t *testing.T, line string) ssh.PublicKey {
	t.Helper()
	k, _, _, _, err := ssh.ParseAuthorizedKey([]byte(line))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestHostKeys(t *testing.T) {
	s, _ := start(t, partner.Options{})
	own := public(t, s.HostKey())
	other, err := partner.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	plainOther := string(bytes.TrimSpace(ssh.MarshalAuthorizedKey(other.PublicKey())))
	here := knownhosts.Normalize(s.Addr())
	for _, c := range []struct {
		name  string
		lines []string
		want  string // part of the error
	}{
		{"public key", []string{s.HostKey()}, ""},
		{"public key with a comment and spaces", []string{"  " + s.HostKey() + " host@partner  "}, ""},
		{"known_hosts line", []string{knownhosts.Line([]string{here}, own)}, ""},
		{"hashed known_hosts line", []string{knownhosts.Line([]string{knownhosts.HashHostname(here)}, own)}, ""},
		{"two keys during a rotation", []string{plainOther, s.HostKey()}, ""},
		{"a whole file", []string{"# keys\n\n" + plainOther + "\n" + s.HostKey() + "\n"}, ""},
		{"changed key", []string{plainOther}, "the host key of " + here + " changed: it shows " + ssh.FingerprintSHA256(own) +
			", known is " + ssh.FingerprintSHA256(other.PublicKey()) + "; someone may be in between"},
		{"unknown host", []string{knownhosts.Line([]string{"elsewhere.example.nl"}, own)},
			"the host key of " + here + " is not known; it shows " + ssh.FingerprintSHA256(own) +
				"; ask the owner of the server whether that is theirs, and if so add this line to the host keys: " + s.HostKey()},
		{"revoked key", []string{s.HostKey(), "@revoked * " + s.HostKey()}, "marked as revoked"},
	} {
		t.Run(c.name, func(t *testing.T) {
			sp := spec(s)
			sp.HostKeys = c.lines
			_, err := open(t, sp).List(t.Context())
			if c.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			var e *folder.HostKeyError
			if !errors.As(err, &e) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v\nwant     %s", err, c.want)
			}
		})
	}
}

func TestAHostKeyOfAnotherKindIsNamedAsChanged(t *testing.T) {
	s, _ := start(t, partner.Options{})
	rsa := "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQC5n9sGvkT4Zo0x5kWmAHn6Q1Jd3xXb2m3pP0C3vWqYv0n7J8oY7gqgqW1L2XGd3kzPzX0g8oV3lTz6f6Jm0uHj4k1l2m3n4o5p6q7r8s9t0u1v2w3x4y5z6A7B8C9D0E1F2G3H4I5J6K7L8M9N0O1P2Q3R4S5T6U7V8W9X0Y1Z2w=="
	if _, _, _, _, err := ssh.ParseAuthorizedKey([]byte(rsa)); err != nil {
		t.Fatal(err)
	}
	sp := spec(s)
	sp.HostKeys = []string{rsa}
	var e *folder.HostKeyError
	if _, err := open(t, sp).List(t.Context()); !errors.As(err, &e) || len(e.Known) != 1 {
		t.Errorf("error %v", err)
	}
}

// A key that is rotated while we run is noticed at the next connection, and an
// operator who adds it to the file need not restart.
func TestRotationWhileRunning(t *testing.T) {
	s, _ := start(t, partner.Options{})
	sp := spec(s)
	file := filepath.Join(t.TempDir(), "known_hosts")
	write(t, file, s.HostKey()+"\n")
	sp.HostKeys, sp.KnownHosts = nil, file
	f := open(t, sp)
	if _, err := f.List(t.Context()); err != nil {
		t.Fatal(err)
	}
	next, err := partner.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	s.SetHostKey(next)
	s.Drop()
	var e *folder.HostKeyError
	if _, err := f.List(t.Context()); !errors.As(err, &e) {
		t.Fatalf("error %v", err)
	}
	write(t, file, e.Line+"\n")
	if _, err := f.List(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestLogins(t *testing.T) {
	private, pub := foldertest.NewKey(t, "")
	locked, lockedPub := foldertest.NewKey(t, "wachtzin")
	_, stranger := foldertest.NewKey(t, "")
	strangerPrivate, _ := foldertest.NewKey(t, "")
	raw, err := ssh.ParseRawPrivateKey([]byte(private))
	if err != nil {
		t.Fatal(err)
	}
	socket := serveAgent(t, raw)
	for _, c := range []struct {
		name string
		keys []ssh.PublicKey
		set  func(*folder.Spec)
		want string
	}{
		{"password", nil, func(*folder.Spec) {}, ""},
		{"password as an answer", nil, func(*folder.Spec) {}, ""},
		{"wrong password", nil, func(s *folder.Spec) { s.Password = "fout-wachtwoord" }, "unable to authenticate"},
		{"wrong user", nil, func(s *folder.Spec) { s.User = "vreemde" }, "unable to authenticate"},
		{"key", []ssh.PublicKey{stranger, pub}, func(s *folder.Spec) { s.Password, s.Key = "", folder.Secret(private) }, ""},
		{"locked key", []ssh.PublicKey{lockedPub}, func(s *folder.Spec) {
			s.Password, s.Key, s.Passphrase = "", folder.Secret(locked), "wachtzin"
		}, ""},
		{"agent", []ssh.PublicKey{pub}, func(s *folder.Spec) { s.Password, s.Agent = "", socket }, ""},
		{"agent beside a key that is not wanted", []ssh.PublicKey{pub}, func(s *folder.Spec) {
			s.Password, s.Key, s.Agent = "", folder.Secret(strangerPrivate), socket
		}, ""},
		{"unknown key", []ssh.PublicKey{pub}, func(s *folder.Spec) { s.Password, s.Key = "", folder.Secret(strangerPrivate) }, "unable to authenticate"},
		{"agent that is away", []ssh.PublicKey{pub}, func(s *folder.Spec) { s.Password, s.Agent = "", "/nonexistent/agent" }, "ssh agent"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, _ := start(t, partner.Options{Keys: c.keys, Questions: strings.HasSuffix(c.name, "answer")})
			sp := spec(s)
			c.set(&sp)
			_, err := open(t, sp).List(t.Context())
			switch {
			case c.want == "" && err != nil:
				t.Error(err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("error %v", err)
			case err != nil && (strings.Contains(err.Error(), "fout-wachtwoord") || strings.Contains(err.Error(), "PRIVATE")):
				t.Errorf("a secret in %v", err)
			}
		})
	}
}

func TestSpecMistakes(t *testing.T) {
	locked, _ := foldertest.NewKey(t, "wachtzin")
	const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ7Gx0V5cJ0y0fXr3r2yN0o8mM9bq2m0uQ4l5v6w7x8y"
	good := folder.Spec{Kind: "sftp", Host: "sftp.example.nl", User: "u", Password: "p", HostKeys: []string{key}}
	for _, c := range []struct {
		name string
		set  func(*folder.Spec)
		want []string
	}{
		{"good", func(*folder.Spec) {}, nil},
		{"kind", func(s *folder.Spec) { s.Kind = "ftp" }, []string{`kind "ftp" of folder is not known; known are local and sftp`}},
		{"no directory", func(s *folder.Spec) { *s = folder.Spec{Kind: "local"} }, []string{"a local folder needs a directory"}},
		{"all at once", func(s *folder.Spec) { *s = folder.Spec{Kind: "sftp", Connections: 1} }, []string{
			"sftp needs a host", "sftp needs a user", "sftp needs a password, a key or an agent",
			"sftp needs at least 2 connections",
			"sftp needs the host keys of the server, or a known_hosts file; ask the owner of the server for them"}},
		{"no key in the list", func(s *folder.Spec) { s.HostKeys = []string{"# none", ""} }, []string{
			"no host key is given for the sftp server; ask its owner for the key, or for its fingerprint to compare with that of ssh-keyscan"}},
		{"fingerprint for a key", func(s *folder.Spec) { s.HostKeys = []string{"SHA256:abc"} }, []string{
			"host key 1 is neither a line of a known_hosts file nor a public key: "}},
		{"file away", func(s *folder.Spec) { s.KnownHosts = "/nonexistent/known_hosts" }, []string{"known hosts: open /nonexistent/known_hosts"}},
		{"locked key", func(s *folder.Spec) { s.Key = folder.Secret(locked) }, []string{"the private key is locked; give its passphrase"}},
		{"wrong passphrase", func(s *folder.Spec) { s.Key, s.Passphrase = folder.Secret(locked), "fout" }, []string{
			"the private key cannot be read: the passphrase is wrong, the key has none, or it is no key in PEM or OpenSSH form"}},
		{"no key", func(s *folder.Spec) { s.Key = "sleutel" }, []string{"the private key cannot be read: it is no key in PEM or OpenSSH form"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := good
			c.set(&s)
			_, err := folder.Open(s)
			if c.want == nil {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil {
				t.Fatal("no error")
			}
			for _, w := range c.want {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("error %q\nlacks  %q", err, w)
				}
			}
		})
	}
}

func TestSecretsAreNotPrinted(t *testing.T) {
	s := folder.Spec{User: "u", Password: "geheim", Key: "geheim", Passphrase: "geheim"}
	j, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{fmt.Sprint(s), fmt.Sprintf("%+v", s), fmt.Sprintf("%#v", s), fmt.Sprintf("%q %s", s.Password, s.Key), string(j)} {
		if strings.Contains(text, "geheim") || !strings.Contains(text, "***") {
			t.Error(text)
		}
	}
}

// Both have reported success for files that the server refused.
func TestUploadsDoNotUseReadFrom(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) < 5 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, bad := range []string{".Read" + "From(", "Read" + "FromWithConcurrency", "io." + "Copy(f", "io." + "CopyBuffer(f", "UseConcurrent" + "Writes(true"} {
			if bytes.Contains(b, []byte(bad)) {
				t.Errorf("%s: %s", name, bad)
			}
		}
	}
}
