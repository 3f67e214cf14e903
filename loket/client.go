package loket

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"loket-etl/loket/contract"
)

// Options say where Loket is and who we are there. URL, User, Password and
// Omgevingscode are required.
type Options struct {
	// URL is the address before /soap/<Service>. It is https, or http on this machine.
	URL string
	// Services overrides the contract for one service, by its name.
	Services map[string]Service
	// User, Password and Omgevingscode are the webservice account. Password is
	// asked at each login, so that it may be read anew from its file.
	User          string
	Password      func() string
	Omgevingscode string
	// Timeout bounds one request, from connecting to the last byte. Default: 2 minutes.
	Timeout time.Duration
	// MaxResponse bounds one answer in bytes. Default: 64 MiB.
	MaxResponse int64
	// PageSize is how many records List asks for at a time, up to 1000. Default: 500.
	PageSize int
	// PerSecond is how many requests leave in a second, fairly over all who call; a
	// burst of as many is let through at once. Default: no limit.
	PerSecond int
	// Now is the clock. Default: time.Now.
	Now func() time.Time
	// Wait pauses before a reading call is repeated. Default: a timer.
	Wait func(ctx context.Context, d time.Duration) error
	// HTTP makes the requests; redirects are never followed. Default: a client of
	// its own with TLS 1.2 or newer.
	HTTP *http.Client
}

// Service is what differs from the contract for one webservice; empty fields
// differ in nothing.
type Service struct {
	Address    string // the full address
	Namespace  string // of the service's elements; the shared types keep theirs
	SOAPAction string // what stands before the operation's name. Default: the namespace and "#"
}

// Client calls Loket. It may be used by several goroutines.
type Client struct {
	options   Options
	http      *http.Client
	endpoints map[string]Service
	tokens    tokens
	budget    *rate.Limiter
}

// New checks the options and makes a client. It does not connect.
func New(o Options) (*Client, error) {
	if o.User == "" || o.Password == nil || o.Omgevingscode == "" {
		return nil, errors.New("loket: user, password and omgevingscode are required")
	}
	if o.Timeout == 0 {
		o.Timeout = 2 * time.Minute
	}
	if o.MaxResponse == 0 {
		o.MaxResponse = 64 << 20
	}
	if o.PageSize == 0 {
		o.PageSize = 500
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Wait == nil {
		o.Wait = wait
	}
	c := &Client{options: o, http: &http.Client{Transport: transport()}, endpoints: map[string]Service{}}
	if c.budget = rate.NewLimiter(rate.Inf, 0); o.PerSecond > 0 {
		c.budget = rate.NewLimiter(rate.Limit(o.PerSecond), o.PerSecond)
	}
	if o.HTTP != nil {
		mine := *o.HTTP
		c.http = &mine
	}
	// A redirect would carry token and data to an address nobody configured.
	c.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	c.http.Jar = nil
	for _, s := range contract.Services() {
		e := o.Services[s.Name]
		if e.Address == "" {
			e.Address = strings.TrimSuffix(o.URL, "/") + s.Path
		}
		if e.Namespace == "" {
			e.Namespace = s.Namespace
		}
		if e.SOAPAction == "" {
			e.SOAPAction = e.Namespace + "#"
		}
		if err := checkAddress(e.Address); err != nil {
			return nil, fmt.Errorf("loket: address of %s: %w", s.Name, err)
		}
		c.endpoints[s.Name] = e
	}
	for name := range o.Services {
		if _, ok := c.endpoints[name]; !ok {
			return nil, fmt.Errorf("loket: there is no service %q", name)
		}
	}
	return c, nil
}

func transport() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = 16
	t.MaxResponseHeaderBytes = 64 << 10
	t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	return t
}

func checkAddress(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Fragment != "" {
		return errors.New("not a web address")
	}
	if u.User != nil {
		return errors.New("it holds a user or password")
	}
	switch u.Scheme {
	case "https":
		return nil
	case "http":
		host := u.Hostname()
		if ip := net.ParseIP(host); host == "localhost" || ip != nil && ip.IsLoopback() {
			return nil
		}
		return errors.New("http is for this machine only, as password and data would travel in the clear")
	}
	return errors.New("not a web address")
}

func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Reply is the answer to a call, checked against the contract.
type Reply struct {
	Function  string    // full name
	Root      *Node     // the response element
	Meldingen []Melding // warnings that did not stop the work
}

// Do carries out one call. What an error means stands in the package comment;
// what is repeated by itself, too. The arguments are checked first, and nothing
// is sent when they do not fit.
func (c *Client) Do(ctx context.Context, call contract.Call) (Reply, error) {
	f, ok := contract.Lookup(call.Function)
	if !ok {
		return Reply{}, fmt.Errorf("%w: there is no function %q", ErrNotSent, call.Function)
	}
	if err := f.Check(call.Args); err != nil {
		return Reply{}, fmt.Errorf("%w: %w", ErrNotSent, err)
	}
	root, err := c.persist(ctx, f, call)
	if err != nil {
		return Reply{}, err
	}
	return Reply{Function: f.FullName(), Root: root, Meldingen: meldingen(root.Child("Meldingen"))}, nil
}

// Pauses before a read is repeated after 9002, unless Loket names a time. Longer
// than longestPause the caller may wait itself.
var pauses = [...]time.Duration{500 * time.Millisecond, 2 * time.Second}

const longestPause = 10 * time.Second

// persist repeats what may be repeated.
func (c *Client) persist(ctx context.Context, f *contract.Function, call contract.Call) (*Node, error) {
	renewed, again, paused := false, false, 0
	for {
		root, token, err := c.once(ctx, f, call)
		var fault *Fault
		if !errors.As(err, &fault) || errors.Is(err, ErrNotSent) {
			return root, err
		}
		switch {
		case (fault.Code == contract.OngeldigUserToken || fault.Code == contract.VerlopenUserToken) && f.NeedsToken && !renewed:
			renewed = true
			c.tokens.drop(token)
		case f.Class == contract.Read && fault.Code == contract.InterneFout && !again:
			again = true
		case f.Class == contract.Read && fault.Code == contract.TijdelijkNietBeschikbaar && paused < len(pauses):
			pause := max(pauses[paused], fault.RetryAfter)
			paused++
			if pause > longestPause {
				return nil, err
			}
			if c.options.Wait(ctx, pause) != nil {
				return nil, err
			}
		default:
			return nil, err
		}
	}
}

// once gets a token, sends the call and reads the answer.
func (c *Client) once(ctx context.Context, f *contract.Function, call contract.Call) (*Node, string, error) {
	token := ""
	if f.NeedsToken {
		var err error
		if token, err = c.token(ctx); err != nil {
			return nil, "", fmt.Errorf("%s: %w: log in: %w", f.FullName(), ErrNotSent, err)
		}
	}
	root, err := c.exchange(ctx, f, token, call.Args)
	return root, token, err
}

func meldingen(n *Node) []Melding {
	var all []Melding
	for _, m := range n.Children("Melding") {
		all = append(all, Melding{Code: m.Text("Code"), Omschrijving: scrub(m.Text("Omschrijving")), Veld: m.Text("Veld")})
	}
	return all
}
