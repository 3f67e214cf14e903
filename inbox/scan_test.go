package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"loket-etl/inbox"
	"loket-etl/internal/folder"
)

func TestWhenAFileIsComplete(t *testing.T) {
	sum := hexSum("data")
	for _, c := range []struct {
		name  string
		o     inbox.Options
		steps []step
	}{
		{"after the quiet period and two looks", inbox.Options{}, []step{
			write("uren.csv", "data", 0), pass(9 * time.Second), pass(time.Second, "uren.csv"), do(nothing, "uren.csv"),
		}},
		{"one look after a long time is not two", inbox.Options{}, []step{
			do(func(p *place) { p.write("uren.csv", "data", 0); p.now = p.now.Add(time.Hour) }),
		}},
		{"the files that were there before we started too", inbox.Options{}, []step{
			do(func(p *place) { p.write("b.csv", "data", 1); p.write("a.csv", "data", 2) }), pass(10*time.Second, "b.csv", "a.csv"),
		}},
		{"growing starts the quiet period again", inbox.Options{}, []step{
			write("uren.csv", "da", 0), pass(8 * time.Second), write("uren.csv", "data", 0), pass(8 * time.Second), pass(2*time.Second, "uren.csv"),
		}},
		{"another time at the same size too", inbox.Options{}, []step{
			write("uren.csv", "data", 0), pass(8 * time.Second), write("uren.csv", "atad", 1), pass(8 * time.Second), pass(2*time.Second, "uren.csv"),
		}},
		{"times in the past and the future say nothing", inbox.Options{}, []step{
			do(func(p *place) { p.write("old.csv", "data", -500_000); p.write("new.csv", "data", 500_000) }),
			pass(9 * time.Second), pass(time.Second, "old.csv", "new.csv"),
		}},
		{"our clock set back does not make it early", inbox.Options{}, []step{
			write("uren.csv", "data", 0), pass(-time.Hour), pass(9 * time.Second), pass(time.Second, "uren.csv"),
		}},
		{"an empty file too", inbox.Options{}, []step{write("uren.csv", "", 0), pass(10*time.Second, "uren.csv")}},

		{"at once with a marker of its name", inbox.Options{}, []step{
			write("uren.csv", "data", 0), write("uren.csv.ok", "", 0, "uren.csv with uren.csv.ok"),
		}},
		{"at once with a marker of its stem", inbox.Options{}, []step{
			write("uren.csv", "data", 0), write("uren.done", "", 1, "uren.csv with uren.done"),
		}},
		{"case does not count in markers", inbox.Options{}, []step{
			write("Uren.CSV", "data", 0), write("UREN.OK", "", 1, "Uren.CSV with UREN.OK"),
		}},
		{"a marker alone is no file", inbox.Options{}, []step{write("uren.ok", "", 0), pass(time.Hour)}},
		{"a marker older than the file must lie quiet", inbox.Options{}, []step{
			write("uren.csv.ok", "", 0), write("uren.csv", "data", 1), pass(10*time.Second, "uren.csv with uren.csv.ok"),
		}},
		{"a marker of a stem that two files share proves nothing", inbox.Options{}, []step{
			write("uren.csv", "data", 0), write("uren.xlsx", "data", 0), write("uren.ok", "", 1),
			pass(10*time.Second, "uren.csv", "uren.xlsx"),
		}},
		{"a marker of the whole name beside it does", inbox.Options{}, []step{
			write("uren.csv", "data", 0), write("uren.xlsx", "data", 0), write("uren.xlsx.ok", "", 1, "uren.xlsx with uren.xlsx.ok"),
		}},
		{"a file that grows after pick-up must lie quiet, whatever its marker", inbox.Options{}, []step{
			write("uren.csv", "da", 0), write("uren.csv.ok", "", 5, "uren.csv with uren.csv.ok"),
			write("uren.csv", "dat", 1), pass(time.Second), write("uren.csv", "data", 1), pass(9 * time.Second),
			pass(time.Second, "uren.csv with uren.csv.ok"),
		}},
		{"unless the marker is new as well", inbox.Options{}, []step{
			write("uren.csv", "da", 0), write("uren.csv.ok", "", 5, "uren.csv with uren.csv.ok"),
			do(func(p *place) { p.write("uren.csv", "data", 6); p.write("uren.csv.ok", "", 7) }, "uren.csv with uren.csv.ok"),
		}},
		{"without a required marker never", inbox.Options{RequireMarker: true}, []step{
			write("uren.csv", "data", 0), pass(time.Hour), write("uren.csv.part", "data", 0),
			do(func(p *place) { p.remove("uren.csv.part") }), write("uren.csv.ok", "", 1, "uren.csv with uren.csv.ok"),
		}},

		{"with the right hash", inbox.Options{}, []step{
			write("uren.csv", "data", 0), write("uren.csv.sha256", sum+"  uren.csv\n", 1, "uren.csv with uren.csv.sha256 hash"),
			do(nothing, "uren.csv with uren.csv.sha256 hash"),
		}},
		{"with a hash marker of the stem, upper case, bare", inbox.Options{}, []step{
			write("uren.csv", "data", 0), write("uren.sha256", strings.ToUpper(sum), 1, "uren.csv with uren.sha256 hash"),
		}},
		{"the hash counts more than another marker", inbox.Options{}, []step{
			do(func(p *place) {
				p.write("uren.csv", "dat", 0)
				p.write("uren.csv.ok", "", 1)
				p.write("uren.csv.sha256", sum, 1)
			}),
			write("uren.csv", "data", 1, "uren.csv with uren.csv.sha256 hash"),
		}},
		{"a wrong hash is refused, but not before all is quiet", inbox.Options{}, []step{
			write("uren.csv", "dat", 0), write("uren.csv.sha256", sum, 1), pass(9 * time.Second),
			pass(time.Second, "uren.csv with uren.csv.sha256 hash refused: De controlesom in uren.csv.sha256 hoort niet bij dit bestand: daar staat "+
				sum+", het bestand heeft "+hexSum("dat")+". Het bestand is onderweg veranderd of de controlesom is van een ander bestand. Lever beide opnieuw aan."),
			write("uren.csv", "data", 1), do(nothing, "uren.csv with uren.csv.sha256 hash"),
		}},
		{"a hash marker that is still empty is waited for", inbox.Options{}, []step{
			write("uren.csv", "data", 0), write("uren.csv.sha256", "", 1), write("uren.csv.sha256", sum, 2, "uren.csv with uren.csv.sha256 hash"),
		}},
		{"a hash marker without a hash is refused in the end", inbox.Options{}, []step{
			write("uren.csv", "data", 0), write("uren.csv.sha256", "abc", 1), pass(10*time.Second,
				"uren.csv with uren.csv.sha256 refused: In uren.csv.sha256 staat geen SHA-256-controlesom van dit bestand. "+
					"Maak de controlesom opnieuw (64 tekens 0-9 en a-f) en lever het bestand daarna opnieuw aan."),
		}},

		{"at once after a rename that kept its size and time", inbox.Options{}, []step{
			write("uren.csv.part", "data", 0), do(func(p *place) { p.rename("uren.csv.part", "uren.csv") }, "uren.csv"), do(nothing, "uren.csv"),
		}},
		{"at the second look after a rename that did not", inbox.Options{}, []step{
			write("uren.csv.filepart", "da", 0),
			do(func(p *place) { p.write("uren.csv.filepart", "data", 1); p.rename("uren.csv.filepart", "uren.csv") }),
			do(nothing, "uren.csv"),
		}},
		{"a temporary file that went and a file that grows are no rename", inbox.Options{}, []step{
			write("uren.csv.part", "da", 0),
			do(func(p *place) { p.remove("uren.csv.part"); p.write("uren.csv", "d", 1) }),
			write("uren.csv", "dat", 2), write("uren.csv", "data", 3), pass(10*time.Second, "uren.csv"),
		}},
		{"dotfiles become files, also those of rsync", inbox.Options{}, []step{
			do(func(p *place) {
				p.write(".a.csv", "data", 0)
				p.write(".b.csv.Xa81bQ", "data", 0)
				p.write(".c.csv.part", "data", 0)
			}),
			do(func(p *place) {
				p.rename(".a.csv", "a.csv")
				p.rename(".b.csv.Xa81bQ", "b.csv")
				p.rename(".c.csv.part", "c.csv")
			},
				"a.csv", "b.csv", "c.csv"),
		}},
		{"another name is known by its exact time", inbox.Options{}, []step{
			do(func(p *place) {
				p.write("Unconfirmed 123.crdownload", "data", 0)
				exact := minute(0).Add(123_456_789)
				os.Chtimes(filepath.Join(p.dir, "Unconfirmed 123.crdownload"), exact, exact)
			}),
			do(func(p *place) { p.rename("Unconfirmed 123.crdownload", "uren.csv") }, "uren.csv"),
		}},
		{"a time in whole seconds is not exact", inbox.Options{}, []step{
			write("x.tmp", "data", 0), do(func(p *place) { p.rename("x.tmp", "uren.csv") }), do(nothing), pass(10*time.Second, "uren.csv"),
		}},

		{"temporary names, receipts and folders are never touched", inbox.Options{}, []step{
			do(func(p *place) {
				for _, n := range []string{"a.csv.part", "a.csv.FILEPART", "a.tmp", "~$a.xlsx", "a.csv.crdownload", ".a.csv",
					"a.csv.receipt.json", "a.csv.receipt.html"} {
					p.write(n, "data", 0)
				}
				os.Mkdir(filepath.Join(p.dir, "done"), 0o755)
			}),
			pass(time.Hour), do(nothing),
		}},
		{"only names that are wanted", inbox.Options{Patterns: []string{"uren*.CSV", "*.xlsx"}}, []step{
			do(func(p *place) {
				p.write("uren-40.csv", "data", 0)
				p.write("readme.txt", "data", 0)
				p.write("Verlof.XLSX", "data", 0)
			}),
			pass(10*time.Second, "Verlof.XLSX", "uren-40.csv"),
		}},
		{"next month's file of the same name is new", inbox.Options{Again: time.Hour}, []step{
			write("uren.csv", "october", 0), pass(10*time.Second, "uren.csv"),
			do(func(p *place) { p.remove("uren.csv") }), write("uren.csv", "november", 0), pass(10*time.Second, "uren.csv"),
		}},
		{"also when it came between two looks", inbox.Options{Again: time.Hour}, []step{
			write("uren.csv", "october", 0), pass(10*time.Second, "uren.csv"),
			write("uren.csv", "novemb3", 50), pass(10*time.Second, "uren.csv"),
		}},
		{"it is handed over again only after a while, if so asked", inbox.Options{Again: time.Minute}, []step{
			write("uren.csv", "data", 0), pass(10*time.Second, "uren.csv"), pass(59 * time.Second), pass(time.Second, "uren.csv"),
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPlace(t, c.o)
			for i, s := range c.steps {
				s.do(p)
				if s.want == nil {
					s.want = []string{}
				}
				if d := cmp.Diff(s.want, p.scan()); d != "" {
					t.Fatalf("step %d: (-want +got)\n%s", i+1, d)
				}
			}
			if len(p.failed) > 0 {
				t.Errorf("failed: %q", p.failed)
			}
		})
	}
}

func TestAFileIsReadOnceForItsHash(t *testing.T) {
	s, dir := startPartner(t)
	f := openPartner(t, s, "/")
	p := placeOf(t, f, dir, inbox.Options{})
	p.write("uren.csv", "data", 0)
	p.write("uren.csv.sha256", hexSum("dat"), 1)
	for range 5 {
		p.scan()
	}
	if n := s.Requests()["open"]; n != 2 {
		t.Errorf("%d files opened for one file and its marker", n)
	}
}

func TestWhatFoundCannotDoIsToldAndTriedAgain(t *testing.T) {
	p := newPlace(t, inbox.Options{})
	p.write("a.csv", "data", 0)
	p.write("b.csv", "data", 1)
	p.scan()
	p.now = p.now.Add(time.Minute)
	var seen []string
	scan := func(err error) {
		if err := p.box.Scan(t.Context(), func(_ context.Context, fd inbox.Found) error {
			seen = append(seen, fd.Name)
			if fd.Name == "a.csv" {
				return err
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	scan(errors.New("database is away"))
	scan(fmt.Errorf("open: %w", fs.ErrNotExist)) // taken away meanwhile: nothing to tell
	scan(nil)
	if d := cmp.Diff([]string{"a.csv", "b.csv", "a.csv", "b.csv", "a.csv", "b.csv"}, seen); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"a.csv: database is away"}, p.failed); d != "" {
		t.Error(d)
	}
	if n := p.stats.ByScan.Load(); n != 2 {
		t.Errorf("%d files counted", n)
	}
}

func TestAnInboxThatVanishesAndReturns(t *testing.T) {
	s, root := startPartner(t)
	for name, f := range map[string]folder.Folder{"local": nil, "sftp": openPartner(t, s, "/in")} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(root, "in") // what the partner serves cannot go itself
			if f == nil {
				dir = filepath.Join(t.TempDir(), "in")
				var err error
				if f, err = folder.NewLocal(dir); err != nil {
					t.Fatal(err)
				}
			}
			p := placeOf(t, f, dir, inbox.Options{})
			none := func(context.Context, inbox.Found) error { t.Error("found something"); return nil }
			for range 2 { // absent at start
				if err := p.box.Scan(t.Context(), none); !errors.Is(err, fs.ErrNotExist) {
					t.Errorf("error %v", err)
				}
			}
			if len(p.failed) != 1 {
				t.Errorf("told %q, want once", p.failed)
			}
			if err := os.Mkdir(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			p.write("uren.csv", "data", 0)
			p.scan()
			if err := os.Rename(dir, dir+".away"); err != nil {
				t.Fatal(err)
			}
			if err := p.box.Scan(t.Context(), none); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("error %v", err)
			}
			if err := os.Rename(dir+".away", dir); err != nil {
				t.Fatal(err)
			}
			p.now = p.now.Add(10 * time.Second)
			if got := p.scan(); !slices.Equal(got, []string{"uren.csv"}) {
				t.Errorf("found %q", got)
			}
			if len(p.failed) != 2 || p.stats.Failures.Load() != 3 || p.stats.Scans.Load() != 2 {
				t.Errorf("told %q, %d failures, %d scans", p.failed, p.stats.Failures.Load(), p.stats.Scans.Load())
			}
		})
	}
}

func TestExplainSaysOfEveryNameWhy(t *testing.T) {
	p := newPlace(t, inbox.Options{})
	p.write("a.csv", "data", 0)
	p.write("b.csv", "data", 0)
	p.write("b.csv.ok", "", 1)
	p.write("c.csv", "data", 2)
	p.write("c.csv.ok", "", 1)
	p.write("d.csv", "data", 0)
	p.write("d.csv.sha256", hexSum("x"), 1)
	p.write("e.csv.part", "data", 0)
	p.write("b.csv.receipt.html", "", 0)
	p.write("lost.ok", "", 0)
	p.write("x.txt", "", 0)
	looks, err := inbox.Explain(t.Context(), p.f, inbox.Options{Patterns: []string{"*.csv"}, Now: func() time.Time { return p.now }})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, l := range looks {
		got = append(got, fmt.Sprintf("%s %v: %s", l.Name, l.Complete, l.Reason))
	}
	want := []string{
		"a.csv false: it lies unchanged for 0s; after 10s it is complete",
		"b.csv true: marker b.csv.ok is there",
		"b.csv.ok false: the marker of b.csv",
		"b.csv.receipt.html false: a receipt of ours",
		"c.csv false: marker c.csv.ok is older than the file, so it must lie unchanged for 10s",
		"c.csv.ok false: the marker of c.csv",
		"d.csv false: marker d.csv.sha256 has another hash; the file may be on its way",
		"d.csv.sha256 false: the marker of d.csv",
		"e.csv.part false: a temporary name: someone may still be writing it",
		"lost.ok false: a marker whose file is not there",
		"x.txt false: its name matches none of the patterns *.csv",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	looks, err = inbox.Explain(t.Context(), p.f, inbox.Options{RequireMarker: true})
	if err != nil || looks[0].Reason != "it waits for a marker such as a.csv.ok" {
		t.Errorf("%+v, %v", looks, err)
	}
}

func TestABadPatternIsAnError(t *testing.T) {
	_, err := inbox.New(nil, inbox.Options{Patterns: []string{"*.csv", "[a"}})
	if err == nil || !strings.Contains(err.Error(), `pattern "[a" of inbox`) {
		t.Error(err)
	}
	if err := inbox.Watch(t.Context(), nil, inbox.Options{Patterns: []string{"[a"}}, nil); err == nil {
		t.Error("watch took it")
	}
}

func TestOpenGivesTheFoundFileOrNone(t *testing.T) {
	for _, c := range []struct {
		name   string
		before func(p *place) // after it was found
		during func(p *place) // after it was opened
		sum    string
		want   error
	}{
		{"unchanged", nothing, nothing, "", nil},
		{"unchanged with its hash", nothing, nothing, hexSum("data"), nil},
		{"another hash", nothing, nothing, hexSum("atad"), inbox.ErrChanged},
		{"gone", func(p *place) { p.remove("uren.csv") }, nothing, "", fs.ErrNotExist},
		{"grown before", func(p *place) { p.write("uren.csv", "data2", 1) }, nothing, "", inbox.ErrChanged},
		{"written again before", func(p *place) { p.write("uren.csv", "atad", 1) }, nothing, "", inbox.ErrChanged},
		{"grown meanwhile", nothing, func(p *place) { p.write("uren.csv", "data2", 1) }, "", inbox.ErrChanged},
		{"replaced meanwhile", nothing, func(p *place) { p.write("n", "new!", 1); p.rename("n", "uren.csv") }, "", inbox.ErrChanged},
		{"gone meanwhile", nothing, func(p *place) { p.remove("uren.csv") }, "", fs.ErrNotExist},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPlace(t, inbox.Options{})
			p.write("uren.csv", "data", 0)
			fd := inbox.Found{Name: "uren.csv", Info: folder.Info{Name: "uren.csv", Size: 4, ModTime: minute(0)}, SHA256: c.sum}
			c.before(p)
			r, err := inbox.Open(t.Context(), p.f, fd)
			if err == nil {
				c.during(p)
				var b []byte
				b, err = io.ReadAll(r)
				if err == nil && string(b) != "data" {
					t.Errorf("read %q", b)
				}
				r.Close()
			}
			if !errors.Is(err, c.want) {
				t.Errorf("error %v, want %v", err, c.want)
			}
		})
	}
}

func TestWhetherAFileIsStillTheOne(t *testing.T) {
	for _, c := range []struct {
		name             string
		change           func(p *place)
		unchanged, holds bool
		err              error
	}{
		{"untouched", nothing, true, true, nil},
		{"other bytes at the same size and time", func(p *place) { p.write("uren.csv", "atad", 0) }, true, false, nil},
		{"grown", func(p *place) { p.write("uren.csv", "data2", 0) }, false, false, nil},
		{"the same bytes dropped again", func(p *place) { p.write("uren.csv", "data", 1) }, false, true, nil},
		{"gone", func(p *place) { p.remove("uren.csv") }, false, false, fs.ErrNotExist},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPlace(t, inbox.Options{})
			p.write("uren.csv", "data", 0)
			c.change(p)
			got, err := inbox.Unchanged(t.Context(), p.f, folder.Info{Name: "uren.csv", Size: 4, ModTime: minute(0)})
			if got != c.unchanged || !errors.Is(err, c.err) {
				t.Errorf("unchanged %v, %v", got, err)
			}
			got, err = inbox.Holds(t.Context(), p.f, "uren.csv", hexSum("data"))
			if got != c.holds || !errors.Is(err, c.err) {
				t.Errorf("holds %v, %v", got, err)
			}
		})
	}
}
