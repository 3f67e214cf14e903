package formats

import (
	"bytes"
	"io"
)

// Sheet is the first rows of a sheet as they stand in it, before anybody says which
// of them is the header.
type Sheet struct {
	Name          string
	Hidden        bool
	HiddenColumns []int // from 1
	Rows          []SheetRow
	All           bool // these are all rows
}

// SheetRow is a row of a sheet that is written down.
type SheetRow struct {
	Number int
	Hidden bool
	Cells  []string // from the first column on; a date as yyyy-MM-dd
	Dates  []bool   // which of Cells is shown as a date
}

// Sheets reads the first rows of every sheet of a workbook, most at most of each,
// for who must find out where its rows are. XLSX reads what was found.
func Sheets(r io.Reader, most int) ([]Sheet, error) {
	data, err := readPacked(r)
	if err != nil {
		return nil, err
	}
	d := &xlsxReader{gatherer: newGatherer(Options{}, func(*Batch, error) bool { return true })}
	if d.book, err = openWorkbook(data, d.o); err != nil {
		return nil, err
	}
	top, err := d.book.related("")
	if err != nil {
		return nil, err
	}
	main := top["type:officeDocument"]
	links, err := d.book.related(main)
	if err != nil {
		return nil, err
	}
	entries, err := d.sheets(main)
	if err != nil {
		return nil, err
	}
	if d.texts, err = d.book.shared(links["type:sharedStrings"]); err != nil {
		return nil, err
	}
	if d.style, err = d.book.styles(links["type:styles"]); err != nil {
		return nil, err
	}
	var all []Sheet
	for _, e := range entries[:min(len(entries), 100)] {
		p, err := d.book.open(links[e.id])
		if err != nil {
			return nil, err
		}
		s := Sheet{Name: e.name, Hidden: e.hidden}
		if p == nil { // a chart
			continue
		}
		if err := d.look(&sheetReader{part: p}, &s, most); err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

// look reads the first rows of a sheet.
func (d *xlsxReader) look(from *sheetReader, s *Sheet, most int) error {
	for len(s.Rows) < most {
		more, err := from.next()
		if err != nil {
			return err
		}
		if !more {
			s.All = true
			break
		}
		row := SheetRow{Number: from.row.number, Hidden: from.row.hidden}
		for i := range from.row.cells {
			c := &from.row.cells[i]
			for len(row.Cells) < c.column-1 {
				row.Cells, row.Dates = append(row.Cells, ""), append(row.Dates, false)
			}
			text, _ := d.cellText(c, nil)
			date := c.kind == "d" || (c.kind == "" || c.kind == "n") && c.style >= 0 && c.style < len(d.style) && d.style[c.style] == dayStyle
			row.Cells, row.Dates = append(row.Cells, string(bytes.TrimSpace(text))), append(row.Dates, date && len(text) > 0)
		}
		s.Rows = append(s.Rows, row)
	}
	for _, h := range from.hidden {
		for c := h.from; c <= h.to && c <= 1000; c++ {
			s.HiddenColumns = append(s.HiddenColumns, c)
		}
	}
	return nil
}
