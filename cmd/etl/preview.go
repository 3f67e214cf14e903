package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"loket-etl/config"
	"loket-etl/ledger"
	"loket-etl/pipelines"
	"loket-etl/pipelines/preview"
)

// mostPeriods is how far a preview looks back at most: a year of weeks.
const mostPeriods = 53

// previewFlags are those of etl preview beside the ones about a file.
type previewFlags struct {
	fileFlags
	html    string
	periods int
	show    int
}

func (a *app) previewCommand() *cobra.Command {
	var flags previewFlags
	c := &cobra.Command{
		Use: "preview FILE|ID", Short: "Say what a file would change in Loket, and what is strange about it", Args: cobra.ExactArgs(1),
		Long: `Reads, checks and maps a file as if it were dropped, reads Loket, and says per
employee what stands there now, what will stand after, and how that compares with
earlier periods. What is strange comes first: values that are 10 or 100 times the
usual, minutes read as hours, people who are missing or out of service, a cost
centre without anybody, everybody the same, a file that came before.
Nothing is sent and nothing is kept. A whole number is a file that waits in the
ledger, by its number in etl list; a file of that name is ./12.

Ends with 3 when the file would be refused, or a part of it, and with 4 when it
would be held for a person. Strange is not refused.`,
		Example: "  etl preview uren_5555_oktober.csv --pipeline urenregistratie --html voorbeeld.html",
		RunE: a.do(func(ctx context.Context, args []string) error {
			if flags.periods < 0 || flags.periods > mostPeriods {
				return exitWith(exitUsage, fmt.Errorf("--periods is 0 to %d", mostPeriods))
			}
			return a.preview(ctx, args[0], flags)
		}),
	}
	flags.add(c)
	c.Flags().StringVar(&flags.html, "html", "", "write a page for people to this `file`")
	c.Flags().IntVar(&flags.periods, "periods", 3, "compare with this `number` of earlier periods")
	c.Flags().IntVar(&flags.show, "show", 20, "show at most this `number` of employees; --json has all")
	return c
}

func (a *app) preview(ctx context.Context, arg string, flags previewFlags) error {
	c, err := a.loadConfig()
	if err != nil {
		return err
	}
	plans, err := loadPlans(c.Files)
	if err != nil {
		return err
	}
	var p preview.Preview
	if id, err2 := strconv.ParseInt(arg, 10, 64); err2 == nil && id > 0 {
		p, err = a.previewEntry(ctx, c, plans, ledger.ID(id), flags)
	} else {
		p, err = a.previewFile(ctx, c, plans, arg, flags)
	}
	if errors.Is(err, preview.ErrTooMuch) {
		return hint(err, "etl check shows the calls of a file of any size")
	}
	if err != nil {
		return err
	}
	if flags.html != "" {
		if err := writePage(flags.html, p); err != nil {
			return err
		}
	}
	if err := a.print(p, func(w io.Writer) error { return writePreview(w, p, flags.show) }); err != nil {
		return err
	}
	return outcomeExit(ledger.Outcome(p.Outcome))
}

func (a *app) previewFile(ctx context.Context, c *config.Config, plans pipelines.Plans, path string, flags previewFlags) (p preview.Preview, err error) {
	if err := flags.check(c, plans, path); err != nil {
		return p, err
	}
	open, size, done, err := a.source(path)
	if err != nil {
		return p, err
	}
	defer done()
	if most := int64(c.Limits.FileSize); most > 0 && size > most {
		return p, fmt.Errorf("%s is %d bytes and the limit is %d: %w", path, size, most, preview.ErrTooMuch)
	}
	err = a.withPreviewer(ctx, c, plans, false, func(r *pipelines.Runner) error {
		p, err = r.Preview(ctx, pipelines.Dry{Pipeline: flags.pipeline, Inbox: flags.inbox, Name: flags.name, Open: open}, flags.periods)
		if err != nil && !errors.Is(err, preview.ErrTooMuch) {
			err = hint(err, "etl doctor tries the connection")
		}
		return err
	})
	return p, err
}

func (a *app) previewEntry(ctx context.Context, c *config.Config, plans pipelines.Plans, id ledger.ID, flags previewFlags) (p preview.Preview, err error) {
	err = a.withPreviewer(ctx, c, plans, true, func(r *pipelines.Runner) error {
		p, err = r.PreviewEntry(ctx, id, flags.periods)
		return explainLedger(err, id)
	})
	return p, err
}

// withPreviewer is a runner with Loket and, when there is one already or it is
// needed, the ledger.
func (a *app) withPreviewer(ctx context.Context, c *config.Config, plans pipelines.Plans, needed bool, f func(*pipelines.Runner) error) (err error) {
	bound, err := bindings(c)
	if err != nil {
		return err
	}
	o := pipelines.Options{
		Bindings: bound, Now: a.now, Log: zerolog.Nop(),
		Limits: pipelines.Limits{Problems: c.Limits.Problems, CallBytes: int(c.Limits.CallBytes)},
	}
	if needed || ledgerExists(c) {
		if o.Ledger, err = a.openLedger(ctx, c); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, o.Ledger.Close()) }()
	}
	client, closeLoket, err := a.openLoket(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeLoket()) }()
	o.Loket = client
	return f(pipelines.NewRunner(o, plans))
}

// ledgerExists reports whether there is a ledger to compare with: looking must not
// make one.
func ledgerExists(c *config.Config) bool {
	if c.Database.Postgres.IsSet() {
		return true
	}
	_, err := os.Stat(c.Database.SQLite)
	return !errors.Is(err, fs.ErrNotExist)
}

// shownFindings is how many findings of one code a terminal shows.
const shownFindings = 5

func writePreview(w io.Writer, p preview.Preview, show int) error {
	fmt.Fprintf(w, "%s %s\n", printable(p.File), verdicts[ledger.Outcome(p.Outcome)])
	fmt.Fprintf(w, "pipeline %s, mapping %s\n", p.Pipeline, p.Mapping)
	if p.Reason != "" {
		fmt.Fprintln(w, printable(p.Reason))
	}
	if p.Approval {
		fmt.Fprintln(w, "it waits for approval before anything is sent")
	}
	fmt.Fprintf(w, "rows %d: accepted %d, refused %d, passed over %d\n", p.Rows, p.Accepted, p.Refused, p.Skipped)
	fmt.Fprintf(w, "standing %s\n", p.Standing)
	writeStrange(w, p.Strange)
	for _, part := range []func(io.Writer, preview.Preview, int) error{writeTotals, writeEmployees, writeLeave, writeRecords} {
		if err := part(w, p, max(show, 0)); err != nil {
			return err
		}
	}
	if err := writeNotes(w, p.Notes); err != nil {
		return err
	}
	return writeProblems(w, p.Problems, p.More)
}

func writeStrange(w io.Writer, all []preview.Finding) {
	if len(all) == 0 {
		fmt.Fprintln(w, "\nnothing strange")
		return
	}
	fmt.Fprintf(w, "\nstrange (%d):\n", len(all))
	seen := map[string]int{}
	for i, f := range all {
		if seen[f.Code]++; seen[f.Code] <= shownFindings {
			fmt.Fprintf(w, "  %s: %s\n", f.Code, printable(f.Message))
		}
		if last := i == len(all)-1 || all[i+1].Code != f.Code; last && seen[f.Code] > shownFindings {
			fmt.Fprintf(w, "  %s: and %d more; --json and --html have all\n", f.Code, seen[f.Code]-shownFindings)
		}
	}
}

// earlier is what somebody had before in one cell; in brackets of the component as
// a whole, where this very line is new.
func earlier(l preview.Line) string {
	if l.Whole != nil {
		return "(" + back(l.Whole) + ")"
	}
	return back(l.Earlier)
}

// back is earlier amounts in one cell, the latest first.
func back(all []preview.Amount) string {
	var parts []string
	for _, a := range all {
		parts = append(parts, a.String())
	}
	return strings.Join(parts, "  ")
}

func kind(hours bool) string {
	if hours {
		return "hours"
	}
	return "euros"
}

func writeTotals(w io.Writer, p preview.Preview, _ int) error {
	var rows [][]string
	for _, t := range p.Totals {
		rows = append(rows, []string{
			strconv.Itoa(t.Clientnummer), t.Period.String(), strconv.Itoa(t.Component), kind(t.Hours), strconv.Itoa(t.Employees),
			t.Now.String(), t.After.String(), preview.Of(t.After.Value - t.Now.Value).String(), back(t.Earlier),
		})
	}
	if len(rows) > 0 {
		fmt.Fprintln(w, "\ntotals, with everybody of the employer:")
	}
	return table(w, []string{"  CLIENT", "PERIOD", "COMPONENT", "IN", "EMPLOYEES", "NOW", "AFTER", "DIFFERENCE", "EARLIER"}, indented(rows))
}

// lean leaves out the columns in which nothing stands.
func lean(header []string, rows [][]string) ([]string, [][]string) {
	for c := len(header) - 1; c >= 0; c-- {
		if slices.ContainsFunc(rows, func(row []string) bool { return row[c] != "" }) {
			continue
		}
		header = slices.Delete(header, c, c+1)
		for i := range rows {
			rows[i] = slices.Delete(rows[i], c, c+1)
		}
	}
	return header, rows
}

// indented moves a table in.
func indented(rows [][]string) [][]string {
	for _, row := range rows {
		row[0] = "  " + row[0]
	}
	return rows
}

func writeEmployees(w io.Writer, p preview.Preview, show int) error {
	var rows [][]string
	shown := p.Employees[:min(show, len(p.Employees))]
	title, one := "\nper employee, the strange ones (!) first", len(shown) > 0
	for _, e := range shown {
		one = one && e.Clientnummer == shown[0].Clientnummer && e.Period == shown[0].Period
	}
	for _, e := range shown {
		mark, client, period := "", strconv.Itoa(e.Clientnummer), e.Period.String()
		if one { // the title says it
			client, period = "", ""
		}
		if e.Strange > 0 {
			mark = "!"
		}
		for _, l := range e.Lines {
			more := ""
			if !l.InFile {
				more = "not in the file, stays"
			}
			rows = append(rows, []string{
				mark + strconv.Itoa(e.Number), client, period, strconv.Itoa(l.Component), l.Kostenplaats,
				kind(l.Hours), l.Now.String(), l.After.String(), preview.Of(l.Difference()).String(), earlier(l), more,
			})
		}
	}
	if one {
		title += fmt.Sprintf(", client %d, period %s", shown[0].Clientnummer, shown[0].Period)
	}
	if len(rows) > 0 {
		fmt.Fprintln(w, title+":")
	}
	header, rows := lean([]string{"  EMPLOYEE", "CLIENT", "PERIOD", "COMPONENT", "KOSTENPLAATS", "IN", "NOW", "AFTER", "DIFFERENCE", "EARLIER", "MORE"}, indented(rows))
	err := table(w, header, rows)
	if n := len(p.Employees) - show; n > 0 && err == nil {
		_, err = fmt.Fprintf(w, "  and %s more; --show and --json show them\n", count(n, "employee"))
	}
	return err
}

func writeLeave(w io.Writer, p preview.Preview, show int) error {
	var rows [][]string
	for _, l := range p.Leave[:min(show, len(p.Leave))] {
		rows = append(rows, []string{
			strconv.Itoa(l.Employee), strconv.Itoa(l.WerkgeverID), strconv.Itoa(l.Year), strconv.Itoa(l.Soort), strconv.Itoa(l.Lines), l.Now.String(), l.After.String(),
		})
	}
	if len(rows) > 0 {
		fmt.Fprintln(w, "\nleave, added less taken in the year:")
	}
	err := table(w, []string{"  EMPLOYEE", "WERKGEVER", "YEAR", "SOORT", "LINES", "NOW", "AFTER"}, indented(rows))
	if n := len(p.Leave) - show; n > 0 && err == nil {
		_, err = fmt.Fprintf(w, "  and %d more; --show and --json show them\n", n)
	}
	return err
}

func writeRecords(w io.Writer, p preview.Preview, show int) error {
	for _, r := range p.Records[:min(show, len(p.Records))] {
		fmt.Fprintf(w, "\n%s\n", printable(r.Subject))
		if len(r.Fields) == 0 {
			fmt.Fprintln(w, "  stands in Loket as it is in the file, or has no fields to compare")
		}
		var rows [][]string
		for _, f := range r.Fields {
			rows = append(rows, []string{f.Name, f.Now, f.After})
		}
		if err := table(w, []string{"  FIELD", "NOW", "AFTER"}, indented(rows)); err != nil {
			return err
		}
	}
	if n := len(p.Records) - show; n > 0 {
		fmt.Fprintf(w, "\nand %d more; --show and --json show them\n", n)
	}
	return nil
}

// writePage writes the page, readable for its owner only: it says what people earn.
func writePage(name string, p preview.Preview) error {
	data, err := p.HTML()
	if err != nil {
		return err
	}
	if err := os.WriteFile(name, data, 0o600); err != nil {
		return fmt.Errorf("write the page: %w", err)
	}
	return nil
}
