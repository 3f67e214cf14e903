package pipelines

import (
	"context"
	"errors"
	"fmt"

	"loket-etl/outbox"
)

// Collect looks in every outbox what became of the files that lie there, and
// records which were collected. An outbox that cannot be looked at is an error, and
// says nothing about its files; the others are looked at all the same.
func (r *Runner) Collect(ctx context.Context) error {
	var errs []error
	for name, place := range r.Outboxes {
		if err := r.collect(ctx, name, place); err != nil {
			errs = append(errs, fmt.Errorf("look at outbox %s: %w", name, err))
		}
	}
	return errors.Join(errs...)
}

func (r *Runner) collect(ctx context.Context, name string, place outbox.Folder) error {
	lying, err := r.Ledger.Published(ctx, name)
	if err != nil || len(lying) == 0 {
		return err
	}
	var expected []outbox.Expected
	for _, o := range lying {
		expected = append(expected, outbox.Expected{Name: o.Name, Size: o.Size})
	}
	fates, err := outbox.Collected(ctx, place, expected, r.moved(name)...)
	if err != nil {
		return err
	}
	for i, fate := range fates {
		switch fate.Is {
		case outbox.Lying:
			continue
		case outbox.Replaced: // nobody knows whether it was taken before: etl verify tells
			r.Log.Warn().Int64("entry", int64(lying[i].Entry)).Int("file", lying[i].No).Str("outbox", name).Msg("something else lies there under the name of a published file")
			continue
		}
		if err := r.Ledger.Collect(ctx, lying[i], fate.Is.String()); err != nil {
			return err
		}
		r.Log.Info().Int64("entry", int64(lying[i].Entry)).Int("file", lying[i].No).Str("outbox", name).Str("fate", fate.Is.String()).Msg("collected")
	}
	return nil
}

// moved are the subfolders where the partner of an outbox puts what it took.
func (r *Runner) moved(outbox string) []string {
	for _, x := range r.Exports {
		if x.Outbox == outbox && len(x.Moved) > 0 {
			return x.Moved
		}
	}
	return nil
}
