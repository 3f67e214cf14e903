package pipelines

import (
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"loket-etl/ledger/ledgertest"
	"loket-etl/pipelines/schedule"
)

// Two processes with two workers each, and some hours of quarters: each is done
// once, in order.
func TestTwoNodesDoEachTickOnce(t *testing.T) {
	for name, dsn := range map[string]func(testing.TB) string{"SQLite": nil, "PostgreSQL": ledgertest.Postgres} {
		t.Run(name, func(t *testing.T) {
			at := "sqlite:" + filepath.Join(t.TempDir(), "etl.db")
			if dsn != nil {
				at = dsn(t)
			}
			o := newBureau(t, at, "2026-03-27 07:59")
			var plans []Scheduled
			for i := range 4 {
				plans = append(plans, o.plan(fmt.Sprint("export ", i), "*/15 * * * *", catchUp(schedule.Each)))
			}
			one, other := o.start(plans...), o.start(plans...)
			other.Ledger, other.Holder = openLedger(t, at, o.clock.Now), "other"
			want := map[string][]string{}
			for i := range 12 { // at eight o'clock, and so on
				o.clock.advance(o.clock.Now().Add(15 * time.Minute))
				var wg sync.WaitGroup
				for _, s := range []*Scheduler{one, one, other, other} {
					wg.Go(func() {
						if _, err := s.Work(t.Context()); err != nil {
							t.Error(err)
						}
					})
				}
				wg.Wait()
				for _, p := range plans {
					if i > 0 { // the first time only registers
						want[p.Name] = append(want[p.Name], o.clock.Now().In(schedule.Amsterdam).Truncate(15*time.Minute).Format("02-01 15:04"))
					}
				}
			}
			o.did(want)
		})
	}
}
