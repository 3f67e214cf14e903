package propose

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"loket-etl/formats"
)

// element is a kind of element of XML, by its path.
type element struct {
	path    []string
	count   int
	inner   bool // has elements
	many    bool // more than one in what it stands in
	attrs   []string
	has     map[string]int // how many have each
	hasText bool
	says    map[string][]string // the values of an attribute, few
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
		e.say(a.Name.Local, a.Value)
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
			if e.hasText && !e.inner && w.apart(f, e, strings.Repeat("../", up), len(record.path)-up) {
				continue
			}
			for _, a := range e.attrs {
				if e.many && e.tells(a) {
					continue // it says which element is which
				}
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

const maxSaid = 5 // values of an attribute that tells elements apart

// say keeps the value of an attribute while there are few.
func (e *element) say(attr, value string) {
	if e.says == nil {
		e.says = map[string][]string{}
	}
	if all := e.says[attr]; len(all) <= maxSaid && !slices.Contains(all, value) {
		e.says[attr] = append(all, value)
	}
}

// apart adds a column for each kind of an element that is repeated, when an
// attribute tells them apart; false when none does.
func (w *xmlWalk) apart(f *fields, e *element, up string, depth int) bool {
	at := 0
	for n := depth + 1; n <= len(e.path); n++ {
		if w.byPath[strings.Join(e.path[:n], "/")].many {
			if at > 0 {
				return false
			}
			at = n
		}
	}
	if at == 0 {
		return false
	}
	m := w.byPath[strings.Join(e.path[:at], "/")]
	for _, a := range m.attrs {
		if !m.tells(a) {
			continue
		}
		for _, v := range m.says[a] {
			path := up + strings.Join(e.path[depth:at], "/") + "[@" + a + "=" + v + "]"
			name := strings.Join(e.path[depth:at], "/") + "[" + v + "]"
			if at < len(e.path) {
				path, name = path+"/"+strings.Join(e.path[at:], "/"), name+"/"+strings.Join(e.path[at:], "/")
			}
			f.paths, f.names[path] = append(f.paths, path), name
		}
		return true
	}
	return false
}

// tells reports whether an attribute says of every element of which kind it is.
func (e *element) tells(attr string) bool {
	all := e.says[attr]
	return e.has[attr] == e.count && len(all) > 1 && len(all) <= maxSaid &&
		!slices.ContainsFunc(all, func(v string) bool { return v == "" || len(v) > 40 || !isWord(v) })
}

// isWord reports whether a text is letters only: a kind, not a number of somebody.
func isWord(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && r != '_' && r != '-' })
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
