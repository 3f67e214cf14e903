package pipelines

import (
	"strings"
	"testing"
	"testing/fstest"

	"loket-etl/mappings"
)

func TestAPipelineIsReadAsItIsWritten(t *testing.T) {
	m, err := mappings.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	payments := "export: payments\nschedule: 0 7 * * *\n"
	for content, want := range map[string]string{
		payments + "posts: 1.5\n":                    `p.yaml:4:8: posts: want a whole number in digits, such as 50000, not "1.5"`,
		payments + "posts: 010\n":                    `p.yaml:4:8: posts: want a whole number in digits, such as 50000, not "010"`,
		payments + "posts: 0\n":                      `p.yaml:4:8: posts: want a whole number of at least 1, not "0"`,
		payments + "bytes: 10MB\n":                   `p.yaml:4:8: bytes: want a whole number in digits, such as 50000, not "10MB"`,
		payments + "bytes: 99999999999999999999\n":   `p.yaml:4:8: bytes: want a whole number in digits, such as 50000, not "99999999999999999999"`,
		payments + "payable: [01710]\n":              `p.yaml:4:11: payable: put it in quotes: "01710"`,
		payments + "payable: [1710]\n":               "",
		payments + "payable: 1710\n":                 `p.yaml:4:10: payable: want a list, such as [1710]`,
		payments + "formats: []\n":                   `p.yaml:4:10: formats is an empty list: leave the key out`,
		payments + "formats: [clieop03, clieop03]\n": `p.yaml: formats: "clieop03" stands there twice`,
		payments + "order: Werknemer\n":              `p.yaml: order: it is for export: reports`,
		payments + "hold:\n":                         `p.yaml:4:7: hold has no value: give it one, or leave the key out`,
		payments + "publish: {bank_days: 0}\n":       `p.yaml:4:10: publish has no "at"`,
		payments + "publish: {bank_days: 1, at: \"07:30\"}\ncollect: {bank_days: 2, at: \"12:00\"}\n": `p.yaml: collect: at that moment the files are not published yet: it must come after publish`,
		payments + "publish: {bank_days: 1, at: \"07:30\"}\ncollect: {bank_days: 1, at: \"07:30\"}\n": `p.yaml: collect: at that moment the files are not published yet: it must come after publish`,
		payments + "publish: {bank_days: 1, at: \"07:30\"}\ncollect: {bank_days: 1, at: \"07:31\"}\n": "",
		payments + "collect: {at: \"12:00\"}\n":                                                       "",
		payments + "jitter: &a 5s\ncatch_up: *a\n":                                                    "p.yaml:4:9: jitter: anchors, aliases and tags are not used here: write the value out\np.yaml:5:11: catch_up: anchors, aliases and tags are not used here: write the value out",
		payments + "---\nposts: 5\n":                                                                  `p.yaml:5:6: a second document: keep everything in one`,
		"export:\n":                                                                                   `p.yaml:2:9: export has no value: give it one, or leave the key out`,
		"mapping: urenregistratie\nrules: {hours_per_day: 010}\n":                                     `p.yaml:3:24: hours_per_day: want a whole number in digits, such as 50000, not "010"`,
		"mapping: urenregistratie\nrules: {hours_per_day: 10.5}\n":                                    "",
		"mapping: urenregistratie\nrules: {max_keys: 0}\n":                                            `p.yaml:3:19: max_keys: want a whole number of at least 1, not "0"`,
		"mapping: urenregistratie\nruels: {}\n":                                                       `p.yaml:3:1: unknown field "ruels"; known here: pipeline, description, mapping, files, policy, left_out, approval, rules, drift`,
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

func TestAnAccountOfBooksKeepsItsZeros(t *testing.T) {
	_, err := LoadBooks(fstest.MapFS{"5555.yaml": {Data: []byte("accounts:\n  - {account: 04000, to: {code: \"4000\", name: Lonen}}\n")}})
	if want := `5555.yaml:2:15: account: put it in quotes: "04000"`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	books, err := LoadBooks(fstest.MapFS{"5555.yaml": {Data: []byte("accounts:\n  - {account: \"04000\", to: {code: 4000, name: Lonen}}\n")}})
	if err != nil || books[5555].Accounts[0].Account != "04000" || books[5555].Accounts[0].To.Code != "4000" {
		t.Errorf("got %+v, %v", books, err)
	}
}
