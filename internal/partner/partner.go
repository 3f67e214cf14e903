// Package partner is the SFTP server of a business partner, in the process and
// on loopback, for the demonstration and for tests. It serves one directory to
// one user and knows nothing of what is in the files. It can be as bad as real
// servers are: see Options and Mood.
package partner

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
)

// Options says what the server is like. The zero value with a Dir, a User and a
// Password is a good server, as far as this library goes: it never offers
// fsync@openssh.com.
type Options struct {
	Dir      string          // what is served as "/"; nothing outside it can be reached
	Listen   string          // address, "127.0.0.1:0" when empty
	User     string          // the one user
	Password string          // "" when the user has none
	Keys     []ssh.PublicKey // keys the user may come with
	HostKey  ssh.Signer      // made at Start when nil
	Hear     func(Request)   // called before each request has an effect, from several goroutines; may be nil

	NoPosixRename  bool  // posix-rename@openssh.com is refused as unsupported
	RenameReplaces bool  // a plain rename replaces the target, as some servers do
	ReadOnly       bool  // every change is refused: permission denied
	Full           bool  // every write is refused: no space left
	Quota          int64 // writes that take more than this many bytes together are refused; 0: no quota
	Forgets        bool  // says yes to every write and stores nothing
	Garbles        bool  // says yes to every write and stores zeros
	Questions      bool  // the password is asked for as a question (keyboard-interactive)
	MaxRead        int   // at most this many bytes in one answer to a read; 0: as asked
	Silent         bool  // answers the handshake, then nothing any more
	NoRemove       bool  // files can be made and renamed, but not removed: permission denied

	Hides string // names that end so are in no listing, though they can be opened; "" hides nothing
}

// Request is what a client asked, by kind and path. Kinds: list, stat, open (for
// reading), create, read, write, close, rename, remove, mkdir, statvfs, keepalive. Hear is
// also told of login and gone, the begin and end of a connection.
type Request struct {
	Kind string
	Path string // absolute within the served directory; "" where there is none
}

// Server is a running partner.
type Server struct {
	o        Options
	root     *os.Root
	listener net.Listener
	done     sync.WaitGroup

	mu      sync.Mutex
	hostKey ssh.Signer
	mood    Mood
	met     int           // requests that met the mood
	release chan struct{} // closed when slow requests may go on
	counts  map[string]int
	conns   map[*conn]bool
	logins  int
	used    int64
	closed  bool
}

// Start opens the server. The caller must Close it.
func Start(o Options) (*Server, error) {
	if o.User == "" || (o.Password == "" && len(o.Keys) == 0) {
		return nil, errors.New("partner: a user with a password or a key is needed")
	}
	if o.HostKey == nil {
		k, err := NewKey()
		if err != nil {
			return nil, err
		}
		o.HostKey = k
	}
	if o.Listen == "" {
		o.Listen = "127.0.0.1:0"
	}
	root, err := os.OpenRoot(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("partner: open directory: %w", err)
	}
	l, err := net.Listen("tcp", o.Listen)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("partner: listen: %w", err), root.Close())
	}
	s := &Server{
		o: o, root: root, listener: l, hostKey: o.HostKey,
		release: make(chan struct{}), counts: map[string]int{}, conns: map[*conn]bool{},
	}
	s.done.Go(s.accept)
	return s, nil
}

// NewKey makes an ed25519 key, for a host or a user.
func NewKey() (ssh.Signer, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("partner: make key: %w", err)
	}
	return ssh.NewSignerFromKey(private)
}

// Addr is the host:port the server listens on.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// HostKey is the present host key as an authorized-key line, without newline.
func (s *Server) HostKey() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return string(bytes.TrimSpace(ssh.MarshalAuthorizedKey(s.hostKey.PublicKey())))
}

// SetHostKey changes the host key for connections from now on.
func (s *Server) SetHostKey(k ssh.Signer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hostKey = k
}

// Requests counts the requests so far by kind.
func (s *Server) Requests() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make(map[string]int, len(s.counts))
	for k, n := range s.counts {
		out[k] = n
	}
	return out
}

// Logins counts the connections that got past authentication.
func (s *Server) Logins() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.logins
}

// Drop ends every connection, as a firewall or a restart would. New ones are
// welcome.
func (s *Server) Drop() {
	s.mu.Lock()
	conns := make([]*conn, 0, len(s.conns))
	for c := range s.conns {
		conns = append(conns, c)
	}
	s.mu.Unlock()
	for _, c := range conns {
		c.drop()
	}
}

// Close stops listening, ends all connections and waits until nothing of the
// server runs any more. It may be called twice.
func (s *Server) Close() error {
	s.mu.Lock()
	again := s.closed
	s.closed = true
	s.mu.Unlock()
	if again {
		return nil
	}
	err := s.listener.Close()
	s.Drop()
	s.done.Wait()
	return errors.Join(err, s.root.Close())
}

func (s *Server) hear(kind string) {
	if s.o.Hear != nil {
		s.o.Hear(Request{Kind: kind})
	}
}

func (s *Server) accept() {
	for {
		raw, err := s.listener.Accept()
		if err != nil {
			return
		}
		c := &conn{s: s, raw: raw, gone: make(chan struct{})}
		s.mu.Lock()
		if s.closed {
			s.mu.Unlock()
			c.drop()
			return
		}
		s.conns[c] = true
		s.done.Go(c.serve)
		s.mu.Unlock()
	}
}

func (s *Server) sshConfig() *ssh.ServerConfig {
	c := &ssh.ServerConfig{}
	check := func(m ssh.ConnMetadata, password []byte) (*ssh.Permissions, error) {
		if m.User() == s.o.User && subtle.ConstantTimeCompare(password, []byte(s.o.Password)) == 1 {
			return nil, nil
		}
		return nil, errors.New("wrong user or password")
	}
	switch {
	case s.o.Password == "":
	case s.o.Questions:
		c.KeyboardInteractiveCallback = func(m ssh.ConnMetadata, ask ssh.KeyboardInteractiveChallenge) (*ssh.Permissions, error) {
			answers, err := ask("", "", []string{"Password: "}, []bool{false})
			if err != nil || len(answers) != 1 {
				return nil, errors.New("no answer")
			}
			return check(m, []byte(answers[0]))
		}
	default:
		c.PasswordCallback = check
	}
	if len(s.o.Keys) > 0 {
		c.PublicKeyCallback = func(m ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
			for _, k := range s.o.Keys {
				if m.User() == s.o.User && bytes.Equal(k.Marshal(), key.Marshal()) {
					return nil, nil
				}
			}
			return nil, errors.New("unknown key")
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c.AddHostKey(s.hostKey)
	return c
}

// conn is one connection of a client.
type conn struct {
	s    *Server
	raw  net.Conn
	once sync.Once
	gone chan struct{} // closed when the connection ends
}

func (c *conn) drop() {
	c.once.Do(func() {
		close(c.gone)
		c.raw.Close()
	})
}

func (c *conn) serve() {
	defer func() {
		c.drop()
		c.s.mu.Lock()
		delete(c.s.conns, c)
		c.s.mu.Unlock()
	}()
	sc, channels, requests, err := ssh.NewServerConn(c.raw, c.s.sshConfig())
	if err != nil {
		return // a stranger, or a client that does not like our key
	}
	c.s.mu.Lock()
	c.s.logins++
	c.s.mu.Unlock()
	c.s.hear("login")
	defer c.s.hear("gone")
	var wg sync.WaitGroup
	defer wg.Wait()
	defer c.drop()
	wg.Go(func() {
		sc.Wait()
		c.drop()
	})
	wg.Go(func() {
		for r := range requests {
			c.keepalive(r)
		}
	})
	for nc := range channels {
		if nc.ChannelType() != "session" {
			nc.Reject(ssh.UnknownChannelType, "only sftp here")
			continue
		}
		ch, reqs, err := nc.Accept()
		if err != nil {
			return
		}
		wg.Go(func() { c.session(ch, reqs) })
	}
}

func (c *conn) keepalive(r *ssh.Request) {
	err := c.meet("keepalive", "", func() error { return nil })
	if r.WantReply && !c.s.o.Silent {
		r.Reply(err == nil, nil)
	}
}

func (c *conn) session(ch ssh.Channel, reqs <-chan *ssh.Request) {
	defer ch.Close()
	for r := range reqs {
		name, ok := bytes.CutPrefix(r.Payload, []byte{0, 0, 0, 4})
		if r.Type != "subsystem" || !ok || string(name) != "sftp" {
			r.Reply(false, nil)
			continue
		}
		r.Reply(true, nil)
		go ssh.DiscardRequests(reqs)
		h := &files{c}
		server := sftp.NewRequestServer(ch, sftp.Handlers{FileGet: h, FilePut: h, FileCmd: h, FileList: h})
		if err := server.Serve(); err != nil && !errors.Is(err, io.EOF) {
			c.drop()
		}
		server.Close()
		return
	}
}
