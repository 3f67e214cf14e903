package formats

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

var fields = []Column{
	{Name: "nr", Kind: Number, Paths: []string{"person.id[0].value"}},
	{Name: "naam", Personal: true, Paths: []string{"person.name"}, Optional: true},
	{Name: "datum", Kind: Date, Layout: "dd-MM-yyyy", DateOnly: true, Paths: []string{"day", "start"}},
	{Name: "uren", Kind: Hours, Paths: []string{"hours"}},
}

func TestFieldsOfAnObjectBecomeCells(t *testing.T) {
	for _, tt := range []struct{ name, record, want string }{
		{"all", `{"person":{"id":[{"value":1}],"name":"Anna \u0041 \"x\""},"day":"2026-10-01","hours":7.5}`, `1: 1|Anna A "x"|01-10-2026|7,5`},
		{"second path", `{"person":{"id":[{"value":"007"}]},"start":"2026-10-01T07:00:00+02:00","hours":"7:30"}`, "1: 007||01-10-2026|7:30"},
		{"first path empty", `{"person":{"id":[{"value":1}]},"day":null,"start":"2026-10-01T07:00","hours":1}`, "1: 1||01-10-2026|1"},
		{"other zone stays", `{"person":{"id":[{"value":1}]},"start":"2026-10-01T23:00:00Z","hours":1}`, "1: 1||2026-10-01T23:00:00Z|1"},
		{"exact number", `{"person":{"id":[{"value":1}]},"day":"","hours":123456789012345678901.10}`, "1: 1|||123456789012345678901,1"},
		{"exponent", `{"person":{"id":[{"value":1E2}]},"day":"","hours":-25e-2}`, "1: 100|||-0,25"},
		{"not there", `{"person":{"id":[{"value":1}]},"day":""}`, "veld-ontbreekt: regel 1, kolom 4 (uren)"},
		{"absurd number", `{"person":{"id":[{"value":1}]},"day":"","hours":1e400}`, "getal-te-lang: regel 1, kolom 4 (uren)"},
		{"an object", `{"person":{"id":[{"value":1}]},"day":"","hours":{"value":1}}`, "json: regel 1, kolom 4 (uren)"},
		{"a value on the way", `{"person":5,"day":"","hours":1}`, "json: regel 1: Hier staat één waarde"},
		{"a name twice", `{"person":{"id":[{"value":1}]},"day":"","hours":1,"hours":2}`, `naam-dubbel: regel 1: De naam "hours"`},
		{"a name twice below", `{"person":{"id":[{"value":1}],"id":[]},"day":"","hours":1}`, `naam-dubbel: regel 1: De naam "id"`},
		{"the same name escaped", `{"person":{"id":[{"value":1}]},"day":"","hours":1,"h\u006furs":2}`, `naam-dubbel`},
		{"an unknown name", `{"person":{"id":[{"value":1}]},"day":"","hours":1,"note":""}`, `naam-onbekend: regel 1: De naam "note"`},
		{"more in a list", `{"person":{"id":[{"value":1},{"value":2}]},"day":"","hours":1}`, `naam-onbekend: regel 1: Deze lijst`},
		{"no object", `7`, "json: regel 1: Hier staat geen object"},
		{"half a character", `{"person":{"id":[{"value":1}],"name":"\ud800"},"day":"","hours":1}`, "teken-beschadigd: regel 1, kolom 2 (naam)"},
		{"masked", `{"person":{"id":[{"value":1}],"name":1e999},"day":"","hours":1}`, "getal-te-lang: regel 1, kolom 2 (naam): Dit getal is veel te lang of te groot. Gelezen: \"*****\"."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			wants(t, decoded(t, "ndjson", []byte(tt.record+"\n"), Options{Columns: fields}), tt.want)
			wants(t, decoded(t, "json", []byte("\uFEFF["+tt.record+"]"), Options{Columns: fields}), tt.want)
		})
	}
}

const goodRecord = `{"person":{"id":[{"value":1}]},"day":"","hours":1}`

func TestRecordsAreFoundAtTheirPath(t *testing.T) {
	data := []byte("{\"total\":{\"rows\":[1]},\n\"data\":{\"rows\":[\n" + goodRecord + ",\n\n" + goodRecord + "],\"more\":1}\n}\n")
	o := Options{Columns: fields, Records: []string{"data.rows"}}
	wants(t, decoded(t, "json", data, o), "3: 1|||1", "5: 1|||1")
	o.Records = []string{"data.lines"}
	wants(t, decoded(t, "json", data, o), "FILE json: regel 5: De lijst met gegevens (data.lines) staat niet in het bestand.")
	o.Extra, o.Records = "ignore", []string{"data.rows"}
	wants(t, decoded(t, "json", bytes.ReplaceAll(data, []byte(`"hours":1}`), []byte(`"hours":1,"x":{"a":[[{}]]}}`)), o), "3: 1|||1", "5: 1|||1")
}

func TestJSONThatIsNotRightIsRefused(t *testing.T) {
	for _, tt := range []struct{ name, data, want string }{
		{"empty", "", "FILE leeg-bestand"},
		{"blank", " \n ", "FILE leeg-bestand"},
		{"no records", "[]", "FILE geen-rijen"},
		{"no list", goodRecord, "FILE json: regel 1: Hier hoort een lijst"},
		{"cut off", "[" + goodRecord + ",\n" + goodRecord[:20], "FILE json: regel 2"},
		{"not closed", "[" + goodRecord + "\n", "FILE json"},
		{"trailing", "[" + goodRecord + "]\n[]", "FILE json: regel 2: Na het einde"},
		{"trailing comma", "[" + goodRecord + ",\n]", "FILE json: regel 1"},
		{"not UTF-8", "[{\"hours\":\"\xE9\"}]", "FILE tekenset: regel 1"},
		{"a deep record", `[{"hours":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `}]`, "json: regel 1"},
		{"deeper than a stack", `[{"hours":` + strings.Repeat("[", 50_000) + strings.Repeat("]", 50_000) + `}]`, "FILE json: regel 1"},
		{"xml", "<a/>", "FILE json"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := decoded(t, "json", []byte(tt.data), Options{Columns: fields})
			last := strings.Split(strings.TrimSpace(got), "\n")
			if !strings.HasPrefix(last[len(last)-1], tt.want) {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// endless is a text that never ends; it counts what is taken of it.
type endless struct {
	start string
	taken int64
}

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, e.start)
	e.start = e.start[n:]
	for i := n; i < len(p); i++ {
		p[i] = 'x'
	}
	e.taken += int64(len(p))
	return len(p), nil
}

func TestEndlessCellIsGivenUpSoon(t *testing.T) {
	for format, start := range map[string]string{
		"json": `[{"hours":"`, "ndjson": `{"hours":"`, "xml": `<a><b><hours>`, "fixed": "1", "csv": "nr;naam\n1;",
	} {
		o := Options{Columns: []Column{{Name: "hours", Start: 1, Length: 5}}, Records: []string{"a/b"}}
		if format != "xml" {
			o.Records = nil
		}
		if format == "csv" {
			o.Columns = nil
		}
		in := &endless{start: start}
		var last error
		for _, err := range Decode(format, in, o) {
			last = err
		}
		if last == nil || !strings.Contains(last.Error(), "langer dan") || in.taken > 8<<20 {
			t.Errorf("%s: %d bytes taken, then %v", format, in.taken, last)
		}
	}
}

func TestRefusedObjectsAreReadAgain(t *testing.T) {
	data := []byte(`[{"person":{"id":[{"value":1}],"name":"a;b"},"day":"2026-10-01","hours":7.5}]`)
	wants(t, decoded(t, "json", refusedPart(t, "json", data, Options{Columns: fields}), Options{Columns: fields}), "2: 1|a;b|01-10-2026|7,5")
}

func TestManyBatchesOfObjectsAreWhole(t *testing.T) {
	var b bytes.Buffer
	for i := range 20_000 {
		fmt.Fprintf(&b, "{\"person\":{\"id\":[{\"value\":%d}]},\"day\":\"\",\"hours\":%d}\n", i, i%24)
	}
	next, batches := 0, 0
	for batch, err := range NDJSON(&b, Options{Columns: fields}) {
		if err != nil || batch.Index != batches {
			t.Fatal(batch, err)
		}
		batches++
		for _, r := range batch.Records {
			if string(r.Cells[0]) != fmt.Sprint(next) || r.Line != next+1 {
				t.Fatalf("record %d is %s on line %d", next, r.Cells[0], r.Line)
			}
			next++
		}
		batch.Release()
	}
	if next != 20_000 || batches < 2 {
		t.Errorf("%d records in %d batches", next, batches)
	}
}

// FuzzJSON holds the decoder against encoding/json: it takes no file that is not
// JSON.
func FuzzJSON(f *testing.F) {
	f.Add([]byte("["+goodRecord+"]"), "")
	f.Add([]byte(`{"a":[`+goodRecord+`,{}],"b":1e5}`), "a")
	f.Fuzz(func(t *testing.T, data []byte, path string) {
		o := Options{Columns: fields}
		if _, err := JSONPath(path); err == nil {
			o.Records = []string{path}
		}
		got := decoded(t, "json", data, o)
		refusedBefore := bytes.HasPrefix(data, []byte("\uFEFF"))
		if !strings.Contains(got, "FILE") && !refusedBefore && !json.Valid(data) {
			t.Errorf("%q is no JSON but gives %s", data, got)
		}
		decoded(t, "ndjson", data, Options{Columns: fields, Extra: "ignore"})
	})
}

func BenchmarkNDJSON(b *testing.B) {
	const rows = 20_000
	data := bytes.Repeat([]byte(`{"person":{"id":[{"value":1}],"name":"Anna Voorbeeld"},"day":"2026-10-01","hours":7.5}`+"\n"), rows)
	b.ReportAllocs()
	for b.Loop() {
		for batch, err := range NDJSON(bytes.NewReader(data), Options{Columns: fields}) {
			if err != nil {
				b.Fatal(err)
			}
			batch.Release()
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/row")
}
