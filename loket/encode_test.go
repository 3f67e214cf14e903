package loket

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"testing"

	"loket-etl/loket/contract"
)

// importEnvelope is what encode writes for an import, for encoding/xml.
type importEnvelope struct {
	XMLName xml.Name `xml:"soap:Envelope"`
	Soap    string   `xml:"xmlns:soap,attr"`
	Xsi     string   `xml:"xmlns:xsi,attr"`
	T       string   `xml:"xmlns:t,attr"`
	L       string   `xml:"xmlns:l,attr"`
	Body    struct {
		Import struct {
			UserToken     string `xml:"l:UserToken"`
			SoortGegevens string `xml:"l:SoortGegevens"`
			Formaat       string `xml:"l:Formaat"`
			Bestand       struct {
				Bestandsnaam string `xml:"t:Bestandsnaam"`
				MimeType     string `xml:"t:MimeType"`
				Inhoud       string `xml:"t:Inhoud"`
			} `xml:"l:Bestand"`
			Jaar          int `xml:"l:Jaar"`
			PeriodeNummer int `xml:"l:PeriodeNummer"`
		} `xml:"l:ImporteerGegevens"`
	} `xml:"soap:Body"`
}

func importOf(rows int) (*contract.Function, map[string]any) {
	var file bytes.Buffer
	file.WriteString("aanslnr;persnr;ploeg;100;101\r\n")
	for i := range rows {
		fmt.Fprintf(&file, "4711;%d;;%d,25;8\r\n", i+1, i%40)
	}
	f, _ := contract.Lookup("ImporteerGegevens")
	return f, map[string]any{
		"SoortGegevens": "VariabeleGegevens", "Formaat": "CSV", "Jaar": 2026, "PeriodeNummer": 10,
		"Bestand": contract.File{Name: `"uren" & 'zo'.csv`, MimeType: "text/csv", Content: file.Bytes()},
	}
}

func viaEncodingXML(f *contract.Function, token string, args map[string]any) ([]byte, error) {
	file := args["Bestand"].(contract.File)
	e := importEnvelope{Soap: soapNamespace, Xsi: xsiNamespace, T: contract.TypesNamespace, L: f.Namespace}
	i := &e.Body.Import
	i.UserToken, i.SoortGegevens, i.Formaat = token, args["SoortGegevens"].(string), args["Formaat"].(string)
	i.Bestand.Bestandsnaam, i.Bestand.MimeType = file.Name, file.MimeType
	i.Bestand.Inhoud = base64.StdEncoding.EncodeToString(file.Content)
	i.Jaar, i.PeriodeNummer = args["Jaar"].(int), args["PeriodeNummer"].(int)
	body, err := xml.Marshal(e)
	return append([]byte(xml.Header), body...), err
}

func TestEncodingByHandGivesTheBytesOfEncodingXML(t *testing.T) {
	f, args := importOf(1000)
	want, err := viaEncodingXML(f, testToken+"<&>'\"\t\r\n", args)
	if err != nil {
		t.Fatal(err)
	}
	got, err := encode(f, f.Namespace, testToken+"<&>'\"\t\r\n", args)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, got) {
		t.Errorf("got  %.600s\nwant %.600s", got, want)
	}
}

func BenchmarkEncodeImport1000Rows(b *testing.B) {
	f, args := importOf(1000)
	b.Run("by-hand", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := f.Check(args); err != nil {
				b.Fatal(err)
			}
			if _, err := encode(f, f.Namespace, testToken, args); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("encoding-xml", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := viaEncodingXML(f, testToken, args); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func TestBase64IsThatOfTheStandardLibrary(t *testing.T) {
	src := make([]byte, 0, 1024)
	for i := range 1024 {
		want := base64.StdEncoding.AppendEncode([]byte("x"), src)
		if got := appendBase64([]byte("x"), src); !bytes.Equal(got, want) {
			t.Fatalf("%d bytes: got %s, want %s", len(src), got, want)
		}
		src = append(src, byte(i*167+i>>3))
	}
}
