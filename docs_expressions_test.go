package arch

import (
	"fmt"
	"strings"
	"testing"

	"loket-etl/mappings"
)

func TestThePageHasTheFunctionsOfExpressions(t *testing.T) {
	var b strings.Builder
	b.WriteString("\n\n| function | | example | gives |\n|---|---|---|---|\n")
	for _, f := range mappings.Functions() {
		fmt.Fprintf(&b, "| `%s` | %s | `%s` | %s |\n", f.Signature, f.English, f.Example, f.Result)
	}
	same(t, "docs/mappings.md", "<!-- functions -->", end, b.String()+"\n")
}
