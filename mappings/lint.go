package mappings

import (
	"bytes"
	"cmp"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/goccy/go-yaml/ast"
)

// Finding is something in a mapping that loads and had better be looked at. It
// stands where a LoadError would.
type Finding struct {
	Code    string `json:"code"`
	File    string `json:"file"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Message string `json:"message"` // what is wrong
	Hint    string `json:"hint"`    // what to do
}

// String is the finding as a LoadError is written.
func (f Finding) String() string {
	return LoadError{f.File, f.Line, f.Column, f.Message, f.Hint}.Error()
}

// Codes of findings.
const (
	LintUnused   = "unused-column"      // a column that nothing looks at and that need not be named
	LintDead     = "dead-rule"          // a table, row or rule that no row of a file can reach
	LintRounding = "lossy-rounding"     // totals that have more decimals than Loket holds, and no round
	LintUnit     = "unit-mismatch"      // hours as amounts, amounts as hours, minutes as hours
	LintUnknown  = "unknown-value"      // a value of the sample that its table does not have
	LintTwice    = "overlapping-values" // the same column counted twice for a component
	LintOpen     = "open-choice"        // KIES or TWIJFEL
)

// LintOptions are what Lint must know beside the mapping.
type LintOptions struct {
	Now    time.Time
	Used   []string // names that pipelines use: those of a control_total
	Sample *Input   // a file to hold against the mapping; nil: none
}

// Lint looks at a mapping of the operator (nil: none) or one that ships. A mapping
// that does not load has a LoadErrors; a sample that cannot be read has a FileError.
func Lint(operator fs.FS, name string, o LintOptions) ([]Finding, error) {
	dir, file, err := whereIs(operator, name)
	if err != nil {
		return nil, err
	}
	g, root, errs, err := readFile(dir, file, nil)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read mapping %s: %w", name, err)
	case len(errs) > 0:
		return nil, errs
	}
	data, err := fs.ReadFile(dir, file)
	if err != nil {
		return nil, fmt.Errorf("read mapping %s: %w", name, err)
	}
	l := &linter{g: g, m: g.m, root: root, o: o}
	l.choices(data)
	l.columns()
	l.tables()
	l.conditions()
	l.numbers()
	if o.Sample != nil {
		if err := l.sample(); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(l.found, func(a, b Finding) int {
		return cmp.Or(-cmp.Compare(b2i(a.File == file), b2i(b.File == file)), strings.Compare(a.File, b.File), a.Line-b.Line, a.Column-b.Column)
	})
	return l.found, nil
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// whereIs finds the file of a mapping: that of the operator first.
func whereIs(operator fs.FS, name string) (fs.FS, string, error) {
	for _, dir := range []fs.FS{operator, shipped} {
		for _, ext := range []string{".yaml", ".yml"} {
			if dir == nil {
				continue
			}
			if _, err := fs.Stat(dir, name+ext); err == nil {
				return dir, name + ext, nil
			}
		}
	}
	return nil, "", fmt.Errorf("there is no mapping %q", name)
}

// linter collects findings about one mapping.
type linter struct {
	g     *grammar
	m     *Mapping
	root  ast.Node
	o     LintOptions
	found []Finding
}

func (l *linter) say(code string, n ast.Node, hint, format string, args ...any) {
	line, column := 1, 1
	if n != nil && n.GetToken() != nil {
		line, column = n.GetToken().Position.Line, n.GetToken().Position.Column
	}
	l.sayAt(code, l.g.file, line, column, hint, format, args...)
}

func (l *linter) sayAt(code, file string, line, column int, hint, format string, args ...any) {
	l.found = append(l.found, Finding{code, file, line, column, fmt.Sprintf(format, args...), hint})
}

// at is the node at a path of keys and places, nil when there is none. A single
// value counts as a list of one.
func (l *linter) at(path ...any) ast.Node {
	n := l.root
	for _, step := range path {
		switch step := step.(type) {
		case int:
			all := listOf(n)
			if step >= len(all) {
				return nil
			}
			n = all[step]
		case string:
			if n = child(n, step); n == nil {
				return nil
			}
		}
	}
	return n
}

func child(n ast.Node, key string) ast.Node {
	var pairs []*ast.MappingValueNode
	switch n := n.(type) {
	case *ast.MappingNode:
		pairs = n.Values
	case *ast.MappingValueNode:
		pairs = []*ast.MappingValueNode{n}
	}
	for _, p := range pairs {
		if k, ok := scalar(p.Key); ok && k == key {
			return p.Value
		}
	}
	return nil
}

// namesIn are all names in the texts under a node, those inside of expressions too.
func namesIn(n ast.Node, into map[string]bool) {
	switch n := n.(type) {
	case nil:
	case *ast.MappingNode:
		for _, p := range n.Values {
			namesIn(p.Value, into)
		}
	case *ast.MappingValueNode:
		namesIn(n.Value, into)
	case *ast.SequenceNode:
		for _, v := range n.Values {
			namesIn(v, into)
		}
	default:
		text, ok := scalar(n)
		if !ok {
			return
		}
		into[text] = true
		for _, w := range strings.FieldsFunc(text, func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			into[w] = true
		}
		for _, w := range strings.FieldsFunc(text, func(r rune) bool { return r == '"' || r == '\'' || r == '`' }) { // column("Uren gewoon")
			into[w] = true
		}
	}
}

// choices tells of what is still open.
func (l *linter) choices(data []byte) {
	for i, line := range bytes.Split(data, []byte("\n")) {
		if at := bytes.Index(line, []byte("# TWIJFEL: ")); at >= 0 {
			if text := string(line[at+len("# TWIJFEL: "):]); i > 2 || !strings.HasPrefix(text, "een vermoeden") {
				l.sayAt(LintOpen, l.g.file, i+1, at+1, "look it up, change what is wrong, and take the comment away", "doubtful: %s", strings.TrimSpace(text))
			}
		}
	}
	for i, r := range l.m.to.values {
		if r.component.kind == constant && r.component.isOpen() {
			l.say(LintOpen, l.at("to", "values", i, "component", "constant"), "write the number of the component, or take the rule away", "which component this is, is not chosen")
		}
	}
	for _, name := range l.tableNames() {
		t := l.g.tables[name]
		for i := range t.rows {
			if slices.Contains(t.rows[i].cells, OpenChoice) {
				l.sayAt(LintOpen, l.fileOf(t), t.rows[i].line, 1, "write the number of the component", "table %q: which component %q is, is not chosen", name, t.shown(&t.rows[i]))
			}
		}
	}
}

func (l *linter) tableNames() (names []string) {
	for name := range l.g.tables {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// fileOf is the file that the rows of a table stand in.
func (l *linter) fileOf(t *table) string {
	if text, ok := scalar(l.at("tables", t.name, "file")); ok {
		return text
	}
	return l.g.file
}

// shown is the key of a row as people read it.
func (t *table) shown(r *tableRow) string {
	var cells []string
	for _, k := range t.key {
		cells = append(cells, strings.TrimSpace(r.cells[k]))
	}
	return strings.Join(cells, " / ")
}

// columns tells which columns are looked at by nothing, where a file may have them
// without being told of. One that is personal is named to be masked.
func (l *linter) columns() {
	o := &l.m.options
	named := l.m.format == "csv" || l.m.format == "xlsx"
	if named && (o.NoHeader || o.Extra != "ignore") {
		return // the file is refused when they are not declared
	}
	used := map[string]bool{}
	for _, key := range []string{"tables", "skip", "keep", "to"} {
		namesIn(l.at(key), used)
	}
	if root, ok := l.root.(*ast.MappingNode); ok {
		for _, p := range root.Values { // what this linter does not know of may use columns, too
			if key, _ := scalar(p.Key); key != "file" && key != "mapping" && key != "description" && key != "schema" {
				namesIn(p.Value, used)
			}
		}
	}
	for _, name := range l.o.Used {
		used[name] = true
	}
	for i := range l.m.columns {
		c := &l.m.columns[i]
		if used[c.Name] || c.Required || c.Personal || bytes.Contains(l.m.schema, []byte(`"`+c.Name+`"`)) {
			continue
		}
		l.say(LintUnused, l.at("file", "columns", i), "leave it out: what is not named is passed over", "column %q is used nowhere, and not in the schema", c.Name)
	}
}
