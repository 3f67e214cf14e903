package config

import (
	_ "embed"
	"slices"
)

//go:embed etl.schema.json
var schema []byte

// Schema is the JSON Schema (draft-07) of etl.yaml, for editors: what it refuses Load
// refuses too, and what Load refuses beyond it are names, files and servers that are
// not there. It follows from the structs of this package: after a change of theirs,
// go test -run TestTheSchemaIsWhatTheCodeSays ./config -update.
func Schema() []byte { return slices.Clone(schema) }
