package pipelines

import (
	"io"
	"strings"
	"testing"
	"time"

	"loket-etl/ledger"
	"loket-etl/pipelines/preview"
)

// Every encryption gives other bytes: what they hold tells whether it came before.
func TestTheSameFileEncryptedAnewIsADuplicate(t *testing.T) {
	seal, encrypt := ageKey(t)
	w := newWorld(t, sealedBy(seal, ""))
	w.drop("verlof.csv.age", encrypt(leaveFile))
	w.settle()
	w.drop("verlof2.csv.age", encrypt(leaveFile))
	w.settle()
	w.ends("verlof2.csv.age", ledger.Duplicate, "failed/verlof2.csv.age")
	w.inLoket(map[string]string{"1 verlof": "2"})
	if r := w.receipt("failed/verlof2.csv.age"); r.DuplicateOf != 1 || r.Earlier == nil || r.Earlier.File != "verlof.csv.age" {
		t.Errorf("receipt %+v", r)
	}
	w.undone("verlof.csv.age")
	w.inLoket(map[string]string{"1 verlof": "4"})
	w.drop("verlof3.csv.age", encrypt(leaveFile))
	w.settle()
	w.ends("verlof3.csv.age", ledger.Imported, "done/verlof3.csv.age")
	w.inLoket(map[string]string{"1 verlof": "6"})
	w.drop("verlof4.csv.age", encrypt(leaveFile+"\r\n"))
	w.settle()
	w.ends("verlof4.csv.age", ledger.Imported, "done/verlof4.csv.age")
}

// Two of them at once count once.
func TestTwoEncryptionsOfOneFileAtOnceCountOnce(t *testing.T) {
	seal, encrypt := ageKey(t)
	w := newWorld(t, sealedBy(seal, ""))
	w.drop("verlof.csv.age", encrypt(leaveFile))
	w.drop("verlof2.csv.age", encrypt(leaveFile))
	w.drop("verlof3.csv.age", encrypt(leaveFile))
	w.settle()
	w.inLoket(map[string]string{"1 verlof": "2"})
	outcomes := map[ledger.Outcome]int{}
	for _, name := range []string{"verlof.csv.age", "verlof2.csv.age", "verlof3.csv.age"} {
		outcomes[w.only(name).Outcome]++
	}
	if outcomes[ledger.Imported] != 1 || outcomes[ledger.Duplicate] != 2 {
		t.Errorf("%v", outcomes)
	}
}

// Where a pipeline has an inbox for encrypted files and one for others, the same is
// known by either way.
func TestTheSameFileInClearIsADuplicateOfTheEncryptedOne(t *testing.T) {
	seal, encrypt := ageKey(t)
	w := newWorld(t, func(o *Options) {
		for _, b := range o.Bindings {
			b.Inbox, b.Seal = "sealed", seal
			o.Bindings = append(o.Bindings, b)
		}
	})
	stage := func(inbox, name, content string) {
		e := ledger.Entry{Pipeline: "verlof", Inbox: inbox, Name: name}
		if _, _, err := w.ledger.Stage(t.Context(), e, strings.NewReader(content)); err != nil {
			t.Fatal(err)
		}
		w.settle()
	}
	stage("sealed", "verlof.csv.age", encrypt(leaveFile))
	stage("in", "verlof.csv", leaveFile)
	w.inLoket(map[string]string{"1 verlof": "2"})
	if e := w.only("verlof.csv"); e.Outcome != ledger.Duplicate {
		t.Errorf("%s", e.Outcome)
	}
}

// A preview, a replay and what is remembered of the form of a file look at what it
// holds.
func TestPreviewAndReplayOpenAnEncryptedFile(t *testing.T) {
	seal, encrypt := ageKey(t)
	w := newWorld(t, sealedBy(seal, ""))
	w.drop("uren_5555.csv.age", encrypt(hoursFile))
	w.settle()
	m, _ := w.runner.Plans().Mappings.Get("urenregistratie")
	if got, total := w.replayed(m, time.Time{}); got != "" || total != (Replayed{Files: 1}) {
		t.Errorf("replay %+v\n%s", total, got)
	}
	if got, _ := w.replayed(changed(t, "urenregistratie", "Overwerk 150%;4", "Overwerk 150%;5"), time.Time{}); !strings.Contains(got, "component 5:  -> 1.25") {
		t.Errorf("replay of a changed mapping:\n%s", got)
	}
	again := encrypt(hoursFile)
	p, err := w.runner.Preview(t.Context(), Dry{Pipeline: "urenregistratie", Inbox: "in", Name: "uren_5555.csv.age", Open: func() (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(again)), nil
	}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Employees) != 2 || len(p.Strange) == 0 || p.Strange[0].Code != preview.SameFile ||
		!strings.HasPrefix(p.Strange[0].Message, "Dit bestand is, eenmaal geopend, byte voor byte gelijk aan uren_5555.csv.age (nummer 1, ") {
		t.Errorf("preview %+v", p)
	}
	changed := strings.NewReplacer("Uren;Kostenplaats", "Kostenplaats;Uren", ";8,00;100;", ";100;8,00;", ";7:30;100;", ";100;7:30;", ";1,25;;", ";;1,25;").Replace(hoursFile)
	w.drop("uren_5555_2.csv.age", encrypt(changed))
	w.settle()
	if r := w.receiptOfEntry("uren_5555_2.csv.age"); len(r.Notes) == 0 && w.only("uren_5555_2.csv.age").State != ledger.Held {
		t.Errorf("nothing is said of columns that were exchanged: %+v", r)
	}
}

func (w *world) receiptOfEntry(name string) Receipt {
	w.t.Helper()
	r, err := ReceiptOf(w.t.Context(), w.ledger, w.only(name).ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}
