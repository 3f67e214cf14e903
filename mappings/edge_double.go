package mappings

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// double is a row that stands in the file twice.
func (e *edgeRun) double(ctx context.Context) {
	row := slices.IndexFunc(e.b.rows, func(r edgeRow) bool { return r.count && (len(r.used) > 0 || e.m.IsChange() || e.m.NeedsReturns()) })
	if row < 0 {
		return
	}
	var rows [][]byte
	for i, r := range e.b.rows {
		rows = append(rows, r.raw)
		if i == row {
			rows = append(rows, r.raw)
		}
	}
	line := e.b.rows[row].line
	name := fmt.Sprintf("row %d twice", line)
	second := line + strings.Count(string(e.b.rows[row].raw), "\n")
	data := e.b.text(rows...)
	refuses := func(o *Outcome) bool { return names(o, second, -1) || names(o, line, -1) }
	switch {
	case e.rules.Duplicates == "refuse":
		e.tryWith(ctx, e.rules, name, data, "the file is refused, with a problem about the row: rules.duplicates is refuse", refuses)
	case e.m.to.what == statusTarget || e.m.to.what == changeTarget:
		e.try(ctx, name, data, "the file is refused, with a problem about the row: a record may stand in it once", refuses)
	case e.m.to.once:
		e.try(ctx, name, data, "the file is refused, with a problem about the row: repeated is refuse", refuses)
	case e.m.to.what == leaveTarget:
		e.try(ctx, name, data, "the leave is booked twice: every row is a record", func(o *Outcome) bool {
			return len(o.Problems) == 0 && len(Compare(e.plain.Figures, o.Figures)) == 1
		})
	default:
		e.try(ctx, name, data, "the row counts twice, and nothing else changes: repeated is sum, and no pipeline has rules.duplicates", e.countsTwice)
	}
}

// countsTwice reports whether the figures of one employee changed and no others, or
// his total grew over what Loket takes.
func (e *edgeRun) countsTwice(o *Outcome) bool {
	if len(o.Problems) > 0 {
		return o.Refused() && (o.Problems[0].Code == "uren-te-veel" || o.Problems[0].Code == "bedrag-te-groot")
	}
	who := map[string]bool{}
	for _, d := range Compare(e.plain.Figures, o.Figures) {
		who[d.Get("clientnummer")+" "+d.Get("persnr_verl")] = true
	}
	return len(who) == 1 && o.Counts["rows"] == e.plain.Counts["rows"]+1
}
