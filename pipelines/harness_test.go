package pipelines

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"loket-etl/inbox"
	"loket-etl/internal/folder"
	"loket-etl/ledger"
	"loket-etl/loket"
	"loket-etl/loket/sandbox"
	"loket-etl/mappings"
)

// The files that tests drop: three rows for two people of Clientnummer 5555,
// and two leave rows that are equal on purpose.
const (
	hoursFile = "Personeelsnummer;Naam;Datum;Uursoort;Uren;Kostenplaats;Opmerking\r\n" +
		"1;A;05-10-2026;Normaal;8,00;100;\r\n1;A;06-10-2026;Normaal;7:30;100;\r\n2;B;05-10-2026;Overwerk 150%;1,25;;\r\n"
	leaveFile = "Clientnummer;Personeelsnummer;Naam;Van;Tot en met;Verlofsoort;Boeking;Uren\r\n" +
		"5555;1;A;12-10-2026;12-10-2026;Wettelijk;Opname;8\r\n5555;1;A;12-10-2026;12-10-2026;Wettelijk;Opname;8\r\n"
)

// clock is a time that tests move, or that runs.
type clock struct {
	mu      sync.Mutex
	t       time.Time
	started time.Time // zero: it does not run
	stands  bool      // it moves only when a test says so, else a little at every look
}

// still makes the time stand, so that receipts are the same every time.
func (c *clock) still() { c.stands = true }

// run makes the time pass.
func (c *clock) run() { c.started = time.Now() }

func newClock() *clock { return &clock{t: time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.started.IsZero() {
		return c.t.Add(time.Since(c.started))
	}
	if !c.stands {
		c.t = c.t.Add(time.Millisecond)
	}
	return c.t
}

func (c *clock) advance(to time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if to.After(c.t) {
		c.t = to
	}
}

// world is a runner between a local inbox and a sandbox over HTTP.
type world struct {
	t      testing.TB
	dir    string
	clock  *clock
	loket  *sandbox.Server
	url    string
	client *loket.Client
	ledger *ledger.Ledger
	inbox  folder.Folder
	runner *Runner
	watch  *watcher
}

func newWorld(t testing.TB, change ...func(*Options)) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), clock: newClock()}
	var err error
	if w.loket, err = sandbox.New(sandbox.Options{Now: w.clock.Now}); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(w.loket)
	w.url = server.URL
	t.Cleanup(func() {
		w.loket.Release()
		server.Close()
		w.loket.Close()
	})
	w.client = newClient(t, w.url, w.clock.Now, callTimeout, nil)
	if w.ledger, err = ledger.Open(t.Context(), "sqlite:"+filepath.Join(w.dir, "etl.db"), ledger.Options{Now: w.clock.Now}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.ledger.Close() })
	if err := os.Mkdir(filepath.Join(w.dir, "in"), 0o755); err != nil {
		t.Fatal(err)
	}
	if w.inbox, err = folder.NewLocal(filepath.Join(w.dir, "in")); err != nil {
		t.Fatal(err)
	}
	o := options(w.ledger, w.client, w.inbox, w.clock.Now)
	for _, f := range change {
		f(&o)
	}
	w.inbox = o.Inboxes["in"]
	w.runner = NewRunner(o, loadedPlans(t))
	w.watch = &watcher{r: w.runner, inbox: "in", place: w.inbox, seen: map[string]taken{}}
	return w
}

func newClient(t testing.TB, url string, now func() time.Time, timeout time.Duration, transport http.RoundTripper) *loket.Client {
	t.Helper()
	o := loket.Options{
		URL: url, User: sandbox.DemoUser, Omgevingscode: sandbox.DemoOmgevingscode, Timeout: timeout, Now: now,
		Password: func() string { return sandbox.DemoPassword },
		Wait:     func(context.Context, time.Duration) error { return nil },
	}
	if transport != nil {
		o.HTTP = &http.Client{Transport: transport}
	}
	c, err := loket.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// callTimeout is short, for tests wait for it when the sandbox is slow.
const callTimeout = 400 * time.Millisecond

func options(l *ledger.Ledger, c *loket.Client, in folder.Folder, now func() time.Time) Options {
	return Options{
		Ledger: l, Loket: c, Inboxes: map[string]folder.Folder{"in": in}, Now: now, Log: zerolog.Nop(), Holder: "test",
		Bindings: []Binding{
			{Pipeline: "urenregistratie", Inbox: "in", Files: []string{"uren*"}},
			{Pipeline: "verlof", Inbox: "in", Files: []string{"verlof*"}},
			{Pipeline: "loket-variabel", Inbox: "in", Files: []string{"variabel*"}},
			{Pipeline: "loonaangifte-status", Inbox: "in", Files: []string{"status*"}},
			{Pipeline: "loonaangifte-response", Inbox: "in", Files: []string{"response*"}},
			{Pipeline: "persoon-adres", Inbox: "in"},
			{Pipeline: "persoon-burgerlijke-staat", Inbox: "in"},
			{Pipeline: "persoon-overlijden", Inbox: "in"},
			{Pipeline: "dienstverband-uit-dienst", Inbox: "in"},
			{Pipeline: "concept-werknemer", Inbox: "in"},
			{Pipeline: "werkgever-adres", Inbox: "in"},
			{Pipeline: "werkgever-algemeen", Inbox: "in"},
			{Pipeline: "werkgever-contact", Inbox: "in"},
			{Pipeline: "werkgever-toevoegen", Inbox: "in"},
			{Pipeline: "dossier-metadata", Inbox: "in"},
			{Pipeline: "dossier-toevoegen", Inbox: "in"},
			{Pipeline: "dossier-document", Inbox: "in"},
			{Pipeline: "dossier-verwijderen", Inbox: "in"},
		},
		CallTimeout: callTimeout, Grace: time.Second, ResendWithin: time.Hour,
	}
}

var loadedOnce = sync.OnceValues(func() (Plans, error) {
	m, err := mappings.Load(nil)
	if err != nil {
		return Plans{}, err
	}
	p, x, err := Load(nil, m.Get)
	return Plans{Pipelines: p, Exports: x, Mappings: m}, err
})

func loadedPlans(t testing.TB) Plans {
	t.Helper()
	p, err := loadedOnce()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// drop puts a complete file in the inbox and has it staged.
func (w *world) drop(name, content string) {
	w.t.Helper()
	if err := os.WriteFile(filepath.Join(w.dir, "in", name), []byte(content), 0o644); err != nil {
		w.t.Fatal(err)
	}
	w.scan()
}

// scan offers every file of the inbox to the runner, as a scan of the inbox
// does with complete files.
func (w *world) scan() {
	w.t.Helper()
	infos, err := w.inbox.List(w.t.Context())
	if err != nil {
		w.t.Logf("scan: %v", err)
		return
	}
	for _, info := range infos {
		if err := w.watch.found(w.t.Context(), inbox.Found{Name: info.Name, Info: info}); err != nil {
			w.t.Logf("scan: %v", err)
		}
	}
}

// settle works until nothing is unsettled but what is held, moving the clock to
// whatever is due next.
func (w *world) settle() {
	w.t.Helper()
	for range 200 {
		next, err := w.runner.Work(w.t.Context())
		if err != nil {
			w.t.Fatal(err)
		}
		if next.IsZero() {
			return
		}
		w.clock.advance(next)
	}
	all, _ := w.ledger.List(w.t.Context(), ledger.Filter{Unsettled: true})
	for _, e := range all {
		w.t.Logf("%s is %s: tries %d, due %s: %s", e.Name, e.State, e.Tries, e.Due, e.Reason)
	}
	w.t.Fatal("not settled after 200 rounds")
}

// only is the one entry of the ledger that has the name.
func (w *world) only(name string) ledger.Entry {
	w.t.Helper()
	all, err := w.ledger.List(w.t.Context(), ledger.Filter{})
	if err != nil {
		w.t.Fatal(err)
	}
	var found []ledger.Entry
	for _, e := range all {
		if e.Name == name {
			found = append(found, e)
		}
	}
	if len(found) != 1 {
		w.t.Fatalf("%d entries called %s, want 1", len(found), name)
	}
	return found[0]
}

// read is a file of the inbox, "" when it is not there.
func (w *world) read(name string) string {
	w.t.Helper()
	data, err := os.ReadFile(filepath.Join(w.dir, "in", name))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		w.t.Fatal(err)
	}
	return string(data)
}

func (w *world) receipt(target string) Receipt {
	w.t.Helper()
	var r Receipt
	if err := json.Unmarshal([]byte(w.read(target+".receipt.json")), &r); err != nil {
		w.t.Fatalf("receipt of %s: %v", target, err)
	}
	return r
}

// stands is what Loket has of the two people that tests are about: values of
// period 10 by employee, kostenplaats and component, and leave by employee.
func stands(t testing.TB, url string, now func() time.Time) map[string]string {
	t.Helper()
	c := newClient(t, url, now, time.Minute, nil)
	got := map[string]string{}
	for w, err := range c.List(t.Context(), "Werkgever", "") {
		if err != nil {
			t.Fatal(err)
		}
		for e, err := range c.List(t.Context(), "Dienstverband", w.Identity) {
			if err != nil {
				t.Fatal(err)
			}
			nr := e.Text("PersoneelsnummerVerloning")
			if e.Text("Clientnummer") != "5555" || nr != "1" && nr != "2" {
				continue
			}
			maps.Copy(got, standsOf(t, c, nr, e.Identity))
		}
	}
	return got
}

func standsOf(t testing.TB, c *loket.Client, nr, dienstverband string) map[string]string {
	got := map[string]string{}
	for v, err := range c.List(t.Context(), "VariabeleGegevens", dienstverband) {
		if err != nil {
			t.Fatal(err)
		}
		if v.Text("Jaar") == "2026" && v.Text("PeriodeNummer") == "10" {
			got[fmt.Sprintf("%s kp%s %s", nr, v.Text("Kostenplaats"), v.Text("Component"))] = v.Text("Waarde")
		}
	}
	n := 0
	for v, err := range c.List(t.Context(), "Verlof", dienstverband) {
		if err != nil {
			t.Fatal(err)
		}
		if v.Text("Ingangsdatum") == "2026-10-12" {
			n++
		}
	}
	if n > 0 {
		got[nr+" verlof"] = fmt.Sprint(n)
	}
	return got
}
