package pipelines

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"loket-etl/ledger"
	"loket-etl/loket"
	"loket-etl/payroll"
)

// about is what an export entry is of; it says nothing about people.
type about struct {
	Werkgever      string         `json:"werkgever"` // DataIdentity
	Clientnummer   int            `json:"clientnummer,omitempty"`
	Run            string         `json:"run"` // VerloningsRunDataIdentity, also of a return
	Period         payroll.Period `json:"period,omitzero"`
	Number         int            `json:"number,omitempty"`         // Volgnummerrun
	Berichtkenmerk string         `json:"berichtkenmerk,omitempty"` // of a return
	Versie         int64          `json:"versie,omitempty"`         // of the Werkgever, for a list of employees
}

func aboutOf(e ledger.Entry) (about, error) {
	var a about
	if err := json.Unmarshal([]byte(e.About), &a); err != nil {
		return a, fmt.Errorf("read what entry %d is about: %w", e.ID, err)
	}
	return a, nil
}

// label is how people call it.
func (a about) label() string {
	switch {
	case a.Versie > 0:
		return fmt.Sprintf("werknemers van %d, versie %d", a.Clientnummer, a.Versie)
	case a.Berichtkenmerk != "":
		return fmt.Sprintf("aangifte %s over %s", a.Berichtkenmerk, a.Period)
	}
	return fmt.Sprintf("%d periode %s run %d", a.Clientnummer, a.Period, a.Number)
}

// parts name it in file names, whatever day it is.
func (a about) parts() []string {
	client := strconv.Itoa(a.Clientnummer)
	switch {
	case a.Versie > 0:
		return []string{client, "v" + strconv.FormatInt(a.Versie, 10)}
	case a.Berichtkenmerk != "":
		return []string{client, a.Period.String(), strings.ToLower(a.Berichtkenmerk)}
	}
	return []string{client, a.Period.String(), "run" + strconv.Itoa(a.Number)}
}

// key is that of the entry.
func (a about) key() string {
	if a.Versie > 0 {
		return fmt.Sprintf("%s@%d", a.Werkgever, a.Versie)
	}
	return a.Run
}

// exporting is the use of an export by name.
func (r *Runner) exporting(name string) (Exporting, *Export, bool) {
	i := slices.IndexFunc(r.Exports, func(x Exporting) bool { return x.Name == name })
	if i < 0 {
		return Exporting{}, nil, false
	}
	x := r.Exports[i]
	if t := r.tables.Load(); t != nil {
		x.Books, x.IBANs = t.Books, t.IBANs[name]
	}
	export, ok := r.Plans().Exports[x.Use]
	return x, export, ok
}

// Expect looks in Loket for what an export has to do and registers each as an
// entry of its own: it lists, and nothing more. What is registered is left alone, so
// that it may be called at any time, by any process.
func (r *Runner) Expect(ctx context.Context, name string) (found int, err error) {
	x, export, ok := r.exporting(name)
	if !ok {
		return 0, fmt.Errorf("there is no export %s", name)
	}
	expect := func(a about) error {
		data, err := json.Marshal(a)
		if err != nil {
			return err
		}
		id, isNew, err := r.Ledger.Expect(ctx, ledger.Entry{Pipeline: name, Run: a.key(), About: string(data), Name: a.label()})
		if isNew {
			found++
			r.Log.Info().Int64("entry", int64(id)).Str("pipeline", name).Msg("to be exported")
			r.rouse()
		}
		return err
	}
	if err := r.expecting(ctx, x, export, expect); err != nil {
		return found, fmt.Errorf("look for what %s has to export: %w", name, err)
	}
	return found, nil
}

// expecting lists what an export is for, exported or not.
func (r *Runner) expecting(ctx context.Context, x Exporting, export *Export, each func(about) error) error {
	if export.What == Employees {
		return r.expectEmployees(ctx, x, each)
	}
	return r.expectPeriods(ctx, x, export, each)
}

func (r *Runner) expectPeriods(ctx context.Context, x Exporting, export *Export, expect func(about) error) error {
	for _, period := range periods(x, r.Now().In(amsterdam)) {
		var all []about
		var err error
		if export.What == TaxReturns {
			all, err = r.approvedReturns(ctx, x, period)
		} else {
			all, err = r.approvedRuns(ctx, x, period)
		}
		if err != nil {
			return err
		}
		for _, a := range all {
			if err := expect(a); err != nil {
				return err
			}
		}
	}
	return nil
}

// periods are those that may have something new: one call to Loket each, for all
// employers together. They begin with From, no earlier than last year, and end with
// those that a day a month from now lies in: a month, four weeks or a week are
// approved before they end, around the turn of the year too.
func periods(x Exporting, now time.Time) []payroll.Period {
	last := x.LastNumber
	if last == 0 {
		last = 13
	}
	end := lastPeriod(now.AddDate(0, 0, 31), last > 13)
	var all []payroll.Period
	for year := max(x.From.Year, now.Year()-1); year <= end.Year; year++ {
		from, to := 1, last
		if year == x.From.Year {
			from = x.From.Number
		}
		if year == end.Year {
			to = min(to, end.Number)
		}
		for n := from; n <= to; n++ {
			all = append(all, payroll.Period{Year: year, Number: n})
		}
	}
	return all
}

// lastPeriod is the last of the periods of any kind that a day lies in. Weeks are
// those of ISO 8601, whose year may be another at its ends.
func lastPeriod(day time.Time, weekly bool) payroll.Period {
	last := payroll.Period{Year: day.Year(), Number: int(day.Month())}
	year, week := day.ISOWeek()
	weeks := payroll.Period{Year: year, Number: min((week+3)/4, 13)}
	if weekly {
		weeks.Number = week
	}
	if weeks.Year > last.Year || weeks.Year == last.Year && weeks.Number > last.Number {
		return weeks
	}
	return last
}

// runsOf are the approved runs of a period, of all employers.
func (r *Runner) runsOf(ctx context.Context, period payroll.Period) ([]loket.Loonrun, error) {
	listed, err := r.Loket.ListGoedgekeurdeLoonrunsPeriode(ctx, "", period)
	if err != nil {
		return nil, fmt.Errorf("list the approved runs of %s: %w", period, err)
	}
	for _, run := range listed {
		r.clients.learn(run.Werkgever, run.Clientnummer)
	}
	return listed, nil
}

func (r *Runner) approvedRuns(ctx context.Context, x Exporting, period payroll.Period) ([]about, error) {
	listed, err := r.runsOf(ctx, period)
	if err != nil {
		return nil, err
	}
	var all []about
	for _, run := range listed {
		if x.has(run.Clientnummer) {
			all = append(all, about{Werkgever: run.Werkgever, Clientnummer: run.Clientnummer, Run: run.VerloningsRun, Period: run.Periode, Number: run.Volgnummerrun})
		}
	}
	return all, nil
}

func (r *Runner) approvedReturns(ctx context.Context, x Exporting, period payroll.Period) ([]about, error) {
	listed, err := r.Loket.ListGoedgekeurdeLoonAangiftePeriode(ctx, "", period)
	if err != nil {
		return nil, fmt.Errorf("list the approved tax returns of %s: %w", period, err)
	}
	if slices.ContainsFunc(listed, func(a loket.Loonaangifte) bool { return r.clients.of(a.Werkgever) == 0 }) {
		if _, err := r.runsOf(ctx, period); err != nil { // a return is of a run, and that says whose it is
			return nil, err
		}
	}
	var all []about
	for _, a := range listed {
		number, err := r.clientnummer(ctx, a.Werkgever)
		if err != nil {
			return nil, err
		}
		if x.has(number) {
			all = append(all, about{Werkgever: a.Werkgever, Clientnummer: number, Run: a.VerloningsRun, Period: a.Periode, Berichtkenmerk: a.Berichtkenmerk})
		}
	}
	return all, nil
}

// clients are the Clientnummers of employers, as far as they were seen; one never
// changes.
type clients struct {
	mu    sync.Mutex
	known map[string]int // by DataIdentity
}

// of is the Clientnummer of an employer, 0 when it was not seen.
func (c *clients) of(werkgever string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.known[werkgever]
}

func (c *clients) learn(werkgever string, clientnummer int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil {
		c.known = map[string]int{}
	}
	if clientnummer != 0 {
		c.known[werkgever] = clientnummer
	}
}

// clientnummer is that of an employer, 0 when it has no employments. One that no
// run has shown costs a call, once.
func (r *Runner) clientnummer(ctx context.Context, werkgever string) (int, error) {
	if n := r.clients.of(werkgever); n != 0 {
		return n, nil
	}
	for e, err := range r.Loket.List(ctx, "Dienstverband", werkgever) {
		if err != nil {
			return 0, fmt.Errorf("list Dienstverband: %w", err)
		}
		r.clients.learn(werkgever, number(e, "Clientnummer"))
		break // all have the same
	}
	return r.clients.of(werkgever), nil
}

func (r *Runner) expectEmployees(ctx context.Context, x Exporting, expect func(about) error) error {
	versions, err := r.Loket.ListVersion(ctx, "Werkgever", "")
	if err != nil {
		return fmt.Errorf("list versions of Werkgever: %w", err)
	}
	all := periods(x, r.Now().In(amsterdam))
	for _, period := range slices.Backward(all[max(0, len(all)-seenIn):]) {
		if !slices.ContainsFunc(versions, func(v loket.Version) bool { return r.clients.of(v.DataIdentity) == 0 }) {
			break
		}
		if _, err := r.runsOf(ctx, period); err != nil {
			return err
		}
	}
	for _, v := range versions {
		number, err := r.clientnummer(ctx, v.DataIdentity)
		if err != nil {
			return err
		}
		if number == 0 || !x.has(number) {
			continue
		}
		if err := expect(about{Werkgever: v.DataIdentity, Clientnummer: number, Versie: max(v.Versie, 1)}); err != nil {
			return err
		}
	}
	return nil
}

// seenIn is in how many of the last periods the runs are looked at for the numbers
// of employers.
const seenIn = 4

// stillApproved reports whether what an entry is about is approved in Loket now.
func (r *Runner) stillApproved(ctx context.Context, x *Export, a about) (bool, error) {
	is := func(other string) bool { return other == a.Run }
	if x.What == TaxReturns {
		all, err := r.Loket.ListGoedgekeurdeLoonAangiftePeriode(ctx, a.Werkgever, a.Period)
		return slices.ContainsFunc(all, func(l loket.Loonaangifte) bool { return is(l.VerloningsRun) }), err
	}
	if !x.What.ofRun() {
		return true, nil
	}
	all, err := r.Loket.ListGoedgekeurdeLoonrunsPeriode(ctx, a.Werkgever, a.Period)
	return slices.ContainsFunc(all, func(l loket.Loonrun) bool { return is(l.VerloningsRun) }), err
}

// errWithdrawn says that a run is not approved any more.
var errWithdrawn = errors.New("in Loket is dit niet (meer) goedgekeurd; er is niets verzonden. Is het ingetrokken, leg de export dan terzijde")
