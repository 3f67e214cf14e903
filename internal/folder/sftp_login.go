package folder

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
	"golang.org/x/crypto/ssh/knownhosts"
)

// HostKeyError says that a server showed a key that is not among those known for
// it. Nothing was sent to that server, no password either.
type HostKeyError struct {
	Host    string   // as in a known_hosts file
	Shown   string   // fingerprint of the key shown
	Line    string   // the key shown, as a line for HostKeys
	Known   []string // fingerprints known for this host; empty for an unknown host
	Revoked bool     // the key shown is marked as revoked
}

func (e *HostKeyError) Error() string {
	switch {
	case e.Revoked:
		return fmt.Sprintf("%s shows a host key that is marked as revoked, %s; do not connect, and ask the owner of the server what happened",
			e.Host, e.Shown)
	case len(e.Known) == 0:
		return fmt.Sprintf("the host key of %s is not known; it shows %s; ask the owner of the server whether that is theirs, and if so add this line to the host keys: %s",
			e.Host, e.Shown, e.Line)
	default:
		return fmt.Sprintf("the host key of %s changed: it shows %s, known is %s; someone may be in between; ask the owner of the server, and only if they changed it add this line to the host keys: %s",
			e.Host, e.Shown, strings.Join(e.Known, " and "), e.Line)
	}
}

// hostKeys reads the known keys, inline ones and those of the file, anew: the
// operator may have added one while we run.
func (s Spec) hostKeys(addr string) (ssh.HostKeyCallback, error) {
	var lines []string
	for _, l := range s.HostKeys {
		lines = append(lines, strings.Split(l, "\n")...)
	}
	if s.KnownHosts != "" {
		b, err := os.ReadFile(s.KnownHosts)
		if err != nil {
			return nil, fmt.Errorf("known hosts: %w", err)
		}
		lines = append(lines, strings.Split(string(b), "\n")...)
	}
	var all bytes.Buffer
	for i, l := range lines {
		l = strings.TrimSpace(l)
		if l == "" || strings.HasPrefix(l, "#") {
			continue
		}
		// ParseAuthorizedKey would take the host names of a known_hosts line for
		// options, and so a key of another host for one of this.
		if key, _, options, _, err := ssh.ParseAuthorizedKey([]byte(l)); err == nil && len(options) == 0 {
			l = knownhosts.Line([]string{knownhosts.Normalize(addr)}, key)
		} else if _, _, _, _, _, err := ssh.ParseKnownHosts([]byte(l)); err != nil {
			return nil, fmt.Errorf("host key %d is neither a line of a known_hosts file nor a public key: %w", i+1, err)
		}
		all.WriteString(l + "\n")
	}
	if all.Len() == 0 {
		return nil, errors.New("no host key is given for the sftp server; ask its owner for the key, or for its fingerprint to compare with that of ssh-keyscan")
	}
	return knownHosts(all.Bytes())
}

// knownHosts lends the library the lines as the file it wants.
func knownHosts(lines []byte) (ssh.HostKeyCallback, error) {
	f, err := os.CreateTemp("", "known-hosts-")
	if err != nil {
		return nil, err
	}
	defer os.Remove(f.Name())
	if _, err := f.Write(lines); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	return knownhosts.New(f.Name())
}

// explain gives the errors of a host key check their words.
func explain(check ssh.HostKeyCallback, addr string) ssh.HostKeyCallback {
	return func(name string, remote net.Addr, key ssh.PublicKey) error {
		err := check(name, remote, key)
		if err == nil {
			return nil
		}
		e := &HostKeyError{
			Host:  knownhosts.Normalize(addr),
			Shown: ssh.FingerprintSHA256(key),
			Line:  string(bytes.TrimSpace(ssh.MarshalAuthorizedKey(key))),
		}
		var revoked *knownhosts.RevokedError
		var unknown *knownhosts.KeyError
		switch {
		case errors.As(err, &revoked):
			e.Revoked = true
		case errors.As(err, &unknown):
			for _, w := range unknown.Want {
				e.Known = append(e.Known, ssh.FingerprintSHA256(w.Key))
			}
		default:
			return err
		}
		return e
	}
}

// algorithms puts the kinds of key we know first, so that a server with several
// shows one of those; the others follow, so that a changed key is named as such.
func algorithms(check ssh.HostKeyCallback, addr string) []string {
	var known []string
	var e *knownhosts.KeyError
	if errors.As(check(addr, &net.TCPAddr{IP: net.IPv4zero}, nobody{}), &e) {
		for _, w := range e.Want {
			if w.Key.Type() == ssh.KeyAlgoRSA {
				known = append(known, ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256)
				continue
			}
			known = append(known, w.Key.Type())
		}
	}
	for _, a := range ssh.SupportedAlgorithms().HostKeys {
		if !slices.Contains(known, a) {
			known = append(known, a)
		}
	}
	return known
}

// nobody is a key no server has.
type nobody struct{}

func (nobody) Type() string                        { return "nobody" }
func (nobody) Marshal() []byte                     { return []byte("nobody") }
func (nobody) Verify([]byte, *ssh.Signature) error { return errors.New("nobody") }

// signer reads the private key; it never puts any of it in an error.
func (s Spec) signer() (ssh.Signer, error) {
	if s.Key == "" {
		return nil, nil
	}
	var k ssh.Signer
	var err error
	if s.Passphrase != "" {
		k, err = ssh.ParsePrivateKeyWithPassphrase([]byte(s.Key), []byte(s.Passphrase))
	} else {
		k, err = ssh.ParsePrivateKey([]byte(s.Key))
	}
	var missing *ssh.PassphraseMissingError
	switch {
	case errors.As(err, &missing):
		return nil, errors.New("the private key is locked; give its passphrase")
	case err != nil && s.Passphrase != "":
		return nil, errors.New("the private key cannot be read: the passphrase is wrong, the key has none, or it is no key in PEM or OpenSSH form")
	case err != nil:
		return nil, errors.New("the private key cannot be read: it is no key in PEM or OpenSSH form")
	}
	return k, nil
}

// login is how the user gets in. done ends the talk with the agent.
func (s Spec) login(key ssh.Signer) (methods []ssh.AuthMethod, done func(), err error) {
	var signers []ssh.Signer
	done = func() {}
	if key != nil {
		signers = append(signers, key)
	}
	if s.Agent != "" {
		c, err := net.DialTimeout("unix", s.Agent, s.Timeout)
		if err != nil {
			return nil, nil, fmt.Errorf("ssh agent: %w", err)
		}
		done = func() { c.Close() }
		held, err := agent.NewClient(c).Signers()
		if err != nil {
			done()
			return nil, nil, fmt.Errorf("ssh agent: %w", err)
		}
		signers = append(signers, held...)
	}
	if len(signers) > 0 {
		methods = append(methods, ssh.PublicKeys(signers...))
	}
	if s.Password != "" {
		methods = append(methods, ssh.Password(string(s.Password)),
			ssh.KeyboardInteractive(func(_, _ string, questions []string, echo []bool) ([]string, error) {
				answers := make([]string, len(questions))
				for i := range questions {
					if echo[i] {
						return nil, errors.New("the server asks for more than a password")
					}
					answers[i] = string(s.Password)
				}
				return answers, nil
			}))
	}
	if len(methods) == 0 {
		done()
		return nil, nil, errors.New("ssh agent holds no key")
	}
	return methods, done, nil
}
