package formats

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func gzipped(t testing.TB, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := z.Write(data)
	if err = errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// zipped holds files, of which the names and contents alternate.
func zipped(t testing.TB, files ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		w, err := z.Create(files[i])
		if err == nil {
			_, err = io.WriteString(w, files[i+1])
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

const small = "a;b\n1;2\n"

func TestPackedFilesAreRead(t *testing.T) {
	for _, tt := range []struct {
		name, packed string
		data         []byte
	}{
		{"gzip", "gzip", gzipped(t, []byte(small))},
		{"gzip in two members", "gzip", append(gzipped(t, []byte(small[:5])), gzipped(t, []byte(small[5:]))...)},
		{"zip", "zip", zipped(t, "../../etc/passwd", small)},
		{"zip with a folder", "zip", zipped(t, "map/", "", "map/uren.csv", small, "__MACOSX/map/._uren.csv", "x")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			wants(t, decoded(t, "csv", tt.data, Options{Packed: tt.packed}), "2: 1|2")
		})
	}
}

func TestPackedFilesThatAreNotRightAreRefused(t *testing.T) {
	whole := gzipped(t, bytes.Repeat([]byte(small), 10_000))
	wrongSum := bytes.Clone(gzipped(t, []byte(small)))
	wrongSum[len(wrongSum)-5] ^= 1
	locked := bytes.Clone(zipped(t, "a", small))
	locked[bytes.Index(locked, []byte("PK\x01\x02"))+8] |= 1
	for _, tt := range []struct {
		name, packed string
		data         []byte
		want         string
	}{
		{"no gzip", "gzip", []byte(small), "ingepakt: Dit is geen gzip-bestand."},
		{"nothing", "gzip", nil, "ingepakt: Dit is geen gzip-bestand."},
		{"cut off", "gzip", whole[:len(whole)-30], "ingepakt: Het ingepakte bestand is beschadigd"},
		{"wrong sum", "gzip", wrongSum, "ingepakt: Het ingepakte bestand is beschadigd"},
		{"no zip", "zip", []byte(small), "ingepakt: Dit is geen zip-bestand"},
		{"empty zip", "zip", zipped(t), "ingepakt: In het zip-bestand zit geen bestand."},
		{"two files", "zip", zipped(t, "a", small, "b", small), "ingepakt: In het zip-bestand zit meer dan één bestand."},
		{"with a password", "zip", locked, "ingepakt: Het zip-bestand is met een wachtwoord beveiligd."},
		{"not unpacked", "", gzipped(t, []byte(small)), "geen-csv"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := decoded(t, "csv", tt.data, Options{Packed: tt.packed})
			if i := strings.Index(got, "FILE "); i < 0 || !strings.HasPrefix(got[i+5:], tt.want) {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestBombsAreRefused(t *testing.T) {
	row := "1;" + strings.Repeat(" ", 60<<10) + "\n"
	bomb := "a;b\n" + strings.Repeat(row, 4000) // 240 MB
	for packed, data := range map[string][]byte{"gzip": gzipped(t, []byte(bomb)), "zip": zipped(t, "a", bomb)} {
		got := decoded(t, "csv", data, Options{Packed: packed})
		if i := strings.Index(got, "FILE ingepakt-te-groot"); i < 0 {
			t.Errorf("%s: a bomb of %d bytes is read", packed, len(data))
		}
	}
	many := []byte("a;b\n" + strings.Repeat(small[4:], 1000))
	if got := decoded(t, "csv", gzipped(t, many), Options{Packed: "gzip", MaxUnpacked: 1000}); !strings.Contains(got, "FILE ingepakt-te-groot") {
		t.Error(got)
	}
}

// An error of what holds the bytes says nothing about the file: it is handed on,
// to be tried again.
func TestErrorsOfTheSourceAreNotThoseOfTheFile(t *testing.T) {
	gone := errors.New("gone")
	whole := map[string][]byte{
		"csv": []byte(small), "fixed": []byte(small), "json": []byte("[" + goodRecord), "ndjson": []byte(goodRecord), "xml": []byte("<Card><Time>"), "xlsx": excelizeBook(t, 3),
	}
	for format := range Decoders {
		for _, packed := range []string{"", "gzip", "zip"} {
			data := whole[format]
			if packed == "gzip" {
				data = gzipped(t, data)
			}
			o := cardOptions
			o.Packed = packed
			if format != "xml" {
				o = Options{Packed: packed, Columns: places}
			}
			var last error
			for _, err := range Decode(format, io.MultiReader(bytes.NewReader(data[:len(data)-1]), iotest.ErrReader(gone)), o) {
				last = err
			}
			if !errors.Is(last, gone) {
				t.Errorf("%s %s: %v", format, packed, last)
			}
		}
	}
}

func FuzzUnpack(f *testing.F) {
	f.Add(gzipped(f, []byte(small)))
	f.Add(zipped(f, "a", small))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, packed := range []string{"gzip", "zip"} {
			if decoded(t, "csv", data, Options{Packed: packed, MaxUnpacked: 1 << 20}) == "" {
				t.Error("neither rows nor a problem")
			}
		}
	})
}
