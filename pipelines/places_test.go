package pipelines

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"loket-etl/internal/folder"
	"loket-etl/ledger"
	"loket-etl/outbox"
)

// TestAnOutboxThatIsNotKnownAgainTakesAPersonWhoSawIt: files lie in one directory, and
// another stands in its place. That a person let the export go on for another reason
// says nothing about that.
func TestAnOutboxThatIsNotKnownAgainTakesAPersonWhoSawIt(t *testing.T) {
	x := newExportWorld(t, use("standaardjournaal"), use("loonresultaten"))
	x.approve()
	if _, err := x.runner.Expect(t.Context(), "standaardjournaal"); err != nil {
		t.Fatal(err)
	}
	x.settle()
	x.tick()
	marks, err := filepath.Glob(filepath.Join(x.out, "etl-outbox-*.part"))
	if err != nil || len(marks) != 1 {
		t.Fatalf("marks %v, %v", marks, err)
	}
	if err := os.Remove(marks[0]); err != nil {
		t.Fatal(err)
	}
	id := x.entry("loonresultaten").ID
	x.heldAndReleased(id, "even wachten")
	x.settle()
	e := x.entry("loonresultaten")
	if e.State != ledger.Held || !strings.Contains(e.Reason, "ontbreekt etl-outbox-*.part") {
		t.Fatalf("%s %q", e.State, e.Reason)
	}
	if err := x.ledger.Release(t.Context(), id, "ans", "het is de goede map"); err != nil {
		t.Fatal(err)
	}
	x.settle()
	if e := x.entry("loonresultaten"); e.Outcome != ledger.Exported {
		t.Errorf("after the word of a person: %s %q", e.State, e.Reason)
	}
}

// TestManyWorkersMarkAnOutboxOnce: on the first day of an outbox several exports go
// there at once, and marking it takes as long as a server does.
func TestManyWorkersMarkAnOutboxOnce(t *testing.T) {
	x := newExportWorld(t, use("standaardjournaal"))
	slow := &slowMark{Folder: x.runner.Outboxes["out"], second: make(chan struct{})}
	done := make(chan error, 2)
	for range 2 {
		go func() { done <- x.runner.mark(t.Context(), "out", slow, 1) }()
	}
	for range 2 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if err := x.runner.mark(t.Context(), "out", slow, 1); err != nil {
		t.Error(err)
	}
	marks, err := filepath.Glob(filepath.Join(x.out, "etl-outbox-*.part"))
	if err != nil || len(marks) != 1 {
		t.Errorf("marks %v, %v", marks, err)
	}
}

// slowMark lets the first mark wait until the second comes.
type slowMark struct {
	outbox.Folder
	puts   atomic.Int32
	second chan struct{}
}

func (s *slowMark) Put(ctx context.Context, name string, data io.Reader) error {
	if s.puts.Add(1) == 1 {
		<-s.second
	} else {
		defer close(s.second)
	}
	return s.Folder.Put(ctx, name, data)
}

func (s *slowMark) Remove(ctx context.Context, name string) error {
	return folder.Remove(ctx, s.Folder, name)
}
