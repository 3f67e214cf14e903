package validate

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/xeipuuv/gojsonschema"

	"loket-etl/formats"
	"loket-etl/internal/benchfile"
)

const benchSchema = `{
  "$schema": "http://json-schema.org/draft-07/schema#",
  "type": "object",
  "required": ["aansluitnummer", "personeelsnummer", "datum", "uurcode", "uren"],
  "properties": {
    "aansluitnummer": {"type": "integer", "minimum": 1},
    "personeelsnummer": {"type": "integer", "minimum": 1, "maximum": 999999},
    "naam": {"type": "string", "maxLength": 60},
    "datum": {"type": "string", "pattern": "^2026-10-"},
    "uurcode": {"type": "string", "enum": ["NORM", "OVW125", "OVW150", "OVW200", "ZIEK", "VAK", "TVT", "FEEST", "ONR25", "ONR50", "CONS", "REIS"]},
    "uren": {"type": "number", "minimum": 0, "maximum": 24, "multipleOf": 0.01},
    "kostenplaats": {"type": "string", "pattern": "^K[0-9]{1,4}$"},
    "opmerking": {"type": "string", "maxLength": 200}
  }
}`

var benchColumns = []Column{
	{Name: "aansluitnummer", Index: 0, Type: Integer},
	{Name: "personeelsnummer", Index: 1, Type: Integer},
	{Name: "naam", Index: 2},
	{Name: "datum", Index: 3, Type: Date, Layouts: []string{"yyyy-MM-dd"}},
	{Name: "uurcode", Index: 4},
	{Name: "uren", Index: 5, Type: Hours},
	{Name: "kostenplaats", Index: 6},
	{Name: "opmerking", Index: 7},
}

// benchRecords are decoded rows that stay.
func benchRecords(tb testing.TB, rows int, o benchfile.Options) (records []formats.Record) {
	tb.Helper()
	var file bytes.Buffer
	if _, err := benchfile.Write(&file, rows, o); err != nil {
		tb.Fatal(err)
	}
	for b, err := range formats.CSV(&file, formats.Options{}) {
		if err != nil {
			tb.Fatal(err)
		}
		b.Cut()
		records = append(records, b.Records...) // not released
	}
	return records
}

const benchRows = 3_000 // as many as a batch has

func benchChecker(tb testing.TB) *Checker {
	c, err := Compile("bench", []byte(benchSchema), benchColumns)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

func perRow(b *testing.B, rows int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(rows), "ns/row")
}

// BenchmarkRecord reads and checks rows; Refused has a problem in every row.
func BenchmarkRecord(b *testing.B) {
	for name, o := range map[string]benchfile.Options{"good": {}, "refused": {Bad: 1}} {
		records := benchRecords(b, benchRows, o)
		w := benchChecker(b).Worker()
		out := make([]Value, len(benchColumns))
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				for i := range records {
					if w.Record(&records[i], out, func(formats.Problem) {}) != (name == "good") {
						b.Fatal(records[i].Line)
					}
				}
			}
			perRow(b, len(records))
		})
	}
}

// BenchmarkGeneral puts the same records, as JSON text, to the general validator
// alone: decoding with json.Number, then a raw loader.
func BenchmarkGeneral(b *testing.B) {
	const rows = 500
	schema, err := gojsonschema.NewSchema(gojsonschema.NewBytesLoader([]byte(benchSchema)))
	if err != nil {
		b.Fatal(err)
	}
	c := benchChecker(b)
	w := c.Worker()
	out := make([]Value, len(benchColumns))
	var texts [][]byte
	for _, r := range benchRecords(b, rows, benchfile.Options{}) {
		w.Record(&r, out, func(formats.Problem) {})
		doc := map[string]any{}
		for i := range out {
			if out[i].Set {
				doc[benchColumns[i].Name] = c.cols[i].json(&out[i])
			}
		}
		text, err := json.Marshal(doc)
		if err != nil {
			b.Fatal(err)
		}
		texts = append(texts, text)
	}
	for b.Loop() {
		for _, text := range texts {
			d := json.NewDecoder(bytes.NewReader(text))
			d.UseNumber()
			var doc any
			if err := d.Decode(&doc); err != nil {
				b.Fatal(err)
			}
			if result, err := schema.Validate(gojsonschema.NewRawLoader(doc)); err != nil || !result.Valid() {
				b.Fatal(result, err)
			}
		}
	}
	perRow(b, rows)
}

// BenchmarkTally observes rows with duplicates and hours per day switched on.
func BenchmarkTally(b *testing.B) {
	records := benchRecords(b, benchRows, benchfile.Options{})
	w := benchChecker(b).Worker()
	out := make([]Value, len(benchColumns))
	tally, err := Rules{Duplicates: "refuse", HoursPerDay: 100_000, Period: "single"}.Tally(benchColumns)
	if err != nil {
		b.Fatal(err)
	}
	tw := tally.Worker()
	var keys []RuleKey
	for i := range records {
		w.Record(&records[i], out, func(formats.Problem) {})
		keys = append(keys, RuleKey{Employee: records[i].Cells[1], Code: out[4].Text, Date: 20261001, Ticks: out[5].Num, Line: 1})
	}
	b.ReportAllocs()
	for b.Loop() {
		for i := range keys {
			tw.Observe(&keys[i], out)
		}
		for s := range tally.shards {
			tally.shards[s].again = tally.shards[s].again[:0]
		}
	}
	perRow(b, len(records))
}
