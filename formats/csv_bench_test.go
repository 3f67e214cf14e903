package formats_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"runtime"
	"testing"

	"loket-etl/formats"
	"loket-etl/internal/benchfile"
)

const benchRows = 200_000

func benchFile(tb testing.TB, o benchfile.Options) []byte {
	tb.Helper()
	var b bytes.Buffer
	if _, err := benchfile.Write(&b, benchRows, o); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// decodeAll decodes on one goroutine and says how many records and bytes of
// cells there were.
func decodeAll(tb testing.TB, data []byte, o formats.Options) (records, size int) {
	tb.Helper()
	for b, err := range formats.CSV(bytes.NewReader(data), o) {
		if err != nil {
			tb.Fatal(err)
		}
		b.Cut()
		records += len(b.Records)
		size += len(b.Problems)
		b.Release()
	}
	return records, size
}

// BenchmarkDecode measures one goroutine that reads, cuts and checks the
// character set; BenchmarkEncodingCSV reads the same file with the standard
// library and does nothing with it.
func BenchmarkDecode(b *testing.B) {
	for _, bc := range []struct {
		name string
		file benchfile.Options
		o    formats.Options
	}{
		{"clean", benchfile.Options{}, formats.Options{}},
		{"hard", benchfile.Options{CRLF: true, Windows1252: true, Newlines: true}, formats.Options{Charset: "windows-1252"}},
	} {
		data := benchFile(b, bc.file)
		b.Run(bc.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if n, _ := decodeAll(b, data, bc.o); n != benchRows {
					b.Fatal(n)
				}
			}
			perRow(b)
		})
	}
}

func BenchmarkEncodingCSV(b *testing.B) {
	data := benchFile(b, benchfile.Options{})
	b.ReportAllocs()
	for b.Loop() {
		r := csv.NewReader(bytes.NewReader(data))
		r.Comma, r.ReuseRecord = ';', true
		for {
			if _, err := r.Read(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				b.Fatal(err)
			}
		}
	}
	perRow(b)
}

func perRow(b *testing.B) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchRows, "ns/row")
}

// TestMemoryStaysTheSame decodes a file of many blocks: what is allocated is a
// block or two with its cells, whatever the length of the file.
func TestMemoryStaysTheSame(t *testing.T) {
	data := benchFile(t, benchfile.Options{Newlines: true})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if n, _ := decodeAll(t, data, formats.Options{}); n != benchRows {
		t.Fatal(n)
	}
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > 8<<20 || len(data) < 10<<20 {
		t.Errorf("%d bytes allocated for a file of %d", got, len(data))
	}
}
