package loket

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"loket-etl/loket/contract"
)

func TestAnswersThatAreNotStrictXMLAreRefused(t *testing.T) {
	deep := func(n int) string { return strings.Repeat("<a>", n) + strings.Repeat("</a>", n) }
	tests := []struct {
		name, xml, want string // want is what follows "the answer is not the XML it should be: ", "" when it is fine
	}{
		{"declaration and comment", `<?xml version="1.0" encoding="utf-8"?><!-- x --><a/>` + "\n", ""},
		{"byte order mark", "\ufeff" + `<?xml version="1.0"?><a/>`, ""},
		{"CDATA", `<a><![CDATA[<b>]]></a>`, ""},
		{"document type", `<!DOCTYPE a><a/>`, "a document type"},
		{"entity", `<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>`, "a document type"},
		{"undeclared entity", `<a>&e;</a>`, "not well-formed at line 1, column 7"},
		{"processing instruction", `<?xml-stylesheet href="x"?><a/>`, "a processing instruction"},
		{"second declaration", `<a/><?xml version="1.0"?>`, "a processing instruction"},
		{"other encoding", `<?xml version="1.0" encoding="iso-8859-1"?><a/>`, "not well-formed at line 1, column 44"},
		{"bytes that are not UTF-8", "<a>\xff</a>", "not well-formed at line 1, column 5"},
		{"control character", "<a>&#1;</a>", "not well-formed at line 1, column 8"},
		{"two roots", `<a/><b/>`, "more than one root element"},
		{"text behind", `<a/>x`, "text outside the root element"},
		{"text before", `x<a/>`, "text outside the root element"},
		{"nothing", ``, "it ends too early"},
		{"open", `<a><b></b>`, "it ends too early"},
		{"crossed", `<a><b></a></b>`, "start and end of an element differ"},
		{"closed too often", `<a/></a>`, "start and end of an element differ"},
		{"prefix not declared", `<p:a/>`, "a prefix that is not declared"},
		{"prefix of an attribute not declared", `<a p:x="1"/>`, "a prefix that is not declared"},
		{"prefix out of reach", `<a><b xmlns:p="urn:p"/><p:c/></a>`, "a prefix that is not declared"},
		{"attribute twice", `<a x="1" x="2"/>`, "an attribute stands twice"},
		{"attribute twice by two prefixes", `<a xmlns:p="u" xmlns:q="u" p:x="1" q:x="2"/>`, "an attribute stands twice"},
		{"text between elements", `<a>x<b/></a>`, "text between the elements of an element"},
		{"nil with content", `<a xmlns:i="` + xsiNamespace + `" i:nil="1">x</a>`, "an element is nil and has content"},
		{"nil with nonsense", `<a xmlns:i="` + xsiNamespace + `" i:nil="yes"/>`, "xsi:nil is neither true nor false"},
		{"as deep as allowed", deep(maxDepth), ""},
		{"deeper", deep(maxDepth + 1), "deeper than 64 elements"},
		{"many elements", "<a>" + strings.Repeat("<b/>", maxNodes) + "</a>", "more than 1000000 elements"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := readTree([]byte(tt.xml))
			want := "<nil>"
			if tt.want != "" {
				want = "the answer is not the XML it should be: " + tt.want
			}
			if got := fmt.Sprint(err); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

func TestNamespacesFollowTheirScope(t *testing.T) {
	root, err := readTree([]byte(`<a xmlns="u1" xmlns:p="u2"><b/><p:b/><b xmlns="u3"><b/><p:b xmlns:p="u4"/></b><b xmlns=""/></a>`))
	if err != nil {
		t.Fatal(err)
	}
	inner := root.Kids[2].Kids
	got := []string{root.Space, root.Kids[0].Space, root.Kids[1].Space, root.Kids[2].Space, inner[0].Space, inner[1].Space, root.Kids[3].Space}
	if want := []string{"u1", "u1", "u2", "u3", "u3", "u4", ""}; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestRepliesAreHeldAgainstTheContract(t *testing.T) {
	reply := string(golden(t, "ImporteerGegevens.ImporteerGegevens.reply.xml"))
	f, _ := contract.Lookup("ImporteerGegevens")
	tests := []struct{ name, old, new, want string }{
		{"as it is", "", "", ""},
		{"SOAP 1.2", soapNamespace, "http://www.w3.org/2003/05/soap-envelope", "not a SOAP 1.1 envelope"},
		{"empty body", reply[strings.Index(reply, "    <Importeer"):strings.Index(reply, "  </S:Body>")], "", "not one body with one element"},
		{"another namespace", f.Namespace, "urn:other", "not a ImporteerGegevensResponse of this service"},
		{"another namespace below", contract.TypesNamespace, "urn:other", "ImportRegel in Regels has another namespace"},
		{"missing", "<AantalRegels>2</AantalRegels>", "", "AantalRegels in ImporteerGegevensResponse is missing"},
		{"missing at the end", "<ns2:Status>Verwerkt</ns2:Status>", "", "Status in ImportRegel is missing"},
		{"twice", "<AantalRegels>2</AantalRegels>", "<AantalRegels>2</AantalRegels><AantalRegels>2</AantalRegels>", "AantalRegels in ImporteerGegevensResponse stands too often"},
		{"wrong order", "<ImportNummer>IMP-31</ImportNummer>\n      <AantalRegels>2</AantalRegels>", "<AantalRegels>2</AantalRegels><ImportNummer>IMP-31</ImportNummer>", "ImportNummer in ImporteerGegevensResponse is missing"},
		{"unknown element", "<AantalRegels>", "<Extra/><AantalRegels>", "AantalRegels in ImporteerGegevensResponse is missing"},
		{"unknown element at the end", "</ImporteerGegevensResponse>", "<Extra/></ImporteerGegevensResponse>", "an element does not belong there in ImporteerGegevensResponse"},
		{"not a number", "<AantalRegels>2<", "<AantalRegels>2.0<", "AantalRegels: int: not a whole number"},
		{"not a status", ">Verwerkt<", ">Klaar<", "Status: ImportStatus: not one of Verwerkt, Afgekeurd, Overgeslagen"},
		{"elements in a value", ">IMP-31<", "><b/><", "ImportNummer has elements inside"},
		{"text in a group", "<Regels>", "<Regels>x", "text between the elements of Regels"},
		{"nil where it may not be", "<ImportNummer>IMP-31</ImportNummer>", `<ImportNummer xsi:nil="true"/>`, "ImportNummer is nil"},
		{"header before the body", "<S:Body>", "<S:Header><x/></S:Header><S:Body>", ""},
		{"header behind the body", "</S:Body>", "</S:Body><S:Header/>", "not one body with one element"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			changed := reply
			if tt.old != "" {
				changed = strings.ReplaceAll(reply, tt.old, tt.new)
				if changed == reply {
					t.Fatal("the change changes nothing")
				}
			}
			root, err := body([]byte(changed))
			if err == nil {
				err = checkReply(root, f, f.Namespace)
			}
			want := "<nil>"
			if tt.want != "" {
				want = "the answer is not the XML it should be: " + tt.want
			}
			if got := fmt.Sprint(err); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

// FuzzReply: no input panics, every refusal is errXML or a *Fault, and what is
// accepted can be read with all accessors.
func FuzzReply(f *testing.F) {
	files, err := filepath.Glob(filepath.Join("..", "testdata", "soap", "*.xml"))
	if err != nil || len(files) == 0 {
		f.Fatalf("no goldens: %v", err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	functions := contract.Functions()
	f.Fuzz(func(t *testing.T, data []byte) {
		root, err := body(data)
		if err != nil {
			if !errors.Is(err, errXML) {
				t.Fatalf("%v is not errXML", err)
			}
			return
		}
		if _, err := readFault(root, nil); err != nil && !errors.Is(err, errXML) {
			t.Fatalf("%v is not errXML", err)
		}
		for i := range functions {
			if err := checkReply(root, &functions[i], functions[i].Namespace); err != nil {
				if !errors.Is(err, errXML) {
					t.Fatalf("%v is not errXML", err)
				}
				continue
			}
			for _, n := range root.Child("Entiteiten").Children("Entiteit") {
				entityOf(n)
			}
			meldingen(root.Child("Meldingen"))
			root.File("Bestand")
		}
	})
}
