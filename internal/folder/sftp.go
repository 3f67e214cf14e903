package folder

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"path"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
)

// SFTP is a directory on an SFTP server. It connects when first used, keeps idle
// connections alive, and connects again after a drop. Every operation ends when
// the server is silent for longer than the timeout.
type SFTP struct {
	spec  Spec
	key   ssh.Signer
	slots chan struct{} // one taken per connection in use

	mu     sync.Mutex
	idle   []*link
	swept  map[string]time.Time // subfolders looked through for old temporary files
	closed bool
}

// NewSFTP checks the Spec, without connecting.
func NewSFTP(s Spec) (*SFTP, error) {
	if s.Timeout <= 0 {
		s.Timeout = 30 * time.Second
	}
	if s.Keepalive <= 0 {
		s.Keepalive = 30 * time.Second
	}
	if s.Connections == 0 {
		s.Connections = 4
	}
	if s.Dir == "" {
		s.Dir = "."
	}
	var problems []error
	miss := func(is bool, what string) {
		if is {
			problems = append(problems, errors.New(what))
		}
	}
	miss(s.Host == "", "sftp needs a host")
	miss(s.User == "", "sftp needs a user")
	miss(s.Password == "" && s.Key == "" && s.Agent == "", "sftp needs a password, a key or an agent")
	miss(s.Connections < 2, "sftp needs at least 2 connections")
	miss(len(s.HostKeys) == 0 && s.KnownHosts == "",
		"sftp needs the host keys of the server, or a known_hosts file; ask the owner of the server for them")
	key, err := s.signer()
	problems = append(problems, err)
	if len(s.HostKeys) > 0 || s.KnownHosts != "" {
		_, err := s.hostKeys(s.address())
		problems = append(problems, err)
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return &SFTP{spec: s, key: key, slots: make(chan struct{}, s.Connections), swept: map[string]time.Time{}}, nil
}

func (s Spec) address() string {
	if _, _, err := net.SplitHostPort(s.Host); err == nil {
		return s.Host
	}
	return net.JoinHostPort(strings.Trim(s.Host, "[]"), "22")
}

// Close ends all connections, also those that open readers hold.
func (s *SFTP) Close() error {
	s.mu.Lock()
	idle := s.idle
	s.idle, s.closed = nil, true
	s.mu.Unlock()
	for _, l := range idle {
		l.close()
	}
	return nil
}

// take gives a connection, an idle one when there is any.
func (s *SFTP) take(ctx context.Context) (l *link, reused bool, err error) {
	select {
	case s.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, false, ctx.Err()
	}
	for {
		s.mu.Lock()
		closed := s.closed
		var l *link
		if n := len(s.idle); n > 0 {
			l, s.idle = s.idle[n-1], s.idle[:n-1]
		}
		s.mu.Unlock()
		if closed {
			<-s.slots
			return nil, false, fs.ErrClosed
		}
		if l == nil {
			break
		}
		if !l.dead.Load() {
			return l, true, nil
		}
		l.close()
	}
	l, err = dial(ctx, s.spec, s.key)
	if err != nil {
		<-s.slots
		return nil, false, fmt.Errorf("connect to %s: %w", s.spec.address(), err)
	}
	return l, false, nil
}

// give takes a connection back.
func (s *SFTP) give(l *link) {
	s.mu.Lock()
	keep := !s.closed && !l.dead.Load()
	if keep {
		s.idle = append(s.idle, l)
	}
	s.mu.Unlock()
	if !keep {
		l.close()
	}
	<-s.slots
}

// begin runs a first, harmless operation and keeps the connection for more. An
// idle connection may have died unseen: then another is taken.
func (s *SFTP) begin(ctx context.Context, op func(*link) error) (*link, error) {
	for {
		l, reused, err := s.take(ctx)
		if err != nil {
			return nil, err
		}
		err = l.do(ctx, func() error { return op(l) })
		if err == nil {
			return l, nil
		}
		lost := l.dead.Load()
		s.give(l)
		if !lost || !reused || ctx.Err() != nil {
			return nil, err
		}
	}
}

// with runs one operation that may be repeated.
func (s *SFTP) with(ctx context.Context, op func(*link) error) error {
	l, err := s.begin(ctx, op)
	if err != nil {
		return err
	}
	s.give(l)
	return nil
}

func (s *SFTP) path(name string) string { return path.Join(s.spec.Dir, name) }

// List returns the regular files; see Folder.
func (s *SFTP) List(ctx context.Context) (out []Info, err error) {
	err = s.with(ctx, func(l *link) error {
		all, err := l.client.ReadDirContext(ctx, s.spec.Dir)
		if err != nil {
			return err
		}
		out = make([]Info, 0, len(all))
		for _, i := range all {
			if i.Mode().IsRegular() && check(i.Name()) == nil {
				out = append(out, Info{Name: i.Name(), Size: i.Size(), ModTime: i.ModTime()})
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list: %w", err)
	}
	return out, nil
}

// Stat describes one regular file; see Stat of the package.
func (s *SFTP) Stat(ctx context.Context, name string) (Info, error) {
	if err := check(name); err != nil {
		return Info{}, err
	}
	var i Info
	err := s.with(ctx, func(l *link) (err error) {
		i, err = s.stat(l, name)
		return err
	})
	if err != nil {
		return Info{}, fmt.Errorf("stat %s: %w", name, err)
	}
	return i, nil
}

func (s *SFTP) stat(l *link, name string) (Info, error) {
	i, err := l.client.Lstat(s.path(name))
	if err != nil {
		return Info{}, err
	}
	if !i.Mode().IsRegular() {
		return Info{}, ErrNotFile
	}
	return Info{Name: name, Size: i.Size(), ModTime: i.ModTime()}, nil
}

// Open reads a file; see Folder. The reader holds a connection until Close, and
// ends with ErrChanged when the file changed meanwhile.
func (s *SFTP) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	if err := check(name); err != nil {
		return nil, err
	}
	r := &sftpReader{ctx: ctx, s: s, name: name}
	l, err := s.begin(ctx, func(l *link) (err error) { return r.open(l) })
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", name, err)
	}
	r.l = l
	return r, nil
}

// Move renames a file; see Folder.
func (s *SFTP) Move(ctx context.Context, name, to string) error {
	err := errors.Join(check(name), check(to))
	if err == nil {
		err = s.move(ctx, name, to)
	}
	if err != nil {
		return fmt.Errorf("move %s to %s: %w", name, to, err)
	}
	return nil
}

func (s *SFTP) move(ctx context.Context, name, to string) error {
	var here, there bool
	look := func(l *link) (err error) {
		here, err = s.exists(l, name)
		if err == nil || errors.Is(err, ErrNotFile) {
			var terr error
			there, terr = s.exists(l, to)
			if terr != nil && !errors.Is(terr, ErrNotFile) {
				err = terr
			}
		}
		return err
	}
	l, err := s.begin(ctx, look)
	if err != nil {
		return err
	}
	defer func() { s.give(l) }()
	switch {
	case !here && there:
		return nil // done before
	case !here:
		return fs.ErrNotExist
	case name == to:
		return nil
	case there:
		return fs.ErrExist
	}
	if err := s.makeDir(ctx, l, path.Dir(to)); err != nil {
		return err
	}
	err = l.do(ctx, func() error { return l.client.Rename(s.path(name), s.path(to)) })
	if err == nil {
		return nil
	}
	if !l.dead.Load() {
		if l.do(ctx, func() error { return look(l) }) == nil && there {
			if here {
				return fs.ErrExist
			}
			return nil // someone else did it at the same moment
		}
		return err
	}
	// Whether it was done is seen from a new connection.
	if lerr := s.with(ctx, look); lerr != nil {
		return fmt.Errorf("%w: %w", ErrUnknown, errors.Join(err, lerr))
	}
	if !here && there {
		return nil
	}
	return err
}

// exists says whether something has the name; for something that is not a file
// the error is ErrNotFile too.
func (s *SFTP) exists(l *link, name string) (bool, error) {
	_, err := s.stat(l, name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil || errors.Is(err, ErrNotFile), err
}

// makeDir makes a subfolder; the folder itself must be there.
func (s *SFTP) makeDir(ctx context.Context, l *link, dir string) error {
	if dir == "." {
		return nil
	}
	is := func(d string) error {
		return l.do(ctx, func() error {
			i, err := l.client.Stat(d)
			if err == nil && !i.IsDir() {
				err = fmt.Errorf("%s is not a folder: %w", d, fs.ErrExist)
			}
			return err
		})
	}
	if err := is(s.path(dir)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := s.makeDir(ctx, l, path.Dir(dir)); err != nil {
		return err
	}
	err := l.do(ctx, func() error { return l.client.Mkdir(s.path(dir)) })
	if err != nil && !l.dead.Load() && is(s.path(dir)) == nil {
		return nil // someone else made it
	}
	return err
}
