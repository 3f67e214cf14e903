package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

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
	if errors.Is(err, ledger.ErrUndone) {
		return hint(err, "etl list shows it; when it was carried out, the same file may be dropped again")
	}
	if errors.Is(err, pipelines.ErrNoUndo) {
		return hint(err, fmt.Sprintf("etl show %d tells what it did; put it right in Loket by hand", id))
	}
	return explainLedger(err, id)
}

type undoJSON struct {
	Entry    ledger.ID         `json:"entry"`
	Refused  string            `json:"refused,omitempty"`
	Rows     int               `json:"rows"`
	Back     int               `json:"back"`
	Calls    []undoCallJSON    `json:"calls"`
	Problems []undoProblemJSON `json:"problems"`
}

type undoCallJSON struct {
	No       int    `json:"no"`
	Function string `json:"function"`
	Subject  string `json:"subject"`
	Rows     int    `json:"rows"`
}

type undoProblemJSON struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Repair  string `json:"repair,omitempty"`
}

// printUndo shows what taking an entry back would do.
func (a *app) printUndo(id ledger.ID, r pipelines.UndoReport) error {
	out := undoJSON{Entry: id, Refused: r.Refused, Rows: r.Rows, Back: r.Back, Calls: []undoCallJSON{}, Problems: []undoProblemJSON{}}
	for _, c := range r.Calls {
		out.Calls = append(out.Calls, undoCallJSON{c.No, c.Function, c.Subject, c.Rows})
	}
	for _, p := range r.Problems {
		out.Problems = append(out.Problems, undoProblemJSON{p.Code, p.Message, p.Repair})
	}
	return a.print(out, func(w io.Writer) error {
		p := &printer{w: w}
		switch {
		case r.Refused != "":
			p.line("entry %d would not be taken back", id)
			p.line("  %s", r.Refused)
			return p.err
		case r.Back == r.Rows:
			p.line("entry %d would be taken back whole: %d of %d", id, r.Back, r.Rows)
		default:
			p.line("entry %d would be taken back in part: %d of %d", id, r.Back, r.Rows)
		}
		for _, c := range r.Calls {
			p.line("call %d: %s, %s, %d rows", c.No, c.Function, c.Subject, c.Rows)
		}
		for _, problem := range r.Problems {
			p.line("  %s %s", problem.Message, problem.Repair)
		}
		return p.err
	})
}

// printer writes lines until one fails.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format+"\n", args...)
	}
}
