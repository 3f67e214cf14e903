package mappings

import (
	"cmp"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"loket-etl/validate"

	"github.com/goccy/go-yaml/ast"
)

//go:embed *.yaml *.csv
var shipped embed.FS

// Set is every mapping that can be used by name.
type Set struct{ byName map[string]*Mapping }

// Get is the mapping of that name.
func (s *Set) Get(name string) (*Mapping, bool) {
	m, ok := s.byName[name]
	return m, ok
}

// Names is every name, sorted.
func (s *Set) Names() []string { return slices.Sorted(maps.Keys(s.byName)) }

// Load reads the mappings that ship and those of the operator (nil for none),
// whose files replace a shipped one of the same name whole. Nothing is loaded
// when anything is wrong: the error is a LoadErrors with all of it, or an error
// of operatorDir.
func Load(operatorDir fs.FS) (*Set, error) {
	set := &Set{byName: map[string]*Mapping{}}
	var errs LoadErrors
	for _, dir := range []fs.FS{shipped, operatorDir} {
		if dir == nil {
			continue
		}
		names, err := yamlFiles(dir)
		if err != nil {
			return nil, fmt.Errorf("list mappings: %w", err)
		}
		for _, name := range names {
			m, es, err := loadFile(dir, name)
			if err != nil {
				return nil, fmt.Errorf("read mapping %s: %w", name, err)
			}
			errs = append(errs, es...)
			if len(es) == 0 {
				set.byName[m.name] = m
			}
		}
	}
	if len(errs) > 0 {
		return nil, errs
	}
	return set, nil
}

// LoadOne reads the mapping name in dir and nothing else. The error is a LoadErrors,
// or one of dir.
func LoadOne(dir fs.FS, name string) (*Mapping, error) {
	m, errs, err := loadFile(dir, name+".yaml")
	if err != nil {
		return nil, fmt.Errorf("read mapping %s: %w", name, err)
	}
	if len(errs) > 0 {
		return nil, errs
	}
	return m, nil
}

func yamlFiles(dir fs.FS) ([]string, error) {
	entries, err := fs.ReadDir(dir, ".")
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if ext := path.Ext(e.Name()); !e.IsDir() && (ext == ".yaml" || ext == ".yml") {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// loadFile reads one mapping with all that it names.
func loadFile(dir fs.FS, name string) (*Mapping, LoadErrors, error) {
	return loadAnd(dir, name, nil)
}

// loadAnd tells known of every object of the grammar that it meets.
func loadAnd(dir fs.FS, name string, known func(*object)) (*Mapping, LoadErrors, error) {
	g, _, errs, err := readFile(dir, name, known)
	if err != nil {
		return nil, nil, err
	}
	return g.m, errs, nil
}

// readFile is loadFile, with the grammar that read it and what it read.
func readFile(dir fs.FS, name string, known func(*object)) (*grammar, ast.Node, LoadErrors, error) {
	data, err := fs.ReadFile(dir, name)
	if err != nil {
		return nil, nil, nil, err
	}
	g := &grammar{
		source: source{file: name, known: known},
		dir:    dir,
		m:      &Mapping{name: strings.TrimSuffix(name, path.Ext(name))},
		column: map[string]int{},
		tables: map[string]*table{},
		hash:   sha256.New(),
	}
	g.mark(data)
	var root ast.Node
	if o := g.parse(data); o != nil {
		root = o.node
		g.mapping(o)
	}
	slices.SortStableFunc(g.errs, func(a, b LoadError) int {
		switch {
		case a.File == b.File:
		case a.File == name:
			return -1
		case b.File == name:
			return 1
		}
		return cmp.Or(strings.Compare(a.File, b.File), a.Line-b.Line, a.Column-b.Column)
	})
	g.m.version = hex.EncodeToString(g.hash.Sum(nil))[:12]
	return g, root, g.errs, nil
}

// mark counts bytes into the version, with their length so that two files
// cannot trade places.
func (g *grammar) mark(data []byte) {
	fmt.Fprintf(g.hash, "%d:", len(data))
	g.hash.Write(data)
}

// beside reads a file that lies in the same folder as the mapping.
func (g *grammar) beside(name string) ([]byte, error) {
	if !fs.ValidPath(name) || strings.Contains(name, "/") {
		return nil, errors.New("it must lie beside the mapping")
	}
	data, err := fs.ReadFile(g.dir, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errors.New("there is no such file beside the mapping")
	}
	return data, err
}

// readSchema finds a named schema: beside the mapping, else among those that
// ship with validate.
func (g *grammar) readSchema(name string) ([]byte, error) {
	if data, err := g.beside(name); err == nil {
		return data, nil
	}
	data, err := fs.ReadFile(validate.Schemas, "schemas/"+name)
	if err != nil {
		return nil, errors.New("there is no such file beside the mapping or among those that ship")
	}
	return data, nil
}
