package mappings

import (
	"slices"
	"strings"
)

// nearest is at most n of the known texts that look most like s, best first.
// Those that have little in common with it are left out.
func nearest(s string, known []string, n int) []string {
	type candidate struct {
		text string
		cost int
	}
	folded := []rune(strings.ToLower(s))
	var best []candidate
	for _, k := range known {
		other := []rune(strings.ToLower(k))
		limit := (max(len(folded), len(other)) + 2) / 3
		cost := limit + 1
		if abs(len(folded)-len(other)) <= limit {
			cost = distance(folded, other)
		}
		if len(folded) >= 4 && len(other) > len(folded) { // "Overwrk" may be the start of "Overwerk 150%"
			start := distance(folded, other[:len(folded)]) + 1
			if start <= (len(folded)+2)/3+1 {
				cost = min(cost, start)
			}
		}
		if cost <= limit {
			best = append(best, candidate{k, cost})
		}
	}
	slices.SortFunc(best, func(a, b candidate) int {
		if a.cost != b.cost {
			return a.cost - b.cost
		}
		return strings.Compare(a.text, b.text)
	})
	var out []string
	for _, c := range best[:min(n, len(best))] {
		out = append(out, c.text)
	}
	return out
}

// distance counts the letters to change, add, drop or swap with a neighbour.
func distance(a, b []rune) int {
	two, one, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range one {
		one[j] = j
	}
	for i := range a {
		row[0] = i + 1
		for j := range b {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(row[j]+1, one[j+1]+1, one[j]+cost)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], two[j-1]+1)
			}
		}
		two, one, row = one, row, two
	}
	return one[len(b)]
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}
