package formats

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
)

// XLSX decodes the rows of one sheet of a workbook: that of Options.Sheet or
// SheetNumber, else the only one. The packed file is held in memory (64 MiB at
// most) with the texts that cells share (256 MiB); the rows are read as a stream.
// Record.Line is the row and the place in Record.Cells the column, as in the sheet.
//
// A number becomes text from the digits in the file, in the fifteen that a
// spreadsheet shows, with the decimal sign of the options; a number shown as a
// date becomes a date in the layout of its column, in the 1900 or 1904 system; one
// shown as a time becomes hours and minutes. Text stays as it is. Formulas count by their stored
// value; without one (or an empty one that is no text), and with an error in it, a cell of a declared column is a
// problem, and so is one that is merged, is on a hidden row (as Options.Hidden
// says) or is shown as a date where a number is due. It reads, beside workbooks,
// the CSV of refused rows.
func XLSX(r io.Reader, o Options) iter.Seq2[*Batch, error] {
	return func(yield func(*Batch, error) bool) {
		head, refused, r, err := unread(r, "") // a workbook has no byte order mark
		switch {
		case err != nil:
			yield(nil, err)
			return
		case refused:
			asCSV(r, o, yield)
			return
		}
		d := &xlsxReader{gatherer: newGatherer(o, yield), o: o}
		if len(o.Columns) == 0 && (o.NoHeader || o.HeaderWithin > 0) {
			err = errors.New("xlsx: a header that is not there, or is looked for, needs declared columns")
		} else {
			err = d.read(head, r)
		}
		d.finish(err)
	}
}

type xlsxReader struct {
	*gatherer
	o      Options
	book   *workbookZip
	is1904 bool
	texts  *sharedTexts
	style  []cellStyle
	merged []merged // by their first row, those below the row in hand
	across []merged // those that reach over it
	hidden []columnRange
	used   []bool // by column: it is declared or an extra one
	text   []byte
	best   Problem // the row that looks most like a header
	most   int
	upper  [][]byte // the first row of a header of two
	above  int      // and its number
}

type sheetEntry struct {
	name, id string
	hidden   bool
}

func (d *xlsxReader) read(head []byte, r io.Reader) error {
	switch {
	case len(head) == 0:
		return emptyFile()
	case bytes.HasPrefix(head, []byte("\xD0\xCF\x11\xE0")):
		return &FileError{Problem{Code: "xlsx", Message: "Dit is een oude (xls) of met een wachtwoord beveiligde werkmap.",
			Repair: "Open het in Excel, haal het wachtwoord eraf, kies Opslaan als, \"Excel-werkmap (*.xlsx)\", en lever dat bestand aan."}}
	}
	data, err := readPacked(r)
	if err != nil {
		return err
	}
	if d.book, err = openWorkbook(data, d.o); err != nil {
		return err
	}
	name, err := d.find()
	if err != nil {
		return err
	}
	if d.merged, err = d.book.mergedCells(name); err != nil {
		return err
	}
	slices.SortFunc(d.merged, func(a, b merged) int { return a.from - b.from })
	p, err := d.book.open(name)
	if err != nil {
		return err
	}
	return d.rows(&sheetReader{part: p})
}

func (d *xlsxReader) refuses() bool { return d.o.Hidden == "" || d.o.Hidden == "refuse" }

// rows reads the header and then every row.
func (d *xlsxReader) rows(s *sheetReader) error {
	headed := d.o.NoHeader
	if headed {
		d.declared()
		if err := d.headed(0, s); err != nil {
			return err
		}
	}
	for {
		more, err := s.next()
		if err != nil {
			return err
		}
		if !more {
			break
		}
		if headed {
			if !d.record(&s.row) {
				return nil
			}
			continue
		}
		if headed, err = d.isHeader(s); err != nil {
			return err
		}
	}
	if headed {
		return nil
	}
	switch {
	case d.best.Code != "":
		return &FileError{d.best}
	case d.above > 0:
		problem := secondRow(d.above)
		problem.Sheet = d.sheet
		return &FileError{problem}
	}
	return &FileError{Problem{Sheet: d.sheet, Code: "kopregel", Message: "Het blad heeft geen kopregel.", Repair: "Controleer of dit het juiste blad is, en exporteer het bestand opnieuw."}}
}

// isHeader reports whether the row is the header, which it reads then.
func (d *xlsxReader) isHeader(s *sheetReader) (bool, error) {
	row := &s.row
	var names [][]byte
	filled := false
	for i := range row.cells {
		c := &row.cells[i]
		for len(names) < c.column-1 {
			names = append(names, nil)
		}
		name, _ := d.cellText(c, nil)
		names = append(names, bytes.Clone(bytes.TrimSpace(name)))
		filled = filled || len(names[len(names)-1]) > 0
	}
	switch {
	case d.o.HeaderRow > row.number, !filled && d.o.HeaderRow == 0 && d.above == 0:
		return false, nil
	case d.o.HeaderWithin > 0 && row.number > d.o.HeaderWithin:
		if d.best.Code == "" {
			d.best = Problem{Sheet: d.sheet, Code: "kopregel", Message: fmt.Sprintf("In de eerste %d rijen staat geen kopregel.", d.o.HeaderWithin),
				Repair: "Controleer of dit het juiste blad is, en exporteer het bestand opnieuw."}
		}
		return false, &FileError{d.best}
	}
	if how := d.o.twoRows(); how != "" {
		if d.above == 0 {
			d.upper, d.above = names, row.number
			return false, nil
		}
		if row.number != d.above+1 {
			problem := secondRow(d.above)
			problem.Sheet = d.sheet
			return false, &FileError{problem}
		}
		names = joinHeader(d.upper, names, how)
	}
	d.contract = contract{columns: d.columns, extra: d.extra, gaps: true}
	err := d.readHeader(names, row.number, func([]Column) string { return "" })
	var wrong *FileError
	if errors.As(err, &wrong) {
		wrong.Problem.Sheet = d.sheet
		if d.o.HeaderWithin == 0 {
			return false, err
		}
		found := 0
		for _, at := range d.at {
			if at >= 0 {
				found++
			}
		}
		if found > d.most {
			d.best, d.most = wrong.Problem, found
		}
		return false, nil
	}
	return true, errors.Join(err, d.headed(row.number, s))
}

// headed is called when the columns are known.
func (d *xlsxReader) headed(row int, s *sheetReader) error {
	d.begun()
	d.used = make([]bool, len(d.header))
	for _, at := range slices.Concat(d.at, d.extras) {
		if at >= 0 && (d.o.Extra == "components" || d.o.Extra == "wide" || len(d.columns) == 0 || slices.Contains(d.at, at)) {
			d.used[at] = true
		}
	}
	d.hidden = s.hidden
	for i, used := range d.used {
		if !used {
			continue
		}
		p := Problem{Sheet: d.sheet, Line: row, Column: i + 1, Field: d.header[i], Code: "verborgen"}
		for _, h := range d.hidden {
			if h.from <= i+1 && i+1 <= h.to && d.refuses() {
				p.Message, p.Repair = "Deze kolom is verborgen.", "Maak de kolom zichtbaar en controleer wat erin staat."
				return &FileError{p}
			}
		}
		for _, m := range d.merged {
			if row > 0 && m.from <= row && row <= m.to && m.columns.from <= i+1 && i+1 <= m.columns.to {
				p.Code, p.Message, p.Repair = "samengevoegd", "In de kopregel zijn cellen samengevoegd ("+m.text+").", "Splits de cellen en geef elke kolom een naam."
				return &FileError{p}
			}
		}
	}
	return nil
}

// record makes a row of the sheet a row of the batch.
func (d *xlsxReader) record(row *xlsxRow) bool {
	if row.hidden && d.o.Hidden == "skip" {
		return true
	}
	d.open(row.number, 0)
	next, long := 0, 0
	for i := range d.header {
		var text []byte
		if next < len(row.cells) && row.cells[next].column == i+1 {
			text = d.value(&row.cells[next], i)
			next++
		}
		long += len(text)
		d.put(text)
	}
	for ; next < len(row.cells); next++ {
		if c := &row.cells[next]; len(c.text) > 0 {
			d.unnamed(c.column)
		}
	}
	if long > d.maxRow {
		d.refuse(0, nil, "rij-te-lang", fmt.Sprintf("De rij is langer dan %s.", size(d.maxRow)), "Kort de rij in of controleer de export.")
	}
	filled := d.filled()
	if filled {
		d.reportMerged(row.number)
	}
	if row.hidden && d.refuses() && filled {
		d.refuse(0, nil, "verborgen", "Deze rij is verborgen, bijvoorbeeld door een filter.", "Maak de rij zichtbaar en controleer of hij meetelt; zo niet, verwijder hem dan.")
	}
	return d.close(nil)
}

func (d *xlsxReader) unnamed(column int) {
	d.refuse(column, nil, "kolom-zonder-naam", "Deze cel is gevuld, maar staat in een kolom zonder naam in de kopregel.", "Geef de kolom een naam of maak de cel leeg.")
}

func (d *xlsxReader) reportMerged(row int) {
	for len(d.merged) > 0 && d.merged[0].from <= row {
		d.across = append(d.across, d.merged[0])
		d.merged = d.merged[1:]
	}
	d.across = slices.DeleteFunc(d.across, func(m merged) bool { return m.to < row })
	for _, m := range d.across {
		for c := m.columns.from; c <= min(m.columns.to, len(d.used)); c++ {
			if d.used[c-1] {
				d.refuse(c, nil, "samengevoegd", "Deze cel is samengevoegd met andere ("+m.text+"): alleen in de eerste staat een waarde.", "Splits de cellen en vul elke cel.")
			}
		}
	}
}

// filled reports whether something stands in the row.
func (d *xlsxReader) filled() bool {
	for _, c := range d.now.spans[d.firstCell:] {
		if c.to > c.from {
			return true
		}
	}
	return d.wrong != nil
}

// value is the text of a cell at an index of the header.
func (d *xlsxReader) value(c *xlsxCell, at int) []byte {
	column := d.column(at + 1)
	if column == nil && d.o.Extra == "wide" {
		column = &d.o.Wide
	}
	text, p := d.cellText(c, column)
	if d.header[at] == "" && len(bytes.TrimSpace(text)) > 0 {
		d.unnamed(at + 1)
	}
	if p.Code != "" && d.used[at] {
		d.refuse(at+1, c.text, p.Code, p.Message, p.Repair)
	}
	return text
}
