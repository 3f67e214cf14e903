package formats_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
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
