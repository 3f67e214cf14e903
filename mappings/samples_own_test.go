package mappings

import (
	"context"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"loket-etl/validate"
)

// ownDir is a folder of an operator.
func ownDir(files map[string]string) fstest.MapFS {
	dir := fstest.MapFS{}
	for name, text := range files {
		dir[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return dir
}

func pathsOf(t *testing.T, dir fstest.MapFS, mapping string) (all []string) {
	t.Helper()
	samples, err := Samples(dir, mapping)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range samples {
		where := "own "
		if s.Shipped {
			where = "shipped "
		}
		all = append(all, where+s.Path)
	}
	return all
}

func TestSamplesAreThoseOfTheMappingThatIsUsed(t *testing.T) {
	const extra = "samples/verlof/good/extra.csv"
	if diff := cmp.Diff([]string{"own " + extra, "shipped samples/verlof/good/oktober.csv", "shipped samples/verlof/bad/oktober.csv"},
		pathsOf(t, ownDir(map[string]string{extra: "x"}), "verlof")); diff != "" {
		t.Errorf("beside those that ship (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"own " + extra}, pathsOf(t, ownDir(map[string]string{extra: "x", "verlof.yaml": "mapping: verlof"}), "verlof")); diff != "" {
		t.Errorf("of an own mapping of that name (-want +got):\n%s", diff)
	}
	got := pathsOf(t, ownDir(map[string]string{"samples/verlof/good/oktober.csv": "x", "samples/verlof/bad/.hidden": "x"}), "verlof")
	if diff := cmp.Diff([]string{"own samples/verlof/good/oktober.csv", "shipped samples/verlof/bad/oktober.csv"}, got); diff != "" {
		t.Errorf("in the place of one that ships (-want +got):\n%s", diff)
	}
	strays, err := Strays(ownDir(map[string]string{"samples/verlof/good/a.csv": "", "samples/verlofje/good/a.csv": "", "samples/loket.yaml": ""}), func(name string) bool { return name == "verlof" })
	if err != nil || !cmp.Equal(strays, []string{"samples/verlofje"}) {
		t.Errorf("strays %v, %v", strays, err)
	}
}

func TestNearestLoketYAMLSaysWhoThereIs(t *testing.T) {
	const (
		file  = "samples/verlof/good/a.csv"
		head  = "Clientnummer;Personeelsnummer;Van;Tot en met;Verlofsoort;Boeking;Uren\r\n"
		world = "werkgevers: [{werkgever_id: 7, clientnummer: 8, werknemers: [{persnr_verl: 6, in_dienst: 2020-01-01}]}]"
		other = "werkgevers: [{werkgever_id: 17, clientnummer: 18, werknemers: [{persnr_verl: 6, in_dienst: 2020-01-01}]}]"
	)
	m, _ := loadShipped(t).Get("verlof")
	accepted := func(step, row string, files map[string]string) {
		t.Helper()
		files[file] = head + row
		all, err := Samples(ownDir(files), "verlof")
		if err != nil {
			t.Fatal(err)
		}
		got, err := all[0].Run(context.Background(), m)
		if err != nil || len(got.Problems) > 0 || len(got.Figures) == 0 {
			t.Errorf("%s: %v %v", step, got.Problems, err)
		}
	}
	accepted("that ships", "5555;1;01-10-2026;;Wettelijk;Opname;8\r\n", map[string]string{})
	accepted("of the folder", "8;6;01-10-2026;;Wettelijk;Opname;8\r\n", map[string]string{"samples/loket.yaml": world})
	accepted("of the mapping", "18;6;01-10-2026;;Wettelijk;Opname;8\r\n", map[string]string{"samples/loket.yaml": world, "samples/verlof/loket.yaml": other})
}

func TestWhatIsWrongBesideASampleIsToldWithItsPlace(t *testing.T) {
	const expect = "samples/verlof/good/a.csv.expect.yaml"
	for _, tt := range []struct{ file, text, want string }{
		{expect, "call: []", "a.csv.expect.yaml:1:1: unknown field \"call\""},
		{expect, "policy: perhaps", "policy: \"perhaps\" is not one of all-or-nothing, per-employee"},
		{expect, "calls: [{call: X, values: [{employee: 1, value: 2}]}]", `a value has no "employee"`},
		{expect, "calls: [{call: X, values: [8.00]}]", "a value is written as {persnr_verl: 1"},
		{expect, "calls: [{call: X, values: [{soort: [1], value: 2}]}]", "write one value here"},
		{expect, "rows: many", "a.csv.expect.yaml:1:7"},
		{expect, strings.Repeat("# x\n", 300_000), "at most 1024 KiB"},
		{"samples/loket.yaml", "werkgever: []", "samples/loket.yaml:1:1: unknown field"},
		{"samples/loket.yaml", "dropped: 31-02-2026", "write one such as 2026-10-20"},
		{"samples/verlof/loket.yaml", "werkgevers: [{periods: yearly}]", "not one of monthly, four-weekly, weekly"},
	} {
		_, err := Samples(ownDir(map[string]string{"samples/verlof/good/a.csv": "x", tt.file: tt.text}), "verlof")
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s %.40q: %v, want %s", tt.file, tt.text, err, tt.want)
		}
	}
}

func TestExpectationMayLeaveOutWhatTheRestSays(t *testing.T) {
	m, _ := loadShipped(t).Get("urenregistratie")
	for _, s := range shippedOf(t, "urenregistratie") {
		if s.Name() != "uren_5555_oktober.csv" {
			continue
		}
		got, err := s.Run(context.Background(), m)
		if err != nil {
			t.Fatal(err)
		}
		const calls = "calls:\n- call: ImporteerGegevens.ImporteerGegevens\n  about: werkgever 1001, periode 2026-10\n  values:\n" +
			"  - {argument: Verwerkingswijze, value: Overschrijven}\n  - {persnr_verl: 1, kostenplaats: 100, component: 1, value: 15.50}\n" +
			"  - {persnr_verl: 1, kostenplaats: 200, component: 4, value: 1.50}\n  - {persnr_verl: 2, component: 1, value: 8.00}\n" +
			"  - {component: 10, persnr_verl: 2, value: 14.67}\n  - {persnr_verl: 3, kostenplaats: 100&200, component: 11, value: 8.00}\n"
		for _, tt := range []struct {
			text string
			want int
		}{
			{calls, 0},
			{strings.Replace(calls, "kostenplaats: 200, ", "", 1), 2}, // where it goes is no detail
			{strings.Replace(calls, "15.50", "15.5", 1), 1},
			{strings.Replace(calls, "Overschrijven", "Optellen", 1), 1},
			{calls + "accepted: 6\n", 1},
			{calls + "problems: [{line: 2}]\n", 1},
		} {
			want, err := readOutcome("x", []byte(tt.text))
			if err != nil {
				t.Fatal(err)
			}
			if wrong := got.Against(want); len(wrong) != tt.want {
				t.Errorf("%d differences, want %d: %s\n%s", len(wrong), tt.want, strings.Join(wrong, "\n"), tt.text)
			}
		}
	}
}

func TestFewEdgeCasesAreMadeOfWhatHasNoRows(t *testing.T) {
	m, _ := loadShipped(t).Get("loonaangifte-response")
	for _, s := range shippedOf(t, "loonaangifte-response") {
		want := 0
		if s.Good {
			want = 2 // empty, and half
		}
		if edges, err := s.Edges(context.Background(), m, validate.Rules{}); err != nil || len(edges) != want {
			t.Errorf("%s: %d edge cases, %v", s.Path, len(edges), err)
		}
	}
}
