package xmldoc

import (
	"encoding/xml"
	"io"
	"strings"
)

// maxLevels is how deep the elements of a document may lie.
const maxLevels = 64

// Event is the next start, end or text of a document whose elements are not known
// beforehand, in any namespace; io.EOF after the root. It refuses a DTD,
// processing instructions, attributes that stand twice, prefixes of no namespace,
// more than 64 levels, text outside the root and a second root. It is not to be
// mixed with the other ways to read, except Line and Input.
func (x *Reader) Event() (xml.Token, error) {
	token, err := x.peek()
	if err == io.EOF && len(x.path) == 0 {
		if !x.rooted {
			return nil, x.Fail("the file has no element")
		}
		return nil, io.EOF
	}
	if err != nil {
		if err == io.EOF {
			err = x.Fail("the file ends too early")
		}
		return nil, err
	}
	x.next = nil
	switch token := token.(type) {
	case xml.StartElement:
		if len(x.path) == 0 && x.rooted {
			return nil, x.Fail("something follows the end")
		}
		if len(x.path) == maxLevels {
			return nil, x.Fail("nested deeper than %d levels", maxLevels)
		}
		if err := x.proper(token); err != nil {
			return nil, err
		}
		x.rooted = true
		x.path = append(x.path, token.Name.Local)
	case xml.EndElement:
		x.path = x.path[:len(x.path)-1]
	case xml.CharData:
		if len(x.path) == 0 {
			return nil, x.Fail("text is not expected here")
		}
	}
	return token, nil
}

// proper refuses doubled attributes and prefixes that stand for nothing, which
// the decoder leaves as they are; a namespace has a colon or a slash in it, or dots.
func (x *Reader) proper(start xml.StartElement) error {
	if isPrefix(start.Name.Space) {
		return x.Fail("prefix %.40q stands for no namespace", start.Name.Space)
	}
	for i, a := range start.Attr {
		if a.Name.Space != "xmlns" && isPrefix(a.Name.Space) {
			return x.Fail("prefix %.40q stands for no namespace", a.Name.Space)
		}
		for _, b := range start.Attr[:i] {
			if a.Name == b.Name {
				return x.Fail("attribute %.40q stands twice", a.Name.Local)
			}
		}
	}
	return nil
}

func isPrefix(space string) bool { return space != "" && !strings.ContainsAny(space, ":/.#") }

// Line is the line that was read to last.
func (x *Reader) Line() int {
	line, _ := x.d.InputPos()
	return line
}

// Input is how many bytes were read to where we are.
func (x *Reader) Input() int64 { return x.mark + x.d.InputOffset() }
