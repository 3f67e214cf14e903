package mappings

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLintFindsTheColumnsOfAnExpression(t *testing.T) {
	f, err := ParseYAML("x", []byte("x: {expr: 'max(column(\"Uren gewoon\"), over_uren)'}\n"))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	namesIn(f.Docs[0].Body, found)
	for _, name := range []string{"Uren gewoon", "over_uren"} {
		if !found[name] {
			t.Errorf("%s is not found: %s", name, cmp.Diff(nil, slices.Sorted(maps.Keys(found))))
		}
	}
}
