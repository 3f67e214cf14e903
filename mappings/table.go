package mappings

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"loket-etl/payroll"
)

const maxTable = 16 << 20

// table is a lookup table: rows found by a key and, where it has a validity, by
// a date.
type table struct {
	name        string
	columns     []string
	key         []int
	from, until int // columns, -1 without
	fold        bool
	unread      bool // its file could not be read, which is said already
	rows        []tableRow
	index       map[string]int32
	short       []shortKey // the same for keys of at most eight bytes
	keys        []string   // as written, for suggestions
}

type tableRow struct {
	cells       []string
	line        int
	from, until payroll.Date // both included, 0 is open
	next        int32        // another row with the same key, -1 if none
}

// keyMark stands between the parts of a key of several columns.
const keyMark = '\x1f'

// shortKey is a slot of the table of short keys; row is +1, 0 is free.
type shortKey struct {
	key uint64
	len int32
	row int32
}

// pack is a short key as a number.
func pack(key []byte) uint64 {
	var v uint64
	for i := len(key) - 1; i >= 0; i-- {
		v = v<<8 | uint64(key[i])
	}
	return v
}

func (t *table) slot(v uint64) int { return int(mix(v, 0) & uint64(len(t.short)-1)) }

// row is the first row for key, -1 if there is none.
func (t *table) row(key []byte) int32 {
	if len(key) <= 8 {
		v := pack(key)
		for i := t.slot(v); ; i = (i + 1) & (len(t.short) - 1) {
			if s := &t.short[i]; s.row == 0 || s.key == v && int(s.len) == len(key) {
				return s.row - 1
			}
		}
	}
	if row, found := t.index[string(key)]; found {
		return row
	}
	return -1
}

// shorten makes the table of short keys.
func (t *table) shorten() {
	size := 4
	for size < 2*len(t.index)+2 {
		size *= 2
	}
	t.short = make([]shortKey, size)
	for key, row := range t.index {
		if len(key) > 8 {
			continue
		}
		v := pack([]byte(key))
		i := t.slot(v)
		for t.short[i].row != 0 {
			i = (i + 1) & (size - 1)
		}
		t.short[i] = shortKey{v, int32(len(key)), row + 1}
	}
}

// find is the row for key at date, -1 if there is none. A table without a
// validity looks at no date.
func (t *table) find(key []byte, at payroll.Date) int {
	i := t.row(key)
	if i < 0 || t.from < 0 && t.until < 0 {
		return int(i)
	}
	for i >= 0 {
		r := &t.rows[i]
		if r.from <= at && (r.until == 0 || at <= r.until) {
			return int(i)
		}
		i = r.next
	}
	return -1
}

// has reports whether the key occurs at all, at another date perhaps.
func (t *table) has(key []byte) bool {
	_, found := t.index[string(key)]
	return found
}

// foldKey appends text to dst with upper and lower case made equal.
func foldKey(dst, text []byte) []byte {
	for len(text) > 0 {
		if c := text[0]; c < utf8.RuneSelf {
			if 'A' <= c && c <= 'Z' {
				c += 'a' - 'A'
			}
			dst, text = append(dst, c), text[1:]
			continue
		}
		n := len(text)
		if i := bytes.IndexFunc(text, func(r rune) bool { return r < utf8.RuneSelf }); i >= 0 {
			n = i
		}
		dst, text = append(dst, bytes.ToLower(text[:n])...), text[n:]
	}
	return dst
}

// build checks the rows and makes the index; fail is told of every mistake.
func (t *table) build(fail func(line int, format string, args ...any)) {
	t.index = make(map[string]int32, len(t.rows))
	for i := range t.rows {
		r := &t.rows[i]
		r.next = -1
		if t.from >= 0 {
			r.from = t.date(r, t.from, fail)
		}
		if t.until >= 0 {
			r.until = t.date(r, t.until, fail)
		}
		if r.until != 0 && r.until < r.from {
			fail(r.line, "table %q: %s lies before %s", t.name, r.until, r.from)
		}
		shown, key := "", []byte{}
		for n, k := range t.key {
			cell := strings.TrimSpace(r.cells[k])
			if n > 0 {
				key, shown = append(key, keyMark), shown+" / "
			}
			shown += cell
			if t.fold {
				key = foldKey(key, []byte(cell))
			} else {
				key = append(key, cell...)
			}
		}
		other, again := t.index[string(key)]
		if !again {
			t.keys = append(t.keys, shown)
		}
		for j := other; again && j >= 0; j = t.rows[j].next {
			o := &t.rows[j]
			if (o.until == 0 || r.from <= o.until) && (r.until == 0 || o.from <= r.until) {
				fail(r.line, "table %q: %q stands twice for the same days", t.name, shown)
				break
			}
		}
		if again {
			r.next = other
		}
		t.index[string(key)] = int32(i)
	}
	t.shorten()
}

func (t *table) date(r *tableRow, column int, fail func(int, string, ...any)) payroll.Date {
	text := strings.TrimSpace(r.cells[column])
	if text == "" {
		return 0
	}
	d, err := payroll.ParseDate(text)
	if err != nil {
		fail(r.line, "table %q: %v", t.name, err)
	}
	return d
}

// readCSV takes the rows from a CSV file of our own making: UTF-8, separated by
// semicolons, or by commas when the header has no semicolon.
func (t *table) readCSV(data []byte) error {
	if len(data) > maxTable {
		return fmt.Errorf("the table has %d bytes, at most %d are read", len(data), maxTable)
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(data) {
		return errors.New("the table is not UTF-8: in Excel, save it as \"CSV UTF-8\"")
	}
	r := csv.NewReader(bytes.NewReader(data))
	first, _, _ := bytes.Cut(data, []byte("\n"))
	if bytes.IndexByte(first, ';') >= 0 {
		r.Comma = ';'
	}
	header, err := r.Read()
	if err != nil {
		return errors.New("the table has no header")
	}
	for _, name := range header {
		name = strings.TrimSpace(name)
		if name == "" || slices.Contains(t.columns, name) {
			return fmt.Errorf("the header of the table has %q twice or empty", name)
		}
		t.columns = append(t.columns, name)
	}
	for {
		cells, err := r.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		line, _ := r.FieldPos(0)
		t.rows = append(t.rows, tableRow{cells: cells, line: line})
	}
}
