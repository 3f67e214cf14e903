package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"loket-etl/inbox"
	"loket-etl/internal/folder"
)

// watched is an inbox that is being watched, with a clock and ticks of its own.
type watched struct {
	t      *testing.T
	dir    string
	ticks  chan time.Time
	found  chan inbox.Found
	told   chan error
	clock  atomic.Int64 // seconds
	ticked int64
	stats  inbox.Stats
}

// watch begins, and returns when the first scan is done.
func watch(t *testing.T, f folder.Folder, dir string, o inbox.Options) *watched {
	t.Helper()
	w := &watched{
		t: t, dir: dir, ticks: make(chan time.Time),
		found: make(chan inbox.Found, 100_000), told: make(chan error, 1000),
	}
	o.Now = func() time.Time { return time.Unix(w.clock.Load(), 0) }
	o.Ticks, o.Stats = w.ticks, &w.stats
	o.Failed = func(name string, err error) { w.told <- fmt.Errorf("%s: %w", name, err) }
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		err := inbox.Watch(ctx, f, o, func(_ context.Context, fd inbox.Found) error {
			w.found <- fd
			return nil
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("watch ended with %v", err)
		}
	})
	t.Cleanup(func() {
		cancel()
		wg.Wait()
	})
	w.tick()
	return w
}

// tick makes a full scan and waits until it is done.
func (w *watched) tick() {
	w.ticks <- time.Time{}
	for w.ticked++; w.stats.Scans.Load()+w.stats.Failures.Load() <= w.ticked; {
		runtime.Gosched()
	}
}

func (w *watched) write(name, data string) {
	w.t.Helper()
	if err := os.WriteFile(filepath.Join(w.dir, name), []byte(data), 0o644); err != nil {
		w.t.Fatal(err)
	}
}

func (w *watched) rename(from, to string) {
	w.t.Helper()
	if err := os.Rename(filepath.Join(w.dir, from), filepath.Join(w.dir, to)); err != nil {
		w.t.Fatal(err)
	}
}

func (w *watched) next() string {
	w.t.Helper()
	select {
	case fd := <-w.found:
		return fd.Name
	case <-time.After(30 * time.Second):
		w.t.Fatal("nothing was found")
		return ""
	}
}

func (w *watched) none() {
	w.t.Helper()
	select {
	case fd := <-w.found:
		w.t.Fatalf("found %+v", fd)
	default:
	}
}

func local(t *testing.T) (folder.Folder, string) {
	t.Helper()
	dir := t.TempDir()
	f, err := folder.NewLocal(dir)
	if err != nil {
		t.Fatal(err)
	}
	return f, dir
}

// No tick comes in these: only an event can have started the look.
func TestEventsMakeMarkersAndRenamesFast(t *testing.T) {
	for _, c := range []struct {
		name string
		drop func(w *watched)
	}{
		{"marker of its name", func(w *watched) { w.write("uren.csv", "data"); w.write("uren.csv.ok", "") }},
		{"marker of its stem", func(w *watched) { w.write("uren.csv", "data"); w.write("uren.DONE", "") }},
		{"marker with its hash", func(w *watched) { w.write("uren.csv", "data"); w.write("uren.csv.sha256", hexSum("data")) }},
		{"rename out of .part", func(w *watched) { w.write("uren.csv.part", "data"); w.rename("uren.csv.part", "uren.csv") }},
		{"rename out of a dotfile", func(w *watched) { w.write(".uren.csv.Xa81bQ", "data"); w.rename(".uren.csv.Xa81bQ", "uren.csv") }},
		{"rename out of quite another name", func(w *watched) { w.write("upload-7 ← x.tmp", "data"); w.rename("upload-7 ← x.tmp", "uren.csv") }},
		{"put by ourselves", func(w *watched) {
			f, _ := folder.NewLocal(w.dir)
			if err := f.Put(w.t.Context(), "uren.csv", os.Stdin); err != nil {
				w.t.Fatal(err)
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, dir := local(t)
			w := watch(t, f, dir, inbox.Options{Again: time.Hour})
			c.drop(w)
			if got := w.next(); got != "uren.csv" {
				t.Errorf("found %q", got)
			}
			w.tick()
			w.none()
			if n, m := w.stats.ByEvent.Load(), w.stats.ByScan.Load(); n != 1 || m != 0 {
				t.Errorf("%d by event, %d by scan", n, m)
			}
		})
	}
}

func TestEventsDoNotHurryPlainFiles(t *testing.T) {
	f, dir := local(t)
	w := watch(t, f, dir, inbox.Options{Again: time.Hour})
	w.write("first.csv", "data")
	w.write("old.csv", "data")
	w.rename("old.csv", "uren.csv") // no temporary name
	w.write("z.csv", "data")
	w.write("z.ok", "") // when this is found, the events before it were seen
	if got := w.next(); got != "z.csv" {
		t.Fatalf("found %q", got)
	}
	w.tick()
	w.none()
	w.clock.Add(10)
	w.tick()
	got := []string{w.next(), w.next()}
	slices.Sort(got)
	if !slices.Equal(got, []string{"first.csv", "uren.csv"}) {
		t.Errorf("found %q", got)
	}
}

// noPath hides that a folder is local: a share without events, or SFTP.
type noPath struct{ folder.Folder }

func TestWithoutEventsTheScansFindAll(t *testing.T) {
	for name, o := range map[string]inbox.Options{"switched off": {NoEvents: true}, "there are none": {}} {
		t.Run(name, func(t *testing.T) {
			f, dir := local(t)
			if !o.NoEvents {
				f = noPath{f}
			}
			w := watch(t, f, dir, o)
			w.write("a.csv.part", "data")
			w.write("b.csv", "data")
			w.write("b.ok", "")
			w.tick()
			if got := w.next(); got != "b.csv" {
				t.Errorf("found %q", got)
			}
			w.rename("a.csv.part", "a.csv")
			w.tick()
			for w.next() != "a.csv" { // b.csv still lies there
			}
			if w.stats.Events.Load() != 0 || w.stats.ByEvent.Load() != 0 {
				t.Error("there were events")
			}
		})
	}
}

func TestEventsReturnWithTheDirectory(t *testing.T) {
	for name, back := range map[string]func(dir string) error{
		"the same": func(dir string) error { return os.Rename(dir+".away", dir) },
		"another":  func(dir string) error { return os.Mkdir(dir, 0o755) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "in")
			f, err := folder.NewLocal(dir)
			if err != nil {
				t.Fatal(err)
			}
			w := watch(t, f, dir, inbox.Options{Again: time.Hour}) // absent at start
			<-w.told
			if err := os.Mkdir(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			w.tick()
			if err := os.Rename(dir, dir+".away"); err != nil {
				t.Fatal(err)
			}
			w.tick()
			<-w.told
			if err := back(dir); err != nil {
				t.Fatal(err)
			}
			w.tick()
			w.write("uren.csv", "data")
			w.write("uren.ok", "")
			if got := w.next(); got != "uren.csv" || w.stats.ByEvent.Load() != 1 {
				t.Errorf("found %q, %d by event", got, w.stats.ByEvent.Load())
			}
		})
	}
}

// While a file is handed over nobody takes events, and the system's queue is
// finite. What was lost is found by the scan that follows.
func TestLostEventsStartAScan(t *testing.T) {
	f, dir := local(t)
	held, free := make(chan bool), make(chan bool)
	found := make(chan string, 10)
	var stats inbox.Stats
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	drop := func(names ...string) {
		for _, name := range names {
			if err := os.WriteFile(filepath.Join(dir, name), []byte("data"), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	drop("first.csv", "first.ok", "x.tmp")
	wg.Go(func() {
		inbox.Watch(ctx, f, inbox.Options{Ticks: make(chan time.Time), Stats: &stats, Again: time.Hour},
			func(_ context.Context, fd inbox.Found) error {
				if fd.Name == "first.csv" {
					held <- true
					<-free
				}
				found <- fd.Name
				return nil
			})
	})
	<-held
	x, y := filepath.Join(dir, "x.tmp"), filepath.Join(dir, "y.tmp")
	for range queueLength(t) {
		if err := errors.Join(os.Rename(x, y), os.Rename(y, x)); err != nil {
			t.Fatal(err)
		}
	}
	drop("uren.csv", "uren.ok")
	close(free)
	for _, want := range []string{"first.csv", "uren.csv"} {
		select {
		case got := <-found:
			if got != want {
				t.Errorf("found %s, want %s", got, want)
			}
		case <-time.After(60 * time.Second):
			t.Fatalf("%s was not found", want)
		}
	}
	if stats.Overflows.Load() == 0 {
		t.Error("no event was lost, so this test showed nothing")
	}
}

// queueLength is more than half of what the system and the library hold together;
// a rename there and back makes four events.
func queueLength(t *testing.T) int {
	b, err := os.ReadFile("/proc/sys/fs/inotify/max_queued_events")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	var n int
	if _, err := fmt.Sscan(string(b), &n); err != nil {
		t.Fatal(err)
	}
	return (n+8192)/4 + 5000
}

// 50,000 files come while we watch. The work is one event each and a few scans:
// never a scan per file.
func TestFiftyThousandFilesAtOnce(t *testing.T) {
	const n = 50_000
	f, dir := local(t)
	w := watch(t, f, dir, inbox.Options{Again: time.Hour})
	w.write("uren.csv", "data")
	for i := range n - 1 { // a second name is made much faster than a file
		if err := os.Link(filepath.Join(dir, "uren.csv"), filepath.Join(dir, fmt.Sprintf("uren-%d.csv", i))); err != nil {
			t.Fatal(err)
		}
	}
	w.tick()
	w.clock.Add(10)
	begin := time.Now()
	w.tick()
	w.tick()
	t.Logf("two scans took %s", time.Since(begin))
	if got := len(w.found); got != n {
		t.Errorf("found %d", got)
	}
	seen := map[string]bool{}
	for len(w.found) > 0 {
		seen[(<-w.found).Name] = true
	}
	if len(seen) != n {
		t.Errorf("%d different names", len(seen))
	}
	if scans, most := w.stats.Scans.Load(), 5+w.stats.Overflows.Load(); scans > most {
		t.Errorf("%d scans, want at most %d", scans, most)
	}
	if w.stats.Files.Load() != n || w.stats.Waiting.Load() != 0 || w.stats.ByScan.Load() != n {
		t.Errorf("%d files, %d waiting, %d by scan", w.stats.Files.Load(), w.stats.Waiting.Load(), w.stats.ByScan.Load())
	}
}

func TestWatchOverSFTP(t *testing.T) {
	s, dir := startPartner(t)
	w := watch(t, openPartner(t, s, "/"), dir, inbox.Options{Again: time.Hour})
	w.write("a.csv", "data")
	w.write("a.csv.ok", "")
	w.write("b.csv", "data")
	w.tick()
	if got := w.next(); got != "a.csv" {
		t.Errorf("found %q", got)
	}
	s.Drop() // and the connection with it
	w.clock.Add(10)
	w.tick()
	if got := w.next(); got != "b.csv" {
		t.Errorf("found %q", got)
	}
	w.none()
}
