package formats_test

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"loket-etl/formats"
)

const resultsSchema = "loonresultaten/testdata/loonresultaten.xsd"

func TestResultsFitTheirSchema(t *testing.T) {
	data, err := os.ReadFile("loonresultaten/testdata/loonresultaten.xml")
	if err != nil {
		t.Fatal(err)
	}
	if !fits(t, resultsSchema, data) {
		t.Error("what is written does not fit")
	}
	for _, c := range []struct{ old, new string }{
		{`DienstverbandDataIdentity="d2"`, `DienstverbandDataIdentity="d1"`}, {"2906.16", "2906.161"}, {`SoortStrook="1"`, `SoortStrook="3"`},
		{"<Naam>Q</Naam>", ""}, {"2026-10-31", "2026-10-32"}, {"Netto loon", "vijftien tekens"}, {"T09:30:00Z", ""}, {`Nummer="2"`, `Nummer="0"`},
	} {
		bad := strings.Replace(string(data), c.old, c.new, 1)
		if _, err := formats.Results["loonresultaten"].Decode(bytes.NewReader([]byte(bad))); err == nil {
			t.Errorf("%s: was read", c.new)
		}
		if fits(t, resultsSchema, []byte(bad)) {
			t.Errorf("%s: fits the schema", c.new)
		}
	}
}
