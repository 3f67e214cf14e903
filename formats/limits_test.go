package formats

import (
	"archive/zip"
	"compress/flate"
	"compress/gzip"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
)

// repeating is a text and then another one, over and over, up to a gigabyte; it
// counts what is taken of it.
type repeating struct {
	start, again string
	at           int
	taken        int64
}

func (r *repeating) Read(p []byte) (int, error) {
	if r.taken >= 1<<30 {
		return 0, io.EOF
	}
	n := copy(p, r.start)
	r.start = r.start[n:]
	for n < len(p) {
		c := copy(p[n:], r.again[r.at:])
		r.at = (r.at + c) % len(r.again)
		n += c
	}
	r.taken += int64(n)
	return n, nil
}

// refusedSoon wants a file of a gigabyte to be refused after few bytes of it, without
// holding them.
func refusedSoon(t *testing.T, format string, o Options, in *repeating, through func(io.Reader) io.Reader) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	var last error
	for b, err := range Decode(format, through(in), o) {
		if last = err; b != nil {
			b.Cut()
			if len(b.Problems) > 0 && last == nil {
				last = &FileError{b.Problems[0]}
			}
			b.Release()
		}
	}
	runtime.ReadMemStats(&after)
	var file *FileError
	if !errors.As(last, &file) || file.Problem.Repair == "" {
		t.Errorf("ends with %v", last)
	}
	if made := after.TotalAlloc - before.TotalAlloc; in.taken > 96<<20 || made > 128<<20 {
		t.Errorf("took %d bytes and made %d, then %v", in.taken, made, last)
	}
}

func asItIs(r io.Reader) io.Reader { return r }

// packing packs what it reads on the way.
func packing(t *testing.T, pack func(io.Writer) (io.WriteCloser, error)) func(io.Reader) io.Reader {
	return func(in io.Reader) io.Reader {
		r, w := io.Pipe()
		go func() {
			z, err := pack(w)
			if err == nil {
				if _, err = io.Copy(z, in); err == nil {
					err = z.Close()
				}
			}
			w.CloseWithError(err)
		}()
		t.Cleanup(func() { r.Close() })
		return r
	}
}

func TestACellOfAGigabyteIsRefusedInConstantMemory(t *testing.T) {
	one := []Column{{Name: "hours", Start: 1, Length: 5}}
	gz := packing(t, func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriterLevel(w, gzip.NoCompression) })
	for name, c := range map[string]struct {
		format, start, again string
		o                    Options
		through              func(io.Reader) io.Reader
	}{
		"csv":                 {"csv", "hours;b\n1;", "x", Options{}, asItIs},
		"csv, quoted":         {"csv", "hours;b\n1;\"", "x", Options{}, asItIs},
		"csv, quoted lines":   {"csv", "hours;b\n1;\"", "x;y\n", Options{}, asItIs},
		"csv, quotes":         {"csv", "hours;b\n1;\"", `""`, Options{}, asItIs},
		"csv, header":         {"csv", "", "x", Options{}, asItIs},
		"csv, columns":        {"csv", "", "x;", Options{}, asItIs},
		"csv, utf-16":         {"csv", "\xff\xfeh\x00;\x00b\x00\n\x001\x00;\x00", "x\x00", Options{}, asItIs},
		"csv in gzip":         {"csv", "hours;b\n1;", "x", Options{Packed: "gzip"}, gz},
		"fixed":               {"fixed", "1", "x", Options{Columns: one}, asItIs},
		"json":                {"json", `[{"hours":"`, "x", Options{Columns: one}, asItIs},
		"json, a name":        {"json", `[{"`, "x", Options{Columns: one}, asItIs},
		"json, digits":        {"json", `[{"hours":1`, "0", Options{Columns: one}, asItIs},
		"json, escapes":       {"json", `[{"hours":"`, `\u0041`, Options{Columns: one}, asItIs},
		"json, before":        {"json", `{"a":"`, "x", Options{Columns: one, Records: []string{"rows"}}, asItIs},
		"json, space":         {"json", `[`, " ", Options{Columns: one}, asItIs},
		"ndjson":              {"ndjson", `{"hours":"`, "x", Options{Columns: one}, asItIs},
		"xml":                 {"xml", `<a><b><hours>`, "x", Options{Columns: one, Records: []string{"a/b"}}, asItIs},
		"xml, an attribute":   {"xml", `<a><b hours="`, "x", Options{Columns: one, Records: []string{"a/b"}}, asItIs},
		"xml, a name":         {"xml", `<a><`, "x", Options{Columns: one, Records: []string{"a/b"}}, asItIs},
		"xml, a comment":      {"xml", `<a><b><!--`, "x", Options{Columns: one, Records: []string{"a/b"}}, asItIs},
		"xml, an instruction": {"xml", `<a><b><?x `, "x", Options{Columns: one, Records: []string{"a/b"}}, asItIs},
		"xml, entities":       {"xml", `<a><b><hours>`, "&amp;", Options{Columns: one, Records: []string{"a/b"}}, asItIs},
	} {
		t.Run(name, func(t *testing.T) {
			refusedSoon(t, c.format, c.o, &repeating{start: c.start, again: c.again}, c.through)
		})
	}
}

func TestNestingWithoutEndIsRefusedInConstantMemory(t *testing.T) {
	one := []Column{{Name: "hours"}}
	xml := Options{Columns: one, Records: []string{"a/b"}}
	for name, c := range map[string]struct {
		format, start, again string
		o                    Options
	}{
		"json, lists":           {"json", "", "[", Options{Columns: one}},
		"json, objects":         {"json", "[", `{"a":`, Options{Columns: one}},
		"json, in a record":     {"json", `[{"hours":`, "[", Options{Columns: one}},
		"json, in what is left": {"json", `[{"hours":1,"x":`, `{"a":[`, Options{Columns: one, Extra: "ignore"}},
		"json, before records":  {"json", `{"x":`, `[`, Options{Columns: one, Records: []string{"rows"}}},
		"ndjson":                {"ndjson", "", `{"a":`, Options{Columns: one}},
		"xml":                   {"xml", "", "<a>", xml},
		"xml, in a record":      {"xml", "<a><b>", "<c>", xml},
		"xml, with namespaces":  {"xml", "<a><b>", `<c xmlns="urn:x">`, xml},
	} {
		t.Run(name, func(t *testing.T) {
			refusedSoon(t, c.format, c.o, &repeating{start: c.start, again: c.again}, asItIs)
		})
	}
}

// A zip and a workbook of a cell of 64 MiB are small: what comes out of them is
// not held.
func TestALargeCellThatIsPackedIsRefusedInConstantMemory(t *testing.T) {
	pack := func(name, start string) string {
		var b strings.Builder
		z := zip.NewWriter(&b)
		z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) })
		for _, f := range []struct{ name, start string }{{name, start}} {
			w, err := z.Create(f.name)
			if err == nil {
				_, err = io.Copy(w, io.LimitReader(&repeating{start: f.start, again: "x"}, 64<<20))
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
	for name, c := range map[string]struct {
		format, file, start string
		o                   Options
	}{
		"csv in zip":     {"csv", "a.csv", "hours;b\n1;", Options{Packed: "zip"}},
		"a workbook":     {"xlsx", "xl/workbook.xml", `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheets><sheet name="`, Options{Columns: people}},
		"its sheet":      {"xlsx", "[Content_Types].xml", "<Types>", Options{Columns: people}},
		"json in a zip":  {"json", "a.json", `[{"hours":"`, Options{Packed: "zip", Columns: fields}},
		"fixed in a zip": {"fixed", "a.txt", "1", Options{Packed: "zip", Columns: places}},
	} {
		t.Run(name, func(t *testing.T) {
			data := pack(c.file, c.start)
			in := &counted{r: strings.NewReader(data)}
			refusedSoon(t, c.format, c.o, &repeating{again: "x"}, func(io.Reader) io.Reader { return in })
		})
	}
}

// counted reads on.
type counted struct{ r io.Reader }

func (c *counted) Read(p []byte) (int, error) { return c.r.Read(p) }
