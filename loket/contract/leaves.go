package contract

import "strings"

// Leaf is one value of a request: an element of a simple type, in the request
// itself or in a group of elements.
type Leaf struct {
	Param
	// Field is the name that the value has in a record of Loket, unique in the
	// request: "Straat", and "PostStraat" in a postal address.
	Field  string
	Groups []Param // the groups that the element lies in, outermost first
	Table  string  // code table of a code; "" when there is none or it is not known
}

// Needed reports whether every call has the value.
func (l Leaf) Needed() bool {
	for _, g := range l.Groups {
		if g.Min == 0 {
			return false
		}
	}
	return l.Min > 0
}

// Leaves are the values of a request in the contract's order. Files are not among
// them.
func (f Function) Leaves() []Leaf { return leaves(nil, f.Params) }

// Leaf finds a value of a request by the name of its field.
func (f Function) Leaf(field string) (Leaf, bool) {
	for _, l := range f.Leaves() {
		if l.Field == field {
			return l, true
		}
	}
	return Leaf{}, false
}

func leaves(groups, params []Param) []Leaf {
	var all []Leaf
	for _, p := range params {
		if c, ok := LookupComplex(p.Type); ok {
			if p.Type != "Bestand" {
				all = append(all, leaves(append(groups[:len(groups):len(groups)], p), c.Fields)...)
			}
			continue
		}
		if p.Type == "base64Binary" {
			continue
		}
		l := Leaf{Param: p, Field: p.Name, Groups: groups}
		if n := len(groups); n > 0 && groups[n-1].Type == "Postadres" && !strings.HasPrefix(p.Name, "Postbus") {
			l.Field = "Post" + p.Name
		}
		l.Table = tableOf(l)
		all = append(all, l)
	}
	return all
}

// tableOf is the code table of the field that a value goes to.
func tableOf(l Leaf) string {
	if l.Type != "Code" {
		return ""
	}
	for i := range entities {
		if f, ok := entities[i].Field(l.Field); ok && f.Table != "" {
			return f.Table
		}
	}
	return ""
}

// In is the argument that holds the value; there is false when it is absent. A
// group that is Nil gives Nil for all that lies in it.
func (l Leaf) In(args map[string]any) (v any, there bool) {
	for _, g := range l.Groups {
		switch group := args[g.Name].(type) {
		case Nil:
			return Nil{}, true
		case map[string]any:
			args = group
		default:
			return nil, false
		}
	}
	v, there = args[l.Name]
	return v, there
}

// Put sets the argument, in its groups.
func (l Leaf) Put(args map[string]any, v any) {
	for _, g := range l.Groups {
		group, ok := args[g.Name].(map[string]any)
		if !ok {
			group = map[string]any{}
			args[g.Name] = group
		}
		args = group
	}
	args[l.Name] = v
}
