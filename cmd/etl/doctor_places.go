package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"

	"loket-etl/config"
	"loket-etl/inbox"
	"loket-etl/internal/folder"
	"loket-etl/loket"
	"loket-etl/loket/contract"
	"loket-etl/outbox"
)

// probe is the name and content of the file that the doctor writes.
const probe, probeText = ".etl-doctor", "etl doctor was here\n"

func (a *app) tryInbox(ctx context.Context, c *config.Config, in config.Inbox) []finding {
	what := "inbox " + in.Name
	place, err := folder.Open(a.folderSpec(in.Place))
	if err != nil {
		return []finding{wrong(what, err)}
	}
	defer folder.Close(place)
	looks, err := inbox.Explain(ctx, place, inbox.Options{
		Every: in.Every, Quiet: in.Quiet, Patterns: in.Files, RequireMarker: in.Marker == "required", Now: a.now,
	})
	if in.Place.SFTP == nil && errors.Is(err, fs.ErrNotExist) {
		return []finding{doubtful(what, fmt.Sprintf("%s does not exist yet; it is watched for", in.Place), "make the directory, or correct local")}
	}
	if err != nil {
		return []finding{wrong(what, fmt.Errorf("look in %s: %w", in.Place, err), placeHints(err, in.Place)...)}
	}
	f := fine(what, "%s can be read; %d names lie there", in.Place, len(looks))
	for _, l := range looks {
		reason := l.Reason
		if l.Complete && !wanted(c, in.Name, l.Name) {
			l.Complete, reason = false, "no pipeline of this inbox takes that name"
		}
		f.Files = append(f.Files, lyingIn{l.Name, l.Complete, reason})
	}
	out := []finding{f}
	for _, dir := range []string{"done", "failed"} {
		if err := tryWrite(ctx, place, in.Place, dir); err != nil {
			out = append(out, wrong(what, fmt.Errorf("write in %s/: %w", dir, err),
				"receipts and tidied files go there: the user of this program must be able to make it and to write in it"))
		}
	}
	return out
}

// wanted reports whether a pipeline that is on takes a name from an inbox.
func wanted(c *config.Config, inbox, name string) bool {
	for _, p := range c.Pipelines {
		if p.Inbox == inbox && p.Wants(name) {
			return true
		}
	}
	return false
}

// tryWrite puts the probe in a subfolder, by the way receipts go.
func tryWrite(ctx context.Context, f folder.Folder, p config.Place, dir string) error {
	name := dir + "/" + probe
	if err := f.Put(ctx, name, strings.NewReader(probeText)); err != nil {
		return err
	}
	if p.SFTP == nil {
		return os.Remove(filepath.Join(p.Local, name))
	}
	return nil
}

func (a *app) tryOutbox(ctx context.Context, o config.Outbox) []finding {
	what := "outbox " + o.Name
	place, err := folder.Open(a.folderSpec(o.Place))
	if err != nil {
		return []finding{wrong(what, err)}
	}
	defer folder.Close(place)
	if _, err := place.List(ctx); err != nil {
		return []finding{wrong(what, fmt.Errorf("look in %s: %w", o.Place, err), placeHints(err, o.Place)...)}
	}
	can, err := outbox.Probe(ctx, place)
	switch {
	case !can.Publishes():
		return []finding{wrong(what, fmt.Errorf("publish in %s: %w", o.Place, err), "files are brought there under a temporary name, read back and renamed, and never replace another: the account must be allowed to do that")}
	case err != nil:
		return []finding{wrong(what, err, "files can be published, but what goes wrong half-way stays there as NAME.part")}
	}
	return []finding{fine(what, "%s: files can be brought there, read back and renamed, and none is ever replaced", o.Place)}
}

// placeHints says what to do about a place that cannot be read.
func placeHints(err error, p config.Place) []string {
	var key *folder.HostKeyError
	var lookup *net.DNSError
	var dial *net.OpError
	switch {
	case errors.As(err, &key):
		return []string{"nothing was sent to that server, no password either"}
	case errors.As(err, &lookup):
		return []string{"check the name in address; can this machine look names up?"}
	case errors.Is(err, fs.ErrNotExist) && p.SFTP == nil:
		return []string{"make the directory, or correct local"}
	case errors.Is(err, fs.ErrNotExist):
		return []string{"make the directory on the server, or correct path; it counts from the home directory unless it starts with /"}
	case errors.Is(err, fs.ErrPermission):
		return []string{"the user of this program must be able to read, write and make directories there"}
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return []string{"the server is silent; a firewall in between?"}
	case p.SFTP != nil && strings.Contains(err.Error(), "unable to authenticate"): // the library has no type for it
		return []string{"the server does not let " + p.SFTP.User + " in: check user and password, or whether the server knows the key"}
	case errors.As(err, &dial):
		return []string{"check address and port; a firewall in between?"}
	}
	return nil
}

// loketHints says what to do about a call that failed.
func loketHints(err error) []string {
	var (
		fault     *loket.Fault
		authority x509.UnknownAuthorityError
		host      x509.HostnameError
		lookup    *net.DNSError
		dial      *net.OpError
	)
	switch {
	case errors.As(err, &fault) && fault.Code == contract.AanmeldingMislukt:
		return []string{"check user, password and omgevingscode; after several failures Loket locks the user out for a while"}
	case errors.As(err, &fault):
		return []string{"Loket was reached and says no; its text says why"}
	case errors.As(err, &authority), errors.As(err, &host):
		return []string{"the certificate of that address is not trusted here: is loket.url right, and are the CA certificates of this machine up to date?"}
	case errors.As(err, &lookup):
		return []string{"check the name in loket.url; can this machine look names up?"}
	case errors.Is(err, context.DeadlineExceeded):
		return []string{"no answer in time; a firewall in between?"}
	case errors.As(err, &dial):
		return []string{"check loket.url; a firewall in between?"}
	}
	return []string{"is loket.url the address before /soap/... ?"}
}
