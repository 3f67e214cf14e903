package pipelines

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"loket-etl/ledger"
	"loket-etl/mappings"
)

// replayed is what Replay hands over, as text, and its counts.
func (w *world) replayed(m *mappings.Mapping, since time.Time) (string, Replayed) {
	w.t.Helper()
	var b strings.Builder
	total, err := w.runner.Replay(w.t.Context(), m, since, func(f ReplayedFile) error {
		if f.Same() {
			return nil
		}
		fmt.Fprintf(&b, "%s, %d calls\n", f.Entry.Name, f.Calls)
		for _, d := range f.Differences {
			fmt.Fprintf(&b, "  %s: %s -> %s\n", d, d.Before, d.After)
		}
		for _, p := range f.New {
			fmt.Fprintf(&b, "  new %s\n", p.Code)
		}
		for _, p := range f.Gone {
			fmt.Fprintf(&b, "  gone %s\n", p.Code)
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return b.String(), total
}

// changed is a shipped mapping with another text in it or its table.
func changed(t *testing.T, name, old, text string) *mappings.Mapping {
	t.Helper()
	dir, did := fstest.MapFS{}, false
	for _, file := range []string{name + ".yaml", name + "-uursoorten.csv"} {
		data, err := os.ReadFile("../mappings/" + file)
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		other := bytes.ReplaceAll(data, []byte(old), []byte(text))
		did = did || !bytes.Equal(data, other)
		dir[file] = &fstest.MapFile{Data: other}
	}
	m, err := mappings.LoadFile(dir, name+".yaml")
	if err != nil || !did {
		t.Fatalf("changed %v: %v", did, err)
	}
	return m
}

func TestReplayOfAnUnchangedMappingFindsNothing(t *testing.T) {
	w := newWorld(t)
	w.drop("uren_5555_a.csv", hoursFile)
	w.drop("uren_5555_b.csv", strings.Replace(hoursFile, "1;A;06", "77;X;06", 1)) // in part
	w.drop("uren_5555_c.csv", "geen uren\r\n")                                    // refused
	w.drop("verlof.csv", leaveFile)
	w.drop("adres.csv", addressHead+"5555;1;Dorpsstraat;1;;9401 AB;Assen;NL;;\r\n")
	w.drop("status.csv", approval)
	w.settle()
	w.drop("response.xml", response(t, waits))
	w.settle()
	w.drop("uren_5555_d.csv", hoursFile) // a duplicate
	w.settle()
	w.undone("verlof.csv")
	for name, files := range map[string]int{"urenregistratie": 3, "verlof": 1, "persoon-adres": 1, "nepton": 0, "loonaangifte-status": 1, "loonaangifte-response": 1} {
		m, _ := w.runner.Plans().Mappings.Get(name)
		got, total := w.replayed(m, time.Time{})
		if got != "" || total != (Replayed{Files: files}) {
			t.Errorf("%s: %+v\n%s", name, total, got)
		}
	}
}

func TestReplaySaysWhatAChangedMappingMakesDifferent(t *testing.T) {
	w := newWorld(t)
	w.drop("uren_5555_a.csv", hoursFile)
	w.drop("uren_5555_b.csv", strings.Replace(hoursFile, "Normaal;8,00", "Gewoon;8,00", 1))
	w.drop("adres.csv", addressHead+"5555;1;Dorpsstraat;1;;9401 AB;Assen;NL;;\r\n")
	w.settle()
	got, total := w.replayed(changed(t, "urenregistratie", "Overwerk 150%;4", "Overwerk 150%;5\nGewoon;1"), time.Time{})
	want := `uren_5555_b.csv, 1 calls
  clientnummer 5555, werkgever_id 1001, persnr_verl 1, period 2026-10, kostenplaats 100, component 1:  -> 15.50
  clientnummer 5555, werkgever_id 1001, persnr_verl 2, period 2026-10, component 4: 1.25 -> 
  clientnummer 5555, werkgever_id 1001, persnr_verl 2, period 2026-10, component 5:  -> 1.25
  gone onbekend-in-tabel
uren_5555_a.csv, 1 calls
  clientnummer 5555, werkgever_id 1001, persnr_verl 2, period 2026-10, component 4: 1.25 -> 
  clientnummer 5555, werkgever_id 1001, persnr_verl 2, period 2026-10, component 5:  -> 1.25
`
	if got != want || total != (Replayed{Files: 2, Different: 2}) {
		t.Errorf("%+v, got\n%swant\n%s", total, got, want)
	}
	got, _ = w.replayed(changed(t, "urenregistratie", "type: date, layouts: [dd-MM-yyyy, yyyy-MM-dd]", "type: date, layouts: [yyyy-MM-dd]"), time.Time{})
	if !strings.Contains(got, "uren_5555_a.csv, 0 calls\n") || !strings.Contains(got, "component 4: 1.25 -> \n  new datum") {
		t.Errorf("refused now:\n%s", got)
	}
	got, _ = w.replayed(changed(t, "persoon-adres", "    Straat: {column: straat}\n", ""), time.Time{})
	if !strings.Contains(got, "Straat: Dorpsstraat -> \n") {
		t.Errorf("a change:\n%s", got)
	}
	before, err := w.ledger.List(t.Context(), ledger.Filter{})
	if err != nil || len(before) != 3 {
		t.Errorf("%d entries, %v", len(before), err)
	}
}

func TestReplayLooksAtAllPagesAndSinceADay(t *testing.T) {
	w := newWorld(t)
	for i := range 103 {
		w.drop(fmt.Sprintf("verlof_%d.csv", i), strings.Replace(leaveFile, ";8\r\n", fmt.Sprintf(";%d\r\n", i%90+1), 1)+strings.Repeat("\r\n", i))
	}
	w.settle()
	m, _ := w.runner.Plans().Mappings.Get("verlof")
	if got, total := w.replayed(m, time.Time{}); total.Files != 103 {
		t.Errorf("%+v\n%s", total, got)
	}
	at := w.clock.Now().Add(24 * time.Hour)
	w.clock.advance(at)
	w.drop("verlof_later.csv", strings.Replace(leaveFile, ";8\r\n", ";4\r\n\r\n", 1)+strings.Repeat("\r\n", 200))
	w.settle()
	if _, total := w.replayed(m, at); total.Files != 1 {
		t.Errorf("since the last day: %+v", total)
	}
	w.clock.advance(at.Add(100 * 24 * time.Hour))
	if _, err := w.ledger.Sweep(t.Context(), 90*24*time.Hour); err != nil {
		t.Fatal(err)
	}
	if _, total := w.replayed(m, time.Time{}); total.Files != 0 || total.Purged != 104 {
		t.Errorf("after the retention: %+v", total)
	}
}
