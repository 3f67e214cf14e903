package loket

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"loket-etl/loket/contract"
)

const (
	maxDepth = 64
	maxNodes = 1_000_000
)

// errXML is in every error about an answer that is not the XML it should be.
// None quotes the answer.
var errXML = errors.New("the answer is not the XML it should be")

func badXML(format string, args ...any) error {
	return fmt.Errorf("%w: %s", errXML, fmt.Sprintf(format, args...))
}

// reader builds the tree of one document. It refuses document types, processing
// instructions but the XML declaration, other encodings than UTF-8, undeclared
// prefixes, doubled attributes, text after the root and everything deeper or
// larger than its limits.
type reader struct {
	d     *xml.Decoder
	open  []frame
	nodes int
	root  *Node
}

// frame is an element that is still open.
type frame struct {
	node   *Node
	tag    xml.Name // prefix and local name as written
	spaces []xml.Attr
	text   []byte
}

func readTree(data []byte) (*Node, error) {
	r := &reader{d: xml.NewDecoder(bytes.NewReader(data))}
	for {
		start := r.d.InputOffset()
		token, err := r.d.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			line, column := r.d.InputPos()
			return nil, badXML("not well-formed at line %d, column %d", line, column)
		}
		if err := r.take(token, start); err != nil {
			return nil, err
		}
	}
	if r.root == nil || len(r.open) > 0 {
		return nil, badXML("it ends too early")
	}
	return r.root, nil
}

func (r *reader) take(token xml.Token, offset int64) error {
	switch t := token.(type) {
	case xml.StartElement:
		return r.start(t)
	case xml.EndElement:
		return r.end(t)
	case xml.CharData:
		if len(r.open) > 0 {
			f := &r.open[len(r.open)-1]
			f.text = append(f.text, t...)
		} else if len(bytes.TrimSpace(t)) > 0 && !(offset == 0 && string(t) == "\ufeff") {
			return badXML("text outside the root element")
		}
	case xml.ProcInst:
		if t.Target != "xml" || offset > 3 { // a byte order mark may stand before it
			return badXML("a processing instruction")
		}
	case xml.Directive:
		return badXML("a document type")
	}
	return nil
}

func (r *reader) start(t xml.StartElement) error {
	if len(r.open) == 0 && r.root != nil {
		return badXML("more than one root element")
	}
	if len(r.open) >= maxDepth {
		return badXML("deeper than %d elements", maxDepth)
	}
	if r.nodes++; r.nodes > maxNodes {
		return badXML("more than %d elements", maxNodes)
	}
	f := frame{node: &Node{Name: t.Name.Local}, tag: t.Name}
	for i, a := range t.Attr {
		for _, b := range t.Attr[:i] {
			if a.Name == b.Name {
				return badXML("an attribute stands twice")
			}
		}
		if a.Name.Space == "xmlns" || a.Name.Space == "" && a.Name.Local == "xmlns" {
			f.spaces = append(f.spaces, a)
		}
	}
	r.open = append(r.open, f)
	var err error
	if f.node.Space, err = r.space(t.Name.Space, false); err != nil {
		return err
	}
	if err := r.attributes(f.node, t.Attr); err != nil {
		return err
	}
	if len(r.open) == 1 {
		r.root = f.node
		return nil
	}
	parent := r.open[len(r.open)-2].node
	parent.Kids = append(parent.Kids, f.node)
	return nil
}

func (r *reader) attributes(n *Node, attrs []xml.Attr) error {
	var seen map[xml.Name]bool
	for _, a := range attrs {
		if a.Name.Space == "xmlns" || a.Name.Space == "" {
			continue
		}
		space, err := r.space(a.Name.Space, true)
		if err != nil {
			return err
		}
		name := xml.Name{Space: space, Local: a.Name.Local}
		if seen[name] {
			return badXML("an attribute stands twice")
		}
		if seen == nil {
			seen = map[xml.Name]bool{}
		}
		seen[name] = true
		if space != xsiNamespace || a.Name.Local != "nil" {
			continue
		}
		switch strings.TrimSpace(a.Value) {
		case "true", "1":
			n.Nil = true
		case "false", "0":
		default:
			return badXML("xsi:nil is neither true nor false")
		}
	}
	return nil
}

// space is the namespace that a prefix stands for here.
func (r *reader) space(prefix string, attribute bool) (string, error) {
	if prefix == "xml" {
		return "http://www.w3.org/XML/1998/namespace", nil
	}
	for i := len(r.open) - 1; i >= 0; i-- {
		for _, a := range r.open[i].spaces {
			switch {
			case prefix == "" && a.Name.Space == "" && !attribute:
				return a.Value, nil
			case prefix != "" && a.Name.Space == "xmlns" && a.Name.Local == prefix && a.Value != "":
				return a.Value, nil
			}
		}
	}
	if prefix == "" {
		return "", nil
	}
	return "", badXML("a prefix that is not declared")
}

func (r *reader) end(t xml.EndElement) error {
	if len(r.open) == 0 || r.open[len(r.open)-1].tag != t.Name {
		return badXML("start and end of an element differ")
	}
	f := &r.open[len(r.open)-1]
	f.node.Value = string(f.text)
	if len(f.node.Kids) > 0 {
		if strings.TrimSpace(f.node.Value) != "" {
			return badXML("text between the elements of %s", known(f.node.Name))
		}
		f.node.Value = ""
	}
	if f.node.Nil && (f.node.Value != "" || len(f.node.Kids) > 0) {
		return badXML("%s is nil and has content", known(f.node.Name))
	}
	r.open = r.open[:len(r.open)-1]
	return nil
}

// known is the name if the contract has it; errors quote nothing else of an
// answer.
func known(name string) string {
	if contractNames()[name] {
		return name
	}
	return "an element"
}

var contractNames = sync.OnceValue(func() map[string]bool {
	names := map[string]bool{}
	add := func(params []contract.Param) {
		for _, p := range params {
			names[p.Name] = true
		}
	}
	for _, f := range contract.Functions() {
		names[f.ResponseElement] = true
		add(f.Response())
	}
	for _, c := range contract.Complexes() {
		add(c.Fields)
	}
	return names
})

// body is the one element inside the SOAP body.
func body(data []byte) (*Node, error) {
	root, err := readTree(data)
	if err != nil {
		return nil, err
	}
	if root.Name != "Envelope" || root.Space != soapNamespace {
		return nil, badXML("not a SOAP 1.1 envelope")
	}
	kids := root.Kids
	if len(kids) > 0 && kids[0].Name == "Header" && kids[0].Space == soapNamespace {
		kids = kids[1:]
	}
	if len(kids) != 1 || kids[0].Name != "Body" || kids[0].Space != soapNamespace || len(kids[0].Kids) != 1 {
		return nil, badXML("not one body with one element")
	}
	return kids[0].Kids[0], nil
}

// checkReply holds the response element against the contract: names, namespaces,
// order, occurrence and types. An element that the contract does not have is
// refused.
func checkReply(n *Node, f *contract.Function, namespace string) error {
	if n.Name != f.ResponseElement || n.Space != namespace {
		return badXML("not a %s of this service", f.ResponseElement)
	}
	return checkKids(n, namespace, f.Response())
}

func checkKids(n *Node, space string, params []contract.Param) error {
	at, count := 0, 0
	for _, k := range n.Kids {
		if k.Space != space {
			return badXML("%s in %s has another namespace", known(k.Name), n.Name)
		}
		for at < len(params) && params[at].Name != k.Name {
			if count < params[at].Min {
				return badXML("%s in %s is missing", params[at].Name, n.Name)
			}
			at, count = at+1, 0
		}
		if at == len(params) {
			return badXML("%s does not belong there in %s", known(k.Name), n.Name)
		}
		if count++; params[at].Max != contract.Unbounded && count > params[at].Max {
			return badXML("%s in %s stands too often", params[at].Name, n.Name)
		}
		if err := checkElement(k, params[at]); err != nil {
			return err
		}
	}
	for ; at < len(params); at, count = at+1, 0 {
		if count < params[at].Min {
			return badXML("%s in %s is missing", params[at].Name, n.Name)
		}
	}
	if len(n.Kids) == 0 && strings.TrimSpace(n.Value) != "" {
		return badXML("%s has text", n.Name)
	}
	return nil
}

func checkElement(n *Node, p contract.Param) error {
	if n.Nil {
		if !p.Nillable {
			return badXML("%s is nil", p.Name)
		}
		return nil
	}
	if c, ok := contract.LookupComplex(p.Type); ok {
		return checkKids(n, contract.TypesNamespace, c.Fields)
	}
	t, ok := contract.LookupType(p.Type)
	if !ok || len(n.Kids) > 0 {
		return badXML("%s has elements inside", p.Name)
	}
	if err := t.Check(n.Value); err != nil {
		return badXML("%s: %s", p.Name, err)
	}
	return nil
}
