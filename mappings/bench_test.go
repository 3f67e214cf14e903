package mappings

import (
	"context"
	"encoding/csv"
	"io"
	"os"
	"testing"
)

// benchData is the yardstick's export, LOKET_BENCH names the file.
func benchData(b *testing.B) string {
	path := os.Getenv("LOKET_BENCH")
	if path == "" {
		b.Skip("set LOKET_BENCH to an export of the yardstick's generator")
	}
	return path
}

func BenchmarkWholeJob(b *testing.B) {
	path := benchData(b)
	rows := 0
	for b.Loop() {
		r, err := Bench(context.Background(), func() (io.ReadCloser, error) { return os.Open(path) }, io.Discard, 2)
		if err != nil {
			b.Fatal(err)
		}
		rows = r.Rows
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(rows), "ns/row")
}

func BenchmarkEncodingCSVReads(b *testing.B) {
	path := benchData(b)
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
