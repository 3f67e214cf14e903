package validate

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"loket-etl/formats"
)

// read checks one cell of one column and gives the value, or what was reported.
func read(t *testing.T, col Column, schema, cell string) (string, Value) {
	t.Helper()
	if schema != "" {
		schema = `{"properties": {"x": ` + schema + `}}`
	}
	col.Name, col.Header = "x", "X"
	c, err := Compile("test", []byte(schema), []Column{col})
	if err != nil {
		return err.Error(), Value{}
	}
	var said []string
	out := make([]Value, 1)
	ok := c.Worker().Record(&formats.Record{Line: 2, Cells: [][]byte{[]byte(cell)}}, out, func(p formats.Problem) {
		said = append(said, p.Message)
	})
	if ok != (len(said) == 0) {
		t.Errorf("%q: verdict %v with %q", cell, ok, said)
	}
	return strings.Join(said, " | "), out[0]
}

func TestNumbersAreReadAsDeclared(t *testing.T) {
	comma := Column{Type: Decimal}
	point := Column{Type: Decimal, Point: '.'}
	grouped := Column{Type: Decimal, Thousands: '.'}
	spaced := Column{Type: Decimal, Thousands: ' '}
	whole := Column{Type: Integer}
	fine := Column{Type: Decimal, MaxDecimals: 4}
	hidden := Column{Type: Decimal, Personal: true}
	tests := []struct {
		col  Column
		cell string
		num  int64
		said string
	}{
		{comma, "88,25", 882500, ""}, {comma, "88", 880000, ""}, {comma, "-0,5", -5000, ""}, {comma, " 7,5 ", 75000, ""},
		{comma, "00012", 120000, ""}, {point, "88.25", 882500, ""}, {grouped, "1.234,56", 12345600, ""}, {grouped, "1.234", 12340000, ""},
		{grouped, "1234,5", 12345000, ""}, {spaced, "1 234,5", 12345000, ""}, {spaced, "1\u00a0234", 12340000, ""}, {fine, "0,1234", 1234, ""},
		{whole, "007", 7, ""}, {whole, "-3", -3, ""}, {comma, "99999999999,99", 999999999999900, ""},

		{comma, "1.234", 0, "1.234 kan 1234 of 1,234 zijn."},
		{comma, "88.25", 0, "88.25 kan 8825 of 88,25 zijn."},
		{point, "1,234", 0, "1,234 kan 1234 of 1.234 zijn."},
		{point, "88,25", 0, "88,25 kan 8825 of 88.25 zijn."},
		{comma, "7,505", 0, "7,505 kan 7505 of 7,505 zijn."},
		{comma, "7,5055", 0, "Het getal heeft 4 decimalen; hoogstens 2 is afgesproken."},
		{grouped, "1.23", 0, "1.23 kan 123 of 1,23 zijn."},
		{grouped, "12.34.567", 0, "Het getal is anders geschreven dan afgesproken."},
		{comma, "1.234,56", 0, "Het getal is anders geschreven dan afgesproken."},
		{whole, "1.234", 0, "1.234 kan 1234 of 1,234 zijn."},
		{whole, "7,5", 0, "De waarde is geen heel getal."},
		{hidden, "1.234", 0, "Het getal kan op twee manieren worden gelezen."},
		{grouped, "7,505", 0, "7,505 kan 7505 of 7,505 zijn."},
		{comma, "7,33333333333333", 0, "Het getal heeft 14 decimalen; hoogstens 2 is afgesproken."},
		{comma, "€ 1.234,50", 0, "Er staat een euroteken bij het getal."}, {grouped, "-€\u00a05", 0, "Er staat een euroteken bij het getal."},
		{whole, "12€", 0, "Er staat een euroteken bij het getal."}, {comma, "€ x", 0, "Dit is geen getal."}, {comma, "€", 0, "Dit is geen getal."},
		{comma, "n.v.t.", 0, "Dit is geen getal."},
		{comma, "12,50-", 0, "Het minteken staat achter het getal."},
		{comma, "8:30", 0, "Hier staat een tijd, geen getal."},
		{comma, "1e3", 0, "Dit is geen getal."}, {comma, "NaN", 0, "Dit is geen getal."}, {comma, "+5", 0, "Dit is geen getal."},
		{comma, "0x10", 0, "Dit is geen getal."}, {comma, ",5", 0, "Dit is geen getal."}, {comma, "5,", 0, "Dit is geen getal."}, {comma, "-", 0, "Dit is geen getal."},
		{comma, "999999999999", 0, "Het getal heeft meer dan 11 cijfers voor de komma."},
		{whole, "1234567890123456", 0, "Het getal heeft meer dan 15 cijfers voor de komma."},
	}
	for _, tt := range tests {
		said, v := read(t, tt.col, "", tt.cell)
		if said != tt.said || said == "" && v.Num != tt.num {
			t.Errorf("%q: %d %q, want %d %q", tt.cell, v.Num, said, tt.num, tt.said)
		}
	}
}

func TestProblemsOfNumbersSayWhatToDo(t *testing.T) {
	const (
		agreed = "Schrijf het getal met een komma voor de decimalen, hoogstens 2, en zonder scheidingsteken voor duizendtallen."
		round  = "Rond het getal in het bestand zelf af op hoogstens 2 decimalen, in Excel met AFRONDEN (de opmaak van een cel rondt niet af)"
		more   = ", of laat in de mapping meer decimalen toe (decimals: 4)."
	)
	c, err := Compile("test", nil, []Column{{Name: "km", Header: "Km", Index: 0, Type: Decimal}})
	if err != nil {
		t.Fatal(err)
	}
	for cell, want := range map[string]string{
		"7,33333333333333": round + ".",
		"7,3333":           round + more,
		"7,335":            agreed + " Heeft het drie decimalen? " + round + more,
		"7.335":            agreed,
		"€ 1.234,50":       "Schrijf het getal zonder €. " + agreed,
	} {
		var got string
		c.Worker().Record(&formats.Record{Line: 2, Cells: [][]byte{[]byte(cell)}}, make([]Value, 1), func(p formats.Problem) { got = p.Repair })
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(cell, diff)
		}
	}
}

func TestHoursAreReadAsDeclared(t *testing.T) {
	decimal := Column{Type: Hours}
	clock := Column{Type: Hours, Notation: []string{"clock"}}
	both := Column{Type: Hours, Notation: []string{"decimal", "clock"}}
	minutes := Column{Type: Hours, Notation: []string{"minutes", "clock"}}
	const hour = TicksPerHour
	tests := []struct {
		col  Column
		cell string
		num  int64
		said string
	}{
		{decimal, "7,5", hour * 15 / 2, ""}, {clock, "7:30", hour * 15 / 2, ""}, {clock, "07:30:00", hour * 15 / 2, ""}, {clock, "0:00:01", hour / 3600, ""},
		{both, "-1:15", -hour * 5 / 4, ""}, {both, "8,01", hour * 801 / 100, ""}, {minutes, "510", hour * 17 / 2, ""}, {clock, "88:15", hour*88 + hour/4, ""},
		{decimal, "8:30", 0, "De uren zijn als uren en minuten geschreven; dat is voor deze kolom niet afgesproken."},
		{clock, "8,5", 0, "De uren zijn decimaal geschreven; dat is voor deze kolom niet afgesproken."},
		{decimal, "8.5", 0, "8.5 kan 85 of 8,5 zijn."},
		{both, "8u30", 0, "Dit is geen aantal uren."},
		{clock, "8:60", 0, "Dit is geen aantal uren en minuten: minuten en seconden lopen van 00 tot en met 59."},
		{clock, "8:5", 0, "Dit is geen aantal uren en minuten: minuten en seconden lopen van 00 tot en met 59."},
		{clock, "08:30:00 AM", 0, "Dit is geen aantal uren."},
		{minutes, "8,5", 0, "De uren zijn decimaal geschreven; dat is voor deze kolom niet afgesproken."},
	}
	for _, tt := range tests {
		said, v := read(t, tt.col, "", tt.cell)
		if said != tt.said || said == "" && v.Num != tt.num {
			t.Errorf("%q: %d %q, want %d %q", tt.cell, v.Num, said, tt.num, tt.said)
		}
	}
}

func TestDatesAreReadAsDeclared(t *testing.T) {
	dutch := []string{"dd-MM-yyyy"}
	tests := []struct {
		layouts []string
		cell    string
		num     int64
		said    string
	}{
		{dutch, "01-02-2026", 20260201, ""}, {dutch, "1-2-2026", 20260201, ""}, {[]string{"yyyy-MM-dd"}, "2026-02-28", 20260228, ""},
		{[]string{"dd/MM/yyyy"}, "03/02/2026", 20260203, ""}, {[]string{"MM/dd/yyyy"}, "03/02/2026", 20260302, ""}, {[]string{"dd.MM.yyyy"}, "3.2.2026", 20260203, ""},
		{[]string{"yyyyMMdd"}, "20260203", 20260203, ""}, {[]string{"excel"}, "46056", 20260203, ""}, {append(dutch, "yyyy-MM-dd"), "2024-02-29", 20240229, ""},
		{dutch, "29-02-2026", 0, "29-02-2026 bestaat niet op de kalender."},
		{dutch, "00-02-2026", 0, "00-02-2026 bestaat niet op de kalender."},
		{dutch, "01-13-2026", 0, "01-13-2026 bestaat niet op de kalender."},
		{dutch, "2026-02-02", 0, "2026-02-02 is geschreven als jjjj-mm-dd; afgesproken is dd-mm-jjjj."},
		{dutch, "03/02/2026", 0, "03/02/2026 kan 03-02-2026 of 02-03-2026 zijn."},
		{dutch, "13/02/2026", 0, "13/02/2026 is geschreven als dd/mm/jjjj; afgesproken is dd-mm-jjjj."},
		{dutch, "46056", 0, "46056 is geen datum; het lijkt een datumnummer van Excel (03-02-2026)."},
		{dutch, "01-02-26", 0, "Dit is geen datum."}, {dutch, "01-02-2026 00:00", 0, "Dit is geen datum."}, {dutch, "gisteren", 0, "Dit is geen datum."},
		{dutch, "2026-10-01T08:00:00Z", 0, "Dit is een datum met een tijd."},
		{[]string{"excel"}, "60", 0, "Dit is geen datum."},
	}
	for _, tt := range tests {
		said, v := read(t, Column{Type: Date, Layouts: tt.layouts}, "", tt.cell)
		if said != tt.said || said == "" && v.Num != tt.num {
			t.Errorf("%v %q: %d %q, want %d %q", tt.layouts, tt.cell, v.Num, said, tt.num, tt.said)
		}
	}
}

func TestKeywordsSayWhatIsWrong(t *testing.T) {
	number, text, date := Column{Type: Hours}, Column{}, Column{Type: Date, Layouts: []string{"dd-MM-yyyy"}}
	tests := []struct {
		col          Column
		schema, cell string
		said         string
	}{
		{number, `{"minimum": 0.25}`, "0,20", "De waarde is lager dan 0,25."},
		{number, `{"maximum": 24}`, "24,01", "De waarde is hoger dan 24."},
		{number, `{"exclusiveMinimum": 0}`, "0", "De waarde moet hoger zijn dan 0."},
		{number, `{"exclusiveMaximum": 1000}`, "1000", "De waarde moet lager zijn dan 1000."},
		{number, `{"multipleOf": 0.25}`, "7,10", "De waarde is geen veelvoud van 0,25."},
		{number, `{"type": "integer"}`, "7,5", "De waarde is geen heel getal."},
		{number, `{"enum": [1, 2.5]}`, "3", "De waarde is niet toegestaan; wel toegestaan: 1; 2,5."},
		{number, `{"minimum": 1, "maximum": 0, "multipleOf": 2}`, "0,5", "De waarde is hoger dan 0. | De waarde is lager dan 1. | De waarde is geen veelvoud van 2."},
		{text, `{"minLength": 3}`, "é€", "De tekst is korter dan 3 tekens."},
		{text, `{"maxLength": 2}`, "abc", "De tekst is langer dan 2 tekens."},
		{text, `{"pattern": "^[0-9]+$"}`, "12a", "De waarde heeft niet de afgesproken vorm (^[0-9]+$)."},
		{text, `{"enum": ["NORM", "ZIEK"]}`, "norm", "De waarde is niet toegestaan; wel toegestaan: NORM, ZIEK."},
		{text, `{"const": "A"}`, "B", "De waarde moet A zijn."},
		{text, `{"format": "email"}`, "geen adres", "De waarde is geen geldig e-mailadres."},
		{text, `{"anyOf": [{"pattern": "^A"}, {"maxLength": 1}]}`, "BB", "De waarde heeft niet de afgesproken vorm (^A)."},
		{text, `{"not": {"const": "x"}}`, "x", "Deze waarde mag hier niet staan."},
		{text, `false`, "x", "Deze waarde mag hier niet staan."},
		{date, `{"format": "date", "pattern": "^2026-"}`, "31-12-2025", "De waarde heeft niet de afgesproken vorm (^2026-)."},
		{Column{Required: true}, ``, "  ", "De cel is leeg, maar moet gevuld zijn."},
	}
	for _, tt := range tests {
		if said, _ := read(t, tt.col, tt.schema, tt.cell); said != tt.said {
			t.Errorf("%s on %q: %q, want %q", tt.schema, tt.cell, said, tt.said)
		}
	}
}

func TestRecordsAreJudgedAcrossColumns(t *testing.T) {
	schema := `{
	  "required": ["persnr"],
	  "if": {"properties": {"code": {"const": "ZIEK"}}, "required": ["code"]},
	  "then": {"required": ["datum"]},
	  "dependencies": {"uren": ["code"]}
	}`
	cols := []Column{
		{Name: "persnr", Header: "Personeelsnummer", Index: 0, Type: Integer, Personal: true}, {Name: "code", Header: "Code", Index: 1},
		{Name: "datum", Header: "Datum", Index: 2, Type: Date, Layouts: []string{"yyyy-MM-dd"}}, {Name: "uren", Header: "Uren", Index: 3, Type: Hours},
	}
	c, err := Compile("test", []byte(schema), cols)
	if err != nil {
		t.Fatal(err)
	}
	for cells, want := range map[string]string{
		"1;ZIEK;2026-01-01;8": "",
		"1;;;":                "",
		"1;ZIEK;;8":           "regel 4, kolom 3 (Datum): De cel is leeg, maar moet bij deze rij gevuld zijn. Vul de cel in.",
		"1;;;8":               "regel 4, kolom 2 (Code): De cel is leeg, maar moet bij deze rij gevuld zijn. Vul de cel in.",
		";NORM;;8":            "regel 4, kolom 1 (Personeelsnummer): De cel is leeg, maar moet gevuld zijn. Vul de cel in.",
		"1234567x;NORM;;8":    `regel 4, kolom 1 (Personeelsnummer): Dit is geen getal. Gelezen: "*****67x". Schrijf een heel getal, zonder decimalen en zonder punten of komma's.`,
	} {
		var said []string
		r := &formats.Record{Line: 4}
		for _, cell := range strings.Split(cells, ";") {
			r.Cells = append(r.Cells, []byte(cell))
		}
		c.Worker().Record(r, make([]Value, 4), func(p formats.Problem) { said = append(said, p.String()) })
		if diff := cmp.Diff(want, strings.Join(said, " | ")); diff != "" {
			t.Error(cells, diff)
		}
	}
}

func TestLongValuesAreCut(t *testing.T) {
	c, err := Compile("test", []byte(`{"properties": {"x": {"maxLength": 5}}}`), []Column{{Name: "x"}})
	if err != nil {
		t.Fatal(err)
	}
	c.Worker().Record(&formats.Record{Cells: [][]byte{[]byte(strings.Repeat("é", 100))}}, make([]Value, 1), func(p formats.Problem) {
		if p.Value != strings.Repeat("é", 59)+"…" {
			t.Error(p.Value)
		}
	})
}

func TestSchemasThatCannotBeObeyedAreRefused(t *testing.T) {
	tests := map[string]string{
		`{"$schema": "https://json-schema.org/draft/2020-12/schema"}`:                                                        "schema test: $schema https://json-schema.org/draft/2020-12/schema: only draft-07 is read",
		`{"dependentRequired": {}}`:                                                                                          "schema test: /dependentRequired: unknown keyword; it would not be obeyed",
		`{"properties": {"x": {"unevaluatedProperties": false}}}`:                                                            "schema test: /properties: x: ./unevaluatedProperties: unknown keyword; it would not be obeyed",
		`{"properties": {"x": {"$ref": "file:///etc/passwd"}}}`:                                                              "schema test: /properties: x: ./$ref: file:///etc/passwd: only #/definitions/NAME of the same schema is read",
		`{"properties": {"x": {"$ref": "#/definitions/y"}}}`:                                                                 "schema test: $ref #/definitions/y: there is no such definition",
		`{"definitions": {"y": {"allOf": [{"$ref": "#/definitions/y"}]}}, "properties": {"x": {"$ref": "#/definitions/y"}}}`: "schema test: $ref #/definitions/y refers to itself",
		`{"properties": {"x": {"maximum": 1e10000000}}}`:                                                                     "schema test: the number 1e10000000 is too long: at most 40 characters and exponent 30",
		`{"properties": {"x": {"pattern": "(?=a)"}}}`:                                                                        "schema test: /properties: x: ./pattern: pattern \"(?=a)\": error parsing regexp: invalid or unsupported Perl syntax: `(?=` (there is no look-ahead)",
		`{"properties": {"x": {"type": "number"}}}`:                                                                          `schema test: column "x": type "number": the column is text in JSON`,
		`{"properties": {"x": {"maximum": 3}}}`:                                                                              `schema test: column "x": maximum says nothing about a text; declare the column as a number`,
		`{"properties": {"x": {"enum": [1]}}}`:                                                                               `schema test: column "x": enum: no value of it can be in this column`,
		`{"required": ["y"]}`:                                                                                                `schema test: required: there is no column "y"`,
		`{"additionalProperties": false}`:                                                                                    `schema test: column "x": the schema allows no such property`,
		`{"type": "array"}`:                                                                                                  "schema test: type array: a record is an object",
		`{"title": "a", "title": "b"}`:                                                                                       `schema test: "title" occurs twice`,
		`{} {}`:                                                                                                              "schema test: there is text behind the schema",
	}
	for schema, want := range tests {
		if _, err := Compile("test", []byte(schema), []Column{{Name: "x"}}); fmt.Sprint(err) != want {
			t.Errorf("%s: %v, want %s", schema, err, want)
		}
	}
}

func TestColumnsThatCannotBeReadAreRefused(t *testing.T) {
	for want, col := range map[string]Column{
		`schema test: column "x": a date column needs a layout`:                                                  {Type: Date},
		`schema test: column "x": dd/MM/yyyy and MM/dd/yyyy cannot be told apart: declare one of them`:           {Type: Date, Layouts: []string{"dd/MM/yyyy", "MM/dd/yyyy"}},
		`schema test: column "x": decimal hours and minutes cannot be told apart: declare one of them`:           {Type: Hours, Notation: []string{"decimal", "minutes"}},
		`schema test: column "x": decimal and thousands separator are the same`:                                  {Type: Decimal, Thousands: ','},
		`schema test: column "x": at most 4 decimals`:                                                            {Type: Decimal, MaxDecimals: 5},
		`schema test: column "x": the decimal separator is , or . and the thousands separator . or , or a space`: {Type: Decimal, Point: ';'},
	} {
		col.Name = "x"
		if _, err := Compile("test", nil, []Column{col}); fmt.Sprint(err) != want {
			t.Errorf("%+v: %v, want %s", col, err, want)
		}
	}
}

// TestShippedSchemasAreStrict reads every schema that ships.
func TestShippedSchemasAreStrict(t *testing.T) {
	entries, err := Schemas.ReadDir("schemas")
	if err != nil || len(entries) == 0 {
		t.Fatal(entries, err)
	}
	for _, e := range entries {
		data, ok := Schema(e.Name())
		if !ok {
			t.Fatal(e.Name())
		}
		if _, err := loadSchema(data); err != nil {
			t.Errorf("%s: %v", e.Name(), err)
		}
	}
}
