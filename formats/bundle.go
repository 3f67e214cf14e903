package formats

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
)

const (
	maxDocuments = 10_000   // in one zip
	maxBundle    = 4 << 30  // bytes that come out of one zip
	maxIndex     = 16 << 20 // bytes of the index
)

// Document is one of the documents of a Bundle.
type Document struct {
	Name    string // as in the zip, with / between folders
	Size    int64
	SHA256  [sha256.Size]byte
	MIME    string
	Problem *Problem // why it cannot go on, nil when it can

	file *zip.File
}

// Base is the name without folders.
func (d *Document) Base() string { return path.Base(d.Name) }

// Unread reports whether the document cannot be given: it is damaged or too large.
func (d *Document) Unread() bool {
	return d.Problem != nil && (d.Problem.Code == documentDamaged || d.Problem.Code == documentTooLarge)
}

// Codes of documents that cannot be given.
const (
	documentDamaged  = "document-beschadigd"
	documentTooLarge = "document-te-groot"
)

// Bundle is documents that came in one file: in a zip with an index among them, or
// one document by itself. It is read from front to back, in memory that does not
// grow with the file, and was read whole when ReadZip or ReadDocument returns it:
// a document that is damaged, too large or not what its name says has a Problem.
type Bundle struct {
	Documents []*Document // in the order of the file

	most   int64
	byName map[string]*Document
	in     *forward
	index  *zip.File
	budget *budget
}

// ReadZip reads a zip with documents of at most so many bytes and the index, the
// one file whose name fits the pattern. What is wrong with the zip as a whole (a
// password, names twice or that lead out of it, more than 10,000 documents, 4 GiB
// unpacked or 250 times itself) is a *FileError.
func ReadZip(open func() (io.ReadCloser, error), index string, most int64) (*Bundle, error) {
	in, err := newForward(open)
	if err != nil {
		return nil, err
	}
	defer in.close()
	// First its directory alone, which must be small, then as a whole.
	if _, err = zip.NewReader(onlyTail{in}, in.size); err != nil {
		return nil, bundleWrong("Dit is geen zip-bestand, of het is beschadigd of niet helemaal aangekomen.")
	}
	b := &Bundle{most: most, byName: map[string]*Document{}, in: in, budget: &budget{most: maxBundle, in: func() int64 { return in.size }}}
	z, err := zip.NewReader(in, in.size)
	if err != nil {
		return nil, bundleWrong("Dit is geen zip-bestand, of het is beschadigd of niet helemaal aangekomen.")
	}
	if err := b.list(z, index); err != nil {
		return nil, err
	}
	for _, d := range b.Documents {
		if err := b.examine(d); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// ReadDocument reads one document by itself.
func ReadDocument(open func() (io.ReadCloser, error), name string, most int64) (*Bundle, error) {
	in, err := newForward(open)
	if err != nil {
		return nil, err
	}
	defer in.close()
	d := &Document{Name: path.Base(name)}
	b := &Bundle{Documents: []*Document{d}, most: most, byName: map[string]*Document{fold(d.Name): d}, in: in}
	return b, b.examine(d)
}

// onlyTail lets the directory of a zip be read where it must stand.
type onlyTail struct{ f *forward }

// ReadAt fills p from the end of the stream.
func (t onlyTail) ReadAt(p []byte, off int64) (int, error) {
	if off < t.f.size-int64(len(t.f.tail)) {
		return 0, errors.New("the directory is too large")
	}
	return t.f.ReadAt(p, off)
}

// list takes over the directory of the zip.
func (b *Bundle) list(z *zip.Reader, index string) error {
	end, seen := int64(0), map[string]bool{}
	for i, f := range z.File {
		switch issue := wrongName(f); {
		case f.Flags&1 != 0:
			return bundleWrong("Het zip-bestand is met een wachtwoord beveiligd; daarmee kan het niet worden gelezen.")
		case issue != "":
			return bundleWrong(fmt.Sprintf("De naam van bestand %d in het zip-bestand %s.", i+1, issue))
		case seen[fold(f.Name)]:
			return bundleWrong(fmt.Sprintf("De naam van bestand %d in het zip-bestand komt er twee keer in voor (hoofdletters tellen niet).", i+1))
		}
		seen[fold(f.Name)] = true
		at, err := f.DataOffset()
		if err != nil || at < end {
			return b.in.or(bundleWrong("De inhoudsopgave van het zip-bestand past niet bij wat erin zit: bestanden liggen over elkaar of door elkaar."))
		}
		end = at + int64(f.CompressedSize64)
		if passedOver(f) {
			continue
		}
		if fits, _ := path.Match(strings.ToLower(index), strings.ToLower(path.Base(f.Name))); fits {
			if b.index != nil {
				return bundleWrong(fmt.Sprintf("In het zip-bestand zit meer dan één index (%s).", index))
			}
			b.index = f
			continue
		}
		if len(b.Documents) == maxDocuments {
			return bundleWrong(fmt.Sprintf("In het zip-bestand zitten meer dan %d documenten.", maxDocuments))
		}
		d := &Document{Name: f.Name, file: f}
		b.Documents = append(b.Documents, d)
		b.byName[fold(d.Name)] = d
	}
	if b.index == nil {
		return bundleWrong(fmt.Sprintf("In het zip-bestand zit geen index (%s) die zegt van wie de documenten zijn.", index))
	}
	return nil
}

func bundleWrong(message string) error {
	return &FileError{Problem{
		Code: "zip", Message: message,
		Repair: "Pak de documenten en hun index opnieuw in, zonder wachtwoord, en lever het zip-bestand opnieuw aan.",
	}}
}

// passedOver reports whether a file is not a document but what a machine leaves in
// a folder.
func passedOver(f *zip.File) bool {
	base := path.Base(f.Name)
	return strings.HasSuffix(f.Name, "/") || strings.HasPrefix(f.Name, "__MACOSX/") || base == ".DS_Store" || base == "Thumbs.db" || base == "desktop.ini"
}

// wrongName says what is wrong with the name of a file in a zip, "" when nothing
// is.
func wrongName(f *zip.File) string {
	name := strings.TrimSuffix(f.Name, "/")
	switch {
	case f.NonUTF8:
		return "heeft bijzondere tekens in een onbekende tekenset"
	case strings.Contains(name, `\`), strings.Contains(name, ":"), strings.HasPrefix(name, "/"), path.Clean("/"+name) != "/"+name:
		return "wijst naar een plaats buiten het zip-bestand"
	case strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\uFFFD' }):
		return "bevat onzichtbare tekens"
	case len(name) > 1000:
		return "is te lang"
	}
	return ""
}

// Find is the document that the index calls so, from the folder in which the index
// lies; nil when there is none. Capitals make no difference.
func (b *Bundle) Find(name string) *Document {
	name = strings.ReplaceAll(name, `\`, "/")
	if path.Clean("/"+name) != "/"+name {
		return nil
	}
	if b.index != nil {
		name = path.Join(path.Dir(b.index.Name), name)
	}
	return b.byName[fold(name)]
}

// IndexName is the name of the index in the zip, "" when there is none.
func (b *Bundle) IndexName() string {
	if b.index == nil {
		return ""
	}
	return b.index.Name
}

// OpenIndex reads the index.
func (b *Bundle) OpenIndex() (io.ReadCloser, error) {
	in, err := b.content(b.index)
	if err != nil {
		return nil, err
	}
	return struct {
		io.Reader
		io.Closer
	}{&indexReader{r: in}, closer{b, in}}, nil
}

// closer closes a file of the zip and the stream that it was read from.
type closer struct {
	b  *Bundle
	in io.Closer
}

// Close ends the reading.
func (c closer) Close() error {
	c.b.in.close()
	return c.in.Close()
}

// indexReader bounds the index and says in Dutch when it is damaged.
type indexReader struct {
	r io.Reader
	n int
}

// Read reads on; an error is a *FileError or one of the stream.
func (r *indexReader) Read(p []byte) (int, error) {
	n, err := r.r.Read(p)
	if r.n += n; r.n > maxIndex {
		return 0, bundleWrong("De index in het zip-bestand is groter dan " + size(maxIndex) + ".")
	}
	return n, err
}

// content reads a file of the zip, or the document by itself.
func (b *Bundle) content(f *zip.File) (io.ReadCloser, error) {
	if f == nil {
		return io.NopCloser(io.NewSectionReader(b.in, 0, b.in.size)), nil
	}
	in, err := f.Open()
	if err != nil {
		return nil, b.in.or(bundleWrong("Een bestand in het zip-bestand is op een manier ingepakt die niet wordt gelezen."))
	}
	return struct {
		io.Reader
		io.Closer
	}{&unzipped{in, b}, in}, nil
}

// unzipped is what comes out of a file of the zip, as far as the budget goes.
type unzipped struct {
	r io.Reader
	b *Bundle
}

// Read reads on; an error is that of the stream or a *FileError.
func (u *unzipped) Read(p []byte) (int, error) {
	n, err := u.r.Read(p)
	if wrong := u.b.budget.spend(n); wrong != nil {
		return 0, wrong
	}
	if err != nil && !errors.Is(err, io.EOF) {
		err = u.b.in.or(packedWrong("Het ingepakte bestand is beschadigd of niet helemaal aangekomen."))
	}
	return n, err
}

// examine reads a document to its end and notes what is wrong with it.
func (b *Bundle) examine(d *Document) error {
	k := kindOf(d.Name)
	d.MIME = k.mime
	in, err := b.content(d.file)
	if err != nil {
		return err
	}
	defer in.Close()
	sum, head, tail := sha256.New(), &bytes.Buffer{}, &last{}
	d.Size, err = io.Copy(io.MultiWriter(sum, &first{head, headBytes}, tail), io.LimitReader(in, b.most+1))
	copy(d.SHA256[:], sum.Sum(nil))
	var file *FileError
	switch {
	case errors.As(err, &file) && file.Problem.Code == "ingepakt":
		d.Problem = &Problem{Code: documentDamaged, Message: "Dit document is beschadigd.", Repair: "Lever het opnieuw aan."}
	case err != nil:
		return err
	case k.mime == "":
		d.Problem = &Problem{Code: "document-soort", Message: "Dit soort bestand gaat niet naar een dossier.", Repair: "Maak er een PDF van. Aangenomen worden: " + kindNames() + "."}
	case d.Size > b.most:
		d.Problem = &Problem{Code: documentTooLarge, Message: fmt.Sprintf("Dit document is groter dan %s, en groter neemt Loket niet aan.", size(int(b.most))), Repair: "Maak het kleiner of splits het."}
	case d.Size == 0:
		d.Problem = &Problem{Code: "document-leeg", Message: "Dit document is leeg.", Repair: "Lever het opnieuw aan."}
	case !k.is(head.Bytes()):
		d.Problem = &Problem{Code: "document-soort", Message: fmt.Sprintf("Dit is geen %s, al heet het zo.", k.name), Repair: "Geef het bestand de goede naam of bewaar het opnieuw."}
	case k.mime == "application/pdf" && !bytes.Contains(tail.kept, []byte("%%EOF")):
		d.Problem = &Problem{Code: documentDamaged, Message: "Deze PDF is niet heel: het einde ontbreekt.", Repair: "Lever hem opnieuw aan."}
	}
	return nil
}

// last keeps the last KiB, in which a PDF has its end (ISO 32000-1, annex H, note 18).
type last struct{ kept []byte }

// Write never fails.
func (l *last) Write(p []byte) (int, error) {
	l.kept = append(l.kept, p[max(len(p)-1<<10, 0):]...)
	l.kept = l.kept[max(len(l.kept)-1<<10, 0):]
	return len(p), nil
}

// Each gives the content of the documents that are wanted, in the order of the
// file and one at a time.
func (b *Bundle) Each(want func(*Document) bool, give func(*Document, []byte) error) error {
	defer b.in.close()
	if b.budget != nil {
		b.budget.out = 0
	}
	for _, d := range b.Documents {
		if !want(d) {
			continue
		}
		in, err := b.content(d.file)
		if err != nil {
			return err
		}
		data := make([]byte, 0, min(d.Size, b.most)+bytes.MinRead)
		buf := bytes.NewBuffer(data)
		_, err = buf.ReadFrom(io.LimitReader(in, b.most+1))
		in.Close()
		if err == nil && sha256.Sum256(buf.Bytes()) != d.SHA256 {
			err = errors.New("a document changed between reading it twice")
		}
		if err == nil {
			err = give(d, buf.Bytes())
		}
		if err != nil {
			return err
		}
	}
	return nil
}
