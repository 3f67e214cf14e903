package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/user"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"loket-etl/ledger"
)

// withLedger opens only the ledger, for the time of f.
func (a *app) withLedger(ctx context.Context, f func(l *ledger.Ledger) error) (err error) {
	c, err := a.loadForLedger()
	if err != nil {
		return err
	}
	l, err := a.openLedger(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	return f(l)
}

// entryID reads the number of an entry from the command line.
func entryID(arg string) (ledger.ID, error) {
	id, err := strconv.ParseInt(arg, 10, 64)
	if err != nil || id <= 0 {
		return 0, exitWith(exitUsage, hint(fmt.Errorf("%q is not the number of an entry", arg), "etl list shows them"))
	}
	return ledger.ID(id), nil
}

// explainLedger adds what to do about an error of the ledger.
func explainLedger(err error, id ledger.ID) error {
	var told *failure
	switch {
	case errors.As(err, &told): // it has hints of its own
		return err
	case errors.Is(err, ledger.ErrNotFound):
		return hint(err, "etl list shows what there is")
	case errors.Is(err, ledger.ErrUnclear):
		return hint(err, fmt.Sprintf("look in Loket and say what became of it first: etl resolve %d --call N", id))
	case errors.Is(err, ledger.ErrBusy):
		return hint(err, "wait until its outcome is known, two minutes mostly")
	case errors.Is(err, ledger.ErrState):
		return hint(err, fmt.Sprintf("etl show %d tells where it stands", id))
	}
	return err
}

// me is who acts, when --who does not say otherwise.
func me() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return "unknown"
}

type entryJSON struct {
	ID          ledger.ID      `json:"id"`
	State       ledger.State   `json:"state"`
	Outcome     ledger.Outcome `json:"outcome"`
	Pipeline    string         `json:"pipeline"`
	Inbox       string         `json:"inbox"`
	Name        string         `json:"name"`
	SHA256      string         `json:"sha256"`
	Size        int64          `json:"size"`
	Mapping     string         `json:"mapping"`
	Rows        int            `json:"rows"`
	Accepted    int            `json:"accepted"`
	Refused     int            `json:"refused"`
	Calls       int            `json:"calls"`
	Reason      string         `json:"reason"`
	DuplicateOf ledger.ID      `json:"duplicate_of,omitempty"`
	Forced      bool           `json:"forced"`
	Undoes      ledger.ID      `json:"undoes,omitempty"` // the entry that it takes back
	Tries       int            `json:"tries"`
	Received    time.Time      `json:"received"`
	Due         time.Time      `json:"due,omitzero"`
	Settled     time.Time      `json:"settled,omitzero"`
	Back        ledger.State   `json:"back,omitempty"`   // where it goes on when released
	Target      string         `json:"target,omitempty"` // where the source goes or went
	Purged      bool           `json:"purged"`
	Run         string         `json:"run,omitempty"` // of an export: what is exported
}

func newEntryJSON(e ledger.Entry) entryJSON {
	return entryJSON{
		ID: e.ID, State: e.State, Outcome: e.Outcome, Pipeline: e.Pipeline, Inbox: e.Inbox, Name: e.Name, SHA256: e.SHA256, Size: e.Size,
		Mapping: e.Mapping, Rows: e.Rows, Accepted: e.Accepted, Refused: e.Refused, Calls: e.Calls, Reason: e.Reason,
		DuplicateOf: e.DuplicateOf, Forced: e.Forced, Undoes: e.Undoes, Tries: e.Tries, Received: e.Received, Due: e.Due, Settled: e.Settled,
		Back: e.Back, Target: e.Target, Purged: e.Purged, Run: e.Run,
	}
}

// states and outcomes are the values the flags of list take.
var (
	states   = []ledger.State{ledger.Staged, ledger.Planned, ledger.Delivered, ledger.Due, ledger.Ready, ledger.Refused, ledger.Held, ledger.Settled}
	outcomes = []ledger.Outcome{ledger.Imported, ledger.Partly, ledger.Exported, ledger.RefusedOutcome, ledger.Duplicate, ledger.HeldOutcome, ledger.Dismissed}
)

func (a *app) listCommand() *cobra.Command {
	var (
		f                     ledger.Filter
		stateNames, outcomeNs []string
		before                int64
	)
	c := &cobra.Command{
		Use: "list", Short: "List what came in and what was exported, the newest first", Args: cobra.NoArgs,
		Example: "  etl list --state held\n  etl list --outcome refused,partly --limit 20",
		RunE: a.do(func(ctx context.Context, _ []string) error {
			var err1, err2 error
			f.States, err1 = oneOf("state", stateNames, states)
			f.Outcomes, err2 = oneOf("outcome", outcomeNs, outcomes)
			f.Before = ledger.ID(before)
			switch {
			case f.Limit < 1:
				return exitWith(exitUsage, errors.New("--limit must be 1 or more"))
			case before < 0:
				return exitWith(exitUsage, errors.New("--before is the number of an entry"))
			}
			if err := errors.Join(err1, err2); err != nil {
				return exitWith(exitUsage, err)
			}
			return a.list(ctx, f)
		}),
	}
	c.Flags().StringSliceVar(&stateNames, "state", nil, "only in these `states`: "+text(states))
	c.Flags().StringSliceVar(&outcomeNs, "outcome", nil, "only with these `outcomes`: "+text(outcomes))
	c.Flags().StringVarP(&f.Pipeline, "pipeline", "p", "", "only of this `pipeline`")
	c.Flags().StringVar(&f.Inbox, "inbox", "", "only of this `inbox`")
	c.Flags().BoolVar(&f.Exports, "exports", false, "only exports")
	c.Flags().BoolVar(&f.Unsettled, "unsettled", false, "only what is not settled")
	c.Flags().IntVar(&f.Limit, "limit", 100, "at most this `number`")
	c.Flags().Int64Var(&before, "before", 0, "only entries below this `id`: the next page")
	return c
}

// oneOf turns the values of a flag into known ones.
func oneOf[T ~string](flag string, given []string, known []T) ([]T, error) {
	var out []T
	for _, g := range given {
		if !slices.Contains(known, T(g)) {
			return nil, fmt.Errorf("--%s: there is no %q; there are %s", flag, g, text(known))
		}
		out = append(out, T(g))
	}
	return out, nil
}

func text[T ~string](all []T) string {
	names := make([]string, len(all))
	for i, v := range all {
		names[i] = string(v)
	}
	return strings.Join(names, ", ")
}

func (a *app) list(ctx context.Context, f ledger.Filter) error {
	return a.withLedger(ctx, func(l *ledger.Ledger) error {
		all, err := l.List(ctx, f)
		if err != nil {
			return err
		}
		out := make([]entryJSON, len(all))
		for i, e := range all {
			out[i] = newEntryJSON(e)
		}
		return a.print(out, func(w io.Writer) error {
			if len(out) == 0 {
				_, err := fmt.Fprintln(w, "nothing")
				return err
			}
			var rows [][]string
			for _, e := range out {
				rows = append(rows, []string{
					fmt.Sprint(e.ID), string(e.State), string(e.Outcome), e.Pipeline, e.Name,
					fmt.Sprint(e.Rows), fmt.Sprint(e.Accepted), fmt.Sprint(e.Refused), clock(e.Received), e.Reason,
				})
			}
			return table(w, []string{"ID", "STATE", "OUTCOME", "PIPELINE", "FILE", "ROWS", "ACCEPTED", "REFUSED", "RECEIVED", "REASON"}, rows)
		})
	})
}
