package arch

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"loket-etl/config"
	"loket-etl/internal/schematest"
	"loket-etl/mappings"
	"loket-etl/pipelines"
)

// TestWhatShipsFitsItsSchema holds every YAML file that ships, every example and every
// block of the pages against the schemas that editors use.
func TestWhatShipsFitsItsSchema(t *testing.T) {
	etl, pipeline, mapping := schematest.Compile(t, config.Schema()), schematest.Compile(t, pipelines.Schema()), schematest.Compile(t, mappings.Schema())
	fits := func(s *schematest.Schema, where string, text string) {
		if err := s.Refuses(schematest.Read(t, []byte(text))); err != nil {
			t.Errorf("%s: %v", where, err)
		}
	}
	for pattern, s := range map[string]*schematest.Schema{
		"config/examples/*.yaml": etl, "pipelines/*.yaml": pipeline, "mappings/*.yaml": mapping, "mappings/yardstick/*.yaml": mapping,
	} {
		names, err := filepath.Glob(pattern)
		if err != nil || len(names) == 0 {
			t.Fatal("no files", pattern, err)
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			fits(s, name, string(text))
		}
	}
	for _, page := range pages(t) {
		for _, b := range blocks(t, page) {
			if b.info != "yaml" {
				continue
			}
			switch name := b.file(); {
			case name == "etl.yaml":
				fits(etl, page, b.text)
			case name == "part of etl.yaml":
				if !strings.Contains(b.text, "\nloket:") {
					b.text += "loket: {url: sandbox}\n"
				}
				fits(etl, page, b.text)
			case strings.Contains(name, "samples/"): // files of a sample, not mappings
			case strings.HasPrefix(name, "mappings/"):
				fits(mapping, page, b.text)
			case strings.HasPrefix(name, "pipelines/"):
				fits(pipeline, page, b.text)
			}
		}
	}
}

// own are words with a colon in the pages that are names of the one who writes.
var own = map[string]string{
	"code": "a column of a table", "codes": "a table", "x": "a prefix", "gewerkt": "what compute names",
}

// TestThePagesNameEveryKeyOfTheSchemas holds the grammar in the pages against the
// schemas, both ways.
func TestThePagesNameEveryKeyOfTheSchemas(t *testing.T) {
	_, grammar, _ := strings.Cut(read(t, "docs/mappings.md"), "## The grammar\n")
	grammar, _, _ = strings.Cut(grammar, "\n## ")
	agree(t, "the grammar in mappings/doc.go", grammar, "mapping.schema.json", mappings.Schema())
	_, doc, _ := strings.Cut(read(t, "pipelines/doc.go"), "every key is named here:\n")
	doc, _, _ = strings.Cut(doc, "// A file of the operator")
	agree(t, "the grammar in pipelines/doc.go", strings.ReplaceAll(doc, "//\t", ""), "pipeline.schema.json", pipelines.Schema())
}

func agree(t *testing.T, page, text, file string, schema []byte) {
	t.Helper()
	var root any
	if err := json.Unmarshal(schema, &root); err != nil {
		t.Fatal(err)
	}
	keys := map[string]bool{}
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if properties, ok := v["properties"].(map[string]any); ok {
				for key := range properties {
					keys[key] = true
				}
			}
			for _, sub := range v {
				walk(sub)
			}
		case []any:
			for _, sub := range v {
				walk(sub)
			}
		}
	}
	walk(root)
	named := map[string]bool{}
	key, begins := regexp.MustCompile(`([A-Za-z_]+):(\s|$)`), regexp.MustCompile(`^\s*(- )?\{?[A-Za-z_]+:`)
	for line := range strings.Lines(text) {
		code, comment, _ := strings.Cut(line, " # ")
		if !begins.MatchString(code) { // words
			code, comment = "", line
		}
		for _, m := range key.FindAllStringSubmatch(code, -1) {
			if named[m[1]] = true; !keys[m[1]] && own[m[1]] == "" {
				t.Errorf("%s has the key %q, and %s has not: add it there", page, m[1], file)
			}
		}
		for _, m := range key.FindAllStringSubmatch(comment, -1) {
			named[m[1]] = true
		}
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if !named[key] && key == strings.ToLower(key) { // capitals: fields of the contract
			t.Errorf("%s has the key %q, and %s does not name it: add a line there", file, key, page)
		}
	}
}
