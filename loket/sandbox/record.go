package sandbox

import (
	"slices"
	"sort"

	"loket-etl/loket/contract"
)

// kind is an entity of the contract with what rendering needs ready at hand.
type kind struct {
	contract.Entity
	index map[string]int
	texts []map[string]string // per field: texts of its codes, nil where there is no table
}

var kinds = func() map[string]*kind {
	all := map[string]*kind{}
	for _, e := range contract.Entities() {
		k := &kind{Entity: e, index: map[string]int{}, texts: make([]map[string]string, len(e.Fields))}
		for i, f := range e.Fields {
			k.index[f.Name] = i
			if rows := contract.Codes(f.Table); rows != nil {
				k.texts[i] = map[string]string{}
				for _, r := range rows {
					k.texts[i][r.Code] = r.Omschrijving
				}
			}
		}
		all[e.Name] = k
	}
	return all
}()

// record is one record of the tree. It keeps only the fields that are filled, in
// the order of the entity: an office of 100,000 people has many empty fields.
type record struct {
	kind    *kind
	id      string
	parent  string
	version int64
	values  []value
}

type value struct {
	field int
	text  string
}

func newRecord(entity, id, parent string) *record {
	return &record{kind: kinds[entity], id: id, parent: parent, version: 1}
}

func (r *record) find(field string) (at int, index int, known, filled bool) {
	index, known = r.kind.index[field]
	if !known {
		return 0, 0, false, false
	}
	at = sort.Search(len(r.values), func(i int) bool { return r.values[i].field >= index })
	return at, index, true, at < len(r.values) && r.values[at].field == index
}

// get is the text of a field, "" when it is empty.
func (r *record) get(field string) string {
	if at, _, _, filled := r.find(field); filled {
		return r.values[at].text
	}
	return ""
}

// set fills a field, or empties it with "", and reports whether that changed
// anything. A field the entity does not have is left alone.
func (r *record) set(field, text string) (changed bool) {
	at, index, known, filled := r.find(field)
	switch {
	case !known:
		return false
	case filled && text == "":
		r.values = slices.Delete(r.values, at, at+1)
		return true
	case filled:
		changed = r.values[at].text != text
		r.values[at].text = text
		return changed
	case text == "":
		return false
	}
	r.values = slices.Insert(r.values, at, value{index, text})
	return true
}

// fill sets pairs of field and text; it is for records that are being made.
func (r *record) fill(pairs ...string) *record {
	if r.values == nil {
		r.values = make([]value, 0, len(pairs)/2)
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		r.set(pairs[i], pairs[i+1])
	}
	return r
}

// listing is a sequence of records that are made only when looked at, so that a
// page costs what a page holds.
type listing struct {
	n  int
	at func(i int) *record
}

func listOf(records []*record) listing {
	return listing{len(records), func(i int) *record { return records[i] }}
}
