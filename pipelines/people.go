package pipelines

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"loket-etl/loket"
	"loket-etl/mappings"
	"loket-etl/payroll"
)

// directory is what Loket knows of who works where, kept per Werkgever as long
// as its version number stays the same: one call to Loket when nothing changed.
type directory struct {
	mu    sync.Mutex
	known map[string]werkgever // by DataIdentity
	all   *employments
	asked time.Time // when Loket was asked for the version numbers
}

// askAgain is how long what was read counts as what Loket has. Nobody enters an
// employee and drops a file about him within a second; if he does, plan forgets.
const askAgain = time.Second

// employments is one state of the directory; it does not change.
type employments struct {
	table    *mappings.People
	byNumber map[personNumber][]string // to the DataIdentities of the Dienstverbanden, sorted
	byID     map[string]mappings.Person
}

// personNumber is how an import file names somebody: a Clientnummer or a
// WerkgeverId, and a PersnrVerl.
type personNumber struct{ clientnummer, werkgeverID, persnrVerl int }

type werkgever struct {
	version int64
	people  []mappings.Person
	firms   []mappings.Employer // the Werkgever by each of its Clientnummers
}

// forget makes the next read ask Loket.
func (d *directory) forget() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked = time.Time{}
}

// read is all employments that the webservice user may see; fresh says that
// Loket was asked now.
func (d *directory) read(ctx context.Context, client *loket.Client, now time.Time) (_ *employments, fresh bool, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if age := now.Sub(d.asked); age >= 0 && age < askAgain {
		return d.all, false, nil
	}
	if err := d.update(ctx, client); err != nil {
		return nil, false, err
	}
	d.asked = now
	return d.all, true, nil
}

func (d *directory) update(ctx context.Context, client *loket.Client) error {
	versions, err := client.ListVersion(ctx, "Werkgever", "")
	if err != nil {
		return fmt.Errorf("list versions of Werkgever: %w", err)
	}
	next := make(map[string]werkgever, len(versions))
	changed := d.all == nil || len(versions) != len(d.known)
	for _, v := range versions {
		w, ok := d.known[v.DataIdentity]
		if !ok || w.version != v.Versie {
			changed = true
			if w, err = readPeople(ctx, client, v.DataIdentity); err != nil {
				return err
			}
			w.version = v.Versie
		}
		next[v.DataIdentity] = w
	}
	if !changed {
		return nil
	}
	var all []mappings.Person
	var firms []mappings.Employer
	for _, w := range next {
		all, firms = append(all, w.people...), append(firms, w.firms...)
	}
	slices.SortFunc(all, func(a, b mappings.Person) int { return cmp.Compare(a.Dienstverband, b.Dienstverband) })
	d.known, d.all = next, &employments{mappings.NewPeople(all, firms...), map[personNumber][]string{}, map[string]mappings.Person{}}
	for _, p := range all {
		d.all.byID[p.Dienstverband] = p
		for _, key := range []personNumber{{clientnummer: p.Clientnummer, persnrVerl: p.PersnrVerl}, {werkgeverID: p.WerkgeverID, persnrVerl: p.PersnrVerl}} {
			d.all.byNumber[key] = append(d.all.byNumber[key], p.Dienstverband)
		}
	}
	return nil
}

// dienstverbanden are the identities of the employments that a value may be for:
// none when Loket has none, several when somebody left and came back under the
// same number. The first stands for all of them.
func (e *employments) dienstverbanden(v mappings.ImportValue) []string {
	if v.Verlof != nil || v.Clientnummer == 0 {
		return e.byNumber[personNumber{werkgeverID: v.WerkgeverID, persnrVerl: v.PersnrVerl}]
	}
	return e.byNumber[personNumber{clientnummer: v.Clientnummer, persnrVerl: v.PersnrVerl}]
}

// key names what a value is about: whose, when, and what; "" when Loket does not
// know whose.
func (e *employments) key(v mappings.ImportValue) string {
	if ids := e.dienstverbanden(v); len(ids) > 0 {
		return valueKey(v, ids[0])
	}
	return ""
}

// readPeople reads a Werkgever with everybody who works there.
func readPeople(ctx context.Context, client *loket.Client, identity string) (w werkgever, err error) {
	owner, err := client.Select(ctx, "Werkgever", identity)
	if err != nil {
		return w, fmt.Errorf("select Werkgever %s: %w", identity, err)
	}
	kinds := map[int]payroll.PeriodKind{}
	for v, err := range client.List(ctx, "Verloning", identity) {
		if err != nil {
			return w, fmt.Errorf("list Verloning of %s: %w", identity, err)
		}
		kinds[number(v, "Clientnummer")] = payroll.PeriodKind(number(v, "SoortPeriode"))
	}
	persons := map[string]loket.Entity{}
	for p, err := range client.List(ctx, "Persoon", identity) {
		if err != nil {
			return w, fmt.Errorf("list Persoon of %s: %w", identity, err)
		}
		persons[p.Identity] = p
	}
	firms := []mappings.Employer{{Werkgever: identity, WerkgeverID: number(owner, "WerkgeverId")}}
	for client := range kinds {
		firms = append(firms, mappings.Employer{Werkgever: identity, WerkgeverID: number(owner, "WerkgeverId"), Clientnummer: client})
	}
	var people []mappings.Person
	for e, err := range client.List(ctx, "Dienstverband", identity) {
		if err != nil {
			return w, fmt.Errorf("list Dienstverband of %s: %w", identity, err)
		}
		p := persons[e.Text("PersoonQuid")]
		people = append(people, mappings.Person{
			Werkgever:     identity,
			WerkgeverID:   number(owner, "WerkgeverId"),
			Clientnummer:  number(e, "Clientnummer"),
			SoortPeriode:  kinds[number(e, "Clientnummer")],
			PersnrVerl:    number(e, "PersoneelsnummerVerloning"),
			Persnr:        number(e, "Persnr"),
			Dienstverband: e.Identity,
			Email:         cmp.Or(p.Text("EmailZakelijk"), p.Text("Email")),
			Persoon:       e.Text("PersoonQuid"),
			BSN:           payroll.BSN(p.Text("BSN")),
			Achternaam:    p.Text("Achternaam"),
			Voorvoegsel:   p.Text("Voorvoegsel"),
			Naam:          p.Text("Naam"),
			Geboren:       date(p, "Geboortedatum"),
			InDienst:      date(e, "DatumInDienst"),
			UitDienst:     date(e, "DatumUitDienst"),
		})
	}
	return werkgever{people: people, firms: firms}, nil
}

// number is a whole number field, 0 when it is absent or empty.
func number(e loket.Entity, field string) int {
	n, _ := strconv.Atoi(e.Text(field))
	return n
}

// date is a date field, 0 when it is absent or empty.
func date(e loket.Entity, field string) payroll.Date {
	d, _ := payroll.ParseDate(e.Text(field))
	return d
}
