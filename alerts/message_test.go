package alerts

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the expected messages in testdata anew")

// now is a moment in summer time.
var now = time.Date(2026, 10, 5, 9, 0, 0, 0, time.UTC)

// examples are messages as they are sent, by name.
func examples() map[string]Message {
	file := func(k Kind, n int64, name, what, do string) Alert {
		return Alert{Kind: k, Cause: fmt.Sprint("entry ", n), Entry: n, Pipeline: "urenregistratie", Subject: name, What: what, Do: do, Since: now.Add(-time.Duration(n) * time.Minute)}
	}
	answer := "Loket gaf geen antwoord en nalezen gaf geen zekerheid."
	look := `Kijk in Loket, en zeg met "etl resolve 12" wat er van de aanroep geworden is.`
	var many []Alert
	for n := range int64(25) {
		many = append(many, file(Late, n+1, fmt.Sprintf("uren_%d.csv", n+1), "Loket is nu niet te bereiken.", "Het programma blijft het proberen."))
	}
	return map[string]Message{
		"held": compose([]Alert{
			file(Held, 12, "uren_5555.csv", answer, look),
			file(Held, 13, "<b>uren</b> &\r\nBcc: x@y.example\x1b[2J.csv", "De webservicegebruiker mist het recht op één werkgever (€).", "Geef het recht.\n.\nEn laat het bestand verder gaan."),
			{Kind: Held, Cause: "c", Pipeline: "urenregistratie", Subject: "loonjournaal 2026-10", What: "De totalen verschillen.", Do: "Vergelijk ze."},
		}, now),
		"late":   compose(groups(many)[0], now),
		"failed": compose([]Alert{{Kind: Failed, Cause: "export", Subject: "betaalbestand periode 10", What: "Het kon niet worden gemaakt.", Do: "Bekijk de melding.", Since: now}}, now),
		"uncollected": compose([]Alert{{Kind: Uncollected, Cause: "file", Pipeline: "betalingen", Subject: "betaling-2026-10.xml",
			What: "Het betaalbestand staat sinds gisteren klaar.", Do: "Vraag de bank of het ophalen nog werkt.", Since: time.Date(2026, 12, 31, 23, 30, 0, 0, time.UTC)}}, now),
		"test": Trial(now),
	}
}

func TestMessagesReadAsTheyShould(t *testing.T) {
	for name, m := range examples() {
		for ext, make := range map[string]func() (string, error){
			"txt": m.Text, "html": m.HTML,
			"json": func() (string, error) { b, err := m.JSON(); return string(b), err },
		} {
			got, err := make()
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join("testdata", name+"."+ext)
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.ReplaceAll(string(want), "\r\n", "\n"), got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", file, diff)
			}
		}
	}
}

func TestTheSameMessageHasTheSameID(t *testing.T) {
	seen := map[string]string{}
	for name, m := range examples() {
		if again := examples()[name].ID; again != m.ID {
			t.Errorf("%s: %s, then %s", name, m.ID, again)
		}
		if other := seen[m.ID]; other != "" {
			t.Errorf("%s and %s have one ID", name, other)
		}
		seen[m.ID] = name
	}
	if Trial(now).ID == Trial(now.Add(time.Second)).ID {
		t.Error("a second trial would be taken for the first")
	}
}
