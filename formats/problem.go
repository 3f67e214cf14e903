package formats

import (
	"fmt"
	"strings"
)

// String is the problem as one line of text for people.
func (p Problem) String() string {
	var b strings.Builder
	if p.Line > 0 {
		fmt.Fprintf(&b, "regel %d", p.Line)
		if p.Column > 0 {
			fmt.Fprintf(&b, ", kolom %d", p.Column)
		}
		if p.Field != "" {
			fmt.Fprintf(&b, " (%s)", p.Field)
		}
		b.WriteString(": ")
	} else if p.Field != "" {
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
