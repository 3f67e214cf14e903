package mappings

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
)

// A million rows cost as much to look at as the first ten thousand.
func BenchmarkShapeOfAMillionRows(b *testing.B) {
	m, err := LoadOne(fstest.MapFS{"klok.yaml": {Data: []byte(driftMapping)}}, "klok")
	if err != nil {
		b.Fatal(err)
	}
	var text strings.Builder
	text.WriteString("Wie;Naam;Dag;Soort;Uren;Kp;Kd\n")
	for i := range 1_000_000 {
		fmt.Fprintf(&text, "%d;Naam %d;%02d-10-2026;gewoon;7,5;%d;P1\n", i%5000+1, i, i%31+1, 100+i%20)
	}
	in := textInput("klok.csv", []byte(text.String()))
	for b.Loop() {
		if s, err := m.Shape(b.Context(), in); err != nil || s.Rows != ShapeRows {
			b.Fatalf("%+v, %v", s, err)
		}
	}
}
