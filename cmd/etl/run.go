package main

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/rs/zerolog"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"loket-etl/config"
	"loket-etl/pipelines"
)

func (a *app) runCommand() *cobra.Command {
	return &cobra.Command{
		Use: "run", Short: "Watch the inboxes and work until stopped", Args: cobra.NoArgs,
		Long: `Watches every inbox of the configuration and takes each complete file through its
pipeline. Control-C or SIGTERM stops it: no new work is taken, a call that is out
is finished and recorded. Mappings and pipelines of your own are read again when
they change; a change that does not pass its checks is logged and the old ones
stay in force.`,
		RunE: a.do(func(ctx context.Context, _ []string) error { return a.daemon(ctx) }),
	}
}

func (a *app) daemon(ctx context.Context) (err error) {
	c, err := a.loadConfig()
	if err != nil {
		return err
	}
	log, err := newLogger(c.Log, a.stderr, a.terminal)
	if err != nil {
		return err
	}
	reg := prometheus.NewRegistry()
	reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	e, err := a.openEngine(ctx, c, log, reg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	reg.MustRegister(ledgerMetrics{stats: e.ledger.Stats, now: a.now})
	g, ctx := errgroup.WithContext(ctx)
	if c.Listen != "off" {
		l, err := listen(ctx, c.Listen)
		if err != nil {
			return err
		}
		log.Info().Str("address", l.Addr().String()).Msg("metrics and health")
		g.Go(func() error { return observe(ctx, l, reg, e.ready) })
	}
	g.Go(func() error { return e.run(ctx) })
	g.Go(func() error { return e.reload(ctx, c, a.configPath, log) })
	g.Go(func() error { return e.sweep(ctx, c.Limits.Retention, log) })
	if t := a.teller(c, e.ledger.Alerts()); t != nil {
		g.Go(func() error {
			tick := time.NewTicker(alertEvery)
			defer tick.Stop()
			return watchAlerts(ctx, t, e.ledger, tick.C, log)
		})
	}
	if len(c.Pipelines)+len(c.Exports) == 0 {
		log.Warn().Msg(nothingOn + "; " + nothingHint)
	}
	log.Info().Int("inboxes", len(c.Inboxes)).Int("pipelines", len(c.Pipelines)).Int("workers", c.Workers).Msg("running")
	err = g.Wait()
	log.Info().Msg("stopped")
	return err
}

// ready says whether the engine can do its work: the ledger answers. Loket being
// away is no reason to stop traffic to this program: files wait.
func (e *engine) ready(ctx context.Context) error { return e.ledger.Ping(ctx) }

// reloadEvery is how often the operator's files are looked at.
const reloadEvery = 2 * time.Second

// reload puts changed pipelines, mappings, books and tables of IBANs in force, until
// ctx ends.
func (e *engine) reload(ctx context.Context, c *config.Config, file string, log zerolog.Logger) error {
	if c.Files.Pipelines == "" && c.Files.Mappings == "" && len(c.Exports) == 0 {
		return nil
	}
	tick := time.NewTicker(reloadEvery)
	defer tick.Stop()
	r := reloader{e: e, c: c, file: file, log: log, tables: tablesOf(e.Exports)}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		r.look(ctx)
	}
}

// reloader puts changed pipelines and mappings in force, all of them or none: only
// when they load and the configuration can do with them.
type reloader struct {
	e    *engine
	c    *config.Config
	file string // of the configuration
	log  zerolog.Logger
	told string // what is wrong, as it was logged

	tables     pipelines.Tables // in force
	tablesTold string           // what is wrong with those that are not
}

func (r *reloader) look(ctx context.Context) {
	r.lookAtTables()
	plans, err := loadPlans(r.c.Files)
	if err == nil {
		err = r.c.Fits(r.file, knownOf(plans))
	}
	if err == nil {
		err = r.unseen(ctx, plans)
	}
	switch {
	case err != nil && err.Error() != r.told:
		r.told = err.Error()
		r.log.Error().Err(err).Msg("changed mappings or pipelines are wrong; the old ones stay in force")
	case err != nil:
	case pipelines.Changed(r.e.Plans(), plans):
		r.e.Use(plans)
		r.told = ""
		r.log.Info().Msg("changed mappings and pipelines are in force")
	default:
		r.told = ""
	}
}

// lookAtTables puts changed books and IBANs in force, all of them or none.
func (r *reloader) lookAtTables() {
	all, err := exportings(r.c)
	if err != nil {
		if err.Error() != r.tablesTold {
			r.log.Error().Err(err).Msg("changed books or IBANs are wrong; the old ones stay in force")
		}
		r.tablesTold = err.Error()
		return
	}
	r.tablesTold = ""
	if t := tablesOf(all); !reflect.DeepEqual(t, r.tables) {
		r.tables = t
		r.e.UseTables(t)
		r.log.Info().Msg("changed books or IBANs are in force")
	}
}

// unseen is the error of plans with a changed mapping that nobody replayed, where the
// configuration wants that.
func (r *reloader) unseen(ctx context.Context, plans pipelines.Plans) error {
	for _, on := range r.c.Pipelines {
		p, ok := plans.Pipelines[on.Use]
		if !ok {
			continue
		}
		m, ok := plans.Mappings.Get(p.Mapping)
		if !ok {
			continue
		}
		why, err := r.e.Unseen(ctx, p, m)
		if err != nil {
			return err
		}
		if why != "" {
			return fmt.Errorf("mapping %s@%s of pipeline %s was changed and not replayed: etl mapping replay %s --accept", m.Name(), m.Version(), p.Name, m.Name())
		}
	}
	return nil
}

// sweepEvery is how often bytes that are past their retention are purged.
const sweepEvery = time.Hour

func (e *engine) sweep(ctx context.Context, retention time.Duration, log zerolog.Logger) error {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		swept, err := e.ledger.Sweep(ctx, retention)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			log.Error().Err(err).Msg("the ledger cannot be swept; trying again in an hour")
		case swept.Entries+swept.Contents > 0:
			log.Info().Int("entries", swept.Entries).Int("contents", swept.Contents).Msg("swept the ledger")
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
