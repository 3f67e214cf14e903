package propose

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"loket-etl/formats"
)

// tree finds the records of JSON or XML, and their columns.
func (s *sniffer) tree(format string) error {
	s.p.Format = format
	if cs := s.p.Options.Charset; cs != "utf-8" {
		return fmt.Errorf("%s in %s is not read: ask for UTF-8", format, cs)
	}
	in, err := s.src.Open()
	if err != nil {
		return err
	}
	defer in.Close()
	r, err := formats.Unpack(in, s.p.Options)
	if err != nil {
		return asText(err)
	}
	data, err := io.ReadAll(io.LimitReader(r, maxTree))
	if err != nil {
		return err
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	switch format {
	case "ndjson":
		return s.lines(data)
	case "json":
		return s.array(data)
	}
	return s.elements(data)
}

// fields are the columns of records, in the order in which they were met.
type fields struct {
	paths []string
	count map[string]int
	lists map[string]bool   // more than one in a record: the first is read
	names map[string]string // of paths that say too little
	total int
}

func newFields() *fields {
	return &fields{count: map[string]int{}, lists: map[string]bool{}, names: map[string]string{}}
}

func (f *fields) add(path string) {
	if f.count[path]++; f.count[path] == 1 {
		f.paths = append(f.paths, path)
	}
}

// columns makes columns of the fields that a mapping can name.
func (s *sniffer) columns(f *fields, can func(path string) error) error {
	if f.total == 0 {
		return errors.New("no records were found: an array of objects, or an element that is repeated")
	}
	for _, path := range f.paths {
		if slices.ContainsFunc(f.paths, func(o string) bool { return strings.HasPrefix(o, path+".") || strings.HasPrefix(o, path+"[") }) {
			continue // null where others have an object
		}
		if can(path) != nil {
			s.p.doubt("het veld %q is niet met een pad te noemen en is overgeslagen", path)
			continue
		}
		if f.lists[path] && s.p.Format == "xml" {
			s.p.doubt("het veld %q komt in een record meer dan eens voor en is overgeslagen; kies er een met een pad als Id[@soort=nummer]/Waarde", path)
			continue
		}
		c := Column{Header: strings.TrimLeft(strings.NewReplacer("../", "", "@", "").Replace(path), "/"), Path: path, Optional: f.count[path] < f.total}
		if name := f.names[path]; name != "" {
			c.Header = name
		}
		if c.Header == path {
			c.Path = ""
		}
		if slices.ContainsFunc(s.p.Columns, func(o Column) bool { return strings.EqualFold(o.Header, c.Header) }) {
			c.Header, c.Path = path, path
		}
		if f.lists[path] {
			c.doubt = append(c.doubt, "dit komt in een record meer dan eens voor; gelezen wordt het eerste")
		}
		s.p.Columns = append(s.p.Columns, c)
	}
	return nil
}

// lines reads records of one line each.
func (s *sniffer) lines(data []byte) error {
	f := newFields()
	for line := range bytes.Lines(data) {
		if line = bytes.TrimSpace(line); len(line) == 0 || f.total >= MaxRows {
			continue
		}
		d := json.NewDecoder(bytes.NewReader(line))
		f.total++
		if err := flatten(d, "", f, map[string]bool{}); err != nil {
			return fmt.Errorf("read JSON: %w", err)
		}
	}
	return s.columns(f, jsonCan)
}

func jsonCan(path string) error {
	_, err := formats.JSONPath(path)
	return err
}

// array finds the largest array of objects.
func (s *sniffer) array(data []byte) error {
	found := map[string]*fields{}
	d := json.NewDecoder(bytes.NewReader(data))
	if err := seek(d, "", found); err != nil {
		return fmt.Errorf("read JSON: %w", err)
	}
	best := ""
	for path, f := range found {
		if b := found[best]; b == nil || f.total > b.total || f.total == b.total && path < best {
			best = path
		}
	}
	if found[best] == nil {
		if data[0] != '{' || bytes.Contains(bytes.TrimSpace(data), []byte("\n")) {
			return errors.New("no array of objects was found")
		}
		s.p.Format = "ndjson" // of one line
		return s.lines(data)
	}
	if best != "" {
		s.p.Options.Records = []string{best}
	}
	if len(found) > 1 {
		s.p.doubt("er zijn %d lijsten in het bestand; gekozen is de langste", len(found))
	}
	return s.columns(found[best], jsonCan)
}

// seek walks over a value and keeps the fields of every array of objects.
func seek(d *json.Decoder, path string, found map[string]*fields) error {
	t, err := d.Token()
	if err != nil {
		return err
	}
	switch t {
	case json.Delim('{'):
		for d.More() {
			key, err := d.Token()
			if err != nil {
				return err
			}
			if err := seek(d, join(path, fmt.Sprint(key)), found); err != nil {
				return err
			}
		}
		_, err = d.Token()
	case json.Delim('['):
		f := newFields()
		for d.More() {
			f.total++
			if err := flatten(d, "", f, map[string]bool{}); err != nil {
				return err
			}
		}
		if len(f.paths) > 0 && f.paths[0] != "" {
			found[path] = f
		}
		_, err = d.Token()
	}
	return err
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// flatten notes every single value in a record.
func flatten(d *json.Decoder, path string, f *fields, met map[string]bool) error {
	t, err := d.Token()
	if err != nil {
		return err
	}
	switch t {
	case json.Delim('{'):
		for d.More() {
			key, err := d.Token()
			if err != nil {
				return err
			}
			if err := flatten(d, join(path, fmt.Sprint(key)), f, met); err != nil {
				return err
			}
		}
		_, err = d.Token()
		return err
	case json.Delim('['):
		for n := 0; d.More(); n++ {
			to := f
			if n > 0 { // only the first has a path
				to = newFields()
				f.lists[path+"[0]"] = true
			}
			if err := flatten(d, path+"[0]", to, met); err != nil {
				return err
			}
		}
		_, err = d.Token()
		return err
	}
	if !met[path] {
		met[path] = true
		f.add(path)
	}
	return nil
}

// element is a kind of element of XML, by its path.
type element struct {
	path    []string
	count   int
	inner   bool // has elements
	many    bool // more than one in what it stands in
	attrs   []string
	has     map[string]int // how many have each
	hasText bool
}

// elements finds the element that is repeated.
func (s *sniffer) elements(data []byte) error {
	w := &xmlWalk{byPath: map[string]*element{}}
	if err := w.walk(data); err != nil {
		return fmt.Errorf("read XML: %w", err)
	}
	if w.root == "Responsemessage" {
		s.p.Format = "responsemessage"
		return nil
	}
	best := w.best()
	if best == nil {
		return errors.New("no element was found that has rows in it")
	}
	o := &s.p.Options
	o.Records = []string{strings.Join(best.path, "/")}
	o.Namespaces = map[string]string{"": w.space}
	if w.others > 0 {
		s.p.doubt("%d elementen of attributen staan in een andere naamruimte dan het document; die zijn overgeslagen", w.others)
	}
	f := w.fields(best)
	return s.columns(f, func(path string) error { _, err := formats.ParseXMLPath(path, o.Namespaces); return err })
}

// xmlWalk keeps every kind of element in the order of the file.
type xmlWalk struct {
	root, space string
	all         []*element
	byPath      map[string]*element
	others      int
}

func (w *xmlWalk) walk(data []byte) error {
	d := xml.NewDecoder(bytes.NewReader(data))
	var at []string
	siblings := []map[string]int{{}}
	for {
		t, err := d.Token()
		if errors.Is(err, io.EOF) || len(data) >= maxTree && err != nil {
			return nil
		}
		if err != nil {
			return err
		}
		switch t := t.(type) {
		case xml.StartElement:
			if w.root == "" {
				w.root, w.space = t.Name.Local, t.Name.Space
			}
			if e := w.byPath[strings.Join(at, "/")]; e != nil {
				e.inner = true
			}
			if len(at) > 100 {
				return errors.New("nested too deeply")
			}
			at = append(at, t.Name.Local)
			here := siblings[len(siblings)-1]
			here[t.Name.Local]++
			siblings = append(siblings, map[string]int{})
			w.meet(at, t, here[t.Name.Local] > 1)
		case xml.EndElement:
			at, siblings = at[:len(at)-1], siblings[:len(siblings)-1]
		case xml.CharData:
			if e := w.byPath[strings.Join(at, "/")]; e != nil && len(bytes.TrimSpace(t)) > 0 {
				e.hasText = true
			}
		}
	}
}

func (w *xmlWalk) meet(at []string, t xml.StartElement, again bool) {
	if t.Name.Space != w.space {
		w.others++
		return
	}
	key := strings.Join(at, "/")
	e := w.byPath[key]
	if e == nil {
		e = &element{path: slices.Clone(at), has: map[string]int{}}
		w.byPath[key] = e
		w.all = append(w.all, e)
	}
	e.count++
	e.many = e.many || again
	for _, a := range t.Attr {
		if a.Name.Space != "" || a.Name.Local == "xmlns" {
			continue
		}
		if e.has[a.Name.Local]++; e.has[a.Name.Local] == 1 {
			e.attrs = append(e.attrs, a.Name.Local)
		}
	}
}

// best is the element with fields that occurs most; the outermost of those.
func (w *xmlWalk) best() *element {
	var best *element
	for _, e := range w.all {
		if (e.inner || len(e.attrs) > 0) && len(e.path) > 1 && (best == nil || e.count > best.count) {
			best = e
		}
	}
	return best
}

// fields are what stands in a record, and beside what it stands in.
func (w *xmlWalk) fields(record *element) *fields {
	f := newFields()
	f.total = record.count
	inside := strings.Join(record.path, "/")
	for _, a := range record.attrs {
		f.add("@" + a)
		f.count["@"+a] = record.has[a]
	}
	if record.hasText {
		f.add(".")
		f.count["."], f.names["."] = record.count, record.path[len(record.path)-1]
	}
	for up := 0; up < len(record.path); up++ {
		w.around(f, record, up)
		base := strings.Join(record.path[:len(record.path)-up], "/") + "/"
		for _, e := range w.all {
			whole := strings.Join(e.path, "/")
			rest, under := strings.CutPrefix(whole, base)
			if !under || up > 0 && (whole == inside || strings.HasPrefix(whole, inside+"/") || w.nearer(e, record, up)) {
				continue
			}
			path := strings.Repeat("../", up) + rest
			for _, a := range e.attrs {
				at := path + "/@" + a
				f.paths, f.lists[at], f.count[at] = append(f.paths, at), w.several(e, len(record.path)-up), f.total
				if e.has[a] < e.count || up == 0 && e.count < record.count {
					f.count[at] = 0
				}
			}
			if !e.hasText || e.inner {
				continue
			}
			f.paths, f.lists[path] = append(f.paths, path), w.several(e, len(record.path)-up)
			if f.count[path] = f.total; up == 0 {
				f.count[path] = e.count
			}
		}
	}
	return f
}

// around adds the attributes of what a record stands in, named with it.
func (w *xmlWalk) around(f *fields, record *element, up int) {
	e := w.byPath[strings.Join(record.path[:len(record.path)-up], "/")]
	if up == 0 || e == nil {
		return
	}
	for _, a := range e.attrs {
		path := strings.Repeat("../", up) + "@" + a
		f.paths, f.names[path], f.count[path] = append(f.paths, path), e.path[len(e.path)-1]+" "+a, f.total
		if e.has[a] < e.count {
			f.count[path] = 0
		}
	}
}

// several reports whether an ancestor, at that depth, may have more than one of an
// element.
func (w *xmlWalk) several(e *element, depth int) bool {
	for n := depth + 1; n <= len(e.path); n++ {
		if w.byPath[strings.Join(e.path[:n], "/")].many {
			return true
		}
	}
	return false
}

// nearer reports whether an element was met from an ancestor nearer to the record.
func (w *xmlWalk) nearer(e, record *element, up int) bool {
	n := len(record.path) - up + 1
	return len(e.path) >= n && slices.Equal(e.path[:n], record.path[:n])
}
