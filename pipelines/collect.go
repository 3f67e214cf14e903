package pipelines

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"loket-etl/ledger"
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
	fates, same, err := r.fates(ctx, name, place, lying)
	if err != nil {
		return err
	}
	for i, fate := range fates {
		switch fate.Is {
		case outbox.Fetched:
			if !same {
				continue
			}
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
	if !same {
		return errElsewhere
	}
	return nil
}

// errElsewhere says that files are gone from a place that may never have had them.
var errElsewhere = errors.New("it is not the place where files were published, or its etl-outbox-*.part was removed: is the share mounted? Nothing counts as fetched")

// fates says what became of files that were published in an outbox, in their order.
// That a file is gone means something only in the place where it lay: when same is
// false, those that were Fetched are to be left alone. A file that was moved or
// acknowledged shows the place itself.
func (r *Runner) fates(ctx context.Context, name string, place outbox.Folder, lying []ledger.Output) (fates []outbox.Fate, same bool, err error) {
	var expected []outbox.Expected
	for _, o := range lying {
		expected = append(expected, outbox.Expected{Name: o.Name, Size: o.Size})
	}
	fates, err = outbox.Collected(ctx, place, expected, r.moved(name)...)
	if err != nil || !slices.ContainsFunc(fates, func(f outbox.Fate) bool { return f.Is == outbox.Fetched }) {
		return fates, true, err
	}
	mark, err := r.Ledger.Place(ctx, name)
	if err == nil {
		same, err = outbox.HasMark(ctx, place, mark)
	}
	return fates, same, err
}

// mark sees to it that an outbox will be known again, before a file is published
// there. A mark that went away gives way to a new one: the old place, when it comes
// back, is not this one. While files lie there as far as is known, that takes a person
// who is sure.
func (r *Runner) mark(ctx context.Context, name string, place outbox.Folder, id ledger.ID) error {
	mark, err := r.Ledger.Place(ctx, name)
	if err != nil {
		return err
	}
	if there, err := outbox.HasMark(ctx, place, mark); err != nil || there {
		return err
	}
	if mark != "" {
		lying, err := r.Ledger.Published(ctx, name)
		if err != nil {
			return err
		}
		if len(lying) > 0 {
			reason := markGone(name)
			events, err := r.Ledger.Audit(ctx, id)
			if err != nil {
				return err
			}
			if !freed(events, reason) {
				return wrong("%s", reason)
			}
		}
		r.Log.Warn().Str("outbox", name).Msg("the etl-outbox-*.part that was put there is gone: a new one is put there")
	}
	// A crash after the first step, or another worker in between, leaves a mark that
	// means nothing. The other way round the ledger would miss a mark that is not
	// there yet.
	made := outbox.NewMark()
	if err := outbox.PutMark(ctx, place, made); err != nil {
		return err
	}
	mark, err = r.Ledger.MarkPlace(ctx, name, mark, made)
	if err != nil || mark == made {
		return err
	}
	return outbox.RemoveMark(ctx, place, made) // somebody was first
}

// markGone is why an export waits for a person when its outbox is not known again.
func markGone(name string) string {
	return fmt.Sprintf("in outbox %s ontbreekt etl-outbox-*.part, dat daar bij eerdere bestanden is gezet: is het wel dezelfde plek, of is een share niet aangekoppeld? Er is niets verzonden. Is het de goede plek, geef de export dan vrij", name)
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
