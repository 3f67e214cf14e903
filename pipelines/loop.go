package pipelines

import (
	"context"
	"time"

	"github.com/rs/zerolog"
)

// lookEvery is how often an idle runner looks for entries that another process
// staged or gave back.
const lookEvery = 2 * time.Second

// Loop works until ctx ends: when Stage wakes it, when the next entry is due,
// and every two seconds for what other processes left. A database that does not
// answer is logged and tried again. Call it once per worker.
func (r *Runner) Loop(ctx context.Context) error {
	return loop(ctx, r.wake, r.Now, r.Log, r.Work)
}

// loop calls work whenever there may be something to do, until ctx ends. Work
// returns when that will be next; wake may be nil.
func loop(ctx context.Context, wake <-chan struct{}, now func() time.Time, log zerolog.Logger, work func(context.Context) (time.Time, error)) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-wake:
		case <-timer.C:
		}
		next, err := work(ctx)
		if err != nil && ctx.Err() == nil {
			log.Error().Err(err).Msg("the ledger does not answer; trying again")
		}
		pause := lookEvery
		if !next.IsZero() {
			pause = min(pause, max(next.Sub(now()), time.Millisecond))
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
