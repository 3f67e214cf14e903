package formats

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
)

// workbookZip is the parts of a workbook. It is held packed in memory; its parts
// are unpacked as they are read.
type workbookZip struct {
	parts  map[string]*zip.File
	source *source
	budget *budget
	sheet  string // named in problems, once it is known
}

// openWorkbook reads the list of the parts.
func openWorkbook(data []byte, o Options) (*workbookZip, error) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, brokenWorkbook("")
	}
	if len(z.File) > 10_000 {
		return nil, brokenWorkbook("")
	}
	in := int64(len(data))
	w := &workbookZip{parts: map[string]*zip.File{}, source: &source{}, budget: &budget{most: o.unpacked(), in: func() int64 { return in }}}
	for _, f := range z.File {
		name := strings.ToLower(strings.TrimPrefix(strings.ReplaceAll(f.Name, `\`, "/"), "/"))
		if w.parts[name] != nil {
			return nil, brokenWorkbook("")
		}
		w.parts[name] = f
	}
	return w, nil
}

func brokenWorkbook(sheet string) *FileError {
	return &FileError{Problem{Sheet: sheet, Code: "xlsx",
		Message: "Dit is geen Excel-werkmap (xlsx), of het bestand is beschadigd.",
		Repair:  "Open het in Excel, kies Opslaan als, \"Excel-werkmap (*.xlsx)\", en lever dat bestand aan."}}
}

// open reads a part; nil when the workbook has none of that name.
func (w *workbookZip) open(name string) (*part, error) {
	f := w.parts[strings.ToLower(name)]
	if f == nil {
		return nil, nil
	}
	in, err := openZipped(f, w.source, w.budget)
	if err != nil {
		return nil, err
	}
	p := &part{sheet: w.sheet, guard: newGuard(in, maxPartText)}
	p.d = xml.NewDecoder(p.guard)
	return p, nil
}

// maxPartText is how many bytes one tag or text of a part may have.
const maxPartText = 1 << 20

// part reads the XML of a part, one tag at a time.
type part struct {
	sheet string
	guard *guard
	d     *xml.Decoder
	depth int
}

// next is the next start, end or text, io.EOF at the end. What it returns lives
// until the next call.
func (p *part) next() (xml.Token, error) {
	for {
		p.guard.next(p.d.InputOffset())
		t, err := p.d.Token()
		if errors.Is(err, io.EOF) {
			return nil, io.EOF
		}
		if err != nil {
			return nil, p.broken(err)
		}
		switch t.(type) {
		case xml.StartElement:
			if p.depth++; p.depth > maxDepth {
				return nil, brokenWorkbook(p.sheet)
			}
		case xml.EndElement:
			p.depth--
		case xml.CharData:
		case xml.Directive:
			return nil, brokenWorkbook(p.sheet)
		default:
			continue
		}
		return t, nil
	}
}

func (p *part) broken(err error) error {
	var known *FileError
	if errors.As(err, &known) {
		return known
	}
	return brokenWorkbook(p.sheet)
}

func attribute(e *xml.StartElement, name string) string {
	for i := range e.Attr {
		if e.Attr[i].Name.Local == name {
			return e.Attr[i].Value
		}
	}
	return ""
}

func isOn(v string) bool { return v == "1" || v == "true" }

// related are the targets of the relations of a part, by their id; with an empty
// name those of the workbook as a whole, by the last word of their type.
func (w *workbookZip) related(name string) (map[string]string, error) {
	dir, base := path.Split(name)
	p, err := w.open(dir + "_rels/" + base + ".rels")
	if p == nil {
		return nil, err
	}
	all := map[string]string{}
	for {
		t, err := p.next()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		e, ok := t.(xml.StartElement)
		if !ok || e.Name.Local != "Relationship" || attribute(&e, "TargetMode") == "External" {
			continue
		}
		target := attribute(&e, "Target")
		if rooted, ok := strings.CutPrefix(target, "/"); ok {
			target = rooted
		} else {
			target = path.Join(dir, target)
		}
		all[attribute(&e, "Id")] = target
		all["type:"+path.Base(attribute(&e, "Type"))] = target
	}
}

// maxShared is how many bytes the texts may have that the cells share.
const maxShared = 256 << 20

// sharedTexts are the texts that cells share by number.
type sharedTexts struct {
	buf  []byte
	ends []int
}

func (s *sharedTexts) text(n int) ([]byte, bool) {
	if n < 0 || n >= len(s.ends) {
		return nil, false
	}
	from := 0
	if n > 0 {
		from = s.ends[n-1]
	}
	return s.buf[from:s.ends[n]:s.ends[n]], true
}

func (w *workbookZip) shared(name string) (*sharedTexts, error) {
	s := &sharedTexts{}
	p, err := w.open(name)
	if p == nil {
		return s, err
	}
	text, phonetic := false, 0
	for {
		t, err := p.next()
		if errors.Is(err, io.EOF) {
			return s, nil
		}
		if err != nil {
			return nil, err
		}
		switch t := t.(type) {
		case xml.StartElement:
			switch t.Name.Local {
			case "rPh":
				phonetic++
			case "t":
				text = phonetic == 0
			}
		case xml.CharData:
			if text {
				s.buf = append(s.buf, t...)
			}
		case xml.EndElement:
			switch t.Name.Local {
			case "rPh":
				phonetic--
			case "t":
				text = false
			case "si":
				s.ends = append(s.ends, len(s.buf))
			}
		}
		if len(s.buf)+8*len(s.ends) > maxShared {
			return nil, &FileError{Problem{Code: "te-veel-tekst", Message: fmt.Sprintf("De teksten in de werkmap zijn samen groter dan %s.", size(maxShared)),
				Repair: "Lever het bestand in delen aan, of als CSV."}}
		}
	}
}
