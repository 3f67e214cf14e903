package propose

import (
	"bytes"
	"errors"
	"slices"
	"strconv"
	"strings"

	"loket-etl/formats"
	"loket-etl/mappings/evidence"
)

const (
	lookRows   = 2000 // of every sheet
	titleRows  = 30   // among which the header is looked for
	withinRows = 20   // among which a mapping looks for it
)

// table is rows under a header in a sheet.
type table struct {
	header int // the place of the header's first row
	rows   int // 1 or 2
	join   string
	data   int // rows below it that look like data
}

// sheets chooses the sheet with the most rows under a header, and finds where that
// header is.
func (s *sniffer) sheets(data []byte) error {
	all, err := formats.Sheets(bytes.NewReader(data), lookRows)
	if err != nil {
		return asText(err)
	}
	best, hidden, plausible := -1, 0, 0
	found := make([]table, len(all))
	for i := range all {
		if all[i].Hidden {
			hidden++
			continue
		}
		if found[i] = tableIn(all[i].Rows); found[i].data > 0 {
			plausible++
		}
		if best < 0 || found[i].data > found[best].data {
			best = i
		}
	}
	if best < 0 || found[best].data == 0 {
		return errors.New("op geen zichtbaar blad staan rijen onder een kopregel")
	}
	o, sheet, t := &s.p.Options, &all[best], found[best]
	if len(all) > 1 {
		o.Sheet = sheet.Name
	}
	switch {
	case plausible > 1:
		s.p.doubt("op %d bladen staan rijen onder een kopregel; gekozen is %q, het blad met de meeste (%d). De andere bladen worden niet gelezen", plausible, sheet.Name, t.data)
	case hidden > 0:
		s.p.doubt("de werkmap heeft %d verborgen bladen; die worden niet gelezen", hidden)
	}
	s.header(sheet, t)
	s.concealed(sheet, t)
	return nil
}

// header tells the options where the header is.
func (s *sniffer) header(sheet *formats.Sheet, t table) {
	o := &s.p.Options
	first := sheet.Rows[t.header].Number
	for _, r := range sheet.Rows[:t.header] {
		if filled(r.Cells) > 0 {
			o.HeaderRow = first
		}
	}
	if t.rows == 2 {
		o.HeaderRows, o.HeaderJoin = 2, t.join
		s.p.doubt("de kopregel heeft twee rijen (rij %d en %d): header_join zegt hoe die samen de namen van de kolommen zijn", first, first+1)
	}
}

// concealed looks at what is hidden: a filter that somebody left on is no reason to
// refuse a file, but it must be known.
func (s *sniffer) concealed(sheet *formats.Sheet, t table) {
	rows := 0
	for _, r := range sheet.Rows[t.header+t.rows:] {
		if r.Hidden && filled(r.Cells) > 0 {
			rows++
		}
	}
	columns := 0
	for _, c := range sheet.HiddenColumns {
		if slices.ContainsFunc(sheet.Rows[t.header:t.header+t.rows], func(r formats.SheetRow) bool { return c <= len(r.Cells) && r.Cells[c-1] != "" }) {
			columns++
		}
	}
	if rows+columns > 0 {
		s.p.Options.Hidden = "skip"
		s.p.doubt("verborgen zijn rijen (%d) of kolommen (%d): met hidden: skip tellen verborgen rijen niet mee, en kolommen wel. Met hidden: read telt alles mee; zonder hidden wordt het bestand geweigerd", rows, columns)
	}
}

func filled(cells []string) (n int) {
	for _, c := range cells {
		if c != "" {
			n++
		}
	}
	return n
}

// tableIn finds the header: the first row that is about as wide as the rows get, and
// that reads as names.
func tableIn(rows []formats.SheetRow) (t table) {
	widest := 0
	for _, r := range rows[:min(len(rows), titleRows+20)] {
		widest = max(widest, filled(r.Cells))
	}
	for i, r := range rows[:min(len(rows), titleRows)] {
		if n := filled(r.Cells); n < 2 || 10*n < 5*widest || !isNames(r) {
			continue
		}
		t = table{header: i, rows: 1}
		t.second(rows)
		for _, below := range rows[min(t.header+t.rows, len(rows)):] {
			if filled(below.Cells) > 1 && values(below) > 0 {
				t.data++
			}
		}
		return t
	}
	return t
}

// second finds out whether the header has two rows: the row above or below it says
// what this one leaves open.
func (t *table) second(rows []formats.SheetRow) {
	i := t.header
	if i+1 < len(rows) && rows[i+1].Number == rows[i].Number+1 && isNames(rows[i+1]) && values(rows[i+1]) == 0 && opens(rows[i].Cells, rows[i+1].Cells) {
		t.rows = 2
	} else if i > 0 && rows[i-1].Number == rows[i].Number-1 && values(rows[i-1]) == 0 && filled(rows[i-1].Cells) > 1 && opens(rows[i].Cells, rows[i-1].Cells) {
		t.header, t.rows = i-1, 2
	}
	if t.rows < 2 {
		return
	}
	t.join = "lowest"
	lower := slices.DeleteFunc(slices.Clone(rows[t.header+1].Cells), func(c string) bool { return c == "" })
	for k, name := range lower {
		if slices.ContainsFunc(lower[:k], func(o string) bool { return strings.EqualFold(o, name) }) {
			t.join = "both"
		}
	}
}

// opens reports whether another row fills what names leaves open: columns without
// a name, or with one that stands there twice.
func opens(names, other []string) bool {
	for i, text := range other {
		if text == "" {
			continue
		}
		if i >= len(names) || names[i] == "" {
			return true
		}
		for k, name := range names {
			if k != i && strings.EqualFold(name, names[i]) {
				return true
			}
		}
	}
	return false
}

// isNames reports whether a row reads as names of columns: letters, and no numbers
// but those that count days or components, and no dates but a row of them.
func isNames(r formats.SheetRow) bool {
	letters, dates := 0, 0
	for i, cell := range r.Cells {
		var c evidence.Column
		c.Add([]byte(cell))
		switch {
		case cell == "":
		case r.Dates[i] || c.Days > 0:
			dates++
		case c.Commas+c.Points+c.Clocks+c.Mails+c.Unsure > 0:
			return false
		case c.Wholes == 0:
			letters++
		}
	}
	return letters > 0 && dates != 1 && dates != 2 && 2*letters+2*dates >= filled(r.Cells) || letters > 0 && dates == 0 && counted(r.Cells) >= 5
}

// counted is how many cells count on from 1.
func counted(cells []string) (n int) {
	for _, cell := range cells {
		if cell == strconv.Itoa(n+1) {
			n++
		}
	}
	return n
}

// values is how many cells of a row are numbers, dates or clock times.
func values(r formats.SheetRow) (n int) {
	for i, cell := range r.Cells {
		var c evidence.Column
		c.Add([]byte(cell))
		if r.Dates[i] || c.Wholes+c.Commas+c.Points+c.Unsure+c.Clocks+c.Days > 0 {
			n++
		}
	}
	return n
}
