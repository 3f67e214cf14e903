package mappings

import (
	"bytes"
	"slices"

	"loket-etl/formats"
	"loket-etl/validate"
)

// unfolding is where a wide sheet has its cells, and for a worker which one it is
// at.
type unfolding struct {
	at      []int    // cells of the row
	says    [][]byte // what stands above each
	names   []string // the headings, as in the file
	heading int      // cell of the row as unfolded; that of the value is the next
}

// told is a problem of the columns that every cell of a row shares.
type told struct {
	column      int
	code, field string
}

// unfold finds the headings of the file.
func (j *job) unfold(b *formats.Batch) error {
	m := j.m
	u := &unfolding{heading: len(b.Header)}
	j.columns[m.wide.heading].Index, j.columns[m.wide.cell].Index = u.heading, u.heading+1
	declared := len(m.options.Columns) - len(m.wide.listed)
	if m.wide.listed == nil {
		for _, at := range b.Extra {
			u.add(at, b.Header[at], b.Header[at])
		}
	}
	for i, says := range m.wide.says {
		if at := b.Columns[declared+i]; at >= 0 {
			u.add(at, says, b.Header[at])
		}
	}
	if len(u.at) == 0 {
		return &formats.FileError{Problem: formats.Problem{
			Line: 1, Code: "kopregel", Message: "De kopregel heeft geen kolommen met waarden.",
			Repair: "Controleer of dit het juiste bestand is, en exporteer het opnieuw.",
		}}
	}
	j.unfolds = u
	return j.checkHeadings(u)
}

func (u *unfolding) add(at int, says, name string) {
	u.at, u.says, u.names = append(u.at, at), append(u.says, []byte(says)), append(u.names, name)
}

// checkHeadings refuses a file with a heading that is not what the mapping says.
func (j *job) checkHeadings(u *unfolding) error {
	c := j.columns[j.m.wide.heading]
	c.Index = 0
	check, err := validate.Compile(j.m.name, nil, []validate.Column{c})
	if err != nil {
		return err
	}
	w, out := check.Worker(), make([]validate.Value, 1)
	for n := range u.says {
		var wrong *formats.Problem
		w.Record(&formats.Record{Line: 1, Cells: u.says[n : n+1]}, out, func(p formats.Problem) { wrong = &p })
		if wrong != nil {
			wrong.Column, wrong.Field = u.at[n]+1, u.names[n]
			wrong.Repair = "Herstel de kop van deze kolom, of haal de kolom weg. " + wrong.Repair
			return &formats.FileError{Problem: *wrong}
		}
	}
	return nil
}

// spread calls row for every filled cell under a heading, with the row as if it
// had only that cell.
func (w *worker) spread(row func(emp int32, good bool)) {
	u, whole := w.j.unfolds, w.rec
	w.told = w.told[:0]
	w.rows-- // its cells are counted
	cells := append(w.cells[:0], whole.Cells[:min(u.heading, len(whole.Cells))]...)
	for len(cells) < u.heading {
		cells = append(cells, nil)
	}
	cells = append(cells, nil, nil)
	w.cells, w.one = cells, *whole
	w.one.Cells, w.rec = cells, &w.one
	filled := false
	for n, at := range u.at {
		cell := bytes.TrimSpace(cells[at])
		if len(cell) == 0 {
			continue
		}
		filled = true
		cells[u.heading], cells[u.heading+1] = u.says[n], cell
		w.column = n
		w.rows++
		if w.leftOut() {
			w.skipped++
			continue
		}
		w.single(row)
	}
	if !filled {
		w.rows++
		w.skipped++
	}
	w.rec = whole
}

// place gives a problem of an unfolded row its place in the file; false when it was
// told with an earlier cell of the same row.
func (w *worker) place(p *formats.Problem) bool {
	u := w.j.unfolds
	if p.Column == u.heading+1 || p.Column == u.heading+2 {
		p.Column, p.Field = u.at[w.column]+1, u.names[w.column]
		return true
	}
	this := told{p.Column, p.Code, p.Field}
	if (p.Column > 0 || p.Field != "") && slices.Contains(w.told, this) {
		return false
	}
	w.told = append(w.told, this)
	return true
}
