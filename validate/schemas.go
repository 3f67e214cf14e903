package validate

import (
	"embed"
	"strings"
)

// Schemas are the JSON schemas that ship, as schemas/<name>.json.
//
//go:embed schemas
var Schemas embed.FS

// Schema is the shipped schema called name, with or without ".json".
func Schema(name string) ([]byte, bool) {
	data, err := Schemas.ReadFile("schemas/" + strings.TrimSuffix(name, ".json") + ".json")
	return data, err == nil
}
