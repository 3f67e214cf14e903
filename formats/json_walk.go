package formats

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// jsonWalk walks over a record that is known to be JSON.
type jsonWalk struct {
	b    []byte
	i    int
	d    *jsonReader
	most int // values per column
}

func (w *jsonWalk) space() {
	for w.i < len(w.b) && (w.b[w.i] == ' ' || w.b[w.i] == '\t' || w.b[w.i] == '\n' || w.b[w.i] == '\r') {
		w.i++
	}
}

// value walks over any value; at is the node of its place, nil if no path leads
// there.
func (w *jsonWalk) value(at *jsonNode, depth int) {
	if depth > maxDepth {
		w.d.refuse(0, nil, "json", fmt.Sprintf("De gegevens zijn dieper genest dan %d niveaus.", maxDepth), "Controleer de export.")
	}
	w.space()
	open := w.b[w.i]
	start := w.i
	switch open {
	case '{':
		w.object(at, depth)
	case '[':
		w.array(at, depth)
	case '"':
		w.text()
	default:
		for w.i < len(w.b) && !strings.ContainsRune(",]} \t\r\n", rune(w.b[w.i])) {
			w.i++
		}
	}
	if at == nil {
		return
	}
	for _, c := range at.columns {
		v := &w.d.values[c.column*w.most+c.choice]
		switch {
		case open == '{' || open == '[':
			v.open = open
		case open == '"':
			v.kind, v.text = '"', unescape(w.b[start:w.i])
		case open == 't' || open == 'f':
			v.kind, v.text = 't', w.b[start:w.i]
		case open == 'n':
			v.kind = 'n'
		default:
			v.kind, v.text = '0', w.b[start:w.i]
		}
	}
	if at.columns == nil && open != '{' && open != '[' && open != 'n' {
		w.d.refuse(0, nil, "json", "Hier staat één waarde in plaats van een object of lijst.", "Controleer de export.")
	}
}

// text walks over a text.
func (w *jsonWalk) text() {
	for w.i++; w.b[w.i] != '"'; w.i++ {
		if w.b[w.i] == '\\' {
			w.i++
		}
	}
	w.i++
}

// unescape is a text without its quotes.
func unescape(b []byte) []byte {
	plain := b[1 : len(b)-1]
	for _, c := range plain {
		if c == '\\' {
			var s string
			if json.Unmarshal(b, &s) != nil {
				return []byte(string(utf8.RuneError))
			}
			return []byte(s)
		}
	}
	return plain
}

// object walks over an object below a node, or below nothing (nil). Its names
// must differ; few are compared one by one, many through a map.
func (w *jsonWalk) object(at *jsonNode, depth int) {
	var names [][]byte
	var many map[string]bool
	w.i++
	for {
		w.space()
		if w.b[w.i] == ',' {
			w.i++
			continue
		}
		if w.b[w.i] == '}' {
			w.i++
			return
		}
		start := w.i
		w.text()
		name := unescape(w.b[start:w.i])
		if len(names) == 16 && many == nil {
			many = map[string]bool{}
			for _, n := range names {
				many[string(n)] = true
			}
		}
		twice := many[string(name)]
		for i := 0; many == nil && i < len(names) && !twice; i++ {
			twice = string(names[i]) == string(name)
		}
		if twice {
			w.d.refuse(0, nil, "naam-dubbel", fmt.Sprintf("De naam %q staat twee keer in hetzelfde object.", shown(name, false)), "Laat de naam één keer staan.")
		}
		if many != nil {
			many[string(name)] = true
		} else {
			names = append(names, name)
		}
		var below *jsonNode
		if at != nil {
			below = at.names[string(name)]
		}
		if below == nil && at != nil && at.columns == nil && w.d.whole {
			w.d.refuse(0, nil, "naam-onbekend", fmt.Sprintf("De naam %q is onbekend.", shown(name, false)),
				"Haal dit gegeven uit de export, of laat het in de instellingen opnemen.")
		}
		w.space()
		w.i++ // the colon
		w.value(below, depth+1)
	}
}

// array walks over an array below a node, or below nothing (nil).
func (w *jsonWalk) array(at *jsonNode, depth int) {
	w.i++
	for n := 0; ; {
		w.space()
		switch w.b[w.i] {
		case ',':
			w.i++
			n++
			continue
		case ']':
			w.i++
			return
		}
		var below *jsonNode
		if at != nil {
			below = at.items[n]
		}
		if below == nil && at != nil && at.items != nil && w.d.whole {
			w.d.refuse(0, nil, "naam-onbekend", "Deze lijst heeft meer waarden dan er gelezen worden.", "Lever één waarde aan, of laat dit in de instellingen opnemen.")
		}
		w.value(below, depth+1)
	}
}
