package pipelines

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"loket-etl/internal/folder"
	"loket-etl/internal/partner"
	"loket-etl/ledger"
	"loket-etl/outbox"
)

// frozenExport is an approved run whose payment file and manifest are frozen and
// wait for their moment. Each case publishes them from a copy of its ledger.
type frozenExport struct {
	x       *exportWorld
	outputs []ledger.Output
	at      time.Time // when they may be published
}

func newFrozenExport(t *testing.T) *frozenExport {
	t.Helper()
	f := &frozenExport{x: newExportWorld(t, use("sepa-betalingen"))}
	f.x.approve()
	f.x.tick()
	var err error
	if f.at, err = f.x.runner.Work(t.Context()); err != nil {
		t.Fatal(err)
	}
	if f.outputs, err = f.x.ledger.Outputs(t.Context(), f.x.entry("sepa-betalingen").ID); err != nil || len(f.outputs) != 2 {
		t.Fatal(f.outputs, err)
	}
	if err := f.x.ledger.Close(); err != nil {
		t.Fatal(err)
	}
	return f
}

// sftpExport publishes the frozen files to a partner of its own.
type sftpExport struct {
	*exportWorld
	server *partner.Server
	eye    *eyeOfPartner
}

// begin is one case. The partner looks at what is visible before every request has
// an effect; one that takes moves it away at once.
func (f *frozenExport) begin(t *testing.T, o partner.Options, takes bool) *sftpExport {
	t.Helper()
	w := &sftpExport{exportWorld: f.copy(t), eye: newEye(t, f.outputs, takes)}
	o.Dir, o.User, o.Password, o.Hear = w.eye.dir, "partner", "geheim", func(partner.Request) { w.eye.look() }
	var err error
	if w.server, err = partner.Start(o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.server.Close() })
	w.dial(callTimeout)
	return w
}

// copy is a world of its own around the sandbox that all share.
func (f *frozenExport) copy(t *testing.T) *exportWorld {
	t.Helper()
	dir := t.TempDir()
	data, err := os.ReadFile(filepath.Join(f.x.dir, "etl.db"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "etl.db"), data, 0o600); err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, dir: dir, clock: newClock(), loket: f.x.loket, url: f.x.url}
	w.clock.advance(f.at)
	if w.ledger, err = ledger.Open(t.Context(), "sqlite:"+filepath.Join(dir, "etl.db"), ledger.Options{Now: w.clock.Now}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.ledger.Close() })
	o := options(w.ledger, newClient(t, w.url, w.clock.Now, time.Minute, nil), nil, w.clock.Now)
	o.CallTimeout, o.Exports = time.Minute, []Exporting{use("sepa-betalingen")}
	w.runner = NewRunner(o, loadedPlans(t))
	return &exportWorld{world: w}
}

// dial connects the outbox anew, with what the partner's host key is now.
func (w *sftpExport) dial(timeout time.Duration) {
	w.t.Helper()
	w.open(folder.Spec{Kind: "sftp", Dir: "/", Host: w.server.Addr(), User: "partner", Password: "geheim",
		HostKeys: []string{w.server.HostKey()}, Timeout: timeout, Keepalive: time.Minute})
}

func (x *exportWorld) open(s folder.Spec) {
	x.t.Helper()
	place, err := folder.Open(s)
	if err != nil {
		x.t.Fatal(err)
	}
	x.t.Cleanup(func() { folder.Close(place) })
	x.runner.Outboxes = map[string]outbox.Folder{"out": place}
}

// tries works until n tries were made, or nothing is left to do.
func (x *exportWorld) tries(n int) {
	x.t.Helper()
	for range n {
		next, err := x.runner.Work(x.t.Context())
		if err != nil {
			x.t.Fatal(err)
		}
		if next.IsZero() {
			return
		}
		x.clock.advance(next)
	}
}

// eyeOfPartner is the partner, who looks at whatever has a final name.
type eyeOfPartner struct {
	dir, away string
	takes     bool
	want      map[string]string // SHA-256 by name

	mu       sync.Mutex
	seen     map[string][]os.FileInfo // that were seen, each once
	taken    map[string]int
	problems []string
}

func newEye(t *testing.T, outputs []ledger.Output, takes bool) *eyeOfPartner {
	e := &eyeOfPartner{dir: t.TempDir(), away: t.TempDir(), takes: takes, want: map[string]string{}, seen: map[string][]os.FileInfo{}, taken: map[string]int{}}
	for _, o := range outputs {
		e.want[o.Name] = o.SHA256
		sum := sha256.Sum256([]byte(o.SHA256 + "  " + o.Name + "\n"))
		e.want[o.Name+".sha256"] = hex.EncodeToString(sum[:])
	}
	return e
}

func (e *eyeOfPartner) look() {
	e.mu.Lock()
	defer e.mu.Unlock()
	all, err := os.ReadDir(e.dir)
	if err != nil {
		return // the test is over
	}
	for _, d := range all {
		name := d.Name()
		if strings.HasSuffix(name, ".part") || strings.HasPrefix(name, ".") {
			continue // temporary names, which partners leave alone
		}
		path := filepath.Join(e.dir, name)
		data, err := os.ReadFile(path)
		info, serr := os.Stat(path)
		if err != nil || serr != nil {
			e.problems = append(e.problems, name+" went away")
			continue
		}
		sum := sha256.Sum256(data)
		if hex.EncodeToString(sum[:]) != e.want[name] {
			e.problems = append(e.problems, fmt.Sprintf("%s is visible with %d other bytes", name, len(data)))
		}
		if !slices.ContainsFunc(e.seen[name], func(i os.FileInfo) bool { return os.SameFile(i, info) }) {
			e.seen[name] = append(e.seen[name], info)
		}
		if e.takes && !strings.HasSuffix(name, ".sha256") {
			e.taken[name]++
			if err := os.Rename(path, filepath.Join(e.away, fmt.Sprint(e.taken[name], name))); err != nil {
				e.problems = append(e.problems, err.Error())
			}
		}
	}
}

// end finishes what is held as a person does who asked the partner, and says
// whether every file was visible once.
func (w *sftpExport) end() (asked int) {
	w.t.Helper()
	w.settle()
	for e := w.entry("sepa-betalingen"); e.State == ledger.Held; e = w.entry("sepa-betalingen") {
		if asked++; asked > 2 {
			w.t.Errorf("held again: %s", e.Reason)
			return asked
		}
		w.eye.look()
		for _, o := range w.outputs() {
			if o.State != ledger.OutputPrepared {
				continue
			}
			if w.eye.taken[o.Name] != 1 {
				w.t.Errorf("a person was asked about a file that the partner took %d times: %s", w.eye.taken[o.Name], e.Reason)
			}
			if err := w.ledger.ByHand(w.t.Context(), e.ID, o.No, o.SHA256, "ans", "de bank heeft het"); err != nil {
				w.t.Error(err)
			}
		}
		if err := w.ledger.Release(w.t.Context(), e.ID, "ans", "nagevraagd"); err != nil {
			w.t.Error(err)
			return asked
		}
		w.settle()
	}
	w.once()
	return asked
}

func (x *exportWorld) outputs() []ledger.Output {
	x.t.Helper()
	all, err := x.ledger.Outputs(x.t.Context(), x.entry("sepa-betalingen").ID)
	if err != nil {
		x.t.Fatal(err)
	}
	return all
}

// once says whether the partner saw every file exactly once, whole.
func (w *sftpExport) once() {
	w.t.Helper()
	w.eye.look()
	w.eye.mu.Lock()
	defer w.eye.mu.Unlock()
	for _, p := range w.eye.problems {
		w.t.Error(p)
	}
	if e := w.entry("sepa-betalingen"); e.State != ledger.Settled || e.Outcome != ledger.Exported {
		w.t.Errorf("it ends as %s %s: %q", e.State, e.Outcome, e.Reason)
	}
	for name := range w.eye.want {
		if n := len(w.eye.seen[name]); n != 1 {
			w.t.Errorf("the partner saw %s %d times", name, n)
		}
	}
	for _, o := range w.outputs() {
		if o.State != ledger.OutputPublished && (o.State != ledger.OutputByHand || !w.eye.takes) {
			w.t.Errorf("%s is %s", o.Name, o.State)
		}
	}
}

// nothing says that nothing of the file was ever visible.
func (w *sftpExport) nothing() {
	w.t.Helper()
	w.eye.look()
	w.eye.mu.Lock()
	defer w.eye.mu.Unlock()
	for name := range w.eye.seen {
		w.t.Errorf("%s is visible", name)
	}
	for _, p := range w.eye.problems {
		w.t.Error(p)
	}
}
