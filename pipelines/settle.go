package pipelines

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"loket-etl/inbox"
	"loket-etl/ledger"
)

// settle gives the sender the receipt and tidies the source away. The name to
// move to is committed before anything is moved; after that every step may be
// repeated: receipts are the same bytes each time, a move that was made counts
// as made.
func (r *Runner) settle(ctx context.Context, lease *ledger.Lease) error {
	e := lease.Entry()
	place, hasSource := r.Inboxes[e.Inbox]
	if hasSource && e.Target == "" {
		target, err := freeTarget(ctx, place, e)
		if err != nil {
			return fmt.Errorf("find a name for %s: %w", e.Name, err)
		}
		if err := lease.Move(ctx, e.State, e.State, func(e *ledger.Entry) { e.Target = target }); err != nil {
			return err
		}
		e = lease.Entry()
	}
	if hasSource {
		if err := r.publishReceipt(ctx, lease, place); err != nil {
			return err
		}
		if err := r.tidy(ctx, lease, place); err != nil {
			return err
		}
	}
	if err := lease.Move(ctx, e.State, ledger.Settled, nil); err != nil {
		return err
	}
	r.Metrics.settled(e.Pipeline, string(e.Outcome))
	r.Log.Info().Int64("entry", int64(e.ID)).Str("pipeline", e.Pipeline).Str("outcome", string(e.Outcome)).
		Int("rows", e.Rows).Int("accepted", e.Accepted).Int("refused", e.Refused).Msg("settled")
	return nil
}

// maxNames is how many files of one name a folder may hold before a person
// should clean up.
const maxNames = 10_000

// freeTarget is a name in done/ or failed/ that no file has, so that next
// month's uren.csv does not meet last month's.
func freeTarget(ctx context.Context, place inbox.Folder, e ledger.Entry) (string, error) {
	dir := "failed"
	if e.Outcome == ledger.Imported || e.Outcome == ledger.Partly {
		dir = "done"
	}
	ext := path.Ext(e.Name)
	stem := strings.TrimSuffix(path.Base(e.Name), ext)
	for n := 1; n <= maxNames; n++ {
		name := path.Join(dir, stem+ext)
		if n > 1 {
			name = path.Join(dir, fmt.Sprintf("%s-%d%s", stem, n, ext))
		}
		taken := false
		for _, beside := range []string{name, name + ".receipt.json", refusedName(name)} {
			f, err := place.Open(ctx, beside)
			if err == nil {
				f.Close()
				taken = true
				break
			}
			if !errors.Is(err, fs.ErrNotExist) {
				return "", err
			}
		}
		if !taken {
			return name, nil
		}
	}
	return "", fmt.Errorf("%s has %d files called %s%s: clean it up", dir, maxNames, stem, ext)
}

// refusedName is where the refused part goes: beside a failed file.
func refusedName(target string) string {
	base := path.Base(target)
	ext := path.Ext(base)
	return path.Join("failed", strings.TrimSuffix(base, ext)+"-afgekeurd"+ext)
}

// publishReceipt writes the receipt, and the refused part, beside the place
// where the source goes.
func (r *Runner) publishReceipt(ctx context.Context, lease *ledger.Lease, place inbox.Folder) error {
	rec, err := ReceiptOf(ctx, r.Ledger, lease.Entry().ID)
	if err != nil {
		return err
	}
	target := lease.Entry().Target
	if err := r.putRefusedPart(ctx, lease, place, target); err != nil {
		return err
	}
	for suffix, encode := range map[string]func() ([]byte, error){".receipt.json": rec.JSON, ".receipt.html": rec.HTML} {
		data, err := encode()
		if err != nil {
			return err
		}
		if err := place.Put(ctx, target+suffix, bytes.NewReader(data)); err != nil {
			return fmt.Errorf("write receipt %s: %w", target+suffix, err)
		}
	}
	return nil
}

func (r *Runner) putRefusedPart(ctx context.Context, lease *ledger.Lease, place inbox.Folder, target string) error {
	if lease.Entry().Outcome != ledger.Partly {
		return nil
	}
	part, err := lease.Attachment(ctx, attachRefused)
	if errors.Is(err, ledger.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the refused part: %w", err)
	}
	defer part.Close()
	if err := place.Put(ctx, refusedName(target), part); err != nil {
		return fmt.Errorf("write the refused part %s: %w", refusedName(target), err)
	}
	return nil
}

// tidy moves the source away, if it still is the file that was staged. A
// source that grew since stays: it is a new file. A source that someone took
// away is replaced by our copy, so that done/ is complete.
func (r *Runner) tidy(ctx context.Context, lease *ledger.Lease, place inbox.Folder) error {
	e := lease.Entry()
	same, err := inbox.Same(ctx, place, e.Name, inbox.Info{Name: e.Name, Size: e.Size, ModTime: e.ModTime}, e.SHA256)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("look at the source %s: %w", e.Name, err)
	}
	if err == nil && same || errors.Is(err, fs.ErrNotExist) {
		err = place.Move(ctx, e.Name, e.Target)
		if err == nil {
			return r.tidyMarker(ctx, lease, place)
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("move the source to %s: %w", e.Target, err)
		}
	}
	copied, err := lease.Open(ctx)
	if errors.Is(err, ledger.ErrNotFound) {
		return nil // it was over the limit: never staged
	}
	if err != nil {
		return fmt.Errorf("open the staged bytes: %w", err)
	}
	defer copied.Close()
	if err := place.Put(ctx, e.Target, copied); err != nil {
		return fmt.Errorf("write our copy to %s: %w", e.Target, err)
	}
	return nil
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
