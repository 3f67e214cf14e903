package pipelines

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"loket-etl/inbox"
	"loket-etl/ledger"
	"loket-etl/mappings"
	"loket-etl/payroll"
)

const hoursHead = "Personeelsnummer;Naam;Datum;Uursoort;Uren;Kostenplaats;Opmerking\r\n"
const leaveHead = "Clientnummer;Personeelsnummer;Naam;Van;Tot en met;Verlofsoort;Boeking;Uren\r\n"

// ends checks where a file ended.
func (w *world) ends(name string, outcome ledger.Outcome, target string) ledger.Entry {
	w.t.Helper()
	e := w.only(name)
	if e.State != ledger.Settled || e.Outcome != outcome || e.Target != target {
		w.t.Errorf("%s is %s %s at %q: %s, want settled %s at %q", name, e.State, e.Outcome, e.Target, e.Reason, outcome, target)
	}
	if target != "" && w.read(target+".receipt.json") == "" {
		w.t.Errorf("%s has no receipt", target)
	}
	return e
}

// inLoket checks what Loket has of the two people that tests are about.
func (w *world) inLoket(want map[string]string) {
	w.t.Helper()
	if diff := cmp.Diff(want, stands(w.t, w.url, w.clock.Now)); diff != "" {
		w.t.Errorf("what stands in Loket (-want +got):\n%s", diff)
	}
}

// imports is how many import calls Loket carried out.
func (w *world) imports() int { return w.loket.Count(importFunction) }

var hoursStand = map[string]string{"1 kp100 1": "15.50", "2 kp 4": "1.25"}

func TestTheSameBytesUnderAnotherNameAreADuplicate(t *testing.T) {
	w := newWorld(t)
	w.drop("uren_5555_oktober.csv", hoursFile)
	w.settle()
	first := w.ends("uren_5555_oktober.csv", ledger.Imported, "done/uren_5555_oktober.csv")
	w.drop("uren_5555_nogmaals.csv", hoursFile)
	w.settle()
	w.ends("uren_5555_nogmaals.csv", ledger.Duplicate, "failed/uren_5555_nogmaals.csv")
	got := w.receipt("failed/uren_5555_nogmaals.csv")
	if got.DuplicateOf != int64(first.ID) || got.Earlier == nil || got.Earlier.File != first.Name || got.Earlier.Outcome != "imported" {
		t.Errorf("the receipt names %d %+v, want entry %d", got.DuplicateOf, got.Earlier, first.ID)
	}
	if page := w.read("failed/uren_5555_nogmaals.csv.receipt.html"); !strings.Contains(page, "al eerder ontvangen: uren_5555_oktober.csv, 02-11-2026 10:00:00, nummer 1 (verwerkt)") {
		t.Errorf("the page does not name the earlier delivery:\n%s", page)
	}
	w.inLoket(hoursStand)
	if n := w.imports(); n != 1 {
		t.Errorf("%d imports, want 1", n)
	}

	id, isNew, err := w.runner.Import(t.Context(), "urenregistratie", "uren_5555_weer.csv", true, strings.NewReader(hoursFile))
	if err != nil || !isNew {
		t.Fatalf("forced: new %v, %v", isNew, err)
	}
	w.settle()
	if e, err := w.ledger.Get(t.Context(), id); err != nil || e.Outcome != ledger.Imported || w.imports() != 2 {
		t.Errorf("forced: %s %s, %d imports, %v", e.State, e.Outcome, w.imports(), err)
	}
	w.inLoket(hoursStand)
}

// Each scan after the outcome of one is known takes the next: none has to wait for
// the minute after which a file that still lies there is looked at again.
func TestFilesWithTheSameBytesDroppedTogether(t *testing.T) {
	w := newWorld(t)
	var failed []string
	box, err := inbox.New(w.inbox, inbox.Options{Again: time.Minute, Now: w.clock.Now, Failed: func(name string, err error) { failed = append(failed, fmt.Sprint(name, err)) }})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"uren_5555_a.csv", "uren_5555_b.csv", "uren_5555_c.csv"} {
		path := filepath.Join(w.dir, "in", name) // a marker that is older than its file says nothing
		if err := errors.Join(os.WriteFile(path, []byte(hoursFile), 0o600), os.WriteFile(path+".ok", nil, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	began := w.clock.Now()
	for range 3 {
		for range 2 { // the second finds nothing new
			if err := box.Scan(t.Context(), w.watch.found); err != nil {
				t.Fatal(err)
			}
		}
		w.settle()
	}
	if took := w.clock.Now().Sub(began); took > 10*time.Second {
		t.Errorf("it took %s", took)
	}
	w.ends("uren_5555_a.csv", ledger.Imported, "done/uren_5555_a.csv")
	w.ends("uren_5555_b.csv", ledger.Duplicate, "failed/uren_5555_b.csv")
	w.ends("uren_5555_c.csv", ledger.Duplicate, "failed/uren_5555_c.csv")
	if n := w.imports(); n != 1 || len(failed) > 0 {
		t.Errorf("%d imports, failed %v", n, failed)
	}
}

func TestWhatWasRefusedMayComeAgainAsItIs(t *testing.T) {
	w := newWorld(t)
	closed := strings.ReplaceAll(hoursFile, "-10-2026", "-09-2026")
	for _, target := range []string{"failed/uren_5555_september.csv", "failed/uren_5555_september-2.csv"} {
		w.drop("uren_5555_september.csv", closed)
		w.settle()
		if r := w.receipt(target); r.Outcome != "refused" || r.DuplicateOf != 0 {
			t.Errorf("%s: %s, duplicate of %d", target, r.Outcome, r.DuplicateOf)
		}
	}
}

func TestNextMonthsFileOfTheSameNameIsANewFile(t *testing.T) {
	w := newWorld(t)
	for i, want := range []string{"done/uren_5555.csv", "done/uren_5555-2.csv", "done/uren_5555-3.csv", "done/uren_5555-4.csv", "done/uren_5555-5.csv"} {
		w.drop("uren_5555.csv", hoursHead+fmt.Sprintf("1;A;05-%d-2026;Normaal;%d;100;\r\n", 10+i%2, i+1))
		w.settle()
		if w.read(want) == "" || w.receipt(want).Outcome != "imported" {
			t.Errorf("%s is not there", want)
		}
	}
	w.inLoket(map[string]string{"1 kp100 1": "5.00"})
}

// The refused part, repaired and dropped again, gives what the whole file would
// have given; the hours of those who were accepted are sent once.
func TestTheRefusedPartComesBackRepaired(t *testing.T) {
	w := newWorld(t)
	w.drop("uren_5555_oktober.csv", hoursHead+
		"1;A;05-10-2026;Normaal;8,00;100;\r\n2;B;05-10-2026;Overwurk;1,25;;\r\n1;A;06-10-2026;Normaal;7:30;100;\r\n2;B;06-10-2026;Normaal;2;;\r\n")
	w.settle()
	e := w.ends("uren_5555_oktober.csv", ledger.Partly, "done/uren_5555_oktober.csv")
	if e.Rows != 4 || e.Accepted != 2 || e.Refused != 2 {
		t.Errorf("rows %d, accepted %d, refused %d", e.Rows, e.Accepted, e.Refused)
	}
	w.inLoket(map[string]string{"1 kp100 1": "15.50"})
	r := w.receipt("done/uren_5555_oktober.csv")
	if r.RefusedFile != "uren_5555_oktober-afgekeurd.csv" || len(r.Problems) != 1 || r.Problems[0].Line != 3 || r.Problems[0].Value != "Overwurk" {
		t.Errorf("receipt: %+v", r)
	}
	part := w.read("failed/" + r.RefusedFile)
	if want := "\ufeff" + hoursHead + "2;B;05-10-2026;Overwurk;1,25;;\r\n2;B;06-10-2026;Normaal;2;;\r\n"; part != want {
		t.Errorf("refused part:\n%q\nwant\n%q", part, want)
	}
	w.drop(r.RefusedFile, strings.Replace(part, "Overwurk", "Overwerk 150%", 1))
	w.settle()
	w.ends(r.RefusedFile, ledger.Imported, "done/"+r.RefusedFile)
	w.inLoket(map[string]string{"1 kp100 1": "15.50", "2 kp 4": "1.25", "2 kp 1": "2.00"})
}

func TestAllOrNothingSendsNothingWhenOneRowIsBad(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.Bindings[0].Policy = AllOrNothing })
	w.drop("uren_5555_oktober.csv", hoursFile+"1;A;07-10-2026;Normaal;acht;;\r\n")
	w.drop("verlof.csv", leaveFile+"5555;77;X;12-10-2026;;Wettelijk;Opname;8\r\n")
	w.settle()
	w.ends("verlof.csv", ledger.RefusedOutcome, "failed/verlof.csv")
	e := w.ends("uren_5555_oktober.csv", ledger.RefusedOutcome, "failed/uren_5555_oktober.csv")
	if e.Rows != 4 || e.Accepted != 0 || e.Refused != 4 || w.imports() != 0 {
		t.Errorf("rows %d, accepted %d, refused %d, %d imports", e.Rows, e.Accepted, e.Refused, w.imports())
	}
	if r := w.receipt("failed/uren_5555_oktober.csv"); len(r.Problems) != 1 || r.Problems[0].Line != 5 || len(r.Calls) != 0 {
		t.Errorf("receipt: %+v", r)
	}
	w.inLoket(map[string]string{})
}

// strange is the shipped mappings with codes that Loket does not have.
func strange(t *testing.T) Plans {
	t.Helper()
	dir := fstest.MapFS{}
	for name, change := range map[string]func(string) string{
		"urenregistratie.yaml":           func(s string) string { return s },
		"urenregistratie-uursoorten.csv": func(s string) string { return s + "Vreemd;999\n" },
		"verlof.yaml": func(s string) string {
			return strings.Replace(s, "nummer: 15}", "nummer: 15}\n      - {soort: Vreemd, nummer: 99}", 1)
		},
		"loket-variabel.yaml": func(s string) string { return s },
	} {
		data, err := os.ReadFile("../mappings/" + name)
		if err != nil {
			t.Fatal(err)
		}
		dir[name] = &fstest.MapFile{Data: []byte(change(string(data)))}
	}
	m, err := mappings.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	return Plans{Pipelines: loadedPlans(t).Pipelines, Mappings: m}
}

// Loket refuses single lines: the right employee is named, and the refused part
// holds his rows alone.
func TestLoketRefusesSingleLines(t *testing.T) {
	for name, c := range map[string]struct {
		file, content string
		stands        map[string]string
		part          string
		problems      []string
		accepted      int
	}{
		"XML": {
			"uren_5555_oktober.csv",
			hoursHead + "1;A;05-10-2026;Normaal;8;100;\r\n2;B;05-10-2026;Normaal;4;200;\r\n2;B;05-10-2026;Vreemd;1;200;\r\n3;C;05-10-2026;Normaal;2;;\r\n1;A;06-10-2026;Normaal;8;;\r\n",
			map[string]string{"1 kp100 1": "8.00", "1 kp 1": "8.00", "2 kp200 1": "4.00"},
			"\ufeff" + hoursHead + "2;B;05-10-2026;Normaal;4;200;\r\n2;B;05-10-2026;Vreemd;1;200;\r\n",
			[]string{"Loket neemt werknemer 2 (werkgever 1001, periode 2026-10) niet aan: Looncomponent 999 bestaat niet in de administratie."},
			3,
		},
		"CSV": {
			"variabel_2026-10.csv",
			"aanslnr;persnr;ploeg;1;999\r\n5555;1;1;8,00;\r\n5555;2;1;4,00;1,00\r\n5555;3;1;2,00;\r\n",
			map[string]string{"1 kp 1": "8.00"},
			"\ufeffaanslnr;persnr;ploeg;1;999\r\n5555;2;1;4,00;1,00\r\n",
			[]string{"Loket neemt werknemer 2 (werkgever 1001, periode 2026-10) niet aan: Looncomponent 999 bestaat niet in de administratie."},
			2,
		},
		"leave": {
			"verlof.csv",
			leaveHead + "5555;1;A;12-10-2026;;Wettelijk;Opname;8\r\n5555;1;A;13-10-2026;14-10-2026;Vreemd;Opname;16\r\n5555;2;B;12-10-2026;;Wettelijk;Opname;4\r\n",
			map[string]string{"1 verlof": "1", "2 verlof": "1"},
			"\ufeff" + leaveHead + "5555;1;A;13-10-2026;14-10-2026;Vreemd;Opname;16\r\n",
			[]string{"Loket neemt het verlof van werknemer 1 van 13-10-2026 tot en met 14-10-2026 (16,00) niet aan: Deze verlofsoort bestaat niet."},
			2,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.runner.Use(strange(t))
			w.drop(c.file, c.content)
			w.settle()
			e := w.ends(c.file, ledger.Partly, "done/"+c.file)
			if e.Accepted != c.accepted || e.Refused != e.Rows-c.accepted {
				t.Errorf("accepted %d, refused %d of %d", e.Accepted, e.Refused, e.Rows)
			}
			w.inLoket(c.stands)
			r := w.receipt("done/" + c.file)
			var problems []string
			for _, p := range r.Problems {
				problems = append(problems, p.Message)
			}
			if diff := cmp.Diff(c.problems, problems); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
			part := w.read("failed/" + r.RefusedFile)
			if diff := cmp.Diff(c.part, part); diff != "" {
				t.Fatalf("refused part (-want +got):\n%s", diff)
			}
			// Repaired by the office (the code is known now), it adds what was missing.
			w.runner.Use(loadedPlans(t))
			repaired := strings.NewReplacer("Vreemd;1", "Overwerk 150%;1", "Vreemd", "Wettelijk", "999", "4").Replace(part)
			w.drop(r.RefusedFile, repaired)
			w.settle()
			w.ends(r.RefusedFile, ledger.Imported, "done/"+r.RefusedFile)
			if got := stands(t, w.url, w.clock.Now)["1 verlof"]; c.stands["1 verlof"] != got {
				t.Errorf("leave of 12 October is booked %s times, want %s", got, c.stands["1 verlof"])
			}
		})
	}
}

func TestAClosedPeriodIsRefusedWithWhatToDo(t *testing.T) {
	w := newWorld(t)
	w.drop("uren_5555_september.csv", strings.ReplaceAll(hoursFile, "-10-2026", "-09-2026"))
	w.settle()
	w.ends("uren_5555_september.csv", ledger.RefusedOutcome, "failed/uren_5555_september.csv")
	r := w.receipt("failed/uren_5555_september.csv")
	if !strings.HasSuffix(r.Reason, "Een afgesloten periode wordt niet herrekend, zet de correctie in de open periode") || r.Refused != 3 || r.Accepted != 0 {
		t.Errorf("receipt: %q, refused %d", r.Reason, r.Refused)
	}
	if len(r.Problems) != 0 || len(r.Calls) != 1 || r.Calls[0].State != "refused" {
		t.Errorf("receipt: %+v", r)
	}
}

// threeEmployers names one employee of each.
const threeEmployers = leaveHead + "5555;1;A;12-10-2026;;Wettelijk;Opname;8\r\n5556;1;B;12-10-2026;;Wettelijk;Opname;4\r\n7001;1;C;12-10-2026;;Wettelijk;Opname;2\r\n"

func TestOneFileForSeveralEmployers(t *testing.T) {
	w := newWorld(t)
	w.drop("verlof.csv", threeEmployers)
	w.drop("variabel_2026-10.csv", "aanslnr;persnr;ploeg;1\r\n5555;1;1;8,00\r\n5556;1;1;4,00\r\n5556;2;1;3,00\r\n")
	w.settle()
	w.ends("verlof.csv", ledger.Imported, "done/verlof.csv")
	w.ends("variabel_2026-10.csv", ledger.Imported, "done/variabel_2026-10.csv")
	for target, want := range map[string]string{
		"done/verlof.csv":           "[werkgever 1001, verlof 1 done werkgever 1002, verlof 1 done werkgever 1003, verlof 1 done]",
		"done/variabel_2026-10.csv": "[werkgever 1001, periode 2026-10 1 done werkgever 1002, periode 2026-10 2 done]",
	} {
		var calls []string
		for _, c := range w.receipt(target).Calls {
			calls = append(calls, fmt.Sprintf("%s %d %s", c.Subject, c.Accepted, c.State))
		}
		if got := fmt.Sprint(calls); got != want {
			t.Errorf("%s: calls %s, want %s", target, got, want)
		}
	}
	w.inLoket(map[string]string{"1 kp 1": "8.00", "1 verlof": "1"})
}

// One employer's period is closed: under all-or-nothing nothing of the file is
// sent; otherwise the others are, and the refused part is that employer's.
func TestAClosedPeriodOfOneEmployer(t *testing.T) {
	const file = "aanslnr;persnr;ploeg;1\r\n5555;1;1;8,00\r\n5556;1;1;4,00\r\n"
	closes := func(t *testing.T, w *world, client int) {
		t.Helper()
		run, err := w.loket.Verloon(client, payroll.Period{Year: 2026, Number: 10})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.loket.Goedkeuren(run.Identity); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("all or nothing", func(t *testing.T) {
		w := newWorld(t)
		closes(t, w, 5556)
		w.drop("variabel_2026-10.csv", file)
		w.settle()
		w.ends("variabel_2026-10.csv", ledger.RefusedOutcome, "failed/variabel_2026-10.csv")
		r := w.receipt("failed/variabel_2026-10.csv")
		want := "werkgever 1002, periode 2026-10 is in Loket afgesloten: er is een goedgekeurde verloning; daarom is van dit bestand niets verzonden. Een afgesloten periode wordt niet herrekend, zet de correctie in de open periode"
		if r.Reason != want || r.Accepted != 0 || r.Refused != 2 || len(r.Calls) != 2 || r.Calls[0].State != "planned" {
			t.Errorf("receipt: %+v", r)
		}
		if w.imports() != 0 {
			t.Errorf("%d imports, want none", w.imports())
		}
		w.inLoket(map[string]string{})
	})
	t.Run("all or nothing, refused before anything was done", func(t *testing.T) {
		w := newWorld(t) // the list of runs does not tell of this one
		w.loket.SetMood(oneRefusal(3004))
		w.drop("variabel_2026-10.csv", file)
		w.settle()
		w.ends("variabel_2026-10.csv", ledger.RefusedOutcome, "failed/variabel_2026-10.csv")
		if r := w.receipt("failed/variabel_2026-10.csv"); !strings.HasPrefix(r.Reason, "werkgever 1001, periode 2026-10: Loket zegt: ") || r.Calls[1].State != "planned" {
			t.Errorf("receipt: %+v", r)
		}
		w.inLoket(map[string]string{})
	})
	t.Run("per employee", func(t *testing.T) {
		w := newWorld(t, func(o *Options) { o.Bindings[2].Policy = PerEmployee })
		closes(t, w, 5556)
		w.drop("variabel_2026-10.csv", file)
		w.settle()
		e := w.ends("variabel_2026-10.csv", ledger.Partly, "done/variabel_2026-10.csv")
		if e.Accepted != 1 || e.Refused != 1 {
			t.Errorf("accepted %d, refused %d", e.Accepted, e.Refused)
		}
		if got, want := w.read("failed/variabel_2026-10-afgekeurd.csv"), "\ufeffaanslnr;persnr;ploeg;1\r\n5556;1;1;4,00\r\n"; got != want {
			t.Errorf("refused part %q, want %q", got, want)
		}
		w.inLoket(map[string]string{"1 kp 1": "8.00"})
	})
}

// docs/mappings.md promises this: what a corrected file leaves out stays, until a
// file says 0.
func TestACorrectedFileReplacesOnlyWhatItSaysAgain(t *testing.T) {
	w := newWorld(t)
	row := func(kp, hours string) string { return "1;A;05-10-2026;Normaal;" + hours + ";" + kp + ";\r\n" }
	w.drop("uren_5555_a.csv", hoursHead+row("100", "8")+"2;B;05-10-2026;Normaal;4;;\r\n")
	w.settle()
	w.drop("uren_5555_b.csv", hoursHead+row("200", "8"))
	w.settle()
	w.inLoket(map[string]string{"1 kp100 1": "8.00", "1 kp200 1": "8.00", "2 kp 1": "4.00"})
	w.drop("uren_5555_c.csv", hoursHead+row("100", "0")+row("200", "8"))
	w.settle()
	w.inLoket(map[string]string{"1 kp100 1": "0.00", "1 kp200 1": "8.00", "2 kp 1": "4.00"})
}
