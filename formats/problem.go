package formats

import (
	"fmt"
	"strings"
)

// String is the problem as one line of text for people.
func (p Problem) String() string {
	var b strings.Builder
	switch {
	case p.Sheet != "" && p.Line > 0:
		fmt.Fprintf(&b, "blad %q, ", p.Sheet)
		if p.Column > 0 {
			b.WriteString("cel " + p.Cell())
		} else {
			fmt.Fprintf(&b, "rij %d", p.Line)
		}
		if p.Field != "" {
			fmt.Fprintf(&b, " (%s)", p.Field)
		}
		b.WriteString(": ")
	case p.Sheet != "":
		fmt.Fprintf(&b, "blad %q: ", p.Sheet)
	case p.Line > 0:
		fmt.Fprintf(&b, "regel %d", p.Line)
		if p.Column > 0 {
			fmt.Fprintf(&b, ", kolom %d", p.Column)
		}
		if p.Field != "" {
			fmt.Fprintf(&b, " (%s)", p.Field)
		}
		b.WriteString(": ")
	case p.Field != "":
		fmt.Fprintf(&b, "kolom %s: ", p.Field)
	}
	b.WriteString(p.Message)
	if p.Value != "" && !strings.Contains(p.Message, `"`+p.Value+`"`) {
		fmt.Fprintf(&b, " Gelezen: %q.", p.Value)
	}
	if p.Repair != "" {
		b.WriteString(" " + p.Repair)
	}
	return b.String()
}

// Cell is the cell of a workbook as people name it ("D12"), "" of other files and
// whole rows.
func (p Problem) Cell() string {
	if p.Sheet == "" || p.Line == 0 || p.Column == 0 {
		return ""
	}
	return fmt.Sprintf("%s%d", columnLetters(p.Column), p.Line)
}

// columnLetters is how a workbook calls its column n, from 1.
func columnLetters(n int) string {
	if n <= 0 {
		return ""
	}
	return columnLetters((n-1)/26) + string(rune('A'+(n-1)%26))
}
