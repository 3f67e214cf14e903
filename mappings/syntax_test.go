package mappings

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

func TestAMappingThatIsNoYAMLSaysWhatToDo(t *testing.T) {
	const head = "mapping: klok\nfile:\n  columns:\n"
	const look = " (look at this line and those above)"
	for _, test := range []struct{ text, want string }{
		{head + "\t- {name: Uren}\n", "4:1: not valid YAML: a tab (indent with spaces)"},
		{head + "    - {name: Uren}\n   - {name: Code}\n", "5:4: not valid YAML: value is not allowed in this context" + look},
		{head + "    - {name: \"Uren}\n", "4:14: not valid YAML: could not find end character of double-quoted text" + look},
		{head + "    - {name: \"Uren\" as: uren}\n", "4:21: not valid YAML: ',' or '}' must be specified" + look},
		{head + "    - {name: Uren, as: uren type: hours}\n", "4:24: a comma is missing (write one before type:, or put the whole text in quotes)"},
		{head + "    - {name: Uren; as: uren}\n", "4:14: a comma is missing (write , instead of ; before as:)"},
		{head + "    - {name: Uren, as: \"uren; code\"}\n", "4:24: a comma is missing (write , instead of ;)"},
		{head + "    - {name: Uren, as: uren;}\n", "4:24: a comma is missing (write , instead of ;)"},
		{"mapping: klok\nmapping: klok\n", "2:1: mapping key \"mapping\" already defined at [1:1]"},
	} {
		_, err := Load(fstest.MapFS{"klok.yaml": {Data: []byte(test.text)}})
		if err == nil {
			t.Errorf("%q loads", test.text)
			continue
		}
		if !slices.Contains(strings.Split(err.Error(), "\n"), "klok.yaml:"+test.want) {
			t.Errorf("%q\n got %v\nwant klok.yaml:%s", test.text, err, test.want)
		}
	}
}

func TestTextsWithAColonAreNotMissingCommas(t *testing.T) {
	for _, text := range []string{
		"a: {x: \"b: c\", y: 'd: e'}\n", "a: |\n  b: c\n", "a: >-\n  b: c\n", "a: {x: u > 8 ? 8 : u, t: 8:30}\n", "a: {x: b:c}\n",
	} {
		if _, bad := ParseYAML("a.yaml", []byte(text)); bad != nil {
			t.Errorf("%q: %v", text, bad)
		}
	}
}

func TestATableThatExcelSavedSaysWhatToDo(t *testing.T) {
	const klok = `mapping: klok
file:
  columns:
    - {name: Nr, as: nr, type: integer, required: yes}
    - {name: Code, as: code}
    - {name: Uren, as: uren, type: hours, notation: [decimal]}
tables:
  codes: {key: [code], file: codes.csv}
to:
  what: variabele-gegevens-csv
  mode: Overschrijven
  employer: {clientnummer: {constant: 5555}}
  employee: {persnr_verl: {column: nr}}
  period: {from: drop_date}
  hours: all
  values:
    - {component: {table: codes, by: [code], take: component}, value: {column: uren}}
`
	_, err := Load(fstest.MapFS{"klok.yaml": {Data: []byte(klok)}, "codes.csv": {Data: []byte("code;component\ncaf\xe9;1\n")}})
	want := `klok.yaml:8:30: table "codes" from "codes.csv": the table is not UTF-8: in Excel, save it as "CSV UTF-8"`
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}
