package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"loket-etl/config"
	"loket-etl/internal/folder"
	"loket-etl/ledger"
	"loket-etl/loket"
	"loket-etl/loket/sandbox"
)

// openLedger opens the database of the configuration, and makes it when it is an
// SQLite file that does not exist.
func (a *app) openLedger(ctx context.Context, c *config.Config) (*ledger.Ledger, error) {
	l, err := ledger.Open(ctx, c.Database.DSN(), ledger.Options{Now: a.now, MaxBytes: int64(c.Limits.FileSize)})
	switch {
	case errors.Is(err, ledger.ErrNewer):
		return nil, hint(err, "use the release of etl that made it, or a newer one")
	case err != nil && c.Database.Postgres.IsSet():
		return nil, hint(err, "etl doctor says what it tried")
	case err != nil:
		return nil, hint(err, "the directory must exist and be writable for the user of this program")
	}
	return l, nil
}

// ledgerThatIs opens the database for who can do without, and makes none; nil when
// there is none, or when it does not open, which is then said.
func (a *app) ledgerThatIs(ctx context.Context, c *config.Config) *ledger.Ledger {
	if !c.Database.Postgres.IsSet() {
		if _, err := os.Stat(c.Database.SQLite); err != nil {
			return nil
		}
	}
	l, err := a.openLedger(ctx, c)
	if err != nil {
		a.note("what earlier files of this sender looked like is not known: %v", err)
		return nil
	}
	return l
}

// folderSpec is the doorstep of a place.
func (a *app) folderSpec(p config.Place) folder.Spec {
	if p.SFTP == nil {
		return folder.Spec{Kind: "local", Dir: p.Local}
	}
	s := folder.Spec{
		Kind: "sftp", Dir: p.SFTP.Path, Host: p.SFTP.Address, User: p.SFTP.User,
		Password:   folder.Secret(p.SFTP.Password.Reveal()),
		Key:        folder.Secret(p.SFTP.Key.Reveal()),
		Passphrase: folder.Secret(p.SFTP.Passphrase.Reveal()),
		KnownHosts: p.SFTP.KnownHosts.File,
	}
	if s.KnownHosts == "" {
		s.HostKeys = p.SFTP.KnownHosts.Lines
	}
	if p.SFTP.Agent {
		s.Agent, _ = a.getenv("SSH_AUTH_SOCK")
	}
	return s
}

// folders are open doors by name.
type folders map[string]folder.Folder

// openInboxes opens every inbox. It does not look at the places yet. Close what
// it gives.
func (a *app) openInboxes(c *config.Config) (folders, error) {
	all := folders{}
	for _, in := range c.Inboxes {
		f, err := folder.Open(a.folderSpec(in.Place))
		if err != nil {
			return nil, errors.Join(fmt.Errorf("open inbox %s: %w", in.Name, err), all.Close())
		}
		all[in.Name] = f
	}
	return all, nil
}

// Close closes every door.
func (f folders) Close() error {
	var errs []error
	for name, door := range f {
		if err := folder.Close(door); err != nil {
			errs = append(errs, fmt.Errorf("close %s: %w", name, err))
		}
	}
	return errors.Join(errs...)
}

// openLoket makes the client, and starts the sandbox where the configuration
// asks for it. close ends the sandbox; call it after the last call.
func (a *app) openLoket(ctx context.Context, c *config.Config) (client *loket.Client, close func() error, err error) {
	o := loket.Options{
		URL: c.Loket.URL, User: c.Loket.User, Password: c.Loket.Password.Reveal, Omgevingscode: c.Loket.Omgevingscode,
		Timeout: c.Loket.Timeout, PerSecond: c.Loket.CallsPerSecond, MaxResponse: int64(c.Loket.MaxResponse), Now: a.now, Services: map[string]loket.Service{},
	}
	for name, s := range c.Loket.Services {
		o.Services[name] = loket.Service(s)
	}
	close = func() error { return nil }
	if c.Loket.URL == config.Sandbox {
		s, err := startSandbox(ctx, "127.0.0.1:0", sandbox.Options{Data: c.Loket.SandboxDir, Now: a.now})
		if err != nil {
			return nil, nil, err
		}
		close = s.Close
		o.URL, o.User, o.Omgevingscode = s.URL, sandbox.DemoUser, sandbox.DemoOmgevingscode
		o.Password = func() string { return sandbox.DemoPassword }
	}
	if client, err = loket.New(o); err != nil {
		return nil, nil, errors.Join(err, close())
	}
	return client, close, nil
}
