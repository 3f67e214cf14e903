package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"loket-etl/ledger"
	"loket-etl/pipelines"
)

func (a *app) verifyCommand() *cobra.Command {
	return &cobra.Command{
		Use: "verify", Short: "Hold what was exported against outboxes and Loket", Args: cobra.NoArgs,
		Long: `Looks whether ledger, outboxes and Loket agree about exports:

  every published file lies in its outbox byte for byte, or was collected
  nothing else lies there (acknowledgements, subfolders and temporary names aside)
  no payment file is past its deadline, and no export stands still or is held,
  or waits for an outbox that is not in the configuration
  every approved run, from the from of each export on, is registered
  every run that was exported is still approved in Loket

Nothing is changed. Ends with 4 when something needs a person, with 1 when
something does not agree that solves itself, or could not be looked at.`,
		Example: "  etl verify\n  etl verify --json",
		RunE: a.do(func(ctx context.Context, _ []string) error {
			c, err := a.loadConfig()
			if err != nil {
				return err
			}
			return a.withEngine(ctx, c, func(e *engine) error {
				v, err := e.Verify(ctx)
				if err != nil {
					return err
				}
				return a.printVerification(v)
			})
		}),
	}
}

type verificationJSON struct {
	Files      int             `json:"files"` // published, and not known to be collected
	Lying      int             `json:"lying"`
	Collected  int             `json:"collected"`
	Runs       int             `json:"runs"`
	Complaints []complaintJSON `json:"complaints"`
}

type complaintJSON struct {
	Kind   pipelines.ComplaintKind `json:"kind"`
	Export string                  `json:"export,omitempty"`
	Entry  ledger.ID               `json:"entry,omitempty"`
	Outbox string                  `json:"outbox,omitempty"`
	File   string                  `json:"file,omitempty"`
	Person bool                    `json:"person"` // only a person can settle it
	What   string                  `json:"what"`
}

func (a *app) printVerification(v pipelines.Verification) error {
	out := verificationJSON{v.Files, v.Lying, v.Collected, v.Runs, []complaintJSON{}}
	code := exitOK
	for _, c := range v.Complaints {
		out.Complaints = append(out.Complaints, complaintJSON(c))
		if c.Person {
			code = exitHeld
		} else if code == exitOK {
			code = exitFailed
		}
	}
	if err := a.print(out, out.write); err != nil || code == exitOK {
		return err
	}
	return exitWith(code, errTold)
}

func (v verificationJSON) write(w io.Writer) error {
	fmt.Fprintf(w, "published files looked for: %d; they lie there: %d, collected since: %d\n", v.Files, v.Lying, v.Collected)
	fmt.Fprintf(w, "approved runs, returns and lists looked for: %d\n", v.Runs)
	if len(v.Complaints) == 0 {
		_, err := fmt.Fprintln(w, "all agree")
		return err
	}
	fmt.Fprintln(w)
	var rows [][]string
	for _, c := range v.Complaints {
		who, entry := "", ""
		if c.Person {
			who = "a person"
		}
		if c.Entry != 0 {
			entry = fmt.Sprint(c.Entry)
		}
		rows = append(rows, []string{string(c.Kind), who, c.Export, entry, c.Outbox, c.File, c.What})
	}
	return table(w, []string{"WHAT", "NEEDS", "EXPORT", "ENTRY", "OUTBOX", "FILE", "WHY"}, rows)
}
