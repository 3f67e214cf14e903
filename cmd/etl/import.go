package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"loket-etl/config"
	"loket-etl/ledger"
	"loket-etl/pipelines"
)

func (a *app) importCommand() *cobra.Command {
	var (
		flags fileFlags
		force bool
	)
	c := &cobra.Command{
		Use: "import FILE", Short: "Bring one file to Loket now, and show its receipt", Args: cobra.ExactArgs(1),
		Long: `Takes a file in as if it were dropped in an inbox, works on it until it is
settled or a person must look, and prints the receipt. The file stays where it
is. With --inbox, receipt and a copy of the file go to done/ or failed/ there.
FILE may be - for standard input.

The same bytes a second time are refused as a duplicate; --force has them done
again, which with a mapping that adds up counts every hour double.

Interrupted, it goes on with "etl run" or "etl retry ID --work".`,
		Example: "  etl import uren_5555_oktober.csv --pipeline urenregistratie",
		RunE: a.do(func(ctx context.Context, args []string) error {
			return a.importFile(ctx, args[0], flags, force)
		}),
	}
	flags.add(c)
	c.Flags().BoolVar(&force, "force", false, "also when the same bytes came in before")
	return c
}

func (a *app) importFile(ctx context.Context, path string, flags fileFlags, force bool) error {
	c, err := a.loadConfig()
	if err != nil {
		return err
	}
	plans, err := loadPlans(c.Files)
	if err != nil {
		return err
	}
	if err := flags.check(c, plans, path); err != nil {
		return err
	}
	open, size, done, err := a.source(path)
	if err != nil {
		return err
	}
	defer done()
	return a.withEngine(ctx, c, func(e *engine) error {
		if err := canHandBack(ctx, e, c, flags.inbox); err != nil {
			return err
		}
		f, err := open()
		if err != nil {
			return err
		}
		bar := a.newProgress("taking in", size, true)
		defer bar.end()
		data := bar.reader(f)
		defer data.Close()
		id, isNew, err := e.ledger.Stage(ctx, ledger.Entry{Pipeline: flags.pipeline, Inbox: flags.inbox, Name: flags.name, Forced: force}, data)
		bar.end()
		if err != nil && !errors.Is(err, ledger.ErrTooBig) {
			return err
		}
		if isNew && force {
			if err := e.ledger.Retry(ctx, id, me(), "import --force"); err != nil { // the audit trail says who
				return err
			}
		}
		if !isNew {
			a.note("these bytes are here already, as entry %d", id)
		}
		return a.work(ctx, e, id)
	})
}

// canHandBack looks at the inbox that the receipt goes to, before anything is
// taken in: without it the file would be in Loket and never settled.
func canHandBack(ctx context.Context, e *engine, c *config.Config, inbox string) error {
	if inbox == "" {
		return nil
	}
	_, err := e.Inboxes[inbox].List(ctx)
	if errors.Is(err, fs.ErrNotExist) {
		i := slices.IndexFunc(c.Inboxes, func(in config.Inbox) bool { return in.Name == inbox })
		return hint(fmt.Errorf("inbox %s is not there: %s does not exist", inbox, c.Inboxes[i].Place), "make the directory, or leave --inbox out")
	}
	if err != nil {
		return hint(fmt.Errorf("look at inbox %s: %w", inbox, err), "etl doctor says what it tried")
	}
	return nil
}

// withEngine opens what the configuration names, for the time of f.
func (a *app) withEngine(ctx context.Context, c *config.Config, f func(e *engine) error) (err error) {
	e, err := a.openEngine(ctx, c, zerolog.Nop(), prometheus.NewRegistry())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	return f(e)
}

// note says something on standard error that is no result.
func (a *app) note(format string, args ...any) {
	if !a.json {
		fmt.Fprintf(a.stderr, "etl: %s\n", printable(fmt.Sprintf(format, args...)))
	}
}

// look is how often an entry that another process works on is looked at.
const look = 500 * time.Millisecond

// work takes an entry forward until it is settled or held, and prints its
// receipt.
func (a *app) work(ctx context.Context, e *engine, id ledger.ID) error {
	said := ""
	for {
		lease, err := e.ledger.TakeID(ctx, id, holder(), e.leaseTime())
		if err == nil {
			err = e.Carry(ctx, lease)
		}
		if err != nil && !errors.Is(err, ledger.ErrNothingDue) {
			return err
		}
		now, err := e.ledger.Get(ctx, id)
		if err != nil {
			return err
		}
		if now.State == ledger.Settled || now.State == ledger.Held {
			if now.Run != "" {
				return a.printExport(ctx, e.ledger, id)
			}
			return a.printReceipt(ctx, e.ledger, id)
		}
		if waitsForItsMoment(now, a.now()) {
			return a.printExport(ctx, e.ledger, id)
		}
		pause := look
		if wait := now.Due.Sub(a.now()); wait > 0 {
			pause = min(pause, wait)
			if now.Reason != said {
				said = now.Reason
				a.note("entry %d waits until %s: %s", id, now.Due.Local().Format(time.TimeOnly), said)
			}
		}
		select {
		case <-ctx.Done():
			a.note("entry %d is safe; etl run or etl retry %d --work goes on with it", id, id)
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

// leaseTime is how long a lease must last: longer than a call.
func (e *engine) leaseTime() time.Duration { return 2*e.CallTimeout + e.Grace }

// printReceipt prints the receipt of an entry; the error has the exit code that
// goes with the outcome.
func (a *app) printReceipt(ctx context.Context, l *ledger.Ledger, id ledger.ID) error {
	rec, err := pipelines.ReceiptOf(ctx, l, id)
	if err != nil {
		return err
	}
	if a.json {
		data, err := rec.JSON()
		if err != nil {
			return err
		}
		if _, err := a.stdout.Write(data); err != nil {
			return err
		}
	} else if err := writeReceipt(a.stdout, rec); err != nil {
		return err
	}
	return outcomeExit(ledger.Outcome(rec.Outcome))
}

// outcomeExit is the exit code of an outcome as an error, nil for success.
func outcomeExit(o ledger.Outcome) error {
	switch o {
	case ledger.Imported, ledger.Exported, ledger.Dismissed, "":
		return nil
	case ledger.HeldOutcome:
		return exitWith(exitHeld, errTold)
	}
	return exitWith(exitRefused, errTold)
}

func writeReceipt(w io.Writer, r pipelines.Receipt) error {
	fmt.Fprintf(w, "%s is %s (entry %d)\n", printable(r.File), outcomeText(r), r.Entry)
	if r.Reason != "" {
		fmt.Fprintf(w, "%s\n", printable(r.Reason))
	}
	fmt.Fprintf(w, "rows %d: accepted %d, refused %d\n", r.Rows, r.Accepted, r.Refused)
	if r.RefusedFile != "" {
		fmt.Fprintf(w, "the refused part is failed/%s: repair it and drop it again\n", printable(r.RefusedFile))
	}
	if len(r.Calls) > 0 {
		fmt.Fprintln(w)
	}
	var rows [][]string
	for i, c := range r.Calls {
		rows = append(rows, []string{fmt.Sprint(i + 1), c.Subject, fmt.Sprint(c.Rows), c.State, clock(c.Confirmed), cmp.Or(c.Import, c.Answer), c.Fault})
	}
	if err := table(w, []string{"CALL", "SUBJECT", "ROWS", "STATE", "CONFIRMED", "ANSWER", "FAULT"}, rows); err != nil {
		return err
	}
	if err := writeNotes(w, r.Notes); err != nil {
		return err
	}
	return writeProblems(w, r.Problems, r.More)
}

func outcomeText(r pipelines.Receipt) string {
	switch ledger.Outcome(r.Outcome) {
	case "":
		return "on its way"
	case ledger.Partly:
		return "imported in part"
	case ledger.Duplicate:
		return fmt.Sprintf("refused as a duplicate of entry %d", r.DuplicateOf)
	}
	return r.Outcome
}

// clock shows a time for people, in the zone of this machine.
func clock(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Local().Format(time.DateTime)
}
