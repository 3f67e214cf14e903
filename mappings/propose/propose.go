// Package propose looks at an export and writes the mapping and the pipeline that
// would read it, with what it doubts marked. It knows how files are written and how
// mappings are; it knows no Loket, no ledger and nobody's choices: which component a
// column becomes is left open, as [mappings.OpenChoice].
package propose

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"loket-etl/formats"
	"loket-etl/mappings"
	"loket-etl/mappings/evidence"
)

const (
	// MaxRows is how many rows are looked at.
	MaxRows = 10_000

	headBytes = 1 << 20
	maxTree   = 32 << 20 // bytes of JSON and XML of which the structure is read
	maxPacked = 64 << 20 // of a workbook or zip
)

// Source is an export. Open is called several times, always for the same bytes.
type Source struct {
	Name string // as it would be dropped
	Open func() (io.ReadCloser, error)
}

// File is a file of a proposal.
type File struct {
	Dir  string // "mappings" or "pipelines"
	Name string
	Data []byte
}

// Proposal is a mapping with its pipeline, and what there is to say of it.
type Proposal struct {
	Name    string
	Files   []File
	Snippet string   // for etl.yaml
	Doubts  []string // what must be looked at, Dutch; each stands in the mapping, too
	Rows    int      // looked at
	All     bool     // these are all rows of the file
	Options formats.Options
	Format  string
	Columns []Column

	wide      *wide
	worked    *worked
	lists     []string // in records of JSON, that were passed over
	totals    []int    // places of cells that say a row is a total
	totalRows int      // how many of those there were
	last      []bool   // which cells of the last row are filled, by column
	bottom    *Column  // the key that only the last row is without
}

// Column is what a proposal says of a column.
type Column struct {
	Header, Name string
	Type         string // as in a mapping
	Layouts      []string
	Notation     []string
	Decimals     int
	Personal     bool
	Optional     bool
	Required     bool
	Path         string // of JSON and XML, where it is not the name

	at    int // its place in a row
	role  role
	doubt []string
	seen  *evidence.Column
	odd   odd
}

// New makes a proposal called name. The mapping loads as it is; the error says, for
// people, why a file cannot be proposed for. Cells that are about people never
// stand in a proposal; values of a code do, as they are the keys of its table.
func New(src Source, name string) (*Proposal, error) {
	p := &Proposal{Name: name}
	s := &sniffer{src: src, p: p}
	if err := s.detect(); err != nil {
		return nil, fmt.Errorf("look at %s: %w", path.Base(src.Name), err)
	}
	if p.Format == "responsemessage" {
		p.document()
		return p, p.verify()
	}
	if err := s.sample(); err != nil {
		return nil, fmt.Errorf("look at %s: %w", path.Base(src.Name), err)
	}
	p.conclude()
	if len(p.lists) > 0 && !p.hasNumbers() && p.worked == nil {
		return nil, fmt.Errorf("look at %s: de uren staan in een lijst binnen elk record (%s); een mapping maakt daar geen regels van. Vraag de leverancier om een export met een record per dag en soort, of om een CSV", path.Base(src.Name), strings.Join(p.lists, ", "))
	}
	if !p.hasNumbers() && p.worked == nil { // a constant in their place would be imported, row by row
		return nil, fmt.Errorf("look at %s: geen kolom lijkt uren of bedragen te hebben; gaat dit bestand wel over uren? Begin en einde worden herkend aan hun namen. Voor wijzigingen van personen zie docs/mappings.md", path.Base(src.Name))
	}
	d := newDraft(p, src.Name)
	p.Files, p.Snippet = d.files(), d.snippet()
	return p, p.verify()
}

// verify loads what was written: a proposal that does not load is a mistake of this
// package.
func (p *Proposal) verify() error {
	dir := memory{}
	for _, f := range p.Files {
		if f.Dir == "mappings" {
			dir[f.Name] = f.Data
		}
	}
	if _, err := mappings.LoadOne(dir, p.Name); err != nil {
		return fmt.Errorf("the mapping that was made of this file is wrong: %w", err)
	}
	return nil
}

// memory is files that are nowhere yet.
type memory map[string][]byte

// Open opens nothing: files are read whole.
func (m memory) Open(name string) (fs.File, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

// ReadFile gives a file.
func (m memory) ReadFile(name string) ([]byte, error) {
	if data, ok := m[name]; ok {
		return data, nil
	}
	return nil, &fs.PathError{Op: "read", Path: name, Err: fs.ErrNotExist}
}

func (p *Proposal) doubt(format string, args ...any) {
	p.Doubts = append(p.Doubts, fmt.Sprintf(format, args...))
}

// document is the proposal for a response message: there is one way.
func (p *Proposal) document() {
	p.All = true
	p.Files = []File{
		{"mappings", p.Name + ".yaml", []byte("mapping: " + p.Name + "\ndescription: een responsebericht van de Belastingdienst\nfile: {format: responsemessage}\nto: {what: loonaangifte-response}\n")},
		{"pipelines", p.Name + ".yaml", []byte("pipeline: " + p.Name + "\ndescription: een responsebericht van de Belastingdienst\nmapping: " + p.Name + "\nfiles: [\"*.xml\"]\n")},
	}
	p.Snippet = snippet(p.Name, false)
}

// asText is what a person may read of an error about a file.
func asText(err error) error {
	var fe *formats.FileError
	if errors.As(err, &fe) {
		return errors.New(fe.Problem.String())
	}
	return err
}

// NameFor is a name for a mapping, after that of a file: letters, digits and
// dashes, without the digits that change from file to file.
func NameFor(file string) string {
	base := path.Base(file)
	for ext := path.Ext(base); ext != "" && len(ext) <= 7; ext = path.Ext(base) {
		base = strings.TrimSuffix(base, ext)
	}
	var parts []string
	for _, part := range strings.FieldsFunc(strings.ToLower(base), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') }) {
		if strings.Trim(part, "0123456789") != "" {
			parts = append(parts, part)
		}
	}
	if len(parts) == 0 {
		return "export"
	}
	return strings.Join(parts, "-")
}
