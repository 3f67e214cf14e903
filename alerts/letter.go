package alerts

import (
	"bytes"
	"fmt"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"regexp"
	"strings"
)

// address is what stands between < and >: nothing in it may end a command of the
// protocol or a header early.
var address = regexp.MustCompile(`^[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]+@[A-Za-z0-9.-]+$`)

// parse reads an address with or without a name before it.
func parse(text string) (*mail.Address, error) {
	a, err := mail.ParseAddress(text)
	if err != nil || !address.MatchString(a.Address) {
		return nil, fmt.Errorf("%q is not an e-mail address", text)
	}
	return a, nil
}

// letter is a message with its headers: plain text, and the same as HTML.
func letter(m Message, from *mail.Address, to []*mail.Address) ([]byte, error) {
	var b bytes.Buffer
	header := func(name, value string) { fmt.Fprintf(&b, "%s: %s\r\n", name, value) }
	_, domain, _ := strings.Cut(from.Address, "@")
	var all []string
	for _, a := range to {
		all = append(all, a.String())
	}
	header("From", from.String())
	header("To", strings.Join(all, ",\r\n "))
	header("Subject", subject("[loket-etl] "+m.Headline()))
	header("Date", m.At.In(amsterdam).Format("Mon, 02 Jan 2006 15:04:05 -0700"))
	header("Message-ID", "<"+m.ID+"@"+domain+">")
	header("MIME-Version", "1.0")
	header("Auto-Submitted", "auto-generated") // RFC 3834: nobody answers that he is away
	header("X-Auto-Response-Suppress", "All")  // the same for Exchange
	parts := multipart.NewWriter(&b)
	if err := parts.SetBoundary("etl-" + m.ID); err != nil {
		return nil, err
	}
	header("Content-Type", `multipart/alternative; boundary="`+parts.Boundary()+`"`)
	b.WriteString("\r\n")
	for _, p := range []struct {
		kind string
		text func() (string, error)
	}{{"text/plain", m.Text}, {"text/html", m.HTML}} {
		if err := part(parts, p.kind, p.text); err != nil {
			return nil, err
		}
	}
	if err := parts.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func part(parts *multipart.Writer, kind string, text func() (string, error)) error {
	s, err := text()
	if err != nil {
		return err
	}
	w, err := parts.CreatePart(textproto.MIMEHeader{
		"Content-Type": {kind + "; charset=utf-8"}, "Content-Transfer-Encoding": {"quoted-printable"},
	})
	if err != nil {
		return err
	}
	q := quotedprintable.NewWriter(w)
	if _, err := q.Write([]byte(s)); err != nil {
		return err
	}
	return q.Close()
}

// mostSubject is how long a subject is at most, in characters.
const mostSubject = 120

// subject is a header value: RFC 2047 where it needs to be, on lines that are
// not too long.
func subject(s string) string {
	if r := []rune(plain(s)); len(r) > mostSubject {
		s = string(r[:mostSubject-1]) + "…"
	} else {
		s = string(r)
	}
	s = strings.ReplaceAll(s, "=?", "= ?") // nothing that a stranger coded is decoded
	coded := mime.QEncoding.Encode("utf-8", s)
	return strings.ReplaceAll(coded, "?= =?", "?=\r\n =?")
}
