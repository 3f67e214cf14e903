package sandbox

import (
	"bufio"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Limits of any XML that comes in. A contract request has a depth of six.
const (
	maxDepth      = 32
	maxAttributes = 64
)

const nsInstance = "http://www.w3.org/2001/XMLSchema-instance"

// errTooMany is returned for a document with more elements than allowed.
var errTooMany = errors.New("te veel elementen")

// element is an element with all below it. Names are resolved; comments are gone.
type element struct {
	space, local string
	attrs        []attribute // without namespace declarations
	text         string      // its own character data, joined
	kids         []*element
	line         int // on which its start tag ends
}

type attribute struct{ space, local, value string }

// attr is the value of an attribute, "" and false when it is absent.
func (e *element) attr(space, local string) (string, bool) {
	for _, a := range e.attrs {
		if a.space == space && a.local == local {
			return a.value, true
		}
	}
	return "", false
}

// blank reports whether the element has no text of its own but white space.
func (e *element) blank() bool { return strings.Trim(e.text, " \t\r\n") == "" }

// scanner reads XML 1.0 with namespaces strictly: no document type, no
// processing instruction, no entity but the five of XML, UTF-8 only. It resolves
// names and matches tags itself.
type scanner struct {
	dec     *xml.Decoder
	open    []xml.Name          // raw names of the open elements
	scopes  []map[string]string // namespace declarations per open element, nil for none
	budget  int                 // elements that may still come
	started bool                // the first token was read
	rooted  bool                // the root element was read
	foreign bool                // another character set was declared
}

// newScanner reads from r at most maxElements elements.
func newScanner(r io.Reader, maxElements int) *scanner {
	b := bufio.NewReaderSize(r, 64<<10)
	if head, err := b.Peek(3); err == nil && string(head) == "\xef\xbb\xbf" {
		_, _ = b.Discard(3)
	}
	s := &scanner{dec: xml.NewDecoder(b), budget: maxElements}
	s.dec.CharsetReader = func(string, io.Reader) (io.Reader, error) {
		s.foreign = true // the library wraps no error
		return nil, errCharset
	}
	return s
}

// errCharset refuses a message that says to be in another character set.
var errCharset = errors.New("alleen de tekenset UTF-8 wordt gelezen")

// token is a start tag (start set), an end tag, or text. At the end of the
// document next returns io.EOF.
type token struct {
	start *element
	end   bool
	text  []byte // valid until the next call
}

func (s *scanner) next() (token, error) {
	for {
		t, err := s.dec.RawToken()
		if err != nil {
			return token{}, s.ended(err)
		}
		first := !s.started
		s.started = true
		switch t := t.(type) {
		case xml.StartElement:
			e, err := s.push(t)
			return token{start: e}, err
		case xml.EndElement:
			if len(s.open) == 0 || s.open[len(s.open)-1] != t.Name {
				return token{}, errors.New("een eindtag past niet bij de begintag")
			}
			s.open, s.scopes = s.open[:len(s.open)-1], s.scopes[:len(s.scopes)-1]
			return token{end: true}, nil
		case xml.CharData:
			if len(s.open) > 0 {
				return token{text: t}, nil
			}
			if strings.Trim(string(t), " \t\r\n") != "" {
				return token{}, errors.New("tekst buiten het hoofdelement")
			}
		case xml.Comment:
		case xml.ProcInst:
			if !first || t.Target != "xml" {
				return token{}, errors.New("een processing instruction is niet toegestaan")
			}
		case xml.Directive:
			return token{}, errors.New("een documenttype (DTD) is niet toegestaan")
		}
	}
}

// ended is the error at the end of the input: io.EOF only after a whole document.
func (s *scanner) ended(err error) error {
	var syntax *xml.SyntaxError
	switch {
	case err == io.EOF && s.rooted && len(s.open) == 0:
		return io.EOF
	case err == io.EOF:
		return errors.New("het bericht is onvolledig")
	case s.foreign:
		return errCharset
	case errors.As(err, &syntax):
		// The library's text can quote the message, which may be personal.
		return fmt.Errorf("regel %d is geen welgevormde XML", syntax.Line)
	}
	return err
}

func (s *scanner) push(t xml.StartElement) (*element, error) {
	if len(s.open) == 0 && s.rooted {
		return nil, errors.New("na het hoofdelement volgt nog een element")
	}
	s.rooted = true
	if len(s.open) >= maxDepth {
		return nil, errors.New("elementen zijn te diep genest")
	}
	if s.budget--; s.budget < 0 {
		return nil, errTooMany
	}
	if len(t.Attr) > maxAttributes {
		return nil, errors.New("een element heeft te veel attributen")
	}
	scope, err := declarations(t.Attr)
	if err != nil {
		return nil, err
	}
	s.open, s.scopes = append(s.open, t.Name), append(s.scopes, scope)
	e := &element{local: t.Name.Local}
	e.line, _ = s.dec.InputPos()
	if e.space, err = s.resolve(t.Name.Space, true); err != nil {
		return nil, err
	}
	if !plainName(t.Name.Local) {
		return nil, errors.New("een elementnaam is ongeldig")
	}
	for _, a := range t.Attr {
		if isDeclaration(a.Name) {
			continue
		}
		space, err := s.resolve(a.Name.Space, false)
		if err != nil {
			return nil, err
		}
		if _, double := e.attr(space, a.Name.Local); double || !plainName(a.Name.Local) {
			return nil, errors.New("een attribuut staat dubbel of heeft een ongeldige naam")
		}
		e.attrs = append(e.attrs, attribute{space, a.Name.Local, a.Value})
	}
	return e, nil
}

func plainName(local string) bool { return local != "" && !strings.Contains(local, ":") }

func isDeclaration(n xml.Name) bool {
	return n.Space == "xmlns" || n.Space == "" && n.Local == "xmlns"
}

func declarations(attrs []xml.Attr) (map[string]string, error) {
	var scope map[string]string
	for _, a := range attrs {
		if !isDeclaration(a.Name) {
			continue
		}
		prefix := a.Name.Local
		if a.Name.Space == "" {
			prefix = ""
		}
		_, double := scope[prefix]
		if double || prefix == "xmlns" || prefix == "xml" || prefix != "" && a.Value == "" {
			return nil, errors.New("een namespacedeclaratie is dubbel of ongeldig")
		}
		if scope == nil {
			scope = map[string]string{}
		}
		scope[prefix] = a.Value
	}
	return scope, nil
}

func (s *scanner) resolve(prefix string, isElement bool) (string, error) {
	if prefix == "" && !isElement {
		return "", nil
	}
	if prefix == "xml" {
		return "http://www.w3.org/XML/1998/namespace", nil
	}
	for i := len(s.scopes) - 1; i >= 0; i-- {
		if space, ok := s.scopes[i][prefix]; ok {
			return space, nil
		}
	}
	if prefix == "" {
		return "", nil
	}
	return "", errors.New("een namespaceprefix is niet gedeclareerd")
}

// whole reads everything below the start tag that was just returned.
func (s *scanner) whole(e *element) error {
	stack := []*element{e}
	texts := [][]byte{nil}
	for len(stack) > 0 {
		t, err := s.next()
		if err != nil {
			return err
		}
		last := len(stack) - 1
		switch {
		case t.start != nil:
			stack[last].kids = append(stack[last].kids, t.start)
			stack, texts = append(stack, t.start), append(texts, nil)
		case t.end:
			stack[last].text = string(texts[last])
			stack, texts = stack[:last], texts[:last]
		default:
			texts[last] = append(texts[last], t.text...)
		}
	}
	return nil
}

// document reads one whole document.
func (s *scanner) document() (*element, error) {
	t, err := s.next()
	if err == io.EOF {
		return nil, errors.New("het bericht is leeg")
	}
	if err != nil {
		return nil, err
	}
	if err := s.whole(t.start); err != nil {
		return nil, err
	}
	if _, err := s.next(); err != io.EOF {
		if err == nil {
			err = errors.New("na het hoofdelement volgt nog iets")
		}
		return nil, err
	}
	return t.start, nil
}
