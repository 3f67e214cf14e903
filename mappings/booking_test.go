package mappings

import (
	"context"
	"fmt"
	"testing"

	"loket-etl/payroll"

	"github.com/google/go-cmp/cmp"
)

const bookingMapping = `mapping: booking
file:
  columns:
    - {name: Persnr, as: persnr, type: integer, required: yes}
    - {name: Datum, as: datum, type: date, layouts: [dd-MM-yyyy]}
    - {name: Km, as: km, type: decimal}
tables:
  tarief: {key: [wat], valid_from: van, valid_until: tot, rows: [{wat: km, tarief: "0.20", van: 2026-01-01, tot: 2026-03-31}, {wat: km, tarief: "0.30", van: 2026-04-01, tot: ""}]}
compute:
  wat: {constant: km}
to:
  what: variabele-gegevens-csv
  mode: Optellen
  employer: {clientnummer: {constant: 5555}}
  employee: {persnr_verl: {column: persnr}}
  period: {date: datum, closed: open-period}
  hours: none
  values:
    - {component: {constant: 86}, value: {column: km, times: {table: tarief, by: wat, take: tarief, on: datum}}}
`

// A correction of March that comes in June has the rate of March and is booked in
// June, with what June has of its own.
func TestClosedPeriodsAreBookedInTheOpenOneByTheirOwnRules(t *testing.T) {
	m := mapping(t, bookingMapping)
	file := []byte("Persnr;Datum;Km\n1;31-03-2026;100\n1;01-06-2026;100\n9;31-03-2026;10\n1;01-04-2026;10\n")
	in := textInput("", file)
	periods, err := m.Periods(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(periods); got != "[{W-1001 2026-03} {W-1001 2026-04} {W-1001 2026-06}]" {
		t.Errorf("the periods are %s", got)
	}
	if !m.BooksElsewhere() || !m.NeedsPeople() {
		t.Error("the mapping does not say what it must know")
	}
	june := payroll.Period{Year: 2026, Number: 6}
	in.Booking = Booking{{"W-1001", payroll.Period{Year: 2026, Number: 3}}: june}
	r, calls := run(t, m, in)
	want := `regel 4, kolom 1 (Persnr): Werknemer 9 is niet in dienst in periode 2026-06, waarin de afgesloten periode 2026-03 wordt geboekt (regel 4). Gelezen: "9". Verwerk deze regels in Loket met de hand.
rows 4: accepted 0, refused 4, passed over 0
`
	if diff := cmp.Diff(want, shortValues(t, r, calls)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	in.PerEmployee = true
	r, calls = run(t, m, in)
	r.Problems = nil
	want = `5555/1 2026-04 component 86: 3.00
5555/1 2026-06 component 86: 50.00
rows 4: accepted 3, refused 1, passed over 0
`
	if diff := cmp.Diff(want, shortValues(t, r, calls)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got := fmt.Sprint(r.Notes); got != "[Periode 2026-03 van werkgever 1001 is afgesloten; wat daarbij hoort, wordt geboekt in periode 2026-06.]" {
		t.Errorf("notes %s", got)
	}
	for _, c := range calls {
		if c.Call.Args["Verwerkingswijze"] != "Optellen" {
			t.Errorf("a booking goes out as %v", c.Call.Args["Verwerkingswijze"])
		}
	}
}

func TestProblemsOfABookedTotalNameAllItsLines(t *testing.T) {
	m := mapping(t, bookingMapping)
	in := textInput("", []byte("Persnr;Datum;Km\n1;31-03-2026;0,01\n1;01-06-2026;100\n"))
	in.Booking = Booking{{"W-1001", payroll.Period{Year: 2026, Number: 3}}: {Year: 2026, Number: 6}}
	r, calls := run(t, m, in)
	want := `regel 2: Het totaal van component 86 van werknemer 1 in periode 2026-06 (regel 2 en 3) heeft meer dan twee decimalen. Lever waarden met ten hoogste twee decimalen aan, of laat in de mapping vastleggen hoe wordt afgerond.
rows 2: accepted 0, refused 2, passed over 0
`
	if diff := cmp.Diff(want, shortValues(t, r, calls)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestWithoutABookingNothingIsMoved(t *testing.T) {
	m := mapping(t, bookingMapping)
	r, calls := run(t, m, textInput("", []byte("Persnr;Datum;Km\n1;31-03-2026;100\n")))
	if diff := cmp.Diff("5555/1 2026-03 component 86: 20.00\nrows 1: accepted 1, refused 0, passed over 0\n", shortValues(t, r, calls)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if periods, err := m.Periods(context.Background(), textInput("", []byte("x"))); err != nil || len(periods) != 0 {
		t.Errorf("%v, %v", periods, err)
	}
}
