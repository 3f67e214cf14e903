package formats

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// contract is which columns a file must and may have, and which it has.
type contract struct {
	columns []Column
	extra   string // as Options.Extra
	gaps    bool   // columns without a name are no mistake: their cells must be empty

	header []string
	at     []int // as Batch.Columns
	extras []int // as Batch.Extra
}

// readHeader holds the names against the contract; hint is more advice when
// they do not fit.
func (d *contract) readHeader(cells [][]byte, line int, hint func(missing []Column) string) error {
	for len(cells) > 1 && len(bytes.TrimSpace(cells[len(cells)-1])) == 0 {
		cells = cells[:len(cells)-1] // columns without name at the end: their cells must be empty
	}
	for _, c := range cells {
		d.header = append(d.header, clean(string(c)))
	}
	var wrong []string
	first := map[string]int{}
	for i, name := range d.header {
		if name == "" && d.gaps {
			continue
		}
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
		Repair:  "Herstel de namen in de kopregel of exporteer het bestand opnieuw; de volgorde van de kolommen is vrij." + hint(missing),
	}}
}

// place fills d.at: where each column of the contract stands.
func (d *contract) place(first map[string]int) (taken map[int]bool, missing []Column, wrong []string) {
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
func (d *contract) judge(missing []Column, unknown []int) (wrong []string) {
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
		case len(d.columns) == 0 || d.extra == "ignore" || d.extra == "wide":
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
func (d *contract) nearest(c Column, unknown []int) int {
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
func (d *contract) like(name string) string {
	best, text := 1<<30, ""
	for i, c := range d.columns {
		if n := unlike(c.Name, name); n < best && d.at[i] < 0 && c.Optional {
			best, text = n, fmt.Sprintf(" (bedoeld is misschien %q)", c.Name)
		}
	}
	return text
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
