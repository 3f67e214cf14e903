package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"loket-etl/config"
	"loket-etl/formats"
	"loket-etl/ledger"
	"loket-etl/mappings"
	"loket-etl/pipelines"
)

// replayFlags are those of etl mapping replay.
type replayFlags struct {
	since, with string
	show        int
	accept      bool
	reason, who string
}

func (a *app) mappingReplayCommand() *cobra.Command {
	var flags replayFlags
	c := &cobra.Command{
		Use: "replay NAME", Short: "Say what a changed mapping would have made of the files of before", Args: cobra.ExactArgs(1),
		Long: `Reads the files that are still kept (limits.retention) of the pipelines that use a
mapping, with the mapping as it stands on disk now, and compares what comes out
with the calls that were planned for them then: per employee what would have been
different, and which files would be refused now, or no longer. Nothing is kept and
nothing is sent.

With --with another file is tried, one of the same name in another folder, with its
tables beside it: so a change is looked at before it is in force.

Loket is asked who its people are today, so that somebody who left since may be
the difference. Duplicates are left out.

With files.replay required in etl.yaml, files wait until somebody took the changed
mapping: look at the differences, then do it again with --accept and --reason. Until
then a running etl keeps the mapping it had.

Ends with 4 when anything would have been different, unless it is accepted.`,
		Example: "  etl mapping replay kloklijst --with nieuw/kloklijst.yaml --since 2026-09-01",
		RunE: a.do(func(ctx context.Context, args []string) error {
			return a.replayMapping(ctx, args[0], flags)
		}),
	}
	c.Flags().StringVar(&flags.since, "since", "", "only files that came in on this `day` or later, such as 2026-09-01")
	c.Flags().StringVar(&flags.with, "with", "", "the changed mapping: a `file` that is not in force")
	c.Flags().BoolVar(&flags.accept, "accept", false, "take this version of the mapping, whatever it makes different")
	c.Flags().StringVar(&flags.reason, "reason", "", "with --accept, why: a `text`")
	c.Flags().StringVar(&flags.who, "who", me(), "with --accept, who decides: a `name`")
	c.Flags().IntVar(&flags.show, "values", 20, "show at most this `number` of differences per file; --json has all")
	return c
}

type replayReport struct {
	Mapping   string       `json:"mapping"` // name@version
	Files     int          `json:"files"`
	Different int          `json:"different"`
	Purged    int          `json:"purged"`
	Accepted  bool         `json:"accepted"` // now, by --accept
	Replayed  []replayFile `json:"replayed"` // those that would have been different
	show      int
}

type replayFile struct {
	Entry       ledger.ID         `json:"entry"`
	Name        string            `json:"name"`
	Received    string            `json:"received"`
	Pipeline    string            `json:"pipeline"`
	Then        string            `json:"then"`              // name@version
	Refused     string            `json:"refused,omitempty"` // "now", or "then" and no longer
	Differences []replayChange    `json:"differences"`
	New         []formats.Problem `json:"new_problems"`
	Gone        []formats.Problem `json:"gone_problems"`
}

type replayChange struct {
	Employee string `json:"employee"` // "5555/1", what the call is about, or "(all)"
	What     string `json:"what"`
	Before   string `json:"before,omitempty"`
	After    string `json:"after,omitempty"`
}

func (a *app) replayMapping(ctx context.Context, name string, flags replayFlags) (err error) {
	c, err := a.loadConfig()
	if err != nil {
		return err
	}
	if flags.accept && flags.reason == "" {
		return exitWith(exitUsage, errors.New("--accept wants a --reason"))
	}
	since, err := sinceDay(flags.since)
	if err != nil {
		return err
	}
	plans, err := loadPlans(c.Files)
	if err != nil {
		return err
	}
	m, ok := plans.Mappings.Get(name)
	if !ok {
		return exitWith(exitUsage, hint(fmt.Errorf("there is no mapping %q", name), "etl mappings lists what there is"))
	}
	if flags.with != "" {
		if m, err = candidate(name, flags.with); err != nil {
			return err
		}
	}
	l, err := a.openLedger(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	report := replayReport{Mapping: m.Name() + "@" + m.Version(), Replayed: []replayFile{}, show: flags.show}
	if err := a.replay(ctx, c, plans, l, m, since, &report); err != nil {
		return err
	}
	if flags.accept {
		if err := l.AcceptMapping(ctx, report.Mapping, flags.who, flags.reason); err != nil {
			return err
		}
		report.Accepted = true
	}
	if err := a.print(report, report.write); err != nil {
		return err
	}
	if report.Different > 0 && !report.Accepted {
		return exitWith(exitHeld, errTold)
	}
	return nil
}

func (a *app) replay(ctx context.Context, c *config.Config, plans pipelines.Plans, l *ledger.Ledger, m *mappings.Mapping, since time.Time, report *replayReport) (err error) {
	client, closeLoket, err := a.openLoket(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeLoket()) }()
	bound, err := bindings(c)
	if err != nil {
		return err
	}
	r := pipelines.NewRunner(pipelines.Options{
		Ledger: l, Loket: client, Bindings: bound, Now: a.now, Log: zerolog.Nop(),
		Limits: pipelines.Limits{Problems: c.Limits.Problems, CallBytes: int(c.Limits.CallBytes)},
	}, plans)
	total, err := r.Replay(ctx, m, since, func(f pipelines.ReplayedFile) error {
		if !f.Same() {
			report.Replayed = append(report.Replayed, newReplayFile(f))
		}
		return ctx.Err()
	})
	report.Files, report.Different, report.Purged = total.Files, total.Different, total.Purged
	return err
}

// sinceDay reads the day of --since; "" is the beginning of time.
func sinceDay(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	at, err := time.ParseInLocation("2006-01-02", text, time.Local)
	if err != nil {
		return at, exitWith(exitUsage, fmt.Errorf("--since: %q is no day; write one such as 2026-09-01", text))
	}
	return at, nil
}

// candidate is a mapping that is not in force.
func candidate(name, file string) (*mappings.Mapping, error) {
	m, err := mappings.LoadFile(os.DirFS(filepath.Dir(file)), filepath.Base(file))
	if err != nil {
		return nil, fmt.Errorf("load %s: %w", file, err)
	}
	if m.Name() != name {
		return nil, exitWith(exitUsage, hint(fmt.Errorf("%s is mapping %s, not %s", file, m.Name(), name), "give the file the name of the mapping, in a folder of its own"))
	}
	return m, nil
}

func newReplayFile(f pipelines.ReplayedFile) replayFile {
	out := replayFile{
		Entry: f.Entry.ID, Name: f.Entry.Name, Received: f.Entry.Received.Local().Format("2006-01-02"), Pipeline: f.Entry.Pipeline, Then: f.Entry.Mapping,
		Differences: []replayChange{}, New: append([]formats.Problem{}, f.New...), Gone: append([]formats.Problem{}, f.Gone...),
	}
	switch {
	case f.Calls == 0 && f.Entry.Calls > 0:
		out.Refused = "now"
	case f.Calls > 0 && f.Entry.Calls == 0:
		out.Refused = "then"
	}
	for _, d := range f.Differences {
		out.Differences = append(out.Differences, newReplayChange(d))
	}
	return out
}

func newReplayChange(d mappings.Difference) replayChange {
	c := replayChange{Employee: d.About, Before: d.Before, After: d.After}
	var what []string
	for _, k := range d.Key {
		switch k.Name {
		case "clientnummer", "werkgever_id":
			if c.Employee == "" {
				c.Employee = k.Value
			}
		case "persnr_verl":
			c.Employee += "/" + k.Value
		case "persnr":
		case "period", "argument":
			what = append(what, k.Value)
		default:
			what = append(what, k.Name+" "+k.Value)
		}
	}
	if c.Employee == "" {
		c.Employee = "(all)"
	}
	c.What = strings.Join(what, ", ")
	return c
}

func (r replayReport) write(w io.Writer) error {
	fmt.Fprintf(w, "%s: %s looked at, %d would have been different\n", r.Mapping, count(r.Files, "file"), r.Different)
	if r.Purged > 0 {
		fmt.Fprintf(w, "%s could not be looked at: gone after the retention\n", count(r.Purged, "file"))
	}
	for _, f := range r.Replayed {
		if err := f.write(w, r.show); err != nil {
			return err
		}
	}
	if r.Accepted {
		fmt.Fprintf(w, "\n%s is accepted\n", r.Mapping)
	}
	return nil
}

func (f replayFile) write(w io.Writer, show int) error {
	verdict := ""
	switch f.Refused {
	case "now":
		verdict = ": would be refused now"
	case "then":
		verdict = ": was refused, would be accepted now"
	}
	fmt.Fprintf(w, "\nentry %d, %s of %s, pipeline %s, then %s%s\n", f.Entry, printable(f.Name), f.Received, f.Pipeline, f.Then, verdict)
	var rows [][]string
	for _, d := range f.Differences[:min(len(f.Differences), max(show, 0))] {
		rows = append(rows, []string{"  " + d.Employee, d.What, orDash(d.Before), orDash(d.After)})
	}
	if err := table(w, []string{"  EMPLOYEE", "WHAT", "THEN", "NOW"}, rows); err != nil {
		return err
	}
	if n := len(f.Differences) - len(rows); n > 0 {
		fmt.Fprintf(w, "  and %d more; --values %d or --json shows them\n", n, len(f.Differences))
	}
	for _, p := range f.New[:min(len(f.New), max(show, 0))] {
		fmt.Fprintf(w, "  new problem: %s\n", printable(p.String()))
	}
	for _, p := range f.Gone[:min(len(f.Gone), max(show, 0))] {
		fmt.Fprintf(w, "  no longer a problem: %s\n", printable(p.String()))
	}
	return nil
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
