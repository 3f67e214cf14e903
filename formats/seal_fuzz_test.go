package formats

import (
	"bytes"
	"errors"
	"io"
	"os"
	"testing"
)

func sealFile(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/seal/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// testSeals are those of the keys in testdata/seal, which are for tests only.
func testSeals(t testing.TB) map[string]*Seal {
	t.Helper()
	age, err := AgeSeal(string(sealFile(t, "age.key")))
	if err != nil {
		t.Fatal(err)
	}
	o := OpenPGP{Key: string(sealFile(t, "kantoor.asc")), SignedBy: []string{string(sealFile(t, "klok.asc"))}}
	pgp, err := o.Seal()
	if err != nil {
		t.Fatal(err)
	}
	o.Key = ""
	signed, err := o.Seal()
	if err != nil {
		t.Fatal(err)
	}
	return map[string]*Seal{"age": age, "openpgp": pgp, "signed": signed}
}

var sealed = map[string][]string{
	"age": {"rows.csv.age", "armored.csv.age"}, "openpgp": {"rows.csv.pgp", "rows.csv.asc", "plain.csv.pgp"}, "signed": {"signed.csv.gpg"},
}

// FuzzSeal holds that a file that arrives encrypted or signed either gives what was
// sealed or is refused: no change of it gives anything else.
func FuzzSeal(f *testing.F) {
	kinds := []string{"age", "openpgp", "signed"}
	for i, kind := range kinds {
		for _, name := range sealed[kind] {
			f.Add(sealFile(f, name), byte(i))
		}
	}
	seals := testSeals(f)
	f.Fuzz(func(t *testing.T, data []byte, kind byte) {
		r, err := seals[kinds[int(kind)%len(kinds)]].Open(bytes.NewReader(data), arrived)
		if err == nil {
			var plain []byte
			if plain, err = io.ReadAll(io.LimitReader(r, 1<<20)); err == nil && string(plain) != secretRows {
				t.Errorf("%q was never sealed", plain)
			}
		}
		var file *FileError
		if err != nil && (!errors.As(err, &file) || file.Problem.Message == "" || file.Problem.Repair == "") {
			t.Errorf("%v does not say what to do", err)
		}
	})
}

// Every byte of a sealed file counts: with any of them changed, or less of it, it
// gives what was sealed or is refused.
func TestNoByteOfASealedFileCanBeChanged(t *testing.T) {
	for kind, seal := range testSeals(t) {
		for _, name := range sealed[kind] {
			data := sealFile(t, name)
			if got := unseal(t, seal, data); got != secretRows {
				t.Fatalf("%s gives %q", name, got)
			}
			open := 0
			for at := range data {
				changed := bytes.Clone(data)
				changed[at] ^= 0x10
				for _, d := range [][]byte{changed, data[:at]} {
					r, err := seal.Open(bytes.NewReader(d), arrived)
					if err != nil {
						continue
					}
					if plain, err := io.ReadAll(r); err == nil && string(plain) != secretRows {
						t.Errorf("%s with byte %d changed gives %q", name, at, plain)
					} else if err == nil {
						open++
					}
				}
			}
			t.Logf("%s: %d bytes, opens all the same in %d cases", name, len(data), open)
		}
	}
}

// FuzzZipOfDocuments holds that a zip is read or refused, with what to do, whatever
// is in it, and that what is read is what is given later.
func FuzzZipOfDocuments(f *testing.F) {
	f.Add(zipped(f, "index.csv", "x", "a.txt", "hallo", "map/b.pdf", "%PDF-1.7"))
	f.Add(storedZip(f, "index.csv", "x", "a.txt", "hallo"))
	f.Add(zipped(f, "index.csv", "x", "map/", "", "../a.txt", "x"))
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := ReadZip(opens(data), "index.csv", 1<<16)
		if err != nil {
			var file *FileError
			if !errors.As(err, &file) || file.Problem.Message == "" || file.Problem.Repair == "" {
				t.Errorf("%v does not say what to do", err)
			}
			return
		}
		if in, err := b.OpenIndex(); err == nil {
			_, _ = io.Copy(io.Discard, io.LimitReader(in, maxIndex))
			in.Close()
		}
		err = b.Each(func(d *Document) bool { return !d.Unread() }, func(d *Document, data []byte) error {
			if int64(len(data)) != d.Size || d.Name == "" {
				t.Errorf("%q has %d bytes, and was read with %d", d.Name, len(data), d.Size)
			}
			return nil
		})
		if err != nil {
			t.Errorf("read before, and now: %v", err)
		}
	})
}
