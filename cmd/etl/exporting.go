package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"loket-etl/config"
	"loket-etl/internal/folder"
	"loket-etl/payroll"
	"loket-etl/pipelines"
	"loket-etl/pipelines/schedule"
)

// openOutboxes opens every outbox. It does not look at the places yet. Close what
// it gives.
func (a *app) openOutboxes(c *config.Config) (folders, error) {
	all := folders{}
	for _, out := range c.Outboxes {
		f, err := folder.Open(a.folderSpec(out.Place))
		if err != nil {
			return nil, errors.Join(fmt.Errorf("open outbox %s: %w", out.Name, err), all.Close())
		}
		all[out.Name] = f
	}
	return all, nil
}

// exportings are the exports that the configuration turns on.
func exportings(c *config.Config) ([]pipelines.Exporting, error) {
	books, err := pipelines.LoadBooks(directory(c.Files.Books))
	if err != nil {
		return nil, fmt.Errorf("load books: %w", err)
	}
	var all []pipelines.Exporting
	for _, x := range c.Exports {
		year, number, _ := strings.Cut(x.From, "-") // checked by config
		from := payroll.Period{}
		from.Year, _ = strconv.Atoi(year)
		from.Number, _ = strconv.Atoi(number)
		e := pipelines.Exporting{
			Name: x.Name, Use: x.Use, Outbox: x.Outbox, Employers: x.Employers, From: from, Schedule: x.Schedule, BIC: x.BIC,
			Books: books, Moved: x.Collected,
		}
		if x.Weekly {
			e.LastNumber = 53
		}
		if x.IBANs != "" {
			if e.IBANs, err = readIBANs(x.IBANs); err != nil {
				return nil, fmt.Errorf("export %s: %w", x.Name, err)
			}
		}
		all = append(all, e)
	}
	return all, nil
}

// tablesOf are the books and IBANs of exports.
func tablesOf(all []pipelines.Exporting) pipelines.Tables {
	t := pipelines.Tables{IBANs: map[string]map[string]payroll.Payee{}}
	for _, x := range all {
		t.Books = x.Books // the same for all
		if x.IBANs != nil {
			t.IBANs[x.Name] = x.IBANs
		}
	}
	return t
}

// scheduled are the exports as the scheduler does them: a tick only lists.
func (e *engine) scheduled() ([]pipelines.Scheduled, error) {
	var all []pipelines.Scheduled
	for _, x := range e.Exports {
		export, ok := e.Plans().Exports[x.Use]
		if !ok {
			return nil, fmt.Errorf("there is no export %q", x.Use)
		}
		s, err := export.Scheduled(x)
		if err != nil {
			return nil, fmt.Errorf("export %s: %w", x.Name, err)
		}
		s.Do = func(ctx context.Context, _ time.Time) error {
			_, err := e.Expect(ctx, x.Name)
			return err
		}
		all = append(all, s)
	}
	return all, nil
}

// collectEvery is how often outboxes are looked at for what was collected.
const collectEvery = time.Minute

// collect notices what partners took, until ctx ends.
func (e *engine) collect(ctx context.Context, log zerolog.Logger) error {
	if len(e.Outboxes) == 0 {
		return nil
	}
	tick := time.NewTicker(collectEvery)
	defer tick.Stop()
	for {
		if err := e.Collect(ctx); err != nil && ctx.Err() == nil {
			log.Warn().Err(err).Msg("an outbox cannot be looked at; trying again in a minute")
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// localTime shows a moment as people in the Netherlands have it.
func localTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(schedule.Amsterdam).Format("Mon 02-01-2006 15:04:05")
}
