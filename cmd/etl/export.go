package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"loket-etl/config"
	"loket-etl/internal/folder"
	"loket-etl/ledger"
	"loket-etl/payroll"
	"loket-etl/pipelines"
)

func (a *app) exportCommand() *cobra.Command {
	var (
		run string
		dry bool
		dir string
	)
	c := &cobra.Command{
		Use: "export NAME", Short: "Export approved payroll now", Args: cobra.ExactArgs(1),
		Long: `Looks in Loket for what an export of the configuration has to do, as its schedule
does, and works on it: fetch, check, freeze, publish. What was exported before is
left alone; payments wait for their moment.

--dry-run makes the files of every run that the export is for, checks them and
says what would become of them. Nothing is kept and nothing is published; -o puts
the files in a directory to look at. Never hand those to a bank: only what is
published is guarded against being paid twice.

Ends with 3 when something may not be published, with 4 when something is held.`,
		Example: "  etl export sepa-betalingen --dry-run -o kijken\n  etl export journaal-exact",
		RunE: a.do(func(ctx context.Context, args []string) error {
			if dir != "" && !dry {
				return exitWith(exitUsage, errors.New("-o goes with --dry-run"))
			}
			cfg, err := a.loadConfig()
			if err != nil {
				return err
			}
			return a.withEngine(ctx, cfg, func(e *engine) error {
				if err := e.knows(args[0]); err != nil {
					return err
				}
				if dry {
					if err := notAnOutbox(cfg, dir); err != nil {
						return err
					}
					return a.previewExport(ctx, e, args[0], run, dir)
				}
				return a.export(ctx, e, args[0], run)
			})
		}),
	}
	c.Flags().StringVar(&run, "run", "", "only this `identity` of a run or return (etl loket runs)")
	c.Flags().BoolVar(&dry, "dry-run", false, "say what would be published, and publish nothing")
	c.Flags().StringVarP(&dir, "output", "o", "", "with --dry-run: a `directory` for the files")
	return c
}

// notAnOutbox refuses a directory where partners take files.
func notAnOutbox(c *config.Config, dir string) error {
	abs, err := filepath.Abs(dir)
	if err != nil || dir == "" {
		return err
	}
	for _, o := range c.Outboxes {
		if o.Place.Local != "" && (abs == o.Place.Local || strings.HasPrefix(abs, o.Place.Local+string(filepath.Separator))) {
			return exitWith(exitUsage, hint(fmt.Errorf("%s is outbox %s", dir, o.Name), "nothing guards these files against being paid twice: look at them elsewhere"))
		}
	}
	return nil
}

// knows says what exports are on when there is none of this name.
func (e *engine) knows(name string) error {
	on := ""
	for _, x := range e.Exports {
		if x.Name == name {
			return nil
		}
		on += " " + x.Name
	}
	if on == "" {
		return exitWith(exitUsage, hint(fmt.Errorf("there is no export %s", name), "no export is on; turn one on under exports in the configuration"))
	}
	return exitWith(exitUsage, hint(fmt.Errorf("there is no export %s", name), "these are on:"+on))
}

// export registers what there is to do and works on all entries of the export that
// can go on now.
func (a *app) export(ctx context.Context, e *engine, name, run string) error {
	if _, err := e.Expect(ctx, name); err != nil {
		return err
	}
	all, err := e.ledger.List(ctx, ledger.Filter{Pipeline: name, Exports: true, Limit: 10_000})
	if err != nil {
		return err
	}
	out := []exportJSON{}
	for _, entry := range all {
		if run != "" && entry.Run != run {
			continue
		}
		if entry.State != ledger.Settled && entry.State != ledger.Held {
			lease, err := e.ledger.TakeID(ctx, entry.ID, holder(), e.leaseTime())
			if err == nil {
				err = e.Carry(ctx, lease)
			}
			if err != nil && !errors.Is(err, ledger.ErrNothingDue) {
				return err
			}
		}
		j, err := newExportJSON(ctx, e.ledger, entry.ID)
		if err != nil {
			return err
		}
		out = append(out, j)
	}
	if run != "" && len(out) == 0 {
		return noRun(name, run)
	}
	if err := a.print(out, func(w io.Writer) error { return writeExports(w, out) }); err != nil {
		return err
	}
	return exportsExit(out)
}

// exportsExit is the exit code of what became of exports: something is held, or is
// tried again later. Who waits for his moment is in order.
func exportsExit(all []exportJSON) error {
	var err error
	for _, j := range all {
		switch {
		case j.State == ledger.Held:
			return exitWith(exitHeld, errTold)
		case j.State != ledger.Settled && j.Tries > 0:
			err = exitWith(exitFailed, errTold)
		}
	}
	return err
}

// printExport prints an export with its files; the error has the exit code.
func (a *app) printExport(ctx context.Context, l *ledger.Ledger, id ledger.ID) error {
	j, err := newExportJSON(ctx, l, id)
	if err != nil {
		return err
	}
	if err := a.print(j, func(w io.Writer) error { return writeExports(w, []exportJSON{j}) }); err != nil {
		return err
	}
	return outcomeExit(j.Outcome)
}

func noRun(name, run string) error {
	return exitWith(exitUsage, hint(fmt.Errorf("%s has nothing to export of run %s", name, run), "etl loket runs YEAR PERIOD lists them; the export is for periods from its from on, and for its employers"))
}

// exportJSON is an export entry with its files.
type exportJSON struct {
	entryJSON
	Files []outputJSON `json:"files"`
}

type outputJSON struct {
	No        int                `json:"no"`
	Kind      string             `json:"kind"`
	Format    string             `json:"format"`
	Outbox    string             `json:"outbox,omitempty"`
	Name      string             `json:"name"`
	SHA256    string             `json:"sha256"`
	Size      int64              `json:"size"`
	Count     int                `json:"count"`
	Amount    string             `json:"amount"`
	State     ledger.OutputState `json:"state,omitempty"`
	Deadline  time.Time          `json:"deadline,omitzero"`
	Published time.Time          `json:"published,omitzero"`
	Fate      string             `json:"fate,omitempty"`
	Fated     time.Time          `json:"fated,omitzero"`
	Who       string             `json:"who,omitempty"`
}

func newExportJSON(ctx context.Context, l *ledger.Ledger, id ledger.ID) (exportJSON, error) {
	entry, err := l.Get(ctx, id)
	if err != nil {
		return exportJSON{}, err
	}
	files, err := outputsOf(ctx, l, id)
	return exportJSON{newEntryJSON(entry), files}, err
}

func outputsOf(ctx context.Context, l *ledger.Ledger, id ledger.ID) ([]outputJSON, error) {
	all, err := l.Outputs(ctx, id)
	if err != nil {
		return nil, err
	}
	out := []outputJSON{}
	for _, o := range all {
		out = append(out, outputJSON{
			o.No, o.Kind, o.Format, o.Outbox, o.Name, o.SHA256, o.Size, o.Count, payroll.Cents(o.Amount).String(), o.State,
			o.Deadline, o.Published, o.Fate, o.Fated, o.Who,
		})
	}
	return out, nil
}

func writeExports(w io.Writer, all []exportJSON) error {
	if len(all) == 0 {
		_, err := fmt.Fprintln(w, "nothing to export")
		return err
	}
	for i, j := range all {
		if i > 0 {
			fmt.Fprintln(w)
		}
		fmt.Fprintf(w, "entry %d, %s: %s\n", j.ID, printable(j.Name), j.State)
		if j.Reason != "" {
			fmt.Fprintf(w, "  %s\n", printable(j.Reason))
		}
		if err := writeOutputs(w, j.Files); err != nil {
			return err
		}
	}
	return nil
}

func writeOutputs(w io.Writer, files []outputJSON) error {
	var rows [][]string
	for _, f := range files {
		state := string(f.State)
		if f.Fate != "" {
			state = f.Fate
		}
		rows = append(rows, []string{strconv.Itoa(f.No), f.Kind, f.Outbox, f.Name, strconv.FormatInt(f.Size, 10), strconv.Itoa(f.Count), f.Amount, state, localTime(f.Published), localTime(f.Deadline)})
	}
	return table(w, []string{"FILE", "KIND", "OUTBOX", "NAME", "BYTES", "COUNT", "AMOUNT", "STATE", "PUBLISHED", "DEADLINE"}, rows)
}

type previewJSON struct {
	Run      string        `json:"run"`
	About    string        `json:"about"`
	Refused  string        `json:"refused,omitempty"`
	Held     string        `json:"held,omitempty"`
	Files    []outputJSON  `json:"files"`
	Findings []findingJSON `json:"findings"`
}

type findingJSON struct {
	Code    string `json:"code"`
	Grave   bool   `json:"grave"`
	Message string `json:"message"`
	Repair  string `json:"repair,omitempty"`
}

func findings(all []payroll.Finding) []findingJSON {
	out := []findingJSON{}
	for _, f := range all {
		out = append(out, findingJSON{f.Code, f.Grave, f.Message, f.Repair})
	}
	return out
}

func (a *app) previewExport(ctx context.Context, e *engine, name, run, dir string) error {
	keep, err := keepIn(ctx, dir)
	if err != nil {
		return err
	}
	all, err := e.PreviewExport(ctx, name, run, keep)
	if err != nil {
		return err
	}
	if run != "" && len(all) == 0 {
		return noRun(name, run)
	}
	out, bad := []previewJSON{}, error(nil)
	for _, p := range all {
		j := previewJSON{p.Key, p.About, p.Refused, p.Held, []outputJSON{}, findings(p.Findings)}
		for i, f := range p.Files {
			j.Files = append(j.Files, outputJSON{No: i + 1, Kind: f.Kind, Format: f.Format, Name: f.Name, SHA256: f.SHA256, Size: f.Bytes, Count: f.Totals.Count, Amount: f.Totals.Amount.String()})
		}
		out = append(out, j)
		if p.Refused != "" {
			bad = exitWith(exitRefused, errTold)
		} else if p.Held != "" && bad == nil {
			bad = exitWith(exitHeld, errTold)
		}
	}
	return errors.Join(a.print(out, func(w io.Writer) error { return writePreviews(w, out) }), bad)
}

func writePreviews(w io.Writer, all []previewJSON) error {
	if len(all) == 0 {
		_, err := fmt.Fprintln(w, "nothing to export")
		return err
	}
	for i, p := range all {
		if i > 0 {
			fmt.Fprintln(w)
		}
		verdict := "would be published"
		switch {
		case p.Refused != "":
			verdict = "would not be published: " + p.Refused
		case p.Held != "":
			verdict = "would wait for a person: " + p.Held
		}
		fmt.Fprintf(w, "%s (run %s) %s\n", printable(p.About), printable(p.Run), printable(verdict))
		for _, f := range p.Findings {
			fmt.Fprintf(w, "  %s: %s\n", f.Code, printable(f.Message))
		}
		var rows [][]string
		for _, f := range p.Files {
			rows = append(rows, []string{f.Kind, f.Name, strconv.FormatInt(f.Size, 10), strconv.Itoa(f.Count), f.Amount})
		}
		if err := table(w, []string{"KIND", "NAME", "BYTES", "COUNT", "AMOUNT"}, rows); err != nil {
			return err
		}
	}
	return nil
}

// keepIn puts files of a preview in a directory, whole; "" keeps nothing.
func keepIn(ctx context.Context, dir string) (func(pipelines.PreviewFile, io.Reader) error, error) {
	if dir == "" {
		return nil, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	place, err := folder.NewLocal(filepath.Clean(dir))
	if err != nil {
		return nil, err
	}
	return func(f pipelines.PreviewFile, in io.Reader) error { return place.Put(ctx, f.Name, in) }, nil
}
