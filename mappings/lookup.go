package mappings

import (
	"strconv"

	"loket-etl/payroll"
	"loket-etl/validate"
)

// number is a whole number from the row, 0 when there is none. It is false when
// the row has a problem with it, which is then noted.
func (w *worker) number(o *origin) (int64, bool) {
	switch o.kind {
	case constant:
		return o.num, true
	case fromColumn:
		if w.bad[o.column] {
			return 0, false
		}
		return w.out[o.column].Num, true
	case fromTable:
		row, ok := w.find(o.lookup)
		if row < 0 {
			return o.lookup.num, ok
		}
		return o.lookup.nums[row], true
	}
	return 0, true
}

// word is a text from the row as a number of the interner, 0 when there is none.
func (w *worker) word(o *origin) (int32, bool) {
	switch o.kind {
	case constant:
		return w.texts.id([]byte(o.text)), true
	case fromColumn:
		return w.texts.id(w.out[o.column].Text), !w.bad[o.column]
	case fromTable:
		row, ok := w.find(o.lookup)
		if row < 0 {
			return w.texts.id([]byte(o.lookup.text)), ok
		}
		return w.texts.id([]byte(o.lookup.texts[row])), true
	}
	return 0, true
}

// find looks the row up in a table: its number, or -1 when the mapping has a
// value for that or nothing was asked.
func (w *worker) find(l *lookup) (int, bool) {
	key, ok := w.lookupKey(l)
	if !ok {
		return -1, false
	}
	at := payroll.Date(0)
	if l.on >= 0 {
		if w.bad[l.on] {
			return -1, false
		}
		at = payroll.Date(w.out[l.on].Num)
	}
	if row := l.table.find(key, at); row >= 0 {
		return row, true
	}
	if l.otherwise {
		return -1, true
	}
	w.unmatched(l, key, at)
	return -1, false
}

// lookupKey is what a row is looked up by, false when a column is bad.
func (w *worker) lookupKey(l *lookup) ([]byte, bool) {
	if c := l.by[0]; len(l.by) == 1 && !l.table.fold && w.j.columns[c].Type == validate.Text {
		return w.out[c].Text, !w.bad[c]
	}
	key := w.key[:0]
	for n, c := range l.by {
		if w.bad[c] {
			return nil, false
		}
		if n > 0 {
			key = append(key, keyMark)
		}
		v := &w.out[c]
		switch {
		case !v.Set:
		case w.j.columns[c].Type == validate.Integer:
			key = strconv.AppendInt(key, v.Num, 10)
		case l.table.fold:
			key = foldKey(key, v.Text)
		default:
			key = append(key, v.Text...)
		}
	}
	w.key = key
	return key, true
}

// unmatched notes a value that its table does not have.
func (w *worker) unmatched(l *lookup, key []byte, at payroll.Date) {
	w.problem(l.by[len(l.by)-1], "onbekend-in-tabel", func() (string, string) {
		shown := ""
		for n, c := range l.by {
			text := cut(string(w.cell(c)))
			if w.j.columns[c].Personal {
				text = payroll.Mask(text)
			}
			if n > 0 {
				shown += " / "
			}
			shown += text
		}
		if l.table.has(key) {
			return "De tabel " + l.table.name + " heeft voor " + strconv.Quote(shown) + " geen waarde op " + at.Dutch() + ".",
				"Controleer de datum, of laat de tabel aanvullen."
		}
		names, ok := w.near[shown]
		if !ok {
			names = nearest(shown, l.table.keys, 3)
			if len(w.near) < 1000 {
				w.near[shown] = names
			}
		}
		repair := "Verbeter de waarde of laat de tabel aanvullen."
		if len(names) > 0 {
			repair = "Bedoelt u " + orList(names) + "? " + repair
		}
		return "De waarde " + strconv.Quote(shown) + " staat niet in de tabel " + l.table.name + ".", repair
	})
}

func orList(names []string) string {
	switch n := len(names); n {
	case 0:
		return ""
	case 1:
		return names[0]
	case 2:
		return names[0] + " of " + names[1]
	default:
		return names[0] + ", " + orList(names[1:])
	}
}
