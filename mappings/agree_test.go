package mappings

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"loket-etl/internal/schematest"
	"loket-etl/loket/contract"
)

// files lie beside the mappings that the tests make.
func files(text []byte) fstest.MapFS {
	return fstest.MapFS{
		"m.yaml":              {Data: text},
		"codes.csv":           {Data: []byte("code;van;tot;component\nN;2026-01-01;2026-12-31;1\n")},
		"loket-variabel.json": {Data: []byte(`{"$schema":"http://json-schema.org/draft-07/schema#"}`)},
	}
}

func TestTheSchemaAndTheLoaderAgree(t *testing.T) {
	rare := map[string]string{
		"#/definitions/werkgeverID/properties/from":                "goes with one name of a file",
		"#/definitions/werkgeverID/properties/from/enum/file_name": "goes with one name of a file",
		"#/definitions/packed/enum/documents":                      "of dossiers, which mend gives one",
	}
	for _, format := range []string{"csv", "xlsx", "json", "ndjson", "xml", "fixed"} {
		rare["#/definitions/"+format+"/properties/index"] = "of dossiers, which mend gives one"
	}
	schematest.Compile(t, Schema()).Agree(t, 240, schematest.Loader{
		Rare:   rare,
		Repair: mend,
		Load: func(text []byte) error {
			_, errs, err := loadFile(files(text), "m.yaml")
			if len(errs) > 0 {
				return errs
			}
			return err
		},
	})
}

// TestEveryKeyOfTheLoaderIsInTheSchema has the loader tell which keys it asks for in
// the documents that the schema makes, and says what to add where.
func TestEveryKeyOfTheLoaderIsInTheSchema(t *testing.T) {
	s := schematest.Compile(t, Schema())
	m := s.Maker(2)
	has, where, asked := map[string]map[string]bool{}, map[string]string{}, map[string]map[string]bool{}
	put := func(all map[string]map[string]bool, at string, keys []string) {
		if all[at] == nil {
			all[at] = map[string]bool{}
		}
		for _, key := range keys {
			all[at][key] = true
		}
	}
	for i := range 400 {
		doc, _ := m.Make([]int{30, 60, 90}[i%3]).(map[string]any)
		if doc == nil {
			continue
		}
		mend(doc)
		kind := func(path string) string {
			path = anywhere.ReplaceAllString(path, "[]")
			switch {
			case strings.HasPrefix(path, "$.file"):
				return path + fmt.Sprint(" with format ", doc["file"].(map[string]any)["format"])
			case strings.HasPrefix(path, "$.to"):
				return path + fmt.Sprint(" with what ", doc["to"].(map[string]any)["what"])
			}
			return path
		}
		s.Keys(doc, func(path string, keys []string, pointer string) {
			at := kind(path)
			put(has, at, keys)
			where[at] = pointer
		})
		m.Keep()
		_, _, err := loadAnd(files(schematest.YAML(t, doc)), "m.yaml", func(o *object) {
			at := kind(o.node.GetPath())
			put(asked, at, o.asked)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	told := map[string]bool{}
	for _, at := range slices.Sorted(maps.Keys(asked)) {
		if has[at] == nil {
			continue // names of one's own: tables, rows
		}
		for key := range asked[at] {
			if message := fmt.Sprintf("the loader knows the key %q here, and the schema does not: add it to mapping.schema.json at %s/properties, with a description", key, where[at]); !has[at][key] && !told[message] && !never(where[at], key) {
				told[message] = true
				t.Errorf("%s: %s", at, message)
			}
		}
	}
}

var anywhere = regexp.MustCompile(`\[[0-9]+\]`)

// never reports whether the loader asks for a key everywhere that makes sense in some
// places only.
func never(where, key string) bool {
	_, name, _ := strings.Cut(where, "definitions/")
	texts := slices.Contains([]string{"anyText", "action", "ofText", "ofPersonal", "field_string", "field_int", "field_boolean"}, name)
	dates := slices.Contains([]string{"ofDate", "ofBirth", "field_date"}, name)
	switch key {
	case "join":
		return !texts && name != "part"
	case "worked":
		return texts || dates
	case "notation", "layouts", "decimals":
		return name == "wideColumn" // of one type of cell each
	}
	return neverAKey[key] != ""
}

// neverAKey are keys that the loader asks for to say why they are not possible there.
var neverAKey = map[string]string{
	"kostenplaats": "of variabele-gegevens-xml only",
	"kostendrager": "of variabele-gegevens-xml only",
	"from":         "every origin may ask for it, some have none",
	"table":        "of origins that must be a column",
	"constant":     "of origins that must be a column",
	"by":           "an employer that is changed is not found by an employee",
	"aliases":      "without a header there are none",
}

// pool are the columns that the examples of the schema name.
var pool = []map[string]any{
	{"name": "kolom"}, {"name": "naam"}, {"name": "tekst"}, {"name": "persnr", "type": "integer"},
	{"name": "uren", "type": "hours", "notation": []any{"clock"}}, {"name": "datum", "type": "date", "layouts": []any{"dd-MM-yyyy"}},
	{"name": "achternaam", "personal": "yes"}, {"name": "geboren", "type": "date", "layouts": "yyyyMMdd", "personal": true},
}

// mend makes what a schema cannot say: names that lead somewhere and occur once,
// tables that fit their use, values that the contract takes.
func mend(doc map[string]any) {
	doc["mapping"] = "m"
	file, to := doc["file"].(map[string]any), doc["to"].(map[string]any)
	if file["format"] == "responsemessage" || to["what"] == "loonaangifte-response" {
		for _, key := range []string{"schema", "tables", "compute", "skip", "keep"} {
			delete(doc, key)
		}
		doc["file"], doc["to"] = map[string]any{"format": "responsemessage"}, map[string]any{"what": "loonaangifte-response"}
		return
	}
	if columns, ok := file["columns"].([]any); ok {
		file["columns"] = mendColumns(columns, file["format"] == "fixed")
	}
	mendDocuments(doc, file)
	to = doc["to"].(map[string]any)
	mendWide(doc, file, to)
	mendComputed(doc, to)
	mendTables(doc, to)
	if c := changeOf(to["what"].(string)); c != nil {
		f, _ := contract.Lookup(c.function)
		fields := to["fields"].(map[string]any)
		for _, l := range c.fields(f) {
			if o, ok := fields[l.Field].(map[string]any); ok {
				typ, _ := contract.LookupType(l.Type)
				mendField(doc, o, sample(l, typ))
			}
		}
	}
	values, _ := to["values"].([]any)
	for _, v := range values {
		v := v.(map[string]any)
		if v["component"].(map[string]any)["from"] == nil {
			continue
		}
		if format := file["format"]; file["wide"] == nil && (format == nil || format == "csv" || format == "xlsx") {
			file["extra_columns"] = "components"
			delete(file, "header")
		} else {
			v["component"], v["value"] = map[string]any{"constant": 1}, map[string]any{"column": "uren"}
		}
	}
	if wide, _ := file["wide"].(map[string]any); wide != nil {
		for _, v := range values {
			v.(map[string]any)["value"] = map[string]any{"expr": ofCell(wide["cell"].(map[string]any))}
		}
	}
	if text := fmt.Sprint(to["employer"], to["period"]); strings.Contains(text, "file_name") {
		file["name"] = "f_{clientnummer}_{werkgever_id}_{year}-{period}*"
	}
}

// mendDocuments makes documents go to dossiers, and nothing else.
func mendDocuments(doc, file map[string]any) {
	to := doc["to"].(map[string]any)
	dossier := to["what"] == "dossier-toevoegen"
	switch {
	case dossier && file["format"] == "document":
		delete(to, "document")
	case dossier:
		file["packed"], file["index"] = "documents", "*.csv"
		if to["document"] == nil {
			to["document"] = map[string]any{"column": "tekst"}
		}
	case file["format"] == "document":
		doc["to"] = map[string]any{
			"what": "dossier-toevoegen", "employer": map[string]any{"clientnummer": map[string]any{"column": "persnr"}}, "employee": map[string]any{"persnr": map[string]any{"column": "persnr"}},
			"fields": map[string]any{"DossierSoort": map[string]any{"constant": "Werknemer"}, "Omschrijving": map[string]any{"column": "tekst"}, "Categorie": map[string]any{"constant": "Overig"}},
		}
	case file["packed"] == "documents":
		delete(file, "packed")
		delete(file, "index")
	}
	if what := doc["to"].(map[string]any)["what"]; what != "verlof-csv" && what != "variabele-gegevens-csv" && what != "variabele-gegevens-xml" {
		delete(file, "wide")
	}
}

// mendWide gives the columns of a wide sheet names of their own, and headings that can
// be read as what they are.
func mendWide(doc, file, to map[string]any) {
	wide, _ := file["wide"].(map[string]any)
	if wide == nil {
		return
	}
	heading := wide["heading"].(map[string]any)
	heading["as"], wide["cell"].(map[string]any)["as"] = "kop", "cel"
	if kind := heading["type"]; kind != nil && kind != "text" || wide["headings"] == "1..31" {
		delete(file, "extra_columns")
		wide["headings"] = "rest"
		return
	}
	if all, ok := wide["headings"].([]any); ok {
		for i := range all {
			all[i] = fmt.Sprintf("H%d", i)
		}
	}
}

// ofCell is a number that is made of the cell of a wide sheet.
func ofCell(cell map[string]any) string {
	switch cell["type"] {
	case nil, "text":
		return "whole(cel)"
	case "date":
		return "day(cel)"
	}
	return "cel"
}

// mendComputed makes what is computed of the type that is wanted: a schema knows names
// and not of what type they are.
func mendComputed(doc, to map[string]any) {
	compute, _ := doc["compute"].(map[string]any)
	for _, v := range compute {
		c := v.(map[string]any)
		if !slices.ContainsFunc(append([]string{"type"}, convertKeys...), func(key string) bool { return c[key] != nil }) {
			mendPart(c, "tekst")
		}
	}
	for _, key := range []string{"kostenplaats", "kostendrager", "berichtkenmerk", "actie", "externe_partij", "toelichting", "document"} {
		mendMade(to[key], "tekst")
	}
	leave, _ := to["leave"].(map[string]any)
	mendMade(leave["from"], "datum")
	mendMade(leave["until"], "datum")
	employee, _ := to["employee"].(map[string]any)
	mendMade(employee["email"], "tekst")
	mendMade(employee["bsn"], "achternaam")
	mendMade(employee["name"], "achternaam")
	mendMade(employee["born"], "geboren")
	if c := changeOf(to["what"].(string)); c != nil {
		f, _ := contract.Lookup(c.function)
		fields, _ := to["fields"].(map[string]any)
		for _, l := range c.fields(f) {
			switch typ, _ := contract.LookupType(l.Type); typ.Base {
			case "date":
				mendMade(fields[l.Field], "datum")
			case "decimal":
			default:
				mendMade(fields[l.Field], "tekst")
			}
		}
	}
}

// mendMade makes an origin that is computed one of the type of a column.
func mendMade(v any, column string) {
	if o, _ := v.(map[string]any); slices.ContainsFunc(madeKeys, func(key string) bool { return o[key] != nil }) {
		mendPart(o, column)
	}
}

func mendPart(o map[string]any, column string) {
	all, _ := o["first_of"].([]any)
	if column == "tekst" {
		texts, _ := o["join"].([]any)
		all = append(all, texts...)
	}
	for _, key := range []string{"then", "else"} {
		if o[key] != nil {
			all = append(all, o[key])
		}
	}
	if o["column"] != nil {
		o["column"] = column
	} else if len(all) == 0 && (o["table"] == nil && o["constant"] == nil || column != "tekst") {
		for key := range o {
			delete(o, key)
		}
		o["expr"] = column
	}
	if o["constant"] != nil {
		o["constant"] = "iets"
	}
	for _, v := range all {
		mendPart(v.(map[string]any), column)
	}
}

func mendColumns(columns []any, fixed bool) []any {
	for i, v := range columns {
		c := v.(map[string]any)
		c["name"] = fmt.Sprintf("K%d", i)
		if c["as"] != nil {
			c["as"] = fmt.Sprintf("k%d", i)
		}
		if c["aliases"] != nil {
			c["aliases"] = fmt.Sprintf("A%d", i)
		}
	}
	for i, p := range pool {
		c := maps.Clone(p)
		if fixed {
			c["start"], c["length"] = 10*i+1, 10
		}
		columns = append(columns, c)
	}
	return columns
}

// mendTables gives every use of a table one of its own, with as many keys and a value
// that may stand there.
func mendTables(doc, to map[string]any) {
	tables, _ := doc["tables"].(map[string]any)
	if tables == nil {
		tables = map[string]any{}
	}
	for _, v := range tables {
		table := v.(map[string]any)
		table["key"] = []any{"code"}
		if table["file"] != nil {
			table["file"] = "codes.csv"
		} else {
			table["rows"] = []any{map[string]any{"code": "N", "van": "2026-01-01", "tot": nil, "component": 1}}
		}
		for key, column := range map[string]string{"valid_from": "van", "valid_until": "tot"} {
			if table[key] != nil {
				table[key] = column
			}
		}
	}
	var walk func(v any, key string)
	walk = func(v any, key string) {
		switch v := v.(type) {
		case map[string]any:
			if v["table"] != nil {
				tables[fmt.Sprintf("t%d", len(tables))] = tableFor(v, fmt.Sprintf("t%d", len(tables)), key)
			}
			for k, sub := range v {
				walk(sub, k)
			}
		case []any:
			for _, sub := range v {
				walk(sub, key)
			}
		}
	}
	walk(to, "")
	walk(doc["compute"], "")
	if doc["tables"] != nil || len(tables) > 0 {
		doc["tables"] = tables
	}
}

func tableFor(use map[string]any, name, key string) map[string]any {
	value := "1"
	if key == "actie" {
		value = "Annuleren"
	}
	row := map[string]any{"component": value, "van": "2026-01-01"}
	keys := []any{}
	by, _ := use["by"].([]any)
	for i := range max(1, len(by)) {
		keys = append(keys, fmt.Sprintf("k%d", i))
		row[fmt.Sprintf("k%d", i)] = "N"
	}
	use["table"], use["take"] = name, "component"
	table := map[string]any{"key": keys, "rows": []any{row}}
	if use["on"] != nil {
		table["valid_from"] = "van"
	}
	return table
}

// mendField puts a value that the contract takes where a mapping holds one.
func mendField(doc, origin map[string]any, value any) {
	for _, key := range []string{"constant", "otherwise"} {
		if origin[key] != nil {
			origin[key] = value
		}
	}
	if name, ok := origin["table"].(string); ok {
		table := doc["tables"].(map[string]any)[name].(map[string]any)
		table["rows"].([]any)[0].(map[string]any)["component"] = value
	}
}

// sample is a value that Loket takes for a field.
func sample(l contract.Leaf, typ *contract.SimpleType) any {
	if codes := contract.Codes(l.Table); len(codes) > 0 {
		return codes[0].Code
	}
	switch {
	case len(typ.Enum) > 0:
		return typ.Enum[0]
	case typ.Name == "BSN":
		return "123456782"
	case typ.Name == "IBAN":
		return "NL91ABNA0417164300"
	case typ.Name == "Jaar":
		return 2026
	case typ.Base == "date":
		return "2026-10-01"
	case typ.Base == "boolean":
		return true
	case typ.Base == "int", typ.Base == "decimal":
		return 1
	}
	return "a"
}
