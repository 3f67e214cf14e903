package pipelines

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"loket-etl/inbox"
	"loket-etl/internal/folder"
	"loket-etl/internal/partner"
	"loket-etl/ledger"
	"loket-etl/loket/sandbox"
	"loket-etl/mappings"
)

func (w *world) path(name string) string { return filepath.Join(w.dir, "in", name) }

// worked works until nothing is due and moves the clock to what is due next.
func (w *world) worked() {
	w.t.Helper()
	next, err := w.runner.Work(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	w.clock.advance(next)
}

func TestASourceThatSomeoneTookAway(t *testing.T) {
	w := newWorld(t)
	w.drop("verlof.csv", leaveFile)
	if err := os.Remove(w.path("verlof.csv")); err != nil {
		t.Fatal(err)
	}
	w.settle()
	w.ends("verlof.csv", ledger.Imported, "done/verlof.csv")
	if w.read("done/verlof.csv") != leaveFile || w.find(1).Left {
		t.Error("done/ is not complete")
	}
	w.drop("verlof.csv", leaveHead+moreLeave) // and this is no grown one
	w.settle()
	w.state(2, ledger.Settled, "")
	w.inLoket(map[string]string{"1 verlof": "3"})
}

// An inbox that vanishes after the file was taken in and sent: all waits for its
// return, nothing is sent twice.
func TestAnInboxThatVanishesAndReturns(t *testing.T) {
	w := newWorld(t)
	w.drop("verlof.csv", leaveFile)
	if err := os.Rename(filepath.Join(w.dir, "in"), filepath.Join(w.dir, "away")); err != nil {
		t.Fatal(err)
	}
	for range 15 {
		w.scan()
		w.worked()
	}
	w.state(1, ledger.Delivered, "nu niet mogelijk: ")
	if _, err := os.Stat(filepath.Join(w.dir, "in")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("somebody made the folder: %v", err)
	}
	if err := os.Rename(filepath.Join(w.dir, "away"), filepath.Join(w.dir, "in")); err != nil {
		t.Fatal(err)
	}
	w.settle()
	w.ends("verlof.csv", ledger.Imported, "done/verlof.csv")
	w.inLoket(map[string]string{"1 verlof": "2"})
	if n := w.imports(); n != 1 {
		t.Errorf("%d imports, want 1", n)
	}
}

func TestAReadOnlySFTPPartner(t *testing.T) {
	var where string
	w := newWorld(t, func(o *Options) {
		where = o.Inboxes["in"].(*folder.Local).Path()
		o.Inboxes["in"] = sftpFolder(t, partner.Options{Dir: where, ReadOnly: true})
	})
	w.drop("verlof.csv", leaveFile)
	for range 12 {
		w.scan()
		w.worked()
	}
	w.state(1, ledger.Delivered, "geen rechten op de map van het bestand")
	if w.read("verlof.csv") == "" || w.read("done/verlof.csv.receipt.json") != "" {
		t.Error("something was changed on a server that does not allow it")
	}
	w.runner.Inboxes["in"] = sftpFolder(t, partner.Options{Dir: where})
	w.settle()
	w.ends("verlof.csv", ledger.Imported, "done/verlof.csv")
	w.inLoket(map[string]string{"1 verlof": "2"})
	if n := w.imports(); n != 1 {
		t.Errorf("%d imports, want 1", n)
	}
}

// done/ belongs to another user. Root may write everything, so another user works.
func TestADoneFolderThatMayNotBeWritten(t *testing.T) {
	if os.Getuid() != 0 {
		if os.Getenv("CI") == "true" {
			t.Fatal("this test must run as root, to become another user")
		}
		t.Skip("this test must run as root, to become another user")
	}
	w := newWorld(t)
	dir, err := os.MkdirTemp("", "notours") // the parents of t.TempDir are closed to others
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	in := filepath.Join(dir, "in")
	if err := errors.Join(
		os.Chmod(dir, 0o755), os.WriteFile(filepath.Join(dir, "test"), program, 0o755),
		os.Mkdir(in, 0o755), os.Chown(in, nobody, nobody), os.Mkdir(filepath.Join(in, "done"), 0o755),
		os.Mkdir(filepath.Join(dir, "db"), 0o700), os.Chown(filepath.Join(dir, "db"), nobody, nobody),
		os.WriteFile(filepath.Join(in, "verlof.csv"), []byte(leaveFile), 0o644), os.Chown(filepath.Join(in, "verlof.csv"), nobody, nobody),
	); err != nil {
		t.Fatal(err)
	}
	live := func(life int) string {
		cmd := exec.CommandContext(t.Context(), filepath.Join(dir, "test"))
		cmd.Env = append(os.Environ(), crashChild+"=1", "ETL_TEST_DIR="+dir, "ETL_TEST_DSN=sqlite:"+filepath.Join(dir, "db", "etl.db"), "ETL_TEST_LOKET="+w.url,
			"ETL_TEST_STEP=-1", "ETL_TEST_LIFE="+strconv.Itoa(life))
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
		out, _ := cmd.CombinedOutput()
		return string(out)
	}
	if out := live(0); !strings.Contains(out, "not settled after 50 rounds: delivered imported: geen rechten op de map van het bestand") {
		t.Errorf("the first life says %s", out)
	}
	if err := os.Chown(filepath.Join(in, "done"), nobody, nobody); err != nil {
		t.Fatal(err)
	}
	if out := live(60); !strings.HasPrefix(out, "settled") {
		t.Errorf("the second life says %s", out)
	}
	names, err := filepath.Glob(filepath.Join(in, "*", "*"))
	if err != nil || len(names) != 3 {
		t.Errorf("files: %v, %v", names, err)
	}
	w.inLoket(map[string]string{"1 verlof": "2"})
}

const nobody = 65534

func TestAFileOverTheLimit(t *testing.T) {
	w := newWorld(t, func(o *Options) {
		l, err := ledger.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "small.db"), ledger.Options{Now: o.Now, MaxBytes: 100})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		o.Ledger = l
	})
	w.ledger = w.runner.Ledger
	w.drop("uren_5555.csv", hoursFile)
	w.settle()
	w.ends("uren_5555.csv", ledger.RefusedOutcome, "failed/uren_5555.csv")
	want := fmt.Sprintf("het bestand is %d bytes en de grens is 100 bytes; splits de export in kleinere bestanden of laat de beheerder de grens verhogen", len(hoursFile))
	if got := w.receipt("failed/uren_5555.csv"); got.Reason != want || got.Bytes != int64(len(hoursFile)) || got.SHA256 == "" {
		t.Errorf("receipt: %+v", got)
	}
	if w.read("failed/uren_5555.csv") != hoursFile || w.read("uren_5555.csv") != "" {
		t.Error("the source is not in failed/")
	}
}

func TestAWrongChecksumIsRefused(t *testing.T) {
	w := newWorld(t)
	const said = "0000000000000000000000000000000000000000000000000000000000000000"
	for name, content := range map[string]string{"uren_5555.csv": hoursFile, "uren_5555.csv.sha256": said + "  uren_5555.csv\n"} {
		if err := os.WriteFile(w.path(name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	now := time.Now()
	box, err := inbox.New(w.inbox, inbox.Options{Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := box.Scan(t.Context(), w.watch.found); err != nil {
			t.Fatal(err)
		}
		now = now.Add(time.Minute)
	}
	w.settle()
	w.ends("uren_5555.csv", ledger.RefusedOutcome, "failed/uren_5555.csv")
	if got := w.receipt("failed/uren_5555.csv"); !strings.HasPrefix(got.Reason, "De controlesom in uren_5555.csv.sha256 hoort niet bij dit bestand: daar staat "+said) || !strings.HasSuffix(got.Reason, "Lever beide opnieuw aan.") {
		t.Errorf("reason: %s", got.Reason)
	}
	if w.read("failed/uren_5555.csv.sha256") == "" || w.read("uren_5555.csv.sha256") != "" || w.imports() != 0 {
		t.Error("the marker is not beside its file, or something was sent")
	}
	// The same bytes with the right checksum are no duplicate: nothing was done.
	w.drop("uren_5555.csv", hoursFile)
	w.settle()
	w.inLoket(hoursStand)
}

func TestFilesThatAreNotText(t *testing.T) {
	for name, c := range map[string]struct{ content, message string }{
		"empty": {"", "Het bestand is leeg."},
		"xlsx":  {"PK\x03\x04\x14\x00\x06\x00\x08\x00\x00\x00\x21\x00[Content_Types].xml", "Dit is geen CSV-bestand maar een Excel-werkmap (xlsx) of een ander zip-bestand."},
		"NUL":   {hoursHead + "1;A;05-10-2026;Nor\x00maal;8;;\r\n", "Hier staat een NUL-teken: dit is geen tekstbestand, of het is beschadigd of in UTF-16 geschreven."},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.drop("uren_5555.csv", c.content)
			w.settle()
			w.ends("uren_5555.csv", ledger.RefusedOutcome, "failed/uren_5555.csv")
			got := w.receipt("failed/uren_5555.csv")
			if len(got.Problems) != 1 || got.Problems[0].Message != c.message || got.Problems[0].Repair == "" {
				t.Errorf("problems: %+v", got.Problems)
			}
			if w.imports() != 0 {
				t.Error("something was sent")
			}
		})
	}
}

func TestAFileWhosePipelineVanished(t *testing.T) {
	w := newWorld(t)
	all := w.runner.Plans()
	without := Plans{Pipelines: map[string]*Pipeline{}, Mappings: all.Mappings}
	bad := Plans{Pipelines: map[string]*Pipeline{"urenregistratie": {Name: "urenregistratie", Mapping: "weg"}}, Mappings: all.Mappings}
	w.drop("uren_5555.csv", hoursFile)
	for _, c := range []struct {
		plans  Plans
		reason string
	}{
		{without, "pijplijn urenregistratie bestaat niet meer; zet haar terug en geef het bestand vrij"},
		{bad, "mapping weg bestaat niet meer; zet haar terug en geef het bestand vrij"},
	} {
		w.runner.Use(c.plans)
		w.settle()
		w.state(1, ledger.Held, c.reason)
		w.act(w.ledger.Release, 1)
	}
	w.runner.Use(all)
	w.settle()
	w.ends("uren_5555.csv", ledger.Imported, "done/uren_5555.csv")
	w.inLoket(hoursStand)
}

// A panic on one file holds that file; the others go on.
// The mapping takes the employer from the binding, and nothing says which binding.
func TestAFileOfNoEmployerWaitsForAPerson(t *testing.T) {
	w := newWorld(t, func(o *Options) {
		for i, inbox := range []string{"a", "b"} {
			o.Bindings = append(o.Bindings, Binding{Pipeline: "urenregistratie", Inbox: inbox, Clientnummer: 5555 + i})
		}
	})
	dir := fstest.MapFS{}
	for _, name := range []string{"urenregistratie.yaml", "urenregistratie-uursoorten.csv"} {
		data, err := os.ReadFile("../mappings/" + name)
		if err != nil {
			t.Fatal(err)
		}
		dir[name] = &fstest.MapFile{Data: []byte(strings.Replace(string(data), "{from: file_name}", "{from: pipeline}", 1))}
	}
	m, err := mappings.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	w.runner.Use(Plans{Pipelines: loadedPlans(t).Pipelines, Mappings: m})
	if _, _, err := w.runner.Import(t.Context(), "urenregistratie", "uren_5555.csv", false, strings.NewReader(hoursFile)); err != nil {
		t.Fatal(err)
	}
	if _, err := w.runner.Work(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.state(1, ledger.Held, "niemand zegt van welke werkgever dit bestand is")
}

func TestAPanicHoldsTheFileThatCausedIt(t *testing.T) {
	w := newWorld(t, func(o *Options) {
		o.Inboxes = map[string]folder.Folder{"in": panicking{o.Inboxes["in"], "verlof"}}
	})
	want := w.both()
	w.settle()
	w.state(2, ledger.Held, "het programma loopt vast op dit bestand; een beheerder moet het bekijken")
	w.ends("uren_5555_oktober.csv", ledger.Imported, "done/uren_5555_oktober.csv")
	w.runner.Inboxes["in"] = w.inbox.(panicking).Folder
	w.act(w.ledger.Release, 2)
	w.settle()
	w.imported(t, want)
}

// panicking panics on what is put under some names.
type panicking struct {
	folder.Folder
	name string
}

func (p panicking) Put(ctx context.Context, name string, data io.Reader) error {
	if strings.Contains(name, p.name) {
		panic("no way")
	}
	return p.Folder.Put(ctx, name, data)
}

// The process ends at this file each time: the fourth leaves it to a person. What
// waits for another reason may be taken as often as it likes.
func TestAFileOnWhichTheProcessDiesThreeTimes(t *testing.T) {
	w := newWorld(t)
	w.drop("uren_5555.csv", hoursFile)
	for range diedOften {
		if _, err := w.ledger.Take(t.Context(), "dies", time.Second); err != nil {
			t.Fatal(err)
		}
		w.clock.advance(w.clock.Now().Add(time.Minute))
	}
	w.settle()
	w.state(1, ledger.Held, "het programma is bij dit bestand 3 keer gestopt zonder reden te geven; een beheerder moet het bekijken")
	w.act(w.ledger.Release, 1)
	w.settle()
	w.ends("uren_5555.csv", ledger.Imported, "done/uren_5555.csv")

	w.loket.SetMood(sandbox.Mood{Kind: sandbox.Busy})
	w.drop("verlof.csv", leaveFile)
	for range 20 {
		w.worked()
	}
	w.state(2, ledger.Planned, "9002")
	w.loket.SetMood()
	w.settle()
	w.ends("verlof.csv", ledger.Imported, "done/verlof.csv")
}

// A ledger row that cannot be read is nothing that time heals: after ten tries a
// person looks, and other files are not kept waiting.
func TestAnErrorThatStays(t *testing.T) {
	w := newWorld(t)
	w.drop("uren_5555.csv", hoursFile)
	for range 30 {
		lease, err := w.ledger.TakeID(t.Context(), 1, "test", w.runner.leaseTime())
		if errors.Is(err, ledger.ErrNothingDue) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := w.runner.setAside(t.Context(), lease, errors.New("the chunk is damaged")); err != nil {
			t.Fatal(err)
		}
		w.clock.advance(w.clock.Now().Add(time.Hour))
	}
	w.state(1, ledger.Held, "na 10 pogingen nog niet gelukt: the chunk is damaged")
}
