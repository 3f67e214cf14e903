package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"

	"loket-etl/alerts"
)

// tryAlerts goes as far as a target lets without telling anybody anything.
func tryAlerts(ctx context.Context, t alertTarget) []finding {
	good := "%s answers"
	if t.Name == "mail" {
		good = "%s takes sender and recipients"
	}
	return []finding{t.finding(t.try(ctx), good+"; nothing was sent, etl alerts test does that")}
}

// finding says how something went with a target.
func (t alertTarget) finding(err error, good string) finding {
	if err != nil {
		return wrong(t.Name, fmt.Errorf("%s: %w", t.where, err), alertHints(err)...)
	}
	return fine(t.Name, good, t.where)
}

// alertHints says what to do about a target that does not take messages.
func alertHints(err error) []string {
	var (
		login       *alerts.LoginError
		status      *alerts.StatusError
		certificate *x509.CertificateInvalidError
		authority   x509.UnknownAuthorityError
		host        x509.HostnameError
		lookup      *net.DNSError
		dial        *net.OpError
	)
	switch {
	case errors.As(err, &login):
		return []string{"check user and password"}
	case errors.As(err, &status) && (status.Code == 401 || status.Code == 403):
		return []string{"check token and secret"}
	case errors.As(err, &status), errors.Is(err, alerts.ErrRedirect):
		return []string{"check url"}
	case errors.Is(err, alerts.ErrPartly):
		return []string{"check the addresses under to; the others do get messages"}
	case errors.As(err, &authority), errors.As(err, &host), errors.As(err, &certificate):
		return []string{"the certificate is not trusted here: is the name right? with ca you name the certificates that may vouch for it"}
	case errors.As(err, &lookup):
		return []string{"check the name; can this machine look names up?"}
	case errors.Is(err, context.DeadlineExceeded):
		return []string{"no answer in time; a firewall in between, or another value of tls?"}
	case errors.As(err, &dial):
		return []string{"check address and port; a firewall in between?"}
	}
	return nil
}
