package pipelines

import (
	"context"
	"io"
	"strings"
	"syscall"
	"testing"

	"loket-etl/internal/folder"
	"loket-etl/outbox"
)

// fullDisk is an outbox that takes nothing but its mark.
type fullDisk struct{ outbox.Folder }

func (f fullDisk) Put(ctx context.Context, name string, data io.Reader) error {
	if strings.HasPrefix(name, "etl-outbox-") {
		return f.Folder.Put(ctx, name, data)
	}
	return syscall.ENOSPC
}

func (f fullDisk) Remove(ctx context.Context, name string) error {
	return folder.Remove(ctx, f.Folder, name)
}

// An export that is tried again and again is due in the future each time: it does not
// wait for its moment.
func TestVerifySaysWhatIsTriedInVain(t *testing.T) {
	x := newExportWorld(t, use("standaardjournaal"))
	x.approve()
	x.runner.Outboxes["out"] = fullDisk{x.runner.Outboxes["out"]}
	x.tick()
	if _, err := x.runner.Work(t.Context()); err != nil {
		t.Fatal(err)
	}
	v, err := x.runner.Verify(t.Context())
	if err != nil || len(v.Complaints) != 1 {
		t.Fatalf("%+v, %v", v.Complaints, err)
	}
	if c := v.Complaints[0]; c.Kind != NotOut || c.Person || !strings.Contains(c.What, "tried in vain, the next time at ") || !strings.Contains(c.What, "no space left on device") {
		t.Errorf("%+v", c)
	}
}
