package formats

import (
	"bytes"
	"io"
	"path"
	"strings"
)

// headBytes is how much of a document is looked at to see what it is.
const headBytes = 1024

// documentKind is a kind of document that goes to a dossier: what it is called by,
// and how it begins.
type documentKind struct {
	ext, name, mime string
	begins          []string // one of these; none: anything
	within          bool     // somewhere in the head is early enough
}

var documentKinds = []documentKind{
	{"pdf", "PDF", "application/pdf", []string{"%PDF-"}, true},
	{"docx", "Word-document", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", []string{"PK\x03\x04"}, false},
	{"xlsx", "Excel-werkmap", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", []string{"PK\x03\x04"}, false},
	{"doc", "Word-document", "application/msword", []string{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", `{\rtf`}, false},
	{"xls", "Excel-werkmap", "application/vnd.ms-excel", []string{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"}, false},
	{"odt", "ODF-document", "application/vnd.oasis.opendocument.text", []string{"PK\x03\x04"}, false},
	{"jpg", "JPEG-foto", "image/jpeg", []string{"\xff\xd8\xff"}, false},
	{"jpeg", "JPEG-foto", "image/jpeg", []string{"\xff\xd8\xff"}, false},
	{"png", "PNG-afbeelding", "image/png", []string{"\x89PNG\r\n\x1a\n"}, false},
	{"tif", "TIFF-scan", "image/tiff", []string{"II*\x00", "MM\x00*"}, false},
	{"tiff", "TIFF-scan", "image/tiff", []string{"II*\x00", "MM\x00*"}, false},
	{"txt", "tekstbestand", "text/plain", nil, false},
}

// kindOf is what a document is by its name; the mime type is "" when it is none of
// these.
func kindOf(name string) documentKind {
	ext := strings.TrimPrefix(strings.ToLower(path.Ext(name)), ".")
	for _, k := range documentKinds {
		if k.ext == ext {
			return k
		}
	}
	return documentKind{}
}

func (k documentKind) is(head []byte) bool {
	for _, b := range k.begins {
		if bytes.HasPrefix(head, []byte(b)) || k.within && bytes.Contains(head, []byte(b)) {
			return true
		}
	}
	return len(k.begins) == 0
}

func kindNames() string {
	all := make([]string, len(documentKinds))
	for i, k := range documentKinds {
		all[i] = k.ext
	}
	return strings.Join(all, ", ")
}

// first keeps no more than the first bytes of what is written to it.
type first struct {
	w    io.Writer
	left int
}

// Write takes all and keeps the beginning.
func (f *first) Write(p []byte) (int, error) {
	keep := p[:min(len(p), f.left)]
	f.left -= len(keep)
	if _, err := f.w.Write(keep); err != nil {
		return 0, err
	}
	return len(p), nil
}
