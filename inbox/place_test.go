package inbox_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"loket-etl/inbox"
	"loket-etl/internal/folder"
	"loket-etl/internal/partner"
)

func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == "scan-as-nobody" {
		scanAsNobody(os.Args[2])
	}
	goleak.VerifyTestMain(m)
}

// place is an inbox with the directory behind it and a clock of its own.
type place struct {
	t      *testing.T
	dir    string
	f      folder.Folder
	box    *inbox.Inbox
	now    time.Time
	stats  inbox.Stats
	failed []string
}

func newPlace(t *testing.T, o inbox.Options) *place {
	t.Helper()
	dir := t.TempDir()
	f, err := folder.NewLocal(dir)
	if err != nil {
		t.Fatal(err)
	}
	return placeOf(t, f, dir, o)
}

func placeOf(t *testing.T, f folder.Folder, dir string, o inbox.Options) *place {
	t.Helper()
	p := &place{t: t, dir: dir, f: f, now: time.Date(2026, 10, 1, 9, 0, 0, 0, time.UTC)}
	o.Now = func() time.Time { return p.now }
	o.Stats = &p.stats
	o.Failed = func(name string, err error) { p.failed = append(p.failed, fmt.Sprintf("%s: %v", name, err)) }
	var err error
	if p.box, err = inbox.New(f, o); err != nil {
		t.Fatal(err)
	}
	return p
}

// minute is when a file was last written, in minutes after eight by the clock of
// its sender.
func minute(m int) time.Time { return time.Date(2026, 10, 1, 8, m, 0, 0, time.UTC) }

func (p *place) write(name, data string, m int) {
	p.t.Helper()
	full := filepath.Join(p.dir, name)
	if err := os.WriteFile(full, []byte(data), 0o644); err != nil {
		p.t.Fatal(err)
	}
	if err := os.Chtimes(full, minute(m), minute(m)); err != nil {
		p.t.Fatal(err)
	}
}

func (p *place) rename(from, to string) {
	p.t.Helper()
	if err := os.Rename(filepath.Join(p.dir, from), filepath.Join(p.dir, to)); err != nil {
		p.t.Fatal(err)
	}
}

func (p *place) remove(name string) {
	p.t.Helper()
	if err := os.Remove(filepath.Join(p.dir, name)); err != nil {
		p.t.Fatal(err)
	}
}

// scan gives the names found, with what stands in the Found beside them.
func (p *place) scan() []string {
	p.t.Helper()
	out := []string{}
	err := p.box.Scan(p.t.Context(), func(_ context.Context, fd inbox.Found) error {
		s := fd.Name
		if fd.Marker != "" {
			s += " with " + fd.Marker
		}
		if fd.SHA256 != "" {
			s += " hash"
		}
		if fd.Refuse != "" {
			s += " refused: " + fd.Refuse
		}
		out = append(out, s)
		return nil
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return out
}

func hexSum(s string) string {
	b := sha256.Sum256([]byte(s))
	return hex.EncodeToString(b[:])
}

// step is something that happens, then perhaps a scan.
type step struct {
	do   func(p *place)
	want []string // found by the scan that follows; nil: nothing
}

func do(f func(p *place), want ...string) step { return step{f, want} }

func nothing(*place) {}

func pass(d time.Duration, want ...string) step {
	return step{func(p *place) { p.now = p.now.Add(d) }, want}
}

func write(name, data string, m int, want ...string) step {
	return step{func(p *place) { p.write(name, data, m) }, want}
}

func startPartner(t *testing.T) (*partner.Server, string) {
	t.Helper()
	dir := t.TempDir()
	s, err := partner.Start(partner.Options{Dir: dir, User: "u", Password: "p"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s, dir
}

func openPartner(t *testing.T, s *partner.Server, dir string) folder.Folder {
	t.Helper()
	f, err := folder.Open(folder.Spec{Kind: "sftp", Host: s.Addr(), Dir: dir, User: "u", Password: "p", HostKeys: []string{s.HostKey()}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { folder.Close(f) })
	return f
}
