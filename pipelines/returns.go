package pipelines

import (
	"context"
	"fmt"
	"sync"
	"time"

	"loket-etl/loket"
	"loket-etl/mappings"
)

// returns is what Loket has of tax returns. It is not kept longer than people
// are: a status changes without any Werkgever changing.
type returns struct {
	mu    sync.Mutex
	all   mappings.Returns
	asked time.Time
	owner map[string]string // DataIdentity of the Werkgever by berichtkenmerk: where to look first
}

// forget makes the next read ask Loket.
func (x *returns) forget() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.asked = time.Time{}
}

// read is all tax returns that the webservice user may see; fresh says that Loket
// was asked now.
func (x *returns) read(ctx context.Context, client *loket.Client, now time.Time) (_ mappings.Returns, fresh bool, err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if age := now.Sub(x.asked); x.all != nil && age >= 0 && age < askAgain {
		return x.all, false, nil
	}
	all, owner := mappings.Returns{}, map[string]string{}
	werkgevers, err := client.ListVersion(ctx, "Werkgever", "")
	if err != nil {
		return nil, false, fmt.Errorf("list versions of Werkgever: %w", err)
	}
	for _, w := range werkgevers {
		if err := returnsOf(ctx, client, w.DataIdentity, all, owner); err != nil {
			return nil, false, err
		}
	}
	x.all, x.owner, x.asked = all, owner, now
	return all, true, nil
}

// find asks Loket for one return as it is now; known is false when there is none.
func (x *returns) find(ctx context.Context, client *loket.Client, reference string) (t mappings.TaxReturn, known bool, err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	at := x.owner[reference]
	if at != "" {
		if t, known, err = x.findAt(ctx, client, at, reference); known || err != nil {
			return t, known, err
		}
	}
	werkgevers, err := client.ListVersion(ctx, "Werkgever", "")
	if err != nil {
		return t, false, fmt.Errorf("list versions of Werkgever: %w", err)
	}
	for _, w := range werkgevers {
		if w.DataIdentity == at {
			continue
		}
		if t, known, err = x.findAt(ctx, client, w.DataIdentity, reference); known || err != nil {
			return t, known, err
		}
	}
	return t, false, nil
}

func (x *returns) findAt(ctx context.Context, client *loket.Client, werkgever, reference string) (mappings.TaxReturn, bool, error) {
	found, owner := mappings.Returns{}, map[string]string{}
	if err := returnsOf(ctx, client, werkgever, found, owner); err != nil {
		return mappings.TaxReturn{}, false, err
	}
	t, known := found[reference]
	if known && x.owner == nil {
		x.owner = map[string]string{}
	}
	if known {
		x.owner[reference] = werkgever
	}
	return t, known, nil
}

// returnsOf adds the returns of a Werkgever.
func returnsOf(ctx context.Context, client *loket.Client, werkgever string, all mappings.Returns, owner map[string]string) error {
	for e, err := range client.List(ctx, "Loonaangifte", werkgever) {
		if err != nil {
			return fmt.Errorf("list Loonaangifte of %s: %w", werkgever, err)
		}
		reference := e.Text("Berichtkenmerk")
		all[reference] = mappings.TaxReturn{
			Status: number(e, "Status"), Omschrijving: e.Text("StatusOmschrijving"),
			External: e.Text("ExternepartijLoonaangifteIdentificatie") != "",
		}
		owner[reference] = werkgever
	}
	return nil
}
