package contract

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
)

// Unbounded is Param.Max of an element that may repeat without end.
const Unbounded = -1

// Param is one element of a sequence: a parameter, a result or a member of a
// complex type.
type Param struct {
	Name     string // element name
	Type     string // name of a simple type (LookupType) or of a complex type (LookupComplex)
	Min, Max int    // occurrence; Max may be Unbounded
	Nillable bool   // may be sent as xsi:nil="true", which empties the field
	Default  string // what an absent element means; "" when it means "not given"
}

// Repeats reports whether the element may occur more than once; its argument is
// then a []any.
func (p Param) Repeats() bool { return p.Max == Unbounded || p.Max > 1 }

// Function is one operation of the contract.
type Function struct {
	Service   string  // portType and last part of the address: "LoketWebservice"
	Name      string  // operation and request element: "List"
	Namespace string  // of request and response elements and their direct children
	Action    string  // SOAPAction without its quotes
	Params    []Param // the request without UserToken, in order: exactly the keys of Call.Args
	Result    []Param // the response without the closing Meldingen, in order
	// AtLeastOne names parameters of which one must be there, what a sequence cannot say.
	AtLeastOne []string
	// Class is the static class; see ClassOf for ImporteerGegevens.
	Class Class
	// Probe is how a reader sees whether a call was carried out: an operation and
	// an entity ("Select Persoon"), or "" when Loket has no way to ask. See ProbeOf.
	Probe   string
	Aliases []string // other spellings of Name that a server accepts
	// ResponseElement is the name of the response element.
	ResponseElement string
	// NeedsToken is true for all but GetUserToken.
	NeedsToken bool
}

// FullName is "Service.Operation", unique over all services.
func (f Function) FullName() string { return f.Service + "." + f.Name }

// Request is the whole sequence of the request element: UserToken where the
// operation takes one, then Params.
func (f Function) Request() []Param {
	if !f.NeedsToken {
		return f.Params
	}
	return append([]Param{one("UserToken", "UserToken")}, f.Params...)
}

// Response is the whole sequence of the response element: Result, then the
// optional Meldingen.
func (f Function) Response() []Param {
	return append(f.Result[:len(f.Result):len(f.Result)], opt("Meldingen", "Meldingen"))
}

// Param finds a parameter by name.
func (f Function) Param(name string) (Param, bool) {
	for _, p := range f.Params {
		if p.Name == name {
			return p, true
		}
	}
	return Param{}, false
}

// ClassOf is the class of one call. It differs from Class only for
// ImporteerGegevens: leave and anything that adds is additive, a file of period
// values that replaces is overwrite. When in doubt it says additive.
func (f Function) ClassOf(call Call) Class {
	if f.Service != "ImporteerGegevens" {
		return f.Class
	}
	if call.Args["SoortGegevens"] != "VariabeleGegevens" {
		return Additive
	}
	switch call.Args["Verwerkingswijze"] {
	case nil, "Overschrijven", "NietOverschrijven":
	default:
		return Additive
	}
	file, ok := call.Args["Bestand"].(File)
	if !ok {
		return Additive
	}
	if call.Args["Formaat"] == "CSV" || !adds(file.Content) {
		return Overwrite
	}
	return Additive
}

// ProbeOf is the probe of one call, by its arguments for ImporteerGegevens.
func (f Function) ProbeOf(call Call) string {
	if f.Service == "ImporteerGegevens" && call.Args["SoortGegevens"] == "Verlof" {
		return "List Verlof"
	}
	return f.Probe
}

// adds reports whether an XML import file has a Component with Aanvulling true,
// or cannot be read to its end.
func adds(file []byte) bool {
	if !bytes.Contains(file, []byte("Aanvulling")) && bytes.HasPrefix(bytes.TrimSpace(file), []byte("<")) {
		return false
	}
	d := xml.NewDecoder(bytes.NewReader(file))
	seen := false
	for {
		t, err := d.RawToken()
		if err != nil {
			return !seen || !errors.Is(err, io.EOF)
		}
		start, ok := t.(xml.StartElement)
		if !ok {
			continue
		}
		seen = true
		for _, a := range start.Attr {
			if v := strings.TrimSpace(a.Value); a.Name.Local == "Aanvulling" && v != "false" && v != "0" {
				return true
			}
		}
	}
}

// Service is one of the nine webservices. ExportWebservice is phased out: it
// has an address but no namespace of use, no functions and no WSDL.
type Service struct {
	Number    int
	Name      string
	Namespace string
	Path      string // default path of the address: "/soap/<Name>"
}

// TypesNamespace is the namespace of the shared types: everything below the
// direct children of a request or response element, and LoketFout.
const TypesNamespace = "urn:loket-etl:soap:types:v1"

// Services are all nine, in the specification's order.
func Services() []Service {
	names := []string{
		"LoketWebservice", "GoedkeurenAnnulerenLoonaangifte", "AanleverenResponseMessage", "ImporteerGegevens",
		"ExportWebservice", "Werkgever", "Dossiervorming", "Persoon", "Dienstverband",
	}
	all := make([]Service, len(names))
	for i, name := range names {
		all[i] = Service{Number: i + 1, Name: name, Namespace: namespaceOf(name), Path: "/soap/" + name}
	}
	return all
}

func namespaceOf(service string) string {
	return "urn:loket-etl:soap:" + strings.ToLower(service) + ":v1"
}

var (
	functions = complete(table)
	byName    = index(functions)
)

// complete fills in what follows from service and name.
func complete(fs []Function) []Function {
	for i := range fs {
		f := &fs[i]
		f.Namespace = namespaceOf(f.Service)
		f.Action = f.Namespace + "#" + f.Name
		f.ResponseElement = f.Name + "Response"
		f.NeedsToken = f.Name != "GetUserToken"
		camel := strings.ToLower(f.Name[:1]) + f.Name[1:]
		f.Aliases = append([]string{camel}, f.Aliases...)
	}
	return fs
}

// index maps full names, and bare names that occur in one service only.
func index(fs []Function) map[string]*Function {
	names := map[string]*Function{}
	count := map[string]int{}
	for i := range fs {
		names[fs[i].FullName()] = &fs[i]
		count[fs[i].Name]++
	}
	for i := range fs {
		if count[fs[i].Name] == 1 {
			names[fs[i].Name] = &fs[i]
		}
	}
	return names
}

// Functions are all operations, in the order of the contract. The slice is the
// caller's; what it points to is shared and not to be changed.
func Functions() []Function { return append([]Function(nil), functions...) }

// Lookup finds a function by full name ("Persoon.WijzigenAdresGegevens") or by
// its bare operation name where only one service has it ("List").
// WijzigenAdresGegevens alone is not found: two services have it.
func Lookup(name string) (*Function, bool) {
	f, ok := byName[name]
	return f, ok
}

// Operation finds a function of a service by the local name of a request
// element, aliases included.
func Operation(service, element string) (*Function, bool) {
	if f, ok := byName[service+"."+element]; ok {
		return f, true
	}
	for i := range functions {
		f := &functions[i]
		if f.Service != service {
			continue
		}
		for _, a := range f.Aliases {
			if a == element {
				return f, true
			}
		}
	}
	return nil, false
}

func one(name, typ string) Param  { return Param{Name: name, Type: typ, Min: 1, Max: 1} }
func opt(name, typ string) Param  { return Param{Name: name, Type: typ, Min: 0, Max: 1} }
func many(name, typ string) Param { return Param{Name: name, Type: typ, Min: 0, Max: Unbounded} }
func some(name, typ string) Param { return Param{Name: name, Type: typ, Min: 1, Max: Unbounded} }
func oneNil(name, typ string) Param {
	return Param{Name: name, Type: typ, Min: 1, Max: 1, Nillable: true}
}
func optNil(name, typ string) Param {
	return Param{Name: name, Type: typ, Min: 0, Max: 1, Nillable: true}
}

func (p Param) or(value string) Param { p.Default = value; return p }
