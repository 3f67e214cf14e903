package pipelines

import (
	"strings"
	"testing"
	"testing/fstest"

	"loket-etl/mappings"
)

func TestAPipelineThatMeansNothingForTaxReturns(t *testing.T) {
	m, err := mappings.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	for content, want := range map[string]string{
		"mapping: loonaangifte-response\npolicy: per-employee\n":                                                          "p.yaml:3:1: policy: a file of mapping loonaangifte-response is one document: it goes whole or not at all",
		"mapping: loonaangifte-response\nrules:\n  duplicates: refuse\n":                                                  "p.yaml:3:1: rules: a file of mapping loonaangifte-response is one document and has no rows",
		"mapping: loonaangifte-status\n\nrules:\n  hours_per_day: 8\n":                                                    "p.yaml:4:1: rules: mapping loonaangifte-status is about tax returns, not employees and hours; only control_total means something there",
		"mapping: loonaangifte-status\npolicy: per-return\n":                                                              `p.yaml: policy: "per-return" is not one of all-or-nothing, per-employee`,
		"mapping: persoon-adres\nleft_out: clear\n":                                                                       "p.yaml:3:1: left_out: clear needs a mapping for variabele gegevens with mode Overschrijven or Optellen, or for verlof; persoon-adres is none",
		"mapping: verlof\nleft_out: clear\n":                                                                              "",
		"mapping: verlof\nleft_out: wipe\n":                                                                               `p.yaml: left_out: "wipe" is not one of keep, clear`,
		"mapping: loonaangifte-status\napproval: yes\n":                                                                   `p.yaml: approval: "yes" is not one of none, required`,
		"mapping: loonaangifte-status\napproval: required\n":                                                              "",
		"mapping: loonaangifte-statussen\n":                                                                               `p.yaml: mapping: no mapping is called "loonaangifte-statussen"`,
		"mapping: loonaangifte-status\npolicy: per-employee\n":                                                            "",
		"mapping: loonaangifte-status\nrules:\n  control_total: {column: status, marker: TOTAAL, rows: berichtkenmerk}\n": "",
	} {
		_, _, err := Load(fstest.MapFS{"p.yaml": {Data: []byte("pipeline: p\n" + content)}}, m.Get)
		got := ""
		if err != nil {
			got = strings.TrimSpace(err.Error())
		}
		if got != want {
			t.Errorf("%s\n got %q\nwant %q", content, got, want)
		}
	}
}
