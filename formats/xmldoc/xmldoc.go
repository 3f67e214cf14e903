// Package xmldoc reads and writes the XML of payroll documents: strictly, in one
// pass, with no more memory than one element. It knows no document; the formats
// beside it say which elements come in which order.
package xmldoc

import (
	"bufio"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Reader reads elements in a known order and refuses what it was not asked
// for: DTD, processing instructions, other namespaces, unknown attributes, text
// between elements, anything after the root.
type Reader struct {
	d    *xml.Decoder
	ns   string
	next xml.Token // looked at, not taken
	at   int64     // where next begins
	mark int64     // bytes of the byte order mark
	path []string

	rooted bool // Event gave the root
}

// NewReader reads elements of the namespace ns from r, in UTF-8, with or without
// a byte order mark, or ISO-8859-1.
func NewReader(r io.Reader, ns string) *Reader {
	b := bufio.NewReader(r)
	bom := 0
	if mark, _ := b.Peek(3); string(mark) == "\uFEFF" {
		bom, _ = b.Discard(3)
	}
	d := xml.NewDecoder(b)
	d.CharsetReader = func(charset string, in io.Reader) (io.Reader, error) {
		if strings.EqualFold(charset, "iso-8859-1") {
			return &latin1{r: bufio.NewReader(in)}, nil
		}
		return nil, fmt.Errorf("character set %q is not UTF-8 or ISO-8859-1", charset)
	}
	return &Reader{d: d, ns: ns, mark: int64(bom)}
}

// Fail says where we are; the text never holds a value.
func (x *Reader) Fail(format string, args ...any) error {
	line, _ := x.d.InputPos()
	if len(x.path) == 0 {
		return fmt.Errorf("line %d: %w", line, fmt.Errorf(format, args...))
	}
	return fmt.Errorf("line %d: %s: %w", line, strings.Join(x.path, "/"), fmt.Errorf(format, args...))
}

// peek is the next start, end or text, or io.EOF.
func (x *Reader) peek() (xml.Token, error) {
	for x.next == nil {
		x.at = x.d.InputOffset()
		first := x.at == 0
		token, err := x.d.Token()
		if err == io.EOF {
			return nil, io.EOF
		}
		if err != nil {
			return nil, x.Fail("%w", err)
		}
		switch token := token.(type) {
		case xml.CharData:
			if len(bytes.TrimSpace(token)) > 0 {
				x.next = token.Copy()
			}
		case xml.Comment:
		case xml.ProcInst:
			if !first || token.Target != "xml" {
				return nil, x.Fail("processing instructions are not allowed")
			}
		case xml.Directive:
			return nil, x.Fail("a DTD is not allowed")
		default:
			x.next = token
		}
	}
	return x.next, nil
}

// At reports whether the next element has this name.
func (x *Reader) At(name string) bool {
	token, err := x.peek()
	start, ok := token.(xml.StartElement)
	return err == nil && ok && start.Name.Local == name && start.Name.Space == x.ns
}

// Next is the name of the next element, "" when none follows here.
func (x *Reader) Next() string {
	token, err := x.peek()
	start, ok := token.(xml.StartElement)
	if err != nil || !ok || start.Name.Space != x.ns {
		return ""
	}
	return start.Name.Local
}

// Offset is how many bytes of a UTF-8 file stand before what is next.
func (x *Reader) Offset() (int64, error) {
	_, err := x.peek()
	return x.mark + x.at, err
}

// UTF8 refuses other character sets from here on.
func (x *Reader) UTF8() {
	x.d.CharsetReader = func(charset string, _ io.Reader) (io.Reader, error) {
		return nil, fmt.Errorf("character set %.40q is not UTF-8", charset)
	}
}

// Open takes the start of the element, which must be next, with these attributes;
// a name that ends in "?" may be left out.
func (x *Reader) Open(name string, attributes ...string) (map[string]string, error) {
	token, err := x.peek()
	if err == io.EOF {
		return nil, x.Fail("the file ends where %s is due", name)
	}
	if err != nil {
		return nil, err
	}
	start, ok := token.(xml.StartElement)
	switch {
	case !ok:
		return nil, x.Fail("%s is missing", name)
	case start.Name.Local != name:
		return nil, x.Fail("%.40q where %s is due", start.Name.Local, name)
	case start.Name.Space != x.ns:
		return nil, x.Fail("%s has namespace %.80q instead of %q", name, start.Name.Space, x.ns)
	}
	x.next = nil
	x.path = append(x.path, name)
	return x.attributes(start, attributes)
}

func (x *Reader) attributes(start xml.StartElement, known []string) (map[string]string, error) {
	if len(start.Attr)+len(known) == 0 {
		return nil, nil
	}
	got := map[string]string{}
	for _, a := range start.Attr {
		switch {
		case a.Name.Local == "xmlns" && a.Name.Space == "", a.Name.Space == "xmlns":
			continue
		case a.Name.Space == "http://www.w3.org/2001/XMLSchema-instance" && (a.Name.Local == "schemaLocation" || a.Name.Local == "noNamespaceSchemaLocation"):
			continue
		case a.Name.Space != "":
			return nil, x.Fail("attribute %.40q has a namespace", a.Name.Local)
		}
		if _, twice := got[a.Name.Local]; twice {
			return nil, x.Fail("attribute %.40q stands twice", a.Name.Local)
		}
		got[a.Name.Local] = a.Value
	}
	used := 0
	for _, name := range known {
		name, optional := strings.CutSuffix(name, "?")
		_, given := got[name]
		if !given && !optional {
			return nil, x.Fail("attribute %s is missing", name)
		}
		if given {
			used++
		}
	}
	if used != len(got) {
		return nil, x.Fail("an attribute is unknown")
	}
	return got, nil
}

// Close takes the end of the element that was opened last.
func (x *Reader) Close() error {
	token, err := x.peek()
	if err != nil && err != io.EOF {
		return err
	}
	switch token := token.(type) {
	case xml.EndElement:
	case xml.StartElement:
		return x.Fail("%.40q is not expected here", token.Name.Local)
	default:
		return x.Fail("text is not expected here")
	}
	x.next = nil
	x.path = x.path[:len(x.path)-1]
	return nil
}

// Empty takes an element that has attributes only, as Open does.
func (x *Reader) Empty(name string, attributes ...string) (map[string]string, error) {
	a, err := x.Open(name, attributes...)
	if err != nil {
		return nil, err
	}
	return a, x.Close()
}

// Skip takes an element with all that is in it.
func (x *Reader) Skip(name string) error {
	if !x.At(name) {
		return x.Fail("%s is missing", name)
	}
	x.next = nil
	if err := x.d.Skip(); err != nil {
		return x.Fail("%w", err)
	}
	return nil
}

// Text takes an element that holds text only.
func (x *Reader) Text(name string) (string, error) {
	text, _, err := x.TextWith(name)
	return text, err
}

// TextWith is Text for an element with attributes, which are as for Open.
func (x *Reader) TextWith(name string, attributes ...string) (string, map[string]string, error) {
	got, err := x.Open(name, attributes...)
	if err != nil {
		return "", nil, err
	}
	text, err := x.text()
	return text, got, err
}

func (x *Reader) text() (string, error) {
	var b strings.Builder
	for {
		token, err := x.d.Token()
		if err != nil {
			return "", x.Fail("%w", err)
		}
		switch token := token.(type) {
		case xml.CharData:
			if b.Len()+len(token) > 64<<10 {
				return "", x.Fail("the text is too long")
			}
			b.Write(token)
		case xml.Comment:
		case xml.EndElement:
			x.path = x.path[:len(x.path)-1]
			return b.String(), nil
		default:
			return "", x.Fail("only text is expected here")
		}
	}
}

// End accepts nothing after the root.
func (x *Reader) End() error {
	if _, err := x.peek(); err != io.EOF {
		return errors.Join(err, x.Fail("something follows the end"))
	}
	return nil
}

// latin1 turns ISO-8859-1 into UTF-8.
type latin1 struct {
	r    io.ByteReader
	rest byte
}

func (l *latin1) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		if l.rest != 0 {
			p[n], l.rest = l.rest, 0
			n++
			continue
		}
		c, err := l.r.ReadByte()
		if err != nil {
			if n > 0 {
				err = nil
			}
			return n, err
		}
		if c >= 0x80 {
			l.rest = 0x80 | c&0x3f
			c = 0xc0 | c>>6
		}
		p[n] = c
		n++
	}
	return n, nil
}

// Writer writes indented elements; the first error stays.
type Writer struct {
	w     *bufio.Writer
	depth int
	err   error
}

// NewWriter writes the XML declaration and then what it is told, in UTF-8.
func NewWriter(w io.Writer) *Writer {
	x := &Writer{w: bufio.NewWriter(w)}
	x.w.WriteString(xml.Header)
	return x
}

// Start opens an element; attributes are pairs, and empty values of names that
// end in "?" are left out.
func (x *Writer) Start(name string, attributes ...string) {
	x.tag(name, attributes)
	x.w.WriteString(">\n")
	x.depth++
}

// Empty writes an element that has attributes only, as Start does.
func (x *Writer) Empty(name string, attributes ...string) {
	x.tag(name, attributes)
	x.w.WriteString("/>\n")
}

func (x *Writer) tag(name string, attributes []string) {
	x.indent()
	x.w.WriteString("<" + name)
	for i := 0; i+1 < len(attributes); i += 2 {
		attribute, optional := strings.CutSuffix(attributes[i], "?")
		if optional && attributes[i+1] == "" {
			continue
		}
		x.w.WriteString(" " + attribute + `="`)
		x.escape(attributes[i+1])
		x.w.WriteByte('"')
	}
}

// End closes the element that was started last.
func (x *Writer) End(name string) {
	x.depth--
	x.indent()
	x.w.WriteString("</" + name + ">\n")
}

// Text writes an element that holds text only.
func (x *Writer) Text(name, value string) {
	x.indent()
	x.w.WriteString("<" + name + ">")
	x.escape(value)
	x.w.WriteString("</" + name + ">\n")
}

// Option is text, unless the value is empty.
func (x *Writer) Option(name, value string) {
	if value != "" {
		x.Text(name, value)
	}
}

func (x *Writer) indent() {
	for range x.depth {
		x.w.WriteString("  ")
	}
}

func (x *Writer) escape(s string) {
	for _, c := range s {
		if c == '\uFFFD' || c < ' ' && c != '\t' && c != '\n' && c != '\r' {
			x.err = errors.Join(x.err, fmt.Errorf("a text holds a character that XML cannot carry"))
			return
		}
	}
	if err := xml.EscapeText(x.w, []byte(s)); err != nil && x.err == nil {
		x.err = err
	}
}

// Flush hands everything to the underlying writer and gives the first error.
func (x *Writer) Flush() error {
	if err := x.w.Flush(); err != nil && x.err == nil {
		x.err = err
	}
	return x.err
}

// Rewindable is r itself when it can seek, else its bytes in memory.
func Rewindable(r io.Reader) (io.ReadSeeker, int64, error) {
	if s, ok := r.(io.ReadSeeker); ok {
		if start, err := s.Seek(0, io.SeekCurrent); err == nil {
			return s, start, nil
		}
	}
	data, err := io.ReadAll(r)
	return bytes.NewReader(data), 0, err
}
