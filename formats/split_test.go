package formats_test

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"loket-etl/formats"
	"loket-etl/payroll"
)

// pay is a payment file with batches of these lengths, good in every format.
func pay(lengths ...int) payroll.Payments {
	p := payroll.Payments{Created: 20261021, FileID: "2101", Sender: "VB", MessageID: "LOON-2026-10", Initiator: "Voorbeeld BV"}
	at := 0
	for i, n := range lengths {
		start := at
		at += n
		id := fmt.Sprintf("LOON-2026-10-%d", i+1)
		p.Batches = append(p.Batches, payroll.PaymentBatch{
			Number: i + 1, ID: id, BIC: "ABNANL2A", Account: payroll.Account{IBAN: "NL02ABNA0123456789"}, Name: "Voorbeeld BV", Date: 20261023,
			Posts: func(yield func(payroll.Post, error) bool) {
				for k := range n {
					if !yield(payroll.Post{
						Amount: payroll.Cents(1000 + start + k), Account: payroll.Account{IBAN: "NL39RABO0300065264"}, Name: "A. de Tester",
						Descriptions: []string{strings.Repeat("x", 1+k%30)}, EndToEnd: fmt.Sprintf("%s-%06d", id, k+1),
					}, nil) {
						return
					}
				}
			},
		})
	}
	return p
}

func TestSplitFilesKeepToTheLimits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := pay(rapid.SliceOfN(rapid.IntRange(1, 30), 1, 3).Draw(t, "lengths")...)
		most := formats.Limits{Posts: rapid.IntRange(0, 50).Draw(t, "posts"), Bytes: rapid.SampledFrom([]int64{0, 1_800, 4_000, 1 << 20}).Draw(t, "bytes")}
		name := rapid.SampledFrom([]string{"clieop03", "pain.001.001.03", "pain.001.001.09"}).Draw(t, "format")
		f := formats.Payments[name]
		files, err := formats.Split(f, p, most)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for i, file := range files {
			var out bytes.Buffer
			if err := f.Encode(&out, file); err != nil {
				t.Fatal(err)
			}
			totals, err := f.Totals(bytes.NewReader(out.Bytes()))
			if err != nil || most.Posts > 0 && totals.Count > most.Posts || most.Bytes > 0 && int64(out.Len()) > most.Bytes {
				t.Errorf("file %d: %d posts, %d bytes, %v", i+1, totals.Count, out.Len(), err)
			}
			back, err := f.Decode(&out)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, posts(t, back)...)
		}
		if diff := cmp.Diff(posts(t, p), got); diff != "" {
			t.Errorf("posts (-want +got):\n%s", diff)
		}
	})
}

// posts is what every format has of them.
func posts(t *rapid.T, p payroll.Payments) (out []string) {
	for _, b := range p.Batches {
		for post, err := range b.Posts {
			if err != nil {
				t.Fatal(err)
			}
			number, _ := post.Account.Digits()
			out = append(out, fmt.Sprint(int64(post.Amount), number, post.Descriptions))
		}
	}
	return out
}

func TestAPostThatIsTooLargeAlone(t *testing.T) {
	_, err := formats.Split(formats.Payments["pain.001.001.09"], pay(3), formats.Limits{Bytes: 900})
	if err == nil || !strings.Contains(err.Error(), "a file with one post has ") {
		t.Errorf("got %v", err)
	}
	if _, err := formats.Split(formats.Payments["clieop03"], pay(3), formats.Limits{Posts: -1}); err == nil {
		t.Error("a limit below zero was taken")
	}
	bad := pay(3)
	bad.Batches[0].Name = ""
	if _, err := formats.Split(formats.Payments["pain.001.001.09"], bad, formats.Limits{Bytes: 900}); err == nil || !strings.Contains(err.Error(), "name of the principal") {
		t.Errorf("got %v", err)
	}
}

func BenchmarkSplit(b *testing.B) {
	const n = 100_000
	for name, f := range formats.Payments {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				files, err := formats.Split(f, pay(n), formats.Limits{Posts: 10_000})
				if err != nil {
					b.Fatal(err)
				}
				for _, file := range files {
					if err := f.Encode(io.Discard, file); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "records/s")
		})
	}
}
