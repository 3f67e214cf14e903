package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"loket-etl/ledger"
	"loket-etl/pipelines"
)

func (a *app) showCommand() *cobra.Command {
	var (
		receipt string
		raw     bool
		file    int
	)
	c := &cobra.Command{
		Use: "show ID", Short: "Show all that is known of one file", Args: cobra.ExactArgs(1),
		Long: `Shows an entry: what came in, its calls to Loket, what is wrong with it, and
everything that happened to it.

--receipt gives the receipt as its sender gets it. --bytes gives the file itself,
until the retention is over; of an export, --file gives one of its files.`,
		Example: "  etl show 12\n  etl show 12 --bytes > uren.csv\n  etl show 30 --file 2 > salaris.xml",
		RunE: a.do(func(ctx context.Context, args []string) error {
			id, err := entryID(args[0])
			if err != nil {
				return err
			}
			return a.withLedger(ctx, func(l *ledger.Ledger) error {
				switch {
				case file > 0:
					err = a.showFile(ctx, l, id, file)
				case raw:
					err = a.showBytes(ctx, l, id)
				case receipt != "":
					err = a.showReceipt(ctx, l, id, receipt)
				default:
					err = a.show(ctx, l, id)
				}
				return explainLedger(err, id)
			})
		}),
	}
	c.Flags().StringVar(&receipt, "receipt", "", "write the receipt, in this `form`: html or json")
	c.Flags().BoolVar(&raw, "bytes", false, "write the file as it came in")
	c.Flags().IntVar(&file, "file", 0, "write the file of an export that has this `number`")
	c.MarkFlagsMutuallyExclusive("receipt", "bytes", "file")
	return c
}

type entryReport struct {
	Entry   entryJSON         `json:"entry"`
	Receipt pipelines.Receipt `json:"receipt"` // calls and problems are here
	Lines   []lineJSON        `json:"lines"`
	Files   []outputJSON      `json:"files"`    // of an export
	Says    []findingJSON     `json:"findings"` // about an export
	Audit   []eventJSON       `json:"audit"`
}

type lineJSON struct {
	No       int              `json:"no"`
	Function string           `json:"function"`
	Class    string           `json:"class"`
	Subject  string           `json:"subject"`
	Rows     int              `json:"rows"`
	Mapping  string           `json:"mapping"` // name@version that made it
	State    ledger.LineState `json:"state"`
	Sent     time.Time        `json:"sent,omitzero"`
	Settled  time.Time        `json:"settled,omitzero"`
}

type eventJSON struct {
	At     time.Time    `json:"at"`
	Who    string       `json:"who"`
	Action string       `json:"action"`
	From   ledger.State `json:"from"`
	To     ledger.State `json:"to"`
	Reason string       `json:"reason"`
}

func (a *app) show(ctx context.Context, l *ledger.Ledger, id ledger.ID) error {
	e, err := l.Get(ctx, id)
	if err != nil {
		return err
	}
	r := entryReport{Entry: newEntryJSON(e), Lines: []lineJSON{}, Audit: []eventJSON{}}
	if r.Receipt, err = pipelines.ReceiptOf(ctx, l, id); err != nil {
		return err
	}
	for line, err := range l.Lines(ctx, id) {
		if err != nil {
			return err
		}
		r.Lines = append(r.Lines, lineJSON{line.No, line.Function, line.Class, line.Subject, line.Rows, line.Mapping, line.State, line.Sent, line.Settled})
	}
	events, err := l.Audit(ctx, id)
	if err != nil {
		return err
	}
	for _, ev := range events {
		r.Audit = append(r.Audit, eventJSON{ev.At, ev.Who, ev.Action, ev.From, ev.To, ev.Reason})
	}
	if r.Files, err = outputsOf(ctx, l, id); err != nil {
		return err
	}
	says, err := pipelines.FindingsOf(ctx, l, id)
	if err != nil {
		return err
	}
	r.Says = findings(says)
	return a.print(r, r.write)
}

func (r entryReport) write(w io.Writer) error {
	e := r.Entry
	state := string(e.State)
	if e.Back != "" {
		state += ", goes on as " + string(e.Back)
	}
	pairs := [][]string{
		{"entry", fmt.Sprint(e.ID)}, {"file", e.Name}, {"pipeline", e.Pipeline}, {"mapping", e.Mapping}, {"inbox", e.Inbox},
		{"state", state}, {"outcome", string(e.Outcome)}, {"reason", e.Reason},
		{"bytes", fmt.Sprint(e.Size)}, {"sha256", e.SHA256},
		{"rows", fmt.Sprintf("%d: accepted %d, refused %d", e.Rows, e.Accepted, e.Refused)},
		{"received", clock(e.Received)}, {"settled", clock(e.Settled)}, {"source", e.Target},
	}
	if e.DuplicateOf != 0 {
		pairs = append(pairs, []string{"duplicate of", fmt.Sprint(e.DuplicateOf)})
	}
	if e.Undoes != 0 {
		pairs = append(pairs, []string{"takes back", fmt.Sprint(e.Undoes)})
	}
	if n := r.Receipt.UndoneBy; n != 0 {
		pairs = append(pairs, []string{"taken back by", fmt.Sprint(n)})
	}
	if e.State != ledger.Settled && e.State != ledger.Held {
		pairs = append(pairs, []string{"next try", clock(e.Due)}, []string{"tries", fmt.Sprint(e.Tries)})
	}
	for _, p := range pairs {
		if p[1] != "" {
			fmt.Fprintf(w, "%-13s %s\n", p[0], printable(p[1]))
		}
	}
	if len(r.Files) > 0 {
		fmt.Fprintln(w)
	}
	if err := writeOutputs(w, r.Files); err != nil {
		return err
	}
	if len(r.Says) > 0 {
		fmt.Fprintln(w)
	}
	for _, f := range r.Says {
		fmt.Fprintf(w, "%s: %s %s\n", f.Code, printable(f.Message), printable(f.Repair))
	}
	var rows [][]string
	for i, line := range r.Lines {
		number, fault := "", ""
		if i < len(r.Receipt.Calls) {
			number, fault = cmp.Or(r.Receipt.Calls[i].Import, r.Receipt.Calls[i].Answer), r.Receipt.Calls[i].Fault
		}
		rows = append(rows, []string{fmt.Sprint(line.No), line.Subject, line.Class, fmt.Sprint(line.Rows), string(line.State), clock(line.Sent), clock(line.Settled), number, fault})
	}
	if len(rows) > 0 {
		fmt.Fprintln(w)
	}
	if err := table(w, []string{"CALL", "SUBJECT", "CLASS", "ROWS", "STATE", "SENT", "CONFIRMED", "ANSWER", "FAULT"}, rows); err != nil {
		return err
	}
	if err := writeNotes(w, r.Receipt.Notes); err != nil {
		return err
	}
	if err := writeProblems(w, r.Receipt.Problems, r.Receipt.More); err != nil {
		return err
	}
	rows = nil
	for _, ev := range r.Audit {
		rows = append(rows, []string{clock(ev.At), ev.Who, ev.Action, string(ev.From), string(ev.To), ev.Reason})
	}
	if len(rows) > 0 {
		fmt.Fprintln(w)
	}
	return table(w, []string{"WHEN", "WHO", "WHAT", "FROM", "TO", "REASON"}, rows)
}

func (a *app) showReceipt(ctx context.Context, l *ledger.Ledger, id ledger.ID, form string) error {
	if form != "html" && form != "json" {
		return exitWith(exitUsage, fmt.Errorf("--receipt: there is no %q; there are html, json", form))
	}
	rec, err := pipelines.ReceiptOf(ctx, l, id)
	if err != nil {
		return err
	}
	encode := rec.JSON
	if form == "html" {
		encode = rec.HTML
	}
	data, err := encode()
	if err != nil {
		return err
	}
	_, err = a.stdout.Write(data)
	return err
}

func (a *app) showFile(ctx context.Context, l *ledger.Ledger, id ledger.ID, no int) error {
	all, err := l.Outputs(ctx, id)
	if err != nil {
		return err
	}
	if no > len(all) {
		return exitWith(exitUsage, hint(fmt.Errorf("entry %d has no file %d", id, no), fmt.Sprintf("etl show %d lists them", id)))
	}
	r, err := l.OpenOutput(ctx, all[no-1])
	if err != nil {
		return err
	}
	return a.copyOut(r, id)
}

// copyOut writes bytes of an entry to standard output.
func (a *app) copyOut(r io.ReadCloser, id ledger.ID) (err error) {
	defer func() { err = errors.Join(err, r.Close()) }()
	if _, err = io.Copy(a.stdout, r); err != nil {
		return fmt.Errorf("write the bytes of entry %d: %w", id, err)
	}
	return nil
}

func (a *app) showBytes(ctx context.Context, l *ledger.Ledger, id ledger.ID) error {
	r, err := l.Bytes(ctx, id)
	if err != nil {
		return err
	}
	return a.copyOut(r, id)
}
