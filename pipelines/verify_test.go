package pipelines

import (
	stdcmp "cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"loket-etl/internal/folder"
	"loket-etl/internal/partner"
	"loket-etl/ledger"
	"loket-etl/outbox"
)

// complaints is what Verify says, as kind, file and whether a person must look.
func (x *exportWorld) complaints() (Verification, []string) {
	x.t.Helper()
	v, err := x.runner.Verify(x.t.Context())
	if err != nil {
		x.t.Fatal(err)
	}
	said := []string{}
	for _, c := range v.Complaints {
		line := string(c.Kind)
		if c.Export != "" {
			line += " " + c.Export
		}
		if i := strings.LastIndex(c.File, "-"); i > 0 {
			line += " " + c.File[:i] + filepath.Ext(c.File)
		} else if c.File != "" {
			line += " " + c.File
		}
		if c.Person {
			line += " person"
		}
		said = append(said, line)
	}
	return v, said
}

// exported is a world that exported period 10 to a local outbox.
func exported(t *testing.T) *exportWorld {
	t.Helper()
	x := newExportWorld(t, use("sepa-betalingen"), use("loonresultaten"))
	x.approve()
	x.tick()
	x.settle()
	return x
}

func (x *exportWorld) one(pattern string) string {
	x.t.Helper()
	files, err := filepath.Glob(filepath.Join(x.out, pattern))
	if err != nil || len(files) != 1 {
		x.t.Fatal(files, err)
	}
	return files[0]
}

func TestVerifyHoldsTheLedgerAgainstOutboxesAndLoket(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(t *testing.T, x *exportWorld) error
		want   []string
		taken  int
	}{
		{name: "nothing happened", want: []string{}},
		{name: "a file was fetched", taken: 1, want: []string{}, change: func(t *testing.T, x *exportWorld) error { return os.Remove(x.one("*betaling1*.xml")) }},
		{name: "and that is known", want: []string{}, change: func(t *testing.T, x *exportWorld) error {
			if err := os.Remove(x.one("*betaling1*.xml")); err != nil {
				return err
			}
			return x.runner.Collect(t.Context())
		}},
		{name: "one byte is another", want: []string{"changed 5555-2026-10-run10-betaling1.xml person"}, change: func(t *testing.T, x *exportWorld) error {
			path := x.one("*betaling1*.xml")
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			data[len(data)/2] ^= 1
			return os.WriteFile(path, data, 0o644)
		}},
		{name: "its sidecar is another", want: []string{"changed 5555-2026-10-run10-betaling1.xml person"}, change: func(t *testing.T, x *exportWorld) error {
			return os.WriteFile(x.one("*betaling1*.xml.sha256"), []byte("theirs"), 0o644)
		}},
		{name: "its sidecar is gone", want: []string{"changed 5555-2026-10-run10-betaling1.xml person"}, change: func(t *testing.T, x *exportWorld) error {
			return os.Remove(x.one("*betaling1*.xml.sha256"))
		}},
		{name: "another file has the name", want: []string{"changed 5555-2026-10-run10-betaling1.xml person"}, change: func(t *testing.T, x *exportWorld) error {
			if err := os.WriteFile(x.one("*betaling1*.xml"), []byte("theirs"), 0o644); err != nil {
				return err
			}
			return x.runner.Collect(t.Context()) // which must not take that for collected
		}},
		{name: "files of others", want: []string{"unknown file vreemd.xml person"}, change: func(t *testing.T, x *exportWorld) error {
			for _, name := range []string{"vreemd.xml", "bezig.xml.part", "klaar.xml.ack", ".verborgen"} {
				if err := os.WriteFile(filepath.Join(x.out, name), nil, 0o644); err != nil {
					return err
				}
			}
			return os.MkdirAll(filepath.Join(x.out, "archive", "2026"), 0o755)
		}},
		{name: "it came back", want: []string{"came back 5555-2026-10-run10-betaling1.xml person"}, change: func(t *testing.T, x *exportWorld) error {
			path := x.one("*betaling1*.xml")
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			if err := os.Remove(path); err != nil {
				return err
			}
			if err := x.runner.Collect(t.Context()); err != nil {
				return err
			}
			return os.WriteFile(path, data, 0o644)
		}},
		{name: "nobody fetched the payments", want: []string{"not collected sepa-betalingen 5555-2026-10-run10-betaling1.xml person"}, change: func(t *testing.T, x *exportWorld) error {
			x.clock.advance(time.Date(2026, 11, 4, 11, 0, 1, 0, time.UTC))
			return nil
		}},
		{name: "a run that nobody looked for", want: []string{"no entry sepa-betalingen", "no entry loonresultaten"}, change: func(t *testing.T, x *exportWorld) error {
			from := 9 // an approved period that the exports were not for
			for i := range x.runner.Exports {
				x.runner.Exports[i].From.Number = from
			}
			return nil
		}},
		{name: "a run that was taken back", want: []string{"withdrawn sepa-betalingen person", "withdrawn loonresultaten person"}, change: func(t *testing.T, x *exportWorld) error {
			a, err := aboutOf(x.entry("sepa-betalingen"))
			for i := range x.runner.Exports {
				x.runner.Exports[i].Employers = []int{5556} // who it is for now does not matter
			}
			x.runner.Loket = newClient(t, x.url, x.clock.Now, time.Minute, &tamper{answer: swap(a.Run, fake)})
			return err
		}},
		{name: "Loket is away", want: []string{"unreachable sepa-betalingen", "unreachable loonresultaten"}, change: func(t *testing.T, x *exportWorld) error {
			x.runner.Loket = newClient(t, "http://127.0.0.1:1", x.clock.Now, time.Second, nil)
			return nil
		}},
		{name: "an outbox is away", want: []string{"unreachable"}, change: func(t *testing.T, x *exportWorld) error { return os.RemoveAll(x.out) }},
		{name: "an outbox is not configured any more", want: []string{"unreachable"}, change: func(t *testing.T, x *exportWorld) error {
			x.runner.Outboxes = nil
			return nil
		}},
		{name: "an outbox was emptied, mark and all", want: []string{"another place person"}, change: func(t *testing.T, x *exportWorld) error { x.replaceOutbox(); return nil }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			x := exported(t)
			if tt.change != nil {
				if err := tt.change(t, x); err != nil {
					t.Fatal(err)
				}
			}
			v, got := x.complaints()
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("%s%+v", diff, v)
			}
			if v.Collected != tt.taken {
				t.Errorf("%d collected, want %d", v.Collected, tt.taken)
			}
			if len(tt.want) == 0 && (v.Files != v.Lying+v.Collected || v.Runs != 2 || v.Lying == 0) {
				t.Errorf("looked at %+v", v)
			}
		})
	}
}

func TestVerifySeesExportsThatDoNotGoOn(t *testing.T) {
	x := newExportWorld(t, use("sepa-betalingen"))
	x.approve()
	x.tick()
	x.clock.advance(x.clock.Now().Add(2 * time.Hour))
	if _, got := x.complaints(); fmt.Sprint(got) != "[not published sepa-betalingen]" {
		t.Errorf("nobody works: %s", got)
	}
	x.tries(1)
	if _, got := x.complaints(); len(got) != 0 {
		t.Errorf("it waits for its moment: %s", got)
	}
	e := x.entry("sepa-betalingen")
	if err := x.ledger.Hold(t.Context(), e.ID, "ans", "even wachten"); err != nil {
		t.Fatal(err)
	}
	x.clock.advance(time.Date(2026, 11, 4, 12, 0, 0, 0, time.UTC))
	want := "[not published sepa-betalingen 5555-2026-10-run10-betaling1.xml person held sepa-betalingen person]"
	if _, got := x.complaints(); fmt.Sprint(got) != want {
		t.Errorf("held: %s", got)
	}
}

func TestVerifyFindsWhatWasDeliveredByHandAndLiesThereToo(t *testing.T) {
	f := newFrozenExport(t)
	w := f.begin(t, partner.Options{}, false)
	o := w.outputs()[1]
	for _, err := range []error{
		w.ledger.Hold(t.Context(), o.Entry, "ans", "de bank antwoordt niet"),
		w.ledger.ByHand(t.Context(), o.Entry, o.No, o.SHA256, "ans", "in het portaal gezet"),
		os.WriteFile(filepath.Join(w.eye.dir, o.Name), nil, 0o644), // a rename that was done very late
		w.ledger.Release(t.Context(), o.Entry, "ans", "klaar"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	w.settle()
	v, got := w.complaints()
	if fmt.Sprint(got) != "[came back 5555-2026-10-run10-betaling1.xml person]" {
		t.Errorf("%s", got)
	}
	if e := w.entry("sepa-betalingen"); e.Outcome != ledger.Exported || v.Lying != 1 {
		t.Errorf("%s, %d files lie there", e.Outcome, v.Lying)
	}
}

// An outbox that gives no answer says nothing about its files.
func TestVerifyGuessesNothingAboutAnOutboxThatIsAway(t *testing.T) {
	f := newFrozenExport(t)
	w := f.begin(t, partner.Options{}, false)
	w.settle()
	for _, request := range []string{"list", "open", "read", "stat"} {
		for _, kind := range []partner.Kind{partner.Refused, partner.LostBefore} {
			w.server.SetMood(partner.Mood{Request: request, Kind: kind})
			if _, got := w.complaints(); len(got) > 1 || len(got) == 1 && got[0] != "unreachable" {
				t.Errorf("%s in mood %d: %s", request, kind, got)
			}
		}
	}
	w.server.SetMood(partner.Mood{})
	if v, got := w.complaints(); len(got) > 0 || v.Lying != 2 {
		t.Errorf("%s %+v", got, v)
	}
	w.runner.Outboxes = map[string]outbox.Folder{"out": failing{w.runner.Outboxes["out"]}}
	if _, got := w.complaints(); fmt.Sprint(got) != "[unreachable]" {
		t.Errorf("%s", got)
	}
}

// failing is a place that cannot be listed.
type failing struct{ folder.Folder }

func (failing) List(context.Context) ([]folder.Info, error) { return nil, os.ErrDeadlineExceeded }

// replaceOutbox puts an empty directory in the place of the outbox, as an unmount
// does, and returns where the old one is.
func (x *exportWorld) replaceOutbox() (away string) {
	x.t.Helper()
	away = filepath.Join(x.t.TempDir(), "away")
	if err := os.Rename(x.out, away); err != nil {
		x.t.Fatal(err)
	}
	if err := os.Mkdir(x.out, 0o755); err != nil {
		x.t.Fatal(err)
	}
	return away
}

// fates are how the files of all exports ended, or their state, each once.
func (x *exportWorld) fates() string {
	x.t.Helper()
	said := map[string]bool{}
	for _, e := range x.runner.Exports {
		outputs, err := x.ledger.Outputs(x.t.Context(), x.entry(e.Name).ID)
		if err != nil {
			x.t.Fatal(err)
		}
		for _, o := range outputs {
			said[stdcmp.Or(o.Fate, string(o.State))] = true
		}
	}
	return fmt.Sprint(slices.Sorted(maps.Keys(said)))
}

// A file that is gone was fetched only when the place is still the one it lay in.
func TestCollectedIsNothingInAnotherPlace(t *testing.T) {
	x := exported(t)
	collect := func(when, fates string, want error) {
		t.Helper()
		if err := x.runner.Collect(t.Context()); !errors.Is(err, want) || x.fates() != fates {
			t.Errorf("%s: %s, %v", when, x.fates(), err)
		}
	}
	payment := filepath.Base(x.one("*betaling1*.xml"))
	away := x.replaceOutbox()
	collect("an empty directory", "[published]", errElsewhere)
	if err := os.WriteFile(filepath.Join(x.out, payment+".ack"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	collect("what the partner says itself", "[acknowledged published]", errElsewhere)
	for _, err := range []error{os.RemoveAll(x.out), os.Rename(away, x.out)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	collect("mounted again", "[acknowledged published]", nil)
	for _, pattern := range []string{"*.xml", "*.json", "*.sha256"} {
		files, err := filepath.Glob(filepath.Join(x.out, pattern))
		for _, f := range files {
			err = errors.Join(err, os.Remove(f))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	collect("everything but the mark was taken", "[acknowledged fetched]", nil)
}

// A mark that went away comes with the next file, when a person is sure of the place.
func TestCollectedCountsAgainAfterTheNextExport(t *testing.T) {
	x := newExportWorld(t, use("clieop03"), use("loonresultaten"))
	x.approve()
	first, second := x.runner.Exports[:1], x.runner.Exports
	x.runner.Exports = first
	x.tick()
	x.settle()
	x.replaceOutbox()
	if err := x.runner.Collect(t.Context()); !errors.Is(err, errElsewhere) {
		t.Errorf("without a mark: %v", err)
	}
	x.runner.Exports = second
	x.tick()
	x.settle()
	next := x.entry("loonresultaten")
	if next.State != ledger.Held || !strings.Contains(next.Reason, "is het wel dezelfde plek") || len(x.published()) != 0 {
		t.Fatalf("published in a place that nobody knows: %s %q %s", next.State, next.Reason, x.published())
	}
	if err := x.ledger.Release(t.Context(), next.ID, "ans", "het is de goede map"); err != nil {
		t.Fatal(err)
	}
	x.settle()
	if err := x.runner.Collect(t.Context()); err != nil || x.fates() != "[fetched published]" {
		t.Errorf("after the next export: %s, %v", x.fates(), err)
	}
	if _, got := x.complaints(); len(got) != 0 {
		t.Errorf("complaints %s", got)
	}
}

func TestVerifyNamesAnOutboxThatFilesWaitFor(t *testing.T) {
	x := newExportWorld(t, use("sepa-betalingen"))
	x.approve()
	x.tick()
	x.tries(1)
	x.runner.Outboxes = map[string]outbox.Folder{"bank": x.runner.Outboxes["out"]}
	v, got := x.complaints()
	if fmt.Sprint(got) != "[no outbox sepa-betalingen person]" {
		t.Fatalf("%s", got)
	}
	id := x.entry("sepa-betalingen").ID
	if want := fmt.Sprintf("export %d waits for outbox out, which the configuration does not have", id); v.Complaints[0].What != want || v.Complaints[0].Entry != id {
		t.Errorf("%+v", v.Complaints[0])
	}
}
