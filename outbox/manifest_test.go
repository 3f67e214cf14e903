package outbox_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"loket-etl/outbox"
)

func delivery() outbox.Manifest {
	return outbox.Manifest{Delivery: "5555-2026-09-1", Files: []outbox.Entry{
		{Kind: "betalingen", Name: "5555-2026-09-1-betalingen.xml", Bytes: 8, SHA256: hexSum(pain(8)), Count: 25, Amount: "50123.40"},
		{Kind: "loonstroken", Name: "5555-2026-09-1-loonstroken.pdf", Bytes: 16, SHA256: hexSum(pain(16)), Count: 25},
		{Kind: "journaal", Name: "5555-2026-09-1-journaal.csv", Bytes: 0, SHA256: hexSum(nil), Count: 0, Amount: "-0.01"},
	}}
}

const delivered = `{
  "manifest": 1,
  "delivery": "5555-2026-09-1",
  "files": [
    {
      "kind": "betalingen",
      "name": "5555-2026-09-1-betalingen.xml",
      "bytes": 8,
      "sha256": "SUM8",
      "count": 25,
      "amount": "50123.40"
    },
    {
      "kind": "journaal",
      "name": "5555-2026-09-1-journaal.csv",
      "bytes": 0,
      "sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
      "count": 0,
      "amount": "-0.01"
    },
    {
      "kind": "loonstroken",
      "name": "5555-2026-09-1-loonstroken.pdf",
      "bytes": 16,
      "sha256": "SUM16",
      "count": 25
    }
  ]
}
`

func TestAManifestHasOneForm(t *testing.T) {
	want := strings.NewReplacer("SUM8", hexSum(pain(8)), "SUM16", hexSum(pain(16))).Replace(delivered)
	m := delivery()
	for range len(m.Files) {
		m.Files = append(m.Files[1:], m.Files[0])
		before := slices.Clone(m.Files)
		got, err := m.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, string(got)); d != "" {
			t.Error(d)
		}
		if !slices.Equal(before, m.Files) {
			t.Error("encoding changed the manifest")
		}
	}
	back, err := outbox.DecodeManifest(strings.NewReader(want))
	if err != nil {
		t.Fatal(err)
	}
	if again, err := back.Encode(); err != nil || string(again) != want || back.Delivery != m.Delivery || len(back.Files) != 3 {
		t.Errorf("%+v, %v", back, err)
	}
}

func TestMistakesInAManifestAreAllTold(t *testing.T) {
	m := delivery()
	m.Delivery = "5555/2026"
	m.Files[0].Amount = "50123,40"
	m.Files[1].Kind = ""
	m.Files[1].Count = -1
	m.Files[2].SHA256 = strings.ToUpper(m.Files[2].SHA256)
	m.Files = append(m.Files, m.Files[0])
	_, err := m.Encode()
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		`delivery "5555/2026"`, "betalingen.xml: the amount is not written like 1234.56", `loonstroken.pdf: kind ""`,
		"loonstroken.pdf: count -1", "journaal.csv: \"E3B0", "betalingen.xml stands there twice",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not said in\n%v", want, err)
		}
	}
	if strings.Contains(err.Error(), "50123") {
		t.Error("an amount is told")
	}
	if _, err := (outbox.Manifest{Delivery: "x"}).Encode(); err == nil {
		t.Error("a manifest of no files")
	}
}

func TestAmountsAreExact(t *testing.T) {
	for amount, ok := range map[string]bool{
		"": true, "0.00": true, "1234.56": true, "-1.00": true, "9999999999999999.99": true,
		"-0.00": false, "1234.5": false, "1234": false, "01.00": false, "1.000": false, "1e2": false, "+1.00": false,
		" 1.00": false, "1,00": false, "1.234,56": false, ".50": false, "1.00\n": false, "NaN": false, "99999999999999999.99": false,
	} {
		m := delivery()
		m.Files[0].Amount = amount
		if _, err := m.Encode(); (err == nil) != ok {
			t.Errorf("%q: %v", amount, err)
		}
	}
}

func TestOnlyWhatWasWrittenIsReadAsAManifest(t *testing.T) {
	good, err := delivery().Encode()
	if err != nil {
		t.Fatal(err)
	}
	change := func(old, new string) string { return strings.Replace(string(good), old, new, 1) }
	for name, text := range map[string]string{
		"nothing":             "",
		"null":                "null\n",
		"cut off":             string(good[:len(good)/2]),
		"without its end":     string(good[:len(good)-1]),
		"more after it":       string(good) + "{}",
		"another version":     change(`"manifest": 1`, `"manifest": 2`),
		"an unknown key":      change(`"kind"`, `"soort"`),
		"a key twice":         change(`"bytes": 8,`, `"bytes": 8, "bytes": 8,`),
		"a key in other case": change(`"bytes"`, `"Bytes"`),
		"a number as text":    change(`"bytes": 8`, `"bytes": "8"`),
		"an amount as number": change(`"50123.40"`, `50123.40`),
		"a float":             change(`"bytes": 8`, `"bytes": 8.0`),
		"windows line ends":   strings.ReplaceAll(string(good), "\n", "\r\n"),
		"a byte order mark":   "\ufeff" + string(good),
		"another order":       change("-betalingen.xml", "-zbetalingen.xml"),
		"too long":            strings.Repeat(" ", 16<<20) + string(good),
	} {
		if m, err := outbox.DecodeManifest(strings.NewReader(text)); err == nil {
			t.Errorf("%s: %+v", name, m)
		}
	}
	if _, err := outbox.DecodeManifest(bytes.NewReader(good)); err != nil {
		t.Error(err)
	}
}

func FuzzDecodeManifest(f *testing.F) {
	good, err := delivery().Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := outbox.DecodeManifest(bytes.NewReader(text))
		if err != nil {
			return
		}
		if again, err := m.Encode(); err != nil || !bytes.Equal(again, text) {
			t.Errorf("%q becomes %q, %v", text, again, err)
		}
	})
}

func TestPaymentFilesComeLast(t *testing.T) {
	part := func(name string, r outbox.Role) outbox.Part {
		return outbox.Part{File: outbox.File{Name: name}, Role: r}
	}
	parts := []outbox.Part{
		part("b-betalingen.xml", outbox.Payment), part("manifest.json", outbox.Summary), part("loonstroken.pdf", outbox.Document),
		part("a-betalingen.xml", outbox.Payment), part("journaal.csv", outbox.Document),
	}
	var got []string
	for _, p := range outbox.Order(parts) {
		got = append(got, p.Name)
	}
	want := []string{"journaal.csv", "loonstroken.pdf", "manifest.json", "a-betalingen.xml", "b-betalingen.xml"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if parts[0].Name != "b-betalingen.xml" {
		t.Error("the argument was changed")
	}
}
