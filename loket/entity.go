package loket

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"loket-etl/loket/contract"
)

// Veld is one field of a record. Waarde is the text as Loket sent it: amounts
// and numbers are never turned into floats.
type Veld struct {
	Waarde       string
	Nil          bool   // the field is there and empty
	Type         string // string, int, decimal, boolean, date, dateTime, code, or ""
	Omschrijving string // of a code
}

// Entity is one record.
type Entity struct {
	Name     string // EntityName
	Identity string // DataIdentity
	Parent   string // ParentDataIdentity, or ""
	Versie   int64  // 0 when Loket does not say
	Velden   map[string]Veld
	Order    []string // the names of Velden in Loket's order
}

// Text is the text of a field, "" when it is absent or empty.
func (e Entity) Text(field string) string { return e.Velden[field].Waarde }

func entityOf(n *Node) Entity {
	velden := n.Child("Velden").Children("Veld")
	e := Entity{
		Name: n.Text("EntityName"), Identity: n.Text("DataIdentity"), Parent: n.Text("ParentDataIdentity"),
		Versie: n.Long("Versie"), Velden: make(map[string]Veld, len(velden)), Order: make([]string, 0, len(velden)),
	}
	for _, v := range velden {
		name := v.Text("Naam")
		if _, twice := e.Velden[name]; !twice {
			e.Order = append(e.Order, name)
		}
		e.Velden[name] = Veld{
			Waarde: v.Text("Waarde"), Nil: v.Child("Waarde").Nil, Type: v.Text("Type"), Omschrijving: v.Text("Omschrijving"),
		}
	}
	return e
}

// ErrListChanged is given by List when records came or went between two pages:
// some may be missing or doubled, so the whole list must be read again.
var ErrListChanged = errors.New("the list changed while it was read")

// List gives all records of an entity below a parent: its direct parent or the
// Werkgever above it; "" is for Werkgever only. It asks page by page (LoketWebservice
// List, a read) and ends with an error at the first page that fails, and with
// ErrListChanged when the pages do not fit together. Faults: 2001 (entity), 2002
// (parent), 2004 (no parent). Source: specification, List; contract C5.
func (c *Client) List(ctx context.Context, entity, parent string) iter.Seq2[Entity, error] {
	return func(yield func(Entity, error) bool) {
		seen, total := map[string]bool{}, -1
		for page := 1; ; page++ {
			p, err := c.ListPage(ctx, entity, parent, page, c.options.PageSize)
			if err != nil {
				yield(Entity{}, err)
				return
			}
			changed := total >= 0 && p.Total != total
			total = p.Total
			for _, e := range p.Entities {
				if seen[e.Identity] || changed {
					changed = true
					break
				}
				seen[e.Identity] = true
				if !yield(e, nil) {
					return
				}
			}
			last := page >= p.Pages
			if changed || last && len(seen) != total {
				yield(Entity{}, fmt.Errorf("list %s: %w", entity, ErrListChanged))
				return
			}
			if last {
				return
			}
		}
	}
}

// Page is one page of a list.
type Page struct {
	Entities []Entity
	Total    int // records on all pages
	Page     int // from 1
	Pages    int
}

// ListPage gives one page, from 1, of size records (1 to 1000); page 0 asks for
// everything at once. Otherwise as List.
func (c *Client) ListPage(ctx context.Context, entity, parent string, page, size int) (Page, error) {
	args := map[string]any{"EntityName": entity}
	given(args, "ParentDataIdentity", parent)
	if page > 0 {
		args["Pagina"], args["PaginaGrootte"] = page, size
	}
	r, err := c.Do(ctx, contract.Call{Function: "List", Args: args})
	if err != nil {
		return Page{}, err
	}
	p := Page{Total: r.Root.Int("TotaalAantal"), Page: r.Root.Int("Pagina"), Pages: r.Root.Int("AantalPaginas")}
	for _, n := range r.Root.Child("Entiteiten").Children("Entiteit") {
		p.Entities = append(p.Entities, entityOf(n))
	}
	return p, nil
}

// Select gives one record with all its fields (LoketWebservice Select, a read).
// Faults: 2001, 2002 (also for a record that the user may not see). Source:
// specification, Select; contract C5.
func (c *Client) Select(ctx context.Context, entity, identity string) (Entity, error) {
	r, err := c.Do(ctx, contract.Call{Function: "Select", Args: map[string]any{"EntityName": entity, "DataIdentity": identity}})
	if err != nil {
		return Entity{}, err
	}
	return entityOf(r.Root.Child("Entiteit")), nil
}

// GetNodeFunction gives the functions that an entity supports: List, Select (a
// read). Faults: 2001. Source: specification, GetNodeFunction; contract C5.
func (c *Client) GetNodeFunction(ctx context.Context, entity string) ([]string, error) {
	r, err := c.Do(ctx, contract.Call{Function: "GetNodeFunction", Args: map[string]any{"EntityName": entity}})
	if err != nil {
		return nil, err
	}
	return texts(r.Root.Child("Functies").Children("Functie")), nil
}

// GetChildNodes gives the entities directly below one; "" asks for the top,
// Werkgever (a read). Faults: 2001. Source: specification, GetChildNodes;
// contract C4, C5.
func (c *Client) GetChildNodes(ctx context.Context, entity string) ([]string, error) {
	args := map[string]any{}
	given(args, "EntityName", entity)
	r, err := c.Do(ctx, contract.Call{Function: "GetChildNodes", Args: args})
	if err != nil {
		return nil, err
	}
	return texts(r.Root.Child("ChildNodes").Children("ChildNode")), nil
}

func texts(nodes []*Node) []string {
	var all []string
	for _, n := range nodes {
		all = append(all, n.Value)
	}
	return all
}

// given sets a text argument unless it is "", which means not given.
func given(args map[string]any, name, value string) {
	if value != "" {
		args[name] = value
	}
}
