package loket

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"loket-etl/loket/contract"
)

// exchange sends one request and reads its answer. Errors are of the kinds of
// the package comment.
func (c *Client) exchange(ctx context.Context, f *contract.Function, token string, args map[string]any) (*Node, error) {
	end := c.endpoints[f.Service]
	request, err := encode(f, end.Namespace, token, args)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotSent, err)
	}
	if err := c.budget.Wait(ctx); err != nil {
		return nil, fmt.Errorf("%s: wait for the turn of a request: %w: %w", f.FullName(), ErrNotSent, err)
	}
	ctx, cancel := context.WithTimeout(ctx, c.options.Timeout)
	defer cancel()
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w: %w", f.FullName(), ErrNotSent, err)
	}
	secrets := []string{token, secretOf(args)}
	answer, err := c.post(ctx, end.Address, end.SOAPAction+f.Name, request)
	if err != nil {
		// net/http quotes what a broken server sent.
		return nil, settle(f, hushed{err, scrub(err.Error(), secrets...)})
	}
	root, err := c.read(f, end.Namespace, answer, secrets)
	if err != nil {
		return nil, settle(f, err)
	}
	return root, nil
}

// hushed is an error whose text was scrubbed.
type hushed struct {
	error
	text string
}

func (h hushed) Error() string { return h.text }
func (h hushed) Unwrap() error { return h.error }

func secretOf(args map[string]any) string {
	s, _ := args["Wachtwoord"].(string)
	return s
}

// lost marks an error after which the request may have been carried out.
type lost struct{ error }

func (l lost) Unwrap() error { return l.error }

// settle gives an error its kind.
func settle(f *contract.Function, err error) error {
	var l lost
	var fault *Fault
	switch {
	case errors.As(err, &l) && f.Class == contract.Read:
		if errors.As(err, &fault) {
			return fault // nothing was changed either way, and it says more
		}
		return fmt.Errorf("%s: %w: %w", f.FullName(), ErrNoAnswer, err)
	case errors.As(err, &l):
		return fmt.Errorf("%s: %w: %w", f.FullName(), ErrUnknown, err)
	case errors.As(err, &fault):
		return fault
	}
	return fmt.Errorf("%s: %w: %w", f.FullName(), ErrNotSent, err)
}

// answer is an HTTP answer that was read to its end.
type answer struct {
	status      int
	contentType string
	retryAfter  string
	body        []byte
}

// post makes the HTTP request. It counts as perhaps sent as soon as the
// transport had a connection for it: from then on a time-out cannot tell whether
// the bytes left. Only when no connection was had is it certain that they did
// not. The transport repeats a POST by itself only on a kept connection that
// turned out closed before the first byte was written; the count starts anew
// with the new connection.
func (c *Client) post(ctx context.Context, address, action string, request []byte) (answer, error) {
	var connected atomic.Bool
	trace := &httptrace.ClientTrace{
		GetConn: func(string) { connected.Store(false) },
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true) },
	}
	req, err := http.NewRequestWithContext(httptrace.WithClientTrace(ctx, trace), http.MethodPost, address, bytes.NewReader(request))
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Content-Type", "text/xml; charset=utf-8")
	req.Header.Set("SOAPAction", `"`+action+`"`)
	req.Header.Set("Accept", "text/xml")
	req.Header.Set("User-Agent", "loket-etl")
	resp, err := c.http.Do(req)
	if err != nil && connected.Load() {
		return answer{}, lost{err}
	}
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	a := answer{status: resp.StatusCode, contentType: resp.Header.Get("Content-Type"), retryAfter: resp.Header.Get("Retry-After")}
	a.body, err = io.ReadAll(io.LimitReader(resp.Body, c.options.MaxResponse+1))
	if err != nil {
		return answer{}, lost{fmt.Errorf("read the answer: %w", err)}
	}
	if int64(len(a.body)) > c.options.MaxResponse {
		return answer{}, lost{fmt.Errorf("the answer is larger than %d bytes", c.options.MaxResponse)}
	}
	return a, nil
}

// read turns an HTTP answer into the response element, a *Fault, or another
// error: lost where the call may have been carried out.
func (c *Client) read(f *contract.Function, namespace string, a answer, secrets []string) (*Node, error) {
	root, err := element(a)
	if err != nil {
		return nil, unreadable(a, err)
	}
	if root.Name == "Fault" && root.Space == soapNamespace {
		fault, err := readFault(root, secrets)
		if err != nil {
			return nil, lost{err}
		}
		fault.Function, fault.Status = f.FullName(), a.status
		fault.RetryAfter = retryAfter(a.retryAfter, c.options.Now())
		if fault.Code == contract.InterneFout || fault.Code == 0 && fault.Server {
			return nil, lost{fault}
		}
		return nil, fault
	}
	if a.status != http.StatusOK {
		return nil, lost{fmt.Errorf("HTTP status %d: %w", a.status, badXML("it has no fault"))}
	}
	if err := checkReply(root, f, namespace); err != nil {
		return nil, lost{err}
	}
	return root, nil
}

func element(a answer) (*Node, error) {
	kind, params, err := mime.ParseMediaType(a.contentType)
	if err != nil || kind != "text/xml" {
		return nil, badXML("it is not text/xml")
	}
	if set := params["charset"]; set != "" && !strings.EqualFold(set, "utf-8") && !strings.EqualFold(set, "us-ascii") {
		return nil, badXML("it is not in UTF-8")
	}
	return body(a.body)
}

// unreadable is the error for an answer that is no SOAP. A web server that turns
// a request away with 3xx or 4xx did not hand it on (408 may be given late, so
// it says nothing); after 2xx and 5xx nobody knows.
func unreadable(a answer, err error) error {
	err = fmt.Errorf("HTTP status %d: %w", a.status, err)
	if a.status >= 300 && a.status < 500 && a.status != http.StatusRequestTimeout {
		return err
	}
	return lost{err}
}

// retryAfter reads the header in seconds or as a moment, a day at most.
func retryAfter(header string, now time.Time) time.Duration {
	d := time.Duration(0)
	if n, err := strconv.ParseUint(header, 10, 31); err == nil {
		d = time.Duration(n) * time.Second
	} else if at, err := http.ParseTime(header); err == nil {
		d = at.Sub(now)
	}
	return min(max(d, 0), 24*time.Hour)
}

func readFault(n *Node, secrets []string) (*Fault, error) {
	clean := func(s string) string { return scrub(s, secrets...) }
	f := &Fault{}
	code := n.Text("faultcode")
	f.Server = strings.HasSuffix(code, "Server")
	f.Omschrijving = clean(strings.TrimSpace(n.Text("faultstring")))
	if code == "" {
		return nil, badXML("the fault has no faultcode")
	}
	var detail *Node
	for _, k := range n.Child("detail").Children(contract.FaultElement) {
		if k.Space == contract.TypesNamespace {
			detail = k
		}
	}
	if detail == nil {
		return f, nil
	}
	c, _ := contract.LookupComplex(contract.FaultElement)
	if err := checkKids(detail, contract.TypesNamespace, c.Fields); err != nil {
		return nil, err
	}
	f.Code = detail.Int("Code")
	f.Naam = clean(detail.Text("Naam"))
	f.Omschrijving = clean(detail.Text("Omschrijving"))
	f.Veld = clean(detail.Text("Veld"))
	f.Referentie = clean(detail.Text("Referentie"))
	for _, m := range detail.Child("Meldingen").Children("Melding") {
		f.Meldingen = append(f.Meldingen, Melding{Code: clean(m.Text("Code")), Omschrijving: clean(m.Text("Omschrijving")), Veld: clean(m.Text("Veld"))})
	}
	return f, nil
}
