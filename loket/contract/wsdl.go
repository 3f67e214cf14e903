package contract

import (
	"bytes"
	"embed"
	"encoding/xml"
	"fmt"
)

//go:generate go run ./internal/genwsdl wsdl

//go:embed wsdl/*.wsdl wsdl/types.xsd
var wsdlFiles embed.FS

// importLine stands in every WSDL file in place of the shared schema.
const importLine = `<xsd:schema><xsd:import namespace="` + TypesNamespace + `" schemaLocation="types.xsd"/></xsd:schema>`

// WSDL is the WSDL 1.1 document of a service with the address inside and the
// shared schema in its place, so that a client needs this one document only.
// ExportWebservice, which has no functions, and unknown names are errors.
func WSDL(service, address string) ([]byte, error) {
	doc, err := wsdlFiles.ReadFile("wsdl/" + service + ".wsdl")
	if err != nil {
		return nil, fmt.Errorf("the contract has no WSDL for %q", service)
	}
	schema := TypesXSD()
	schema = schema[bytes.IndexByte(schema, '\n')+1:] // without its XML declaration
	doc = bytes.Replace(doc, []byte(importLine), bytes.TrimSpace(schema), 1)
	var escaped bytes.Buffer
	if err := xml.EscapeText(&escaped, []byte(address)); err != nil {
		return nil, err
	}
	standing := []byte(`location="http://localhost/soap/` + service + `"`)
	return bytes.Replace(doc, standing, []byte(`location="`+escaped.String()+`"`), 1), nil
}

// TypesXSD is the shared schema as the file has it.
func TypesXSD() []byte {
	doc, err := wsdlFiles.ReadFile("wsdl/types.xsd")
	if err != nil {
		panic(err) // embedded
	}
	return doc
}
