package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"loket-etl/formats"
	"loket-etl/ledger"
	"loket-etl/pipelines"
)

func (a *app) undoCommand() *cobra.Command {
	var dry bool
	c := a.actCommand(&cobra.Command{
		Use: "undo ID --reason TEXT", Short: "Take an import back: put in Loket what stood there before",
		Long: `Takes an import back, as an entry of its own with its own receipt. Values of
variabele gegevens and changed fields become what they were before, as far as they
still are what this file made of them; leave is taken back by counter-lines. What
somebody changed since stays, and the receipt says so.

Nothing is taken back when a period has an approved run, or when a later file of
the same pipeline counts on this one. What made or removed something, or decided
on a tax return, has no way back, and the receipt names it.

When all of it was taken back the same bytes may be dropped again. --dry-run shows
what would be done and sends nothing.`,
		Example: "  etl undo 12 --reason \"sent by mistake\" --dry-run\n  etl undo 12 --reason \"sent by mistake\" --work",
	}, true, "takes it back", func(ctx context.Context, l *ledger.Ledger, id ledger.ID, x act) (ledger.ID, error) {
		by, err := pipelines.Undo(ctx, l, id, x.who, x.reason)
		if err != nil {
			return id, explainUndo(err, id)
		}
		return by, nil
	})
	c.Flags().BoolVar(&dry, "dry-run", false, "show what would be done, and send nothing")
	c.MarkFlagsMutuallyExclusive("dry-run", "work")
	act := c.RunE
	look := a.do(func(ctx context.Context, args []string) error {
		id, err := entryID(args[0])
		if err != nil {
			return err
		}
		cfg, err := a.loadConfig()
		if err != nil {
			return err
		}
		return a.withEngine(ctx, cfg, func(e *engine) error {
			report, err := e.PreviewUndo(ctx, id)
			if err != nil {
				return explainUndo(err, id)
			}
			return a.printUndo(id, report)
		})
	})
	c.RunE = func(c *cobra.Command, args []string) error {
		if dry {
			return look(c, args)
		}
		return act(c, args)
	}
	return c
}

// explainUndo says what to do about an entry that cannot be taken back.
func explainUndo(err error, id ledger.ID) error {
	var undone *pipelines.UndoneError
	if errors.As(err, &undone) && pipelines.AwaitsApproval(undone.By) {
		return hint(err, fmt.Sprintf("look at it with etl preview %d, then etl approve %[1]d", undone.By.ID))
	}
	if errors.Is(err, ledger.ErrUndone) {
		return hint(err, "etl list shows it; when it was carried out, the same file may be dropped again")
	}
	if errors.Is(err, pipelines.ErrNoUndo) {
		return hint(err, fmt.Sprintf("etl show %d tells what it did; put it right in Loket by hand", id))
	}
	return explainLedger(err, id)
}

type undoReport struct {
	Entry    ledger.ID         `json:"entry"`
	Refused  string            `json:"refused,omitempty"` // why nothing would be taken back
	Rows     int               `json:"rows"`              // what it left in Loket
	Back     int               `json:"back"`              // of that, what would be taken back
	Calls    []checkCall       `json:"calls"`
	Problems []formats.Problem `json:"problems"` // what would stay
}

// printUndo shows what taking an entry back would do.
func (a *app) printUndo(id ledger.ID, r pipelines.UndoReport) error {
	out := undoReport{Entry: id, Refused: r.Refused, Rows: r.Rows, Back: r.Back, Calls: []checkCall{}, Problems: append([]formats.Problem{}, r.Problems...)}
	for _, c := range r.Calls {
		out.Calls = append(out.Calls, newCheckCall(c, len(c.Values)))
	}
	if err := a.print(out, out.write); err != nil {
		return err
	}
	if r.Refused != "" || r.Back < r.Rows {
		return exitWith(exitRefused, errTold)
	}
	return nil
}

func (r undoReport) write(w io.Writer) error {
	switch {
	case r.Refused != "":
		_, err := fmt.Fprintf(w, "entry %d would not be taken back\n%s\n", r.Entry, printable(r.Refused))
		return err
	case r.Back < r.Rows:
		fmt.Fprintf(w, "entry %d would be taken back in part: %d of %d\n", r.Entry, r.Back, r.Rows)
	default:
		fmt.Fprintf(w, "entry %d would be taken back whole: %d of %d\n", r.Entry, r.Back, r.Rows)
	}
	for _, c := range r.Calls {
		if err := c.write(w); err != nil {
			return err
		}
	}
	return writeProblems(w, r.Problems, 0)
}
