package formats

import (
	"bytes"
	"testing"
)

var places = []Column{
	{Name: "nr", Start: 1, Length: 5}, {Name: "naam", Start: 6, Length: 10, Personal: true}, {Name: "uren", Start: 16, Length: 5},
	{Name: "opmerking", Start: 21, Length: 10, Optional: true},
}

func TestLinesAreCutAtTheirPlaces(t *testing.T) {
	for _, tt := range []struct {
		name, charset, data string
		want                []string
	}{
		{"plain", "", "00001Anna      07,50\r\n00002Bram      08,00ziek\r\n", []string{"1: 00001|Anna|07,50|", "2: 00002|Bram|08,00|ziek"}},
		{"characters, not bytes", "", "00001Zoë       07,50\n", []string{"1: 00001|Zoë|07,50|"}},
		{"Windows", "windows-1252", "00001Zo\xEB       07,50\n", []string{"1: 00001|Zoë|07,50|"}},
		{"no line end, blank lines", "", "\n   \n00001Anna      07,50", []string{"3: 00001|Anna|07,50|"}},
		{"too short", "", "00001Anna     7,5\n00001Anna      07,50\n", []string{"2: 00001|Anna|07,50|", "regel-te-kort: regel 1, kolom 3 (uren): De regel heeft 17 tekens, afgesproken zijn er ten minste 20."}},
		{"not UTF-8", "", "00001Zo\xEB       07,50\n", []string{"FILE tekenset: regel 1"}},
		{"UTF-8 for Windows", "windows-1252", "00001Zoë       07,50\n", []string{"1: 00001", "FILE tekenset"}},
		{"NUL", "", "00001Anna\x00     07,50\n", []string{"FILE tekenset: regel 1"}},
		{"empty", "", "", []string{"FILE leeg-bestand"}},
		{"blank", "", "\n\n", []string{"FILE geen-rijen"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			wants(t, decoded(t, "fixed", []byte(tt.data), Options{Columns: places, Charset: tt.charset}), tt.want...)
		})
	}
}

func TestRefusedLinesAreReadAgain(t *testing.T) {
	data := []byte("00001Zoë       07,50 x \r\n")
	part := refusedPart(t, "fixed", data, Options{Columns: places})
	if string(part) != "\uFEFF"+string(data) {
		t.Errorf("got %q", part)
	}
	wants(t, decoded(t, "fixed", part, Options{Columns: places}), "1: 00001|Zoë|07,50|x")
}

func FuzzFixed(f *testing.F) {
	f.Add([]byte("00001Anna      07,50\r\n00002Zoë       08,00ziek\n\n00003"), "")
	f.Add([]byte("00001Zo\xEB       07,50"), "windows-1252")
	f.Fuzz(func(t *testing.T, data []byte, charset string) {
		if charset != "windows-1252" {
			charset = "utf-8"
		}
		if decoded(t, "fixed", data, Options{Columns: places, Charset: charset, MaxRow: 1 << 12}) == "" {
			t.Error("neither rows nor a problem")
		}
	})
}

func BenchmarkFixed(b *testing.B) {
	const rows = 100_000
	data := bytes.Repeat([]byte("00001Anna      07,50\r\n"), rows)
	b.ReportAllocs()
	for b.Loop() {
		for batch, err := range Fixed(bytes.NewReader(data), Options{Columns: places}) {
			if err != nil {
				b.Fatal(err)
			}
			batch.Release()
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/row")
}
