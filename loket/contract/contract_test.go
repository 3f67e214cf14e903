package contract

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTheServicesHaveTheirOperations(t *testing.T) {
	want := map[string]int{
		"LoketWebservice": 22, "GoedkeurenAnnulerenLoonaangifte": 1, "AanleverenResponseMessage": 1, "ImporteerGegevens": 1,
		"ExportWebservice": 0, "Werkgever": 4, "Dossiervorming": 3, "Persoon": 3, "Dienstverband": 2,
	}
	got := map[string]int{}
	for _, s := range Services() {
		got[s.Name] = 0
	}
	for _, f := range Functions() {
		got[f.Service]++
		if f.Namespace != "urn:loket-etl:soap:"+strings.ToLower(f.Service)+":v1" || f.Action != f.Namespace+"#"+f.Name {
			t.Errorf("%s: %s %s", f.FullName(), f.Namespace, f.Action)
		}
		if f.NeedsToken == (f.Name == "GetUserToken") || f.NeedsToken != (f.Request()[0].Name == "UserToken") {
			t.Errorf("%s: token", f.FullName())
		}
		if last := f.Response()[len(f.Result)]; last.Name != "Meldingen" || last.Min != 0 {
			t.Errorf("%s: %v", f.FullName(), last)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestEveryTypeOfATableIsKnown(t *testing.T) {
	check := func(where string, params []Param) {
		seen := map[string]bool{}
		for _, p := range params {
			_, simple := LookupType(p.Type)
			_, group := LookupComplex(p.Type)
			if simple == group {
				t.Errorf("%s/%s has type %s: simple %v, complex %v", where, p.Name, p.Type, simple, group)
			}
			if seen[p.Name] {
				t.Errorf("%s has %s twice", where, p.Name)
			}
			seen[p.Name] = true
		}
	}
	for _, f := range Functions() {
		check(f.FullName(), f.Request())
		check(f.FullName(), f.Response())
		for _, name := range f.AtLeastOne {
			if p, ok := f.Param(name); !ok || p.Min != 0 {
				t.Errorf("%s: at least one of %s", f.FullName(), name)
			}
		}
	}
	for _, c := range Complexes() {
		check(c.Name, c.Fields)
	}
}

func TestFunctionsAreFoundByTheNamesThatAreClear(t *testing.T) {
	for name, want := range map[string]string{
		"List": "LoketWebservice.List", "LoketWebservice.List": "LoketWebservice.List",
		"ImporteerGegevens": "ImporteerGegevens.ImporteerGegevens", "Persoon.WijzigenAdresGegevens": "Persoon.WijzigenAdresGegevens",
		"Werkgever.WijzigenAdresGegevens": "Werkgever.WijzigenAdresGegevens",
		"WijzigenAdresGegevens":           "", "list": "", "Persoon.List": "", "": "",
	} {
		f, ok := Lookup(name)
		if ok != (want != "") || ok && f.FullName() != want {
			t.Errorf("Lookup(%q) = %v", name, f)
		}
	}
	for _, tt := range []struct{ service, element, want string }{
		{"LoketWebservice", "getUserToken", "GetUserToken"},
		{"LoketWebservice", "GetNodeFunctions", "GetNodeFunction"},
		{"LoketWebservice", "OutputOpdrachbrief", "OutputOpdrachtbrief"},
		{"ImporteerGegevens", "importeerGegevens", "ImporteerGegevens"},
		{"AanleverenResponseMessage", "aanleverenLoonaangifteResponseMessage", "AanleverenLoonaangifteResponseMessage"},
		{"GoedkeurenAnnulerenLoonaangifte", "goedkeurenAnnulerenLoonaangifte", "GoedkeurenAnnulerenLoonaangifte"},
		{"Persoon", "List", ""}, {"ExportWebservice", "Export", ""},
	} {
		f, ok := Operation(tt.service, tt.element)
		if ok != (tt.want != "") || ok && (f.Name != tt.want || f.Service != tt.service) {
			t.Errorf("Operation(%s, %s) = %v", tt.service, tt.element, f)
		}
	}
}

func TestTheClassOfAnImportFollowsFromItsArguments(t *testing.T) {
	component := func(attrs string) string {
		return `<VariabeleGegevens xmlns="urn:loket-etl:variabelegegevens:v1" WerkgeverId="1"><Werknemer Persnr="1"><Periode Jaar="2026" PeriodeNummer="1"><Component Nummer="1" ` + attrs + `/></Periode></Werknemer></VariabeleGegevens>`
	}
	tests := []struct {
		name, kind, form, how, file string
		want                        Class
	}{
		{"csv", "VariabeleGegevens", "CSV", "", "aanslnr;persnr;ploeg;1", Overwrite},
		{"csv that keeps", "VariabeleGegevens", "CSV", "NietOverschrijven", "x", Overwrite},
		{"csv that replaces", "VariabeleGegevens", "CSV", "Overschrijven", "x", Overwrite},
		{"csv that adds", "VariabeleGegevens", "CSV", "Optellen", "x", Additive},
		{"csv in an unknown way", "VariabeleGegevens", "CSV", "Anders", "x", Additive},
		{"leave", "Verlof", "CSV", "", "x", Additive},
		{"leave that replaces", "Verlof", "CSV", "Overschrijven", "x", Additive},
		{"xml", "VariabeleGegevens", "XML", "", component(`Waarde="1"`), Overwrite},
		{"xml that says no", "VariabeleGegevens", "XML", "", component(`Waarde="1" Aanvulling="false"`), Overwrite},
		{"xml that says 0", "VariabeleGegevens", "XML", "", component(`Waarde="1" Aanvulling=" 0 "`), Overwrite},
		{"xml that adds", "VariabeleGegevens", "XML", "", component(`Waarde="1" Aanvulling="true"`), Additive},
		{"xml that adds with 1", "VariabeleGegevens", "XML", "", component(`Aanvulling='1' Waarde="1"`), Additive},
		{"xml that adds through an entity", "VariabeleGegevens", "XML", "", component(`Aanvulling="&#116;rue"`), Additive},
		{"xml that is broken", "VariabeleGegevens", "XML", "", `<a Aanvulling="false"><`, Additive},
		{"xml in another encoding", "VariabeleGegevens", "XML", "", "\xff\xfe<\x00a\x00/\x00>\x00", Additive},
		{"xml that is empty", "VariabeleGegevens", "XML", "", "", Additive},
	}
	f, _ := Lookup("ImporteerGegevens")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			call := Call{Function: "ImporteerGegevens", Args: map[string]any{"SoortGegevens": tt.kind, "Formaat": tt.form, "Bestand": File{Content: []byte(tt.file)}}}
			if tt.how != "" {
				call.Args["Verwerkingswijze"] = tt.how
			}
			if got := f.ClassOf(call); got != tt.want {
				t.Errorf("class %s, want %s", got, tt.want)
			}
			want := "List VariabeleGegevens"
			if tt.kind == "Verlof" {
				want = "List Verlof"
			}
			if got := f.ProbeOf(call); got != want {
				t.Errorf("probe %s, want %s", got, want)
			}
		})
	}
}

func TestProbesAreReads(t *testing.T) {
	for _, f := range Functions() {
		if f.Class == Read != (f.Service == "LoketWebservice") {
			t.Errorf("%s is %s", f.FullName(), f.Class)
		}
		if f.Probe == "" {
			continue
		}
		op, entity, _ := strings.Cut(f.Probe, " ")
		probe, ok := Lookup(op)
		if _, known := LookupEntity(entity); !ok || !known || probe.Class != Read {
			t.Errorf("%s: probe %q", f.FullName(), f.Probe)
		}
	}
}

func TestTheTreeIsTheContracts(t *testing.T) {
	var lines []string
	var walk func(string, int)
	walk = func(entity string, depth int) {
		for _, child := range Children(entity) {
			lines = append(lines, strings.Repeat("  ", depth)+child)
			walk(child, depth+1)
		}
	}
	walk("", 0)
	want := `Werkgever
  Persoon
  Dienstverband
    Verlof
    VariabeleGegevens
  Verloning
    VerloningsRun
      Betaling
      Journaal
    Loonaangifte`
	if got := strings.Join(lines, "\n"); got != want {
		t.Errorf("got\n%s", got)
	}
}

func TestFieldsAreWhole(t *testing.T) {
	types := []string{"string", "int", "decimal", "boolean", "date", "dateTime", "code"}
	counts := map[string]int{}
	for _, e := range Entities() {
		seen := map[string]bool{}
		for _, f := range e.Fields {
			counts[e.Name]++
			_, simple := LookupType(f.Simple)
			switch {
			case seen[f.Name]:
				t.Errorf("%s.%s stands twice", e.Name, f.Name)
			case !slices.Contains(types, f.Type):
				t.Errorf("%s.%s has type %s", e.Name, f.Name, f.Type)
			case f.Simple != "" && !simple:
				t.Errorf("%s.%s has the unknown type %s", e.Name, f.Name, f.Simple)
			case f.Table != "" && Codes(f.Table) == nil:
				t.Errorf("%s.%s has the unknown table %s", e.Name, f.Name, f.Table)
			case f.Derived && f.Writable:
				t.Errorf("%s.%s is derived and writable", e.Name, f.Name)
			}
			seen[f.Name] = true
		}
	}
	want := map[string]int{
		"Werkgever": 34, "Persoon": 45, "Dienstverband": 59, "Verloning": 12, "VerloningsRun": 23, "Betaling": 7,
		"Loonaangifte": 30, "Verlof": 12, "Journaal": 8, "VariabeleGegevens": 11,
	}
	if diff := cmp.Diff(want, counts); diff != "" {
		t.Error(diff)
	}
}

func TestEveryCodeTableIsSound(t *testing.T) {
	for _, name := range CodeTables() {
		rows := Codes(name)
		if len(rows) == 0 {
			t.Errorf("%s is empty", name)
		}
		codeType, _ := LookupType("Code")
		for i, v := range rows {
			if v.Omschrijving == "" || codeType.Check(v.Code) != nil || v.GeldigTot != 0 && v.GeldigTot < v.GeldigVan {
				t.Errorf("%s: %+v", name, v)
			}
			for _, w := range rows[:i] {
				if w.Code == v.Code && (w.GeldigTot == 0 || w.GeldigTot >= v.GeldigVan) && (v.GeldigTot == 0 || v.GeldigTot >= w.GeldigVan) {
					t.Errorf("%s: %s is valid twice on one day", name, v.Code)
				}
			}
		}
	}
	if n := len(Codes("Landcode")); n != 249 {
		t.Errorf("%d countries, ISO 3166-1 has 249", n)
	}
	for code, text := range map[string]string{
		"NL": "Nederland", "BE": "België", "DE": "Duitsland", "FR": "Frankrijk", "PL": "Polen", "GB": "Verenigd Koninkrijk", "ES": "Spanje",
		"IT": "Italië", "PT": "Portugal", "RO": "Roemenië", "BG": "Bulgarije", "TR": "Turkije", "MA": "Marokko", "SR": "Suriname", "CW": "Curaçao",
	} {
		if v, ok := LookupCode("Landcode", code, 20261001); !ok || v.Omschrijving != text {
			t.Errorf("%s: %+v", code, v)
		}
	}
	const table = "RedenEindeDienstverbandAangifte"
	for _, tt := range []struct {
		code string
		day  int
		want bool
	}{{"02", 20221231, true}, {"02", 20230101, false}, {"05", 20221231, false}, {"05", 20230101, true}, {"01", 20191231, false}, {"77", 20260101, false}} {
		if _, ok := LookupCode(table, tt.code, dateOf(tt.day)); ok != tt.want {
			t.Errorf("%s on %d: %v", tt.code, tt.day, ok)
		}
	}
}

func TestTheFaultTableIsTheContracts(t *testing.T) {
	var got []string
	for _, f := range Faults() {
		got = append(got, fmt.Sprintf("%d %s %s %s", f.Code, f.Name, f.Side, f.Retry))
	}
	want := []string{
		"1001 AanmeldingMislukt Client no", "1002 OngeldigUserToken Client after new login", "1003 VerlopenUserToken Client after new login",
		"1004 GeenRechten Client no", "2001 OnbekendeEntiteit Client no", "2002 OnbekendeIdentity Client no", "2003 FunctieNietOndersteund Client no",
		"2004 ParentDataIdentityOntbreekt Client no", "3001 VerplichtVeldOntbreekt Client no", "3002 OngeldigeWaarde Client no",
		"3003 OngeldigeCode Client no", "3004 ConflictMetStatus Client no", "4001 BestandOngeldig Client no", "4002 BestandTeGroot Client no",
		"5001 Uitgefaseerd Client no", "5002 NietBeschikbaar Client no", "9001 InterneFout Server once", "9002 TijdelijkNietBeschikbaar Server back off",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
