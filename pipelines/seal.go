package pipelines

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"loket-etl/formats"
	"loket-etl/ledger"
	"loket-etl/mappings"
)

// opened is the name of a file as pipelines and mappings look at it.
func (b Binding) opened(name string) string {
	if b.Seal == nil {
		return name
	}
	return formats.OpenedName(name)
}

// open reads a file as it is once open. The plain text is never kept: every reading
// opens the file anew.
func (b Binding) open(file func() (io.ReadCloser, error), at time.Time) (io.ReadCloser, error) {
	in, err := file()
	if err != nil || b.Seal == nil {
		return in, err
	}
	plain, err := b.Seal.Open(in, at)
	if err != nil {
		return nil, errors.Join(err, in.Close())
	}
	return struct {
		io.Reader
		io.Closer
	}{plain, in}, nil
}

// sealed reports whether an entry arrived encrypted or signed.
func (r *Runner) sealed(e ledger.Entry) bool { return r.binding(e.Pipeline, e.Inbox).Seal != nil }

// unopened says why the file of an entry cannot be opened, nil when it can. sum is as
// of Binding.unopened.
func (r *Runner) unopened(ctx context.Context, lease *ledger.Lease) (sum string, issue *formats.Problem, err error) {
	e := lease.Entry()
	b := r.binding(e.Pipeline, e.Inbox)
	return b.unopened(func() (io.ReadCloser, error) {
		return b.open(func() (io.ReadCloser, error) { return lease.Open(ctx) }, e.Received)
	})
}

// unopened says why a file cannot be opened, nil when it can or need not. It reads the
// whole of it: only at the end it shows whether it is whole, and who signed it. sum is
// the SHA-256 of what it holds, "" when it was not opened.
func (b Binding) unopened(open func() (io.ReadCloser, error)) (sum string, issue *formats.Problem, err error) {
	if b.Seal == nil {
		return "", nil, nil
	}
	sum, err = sumOf(open)
	var file *formats.FileError
	if errors.As(err, &file) {
		return "", &file.Problem, nil
	}
	if err != nil {
		return "", nil, fmt.Errorf("open what arrived encrypted: %w", err)
	}
	return sum, nil, nil
}

// maySeal reports whether files of a pipeline arrive encrypted, in any inbox.
func (r *Runner) maySeal(pipeline string) bool {
	return slices.ContainsFunc(r.Bindings, func(b Binding) bool { return b.Pipeline == pipeline && b.Seal != nil })
}

// holdsTheSame reports whether another file held the same as this one, encrypted anew
// or not at all: then this one is a duplicate of it. It waits for an older one that is
// on its way; of a newer one that went before it, it is a duplicate at once, for that
// may wait for this one. A crash on the way has it looked at again.
func (r *Runner) holdsTheSame(ctx context.Context, lease *ledger.Lease, sum string) (bool, error) {
	e := lease.Entry()
	if !r.maySeal(e.Pipeline) {
		return false, nil
	}
	if sum == "" {
		sum = e.SHA256
	}
	other, err := lease.Opened(ctx, sum)
	switch {
	case err != nil:
		return false, err
	case other.ID > e.ID && !e.Forced:
		return true, lease.Repeats(ctx, other.ID)
	case other.ID != 0:
		return false, r.giveWay(ctx, lease, other)
	case e.Forced:
		return false, nil
	}
	before, err := r.doneBefore(ctx, lease, ledger.Filter{Content: sum})
	if err != nil || before == 0 {
		return false, err
	}
	return true, lease.Repeats(ctx, before)
}

// refuseUnopened refuses a file of which nothing is known but why it stays closed.
func (r *Runner) refuseUnopened(ctx context.Context, lease *ledger.Lease, p *Pipeline, m *mappings.Mapping, issue formats.Problem) error {
	draft, err := lease.Draft(ctx, func(func(ledger.Line) error) error { return nil })
	if err != nil {
		return err
	}
	return r.finishPlan(ctx, lease, p, m, mappings.Input{}, mappings.Report{Problems: []formats.Problem{issue}}, draft, 0)
}

// notHandedBack says why there is no refused part of a file that arrived encrypted.
var notHandedBack = formats.Problem{
	Code:    "niet-teruggelegd",
	Message: "Dit bestand kwam versleuteld of ondertekend aan; daarom ligt er geen afgekeurd deel in klare tekst naast deze bevestiging.",
	Repair:  "Haal de genoemde regels uit uw eigen bestand, verbeter ze en lever ze op dezelfde manier opnieuw aan.",
}
