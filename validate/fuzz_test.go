package validate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	jsonschema "github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/xeipuuv/gojsonschema"
	"pgregory.net/rapid"

	"loket-etl/formats"
)

// columns of every type, and what their cells may look like.
var fuzzColumns = []Column{
	{Name: "tekst", Index: 0, Type: Text},
	{Name: "heel", Index: 1, Type: Integer},
	{Name: "bedrag", Index: 2, Type: Decimal, MaxDecimals: 4, Thousands: '.'},
	{Name: "uren", Index: 3, Type: Hours, Notation: []string{"decimal", "clock"}},
	{Name: "datum", Index: 4, Type: Date, Layouts: []string{"dd-MM-yyyy", "yyyy-MM-dd"}},
}

var fuzzCells = []*rapid.Generator[string]{
	rapid.OneOf(rapid.SampledFrom([]string{"", "a", "abc", "ABC", "12", "é€", "lange tekst met acht", "K100", "x@y"}), rapid.StringMatching(`[a-cA-C0-9é]{0,9}`)),
	rapid.OneOf(rapid.SampledFrom([]string{"", "0", "-0", "1", "007", "999999999999999"}), rapid.StringMatching(`-?[0-9]{1,6}`)),
	rapid.OneOf(rapid.SampledFrom([]string{"", "0,0001", "1.234,5", "0,30", "99999999999,9999"}), rapid.StringMatching(`-?[0-9]{1,4}(,[0-9]{1,4})?`)),
	rapid.OneOf(rapid.SampledFrom([]string{"", "7:20", "0:00:01", "7,5", "24,01", "999999,99"}), rapid.StringMatching(`-?[0-9]{1,3}:[0-5][0-9](:[0-5][0-9])?|-?[0-9]{1,2},[0-9]{1,2}`)),
	rapid.OneOf(rapid.SampledFrom([]string{"", "29-02-2024", "2026-12-31"}), rapid.StringMatching(`2026-0[1-9]-[012][1-8]`)),
}

var (
	genNumber  = rapid.OneOf(rapid.SampledFrom([]string{"0", "1", "0.01", "0.0001", "24", "-5", "1e2", "2.5", "7.333333", "1e-9", "123456789012345678"}), rapid.StringMatching(`-?[1-9][0-9]{0,3}(\.[0-9]{1,3})?`))
	genPattern = rapid.SampledFrom([]string{
		"^[a-c]+$", "^[A-C]{2,3}$", "^[0-9]{1,6}$", "^a", "b$", "^[^@]+@[^@]+$", "^K?[0-9]*$", "^a{0,2}b?a$", "(?i)^abc$", "^(a|b)c$",
		"^2026-0[1-3]-", `^\d{4}-\d{2}-\d{2}$`, "^[a-cé]{3}$", "^[^0-9]*$", "^.{1,4}$", "^(ab)*$", "^[a-c]*[0-9]+[A-C]?$", "^$",
	})
	genText = rapid.SampledFrom([]string{"a", "abc", "ABC", "12", "é€", "K100", "2026-12-31", "2024-02-29", "lange tekst met acht"})
)

// genKeywords makes a schema for a column; deep ones have no fast form.
func genKeywords(t *rapid.T, text bool, depth int) map[string]any {
	m := map[string]any{}
	num := func(label string) json.Number { return json.Number(genNumber.Draw(t, label)) }
	maybe := func() bool { return rapid.IntRange(0, 3).Draw(t, "maybe") == 0 }
	count := func() json.Number {
		return json.Number(fmt.Sprint(rapid.IntRange(0, 12).Draw(t, "count")))
	}
	if text {
		if maybe() {
			m["type"] = "string"
		}
		if maybe() {
			m["minLength"] = count()
		}
		if maybe() {
			m["maxLength"] = json.Number(fmt.Sprint(12 + rapid.IntRange(0, 10).Draw(t, "more")))
		}
		if maybe() {
			m["pattern"] = genPattern.Draw(t, "pattern")
		}
		if maybe() {
			m["enum"] = list(rapid.SliceOfNDistinct(genText, 1, 6, rapid.ID[string]).Draw(t, "enum"))
		}
	} else {
		if maybe() {
			m["type"] = rapid.SampledFrom([]any{"number", "integer", []any{"number", "null"}}).Draw(t, "type")
		}
		for _, k := range []string{"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"} {
			if maybe() {
				m[k] = num(k)
			}
		}
		if maybe() {
			m["multipleOf"] = json.Number(strings.TrimPrefix(rapid.SampledFrom([]string{"1", "0.01", "0.25", "0.0001", "3", "1e20", "0.000001"}).Draw(t, "multiple"), "-"))
		}
		if maybe() {
			m["enum"] = []any{"x"}
			for _, n := range rapid.SliceOfNDistinct(genNumber, 1, 4, func(n string) string { return rat(json.Number(n)).String() }).Draw(t, "enum") {
				m["enum"] = append(m["enum"].([]any), json.Number(n))
			}
		}
	}
	if depth > 0 && maybe() {
		key := rapid.SampledFrom([]string{"allOf", "anyOf", "oneOf"}).Draw(t, "of")
		m[key] = []any{genKeywords(t, text, depth-1), genKeywords(t, text, depth-1)}
	}
	if depth > 0 && maybe() {
		m["not"] = genKeywords(t, text, depth-1)
	}
	if depth > 0 && maybe() {
		m["if"], m["then"], m["else"] = genKeywords(t, text, depth-1), genKeywords(t, text, depth-1), genKeywords(t, text, depth-1)
	}
	return m
}

func list(texts []string) []any {
	out := make([]any, len(texts))
	for i, s := range texts {
		out[i] = s
	}
	return out
}

func genSchema(t *rapid.T) map[string]any {
	properties := map[string]any{}
	for _, c := range fuzzColumns {
		if rapid.IntRange(0, 2).Draw(t, "has") > 0 {
			properties[c.Name] = genKeywords(t, c.Type == Text || c.Type == Date, 2)
		}
	}
	root := map[string]any{"$schema": draft07[0], "type": "object", "properties": properties}
	name := rapid.SampledFrom([]string{"tekst", "heel", "bedrag", "uren", "datum"})
	for _, key := range []string{"required", "dependencies", "if", "minProperties", "maxProperties", "anyOf", "patternProperties"} {
		if rapid.IntRange(0, 5).Draw(t, key) > 0 {
			continue
		}
		switch key {
		case "required":
			root[key] = list(rapid.SliceOfNDistinct(name, 1, 3, rapid.ID[string]).Draw(t, "names"))
		case "dependencies":
			root[key] = map[string]any{name.Draw(t, "from"): []any{name.Draw(t, "to")}}
		case "if":
			root["if"] = map[string]any{"required": []any{name.Draw(t, "if")}}
			root["then"] = map[string]any{"required": []any{name.Draw(t, "then")}}
		case "minProperties":
			root[key] = json.Number(fmt.Sprint(rapid.IntRange(0, 3).Draw(t, "n")))
		case "maxProperties":
			root[key] = json.Number(fmt.Sprint(rapid.IntRange(3, 5).Draw(t, "n")))
		case "anyOf":
			root[key] = []any{map[string]any{"required": []any{name.Draw(t, "one")}}, map[string]any{"properties": map[string]any{"heel": map[string]any{"maximum": json.Number("10")}}}}
		case "patternProperties":
			root[key] = map[string]any{"^(heel|uren)$": map[string]any{"minimum": json.Number(genNumber.Draw(t, "pp"))}}
		}
	}
	return root
}

// TestVerdictsAgree holds our checks against both libraries, over random schemas
// and records: same verdict, and a reason for every refusal.
func TestVerdictsAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		schema, err := json.Marshal(genSchema(t))
		if err != nil {
			t.Fatal(err)
		}
		c, err := Compile("test", schema, fuzzColumns)
		if err != nil {
			if strings.Contains(err.Error(), "no value of it can be in this column") {
				return
			}
			t.Fatal(err)
		}
		general, err := gojsonschema.NewSchema(gojsonschema.NewBytesLoader(schema))
		if err != nil {
			t.Fatal(err)
		}
		second := secondOracle(t, schema)
		w := c.Worker()
		out := make([]Value, len(fuzzColumns))
		for range 10 {
			r := &formats.Record{Line: 2}
			for i := range fuzzColumns {
				r.Cells = append(r.Cells, []byte(fuzzCells[i].Draw(t, "cell")))
			}
			reported := 0
			got := w.Record(r, out, func(formats.Problem) { reported++ })
			if got != (reported == 0) {
				t.Fatalf("verdict %v with %d problems", got, reported)
			}
			doc := map[string]any{}
			for i := range out {
				if out[i].Set {
					doc[fuzzColumns[i].Name] = c.cols[i].json(&out[i])
				}
			}
			result, err := general.Validate(gojsonschema.NewRawLoader(doc))
			if err != nil {
				t.Fatal(err)
			}
			if result.Valid() != got {
				t.Fatalf("we say %v of %q, gojsonschema %v\n%s\n%v", got, r.Cells, result.Errors(), schema, doc)
			}
			if err := second.Validate(doc); (err == nil) != got {
				t.Fatalf("we say %v of %q, the second oracle %v\n%s", got, r.Cells, err, schema)
			}
		}
	})
}

func secondOracle(t *rapid.T, schema []byte) *jsonschema.Schema {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("test.json", doc); err != nil {
		t.Fatal(err)
	}
	return c.MustCompile("test.json")
}

// TestSimplePatternsMatchAsRegexp holds the runs of a pattern against the engine.
func TestSimplePatternsMatchAsRegexp(t *testing.T) {
	fast := 0
	rapid.Check(t, func(t *rapid.T) {
		atom := rapid.StringMatching(`([abc0é]|\[[abc]{1,3}\]|\[\^ab\]|\[0-9\])([*+?]|\{[0-2]\}|\{[01],[23]\}|\{1,\})?`)
		s := "^" + strings.Join(rapid.SliceOfN(atom, 1, 4).Draw(t, "atoms"), "") + rapid.SampledFrom([]string{"", "$"}).Draw(t, "end")
		re, err := regexp.Compile(s)
		if err != nil {
			return
		}
		p := newPattern(s)
		if p.simple {
			fast++
		}
		for range 20 {
			text := rapid.StringMatching(`[abc019é€]{0,6}`).Draw(t, "text")
			if got, want := p.ok([]byte(text)), re.MatchString(text); got != want {
				t.Fatalf("%s on %q: %v, the engine %v", s, text, got, want)
			}
		}
	})
	if fast == 0 {
		t.Error("no pattern was simple")
	}
}
