package formats

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"runtime"
	"strings"
	"testing"
)

func opens(data []byte) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }
}

// read is the documents of a zip with what is wrong with each, or of the whole.
func readBundle(data []byte) string {
	b, err := ReadZip(opens(data), "index.csv", 1000)
	if err != nil {
		return err.Error()
	}
	var out []string
	for _, d := range b.Documents {
		said := fmt.Sprintf("%s %d %s", d.Name, d.Size, d.MIME)
		if d.Problem != nil {
			said += " " + d.Problem.Code
		}
		out = append(out, said)
	}
	return strings.Join(out, "; ")
}

func TestWhatIsWrongWithAZipOfDocuments(t *testing.T) {
	const index = "index.csv"
	good := zipped(t, index, "x", "a.txt", "hallo", "map/b.pdf", "%PDF-1.7\n%%EOF")
	edit := func(data []byte, old, new string) []byte { return bytes.ReplaceAll(data, []byte(old), []byte(new)) }
	flag := bytes.Clone(good)
	flag[bytes.Index(flag, []byte("PK\x01\x02"))+8] |= 1
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"good":                 {good, "a.txt 5 text/plain; map/b.pdf 14 application/pdf"},
		"nothing":              {nil, "Dit is geen zip-bestand"},
		"no zip":               {[]byte("%PDF-1.7"), "Dit is geen zip-bestand"},
		"cut off":              {good[:len(good)-30], "Dit is geen zip-bestand"},
		"a password":           {flag, "met een wachtwoord beveiligd"},
		"no index":             {zipped(t, "a.txt", "x"), "geen index (index.csv)"},
		"two indexes":          {zipped(t, index, "x", "map/INDEX.csv", "x"), "meer dan één index"},
		"a way out":            {zipped(t, index, "x", "../a.txt", "x"), "De naam van bestand 2 in het zip-bestand wijst naar een plaats buiten het zip-bestand."},
		"a way in and out":     {zipped(t, index, "x", "a/../../a.txt", "x"), "wijst naar een plaats buiten"},
		"from the root":        {zipped(t, index, "x", "/etc/a.txt", "x"), "wijst naar een plaats buiten"},
		"a drive":              {zipped(t, index, "x", `C:\a.txt`, "x"), "wijst naar een plaats buiten"},
		"an empty part":        {zipped(t, index, "x", "a//b.txt", "x"), "wijst naar een plaats buiten"},
		"twice":                {zipped(t, index, "x", "a.txt", "x", "A.TXT", "y"), "bestand 3 in het zip-bestand komt er twee keer in voor"},
		"an unknown charset":   {edit(zipped(t, index, "x", "aXX.txt", "x"), "aXX.txt", "a\x82\x83.txt"), "bijzondere tekens"},
		"a hidden character":   {edit(zipped(t, index, "x", "aX.txt", "x"), "aX.txt", "a\x01.txt"), "tekens"},
		"damaged":              {edit(zipped(t, index, "x", "a.txt", strings.Repeat("abcdefgh", 9)), "abcdefgh", "abcdefgX"), ""},
		"what machines leave":  {zipped(t, index, "x", "__MACOSX/._a.txt", "x", "map/.DS_Store", "x", "Thumbs.db", "x", "map/", ""), ""},
		"too large":            {zipped(t, index, "x", "a.txt", strings.Repeat("a", 1001)), "a.txt 1001 text/plain document-te-groot"},
		"as large as it may":   {zipped(t, index, "x", "a.txt", strings.Repeat("a", 1000)), "a.txt 1000 text/plain"},
		"empty":                {zipped(t, index, "x", "a.txt", ""), "document-leeg"},
		"half a PDF":           {zipped(t, index, "x", "a.pdf", "%PDF-1.7\n1 0 obj"), "a.pdf 16 application/pdf document-beschadigd"},
		"no PDF":               {zipped(t, index, "x", "a.pdf", "x"), "a.pdf 1 application/pdf document-soort"},
		"a program":            {zipped(t, index, "x", "a.exe", "MZ"), "a.exe 2  document-soort"},
		"on top of each other": {overlapping(t, 3), "liggen over elkaar"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := readBundle(c.data); !strings.Contains(got, c.want) || c.want == "" && name != "damaged" && got != "" {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// A document that does not unpack is refused by itself.
func TestADamagedDocumentInAZip(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range []string{"index.csv", "a.txt", "b.txt"} {
		f, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		if err == nil {
			_, err = io.WriteString(f, "inhoud van "+name)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	data := bytes.Replace(b.Bytes(), []byte("inhoud van a.txt"), []byte("inhoud van A.txt"), 1)
	if got, want := readBundle(data), "a.txt 16 text/plain document-beschadigd; b.txt 16 text/plain"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// overlapping is a zip of which each document lies inside the one before it, as in
// bombs.
func overlapping(t testing.TB, n int) []byte {
	t.Helper()
	var b, dir bytes.Buffer
	one := []byte("inhoud")
	entry := func(name string, size int) (head []byte) {
		h := make([]byte, 26)
		binary.LittleEndian.PutUint16(h, 20)
		binary.LittleEndian.PutUint32(h[10:], crc32.ChecksumIEEE(one))
		binary.LittleEndian.PutUint32(h[14:], uint32(size))
		binary.LittleEndian.PutUint32(h[18:], uint32(size))
		binary.LittleEndian.PutUint16(h[22:], uint16(len(name)))
		return h
	}
	names := []string{"index.csv"}
	for i := range n {
		names = append(names, fmt.Sprintf("%d.txt", i))
	}
	var at []int
	for _, name := range names {
		at = append(at, b.Len())
		b.WriteString("PK\x03\x04")
		b.Write(entry(name, len(one)))
		b.WriteString(name)
	}
	b.Write(one)
	for i, name := range names {
		size := b.Len() - at[i] - 30 - len(name)
		h := entry(name, size)
		dir.WriteString("PK\x01\x02\x14\x00")
		dir.Write(h)
		dir.Write(make([]byte, 10))
		var off [4]byte
		binary.LittleEndian.PutUint32(off[:], uint32(at[i]))
		dir.Write(append(make([]byte, 0), off[:]...))
		dir.WriteString(name)
	}
	end := make([]byte, 18)
	binary.LittleEndian.PutUint16(end[4:], uint16(len(names)))
	binary.LittleEndian.PutUint16(end[6:], uint16(len(names)))
	binary.LittleEndian.PutUint32(end[8:], uint32(dir.Len()))
	binary.LittleEndian.PutUint32(end[12:], uint32(b.Len()))
	return append(append(append(b.Bytes(), dir.Bytes()...), "PK\x05\x06"...), end...)
}

// An error of the stream is not taken for damage.
func TestAnErrorOfTheStreamOfAZip(t *testing.T) {
	fill := strings.Repeat("0123456789abcdef", 1<<16)
	data := storedZip(t, "index.csv", "x", "a.txt", fill, "b.txt", fill, "c.txt", fill, "d.txt", fill, "e.txt", fill, "f.txt", fill)
	broken := errors.New("the disk is gone")
	for after := range 4 {
		opened := 0
		_, err := ReadZip(func() (io.ReadCloser, error) {
			if opened++; opened <= after {
				return io.NopCloser(bytes.NewReader(data)), nil
			}
			return io.NopCloser(io.MultiReader(bytes.NewReader(data[:100]), failing{broken})), nil
		}, "index.csv", 100<<20)
		if after < 2 && !errors.Is(err, broken) {
			t.Errorf("after %d: got %v", after, err)
		}
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func storedZip(t testing.TB, pairs ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(pairs); i += 2 {
		f, err := z.CreateHeader(&zip.FileHeader{Name: pairs[i], Method: zip.Store})
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
	return b.Bytes()
}

// A bomb is refused before it went off: small, and nothing of it is kept.
func TestAZipThatUnpacksToFarTooMuch(t *testing.T) {
	zeros := string(make([]byte, 25<<20))
	data := zipped(t, "index.csv", "x", "1.txt", zeros, "2.txt", zeros)
	_, err := ReadZip(opens(data), "index.csv", 25<<20)
	var file *FileError
	if !errors.As(err, &file) || file.Problem.Code != "ingepakt-te-groot" {
		t.Errorf("got %v", err)
	}
}

func TestAZipWithTooManyDocuments(t *testing.T) {
	pairs := []string{"index.csv", "x"}
	for i := range maxDocuments + 1 {
		pairs = append(pairs, fmt.Sprintf("%d.txt", i), "x")
	}
	if got := readBundle(zipped(t, pairs...)); !strings.Contains(got, "meer dan 10000 documenten") {
		t.Errorf("got %q", got)
	}
}

// zipStream is a large zip that is made while it is read, the same each time.
func zipStream(documents, size int) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) {
		r, w := io.Pipe()
		go func() {
			z := zip.NewWriter(w)
			put := func(name string, n int) error {
				f, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
				if err != nil {
					return err
				}
				part := bytes.Repeat([]byte(name), 64<<10/len(name)+1)
				for n > 0 && err == nil {
					part = part[:min(n, len(part))]
					_, err = f.Write(part)
					n -= len(part)
				}
				return err
			}
			err := put("index.csv", 100)
			for i := range documents {
				if err == nil {
					err = put(fmt.Sprintf("%05d.txt", i), size)
				}
			}
			if err == nil {
				err = z.Close()
			}
			w.CloseWithError(err)
		}()
		return r, nil
	}
}

// The memory that is held does not grow with the zip: a document at a time.
func TestTheMemoryOfAZipDoesNotGrowWithIt(t *testing.T) {
	peak := func(documents int) uint64 {
		const size = 1 << 20
		var most uint64
		look := func() {
			var m runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapAlloc)
		}
		b, err := ReadZip(zipStream(documents, size), "index.csv", 2*size)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		err = b.Each(func(*Document) bool { return true }, func(d *Document, data []byte) error {
			if n++; n%16 == 0 {
				look()
			}
			if len(data) != size {
				t.Errorf("%s has %d bytes", d.Name, len(data))
			}
			return nil
		})
		if err != nil || n != documents {
			t.Fatalf("%d documents: %v", n, err)
		}
		return most
	}
	small, large := peak(16), peak(160)
	t.Logf("16 MiB: %d KiB on the heap, 160 MiB: %d KiB", small>>10, large>>10)
	if large > small+8<<20 {
		t.Errorf("a zip ten times as large takes %d instead of %d bytes", large, small)
	}
}
