package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"loket-etl/config"
	"loket-etl/inbox"
	"loket-etl/ledger"
	"loket-etl/loket"
	"loket-etl/pipelines"
)

// engine is a runner with the watchers and workers around it. Its goroutines
// live in run and nowhere else.
type engine struct {
	*pipelines.Runner
	scheduler *pipelines.Scheduler
	inboxes   map[string]inbox.Options
	workers   int
	loket     *loket.Client
	ledger    *ledger.Ledger
	close     []func() error // in the order of opening
}

// grace is how long Loket may still be busy with a call that got no answer.
const grace = 30 * time.Second

// resendWithin is how long after a lost call its values may be sent again when
// they prove to be absent.
const resendWithin = time.Hour

// openEngine opens everything the configuration names. Close it.
func (a *app) openEngine(ctx context.Context, c *config.Config, log zerolog.Logger, reg prometheus.Registerer) (*engine, error) {
	e := &engine{workers: c.Workers, inboxes: map[string]inbox.Options{}}
	plans, err := loadPlans(c.Files)
	if err != nil {
		return nil, err
	}
	if e.ledger, err = a.openLedger(ctx, c); err != nil {
		return nil, err
	}
	e.close = append(e.close, e.ledger.Close)
	client, closeLoket, err := a.openLoket(ctx, c)
	if err != nil {
		return nil, errors.Join(err, e.Close())
	}
	e.loket = client
	e.close = append(e.close, closeLoket)
	places, err := a.openInboxes(c)
	if err != nil {
		return nil, errors.Join(err, e.Close())
	}
	e.close = append(e.close, places.Close)
	outboxes, err := a.openOutboxes(c)
	if err != nil {
		return nil, errors.Join(err, e.Close())
	}
	e.close = append(e.close, outboxes.Close)
	bound, err := bindings(c)
	if err != nil {
		return nil, errors.Join(err, e.Close())
	}
	exports, err := exportings(c)
	if err != nil {
		return nil, errors.Join(err, e.Close())
	}
	for _, in := range c.Inboxes {
		e.inboxes[in.Name] = inbox.Options{
			Every: in.Every, Quiet: in.Quiet, Patterns: in.Files, RequireMarker: in.Marker == "required",
			Again: time.Minute, Now: a.now, Failed: failed(log, in.Name, a.now), Stats: inboxStats(reg, in.Name),
		}
	}
	e.Runner = pipelines.NewRunner(pipelines.Options{
		Ledger: e.ledger, Loket: client, Inboxes: places, Bindings: bound, Outboxes: outboxes, Exports: exports, Now: a.now, Log: log,
		Limits:  pipelines.Limits{Problems: c.Limits.Problems, CallBytes: int(c.Limits.CallBytes)},
		Metrics: pipelines.NewMetrics(reg), Holder: holder(),
		CallTimeout: c.Loket.Timeout, Grace: grace, ResendWithin: resendWithin, ReplayFirst: c.Files.Replay == "required",
		Remember: pipelines.Remember,
	}, plans)
	scheduled, err := e.scheduled()
	if err == nil {
		e.scheduler, err = pipelines.NewScheduler(pipelines.SchedulerOptions{Ledger: e.ledger, Holder: holder(), Now: a.now, Log: log}, scheduled...)
	}
	if err != nil {
		return nil, errors.Join(err, e.Close())
	}
	return e, nil
}

// Close closes what openEngine opened, the last first.
func (e *engine) Close() error {
	var errs []error
	for i := len(e.close) - 1; i >= 0; i-- {
		errs = append(errs, e.close[i]())
	}
	e.close = nil
	return errors.Join(errs...)
}

// run watches and works until ctx ends. Calls that are out then are finished
// and recorded first.
func (e *engine) run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	for name, o := range e.inboxes {
		g.Go(func() error {
			if err := e.Watch(ctx, name, o); err != nil && ctx.Err() == nil {
				return fmt.Errorf("watch inbox %s: %w", name, err)
			}
			return nil
		})
	}
	for range max(e.workers, 1) {
		g.Go(func() error { return e.Loop(ctx) })
	}
	g.Go(func() error { return e.scheduler.Loop(ctx) })
	g.Go(func() error { return e.collect(ctx, e.Log) })
	return g.Wait()
}

// bindings are the pipelines that the configuration turns on, with the keys that
// open what comes encrypted.
func bindings(c *config.Config) ([]pipelines.Binding, error) {
	all := bindingsAlone(c)
	for i := range all {
		var err error
		if all[i].Seal, err = sealOf(c, i); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// bindingsAlone are bindings for who opens no file, and needs no keys.
func bindingsAlone(c *config.Config) []pipelines.Binding {
	var all []pipelines.Binding
	for _, p := range c.Pipelines {
		all = append(all, pipelines.Binding{
			Pipeline: p.Use, Inbox: p.Inbox, Files: p.Files, Policy: pipelines.Policy(p.Policy),
			Approval: pipelines.Approval(p.Approval), LeftOut: pipelines.LeftOut(p.LeftOut), Clientnummer: p.Clientnummer,
		})
	}
	return all
}

// holder names this process in leases.
func holder() string { return hostname() + ":" + strconv.Itoa(os.Getpid()) }

func hostname() string {
	host, err := os.Hostname()
	if err != nil {
		return "localhost"
	}
	return host
}

// inboxStats are the counters of an inbox, shown as metrics.
func inboxStats(reg prometheus.Registerer, name string) *inbox.Stats {
	s := &inbox.Stats{}
	gauge := func(metric, help string, value func() int64) {
		reg.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "etl_inbox_" + metric, Help: help, ConstLabels: prometheus.Labels{"inbox": name},
		}, func() float64 { return float64(value()) }))
	}
	gauge("files", "Files that lie in the inbox.", s.Files.Load)
	gauge("waiting", "Files that are not complete yet.", s.Waiting.Load)
	gauge("scans", "Full scans that succeeded.", s.Scans.Load)
	gauge("scan_failures", "Full scans that failed.", s.Failures.Load)
	gauge("last_scan_seconds", "Unix time of the last full scan that succeeded.", s.LastScan.Load)
	gauge("found_by_scan", "Files first found by a scan.", s.ByScan.Load)
	gauge("found_by_event", "Files first found by an event.", s.ByEvent.Load)
	gauge("overflows", "Times the system lost events; each was followed by a full scan.", s.Overflows.Load)
	return s
}
