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
	var employees, standing string
	c := a.actCommand(&cobra.Command{
		Use: "approve ID --reason TEXT", Short: "Let a file that waits for approval go to Loket, all of it or some employees",
		Long: `Lets a file of a pipeline with "approval: required" go on. Look first, with
etl preview ID. The approval is of the plan as it is now, and stands in the audit
trail; when the plan changes, approval is asked for again.

With --employees only these are sent, and the rows of the others are handed back as
the refused part. That needs the policy per-employee. A number that several
employers in the file have is written as 5555/7.

With --standing, the checksum that etl preview gives, Loket is read once more, and
nothing is approved when something else stands there by now.`,
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
		r := pipelines.NewRunner(pipelines.Options{Ledger: l, Bindings: bindingsAlone(cfg), Now: a.now}, plans)
		err = r.Approve(ctx, id, x.who, x.reason, some)
		if errors.Is(err, pipelines.ErrNotApproved) {
			err = hint(exitWith(exitUsage, err), fmt.Sprintf("etl preview %d shows who is in it", id))
		}
		return id, err
	})
	c.Flags().StringVar(&employees, "employees", "", "only these: personnel `numbers` of the payroll, with commas")
	c.Flags().StringVar(&standing, "standing", "", "approve only if the `checksum` of what stands in Loket is still that of the preview")
	approve := c.RunE
	c.RunE = func(cmd *cobra.Command, args []string) error {
		if standing != "" {
			a.started = true
			if err := a.stillStands(cmd.Context(), args[0], standing); err != nil {
				return err
			}
		}
		return approve(cmd, args)
	}
	c.PreRunE = func(cmd *cobra.Command, _ []string) error {
		if cmd.Flags().Changed("employees") && strings.Trim(employees, ", ") == "" {
			return errors.New("--employees is empty; leave it out to approve everybody")
		}
		return nil
	}
	return c
}

// stillStands looks whether Loket is as it was when somebody looked at a file.
func (a *app) stillStands(ctx context.Context, arg, standing string) error {
	id, err := entryID(arg)
	if err != nil {
		return err
	}
	c, err := a.loadConfig()
	if err != nil {
		return err
	}
	plans, err := loadPlans(c.Files)
	if err != nil {
		return err
	}
	p, err := a.previewEntry(ctx, c, plans, id, previewFlags{})
	if err == nil && p.Standing != standing {
		err = hint(fmt.Errorf("what stands in Loket has changed since %s, and nothing is approved", standing), fmt.Sprintf("look again with etl preview %d", id))
	}
	return err
}

// unapproved is the error of letting a file go on that needs approval for that.
func unapproved(e ledger.Entry) error {
	if !pipelines.AwaitsApproval(e) {
		return nil
	}
	return hint(fmt.Errorf("entry %d waits for approval: %w", e.ID, ledger.ErrState), fmt.Sprintf("look at it with etl preview %d, then etl approve %[1]d", e.ID))
}
