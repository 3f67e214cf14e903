package pipelines

import (
	"context"
	"fmt"

	"loket-etl/formats"
	"loket-etl/ledger"
	"loket-etl/loket/contract"
	"loket-etl/mappings"
)

// left is what an entry left under one key.
type left struct {
	value    mappings.ImportValue
	before   int64
	there    bool // before is what stood there
	after    int64
	stays    bool // after is what stood there then
	byOthers int64
}

// scope takes back the calls of one scope.
func (u *undoing) scope(ctx context.Context, calls []madeCall) error {
	if calls[0].leave() {
		return u.leave(ctx, calls)
	}
	all, order, err := u.lefts(ctx, calls)
	if err != nil {
		return err
	}
	var asked []mappings.ImportValue
	owner := calls[0].owner
	place := correction{Runner: u.Runner, people: u.people}
	for _, key := range order {
		asked = append(asked, place.placed(all[key].value, owner))
	}
	stands, err := u.standingOf(ctx, asked, owner)
	if err != nil {
		return err
	}
	var put []mappings.ImportValue
	for i, key := range order {
		l, v := all[key], asked[i]
		u.rows++
		now, there := stands[key]
		if now != l.after+l.byOthers || there != l.stays && l.byOthers == 0 {
			u.keeps(fmt.Sprintf("Werknemer %s, looncomponent %d (%s): de waarde is na dit bestand in Loket gewijzigd en blijft zoals ze is.", v.Employee(), v.Component, calls[0].subject))
			continue
		}
		u.back++
		v.Value = l.before + l.byOthers
		v.None = v.Value == 0 && (!l.there || l.byOthers != 0)
		if v.None {
			v.Value = 0
		}
		put = append(put, v)
	}
	more, err := guardedCalls(put, stands, "teruggedraaid", u.people, u.Limits.CallBytes)
	u.calls = append(u.calls, more...)
	return err
}

// lefts are what the calls changed, by key and in the order of the calls.
func (u *undoing) lefts(ctx context.Context, calls []madeCall) (all map[string]left, order []string, err error) {
	all = map[string]left{}
	older, err := u.olderPast(ctx, calls)
	if err != nil {
		return nil, nil, err
	}
	for i := range calls {
		c := &calls[i]
		for _, v := range c.values {
			key := u.people.key(v)
			if _, stood := c.was[key]; key == "" || stood && c.spares {
				continue
			}
			l, seen := all[key]
			if !seen {
				l.before, l.there = c.was[key], false
				if _, l.there = c.was[key]; c.was == nil { // of an older release: what the files before say
					var b brought
					b, l.there = older[key]
					l.before = b.value.Value
				}
				l.after, l.stays = l.before, l.there
			}
			l.value = v
			switch {
			case v.None:
				l.after, l.stays = 0, false
			case c.class == contract.Overwrite && !v.Aanvulling:
				l.after, l.stays = v.Value, true
			default:
				l.after, l.stays = l.after+v.Value, true
			}
			if !seen {
				order = append(order, key)
			}
			all[key] = l
		}
	}
	kept := order[:0]
	for _, key := range order {
		if l := all[key]; l.before != l.after || l.there != l.stays {
			kept = append(kept, key)
		}
	}
	return all, kept, u.others(ctx, calls, all)
}

// olderPast is what the files before this one brought, when some call does not know
// what stood before it.
func (u *undoing) olderPast(ctx context.Context, calls []madeCall) (past, error) {
	known := true
	for _, c := range calls {
		known = known && c.was != nil
	}
	if known {
		return nil, nil
	}
	all := past{}
	entries, err := u.Ledger.Made(ctx, u.of.Pipeline, calls[0].scope)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if e.ID >= u.of.ID || e.Purged {
			continue
		}
		made, err := u.callsMade(ctx, e.ID, calls[0].scope)
		if err != nil {
			return nil, err
		}
		for i := range made {
			all.take(&made[i], false, u.people)
		}
	}
	return all, nil
}

// others adds up what others added to the same since, and took off again of what
// was there before.
func (u *undoing) others(ctx context.Context, calls []madeCall, all map[string]left) error {
	scope := calls[0].scope
	later, err := u.later(ctx, "", scope)
	if err != nil {
		return err
	}
	undoings, err := u.Ledger.Undoings(ctx, scope)
	if err != nil {
		return err
	}
	undoings, err = u.ofOlder(ctx, undoings, scope)
	if err != nil {
		return err
	}
	back, err := u.since(ctx, undoings, scope)
	if err != nil {
		return err
	}
	for _, c := range append(later, back...) {
		for _, v := range c.values {
			key := u.people.key(v)
			l, ok := all[key]
			switch {
			case !ok:
				continue
			case c.class == contract.Additive:
				l.byOthers += v.Value
			case c.corr && c.was != nil: // with None, Value is 0
				l.byOthers += v.Value - c.was[key]
			}
			all[key] = l
		}
	}
	return nil
}

// ofOlder are the entries that took back what was sent before this one.
func (u *undoing) ofOlder(ctx context.Context, undoings []ledger.Entry, scope string) (older []ledger.Entry, err error) {
	for _, e := range undoings {
		of, err := u.Ledger.Get(ctx, e.Undoes)
		if err != nil {
			return nil, err
		}
		if of.Purged {
			older = append(older, e)
			continue
		}
		calls, err := u.callsMade(ctx, of.ID, scope)
		if err != nil {
			return nil, err
		}
		if len(calls) > 0 && calls[0].sent.Before(u.first) {
			older = append(older, e)
		}
	}
	return older, nil
}

// leave books back the lines of the calls, as far as they stand in Loket.
func (u *undoing) leave(ctx context.Context, calls []madeCall) error {
	var all, back []mappings.ImportValue
	for _, c := range calls {
		all = append(all, c.values...)
	}
	stands, err := u.standingOf(ctx, all, calls[0].owner)
	if err != nil {
		return err
	}
	for _, v := range all {
		u.rows++
		key := u.people.key(v)
		if stands[key] <= 0 {
			l := v.Verlof
			u.keeps(fmt.Sprintf("Werknemer %s, verlof van %s tot en met %s (%s): dit staat niet meer in Loket en is niet teruggeboekt.",
				v.Employee(), l.Ingangsdatum.Dutch(), l.Einddatum.Dutch(), calls[0].subject))
			continue
		}
		stands[key]--
		u.back++
		v = withFactor(v, -v.Verlof.Factor)
		v.Werkgever = calls[0].owner
		back = append(back, v)
	}
	for _, p := range asPlanned(mappings.Imports(back, "", "teruggedraaid", u.Limits.CallBytes)) {
		p.correction = true
		u.calls = append(u.calls, p)
	}
	return nil
}

// keeps notes what stays as it is.
func (u *undoing) keeps(message string) {
	u.problems = append(u.problems, formats.Problem{Code: "niet-teruggedraaid", Message: message, Repair: "Kijk in Loket wat er hoort te staan en verbeter het daar."})
}
