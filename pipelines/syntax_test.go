package pipelines

import "testing"

func TestAPipelineThatIsNoYAMLSaysWhatToDo(t *testing.T) {
	const look = "; look at this line and those above"
	for _, test := range []struct{ text, want string }{
		{"pipeline: a\nrules:\n\tperiod: single\n", "a.yaml:3:1: not valid YAML: a tab; indent with spaces"},
		{"pipeline: a\nrules:\n  period: single\n hours_per_day: 9\n", "a.yaml:4:2: not valid YAML: value is not allowed in this context" + look},
		{"pipeline: \"a\nmapping: b\n", "a.yaml:1:11: not valid YAML: could not find end character of double-quoted text" + look},
		{"pipeline: a\nfiles: [\"a\" \"b\"]\n", "a.yaml:2:13: not valid YAML: ',' or ']' must be specified" + look},
		{"pipeline: a\nrules:\n  overlap: {start: begin end: einde}\n", "a.yaml:3:20: a comma is missing; write one before end:, or put the whole text in quotes"},
	} {
		_, err := readPipeline([]byte(test.text), "a.yaml", nil)
		if err == nil || err.Error() != test.want {
			t.Errorf("%q\n got %v\nwant %s", test.text, err, test.want)
		}
	}
}
