package pipelines

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"loket-etl/ledger"
	"loket-etl/mappings"
)

// keepSaid keeps what a file comes to by itself, for who looks later what it said:
// the plan is what has to be done beside earlier files, which may be nothing.
func (r *Runner) keepSaid(ctx context.Context, lease *ledger.Lease, calls []mappings.Planned) error {
	var said []ledger.Line
	for i, pc := range calls {
		line, err := planLine(i+1, plannedCall{Planned: pc})
		if err != nil {
			return err
		}
		said = append(said, ledger.Line{No: line.No, Function: line.Function, Subject: line.Subject, Args: line.Args})
	}
	return attachJSONDoc(ctx, lease, attachSaid, said)
}

// saidThen are the calls that the file of an entry came to by itself when it was
// planned.
func (r *Runner) saidThen(ctx context.Context, e ledger.Entry) (iter.Seq2[ledger.Line, error], error) {
	if f, err := r.Ledger.Attachment(ctx, e.ID, attachSaid); errors.Is(err, ledger.ErrNotFound) {
		return r.Ledger.Lines(ctx, e.ID), nil
	} else if err != nil {
		return nil, fmt.Errorf("read what the file said: %w", err)
	} else if err := f.Close(); err != nil {
		return nil, err
	}
	var said []ledger.Line
	if err := readAttached(ctx, r.Ledger, e.ID, attachSaid, &said); err != nil {
		return nil, err
	}
	return func(yield func(ledger.Line, error) bool) {
		for _, line := range said {
			if !yield(line, nil) {
				return
			}
		}
	}, nil
}
