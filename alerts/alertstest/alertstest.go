// Package alertstest gives tests a mail server that is not ours. It refuses to
// know who sends there.
package alertstest

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	_ "embed" // the server is a Python program
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// python is Debian's, whose packages the server is one of.
const python = "/usr/bin/python3"

//go:embed smtpd.py
var program string

// Options say what server to start. Its moods are "" (takes everything), "refuse
// sender", "refuse data", "later", "stall" (never answers to a message), "drop"
// (hangs up instead), "take and drop" (takes it and hangs up), "silent" (never
// says a word) and "chatter" (never stops).
type Options struct {
	TLS            string // starttls, implicit or off
	User, Password string // asked for when set
	NoPlain        bool   // knows AUTH LOGIN only
	Refuse         []string
	Mood           string
}

// Server is a running mail server.
type Server struct {
	Addr string
	CA   string // file with the certificate that vouches for it, "" without TLS
	t    testing.TB
	told *bufio.Scanner
}

// Letter is what the server took in, as the mail library of Python reads it.
type Letter struct {
	Sender  string            `json:"sender"`
	To      []string          `json:"to"`
	Secure  bool              `json:"secure"` // it came over STARTTLS
	User    string            `json:"user"`
	Hello   string            `json:"hello"`
	Raw     string            `json:"raw"`
	Headers map[string]string `json:"headers"` // decoded, names in lower case
	Defects []string          `json:"defects"`
	Text    string            `json:"text"`
	HTML    string            `json:"html"`
	Stalled bool              `json:"stalled"` // no letter: the server is silent from here
}

var installed = sync.OnceValue(func() error { return exec.Command(python, "-c", "import aiosmtpd.smtp").Run() })

// Start starts a server on this machine; it ends with the test. Without aiosmtpd
// the test is skipped, and fails when CI is "true".
func Start(t testing.TB, o Options) *Server {
	t.Helper()
	if err := installed(); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("no mail server: %v", err)
		}
		t.Skipf("SKIPPED WITHOUT A MAIL SERVER, mail is not tested (Debian: apt install python3-aiosmtpd): %v", err)
	}
	s := &Server{t: t}
	arg := map[string]any{"tls": o.TLS, "user": o.User, "password": o.Password, "no_plain": o.NoPlain, "refuse": append([]string{}, o.Refuse...), "mood": o.Mood}
	if o.TLS != "off" {
		var key string
		s.CA, key = Certificate(t)
		arg["cert"], arg["key"] = s.CA, key
	}
	text, err := json.Marshal(arg)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, "-c", program, string(text))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil || t.Failed() {
			t.Errorf("mail server: %v\n%s", err, stderr.String())
		}
	})
	s.told = bufio.NewScanner(out)
	s.told.Buffer(nil, 4<<20)
	var first struct{ Port int }
	s.read(&first)
	s.Addr = fmt.Sprintf("127.0.0.1:%d", first.Port)
	return s
}

func (s *Server) read(v any) {
	s.t.Helper()
	if !s.told.Scan() {
		s.t.Fatalf("the mail server ended: %v", s.told.Err())
	}
	if err := json.Unmarshal(s.told.Bytes(), v); err != nil {
		s.t.Fatal(err)
	}
}

// Next waits for the next letter.
func (s *Server) Next() Letter {
	s.t.Helper()
	var l Letter
	s.read(&l)
	return l
}

// Certificate makes one for this machine that vouches for itself, in two files.
func Certificate(t testing.TB) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"localhost"},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	signed, err := x509.CreateCertificate(rand.Reader, c, c, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for name, b := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: signed}, key: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(b), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}
