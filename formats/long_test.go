package formats_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"loket-etl/formats"
	"loket-etl/payroll"
)

// peak reports how far the heap grows while f runs; f says when to look.
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

// looking looks every four MiB.
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

func create(t *testing.T) *os.File {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "long"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	return file
}

// A hundred thousand payments are held neither as bytes nor as posts, whether they
// are one file or two.
func TestLongPaymentsStayOutOfMemory(t *testing.T) {
	const n, limit = 100_000, 1 << 20
	for _, name := range []string{"clieop03", "pain.001.001.09"} {
		f := formats.Payments[name]
		file := create(t)
		if grown := peak(func(look func()) {
			if err := f.Encode(&looking{Writer: file, look: look}, pay(n)); err != nil {
				t.Fatal(err)
			}
		}); grown > limit {
			t.Errorf("%s: writing took %d bytes", name, grown)
		}
		if _, err := file.Seek(0, io.SeekStart); err != nil {
			t.Fatal(err)
		}
		count := 0
		if grown := peak(func(look func()) {
			p, err := f.Decode(file)
			if err != nil {
				t.Fatal(err)
			}
			files := []payroll.Payments{p}
			if name == "clieop03" {
				if files, err = payroll.Split(p, n-n/10); err != nil || len(files) != 2 {
					t.Fatalf("%d files, %v", len(files), err)
				}
			}
			for _, file := range files {
				for _, err := range file.Batches[0].Posts {
					if err != nil {
						t.Fatal(err)
					}
					if count++; count%20_000 == 0 {
						look()
					}
				}
			}
		}); grown > limit || count != n {
			t.Errorf("%s: reading %d posts took %d bytes", name, count, grown)
		}
	}
}

// wages has n employments with slips of twenty components that stand nowhere.
func wages(n int) payroll.Results {
	return payroll.Results{
		Year: 2026, From: 10, To: 10, Created: time.Date(2026, 10, 23, 0, 0, 0, 0, time.UTC), WerkgeverID: 1001, Werkgever: "wg-1", Run: "run-1",
		Employments: func(yield func(payroll.EmploymentResults, error) bool) {
			for i := range n {
				s := payroll.Slip{Kind: payroll.NormalSlip}
				for c := range 20 {
					s.Components = append(s.Components, payroll.ComponentResult{Number: c + 1, Name: "Uren gewerkt", Category: "Uren", Value: payroll.Cents(i*20 + c)})
				}
				if !yield(payroll.EmploymentResults{
					Dienstverband: fmt.Sprintf("dienstverband-%08d", i), Persnr: i + 1, Name: "P. van Voorbeeld",
					Periods: []payroll.PeriodResults{{Period: payroll.Period{Year: 2026, Number: 10}, Begin: 20261001, End: 20261031, Slips: []payroll.Slip{s}}},
				}, nil) {
					return
				}
			}
		},
	}
}

// Of wage results nothing stays but who was seen, some 100 bytes each; a workbook
// is held packed.
func TestLongResultsStayOutOfMemory(t *testing.T) {
	const n = 1_000
	for name, limit := range map[string]uint64{"loonresultaten": 2 << 20, "loonresultaten-csv": 2 << 20, "loonresultaten-xlsx": 32 << 20} {
		f := formats.Results[name]
		file := create(t)
		if grown := peak(func(look func()) {
			if err := f.Encode(&looking{Writer: file, look: look}, wages(n)); err != nil {
				t.Fatal(err)
			}
			look()
		}); grown > limit {
			t.Errorf("%s: writing took %d bytes", name, grown)
		}
		if _, err := file.Seek(0, io.SeekStart); err != nil {
			t.Fatal(err)
		}
		count := 0
		if grown := peak(func(look func()) {
			r, err := f.Decode(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, err := range r.Employments {
				if err != nil {
					t.Fatal(err)
				}
				if count++; count%500 == 0 {
					look()
				}
			}
		}); grown > limit || count != n {
			t.Errorf("%s: reading %d employments took %d bytes", name, count, grown)
		}
	}
}

// BenchmarkDocuments writes and reads every format of long documents; journals and
// employees have their own.
func BenchmarkDocuments(b *testing.B) {
	benchmark(b, formats.Payments, pay(10_000), 10_000)
	benchmark(b, formats.Results, wages(500), 500*20)
	benchmark(b, formats.TaxReturns, taxes(b, 5_000), 5_000)
}

// taxes is an additional return, of which nobody adds up the people, with n of them.
func taxes(b *testing.B, n int) payroll.TaxReturn {
	data, err := os.ReadFile("loonaangifte/testdata/valid/aanvullend.xml")
	if err != nil {
		b.Fatal(err)
	}
	doc, err := formats.TaxReturns["loonaangifte-2026"].Decode(bytes.NewReader(data))
	if err != nil {
		b.Fatal(err)
	}
	people, err := payroll.Collect(doc.Period.People)
	if err != nil || len(people) == 0 {
		b.Fatalf("%d people, %v", len(people), err)
	}
	doc.Period.People = func(yield func(payroll.TaxPerson, error) bool) {
		one := people[0]
		for i := range n {
			if one.NumIV = i + 1; !yield(one, nil) {
				return
			}
		}
	}
	return doc
}

// benchmark reports how many records a format does in a second: posts, components
// of wage results, or people.
func benchmark[D any](b *testing.B, table map[string]formats.Format[D], doc D, records int) {
	for name, f := range table {
		var out bytes.Buffer
		b.Run(name+"/write", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				out.Reset()
				if err := f.Encode(&out, doc); err != nil {
					b.Fatal(err)
				}
			}
			b.SetBytes(int64(out.Len()))
			b.ReportMetric(float64(records)*float64(b.N)/b.Elapsed().Seconds(), "records/s")
		})
		b.Run(name+"/read", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := f.Totals(bytes.NewReader(out.Bytes())); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(records)*float64(b.N)/b.Elapsed().Seconds(), "records/s")
		})
	}
}
