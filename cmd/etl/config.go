package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/spf13/cobra"

	"loket-etl/config"
	"loket-etl/loket/contract"
)

func (a *app) configCommand() *cobra.Command {
	return a.group("config", "Look at the configuration", &cobra.Command{
		Use: "check", Short: "Check the configuration file and show what is on", Args: cobra.NoArgs,
		Long: `Reads the configuration as "etl run" does, and reports every mistake with file,
line and column. Nothing is connected to; "etl doctor" does that.`,
		RunE: a.do(a.configCheck),
	})
}

// loadConfig reads the configuration with all that it may name. Warnings go to
// standard error.
func (a *app) loadConfig() (*config.Config, error) {
	c, warnings, err := a.readConfig()
	a.warn(warnings)
	if err != nil {
		return nil, err
	}
	return c, nil
}

func (a *app) readConfig() (*config.Config, config.Problems, error) {
	var services []string
	for _, s := range contract.Services() {
		services = append(services, s.Name)
	}
	c, warnings, err := config.Load(a.configPath, config.Options{Getenv: a.getenv, Pipelines: pipelineNames, Services: services})
	if errors.Is(err, fs.ErrNotExist) && c == nil {
		err = hint(err, "give its path with --config; config/examples holds examples to start from")
	}
	return c, warnings, err
}

type configReport struct {
	File      string          `json:"file"`
	OK        bool            `json:"ok"`
	Problems  config.Problems `json:"problems"`
	Warnings  config.Problems `json:"warnings"`
	Errors    []string        `json:"errors"` // of the operator's pipelines and mappings
	Loket     string          `json:"loket,omitempty"`
	Database  string          `json:"database,omitempty"`
	Pipelines []boundPipeline `json:"pipelines"`
}

type boundPipeline struct {
	Use    string   `json:"use"`
	Inbox  string   `json:"inbox"`
	Place  string   `json:"place"`
	Files  []string `json:"files"`
	Policy string   `json:"policy,omitempty"`
}

func (a *app) configCheck(context.Context, []string) error {
	c, warnings, err := a.readConfig()
	report := configReport{
		File: a.configPath, OK: err == nil,
		Problems: config.Problems{}, Warnings: append(config.Problems{}, warnings...), Errors: []string{}, Pipelines: []boundPipeline{},
	}
	if err != nil {
		if !a.json {
			a.warn(warnings)
			return err
		}
		rest := err.Error()
		if errors.As(err, &report.Problems) {
			rest = strings.TrimPrefix(strings.TrimPrefix(rest, report.Problems.Error()), "\n")
		}
		for line := range strings.Lines(rest) {
			report.Errors = append(report.Errors, strings.TrimRight(line, "\n"))
		}
		if err := printJSON(a.stdout, true, report); err != nil {
			return err
		}
		return exitWith(exitFailed, errTold)
	}
	report.Loket = c.Loket.URL
	report.Database = "sqlite " + c.Database.SQLite
	if c.Database.Postgres.IsSet() {
		report.Database = "postgres"
	}
	places := map[string]string{}
	for _, in := range c.Inboxes {
		places[in.Name] = in.Place.String()
	}
	for _, p := range c.Pipelines {
		report.Pipelines = append(report.Pipelines, boundPipeline{p.Use, p.Inbox, places[p.Inbox], append([]string{}, p.Files...), p.Policy})
	}
	if !a.json {
		a.warn(warnings)
	}
	return a.print(report, func(w io.Writer) error { return report.write(w) })
}

func (r configReport) write(w io.Writer) error {
	fmt.Fprintf(w, "%s is in order\n\nloket     %s\ndatabase  %s\n\n", r.File, r.Loket, r.Database)
	if len(r.Pipelines) == 0 {
		_, err := fmt.Fprintln(w, "no pipeline is on: bind one to an inbox under pipelines")
		return err
	}
	var rows [][]string
	for _, p := range r.Pipelines {
		files := strings.Join(p.Files, " ")
		if files == "" {
			files = "every name"
		}
		rows = append(rows, []string{p.Use, p.Inbox, files, p.Place})
	}
	return table(w, []string{"PIPELINE", "INBOX", "FILES", "PLACE"}, rows)
}
