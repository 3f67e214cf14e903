package mappings

import (
	"context"
	"encoding/csv"
	"io"
	"os"
	"path/filepath"
	"testing"

	"loket-etl/internal/benchfile"
)

// benchFile is a million rows on disk.
func benchFile(b *testing.B, o benchfile.Options) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), "export.csv")
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	if _, err := benchfile.Write(f, 1_000_000, o); err != nil {
		b.Fatal(err)
	}
	return path
}

// The whole job must take no longer than BenchmarkOnlyRead on two cores.
func BenchmarkWholeJob(b *testing.B) {
	for _, kind := range []struct {
		name string
		o    benchfile.Options
	}{
		{"clean", benchfile.Options{Bad: 10_000}},
		{"one in a hundred refused", benchfile.Options{Bad: 100}},
		{"every row refused", benchfile.Options{Bad: 1}},
	} {
		path := benchFile(b, kind.o)
		b.Run(kind.name, func(b *testing.B) {
			rows := 0
			b.ReportAllocs()
			for b.Loop() {
				r, err := Bench(context.Background(), func() (io.ReadCloser, error) { return os.Open(path) }, io.Discard, 0)
				if err != nil {
					b.Fatal(err)
				}
				rows = r.Rows
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(rows), "ns/row")
		})
	}
}

// BenchmarkOnlyRead is a program that does nothing but read the file.
func BenchmarkOnlyRead(b *testing.B) {
	path := benchFile(b, benchfile.Options{Bad: 10_000})
	for b.Loop() {
		f, err := os.Open(path)
		if err != nil {
			b.Fatal(err)
		}
		r := csv.NewReader(f)
		r.Comma, r.ReuseRecord = ';', true
		for {
			if _, err := r.Read(); err == io.EOF {
				break
			} else if err != nil {
				b.Fatal(err)
			}
		}
		f.Close()
	}
}
