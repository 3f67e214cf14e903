package mappings

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"loket-etl/validate"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// grammar reads one mapping file. What it reads is described in doc.go.
type grammar struct {
	source
	dir    fs.FS
	m      *Mapping
	column map[string]int
	tables map[string]*table
	hash   hash.Hash

	needs *[]int // computed columns that what is read now needs; nil: it asks for them itself

	document bool // the file is one document, without columns and rows
}

func (g *grammar) mapping(o *object) {
	if n := o.need("mapping", "the name of the mapping: that of its file without .yaml"); n != nil {
		if v := g.text(n, "mapping"); v != g.m.name {
			g.fail(n, "write mapping: "+g.m.name, "the mapping is called %q, but its file %q", v, g.m.name)
		}
	}
	g.m.description = o.text("description")
	if n := o.need("file", "how the file is written: format, delimiter, columns"); n != nil {
		if f := g.object(n, "file"); f != nil {
			g.readFile(f)
		}
	}
	if g.document {
		g.noRows(o, "schema", "tables", "compute", "skip", "keep")
	}
	schema := o.get("schema")
	if ts := o.child("tables"); ts != nil {
		for _, name := range ts.keys {
			if t := ts.child(name); t != nil {
				g.tables[name] = g.table(name, t)
			}
		}
	}
	g.compute(o)
	g.needs = &g.m.needs
	g.m.skip = g.early(g.conditions(o, "skip"))
	g.m.keep = g.early(g.conditions(o, "keep"))
	if n := o.need("to", "what the rows become: what, employer, employee, period, values"); n != nil {
		if t := g.object(n, "to"); t != nil {
			g.target(t)
		}
	}
	o.done()
	g.checkSchema(schema)
}

// noRows refuses keys that are about the rows of a file.
func (g *grammar) noRows(o *object, keys ...string) {
	for _, key := range keys {
		if p := o.nodes[key]; p != nil {
			g.fail(p.Key, "leave it out", "%q is about rows, and a response message has none", key)
			delete(o.nodes, key)
			o.asked = append(o.asked, key)
		}
	}
}

func (g *grammar) table(name string, o *object) *table {
	t := &table{name: name, from: -1, until: -1}
	key := o.list("key")
	from, until := o.get("valid_from"), o.get("valid_until")
	t.fold = o.yes("ignore_case", false)
	fail := func(line int, format string, args ...any) { g.failAt(line, 1, "", format, args...) }
	file, rows := o.get("file"), o.get("rows")
	o.done()
	switch {
	case (file == nil) == (rows == nil):
		g.fail(o.node, "rows: here, or file: beside the mapping", "table %q must have either rows or a file", name)
		return t
	case rows != nil:
		g.tableRows(t, rows)
	default:
		csvName := g.text(file, "file")
		data, err := g.beside(csvName)
		if err == nil {
			g.mark(data)
			if strings.HasSuffix(csvName, ".yaml") {
				err = g.yamlTable(t, csvName, data)
			} else {
				err = t.readCSV(data)
			}
		}
		if err != nil {
			g.fail(file, "", "table %q from %q: %v", name, csvName, err)
			t.unread = true
			return t
		}
		fail = func(line int, format string, args ...any) {
			g.errs = append(g.errs, LoadError{File: csvName, Line: line, Column: 1, Message: fmt.Sprintf(format, args...)})
		}
	}
	for _, n := range key {
		t.key = append(t.key, g.tableColumn(t, n, "key"))
	}
	if len(key) == 0 {
		g.fail(o.node, "key: [the column that is looked up]", "table %q has no key", name)
		return t
	}
	if from != nil {
		t.from = g.tableColumn(t, from, "valid_from")
	}
	if until != nil {
		t.until = g.tableColumn(t, until, "valid_until")
	}
	if slices.Contains(t.key, -1) || from != nil && t.from < 0 || until != nil && t.until < 0 {
		return t
	}
	t.build(fail)
	return t
}

func (g *grammar) tableColumn(t *table, n ast.Node, what string) int {
	name := g.text(n, what)
	i := slices.Index(t.columns, name)
	if i < 0 {
		g.fail(n, "it has: "+strings.Join(t.columns, ", "), "table %q has no column %q", t.name, name)
	}
	return i
}

// tableRows reads rows of the form {code: Normaal, component: 1}; the columns are those of the
// first row.
func (g *grammar) tableRows(t *table, rows ast.Node) {
	for _, n := range listOf(rows) {
		o := g.object(n, "a row of table "+t.name)
		if o == nil {
			continue
		}
		if t.columns == nil {
			t.columns = slices.Clone(o.keys)
		}
		r := tableRow{line: n.GetToken().Position.Line, cells: make([]string, len(t.columns))}
		for i, c := range t.columns {
			o.asked = append(o.asked, c)
			p := o.nodes[c]
			if p == nil {
				g.fail(n, "", "this row has no %q", c)
			} else if p.Value != nil && p.Value.Type() != ast.NullType {
				r.cells[i] = g.text(p.Value, c)
			}
		}
		o.done()
		t.rows = append(t.rows, r)
	}
}

// yamlTable reads a table from a YAML file: a list of rows.
func (g *grammar) yamlTable(t *table, name string, data []byte) error {
	sub := &grammar{source: source{file: name}}
	if len(data) > maxYAML || tooDeep(data) > 0 {
		return errors.New("too large or too deep: use a CSV file")
	}
	file, bad := ParseYAML(name, data)
	if bad != nil {
		return *bad
	}
	if len(file.Docs) != 1 || file.Docs[0].Body == nil {
		return errors.New("it must be one list of rows")
	}
	sub.tableRows(t, file.Docs[0].Body)
	g.errs = append(g.errs, sub.errs...)
	return nil
}

func (g *grammar) columnOf(n ast.Node) int {
	name := g.text(n, "column")
	i, ok := g.column[name]
	if i == broken {
		return -1
	}
	if !ok {
		known := slices.DeleteFunc(slices.Sorted(maps.Keys(g.column)), func(name string) bool { return g.column[name] == broken })
		hint := "known: " + strings.Join(known, ", ")
		if near := nearest(name, known, 1); len(near) > 0 {
			hint = "did you mean " + near[0] + "?"
		} else if strings.Trim(name, "0123456789.,") == "" {
			hint = "where a number may stand, write it without quotes; " + hint
		}
		g.fail(n, hint, "there is no column %q", name)
		return -1
	}
	g.need(i)
	return i
}

// checkSchema finds the schema and compiles it against the columns.
func (g *grammar) checkSchema(n ast.Node) {
	g.m.schemaName, g.m.schema = g.m.name, []byte(`{"$schema":"http://json-schema.org/draft-07/schema#"}`)
	if n != nil {
		if name, ok := scalar(n); ok {
			data, err := g.readSchema(name)
			if err != nil {
				g.fail(n, "", "schema %q: %v", name, err)
				return
			}
			g.m.schemaName, g.m.schema = name, data
		} else {
			var v any
			err := yaml.NodeToValue(n, &v)
			if err == nil {
				g.m.schema, err = json.Marshal(v)
			}
			if err != nil {
				g.fail(n, "", "schema: %v", err)
				return
			}
		}
	}
	g.mark(g.m.schema)
	if len(g.errs) > 0 {
		return
	}
	var err error
	if g.m.checker, err = validate.Compile(g.m.schemaName, g.m.schema, g.m.columns[:g.m.inFile]); err != nil {
		g.fail(n, "", "schema: %v", err)
	}
}
