package alerts

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/smtp"
	"net/textproto"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Security is how the connection to a mail server is protected.
type Security string

const (
	StartTLS Security = "starttls" // begins in the open and must change to TLS before anything else
	Implicit Security = "implicit" // is TLS from the first byte
	Off      Security = "off"      // none: only to a server on this machine
)

// Mail sends messages to a mail server (SMTP), one letter for all recipients. A
// password is only given over TLS, and to a server whose certificate is right.
type Mail struct {
	Server   string // host:port
	Security Security
	Roots    *x509.CertPool // who may vouch for the server; nil: whom this machine trusts
	From     string         // an address, or NAME <address>
	To       []string
	User     string        // "" when the server asks for none
	Password func() string // of User
	Name     string        // of this machine, as it greets the server; "" is localhost
}

// Send delivers the message to the server. ErrPartly when the server took it for
// some of the recipients; nobody gets it when it takes none.
func (m *Mail) Send(ctx context.Context, msg Message) error {
	return m.session(ctx, func(c *smtp.Client, from *mail.Address, to []*mail.Address) error {
		data, err := letter(msg, from, to)
		if err != nil {
			return err
		}
		partly, err := m.envelope(c, from, to)
		if err != nil {
			return err
		}
		w, err := c.Data()
		if err != nil {
			return said("message", err)
		}
		if _, err := w.Write(data); err != nil {
			return fmt.Errorf("send the message: %w", err)
		}
		if err := w.Close(); err != nil { // only now the server is answerable for it
			return said("message", err)
		}
		return partly
	})
}

// Try goes as far as naming the recipients, and sends nothing.
func (m *Mail) Try(ctx context.Context) error {
	return m.session(ctx, func(c *smtp.Client, from *mail.Address, to []*mail.Address) error {
		partly, err := m.envelope(c, from, to)
		return errors.Join(err, partly)
	})
}

// envelope names sender and recipients. partly is about recipients that are
// refused while others are accepted.
func (m *Mail) envelope(c *smtp.Client, from *mail.Address, to []*mail.Address) (partly, err error) {
	if err := c.Mail(from.Address); err != nil {
		return nil, said("sender", err)
	}
	var refused []error
	for i, a := range to {
		if err := c.Rcpt(a.Address); err != nil {
			if code(err) == 0 {
				return nil, said("recipient", err) // the connection, not the recipient
			}
			refused = append(refused, said(fmt.Sprintf("recipient %d of %d", i+1, len(to)), err))
		}
	}
	switch err := errors.Join(refused...); {
	case len(refused) == len(to):
		return nil, err
	case err != nil:
		return fmt.Errorf("%w: %w", ErrPartly, err), nil
	}
	return nil, nil
}

// session connects, makes the connection safe, logs in and does do. It ends when
// ctx does, wherever it is, and in any case after a minute.
func (m *Mail) session(ctx context.Context, do func(*smtp.Client, *mail.Address, []*mail.Address) error) error {
	from, err := parse(m.From)
	if err != nil {
		return err
	}
	var to []*mail.Address
	for _, text := range m.To {
		a, err := parse(text)
		if err != nil {
			return err
		}
		to = append(to, a)
	}
	if len(to) == 0 {
		return errors.New("no recipients")
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", m.Server)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	c, err := m.open(ctx, conn)
	if err == nil {
		err = do(c, from, to)
	}
	if err == nil || errors.Is(err, ErrPartly) {
		_ = c.Quit() // the server has said its last word on the message already
	}
	if err != nil && ctx.Err() != nil && !errors.Is(err, ErrPartly) {
		return fmt.Errorf("%w: %w", err, ctx.Err())
	}
	return err
}

// open greets the server, over TLS unless it is on this machine, and logs in.
func (m *Mail) open(ctx context.Context, conn net.Conn) (*smtp.Client, error) {
	host, _, err := net.SplitHostPort(m.Server)
	if err != nil {
		return nil, err
	}
	config := &tls.Config{ServerName: host, RootCAs: m.Roots, MinVersion: tls.VersionTLS12}
	conn = &brief{Conn: conn, left: mostHeard}
	switch m.Security {
	case Implicit:
		safe := tls.Client(conn, config)
		if err := safe.HandshakeContext(ctx); err != nil {
			return nil, fmt.Errorf("TLS: %w", err)
		}
		conn = safe
	case Off:
		if a, ok := conn.RemoteAddr().(*net.TCPAddr); !ok || !a.IP.IsLoopback() {
			return nil, errors.New("the server is not on this machine: it takes TLS to send it anything")
		}
	}
	c, err := smtp.NewClient(conn, host)
	if err != nil {
		return nil, said("connection", err)
	}
	if err := c.Hello(greeting(m.Name)); err != nil {
		return nil, said("greeting", err)
	}
	if m.Security != Implicit && m.Security != Off {
		if ok, _ := c.Extension("STARTTLS"); !ok {
			return nil, errors.New("the server offers no STARTTLS; nothing was sent to it")
		}
		if err := c.StartTLS(config); err != nil {
			return nil, fmt.Errorf("STARTTLS: %w", err)
		}
	}
	if m.User == "" {
		return c, nil
	}
	if err := c.Auth(&login{user: m.User, password: m.Password}); err != nil {
		if n := code(err); n != 0 { // its words may repeat what it was sent
			return nil, &LoginError{Code: n}
		}
		return nil, fmt.Errorf("log in: %w", err)
	}
	return c, nil
}

// LoginError is a mail server that refuses user and password.
type LoginError struct{ Code int }

// Error does not repeat the words of the server.
func (e *LoginError) Error() string {
	return fmt.Sprintf("the server refuses the login (code %d)", e.Code)
}

// login is AUTH PLAIN, or LOGIN where the server does not know that.
type login struct {
	user     string
	password func() string
	plain    bool
	asked    int
}

func (l *login) Start(server *smtp.ServerInfo) (proto string, first []byte, err error) {
	if !server.TLS {
		return "", nil, errors.New("a password is only given over TLS")
	}
	switch {
	case slices.Contains(server.Auth, "PLAIN"):
		l.plain = true
		return "PLAIN", []byte("\x00" + l.user + "\x00" + l.password()), nil
	case slices.Contains(server.Auth, "LOGIN"):
		return "LOGIN", nil, nil
	}
	return "", nil, errors.New("the server knows neither AUTH PLAIN nor LOGIN")
}

func (l *login) Next(_ []byte, more bool) ([]byte, error) {
	if !more {
		return nil, nil
	}
	l.asked++
	switch {
	case !l.plain && l.asked == 1:
		return []byte(l.user), nil
	case !l.plain && l.asked == 2:
		return []byte(l.password()), nil
	}
	return nil, errors.New("the server asks on")
}

// said is an error of the server, without the addresses in its words.
func said(about string, err error) error {
	var answer *textproto.Error
	if !errors.As(err, &answer) {
		return fmt.Errorf("%s: %w", about, err)
	}
	words := addresses.ReplaceAllString(plain(answer.Msg), "***")
	if r := []rune(words); len(r) > 200 {
		words = string(r[:200]) + "..."
	}
	return fmt.Errorf("%s: the server says %d %s", about, answer.Code, words)
}

var addresses = regexp.MustCompile(`[^\s<>"@;:,]+@[^\s<>"@;:,]+`)

func code(err error) int {
	var answer *textproto.Error
	if errors.As(err, &answer) {
		return answer.Code
	}
	return 0
}

var hostname = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9.-]*$`)

func greeting(name string) string {
	if name = strings.TrimSpace(name); hostname.MatchString(name) {
		return name
	}
	return "localhost"
}

// mostHeard is how much a mail server may say; net/smtp itself has no limit.
const mostHeard = 1 << 20

// brief is a connection on which the other side may say so much.
type brief struct {
	net.Conn
	left int
}

func (b *brief) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errors.New("the server talks too much")
	}
	n, err := b.Conn.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}
