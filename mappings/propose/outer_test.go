package propose

import (
	"strings"
	"testing"
)

func TestWhatIsAroundTheRecordsIsLeftOutWhenNothingNeedsIt(t *testing.T) {
	const rows = `<Persoon nr="1" naam="Anna"><Dag datum="2026-10-01"><Uren>8.00</Uren><Soort>N</Soort></Dag><Dag datum="2026-10-13"><Uren>7.50</Uren><Soort>O</Soort></Dag></Persoon>` +
		`<Persoon nr="2" naam="Bram"><Dag datum="2026-10-02"><Uren>4.25</Uren><Soort>N</Soort></Dag></Persoon>`
	for name, head := range map[string]string{
		"attributes": `<Export gemaakt="2026-11-01T08:00:00Z" klantnr="5555" versie="3">`,
		"elements":   `<Export klantnr="5555"><Kop><Tijd>2026-11-01T08:00:00Z</Tijd><Versie>3</Versie></Kop>`,
	} {
		t.Run(name, func(t *testing.T) {
			p := propose(t, "export.xml", head+rows+"</Export>")
			for _, want := range []string{`path: "../../@klantnr", type: integer, required: yes`, "TWIJFEL: dit is aangezien voor het clientnummer", "employer: {clientnummer: {column: ", "period: {date: datum}"} {
				if !strings.Contains(p.text(), want) {
					t.Errorf("no %q in\n%s", want, p.text())
				}
			}
			for _, not := range []string{"gemaakt,", "ersie", "Tijd,", "@naam", "meer datums"} {
				if strings.Contains(p.text(), not) {
					t.Errorf("%q in\n%s", not, p.text())
				}
			}
		})
	}
	p := propose(t, "export.xml", `<Export gemaakt="2026-11-01T08:00:00Z"><Rij nr="1" uren="8.5" soort="A"/><Rij nr="2" uren="8" soort="A"/></Export>`)
	if strings.Contains(p.text(), "period: {date:") {
		t.Errorf("the making of the file decides on the period in\n%s", p.text())
	}
}

func TestAStampInARecordIsNotItsDay(t *testing.T) {
	p := propose(t, "a.json", `[{"createdAt":"2026-11-01T08:00:00Z","medewerker":1,"datum":"2026-10-01","uren":8.5},{"createdAt":"2026-11-01T08:00:00Z","medewerker":2,"datum":"2026-10-02","uren":8}]`)
	if strings.Contains(p.text(), "take: date, required") || !strings.Contains(p.text(), "period: {date: datum}") || strings.Contains(p.text(), "meer datums") {
		t.Error(p.text())
	}
}

func TestDigitsWithZerosInFrontAreThePersonAndADepartmentNever(t *testing.T) {
	for _, header := range []string{"Nr", "Pers.", "Medew", "Medewerkernr"} {
		p := propose(t, "uren_5555.csv", "Afdeling;"+header+";Datum;Soort;Uren\nZorg;00013;01-10-2026;A;7,5\nKeuken;00200;01-10-2026;B;8\n")
		c := p.find(employee)
		if c == nil || c.Header != header || c.Type != "integer" || !strings.Contains(p.text(), "persnr_verl: {column: "+c.Name+"}") {
			t.Errorf("%s is not the employee in\n%s", header, p.text())
		}
		if strings.Contains(p.text(), "nul vooraan") {
			t.Errorf("%s is said to be a code", header)
		}
	}
	p := propose(t, "uren_5555.csv", "Afdeling;Wie;Datum;Uren\nZorg;A;01-10-2026;7,5\nKeuken;B;01-10-2026;8\n")
	if !strings.Contains(p.text(), "email: {column: wie}") {
		t.Error(p.text())
	}
}
