package mappings

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math"

	"loket-etl/formats"
)

const byteOrderMark = "\xef\xbb\xbf"

// Extract writes the part of a file that was not accepted, to be repaired and
// dropped again: what stands above the first row, then the rows of the employees
// for whom refused is true and the rows of which the employee cannot be read,
// as they stood and in file order. Rows that the mapping passes over are left
// out. Employees are named as in Report.RefusedEmployees. The text is UTF-8 with
// a byte order mark, which outranks the character set that the mapping declares.
// It returns the number of rows; a file that cannot be read to its end is a
// *formats.FileError. Of a zip with documents it writes another: with those rows as
// the index, their documents, and the documents that no row names.
func (m *Mapping) Extract(ctx context.Context, in Input, refused func(clientnummer, employee string) bool, w io.Writer) (int, error) {
	return m.ExtractLines(ctx, in, refused, nil, w)
}

// ExtractLines is Extract that also takes the rows for whose line of the file
// line is true (nil: none).
func (m *Mapping) ExtractLines(ctx context.Context, in Input, refused func(clientnummer, employee string) bool, line func(int) bool, w io.Writer) (int, error) {
	in.Workers, in.MaxProblems = 1, 1
	j, issue, err := m.newJob(&in)
	if err != nil {
		return 0, err
	}
	if issue != nil {
		return 0, &formats.FileError{Problem: *issue}
	}
	rows, begun, last := 0, false, 0
	index, back := &bytes.Buffer{}, map[*formats.Document]bool{}
	out := w
	if m.HandsBackDocuments() {
		out = index
	}
	var row *worker
	keep := map[int32]bool{}
	_, err = scan(ctx, j, func(int) *worker { row = newWorker(j); return row }, func(_ context.Context, x *worker, b *formats.Batch) error {
		var buf []byte
		if !begun {
			begun = true
			buf = append(append(buf, byteOrderMark...), b.Preamble...)
		}
		taken, next := 0, 0
		unread := func(before int) {
			for ; next < len(b.Problems) && b.Problems[next].Line < before; next++ {
				taken++
				buf = appendRow(buf, b.Unread[next])
			}
		}
		x.batch(b, func(emp int32, _ bool) {
			if j.unfolds != nil && last == x.rec.Line { // another cell of a row that is taken
				return
			}
			x.passOver()
			yes := emp < 0 || line != nil && line(x.rec.Line)
			if !yes {
				var known bool
				if yes, known = keep[emp]; !known {
					e := x.canonical(emp)
					yes = refused(e.Clientnummer, e.Number)
					keep[emp] = yes
				}
			}
			if yes {
				unread(x.rec.Line)
				taken++
				buf = appendRow(buf, x.rec.Raw)
				last = x.rec.Line
				x.handBack(back)
			}
		})
		unread(math.MaxInt)
		rows += taken
		if _, err := out.Write(buf); err != nil {
			return fmt.Errorf("write refused rows: %w", err)
		}
		return nil
	})
	if err == nil && m.HandsBackDocuments() {
		return j.packBack(index.Bytes(), rows, back, w)
	}
	return rows, err
}

// appendRow gives the last row of a file the line end it may lack.
func appendRow(buf, raw []byte) []byte {
	buf = append(buf, raw...)
	if n := len(raw); n > 0 && raw[n-1] != '\n' && raw[n-1] != '\r' {
		buf = append(buf, "\r\n"...)
	}
	return buf
}
