package mappings

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
)

const lintBase = `mapping: klok
description: d
file:
  format: csv
  extra_columns: ignore
  columns:
    - {name: wie, type: integer, required: yes}
    - {name: dag, type: date, layouts: [dd-MM-yyyy]}
    - {name: soort}
    - {name: uren, type: hours, notation: [decimal]}
    - {name: geld, type: decimal}
tables:
  soorten:
    key: [soort]
    ignore_case: yes
    rows:
      - {soort: a, component: 1}
      - {soort: b, component: 2}
to:
  what: variabele-gegevens-csv
  employer: {clientnummer: {constant: 5555}}
  employee: {persnr_verl: {column: wie}}
  period: {date: dag, kind: monthly}
  hours: [1, 2]
  values:
    - {component: {table: soorten, by: soort, take: component}, value: {column: uren}}
    - {component: {constant: 30}, value: {column: geld}}
`

func lint(t *testing.T, yaml string, o LintOptions) (got []string) {
	t.Helper()
	o.Now = time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	found, err := Lint(fstest.MapFS{"klok.yaml": {Data: []byte(yaml)}}, "klok", o)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		got = append(got, f.Code+" "+f.String())
	}
	return got
}

func TestLintFindsWhatLoadsAndIsWrong(t *testing.T) {
	for _, tt := range []struct {
		name string
		edit []string // old, new, ...
		want []string
	}{
		{"nothing", nil, nil},
		{"a column that nothing looks at", []string{"    - {name: geld", "    - {name: los}\n    - {name: geld"},
			[]string{`unused-column klok.yaml:11:7: column "los" is used nowhere, and not in the schema (leave it out: what is not named is passed over)`}},
		{"one that must be named", []string{"  extra_columns: ignore\n", "", "    - {name: geld", "    - {name: los}\n    - {name: geld"}, nil},
		{"one that only the schema looks at", []string{"    - {name: geld", "    - {name: los}\n    - {name: geld", "tables:", "schema: {properties: {los: {type: string}}}\ntables:"}, nil},
		{"one that only a condition looks at", []string{"    - {name: geld", "    - {name: los}\n    - {name: geld", "to:\n", "skip:\n  - {column: los, is: x}\nto:\n"}, nil},
		{"a table that nothing asks", []string{"tables:\n", "tables:\n  los: {key: [a], rows: [{a: 1}]}\n"},
			[]string{`dead-rule klok.yaml:13:8: table "los" is looked up by nothing (take it away, or look something up in it)`}},
		{"a row that ended", []string{"    ignore_case: yes\n", "    valid_until: tot\n", "component: 1}", "component: 1, tot: 2024-12-31}", "component: 2}", "component: 2, tot: 2026-12-31}", "by: soort, take", "by: soort, on: dag, take"},
			[]string{`dead-rule klok.yaml:17:1: table "soorten": the row of "a" ended on 2024-12-31 (take it away when no file of that time comes any more)`}},
		{"keys in capitals", []string{"    ignore_case: yes\n", "", "      - {soort: b", "      - {soort: A, component: 1}\n      - {soort: b"},
			[]string{`dead-rule klok.yaml:17:1: table "soorten": "a" and "A" differ in capitals only (ignore_case: yes, and one of the rows)`}},
		{"a key that is no number", []string{"{name: soort}", "{name: soort, type: integer}", "soort: a", "soort: 007", "soort: b", "soort: x"},
			[]string{`dead-rule klok.yaml:17:1: table "soorten": "007" is never found, for column "soort" is a number (write 7, or give the column the type text)`,
				`dead-rule klok.yaml:18:1: table "soorten": "x" is never found, for column "soort" is a number (take it away, or give the column the type text)`}},
		{"a row that is passed over", []string{"to:\n", "skip:\n  - {column: soort, is: b}\nto:\n"},
			[]string{`dead-rule klok.yaml:18:1: table "soorten": "b" is never looked up, for skip or keep passes such rows over (take the row away, or change skip and keep)`}},
		{"no row is used", []string{"to:\n", "keep:\n  - {column: soort, is: a}\n  - {column: soort, is: b}\nto:\n", "by: soort", "by: soort, otherwise: 1", "      - {soort: b, component: 2}\n", "", "soort: a,", "soort: '',", "hours: [1, 2]", "hours: [1]"},
			[]string{`dead-rule klok.yaml:17:1: table "soorten": "" is never looked up, for skip or keep passes such rows over (take the row away, or change skip and keep)`,
				`dead-rule klok.yaml:19:3: no row is ever used: skip and keep leave nothing of column "soort" (keep wants all of its conditions, skip any)`}},
		{"a condition on a number", []string{"to:\n", "skip:\n  - {column: wie, is: totaal}\nto:\n"},
			[]string{`dead-rule klok.yaml:20:5: column "wie" is a number and never "totaal" (take it away, or give the column the type text)`}},
		{"kept when empty and required", []string{"to:\n", "keep:\n  - {column: wie, empty: yes}\nto:\n"},
			[]string{`dead-rule klok.yaml:20:5: only rows without "wie" are kept, and those are refused, for it is required (take required: yes away, or this condition)`}},
		{"a value that is never made", []string{"value: {column: geld}}", "value: {column: geld}, when: [{column: soort, is: a}, {column: soort, not: a}]}"},
			[]string{`dead-rule klok.yaml:27:7: this value is never made: its conditions leave nothing of column "soort" (change when, or take the rule away)`}},
		{"hours that a table may get", []string{"hours: [1, 2]", "hours: [1, 2, 3]"}, nil},
		{"hours of nothing", []string{"hours: [1, 2]", "hours: [1, 3]", "{table: soorten, by: soort, take: component}", "{constant: 1}", "tables:\n  soorten:\n    key: [soort]\n    ignore_case: yes\n    rows:\n      - {soort: a, component: 1}\n      - {soort: b, component: 2}\n", "", "    - {name: soort}\n", ""},
			[]string{`dead-rule klok.yaml:16:14: component 3 is among hours, and no rule makes it (take it away)`}},
		{"clock times without rounding", []string{"notation: [decimal]", "notation: [clock]"},
			[]string{`lossy-rounding klok.yaml:26:72: column "uren": clock times are not always whole hundredths of an hour (0:20 is 0,333), Loket holds two decimals, and round is refuse: such totals are refused (round: half-up)`}},
		{"minutes without rounding", []string{"notation: [decimal]", "notation: [minutes]"},
			[]string{`lossy-rounding klok.yaml:26:72: column "uren": minutes are not always whole hundredths of an hour (20 minutes is 0,333), Loket holds two decimals, and round is refuse: such totals are refused (round: half-up)`}},
		{"three decimals without rounding", []string{"type: decimal}", "type: decimal, decimals: 3}"},
			[]string{`lossy-rounding klok.yaml:27:42: column "geld": it may have 3 decimals, Loket holds two decimals, and round is refuse: such totals are refused (round: half-up)`}},
		{"rounded", []string{"notation: [decimal]", "notation: [clock]", "  values:", "  round: half-up\n  values:"}, nil},
		{"hours as an amount", []string{"value: {column: geld}", "value: {column: uren}"},
			[]string{`unused-column klok.yaml:11:7: column "geld" is used nowhere, and not in the schema (leave it out: what is not named is passed over)`,
				`unit-mismatch klok.yaml:27:7: column "uren" is hours and goes to component 30, which hours does not name (name the component under hours, or give the column the type decimal)`}},
		{"an amount as hours", []string{"hours: [1, 2]", "hours: [1, 2, 30]"},
			[]string{`unit-mismatch klok.yaml:27:7: column "geld" is an amount and goes to component 30, which hours names (give the column the type hours, or take the component out of hours)`}},
		{"hours to a table of amounts", []string{"hours: [1, 2]", "hours: [none]"},
			[]string{`unit-mismatch klok.yaml:26:7: column "uren" is hours and goes to the components of its table, which hours does not name (name the component under hours, or give the column the type decimal)`}},
		{"counted twice", []string{"value: {column: geld}}\n", "value: {column: geld}}\n    - {component: {constant: 30}, value: {column: geld}}\n"},
			[]string{`overlapping-values klok.yaml:28:7: column "geld" counts twice for component 30: the rule on line 27 does so, too (take one of them away, or give them conditions that exclude each other)`}},
		{"counted once, by conditions", []string{"value: {column: geld}}\n", "value: {column: geld}, when: [{column: soort, is: a}]}\n    - {component: {constant: 30}, value: {column: geld}, when: [{column: soort, not: a}]}\n"}, nil},
		{"open choices", []string{"component: 2}", "component: KIES}", "constant: 30", "constant: KIES", "hours: [1, 2]", "hours: [1]   # TWIJFEL: ook 2?"},
			[]string{`open-choice klok.yaml:18:1: table "soorten": which component "b" is, is not chosen (write the number of the component)`,
				`open-choice klok.yaml:24:16: doubtful: ook 2? (look it up, change what is wrong, and take the comment away)`,
				`open-choice klok.yaml:27:30: which component this is, is not chosen (write the number of the component, or take the rule away)`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			yaml := lintBase
			for i := 0; i < len(tt.edit); i += 2 {
				if !strings.Contains(yaml, tt.edit[i]) {
					t.Fatalf("no %q", tt.edit[i])
				}
				yaml = strings.Replace(yaml, tt.edit[i], tt.edit[i+1], 1)
			}
			if diff := cmp.Diff(tt.want, lint(t, yaml, LintOptions{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestLintHoldsASampleAgainstTheMapping(t *testing.T) {
	in := textInput("klok.csv", []byte("wie;dag;soort;uren;geld\n1;01-10-2026;A;480;1\n1;02-10-2026;c;450;1\n1;03-10-2026;123456782;450;1\n1;03-10-2026;;450;1\n"))
	want := []string{
		`unit-mismatch klok.yaml:10:7: column "uren" is read as hours, and the cells of the sample look like minutes (notation: [minutes], if they are)`,
		`unknown-value klok.yaml:14:8: table "soorten" does not have what the sample says: "******782", "c" (add rows for them, skip such rows, or give the lookup an otherwise)`,
	}
	if diff := cmp.Diff(want, lint(t, lintBase, LintOptions{Sample: &in})); diff != "" {
		t.Error(diff)
	}
	skipped := strings.Replace(lintBase, "to:\n", "keep:\n  - {column: soort, is: a}\nto:\n", 1)
	for _, f := range lint(t, skipped, LintOptions{Sample: &in}) {
		if strings.HasPrefix(f, LintUnknown) {
			t.Errorf("of rows that are passed over: %s", f)
		}
	}
}

func TestWhatShipsHasNoFindings(t *testing.T) {
	for _, name := range loadShipped(t).Names() {
		found, err := Lint(nil, name, LintOptions{Now: time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)})
		if err != nil || len(found) > 0 {
			t.Errorf("%s: %v %v", name, found, err)
		}
	}
}

func TestLintOfWhatDoesNotLoadSaysSo(t *testing.T) {
	_, err := Lint(fstest.MapFS{"klok.yaml": {Data: []byte("mapping: klok\n")}}, "klok", LintOptions{})
	if _, ok := err.(LoadErrors); !ok {
		t.Errorf("got %v", err)
	}
	if _, err := Lint(nil, "niets", LintOptions{}); err == nil || err.Error() != `there is no mapping "niets"` {
		t.Errorf("got %v", err)
	}
}
