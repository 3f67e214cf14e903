package xmldoc

import (
	"errors"
	"fmt"
	"unicode/utf8"
)

// Limit is how many characters a text may have.
type Limit struct {
	Name, Value string
	Min, Max    int
}

// Limits names every text that is missing or too long.
func Limits(limits ...Limit) error {
	var problems []error
	for _, l := range limits {
		switch n := utf8.RuneCountInString(l.Value); {
		case n < l.Min && n == 0:
			problems = append(problems, fmt.Errorf("%s is missing", l.Name))
		case n < l.Min:
			problems = append(problems, fmt.Errorf("%s is shorter than %d characters", l.Name, l.Min))
		case n > l.Max:
			problems = append(problems, fmt.Errorf("%s is longer than %d characters", l.Name, l.Max))
		}
	}
	return errors.Join(problems...)
}
