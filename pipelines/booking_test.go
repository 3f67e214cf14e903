package pipelines

import (
	"testing"
	"testing/fstest"

	"loket-etl/ledger"
	"loket-etl/mappings"
)

const correctionMapping = `mapping: correcties
description: corrections, also of closed periods
file:
  columns:
    - {name: Nr, as: persnr, type: integer, required: yes}
    - {name: Datum, as: datum, type: date, layouts: [dd-MM-yyyy], required: yes}
    - {name: Uren, as: uren, type: hours, notation: [decimal], required: yes}
to:
  what: variabele-gegevens-csv
  mode: Optellen
  employer: {clientnummer: {constant: 5555}}
  employee: {persnr_verl: {column: persnr}}
  period: {date: datum, closed: open-period}
  hours: all
  values:
    - {component: {constant: 1}, value: {column: uren}}
`

// September has an approved run in the sandbox; October is open.
func TestACorrectionOfAClosedPeriodIsAddedToTheOpenOne(t *testing.T) {
	w := newWorld(t, func(o *Options) {
		o.Bindings = append(o.Bindings, Binding{Pipeline: "correcties", Inbox: "in", Files: []string{"correcties*"}})
	})
	m, err := mappings.Load(fstest.MapFS{"correcties.yaml": {Data: []byte(correctionMapping)}})
	if err != nil {
		t.Fatal(err)
	}
	p, x, err := Load(fstest.MapFS{"correcties.yaml": {Data: []byte("pipeline: correcties\nmapping: correcties\n")}}, m.Get)
	if err != nil {
		t.Fatal(err)
	}
	w.runner.Use(Plans{Pipelines: p, Exports: x, Mappings: m})
	w.drop("correcties.csv", "Nr;Datum;Uren\r\n1;07-09-2026;2\r\n1;12-10-2026;1\r\n")
	w.settle()
	w.ends("correcties.csv", ledger.Imported, "done/correcties.csv")
	r := w.receipt("done/correcties.csv")
	if len(r.Calls) != 1 || r.Calls[0].Subject != "werkgever 1001, periode 2026-10" || r.Calls[0].Rows != 2 {
		t.Errorf("calls %+v", r.Calls)
	}
	if len(r.Notes) != 1 || r.Notes[0].Message != "Periode 2026-09 van werkgever 1001 is afgesloten; wat daarbij hoort, wordt geboekt in periode 2026-10." {
		t.Errorf("notes %+v", r.Notes)
	}
	if got := stands(t, w.url, w.clock.Now)["1 kp 1"]; got != "3.00" {
		t.Errorf("October has %s, want 3.00", got)
	}
	w.drop("correcties-2.csv", "Nr;Datum;Uren\r\n1;08-09-2026;2\r\n")
	w.settle()
	w.ends("correcties-2.csv", ledger.Imported, "done/correcties-2.csv")
	if got := stands(t, w.url, w.clock.Now)["1 kp 1"]; got != "5.00" {
		t.Errorf("October has %s, want 5.00: a booking must add to what stands", got)
	}
}
