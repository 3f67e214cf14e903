package formats

import (
	"bytes"
	"slices"
)

// twoRows is how the two rows of the header become names, "" when it has one.
func (o *Options) twoRows() string {
	switch {
	case o.HeaderRows < 2:
		return ""
	case o.HeaderJoin == "":
		return "lowest"
	}
	return o.HeaderJoin
}

// joinHeader is the names of two rows as one row: the lowest filled cell, or both.
// Of both, an upper cell holds for the empty ones to its right, as when it was
// merged over them.
func joinHeader(upper, lower [][]byte, how string) [][]byte {
	names := make([][]byte, max(len(upper), len(lower)))
	var over []byte
	for i := range names {
		var top, low []byte
		if i < len(upper) {
			top = bytes.TrimSpace(upper[i])
		}
		if i < len(lower) {
			low = bytes.TrimSpace(lower[i])
		}
		if len(top) > 0 {
			over = top
		}
		switch {
		case len(low) == 0:
			names[i] = top
		case how == "both" && len(over) > 0:
			names[i] = slices.Concat(over, []byte(" "), low)
		default:
			names[i] = low
		}
	}
	return names
}

func cloneCells(cells [][]byte) [][]byte {
	out := make([][]byte, len(cells))
	for i, c := range cells {
		out[i] = bytes.Clone(c)
	}
	return out
}

// secondRow is the problem of a header of which the second row is not there.
func secondRow(line int) Problem {
	return Problem{
		Line: line, Code: "kopregel", Message: "Onder deze kopregel ontbreekt de tweede kopregel.",
		Repair: "Controleer of dit het juiste bestand is, en exporteer het opnieuw.",
	}
}
