package pipelines

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"loket-etl/inbox"
	"loket-etl/internal/folder"
	"loket-etl/ledger"
)

// swapper is an inbox in which another file takes the place of the source between
// the last look and the move; then it may fail, as a power cut does.
type swapper struct {
	inbox.Folder
	dir, with string // the file that comes, "" when it came
	fail      bool
}

func (s *swapper) Stat(ctx context.Context, name string) (folder.Info, error) {
	return folder.Stat(ctx, s.Folder, name)
}

func (s *swapper) Move(ctx context.Context, name, to string) error {
	if s.with == "" {
		return s.Folder.Move(ctx, name, to)
	}
	next := filepath.Join(s.dir, "next.tmp")
	err := errors.Join(os.WriteFile(next, []byte(s.with), 0o644), os.Rename(next, filepath.Join(s.dir, name)))
	s.with = ""
	if err = errors.Join(err, s.Folder.Move(ctx, name, to)); err == nil && s.fail {
		err = errors.New("the power was cut")
	}
	return err
}

// What replaces the source at the very last moment is no part of done/: nobody took
// it in.
func TestAFileThatReplacesTheSourceAsItIsMovedIsTakenIn(t *testing.T) {
	for name, cut := range map[string]bool{"and nothing else happens": false, "and the power is cut": true} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.drop("uren_5555.csv", hoursFile)
			next := strings.Replace(hoursFile, "8,00", "6,50", 1)
			if next == hoursFile {
				t.Fatal("the next file is the same")
			}
			in := w.runner.Inboxes["in"]
			w.runner.Inboxes["in"] = &swapper{Folder: in, dir: in.(*folder.Local).Path(), with: next, fail: cut}
			w.settle()
			if got := w.read("done/uren_5555.csv"); got != hoursFile {
				t.Errorf("done/ does not hold what was taken in: %q", got)
			}
			if got := w.read("uren_5555.csv"); got != next {
				t.Fatalf("the inbox holds %q", got)
			}
			w.scan()
			w.settle()
			if e := w.find(2); e.Outcome != ledger.Imported || w.read("done/uren_5555-2.csv") != next {
				t.Errorf("the next file: %s %q", e.Outcome, e.Reason)
			}
		})
	}
}
