package pipelines

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"

	"loket-etl/formats"
	"loket-etl/ledger"
)

// ageKey is a key, and what encrypts for it.
func ageKey(t testing.TB) (*formats.Seal, func(string) string) {
	t.Helper()
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	seal, err := formats.AgeSeal(key.String())
	if err != nil {
		t.Fatal(err)
	}
	return seal, func(text string) string {
		var b bytes.Buffer
		w, err := age.Encrypt(&b, key.Recipient())
		if err == nil {
			_, err = io.WriteString(w, text)
		}
		if err == nil {
			err = w.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
}

func sealedBy(s *formats.Seal, policy Policy) func(*Options) {
	return func(o *Options) {
		for i := range o.Bindings {
			o.Bindings[i].Seal, o.Bindings[i].Policy = s, policy
		}
	}
}

// An encrypted file goes to Loket; what lies about of it stays encrypted.
func TestAFileThatArrivesEncrypted(t *testing.T) {
	seal, encrypt := ageKey(t)
	w := newWorld(t, sealedBy(seal, ""))
	file := encrypt(hoursFile)
	w.drop("uren_5555.csv.age", file)
	w.drop("adres.csv.AGE", encrypt(addressHead+"5555;1;Lindelaan;12;;9401 AB;Assen;NL;;\r\n"))
	w.settle()
	w.ends("uren_5555.csv.age", ledger.Imported, "done/uren_5555.csv.age")
	w.ends("adres.csv.AGE", ledger.Imported, "done/adres.csv.AGE")
	if got := w.read("done/uren_5555.csv.age"); got != file {
		t.Error("what lies in done/ is not what was dropped")
	}
	if got := stands(t, w.url, w.clock.Now); got["1 kp100 1"] != "15.50" || got["2 kp 4"] != "1.25" {
		t.Errorf("Loket has %v", got)
	}
	w.drop("uren_5555_weer.csv.age", file)
	w.settle()
	w.ends("uren_5555_weer.csv.age", ledger.Duplicate, "failed/uren_5555_weer.csv.age")
}

// What cannot be opened is refused whole, with what to do, and Loket hears nothing.
func TestAFileThatCannotBeOpened(t *testing.T) {
	seal, encrypt := ageKey(t)
	_, other := ageKey(t)
	w := newWorld(t, sealedBy(seal, ""))
	good := encrypt(strings.Repeat(hoursFile[strings.Index(hoursFile, "\n")+1:], 3000))
	for name, c := range map[string]struct{ content, want string }{
		"uren_1.csv":     {hoursFile, "Dit bestand is niet met age versleuteld, terwijl dat is afgesproken."},
		"uren_2.csv.age": {other(hoursFile), "Dit bestand is voor een andere sleutel versleuteld en is hier niet te openen."},
		"uren_3.csv.age": {good[:len(good)-1000], "Dit versleutelde bestand is beschadigd, veranderd of niet helemaal aangekomen; er is niets van gebruikt."},
	} {
		w.drop(name, c.content)
		w.settle()
		w.ends(name, ledger.RefusedOutcome, "failed/"+name)
		if r := w.receipt("failed/" + name); len(r.Problems) != 1 || r.Problems[0].Message != c.want || r.Problems[0].Repair == "" {
			t.Errorf("%s: receipt %+v", name, r.Problems)
		}
	}
	if n := w.loket.Count(importCall); n != 0 {
		t.Errorf("%d calls", n)
	}
}

// The refused part is not put back in clear: the receipt says which rows it is.
func TestTheRefusedPartOfAnEncryptedFileIsNotInClear(t *testing.T) {
	seal, encrypt := ageKey(t)
	w := newWorld(t, sealedBy(seal, PerEmployee))
	w.drop("uren_5555.csv.age", encrypt(hoursFile+"3;Geheim;05-10-2026;Normaal;veel;100;\r\n"))
	w.drop("dossier.zip.age", encrypt(zipped(t, "een.txt", "1", "index.csv", dossierHead+"een.txt;Werknemer;5555;1;Een;Overig\r\nkwijt.txt;Werknemer;5555;2;Geheim;Overig\r\n")))
	w.settle()
	for _, name := range []string{"uren_5555.csv.age", "dossier.zip.age"} {
		w.ends(name, ledger.Partly, "done/"+name)
		r := w.receipt("done/" + name)
		last := r.Problems[len(r.Problems)-1]
		if r.Refused != 1 || r.RefusedFile != "" || last.Code != notHandedBack.Code {
			t.Errorf("%s: receipt %+v", name, r)
		}
	}
	w.has("dossier", w.dossier(w.employment(1).Identity), "een.txt (Een, 1)")
	err := filepath.WalkDir(w.dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(d.Name(), "etl.db") {
			return err
		}
		data, err := os.ReadFile(path)
		if bytes.Contains(data, []byte("Geheim")) {
			t.Errorf("%s holds plain text", d.Name())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	attached, err := w.ledger.Attachments(t.Context(), w.only("uren_5555.csv.age").ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range attached {
		if a.Kind == attachRefused || a.Kind == attachBack {
			t.Errorf("the ledger has the %s part", a.Kind)
		}
	}
}

// A check opens the file too, and says what is wrong with it.
func TestCheckOpensAnEncryptedFile(t *testing.T) {
	seal, encrypt := ageKey(t)
	w := newWorld(t, sealedBy(seal, ""))
	look := func(content string) DryReport {
		r, err := w.runner.Check(t.Context(), Dry{Pipeline: "urenregistratie", Inbox: "in", Name: "uren_5555.csv.age", Open: func() (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader(content)), nil
		}}, func(DryCall) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if r := look(encrypt(hoursFile)); r.Outcome != ledger.Imported || r.Accepted != 3 {
		t.Errorf("got %+v", r)
	}
	if r := look(hoursFile); r.Outcome != ledger.RefusedOutcome || len(r.Problems) != 1 || r.Calls != 0 {
		t.Errorf("got %+v", r)
	}
}
