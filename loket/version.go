package loket

import (
	"context"
	"slices"

	"loket-etl/loket/contract"
)

// Version is the version number of one record. It rises whenever the record
// changes and, for Werkgever and Dienstverband, whenever anything in the static
// data below does.
type Version struct {
	EntityName   string
	DataIdentity string
	Versie       int64
}

func versionOf(n *Node) Version {
	return Version{EntityName: n.Text("EntityName"), DataIdentity: n.Text("DataIdentity"), Versie: n.Long("Versie")}
}

// ListVersion gives the versions of all records of an entity below a parent, as
// List does for the records (a read). Faults: 2001, 2002, 2004. Source:
// specification, ListVersion; contract C5.
func (c *Client) ListVersion(ctx context.Context, entity, parent string) ([]Version, error) {
	args := map[string]any{"EntityName": entity}
	given(args, "ParentDataIdentity", parent)
	r, err := c.Do(ctx, contract.Call{Function: "ListVersion", Args: args})
	if err != nil {
		return nil, err
	}
	var all []Version
	for _, n := range r.Root.Child("Versies").Children("VersieRegel") {
		all = append(all, versionOf(n))
	}
	return all, nil
}

// SelectVersion gives the version of one record; entity may be "" (a read).
// Faults: 2001, 2002. Source: specification, SelectVersion; contract C5.
func (c *Client) SelectVersion(ctx context.Context, entity, identity string) (Version, error) {
	args := map[string]any{"DataIdentity": identity}
	given(args, "EntityName", entity)
	r, err := c.Do(ctx, contract.Call{Function: "SelectVersion", Args: args})
	if err != nil {
		return Version{}, err
	}
	return versionOf(r.Root.Child("VersieRegel")), nil
}

// Changes is what became of records since their versions were noted.
type Changes struct {
	New, Changed []Version // as they are now
	Gone         []string  // DataIdentity of records that are no longer listed
}

// None reports whether nothing changed.
func (c Changes) None() bool { return len(c.New)+len(c.Changed)+len(c.Gone) == 0 }

// Changes compares the versions of now with those noted earlier, by
// DataIdentity; an empty map makes every record new. Note the versions of the
// result before the records themselves are read: a record that changes in
// between then shows up again next time, and none is missed.
func (c *Client) Changes(ctx context.Context, entity, parent string, noted map[string]int64) (Changes, error) {
	now, err := c.ListVersion(ctx, entity, parent)
	if err != nil {
		return Changes{}, err
	}
	return compare(now, noted), nil
}

func compare(now []Version, noted map[string]int64) Changes {
	var c Changes
	there := make(map[string]bool, len(now))
	for _, v := range now {
		there[v.DataIdentity] = true
		switch before, known := noted[v.DataIdentity]; {
		case !known:
			c.New = append(c.New, v)
		case before != v.Versie:
			c.Changed = append(c.Changed, v)
		}
	}
	for identity := range noted {
		if !there[identity] {
			c.Gone = append(c.Gone, identity)
		}
	}
	slices.Sort(c.Gone)
	return c
}
