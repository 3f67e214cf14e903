package pipelines

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"loket-etl/inbox"
	"loket-etl/ledger"
)

// tidy moves the source away, if it still is the file that was staged. A source
// that changed since stays, and left says so: it is a new file. Then, and when
// someone took the source away, our copy takes its place, so that done/ is
// complete.
func (r *Runner) tidy(ctx context.Context, lease *ledger.Lease, place inbox.Folder) (left bool, err error) {
	e := lease.Entry()
	same, err := inbox.Unchanged(ctx, place, inbox.Info{Name: e.Name, Size: e.Size, ModTime: e.ModTime})
	gone := errors.Is(err, fs.ErrNotExist)
	if err != nil && !gone {
		return false, fmt.Errorf("look at the source %s: %w", e.Name, err)
	}
	if same {
		// A crash after this line may leave another file under our name, one that
		// replaced the source since we looked: putBack finds that too.
		err = place.Move(ctx, e.Name, e.Target)
		switch {
		case errors.Is(err, fs.ErrExist):
			// Our copy may be there from an earlier life, and the source be the same
			// file dropped again; else putting it says so.
			gone = true
		case errors.Is(err, fs.ErrNotExist):
			gone = true
		case err != nil:
			return false, fmt.Errorf("move the source to %s: %w", e.Target, err)
		}
	}
	moved := same && !gone
	ours, err := inbox.Holds(ctx, place, e.Target, e.SHA256)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return false, fmt.Errorf("look at %s: %w", e.Target, err)
	case ours:
		return false, r.tidyMarker(ctx, lease, place)
	default:
		back, err := r.putBack(ctx, place, e, moved)
		if err != nil {
			return false, fmt.Errorf("give %s back, which came while its forerunner was settled: %w", e.Name, err)
		}
		same, gone = same && !back, gone && !back
	}
	copied, err := lease.Open(ctx)
	if errors.Is(err, ledger.ErrNotFound) {
		return !gone, nil // it was over the limit: never staged
	}
	if err != nil {
		return false, fmt.Errorf("open the staged bytes: %w", err)
	}
	defer copied.Close()
	if err := place.Put(ctx, e.Target, copied); err != nil {
		return false, fmt.Errorf("write our copy to %s: %w", e.Target, err)
	}
	return !same && !gone, nil
}

// putBack brings a file that nobody took in, and that came to our name in place of
// the source, back to the inbox: under its name, or a free one when the next has
// come already. What is not known to have come that way is left alone when the
// ledger knows its bytes: it is that of another entry.
func (r *Runner) putBack(ctx context.Context, place inbox.Folder, e ledger.Entry, moved bool) (back bool, err error) {
	if !moved {
		sum, err := inbox.Sum(ctx, place, e.Target)
		if err != nil {
			return false, err
		}
		if known, err := r.Ledger.List(ctx, ledger.Filter{SHA256: sum, Limit: 1}); err != nil || len(known) > 0 {
			return false, err
		}
	}
	ext := path.Ext(e.Name)
	for n := 1; ; n++ {
		name := e.Name
		if n > 1 {
			name = fmt.Sprintf("%s-%d%s", strings.TrimSuffix(e.Name, ext), n, ext)
		}
		err := place.Move(ctx, e.Target, name)
		if errors.Is(err, fs.ErrExist) && n < manyTargets {
			continue
		}
		if err == nil {
			r.Log.Warn().Int64("entry", int64(e.ID)).Msg("another file took the place of the source while it was settled: it went back to the inbox")
		}
		return err == nil, err
	}
}

func (r *Runner) tidyMarker(ctx context.Context, lease *ledger.Lease, place inbox.Folder) error {
	e := lease.Entry()
	if e.Marker == "" {
		return nil
	}
	to := e.Target + path.Ext(e.Marker)
	err := place.Move(ctx, e.Marker, to)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("move the marker to %s: %w", to, err)
	}
	return nil
}
