package pain001

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"loket-etl/payroll"
)

// long has n posts that stand nowhere.
func long(n int) payroll.Payments {
	p := document()
	p.Batches = p.Batches[:1]
	p.Batches[0].Posts = func(yield func(payroll.Post, error) bool) {
		for i := range n {
			if !yield(payroll.Post{
				Amount: payroll.Cents(150_000 + i), Account: payroll.Account{IBAN: "NL39RABO0300065264"}, Name: "A. de Tester-Jansen",
				Descriptions: []string{"Strook 1"}, EndToEnd: fmt.Sprintf("1001-%06d", i+1),
			}, nil) {
				return
			}
		}
	}
	return p
}

// peak reports how far the heap grows while f runs; it is asked as posts go by.
func peak(f func(look func())) uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	before, most := m.HeapAlloc, uint64(0)
	f(func() {
		runtime.GC()
		runtime.ReadMemStats(&m)
		if m.HeapAlloc > before {
			most = max(most, m.HeapAlloc-before)
		}
	})
	return most
}

type looking struct {
	io.Writer
	bytes int
	look  func()
}

func (l *looking) Write(p []byte) (int, error) {
	if l.bytes += len(p); l.bytes > 4<<20 {
		l.look()
		l.bytes = 0
	}
	return l.Writer.Write(p)
}

// A long file is never held: neither its bytes, some 10 MiB, nor its posts.
func TestLongFilesStayOutOfMemory(t *testing.T) {
	const n, limit = 30_000, 1 << 20
	file, err := os.Create(filepath.Join(t.TempDir(), "long.xml"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if grown := peak(func(look func()) {
		if err := V09.Encode(&looking{Writer: file, look: look}, long(n)); err != nil {
			t.Fatal(err)
		}
	}); grown > limit {
		t.Errorf("writing took %d bytes", grown)
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	count := 0
	if grown := peak(func(look func()) {
		p, err := V09.Decode(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, err := range p.Batches[0].Posts {
			if err != nil {
				t.Fatal(err)
			}
			if count++; count%5_000 == 0 {
				look()
			}
		}
	}); grown > limit || count != n {
		t.Errorf("reading %d posts took %d bytes", count, grown)
	}
}

func FuzzDecode(f *testing.F) {
	for _, v := range versions {
		f.Add(sample(f, v))
		f.Add(encode(f, v, document()))
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, v := range versions {
			p, err := v.Decode(strings.NewReader(text))
			i := v.Inspect(strings.NewReader(text))
			if err == nil && len(i.Problems)+len(i.Beyond) > 0 {
				t.Fatalf("read, but looked at: %v", i)
			}
			if err != nil {
				if len(i.Problems)+len(i.Beyond) == 0 {
					t.Fatalf("looked at without a problem, but: %v", err)
				}
				continue
			}
			fromBytes, err := v.Totals(strings.NewReader(text))
			if err != nil {
				t.Fatal(err)
			}
			if fromDocument, err := p.Totals(); err != nil || fromDocument != fromBytes {
				t.Fatalf("totals of the bytes %+v, of the document %+v, %v", fromBytes, fromDocument, err)
			}
			var out bytes.Buffer
			if err := v.Encode(&out, p); err != nil {
				t.Fatalf("was read, but cannot be written: %v", err)
			}
			again, err := v.Totals(&out)
			if err != nil || again != fromBytes {
				t.Fatalf("totals %+v became %+v, %v", fromBytes, again, err)
			}
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	const n = 10_000
	doc := long(n)
	b.ReportAllocs()
	for b.Loop() {
		if err := V09.Encode(io.Discard, doc); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "records/s")
}

func BenchmarkTotals(b *testing.B) {
	const n = 10_000
	text := encode(b, V09, long(n))
	b.ReportAllocs()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := V09.Totals(strings.NewReader(text)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "records/s")
}
