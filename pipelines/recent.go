package pipelines

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"loket-etl/ledger"
	"loket-etl/loket/contract"
	"loket-etl/mappings"
)

// recent is what stands in Loket of the people who were written to a moment ago: as
// it was read, and what was sent since. Many small files about the same people would
// else read more than they write.
type recent struct {
	mu     sync.Mutex
	people map[string]memory    // by identity of the Dienstverband
	last   map[string]ledger.ID // the entry that wrote last, by scope
	writes int                  // so far
}

type memory struct {
	read time.Time
	all  standing
}

// Remember is what Options.Remember had better be: with it, many files about the same
// people cost one reading of each, not one each.
const Remember = 5 * time.Second

// manyRemembered is when those that are too old are thrown away.
const manyRemembered = 1000

// lookFor reads what stands before a call. remembered says that not all of it was
// read just now.
func (r *Runner) lookFor(ctx context.Context, lease *ledger.Lease, line ledger.Line, call contract.Call) (stands []byte, remembered bool, err error) {
	w := ways[line.Function]
	if !w.imports || r.Remember <= 0 {
		stands, err = w.look(ctx, r, call)
		return stands, false, err
	}
	plain, err := r.plain(lease, line, call)
	if err != nil {
		return nil, false, err
	}
	latest, err := lease.Latest(ctx, line.Scope)
	if err != nil {
		return nil, false, err
	}
	if !plain || !r.recent.wroteLast(line.Scope, latest) {
		r.recent.forget()
	}
	if !plain {
		stands, err = w.look(ctx, r, call)
		return stands, false, err
	}
	found, remembered, err := r.recall(ctx, call)
	if err != nil {
		return nil, false, err
	}
	stands, err = json.Marshal(found)
	return stands, remembered, err
}

// plain reports whether a call sets values, whatever stands.
// Only of such calls is what they leave known without reading it.
func (r *Runner) plain(lease *ledger.Lease, line ledger.Line, call contract.Call) (bool, error) {
	e := lease.Entry()
	note, err := readNote(line)
	if err != nil || line.Class != string(contract.Overwrite) || note.Correction || e.Undoes != 0 || r.replaces(e) || len(line.Baseline) > 0 {
		return false, err
	}
	if mode := call.Args["Verwerkingswijze"]; mode != nil && mode != mappings.Overschrijven {
		return false, nil
	}
	values, err := mappings.Read(call)
	if err != nil {
		return false, err
	}
	return !slices.ContainsFunc(values, func(v mappings.ImportValue) bool { return v.None || v.Aanvulling || v.Verlof != nil }), nil
}

// recall is snapshot, of what is remembered as far as it is.
func (r *Runner) recall(ctx context.Context, call contract.Call) (stands standing, remembered bool, err error) {
	values, err := mappings.Read(call)
	if err != nil {
		return nil, false, err
	}
	people, _, err := r.directory.read(ctx, r.Loket, r.Now())
	if err != nil {
		return nil, false, err
	}
	whose := map[string]string{} // to the Dienstverband that stands for it
	for _, v := range values {
		ids := people.dienstverbanden(v)
		for _, id := range ids {
			whose[id] = ids[0]
		}
	}
	if len(whose) > fewPeople {
		stands, err = r.snapshot(ctx, call)
		return stands, false, err
	}
	all := standing{}
	for _, id := range slices.Sorted(maps.Keys(whose)) {
		now := r.Now()
		was, writes, known := r.recent.get(id, now.Add(-r.Remember))
		if !known {
			if was, err = r.standsOf(ctx, id, whose[id]); err != nil {
				return nil, false, err
			}
			r.recent.put(id, memory{now, was}, writes)
		}
		remembered = remembered || known
		for key, n := range was {
			all[key] += n
		}
	}
	stands = standing{}
	for _, v := range values {
		key := people.key(v)
		if n, there := all[key]; there {
			stands[key] = n
		}
	}
	return stands, remembered, nil
}

// standsOf reads all values of one Dienstverband, under the keys of another.
func (r *Runner) standsOf(ctx context.Context, id, as string) (standing, error) {
	got := standing{}
	for e, err := range r.Loket.List(ctx, "VariabeleGegevens", id) {
		if err != nil {
			return nil, fmt.Errorf("list VariabeleGegevens: %w", err)
		}
		v, err := valueOf(e)
		if err != nil {
			return nil, err
		}
		got[valueKey(v, as)] += v.Value
	}
	return got, nil
}

// wrote notes a call that was made; what it left is known unless
// Loket did not take all of it.
func (r *Runner) wrote(ctx context.Context, lease *ledger.Lease, line ledger.Line, call contract.Call, note lineNote) error {
	if !ways[line.Function].imports || r.Remember <= 0 {
		return nil
	}
	plain, err := r.plain(lease, line, call)
	if err != nil {
		return err
	}
	if !plain || note.Refused > 0 || note.Skipped > 0 {
		r.recent.forget()
		return nil
	}
	values, err := mappings.Read(call)
	if err != nil {
		return err
	}
	people, _, err := r.directory.read(ctx, r.Loket, r.Now())
	if err != nil {
		return err
	}
	r.recent.set(line.Scope, lease.Entry().ID, values, people)
	return nil
}

// wroteLast reports whether the entry is the last that wrote in the scope as far as
// is known here.
func (x *recent) wroteLast(scope string, latest ledger.ID) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.last[scope] == latest
}

// get is what stands of somebody as it was read since then. writes is for put.
func (x *recent) get(id string, since time.Time) (all standing, writes int, known bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	p, known := x.people[id]
	if !known || p.read.Before(since) {
		return nil, x.writes, false
	}
	return maps.Clone(p.all), x.writes, true
}

// put keeps what was read, unless something was written meanwhile.
func (x *recent) put(id string, p memory, writes int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.writes != writes {
		return
	}
	if x.people == nil || len(x.people) >= manyRemembered {
		x.people = map[string]memory{}
	}
	x.people[id] = memory{p.read, maps.Clone(p.all)}
}

// set notes what was written.
func (x *recent) set(scope string, entry ledger.ID, values []mappings.ImportValue, people *employments) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.writes++
	if x.last == nil || len(x.last) >= manyRemembered {
		x.last = map[string]ledger.ID{}
	}
	x.last[scope] = entry
	for _, v := range values {
		ids := people.dienstverbanden(v)
		if p, known := x.people[first(ids)]; known && len(ids) == 1 {
			p.all[people.key(v)] = v.Value
			continue
		}
		for _, id := range ids {
			delete(x.people, id)
		}
	}
}

// forget makes everybody be read again.
func (x *recent) forget() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.writes++
	x.people, x.last = nil, nil
}

func first(ids []string) string {
	if len(ids) == 0 {
		return ""
	}
	return ids[0]
}
