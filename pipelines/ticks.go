package pipelines

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"loket-etl/ledger"
	"loket-etl/pipelines/schedule"
)

// Scheduled is something to do at the ticks of a schedule.
type Scheduled struct {
	// Name is that of the schedule in the ledger.
	Name string
	Cron schedule.Cron
	// CatchUp is what becomes of ticks that passed while nobody was there. A tick
	// that fails until the next one comes has passed too: once goes on with the
	// newer one, each stays with it, skip leaves it.
	CatchUp schedule.CatchUp
	// Jitter begins a tick up to this much later, see schedule.Jitter. It is less
	// than the time between ticks.
	Jitter time.Duration
	// Do does the work of a tick, which is in Amsterdam's time. It is called once
	// per tick over restarts and processes, but again when it failed or when the
	// process ended before the ledger had it: it must be idempotent. Its context
	// ends when the program stops. Its error is logged and shown in lists: no
	// personal data.
	Do func(ctx context.Context, tick time.Time) error
}

// when is a tick with its jitter.
func (p Scheduled) when(tick time.Time) ledger.When {
	return ledger.When{Tick: tick, Due: tick.Add(schedule.Jitter(p.Name, tick, p.Jitter))}
}

// SchedulerOptions are what a Scheduler works with.
type SchedulerOptions struct {
	Ledger *ledger.Ledger
	Holder string // names this process in leases; unique
	Now    func() time.Time
	Log    zerolog.Logger
	// Lease is how long after a process died another one takes over its tick,
	// five minutes when 0; it is renewed while the tick is worked on.
	Lease time.Duration
}

// Scheduler does the ticks of schedules. It keeps no truth of its own: any
// number, in one process or several, may share a ledger. Its methods may be
// called by many goroutines.
type Scheduler struct {
	SchedulerOptions
	plans atomic.Pointer[scheduledPlans]
}

// scheduledPlans are the schedules in force together.
type scheduledPlans struct {
	byName      map[string]Scheduled
	expressions map[string]string
	mu          sync.Mutex
	registered  bool
}

// NewScheduler is a scheduler with schedules in force; see Use for its errors.
func NewScheduler(o SchedulerOptions, plans ...Scheduled) (*Scheduler, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	o.Lease = cmp.Or(o.Lease, 5*time.Minute)
	s := &Scheduler{SchedulerOptions: o}
	return s, s.Use(plans...)
}

// Use puts other schedules in force, or none of them and says what is wrong with
// each: no name, one that is there already, no expression or nothing to do.
func (s *Scheduler) Use(plans ...Scheduled) error {
	p := &scheduledPlans{byName: map[string]Scheduled{}, expressions: map[string]string{}}
	var wrong []error
	for _, one := range plans {
		_, known := p.byName[one.Name]
		_, unknown := schedule.ParseCatchUp(string(one.CatchUp))
		switch {
		case one.Name == "" || one.Cron == (schedule.Cron{}) || one.Do == nil:
			wrong = append(wrong, fmt.Errorf("schedule %q: it needs a name, an expression and something to do", one.Name))
		case known:
			wrong = append(wrong, fmt.Errorf("schedule %q: there are two of this name", one.Name))
		case unknown != nil:
			wrong = append(wrong, fmt.Errorf("schedule %q: catch up: %w", one.Name, unknown))
		}
		p.byName[one.Name], p.expressions[one.Name] = one, one.Cron.String()
	}
	if len(wrong) > 0 {
		return errors.Join(wrong...)
	}
	s.plans.Store(p)
	return nil
}

// register makes the schedules known to the ledger, once: doing it again would
// take a schedule back from a newer release that runs beside this one.
func (s *Scheduler) register(ctx context.Context, p *scheduledPlans) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.registered {
		return nil
	}
	for name, one := range p.byName {
		if err := s.Ledger.Schedule(ctx, name, one.Cron.String(), one.when(one.Cron.Next(s.Now()))); err != nil {
			return err
		}
	}
	p.registered = true
	return nil
}

// Work does all due ticks until there are none, then returns the time of the
// next one (zero: none is waiting). A tick that fails waits for its next try
// and holds up no other schedule.
func (s *Scheduler) Work(ctx context.Context) (time.Time, error) {
	p := s.plans.Load()
	if err := s.register(ctx, p); err != nil {
		return time.Time{}, err
	}
	for ctx.Err() == nil {
		t, err := s.Ledger.TakeTick(ctx, p.expressions, s.Holder, s.Lease)
		if errors.Is(err, ledger.ErrNothingDue) {
			next, _, err := s.Ledger.NextTick(ctx, p.expressions)
			return next, err
		}
		if err != nil {
			return time.Time{}, err
		}
		row := t.Row()
		switch err := s.carry(ctx, p.byName[row.Name], t); {
		case errors.Is(err, ledger.ErrLost):
			s.Log.Warn().Str("schedule", row.Name).Time("tick", row.Next).Msg("another process took the tick over, or the schedule was changed")
		case err != nil:
			return time.Time{}, err
		}
	}
	return time.Time{}, ctx.Err()
}

// Loop works until ctx ends: when the next tick is due, and every two seconds
// for what other processes left. A database that does not answer is logged and
// tried again. Call it once per worker: a tick is as long as its Do, and others
// wait for it when there is one worker only.
func (s *Scheduler) Loop(ctx context.Context) error {
	return loop(ctx, nil, s.Now, s.Log, s.Work)
}

// onTime is how long after it is due a tick is not missed yet: nobody looks at
// every moment.
const onTime = 5 * time.Minute

// deadPause is how long a tick waits that ended the process several times.
const deadPause = time.Hour

// carry does one tick that was taken, or decides that it is not done. A crash
// before Done leaves the tick to be done again.
func (s *Scheduler) carry(ctx context.Context, p Scheduled, t *ledger.Tick) error {
	row := t.Row()
	log := s.Log.With().Str("schedule", p.Name).Logger()
	keeping := context.WithoutCancel(ctx)
	if row.Died >= diedOften {
		next := s.Now().Add(deadPause)
		log.Error().Time("tick", row.Next).Int("died", row.Died).Time("next_try", next).Msg("the program stopped at this tick each time; it waits")
		return t.Later(keeping, next, fmt.Sprintf("the program stopped at this tick %d times", row.Died))
	}
	tick, do := p.which(row, s.Now())
	passed := log.Warn().Time("from", row.Next).Time("to", tick).Int("tries", row.Tries-1).Str("reason", row.Reason)
	switch {
	case !do:
		passed.Msg("ticks passed and are left undone")
		return t.Skip(keeping, p.when(p.Cron.Next(tick)))
	case !tick.Equal(row.Next):
		passed.Msg("ticks passed; the last is done for all")
	}
	if err := s.do(ctx, p, tick, t); err != nil {
		if ctx.Err() != nil { // shutting down: whoever comes next does it
			return errors.Join(ctx.Err(), t.Release(keeping))
		}
		next := s.Now().Add(backoff(row.Tries))
		log.Warn().Err(err).Time("tick", tick).Int("tries", row.Tries).Time("next_try", next).Msg("the tick failed; trying again later")
		return t.Later(keeping, next, err.Error())
	}
	log.Info().Time("tick", tick).Msg("tick done")
	return t.Done(keeping, tick, p.when(p.Cron.Next(tick)))
}

// which is the tick to do now, given the oldest that was not done, or with
// false the last of those that are left undone. A tick that somebody died at is
// finished before anything else.
func (p Scheduled) which(row ledger.ScheduleRow, now time.Time) (tick time.Time, do bool) {
	oldest := row.Next.In(schedule.Amsterdam)
	last, newer := p.Cron.Last(oldest, now)
	switch {
	case row.Died > 0 || p.CatchUp == schedule.Each:
		return oldest, true
	case !newer:
		tried := row.Tries > 1 // what was begun in time is not missed
		return oldest, p.CatchUp != schedule.Skip || tried || p.onTime(oldest, now)
	}
	return last, p.CatchUp != schedule.Skip || p.onTime(last, now)
}

// onTime tells whether nobody can have been there much earlier.
func (p Scheduled) onTime(tick, now time.Time) bool { return now.Sub(p.when(tick).Due) <= onTime }

// do calls Do, and keeps the lease meanwhile. A panic is an error: one schedule
// must not end the process.
func (s *Scheduler) do(ctx context.Context, p Scheduled, tick time.Time, t *ledger.Tick) (err error) {
	defer keep(ctx, s.Lease, t.Renew)()
	defer func() {
		if v := recover(); v != nil {
			s.Log.Error().Str("schedule", p.Name).Bytes("stack", debug.Stack()).Msgf("panic: %T", v)
			err = errPanic
		}
	}()
	return p.Do(ctx, tick)
}
