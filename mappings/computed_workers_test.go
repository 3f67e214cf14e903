package mappings

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What is computed, and what a wide sheet becomes, does not depend on who does it.
func TestComputedAndWideGiveTheSameWhateverTheWorkers(t *testing.T) {
	computed := mapping(t, strings.NewReplacer("MORE\n", "compute: {rust: {column: pauze, unit: minutes}, gewerkt: {worked: {start: begin, end: einde, break: rust}}}\nskip: [{expr: \"uren > 24\"}]\n",
		"VALUE", `{component: {when: [{expr: "gewerkt > 7"}], then: {constant: 1}, else: {constant: 3}}, value: {expr: "min(gewerkt, uren)"}}`).Replace(featureBench))
	sheet := mapping(t, wideMapping)
	for name, tt := range map[string]struct {
		m    *Mapping
		file []byte
	}{"computed": {computed, featureFileRows()}, "wide": {sheet, wideRows()}} {
		t.Run(name, func(t *testing.T) {
			want := ""
			for _, workers := range []int{1, 2, 5} {
				in := textInput("x_2026-10.csv", tt.file)
				in.People, in.Workers = nil, workers
				r, calls := run(t, tt.m, in)
				got := show(r, calls)
				if want == "" {
					want = got
				}
				if diff := cmp.Diff(want, got); diff != "" || r.Accepted != benchRows {
					t.Fatalf("%d workers, %d accepted: %.500s", workers, r.Accepted, diff)
				}
			}
		})
	}
}
