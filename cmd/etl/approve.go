package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"loket-etl/ledger"
	"loket-etl/pipelines"
)

func (a *app) approveCommand() *cobra.Command {
	var employees string
	c := a.actCommand(&cobra.Command{
		Use: "approve ID --reason TEXT", Short: "Let a file that waits for approval go to Loket, all of it or some employees",
		Long: `Lets a file of a pipeline with "approval: required" go on. Look first, with
etl preview ID. The approval is of the plan as it is now, and stands in the audit
trail; when the plan changes, approval is asked for again.

With --employees only these are sent, and the rows of the others are handed back as
the refused part. That needs the policy per-employee. A number that several
employers in the file have is written as 5555/7.`,
		Example: "  etl approve 12 --reason \"looked at with the client\"\n  etl approve 12 --employees 1,2,7 --reason \"the rest is asked about\"",
	}, true, "is approved", func(ctx context.Context, l *ledger.Ledger, id ledger.ID, x act) (ledger.ID, error) {
		cfg, err := a.loadForLedger()
		if err != nil {
			return id, err
		}
		plans, err := loadPlans(cfg.Files)
		if err != nil {
			return id, err
		}
		var some []string
		for name := range strings.SplitSeq(employees, ",") {
			if name = strings.TrimSpace(name); name != "" {
				some = append(some, name)
			}
		}
		r := pipelines.NewRunner(pipelines.Options{Ledger: l, Bindings: bindings(cfg), Now: a.now}, plans)
		err = r.Approve(ctx, id, x.who, x.reason, some)
		if errors.Is(err, pipelines.ErrNotApproved) {
			err = hint(exitWith(exitUsage, err), fmt.Sprintf("etl preview %d shows who is in it", id))
		}
		return id, err
	})
	c.Flags().StringVar(&employees, "employees", "", "only these: personnel `numbers` of the payroll, with commas")
	c.PreRunE = func(cmd *cobra.Command, _ []string) error {
		if cmd.Flags().Changed("employees") && strings.Trim(employees, ", ") == "" {
			return errors.New("--employees is empty; leave it out to approve everybody")
		}
		return nil
	}
	return c
}

// unapproved is the error of letting a file go on that needs approval for that.
func unapproved(e ledger.Entry) error {
	if !pipelines.AwaitsApproval(e) {
		return nil
	}
	return hint(fmt.Errorf("entry %d waits for approval: %w", e.ID, ledger.ErrState), fmt.Sprintf("look at it with etl preview %d, then etl approve %[1]d", e.ID))
}
