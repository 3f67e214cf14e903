package pipelines

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"loket-etl/ledger"
	"loket-etl/loket/sandbox"
)

const dossierHead = "Bestand;Dossier;Clientnummer;Personeelsnummer;Omschrijving;Categorie\r\n"

// zipped is a zip of names and contents, in pairs.
func zipped(t testing.TB, pairs ...string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(pairs); i += 2 {
		f, err := z.Create(pairs[i])
		if err == nil {
			_, err = io.WriteString(f, pairs[i+1])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// unzipped is what a zip holds, by name.
func unzipped(t testing.TB, data string) map[string]string {
	t.Helper()
	z, err := zip.NewReader(strings.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, f := range z.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		got[f.Name] = string(content)
	}
	return got
}

// dossier is the names and descriptions of the documents in a dossier.
func (w *world) dossier(owner string) string {
	var all []string
	for _, d := range w.loket.Dossier(owner) {
		all = append(all, fmt.Sprintf("%s (%s, %d)", d.Name, d.Omschrijving, d.Size))
	}
	return strings.Join(all, ", ")
}

// From a zip with an index, and from one document that is named after its owner, to
// the dossiers.
func TestFromDroppedDocumentsToDossiers(t *testing.T) {
	w := newWorld(t)
	r := w.dropped("dossier_oktober.zip", sample(t, "dossier-toevoegen/good/dossier_oktober.zip"))
	w.has("dossier of 1", w.dossier(w.employment(1).Identity), "contract-1.pdf (Arbeidsovereenkomst, 594)")
	w.has("dossier of 2", w.dossier(w.employment(2).Identity), "contract-2.pdf (Arbeidsovereenkomst, 594)")
	w.has("dossier of the employer", w.dossier(korenaar), "reglement.txt (Huisreglement, 25)")
	if len(r.Calls) != 3 || !strings.HasPrefix(r.Calls[0].Answer, "dossierstuk D.") || r.Rows != 3 || r.Accepted != 3 {
		t.Errorf("receipt %+v", r)
	}
	w.dropped("dossier_5555_3_Loonbelasting_2026.pdf", sample(t, "dossier-document/good/dossier_5555_1_Arbeidsovereenkomst.pdf"))
	w.has("dossier of 3", w.dossier(w.employment(3).Identity), "dossier_5555_3_Loonbelasting_2026.pdf (Loonbelasting_2026, 592)")
}

// Per employee, what is refused comes back as a zip that can be repaired and dropped
// again; what was accepted is not in it.
func TestTheRefusedPartOfAZipIsAZip(t *testing.T) {
	w := newWorld(t, func(o *Options) {
		for i := range o.Bindings {
			o.Bindings[i].Policy = PerEmployee
		}
	})
	one, two := "een.txt;Werknemer;5555;1;Een;Overig\r\n", "twee.txt;Werknemer;5555;2;Twee;Overig\r\n"
	wrong := "kwijt.txt;Werknemer;5555;2;Kwijt;Overig\r\n"
	w.drop("dossier_1.zip", zipped(t, "een.txt", "1", "map/index.csv", dossierHead+"../een.txt;Werknemer;5555;1;Een;Overig\r\n"))
	w.drop("dossier_2.zip", zipped(t, "een.txt", "1", "twee.txt", "2", "los.txt", "3", "index.csv", dossierHead+one+two+wrong))
	w.settle()
	w.ends("dossier_1.zip", ledger.RefusedOutcome, "failed/dossier_1.zip")
	w.ends("dossier_2.zip", ledger.Partly, "done/dossier_2.zip")
	r := w.receipt("done/dossier_2.zip")
	if r.Accepted != 1 || r.Refused != 3 || r.RefusedFile != "dossier_2-afgekeurd.zip" || len(r.Problems) != 2 {
		t.Errorf("receipt %+v", r)
	}
	back := unzipped(t, w.read("failed/dossier_2-afgekeurd.zip"))
	if len(back) != 3 || back["index.csv"] != "\uFEFF"+dossierHead+two+wrong || back["twee.txt"] != "2" || back["los.txt"] != "3" {
		t.Errorf("handed back %q", back)
	}
	w.has("dossier of 1", w.dossier(w.employment(1).Identity), "een.txt (Een, 1)")

	back["index.csv"] = strings.Replace(back["index.csv"], "kwijt.txt", "los.txt", 1)
	w.dropped("dossier_3.zip", zipped(t, "index.csv", back["index.csv"], "twee.txt", back["twee.txt"], "los.txt", back["los.txt"]))
	w.has("dossier of 2", w.dossier(w.employment(2).Identity), "twee.txt (Twee, 1), los.txt (Kwijt, 1)")
}

// The same bytes for the same dossier are a document that is there already, whatever
// they are called; Loket cannot be asked, so a person is.
func TestADocumentGoesToADossierOnce(t *testing.T) {
	w := newWorld(t)
	w.dropped("dossier_1.zip", zipped(t, "een.txt", "1", "index.csv", dossierHead+"een.txt;Werknemer;5555;1;Een;Overig\r\n"))
	w.dropped("dossier_2.zip", zipped(t, "een.txt", "1", "index.csv", dossierHead+"een.txt;Werknemer;5555;2;Een;Overig\r\n"))
	w.drop("dossier_3.zip", zipped(t, "anders.txt", "1", "index.csv", dossierHead+"anders.txt;Werknemer;5555;1;Anders;Overig\r\n"))
	w.settle()
	w.state(3, ledger.Held, "dit document is voor hetzelfde dossier al naar Loket gegaan (bestand nummer 1")
	if n := w.loket.Count(addDocumentCall); n != 2 {
		t.Errorf("%d calls, want 2", n)
	}
}

// A document that Loket does not take is refused by itself, and handed back.
func TestADocumentThatLoketRefusesAmongOthers(t *testing.T) {
	w := newWorld(t)
	w.loket.SetMood(sandbox.Mood{Function: addDocumentCall, Kind: sandbox.Refused, Code: 4002, Skip: 1, Count: 1})
	two := "twee.txt;Werknemer;5555;2;Twee;Overig\r\n"
	w.drop("dossier.zip", zipped(t, "een.txt", "1", "twee.txt", "2", "index.csv", dossierHead+two+"een.txt;Werknemer;5555;1;Een;Overig\r\n"))
	w.settle()
	w.ends("dossier.zip", ledger.Partly, "done/dossier.zip")
	if back := unzipped(t, w.read("failed/dossier-afgekeurd.zip")); len(back) != 2 || back["index.csv"] != "\uFEFF"+dossierHead+two || back["twee.txt"] != "2" {
		t.Errorf("handed back %q", back)
	}
}

func TestADocumentInEveryMood(t *testing.T) {
	everyMood(t, addDocumentCall, "dossier_5555_1_Contract.pdf", sample(t, "dossier-document/good/dossier_5555_1_Arbeidsovereenkomst.pdf"), func(t *testing.T, w *world, kind sandbox.MoodKind) {
		w.askedOnce(addDocumentCall, "dossier_5555_1_Contract.pdf", kind)
		want := 1
		if kind == sandbox.LostBefore {
			want = 0
		}
		if got := w.loket.Dossier(w.employment(1).Identity); len(got) > 1 || kind == sandbox.LostBefore && len(got) != want {
			t.Errorf("%d documents", len(got))
		}
	})
}

// However often the process is killed, no document is in a dossier twice, and what was
// done is known or a person is asked.
func TestKilledAtEveryStepOfDocuments(t *testing.T) {
	everyStep(t, func(t *testing.T) *crashWorld {
		w := newCrashWorld(t, "", false)
		for _, name := range []string{"uren_5555_oktober.csv", "verlof.csv"} {
			if err := os.Remove(filepath.Join(w.dir, "in", name)); err != nil {
				t.Fatal(err)
			}
		}
		w.put("dossier.zip", zipped(t, "een.txt", "1", "twee.txt", "2", "index.csv",
			dossierHead+"een.txt;Werkgever;5555;;Een;Overig\r\ntwee.txt;Werkgever;5555;;Twee;Overig\r\n"))
		w.after = w.afterDocuments
		return w
	}, 1)
}

func (w *crashWorld) afterDocuments() error {
	l, err := ledger.Open(w.t.Context(), w.dsn, ledger.Options{})
	if err != nil {
		return err
	}
	defer l.Close()
	all, err := l.List(w.t.Context(), ledger.Filter{})
	if err != nil {
		return err
	}
	seen := map[string]int{}
	for _, d := range w.loket.Dossier(korenaar) {
		seen[d.Name]++
	}
	for name, n := range seen {
		if n > 1 {
			err = errors.Join(err, fmt.Errorf("%s is there %d times", name, n))
		}
	}
	for _, e := range all {
		switch {
		case e.State == ledger.Held && strings.Contains(e.Reason, "Loket laat dat niet nalezen"):
		case e.State != ledger.Settled || e.Outcome != ledger.Imported || len(seen) != 2:
			err = errors.Join(err, fmt.Errorf("%s is %s %s %q with %d documents", e.Name, e.State, e.Outcome, e.Reason, len(seen)))
		}
	}
	if len(all) != 1 {
		err = errors.Join(err, fmt.Errorf("%d entries", len(all)))
	}
	return err
}
