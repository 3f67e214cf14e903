package pipelines

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"loket-etl/formats"
	"loket-etl/ledger"
)

var update = flag.Bool("update", false, "write the golden files anew")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", "golden", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

// volatile are the versions of mappings, which change with every edit of theirs.
var volatile = regexp.MustCompile(`@[0-9a-f]{12}`)

// What the sender reads, for every outcome.
func TestReceipts(t *testing.T) {
	for name, c := range map[string]struct {
		drop, content, target string
		then                  func(w *world)
	}{
		"imported": {"uren_5555_oktober.csv", hoursFile, "done/uren_5555_oktober.csv", nil},
		"partly":   {"uren_5555_oktober.csv", hoursFile + "99;X;05-10-2026;Normaal;2;;\r\n3;C;32-10-2026;Normal;8.5;;\r\n", "done/uren_5555_oktober.csv", nil},
		"refused":  {"verlof.csv", leaveFile + "5555;1;A;12-10-2026;;Wettelijk;Opname;veel\r\n", "failed/verlof.csv", nil},
		"closed":   {"uren_5555_september.csv", strings.ReplaceAll(hoursFile, "-10-2026", "-09-2026"), "failed/uren_5555_september.csv", nil},
		"duplicate": {"uren_5555_oktober.csv", hoursFile, "failed/uren_5555_weer.csv", func(w *world) {
			w.drop("uren_5555_weer.csv", hoursFile)
		}},
		"decision":         {"status.csv", approval, "done/status.csv", nil},
		"decision-refused": {"status.csv", approval + sent + ";Annuleren;;\r\n", "failed/status.csv", nil},
		"response":         {"response.xml", response(t, sent), "done/response.xml", nil},
		"dismissed":        {"verlof.csv", threeEmployers, "failed/verlof.csv", func(w *world) { w.act(w.ledger.Dismiss, 1) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if name == "dismissed" {
				m := oneRefusal(1004)
				m.Skip = 1
				w.loket.SetMood(m)
			}
			w.clock.still()
			w.drop(c.drop, c.content)
			w.settle()
			if c.then != nil {
				c.then(w)
				w.settle()
			}
			for _, suffix := range []string{".json", ".html"} {
				golden(t, name+suffix, volatile.ReplaceAll([]byte(w.read(c.target+".receipt"+suffix)), []byte("@VERSION")))
			}
		})
	}
}

// A person reads a receipt of an entry that waits, too.
func TestTheReceiptOfAHeldFile(t *testing.T) {
	w := newWorld(t)
	w.loket.SetMood(oneRefusal(1004))
	w.drop("uren_5555.csv", hoursFile)
	w.settle()
	r, err := ReceiptOf(t.Context(), w.ledger, 1)
	if err != nil || r.Outcome != "held" || r.Calls[0].State != "planned" {
		t.Errorf("receipt %+v, %v", r, err)
	}
	page, err := r.HTML()
	if err != nil || !bytes.Contains(page, []byte("Aangehouden<p>Een beheerder moet dit bestand eerst bekijken")) {
		t.Errorf("page: %v\n%s", err, page)
	}
}

// Names, addresses and numbers of people that stand in the dropped file, or in
// Loket, appear neither on what the sender gets back nor in the log.
func TestReceiptsAndLogsTellNothingOfPeople(t *testing.T) {
	var log bytes.Buffer
	w := newWorld(t, func(o *Options) {
		o.Log = zerolog.New(zerolog.SyncWriter(&log))
		o.Bindings = append(o.Bindings, Binding{Pipeline: "clockify", Inbox: "in", Files: []string{"clockify*"}})
	})
	const (
		bsn, mail, name, iban = "999990019", "geheim.persoon@example.org", "Zeldzame-Achternaam", "NL91ABNA0417164300"
	)
	clockify, err := os.ReadFile("../mappings/samples/clockify/good/oktober.csv")
	if err != nil {
		t.Fatal(err)
	}
	head, first, _ := strings.Cut(string(clockify), "\n")
	row, _, _ := strings.Cut(first, "\n")
	cells := strings.Split(strings.TrimSpace(row), ",")
	cells[5], cells[7] = name, mail // the description has a comma
	w.drop("clockify_oktober.csv", head+"\n"+strings.Join(cells, ",")+"\n")
	w.drop("uren_5555_c.csv", hoursHead+bsn+";A;05-10-2026;Normaal;8;;\r\n1;A;05-10-2026;"+bsn+";8;;\r\n1;A;05-10-2026;Normaal;"+iban+";"+name[:5]+" <"+mail+">;\r\n")
	w.drop("uren_5555_a.csv", hoursHead+"1;"+name+";05-10-2026;Normaal;acht;100;"+bsn+"\r\n1;"+name+" "+mail+";32-10-2026;Onzin;99;;"+iban+"\r\n")
	w.drop("uren_5555_b.csv", hoursHead+"1;"+strings.Repeat(name, 20)+";05-10-2026;Normaal;8;100;"+mail+"\r\n")
	w.drop("verlof_a.csv", leaveHead+"5555;1;"+name+";12-10-2026;;"+"Wettelijk;Opname;veel\r\n5555;99;"+name+";12-10-2026;;Wettelijk;Opname;8\r\n")
	w.settle()
	receipts := 0
	err = filepath.WalkDir(w.path(""), func(p string, d os.DirEntry, err error) error {
		if err != nil || !strings.Contains(p, ".receipt.") {
			return err
		}
		receipts++
		data, err := os.ReadFile(p)
		for _, secret := range []string{bsn, mail, "geheim.persoon", name, iban} {
			if bytes.Contains(bytes.ToLower(data), []byte(strings.ToLower(secret))) {
				t.Errorf("%s tells %q", p, secret)
			}
		}
		return err
	})
	if err != nil || receipts != 10 {
		t.Errorf("%d receipts, %v", receipts, err)
	}
	for _, secret := range []string{bsn, mail, name, iban, "sandbox", "wachtwoord"} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log tells %q", secret)
		}
	}
	if !strings.Contains(log.String(), `"outcome":"refused"`) {
		t.Errorf("the log tells nothing:\n%s", log.String())
	}
}

// However its sender writes a number of a person, the receipt masks it; what
// support needs of a fault stays whole.
func TestReceiptsMaskNumbersOfPeopleHoweverWritten(t *testing.T) {
	for _, written := range []string{
		"NL91 ABNA 0417 1643 00", "123456 782", "1234.56.782", "1234-56-782", "x123456782x", "uren_123456782.csv", "１２３４５６７８２",
	} {
		t.Run(written, func(t *testing.T) {
			w := newWorld(t)
			w.drop("uren_5555.csv", hoursHead+"1;A;05-10-2026;"+written+";8;;\r\n")
			w.settle()
			for _, suffix := range []string{".json", ".html"} {
				if page := w.read("failed/uren_5555.csv.receipt" + suffix); strings.Contains(page, written) || !strings.Contains(page, "***") {
					t.Errorf("%s tells it:\n%s", suffix, page)
				}
			}
		})
	}
}

// A number of a person in free text goes to Loket as the sender wrote it; his
// receipt says so.
func TestAReceiptTellsOfNumbersOfPeopleThatWentToLoket(t *testing.T) {
	w := newWorld(t)
	w.drop("uren_5555.csv", hoursHead+"1;A;05-10-2026;Normaal;8;123456782;\r\n2;B;05-10-2026;Normaal;8;100;\r\n")
	w.settle()
	r, page := w.receipt("done/uren_5555.csv"), w.read("done/uren_5555.csv.receipt.html")
	if len(r.Notes) != 1 || r.Notes[0].Code != "lijkt-persoonlijk" || strings.Contains(page, "123456782") || !strings.Contains(page, "Let op") {
		t.Errorf("notes %+v, page\n%s", r.Notes, page)
	}
}

// What a stranger chose, the name of the file and what stands in it, is text on
// the page and nothing else.
func TestAPageEscapesWhatStrangersWrite(t *testing.T) {
	evil := `"><script>alert(1)</script><img src=x onerror=alert(2)>`
	r := Receipt{
		File: evil + ".csv", Pipeline: evil, Outcome: "partly", Reason: evil, RefusedFile: evil, Mapping: evil,
		Received: time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC),
		Calls:    []ReceiptCall{{Subject: evil, State: evil, Import: evil, Fault: evil}},
		Problems: []formats.Problem{{Line: 1, Field: evil, Value: evil, Message: evil, Repair: evil}},
	}
	page, err := r.HTML()
	if err != nil {
		t.Fatal(err)
	}
	r.Outcome = evil // in an attribute too
	other, err := r.HTML()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range [][]byte{page, other} {
		if bytes.Contains(p, []byte("<script")) || bytes.Contains(p, []byte("<img")) || bytes.Count(p, []byte("&lt;script&gt;")) < 10 {
			t.Errorf("not escaped:\n%s", p)
		}
	}
}

// A name full of what a shell, a browser or a path would read something into.
func TestAHostileFileName(t *testing.T) {
	w := newWorld(t)
	const name = `uren_5555_<b onclick="x">&$(rm -rf .)%2e%2e.csv`
	w.drop(name, hoursFile)
	w.settle()
	w.ends(name, ledger.Imported, "done/"+name)
	if page := w.read("done/" + name + ".receipt.html"); strings.Contains(page, "<b onclick") || !strings.Contains(page, "uren_5555_&lt;b onclick=&#34;x&#34;&gt;") {
		t.Errorf("page:\n%s", page)
	}
	if r := w.receipt("done/" + name); r.File != name {
		t.Errorf("receipt names %q", r.File)
	}
}
