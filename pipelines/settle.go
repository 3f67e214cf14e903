package pipelines

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"loket-etl/inbox"
	"loket-etl/ledger"
)

// settle gives the sender the receipt and tidies the source away. The name to
// move to is committed before anything is moved; after that every step may be
// repeated: receipts are the same bytes each time, a move that was made counts
// as made.
func (r *Runner) settle(ctx context.Context, lease *ledger.Lease) error {
	e := lease.Entry()
	if e.Outcome == ledger.Dismissed {
		if err := r.countDismissed(ctx, lease); err != nil {
			return err
		}
	}
	if err := r.rememberShape(ctx, lease); err != nil {
		return err
	}
	left := false
	if place, ok := r.Inboxes[e.Inbox]; ok {
		var err error
		if left, err = r.handBack(ctx, lease, place); err != nil {
			return err
		}
	}
	if err := lease.Move(ctx, e.State, ledger.Settled, func(e *ledger.Entry) { e.Reason, e.Left = "", left }); err != nil {
		return err
	}
	e = lease.Entry()
	r.Metrics.settled(e.Pipeline, string(e.Outcome))
	r.Log.Info().Int64("entry", int64(e.ID)).Str("pipeline", e.Pipeline).Str("outcome", string(e.Outcome)).
		Int("rows", e.Rows).Int("accepted", e.Accepted).Int("refused", e.Refused).Msg("settled")
	return nil
}

// aim chooses where the source will go, in the same commit as the outcome; ""
// leaves that to settle. A crash before that commit forgets it.
func (r *Runner) aim(ctx context.Context, e ledger.Entry) string {
	place, ok := r.Inboxes[e.Inbox]
	if !ok {
		return ""
	}
	target, err := freeTarget(ctx, place, e)
	if err != nil {
		return ""
	}
	return target
}

// countDismissed makes the counts of a dismissed file those of the calls that
// were made before.
func (r *Runner) countDismissed(ctx context.Context, lease *ledger.Lease) error {
	e := lease.Entry()
	done := 0
	for line, err := range lease.Lines(ctx) {
		if err != nil {
			return fmt.Errorf("read the plan: %w", err)
		}
		if line.State == ledger.LineDone {
			done += line.Rows
		}
	}
	if e.Accepted == done {
		return nil
	}
	return lease.Move(ctx, e.State, e.State, func(e *ledger.Entry) { e.Accepted, e.Refused = done, e.Rows-done })
}

// manyTargets is how often another name is looked for when somebody puts a file
// where ours was to go.
const manyTargets = 5

// handBack puts the receipt and the source where they belong; left says that
// the source stays, for it is another file by now.
func (r *Runner) handBack(ctx context.Context, lease *ledger.Lease, place inbox.Folder) (left bool, err error) {
	for try := 0; ; try++ {
		e := lease.Entry()
		if e.Target == "" || try > 0 || len(path.Base(e.Target)) > longestName+16 {
			target, err := freeTarget(ctx, place, e)
			if err != nil {
				return false, fmt.Errorf("find a name for %s: %w", e.Name, err)
			}
			if err := lease.Move(ctx, e.State, e.State, func(e *ledger.Entry) { e.Target = target }); err != nil {
				return false, err
			}
		}
		if err = r.publishReceipt(ctx, lease, place); err == nil {
			left, err = r.tidy(ctx, lease, place)
		}
		if !errors.Is(err, fs.ErrExist) || try == manyTargets {
			return left, err
		}
	}
}

// maxNames is how many files of one name a folder may hold before a person
// should clean up.
const maxNames = 1 << 20

// freeTarget is a name in done/ or failed/ that no file has, so that next
// month's uren.csv does not meet last month's. It need not be the first that is
// free: with many of one name it does not try them all.
func freeTarget(ctx context.Context, place inbox.Folder, e ledger.Entry) (string, error) {
	taken := func(n int) (bool, error) { return isTaken(ctx, place, e.Outcome, targetName(e, n)) }
	low, high := 0, 1 // low is taken, high is perhaps free
	for {
		is, err := taken(high)
		if err != nil {
			return "", err
		}
		if !is {
			break
		}
		if low, high = high, 2*high; high > maxNames {
			return "", fmt.Errorf("there are %d files called %s: clean up", low, targetName(e, 1))
		}
	}
	for high-low > 1 {
		mid := (low + high) / 2
		is, err := taken(mid)
		if err != nil {
			return "", err
		}
		if is {
			low = mid
		} else {
			high = mid
		}
	}
	return targetName(e, high), nil
}

// targetName is the n-th name that the source may get.
func targetName(e ledger.Entry, n int) string {
	dir := "failed"
	if e.Outcome == ledger.Imported || e.Outcome == ledger.Partly {
		dir = "done"
	}
	base := shortName(path.Base(e.Name))
	if n > 1 {
		ext := path.Ext(base)
		base = fmt.Sprintf("%s-%d%s", strings.TrimSuffix(base, ext), n, ext)
	}
	return path.Join(dir, base)
}

// longestName leaves room in the 255 bytes that most file systems have for a name:
// for a number, -afgekeurd, .receipt.html and the extension of a marker.
const longestName = 200

// shortName is a name that leaves room for what is put behind it. One that is too
// long loses its end and gets a part of its SHA-256 instead, so that two of them
// stay two; what it is stays in its extension.
func shortName(name string) string {
	if len(name) <= longestName {
		return name
	}
	ext := path.Ext(name)
	if len(ext) > 16 {
		ext = ""
	}
	sum := sha256.Sum256([]byte(name))
	end := fmt.Sprintf("~%x%s", sum[:4], ext)
	cut := longestName - len(end)
	for cut > 0 && !utf8.RuneStart(name[cut]) {
		cut--
	}
	return name[:cut] + end
}

// isTaken reports whether a file has the name, or one of those beside it.
func isTaken(ctx context.Context, place inbox.Folder, outcome ledger.Outcome, name string) (bool, error) {
	all := []string{name, name + ".receipt.json", name + ".receipt.html"}
	if outcome == ledger.Partly {
		all = append(all, refusedName(name, attachRefused), refusedName(name, attachBack))
	}
	for _, beside := range all {
		f, err := place.Open(ctx, beside)
		if err == nil {
			f.Close()
			return true, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return false, err
		}
	}
	return false, nil
}

// refusedName is where the refused part goes: beside a failed file. Of what is no
// text in rows it is a table in CSV, to repair the source by; of a zip with documents
// it is a zip.
func refusedName(target, kind string) string {
	base := path.Base(target)
	ext := path.Ext(base)
	as := ext
	if kind != attachBack && slices.Contains(toCSV, strings.ToLower(ext)) {
		as = ".csv"
	}
	return path.Join("failed", strings.TrimSuffix(base, ext)+refusedSuffix+as)
}

const refusedSuffix = "-afgekeurd"

// toCSV are the extensions of files of which the refused part is a CSV.
var toCSV = []string{".xlsx", ".xlsm", ".json", ".ndjson", ".xml", ".gz", ".zip"}

// publishReceipt writes the receipt, and the refused part, beside the place
// where the source goes.
func (r *Runner) publishReceipt(ctx context.Context, lease *ledger.Lease, place inbox.Folder) error {
	rec, err := ReceiptOf(ctx, r.Ledger, lease.Entry().ID)
	if err != nil {
		return err
	}
	target := lease.Entry().Target
	if rec.RefusedFile != "" {
		kind := attachRefused
		if name := refusedName(target, attachBack); rec.RefusedFile == path.Base(name) && name != refusedName(target, attachRefused) {
			kind = attachBack
		}
		if err := putRefusedPart(ctx, lease, place, target, kind); err != nil {
			return err
		}
	}
	for _, form := range []struct {
		suffix string
		encode func() ([]byte, error)
	}{{".receipt.json", rec.JSON}, {".receipt.html", rec.HTML}} {
		data, err := form.encode()
		if err != nil {
			return err
		}
		if err := place.Put(ctx, target+form.suffix, bytes.NewReader(data)); err != nil {
			return fmt.Errorf("write receipt %s: %w", target+form.suffix, err)
		}
	}
	return nil
}

func putRefusedPart(ctx context.Context, lease *ledger.Lease, place inbox.Folder, target, kind string) error {
	part, err := lease.Attachment(ctx, kind)
	if err != nil {
		return fmt.Errorf("read the refused part: %w", err)
	}
	defer part.Close()
	name := refusedName(target, kind)
	if err := place.Put(ctx, name, part); err != nil {
		return fmt.Errorf("write the refused part %s: %w", name, err)
	}
	return nil
}
