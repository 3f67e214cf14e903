package formats

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/ProtonMail/gopenpgp/v3/crypto"
)

const readRows = 20_000

// readFiles are the same rows in every input format, packed and encrypted too.
func readFiles(b *testing.B) map[string]struct {
	format string
	data   []byte
	o      Options
} {
	b.Helper()
	var csv, json, xml, fixed strings.Builder
	csv.WriteString("nr;naam;datum;uren\n")
	xml.WriteString("<rows>")
	for i := range readRows {
		nr, day := i%1000, time.Date(2026, 10, 1+i%30, 0, 0, 0, 0, time.UTC)
		fmt.Fprintf(&csv, "%d;Anna Voorbeeld;%s;7,50\n", nr, day.Format("02-01-2006"))
		fmt.Fprintf(&json, `{"nr":%d,"naam":"Anna Voorbeeld","datum":"%s","uren":7.5}`+"\n", nr, day.Format("2006-01-02"))
		fmt.Fprintf(&xml, "<row><nr>%d</nr><naam>Anna Voorbeeld</naam><datum>%s</datum><uren>7.50</uren></row>\n", nr, day.Format("2006-01-02"))
		fmt.Fprintf(&fixed, "%-5dAnna Voorbeeld %s07,50\n", nr, day.Format("02-01-2006"))
	}
	xml.WriteString("</rows>")
	list := "[" + strings.TrimSuffix(strings.ReplaceAll(json.String(), "}\n", "},\n"), ",\n") + "]"
	at := []Column{{Name: "nr", Start: 1, Length: 5}, {Name: "naam", Start: 6, Length: 15}, {Name: "datum", Start: 21, Length: 10}, {Name: "uren", Start: 31, Length: 5}}
	type file = struct {
		format string
		data   []byte
		o      Options
	}
	plain := []byte(csv.String())
	return map[string]file{
		"csv":      {"csv", plain, Options{Columns: people}},
		"xlsx":     {"xlsx", excelizeBook(b, readRows), Options{Columns: people}},
		"json":     {"json", []byte(list), Options{Columns: people}},
		"ndjson":   {"ndjson", []byte(json.String()), Options{Columns: people}},
		"xml":      {"xml", []byte(xml.String()), Options{Columns: people, Records: []string{"rows/row"}}},
		"fixed":    {"fixed", []byte(fixed.String()), Options{Columns: at}},
		"csv-gzip": {"csv", gzipped(b, plain), Options{Columns: people, Packed: "gzip"}},
		"csv-zip":  {"csv", zipped(b, "a.csv", csv.String()), Options{Columns: people, Packed: "zip"}},
		"csv-age":  {"csv", plain, Options{Columns: people}},
		"csv-pgp":  {"csv", plain, Options{Columns: people}},
	}
}

// sealing encrypts for a key of its own, and gives what opens it.
func sealing(b *testing.B, kind string, plain []byte) ([]byte, *Seal) {
	b.Helper()
	var out bytes.Buffer
	var w io.WriteCloser
	var s *Seal
	var err error
	switch kind {
	case "csv-age":
		var key *age.X25519Identity
		if key, err = age.GenerateX25519Identity(); err == nil {
			w, err = age.Encrypt(&out, key.Recipient())
		}
		if err == nil {
			s, err = AgeSeal(key.String())
		}
	case "csv-pgp":
		var key, public *crypto.Key
		var enc crypto.PGPEncryption
		var private, armored string
		if key, err = crypto.PGP().KeyGeneration().AddUserId("test", "test@example.org").GenerationTime(arrived.Unix()).New().GenerateKey(); err == nil {
			public, err = key.ToPublic()
		}
		if err == nil {
			private, err = key.Armor()
		}
		if err == nil {
			armored, err = public.Armor()
		}
		if err == nil {
			enc, err = crypto.PGP().Encryption().Recipient(public).SigningKey(key).SignTime(arrived.Unix()).EncryptionTime(arrived.Unix()).New()
		}
		if err == nil {
			w, err = enc.EncryptingWriter(&out, crypto.Bytes)
		}
		if err == nil {
			s, err = OpenPGP{Key: private, SignedBy: []string{armored}}.Seal()
		}
	default:
		return plain, nil
	}
	if err == nil {
		_, err = w.Write(plain)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		b.Fatal(err)
	}
	return out.Bytes(), s
}

// BenchmarkRead reads the same rows in every input format on one goroutine, so that
// the formats can be held against each other: nanoseconds for a row.
func BenchmarkRead(b *testing.B) {
	files := readFiles(b)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		f := files[name]
		b.Run(name, func(b *testing.B) {
			data, seal := sealing(b, name, f.data)
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				var in io.Reader = bytes.NewReader(data)
				if seal != nil {
					var err error
					if in, err = seal.Open(in, arrived); err != nil {
						b.Fatal(err)
					}
				}
				rows := 0
				for batch, err := range Decode(f.format, in, f.o) {
					if err != nil {
						b.Fatal(err)
					}
					batch.Cut()
					rows += len(batch.Records)
					batch.Release()
				}
				if rows != readRows {
					b.Fatalf("%d rows, want %d", rows, readRows)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/readRows, "ns/row")
		})
	}
}
