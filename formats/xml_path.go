package formats

import (
	"encoding/xml"
	"errors"
	"fmt"
	"strings"
)

// XMLPath is where a value stands: up from the record, then down elements, to the
// text of the last or to an attribute of it.
type XMLPath struct {
	Self  xml.Name // if it has one, only of records that are called so
	Up    int
	Steps []XMLStep
	Attr  string
}

// XMLStep is an element, of which an attribute may have to have a value.
type XMLStep struct {
	Name        xml.Name
	Attr, Value string
}

// ParseXMLPath reads a path like "../Person/Id[@idOwner=Customer]/IdValue",
// "RateOrAmount/@multiplier" or, for the text of the record itself, "."; prefixes
// are those of spaces. A path of one kind of record only begins with its name,
// "self::Allowance/Amount".
func ParseXMLPath(path string, spaces map[string]string) (XMLPath, error) {
	var p XMLPath
	parts := strings.Split(path, "/")
	if self, ok := strings.CutPrefix(parts[0], "self::"); ok {
		step, err := xmlStep(self, spaces)
		if err != nil || step.Attr != "" || len(parts) == 1 {
			return p, fmt.Errorf("path %q: want self::name/path", path)
		}
		p.Self = step.Name
		parts = parts[1:]
	}
	for len(parts) > 0 && parts[0] == ".." {
		p.Up++
		parts = parts[1:]
	}
	if len(parts) == 1 && parts[0] == "." && p.Up == 0 {
		return p, nil
	}
	for i, part := range parts {
		if name, ok := strings.CutPrefix(part, "@"); ok && i == len(parts)-1 && name != "" {
			p.Attr = name
			return p, nil
		}
		step, err := xmlStep(part, spaces)
		if err != nil {
			return p, fmt.Errorf("path %q: %w", path, err)
		}
		p.Steps = append(p.Steps, step)
	}
	if len(p.Steps) == 0 {
		return p, fmt.Errorf("path %q leads to no element", path)
	}
	return p, nil
}

func xmlStep(part string, spaces map[string]string) (XMLStep, error) {
	var s XMLStep
	name, test, tested := strings.Cut(part, "[")
	if tested {
		test, closed := strings.CutSuffix(test, "]")
		attr, value, equal := strings.Cut(strings.TrimPrefix(test, "@"), "=")
		if !closed || !equal || attr == "" || test[0] != '@' {
			return s, fmt.Errorf("%q: want element[@attribute=value]", part)
		}
		s.Attr, s.Value = attr, strings.Trim(value, `"'`)
	}
	prefix, local, prefixed := strings.Cut(name, ":")
	if !prefixed {
		prefix, local = "", name
	}
	space, known := spaces[prefix]
	if prefixed && !known {
		return s, fmt.Errorf("prefix %q has no namespace", prefix)
	}
	if local == "" || strings.ContainsAny(local, " @.*[]:") {
		return s, errors.New("an element has a name")
	}
	s.Name = xml.Name{Space: space, Local: local}
	return s, nil
}

// xmlNode is a place in the document that a path goes through or ends at.
type xmlNode struct {
	step     XMLStep
	children []*xmlNode
	text     []int // slots that its text fills
	attrs    []xmlAttr
	record   bool
	scope    int // level from 1, when values of this element are used by records below
}

type xmlAttr struct {
	name string
	slot int
}

func (n *xmlNode) child(s XMLStep) *xmlNode {
	for _, c := range n.children {
		if c.step == s {
			return c
		}
	}
	c := &xmlNode{step: s}
	n.children = append(n.children, c)
	return c
}

func (s *XMLStep) matches(start *xml.StartElement) bool {
	if s.Name != start.Name {
		return false
	}
	if s.Attr == "" {
		return true
	}
	for _, a := range start.Attr {
		if a.Name.Local == s.Attr && a.Name.Space == "" {
			return a.Value == s.Value
		}
	}
	return false
}
