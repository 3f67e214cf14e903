package mappings

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"loket-etl/loket/contract"
	"loket-etl/payroll"
)

func TestImportsReadBackAsTheyWereGiven(t *testing.T) {
	october := payroll.Period{Year: 2026, Number: 10}
	at := func(persnr, strook, component int, plaats string) ImportValue {
		return ImportValue{Werkgever: "W-1", WerkgeverID: 1001, Clientnummer: 5555, PersnrVerl: persnr, Period: october, Strook: strook, Component: component, Kostenplaats: plaats}
	}
	none := at(1, 1, 4, "100")
	none.None = true
	worth := func(v ImportValue, cents int64) ImportValue { v.Value = cents; return v }
	shift := worth(at(2, 1, 1, ""), -150)
	shift.Ploeg, shift.Verdeeleenheid, shift.Kostendrager = 3, 7, "a<b"
	given := []ImportValue{worth(at(1, 2, 1, ""), 0), shift, none, worth(at(1, 1, 1, "100"), 750)}
	calls := Imports(given, Overschrijven, "weg", 0)
	if len(calls) != 2 || calls[0].Subject != "werkgever 1001, periode 2026-10, weg" || calls[1].Subject != "werkgever 1001, periode 2026-10, strook 2, weg" {
		t.Fatalf("calls: %+v", calls)
	}
	var got []ImportValue
	for _, c := range calls {
		of, err := Read(c.Call)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range of {
			v.Regelnummer = 0
			got = append(got, v)
		}
	}
	if diff := cmp.Diff([]ImportValue{given[3], none, shift, given[0]}, got); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
	if n := len(Imports(given[1:], Overschrijven, "weg", 2*valueBytes)); n != 2 {
		t.Errorf("%d calls of at most two values, want 2", n)
	}
	leave := ImportValue{Werkgever: "W-1", WerkgeverID: 1001, PersnrVerl: 1, Persnr: 1001, Strook: 1,
		Verlof: &Verlof{Ingangsdatum: 20261012, Einddatum: 20261013, Soort: 1, Factor: -1, Eenheden: 1600}}
	calls = Imports([]ImportValue{leave}, "", "terug", 0)
	of, err := Read(calls[0].Call)
	if err != nil || len(of) != 1 {
		t.Fatal(err, of)
	}
	leave.Regelnummer = 2
	if diff := cmp.Diff(leave, of[0]); diff != "" {
		t.Errorf("leave (-want +got):\n%s", diff)
	}
}

func TestOnlyKeepsTheFormAndTellsTheLines(t *testing.T) {
	csv := "aanslnr;persnr;ploeg;verdelingseenheid;1;3\r\n5555;1;;;8,00;\r\n5555;2;2;;;1,25\r\n5555;3;;4;7,50;2,00\r\n"
	call := contract.Call{Function: importFunction, Args: map[string]any{
		"SoortGegevens": "VariabeleGegevens", "Formaat": "CSV", "Jaar": 2026, "PeriodeNummer": 10, "Verwerkingswijze": Overschrijven,
		"Bestand": contract.File{Name: "a.csv", MimeType: "text/csv", Content: []byte(csv)},
	}}
	content := func(c contract.Call) string { return string(c.Args["Bestand"].(contract.File).Content) }
	less, lines, some, err := Only(call, func(v ImportValue) bool { return v.PersnrVerl == 2 || v.Component == 3 })
	if err != nil || !some {
		t.Fatal(some, err)
	}
	if want := "aanslnr;persnr;ploeg;verdelingseenheid;3\r\n5555;2;2;;1,25\r\n5555;3;;4;2,00\r\n"; content(less) != want {
		t.Errorf("got\n%s\nwant\n%s", content(less), want)
	}
	if diff := cmp.Diff([]int{0, 3, 4}, lines); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
	if same, _, some, err := Only(call, func(ImportValue) bool { return true }); err != nil || !some || content(same) != csv {
		t.Error("what keeps all is not the same call")
	}
	if _, _, some, err := Only(call, func(ImportValue) bool { return false }); err != nil || some {
		t.Errorf("nothing is left: %v %v", some, err)
	}
	call.Args["Formaat"] = "XML"
	call.Args["Bestand"] = contract.File{Name: "a.xml", MimeType: "application/xml", Content: []byte(strings.Join([]string{
		`<?xml version="1.0" encoding="UTF-8"?>`, `<VariabeleGegevens xmlns="` + xmlNamespace + `" WerkgeverId="1001" Clientnummer="5555">`,
		` <Werknemer PersnrVerl="1">`, `  <Periode Jaar="2026" PeriodeNummer="10" SoortStrook="1"><Kostenplaats>100</Kostenplaats>`,
		`   <Component Nummer="1" Waarde="8.00"/>`, `   <Component Nummer="3" Waarde="1.00"/>`, `  </Periode>`, ` </Werknemer>`, `</VariabeleGegevens>`, ``}, "\n"))}
	less, lines, _, err = Only(call, func(v ImportValue) bool { return v.Component == 3 })
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(content(less), `Nummer="1"`) || !strings.Contains(content(less), `<Kostenplaats>100</Kostenplaats>`) {
		t.Errorf("got\n%s", content(less))
	}
	if lines[4] != 6 {
		t.Errorf("line 5 of the new file is line %d of the old one, want 6: %v", lines[4], lines)
	}
}
