// Command genwsdl writes the WSDL and XSD files of the contract from its table.
// It is run by go generate in loket/contract.
package main

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"loket-etl/loket/contract"
)

func main() {
	dir := "wsdl"
	if len(os.Args) > 1 {
		dir = os.Args[1]
	}
	files := map[string][]byte{"types.xsd": types()}
	for _, s := range contract.Services() {
		if s.Name != "ExportWebservice" {
			files[s.Name+".wsdl"] = service(s)
		}
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			log.Fatal(err)
		}
	}
}

type page struct{ bytes.Buffer }

func (p *page) line(format string, args ...any) {
	fmt.Fprintf(&p.Buffer, format+"\n", args...)
}

func escape(s string) string {
	var b bytes.Buffer
	if err := xml.EscapeText(&b, []byte(s)); err != nil {
		log.Fatal(err)
	}
	return b.String()
}

func types() []byte {
	p := &page{}
	p.line(`<?xml version="1.0" encoding="UTF-8"?>`)
	p.line(`<xsd:schema xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:t="%s" targetNamespace="%[1]s" elementFormDefault="qualified">`, contract.TypesNamespace)
	for _, t := range contract.SimpleTypes() {
		simple(p, t)
	}
	for _, c := range contract.Complexes() {
		p.line(`  <xsd:complexType name="%s">`, c.Name)
		sequence(p, "    ", c.Fields)
		p.line(`  </xsd:complexType>`)
	}
	p.line(`  <xsd:element name="%s" type="t:%[1]s"/>`, contract.FaultElement)
	p.line(`</xsd:schema>`)
	return p.Bytes()
}

func simple(p *page, t contract.SimpleType) {
	p.line(`  <xsd:simpleType name="%s">`, t.Name)
	p.line(`    <xsd:restriction base="xsd:%s">`, t.Base)
	facet := func(name, value string) { p.line(`      <xsd:%s value="%s"/>`, name, escape(value)) }
	if t.MinLength > 0 {
		facet("minLength", fmt.Sprint(t.MinLength))
	}
	if t.MaxLength > 0 {
		facet("maxLength", fmt.Sprint(t.MaxLength))
	}
	if t.Base == "decimal" {
		facet("fractionDigits", fmt.Sprint(t.Decimals))
	}
	if t.Min != "" {
		facet("minInclusive", t.Min)
	}
	if t.Max != "" {
		facet("maxInclusive", t.Max)
	}
	if t.Pattern != "" {
		facet("pattern", t.Pattern)
	}
	for _, e := range t.Enum {
		facet("enumeration", e)
	}
	p.line(`    </xsd:restriction>`)
	p.line(`  </xsd:simpleType>`)
}

func sequence(p *page, indent string, params []contract.Param) {
	if len(params) == 0 {
		p.line(`%s<xsd:sequence/>`, indent)
		return
	}
	p.line(`%s<xsd:sequence>`, indent)
	for _, e := range params {
		prefix := "t:"
		if t, ok := contract.LookupType(e.Type); ok && t.BuiltIn() {
			prefix = "xsd:"
		}
		attrs := fmt.Sprintf(`name="%s" type="%s%s"`, e.Name, prefix, e.Type)
		if e.Min != 1 {
			attrs += fmt.Sprintf(` minOccurs="%d"`, e.Min)
		}
		switch {
		case e.Max == contract.Unbounded:
			attrs += ` maxOccurs="unbounded"`
		case e.Max != 1:
			attrs += fmt.Sprintf(` maxOccurs="%d"`, e.Max)
		}
		if e.Nillable {
			attrs += ` nillable="true"`
		}
		if e.Default == "" {
			p.line(`%s  <xsd:element %s/>`, indent, attrs)
			continue
		}
		p.line(`%s  <xsd:element %s><xsd:annotation><xsd:documentation>absent: %s</xsd:documentation></xsd:annotation></xsd:element>`, indent, attrs, e.Default)
	}
	p.line(`%s</xsd:sequence>`, indent)
}

func service(s contract.Service) []byte {
	p := &page{}
	var ops []contract.Function
	for _, f := range contract.Functions() {
		if f.Service == s.Name {
			ops = append(ops, f)
		}
	}
	p.line(`<?xml version="1.0" encoding="UTF-8"?>`)
	p.line(`<wsdl:definitions name="%s" targetNamespace="%s" xmlns:tns="%[2]s" xmlns:t="%s" xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/">`, s.Name, s.Namespace, contract.TypesNamespace)
	p.line(`<wsdl:types>`)
	p.line(`<xsd:schema><xsd:import namespace="%s" schemaLocation="types.xsd"/></xsd:schema>`, contract.TypesNamespace)
	p.line(`<xsd:schema targetNamespace="%s" elementFormDefault="qualified">`, s.Namespace)
	p.line(`  <xsd:import namespace="%s"/>`, contract.TypesNamespace)
	for _, f := range ops {
		element(p, f.Name, f.Request())
		element(p, f.ResponseElement, f.Response())
	}
	p.line(`</xsd:schema>`)
	p.line(`</wsdl:types>`)
	for _, f := range ops {
		p.line(`<wsdl:message name="%sRequest"><wsdl:part name="parameters" element="tns:%[1]s"/></wsdl:message>`, f.Name)
		p.line(`<wsdl:message name="%s"><wsdl:part name="parameters" element="tns:%[1]s"/></wsdl:message>`, f.ResponseElement)
	}
	p.line(`<wsdl:message name="%s"><wsdl:part name="fault" element="t:%[1]s"/></wsdl:message>`, contract.FaultElement)
	portAndBinding(p, s, ops)
	p.line(`<wsdl:service name="%s">`, s.Name)
	p.line(`  <wsdl:port name="%sSoap" binding="tns:%[1]sSoap"><soap:address location="http://localhost%s"/></wsdl:port>`, s.Name, s.Path)
	p.line(`</wsdl:service>`)
	p.line(`</wsdl:definitions>`)
	return p.Bytes()
}

func element(p *page, name string, params []contract.Param) {
	p.line(`  <xsd:element name="%s">`, name)
	p.line(`    <xsd:complexType>`)
	sequence(p, "      ", params)
	p.line(`    </xsd:complexType>`)
	p.line(`  </xsd:element>`)
}

func portAndBinding(p *page, s contract.Service, ops []contract.Function) {
	p.line(`<wsdl:portType name="%s">`, s.Name)
	for _, f := range ops {
		p.line(`  <wsdl:operation name="%s">`, f.Name)
		p.line(`    <wsdl:input message="tns:%sRequest"/>`, f.Name)
		p.line(`    <wsdl:output message="tns:%s"/>`, f.ResponseElement)
		p.line(`    <wsdl:fault name="%s" message="tns:%[1]s"/>`, contract.FaultElement)
		p.line(`  </wsdl:operation>`)
	}
	p.line(`</wsdl:portType>`)
	p.line(`<wsdl:binding name="%sSoap" type="tns:%[1]s">`, s.Name)
	p.line(`  <soap:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>`)
	for _, f := range ops {
		p.line(`  <wsdl:operation name="%s">`, f.Name)
		p.line(`    <soap:operation soapAction="%s"/>`, f.Action)
		p.line(`    <wsdl:input><soap:body use="literal"/></wsdl:input>`)
		p.line(`    <wsdl:output><soap:body use="literal"/></wsdl:output>`)
		p.line(`    <wsdl:fault name="%s"><soap:fault name="%[1]s" use="literal"/></wsdl:fault>`, contract.FaultElement)
		p.line(`  </wsdl:operation>`)
	}
	p.line(`</wsdl:binding>`)
}
