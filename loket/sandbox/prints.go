package sandbox

import (
	"io"

	"loket-etl/loket/sandbox/afdruk"
	"loket-etl/payroll"
)

// printed is a PDF document of a run. prepare takes what it needs from the run
// under the lock and gives what prints it without.
type printed struct {
	name    string
	prepare func(r *run, sorted afdruk.Sortering) func(w io.Writer) error
}

// head is the top of the documents of a run.
func (r *run) head() afdruk.Kop { return afdruk.KopVan(r.result, r.settled()) }

var (
	betalingsOverzicht = printed{"betalingsoverzicht", func(r *run, _ afdruk.Sortering) func(io.Writer) error {
		k, p := r.head(), r.payments()
		return func(w io.Writer) error { return afdruk.Betalingsoverzicht(w, k, p) }
	}}
	opdrachtbrief = printed{"opdrachtbrief", func(r *run, _ afdruk.Sortering) func(io.Writer) error {
		k, p := r.head(), r.payments()
		return func(w io.Writer) error { return afdruk.Opdrachtbrief(w, k, p) }
	}}
	journaal = printed{"journaal", func(r *run, _ afdruk.Sortering) func(io.Writer) error {
		k, j := r.head(), r.journal()
		return func(w io.Writer) error { return afdruk.Journaal(w, k, j) }
	}}
	runOverzicht = printed{"runoverzicht", func(r *run, sorted afdruk.Sortering) func(io.Writer) error {
		k, res := r.head(), r.result
		return func(w io.Writer) error { return afdruk.Runoverzicht(w, res, k, sorted) }
	}}
	standenRegister = printed{"standenregister", func(r *run, _ afdruk.Sortering) func(io.Writer) error {
		k, res := r.head(), r.result
		return func(w io.Writer) error { return afdruk.Standenregister(w, res, k) }
	}}
	verzamelLoonstaat = printed{"verzamelloonstaat", func(r *run, sorted afdruk.Sortering) func(io.Writer) error {
		k, res := r.head(), r.result
		return func(w io.Writer) error { return afdruk.Verzamelloonstaat(w, res, k, sorted) }
	}}
)

// prepareReturn is the PDF of a tax return.
func prepareReturn(t *taxReturn, doc payroll.TaxReturn) func(io.Writer) error {
	k := t.run.head()
	k.Aanmaak = t.made
	return func(w io.Writer) error { return afdruk.Loonaangifte(w, k, doc) }
}
