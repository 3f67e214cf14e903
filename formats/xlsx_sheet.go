package formats

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

const (
	maxSheetColumns = 16_384
	maxSheetRows    = 1_048_576
)

// xlsxCell is a cell as it stands in the sheet.
type xlsxCell struct {
	column  int    // from 1
	kind    string // t: "" and "n" a number, "s" shared, "str", "inlineStr", "b", "e", "d"
	style   int
	formula bool
	valued  bool // there is a value, if only an empty one
	text    []byte
}

// xlsxRow is a row of the sheet; its cells live until the next.
type xlsxRow struct {
	number int
	hidden bool
	cells  []xlsxCell
}

// columnRange is the columns from one up to another.
type columnRange struct{ from, to int }

// sheetReader reads a sheet from top to bottom, one row at a time.
type sheetReader struct {
	part   *part
	row    xlsxRow
	hidden []columnRange // columns
	done   bool
	inData bool
}

// next reads the next row that is written down; false at the end.
func (s *sheetReader) next() (bool, error) {
	for !s.done {
		t, err := s.part.next()
		if errors.Is(err, io.EOF) {
			s.done = true
			break
		}
		if err != nil {
			return false, err
		}
		switch t := t.(type) {
		case xml.StartElement:
			switch {
			case t.Name.Local == "col" && !s.inData && isOn(attribute(&t, "hidden")):
				from, _ := strconv.Atoi(attribute(&t, "min"))
				to, _ := strconv.Atoi(attribute(&t, "max"))
				s.hidden = append(s.hidden, columnRange{from, min(to, maxSheetColumns)})
			case t.Name.Local == "sheetData":
				s.inData = true
			case t.Name.Local == "row" && s.inData:
				return true, s.readRow(&t)
			}
		case xml.EndElement:
			s.done = t.Name.Local == "sheetData"
		}
	}
	return false, nil
}

func (s *sheetReader) readRow(e *xml.StartElement) error {
	number := s.row.number + 1
	if r := attribute(e, "r"); r != "" {
		n, err := strconv.Atoi(r)
		if err != nil || n < number || n > maxSheetRows {
			return brokenWorkbook(s.part.sheet)
		}
		number = n
	}
	s.row.number, s.row.hidden = number, isOn(attribute(e, "hidden"))
	in := inRow{sheetReader: s, cells: s.row.cells[:0]}
	for {
		t, err := s.part.next()
		if err != nil {
			if errors.Is(err, io.EOF) {
				return brokenWorkbook(s.part.sheet)
			}
			return err
		}
		switch t := t.(type) {
		case xml.StartElement:
			if err := in.start(&t); err != nil {
				return err
			}
		case xml.CharData:
			if in.text {
				in.cell.text = append(in.cell.text, t...)
			}
		case xml.EndElement:
			switch t.Name.Local {
			case "v", "t":
				in.text = false
			case "rPh":
				in.phonetic = false
			case "c":
				in.cell, in.text = nil, false
			case "row":
				s.row.cells = in.cells
				return nil
			}
		}
	}
}

// inRow is where we are in a row.
type inRow struct {
	*sheetReader
	cells          []xlsxCell
	cell           *xlsxCell // the one that is open
	text, phonetic bool
}

func (in *inRow) start(e *xml.StartElement) error {
	switch name := e.Name.Local; {
	case name == "c" && in.cell == nil:
		at := 1
		if n := len(in.cells); n > 0 {
			at = in.cells[n-1].column + 1
		}
		if n := len(in.cells); n < cap(in.cells) {
			in.cells = in.cells[:n+1]
		} else {
			in.cells = append(in.cells, xlsxCell{})
		}
		in.cell = &in.cells[len(in.cells)-1]
		return in.openCell(in.cell, e, at)
	case in.cell == nil:
	case name == "f":
		in.cell.formula = true
	case name == "rPh":
		in.phonetic = true
	case name == "v", name == "t":
		in.text, in.cell.valued = !in.phonetic, true
	}
	return nil
}

func (s *sheetReader) openCell(c *xlsxCell, e *xml.StartElement, at int) error {
	*c = xlsxCell{column: at, text: c.text[:0]}
	for i := range e.Attr {
		a := &e.Attr[i]
		switch a.Name.Local {
		case "r":
			column, row, ok := reference(a.Value)
			if !ok || row != s.row.number || column < at {
				return brokenWorkbook(s.part.sheet)
			}
			c.column = column
		case "t":
			c.kind = a.Value
		case "s":
			n, err := strconv.Atoi(a.Value)
			if err != nil {
				return brokenWorkbook(s.part.sheet)
			}
			c.style = n
		}
	}
	if c.column > maxSheetColumns {
		return brokenWorkbook(s.part.sheet)
	}
	return nil
}

// reference reads "D12" as column 4 and row 12.
func reference(s string) (column, row int, ok bool) {
	s = strings.ReplaceAll(s, "$", "")
	i := 0
	for ; i < len(s) && s[i] >= 'A' && s[i] <= 'Z'; i++ {
		column = column*26 + int(s[i]-'A'+1)
		if column > maxSheetColumns {
			return 0, 0, false
		}
	}
	row, err := strconv.Atoi(s[i:])
	return column, row, i > 0 && err == nil && row >= 1 && row <= maxSheetRows
}

// merged is cells that were made one; only the first has a value.
type merged struct {
	columns  columnRange
	from, to int // rows
	text     string
}

const maxMerged = 100_000

// mergedCells reads what stands behind the rows, without reading those.
func (w *workbookZip) mergedCells(name string) ([]merged, error) {
	f := w.parts[strings.ToLower(name)]
	budget := *w.budget // the rows are unpacked twice and count once
	in, err := openZipped(f, w.source, &budget)
	if err != nil {
		return nil, err
	}
	rest, err := afterRows(in)
	if err != nil || rest == nil {
		return nil, err
	}
	p := &part{sheet: w.sheet, guard: newGuard(rest, maxPartText)}
	d := xml.NewDecoder(p.guard)
	var all []merged
	for {
		p.guard.next(d.InputOffset())
		t, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, p.broken(err)
		}
		e, ok := t.(xml.StartElement)
		if !ok || e.Name.Local != "mergeCell" {
			continue
		}
		first, last, _ := strings.Cut(attribute(&e, "ref"), ":")
		c1, r1, ok1 := reference(first)
		c2, r2, ok2 := reference(last)
		if !ok1 || !ok2 || len(all) == maxMerged {
			return nil, brokenWorkbook(w.sheet)
		}
		all = append(all, merged{columnRange{min(c1, c2), max(c1, c2)}, min(r1, r2), max(r1, r2), fmt.Sprintf("%s:%s", first, last)})
	}
}

// afterRows reads r until behind the rows of a sheet; nil when there are none.
func afterRows(r io.Reader) (io.Reader, error) {
	mark := []byte("sheetData>")
	buf := make([]byte, 64<<10)
	kept := 0
	for {
		n, err := r.Read(buf[kept:])
		n += kept
		for from := 0; ; {
			i := bytes.Index(buf[from:n], mark)
			if i < 0 {
				break
			}
			if from += i; closes(buf[:from]) {
				return io.MultiReader(bytes.NewReader(bytes.Clone(buf[from+len(mark):n])), r), nil
			}
			from += len(mark)
		}
		if errors.Is(err, io.EOF) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		kept = copy(buf, buf[max(0, n-64):n])
	}
}

// closes reports whether b ends in "</" or "</x:".
func closes(b []byte) bool {
	i := bytes.LastIndexByte(b, '<')
	return i >= 0 && i+1 < len(b) && b[i+1] == '/' && len(b)-i < 40 && (i+2 == len(b) || b[len(b)-1] == ':')
}
