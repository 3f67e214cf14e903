package pipelines

import (
	_ "embed"
	"slices"
)

//go:embed pipeline.schema.json
var schema []byte

// Schema is the JSON Schema (draft-07) of a pipeline, of both kinds, for editors: what
// it refuses Load refuses too. A new key of Pipeline or Export needs a line there.
func Schema() []byte { return slices.Clone(schema) }
