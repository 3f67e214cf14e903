package arch

import (
	"os"
	"path/filepath"
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
			case strings.HasPrefix(name, "mappings/"):
				fits(mapping, page, b.text)
			case strings.HasPrefix(name, "pipelines/"):
				fits(pipeline, page, b.text)
			}
		}
	}
}
