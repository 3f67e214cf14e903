package formats

import (
	"bytes"
	"fmt"
	"strings"
)

// begin reads what stands before the first row: a sep= line, blank lines and the
// header. It gives the index of the first row, or errBlank when there is none.
func (d *csvReader) begin(b []byte) (int, error) {
	from := 0
	if line := b[:nextLine(b, 0)]; d.offset == 0 && len(line) >= 5 && strings.EqualFold(string(line[:4]), "sep=") {
		if rest := bytes.TrimRight(line[5:], "\r\n"); len(rest) == 0 && line[4] != '\r' && line[4] != '\n' {
			d.delim = line[4]
			from = len(line)
		}
	}
	cells, end, problem := d.firstRow(b, from)
	if cells == nil {
		if problem != nil {
			return 0, &FileError{*problem}
		}
		return 0, errBlank
	}
	d.width = len(cells)
	if d.noHeader {
		d.preamble = bytes.Clone(b[:from])
		return from, d.unnamed()
	}
	if d.twoRows != "" {
		upper, line := cloneCells(cells), problem.Line
		if cells, end, problem = d.firstRow(b, end); cells == nil || problem.Line != line+1 {
			return 0, &FileError{secondRow(line)}
		}
		if len(cells) != d.width {
			return 0, &FileError{Problem{
				Line: problem.Line, Code: "kopregel",
				Message: fmt.Sprintf("De tweede kopregel heeft %s, de eerste %d.", count(len(cells), "cel", "cellen"), d.width),
				Repair:  "Exporteer het bestand opnieuw.",
			}}
		}
		cells = joinHeader(upper, cells, d.twoRows)
	}
	err := d.readHeader(cells, problem.Line, func(missing []Column) string {
		d.named = len(d.header)
		return d.otherDelimiter(missing)
	})
	if err != nil {
		return 0, err
	}
	d.named = len(d.header)
	d.preamble = bytes.Clone(b[:end])
	return end, nil
}

// firstRow cuts the first row with something in it; problem says where it stands,
// and without cells why it cannot be cut.
func (d *csvReader) firstRow(b []byte, from int) (cells [][]byte, end int, problem *Problem) {
	for from < len(b) {
		n := len(b) - from
		if e := nextRow(b[from:], d.delim); e > 0 {
			n = e
		}
		k := &block{layout: d.layout, buf: append(bytes.Clone(b[from:from+n]), make([]byte, slack)...), n: n, line: d.line + bytes.Count(b[:from], lineEnd)}
		k.width = -1
		k.cutRows()
		from += n
		for _, p := range k.Problems {
			if p.Code != "aantal-cellen" {
				return nil, from, &p
			}
			return k.first, from, &p
		}
	}
	return nil, from, nil
}

// unnamed checks the width of a file without a header.
func (d *csvReader) unnamed() error {
	least := 0
	d.at = make([]int, len(d.columns))
	for i, c := range d.columns {
		d.header = append(d.header, c.Name)
		d.at[i] = i
		if i >= d.width {
			d.at[i] = -1
		}
		if !c.Optional {
			least = i + 1
		}
	}
	d.named = min(d.width, len(d.columns))
	if d.width >= least && d.width <= len(d.columns) {
		d.header = d.header[:d.width]
		return nil
	}
	return &FileError{Problem{
		Line: d.line, Code: "aantal-kolommen",
		Message: fmt.Sprintf("De eerste rij heeft %s, verwacht zijn er %d: %s.", count(d.width, "cel", "cellen"), len(d.columns), strings.Join(d.header, ", ")),
		Repair:  "Exporteer het bestand met deze kolommen in deze volgorde, zonder kopregel." + d.otherDelimiter(nil),
	}}
}

// otherDelimiter is advice when the file seems to use another delimiter.
func (d *csvReader) otherDelimiter(missing []Column) string {
	if d.named != 1 || len(d.columns) < 2 && len(missing) == 0 {
		return ""
	}
	names := map[byte]string{';': "puntkomma's", ',': "komma's", '\t': "tabs", '|': "rechte strepen"}
	for _, other := range []byte{';', ',', '\t', '|'} {
		if other != d.delim && len(d.header) > 0 && strings.IndexByte(d.header[0], other) >= 0 {
			return fmt.Sprintf(" De cellen lijken door %s gescheiden, terwijl %s zijn afgesproken.", names[other], names[d.delim])
		}
	}
	return ""
}
