package pipelines

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"loket-etl/internal/schematest"
	"loket-etl/mappings"
)

func TestTheSchemaAndTheLoaderAgree(t *testing.T) {
	m, err := mappings.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	schematest.Compile(t, Schema()).Agree(t, 300, schematest.Loader{
		Repair: repair,
		Load: func(text []byte) error {
			if isExport(text) {
				_, err := readExport(text, "p.yaml")
				return err
			}
			_, err := readPipeline(text, "p.yaml", m.Get)
			return err
		},
	})
}

// repair makes what a schema cannot say: a mapping that exists, collect after publish,
// and layouts with columns that go together.
func repair(doc map[string]any) {
	doc["pipeline"] = "p"
	if doc["mapping"] != nil {
		doc["mapping"] = "urenregistratie"
	}
	rules, _ := doc["rules"].(map[string]any)
	sums, _ := rules["sums"].([]any)
	for _, v := range append(sums, rules["overlap"]) {
		rule, _ := v.(map[string]any)
		for _, key := range []string{"start", "end", "break", "equals"} {
			if rule[key] != nil {
				rule[key] = "uren"
			}
		}
		if rule["columns"] != nil {
			rule["columns"] = []any{"uren", "uren"}
		}
	}
	if collect, _ := doc["collect"].(map[string]any); collect != nil && doc["publish"] != nil {
		collect["bank_days"] = json.Number("0")
		collect["at"], doc["publish"].(map[string]any)["at"] = "12:00", "07:30"
	}
	for _, key := range []string{"journal_layout", "table_layout"} {
		if layout, _ := doc[key].(map[string]any); layout != nil {
			repairLayout(layout, key == "journal_layout")
		}
	}
}

// repairLayout adds the columns that a layout cannot do without, and takes away doubles.
func repairLayout(l map[string]any, journal bool) {
	l["date"] = "dd-MM-yyyy"
	want := []string{"period", "persnr"}
	if l["rows"] == "component" {
		want = append(want, "component")
	}
	if journal {
		want = []string{"account", "amount"}
		l["sides"] = map[string]any{"debit": "D", "credit": "C"}
		for _, v := range l["columns"].([]any) {
			switch v.(map[string]any)["field"] {
			case "debit", "credit":
				want = []string{"account", "debit", "credit"}
			case "value", "side":
				want = []string{"account", "value", "side"}
			}
		}
	}
	seen := map[string]bool{}
	var columns []any
	for _, v := range l["columns"].([]any) {
		c := v.(map[string]any)
		field := c["field"].(string)
		amount := slices.Contains([]string{"debit", "credit", "amount", "value", "side"}, field) && journal
		perComponent := slices.Contains([]string{"slip", "component", "componentName", "category", "column", "employerCosts"}, field) && !journal
		if seen[field] || amount && !slices.Contains(want, field) || perComponent && l["rows"] == "period" {
			continue
		}
		seen[field] = true
		delete(c, "component")
		if field == "value" || field == "special" {
			if !journal && l["rows"] == "period" {
				c["component"] = json.Number("930")
			}
		}
		if journal && c["header"] == nil {
			c["header"] = "Kop"
		}
		columns = append(columns, c)
	}
	for _, field := range want {
		if !seen[field] {
			columns = append(columns, map[string]any{"header": "Kop " + field, "field": field})
		}
	}
	l["columns"] = columns
}

// TestEveryKeyOfTheLoaderIsInTheSchema says what to add where when a struct has a key
// that the schema does not know, or the other way round.
func TestEveryKeyOfTheLoaderIsInTheSchema(t *testing.T) {
	var root map[string]any
	if err := json.Unmarshal(schema, &root); err != nil {
		t.Fatal(err)
	}
	definitions := root["definitions"].(map[string]any)
	var same func(at string, s map[string]any, typ reflect.Type)
	same = func(at string, s map[string]any, typ reflect.Type) {
		for {
			if all, _ := s["allOf"].([]any); s["properties"] == nil && len(all) > 0 {
				s = all[0].(map[string]any)
			}
			ref, ok := s["$ref"].(string)
			if !ok {
				break
			}
			name := strings.TrimPrefix(ref, "#/definitions/")
			at, s = "definitions."+name, definitions[name].(map[string]any)
		}
		for typ.Kind() == reflect.Pointer {
			typ = typ.Elem()
		}
		if items, _ := s["items"].(map[string]any); items != nil && typ.Kind() == reflect.Slice {
			same(at+".items", items, typ.Elem())
			return
		}
		if typ.Kind() != reflect.Struct {
			return
		}
		properties := maps.Clone(s["properties"].(map[string]any))
		for i := range typ.NumField() {
			key := typ.Field(i).Tag.Get("yaml")
			if key == "" {
				continue
			}
			sub, ok := properties[key].(map[string]any)
			if !ok {
				t.Errorf("the loader knows the key %q of %s and the schema does not: add it to pipeline.schema.json under %s.properties, with a description", key, typ, at)
				continue
			}
			delete(properties, key)
			same(at+".properties."+key, sub, typ.Field(i).Type)
		}
		for _, key := range slices.Sorted(maps.Keys(properties)) {
			t.Errorf("pipeline.schema.json has %s.properties.%s, and %s has no such key: take it away, or add the field", at, key, typ)
		}
	}
	same("definitions.import", definitions["import"].(map[string]any), reflect.TypeFor[Pipeline]())
	same("definitions.export", definitions["export"].(map[string]any), reflect.TypeFor[Export]())
}

// TestTheSchemaHasTheWordsOfTheCode holds lists of words against the tables of the code.
func TestTheSchemaHasTheWordsOfTheCode(t *testing.T) {
	text := string(schema)
	for _, what := range []What{Payments, Results, ResultsOfPeriod, Journal, Reports, TaxReturns, Employees} {
		known, _ := (&Export{What: what}).formats()
		for _, word := range append(known, string(what)) {
			if !strings.Contains(text, fmt.Sprintf("%q", word)) {
				t.Errorf("the loader knows the word %q of export: %s and pipeline.schema.json does not: add it to the enum of formats there", word, what)
			}
		}
	}
	for _, word := range slices.Concat(slices.Sorted(maps.Keys(reports)), soft) {
		if !strings.Contains(text, fmt.Sprintf("%q", word)) {
			t.Errorf("the loader knows the word %q and pipeline.schema.json does not: add it to the enum of reports or hold", word)
		}
	}
}
