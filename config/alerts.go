package config

import (
	"crypto/x509"
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Address is a web address that may be a secret: it stands in the file, or is
// env:NAME or file:/path. It prints as *** either way.
type Address struct{ Secret }

// Host is the part of the address that is no secret.
func (a Address) Host() string {
	u, err := url.Parse(a.Reveal())
	if err != nil {
		return ""
	}
	return u.Host
}

func (a *Address) decode(text string, d *decoder) (problem, hint string) {
	if strings.HasPrefix(text, "env:") || strings.HasPrefix(text, "file:") {
		return a.Secret.decode(text, d)
	}
	a.Secret = NewSecret(text)
	return "", ""
}

// Authorities are certificates that may vouch for a server, read from a file.
type Authorities struct {
	// File they came from, "" when the key is absent.
	File string
	// PEM is the text of the file; there is a certificate in it.
	PEM string
}

// Pool is nil when the key is absent: whom this machine trusts.
func (a Authorities) Pool() *x509.CertPool {
	if a.File == "" {
		return nil
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM([]byte(a.PEM))
	return pool
}

func (a *Authorities) decode(text string, d *decoder) (problem, hint string) {
	if strings.TrimSpace(text) == "" {
		return "the path is empty", "give it a value, or leave the key out"
	}
	file := d.absolute(text)
	data, err := os.ReadFile(file)
	if err != nil {
		return fmt.Sprintf("certificate file %s: %s", text, short(err)), ""
	}
	if !x509.NewCertPool().AppendCertsFromPEM(data) {
		return fmt.Sprintf("certificate file %s holds no certificate", text), `it has lines such as "-----BEGIN CERTIFICATE-----"`
	}
	a.File, a.PEM = file, string(data)
	return "", ""
}

func (c *checker) alerts() {
	a := c.c.Alerts
	if a == nil || !c.given("alerts") {
		return
	}
	if !c.mentioned("alerts.mail") && !c.mentioned("alerts.webhook") {
		c.say("alerts", "alerts has neither mail nor webhook", "give one or both, or leave the key out")
	}
	all := []string{AlertHeld, AlertFailed, AlertLate, AlertUncollected}
	if c.given("alerts.kinds") && len(a.Kinds) == 0 {
		c.say("alerts.kinds", "alerts.kinds is empty", "leave it out for all")
	}
	for i, k := range a.Kinds {
		at := fmt.Sprintf("alerts.kinds[%d]", i)
		if c.given(at) && !slices.Contains(all, k) {
			c.say(at, fmt.Sprintf("%s must be %s, not %q", at, either(all), k), suggest(k, all))
		}
	}
	if len(a.Kinds) == 0 {
		a.Kinds = all
	}
	const month = 30 * 24 * time.Hour
	c.between("alerts.after.held", a.After.Held, 0, month)
	c.between("alerts.after.late", a.After.Late, time.Minute, month)
	if a.Mail != nil && c.given("alerts.mail") {
		c.mail(a.Mail)
	}
	if a.Webhook != nil && c.given("alerts.webhook.url") && a.Webhook.URL.IsSet() {
		c.webhook(a.Webhook.URL.Reveal())
	}
}

// ports are where mail servers listen.
var ports = map[string]string{TLSStart: "587", TLSImplicit: "465", TLSOff: "25"}

func (c *checker) mail(m *Mail) {
	const at = "alerts.mail"
	host := ""
	if c.given(at + ".server") {
		h, port, err := net.SplitHostPort(m.Server)
		if err != nil {
			h, port = strings.Trim(m.Server, "[]"), ports[m.TLS]
		}
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 || h == "" || strings.ContainsAny(h, "/@ ") {
			c.say(at+".server", at+".server is not an address", "write host or host:port")
		} else {
			host, m.Server = h, net.JoinHostPort(h, port)
		}
	}
	off := m.TLS == TLSOff && c.given(at+".tls")
	switch {
	case off && host != "" && !loopback(host):
		c.say(at+".tls", at+".tls is off, and the server is not on this machine", "use starttls or implicit")
	case off && c.mentioned(at+".user"):
		c.say(at+".user", at+".user would send the password unencrypted", "use tls: starttls or implicit, or leave it out")
	}
	if off && c.mentioned(at+".ca") {
		c.say(at+".ca", at+".ca has no meaning with tls: off", "leave it out")
	}
	if user, password := c.mentioned(at+".user"), c.mentioned(at+".password"); user && !password {
		c.say(at+".password", at+".password is missing", "it goes with user")
	} else if password && !user {
		c.say(at+".user", at+".user is missing", "it goes with password")
	}
	c.mailAddress(at+".from", m.From)
	if c.given(at+".to") && len(m.To) == 0 {
		c.say(at+".to", at+".to is empty", "give at least one address")
	}
	for i, to := range m.To {
		c.mailAddress(fmt.Sprintf("%s.to[%d]", at, i), to)
	}
}

// plainAddress is what every mail server takes, and nothing that could end a
// command early.
var plainAddress = regexp.MustCompile(`^[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]+@[A-Za-z0-9.-]+$`)

func (c *checker) mailAddress(at, text string) {
	if !c.given(at) {
		return
	}
	if a, err := mail.ParseAddress(text); err != nil || !plainAddress.MatchString(a.Address) {
		c.say(at, at+" is not an e-mail address", `write name@example.nl, or "Name <name@example.nl>"; one of them`)
	}
}

// webhook checks an address without showing it.
func (c *checker) webhook(text string) {
	const at = "alerts.webhook.url"
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http"):
		c.say(at, at+" is not a web address", "write https://...")
	case u.User != nil:
		c.say(at, at+" holds a user or password", "give alerts.webhook.token")
	case u.Fragment != "":
		c.say(at, at+" has a part after #", "leave it out")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		c.say(at, at+" would send messages and token unencrypted", "use https")
	}
}
