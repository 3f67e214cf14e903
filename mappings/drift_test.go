package mappings

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

const driftMapping = `mapping: klok
description: d
file:
  format: csv
  extra_columns: ignore
  columns:
    - {name: Wie, type: integer, required: yes}
    - {name: Naam, personal: yes, optional: yes}
    - {name: Dag, type: date, layouts: [dd-MM-yyyy, yyyy-MM-dd], optional: yes}
    - {name: Soort}
    - {name: Uren, type: hours, notation: [decimal, clock]}
    - {name: Kp, optional: yes}
    - {name: Kd, optional: yes}
tables:
  soorten:
    key: [soort]
    ignore_case: yes
    rows: [{soort: gewoon, component: 1}, {soort: over, component: 3}, {soort: ziek, component: 10}]
to:
  what: variabele-gegevens-xml
  employer: {clientnummer: {constant: 5555}}
  employee: {persnr_verl: {column: Wie}}
  period: {from: drop_date, kind: monthly}
  kostenplaats: {column: Kp}
  kostendrager: {column: Kd}
  hours: all
  round: half-up
  values:
    - {component: {table: soorten, by: Soort, take: component}, value: {column: Uren}}
`

func driftOf(t *testing.T, m *Mapping, files ...string) (last []Drift, memory *Shape) {
	t.Helper()
	for i, f := range files {
		s, err := m.Shape(t.Context(), textInput("klok.csv", []byte(f)))
		if err != nil || s == nil {
			t.Fatalf("shape of file %d: %v, %v", i+1, s, err)
		}
		s.Entry = int64(i + 1)
		last = s.Drift(memory)
		memory = s.After(memory)
	}
	return last, memory
}

func TestDriftIsSaid(t *testing.T) {
	m, err := LoadOne(fstest.MapFS{"klok.yaml": {Data: []byte(driftMapping)}}, "klok")
	if err != nil {
		t.Fatal(err)
	}
	many := func(header, row string) string { return header + "\n" + strings.Repeat(row+"\n", enoughCells) }
	base := "Wie;Naam;Dag;Soort;Uren;Kp;Kd\n1;A;01-10-2026;gewoon;7,5;100;P1\n2;B;02-10-2026;over;8;200;P2\n"
	for _, tt := range []struct {
		name  string
		files []string
		want  []string // code, whether it holds, sentence
	}{
		{"the same", []string{base, base}, nil},
		{"the first", []string{base}, nil},
		{"fewer values and kinds", []string{base, "Wie;Naam;Dag;Soort;Uren;Kp;Kd\n1;A;01-10-2026;gewoon;8;;\n"}, nil},
		{"another case", []string{base, strings.ToUpper(base)}, nil},
		{"added", []string{base, strings.ReplaceAll(strings.ReplaceAll(base, "\n", ";x\n"), "Kd;x", "Kd;Afdeling")},
			[]string{`vorm-kolom-nieuw false Kolom "Afdeling" is nieuw. Controleer of de mapping er iets mee moet.`}},
		{"gone", []string{base, "Wie;Naam;Soort;Uren;Kp;Kd\n1;A;gewoon;7,5;100;P1\n"},
			[]string{`vorm-kolom-weg false Kolom "Dag" stond er eerder wel en nu niet. Vraag de aanleveraar of dat zo hoort.`}},
		{"renamed, and the mapping does not know it", []string{base, strings.Replace(base, "Uren", "Uren gewerkt", 1)},
			[]string{`vorm-kolom-hernoemd false Kolom "Uren" heet nu "Uren gewerkt", naar het zich laat aanzien. Controleer of het dezelfde gegevens zijn en laat de mapping anders aanpassen.`}},
		{"renamed, an optional one", []string{base, strings.Replace(base, "Kd", "Drager", 1)},
			[]string{`vorm-kolom-hernoemd false Kolom "Kd" heet nu "Drager", naar het zich laat aanzien. Controleer of het dezelfde gegevens zijn en laat de mapping anders aanpassen.`}},
		{"swapped by their kinds", []string{base, "Wie;Naam;Soort;Dag;Uren;Kp;Kd\n1;A;01-10-2026;gewoon;7,5;100;P1\n"},
			[]string{`vorm-kolommen-omgewisseld true De kolommen "Soort" en "Dag" lijken omgewisseld: wat eerder in de ene stond, staat nu in de andere. Vraag de aanleveraar de export te herstellen. Klopt het zo, dan kan een beheerder het bestand vrijgeven.`,
				`vorm-volgorde false De kolommen staan in een andere volgorde dan eerder. Zij worden op naam gevonden; u hoeft niets te doen.`}},
		{"swapped by their values", []string{
			"Wie;Soort;Uren;Kp;Kd\n1;gewoon;7,5;A;X\n2;gewoon;7,5;B;Y\n",
			"Wie;Soort;Uren;Kp;Kd\n1;gewoon;7,5;X;A\n2;gewoon;7,5;Y;B\n"},
			[]string{`vorm-kolommen-omgewisseld true De kolommen "Kp" en "Kd" lijken omgewisseld: wat eerder in de ene stond, staat nu in de andere. Vraag de aanleveraar de export te herstellen. Klopt het zo, dan kan een beheerder het bestand vrijgeven.`}},
		{"another order", []string{base, "Naam;Wie;Dag;Soort;Uren;Kp;Kd\nA;1;01-10-2026;gewoon;7,5;100;P1\n"},
			[]string{`vorm-volgorde false De kolommen staan in een andere volgorde dan eerder. Zij worden op naam gevonden; u hoeft niets te doen.`}},
		{"a new value of a code", []string{base, strings.Replace(base, "over;", "ziek;", 1)},
			[]string{`vorm-nieuwe-waarden false Kolom "Soort" heeft een waarde die eerder niet voorkwam: "ziek". Controleer of de mapping ze kent zoals ze bedoeld zijn.`}},
		{"a new value of a label is no news", []string{base, strings.Replace(base, ";200;", ";300;", 1)}, nil},
		{"numbers became clock times after a small file", []string{base, strings.Replace(base, "7,5", "7:30", 1)}, nil},
		{"numbers became clock times", []string{many("Wie;Soort;Uren", "1;gewoon;8\n1;gewoon;7,5"), "Wie;Soort;Uren\n1;gewoon;7:30\n"},
			[]string{`vorm-soort-cellen true In kolom "Uren" staan nu kloktijden; eerder stonden er gehele getallen en getallen met decimalen. Controleer of de mapping ze leest zoals ze bedoeld zijn.`}},
		{"a wrong cell is no news", []string{many("Wie;Soort;Uren", "1;gewoon;8\n1;gewoon;7,5"), many("Wie;Soort;Uren", "1;gewoon;8") + "1;gewoon;acht\n"}, nil},
		{"many wrong cells are", []string{many("Wie;Soort;Uren", "1;gewoon;8\n1;gewoon;7,5"), many("Wie;Soort;Uren", "1;gewoon;8\n1;gewoon;acht")},
			[]string{`vorm-soort-cellen true In kolom "Uren" staan nu andere tekst; eerder stonden er gehele getallen en getallen met decimalen. Controleer of de mapping ze leest zoals ze bedoeld zijn.`}},
		{"integers became decimals", []string{many("Wie;Soort;Uren", "1;gewoon;8"), many("Wie;Soort;Uren", "1;gewoon;7,5")},
			[]string{`vorm-soort-cellen false In kolom "Uren" staan nu getallen met decimalen; eerder stonden er gehele getallen. Controleer of de mapping ze leest zoals ze bedoeld zijn.`}},
		{"integers became decimals in a small file", []string{"Wie;Soort;Uren\n1;gewoon;8\n", "Wie;Soort;Uren\n1;gewoon;7,5\n"}, nil},
		{"another layout of dates", []string{base, strings.ReplaceAll(strings.ReplaceAll(base, "01-10-2026", "2026-10-01"), "02-10-2026", "2026-10-02")},
			[]string{`vorm-datums false De datums in kolom "Dag" zijn nu geschreven als yyyy-MM-dd; eerder als dd-MM-yyyy. Controleer of dag en maand zo gelezen worden als ze bedoeld zijn.`}},
		{"hours became minutes", []string{base, "Wie;Naam;Dag;Soort;Uren;Kp;Kd\n" + strings.Repeat("1;A;01-10-2026;gewoon;450;100;P1\n", 5)},
			[]string{`vorm-eenheid true In kolom "Uren" lijken nu minuten te staan; eerder stonden er uren. Vraag de aanleveraar wat er staat, en laat zo nodig in de mapping notation: [minutes] zetten.`}},
		{"another file altogether", []string{base, "a;b\n1;2\n"}, nil},
		{"what was seen once is not told again", []string{base, strings.Replace(base, "over;", "ziek;", 1), base}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			found, _ := driftOf(t, m, tt.files...)
			var got []string
			for _, d := range found {
				got = append(got, fmt.Sprintf("%s %v %s", d.Code, d.Holds, d.Problem))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAMappingThatAsksExpressionsHasAShape(t *testing.T) {
	text := strings.Replace(driftMapping, "to:\n", "skip:\n  - {expr: \"filled(Kd)\"}\nto:\n", 1)
	text = strings.Replace(text, "value: {column: Uren}}", "value: {column: Uren}, when: [{expr: \"filled(Uren)\"}]}", 1)
	m, err := LoadOne(fstest.MapFS{"klok.yaml": {Data: []byte(text)}}, "klok")
	if err != nil {
		t.Fatal(err)
	}
	if drift, _ := driftOf(t, m, "Wie;Soort;Uren;Kp;Kd\n1;gewoon;8;;\n"); len(drift) > 0 {
		t.Error(drift)
	}
}

func TestAShapeHoldsNothingOfPeople(t *testing.T) {
	m, err := LoadOne(fstest.MapFS{"klok.yaml": {Data: []byte(driftMapping)}}, "klok")
	if err != nil {
		t.Fatal(err)
	}
	_, s := driftOf(t, m, "Wie;Naam;Soort;Uren;Kp;Los\n17;Anna;gewoon;8;123456782;vrije tekst\n")
	got := fmt.Sprintf("%+v", s)
	for _, secret := range []string{"17", "Anna", "123456782", "vrije"} {
		if strings.Contains(got, secret) {
			t.Errorf("%s stands in %s", secret, got)
		}
	}
	if !strings.Contains(got, "[gewoon]") {
		t.Errorf("no codes in %s", got)
	}
}

func TestRememberingAShapeTwiceOrOutOfOrderIsTheSame(t *testing.T) {
	m, err := LoadOne(fstest.MapFS{"klok.yaml": {Data: []byte(driftMapping)}}, "klok")
	if err != nil {
		t.Fatal(err)
	}
	shape := func(entry int64, text string) *Shape {
		s, err := m.Shape(t.Context(), textInput("klok.csv", []byte(text)))
		if err != nil {
			t.Fatal(err)
		}
		s.Entry = entry
		return s
	}
	a := shape(1, "Wie;Soort;Uren;Kp\n1;gewoon;8;100\n")
	b := shape(2, "Wie;Soort;Uren\n1;over;7:30\n")
	want := b.After(a)
	if diff := cmp.Diff(want, a.After(b.After(nil))); diff != "" {
		t.Errorf("the older one last: %s", diff)
	}
	if diff := cmp.Diff(want, b.After(want)); diff != "" {
		t.Errorf("twice: %s", diff)
	}
}

func TestShippedSamplesDoNotDriftFromThemselves(t *testing.T) {
	set, looked := loadShipped(t), 0
	for _, name := range set.Names() {
		m, _ := set.Get(name)
		files, err := filepath.Glob(filepath.Join(samples, name, "good", "*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, ".expect.yaml") {
				continue
			}
			looked++
			s, err := m.Shape(t.Context(), fileInput(file))
			if err != nil {
				t.Fatal(err)
			}
			if s == nil != (m.IsDocument() || m.single || m.index != "") {
				t.Errorf("%s: shape %v", file, s)
			}
			if d := s.Drift(s); len(d) > 0 {
				t.Errorf("%s: %v", file, d)
			}
		}
	}
	if looked < 20 {
		t.Errorf("%d samples", looked)
	}
}

func TestAWideSheetHasAShape(t *testing.T) {
	m := mapping(t, "mapping: wide\nfile:\n  columns:\n    - {name: Persnr, as: persnr, type: integer}\n  wide:\n    headings: {gewoon: 1, overwerk: 3}\n    heading: {as: soort, type: integer}\n    cell: {as: uren, type: hours, notation: [decimal]}\n"+
		strings.TrimPrefix(wideTo, "\n")+"  period: {from: drop_date, kind: monthly}\n  values:\n    - {component: {column: soort}, value: {column: uren}}\n")
	found, _ := driftOf(t, m, "Persnr;gewoon\n1;8\n", "Persnr;gewoon;overwerk\n1;8;2\n")
	if len(found) != 1 || found[0].Code != DriftAdded {
		t.Errorf("%v", found)
	}
}
