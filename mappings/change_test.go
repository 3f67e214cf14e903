package mappings

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"loket-etl/payroll"

	"github.com/google/go-cmp/cmp"
)

// moved is a mapping of addresses of people who are found in some way.
func moved(t *testing.T, columns, employer, employee string) *Mapping {
	t.Helper()
	set, err := Load(fstest.MapFS{"verhuisd.yaml": {Data: []byte(`mapping: verhuisd
file:
  format: csv
  columns:
` + columns + `
    - {name: Plaats, as: plaats, personal: yes}
    - {name: Land, as: land}
to:
  what: persoon-adres
  employer: ` + employer + `
  employee: ` + employee + `
  empty: "-"
  fields:
    Plaats: {column: plaats}
    Landcode: {column: land}
`)}})
	if err != nil {
		t.Fatal(err)
	}
	m, _ := set.Get("verhuisd")
	return m
}

// people are three persons: one with two employments, and two of one name.
func people() *People {
	return NewPeople([]Person{
		{Werkgever: "W-1", WerkgeverID: 1001, Clientnummer: 5555, PersnrVerl: 1, Persnr: 11, Dienstverband: "D-1", Persoon: "P-1", BSN: "099000003",
			Voorvoegsel: "de", Achternaam: "Bruin", Naam: "A. de Bruin", Geboren: 19800102, InDienst: 20150101, UitDienst: 20201231},
		{Werkgever: "W-1", WerkgeverID: 1001, Clientnummer: 5555, PersnrVerl: 4, Persnr: 11, Dienstverband: "D-4", Persoon: "P-1", BSN: "099000003",
			Voorvoegsel: "de", Achternaam: "Bruin", Naam: "A. de Bruin", Geboren: 19800102, InDienst: 20210101},
		{Werkgever: "W-1", WerkgeverID: 1001, Clientnummer: 5555, PersnrVerl: 2, Dienstverband: "D-2", Persoon: "P-2", Achternaam: "Postma", Geboren: 19900304, InDienst: 20150101},
		{Werkgever: "W-2", WerkgeverID: 1002, Clientnummer: 5556, PersnrVerl: 3, Dienstverband: "D-3", Persoon: "P-3", Achternaam: "Postma", Geboren: 19900304, InDienst: 20150101},
	}, Employer{Werkgever: "W-9", WerkgeverID: 1009})
}

// found are the identities that the rows are about, and what is said of the others.
func found(t *testing.T, m *Mapping, rows string) (who, said []string) {
	t.Helper()
	in := textInput("verhuisd.csv", []byte(rows))
	in.People, in.PerEmployee = people(), true
	r, calls := run(t, m, in)
	for _, c := range calls {
		who = append(who, c.Call.Args["DataIdentity"].(string)+" "+c.Subject)
	}
	for _, p := range r.Problems {
		said = append(said, p.String())
	}
	return who, said
}

func TestPeopleAreFoundByBSN(t *testing.T) {
	m := moved(t, "    - {name: BSN, as: bsn, personal: yes}", "{by: employee}", "{bsn: {column: bsn}}")
	who, said := found(t, m, "BSN;Plaats;Land\r\n99000003;Assen;NL\r\n099000003;Gent;BE\r\n")
	if len(who) != 0 || len(said) != 1 || !strings.Contains(said[0], "Over deze werknemer gaat ook regel 2.") || strings.Contains(said[0], "99000003") {
		t.Errorf("%v, %v", who, said)
	}
	who, said = found(t, m, "BSN;Plaats;Land\r\n99000003;Assen;NL\r\n123456789;Gent;BE\r\n111222333;Gent;BE\r\n;Gent;BE\r\n")
	want := []string{
		`regel 3, kolom 1 (BSN): Dit is geen BSN. Gelezen: "******789". Verbeter het nummer.`,
		`regel 4, kolom 1 (BSN): Loket kent werknemer met BSN ******333 niet. Gelezen: "******333". Verbeter het BSN of voer de werknemer eerst in Loket in.`,
		"regel 5, kolom 1 (BSN): Er staat niet bij welke werknemer de regel hoort. Vul het nummer of e-mailadres van de werknemer in.",
	}
	if diff := cmp.Diff(want, said); diff != "" || len(who) != 1 || who[0] != "P-1 werknemer 4 bij clientnummer 5555: adres wijzigen" {
		t.Errorf("%v (-want +got):\n%s", who, diff)
	}
}

func TestPeopleAreFoundByNameAndDateOfBirth(t *testing.T) {
	const columns = "    - {name: Naam, as: naam, personal: yes}\n    - {name: Geboren, as: geboren, type: date, layouts: [dd-MM-yyyy], personal: yes}"
	m := moved(t, columns, "{by: employee}", "{name: {column: naam}, born: {column: geboren}}")
	who, said := found(t, m, "Naam;Geboren;Plaats;Land\r\nde  BRUIN;02-01-1980;Assen;NL\r\nPostma;04-03-1990;Gent;BE\r\nBruin;03-01-1980;Gent;BE\r\nBruin;;Gent;BE\r\n")
	want := []string{
		`regel 3, kolom 1 (Naam): Dit kan meer dan één werknemer of dienstverband zijn: 2 bij clientnummer 5555, 3 bij clientnummer 5556. Gelezen: "******". Zoek in Loket uit om wie het gaat en geef zijn personeelsnummer verloning op.`,
		`regel 4, kolom 1 (Naam): Loket kent werknemer met deze naam en geboortedatum niet. Gelezen: "*****". Bedoelt u nummer 1 bij clientnummer 5555 of nummer 4 bij clientnummer 5555? Verbeter de naam of de geboortedatum, of voer de werknemer eerst in Loket in.`,
		"regel 5, kolom 2 (Geboren): Zonder geboortedatum is aan een naam niet te zien om wie het gaat. Vul de geboortedatum in.",
	}
	if diff := cmp.Diff(want, said); diff != "" || len(who) != 1 || !strings.HasPrefix(who[0], "P-1 ") {
		t.Errorf("%v (-want +got):\n%s", who, diff)
	}
	m = moved(t, "    - {name: Client, as: client, type: integer}\n"+columns, "{clientnummer: {column: client}}", "{name: {column: naam}, born: {column: geboren}}")
	if who, said = found(t, m, "Client;Naam;Geboren;Plaats;Land\r\n5556;Postma;04-03-1990;Gent;BE\r\n"); len(said) != 0 || len(who) != 1 || !strings.HasPrefix(who[0], "P-3 ") {
		t.Errorf("%v, %v", who, said)
	}
}

func TestAnEmployerThatNobodyWorksFor(t *testing.T) {
	p := people()
	if e := p.employer(byWerkgeverID, 1009); e == nil || e.werkgever != "W-9" || p.employer(byClientnummer, 0) != nil {
		t.Errorf("employer %+v", e)
	}
	if len(p.clients) != 2 {
		t.Errorf("%d employers with people, want 2", len(p.clients))
	}
}

// Two employments of one number: the day of the end tells which.
func TestTheEmploymentOfTheDay(t *testing.T) {
	all := []Person{
		{Werkgever: "W-1", WerkgeverID: 1001, Clientnummer: 5555, PersnrVerl: 1, Dienstverband: "D-1", Persoon: "P-1", InDienst: 20150101, UitDienst: 20201231},
		{Werkgever: "W-1", WerkgeverID: 1001, Clientnummer: 5555, PersnrVerl: 1, Dienstverband: "D-2", Persoon: "P-1", InDienst: 20210101},
	}
	m, _ := loadShipped(t).Get("dienstverband-uit-dienst")
	for day, want := range map[string]string{"30-06-2020": "D-1", "31-10-2026": "D-2"} {
		in := textInput("uit-dienst.csv", []byte("Clientnummer;Personeelsnummer;Datum uit dienst\r\n5555;1;"+day+"\r\n"))
		in.People = NewPeople(all)
		if r, calls := run(t, m, in); len(calls) != 1 || calls[0].Call.Args["DataIdentity"] != want || calls[0].Call.Args["DatumUitDienst"] == payroll.Date(0) {
			t.Errorf("%s: %+v %+v", day, r, calls)
		}
	}
}

func TestMistakesInMappingsOfChanges(t *testing.T) {
	const head = "mapping: fout\nfile:\n  format: csv\n  columns:\n    - {name: A, as: a}\n    - {name: D, as: d, type: date, layouts: [dd-MM-yyyy]}\n    - {name: N, as: n, type: integer}\nto:\n  what: "
	const who = "\n  employer: {clientnummer: {column: n}}\n"
	for text, want := range map[string]string{
		"persoon-adres" + who + "  employee: {persnr: {column: n}}\n  fields: {Straat: {column: a}}\n":                                                                     "fields has no Plaats",
		"persoon-adres" + who + "  employee: {bsn: {column: a}}\n  fields: {Plaats: {column: a}, Landcode: {column: a}}\n":                                                 `column "a" names a person and is not masked`,
		"persoon-adres" + who + "  employee: {name: {column: a}}\n  fields: {Plaats: {column: a}, Landcode: {column: a}}\n":                                                "name and born go together",
		"persoon-adres" + who + "  employee: {persnr: {column: n}}\n  fields: {Plaats: {column: d}, Landcode: {column: a}}\n":                                              `Plaats cannot come from column "d"`,
		"persoon-adres" + who + "  employee: {persnr: {column: n}}\n  fields: {Plaats: {column: a}, Landcode: {constant: XX}}\n":                                           `Loket's table Landcode has no code "XX"`,
		"persoon-adres" + who + "  employee: {persnr: {column: n}}\n  fields: {Plaats: {column: a}, Landcode: {column: a}, Huis: {column: a}}\n":                           `Huis`,
		"persoon-overlijden" + who + "  employee: {persnr: {column: n}}\n  fields: {DatumOverlijden: {column: a}}\n":                                                       `DatumOverlijden cannot come from column "a"`,
		"werkgever-contact\n  employer: {by: employee}\n  fields: {Email: {column: a}}\n":                                                                                  "there is no employee",
		"dossier-verwijderen\n  fields: {DossierDataIdentity: {constant: W.1}}\n":                                                                                          "DossierDataIdentity comes from a text column",
		"variabele-gegevens-csv" + who + "  employee: {bsn: {column: a}}\n  period: {date: d}\n  hours: all\n  values: [{component: {constant: 1}, value: {column: n}}]\n": "bsn",
	} {
		_, err := Load(fstest.MapFS{"fout.yaml": {Data: []byte(head + text)}})
		var errs LoadErrors
		if !errors.As(err, &errs) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\ngot %v, want %q", text, err, want)
		}
	}
}
