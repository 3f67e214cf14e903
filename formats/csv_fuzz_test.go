package formats

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
)

// cells decodes data in blocks of about size bytes.
func cells(data []byte, size int) (rows [][]string, lines []int, problems []Problem, err error) {
	d, err := newCSV(bytes.NewReader(data), Options{MaxRow: 1 << 16})
	if err != nil {
		return nil, nil, nil, err
	}
	d.size = size
	for {
		k, err := d.next()
		if err != nil || k == nil {
			return rows, lines, problems, err
		}
		b := &k.Batch
		b.Cut()
		for _, r := range b.Records {
			var row []string
			for _, c := range r.Cells {
				row = append(row, string(c))
			}
			rows, lines = append(rows, row), append(lines, r.Line)
		}
		problems = append(problems, b.Problems...)
		b.Release()
	}
}

// FuzzCSV holds the decoder against encoding/csv: what that reads without
// complaint we read the same, with the same lines; and the size of the blocks
// changes nothing.
func FuzzCSV(f *testing.F) {
	for _, s := range []string{
		"a;b\n1;2\n", "a;b\r\n\"1\";\"x\"\"y\nz\"\r\n\r\n;\r\n3;4", "a\n\"\"\n", "a;b\n1;\"2\n3;4", "a;b\n1\"x;2\n3;4\n",
		"a;b\r1;2\r3;\"4\r5\"\r", "sep=,\na,b\n1,2", "\"a\";b\n\"1\"x;2\n", "a;b\n1;2\n\"\n\";4\n5;\"6\"\n" + strings.Repeat("12345;67890\n", 30),
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		rows, lines, problems, err := cells(data, blockSize)
		r2, l2, p2, err2 := cells(data, 80)
		if (err == nil) != (err2 == nil) { // which of several errors comes first may differ
			t.Fatalf("%v in one block, %v in small ones", err, err2)
		}
		if err == nil && len(problems) == 0 && (!reflect.DeepEqual(rows, r2) || !reflect.DeepEqual(lines, l2) || len(p2) > 0) {
			t.Fatalf("%q %v in one block, %q %v %v in small ones", rows, lines, r2, l2, p2)
		}
		want, wantLines, ok := standard(data)
		if !ok || err != nil {
			return
		}
		if len(problems) > 0 {
			t.Fatalf("encoding/csv reads %q, we say %v", want, problems)
		}
		if !reflect.DeepEqual(rows, want) || !reflect.DeepEqual(lines, wantLines) {
			t.Fatalf("%q %v, encoding/csv %q %v", rows, lines, want, wantLines)
		}
	})
}

// standard reads data with encoding/csv, as far as that promises the same: no
// lone carriage returns, no sep= line, rows of equal width; empty rows left out.
func standard(data []byte) (rows [][]string, lines []int, ok bool) {
	text := string(data)
	if strings.Contains(strings.ReplaceAll(text, "\r\n", ""), "\r") || strings.HasPrefix(strings.ToLower(text), "sep=") || strings.HasPrefix(text, "\uFEFF") {
		return nil, nil, false
	}
	r := csv.NewReader(strings.NewReader(text))
	r.Comma = ';'
	r.FieldsPerRecord = -1
	width := 0
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return rows, lines, true
		}
		if err != nil {
			return nil, nil, false
		}
		if strings.TrimSpace(strings.Join(row, "")) == "" {
			continue
		}
		if width == 0 {
			width = len(row)
			if strings.TrimSpace(row[width-1]) == "" { // columns without name at the end
				return nil, nil, false
			}
			continue
		}
		if len(row) != width {
			return nil, nil, false
		}
		for i := range row {
			if strings.Contains(row[i], "\n") { // encoding/csv turns \r\n in quotes into \n
				return nil, nil, false
			}
		}
		line, _ := r.FieldPos(0)
		rows, lines = append(rows, row), append(lines, line)
	}
}
