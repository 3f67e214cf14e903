package pipelines

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"loket-etl/internal/folder"
	"loket-etl/internal/partner"
	"loket-etl/ledger"
	"loket-etl/loket/sandbox"
)

// both drops hours and leave, and gives what must stand in Loket afterwards.
func (w *world) both() map[string]string {
	w.drop("uren_5555_oktober.csv", hoursFile)
	w.drop("verlof.csv", leaveFile)
	return map[string]string{"1 kp100 1": "15.50", "2 kp 4": "1.25", "1 verlof": "2"}
}

func (w *world) imported(t *testing.T, want map[string]string) {
	t.Helper()
	w.loket.SetMood()
	if diff := cmp.Diff(want, stands(t, w.url, w.clock.Now)); diff != "" {
		t.Errorf("what stands in Loket (-want +got):\n%s", diff)
	}
	for _, name := range []string{"uren_5555_oktober.csv", "verlof.csv"} {
		if e := w.only(name); e.State != ledger.Settled || e.Outcome != ledger.Imported {
			t.Errorf("%s is %s %s %q", name, e.State, e.Outcome, e.Reason)
		}
		if w.read("done/"+name) == "" || w.read(name) != "" {
			t.Errorf("%s is not where it belongs", name)
		}
	}
}

// moods are those that pass.
var moods = map[string]sandbox.Mood{
	"slow":                 {Kind: sandbox.Slow},
	"slow but carried out": {Kind: sandbox.Slow, Late: true},
	"lost before":          {Kind: sandbox.LostBefore},
	"lost after":           {Kind: sandbox.LostAfter},
	"busy":                 {Kind: sandbox.Busy},
	"internal error":       {Kind: sandbox.Internal},
	"internal error after": {Kind: sandbox.InternalAfter},
	"token refused":        {Kind: sandbox.Refused, Code: 1003},
	"login refused":        {Kind: sandbox.Refused, Code: 1001},
}

// Every call of an import meets every mood once, and then all is well again:
// the hours stand in Loket once.
func TestEveryLoketCallInEveryMood(t *testing.T) {
	undisturbed := newWorld(t)
	want := undisturbed.both()
	undisturbed.settle()
	calls := len(undisturbed.loket.Calls())
	undisturbed.imported(t, want)
	for name, mood := range moods {
		for at := 0; at < calls; at += thin {
			t.Run(fmt.Sprintf("%s, call %d of %d", name, at+1, calls), func(t *testing.T) {
				t.Parallel()
				w, mood := newWorld(t), mood
				mood.Skip, mood.Count = at, 1
				w.loket.SetMood(mood)
				want := w.both()
				if mood.Late { // carried out after we gave up waiting, but before the grace is over
					if _, err := w.runner.Work(t.Context()); err != nil {
						t.Fatal(err)
					}
					w.finishLate()
				}
				w.settle()
				w.loket.Release()
				w.settle()
				w.imported(t, want)
			})
		}
	}
}

// finishLate lets the sandbox carry out the call that it sits on.
func (w *world) finishLate() {
	w.t.Helper()
	before := len(w.loket.Calls())
	w.loket.Release()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for len(w.loket.Calls()) == before {
		select {
		case <-tick.C:
		case <-w.t.Context().Done():
			w.t.Fatal("the sandbox did not finish the slow call")
		}
	}
}

// What Loket refuses for good ends in a receipt or with a person, never in
// silence and never twice.
func TestEveryFaultEndsWhereItBelongs(t *testing.T) {
	const said = "Loket zegt: De sandbox weigert dit verzoek, zoals gevraagd. "
	for code, want := range map[int]struct{ state, outcome, reason string }{
		1004: {"held", "held", said + "(1004 GeenRechten); geef de webservicegebruiker dit recht en geef het bestand daarna vrij"},
		2002: {"held", "held", said + "(2002 OnbekendeIdentity)"},
		3001: {"settled", "refused", said + "(3001 VerplichtVeldOntbreekt)"},
		3002: {"settled", "refused", said + "(3002 OngeldigeWaarde)"},
		3003: {"settled", "refused", said + "(3003 OngeldigeCode)"},
		3004: {"settled", "refused", said + "(3004 ConflictMetStatus). Een afgesloten periode wordt niet herrekend, zet de correctie in de open periode"},
		4001: {"settled", "refused", said + "(4001 BestandOngeldig)"},
		4002: {"held", "held", said + "(4002 BestandTeGroot)"},
		5001: {"held", "held", said + "(5001 Uitgefaseerd)"},
		5002: {"held", "held", said + "(5002 NietBeschikbaar)"},
	} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.loket.SetMood(sandbox.Mood{Function: importFunction, Kind: sandbox.Refused, Code: code})
			w.drop("uren_5555_oktober.csv", hoursFile)
			w.settle()
			e := w.only("uren_5555_oktober.csv")
			if string(e.State) != want.state || string(e.Outcome) != want.outcome {
				t.Errorf("entry is %s %s, want %s %s", e.State, e.Outcome, want.state, want.outcome)
			}
			if e.Reason+e.Verdict != want.reason {
				t.Errorf("reason %q, want %q", e.Reason+e.Verdict, want.reason)
			}
			w.loket.SetMood()
			if diff := cmp.Diff(map[string]string{}, stands(t, w.url, w.clock.Now)); diff != "" {
				t.Errorf("something stands in Loket:\n%s", diff)
			}
			if want.state == "held" { // and a person lets it go on
				if err := w.ledger.Release(t.Context(), e.ID, "beheerder", "recht gegeven"); err != nil {
					t.Fatal(err)
				}
				w.settle()
				if e := w.only("uren_5555_oktober.csv"); e.Outcome != ledger.Imported {
					t.Errorf("after release: %s %s %q", e.State, e.Outcome, e.Reason)
				}
			}
		})
	}
}

// sftpWorld is a world whose inbox is on an SFTP server.
func sftpWorld(t *testing.T) (*world, *partner.Server) {
	t.Helper()
	var server *partner.Server
	w := newWorld(t, func(o *Options) {
		dir := o.Inboxes["in"].(*folder.Local).Path()
		o.Inboxes["in"], server = startSFTP(t, partner.Options{Dir: dir})
	})
	return w, server
}

// startSFTP is a folder on an SFTP server of its own.
func startSFTP(t *testing.T, o partner.Options) (folder.Folder, *partner.Server) {
	t.Helper()
	o.User, o.Password = "partner", "geheim"
	server, err := partner.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	place, err := folder.Open(folder.Spec{Kind: "sftp", Dir: "/", Host: server.Addr(), User: o.User, Password: folder.Secret(o.Password),
		HostKeys: []string{server.HostKey()}, Timeout: callTimeout, Keepalive: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { folder.Close(place) })
	return place, server
}

func sftpFolder(t *testing.T, o partner.Options) folder.Folder {
	t.Helper()
	place, _ := startSFTP(t, o)
	return place
}

// Every request to the SFTP server meets every mood once. Leave is imported,
// for that is what would be counted double.
func TestEverySFTPRequestInEveryMood(t *testing.T) {
	imported := func(t *testing.T, w *world) {
		t.Helper()
		if diff := cmp.Diff(map[string]string{"1 verlof": "2"}, stands(t, w.url, w.clock.Now)); diff != "" {
			t.Errorf("what stands in Loket (-want +got):\n%s", diff)
		}
		if e := w.only("verlof.csv"); e.State != ledger.Settled || e.Outcome != ledger.Imported {
			t.Errorf("entry is %s %s %q", e.State, e.Outcome, e.Reason)
		}
		if w.read("done/verlof.csv") != leaveFile || w.read("done/verlof.csv.receipt.json") == "" || w.read("verlof.csv") != "" {
			t.Error("the files are not where they belong")
		}
	}
	start := func(t *testing.T) (*world, *partner.Server) {
		w, server := sftpWorld(t)
		if err := os.WriteFile(w.dir+"/in/verlof.csv", []byte(leaveFile), 0o644); err != nil {
			t.Fatal(err)
		}
		return w, server
	}
	undisturbed, server := start(t)
	undisturbed.scan()
	undisturbed.settle()
	requests := 0
	for _, n := range server.Requests() {
		requests += n
	}
	imported(t, undisturbed)
	moods := map[string]partner.Kind{
		"refused": partner.Refused, "slow": partner.Slow, "slow after": partner.SlowAfter,
		"lost before": partner.LostBefore, "lost after": partner.LostAfter,
	}
	for name, kind := range moods {
		for at := 0; at < requests; at += thin {
			t.Run(fmt.Sprintf("%s, request %d of %d", name, at+1, requests), func(t *testing.T) {
				t.Parallel()
				w, server := start(t)
				server.SetMood(partner.Mood{Kind: kind, Skip: at, Count: 1})
				for range 3 { // an inbox is scanned again and again
					w.scan()
					w.settle()
				}
				server.Release()
				imported(t, w)
			})
		}
	}
}

// oneRefusal is the mood in which Loket refuses the next import.
func oneRefusal(code int) sandbox.Mood {
	return sandbox.Mood{Function: importFunction, Kind: sandbox.Refused, Code: code, Count: 1}
}

const importFunction = "ImporteerGegevens.ImporteerGegevens"
