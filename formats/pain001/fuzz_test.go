package pain001

import (
	"bytes"
	"strings"
	"testing"
)

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
