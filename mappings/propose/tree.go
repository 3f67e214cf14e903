package propose

import (
	"bytes"
	"encoding/json"
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

// listOf is the list in a record that a path goes through, when that list has more
// than one part; "" for none.
func (f *fields) listOf(path string) string {
	found := ""
	for list := range f.lists {
		if (path == list || strings.HasPrefix(path, list+".") || strings.HasPrefix(path, list+"[")) && (found == "" || len(list) < len(found)) {
			found = list // the outermost
		}
	}
	return strings.TrimSuffix(found, "[0]")
}

// columns makes columns of the fields that a mapping can name.
func (s *sniffer) columns(f *fields, can func(path string) error) error {
	if f.total == 0 {
		return errors.New("no records were found: an array of objects, or an element that is repeated")
	}
	for _, path := range f.paths {
		if s.p.Format != "xml" && slices.ContainsFunc(f.paths, func(o string) bool { return strings.HasPrefix(o, path+".") || strings.HasPrefix(o, path+"[") }) {
			continue // null where others have an object
		}
		if list := f.listOf(path); s.p.Format != "xml" && list != "" {
			if !slices.Contains(s.p.lists, list) {
				s.p.lists = append(s.p.lists, list)
				s.p.doubt("de lijst %q heeft in een record meer dan een deel; een mapping leest er geen rijen uit, dus wat erin staat is overgeslagen", list)
			}
			continue
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
		if s.p.Format != "xml" || c.Header == "" {
			c.Header = path
		}
		if name := f.names[path]; name != "" {
			c.Header = name
		}
		if c.Header == path {
			c.Path = ""
		}
		if slices.ContainsFunc(s.p.Columns, func(o Column) bool { return strings.EqualFold(o.Header, c.Header) }) {
			c.Header, c.Path = path, path
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
