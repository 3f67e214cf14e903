package contract

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"loket-etl/payroll"
)

func dateOf(n int) payroll.Date { return payroll.Date(n) }

func TestTypesTakeAndRefuse(t *testing.T) {
	tests := []struct {
		typ, text string
		want      any // the value, or the reason as text after "no: "
	}{
		{"UserToken", "TESTTOKEN-0123456789", "TESTTOKEN-0123456789"},
		{"UserToken", "short", "no: shorter than 16 characters"},
		{"UserToken", "TESTTOKEN 0123456789", `no: not of the form \S+`},
		{"Identity", "a.b:c-d_9", "a.b:c-d_9"},
		{"Identity", "", "no: empty"},
		{"Identity", "a/b", `no: not of the form [A-Za-z0-9._:\-]+`},
		{"Identity", "a\n", `no: not of the form [A-Za-z0-9._:\-]+`},
		{"Identity", strings.Repeat("a", 129), "no: longer than 128 characters"},
		{"EntityName", "Werkgever", "Werkgever"},
		{"EntityName", "werkgever", "no: not of the form [A-Z][A-Za-z]*"},
		{"EntityNameOfLeeg", "", ""},
		{"Jaar", "2026", 2026},
		{"Jaar", " 2026\n", 2026},
		{"Jaar", "1899", "no: less than 1900"},
		{"Jaar", "10000", "no: more than 9999"},
		{"Jaar", "2026.0", "no: not a whole number"},
		{"PeriodeNummer", "0", 0},
		{"PeriodeNummer", "54", "no: more than 53"},
		{"Versienummer", "9007199254740993", int64(9007199254740993)},
		{"Versienummer", "-1", "no: less than 0"},
		{"int", "2147483648", "no: not a whole number"},
		{"Datum", "2026-02-28", payroll.Date(20260228)},
		{"Datum", "2026-02-29", "no: not a date of the form YYYY-MM-DD"},
		{"Datum", "2026-02-28Z", "no: not of the form [0-9]{4}-[0-9]{2}-[0-9]{2}"},
		{"Bedrag", "-12.5", payroll.Cents(-1250)},
		{"Bedrag", "+.05", payroll.Cents(5)},
		{"Bedrag", "007.", payroll.Cents(700)},
		{"Bedrag", "1.500", payroll.Cents(150)},
		{"Bedrag", "1.005", "no: more than 2 decimals"},
		{"Bedrag", "9999999999999.99", payroll.Cents(999999999999999)},
		{"Bedrag", "10000000000000", "no: more than 9999999999999.99"},
		{"Bedrag", "-10000000000000", "no: less than -9999999999999.99"},
		{"Bedrag", strings.Repeat("9", 40), "no: more than 9999999999999.99"},
		{"Bedrag", "-" + strings.Repeat("9", 40), "no: less than -9999999999999.99"},
		{"Bedrag", "1,50", "no: not a decimal number"},
		{"Bedrag", "1e3", "no: not a decimal number"},
		{"Bedrag", "NaN", "no: not a decimal number"},
		{"Eenheden", "999.99", payroll.Hours(99999)},
		{"Eenheden", "1000", "no: more than 999.99"},
		{"Eenheden", "-0.01", "no: less than 0"},
		{"Percentage", "12.3456", "12.3456"},
		{"Percentage", "12.34567", "no: more than 4 decimals"},
		{"BSN", "123456782", "123456782"},
		{"BSN", "12345678", "no: not of the form [0-9]{9}"},
		{"BSN", "123456789", "no: wrong check digits"},
		{"IBAN", "NL91ABNA0417164300", "NL91ABNA0417164300"},
		{"IBAN", "NL91 ABNA 0417 1643 00", "no: not of the form [A-Z]{2}[0-9]{2}[A-Z0-9]+"},
		{"IBAN", "NL92ABNA0417164300", "no: wrong check digits"},
		{"Loonheffingennummer", "123456782L01", "123456782L01"},
		{"Loonheffingennummer", "123456782L1", "no: not of the form [0-9]{9}L[0-9]{2}"},
		{"boolean", "1", true},
		{"boolean", "TRUE", "no: not true or false"},
		{"Tekst4", "éééé", "éééé"},
		{"Tekst4", "abcde", "no: longer than 4 characters"},
		{"Formaat", "CSV", "CSV"},
		{"Formaat", "csv", "no: not one of XML, CSV"},
		{"SoortStrook", "3", "no: more than 2"},
		{"dateTime", "2026-10-01T10:00:00.5+02:00", time.Date(2026, 10, 1, 8, 0, 0, 5e8, time.UTC)},
		{"dateTime", "2026-10-01T10:00:00", time.Date(2026, 10, 1, 10, 0, 0, 0, time.UTC)},
		{"dateTime", "2026-10-01", "no: not a moment of the form YYYY-MM-DDThh:mm:ssZ"},
		{"base64Binary", " aGk=\n", []byte("hi")},
		{"base64Binary", "aGk", "no: not base64"},
	}
	for _, tt := range tests {
		t.Run(tt.typ+" "+tt.text, func(t *testing.T) {
			typ, ok := LookupType(tt.typ)
			if !ok {
				t.Fatal("no such type")
			}
			got, err := typ.Value(tt.text)
			if err != nil {
				var v *ValueError
				if !errors.As(err, &v) || v.Dutch == "" {
					t.Fatalf("%v is no whole *ValueError", err)
				}
				got = "no: " + v.Reason
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// anyArgs draws arguments that fit a sequence.
func anyArgs(t *rapid.T, params []Param) map[string]any {
	args := map[string]any{}
	for _, p := range params {
		if p.Min == 0 && rapid.Bool().Draw(t, "without "+p.Name) {
			continue
		}
		if p.Nillable && rapid.Bool().Draw(t, "nil "+p.Name) {
			args[p.Name] = Nil{}
			continue
		}
		args[p.Name] = anyValue(t, p)
	}
	return args
}

func anyValue(t *rapid.T, p Param) any {
	if p.Type == "Bestand" {
		return File{Name: anyText(t, 255), MimeType: anyText(t, 127), Content: rapid.SliceOf(rapid.Byte()).Draw(t, "file")}
	}
	if c, ok := LookupComplex(p.Type); ok {
		return anyArgs(t, c.Fields)
	}
	typ, _ := LookupType(p.Type)
	switch {
	case typ.Enum != nil:
		return rapid.SampledFrom(typ.Enum).Draw(t, p.Name)
	case typ.Name == "BSN":
		return "123456782"
	case typ.Name == "IBAN":
		return "NL91ABNA0417164300"
	case typ.Name == "Bedrag":
		return payroll.Cents(rapid.Int64Range(-999999999999999, 999999999999999).Draw(t, p.Name))
	case typ.Name == "Eenheden":
		return payroll.Hours(rapid.Int64Range(0, 99999).Draw(t, p.Name))
	case typ.Pattern != "" && typ.Base == "string":
		return rapid.StringMatching("[A-Z][A-Za-z]{3,20}").Draw(t, p.Name)
	}
	switch typ.Base {
	case "int":
		low, high := -1<<31, 1<<31-1
		if typ.Min != "" {
			_, _ = fmt.Sscan(typ.Min, &low)
		}
		if typ.Max != "" {
			_, _ = fmt.Sscan(typ.Max, &high)
		}
		return rapid.IntRange(low, high).Draw(t, p.Name)
	case "boolean":
		return rapid.Bool().Draw(t, p.Name)
	case "date":
		return payroll.DateOf(time.Unix(rapid.Int64Range(-1e10, 1e11).Draw(t, p.Name), 0).UTC())
	case "dateTime":
		return time.Unix(rapid.Int64Range(-1e10, 1e11).Draw(t, p.Name), rapid.Int64Range(0, 999999999).Draw(t, "ns")).UTC()
	case "base64Binary":
		return rapid.SliceOf(rapid.Byte()).Draw(t, p.Name)
	}
	s := anyText(t, max(typ.MaxLength, 1))
	if typ.MinLength > 0 && s == "" {
		s = "x"
	}
	return s
}

func anyText(t *rapid.T, most int) string {
	s := rapid.StringOfN(rapid.Rune(), 0, most, -1).Draw(t, "text")
	return strings.Map(func(r rune) rune {
		if !xmlText(string(r)) {
			return -1
		}
		return r
	}, s)
}

func TestArgumentsSurviveTheRoundTrip(t *testing.T) {
	for _, f := range Functions() {
		t.Run(f.FullName(), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				call := Call{Function: f.FullName(), Args: anyArgs(t, f.Params)}
				for _, name := range f.AtLeastOne[:min(len(f.AtLeastOne), 1)] {
					p, _ := f.Param(name)
					call.Args[name] = anyValue(t, p)
				}
				data, err := MarshalArgs(call)
				if err != nil {
					t.Fatal(err)
				}
				back, err := UnmarshalArgs(call.Function, data)
				if err != nil {
					t.Fatalf("%v in %s", err, data)
				}
				if diff := cmp.Diff(call, back); diff != "" {
					t.Fatal(diff)
				}
				again, err := MarshalArgs(back)
				if err != nil || string(again) != string(data) {
					t.Fatalf("%v: %s became %s", err, data, again)
				}
			})
		})
	}
}

func TestArgumentsAsTextStandInTheOrderOfTheContract(t *testing.T) {
	data, err := MarshalArgs(Call{Function: "ImporteerGegevens", Args: map[string]any{
		"PeriodeNummer": 10, "Jaar": "2026", "Formaat": "CSV", "SoortGegevens": "VariabeleGegevens",
		"Bestand": File{Name: `uren "okt".csv`, MimeType: "text/csv", Content: []byte("a;b\r\n")},
	}})
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"SoortGegevens":"VariabeleGegevens","Formaat":"CSV","Bestand":{"Bestandsnaam":"uren \"okt\".csv","MimeType":"text/csv","Inhoud":"YTtiDQo="},"Jaar":2026,"PeriodeNummer":10}`
	if string(data) != want {
		t.Errorf("got  %s\nwant %s", data, want)
	}
}

func TestArgumentsThatDoNotFitAreRefused(t *testing.T) {
	file := File{Name: "f", MimeType: "text/csv"}
	tests := []struct {
		function string
		args     map[string]any
		want     string
	}{
		{"Select", map[string]any{"EntityName": "Persoon"}, "LoketWebservice.Select: the arguments do not fit the function: DataIdentity is missing"},
		{"Select", map[string]any{"EntityName": "Persoon", "DataIdentity": "a", "Extra": 1, "Anders": 2}, "LoketWebservice.Select: the arguments do not fit the function: there is no element Anders"},
		{"Select", map[string]any{"EntityName": "Persoon", "DataIdentity": Nil{}}, "LoketWebservice.Select: the arguments do not fit the function: DataIdentity cannot be nil"},
		{"Select", map[string]any{"EntityName": 7, "DataIdentity": "a"}, "LoketWebservice.Select: the arguments do not fit the function: EntityName: EntityName: cannot be a int"},
		{"Clieop03", map[string]any{"BetalingDataIdentity": "a b"}, `Identity: not of the form`},
		{"Persoon.WijzigenAdresGegevens", map[string]any{"DataIdentity": "P"}, "Persoon.WijzigenAdresGegevens: the arguments do not fit the function: one of [Adres AfwijkendPostadres] must be given"},
		{"Persoon.WijzigenAdresGegevens", map[string]any{"DataIdentity": "P", "Adres": map[string]any{"Plaats": "Oss"}}, "Adres.Landcode is missing"},
		{"Persoon.WijzigenAdresGegevens", map[string]any{"DataIdentity": "P", "Adres": "Oss"}, "Adres must be a group of elements"},
		{"Persoon.WijzigenAdresGegevens", map[string]any{"DataIdentity": "P", "Adres": map[string]any{"Plaats": "Oss\x00", "Landcode": "NL"}}, "Adres.Plaats: Tekst24: has characters that XML cannot carry"},
		{"ImporteerGegevens", map[string]any{"SoortGegevens": "Verlof", "Formaat": "CSV", "Bestand": "x"}, "Bestand must be a file"},
		{"ImporteerGegevens", map[string]any{"SoortGegevens": "Verlof", "Formaat": "CSV", "Bestand": file, "Jaar": 26}, "Jaar: Jaar: less than 1900"},
		{"Onbekend", nil, `there is no function "Onbekend"`},
	}
	for _, tt := range tests {
		t.Run(tt.function+" "+tt.want, func(t *testing.T) {
			_, err := MarshalArgs(Call{Function: tt.function, Args: tt.args})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
	for _, bad := range []string{``, `[]`, `{"EntityName":"Persoon","DataIdentity":"a"} x`, `{"EntityName":"Persoon","DataIdentity":"a","X":1}`, `{"EntityName":"Persoon","DataIdentity":["a"]}`, `{"EntityName":"Persoon","DataIdentity":null}`} {
		if call, err := UnmarshalArgs("Select", []byte(bad)); err == nil {
			t.Errorf("%s became %v", bad, call)
		}
	}
}
