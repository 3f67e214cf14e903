package mappings

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"loket-etl/formats"
	"loket-etl/mappings/evidence"
)

// Codes of what changed in the files of a sender.
const (
	DriftAdded   = "vorm-kolom-nieuw"
	DriftGone    = "vorm-kolom-weg"
	DriftRenamed = "vorm-kolom-hernoemd"
	DriftSwapped = "vorm-kolommen-omgewisseld"
	DriftOrder   = "vorm-volgorde"
	DriftKind    = "vorm-soort-cellen"
	DriftDates   = "vorm-datums"
	DriftUnit    = "vorm-eenheid"
	DriftValues  = "vorm-nieuwe-waarden"
)

// Drift is a difference between a file and those that came before it.
type Drift struct {
	formats.Problem        // Dutch, for who sent it
	Short           string // the same without a cell of the file
	Holds           bool   // numbers may mean something else by now: a person should look
}

// enoughCells is how many cells must have been seen before another kind of cells is
// news: a small file does not show all that its sender writes.
const enoughCells = 20

// drifts collects differences.
type drifts struct {
	old, now *Shape
	all      []Drift
	told     map[string]bool // columns of now that were told of
}

// Drift is what differs from what is remembered, nil for the first file of a sender
// and for one that has no column of the others.
func (s *Shape) Drift(old *Shape) []Drift {
	if s == nil || old == nil || len(old.Columns) == 0 {
		return nil
	}
	if !slices.ContainsFunc(s.Columns, func(c ShapeColumn) bool { return old.find(c.Name) >= 0 }) {
		return nil
	}
	d := &drifts{old: old, now: s, told: map[string]bool{}}
	d.columns()
	d.swapped()
	for i := range s.Columns {
		if j := old.find(s.Columns[i].Name); j >= 0 && !d.told[s.Columns[i].Name] {
			d.compare(&old.Columns[j], &s.Columns[i])
		}
	}
	d.order()
	return d.all
}

func (d *drifts) tell(code string, holds bool, message, repair string) {
	d.all = append(d.all, Drift{
		Problem: formats.Problem{Code: code, Message: message, Repair: repair},
		Short:   message, Holds: holds,
	})
}

// columns tells which columns came, went, or have another name.
func (d *drifts) columns() {
	var came, went []int
	for i := range d.now.Columns {
		if d.old.find(d.now.Columns[i].Name) < 0 {
			came = append(came, i)
		}
	}
	for i := range d.old.Columns {
		if d.now.find(d.old.Columns[i].Name) < 0 {
			went = append(went, i)
		}
	}
	for _, w := range went {
		o := &d.old.Columns[w]
		best, most := -1, 1
		for n, c := range came {
			if score := d.likeness(w, c); score > most {
				best, most = n, score
			}
		}
		if best < 0 {
			d.tell(DriftGone, false, fmt.Sprintf("Kolom %q stond er eerder wel en nu niet.", o.Name), "Vraag de aanleveraar of dat zo hoort.")
			continue
		}
		name := d.now.Columns[came[best]].Name
		d.told[name] = true
		d.tell(DriftRenamed, false, fmt.Sprintf("Kolom %q heet nu %q, naar het zich laat aanzien.", o.Name, name), "Controleer of het dezelfde gegevens zijn en laat de mapping anders aanpassen.")
		came = slices.Delete(came, best, best+1)
	}
	for _, c := range came {
		name := d.now.Columns[c].Name
		d.told[name] = true
		d.tell(DriftAdded, false, fmt.Sprintf("Kolom %q is nieuw.", name), "Controleer of de mapping er iets mee moet.")
	}
}

// likeness says how much a column that went is like one that came; 2 is enough.
func (d *drifts) likeness(went, came int) (score int) {
	o, n := &d.old.Columns[went], &d.now.Columns[came]
	if o.Filled > 0 && n.Filled > 0 && !slices.ContainsFunc(n.Kinds, func(k evidence.Kind) bool { return slices.Contains(o.Kinds, k) }) {
		return 0
	}
	if len(nearest(o.Name, []string{n.Name}, 1)) > 0 || strings.Contains(strings.ToLower(n.Name), strings.ToLower(o.Name)) {
		score += 2
	}
	if went == came {
		score += 2
	}
	if 2*shared(n.Values, o.Values) > len(n.Values) {
		score += 2
	}
	return score
}

// shared counts the values that stand in both.
func shared(a, b []string) (n int) {
	for _, v := range a {
		if slices.ContainsFunc(b, func(w string) bool { return strings.EqualFold(v, w) }) {
			n++
		}
	}
	return n
}

// swapped tells which two columns have each other's cells.
func (d *drifts) swapped() {
	for i := range d.now.Columns {
		for j := range i {
			a, b := &d.now.Columns[j], &d.now.Columns[i]
			k, l := d.old.find(a.Name), d.old.find(b.Name)
			if k < 0 || l < 0 || d.told[a.Name] || d.told[b.Name] {
				continue
			}
			if c, e := &d.old.Columns[k], &d.old.Columns[l]; !exchanged(c, e, a, b) {
				continue
			}
			d.told[a.Name], d.told[b.Name] = true, true
			d.tell(DriftSwapped, true,
				fmt.Sprintf("De kolommen %q en %q lijken omgewisseld: wat eerder in de ene stond, staat nu in de andere.", a.Name, b.Name),
				"Vraag de aanleveraar de export te herstellen. Klopt het zo, dan kan een beheerder het bestand vrijgeven.")
		}
	}
}

// exchanged reports whether columns a and b of now hold what b and a held before.
func exchanged(oldA, oldB, a, b *ShapeColumn) bool {
	if oldA.Filled == 0 || oldB.Filled == 0 || a.Filled == 0 || b.Filled == 0 {
		return false
	}
	if !within(a.Kinds, oldA.Kinds) && !within(b.Kinds, oldB.Kinds) && within(a.Kinds, oldB.Kinds) && within(b.Kinds, oldA.Kinds) {
		return true
	}
	for _, c := range []*ShapeColumn{oldA, oldB, a, b} {
		if c.Many || len(c.Values) == 0 {
			return false
		}
	}
	most := func(now, old *ShapeColumn) bool { return 2*shared(now.Values, old.Values) > len(now.Values) }
	return most(a, oldB) && most(b, oldA) && !most(a, oldA) && !most(b, oldB)
}

func within[T comparable](some, all []T) bool {
	return !slices.ContainsFunc(some, func(v T) bool { return !slices.Contains(all, v) })
}

// compare tells what changed in the cells of a column.
func (d *drifts) compare(o, n *ShapeColumn) {
	if o.Filled == 0 || n.Filled == 0 {
		return
	}
	var fresh []evidence.Kind
	for _, k := range n.Often { // a wrong cell here and there is refused by itself
		if !slices.Contains(o.Kinds, k) {
			fresh = append(fresh, k)
		}
	}
	switch {
	case len(fresh) > 0 && d.isNews(o, n, fresh):
		holds := (n.Use == asNumber || n.Use == asHours || n.Use == asDate) && !slices.Equal(fresh, []evidence.Kind{evidence.Decimal}) && !slices.Equal(fresh, []evidence.Kind{evidence.Whole})
		d.tell(DriftKind, holds, fmt.Sprintf("In kolom %q staan nu %s; eerder stonden er %s.", n.Name, kindsOf(fresh), kindsOf(o.Kinds)), "Controleer of de mapping ze leest zoals ze bedoeld zijn.")
	case !within(n.Layouts, o.Layouts):
		d.tell(DriftDates, false, fmt.Sprintf("De datums in kolom %q zijn nu geschreven als %s; eerder als %s.", n.Name, strings.Join(n.Layouts, " en "), strings.Join(o.Layouts, " en ")),
			"Controleer of dag en maand zo gelezen worden als ze bedoeld zijn.")
	case n.Use == asHours && o.Digits <= 2 && n.Digits >= 3 && slices.Equal(n.Kinds, []evidence.Kind{evidence.Whole}) && n.Filled >= 5 && 10*n.Fives >= 8*n.Filled:
		d.tell(DriftUnit, true, fmt.Sprintf("In kolom %q lijken nu minuten te staan; eerder stonden er uren.", n.Name), "Vraag de aanleveraar wat er staat, en laat zo nodig in de mapping notation: [minutes] zetten.")
	}
	d.values(o, n)
}

// isNews reports whether another kind of cells says more than that a file is small,
// or that a text is a text.
func (d *drifts) isNews(o, n *ShapeColumn, fresh []evidence.Kind) bool {
	switch n.Use {
	case asCode, asLabel, asPrivate:
		return false
	case unused, asText:
		return o.Filled >= enoughCells && n.Filled >= enoughCells && len(o.Kinds) == 1
	}
	number := func(k evidence.Kind) bool { return k == evidence.Whole || k == evidence.Decimal }
	if slices.ContainsFunc(o.Kinds, number) && !slices.ContainsFunc(fresh, func(k evidence.Kind) bool { return !number(k) }) {
		return o.Filled >= enoughCells && n.Filled >= enoughCells
	}
	return o.Filled >= enoughCells
}

func kindsOf(all []evidence.Kind) string {
	var texts []string
	for _, k := range all {
		if k == evidence.Text {
			k = "andere tekst"
		}
		texts = append(texts, string(k))
	}
	return strings.Join(texts, " en ")
}

// mostValues is how many new values are named.
const mostValues = 5

// values tells of codes that the sender did not use before.
func (d *drifts) values(o, n *ShapeColumn) {
	if n.Use != asCode || o.Many || n.Many || len(o.Values) == 0 {
		return
	}
	var fresh []string
	for _, v := range n.Values {
		if !slices.ContainsFunc(o.Values, func(w string) bool { return strings.EqualFold(v, w) }) {
			fresh = append(fresh, strconv.Quote(v))
		}
	}
	if len(fresh) == 0 {
		return
	}
	named := strings.Join(fresh[:min(len(fresh), mostValues)], ", ")
	if more := len(fresh) - mostValues; more > 0 {
		named += fmt.Sprintf(" en nog %d", more)
	}
	what := fmt.Sprintf("%d waarden die", len(fresh))
	if len(fresh) == 1 {
		what = "een waarde die"
	}
	short := fmt.Sprintf("Kolom %q heeft %s eerder niet voorkwam", n.Name, what)
	if len(fresh) > 1 {
		short += "en"
	}
	d.tell(DriftValues, false, short+": "+named+".", "Controleer of de mapping ze kent zoals ze bedoeld zijn.")
	d.all[len(d.all)-1].Short = short + "."
}

// order tells that the columns stand in another order, which changes nothing where
// they are found by their names.
func (d *drifts) order() {
	last := -1
	for i := range d.now.Columns {
		at := d.old.find(d.now.Columns[i].Name)
		if at < 0 {
			continue
		}
		if at < last {
			d.tell(DriftOrder, false, "De kolommen staan in een andere volgorde dan eerder.", "Zij worden op naam gevonden; u hoeft niets te doen.")
			return
		}
		last = at
	}
}
