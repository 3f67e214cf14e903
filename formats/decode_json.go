package formats

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"unicode/utf8"
)

const maxDepth = 64 // of JSON and XML

// NDJSON decodes a JSON object per line, JSON those of an array: the file itself,
// or what stands at Options.Records ("data.rows"). A column is what stands at its
// path in the object ("person.id[0].value"): a text as it is, a number exactly
// and with the decimal sign of the options, true and false as those words, null
// as nothing. An object without a path that is not Optional, with a name twice
// or, unless Extra is "ignore", with a name in no path is a problem. One record is held,
// of at most MaxRow bytes and 64 levels, with the batch. Both read, beside their
// own, the CSV of refused records.
func NDJSON(r io.Reader, o Options) iter.Seq2[*Batch, error] { return readJSON(r, o, true) }

// JSON is described at NDJSON.
func JSON(r io.Reader, o Options) iter.Seq2[*Batch, error] { return readJSON(r, o, false) }

func readJSON(r io.Reader, o Options, lines bool) iter.Seq2[*Batch, error] {
	return func(yield func(*Batch, error) bool) {
		head, refused, r, err := unread(r, "{[")
		switch {
		case err != nil:
			yield(nil, err)
			return
		case refused:
			asCSV(r, o, yield)
			return
		}
		d := &jsonReader{gatherer: newGatherer(o, yield), whole: o.Extra != "ignore"}
		if err := d.plan(o); err != nil {
			yield(nil, err)
			return
		}
		d.gatherer.extra = ""
		if bytes.HasPrefix(head, []byte("\xEF\xBB\xBF")) {
			if _, err := io.CopyN(io.Discard, r, 3); err != nil {
				yield(nil, err)
				return
			}
		}
		d.declared()
		d.begun()
		d.guard = newGuard(r, d.maxRow)
		d.d = json.NewDecoder(d.guard)
		if lines {
			err = d.records(nil)
		} else {
			err = d.array(strings.Join(o.Records, "."))
		}
		d.finish(err)
	}
}

type jsonReader struct {
	*gatherer
	guard  *guard
	d      *json.Decoder
	root   *jsonNode
	whole  bool // names that are in no path are problems
	values []jsonValue
	raw    json.RawMessage
}

// jsonNode is a place that a path goes through or ends at.
type jsonNode struct {
	names   map[string]*jsonNode
	items   map[int]*jsonNode
	columns []jsonColumn
}

type jsonColumn struct{ column, choice int }

type jsonValue struct {
	text []byte
	kind byte // '"', '0', 't', 'n' or 0: not there
	open byte // '{' or '[' where a value was due
}

// plan makes a tree of the paths.
func (d *jsonReader) plan(o Options) error {
	d.root = &jsonNode{}
	for i, c := range o.Columns {
		paths := c.Paths
		if len(paths) == 0 {
			paths = []string{c.Name}
		}
		for j, p := range paths {
			steps, err := JSONPath(p)
			if err != nil {
				return fmt.Errorf("json: column %q: %w", c.Name, err)
			}
			at := d.root
			for _, s := range steps {
				at = at.child(s)
			}
			at.columns = append(at.columns, jsonColumn{i, j})
		}
	}
	return nil
}

func (n *jsonNode) child(s JSONStep) *jsonNode {
	if s.Name == "" {
		if n.items == nil {
			n.items = map[int]*jsonNode{}
		}
		if n.items[s.Item] == nil {
			n.items[s.Item] = &jsonNode{}
		}
		return n.items[s.Item]
	}
	if n.names == nil {
		n.names = map[string]*jsonNode{}
	}
	if n.names[s.Name] == nil {
		n.names[s.Name] = &jsonNode{}
	}
	return n.names[s.Name]
}

// JSONStep is a name in an object or, without a name, an item of an array.
type JSONStep struct {
	Name string
	Item int
}

// JSONPath reads a path like "person.id[0].value".
func JSONPath(path string) ([]JSONStep, error) {
	var steps []JSONStep
	for _, part := range strings.Split(path, ".") {
		name, rest, _ := strings.Cut(part, "[")
		if name == "" {
			return nil, fmt.Errorf("path %q has an empty name", path)
		}
		steps = append(steps, JSONStep{Name: name})
		for rest != "" {
			number, more, closed := strings.Cut(rest, "]")
			n := 0
			for _, c := range number {
				if c < '0' || c > '9' || len(number) > 3 {
					closed = false
				}
				n = n*10 + int(c-'0')
			}
			if !closed || number == "" || more != "" && more[0] != '[' {
				return nil, fmt.Errorf("path %q: want name[number]", path)
			}
			steps = append(steps, JSONStep{Item: n})
			rest = strings.TrimPrefix(more, "[")
		}
	}
	return steps, nil
}

// array finds the array and reads its records.
func (d *jsonReader) array(path string) error {
	var steps []JSONStep
	if path != "" {
		var err error
		if steps, err = JSONPath(path); err != nil {
			return fmt.Errorf("json: records: %w", err)
		}
	}
	if err := d.into(steps, path); err != nil {
		return err
	}
	if _, err := d.d.Token(); !errors.Is(err, io.EOF) {
		return d.wrong(err, "Na het einde van de gegevens staat er nog iets in het bestand.")
	}
	return nil
}

// into reads one value: the array when no steps are left, else an object with
// the next step in it.
func (d *jsonReader) into(steps []JSONStep, path string) error {
	t, err := d.d.Token()
	if err != nil {
		if errors.Is(err, io.EOF) && len(steps) == 0 && path == "" && d.d.InputOffset() == 0 {
			return d.guard.or(emptyFile())
		}
		return d.wrong(err, "")
	}
	if len(steps) == 0 {
		if t != json.Delim('[') {
			return d.wrong(nil, "Hier hoort een lijst met gegevens te beginnen ([).")
		}
		return d.records(func() bool { return !d.d.More() })
	}
	if t != json.Delim('{') || steps[0].Name == "" {
		return d.wrong(nil, "De lijst met gegevens ("+path+") staat niet in het bestand.")
	}
	found, names := false, map[string]bool{}
	for d.d.More() {
		d.guard.next(d.d.InputOffset())
		t, err := d.d.Token()
		if err != nil {
			return d.wrong(err, "")
		}
		name, _ := t.(string)
		if names[name] || len(names) > 1000 {
			return d.wrong(nil, fmt.Sprintf("De naam %q staat er twee keer.", shown([]byte(name), false)))
		}
		names[name] = true
		if name == steps[0].Name {
			found = true
			if err := d.into(steps[1:], path); err != nil {
				return err
			}
			continue
		}
		d.raw = d.raw[:0]
		if err := d.d.Decode(&d.raw); err != nil {
			return d.wrong(err, "")
		}
	}
	if _, err := d.d.Token(); err != nil {
		return d.wrong(err, "")
	}
	if !found {
		return d.wrong(nil, "De lijst met gegevens ("+path+") staat niet in het bestand.")
	}
	return nil
}

// records reads records up to the end, of the file when ended is nil.
func (d *jsonReader) records(ended func() bool) error {
	for first := true; ; first = false {
		d.guard.next(d.d.InputOffset())
		if ended != nil && ended() {
			_, err := d.d.Token()
			if err != nil {
				return d.wrong(err, "")
			}
			return nil
		}
		d.raw = d.raw[:0]
		err := d.d.Decode(&d.raw)
		if errors.Is(err, io.EOF) && ended == nil {
			if first {
				return d.guard.or(emptyFile())
			}
			return d.guard.or(nil)
		}
		if err != nil {
			return d.wrong(err, "")
		}
		at := d.d.InputOffset() - int64(len(d.raw))
		if len(d.raw) > d.maxRow {
			return d.guard.tooLong()
		}
		if !utf8.Valid(d.raw) {
			return &FileError{Problem{Line: d.guard.line(at), Code: "tekenset", Message: "Hier staat een teken dat geen UTF-8 is.",
				Repair: "JSON hoort in UTF-8 te staan; exporteer het bestand opnieuw."}}
		}
		if !d.record(at) {
			return nil
		}
	}
}

// wrong is what is the matter with the file, where we are.
func (d *jsonReader) wrong(err error, message string) error {
	at := d.d.InputOffset()
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		at = d.guard.n
	}
	if message == "" {
		message = "Dit is geen geldige JSON: het bestand is beschadigd, afgekapt of in een andere vorm."
	}
	return d.guard.fail(err, Problem{Line: d.guard.line(at), Code: "json", Message: message,
		Repair: "Exporteer het bestand opnieuw, of controleer of de juiste invoer is gekozen."})
}

// record turns the record in raw into a row.
func (d *jsonReader) record(at int64) bool {
	d.open(d.guard.line(at), at)
	most := 1
	for _, c := range d.columns {
		most = max(most, len(c.Paths))
	}
	d.values = slices.Grow(d.values[:0], most*len(d.columns))[:most*len(d.columns)]
	clear(d.values)
	w := &jsonWalk{b: d.raw, d: d, most: most}
	w.space()
	if w.b[w.i] != '{' {
		d.refuse(0, nil, "json", "Hier staat geen object ({) met gegevens.", "Controleer of dit het juiste bestand is.")
	} else {
		w.object(d.root, 1)
	}
	for i := range d.columns {
		d.cell(i, d.values[i*most:(i+1)*most])
	}
	return d.close(nil)
}

// cell puts the first of the values that is filled.
func (d *jsonReader) cell(column int, values []jsonValue) {
	c := &d.columns[column]
	var text []byte
	there := false
	for i := range values {
		v := &values[i]
		there = there || v.kind != 0
		if v.open != 0 {
			there = true
			d.refuse(column+1, nil, "json", "Hier staat een object of lijst in plaats van één waarde.", "Controleer de export.")
		}
		if len(v.text) == 0 {
			continue
		}
		text = v.text
		switch v.kind {
		case '0':
			number, ok := plain(nil, text, d.point, 0)
			if !ok {
				d.refuse(column+1, text, "getal-te-lang", "Dit getal is veel te lang of te groot.", "Controleer het getal.")
			}
			text = number
		case '"':
			if c.DateOnly {
				text = dateOnly(text)
			}
			if c.Kind == Date {
				text = relayout(text, c.Layout)
			}
		}
		break
	}
	if !there && !c.Optional {
		d.refuse(column+1, nil, "veld-ontbreekt", fmt.Sprintf("Het veld %q ontbreekt.", c.Name), "Exporteer het bestand met dit veld; leeg mag het met null.")
	}
	d.put(text)
}
