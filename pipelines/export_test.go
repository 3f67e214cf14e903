package pipelines

import (
	"encoding/xml"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"loket-etl/internal/folder"
	"loket-etl/ledger"
	"loket-etl/outbox"
	"loket-etl/payroll"
)

// exportWorld is a world that exports to a local outbox.
type exportWorld struct {
	*world
	out string // the directory of the outbox
}

func newExportWorld(t testing.TB, uses ...Exporting) *exportWorld {
	t.Helper()
	x := &exportWorld{}
	x.world = newWorld(t, func(o *Options) {
		x.out = filepath.Join(filepath.Dir(o.Inboxes["in"].(*folder.Local).Path()), "out")
		if err := os.Mkdir(x.out, 0o755); err != nil {
			t.Fatal(err)
		}
		place, err := folder.NewLocal(x.out)
		if err != nil {
			t.Fatal(err)
		}
		o.Outboxes, o.Exports, o.CallTimeout = map[string]outbox.Folder{"out": place}, uses, time.Minute
	})
	x.runner.Loket = newClient(t, x.url, x.clock.Now, time.Minute, nil) // nothing here is slow on purpose
	return x
}

// use is an export of Clientnummer 5555 from period 10 on.
func use(name string, more ...func(*Exporting)) Exporting {
	x := Exporting{Name: name, Use: name, Outbox: "out", From: payroll.Period{Year: 2026, Number: 10}, Employers: []int{5555}, BIC: "INGBNL2A"}
	for _, f := range more {
		f(&x)
	}
	return x
}

// approve runs period 10 of 5555 in the sandbox.
func (x *exportWorld) approve() {
	x.t.Helper()
	run, err := x.loket.Verloon(5555, payroll.Period{Year: 2026, Number: 10})
	if err != nil {
		x.t.Fatal(err)
	}
	if _, err := x.loket.Goedkeuren(run.Identity); err != nil {
		x.t.Fatal(err)
	}
}

// tick looks for what every export has to do.
func (x *exportWorld) tick() (found int) {
	x.t.Helper()
	for _, e := range x.runner.Exports {
		n, err := x.runner.Expect(x.t.Context(), e.Name)
		if err != nil {
			x.t.Fatal(err)
		}
		found += n
	}
	return found
}

// published are the names in the outbox, without the digest of the bytes.
func (x *exportWorld) published() []string {
	x.t.Helper()
	var names []string
	all, err := os.ReadDir(x.out)
	if err != nil {
		x.t.Fatal(err)
	}
	for _, e := range all {
		if strings.HasPrefix(e.Name(), "etl-outbox-") {
			continue // the mark of the place
		}
		name, ext := strings.TrimSuffix(e.Name(), ".sha256"), ""
		if name != e.Name() {
			ext = ".sha256"
		}
		i := strings.LastIndex(name, "-")
		names = append(names, name[:i]+filepath.Ext(name)+ext)
	}
	slices.Sort(names)
	return names
}

// entry is the only entry of an export.
func (x *exportWorld) entry(pipeline string) ledger.Entry {
	x.t.Helper()
	all, err := x.ledger.List(x.t.Context(), ledger.Filter{Pipeline: pipeline, Exports: true})
	if err != nil || len(all) != 1 {
		x.t.Fatalf("%d entries of %s, want 1: %v", len(all), pipeline, err)
	}
	return all[0]
}

func TestAnApprovedRunBecomesFilesOnce(t *testing.T) {
	x := newExportWorld(t, use("sepa-betalingen"), use("clieop03"), use("loonresultaten"), use("loonresultaten-periode"),
		use("standaardjournaal"), use("overzichten"), use("loonaangifte"))
	if n := x.tick(); n != 0 {
		t.Fatalf("%d runs before any is approved", n)
	}
	x.approve()
	if n := x.tick(); n != 7 {
		t.Errorf("%d entries for a run in seven exports", n)
	}
	if n := x.tick(); n != 0 {
		t.Errorf("%d entries at a second look", n)
	}
	x.settle()
	want := []string{
		"5555-2026-10-run10-betaling1.clieop03", "5555-2026-10-run10-betaling1.xml", "5555-2026-10-run10-loonresultaten.xml",
		"5555-2026-10-run10-loonresultaten-periode.xml", "5555-2026-10-run10-standaardjournaal.xml",
		"5555-2026-10-run10-betalingsoverzicht.pdf", "5555-2026-10-run10-journaal.pdf", "5555-2026-10-run10-opdrachtbrief.pdf",
		"5555-2026-10-run10-runoverzicht.pdf", "5555-2026-10-run10-standenregister.pdf", "5555-2026-10-run10-verzamelloonstaat.pdf",
	}
	got := x.published()
	for _, name := range want {
		if !slices.Contains(got, name) || !slices.Contains(got, name+".sha256") {
			t.Errorf("%s, or its sidecar, is not there: %s", name, got)
		}
	}
	before := x.published()
	x.tick()
	x.settle()
	if diff := cmp.Diff(before, x.published()); diff != "" {
		t.Error("looking again changed the outbox:", diff)
	}
}

func TestPaymentsWaitForTheirMoment(t *testing.T) {
	x := newExportWorld(t, use("sepa-betalingen"))
	x.approve()
	x.tick()
	next, err := x.runner.Work(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	// Approved on Monday 2 November, to be paid on Thursday: two bank days before.
	if want := time.Date(2026, 11, 3, 6, 30, 0, 0, time.UTC); !next.Equal(want) {
		t.Errorf("published at %s, want %s", next, want)
	}
	if got := x.published(); len(got) != 0 {
		t.Errorf("published too early: %s", got)
	}
	if e := x.entry("sepa-betalingen"); e.State != ledger.Ready || e.Tries != 0 || !strings.Contains(e.Reason, "03-11-2026 07:30") {
		t.Errorf("waiting: %s, tries %d, %q", e.State, e.Tries, e.Reason)
	}
	x.settle()
	outputs, err := x.ledger.Outputs(t.Context(), x.entry("sepa-betalingen").ID)
	if err != nil || len(outputs) != 2 || outputs[0].Kind != "manifest" || outputs[1].Kind != "pain.001" || outputs[1].State != ledger.OutputPublished {
		t.Fatalf("outputs %+v, %v", outputs, err)
	}
	if want := time.Date(2026, 11, 4, 11, 0, 0, 0, time.UTC); !outputs[1].Deadline.Equal(want) || !outputs[0].Deadline.IsZero() {
		t.Errorf("deadline %s, want %s", outputs[1].Deadline, want)
	}
}

func TestNothingIsPublishedWhileEverybodyIsOff(t *testing.T) {
	lead := Lead{BankDays: 2, At: "07:30"}
	for day, want := range map[payroll.Date]string{
		20260429: "2026-04-24 07:30", // Monday 27 April is Koningsdag
		20260518: "2026-05-13 07:30", // Thursday 14 May is Hemelvaart
		20260526: "2026-05-22 07:30", // Monday 25 May is the second day of Pinksteren
		20260506: "2026-05-04 07:30", // Bevrijdingsdag is a day of work in 2026
		20260407: "2026-04-01 07:30", // Goede Vrijdag and Paasmaandag are no bank days
	} {
		got, err := lead.before(day)
		if err != nil || got.In(amsterdam).Format("2006-01-02 15:04") != want {
			t.Errorf("pay date %s: %s, want %s: %v", day, got, want, err)
		}
	}
}

func TestPaymentsAreCutWhereTheBankWantsIt(t *testing.T) {
	x := newExportWorld(t, use("klein"))
	x.withPlans(fstest.MapFS{"klein.yaml": {Data: []byte("pipeline: klein\nexport: payments\nschedule: \"0 7 * * *\"\nposts: 6\n")}})
	x.approve()
	x.tick()
	x.settle()
	outputs, err := x.ledger.Outputs(t.Context(), x.entry("klein").ID)
	if err != nil || len(outputs) != 4 { // 15 posts in three files, and the manifest
		t.Fatalf("%d files, %v: %s", len(outputs), err, x.entry("klein").Reason)
	}
	posts, pays := 0, map[string]bool{}
	for _, o := range outputs[1:] {
		posts += o.Count
		pays[o.Pays] = true
		if o.Count > 6 || o.State != ledger.OutputPublished {
			t.Errorf("%+v", o)
		}
	}
	if posts != 15 || len(pays) != 3 {
		t.Errorf("%d posts, paying %v", posts, pays)
	}
}

// TestWhatWasGivenUpIsNotPaidUnderAnotherName: a person may have given it up because
// it was paid in another way.
func TestWhatWasGivenUpIsNotPaidUnderAnotherName(t *testing.T) {
	x := newExportWorld(t, use("sepa-betalingen"))
	x.approve()
	x.tick()
	if _, err := x.runner.Work(t.Context()); err != nil { // it waits for its moment
		t.Fatal(err)
	}
	first := x.entry("sepa-betalingen")
	if err := x.ledger.Dismiss(t.Context(), first.ID, "ans", "met de hand betaald"); err != nil {
		t.Fatal(err)
	}
	x.settle()
	x.runner.Exports[0].Name = "sepa2"
	x.tick()
	second := x.entry("sepa2")
	x.heldAndReleased(second.ID, "de outbox wordt schoongemaakt") // says nothing about paying
	x.settle()
	second = x.entry("sepa2")
	if second.State != ledger.Held || !strings.Contains(second.Reason, "toen terzijde gelegd") || len(x.published()) != 0 {
		t.Fatalf("%s %q %s", second.State, second.Reason, x.published())
	}
	if err := x.ledger.Release(t.Context(), second.ID, "ans", "toch niet betaald"); err != nil {
		t.Fatal(err)
	}
	x.settle()
	if e := x.entry("sepa2"); e.Outcome != ledger.Exported {
		t.Errorf("after the word of a person: %s %q", e.State, e.Reason)
	}
}

func (x *exportWorld) heldAndReleased(id ledger.ID, why string) {
	x.t.Helper()
	if err := errors.Join(x.ledger.Hold(x.t.Context(), id, "ans", why), x.ledger.Release(x.t.Context(), id, "ans", "klaar")); err != nil {
		x.t.Fatal(err)
	}
}

// TestAPutBackLedgerDoesNotPayAgain finds in the outbox what the ledger forgot.
func TestAPutBackLedgerDoesNotPayAgain(t *testing.T) {
	for name, trace := range map[string]func(path string) error{
		"archive": func(p string) error {
			if err := os.Mkdir(filepath.Join(filepath.Dir(p), "archive"), 0o755); err != nil {
				return err
			}
			return os.Rename(p, filepath.Join(filepath.Dir(p), "archive", filepath.Base(p)))
		},
		"acknowledged": func(p string) error { return os.Rename(p, p+".ack") },
	} {
		t.Run(name, func(t *testing.T) {
			x := newExportWorld(t, use("sepa-betalingen"))
			x.approve()
			x.tick()
			x.settle()
			files, err := filepath.Glob(filepath.Join(x.out, "*betaling1*.xml"))
			if err != nil || len(files) != 1 {
				t.Fatal(files, err)
			}
			if err := trace(files[0]); err != nil {
				t.Fatal(err)
			}
			fresh, err := ledger.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "old.db"), ledger.Options{Now: x.clock.Now})
			if err != nil {
				t.Fatal(err)
			}
			defer fresh.Close()
			x.runner.Ledger, x.ledger = fresh, fresh
			x.tick()
			x.settle()
			if e := x.entry("sepa-betalingen"); e.State != ledger.Held || !strings.Contains(e.Reason, "al heeft gehad") {
				t.Errorf("%s %q", e.State, e.Reason)
			}
		})
	}
}

// TestTheFilePaysWhatTheResultsSay compares what the bank gets with what Loket
// says, with readers of this test alone.
func TestTheFilePaysWhatTheResultsSay(t *testing.T) {
	x := newExportWorld(t, use("sepa-betalingen"))
	x.approve()
	x.tick()
	x.settle()
	files, err := filepath.Glob(filepath.Join(x.out, "*betaling1*.xml"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	data, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Sum   string `xml:"CstmrCdtTrfInitn>GrpHdr>CtrlSum"`
		Posts []struct {
			Amount string `xml:"Amt>InstdAmt"`
			IBAN   string `xml:"CdtrAcct>Id>IBAN"`
		} `xml:"CstmrCdtTrfInitn>PmtInf>CdtTrfTxInf"`
	}
	if err := xml.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	paid := map[string]payroll.Cents{}
	for _, p := range doc.Posts {
		c, err := payroll.ParseCents(p.Amount)
		if err != nil {
			t.Fatal(err)
		}
		paid[p.IBAN] += c
	}
	about, err := aboutOf(x.entry("sepa-betalingen"))
	if err != nil {
		t.Fatal(err)
	}
	ibans := map[string]string{}
	for e, err := range x.client.List(t.Context(), "Dienstverband", about.Werkgever) {
		if err != nil {
			t.Fatal(err)
		}
		ibans[e.Identity] = e.Text("IBAN")
	}
	results, err := x.client.ExportLoonresultatenPerRun(t.Context(), about.Run, "")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]payroll.Cents{}
	var said struct {
		People []struct {
			ID         string `xml:"DienstverbandDataIdentity,attr"`
			Components []struct {
				Number int    `xml:"Nummer,attr"`
				Value  string `xml:"Waarde"`
			} `xml:"Periode>Strook>Component"`
		} `xml:"Werknemer"`
	}
	if err := xml.Unmarshal(results.Content, &said); err != nil {
		t.Fatal(err)
	}
	for _, p := range said.People {
		for _, c := range p.Components {
			if v, err := payroll.ParseCents(c.Value); c.Number == 930 && err == nil && v > 0 {
				want[ibans[p.ID]] += v
			}
		}
	}
	if diff := cmp.Diff(want, paid); diff != "" || len(paid) < 10 {
		t.Errorf("paid %d accounts: %s", len(paid), diff)
	}
}

func TestCollectedFilesAreNoticed(t *testing.T) {
	x := newExportWorld(t, use("clieop03"), use("loonresultaten"), use("standaardjournaal"))
	x.approve()
	x.tick()
	x.settle()
	move := func(pattern string, do func(path string) error) {
		t.Helper()
		files, err := filepath.Glob(filepath.Join(x.out, pattern))
		if err != nil || len(files) != 1 {
			t.Fatal(files, err)
		}
		if err := do(files[0]); err != nil {
			t.Fatal(err)
		}
	}
	move("*.clieop03", os.Remove)
	move("*loonresultaten*.xml", func(p string) error {
		if err := os.Mkdir(filepath.Join(x.out, "verwerkt"), 0o755); err != nil {
			return err
		}
		return os.Rename(p, filepath.Join(x.out, "verwerkt", filepath.Base(p)))
	})
	move("*standaardjournaal*.xml", func(p string) error { return os.WriteFile(p+".ack", nil, 0o644) })
	if err := x.runner.Collect(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, name := range []string{"clieop03", "loonresultaten", "standaardjournaal"} {
		outputs, err := x.ledger.Outputs(t.Context(), x.entry(name).ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range outputs {
			got[o.Kind] = string(o.State) + " " + o.Fate
		}
	}
	want := map[string]string{"clieop03": "collected fetched", "loonresultaten": "collected moved", "standaardjournaal": "collected acknowledged", "manifest": "published "}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	// What was collected is never put there again.
	x.tick()
	x.settle()
	if files, _ := filepath.Glob(filepath.Join(x.out, "*.clieop03")); len(files) != 0 {
		t.Errorf("put there again: %s", files)
	}
}
