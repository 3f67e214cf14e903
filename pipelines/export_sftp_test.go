package pipelines

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"loket-etl/internal/folder/foldertest"
	"loket-etl/internal/partner"
	"loket-etl/ledger"
)

// Each request of a publish is spoiled in each way, once with a partner who lets
// the files lie and once with one who takes each as soon as it has its name.
func TestAnExportWithEachSFTPRequestSpoiled(t *testing.T) {
	f := newFrozenExport(t)
	for name, kind := range map[string]partner.Kind{
		"refused": partner.Refused, "refused after": partner.RefusedAfter, "slow": partner.Slow, "slow after": partner.SlowAfter,
		"lost before": partner.LostBefore, "lost after": partner.LostAfter,
	} {
		for _, takes := range []bool{false, true} {
			good := f.begin(t, partner.Options{}, takes)
			if asked := good.end(); asked != 0 {
				t.Fatalf("a person was asked %d times in a good mood", asked)
			}
			requests := 0
			for _, n := range good.server.Requests() {
				requests += n
			}
			stride := 7 * thin // the outbox spoils each request in each mood
			if strings.HasPrefix(name, "lost") {
				stride = 2 * thin
			}
			if strings.HasPrefix(name, "slow") {
				stride = 15 * thin // each waits for the deadline
			}
			var asked atomic.Int64
			t.Run(fmt.Sprintf("%s, taken %v", name, takes), func(t *testing.T) {
				first := 0
				if takes {
					first = 1
				}
				for at := first; at < requests; at += stride {
					t.Run(fmt.Sprintf("request %d of %d", at+1, requests), func(t *testing.T) {
						t.Parallel()
						w := f.begin(t, partner.Options{}, takes)
						w.server.SetMood(partner.Mood{Kind: kind, Skip: at, Count: 1})
						w.tries(1)
						w.server.Release()
						w.dial(20 * time.Second) // from here on slowness is the machine's
						asked.Add(int64(w.end()))
					})
				}
			})
			if !takes && asked.Load() > 0 {
				t.Errorf("%s: a person was asked %d times, though everything could be seen", name, asked.Load())
			}
		}
	}
}

func TestAnExportToServersOfEveryKind(t *testing.T) {
	f := newFrozenExport(t)
	for name, o := range map[string]partner.Options{
		"good": {}, "no posix-rename": {NoPosixRename: true}, "rename replaces": {RenameReplaces: true}, "short reads": {MaxRead: 1000},
		"hides temporary names": {Hides: ".part"}, "asks questions": {Questions: true}, "no remove": {NoRemove: true},
	} {
		for _, takes := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, taken %v", name, takes), func(t *testing.T) {
				t.Parallel()
				w := f.begin(t, o, takes)
				if asked := w.end(); asked != 0 {
					t.Errorf("a person was asked %d times", asked)
				}
			})
		}
	}
}

// A server that takes nothing shows nothing; with one that does, the export goes on
// by itself.
func TestAnExportWaitsForAServerThatTakesFiles(t *testing.T) {
	f := newFrozenExport(t)
	for name, o := range map[string]partner.Options{
		"read-only": {ReadOnly: true}, "full": {Full: true}, "a quota": {Quota: 300}, "forgets": {Forgets: true}, "garbles": {Garbles: true}, "silent": {Silent: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := f.begin(t, o, false)
			w.tries(3)
			w.nothing()
			if e := w.entry("sepa-betalingen"); e.State != ledger.Ready || e.Reason == "" {
				t.Errorf("it is %s, %q", e.State, e.Reason)
			}
			better, err := partner.Start(partner.Options{Dir: w.eye.dir, User: "partner", Password: "geheim", Hear: func(partner.Request) { w.eye.look() }})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { better.Close() })
			w.server = better
			w.dial(callTimeout)
			if asked := w.end(); asked != 0 {
				t.Errorf("a person was asked %d times", asked)
			}
		})
	}
}

func TestAnExportTrustsNoOtherHostKey(t *testing.T) {
	w := newFrozenExport(t).begin(t, partner.Options{}, false)
	key, err := partner.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	w.server.SetHostKey(key)
	w.server.Drop()
	w.tries(3)
	w.nothing()
	w.dial(callTimeout) // the administrator knows the new key now
	w.end()
}

// The partner takes the payment file between its rename and our commit. Nobody can
// tell that from a file that never came: a person is asked, and it is never
// published again.
func TestAFileTakenBeforeWeKnewIsNeverPublishedAgain(t *testing.T) {
	f := newFrozenExport(t)
	good := f.begin(t, partner.Options{}, false)
	good.end()
	renames := good.server.Requests()["rename"] // of the whole publish
	begin := func(t *testing.T) (*sftpExport, ledger.Output) {
		w := f.begin(t, partner.Options{}, true)
		w.server.SetMood(partner.Mood{Request: "rename", Skip: renames - 1, Count: 1, Kind: partner.LostAfter})
		w.settle()
		e, o := w.entry("sepa-betalingen"), w.outputs()[1]
		if e.State != ledger.Held || e.Back != ledger.Ready || o.State != ledger.OutputPrepared || w.eye.taken[o.Name] != 1 {
			t.Fatalf("%s %q, file %s, taken %d times", e.State, e.Reason, o.State, w.eye.taken[o.Name])
		}
		for _, want := range []string{o.Name, "etl delivered 1 --file 2", "etl republish 1 --file 2"} {
			if !strings.Contains(e.Reason, want) {
				t.Errorf("the reason does not name %q: %s", want, e.Reason)
			}
		}
		return w, o
	}
	t.Run("a release alone changes nothing", func(t *testing.T) {
		w, o := begin(t)
		for range 3 {
			if err := w.ledger.Release(t.Context(), o.Entry, "ans", "nog eens"); err != nil {
				t.Fatal(err)
			}
			w.settle()
		}
		if e := w.entry("sepa-betalingen"); e.State != ledger.Held || w.eye.taken[o.Name] != 1 {
			t.Errorf("%s, taken %d times", e.State, w.eye.taken[o.Name])
		}
	})
	t.Run("the partner has it", func(t *testing.T) {
		w, _ := begin(t)
		if asked := w.end(); asked != 1 {
			t.Errorf("asked %d times", asked)
		}
	})
	t.Run("the partner lost it and says so", func(t *testing.T) {
		w, o := begin(t)
		if err := w.ledger.Republish(t.Context(), o.Entry, o.No, "ans", "de bank heeft niets"); err != nil {
			t.Fatal(err)
		}
		if err := w.ledger.Release(t.Context(), o.Entry, "ans", "nagevraagd"); err != nil {
			t.Fatal(err)
		}
		w.settle()
		w.eye.look()
		if e := w.entry("sepa-betalingen"); e.Outcome != ledger.Exported || w.eye.taken[o.Name] != 2 {
			t.Errorf("%s %q, taken %d times", e.State, e.Reason, w.eye.taken[o.Name])
		}
	})
}

// What was prepared and lies there still is not revealed when the run was taken
// back meanwhile.
func TestAPreparedFileOfARunThatWasTakenBackStaysHidden(t *testing.T) {
	f := newFrozenExport(t)
	good := f.begin(t, partner.Options{}, false)
	good.end()
	w := f.begin(t, partner.Options{}, false)
	w.server.SetMood(partner.Mood{Request: "rename", Skip: good.server.Requests()["rename"] - 1, Kind: partner.Refused})
	w.tries(1)
	if o := w.outputs()[1]; o.State != ledger.OutputPrepared {
		t.Fatalf("it is %s", o.State)
	}
	w.server.SetMood(partner.Mood{})
	a, err := aboutOf(w.entry("sepa-betalingen"))
	if err != nil {
		t.Fatal(err)
	}
	w.runner.Loket = newClient(t, w.url, w.clock.Now, time.Minute, &tamper{answer: swap(a.Run, fake)})
	w.settle()
	if e := w.entry("sepa-betalingen"); e.State != ledger.Held || !strings.Contains(e.Reason, "niet (meer) goedgekeurd") {
		t.Errorf("%s %q", e.State, e.Reason)
	}
	w.eye.look()
	if n := len(w.eye.seen[w.outputs()[1].Name]); n != 0 {
		t.Errorf("seen %d times", n)
	}
}

// Payments that could not be published until their date went by may have been paid
// in another way: a person lets them go.
func TestAnOutageThatOutlastsThePayDateIsHeld(t *testing.T) {
	w := newFrozenExport(t).begin(t, partner.Options{}, false)
	w.server.SetMood(partner.Mood{Kind: partner.Refused})
	w.tries(2)
	w.server.SetMood(partner.Mood{})
	w.clock.advance(time.Date(2026, 11, 6, 8, 0, 0, 0, time.UTC)) // to be paid on the fifth
	w.settle()
	e := w.entry("sepa-betalingen")
	if e.State != ledger.Held || e.Reason != datePassed {
		t.Fatalf("%s %q", e.State, e.Reason)
	}
	w.nothing()
	if err := w.ledger.Release(t.Context(), e.ID, "ans", "nog niet betaald"); err != nil {
		t.Fatal(err)
	}
	w.settle()
	w.once()
}

func TestSomethingElseUnderTheNameIsNeverReplaced(t *testing.T) {
	w := newFrozenExport(t).begin(t, partner.Options{RenameReplaces: true}, false)
	name := w.outputs()[1].Name
	path := filepath.Join(w.eye.dir, name)
	if err := os.WriteFile(path, []byte("theirs"), 0o644); err != nil {
		t.Fatal(err)
	}
	w.settle()
	if e := w.entry("sepa-betalingen"); e.State != ledger.Held || !strings.Contains(e.Reason, "staat al iets anders onder de naam "+name) {
		t.Errorf("%s %q", e.State, e.Reason)
	}
	if data, err := os.ReadFile(path); string(data) != "theirs" {
		t.Errorf("theirs is %q now: %v", data, err)
	}
}

func TestAnExportToOpenSSH(t *testing.T) {
	spec := foldertest.StartOpenSSH(t)
	f := newFrozenExport(t)
	w := &sftpExport{exportWorld: f.copy(t), eye: newEye(t, f.outputs, false)}
	spec.Dir = w.eye.dir
	w.open(spec)
	if asked := w.end(); asked != 0 {
		t.Errorf("a person was asked %d times", asked)
	}
	if err := w.runner.Collect(t.Context()); err != nil {
		t.Fatal(err)
	}
	payment := w.outputs()[1]
	if payment.State != ledger.OutputPublished {
		t.Errorf("it lies there and is %s", payment.State)
	}
	if err := os.Remove(filepath.Join(spec.Dir, payment.Name)); err != nil {
		t.Fatal(err)
	}
	if err := w.runner.Collect(t.Context()); err != nil {
		t.Fatal(err)
	}
	if o := w.outputs()[1]; o.State != ledger.OutputCollected || o.Fate != "fetched" {
		t.Errorf("after it was fetched it is %s %s", o.State, o.Fate)
	}
}
