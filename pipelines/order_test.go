package pipelines

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"loket-etl/internal/folder"
	"loket-etl/ledger"
	"loket-etl/loket/sandbox"
)

func (w *world) find(id ledger.ID) ledger.Entry {
	w.t.Helper()
	e, err := w.ledger.Get(w.t.Context(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	return e
}

// state checks where an entry is, and that its reason has some words.
func (w *world) state(id ledger.ID, want ledger.State, words string) {
	w.t.Helper()
	if e := w.find(id); e.State != want || !strings.Contains(e.Reason, words) {
		w.t.Errorf("entry %d is %s %s %q, want %s %q", id, e.State, e.Outcome, e.Reason, want, words)
	}
}

// act is what a person does.
func (w *world) act(do func(ctx context.Context, id ledger.ID, who, reason string) error, id ledger.ID) {
	w.t.Helper()
	if err := do(w.t.Context(), id, "beheerder", "bekeken"); err != nil {
		w.t.Fatal(err)
	}
}

const (
	wrongHours = hoursHead + "1;A;05-10-2026;Normaal;80,00;100;\r\n"
	rightHours = hoursHead + "1;A;05-10-2026;Normaal;8,00;100;\r\n"
)

// The first file meets a Loket that is busy; its correction does not overtake it.
func TestACorrectionIsNotOverwrittenByWhatItCorrects(t *testing.T) {
	w := newWorld(t)
	w.loket.SetMood(sandbox.Mood{Function: importFunction, Kind: sandbox.Busy, RetryAfter: time.Hour, Count: 1})
	w.drop("uren_5555_a.csv", strings.Replace(wrongHours, "80,00", "24,00", 1))
	if _, err := w.runner.Work(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.drop("uren_5555_b.csv", rightHours)
	if _, err := w.runner.Work(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.state(2, ledger.Planned, "wacht op bestand nummer 1")
	w.settle()
	w.ends("uren_5555_a.csv", ledger.Imported, "done/uren_5555_a.csv")
	w.ends("uren_5555_b.csv", ledger.Imported, "done/uren_5555_b.csv")
	w.inLoket(map[string]string{"1 kp100 1": "8.00"})
}

// A correction does not wait for a person; the old file then needs one who
// knows what he does.
func TestAnOlderFileIsNotPutOverANewerOneWithoutAPerson(t *testing.T) {
	for name, c := range map[string]struct {
		newer string
		held  bool
		want  map[string]string
	}{
		"about the same":    {rightHours, true, map[string]string{"1 kp100 1": "8.00"}},
		"about other hours": {hoursHead + "1;A;05-10-2026;Normaal;8,00;200;\r\n", false, map[string]string{"1 kp100 1": "9.00", "1 kp200 1": "8.00"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.drop("uren_5555_a.csv", strings.Replace(wrongHours, "80,00", "9,00", 1))
			w.act(w.ledger.Hold, 1)
			w.drop("uren_5555_b.csv", c.newer)
			w.settle()
			w.ends("uren_5555_b.csv", ledger.Imported, "done/uren_5555_b.csv")
			w.act(w.ledger.Release, 1)
			w.settle()
			if c.held {
				w.state(1, ledger.Held, "een nieuwer bestand (nummer 2) heeft dezelfde waarden al in Loket gezet")
			}
			w.inLoket(c.want)
			if c.held { // he has been told: it is his decision
				w.act(w.ledger.Release, 1)
				w.settle()
				w.inLoket(map[string]string{"1 kp100 1": "9.00"})
			}
			w.ends("uren_5555_a.csv", ledger.Imported, "done/uren_5555_a.csv")
		})
	}
}

// grow lets a staged file get another row, while it still lies in the inbox.
func (w *world) grow(name, more string) {
	w.t.Helper()
	path := filepath.Join(w.dir, "in", name)
	data, err := os.ReadFile(path)
	if err != nil {
		w.t.Fatal(err)
	}
	later := time.Now().Add(time.Minute) // the clock of a share may be coarse
	if err := os.WriteFile(path, append(data, more...), 0o644); err != nil {
		w.t.Fatal(err)
	}
	if err := os.Chtimes(path, later, later); err != nil {
		w.t.Fatal(err)
	}
}

// What grew after it was taken in: the old bytes end in done/ from our copy, the
// grown file is a new one.
func TestASourceThatGrewIsANewFile(t *testing.T) {
	w := newWorld(t)
	w.drop("uren_5555.csv", hoursFile)
	w.grow("uren_5555.csv", "2;B;06-10-2026;Overwerk 150%;2;;\r\n")
	w.settle()
	if w.read("done/uren_5555.csv") != hoursFile || !w.find(1).Left {
		t.Errorf("the old bytes are not in done/, or nobody knows that the source stayed")
	}
	w.inLoket(hoursStand)
	w.scan()
	w.settle()
	if got := w.read("done/uren_5555-2.csv"); !strings.HasPrefix(got, hoursFile) || len(got) == len(hoursFile) || w.read("uren_5555.csv") != "" || w.find(2).Left {
		t.Errorf("the grown file is not in done/: %q", got)
	}
	w.inLoket(map[string]string{"1 kp100 1": "15.50", "2 kp 4": "3.25"})
}

// Both are staged before either is settled: they do not get in each other's way.
func TestTwoFilesOfOneNameAtOnce(t *testing.T) {
	w := newWorld(t)
	w.drop("uren_5555.csv", hoursFile)
	w.grow("uren_5555.csv", "2;B;06-10-2026;Overwerk 150%;2;;\r\n")
	w.scan()
	w.settle()
	if w.read("done/uren_5555.csv") != hoursFile || !strings.HasPrefix(w.read("done/uren_5555-2.csv"), hoursFile) || w.read("uren_5555.csv") != "" {
		t.Error("the files are not where they belong")
	}
	w.inLoket(map[string]string{"1 kp100 1": "15.50", "2 kp 4": "3.25"})
}

const moreLeave = "5555;1;A;12-10-2026;12-10-2026;Wettelijk;Opname;4\r\n"

// Leave is added to what stands: a grown file would count its first rows twice,
// so a person must look before anything is sent.
func TestAGrownFileOfAddingCallsIsHeld(t *testing.T) {
	for name, scanBefore := range map[string]bool{"found after the first was settled": false, "found before": true} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.drop("verlof.csv", leaveFile)
			w.grow("verlof.csv", moreLeave)
			if scanBefore {
				w.scan()
			}
			w.settle()
			w.scan()
			w.settle()
			w.state(1, ledger.Settled, "")
			w.state(2, ledger.Held, "dit is bestand nummer 1, dat veranderde nadat het was opgehaald")
			w.inLoket(map[string]string{"1 verlof": "2"})
			if n := w.imports(); n != 1 {
				t.Fatalf("%d imports, want 1", n)
			}

			// It grows once more before anybody looked: the third waits for the second.
			w.grow("verlof.csv", strings.Replace(moreLeave, ";4", ";3", 1))
			w.scan()
			if _, err := w.runner.Work(t.Context()); err != nil {
				t.Fatal(err)
			}
			w.state(3, ledger.Planned, "wacht op bestand nummer 2")
			w.act(w.ledger.Dismiss, 2)
			w.settle()
			w.state(2, ledger.Settled, "")
			if got := w.receipt("failed/verlof.csv"); got.Outcome != "dismissed" || got.Accepted != 0 {
				t.Errorf("receipt of the dismissed file: %+v", got)
			}
			w.state(3, ledger.Held, "dit is bestand nummer 1, dat")
			w.act(w.ledger.Dismiss, 3)
			w.settle()
			if w.read("verlof.csv") != "" || w.imports() != 1 {
				t.Error("the dismissed file still lies there, or was sent")
			}

			// Next month's file is a file of its own again.
			w.drop("verlof.csv", leaveHead+moreLeave)
			w.settle()
			w.state(4, ledger.Settled, "")
			w.inLoket(map[string]string{"1 verlof": "3"})
		})
	}
}

func TestAGrownFileIsSentWhenAPersonSaysSo(t *testing.T) {
	w := newWorld(t)
	w.drop("verlof.csv", leaveFile)
	if err := os.WriteFile(filepath.Join(w.dir, "in", "verlof.csv"), []byte(leaveHead+moreLeave), 0o644); err != nil { // quite another file
		t.Fatal(err)
	}
	w.settle()
	w.scan()
	w.settle()
	w.state(2, ledger.Held, "bestand nummer 1")
	w.act(w.ledger.Release, 2)
	w.settle()
	w.state(2, ledger.Settled, "")
	w.inLoket(map[string]string{"1 verlof": "3"})
}

// What was refused or moved away left nothing to count twice.
func TestAGrownFileOfWhichNothingWasSentIsANewFile(t *testing.T) {
	w := newWorld(t)
	const bad = leaveHead + "5555;1;A;12-10-2026;;Wettelijk;Opname;veel\r\n"
	w.drop("verlof.csv", bad)
	w.grow("verlof.csv", moreLeave)
	w.settle()
	if err := os.WriteFile(filepath.Join(w.dir, "in", "verlof.csv"), []byte(leaveFile), 0o644); err != nil {
		t.Fatal(err)
	}
	w.scan()
	w.settle()
	w.state(1, ledger.Settled, "")
	w.state(2, ledger.Settled, "")
	w.inLoket(map[string]string{"1 verlof": "2"})
}

// The process died after it moved the source and before it wrote that down; a
// new file of that name came in between. It is no grown one.
func TestANewFileAfterAMoveThatWasNotWrittenDown(t *testing.T) {
	w := newWorld(t)
	w.drop("verlof.csv", leaveFile)
	lease, err := w.ledger.Take(t.Context(), "dies", w.runner.leaseTime())
	if err != nil {
		t.Fatal(err)
	}
	for lease.Entry().State != ledger.Delivered {
		if _, err := w.runner.Advance(t.Context(), lease); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.runner.handBack(t.Context(), lease, w.inbox); err != nil {
		t.Fatal(err)
	}
	w.drop("verlof.csv", leaveHead+moreLeave)
	w.settle()
	w.state(1, ledger.Settled, "")
	w.state(2, ledger.Settled, "")
	w.inLoket(map[string]string{"1 verlof": "3"})
}

// Someone puts a file where ours was to go, after the name was chosen.
func TestANameThatIsTakenMeanwhile(t *testing.T) {
	for _, taken := range []string{"done/verlof.csv", "done/verlof.csv.receipt.html"} {
		t.Run(taken, func(t *testing.T) {
			w := newWorld(t, func(o *Options) {
				o.Inboxes = map[string]folder.Folder{"in": &intruder{Folder: o.Inboxes["in"], name: taken}}
			})
			w.drop("verlof.csv", leaveFile)
			w.settle()
			w.ends("verlof.csv", ledger.Imported, "done/verlof-2.csv")
			if w.read("done/verlof-2.csv") != leaveFile || w.read(taken) != "van een ander" || w.read("verlof.csv") != "" {
				t.Error("the files are not where they belong")
			}
		})
	}
}

// intruder puts a file in the folder just before the first receipt is written.
type intruder struct {
	folder.Folder
	name string
	done bool
}

func (i *intruder) Put(ctx context.Context, name string, data io.Reader) error {
	if !i.done {
		i.done = true
		if err := i.Folder.Put(ctx, i.name, strings.NewReader("van een ander")); err != nil {
			return err
		}
	}
	return i.Folder.Put(ctx, name, data)
}

// The first file waits long for a Loket that is busy; a person has it tried at once,
// and what waited for it does not wait on.
func TestWhatWaitedGoesOnWithWhatItWaitedFor(t *testing.T) {
	w := newWorld(t)
	w.loket.SetMood(sandbox.Mood{Function: importFunction, Kind: sandbox.Busy, RetryAfter: time.Hour, Count: 1})
	w.drop("uren_5555_a.csv", strings.Replace(wrongHours, "80,00", "24,00", 1))
	if _, err := w.runner.Work(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.drop("uren_5555_b.csv", rightHours)
	if _, err := w.runner.Work(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.state(2, ledger.Planned, "wacht op bestand nummer 1")
	w.act(w.ledger.Retry, 1)
	began := w.clock.Now()
	w.settle()
	w.ends("uren_5555_b.csv", ledger.Imported, "done/uren_5555_b.csv")
	if took := w.clock.Now().Sub(began); took > 5*time.Second {
		t.Errorf("it took %s", took)
	}
}
