package pipelines

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"loket-etl/inbox"
	"loket-etl/ledger"
	"loket-etl/loket"
	"loket-etl/mappings"
	"loket-etl/outbox"
	"loket-etl/payroll"
)

// Limits bound what one file may cost.
type Limits struct {
	Problems  int // problems kept per file, default 1,000
	CallBytes int // bytes of one import file to Loket, default 20 MiB; Loket refuses over 25 MiB (fault 4002)
	Workers   int // goroutines that map one file, default one per processor
}

func (l Limits) problems() int { return cmp.Or(l.Problems, 1000) }

// Plans are the pipelines and mappings in force together: both change at once,
// so that no file meets half of an edit.
type Plans struct {
	Pipelines map[string]*Pipeline
	Exports   map[string]*Export
	Mappings  *mappings.Set
}

// Options are what a Runner works with.
type Options struct {
	Ledger   *ledger.Ledger
	Loket    *loket.Client
	Inboxes  map[string]inbox.Folder
	Bindings []Binding
	Outboxes map[string]outbox.Folder
	Exports  []Exporting
	Now      func() time.Time
	Log      zerolog.Logger
	Limits   Limits
	Metrics  *Metrics

	// Holder names this runner in leases; unique per process.
	Holder string
	// CallTimeout is how long one call to Loket may take. Leases outlive it, so
	// that no second runner meets a call that is still out.
	CallTimeout time.Duration
	// Grace is how long after CallTimeout Loket may still be busy with a call
	// that got no answer. Only then is it read back.
	Grace time.Duration
	// ResendWithin is how long after a lost overwriting call it may be sent again
	// when reading back shows that it was not carried out; later a person decides,
	// because someone may have changed the values in Loket since.
	ResendWithin time.Duration
	// ReplayFirst holds files of a pipeline whose mapping has changed until a person took
	// that version of it: see Ledger.MappingAccepted.
	ReplayFirst bool
	// Remember is how long what was read of somebody in Loket counts as what stands
	// before a call that overwrites it, as long as only this runner wrote there; 0: it
	// is read before every call. What somebody enters in Loket in that time is not seen
	// as what stood, so an undo would not put it back.
	Remember time.Duration
}

// Runner takes entries of the ledger forward. It keeps no truth of its own: any
// number of runners, in one process or several, may share a ledger. Its methods
// may be called by many goroutines.
type Runner struct {
	Options
	plans     atomic.Pointer[Plans]
	tables    atomic.Pointer[Tables]
	directory directory
	clients   clients
	returns   returns
	doubts    doubts
	recent    recent
	wake      chan struct{}
	progress  bell // rung after every step of every entry
}

// NewRunner is a runner with plans in force.
func NewRunner(o Options, p Plans) *Runner {
	if o.Now == nil {
		o.Now = time.Now
	}
	r := &Runner{Options: o, wake: make(chan struct{}, 64)}
	r.Use(p)
	return r
}

// Use puts other pipelines and mappings in force. Files planned before keep
// their plan.
func (r *Runner) Use(p Plans) { r.plans.Store(&p) }

// Plans are the pipelines and mappings in force.
func (r *Runner) Plans() Plans { return *r.plans.Load() }

// Tables are what exports look accounts up in.
type Tables struct {
	Books map[int]Books                       // by Clientnummer
	IBANs map[string]map[string]payroll.Payee // by the name of the export, as Exporting.IBANs
}

// UseTables puts other tables in force, in place of those of Options. Exports whose
// files are frozen keep them.
func (r *Runner) UseTables(t Tables) { r.tables.Store(&t) }

// leaseTime outlives a call with its time-out; whoever works longer renews it.
func (r *Runner) leaseTime() time.Duration { return 2*r.CallTimeout + r.Grace }

// Work takes due entries forward until there are none, then returns the time
// of the next one that will be due (zero: none is waiting).
func (r *Runner) Work(ctx context.Context) (time.Time, error) {
	for ctx.Err() == nil {
		lease, err := r.Ledger.Take(ctx, r.Holder, r.leaseTime())
		if errors.Is(err, ledger.ErrNothingDue) {
			next, _, err := r.Ledger.NextDue(ctx)
			return next, err
		}
		if err != nil {
			return time.Time{}, fmt.Errorf("take an entry: %w", err)
		}
		if err := r.Carry(ctx, lease); err != nil {
			return time.Time{}, err
		}
	}
	return time.Time{}, ctx.Err()
}

// Carry advances one entry until it is settled, held or has to wait. A panic on
// the way holds it: one file must not end the process.
func (r *Runner) Carry(ctx context.Context, lease *ledger.Lease) (err error) {
	stop := r.keep(ctx, lease)
	defer stop()
	defer func() {
		if p := recover(); p != nil {
			r.Log.Error().Int64("entry", int64(lease.Entry().ID)).Bytes("stack", debug.Stack()).Msgf("panic: %T", p)
			err = r.setAside(ctx, lease, errPanic)
		}
	}()
	for ctx.Err() == nil {
		settled, err := r.Advance(ctx, lease)
		r.progress.ring(lease.Entry().ID)
		switch {
		case errors.Is(err, ledger.ErrLost):
			return nil // another runner has it
		case errors.Is(err, errWaits):
			return nil
		case err != nil:
			return r.setAside(ctx, lease, err)
		case settled:
			return nil
		}
	}
	// Shutting down: give the entry back for whoever comes next.
	return lease.Release(context.WithoutCancel(ctx))
}

// keep renews the lease while somebody works on the entry, until stop.
func (r *Runner) keep(ctx context.Context, lease *ledger.Lease) (stop func()) {
	return keep(ctx, r.leaseTime(), lease.Renew)
}

// keep renews a lease of ttl, also while the program stops, until stop.
func keep(ctx context.Context, ttl time.Duration, renew func(context.Context, time.Duration) error) (stop func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(ttl / 3)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				if errors.Is(renew(ctx, ttl), ledger.ErrLost) {
					return
				}
			}
		}
	}()
	return func() {
		cancel()
		<-done
	}
}

// diedOften is how many holders in a row may take an entry and never come back
// before a person has to look: then working on it ended the process each time.
const diedOften = 3

// errWaits ends the work on an entry for now: its next due time, or the hold,
// is in the ledger.
var errWaits = errors.New("the entry waits")

// setAside writes an error that the steps did not settle themselves into the
// ledger: the entry waits for its next try or for a person. A database that
// does not answer is returned, for then nothing can be written.
func (r *Runner) setAside(ctx context.Context, lease *ledger.Lease, cause error) error {
	ctx = context.WithoutCancel(ctx)
	e := lease.Entry()
	v := judge(cause, e)
	log := r.Log.Warn().Int64("entry", int64(e.ID)).Str("pipeline", e.Pipeline).Str("state", string(e.State))
	if v.do == hold || v.do == refuse {
		log.Str("outcome", "held").Msg(v.reason)
		r.Metrics.held(e.Pipeline)
		return r.lostIsFine(lease.Hold(ctx, v.reason))
	}
	due := r.Now().Add(max(v.after, time.Second))
	log.Time("next_try", due).Msg("try again later: " + v.reason)
	r.Metrics.retried(e.Pipeline)
	return r.lostIsFine(lease.Later(ctx, due, v.reason))
}

func (r *Runner) lostIsFine(err error) error {
	if errors.Is(err, ledger.ErrLost) {
		return nil
	}
	return err
}

// Advance does one step for the entry: plan it, deliver one call, or settle
// it. Every step may be repeated after a crash at any line.
func (r *Runner) Advance(ctx context.Context, lease *ledger.Lease) (settled bool, err error) {
	e := lease.Entry()
	if e.Died >= diedOften {
		return false, r.park(ctx, lease, fmt.Sprintf("het programma is bij dit bestand %d keer gestopt zonder reden te geven; een beheerder moet het bekijken", e.Died))
	}
	switch e.State {
	case ledger.Staged:
		return false, r.plan(ctx, lease)
	case ledger.Planned:
		return false, r.deliver(ctx, lease)
	case ledger.Delivered, ledger.Refused:
		return true, r.settle(ctx, lease)
	case ledger.Due:
		return false, r.make(ctx, lease)
	case ledger.Ready:
		return false, r.publish(ctx, lease)
	case ledger.Settled:
		return true, nil
	default:
		return false, fmt.Errorf("entry %d is %s: not one to advance", e.ID, e.State)
	}
}
