package formats

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
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
	if err := d.readHeader(cells, problem.Line); err != nil {
		return 0, err
	}
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

// readHeader holds the names against the contract.
func (d *csvReader) readHeader(cells [][]byte, line int) error {
	for len(cells) > 1 && len(bytes.TrimSpace(cells[len(cells)-1])) == 0 {
		cells = cells[:len(cells)-1] // columns without name at the end: their cells must be empty
	}
	d.named = len(cells)
	for _, c := range cells {
		d.header = append(d.header, clean(string(c)))
	}
	var wrong []string
	first := map[string]int{}
	for i, name := range d.header {
		if name == "" {
			wrong = append(wrong, fmt.Sprintf("kolom %d heeft geen naam", i+1))
			continue
		}
		if j, twice := first[fold(name)]; twice {
			wrong = append(wrong, fmt.Sprintf("kolom %q staat er twee keer in (kolom %d en %d)", name, j+1, i+1))
			continue
		}
		first[fold(name)] = i
	}
	taken, missing, more := d.place(first)
	wrong = append(wrong, more...)
	var unknown []int
	for i, name := range d.header {
		if !taken[i] && name != "" && first[fold(name)] == i {
			unknown = append(unknown, i)
		}
	}
	wrong = append(wrong, d.judge(missing, unknown)...)
	if len(wrong) == 0 {
		return nil
	}
	return &FileError{Problem{
		Line: line, Code: "kopregel",
		Message: "De kopregel klopt niet: " + few(wrong) + ".",
		Repair:  "Herstel de namen in de kopregel of exporteer het bestand opnieuw; de volgorde van de kolommen is vrij." + d.otherDelimiter(missing),
	}}
}

// mostWrong is how many mistakes in a header are told, and mostLetters how long
// each may be: a file of another kind has thousands.
const mostWrong, mostLetters = 12, 200

func few(wrong []string) string {
	var told []string
	for _, text := range wrong[:min(len(wrong), mostWrong)] {
		if r := []rune(text); len(r) > mostLetters {
			text = string(r[:mostLetters-1]) + "…"
		}
		told = append(told, text)
	}
	if n := len(wrong) - len(told); n > 0 {
		told = append(told, fmt.Sprintf("en nog %d", n))
	}
	return strings.Join(told, "; ")
}

// place fills d.at: where each column of the contract stands.
func (d *csvReader) place(first map[string]int) (taken map[int]bool, missing []Column, wrong []string) {
	taken = map[int]bool{}
	d.at = make([]int, len(d.columns))
	for i, c := range d.columns {
		d.at[i] = -1
		for _, name := range append([]string{c.Name}, c.Aliases...) {
			j, there := first[fold(clean(name))]
			switch {
			case !there || taken[j] && d.at[i] == j:
			case d.at[i] >= 0:
				wrong = append(wrong, fmt.Sprintf("kolommen %q en %q zijn twee namen voor hetzelfde", d.header[d.at[i]], d.header[j]))
				taken[j] = true
			default:
				d.at[i] = j
				taken[j] = true
			}
		}
		if d.at[i] < 0 && !c.Optional {
			missing = append(missing, c)
		}
	}
	return taken, missing, wrong
}

// judge says what is wrong with columns that are missing or not in the contract.
func (d *csvReader) judge(missing []Column, unknown []int) (wrong []string) {
	free := slices.Clone(unknown)
	for _, c := range missing {
		text := fmt.Sprintf("kolom %q ontbreekt", c.Name)
		if i := d.nearest(c, free); i >= 0 {
			text += fmt.Sprintf(" (kolom %q lijkt erop)", d.header[i])
		}
		wrong = append(wrong, text)
	}
	numbers := map[int]string{}
	for _, i := range unknown {
		name := d.header[i]
		switch {
		case len(d.columns) == 0 || d.extra == "ignore":
			d.extras = append(d.extras, i)
		case d.extra == "components":
			n, err := strconv.Atoi(name)
			if err != nil || n <= 0 || name[0] == '+' {
				wrong = append(wrong, fmt.Sprintf("kolom %q is onbekend en is geen nummer van een looncomponent", name))
				continue
			}
			if other, twice := numbers[n]; twice {
				wrong = append(wrong, fmt.Sprintf("looncomponent %d staat er twee keer in (%q en %q)", n, other, name))
				continue
			}
			numbers[n] = name
			d.extras = append(d.extras, i)
		default:
			wrong = append(wrong, fmt.Sprintf("kolom %q is onbekend%s", name, d.like(name)))
		}
	}
	return wrong
}

// nearest is the unknown column that looks most like c, or -1.
func (d *csvReader) nearest(c Column, unknown []int) int {
	best, at := 1<<30, -1
	for _, i := range unknown {
		for _, name := range append([]string{c.Name}, c.Aliases...) {
			if n := unlike(name, d.header[i]); n < best {
				best, at = n, i
			}
		}
	}
	return at
}

// like names the column of the contract that an unknown name looks like, when
// that one is missing or optional.
func (d *csvReader) like(name string) string {
	best, text := 1<<30, ""
	for i, c := range d.columns {
		if n := unlike(c.Name, name); n < best && d.at[i] < 0 && c.Optional {
			best, text = n, fmt.Sprintf(" (bedoeld is misschien %q)", c.Name)
		}
	}
	return text
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

// unlike counts the edits between two names; names that differ too much to be
// mistaken for each other are 1<<30 apart.
func unlike(a, b string) int {
	x, y := []rune(fold(a)), []rune(fold(b))
	if len(x) >= 3 && len(y) >= 3 && (strings.Contains(string(x), string(y)) || strings.Contains(string(y), string(x))) {
		return 1
	}
	same := 0
	for same < min(len(x), len(y)) && x[same] == y[same] {
		same++
	}
	if same >= 4 && 2*same >= max(len(x), len(y)) {
		return 1
	}
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		diagonal := row[0]
		row[0] = i + 1
		for j := range y {
			cost := diagonal
			if x[i] != y[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	if n := row[len(y)]; n <= max(1, min(len(x), len(y))/3) {
		return n
	}
	return 1 << 30
}

// clean is a name without spaces around it.
func clean(s string) string { return strings.TrimSpace(s) }

func fold(s string) string { return strings.ToLower(s) }
