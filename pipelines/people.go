package pipelines

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"sync"

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
}

// employments is one state of the directory; it does not change.
type employments struct {
	table    *mappings.People
	byNumber map[personNumber]string // to the DataIdentity of the Dienstverband
}

// personNumber is how an import file names an employment: a Clientnummer or a
// WerkgeverId, and a PersnrVerl.
type personNumber struct{ employer, persnrVerl int }

type werkgever struct {
	version int64
	people  []mappings.Person
}

// read is all employments that the webservice user may see.
func (d *directory) read(ctx context.Context, client *loket.Client) (*employments, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	versions, err := client.ListVersion(ctx, "Werkgever", "")
	if err != nil {
		return nil, fmt.Errorf("list versions of Werkgever: %w", err)
	}
	next := make(map[string]werkgever, len(versions))
	changed := d.all == nil || len(versions) != len(d.known)
	for _, v := range versions {
		w, ok := d.known[v.DataIdentity]
		if !ok || w.version != v.Versie {
			changed = true
			if w.people, err = readPeople(ctx, client, v.DataIdentity); err != nil {
				return nil, err
			}
			w.version = v.Versie
		}
		next[v.DataIdentity] = w
	}
	if !changed {
		return d.all, nil
	}
	var all []mappings.Person
	for _, w := range next {
		all = append(all, w.people...)
	}
	d.known, d.all = next, &employments{mappings.NewPeople(all), map[personNumber]string{}}
	for _, p := range all {
		d.all.byNumber[personNumber{p.Clientnummer, p.PersnrVerl}] = p.Dienstverband
		d.all.byNumber[personNumber{p.WerkgeverID, p.PersnrVerl}] = p.Dienstverband
	}
	return d.all, nil
}

// dienstverband is the identity of the employment that a value is for, "" when
// Loket has none.
func (e *employments) dienstverband(v mappings.ImportValue) string {
	employer := v.Clientnummer
	if v.Verlof != nil || employer == 0 {
		employer = v.WerkgeverID
	}
	return e.byNumber[personNumber{employer, v.PersnrVerl}]
}

func readPeople(ctx context.Context, client *loket.Client, identity string) ([]mappings.Person, error) {
	owner, err := client.Select(ctx, "Werkgever", identity)
	if err != nil {
		return nil, fmt.Errorf("select Werkgever %s: %w", identity, err)
	}
	kinds := map[int]payroll.PeriodKind{}
	for v, err := range client.List(ctx, "Verloning", identity) {
		if err != nil {
			return nil, fmt.Errorf("list Verloning of %s: %w", identity, err)
		}
		kinds[number(v, "Clientnummer")] = payroll.PeriodKind(number(v, "SoortPeriode"))
	}
	mail := map[string]string{}
	for p, err := range client.List(ctx, "Persoon", identity) {
		if err != nil {
			return nil, fmt.Errorf("list Persoon of %s: %w", identity, err)
		}
		mail[p.Identity] = cmp.Or(p.Text("EmailZakelijk"), p.Text("Email"))
	}
	var people []mappings.Person
	for e, err := range client.List(ctx, "Dienstverband", identity) {
		if err != nil {
			return nil, fmt.Errorf("list Dienstverband of %s: %w", identity, err)
		}
		people = append(people, mappings.Person{
			Werkgever:     identity,
			WerkgeverID:   number(owner, "WerkgeverId"),
			Clientnummer:  number(e, "Clientnummer"),
			SoortPeriode:  kinds[number(e, "Clientnummer")],
			PersnrVerl:    number(e, "PersoneelsnummerVerloning"),
			Persnr:        number(e, "Persnr"),
			Dienstverband: e.Identity,
			Email:         mail[e.Text("PersoonQuid")],
			InDienst:      date(e, "DatumInDienst"),
			UitDienst:     date(e, "DatumUitDienst"),
		})
	}
	return people, nil
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
