package loket

import (
	"time"

	"loket-etl/loket/contract"
	"loket-etl/payroll"
)

// Node is one element of an answer that was checked against the contract. All
// methods may be called on a nil *Node, which is an absent element.
type Node struct {
	Space, Name string // namespace and local name
	Value       string // character data; for elements with children nothing but white space
	Nil         bool   // xsi:nil
	Kids        []*Node
}

// Child is the first child of the name, or nil.
func (n *Node) Child(name string) *Node {
	if n == nil {
		return nil
	}
	for _, k := range n.Kids {
		if k.Name == name {
			return k
		}
	}
	return nil
}

// Children are all children of the name, in order.
func (n *Node) Children(name string) []*Node {
	if n == nil {
		return nil
	}
	var all []*Node
	for _, k := range n.Kids {
		if k.Name == name {
			all = append(all, k)
		}
	}
	return all
}

// Text is the text of the child, "" when it is absent.
func (n *Node) Text(name string) string {
	if k := n.Child(name); k != nil {
		return k.Value
	}
	return ""
}

// value is the child's text as its type; the answer was checked, so the only
// way to the zero value is an absent or empty element.
func value[T any](n *Node, name, typ string) T {
	var zero T
	k := n.Child(name)
	t, ok := contract.LookupType(typ)
	if k == nil || k.Nil || !ok {
		return zero
	}
	v, err := t.Value(k.Value)
	if err != nil {
		return zero
	}
	typed, _ := v.(T)
	return typed
}

// Int, Long, Bool, Date, Cents and Time read the text of a child; the zero value
// stands for an absent one.
func (n *Node) Int(name string) int             { return value[int](n, name, "int") }
func (n *Node) Long(name string) int64          { return value[int64](n, name, "long") }
func (n *Node) Bool(name string) bool           { return value[bool](n, name, "boolean") }
func (n *Node) Date(name string) payroll.Date   { return value[payroll.Date](n, name, "date") }
func (n *Node) Cents(name string) payroll.Cents { return value[payroll.Cents](n, name, "Bedrag") }
func (n *Node) Time(name string) time.Time      { return value[time.Time](n, name, "dateTime") }

// File is the child as a file.
func (n *Node) File(name string) contract.File {
	k := n.Child(name)
	return contract.File{
		Name:     k.Text("Bestandsnaam"),
		MimeType: k.Text("MimeType"),
		Content:  value[[]byte](k, "Inhoud", "base64Binary"),
	}
}
