package folder

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
)

// link is one connection to the server. One operation at a time uses it, so that
// a deadline that passes, or a cancel, can close it without harm to others.
type link struct {
	client  *sftp.Client
	ssh     *ssh.Client
	raw     net.Conn
	timeout time.Duration
	patient atomic.Pointer[patience] // of the operation that runs
	busy    atomic.Bool
	dead    atomic.Bool
	once    sync.Once
	gone    chan struct{} // closed by close: ends the keepalive
	wait    sync.WaitGroup
}

// listen passes on what comes from the server and tells that it came.
type listen struct {
	io.Reader
	l *link
}

func (r listen) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if p := r.l.patient.Load(); p != nil && n > 0 {
		p.renew(r.l.timeout)
	}
	return n, err
}

// patience ends when the server is silent for too long.
type patience struct {
	mu    sync.Mutex
	timer *time.Timer
	over  bool // the operation ended, one way or the other
	late  bool // it ended because patience did
}

func newPatience(d time.Duration, l *link) *patience {
	p := &patience{}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.timer = time.AfterFunc(d, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if !p.over {
			p.over, p.late = true, true
			l.raw.Close()
		}
	})
	l.patient.Store(p)
	return p
}

func (p *patience) renew(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.over {
		p.timer.Reset(d)
	}
}

// end says whether it was too late.
func (p *patience) end() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.over = true
	p.timer.Stop()
	return p.late
}

// dial connects, checks the host key, logs in and starts SFTP.
func dial(ctx context.Context, s Spec, key ssh.Signer) (*link, error) {
	addr := s.address()
	known, err := s.hostKeys(addr)
	if err != nil {
		return nil, err
	}
	raw, err := (&net.Dialer{Timeout: s.Timeout}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	l := &link{raw: raw, timeout: s.Timeout, gone: make(chan struct{})}
	if err := l.do(ctx, func() error { return l.start(s, key, known, addr) }); err != nil {
		l.close()
		return nil, err
	}
	l.wait.Go(func() { l.keepAlive(s.Keepalive) })
	return l, nil
}

func (l *link) start(s Spec, key ssh.Signer, known ssh.HostKeyCallback, addr string) error {
	methods, done, err := s.login(key)
	if err != nil {
		return err
	}
	defer done()
	conn, channels, requests, err := ssh.NewClientConn(l.raw, addr, &ssh.ClientConfig{
		User: s.User, Auth: methods,
		HostKeyCallback:   explain(known, addr),
		HostKeyAlgorithms: algorithms(known, addr),
	})
	if err != nil {
		return err
	}
	l.ssh = ssh.NewClient(conn, channels, requests)
	session, err := l.ssh.NewSession()
	if err != nil {
		return err
	}
	in, err := session.StdinPipe()
	if err != nil {
		return err
	}
	out, err := session.StdoutPipe()
	if err != nil {
		return err
	}
	stderr, err := session.StderrPipe()
	if err != nil {
		return err
	}
	l.wait.Go(func() { io.Copy(io.Discard, stderr) }) // unread, it would stop the rest
	if err := session.RequestSubsystem("sftp"); err != nil {
		return fmt.Errorf("the server does not offer sftp: %w", err)
	}
	l.client, err = sftp.NewClientPipe(listen{out, l}, in, sftp.UseConcurrentWrites(false))
	return err
}

// do runs one operation. When the server is silent for longer than the timeout,
// or ctx ends, the connection is closed, which ends the operation.
func (l *link) do(ctx context.Context, op func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	l.busy.Store(true)
	defer l.busy.Store(false)
	p := newPatience(l.timeout, l)
	stop := context.AfterFunc(ctx, func() { l.raw.Close() })
	err := op()
	late := p.end()
	l.patient.Store(nil)
	if !stop() || late || !healthy(err) {
		l.dead.Store(true)
	}
	if late && err != nil {
		return fmt.Errorf("the server was silent for %s: %w", l.timeout, os.ErrDeadlineExceeded)
	}
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// healthy says whether the server itself said this, so that the connection is
// good for the next operation.
func healthy(err error) bool {
	var status *sftp.StatusError
	if errors.As(err, &status) {
		return status.FxCode() != sftp.ErrSSHFxConnectionLost && status.FxCode() != sftp.ErrSSHFxNoConnection
	}
	return err == nil || errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) ||
		errors.Is(err, fs.ErrExist) || err == io.EOF || errors.Is(err, ErrNotFile)
}

// keepAlive asks for a sign of life while nothing else goes on: it keeps routers
// in between from forgetting us, and finds out that they did.
func (l *link) keepAlive(every time.Duration) {
	t := time.NewTicker(every)
	defer t.Stop()
	for {
		select {
		case <-l.gone:
			return
		case <-t.C:
		}
		if l.busy.Load() {
			continue
		}
		late := time.AfterFunc(l.timeout, func() { l.raw.Close() })
		_, _, err := l.ssh.SendRequest("keepalive@openssh.com", true, nil)
		late.Stop()
		if err != nil {
			l.dead.Store(true)
			l.raw.Close()
			return
		}
	}
}

// close ends the connection and what runs for it.
func (l *link) close() {
	l.once.Do(func() { close(l.gone) })
	l.dead.Store(true)
	l.raw.Close()
	if l.client != nil {
		l.client.Close()
	}
	if l.ssh != nil {
		l.ssh.Close()
	}
	l.wait.Wait()
}
