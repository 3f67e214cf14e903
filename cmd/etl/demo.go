package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"

	"loket-etl/config"
	"loket-etl/internal/folder"
	"loket-etl/internal/partner"
	"loket-etl/ledger"
	"loket-etl/loket"
	"loket-etl/loket/sandbox"
)

// demoTime bounds the whole demo; on a slow machine it takes some seconds.
const demoTime = 3 * time.Minute

func (a *app) demoCommand() *cobra.Command {
	var dir string
	c := &cobra.Command{
		Use: "demo --dir DIR", Short: "Show the whole circle, on invented data", Args: cobra.NoArgs,
		Long: `Starts a sandbox of Loket and an SFTP server in this process, drops exports into
a local and an SFTP inbox (one of them broken, one a duplicate), shows the
receipts, and reads the hours back from Loket to compare them with the files to
the hundredth of an hour. Then the payroll is run and approved in the sandbox, and
its payments go to the outbox of a bank, journals, results, tax returns and PDFs
over SFTP to a bookkeeper; all of them are added up against each other. Ends by
itself; the exit code is 0 when every check holds. Everything stays in DIR to look
at: etl.yaml, the inboxes with done/ and failed/, the outboxes, the ledger,
report.json.`,
		RunE: a.do(func(ctx context.Context, _ []string) error { return a.demo(ctx, dir) }),
	}
	c.Flags().StringVar(&dir, "dir", "demo", "fresh `directory` to do it in")
	return c
}

func (a *app) demo(ctx context.Context, dir string) (err error) {
	ctx, cancel := context.WithTimeout(ctx, demoTime)
	defer cancel()
	d := &demo{app: a, dir: dir}
	if err := d.prepare(ctx); err != nil {
		return errors.Join(err, d.stop())
	}
	defer func() { err = errors.Join(err, d.stop()) }()
	if err := d.drop(ctx); err != nil {
		return err
	}
	if err := d.pay(ctx); err != nil {
		return err
	}
	report, err := d.report(ctx)
	if err != nil {
		return err
	}
	if err := d.write(report); err != nil {
		return err
	}
	if !report.OK {
		return exitWith(exitFailed, errors.New("not every check holds"))
	}
	return nil
}

// demo is a running demo.
type demo struct {
	*app
	dir     string
	files   []demoFile
	decided []string // tax returns that a dropped file approved
	sftp    *partner.Server
	bank    folder.Folder // the partner's own way in
	loket   *runningSandbox
	engine  *engine
	client  *loket.Client // not the engine's: it reads back by itself
	stopRun context.CancelFunc
	ended   chan error
	log     *os.File
}

// prepare makes the directory with a configuration that any etl can run with,
// starts both servers and the engine.
func (d *demo) prepare(ctx context.Context) (err error) {
	if d.dir, err = filepath.Abs(d.dir); err != nil {
		return err
	}
	if left, err := os.ReadDir(d.dir); err == nil && len(left) > 0 {
		return hint(fmt.Errorf("%s is not empty", d.dir), "choose a directory that does not exist yet; the demo throws nothing away")
	}
	for _, sub := range []string{"inbox/kantoor", "inbox/clockify", "partner/uren", "geheim"} {
		if err := os.MkdirAll(filepath.Join(d.dir, sub), 0o700); err != nil {
			return err
		}
	}
	if d.sftp, err = partner.Start(partner.Options{Dir: filepath.Join(d.dir, "partner"), User: "rooster", Password: "partner-wachtwoord"}); err != nil {
		return fmt.Errorf("start the SFTP server: %w", err)
	}
	if d.loket, err = startSandbox(ctx, "127.0.0.1:0", sandbox.Options{Now: d.now}); err != nil {
		return fmt.Errorf("start the sandbox: %w", err)
	}
	if err := errors.Join(d.prepareExports(), d.configure()); err != nil {
		return err
	}
	return d.start(ctx)
}

// configure writes etl.yaml and the secrets it points to.
func (d *demo) configure() error {
	text := fmt.Sprintf(demoConfig, d.loket.URL, sandbox.DemoUser, sandbox.DemoOmgevingscode, d.sftp.Addr(), d.sftp.Addr(), d.sftp.HostKey()) +
		fmt.Sprintf(demoExports, d.sftp.Addr(), d.sftp.Addr(), d.sftp.HostKey())
	for name, content := range map[string]string{
		"etl.yaml": text, "geheim/loket": sandbox.DemoPassword, "geheim/partner": "partner-wachtwoord",
	} {
		if err := os.WriteFile(filepath.Join(d.dir, name), []byte(content), 0o600); err != nil {
			return err
		}
	}
	return nil
}

const demoConfig = `# The configuration of the demo. The servers it names end with the demo.
loket:
  url: %s
  user: %s
  password: file:geheim/loket
  omgevingscode: %s
  calls_per_second: 1000 # it is the sandbox
database:
  sqlite: etl.db
inboxes:
  - {name: kantoor, local: inbox/kantoor, every: 500ms, quiet: 300ms}
  - {name: clockify, local: inbox/clockify, every: 500ms, quiet: 300ms}
  - name: partner
    every: 500ms
    quiet: 300ms
    sftp:
      address: %s
      user: rooster
      path: /uren
      password: file:geheim/partner
      known_hosts: ["%s %s"]
pipelines:
  - {use: urenregistratie, inbox: kantoor, files: ["uren_*.csv"]}
  - {use: loket-variabel, inbox: kantoor, files: ["variabel_*.csv"]}
  - {use: verlof, inbox: kantoor, files: ["verlof_*.csv"]}
  - {use: loonaangifte-status, inbox: kantoor, files: ["aangifte_*.csv"]}
  - {use: clockify, inbox: clockify}
  - {use: roosterplanning, inbox: partner}
listen: "off"
`

func (d *demo) start(ctx context.Context) error {
	app := *d.app
	app.configPath = filepath.Join(d.dir, "etl.yaml")
	c, err := app.loadConfig()
	if err != nil {
		return err
	}
	if d.log, err = os.Create(filepath.Join(d.dir, "etl.log")); err != nil {
		return err
	}
	log, err := newLogger(config.Log{Level: "info", Format: "json"}, d.log, false)
	if err != nil {
		return err
	}
	if d.engine, err = app.openEngine(ctx, c, log, prometheus.NewRegistry()); err != nil {
		return err
	}
	if d.bank, err = folder.Open(folder.Spec{Kind: "sftp", Dir: "/uren", Host: d.sftp.Addr(), User: "rooster", Password: "partner-wachtwoord", HostKeys: []string{d.sftp.HostKey()}}); err != nil {
		return err
	}
	if d.client, err = loket.New(loket.Options{URL: d.loket.URL, User: sandbox.DemoUser, Omgevingscode: sandbox.DemoOmgevingscode, Password: func() string { return sandbox.DemoPassword }}); err != nil {
		return err
	}
	run, stop := context.WithCancel(ctx)
	d.stopRun, d.ended = stop, make(chan error, 1)
	go func() { d.ended <- d.engine.run(run) }()
	return nil
}

// stop ends the engine first, then what it talks to.
func (d *demo) stop() error {
	var errs []error
	if d.stopRun != nil {
		d.stopRun()
		errs = append(errs, <-d.ended)
	}
	if d.bank != nil {
		errs = append(errs, folder.Close(d.bank))
	}
	if d.engine != nil {
		errs = append(errs, d.engine.Close())
	}
	if d.loket != nil {
		errs = append(errs, d.loket.Close())
	}
	if d.sftp != nil {
		errs = append(errs, d.sftp.Close())
	}
	if d.log != nil {
		errs = append(errs, d.log.Close())
	}
	return errors.Join(errs...)
}

// drop delivers the files as senders do, and waits until each has its outcome.
func (d *demo) drop(ctx context.Context) error {
	d.files = demoFiles()
	for _, after := range []bool{false, true} {
		n := 0
		for _, f := range d.files {
			if f.after == after {
				if err := d.deliver(ctx, f); err != nil {
					return fmt.Errorf("drop %s: %w", f.name, err)
				}
				n++
			}
		}
		if err := d.wait(ctx); err != nil {
			return err
		}
	}
	return nil
}

// deliver puts a file in its inbox: over SFTP under a temporary name that is
// then changed, locally slowly in two pieces, or with a done marker.
func (d *demo) deliver(ctx context.Context, f demoFile) error {
	if f.place == "partner" {
		return d.bank.Put(ctx, f.name, strings.NewReader(f.content))
	}
	dir := filepath.Join(d.dir, "inbox", f.place)
	w, err := os.Create(filepath.Join(dir, f.name))
	if err != nil {
		return err
	}
	half := len(f.content) / 2
	for _, part := range []string{f.content[:half], f.content[half:]} {
		if _, err := w.WriteString(part); err != nil {
			return errors.Join(err, w.Close())
		}
	}
	if err := w.Close(); err != nil || f.marker == "" {
		return err
	}
	return os.WriteFile(filepath.Join(dir, f.marker), []byte(f.markerText), 0o644)
}

// wait returns when every file that was dropped has settled or is held.
func (d *demo) wait(ctx context.Context) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		entries, err := d.engine.ledger.List(ctx, ledger.Filter{Unsettled: true})
		if err != nil {
			return err
		}
		open := 0
		for _, f := range d.files {
			if _, err := os.Stat(filepath.Join(d.place(f), f.name)); err == nil {
				open++
			}
		}
		for _, e := range entries {
			if e.State != ledger.Settled && e.State != ledger.Held {
				open++
			}
		}
		if open == 0 {
			return nil
		}
		select {
		case <-tick.C:
		case err := <-d.ended:
			d.ended <- err
			return errors.Join(errors.New("the engine stopped"), err)
		case <-ctx.Done():
			return fmt.Errorf("%d files are not settled in time: see %s: %w", open, filepath.Join(d.dir, "etl.log"), ctx.Err())
		}
	}
}

// place is the directory of this machine that is the inbox of a file.
func (d *demo) place(f demoFile) string {
	if f.place == "partner" {
		return filepath.Join(d.dir, "partner", "uren")
	}
	return filepath.Join(d.dir, "inbox", f.place)
}

func (d *demo) write(r demoReport) error {
	var b bytes.Buffer
	if err := printJSON(&b, true, r); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(d.dir, "report.json"), b.Bytes(), 0o644); err != nil {
		return err
	}
	return d.print(r, r.write)
}
