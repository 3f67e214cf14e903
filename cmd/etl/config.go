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
func (a *app) loadConfig() (*config.Config, error) { return a.load(config.Options{}) }

// loadForLedger is loadConfig for who needs no more than the ledger, and perhaps
// has no other secrets than that of the database.
func (a *app) loadForLedger() (*config.Config, error) {
	return a.load(config.Options{LedgerOnly: true})
}

func (a *app) load(o config.Options) (*config.Config, error) {
	c, warnings, err := a.readConfig(o)
	a.warn(warnings)
	if err != nil {
		return nil, err
	}
	return c, nil
}

func (a *app) readConfig(o config.Options) (*config.Config, config.Problems, error) {
	o.Getenv, o.Pipelines = a.getenv, pipelineNames
	for _, s := range contract.Services() {
		o.Services = append(o.Services, s.Name)
	}
	c, warnings, err := config.Load(a.configPath, o)
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
	Exports   []boundExport   `json:"exports"`
}

type boundExport struct {
	Name      string `json:"name"`
	Use       string `json:"use"`
	Outbox    string `json:"outbox"`
	Place     string `json:"place"`
	From      string `json:"from"`
	Employers []int  `json:"employers"` // none: all
}

type boundPipeline struct {
	Use     string   `json:"use"`
	Inbox   string   `json:"inbox"`
	Place   string   `json:"place"`
	Files   []string `json:"files"`
	Policy  string   `json:"policy,omitempty"`
	LeftOut string   `json:"left_out,omitempty"`
}

func (a *app) configCheck(context.Context, []string) error {
	c, warnings, err := a.readConfig(config.Options{})
	if err == nil {
		_, err = bindings(c)
	}
	if err == nil && len(c.Pipelines)+len(c.Exports) == 0 {
		warnings = append(warnings, config.Problem{File: a.configPath, Message: nothingOn, Hint: nothingHint})
	}
	report := configReport{
		File: a.configPath, OK: err == nil,
		Problems: config.Problems{}, Warnings: append(config.Problems{}, warnings...), Errors: []string{}, Pipelines: []boundPipeline{}, Exports: []boundExport{},
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
		report.Pipelines = append(report.Pipelines, boundPipeline{p.Use, p.Inbox, places[p.Inbox], append([]string{}, p.Names()...), p.Policy, p.LeftOut})
	}
	for _, out := range c.Outboxes {
		places["outbox "+out.Name] = out.Place.String()
	}
	for _, x := range c.Exports {
		report.Exports = append(report.Exports, boundExport{x.Name, x.Use, x.Outbox, places["outbox "+x.Outbox], x.From, append([]int{}, x.Employers...)})
	}
	if !a.json {
		a.warn(warnings)
	}
	return a.print(report, func(w io.Writer) error { return report.write(w) })
}

// nothingOn is said of a configuration that does nothing by itself.
const (
	nothingOn   = "no pipeline and no export is on"
	nothingHint = "bind a pipeline to an inbox under pipelines, or an export to an outbox under exports"
)

func (r configReport) write(w io.Writer) error {
	fmt.Fprintf(w, "%s is in order\n\nloket     %s\ndatabase  %s\n\n", r.File, r.Loket, r.Database)
	if len(r.Pipelines)+len(r.Exports) == 0 {
		_, err := fmt.Fprintln(w, "no pipeline is on: bind one to an inbox under pipelines, or turn one on under exports")
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
	if err := table(w, []string{"PIPELINE", "INBOX", "FILES", "PLACE"}, rows); err != nil {
		return err
	}
	if len(rows) > 0 && len(r.Exports) > 0 {
		fmt.Fprintln(w)
	}
	rows = nil
	for _, x := range r.Exports {
		employers := strings.Trim(fmt.Sprint(x.Employers), "[]")
		if employers == "" {
			employers = "all"
		}
		rows = append(rows, []string{x.Name, x.Outbox, x.From, employers, x.Place})
	}
	return table(w, []string{"EXPORT", "OUTBOX", "FROM", "EMPLOYERS", "PLACE"}, rows)
}
