package mappings

import (
	"fmt"
	"slices"
	"strings"

	"loket-etl/loket/contract"
	"loket-etl/payroll"
)

// knownCodes are the rows that a table has of a code, whatever the day. A value
// without a table is known.
func knownCodes(table, code string) []contract.CodeValue {
	if table == "" {
		return []contract.CodeValue{{Code: code}}
	}
	var all []contract.CodeValue
	for _, v := range contract.Codes(table) {
		if v.Code == code {
			all = append(all, v)
		}
	}
	return all
}

// checkCode notes a code that Loket does not have on the day of the change.
func (w *worker) checkCode(args map[string]any, a *argument, text string) {
	day := w.day(args)
	known := knownCodes(a.leaf.Table, text)
	if day == 0 && len(known) > 0 || slices.ContainsFunc(known, func(v contract.CodeValue) bool { return v.ValidOn(day) }) {
		return
	}
	w.problem(a.column(), "code-onbekend", func() (string, string) {
		if len(known) > 0 {
			return fmt.Sprintf("Deze code van %s geldt niet op %s.", a.leaf.Field, day.Dutch()), nearCodes(a.leaf.Table, text, day) + "Controleer de code en de datum."
		}
		return fmt.Sprintf("Loket kent deze code van %s niet.", a.leaf.Field), nearCodes(a.leaf.Table, text, day) + "Verbeter de code."
	})
}

// nearCodes asks whether a code was meant that is valid and looks like what was
// written, by its code or by what it stands for.
func nearCodes(table, text string, day payroll.Date) string {
	var words []string
	same := ""
	shown := map[string]string{}
	for _, v := range contract.Codes(table) {
		if day != 0 && !v.ValidOn(day) {
			continue
		}
		for _, word := range []string{v.Code, v.Omschrijving} {
			shown[word] = fmt.Sprintf("%s (%s)", v.Code, v.Omschrijving)
			if strings.EqualFold(word, text) {
				same = word
			}
			words = append(words, word)
		}
	}
	best := nearest(text, words, 3)
	switch {
	case same != "":
		best = []string{same}
	case len(text) < 3: // looks like every other
		best = nil
	}
	var near []string
	for _, word := range best {
		if !slices.Contains(near, shown[word]) {
			near = append(near, shown[word])
		}
	}
	if len(near) == 0 {
		return ""
	}
	return "Bedoelt u " + orList(near) + "? "
}
