package pipelines

import (
	"context"
	"time"
)

// lookEvery is how often an idle runner looks for entries that another process
// staged or gave back.
const lookEvery = 2 * time.Second

// Loop works until ctx ends: when Stage wakes it, when the next entry is due,
// and every two seconds for what other processes left. A database that does not
// answer is logged and tried again. Call it once per worker.
func (r *Runner) Loop(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-r.wake:
		case <-timer.C:
		}
		next, err := r.Work(ctx)
		if err != nil && ctx.Err() == nil {
			r.Log.Error().Err(err).Msg("the ledger does not answer; trying again")
		}
		pause := lookEvery
		if !next.IsZero() {
			pause = min(pause, max(next.Sub(r.Now()), time.Millisecond))
		}
		timer.Reset(pause)
	}
}

// rouse wakes one idle worker.
func (r *Runner) rouse() {
	select {
	case r.wake <- struct{}{}:
	default: // all are awake or will be
	}
}
