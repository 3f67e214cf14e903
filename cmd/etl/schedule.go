package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"loket-etl/ledger"
	"loket-etl/pipelines/schedule"
)

// ticksShown is how many ticks of each export etl schedule shows.
const ticksShown = 3

type scheduleJSON struct {
	Export   string      `json:"export"`
	Cron     string      `json:"schedule"`
	CatchUp  string      `json:"catch_up"`
	Next     []time.Time `json:"next"` // UTC
	LastDone time.Time   `json:"last_done,omitzero"`
	Done     int64       `json:"done"`
	Reason   string      `json:"reason,omitempty"`
}

func (a *app) scheduleCommand() *cobra.Command {
	return &cobra.Command{
		Use: "schedule", Short: "Show when exports are looked at next", Args: cobra.NoArgs,
		Long: "Shows the next times at which each export looks for something new, in Dutch time,\nand when it last did.",
		RunE: a.do(func(ctx context.Context, _ []string) error {
			c, err := a.loadForLedger()
			if err != nil {
				return err
			}
			plans, err := loadPlans(c.Files)
			if err != nil {
				return err
			}
			uses, err := exportings(c)
			if err != nil {
				return err
			}
			return a.withLedger(ctx, func(l *ledger.Ledger) error {
				rows, err := l.Ticks(ctx)
				if err != nil {
					return err
				}
				known := map[string]ledger.ScheduleRow{}
				for _, row := range rows {
					known[row.Name] = row
				}
				out := []scheduleJSON{}
				for _, u := range uses {
					s, err := plans.Exports[u.Use].Scheduled(u)
					if err != nil {
						return fmt.Errorf("export %s: %w", u.Name, err)
					}
					row := known[u.Name]
					j := scheduleJSON{Export: u.Name, Cron: s.Cron.String(), CatchUp: string(cmp.Or(s.CatchUp, schedule.Once)), Next: []time.Time{}, LastDone: row.LastDone, Done: row.Done, Reason: row.Reason}
					for at, n := a.now(), 0; n < ticksShown; n++ {
						at = s.Cron.Next(at)
						j.Next = append(j.Next, at.UTC())
					}
					out = append(out, j)
				}
				return a.print(out, func(w io.Writer) error { return writeSchedule(w, out) })
			})
		}),
	}
}

func writeSchedule(w io.Writer, all []scheduleJSON) error {
	if len(all) == 0 {
		_, err := fmt.Fprintln(w, "no export is on")
		return err
	}
	var rows [][]string
	for _, j := range all {
		var next []string
		for _, t := range j.Next {
			next = append(next, localTime(t))
		}
		rows = append(rows, []string{j.Export, j.Cron, strings.Join(next, ", "), localTime(j.LastDone), j.Reason})
	}
	return table(w, []string{"EXPORT", "SCHEDULE", "NEXT", "LAST DONE", "REASON"}, rows)
}
