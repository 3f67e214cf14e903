package contract

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const xsd = "http://www.w3.org/2001/XMLSchema"

// The files are read here with structures of their own, so that what the
// generator gets wrong does not go unseen.
type (
	xsdSchema struct {
		Target   string       `xml:"targetNamespace,attr"`
		Form     string       `xml:"elementFormDefault,attr"`
		Elements []xsdElement `xml:"http://www.w3.org/2001/XMLSchema element"`
		Simple   []xsdSimple  `xml:"http://www.w3.org/2001/XMLSchema simpleType"`
		Complex  []xsdComplex `xml:"http://www.w3.org/2001/XMLSchema complexType"`
	}
	xsdElement struct {
		Name     string      `xml:"name,attr"`
		Type     string      `xml:"type,attr"`
		Min      string      `xml:"minOccurs,attr"`
		Max      string      `xml:"maxOccurs,attr"`
		Nillable string      `xml:"nillable,attr"`
		Note     string      `xml:"annotation>documentation"`
		Complex  *xsdComplex `xml:"http://www.w3.org/2001/XMLSchema complexType"`
	}
	xsdComplex struct {
		Name     string `xml:"name,attr"`
		Sequence struct {
			Elements []xsdElement `xml:"http://www.w3.org/2001/XMLSchema element"`
		} `xml:"http://www.w3.org/2001/XMLSchema sequence"`
	}
	xsdSimple struct {
		Name        string `xml:"name,attr"`
		Restriction struct {
			Base   string     `xml:"base,attr"`
			Facets []xsdFacet `xml:",any"`
		} `xml:"restriction"`
	}
	xsdFacet struct {
		XMLName xml.Name
		Value   string `xml:"value,attr"`
	}
	wsdlDoc struct {
		Name     string      `xml:"name,attr"`
		Target   string      `xml:"targetNamespace,attr"`
		Schemas  []xsdSchema `xml:"types>schema"`
		Messages []struct {
			Name string `xml:"name,attr"`
			Part struct {
				Name    string `xml:"name,attr"`
				Element string `xml:"element,attr"`
			} `xml:"part"`
		} `xml:"message"`
		PortType struct {
			Name       string          `xml:"name,attr"`
			Operations []wsdlOperation `xml:"operation"`
		} `xml:"portType"`
		Binding struct {
			Name, Type string `xml:",any,attr"`
			Soap       struct {
				Style     string `xml:"style,attr"`
				Transport string `xml:"transport,attr"`
			} `xml:"http://schemas.xmlsoap.org/wsdl/soap/ binding"`
			Operations []wsdlOperation `xml:"operation"`
		} `xml:"binding"`
		Service struct {
			Name string `xml:"name,attr"`
			Port struct {
				Address struct {
					Location string `xml:"location,attr"`
				} `xml:"http://schemas.xmlsoap.org/wsdl/soap/ address"`
			} `xml:"port"`
		} `xml:"service"`
	}
	wsdlOperation struct {
		Name string `xml:"name,attr"`
		Soap struct {
			Action string `xml:"soapAction,attr"`
		} `xml:"http://schemas.xmlsoap.org/wsdl/soap/ operation"`
		Input, Output wsdlMessage
		Fault         wsdlMessage
	}
	wsdlMessage struct {
		Name    string `xml:"name,attr"`
		Message string `xml:"message,attr"`
		Body    struct {
			Use string `xml:"use,attr"`
		} `xml:"http://schemas.xmlsoap.org/wsdl/soap/ body"`
	}
)

func (o *wsdlOperation) UnmarshalXML(d *xml.Decoder, start xml.StartElement) error {
	var raw struct {
		Name string `xml:"name,attr"`
		Soap struct {
			Action string `xml:"soapAction,attr"`
		} `xml:"http://schemas.xmlsoap.org/wsdl/soap/ operation"`
		Input  wsdlMessage `xml:"input"`
		Output wsdlMessage `xml:"output"`
		Fault  wsdlMessage `xml:"http://schemas.xmlsoap.org/wsdl/ fault"`
	}
	if err := d.DecodeElement(&raw, &start); err != nil {
		return err
	}
	*o = wsdlOperation{Name: raw.Name, Soap: raw.Soap, Input: raw.Input, Output: raw.Output, Fault: raw.Fault}
	return nil
}

// local is the local part of a name with prefix; the prefixes of the files are
// t, tns and xsd.
func local(name string) string { return name[strings.IndexByte(name, ':')+1:] }

func paramsOf(t *testing.T, elements []xsdElement) []Param {
	t.Helper()
	var params []Param
	for _, e := range elements {
		p := Param{Name: e.Name, Type: local(e.Type), Min: 1, Max: 1, Nillable: e.Nillable == "true"}
		p.Default = strings.TrimPrefix(e.Note, "absent: ")
		for text, n := range map[string]*int{e.Min: &p.Min, e.Max: &p.Max} {
			switch text {
			case "":
			case "unbounded":
				*n = Unbounded
			default:
				var err error
				if *n, err = strconv.Atoi(text); err != nil {
					t.Fatal(err)
				}
			}
		}
		if builtIn := strings.HasPrefix(e.Type, "xsd:"); builtIn != isBuiltIn(p.Type) {
			t.Errorf("%s has type %s", e.Name, e.Type)
		}
		params = append(params, p)
	}
	return params
}

func isBuiltIn(name string) bool {
	t, ok := LookupType(name)
	return ok && t.BuiltIn()
}

func TestTheSharedSchemaSaysWhatTheTableSays(t *testing.T) {
	var s xsdSchema
	if err := xml.Unmarshal(TypesXSD(), &s); err != nil {
		t.Fatal(err)
	}
	if s.Target != TypesNamespace || s.Form != "qualified" {
		t.Errorf("namespace %s, form %s", s.Target, s.Form)
	}
	var complexTypes []Complex
	for _, c := range s.Complex {
		complexTypes = append(complexTypes, Complex{Name: c.Name, Fields: paramsOf(t, c.Sequence.Elements)})
	}
	if diff := cmp.Diff(Complexes(), complexTypes); diff != "" {
		t.Errorf("complex types (-table +file):\n%s", diff)
	}
	var simpleTypes []SimpleType
	for _, x := range s.Simple {
		v := SimpleType{Name: x.Name, Base: local(x.Restriction.Base)}
		for _, f := range x.Restriction.Facets {
			number, _ := strconv.Atoi(f.Value)
			switch f.XMLName.Local {
			case "minLength":
				v.MinLength = number
			case "maxLength":
				v.MaxLength = number
			case "fractionDigits":
				v.Decimals = number
			case "minInclusive":
				v.Min = f.Value
			case "maxInclusive":
				v.Max = f.Value
			case "pattern":
				v.Pattern = f.Value
			case "enumeration":
				v.Enum = append(v.Enum, f.Value)
			default:
				t.Errorf("%s has the facet %s", x.Name, f.XMLName.Local)
			}
		}
		simpleTypes = append(simpleTypes, v)
	}
	table := SimpleTypes()
	for i := range table {
		table[i].test = nil
	}
	if diff := cmp.Diff(table, simpleTypes, cmp.AllowUnexported(SimpleType{})); diff != "" {
		t.Errorf("simple types (-table +file):\n%s", diff)
	}
	if len(s.Elements) != 1 || s.Elements[0].Name != FaultElement || local(s.Elements[0].Type) != FaultElement {
		t.Errorf("elements: %+v", s.Elements)
	}
}

// operation is what a WSDL says of one operation.
type operation struct {
	Action            string
	Request, Response []Param
}

func TestEveryWSDLSaysWhatTheTableSays(t *testing.T) {
	for _, s := range Services() {
		address := "http://127.0.0.1:8088" + s.Path + "?a=1&b=2"
		data, err := WSDL(s.Name, address)
		if s.Name == "ExportWebservice" {
			if err == nil {
				t.Error("ExportWebservice has a WSDL")
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		var doc wsdlDoc
		if err := xml.Unmarshal(data, &doc); err != nil {
			t.Fatal(err)
		}
		t.Run(s.Name, func(t *testing.T) {
			want := map[string]operation{}
			for _, f := range Functions() {
				if f.Service == s.Name {
					want[f.Name] = operation{f.Action, f.Request(), f.Response()}
				}
			}
			got := operationsOf(t, &doc)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("operations (-table +file):\n%s", diff)
			}
			if doc.Name != s.Name || doc.Target != s.Namespace || doc.PortType.Name != s.Name || doc.Service.Name != s.Name {
				t.Errorf("names: %s %s %s %s", doc.Name, doc.Target, doc.PortType.Name, doc.Service.Name)
			}
			if got := doc.Service.Port.Address.Location; got != address {
				t.Errorf("address %s", got)
			}
			if b := doc.Binding.Soap; b.Style != "document" || b.Transport != "http://schemas.xmlsoap.org/soap/http" {
				t.Errorf("binding %+v", b)
			}
			if len(doc.Schemas) != 2 || doc.Schemas[0].Target != TypesNamespace || doc.Schemas[1].Target != s.Namespace || doc.Schemas[1].Form != "qualified" {
				t.Error("the schemas inside are not the shared one and the service's")
			}
		})
	}
}

// operationsOf follows each operation of the port type through messages to
// elements, and holds the binding against the port type.
func operationsOf(t *testing.T, doc *wsdlDoc) map[string]operation {
	t.Helper()
	elements, messages := map[string]xsdElement{}, map[string]string{}
	for _, e := range doc.Schemas[len(doc.Schemas)-1].Elements {
		elements[e.Name] = e
	}
	for _, m := range doc.Messages {
		messages[m.Name] = m.Part.Element
	}
	sequence := func(message string) []Param {
		e, ok := elements[local(messages[local(message)])]
		if !ok || e.Complex == nil {
			t.Fatalf("message %s leads to no element", message)
		}
		delete(elements, e.Name)
		return paramsOf(t, e.Complex.Sequence.Elements)
	}
	all := map[string]operation{}
	for i, o := range doc.PortType.Operations {
		bound := doc.Binding.Operations[i]
		if bound.Name != o.Name || bound.Input.Body.Use != "literal" || bound.Output.Body.Use != "literal" || bound.Fault.Name != FaultElement {
			t.Errorf("binding of %s: %+v", o.Name, bound)
		}
		if messages[local(o.Fault.Message)] != "t:"+FaultElement {
			t.Errorf("%s has no fault", o.Name)
		}
		all[o.Name] = operation{bound.Soap.Action, sequence(o.Input.Message), sequence(o.Output.Message)}
	}
	if len(elements) > 0 || len(doc.Binding.Operations) != len(all) {
		t.Errorf("left over: %v", elements)
	}
	return all
}

func xmllint(t *testing.T, args ...string) (string, error) {
	t.Helper()
	path, err := exec.LookPath("xmllint")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("xmllint (libxml2-utils) is needed")
		}
		t.Skip("xmllint (libxml2-utils) is not here")
	}
	out, err := exec.Command(path, append([]string{"--noout", "--nonet"}, args...)...).CombinedOutput()
	return string(out), err
}

func TestTheFilesAreValidWSDL(t *testing.T) {
	dir := t.TempDir()
	files, err := filepath.Glob("wsdl/*.wsdl")
	if err != nil || len(files) != 8 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, s := range Services() {
		if data, err := WSDL(s.Name, "http://127.0.0.1"+s.Path); err == nil {
			files = append(files, writeFile(t, dir, s.Name+".wsdl", data))
		}
	}
	if out, err := xmllint(t, append([]string{"--schema", "testdata/wsdl/wsdl11-with-soap11.xsd"}, files...)...); err != nil {
		t.Error(out)
	}
}

func writeFile(t *testing.T, dir, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// schemaFile puts the schemas of all WSDLs, the envelope's and the shared one
// together, and gives the path of a schema that imports them all.
func schemaFile(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	writeFile(t, dir, "types.xsd", TypesXSD())
	envelope, err := os.ReadFile("testdata/wsdl/soap-envelope-1.1.xsd")
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, dir, "envelope.xsd", envelope)
	imports := fmt.Sprintf(`<xsd:import namespace="%s" schemaLocation="types.xsd"/><xsd:import namespace="http://schemas.xmlsoap.org/soap/envelope/" schemaLocation="envelope.xsd"/>`, TypesNamespace)
	for _, s := range Services() {
		data, err := wsdlFiles.ReadFile("wsdl/" + s.Name + ".wsdl")
		if err != nil {
			continue
		}
		start := bytes.Index(data, []byte(`<xsd:schema targetNamespace=`))
		end := bytes.LastIndex(data, []byte(`</xsd:schema>`)) + len(`</xsd:schema>`)
		schema := strings.Replace(string(data[start:end]), "<xsd:schema ", fmt.Sprintf(`<xsd:schema xmlns:xsd="%s" xmlns:t="%s" `, xsd, TypesNamespace), 1)
		schema = strings.Replace(schema, `namespace="`+TypesNamespace+`"/>`, `namespace="`+TypesNamespace+`" schemaLocation="types.xsd"/>`, 1)
		writeFile(t, dir, s.Name+".xsd", []byte(schema))
		imports += fmt.Sprintf(`<xsd:import namespace="%s" schemaLocation="%s.xsd"/>`, s.Namespace, s.Name)
	}
	return writeFile(t, dir, "all.xsd", []byte(`<xsd:schema xmlns:xsd="`+xsd+`">`+imports+`</xsd:schema>`))
}

func TestTheGoldensAreValidAndComplete(t *testing.T) {
	soap := filepath.Join("..", "..", "testdata", "soap")
	for _, f := range Functions() {
		for _, kind := range []string{"request", "reply"} {
			if _, err := os.Stat(filepath.Join(soap, f.FullName()+"."+kind+".xml")); err != nil {
				t.Error(err)
			}
		}
	}
	files, err := filepath.Glob(filepath.Join(soap, "*.xml"))
	if err != nil {
		t.Fatal(err)
	}
	schema := schemaFile(t)
	if out, err := xmllint(t, append([]string{"--schema", schema}, files...)...); err != nil {
		t.Error(out)
	}
	// The schemas do bite.
	data, err := os.ReadFile(filepath.Join(soap, "LoketWebservice.List.reply.xml"))
	if err != nil {
		t.Fatal(err)
	}
	bad := writeFile(t, t.TempDir(), "bad.xml", bytes.Replace(data, []byte("<TotaalAantal>2"), []byte("<TotaalAantal>twee"), 1))
	if out, err := xmllint(t, "--schema", schema, bad); err == nil || !strings.Contains(out, "TotaalAantal") {
		t.Errorf("a wrong reply is valid: %s", out)
	}
}
