package sandbox

import (
	"fmt"
	"strings"
	"testing"

	"loket-etl/loket/contract"
)

func xmlImport(employees string) string {
	return `<VariabeleGegevens xmlns="` + nsValues + `" WerkgeverId="1001" Clientnummer="5555">` + employees + `</VariabeleGegevens>`
}

// importing is an ImporteerGegevens of a file.
func (b *bench) importing(kind, format, content, rest string) result {
	b.t.Helper()
	return b.call("ImporteerGegevens.ImporteerGegevens",
		el("SoortGegevens", kind)+el("Formaat", format)+file("import", []byte(content))+rest)
}

const period10 = "<Jaar>2026</Jaar><PeriodeNummer>10</PeriodeNummer>"

// lines is an import answer in short: "done/refused: line status code ...".
func lines(n *node) string {
	s := fmt.Sprintf("%s/%s/%s", n.text("AantalRegels"), n.text("AantalVerwerkt"), n.text("AantalAfgekeurd"))
	for _, r := range n.find("Regels").Kids {
		s += " " + r.text("Regelnummer") + r.text("Status")[:4]
		for _, k := range r.Kids {
			if k.XMLName.Local == "Melding" {
				s += ":" + k.text("Code")
			}
		}
	}
	return s
}

// standing are the values of period 10 of an employee: "component=value ...".
func (b *bench) standing(clientnummer, persnrVerl int) string {
	b.t.Helper()
	j := b.state.byClient[clientnummer].byPayrollNumber(persnrVerl)
	var all []string
	for _, r := range b.list("VariabeleGegevens", j.record.id) {
		if r.field("PeriodeNummer") != "10" {
			continue
		}
		s := r.field("Component") + "=" + r.field("Waarde")
		for _, name := range []string{"Ploeg", "Kostenplaats", "Kostendrager", "Verdeeleenheid", "StrookTekst"} {
			if v := r.field(name); v != "" {
				s += "," + v
			}
		}
		if r.field("SoortStrook") != "1" {
			s += ",bijzonder"
		}
		all = append(all, s)
	}
	return strings.Join(all, " ")
}

func TestLoketsOwnExampleIsImported(t *testing.T) {
	b := newBench(t, Options{})
	r := b.importing("VariabeleGegevens", "CSV", "aanslnr;persnr;ploeg;1;28;86\r\n5555;1;1;88;12;\r\n5555;2;1;120;;1200\r\n", period10).ok()
	if got, want := lines(r), "2/2/0 2Verw 3Verw"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := b.standing(5555, 1), "1=88.00,1 28=12.00,1"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := b.standing(5555, 2), "1=120.00,1 86=1200.00,1"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestCSVLinesOneByOne(t *testing.T) {
	const head = "aanslnr;persnr;ploeg;1;86\r\n"
	for name, c := range map[string]struct{ content, want string }{
		"comma and cents":        {head + "5555;1;;7,5;-12,34", "1/1/0 2Verw"},
		"zero is a value":        {head + "5555;1;;0;", "1/1/0 2Verw"},
		"no values":              {head + "5555;1;;;", "1/0/0 2Over:W302"},
		"quotes":                 {head + `"5555";"1";"";"7,5";""`, "1/1/0 2Verw"},
		"blank lines":            {head + "\r\n5555;1;;7;\r\n\r\n", "1/1/0 3Verw"},
		"unknown administration": {head + "9999;1;;7;", "1/0/1 2Afge:2002"},
		"unknown employee":       {head + "5555;99;;7;", "1/0/1 2Afge:2002"},
		"unknown shift":          {head + "5555;1;12;7;", "1/0/1 2Afge:3003"},
		"decimal point":          {head + "5555;1;;7.5;", "1/0/1 2Afge:3002"},
		"three decimals":         {head + "5555;1;;7,555;", "1/0/1 2Afge:3002"},
		"thousands":              {head + "5555;1;;;1.000,00", "1/0/1 2Afge:3002"},
		"negative hours":         {head + "5555;1;;-1;", "1/0/1 2Afge:3002"},
		"a thousand hours":       {head + "5555;1;;1000;", "1/0/1 2Afge:3002"},
		"just below":             {head + "5555;1;;999,99;", "1/1/0 2Verw"},
		"amount too large":       {head + "5555;1;;;100000000,01", "1/0/1 2Afge:3002"},
		"too few cells":          {head + "5555;1;;7", "1/0/1 2Afge:3002"},
		"too many cells":         {head + "5555;1;;7;;", "1/0/1 2Afge:3002"},
		"unknown component":      {"aanslnr;persnr;ploeg;4711\n5555;1;;7", "1/0/1 2Afge:3003"},
		"good and bad":           {head + "5555;1;;7;\n5555;99;;7;\n5555;2;;7;", "3/2/1 2Verw 3Afge:2002 4Verw"},
		"several employers":      {head + "5555;1;;7;\n5556;1;;8;\n7001;1;;9;", "3/3/0 2Verw 3Verw 4Verw"},
		"distribution unit":      {"aanslnr;persnr;ploeg;verdelingseenheid;1\n5555;1;;12;7", "1/1/0 2Verw"},
		"header only":            {head, "0/0/0"},
		"byte order mark":        {"\ufeff" + head + "5555;1;;7;", "1/1/0 2Verw"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, Options{})
			if got := lines(b.importing("VariabeleGegevens", "CSV", c.content, period10).ok()); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestFilesThatCannotBeRead(t *testing.T) {
	b := newBench(t, Options{})
	employee := `<Werknemer PersnrVerl="1"><Periode Jaar="2026" PeriodeNummer="10"><Component Nummer="1" Waarde="8"/></Periode></Werknemer>`
	for name, c := range map[string]struct{ kind, format, content string }{
		"empty":                      {"VariabeleGegevens", "CSV", ""},
		"other header":               {"VariabeleGegevens", "CSV", "naam;uren\njan;8\n"},
		"comma":                      {"VariabeleGegevens", "CSV", "aanslnr,persnr,ploeg,1\n5555,1,,8\n"},
		"no components":              {"VariabeleGegevens", "CSV", "aanslnr;persnr;ploeg\n"},
		"component twice":            {"VariabeleGegevens", "CSV", "aanslnr;persnr;ploeg;1;1\n"},
		"component by name":          {"VariabeleGegevens", "CSV", "aanslnr;persnr;ploeg;uren\n"},
		"open quote":                 {"VariabeleGegevens", "CSV", "aanslnr;persnr;ploeg;1\n\"5555;1;;8\n"},
		"binary":                     {"VariabeleGegevens", "CSV", "aanslnr;persnr;ploeg;1\n5555\x00;1;;8\n"},
		"leave header":               {"Verlof", "CSV", "WerkgeverId;PersnrVerl;Naam\n"},
		"XML cut off":                {"VariabeleGegevens", "XML", xmlImport(employee)[:150]},
		"XML without employees":      {"VariabeleGegevens", "XML", xmlImport("")},
		"XML with document type":     {"VariabeleGegevens", "XML", "<!DOCTYPE x>" + xmlImport(employee)},
		"XML of another namespace":   {"VariabeleGegevens", "XML", strings.ReplaceAll(xmlImport(employee), nsValues, "urn:x")},
		"XML with unknown element":   {"VariabeleGegevens", "XML", xmlImport(strings.ReplaceAll(employee, "<Component", "<Uren/><Component"))},
		"XML with unknown attribute": {"VariabeleGegevens", "XML", xmlImport(strings.ReplaceAll(employee, "Jaar=", "jaar=\"1\" Jaar="))},
		"XML with component twice":   {"VariabeleGegevens", "XML", xmlImport(strings.ReplaceAll(employee, "</Periode>", `<Component Nummer="1"/></Periode>`))},
		"XML in the wrong order":     {"VariabeleGegevens", "XML", xmlImport(strings.ReplaceAll(employee, "<Component", "<Kostenplaats>1</Kostenplaats><Ploeg>1</Ploeg><Component"))},
	} {
		t.Run(name, func(t *testing.T) {
			b.importing(c.kind, c.format, c.content, period10).fault(contract.BestandOngeldig, "Bestand")
		})
	}
	if got := b.standing(5555, 1); got != "" {
		t.Errorf("something was imported: %s", got)
	}
}

func TestImportArguments(t *testing.T) {
	const good = "aanslnr;persnr;ploeg;1\n5555;1;;8\n"
	b := newBench(t, Options{MaxFile: 1000})
	b.importing("VariabeleGegevens", "CSV", good, "").fault(contract.VerplichtVeldOntbreekt, "Jaar")
	b.importing("VariabeleGegevens", "CSV", good, "<Jaar>2026</Jaar>").fault(contract.VerplichtVeldOntbreekt, "PeriodeNummer")
	b.importing("VariabeleGegevens", "CSV", good, "<Jaar>2026</Jaar><PeriodeNummer>0</PeriodeNummer>").fault(contract.OngeldigeWaarde, "PeriodeNummer")
	b.importing("VariabeleGegevens", "CSV", good, "<Jaar>2026</Jaar><PeriodeNummer>9</PeriodeNummer>").fault(contract.ConflictMetStatus, "PeriodeNummer")
	b.importing("VariabeleGegevens", "CSV", "x", "<Jaar>2026</Jaar><PeriodeNummer>9</PeriodeNummer>").fault(contract.BestandOngeldig, "Bestand")
	b.importing("Verlof", "XML", good, "").fault(contract.OngeldigeWaarde, "Formaat")
	b.importing("VariabeleGegevens", "CSV", good, period10+"<SoortStrook>3</SoortStrook>").fault(contract.OngeldigeWaarde, "SoortStrook")
	b.importing("VariabeleGegevens", "CSV", good+strings.Repeat("\n", 1000), period10).fault(contract.BestandTeGroot, "Bestand")
	b.importing("VariabeleGegevens", "CSV", good+strings.Repeat("\n", smallBody), period10).fault(contract.BestandTeGroot, "Bestand")
	b.call("ImporteerGegevens.ImporteerGegevens", el("ParentDataIdentity", "geen-werkgever")+el("SoortGegevens", "VariabeleGegevens")+
		el("Formaat", "CSV")+file("x", []byte(good))+period10).fault(contract.OnbekendeIdentity, "ParentDataIdentity")
	r := b.call("ImporteerGegevens.ImporteerGegevens", el("ParentDataIdentity", b.werkgever(5556))+el("SoortGegevens", "VariabeleGegevens")+
		el("Formaat", "CSV")+file("x", []byte(good))+period10).ok()
	if got, want := lines(r), "1/0/1 2Afge:3002"; got != want {
		t.Errorf("another employer's line: got %s, want %s", got, want)
	}
	// Period 13 is there for four weeks, not for months.
	both := "aanslnr;persnr;ploeg;1\n5555;1;;8\n7001;1;;8\n"
	r = b.importing("VariabeleGegevens", "CSV", both, "<Jaar>2026</Jaar><PeriodeNummer>13</PeriodeNummer>").ok()
	if got, want := lines(r), "2/1/1 2Afge:3002 3Verw"; got != want {
		t.Errorf("period 13: got %s, want %s", got, want)
	}
}

func TestWhatStandsAndWhatComes(t *testing.T) {
	const head = "aanslnr;persnr;ploeg;1;28\n"
	for _, c := range []struct{ mode, first, second, answer, want string }{
		{"Overschrijven", "5555;1;;8;2", "5555;1;;4;", "1/1/0 2Verw", "1=4.00 28=2.00"},
		{"NietOverschrijven", "5555;1;;8;", "5555;1;;4;", "1/0/0 2Over:W303", "1=8.00"},
		{"NietOverschrijven", "5555;1;;8;", "5555;1;;4;3", "1/1/0 2Verw:W303", "1=8.00 28=3.00"},
		{"Optellen", "5555;1;;8;", "5555;1;;4,25;1", "1/1/0 2Verw", "1=12.25 28=1.00"},
		{"Optellen", "5555;1;;999;5", "5555;1;;1;1", "1/0/1 2Afge:3002", "1=999.00 28=5.00"},
		{"", "5555;1;1;8;", "5555;1;2;4;", "1/1/0 2Verw", "1=8.00,1 1=4.00,2"},
	} {
		b := newBench(t, Options{})
		b.importing("VariabeleGegevens", "CSV", head+c.first, period10).ok()
		rest := period10
		if c.mode != "" {
			rest += el("Verwerkingswijze", c.mode)
		}
		r := b.importing("VariabeleGegevens", "CSV", head+c.second, rest).ok()
		if got := lines(r); got != c.answer {
			t.Errorf("%s: got %s, want %s", c.mode, got, c.answer)
		}
		if got := b.standing(5555, 1); got != c.want {
			t.Errorf("%s: stands %s, want %s", c.mode, got, c.want)
		}
	}
}

func TestXMLImport(t *testing.T) {
	b := newBench(t, Options{})
	jan := b.state.byClient[5555].byPayrollNumber(3)
	r := b.importing("VariabeleGegevens", "XML", xmlImport(`
 <Werknemer PersnrVerl="1">
  <Periode Jaar="2026" PeriodeNummer="10"><Ploeg>2</Ploeg><Kostenplaats>K &amp; L</Kostenplaats><Kostendrager>P7</Kostendrager><Verdeeleenheid>3</Verdeeleenheid><StrookTekst>extra</StrookTekst>
   <Component Nummer="1" Waarde="8.5"/>
   <Component Nummer="86" Waarde="-10"/>
   <Component Nummer="4711" Waarde="1"/>
  </Periode>
  <Periode Jaar="2026" PeriodeNummer="10" SoortStrook="2"><Component Nummer="25" Waarde="100"/></Periode>
 </Werknemer>
 <Werknemer Persnr="`+fmt.Sprint(jan.persnr)+`" DienstverbandDataIdentity="`+jan.record.id+`"><Periode Jaar="2026" PeriodeNummer="10">
   <Component Nummer="1" Waarde="4"/></Periode></Werknemer>
 <Werknemer PersnrVerl="1" Persnr="`+fmt.Sprint(jan.persnr)+`"><Periode Jaar="2026" PeriodeNummer="10">
   <Component Nummer="1" Waarde="4"/></Periode></Werknemer>
`), "").ok()
	if got, want := lines(r), "6/4/2 4Verw 5Verw 6Afge:3003 8Verw 11Verw 13Afge:2002"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := b.standing(5555, 1), "1=8.50,2,K & L,P7,3,extra 86=-10.00,2,K & L,P7,3,extra 25=100.00,bijzonder"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	one := func(component string) string {
		return lines(b.importing("VariabeleGegevens", "XML", xmlImport(`<Werknemer PersnrVerl="3"><Periode Jaar="2026" PeriodeNummer="10">`+
			component+`</Periode></Werknemer>`), "").ok())
	}
	for _, step := range []struct{ component, answer, stands string }{
		{`<Component Nummer="1" Waarde="2" Aanvulling="true"/>`, "1/1/0 1Verw", "1=6.00"},
		{`<Component Nummer="1" Waarde="0"/>`, "1/1/0 1Verw", "1=0.00"},
		{`<Component Nummer="1" Aanvulling="true"/>`, "1/0/1 1Afge:3002", "1=0.00"},
		{`<Component Nummer="1" Waarde="acht"/>`, "1/0/1 1Afge:3002", "1=0.00"},
		{`<Component Nummer="1"/>`, "1/1/0 1Verw", ""},
		{`<Component Nummer="1"/>`, "1/1/0 1Verw", ""},
	} {
		if got := one(step.component); got != step.answer {
			t.Errorf("%s: got %s, want %s", step.component, got, step.answer)
		}
		if got := b.standing(5555, 3); got != step.stands {
			t.Errorf("%s: stands %q, want %q", step.component, got, step.stands)
		}
	}
	closed := xmlImport(`<Werknemer PersnrVerl="3"><Periode Jaar="2026" PeriodeNummer="3"><Component Nummer="1" Waarde="4"/></Periode></Werknemer>`)
	b.importing("VariabeleGegevens", "XML", closed, "").fault(contract.ConflictMetStatus, "PeriodeNummer")
}

func TestLeaveImport(t *testing.T) {
	const head = "WerkgeverId;PersnrVerl;Persnr;Naam;Ingangsdatum;Einddatum;Soort;Factor;Eenheden\r\n"
	b := newBench(t, Options{})
	content := head +
		"1001;1;;Zoë;05-10-2026;09-10-2026;1;-1;40,00\r\n" +
		"1001;1;1001;\"de Bruin; A.\";2026-10-12;2026-10-12;15;-1;8.0\r\n" +
		"1001;;;x;05-10-2026;05-10-2026;1;1;8\r\n" +
		"1001;1;1002;x;05-10-2026;05-10-2026;1;1;8\r\n" +
		"1001;1;;x;31-02-2026;05-10-2026;1;1;8\r\n" +
		"1001;1;;x;06-10-2026;05-10-2026;1;1;8\r\n" +
		"1001;1;;x;05-10-2026;05-10-2026;99;1;8\r\n" +
		"1001;1;;x;05-10-2026;05-10-2026;1;0;8\r\n" +
		"1001;1;;x;05-10-2026;05-10-2026;1;1;1000\r\n" +
		"2001;1;;x;05-10-2026;05-10-2026;1;1;8\r\n"
	r := b.importing("Verlof", "CSV", content, "").ok()
	want := "10/2/8 2Verw 3Verw 4Afge:3001 5Afge:2002 6Afge:3002 7Afge:3002 8Afge:3003 9Afge:3002 10Afge:3002 11Afge:2002"
	if got := lines(r); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	j := b.state.byClient[5555].byPayrollNumber(1)
	leave := b.list("Verlof", j.record.id)
	if len(leave) != 2 {
		t.Fatalf("%d leave records", len(leave))
	}
	if got := leave[0].field("Ingangsdatum") + " " + leave[0].field("Eenheden") + " " + leave[0].field("Factor") + " " + leave[0].field("SoortOmschrijving"); got != "2026-10-05 40.00 -1 Verlof wettelijk" {
		t.Errorf("got %s", got)
	}
	// An equal line is new leave; a comma file in Windows-1252 is read too.
	comma := strings.ReplaceAll(head, ";", ",") + "1001,1,,Zo\xeb,05-10-2026,09-10-2026,1,-1,\"40,00\"\r\n"
	if got := lines(b.importing("Verlof", "CSV", comma, "").ok()); got != "1/1/0 2Verw" {
		t.Errorf("comma file: %s", got)
	}
	if n := len(b.list("Verlof", b.werkgever(5555))); n != 3 {
		t.Errorf("%d leave records under the employer", n)
	}
}

func TestFileOverTheLimitIsRefusedHoweverLarge(t *testing.T) {
	const limit = 2 << 20
	b := newBench(t, Options{MaxFile: limit})
	// Just over the limit, over that of the request, and twice that.
	for _, size := range []int{limit + 1, limit * 9 / 8, limit * 2} {
		b.importing("VariabeleGegevens", "CSV", strings.Repeat("x", size), period10).fault(contract.BestandTeGroot, "Bestand")
	}
	head := "aanslnr;persnr;ploeg;1\n5555;1;;8\n"
	whole := head + strings.Repeat("\n", limit-len(head))
	if got := lines(b.importing("VariabeleGegevens", "CSV", whole, period10).ok()); got != "1/1/0 2Verw" {
		t.Errorf("a file at the limit: %s", got)
	}
}
