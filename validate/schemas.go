package validate

import "embed"

// Schemas are the JSON schemas that ship, as schemas/<name>.json.
//
//go:embed schemas
var Schemas embed.FS
