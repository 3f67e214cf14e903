package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"loket-etl/ledger"
	"loket-etl/pipelines"
)

// act is what a person does with an entry.
type act struct {
	who, reason string
	work        bool // go on with it here and now
}

// actCommand makes the command of one act; do is the act itself, past says what
// happened.
func (a *app) actCommand(c *cobra.Command, needsReason bool, past string, do func(ctx context.Context, l *ledger.Ledger, id ledger.ID, x act) (ledger.ID, error)) *cobra.Command {
	var x act
	c.Args = cobra.ExactArgs(1)
	c.Flags().StringVar(&x.reason, "reason", "", reasonUsage(needsReason))
	c.Flags().StringVar(&x.who, "who", me(), "who decides, for the audit trail: a `name`")
	if needsReason {
		if err := c.MarkFlagRequired("reason"); err != nil {
			panic(err)
		}
	}
	if c.Name() != "hold" {
		c.Flags().BoolVar(&x.work, "work", false, "go on with it here, until it is settled or held again")
	}
	c.RunE = a.do(func(ctx context.Context, args []string) error {
		id, err := entryID(args[0])
		if err != nil {
			return err
		}
		if needsReason && x.reason == "" {
			return exitWith(exitUsage, errors.New("--reason is empty"))
		}
		perform := func(l *ledger.Ledger) (err error) {
			id, err = do(ctx, l, id, x)
			return explainLedger(err, id)
		}
		if !x.work {
			return a.withLedger(ctx, func(l *ledger.Ledger) error {
				if err := perform(l); err != nil {
					return err
				}
				return a.printAct(ctx, l, id, past)
			})
		}
		cfg, err := a.loadConfig()
		if err != nil {
			return err
		}
		return a.withEngine(ctx, cfg, func(e *engine) error {
			if err := perform(e.ledger); err != nil {
				return err
			}
			return a.work(ctx, e, id)
		})
	})
	return c
}

func reasonUsage(required bool) string {
	usage := "why, for the audit trail: a `text`"
	if required {
		usage += " (required)"
	}
	return usage
}

func (a *app) printAct(ctx context.Context, l *ledger.Ledger, id ledger.ID, past string) error {
	e, err := l.Get(ctx, id)
	if err != nil {
		return err
	}
	waits, err := pipelines.UndoAwaitsApproval(ctx, l, e)
	if err != nil {
		return err
	}
	return a.print(newEntryJSON(e), func(w io.Writer) error {
		next := "etl run goes on with it"
		switch {
		case waits && e.State == ledger.Staged:
			next = fmt.Sprintf("etl run prepares it, and then it waits for approval: etl approve %d", e.ID)
		case e.State == ledger.Held:
			next = fmt.Sprintf("etl release %d lets it go on", e.ID)
		}
		_, err := fmt.Fprintf(w, "entry %d %s; %s\n", e.ID, past, next)
		return err
	})
}

// same makes an act out of a method of the ledger.
func same(f func(l *ledger.Ledger, ctx context.Context, id ledger.ID, who, reason string) error) func(context.Context, *ledger.Ledger, ledger.ID, act) (ledger.ID, error) {
	return func(ctx context.Context, l *ledger.Ledger, id ledger.ID, x act) (ledger.ID, error) {
		return id, f(l, ctx, id, x.who, x.reason)
	}
}

func (a *app) holdCommand() *cobra.Command {
	return a.actCommand(&cobra.Command{
		Use: "hold ID --reason TEXT", Short: "Stop a file where it is",
		Long: "Stops a file where it is until release or dismiss. Why stands in the audit\ntrail. A call to Loket that is\nout is still recorded; the next one is not made.",
	}, true, "is held", same((*ledger.Ledger).Hold))
}

func (a *app) releaseCommand() *cobra.Command {
	return a.actCommand(&cobra.Command{
		Use: "release ID --reason TEXT", Short: "Let a held file go on",
		Long: "Lets a held file go on where it was. What is already sent is not sent again.",
	}, true, "is released", func(ctx context.Context, l *ledger.Ledger, id ledger.ID, x act) (ledger.ID, error) {
		e, err := l.Get(ctx, id)
		if err == nil {
			err = unapproved(e)
		}
		if err != nil {
			return id, err
		}
		return id, l.Release(ctx, id, x.who, x.reason)
	})
}

func (a *app) dismissCommand() *cobra.Command {
	return a.actCommand(&cobra.Command{
		Use: "dismiss ID --reason TEXT", Short: "Give a file up: nothing (more) of it is sent",
		Long: "Gives a file up. Nothing (more) of it is sent, and its sender gets a receipt that\nsays so. What Loket took stays there. A call whose outcome nobody knows needs\nresolve first.",
	}, true, "is dismissed", same((*ledger.Ledger).Dismiss))
}

func (a *app) retryCommand() *cobra.Command {
	var force bool
	c := a.actCommand(&cobra.Command{
		Use: "retry ID", Short: "Try a file again now",
		Long: `Makes a file that waits due at once. One that is held goes on by release, which
wants to know why.

A settled file is over. With --force one that was refused or dismissed comes in
again with the bytes it had, as a new entry; not when Loket has, or may have,
anything of these bytes, under whatever name and number they came.`,
	}, false, "is due now", func(ctx context.Context, l *ledger.Ledger, id ledger.ID, x act) (ledger.ID, error) {
		e, err := l.Get(ctx, id)
		switch {
		case err != nil:
			return id, err
		case e.Run != "" && (force || e.State == ledger.Settled):
			return id, hint(fmt.Errorf("entry %d is an export, not a file that came in: %w", id, ledger.ErrState), "etl export makes what is missing; etl republish is for a file that never reached its partner")
		case force:
			return again(ctx, l, e, x)
		case e.State == ledger.Settled:
			return id, hint(fmt.Errorf("entry %d is settled: %w", id, ledger.ErrState), "--force has its bytes done again, as a new entry")
		case unapproved(e) != nil:
			return id, unapproved(e)
		case e.State == ledger.Held:
			return id, hint(fmt.Errorf("entry %d is held: %w", id, ledger.ErrState), "look at etl show; etl release lets it go on, and wants --reason")
		}
		return id, l.Retry(ctx, id, x.who, x.reason)
	})
	c.Flags().BoolVar(&force, "force", false, "bring the bytes of a settled file in again")
	return c
}

// again stages the bytes of a settled entry once more, when nothing of them went
// to Loket yet.
func again(ctx context.Context, l *ledger.Ledger, e ledger.Entry, x act) (ledger.ID, error) {
	switch {
	case e.State != ledger.Settled:
		return e.ID, fmt.Errorf("entry %d is %s, not settled: %w", e.ID, e.State, ledger.ErrState)
	case e.Undoes != 0:
		return e.ID, hint(fmt.Errorf("entry %d is no file: it was to take back entry %d: %w", e.ID, e.Undoes, ledger.ErrState), fmt.Sprintf("etl undo %d tries that again", e.Undoes))
	}
	if err := notInLoket(ctx, l, e); err != nil {
		return e.ID, err
	}
	r, err := l.Bytes(ctx, e.ID)
	if err != nil {
		return e.ID, err
	}
	defer r.Close()
	id, isNew, err := l.Stage(ctx, ledger.Entry{Pipeline: e.Pipeline, Inbox: e.Inbox, Name: e.Name, ModTime: e.ModTime, Forced: true}, r)
	if err != nil {
		return e.ID, err
	}
	if !isNew {
		return id, fmt.Errorf("its bytes came in again already, as entry %d: %w", id, ledger.ErrState)
	}
	return id, l.Retry(ctx, id, x.who, strings.TrimSpace(fmt.Sprintf("entry %d again %s", e.ID, x.reason))) // the audit trail says who
}

// notInLoket refuses bytes of which Loket has, or may have, anything: by this
// entry or by any other that had them.
func notInLoket(ctx context.Context, l *ledger.Ledger, e ledger.Entry) error {
	err := noneInLoket(ctx, l, e, ledger.Filter{SHA256: e.SHA256})
	if err == nil && e.Content != "" { // it may have come encrypted anew
		err = noneInLoket(ctx, l, e, ledger.Filter{Content: e.Content})
	}
	return err
}

func noneInLoket(ctx context.Context, l *ledger.Ledger, e ledger.Entry, f ledger.Filter) error {
	const byHand = "sending it again may count hours double; if that is right, take the file out with etl show --bytes and use etl import --force"
	for f.Pipeline = e.Pipeline; ; {
		same, err := l.List(ctx, f)
		if err != nil || len(same) == 0 {
			return err
		}
		for _, o := range same {
			sent, err := pipelines.Sent(ctx, l, o)
			switch {
			case err != nil:
				return err
			case sent && o.ID == e.ID:
				return hint(fmt.Errorf("entry %d is in Loket already, or a part of it: %w", e.ID, ledger.ErrState), byHand)
			case sent:
				return hint(fmt.Errorf("the bytes of entry %d are in Loket already, or a part of them, by entry %d: %w", e.ID, o.ID, ledger.ErrState), byHand)
			}
		}
		f.Before = same[len(same)-1].ID
	}
}

func (a *app) resolveCommand() *cobra.Command {
	var (
		call                   int
		carried, not, rejected bool
	)
	c := a.actCommand(&cobra.Command{
		Use: "resolve ID --call NUMBER --reason TEXT", Short: "Say what became of a call whose outcome nobody knows",
		Long: `When Loket did not answer and reading back gave no certainty, a file is held.
Look in Loket, and say what you found there: the call was carried out (also when
you entered it by hand), it was not (then it is made again), or Loket will never
take it. Then release the file.`,
		Example: "  etl resolve 12 --call 1 --carried-out --reason \"seen in Loket\"\n  etl release 12 --reason \"call 1 is clear\"",
	}, true, "knows what became of the call", func(ctx context.Context, l *ledger.Ledger, id ledger.ID, x act) (ledger.ID, error) {
		state := ledger.LineRefused
		switch {
		case carried:
			state = ledger.LineDone
		case not:
			state = ledger.LinePlanned
		}
		if err := l.Resolve(ctx, id, call, state, x.who, x.reason); err != nil {
			return id, err
		}
		if x.work {
			return id, l.Release(ctx, id, x.who, x.reason)
		}
		return id, nil
	})
	c.Flags().IntVar(&call, "call", 0, "the `number` of the call, as etl show has it")
	c.Flags().BoolVar(&carried, "carried-out", false, "it stands in Loket")
	c.Flags().BoolVar(&not, "not-carried-out", false, "it does not stand in Loket: make the call again")
	c.Flags().BoolVar(&rejected, "refused", false, "Loket does not take it: leave it out")
	c.MarkFlagsMutuallyExclusive("carried-out", "not-carried-out", "refused")
	c.MarkFlagsOneRequired("carried-out", "not-carried-out", "refused")
	if err := c.MarkFlagRequired("call"); err != nil {
		panic(err)
	}
	return c
}
