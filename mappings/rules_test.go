package mappings

import (
	"testing"

	"loket-etl/validate"

	"github.com/google/go-cmp/cmp"
)

const cards = `mapping: cards
file:
  columns:
    - {name: Persnr, as: persnr, type: integer, required: yes}
    - {name: Datum, as: datum, type: date, layouts: [dd-MM-yyyy], required: yes}
    - {name: Begin, as: begin, type: hours, notation: [clock]}
    - {name: Einde, as: einde, type: hours, notation: [clock]}
    - {name: Pauze, as: pauze, type: integer}
    - {name: Gewoon, as: gewoon, type: decimal}
    - {name: Over, as: over, type: hours, notation: [decimal, clock]}
    - {name: Totaal, as: totaal, type: hours, notation: [decimal]}
compute:
  pauze_uren: {column: pauze, unit: minutes}
to:
  what: variabele-gegevens-csv
  mode: Optellen
  employer: {clientnummer: {constant: 5555}}
  employee: {persnr_verl: {column: persnr}}
  period: {date: datum}
  hours: all
  round: half-up
  values:
    - {component: {constant: 1}, value: {column: totaal}}
`

const cardsHead = "Persnr;Datum;Begin;Einde;Pauze;Gewoon;Over;Totaal\n"

func TestTimesOfOneEmployeeDoNotOverlap(t *testing.T) {
	m := mapping(t, cards)
	in := textInput("", []byte(cardsHead+
		"1;01-10-2026;8:00;12:00;;;;4\n1;01-10-2026;12:00;16:00;;;;4\n"+ // one after the other
		"2;01-10-2026;22:00;6:00;;;;8\n2;02-10-2026;5:30;9:00;;;;3,5\n"+ // over midnight
		"3;01-10-2026;8:00;18:00;;;;10\n3;01-10-2026;9:00;10:00;;;;1\n3;01-10-2026;11:00;12:00;;;;1\n"+ // one around two
		"4;01-10-2026;8:00;;;;;1\n4;01-10-2026;8:00;9:00;;;;1\n"+
		"5;01-10-2026;8:00;8:00;;;;24\n"))
	in.Rules = validate.Rules{Overlap: &validate.Overlap{Start: "begin", End: "einde"}}
	in.PerEmployee = true
	r, calls := run(t, m, in)
	want := `5555/1 2026-10 component 1: 8.00
5555/4 2026-10 component 1: 2.00
regel 5, kolom 3 (Begin): De tijden op deze regel overlappen op 02-10-2026 die van dezelfde medewerker op regel 4. Verbeter het begin of het eind van een van beide regels.
regel 7, kolom 3 (Begin): De tijden op deze regel overlappen op 01-10-2026 die van dezelfde medewerker op regel 6. Verbeter het begin of het eind van een van beide regels.
regel 8, kolom 3 (Begin): De tijden op deze regel overlappen op 01-10-2026 die van dezelfde medewerker op regel 6. Verbeter het begin of het eind van een van beide regels.
regel 11, kolom 4 (Einde): Begin en Einde zijn gelijk. Verbeter begin of eind, of haal de regel weg. Een hele dag is van 0:00 tot 24:00.
rows 10: accepted 4, refused 6, passed over 0
`
	if diff := cmp.Diff(want, shortValues(t, r, calls)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestSumsMustBeRightInEveryRow(t *testing.T) {
	m := mapping(t, cards)
	in := textInput("", []byte(cardsHead+
		"1;01-10-2026;8:00;16:30;30;7,5;0:30;8\n"+
		"1;02-10-2026;8:00;16:20;0;8,33;;8,33\n"+ // minutes and hundredths
		"2;01-10-2026;8:00;16:30;30;7;0:30;8\n"+
		"3;01-10-2026;8:00;16:30;;8;0:30;8,5\n3;02-10-2026;22:00;6:00;30;8;;8\n"+
		"4;01-10-2026;;;;3;;\n4;02-10-2026;;;;;;\n5;01-10-2026;8:00;8:00;;24;;24\n2;03-10-2026;0:00;24:00;;24;;24\n"))
	in.Rules = validate.Rules{Sums: &validate.Sums{
		{Columns: []string{"gewoon", "over"}, Equals: "totaal"},
		{Start: "begin", End: "einde", Break: "pauze_uren", Equals: "totaal"},
	}}
	r, calls := run(t, m, in)
	want := `regel 4, kolom 8 (Totaal): De kolommen Gewoon + Over tellen op tot 7,50, maar hier staat 8,00. Verbeter een van de getallen op deze regel.
regel 6, kolom 8 (Totaal): De tijd van Begin tot Einde zonder pauze_uren is 7,50, maar hier staat 8,00. Verbeter een van de getallen op deze regel.
regel 7, kolom 8 (Totaal): De kolommen Gewoon + Over tellen op tot 3,00, maar hier staat niets. Verbeter een van de getallen op deze regel.
regel 9, kolom 4 (Einde): Begin en Einde zijn gelijk. Verbeter begin of eind, of haal de regel weg. Een hele dag is van 0:00 tot 24:00.
rows 9: accepted 0, refused 9, passed over 0
`
	if diff := cmp.Diff(want, shortValues(t, r, calls)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestRulesAreHeldAgainstTheColumns(t *testing.T) {
	m := mapping(t, cards)
	for _, tt := range []struct {
		rules validate.Rules
		want  string
	}{
		{validate.Rules{}, ""},
		{validate.Rules{Overlap: &validate.Overlap{Start: "begin", End: "einde"}}, ""},
		{validate.Rules{Overlap: &validate.Overlap{Start: "begin", End: "eind"}}, `rules: overlap: there is no column "eind"`},
		{validate.Rules{Overlap: &validate.Overlap{Start: "begin", End: "pauze"}}, `rules: overlap: column "pauze" is not of the right type`},
		{validate.Rules{Overlap: &validate.Overlap{Start: "begin"}}, "rules: overlap: want start and end"},
		{validate.Rules{Sums: &validate.Sums{{Columns: []string{"gewoon"}}}}, "rules: sums: want equals, and columns, or start and end"},
		{validate.Rules{Sums: &validate.Sums{{Columns: []string{"gewoon"}, Start: "begin", Equals: "totaal"}}}, "rules: sums: want equals, and columns, or start and end"},
		{validate.Rules{Sums: &validate.Sums{{Columns: []string{"datum"}, Equals: "total"}}}, "rules: sums: there is no column \"total\"\nsums: column \"datum\" is not of the right type"},
	} {
		got := ""
		if err := m.CheckRules(tt.rules); err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
	undated := mapping(t, `mapping: undated
file: {columns: [{name: Persnr, as: persnr, type: integer}, {name: A, as: a, type: hours, notation: [clock]}]}
to:
  what: variabele-gegevens-csv
  employer: {clientnummer: {constant: 5555}}
  employee: {persnr_verl: {column: persnr}}
  period: {from: drop_date}
  hours: all
  values: [{component: {constant: 1}, value: {column: a}}]
`)
	if err := undated.CheckRules(validate.Rules{Overlap: &validate.Overlap{Start: "a", End: "a"}}); err == nil || err.Error() != "overlap: the rows have no date to compare times on" {
		t.Errorf("got %v", err)
	}
}
