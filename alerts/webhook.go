package alerts

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

// Webhook posts messages as JSON, over https unless to this machine. No error
// shows the address beyond its host, nor the secrets: an address may be one.
type Webhook struct {
	URL    func() string
	Token  func() string  // sent as "Authorization: Bearer"; "" or nil for none
	Secret func() string  // signs the body, see Send; "" or nil for none
	Roots  *x509.CertPool // who may vouch for the server; nil: whom this machine trusts
}

// note is a message as JSON. Keys are only ever added.
type note struct {
	ID       string      `json:"id"`
	Kind     Kind        `json:"kind"`
	Pipeline string      `json:"pipeline"`
	Text     string      `json:"text"`
	At       time.Time   `json:"at"`
	Count    int         `json:"count"`
	Alerts   []noteAlert `json:"alerts"`
}

type noteAlert struct {
	Cause   string    `json:"cause"`
	Entry   int64     `json:"entry"`
	Subject string    `json:"subject"`
	What    string    `json:"what"`
	Do      string    `json:"do"`
	Since   time.Time `json:"since,omitzero"`
}

// JSON is the message for programs. It has the oldest alerts; count says how
// many there are.
func (m Message) JSON() ([]byte, error) {
	n := note{ID: m.ID, Kind: m.Kind, Pipeline: m.Pipeline, Text: m.Headline(), At: m.At.UTC(), Count: len(m.Alerts) + m.More, Alerts: []noteAlert{}}
	for _, a := range m.Alerts {
		n.Alerts = append(n.Alerts, noteAlert{a.Cause, a.Entry, plain(a.Subject), plain(a.What), plain(a.Do), a.Since.UTC()})
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(n)
	return b.Bytes(), err
}

// Send posts the message. With a secret the header X-Etl-Signature is "sha256="
// and the HMAC-SHA256 of the body in hex; the body has the id and the time, for
// a receiver that refuses to take it twice. Any answer from 200 to 299 is good.
func (w *Webhook) Send(ctx context.Context, m Message) error {
	body, err := m.JSON()
	if err != nil {
		return err
	}
	header := http.Header{"Content-Type": {"application/json"}, "Idempotency-Key": {m.ID}}
	if token := reveal(w.Token); token != "" {
		header.Set("Authorization", "Bearer "+token)
	}
	if secret := reveal(w.Secret); secret != "" {
		h := hmac.New(sha256.New, []byte(secret))
		h.Write(body)
		header.Set("X-Etl-Signature", "sha256="+hex.EncodeToString(h.Sum(nil)))
	}
	status, err := w.ask(ctx, http.MethodPost, header, bytes.NewReader(body))
	if err != nil {
		return err
	}
	if status < 200 || status > 299 {
		return &StatusError{Code: status}
	}
	return nil
}

// Try asks for the head of the address, without token: any answer is good, for
// it says that the server is there and shows a certificate that is trusted.
func (w *Webhook) Try(ctx context.Context) error {
	_, err := w.ask(ctx, http.MethodHead, http.Header{}, nil)
	return err
}

// StatusError is a webhook that answers, but not that all is well.
type StatusError struct{ Code int }

// Error says the status.
func (e *StatusError) Error() string {
	return fmt.Sprintf("it answers %d %s", e.Code, http.StatusText(e.Code))
}

// mostAnswer is how much of an answer is read, to leave the connection in order.
const mostAnswer = 64 << 10

func (w *Webhook) ask(ctx context.Context, method string, header http.Header, body io.Reader) (status int, err error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, w.URL(), body)
	if err != nil {
		return 0, errors.New("the address is not one") // the error itself shows it
	}
	if request.URL.Scheme != "https" && !here(request.URL.Hostname()) {
		return 0, errors.New("the address is not https")
	}
	request.Header = header
	request.Header.Set("User-Agent", "loket-etl")
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = &tls.Config{RootCAs: w.Roots, MinVersion: tls.VersionTLS12}
	transport.DisableKeepAlives = true
	transport.MaxResponseHeaderBytes = mostAnswer
	answer, err := (&http.Client{Transport: transport, CheckRedirect: redirect}).Do(request)
	if err != nil {
		var shows *url.Error
		if errors.As(err, &shows) {
			err = shows.Err
		}
		return 0, fmt.Errorf("%s: %w", request.URL.Host, err)
	}
	defer answer.Body.Close()
	_, _ = io.CopyN(io.Discard, answer.Body, mostAnswer)
	return answer.StatusCode, nil
}

// ErrRedirect: a webhook sends on to where we do not follow.
var ErrRedirect = errors.New("it sends on to another address; a message is only sent to the one that was given")

// redirect follows on the same server only, and only where the message goes
// along.
func redirect(next *http.Request, via []*http.Request) error {
	first := via[0]
	if first.Method == http.MethodHead {
		return http.ErrUseLastResponse // an answer like any other
	}
	if next.URL.Scheme != first.URL.Scheme || next.URL.Host != first.URL.Host || next.Method != first.Method || len(via) > 3 {
		return ErrRedirect
	}
	return nil
}

func here(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func reveal(secret func() string) string {
	if secret == nil {
		return ""
	}
	return secret()
}
