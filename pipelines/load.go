package pipelines

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"reflect"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"loket-etl/mappings"
	"loket-etl/validate"
)

//go:embed *.yaml
var shipped embed.FS

// maxYAML bounds a pipeline file before it is parsed: the parser is slow on
// absurd input.
const maxYAML = 64 << 10

// Policy says what one bad row does to the rest of its file.
type Policy string

const (
	AllOrNothing Policy = "all-or-nothing" // nothing is sent when anything is wrong
	PerEmployee  Policy = "per-employee"   // employees with a problem are left out whole
)

// LeftOut says what becomes of values that an earlier file of a pipeline brought
// and a later one for the same employer and period does not have.
type LeftOut string

const (
	KeepLeftOut  LeftOut = "keep"  // they stay in Loket
	ClearLeftOut LeftOut = "clear" // they are taken out of Loket again
)

// Pipeline is one way from an inbox to Loket, as its YAML file says it.
type Pipeline struct {
	Name        string         `yaml:"pipeline"`
	Description string         `yaml:"description"`
	Mapping     string         `yaml:"mapping"`
	Files       []string       `yaml:"files"`
	Policy      Policy         `yaml:"policy"`
	LeftOut     LeftOut        `yaml:"left_out"`
	Approval    Approval       `yaml:"approval"`
	Rules       validate.Rules `yaml:"rules"`
	Drift       DriftRule      `yaml:"drift"`
}

// Load reads the shipped pipelines and those of the operator (nil: none): those
// that bring files to Loket, and the exports. An operator's file replaces a shipped
// one of the same name. mapping finds a mapping by its name, as mappings.Set.Get
// does. The error lists every mistake with file, line and column.
func Load(operator fs.FS, mapping func(name string) (*mappings.Mapping, bool)) (map[string]*Pipeline, map[string]*Export, error) {
	all, exports := map[string]*Pipeline{}, map[string]*Export{}
	var errs []error
	for _, dir := range []fs.FS{shipped, operator} {
		if dir == nil {
			continue
		}
		names, err := fs.Glob(dir, "*.yaml")
		if err != nil {
			return nil, nil, fmt.Errorf("list pipelines: %w", err)
		}
		for _, name := range names {
			data, err := readYAML(dir, name)
			if err != nil {
				errs = append(errs, err)
				continue
			}
			own := strings.TrimSuffix(path.Base(name), ".yaml")
			delete(all, own)
			delete(exports, own)
			if isExport(data) {
				exports[own], err = readExport(data, name)
			} else {
				all[own], err = readPipeline(data, name, mapping)
			}
			errs = append(errs, err)
		}
	}
	return all, exports, errors.Join(errs...)
}

// isExport reports whether a pipeline goes out: it says what it exports.
func isExport(data []byte) bool { return slices.Contains(topKeys(data), "export") }

func readExport(data []byte, file string) (*Export, error) {
	x := &Export{}
	if err := decode(data, file, x); err != nil {
		return x, err
	}
	return x, errors.Join(sameName(file, x.Name), x.check(file))
}

// sameName wants a pipeline to be called as its file is.
func sameName(file, name string) error {
	if want := strings.TrimSuffix(path.Base(file), ".yaml"); name != want {
		return fmt.Errorf("%s: pipeline: is %q but the file is called %s; give them the same name", file, name, file)
	}
	return nil
}

// readYAML reads a file that the parser can take.
func readYAML(dir fs.FS, file string) ([]byte, error) {
	data, err := fs.ReadFile(dir, file)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	data = bytes.TrimPrefix(data, []byte("\uFEFF")) // as Notepad writes it
	if bytes.HasPrefix(data, []byte{0xFF, 0xFE}) || bytes.HasPrefix(data, []byte{0xFE, 0xFF}) {
		return nil, fmt.Errorf("%s: the file is in UTF-16; save it as UTF-8", file)
	}
	if len(data) > maxYAML || bytes.Count(data, []byte("[")) > 1000 {
		return nil, fmt.Errorf("%s: a pipeline file is at most %d KiB and not deeply nested", file, maxYAML>>10)
	}
	return data, nil
}

func readPipeline(data []byte, file string, mapping func(string) (*mappings.Mapping, bool)) (*Pipeline, error) {
	p := &Pipeline{Policy: AllOrNothing, LeftOut: KeepLeftOut, Approval: NoApproval, Drift: TellDrift}
	if err := decode(data, file, p); err != nil {
		return p, err
	}
	return p, errors.Join(sameName(file, p.Name), p.check(file, data, mapping))
}

// yamlError puts file, line and column before what the parser says.
func yamlError(file string, err error) error {
	var at *placedError
	if errors.As(err, &at) {
		return fmt.Errorf("%s:%d:%d: %s", file, at.line, at.column, at.message)
	}
	var ye yaml.Error
	if errors.As(err, &ye) && ye.GetToken() != nil {
		pos := ye.GetToken().Position
		return fmt.Errorf("%s:%d:%d: %s", file, pos.Line, pos.Column, ye.GetMessage())
	}
	return fmt.Errorf("%s: %w", file, err)
}

// placedError is what is wrong with a value, and where it stands.
type placedError struct {
	line, column int
	message      string
}

// Error leaves the place out: see yamlError.
func (e *placedError) Error() string { return e.message }

func (p *Pipeline) check(file string, data []byte, mapping func(string) (*mappings.Mapping, bool)) error {
	var errs []error
	bad := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("%s: %s", file, fmt.Sprintf(format, args...)))
	}
	m, ok := mapping(p.Mapping)
	if !ok {
		bad("mapping: no mapping is called %q", p.Mapping)
	} else if err := p.fits(file, data, m); err != nil {
		errs = append(errs, err)
	}
	if p.Policy != AllOrNothing && p.Policy != PerEmployee {
		bad("policy: %q is not one of %s, %s", p.Policy, AllOrNothing, PerEmployee)
	}
	if p.LeftOut != KeepLeftOut && p.LeftOut != ClearLeftOut {
		bad("left_out: %q is not one of %s, %s", p.LeftOut, KeepLeftOut, ClearLeftOut)
	}
	if p.Approval != NoApproval && p.Approval != ApprovalRequired {
		bad("approval: %q is not one of %s, %s", p.Approval, NoApproval, ApprovalRequired)
	}
	if p.Drift != TellDrift && p.Drift != HoldDrift {
		errs = append(errs, fmt.Errorf("%s: drift: %q is not one of %s, %s", keyAt(file, data, "drift"), p.Drift, TellDrift, HoldDrift))
	}
	for _, pattern := range p.Files {
		if _, err := path.Match(pattern, "x"); err != nil {
			bad("files: %q is no pattern; write one such as \"*.csv\"", pattern)
		}
	}
	return errors.Join(errs...)
}

// fits refuses what means nothing for files about tax returns and changes.
func (p *Pipeline) fits(file string, data []byte, m *mappings.Mapping) error {
	var errs []error
	bad := func(key, format string, args ...any) {
		errs = append(errs, fmt.Errorf("%s: %s: %s", keyAt(file, data, key), key, fmt.Sprintf(format, args...)))
	}
	if p.LeftOut == ClearLeftOut && !Clears(m) {
		bad("left_out", "clear needs a mapping for variabele gegevens with mode Overschrijven or Optellen, or for verlof; %s is none", m.Name())
	}
	if m.IsDocument() {
		if p.Rules != (validate.Rules{}) {
			bad("rules", "a file of mapping %s is one document and has no rows", m.Name())
		}
		if p.Policy == PerEmployee {
			bad("policy", "a file of mapping %s is one document: it goes whole or not at all", m.Name())
		}
	} else if m.NeedsReturns() && p.aboutHours() {
		bad("rules", "mapping %s is about tax returns, not employees and hours; only control_total means something there", m.Name())
	} else if m.IsChange() && p.aboutHours() {
		bad("rules", "every row of mapping %s is a change of its own, not hours; only control_total means something there", m.Name())
	}
	if err := m.CheckRules(p.Rules); err != nil {
		bad("rules", "%v", err)
	}
	return errors.Join(errs...)
}

// Clears reports whether what a file of this mapping brought can be told from what
// others brought, and taken out of Loket again. NietOverschrijven cannot: Loket does
// not say which values of a line it left as they were.
func Clears(m *mappings.Mapping) bool {
	switch m.Mode() {
	case mappings.Overschrijven, mappings.Optellen, mappings.Leave:
		return true
	}
	return false
}

// aboutHours reports whether there are rules about employees and hours.
func (p *Pipeline) aboutHours() bool {
	r := p.Rules
	r.ControlTotal, r.MaxKeys = nil, 0
	return r != (validate.Rules{})
}

// keyAt is where a key at the top of a YAML file stands.
func keyAt(file string, data []byte, key string) string {
	if f, err := parser.ParseBytes(data, 0); err == nil && len(f.Docs) > 0 {
		if m, ok := f.Docs[0].Body.(*ast.MappingNode); ok {
			for _, v := range m.Values {
				if t := v.Key.GetToken(); t.Value == key {
					return fmt.Sprintf("%s:%d:%d", file, t.Position.Line, t.Position.Column)
				}
			}
		}
	}
	return file
}

// Takes reports whether a file of this name belongs to the pipeline. Without
// patterns it takes every name.
func (p *Pipeline) Takes(name string) bool {
	return len(p.Files) == 0 || slices.ContainsFunc(p.Files, func(pattern string) bool {
		ok, _ := path.Match(strings.ToLower(pattern), strings.ToLower(name))
		return ok
	})
}

// Changed reports whether two sets of plans would do anything differently.
func Changed(a, b Plans) bool {
	if !reflect.DeepEqual(a.Exports, b.Exports) || len(a.Pipelines) != len(b.Pipelines) || len(a.Mappings.Names()) != len(b.Mappings.Names()) {
		return true
	}
	for name, p := range a.Pipelines {
		if q, ok := b.Pipelines[name]; !ok || !reflect.DeepEqual(p, q) {
			return true
		}
	}
	for _, name := range a.Mappings.Names() {
		m, _ := a.Mappings.Get(name)
		if n, ok := b.Mappings.Get(name); !ok || m.Version() != n.Version() {
			return true
		}
	}
	return false
}
